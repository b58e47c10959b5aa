/* SPDX-License-Identifier: MIT */
/* state_logins.c - who logged in since the last report, and who failed to */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/logins.h"

#include <errno.h>
#include <string.h>

/* Of each kind. */
#define ROWS_MAX 200

static void set_text(struct es_doc *obj, const char *key, const char *text)
{
	es_doc_text(obj, key, text, strlen(text));
}

static void set_time(struct es_doc *obj, const char *key, int64_t when)
{
	char text[ES_TIME_LEN];

	es_doc_str(obj, key, when ? es_clock_rfc3339(text, when) : NULL);
}

static void set_sessions(struct es_doc *list, const struct es_logins *l)
{
	for (size_t i = 0; i < l->n_sessions && i < ROWS_MAX; i++) {
		const struct es_login *s = &l->sessions[i];
		struct es_doc *obj = es_doc_push(list);

		set_text(obj, "user", s->user);
		set_text(obj, "line", s->line);
		set_text(obj, "host", s->host);
		set_text(obj, "service", s->service);
		set_time(obj, "begin", s->begin);
		set_time(obj, "end", s->end);
		es_doc_str(obj, "how", es_login_end_name(s->how));
	}
}

static void set_failures(struct es_doc *list, const struct es_logins *l)
{
	for (size_t i = 0; i < l->n_failures && i < ROWS_MAX; i++) {
		const struct es_login_failure *f = &l->failures[i];
		struct es_doc *obj = es_doc_push(list);

		set_text(obj, "source", f->source);
		set_text(obj, "user", f->user);
		es_doc_number(obj, "count", (int64_t)f->count);
		set_time(obj, "first", f->first);
		set_time(obj, "last", f->last);
	}
}

static void set_switches(struct es_doc *list, const struct es_logins *l)
{
	for (size_t i = 0; i < l->n_switches && i < ROWS_MAX; i++) {
		const struct es_login_switch *s = &l->switches[i];
		struct es_doc *obj = es_doc_push(list);

		set_time(obj, "time", s->when);
		set_text(obj, "tool", s->tool);
		set_text(obj, "user", s->user);
		set_text(obj, "as", s->as);
		set_text(obj, "command", s->command);
		es_doc_bool(obj, "failed", s->failed);
	}
}

static size_t over(size_t n)
{
	return n > ROWS_MAX ? n - ROWS_MAX : 0;
}

int state_logins(struct state_job *job, struct es_error *err)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *l = NULL;
	struct es_doc *obj = es_doc_object(job->doc, "logins");
	uint64_t failed = 0;

	if (es_logins_read(&l, job->in->root, job->since, job->in->now, err) <
	    0)
		return err->code;
	es_doc_bool(obj, "missing", l->missing);
	set_sessions(es_doc_array(obj, "sessions"), l);
	set_failures(es_doc_array(obj, "failures"), l);
	set_switches(es_doc_array(obj, "switches"), l);
	for (size_t i = 0; i < l->n_failures; i++)
		failed += l->failures[i].count;
	es_doc_number(obj, "failed", (int64_t)failed);
	es_doc_number(obj, "dropped",
		      (int64_t)(l->dropped + over(l->n_sessions) +
				over(l->n_failures) + over(l->n_switches)));
	return 0;
}
