/* SPDX-License-Identifier: MIT */
/* state.h - the cache beside the repository: what the last run saw */
#ifndef ETCSNAP_STATE_H
#define ETCSNAP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/digest.h"
#include "etcsnap/error.h"

/*
 * A SQLite file with one row per directory (path, packed listing) and one row
 * of what all of them depend on. It can be deleted at any time and costs one
 * full scan: a corrupt, newer or missing file reads as empty and is made anew
 * by the next es_state_save(); what is no database at all is kept as FILE.bad,
 * and another program's database is left alone. It is written in one
 * transaction after the branch has moved; only the holder of the repository's
 * lock writes.
 *
 * Calling sequence: es_state_open(), compare es_state_basis() with the
 * present, es_state_get() from each lane, es_state_put()/es_state_drop() of
 * what changed, es_state_save() after the branch moved, es_state_free().
 */

/** struct es_state - open cache */
struct es_state;

/**
 * struct es_state_basis - what the rows depend on
 * @commit:  id of the commit that they describe; all zero = none
 * @rules:   es_rules_hash()
 * @key:     es_hash64() of the secret key's HMAC of a fixed text
 * @ids:     es_ids_hash()
 * @program: es_hash64() of the program's version and state format
 * @checks:  es_checks_stamp()
 */
struct es_state_basis {
	uint8_t commit[ES_SHA1_LEN];
	uint64_t rules;
	uint64_t key;
	uint64_t ids;
	uint64_t program;
	uint64_t checks;
};

/**
 * es_state_open - open or begin a cache
 * @out:   owned; es_state_free()
 * @path:  file; need not exist
 * @lanes: threads that will call es_state_get(), each with its own number
 * @err:   filled on failure
 *
 * Return: 0 or -ENOMEM. A file that cannot be used is not an error here;
 * es_state_problem() tells about it.
 */
int es_state_open(struct es_state **out, const char *path, unsigned int lanes,
		  struct es_error *err);

/**
 * es_state_free - close the cache; unsaved changes are forgotten
 * @st: taken; NULL is allowed
 *
 * Locking: none; no other thread may be using it.
 */
void es_state_free(struct es_state *st);
ES_DEFINE_CLEANUP(struct es_state, es_state_free)

/**
 * es_state_problem - why an existing file was not used
 * @st: cache
 *
 * Return: one-line text ("not a database", "made by another program", …),
 * borrowed until es_state_save() or es_state_free(); NULL when all is well or
 * there was no file.
 * Locking: none; not while another thread uses the cache.
 */
const char *es_state_problem(const struct es_state *st);

/**
 * es_state_basis - what the rows depend on
 * @st: cache
 *
 * Return: borrowed until es_state_save() or es_state_free(); NULL when there
 * are no rows, also after es_state_reset().
 * Locking: none; not while another thread resets or saves.
 */
const struct es_state_basis *es_state_basis(const struct es_state *st);

/**
 * es_state_reset - forget every row (nothing in the file can be trusted)
 * @st: cache; the file itself changes with es_state_save()
 */
void es_state_reset(struct es_state *st);

/**
 * es_state_get - row of a directory, as it was when the cache was opened
 * @st:   cache
 * @lane: number of the calling thread
 * @path: directory, bytes
 * @len:  their number
 * @out:  reset and filled
 * @err:  filled on failure
 *
 * Return: 1 found, 0 none (also when the row is damaged: it is made anew),
 * negative errno when memory ran out.
 * Locking: none, one call at a time per lane.
 */
int es_state_get(struct es_state *st, unsigned int lane, const char *path,
		 size_t len, struct es_buf *out, struct es_error *err);

/**
 * es_state_put - set a directory's row
 * @st:   cache
 * @path: directory, bytes
 * @len:  their number
 * @row:  packed listing, copied
 * @row_len: its bytes
 * @err:  filled on failure
 *
 * Return: 0 or -ENOMEM.
 * Locking: takes the cache's own mutex; from any thread.
 */
int es_state_put(struct es_state *st, const char *path, size_t len,
		 const char *row, size_t row_len, struct es_error *err);

/**
 * es_state_drop - remove the rows of a directory and of all below it
 * @st:   cache
 * @path: directory, bytes; not the root
 * @len:  their number
 * @err:  filled on failure
 *
 * Rows that es_state_put() sets in the same run stay, whatever the order.
 *
 * Return: 0 or -ENOMEM.
 * Locking: takes the cache's own mutex; from any thread.
 */
int es_state_drop(struct es_state *st, const char *path, size_t len,
		  struct es_error *err);

/**
 * es_state_is_dirty - whether there is something to save
 * @st: cache
 *
 * Return: true after a put, a drop or a reset, and when an existing file was
 * not used.
 * Locking: none; not while another thread changes the cache.
 */
bool es_state_is_dirty(const struct es_state *st);

/**
 * es_state_save - write what changed, in one transaction
 * @st:    cache
 * @basis: what the rows now depend on
 * @err:   filled on failure; the file then holds what it held
 *
 * Nothing is written when nothing changed and the basis is the same.
 *
 * Return: 0, -ENOSPC, -EROFS, -EIO, -EACCES, -EBUSY (a reader did not end),
 * -EEXIST (the file is another program's: move it away).
 * Locking: SQLite's own; the caller holds the repository's lock.
 */
int es_state_save(struct es_state *st, const struct es_state_basis *basis,
		  struct es_error *err);

/**
 * es_state_each - called for each row of the cache
 * @payload: the caller's
 * @path:    directory, bytes; not NUL-terminated; valid during the call
 * @len:     their number
 * @row:     packed listing, likewise; NULL when it is damaged
 * @row_len: its bytes
 *
 * Return: 0, or a negative number that ends the reading and is returned.
 */
typedef int (*es_state_each)(void *payload, const char *path, size_t len,
			     const char *row, size_t row_len);

/**
 * es_state_audit - read and check the whole file
 * @st:      cache as it was opened
 * @problem: appended with what SQLite finds wrong with the file, one line;
 *           nothing when it is sound
 * @each:    called for each row, in the order of the bytes of their paths;
 *           not for every one where the file itself is damaged
 * @payload: handed to @each
 * @err:     filled on failure; damage is none
 *
 * A path without a leading '/' that is not empty is no directory.
 *
 * Return: 1 all rows were seen, 0 there is no file that could be read to its
 * end, what @each returned, -ENOMEM or -EIO.
 * Locking: SQLite's own; none of the lanes is used.
 */
int es_state_audit(struct es_state *st, struct es_buf *problem,
		   es_state_each each, void *payload, struct es_error *err);

#endif
