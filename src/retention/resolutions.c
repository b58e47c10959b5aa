/* SPDX-License-Identifier: MIT */
/* resolutions.c - one commit for each day or month with changes */
#include "config.h"

#include "etcsnap/retention.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/tree.h"
#include "retention/days_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Runs that a message names before the rest is only counted. */
#define RUNS_MAX 200
/* Most bytes of a message. */
#define MESSAGE_MAX ((size_t)1 << 20)

/* A branch. */
struct resolution {
	const char *name; /* of the branch, and in the trailer */
	enum es_period period;
};

static const struct resolution resolutions[] = {
	{ "daily", ES_PERIOD_DAY },
	{ "monthly", ES_PERIOD_MONTH },
};

/* A commit of main. */
struct past {
	struct es_oid id;
	struct es_oid tree;
	int64_t when;
	int64_t label; /* of the period that it is told in */
	char *subject;
};

/* What is done to one branch. */
struct update {
	struct es_store *st;
	const struct resolution *res;
	const struct es_resolutions_options *options;
	int64_t today; /* label of the period that is not over */
	struct es_oid from;
	struct es_oid tip;
	struct es_oid tree;   /* of the tip */
	struct es_oid source; /* commit of main that the tip tells of */
	int64_t bound;	      /* label of the tip, 0: none */
	struct past *past;    /* the newest first */
	size_t n;
	size_t cap;
	struct es_lane *lane;
	int made;
};

static void update_dispose(struct update *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->past[i].subject);
	free(u->past);
	es_lane_free(u->lane);
}

/* ---------------------------------------------------------------- the past */

static int add_past(struct update *u, const struct es_commit *c,
		    struct es_error *err)
{
	struct past *p;

	if (u->n == u->cap) {
		const size_t cap = u->cap ? 2 * u->cap : 64;

		p = reallocarray(u->past, cap, sizeof(*p));
		if (!p)
			return es_fail_oom(err);
		u->past = p;
		u->cap = cap;
	}
	p = &u->past[u->n];
	*p = (struct past){ .id = *es_commit_id(c),
			    .tree = *es_commit_tree(c),
			    .when = es_commit_time(c),
			    .subject = strdup(es_commit_subject(c)) };
	if (!p->subject)
		return es_fail_oom(err);
	u->n++;
	return 0;
}

/* All commits of main since the one that the tip tells of. */
static int load_past(struct update *u, const struct es_commit *tip,
		     struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	int rc = es_history_new(&h, u->st, es_commit_id(tip), err);

	while (rc >= 0) {
		ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;

		rc = es_history_next(h, &c, err);
		if (rc <= 0 || es_oid_equal(es_commit_id(c), &u->source))
			break;
		rc = add_past(u, c, err);
	}
	return rc < 0 ? rc : 0;
}

/* What was made before the branch's last day, or before all else, was not. */
static int64_t first_label(const struct update *u)
{
	int64_t label = u->bound;

	if (!label && u->n > 0)
		label = es_period_label(u->res->period, u->past[u->n - 1].when);
	return label > u->today ? 0 : label;
}

/*
 * A commit is of the day that it was made on, but never of a later one than
 * those that follow it: a clock that ran ahead was wrong then. One made by a
 * clock that stood in 1970 is of the day of the next.
 */
static void label_past(struct update *u)
{
	const int64_t first = first_label(u);
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < u->n; i++) {
		const int64_t label =
			es_period_label(u->res->period, u->past[i].when);

		if (label < least && label >= first)
			least = label;
		u->past[i].label = least;
	}
}

/* ------------------------------------------------------------- one commit */

