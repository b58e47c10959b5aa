/* SPDX-License-Identifier: MIT */
/* cmd_diff.c - etcsnap diff: two runs, or a run and the live system */
#include "config.h"

#include "cmd/cmd.h"

#include <string.h>

static const struct es_opt diff_opts[] = {
	{ 0, "format", "FORM", "text, html, json, csv or a template" },
	{ 0, "json", NULL, "the same as --format json" },
	{ 0, "level", "LEVEL", "brief, normal or full (the default)" },
	{ 0, "no-patch", NULL, "without the content of files" },
	{ 'f', "full", NULL, "read every file of the live system again" },
};

/*
 * Operands before "--" are revisions; one that begins with '/', or names a
 * text of a run, is a path, so that "etcsnap diff /etc/hosts" does what it says.
 */
static size_t count_revisions(const struct es_args *a)
{
	size_t n = 0;

	while (n < a->dashes && n < 2 && a->operands[n][0] != '/' &&
	       !es_rev_names_text(a->operands[n]))
		n++;
	return n;
}

static int with_live(struct es_call *call, struct es_compare *c,
		     struct es_error *err)
{
	struct es_progress progress;
	struct es_cycle_result r = { 0 };
	struct es_cycle_options o = {
		.dry = true,
		.full = es_opt_has(&call->args, "full"),
		.trigger = "diff",
		.paths = c->paths,
		.n_paths = c->n_paths,
		.progress = es_progress_step,
		.payload = &progress,
	};
	int rc;

	/* commands, facts and findings are looked at by whole runs alone */
	for (size_t i = 0; i < c->n_paths; i++)
		if (es_rev_is_text(c->paths[i]))
			o.n_paths = 0;
	es_progress_begin(&progress, call);
	rc = es_cycle_run(&r, call->session, &o, err);
	es_progress_end(&progress);
	if (rc == 0) {
		c->live = r.tree;
		rc = es_compare_print(call, c, err);
	}
	es_cycle_dispose(&r);
	return rc;
}

static int diff_run(struct es_call *call, struct es_error *err)
{
	static const char how[] = "diff takes the path as an operand of its "
				  "own: REV REV PATH";
	ES_CLEANUP(es_commit_freep) struct es_commit *old = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *new = NULL;
	const struct es_args *args = &call->args;
	size_t revs = count_revisions(args);
	struct es_compare c = { 0 };
	char **paths = NULL;
	size_t n = 0;
	int rc;

	if (revs > 0)
		rc = es_rev_run(&old, call, args->operands[0], how, err);
	else
		rc = es_rev_tip(&old, call, err);
	if (rc == 0 && revs > 1)
		rc = es_rev_run(&new, call, args->operands[1], how, err);
	if (rc < 0 || es_rev_paths(&paths, &n, args->operands + revs,
				   args->n_operands - revs, err) < 0)
		return err->code;
	c.old = old;
	c.new = new;
	c.paths = (const char *const *)paths;
	c.n_paths = n;
	c.level = ES_REPORT_FULL;
	rc = c.new ? es_compare_print(call, &c, err) : with_live(call, &c, err);
	es_rev_paths_free(paths, n);
	return rc;
}

const struct es_cmd es_cmd_diff = {
	.name = "diff",
	.args = "[-f] [--format FORM] [REV [REV]] [--] [PATH …]",
	.summary = "what differs between two runs, or now (exit 1 if any)",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	ES_OPTS(diff_opts),
	.run = diff_run,
};
