/* SPDX-License-Identifier: MIT */
/* view_text_change.c - one change in a plain text */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/width.h"

#include <string.h>

/* Lines of a file that is new or gone, and of what differs, before a cut. */
#define WHOLE_MAX 40
#define DIFF_MAX 120
/* So many lines are always shown; more of them give way to an alarm. */
#define SHORT_MAX 12
/* Bytes of a line of content before it is cut. */
#define LINE_MAX_BYTES 1000
/* Columns of an attribute's name, with the blanks around it. */
#define INDENT "    "
#define NAME_COLUMNS 15

/* A row of the table: both values in columns, or one below the other. */
static void add_row(struct es_doc *lines, const struct view *v,
		    const char *name, const struct es_buf *old,
		    const struct es_buf *new)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	size_t room = (v->columns - NAME_COLUMNS - 3) / 2;
	size_t a = es_width(es_buf_str(old), old->len);
	size_t z = es_width(es_buf_str(new), new->len);

	es_buf_addf(&b, INDENT "%s", name);
	es_width_fill(&b, 0, NAME_COLUMNS - 1);
	es_buf_addf(&b, " %s", es_buf_str(old));
	if (a > room || z > room) {
		view_push(lines, &b);
		es_buf_reset(&b);
		a = 0;
	}
	es_width_fill(&b, 0, a ? NAME_COLUMNS + room : NAME_COLUMNS - 2);
	es_buf_addf(&b, a ? " | %s" : "| %s", es_buf_str(new));
	view_push(lines, &b);
}

static void add_names(struct es_doc *lines, const struct es_doc *attr,
		      const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_doc *names = es_doc_get(attr, key);
	const char *name;

	if (!names || es_doc_len(names) == 0)
		return;
	es_buf_adds(&b, INDENT "xattr");
	es_width_fill(&b, 0, NAME_COLUMNS);
	es_buf_addf(&b, "%s: ", key);
	for (size_t i = 0; (name = es_doc_at_str(names, i)) != NULL; i++) {
		es_buf_adds(&b, i ? ", " : "");
		es_quote_term(&b, name, strlen(name));
	}
	view_push(lines, &b);
}

static void add_digests(struct es_doc *lines, const struct view *v,
			const struct es_doc *change)
{
	const struct es_doc *package = es_doc_get(change, "package");
	ES_CLEANUP(es_buf_dispose) struct es_buf old = ES_BUF_INIT(256);
	ES_CLEANUP(es_buf_dispose) struct es_buf new = ES_BUF_INIT(256);
	const char *was = es_doc_get_str(change, "old_digest");
	const char *is = es_doc_get_str(change, "new_digest");

	if (!was && !is)
		return;
	view_digest(&old, v, was);
	view_digest(&new, v, is);
	if (view_is_one_sided(change)) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);

		es_buf_addf(&b, INDENT "content %s",
			    es_buf_str(was ? &old : &new));
		view_push(lines, &b);
		return;
	}
	add_row(lines, v, "content", &old, &new);
	if (!package || !view_is(package, "verdict", "differs") ||
	    es_doc_is_null(package, "want"))
		return;
	es_buf_reset(&old);
	es_buf_adds(&old, "the package's");
	es_buf_reset(&new);
	view_quoted(&new, package, "want");
	add_row(lines, v, "", &old, &new);
}

/* Columns' heads, once they are needed. */
static void add_heads(struct es_doc *lines, const struct view *v, bool *done)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf old = ES_BUF_INIT(16);
	ES_CLEANUP(es_buf_dispose) struct es_buf new = ES_BUF_INIT(16);

	if (*done)
		return;
	*done = true;
	es_buf_adds(&old, "old");
	es_buf_adds(&new, "new");
	add_row(lines, v, "", &old, &new);
}

static void add_attributes(struct es_doc *lines, const struct view *v,
			   const struct es_doc *change)
{
	const struct es_doc *list = es_doc_get(change, "attributes");
	const struct es_doc *attr;
	bool heads = false;

	for (size_t i = 0; list && (attr = es_doc_at(list, i)); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf old = ES_BUF_INIT(1 << 20);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf new = ES_BUF_INIT(1 << 20);
		const char *name = es_doc_get_str(attr, "name");

		if (view_is(attr, "name", "xattr")) {
			add_names(lines, attr, "added");
			add_names(lines, attr, "removed");
			add_names(lines, attr, "changed");
		} else if (name && !view_is_told(v, change, attr)) {
			add_heads(lines, v, &heads);
			view_value(&old, attr, "old");
			view_value(&new, attr, "new");
			add_row(lines, v, name, &old, &new);
		}
	}
}

