/* SPDX-License-Identifier: MIT */
/* session.h - configuration, rules, key and repository of one invocation */
#ifndef ETCSNAP_SESSION_H
#define ETCSNAP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/conf.h"
#include "etcsnap/ids.h"
#include "etcsnap/rules.h"
#include "etcsnap/sign.h"
#include "etcsnap/store.h"

/**
 * struct es_session_options - what the command line said
 * @conf_file: -c FILE, or NULL
 * @repo:      --repo DIR, or NULL
 * @root:      --root DIR, or NULL for "/"
 */
struct es_session_options {
	const char *conf_file;
	const char *repo;
	const char *root;
};

/**
 * enum es_session_need - how much of a session a command needs, as bits
 * @ES_NEED_RULES: configuration, user database, compiled rules
 * @ES_NEED_STORE: the repository, opened
 * @ES_NEED_KEY:   the secret key, loaded (a missing one is an error)
 */
enum es_session_need {
	ES_NEED_RULES = 1 << 0,
	ES_NEED_STORE = 1 << 1,
	ES_NEED_KEY = 1 << 2,
};

/**
 * struct es_session - what commands work with; fields are read-only
 * @conf:       effective configuration
 * @ids:        user database of the root
 * @rules:      compiled rules
 * @store:      open repository, NULL before init
 * @repo_path:  absolute path of the repository
 * @state_path: state.db beside it
 * @key_path:   key beside it
 * @root:       absolute root directory
 * @host:       name of the machine
 * @key:        the secret key
 * @has_key:    whether @key is loaded
 * @signer:     who signs commits, NULL: nobody; with an open repository. Its
 *              key's file is the value of [repository] sign_key, also where
 *              the repository and not a file names it
 */
struct es_session {
	struct es_conf *conf;
	struct es_ids *ids;
	struct es_rules *rules;
	struct es_store *store;
	char *repo_path;
	char *state_path;
	char *key_path;
	char *root;
	char *host;
	uint8_t key[ES_KEY_LEN];
	bool has_key;
	struct es_signer *signer;
};

/**
 * es_session_new - read the configuration and open what is needed
 * @out:     owned; es_session_free()
 * @options: what the command line said
 * @need:    bits of enum es_session_need
 * @err:     filled on failure
 *
 * Without a repository path in options or files, root, and who owns that
 * directory, uses $localstatedir/lib/etcsnap/repo.git and an ordinary user
 * $XDG_STATE_HOME/etcsnap/repo.git (~/.local/state where that is unset).
 *
 * Return: 0 or a negative errno; fault CONFIG where the user must mend it
 * (also: --root without a repository of its own, or another root than the
 * repository remembers).
 */
int es_session_new(struct es_session **out,
		   const struct es_session_options *options, unsigned int need,
		   struct es_error *err);

/**
 * es_session_free - close everything and wipe the key
 * @s: taken with all its fields; NULL is allowed
 *
 * Locking: none; no other thread may be using it.
 */
void es_session_free(struct es_session *s);
ES_DEFINE_CLEANUP(struct es_session, es_session_free)

/**
 * ES_SESSION_BESIDE_MAX - most names that es_session_beside() gives
 */
#define ES_SESSION_BESIDE_MAX 16

/**
 * es_session_beside - names of all that etcsnap keeps beside a repository
 * @n: set to their number
 *
 * Return: constant array; files, and directories.
 */
const char *const *es_session_beside(size_t *n);

/**
 * es_session_init - create repository, key and no state
 * @s:     session without ES_NEED_STORE
 * @reset: rename an existing repository (and forget its state) first; the
 *         key stays
 * @old:   set to the new name of the renamed one, owned, or NULL
 * @err:   filled on failure
 *
 * Return: 0, -EEXIST, or another negative errno.
 */
int es_session_init(struct es_session *s, bool reset, char **old,
		    struct es_error *err);

/**
 * struct es_signing - what es_session_init_signing() did
 * @key:     file of the key, owned
 * @allowed: file of the allowed signers, owned
 * @made:    the key was made now
 */
struct es_signing {
	char *key;
	char *allowed;
	bool made;
};

/**
 * es_signing_dispose - free the contents of what was told
 * @g: all zero, or filled; then all zero
 */
void es_signing_dispose(struct es_signing *g);

/**
 * es_session_init_signing - from now on commits are signed
 * @out: all zero; filled; es_signing_dispose()
 * @s:   session; its repository exists
 * @err: filled on failure
 *
 * The key is that of [repository] sign_key, or "sign_key" beside the
 * repository; where there is none it is made. Its public half is added to
 * "allowed_signers" there, and the repository's configuration names both, so
 * that git verifies without options.
 *
 * Return: 0 or a negative errno.
 */
int es_session_init_signing(struct es_signing *out, const struct es_session *s,
			    struct es_error *err);

#endif
