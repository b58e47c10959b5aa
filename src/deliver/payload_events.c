/* SPDX-License-Identifier: MIT */
/* payload_events.c - one event a change, for places where they are searched */
#include "config.h"

#include "deliver/payload_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/severity.h"
#include "etcsnap/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes of one file's difference: Lucene's limit of a term is near. */
#define DIFF_MAX 30000

/* What all events of a message have in common. */
struct teller {
	const struct message *msg;
	const struct es_doc *ctx;
	struct es_doc *list;
	size_t n; /* of them so far */
};

static void add_quoted(struct es_buf *out, const struct es_doc *obj,
		       const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (es_doc_get_bytes(obj, key, &raw))
		es_quote_term(out, es_buf_str(&raw), raw.len);
}

/* --- changes in words ---------------------------------------------------- */

void es_payload_phrase(struct es_buf *out, const struct es_doc *change)
{
	const struct es_doc *why = es_doc_get(change, "explanation");
	const char *kind = es_doc_get_str(change, "kind");

	/* a group has a title, and says it all */
	if (!es_doc_is_null(change, "title")) {
		add_quoted(out, change, "title");
		return;
	}
	es_buf_adds(out, kind ? kind : "changed");
	es_buf_addc(out, ' ');
	add_quoted(out, change, "path");
	if (!es_doc_is_null(change, "from")) {
		es_buf_adds(out, " from ");
		add_quoted(out, change, "from");
	}
	if (why && !es_doc_is_null(why, "text")) {
		es_buf_adds(out, ": ");
		add_quoted(out, why, "text");
	}
}

static bool add_value(struct es_buf *out, const struct es_doc *attr,
		      const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	struct es_value v = es_value_get(es_value_of(attr), key);

	if (es_value_kind(v) == ES_VALUE_NONE ||
	    es_value_kind(v) == ES_VALUE_NULL)
		return false;
	if (!es_doc_get_bytes(attr, key, &raw))
		es_value_add(&raw, v);
	es_quote_term(out, es_buf_str(&raw), raw.len);
	return true;
}

/* "mode 0644 -> 0600", "mode 0644", or where no value may leave "mode". */
static void add_attributes(struct es_doc *lines, const struct es_doc *change)
{
	const struct es_doc *attrs = es_doc_get(change, "attributes");
	const struct es_doc *a;

	for (size_t i = 0; attrs && (a = es_doc_at(attrs, i)) != NULL; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf new = ES_BUF_INIT(ES_BUF_MAX);

		add_quoted(&b, a, "name");
		es_buf_addc(&b, ' ');
		bool old = add_value(&b, a, "old");
		if (add_value(&new, a, "new")) {
			es_buf_adds(&b, old ? " -> " : "");
			es_buf_adds(&b, es_buf_str(&new));
		} else if (!old) {
			es_buf_truncate(&b, b.len - 1);
		}
		es_doc_push_text(lines, es_buf_str(&b), b.len);
	}
}

/* Lines of content, as a diff has them; false when the room is full. */
static bool add_hunk(struct es_buf *out, const struct es_doc *hunk)
{
	const struct es_doc *lines = es_doc_get(hunk, "lines");
	const struct es_doc *l;

	add_quoted(out, hunk, "header");
	es_buf_addc(out, '\n');
	for (size_t i = 0; lines && (l = es_doc_at(lines, i)) != NULL; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
		const char *op = es_doc_get_str(l, "op");

		es_doc_get_bytes(l, "text", &raw);
		if (out->len + raw.len > DIFF_MAX) {
			es_buf_adds(out, "...\n");
			return false;
		}
		es_buf_adds(out, op ? op : " ");
		es_quote_text(out, es_buf_str(&raw), raw.len);
		es_buf_addc(out, '\n');
	}
	return true;
}

