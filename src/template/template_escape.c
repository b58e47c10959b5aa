/* SPDX-License-Identifier: MIT */
/* template_escape.c - values as each target has to have them */
#include "config.h"

#include "template/template_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

/* Where the first of some bytes is, or @len. */
static size_t find_any(const char *text, size_t len, const char stop[256])
{
	size_t i = 0;

	while (i < len && !stop[(unsigned char)text[i]])
		i++;
	return i;
}

static int escape_text(struct es_buf *out, const char *text, size_t len)
{
	static const char stop[256] = { ['\n'] = 1 };

	while (len) {
		size_t n = find_any(text, len, stop);

		es_quote_text(out, text, n);
		if (n < len)
			es_buf_addc(out, text[n++]);
		text += n;
		len -= n;
	}
	return out->failed;
}

static int escape_html(struct es_buf *out, const char *text, size_t len)
{
	static const char stop[256] = {
		['\n'] = 1, ['&'] = 1, ['<'] = 1,
		['>'] = 1,  ['"'] = 1, ['\''] = 1,
	};

	while (len) {
		size_t n = find_any(text, len, stop);

		es_quote_text(out, text, n);
		if (n == len)
			break;
		switch (text[n]) {
		case '&':
			es_buf_adds(out, "&amp;");
			break;
		case '<':
			es_buf_adds(out, "&lt;");
			break;
		case '>':
			es_buf_adds(out, "&gt;");
			break;
		case '"':
			es_buf_adds(out, "&quot;");
			break;
		case '\'':
			es_buf_adds(out, "&#39;");
			break;
		default:
			es_buf_addc(out, '\n');
			break;
		}
		text += n + 1;
		len -= n + 1;
	}
	return out->failed;
}

/* As text, but a run of what would end the line is one blank. */
static int escape_header(struct es_buf *out, const char *text, size_t len)
{
	static const char stop[256] = { ['\n'] = 1, ['\r'] = 1, ['\t'] = 1 };

	while (len) {
		size_t n = find_any(text, len, stop);

		es_quote_text(out, text, n);
		if (n < len)
			es_buf_addc(out, ' ');
		while (n < len && stop[(unsigned char)text[n]])
			n++;
		text += n;
		len -= n;
	}
	return out->failed;
}

/* Inside the quotes of a JSON string. The text is what the document gave. */
static int escape_json(struct es_buf *out, struct es_value text)
{
	size_t start = out->len;

	if (es_value_json(out, text) < 0)
		return out->failed;
	/* The quotes go: the template has them. */
	memmove(out->data + start, out->data + start + 1, out->len - start - 2);
	es_buf_truncate(out, out->len - 2);
	return 0;
}

int es_template_escape(struct es_buf *out, enum es_template_target target,
		       const char *text, size_t len)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;

	switch (target) {
	case ES_TEMPLATE_HTML:
		return escape_html(out, text, len);
	case ES_TEMPLATE_HEADER:
		return escape_header(out, text, len);
	case ES_TEMPLATE_JSON:
		doc = es_doc_new();
		if (!doc)
			break;
		es_doc_text(doc, "t", text, len);
		return escape_json(out, es_value_get(es_value_of(doc), "t"));
	case ES_TEMPLATE_TEXT:
	default:
		return escape_text(out, text, len);
	}
	if (!out->failed)
		out->failed = -ENOMEM;
	return out->failed;
}

int es_template_value(struct es_buf *out, enum es_template_target target,
		      struct es_value v, bool bare)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(out->max);
	enum es_value_kind kind = es_value_kind(v);

	if (bare && target == ES_TEMPLATE_JSON)
		return es_value_json(out, v);
	if (kind == ES_VALUE_TEXT && target == ES_TEMPLATE_JSON)
		return escape_json(out, v);
	if (kind == ES_VALUE_TEXT && !(bare && target == ES_TEMPLATE_HTML))
		return es_template_escape(out, target, es_value_text(v),
					  es_value_len(v));
	/* Only what is made of several values has bytes to be escaped. */
	if ((kind != ES_VALUE_ARRAY && kind != ES_VALUE_OBJECT) ||
	    (bare && target == ES_TEMPLATE_HTML))
		return es_value_add(out, v);
	es_value_add(&text, v);
	if (text.failed && !out->failed)
		out->failed = text.failed;
	return es_template_escape(out, target, es_buf_str(&text), text.len);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void es_template_one_line(struct es_buf *out, size_t start)
{
	size_t to = start;
	size_t from = start;

	while (from < out->len) {
		size_t run = from;
		bool ends = false;

		while (run < out->len && is_space(out->data[run]))
			ends |= out->data[run++] != ' ';
		bool edge = to == start || run == out->len;

		/* Blanks stay as many as they are; those with a line end or a
		 * tab among them become one. */
		if (ends && !edge)
			out->data[to++] = ' ';
		if (ends || edge)
			from = run;
		while (from < run)
			out->data[to++] = out->data[from++];
		if (from < out->len)
			out->data[to++] = out->data[from++];
	}
	es_buf_truncate(out, to);
}
