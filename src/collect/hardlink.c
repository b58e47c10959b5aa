/* SPDX-License-Identifier: MIT */
/* hardlink.c - which names of a directory are the same file */
#include "config.h"

#include "collect/collect_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Only the inode number tells that two names are one file, so all entries of
 * a directory are looked at together when its listing is complete. A file
 * whose other names are elsewhere has nothing to name.
 */

/* A file with more than one name. */
struct link {
	uint64_t ino;
	uint32_t place; /* in the listing */
	uint32_t name_len;
	const char *name;
};

struct links {
	struct link *v;
	size_t n;
	size_t cap;
};

static void links_dispose(struct links *l)
{
	free(l->v);
}

static bool is_link(const struct es_entry *e)
{
	return e->type == ES_TYPE_FILE && e->watch == ES_WATCH_YES &&
	       e->nlink > 1 && e->ino && es_entry_records(e, ES_RECORD_LINKS);
}

static int collect(struct links *l, const struct es_buf *listing)
{
	struct es_listing_reader r;
	struct es_entry e;
	uint32_t place = 0;

	if (es_listing_open(&r, listing->data, listing->len) < 0)
		return -EILSEQ;
	for (; es_listing_next(&r, &e) > 0; place++) {
		if (!is_link(&e))
			continue;
		if (l->n == l->cap) {
			size_t cap = l->cap ? 2 * l->cap : 16;
			struct link *v = reallocarray(l->v, cap, sizeof(*l->v));

			if (!v)
				return -ENOMEM;
			l->v = v;
			l->cap = cap;
		}
		l->v[l->n++] = (struct link){
			.ino = e.ino,
			.place = place,
			.name = e.name,
			.name_len = (uint32_t)e.name_len,
		};
	}
	return 0;
}

/* By file, then as they stand in the directory. */
static int link_cmp(const void *a, const void *b)
{
	const struct link *x = a;
	const struct link *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* The first name of the same file; NULL when it is the first itself. */
static const struct link *first_of(const struct links *l,
				   const struct es_entry *e)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->v[mid].ino < e->ino)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == l->n || l->v[low].ino != e->ino || l->v[low].name == e->name)
		return NULL;
	return &l->v[low];
}

static bool is_named(const struct es_entry *e, const struct link *first)
{
	const struct es_extra *x = e->extra;
	size_t len = first ? first->name_len : 0;

	if ((x ? x->link_len : 0) != len)
		return false;
	return len == 0 || memcmp(es_extra_link(x), first->name, len) == 0;
}

static int copy(struct es_walker *w, struct es_listing_writer *out,
		const struct links *l)
{
	struct es_listing_reader r;
	struct es_entry e;

	if (es_listing_open(&r, w->out.buf.data, w->out.buf.len) < 0 ||
	    es_listing_next(&r, &e) <= 0)
		return es_fail(&w->err, -EILSEQ, "broken listing in memory");
	es_listing_begin(out, &e);
	while (es_listing_next(&r, &e) > 0) {
		const struct link *first = is_link(&e) ? first_of(l, &e) : NULL;
		struct es_extra x = { .has = 0 };

		if (!is_link(&e) || is_named(&e, first)) {
			es_listing_add_raw(out, r.rec, r.rec_len);
			continue;
		}
		if (e.extra)
			x = *e.extra;
		e.extra =
			es_extra_make(&w->extra, &x, first ? first->name : NULL,
				      first ? first->name_len : 0);
		if (w->extra.failed)
			return es_fail_oom(&w->err);
		es_listing_add(out, &e);
	}
	return es_listing_end(out, &w->err);
}

int es_hardlink_name(struct es_walker *w)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer out = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(links_dispose) struct links l = { 0 };
	struct es_buf swap;
	int rc = collect(&l, &w->out.buf);

	if (rc < 0)
		return es_fail(&w->err, rc,
			       "cannot tell which files of a "
			       "directory are the same");
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), link_cmp);
	if (copy(w, &out, &l) < 0)
		return w->err.code;
	swap = w->out.buf;
	w->out.buf = out.buf;
	out.buf = swap;
	return 0;
}
