/* SPDX-License-Identifier: MIT */
/* view_text.c - a report as plain text: sections of lines */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/strmap.h"
#include "etcsnap/width.h"

#include <inttypes.h>
#include <string.h>

/* Entries of each list before it is cut, and to how many where that is less. */
#define TOP_MAX 15
#define PACKAGES_MAX 12
#define PACKAGES_CUT 6
#define COMMANDS_MAX 5
#define FOLDED_MAX 12
#define FINDINGS_MAX 15
#define DETAILS_MAX 100
/* Lines of details from which a table of contents is worth its line. */
#define LONG 60
/* Changes from which it is worth saying what to look at first. */
#define TOP_MIN 6
/* Columns of a path in the list of what to look at first. */
#define PATH_COLUMNS 42
#define SEVERITY_COLUMNS 8

/* --- header --------------------------------------------------------------- */

static void add_side(struct es_doc *lines, const struct view *v,
		     const char *word, const char *key)
{
	const struct es_doc *side = es_doc_get(v->report, key);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	char id[VIEW_ID_LEN];

	if (!side)
		return;
	es_buf_addf(&b, "  %-4s  %-*s  ", word, VIEW_SHORT_ID,
		    view_id(id, v->report, key));
	view_time(&b, es_doc_get_str(side, "time"), true);
	if (!es_doc_is_null(side, "trigger")) {
		es_buf_adds(&b, "  ");
		view_quoted(&b, side, "trigger");
	}
	if (es_doc_get_bytes(side, "author", &raw)) {
		const char *end = memmem(es_buf_str(&raw), raw.len, " <", 2);

		es_buf_adds(&b, " by ");
		es_quote_term(&b, es_buf_str(&raw),
			      end ? (size_t)(end - raw.data) : raw.len);
	}
	view_push(lines, &b);
}

static void add_note(struct es_doc *lines, const struct view *v)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (!es_doc_get_bytes(v->report, "note", &raw))
		return;
	es_doc_push_text(lines, "", 0);
	for (const char *line = es_buf_str(&raw); *line;) {
		size_t len = strcspn(line, "\n");

		es_buf_reset(&b);
		es_buf_adds(&b, len ? "    " : "");
		es_quote_text(&b, line, len);
		view_push(lines, &b);
		line += len + (line[len] == '\n');
	}
}

/* How many changes need no reader, since they explain themselves. */
static void add_counts(struct es_doc *lines, const struct view *v)
{
	const struct es_doc *view = es_doc_get(v->root, "view");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	int64_t folded = view_counted(v->report, "folded");
	int64_t filtered = es_doc_get_number(v->report, "filtered", 0);
	const char *advice = es_doc_get_str(view, "advice");

	if (!advice || !*advice)
		return;
	es_buf_addf(&b, "%s ", advice);
	view_counts(&b, v->report);
	if (folded && !v->o->whole) {
		es_buf_adds(&b, "; ");
		view_number(&b, folded);
		es_buf_addf(&b, " of them explained in %" PRId64 " line%s",
			    view_counted(v->report, "groups"),
			    view_counted(v->report, "groups") == 1 ? "" : "s");
	}
	if (filtered) {
		es_buf_adds(&b, "; ");
		view_number(&b, filtered);
		es_buf_adds(&b, " not asked for");
	}
	view_wrap(lines, v, &b, "  ");
}

static void add_header(const struct view *v)
{
	const struct es_doc *view = es_doc_get(v->root, "view");
	struct es_doc *lines = es_doc_array(v->text, "header");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	enum es_severity severity = view_severity(v->report);
	const char *headline = es_doc_get_str(view, "headline");

	view_color(&b, v,
		   severity == ES_SEVERITY_CRITICAL  ? COLOR_ALARM
		   : severity == ES_SEVERITY_WARNING ? COLOR_WARN
						     : COLOR_TITLE);
	es_buf_adds(&b, headline ? headline : "");
	view_color(&b, v, COLOR_NONE);
	view_push(lines, &b);
	add_counts(lines, v);
	add_side(lines, v, "from", "old");
	add_side(lines, v, es_doc_get(v->report, "old") ? "to" : "run", "new");
	add_note(lines, v);
}

