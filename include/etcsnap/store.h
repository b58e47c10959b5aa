/* SPDX-License-Identifier: MIT */
/* store.h - the repository: open, lock, revisions, objects */
#ifndef ETCSNAP_STORE_H
#define ETCSNAP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/digest.h"
#include "etcsnap/error.h"

/*
 * A bare git repository of format 1 (etcsnap-format(5)), read through libgit2,
 * written by our own pack writer: the new objects of a run go into one
 * temporary pack, which es_store_install() fsyncs and renames into place; only
 * then does a branch move. A kill at any instant leaves the old tip and at
 * most garbage that es_store_lock() clears away.
 *
 * Objects that were put but not installed can be read back like any other, so
 * a run that is never committed (status, diff against the live system) uses
 * the same calls and then es_store_discard().
 *
 * The calling user's git configuration, identity, hooks and templates play no
 * part: libgit2's search paths are emptied.
 */

/**
 * ES_OID_LEN - bytes of an object id
 */
#define ES_OID_LEN ES_SHA1_LEN
/**
 * ES_OID_HEX - digits of an object id as text, without the NUL
 */
#define ES_OID_HEX (2 * ES_OID_LEN)

/**
 * struct es_oid - id of a git object; all zero stands for "none"
 * @id: SHA-1
 */
struct es_oid {
	uint8_t id[ES_OID_LEN];
};

/**
 * es_oid_is_none - whether an id is all zero
 * @oid: id, not NULL
 *
 * Return: true when it stands for "none".
 */
bool es_oid_is_none(const struct es_oid *oid);

/**
 * es_oid_equal - whether two ids are the same
 * @a: one, not NULL
 * @b: the other, not NULL
 *
 * Return: true when all their bytes are equal.
 */
bool es_oid_equal(const struct es_oid *a, const struct es_oid *b);

/**
 * es_oid_text - an id as lower-case hexadecimal
 * @out: ES_OID_HEX + 1 bytes, NUL-terminated
 * @oid: id, not NULL
 *
 * Return: @out.
 */
char *es_oid_text(char *out, const struct es_oid *oid);

/** struct es_store - open repository; reading is safe from many threads */
struct es_store;

/**
 * es_store_init - create a repository
 * @path: directory, must not exist or be empty; made with mode 0700
 * @root: root directory that it will describe, "/" or that of --root
 * @err:  filled on failure, nothing is left behind
 *
 * Return: 0, -EEXIST, or another negative errno.
 */
int es_store_init(const char *path, const char *root, struct es_error *err);

/**
 * es_store_set_aside - rename a repository, so that a new one takes its place
 * @path: directory
 * @to:   its new name, beside it, is appended
 * @err:  filled on failure; fault LOCKED when a run holds the repository
 *
 * Return: 1, 0 when there is none, -EEXIST when @path is something else, or
 * another negative errno.
 */
int es_store_set_aside(const char *path, struct es_buf *to,
		       struct es_error *err);

/**
 * es_store_open - open a repository
 * @out:  owned; es_store_free()
 * @path: its directory
 * @err:  filled on failure: missing ("run etcsnap init"), not ours, newer
 *        format, owned by another user, …
 *
 * Return: 0, -ENOENT, -ENOTSUP (newer format), -EPERM (owner), -EINVAL.
 */
int es_store_open(struct es_store **out, const char *path,
		  struct es_error *err);

/**
 * es_store_free - close a repository
 * @st: taken; its lanes must be free already; NULL is allowed
 *
 * Discards what was not installed and gives back es_store_lock().
 *
 * Locking: none; no other thread may be using it.
 */
void es_store_free(struct es_store *st);
ES_DEFINE_CLEANUP(struct es_store, es_store_free)

/**
 * es_store_path - where the repository is
 * @st: repository
 *
 * Return: its absolute directory, borrowed until es_store_free().
 * Locking: none; from any thread.
 */
const char *es_store_path(const struct es_store *st);

