/* SPDX-License-Identifier: MIT */
/* search_hits.c - what was found, and from which run to which */
#include "config.h"

#include "history/history_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int hits_init(struct hits *h, size_t max)
{
	*h = (struct hits){
		.max = max,
		.places = es_strmap_new(),
		.known = es_strmap_new(),
		.key = ES_BUF_INIT(1 << 20),
	};
	return h->places && h->known ? 0 : -ENOMEM;
}

static void free_place(struct place *p)
{
	if (!p)
		return;
	free(p->path);
	free(p->open);
	free(p);
}

void hits_dispose(struct hits *h)
{
	size_t pos = 0, len;
	const char *key;
	void *value;

	while (h->places && es_strmap_each(h->places, &pos, &key, &len, &value))
		free_place(value);
	for (size_t i = 0; i < h->n; i++)
		free(h->items[i]);
	free(h->items);
	es_strmap_free(h->places);
	es_strmap_free(h->known);
	es_buf_dispose(&h->key);
}

struct place *hits_place(struct hits *h, const char *path, size_t len,
			 bool make)
{
	struct place *p = es_strmap_get(h->places, path, len);

	if (p || !make)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->path = strndup(path, len);
	p->len = len;
	if (!p->path || es_strmap_put(h->places, p->path, len, p) < 0) {
		free_place(p);
		return NULL;
	}
	return p;
}

/*
 * What makes two hits the same: their place, what they are, and all of their
 * text. Of a long line the beginning and a checksum of the whole stand for it.
 */
static int set_key(struct hits *h, const struct place *p,
		   const struct es_search_hit *hit)
{
	uint64_t sum = es_hash64(hit->text, hit->len, 0);
	size_t len =
		hit->len < ES_SEARCH_TEXT_MAX ? hit->len : ES_SEARCH_TEXT_MAX;

	es_buf_reset(&h->key);
	es_buf_add(&h->key, &p, sizeof(p));
	es_buf_add(&h->key, &hit->what, sizeof(hit->what));
	es_buf_add(&h->key, &sum, sizeof(sum));
	es_buf_add(&h->key, hit->text, len);
	return h->key.failed;
}

static int grow(struct hits *h)
{
	size_t cap = h->cap ? 2 * h->cap : 64;
	struct es_search_hit **items =
		reallocarray(h->items, cap, sizeof(struct es_search_hit *));

	if (!items)
		return -ENOMEM;
	h->items = items;
	h->cap = cap;
	return 0;
}

/* With its text, since what it was found in is gone soon. */
static struct es_search_hit *copy_of(const struct es_search_hit *hit)
{
	bool cut = hit->len > ES_SEARCH_TEXT_MAX;
	size_t len = cut ? ES_SEARCH_TEXT_MAX : hit->len;
	struct es_search_hit *mine = malloc(sizeof(*mine) + len + 1);
	char *text;

	if (!mine)
		return NULL;
	*mine = *hit;
	mine->open = false;
	mine->cut = cut;
	mine->len = len;
	if (!hit->text)
		return mine;
	text = (char *)(mine + 1);
	memcpy(text, hit->text, len);
	text[len] = '\0';
	mine->text = text;
	return mine;
}

/* Return: 1, 0 when there is no room, or -ENOMEM. */
static int add(struct es_search_hit **out, struct hits *h,
	       const struct place *p, const struct es_search_hit *hit,
	       size_t run)
{
	struct es_search_hit *mine;

	if (h->n == h->max) {
		h->dropped++;
		return 0;
	}
	if (h->n == h->cap && grow(h) < 0)
		return -ENOMEM;
	mine = copy_of(hit);
	if (!mine)
		return -ENOMEM;
	mine->path = p->path;
	mine->first = mine->last = run;
	h->items[h->n++] = mine;
	*out = mine;
	return es_strmap_put(h->known, h->key.data, h->key.len, mine) < 0
		       ? -ENOMEM
		       : 1;
}

static int keep_open(struct place *p, struct es_search_hit *hit)
{
	if (p->n_open == p->cap_open) {
		size_t cap = p->cap_open ? 2 * p->cap_open : 4;
		struct es_search_hit **open = reallocarray(
			p->open, cap, sizeof(struct es_search_hit *));

		if (!open)
			return -ENOMEM;
		p->open = open;
		p->cap_open = cap;
	}
	p->open[p->n_open++] = hit;
	return 0;
}

int hits_open(struct hits *h, struct place *p, const struct es_search_hit *hit,
	      size_t run)
{
	struct es_search_hit *mine;
	int rc = 1;

	if (set_key(h, p, hit) < 0)
		return -ENOMEM;
	mine = es_strmap_get(h->known, h->key.data, h->key.len);
	if (!mine)
		rc = add(&mine, h, p, hit, run);
	/* a line that stands there twice is told once */
	if (rc <= 0 || mine->open)
		return rc;
	mine->open = true;
	if (mine->first < run)
		mine->first = run;
	if (hit->what != ES_SEARCH_NAME)
		return keep_open(p, mine) < 0 ? -ENOMEM : 1;
	p->name = mine;
	return 1;
}

static void close_one(struct es_search_hit *hit, size_t run)
{
	hit->open = false;
	if (hit->first < run)
		hit->first = run;
}

void hits_close_name(struct place *p, size_t run)
{
	if (p->name)
		close_one(p->name, run);
	p->name = NULL;
}

void hits_close(struct place *p, size_t run)
{
	for (size_t i = 0; i < p->n_open; i++)
		close_one(p->open[i], run);
	p->n_open = 0;
}

void hits_close_all(const struct hits *h, size_t run)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->items[i]->open)
			close_one(h->items[i], run);
}

static int by_number(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int by_place(const void *va, const void *vb)
{
	const struct es_search_hit *a = *(struct es_search_hit *const *)va;
	const struct es_search_hit *b = *(struct es_search_hit *const *)vb;
	int order = strcmp(a->path, b->path);

	if (order == 0)
		order = by_number(a->what, b->what);
	if (order == 0)
		order = by_number(a->line, b->line);
	if (order == 0)
		order = by_number(a->last, b->last);
	if (order == 0 && a->text && b->text)
		order = strcmp(a->text, b->text);
	return order ? order : by_number(a->first, b->first);
}

void hits_sort(const struct hits *h)
{
	if (h->n)
		qsort(h->items, h->n, sizeof(struct es_search_hit *), by_place);
}
