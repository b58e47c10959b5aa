/* SPDX-License-Identifier: MIT */
/* commands.c - run the monitored commands and keep what they print */
#include "config.h"

#include "etcsnap/commands.h"

#include "commands/commands_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Ceiling of a text after its replacements */
#define TEXT_MAX ((size_t)256 << 20)

/* How a shell says that it found no program */
#define SHELL_NOT_FOUND 127

struct es_commands {
	struct es_command *v;
	size_t n;
	struct es_job *jobs;
	size_t n_jobs;
	struct es_runner *runner;
};

static void add_job(struct es_commands *cs, struct es_command *c)
{
	c->job = cs->n_jobs++;
	cs->jobs[c->job] = (struct es_job){
		.path = es_buf_str(&c->path),
		.argv = c->argv,
		.envp = c->envp,
		.cwd = c->cwd,
		.switch_ids = c->switch_ids,
		.uid = c->uid,
		.gid = c->gid,
		.groups = c->groups,
		.n_groups = c->n_groups,
		.timeout = c->timeout,
		.max_output = c->max_output,
	};
}

int es_commands_start(struct es_commands **out,
		      const struct es_commands_options *options,
		      struct es_error *err)
{
	ES_CLEANUP(es_commands_freep)
	struct es_commands *cs = calloc(1, sizeof(*cs));
	size_t n;
	const char *const *names = es_conf_names(options->conf, "command", &n);

	if (!cs)
		return es_fail_oom(err);
	cs->v = calloc(n + 1, sizeof(*cs->v));
	cs->jobs = calloc(n + 1, sizeof(*cs->jobs));
	if (!cs->v || !cs->jobs)
		return es_fail_oom(err);
	for (; cs->n < n; cs->n++) {
		struct es_command *c = &cs->v[cs->n];

		if (es_command_init(c, names[cs->n], options, err) < 0) {
			es_command_dispose(c);
			return err->code;
		}
		if (c->fate == ES_COMMAND_RUN)
			add_job(cs, c);
	}
	if (cs->n_jobs &&
	    (es_runner_new(&cs->runner, cs->jobs, cs->n_jobs, err) < 0 ||
	     es_runner_start(cs->runner, err) < 0))
		return es_wrap(err, "commands");
	*out = es_steal_ptr(&cs);
	return 0;
}

static const char *text_name(struct es_buf *b, const struct es_command *c,
			     const char *which)
{
	es_buf_reset(b);
	es_buf_addf(b, "commands/%s/%s", c->name, which);
	return es_buf_str(b);
}

/*
 * What a program printed is not known; how it ended may be. One trouble is
 * told once.
 */
static int keep_output(struct es_texts *out, struct es_buf *b,
		       const struct es_command *c, unsigned int unread)
{
	if (es_texts_keep(out, text_name(b, c, "stdout"), unread) < 0 ||
	    es_texts_keep(out, text_name(b, c, "stderr"), 0) < 0)
		return -ENOMEM;
	return 0;
}

static int keep_all(struct es_texts *out, struct es_buf *b,
		    const struct es_command *c, unsigned int unread)
{
	if (keep_output(out, b, c, unread) < 0)
		return -ENOMEM;
	return es_texts_keep(out, text_name(b, c, "status"), 0);
}

/* Cuts at a line's end where there is one, so that the filters see whole
 * lines. */
static void cut_line(struct es_buf *raw)
{
	const char *end = raw->len ? memrchr(raw->data, '\n', raw->len) : NULL;

	if (end)
		es_buf_truncate(raw, (size_t)(end - raw->data) + 1);
}

/*
 * One stream, filtered. Return: 1 when a filter gave up on some line, 0, or a
 * negative errno; of these only -ENOMEM is ours, the others are the text's.
 */
static int make_text(const struct es_commands *cs, const struct es_command *c,
		     int stream, struct es_buf *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(TEXT_MAX);
	const struct es_outcome *o = &cs->runner->outcomes[c->job];
	int rc = es_runner_output(cs->runner, c->job, stream, &raw);

	if (rc < 0)
		return rc;
	if (o->cut[stream])
		cut_line(&raw);
	rc = es_linefilter_apply(c->filter, text, es_buf_str(&raw), raw.len);
	if (rc < 0)
		return rc;
	if (o->cut[stream]) {
		if (text->len && text->data[text->len - 1] != '\n')
			es_buf_addc(text, '\n');
		es_buf_addf(text, "[cut at %" PRIu64 " bytes]\n",
			    c->max_output);
	}
	return text->failed ? text->failed : rc > 0;
}

