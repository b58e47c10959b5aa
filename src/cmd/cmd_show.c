/* SPDX-License-Identifier: MIT */
/* cmd_show.c - etcsnap show: one run, or one path as it was at a run */
#include "config.h"

#include "cmd/cmd.h"
#include "cmd/shown.h"

static const struct es_opt show_opts[] = {
	{ 0, "format", "FORM", "text, html, json, csv or a template" },
	{ 0, "json", NULL, "the same as --format json" },
	{ 0, "level", "LEVEL", "brief, normal or full (the default)" },
	{ 0, "no-patch", NULL, "without the content of files" },
};

static int show_path(struct es_call *call, const struct es_rev *rev,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);

	if (es_shown_print(&text, call, rev->commit, rev->path, err) < 0)
		return err->code;
	es_pager_start(call);
	if (text.len && fwrite(text.data, 1, text.len, stdout) != text.len)
		return es_fail_errno(err, "cannot write");
	return ES_EXIT_DONE;
}

static int show_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_rev_dispose) struct es_rev rev = { 0 };
	ES_CLEANUP(es_commit_freep) struct es_commit *parent = NULL;
	const struct es_args *a = &call->args;
	struct es_compare c = { 0 };
	const struct es_oid *id;
	int rc;

	if (a->n_operands > 1)
		return es_fail_config(err, "show takes one operand, REV or "
					   "REV:PATH");
	if (a->n_operands == 1)
		rc = es_rev_parse(&rev, call, a->operands[0], err);
	else
		rc = es_rev_tip(&rev.commit, call, err);
	if (rc < 0)
		return rc;
	if (rev.path)
		return show_path(call, &rev, err);
	id = es_commit_parent(rev.commit);
	if (!es_oid_is_none(id) &&
	    es_commit_read(&parent, call->session->store, id, err) < 0)
		return err->code;
	c.old = parent;
	c.new = rev.commit;
	c.level = ES_REPORT_FULL;
	rc = es_compare_print(call, &c, err);
	return rc < 0 ? rc : ES_EXIT_DONE;
}

const struct es_cmd es_cmd_show = {
	.name = "show",
	.args = "[--format FORM] [REV[:PATH]]",
	.summary = "what one run changed, or one path as it was then",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	ES_OPTS(show_opts),
	.run = show_run,
};
