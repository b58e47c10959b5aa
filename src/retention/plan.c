/* SPDX-License-Identifier: MIT */
/* plan.c - how far back each branch reaches by its rule */
#include "config.h"

#include "retention/retention_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* By itself it is worth while once what goes is such a part of what stays. */
#define WORTH 10

static const struct {
	const char *name;
	enum es_conf_id rule;
} branches[ES_CHAINS] = {
	{ "main", ES_CONF_RETENTION_MAIN },
	{ "daily", ES_CONF_RETENTION_DAILY },
	{ "monthly", ES_CONF_RETENTION_MONTHLY },
};

/* Commits of a clock that ran ahead. Where most of them are later than now, it
 * is rather now that is wrong, and nothing may go by it. */
static size_t count_ahead(const int64_t *times, size_t n, int64_t now)
{
	size_t ahead = 0;

	for (size_t i = 0; i < n; i++)
		ahead += times[i] > now;
	return ahead < n - ahead ? ahead : 0;
}

/* Nothing in the middle goes: the oldest that is young enough decides. */
size_t es_retention_count(const struct es_keep *keep, const int64_t *times,
			  size_t n, int64_t now)
{
	const int64_t last = count_ahead(times, n, now) ? now : INT64_MAX;
	size_t kept = n > 0;

	if (keep->forever)
		return n;
	if (keep->count > kept)
		kept = keep->count < n ? (size_t)keep->count : n;
	for (size_t i = n; keep->seconds > 0 && i > kept; i--)
		if (times[i - 1] >= now - keep->seconds && times[i - 1] <= last)
			kept = i;
	return kept;
}

/* ----------------------------------------------------------------- chains */

static int add_commit(struct es_chain *c, const struct es_commit *commit,
		      struct es_error *err)
{
	if (c->n == c->cap) {
		const size_t cap = c->cap ? 2 * c->cap : 256;
		struct es_chain_commit *more =
			reallocarray(c->commits, cap, sizeof(*more));

		if (!more)
			return es_fail_oom(err);
		c->commits = more;
		c->cap = cap;
	}
	c->commits[c->n++] = (struct es_chain_commit){ *es_commit_id(commit),
						       es_commit_time(commit) };
	return 0;
}

static int load_chain(struct es_chain *c, struct es_store *st,
		      struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_oid tip;
	int rc = es_store_tip(&tip, st, c->name, err);

	if (rc > 0)
		rc = es_history_new(&h, st, &tip, err) < 0 ? err->code : 1;
	while (rc > 0) {
		ES_CLEANUP(es_commit_freep) struct es_commit *commit = NULL;

		rc = es_history_next(h, &commit, err);
		if (rc > 0 && add_commit(c, commit, err) < 0)
			return err->code;
	}
	return rc < 0 ? rc : 0;
}

/* @ahead: set to how many play no part, since they are later than now */
static size_t count_by(const struct es_chain *c, const struct es_keep *keep,
		       int64_t now, size_t *ahead, struct es_error *err)
{
	int64_t *times = reallocarray(NULL, c->n + 1, sizeof(*times));
	size_t kept;

	*ahead = 0;
	if (!times) {
		es_fail_oom(err);
		return c->n;
	}
	for (size_t i = 0; i < c->n; i++)
		times[i] = c->commits[i].when;
	kept = es_retention_count(keep, times, c->n, now);
	*ahead = keep->seconds ? count_ahead(times, c->n, now) : 0;
	free(times);
	return kept;
}

static int make_chain(struct es_chain *c, struct es_store *st,
		      const struct es_conf *conf, size_t i, int64_t now,
		      struct es_error *err)
{
	size_t ahead;

	c->name = branches[i].name;
	c->rule = es_conf_text(conf, branches[i].rule);
	c->note = (struct es_buf)ES_BUF_INIT(1 << 16);
	/* an empty value is none */
	if (!*c->rule)
		c->rule = es_conf_table(branches[i].rule)->fallback;
	if (es_keep_parse(&c->keep, c->rule, err) < 0 ||
	    load_chain(c, st, err) < 0)
		return err->code;
	c->kept = count_by(c, &c->keep, now, &ahead, err);
	if (ahead)
		es_buf_addf(&c->note, "%zu later than now", ahead);
	return err->code;
}

/* ------------------------------------------------------------------ roots */

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool has_rule(const char *name)
{
	for (size_t i = 0; i < ES_CHAINS; i++)
		if (begins(name, "refs/heads/") &&
		    strcmp(name + strlen("refs/heads/"), branches[i].name) == 0)
			return true;
	return false;
}

static enum es_root_kind kind_of(const char *name)
{
	if (begins(name, "refs/tags/"))
		return ES_ROOT_TAG;
	if (begins(name, "refs/remotes/"))
		return ES_ROOT_REMOTE;
	if (begins(name, "refs/etcsnap/") || !begins(name, "refs/"))
		return ES_ROOT_SINGLE;
	return ES_ROOT_WHOLE;
}

static int add_root(void *plan, const char *name, const struct es_oid *oid,
		    struct es_error *err)
{
	struct es_plan *p = plan;
	struct es_root *more;

