/* SPDX-License-Identifier: MIT */
/* view_words.c - what a report says, in words that all its forms share */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/entry.h"
#include "etcsnap/quote.h"
#include "etcsnap/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words of the counts, and the order in which they are told. */
static const struct {
	const char *key;
	const char *word;
} counts[] = {
	{ "removed", "removed" },	  { "added", "added" },
	{ "retyped", "of another type" }, { "changed", "changed" },
	{ "renamed", "renamed" },	  { "touched", "touched" },
	{ "watched", "now watched" },	  { "unwatched", "no longer watched" },
};

bool view_is(const struct es_doc *obj, const char *key, const char *text)
{
	const char *is = obj ? es_doc_get_str(obj, key) : NULL;

	return is && strcmp(is, text) == 0;
}

void view_quoted(struct es_buf *out, const struct es_doc *obj, const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (obj && es_doc_get_bytes(obj, key, &raw))
		es_quote_term(out, es_buf_str(&raw), raw.len);
	if (raw.failed && !out->failed)
		out->failed = raw.failed;
}

void view_number(struct es_buf *out, int64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, n);

	for (int i = 0; i < len; i++) {
		if (i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0)
			es_buf_addc(out, ',');
		es_buf_addc(out, digits[i]);
	}
}

void view_count(struct es_buf *out, int64_t n, const char *word)
{
	view_number(out, n);
	es_buf_addf(out, " %s%s", word, n == 1 ? "" : "s");
}

const char *view_id(char out[VIEW_ID_LEN], const struct es_doc *report,
		    const char *side)
{
	const struct es_doc *obj = es_doc_get(report, side);
	const char *id = obj ? es_doc_get_str(obj, "commit") : NULL;

	if (!obj)
		out[0] = '\0';
	else
		snprintf(out, VIEW_ID_LEN, "%.*s", VIEW_SHORT_ID,
			 id ? id : "live");
	return out;
}

void view_time(struct es_buf *out, const char *iso, bool zone)
{
	const char *t = iso ? strchr(iso, 'T') : NULL;
	size_t len = t ? strlen(t) : 0;

	if (len < strlen("Thh:mm:ss+hh:mm")) {
		if (iso)
			es_quote_term(out, iso, strlen(iso));
		return;
	}
	es_buf_addf(out, "%.*s %.8s", (int)(t - iso), iso, t + 1);
	if (zone)
		es_buf_addf(out, " %.3s%s", t + len - 6, t + len - 2);
}

int64_t view_counted(const struct es_doc *report, const char *key)
{
	const struct es_doc *all = es_doc_get(report, "counts");

	return all ? es_doc_get_number(all, key, 0) : 0;
}

enum es_severity view_severity(const struct es_doc *obj)
{
	const char *word = obj ? es_doc_get_str(obj, "severity") : NULL;

	return word ? es_severity_parse(word) : ES_SEVERITY_NONE;
}

const char *view_severity_word(enum es_severity severity)
{
	switch (severity) {
	case ES_SEVERITY_CRITICAL:
		return "CRITICAL";
	case ES_SEVERITY_WARNING:
		return "WARNING";
	case ES_SEVERITY_NOTICE:
	case ES_SEVERITY_INFO:
	case ES_SEVERITY_NONE:
	default:
		return es_severity_name(severity);
	}
}

void view_counts(struct es_buf *out, const struct es_doc *report)
{
	int64_t filtered = es_doc_get_number(report, "filtered", 0);
	bool any = false;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		int64_t n = view_counted(report, counts[i].key);

		if (n == 0)
			continue;
		es_buf_adds(out, any ? ", " : "");
		view_number(out, n);
		es_buf_addf(out, " %s", counts[i].word);
		any = true;
	}
	if (any)
		return;
	es_buf_adds(out, "no changes");
	if (filtered) {
		es_buf_adds(out, " but ");
		view_number(out, filtered);
		es_buf_adds(out, " not asked for");
	}
}

const struct es_doc *view_attribute(const struct es_doc *change,
				    const char *name)
{
	const struct es_doc *list = es_doc_get(change, "attributes");
	const struct es_doc *a;

	for (size_t i = 0; list && (a = es_doc_at(list, i)) != NULL; i++)
		if (view_is(a, "name", name))
			return a;
	return NULL;
}

bool view_is_one_sided(const struct es_doc *change)
{
	return view_is(change, "kind", "added") ||
	       view_is(change, "kind", "removed");
}

const char *view_reason(const char *word)
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

static const char *type_words(const char *word)
{
	return es_type_text(word ? es_type_parse(word, strlen(word))
				 : ES_TYPE_NONE);
}

/* Whether two times look alike without their fractions. */
static bool is_same_second(const struct es_doc *attr)
{
	const char *old = es_doc_get_str(attr, "old");
	const char *new = es_doc_get_str(attr, "new");

	return old && new &&strncmp(old, new, strcspn(old, ".")) == 0;
}

