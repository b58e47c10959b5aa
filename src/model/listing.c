/* SPDX-License-Identifier: MIT */
/* listing.c - pack a directory's entries into memory and read them back */
#include "config.h"

#include "etcsnap/listing.h"

#include <errno.h>
#include <string.h>

/*
 * The unchanged run reads every record of every directory, so a record is
 * two structs that are copied whole, not fields that are decoded one by one.
 * Nothing in it is aligned: always memcpy(3), never a cast.
 */

/* Before all records. */
struct header {
	uint32_t magic;
	uint32_t count;
	uint64_t sum;
};

/* Begins every record. */
struct head {
	uint8_t kind;
	uint8_t has;
	uint16_t name_len;
	uint16_t unread;
	uint16_t mode;
};

/* Follows when KIND_FULL is set. */
struct fixed {
	uint64_t size;
	uint64_t ino;
	int64_t mtime_sec;
	int64_t ctime_sec;
	uint32_t mtime_nsec;
	uint32_t ctime_nsec;
	uint32_t nlink;
	uint32_t uid;
	uint32_t gid;
	uint32_t decision;
};

_Static_assert(sizeof(struct header) == 16, "header without padding");
_Static_assert(sizeof(struct head) == 8, "head without padding");
_Static_assert(sizeof(struct fixed) == 56, "fixed part without padding");

/* Changes with the layout, so that an older version's state is not read. */
#define MAGIC 0x32304c45u

/* struct head.kind: watch in bits 0-1, type in 2-4, class in 5-6. */
#define KIND_TYPE_SHIFT 2
#define KIND_CLASS_SHIFT 5
#define KIND_WATCH_MASK 3u
#define KIND_TYPE_MASK 7u
#define KIND_CLASS_MASK 3u
#define KIND_FULL (1u << 7)

/* struct head.has: the bits of enum es_has, and what follows the numbers. */
#define HAS_MASK 0x3fu
#define HAS_TARGET (1u << 6)
#define HAS_XATTR (1u << 7)
#define HAS_DIGEST (ES_HAS_SHA256 | ES_HAS_HMAC)
/* struct head.mode: above the permission bits, an extra follows the strings. */
#define MODE_EXTRA (1u << 15)
/* What a record can say without the fixed part. */
#define HAS_SHORT (ES_HAS_MOUNT)

static bool is_device(enum es_type type)
{
	return type == ES_TYPE_CHAR || type == ES_TYPE_BLOCK;
}

/* ------------------------------------------------------------ writing */

/* A device has no size, so its two numbers take that place. */
static uint64_t packed_size(const struct es_entry *e)
{
	if (is_device(e->type))
		return (uint64_t)e->rdev_major << 32 | e->rdev_minor;
	return e->size;
}

static void add_fixed(struct es_buf *b, const struct es_entry *e)
{
	const struct fixed f = {
		.size = packed_size(e),
		.ino = e->ino,
		.mtime_sec = e->mtime_sec,
		.ctime_sec = e->ctime_sec,
		.mtime_nsec = e->mtime_nsec,
		.ctime_nsec = e->ctime_nsec,
		.nlink = e->nlink,
		.uid = e->uid,
		.gid = e->gid,
		.decision = e->decision,
	};

	es_buf_add(b, &f, sizeof(f));
}

static void add_string(struct es_buf *b, const char *data, size_t len)
{
	const uint32_t packed_len = (uint32_t)len;

	/* A file system allows 64 KiB of either; this is a lost caller. */
	if (len > UINT32_MAX) {
		b->failed = b->failed ? b->failed : -EFBIG;
		return;
	}
	es_buf_add(b, &packed_len, sizeof(packed_len));
	es_buf_add(b, data, len);
}

static struct head make_head(const struct es_entry *e, bool full)
{
	struct head h = {
		.kind = (uint8_t)((e->watch & KIND_WATCH_MASK) |
				  (e->type & KIND_TYPE_MASK)
					  << KIND_TYPE_SHIFT |
				  (e->class & KIND_CLASS_MASK)
					  << KIND_CLASS_SHIFT),
		.has = (uint8_t)(e->has & (full ? HAS_MASK : HAS_SHORT)),
		.unread = (uint16_t)(e->unread > UINT16_MAX ? EIO : e->unread),
	};

