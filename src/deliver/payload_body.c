/* SPDX-License-Identifier: MIT */
/* payload_body.c - a payload that its template makes, as large as it may be */
#include "config.h"

#include "deliver/payload_priv.h"

#include <string.h>

/* Tries to make it fit; each leaves a good part out. */
#define TRIES 12

static bool ends_in(const char *name, const char *ending)
{
	size_t len = strlen(name), n = strlen(ending);

	return len > n && strcmp(name + len - n, ending) == 0;
}

bool es_payload_is_blank(const struct es_buf *body)
{
	const char *text = es_buf_str(body);

	return strspn(text, " \t\r\n") == body->len;
}

static bool is_json(const char *text, size_t len)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	struct es_error why = ES_ERROR_INIT;

	return es_doc_read(&doc, "payload", text, len, &why) == 0;
}

/* Whether it is what the ending of its template promises. */
static bool is_sound(const char *name, const struct es_buf *body)
{
	const char *at = es_buf_str(body);

	if (es_payload_is_blank(body))
		return true;
	if (ends_in(name, ".json"))
		return is_json(at, body->len);
	if (!ends_in(name, ".ndjson"))
		return true;
	for (size_t len; *at; at += len + 1) {
		len = strcspn(at, "\n");
		if (at[len] != '\n' || !is_json(at, len))
			return false;
	}
	return true;
}

/* A share of what there is, so that it should fit next time. */
static size_t less(size_t n, size_t len, size_t max)
{
	size_t share = (size_t)((double)n * (double)max / (double)len * 0.9);

	return n == 0 ? 0 : share < n ? share : n - 1;
}

static size_t count(const struct es_doc *ctx, const char *form, const char *key)
{
	const struct es_doc *obj = form ? es_doc_get(ctx, form) : ctx;
	const struct es_doc *list = obj ? es_doc_get(obj, key) : NULL;

	return list ? es_doc_len(list) : 0;
}

static int render(struct es_buf *out, struct es_doc *ctx,
		  const struct message *msg, struct es_templates *set,
		  const char *name, size_t max, struct es_error *err)
{
	struct payload_room room = PAYLOAD_ALL;
	size_t start = out->len;

	for (int i = 0;; i++) {
		size_t len;

		if (es_templates_render(out, set, name, ctx, err) < 0)
			return err->code;
		len = out->len - start;
		if (len <= max || i == TRIES)
			return 0;
		es_buf_truncate(out, start);
		/* the whole report is what takes room, if it is told */
		if (room.tight) {
			room.lines =
				less(count(ctx, "plain", "lines"), len, max);
			room.events =
				less(count(ctx, NULL, "events"), len, max);
		}
		room.tight = true;
		if (es_payload_context(ctx, msg, &room, err) < 0)
			return err->code;
	}
}

int es_payload_body(struct es_buf *out, struct es_doc *ctx,
		    const struct message *msg, struct es_templates *set,
		    const char *name, size_t max, struct es_error *err)
{
	if (render(out, ctx, msg, set, name, max, err) < 0)
		return err->code;
	if (is_sound(name, out))
		return 0;
	es_buf_reset(out);
	return render(out, ctx, msg, set, "generic.json", max, err);
}
