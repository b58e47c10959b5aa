/* SPDX-License-Identifier: MIT */
/* rename.c - a removed and an added object that are the same one */
#include "config.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct match - removed and added objects that hold the same
 * @count: how many on each side
 * @first: index of the first
 */
struct match {
	size_t count[SIDES];
	size_t first[SIDES];
};

/*
 * What must agree for two objects to be one: type, class, size and content,
 * or the target of a link. Returns false for what has nothing to go by.
 */
static bool make_key(struct es_buf *key, const struct es_entry *e)
{
	unsigned int kind = e->has & (ES_HAS_SHA256 | ES_HAS_HMAC);

	es_buf_reset(key);
	es_buf_addc(key, (char)e->type);
	es_buf_addc(key, (char)e->class);
	es_buf_addc(key, (char)kind);
	if (e->type == ES_TYPE_LINK) {
		es_buf_add(key, e->target, e->target_len);
		return e->target_len > 0;
	}
	es_buf_add(key, &e->size, sizeof(e->size));
	es_buf_add(key, e->digest, sizeof(e->digest));
	return e->type == ES_TYPE_FILE && kind && e->size > 0;
}

/**
 * struct pairing - objects by what they hold
 * @map:     struct match by key
 * @matches: their memory
 * @n:       number in use
 */
struct pairing {
	struct es_strmap *map;
	struct match *matches;
	size_t n;
};

static int enter(struct pairing *p, const struct es_change *c, size_t index,
		 struct es_buf *key)
{
	int side = c->kind == ES_CHANGE_REMOVED ? OLD : NEW;

	if (c->kind != ES_CHANGE_REMOVED && c->kind != ES_CHANGE_ADDED)
		return 0;
	/* Other parts of a run have no places to move between. */
	if (c->path[0] != '/' || !make_key(key, side == OLD ? c->old : c->new))
		return 0;
	if (key->failed)
		return key->failed;
	struct match *m = es_strmap_get(p->map, key->data, key->len);
	if (!m) {
		m = &p->matches[p->n++];
		if (es_strmap_put(p->map, key->data, key->len, m) < 0)
			return -ENOMEM;
	}
	if (m->count[side]++ == 0)
		m->first[side] = index;
	return 0;
}

/* The old half gives its entry to the new one and is marked by NULLs. */
static void join(struct es_delta *d, const struct match *m)
{
	struct es_change *was = &d->changes[m->first[OLD]];
	struct es_change *is = &d->changes[m->first[NEW]];

	is->kind = ES_CHANGE_RENAMED;
	is->from = was->path;
	is->old = was->old;
	is->attrs = delta_compare(is->old, is->new);
	was->old = NULL;
}

static void drop_joined(struct es_delta *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (d->changes[i].old || d->changes[i].new)
			d->changes[kept++] = d->changes[i];
	}
	d->n = kept;
}

int delta_renames(struct delta_job *job, struct es_error *err)
{
	ES_CLEANUP(es_strmap_freep) struct es_strmap *map = es_strmap_new();
	ES_CLEANUP(es_freep) struct match *matches = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(1 << 20);
	struct es_delta *d = job->delta;

	/* Everything is added in a first run: nothing to look for. */
	if (es_oid_is_none(&job->root[OLD]) || d->n == 0)
		return 0;
	matches = calloc(d->n, sizeof(*matches));
	if (!map || !matches)
		return es_fail_oom(err);
	struct pairing p = { map, matches, 0 };
	for (size_t i = 0; i < d->n; i++) {
		if (enter(&p, &d->changes[i], i, &key) < 0)
			return es_fail_oom(err);
	}
	for (size_t i = 0; i < p.n; i++) {
		if (matches[i].count[OLD] == 1 && matches[i].count[NEW] == 1)
			join(d, &matches[i]);
	}
	drop_joined(d);
	return 0;
}
