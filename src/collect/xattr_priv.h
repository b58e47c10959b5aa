/* SPDX-License-Identifier: MIT */
/* xattr_priv.h - extended attributes as getfattr(1) writes them */
#ifndef ETCSNAP_XATTR_PRIV_H
#define ETCSNAP_XATTR_PRIV_H

#include "etcsnap/entry.h"

#include <stddef.h>

/** ES_XATTR_RECORD - attributes of a rule that are extended ones */
#define ES_XATTR_RECORD \
	(ES_RECORD_ACL | ES_RECORD_CAPS | ES_RECORD_SELINUX | ES_RECORD_XATTR)

/*
 * All extended attributes of an object, a line each, sorted by name, in the
 * form of "getfattr -d -m -": NAME="text" or NAME=0sBASE64.
 * @out:   reset, then set; empty when there are none
 * @scrap: working memory
 * @fd:    the object itself when @name is NULL, else the directory of @name,
 *         which is not followed if it is a symlink
 * @record: bits of enum es_record; attributes that they do not name are left
 *         out
 *
 * As with getfattr, one NUL that ends a text value is dropped.
 *
 * Return: 0; a positive errno when they cannot be read; -ENOMEM.
 */
int es_xattr_read(struct es_buf *out, struct es_buf *scrap, int fd,
		  const char *name, uint32_t record);

/* Append one line without its newline. Return: 0 or the sticky failure. */
int es_xattr_encode(struct es_buf *out, const char *name, const char *value,
		    size_t len);

#endif
