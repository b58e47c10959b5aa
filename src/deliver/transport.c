/* SPDX-License-Identifier: MIT */
/* transport.c - one message to one place: ask the child, judge its answer */
#include "config.h"

#include "etcsnap/clock.h"
#include "etcsnap/transport.h"

#include "deliver/transport_priv.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef ETCSNAP_LIBEXECDIR
#define ETCSNAP_LIBEXECDIR "/usr/libexec/etcsnap"
#endif
#define SENDER "etcsnap-send"

/* Bytes of a file of certificates; the system's has 220,000. */
#define CA_MAX ((size_t)8 << 20)

/* A message and what goes with it */
#define REQUEST_MAX (ES_TRANSPORT_MESSAGE_MAX + ((size_t)16 << 20))

const char *es_transport_outcome_name(enum es_transport_outcome outcome)
{
	static const char *const names[] = {
		[ES_SENT] = "sent",	[ES_UNSURE] = "unsure",
		[ES_RETRY] = "retry",	[ES_REFUSED] = "refused",
		[ES_DENIED] = "denied",
	};

	return names[outcome];
}

void es_transport_dispose(struct es_transport_result *r)
{
	for (size_t i = 0; i < r->n_recipients; i++)
		free(r->recipients[i].text);
	free(r->recipients);
	free(r->text);
	free(r->sandbox);
	es_buf_dispose(&r->body);
	*r = (struct es_transport_result){ 0 };
}

static const char *ca_file_of(const struct es_net_job *job)
{
	switch (job->kind) {
	case ES_TRANSPORT_SMTP:
		return job->smtp.ca_file;
	case ES_TRANSPORT_HTTP:
		return job->http.ca_file;
	default:
		return job->stream.ca_file;
	}
}

/* The child may not read files of ours. */
static int read_ca(struct es_buf *ca, struct es_net_job *job,
		   struct es_error *err)
{
	const char *file = ca_file_of(job);

	if (!file)
		return 0;
	if (es_read_file(ca, AT_FDCWD, file, err) < 0)
		return err->code;
	if (!strstr(es_buf_str(ca), "-----BEGIN"))
		return es_fail_config(err,
				      "'%s' is no file of certificates; PEM "
				      "is wanted",
				      ES_Q(file));
	job->ca = ca->data;
	job->ca_len = ca->len;
	return 0;
}

/* Return: a file in memory with the request, or a negative errno. */
static int write_request(const struct es_net_job *job, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(REQUEST_MAX);
	ES_CLEANUP(es_closep) int fd = -1;
	int r = 0;

	es_net_job_put(&out, job);
	if (es_buf_check(&out, err) < 0)
		return err->code;
	fd = memfd_create("etcsnap-request", MFD_CLOEXEC);
	if (fd < 0)
		return es_fail_errno(err, "cannot make a file in memory");
	r = es_write_all(fd, out.data, out.len);
	/* It has passwords in it. */
	explicit_bzero(out.data, out.len);
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return es_fail(err, r < 0 ? r : -EIO,
			       "cannot write a file in memory");
	return es_steal_fd(&fd);
}

/* Without an answer that can be believed. */
static void judge_silence(struct es_transport_result *r, bool whole, int status)
{
	r->outcome = whole ? ES_UNSURE : ES_RETRY;
	r->code = 0;
	r->retry_after = 0;
	es_buf_reset(&r->body);
	for (size_t i = 0; i < r->n_recipients; i++)
		r->recipients[i].outcome = r->outcome;
	if (status == -ETIMEDOUT)
		es_result_sayf(r, "no end within the time limit");
	else if (WIFSIGNALED(status))
		es_result_sayf(r,
			       "the process that sends was ended by "
			       "signal %d",
			       WTERMSIG(status));
	else
		es_result_sayf(r,
			       "the process that sends ended with %d and "
			       "no answer",
			       WEXITSTATUS(status));
}

static int make_recipients(struct es_transport_result *out,
			   const struct es_net_job *job, struct es_error *err)
{
	size_t n = job->kind == ES_TRANSPORT_SMTP ? job->smtp.n_recipients : 0;

	if (!n)
		return 0;
	out->recipients = calloc(n, sizeof(*out->recipients));
	if (!out->recipients)
		return es_fail_oom(err);
	out->n_recipients = n;
	return 0;
}

static int run_child(struct es_transport_result *out, const char *program,
		     const struct es_net_job *job, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf answer = ES_BUF_INIT(ES_ANSWER_MAX);
	ES_CLEANUP(es_closep) int request = write_request(job, err);
	struct es_child child;
	bool whole = false;
	int status;
	int r;

	if (request < 0)
		return request;
	if (es_child_start(&child, program, request, err) < 0)
		return err->code;
	status = es_child_finish(&child, &answer,
				 es_request_limits(job).total + ES_CHILD_GRACE);
	r = es_answer_take(out, &whole, answer.data, answer.len);
	if (r == -ENOMEM)
		return es_fail_oom(err);
	if (r < 0)
		judge_silence(out, whole, status);
	es_secrets_hide(out, job);
	return 0;
}

static int run_net(struct es_transport_result *out, const char *program,
		   struct es_net_job *job, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf ca = ES_BUF_INIT(CA_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf sign = ES_BUF_INIT(4096);

	if (es_request_check(job, err) < 0 || read_ca(&ca, job, err) < 0 ||
	    make_recipients(out, job, err) < 0)
		return err->code;
	if (job->kind == ES_TRANSPORT_HTTP && job->http.hmac_key) {
		if (es_signature_make(&sign, &job->http, err) < 0)
			return err->code;
		job->signature = es_buf_str(&sign);
	}
	return run_child(out, program, job, err);
}

/* The program that sends: beside this one, as it is built, or installed. */
static const char *find_program(struct es_buf *out)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		es_path_dirname(out, self);
		es_buf_adds(out, "/" SENDER);
		if (!out->failed && access(out->data, X_OK) == 0)
			return out->data;
	}
	return ETCSNAP_LIBEXECDIR "/" SENDER;
}

static int run_kind(struct es_transport_result *out,
		    const struct es_transport_request *rq, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf program = ES_BUF_INIT(8192);
	struct es_net_job job = { .kind = rq->kind };

	switch (rq->kind) {
	case ES_TRANSPORT_SENDMAIL:
		return es_sendmail_run(out, rq->sendmail, err);
	case ES_TRANSPORT_EXEC:
		return es_exec_run(out, rq->exec, err);
	case ES_TRANSPORT_SMTP:
		job.smtp = *rq->smtp;
		break;
	case ES_TRANSPORT_HTTP:
		job.http = *rq->http;
		break;
	case ES_TRANSPORT_STREAM:
		job.stream = *rq->stream;
		break;
	}
	return run_net(out, rq->program ? rq->program : find_program(&program),
		       &job, err);
}

/* Texts that nothing was put into are empty. */
static int fill_texts(struct es_transport_result *r, struct es_error *err)
{
	if (!r->text)
		r->text = strdup("");
	if (!r->sandbox)
		r->sandbox = strdup("none");
	return r->text && r->sandbox ? 0 : es_fail_oom(err);
}

int es_transport_run(struct es_transport_result *out,
		     const struct es_transport_request *rq,
		     struct es_error *err)
{
	int64_t start = es_clock_ms();
	int r;

	*out = (struct es_transport_result){
		.body = ES_BUF_INIT(ES_TRANSPORT_BODY_MAX),
	};
	r = run_kind(out, rq, err);
	if (r == 0)
		r = fill_texts(out, err);
	if (r < 0)
		es_transport_dispose(out);
	out->milliseconds = es_clock_ms() - start;
	return r;
}
