/* SPDX-License-Identifier: MIT */
/* width.c - columns that a text takes on a terminal */
#include "config.h"

#include "etcsnap/width.h"

#include <string.h>
#include <wchar.h>

static const char dots[] = "\xe2\x80\xa6"; /* U+2026, one column */

/* Bytes of the character at @text, and the columns it takes. */
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

/* Bytes that fit into some columns, and how many of these they take. */
static size_t measure(const char *text, size_t len, size_t max, size_t *used)
{
	size_t at = 0;

	*used = 0;
	while (at < len) {
		size_t columns, n = next(text + at, len - at, &columns);

		if (*used + columns > max)
			break;
		*used += columns;
		at += n;
	}
	return at;
}

size_t es_width(const char *text, size_t len)
{
	size_t used;

	measure(text, len, SIZE_MAX / 2, &used);
	return used;
}

size_t es_width_bytes(const char *text, size_t len, size_t columns)
{
	size_t used;

	return measure(text, len, columns, &used);
}

size_t es_width_fit(struct es_buf *out, const char *text, size_t len,
		    size_t columns)
{
	size_t used, n = measure(text, len, columns, &used);

	if (n == len) {
		es_buf_add(out, text, len);
		return used;
	}
	n = measure(text, len, columns - 1, &used);
	es_buf_add(out, text, n);
	es_buf_adds(out, dots);
	return used + 1;
}

void es_width_fit_end(struct es_buf *out, const char *text, size_t len,
		      size_t columns)
{
	size_t all = es_width(text, len), width;

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

void es_width_fill(struct es_buf *out, size_t start, size_t columns)
{
	size_t used;

	if (out->failed || start > out->len)
		return;
	used = es_width(es_buf_str(out) + start, out->len - start);
	for (; used < columns; used++)
		es_buf_addc(out, ' ');
}

int es_width_pad(struct es_buf *out, const char *text, size_t len,
		 size_t columns)
{
	size_t used = es_width_fit(out, text, len, columns);

	for (; used < columns; used++)
		es_buf_addc(out, ' ');
	return out->failed;
}
