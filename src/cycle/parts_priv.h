/* SPDX-License-Identifier: MIT */
/* parts_priv.h - what a run records beside files: commands, facts, findings */
#ifndef ETCSNAP_PARTS_PRIV_H
#define ETCSNAP_PARTS_PRIV_H

#include "etcsnap/checks.h"
#include "etcsnap/collect.h"
#include "etcsnap/commands.h"
#include "etcsnap/cycle.h"
#include "etcsnap/state.h"
#include "etcsnap/texts.h"

#include <pthread.h>

/*
 * Commands run in a process beside the walk, facts in a thread beside it;
 * checks look at directories as the walk leaves them. When the walk is over
 * all have put their texts, which are masked and become trees.
 */

/* The parts, as bits, in the order of [collect] parts. */
enum es_part {
	ES_PART_FILES = 1 << 0,
	ES_PART_COMMANDS = 1 << 1,
	ES_PART_SYSTEM = 1 << 2,
	ES_PART_FINDINGS = 1 << 3,
};

/* Trees at the top that are made from texts. */
enum {
	ES_PARTS_COMMANDS,
	ES_PARTS_FINDINGS,
	ES_PARTS_SYSTEM,
	ES_PARTS_COUNT,
};

/* Their names, by number. */
extern const char *const es_parts_names[ES_PARTS_COUNT];

struct es_parts {
	struct es_session *session;
	const struct es_cycle_options *options;
	struct es_state *state;
	struct es_oid tip_tree; /* all zero on the first run */
	bool trusted;		/* rows of the state count */
	unsigned int on;	/* bits of enum es_part */
	int64_t now;
	struct es_buf ran; /* row of when each command last ran */
	struct es_texts *texts;
	struct es_packages *packages; /* NULL: they cannot be read */
	struct es_error packages_err;
	struct es_commands *commands;
	struct es_checks_options check_options;
	struct es_checks *checks;
	bool fresh; /* checks want to see every directory */
	pthread_t thread;
	bool has_thread;
	struct es_error facts_err;
};

/*
 * Which parts the configuration asks for.
 * Return: bits of enum es_part, or -EINVAL (fault CONFIG) on a strange word.
 */
int es_parts_of(const struct es_conf *conf, struct es_error *err);

/*
 * What a run looks at, one line each: "files", "system", and the commands and
 * checks by name. So the next one can tell what went from what was switched
 * off. Append it to @out.
 */
int es_parts_text(struct es_buf *out, const struct es_parts *p,
		  struct es_error *err);

/*
 * Start what runs beside the walk. @p has session, options, state, tip_tree
 * and trusted; @stamp is what the checks of the run before depended on.
 */
int es_parts_begin(struct es_parts *p, uint64_t stamp, struct es_error *err);

/* A directory that was walked, and one that is there no more. Any thread. */
int es_parts_dir(struct es_parts *p, const struct es_collect_dir *dir,
		 struct es_error *err);
int es_parts_gone(struct es_parts *p, const char *path, size_t len,
		  struct es_error *err);

/* Wait for all; p->texts is complete then. */
int es_parts_finish(struct es_parts *p, struct es_error *err);

/*
 * Write the trees; one that is all zero is not there. A text that is kept is
 * told to @trouble, unless for no reason.
 */
int es_parts_trees(struct es_oid out[ES_PARTS_COUNT], struct es_parts *p,
		   struct es_lane *lane,
		   void (*trouble)(void *payload, unsigned int unread,
				   const char *name),
		   void *payload, struct es_error *err);

/* Note in the state when commands ran that do not run every time. */
int es_parts_note(struct es_parts *p, struct es_error *err);

/* End what still runs; harmless on an all-zero one. */
void es_parts_dispose(struct es_parts *p);

#endif
