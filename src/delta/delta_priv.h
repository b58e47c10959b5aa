/* SPDX-License-Identifier: MIT */
/* delta_priv.h - between the steps that make a list of changes */
#ifndef ETCSNAP_DELTA_DELTA_PRIV_H
#define ETCSNAP_DELTA_DELTA_PRIV_H

#include "etcsnap/delta.h"
#include "etcsnap/strmap.h"

/*
 * Steps, in order: delta_walk() and delta_other() put down pairs (path, what
 * was, what is); delta_settle() sorts them, joins halves of one path and says
 * what kind of change each is; delta_watched(), delta_switched() and
 * delta_renames() refine the kinds. Everything lives in the delta's arena until
 * es_delta_free().
 */

/**
 * struct arena - memory that is freed all at once
 * @chunks: newest first
 */
struct arena {
	struct arena_chunk *chunks;
};

/** arena_get - Return: @size bytes, aligned for any object, or NULL */
void *arena_get(struct arena *a, size_t size);

/** arena_copy - Return: a copy with a NUL behind it, or NULL */
char *arena_copy(struct arena *a, const char *data, size_t len);

/** arena_free - free everything */
void arena_free(struct arena *a);

/** Number of sides, and which is which */
enum side {
	OLD,
	NEW,
	SIDES,
};

struct es_delta {
	struct arena arena;
	struct es_change *changes;
	size_t n;
	size_t cap;
	size_t kinds[ES_CHANGE_KINDS];
	size_t tightened;
	size_t rekeyed;
	bool key_changed;
};

/**
 * struct delta_job - what the steps share while a delta is made
 * @delta: being made
 * @st:    repository
 * @root:  root trees
 * @trees: of the newer run's root directory, instead of its root tree's; or
 *         NULL
 * @paths: only these and what is below
 * @n:     their number, 0 = everything
 * @names: per side: owner names by "u" or "g" and the number's bytes
 */
struct delta_job {
	struct es_delta *delta;
	struct es_store *st;
	struct es_oid root[SIDES];
	const struct es_dir_trees *trees;
	const char *const *paths;
	size_t n;
	struct es_strmap *names[SIDES];
};

/** delta_selected - whether a path is asked for */
bool delta_selected(const struct delta_job *job, const char *path, size_t len);

/** delta_leads - whether something below a directory is asked for */
bool delta_leads(const struct delta_job *job, const char *path, size_t len);

/**
 * delta_compare - es_entry_compare(), and what only blobs and masks tell
 *
 * Return: bits (1u << enum es_attr).
 */
unsigned int delta_compare(const struct es_entry *a, const struct es_entry *b);

/**
 * delta_add - put down a pair, unless both sides say the same
 * @job:  job
 * @path: path, copied
 * @len:  its bytes
 * @was:  old entry, copied, or NULL
 * @is:   new entry, copied, or NULL
 *
 * Return: 1 put down, 0 nothing to say, -ENOMEM.
 */
int delta_add(struct delta_job *job, const char *path, size_t len,
	      const struct es_entry *was, const struct es_entry *is);

/** delta_walk - compare meta/ and files/; Return: 0 or negative errno */
int delta_walk(struct delta_job *job, struct es_error *err);

/** delta_other - compare the other parts; Return: 0 or negative errno */
int delta_other(struct delta_job *job, struct es_error *err);

/**
 * delta_other_entry - entry of a path outside of meta/
 *
 * Return: 1 found, 0 not there, negative errno.
 */
int delta_other_entry(struct es_entry *out, struct es_store *st,
		      const struct es_oid *root, const char *path,
		      struct es_error *err);

/** delta_rekeyed - drop what another key alone made; Return: 0 or negative */
int delta_rekeyed(struct delta_job *job, struct es_error *err);

/** delta_watched - tell what changed by rules alone; Return: 0 or negative */
int delta_watched(struct delta_job *job, struct es_error *err);

/** delta_switched - tell what was switched on or off; Return: 0 or negative */
int delta_switched(struct delta_job *job, struct es_error *err);

/** delta_renames - join what only moved; Return: 0 or -ENOMEM */
int delta_renames(struct delta_job *job, struct es_error *err);

#endif
