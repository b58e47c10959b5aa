/* SPDX-License-Identifier: MIT */
/* prune.c - let go what no branch has to keep */
#include "config.h"

#include "retention/days_priv.h"
#include "retention/retention_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A clock that jumped so far may be wrong: by itself nothing goes that day. */
#define JUMP ((int64_t)30 * 24 * 60 * 60)

/* One es_retention_prune(). */
struct prune {
	struct es_store *st;
	const struct es_prune_options *options;
	struct es_prune_result *result;
	struct es_plan plan;
	struct es_repack *repack;
	bool shorten;
	uint64_t room; /* bytes that what stays may have, 0: any number */
	uint64_t kept; /* bytes that the ranks so far need */
	int last;      /* last rank that stays */
};

static void prune_dispose(struct prune *p)
{
	es_plan_dispose(&p->plan);
	es_repack_free(p->repack);
}

void es_prune_dispose(struct es_prune_result *r)
{
	for (size_t i = 0; i < r->n_rows; i++) {
		free(r->rows[i].name);
		free(r->rows[i].rule);
		free(r->rows[i].note);
	}
	free(r->rows);
	*r = (struct es_prune_result){ 0 };
}

/* ------------------------------------------------------------- what stays */

static int reach(struct prune *p, const struct es_oid *id, bool whole,
		 struct es_error *err)
{
	uint64_t bytes = 0;
	const int rank = es_repack_reach(p->repack, id, whole, &bytes, err);

	if (rank < 0)
		return rank;
	p->last = rank;
	p->kept += bytes;
	return 0;
}

/* References without a rule first: nothing of them ever goes. */
static int reach_roots(struct prune *p, struct es_error *err)
{
	const struct es_plan *plan = &p->plan;

	for (int whole = 1; whole >= 0; whole--)
		for (size_t i = 0; i < plan->n_roots; i++)
			if ((plan->roots[i].kind == ES_ROOT_WHOLE) == whole &&
			    reach(p, &plan->roots[i].id, whole, err) < 0)
				return es_wrap(err, "%s",
					       ES_Q(plan->roots[i].name));
	for (size_t i = 0; i < ES_CHAINS; i++)
		if (plan->chains[i].n > 0 &&
		    reach(p, &plan->chains[i].commits[0].id, false, err) < 0)
			return err->code;
	return 0;
}

/* Of all chains the newest commit that is left, up to @limit of each. */
static struct es_chain *next_chain(struct es_plan *plan, bool kept)
{
	struct es_chain *best = NULL;

	for (size_t i = 0; i < ES_CHAINS; i++) {
		struct es_chain *c = &plan->chains[i];

		if (c->at < (kept ? c->kept : c->n) &&
		    (!best ||
		     c->commits[c->at].when > best->commits[best->at].when))
			best = c;
	}
	return best;
}

/* Where room is short the oldest go, whatever branch they are of. */
static int shorten(struct prune *p, struct es_error *err)
{
	for (size_t i = 0; i < ES_CHAINS; i++) {
		struct es_chain *c = &p->plan.chains[i];

		if (c->at >= c->kept || c->n == 0)
			continue;
		c->kept = c->at > 0 ? c->at : 1;
		es_buf_reset(&c->note);
		es_buf_adds(&c->note, "shortened to max_repo_size");
		if (es_buf_check(&c->note, err) < 0)
			return err->code;
	}
	return 0;
}

static int reach_chains(struct prune *p, struct es_error *err)
{
	struct es_chain *c;

	for (size_t i = 0; i < ES_CHAINS; i++)
		p->plan.chains[i].at = p->plan.chains[i].n > 0;
	while ((c = next_chain(&p->plan, true))) {
		const struct es_oid *id = &c->commits[c->at].id;
		const uint64_t before = p->kept;
		const int last = p->last;

		if (reach(p, id, false, err) < 0)
			return err->code;
		if (p->room && p->kept > p->room) {
			c->freed += p->kept - before;
			p->kept = before;
			p->last = last;
			return shorten(p, err);
		}
		c->at++;
	}
	return 0;
}

