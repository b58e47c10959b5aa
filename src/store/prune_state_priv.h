/* SPDX-License-Identifier: MIT */
/* prune_state_priv.h - when was pruned last, and what waits to be removed */
#ifndef ETCSNAP_STORE_PRUNE_STATE_PRIV_H
#define ETCSNAP_STORE_PRUNE_STATE_PRIV_H

#include "etcsnap/store.h"

/*
 * The file etcsnap-prune in the repository, text of lines:
 *
 *	pruned SECONDS
 *	doomed SECONDS pack-HEX
 *	doomed SECONDS HEX		(a loose object)
 *
 * What is doomed is in the way of nobody and stays for a day, since somebody
 * may be reading it. Should the file get lost, what is not needed is found
 * once more and doomed anew.
 */

/** ES_PRUNE_STATE_NAME - the file */
#define ES_PRUNE_STATE_NAME "etcsnap-prune"

/**
 * struct es_doomed - a pack or loose object that was replaced or cut away
 * @name:  "pack-…", or an object's digits; owned
 * @since: seconds since 1970-01-01 UTC
 */
struct es_doomed {
	char *name;
	int64_t since;
};

/**
 * struct es_prune_state - the file; an all-zero one is empty
 * @pruned: when the last prune ended well, 0 = never
 * @items:  sorted by name after es_prune_state_load(), owned
 * @n:      their number
 * @cap:    room for items
 */
struct es_prune_state {
	int64_t pruned;
	struct es_doomed *items;
	size_t n;
	size_t cap;
};

/** es_prune_state_dispose - free the content */
void es_prune_state_dispose(struct es_prune_state *s);

/**
 * es_prune_state_load - read the file
 * @s:   state, empty
 * @st:  repository
 * @err: filled on failure
 *
 * Return: 0, also where there is none or it is damaged; or a negative errno.
 */
int es_prune_state_load(struct es_prune_state *s, const struct es_store *st,
			struct es_error *err);

/**
 * es_prune_state_find - Return: what is doomed under a name, borrowed, NULL
 * when it is not; for a state that was loaded and not added to
 */
const struct es_doomed *es_prune_state_find(const struct es_prune_state *s,
					    const char *name);

/** es_prune_state_add - doom something; Return: 0 or -ENOMEM */
int es_prune_state_add(struct es_prune_state *s, const char *name,
		       int64_t since);

/** es_prune_state_save - replace the file; Return: 0 or a negative errno */
int es_prune_state_save(const struct es_prune_state *s,
			const struct es_store *st, struct es_error *err);

#endif