static void add_diff(struct es_buf *out, const struct es_doc *change)
{
	const struct es_doc *content = es_doc_get(change, "content");
	const struct es_doc *hunks =
		content ? es_doc_get(content, "hunks") : NULL;
	const struct es_doc *h;

	for (size_t i = 0; hunks && (h = es_doc_at(hunks, i)) != NULL; i++)
		if (!add_hunk(out, h))
			break;
}

void es_payload_details(struct es_doc *lines, const struct es_doc *change)
{
	const struct es_doc *paths = es_doc_get(change, "paths");
	ES_CLEANUP(es_buf_dispose) struct es_buf diff = ES_BUF_INIT(ES_BUF_MAX);
	const char *path;

	add_attributes(lines, change);
	for (size_t i = 0; paths && (path = es_doc_at_str(paths, i)); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

		es_quote_text(&b, path, strlen(path));
		es_doc_push_text(lines, es_buf_str(&b), b.len);
	}
	add_diff(&diff, change);
	for (const char *at = es_buf_str(&diff); *at;) {
		size_t len = strcspn(at, "\n");

		es_doc_push_text(lines, at, len);
		at += len + (at[len] == '\n');
	}
}

/* --- events -------------------------------------------------------------- */

static void copy_text(struct es_doc *to, const char *as,
		      const struct es_doc *from, const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (from && es_doc_get_bytes(from, key, &raw))
		es_doc_text(to, as, es_buf_str(&raw), raw.len);
}

static void add_time(struct es_doc *slot, struct es_doc *event, int64_t when)
{
	char text[32], iso[ES_TIME_LEN];

	es_doc_number(slot, "epoch", when);
	es_doc_number(slot, "ms", when * 1000);
	snprintf(text, sizeof(text), "%" PRId64 "000000000", when);
	es_doc_str(slot, "ns", text);
	es_doc_str(event, "time", es_clock_rfc3339(iso, when));
}

/*
 * What every event has. A slot of the list has the event itself, which goes as
 * it is, and beside it what only templates need.
 */
static struct es_doc *begin(struct teller *t, const char *kind,
			    const char *action, const char *severity,
			    int64_t when)
{
	struct es_doc *slot = es_doc_push(t->list);
	struct es_doc *event = es_doc_object(slot, "event");
	struct es_doc *is = es_doc_object(slot, "is");
	char id[160];

	if (!severity)
		severity = "none";
	add_time(slot, event, when);
	es_doc_bool(is, kind, true);
	es_doc_bool(is, action, true);
	es_doc_bool(is, severity, true);
	snprintf(id, sizeof(id), "e%zu.%s", t->n++,
		 es_doc_get_str(t->ctx, "id"));
	es_doc_str(event, "id", id);
	copy_text(event, "host", t->msg->report, "host");
	es_doc_str(event, "channel", t->msg->span->channel->name);
	es_doc_str(event, "commits", t->msg->commits);
	es_doc_str(event, "kind", kind);
	es_doc_str(event, "action", action);
	es_doc_str(event, "severity", severity);
	es_doc_number(event, "severity_number", es_severity_parse(severity));
	return event;
}

static void set_message(struct es_doc *event, const struct es_buf *text)
{
	es_doc_text(event, "message", es_buf_str(text), text->len);
}

static void add_report(struct teller *t, size_t left)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_doc *counts = es_doc_get(t->msg->report, "counts");
	const char *action =
		t->msg->span->test			   ? "test"
		: es_doc_get_bool(t->msg->report, "hello") ? "watching"
		: es_doc_is_null(t->msg->report, "notice") ? "reported"
							   : "notice";
	struct es_doc *event =
		begin(t, "report", action, t->msg->severity, t->msg->date);

	es_buf_adds(&b, es_doc_get_str(t->ctx, "headline"));
	if (left)
		es_buf_addf(&b, "; %zu of it did not fit: %s", left,
			    es_doc_get_str(t->ctx, "rest"));
	set_message(event, &b);
	if (counts)
		es_doc_set(event, "counts", counts);
}

