/* SPDX-License-Identifier: MIT */
/* model_priv.h - between the parts that make the model of a report */
#ifndef ETCSNAP_REPORT_MODEL_PRIV_H
#define ETCSNAP_REPORT_MODEL_PRIV_H

#include "etcsnap/logins.h"
#include "etcsnap/package_ops.h"

#include "report/report_priv.h"

/*
 * Steps, in order: every change gets a note; runs.c walks the history for what
 * it tells of their paths; sources.c reads what the runs recorded of packages
 * and logins; explain.c and returned.c say why a change is there,
 * severities.c how much it matters; what does not pass the filter goes;
 * groups.c folds what needs no line of its own. Then all is put down.
 */

/** Which part of a run a change is in */
enum report_part {
	PART_FILES,
	PART_COMMANDS,
	PART_SYSTEM,
	PART_FINDINGS,
};

/** Why a change is there, as far as it is known */
enum report_why {
	WHY_NOTHING,
	WHY_PACKAGE,
	WHY_DIFFERS,
	WHY_CONFFILE,
	WHY_RETURNED,
	WHY_FLAPPING,
	WHY_RENAME,
	WHY_RULES,
	WHY_OUTDATED, /* no package has it any more */
};

/** How many earlier runs that changed a path are looked at for its state */
#define REPORT_TOUCHES 8

/** How far back a state is looked for: runs before the range, and seconds */
#define REPORT_BACK_RUNS 200
#define REPORT_BACK_TIME ((int64_t)365 * 86400)

/** Paths of a group that are named */
#define REPORT_GROUP_PATHS 20

/** struct report_note - what is known of one change */
struct report_note {
	const struct es_change *change;
	struct es_doc *doc; /* once it is put down */
	enum report_part part;
	enum es_severity severity;
	const char *tags;      /* of the rules, or NULL */
	const char *gone_tags; /* tags of the path before, of a rename */
	unsigned int rule;     /* index for es_rules_origin(), 0 = none */
	bool ruled;	       /* a rule said the severity */
	bool lines;	       /* a rule says that lines do not count */
	bool privileged;       /* gained set-user-ID or the like */
	enum report_why why;
	const struct es_package_seen *seen; /* NULL = nothing recorded */
	const struct es_package_op *op;	    /* what was done to its package */
	const char *beside;   /* suffix of the file beside a conffile */
	struct es_oid commit; /* that it returned to the state of */
	int64_t time;	      /* when that was */
	unsigned int times;   /* how often it changed lately */
	unsigned int steps;   /* how many runs of the range changed it */
	char *author;	      /* of the last of them, owned, or NULL */
	int64_t when;	      /* of the change, REPORT_NEVER = unknown */
	int group;	      /* that it is folded into, -1 = none */
	uint8_t touches[REPORT_TOUCHES]; /* runs before the range, newest
					    first, by number in runs.back */
	uint8_t n_touches;
};

/** REPORT_NEVER - no time */
#define REPORT_NEVER INT64_MIN

/** struct report_run - one run of the range, or before it */
struct report_run {
	struct es_oid id;
	struct es_oid tree;
	int64_t when;
	size_t changes;
	char *trigger; /* owned, NULL where there are too many runs */
	char *subject; /* likewise */
};

/** struct report_runs - what the history tells */
struct report_runs {
	struct report_run *range; /* newest first */
	size_t n_range;
	size_t cap_range;
	struct report_run back[REPORT_BACK_RUNS]; /* before the range */
	size_t n_back;
	struct {
		char day[16];
		size_t runs;
		size_t changes;
	} days[31]; /* oldest first */
	size_t n_days;
};

/** struct report_group - changes that one line tells */
struct report_group {
	const char *kind;
	enum es_severity severity;
	size_t count;
	size_t match;
	size_t conffiles;
	size_t differs;
	const struct es_package_op *op;
	const char *directory; /* not NUL-terminated */
	size_t directory_len;
	enum es_change_kind change;
	unsigned int times;
	size_t named; /* members in @members */
	uint32_t members[REPORT_GROUP_PATHS];
};

