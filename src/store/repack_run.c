/* SPDX-License-Identifier: MIT */
/* repack_run.c - what stays into a new pack, the rest away a day later */
#include "config.h"

#include "store/copier_priv.h"
#include "store/repack_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* Longest chain of differences that is believed. */
#define CHAIN_MAX 100000u
/* Objects that are copied before memory is given back. */
#define REST ((size_t)4096)

/* One es_repack_run(). */
struct run {
	struct es_repack *r;
	int last;
	int64_t now;
	struct es_repack_totals *totals;
	bool *replaced; /* packs, by their number */
	size_t n_due;
	struct es_copier copier;
};

static void run_dispose(struct run *u)
{
	free(u->replaced);
	es_copier_dispose(&u->copier);
}

/* ---------------------------------------------------------------- decide */

/* Objects of a pack that nothing needs; their bytes are added up. */
static size_t count_dropped(const struct run *u, const struct es_pack_file *f,
			    uint64_t *bytes)
{
	const size_t n = es_pack_file_count(f);
	size_t dropped = 0;
	struct es_oid id;

	for (size_t i = 0; i < n; i++) {
		const uint64_t size = es_pack_file_id(f, i, &id);

		if (es_repack_is_kept(u->r, &id, u->last))
			continue;
		dropped++;
		*bytes += size + ES_REPACK_INDEX;
	}
	return dropped;
}

static void mark_staying(const struct run *u, const struct es_pack_file *f)
{
	const size_t n = es_pack_file_count(f);
	struct es_repack_slot *s;
	struct es_oid id;

	for (size_t i = 0; i < n; i++) {
		es_pack_file_id(f, i, &id);
		s = es_repack_find(u->r, &id);
		if (s)
			s->rank |= ES_REPACK_STAYS;
	}
}

static void judge_pack(struct run *u, size_t i)
{
	const struct es_pack_item *p = &u->r->packs.items[i];
	uint64_t bytes = 0;
	size_t n;

	if (p->doomed)
		return;
	u->totals->before += p->disk;
	n = p->kept ? 0 : count_dropped(u, p->file, &bytes);
	u->totals->dropped += n;
	u->totals->freed += bytes;
	u->replaced[i] = n > 0;
	if (n == 0)
		mark_staying(u, p->file);
}

static void count_loose(struct run *u)
{
	for (size_t i = 0; i < u->r->loose.n; i++) {
		const struct es_loose *l = &u->r->loose.items[i];

		if (l->doomed)
			continue;
		u->totals->before += l->size;
		if (es_repack_is_kept(u->r, &l->id, u->last))
			continue;
		u->totals->dropped++;
		u->totals->freed += l->size;
	}
}

static int decide(struct run *u, struct es_error *err)
{
	const struct es_repack *r = u->r;

	u->replaced = calloc(r->packs.n + 1, sizeof(*u->replaced));
	if (!u->replaced)
		return es_fail_oom(err);
	for (size_t i = 0; i < r->packs.n; i++)
		judge_pack(u, i);
	count_loose(u);
	for (size_t i = 0; i < r->n_slots; i++) {
		const uint32_t rank = r->slots[i].rank & ~ES_REPACK_STAYS;

		u->totals->objects += rank > 0 && rank <= (uint32_t)u->last;
	}
	u->totals->after = u->totals->before - u->totals->freed;
	return 0;
}

/* ------------------------------------------------------------------- copy */

/* One pack that is copied from. */
struct source {
	struct es_pack_file *file;
	uint32_t *bases; /* see es_pack_file_bases() */
	bool *wanted;
	size_t n_wanted;
};

static void source_dispose(struct source *s)
{
	free(s->bases);
	free(s->wanted);
}

static bool is_wanted(const struct run *u, const struct es_oid *id)
{
	const struct es_repack_slot *s = es_repack_find(u->r, id);

	return s && !(s->rank & ES_REPACK_STAYS) && s->rank > 0 &&
	       s->rank <= (uint32_t)u->last;
}

