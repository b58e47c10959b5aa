/* SPDX-License-Identifier: MIT */
/* delta.c - put down what differs, and say what kind of change it is */
#include "config.h"

#include "etcsnap/delta.h"

#include "delta/delta_priv.h"
#include "etcsnap/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[ES_CHANGE_KINDS] = {
	[ES_CHANGE_ADDED] = "added",	 [ES_CHANGE_REMOVED] = "removed",
	[ES_CHANGE_CHANGED] = "changed", [ES_CHANGE_TOUCHED] = "touched",
	[ES_CHANGE_RETYPED] = "retyped", [ES_CHANGE_RENAMED] = "renamed",
	[ES_CHANGE_WATCHED] = "watched", [ES_CHANGE_UNWATCHED] = "unwatched",
};

const char *es_change_kind_name(enum es_change_kind kind)
{
	return kind < ES_CHANGE_KINDS ? kind_names[kind] : "";
}

bool delta_selected(const struct delta_job *job, const char *path, size_t len)
{
	return es_reach_of(job->paths, job->n, path, len) == ES_REACH_ALL;
}

bool delta_leads(const struct delta_job *job, const char *path, size_t len)
{
	return es_reach_of(job->paths, job->n, path, len) != ES_REACH_NONE;
}

unsigned int delta_compare(const struct es_entry *a, const struct es_entry *b)
{
	const unsigned int digests = ES_HAS_SHA256 | ES_HAS_HMAC;
	unsigned int attrs = es_entry_compare(a, b);

	if (a->type != ES_TYPE_FILE || b->type != ES_TYPE_FILE)
		return attrs;
	/* A mask that came or went makes digests of another kind. */
	if ((a->has ^ b->has) & ES_HAS_MASKED)
		attrs |= 1u << ES_ATTR_CLASS;
	if (!(a->has & b->has & digests) && (a->has & b->has & ES_HAS_BLOB) &&
	    memcmp(a->oid, b->oid, sizeof(a->oid)) != 0)
		attrs |= 1u << ES_ATTR_CONTENT;
	return attrs;
}

