/* SPDX-License-Identifier: MIT */
/* glob.h - path patterns, one or many at a time */
#ifndef ETCSNAP_GLOB_H
#define ETCSNAP_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"

/*
 * Patterns are matched against a whole absolute path, byte by byte. ? and *
 * stop at '/', ** crosses it, [a-z] and [!a-z] are classes, {a,b} are
 * alternatives (may nest), \ takes the next character as it is. A pattern
 * begins with '/', with "**" or with "~/", which stands for every home
 * directory. Leading dots are nothing special. Braces are expanded here and
 * all patterns of a set become one tree of path components, so that a path
 * costs what its directory's patterns cost; components that need it are
 * converted by pcre2_pattern_convert(3).
 */

/** struct es_globset - compiled patterns, matched together */
struct es_globset;

/**
 * es_glob_check - whether a pattern is well formed
 * @pattern: NUL-terminated
 * @err:     filled on failure: what is wrong at which character
 *
 * Return: 0 or -EINVAL (fault CONFIG).
 */
int es_glob_check(const char *pattern, struct es_error *err);

/**
 * es_globset_new - compile patterns
 * @out:      owned; es_globset_free()
 * @patterns: NUL-terminated patterns; their index is what matching tells
 * @n:        their number, at most 65535
 * @homes:    home directories that "~/" stands for: absolute paths, each
 *            followed by a NUL byte
 * @homes_len: bytes of @homes
 * @err:      filled on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 * Locking: none; matching the same set from several threads is safe when
 * each uses its own scratch.
 */
int es_globset_new(struct es_globset **out, const char *const *patterns,
		   size_t n, const char *homes, size_t homes_len,
		   struct es_error *err);

/**
 * es_globset_free - free a set
 * @set: taken; NULL is allowed
 *
 * Locking: none; no thread may be matching the set.
 */
void es_globset_free(struct es_globset *set);
ES_DEFINE_CLEANUP(struct es_globset, es_globset_free)

/** struct es_glob_scratch - working memory of one thread's matching */
struct es_glob_scratch;

/**
 * es_glob_scratch_new - working memory for one thread's matching
 *
 * It serves any number of sets, one call at a time.
 *
 * Return: owned, es_glob_scratch_free(); NULL when memory ran out.
 */
struct es_glob_scratch *es_glob_scratch_new(void);

/**
 * es_glob_scratch_free - free a thread's working memory
 * @s: taken; NULL is allowed
 *
 * What es_globset_match() set as hits with it is gone, too.
 */
void es_glob_scratch_free(struct es_glob_scratch *s);
ES_DEFINE_CLEANUP(struct es_glob_scratch, es_glob_scratch_free)

/**
 * es_globset_match - every pattern that matches a path
 * @set:  patterns
 * @s:    this thread's scratch
 * @path: absolute path, bytes
 * @len:  their number
 * @hits: set to the ascending indexes that match; valid until the next call
 *        with @s
 *
 * Only the path itself is tried, not its parents.
 *
 * Return: number of hits; SIZE_MAX when memory ran out, which can only happen
 * when @s meets @set for the first time.
 */
size_t es_globset_match(const struct es_globset *set, struct es_glob_scratch *s,
			const char *path, size_t len, const uint16_t **hits);

/**
 * es_globset_leads - whether something below a directory could match
 * @set:  patterns
 * @s:    this thread's scratch
 * @path: directory, absolute; the root is ""
 * @len:  its bytes
 *
 * Return: true when @path is a proper beginning of a possible match, and
 * when memory ran out.
 */
bool es_globset_leads(const struct es_globset *set, struct es_glob_scratch *s,
		      const char *path, size_t len);

#endif
