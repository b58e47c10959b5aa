/* SPDX-License-Identifier: MIT */
/* cmd_git.c - etcsnap git: standard git on the repository */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A git hook or alias that calls us hands down where its own repository is;
 * none of that may lead git away from ours.
 */
static void forget_other_repository(void)
{
	static const char *const names[] = {
		"GIT_DIR",
		"GIT_COMMON_DIR",
		"GIT_WORK_TREE",
		"GIT_INDEX_FILE",
		"GIT_OBJECT_DIRECTORY",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_NAMESPACE",
		"GIT_PREFIX",
		"GIT_SHALLOW_FILE",
		"GIT_GRAFT_FILE",
		"GIT_REPLACE_REF_BASE",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
}

static int git_run(struct es_call *call, struct es_error *err)
{
	const struct es_args *a = &call->args;
	const char *path = es_store_path(call->session->store);
	ES_CLEANUP(es_freep)
	char **argv = calloc(a->n_operands + 3, sizeof(*argv));
	ES_CLEANUP(es_freep) char *dir = NULL;
	char git[] = "git";

	if (!argv || asprintf(&dir, "--git-dir=%s", path) < 0)
		return es_fail_oom(err);
	argv[0] = git;
	argv[1] = dir;
	for (size_t i = 0; i < a->n_operands; i++)
		argv[2 + i] = a->operands[i];
	fflush(stdout);
	forget_other_repository();
	execvp("git", argv);
	return es_fail(err, -errno, "cannot run git: %s; is it installed?",
		       strerror(errno));
}

const struct es_cmd es_cmd_git = {
	.name = "git",
	.args = "ARG …",
	.summary = "run git on the repository",
	.needs = ES_NEED_STORE,
	.raw = true,
	.run = git_run,
};