/* Copy an entry and all that it points to; NULL stays NULL. */
static int copy_entry(struct arena *a, const struct es_entry **out,
		      const struct es_entry *e)
{
	*out = NULL;
	if (!e)
		return 0;
	struct es_entry *copy = arena_get(a, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *e;
	copy->name = arena_copy(a, e->name, e->name_len);
	copy->target =
		e->target ? arena_copy(a, e->target, e->target_len) : NULL;
	copy->xattr = e->xattr ? arena_copy(a, e->xattr, e->xattr_len) : NULL;
	if (e->extra)
		copy->extra = (const void *)arena_copy(
			a, (const void *)e->extra, es_extra_size(e->extra));
	if (!copy->name || (e->target && !copy->target) ||
	    (e->xattr && !copy->xattr) || (e->extra && !copy->extra))
		return -ENOMEM;
	*out = copy;
	return 0;
}

static struct es_change *new_change(struct es_delta *d)
{
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct es_change *grown =
			reallocarray(d->changes, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		d->changes = grown;
		d->cap = cap;
	}
	struct es_change *c = &d->changes[d->n];
	memset(c, 0, sizeof(*c));
	return c;
}

int delta_add(struct delta_job *job, const char *path, size_t len,
	      const struct es_entry *was, const struct es_entry *is)
{
	struct es_delta *d = job->delta;

	if (!was && !is)
		return 0;
	if (was && is && delta_compare(was, is) == 0)
		return 0;
	if (!delta_selected(job, path, len))
		return 0;
	struct es_change *c = new_change(d);
	if (!c)
		return -ENOMEM;
	c->path = arena_copy(&d->arena, path, len);
	c->len = len;
	if (!c->path || copy_entry(&d->arena, &c->old, was) < 0 ||
	    copy_entry(&d->arena, &c->new, is) < 0)
		return -ENOMEM;
	d->n++;
	return 1;
}

static int by_path(const void *a, const void *b)
{
	const struct es_change *x = a;
	const struct es_change *y = b;

	return es_entry_name_cmp(x->path, x->len, y->path, y->len);
}

/* What kind of change a pair is, as far as the pair alone tells. */
static void classify(struct es_change *c)
{
	if (!c->old || !c->new) {
		c->kind = c->old ? ES_CHANGE_REMOVED : ES_CHANGE_ADDED;
		return;
	}
	c->attrs = delta_compare(c->old, c->new);
	if (c->old->type != c->new->type)
		c->kind = ES_CHANGE_RETYPED;
	else if (c->attrs &&
		 !(c->attrs & ~(1u << ES_ATTR_MTIME | 1u << ES_ATTR_CTIME)))
		c->kind = ES_CHANGE_TOUCHED;
	else
		c->kind = ES_CHANGE_CHANGED;
}

/*
 * A path that was a file and is a directory comes in two halves: the file
 * from its parent's listing, the directory from its own.
 */
static void settle(struct es_delta *d)
{
	size_t kept = 0;

	if (d->n > 1)
		qsort(d->changes, d->n, sizeof(*d->changes), by_path);
	for (size_t i = 0; i < d->n; i++) {
		struct es_change *c = &d->changes[i];
		struct es_change *last = kept ? &d->changes[kept - 1] : NULL;

		if (last && by_path(last, c) == 0) {
			last->old = last->old ? last->old : c->old;
			last->new = last->new ? last->new : c->new;
		} else {
			d->changes[kept++] = *c;
		}
	}
	d->n = kept;
	for (size_t i = 0; i < d->n; i++)
		classify(&d->changes[i]);
}

static const char *name_of(const struct es_strmap *names, char kind,
			   uint32_t id)
{
	char key[1 + sizeof(id)];

	key[0] = kind;
	memcpy(key + 1, &id, sizeof(id));
	return es_strmap_get(names, key, sizeof(key));
}

static void count_and_name(struct delta_job *job)
{
	struct es_delta *d = job->delta;

	for (size_t i = 0; i < d->n; i++) {
		struct es_change *c = &d->changes[i];

		d->kinds[c->kind]++;
		if (c->old) {
			c->old_uname =
				name_of(job->names[OLD], 'u', c->old->uid);
			c->old_gname =
				name_of(job->names[OLD], 'g', c->old->gid);
		}
		if (c->new) {
			c->new_uname =
				name_of(job->names[NEW], 'u', c->new->uid);
			c->new_gname =
				name_of(job->names[NEW], 'g', c->new->gid);
		}
	}
}

static int compute(struct delta_job *job, struct es_error *err)
{
	if (delta_walk(job, err) < 0 || delta_other(job, err) < 0)
		return err->code;
	settle(job->delta);
	if (delta_rekeyed(job, err) < 0)
		return err->code;
	if (delta_watched(job, err) < 0 || delta_switched(job, err) < 0 ||
	    delta_renames(job, err) < 0)
		return err->code;
	count_and_name(job);
	return 0;
}

int es_delta_files(struct es_delta **out, struct es_store *st,
		   const struct es_oid *old, const struct es_dir_trees *new,
		   struct es_error *err)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *d = calloc(1, sizeof(*d));
	ES_CLEANUP(es_strmap_freep)
	struct es_strmap *old_names = es_strmap_new();
	ES_CLEANUP(es_strmap_freep)
	struct es_strmap *new_names = es_strmap_new();
	struct delta_job job = {
		.delta = d,
		.st = st,
		.root = { *old },
		.trees = new,
		.names = { old_names, new_names },
	};

	if (!d || !old_names || !new_names)
		return es_fail_oom(err);
	if (delta_walk(&job, err) < 0)
		return err->code;
	settle(d);
	*out = es_steal_ptr(&d);
	return 0;
}

int es_delta_new(struct es_delta **out, struct es_store *st,
		 const struct es_oid *old, const struct es_oid *new,
		 const char *const *paths, size_t n, struct es_error *err)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *d = calloc(1, sizeof(*d));
	ES_CLEANUP(es_strmap_freep)
	struct es_strmap *old_names = es_strmap_new();
	ES_CLEANUP(es_strmap_freep)
	struct es_strmap *new_names = es_strmap_new();
	struct delta_job job = {
		.delta = d,
		.st = st,
		.root = { *old, *new },
		.paths = paths,
		.n = n,
		.names = { old_names, new_names },
	};

	if (!d || !old_names || !new_names)
		return es_fail_oom(err);
	if (!es_oid_equal(old, new) && compute(&job, err) < 0)
		return err->code;
	*out = es_steal_ptr(&d);
	return 0;
}

void es_delta_free(struct es_delta *d)
{
	if (!d)
		return;
	arena_free(&d->arena);
	free(d->changes);
	free(d);
}

size_t es_delta_count(const struct es_delta *d)
{
	return d->n;
}

const struct es_change *es_delta_at(const struct es_delta *d, size_t i)
{
	return &d->changes[i];
}

size_t es_delta_kinds(const struct es_delta *d, enum es_change_kind kind)
{
	return kind < ES_CHANGE_KINDS ? d->kinds[kind] : 0;
}

size_t es_delta_rekeyed(const struct es_delta *d)
{
	return d->rekeyed;
}

bool es_delta_key_changed(const struct es_delta *d)
{
	return d->key_changed;
}

size_t es_delta_tightened(const struct es_delta *d)
{
	return d->tightened;
}