/* What came or went, and what is worth a line of its own. */
static void add_object(struct es_doc *lines, const struct view *v,
		       const struct es_doc *change)
{
	static const char *const names[] = { "target", "flags", "hardlink",
					     "unread" };
	const struct es_doc *xattr = view_attribute(change, "xattr");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	es_buf_adds(&b, INDENT);
	view_summary(&b, change);
	view_wrap(lines, v, &b, INDENT);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct es_doc *a = view_attribute(change, names[i]);

		if (!a)
			continue;
		es_buf_reset(&b);
		es_buf_addf(&b, INDENT "%s ", names[i]);
		view_value(&b, a, es_doc_is_null(a, "new") ? "old" : "new");
		view_push(lines, &b);
	}
	if (xattr) {
		add_names(lines, xattr, "added");
		add_names(lines, xattr, "removed");
	}
}

/* A line of content, the words marked that make it another one. */
static void add_words(struct es_buf *out, const struct view *v,
		      const struct es_doc *line, enum view_color plain)
{
	const struct es_doc *words = es_doc_get(line, "words");
	enum view_color marked =
		plain == COLOR_OLD ? COLOR_OLD_WORD : COLOR_NEW_WORD;
	const struct es_doc *w;

	for (size_t i = 0; (w = es_doc_at(words, i)) != NULL; i++) {
		const char *text = es_doc_get_str(w, "text");
		bool changed = es_doc_get_bool(w, "changed");

		if (changed)
			view_color(out, v, marked);
		if (text)
			es_quote_text(out, text, strlen(text));
		if (changed) {
			view_color(out, v, COLOR_NONE);
			view_color(out, v, plain);
		}
	}
}

/* The text of a line, cut where it is too long for any reader. */
static void add_line_text(struct es_buf *out, const struct view *v,
			  const struct es_doc *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	es_doc_get_bytes(line, "text", &raw);
	if (raw.len <= LINE_MAX_BYTES || v->o->whole) {
		es_quote_text(out, es_buf_str(&raw), raw.len);
		return;
	}
	es_quote_text(out, es_buf_str(&raw), LINE_MAX_BYTES);
	es_buf_adds(out, " \xe2\x80\xa6 ");
	view_count(out, (int64_t)raw.len - LINE_MAX_BYTES, "more byte");
}

static void add_line(struct es_doc *lines, const struct view *v,
		     const struct es_doc *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const char *op = es_doc_get_str(line, "op");
	enum view_color color = COLOR_NONE;

	if (op && *op == '-')
		color = COLOR_OLD;
	else if (op && *op == '+')
		color = COLOR_NEW;
	es_buf_adds(&b, INDENT);
	if (color)
		view_color(&b, v, color);
	es_buf_adds(&b, op ? op : " ");
	if (color && v->o->color && es_doc_get(line, "words"))
		add_words(&b, v, line, color);
	else
		add_line_text(&b, v, line);
	if (color)
		view_color(&b, v, COLOR_NONE);
	view_push(lines, &b);
	if (es_doc_get_bool(line, "no_newline"))
		es_doc_push_text(lines, INDENT "\\ no newline at end of file",
				 strlen(INDENT "\\ no newline at end of file"));
}

static size_t hunk_length(const struct es_doc *hunk)
{
	const struct es_doc *all = es_doc_get(hunk, "lines");

	return all ? es_doc_len(all) : 0;
}

/* One hunk, at most @room lines of it. Returns how many it showed. */
static size_t add_hunk(struct es_doc *lines, const struct view *v,
		       const struct es_doc *hunk, bool header, size_t room)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_doc *all = es_doc_get(hunk, "lines");
	const struct es_doc *line;
	size_t n = 0;

	if (header) {
		es_doc_get_bytes(hunk, "header", &raw);
		es_buf_adds(&b, INDENT);
		view_color(&b, v, COLOR_HUNK);
		es_quote_text(&b, es_buf_str(&raw), raw.len);
		view_color(&b, v, COLOR_NONE);
		view_push(lines, &b);
	}
	for (; all && n < room && (line = es_doc_at(all, n)) != NULL; n++)
		add_line(lines, v, line);
	return n;
}

/* Whether something stands in the report that must not drown in the rest. */
static bool is_alarm(const struct view *v)
{
	return (v->n_files > 0 &&
		view_severity(v->changes[0]) >= ES_SEVERITY_WARNING) ||
	       (v->n_texts > 0 &&
		view_severity(v->changes[v->n_files]) >= ES_SEVERITY_WARNING);
}

/*
 * How many lines of a content of @length lines are shown. What is no alarm
 * shares the room of one change with the others, and stands back behind an
 * alarm.
 */
