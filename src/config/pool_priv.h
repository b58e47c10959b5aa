/* SPDX-License-Identifier: MIT */
/* pool_priv.h - strings that live as long as the object they belong to */
#ifndef ETCSNAP_CONFIG_POOL_PRIV_H
#define ETCSNAP_CONFIG_POOL_PRIV_H

#include <stddef.h>

/**
 * struct es_pool - owner of strings
 * @v:   the strings, owned
 * @n:   their number
 * @cap: room in @v
 */
struct es_pool {
	char **v;
	size_t n;
	size_t cap;
};

/**
 * es_pool_add - copy bytes into a pool
 * @pool: pool
 * @text: bytes
 * @len:  their number; a NUL is added
 *
 * Return: borrowed until es_pool_dispose(), NULL when memory ran out.
 */
const char *es_pool_add(struct es_pool *pool, const char *text, size_t len);

/** es_pool_dispose - free all strings; the pool is empty and reusable */
void es_pool_dispose(struct es_pool *pool);

/**
 * es_array_room - make room for one more element of a growing array
 * @array: pointer to the array's pointer
 * @n:     elements in use
 * @cap:   elements allocated; doubled when @n has reached it
 * @size:  bytes of one element
 *
 * Return: 0 or -ENOMEM.
 */
int es_array_room(void *array, size_t n, size_t *cap, size_t size);

#endif
