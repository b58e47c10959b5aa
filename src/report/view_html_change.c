/* SPDX-License-Identifier: MIT */
/* view_html_change.c - one change in an HTML report */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/width.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Lines of a file that is new or gone, and of what differs, before a cut. */
#define WHOLE_MAX 100
#define DIFF_MAX 300
/* Lines that are shown unfolded, however little they matter. */
#define OPEN_MAX 12
/* Bytes of a line of content before it is cut. */
#define LINE_MAX_BYTES 1000
/* Columns of a line number. */
#define NUMBER_COLUMNS 4
/* Columns of a value: an extended attribute or a link's target is longer. */
#define VALUE_COLUMNS 1000

/* --- content -------------------------------------------------------------- */

size_t html_room(const struct view *v, const struct es_doc *change)
{
	if (v->o->whole)
		return SIZE_MAX;
	return view_is_one_sided(change) ? WHOLE_MAX : DIFF_MAX;
}

/* What has been shown of a content. */
struct shown {
	const struct view *v;
	bool one_sided;
	size_t room; /* lines that may still be shown */
	size_t added;
	size_t removed;
};

/* The number of a line on one side, blanks where it has none. */
static size_t number(char *out, size_t room, const struct es_doc *line,
		     const char *key)
{
	int64_t n = es_doc_get_number(line, key, -1);
	int len =
		n < 0 ? snprintf(out, room, "%*s ", NUMBER_COLUMNS, "")
		      : snprintf(out, room, "%*" PRId64 " ", NUMBER_COLUMNS, n);

	return len < 0 ? 0 : (size_t)len;
}

/* Its numbers: of what has one side only, that side's. */
static void set_numbers(struct es_doc *out, const struct es_doc *line,
			const struct shown *shown, char op)
{
	char numbers[64];
	size_t len = 0;

	if (!shown->one_sided || op == '-')
		len = number(numbers, sizeof(numbers), line, "old");
	if (!shown->one_sided || op != '-')
		number(numbers + len, sizeof(numbers) - len, line, "new");
	es_doc_str(out, "numbers", numbers);
}

/* The text of a line, or as much of it as a reader bears. */
static bool set_text(struct es_doc *out, const struct es_doc *line,
		     const struct view *v)
{
	const char *text = es_doc_get_str(line, "text");
	size_t len = text ? strlen(text) : 0, n = LINE_MAX_BYTES;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);

	if (len <= n || v->o->whole) {
		es_doc_str(out, "text", text ? text : "");
		return true;
	}
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	es_doc_text(out, "text", text, n);
	view_count(&b, (int64_t)(len - n), "more byte");
	html_text(out, "cut", &b);
	return false;
}

static void add_line(struct es_doc *lines, struct shown *shown,
		     const struct es_doc *line)
{
	const struct es_doc *words = es_doc_get(line, "words");
	const char *op = es_doc_get_str(line, "op");
	struct es_doc *out = es_doc_push(lines);
	char kind = op ? *op : ' ';

	es_doc_bool(out,
		    kind == '+'	  ? "plus"
		    : kind == '-' ? "minus"
				  : "same",
		    true);
	shown->added += kind == '+';
	shown->removed += kind == '-';
	set_numbers(out, line, shown, kind);
	if (set_text(out, line, shown->v) && words && es_doc_len(words) > 1)
		es_doc_set(out, "words", words);
	if (es_doc_get_bool(line, "no_newline"))
		es_doc_bool(out, "unended", true);
}

/* Its lines as far as there is room. Returns how many are not shown. */
static size_t add_hunk(struct es_doc *hunks, struct shown *shown,
		       const struct es_doc *hunk)
{
	const struct es_doc *all = es_doc_get(hunk, "lines");
	size_t n = all ? es_doc_len(all) : 0;
	size_t max = n < shown->room ? n : shown->room;
	const char *head = es_doc_get_str(hunk, "header");
	struct es_doc *out, *lines;

	if (max == 0)
		return n;
	shown->room -= max;
	out = es_doc_push(hunks);
	es_doc_str(out, "range", shown->one_sided ? NULL : head);
	lines = es_doc_array(out, "lines");
	for (size_t i = 0; i < max; i++)
		add_line(lines, shown, es_doc_at(all, i));
	return n - max;
}

