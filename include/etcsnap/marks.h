/* SPDX-License-Identifier: MIT */
/* marks.h - references of our own that remember what was told to whom */
#ifndef ETCSNAP_MARKS_H
#define ETCSNAP_MARKS_H

#include "etcsnap/store.h"

/*
 * A mark is a reference below refs/etcsnap/ that names a commit:
 * "delivered/main/NAME", "sending/urgent/NAME". It keeps that commit from
 * being pruned, and is moved by compare-and-swap, fsynced. Marks have a lock
 * of their own, so that no run waits for a mail server.
 */

/**
 * es_marks_lock - become the only one that moves marks
 * @fd:  set to a descriptor that holds the lock until it is closed
 * @st:  repository
 * @err: filled on failure
 *
 * Clears the lock files of marks that a killed process left.
 *
 * Return: 1, 0 when another process has the lock, or a negative errno.
 * Locking: not the repository's; never wait for that one while holding this.
 */
int es_marks_lock(int *fd, struct es_store *st, struct es_error *err);

/**
 * es_mark_read - which commit a mark names
 * @out:  set; all zero when there is no such mark
 * @st:   repository
 * @name: what stands behind refs/etcsnap/
 * @err:  filled on failure
 *
 * Return: 1, 0 when there is none, or a negative errno.
 */
int es_mark_read(struct es_oid *out, struct es_store *st, const char *name,
		 struct es_error *err);

/**
 * es_mark_move - create a mark or let it name another commit
 * @st:   repository
 * @name: what stands behind refs/etcsnap/
 * @to:   commit, installed
 * @from: what it must name now; all zero: it must not be there
 * @err:  filled on failure
 *
 * Return: 0, -EAGAIN (it is not as @from says), or another negative errno.
 * Locking: es_marks_lock() must be held.
 */
int es_mark_move(struct es_store *st, const char *name, const struct es_oid *to,
		 const struct es_oid *from, struct es_error *err);

/**
 * es_mark_drop - remove a mark
 * @st:   repository
 * @name: what stands behind refs/etcsnap/
 * @err:  filled on failure
 *
 * Return: 1, 0 when there was none, or a negative errno.
 * Locking: es_marks_lock() must be held.
 */
int es_mark_drop(struct es_store *st, const char *name, struct es_error *err);

#endif
