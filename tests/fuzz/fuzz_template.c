/* SPDX-License-Identifier: MIT */
/* fuzz_template.c - any template over any document, for every target */
#include "config.h"

#include "etcsnap/doc.h"
#include "etcsnap/quote.h"
#include "etcsnap/template.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The input is JSON text, a NUL, and a template. Without a NUL all of it is
 * the template, over an empty document.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static void check_refusal(const struct es_error *err)
{
	demand(err->code < 0);
	demand(strchr(err->msg, ':') || err->code == -ENOMEM);
	demand(!memchr(err->msg, '\n', strlen(err->msg)));
}

/* What is written is text; a header is of one line. */
static void check_output(const struct es_buf *out,
			 enum es_template_target target)
{
	const char *text = es_buf_str(out);

	demand(es_utf8_valid(text, out->len));
	demand(strlen(text) == out->len);
	if (target == ES_TEMPLATE_HEADER)
		demand(!strpbrk(text, "\r\n\t"));
}

static void render(const struct es_doc *doc, const char *text, size_t len,
		   enum es_template_target target)
{
	ES_CLEANUP(es_template_freep) struct es_template *t = NULL;
	ES_CLEANUP(es_templates_freep) struct es_templates *set = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);
	struct es_error err = ES_ERROR_INIT;

	if (es_template_parse(&t, "t", text, len, target, &err) < 0) {
		demand(!t);
		check_refusal(&err);
		return;
	}
	demand(es_templates_new(&set, NULL, &err) == 0);
	if (es_template_render(&out, t, set, doc, &err) < 0) {
		check_refusal(&err);
		demand(out.len == 0);
		return;
	}
	check_output(&out, target);
}

/* What was read is written, and read again is the same. */
static void check_document(const struct es_doc *doc)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_doc_freep) struct es_doc *again = NULL;
	struct es_error err = ES_ERROR_INIT;

	demand(es_doc_write(doc, &a, false) == 0);
	demand(es_doc_read(&again, "a", a.data, a.len, &err) == 0);
	demand(es_doc_write(again, &b, false) == 0);
	demand(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	struct es_error err = ES_ERROR_INIT;
	const char *text = (const char *)data;
	const char *nul = size ? memchr(text, '\0', size) : NULL;

	if (nul) {
		size_t len = (size_t)(nul - text);

		if (es_doc_read(&doc, "d", text, len, &err) < 0) {
			check_refusal(&err);
			return 0;
		}
		check_document(doc);
		text += len + 1;
		size -= len + 1;
	} else {
		doc = es_doc_new();
		if (!doc)
			return 0;
	}
	for (int target = 0; target <= ES_TEMPLATE_HEADER; target++)
		render(doc, text, size, (enum es_template_target)target);
	return 0;
}
