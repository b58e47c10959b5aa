/* SPDX-License-Identifier: MIT */
/* restore_plan.c - what differs between now and then, path by path */
#include "config.h"

#include "restore/restore_plan_priv.h"

#include "etcsnap/packages.h"
#include "etcsnap/quote.h"
#include "etcsnap/reach.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const actions[ES_RESTORE_ACTIONS] = {
	[ES_RESTORE_NOTHING] = "",
	[ES_RESTORE_CREATE] = "create",
	[ES_RESTORE_REPLACE] = "replace",
	[ES_RESTORE_ATTRIBUTES] = "attributes",
	[ES_RESTORE_LINK] = "link",
	[ES_RESTORE_DELETE] = "delete",
	[ES_RESTORE_KEEP] = "keep",
	[ES_RESTORE_CANNOT] = "cannot",
};

static const char *const whys[ES_RESTORE_WHYS] = {
	[ES_RESTORE_WELL] = "",
	[ES_RESTORE_SECRET] = "secret",
	[ES_RESTORE_DIGEST] = "digest",
	[ES_RESTORE_UNKNOWN] = "unknown",
	[ES_RESTORE_MASKED] = "masked",
	[ES_RESTORE_VALUES] = "values",
	[ES_RESTORE_KEY] = "key",
	[ES_RESTORE_SOCKET] = "socket",
	[ES_RESTORE_UNWATCHED] = "unwatched",
	[ES_RESTORE_UNREAD] = "unread",
	[ES_RESTORE_CHANGED] = "changed",
	[ES_RESTORE_EXISTS] = "exists",
	[ES_RESTORE_SYMLINK] = "symlink",
	[ES_RESTORE_FULL] = "full",
	[ES_RESTORE_PARTNER] = "partner",
	[ES_RESTORE_UNTOLD] = "untold",
	[ES_RESTORE_STALE] = "stale",
};

const char *es_restore_action_name(enum es_restore_action action)
{
	return action < ES_RESTORE_ACTIONS ? actions[action] : "";
}

const char *es_restore_why_name(enum es_restore_why why)
{
	return why < ES_RESTORE_WHYS ? whys[why] : "";
}

size_t restore_dir_len(const char *path, size_t len)
{
	const char *slash = memrchr(path, '/', len);

	return slash ? (size_t)(slash - path) : 0;
}

int restore_look(struct restore_tree *t, const char *path, size_t len,
		 struct stat *st)
{
	const char *name;
	int dir = restore_tree_parent(t, path, len, &name);

	if (dir == -ENOENT)
		return 0;
	if (dir < 0)
		return dir;
	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

/* ------------------------------------------------------------------- items */

static struct item *add_item(struct es_restore_plan *p, const char *path,
			     const struct es_entry *was,
			     const struct es_entry *then)
{
	struct item *it;

	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		struct item *items = reallocarray(p->items, cap, sizeof(*it));

		if (!items)
			return NULL;
		p->items = items;
		p->cap = cap;
	}
	it = &p->items[p->n++];
	*it = (struct item){ .pub = { .path = path,
				      .len = strlen(path),
				      .was = was,
				      .then = then } };
	return it;
}

/* A rename is two things to do. */
static int add_change(struct es_restore_plan *p, const struct es_change *c)
{
	const bool rename = c->from != NULL;
	struct item *it;

	if (c->path[0] != '/')
		return 0;
	it = add_item(p, c->path, rename ? NULL : c->old, c->new);
	if (!it)
		return -ENOMEM;
	it->pub.attrs = rename ? 0 : c->attrs;
	it->pub.uname = c->new_uname;
	if (rename && !add_item(p, c->from, c->old, NULL))
		return -ENOMEM;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return es_entry_name_cmp(x->pub.path, x->pub.len, y->pub.path,
				 y->pub.len);
}

/* Items by their paths; numbers are good until the next sorting. */
static int sort(struct es_restore_plan *p)
{
	if (p->n > 1)
		qsort(p->items, p->n, sizeof(*p->items), by_path);
	es_strmap_free(p->by_path);
	p->by_path = es_strmap_new();
	if (!p->by_path)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++)
		if (es_strmap_put(p->by_path, p->items[i].pub.path,
				  p->items[i].pub.len, (void *)(i + 1)) < 0)
			return -ENOMEM;
	return 0;
}

struct item *restore_item_of(const struct es_restore_plan *p, const char *path,
			     size_t len)
{
	size_t i = (size_t)es_strmap_get(p->by_path, path, len);

	return i ? &p->items[i - 1] : NULL;
}

