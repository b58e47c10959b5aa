/* SPDX-License-Identifier: MIT */
/* fuzz_quote.c - whatever the bytes, what leaves the program is well formed */
#include "config.h"

#include "etcsnap/doc.h"
#include "etcsnap/quote.h"
#include "etcsnap/writer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* One line of UTF-8 without anything that a terminal obeys. */
static void check_line(const struct es_buf *out, bool tab)
{
	must(out->failed == 0);
	must(es_utf8_valid(es_buf_str(out), out->len));
	for (size_t i = 0; i < out->len; i++) {
		unsigned char c = (unsigned char)out->data[i];

		must(c >= ' ' || (tab && c == '\t'));
		must(c != 0x7f);
		must(c != 0xc2 || (unsigned char)out->data[i + 1] >= 0xa0);
	}
}

static void check_terminal(const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);

	es_quote_term(&out, raw, len);
	check_line(&out, false);
	es_buf_reset(&out);
	es_quote_text(&out, raw, len);
	check_line(&out, true);
}

static void check_mtree(const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf back = ES_BUF_INIT(ES_BUF_MAX);

	/* Any bytes may be read back; what we wrote comes back as it was. */
	es_unquote_mtree(&out, raw, len);
	es_buf_reset(&out);
	must(es_quote_mtree(&out, raw, len) == 0);
	must(es_unquote_mtree(&back, es_buf_str(&out), out.len) == 0);
	must(back.len == len && memcmp(es_buf_str(&back), raw, len) == 0);
}

static void check_csv(const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);

	es_csv_field(&out, raw, len);
	check_line(&out, false);
	must(out.len == 0 || !strchr("=+-@", out.data[0]));
	if (out.len && strpbrk(out.data, ",\""))
		must(out.data[0] == '"' && out.data[out.len - 1] == '"');
}

/* The whole document is JSON to another reader, and loses no byte. */
static void check_json(const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf back = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *doc = es_doc_new();
	json_t *json;

	must(doc != NULL);
	es_doc_text(doc, "text", raw, len);
	es_doc_push_text(es_doc_array(doc, "list"), raw, len);
	must(es_doc_write(doc, &out, false) == 0);
	for (size_t i = 0; i + 1 < out.len; i++)
		must(out.data[i] >= ' ');
	json = json_loadb(out.data, out.len, 0, NULL);
	must(json != NULL);
	must(es_doc_get_bytes(doc, "text", &back));
	must(back.len == len && memcmp(es_buf_str(&back), raw, len) == 0);
	if (!json_object_get(json, "text_b64")) {
		json_t *text = json_object_get(json, "text");

		must(json_string_length(text) == len);
		must(memcmp(json_string_value(text), raw, len) == 0);
	}
	json_decref(json);
	es_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *raw = (const char *)data;
	char *copy = malloc(size + 1);
	char room[ES_Q_MAX];

	must(copy != NULL);
	memcpy(copy, data, size);
	copy[size] = '\0';
	check_terminal(raw, size);
	check_csv(raw, size);
	check_json(raw, size);
	/* Names have no NUL. */
	if (strlen(copy) == size)
		check_mtree(raw, size);
	must(strlen(es_quote_tmp(room, sizeof(room), copy)) < sizeof(room));
	must(es_utf8_valid(room, strlen(room)));
	free(copy);
	return 0;
}
