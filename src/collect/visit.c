/* SPDX-License-Identifier: MIT */
/* visit.c - record what there is under a name of a directory */
#include "config.h"

#include "collect/merge_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* Where a name in this directory stands to the paths that are asked for. */
int es_merge_reach(struct merge *m, const char *name, size_t len,
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
/* Begin the new listing, if that has not happened. */
void es_merge_diverge(struct merge *m)
{
	struct es_listing_reader r;
	struct es_entry e;

	if (m->built)
		return;
	m->built = true;
	es_listing_begin(&m->w->out, &m->self);
	if (m->kept < 2)
		return;
	es_listing_again(&r, m->w->prior.data, m->w->prior.len);
	es_listing_next(&r, &e);
	for (uint32_t i = 1; i < m->kept && es_listing_next(&r, &e) > 0; i++)
		es_listing_add_raw(&m->w->out, r.rec, r.rec_len);
}

/* The row's entry holds as it stands. */
int es_merge_keep(struct merge *m)
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
	es_merge_diverge(m);
	es_listing_add(&m->w->out, e);
	return 0;
}
static int gone(struct merge *m, const struct spot *s)
{
	if (s->row)
		es_merge_diverge(m);
	return 0;
}

void es_merge_decide_self(struct merge *m)
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

	es_merge_decide_self(m);
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
		return es_merge_keep(m);
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
	if (es_merge_reach(m, s->name, s->len, &kid->reach) < 0) {
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
		return es_merge_keep(m);
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

int es_merge_visit(struct merge *m, struct spot *s)
{
	s->settled = m->decided && s->row && s->type != ES_TYPE_NONE &&
		     s->row->type == s->type;
	if (s->settled && s->row->watch == ES_WATCH_NO)
		return es_merge_keep(m);
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
