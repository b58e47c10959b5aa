/* SPDX-License-Identifier: MIT */
/* entry.h - what is recorded of one object of the file system */
#ifndef ETCSNAP_ENTRY_H
#define ETCSNAP_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "etcsnap/buf.h"
#include "etcsnap/digest.h"

/**
 * enum es_type - kind of object; the order is part of the state format
 * @ES_TYPE_NONE:   unknown
 * @ES_TYPE_FILE:   regular file
 * @ES_TYPE_DIR:    directory
 * @ES_TYPE_LINK:   symbolic link
 * @ES_TYPE_CHAR:   character device
 * @ES_TYPE_BLOCK:  block device
 * @ES_TYPE_FIFO:   named pipe
 * @ES_TYPE_SOCKET: socket
 */
enum es_type {
	ES_TYPE_NONE,
	ES_TYPE_FILE,
	ES_TYPE_DIR,
	ES_TYPE_LINK,
	ES_TYPE_CHAR,
	ES_TYPE_BLOCK,
	ES_TYPE_FIFO,
	ES_TYPE_SOCKET,
};

/**
 * enum es_class - how much of a file's content is kept; stricter is greater
 * @ES_CLASS_NONE:   not decided
 * @ES_CLASS_MIRROR: the content itself
 * @ES_CLASS_DIGEST: its SHA-256
 * @ES_CLASS_SECRET: an HMAC of it under the private key
 */
enum es_class {
	ES_CLASS_NONE,
	ES_CLASS_MIRROR,
	ES_CLASS_DIGEST,
	ES_CLASS_SECRET,
};

/**
 * enum es_watch - what the rules make of a path
 * @ES_WATCH_NO:   seen and not recorded
 * @ES_WATCH_PASS: directory that only leads to watched ones
 * @ES_WATCH_YES:  recorded
 */
enum es_watch {
	ES_WATCH_NO,
	ES_WATCH_PASS,
	ES_WATCH_YES,
};

/**
 * enum es_has - which values of an entry are known, as bits
 * @ES_HAS_STAT:   mode, uid, gid, mtime (size and nlink of a file)
 * @ES_HAS_SHA256: digest[] is the SHA-256 of the content
 * @ES_HAS_HMAC:   digest[] is the HMAC-SHA256 of the content
 * @ES_HAS_BLOB:   oid[] is the blob that mirrors the content (or link target)
 * @ES_HAS_MOUNT:  directory is the root of a mounted file system
 * @ES_HAS_MASKED: the mirrored blob has masked values
 */
enum es_has {
	ES_HAS_STAT = 1 << 0,
	ES_HAS_SHA256 = 1 << 1,
	ES_HAS_HMAC = 1 << 2,
	ES_HAS_BLOB = 1 << 3,
	ES_HAS_MOUNT = 1 << 4,
	ES_HAS_MASKED = 1 << 5,
};

/**
 * ES_UNREAD_TORN - unread reason: the file changed under every read
 */
#define ES_UNREAD_TORN 4001
/**
 * ES_UNREAD_UNMOUNTED - unread reason: the mounted file system is gone
 */
#define ES_UNREAD_UNMOUNTED 4002

/**
 * struct es_entry - one object; strings are borrowed from whoever made it
 * @name:        bytes of the last path component; "." for a listing's own
 *               directory; not NUL-terminated
 * @name_len:    their number
 * @target:      link target, bytes, NULL unless @type is LINK
 * @target_len:  their number
 * @xattr:       extended attributes, one NAME="VALUE" or NAME=0sBASE64 line
 *               each as getfattr(1) writes them, sorted, each ended by a
 *               newline; NULL when none
 * @xattr_len:   bytes of @xattr
 * @watch:       what the rules made of it
 * @type:        kind of object
 * @class:       how content is kept; NONE for all but files
 * @has:         bits of enum es_has
 * @unread:      0, else the errno (or ES_UNREAD_*) for which the other values
 *               are those of an earlier run
 * @mode:        permission bits, 07777
 * @uid:         owner
 * @gid:         group
 * @nlink:       hard links
 * @rdev_major:  device numbers of CHAR and BLOCK
 * @rdev_minor:  likewise
 * @decision:    fingerprint of the rules that decided; in the state only
 * @size:        bytes
 * @ino:         inode number; in the state only
 * @mtime_sec:   modification time, seconds since 1970-01-01 UTC
 * @mtime_nsec:  and nanoseconds
 * @ctime_sec:   change time; in the state only
 * @ctime_nsec:  likewise
 * @digest:      SHA-256 or HMAC, see @has
 * @oid:         blob id, see @has
 */
