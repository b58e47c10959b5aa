/* SPDX-License-Identifier: MIT */
/* smtp.c - one mail by SMTP */
#include "config.h"

#include "deliver/easy_priv.h"
#include "deliver/smtp_talk_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct smtp {
	struct es_easy easy;
	const struct es_net_job *job;
	const struct es_smtp_request *rq;
	struct es_talk talk;
};

static size_t take_line(char *data, size_t size, size_t n, void *payload)
{
	struct smtp *s = payload;

	if (es_talk_line(&s->talk, data, size * n) < 0)
		return 0;
	return size * n;
}

static const char *mechanism_of(const struct es_smtp_request *rq)
{
	switch (rq->auth) {
	case ES_SMTP_AUTH_PLAIN:
		return "PLAIN";
	case ES_SMTP_AUTH_LOGIN:
		return "LOGIN";
	case ES_SMTP_AUTH_XOAUTH2:
		return "XOAUTH2";
	case ES_SMTP_AUTH_NONE:
		break;
	}
	return NULL;
}

static bool set_login(struct smtp *s)
{
	const char *mechanism = mechanism_of(s->rq);
	CURL *c = s->easy.curl;
	char options[32];
	bool bad = false;

	if (!mechanism)
		return true;
	snprintf(options, sizeof(options), "AUTH=%s", mechanism);
	bad |= curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS, options);
	bad |= curl_easy_setopt(c, CURLOPT_USERNAME, s->rq->user);
	bad |= curl_easy_setopt(c, CURLOPT_SASL_IR, 1L);
	if (s->rq->auth == ES_SMTP_AUTH_XOAUTH2)
		bad |= curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER,
					s->rq->secret);
	else
		bad |= curl_easy_setopt(c, CURLOPT_PASSWORD, s->rq->secret);
	return !bad;
}

/* TLS from the first byte is a matter of the scheme; the name that we give
 * ourselves, and a port that is not the usual one, of the URL, too. */
static char *make_url(const struct es_smtp_request *rq)
{
	bool tls = strncasecmp(rq->url, "smtps:", 6) == 0 ||
		   rq->tls == ES_SMTP_TLS;
	CURLU *u = curl_url();
	char *port = NULL;
	char *url = NULL;
	char *copy;
	char path[258];
	bool bad = !u || curl_url_set(u, CURLUPART_URL, rq->url, 0);

	if (!bad) {
		curl_url_get(u, CURLUPART_PORT, &port, 0);
		bad |= curl_url_set(u, CURLUPART_SCHEME, tls ? "smtps" : "smtp",
				    0);
	}
	if (!bad && !port && !tls && rq->auth != ES_SMTP_AUTH_NONE)
		bad |= curl_url_set(u, CURLUPART_PORT, "587", 0);
	if (!bad && rq->helo) {
		snprintf(path, sizeof(path), "/%s", rq->helo);
		bad |= curl_url_set(u, CURLUPART_PATH, path, 0);
	}
	if (!bad)
		bad |= curl_url_get(u, CURLUPART_URL, &url, 0);
	copy = bad ? NULL : strdup(url);
	curl_free(url);
	curl_free(port);
	curl_url_cleanup(u);
	return copy;
}

static bool set_url(struct smtp *s)
{
	ES_CLEANUP(es_freep) char *url = make_url(s->rq);
	bool starttls;

	if (!url)
		return false;
	starttls = s->rq->tls == ES_SMTP_STARTTLS &&
		   strncmp(url, "smtps:", 6) != 0;
	s->talk.starttls = starttls;
	return curl_easy_setopt(s->easy.curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(s->easy.curl, CURLOPT_USE_SSL,
				(long)(starttls ? CURLUSESSL_ALL
						: CURLUSESSL_NONE)) == CURLE_OK;
}

static bool set_envelope(struct smtp *s)
{
	CURL *c = s->easy.curl;
	char from[1024];
	bool bad = false;

	snprintf(from, sizeof(from), "<%s>", s->rq->from ? s->rq->from : "");
	if (!es_easy_list(&s->easy, 0, s->rq->recipients, s->rq->n_recipients))
		return false;
	bad |= curl_easy_setopt(c, CURLOPT_MAIL_FROM, from);
	bad |= curl_easy_setopt(c, CURLOPT_MAIL_RCPT, s->easy.lists[0]);
	bad |= curl_easy_setopt(c, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
	return !bad;
}

static bool prepare(struct smtp *s)
{
	CURL *c;
	bool bad = false;

	if (es_easy_open(&s->easy, s->job, s->rq->pin, "smtp,smtps") < 0)
		return false;
	c = s->easy.curl;
	/* A mail goes to its server by itself. */
	bad |= curl_easy_setopt(c, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE,
				(curl_off_t)s->rq->len);
	bad |= curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_line);
	bad |= curl_easy_setopt(c, CURLOPT_HEADERDATA, s);
	bad |= es_easy_upload(&s->easy, s->rq->message, s->rq->len) < 0;
	return !bad && set_url(s) && set_envelope(s) && set_login(s);
}

static bool needs_utf8(const struct es_smtp_request *rq)
{
	struct es_error err = ES_ERROR_INIT;

	return es_envelope_check(rq->from, rq->recipients, rq->n_recipients,
				 &err) > 0;
}

/* The connection failed before a reply decided. */
static void judge_failure(struct smtp *s, CURLcode rc)
{
	struct es_transport_result *r = s->talk.r;

	es_easy_judge(r, &s->easy, rc ? rc : CURLE_GOT_NOTHING);
	if (rc == CURLE_USE_SSL_FAILED)
		es_result_sayf(r, "the server does not offer STARTTLS; "
				  "nothing was sent");
	for (size_t i = 0; i < r->n_recipients; i++) {
		if (r->recipients[i].code < 400)
			r->recipients[i].outcome = r->outcome;
	}
}

void es_smtp_send(struct es_transport_result *r, const struct es_net_job *job)
{
	struct smtp s = { .job = job, .rq = &job->smtp };
	CURLcode rc;

	s.talk.r = r;
	s.talk.mechanism = mechanism_of(s.rq);
	s.talk.utf8 = needs_utf8(s.rq);
	if (!prepare(&s)) {
		es_result_sayf(r, "libcurl refused the mail");
		es_easy_dispose(&s.easy);
		return;
	}
	rc = curl_easy_perform(s.easy.curl);
	if (!es_talk_judge(&s.talk))
		judge_failure(&s, rc);
	/* Nothing that the server says to QUIT counts. */
	s.talk.step = ES_TALK_OVER;
	es_easy_dispose(&s.easy);
}