	if (!full)
		return h;
	h.kind |= KIND_FULL;
	h.mode = (uint16_t)((e->mode & 07777) | (e->extra ? MODE_EXTRA : 0));
	if (e->type == ES_TYPE_LINK && e->target)
		h.has |= HAS_TARGET;
	if (e->xattr && e->xattr_len)
		h.has |= HAS_XATTR;
	return h;
}

static void add_record(struct es_listing_writer *w, const struct es_entry *e,
		       const char *name, size_t name_len, bool full)
{
	struct head h = make_head(e, full);

	if (name_len == 0 || name_len > UINT16_MAX) {
		w->buf.failed = w->buf.failed ? w->buf.failed : -EFBIG;
		return;
	}
	h.name_len = (uint16_t)name_len;
	es_buf_add(&w->buf, &h, sizeof(h));
	if (full)
		add_fixed(&w->buf, e);
	if (h.has & HAS_DIGEST)
		es_buf_add(&w->buf, e->digest, sizeof(e->digest));
	if (h.has & ES_HAS_BLOB)
		es_buf_add(&w->buf, e->oid, sizeof(e->oid));
	if (h.has & HAS_TARGET)
		add_string(&w->buf, e->target, e->target_len);
	if (h.has & HAS_XATTR)
		add_string(&w->buf, e->xattr, e->xattr_len);
	if (h.mode & MODE_EXTRA)
		es_buf_add(&w->buf, e->extra, es_extra_size(e->extra));
	es_buf_add(&w->buf, name, name_len);
	w->count++;
}

void es_listing_begin(struct es_listing_writer *w, const struct es_entry *self)
{
	const struct header none = { 0, 0, 0 };

	es_buf_reset(&w->buf);
	w->count = 0;
	es_buf_add(&w->buf, &none, sizeof(none));
	add_record(w, self, ".", 1, true);
}

void es_listing_add(struct es_listing_writer *w, const struct es_entry *e)
{
	bool full = e->watch == ES_WATCH_YES && e->type != ES_TYPE_DIR;

	add_record(w, e, e->name, e->name_len, full);
}

void es_listing_add_raw(struct es_listing_writer *w, const char *rec,
			size_t len)
{
	es_buf_add(&w->buf, rec, len);
	w->count++;
}

/* The count is the seed, so that it is covered as well. */
static uint64_t checksum(const char *data, size_t len, uint32_t count)
{
	return es_hash64(data + sizeof(struct header),
			 len - sizeof(struct header), count);
}

int es_listing_end(struct es_listing_writer *w, struct es_error *err)
{
	struct header h = { .magic = MAGIC, .count = w->count, .sum = 0 };
	int rc = es_buf_check(&w->buf, err);

	if (rc < 0)
		return rc;
	h.sum = checksum(w->buf.data, w->buf.len, h.count);
	memcpy(w->buf.data, &h, sizeof(h));
	return 0;
}

void es_listing_dispose(struct es_listing_writer *w)
{
	es_buf_dispose(&w->buf);
	w->count = 0;
}

/* ------------------------------------------------------------ reading */

int es_listing_open(struct es_listing_reader *r, const char *data, size_t len)
{
	struct header h;

	if (len < sizeof(h))
		return -EILSEQ;
	memcpy(&h, data, sizeof(h));
	if (h.magic != MAGIC || h.sum != checksum(data, len, h.count))
		return -EILSEQ;
	es_listing_again(r, data, len);
	return 0;
}

void es_listing_again(struct es_listing_reader *r, const char *data, size_t len)
{
	const size_t head = sizeof(struct header);

	*r = (struct es_listing_reader){
		.pos = data + head,
		.end = data + len,
		.rec = data + head,
	};
}

/* Take @len bytes at *@pos; NULL when there are fewer. */
static const char *take(const char **pos, const char *end, size_t len)
{
	const char *at = *pos;

	if ((size_t)(end - at) < len)
		return NULL;
	*pos = at + len;
	return at;
}

static const char *take_string(const char **pos, const char *end, size_t *len)
{
	const char *at = take(pos, end, sizeof(uint32_t));
	uint32_t packed_len;

	if (!at)
		return NULL;
	memcpy(&packed_len, at, sizeof(packed_len));
	*len = packed_len;
	return take(pos, end, packed_len);
}

