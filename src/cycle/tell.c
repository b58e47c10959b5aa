/* SPDX-License-Identifier: MIT */
/* tell.c - the report on two runs, with all that a session knows */
#include "config.h"

#include "etcsnap/tell.h"

#include "etcsnap/clock.h"

/* Most bytes of one file's differences. */
#define PATCH_MAX ((size_t)1 << 20)

static void side(struct es_report_side *out, const struct es_commit *c,
		 const struct es_oid *live)
{
	out->commit = c;
	out->when = es_clock_now().tv_sec;
	if (c)
		out->tree = *es_commit_tree(c);
	else if (live)
		out->tree = *live;
}

int es_tell_report(struct es_doc **out, struct es_session *s,
		   const struct es_tell *t, struct es_error *err)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *delta = NULL;
	ES_CLEANUP(es_packages_freep) struct es_packages *packages = NULL;
	struct es_error unread = ES_ERROR_INIT;
	struct es_report_input in = {
		.st = s->store,
		.host = s->host,
		.patch = {
			.rules = s->rules,
			.key = s->has_key ? s->key : NULL,
			.context = t->context ? t->context : 3,
			.max = PATCH_MAX,
		},
		.conf = s->conf,
		.packages = t->packages,
		.filter = t->filter,
		.level = t->level,
		.limits = t->limits,
		.url = es_conf_text(s->conf, ES_CONF_REPORT_URL),
		.flap_times = (unsigned int)es_conf_number(
			s->conf, ES_CONF_REPORT_FLAP_TIMES),
		.flap_days = (unsigned int)es_conf_number(
			s->conf, ES_CONF_REPORT_FLAP_DAYS),
	};

	side(&in.old, t->old, NULL);
	side(&in.new, t->new, &t->live);
	if (es_delta_new(&delta, s->store, &in.old.tree, &in.new.tree,
			 t->filter.paths, t->filter.n_paths, err) < 0)
		return err->code;
	in.delta = delta;
	/* a database that cannot be read costs only the names of owners */
	if (!in.packages && es_delta_count(delta) > 0 && t->old &&
	    es_packages_open(&packages, s->root, &unread) == 0)
		in.packages = packages;
	return es_report_new(out, &in, err);
}
