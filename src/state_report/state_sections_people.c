/* SPDX-License-Identifier: MIT */
/* state_sections_people.c - logins, findings, commands and channels */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/quote.h"

#include <inttypes.h>
#include <string.h>

/* Rows of each list before it is cut, and findings of one check. */
#define ROWS_MAX 20
#define FINDINGS_MAX 8
/* Lines of a command. */
#define LINES_MAX 60

/* --- people --------------------------------------------------------------- */

static void add_session(struct state_cells *c, const struct es_doc *l)
{
	static const char *const keys[] = { "user", "line", "host" };

	for (size_t i = 0; i < 3; i++) {
		if (!state_has(l, keys[i]))
			continue;
		es_buf_adds(&c->text, c->text.len ? " " : "");
		state_quoted(&c->text, l, keys[i]);
	}
	state_time(&c->note, es_doc_get_str(l, "begin"));
	es_buf_adds(&c->note, " to ");
	if (es_doc_is_null(l, "end"))
		es_buf_adds(&c->note, strcmp(es_doc_get_str(l, "how"), "open")
					      ? "an unknown end"
					      : "now");
	else
		state_time(&c->note, es_doc_get_str(l, "end"));
}

static void add_switch(struct state_cells *c, const struct es_doc *w)
{
	state_quoted(&c->text, w, "user");
	es_buf_adds(&c->text, es_doc_get_bool(w, "failed") ? " failed to be "
							   : " became ");
	state_quoted(&c->text, w, "as");
	es_buf_adds(&c->text, " by ");
	state_quoted(&c->text, w, "tool");
	state_time(&c->note, es_doc_get_str(w, "time"));
	if (state_has(w, "command")) {
		es_buf_adds(&c->note, "  ");
		state_quoted(&c->note, w, "command");
	}
}

static void add_failure(struct state_cells *c, const struct es_doc *f)
{
	state_count(&c->text, state_number(f, "count"), "failed login");
	es_buf_adds(&c->text, " from ");
	state_quoted(&c->text, f, "source");
	if (state_has(f, "user")) {
		es_buf_adds(&c->text, " as ");
		state_quoted(&c->text, f, "user");
	}
	es_buf_adds(&c->note, "last ");
	state_time(&c->note, es_doc_get_str(f, "last"));
}

static void add_people(struct state_section *s, struct state_cells *c,
		       const struct es_doc *list,
		       void (*add)(struct state_cells *c,
				   const struct es_doc *item))
{
	const struct es_doc *item;

	for (size_t i = 0; list && (item = es_doc_at(list, i)) != NULL; i++) {
		add(c, item);
		state_push(s, ES_SEVERITY_NONE, c);
	}
}

static void add_logins(const struct state_view *v)
{
	const struct es_doc *l = es_doc_get(v->doc, "logins");
	struct state_cells c = state_cells();
	struct state_section s;

	if (!l || (state_length(es_doc_get(l, "sessions")) +
			   state_length(es_doc_get(l, "switches")) +
			   state_length(es_doc_get(l, "failures")) ==
		   0))
		return;
	s = state_section(v, "Logins", 2 * ROWS_MAX);
	add_people(&s, &c, es_doc_get(l, "sessions"), add_session);
	add_people(&s, &c, es_doc_get(l, "failures"), add_failure);
	add_people(&s, &c, es_doc_get(l, "switches"), add_switch);
	state_finish(&s, &c, state_number(l, "dropped"));
}

/* --- findings, commands, channels ----------------------------------------- */

static void add_check(struct state_section *s, struct state_cells *c,
		      const struct es_doc *check)
{
	const struct es_doc *lines = es_doc_get(check, "lines");
	const char *word = es_doc_get_str(check, "severity");
	size_t n = state_length(lines),
	       shown = n < FINDINGS_MAX ? n : FINDINGS_MAX;

	for (size_t i = 0; i < shown; i++) {
		const char *text = es_doc_at_str(lines, i);

		state_quoted(&c->text, check, "check");
		es_quote_term(&c->note, text, strlen(text));
		state_push(s, es_severity_parse(word), c);
	}
	s->left += (size_t)state_number(check, "count") - shown;
}

static void add_findings(const struct state_view *v)
{
	const struct es_doc *f = es_doc_get(v->doc, "findings");
	const struct es_doc *list = f ? es_doc_get(f, "checks") : NULL, *check;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(64);
	struct state_cells c = state_cells();
	struct state_section s;

	if (state_length(list) == 0)
		return;
	es_buf_addf(&b, "Open findings (%" PRId64 ")", state_number(f, "open"));
	s = state_section(v, es_buf_str(&b), 2 * ROWS_MAX);
	for (size_t i = 0; (check = es_doc_at(list, i)) != NULL; i++)
		add_check(&s, &c, check);
	state_finish(&s, &c, 0);
}

static void add_output(struct es_buf *out, const struct es_doc *lines,
		       size_t *left)
{
	const char *text;

	for (size_t i = 0; (text = es_doc_at_str(lines, i)) != NULL; i++) {
		if (*left == 0)
			return;
		--*left;
		es_quote_text(out, text, strlen(text));
		es_buf_addc(out, '\n');
	}
}

static void add_command(const struct state_view *v, const struct es_doc *cmd)
{
	const struct es_doc *out = es_doc_get(cmd, "stdout");
	const struct es_doc *bad = es_doc_get(cmd, "stderr");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf t = ES_BUF_INIT(1 << 16);
	int64_t more = state_number(cmd, "stdout_more") +
		       state_number(cmd, "stderr_more");
	size_t left = LINES_MAX;
	struct state_cells c = state_cells();
	struct state_section s;

	es_buf_adds(&t, "Command ");
	state_quoted(&t, cmd, "name");
	if (es_doc_get_bool(cmd, "failed")) {
		es_buf_adds(&t, ": ");
		state_quoted(&t, cmd, "status");
	}
	if (out)
		add_output(&b, out, &left);
	if (bad)
		add_output(&b, bad, &left);
	more += (int64_t)(state_length(out) + state_length(bad)) -
		(int64_t)(LINES_MAX - left);
	s = state_section(v, es_buf_str(&t), 0);
	es_doc_text(s.obj, "pre", b.len ? b.data : NULL, b.len);
	state_finish(&s, &c, more);
}

static void add_commands(const struct state_view *v)
{
	const struct es_doc *list = es_doc_get(v->doc, "commands"), *cmd;

	for (size_t i = 0; list && (cmd = es_doc_at(list, i)) != NULL; i++)
		add_command(v, cmd);
}

void state_sections_channels(const struct state_view *v)
{
	const struct es_doc *list = es_doc_get(v->doc, "channels"), *ch;
	struct state_cells c = state_cells();
	struct state_section s = { 0 };

	for (size_t i = 0; list && (ch = es_doc_at(list, i)) != NULL; i++) {
		if (state_number(ch, "backlog") == 0 &&
		    state_number(ch, "attempts") == 0)
			continue;
		if (!s.obj)
			s = state_section(v, "Not delivered yet", ROWS_MAX);
		state_quoted(&c.text, ch, "name");
		state_count(&c.note, state_number(ch, "backlog"), "run");
		if (state_has(ch, "last_error")) {
			es_buf_adds(&c.note, ": ");
			state_quoted(&c.note, ch, "last_error");
		}
		state_push(&s, ES_SEVERITY_NONE, &c);
	}
	if (s.obj)
		state_finish(&s, &c, 0);
}

void state_sections_people(const struct state_view *v)
{
	add_logins(v);
	add_findings(v);
	add_commands(v);
}
