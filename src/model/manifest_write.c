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

/* The two names of an owner; a number without a name goes alone. */
static void add_owner(struct es_buf *out, struct es_ids *ids,
		      const struct es_entry *e)
{
	const char *user = ids ? es_ids_user(ids, e->uid) : NULL;
	const char *group = ids ? es_ids_group(ids, e->gid) : NULL;

	es_buf_addf(out, " mode=%04o uid=%u", e->mode & 07777, e->uid);
	if (user && *user) {
		es_buf_adds(out, " uname=");
		es_quote_mtree(out, user, strlen(user));
	}
	es_buf_addf(out, " gid=%u", e->gid);
	if (group && *group) {
		es_buf_adds(out, " gname=");
		es_quote_mtree(out, group, strlen(group));
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

/* What lstat(2) told. */
static void add_stat(struct es_buf *out, struct es_ids *ids,
		     const struct es_entry *e)
{
	if (!(e->has & ES_HAS_STAT))
		return;
	add_owner(out, ids, e);
	if (e->type == ES_TYPE_DIR)
		return;
	if (e->type == ES_TYPE_FILE)
		es_buf_addf(out, " size=%llu nlink=%u",
			    (unsigned long long)e->size, e->nlink);
	es_buf_addf(out, " time=%lld.%09u", (long long)e->mtime_sec,
		    e->mtime_nsec < 1000000000 ? e->mtime_nsec : 999999999);
	if (e->type == ES_TYPE_CHAR || e->type == ES_TYPE_BLOCK)
		es_buf_addf(out, " device=native,%u,%u", e->rdev_major,
			    e->rdev_minor);
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

static void add_self(struct es_buf *out, struct es_ids *ids,
		     const struct es_entry *e)
{
	es_buf_adds(out, "#mtree\n. type=dir");
	if (e->watch == ES_WATCH_YES)
		add_stat(out, ids, e);
	es_buf_addc(out, '\n');
	add_comment(out, e);
}

/* A subdirectory is only named: its values stand in its own manifest. */
static void add_child(struct es_buf *out, struct es_ids *ids,
		      const struct es_entry *e)
{
	es_buf_adds(out, "./");
	es_quote_mtree(out, e->name, e->name_len);
	add_type(out, e->type);
	if (e->type == ES_TYPE_DIR) {
		es_buf_addc(out, '\n');
		return;
	}
	add_stat(out, ids, e);
	add_content(out, e);
	es_buf_addc(out, '\n');
	add_comment(out, e);
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
	add_self(out, ids, &self);
	for (; rc > 0; rc = next_watched(&r, &e))
		add_child(out, ids, &e);
	if (rc < 0)
		return fail_damaged(err);
	return es_buf_check(out, err);
}
