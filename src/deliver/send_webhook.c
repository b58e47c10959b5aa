/* SPDX-License-Identifier: MIT */
/* send_webhook.c - a message as HTTP requests, by the templates of a service */
#include "config.h"

#include "deliver/send_priv.h"
#include "deliver/webhook_priv.h"

#include "etcsnap/value.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- tickets that are open already ---------------------------------------- */

/* What is at "/a/0/b" of an answer. */
static struct es_value value_at(const struct es_doc *doc, const char *pointer)
{
	struct es_value v = es_value_of(doc);

	while (*pointer == '/') {
		char key[128];
		size_t len = strcspn(++pointer, "/");

		if (len >= sizeof(key))
			return (struct es_value){ NULL };
		memcpy(key, pointer, len);
		key[len] = '\0';
		pointer += len;
		v = es_value_kind(v) == ES_VALUE_ARRAY
			    ? es_value_at(v, strtoul(key, NULL, 10))
			    : es_value_get(v, key);
	}
	return v;
}

/* The text or number there; appended to @out. */
static bool at_pointer(struct es_buf *out, const struct es_doc *doc,
		       const char *pointer)
{
	struct es_value v = value_at(doc, pointer);

	if (es_value_kind(v) != ES_VALUE_TEXT &&
	    es_value_kind(v) != ES_VALUE_NUMBER)
		return false;
	return es_value_add(out, v) == 0 && out->len > 0;
}

/* Only what an id is made of goes into another URL. */
static bool is_id(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789-_")];
}

/*
 * Whether there is an open ticket of the same key; then its id is "ticket" in
 * the context. 1, 0, or negative. Where nobody answered that is in @out, and
 * the message waits: it must not become a second ticket.
 */
static int find_ticket(struct es_transport_result *out, struct call *of,
		       struct es_error *err)
{
	const char *find = es_channel_text(of->c, ES_CONF_CHANNEL_FIND_URL);
	ES_CLEANUP(es_buf_dispose) struct es_buf id = ES_BUF_INIT(256);
	ES_CLEANUP(es_doc_freep) struct es_doc *answer = NULL;
	struct call call = CALL_INIT;
	struct es_error why = ES_ERROR_INIT;
	int rc = 0;

	if (!*find)
		return 0;
	call.m = of->m;
	call.c = of->c;
	call.msg = of->msg;
	call.ctx = of->ctx;
	rc = es_call_prepare(&call, find, NULL, err);
	if (rc == 0)
		rc = es_call_run(out, &call, "GET", err);
	if (rc == 0 && out->outcome == ES_SENT && out->body.len &&
	    es_doc_read(&answer, "answer", out->body.data, out->body.len,
			&why) == 0 &&
	    at_pointer(&id, answer,
		       es_channel_text(of->c, ES_CONF_CHANNEL_FIND_POINTER)) &&
	    is_id(id.data)) {
		es_doc_str(of->ctx, "ticket", id.data);
		rc = 1;
	}
	/* nothing was told yet, so nothing can have arrived */
	if (rc == 0 && out->outcome == ES_UNSURE)
		out->outcome = ES_RETRY;
	call.ctx = NULL;
	es_call_dispose(&call);
	return rc;
}

/* Some say in the answer alone that they took nothing. */
static int judge(struct es_transport_result *out, const struct channel *c,
		 struct es_error *err)
{
	const char *pointer = es_channel_text(c, ES_CONF_CHANNEL_FAIL_POINTER);
	ES_CLEANUP(es_doc_freep) struct es_doc *answer = NULL;
	struct es_error why = ES_ERROR_INIT;

	if (!*pointer || out->outcome != ES_SENT || out->body.len == 0 ||
	    es_doc_read(&answer, "answer", out->body.data, out->body.len,
			&why) < 0 ||
	    !es_value_is_true(value_at(answer, pointer)))
		return 0;
	out->outcome = ES_REFUSED;
	free(out->text);
	out->text = strdup("the answer says that not all of it was taken");
	return out->text ? 0 : es_fail_oom(err);
}

/* --- one message ---------------------------------------------------------- */

/* How many calls a message is, and what each of them is about. */
static const struct es_doc *parts_of(const struct message *msg, size_t *n)
{
	const char *per =
		es_channel_text(msg->span->channel, ES_CONF_CHANNEL_ONE_PER);
	const char *key = strcmp(per, "change") == 0  ? "changes"
			  : strcmp(per, "group") == 0 ? "groups"
						      : NULL;
	const struct es_doc *list = key ? es_doc_get(msg->report, key) : NULL;

	*n = list ? es_doc_len(list) : 0;
	if (*n == 0) {
		*n = 1;
		return NULL;
	}
	return list;
}