/* The tree of a run without what is about the run alone. */
static int strip_run(struct es_oid *out, struct update *u,
		     const struct es_oid *tree, struct es_error *err)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_tree_reader r;
	struct es_tree_entry e;
	int rc;

	if (!b)
		return es_fail_oom(err);
	if (es_store_get(u->st, tree, ES_KIND_TREE, &text, err) < 0)
		return err->code;
	es_tree_open(&r, &text);
	while ((rc = es_tree_next(&r, &e)) > 0) {
		if (e.len == 3 && memcmp(e.name, "run", 3) == 0)
			continue;
		if (es_tree_builder_add(b, e.name, e.len, e.mode, &e.oid) < 0)
			return es_fail_oom(err);
	}
	if (rc < 0)
		return es_fail(err, -EIO, "a tree is broken");
	if (es_tree_builder_write(out, b, u->lane, err) < 0)
		return err->code;
	/* nothing is recorded at all: git's empty tree */
	if (es_oid_is_none(out) &&
	    es_lane_put(out, u->lane, ES_KIND_TREE, "", 0, err) < 0)
		return err->code;
	return 0;
}

/* "10:17" on a day, "21 10:17" in a month. */
static void add_time(struct es_buf *out, const struct update *u, int64_t when)
{
	const size_t skip = u->res->period == ES_PERIOD_DAY ? 11 : 8;
	char text[ES_TIME_LEN];

	es_clock_iso(text, when);
	if (*text == '@')
		es_buf_adds(out, text);
	else
		es_buf_addf(out, "%.*s", (int)(16 - skip), text + skip);
}

/* The runs from @first on, which is the newest, to @last. */
static void add_runs(struct es_buf *out, const struct update *u, size_t first,
		     size_t last)
{
	size_t left = last - first + 1;
	size_t told = 0;

	es_buf_addc(out, '\n');
	for (size_t i = last + 1; i-- > first && told < RUNS_MAX; told++) {
		add_time(out, u, u->past[i].when);
		es_buf_addf(out, " %s\n", u->past[i].subject);
	}
	if (left > told)
		es_buf_addf(out, "… %zu more\n", left - told);
}

static void make_message(struct es_buf *out, const struct update *u,
			 size_t first, size_t last)
{
	const struct past *p = &u->past[first];
	const char *host = u->options->host;
	char period[ES_PERIOD_LEN];
	char hex[ES_OID_HEX + 1];

	es_period_text(period, u->res->period, p->label);
	if (first == last) {
		es_buf_addf(out, "%s: %s\n", period, p->subject);
	} else {
		es_buf_addf(out, "%s: %zu runs with changes on ", period,
			    last - first + 1);
		es_quote_term(out, host, strlen(host));
		es_buf_addc(out, '\n');
	}
	add_runs(out, u, first, last);
	es_buf_addf(out, "\nEtcsnap-Format: %d\nHost: ", ES_FORMAT);
	es_quote_term(out, host, strlen(host));
	es_buf_addf(out, "\nResolution: %s %s\nSource: %s\n", u->res->name,
		    period, es_oid_text(hex, &p->id));
}

