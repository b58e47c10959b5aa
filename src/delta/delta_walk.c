/* SPDX-License-Identifier: MIT */
/* delta_walk.c - step through the manifests of two runs side by side */
#include "config.h"

#include "etcsnap/manifest.h"
#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct place - a directory that differs
 * @path:  absolute path in the arena; the root is ""
 * @len:   its bytes
 * @trees: what each side has for it
 */
struct place {
	const char *path;
	size_t len;
	struct es_dir_trees trees[SIDES];
};

/*
 * Directories that are still to be compared. A stack of our own, since how
 * deep they nest is up to whoever may make directories.
 */
struct stack {
	struct place *items;
	size_t n;
	size_t cap;
};

static void stack_dispose(struct stack *s)
{
	free(s->items);
}

static int push(struct stack *s, const struct place *p)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct place *grown =
			reallocarray(s->items, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->items = grown;
		s->cap = cap;
	}
	s->items[s->n++] = *p;
	return 0;
}

static bool is_same(const struct place *p)
{
	return es_oid_equal(&p->trees[OLD].meta, &p->trees[NEW].meta) &&
	       es_oid_equal(&p->trees[OLD].files, &p->trees[NEW].files);
}

/* The next recorded entry that is no subdirectory: those have their own. */
static int next_leaf(struct es_listing_reader *r, struct es_entry *e,
		     bool *there)
{
	int rc;

	do {
		rc = es_listing_next(r, e);
	} while (rc > 0 &&
		 (e->watch != ES_WATCH_YES || e->type == ES_TYPE_DIR));
	*there = rc > 0;
	return rc < 0 ? rc : 0;
}

/**
 * struct half - one side of a directory that is being compared
 * @r:     position in its listing
 * @e:     entry
 * @there: @e holds one
 */
struct half {
	struct es_listing_reader r;
	struct es_entry e;
	bool there;
};

/* Open a listing and read the directory's own entry from it. */
static int open_half(struct half *h, const struct es_listing_writer *w)
{
	memset(h, 0, sizeof(*h));
	if (w->buf.len == 0)
		return 0;
	int rc = es_listing_open(&h->r, w->buf.data, w->buf.len);
	if (rc == 0)
		rc = es_listing_next(&h->r, &h->e);
	if (rc < 0)
		return rc;
	h->there = rc > 0 && h->e.watch == ES_WATCH_YES;
	return 0;
}

static const struct es_entry *entry_of(const struct half *h)
{
	return h->there ? &h->e : NULL;
}

/* Path of an entry: the directory's own where @e is NULL. */
static int set_path(struct es_buf *path, const struct place *p,
		    const struct es_entry *e)
{
	es_buf_reset(path);
	es_buf_add(path, p->path, p->len);
	if (e || p->len == 0)
		es_buf_addc(path, '/');
	if (e)
		es_buf_add(path, e->name, e->name_len);
	return path->failed;
}

/* Put down the pair that stands at the front; move on what was used. */
static int step(struct delta_job *job, const struct place *p,
		struct half h[SIDES], struct es_buf *path)
{
	int order = h[OLD].there ? -1 : 1;

	if (h[OLD].there && h[NEW].there)
		order = es_entry_name_cmp(h[OLD].e.name, h[OLD].e.name_len,
					  h[NEW].e.name, h[NEW].e.name_len);
	const struct es_entry *was = order <= 0 ? &h[OLD].e : NULL;
	const struct es_entry *is = order >= 0 ? &h[NEW].e : NULL;
	if (set_path(path, p, was ? was : is) < 0)
		return -ENOMEM;
	int added = delta_add(job, path->data, path->len, was, is);
	int rc = added;
	if (rc >= 0 && was)
		rc = next_leaf(&h[OLD].r, &h[OLD].e, &h[OLD].there);
	if (rc >= 0 && is)
		rc = next_leaf(&h[NEW].r, &h[NEW].e, &h[NEW].there);
	return rc < 0 ? rc : added;
}

