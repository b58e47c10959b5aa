/* SPDX-License-Identifier: MIT */
/* blame.h - which run each line of a text came with, and who was there */
#ifndef ETCSNAP_BLAME_H
#define ETCSNAP_BLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/delta.h"
#include "etcsnap/logins.h"
#include "etcsnap/package_ops.h"

/*
 * The history is walked back by first parents, and only the runs in which the
 * path's own content changed are looked at: as long as the trees that lead to
 * it are the same, a run costs one tree. A rename is followed where a
 * comparison of the two runs tells it. Texts are compared as people see them,
 * as UTF-8 and masked by today's rules.
 *
 * What git blame marks with '^' is marked here, too: a line that was there in
 * the oldest run that is kept, or since the path was first watched, or since
 * its content may be shown, is as old as that or older.
 */

/** struct es_blame - the lines of a text and the runs they came with */
struct es_blame;

/**
 * struct es_blame_run - a run that at least one line came with
 * @commit:   its commit
 * @when:     seconds since 1970-01-01 UTC of that commit
 * @changed:  when the file was changed, as far as its times tell and they lie
 *            between the two runs; 0: not known
 * @boundary: its lines are as old as this run or older
 * @author:   name of the person behind the run
 * @trigger:  what started it, NULL where that is unknown
 * @subject:  first line of its message
 * @path:     what the path was called then
 * @sessions: who was logged in at @changed; where that is not known, between
 *            this run and the one before; none of a run with @boundary
 * @n_sessions: their number
 * @package:  the operation that brought the file as the package has it, or
 *            NULL
 * @process:  the program that wrote it, NULL where nobody saw it
 * @lines:    how many lines came with it
 */
struct es_blame_run {
	struct es_oid commit;
	int64_t when;
	int64_t changed;
	bool boundary;
	const char *author;
	const char *trigger;
	const char *subject;
	const char *path;
	const struct es_login *const *sessions;
	size_t n_sessions;
	const struct es_package_op *package;
	const char *process;
	size_t lines;
};

/**
 * struct es_blame_line - one line
 * @text: bytes without the newline, UTF-8 where the encoding is known; as
 *        hostile as their author wants them
 * @len:  their number
 * @run:  index of the run that it came with
 * @was:  its number in that run, from 1
 */
struct es_blame_line {
	const char *text;
	size_t len;
	size_t run;
	size_t was;
};

/**
 * es_blame_new - find out where each line comes from
 * @out:     owned; es_blame_free()
 * @st:      repository
 * @commit:  run whose text it is
 * @path:    absolute path, or a text of the run ("commands/NAME/stdout")
 * @options: how content may be shown; context and max play no part
 * @err:     filled on failure
 *
 * Return: 0, -ENOENT (not in that run), -EACCES (must not be shown), -ENODATA
 * (has no lines: a link, a directory, a binary, or only a digest is kept), or
 * another negative errno.
 */
int es_blame_new(struct es_blame **out, struct es_store *st,
		 const struct es_oid *commit, const char *path,
		 const struct es_patch_options *options, struct es_error *err);

/**
 * es_blame_free - free what was found out
 * @b: taken; NULL is allowed
 */
void es_blame_free(struct es_blame *b);
ES_DEFINE_CLEANUP(struct es_blame, es_blame_free)

/**
 * es_blame_lines - how many lines the text has
 * @b: blame
 *
 * Return: their number; a last line without newline is one, too.
 */
size_t es_blame_lines(const struct es_blame *b);

/**
 * es_blame_line - one line
 * @b: blame
 * @i: its number from 0, less than es_blame_lines(); not checked
 *
 * Return: borrowed from @b.
 */
const struct es_blame_line *es_blame_line(const struct es_blame *b, size_t i);

/**
 * es_blame_runs - how many runs lines came with
 * @b: blame
 *
 * Return: their number.
 */
size_t es_blame_runs(const struct es_blame *b);

/**
 * es_blame_run - one of those runs, newest first
 * @b: blame
 * @i: its index, less than es_blame_runs(); not checked
 *
 * Return: borrowed from @b.
 */
const struct es_blame_run *es_blame_run(const struct es_blame *b, size_t i);

#endif
