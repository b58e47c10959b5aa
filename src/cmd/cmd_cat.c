/* SPDX-License-Identifier: MIT */
/* cmd_cat.c - etcsnap cat: one file as it was at a run */
#include "config.h"

#include "cmd/cmd.h"
#include "cmd/shown.h"

static int cat_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_rev_dispose) struct es_rev rev = { 0 };
	ES_CLEANUP(es_buf_dispose)
	struct es_buf data = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_args *a = &call->args;

	if (a->n_operands != 1)
		return es_fail_config(err, "cat takes one operand, REV:PATH");
	if (es_rev_parse(&rev, call, a->operands[0], err) < 0)
		return err->code;
	if (!rev.path)
		return es_fail_config(err, "cat takes REV:PATH, for example "
					   "HEAD:/etc/hosts");
	if (es_shown_read(&data, call, rev.commit, rev.path, err) < 0)
		return err->code;
	if (data.len && fwrite(data.data, 1, data.len, stdout) != data.len)
		return es_fail_errno(err, "cannot write");
	return ES_EXIT_DONE;
}

const struct es_cmd es_cmd_cat = {
	.name = "cat",
	.args = "REV:PATH",
	.summary = "print one file as it was at a run",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	.run = cat_run,
};
