/* SPDX-License-Identifier: MIT */
/* strmap.h - map from byte strings to pointers */
#ifndef ETCSNAP_STRMAP_H
#define ETCSNAP_STRMAP_H

#include <stddef.h>

#include "etcsnap/cleanup.h"

/*
 * Open addressing, keys copied into the map. Values are the caller's: the
 * map never frees them. Not for use by two threads at once while one writes.
 */

/** struct es_strmap - opaque map */
struct es_strmap;

/**
 * es_strmap_new - make an empty map
 *
 * Return: owned, es_strmap_free(); NULL when memory ran out.
 */
struct es_strmap *es_strmap_new(void);

/**
 * es_strmap_free - free a map and its keys, not the values
 * @m: taken; NULL is allowed
 *
 * Locking: none; no other thread may be using it.
 */
void es_strmap_free(struct es_strmap *m);
ES_DEFINE_CLEANUP(struct es_strmap, es_strmap_free)

/**
 * es_strmap_put - set the value of a key
 * @m:     map
 * @key:   bytes, copied
 * @len:   their number
 * @value: not NULL; stored as it is
 *
 * Return: 0 or -ENOMEM (map unchanged).
 */
int es_strmap_put(struct es_strmap *m, const char *key, size_t len,
		  void *value);

/**
 * es_strmap_get - the value of a key
 * @m:   map
 * @key: bytes, borrowed for the call
 * @len: their number
 *
 * Return: value as it was put, NULL when the key is not there.
 * Locking: none; from several threads while none writes.
 */
void *es_strmap_get(const struct es_strmap *m, const char *key, size_t len);

/**
 * es_strmap_take - remove a key
 * @m:   map; its own copy of the key is freed
 * @key: bytes, borrowed for the call
 * @len: their number
 *
 * Return: value as it was put, NULL when the key is not there.
 * Locking: none; not for use by two threads at once.
 */
void *es_strmap_take(struct es_strmap *m, const char *key, size_t len);

/**
 * es_strmap_count - number of keys
 * @m: map
 *
 * Return: how many keys the map holds.
 * Locking: none; from several threads while none writes.
 */
size_t es_strmap_count(const struct es_strmap *m);

/**
 * es_strmap_each - walk the map in no particular order
 * @m:     map, not changed during the walk
 * @pos:   0 at first; kept by the walk
 * @key:   set to the key, borrowed
 * @len:   set to its length in bytes
 * @value: set to the value
 *
 * Return: 1 when there was one, 0 at the end.
 */
int es_strmap_each(const struct es_strmap *m, size_t *pos, const char **key,
		   size_t *len, void **value);

#endif