/* ----------------------------------------------------------------- parents */

/* Entry of a directory in the run; one that it only led through is plain. */
static const struct es_entry *
read_parent(struct es_restore_plan *p, const char *path, struct es_error *err)
{
	struct parent *a = calloc(1, sizeof(*a));
	int rc;

	if (!a) {
		es_fail_oom(err);
		return NULL;
	}
	a->next = p->parents;
	p->parents = a;
	a->w = (struct es_listing_writer)ES_LISTING_WRITER_INIT;
	rc = es_delta_entry(&a->w, &a->e, p->st, &p->root, path, err);
	if (rc < 0)
		return NULL;
	if (rc == 0 || a->e.type != ES_TYPE_DIR)
		a->e = (struct es_entry){
			.type = ES_TYPE_DIR,
			.has = ES_HAS_STAT,
			.mode = 0755,
		};
	return &a->e;
}

/*
 * Directories on the way to what is to be made, which are not there. Return:
 * 1 one was added, 0 none is missing, or negative.
 */
static int add_parent(struct es_restore_plan *p, const char *path, size_t len,
		      struct es_error *err)
{
	ES_CLEANUP(es_freep) char *copy = NULL;
	const struct es_entry *e;
	struct item *it;
	struct stat st;
	int rc;

	if (len == 0 || restore_item_of(p, path, len))
		return 0;
	rc = restore_look(p->target, path, len, &st);
	/* what else stands in the way is found out later */
	if (rc != 0)
		return 0;
	copy = strndup(path, len);
	if (!copy)
		return es_fail_oom(err);
	e = read_parent(p, copy, err);
	it = e ? add_item(p, copy, NULL, e) : NULL;
	if (!it)
		return err->code ? err->code : es_fail_oom(err);
	it->own = true;
	es_steal_ptr(&copy);
	if (es_strmap_put(p->by_path, it->pub.path, len, (void *)p->n) < 0)
		return es_fail_oom(err);
	return 1;
}

static int add_parents(struct es_restore_plan *p, struct es_error *err)
{
	const size_t n = p->n;

	for (size_t i = 0; i < n; i++) {
		const char *path = p->items[i].pub.path;
		size_t len = p->items[i].pub.len;
		int rc = 1;

		if (!p->items[i].pub.then || p->items[i].pub.was)
			continue;
		while (rc > 0 && len > 0) {
			len = restore_dir_len(path, len);
			rc = add_parent(p, path, len, err);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ------------------------------------------------------------------ making */

static int load_rules(struct es_restore_plan *p, struct es_error *err)
{
	static const char name[] = "run/rules";
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error why = ES_ERROR_INIT;
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, p->st, &p->root, name,
				sizeof(name) - 1, err);

	if (rc > 0)
		rc = es_store_get(p->st, &oid, ES_KIND_BLOB, &text, err);
	if (rc < 0)
		return rc;
	p->scratch = es_glob_scratch_new();
	if (!p->scratch)
		return es_fail_oom(err);
	/* those of another version may not be readable any more */
	if (text.len &&
	    es_rules_parse(&p->rules, text.data, text.len, &why) == -ENOMEM)
		return es_fail_oom(err);
	return 0;
}

static int open_trees(struct es_restore_plan *p, struct es_error *err)
{
	struct stat st;

	if (restore_tree_open(&p->live, p->o.session->root, err) < 0)
		return err->code;
	if (!p->o.to)
		return 0;
	p->target = &p->other;
	/* one that is missing is made when the plan is carried out */
	if (stat(p->o.to, &st) < 0 && errno == ENOENT)
		return 0;
	return restore_tree_open(&p->other, p->o.to, err);
}

static int collect(struct es_restore_plan *p, struct es_error *err)
{
	static const struct es_oid nothing;
	size_t n;

	if (es_delta_new(&p->delta, p->st, p->o.to ? &nothing : &p->o.live,
			 &p->root, p->o.paths, p->o.n_paths, err) < 0)
		return err->code;
	p->rekeyed = es_delta_key_changed(p->delta);
	n = es_delta_count(p->delta);
	for (size_t i = 0; i < n; i++)
		if (add_change(p, es_delta_at(p->delta, i)) < 0)
			return es_fail_oom(err);
	return 0;
}

/* Neither in the run nor in the live tree: a typing error, most likely. */
static int check_path(struct es_restore_plan *p, const char *path,
		      struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	const struct es_oid *roots[] = { &p->root, &p->o.live };
	struct es_dir_trees trees;
	struct es_entry e;
	size_t len = strlen(path);
	char id[ES_OID_HEX + 1];

	if (path[0] != '/')
		return es_fail_config(err,
				      "only files can be restored, not '%s'",
				      ES_Q(path));
	while (len > 0 && path[len - 1] == '/')
		len--;
	for (int i = 0; i < (p->o.to ? 1 : 2); i++) {
		int rc = es_delta_entry(&w, &e, p->st, roots[i], path, err);

		if (rc != 0)
			return rc < 0 ? rc : 0;
		if (es_dir_lookup(&trees, p->st, roots[i], path, len, err) < 0)
			return err->code;
		if (!es_oid_is_none(&trees.meta))
			return 0;
	}
	es_oid_text(id, es_commit_id(p->o.commit));
	es_fail(err, -ENOENT,
		"'%s' is not recorded in run %.7s; 'etcsnap log %s' tells the "
		"runs that have it",
		ES_Q(path), id, ES_Q(path));
	err->fault = ES_FAULT_CONFIG;
	return err->code;
}

static void free_item(struct item *it)
{
	if (it->own)
		free((char *)(uintptr_t)it->pub.path);
	free(it->linked);
	free(it->text);
	free(it->side);
}

/* What needs nothing done was an item only for what others need of it. */
static void drop_nothings(struct es_restore_plan *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (p->items[i].pub.action == ES_RESTORE_NOTHING)
			free_item(&p->items[i]);
		else
			p->items[kept++] = p->items[i];
	}
	p->n = kept;
}

/* Names of owners are told where the number is another one's today. */
static void keep_names(struct es_restore_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct es_restore_item *it = &p->items[i].pub;
		const char *now =
			it->uname && it->then
				? es_ids_user(p->o.session->ids, it->then->uid)
				: NULL;

		if (!now || strcmp(now, it->uname) == 0)
			it->uname = NULL;
	}
}