static int find_wanted(struct source *s, const struct run *u,
		       struct es_error *err)
{
	const size_t n = es_pack_file_count(s->file);
	struct es_oid id;

	s->wanted = calloc(n + 1, sizeof(*s->wanted));
	if (!s->wanted)
		return es_fail_oom(err);
	for (size_t i = 0; i < n; i++) {
		es_pack_file_id(s->file, i, &id);
		s->wanted[i] = is_wanted(u, &id);
		s->n_wanted += s->wanted[i];
	}
	if (s->n_wanted == 0)
		return 0;
	s->bases = reallocarray(NULL, n + 1, sizeof(*s->bases));
	if (!s->bases)
		return es_fail_oom(err);
	return es_pack_file_bases(s->file, s->bases, err);
}

/*
 * What an object was made from, or what that was made from, and so on: the
 * first that is copied too. Return: its number + 1, 0 when there is none.
 */
static uint32_t next_wanted(const struct source *s, uint32_t base)
{
	for (unsigned int i = 0; base && i < CHAIN_MAX; i++) {
		if (s->wanted[base - 1])
			return base;
		base = s->bases[base - 1];
	}
	return 0;
}

/* What it was made from goes, so it is made from something else. */
static int copy_orphan(struct run *u, const struct source *s,
		       const struct es_oid *id, uint32_t base,
		       struct es_error *err)
{
	struct es_oid from;
	int rc = 0;

	if (es_pack_has(&u->copier.out, id))
		return 0;
	if (base) {
		es_pack_file_id(s->file, base - 1, &from);
		rc = es_copier_delta(&u->copier, id, &from, 0, err);
	}
	return rc ? rc : es_copier_whole(&u->copier, id, err);
}

static int copy_one(struct run *u, const struct source *s, size_t i,
		    struct es_error *err)
{
	const uint32_t base = next_wanted(s, s->bases[i]);
	struct es_pack_entry e;
	struct es_oid id;

	if (base != s->bases[i]) {
		es_pack_file_id(s->file, i, &id);
		return copy_orphan(u, s, &id, base, err);
	}
	if (es_pack_file_entry(s->file, i, &e, err) < 0)
		return err->code;
	return es_copier_copy(&u->copier, &e, err);
}

static int copy_pack(struct run *u, struct es_pack_file *file,
		     struct es_error *err)
{
	ES_CLEANUP(source_dispose) struct source s = { .file = file };
	const size_t n = es_pack_file_count(file);
	size_t copied = 0;

	if (find_wanted(&s, u, err) < 0)
		return err->code;
	for (size_t i = 0; s.n_wanted > 0 && i < n; i++) {
		if (!s.wanted[i])
			continue;
		if (copy_one(u, &s, i, err) < 0)
			return err->code;
		if (++copied % REST == 0)
			es_pack_file_rest(file);
	}
	es_pack_file_rest(file);
	return 0;
}

static int copy_loose(struct run *u, struct es_error *err)
{
	for (size_t i = 0; i < u->r->loose.n; i++) {
		const struct es_oid *id = &u->r->loose.items[i].id;

		if (is_wanted(u, id) && !es_pack_has(&u->copier.out, id) &&
		    es_copier_whole(&u->copier, id, err) < 0)
			return err->code;
	}
	return 0;
}

/*
 * Packs that are replaced, oldest first; then those that wait: a run that
 * found an object in one of them did not write it again.
 */
static int copy_all(struct run *u, struct es_error *err)
{
	const struct es_pack_list *packs = &u->r->packs;

	es_copier_dispose(&u->copier);
	if (es_copier_init(&u->copier, u->r->st, err) < 0)
		return err->code;
	for (int doomed = 0; doomed < 2; doomed++)
		for (size_t i = 0; i < packs->n; i++) {
			const struct es_pack_item *p = &packs->items[i];

			if (p->file && (doomed ? p->doomed : u->replaced[i]) &&
			    copy_pack(u, p->file, err) < 0)
				return err->code;
		}
	if (copy_loose(u, err) < 0 || es_pack_install(&u->copier.out, err) < 0)
		return err->code;
	const int rc = git_odb_refresh(u->r->st->odb);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read repository '%s'",
				   ES_Q(u->r->st->path));
	return 0;
}

