/* SPDX-License-Identifier: MIT */
/* cycle_priv.h - what the steps of one collection run share */
#ifndef ETCSNAP_CYCLE_CYCLE_PRIV_H
#define ETCSNAP_CYCLE_CYCLE_PRIV_H

#include "cycle/message_priv.h"
#include "cycle/snapshot_priv.h"
#include "etcsnap/commit.h"

/* Everything one run holds while it lasts. */
struct cycle {
	struct es_session *session;
	const struct es_cycle_options *options;
	struct es_cycle_result *result;
	struct es_snapshot snap;
	struct es_parts parts;
	struct es_oid texts[ES_PARTS_COUNT]; /* trees of the parts */
	struct es_state *state;
	struct es_state_basis basis; /* of the rows once they are saved */
	struct es_oid tip;
	int64_t tip_time; /* when it was made, 0 = there is none */
	struct es_rekey rekey;
	unsigned int lanes;	/* as es_collect_options has it */
	unsigned int lanes_max; /* likewise */
	bool decided;		/* the rows' rules are today's */
	bool unresolved;	/* days that are over could not be told */
	struct timespec began;
	int64_t started;
};

/* Write the tree of run/: what is to be said of the run itself. */
int es_cycle_write_run(struct es_oid *out, struct cycle *c,
		       const struct es_run *run, struct es_error *err);

/* Write the new root: what this run made, and the old rest of it. */
int es_cycle_write_root(struct cycle *c, const struct es_dir_trees *trees,
			const struct es_oid *run, struct es_error *err);

/*
 * Make the commits of the days and months that are over; @tip is the newest
 * commit of main, and nothing is put yet.
 */
void es_cycle_resolve(struct cycle *c, const struct es_commit *tip);

/* After a commit: join many packs, let go what retention does not keep. */
void es_cycle_retain(struct cycle *c);

#endif
