/* SPDX-License-Identifier: MIT */
/* facts_lines.c - the lines of a fact: words, order, numbers */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

int es_fact_word(struct es_buf *out, const char *raw, size_t len)
{
	if (len == 0)
		return es_buf_addc(out, '-');
	while (len > 0) {
		const char *blank = memchr(raw, ' ', len);
		size_t n = blank ? (size_t)(blank - raw) : len;

		es_quote_term(out, raw, n);
		if (blank) {
			es_buf_adds(out, "\\x20");
			n++;
		}
		raw += n;
		len -= n;
	}
	return out->failed;
}

int es_fact_put(struct es_buf *out, const char *key, const char *raw,
		size_t len)
{
	if (len == 0)
		return out->failed;
	es_buf_adds(out, key);
	es_buf_addc(out, ' ');
	es_quote_term(out, raw, len);
	return es_buf_addc(out, '\n');
}

/* A line of the text that is being sorted. */
struct line {
	const char *at;
	size_t len; /* without the newline */
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->at, y->at, n);

	if (order != 0)
		return order;
	return (x->len > y->len) - (x->len < y->len);
}

int es_fact_sort(struct es_buf *out)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf copy = ES_BUF_INIT(out->max);
	const char *p = es_buf_str(out);
	const char *end = p + out->len;
	size_t n = 0, len;

	if (out->failed)
		return out->failed;
	for (const char *q = p; es_fact_next(&q, end, &len);)
		n++;
	ES_CLEANUP(es_freep) struct line *lines = calloc(n + 1, sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	n = 0;
	while ((lines[n].at = es_fact_next(&p, end, &lines[n].len)))
		n++;
	qsort(lines, n, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && compare_lines(&lines[i - 1], &lines[i]) == 0)
			continue;
		es_buf_add(&copy, lines[i].at, lines[i].len);
		es_buf_addc(&copy, '\n');
	}
	if (copy.failed)
		return copy.failed;
	es_buf_truncate(out, 0);
	return es_buf_add(out, copy.data, copy.len);
}

const char *es_fact_next(const char **text, const char *end, size_t *len)
{
	const char *line = *text;

	if (line >= end)
		return NULL;
	const char *stop = memchr(line, '\n', (size_t)(end - line));
	*text = stop ? stop + 1 : end;
	*len = (size_t)((stop ? stop : end) - line);
	return line;
}

size_t es_fact_fields(struct es_field *out, size_t most, const char *line,
		      size_t len, char separator)
{
	const char *end = line + len;
	size_t n = 0;

	for (;;) {
		while (separator == ' ' && line < end && *line == ' ')
			line++;
		if (separator == ' ' && line == end)
			return n;
		const char *stop =
			memchr(line, separator, (size_t)(end - line));

		if (n < most) {
			out[n].at = line;
			out[n].len = (size_t)((stop ? stop : end) - line);
		}
		n++;
		if (!stop)
			return n;
		line = stop + 1;
	}
}

bool es_field_is(const struct es_field *f, const char *s)
{
	return f->len == strlen(s) && memcmp(f->at, s, f->len) == 0;
}

uint64_t es_fact_number(const char *s)
{
	uint64_t value = 0;

	while (*s >= '0' && *s <= '9') {
		if (value > (UINT64_MAX - 9) / 10)
			return UINT64_MAX;
		value = value * 10 + (uint64_t)(*s - '0');
		s++;
	}
	return value;
}

int es_fact_size(struct es_buf *out, uint64_t bytes)
{
	static const char *const units[] = { "B",   "KiB", "MiB",
					     "GiB", "TiB", "PiB" };
	size_t unit = 0;

	while (bytes > 0 && bytes % 1024 == 0 && unit < 5) {
		bytes /= 1024;
		unit++;
	}
	return es_buf_addf(out, "%" PRIu64 "%s", bytes, units[unit]);
}