/* ------------------------------------------------------------------ remove */

/* Git renews the time of what it would write and finds there. */
static bool is_due(const struct run *u, const struct es_doomed *d,
		   int64_t mtime)
{
	const int64_t age = u->now - mtime;

	return d && d->since + ES_REPACK_WAIT <= u->now &&
	       (age < 0 || age >= ES_REPACK_WAIT);
}

static const struct es_doomed *doom_of(const struct run *u,
				       const struct es_loose *l)
{
	char hex[ES_OID_HEX + 1];

	return es_prune_state_find(&u->r->state, es_oid_text(hex, &l->id));
}

static bool is_pack_due(const struct run *u, const struct es_pack_item *p)
{
	return p->doomed && strcmp(p->stem, u->copier.out.stem) != 0 &&
	       is_due(u, es_prune_state_find(&u->r->state, p->stem),
		      p->mtime.tv_sec);
}

static void remove_due(struct run *u)
{
	const struct es_repack *r = u->r;

	for (size_t i = 0; i < r->packs.n; i++) {
		const struct es_pack_item *p = &r->packs.items[i];

		if (!is_pack_due(u, p))
			continue;
		u->totals->removed += p->disk;
		es_pack_list_remove(r->dir, p->stem);
	}
	for (size_t i = 0; i < r->loose.n; i++) {
		const struct es_loose *l = &r->loose.items[i];

		if (!is_due(u, doom_of(u, l), l->mtime))
			continue;
		u->totals->removed += l->size;
		es_loose_list_remove(r->objects, &l->id);
	}
}

/* --------------------------------------------------------------- remember */

/* Whether something is remembered from now on, and since when. */
static int doom(struct run *u, struct es_prune_state *out, const char *name,
		uint64_t bytes, struct es_error *err)
{
	const struct es_doomed *was = es_prune_state_find(&u->r->state, name);
	/* a clock that was put back must not make it wait for years */
	const int64_t since = was && was->since < u->now ? was->since : u->now;

	u->totals->waiting += bytes;
	u->totals->replaced += !was;
	return es_prune_state_add(out, name, since) < 0 ? es_fail_oom(err) : 0;
}

static int doom_packs(struct run *u, struct es_prune_state *out,
		      struct es_error *err)
{
	for (size_t i = 0; i < u->r->packs.n; i++) {
		const struct es_pack_item *p = &u->r->packs.items[i];

		if ((!p->doomed && !u->replaced[i]) || is_pack_due(u, p) ||
		    strcmp(p->stem, u->copier.out.stem) == 0)
			continue;
		if (doom(u, out, p->stem, p->disk, err) < 0)
			return err->code;
	}
	return 0;
}

/*
 * What is kept is in a pack by now. What is not kept and new may be somebody's
 * who is about to make a commit of it.
 */
static int doom_loose(struct run *u, struct es_prune_state *out,
		      struct es_error *err)
{
	char hex[ES_OID_HEX + 1];

	for (size_t i = 0; i < u->r->loose.n; i++) {
		const struct es_loose *l = &u->r->loose.items[i];
		const int64_t age = u->now - l->mtime;

		if (is_due(u, doom_of(u, l), l->mtime) ||
		    (!l->doomed && age >= 0 && age < ES_REPACK_WAIT))
			continue;
		if (doom(u, out, es_oid_text(hex, &l->id), l->size, err) < 0)
			return err->code;
	}
	return 0;
}

static int remember(struct run *u, bool dry, struct es_error *err)
{
	ES_CLEANUP(es_prune_state_dispose)
	struct es_prune_state state = { .pruned = u->now };

	if (doom_packs(u, &state, err) < 0 || doom_loose(u, &state, err) < 0)
		return err->code;
	return dry ? 0 : es_prune_state_save(&state, u->r->st, err);
}

/* -------------------------------------------------------------- all of it */

