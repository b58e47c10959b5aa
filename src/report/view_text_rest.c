/* SPDX-License-Identifier: MIT */
/* view_text_rest.c - lists of a plain text, logins, errors, notes, the end */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/width.h"

#include <inttypes.h>
#include <string.h>

/* Entries of each list before it is cut. */
#define SESSIONS_MAX 12
#define FAILURES_MAX 5
#define SWITCHES_MAX 12
#define ERRORS_MAX 20

void view_push(struct es_doc *lines, const struct es_buf *line)
{
	es_doc_push_text(lines, es_buf_str(line), line->len);
}

size_t view_cap(const struct view *v, size_t n, size_t max)
{
	return v->o->whole || n <= max ? n : max;
}

/* A section: its title, with a count unless that is 0, and its lines. */
struct es_doc *view_section(const struct view *v, const char *key,
			    const char *title, int64_t count)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);
	struct es_doc *s = es_doc_object(v->text, key);

	es_buf_adds(&b, title);
	if (count) {
		es_buf_adds(&b, " (");
		view_number(&b, count);
		es_buf_addc(&b, ')');
	}
	es_doc_text(s, "title", es_buf_str(&b), b.len);
	return es_doc_array(s, "lines");
}

/* Text of any length, broken at blanks where a line would get too long. */
void view_wrap(struct es_doc *lines, const struct view *v,
	       const struct es_buf *text, const char *indent)
{
	const char *at = es_buf_str(text);
	size_t left = text->len;
	const char *before = "";

	while (left) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
		size_t room = v->columns - strlen(before);
		size_t fits = es_width_bytes(at, left, room), n = fits;

		while (n > 0 && n < left && at[n] != ' ')
			n--;
		/* no blank on its first line: on a later one, then */
		if (n <= strspn(at, " "))
			n = fits + strcspn(at + fits, " ");
		es_buf_adds(&b, before);
		es_buf_add(&b, at, n);
		view_push(lines, &b);
		at += n;
		left -= n;
		for (; left && *at == ' '; at++)
			left--;
		before = indent;
	}
}

/* The end of a list that was cut. */
void view_rest(struct es_doc *lines, const struct view *v, size_t left,
	       const char *what)
{
	const struct es_doc *view = es_doc_get(v->root, "view");
	const char *rest = es_doc_get_str(view, "rest");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	es_buf_adds(&b, "  \xe2\x80\xa6 and ");
	view_number(&b, (int64_t)left);
	es_buf_addf(&b, " more%s: %s", what, rest ? rest : "");
	view_push(lines, &b);
}

/* --- logins --------------------------------------------------------------- */

static void add_session(struct es_doc *lines, const struct view *v,
			const struct es_doc *s)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_adds(&b, "  ");
	view_login(&b, s);
	es_width_fill(&b, 0, 40);
	es_buf_adds(&b, "  ");
	view_login_time(&b, s);
	view_wrap(lines, v, &b, "    ");
}

static void add_switch(struct es_doc *lines, const struct view *v,
		       const struct es_doc *s)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_adds(&b, "  ");
	view_time(&b, es_doc_get_str(s, "time"), false);
	es_buf_addc(&b, ' ');
	view_switch(&b, s);
	es_width_fit(&line, es_buf_str(&b), b.len,
		     v->o->whole ? SIZE_MAX : v->columns);
	view_push(lines, &line);
}

