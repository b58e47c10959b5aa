/* SPDX-License-Identifier: MIT */
/* merge.c - make a directory's listing from its names, its row and the disk */
#include "config.h"

#include "collect/collect_priv.h"
#include "collect/xattr_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/*
 * As long as everything is as the row says, nothing is written: records are
 * only counted. The first difference begins the new listing with what was
 * counted so far; from then on every record is added.
 */
struct merge {
	struct es_walker *w;
	struct es_node *n;
	bool decided;		    /* the row's verdicts hold */
	struct es_listing_reader r; /* in the row */
	struct es_entry row;	    /* entry read last */
	int more;		    /* row is one */
	struct es_entry self;	    /* the directory's own entry */
	uint32_t kept;		    /* records as in the row, from its start */
	bool built;		    /* the new listing was begun */
	bool linked;		    /* a file with more names came or went */
	uint64_t entries;	    /* watched ones */
};

/* Where a name in this directory stands to the paths that are asked for. */
static int reach_of(struct merge *m, const char *name, size_t len,
		    enum es_reach *out)
{
	const struct es_collect_options *o = m->w->walk->options;
	struct es_buf *path = &m->w->path;
	size_t dir_len = path->len;

	*out = m->n->reach;
	if (*out == ES_REACH_ALL)
		return 0;
	es_buf_addc(path, '/');
	es_buf_add(path, name, len);
	if (es_buf_check(path, &m->w->err) < 0)
		return m->w->err.code;
	*out = es_reach_of(o->only, o->n_only, path->data, path->len);
	es_buf_truncate(path, dir_len);
	return 0;
}

static void next_row(struct merge *m)
{
	m->more = es_listing_next(&m->r, &m->row) > 0;
}

/* Begin the new listing, if that has not happened. */
static void diverge(struct merge *m)
{
	struct es_listing_reader r;
	struct es_entry e;

	if (m->built)
		return;
	m->built = true;
	es_listing_begin(&m->w->out, &m->self);
	if (m->kept < 2 ||
	    es_listing_open(&r, m->w->prior.data, m->w->prior.len) < 0)
		return;
	es_listing_next(&r, &e);
	for (uint32_t i = 1; i < m->kept && es_listing_next(&r, &e) > 0; i++)
		es_listing_add_raw(&m->w->out, r.rec, r.rec_len);
}

/* The row's entry holds as it stands. */
static int keep(struct merge *m)
{
	m->entries +=
		m->row.watch == ES_WATCH_YES && m->row.type != ES_TYPE_DIR;
	if (m->built)
		es_listing_add_raw(&m->w->out, m->r.rec, m->r.rec_len);
	else
		m->kept++;
	return 0;
}

/* There is another entry, instead of the row's or new. */
static int add(struct merge *m, const struct es_entry *e)
{
	m->entries += e->watch == ES_WATCH_YES && e->type != ES_TYPE_DIR;
	m->linked |= e->type == ES_TYPE_FILE && e->nlink > 1;
	diverge(m);
	es_listing_add(&m->w->out, e);
	return 0;
}

/* The name that is looked at, and what the row has of it. */
struct spot {
	const char *name;
	size_t len;
	enum es_type type;	    /* as the directory says; NONE = unknown */
	const struct es_entry *row; /* NULL: not in the row */
	bool settled;		    /* the row's verdict holds */
	bool has_decision;
	struct es_decision *decision;
};

static int gone(struct merge *m, const struct spot *s)
{
	if (s->row)
		diverge(m);
	return 0;
}

static void decide_self(struct merge *m)
{
	struct es_walker *w = m->w;
	struct es_node *n = m->n;

	if (n->has_decision)
		return;
	es_rules_decide(w->walk->options->rules, w->scratch,
			es_buf_str(&w->path), w->path.len, ES_TYPE_DIR,
			&n->decision);
	n->has_decision = true;
}

static int decide(struct merge *m, struct spot *s, enum es_type type)
{
	struct es_buf *path = &m->w->path;
	size_t len = path->len;
	int rc;

	decide_self(m);
	es_buf_addc(path, '/');
	es_buf_add(path, s->name, s->len);
	rc = es_buf_check(path, &m->w->err);
	if (rc < 0)
		return rc;
	es_rules_child(m->w->walk->options->rules, m->w->scratch,
		       &m->n->decision, path->data, path->len, type,
		       s->decision);
	es_buf_truncate(path, len);
	s->has_decision = true;
	return 0;
}

