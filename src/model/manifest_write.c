/* SPDX-License-Identifier: MIT */
/* manifest_write.c - the .mtree text of a packed listing */
#include "config.h"

#include "etcsnap/manifest.h"

#include <errno.h>
#include <string.h>

#include "etcsnap/quote.h"

static int fail_damaged(struct es_error *err)
{
	return es_fail(err, -EILSEQ,
		       "the packed listing of a directory is damaged");
}

/**
 * struct owner - the two names of an owner; NULL where a number has none
 */
struct owner {
	const char *user;
	const char *group;
};

static void add_name(struct es_buf *out, const char *keyword, const char *name)
{
	if (!name || !*name)
		return;
	es_buf_adds(out, keyword);
	es_quote_mtree(out, name, strlen(name));
}

static void add_number(struct es_buf *out, const char *keyword, uint64_t n)
{
	es_buf_adds(out, keyword);
	es_buf_addn(out, n, 10, 1);
}

static void add_owner(struct es_buf *out, const struct owner *o,
		      const struct es_entry *e)
{
	if (es_entry_records(e, ES_RECORD_MODE)) {
		es_buf_adds(out, " mode=");
		es_buf_addn(out, e->mode & 07777, 8, 4);
	}
	if (es_entry_records(e, ES_RECORD_OWNER)) {
		add_number(out, " uid=", e->uid);
		add_name(out, " uname=", o->user);
	}
	if (es_entry_records(e, ES_RECORD_GROUP)) {
		add_number(out, " gid=", e->gid);
		add_name(out, " gname=", o->group);
	}
}

static void add_digest(struct es_buf *out, const char *keyword,
		       const uint8_t digest[ES_SHA256_LEN])
{
	char hex[2 * ES_SHA256_LEN + 1];

	es_buf_adds(out, keyword);
	es_buf_add(out, es_hex(hex, digest, ES_SHA256_LEN), sizeof(hex) - 1);
}

/*
 * A digest of a file with something secret in it gives a short secret away,
 * so it takes more than its presence to be written.
 */
static bool has_plain_digest(const struct es_entry *e)
{
	return (e->has & ES_HAS_SHA256) &&
	       !(e->has & (ES_HAS_HMAC | ES_HAS_MASKED)) &&
	       (e->class == ES_CLASS_MIRROR || e->class == ES_CLASS_DIGEST);
}

static void add_time(struct es_buf *out, const char *keyword, int64_t sec,
		     uint32_t nsec)
{
	es_buf_adds(out, keyword);
	if (sec < 0)
		es_buf_addc(out, '-');
	es_buf_addn(out, sec < 0 ? -(uint64_t)sec : (uint64_t)sec, 10, 1);
	es_buf_addc(out, '.');
	es_buf_addn(out, nsec < 1000000000 ? nsec : 999999999, 10, 9);
}

/* What lstat(2) told. */
static void add_stat(struct es_buf *out, const struct owner *o,
		     const struct es_entry *e)
{
	if (!(e->has & ES_HAS_STAT))
		return;
	add_owner(out, o, e);
	if (e->type == ES_TYPE_DIR)
		return;
	if (e->type == ES_TYPE_FILE && es_entry_records(e, ES_RECORD_SIZE))
		add_number(out, " size=", e->size);
	if (e->type == ES_TYPE_FILE && es_entry_records(e, ES_RECORD_LINKS))
		add_number(out, " nlink=", e->nlink);
	if (es_entry_records(e, ES_RECORD_MTIME))
		add_time(out, " time=", e->mtime_sec, e->mtime_nsec);
	if (e->type == ES_TYPE_CHAR || e->type == ES_TYPE_BLOCK) {
		add_number(out, " device=native,", e->rdev_major);
		add_number(out, ",", e->rdev_minor);
	}
}

static void add_content(struct es_buf *out, const struct es_entry *e)
{
	if (e->type == ES_TYPE_LINK && e->target_len) {
		es_buf_adds(out, " link=");
		es_quote_mtree(out, e->target, e->target_len);
	}
	if (e->type == ES_TYPE_FILE && has_plain_digest(e))
		add_digest(out, " sha256digest=", e->digest);
}

/* Of most objects there are none, and then there is no keyword either. */
static void add_flags(struct es_buf *out, const struct es_entry *e)
{
	if (!e->extra || !(e->extra->flags & es_flags_known()))
		return;
	es_buf_adds(out, " flags=");
	es_flags_text(out, e->extra->flags);
}

