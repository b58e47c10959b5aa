/* SPDX-License-Identifier: MIT */
/* easy.c - libcurl, told to be careful */
#include "config.h"

#include "deliver/easy_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void es_easy_dispose(struct es_easy *e)
{
	curl_easy_cleanup(e->curl);
	e->curl = NULL;
	for (size_t i = 0; i < sizeof(e->lists) / sizeof(*e->lists); i++) {
		curl_slist_free_all(e->lists[i]);
		e->lists[i] = NULL;
	}
}

static bool set_tls(CURL *c, const struct es_net_job *job, const char *pin)
{
	struct curl_blob ca = { NULL, job->ca_len, CURL_BLOB_NOCOPY };
	bool bad = false;

	bad |= curl_easy_setopt(c, CURLOPT_SSLVERSION,
				(long)CURL_SSLVERSION_TLSv1_2);
	bad |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (job->ca) {
		/* libcurl wants to be given what it does not write to. */
		memcpy(&ca.data, &job->ca, sizeof(ca.data));
		bad |= curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca);
		/* else the system's authorities would do as well */
		bad |= curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	if (pin)
		bad |= curl_easy_setopt(c, CURLOPT_PINNEDPUBLICKEY, pin);
	return !bad;
}

static bool set_limits(CURL *c, const struct es_net_job *job)
{
	struct es_transport_limits l = es_request_limits(job);
	bool bad = false;

	bad |= curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)l.connect);
	bad |= curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)l.total);
	bad |= curl_easy_setopt(c, CURLOPT_SERVER_RESPONSE_TIMEOUT,
				(long)l.stall);
	/* so one byte a second is none */
	bad |= curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 16L);
	bad |= curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)l.stall);
	return !bad;
}

static size_t discard(char *data, size_t size, size_t n, void *payload)
{
	(void)data;
	(void)payload;
	return size * n;
}

int es_easy_open(struct es_easy *e, const struct es_net_job *job,
		 const char *pin, const char *scheme)
{
	bool bad = false;
	CURL *c;

	es_easy_dispose(e);
	*e = (struct es_easy){ .curl = curl_easy_init() };
	c = e->curl;
	if (!c || !set_tls(c, job, pin) || !set_limits(c, job))
		return -1;
	bad |= curl_easy_setopt(c, CURLOPT_ERRORBUFFER, e->words);
	bad |= curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, scheme);
	bad |= curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, discard);
	return bad ? -1 : 0;
}

struct curl_slist *es_easy_list(struct es_easy *e, int which,
				const char *const *strings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct curl_slist *longer =
			curl_slist_append(e->lists[which], strings[i]);

		if (!longer)
			return NULL;
		e->lists[which] = longer;
	}
	return e->lists[which];
}

static size_t give(char *to, size_t size, size_t n, void *payload)
{
	struct es_easy *e = payload;
	size_t room = size * n;
	size_t left = e->len - e->given;
	size_t now = left < room ? left : room;

	memcpy(to, e->body + e->given, now);
	e->given += now;
	/* The parent knows before the other side can. */
	if (e->given == e->len && !e->whole) {
		e->whole = true;
		es_child_whole();
	}
	return now;
}

/* libcurl goes back to the beginning when a kept connection was stale. */
static int rewind_body(void *payload, curl_off_t offset, int origin)
{
	struct es_easy *e = payload;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > e->len)
		return CURL_SEEKFUNC_FAIL;
	e->given = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

int es_easy_upload(struct es_easy *e, const char *body, size_t len)
{
	bool bad = false;

	e->body = body;
	e->len = len;
	e->given = 0;
	bad |= curl_easy_setopt(e->curl, CURLOPT_READFUNCTION, give);
	bad |= curl_easy_setopt(e->curl, CURLOPT_READDATA, e);
	bad |= curl_easy_setopt(e->curl, CURLOPT_SEEKFUNCTION, rewind_body);
	bad |= curl_easy_setopt(e->curl, CURLOPT_SEEKDATA, e);
	return bad ? -1 : 0;
}

/* A handshake that was cut off is no matter of certificates. */
static bool is_cut_off(const struct es_easy *e)
{
	long why = 0;

	curl_easy_getinfo(e->curl, CURLINFO_OS_ERRNO, &why);
	return why == ECONNRESET || why == EPIPE || why == ETIMEDOUT ||
	       strstr(e->words, "SSL_ERROR_SYSCALL") ||
	       strstr(e->words, "unexpected eof") ||
	       strstr(e->words, "reset by peer");
}

static bool is_denied(const struct es_easy *e, CURLcode rc)
{
	switch (rc) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_NOT_BUILT_IN:
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_LOGIN_DENIED:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_USE_SSL_FAILED:
		return true;
	case CURLE_SSL_CONNECT_ERROR:
		return !is_cut_off(e);
	default:
		return false;
	}
}

void es_easy_judge(struct es_transport_result *r, const struct es_easy *e,
		   CURLcode rc)
{
	const char *words = *e->words ? e->words : curl_easy_strerror(rc);

	if (e->whole)
		r->outcome = ES_UNSURE;
	else
		r->outcome = is_denied(e, rc) ? ES_DENIED : ES_RETRY;
	es_result_say(r, words, strlen(words));
}