/* --- first screen --------------------------------------------------------- */

static void add_top_line(struct es_doc *lines, const struct view *v,
			 const struct es_doc *c, size_t columns)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf what = ES_BUF_INIT(ES_BUF_MAX);
	enum es_severity severity = view_severity(c);
	size_t left = 2 + SEVERITY_COLUMNS + 2 + columns + 2;

	es_buf_addf(&b, "  %-*s  ", SEVERITY_COLUMNS,
		    view_severity_word(severity));
	view_quoted(&path, c, "path");
	es_width_fit_end(&b, es_buf_str(&path), path.len, columns);
	es_width_fill(&b, 0, left);
	view_phrase(&what, c);
	es_width_fit(&b, es_buf_str(&what), what.len, v->columns - left);
	view_push(lines, &b);
}

/* What to look at first; of a few the details say it soon enough. */
static void add_top(const struct view *v, bool always)
{
	size_t n = v->n_files + v->n_texts, columns = 20, max;
	struct es_doc *lines;

	if (n == 0 || v->o->whole || (n < TOP_MIN && !always))
		return;
	max = view_cap(v, n, TOP_MAX);
	for (size_t i = 0; i < max; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);

		view_quoted(&path, v->changes[i], "path");
		size_t width = es_width(es_buf_str(&path), path.len);
		if (width > columns)
			columns = width;
	}
	if (columns > PATH_COLUMNS)
		columns = PATH_COLUMNS;
	lines = view_section(v, "top", "Look at first", 0);
	for (size_t i = 0; i < max; i++)
		add_top_line(lines, v, v->changes[i], columns);
	if (max < n)
		view_rest(lines, v, n - max, "");
}

/* Who asked for it, and how: once for each command line. */
static void add_commands(struct es_doc *lines, const struct view *v,
			 const struct es_doc *ops)
{
	ES_CLEANUP(es_strmap_freep) struct es_strmap *told = es_strmap_new();
	const struct es_doc *op;
	size_t n = 0;

	for (size_t i = 0; told && (op = es_doc_at(ops, i)) != NULL; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		es_buf_adds(&b, "  ");
		if (!view_command(&b, op) ||
		    es_strmap_get(told, es_buf_str(&b), b.len))
			continue;
		view_wrap(lines, v, &b, "    ");
		if (es_strmap_put(told, es_buf_str(&b), b.len, told) < 0 ||
		    (++n == COMMANDS_MAX && !v->o->whole))
			return;
	}
}

static void add_packages(const struct view *v)
{
	const struct es_doc *ops = es_doc_get(v->report, "packages");
	size_t n = view_count_packages(v);
	size_t max = view_cap(v, n, n > PACKAGES_MAX ? PACKAGES_CUT : n);
	struct view_packages at = { 0 };
	struct es_doc *lines;

	if (n == 0)
		return;
	lines = view_section(v, "packages", "Packages", (int64_t)n);
	for (size_t i = 0; i < max; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		es_buf_adds(&b, "  ");
		view_package(&b, v, &at);
		view_wrap(lines, v, &b, "    ");
	}
	if (max < n)
		view_rest(lines, v, n - max, " packages");
	if (ops)
		add_commands(lines, v, ops);
}

/* All names of a group, where nothing may be cut. */
static void add_members(struct es_doc *lines, const struct view *v,
			const struct es_doc *g)
{
	const struct es_doc *all = es_doc_get(v->report, "changes");
	int64_t id = es_doc_get_number(g, "id", -1);
	const struct es_doc *c;

	for (size_t i = 0; all && (c = es_doc_at(all, i)) != NULL; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		if (es_doc_get_number(c, "group", -2) != id)
			continue;
		es_buf_adds(&b, "    ");
		view_quoted(&b, c, "path");
		view_push(lines, &b);
	}
}

