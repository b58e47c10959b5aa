/* SPDX-License-Identifier: MIT */
/* secrets.c - sign a body; keep what is secret out of results */
#include "config.h"

#include "deliver/transport_priv.h"
#include "etcsnap/base64.h"
#include "etcsnap/digest.h"

#include <string.h>

#define BLOCK 64

/* Shorter words would put stars all over a text. */
#define SECRET_MIN 4

/* --- signatures ----------------------------------------------------------- */

/* The keys of es_digest have one length, those of receivers any. */
static int hmac(uint8_t out[ES_SHA256_LEN], const struct es_http_request *rq,
		struct es_error *err)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	uint8_t key[BLOCK] = { 0 };
	uint8_t pad[BLOCK];

	if (es_digest_new(&d, ES_DIGEST_SHA256, NULL, err) < 0)
		return err->code;
	if (rq->hmac_len > BLOCK)
		es_sha256(key, rq->hmac_key, rq->hmac_len);
	else
		memcpy(key, rq->hmac_key, rq->hmac_len);
	for (size_t i = 0; i < BLOCK; i++)
		pad[i] = key[i] ^ 0x36;
	es_digest_begin(d);
	es_digest_update(d, pad, BLOCK);
	if (rq->body)
		es_digest_update(d, rq->body, rq->body_len);
	es_digest_end(d, out);
	for (size_t i = 0; i < BLOCK; i++)
		pad[i] = key[i] ^ 0x5c;
	es_digest_begin(d);
	es_digest_update(d, pad, BLOCK);
	es_digest_update(d, out, ES_SHA256_LEN);
	es_digest_end(d, out);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(pad, sizeof(pad));
	return 0;
}

int es_signature_make(struct es_buf *out, const struct es_http_request *rq,
		      struct es_error *err)
{
	const char *name = rq->hmac_header;
	uint8_t value[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];

	if (hmac(value, rq, err) < 0)
		return err->code;
	es_buf_addf(out, "%s: sha256=%s", name ? name : "X-Hub-Signature-256",
		    es_hex(hex, value, sizeof(value)));
	return es_buf_check(out, err);
}

/* --- hiding --------------------------------------------------------------- */

static void hide_in(char *text, size_t len, const char *secret, size_t n)
{
	char *at;

	while (len && (at = memmem(text, len, secret, n))) {
		memset(at, '*', n);
		len -= (size_t)(at - text) + n;
		text = at + n;
	}
}

/* In what people are shown. */
static void hide_text(struct es_transport_result *r, const char *secret,
		      size_t n)
{
	if (n < SECRET_MIN)
		return;
	if (r->text)
		hide_in(r->text, strlen(r->text), secret, n);
	for (size_t i = 0; i < r->n_recipients; i++) {
		char *text = r->recipients[i].text;

		if (text)
			hide_in(text, strlen(text), secret, n);
	}
}

static void hide(struct es_transport_result *r, const char *secret, size_t n)
{
	hide_text(r, secret, n);
	if (n >= SECRET_MIN)
		hide_in(r->body.data, r->body.len, secret, n);
}

static void hide_string(struct es_transport_result *r, const char *secret)
{
	if (secret)
		hide(r, secret, strlen(secret));
}

/* As it goes over the line. */
static void hide_encoded(struct es_transport_result *r, const char *raw,
			 size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(65536);

	if (es_base64_encode(&text, raw, len) == 0)
		hide(r, text.data, text.len);
}

static void hide_smtp(struct es_transport_result *r,
		      const struct es_smtp_request *rq)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(32768);

	if (!rq->secret)
		return;
	hide_string(r, rq->secret);
	hide_encoded(r, rq->secret, strlen(rq->secret));
	if (!rq->user)
		return;
	es_buf_addf(&raw, "%c%s%c%s", 0, rq->user, 0, rq->secret);
	hide_encoded(r, raw.data, raw.len);
	es_buf_reset(&raw);
	es_buf_addf(&raw, "user=%s\1auth=Bearer %s\1\1", rq->user, rq->secret);
	hide_encoded(r, raw.data, raw.len);
}

/* The address of a webhook is all that many services ask for. It stays in the
 * body, where it may be part of what is looked for. */
static void hide_path(struct es_transport_result *r, const char *url)
{
	const char *path = strstr(url, "://");

	path = path ? strchr(path + 3, '/') : NULL;
	/* "/api" alone is no secret */
	if (path && strlen(path) >= 8)
		hide_text(r, path, strlen(path));
}

static void hide_http(struct es_transport_result *r,
		      const struct es_http_request *rq)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(32768);

	hide_path(r, rq->url);
	hide_string(r, rq->bearer);
	hide_string(r, rq->secret);
	hide_string(r, rq->password);
	if (!rq->password)
		return;
	es_buf_addf(&raw, "%s:%s", rq->user ? rq->user : "", rq->password);
	hide_encoded(r, raw.data, raw.len);
}

/* Headers carry keys as well, but no one knows which: of each, the value. */
static void hide_headers(struct es_transport_result *r,
			 const struct es_http_request *rq)
{
	for (size_t i = 0; i < rq->n_headers; i++) {
		const char *value = strchr(rq->headers[i], ':');

		if (!value)
			continue;
		value += 1 + strspn(value + 1, " ");
		/* shorter ones are types and flags */
		if (strlen(value) >= 20)
			hide_text(r, value, strlen(value));
	}
}

void es_secrets_hide(struct es_transport_result *r,
		     const struct es_net_job *job)
{
	if (job->kind == ES_TRANSPORT_SMTP)
		hide_smtp(r, &job->smtp);
	if (job->kind == ES_TRANSPORT_HTTP) {
		hide_http(r, &job->http);
		hide_headers(r, &job->http);
	}
}
