/* SPDX-License-Identifier: MIT */
/* text_change.c - one change of a text report */
#include "config.h"

#include "etcsnap/entry.h"
#include "etcsnap/quote.h"

#include "report/report_priv.h"

#include <inttypes.h>
#include <string.h>

/* Lines of a file that is new or gone, before they are cut. */
#define LINES_MAX 40
/* Old and new value share a line up to this many bytes together. */
#define PAIR_MAX 60
/* Digits of a digest that a person looks at. */
#define SHORT_DIGEST 12

static bool is_one_sided(const struct es_doc *change)
{
	const char *kind = es_doc_get_str(change, "kind");

	return kind &&
	       (strcmp(kind, "added") == 0 || strcmp(kind, "removed") == 0);
}

static const struct es_doc *attribute(const struct es_doc *change,
				      const char *name)
{
	const struct es_doc *list = es_doc_get(change, "attributes");
	const struct es_doc *a;

	for (size_t i = 0; list && (a = es_doc_at(list, i)) != NULL; i++) {
		const char *is = es_doc_get_str(a, "name");

		if (is && strcmp(is, name) == 0)
			return a;
	}
	return NULL;
}

/* The side of an attribute that has a value. */
static const char *known_side(const struct es_doc *attr)
{
	return es_doc_is_null(attr, "new") ? "old" : "new";
}

/* "DATE TIME" of an ISO time; the header of a report tells the zone. */
static void add_time(struct es_buf *out, const char *iso, bool fraction)
{
	const char *t = iso ? strchr(iso, 'T') : NULL;

	if (t)
		es_buf_addf(out, "%.*s %.*s", (int)(t - iso), iso,
			    fraction ? 18 : 8, t + 1);
	else if (iso)
		es_quote_term(out, iso, strlen(iso));
}

/* Whether two times look alike without their fractions. */
static bool is_same_second(const struct es_doc *attr)
{
	const char *old = es_doc_get_str(attr, "old");
	const char *new = es_doc_get_str(attr, "new");

	return old && new &&strncmp(old, new, strcspn(old, ".")) == 0;
}

const char *report_reason(const char *word)
{
	const char *text;

	if (!word)
		return "cannot be read";
	unsigned int number = es_unread_parse(word, strlen(word));
	if (number == ES_UNREAD_TORN)
		return "changed under every read";
	if (number == ES_UNREAD_UNMOUNTED)
		return "the mounted file system is gone";
	text = strerrordesc_np((int)number);
	return text ? text : "cannot be read";
}

static const char *type_text(const char *word)
{
	return es_type_text(word ? es_type_parse(word, strlen(word))
				 : ES_TYPE_NONE);
}

static bool is_one_of(const char *name, const char *one, const char *other)
{
	return name && (strcmp(name, one) == 0 || strcmp(name, other) == 0);
}

static void add_value(struct es_buf *out, const struct es_doc *attr,
		      const char *key)
{
	const char *name = es_doc_get_str(attr, "name");

	if (es_doc_is_number(attr, key))
		es_buf_addf(out, "%" PRId64, es_doc_get_number(attr, key, 0));
	else if (is_one_of(name, "mount", "sparse"))
		es_buf_adds(out, es_doc_get_bool(attr, key)
					 ? *name == 'm' ? "mounted" : "yes"
					 : "no");
	else if (es_doc_is_null(attr, key))
		es_buf_adds(out, "none");
	else if (name && strcmp(name, "type") == 0)
		es_buf_adds(out, type_text(es_doc_get_str(attr, key)));
	else if (name && strcmp(name, "unread") == 0)
		es_buf_adds(out, report_reason(es_doc_get_str(attr, key)));
	else if (is_one_of(name, "mtime", "ctime"))
		add_time(out, es_doc_get_str(attr, key), is_same_second(attr));
	else
		report_quoted(out, attr, key);
}

static void add_names(struct es_buf *out, const struct es_doc *attr,
		      const char *key)
{
	const struct es_doc *names = es_doc_get(attr, key);
	const char *name;

	if (!names || es_doc_len(names) == 0)
		return;
	es_buf_addf(out, "    xattr   %s: ", key);
	for (size_t i = 0; (name = es_doc_at_str(names, i)) != NULL; i++) {
		es_buf_adds(out, i ? ", " : "");
		es_quote_term(out, name, strlen(name));
	}
	es_buf_addc(out, '\n');
}

