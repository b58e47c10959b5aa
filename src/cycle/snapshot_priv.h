/* SPDX-License-Identifier: MIT */
/* snapshot_priv.h - from directories that were walked to the trees of a run */
#ifndef ETCSNAP_SNAPSHOT_PRIV_H
#define ETCSNAP_SNAPSHOT_PRIV_H

#include "cycle/parts_priv.h"
#include "etcsnap/cycle.h"
#include "etcsnap/state.h"
#include "etcsnap/strmap.h"
#include "etcsnap/tree.h"

#include <pthread.h>

/*
 * Collect tells directories in post-order. A directory whose listing or one
 * of whose subdirectories changed gets new trees at once, on the lane that
 * left it; the result waits under the parent's path until the parent is left.
 * So memory holds only what is on the way up, and an unchanged directory
 * costs nothing.
 */

/* What changed below one directory that has not been left yet. */
struct snapshot_children {
	struct es_dir_child *items; /* names are owned */
	size_t n;
	size_t cap;
};

struct es_snapshot {
	struct es_session *session;
	const struct es_cycle_options *options;
	struct es_parts *parts;
	struct es_state *state; /* NULL: rows are neither read nor kept */
	struct es_oid tip_tree; /* all zero on the first run */
	bool trusted;		/* rows describe the tip */
	bool rewrite;		/* owner names changed: redo manifests */
	unsigned int lanes;
	struct es_lane *lane[ES_COLLECT_LANES_MAX];
	pthread_mutex_t mutex;	 /* guards all below */
	struct es_strmap *below; /* path -> struct snapshot_children */
	char **errors;		 /* "EACCES /path" lines, quoted */
	size_t n_errors;
	size_t cap_errors;
};

int es_snapshot_init(struct es_snapshot *snap, struct es_session *s,
		     unsigned int lanes, struct es_error *err);
void es_snapshot_dispose(struct es_snapshot *snap);

/* Fill the callbacks of a walk that feeds this snapshot. */
void es_snapshot_io(struct es_snapshot *snap, struct es_collect_io *io);

/* Trees of the whole run, once the walk is over. */
int es_snapshot_trees(struct es_snapshot *snap, struct es_dir_trees *out,
		      struct es_error *err);

/* Note what could not be read, for run/errors; from any thread. */
void es_snapshot_trouble(struct es_snapshot *snap, unsigned int unread,
			 const char *path);

/*
 * Text of run/errors: the sorted lines, with those of @old, the tip's, about
 * paths that this run did not look at.
 */
int es_snapshot_errors(struct es_snapshot *snap, const struct es_buf *old,
		       struct es_buf *out, struct es_error *err);

#endif
