/* SPDX-License-Identifier: MIT */
/* cmd_init.c - etcsnap init: create repository and key */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>

static const struct es_opt init_opts[] = {
	{ 0, "reset", NULL, "start over; an existing repository is renamed" },
	{ 0, "sign", NULL, "sign commits from now on; makes the key" },
};

/* Whether there is a repository to which only the signing is to be added. */
static int is_there(const struct es_session *s, struct es_error *err)
{
	ES_CLEANUP(es_store_freep) struct es_store *st = NULL;
	struct es_error why = ES_ERROR_INIT;

	if (es_store_open(&st, s->repo_path, &why) == 0)
		return 1;
	if (why.code == -ENOENT)
		return 0;
	*err = why;
	return err->code;
}

static int make_repository(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *old = NULL;
	struct es_session *s = call->session;

	if (es_session_init(s, es_opt_has(&call->args, "reset"), &old, err) < 0)
		return err->code;
	if (call->verbosity < 0)
		return 0;
	if (old)
		printf("the old repository is now %s\n", ES_Q(old));
	printf("created %s\n", ES_Q(s->repo_path));
	return 0;
}

static int sign_from_now_on(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_signing_dispose) struct es_signing g = { 0 };

	if (es_session_init_signing(&g, call->session, err) < 0)
		return err->code;
	if (call->verbosity < 0)
		return 0;
	printf("%s %s\n", g.made ? "made the key" : "commits are signed with",
	       ES_Q(g.key));
	printf("who may sign stands in %s\n", ES_Q(g.allowed));
	return 0;
}

static int init_run(struct es_call *call, struct es_error *err)
{
	const bool sign = es_opt_has(&call->args, "sign");
	int there = 0;

	if (call->args.n_operands > 0)
		return es_fail_config(err, "init takes no operands; name the "
					   "repository with --repo");
	if (sign && !es_opt_has(&call->args, "reset"))
		there = is_there(call->session, err);
	if (there < 0 || (!there && make_repository(call, err) < 0) ||
	    (sign && sign_from_now_on(call, err) < 0))
		return err->code;
	return ES_EXIT_DONE;
}

const struct es_cmd es_cmd_init = {
	.name = "init",
	.args = "[--reset] [--sign]",
	.summary = "create the repository and its secret key",
	.needs = 0,
	.writes = true,
	ES_OPTS(init_opts),
	.run = init_run,
};
