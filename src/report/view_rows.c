/* SPDX-License-Identifier: MIT */
/* view_rows.c - words of lists and values that all forms of a report share */
#include "config.h"

#include "report/view_priv.h"

#include "etcsnap/quote.h"

#include <inttypes.h>
#include <string.h>

/* Digits of a digest that a person looks at. */
#define SHORT_DIGEST 16

/* --- packages ------------------------------------------------------------- */

bool view_is_package(const struct es_doc *group)
{
	return view_is(group, "kind", "package");
}

bool view_is_only_names(const struct es_doc *group)
{
	return view_is(group, "kind", "touched") ||
	       view_is(group, "kind", "watched") ||
	       view_is(group, "kind", "unwatched");
}

bool view_is_loud(const struct es_doc *group)
{
	return view_severity(group) >= ES_SEVERITY_WARNING;
}

bool view_is_named(const struct es_doc *group)
{
	return view_is(group, "kind", "flapping") ||
	       view_is(group, "kind", "directory") ||
	       view_is(group, "kind", "packages");
}

bool view_is_grouped(const struct view *v, const struct es_doc *op)
{
	const struct es_doc *all = es_doc_get(v->report, "groups");
	const char *name = es_doc_get_str(op, "name");
	const struct es_doc *g;

	for (size_t i = 0; all && (g = es_doc_at(all, i)) != NULL; i++)
		if (name && view_is_package(g) && view_is(g, "package", name))
			return true;
	return false;
}

static bool has(const struct es_doc *obj, const char *key)
{
	return !es_doc_is_null(obj, key) && !view_is(obj, key, "");
}

void view_operation(struct es_buf *out, const struct es_doc *op)
{
	static const struct {
		const char *op;
		const char *words;
	} done[] = {
		{ "install", "installed" },    { "upgrade", "upgraded" },
		{ "downgrade", "downgraded" }, { "reinstall", "reinstalled" },
		{ "remove", "removed" },       { "purge", "purged" },
	};

	view_quoted(out, op, "name");
	if (has(op, "old")) {
		es_buf_addc(out, ' ');
		view_quoted(out, op, "old");
	}
	if (has(op, "new")) {
		es_buf_adds(out, has(op, "old") ? " -> " : " ");
		view_quoted(out, op, "new");
	}
	for (size_t i = 0; i < sizeof(done) / sizeof(*done); i++)
		if (view_is(op, "op", done[i].op))
			es_buf_addf(out, ": %s", done[i].words);
}

bool view_package(struct es_buf *out, const struct view *v,
		  struct view_packages *at)
{
	const struct es_doc *ops = es_doc_get(v->report, "packages");
	const struct es_doc *groups = es_doc_get(v->report, "groups");
	const struct es_doc *d;

	for (; at->pass < 2; at->pass++, at->i = 0)
		while (groups && (d = es_doc_at(groups, at->i++)) != NULL) {
			bool differs = es_doc_get_number(d, "differs", 0) > 0;

			if (!view_is_package(d) || differs != (at->pass == 0))
				continue;
			view_quoted(out, d, "title");
			return true;
		}
	while (ops && (d = es_doc_at(ops, at->i++)) != NULL) {
		if (view_is_grouped(v, d))
			continue;
		view_operation(out, d);
		return true;
	}
	return false;
}

size_t view_count_packages(const struct view *v)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(ES_BUF_MAX);
	struct view_packages at = { 0 };
	size_t n = 0;

	for (; view_package(&line, v, &at); n++)
		es_buf_reset(&line);
	return n;
}

bool view_command(struct es_buf *out, const struct es_doc *op)
{
	if (!has(op, "command"))
		return false;
	es_buf_adds(out, "by ");
	if (has(op, "user"))
		view_quoted(out, op, "user");
	else
		es_buf_adds(out, "root");
	es_buf_adds(out, ": ");
	view_quoted(out, op, "command");
	return true;
}

/* --- logins --------------------------------------------------------------- */

bool view_is_reboot(const struct es_doc *session)
{
	return view_is(session, "user", "reboot");
}

bool view_is_login_shown(const struct es_doc *logins, const struct es_doc *s)
{
	const char *from = es_doc_get_str(logins, "from");
	const char *begin = es_doc_get_str(s, "begin");

	return !view_is_reboot(s) || !from || !begin ||
	       strcmp(begin, from) >= 0;
}

