/* SPDX-License-Identifier: MIT */
/* view_html.c - a report as HTML: its head, and its parts in their order */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/width.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Entries of the list of what to look at first, and changes with details. */
#define TOP_MAX 15
#define DETAILS_MAX 1000
/* Changes from which a table of contents is worth its line. */
#define LONG 6
/* Columns of a path and of what is said of it. */
#define TEXT_COLUMNS 300

/* --- head ----------------------------------------------------------------- */

static void add_side(struct es_doc *sides, const struct view *v,
		     const char *word, const char *key)
{
	const struct es_doc *side = es_doc_get(v->report, key);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf by = ES_BUF_INIT(ES_BUF_MAX);
	char id[VIEW_ID_LEN];
	struct es_doc *s;

	if (!side)
		return;
	s = es_doc_push(sides);
	es_doc_str(s, "word", word);
	es_doc_str(s, "id", view_id(id, v->report, key));
	html_link(s, "href", strcmp(key, "new") == 0 ? v->report : NULL);
	view_time(&b, es_doc_get_str(side, "time"), true);
	html_text(s, "time", &b);
	es_buf_reset(&b);
	if (!es_doc_is_null(side, "trigger"))
		view_quoted(&b, side, "trigger");
	view_quoted(&by, side, "author");
	if (by.len) {
		const char *end = memmem(by.data, by.len, " <", 2);

		es_buf_adds(&b, b.len ? " by " : "by ");
		es_buf_add(&b, by.data, end ? (size_t)(end - by.data) : by.len);
	}
	html_text(s, "by", &b);
}

/* What the counts say, and how much of it explains itself. */
static void add_counts(const struct view *v)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	int64_t folded = view_counted(v->report, "folded");
	int64_t filtered = es_doc_get_number(v->report, "filtered", 0);
	const char *advice =
		es_doc_get_str(es_doc_get(v->root, "view"), "advice");

	es_doc_str(v->html, "counts", NULL);
	if (!advice || !*advice)
		return;
	view_counts(&b, v->report);
	if (folded && !v->o->whole) {
		es_buf_adds(&b, "; ");
		view_number(&b, folded);
		es_buf_adds(&b, " of them explained in ");
		view_count(&b, view_counted(v->report, "groups"), "line");
	}
	if (filtered) {
		es_buf_adds(&b, "; ");
		view_number(&b, filtered);
		es_buf_adds(&b, " not asked for");
	}
	html_text(v->html, "counts", &b);
}

static void add_head(const struct view *v)
{
	const struct es_doc *view = es_doc_get(v->root, "view");
	struct es_doc *head = es_doc_object(v->html, "head");
	const char *line = es_doc_get_str(view, "headline");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *sides;

	es_width_fit(&b, line ? line : "", line ? strlen(line) : 0,
		     TEXT_COLUMNS);
	html_text(head, "headline", &b);
	html_severity(head, view_severity(v->report));
	es_buf_reset(&b);
	view_quoted(&b, v->report, "host");
	html_text(head, "host", &b);
	sides = es_doc_array(head, "sides");
	add_side(sides, v, "from", "old");
	add_side(sides, v, es_doc_get(v->report, "old") ? "to" : "run", "new");
	es_doc_str(head, "note", es_doc_get_str(v->report, "note"));
}

/* --- cards ---------------------------------------------------------------- */

static void add_card(const struct view *v, int64_t n, const char *word,
		     const char *note)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(32);
	struct es_doc *card;

	if (n == 0)
		return;
	card = es_doc_push(es_doc_edit(v->html, "cards"));
	view_number(&b, n);
	html_text(card, "number", &b);
	es_doc_str(card, "word", word);
	es_doc_str(card, "note", note);
	html_severity(card, es_severity_parse(word));
	es_doc_bool(card, "plain", es_severity_parse(word) == ES_SEVERITY_NONE);
}

static void add_cards(const struct view *v)
{
	static const enum es_severity order[] = {
		ES_SEVERITY_CRITICAL,
		ES_SEVERITY_WARNING,
		ES_SEVERITY_NOTICE,
		ES_SEVERITY_INFO,
	};
	const struct es_doc *counts = es_doc_get(v->report, "counts");
	const struct es_doc *each =
		counts ? es_doc_get(counts, "severity") : NULL;
	const struct es_doc *findings = es_doc_get(v->report, "findings");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);
	int64_t n;

	es_doc_array(v->html, "cards");
	for (size_t i = 0; each && i < sizeof(order) / sizeof(*order); i++) {
		const char *name = es_severity_name(order[i]);

		add_card(v, es_doc_get_number(each, name, 0), name, NULL);
	}
	add_card(v, view_counted(v->report, "packages"), "packages", NULL);
	n = findings ? es_doc_get_number(findings, "open", 0) : 0;
	if (n && view_counted(v->report, "opened")) {
		view_number(&b, view_counted(v->report, "opened"));
		es_buf_adds(&b, " new");
	}
	add_card(v, n, n == 1 ? "finding" : "findings",
		 b.len ? es_buf_str(&b) : NULL);
	n = view_counted(v->report, "failures");
	add_card(v, n, n == 1 ? "failed login" : "failed logins", NULL);
	add_card(v, view_counted(v->report, "errors"), "not readable", NULL);
}

/* --- first screen --------------------------------------------------------- */

