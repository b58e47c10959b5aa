/* SPDX-License-Identifier: MIT */
/* pack_list_priv.h - the installed packs of a repository */
#ifndef ETCSNAP_STORE_PACK_LIST_PRIV_H
#define ETCSNAP_STORE_PACK_LIST_PRIV_H

#include "store/pack_file_priv.h"

#include <stdbool.h>
#include <time.h>

/**
 * struct es_pack_item - an installed pack
 * @stem:   "pack-…", owned
 * @size:   bytes of the pack alone
 * @disk:   bytes of all its files
 * @mtime:  of the pack
 * @kept:   a .keep or .promisor file says: hands off
 * @doomed: it was replaced and waits to be removed
 * @file:   owned; NULL until somebody opens it
 */
struct es_pack_item {
	char *stem;
	uint64_t size;
	uint64_t disk;
	struct timespec mtime;
	bool kept;
	bool doomed;
	struct es_pack_file *file;
};

/**
 * struct es_pack_list - packs; an all-zero one is empty
 * @items: owned
 * @n:     their number
 * @cap:   room for items
 */
struct es_pack_list {
	struct es_pack_item *items;
	size_t n;
	size_t cap;
};

/** es_pack_list_dispose - close and free; an all-zero list is empty */
void es_pack_list_dispose(struct es_pack_list *l);

/**
 * es_pack_list_load - find the packs that have an index
 * @l:   list, empty
 * @dir: objects/pack
 * @err: filled on failure
 *
 * None is marked as doomed yet.
 *
 * Return: 0 or a negative errno.
 */
int es_pack_list_load(struct es_pack_list *l, int dir, struct es_error *err);

/** es_pack_list_cmp_age - for qsort(): what is older comes first */
int es_pack_list_cmp_age(const void *a, const void *b);

/** es_pack_list_remove - unlink all files of a pack, its index first */
void es_pack_list_remove(int dir, const char *stem);

#endif
