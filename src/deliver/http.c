/* SPDX-License-Identifier: MIT */
/* http.c - one HTTP request, and what its answer means */
#include "config.h"

#include "deliver/easy_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes of an answer after which the rest of it is not waited for */
#define ANSWER_MAX ((size_t)1 << 20)

/* Bytes of an answer that are told */
#define TOLD 300

struct http {
	struct es_easy easy;
	const struct es_net_job *job;
	const struct es_http_request *rq;
	struct es_transport_result *r;
	size_t seen; /* bytes of the answer so far */
	bool ended;  /* by us, since it was too long */
};

static size_t take_body(char *data, size_t size, size_t n, void *payload)
{
	struct http *h = payload;
	struct es_buf *body = &h->r->body;
	size_t len = size * n;
	size_t room = ES_TRANSPORT_BODY_MAX - body->len;

	es_buf_add(body, data, len < room ? len : room);
	h->seen += len;
	if (h->seen <= ANSWER_MAX)
		return len;
	h->ended = true;
	return 0;
}

/* --- the request ---------------------------------------------------------- */

static bool has_header(const struct es_http_request *rq, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < rq->n_headers; i++) {
		if (strncasecmp(rq->headers[i], name, len) == 0 &&
		    rq->headers[i][len] == ':')
			return true;
	}
	return false;
}

/* libcurl leaves out "Name:" and sends "Name;" as an empty header. */
static bool add_header(struct http *h, const char *line)
{
	ES_CLEANUP(es_freep) char *copy = NULL;
	const char *value = strchr(line, ':') + 1;

	if (value[strspn(value, " \t")])
		return es_easy_list(&h->easy, 0, &line, 1) != NULL;
	copy = strdup(line);
	if (!copy)
		return false;
	copy[value - line - 1] = ';';
	copy[value - line] = '\0';
	return es_easy_list(&h->easy, 0, (const char *const *)&copy, 1) != NULL;
}

static bool set_headers(struct http *h)
{
	const char *const no_wait = "Expect:";
	const char *const no_type = "Content-Type:";

	for (size_t i = 0; i < h->rq->n_headers; i++) {
		if (!add_header(h, h->rq->headers[i]))
			return false;
	}
	if (h->job->signature && !add_header(h, h->job->signature))
		return false;
	if (!es_easy_list(&h->easy, 0, &no_wait, 1))
		return false;
	if (!has_header(h->rq, "Content-Type") &&
	    !es_easy_list(&h->easy, 0, &no_type, 1))
		return false;
	return curl_easy_setopt(h->easy.curl, CURLOPT_HTTPHEADER,
				h->easy.lists[0]) == CURLE_OK;
}

static bool set_login(struct http *h)
{
	const struct es_http_request *rq = h->rq;
	CURL *c = h->easy.curl;
	bool bad = false;

	if (rq->bearer) {
		bad |= curl_easy_setopt(c, CURLOPT_HTTPAUTH,
					(long)CURLAUTH_BEARER);
		bad |= curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, rq->bearer);
	} else if (rq->user) {
		bad |= curl_easy_setopt(c, CURLOPT_HTTPAUTH,
					(long)CURLAUTH_BASIC);
		bad |= curl_easy_setopt(c, CURLOPT_USERNAME, rq->user);
		bad |= curl_easy_setopt(c, CURLOPT_PASSWORD,
					rq->password ? rq->password : "");
	}
	return !bad;
}

static bool set_way(struct http *h)
{
	const struct es_http_request *rq = h->rq;
	CURL *c = h->easy.curl;
	bool bad = false;

	if (rq->proxy)
		bad |= curl_easy_setopt(c, CURLOPT_PROXY, rq->proxy);
	if (rq->unix_socket)
		bad |= curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH,
					rq->unix_socket);
	bad |= curl_easy_setopt(c, CURLOPT_PROXY_SSLVERSION,
				(long)CURL_SSLVERSION_TLSv1_2);
	bad |= curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
				(long)CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(c, CURLOPT_USERAGENT,
				PACKAGE_NAME "/" PACKAGE_VERSION);
	return !bad;
}

/* A body goes by the same way whatever the method is called. */
static bool set_method(struct http *h)
{
	const struct es_http_request *rq = h->rq;
	const char *method = rq->method ? rq->method : "POST";
	CURL *c = h->easy.curl;
	bool bad = false;

	if (rq->body || strcmp(method, "POST") == 0) {
		bad |= curl_easy_setopt(c, CURLOPT_POST, 1L);
		bad |= curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
					(curl_off_t)rq->body_len);
		bad |= es_easy_upload(&h->easy, rq->body ? rq->body : "",
				      rq->body_len) < 0;
	} else if (strcmp(method, "HEAD") == 0) {
		bad |= curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	}
	bad |= curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	return !bad;
}

static int prepare(struct http *h, const char *url)
{
	CURL *c;
	bool bad = false;

	if (es_easy_open(&h->easy, h->job, h->rq->pin,
			 h->rq->plain ? "https,http" : "https") < 0)
		return -1;
	c = h->easy.curl;
	bad |= curl_easy_setopt(c, CURLOPT_URL, url);
	bad |= curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
	bad |= curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	if (bad || !set_headers(h) || !set_login(h) || !set_way(h) ||
	    !set_method(h))
		return -1;
	return 0;
}

/* --- redirects ------------------------------------------------------------ */