/**
 * es_store_root - which root directory the repository describes
 * @st: repository
 *
 * Return: absolute path, borrowed until es_store_free().
 * Locking: none; from any thread.
 */
const char *es_store_root(const struct es_store *st);

/**
 * es_store_setting - a value of the repository's own configuration file
 * @out: appended to
 * @st:  repository
 * @key: as git names it, "gpg.ssh.allowedSignersFile"
 * @err: filled on failure
 *
 * Return: 1 there is one, 0 there is none, or a negative errno.
 */
int es_store_setting(struct es_buf *out, const struct es_store *st,
		     const char *key, struct es_error *err);

/**
 * es_store_configure - set a value in a repository's configuration file
 * @path:  its directory
 * @key:   as git names it
 * @value: NUL-terminated
 * @err:   filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_store_configure(const char *path, const char *key, const char *value,
		       struct es_error *err);

/**
 * es_store_lock - become the only writer
 * @st:   repository
 * @wait: seconds to wait for another one
 * @err:  filled on failure; fault LOCKED when the time ran out
 *
 * Clears what a killed run left: lock files of references that only we move,
 * our temporary packs, and of other temporary files those older than a day
 * (never what a running git could own). Given back by es_store_free().
 *
 * Return: 0, -EBUSY, -EROFS, -EACCES or another errno.
 */
int es_store_lock(struct es_store *st, unsigned int wait, struct es_error *err);

/**
 * es_store_unlock - let others write
 * @st: repository, locked or not; nothing is put that is not installed
 *
 * Locking: gives back es_store_lock().
 */
void es_store_unlock(struct es_store *st);

/**
 * es_store_tip - commit that a branch points to
 * @out:    set; all zero when the branch does not exist yet
 * @st:     repository
 * @branch: "main", …
 * @err:    filled on failure
 *
 * Return: 1 there is one, 0 there is none, or a negative errno.
 */
int es_store_tip(struct es_oid *out, struct es_store *st, const char *branch,
		 struct es_error *err);

/**
 * es_store_revision - find the commit that a person means
 * @out:  set
 * @st:   repository
 * @text: anything git takes (HEAD~2, a1b2c3d, daily, …) or "@TIME" (the last
 *        run at or before TIME on main, as es_clock_parse() reads it)
 * @err:  filled on failure, fault CONFIG; says what forms there are
 *
 * Return: 0, -ENOENT, -EINVAL.
 */
int es_store_revision(struct es_oid *out, struct es_store *st, const char *text,
		      struct es_error *err);

/** enum es_kind - kind of a git object; values are those of pack files */
enum es_kind {
	ES_KIND_COMMIT = 1,
	ES_KIND_TREE = 2,
	ES_KIND_BLOB = 3,
	ES_KIND_TAG = 4,
};

/**
 * es_store_get - read an object
 * @st:   repository
 * @oid:  its id
 * @kind: kind it must have
 * @out:  reset and filled; its ceiling counts
 * @err:  filled on failure
 *
 * Return: 0, -ENOENT, -EINVAL (other kind), -EFBIG, -EIO (damaged).
 * Locking: from any thread.
 */
int es_store_get(struct es_store *st, const struct es_oid *oid,
		 enum es_kind kind, struct es_buf *out, struct es_error *err);

/** struct es_lane - one thread's means of writing objects */
struct es_lane;

/**
 * es_lane_new - make a lane
 * @out: owned; es_lane_free() before es_store_free()
 * @st:  repository
 * @err: filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_lane_new(struct es_lane **out, struct es_store *st,
		struct es_error *err);

/**
 * es_lane_free - free a lane
 * @lane: taken; NULL is allowed
 *
 * What it has put stays with the repository, installed or not.
 *
 * Locking: none; not for use by two threads at once.
 */
void es_lane_free(struct es_lane *lane);
ES_DEFINE_CLEANUP(struct es_lane, es_lane_free)

