/* SPDX-License-Identifier: MIT */
/* entry.c - words for types, classes and reasons; comparing two entries */
#include "config.h"

#include "etcsnap/entry.h"

#include <errno.h>
#include <string.h>

/* A word and the number it stands for. */
struct word {
	const char *text;
	unsigned int number;
};

static const char *const type_words[] = {
	[ES_TYPE_NONE] = "none", [ES_TYPE_FILE] = "file",
	[ES_TYPE_DIR] = "dir",	 [ES_TYPE_LINK] = "link",
	[ES_TYPE_CHAR] = "char", [ES_TYPE_BLOCK] = "block",
	[ES_TYPE_FIFO] = "fifo", [ES_TYPE_SOCKET] = "socket",
};

static const char *const type_texts[] = {
	[ES_TYPE_NONE] = "unknown",	[ES_TYPE_FILE] = "file",
	[ES_TYPE_DIR] = "directory",	[ES_TYPE_LINK] = "link",
	[ES_TYPE_CHAR] = "char device", [ES_TYPE_BLOCK] = "block device",
	[ES_TYPE_FIFO] = "named pipe",	[ES_TYPE_SOCKET] = "socket",
};

static const char *const class_words[] = {
	[ES_CLASS_NONE] = "none",
	[ES_CLASS_MIRROR] = "mirror",
	[ES_CLASS_DIGEST] = "digest",
	[ES_CLASS_SECRET] = "secret",
};

/*
 * What the kernel answers when something cannot be read. EIO is the first,
 * since it also stands for every number that has no word here. The words are
 * part of the repository format; the numbers differ between architectures.
 */
static const struct word unread_words[] = {
	{ "EIO", EIO },
	{ "TORN", ES_UNREAD_TORN },
	{ "UNMOUNTED", ES_UNREAD_UNMOUNTED },
	{ "EACCES", EACCES },
	{ "EAGAIN", EAGAIN },
	{ "EBADF", EBADF },
	{ "EBADMSG", EBADMSG },
	{ "EBUSY", EBUSY },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ECONNRESET", ECONNRESET },
	{ "EFBIG", EFBIG },
	{ "EHOSTDOWN", EHOSTDOWN },
	{ "EHOSTUNREACH", EHOSTUNREACH },
	{ "EINTR", EINTR },
	{ "EINVAL", EINVAL },
	{ "EISDIR", EISDIR },
	{ "EKEYEXPIRED", EKEYEXPIRED },
	{ "EKEYREJECTED", EKEYREJECTED },
	{ "EKEYREVOKED", EKEYREVOKED },
	{ "ELOOP", ELOOP },
	{ "EMEDIUMTYPE", EMEDIUMTYPE },
	{ "EMFILE", EMFILE },
	{ "ENAMETOOLONG", ENAMETOOLONG },
	{ "ENETDOWN", ENETDOWN },
	{ "ENETUNREACH", ENETUNREACH },
	{ "ENFILE", ENFILE },
	{ "ENODATA", ENODATA },
	{ "ENODEV", ENODEV },
	{ "ENOENT", ENOENT },
	{ "ENOKEY", ENOKEY },
	{ "ENOMEDIUM", ENOMEDIUM },
	{ "ENOMEM", ENOMEM },
	{ "ENOSYS", ENOSYS },
	{ "ENOTCONN", ENOTCONN },
	{ "ENOTDIR", ENOTDIR },
	{ "ENOTSUP", ENOTSUP },
	{ "ENXIO", ENXIO },
	{ "EOVERFLOW", EOVERFLOW },
	{ "EPERM", EPERM },
	{ "EPROTO", EPROTO },
	{ "EREMOTEIO", EREMOTEIO },
	{ "EROFS", EROFS },
	{ "ESHUTDOWN", ESHUTDOWN },
	{ "ESTALE", ESTALE },
	{ "ETIMEDOUT", ETIMEDOUT },
	{ "ETXTBSY", ETXTBSY },
	{ "EUCLEAN", EUCLEAN },
};

static const char *const attr_names[] = {
	[ES_ATTR_TYPE] = "type",	 [ES_ATTR_MODE] = "mode",
	[ES_ATTR_UID] = "owner",	 [ES_ATTR_GID] = "group",
	[ES_ATTR_SIZE] = "size",	 [ES_ATTR_NLINK] = "links",
	[ES_ATTR_MTIME] = "mtime",	 [ES_ATTR_CTIME] = "ctime",
	[ES_ATTR_INODE] = "inode",	 [ES_ATTR_TARGET] = "target",
	[ES_ATTR_DEVICE] = "device",	 [ES_ATTR_CONTENT] = "content",
	[ES_ATTR_XATTR] = "xattr",	 [ES_ATTR_FLAGS] = "flags",
	[ES_ATTR_HARDLINK] = "hardlink", [ES_ATTR_SPARSE] = "sparse",
	[ES_ATTR_CLASS] = "class",	 [ES_ATTR_RECORD] = "record",
	[ES_ATTR_UNREAD] = "unread",	 [ES_ATTR_MOUNT] = "mount",
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

enum es_type es_type_from_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return ES_TYPE_FILE;
	case S_IFDIR:
		return ES_TYPE_DIR;
	case S_IFLNK:
		return ES_TYPE_LINK;
	case S_IFCHR:
		return ES_TYPE_CHAR;
	case S_IFBLK:
		return ES_TYPE_BLOCK;
	case S_IFIFO:
		return ES_TYPE_FIFO;
	case S_IFSOCK:
		return ES_TYPE_SOCKET;
	default:
		return ES_TYPE_NONE;
	}
}