/* As many names as a line holds, where there is more than one. */
static void add_names(struct es_buf *b, const struct view *v,
		      const struct es_doc *g)
{
	const struct es_doc *paths = es_doc_get(g, "paths");
	bool cut = es_doc_get_number(g, "more", 0) > 0;
	const char *path;

	if (view_is_named(g))
		return;
	for (size_t i = 0; paths && (path = es_doc_at_str(paths, i)); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf name = ES_BUF_INIT(ES_BUF_MAX);

		es_quote_text(&name, path, strlen(path));
		if (es_width(es_buf_str(b), b->len) +
			    es_width(es_buf_str(&name), name.len) + 5 >
		    v->columns) {
			cut = true;
			break;
		}
		es_buf_addf(b, "%s%s", i ? ", " : ": ", es_buf_str(&name));
	}
	if (cut && strchr(es_buf_str(b), ':'))
		es_buf_adds(b, ", \xe2\x80\xa6");
}

static void add_folded(const struct view *v)
{
	const struct es_doc *groups = es_doc_get(v->report, "groups");
	size_t n = 0, shown = 0;
	struct es_doc *lines;
	const struct es_doc *g;

	for (size_t i = 0; groups && (g = es_doc_at(groups, i)); i++)
		n += !view_is_package(g);
	if (n == 0)
		return;
	lines = view_section(v, "folded", "In short", 0);
	for (size_t i = 0; groups && (g = es_doc_at(groups, i)); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		if (view_is_package(g) || shown == view_cap(v, n, FOLDED_MAX))
			continue;
		es_buf_adds(&b, "  ");
		if (view_is_loud(g))
			es_buf_addf(&b, "%s  ",
				    view_severity_word(view_severity(g)));
		view_quoted(&b, g, "title");
		if (!v->o->whole)
			add_names(&b, v, g);
		view_wrap(lines, v, &b, "    ");
		if (v->o->whole && view_is_only_names(g))
			add_members(lines, v, g);
		shown++;
	}
	if (shown < n)
		view_rest(lines, v, n - shown, "");
}

static void add_finding_list(struct es_doc *lines, const struct view *v,
			     const struct es_doc *list, const char *word)
{
	size_t n = list ? es_doc_len(list) : 0;

	for (size_t i = 0; i < view_cap(v, n, FINDINGS_MAX); i++) {
		const struct es_doc *f = es_doc_at(list, i);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		es_buf_addf(&b, "  %s  %-*s  ", word, SEVERITY_COLUMNS,
			    view_severity_word(view_severity(f)));
		view_quoted(&b, f, "check");
		if (!es_doc_is_null(f, "text")) {
			es_buf_adds(&b, "  ");
			view_quoted(&b, f, "text");
		}
		view_wrap(lines, v, &b, "        ");
	}
	if (n > view_cap(v, n, FINDINGS_MAX))
		view_rest(lines, v, n - FINDINGS_MAX, "");
}

static void add_findings(const struct view *v)
{
	const struct es_doc *all = es_doc_get(v->report, "findings");
	const struct es_doc *opened = all ? es_doc_get(all, "opened") : NULL;
	const struct es_doc *closed = all ? es_doc_get(all, "closed") : NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);
	struct es_doc *lines;

	if ((!opened || es_doc_len(opened) == 0) &&
	    (!closed || es_doc_len(closed) == 0))
		return;
	es_buf_adds(&b, "Findings (");
	view_number(&b, es_doc_get_number(all, "open", 0));
	es_buf_adds(&b, " open)");
	lines = view_section(v, "findings", es_buf_str(&b), 0);
	add_finding_list(lines, v, opened, "new ");
	add_finding_list(lines, v, closed, "gone");
}

/* --- details -------------------------------------------------------------- */

