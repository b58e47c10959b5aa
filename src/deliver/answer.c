/* SPDX-License-Identifier: MIT */
/* answer.c - the child's answer: written by it, doubted by the parent */
#include "config.h"

#include "deliver/wire_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A week: no server may put us off for longer. */
#define RETRY_AFTER_MAX ((int64_t)7 * 86400)

/* Bytes of the list of protections */
#define SANDBOX_MAX 200

static void put_number(struct es_buf *out, uint32_t tag, int64_t n)
{
	es_wire_put(out, tag, &n, sizeof(n));
}

static void put_text(struct es_buf *out, uint32_t tag, const char *text)
{
	if (text)
		es_wire_put(out, tag, text, strlen(text));
}

static void put_recipient(struct es_buf *out, size_t i,
			  const struct es_transport_recipient *to)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf item = ES_BUF_INIT(ES_ANSWER_WORDS + 64);
	uint32_t head[3] = { (uint32_t)i, to->outcome, (uint32_t)to->code };

	es_buf_add(&item, head, sizeof(head));
	if (to->text)
		es_buf_add(&item, to->text, strnlen(to->text, ES_ANSWER_WORDS));
	es_wire_put(out, ES_ANSWER_RECIPIENT, item.data, item.len);
}

void es_answer_put(struct es_buf *out, const struct es_transport_result *r)
{
	put_number(out, ES_ANSWER_OUTCOME, r->outcome);
	put_number(out, ES_ANSWER_CODE, r->code);
	put_number(out, ES_ANSWER_RETRY_AFTER, r->retry_after);
	put_text(out, ES_ANSWER_TEXT, r->text);
	es_wire_put(out, ES_ANSWER_BODY, r->body.data, r->body.len);
	for (size_t i = 0; i < r->n_recipients; i++)
		put_recipient(out, i, &r->recipients[i]);
	es_wire_put(out, ES_ANSWER_END, NULL, 0);
}

/* Return: an owned copy on one line, NULL without memory. */
static char *one_line(const char *text, size_t len, size_t most)
{
	char *copy;

	if (len > most)
		len = most;
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		copy[i] = c < 0x20 || c == 0x7f ? ' ' : text[i];
	}
	while (len && copy[len - 1] == ' ')
		len--;
	copy[len] = '\0';
	return copy;
}

void es_result_say(struct es_transport_result *r, const char *text, size_t len)
{
	char *copy = one_line(text, len, ES_TRANSPORT_TEXT_MAX);

	if (!copy)
		return;
	free(r->text);
	r->text = copy;
}

void es_result_sayf(struct es_transport_result *r, const char *fmt, ...)
{
	char text[ES_TRANSPORT_TEXT_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	es_result_say(r, text, strlen(text));
}

static int take_number(int64_t *out, const struct es_wire_item *item,
		       int64_t most)
{
	int64_t n;

	if (item->len != sizeof(n))
		return -EBADMSG;
	memcpy(&n, item->data, sizeof(n));
	if (n < 0 || n > most)
		return -EBADMSG;
	*out = n;
	return 0;
}

static int take_recipient(struct es_transport_result *r,
			  const struct es_wire_item *item)
{
	struct es_transport_recipient *to;
	uint32_t head[3];

	if (item->len < sizeof(head))
		return -EBADMSG;
	memcpy(head, item->data, sizeof(head));
	if (head[0] >= r->n_recipients || head[1] > ES_DENIED || head[2] > 999)
		return -EBADMSG;
	to = &r->recipients[head[0]];
	to->outcome = (enum es_transport_outcome)head[1];
	to->code = (int)head[2];
	free(to->text);
	to->text = NULL;
	if (item->len == sizeof(head))
		return 0;
	to->text = one_line(item->data + sizeof(head), item->len - sizeof(head),
			    ES_ANSWER_WORDS);
	return to->text ? 0 : -ENOMEM;
}

/* Letters, digits and a few signs: it goes to people as it is. */
static int take_sandbox(struct es_transport_result *r,
			const struct es_wire_item *item)
{
	char *copy;

	for (size_t i = 0; i < item->len; i++) {
		if (!item->data[i] || !strchr("abcdefghijklmnopqrstuvwxyz"
					      "0123456789 :-",
					      item->data[i]))
			return -EBADMSG;
	}
	copy = one_line(item->data, item->len, SANDBOX_MAX);
	if (!copy)
		return -ENOMEM;
	free(r->sandbox);
	r->sandbox = copy;
	return 0;
}

static int take_body(struct es_transport_result *r,
		     const struct es_wire_item *item)
{
	if (item->len > ES_TRANSPORT_BODY_MAX)
		return -EBADMSG;
	es_buf_reset(&r->body);
	return es_buf_add(&r->body, item->data, item->len);
}

static int take_item(struct es_transport_result *r, bool *whole,
		     const struct es_wire_item *item)
{
	int64_t n = 0;
	int rc = 0;

	switch (item->tag) {
	case ES_ANSWER_SANDBOX:
		return take_sandbox(r, item);
	case ES_ANSWER_WHOLE:
		*whole = true;
		return 0;
	case ES_ANSWER_OUTCOME:
		rc = take_number(&n, item, ES_DENIED);
		r->outcome = (enum es_transport_outcome)n;
		return rc;
	case ES_ANSWER_CODE:
		rc = take_number(&n, item, 999);
		r->code = (int)n;
		return rc;
	case ES_ANSWER_RETRY_AFTER:
		rc = take_number(&n, item, INT64_MAX);
		r->retry_after = n < RETRY_AFTER_MAX ? n : RETRY_AFTER_MAX;
		return rc;
	case ES_ANSWER_TEXT:
		es_result_say(r, item->data, item->len);
		return 0;
	case ES_ANSWER_BODY:
		return take_body(r, item);
	case ES_ANSWER_RECIPIENT:
		return take_recipient(r, item);
	default:
		return -EBADMSG;
	}
}

int es_answer_take(struct es_transport_result *r, bool *whole, const char *data,
		   size_t len)
{
	struct es_wire_item item;
	bool said = false;
	int rc;

	while (es_wire_next(&item, &data, &len) > 0) {
		if (item.tag == ES_ANSWER_END)
			return !len && !item.len && said ? 0 : -EBADMSG;
		said |= item.tag == ES_ANSWER_OUTCOME;
		rc = take_item(r, whole, &item);
		if (rc < 0)
			return rc;
	}
	return -EBADMSG;
}