static void add_attribute(struct es_buf *out, const struct es_doc *attr)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf old = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf new = ES_BUF_INIT(1 << 20);
	const char *name = es_doc_get_str(attr, "name");

	if (name && strcmp(name, "xattr") == 0) {
		add_names(out, attr, "added");
		add_names(out, attr, "removed");
		add_names(out, attr, "changed");
		return;
	}
	add_value(&old, attr, "old");
	add_value(&new, attr, "new");
	es_buf_addf(out, "    %-7s %s", name ? name : "", es_buf_str(&old));
	es_buf_adds(out,
		    old.len + new.len > PAIR_MAX ? "\n         -> " : " -> ");
	es_buf_addf(out, "%s\n", es_buf_str(&new));
}

/* "root (0)" as "root": the number is for where it matters. */
static void add_owner(struct es_buf *out, const struct es_doc *change,
		      const char *name)
{
	const struct es_doc *attr = attribute(change, name);
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(1 << 20);

	if (!attr || !es_doc_get_bytes(attr, known_side(attr), &raw))
		return;
	const char *end = memmem(es_buf_str(&raw), raw.len, " (", 2);
	es_quote_term(out, raw.data, end ? (size_t)(end - raw.data) : raw.len);
}

static void add_known(struct es_buf *out, const struct es_doc *change,
		      const char *name, const char *before, const char *after)
{
	const struct es_doc *attr = attribute(change, name);

	if (!attr)
		return;
	es_buf_adds(out, before);
	add_value(out, attr, known_side(attr));
	es_buf_adds(out, after);
}

/* Commands, facts and findings: their lines tell all, unless there is none. */
static void add_text_summary(struct es_buf *out, const struct es_doc *change,
			     unsigned int flags)
{
	const struct es_doc *size = attribute(change, "size");
	int64_t n = size ? es_doc_get_number(size, known_side(size), 0) : 0;

	if (n == 0)
		es_buf_adds(out, "    empty\n");
	else if (flags & ES_REPORT_NO_PATCH)
		es_buf_addf(out, "    %" PRId64 " byte%s\n", n,
			    n == 1 ? "" : "s");
}

/* What an object is that came or went, on one line. */
static void add_summary(struct es_buf *out, const struct es_doc *change)
{
	const struct es_doc *xattr = attribute(change, "xattr");
	const struct es_doc *size = attribute(change, "size");
	const char *type = es_doc_get_str(change, "type");

	es_buf_addf(out, "    %s", type_text(type));
	/* The mode of a link means nothing. */
	if (type && strcmp(type, "link") != 0)
		add_known(out, change, "mode", " ", "");
	if (attribute(change, "owner")) {
		es_buf_addc(out, ' ');
		add_owner(out, change, "owner");
		es_buf_addc(out, ':');
		add_owner(out, change, "group");
	}
	add_known(out, change, "device", " ", "");
	if (size)
		add_known(out, change, "size", ", ",
			  es_doc_get_number(size, known_side(size), 0) == 1
				  ? " byte"
				  : " bytes");
	add_known(out, change, "mtime", ", modified ", "");
	add_known(out, change, "target", "\n    target  ", "");
	add_known(out, change, "flags", "\n    flags   ", "");
	add_known(out, change, "hardlink", "\n    hardlink ", "");
	add_known(out, change, "unread", "\n    unread  ", "");
	es_buf_addc(out, '\n');
	if (xattr) {
		add_names(out, xattr, "added");
		add_names(out, xattr, "removed");
	}
}

/**
 * struct page - lines of content that are being shown
 * @out:   appended to
 * @flags: of the report
 * @whole: all the lines of a file: no hunk headers, cut when many
 * @shown: lines so far
 * @left:  lines that were cut
 */
struct page {
	struct es_buf *out;
	unsigned int flags;
	bool whole;
	size_t shown;
	size_t left;
};

static void add_line(struct page *p, const struct es_doc *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	const char *op = es_doc_get_str(line, "op");
	enum report_paint paint = PAINT_NONE;

	if (p->whole && p->shown == LINES_MAX) {
		p->left++;
		return;
	}
	p->shown++;
	if (op && *op == '-')
		paint = PAINT_OLD;
	else if (op && *op == '+')
		paint = PAINT_NEW;
	es_doc_get_bytes(line, "text", &raw);
	es_buf_adds(p->out, "    ");
	if (paint)
		report_paint(p->out, p->flags, paint);
	es_buf_adds(p->out, op ? op : " ");
	es_quote_text(p->out, es_buf_str(&raw), raw.len);
	if (paint)
		report_paint(p->out, p->flags, PAINT_NONE);
	es_buf_addc(p->out, '\n');
	if (es_doc_get_bool(line, "no_newline"))
		es_buf_adds(p->out, "    \\ no newline at end of file\n");
}

