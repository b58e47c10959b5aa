/* SPDX-License-Identifier: MIT */
/* webhook_call.c - what an HTTP request of a channel is made of */
#include "config.h"

#include "deliver/send_priv.h"
#include "deliver/transport_priv.h"
#include "deliver/webhook_priv.h"

#include "etcsnap/quote.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void wipe(struct es_buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
	es_buf_dispose(b);
}

void es_call_dispose(struct call *call)
{
	wipe(&call->url);
	wipe(&call->body);
	wipe(&call->headers);
	wipe(&call->password);
	wipe(&call->token);
	wipe(&call->hmac);
	free(call->header);
	es_doc_free(call->ctx);
}

/* --- what a call is made of ----------------------------------------------- */

/* A value of the configuration that is a template. */
static int expand(struct es_buf *out, struct call *call, const char *text,
		  enum es_template_target target, struct es_error *err)
{
	ES_CLEANUP(es_template_freep) struct es_template *t = NULL;

	if (es_template_parse(&t, call->c->name, text, strlen(text), target,
			      err) < 0 ||
	    es_template_render(out, t, call->m->templates, call->ctx, err) < 0)
		return err->code;
	return es_buf_check(out, err);
}

/* Secret headers stand in a file, one a line, and are no templates. */
static int add_secret_headers(struct call *call, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 16);
	int rc = es_channel_secret(&text, call->c, ES_CONF_CHANNEL_HEADER_FILE,
				   "headers", err);

	for (char *at = rc > 0 ? text.data : NULL; at && *at;) {
		size_t len = strcspn(at, "\r\n");

		if (len) {
			es_buf_add(&call->headers, at, len);
			es_buf_addc(&call->headers, '\0');
			call->n_headers++;
		}
		at += len + strspn(at + len, "\r\n");
	}
	if (text.data)
		explicit_bzero(text.data, text.len);
	return rc < 0 ? rc : 0;
}

/*
 * "Authorization: Bearer" is the transport's own; others are headers, and some
 * services want it in the payload: "none" makes it {{token}} there.
 */
static int add_token(struct call *call, struct es_error *err)
{
	const char *header =
		es_channel_text(call->c, ES_CONF_CHANNEL_TOKEN_HEADER);
	int rc = es_channel_secret(&call->token, call->c,
				   ES_CONF_CHANNEL_TOKEN_FILE, "token", err);

	if (rc > 0 && strcmp(header, "none") == 0) {
		call->in_body = true;
		es_doc_str(call->ctx, "token",
			   call->shown ? "***" : call->token.data);
	}
	if (rc <= 0 || call->in_body ||
	    strcmp(header, "Authorization: Bearer") == 0)
		return rc < 0 ? rc : 0;
	es_buf_addf(&call->headers, "%s%s%s", header,
		    strchr(header, ':') ? " " : ": ", call->token.data);
	es_buf_addc(&call->headers, '\0');
	call->n_headers++;
	wipe(&call->token);
	call->token = (struct es_buf)ES_BUF_INIT(1 << 16);
	return 0;
}

static bool same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, ":");

	return len == strcspn(b, ":") && strncasecmp(a, b, len) == 0;
}

/* The service's headers but those that the channel says itself, then these. */
static int add_open_headers(struct call *call, struct es_error *err)
{
	const struct es_conf_value *v[2];
	size_t n[2];

	v[0] = es_channel_preset_values(call->c, ES_CONF_CHANNEL_HEADER, &n[0]);
	v[1] = es_channel_own_values(call->c, ES_CONF_CHANNEL_HEADER, &n[1]);
	for (int side = 0; side < 2; side++)
		for (size_t k = 0; k < n[side]; k++) {
			bool other = false;

			for (size_t o = 0; side == 0 && o < n[1]; o++)
				other |= same_name(v[0][k].text, v[1][o].text);
			if (other)
				continue;
			if (expand(&call->headers, call, v[side][k].text,
				   ES_TEMPLATE_HEADER, err) < 0)
				return err->code;
			es_buf_addc(&call->headers, '\0');
			call->n_headers++;
		}
	call->n_open = call->n_headers;
	return 0;
}

static int add_headers(struct call *call, struct es_error *err)
{
	size_t i = 0;

	if (add_open_headers(call, err) < 0)
		return err->code;
	if (add_token(call, err) < 0 || add_secret_headers(call, err) < 0 ||
	    es_buf_check(&call->headers, err) < 0)
		return err->code;
	call->header = calloc(call->n_headers + 1, sizeof(*call->header));
	if (!call->header)
		return es_fail_oom(err);
	for (const char *at = call->headers.data; i < call->n_headers; i++) {
		call->header[i] = at;
		at += strlen(at) + 1;
	}
	return 0;
}

