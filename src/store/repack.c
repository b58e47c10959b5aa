/* SPDX-License-Identifier: MIT */
/* repack.c - every object of a repository, in one table */
#include "config.h"

#include "store/repack_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------- the table */

/* The slot of an id, or the free one where it belongs. */
static struct es_repack_slot *slot_of(const struct es_repack *r,
				      const struct es_oid *id)
{
	uint64_t h;

	memcpy(&h, id->id, sizeof(h));
	for (size_t i = h & (r->n_slots - 1);; i = (i + 1) & (r->n_slots - 1)) {
		struct es_repack_slot *s = &r->slots[i];
		struct es_oid at;

		memcpy(at.id, s->id, ES_OID_LEN);
		if (es_oid_equal(&at, id) || es_oid_is_none(&at))
			return s;
	}
}

struct es_repack_slot *es_repack_find(const struct es_repack *r,
				      const struct es_oid *id)
{
	struct es_repack_slot *s;
	struct es_oid at;

	if (!r->n_slots || es_oid_is_none(id))
		return NULL;
	s = slot_of(r, id);
	memcpy(at.id, s->id, ES_OID_LEN);
	return es_oid_is_none(&at) ? NULL : s;
}

bool es_repack_is_kept(const struct es_repack *r, const struct es_oid *id,
		       int last)
{
	const struct es_repack_slot *s = es_repack_find(r, id);
	const uint32_t rank = s ? s->rank & ~ES_REPACK_STAYS : 0;

	return rank > 0 && rank <= (uint32_t)last;
}

static void add_object(struct es_repack *r, const struct es_oid *id,
		       uint64_t size)
{
	struct es_repack_slot *s;
	struct es_oid at;

	if (es_oid_is_none(id))
		return;
	s = slot_of(r, id);
	memcpy(at.id, s->id, ES_OID_LEN);
	/* of several copies the first counts */
	if (!es_oid_is_none(&at))
		return;
	memcpy(s->id, id->id, ES_OID_LEN);
	s->size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
}

static int make_table(struct es_repack *r, struct es_error *err)
{
	size_t n = r->loose.n;

	for (size_t i = 0; i < r->packs.n; i++)
		n += es_pack_file_count(r->packs.items[i].file);
	if (n >= UINT32_MAX / 2)
		return es_fail(err, -EFBIG, "too many objects in '%s'",
			       ES_Q(r->st->path));
	r->n_slots = 1024;
	while (r->n_slots < n + n / 4)
		r->n_slots *= 2;
	r->slots = calloc(r->n_slots, sizeof(*r->slots));
	if (!r->slots) {
		es_fail_oom(err);
		return -ENOMEM;
	}
	return 0;
}

static void add_pack(struct es_repack *r, const struct es_pack_file *f)
{
	const size_t n = es_pack_file_count(f);
	struct es_oid id;

	for (size_t i = 0; i < n; i++) {
		const uint64_t size = es_pack_file_id(f, i, &id);

		add_object(r, &id, size + ES_REPACK_INDEX);
	}
	es_pack_file_rest(f);
}

static int fill_table(struct es_repack *r, struct es_error *err)
{
	if (make_table(r, err) < 0)
		return err->code;
	/* what waits to be removed counts last */
	for (int doomed = 0; doomed < 2; doomed++) {
		for (size_t i = 0; i < r->packs.n; i++)
			if (r->packs.items[i].doomed == doomed)
				add_pack(r, r->packs.items[i].file);
		for (size_t i = 0; i < r->loose.n; i++)
			if (r->loose.items[i].doomed == doomed)
				add_object(r, &r->loose.items[i].id,
					   r->loose.items[i].size);
	}
	return 0;
}

/* ------------------------------------------------------------ begin and end */

/* Objects of ours that live elsewhere may vanish there, or be ours alone. */
static int refuse_alternates(const struct es_repack *r, struct es_error *err)
{
	struct stat sb;

	if (fstatat(r->objects, "info/alternates", &sb, 0) < 0 || !sb.st_size)
		return 0;
	return es_fail(
		err, -ENOTSUP,
		"repository '%s' borrows objects "
		"(objects/info/alternates); run 'etcsnap git repack -ad' "
		"and remove that file",
		ES_Q(r->st->path));
}

static int open_dirs(struct es_repack *r, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *dir = NULL;

	if (asprintf(&dir, "%s/objects", r->st->path) < 0) {
		dir = NULL;
		return es_fail_oom(err);
	}
	r->objects = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->objects >= 0)
		r->dir = openat(r->objects, "pack",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(dir));
	return refuse_alternates(r, err);
}