static int make(struct es_restore_plan *p, struct es_error *err)
{
	for (size_t i = 0; i < p->o.n_paths; i++)
		if (check_path(p, p->o.paths[i], err) < 0)
			return err->code;
	if (load_rules(p, err) < 0 || open_trees(p, err) < 0 ||
	    restore_can_tell_all(p, err) < 0 || collect(p, err) < 0)
		return err->code;
	if (sort(p) < 0)
		return es_fail_oom(err);
	if (add_parents(p, err) < 0)
		return err->code;
	if (sort(p) < 0)
		return es_fail_oom(err);
	for (size_t i = 0; i < p->n; i++)
		if (restore_judge(p, &p->items[i], err) < 0)
			return err->code;
	if (restore_links(p, err) < 0)
		return err->code;
	drop_nothings(p);
	if (sort(p) < 0)
		return es_fail_oom(err);
	keep_names(p);
	return restore_belongs(p, err);
}

int es_restore_plan_new(struct es_restore_plan **out,
			const struct es_restore_options *o,
			struct es_error *err)
{
	ES_CLEANUP(es_restore_plan_freep)
	struct es_restore_plan *p = calloc(1, sizeof(*p));

	if (!p)
		return es_fail_oom(err);
	p->o = *o;
	p->st = o->session->store;
	p->root = *es_commit_tree(o->commit);
	p->live = (struct restore_tree)RESTORE_TREE_INIT;
	p->other = (struct restore_tree)RESTORE_TREE_INIT;
	p->target = &p->live;
	if (es_digest_new(&p->hmac, ES_DIGEST_HMAC, o->session->key, err) < 0 ||
	    make(p, err) < 0)
		return err->code;
	*out = es_steal_ptr(&p);
	return 0;
}

void es_restore_plan_free(struct es_restore_plan *p)
{
	struct parent *a;

	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		free_item(&p->items[i]);
	free(p->items);
	for (a = p->parents; a; a = p->parents) {
		p->parents = a->next;
		es_listing_dispose(&a->w);
		free(a);
	}
	es_strmap_free(p->by_path);
	restore_tree_close(&p->live);
	restore_tree_close(&p->other);
	es_packages_free(p->packages);
	es_digest_free(p->hmac);
	es_glob_scratch_free(p->scratch);
	es_rules_free(p->rules);
	es_delta_free(p->delta);
	free(p);
}

size_t es_restore_plan_count(const struct es_restore_plan *p)
{
	return p->n;
}

const struct es_restore_item *
es_restore_plan_at(const struct es_restore_plan *p, size_t i)
{
	return &p->items[i].pub;
}
