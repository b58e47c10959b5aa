/* SPDX-License-Identifier: MIT */
/* message_priv.h - the words of a run: commit message and run/ files */
#ifndef ETCSNAP_MESSAGE_PRIV_H
#define ETCSNAP_MESSAGE_PRIV_H

#include "cycle/context_priv.h"
#include "cycle/rekey_priv.h"

/* What is known of a run when its commit is made. */
struct es_run {
	const struct es_session *session;
	const struct es_cycle_options *options;
	const struct es_cycle_result *result;
	const struct es_rekey *rekey;
	const struct es_context *context;
	struct es_buf *note;	/* the person's words, masked */
	struct es_buf *trigger; /* what started it, masked */
	int64_t started;	/* seconds since 1970-01-01 UTC */
	int64_t ended;		/* likewise */
	char id[37];		/* UUID */
};

/* Fill in a random version 4 UUID. */
int es_run_id(char out[37], struct es_error *err);

/* Whole commit message: subject, name-status list, trailers. */
int es_run_message(struct es_buf *out, const struct es_run *run,
		   struct es_error *err);

/* Text of run/summary. */
int es_run_summary(struct es_buf *out, const struct es_run *run);

/* Name and mail address of the person behind the run, e.g. "root@web1". */
int es_run_author(struct es_buf *name, struct es_buf *mail,
		  const struct es_session *s, struct es_error *err);

#endif