static bool same_part(CURLU *a, CURLU *b, CURLUPart what)
{
	char *left = NULL;
	char *right = NULL;
	bool same;

	curl_url_get(a, what, &left, CURLU_DEFAULT_PORT);
	curl_url_get(b, what, &right, CURLU_DEFAULT_PORT);
	same = left && right && strcasecmp(left, right) == 0;
	curl_free(left);
	curl_free(right);
	return same;
}

static bool same_place(const char *a, const char *b)
{
	CURLU *left = curl_url();
	CURLU *right = curl_url();
	char *user = NULL;
	bool same = left && right && !curl_url_set(left, CURLUPART_URL, a, 0) &&
		    !curl_url_set(right, CURLUPART_URL, b, 0) &&
		    same_part(left, right, CURLUPART_SCHEME) &&
		    same_part(left, right, CURLUPART_HOST) &&
		    same_part(left, right, CURLUPART_PORT);

	/* Nor may it tell us who we are. */
	if (same)
		curl_url_get(right, CURLUPART_USER, &user, 0);
	same = same && !user;
	curl_free(user);
	curl_url_cleanup(left);
	curl_url_cleanup(right);
	return same;
}

/* Whether the answer sends us on; @url becomes where to, owned. */
static bool redirected(const struct http *h, char **url)
{
	char *next = NULL;
	long status = 0;

	curl_easy_getinfo(h->easy.curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 301 && status != 302 && status != 307 && status != 308)
		return false;
	curl_easy_getinfo(h->easy.curl, CURLINFO_REDIRECT_URL, &next);
	if (!next || !same_place(*url, next))
		return false;
	next = strdup(next);
	if (!next)
		return false;
	free(*url);
	*url = next;
	return true;
}

/* --- the answer ----------------------------------------------------------- */

static bool is_expected(const struct es_http_request *rq, long status)
{
	if (!rq->expected)
		return status >= 200 && status <= 299;
	for (size_t i = 0; i < rq->n_expected; i++) {
		if (status >= rq->expected[i].first &&
		    status <= rq->expected[i].last)
			return true;
	}
	return false;
}

static enum es_transport_outcome outcome_of(const struct es_http_request *rq,
					    long status)
{
	if (is_expected(rq, status))
		return ES_SENT;
	switch (status) {
	case 408:
	case 425:
	case 429:
		return ES_RETRY;
	case 401:
	case 403:
	case 407:
		return ES_DENIED;
	default:
		break;
	}
	if (status >= 300 && status <= 399 && status != 303)
		return ES_DENIED;
	return status >= 500 ? ES_RETRY : ES_REFUSED;
}

static void say_status(struct http *h, long status, const char *note)
{
	const struct es_buf *body = &h->r->body;
	int told = body->len < TOLD ? (int)body->len : TOLD;

	es_result_sayf(h->r, "HTTP status %ld%s%s%.*s", status, note,
		       told ? ": " : "", told, es_buf_str(body));
}

/* A proxy that would not let us through to the server. */
static bool judge_proxy(struct http *h)
{
	long status = 0;

	curl_easy_getinfo(h->easy.curl, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status < 300)
		return false;
	h->r->code = (int)status;
	h->r->outcome = status == 407 || status == 403 ? ES_DENIED : ES_RETRY;
	es_result_sayf(h->r, "the proxy answered with HTTP status %ld", status);
	return true;
}

static void judge_status(struct http *h, CURLcode rc, long status)
{
	curl_off_t after = 0;

	h->r->code = (int)status;
	h->r->outcome = outcome_of(h->rq, status);
	curl_easy_getinfo(h->easy.curl, CURLINFO_RETRY_AFTER, &after);
	if (h->r->outcome == ES_RETRY)
		h->r->retry_after = after > 0 ? after : 0;
	if (rc != CURLE_OK && !h->ended && h->r->outcome == ES_SENT) {
		h->r->outcome = ES_UNSURE;
		say_status(h, status, ", but the answer was cut off");
	} else {
		say_status(h, status,
			   status >= 300 && status <= 399
				   ? ", a redirect that is not followed"
				   : "");
	}
}

static void judge(struct http *h, CURLcode rc)
{
	long status = 0;
	long sent = 0;

	curl_easy_getinfo(h->easy.curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy.curl, CURLINFO_REQUEST_SIZE, &sent);
	/* Of a request without a body, any byte sent is all of it; asking
	 * again for something to read changes nothing. */
	if (!h->rq->body && sent > 0 &&
	    (!h->rq->method || (strcmp(h->rq->method, "GET") != 0 &&
				strcmp(h->rq->method, "HEAD") != 0)))
		h->easy.whole = true;
	if (rc != CURLE_OK && judge_proxy(h))
		return;
	if (status >= 200 && status <= 599)
		judge_status(h, rc, status);
	else
		es_easy_judge(h->r, &h->easy, rc ? rc : CURLE_GOT_NOTHING);
}

void es_http_send(struct es_transport_result *r, const struct es_net_job *job)
{
	struct http h = { .job = job, .rq = &job->http, .r = r };
	ES_CLEANUP(es_freep) char *url = strdup(job->http.url);
	unsigned int hops = 0;
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	do {
		es_buf_reset(&r->body);
		h.seen = 0;
		if (!url || prepare(&h, url) < 0) {
			es_result_sayf(r, "libcurl refused the request");
			es_easy_dispose(&h.easy);
			return;
		}
		rc = curl_easy_perform(h.easy.curl);
	} while (rc == CURLE_OK && hops++ < job->http.max_redirects &&
		 redirected(&h, &url));
	judge(&h, rc);
	es_easy_dispose(&h.easy);
}
