/* SPDX-License-Identifier: MIT */
/* loose_priv.h - read loose objects without trusting them */
#ifndef ETCSNAP_STORE_LOOSE_PRIV_H
#define ETCSNAP_STORE_LOOSE_PRIV_H

#include "etcsnap/buf.h"
#include "store/git_priv.h"

/** LOOSE_MAX - most bytes of a loose object's file */
#define LOOSE_MAX ((size_t)1 << 31)

/**
 * es_loose_inflate - unpack a loose object
 * @file:     bytes of its file
 * @kind:     set to its es_kind
 * @head_len: set to the bytes of the header
 * @size:     set to the bytes of the content behind it
 * @rc:       set to 0, -EIO when it is damaged, or -ENOMEM
 *
 * Return: header and content, owned, free(); NULL on failure.
 */
char *es_loose_inflate(const struct es_buf *file, uint8_t *kind,
		       size_t *head_len, size_t *size, int *rc);

/**
 * es_loose_guard - let libgit2 read loose objects by the function above
 * @odb:  object database of the repository
 * @path: the repository
 *
 * Its own reader writes beyond its buffer where the header of a damaged object
 * names too few bytes (libgit2 1.5.1).
 *
 * Return: 0 or a libgit2 code.
 */
int es_loose_guard(git_odb *odb, const char *path);

#endif
