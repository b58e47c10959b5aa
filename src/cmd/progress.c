/* SPDX-License-Identifier: MIT */
/* progress.c - a line on standard error while a run takes its time */
#include "config.h"

#include "cmd/cmd.h"

#include <stdio.h>
#include <unistd.h>

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) +
	       (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

void es_progress_begin(struct es_progress *p, const struct es_call *call)
{
	clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->terminal = isatty(STDERR_FILENO) && call->verbosity >= 0;
	p->shown = false;
}

void es_progress_step(void *progress, uint64_t entries, uint64_t bytes)
{
	struct es_progress *p = progress;
	double t = seconds_since(&p->start);

	if (!p->terminal || t < 1)
		return;
	p->shown = true;
	fprintf(stderr, "\r\033[K%llu paths, %.1f MiB read, %.0f paths/s",
		(unsigned long long)entries, (double)bytes / 1048576,
		(double)entries / t);
}

void es_progress_end(struct es_progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
