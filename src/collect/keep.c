/* SPDX-License-Identifier: MIT */
/* keep.c - what cannot be read stays as an earlier run recorded it */
#include "config.h"

#include "collect/collect_priv.h"

#include <errno.h>

/*
 * Ask for the tip's listing of the walker's directory, once.
 * Return: 1 there is one, 0 none, or a negative errno.
 */
int es_keep_stored(struct es_walker *w)
{
	const struct es_collect_io *io = w->walk->io;
	int rc;

	if (w->stored_state != 0)
		return w->stored.len > 0;
	w->stored_state = -1;
	es_buf_reset(&w->stored);
	if (!io->stored)
		return 0;
	rc = io->stored(io->payload, w->lane, es_buf_str(&w->path), w->path.len,
			&w->stored, &w->err);
	if (rc <= 0) {
		es_buf_reset(&w->stored);
		return rc;
	}
	if (es_listing_open(&w->stored_at, w->stored.data, w->stored.len) < 0 ||
	    es_listing_next(&w->stored_at, &w->stored_entry) <= 0) {
		es_buf_reset(&w->stored);
		return 0;
	}
	/* the first is the directory itself */
	w->stored_state =
		es_listing_next(&w->stored_at, &w->stored_entry) > 0 ? 1 : -1;
	return 1;
}

/*
 * The entry of a name in the tip's listing; names come in ascending order.
 * Return: 1 and *@out, 0 when there is none, or a negative errno.
 */
int es_keep_find(struct es_walker *w, const char *name, size_t len,
		 const struct es_entry **out)
{
	const struct es_entry *e = &w->stored_entry;
	int rc = es_keep_stored(w);

	if (rc <= 0)
		return rc;
	while (w->stored_state > 0) {
		int order = es_entry_name_cmp(e->name, e->name_len, name, len);

		if (order > 0)
			return 0;
		if (order == 0) {
			*out = e;
			return e->watch == ES_WATCH_YES;
		}
		if (es_listing_next(&w->stored_at, &w->stored_entry) <= 0)
			w->stored_state = -1;
	}
	return 0;
}

/* Whether the directory was the root of a mount that had something in it. */
int es_keep_was_mounted(struct es_walker *w, const struct es_node *n)
{
	const struct es_buf *from = n->has_old ? &w->prior : &w->stored;
	struct es_listing_reader r;
	struct es_entry e;
	int rc = n->has_old ? 1 : es_keep_stored(w);

	if (rc <= 0)
		return rc;
	if (es_listing_open(&r, from->data, from->len) < 0 ||
	    es_listing_next(&r, &e) <= 0 || !(e.has & ES_HAS_MOUNT))
		return 0;
	return es_listing_next(&r, &e) > 0;
}

/* Copy an old listing but for the mark in its own entry. */
static int copy_old(struct es_walker *w, const struct es_node *n,
		    const struct es_buf *from, unsigned int reason)
{
	struct es_listing_reader r;
	struct es_entry e;
	uint64_t entries = 0;

	if (es_listing_open(&r, from->data, from->len) < 0 ||
	    es_listing_next(&r, &e) <= 0)
		return es_fail(&w->err, -EILSEQ, "broken listing in memory");
	e.watch = n->watch;
	e.unread = reason;
	es_listing_begin(&w->out, &e);
	while (es_listing_next(&r, &e) > 0) {
		entries += e.watch == ES_WATCH_YES && e.type != ES_TYPE_DIR;
		es_listing_add_raw(&w->out, r.rec, r.rec_len);
	}
	es_walker_count(&w->entries, entries);
	es_walker_count(&w->kept, w->out.count > 1);
	return 0;
}

/*
 * A directory that cannot be listed: it is as it was, for what is known, and
 * marked. @st is what is known of it else, or NULL.
 */
int es_keep_listing(struct es_walker *w, struct es_node *n,
		    const struct stat *st, unsigned int reason)
{
	struct es_entry self = {
		.name = ".",
		.name_len = 1,
		.watch = n->watch,
		.type = ES_TYPE_DIR,
		.unread = reason,
	};
	int rc = n->has_old ? 1 : es_keep_stored(w);

	es_walker_trouble(w, NULL, reason);
	if (rc < 0)
		return rc;
	if (rc > 0) {
		const struct es_buf *from = n->has_old ? &w->prior : &w->stored;

		if (copy_old(w, n, from, reason) < 0)
			return w->err.code;
		return es_merge_end(w, n, true, false);
	}
	if (st)
		es_change_stat(&self, st, n->fs, &w->walk->options->began);
	es_listing_begin(&w->out, &self);
	return es_merge_end(w, n, true, false);
}