/*
 * Every member is set one by one: clearing the whole struct first would take
 * longer than all the rest of the reading.
 */
static int read_fixed(const char **pos, const char *end, bool full,
		      struct es_entry *e)
{
	const bool device = is_device(e->type);
	struct fixed f = { .size = 0 };

	if (full) {
		const char *at = take(pos, end, sizeof(f));

		if (!at)
			return -EILSEQ;
		memcpy(&f, at, sizeof(f));
	}
	e->rdev_major = device ? (uint32_t)(f.size >> 32) : 0;
	e->rdev_minor = device ? (uint32_t)f.size : 0;
	e->size = device ? 0 : f.size;
	e->ino = f.ino;
	e->mtime_sec = f.mtime_sec;
	e->ctime_sec = f.ctime_sec;
	e->mtime_nsec = f.mtime_nsec;
	e->ctime_nsec = f.ctime_nsec;
	e->nlink = f.nlink;
	e->uid = f.uid;
	e->gid = f.gid;
	e->decision = f.decision;
	return 0;
}

/* The digest and the id, zero where there is none. */
static int read_digests(const char **pos, const char *end, unsigned int has,
			struct es_entry *e)
{
	static const char zero[ES_SHA256_LEN];
	const char *digest = zero;
	const char *oid = zero;

	if (has & HAS_DIGEST)
		digest = take(pos, end, sizeof(e->digest));
	if (!digest)
		return -EILSEQ;
	if (has & ES_HAS_BLOB)
		oid = take(pos, end, sizeof(e->oid));
	if (!oid)
		return -EILSEQ;
	memcpy(e->digest, digest, sizeof(e->digest));
	memcpy(e->oid, oid, sizeof(e->oid));
	return 0;
}

static int read_strings(const char **pos, const char *end, unsigned int has,
			struct es_entry *e)
{
	e->target = NULL;
	e->target_len = 0;
	e->xattr = NULL;
	e->xattr_len = 0;
	if (has & HAS_TARGET) {
		e->target = take_string(pos, end, &e->target_len);
		if (!e->target)
			return -EILSEQ;
	}
	if (has & HAS_XATTR) {
		e->xattr = take_string(pos, end, &e->xattr_len);
		if (!e->xattr)
			return -EILSEQ;
	}
	return 0;
}

static int read_extra(const char **pos, const char *end, struct es_entry *e)
{
	const void *at = take(pos, end, sizeof(*e->extra));

	if (!at)
		return -EILSEQ;
	e->extra = at;
	return take(pos, end, e->extra->link_len) ? 0 : -EILSEQ;
}

int es_listing_next(struct es_listing_reader *r, struct es_entry *e)
{
	const char *pos = r->pos;
	const char *at;
	struct head h;

	if (pos == r->end)
		return 0;
	at = take(&pos, r->end, sizeof(h));
	if (!at)
		return -EILSEQ;
	memcpy(&h, at, sizeof(h));
	e->watch = (enum es_watch)(h.kind & KIND_WATCH_MASK);
	e->type = (enum es_type)(h.kind >> KIND_TYPE_SHIFT & KIND_TYPE_MASK);
	e->class =
		(enum es_class)(h.kind >> KIND_CLASS_SHIFT & KIND_CLASS_MASK);
	e->has = h.has & HAS_MASK;
	e->unread = h.unread;
	e->mode = h.mode & 07777u;
	e->extra = NULL;
	if (e->watch > ES_WATCH_YES || h.name_len == 0 ||
	    read_fixed(&pos, r->end, h.kind & KIND_FULL, e) < 0 ||
	    read_digests(&pos, r->end, h.has, e) < 0 ||
	    read_strings(&pos, r->end, h.has, e) < 0)
		return -EILSEQ;
	if ((h.mode & MODE_EXTRA) && read_extra(&pos, r->end, e) < 0)
		return -EILSEQ;
	e->name_len = h.name_len;
	e->name = take(&pos, r->end, h.name_len);
	if (!e->name)
		return -EILSEQ;
	r->rec = r->pos;
	r->rec_len = (size_t)(pos - r->pos);
	r->pos = pos;
	return 1;
}
