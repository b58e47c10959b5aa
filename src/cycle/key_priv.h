/* SPDX-License-Identifier: MIT */
/* key_priv.h - the secret key beside the repository */
#ifndef ETCSNAP_KEY_PRIV_H
#define ETCSNAP_KEY_PRIV_H

#include "etcsnap/session.h"

/*
 * A rotation writes the new key to a file "key.new" first, then makes the
 * commit that was made with it, and renames the file to "key" last. So at
 * every instant one of the two files has the key of the tip, and "key" is
 * there; the next run that holds the lock ends what was interrupted: it knows
 * by the number in run/summary whether the commit stands.
 */

/* What the new key's file is called, after the name of the old one's */
#define ES_KEY_NEW ".new"

/* Load the key into the session; a missing one is an error. */
int es_key_load(struct es_session *s, struct es_error *err);

/* Make the key where there is none. Return: 1 made, 0 it was there, or a
 * negative errno. */
int es_key_make(const struct es_session *s, struct es_error *err);

/* A number that changes with the key and tells nothing about it. */
int es_key_number(uint64_t *out, const uint8_t key[ES_KEY_LEN],
		  struct es_error *err);

/* Make another key, durable as key.new; the session works with it. */
int es_key_renew(struct es_session *s, struct es_error *err);

/* The commit stands: key.new becomes the key. */
int es_key_settle(struct es_session *s, struct es_error *err);

/* There was no commit: the key stays what it was. Never fails. */
void es_key_drop(struct es_session *s);

/* Load what a rotation left that was interrupted. Return: 1 and its key in
 * @out, 0 there is none that could be of use, or a negative errno. */
int es_key_pending(uint8_t out[ES_KEY_LEN], const struct es_session *s,
		   struct es_error *err);

#endif
