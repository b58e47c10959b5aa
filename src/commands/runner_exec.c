/* SPDX-License-Identifier: MIT */
/* runner_exec.c - a forked process becomes a program with a clean state */
#include "config.h"

#include "commands/runner_priv.h"

#include "etcsnap/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Added to a program's badness: it is to go before those that wait for it. */
#define OOM_SCORE "500"

static void set_limits(void)
{
	struct rlimit no_core = { 0, 0 };
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* Neither is worth failing for. */
	setrlimit(RLIMIT_CORE, &no_core);
	if (fd >= 0) {
		ssize_t n = write(fd, OOM_SCORE, sizeof(OOM_SCORE) - 1);

		(void)n;
		close(fd);
	}
}

static int switch_ids(const struct es_job *job)
{
	if (setgroups(job->n_groups, job->groups) < 0 ||
	    setresgid(job->gid, job->gid, job->gid) < 0 ||
	    setresuid(job->uid, job->uid, job->uid) < 0)
		return -1;
	return 0;
}

__attribute__((noreturn)) static void fail(struct es_outcome *outcome,
					   enum es_job_stage stage)
{
	outcome->error = errno;
	outcome->stage = stage;
	_exit(127);
}

void es_runner_exec(const struct es_job *job, struct es_outcome *outcome,
		    const int fds[3], pid_t keeper)
{
	setsid();
	if (dup2(fds[0], 0) < 0 || dup2(fds[1], 1) < 0 || dup2(fds[2], 2) < 0)
		fail(outcome, ES_JOB_STARTED);
	set_limits();
	es_process_shed(NULL, 0);
	umask(077);
	if (job->switch_ids && switch_ids(job) < 0)
		fail(outcome, ES_JOB_USER);
	if (chdir(job->cwd) < 0)
		fail(outcome, ES_JOB_CWD);
	/* A change of user has cleared this, so it comes late. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(127);
	es_process_signals();
	execve(job->path, job->argv, job->envp);
	fail(outcome, ES_JOB_EXECUTE);
}