/* One section of details: changes from @i on while they are as severe. */
static size_t add_detail(struct es_doc *details, const struct view *v, size_t i,
			 size_t end)
{
	static const char *const titles[] = {
		[ES_SEVERITY_NONE] = "Changes",
		[ES_SEVERITY_INFO] = "Info",
		[ES_SEVERITY_NOTICE] = "Notice",
		[ES_SEVERITY_WARNING] = "WARNING",
		[ES_SEVERITY_CRITICAL] = "CRITICAL",
	};
	struct es_doc *s = es_doc_push(details);
	enum es_severity severity = view_severity(v->changes[i]);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);
	bool texts = i >= v->n_files;
	size_t first = i;
	struct es_doc *list = es_doc_array(s, "changes");
	struct es_doc *lines = NULL;

	for (; i < end && (i >= v->n_files) == texts; i++) {
		struct es_doc *c;

		if (!texts && view_severity(v->changes[i]) != severity)
			break;
		c = es_doc_push(list);
		/* Without a gap the next path drowns in what is above it. */
		es_doc_bool(c, "gap", lines && es_doc_len(lines) > 1);
		lines = es_doc_array(c, "lines");
		view_text_change(lines, v, v->changes[i]);
	}
	if (texts)
		es_buf_adds(&b, "Commands and system");
	else
		es_buf_adds(&b, titles[severity]);
	es_buf_addf(&b, " (%zu)", i - first);
	es_doc_text(s, "title", es_buf_str(&b), b.len);
	return i;
}

static size_t count_lines(const struct es_doc *details)
{
	const struct es_doc *s, *list, *c;
	size_t n = 0;

	for (size_t i = 0; (s = es_doc_at(details, i)) != NULL; i++) {
		list = es_doc_get(s, "changes");
		for (size_t k = 0; (c = es_doc_at(list, k)) != NULL; k++)
			n += es_doc_len(es_doc_get(c, "lines")) + 1;
	}
	return n;
}

static void add_details(const struct view *v)
{
	size_t n = v->n_files + v->n_texts, end = view_cap(v, n, DETAILS_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	struct es_doc *details;
	const struct es_doc *s;

	if (n == 0)
		return;
	details = es_doc_array(v->text, "details");
	for (size_t i = 0; i < end;)
		i = add_detail(details, v, i, end);
	if (end < n) {
		struct es_doc *more = es_doc_array(v->text, "details_more");

		view_rest(more, v, n - end, " changes");
	}
	if (v->o->whole || count_lines(details) < LONG)
		return;
	for (size_t i = 0; (s = es_doc_at(details, i)) != NULL; i++)
		es_buf_addf(&b, "%s%s", i ? ", " : "",
			    es_doc_get_str(s, "title"));
	if (es_doc_get(v->text, "logins"))
		es_buf_adds(&b, ", Logins");
	/* a line of its own, or none */
	if (strlen("Below: ") + b.len <= v->columns)
		es_doc_text(v->text, "contents", es_buf_str(&b), b.len);
}

/* Where the rest is, and how to put things back. */
static void add_footer(const struct view *v)
{
	const struct es_doc *view = es_doc_get(v->root, "view");
	const char *old = es_doc_get_str(view, "old_id");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf back = ES_BUF_INIT(1 << 16);
	struct es_doc *lines;

	if (v->o->whole || v->o->no_header || !old || !*old)
		return;
	lines = es_doc_array(es_doc_object(v->text, "footer"), "lines");
	es_buf_addf(&b, "All of it: %s", es_doc_get_str(view, "rest"));
	es_buf_addf(&back, "Put back: etcsnap restore --at %s PATH", old);
	if (b.len + 4 + back.len > v->columns) {
		view_push(lines, &b);
		es_buf_reset(&b);
	} else {
		es_buf_adds(&b, "    ");
	}
	es_buf_adds(&b, es_buf_str(&back));
	view_push(lines, &b);
	if (es_doc_is_null(v->report, "url"))
		return;
	es_buf_reset(&b);
	view_quoted(&b, v->report, "url");
	view_push(lines, &b);
}

/* Without a header, what has no changes would be no line at all. */
static void add_nothing(const struct view *v)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	view_counts(&b, v->report);
	view_push(es_doc_array(v->text, "header"), &b);
}

void view_text(struct view *v)
{
	bool brief = view_is(v->report, "level", "brief");

	v->text = es_doc_object(v->root, "text");
	view_colors(v);
	if (!v->o->no_header)
		add_header(v);
	else if (view_counted(v->report, "total") == 0)
		add_nothing(v);
	add_top(v, brief);
	add_packages(v);
	add_folded(v);
	add_findings(v);
	view_text_logins(v, brief);
	if (!brief)
		add_details(v);
	view_text_errors(v);
	view_text_notes(v);
	add_footer(v);
}
