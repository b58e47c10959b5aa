/* SPDX-License-Identifier: MIT */
/* units_priv.h - what systemd starts, by the links that say so */
#ifndef ETCSNAP_UNITS_PRIV_H
#define ETCSNAP_UNITS_PRIV_H

#include "facts/facts_priv.h"

/* One statement about a unit. */
struct es_unit {
	const char *scope;    /* "systemd" or "systemd-user" */
	const char *name;     /* "cron.service" */
	const char *relation; /* "wanted-by", "alias", "masked", … */
	const char *other;    /* "multi-user.target", or "" */
};

/*
 * Every statement of etc/systemd of a root; not those below /run, which are
 * of this boot, and not what packages ship as always on.
 */
int es_units_each(const struct es_fact_source *src,
		  int (*each)(void *payload, const struct es_unit *unit),
		  void *payload);

/* One as a line. */
int es_unit_put(struct es_buf *out, const struct es_unit *unit);

/* Whether it is a timer; those are a fact of their own. */
bool es_unit_is_timer(const struct es_unit *unit);

#endif
