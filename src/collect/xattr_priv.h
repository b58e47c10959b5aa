/* SPDX-License-Identifier: MIT */
/* xattr_priv.h - extended attributes as getfattr(1) writes them */
#ifndef ETCSNAP_XATTR_PRIV_H
#define ETCSNAP_XATTR_PRIV_H

#include "etcsnap/buf.h"

#include <stddef.h>

/*
 * All extended attributes of an object, a line each, sorted by name, in the
 * form of "getfattr -d -m -": NAME="text" or NAME=0sBASE64.
 * @out:   reset, then set; empty when there are none
 * @scrap: working memory
 * @fd:    the object itself when @name is NULL, else the directory of @name,
 *         which is not followed if it is a symlink
 *
 * As with getfattr, one NUL that ends a text value is dropped.
 *
 * Return: 0; a positive errno when they cannot be read; -ENOMEM.
 */
int es_xattr_read(struct es_buf *out, struct es_buf *scrap, int fd,
		  const char *name);

/* Append one line without its newline. Return: 0 or the sticky failure. */
int es_xattr_encode(struct es_buf *out, const char *name, const char *value,
		    size_t len);

#endif
