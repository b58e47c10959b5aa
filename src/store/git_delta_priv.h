/* SPDX-License-Identifier: MIT */
/* git_delta_priv.h - one object as its difference to another */
#ifndef ETCSNAP_STORE_GIT_DELTA_PRIV_H
#define ETCSNAP_STORE_GIT_DELTA_PRIV_H

#include "etcsnap/buf.h"

/**
 * es_git_delta - write the instructions that make @to out of @from
 * @out:      reset and filled; fails beyond its ceiling
 * @from:     base
 * @from_len: its bytes, less than 4 GiB
 * @to:       what is to be made
 * @to_len:   its bytes, less than 4 GiB
 *
 * Source: gitformat-pack(5), "Deltified representation". Made for two versions
 * of one file: what both begin and end with is found at once, the rest by
 * blocks of 16 bytes.
 *
 * Return: 0, -ENOMEM, -EFBIG beyond @out's ceiling (not worth a delta).
 */
int es_git_delta(struct es_buf *out, const char *from, size_t from_len,
		 const char *to, size_t to_len);

/**
 * es_git_delta_apply - make an object out of its base and a delta
 * @out:      set to the object, owned, free(); a NUL is behind it
 * @out_len:  set to its bytes
 * @from:     base
 * @from_len: its bytes
 * @delta:    instructions
 * @len:      their bytes
 *
 * Return: 0, -EIO when they are damaged or for another base, -ENOMEM.
 */
int es_git_delta_apply(char **out, size_t *out_len, const char *from,
		       size_t from_len, const char *delta, size_t len);

#endif