/* "3 lines added, 1 removed; 40 more lines" */
static void set_summary(struct es_doc *diff, const struct shown *shown,
			size_t left)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);

	if (shown->added) {
		view_count(&b, (int64_t)shown->added, "line");
		es_buf_adds(&b, " added");
	}
	if (shown->removed && shown->added) {
		es_buf_adds(&b, ", ");
		view_number(&b, (int64_t)shown->removed);
	} else if (shown->removed) {
		view_count(&b, (int64_t)shown->removed, "line");
	}
	if (shown->removed)
		es_buf_adds(&b, " removed");
	if (left) {
		es_buf_adds(&b, b.len ? "; " : "");
		view_count(&b, (int64_t)left, "more line");
	}
	es_doc_str(diff, "summary", b.len ? es_buf_str(&b) : "content");
}

static void add_diff(struct es_doc *out, const struct view *v,
		     const struct es_doc *change, const struct es_doc *content)
{
	const struct es_doc *all = es_doc_get(content, "hunks");
	struct shown shown = {
		.v = v,
		.one_sided = view_is_one_sided(change),
		.room = html_room(v, change),
	};
	size_t left = (size_t)es_doc_get_number(content, "dropped", 0);
	size_t room = shown.room;
	struct es_doc *diff, *hunks;
	const struct es_doc *hunk;

	if (!all || es_doc_len(all) == 0)
		return;
	diff = es_doc_object(out, "diff");
	hunks = es_doc_array(diff, "hunks");
	for (size_t i = 0; (hunk = es_doc_at(all, i)) != NULL; i++)
		left += add_hunk(hunks, &shown, hunk);
	set_summary(diff, &shown, left);
	es_doc_bool(diff, "narrow", shown.one_sided);
	es_doc_bool(diff, "open",
		    v->o->whole ||
			    view_severity(change) >= ES_SEVERITY_WARNING ||
			    room - shown.room <= OPEN_MAX);
	html_more(diff, v, left, left == 1 ? " line" : " lines");
}

/* Lines of a content, to say how much is not there. */
static int64_t count_lines(const struct es_doc *content)
{
	const struct es_doc *all = es_doc_get(content, "hunks");
	int64_t n = es_doc_get_number(content, "dropped", 0);
	const struct es_doc *hunk;

	for (size_t i = 0; all && (hunk = es_doc_at(all, i)) != NULL; i++) {
		const struct es_doc *lines = es_doc_get(hunk, "lines");

		n += lines ? (int64_t)es_doc_len(lines) : 0;
	}
	return n;
}

/* --- attributes ----------------------------------------------------------- */

static void add_fact(struct es_doc *facts, const struct es_buf *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_width_fit(&b, es_buf_str(text), text->len, VALUE_COLUMNS);
	view_push(facts, &b);
}

static void add_left_out(struct es_doc *facts, const struct view *v,
			 const struct es_doc *content)
{
	const struct es_doc *view = es_doc_get(v->root, "view");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	view_count(&b, count_lines(content), "line");
	es_buf_addf(&b, " left out to keep this report small: %s",
		    es_doc_get_str(view, "rest"));
	view_push(facts, &b);
}

static void add_row(struct es_doc *rows, const char *name,
		    const struct es_buf *old, const struct es_buf *new)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf z = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *row = es_doc_push(rows);

	es_width_fit(&a, es_buf_str(old), old->len, VALUE_COLUMNS);
	es_width_fit(&z, es_buf_str(new), new->len, VALUE_COLUMNS);
	es_doc_str(row, "name", name);
	html_text(row, "old", &a);
	html_text(row, "new", &z);
}

static void add_names(struct es_doc *facts, const struct es_doc *xattr)
{
	static const char *const keys[] = { "added", "removed", "changed" };

	for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++) {
		const struct es_doc *names = es_doc_get(xattr, keys[k]);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
		const char *name;

		es_buf_addf(&b, "xattr %s: ", keys[k]);
		if (!names || es_doc_len(names) == 0)
			continue;
		for (size_t i = 0; (name = es_doc_at_str(names, i)); i++) {
			es_buf_adds(&b, i ? ", " : "");
			es_quote_term(&b, name, strlen(name));
		}
		add_fact(facts, &b);
	}
}

/* What came or went, and what is worth a line of its own. */
static void add_object(struct es_doc *facts, const struct es_doc *change)
{
	static const char *const names[] = { "target", "flags", "hardlink",
					     "unread" };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	view_summary(&b, change);
	add_fact(facts, &b);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct es_doc *a = view_attribute(change, names[i]);

		if (!a)
			continue;
		es_buf_reset(&b);
		es_buf_addf(&b, "%s ", names[i]);
		view_value(&b, a, es_doc_is_null(a, "new") ? "old" : "new");
		add_fact(facts, &b);
	}
}