/* What those that go would need, branch by branch. */
static int weigh_rest(struct prune *p, struct es_error *err)
{
	struct es_chain *c;

	for (size_t i = 0; i < ES_CHAINS; i++)
		p->plan.chains[i].at = p->plan.chains[i].kept;
	while ((c = next_chain(&p->plan, false))) {
		uint64_t bytes = 0;

		if (es_repack_reach(p->repack, &c->commits[c->at].id, false,
				    &bytes, err) < 0)
			return err->code;
		c->freed += bytes;
		c->at++;
	}
	return 0;
}

/* ------------------------------------------------------------------- rows */

static struct es_prune_row *new_row(struct es_prune_result *r, const char *name,
				    const char *rule, const char *note)
{
	struct es_prune_row *row =
		reallocarray(r->rows, r->n_rows + 1, sizeof(*row));

	if (!row)
		return NULL;
	r->rows = row;
	row = &r->rows[r->n_rows++];
	*row = (struct es_prune_row){ .name = strdup(name),
				      .rule = strdup(rule),
				      .note = strdup(note) };
	return row->name && row->rule && row->note ? row : NULL;
}

/* What decided, with who holds more than that. */
static int note_holder(struct es_chain *c, struct es_error *err)
{
	if (c->held && c->kept < c->n)
		es_buf_addf(&c->note, "%skept by %s", c->note.len ? "; " : "",
			    c->holder);
	return es_buf_check(&c->note, err);
}

static int add_chain_row(struct es_prune_result *r, struct es_chain *c,
			 struct es_error *err)
{
	struct es_prune_row *row;

	if (c->n == 0)
		return 0;
	if (note_holder(c, err) < 0)
		return err->code;
	row = new_row(r, c->name, c->rule, es_buf_str(&c->note));
	if (!row)
		return es_fail_oom(err);
	row->drop = es_chain_drops(c);
	row->keep = c->n - row->drop;
	row->oldest = c->commits[(c->held ? c->n : c->kept) - 1].when;
	row->freed = c->freed;
	return 0;
}

/* Tags may be many, as may channels: they are counted. */
static int add_root_rows(struct es_prune_result *r, const struct es_plan *plan,
			 struct es_error *err)
{
	static const struct {
		enum es_root_kind kind;
		const char *name;
	} singles[] = {
		{ ES_ROOT_TAG, "tags" },
		{ ES_ROOT_SINGLE, "refs/etcsnap" },
		{ ES_ROOT_REMOTE, "refs/remotes" },
	};
	uint64_t n[ES_ROOT_KINDS] = { 0 };

	for (size_t i = 0; i < plan->n_roots; i++) {
		const struct es_root *root = &plan->roots[i];

		n[root->kind]++;
		if (root->kind == ES_ROOT_WHOLE &&
		    !new_row(r, root->name, "forever",
			     "not a branch with a rule"))
			return es_fail_oom(err);
	}
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		const uint64_t count = n[singles[i].kind];
		struct es_prune_row *row;

		if (count == 0)
			continue;
		row = new_row(r, singles[i].name, "forever", "");
		if (!row)
			return es_fail_oom(err);
		row->keep = count;
	}
	return 0;
}

static int add_rows(struct prune *p, struct es_error *err)
{
	for (size_t i = 0; i < ES_CHAINS; i++)
		if (add_chain_row(p->result, &p->plan.chains[i], err) < 0)
			return err->code;
	return add_root_rows(p->result, &p->plan, err);
}

/* -------------------------------------------------------------- all of it */

/* Whether there is more than there should be. */
static int look_at_size(struct prune *p, const struct es_conf *conf,
			struct es_error *err)
{
	const uint64_t limit =
		(uint64_t)es_conf_number(conf, ES_CONF_RETENTION_MAX_REPO_SIZE);
	uint64_t size;
	uint64_t waiting;

	p->result->limit = limit;
	if (!limit)
		return 0;
	if (es_repack_size(&size, &waiting, p->st, err) < 0)
		return err->code;
	p->result->over = size > limit;
	p->result->totals.after = size;
	p->shorten = p->result->over &&
		     es_conf_number(conf, ES_CONF_RETENTION_SHORTEN);
	return 0;
}

/*
 * Files have more bytes than their objects, and what is a difference to what
 * goes will be stored anew. Many small packs become one: not all counts.
 */
static void make_room(struct prune *p)
{
	const uint64_t size = p->result->totals.after;
	const uint64_t tenth = p->result->limit / 10;
	const uint64_t objects = es_repack_bytes(p->repack);
	const uint64_t more = size > objects ? size - objects : 0;

	p->room = p->result->limit - tenth - (more < tenth ? more : tenth);
}

