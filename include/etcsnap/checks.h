/* SPDX-License-Identifier: MIT */
/* checks.h - built-in security checks and what they find */
#ifndef ETCSNAP_CHECKS_H
#define ETCSNAP_CHECKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/conf.h"
#include "etcsnap/ids.h"
#include "etcsnap/packages.h"
#include "etcsnap/severity.h"
#include "etcsnap/texts.h"

/*
 * Each check is a small file of its own and puts one text findings/NAME, one
 * finding a line, sorted; no text when all is well. A check looks at the
 * system itself (es_checks_run()), at directories as the walk leaves them
 * (es_checks_dir()), or at both.
 *
 * Cost follows change: only directories that are new or changed are looked
 * at, and the findings of all others are taken over from the tip's text.
 * Where that would not be right (first run, other settings, other packages)
 * es_checks_fresh() says so, and the caller feeds every directory.
 *
 * Calling sequence: es_checks_new(), es_checks_fresh(), es_checks_dir() and
 * es_checks_gone() during the walk, es_checks_run(), es_checks_stamp() to be
 * given to the next run, es_checks_free().
 */

/** struct es_checks - the checks of one run */
struct es_checks;

/**
 * es_checks_conf - whether the [check NAME] sections are about real checks
 * @conf: configuration
 * @err:  filled on failure
 *
 * es_checks_new() asks this, too.
 *
 * Return: 0, or -EINVAL (fault CONFIG).
 */
int es_checks_conf(const struct es_conf *conf, struct es_error *err);

/**
 * es_checks_count - how many checks there are
 *
 * Return: their number, those that are off included.
 */
size_t es_checks_count(void);

/**
 * es_checks_name - the checks by number, in the byte order of their names
 * @index: 0 to es_checks_count() - 1
 *
 * Return: static; what comes after "findings/".
 */
const char *es_checks_name(size_t index);

/**
 * es_checks_severity - how much the findings of a check matter
 * @conf: configuration
 * @name: what comes after "findings/"
 *
 * Return: what the configuration says, else the check's own severity; NONE
 * when there is no such check.
 */
enum es_severity es_checks_severity(const struct es_conf *conf,
				    const char *name);

/**
 * struct es_checks_options - where to look
 * @root:     directory that stands for "/"
 * @live:     @root is the running system: look at processes, too
 * @full:     a full run: also compare all packages' checksums
 * @conf:     which checks are on
 * @ids:      user database of the root
 * @packages: package databases of the root
 * @stamp:    es_checks_stamp() of the run before, 0 = unknown
 * @payload:  handed to @old
 * @old:      the tip's text of a name: 1 and @out filled (reset first), 0
 *            when there is none, or a negative errno
 */
struct es_checks_options {
	const char *root;
	bool live;
	bool full;
	const struct es_conf *conf;
	struct es_ids *ids;
	struct es_packages *packages;
	uint64_t stamp;
	void *payload;
	int (*old)(void *payload, const char *name, struct es_buf *out,
		   struct es_error *err);
};

/**
 * es_checks_new - begin the checks of a run
 * @out:     owned; es_checks_free()
 * @options: borrowed until es_checks_free()
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_checks_new(struct es_checks **out,
		  const struct es_checks_options *options,
		  struct es_error *err);

/**
 * es_checks_free - end the checks
 * @c: taken; NULL is allowed
 */
void es_checks_free(struct es_checks *c);
ES_DEFINE_CLEANUP(struct es_checks, es_checks_free)

/**
 * es_checks_fresh - whether every directory must be fed, not only changed ones
 * @c: checks
 *
 * Return: true when the settings, the program, the packages or the owner
 * names are not those of the run before.
 */
bool es_checks_fresh(const struct es_checks *c);

/**
 * es_checks_stamp - what this run's findings depend on
 * @c: checks
 *
 * Return: a number for es_checks_options.stamp of the next run, never 0.
 */
uint64_t es_checks_stamp(const struct es_checks *c);

/**
 * es_checks_dir - look at a directory that was walked
 * @c:       checks
 * @path:    absolute path, the root is ""
 * @len:     its bytes
 * @listing: packed listing as it is now
 * @listing_len: its bytes
 * @old:     packed listing of the run before, NULL when there was none
 * @old_len: its bytes
 * @err:     filled on failure
 *
 * Return: 0 or -ENOMEM.
 * Locking: takes a mutex of its own; from any thread.
 */
int es_checks_dir(struct es_checks *c, const char *path, size_t len,
		  const char *listing, size_t listing_len, const char *old,
		  size_t old_len, struct es_error *err);

/**
 * es_checks_gone - a directory and all below it are watched no longer
 * @c:    checks
 * @path: absolute path
 * @len:  its bytes
 * @err:  filled on failure
 *
 * Return: 0 or -ENOMEM.
 * Locking: as es_checks_dir().
 */
int es_checks_gone(struct es_checks *c, const char *path, size_t len,
		   struct es_error *err);

/**
 * es_checks_run - run the other checks and put all findings
 * @c:   checks; the walk is over
 * @out: gets texts named "findings/…"
 * @err: filled on failure
 *
 * Return: 0 or a negative errno; what a check cannot read is a kept text.
 * Blocking: disk.
 */
int es_checks_run(struct es_checks *c, struct es_texts *out,
		  struct es_error *err);

#endif
