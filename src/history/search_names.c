/* SPDX-License-Identifier: MIT */
/* search_names.c - names that only one of two manifests has */
#include "config.h"

#include "history/history_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

/*
 * Manifests are compared as texts: most lines are the same, and of those that
 * are not the name alone is of interest. Names stand in the order of their
 * bytes.
 */
struct cursor {
	const char *pos;
	const char *end;
	const char *line;
	size_t len;
	bool there;
	struct es_buf name; /* of the line, once it was asked for */
	bool decoded;
};

/* The next line that is about an entry, which is no comment nor the directory
 * itself. */
static void next(struct cursor *c)
{
	c->there = false;
	c->decoded = false;
	while (c->pos < c->end && !c->there) {
		const char *nl =
			memchr(c->pos, '\n', (size_t)(c->end - c->pos));

		c->line = c->pos;
		c->len = (size_t)((nl ? nl : c->end) - c->pos);
		c->pos = nl ? nl + 1 : c->end;
		c->there = c->len > 2 && c->line[0] == '.' && c->line[1] == '/';
	}
}

static void begin(struct cursor *c, const struct es_buf *text)
{
	*c = (struct cursor){
		.pos = es_buf_str(text),
		.end = es_buf_str(text) + text->len,
		.name = ES_BUF_INIT(1 << 16),
	};
	next(c);
}

static int decode(struct cursor *c)
{
	const char *blank = memchr(c->line, ' ', c->len);
	size_t len = blank ? (size_t)(blank - c->line) : c->len;

	if (c->decoded)
		return 0;
	es_buf_reset(&c->name);
	c->decoded = true;
	return es_unquote_mtree(&c->name, c->line + 2, len - 2);
}

/* Which of two names comes first; what is broken counts as the same. */
static int order_of(struct cursor *a, struct cursor *b)
{
	if (!a->there || !b->there)
		return a->there ? -1 : 1;
	if (a->len == b->len && memcmp(a->line, b->line, a->len) == 0)
		return 0;
	if (decode(a) < 0 || decode(b) < 0)
		return 0;
	return es_entry_name_cmp(es_buf_str(&a->name), a->name.len,
				 es_buf_str(&b->name), b->name.len);
}

static int tell(struct cursor *c, bool newer,
		int (*each)(void *payload, const struct es_buf *name,
			    bool newer),
		void *payload)
{
	if (decode(c) < 0 || c->name.failed)
		return c->name.failed == -ENOMEM ? -ENOMEM : 0;
	return each(payload, &c->name, newer);
}

int names_compare(const struct es_buf *new, const struct es_buf *old,
		  int (*each)(void *payload, const struct es_buf *name,
			      bool newer),
		  void *payload)
{
	struct cursor a, b;
	int rc = 0;

	begin(&a, new);
	begin(&b, old);
	while (rc >= 0 && (a.there || b.there)) {
		int order = order_of(&a, &b);

		if (order < 0)
			rc = tell(&a, true, each, payload);
		else if (order > 0)
			rc = tell(&b, false, each, payload);
		if (order <= 0)
			next(&a);
		if (order >= 0)
			next(&b);
	}
	es_buf_dispose(&a.name);
	es_buf_dispose(&b.name);
	return rc < 0 ? rc : 0;
}
