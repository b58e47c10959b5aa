/* SPDX-License-Identifier: MIT */
/* live.c - the machine against the tip, with everything read again */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/cycle.h"

#include <string.h>

/* "changed: mode, content", and what no cache would have seen. */
static void describe(struct es_buf *out, const struct es_change *c)
{
	const unsigned int times =
		1u << ES_ATTR_MTIME | 1u << ES_ATTR_CTIME | 1u << ES_ATTR_SIZE;
	const char *before = ": ";

	es_buf_adds(out, es_change_kind_name(c->kind));
	for (unsigned int i = 0; i < ES_ATTR_COUNT; i++) {
		if (!(c->attrs & (1u << i)))
			continue;
		es_buf_addf(out, "%s%s", before, es_attr_name((enum es_attr)i));
		before = ", ";
	}
	if (c->kind == ES_CHANGE_CHANGED && c->old &&
	    c->old->type == ES_TYPE_FILE &&
	    (c->attrs & 1u << ES_ATTR_CONTENT) && !(c->attrs & times))
		es_buf_adds(out, ", though size and time are as they were");
}

static void tell_change(struct es_verify *v, const struct es_change *c)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(4096);
	const struct es_verify_about about = { "live", c->path, c->len, NULL };

	describe(&text, c);
	es_verify_tell(v, ES_VERIFY_BAD, &about, "%s", es_buf_str(&text));
}

/* What cannot be read now is not known to be as it was. */
static void tell_unread(struct es_verify *v, const struct es_cycle_result *r)
{
	const char *line = es_buf_str(&r->errors);

	while (r->errors_changed && *line) {
		const size_t len = strcspn(line, "\n");
		const size_t word = strcspn(line, " \n");
		const size_t skip = word < len ? word + 1 : 0;
		const struct es_verify_about about = { "live", line + skip,
						       len - skip, NULL };

		es_verify_tell(v, ES_VERIFY_WARNING, &about,
			       "cannot be read (%.*s)", (int)word, line);
		line += len + (line[len] == '\n');
	}
}

static void tell_notice(struct es_verify *v, const struct es_cycle_result *r)
{
	const struct es_verify_about about = { "live", v->s->root,
					       strlen(v->s->root), NULL };

	if (r->notice.len)
		es_verify_tell(v, ES_VERIFY_NOTE, &about, "%s",
			       es_buf_str(&r->notice));
	if (r->first)
		es_verify_tell(v, ES_VERIFY_WARNING, &about,
			       "there is no run to compare with");
	else if (r->changed && !r->delta)
		es_verify_tell(v, ES_VERIFY_BAD, &about,
			       "is not as the tip has recorded it");
}

int es_verify_live(struct es_verify *v, struct es_error *err)
{
	ES_CLEANUP(es_cycle_dispose) struct es_cycle_result r = { 0 };
	const struct es_cycle_options o = {
		/* without the cache everything is read, and no check looks at
		 * more than the run did that made the tip */
		.dry = true,
		.blind = true,
		.trigger = "verify",
		.progress = v->o->progress,
		.payload = v->o->payload,
	};
	int rc = es_cycle_run(&r, v->s, &o, err);

	if (rc < 0)
		return rc;
	v->totals->live = r.totals.entries;
	tell_notice(v, &r);
	if (!r.first) {
		for (size_t i = 0; r.delta && i < es_delta_count(r.delta); i++)
			tell_change(v, es_delta_at(r.delta, i));
		tell_unread(v, &r);
	}
	es_store_discard(v->s->store);
	return 0;
}
