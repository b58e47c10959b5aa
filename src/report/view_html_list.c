/* SPDX-License-Identifier: MIT */
/* view_html_list.c - lists of an HTML report: title, rows, and what was cut */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/width.h"

#include <string.h>

/* Entries of each list before it is cut. */
#define PACKAGES_MAX 40
#define COMMANDS_MAX 5
#define FOLDED_MAX 20
#define NAMES_MAX 4
#define FINDINGS_MAX 20
/* Columns of a text in a row: a name can be of 4096 bytes. */
#define TEXT_COLUMNS 400
/* Longest link that is taken. */
#define LINK_MAX_BYTES 2000

/* --- pieces --------------------------------------------------------------- */

void html_severity(struct es_doc *obj, enum es_severity severity)
{
	struct es_doc *sev = es_doc_object(obj, "sev");

	es_doc_str(sev, "name", es_severity_name(severity));
	es_doc_str(sev, "word", view_severity_word(severity));
	es_doc_bool(sev, es_severity_name(severity), true);
}

void html_text(struct es_doc *obj, const char *key, const struct es_buf *text)
{
	es_doc_text(obj, key, text && text->len ? es_buf_str(text) : NULL,
		    text ? text->len : 0);
}

/* Only what a browser opens as a page, and nothing that needs quoting. */
static bool is_link(const char *url)
{
	size_t len = strlen(url);

	if ((strncmp(url, "http://", 7) != 0 &&
	     strncmp(url, "https://", 8) != 0) ||
	    len > LINK_MAX_BYTES)
		return false;
	for (size_t i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] > '~' ||
		    strchr("\"'<>\\^`{|}", url[i]))
			return false;
	return true;
}

void html_link(struct es_doc *obj, const char *key, const struct es_doc *from)
{
	const char *url = from ? es_doc_get_str(from, "url") : NULL;

	es_doc_str(obj, key, url && is_link(url) ? url : NULL);
}

struct es_doc *html_section(const struct view *v, const char *key,
			    const char *title, int64_t count)
{
	struct es_doc *lists = es_doc_edit(v->html, key);
	struct es_doc *s;

	if (!lists)
		lists = es_doc_array(v->html, key);
	s = es_doc_push(lists);
	es_doc_str(s, "title", title);
	if (count) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(32);

		view_number(&b, count);
		html_text(s, "count", &b);
	} else {
		es_doc_str(s, "count", NULL);
	}
	es_doc_str(s, "unit", NULL);
	es_doc_str(s, "anchor", NULL);
	es_doc_str(s, "more", NULL);
	es_doc_array(s, "rows");
	return s;
}

static void fit_text(const struct view *v, struct es_doc *obj, const char *key,
		     const struct es_buf *text)
{
	size_t columns = v->o->whole ? SIZE_MAX : TEXT_COLUMNS;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (text)
		es_width_fit(&b, es_buf_str(text), text->len, columns);
	html_text(obj, key, &b);
}

struct es_doc *html_row(const struct view *v, struct es_doc *section,
			const struct es_buf *text, const struct es_buf *note)
{
	struct es_doc *row = es_doc_push(es_doc_edit(section, "rows"));

	es_doc_str(row, "mark", NULL);
	es_doc_str(row, "sev", NULL);
	es_doc_str(row, "href", NULL);
	fit_text(v, row, "text", text);
	fit_text(v, row, "note", note);
	return row;
}

void html_more(struct es_doc *obj, const struct view *v, size_t left,
	       const char *what)
{
	const char *rest = es_doc_get_str(es_doc_get(v->root, "view"), "rest");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	if (left) {
		es_buf_adds(&b, "\xe2\x80\xa6 and ");
		view_number(&b, (int64_t)left);
		es_buf_addf(&b, " more%s: %s", what, rest ? rest : "");
	}
	html_text(obj, "more", &b);
}

static size_t length(const struct es_doc *list)
{
	return list ? es_doc_len(list) : 0;
}

/* --- packages and what is folded ------------------------------------------ */

/* Who asked for it, and how: once for each command line. */
static void add_commands(struct es_doc *section, const struct es_doc *ops)
{
	struct es_doc *by = es_doc_array(section, "by");
	const struct es_doc *op;

	for (size_t i = 0; ops && (op = es_doc_at(ops, i)) != NULL; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf cut = ES_BUF_INIT(ES_BUF_MAX);
		bool told = false;

		if (!view_command(&b, op))
			continue;
		es_width_fit(&cut, es_buf_str(&b), b.len, TEXT_COLUMNS);
		for (size_t k = 0; k < es_doc_len(by); k++)
			told |= strcmp(es_doc_at_str(by, k),
				       es_buf_str(&cut)) == 0;
		if (!told)
			view_push(by, &cut);
		if (es_doc_len(by) == COMMANDS_MAX)
			return;
	}
}