static size_t room_of(const struct view *v, const struct es_doc *change,
		      size_t length)
{
	size_t most = view_is_one_sided(change) ? WHOLE_MAX : DIFF_MAX;
	size_t changes = v->n_files + v->n_texts;

	if (v->o->whole)
		return SIZE_MAX;
	if (view_severity(change) >= ES_SEVERITY_WARNING)
		return most;
	if (length > SHORT_MAX && is_alarm(v))
		return 0;
	if (changes > 1)
		most /= changes;
	return most > SHORT_MAX ? most : SHORT_MAX;
}

static void add_hunks(struct es_doc *lines, const struct view *v,
		      const struct es_doc *change, const struct es_doc *content)
{
	const struct es_doc *hunks = es_doc_get(content, "hunks");
	size_t left = (size_t)es_doc_get_number(content, "dropped", 0);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);
	const struct es_doc *hunk;
	size_t room;

	for (size_t i = 0; hunks && (hunk = es_doc_at(hunks, i)); i++)
		left += hunk_length(hunk);
	room = room_of(v, change, left);
	es_buf_adds(&b, INDENT "\xe2\x80\xa6 ");
	if (room == 0 && view_line_counts(&b, content)) {
		view_push(lines, &b);
		return;
	}
	for (size_t i = 0; room && hunks && (hunk = es_doc_at(hunks, i)); i++) {
		size_t n = add_hunk(lines, v, hunk, !view_is_one_sided(change),
				    room);

		room -= n;
		left -= n;
	}
	if (left == 0)
		return;
	view_count(&b, (int64_t)left, "more line");
	view_push(lines, &b);
}

static void add_content(struct es_doc *lines, const struct view *v,
			const struct es_doc *change)
{
	const struct es_doc *content = es_doc_get(change, "content");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);

	if (!content)
		return;
	es_buf_adds(&b, INDENT);
	if (view_encoding(&b, v, content))
		view_push(lines, &b);
	if (view_is(content, "state", "text") && !v->o->no_patch)
		add_hunks(lines, v, change, content);
	else if (view_is(content, "state", "digest"))
		add_digests(lines, v, change);
	es_buf_reset(&b);
	es_buf_adds(&b, INDENT);
	if (view_hidden(&b, change))
		view_push(lines, &b);
}

/* Its tags, and in how many runs, where that is worth a word. */
static void add_marks(struct es_buf *b, const struct es_doc *change)
{
	const struct es_doc *tags = es_doc_get(change, "tags");
	int64_t steps = es_doc_get_number(change, "steps", 1);
	const char *tag;

	for (size_t i = 0; tags && (tag = es_doc_at_str(tags, i)); i++) {
		es_buf_adds(b, i ? " #" : "  #");
		es_quote_term(b, tag, strlen(tag));
	}
	if (steps > 1) {
		es_buf_adds(b, "  in ");
		view_count(b, steps, "run");
	}
}

static void add_title(struct es_doc *lines, const struct view *v,
		      const struct es_doc *change)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const char *kind = es_doc_get_str(change, "kind");

	view_color(&b, v, COLOR_TITLE);
	if (!es_doc_is_null(change, "from")) {
		view_quoted(&b, change, "from");
		view_color(&b, v, COLOR_NONE);
		view_push(lines, &b);
		es_buf_reset(&b);
		es_buf_adds(&b, "  -> ");
		view_color(&b, v, COLOR_TITLE);
	}
	view_quoted(&b, change, "path");
	view_color(&b, v, COLOR_NONE);
	es_buf_addf(&b, "  %s",
		    view_is(change, "kind", "retyped") ? "of another type"
		    : kind			       ? kind
						       : "changed");
	add_marks(&b, change);
	view_push(lines, &b);
}

void view_text_change(struct es_doc *lines, const struct view *v,
		      const struct es_doc *change)
{
	const struct es_doc *why = es_doc_get(change, "explanation");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	add_title(lines, v, change);
	if (why && !es_doc_is_null(why, "text") &&
	    !view_is(why, "kind", "rename")) {
		es_buf_adds(&b, INDENT);
		view_quoted(&b, why, "text");
		view_wrap(lines, v, &b, INDENT);
	}
	es_buf_reset(&b);
	es_buf_adds(&b, INDENT);
	view_who(&b, v, change);
	if (b.len > strlen(INDENT))
		view_wrap(lines, v, &b, INDENT);
	if (view_is_one_sided(change))
		add_object(lines, v, change);
	else
		add_attributes(lines, v, change);
	add_content(lines, v, change);
}
