/* SPDX-License-Identifier: MIT */
/* send_webhook.c - a message as HTTP requests, by the templates of a service */
#include "config.h"

#include "deliver/send_priv.h"
#include "deliver/webhook_priv.h"

#include "etcsnap/digest.h"
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

/*
 * What a message is told in: a call for each change or group, and a last one
 * with all of it where there is more than these; else that one alone.
 */
struct parts {
	const struct es_doc **list; /* owned; NULL is the whole message */
	size_t n;
	unsigned int check; /* sixteen bits of what they are, never zero */
};

/*
 * What is remembered of a message of which not all parts went: how many did,
 * in so many bits, and above them the check of all parts. More are sent again.
 */
#define PARTS_BITS 16
#define PARTS_MAX 0xffffu

static void dispose_parts(struct parts *p)
{
	free(p->list);
}

/* The changes of a report, or only those that are in no group. */
static void add_changes(struct parts *p, const struct es_doc *changes,
			bool alone)
{
	const struct es_doc *c;

	for (size_t i = 0; (c = es_doc_at(changes, i)) != NULL; i++)
		if (!alone || es_doc_is_null(c, "group"))
			p->list[p->n++] = c;
}

/* Whether a report has more in it than its lists of changes and groups. */
static bool has_more(const struct es_doc *report)
{
	const struct es_doc *limits = es_doc_get(report, "limits");
	const struct es_doc *counts = es_doc_get(report, "counts");

	return (limits && es_doc_get_number(limits, "changes_dropped", 0)) ||
	       (counts && (es_doc_get_number(counts, "opened", 0) ||
			   es_doc_get_number(counts, "closed", 0)));
}

/* Another message, or the same in other parts, has another check. */
static unsigned int check_of(const struct message *msg, const struct parts *p)
{
	static const char *const keys[] = { "path", "kind", "title" };
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(ES_BUF_MAX);
	uint8_t digest[ES_SHA256_LEN];

	es_buf_addf(&all, "%s\n", msg->id);
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
			if (p->list[i])
				es_doc_get_bytes(p->list[i], keys[k], &all);
			es_buf_addc(&all, '\0');
		}
	es_sha256(digest, es_buf_str(&all), all.len);
	return (unsigned int)digest[0] << 8 | digest[1] | 1;
}

static int make_parts(struct parts *out, const struct message *msg,
		      struct es_error *err)
{
	const char *per =
		es_channel_text(msg->span->channel, ES_CONF_CHANNEL_ONE_PER);
	const struct es_doc *changes = es_doc_get(msg->report, "changes");
	const struct es_doc *groups = es_doc_get(msg->report, "groups");
	const bool by_group = strcmp(per, "group") == 0;
	struct parts p = { 0 };

	if (!by_group && strcmp(per, "change") != 0)
		changes = NULL;
	if (!by_group)
		groups = NULL;
	p.list = calloc((changes ? es_doc_len(changes) : 0) +
				(groups ? es_doc_len(groups) : 0) + 1,
			sizeof(*p.list));
	if (!p.list)
		return es_fail_oom(err);
	for (size_t i = 0; groups && i < es_doc_len(groups); i++)
		p.list[p.n++] = es_doc_at(groups, i);
	if (changes)
		add_changes(&p, changes, by_group);
	if (p.n == 0 || has_more(msg->report))
		p.list[p.n++] = NULL;
	p.check = check_of(msg, &p);
	*out = p;
	return 0;
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
	ES_CLEANUP(dispose_parts) struct parts p = { 0 };
	size_t i = *done & PARTS_MAX;

	if (make_parts(&p, msg, err) < 0)
		return err->code;
	/* what went before was of this message, and not all of it */
	if (*done >> PARTS_BITS != p.check || i >= p.n)
		i = *done = 0;
	for (; i < p.n; i++) {
		int rc;

		es_transport_dispose(out);
		*out = (struct es_transport_result){ 0 };
		rc = send_part(out, m, msg, p.list[i], i, err);
		if (rc < 0 || out->outcome != ES_SENT)
			return rc;
		*done = p.check << PARTS_BITS |
			(unsigned int)(i < PARTS_MAX ? i + 1 : PARTS_MAX);
	}
	return 0;
}

int es_send_show_webhook(struct es_buf *out, struct maker *m,
			 const struct message *msg, struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	const bool secret = !*es_channel_url(c);
	ES_CLEANUP(dispose_parts) struct parts p = { 0 };
	int rc = make_parts(&p, msg, err);

	for (size_t i = 0; rc == 0 && i < p.n; i++) {
		struct call call = CALL_INIT;

		call.m = m;
		call.c = c;
		call.msg = msg;
		call.shown = true;
		rc = make_context(&call.ctx, m, msg, p.list[i], i, err);
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