static void add_failures(struct es_doc *lines, const struct view *v,
			 const struct es_doc *list)
{
	size_t n = list ? es_doc_len(list) : 0;
	size_t max = view_cap(v, n, FAILURES_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (n == 0)
		return;
	es_buf_adds(&b, "  failed logins: ");
	for (size_t i = 0; i < max; i++) {
		es_buf_adds(&b, i ? ", " : "");
		view_failure(&b, es_doc_at(list, i));
	}
	if (max < n)
		es_buf_addf(&b, ", and from %zu more", n - max);
	view_wrap(lines, v, &b, "    ");
}

/* The @n sessions that are shown, as many as fit. */
static void add_sessions(struct es_doc *lines, const struct view *v,
			 const struct es_doc *logins, size_t n)
{
	const struct es_doc *all = es_doc_get(logins, "sessions");
	size_t shown = 0, max = view_cap(v, n, SESSIONS_MAX);
	const struct es_doc *s;

	for (size_t i = 0; shown < max && (s = es_doc_at(all, i)); i++) {
		if (!view_is_login_shown(logins, s))
			continue;
		add_session(lines, v, s);
		shown++;
	}
	if (shown < n)
		view_rest(lines, v, n - shown, " sessions");
}

static void add_switches(struct es_doc *lines, const struct view *v,
			 const struct es_doc *list)
{
	size_t n = list ? es_doc_len(list) : 0;
	size_t max = view_cap(v, n, SWITCHES_MAX);

	for (size_t i = 0; i < max; i++)
		add_switch(lines, v, es_doc_at(list, i));
	if (max < n)
		view_rest(lines, v, n - max, " uses");
}

void view_text_logins(const struct view *v, bool brief)
{
	const struct es_doc *logins = es_doc_get(v->report, "logins");
	const struct es_doc *all, *switches, *failures, *s;
	struct es_doc *lines;
	size_t n = 0;

	if (!logins)
		return;
	all = es_doc_get(logins, "sessions");
	switches = es_doc_get(logins, "switches");
	failures = es_doc_get(logins, "failures");
	for (size_t i = 0; all && (s = es_doc_at(all, i)) != NULL; i++)
		n += view_is_login_shown(logins, s);
	if (n == 0 && (!switches || es_doc_len(switches) == 0) &&
	    (!failures || es_doc_len(failures) == 0))
		return;
	lines = view_section(v, "logins", "Logins", 0);
	if (n)
		add_sessions(lines, v, logins, n);
	if (!brief)
		add_switches(lines, v, switches);
	add_failures(lines, v, failures);
}

/* --- errors and notes ----------------------------------------------------- */

void view_text_errors(const struct view *v)
{
	const struct es_doc *list = es_doc_get(v->report, "errors");
	size_t n = list ? es_doc_len(list) : 0;
	struct es_doc *lines;

	if (n == 0)
		return;
	lines = view_section(v, "errors",
			     "Could not be read; what was known is kept",
			     (int64_t)n);
	for (size_t i = 0; i < view_cap(v, n, ERRORS_MAX); i++) {
		const struct es_doc *e = es_doc_at(list, i);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		es_buf_adds(&b, "  ");
		view_quoted(&b, e, "path");
		es_buf_addf(&b, ": %s",
			    view_reason(es_doc_get_str(e, "reason")));
		view_push(lines, &b);
	}
	if (n > view_cap(v, n, ERRORS_MAX))
		view_rest(lines, v, n - ERRORS_MAX, "");
}

static void add_dropped(struct es_buf *b, const struct view *v)
{
	const struct es_doc *limits = es_doc_get(v->report, "limits");
	const struct es_doc *view = es_doc_get(v->root, "view");
	int64_t n =
		limits ? es_doc_get_number(limits, "changes_dropped", 0) : 0;

	if (n == 0)
		return;
	view_count(b, n, "change");
	es_buf_adds(b, " that matter least are counted, not told");
	/* git knows nothing of the live system */
	if (!es_doc_get_bool(view, "live"))
		es_buf_addf(b, "; 'etcsnap git diff --stat %s %s' lists them",
			    es_doc_get_str(view, "old_id"),
			    es_doc_get_str(view, "id"));
	es_buf_addc(b, '.');
}

static void add_skipped(struct es_buf *b, const struct view *v)
{
	if (es_doc_get_bool(v->report, "skipped"))
		es_buf_adds(b, "Runs were pruned before they could be told; "
			       "this is what they and those after them "
			       "changed together.");
}

static void add_cut(struct es_buf *b, const struct view *v)
{
	char id[VIEW_ID_LEN];

	if (!es_doc_get_bool(v->report, "cut"))
		return;
	es_buf_addf(b,
		    "What it changed cannot be shown, since the runs before it "
		    "were cut away. Its message still names the paths: etcsnap "
		    "git log -1 %s",
		    view_id(id, v->report, "new"));
}

static void add_rekeyed(struct es_buf *b, const struct view *v)
{
	int64_t n = es_doc_get_number(v->report, "rekeyed", 0);

	if (!es_doc_get_bool(v->report, "key_changed"))
		return;
	es_buf_adds(b, "The secret key is another one since then, so every "
		       "hidden value looks changed: ");
	view_count(b, n, "file");
	es_buf_adds(b, " and texts in which nothing else differs are not "
		       "listed.");
}

static void add_tightened(struct es_buf *b, const struct view *v)
{
	int64_t n = es_doc_get_number(v->report, "tightened", 0);

	if (n == 0)
		return;
	es_buf_addf(b,
		    "Rules are stricter now for %" PRId64 " of these paths. "
		    "What was recorded of them before stays in old commits: "
		    "only \"etcsnap init --reset\" and a new remote leave it "
		    "behind.",
		    n);
}

bool view_note(struct es_buf *out, const struct view *v, size_t i)
{
	static void (*const each[])(struct es_buf *, const struct view *) = {
		add_skipped, add_cut, add_rekeyed, add_tightened, add_dropped,
	};

	if (i >= sizeof(each) / sizeof(*each))
		return false;
	each[i](out, v);
	return true;
}

void view_text_notes(const struct view *v)
{
	struct es_doc *notes = es_doc_array(v->text, "notes");
	bool more = true;

	for (size_t i = 0; more; i++) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1024);

		more = view_note(&b, v, i);
		if (b.len)
			view_wrap(es_doc_array(es_doc_push(notes), "lines"), v,
				  &b, "");
	}
}