static void add_change(struct teller *t, const struct es_doc *c)
{
	const struct es_doc *who = es_doc_get(c, "who");
	const struct es_doc *tags = es_doc_get(c, "tags");
	const char *action = es_doc_get_str(c, "kind");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf diff = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *event =
		begin(t, "change", action ? action : "changed",
		      es_doc_get_str(c, "severity"),
		      es_doc_get_number(c, "when_epoch", t->msg->date));

	es_payload_phrase(&b, c);
	set_message(event, &b);
	copy_text(event, "part", c, "part");
	copy_text(event, "path", c, "path");
	copy_text(event, "from", c, "from");
	copy_text(event, "type", c, "type");
	copy_text(event, "author", who, "author");
	copy_text(event, "rule", es_doc_get(c, "rule"), "name");
	copy_text(event, "package", es_doc_get(c, "package"), "name");
	if (tags && es_doc_len(tags))
		es_doc_set(event, "tags", tags);
	add_attributes(es_doc_array(event, "details"), c);
	add_diff(&diff, c);
	if (diff.len)
		es_doc_text(event, "diff", es_buf_str(&diff), diff.len);
}

/* Groups as an event: where a call is about one of them alone. */
static void add_group(struct teller *t, const struct es_doc *g)
{
	const struct es_doc *paths = es_doc_get(g, "paths");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *event =
		begin(t, "group", "grouped", es_doc_get_str(g, "severity"),
		      t->msg->date);

	es_payload_phrase(&b, g);
	set_message(event, &b);
	if (paths)
		es_doc_set(event, "paths", paths);
}

static void add_finding(struct teller *t, const struct es_doc *f,
			const char *action)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *event =
		begin(t, "finding", action, es_doc_get_str(f, "severity"),
		      t->msg->date);

	es_buf_addf(&b, "%s ", action);
	add_quoted(&b, f, "check");
	if (!es_doc_is_null(f, "text")) {
		es_buf_adds(&b, ": ");
		add_quoted(&b, f, "text");
	}
	set_message(event, &b);
	copy_text(event, "check", f, "check");
}

static const struct es_doc *findings(const struct message *msg,
				     const char *action)
{
	const struct es_doc *all = es_doc_get(msg->report, "findings");

	return all ? es_doc_get(all, action) : NULL;
}

static void add_findings(struct teller *t, const char *action, size_t max)
{
	const struct es_doc *list = findings(t->msg, action);
	const struct es_doc *f;

	for (size_t i = 0; list && t->n <= max && (f = es_doc_at(list, i)); i++)
		add_finding(t, f, action);
}

/* Events beside that of the report. */
static size_t count_events(const struct message *msg)
{
	const struct es_doc *lists[] = {
		es_doc_get(msg->report, "changes"),
		findings(msg, "opened"),
		findings(msg, "closed"),
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		n += lists[i] ? es_doc_len(lists[i]) : 0;
	return n;
}

void es_payload_events(struct es_doc *ctx, const struct message *msg,
		       const struct es_doc *part, size_t max)
{
	const struct es_doc *changes = es_doc_get(msg->report, "changes");
	struct teller t = {
		.msg = msg,
		.ctx = ctx,
		.list = es_doc_array(ctx, "events"),
	};
	const size_t all = part ? 0 : count_events(msg);
	const size_t left = all > max ? all - max : 0;
	const struct es_doc *c;

	es_doc_number(ctx, "events_left", (int64_t)left);
	if (part) {
		if (es_doc_is_null(part, "title"))
			add_change(&t, part);
		else
			add_group(&t, part);
		return;
	}
	add_report(&t, left);
	for (size_t i = 0; changes && t.n <= max && (c = es_doc_at(changes, i));
	     i++)
		add_change(&t, c);
	add_findings(&t, "opened", max);
	add_findings(&t, "closed", max);
}