static void add_attributes(struct es_doc *rows, const struct view *v,
			   const struct es_doc *change)
{
	const struct es_doc *list = es_doc_get(change, "attributes");
	const struct es_doc *attr;

	for (size_t i = 0; list && (attr = es_doc_at(list, i)); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf old = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf new = ES_BUF_INIT(ES_BUF_MAX);
		const char *name = es_doc_get_str(attr, "name");

		if (!name || strcmp(name, "xattr") == 0 ||
		    view_is_told(v, change, attr))
			continue;
		view_value(&old, attr, "old");
		view_value(&new, attr, "new");
		add_row(rows, name, &old, &new);
	}
}

static void add_digests(struct es_doc *rows, struct es_doc *facts,
			const struct view *v, const struct es_doc *change)
{
	const struct es_doc *package = es_doc_get(change, "package");
	const char *was = es_doc_get_str(change, "old_digest");
	const char *is = es_doc_get_str(change, "new_digest");
	ES_CLEANUP(es_buf_dispose) struct es_buf old = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf new = ES_BUF_INIT(1 << 16);

	if (!was && !is)
		return;
	view_digest(&old, v, was);
	view_digest(&new, v, is);
	if (view_is_one_sided(change)) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(1 << 16);

		es_buf_addf(&b, "content %s", es_buf_str(was ? &old : &new));
		add_fact(facts, &b);
		return;
	}
	add_row(rows, "content", &old, &new);
	if (!package || !view_is(package, "verdict", "differs") ||
	    es_doc_is_null(package, "want"))
		return;
	es_buf_reset(&old);
	es_buf_reset(&new);
	view_quoted(&new, package, "want");
	add_row(rows, "package has", &old, &new);
}

/* --- the whole ------------------------------------------------------------ */

/* What stands beside its path. */
static void add_title(struct es_doc *out, const struct es_doc *change)
{
	const char *kind = es_doc_get_str(change, "kind");
	const struct es_doc *tags = es_doc_get(change, "tags");
	int64_t steps = es_doc_get_number(change, "steps", 1);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_addf(&b, "c%" PRId64, es_doc_get_number(change, "id", 0));
	html_text(out, "anchor", &b);
	html_severity(out, view_severity(change));
	es_buf_reset(&b);
	view_quoted(&b, change, "path");
	html_text(out, "path", &b);
	es_buf_reset(&b);
	view_quoted(&b, change, "from");
	html_text(out, "from", &b);
	es_doc_str(out, "kind", kind ? kind : "changed");
	if (tags)
		es_doc_set(out, "tags", tags);
	else
		es_doc_str(out, "tags", NULL);
	es_buf_reset(&b);
	if (steps > 1) {
		es_buf_adds(&b, "in ");
		view_count(&b, steps, "run");
	}
	html_text(out, "steps", &b);
}

/* Why and by whom. */
static void add_story(struct es_doc *out, const struct view *v,
		      const struct es_doc *change)
{
	const struct es_doc *why = es_doc_get(change, "explanation");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (why && !view_is(why, "kind", "rename"))
		view_quoted(&b, why, "text");
	html_text(out, "why", &b);
	html_link(out, "why_href", why);
	es_buf_reset(&b);
	view_who(&b, v, change);
	html_text(out, "who", &b);
}

void html_change(struct es_doc *out, const struct view *v,
		 const struct es_doc *change, enum html_patch patch)
{
	const struct es_doc *content = es_doc_get(change, "content");
	const struct es_doc *xattr = view_attribute(change, "xattr");
	bool text = content && view_is(content, "state", "text");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	struct es_doc *facts, *rows;

	add_title(out, change);
	add_story(out, v, change);
	facts = es_doc_array(out, "facts");
	rows = es_doc_array(out, "rows");
	if (view_is_one_sided(change))
		add_object(facts, change);
	else
		add_attributes(rows, v, change);
	if (xattr)
		add_names(facts, xattr);
	if (content && view_encoding(&b, v, content))
		add_fact(facts, &b);
	es_buf_reset(&b);
	if (content && view_is(content, "state", "digest"))
		add_digests(rows, facts, v, change);
	if (view_hidden(&b, change))
		add_fact(facts, &b);
	es_doc_str(out, "diff", NULL);
	if (text && patch == HTML_PATCH)
		add_diff(out, v, change, content);
	else if (text && patch == HTML_LEFT_OUT)
		add_left_out(facts, v, content);
	es_doc_bool(out, "table", es_doc_len(rows) > 0);
}