/* "200-299,409" */
static int read_expected(struct call *call, struct es_error *err)
{
	const char *text = es_channel_text(call->c, ES_CONF_CHANNEL_EXPECT);
	const char *at = text;

	while (call->n_expected < EXPECTED_MAX) {
		char *end;
		long first = strtol(at, &end, 10), last = first;

		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (end == at || first < 100 || last > 599 || last < first)
			break;
		call->expected[call->n_expected++] =
			(struct es_http_statuses){ (int)first, (int)last };
		end += strspn(end, ", ");
		if (!*end)
			return 0;
		at = end;
	}
	es_fail_config(err,
		       "expect = '%s' is no list of statuses; give it as "
		       "200-299,409",
		       ES_Q(text));
	return es_channel_wrong(err, call->c, ES_CONF_CHANNEL_EXPECT);
}

static bool is_plain(const struct channel *c)
{
	return strcmp(es_channel_text(c, ES_CONF_CHANNEL_TLS), "none") == 0;
}

/* Of an address that is a template only a message knows what it becomes. */
int es_send_check_webhook(const struct channel *c, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(65536);
	const bool open = *es_channel_url(c);
	struct call call = CALL_INIT;
	struct es_net_job job = {
		.kind = ES_TRANSPORT_HTTP,
		.http = { .plain = is_plain(c) },
	};
	int rc;

	call.c = c;
	rc = read_expected(&call, err);
	if (rc == 0)
		rc = es_send_url(&url, c, err);
	if (rc > 0 && !(open && strstr(url.data, "{{"))) {
		job.http.url = url.data;
		if (es_request_check(&job, err) < 0)
			rc = es_channel_wrong(err, c,
					      open ? ES_CONF_CHANNEL_URL
						   : ES_CONF_CHANNEL_URL_FILE);
	}
	wipe(&url);
	return rc < 0 ? rc : 0;
}

int es_call_run(struct es_transport_result *out, struct call *call,
		const char *method, struct es_error *err)
{
	const struct channel *c = call->c;
	const char *user = es_channel_text(c, ES_CONF_CHANNEL_USER);
	const char *ca = es_channel_text(c, ES_CONF_CHANNEL_CA_FILE);
	const char *pin = es_channel_text(c, ES_CONF_CHANNEL_PIN);
	const char *proxy = es_channel_text(c, ES_CONF_CHANNEL_PROXY);
	const struct es_http_request http = {
		.method = method,
		.url = call->url.data,
		.plain = is_plain(c),
		.headers = call->header,
		.n_headers = call->n_headers,
		.body = call->body.len ? call->body.data : NULL,
		.body_len = call->body.len,
		.expected = call->expected,
		.n_expected = call->n_expected,
		.user = call->password.len && *user ? user : NULL,
		.password = call->password.len ? call->password.data : NULL,
		.bearer = call->token.len && !call->in_body ? call->token.data
							    : NULL,
		.hmac_key = call->hmac.len ? call->hmac.data : NULL,
		.hmac_len = call->hmac.len,
		.hmac_header = es_channel_text(c, ES_CONF_CHANNEL_HMAC_HEADER),
		.secret = call->in_body ? call->token.data : NULL,
		.ca_file = *ca ? ca : NULL,
		.pin = *pin ? pin : NULL,
		.proxy = strcmp(proxy, "none") == 0 ? ""
			 : *proxy		    ? proxy
						    : NULL,
		.max_redirects = 3,
		.limits = es_send_limits(c),
	};
	const struct es_transport_request rq = {
		.kind = ES_TRANSPORT_HTTP,
		.http = &http,
	};

	return es_transport_run(out, &rq, err);
}

static int add_secrets(struct call *call, struct es_error *err)
{
	if (es_channel_secret(&call->password, call->c,
			      ES_CONF_CHANNEL_PASSWORD_FILE, "password",
			      err) < 0 ||
	    es_channel_secret(&call->hmac, call->c, ES_CONF_CHANNEL_HMAC_FILE,
			      "hmac", err) < 0)
		return err->code;
	return 0;
}

/* The address: the channel's own is a template, one from a file is not. */
static int make_url(struct call *call, const char *text, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(65536);

	if (text)
		return expand(&call->url, call, text, ES_TEMPLATE_HEADER, err);
	if (es_send_url(&url, call->c, err) < 0)
		return err->code;
	if (!*es_channel_url(call->c)) {
		es_buf_adds(&call->url, es_buf_str(&url));
		wipe(&url);
		return es_buf_check(&call->url, err);
	}
	return expand(&call->url, call, es_buf_str(&url), ES_TEMPLATE_HEADER,
		      err);
}

int es_call_prepare(struct call *call, const char *url, const char *template,
		    struct es_error *err)
{
	const size_t max =
		(size_t)es_channel_number(call->c, ES_CONF_CHANNEL_MAX_SIZE);

	if (make_url(call, url, err) < 0 || add_headers(call, err) < 0 ||
	    add_secrets(call, err) < 0 || read_expected(call, err) < 0 ||
	    (template &&
	     es_payload_body(&call->body, call->ctx, call->msg,
			     call->m->templates, template, max, err) < 0))
		return err->code;
	return 0;
}
