/* SPDX-License-Identifier: MIT */
/* ids.h - user and group names, and home directories, of one root */
#ifndef ETCSNAP_IDS_H
#define ETCSNAP_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/error.h"

/** struct es_ids - cache of names by number; usable by several threads */
struct es_ids;

/**
 * es_ids_new - open the user database
 * @out:  owned; es_ids_free()
 * @root: "/" asks the system (getpwent(3): files, sssd, ldap); any other
 *        directory's own etc/passwd and etc/group are read instead
 * @err:  filled on failure
 *
 * Return: 0 or -ENOMEM; a missing database is an empty one.
 */
int es_ids_new(struct es_ids **out, const char *root, struct es_error *err);

/**
 * es_ids_free - close the user database
 * @ids: taken; NULL is allowed
 *
 * The names it gave out are gone, too.
 *
 * Locking: none; no other thread may be using it.
 */
void es_ids_free(struct es_ids *ids);
ES_DEFINE_CLEANUP(struct es_ids, es_ids_free)

/**
 * es_ids_user - name of a user by number
 * @ids: database
 * @uid: number of the user
 *
 * The first question for a number may wait for a directory service; the
 * answer, also that there is none, is kept.
 *
 * Return: name, borrowed until es_ids_free(); NULL when there is none or
 * memory ran out.
 * Locking: takes the database's own mutex; from any thread.
 */
const char *es_ids_user(struct es_ids *ids, uint32_t uid);

/**
 * es_ids_group - name of a group by number
 * @ids: database
 * @gid: number of the group
 *
 * The first question for a number may wait for a directory service; the
 * answer, also that there is none, is kept.
 *
 * Return: name, borrowed until es_ids_free(); NULL when there is none or
 * memory ran out.
 * Locking: takes the database's own mutex; from any thread.
 */
const char *es_ids_group(struct es_ids *ids, uint32_t gid);

/**
 * es_ids_hash - a number that changes when passwd or group change
 * @ids: database
 *
 * Return: es_hash64() over the contents of etc/passwd and etc/group of the
 * root; what a directory service answers is not part of it.
 */
uint64_t es_ids_hash(struct es_ids *ids);

/**
 * struct es_account - one account of the user database
 * @name: NUL-terminated bytes, not empty
 * @home: home directory as it is written there, may be empty
 * @uid:  number of the user
 * @gid:  number of the user's first group
 */
struct es_account {
	const char *name;
	const char *home;
	uint32_t uid;
	uint32_t gid;
};

/**
 * es_ids_accounts - all accounts, in the order of the database
 * @ids: database
 * @out: set; borrowed until es_ids_free(), NULL when there are none
 * @n:   set to their number; an account may come twice
 * @err: filled on failure
 *
 * The first question reads them all, from a directory service too.
 *
 * Return: 0 or -ENOMEM.
 * Locking: takes the database's own mutex; from any thread.
 */
int es_ids_accounts(struct es_ids *ids, const struct es_account **out,
		    size_t *n, struct es_error *err);

/**
 * es_ids_homes - every home directory, each once
 * @ids:  database
 * @out:  appended: absolute paths, each followed by a NUL byte, sorted by
 *        bytes; "/" and relative ones are left out, and of one behind a
 *        symbolic link there is the directory that it leads to as well
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_ids_homes(struct es_ids *ids, struct es_buf *out, struct es_error *err);

#endif
