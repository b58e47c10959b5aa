/* SPDX-License-Identifier: MIT */
/* search_walk.c - every name that differs between the trees of two runs */
#include "config.h"

#include "history/history_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum side {
	NEW,
	OLD,
	SIDES,
};

/* A pair of trees that is still to be compared. */
struct place_pair {
	enum part part;
	char *path; /* owned */
	size_t len;
	struct es_oid oid[SIDES];
};

/*
 * A stack of our own: how deep directories nest is up to whoever may make
 * them.
 */
struct stack {
	struct place_pair *items;
	size_t n;
	size_t cap;
};

/* One call of walk_trees(). */
struct job {
	struct cache *cache;
	const struct walk_ops *ops;
	void *payload;
	struct stack stack;
	struct es_buf path;
	struct es_buf tree[SIDES];
};

static void job_dispose(struct job *j)
{
	for (size_t i = 0; i < j->stack.n; i++)
		free(j->stack.items[i].path);
	free(j->stack.items);
	es_buf_dispose(&j->path);
	es_buf_dispose(&j->tree[NEW]);
	es_buf_dispose(&j->tree[OLD]);
}

static int push(struct stack *s, const struct place_pair *p)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct place_pair *grown =
			reallocarray(s->items, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->items = grown;
		s->cap = cap;
	}
	s->items[s->n++] = *p;
	return 0;
}

/* Stands for what a side does not have. */
static const struct es_tree_entry none;

static bool is_tree(const struct es_tree_entry *e)
{
	return e->mode == ES_MODE_TREE;
}

/* Subdirectories go onto the stack, anything else is told. */
static int take(struct job *j, enum part part,
		const struct es_tree_entry *e[SIDES])
{
	struct place_pair below = { .part = part };
	const struct es_tree_entry *leaf[SIDES] = { NULL, NULL };

	for (int s = NEW; s < SIDES; s++) {
		if (is_tree(e[s]))
			below.oid[s] = e[s]->oid;
		else if (e[s]->mode)
			leaf[s] = e[s];
	}
	if ((is_tree(e[NEW]) || is_tree(e[OLD])) &&
	    j->ops->leads(j->payload, part, j->path.data, j->path.len)) {
		below.path = strndup(j->path.data, j->path.len);
		below.len = j->path.len;
		if (!below.path || push(&j->stack, &below) < 0) {
			free(below.path);
			return -ENOMEM;
		}
	}
	if (!leaf[NEW] && !leaf[OLD])
		return 0;
	return j->ops->leaf(j->payload, part, &j->path, leaf[NEW], leaf[OLD]);
}

/* Add the name of an entry to the path of its directory. */
static int set_path(struct job *j, const struct place_pair *p,
		    const struct es_tree_entry *e)
{
	es_buf_reset(&j->path);
	es_buf_add(&j->path, p->path, p->len);
	es_buf_addc(&j->path, '/');
	/* the manifest itself, whose name no file of the directory can have */
	if (p->part == PART_META && !is_tree(e))
		return es_buf_add(&j->path, e->name, e->len);
	return es_stored_name_decode(&j->path, e->name, e->len);
}

/* Position in a tree. */
struct cursor {
	struct es_tree_reader r;
	struct es_tree_entry e;
	int rc; /* of the last step: 1 there is one, 0 the end, negative */
};

/* What stands behind a name of which @n bytes were compared. */
static int byte_after(const struct es_tree_entry *e, size_t n)
{
	if (e->len > n)
		return (unsigned char)e->name[n];
	return is_tree(e) ? '/' : 0;
}

/* Git's order: a directory as if its name ended in '/'. */
static int order_of(const struct cursor c[SIDES])
{
	const struct es_tree_entry *a = &c[NEW].e, *b = &c[OLD].e;
	size_t n = a->len < b->len ? a->len : b->len;
	int order;

	if (c[NEW].rc <= 0 || c[OLD].rc <= 0)
		return c[NEW].rc > 0 ? -1 : 1;
	order = memcmp(a->name, b->name, n);
	return order ? order : byte_after(a, n) - byte_after(b, n);
}

