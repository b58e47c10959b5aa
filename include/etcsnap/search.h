/* SPDX-License-Identifier: MIT */
/* search.h - what was ever there: an expression in all that runs recorded */
#ifndef ETCSNAP_SEARCH_H
#define ETCSNAP_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/delta.h"

/*
 * Looks through every state that a path had: its name, the lines of its
 * content, the target of a link; and through the texts of runs (outputs of
 * commands, facts, findings). Runs are compared from the newest back and equal
 * trees are skipped, so each version of a file is read once. Lines are matched
 * one by one, as UTF-8 where the encoding is known, and as far as today's
 * rules let them be shown: what they call secret, or digest, is not looked at,
 * and masked values are what stands in their place.
 */

/**
 * enum es_search_flags - how an expression is read, as bits
 * @ES_SEARCH_IGNORE_CASE: letters match in either case
 * @ES_SEARCH_LITERAL:     it is a plain text
 */
enum es_search_flags {
	ES_SEARCH_IGNORE_CASE = 1 << 0,
	ES_SEARCH_LITERAL = 1 << 1,
};

/**
 * struct es_search_options - what to look for, and where
 * @regex:   regular expression (PCRE2, UTF-8), NUL-terminated
 * @flags:   bits of enum es_search_flags
 * @tip:     newest run
 * @since:   what was there then or later; INT64_MIN: from the oldest run on
 * @until:   what was there then or earlier; INT64_MAX: up to @tip
 * @globs:   only paths that one of them matches, and what is below such ones;
 *           texts of runs have a '/' in front here
 * @n_globs: their number, 0 = everything
 * @max:     most hits that are kept; 0: a million
 * @patch:   how content may be shown; context and max play no part
 */
struct es_search_options {
	const char *regex;
	unsigned int flags;
	struct es_oid tip;
	int64_t since;
	int64_t until;
	const char *const *globs;
	size_t n_globs;
	size_t max;
	struct es_patch_options patch;
};

/**
 * enum es_search_what - what it is that matches
 * @ES_SEARCH_NAME:   the path
 * @ES_SEARCH_LINE:   a line of content
 * @ES_SEARCH_TARGET: the target of a link
 * @ES_SEARCH_BINARY: somewhere in what is no text
 */
enum es_search_what {
	ES_SEARCH_NAME,
	ES_SEARCH_LINE,
	ES_SEARCH_TARGET,
	ES_SEARCH_BINARY,
};

/**
 * es_search_what_name - word for what matches
 * @what: what
 *
 * Return: static "name", "line", "target" or "binary".
 */
const char *es_search_what_name(enum es_search_what what);

/**
 * ES_SEARCH_TEXT_MAX - most bytes of a line that are kept
 */
#define ES_SEARCH_TEXT_MAX 4096

/**
 * struct es_search_hit - something that was there
 * @what:  what it is
 * @path:  absolute path, or that of a text of a run; NUL-terminated
 * @line:  number of the line in the newest run that has it, from 1; 0 where
 *         there are no lines
 * @text:  the line or the target, its first ES_SEARCH_TEXT_MAX bytes,
 *         NUL-terminated; NULL where there is none
 * @len:   bytes of @text
 * @cut:   it is longer than that
 * @first: index of the oldest run that has it
 * @last:  index of the newest run that has it; 0: it is still there, if
 *         es_search.to_tip
 * @open:  of no meaning when the search is over
 *
 * The same line of the same path is one hit, in however many runs it was, and
 * however often it stands there; between @first and @last it may have been
 * away.
 */
struct es_search_hit {
	enum es_search_what what;
	const char *path;
	size_t line;
	const char *text;
	size_t len;
	bool cut;
	size_t first;
	size_t last;
	bool open;
};

/**
 * struct es_search_run - a run that was looked through
 * @commit:   its commit
 * @when:     seconds since 1970-01-01 UTC
 */
struct es_search_run {
	struct es_oid commit;
	int64_t when;
};

/**
 * struct es_search - what was found; es_search_free()
 * @hits:    sorted by path, names first, then by line, what is still there
 *           before what was
 * @n_hits:  their number
 * @dropped: how often there was no room for another hit; 0: all are here
 * @runs:    runs, the newest first; what has the last one as its first may be
 *           older
 * @n_runs:  their number
 * @to_tip:  the first of @runs is the newest of all; else @until left that
 *           out, and nobody looked what is still there
 * @blobs:   contents that were looked through
 * @hidden:  contents that must not be shown today and were left out
 * @skipped: lines on which the expression took too many steps
 */
struct es_search {
	const struct es_search_hit *const *hits;
	size_t n_hits;
	uint64_t dropped;
	const struct es_search_run *runs;
	size_t n_runs;
	bool to_tip;
	uint64_t blobs;
	uint64_t hidden;
	uint64_t skipped;
};

/**
 * es_search_new - look through the history
 * @out:     owned
 * @st:      repository
 * @options: what to look for
 * @err:     filled on failure
 *
 * Return: 0, also when nothing was found; -EINVAL (fault CONFIG: the expression
 * or a pattern is wrong), -ENOMEM, or another negative errno.
 */
int es_search_new(struct es_search **out, struct es_store *st,
		  const struct es_search_options *options,
		  struct es_error *err);

/**
 * es_search_free - free what was found
 * @s: taken; NULL is allowed
 */
void es_search_free(struct es_search *s);
ES_DEFINE_CLEANUP(struct es_search, es_search_free)

#endif
