/* SPDX-License-Identifier: MIT */
/* words.c - a command line into words, without a shell */
#include "config.h"

#include "etcsnap/words.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Appends what stands between quotes. Return: behind the closing one, NULL
 * when there is none. */
static const char *add_quoted(struct es_buf *out, const char *p, char quote)
{
	for (; *p && *p != quote; p++) {
		if (quote == '"' && *p == '\\' && p[1] &&
		    strchr("$`\"\\", p[1]))
			p++;
		es_buf_addc(out, *p);
	}
	return *p ? p + 1 : NULL;
}

/* Appends one word. Return: behind it, NULL on a fault. */
static const char *add_word(struct es_buf *out, const char *p,
			    struct es_error *err)
{
	while (*p && *p != ' ' && *p != '\t') {
		char c = *p++;

		if (c == '\'' || c == '"') {
			p = add_quoted(out, p, c);
			if (p)
				continue;
			es_fail_config(err, "a %c is not closed", c);
			return NULL;
		}
		if (strchr("|&;<>()`$", c)) {
			es_fail_config(err,
				       "'%c' is for a shell; say shell = yes, "
				       "or quote it",
				       c);
			return NULL;
		}
		if (c == '\\') {
			c = *p;
			if (!c) {
				es_fail_config(err, "nothing follows the "
						    "backslash at the end");
				return NULL;
			}
			p++;
		}
		es_buf_addc(out, c);
	}
	es_buf_addc(out, '\0');
	return p;
}

int es_words_split(struct es_buf *out, size_t *n, const char *line,
		   struct es_error *err)
{
	size_t begin = out->len;
	size_t count = 0;

	for (const char *p = line;; count++) {
		p += strspn(p, " \t");
		if (!*p)
			break;
		p = add_word(out, p, err);
		if (!p)
			return err->code;
	}
	if (es_buf_check(out, err) < 0)
		return err->code;
	if (!count || !out->data[begin])
		return es_fail_config(err, "'%s' names no program", ES_Q(line));
	*n = count;
	return 0;
}