const char *es_type_name(enum es_type type)
{
	size_t i = (size_t)type;

	return type_words[i < LENGTH(type_words) ? i : ES_TYPE_NONE];
}

const char *es_type_text(enum es_type type)
{
	size_t i = (size_t)type;

	return type_texts[i < LENGTH(type_texts) ? i : ES_TYPE_NONE];
}

static int word_is(const char *text, const char *word, size_t len)
{
	return strlen(text) == len && memcmp(text, word, len) == 0;
}

enum es_type es_type_parse(const char *word, size_t len)
{
	for (size_t i = 0; i < LENGTH(type_words); i++)
		if (word_is(type_words[i], word, len))
			return (enum es_type)i;
	return ES_TYPE_NONE;
}

const char *es_class_name(enum es_class class)
{
	size_t i = (size_t) class;

	return class_words[i < LENGTH(class_words) ? i : ES_CLASS_NONE];
}

enum es_class es_class_parse(const char *word)
{
	for (size_t i = 0; i < LENGTH(class_words); i++)
		if (strcmp(class_words[i], word) == 0)
			return (enum es_class)i;
	return ES_CLASS_NONE;
}

const char *es_unread_name(unsigned int unread)
{
	for (size_t i = 0; i < LENGTH(unread_words); i++)
		if (unread_words[i].number == unread)
			return unread_words[i].text;
	return unread_words[0].text;
}

unsigned int es_unread_parse(const char *word, size_t len)
{
	for (size_t i = 0; i < LENGTH(unread_words); i++)
		if (word_is(unread_words[i].text, word, len))
			return unread_words[i].number;
	return EIO;
}

int es_entry_name_cmp(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t common = a_len < b_len ? a_len : b_len;
	int order = common ? memcmp(a, b, common) : 0;

	if (order)
		return order;
	return (a_len > b_len) - (a_len < b_len);
}

const char *es_attr_name(enum es_attr attr)
{
	size_t i = (size_t)attr;

	return i < LENGTH(attr_names) ? attr_names[i] : "";
}

static bool same_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

/* Whether manifests hold owner, mode and time of it: not of a mere way. */
static bool has_recorded_stat(const struct es_entry *e)
{
	return (e->has & ES_HAS_STAT) && e->watch == ES_WATCH_YES;
}

static bool is_device(const struct es_entry *e)
{
	return e->type == ES_TYPE_CHAR || e->type == ES_TYPE_BLOCK;
}

static unsigned int compare_stat(const struct es_entry *a,
				 const struct es_entry *b)
{
	unsigned int diff = 0;

	if (a->mode != b->mode)
		diff |= 1u << ES_ATTR_MODE;
	if (a->uid != b->uid)
		diff |= 1u << ES_ATTR_UID;
	if (a->gid != b->gid)
		diff |= 1u << ES_ATTR_GID;
	if (a->type == ES_TYPE_DIR || b->type == ES_TYPE_DIR)
		return diff;
	if (a->mtime_sec != b->mtime_sec || a->mtime_nsec != b->mtime_nsec)
		diff |= 1u << ES_ATTR_MTIME;
	if (a->type != ES_TYPE_FILE || b->type != ES_TYPE_FILE)
		return diff;
	if (a->size != b->size)
		diff |= 1u << ES_ATTR_SIZE;
	if (a->nlink != b->nlink)
		diff |= 1u << ES_ATTR_NLINK;
	return diff;
}

/* What a file holds: comparable only by values that were made alike. */
static unsigned int compare_content(const struct es_entry *a,
				    const struct es_entry *b)
{
	const unsigned int digests = ES_HAS_SHA256 | ES_HAS_HMAC;
	const unsigned int content = digests | ES_HAS_BLOB;
	unsigned int diff = 0;

	if (a->type != ES_TYPE_FILE || b->type != ES_TYPE_FILE)
		return 0;
	if ((a->has & b->has & digests) &&
	    memcmp(a->digest, b->digest, sizeof(a->digest)) != 0)
		diff |= 1u << ES_ATTR_CONTENT;
	/* A class is of interest where something was kept by it. */
	if ((a->has & content) && (b->has & content) &&
	    a->class != ES_CLASS_NONE && b->class != ES_CLASS_NONE &&
	    a->class != b->class)
		diff |= 1u << ES_ATTR_CLASS;
	return diff;
}

