/* SPDX-License-Identifier: MIT */
/* manifest_parse.c - .mtree and .xattr texts to entries */
#include "config.h"

#include "etcsnap/manifest.h"

#include <errno.h>
#include <string.h>

#include "etcsnap/quote.h"
#include "model/manifest_priv.h"

/*
 * Manifests come from a repository that may have been written by a newer
 * version, pushed to by somebody else, or made up. Only what format 1 holds
 * is accepted, and whatever is accepted keeps the promises of struct es_entry:
 * names are names, and values stand only where a type has them.
 */

/*
 * struct parser - the entry being read and what is needed to judge it
 * @entry_line: line of its name
 * @seen:       bits of the keywords and words it had, by table index
 * @prev:       name of the entry before it
 */
struct parser {
	struct es_lines in;
	struct es_stanza xattr;
	struct es_entry e;
	unsigned int entry_line;
	unsigned int seen;
	size_t entries;
	struct es_buf name;
	struct es_buf prev;
	struct es_buf target;
	struct es_buf uname;
	struct es_buf gname;
	es_manifest_each each;
	void *payload;
	struct es_error *err;
};

/* ------------------------------------------------------------ values */

static bool parse_u32(struct es_span s, uint32_t *out)
{
	uint64_t n;

	if (!es_span_number(s, 10, UINT32_MAX, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

/* Decodes a quoted value that may be any bytes but none and NUL. */
static bool unquote(struct es_buf *out, struct es_span s)
{
	es_buf_reset(out);
	return es_unquote_mtree(out, s.at, s.len) == 0 && out->len > 0 &&
	       !memchr(out->data, '\0', out->len);
}

static bool read_type(struct parser *p, struct es_span v)
{
	p->e.type = es_type_parse(v.at, v.len);
	return p->e.type != ES_TYPE_NONE;
}

static bool read_mode(struct parser *p, struct es_span v)
{
	uint64_t n;

	if (!es_span_number(v, 8, 07777, &n))
		return false;
	p->e.mode = (uint32_t)n;
	p->e.has |= ES_HAS_STAT;
	return true;
}

static bool read_uid(struct parser *p, struct es_span v)
{
	return parse_u32(v, &p->e.uid);
}

static bool read_gid(struct parser *p, struct es_span v)
{
	return parse_u32(v, &p->e.gid);
}

static bool read_uname(struct parser *p, struct es_span v)
{
	return unquote(&p->uname, v);
}

static bool read_gname(struct parser *p, struct es_span v)
{
	return unquote(&p->gname, v);
}

static bool read_size(struct parser *p, struct es_span v)
{
	return es_span_number(v, 10, UINT64_MAX, &p->e.size);
}

static bool read_nlink(struct parser *p, struct es_span v)
{
	return parse_u32(v, &p->e.nlink);
}

/* The nanoseconds are a number of nine digits, also before 1970. */
static bool read_time(struct parser *p, struct es_span v)
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
	p->e.mtime_sec = (int64_t)(negative ? 0 - s : s);
	p->e.mtime_nsec = (uint32_t)ns;
	return true;
}

static bool read_link(struct parser *p, struct es_span v)
{
	return unquote(&p->target, v);
}

static bool read_device(struct parser *p, struct es_span v)
{
	struct es_span format, rest, major, minor;

	return es_span_split(v, ',', &format, &rest) &&
	       es_span_is(format, "native") &&
	       es_span_split(rest, ',', &major, &minor) &&
	       parse_u32(major, &p->e.rdev_major) &&
	       parse_u32(minor, &p->e.rdev_minor);
}

static bool read_digest(struct parser *p, struct es_span v)
{
	return v.len == (size_t)2 * ES_SHA256_LEN &&
	       es_unhex(p->e.digest, v.at, ES_SHA256_LEN) == 0;
}

static bool read_sha256(struct parser *p, struct es_span v)
{
	if (p->e.has & (ES_HAS_HMAC | ES_HAS_MASKED))
		return false;
	p->e.has |= ES_HAS_SHA256;
	return read_digest(p, v);
}

static bool read_hmac(struct parser *p, struct es_span v)
{
	if (p->e.has & ES_HAS_SHA256)
		return false;
	p->e.has |= ES_HAS_HMAC;
	return read_digest(p, v);
}

static bool read_masked(struct parser *p, struct es_span v)
{
	if (p->e.has & ES_HAS_SHA256)
		return false;
	p->e.has |= ES_HAS_MASKED;
	return es_span_is(v, "1");
}

static bool read_mount(struct parser *p, struct es_span v)
{
	p->e.has |= ES_HAS_MOUNT;
	return es_span_is(v, "1");
}

static bool read_unread(struct parser *p, struct es_span v)
{
	p->e.unread = es_unread_parse(v.at, v.len);
	return v.len > 0;
}

/* File flags are part of the format, but nothing looks at them yet. */
static bool read_ignored(struct parser *p, struct es_span v)
{
	(void)p;
	(void)v;
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
	bool (*read)(struct parser *p, struct es_span value);
	unsigned int types;
};

/* Rows of the table, and bits of struct parser.seen. */
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
	KEY_UNREAD,
	KEY_COUNT,
};

#define SEEN(key) (1u << (key))
/* An owner is of use only whole. */
#define SEEN_OWNER (SEEN(KEY_MODE) | SEEN(KEY_UID) | SEEN(KEY_GID))

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
	[KEY_FLAGS] = { "flags", read_ignored, OF_ANY },
	[KEY_HMAC] = { "hmac", read_hmac, OF(ES_TYPE_FILE) },
	[KEY_MASKED] = { "masked", read_masked, OF(ES_TYPE_FILE) },
	[KEY_MOUNT] = { "mount", read_mount, OF(ES_TYPE_DIR) },
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

static int read_value(struct parser *p, unsigned int key, struct es_span value)
{
	const char *what = "bad value of";

	if (p->seen & SEEN(key))
		what = "a second value of";
	else if (keywords[key].read(p, value)) {
		p->seen |= SEEN(key);
		return 0;
	}
	return es_fail(p->err, -EINVAL, "%s line %u: %s %s", p->in.file,
		       p->in.number, what, keywords[key].name);
}

static int parse_keywords(struct parser *p, struct es_span rest)
{
	struct es_span word, name, value;

	while (es_span_word(&rest, &word)) {
		unsigned int key = KEY_HMAC;
		int rc;

		if (es_span_split(word, '=', &name, &value))
			key = find(KEY_TYPE, KEY_HMAC, name);
		if (key == KEY_HMAC)
			return es_line_fail(&p->in, p->err,
					    "not a keyword of format 1");
		rc = read_value(p, key, value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What a later version says here in other words is no concern of ours. */
static int parse_comment(struct parser *p, struct es_span rest)
{
	static const char what[] = "not a comment of format 1";
	struct es_span word, name, value;

	if (!p->entries || (rest.len && *rest.at != ' '))
		return es_line_fail(&p->in, p->err, what);
	while (es_span_word(&rest, &word)) {
		unsigned int key;
		int rc = 0;

		if (!es_span_split(word, '=', &name, &value) || !name.len)
			return es_line_fail(&p->in, p->err, what);
		key = find(KEY_HMAC, KEY_COUNT, name);
		if (key < KEY_COUNT)
			rc = read_value(p, key, value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ------------------------------------------------------------ entries */

/* Both files are in the same order, so one stanza waits at a time. */
static int take_xattr(struct parser *p)
{
	struct es_stanza *x = &p->xattr;

	if (!x->waiting)
		return 0;
	if (es_entry_name_cmp(x->name.data, x->name.len, p->e.name,
			      p->e.name_len) != 0)
		return 0;
	if (x->body.len) {
		p->e.xattr = x->body.at;
		p->e.xattr_len = x->body.len;
	}
	return es_stanza_next(x, p->err);
}

/* Whether the values that were given go with the type and each other. */
static int check_entry(struct parser *p)
{
	struct es_lines at = p->in;

	at.number = p->entry_line;
	for (unsigned int key = 0; key < KEY_COUNT; key++)
		if ((p->seen & SEEN(key)) &&
		    !(keywords[key].types & OF(p->e.type)))
			return es_fail(p->err, -EINVAL,
				       "%s line %u: %s is not of this type",
				       at.file, at.number, keywords[key].name);
	if ((p->seen & SEEN_OWNER) && (p->seen & SEEN_OWNER) != SEEN_OWNER)
		return es_line_fail(&at, p->err,
				    "mode, uid and gid go together");
	return 0;
}

/* Hands out the entry that was read last. */
static int finish_entry(struct parser *p)
{
	struct es_entry *e = &p->e;
	int rc;

	if (!p->entries)
		return 0;
	rc = check_entry(p);
	if (rc < 0)
		return rc;
	e->name = p->name.data;
	e->name_len = p->name.len;
	if (p->seen & SEEN(KEY_LINK)) {
		e->target = p->target.data;
		e->target_len = p->target.len;
	}
	/* Others are only named if they are watched, also directories. */
	e->watch = p->entries == 1 && !(e->has & ES_HAS_STAT) ? ES_WATCH_PASS
							      : ES_WATCH_YES;
	if (e->type == ES_TYPE_FILE)
		e->class = e->has & ES_HAS_HMAC ? ES_CLASS_SECRET
						: ES_CLASS_DIGEST;
	rc = take_xattr(p);
	if (rc < 0)
		return rc;
	rc = p->each(p->payload, e,
		     p->seen & SEEN(KEY_UNAME) ? es_buf_str(&p->uname) : NULL,
		     p->seen & SEEN(KEY_GNAME) ? es_buf_str(&p->gname) : NULL);
	return rc < 0 ? rc : 0;
}

/* "." comes first, then "./name" in the order of bytes. */
static int read_name(struct parser *p, struct es_span word)
{
	struct es_buf swap = p->prev;

	if (!p->entries) {
		if (!es_span_is(word, "."))
			return es_line_fail(&p->in, p->err,
					    "the first entry is not .");
		return es_buf_addc(&p->name, '.') < 0 ? es_fail_oom(p->err) : 0;
	}
	p->prev = p->name;
	p->name = swap;
	if (!es_span_begins(word, "./"))
		return es_line_fail(&p->in, p->err,
				    "not a name of this directory");
	word.at += 2;
	word.len -= 2;
	if (!unquote(&p->name, word) ||
	    memchr(p->name.data, '/', p->name.len) ||
	    strcmp(p->name.data, ".") == 0 || strcmp(p->name.data, "..") == 0)
		return es_line_fail(&p->in, p->err,
				    "not a name of this directory");
	if (p->entries > 1 && es_entry_name_cmp(p->prev.data, p->prev.len,
						p->name.data, p->name.len) >= 0)
		return es_line_fail(&p->in, p->err, "entries are not in order");
	return 0;
}

static int parse_entry(struct parser *p, struct es_span line)
{
	struct es_span word;
	int rc = finish_entry(p);

	if (rc < 0)
		return rc;
	if (!es_span_word(&line, &word))
		return es_line_fail(&p->in, p->err, "blanks and nothing else");
	rc = read_name(p, word);
	if (rc < 0)
		return rc;
	memset(&p->e, 0, sizeof(p->e));
	p->seen = 0;
	p->entry_line = p->in.number;
	p->entries++;
	rc = parse_keywords(p, line);
	if (rc < 0)
		return rc;
	if (p->entries == 1 && p->e.type != ES_TYPE_DIR)
		return es_line_fail(&p->in, p->err,
				    "the first entry is no directory");
	return 0;
}

static int parse_lines(struct parser *p)
{
	struct es_span line;
	int rc = es_line_next(&p->in, &line, p->err);

	if (rc < 0)
		return rc;
	if (rc == 0 || !es_span_is(line, "#mtree"))
		return es_fail(p->err, -EINVAL,
			       "%s does not begin with the line #mtree",
			       p->in.file);
	while ((rc = es_line_next(&p->in, &line, p->err)) > 0) {
		if (es_span_begins(line, "#+"))
			rc = parse_comment(p, (struct es_span){ line.at + 2,
								line.len - 2 });
		else if (line.len && *line.at != '#')
			rc = parse_entry(p, line);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	if (!p->entries)
		return es_line_fail(&p->in, p->err, "no entry up to here");
	rc = finish_entry(p);
	if (rc < 0)
		return rc;
	if (p->xattr.waiting)
		return es_line_fail(&p->xattr.in, p->err,
				    "the stanza before it is of no entry");
	return 0;
}

static void dispose(struct parser *p)
{
	es_buf_dispose(&p->xattr.name);
	es_buf_dispose(&p->name);
	es_buf_dispose(&p->prev);
	es_buf_dispose(&p->target);
	es_buf_dispose(&p->uname);
	es_buf_dispose(&p->gname);
}

int es_manifest_parse(const char *mtree, size_t mtree_len, const char *xattr,
		      size_t xattr_len, es_manifest_each each, void *payload,
		      struct es_error *err)
{
	ES_CLEANUP(dispose)
	struct parser p = {
		.in = { ".mtree", mtree, mtree + mtree_len, 0 },
		.xattr = { .in = { ".xattr", xattr, xattr, 0 },
			   .name = ES_BUF_INIT(ES_BUF_MAX) },
		.name = ES_BUF_INIT(ES_BUF_MAX),
		.prev = ES_BUF_INIT(ES_BUF_MAX),
		.target = ES_BUF_INIT(ES_BUF_MAX),
		.uname = ES_BUF_INIT(ES_BUF_MAX),
		.gname = ES_BUF_INIT(ES_BUF_MAX),
		.each = each,
		.payload = payload,
		.err = err,
	};
	int rc;

	if (xattr) {
		p.xattr.in.end = xattr + xattr_len;
		rc = es_stanza_next(&p.xattr, err);
		if (rc < 0)
			return rc;
	}
	return parse_lines(&p);
}