static int list_objects(struct es_repack *r, struct es_error *err)
{
	if (es_prune_state_load(&r->state, r->st, err) < 0 ||
	    es_pack_list_load(&r->packs, r->dir, err) < 0 ||
	    es_loose_list_load(&r->loose, r->objects, &r->state, err) < 0)
		return err->code;
	for (size_t i = 0; i < r->packs.n; i++)
		r->packs.items[i].doomed =
			!r->packs.items[i].kept &&
			es_prune_state_find(&r->state, r->packs.items[i].stem);
	/* what was first is what later things were made from */
	if (r->packs.n)
		qsort(r->packs.items, r->packs.n, sizeof(*r->packs.items),
		      es_pack_list_cmp_age);
	return 0;
}

static int open_packs(struct es_repack *r, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *dir = NULL;

	if (asprintf(&dir, "%s/objects/pack", r->st->path) < 0) {
		dir = NULL;
		return es_fail_oom(err);
	}
	for (size_t i = 0; i < r->packs.n; i++) {
		struct es_pack_item *p = &r->packs.items[i];

		if (es_pack_file_open(&p->file, dir, p->stem, err) < 0)
			return err->code;
	}
	return 0;
}

static int load(struct es_repack *r, struct es_error *err)
{
	if (es_store_need_lock(r->st, err) < 0 || open_dirs(r, err) < 0 ||
	    list_objects(r, err) < 0 || open_packs(r, err) < 0 ||
	    es_shallow_load(&r->shallow, r->st, err) < 0)
		return err->code;
	return fill_table(r, err);
}

int es_repack_new(struct es_repack **out, struct es_store *st,
		  struct es_error *err)
{
	ES_CLEANUP(es_repack_freep) struct es_repack *r = calloc(1, sizeof(*r));

	if (!r)
		return es_fail_oom(err);
	r->st = st;
	r->dir = r->objects = -1;
	r->buf = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	if (load(r, err) < 0)
		return err->code;
	*out = es_steal_ptr(&r);
	return 0;
}

void es_repack_free(struct es_repack *r)
{
	if (!r)
		return;
	es_pack_list_dispose(&r->packs);
	free(r->loose.items);
	es_prune_state_dispose(&r->state);
	es_shallow_dispose(&r->shallow);
	free(r->slots);
	free(r->edges);
	free(r->todo);
	free(r->parents);
	es_buf_dispose(&r->buf);
	es_closep(&r->dir);
	es_closep(&r->objects);
	free(r);
}

/* ------------------------------------------------------------ small answers */

uint64_t es_repack_bytes(const struct es_repack *r)
{
	uint64_t sum = 0;
	struct es_oid id;

	for (size_t i = 0; i < r->packs.n; i++) {
		const struct es_pack_file *f = r->packs.items[i].file;
		const size_t n = es_pack_file_count(f);

		for (size_t k = 0; k < n && !r->packs.items[i].doomed; k++)
			sum += es_pack_file_id(f, k, &id) + ES_REPACK_INDEX;
	}
	for (size_t i = 0; i < r->loose.n; i++)
		sum += r->loose.items[i].doomed ? 0 : r->loose.items[i].size;
	return sum;
}

int es_repack_last(int64_t *out, bool *due, struct es_store *st, int64_t now,
		   struct es_error *err)
{
	ES_CLEANUP(es_prune_state_dispose) struct es_prune_state state = { 0 };

	if (es_prune_state_load(&state, st, err) < 0)
		return err->code;
	*out = state.pruned;
	*due = false;
	for (size_t i = 0; i < state.n; i++)
		*due |= state.items[i].since + ES_REPACK_WAIT <= now;
	return 0;
}

int es_repack_nothing(struct es_store *st, int64_t now, struct es_error *err)
{
	ES_CLEANUP(es_prune_state_dispose) struct es_prune_state state = { 0 };

	if (es_store_need_lock(st, err) < 0 ||
	    es_prune_state_load(&state, st, err) < 0)
		return err->code;
	state.pruned = now;
	return es_prune_state_save(&state, st, err);
}

int es_repack_size(uint64_t *size, uint64_t *waiting, struct es_store *st,
		   struct es_error *err)
{
	struct es_repack r = { .st = st, .dir = -1, .objects = -1 };
	uint64_t sums[2] = { 0, 0 };
	int rc = open_dirs(&r, err);

	/* whoever borrows objects can be told how large the rest is */
	if (rc == -ENOTSUP)
		*err = (struct es_error)ES_ERROR_INIT;
	if (rc == -ENOTSUP || rc == 0)
		rc = list_objects(&r, err);
	for (size_t i = 0; rc == 0 && i < r.packs.n; i++)
		sums[r.packs.items[i].doomed] += r.packs.items[i].disk;
	for (size_t i = 0; rc == 0 && i < r.loose.n; i++)
		sums[r.loose.items[i].doomed] += r.loose.items[i].size;
	es_pack_list_dispose(&r.packs);
	free(r.loose.items);
	es_prune_state_dispose(&r.state);
	es_closep(&r.dir);
	es_closep(&r.objects);
	if (rc < 0)
		return rc;
	*size = sums[0];
	*waiting = sums[1];
	return 0;
}
