/* SPDX-License-Identifier: MIT */
/* arena.c - memory that lives as long as a delta */
#include "config.h"

#include "delta/delta_priv.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Room in a chunk, unless one object alone needs more. */
#define CHUNK ((size_t)64 << 10)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t room;
	alignas(max_align_t) char data[];
};

static struct arena_chunk *new_chunk(struct arena *a, size_t room)
{
	struct arena_chunk *c = malloc(sizeof(*c) + room);

	if (!c)
		return NULL;
	c->used = 0;
	c->room = room;
	c->next = a->chunks;
	a->chunks = c;
	return c;
}

void *arena_get(struct arena *a, size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;
	struct arena_chunk *c = a->chunks;

	if (size > ES_BUF_MAX)
		return NULL;
	size = (size + mask) & ~mask;
	if (!c || c->room - c->used < size)
		c = new_chunk(a, size > CHUNK ? size : CHUNK);
	if (!c)
		return NULL;
	void *p = c->data + c->used;
	c->used += size;
	return p;
}

char *arena_copy(struct arena *a, const char *data, size_t len)
{
	char *p = arena_get(a, len + 1);

	if (!p)
		return NULL;
	if (len > 0)
		memcpy(p, data, len);
	p[len] = '\0';
	return p;
}

void arena_free(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
}