/* Returns whether something was put down, or a negative errno. */
static int compare_listings(struct delta_job *job, const struct place *p,
			    const struct es_listing_writer w[SIDES])
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);
	struct half h[SIDES];
	int any, rc;

	for (int side = OLD; side < SIDES; side++) {
		rc = open_half(&h[side], &w[side]);
		if (rc < 0)
			return rc;
	}
	if (set_path(&path, p, NULL) < 0)
		return -ENOMEM;
	any = delta_add(job, path.data, path.len, entry_of(&h[OLD]),
			entry_of(&h[NEW]));
	rc = any;
	for (int side = OLD; side < SIDES && rc >= 0; side++) {
		h[side].there = false;
		if (w[side].buf.len > 0)
			rc = next_leaf(&h[side].r, &h[side].e, &h[side].there);
	}
	while (rc >= 0 && (h[OLD].there || h[NEW].there)) {
		rc = step(job, p, h, &path);
		any |= rc > 0;
	}
	return rc < 0 ? rc : any;
}

/**
 * struct learner - where names that a manifest tells go
 * @arena: holds them
 * @names: map to fill
 */
struct learner {
	struct arena *arena;
	struct es_strmap *names;
};

static int learn_name(const struct learner *l, char kind, uint32_t id,
		      const char *name)
{
	char key[1 + sizeof(id)];

	key[0] = kind;
	memcpy(key + 1, &id, sizeof(id));
	if (!name || es_strmap_get(l->names, key, sizeof(key)))
		return 0;
	char *copy = arena_copy(l->arena, name, strlen(name));
	if (!copy)
		return -ENOMEM;
	return es_strmap_put(l->names, key, sizeof(key), copy);
}

static int learn_entry(void *payload, struct es_entry *e, const char *uname,
		       const char *gname)
{
	const struct learner *l = payload;

	if (!(e->has & ES_HAS_STAT))
		return 0;
	if (learn_name(l, 'u', e->uid, uname) < 0 ||
	    learn_name(l, 'g', e->gid, gname) < 0)
		return -ENOMEM;
	return 0;
}

/* Owner names stand in the manifest's text alone, not in listings. */
static int learn_names(struct delta_job *job, int side,
		       const struct es_oid *meta, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct learner l = { &job->delta->arena, job->names[side] };
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, job->st, meta, ".mtree", 6, err);

	if (rc <= 0)
		return rc;
	if (es_store_get(job->st, &oid, ES_KIND_BLOB, &text, err) < 0)
		return err->code;
	rc = es_manifest_parse(es_buf_str(&text), text.len, NULL, 0,
			       learn_entry, &l, err);
	return rc == -ENOMEM && !err->code ? es_fail_oom(err) : rc;
}

/* Where the trees of a side stand among the four that are read in step. */
enum {
	META = 0,
	FILES = 2,
	CURSORS = 4,
};

/**
 * struct cursor - position among the subdirectories of a tree
 * @tree:  its bytes
 * @r:     position
 * @e:     subdirectory
 * @there: @e holds one
 */
struct cursor {
	struct es_buf tree;
	struct es_tree_reader r;
	struct es_tree_entry e;
	bool there;
};

static int next_tree(struct cursor *c)
{
	int rc;

	do {
		rc = es_tree_next(&c->r, &c->e);
	} while (rc > 0 && c->e.mode != ES_MODE_TREE);
	c->there = rc > 0;
	return rc < 0 ? rc : 0;
}

/* Git sorts subdirectories as if their names ended in '/'. */
static int tree_order(const struct es_tree_entry *a,
		      const struct es_tree_entry *b)
{
	size_t common = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->name, b->name, common);

	if (order || a->len == b->len)
		return order;
	if (a->len < b->len)
		return '/' - (unsigned char)b->name[common];
	return (unsigned char)a->name[common] - '/';
}

/* Put the next subdirectory's trees into @child; name it after the first. */
static int next_child(struct cursor c[CURSORS], struct place *child,
		      struct es_tree_entry *name)
{
	int first = -1, rc = 0;

	for (int i = 0; i < CURSORS; i++) {
		if (c[i].there &&
		    (first < 0 || tree_order(&c[i].e, &c[first].e) < 0))
			first = i;
	}
	if (first < 0)
		return 0;
	*name = c[first].e;
	memset(child, 0, sizeof(*child));
	for (int i = 0; i < CURSORS && rc == 0; i++) {
		struct es_dir_trees *t = &child->trees[i % SIDES];

		if (!c[i].there || tree_order(&c[i].e, name) != 0)
			continue;
		*(i < FILES ? &t->meta : &t->files) = c[i].e.oid;
		rc = next_tree(&c[i]);
	}
	return rc < 0 ? rc : 1;
}

