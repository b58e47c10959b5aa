/* SPDX-License-Identifier: MIT */
/* merge.c - make a directory's listing from its names, its row and the disk */
#include "config.h"

#include "collect/merge_priv.h"
#include "collect/xattr_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static void next_row(struct merge *m)
{
	m->more = es_listing_next(&m->r, &m->row) > 0;
}

/* ----------------------------------------------------- the directory itself */

/* Attributes of the directory, which is open. */
static int add_self_xattr(struct merge *m)
{
	struct es_walker *w = m->w;
	int rc = es_xattr_read(&w->xattr, &w->scrap, m->n->fd, NULL,
			       m->n->decision.record);

	if (rc < 0)
		return es_fail_oom(&w->err);
	if (rc > 0) {
		m->self.unread = (unsigned int)rc;
		es_walker_trouble(w, NULL, m->self.unread);
		if (m->more) {
			m->self.xattr = m->row.xattr;
			m->self.xattr_len = m->row.xattr_len;
		}
		return 0;
	}
	m->self.xattr = w->xattr.len ? w->xattr.data : NULL;
	m->self.xattr_len = w->xattr.len;
	return 0;
}

/* Record the directory from its stat; its attributes are read if it is open. */
static int make_self(struct merge *m, const struct stat *st, bool mounted)
{
	const struct es_object o = {
		.dir = m->n,
		.st = *st,
		.decision = &m->n->decision,
		.old = m->more ? &m->row : NULL,
	};

	es_merge_decide_self(m);
	m->self = (struct es_entry){
		.name = ".",
		.name_len = 1,
		.watch = m->n->watch,
		.type = ES_TYPE_DIR,
		.decision = m->n->decision.fingerprint,
		.has = mounted ? ES_HAS_MOUNT : 0,
	};
	es_more_stat(m->w, &o, &m->self);
	if (es_more_read(m->w, &o, m->n->fd, &m->self) < 0)
		return m->w->err.code;
	return m->n->fd < 0 ? 0 : add_self_xattr(m);
}

static bool is_self_same(struct merge *m, const struct stat *st, bool mounted)
{
	const struct es_entry *row = &m->row;

	if (!m->more || row->watch != m->n->watch)
		return false;
	/* who only passes through does not look around */
	if (m->n->reach == ES_REACH_WAY)
		return true;
	if (m->w->walk->options->full || !es_change_none(row, st, m->n->fs) ||
	    mounted != ((row->has & ES_HAS_MOUNT) != 0))
		return false;
	if (m->decided)
		return true;
	es_merge_decide_self(m);
	return row->decision == m->n->decision.fingerprint;
}

/*
 * What the names are compared with: the row; on the way to what is asked for
 * the tip will do, whose entries stay where nothing is looked at.
 * Return: 0 and *@out, which is NULL for nothing, or a negative errno.
 */
static int find_base(struct merge *m, const struct es_buf **out)
{
	struct es_walker *w = m->w;
	int rc;

	*out = m->n->has_old ? &w->prior : NULL;
	if (*out || m->n->reach == ES_REACH_ALL)
		return 0;
	rc = es_keep_stored(w);
	if (rc > 0)
		*out = &w->stored;
	/* what the tip does not have may be watched */
	m->decided = false;
	return rc < 0 ? rc : 0;
}

static int begin(struct merge *m, const struct stat *st, bool mounted)
{
	const struct es_buf *base;

	if (find_base(m, &base) < 0)
		return m->w->err.code;
	if (base) {
		es_listing_again(&m->r, base->data, base->len);
		next_row(m);
	}
	if (is_self_same(m, st, mounted)) {
		m->self = m->row;
		m->kept = 1;
	} else {
		if (make_self(m, st, mounted) < 0)
			return m->w->err.code;
		es_merge_diverge(m);
	}
	/* only a row can be left as it is */
	if (!m->n->has_old)
		es_merge_diverge(m);
	if (base)
		next_row(m);
	return 0;
}