/* --------------------------------------------------- heads without values */

static int put_head(struct merge *m, const struct spot *s, enum es_watch watch,
		    enum es_type type)
{
	const struct es_entry e = {
		.name = s->name,
		.name_len = s->len,
		.watch = watch,
		.type = type,
	};

	if (s->row && s->row->watch == watch && s->row->type == type &&
	    !s->row->unread)
		return keep(m);
	/* the first name of other entries may be this one */
	m->linked |= s->row && s->row->nlink > 1;
	return add(m, &e);
}

static int put_unwatched(struct merge *m, const struct spot *s,
			 enum es_type type)
{
	return put_head(m, s, ES_WATCH_NO, type);
}

static int add_kid(struct es_walker *w, struct es_node *kid)
{
	if (w->n_kids == w->cap_kids) {
		size_t cap = w->cap_kids ? 2 * w->cap_kids : 64;
		struct es_node **kids =
			reallocarray(w->kids, cap, sizeof(struct es_node *));

		if (!kids) {
			free(kid);
			return es_fail_oom(&w->err);
		}
		w->kids = kids;
		w->cap_kids = cap;
	}
	w->kids[w->n_kids++] = kid;
	return 0;
}

static int visit_dir(struct merge *m, struct spot *s)
{
	enum es_watch watch;
	struct es_node *kid;

	if (!s->has_decision && m->decided && s->row &&
	    s->row->type == ES_TYPE_DIR) {
		watch = s->row->watch;
	} else {
		if (!s->has_decision && decide(m, s, ES_TYPE_DIR) < 0)
			return m->w->err.code;
		watch = s->decision->watch;
	}
	if (watch == ES_WATCH_NO)
		return put_unwatched(m, s, ES_TYPE_DIR);
	kid = es_node_new(m->n, s->name, s->len);
	if (!kid)
		return es_fail_oom(&m->w->err);
	kid->watch = watch;
	if (reach_of(m, s->name, s->len, &kid->reach) < 0) {
		free(kid);
		return m->w->err.code;
	}
	kid->has_decision = s->has_decision;
	if (s->has_decision)
		kid->decision = *s->decision;
	if (add_kid(m->w, kid) < 0)
		return m->w->err.code;
	return put_head(m, s, watch, ES_TYPE_DIR);
}

/* ----------------------------------------------------------- all the rest */

/*
 * What an earlier run knew of a name: by the row, else by the tip.
 * Return: 0 and *@out, which is NULL for nothing, or a negative errno.
 */
static int find_old(struct merge *m, const struct spot *s,
		    const struct es_entry **out)
{
	int rc;

	*out = NULL;
	if (s->row && s->row->watch == ES_WATCH_YES)
		*out = s->row;
	if (s->row || m->n->has_old)
		return 0;
	rc = es_keep_find(m->w, s->name, s->len, out);
	if (rc == 0)
		*out = NULL;
	return rc < 0 ? rc : 0;
}

static int put_lost(struct merge *m, const struct spot *s, int reason)
{
	struct es_entry e = {
		.name = s->name,
		.name_len = s->len,
		.type = s->type,
	};
	const struct es_entry *old;

	if (find_old(m, s, &old) < 0)
		return m->w->err.code;
	if (es_object_lost(m->w, old, (unsigned int)reason, &e) < 0)
		return m->w->err.code;
	es_walker_trouble(m->w, s->name, e.unread);
	return add(m, &e);
}

/* Return: 0, 1 when it must be looked at first, or a negative errno. */
static int put_read(struct merge *m, struct spot *s, const struct stat *st)
{
	struct es_object o = {
		.dir = m->n,
		.dirfd = m->n->fd,
		.name = s->name,
		.len = s->len,
		.decision = s->decision,
	};
	struct es_entry e;
	int rc = find_old(m, s, &o.old);

	if (rc < 0)
		return rc;
	if (st)
		o.st = *st;
	rc = st ? es_object_read(m->w, &o, &e) : es_object_open(m->w, &o, &e);
	if (rc == ES_OBJECT_AGAIN)
		return 1;
	if (rc < 0)
		return rc;
	if (rc == ES_OBJECT_GONE)
		return gone(m, s);
	if (rc == ES_OBJECT_DIR) {
		s->has_decision = false;
		return visit_dir(m, s);
	}
	return add(m, &e);
}