static int push_child(struct delta_job *job, struct stack *s,
		      const struct place *p, struct place *child,
		      const struct es_tree_entry *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);

	if (is_same(child))
		return 0;
	es_buf_add(&path, p->path, p->len);
	es_buf_addc(&path, '/');
	int rc = es_stored_name_decode(&path, name->name, name->len);
	if (rc < 0)
		return rc;
	if (!delta_leads(job, path.data, path.len))
		return 0;
	child->path = arena_copy(&job->delta->arena, path.data, path.len);
	child->len = path.len;
	return child->path ? push(s, child) : -ENOMEM;
}

static int push_children(struct delta_job *job, struct stack *s,
			 const struct place *p, struct cursor c[CURSORS],
			 struct es_error *err)
{
	struct es_tree_entry name;
	struct place child;
	int rc = 0;

	for (int i = 0; i < CURSORS && rc == 0; i++) {
		const struct es_dir_trees *t = &p->trees[i % SIDES];
		const struct es_oid *oid = i < FILES ? &t->meta : &t->files;

		if (!es_oid_is_none(oid) &&
		    es_store_get(job->st, oid, ES_KIND_TREE, &c[i].tree, err) <
			    0)
			return err->code;
		es_tree_open(&c[i].r, &c[i].tree);
		rc = next_tree(&c[i]);
	}
	while (rc == 0 && (rc = next_child(c, &child, &name)) > 0)
		rc = push_child(job, s, p, &child, &name);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return es_fail(err, -EINVAL,
			       "damaged tree for %s; run etcsnap git fsck",
			       ES_Q(p->len ? p->path : "/"));
	return 0;
}

static int find_children(struct delta_job *job, struct stack *s,
			 const struct place *p, struct es_error *err)
{
	struct cursor c[CURSORS] = { 0 };

	for (int i = 0; i < CURSORS; i++)
		c[i].tree = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	int rc = push_children(job, s, p, c, err);
	for (int i = 0; i < CURSORS; i++)
		es_buf_dispose(&c[i].tree);
	return rc;
}

static int read_and_compare(struct delta_job *job, const struct place *p,
			    struct es_listing_writer w[SIDES],
			    struct es_error *err)
{
	for (int side = OLD; side < SIDES; side++) {
		if (!es_oid_is_none(&p->trees[side].meta) &&
		    es_dir_read(&w[side], job->st, &p->trees[side], err) < 0)
			return es_wrap(err, "manifest of %s",
				       ES_Q(p->len ? p->path : "/"));
	}
	int rc = compare_listings(job, p, w);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return es_fail(err, -EINVAL, "damaged manifest of %s",
			       ES_Q(p->len ? p->path : "/"));
	for (int side = OLD; side < SIDES && rc > 0; side++) {
		if (learn_names(job, side, &p->trees[side].meta, err) < 0)
			return err->code;
	}
	return 0;
}

static int visit(struct delta_job *job, struct stack *s, const struct place *p,
		 struct es_error *err)
{
	struct es_listing_writer w[SIDES] = { ES_LISTING_WRITER_INIT,
					      ES_LISTING_WRITER_INIT };
	int rc = read_and_compare(job, p, w, err);

	for (int side = OLD; side < SIDES; side++)
		es_listing_dispose(&w[side]);
	return rc < 0 ? rc : find_children(job, s, p, err);
}

int delta_walk(struct delta_job *job, struct es_error *err)
{
	ES_CLEANUP(stack_dispose) struct stack s = { NULL, 0, 0 };
	struct place p = { .path = "" };

	for (int side = OLD; side < SIDES; side++) {
		if (side == NEW && job->trees)
			p.trees[NEW] = *job->trees;
		else if (!es_oid_is_none(&job->root[side]) &&
			 es_dir_lookup(&p.trees[side], job->st,
				       &job->root[side], "", 0, err) < 0)
			return err->code;
	}
	if (!is_same(&p) && push(&s, &p) < 0)
		return es_fail_oom(err);
	while (s.n > 0) {
		p = s.items[--s.n];
		if (visit(job, &s, &p, err) < 0)
			return err->code;
	}
	return 0;
}
