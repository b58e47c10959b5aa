/* SPDX-License-Identifier: MIT */
/* events_list.c - the events of a report: what is said about each */
#include "config.h"

#include "deliver/events_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* More than any report holds in one place. */
#define VALUE_MAX ((size_t)1 << 22)
#define TEXT_MAX ((size_t)1 << 22)

const struct event_name es_event_fields[FIELDS] = {
	[FIELD_KIND] = { "kind", "act", true },
	[FIELD_SEVERITY] = { "severity", NULL, true },
	[FIELD_ID] = { "id", NULL, true },
	[FIELD_EVENT] = { "event", NULL, true },
	[FIELD_EVENTS] = { "events", NULL, true },
	[FIELD_CUT] = { "cut", NULL, true },
	[FIELD_TEST] = { "test", NULL, true },
	[FIELD_COMMIT] = { "commit", "cs1", true },
	[FIELD_CHANNEL] = { "channel", NULL, false },
	[FIELD_PATH] = { "path", "filePath", false },
	[FIELD_CHECK] = { "check", "cs5", false },
	[FIELD_FROM] = { "from", "oldFilePath", false },
	[FIELD_OLD_COMMIT] = { "old_commit", NULL, true },
	[FIELD_PART] = { "part", "cat", true },
	[FIELD_TYPE] = { "type", "fileType", true },
	[FIELD_CLASS] = { "class", NULL, true },
	[FIELD_MODE] = { "mode", "filePermission", true },
	[FIELD_OLD_MODE] = { "old_mode", "oldFilePermission", true },
	[FIELD_OWNER] = { "owner", NULL, false },
	[FIELD_OLD_OWNER] = { "old_owner", NULL, false },
	[FIELD_GROUP] = { "group", NULL, false },
	[FIELD_OLD_GROUP] = { "old_group", NULL, false },
	[FIELD_SIZE] = { "size", "fsize", true },
	[FIELD_OLD_SIZE] = { "old_size", "oldFileSize", true },
	[FIELD_SHA256] = { "sha256", "fileHash", true },
	[FIELD_OLD_SHA256] = { "old_sha256", "oldFileHash", true },
	[FIELD_ATTRIBUTES] = { "attributes", NULL, false },
	[FIELD_RULE] = { "rule", "cs2", false },
	[FIELD_TAGS] = { "tags", "cs4", false },
	[FIELD_PACKAGE] = { "package", "cs3", false },
	[FIELD_VERSION] = { "version", NULL, false },
	[FIELD_VERDICT] = { "verdict", NULL, true },
	[FIELD_EXPLANATION] = { "explanation", "cs6", false },
	[FIELD_AUTHOR] = { "author", "suser", false },
	[FIELD_CHANGES] = { "changes", "cnt", true },
};

static const struct {
	const char *name;
	int priority;
	int level;
} severities[] = {
	{ "critical", 2, 10 }, { "warning", 4, 7 }, { "notice", 5, 4 },
	{ "info", 6, 2 },      { "none", 6, 0 },
};

#define N_SEVERITIES (sizeof(severities) / sizeof(*severities))

static size_t severity_of(const char *word)
{
	for (size_t i = 0; word && i < N_SEVERITIES; i++)
		if (strcmp(word, severities[i].name) == 0)
			return i;
	return N_SEVERITIES - 1;
}

int es_event_priority(const struct event *e)
{
	return severities[severity_of(e->severity)].priority;
}

int es_event_level(const struct event *e)
{
	return severities[severity_of(e->severity)].level;
}

/* --- cutting -------------------------------------------------------------- */

