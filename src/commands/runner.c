/* SPDX-License-Identifier: MIT */
/* runner.c - run programs beside ourselves: the side of the caller */
#include "config.h"

#include "commands/runner_priv.h"

#include "etcsnap/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_fds(struct es_runner *r, struct es_error *err)
{
	r->output = memfd_create("etcsnap-commands", MFD_CLOEXEC);
	if (r->output < 0 || es_process_lift(&r->output, 2) < 0)
		return es_fail_errno(err, "cannot make a file in memory");
	r->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (r->null < 0 || es_process_lift(&r->null, 2) < 0)
		return es_fail_errno(err, "cannot open '/dev/null'");
	if (pipe2(r->lifeline, O_CLOEXEC) < 0 ||
	    es_process_lift(&r->lifeline[0], 2) < 0 ||
	    es_process_lift(&r->lifeline[1], 2) < 0)
		return es_fail_errno(err, "cannot make a pipe");
	return 0;
}

/* The outcomes stand at the beginning of the file that gets the outputs. */
static int map_outcomes(struct es_runner *r, struct es_error *err)
{
	uint64_t at = r->n * sizeof(*r->outcomes);
	void *shared;

	r->regions = calloc(r->n, sizeof(*r->regions));
	if (!r->regions || ftruncate(r->output, (off_t)at) < 0)
		return es_fail_oom(err);
	shared = mmap(NULL, (size_t)at, PROT_READ | PROT_WRITE, MAP_SHARED,
		      r->output, 0);
	if (shared == MAP_FAILED)
		return es_fail_oom(err);
	r->outcomes = shared;
	for (size_t i = 0; i < r->n; i++) {
		r->regions[i] = at;
		at += r->jobs[i].max_output * ES_RUNNER_STREAMS;
	}
	return 0;
}

int es_runner_new(struct es_runner **out, const struct es_job *jobs, size_t n,
		  struct es_error *err)
{
	ES_CLEANUP(es_runner_freep)
	struct es_runner *r = calloc(1, sizeof(*r));

	if (!r)
		return es_fail_oom(err);
	r->jobs = jobs;
	r->n = n;
	r->output = r->null = r->lifeline[0] = r->lifeline[1] = -1;
	if (open_fds(r, err) < 0 || map_outcomes(r, err) < 0)
		return err->code;
	*out = es_steal_ptr(&r);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const int *left = a;
	const int *right = b;

	return (*left > *right) - (*left < *right);
}

/* The keeper has nothing of ours: no terminal, no lock, no pipe that somebody
 * waits for. */
__attribute__((noreturn)) static void be_keeper(struct es_runner *r,
						const int *keep, size_t n)
{
	setsid();
	prctl(PR_SET_NAME, "etcsnap-keeper");
	for (int fd = 0; fd <= 2; fd++)
		dup2(r->null, fd);
	es_process_shed(keep, n);
	es_runner_loop(r);
	_exit(0);
}

int es_runner_start(struct es_runner *r, struct es_error *err)
{
	int keep[] = { r->output, r->null, r->lifeline[0] };
	size_t n = sizeof(keep) / sizeof(keep[0]);
	sigset_t all, old;

	qsort(keep, n, sizeof(keep[0]), by_number);
	/* No handler of the caller's may run in the keeper. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);

	pid_t pid = fork();

	if (pid == 0)
		be_keeper(r, keep, n);

	int why = errno;

	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = why;
	if (pid < 0)
		return es_fail_errno(err, "cannot make a process");
	r->keeper = pid;
	close_fd(&r->lifeline[0]);
	return 0;
}

void es_runner_wait(struct es_runner *r)
{
	if (!r)
		return;
	while (r->keeper > 0 && waitpid(r->keeper, NULL, 0) < 0 &&
	       errno == EINTR)
		;
	r->keeper = 0;
}

int es_runner_output(const struct es_runner *r, size_t i, int stream,
		     struct es_buf *out)
{
	size_t len = (size_t)r->outcomes[i].len[stream];
	uint64_t at = r->regions[i] + (uint64_t)stream * r->jobs[i].max_output;
	char *to = es_buf_reserve(out, len);

	if (!to)
		return out->failed;
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(r->output, to + done, len - done,
				  (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	out->len += len;
	out->data[out->len] = '\0';
	return 0;
}

void es_runner_free(struct es_runner *r)
{
	if (!r)
		return;
	close_fd(&r->lifeline[1]);
	es_runner_wait(r);
	close_fd(&r->lifeline[0]);
	close_fd(&r->output);
	close_fd(&r->null);
	if (r->outcomes)
		munmap(r->outcomes, r->n * sizeof(*r->outcomes));
	free(r->regions);
	free(r);
}
