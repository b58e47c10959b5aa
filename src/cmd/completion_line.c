/* SPDX-License-Identifier: MIT */
/* completion_line.c - a line of bash into words */
/*
 * bash hands over words that are cut at ':', '=' and '@', with their quotes.
 * So we take the line itself and read it as bash would, without expanding
 * anything: what would run a program while somebody types stays as it is.
 */
#include "config.h"

#include "cmd/completion.h"

#include <stdlib.h>
#include <string.h>

/* Where we are in the line. */
struct reader {
	struct es_line *l;
	char *to;
	bool in_word;
	char quote; /* 0, '\'' or '"' */
};

static void begin_word(struct reader *r)
{
	if (r->in_word)
		return;
	r->l->words[r->l->n++] = r->to;
	r->l->skip = 0;
	r->in_word = true;
}

static void end_word(struct reader *r)
{
	if (r->in_word)
		*r->to++ = '\0';
	r->in_word = false;
}

static void put(struct reader *r, char c)
{
	begin_word(r);
	*r->to++ = c;
}

/* Whether a backslash before it is taken away. */
static bool is_escaped(const struct reader *r, char c)
{
	if (r->quote == '\'' || c == '\0')
		return false;
	return r->quote == 0 || strchr("$`\"\\\n", c);
}

static void take(struct reader *r, char c, const char *breaks)
{
	if (r->quote ? c == r->quote : c == '\'' || c == '"') {
		r->quote = r->quote ? '\0' : c;
		begin_word(r);
	} else if (!r->quote && (c == ' ' || c == '\t' || c == '\n')) {
		end_word(r);
	} else {
		put(r, c);
		/* an open quote begins the part that readline replaces */
		if (!r->quote && strchr(breaks, c))
			r->l->skip = (size_t)(r->to - r->l->words[r->l->n - 1]);
	}
}

int es_line_parse(struct es_line *out, const char *line, const char *breaks,
		  struct es_error *err)
{
	struct reader r = { .l = out };
	size_t len = strlen(line);

	*out = (struct es_line){ 0 };
	out->text = malloc(2 * len + 2);
	out->words = calloc(len + 2, sizeof(*out->words));
	if (!out->text || !out->words) {
		es_line_dispose(out);
		return es_fail_oom(err);
	}
	r.to = out->text;
	for (const char *p = line; *p; p++) {
		if (*p == '\\' && is_escaped(&r, p[1]))
			put(&r, *++p);
		else
			take(&r, *p, breaks);
	}
	begin_word(&r); /* after a blank: an empty one */
	out->quoted = r.quote;
	end_word(&r);
	return 0;
}

void es_line_dispose(struct es_line *l)
{
	free(l->text);
	free(l->words);
	*l = (struct es_line){ 0 };
}
