/* SPDX-License-Identifier: MIT */
/* change.c - whether an object, or a directory, is as it was recorded */
#include "config.h"

#include "collect/collect_priv.h"

#include <string.h>
#include <sys/sysmacros.h>

/* In place of the nanoseconds of a ctime that is not to be trusted. */
#define NEVER UINT32_MAX

/* Seconds by which a coarse time stamp may lie before the event. */
#define COARSE 2

/* ------------------------------------------------------------- an object */

/* git's racy rule: a later change could still get the same ctime. */
static bool is_racy(const struct stat *st, unsigned int fs,
		    const struct timespec *began)
{
	const struct timespec *c = &st->st_ctim;

	if (fs & ES_FS_COARSE)
		return c->tv_sec >= began->tv_sec - COARSE;
	if (c->tv_sec != began->tv_sec)
		return c->tv_sec > began->tv_sec;
	return c->tv_nsec >= began->tv_nsec;
}

void es_change_stat(struct es_entry *e, const struct stat *st, unsigned int fs,
		    const struct timespec *began)
{
	bool racy = is_racy(st, fs, began);

	e->type = es_type_from_mode(st->st_mode);
	e->has |= ES_HAS_STAT;
	e->mode = st->st_mode & 07777;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	e->ino = fs & ES_FS_NO_INO ? 0 : (uint64_t)st->st_ino;
	e->mtime_sec = st->st_mtim.tv_sec;
	e->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
	e->ctime_sec = racy ? 0 : st->st_ctim.tv_sec;
	e->ctime_nsec = racy ? NEVER : (uint32_t)st->st_ctim.tv_nsec;
	e->size = 0;
	e->nlink = 0;
	if (e->type == ES_TYPE_FILE) {
		e->size = (uint64_t)st->st_size;
		e->nlink = (uint32_t)st->st_nlink;
	}
	if (e->type == ES_TYPE_CHAR || e->type == ES_TYPE_BLOCK) {
		e->rdev_major = major(st->st_rdev);
		e->rdev_minor = minor(st->st_rdev);
	}
}

/* The entry is read again by every run. */
void es_change_distrust(struct es_entry *e)
{
	e->ctime_sec = 0;
	e->ctime_nsec = NEVER;
}

/* As if a row said what was seen last, in place of what it records. */
static struct es_entry as_seen(const struct es_entry *row)
{
	struct es_entry seen = *row;

	seen.size = row->extra->seen_size;
	seen.mtime_sec = row->extra->seen_mtime_sec;
	seen.mtime_nsec = row->extra->seen_mtime_nsec;
	seen.extra = NULL;
	return seen;
}

static bool is_same_time(const struct es_entry *row, const struct stat *st)
{
	return row->ctime_sec == st->st_ctim.tv_sec &&
	       row->ctime_nsec == (uint32_t)st->st_ctim.tv_nsec &&
	       row->mtime_sec == st->st_mtim.tv_sec &&
	       row->mtime_nsec == (uint32_t)st->st_mtim.tv_nsec;
}

static bool is_same_stat(const struct es_entry *row, const struct stat *st,
			 unsigned int fs)
{
	if (!is_same_time(row, st))
		return false;
	if (row->unread || !(row->has & ES_HAS_STAT) ||
	    row->type != es_type_from_mode(st->st_mode) ||
	    row->mode != (st->st_mode & 07777) || row->uid != st->st_uid ||
	    row->gid != st->st_gid)
		return false;
	if (row->type == ES_TYPE_FILE && (row->size != (uint64_t)st->st_size ||
					  row->nlink != (uint32_t)st->st_nlink))
		return false;
	/* where a rule says that it plays no part there is none */
	return (fs & ES_FS_NO_INO) || row->ino == (uint64_t)st->st_ino ||
	       row->ino == 0;
}

/* Whether a row's entry says that nothing needs to be read. */
bool es_change_none(const struct es_entry *row, const struct stat *st,
		    unsigned int fs)
{
	struct es_entry seen;

	/* the ctime, if it is the same, is that of what was seen last */
	if (is_same_stat(row, st, fs))
		return true;
	if (!row->extra || !(row->extra->has & ES_EXTRA_SEEN))
		return false;
	seen = as_seen(row);
	return is_same_stat(&seen, st, fs);
}

/* ----------------------------------------------------------- a directory */

static bool is_same_object(const struct es_entry *a, const struct es_entry *b)
{
	if (es_entry_compare(a, b) != 0)
		return false;
	if (a->watch != ES_WATCH_YES)
		return true;
	if (a->class != b->class || a->has != b->has || a->unread != b->unread)
		return false;
	if ((a->has & (ES_HAS_SHA256 | ES_HAS_HMAC)) &&
	    memcmp(a->digest, b->digest, sizeof(a->digest)) != 0)
		return false;
	return !(a->has & ES_HAS_BLOB) ||
	       memcmp(a->oid, b->oid, sizeof(a->oid)) == 0;
}

/*
 * Whether an entry that is no more was recorded, or led to what was. What is
 * below a directory that is only led through counts: nobody else will tell
 * that it is gone.
 */
static bool was_recorded(const struct es_entry *e)
{
	return e->watch == ES_WATCH_YES ||
	       (e->watch == ES_WATCH_PASS && e->type == ES_TYPE_DIR);
}

/* Whether two entries of one name differ in what is recorded. */
static bool is_changed(const struct es_entry *a, const struct es_entry *b)
{
	if (a->watch != b->watch || a->type != b->type)
		return was_recorded(a) || b->watch == ES_WATCH_YES;
	if (a->watch == ES_WATCH_YES)
		return !is_same_object(a, b);
	return false;
}

/* A position in a listing. */
struct side {
	struct es_listing_reader r;
	struct es_entry e;
	int more;
};

static void step(struct side *s)
{
	s->more = es_listing_next(&s->r, &s->e);
}

/* Order of the entries at hand; a side at its end comes last. */
static int side_cmp(const struct side *a, const struct side *b)
{
	if (a->more <= 0)
		return 1;
	if (b->more <= 0)
		return -1;
	return es_entry_name_cmp(a->e.name, a->e.name_len, b->e.name,
				 b->e.name_len);
}

/* Whether the directories' own entries, which come first, differ. */
static bool is_self_changed(struct side *a, struct side *b)
{
	step(a);
	step(b);
	return a->more <= 0 || b->more <= 0 || a->e.watch != b->e.watch ||
	       !is_same_object(&a->e, &b->e);
}

static bool is_listing_changed(struct side *a, struct side *b)
{
	if (is_self_changed(a, b))
		return true;
	step(a);
	step(b);
	while (a->more > 0 || b->more > 0) {
		int order = side_cmp(a, b);

		if (order < 0 && was_recorded(&a->e))
			return true;
		if (order > 0 && b->e.watch == ES_WATCH_YES)
			return true;
		if (order == 0 && is_changed(&a->e, &b->e))
			return true;
		if (order <= 0)
			step(a);
		if (order >= 0)
			step(b);
	}
	return a->more < 0 || b->more < 0;
}

/* How the listing @b compares with @a, the row. */
enum es_collect_change es_change_between(const char *a, size_t a_len,
					 const char *b, size_t b_len)
{
	struct side was;
	struct side is;

	if (a_len == b_len && memcmp(a, b, a_len) == 0)
		return ES_COLLECT_SAME;
	if (es_listing_open(&was.r, a, a_len) < 0 ||
	    es_listing_open(&is.r, b, b_len) < 0 ||
	    is_listing_changed(&was, &is))
		return ES_COLLECT_CHANGED;
	return ES_COLLECT_REFRESH;
}