static void add_file_time(struct es_buf *out, const struct es_doc *attr,
			  const char *key)
{
	const char *iso = es_doc_get_str(attr, key);
	const char *fraction = iso ? strchr(iso, '.') : NULL;

	view_time(out, iso, false);
	if (fraction && is_same_second(attr))
		es_buf_addf(out, "%.10s", fraction);
}

void view_value(struct es_buf *out, const struct es_doc *attr, const char *key)
{
	const char *name = es_doc_get_str(attr, "name");

	if (!name)
		return;
	if (es_doc_is_number(attr, key))
		es_buf_addf(out, "%" PRId64, es_doc_get_number(attr, key, 0));
	else if (strcmp(name, "mount") == 0)
		es_buf_adds(out, es_doc_get_bool(attr, key) ? "mounted" : "no");
	else if (strcmp(name, "sparse") == 0)
		es_buf_adds(out, es_doc_get_bool(attr, key) ? "yes" : "no");
	else if (es_doc_is_null(attr, key))
		es_buf_adds(out, "none");
	else if (strcmp(name, "type") == 0)
		es_buf_adds(out, type_words(es_doc_get_str(attr, key)));
	else if (strcmp(name, "unread") == 0)
		es_buf_adds(out, view_reason(es_doc_get_str(attr, key)));
	else if (strcmp(name, "mtime") == 0 || strcmp(name, "ctime") == 0)
		add_file_time(out, attr, key);
	else
		view_quoted(out, attr, key);
}

/* The side of an attribute that has a value. */
static const char *known_side(const struct es_doc *attr)
{
	return es_doc_is_null(attr, "new") ? "old" : "new";
}

/* "root (0)" as "root": the number is for where it matters. */
static void add_owner(struct es_buf *out, const struct es_doc *change,
		      const char *name)
{
	const struct es_doc *attr = view_attribute(change, name);
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(1 << 20);

	if (!attr || !es_doc_get_bytes(attr, known_side(attr), &raw))
		return;
	const char *end = memmem(es_buf_str(&raw), raw.len, " (", 2);
	es_quote_term(out, es_buf_str(&raw),
		      end ? (size_t)(end - raw.data) : raw.len);
}

static void add_known(struct es_buf *out, const struct es_doc *change,
		      const char *name, const char *before)
{
	const struct es_doc *attr = view_attribute(change, name);

	if (!attr)
		return;
	es_buf_adds(out, before);
	view_value(out, attr, known_side(attr));
}

void view_summary(struct es_buf *out, const struct es_doc *change)
{
	const struct es_doc *size = view_attribute(change, "size");
	const char *type = es_doc_get_str(change, "type");

	/* Commands, facts and findings are texts, and nothing more. */
	es_buf_adds(out, view_is(change, "part", "files") ||
					 es_doc_is_null(change, "part")
				 ? type_words(type)
				 : "text");
	/* The mode of a link means nothing. */
	if (type && strcmp(type, "link") != 0)
		add_known(out, change, "mode", " ");
	if (view_attribute(change, "owner")) {
		es_buf_addc(out, ' ');
		add_owner(out, change, "owner");
		es_buf_addc(out, ':');
		add_owner(out, change, "group");
	}
	add_known(out, change, "device", " ");
	if (size) {
		es_buf_adds(out, ", ");
		view_count(out, es_doc_get_number(size, known_side(size), 0),
			   "byte");
	}
	add_known(out, change, "mtime", ", modified ");
}

/* An attribute that alone tells what a change is. */
static bool add_only(struct es_buf *out, const struct es_doc *change,
		     const char *name)
{
	const struct es_doc *attr = view_attribute(change, name);

	if (!attr || es_doc_is_null(attr, "new"))
		return false;
	es_buf_addf(out, "%s ", name);
	view_value(out, attr, "old");
	es_buf_adds(out, " -> ");
	view_value(out, attr, "new");
	return true;
}

