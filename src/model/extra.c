/* SPDX-License-Identifier: MIT */
/* extra.c - what few objects have; words for attributes and file flags */
#include "config.h"

#include "etcsnap/entry.h"

#include <linux/fs.h>
#include <string.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const char *const record_words[ES_RECORD_COUNT] = {
	"mode",	 "owner",   "group", "size", "links",	"mtime", "ctime",
	"inode", "content", "acl",   "caps", "selinux", "xattr", "flags",
};

/*
 * What chattr(1) can set, by the names that libarchive and so bsdtar(1) have
 * for it. Others (extents, indexed, inline data, encrypted and so on) are the
 * file system's own business and change without anybody's doing.
 */
static const struct {
	const char *word;
	uint32_t flag;
} flag_words[] = {
	{ "sappnd", FS_APPEND_FL },
	{ "schg", FS_IMMUTABLE_FL },
	{ "nodump", FS_NODUMP_FL },
	{ "noatime", FS_NOATIME_FL },
	{ "sync", FS_SYNC_FL },
	{ "dirsync", FS_DIRSYNC_FL },
	{ "secdel", FS_SECRM_FL },
	{ "undel", FS_UNRM_FL },
	{ "compress", FS_COMPR_FL },
	{ "nocow", FS_NOCOW_FL },
	{ "journal", FS_JOURNAL_DATA_FL },
	{ "notail", FS_NOTAIL_FL },
	{ "topdir", FS_TOPDIR_FL },
	{ "projinherit", FS_PROJINHERIT_FL },
	{ "casefold", FS_CASEFOLD_FL },
	{ "verity", FS_VERITY_FL },
};

const struct es_extra *es_extra_make(struct es_buf *room,
				     const struct es_extra *values,
				     const char *link, size_t len)
{
	struct es_extra head = *values;

	es_buf_reset(room);
	head.link_len = (uint16_t)(len <= UINT16_MAX ? len : 0);
	if (!head.has && !head.without && !head.flags && !head.link_len)
		return NULL;
	es_buf_add(room, &head, sizeof(head));
	es_buf_add(room, link, head.link_len);
	if (room->failed)
		return NULL;
	return (const struct es_extra *)(const void *)room->data;
}

size_t es_extra_size(const struct es_extra *extra)
{
	return sizeof(*extra) + extra->link_len;
}

unsigned int es_record_of(enum es_type type)
{
	const unsigned int times = ES_RECORD_MTIME | ES_RECORD_CTIME;
	const unsigned int files = ES_RECORD_SIZE | ES_RECORD_LINKS;
	const unsigned int others =
		ES_RECORD_ALL & ~files & ~(unsigned int)ES_RECORD_FLAGS;

	switch (type) {
	case ES_TYPE_FILE:
		return ES_RECORD_ALL;
	case ES_TYPE_DIR:
		return ES_RECORD_ALL &
		       ~(times | files | ES_RECORD_CONTENT | ES_RECORD_CAPS);
	case ES_TYPE_LINK:
		return others & ~(unsigned int)(ES_RECORD_ACL | ES_RECORD_CAPS);
	default:
		return others &
		       ~(unsigned int)(ES_RECORD_CONTENT | ES_RECORD_CAPS);
	}
}

unsigned int es_record_of_xattr(const char *name)
{
	static const char acl[] = "system.posix_acl_";

	if (strncmp(name, acl, sizeof(acl) - 1) == 0 ||
	    strcmp(name, "system.nfs4_acl") == 0)
		return ES_RECORD_ACL;
	if (strcmp(name, "security.capability") == 0)
		return ES_RECORD_CAPS;
	if (strcmp(name, "security.selinux") == 0)
		return ES_RECORD_SELINUX;
	return ES_RECORD_XATTR;
}

const char *es_record_name(unsigned int bit)
{
	for (unsigned int i = 0; i < ES_RECORD_COUNT; i++)
		if (bit == 1u << i)
			return record_words[i];
	return "";
}

static bool is_word(const char *text, const char *word, size_t len)
{
	return strlen(text) == len && memcmp(text, word, len) == 0;
}

unsigned int es_record_parse(const char *word, size_t len)
{
	for (unsigned int i = 0; i < ES_RECORD_COUNT; i++)
		if (is_word(record_words[i], word, len))
			return 1u << i;
	return 0;
}

int es_record_text(struct es_buf *out, unsigned int bits, char mark)
{
	size_t start = out->len;

	for (unsigned int i = 0; i < ES_RECORD_COUNT; i++) {
		if (!(bits & 1u << i))
			continue;
		if (out->len > start)
			es_buf_addc(out, mark);
		es_buf_adds(out, record_words[i]);
	}
	return out->failed;
}

int es_flags_text(struct es_buf *out, uint32_t flags)
{
	size_t start = out->len;

	for (size_t i = 0; i < LENGTH(flag_words); i++) {
		if (!(flags & flag_words[i].flag))
			continue;
		if (out->len > start)
			es_buf_addc(out, ',');
		es_buf_adds(out, flag_words[i].word);
	}
	if (out->len == start)
		es_buf_adds(out, "none");
	return out->failed;
}

uint32_t es_flags_known(void)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < LENGTH(flag_words); i++)
		flags |= flag_words[i].flag;
	return flags;
}

static uint32_t flag_of(const char *word, size_t len)
{
	for (size_t i = 0; i < LENGTH(flag_words); i++)
		if (is_word(flag_words[i].word, word, len))
			return flag_words[i].flag;
	return 0;
}

uint32_t es_flags_parse(const char *text, size_t len)
{
	uint32_t flags = 0;
	size_t at = 0;

	while (at < len) {
		const char *comma = memchr(text + at, ',', len - at);
		size_t end = comma ? (size_t)(comma - text) : len;

		flags |= flag_of(text + at, end - at);
		at = end + 1;
	}
	return flags;
}
