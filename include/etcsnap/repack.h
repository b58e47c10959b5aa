/* SPDX-License-Identifier: MIT */
/* repack.h - cut history, remove the objects that nothing needs any more */
#ifndef ETCSNAP_REPACK_H
#define ETCSNAP_REPACK_H

#include "etcsnap/store.h"

/*
 * Who knows what is to stay names it, the most important first:
 *
 *	es_repack_new(&r, st, &err);
 *	es_repack_reach(r, &tip, false, &bytes, &err);		rank 1
 *	es_repack_reach(r, &older, false, &bytes, &err);	rank 2
 *	es_repack_run(r, 1, now, false, &totals, &err);
 *
 * What the first ranks reach stays; es_repack_run() says how many. A commit
 * whose parent does not stay becomes a line of $GIT_DIR/shallow; no id ever
 * changes. Ranks beyond the last one only tell what would be freed.
 *
 * Packs that hold anything else are replaced by a new one with what stays of
 * them. They themselves stay for a day, since somebody may be reading them:
 * the file etcsnap-prune remembers them, and a later es_repack_run() removes
 * them. Loose objects are treated likewise.
 *
 * Order on the disk: the new pack; then the boundary; then what would
 * contradict it (reflogs, commit graph, multi-pack index); then packs that
 * waited a day are removed; then those replaced now are remembered. A kill
 * anywhere leaves a sound repository and at most more than is needed.
 */

/** struct es_repack - the objects of a repository and who needs them */
struct es_repack;

/**
 * es_repack_new - look at all that the repository has
 * @out: owned; es_repack_free()
 * @st:  locked repository with nothing put that is not installed
 * @err: filled on failure
 *
 * Return: 0, -ENOTSUP where objects are borrowed from another repository
 * (objects/info/alternates), or another negative errno.
 * Memory: about 60 to 120 bytes an object.
 */
int es_repack_new(struct es_repack **out, struct es_store *st,
		  struct es_error *err);

/**
 * es_repack_free - forget it
 * @r: taken; NULL is allowed
 */
void es_repack_free(struct es_repack *r);
ES_DEFINE_CLEANUP(struct es_repack, es_repack_free)

/**
 * es_repack_bytes - what all objects take, as es_repack_reach() adds it up
 * @r: repack
 *
 * Return: bytes, without those of what waits to be removed.
 */
uint64_t es_repack_bytes(const struct es_repack *r);

/**
 * es_repack_reach - name the next object, and all that it needs
 * @r:         repack
 * @oid:       commit, tag, tree or blob
 * @ancestors: a commit needs its parents as well, to where history ends
 * @bytes:     set to what it needs that no earlier one did, as stored now
 * @err:       filled on failure
 *
 * Return: its rank, 1 or more; -ENOENT where something is missing, or another
 * negative errno.
 * Blocking: disk; reads each tree that was not seen before.
 */
int es_repack_reach(struct es_repack *r, const struct es_oid *oid,
		    bool ancestors, uint64_t *bytes, struct es_error *err);

/**
 * struct es_repack_totals - what was done, or would be
 * @objects:  objects that stay
 * @dropped:  objects that go
 * @freed:    bytes of these, as stored now
 * @before:   bytes of the repository's objects before, without those that
 *            waited to be removed
 * @after:    bytes of it after; an estimate where nothing was done
 * @replaced: packs and loose objects that wait from now on
 * @waiting:  bytes that wait to be removed, those included
 * @removed:  bytes that had waited and were removed
 * @moved:    the boundary is another one
 */
struct es_repack_totals {
	uint64_t objects;
	uint64_t dropped;
	uint64_t freed;
	uint64_t before;
	uint64_t after;
	uint64_t replaced;
	uint64_t waiting;
	uint64_t removed;
	bool moved;
};

/**
 * es_repack_run - keep what the first ranks need, and let the rest go
 * @r:    repack; only to be freed afterwards
 * @last: last rank whose needs stay
 * @now:  seconds since 1970-01-01 UTC
 * @dry:  only say what would be done
 * @out:  set
 * @err:  filled on failure
 *
 * Return: 0, -ENOSPC, -EIO (something is damaged; nothing was removed), or
 * another negative errno.
 * Locking: exclusive. Readers are not disturbed.
 */
int es_repack_run(struct es_repack *r, int last, int64_t now, bool dry,
		  struct es_repack_totals *out, struct es_error *err);

/**
 * es_repack_last - when the last es_repack_run() ended well
 * @out: set to seconds since 1970-01-01 UTC; 0 = never
 * @due: set to whether something waits that may be removed at @now
 * @st:  repository
 * @now: seconds since 1970-01-01 UTC
 * @err: filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_repack_last(int64_t *out, bool *due, struct es_store *st, int64_t now,
		   struct es_error *err);

/**
 * es_repack_nothing - remember that there was nothing to do
 * @st:  locked repository
 * @now: seconds since 1970-01-01 UTC
 * @err: filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_repack_nothing(struct es_store *st, int64_t now, struct es_error *err);

/**
 * es_repack_size - what the repository's objects take
 * @size:    set to bytes of packs with their indexes and of loose objects
 * @waiting: set to bytes of those that wait to be removed, not in @size
 * @st:      repository
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_repack_size(uint64_t *size, uint64_t *waiting, struct es_store *st,
		   struct es_error *err);

/**
 * es_repack_each - called for each reference
 * @payload: as given to es_repack_refs()
 * @name:    "refs/heads/main", …; "HEAD" and "worktrees/NAME/HEAD" where they
 *           are detached; raw bytes
 * @oid:     what it points to
 * @err:     filled on failure
 *
 * Return: 0, or a negative errno that ends the walk.
 */
typedef int (*es_repack_each)(void *payload, const char *name,
			      const struct es_oid *oid, struct es_error *err);

/**
 * es_repack_refs - tell every reference that keeps objects
 * @st:      repository
 * @each:    called for each; symbolic ones are left out
 * @payload: handed to it
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_repack_refs(struct es_store *st, es_repack_each each, void *payload,
		   struct es_error *err);

#endif