/* Hand what was built, and the row, over to the node. @linked: hard links may
 * have other partners now. */
int es_merge_end(struct es_walker *w, struct es_node *n, bool built,
		 bool linked)
{
	n->change = ES_COLLECT_SAME;
	if (built) {
		if (es_listing_end(&w->out, &w->err) < 0 ||
		    (linked && es_hardlink_name(w) < 0))
			return w->err.code;
		n->listing = w->out.buf;
		w->out.buf = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
		n->change = ES_COLLECT_CHANGED;
	}
	if (!n->has_old)
		return 0;
	n->old = w->prior;
	w->prior = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	if (built)
		n->change = es_change_between(n->old.data, n->old.len,
					      n->listing.data, n->listing.len);
	return 0;
}

static enum es_type type_of_dent(uint8_t type)
{
	switch (type) {
	case DT_REG:
		return ES_TYPE_FILE;
	case DT_DIR:
		return ES_TYPE_DIR;
	case DT_LNK:
		return ES_TYPE_LINK;
	case DT_CHR:
		return ES_TYPE_CHAR;
	case DT_BLK:
		return ES_TYPE_BLOCK;
	case DT_FIFO:
		return ES_TYPE_FIFO;
	case DT_SOCK:
		return ES_TYPE_SOCKET;
	default:
		return ES_TYPE_NONE;
	}
}

/* The row's entry at hand has no name on the disk. */
static int pass_row(struct merge *m)
{
	enum es_reach reach;

	if (es_merge_reach(m, m->row.name, m->row.name_len, &reach) < 0)
		return m->w->err.code;
	if (reach == ES_REACH_NONE)
		es_merge_keep(m);
	else
		es_merge_diverge(m);
	next_row(m);
	return 0;
}

/* The row's entries up to a name, with which *@order compares the next one. */
static int pass_rows(struct merge *m, const struct spot *s, int *order)
{
	*order = 1;
	while (m->more &&
	       (*order = es_entry_name_cmp(m->row.name, m->row.name_len,
					   s->name, s->len)) < 0)
		if (pass_row(m) < 0)
			return m->w->err.code;
	return 0;
}

static int merge_name(struct merge *m, const struct es_name *name)
{
	struct es_decision decision; /* large, and of use to few names */
	struct spot s = {
		.name = m->w->dents.data + name->at,
		.len = name->len,
		.type = type_of_dent(name->type),
		.decision = &decision,
	};
	enum es_reach reach;
	int order;

	if (pass_rows(m, &s, &order) < 0 ||
	    es_merge_reach(m, s.name, s.len, &reach) < 0)
		return m->w->err.code;
	s.row = m->more && order == 0 ? &m->row : NULL;
	if (reach == ES_REACH_NONE) {
		if (s.row)
			es_merge_keep(m);
	} else if (es_merge_visit(m, &s) < 0) {
		return m->w->err.code;
	}
	if (s.row)
		next_row(m);
	return 0;
}

/* All names of an open directory; subdirectories are put to w->kids. */
int es_merge_run(struct es_walker *w, struct es_node *n, const struct stat *st,
		 bool mounted)
{
	struct merge m = {
		.w = w,
		.n = n,
		.decided = w->walk->options->decided,
	};

	if (begin(&m, st, mounted) < 0)
		return w->err.code;
	for (size_t i = 0, ahead = 0; i < w->n_names; i++) {
		if (i == ahead)
			ahead = es_ahead_ask(w, n, i);
		w->fresh = w->names[i].fresh;
		if (merge_name(&m, &w->names[i]) < 0)
			return w->err.code;
	}
	w->fresh = false;
	while (m.more)
		if (pass_row(&m) < 0)
			return w->err.code;
	es_walker_count(&w->entries, m.entries);
	return es_merge_end(w, n, m.built, m.linked);
}