static void count_due(struct run *u)
{
	for (size_t i = 0; i < u->r->packs.n; i++)
		u->n_due += is_pack_due(u, &u->r->packs.items[i]);
	for (size_t i = 0; i < u->r->loose.n; i++) {
		const struct es_loose *l = &u->r->loose.items[i];

		u->n_due += is_due(u, doom_of(u, l), l->mtime);
	}
}

/* From here on nothing needs what was cut away. */
static int cut(struct run *u, struct es_error *err)
{
	const int rc = es_repack_cut(u->r, u->last, false, err);

	if (rc < 0)
		return rc;
	u->totals->moved |= rc > 0;
	if (rc == 0 && u->totals->dropped == 0 && u->n_due == 0)
		return 0;
	return es_repack_forget(u->r, u->last, err);
}

static bool is_replaced(const struct run *u, const struct es_oid *id)
{
	for (size_t i = 0; i < u->r->packs.n; i++)
		if (u->replaced[i] &&
		    es_pack_file_has(u->r->packs.items[i].file, id))
			return true;
	return false;
}

/* Whether something that stays is in no pack but those that wait. */
static bool is_needed(const struct run *u, const struct es_pack_file *f)
{
	const size_t n = es_pack_file_count(f);
	struct es_oid id;

	for (size_t i = 0; i < n; i++) {
		es_pack_file_id(f, i, &id);
		if (is_wanted(u, &id) && !is_replaced(u, &id))
			return true;
	}
	return false;
}

/* Removed files take room as long as somebody has them open. */
static int let_go(struct run *u, struct es_error *err)
{
	for (size_t i = 0; i < u->r->packs.n; i++) {
		struct es_pack_item *p = &u->r->packs.items[i];

		if (is_pack_due(u, p)) {
			es_pack_file_free(p->file);
			p->file = NULL;
		}
	}
	return es_store_reopen(u->r->st, err);
}

/*
 * No room for the new pack: what waits and may go makes some, once the
 * boundary is where nothing of it can be needed.
 */
static int make_room(struct run *u, struct es_error *err)
{
	struct es_error first = *err;
	uint64_t removed = u->totals->removed;

	for (size_t i = 0; i < u->r->packs.n; i++) {
		const struct es_pack_item *p = &u->r->packs.items[i];

		if (p->doomed && is_needed(u, p->file))
			return err->code;
	}
	*err = (struct es_error)ES_ERROR_INIT;
	/* the half of it that was written takes room too */
	es_copier_dispose(&u->copier);
	if (u->n_due == 0 || cut(u, err) < 0) {
		*err = first;
		return err->code;
	}
	remove_due(u);
	if (u->totals->removed == removed) {
		*err = first;
		return err->code;
	}
	return let_go(u, err);
}

static int write_pack(struct run *u, struct es_error *err)
{
	int rc = copy_all(u, err);

	if (rc == -ENOSPC && make_room(u, err) == 0)
		rc = copy_all(u, err);
	return rc < 0 ? es_wrap(err, "cannot write what stays") : 0;
}

static int apply(struct run *u, struct es_error *err)
{
	struct es_repack_totals *t = u->totals;
	uint64_t waiting;

	if (write_pack(u, err) < 0 || cut(u, err) < 0)
		return err->code;
	t->removed = 0;
	remove_due(u);
	if (remember(u, false, err) < 0)
		return err->code;
	return es_repack_size(&t->after, &waiting, u->r->st, err);
}

int es_repack_run(struct es_repack *r, int last, int64_t now, bool dry,
		  struct es_repack_totals *out, struct es_error *err)
{
	struct es_repack_totals totals = { 0 };
	ES_CLEANUP(run_dispose)
	struct run u = { .r = r, .last = last, .now = now, .totals = &totals };
	int rc;

	if (decide(&u, err) < 0)
		return err->code;
	count_due(&u);
	if (!dry) {
		rc = apply(&u, err);
	} else {
		rc = es_repack_cut(r, last, true, err);
		totals.moved = rc > 0;
		if (rc >= 0)
			rc = remember(&u, true, err);
	}
	if (rc < 0)
		return rc;
	*out = totals;
	return 0;
}