static void add_hunk(struct page *p, const struct es_doc *hunk)
{
	const struct es_doc *lines = es_doc_get(hunk, "lines");
	const struct es_doc *line;

	if (!p->whole) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

		es_doc_get_bytes(hunk, "header", &raw);
		es_buf_adds(p->out, "    ");
		report_paint(p->out, p->flags, PAINT_HUNK);
		es_quote_text(p->out, es_buf_str(&raw), raw.len);
		report_paint(p->out, p->flags, PAINT_NONE);
		es_buf_addc(p->out, '\n');
	}
	for (size_t i = 0; lines && (line = es_doc_at(lines, i)) != NULL; i++)
		add_line(p, line);
}

static void add_hunks(struct es_buf *out, const struct es_doc *change,
		      const struct es_doc *content, unsigned int flags)
{
	const struct es_doc *hunks = es_doc_get(content, "hunks");
	struct page p = { out, flags, is_one_sided(change), 0, 0 };
	const struct es_doc *hunk;

	for (size_t i = 0; hunks && (hunk = es_doc_at(hunks, i)) != NULL; i++)
		add_hunk(&p, hunk);
	if (p.left)
		es_buf_addf(out, "    ... %zu more lines\n", p.left);
}

static void add_digest(struct es_buf *out, const char *digest)
{
	static const char kind[] = "sha256:";

	es_buf_addf(out, "%.*s", (int)(sizeof(kind) - 1 + SHORT_DIGEST),
		    digest ? digest : "unknown");
}

static void add_digests(struct es_buf *out, const struct es_doc *change)
{
	const char *old = es_doc_get_str(change, "old_digest");
	const char *new = es_doc_get_str(change, "new_digest");

	es_buf_adds(out, "    content ");
	if (!old && !new) {
		es_buf_adds(out, "not kept\n");
		return;
	}
	if (is_one_sided(change)) {
		add_digest(out, old ? old : new);
	} else {
		add_digest(out, old);
		es_buf_adds(out, " -> ");
		add_digest(out, new);
	}
	es_buf_addc(out, '\n');
}

/*
 * How text is kept that is not UTF-8: told where its lines are shown, and
 * wherever it changed.
 */
static void add_encoding(struct es_buf *out, const struct es_doc *content,
			 unsigned int flags)
{
	const char *new = es_doc_get_str(content, "encoding");
	const char *old = es_doc_get_str(content, "old_encoding");

	if (!new || (!old && (flags & ES_REPORT_NO_PATCH)))
		return;
	es_buf_adds(out, "    encoding ");
	if (old)
		es_buf_addf(out, "%s -> ", old);
	es_buf_addf(out, "%s\n", new);
}

/* Returns whether lines were shown. */
static bool add_content(struct es_buf *out, const struct es_doc *change,
			unsigned int flags)
{
	const struct es_doc *content = es_doc_get(change, "content");
	const char *state = content ? es_doc_get_str(content, "state") : NULL;
	/* Kept otherwise than before, it cannot be compared. */
	bool alike = !is_one_sided(change) && !attribute(change, "class");
	const char *what = alike ? "changed, " : "";

	if (!state)
		return false;
	add_encoding(out, content, flags);
	if (strcmp(state, "none") == 0)
		return false;
	if (strcmp(state, "text") == 0 && !(flags & ES_REPORT_NO_PATCH)) {
		add_hunks(out, change, content, flags);
		return true;
	}
	if (strcmp(state, "secret") == 0)
		es_buf_addf(out, "    content %snot shown (secret)\n", what);
	else if (strcmp(state, "binary") == 0)
		es_buf_addf(out, "    content %snot text\n", what);
	else if (strcmp(state, "large") == 0)
		es_buf_addf(out, "    content %stoo long to show here\n", what);
	else if (strcmp(state, "digest") == 0)
		add_digests(out, change);
	return false;
}

bool report_change(struct es_buf *out, const struct es_doc *change,
		   unsigned int flags)
{
	const struct es_doc *list = es_doc_get(change, "attributes");
	const char *path = es_doc_get_str(change, "path");
	const struct es_doc *attr;

	es_buf_adds(out, "  ");
	report_paint(out, flags, PAINT_PATH);
	if (!es_doc_is_null(change, "from")) {
		report_quoted(out, change, "from");
		es_buf_adds(out, "\n    -> ");
	}
	report_quoted(out, change, "path");
	report_paint(out, flags, PAINT_NONE);
	es_buf_addc(out, '\n');
	if (is_one_sided(change) && path && *path != '/') {
		add_text_summary(out, change, flags);
	} else if (is_one_sided(change)) {
		add_summary(out, change);
	} else {
		for (size_t i = 0; list && (attr = es_doc_at(list, i)); i++)
			add_attribute(out, attr);
	}
	return add_content(out, change, flags);
}