static void add_top_row(struct es_doc *section, const struct view *v,
			const struct es_doc *c, bool linked)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf what = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf fit = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *row;

	view_quoted(&path, c, "path");
	es_width_fit_end(&fit, es_buf_str(&path), path.len, TEXT_COLUMNS);
	view_phrase(&what, c);
	row = html_row(v, section, &fit, &what);
	html_severity(row, view_severity(c));
	if (!linked)
		return;
	es_buf_reset(&fit);
	es_buf_addf(&fit, "#c%" PRId64, es_doc_get_number(c, "id", 0));
	html_text(row, "href", &fit);
}

/* What to look at first; of three or less the details say it soon enough. */
static void add_top(const struct view *v, size_t shown, bool always)
{
	size_t n = v->n_files + v->n_texts, max = view_cap(v, n, TOP_MAX);
	struct es_doc *s;

	if (n == 0 || v->o->whole || (n <= 3 && !always && shown == n))
		return;
	s = html_section(v, "before", "Look at first", 0);
	for (size_t i = 0; i < max; i++)
		add_top_row(s, v, v->changes[i], i < shown);
	html_more(s, v, n - max, "");
}

/* --- details -------------------------------------------------------------- */

static const char *title_of(enum es_severity severity)
{
	static const char *const titles[] = {
		[ES_SEVERITY_NONE] = "Changes",
		[ES_SEVERITY_INFO] = "Info",
		[ES_SEVERITY_NOTICE] = "Notice",
		[ES_SEVERITY_WARNING] = "Warning",
		[ES_SEVERITY_CRITICAL] = "Critical",
	};

	return titles[severity];
}

/* One section of details: changes from @i on while they are as severe. */
static size_t add_detail(struct es_doc *details, const struct view *v, size_t i,
			 size_t end, const enum html_patch *patch)
{
	enum es_severity severity = view_severity(v->changes[i]);
	bool texts = i >= v->n_files;
	struct es_doc *s = es_doc_push(details);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(64);
	struct es_doc *list = es_doc_array(s, "changes");
	size_t first = i;

	for (; i < end && (i >= v->n_files) == texts; i++) {
		if (!texts && view_severity(v->changes[i]) != severity)
			break;
		html_change(es_doc_push(list), v, v->changes[i], patch[i]);
	}
	es_doc_str(s, "title",
		   texts ? "Commands and system" : title_of(severity));
	es_doc_bool(s, "mixed", texts);
	view_number(&b, (int64_t)(i - first));
	html_text(s, "count", &b);
	return i;
}

static void add_details(const struct view *v, size_t end,
			const enum html_patch *patch)
{
	size_t n = v->n_files + v->n_texts;
	struct es_doc *details = es_doc_array(v->html, "details");
	struct es_doc *rest = es_doc_object(v->html, "rest");

	for (size_t i = 0; i < end;)
		i = add_detail(details, v, i, end, patch);
	html_more(rest, v, n - end, n - end == 1 ? " change" : " changes");
}

/* --- the rest ------------------------------------------------------------- */

/* Anchors for sections, and what is below where that is long. */
static void add_contents(const struct view *v)
{
	static const char *const keys[] = { "details", "behind" };
	struct es_doc *contents = es_doc_array(v->html, "contents");
	bool long_enough = v->n_files + v->n_texts >= LONG;
	size_t n = 0;

	for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
		struct es_doc *list = es_doc_edit(v->html, keys[k]);
		struct es_doc *s, *item;

		for (size_t i = 0; list && (s = es_doc_edit_at(list, i)); i++) {
			char id[24];

			snprintf(id, sizeof(id), "s%zu", ++n);
			es_doc_str(s, "anchor", id);
			if (!long_enough)
				continue;
			item = es_doc_push(contents);
			es_doc_str(item, "anchor", id);
			es_doc_str(item, "title", es_doc_get_str(s, "title"));
			es_doc_str(item, "count", es_doc_get_str(s, "count"));
		}
	}
}

/* Where the rest is, and how to put things back. */
static void add_footer(const struct view *v)
{
	const struct es_doc *view = es_doc_get(v->root, "view");
	const struct es_doc *by = es_doc_get(v->report, "generator");
	const char *old = es_doc_get_str(view, "old_id");
	struct es_doc *footer = es_doc_object(v->html, "footer");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	es_doc_str(footer, "rest", es_doc_get_str(view, "rest"));
	if (old && *old)
		es_buf_addf(&b, "etcsnap restore --at %s PATH", old);
	html_text(footer, "restore", &b);
	html_link(footer, "href", v->report);
	es_buf_reset(&b);
	if (by) {
		view_quoted(&b, by, "name");
		es_buf_addc(&b, ' ');
		view_quoted(&b, by, "version");
	}
	html_text(footer, "by", &b);
}

/* Lists and details, as far as they fit. */
static void add_body(const struct view *v, bool brief)
{
	size_t n = v->n_files + v->n_texts, shown = 0;
	enum html_patch *patch = NULL;

	if (!brief) {
		shown = view_cap(v, n, DETAILS_MAX);
		patch = html_fit(v, &shown);
		/* told by what the document then says of itself */
		if (!patch)
			shown = 0;
	}
	add_top(v, shown, brief);
	html_lists_before(v);
	if (patch)
		add_details(v, shown, patch);
	free(patch);
	html_lists_behind(v, brief);
}

void view_html(struct view *v)
{
	bool bare = v->max < HTML_BARE;

	v->html = es_doc_object(v->root, "html");
	es_doc_bool(v->html, "bare", bare);
	if (!v->o->no_header) {
		add_head(v);
		add_counts(v);
		add_cards(v);
		html_days(v);
	}
	if (!bare)
		add_body(v, view_is(v->report, "level", "brief"));
	add_contents(v);
	if (!v->o->no_header)
		add_footer(v);
}
