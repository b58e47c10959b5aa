/* SPDX-License-Identifier: MIT */
/* measure.c - run a command and write down what it cost */
#define _GNU_SOURCE

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * measure FILE COMMAND [ARGUMENT...]
 *
 * Writes to FILE: wall, user and system seconds, peak memory of the largest
 * process in KiB, exit status (128 + signal when killed). The kernel counts
 * the parent's memory at the time of the fork as the child's, so the parent
 * should be this small program and not an interpreter.
 */

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) +
	       (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

int main(int argc, char **argv)
{
	struct rusage used;
	struct timespec start;
	double wall;
	int status;
	pid_t pid;
	FILE *out;

	if (argc < 3) {
		fprintf(stderr, "usage: measure FILE COMMAND...\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0) {
		perror("measure");
		return 3;
	}
	wall = since(&start);
	out = fopen(argv[1], "w");
	if (!out) {
		perror(argv[1]);
		return 3;
	}
	fprintf(out, "%.6f %.6f %.6f %ld %d\n", wall, seconds(&used.ru_utime),
		seconds(&used.ru_stime), used.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status)
				  : 128 + WTERMSIG(status));
	return fclose(out) ? 3 : 0;
}
