/* SPDX-License-Identifier: MIT */
/* linefilter.h - drop, rewrite and sort the lines of a text */
#ifndef ETCSNAP_LINEFILTER_H
#define ETCSNAP_LINEFILTER_H

#include <stddef.h>

#include "etcsnap/buf.h"

/*
 * Takes out of a text what changes by itself: counters, times, the order of
 * lines. Expressions are PCRE2, over bytes, and see one line at a time without
 * its newline; a match anywhere in a line counts. First lines are dropped,
 * then every replacement is made in the order in which it was added, then the
 * lines are sorted by bytes.
 *
 * A replacement is written "REGEX => TEXT" (the first " => " separates them,
 * TEXT may be empty) and replaces every match; TEXT may hold $1, ${name} and
 * the escapes of PCRE2's extended substitution.
 */

/** struct es_linefilter - filter; es_linefilter_apply() by many threads */
struct es_linefilter;

/**
 * es_linefilter_check - whether an expression can be given to _drop()
 * @regex: NUL-terminated
 * @err:   filled on failure: the message of PCRE2 and its position
 *
 * Return: 0 or -EINVAL.
 */
int es_linefilter_check(const char *regex, struct es_error *err);

/**
 * es_linefilter_check_replace - whether a text can be given to _replace()
 * @text: NUL-terminated "REGEX => TEXT"
 * @err:  filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_linefilter_check_replace(const char *text, struct es_error *err);

/**
 * es_linefilter_new - make a filter that changes nothing yet
 * @out: owned; es_linefilter_free()
 * @err: filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_linefilter_new(struct es_linefilter **out, struct es_error *err);

/**
 * es_linefilter_free - free a filter
 * @f: taken; NULL is allowed
 *
 * Locking: none; no thread may be using the filter.
 */
void es_linefilter_free(struct es_linefilter *f);
ES_DEFINE_CLEANUP(struct es_linefilter, es_linefilter_free)

/**
 * es_linefilter_drop - leave out lines in which an expression matches
 * @f:     filter; no other thread may be using it
 * @regex: NUL-terminated
 * @err:   filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_linefilter_drop(struct es_linefilter *f, const char *regex,
		       struct es_error *err);

/**
 * es_linefilter_replace - replace every match of an expression
 * @f:    filter; no other thread may be using it
 * @text: NUL-terminated "REGEX => TEXT"
 * @err:  filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_linefilter_replace(struct es_linefilter *f, const char *text,
			  struct es_error *err);

/**
 * es_linefilter_sort - sort the lines that are left
 * @f: filter; no other thread may be using it
 *
 * Then every line ends in a newline, also one that had none.
 */
void es_linefilter_sort(struct es_linefilter *f);

/**
 * es_linefilter_apply - filter a text
 * @f:    filter
 * @out:  set to the text that is left; reset first, may hold nothing of @text
 * @text: bytes, NULs too; not NULL
 * @len:  their number
 *
 * Return: number of lines that stayed as they are because an expression took
 * too many steps on them or would have made too much of them; or -ENOMEM,
 * -EFBIG (ceiling of @out).
 */
int es_linefilter_apply(const struct es_linefilter *f, struct es_buf *out,
			const char *text, size_t len);

#endif