/* The name that comes first, and what each side has for it. */
static int step(struct job *j, const struct place_pair *p,
		struct cursor c[SIDES])
{
	const struct es_tree_entry *at[SIDES] = { &none, &none };
	int order = order_of(c);
	int rc = 0;

	if (order <= 0)
		at[NEW] = &c[NEW].e;
	if (order >= 0)
		at[OLD] = &c[OLD].e;
	if (order || at[NEW]->mode != at[OLD]->mode ||
	    !es_oid_equal(&at[NEW]->oid, &at[OLD]->oid)) {
		rc = set_path(j, p, order <= 0 ? at[NEW] : at[OLD]);
		if (rc == 0)
			rc = take(j, p->part, at);
	}
	for (int s = NEW; s < SIDES; s++)
		if (at[s] != &none)
			c[s].rc = es_tree_next(&c[s].r, &c[s].e);
	return rc;
}

static int compare(struct job *j, const struct place_pair *p)
{
	struct cursor c[SIDES] = { 0 };
	int rc = 0;

	for (int s = NEW; s < SIDES; s++) {
		es_tree_open(&c[s].r, &j->tree[s]);
		c[s].rc = es_tree_next(&c[s].r, &c[s].e);
	}
	while (rc >= 0 && (c[NEW].rc > 0 || c[OLD].rc > 0))
		rc = step(j, p, c);
	if (rc >= 0 && (c[NEW].rc < 0 || c[OLD].rc < 0))
		rc = -EILSEQ;
	return rc < 0 ? rc : 0;
}

static int visit(struct job *j, const struct place_pair *p,
		 struct es_error *err)
{
	int rc;

	for (int s = NEW; s < SIDES; s++)
		if (cache_get(j->cache, &p->oid[s], ES_KIND_TREE, &j->tree[s],
			      err) < 0)
			return err->code;
	rc = compare(j, p);
	if (rc < 0 && err->code)
		return rc;
	if (rc == -EILSEQ || rc == -EINVAL)
		return es_fail(err, -EIO,
			       "the tree of %s is broken; run 'etcsnap git "
			       "fsck'",
			       ES_Q(p->len ? p->path : "/"));
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	return rc;
}

/* The parts of a run that are looked through, and where their paths begin. */
static int push_parts(struct job *j, const struct es_oid root[SIDES],
		      struct es_error *err)
{
	static const struct {
		const char *name;
		const char *path;
		enum part part;
	} parts[] = {
		{ "system", "system", PART_TEXTS },
		{ "findings", "findings", PART_TEXTS },
		{ "commands", "commands", PART_TEXTS },
		{ "meta", "", PART_META },
		{ "files", "", PART_FILES },
	};

	for (int s = NEW; s < SIDES; s++)
		if (cache_get(j->cache, &root[s], ES_KIND_TREE, &j->tree[s],
			      err) < 0)
			return err->code;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct place_pair p = { .part = parts[i].part };
		struct es_tree_entry e;

		for (int s = NEW; s < SIDES; s++)
			if (es_tree_find(&j->tree[s], parts[i].name,
					 strlen(parts[i].name), &e) > 0 &&
			    is_tree(&e))
				p.oid[s] = e.oid;
		if (es_oid_equal(&p.oid[NEW], &p.oid[OLD]))
			continue;
		p.path = strdup(parts[i].path);
		p.len = strlen(parts[i].path);
		if (!p.path || push(&j->stack, &p) < 0) {
			free(p.path);
			return es_fail_oom(err);
		}
	}
	return 0;
}

int walk_trees(struct cache *cache, const struct es_oid *new,
	       const struct es_oid *old, const struct walk_ops *ops,
	       void *payload, struct es_error *err)
{
	const struct es_oid root[SIDES] = { *new, *old };
	ES_CLEANUP(job_dispose)
	struct job j = {
		.cache = cache,
		.ops = ops,
		.payload = payload,
		.path = ES_BUF_INIT(ES_BUF_MAX),
		.tree = { ES_BUF_INIT(ES_BUF_MAX), ES_BUF_INIT(ES_BUF_MAX) },
	};
	int rc = push_parts(&j, root, err);

	while (rc == 0 && j.stack.n > 0) {
		struct place_pair p = j.stack.items[--j.stack.n];

		rc = visit(&j, &p, err);
		free(p.path);
	}
	return rc;
}
