/* SPDX-License-Identifier: MIT */
/* lineage_priv.h - objects of several packs, and what each was made from */
#ifndef ETCSNAP_STORE_LINEAGE_PRIV_H
#define ETCSNAP_STORE_LINEAGE_PRIV_H

#include "store/pack_file_priv.h"

#include <stdbool.h>

/*
 * The history says which object an object is a new version of: the one that
 * the commit before has under the same name. That is all that is needed to
 * store it as a difference; nothing is compared with anything to find out.
 */

/**
 * struct es_lineage_item - one object
 * @id:    its id
 * @pack:  pack that it is taken from
 * @nth:   number in the pack
 * @type:  as struct es_pack_entry has it
 * @base:  index + 1 of what it is stored as a difference to, or may be; 0 =
 *         it is stored whole
 * @depth: differences up to a whole object, at most; more than its base has
 * @fixed: base and depth do not change any more
 * @size:  bytes of the object, or of the difference that it is stored as
 */
struct es_lineage_item {
	struct es_oid id;
	const struct es_pack_file *pack;
	uint32_t nth;
	uint8_t type;
	bool fixed;
	uint16_t depth;
	uint32_t base;
	uint64_t size;
};

/**
 * struct es_lineage - objects, each once
 * @items:   in the order in which they came, owned
 * @n:       their number
 * @cap:     room for items
 * @slots:   hash table: index + 1 into @items, 0 = free; owned
 * @n_slots: a power of two, or 0
 */
struct es_lineage {
	struct es_lineage_item *items;
	size_t n;
	size_t cap;
	uint32_t *slots;
	size_t n_slots;
};

/** es_lineage_dispose - free the content; an all-zero one is empty */
void es_lineage_dispose(struct es_lineage *l);

/**
 * es_lineage_add - add the objects of a pack that are not there yet
 * @l:    lineage
 * @pack: pack; must stay open; older packs come first
 * @err:  filled on failure
 *
 * Return: 0, -EIO on a damaged pack, -ENOMEM.
 */
int es_lineage_add(struct es_lineage *l, const struct es_pack_file *pack,
		   struct es_error *err);

/**
 * es_lineage_trace - find a base for each object that is stored whole
 * @l:   lineage with all its packs
 * @st:  repository
 * @err: filled on failure
 *
 * Looks at the commits among the objects, oldest pack first, and at what
 * differs from the commit before.
 *
 * Return: 0 or a negative errno; history that was pruned is no failure.
 */
int es_lineage_trace(struct es_lineage *l, struct es_store *st,
		     struct es_error *err);

#endif