struct es_entry {
	const char *name;
	size_t name_len;
	const char *target;
	size_t target_len;
	const char *xattr;
	size_t xattr_len;
	enum es_watch watch;
	enum es_type type;
	enum es_class class;
	unsigned int has;
	unsigned int unread;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink;
	uint32_t rdev_major;
	uint32_t rdev_minor;
	uint32_t decision;
	uint64_t size;
	uint64_t ino;
	int64_t mtime_sec;
	int64_t ctime_sec;
	uint32_t mtime_nsec;
	uint32_t ctime_nsec;
	uint8_t digest[ES_SHA256_LEN];
	uint8_t oid[ES_SHA1_LEN];
};

/**
 * es_type_from_mode - kind of object that a st_mode tells
 * @mode: st_mode of stat(2); permission bits are ignored
 *
 * Return: type, NONE for a kind that is not known.
 */
enum es_type es_type_from_mode(mode_t mode);

/**
 * es_type_name - the mtree(5) word for a type
 * @type: kind of object
 *
 * Return: static "file", "dir", "link", "char", …; "none" for NONE and for
 * a number that is no type.
 */
const char *es_type_name(enum es_type type);

/**
 * es_type_text - what people call a type
 * @type: kind of object
 *
 * Return: static "file", "directory", "named pipe", …; "unknown" for NONE and
 * for a number that is no type.
 */
const char *es_type_text(enum es_type type);

/**
 * es_type_parse - type of an mtree(5) word
 * @word: bytes, need not be NUL-terminated
 * @len:  their number
 *
 * Return: type, NONE when the word is unknown.
 */
enum es_type es_type_parse(const char *word, size_t len);

/**
 * es_class_name - the word for a class
 * @class: how content is kept
 *
 * Return: static "mirror", "digest", "secret" or "none"; "none" for a number
 * that is no class, too.
 */
const char *es_class_name(enum es_class class);

/**
 * es_class_parse - class of a word of the configuration
 * @word: NUL-terminated, not NULL
 *
 * Return: class, NONE when the word is unknown.
 */
enum es_class es_class_parse(const char *word);

/**
 * es_unread_name - the word for an unread reason
 * @unread: errno or ES_UNREAD_*
 *
 * Return: static "EACCES", "TORN", "UNMOUNTED", …; "EIO" for a number without
 * name.
 */
const char *es_unread_name(unsigned int unread);

/**
 * es_unread_parse - number of a reason's word
 * @word: bytes, need not be NUL-terminated
 * @len:  their number
 *
 * Return: errno of this machine or ES_UNREAD_*, EIO when unknown.
 */
unsigned int es_unread_parse(const char *word, size_t len);

/**
 * es_entry_name_cmp - order entries by the bytes of their names
 * @a:     one name, bytes
 * @a_len: their number
 * @b:     the other name, bytes
 * @b_len: their number
 *
 * Return: <0, 0, >0 as memcmp(3); a prefix comes first.
 */
int es_entry_name_cmp(const char *a, size_t a_len, const char *b, size_t b_len);

/**
 * enum es_attr - attributes that a report compares, a bit each
 *
 * The order is that of columns in reports. es_attr_table names them.
 */
enum es_attr {
	ES_ATTR_TYPE,
	ES_ATTR_MODE,
	ES_ATTR_UID,
	ES_ATTR_GID,
	ES_ATTR_SIZE,
	ES_ATTR_NLINK,
	ES_ATTR_MTIME,
	ES_ATTR_TARGET,
	ES_ATTR_DEVICE,
	ES_ATTR_CONTENT,
	ES_ATTR_XATTR,
	ES_ATTR_CLASS,
	ES_ATTR_UNREAD,
	ES_ATTR_MOUNT,
	ES_ATTR_COUNT,
};

/**
 * es_attr_name - the stable name of an attribute in JSON, CSV and text
 * @attr: attribute
 *
 * Return: static "type", "mode", "owner", "group", "size", "links", "mtime",
 * "target", "device", "content", "xattr", "class", "unread", "mount"; "" for
 * a number that is no attribute.
 */
const char *es_attr_name(enum es_attr attr);

/**
 * es_entry_compare - which recorded attributes of two entries differ
 * @a: one
 * @b: the other
 *
 * Compares what manifests record: directories without size, links and time;
 * a content digest only where both have one of the same kind.
 *
 * Return: bits (1u << enum es_attr); 0 when a report has nothing to say.
 */
unsigned int es_entry_compare(const struct es_entry *a,
			      const struct es_entry *b);

#endif
