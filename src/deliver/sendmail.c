/* SPDX-License-Identifier: MIT */
/* sendmail.c - one mail by sendmail(1), and what exit statuses mean */
#include "config.h"

#include "deliver/program_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#define SENDMAIL "/usr/sbin/sendmail"

static enum es_transport_outcome outcome_of(int status)
{
	switch (status) {
	case 0:
		return ES_SENT;
	case EX_DATAERR:
	case EX_NOUSER:
	case EX_NOHOST:
		return ES_REFUSED;
	case EX_USAGE:
	case EX_NOPERM:
	case EX_CONFIG:
	case 126:
	case 127:
		return ES_DENIED;
	default:
		return ES_RETRY;
	}
}

static void say_end(struct es_transport_result *r, const char *program,
		    const char *how, const struct es_program_end *end)
{
	const struct es_buf *words = end->said.len ? &end->said : &end->out;

	es_result_sayf(r, "%s %s%s%.*s", program, how, words->len ? ": " : "",
		       (int)words->len, es_buf_str(words));
}

void es_program_judge(struct es_transport_result *r, const char *program,
		      const struct es_program_end *end)
{
	char how[64];

	if (WIFEXITED(end->status) && !end->timed_out) {
		r->code = WEXITSTATUS(end->status);
		r->outcome = outcome_of(r->code);
		snprintf(how, sizeof(how), "ended with %d", r->code);
	} else {
		r->outcome = end->read_all ? ES_UNSURE : ES_RETRY;
		if (end->timed_out)
			snprintf(how, sizeof(how), "took too long");
		else
			snprintf(how, sizeof(how), "was ended by signal %d",
				 WTERMSIG(end->status));
	}
	say_end(r, program, how, end);
}

/* Mailers take lines as this system has them. */
static int unix_lines(struct es_buf *out, const char *message, size_t len,
		      struct es_error *err)
{
	while (len) {
		const char *cr = memchr(message, '\r', len);
		size_t n = cr ? (size_t)(cr - message) : len;

		es_buf_add(out, message, n);
		message += n;
		len -= n;
		if (len && !(len > 1 && message[1] == '\n'))
			es_buf_addc(out, '\r');
		if (len) {
			message++;
			len--;
		}
	}
	return es_buf_check(out, err);
}

/* Return: arguments in memory of their own, NULL without. */
static const char **make_argv(const struct es_sendmail_request *rq)
{
	const char **argv = calloc(rq->n_recipients + 6, sizeof(*argv));
	size_t n = 0;

	if (!argv)
		return NULL;
	argv[n++] = rq->program ? rq->program : SENDMAIL;
	argv[n++] = "-i";
	if (rq->from && *rq->from) {
		argv[n++] = "-f";
		argv[n++] = rq->from;
	}
	argv[n++] = "--";
	for (size_t i = 0; i < rq->n_recipients; i++)
		argv[n++] = rq->recipients[i];
	return argv;
}

int es_sendmail_run(struct es_transport_result *r,
		    const struct es_sendmail_request *rq, struct es_error *err)
{
	static const char *const env[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C.UTF-8",
		NULL,
	};
	ES_CLEANUP(es_buf_dispose)
	struct es_buf input = ES_BUF_INIT(ES_TRANSPORT_MESSAGE_MAX);
	ES_CLEANUP(es_program_end_dispose)
	struct es_program_end end = { .out = ES_BUF_INIT(512),
				      .said = ES_BUF_INIT(512) };
	ES_CLEANUP(es_freep) const char **argv = NULL;
	struct es_program p = {
		.envp = env,
		.seconds = es_limits_fill(&rq->limits).total,
		.detaches = true,
	};

	if (es_envelope_check(rq->from, rq->recipients, rq->n_recipients, err) <
		    0 ||
	    unix_lines(&input, rq->message, rq->len, err) < 0)
		return err->code;
	argv = make_argv(rq);
	if (!argv)
		return es_fail_oom(err);
	p.argv = argv;
	p.input = input.data;
	p.len = input.len;
	if (es_program_run(&end, &p, err) < 0)
		return err->code;
	es_program_judge(r, argv[0], &end);
	return 0;
}