void view_login(struct es_buf *out, const struct es_doc *session)
{
	if (!view_is_reboot(session)) {
		view_session(out, session);
		return;
	}
	es_buf_adds(out, "started");
	if (!view_is(session, "host", "")) {
		es_buf_adds(out, " with kernel ");
		view_quoted(out, session, "host");
	}
}

/* "08:55:00" where the day is that of @day, else with its date. */
static void add_clock(struct es_buf *out, const char *iso, const char *day)
{
	size_t date = strcspn(iso, "T");

	if (day && strncmp(iso, day, date + 1) == 0 && iso[date])
		es_buf_addf(out, "%.8s", iso + date + 1);
	else
		view_time(out, iso, false);
}

void view_login_time(struct es_buf *out, const struct es_doc *s)
{
	static const struct {
		const char *how;
		const char *words;
	} ends[] = {
		{ "open", "still logged in" },
		{ "down", "shut down" },
		{ "crash", "crashed" },
		{ "gone", "gone without logout" },
	};
	const char *end = es_doc_get_str(s, "end");
	int64_t changes = es_doc_get_number(s, "changes", 0);

	view_time(out, es_doc_get_str(s, "begin"), false);
	es_buf_adds(out, " to ");
	if (end)
		add_clock(out, end, es_doc_get_str(s, "begin"));
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (view_is(s, "how", ends[i].how) && (!end || i > 0))
			es_buf_addf(out, "%s%s", end ? ", " : "",
				    view_is_reboot(s) && i == 0
					    ? "now"
					    : ends[i].words);
	if (changes) {
		es_buf_adds(out, "; ");
		view_count(out, changes, "change");
	}
}

void view_switch(struct es_buf *out, const struct es_doc *s)
{
	view_quoted(out, s, "user");
	es_buf_adds(out, es_doc_get_bool(s, "failed") ? " failed to become "
						      : " became ");
	view_quoted(out, s, "as");
	es_buf_adds(out, " by ");
	view_quoted(out, s, "tool");
	if (has(s, "command")) {
		es_buf_adds(out, ": ");
		view_quoted(out, s, "command");
	}
}

void view_failure(struct es_buf *out, const struct es_doc *f)
{
	view_number(out, es_doc_get_number(f, "count", 0));
	if (!es_doc_is_null(f, "source")) {
		es_buf_adds(out, " from ");
		view_quoted(out, f, "source");
	}
	if (has(f, "user")) {
		es_buf_adds(out, " as ");
		view_quoted(out, f, "user");
	}
}

/* --- a change ------------------------------------------------------------- */

void view_digest(struct es_buf *out, const struct view *v, const char *digest)
{
	const char *colon = digest ? strchr(digest, ':') : NULL;

	if (!colon)
		es_buf_adds(out, "unknown");
	else if (v->o->whole)
		es_buf_adds(out, digest);
	else
		es_buf_addf(out, "%.*s",
			    (int)(colon - digest) + 1 + SHORT_DIGEST, digest);
}

bool view_is_told(const struct view *v, const struct es_doc *change,
		  const struct es_doc *attr)
{
	const struct es_doc *content = es_doc_get(change, "content");

	if (v->o->whole || v->o->no_patch || !content ||
	    !view_is(content, "state", "text"))
		return false;
	return view_is(attr, "name", "size") ||
	       (view_is(attr, "name", "mtime") &&
		!es_doc_is_null(change, "when"));
}

bool view_encoding(struct es_buf *out, const struct view *v,
		   const struct es_doc *content)
{
	const char *new = es_doc_get_str(content, "encoding");
	const char *old = es_doc_get_str(content, "old_encoding");

	if (!new || (!old && v->o->no_patch))
		return false;
	es_buf_adds(out, "encoding ");
	if (old)
		es_buf_addf(out, "%s -> ", old);
	es_buf_adds(out, new);
	return true;
}

bool view_hidden(struct es_buf *out, const struct es_doc *change)
{
	static const struct {
		const char *state;
		const char *words;
	} hidden[] = {
		{ "secret", "not shown (secret)" },
		{ "binary", "not text" },
		{ "large", "too long to show here" },
	};
	const struct es_doc *content = es_doc_get(change, "content");
	/* Kept otherwise than before, it cannot be compared. */
	bool alike =
		!view_is_one_sided(change) && !view_attribute(change, "class");

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (content && view_is(content, "state", hidden[i].state)) {
			es_buf_addf(out, "content %s%s",
				    alike ? "changed, " : "", hidden[i].words);
			return true;
		}
	return false;
}