/* Bytes of @b that fit into @most with no character cut in two. */
static size_t whole_characters(const struct es_buf *b, size_t most)
{
	size_t n = most;

	if (b->len <= most)
		return b->len;
	while (n > 0 && most - n < 3 &&
	       ((unsigned char)b->data[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static bool cut(struct es_buf *b, size_t most)
{
	if (b->len <= most)
		return false;
	es_buf_truncate(b, whole_characters(b, most - 3));
	es_buf_adds(b, "...");
	return true;
}

/* The text is quoted already: no escape of it may be cut in two. */
static void cut_text(struct es_buf *b, size_t most)
{
	size_t at = 0, end = 0;

	if (b->len <= most)
		return;
	while (at <= most - 3) {
		end = at;
		if (b->data[at] != '\\')
			at++;
		else
			at += b->data[at + 1] == 'x' ? 4 : 2;
	}
	es_buf_truncate(b, whole_characters(b, end));
	es_buf_adds(b, "...");
}

static void mark_cut(struct event *e)
{
	es_buf_reset(&e->values[FIELD_CUT]);
	es_buf_adds(&e->values[FIELD_CUT], "1");
}

void es_event_cut(struct event *e, size_t most)
{
	bool any = false;

	if (most < 16)
		most = 16;
	for (int i = 0; i < FIELDS; i++)
		if (!es_event_fields[i].whole)
			any |= cut(&e->values[i], most);
	cut_text(&e->text, 2 * most);
	if (any)
		mark_cut(e);
}

void es_event_strip(struct event *e)
{
	for (int i = FIELDS_NEEDED; i < FIELDS; i++)
		es_buf_reset(&e->values[i]);
	mark_cut(e);
}

/* --- what is known -------------------------------------------------------- */

/* One event at a time is made, told and forgotten. */
struct walk {
	const struct maker *maker;
	const struct message *msg;
	int (*each)(void *payload, struct event *e, struct es_error *err);
	void *payload;
	size_t number; /* of the event */
	size_t total;
	struct event e;
};

static void set(struct walk *w, enum event_field f, const char *text)
{
	if (text)
		es_buf_adds(&w->e.values[f], text);
}

static void set_number(struct walk *w, enum event_field f, int64_t n)
{
	es_buf_addf(&w->e.values[f], "%" PRId64, n);
}

/* Text or number under a key, in its exact bytes. */
static void take(struct es_buf *out, const struct es_doc *obj, const char *key)
{
	if (!obj || es_doc_get_bytes(obj, key, out))
		return;
	if (es_doc_is_number(obj, key))
		es_buf_addf(out, "%" PRId64, es_doc_get_number(obj, key, 0));
}

static void set_from(struct walk *w, enum event_field f,
		     const struct es_doc *obj, const char *key)
{
	take(&w->e.values[f], obj, key);
}

/* "sha256:…" without its first word. */
static void set_digest(struct walk *w, enum event_field f,
		       const struct es_doc *obj, const char *key)
{
	const char *text = es_doc_get_str(obj, key);

	if (text && strncmp(text, "sha256:", 7) == 0)
		es_buf_adds(&w->e.values[f], text + 7);
}

static void begin(struct walk *w, enum event_kind kind, const char *severity)
{
	const struct span *sp = w->msg->span;
	const struct es_doc *commits = es_doc_get(w->msg->report, "commits");

	for (int i = 0; i < FIELDS; i++)
		es_buf_reset(&w->e.values[i]);
	es_buf_reset(&w->e.text);
	w->number++;
	w->e.kind = kind;
	w->e.host = w->maker->session->host;
	w->e.severity = severities[severity_of(severity)].name;
	w->e.time = w->msg->date;
	set(w, FIELD_SEVERITY, w->e.severity);
	set(w, FIELD_ID, w->msg->id);
	set_number(w, FIELD_EVENT, (int64_t)w->number);
	set_number(w, FIELD_EVENTS, (int64_t)w->total);
	set(w, FIELD_CHANNEL, sp->channel->name);
	if (commits) {
		set_from(w, FIELD_COMMIT, commits, "new");
		set_from(w, FIELD_OLD_COMMIT, commits, "old");
	}
	if (sp->test) {
		set(w, FIELD_TEST, "1");
		es_buf_adds(&w->e.text, "[test] ");
	}
}

static int end(struct walk *w, struct es_error *err)
{
	int rc = es_buf_check(&w->e.text, err);

	for (int i = 0; rc == 0 && i < FIELDS; i++)
		rc = es_buf_check(&w->e.values[i], err);
	return rc ? rc : w->each(w->payload, &w->e, err);
}

static void say(struct walk *w, const struct es_buf *raw)
{
	es_quote_term(&w->e.text, es_buf_str(raw), raw->len);
}

/* --- changes -------------------------------------------------------------- */

/* Attributes whose values are told by themselves. */
static const struct {
	const char *name;
	enum event_field now;
	enum event_field old;
} attributes[] = {
	{ "mode", FIELD_MODE, FIELD_OLD_MODE },
	{ "owner", FIELD_OWNER, FIELD_OLD_OWNER },
	{ "group", FIELD_GROUP, FIELD_OLD_GROUP },
	{ "size", FIELD_SIZE, FIELD_OLD_SIZE },
};

static void add_word(struct es_buf *list, const char *word)
{
	es_buf_addf(list, "%s%s", list->len ? " " : "", word);
}

static void set_attributes(struct walk *w, const struct es_doc *change)
{
	const struct es_doc *list = es_doc_get(change, "attributes");
	const struct es_doc *content = es_doc_get(change, "content");
	const char *state = content ? es_doc_get_str(content, "state") : NULL;
	struct es_buf *names = &w->e.values[FIELD_ATTRIBUTES];
	const struct es_doc *a;

	if (state && strcmp(state, "none") != 0)
		add_word(names, "content");
	for (size_t i = 0; list && (a = es_doc_at(list, i)) != NULL; i++) {
		const char *name = es_doc_get_str(a, "name");

		if (!name)
			continue;
		add_word(names, name);
		for (size_t k = 0; k < sizeof(attributes) / sizeof(*attributes);
		     k++)
			if (strcmp(name, attributes[k].name) == 0) {
				set_from(w, attributes[k].now, a, "new");
				set_from(w, attributes[k].old, a, "old");
			}
	}
}

static void set_tags(struct walk *w, const struct es_doc *change)
{
	const struct es_doc *tags = es_doc_get(change, "tags");

	for (size_t i = 0; tags && i < es_doc_len(tags); i++) {
		const char *tag = es_doc_at_str(tags, i);

		if (tag)
			add_word(&w->e.values[FIELD_TAGS], tag);
	}
}

static void set_change(struct walk *w, const struct es_doc *c)
{
	const struct es_doc *rule = es_doc_get(c, "rule");
	const struct es_doc *package = es_doc_get(c, "package");
	const struct es_doc *why = es_doc_get(c, "explanation");
	const struct es_doc *who = es_doc_get(c, "who");

	set_from(w, FIELD_KIND, c, "kind");
	set_from(w, FIELD_PATH, c, "path");
	set_from(w, FIELD_FROM, c, "from");
	set_from(w, FIELD_PART, c, "part");
	set_from(w, FIELD_TYPE, c, "type");
	set_from(w, FIELD_CLASS, c, "class");
	set_attributes(w, c);
	set_digest(w, FIELD_SHA256, c, "new_digest");
	set_digest(w, FIELD_OLD_SHA256, c, "old_digest");
	set_from(w, FIELD_RULE, rule, "name");
	set_tags(w, c);
	set_from(w, FIELD_PACKAGE, package, "name");
	set_from(w, FIELD_VERSION, package, "version");
	set_from(w, FIELD_VERDICT, package, "verdict");
	set_from(w, FIELD_EXPLANATION, why, "text");
	set_from(w, FIELD_AUTHOR, who, "author");
	w->e.time = es_doc_get_number(c, "when_epoch", w->msg->date);
}

/* " (mode 0644 -> 0600, content)": what a person asks first. */
static void say_attributes(struct walk *w)
{
	const struct es_buf *names = &w->e.values[FIELD_ATTRIBUTES];
	const char *between = " (";
	struct es_buf *text = &w->e.text;

	for (size_t k = 0; k < 3; k++) {
		const struct es_buf *now = &w->e.values[attributes[k].now];
		const struct es_buf *old = &w->e.values[attributes[k].old];

		if (!now->len || !old->len)
			continue;
		es_buf_addf(text, "%s%s ", between, attributes[k].name);
		say(w, old);
		es_buf_adds(text, " -> ");
		say(w, now);
		between = ", ";
	}
	if (strncmp(es_buf_str(names), "content", 7) == 0) {
		es_buf_addf(text, "%scontent", between);
		between = ", ";
	}
	if (*between == ',')
		es_buf_addc(text, ')');
}

/* "/etc/motd changed (content): returned to the state of 2026-03-02" */
static void say_change(struct walk *w)
{
	static const char *const words[][2] = {
		{ "watched", "is now watched" },
		{ "unwatched", "is no longer watched" },
		{ "retyped", "is of another type" },
	};
	const char *kind = es_buf_str(&w->e.values[FIELD_KIND]);
	const struct es_buf *why = &w->e.values[FIELD_EXPLANATION];
	const char *word = kind;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(kind, words[i][0]) == 0)
			word = words[i][1];
	say(w, &w->e.values[FIELD_PATH]);
	es_buf_addf(&w->e.text, " %s", word);
	if (w->e.values[FIELD_FROM].len) {
		es_buf_adds(&w->e.text, " from ");
		say(w, &w->e.values[FIELD_FROM]);
	}
	say_attributes(w);
	if (why->len) {
		es_buf_adds(&w->e.text, ": ");
		say(w, why);
	}
}

static int tell_change(struct walk *w, const struct es_doc *c,
		       struct es_error *err)
{
	begin(w, EVENT_CHANGE, es_doc_get_str(c, "severity"));
	set_change(w, c);
	say_change(w);
	return end(w, err);
}

/* --- all else ------------------------------------------------------------- */

static int tell_finding(struct walk *w, const struct es_doc *f,
			enum event_kind kind, struct es_error *err)
{
	begin(w, kind, es_doc_get_str(f, "severity"));
	set(w, FIELD_KIND,
	    kind == EVENT_OPENED ? "finding-opened" : "finding-closed");
	set(w, FIELD_PART, "findings");
	set_from(w, FIELD_CHECK, f, "check");
	set_from(w, FIELD_EXPLANATION, f, "text");
	es_buf_adds(&w->e.text,
		    kind == EVENT_OPENED ? "found by " : "no longer found by ");
	say(w, &w->e.values[FIELD_CHECK]);
	if (w->e.values[FIELD_EXPLANATION].len) {
		es_buf_adds(&w->e.text, ": ");
		say(w, &w->e.values[FIELD_EXPLANATION]);
	}
	return end(w, err);
}

/* The message in one line, where nothing of it is told by itself. */
static int tell_report(struct walk *w, struct es_error *err)
{
	const struct es_doc *counts = es_doc_get(w->msg->report, "counts");

	begin(w, EVENT_REPORT, w->msg->severity);
	set(w, FIELD_KIND, "report");
	set_number(w, FIELD_CHANGES,
		   counts ? es_doc_get_number(counts, "total", 0) : 0);
	say(w, &w->msg->subject);
	return end(w, err);
}

static int tell_notice(struct walk *w, struct es_error *err)
{
	begin(w, EVENT_NOTICE, es_doc_get_str(w->msg->report, "severity"));
	set(w, FIELD_KIND, "notice");
	set_from(w, FIELD_EXPLANATION, w->msg->report, "notice");
	say(w, &w->e.values[FIELD_EXPLANATION]);
	return end(w, err);
}

/* What is not told, and where it is. */
static int tell_rest(struct walk *w, int64_t dropped, bool skipped,
		     struct es_error *err)
{
	begin(w, EVENT_REPORT, w->msg->severity);
	set(w, FIELD_KIND, "report");
	set_number(w, FIELD_CHANGES, dropped);
	if (dropped)
		es_buf_addf(&w->e.text,
			    "%" PRId64 " more changes are not told one by "
			    "one; 'etcsnap diff' shows them",
			    dropped);
	if (skipped)
		es_buf_addf(&w->e.text,
			    "%sruns were pruned before they could be told",
			    dropped ? "; " : "");
	return end(w, err);
}

/* --- the list ------------------------------------------------------------- */

static const struct es_doc *findings_of(const struct message *msg,
					const char *key)
{
	const struct es_doc *f = es_doc_get(msg->report, "findings");

	return f ? es_doc_get(f, key) : NULL;
}

static size_t count_findings(const struct message *msg)
{
	const struct es_doc *opened = findings_of(msg, "opened");
	const struct es_doc *closed = findings_of(msg, "closed");

	return (opened ? es_doc_len(opened) : 0) +
	       (closed ? es_doc_len(closed) : 0);
}

/* That the list of findings changed is told by what changed in it. */
static bool is_told(const struct es_doc *change, bool by_findings)
{
	const char *part = es_doc_get_str(change, "part");

	return !(by_findings && part && strcmp(part, "findings") == 0);
}

static size_t count_changes(const struct es_doc *changes, bool by_findings)
{
	const struct es_doc *c;
	size_t n = 0;

	for (size_t i = 0; changes && (c = es_doc_at(changes, i)); i++)
		n += is_told(c, by_findings);
	return n;
}

static int tell_findings(struct walk *w, const char *key, enum event_kind kind,
			 struct es_error *err)
{
	const struct es_doc *list = findings_of(w->msg, key);
	const struct es_doc *f;
	int rc = 0;

	for (size_t i = 0; list && rc == 0 && (f = es_doc_at(list, i)); i++)
		rc = tell_finding(w, f, kind, err);
	return rc;
}

static int walk(struct walk *w, struct es_error *err)
{
	const struct es_doc *report = w->msg->report;
	const struct es_doc *changes = es_doc_get(report, "changes");
	const struct es_doc *limits = es_doc_get(report, "limits");
	const bool found = count_findings(w->msg) > 0;
	const bool skipped = w->msg->span->skipped;
	const struct es_doc *c;
	int64_t dropped = 0;
	int rc = 0;

	if (!es_doc_is_null(report, "notice")) {
		w->total = 1;
		return tell_notice(w, err);
	}
	w->total = count_changes(changes, found) + count_findings(w->msg);
	if (w->total == 0) {
		w->total = 1;
		return tell_report(w, err);
	}
	if (limits)
		dropped = es_doc_get_number(limits, "changes_dropped", 0);
	w->total += dropped || skipped;
	for (size_t i = 0; changes && rc == 0 && (c = es_doc_at(changes, i));
	     i++)
		if (is_told(c, found))
			rc = tell_change(w, c, err);
	if (rc == 0)
		rc = tell_findings(w, "opened", EVENT_OPENED, err);
	if (rc == 0)
		rc = tell_findings(w, "closed", EVENT_CLOSED, err);
	if (rc == 0 && (dropped || skipped))
		rc = tell_rest(w, dropped, skipped, err);
	return rc;
}

int es_events_each(const struct maker *m, const struct message *msg,
		   int (*each)(void *payload, struct event *e,
			       struct es_error *err),
		   void *payload, struct es_error *err)
{
	struct walk w = {
		.maker = m,
		.msg = msg,
		.each = each,
		.payload = payload,
		.e.text = ES_BUF_INIT(TEXT_MAX),
	};
	int rc;

	for (int i = 0; i < FIELDS; i++)
		w.e.values[i] = (struct es_buf)ES_BUF_INIT(VALUE_MAX);
	rc = walk(&w, err);
	es_buf_dispose(&w.e.text);
	for (int i = 0; i < FIELDS; i++)
		es_buf_dispose(&w.e.values[i]);
	return rc;
}
