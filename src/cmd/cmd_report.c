/* SPDX-License-Identifier: MIT */
/* cmd_report.c - etcsnap report: any range of runs, after the fact */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct es_opt report_opts[] = {
	{ 's', "since", "TIME", "from the last run before TIME" },
	{ 'u', "until", "TIME", "up to the last run before TIME" },
	{ 'd', "day", "DAY", "what that day changed" },
	{ 0, "path", "PATH", "only this path and what is below it" },
	{ 0, "min-severity", "SEVERITY", "only what matters so much" },
	{ 0, "tag", "TAG", "only what a rule gives this tag" },
	{ 0, "level", "LEVEL", "brief, normal (the default) or full" },
	{ 0, "format", "FORM", "text, html, json, csv or a template" },
	{ 0, "json", NULL, "the same as --format json" },
	{ 0, "no-patch", NULL, "without the content of files" },
	{ 'o', "output", "FILE", "write there instead" },
	{ 0, "state", NULL, "how the machine is doing now, instead" },
	{ 0, "skip-empty", NULL, "with --state: nothing when all is fine" },
	{ 0, "list", NULL, "list reports that were kept, or print one by id" },
};

/*
 * Last run at or before a time. When the history is younger: its oldest run,
 * or NULL where @oldest is false.
 */
static int run_at(struct es_commit **out, struct es_call *call,
		  const struct es_commit *tip, int64_t when, bool oldest,
		  struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *last = NULL;
	struct es_commit *c = NULL;
	int rc;

	if (es_history_new(&h, call->session->store, es_commit_id(tip), err) <
	    0)
		return err->code;
	while ((rc = es_history_next(h, &c, err)) > 0) {
		if (es_commit_time(c) <= when) {
			*out = c;
			return 0;
		}
		es_commit_free(last);
		last = c;
	}
	if (rc == 0 && oldest)
		*out = es_steal_ptr(&last);
	return rc;
}

static int parse_range(struct es_commit **old, struct es_commit **new,
		       struct es_call *call, const char *text,
		       struct es_error *err)
{
	static const char how[] = "for one path use A..B --path PATH";
	const char *dots = strstr(text, "..");

	if (!dots)
		return es_fail_config(err,
				      "a range is written A..B, not '%s'; "
				      "for one run use 'etcsnap show'",
				      ES_Q(text));
	ES_CLEANUP(es_freep) char *from = strndup(text, (size_t)(dots - text));

	if (!from)
		return es_fail_oom(err);
	const char *to = dots + 2;

	/* a side that is left out is the tip, as git has it */
	if (es_rev_run(old, call, *from ? from : "HEAD", how, err) < 0)
		return err->code;
	return es_rev_run(new, call, *to ? to : "HEAD", how, err);
}

/* Up to when the older end is looked for, and the newer one. */
static int read_times(int64_t *before, int64_t *to, const struct es_args *a,
		      struct es_error *err)
{
	const char *day = es_opt_get(a, "day");
	int64_t when;

	if (!day)
		return es_opt_span(before, to, a, err);
	if (es_clock_parse(&when, day, es_clock_now().tv_sec, err) < 0)
		return err->code;
	*before = es_clock_midnight(when, 0) - 1;
	*to = es_clock_midnight(when, 1) - 1;
	return 0;
}

static int by_time(struct es_commit **old, struct es_commit **new,
		   struct es_call *call, struct es_error *err)
{
	const char *day = es_opt_get(&call->args, "day");
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	int64_t before = 0, to = 0;

	if (read_times(&before, &to, &call->args, err) < 0 ||
	    es_rev_tip(&tip, call, err) < 0 ||
	    run_at(old, call, tip, before, true, err) < 0 ||
	    run_at(new, call, tip, to, false, err) < 0)
		return err->code;
	if (!*new)
		return es_fail_config(
			err, "there was no run up to %s",
			ES_Q(day ? day : es_opt_get(&call->args, "until")));
	/* one run and none before it: there is nothing to compare it with */
	if (es_commit_time(*old) > before &&
	    es_oid_equal(es_commit_id(*old), es_commit_id(*new))) {
		es_commit_free(*old);
		*old = NULL;
	}
	return 0;
}

/* Nothing named: the last run and the one before it. */
static int last_run(struct es_commit **old, struct es_commit **new,
		    struct es_call *call, struct es_error *err)
{
	if (es_rev_tip(new, call, err) < 0)
		return err->code;
	const struct es_oid *parent = es_commit_parent(*new);

	if (es_oid_is_none(parent))
		return 0;
	return es_commit_read(old, call->session->store, parent, err);
}

static int find_range(struct es_commit **old, struct es_commit **new,
		      struct es_call *call, struct es_error *err)
{
	const struct es_args *a = &call->args;
	bool day = es_opt_has(a, "day");
	bool timed = es_opt_has(a, "since") || es_opt_has(a, "until");

	if (a->n_operands + day + timed > 1)
		return es_fail_config(err, "report takes one range: A..B, "
					   "--since and --until, or --day");
	if (a->n_operands == 1)
		return parse_range(old, new, call, a->operands[0], err);
	if (day || timed)
		return by_time(old, new, call, err);
	return last_run(old, new, call, err);
}

static int report_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *old = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *new = NULL;
	const struct es_args *a = &call->args;
	const char **named = NULL;
	char **paths = NULL;
	size_t n_named, n = 0;
	int rc;

	if (es_opt_has(a, "list"))
		return es_report_list(call, err);
	if (es_opt_has(a, "state"))
		return es_report_state(call, err);
	if (es_opt_all(&named, &n_named, a, "path") < 0)
		return es_fail_oom(err);
	rc = es_rev_paths(&paths, &n, (char *const *)(uintptr_t)named, n_named,
			  err);
	if (rc == 0)
		rc = find_range(&old, &new, call, err);
	if (rc == 0) {
		struct es_compare c = {
			.old = old,
			.new = new,
			.paths = (const char *const *)paths,
			.n_paths = n,
			.level = ES_REPORT_NORMAL,
		};

		rc = es_compare_print(call, &c, err);
	}
	es_rev_paths_free(paths, n);
	free(named);
	return rc < 0 ? rc : ES_EXIT_DONE;
}

const struct es_cmd es_cmd_report = {
	.name = "report",
	.args = "[-d DAY | -s TIME | A..B] [--format FORM] [-o FILE]",
	.summary = "what a range of runs changed; default: the last run",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	ES_OPTS(report_opts),
	.run = report_run,
};
