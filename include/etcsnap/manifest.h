/* SPDX-License-Identifier: MIT */
/* manifest.h - .mtree and .xattr files of the repository (format 1) */
#ifndef ETCSNAP_MANIFEST_H
#define ETCSNAP_MANIFEST_H

#include "etcsnap/ids.h"
#include "etcsnap/listing.h"

/*
 * One directory, one mtree(5) file: the directory as ".", then its watched
 * entries as "./name", sorted by bytes, one line each. A subdirectory has
 * only "type=dir" there; its other values stand in its own manifest. Only
 * keywords that mtree(8) knows are used; what has none stands in a comment
 * line "#+ name=value …" under its entry: hmac, masked, unread, mount.
 * etcsnap-format(5) is the specification.
 */

/**
 * es_manifest_write - text of a directory's .mtree
 * @out:     appended to; nothing when the directory has nothing to record
 *           (only led through, read well, nothing watched in it)
 * @listing: packed listing
 * @len:     its bytes
 * @ids:     names of owners; NULL records numbers alone
 * @err:     filled on failure
 *
 * Return: 0, -EILSEQ (broken listing) or -ENOMEM.
 */
int es_manifest_write(struct es_buf *out, const char *listing, size_t len,
		      struct es_ids *ids, struct es_error *err);

/**
 * es_manifest_add - one entry's line, and its "#+" line where it needs one
 * @out:   appended to
 * @path:  name without the leading "./", raw bytes, with '/' between
 *         components; empty for the directory that all is relative to
 * @len:   bytes of @path
 * @e:     entry; of a directory that is not watched only the type is told
 * @uname: name of the owner, or NULL
 * @gname: name of the group, or NULL
 *
 * A failure sticks to @out. An mtree(5) file begins with the line "#mtree".
 */
void es_manifest_add(struct es_buf *out, const char *path, size_t len,
		     const struct es_entry *e, const char *uname,
		     const char *gname);

/**
 * es_manifest_write_xattr - text of a directory's .xattr
 * @out:     appended to; nothing when no entry has extended attributes
 * @listing: packed listing
 * @len:     its bytes
 * @err:     filled on failure
 *
 * "# file: NAME" stanzas as getfattr(1) prints and "setfattr -h --restore"
 * reads, relative to the directory; its own is "# file: .".
 *
 * Return: 0, -EILSEQ or -ENOMEM.
 * Source: getfattr(1), setfattr(1).
 */
int es_manifest_write_xattr(struct es_buf *out, const char *listing, size_t len,
			    struct es_error *err);

/**
 * es_manifest_each - called for each parsed entry, the directory first
 * @payload: the caller's
 * @e:       entry; strings valid during the call; may be changed
 * @uname:   recorded owner name, NUL-terminated, or NULL
 * @gname:   recorded group name, or NULL
 *
 * Return: 0, or a negative number that ends the parsing and is returned.
 */
typedef int (*es_manifest_each)(void *payload, struct es_entry *e,
				const char *uname, const char *gname);

/**
 * es_manifest_parse - read a .mtree and its .xattr
 * @mtree:     text
 * @mtree_len: its bytes
 * @xattr:     text of the .xattr beside it, or NULL
 * @xattr_len: its bytes
 * @each:      called for each entry
 * @payload:   handed to @each
 * @err:       filled on failure, names the line
 *
 * Entries have watch = YES (PASS for "." without recorded mode), no oid, ino,
 * ctime or decision. Class follows from what is recorded: hmac = secret, else
 * digest; the caller raises it to mirror where a blob is.
 *
 * Return: 0, -EINVAL with the line in @err, or what @each returned.
 */
int es_manifest_parse(const char *mtree, size_t mtree_len, const char *xattr,
		      size_t xattr_len, es_manifest_each each, void *payload,
		      struct es_error *err);

/**
 * es_xattr_next - take the next attribute off an entry's xattr text
 * @text:  position in the text, moved on
 * @len:   bytes left, made less
 * @name:  reset and filled: name of the attribute
 * @value: reset and filled: its value, any bytes
 *
 * The text is es_entry.xattr: NAME="VALUE", NAME=0sBASE64 or NAME=0xHEX lines
 * with octal escapes.
 *
 * Return: 1, 0 at the end, -EINVAL on a broken line, -ENOMEM.
 * Source: getfattr(1), setfattr(1) "--restore".
 */
int es_xattr_next(const char **text, size_t *len, struct es_buf *name,
		  struct es_buf *value);

#endif