static unsigned int compare_special(const struct es_entry *a,
				    const struct es_entry *b)
{
	unsigned int diff = 0;

	if (a->type == ES_TYPE_LINK &&
	    !same_bytes(a->target, a->target_len, b->target, b->target_len))
		diff |= 1u << ES_ATTR_TARGET;
	if (is_device(a) &&
	    (a->rdev_major != b->rdev_major || a->rdev_minor != b->rdev_minor))
		diff |= 1u << ES_ATTR_DEVICE;
	if (a->type == ES_TYPE_DIR && ((a->has ^ b->has) & ES_HAS_MOUNT))
		diff |= 1u << ES_ATTR_MOUNT;
	return diff;
}

static uint32_t without_of(const struct es_entry *e)
{
	return e->extra ? e->extra->without : 0;
}

unsigned int es_entry_lacks(const struct es_entry *e)
{
	static const struct {
		uint32_t record;
		unsigned int attrs;
	} rows[] = {
		{ ES_RECORD_MODE, 1u << ES_ATTR_MODE },
		{ ES_RECORD_OWNER, 1u << ES_ATTR_UID },
		{ ES_RECORD_GROUP, 1u << ES_ATTR_GID },
		{ ES_RECORD_SIZE, 1u << ES_ATTR_SIZE | 1u << ES_ATTR_SPARSE },
		{ ES_RECORD_LINKS,
		  1u << ES_ATTR_NLINK | 1u << ES_ATTR_HARDLINK },
		{ ES_RECORD_MTIME, 1u << ES_ATTR_MTIME },
		{ ES_RECORD_CONTENT, 1u << ES_ATTR_CONTENT |
					     1u << ES_ATTR_TARGET |
					     1u << ES_ATTR_CLASS },
		{ ES_RECORD_FLAGS, 1u << ES_ATTR_FLAGS },
	};
	const uint32_t without = without_of(e);
	unsigned int attrs = 0;

	for (size_t i = 0; i < LENGTH(rows); i++)
		if (without & rows[i].record)
			attrs |= rows[i].attrs;
	return attrs;
}

static unsigned int compare_extra(const struct es_entry *a,
				  const struct es_entry *b)
{
	static const struct es_extra none = { .has = 0 };
	const struct es_extra *x = a->extra ? a->extra : &none;
	const struct es_extra *y = b->extra ? b->extra : &none;
	const uint32_t both = x->has & y->has;
	unsigned int diff = 0;

	if ((both & ES_EXTRA_CTIME) &&
	    (x->ctime_sec != y->ctime_sec || x->ctime_nsec != y->ctime_nsec))
		diff |= 1u << ES_ATTR_CTIME;
	if ((both & ES_EXTRA_INODE) && x->ino != y->ino)
		diff |= 1u << ES_ATTR_INODE;
	if (x->flags != y->flags)
		diff |= 1u << ES_ATTR_FLAGS;
	if ((x->has ^ y->has) & ES_EXTRA_SPARSE)
		diff |= 1u << ES_ATTR_SPARSE;
	if (!same_bytes(es_extra_link(x), x->link_len, es_extra_link(y),
			y->link_len))
		diff |= 1u << ES_ATTR_HARDLINK;
	if (x->without != y->without ||
	    ((x->has ^ y->has) & (ES_EXTRA_CTIME | ES_EXTRA_INODE)))
		diff |= 1u << ES_ATTR_RECORD;
	return diff;
}

/* Attributes that are one text, of which rules can leave out parts. */
static bool is_xattr_changed(const struct es_entry *a, const struct es_entry *b)
{
	const uint32_t parts = ES_RECORD_ACL | ES_RECORD_CAPS |
			       ES_RECORD_SELINUX | ES_RECORD_XATTR;

	if ((without_of(a) ^ without_of(b)) & parts)
		return false;
	return !same_bytes(a->xattr, a->xattr_len, b->xattr, b->xattr_len);
}

unsigned int es_entry_compare(const struct es_entry *a,
			      const struct es_entry *b)
{
	const bool both = a->watch == ES_WATCH_YES && b->watch == ES_WATCH_YES;
	unsigned int diff = 0;

	if (a->type != b->type)
		diff |= 1u << ES_ATTR_TYPE;
	else
		diff |= compare_special(a, b);
	if (has_recorded_stat(a) && has_recorded_stat(b))
		diff |= compare_stat(a, b);
	diff |= compare_content(a, b);
	if (both && is_xattr_changed(a, b))
		diff |= 1u << ES_ATTR_XATTR;
	if (both && (a->extra || b->extra)) {
		diff |= compare_extra(a, b);
		/* what is left out of either says nothing of the other */
		diff &= ~(es_entry_lacks(a) | es_entry_lacks(b));
	}
	if (a->unread != b->unread)
		diff |= 1u << ES_ATTR_UNREAD;
	return diff;
}
