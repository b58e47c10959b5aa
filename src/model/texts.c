/* SPDX-License-Identifier: MIT */
/* texts.c - the named texts that a run records beside files */
#include "config.h"

#include "etcsnap/texts.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct text {
	char *name;
	char *data; /* NULL: the tip's is kept */
	size_t len;
	unsigned int unread;
};

struct es_texts {
	pthread_mutex_t lock;
	struct text *items; /* sorted by name */
	size_t n;
	size_t cap;
};

struct es_texts *es_texts_new(void)
{
	struct es_texts *t = calloc(1, sizeof(*t));

	if (t)
		pthread_mutex_init(&t->lock, NULL);
	return t;
}

static void text_dispose(struct text *text)
{
	free(text->name);
	free(text->data);
}

void es_texts_free(struct es_texts *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		text_dispose(&t->items[i]);
	free(t->items);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* Where a name is, or would have to be put. */
static size_t find(const struct es_texts *t, const char *name, bool *there)
{
	size_t low = 0;
	size_t high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(t->items[mid].name, name);

		if (order == 0) {
			*there = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*there = false;
	return low;
}

/* Takes over the strings of @text when it succeeds. */
static int insert(struct es_texts *t, const struct text *text)
{
	bool there;
	size_t at = find(t, text->name, &there);

	if (there) {
		text_dispose(&t->items[at]);
		t->items[at] = *text;
		return 0;
	}
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 32;
		struct text *more =
			reallocarray(t->items, cap, sizeof(*t->items));

		if (!more)
			return -ENOMEM;
		t->items = more;
		t->cap = cap;
	}
	memmove(&t->items[at + 1], &t->items[at],
		(t->n - at) * sizeof(*t->items));
	t->items[at] = *text;
	t->n++;
	return 0;
}

static int add(struct es_texts *t, struct text *text)
{
	int rc = -ENOMEM;

	if (text->name) {
		pthread_mutex_lock(&t->lock);
		rc = insert(t, text);
		pthread_mutex_unlock(&t->lock);
	}
	if (rc < 0)
		text_dispose(text);
	return rc;
}

int es_texts_put(struct es_texts *t, const char *name, const char *data,
		 size_t len)
{
	struct text text = { .name = strdup(name), .len = len };

	/* one byte more, so that an empty text is one, too */
	text.data = malloc(len + 1);
	if (!text.data) {
		free(text.name);
		return -ENOMEM;
	}
	if (len > 0)
		memcpy(text.data, data, len);
	text.data[len] = '\0';
	return add(t, &text);
}

int es_texts_keep(struct es_texts *t, const char *name, unsigned int unread)
{
	struct text text = { .name = strdup(name), .unread = unread };

	return add(t, &text);
}

size_t es_texts_count(struct es_texts *t)
{
	size_t n;

	pthread_mutex_lock(&t->lock);
	n = t->n;
	pthread_mutex_unlock(&t->lock);
	return n;
}

void es_texts_at(struct es_texts *t, size_t index, struct es_text *out)
{
	pthread_mutex_lock(&t->lock);
	*out = (struct es_text){
		.name = t->items[index].name,
		.data = t->items[index].data,
		.len = t->items[index].len,
		.unread = t->items[index].unread,
	};
	pthread_mutex_unlock(&t->lock);
}