/** struct report_job - what the steps share while a model is made */
struct report_job {
	const struct es_report_input *in;
	struct es_doc *doc;
	struct report_note *notes; /* in path order */
	size_t n;
	size_t filtered;
	size_t dropped; /* notes over the cap on changes */
	struct report_runs runs;
	struct es_package_ops *ops; /* never NULL after report_sources() */
	struct es_logins *logins;   /* NULL: no run recorded any */
	size_t *opened;		    /* changes made in each session */
	struct report_group *groups;
	size_t n_groups;
	size_t cap_groups;
	enum es_severity highest;
	struct es_doc *counts;
};

/** report_is_alone - Return: whether there is no older run to compare with */
bool report_is_alone(const struct es_report_input *in);

/** report_times - Return: default or asked for number of changes that flap */
unsigned int report_flap_times(const struct es_report_input *in);
/** report_flap_days - Return: days within which they are counted */
unsigned int report_flap_days(const struct es_report_input *in);

/** report_header - set who, when, and the two sides */
int report_header(struct es_doc *doc, const struct es_report_input *in,
		  struct es_error *err);

/** report_url - set "url" of an object to the page about a commit */
void report_url(struct es_doc *obj, const struct es_report_input *in,
		const struct es_oid *commit);

/** report_runs_walk - walk the history; Return: 0 or a negative errno */
int report_runs_walk(struct report_job *job, struct es_error *err);

/** report_runs_set - set "range", "runs", "runs_more" and "days" */
void report_runs_set(struct report_job *job);

/** report_runs_dispose - free what a walk found */
void report_runs_dispose(struct report_runs *r);

/** report_sources - read run/packages and run/logins of the range */
int report_sources(struct report_job *job, struct es_error *err);

/** report_weigh - set severity, tags and rule of every note */
int report_weigh(struct report_job *job, struct es_error *err);

/** report_explain - say why, from packages, rules and the history */
void report_explain(struct report_job *job);

/** report_beside - Return: suffix of a conffile's twin, or NULL */
const char *report_beside(const char *path, size_t len);

/** report_returned - find states that were there before */
int report_returned(struct report_job *job, struct es_error *err);

/** report_explanation - set "package" and "explanation" of a change */
int report_explanation(struct es_doc *obj, struct report_job *job,
		       const struct report_note *n, struct es_error *err);

/** report_fold - make groups */
int report_fold(struct report_job *job, struct es_error *err);

/** report_groups_set - set "groups" */
void report_groups_set(struct report_job *job);

/** report_packages_set - set "packages" */
void report_packages_set(struct report_job *job);

/** report_sessions_at - set "sessions" of @who to those open at @when */
void report_sessions_at(struct es_doc *who, struct report_job *job,
			int64_t when);

/** report_logins_set - set "logins", after all changes were put down */
void report_logins_set(struct report_job *job);

/** report_findings - set "findings"; Return: 0 or a negative errno */
int report_findings(struct report_job *job, struct es_error *err);

/** struct report_room - how much content may still be put down */
struct report_room {
	size_t lines; /* of all changes */
	size_t bytes; /* of all changes */
	size_t each;  /* lines of one change */
	size_t words; /* cells that comparing words may still cost */
	size_t pairs; /* of lines that may still be marked */
	size_t lines_dropped;
	size_t bytes_dropped;
};

/**
 * report_content - set "content" and the digests of a change
 *
 * Return: 0 or a negative errno.
 */
int report_content(struct es_doc *change, const struct es_report_input *in,
		   const struct es_change *c, struct report_room *room,
		   struct es_error *err);

/** struct report_line - one line of a hunk */
struct report_line {
	const char *text;
	size_t len;
	char op;
	struct es_doc *doc;
};

/**
 * report_marks - set "words" of the lines of a hunk that are alike
 * @lines: of one hunk, in order
 * @n:     their number
 * @room:  what comparing words may cost; less afterwards
 */
void report_marks(const struct report_line *lines, size_t n,
		  struct report_room *room);

#endif
