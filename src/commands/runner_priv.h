/* SPDX-License-Identifier: MIT */
/* runner_priv.h - run programs beside ourselves, a few at a time */
#ifndef ETCSNAP_COMMANDS_RUNNER_PRIV_H
#define ETCSNAP_COMMANDS_RUNNER_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "etcsnap/buf.h"

/*
 * The programs are the children of a process of its own, the keeper, which is
 * forked once before the walk's threads exist and does nothing else. So no
 * program is forked from a process with threads and much memory; whatever a
 * program leaves behind, also in another session, ends up as the keeper's
 * child and is killed with it; and when we are killed ourselves, the keeper
 * sees its lifeline (a pipe) close and kills all before it goes.
 *
 * Keeper and programs only make calls that are safe after a fork: plans are
 * made before; results and outputs go into one sparse file in memory, which
 * begins with the results, mapped by both sides, and then has a region for
 * each output.
 */

/* Programs that run at the same time */
#define ES_RUNNER_PARALLEL 4

/* Seconds between SIGTERM and SIGKILL at the deadline */
#define ES_RUNNER_GRACE 2

/* What is beyond this many times max_output ends the program at once. */
#define ES_RUNNER_FLOOD 64

/* The outputs of a program */
#define ES_RUNNER_STREAMS 2

/**
 * struct es_job - what the keeper is to run; all borrowed
 * @path:       file to execute, absolute
 * @argv:       its arguments
 * @envp:       its whole environment
 * @cwd:        directory to run it in
 * @switch_ids: become @uid, @gid and @groups first
 * @uid:        user
 * @gid:        group
 * @groups:     all groups
 * @n_groups:   their number
 * @timeout:    seconds until it is ended
 * @max_output: bytes that are kept of each stream
 */
struct es_job {
	const char *path;
	char *const *argv;
	char *const *envp;
	const char *cwd;
	bool switch_ids;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t n_groups;
	int64_t timeout;
	uint64_t max_output;
};

/**
 * enum es_job_stage - what could not be done before the program ran
 * @ES_JOB_FINE:    nothing
 * @ES_JOB_STARTED: it could not be forked
 * @ES_JOB_USER:    its user could not be taken on
 * @ES_JOB_CWD:     its directory could not be entered
 * @ES_JOB_EXECUTE: it could not be executed
 */
enum es_job_stage {
	ES_JOB_FINE,
	ES_JOB_STARTED,
	ES_JOB_USER,
	ES_JOB_CWD,
	ES_JOB_EXECUTE,
};

/**
 * struct es_outcome - what became of a job; in memory shared with the keeper
 * @done:      the keeper is done with it; else nothing here counts
 * @stage:     what failed before it ran
 * @error:     errno of that
 * @exited:    it ended by itself, or by a signal that was not ours
 * @status:    then its status as wait(2) gives it
 * @timed_out: it was ended at its deadline
 * @held:      it ended, but its outputs were kept open until the deadline
 * @flooded:   it was killed for printing far too much
 * @lost:      errno for which output could not be kept
 * @len:       bytes kept of each stream
 * @cut:       there was more
 */
struct es_outcome {
	bool done;
	enum es_job_stage stage;
	int error;
	bool exited;
	int status;
	bool timed_out;
	bool held;
	bool flooded;
	int lost;
	uint64_t len[ES_RUNNER_STREAMS];
	bool cut[ES_RUNNER_STREAMS];
};

/**
 * struct es_runner - jobs and their keeper
 * @jobs:     borrowed
 * @n:        their number
 * @outcomes: one for each, shared memory
 * @regions:  where the output of each begins in @output
 * @output:   file in memory
 * @null:     /dev/null
 * @lifeline: pipe; the keeper has [0], and ends when all [1] are closed
 * @keeper:   process, 0 when there is none any more
 */
struct es_runner {
	const struct es_job *jobs;
	size_t n;
	struct es_outcome *outcomes;
	uint64_t *regions;
	int output;
	int null;
	int lifeline[2];
	pid_t keeper;
};

/* runner.c */

/**
 * es_runner_new - prepare to run jobs
 * @out:  owned; es_runner_free()
 * @jobs: borrowed until then
 * @n:    their number, not 0
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_runner_new(struct es_runner **out, const struct es_job *jobs, size_t n,
		  struct es_error *err);

/**
 * es_runner_start - start the keeper
 * @r:   prepared
 * @err: filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_runner_start(struct es_runner *r, struct es_error *err);

/**
 * es_runner_wait - wait until all jobs are done
 * @r: started; NULL is allowed
 */
void es_runner_wait(struct es_runner *r);

/**
 * es_runner_output - what a job printed
 * @r:      waited for
 * @i:      job
 * @stream: 0 or 1
 * @out:    appended
 *
 * Return: 0 or a negative errno.
 */
int es_runner_output(const struct es_runner *r, size_t i, int stream,
		     struct es_buf *out);

/**
 * es_runner_free - end what still runs, and free
 * @r: taken; NULL is allowed
 */
void es_runner_free(struct es_runner *r);
ES_DEFINE_CLEANUP(struct es_runner, es_runner_free)

/* runner_loop.c: from here on only what is safe after a fork */

/**
 * es_runner_loop - run all jobs; the keeper's whole work
 * @r: prepared; @r->lifeline[0] is watched
 *
 * Blocks all signals and takes in the orphans of the process that calls it.
 */
void es_runner_loop(struct es_runner *r);

/* runner_exec.c */

/**
 * es_runner_exec - become the program; the last call of a forked process
 * @job:     what to run
 * @outcome: gets what went wrong
 * @fds:     its standard input, output and error; all above 2
 * @keeper:  process id of the keeper
 */
__attribute__((noreturn)) void es_runner_exec(const struct es_job *job,
					      struct es_outcome *outcome,
					      const int fds[3], pid_t keeper);

#endif