static int write_commit(struct update *u, const struct es_oid *tree,
			size_t first, size_t last, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(MESSAGE_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf mail = ES_BUF_INIT(4096);
	const int64_t end = es_period_end(u->res->period, u->past[first].label);

	make_message(&text, u, first, last);
	es_buf_addf(&mail, "etcsnap@%s", u->options->host);
	if (es_buf_check(&text, err) < 0 || es_buf_check(&mail, err) < 0)
		return err->code;

	const struct es_signature who = { "etcsnap", es_buf_str(&mail), end,
					  es_clock_offset(end) };
	const struct es_commit_draft draft = {
		.tree = *tree,
		.parent = u->tip,
		.author = who,
		.committer = who,
		.message = es_buf_str(&text),
		.signer = u->options->signer,
	};

	if (es_commit_write(&u->tip, u->lane, &draft, err) < 0)
		return err->code;
	u->tree = *tree;
	u->made++;
	return 0;
}

/* -------------------------------------------------------------- one branch */

/* What the branch has already; 0 when it does not exist. */
static int load_tip(struct update *u, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;
	const size_t skip = strlen(u->res->name) + 1;
	const char *text;
	int rc = es_store_tip(&u->tip, u->st, u->res->name, err);

	u->from = u->tip;
	if (rc <= 0 || es_commit_read(&c, u->st, &u->tip, err) < 0)
		return rc <= 0 ? rc : err->code;
	u->tree = *es_commit_tree(c);
	text = es_commit_trailer(c, "Source", 0);
	if (text && strlen(text) == ES_OID_HEX)
		(void)es_unhex(u->source.id, text, ES_OID_LEN);
	text = es_commit_trailer(c, "Resolution", 0);
	if (text && strlen(text) > skip)
		u->bound = es_period_parse(u->res->period, text + skip);
	/* the clock was ahead when this was told: it bounds nothing */
	if (u->bound > u->today)
		u->bound = 0;
	return 1;
}

/* A commit for each period that is over; what was told stays told. */
static int write_commits(struct update *u, struct es_error *err)
{
	size_t last = u->n; /* the oldest that is still to be told, + 1 */

	for (size_t i = u->n; i-- > 0;) {
		struct es_oid tree;

		/* those of a period are told by the newest of them */
		if (i > 0 && u->past[i - 1].label == u->past[i].label)
			continue;
		if (u->past[i].label >= u->today)
			break;
		if (strip_run(&tree, u, &u->past[i].tree, err) < 0)
			return err->code;
		if (!es_oid_equal(&tree, &u->tree) &&
		    write_commit(u, &tree, i, last - 1, err) < 0)
			return err->code;
		last = i;
	}
	return 0;
}

/*
 * Nothing is to be told when the last commit of main is what the branch has
 * told, or when all is again as it was then.
 */
static int is_told(struct update *u, const struct es_commit *tip,
		   struct es_error *err)
{
	struct es_oid tree;

	if (es_oid_equal(&u->source, es_commit_id(tip)))
		return 1;
	if (es_period_label(u->res->period, es_commit_time(tip)) >= u->today)
		return 0;
	if (strip_run(&tree, u, es_commit_tree(tip), err) < 0)
		return err->code;
	return es_oid_equal(&tree, &u->tree);
}

static int update_branch(struct update *u, const struct es_commit *tip,
			 struct es_error *err)
{
	int rc = load_tip(u, err);

	if (rc >= 0)
		rc = es_lane_new(&u->lane, u->st, err);
	if (rc >= 0)
		rc = is_told(u, tip, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (load_past(u, tip, err) < 0)
		return err->code;
	label_past(u);
	if (write_commits(u, err) < 0)
		return err->code;
	if (u->made == 0)
		return 0;
	if (es_store_install(u->st, err) < 0 ||
	    es_store_move(u->st, u->res->name, &u->tip, &u->from, err) < 0)
		return err->code;
	return u->made;
}

/*
 * Every run makes what is owing before its own commit. So nothing is owing
 * when the newest was begun and made today: only a run across midnight makes
 * one that owes the day on which it began. Nor is it known what is owing when
 * it was made in the future.
 */
static bool is_of_today(const struct es_commit *tip, enum es_period period,
			int64_t today)
{
	const char *started = es_commit_trailer(tip, "Started", 0);

	return es_period_label(period, es_commit_time(tip)) >= today &&
	       (!started || es_period_parse(period, started) >= today);
}

int es_resolutions_update(struct es_store *st, const struct es_commit *tip,
			  const struct es_resolutions_options *options,
			  struct es_error *err)
{
	const size_t n = sizeof(resolutions) / sizeof(*resolutions);
	int made = 0;

	for (size_t i = 0; i < n; i++) {
		ES_CLEANUP(update_dispose)
		struct update u = { .st = st,
				    .res = &resolutions[i],
				    .options = options };

		u.today = es_period_label(u.res->period, options->now);
		/* days that were owing for long may end months as well */
		if (u.today == 0 || (!options->all && made == 0 &&
				     is_of_today(tip, u.res->period, u.today)))
			continue;
		const int rc = update_branch(&u, tip, err);
		if (rc <= 0)
			es_store_discard(st);
		if (rc < 0)
			return es_wrap(err, "branch %s", u.res->name);
		made += rc;
	}
	return made;
}
