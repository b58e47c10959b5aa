/* SPDX-License-Identifier: MIT */
/* manifest_keys.c - keywords of a manifest and their values */
#include "config.h"

#include "etcsnap/manifest.h"

#include <errno.h>
#include <string.h>

#include "etcsnap/quote.h"
#include "model/manifest_priv.h"

static bool parse_u32(struct es_span s, uint32_t *out)
{
	uint64_t n;

	if (!es_span_number(s, 10, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool read_type(struct es_values *v, struct es_span s)
{
	v->e.type = es_type_parse(s.at, s.len);
	return v->e.type != ES_TYPE_NONE;
}

static bool read_mode(struct es_values *v, struct es_span s)
{
	uint64_t n;

	if (!es_span_number(s, 8, 07777, &n))
		return false;
	v->e.mode = (uint32_t)n;
	return true;
}

static bool read_uid(struct es_values *v, struct es_span s)
{
	return parse_u32(s, &v->e.uid);
}

static bool read_gid(struct es_values *v, struct es_span s)
{
	return parse_u32(s, &v->e.gid);
}

static bool read_uname(struct es_values *v, struct es_span s)
{
	return es_span_unquote(&v->uname, s);
}

static bool read_gname(struct es_values *v, struct es_span s)
{
	return es_span_unquote(&v->gname, s);
}

static bool read_size(struct es_values *v, struct es_span s)
{
	return es_span_number(s, 10, UINT64_MAX, &v->e.size);
}

static bool read_nlink(struct es_values *v, struct es_span s)
{
	return parse_u32(s, &v->e.nlink);
}

/* The nanoseconds are a number of nine digits, also before 1970. */
static bool parse_time(struct es_span v, int64_t *out_sec, uint32_t *out_nsec)
{
	bool negative = v.len && *v.at == '-';
	struct es_span sec, nsec;
	uint64_t s, ns;

	if (negative)
		v = (struct es_span){ v.at + 1, v.len - 1 };
	if (!es_span_split(v, '.', &sec, &nsec) || nsec.len != 9 ||
	    !es_span_number(sec, 10, (uint64_t)INT64_MAX + negative, &s) ||
	    !es_span_number(nsec, 10, 999999999, &ns))
		return false;
	*out_sec = (int64_t)(negative ? 0 - s : s);
	*out_nsec = (uint32_t)ns;
	return true;
}

static bool read_time(struct es_values *v, struct es_span s)
{
	return parse_time(s, &v->e.mtime_sec, &v->e.mtime_nsec);
}

static bool read_link(struct es_values *v, struct es_span s)
{
	return es_span_unquote(&v->target, s);
}

static bool read_device(struct es_values *v, struct es_span s)
{
	struct es_span format, rest, major, minor;

	return es_span_split(s, ',', &format, &rest) &&
	       es_span_is(format, "native") &&
	       es_span_split(rest, ',', &major, &minor) &&
	       parse_u32(major, &v->e.rdev_major) &&
	       parse_u32(minor, &v->e.rdev_minor);
}

static bool read_digest(struct es_values *v, struct es_span s)
{
	return s.len == (size_t)2 * ES_SHA256_LEN &&
	       es_unhex(v->e.digest, s.at, ES_SHA256_LEN) == 0;
}

static bool read_sha256(struct es_values *v, struct es_span s)
{
	if (v->e.has & (ES_HAS_HMAC | ES_HAS_MASKED))
		return false;
	v->e.has |= ES_HAS_SHA256;
	return read_digest(v, s);
}

static bool read_hmac(struct es_values *v, struct es_span s)
{
	if (v->e.has & ES_HAS_SHA256)
		return false;
	v->e.has |= ES_HAS_HMAC;
	return read_digest(v, s);
}

static bool read_masked(struct es_values *v, struct es_span s)
{
	if (v->e.has & ES_HAS_SHA256)
		return false;
	v->e.has |= ES_HAS_MASKED;
	return es_span_is(s, "1");
}

static bool read_mount(struct es_values *v, struct es_span s)
{
	v->e.has |= ES_HAS_MOUNT;
	return es_span_is(s, "1");
}

static bool read_unread(struct es_values *v, struct es_span s)
{
	v->e.unread = es_unread_parse(s.at, s.len);
	return s.len > 0;
}

/* Words that a later version has are no concern of ours. */
static bool read_flags(struct es_values *v, struct es_span s)
{
	v->extra.flags = es_flags_parse(s.at, s.len);
	return true;
}

static bool read_ctime(struct es_values *v, struct es_span s)
{
	int64_t sec;
	uint32_t nsec;

	if (!parse_time(s, &sec, &nsec))
		return false;
	v->extra.ctime_sec = sec;
	v->extra.ctime_nsec = nsec;
	v->extra.has |= ES_EXTRA_CTIME;
	return true;
}

static bool read_inode(struct es_values *v, struct es_span s)
{
	uint64_t n;

	if (!es_span_number(s, 10, UINT64_MAX, &n))
		return false;
	v->extra.ino = n;
	v->extra.has |= ES_EXTRA_INODE;
	return true;
}

static bool read_sparse(struct es_values *v, struct es_span s)
{
	v->extra.has |= ES_EXTRA_SPARSE;
	return es_span_is(s, "1");
}

static bool read_hardlink(struct es_values *v, struct es_span s)
{
	if (!es_span_begins(s, "./"))
		return false;
	s.at += 2;
	s.len -= 2;
	return es_span_unquote(&v->link, s) && v->link.len <= UINT16_MAX &&
	       !memchr(v->link.data, '/', v->link.len);
}

static bool read_without(struct es_values *v, struct es_span s)
{
	struct es_span word, rest;

	while (es_span_split(s, ',', &word, &rest)) {
		v->extra.without |= es_record_parse(word.at, word.len);
		s = rest;
	}
	v->extra.without |= es_record_parse(s.at, s.len);
	return true;
}

#define OF(type) (1u << (type))
#define OF_ANY (~0u)
#define OF_DEVICE (OF(ES_TYPE_CHAR) | OF(ES_TYPE_BLOCK))

/*
 * struct keyword - one keyword of a line, or word of a comment
 * @types: kinds of objects that may have it, as OF() bits
 */
struct keyword {
	const char *name;
	bool (*read)(struct es_values *v, struct es_span value);
	unsigned int types;
};

/* Rows of the table, and bits of struct es_values.seen. */
enum key {
	KEY_TYPE,
	KEY_MODE,
	KEY_UID,
	KEY_GID,
	KEY_UNAME,
	KEY_GNAME,
	KEY_SIZE,
	KEY_NLINK,
	KEY_TIME,
	KEY_LINK,
	KEY_DEVICE,
	KEY_SHA256,
	KEY_FLAGS,
	/* From here on words of "#+" comments. */
	KEY_HMAC,
	KEY_MASKED,
	KEY_MOUNT,
	KEY_CTIME,
	KEY_INODE,
	KEY_SPARSE,
	KEY_HARDLINK,
	KEY_WITHOUT,
	KEY_UNREAD,
	KEY_COUNT,
};

#define SEEN(key) (1u << (key))
/* What lstat(2) tells. */
#define SEEN_OWNER (SEEN(KEY_MODE) | SEEN(KEY_UID) | SEEN(KEY_GID))
#define SEEN_STAT \
	(SEEN_OWNER | SEEN(KEY_SIZE) | SEEN(KEY_NLINK) | SEEN(KEY_TIME))

static const struct keyword keywords[KEY_COUNT] = {
	[KEY_TYPE] = { "type", read_type, OF_ANY },
	[KEY_MODE] = { "mode", read_mode, OF_ANY },
	[KEY_UID] = { "uid", read_uid, OF_ANY },
	[KEY_GID] = { "gid", read_gid, OF_ANY },
	[KEY_UNAME] = { "uname", read_uname, OF_ANY },
	[KEY_GNAME] = { "gname", read_gname, OF_ANY },
	[KEY_SIZE] = { "size", read_size, OF(ES_TYPE_FILE) },
	[KEY_NLINK] = { "nlink", read_nlink, OF(ES_TYPE_FILE) },
	[KEY_TIME] = { "time", read_time, ~OF(ES_TYPE_DIR) },
	[KEY_LINK] = { "link", read_link, OF(ES_TYPE_LINK) },
	[KEY_DEVICE] = { "device", read_device, OF_DEVICE },
	[KEY_SHA256] = { "sha256digest", read_sha256, OF(ES_TYPE_FILE) },
	[KEY_FLAGS] = { "flags", read_flags, OF_ANY },
	[KEY_HMAC] = { "hmac", read_hmac, OF(ES_TYPE_FILE) },
	[KEY_MASKED] = { "masked", read_masked, OF(ES_TYPE_FILE) },
	[KEY_MOUNT] = { "mount", read_mount, OF(ES_TYPE_DIR) },
	[KEY_CTIME] = { "ctime", read_ctime, ~OF(ES_TYPE_DIR) },
	[KEY_INODE] = { "inode", read_inode, OF_ANY },
	[KEY_SPARSE] = { "sparse", read_sparse, OF(ES_TYPE_FILE) },
	[KEY_HARDLINK] = { "hardlink", read_hardlink, OF(ES_TYPE_FILE) },
	[KEY_WITHOUT] = { "without", read_without, OF_ANY },
	[KEY_UNREAD] = { "unread", read_unread, OF_ANY },
};

/* Return: the row of a name between @from and @to, @to when none has it. */
static unsigned int find(unsigned int from, unsigned int to,
			 struct es_span name)
{
	unsigned int key = from;

	while (key < to && !es_span_is(name, keywords[key].name))
		key++;
	return key;
}

int es_values_add(struct es_values *v, bool comment, struct es_span name,
		  struct es_span value, const struct es_lines *in,
		  struct es_error *err)
{
	const unsigned int end = comment ? KEY_COUNT : KEY_HMAC;
	const unsigned int key = find(comment ? KEY_HMAC : KEY_TYPE, end, name);
	const char *what = "bad value of";

	if (key == end)
		return 0;
	if (v->seen & SEEN(key))
		what = "a second value of";
	else if (keywords[key].read(v, value)) {
		v->seen |= SEEN(key);
		return 1;
	}
	return es_fail(err, -EINVAL, "%s line %u: %s %s", in->file, in->number,
		       what, keywords[key].name);
}

/* Whether a keyword is missing that no rule left out. */
static bool lacks(const struct es_values *v, enum key key, uint32_t record)
{
	return !(v->seen & SEEN(key)) && !(v->extra.without & record);
}

/* Whether the values that were given go with the type and each other. */
static int check(const struct es_values *v, const struct es_lines *at,
		 struct es_error *err)
{
	for (unsigned int key = 0; key < KEY_COUNT; key++)
		if ((v->seen & SEEN(key)) &&
		    !(keywords[key].types & OF(v->e.type)))
			return es_fail(err, -EINVAL,
				       "%s line %u: %s is not of this type",
				       at->file, at->number,
				       keywords[key].name);
	if (!(v->seen & SEEN_OWNER))
		return 0;
	/* a half of an owner is of use only where a rule wants no more */
	if (lacks(v, KEY_MODE, ES_RECORD_MODE) ||
	    lacks(v, KEY_UID, ES_RECORD_OWNER) ||
	    lacks(v, KEY_GID, ES_RECORD_GROUP))
		return es_line_fail(at, err, "mode, uid and gid go together");
	return 0;
}

int es_values_finish(struct es_values *v, const struct es_lines *at,
		     struct es_error *err)
{
	const bool linked = (v->seen & SEEN(KEY_HARDLINK)) != 0;
	struct es_entry *e = &v->e;

	if (check(v, at, err) < 0)
		return err->code;
	if ((v->seen & SEEN_STAT) || v->extra.without)
		e->has |= ES_HAS_STAT;
	e->extra =
		es_extra_make(&v->made, &v->extra, linked ? v->link.data : NULL,
			      linked ? v->link.len : 0);
	if (v->made.failed)
		return es_fail_oom(err);
	if (v->seen & SEEN(KEY_LINK)) {
		e->target = v->target.data;
		e->target_len = v->target.len;
	}
	if (e->type == ES_TYPE_FILE && es_entry_records(e, ES_RECORD_CONTENT))
		e->class = e->has & ES_HAS_HMAC ? ES_CLASS_SECRET
						: ES_CLASS_DIGEST;
	return 0;
}

const char *es_values_user(const struct es_values *v)
{
	return v->seen & SEEN(KEY_UNAME) ? es_buf_str(&v->uname) : NULL;
}

const char *es_values_group(const struct es_values *v)
{
	return v->seen & SEEN(KEY_GNAME) ? es_buf_str(&v->gname) : NULL;
}

void es_values_reset(struct es_values *v)
{
	memset(&v->e, 0, sizeof(v->e));
	memset(&v->extra, 0, sizeof(v->extra));
	v->seen = 0;
}

void es_values_dispose(struct es_values *v)
{
	es_buf_dispose(&v->target);
	es_buf_dispose(&v->uname);
	es_buf_dispose(&v->gname);
	es_buf_dispose(&v->link);
	es_buf_dispose(&v->made);
}