static int make_context(struct es_doc **out, struct maker *m,
			const struct message *msg, const struct es_doc *part,
			size_t i, struct es_error *err)
{
	const struct payload_room all = PAYLOAD_ALL;
	char id[128];

	if (es_message_context(out, m, msg, err) < 0)
		return err->code;
	es_channel_set(*out, msg->span->channel);
	if (part) {
		es_doc_set(*out, "part", part);
		snprintf(id, sizeof(id), "%zu.%s", i, msg->id);
		es_doc_str(*out, "id", id);
	}
	if (es_payload_context(*out, msg, &all, err) < 0)
		return err->code;
	return es_doc_check(*out, err);
}

static int send_part(struct es_transport_result *out, struct maker *m,
		     const struct message *msg, const struct es_doc *part,
		     size_t i, struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	const char *method = es_channel_text(c, ES_CONF_CHANNEL_METHOD);
	const char *template = es_channel_text(c, ES_CONF_CHANNEL_TEMPLATE);
	const char *comment = es_channel_text(c, ES_CONF_CHANNEL_COMMENT_URL);
	const char *url = NULL;
	struct call call = CALL_INIT;
	int rc;

	call.m = m;
	call.c = c;
	call.msg = msg;
	rc = make_context(&call.ctx, m, msg, part, i, err);
	if (rc == 0)
		rc = find_ticket(out, &call, err);
	if (rc == 0 &&
	    (out->outcome == ES_RETRY || out->outcome == ES_DENIED)) {
		es_call_dispose(&call);
		return 0;
	}
	es_transport_dispose(out);
	*out = (struct es_transport_result){ 0 };
	if (rc > 0 && *comment) {
		url = comment;
		template = es_channel_text(c, ES_CONF_CHANNEL_COMMENT_TEMPLATE);
		method = es_channel_text(c, ES_CONF_CHANNEL_COMMENT_METHOD);
	}
	if (rc >= 0)
		rc = es_call_prepare(&call, url, template, err);
	if (rc >= 0 && es_payload_is_blank(&call.body))
		rc = es_send_result(out, ES_SENT, "nothing to say", err);
	else if (rc >= 0)
		rc = es_call_run(out, &call, method, err);
	if (rc >= 0)
		rc = judge(out, c, err);
	es_call_dispose(&call);
	return rc;
}

int es_send_webhook(struct es_transport_result *out, struct maker *m,
		    const struct message *msg, unsigned int *done,
		    struct es_error *err)
{
	size_t n;
	const struct es_doc *parts = parts_of(msg, &n);

	for (size_t i = *done; i < n; i++) {
		int rc;

		es_transport_dispose(out);
		*out = (struct es_transport_result){ 0 };
		rc = send_part(out, m, msg, parts ? es_doc_at(parts, i) : NULL,
			       i, err);
		if (rc < 0 || out->outcome != ES_SENT)
			return rc;
		*done = (unsigned int)i + 1;
	}
	if (!out->text)
		return es_send_result(out, ES_SENT, "all of it went before",
				      err);
	return 0;
}

int es_send_show_webhook(struct es_buf *out, struct maker *m,
			 const struct message *msg, struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	const bool secret = !*es_channel_url(c);
	size_t n;
	const struct es_doc *parts = parts_of(msg, &n);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct call call = CALL_INIT;

		call.m = m;
		call.c = c;
		call.msg = msg;
		call.shown = true;
		rc = make_context(&call.ctx, m, msg,
				  parts ? es_doc_at(parts, i) : NULL, i, err);
		if (rc == 0)
			rc = es_call_prepare(
				&call, NULL,
				es_channel_text(c, ES_CONF_CHANNEL_TEMPLATE),
				err);
		if (rc == 0) {
			es_buf_addf(out, "%s %s\n",
				    es_channel_text(c, ES_CONF_CHANNEL_METHOD),
				    secret ? "***" : call.url.data);
			if (call.password.len ||
			    (call.token.len && !call.in_body))
				es_buf_adds(out, "Authorization: ***\n");
			for (size_t k = 0; k < call.n_headers; k++)
				es_buf_addf(
					out, "%.*s%s\n",
					k < call.n_open
						? INT_MAX
						: (int)strcspn(call.header[k],
							       ":"),
					call.header[k],
					k < call.n_open ? "" : ": ***");
			es_buf_addf(out, "\n%s\n", es_buf_str(&call.body));
		}
		es_call_dispose(&call);
	}
	return rc;
}
