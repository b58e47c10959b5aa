/* SPDX-License-Identifier: MIT */
/* retain.c - what a run does for history: days, months, packs, retention */
#include "config.h"

#include "cycle/cycle_priv.h"
#include "etcsnap/retention.h"

static void add_notice(struct cycle *c, const struct es_error *err)
{
	struct es_buf *notice = &c->result->notice;

	es_buf_addf(notice, "%s%s; the next run tries again",
		    notice->len ? "; " : "", err->msg);
}

/* A branch that cannot be made must not keep the run from its own commit. */
void es_cycle_resolve(struct cycle *c, const struct es_commit *tip)
{
	const struct es_resolutions_options options = {
		.host = c->session->host,
		.signer = c->session->signer,
		.now = c->started,
	};
	struct es_error err = ES_ERROR_INIT;

	if (es_resolutions_update(c->session->store, tip, &options, &err) < 0) {
		c->unresolved = true;
		add_notice(c, &err);
	}
}

/*
 * The commit stands already: many packs, or old ones, cost only room. Days that
 * were not told must not be cut away.
 */
void es_cycle_retain(struct cycle *c)
{
	struct es_store *st = c->session->store;
	struct es_error err = ES_ERROR_INIT;

	if (es_store_consolidate(st, &err) < 0)
		add_notice(c, &err);
	else if (!c->unresolved)
		es_retention_auto(st, c->session->conf, c->started,
				  &c->result->notice);
}