/* Whether the row's entry holds, so that nothing needs to be read. */
static bool is_known(const struct merge *m, const struct spot *s,
		     const struct stat *st)
{
	if (!s->row || s->row->watch != ES_WATCH_YES ||
	    m->w->walk->options->full)
		return false;
	if (!s->settled && s->decision->fingerprint != s->row->decision)
		return false;
	return es_change_none(s->row, st, m->n->fs);
}

static int visit_found(struct merge *m, struct spot *s, const struct stat *st)
{
	enum es_type type = es_type_from_mode(st->st_mode);

	if (!s->settled && !s->has_decision && decide(m, s, type) < 0)
		return m->w->err.code;
	if (s->has_decision && s->decision->watch == ES_WATCH_NO)
		return put_unwatched(m, s, type);
	/* of no type, so that no later run takes the verdict for the rules' */
	if (es_walker_skips(m->w, st))
		return put_unwatched(m, s, ES_TYPE_NONE);
	if (is_known(m, s, st))
		return keep(m);
	if (!s->has_decision && decide(m, s, type) < 0)
		return m->w->err.code;
	return put_read(m, s, st);
}

/*
 * A file that is read whatever its times say is opened right away; what it is
 * shows then. Return: as put_read().
 */
static int visit_unseen(struct merge *m, struct spot *s)
{
	if (s->type != ES_TYPE_FILE || (s->row && !m->w->walk->options->full))
		return 1;
	if (!s->has_decision && decide(m, s, s->type) < 0)
		return m->w->err.code;
	return s->decision->watch == ES_WATCH_NO ? 1 : put_read(m, s, NULL);
}

static int visit_object(struct merge *m, struct spot *s)
{
	struct stat st;
	int rc = visit_unseen(m, s);

	if (rc <= 0)
		return rc;
	if (fstatat(m->n->fd, s->name, &st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return errno == ENOENT ? gone(m, s) : put_lost(m, s, errno);
	if (!S_ISDIR(st.st_mode))
		return visit_found(m, s, &st);
	s->has_decision = false;
	return visit_dir(m, s);
}

static int visit(struct merge *m, struct spot *s)
{
	s->settled = m->decided && s->row && s->type != ES_TYPE_NONE &&
		     s->row->type == s->type;
	if (s->settled && s->row->watch == ES_WATCH_NO)
		return keep(m);
	if (s->type == ES_TYPE_DIR)
		return visit_dir(m, s);
	if (!s->settled && s->type != ES_TYPE_NONE) {
		if (decide(m, s, s->type) < 0)
			return m->w->err.code;
		if (s->decision->watch == ES_WATCH_NO)
			return put_unwatched(m, s, s->type);
	}
	return visit_object(m, s);
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

	decide_self(m);
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
	decide_self(m);
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
		es_listing_open(&m->r, base->data, base->len);
		next_row(m);
	}
	if (is_self_same(m, st, mounted)) {
		m->self = m->row;
		m->kept = 1;
	} else {
		if (make_self(m, st, mounted) < 0)
			return m->w->err.code;
		diverge(m);
	}
	/* only a row can be left as it is */
	if (!m->n->has_old)
		diverge(m);
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

	if (reach_of(m, m->row.name, m->row.name_len, &reach) < 0)
		return m->w->err.code;
	if (reach == ES_REACH_NONE)
		keep(m);
	else
		diverge(m);
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
	    reach_of(m, s.name, s.len, &reach) < 0)
		return m->w->err.code;
	s.row = m->more && order == 0 ? &m->row : NULL;
	if (reach == ES_REACH_NONE) {
		if (s.row)
			keep(m);
	} else if (visit(m, &s) < 0) {
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
	for (size_t i = 0; i < w->n_names; i++)
		if (merge_name(&m, &w->names[i]) < 0)
			return w->err.code;
	while (m.more)
		if (pass_row(&m) < 0)
			return w->err.code;
	es_walker_count(&w->entries, m.entries);
	return es_merge_end(w, n, m.built, m.linked);
}
