/* SPDX-License-Identifier: MIT */
/* consolidate.c - join many small packs to one, as differences */
#include "config.h"

#include "store/copier_priv.h"
#include "store/lineage_priv.h"
#include "store/pack_list_priv.h"
#include "store/prune_state_priv.h"
#include "store/store_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* So many packs a reader may have to look through. */
#define PACKS_MAX 20
/* And so many stay when there were more. */
#define PACKS_LEFT 8

/* What one consolidation works with. */
struct job {
	struct es_store *st;
	int dir; /* objects/pack */
	struct es_pack_list packs;
	size_t merged; /* the first so many of them are joined */
	struct es_lineage lineage;
	struct es_copier copier;
};

static void job_dispose(struct job *j)
{
	es_pack_list_dispose(&j->packs);
	es_lineage_dispose(&j->lineage);
	es_copier_dispose(&j->copier);
	es_closep(&j->dir);
}

/* ------------------------------------------------------------- which packs */

/* What waits to be removed is no longer there. */
static int forget_doomed(struct job *j, struct es_error *err)
{
	ES_CLEANUP(es_prune_state_dispose) struct es_prune_state state = { 0 };
	size_t n = 0;

	if (es_prune_state_load(&state, j->st, err) < 0)
		return err->code;
	for (size_t i = 0; i < j->packs.n; i++) {
		if (es_prune_state_find(&state, j->packs.items[i].stem))
			free(j->packs.items[i].stem);
		else
			j->packs.items[n++] = j->packs.items[i];
	}
	j->packs.n = n;
	return 0;
}

/* Kept packs last, the others by size. */
static int cmp_size(const void *a, const void *b)
{
	const struct es_pack_item *x = a;
	const struct es_pack_item *y = b;

	if (x->kept != y->kept)
		return x->kept ? 1 : -1;
	return (x->size > y->size) - (x->size < y->size);
}

/*
 * The smallest ones, and every next one until it is at least twice as large
 * as all before it: so each object is written again only when what it lies
 * in has grown to the double, which is seldom.
 */
static void choose(struct job *j)
{
	struct es_pack_list *packs = &j->packs;
	uint64_t sum = 0;
	size_t n = 0;
	size_t k = 0;

	qsort(packs->items, packs->n, sizeof(*packs->items), cmp_size);
	while (n < packs->n && !packs->items[n].kept)
		n++;
	while (k < n && (k + PACKS_LEFT <= packs->n || k < 2 ||
			 packs->items[k].size < 2 * sum))
		sum += packs->items[k++].size;
	j->merged = k < 2 ? 0 : k;
	/* what is older was there first: later content is made from it */
	qsort(packs->items, j->merged, sizeof(*packs->items),
	      es_pack_list_cmp_age);
}

/* ------------------------------------------------------------- the objects */

static int add_item(struct job *j, const struct es_lineage_item *item,
		    struct es_error *err)
{
	const struct es_lineage_item *base =
		item->base ? &j->lineage.items[item->base - 1] : NULL;
	struct es_pack_entry e;
	size_t limit;
	int rc = 0;

	if (es_pack_file_entry(item->pack, item->nth, &e, err) < 0)
		return err->code;
	/* a ring of differences would be lost for ever */
	if (base && base->depth >= item->depth)
		return es_fail(err, -EIO, "the pack's differences are a ring");
	limit = e.raw_len - e.raw_len / 4;
	if (base && e.type < ES_PACK_OFS_DELTA && limit >= 2 * ES_OID_LEN)
		rc = es_copier_delta(&j->copier, &item->id, &base->id, limit,
				     err);
	if (rc == 0)
		rc = es_copier_copy(&j->copier, &e, err);
	return rc < 0 ? rc : 0;
}

/* --------------------------------------------------------------- all of it */

static int begin(struct job *j, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *dir = NULL;

	if (asprintf(&dir, "%s/objects/pack", j->st->path) < 0) {
		dir = NULL;
		return es_fail_oom(err);
	}
	if (es_copier_init(&j->copier, j->st, err) < 0)
		return err->code;
	for (size_t i = 0; i < j->merged; i++) {
		struct es_pack_item *p = &j->packs.items[i];

		if (es_pack_file_open(&p->file, dir, p->stem, err) < 0 ||
		    es_lineage_add(&j->lineage, p->file, err) < 0)
			return err->code;
	}
	return es_lineage_trace(&j->lineage, j->st, err);
}

static int join(struct job *j, struct es_error *err)
{
	for (size_t i = 0; i < j->lineage.n; i++)
		if (add_item(j, &j->lineage.items[i], err) < 0)
			return err->code;
	return es_pack_install(&j->copier.out, err) < 0 ? err->code : 0;
}

/*
 * The new pack has every object of the old ones. Whoever reads finds it when
 * an old one is not there any more: git and libgit2 look again.
 */
static void remove_old(const struct job *j)
{
	/* it may name packs that go */
	unlinkat(j->dir, "multi-pack-index", 0);
	for (size_t i = 0; i < j->merged; i++) {
		const char *stem = j->packs.items[i].stem;

		if (strcmp(stem, j->copier.out.stem) != 0)
			es_pack_list_remove(j->dir, stem);
	}
}

static int open_dir(struct job *j, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *dir = NULL;

	if (asprintf(&dir, "%s/objects/pack", j->st->path) < 0) {
		dir = NULL;
		return es_fail_oom(err);
	}
	j->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(dir));
	return 0;
}

int es_store_consolidate(struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(job_dispose)
	struct job j = {
		.st = st,
		.dir = -1,
	};

	if (es_store_need_lock(st, err) < 0 || open_dir(&j, err) < 0 ||
	    es_pack_list_load(&j.packs, j.dir, err) < 0)
		return err->code;
	/* packs that wait to be removed are looked for when that matters */
	if (j.packs.n > PACKS_MAX && forget_doomed(&j, err) < 0)
		return err->code;
	if (j.packs.n <= PACKS_MAX)
		return 0;
	choose(&j);
	if (j.merged == 0)
		return 0;
	if (begin(&j, err) < 0 || join(&j, err) < 0)
		return es_wrap(err, "cannot join packs");
	remove_old(&j);
	const int rc = git_odb_refresh(st->odb);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read repository '%s'",
				   ES_Q(st->path));
	return 1;
}
