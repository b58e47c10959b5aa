/* SPDX-License-Identifier: MIT */
/* context_priv.h - what went on on the machine while a run's changes came */
#ifndef ETCSNAP_CYCLE_CONTEXT_PRIV_H
#define ETCSNAP_CYCLE_CONTEXT_PRIV_H

#include "etcsnap/logins.h"
#include "etcsnap/package_ops.h"
#include "etcsnap/session.h"
#include "etcsnap/tree.h"

/*
 * Logs are rotated away and package databases move on, so a run that records a
 * change also records who was logged in and what package managers did since
 * the commit before it, and whether changed files are as their packages have
 * them: run/logins and run/packages. A run without changes asks for nothing of
 * this.
 */

/* Where and when to look. */
struct es_context_source {
	const struct es_session *session;
	struct es_packages *packages; /* open ones, or NULL */
	struct es_oid tip;	      /* all zero: first run */
	struct es_oid old_tree;	      /* of the tip, all zero: first run */
	struct es_dir_trees trees;    /* as they are now */
	int64_t from;		      /* seconds since 1970-01-01 UTC */
	int64_t to;		      /* likewise */
};

struct es_context {
	struct es_logins *logins;
	struct es_package_ops *ops;
	struct es_buf logins_text;   /* of run/logins, masked */
	struct es_buf packages_text; /* of run/packages, masked */
};

/* Read it; es_context_dispose() also after a failure. */
int es_context_read(struct es_context *out,
		    const struct es_context_source *source,
		    struct es_error *err);
void es_context_dispose(struct es_context *c);

/* Append a text that may be kept: masks run over everything that is. */
int es_context_hide(struct es_buf *out, const struct es_session *s,
		    const char *text, size_t len, struct es_error *err);

#endif
