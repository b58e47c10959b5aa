/* SPDX-License-Identifier: MIT */
/* pager.c - send standard output through the pager, as git does */
#include "config.h"

#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The one pager of this process; 0 while there is none. */
static pid_t pager;

static const char *choose(void)
{
	const char *p = getenv("ETCSNAP_PAGER");

	if (!p)
		p = getenv("PAGER");
	if (!p)
		p = "less";
	return *p && strcmp(p, "cat") != 0 ? p : NULL;
}

/*
 * Quit early, as less does by a key: what remains need not be made, but the
 * terminal is the pager's until it has ended. Then die as without a handler.
 */
static void on_pipe(int sig)
{
	/* another signal may cut the wait short */
	for (int i = 0; i < 100 && waitpid(pager, NULL, 0) != pager; i++)
		;
	signal(sig, SIG_DFL);
	raise(sig);
}

/*
 * Run it with @in as its input. What a shell has nothing to do with is run
 * without one, so that a pager that is not there is noticed before anything
 * was written to it.
 */
static pid_t run(const char *command, int in)
{
	bool plain = !strpbrk(command, "|&;<>()$`\\\"' \t\n*?[#~=%");
	char sh[] = "sh";
	char dash_c[] = "-c";
	ES_CLEANUP(es_freep) char *line = strdup(command);
	char *const by_shell[] = { sh, dash_c, line, NULL };
	char *const argv[] = { line, NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid = 0;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (!line || posix_spawnp(&pid, plain ? line : "/bin/sh", &actions,
				  NULL, plain ? argv : by_shell, environ) != 0)
		pid = 0;
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

void es_pager_start(const struct es_call *call)
{
	const char *command = choose();
	int fds[2];

	if (pager || !command || !isatty(STDOUT_FILENO) ||
	    pipe2(fds, O_CLOEXEC) < 0)
		return;
	setenv("LESS", call->cmd->table ? "FRSX" : "FRX", 0);
	/* root's less must not become root's shell by one key */
	if (geteuid() == 0)
		setenv("LESSSECURE", "1", 1);
	pager = run(command, fds[0]);
	if (pager) {
		fflush(stdout);
		dup2(fds[1], STDOUT_FILENO);
		signal(SIGPIPE, on_pipe);
	}
	close(fds[0]);
	close(fds[1]);
}

void es_pager_end(void)
{
	if (!pager)
		return;
	fflush(stdout);
	close(STDOUT_FILENO);
	while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
	pager = 0;
	/* keep descriptor 1 taken, so that no later open() becomes it */
	if (open("/dev/null", O_WRONLY | O_CLOEXEC) < 0)
		return;
}