static int prune_planned(struct prune *p, struct es_error *err)
{
	const struct es_prune_options *o = p->options;
	struct es_prune_result *r = p->result;

	if (es_repack_new(&p->repack, p->st, err) < 0)
		return err->code;
	if (p->shorten)
		make_room(p);
	if (reach_roots(p, err) < 0 || reach_chains(p, err) < 0)
		return err->code;

	const int last = p->last;
	if (o->detail && weigh_rest(p, err) < 0)
		return err->code;
	if (es_repack_run(p->repack, last, o->now, o->dry, &r->totals, err) <
		    0 ||
	    add_rows(p, err) < 0)
		return err->code;
	r->over = r->limit && r->totals.after > r->limit;
	r->done = true;
	return 0;
}

static void keep_all(struct es_plan *plan)
{
	for (size_t i = 0; i < ES_CHAINS; i++)
		plan->chains[i].kept = plan->chains[i].n;
}

int es_retention_prune(struct es_prune_result *out, struct es_store *st,
		       const struct es_conf *conf,
		       const struct es_prune_options *options,
		       struct es_error *err)
{
	ES_CLEANUP(prune_dispose)
	struct prune p = { .st = st, .options = options, .result = out };
	int64_t pruned;
	bool due;

	*out = (struct es_prune_result){ 0 };
	if (es_plan_make(&p.plan, st, conf, options->now, err) < 0 ||
	    look_at_size(&p, conf, err) < 0)
		return err->code;
	/* nothing was ever recorded: what there is is a beginning */
	if (p.plan.chains[0].n == 0)
		return 0;
	if (options->automatic && !p.shorten && !es_plan_is_worth(&p.plan)) {
		if (es_repack_last(&pruned, &due, st, options->now, err) < 0)
			return err->code;
		if (!due)
			return es_repack_nothing(st, options->now, err);
		/* only to remove what waited, not to make more wait */
		keep_all(&p.plan);
	}
	return prune_planned(&p, err);
}

/* ---------------------------------------------------------- after a commit */

static void add_notice(struct es_buf *notice, const char *text)
{
	es_buf_addf(notice, "%s%s", notice->len ? "; " : "", text);
}

/* Whole megabytes where there are enough of them. */
static void add_size(struct es_buf *out, uint64_t bytes)
{
	const bool large = bytes >> 20 >= 10;

	es_buf_addf(out, "%llu %s",
		    (unsigned long long)(large ? bytes >> 20 : bytes >> 10),
		    large ? "MB" : "KB");
}

void es_prune_tell_size(struct es_buf *out, const struct es_prune_result *r)
{
	es_buf_adds(out, "the repository has ");
	add_size(out, r->totals.after);
	es_buf_adds(out, ", and max_repo_size is ");
	add_size(out, r->limit);
}

/*
 * The first commit of a day. A clock that ran ahead, or back, is given a day
 * to be put right before anything goes by it.
 */
static int auto_prune(struct es_prune_result *r, struct es_store *st,
		      const struct es_conf *conf, int64_t now,
		      struct es_error *err)
{
	const struct es_prune_options o = { .now = now, .automatic = true };
	int64_t last;
	bool due;

	if (es_repack_last(&last, &due, st, now, err) < 0)
		return err->code;
	if (last && es_period_label(ES_PERIOD_DAY, last) ==
			    es_period_label(ES_PERIOD_DAY, now))
		return 0;
	if (!last || now < last || now - last > JUMP)
		return es_repack_nothing(st, now, err);
	return es_retention_prune(r, st, conf, &o, err);
}

void es_retention_auto(struct es_store *st, const struct es_conf *conf,
		       int64_t now, struct es_buf *notice)
{
	ES_CLEANUP(es_prune_dispose) struct es_prune_result r = { 0 };
	struct es_error err = ES_ERROR_INIT;

	if (!es_conf_number(conf, ES_CONF_RETENTION_PRUNE))
		return;
	if (auto_prune(&r, st, conf, now, &err) == 0) {
		if (r.over) {
			add_notice(notice, "");
			es_prune_tell_size(notice, &r);
		}
		return;
	}
	add_notice(notice, "cannot prune: ");
	es_buf_addf(notice, "%s; the next run tries again", err.msg);
}
