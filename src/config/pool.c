/* SPDX-License-Identifier: MIT */
/* pool.c - strings that live as long as the object they belong to */
#include "config.h"

#include "config/pool_priv.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int es_array_room(void *array, size_t n, size_t *cap, size_t size)
{
	void *old;

	if (n < *cap)
		return 0;

	size_t more = *cap ? *cap * 2 : 8;

	if (more > SIZE_MAX / size)
		return -ENOMEM;
	memcpy(&old, array, sizeof(old));

	void *grown = realloc(old, more * size);

	if (!grown)
		return -ENOMEM;
	memcpy(array, &grown, sizeof(grown));
	*cap = more;
	return 0;
}

const char *es_pool_add(struct es_pool *pool, const char *text, size_t len)
{
	if (es_array_room(&pool->v, pool->n, &pool->cap, sizeof(*pool->v)) < 0)
		return NULL;

	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	pool->v[pool->n++] = copy;
	return copy;
}

void es_pool_dispose(struct es_pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		free(pool->v[i]);
	free(pool->v);
	*pool = (struct es_pool){ 0 };
}
