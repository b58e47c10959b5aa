/* SPDX-License-Identifier: MIT */
/* mask_codes_priv.h - expressions of masks, compiled when one is needed */
#ifndef ETCSNAP_CONFIG_MASK_CODES_PRIV_H
#define ETCSNAP_CONFIG_MASK_CODES_PRIV_H

#include <stddef.h>

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"

/*
 * To compile the shipped masks takes longer than to find out that nothing
 * changed in a thousand files. A run that has no text to look through
 * compiles none; one that has, only those whose words are in it.
 */

/** struct es_mask_codes - expressions; used by many threads at once */
struct es_mask_codes;

/** struct pcre2_real_code_8 - PCRE2's pcre2_code, not named by its macro */
struct pcre2_real_code_8;

/**
 * es_mask_codes_new - take in expressions, compiling none
 * @out:     owned; es_mask_codes_free()
 * @regexes: NUL-terminated, copied; es_mask_check() has nothing against them
 * @n:       their number
 * @err:     filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_mask_codes_new(struct es_mask_codes **out, const char *const *regexes,
		      size_t n, struct es_error *err);

/** es_mask_codes_free - free expressions; NULL is allowed */
void es_mask_codes_free(struct es_mask_codes *codes);
ES_DEFINE_CLEANUP(struct es_mask_codes, es_mask_codes_free)

/**
 * es_mask_codes_count - how many expressions there are
 * @codes: expressions
 *
 * Return: the number that es_mask_codes_new() was given.
 */
size_t es_mask_codes_count(const struct es_mask_codes *codes);

/**
 * es_mask_codes_get - one expression, compiled now if it was not before
 * @codes: expressions
 * @index: less than es_mask_codes_count()
 * @out:   borrowed until the expressions are freed
 *
 * Return: 0, -EINVAL (it does not compile), -ENOMEM. A failure is not kept:
 *	the next call tries again.
 * Locking: none is needed.
 */
int es_mask_codes_get(struct es_mask_codes *codes, size_t index,
		      const struct pcre2_real_code_8 **out);

/**
 * es_mask_codes_compiled - how many expressions were needed so far
 * @codes: expressions
 *
 * Return: number of those that are compiled.
 */
size_t es_mask_codes_compiled(const struct es_mask_codes *codes);

#endif
