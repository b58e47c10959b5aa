/* SPDX-License-Identifier: MIT */
/* child.c - the process that sends, from its first breath to its answer */
#include "config.h"

#include "deliver/sandbox_priv.h"
#include "deliver/transport_priv.h"
#include "etcsnap/fileio.h"

#include <curl/curl.h>

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MAX (ES_TRANSPORT_MESSAGE_MAX + ((size_t)16 << 20))

/* Exit statuses; the parent goes by the answer. */
#define EXIT_ASKED_WRONG 65
#define EXIT_NO_MEMORY 71
#define EXIT_NO_PARENT 74

static void tell(const struct es_buf *answer)
{
	if (answer->failed ||
	    es_write_all(ES_CHILD_ANSWER, answer->data, answer->len) < 0)
		_exit(EXIT_NO_PARENT);
}

void es_child_whole(void)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf answer = ES_BUF_INIT(64);

	es_wire_put(&answer, ES_ANSWER_WHOLE, NULL, 0);
	tell(&answer);
}

/* Takes the request in before the sandbox is there: its pages count. */
static int take_request(struct es_net_job *job, struct es_buf *request)
{
	int r = es_read_fd(request, ES_CHILD_REQUEST);

	close(ES_CHILD_REQUEST);
	if (r < 0)
		return r;
	return es_net_job_take(job, request->data, request->len);
}

static void say_sandbox(const char *protections, unsigned int seconds)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf answer = ES_BUF_INIT(1024);
	ES_CLEANUP(es_buf_dispose) struct es_buf says = ES_BUF_INIT(512);
	const char *text;

	es_buf_adds(&says, protections ? protections : "");
	es_sandbox_enter(&says, seconds);
	text = es_buf_str(&says);
	text += *text == ' ';
	es_wire_put(&answer, ES_ANSWER_SANDBOX, text, strlen(text));
	tell(&answer);
}

static void send_job(struct es_transport_result *r,
		     const struct es_net_job *job)
{
	/* What nobody says anything about has failed. */
	r->outcome = ES_RETRY;
	switch (job->kind) {
	case ES_TRANSPORT_SMTP:
		es_smtp_send(r, job);
		break;
	case ES_TRANSPORT_HTTP:
		es_http_send(r, job);
		break;
	default:
		es_stream_send(r, job);
		break;
	}
}

static int work(const char *protections)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf request = ES_BUF_INIT(REQUEST_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf answer = ES_BUF_INIT(ES_ANSWER_MAX);
	struct es_transport_result r = {
		.body = ES_BUF_INIT(ES_TRANSPORT_BODY_MAX),
	};
	struct es_net_job job;

	if (take_request(&job, &request) < 0)
		return EXIT_ASKED_WRONG;
	if (job.kind == ES_TRANSPORT_SMTP)
		r.n_recipients = job.smtp.n_recipients;
	r.recipients = calloc(r.n_recipients + 1, sizeof(*r.recipients));
	setlocale(LC_CTYPE, "C.UTF-8");
	if (!r.recipients || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return EXIT_NO_MEMORY;
	say_sandbox(protections, es_request_limits(&job).total);
	send_job(&r, &job);
	es_answer_put(&answer, &r);
	tell(&answer);
	es_transport_dispose(&r);
	return 0;
}

int es_transport_child(int argc, char *const *argv)
{
	if (argc != 1 || strcmp(argv[0], "etcsnap-send") != 0)
		return -1;
	/* Neither what a library does at exit nor a leak matters here. */
	_exit(work(" exec"));
}
