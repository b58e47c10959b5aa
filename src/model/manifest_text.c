/* SPDX-License-Identifier: MIT */
/* manifest_text.c - lines, words and numbers of a manifest */
#include "config.h"

#include "model/manifest_priv.h"

#include <errno.h>
#include <string.h>

#include "etcsnap/quote.h"

int es_line_fail(const struct es_lines *in, struct es_error *err,
		 const char *what)
{
	return es_fail(err, -EINVAL, "%s line %u: %s", in->file, in->number,
		       what);
}

int es_line_next(struct es_lines *in, struct es_span *line,
		 struct es_error *err)
{
	const char *stop;

	if (in->at == in->end)
		return 0;
	in->number++;
	stop = memchr(in->at, '\n', (size_t)(in->end - in->at));
	if (!stop)
		return es_line_fail(in, err, "cut off, it has no end");
	*line = (struct es_span){ in->at, (size_t)(stop - in->at) };
	in->at = stop + 1;
	return 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool es_span_word(struct es_span *rest, struct es_span *word)
{
	size_t from = 0, to;

	while (from < rest->len && is_blank(rest->at[from]))
		from++;
	to = from;
	while (to < rest->len && !is_blank(rest->at[to]))
		to++;
	*word = (struct es_span){ rest->at + from, to - from };
	*rest = (struct es_span){ rest->at + to, rest->len - to };
	return word->len > 0;
}

bool es_span_is(struct es_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

bool es_span_begins(struct es_span s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && memcmp(s.at, text, len) == 0;
}

bool es_span_split(struct es_span s, char c, struct es_span *left,
		   struct es_span *right)
{
	const char *at = s.len ? memchr(s.at, c, s.len) : NULL;

	if (!at)
		return false;
	*left = (struct es_span){ s.at, (size_t)(at - s.at) };
	*right = (struct es_span){ at + 1, s.len - left->len - 1 };
	return true;
}

bool es_span_number(struct es_span s, unsigned int base, uint64_t max,
		    uint64_t *out)
{
	uint64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned int digit = (unsigned char)s.at[i] - (unsigned int)'0';

		if (digit >= base || digit > max || n > (max - digit) / base)
			return false;
		n = n * base + digit;
	}
	*out = n;
	return true;
}

bool es_span_unquote(struct es_buf *out, struct es_span s)
{
	es_buf_reset(out);
	return es_unquote_mtree(out, s.at, s.len) == 0 && out->len > 0 &&
	       !memchr(out->data, '\0', out->len);
}
