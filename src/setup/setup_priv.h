/* SPDX-License-Identifier: MIT */
/* setup_priv.h - steps of a setup and the record of them */
#ifndef ETCSNAP_SETUP_PRIV_H
#define ETCSNAP_SETUP_PRIV_H

#include "etcsnap/setup.h"

#include "etcsnap/digest.h"
#include "etcsnap/doc.h"

#ifndef ETCSNAP_LOCALSTATEDIR
#define ETCSNAP_LOCALSTATEDIR "/var"
#endif

/* Where the record is, and the repository unless it is configured elsewhere;
 * what has a name of ours here is ours. */
#define SETUP_STATE_DIR ETCSNAP_LOCALSTATEDIR "/lib/etcsnap"

/* SHA-256 as text, "" for none. */
typedef char setup_digest[2 * ES_SHA256_LEN + 1];

/* A step, and what only doing it needs. */
struct setup_item {
	struct es_setup_step step;
	struct es_buf content; /* of a file */
	mode_t mode;
	setup_digest want; /* of @content, or of what was put there */
	setup_digest was;  /* what we put there before that */
	bool wanted;	   /* asked for by this call */
};

struct es_setup {
	const struct es_setup_options *options;
	struct setup_item *items; /* owned */
	size_t n;
	enum es_setup_timer choice; /* what was asked for, by whichever call */
	enum es_setup_timer timer;  /* what that comes to here */
	bool hooks;
	char *mail;	     /* owned */
	char *smtp;	     /* owned */
	struct es_doc *done; /* owned: the record as it was read */
	char *record;	     /* owned: its path */
	char *lock_path;     /* owned */
	int lock;
};

/* --- items: setup.c ------------------------------------------------------- */

/* A new one at the end, strings copied; NULL with @err filled. */
struct setup_item *es_setup_add(struct es_setup *s, enum es_setup_kind kind,
				const char *what, const char *name,
				struct es_error *err);
/* The one that is wanted of that kind and name; NULL. */
struct setup_item *es_setup_find(struct es_setup *s, enum es_setup_kind kind,
				 const char *name);
void es_setup_digest(setup_digest out, const struct es_buf *content);
/* "ROOT" "PATH" */
int es_setup_path(struct es_buf *out, const struct es_setup *s,
		  const char *path, struct es_error *err);

/* --- the record: setup_record.c ------------------------------------------- */

int es_setup_record_load(struct es_setup *s, struct es_error *err);
/* What was put in place by earlier calls, as items that are not wanted now. */
int es_setup_record_items(struct es_setup *s, struct es_error *err);
/* @finished: what was undone is forgotten. */
int es_setup_record_save(struct es_setup *s, bool finished,
			 struct es_error *err);
/* A repository that is begun, and may be found half made; NULL when it is. */
int es_setup_record_making(struct es_setup *s, const char *repo,
			   struct es_error *err);
/* Channels that a test was sent to. */
bool es_setup_record_tested(const struct es_setup *s, const char *channel);
int es_setup_record_test(struct es_setup *s, const char *channel,
			 struct es_error *err);

/* --- what is wanted: setup_wanted.c --------------------------------------- */

/* By options and record, and then all that follows from it. */
int es_setup_choose(struct es_setup *s, struct es_error *err);
int es_setup_want(struct es_setup *s, struct es_error *err);
/* When steps are known: an address that cannot be put in place is not
 * remembered as one. */
int es_setup_settle(struct es_setup *s, struct es_error *err);

/* --- files: setup_file.c -------------------------------------------------- */

/* Removes what es_write_file() was killed over, beside a file. */
void es_setup_sweep(const char *path);

/* Sets the step's act by what is there. */
int es_setup_file_judge(struct es_setup *s, struct setup_item *it,
			struct es_error *err);
int es_setup_dir_judge(struct es_setup *s, struct setup_item *it,
		       struct es_error *err);
int es_setup_file_do(struct es_setup *s, struct setup_item *it,
		     struct es_error *err);
int es_setup_dir_do(struct es_setup *s, struct setup_item *it,
		    struct es_error *err);

/* --- units: setup_unit.c -------------------------------------------------- */

/* Whether systemd runs, or could be started, on what is below the root. */
bool es_setup_unit_runs(const struct es_setup *s);
bool es_setup_unit_known(const struct es_setup *s);
int es_setup_unit_judge(struct es_setup *s, struct setup_item *it,
			struct es_error *err);
int es_setup_unit_do(struct es_setup *s, struct setup_item *it,
		     struct es_error *err);

/* --- the repository: setup_purge.c ---------------------------------------- */

/* Removes what a setup that was killed has left of one. */
int es_setup_clean(struct es_setup *s, struct es_error *err);

#endif