/* Words of the comment for what few objects have. */
static void add_extra(struct es_buf *out, const struct es_extra *x)
{
	if (x->has & ES_EXTRA_CTIME)
		add_time(out, " ctime=", x->ctime_sec, x->ctime_nsec);
	if (x->has & ES_EXTRA_INODE)
		add_number(out, " inode=", x->ino);
	if (x->has & ES_EXTRA_SPARSE)
		es_buf_adds(out, " sparse=1");
	if (x->link_len) {
		es_buf_adds(out, " hardlink=./");
		es_quote_mtree(out, es_extra_link(x), x->link_len);
	}
	if (x->without & ES_RECORD_ALL) {
		es_buf_adds(out, " without=");
		es_record_text(out, x->without, ',');
	}
}

/* The line "#+ …" with what mtree(8) has no keywords for. */
static void add_comment(struct es_buf *out, const struct es_entry *e)
{
	size_t before;

	es_buf_adds(out, "#+");
	before = out->len;
	if (e->type == ES_TYPE_FILE && (e->has & ES_HAS_HMAC))
		add_digest(out, " hmac=", e->digest);
	if (e->type == ES_TYPE_FILE && (e->has & ES_HAS_MASKED))
		es_buf_adds(out, " masked=1");
	if (e->type == ES_TYPE_DIR && (e->has & ES_HAS_MOUNT))
		es_buf_adds(out, " mount=1");
	if (e->extra)
		add_extra(out, e->extra);
	if (e->unread)
		es_buf_addf(out, " unread=%s", es_unread_name(e->unread));
	if (out->len > before)
		es_buf_addc(out, '\n');
	else if (!out->failed)
		es_buf_truncate(out, before - 2);
}

static void add_type(struct es_buf *out, enum es_type type)
{
	/* Nothing could be asked of it, not even its type. */
	if (type == ES_TYPE_NONE)
		return;
	es_buf_adds(out, " type=");
	es_buf_adds(out, es_type_name(type));
}

void es_manifest_add(struct es_buf *out, const char *path, size_t len,
		     const struct es_entry *e, const char *uname,
		     const char *gname)
{
	const struct owner o = { uname, gname };

	es_buf_adds(out, len ? "./" : ".");
	es_quote_mtree(out, path, len);
	add_type(out, e->type);
	if (e->type != ES_TYPE_DIR || e->watch == ES_WATCH_YES) {
		add_stat(out, &o, e);
		add_content(out, e);
		add_flags(out, e);
	}
	es_buf_addc(out, '\n');
	add_comment(out, e);
}

static void add_entry(struct es_buf *out, struct es_ids *ids, const char *name,
		      size_t len, const struct es_entry *e)
{
	const bool owned = ids && (e->has & ES_HAS_STAT);

	es_manifest_add(out, name, len, e,
			owned ? es_ids_user(ids, e->uid) : NULL,
			owned ? es_ids_group(ids, e->gid) : NULL);
}

/* A subdirectory is only named: its values stand in its own manifest. */
static void add_child(struct es_buf *out, struct es_ids *ids,
		      const struct es_entry *e)
{
	static const struct es_entry dir = {
		.watch = ES_WATCH_PASS,
		.type = ES_TYPE_DIR,
	};

	add_entry(out, ids, e->name, e->name_len,
		  e->type == ES_TYPE_DIR ? &dir : e);
}

/* The next entry that is watched: as es_listing_next(). */
static int next_watched(struct es_listing_reader *r, struct es_entry *e)
{
	int rc;

	do {
		rc = es_listing_next(r, e);
	} while (rc > 0 && e->watch != ES_WATCH_YES);
	return rc;
}

int es_manifest_write(struct es_buf *out, const char *listing, size_t len,
		      struct es_ids *ids, struct es_error *err)
{
	struct es_listing_reader r;
	struct es_entry self, e;
	int rc;

	if (es_listing_open(&r, listing, len) < 0 ||
	    es_listing_next(&r, &self) <= 0)
		return fail_damaged(err);
	self.type = ES_TYPE_DIR;
	rc = next_watched(&r, &e);
	if (rc == 0 && self.watch != ES_WATCH_YES && !self.unread)
		return 0;
	es_buf_adds(out, "#mtree\n");
	add_entry(out, ids, "", 0, &self);
	for (; rc > 0; rc = next_watched(&r, &e))
		add_child(out, ids, &e);
	if (rc < 0)
		return fail_damaged(err);
	return es_buf_check(out, err);
}