/* What an explanation says, shorter where it says much. */
static bool add_reason(struct es_buf *out, const struct es_doc *why)
{
	static const struct {
		const char *state;
		const char *words;
	} states[] = {
		{ "new", "as the package has it" },
		{ "kept",
		  "kept as changed here; the package's lies beside it" },
		{ "changed", "not as the package has it" },
		{ "saved", "the package's now; the old one lies beside it" },
	};

	if (view_is(why, "kind", "package-differs") &&
	    !es_doc_is_null(why, "package")) {
		es_buf_adds(out, "is not as ");
		view_quoted(out, why, "package");
		es_buf_adds(out, " has it");
		return true;
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (view_is(why, "kind", "conffile") &&
		    view_is(why, "state", states[i].state)) {
			es_buf_adds(out, states[i].words);
			return true;
		}
	if (es_doc_is_null(why, "text"))
		return false;
	view_quoted(out, why, "text");
	return true;
}

/* How many lines came and went, where all of them are known. */
static bool count_lines(const struct es_doc *content, int64_t *added,
			int64_t *removed)
{
	const struct es_doc *hunks = es_doc_get(content, "hunks");
	const struct es_doc *hunk, *lines, *line;

	*added = *removed = 0;
	if (!hunks || es_doc_get_number(content, "dropped", 0) > 0)
		return false;
	for (size_t i = 0; (hunk = es_doc_at(hunks, i)) != NULL; i++) {
		lines = es_doc_get(hunk, "lines");
		for (size_t k = 0; lines && (line = es_doc_at(lines, k)); k++) {
			*added += view_is(line, "op", "+");
			*removed += view_is(line, "op", "-");
		}
	}
	return *added + *removed > 0;
}

bool view_line_counts(struct es_buf *out, const struct es_doc *content)
{
	int64_t added, removed;

	if (!count_lines(content, &added, &removed))
		return false;
	if (added == removed) {
		view_count(out, added, "line");
		es_buf_adds(out, " changed");
		return true;
	}
	view_count(out, added ? added : removed, "line");
	es_buf_adds(out, added ? " added" : " removed");
	if (added && removed) {
		es_buf_adds(out, ", ");
		view_number(out, removed);
		es_buf_adds(out, " removed");
	}
	return true;
}

/* What of a changed path says most. */
static bool add_changed(struct es_buf *out, const struct es_doc *change)
{
	static const char *const names[] = { "mode", "owner", "target", "group",
					     "class" };
	const struct es_doc *content = es_doc_get(change, "content");
	bool same = !content || view_is(content, "state", "none");

	for (size_t i = 0; same && i < sizeof(names) / sizeof(*names); i++)
		if (add_only(out, change, names[i]))
			return true;
	if (same || !view_is(content, "state", "secret"))
		return content && view_line_counts(out, content);
	es_buf_adds(out, "changed, content is secret");
	return true;
}

void view_phrase(struct es_buf *out, const struct es_doc *change)
{
	const struct es_doc *why = es_doc_get(change, "explanation");
	const struct es_doc *content = es_doc_get(change, "content");
	const char *kind = es_doc_get_str(change, "kind");

	/* That somebody changed it must not drown in what apt did. */
	if (why && view_is(why, "state", "kept") && content &&
	    view_line_counts(out, content))
		es_buf_adds(out, ", ");
	if (why && add_reason(out, why))
		return;
	if (view_is(change, "kind", "changed") && add_changed(out, change))
		return;
	if (view_is(change, "kind", "retyped") && add_only(out, change, "type"))
		return;
	es_buf_adds(out, kind ? kind : "changed");
}

void view_session(struct es_buf *out, const struct es_doc *session)
{
	view_quoted(out, session, "user");
	if (!view_is(session, "line", "") && !es_doc_is_null(session, "line")) {
		es_buf_addc(out, ' ');
		view_quoted(out, session, "line");
	}
	if (!view_is(session, "host", "") && !es_doc_is_null(session, "host")) {
		es_buf_adds(out, " from ");
		view_quoted(out, session, "host");
	}
}

/* "NAME <EMAIL>" as the name alone. */
static void add_author(struct es_buf *out, const struct es_doc *who)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (!es_doc_get_bytes(who, "author", &raw))
		return;
	const char *end = memmem(es_buf_str(&raw), raw.len, " <", 2);
	es_buf_adds(out, "by ");
	es_quote_term(out, es_buf_str(&raw),
		      end ? (size_t)(end - raw.data) : raw.len);
}

/* Who was logged in, of the sessions whose numbers @open has. */
static void add_sessions(struct es_buf *out, const struct view *v,
			 const struct es_doc *open)
{
	const struct es_doc *logins = es_doc_get(v->report, "logins");
	const struct es_doc *all =
		logins ? es_doc_get(logins, "sessions") : NULL;
	struct es_value list = es_value_of(open);
	bool any = false;

	for (size_t i = 0; all && i < es_value_len(list); i++) {
		int64_t n = es_value_number(es_value_at(list, i), -1);
		const struct es_doc *s =
			n < 0 ? NULL : es_doc_at(all, (size_t)n);

		if (!s || view_is(s, "user", "reboot"))
			continue;
		es_buf_adds(out, any ? ", " : "; logged in: ");
		view_session(out, s);
		any = true;
	}
}

void view_who(struct es_buf *out, const struct view *v,
	      const struct es_doc *change)
{
	const struct es_doc *who = es_doc_get(change, "who");
	const struct es_doc *open = who ? es_doc_get(who, "sessions") : NULL;
	const struct es_doc *range = es_doc_get(v->report, "range");

	if (!es_doc_is_null(change, "when")) {
		es_buf_adds(out, "at ");
		view_time(out, es_doc_get_str(change, "when"), false);
	}
	/* of one run the head says it */
	if (who && !es_doc_is_null(who, "author") && range &&
	    es_doc_get_number(range, "runs", 1) > 1) {
		es_buf_adds(out, es_doc_is_null(change, "when") ? "" : " ");
		add_author(out, who);
	}
	if (open)
		add_sessions(out, v, open);
}
