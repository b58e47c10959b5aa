/* SPDX-License-Identifier: MIT */
/* view_width.c - columns that a text takes on a terminal */
#include "config.h"

#include "report/view_priv.h"

#include <string.h>
#include <wchar.h>

static const char dots[] = "\xe2\x80\xa6"; /* U+2026, one column */

/* Bytes and columns of the character at @text. */
static size_t next(const char *text, size_t len, size_t *columns)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, text, len, &state);
	int width;

	*columns = 1;
	if (n == 0 || n > len)
		return 1;
	width = wcwidth(c);
	if (width >= 0)
		*columns = (size_t)width;
	return n;
}

size_t view_width(const char *text, size_t len)
{
	size_t all = 0, columns;

	while (len) {
		size_t n = next(text, len, &columns);

		all += columns;
		text += n;
		len -= n;
	}
	return all;
}

void view_fit(struct es_buf *out, const char *text, size_t len, size_t columns)
{
	size_t at = 0, used = 0, width;

	if (view_width(text, len) <= columns) {
		es_buf_add(out, text, len);
		return;
	}
	while (at < len) {
		size_t n = next(text + at, len - at, &width);

		if (used + width + 1 > columns)
			break;
		used += width;
		at += n;
	}
	es_buf_add(out, text, at);
	es_buf_adds(out, dots);
}

void view_fit_end(struct es_buf *out, const char *text, size_t len,
		  size_t columns)
{
	size_t all = view_width(text, len), width;

	if (all <= columns) {
		es_buf_add(out, text, len);
		return;
	}
	while (len && all + 1 > columns) {
		size_t n = next(text, len, &width);

		all -= width;
		text += n;
		len -= n;
	}
	es_buf_adds(out, dots);
	es_buf_add(out, text, len);
}

void view_pad(struct es_buf *out, size_t start, size_t columns)
{
	size_t used;

	if (out->failed || start > out->len)
		return;
	used = view_width(es_buf_str(out) + start, out->len - start);
	for (; used < columns; used++)
		es_buf_addc(out, ' ');
}
