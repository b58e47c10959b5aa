/* SPDX-License-Identifier: MIT */
/* stored_name.h - path components as the repository's trees hold them */
#ifndef ETCSNAP_STORED_NAME_H
#define ETCSNAP_STORED_NAME_H

#include "etcsnap/buf.h"

/*
 * Names keep their bytes. Only what git refuses or reads as its own is
 * escaped: a name that, in any case and with its NTFS and HFS look-alikes,
 * also after any backslash in it, is .git, .gitmodules, .gitattributes,
 * .gitignore or .mailmap (in meta/ also our .mtree and .xattr), and every
 * name that begins with '%'. In an escaped name the first byte, each '\\' and
 * each '%' are %XX (upper-case hex). A stored name that begins with '%' is
 * decoded throughout. So both directions are one-to-one.
 */

/**
 * es_stored_name_encode - component as a tree entry's name
 * @out:  appended to
 * @name: bytes of one component, no '/', not "." or ".."
 * @len:  their number
 *
 * The same answer for files/ and meta/, so that a path looks alike in both.
 *
 * Return: 0 or the buffer's sticky failure.
 * Source: git's fsck.c (hasDot, hasDotgit, gitmodulesName), is_ntfs_dotgit,
 * is_hfs_dotgit in path.c and utf8.c.
 */
int es_stored_name_encode(struct es_buf *out, const char *name, size_t len);

/**
 * es_stored_name_decode - tree entry's name as component
 * @out:  appended to
 * @name: stored bytes
 * @len:  their number
 *
 * Return: 0, -EINVAL on a broken escape, or the buffer's sticky failure.
 */
int es_stored_name_decode(struct es_buf *out, const char *name, size_t len);

/**
 * es_stored_path_encode - a whole absolute path, component by component
 * @out:  appended to, without a leading '/': "/etc/.git" -> "etc/%2Egit"
 * @path: absolute path, bytes; the root is "" or "/"
 * @len:  their number
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_stored_path_encode(struct es_buf *out, const char *path, size_t len);

/**
 * es_stored_path_decode - the inverse; the result begins with '/'
 * @out:  appended to
 * @path: stored path below files/ or meta/
 * @len:  its bytes
 *
 * Return: 0, -EINVAL on a broken escape, or the buffer's sticky failure.
 */
int es_stored_path_decode(struct es_buf *out, const char *path, size_t len);

#endif
