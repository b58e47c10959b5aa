/* SPDX-License-Identifier: MIT */
/* copier_priv.h - put objects of installed packs into a new one */
#ifndef ETCSNAP_STORE_COPIER_PRIV_H
#define ETCSNAP_STORE_COPIER_PRIV_H

#include "store/pack_file_priv.h"
#include "store/store_priv.h"

/**
 * struct es_copier - a new pack, and what is needed to fill it
 * @st:       repository, borrowed
 * @out:      the new pack
 * @deflater: owned
 * @delta:    a difference
 * @room:     an entry
 */
struct es_copier {
	struct es_store *st;
	struct es_pack out;
	struct es_deflater *deflater;
	struct es_buf delta;
	struct es_buf room;
};

/**
 * es_copier_init - begin a new pack
 * @c:   copier; es_copier_dispose() also after a failure
 * @st:  locked repository
 * @err: filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_copier_init(struct es_copier *c, struct es_store *st,
		   struct es_error *err);

/** es_copier_dispose - forget what was not installed; all-zero is allowed */
void es_copier_dispose(struct es_copier *c);

/**
 * es_copier_copy - put an entry as it is stored
 * @c:   copier
 * @e:   entry; what it is a difference to must get into the new pack as well
 * @err: filled on failure
 *
 * Return: 1 new, 0 already there, or a negative errno.
 */
int es_copier_copy(struct es_copier *c, const struct es_pack_entry *e,
		   struct es_error *err);

/**
 * es_copier_delta - put an object as its difference to another
 * @c:     copier
 * @id:    object
 * @base:  what it is a difference to; must get into the new pack as well
 * @limit: bytes from which on that would not be worth it; 0: half of the
 *         object
 * @err:   filled on failure
 *
 * Return: 1 the object is there, 0 it is not, since it would not be worth it,
 * or a negative errno.
 */
int es_copier_delta(struct es_copier *c, const struct es_oid *id,
		    const struct es_oid *base, size_t limit,
		    struct es_error *err);

/**
 * es_copier_whole - put an object as it is, wherever it is now
 * @c:   copier
 * @id:  object
 * @err: filled on failure
 *
 * Return: 1 new, 0 already there, or a negative errno.
 */
int es_copier_whole(struct es_copier *c, const struct es_oid *id,
		    struct es_error *err);

#endif
