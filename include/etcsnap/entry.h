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
 * enum es_record - attributes that a rule may choose to record, as bits
 * @ES_RECORD_MODE:    permission bits
 * @ES_RECORD_OWNER:   user
 * @ES_RECORD_GROUP:   group
 * @ES_RECORD_SIZE:    bytes of a file, and whether it has holes
 * @ES_RECORD_LINKS:   number of hard links, and which names are the same file
 * @ES_RECORD_MTIME:   modification time; never of directories
 * @ES_RECORD_CTIME:   change time; never of directories
 * @ES_RECORD_INODE:   inode number
 * @ES_RECORD_CONTENT: content of a file, target of a link
 * @ES_RECORD_ACL:     access control lists, of directories also the default
 * @ES_RECORD_CAPS:    file capabilities
 * @ES_RECORD_SELINUX: security label
 * @ES_RECORD_XATTR:   all other extended attributes
 * @ES_RECORD_FLAGS:   immutable, append-only and so on, as chattr(1) sets them
 */
enum es_record {
	ES_RECORD_MODE = 1 << 0,
	ES_RECORD_OWNER = 1 << 1,
	ES_RECORD_GROUP = 1 << 2,
	ES_RECORD_SIZE = 1 << 3,
	ES_RECORD_LINKS = 1 << 4,
	ES_RECORD_MTIME = 1 << 5,
	ES_RECORD_CTIME = 1 << 6,
	ES_RECORD_INODE = 1 << 7,
	ES_RECORD_CONTENT = 1 << 8,
	ES_RECORD_ACL = 1 << 9,
	ES_RECORD_CAPS = 1 << 10,
	ES_RECORD_SELINUX = 1 << 11,
	ES_RECORD_XATTR = 1 << 12,
	ES_RECORD_FLAGS = 1 << 13,
};

/**
 * ES_RECORD_COUNT - number of bits of enum es_record
 */
#define ES_RECORD_COUNT 14
/**
 * ES_RECORD_ALL - every bit of enum es_record
 */
#define ES_RECORD_ALL ((1u << ES_RECORD_COUNT) - 1)
/**
 * ES_RECORD_DEFAULT - what is recorded where no rule says otherwise
 */
#define ES_RECORD_DEFAULT \
	(ES_RECORD_ALL & ~(unsigned int)(ES_RECORD_CTIME | ES_RECORD_INODE))

/**
 * enum es_extra_has - which values of a struct es_extra are known, as bits
 * @ES_EXTRA_CTIME:  ctime_sec and ctime_nsec, since a rule asks for them
 * @ES_EXTRA_INODE:  ino, likewise
 * @ES_EXTRA_SPARSE: the file has holes
 * @ES_EXTRA_SEEN:   the seen_ values; in the state only
 */
enum es_extra_has {
	ES_EXTRA_CTIME = 1 << 0,
	ES_EXTRA_INODE = 1 << 1,
	ES_EXTRA_SPARSE = 1 << 2,
	ES_EXTRA_SEEN = 1 << 3,
};

/**
 * struct es_extra - what few objects have; it may stand at any address
 * @has:       bits of enum es_extra_has
 * @without:   bits of ES_RECORD_DEFAULT that a rule leaves out, of those that
 *             this type of object can have
 * @flags:     FS_*_FL as chattr(1) sets them, but for those that file systems
 *             set by themselves
 * @ctime_nsec: change time as recorded, nanoseconds
 * @ctime_sec: and seconds since 1970-01-01 UTC
 * @ino:       inode number as recorded
 * @seen_size: size that the file had when it was last found to be as
 *             recorded, for what the rules do not count as a change
 * @seen_mtime_sec: its modification time then
 * @seen_mtime_nsec: likewise
 * @link_len:  bytes of es_extra_link(), which follows the struct; 0 = none
 *
 * Made by es_extra_make().
 */
struct es_extra {
	uint32_t has;
	uint32_t without;
	uint32_t flags;
	uint32_t ctime_nsec;
	int64_t ctime_sec;
	uint64_t ino;
	uint64_t seen_size;
	int64_t seen_mtime_sec;
	uint32_t seen_mtime_nsec;
	uint16_t link_len;
} __attribute__((packed));

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
 * @extra:       what few objects have; NULL for most
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
	const struct es_extra *extra;
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
	ES_ATTR_CTIME,
	ES_ATTR_INODE,
	ES_ATTR_TARGET,
	ES_ATTR_DEVICE,
	ES_ATTR_CONTENT,
	ES_ATTR_XATTR,
	ES_ATTR_FLAGS,
	ES_ATTR_HARDLINK,
	ES_ATTR_SPARSE,
	ES_ATTR_CLASS,
	ES_ATTR_RECORD,
	ES_ATTR_UNREAD,
	ES_ATTR_MOUNT,
	ES_ATTR_COUNT,
};

