/* SPDX-License-Identifier: MIT */
/* view_html_rest.c - what an HTML report has behind the details */
#include "config.h"

#include "report/view_priv.h"

#include <string.h>

/* Entries of each list before it is cut. */
#define SESSIONS_MAX 20
#define SWITCHES_MAX 20
#define FAILURES_MAX 10
#define ERRORS_MAX 20
#define RUNS_MAX 20

static size_t length(const struct es_doc *list)
{
	return list ? es_doc_len(list) : 0;
}

/* --- logins --------------------------------------------------------------- */

static size_t add_sessions(struct es_doc *section, const struct view *v,
			   const struct es_doc *logins)
{
	const struct es_doc *all = es_doc_get(logins, "sessions");
	size_t n = 0, shown = 0;
	const struct es_doc *s;

	for (size_t i = 0; all && (s = es_doc_at(all, i)) != NULL; i++)
		n += view_is_login_shown(logins, s);
	for (size_t i = 0; all && (s = es_doc_at(all, i)) != NULL; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf who = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf when = ES_BUF_INIT(ES_BUF_MAX);

		if (!view_is_login_shown(logins, s) ||
		    shown == view_cap(v, n, SESSIONS_MAX))
			continue;
		view_login(&who, s);
		view_login_time(&when, s);
		html_row(v, section, &who, &when);
		shown++;
	}
	return n - shown;
}

static size_t add_switches(struct es_doc *section, const struct view *v,
			   const struct es_doc *list)
{
	size_t n = length(list), max = view_cap(v, n, SWITCHES_MAX);

	for (size_t i = 0; i < max; i++) {
		const struct es_doc *s = es_doc_at(list, i);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf when = ES_BUF_INIT(ES_BUF_MAX);

		view_switch(&text, s);
		view_time(&when, es_doc_get_str(s, "time"), false);
		html_row(v, section, &text, &when);
	}
	return n - max;
}

static void add_failures(struct es_doc *section, const struct view *v,
			 const struct es_doc *list)
{
	size_t n = length(list), max = view_cap(v, n, FAILURES_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf title = ES_BUF_INIT(32);

	if (n == 0)
		return;
	for (size_t i = 0; i < max; i++) {
		es_buf_adds(&b, i ? ", " : "");
		view_failure(&b, es_doc_at(list, i));
	}
	if (max < n)
		es_buf_addf(&b, ", and from %zu more", n - max);
	es_buf_adds(&title, "failed logins");
	html_row(v, section, &title, &b);
}

static size_t count_sessions(const struct es_doc *logins)
{
	const struct es_doc *all = es_doc_get(logins, "sessions");
	const struct es_doc *s;
	size_t n = 0;

	for (size_t i = 0; all && (s = es_doc_at(all, i)) != NULL; i++)
		n += view_is_login_shown(logins, s);
	return n;
}

static void add_logins(const struct view *v, bool brief)
{
	const struct es_doc *logins = es_doc_get(v->report, "logins");
	const struct es_doc *switches, *failures;
	struct es_doc *s;
	size_t left;

	if (!logins)
		return;
	switches = es_doc_get(logins, "switches");
	failures = es_doc_get(logins, "failures");
	if (count_sessions(logins) + length(switches) + length(failures) == 0)
		return;
	s = html_section(v, "behind", "Logins", 0);
	left = add_sessions(s, v, logins);
	left += add_switches(s, v, brief ? NULL : switches);
	add_failures(s, v, failures);
	html_more(s, v, left, "");
}

/* --- errors, runs, notes -------------------------------------------------- */

static void add_errors(const struct view *v)
{
	const struct es_doc *list = es_doc_get(v->report, "errors");
	size_t n = length(list), max = view_cap(v, n, ERRORS_MAX);
	struct es_doc *s;

	if (n == 0)
		return;
	s = html_section(v, "behind",
			 "Could not be read; what was known is kept",
			 (int64_t)n);
	for (size_t i = 0; i < max; i++) {
		const struct es_doc *e = es_doc_at(list, i);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf why = ES_BUF_INIT(1 << 16);

		view_quoted(&path, e, "path");
		es_buf_adds(&why, view_reason(es_doc_get_str(e, "reason")));
		html_row(v, s, &path, &why);
	}
	html_more(s, v, n - max, "");
}

static void add_run(struct es_doc *section, const struct view *v,
		    const struct es_doc *run)
{
	const char *id = es_doc_get_str(run, "commit");
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf note = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *row;

	es_buf_addf(&text, "%.*s", VIEW_SHORT_ID, id ? id : "live");
	view_time(&note, es_doc_get_str(run, "time"), false);
	if (!es_doc_is_null(run, "trigger")) {
		es_buf_adds(&note, "  ");
		view_quoted(&note, run, "trigger");
	}
	if (!es_doc_is_null(run, "subject")) {
		es_buf_adds(&note, ": ");
		view_quoted(&note, run, "subject");
	}
	row = html_row(v, section, &text, &note);
	html_link(row, "href", run);
}

/* Of one run the head tells it all. */
static void add_runs(const struct view *v)
{
	const struct es_doc *list = es_doc_get(v->report, "runs");
	size_t n = length(list), max = view_cap(v, n, RUNS_MAX);
	int64_t more = es_doc_get_number(v->report, "runs_more", 0);
	struct es_doc *s;

	if (n < 2)
		return;
	s = html_section(v, "behind", "Runs", (int64_t)n + more);
	for (size_t i = 0; i < max; i++)
		add_run(s, v, es_doc_at(list, i));
	html_more(s, v, n - max + (size_t)(more > 0 ? more : 0), " runs");
}

static void add_notes(const struct view *v)
{
	struct es_doc *notes = es_doc_array(v->html, "notes");
	bool more = true;

	for (size_t i = 0; more; i++) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1024);

		more = view_note(&b, v, i);
		if (b.len)
			view_push(notes, &b);
	}
}

void html_lists_behind(const struct view *v, bool brief)
{
	add_logins(v, brief);
	add_errors(v);
	add_runs(v);
	add_notes(v);
}
