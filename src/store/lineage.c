/* SPDX-License-Identifier: MIT */
/* lineage.c - objects of several packs, and what each was made from */
#include "config.h"

#include "store/commit_priv.h"
#include "store/lineage_priv.h"
#include "store/store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Most differences up to a whole object; reading one reads all of them. Where
 * whole objects are large, as the manifest of ten thousand files, more of
 * them are worth the time.
 */
#define DEPTH_MAX 20
#define DEPTH_MAX_LARGE 50
#define LARGE ((uint64_t)64 << 10)
/* Chains that another program made may be as long as git allows. */
#define CHAIN_MAX 4096
/* Deepest directory whose trees are compared. */
#define TREE_DEPTH 128

void es_lineage_dispose(struct es_lineage *l)
{
	free(l->items);
	free(l->slots);
	*l = (struct es_lineage){ 0 };
}

/* ------------------------------------------------------------- the table */

/* Index + 1 of an object, or 0; *@at is its slot or the free one. */
static uint32_t find(const struct es_lineage *l, const struct es_oid *id,
		     size_t *at)
{
	uint32_t h;

	if (!l->n_slots)
		return 0;
	memcpy(&h, id->id, sizeof(h));
	for (size_t i = h & (l->n_slots - 1);; i = (i + 1) & (l->n_slots - 1)) {
		*at = i;
		if (!l->slots[i] ||
		    es_oid_equal(&l->items[l->slots[i] - 1].id, id))
			return l->slots[i];
	}
}