/**
 * es_lane_put - write an object unless the repository has it
 * @out:  its id
 * @lane: this thread's lane
 * @kind: kind of object
 * @data: content
 * @len:  its bytes
 * @err:  filled on failure
 *
 * The first new object opens the run's temporary pack.
 *
 * Return: 1 new, 0 already there, -ENOSPC, -EROFS, -EIO, -ENOMEM.
 * Locking: hashing and compression on the calling thread, the append under
 * the pack's mutex.
 */
int es_lane_put(struct es_oid *out, struct es_lane *lane, enum es_kind kind,
		const void *data, size_t len, struct es_error *err);

/**
 * es_store_install - make the run's new objects part of the repository
 * @st:  locked repository; no lane is writing
 * @err: filled on failure; the repository is unchanged then
 *
 * Writes pack and index, fsyncs both and the directory. Nothing to do when
 * nothing was put.
 *
 * Return: 0, -ENOSPC, -EROFS, -EIO.
 */
int es_store_install(struct es_store *st, struct es_error *err);

/**
 * es_store_discard - forget the objects that were put and not installed
 * @st: repository; no lane is writing
 *
 * Locking: takes the pack's mutex.
 */
void es_store_discard(struct es_store *st);

/**
 * es_store_move - move a branch, only if it still is where we think
 * @st:     locked repository
 * @branch: "main", …
 * @to:     commit, installed
 * @from:   commit that it must point to now; all zero: must not exist
 * @err:    filled on failure
 *
 * Return: 0, -EAGAIN (somebody moved it), -EBUSY (a git holds its lock), or
 * another negative errno.
 */
int es_store_move(struct es_store *st, const char *branch,
		  const struct es_oid *to, const struct es_oid *from,
		  struct es_error *err);

/**
 * es_store_consolidate - join small packs when there are more than 20
 * @st:  locked repository; nothing is put that is not installed
 * @err: filled on failure; the repository is as complete as before
 *
 * Joins the smallest packs, and each larger one until the next is twice as
 * large as all before it, so that an object is written again only a few
 * times. New versions of a file, manifest or tree are stored as differences
 * to the version that the commit before has, up to 20 deep, large ones 50.
 * Packs with a .keep file stay. Readers are not disturbed: the new pack is
 * there before the old ones go.
 *
 * Return: 1 joined, 0 there was nothing to do, -EIO (a pack is damaged),
 * -ENOSPC or another negative errno.
 */
int es_store_consolidate(struct es_store *st, struct es_error *err);

/**
 * es_store_mark_run - remember that a run ended well just now
 * @st:  locked repository
 * @err: filled on failure
 *
 * Sets the time stamp of the lock file; writes no bytes.
 *
 * Return: 0 or a negative errno.
 */
int es_store_mark_run(struct es_store *st, struct es_error *err);

/**
 * es_store_last_run - when a run last ended well, changes or not
 * @st: repository
 *
 * Return: seconds since 1970-01-01 UTC, 0 when there was none.
 */
int64_t es_store_last_run(struct es_store *st);

/**
 * es_store_mark_full - remember that a run just read everything again
 * @st:  locked repository
 * @err: filled on failure
 *
 * Sets the time stamp of an empty file in the repository.
 *
 * Return: 0 or a negative errno.
 */
int es_store_mark_full(struct es_store *st, struct es_error *err);

/**
 * es_store_last_full - when a run last read everything again
 * @st: repository
 *
 * Return: seconds since 1970-01-01 UTC, 0 when nobody knows.
 */
int64_t es_store_last_full(struct es_store *st);

/**
 * es_store_diff - unified diff of two texts
 * @out:     appended to: hunks ("@@ …") without file headers
 * @a:       old text
 * @a_len:   its bytes
 * @b:       new text
 * @b_len:   its bytes
 * @context: lines around each change
 * @err:     filled on failure
 *
 * Return: 1 text, 0 the two are equal, -ENOTSUP one of them is binary, or
 * another negative errno.
 */
int es_store_diff(struct es_buf *out, const char *a, size_t a_len,
		  const char *b, size_t b_len, unsigned int context,
		  struct es_error *err);

#endif
