/* SPDX-License-Identifier: MIT */
/* checks_words.c - lines, fields and shell words of what checks read */
#include "config.h"

#include "checks/checks_priv.h"

#include <string.h>

bool es_lines_next(const char **pos, const char *end, const char **line,
		   size_t *len)
{
	if (*pos >= end)
		return false;

	const char *stop = memchr(*pos, '\n', (size_t)(end - *pos));

	*line = *pos;
	*len = (size_t)((stop ? stop : end) - *pos);
	*pos = stop ? stop + 1 : end;
	return true;
}

/* Comments end with their line; "#1000" is a user to sudo. */
static bool has_comment(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '#' && (i == 0 || strchr(" \t", line[i - 1])) &&
		    (i + 1 == len || !strchr("-0123456789", line[i + 1])))
			return true;
	return false;
}

bool es_lines_next_whole(const char **pos, const char *end, struct es_buf *out)
{
	const char *line;
	size_t len;

	es_buf_reset(out);
	while (es_lines_next(pos, end, &line, &len)) {
		size_t slashes = 0;

		while (slashes < len && line[len - 1 - slashes] == '\\')
			slashes++;
		if (has_comment(line, len))
			slashes = 0;
		es_buf_add(out, line, len - slashes % 2);
		if (slashes % 2 == 0)
			return true;
	}
	return out->len > 0;
}

void es_fields_split(struct es_fields *out, const char *line, size_t len,
		     char separator)
{
	const char *end = line + len;

	out->n = 0;
	while (out->n < sizeof(out->at) / sizeof(out->at[0])) {
		const char *stop =
			memchr(line, separator, (size_t)(end - line));

		out->at[out->n] = line;
		out->len[out->n++] = (size_t)((stop ? stop : end) - line);
		if (!stop)
			break;
		line = stop + 1;
	}
}

/* Skips an expansion, "${…}" or "$(…)", with what is nested in it. */
static const char *skip_expansion(const char *p, const char *end)
{
	char open = p[1], close = open == '{' ? '}' : ')';
	size_t depth = 0;

	for (p++; p < end; p++) {
		if (*p == open)
			depth++;
		else if (*p == close && --depth == 0)
			return p + 1;
	}
	return end;
}

/* One step of a word: a character, an escaped one, or an expansion. */
static const char *step(const char *p, const char *end, struct es_buf *out)
{
	const char *stop = p + 1;

	if (*p == '\\' && p + 1 < end) {
		p++;
		stop = p + 1;
	} else if (*p == '$' && p + 1 < end && (p[1] == '{' || p[1] == '(')) {
		stop = skip_expansion(p, end);
	} else if (*p == '`') {
		const char *tick = memchr(stop, '`', (size_t)(end - stop));

		stop = tick ? tick + 1 : end;
	}
	es_buf_add(out, p, (size_t)(stop - p));
	return stop;
}

/* What stands between quotes; p is behind the first one. */
static const char *quoted(const char *p, const char *end, char quote,
			  struct es_buf *out)
{
	while (p < end && *p != quote) {
		if (quote == '\'')
			es_buf_addc(out, *p++);
		else
			p = step(p, end, out);
	}
	return p < end ? p + 1 : end;
}

/* Skips blanks and separators; remembers the last of the latter. */
static const char *skip_separators(struct es_words *w)
{
	const char *p = w->pos;

	w->before = 0;
	for (; p < w->end && strchr(" \t\r;&|()<>{}", *p); p++)
		if (!strchr(" \t\r", *p))
			w->before = *p;
	return p;
}

int es_words_next(struct es_words *w, struct es_buf *out)
{
	es_buf_reset(out);

	const char *p = skip_separators(w);

	if (p >= w->end || *p == '#' || *p == '\0') {
		w->pos = w->end;
		return 0;
	}
	while (p < w->end && *p && !strchr(" \t\r;&|()<>{}", *p)) {
		if (*p == '"' || *p == '\'')
			p = quoted(p + 1, w->end, *p, out);
		else
			p = step(p, w->end, out);
	}
	/* A NUL byte would end every string made of it. */
	w->pos = p;
	return out->failed ? out->failed : 1;
}
