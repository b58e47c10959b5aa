/* SPDX-License-Identifier: MIT */
/* status.c - what became of a command, in words */
#include "config.h"

#include "commands/commands_priv.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

static void add_stage(struct es_buf *b, const struct es_outcome *o)
{
	static const char *const words[] = {
		[ES_JOB_STARTED] = "cannot start",
		[ES_JOB_USER] = "cannot become its user",
		[ES_JOB_CWD] = "cannot enter its directory",
		[ES_JOB_EXECUTE] = "cannot execute",
	};
	const char *why = strerrordesc_np(o->error);

	es_buf_addf(b, "%s: %s\n", words[o->stage], why ? why : "error");
}

static void add_end(struct es_buf *b, int status)
{
	if (WIFEXITED(status)) {
		es_buf_addf(b, "exit %d\n", WEXITSTATUS(status));
		return;
	}

	const char *name = sigabbrev_np(WTERMSIG(status));

	if (name)
		es_buf_addf(b, "signal %s\n", name);
	else
		es_buf_addf(b, "signal %d\n", WTERMSIG(status));
}

void es_command_status(struct es_buf *b, const struct es_job *job,
		       const struct es_outcome *o)
{
	static const char *const streams[ES_RUNNER_STREAMS] = { "stdout",
								"stderr" };

	if (o->stage) {
		add_stage(b, o);
		return;
	}
	if (o->timed_out)
		es_buf_addf(b, "timeout %" PRId64 " s\n", job->timeout);
	else if (o->flooded)
		es_buf_addf(b,
			    "killed: more than %" PRIu64 " bytes of output\n",
			    job->max_output * ES_RUNNER_FLOOD);
	else if (o->exited)
		add_end(b, o->status);
	if (o->held)
		es_buf_addf(b,
			    "output held open by another process for %" PRId64
			    " s\n",
			    job->timeout);
	/* Of one that was ended at its deadline nothing new is kept. */
	for (int i = 0; i < ES_RUNNER_STREAMS && !o->timed_out; i++) {
		if (o->cut[i])
			es_buf_addf(b, "truncated %s\n", streams[i]);
	}
}
