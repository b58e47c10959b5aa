/* SPDX-License-Identifier: MIT */
/* typo.h - "did you mean …" */
#ifndef ETCSNAP_TYPO_H
#define ETCSNAP_TYPO_H

#include <stddef.h>

/**
 * es_typo_nearest - the known name that a mistyped one is closest to
 * @typed: what was given
 * @names: known names
 * @n:     their number
 *
 * Edit distance with swaps counted once; a name further off than a third of
 * its length (at least 1) is no suggestion.
 *
 * Return: borrowed from @names, or NULL when none is near.
 */
const char *es_typo_nearest(const char *typed, const char *const *names,
			    size_t n);

#endif
