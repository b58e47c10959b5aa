/* SPDX-License-Identifier: MIT */
/* repack_priv.h - every object of a repository, and who needs it */
#ifndef ETCSNAP_STORE_REPACK_PRIV_H
#define ETCSNAP_STORE_REPACK_PRIV_H

#include "etcsnap/repack.h"
#include "store/pack_list_priv.h"
#include "store/prune_state_priv.h"
#include "store/store_priv.h"

/** ES_REPACK_WAIT - seconds that what was replaced waits to be removed */
#define ES_REPACK_WAIT ((int64_t)24 * 60 * 60)

/** ES_REPACK_INDEX - bytes that an object takes in the index of its pack */
#define ES_REPACK_INDEX 28

/** ES_REPACK_STAYS - bit of a rank: the object is in a pack that stays */
#define ES_REPACK_STAYS 0x80000000u

/**
 * struct es_repack_slot - an object; a free slot has an id of zeros
 * @id:   its id
 * @size: bytes that it takes as it is stored, at most 4 GiB
 * @rank: first one that needs it, 0 = none did; with ES_REPACK_STAYS
 */
struct es_repack_slot {
	uint8_t id[ES_OID_LEN];
	uint32_t size;
	uint32_t rank;
};

/**
 * struct es_repack_edge - a commit and one of its parents
 * @child:  commit that is needed
 * @parent: commit that may be needed, or gone
 * @rank:   rank of @child
 */
struct es_repack_edge {
	struct es_oid child;
	struct es_oid parent;
	uint32_t rank;
};

/**
 * struct es_loose - a loose object
 * @id:     its id
 * @mtime:  seconds
 * @size:   bytes of the file
 * @doomed: it waits to be removed
 */
struct es_loose {
	struct es_oid id;
	int64_t mtime;
	uint64_t size;
	bool doomed;
};

/**
 * struct es_loose_list - loose objects; an all-zero one is empty
 * @items: owned
 * @n:     their number
 * @cap:   room for items
 */
struct es_loose_list {
	struct es_loose *items;
	size_t n;
	size_t cap;
};

/**
 * struct es_repack - the objects of a repository and who needs them
 * @st:      repository, borrowed
 * @dir:     objects/pack
 * @objects: objects
 * @packs:   those installed, opened
 * @loose:   loose objects
 * @state:   what waits to be removed
 * @shallow: where history ends now
 * @slots:   hash table of all objects, owned
 * @n_slots: a power of two, or 0
 * @edges:   owned
 * @n_edges: their number
 * @cap_edges: room for edges
 * @todo:    objects that are needed and were not looked into, owned
 * @n_todo:  their number
 * @cap_todo: room in @todo
 * @parents: commits that are to be looked at for their own sake, likewise
 * @n_parents: their number
 * @cap_parents: room in @parents
 * @buf:     an object
 * @rank:    of the last es_repack_reach()
 */
struct es_repack {
	struct es_store *st;
	int dir;
	int objects;
	struct es_pack_list packs;
	struct es_loose_list loose;
	struct es_prune_state state;
	struct es_shallow shallow;
	struct es_repack_slot *slots;
	size_t n_slots;
	struct es_repack_edge *edges;
	size_t n_edges;
	size_t cap_edges;
	struct es_oid *todo;
	size_t n_todo;
	size_t cap_todo;
	struct es_oid *parents;
	size_t n_parents;
	size_t cap_parents;
	struct es_buf buf;
	uint32_t rank;
};

/** es_loose_list_load - find loose objects; Return: 0 or a negative errno */
int es_loose_list_load(struct es_loose_list *l, int objects,
		       const struct es_prune_state *state,
		       struct es_error *err);

/** es_loose_list_remove - unlink a loose object */
void es_loose_list_remove(int objects, const struct es_oid *id);

/** es_repack_find - Return: the slot of an object, NULL: it is not there */
struct es_repack_slot *es_repack_find(const struct es_repack *r,
				      const struct es_oid *id);

/** es_repack_is_kept - whether a rank up to @last needs an object */
bool es_repack_is_kept(const struct es_repack *r, const struct es_oid *id,
		       int last);

/**
 * es_repack_cut - make the boundary that the kept commits ask for
 * @r:    repack
 * @last: last rank that is kept
 * @dry:  only find out
 * @err:  filled on failure
 *
 * Return: 1 it is another one, 0 it is as it was, or a negative errno.
 */
int es_repack_cut(const struct es_repack *r, int last, bool dry,
		  struct es_error *err);

/**
 * es_repack_forget - remove what would contradict the objects that are left
 * @r:    repack
 * @last: last rank that is kept
 * @err:  filled on failure
 *
 * Commit graph, multi-pack index, lists of packs; lines of reflogs that name
 * what goes.
 *
 * Return: 0 or a negative errno.
 */
int es_repack_forget(const struct es_repack *r, int last, struct es_error *err);

#endif
