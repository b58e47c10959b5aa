/* SPDX-License-Identifier: MIT */
/* logins_doc.c - logins in documents, the same in all of them */
#include "config.h"

#include "etcsnap/clock.h"
#include "etcsnap/logins.h"

static void set_time(struct es_doc *obj, const char *key, int64_t when)
{
	char text[ES_TIME_LEN];

	es_doc_str(obj, key, es_clock_rfc3339(text, when));
}

void es_login_doc(struct es_doc *obj, const struct es_login *l)
{
	es_doc_str(obj, "user", l->user);
	es_doc_str(obj, "line", l->line);
	es_doc_str(obj, "host", l->host);
	es_doc_str(obj, "service", l->service);
	set_time(obj, "begin", l->begin);
	if (l->end > 0)
		set_time(obj, "end", l->end);
	else
		es_doc_str(obj, "end", NULL);
	es_doc_str(obj, "how", es_login_end_name(l->how));
	if (l->end > 0 && l->end >= l->begin)
		es_doc_number(obj, "duration", l->end - l->begin);
}

void es_login_failure_doc(struct es_doc *obj, const struct es_login_failure *f)
{
	es_doc_str(obj, "source", f->source);
	es_doc_str(obj, "user", f->user);
	es_doc_number(obj, "count", (int64_t)f->count);
	set_time(obj, "first", f->first);
	set_time(obj, "last", f->last);
}

void es_login_switch_doc(struct es_doc *obj, const struct es_login_switch *s)
{
	set_time(obj, "time", s->when);
	es_doc_str(obj, "tool", s->tool);
	es_doc_str(obj, "user", s->user);
	es_doc_str(obj, "as", s->as);
	es_doc_str(obj, "line", s->line);
	if (*s->command)
		es_doc_str(obj, "command", s->command);
	es_doc_bool(obj, "failed", s->failed);
}
