/* SPDX-License-Identifier: MIT */
/* exec.c - hand a report to a program */
#include "config.h"

#include "deliver/program_priv.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Names that a program's own environment has whatever the facts are */
static const char *const ours[] = { "PATH",  "HOME",   "USER",	     "LOGNAME",
				    "SHELL", "LC_ALL", "LD_PRELOAD", "IFS" };

static bool is_fact(const char *line)
{
	const char *equals = strchr(line, '=');
	size_t len = equals ? (size_t)(equals - line) : 0;

	if (!len)
		return false;
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		if (strlen(ours[i]) == len && strncmp(line, ours[i], len) == 0)
			return false;
	}
	return true;
}

/* Lines of an environment, each owned */
struct lines {
	const char **at;
	size_t n;
	size_t room;
};

static void lines_dispose(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		char *line;

		memcpy(&line, &l->at[i], sizeof(line));
		free(line);
	}
	free(l->at);
}

static int add(struct lines *l, const char *name, const char *value)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(131072);

	es_buf_adds(&b, name);
	es_buf_adds(&b, value);
	if (b.failed || l->n + 1 >= l->room)
		return -ENOMEM;
	l->at[l->n++] = es_steal_ptr(&b.data);
	return 0;
}

static int make_environment(struct lines *l, const struct es_exec_request *rq,
			    struct es_error *err)
{
	const struct passwd *pw =
		rq->user ? getpwnam(rq->user) : getpwuid(geteuid());
	const char *name = pw ? pw->pw_name : "";
	size_t facts = 0;
	int r = 0;

	while (rq->env && rq->env[facts])
		facts++;
	l->room = facts + 8;
	l->at = calloc(l->room, sizeof(*l->at));
	if (!l->at)
		return es_fail_oom(err);
	r |= add(
		l, "PATH=",
		"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	r |= add(l, "HOME=", pw ? pw->pw_dir : "/");
	r |= add(l, "USER=", name);
	r |= add(l, "LOGNAME=", name);
	r |= add(l, "SHELL=", "/bin/sh");
	r |= add(l, "LC_ALL=", "C.UTF-8");
	for (size_t i = 0; i < facts; i++) {
		if (is_fact(rq->env[i]))
			r |= add(l, rq->env[i], "");
	}
	return r ? es_fail_oom(err) : 0;
}

int es_exec_run(struct es_transport_result *r, const struct es_exec_request *rq,
		struct es_error *err)
{
	const char *program = rq->argv ? rq->argv[0] : NULL;
	ES_CLEANUP(lines_dispose) struct lines env = { 0 };
	ES_CLEANUP(es_program_end_dispose)
	struct es_program_end end = { .out = ES_BUF_INIT(ES_TRANSPORT_BODY_MAX),
				      .said = ES_BUF_INIT(512) };
	struct es_program p = {
		.argv = rq->argv,
		.user = rq->user,
		.input = rq->input,
		.len = rq->len,
		.seconds = es_limits_fill(&rq->limits).total,
	};

	if (es_program_check(program, err) < 0 ||
	    make_environment(&env, rq, err) < 0)
		return err->code;
	p.envp = env.at;
	if (es_program_run(&end, &p, err) < 0)
		return err->code;
	es_program_judge(r, program, &end);
	es_buf_add(&r->body, end.out.data, end.out.len);
	return 0;
}
