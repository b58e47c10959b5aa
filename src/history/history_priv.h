/* SPDX-License-Identifier: MIT */
/* history_priv.h - between the files that look back through the runs */
#ifndef ETCSNAP_HISTORY_HISTORY_PRIV_H
#define ETCSNAP_HISTORY_HISTORY_PRIV_H

#include "etcsnap/blame.h"
#include "etcsnap/commit.h"
#include "etcsnap/search.h"
#include "etcsnap/strmap.h"

/* --- trail.c -------------------------------------------------------------- */

/*
 * The objects that lead to a path in the run looked at last. In most runs all
 * but the root tree are those of the run before, so that one tree is read.
 */
struct trail_step {
	char *name;	   /* stored name of the component */
	struct es_oid oid; /* what it is, all zero when it is not there */
	unsigned int mode;
};

struct trail {
	struct es_oid root;
	struct trail_step *steps;
	size_t n;
};

/* Begin with a path; Return: 0 or -ENOMEM. */
int trail_init(struct trail *t, const char *path);
void trail_dispose(struct trail *t);
/*
 * Go to another run. Return: 1 when the path's object is another one now, 0
 * when it is the same, or a negative errno.
 */
int trail_move(struct trail *t, struct es_store *st, const struct es_oid *root,
	       struct es_error *err);
/* Whether a regular file's content is there, and which blob it is. */
bool trail_blob(const struct trail *t, struct es_oid *out);

/* --- lines.c -------------------------------------------------------------- */

/* Number of lines; a last one without newline counts. */
size_t lines_count(const struct es_buf *text);

/* Lines that two texts have in common, as runs of lines. */
struct lines_same {
	size_t old; /* first line in the older text, from 0 */
	size_t new; /* and in the newer one */
	size_t n;
};

/*
 * What two texts share; owned, free(). Return: number of pieces, -ENOTSUP for
 * what is binary, or another negative errno.
 */
long lines_compare(struct lines_same **out, const struct es_buf *old,
		   const struct es_buf *new, struct es_error *err);

/* --- blame_context.c ------------------------------------------------------ */

/* What a run holds beside its lines. */
struct blame_kept {
	struct es_commit *commit;
	struct es_logins *logins;
	struct es_package_ops *ops;
	const struct es_login **sessions;
	char *author;
	char *path;
	int64_t before;		       /* time of the run before, 0 = unknown */
	uint8_t digest[ES_SHA256_LEN]; /* of the file, as the run has it */
};

void blame_kept_dispose(struct blame_kept *k);
/* Who was there, and which package it came with. */
int blame_context(struct es_blame_run *run, struct blame_kept *kept,
		  struct es_store *st, const struct es_patch_options *options,
		  struct es_error *err);

/* --- pattern.c ------------------------------------------------------------ */

struct pattern;

/* Compile; owned. Return: 0, -EINVAL (fault CONFIG), -ENOMEM. */
int pattern_new(struct pattern **out, const char *regex, unsigned int flags,
		struct es_error *err);
void pattern_free(struct pattern *p);
ES_DEFINE_CLEANUP(struct pattern, pattern_free)
/* Whether a line matches. Return: 1, 0, or -ELOOP when it takes too long. */
int pattern_match(const struct pattern *p, const char *text, size_t len);
/* Whether a line of a text may match. */
bool pattern_may_match(const struct pattern *p, const char *text, size_t len);

/* --- cache.c -------------------------------------------------------------- */

/*
 * Objects that were read last. What a run has in the place of what changed is
 * wanted again when the walk comes to where that changed.
 */
#define CACHE_SLOTS 1024

struct cache {
	struct es_store *st;
	struct es_oid ids[CACHE_SLOTS];
	struct es_buf texts[CACHE_SLOTS];
	size_t bytes;
};

void cache_init(struct cache *c, struct es_store *st);
void cache_dispose(struct cache *c);
/* As es_store_get(); all zero gives nothing. */
int cache_get(struct cache *c, const struct es_oid *oid, enum es_kind kind,
	      struct es_buf *out, struct es_error *err);

/* --- search_walk.c -------------------------------------------------------- */

/* What a path is a part of. */
enum part {
	PART_FILES, /* content of files, targets of links */
	PART_META,  /* names */
	PART_TEXTS, /* outputs, facts, findings */
};

/*
 * One name that differs between two runs, newest first: @new is what the newer
 * run has, @old what the older one has; NULL where there is nothing. @path is
 * absolute, of a text without a '/' in front; of PART_META it is that of a
 * directory, and the objects are its manifests.
 */
struct walk_ops {
	/* Whether something below a directory is of interest. */
	bool (*leads)(void *payload, enum part part, const char *path,
		      size_t len);
	int (*leaf)(void *payload, enum part part, const struct es_buf *path,
		    const struct es_tree_entry *new,
		    const struct es_tree_entry *old);
};

/* Compare two root trees; all zero stands for an empty one. */
int walk_trees(struct cache *cache, const struct es_oid *new,
	       const struct es_oid *old, const struct walk_ops *ops,
	       void *payload, struct es_error *err);

/* --- search_names.c ------------------------------------------------------- */

/*
 * Names that only one of two manifests has: @each gets the name, and whether
 * it is the newer one that has it. Return: 0 or what @each returned below 0.
 */
int names_compare(const struct es_buf *new, const struct es_buf *old,
		  int (*each)(void *payload, const struct es_buf *name,
			      bool newer),
		  void *payload);

/* --- search_hits.c -------------------------------------------------------- */

/* What is known of a path that something was found of. */
struct place {
	char *path;
	size_t len;
	struct es_search_hit **open; /* in the content of the run at hand */
	size_t n_open;
	size_t cap_open;
	struct es_search_hit *name; /* the hit that is its name, or NULL */
};

/* All that was found. */
struct hits {
	struct es_search_hit **items;
	size_t n;
	size_t cap;
	size_t max;
	uint64_t dropped;
	struct es_strmap *places; /* of struct place, by path */
	struct es_strmap *known;  /* hits by place and text */
	struct es_buf key;
};

int hits_init(struct hits *h, size_t max);
void hits_dispose(struct hits *h);
struct place *hits_place(struct hits *h, const char *path, size_t len,
			 bool make);
/*
 * Something is in the run of a number: a hit that is known is drawn out, one
 * that is not is added. Return: 1, 0 when there is no room for another, or
 * -ENOMEM.
 */
int hits_open(struct hits *h, struct place *p, const struct es_search_hit *hit,
	      size_t run);
/* A name was there in a run and in none before it. */
void hits_close_name(struct place *p, size_t run);
/* What was open of a path's content goes back to a run and no further. */
void hits_close(struct place *p, size_t run);
/* All that is open still was there in the oldest run. */
void hits_close_all(const struct hits *h, size_t run);
void hits_sort(const struct hits *h);

#endif
