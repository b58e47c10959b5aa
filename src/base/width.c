/* SPDX-License-Identifier: MIT */
/* width.c - columns that a text takes on a terminal */
#include "config.h"

#include "etcsnap/width.h"

#include <string.h>
#include <wchar.h>

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
	es_buf_adds(out, "\xe2\x80\xa6");
	return used + 1;
}

int es_width_pad(struct es_buf *out, const char *text, size_t len,
		 size_t columns)
{
	size_t used = es_width_fit(out, text, len, columns);

	for (; used < columns; used++)
		es_buf_addc(out, ' ');
	return out->failed;
}