static int reserve(struct es_lineage *l, size_t more)
{
	size_t want = l->n + more;
	size_t n_slots = l->n_slots ? l->n_slots : 1024;
	struct es_lineage_item *items;
	uint32_t *slots;

	if (want >= UINT32_MAX)
		return -ENOMEM;
	if (want > l->cap) {
		items = reallocarray(l->items, want, sizeof(*items));
		if (!items)
			return -ENOMEM;
		l->items = items;
		l->cap = want;
	}
	while (n_slots < 2 * want)
		n_slots *= 2;
	if (n_slots == l->n_slots)
		return 0;
	slots = calloc(n_slots, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(l->slots);
	l->slots = slots;
	l->n_slots = n_slots;
	for (size_t i = 0; i < l->n; i++) {
		size_t at = 0;

		(void)find(l, &l->items[i].id, &at);
		l->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

static int missing_base(const struct es_oid *id, struct es_error *err)
{
	char hex[ES_OID_HEX + 1];

	return es_fail(err, -EIO,
		       "object %s lacks what it was made from; run 'etcsnap "
		       "git fsck'",
		       es_oid_text(hex, id));
}

/*
 * Bases of the differences that came with a pack: all are in that pack. What
 * something is made from already is never made from anything itself, so that
 * depths fall strictly towards the base and no chain can become a ring.
 */
static int link_bases(struct es_lineage *l, size_t first, struct es_error *err)
{
	struct es_pack_entry e;
	size_t at;

	for (size_t i = first; i < l->n; i++) {
		struct es_lineage_item *item = &l->items[i];

		if (item->type < ES_PACK_OFS_DELTA)
			continue;
		if (es_pack_file_entry(item->pack, item->nth, &e, err) < 0)
			return err->code;
		item->base = find(l, &e.base, &at);
		if (!item->base)
			return missing_base(&item->id, err);
	}
	return 0;
}

static void fix_bases(struct es_lineage *l, size_t first)
{
	for (size_t i = first; i < l->n; i++)
		if (l->items[i].base)
			l->items[l->items[i].base - 1].fixed = true;
}

/* Their depths. A base may stand behind what is made from it. */
static int measure(struct es_lineage *l, size_t first, struct es_error *err)
{
	for (size_t i = first; i < l->n; i++) {
		unsigned int depth = 0;
		size_t k = i;

		while (l->items[k].base && !l->items[k].fixed) {
			k = l->items[k].base - 1;
			if (++depth > CHAIN_MAX)
				return missing_base(&l->items[i].id, err);
		}
		depth += l->items[k].depth;
		for (k = i; l->items[k].base && !l->items[k].fixed;
		     k = l->items[k].base - 1, depth--) {
			l->items[k].depth = (uint16_t)depth;
			l->items[k].fixed = true;
		}
	}
	return 0;
}

int es_lineage_add(struct es_lineage *l, const struct es_pack_file *pack,
		   struct es_error *err)
{
	const size_t first = l->n;
	const size_t n = es_pack_file_count(pack);
	struct es_pack_entry e;

	if (reserve(l, n) < 0)
		return es_fail_oom(err);
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;

		if (es_pack_file_entry(pack, i, &e, err) < 0)
			return err->code;
		if (find(l, &e.id, &at))
			continue;
		l->items[l->n++] = (struct es_lineage_item){
			.id = e.id,
			.pack = pack,
			.nth = (uint32_t)i,
			.type = (uint8_t)e.type,
			.size = e.size,
		};
		l->slots[at] = (uint32_t)l->n;
	}
	if (link_bases(l, first, err) < 0 || measure(l, first, err) < 0)
		return err->code;
	fix_bases(l, first);
	return 0;
}

/* ------------------------------------------------------------- the history */

/* @is is what became of @was. */
static void pair(struct es_lineage *l, const struct es_oid *was,
		 const struct es_oid *is)
{
	size_t at;
	const uint32_t base = find(l, was, &at);
	const uint32_t item = find(l, is, &at);
	struct es_lineage_item *b;
	struct es_lineage_item *i;

	if (!base || !item || base == item)
		return;
	b = &l->items[base - 1];
	i = &l->items[item - 1];
	/*
	 * What something was made from stays as it is, lest content that
	 * comes back become the base of its own base.
	 */
	b->fixed = true;
	if (i->fixed)
		return;
	i->fixed = true;
	if (b->depth >= (i->size < LARGE ? DEPTH_MAX : DEPTH_MAX_LARGE))
		return;
	i->base = base;
	i->depth = (uint16_t)(b->depth + 1);
}

static int pair_trees(struct es_lineage *l, struct es_store *st,
		      const struct es_oid *was, const struct es_oid *is,
		      int depth, struct es_error *err);

/* Pair the entries of two trees by their names; both are in git's order. */
static int pair_entries(struct es_lineage *l, struct es_store *st,
			const struct es_buf *was, const struct es_buf *is,
			int depth, struct es_error *err)
{
	struct es_tree_reader a;
	struct es_tree_reader b;
	struct es_tree_entry old;
	struct es_tree_entry new;
	int more;

	es_tree_open(&a, was);
	es_tree_open(&b, is);
	more = es_tree_next(&a, &old);
	while (es_tree_next(&b, &new) > 0) {
		while (more > 0 && es_tree_entry_cmp(&old, &new) < 0)
			more = es_tree_next(&a, &old);
		if (more <= 0 || es_tree_entry_cmp(&old, &new) != 0 ||
		    es_oid_equal(&old.oid, &new.oid))
			continue;
		if (new.mode != ES_MODE_TREE)
			pair(l, &old.oid, &new.oid);
		else if (pair_trees(l, st, &old.oid, &new.oid, depth + 1, err) <
			 0)
			return err->code;
	}
	return 0;
}

static int pair_trees(struct es_lineage *l, struct es_store *st,
		      const struct es_oid *was, const struct es_oid *is,
		      int depth, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (depth > TREE_DEPTH)
		return 0;
	pair(l, was, is);
	if (es_store_get(st, was, ES_KIND_TREE, &a, err) < 0 ||
	    es_store_get(st, is, ES_KIND_TREE, &b, err) < 0)
		return err->code;
	return pair_entries(l, st, &a, &b, depth, err);
}

static int trace_commit(struct es_lineage *l, struct es_store *st,
			const struct es_oid *id, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *is = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *was = NULL;

	if (es_commit_load(&is, st, id, err) < 0)
		return err->code;
	if (es_oid_is_none(&is->parent))
		return 0;
	if (es_commit_load(&was, st, &is->parent, err) < 0)
		return err->code;
	return pair_trees(l, st, &was->tree, &is->tree, 0, err);
}

int es_lineage_trace(struct es_lineage *l, struct es_store *st,
		     struct es_error *err)
{
	for (size_t i = 0; i < l->n; i++) {
		int rc = 0;

		if (l->items[i].type == ES_KIND_COMMIT)
			rc = trace_commit(l, st, &l->items[i].id, err);
		/* its parent was pruned, or never got that far */
		if (rc == -ENOENT)
			*err = (struct es_error)ES_ERROR_INIT;
		else if (rc < 0)
			return rc;
	}
	return 0;
}
