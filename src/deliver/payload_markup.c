/* SPDX-License-Identifier: MIT */
/* payload_markup.c - texts in the markup of services, none of it theirs */
#include "config.h"

#include "deliver/payload_priv.h"

#include <string.h>

/* Looks like a grave accent in every font, and ends no block of code. */
#define TICK "\xcb\x8b"
/* Nothing to see: what stands before and behind it is no word any more. */
#define ZERO_WIDTH "\xe2\x80\x8b"
#define ELLIPSIS "\xe2\x80\xa6"

const char *es_markup_name(enum payload_markup m)
{
	static const char *const names[MARKUPS] = {
		[MARKUP_PLAIN] = "plain",
		[MARKUP_MRKDWN] = "mrkdwn",
		[MARKUP_MARKDOWN] = "markdown",
		[MARKUP_HTML] = "html",
	};

	return names[m];
}

/* The three that Slack wants as entities, and HTML's quotes. */
static const char *entity(char c, enum payload_markup m)
{
	if (c == '&')
		return "&amp;";
	if (c == '<')
		return "&lt;";
	if (c == '>')
		return "&gt;";
	if (m == MARKUP_HTML && c == '"')
		return "&quot;";
	if (m == MARKUP_HTML && c == '\'')
		return "&#39;";
	return NULL;
}

/* "@" and "#" begin mentions also behind a backslash. */
static void add_markdown(struct es_buf *out, char c)
{
	if (strchr("\\`*_{}[]()<>#|~&:$!", c))
		es_buf_addc(out, '\\');
	es_buf_addc(out, c);
	if (c == '@' || c == '#')
		es_buf_adds(out, ZERO_WIDTH);
}

void es_markup_add(struct es_buf *out, enum payload_markup m, const char *text,
		   size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		const char *as = m == MARKUP_MRKDWN || m == MARKUP_HTML
					 ? entity(c, m)
					 : NULL;

		if (as)
			es_buf_adds(out, as);
		else if (m == MARKUP_MARKDOWN && c)
			add_markdown(out, c);
		else if (m == MARKUP_MRKDWN && c == '`')
			es_buf_adds(out, TICK);
		else
			es_buf_addc(out, c);
	}
}

void es_markup_code(struct es_buf *out, enum payload_markup m, const char *text,
		    size_t len)
{
	if (m != MARKUP_MARKDOWN) {
		es_markup_add(out, m, text, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		if (text[i] == '`')
			es_buf_adds(out, TICK);
		else
			es_buf_addc(out, text[i]);
}

/* Units of the character that begins with a byte: two from U+10000 on. */
static size_t units_of(unsigned char c)
{
	if ((c & 0xc0) == 0x80)
		return 0;
	return c >= 0xf0 ? 2 : 1;
}

size_t es_markup_units(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += units_of((unsigned char)text[i]);
	return n;
}

void es_markup_cut(struct es_buf *out, const char *text, size_t len,
		   size_t units)
{
	size_t n = 0, at = 0;

	if (es_markup_units(text, len) <= units) {
		es_buf_add(out, text, len);
		return;
	}
	for (; at < len; at++) {
		n += units_of((unsigned char)text[at]);
		if (n >= units)
			break;
	}
	es_buf_add(out, text, at);
	es_buf_adds(out, ELLIPSIS);
}
