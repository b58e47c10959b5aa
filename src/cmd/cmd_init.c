/* SPDX-License-Identifier: MIT */
/* cmd_init.c - etcsnap init: create repository and key */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/quote.h"

#include <stdio.h>

static const struct es_opt init_opts[] = {
	{ 0, "reset", NULL, "start over; an existing repository is renamed" },
};

static int init_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *old = NULL;
	struct es_session *s = call->session;

	if (call->args.n_operands > 0)
		return es_fail_config(err, "init takes no operands; name the "
					   "repository with --repo");
	if (es_session_init(s, es_opt_has(&call->args, "reset"), &old, err) < 0)
		return err->code;
	if (call->verbosity < 0)
		return ES_EXIT_DONE;
	if (old)
		printf("the old repository is now %s\n", ES_Q(old));
	printf("created %s\n", ES_Q(s->repo_path));
	return ES_EXIT_DONE;
}

const struct es_cmd es_cmd_init = {
	.name = "init",
	.args = "[--reset]",
	.summary = "create the repository and its secret key",
	.needs = 0,
	.writes = true,
	ES_OPTS(init_opts),
	.run = init_run,
};
