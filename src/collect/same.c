/* SPDX-License-Identifier: MIT */
/* same.c - whether what differs of a file is a change by its rules */
#include "config.h"

#include "collect/collect_priv.h"

#include "etcsnap/hide.h"
#include "etcsnap/sniff.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Bytes of one read while a log is compared. */
#define CHUNK ((size_t)256 << 10)

/* What may differ of a file that is as it was but for what does not count. */
#define MAY_DIFFER                                                        \
	(1u << ES_ATTR_SIZE | 1u << ES_ATTR_MTIME | 1u << ES_ATTR_CTIME | \
	 1u << ES_ATTR_CONTENT)

/*
 * The entry is as it was, with all its values; only the state learns what the
 * file looks like now.
 */
static int keep(struct es_walker *w, const struct es_object *o,
		struct es_entry *e)
{
	const struct es_entry *old = o->old;
	const struct es_entry now = *e;
	struct es_extra x = { .has = 0 };
	const char *link = NULL;

	if (old->extra) {
		x = *old->extra;
		link = es_extra_link(old->extra);
	}
	x.has |= ES_EXTRA_SEEN;
	x.seen_size = (uint64_t)o->st.st_size;
	x.seen_mtime_sec = o->st.st_mtim.tv_sec;
	x.seen_mtime_nsec = (uint32_t)o->st.st_mtim.tv_nsec;
	*e = *old;
	e->name = now.name;
	e->name_len = now.name_len;
	e->decision = now.decision;
	e->ino = now.ino;
	e->ctime_sec = now.ctime_sec;
	e->ctime_nsec = now.ctime_nsec;
	e->extra = es_extra_make(&w->extra, &x, link, x.link_len);
	return w->extra.failed ? es_fail_oom(&w->err) : 1;
}

/*
 * Whether the rules of today would have made of the old content what is kept
 * of it. Masks that came since would leave something to mask.
 */
static int is_masked_well(struct es_walker *w, const struct es_mask_set *masks,
			  const char *text, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	int n = es_hide_values(masks, &out, text, len, w->hmac);

	if (n == -ENOMEM)
		return es_fail_oom(&w->err);
	return n == 0 ||
	       (n > 0 && out.len == len && memcmp(out.data, text, len) == 0);
}

static int fetch(struct es_walker *w, const struct es_entry *e,
		 struct es_buf *out)
{
	const struct es_collect_io *io = w->walk->io;

	if (!io->old_blob)
		return 0;
	return io->old_blob(io->payload, w->lane, e->oid, out, &w->err);
}

/* Whether the old entry is one that the new content can be compared with. */
static bool is_comparable(const struct es_entry *old, const struct es_entry *e)
{
	return old && old->type == ES_TYPE_FILE && !old->unread &&
	       (old->has & (ES_HAS_SHA256 | ES_HAS_HMAC)) &&
	       !(es_entry_compare(old, e) & ~MAY_DIFFER);
}

/* ---------------------------------------------------------------- a log */

/* Whether the file begins with what @old knows the digest of. */
static int begins_alike(struct es_walker *w, const struct es_entry *old,
			struct es_cached *c)
{
	struct es_digest *d = old->has & ES_HAS_HMAC ? w->hmac : w->sha256;
	uint8_t digest[ES_SHA256_LEN];
	uint64_t at = 0;
	char *buf;

	es_buf_reset(&w->content);
	buf = es_buf_reserve(&w->content, CHUNK);
	if (!buf)
		return es_fail_oom(&w->err);
	es_digest_begin(d);
	while (at < old->size) {
		uint64_t left = old->size - at;
		ssize_t n =
			pread(c->fd, buf, left < CHUNK ? (size_t)left : CHUNK,
			      (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		es_digest_update(d, buf, (size_t)n);
		at += (uint64_t)n;
		es_walker_count(&w->read_bytes, (uint64_t)n);
		es_cached_read(c, at);
		es_walker_pace(w, (uint64_t)n);
		es_walker_progress(w);
		if (es_walk_stopped(w->walk))
			return es_fail(&w->err, -ECANCELED, "stopped");
	}
	es_digest_end(d, digest);
	return memcmp(digest, old->digest, sizeof(digest)) == 0;
}

/* Masks are nothing to what is kept by its digest alone. */
static int is_kept_well(struct es_walker *w, const struct es_object *o)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf blob = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	/* the row's decision was this very one */
	if (o->old->decision == o->decision->fingerprint)
		return 1;
	if (o->old->decision || o->old->class < o->decision->class)
		return 0;
	if (!(o->old->has & ES_HAS_BLOB))
		return 1;
	rc = fetch(w, o->old, &blob);
	if (rc <= 0)
		return rc;
	return is_masked_well(w, o->decision->masks, es_buf_str(&blob),
			      blob.len);
}

/*
 * A log that was only added to: the same file, and its first bytes, as many
 * as it had, are what they were. @e has all but content.
 */
int es_same_growing(struct es_walker *w, const struct es_object *o,
		    struct es_cached *c, struct es_entry *e)
{
	const struct es_entry *old = o->old;
	int rc;

	if (!o->decision->growing || !is_comparable(old, e) ||
	    (uint64_t)o->st.st_size < old->size)
		return 0;
	/* rows know the inode, the tip does not */
	if (old->ino && e->ino && old->ino != e->ino)
		return 0;
	rc = is_kept_well(w, o);
	if (rc > 0)
		rc = begins_alike(w, old, c);
	return rc > 0 ? keep(w, o, e) : rc;
}

/* ---------------------------------------------------------------- lines */

/* What is left of a text when lines that do not count are left out. */
static int lines_that_count(struct es_walker *w, const struct es_linefilter *f,
			    struct es_buf *out, const char *data, size_t len)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf plain = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	if (es_sniff_utf16(data, len)) {
		if (es_sniff_decode(&plain, data, len) < 0)
			return es_fail_oom(&w->err);
		data = es_buf_str(&plain);
		len = plain.len;
	}
	rc = es_linefilter_apply(f, out, data, len);
	return rc < 0 ? es_fail_oom(&w->err) : 0;
}

static int are_lines_alike(struct es_walker *w, const struct es_linefilter *f,
			   const struct es_buf *blob, const char *data,
			   size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);

	if (lines_that_count(w, f, &was, es_buf_str(blob), blob->len) < 0 ||
	    lines_that_count(w, f, &is, data, len) < 0)
		return w->err.code;
	return was.len == is.len &&
	       (was.len == 0 || memcmp(was.data, is.data, was.len) == 0);
}

/*
 * A mirrored text in which only lines differ that do not count. @data is what
 * would be mirrored of it, @e has all but the blob.
 */
int es_same_lines(struct es_walker *w, const struct es_object *o,
		  const char *data, size_t len, struct es_entry *e)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf blob = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_decision *d = o->decision;
	const struct es_entry *old = o->old;
	int rc;

	if (!d->ignore || !is_comparable(old, e) || !(old->has & ES_HAS_BLOB) ||
	    ((old->has ^ e->has) & ES_HAS_MASKED))
		return 0;
	rc = fetch(w, old, &blob);
	if (rc > 0)
		rc = is_masked_well(w, d->masks, es_buf_str(&blob), blob.len);
	if (rc > 0)
		rc = are_lines_alike(w, d->ignore, &blob, data, len);
	return rc > 0 ? keep(w, o, e) : rc;
}