static void add_packages(const struct view *v)
{
	size_t n = view_count_packages(v), max = view_cap(v, n, PACKAGES_MAX);
	struct view_packages at = { 0 };
	struct es_doc *s;

	if (n == 0)
		return;
	s = html_section(v, "before", "Packages", (int64_t)n);
	for (size_t i = 0; i < max; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		view_package(&b, v, &at);
		html_row(v, s, &b, NULL);
	}
	html_more(s, v, n - max, " packages");
	add_commands(s, es_doc_get(v->report, "packages"));
}

/* All names of a group, where nothing may be cut and no details name them. */
static void add_members(struct es_buf *out, const struct view *v,
			const struct es_doc *g)
{
	const struct es_doc *all = es_doc_get(v->report, "changes");
	int64_t id = es_doc_get_number(g, "id", -1);
	const struct es_doc *c;

	for (size_t i = 0; all && (c = es_doc_at(all, i)) != NULL; i++) {
		if (es_doc_get_number(c, "group", -2) != id)
			continue;
		es_buf_adds(out, out->len ? ", " : "");
		view_quoted(out, c, "path");
	}
}

/* Some names of a group, where its title does not name it. */
static void add_names(struct es_buf *out, const struct view *v,
		      const struct es_doc *g)
{
	const struct es_doc *paths = es_doc_get(g, "paths");
	size_t n = length(paths), max = view_cap(v, n, NAMES_MAX);

	if (view_is_named(g))
		return;
	for (size_t i = 0; i < max; i++) {
		const char *path = es_doc_at_str(paths, i);

		es_buf_adds(out, i ? ", " : "");
		if (path)
			es_quote_text(out, path, strlen(path));
	}
	if (max && (max < n || es_doc_get_number(g, "more", 0) > 0))
		es_buf_adds(out, ", \xe2\x80\xa6");
}

static void add_folded(const struct view *v)
{
	const struct es_doc *groups = es_doc_get(v->report, "groups");
	size_t all = 0, max, shown = 0;
	const struct es_doc *g;
	struct es_doc *s, *row;
	bool loud = false;

	for (size_t i = 0; groups && (g = es_doc_at(groups, i)); i++) {
		all += !view_is_package(g);
		loud |= !view_is_package(g) && view_is_loud(g);
	}
	if (all == 0)
		return;
	max = view_cap(v, all, FOLDED_MAX);
	s = html_section(v, "before", "In short", 0);
	for (size_t i = 0; groups && (g = es_doc_at(groups, i)); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf title = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf names = ES_BUF_INIT(ES_BUF_MAX);

		if (view_is_package(g) || shown++ >= max)
			continue;
		view_quoted(&title, g, "title");
		if (v->o->whole && view_is_only_names(g))
			add_members(&names, v, g);
		else
			add_names(&names, v, g);
		row = html_row(v, s, &title, &names);
		if (loud)
			html_severity(row, view_severity(g));
	}
	html_more(s, v, all - max, "");
}

/* --- findings ------------------------------------------------------------- */

static void add_finding_list(struct es_doc *s, const struct view *v,
			     const struct es_doc *list, const char *word)
{
	for (size_t i = 0; i < view_cap(v, length(list), FINDINGS_MAX); i++) {
		const struct es_doc *f = es_doc_at(list, i);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf check = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
		struct es_doc *row;

		view_quoted(&check, f, "check");
		view_quoted(&text, f, "text");
		row = html_row(v, s, &check, &text);
		es_doc_str(row, "mark", word);
		html_severity(row, view_severity(f));
	}
}

static void add_findings(const struct view *v)
{
	const struct es_doc *all = es_doc_get(v->report, "findings");
	const struct es_doc *opened = all ? es_doc_get(all, "opened") : NULL;
	const struct es_doc *closed = all ? es_doc_get(all, "closed") : NULL;
	size_t n = length(opened), gone = length(closed);
	struct es_doc *s;

	if (n + gone == 0)
		return;
	s = html_section(v, "before", "Findings",
			 es_doc_get_number(all, "open", 0));
	es_doc_str(s, "unit", "open");
	add_finding_list(s, v, opened, "new");
	add_finding_list(s, v, closed, "gone");
	html_more(s, v,
		  n - view_cap(v, n, FINDINGS_MAX) + gone -
			  view_cap(v, gone, FINDINGS_MAX),
		  "");
}

void html_lists_before(const struct view *v)
{
	add_packages(v);
	add_folded(v);
	add_findings(v);
}
