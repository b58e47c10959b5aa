/* SPDX-License-Identifier: MIT */
/* dir_priv.h - a tree's entries by their real names, for look-ups */
#ifndef ETCSNAP_STORE_DIR_PRIV_H
#define ETCSNAP_STORE_DIR_PRIV_H

#include "etcsnap/buf.h"
#include "etcsnap/store.h"

/**
 * struct es_dir_item - one entry
 * @name: where its decoded name begins in the index's names
 * @len:  its bytes
 * @mode: git mode
 * @oid:  object
 */
struct es_dir_item {
	size_t name;
	size_t len;
	unsigned int mode;
	struct es_oid oid;
};

/**
 * struct es_dir_index - entries sorted by the bytes of their decoded names
 * @items: owned
 * @n:     their number
 * @cap:   room for items
 * @names: decoded names
 */
struct es_dir_index {
	struct es_dir_item *items;
	size_t n;
	size_t cap;
	struct es_buf names;
};

/** ES_DIR_INDEX_INIT - an index of nothing */
#define ES_DIR_INDEX_INIT                           \
	{                                           \
		NULL, 0, 0, ES_BUF_INIT(ES_BUF_MAX) \
	}

/** es_dir_index_dispose - free the content */
void es_dir_index_dispose(struct es_dir_index *x);

/**
 * es_dir_index_add - add a tree's entries; es_dir_index_sort() is due then
 * @x:    index
 * @st:   repository
 * @tree: tree; all zero: nothing
 * @subdirs: only its subdirectories
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_dir_index_add(struct es_dir_index *x, struct es_store *st,
		     const struct es_oid *tree, bool subdirs,
		     struct es_error *err);

/** es_dir_index_sort - sort; of entries with one name the first stays */
void es_dir_index_sort(struct es_dir_index *x);

/** es_dir_index_find - Return: entry of a name, borrowed, or NULL */
const struct es_dir_item *es_dir_index_find(const struct es_dir_index *x,
					    const char *name, size_t len);

#endif