/**
 * es_attr_name - the stable name of an attribute in JSON, CSV and text
 * @attr: attribute
 *
 * Return: static "type", "mode", "owner", "group", "size", "links", "mtime",
 * "ctime", "inode", "target", "device", "content", "xattr", "flags",
 * "hardlink", "sparse", "class", "record", "unread", "mount"; "" for a number
 * that is no attribute.
 */
const char *es_attr_name(enum es_attr attr);

/**
 * es_entry_compare - which recorded attributes of two entries differ
 * @a: one
 * @b: the other
 *
 * Compares what manifests record: directories without size, links and time;
 * a content digest only where both have one of the same kind; what a rule
 * leaves out of one of them not at all (that is ES_ATTR_RECORD).
 *
 * Return: bits (1u << enum es_attr); 0 when a report has nothing to say.
 */
unsigned int es_entry_compare(const struct es_entry *a,
			      const struct es_entry *b);

/**
 * es_extra_make - put values where an entry can point to them
 * @room:   reset and filled; holds the result
 * @values: values; its link_len is not looked at
 * @link:   name of the hard link's first partner, bytes, or NULL
 * @len:    their number
 *
 * Return: @room's data as a struct es_extra; NULL when there is nothing to
 * say, or when memory ran out (then @room->failed is set).
 */
const struct es_extra *es_extra_make(struct es_buf *room,
				     const struct es_extra *values,
				     const char *link, size_t len);

/**
 * es_extra_link - name of the first partner of a hard link
 * @extra: made by es_extra_make(), or with a link_len of 0
 *
 * Return: link_len bytes, the first name in the same directory that is the
 * same file; borrowed, not NUL-terminated; NULL when there is none.
 */
static inline const char *es_extra_link(const struct es_extra *extra)
{
	return extra->link_len ? (const char *)(extra + 1) : NULL;
}

/**
 * es_extra_size - bytes of an extra, its link included
 * @extra: extra, not NULL
 *
 * Return: bytes from the first one of the struct.
 */
size_t es_extra_size(const struct es_extra *extra);

/**
 * es_entry_records - whether an attribute is recorded of an entry
 * @e:   entry
 * @bit: one of ES_RECORD_DEFAULT
 *
 * Return: false when a rule leaves it out.
 */
static inline bool es_entry_records(const struct es_entry *e,
				    enum es_record bit)
{
	return !e->extra || !(e->extra->without & (uint32_t)bit);
}

/**
 * es_entry_lacks - attributes that rules leave out of an entry
 * @e: entry
 *
 * Return: bits (1u << enum es_attr).
 */
unsigned int es_entry_lacks(const struct es_entry *e);

/**
 * es_record_of - attributes that a kind of object can have
 * @type: kind of object
 *
 * Return: bits of enum es_record.
 */
unsigned int es_record_of(enum es_type type);

/**
 * es_record_of_xattr - the attribute that an extended attribute counts as
 * @name: NUL-terminated
 *
 * Return: bit of enum es_record: ACL, CAPS, SELINUX, or XATTR.
 */
unsigned int es_record_of_xattr(const char *name);

/**
 * es_record_name - the word for an attribute that a rule may choose
 * @bit: one bit of enum es_record
 *
 * Return: static "mode", "owner", "group", "size", "links", "mtime", "ctime",
 * "inode", "content", "acl", "caps", "selinux", "xattr", "flags"; "" for what
 * is no such bit.
 */
const char *es_record_name(unsigned int bit);

/**
 * es_record_parse - attribute of a word
 * @word: bytes, need not be NUL-terminated
 * @len:  their number
 *
 * Return: bit of enum es_record, 0 when the word is unknown.
 */
unsigned int es_record_parse(const char *word, size_t len);

/**
 * es_record_text - the words of several attributes
 * @out:  appended to: "mode,owner", nothing for no bits
 * @bits: bits of enum es_record
 * @mark: what stands between two words
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_record_text(struct es_buf *out, unsigned int bits, char mark);

/**
 * es_flags_known - file flags that are recorded
 *
 * Flags that people set with chattr(1); not those that a file system sets by
 * itself, such as "extents" and "indexed".
 *
 * Return: FS_*_FL.
 * Source: linux/fs.h, ioctl_iflags(2).
 */
uint32_t es_flags_known(void);

/**
 * es_flags_text - file flags as mtree(5) words
 * @out:   appended to: "schg,nodump"; "none" for 0
 * @flags: FS_*_FL; unknown ones are left out
 *
 * Return: 0 or the buffer's sticky failure.
 * Source: libarchive's names of Linux' flags; chflags(1).
 */
int es_flags_text(struct es_buf *out, uint32_t flags);

/**
 * es_flags_parse - file flags of a list of mtree(5) words
 * @text: words with commas between them, need not be NUL-terminated
 * @len:  bytes of @text
 *
 * Return: FS_*_FL; unknown words count for nothing.
 */
uint32_t es_flags_parse(const char *text, size_t len);

#endif