/* Return: 0, 1 (a filter gave up), or -ENOMEM. */
static int put_stream(const struct es_commands *cs, const struct es_command *c,
		      int stream, struct es_texts *out)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(TEXT_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	const char *name = text_name(&b, c, stream ? "stderr" : "stdout");
	int rc = make_text(cs, c, stream, &text);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0)
		return es_texts_keep(out, name, (unsigned int)-rc);
	if (es_texts_put(out, name, es_buf_str(&text), text.len) < 0)
		return -ENOMEM;
	return rc;
}

/* A shell that found no program of an optional command. */
static bool is_missing(const struct es_command *c, const struct es_outcome *o)
{
	return c->shell && c->optional && !o->stage && o->exited &&
	       o->status == SHELL_NOT_FOUND << 8;
}

/* Both streams. Return: as put_stream(). */
static int put_output(const struct es_commands *cs, const struct es_command *c,
		      struct es_texts *out)
{
	int first = put_stream(cs, c, 0, out);
	int second = put_stream(cs, c, 1, out);

	return first < 0 || second < 0 ? -ENOMEM : first | second;
}

static int put_ran(const struct es_commands *cs, const struct es_command *c,
		   struct es_texts *out, struct es_buf *b)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf status = ES_BUF_INIT(4096);
	const struct es_outcome *o = &cs->runner->outcomes[c->job];
	int rc;

	/* No keeper, no process or no room for it is our trouble, not its. */
	if (!o->done || o->stage == ES_JOB_STARTED || o->lost) {
		int why = o->lost ? o->lost : o->error;

		return keep_all(out, b, c, why ? (unsigned int)why : EIO);
	}
	if (is_missing(c, o))
		return 0;
	es_command_status(&status, &cs->jobs[c->job], o);
	if (o->stage || o->timed_out)
		rc = keep_output(out, b, c, o->timed_out ? ETIMEDOUT : 0);
	else
		rc = put_output(cs, c, out);
	if (rc > 0)
		es_buf_adds(&status, "a filter took too long on some lines\n");
	if (rc < 0 || status.failed)
		return -ENOMEM;
	return es_texts_put(out, text_name(b, c, "status"), es_buf_str(&status),
			    status.len);
}

static int put_cannot(const struct es_command *c, struct es_texts *out,
		      struct es_buf *b)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf status = ES_BUF_INIT(4096);

	es_buf_addf(&status, "%s\n", c->why);
	if (status.failed || keep_output(out, b, c, 0) < 0)
		return -ENOMEM;
	return es_texts_put(out, text_name(b, c, "status"), status.data,
			    status.len);
}

int es_commands_finish(struct es_commands *c, struct es_texts *out,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	int rc = 0;

	es_runner_wait(c->runner);
	for (size_t i = 0; rc == 0 && i < c->n; i++) {
		const struct es_command *one = &c->v[i];

		switch (one->fate) {
		case ES_COMMAND_ABSENT:
			break;
		case ES_COMMAND_REST:
			rc = keep_all(out, &b, one, 0);
			break;
		case ES_COMMAND_RUN:
			rc = put_ran(c, one, out, &b);
			break;
		case ES_COMMAND_CANNOT:
			rc = put_cannot(one, out, &b);
			break;
		}
	}
	return rc < 0 || b.failed ? es_fail_oom(err) : 0;
}

bool es_commands_ran(const struct es_commands *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct es_command *one = &c->v[i];

		if (strcmp(one->name, name) != 0)
			continue;
		return one->fate == ES_COMMAND_RUN &&
		       c->runner->outcomes[one->job].done &&
		       c->runner->outcomes[one->job].stage != ES_JOB_STARTED;
	}
	return false;
}

void es_commands_free(struct es_commands *c)
{
	if (!c)
		return;
	es_runner_free(c->runner);
	for (size_t i = 0; i < c->n; i++)
		es_command_dispose(&c->v[i]);
	free(c->v);
	free(c->jobs);
	free(c);
}
