/* SPDX-License-Identifier: MIT */
/* merge_priv.h - a directory's listing while it is made */
#ifndef ETCSNAP_COLLECT_MERGE_PRIV_H
#define ETCSNAP_COLLECT_MERGE_PRIV_H

#include "collect/collect_priv.h"

/*
 * As long as everything is as the row says, nothing is written: records are
 * only counted. The first difference begins the new listing with what was
 * counted so far; from then on every record is added.
 */
struct merge {
	struct es_walker *w;
	struct es_node *n;
	bool decided;		    /* the row's verdicts hold */
	struct es_listing_reader r; /* in the row */
	struct es_entry row;	    /* entry read last */
	int more;		    /* row is one */
	struct es_entry self;	    /* the directory's own entry */
	uint32_t kept;		    /* records as in the row, from its start */
	bool built;		    /* the new listing was begun */
	bool linked;		    /* a file with more names came or went */
	uint64_t entries;	    /* watched ones */
};

/* The name that is looked at, and what the row has of it. */
struct spot {
	const char *name;
	size_t len;
	enum es_type type;	    /* as the directory says; NONE = unknown */
	const struct es_entry *row; /* NULL: not in the row */
	bool settled;		    /* the row's verdict holds */
	bool has_decision;
	struct es_decision *decision;
};

/* visit.c: what there is under a name goes to the listing, or to w->kids. */
int es_merge_visit(struct merge *m, struct spot *s);

/* What the rules say of the directory itself, in m->n->decision. */
void es_merge_decide_self(struct merge *m);

/* Where a name in this directory stands to the paths that are asked for. */
int es_merge_reach(struct merge *m, const char *name, size_t len,
		   enum es_reach *out);

/* Begin the new listing, if that has not happened. */
void es_merge_diverge(struct merge *m);

/* The row's entry holds as it stands. */
int es_merge_keep(struct merge *m);

#endif