	if (has_rule(name))
		return 0;
	if (p->n_roots == p->cap_roots) {
		const size_t cap = p->cap_roots ? 2 * p->cap_roots : 32;

		more = reallocarray(p->roots, cap, sizeof(*more));
		if (!more)
			return es_fail_oom(err);
		p->roots = more;
		p->cap_roots = cap;
	}
	p->roots[p->n_roots] =
		(struct es_root){ strdup(name), *oid, kind_of(name) };
	return p->roots[p->n_roots++].name ? 0 : es_fail_oom(err);
}

/* Place of a commit in a chain, its length when it is not there. */
static size_t place_of(const struct es_chain *c, const struct es_oid *id)
{
	size_t i = 0;

	while (i < c->n && !es_oid_equal(&c->commits[i].id, id))
		i++;
	return i;
}

/* A chain that somebody's branch was made from is held from there on. What is
 * no branch of commits, or is broken, is left to those who follow it. */
static int hold_by(struct es_plan *p, struct es_store *st,
		   const struct es_root *root, struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_error why = ES_ERROR_INIT;
	int rc = es_history_new(&h, st, &root->id, &why);

	while (rc >= 0) {
		ES_CLEANUP(es_commit_freep) struct es_commit *commit = NULL;

		rc = es_history_next(h, &commit, &why);
		if (rc <= 0)
			break;
		for (size_t i = 0; i < ES_CHAINS; i++) {
			struct es_chain *c = &p->chains[i];
			const size_t held =
				c->n - place_of(c, es_commit_id(commit));

			if (held <= c->held)
				continue;
			c->held = held;
			c->holder = root->name;
			return 0;
		}
	}
	return rc == -ENOMEM ? es_fail_oom(err) : 0;
}

static int hold_chains(struct es_plan *p, struct es_store *st,
		       struct es_error *err)
{
	for (size_t i = 0; i < p->n_roots; i++)
		if (p->roots[i].kind == ES_ROOT_WHOLE &&
		    hold_by(p, st, &p->roots[i], err) < 0)
			return err->code;
	return 0;
}

size_t es_chain_drops(const struct es_chain *c)
{
	const size_t rest = c->n - c->kept;

	return c->held < rest ? rest - c->held : 0;
}

/* ---------------------------------------------------------------- backlog */

/* Commits from the newest to the one that a channel was told last. */
static size_t count_untold(const struct es_chain *main,
			   const struct es_oid *told)
{
	const size_t place = place_of(main, told);

	/* cut away already, or never there: all that there is is news */
	return place < main->n ? place + 1 : main->n;
}

/* The channel that a reference says was told something, if there is one. */
static const char *channel_of(const struct es_root *r,
			      const struct es_conf *conf)
{
	static const char *const kinds[] = {
		"refs/etcsnap/delivered/late/",
		"refs/etcsnap/delivered/main/",
		"refs/etcsnap/delivered/urgent/",
	};
	const char *const *names;
	size_t n;

	names = es_conf_names(conf, "channel", &n);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t i = 0; i < n && begins(r->name, kinds[k]); i++)
			if (!strcmp(r->name + strlen(kinds[k]), names[i]))
				return names[i];
	return NULL;
}

/*
 * What a channel has not been told waits for it, but not for ever. The commit
 * that it was told last stays in any case; its reference sees to that.
 */
static int wait_for_channels(struct es_plan *p, const struct es_conf *conf,
			     int64_t now, struct es_error *err)
{
	const struct es_keep keep = {
		.seconds = es_conf_number(conf, ES_CONF_RETENTION_MAX_BACKLOG),
	};
	struct es_chain *main = &p->chains[0];
	size_t ahead;
	const size_t most = count_by(main, &keep, now, &ahead, err);

	for (size_t i = 0; i < p->n_roots && keep.seconds > 0; i++) {
		const struct es_root *r = &p->roots[i];
		const char *channel = channel_of(r, conf);
		const size_t untold = channel ? count_untold(main, &r->id) : 0;
		const size_t wanted = untold < most ? untold : most;

		if (wanted <= main->kept)
			continue;
		main->kept = wanted;
		es_buf_reset(&main->note);
		es_buf_addf(&main->note, "waits for channel %s", channel);
	}
	return err->code;
}

int es_plan_make(struct es_plan *p, struct es_store *st,
		 const struct es_conf *conf, int64_t now, struct es_error *err)
{
	for (size_t i = 0; i < ES_CHAINS; i++)
		if (make_chain(&p->chains[i], st, conf, i, now, err) < 0)
			return err->code;
	if (es_repack_refs(st, add_root, p, err) < 0 ||
	    hold_chains(p, st, err) < 0)
		return err->code;
	return wait_for_channels(p, conf, now, err);
}

void es_plan_dispose(struct es_plan *p)
{
	for (size_t i = 0; i < ES_CHAINS; i++) {
		free(p->chains[i].commits);
		es_buf_dispose(&p->chains[i].note);
	}
	for (size_t i = 0; i < p->n_roots; i++)
		free(p->roots[i].name);
	free(p->roots);
	*p = (struct es_plan){ 0 };
}

bool es_plan_is_worth(const struct es_plan *p)
{
	for (size_t i = 0; i < ES_CHAINS; i++) {
		const struct es_chain *c = &p->chains[i];
		const size_t drops = es_chain_drops(c);

		if (drops * WORTH > c->n - drops)
			return true;
	}
	return false;
}
