/* SPDX-License-Identifier: MIT */
/* state_sections.c - what a state report says, section by section */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows of each list before it is cut. */
#define ROWS_MAX 20
/* Security updates that are named. */
#define UPDATES_MAX 8

/* --- what is out of order ------------------------------------------------- */

static void add_alerts(const struct state_view *v)
{
	const struct es_doc *list = es_doc_get(v->doc, "alerts"), *a;
	struct state_cells c = state_cells();
	struct state_section s;

	if (state_length(list) == 0)
		return;
	s = state_section(v, "Out of order", 2 * ROWS_MAX);
	for (int w = ES_SEVERITY_CRITICAL; w > ES_SEVERITY_NONE; w--)
		for (size_t i = 0; (a = es_doc_at(list, i)) != NULL; i++) {
			const char *word = es_doc_get_str(a, "severity");

			if ((int)es_severity_parse(word) != w)
				continue;
			state_quoted(&c.text, a, "text");
			state_push(&s, (enum es_severity)w, &c);
		}
	state_finish(&s, &c, 0);
}

/* --- the machine ---------------------------------------------------------- */

static void add_load(struct state_section *s, struct state_cells *c,
		     const struct es_doc *doc)
{
	static const char *const keys[] = { "load1", "load5", "load15" };
	const struct es_doc *sys = es_doc_get(doc, "system");
	const struct es_doc *p = es_doc_get(doc, "processes");

	if (!es_doc_is_number(sys, "load1"))
		return;
	es_buf_adds(&c->text, "load");
	for (size_t i = 0; i < 3; i++) {
		es_buf_adds(&c->note, i ? ", " : "");
		state_hundredths(&c->note, state_number(sys, keys[i]));
	}
	es_buf_adds(&c->note, " on ");
	state_count(&c->note, state_number(sys, "cpus"), "processor");
	if (p) {
		es_buf_adds(&c->note, ", ");
		es_buf_addf(&c->note, "%" PRId64 " processes",
			    state_number(p, "count"));
	}
	state_push(s, ES_SEVERITY_NONE, c);
}

static void add_memory(struct state_section *s, struct state_cells *c,
		       const struct es_doc *doc)
{
	const struct es_doc *m = es_doc_get(doc, "memory");

	if (!m || !es_doc_is_number(m, "percent"))
		return;
	es_buf_adds(&c->text, "memory");
	es_buf_addf(&c->note, "%" PRId64 "%% of ", state_number(m, "percent"));
	state_bytes(&c->note, state_number(m, "total"));
	es_buf_adds(&c->note, " used, ");
	state_bytes(&c->note, state_number(m, "available"));
	es_buf_adds(&c->note, " available");
	state_push(s, ES_SEVERITY_NONE, c);
	if (state_number(m, "swap_total") == 0)
		return;
	es_buf_adds(&c->text, "swap");
	state_bytes(&c->note, state_number(m, "swap_total") -
				      state_number(m, "swap_free"));
	es_buf_adds(&c->note, " of ");
	state_bytes(&c->note, state_number(m, "swap_total"));
	es_buf_adds(&c->note, " used");
	state_push(s, ES_SEVERITY_NONE, c);
}

static void add_updates(struct state_section *s, struct state_cells *c,
			const struct es_doc *doc)
{
	const struct es_doc *u = es_doc_get(doc, "updates");

	es_buf_adds(&c->text, "updates");
	if (!es_doc_get_bool(u, "known")) {
		es_buf_adds(&c->note, "not known: ");
		state_quoted(&c->note, u, "why");
		state_push(s, ES_SEVERITY_NONE, c);
		return;
	}
	state_count(&c->note, state_number(u, "pending"), "package");
	es_buf_addf(&c->note, " pending, %" PRId64 " of security; ",
		    state_number(u, "security"));
	es_buf_adds(&c->note, "lists are ");
	state_duration(&c->note, state_number(u, "age"));
	es_buf_adds(&c->note, " old");
	state_push(s, ES_SEVERITY_NONE, c);
}

static void add_age(struct state_section *s, struct state_cells *c,
		    const struct es_doc *runs, const char *key, const char *age,
		    const char *word)
{
	es_buf_adds(&c->text, word);
	if (es_doc_is_null(runs, key)) {
		es_buf_adds(&c->note, "not known");
	} else {
		state_time(&c->note, es_doc_get_str(runs, key));
		es_buf_adds(&c->note, ", ");
		state_duration(&c->note, state_number(runs, age));
		es_buf_adds(&c->note, " ago");
	}
	state_push(s, ES_SEVERITY_NONE, c);
}

static void add_machine(const struct state_view *v)
{
	const struct es_doc *runs = es_doc_get(v->doc, "runs");
	struct state_section s = state_section(v, "Machine", 2 * ROWS_MAX);
	struct state_cells c = state_cells();

	add_load(&s, &c, v->doc);
	add_memory(&s, &c, v->doc);
	add_updates(&s, &c, v->doc);
	if (runs) {
		add_age(&s, &c, runs, "last", "last_age", "last run");
		add_age(&s, &c, runs, "full", "full_age", "last full run");
		add_age(&s, &c, runs, "changed", "changed_age", "last change");
	}
	state_finish(&s, &c, 0);
}

/* The packages that should not wait. */
static void add_security(const struct state_view *v)
{
	const struct es_doc *u = es_doc_get(v->doc, "updates");
	const struct es_doc *list = es_doc_get(u, "packages"), *p;
	struct state_cells c = state_cells();
	struct state_section s;

	if (state_number(u, "security") == 0 || !list)
		return;
	s = state_section(v, "Security updates", UPDATES_MAX);
	for (size_t i = 0; (p = es_doc_at(list, i)) != NULL; i++) {
		if (!es_doc_get_bool(p, "security"))
			continue;
		state_quoted(&c.text, p, "name");
		state_quoted(&c.note, p, "old");
		es_buf_adds(&c.note, " -> ");
		state_quoted(&c.note, p, "new");
		state_push(&s, ES_SEVERITY_NONE, &c);
	}
	state_finish(&s, &c, 0);
}

/* --- disks ---------------------------------------------------------------- */

/* How full it was on each day, as a row of bars. */
static void add_bars(struct es_buf *out, const struct es_doc *history)
{
	struct es_value all = es_value_of(history);
	size_t n = state_length(history);

	if (n < 3)
		return;
	es_buf_adds(out, "  ");
	for (size_t i = 0; i < n; i++) {
		int64_t eighth =
			es_value_number(es_value_at(all, i), 0) * 8 / 101;

		/* U+2581 to U+2588 */
		es_buf_adds(out, "\xe2\x96");
		es_buf_addc(out, (char)(0x81 + (int)eighth));
	}
}

static void add_trend(struct es_buf *out, const struct es_doc *d)
{
	int64_t per_day = state_number(d, "per_day");

	if (state_number(d, "trend_days") < 2)
		return;
	es_buf_adds(out, per_day < 0 ? ", -" : ", +");
	state_bytes(out, per_day < 0 ? -per_day : per_day);
	es_buf_adds(out, " a day");
	if (es_doc_is_number(d, "days_to_full") &&
	    state_number(d, "days_to_full") < 3650) {
		es_buf_adds(out, ", full in ");
		state_count(out, state_number(d, "days_to_full"), "day");
	}
}

static void add_disks(const struct state_view *v)
{
	const struct es_doc *list = es_doc_get(v->doc, "disks"), *d;
	struct state_cells c = state_cells();
	struct state_section s;

	if (state_length(list) == 0)
		return;
	s = state_section(v, "Disks", ROWS_MAX);
	for (size_t i = 0; (d = es_doc_at(list, i)) != NULL; i++) {
		state_quoted(&c.text, d, "mount");
		es_buf_addf(&c.note, "%3" PRId64 "%%, ",
			    state_number(d, "percent"));
		state_bytes(&c.note, state_number(d, "free"));
		es_buf_adds(&c.note, " of ");
		state_bytes(&c.note, state_number(d, "size"));
		es_buf_adds(&c.note, " left");
		add_trend(&c.note, d);
		add_bars(&c.note, es_doc_get(d, "history"));
		state_push(&s, ES_SEVERITY_NONE, &c);
	}
	state_finish(&s, &c, 0);
}

static void add_raid(const struct state_view *v)
{
	const struct es_doc *list = es_doc_get(v->doc, "raid"), *r;
	struct state_cells c = state_cells();
	struct state_section s;

	if (state_length(list) == 0)
		return;
	s = state_section(v, "Arrays and pools", ROWS_MAX);
	for (size_t i = 0; (r = es_doc_at(list, i)) != NULL; i++) {
		state_quoted(&c.text, r, "name");
		es_buf_addc(&c.text, ' ');
		state_quoted(&c.text, r,
			     state_has(r, "level") ? "level" : "kind");
		state_quoted(&c.note, r, "state");
		if (es_doc_is_number(r, "disks"))
			es_buf_addf(&c.note,
				    ", %" PRId64 " of %" PRId64 " disks",
				    state_number(r, "active"),
				    state_number(r, "disks"));
		if (state_has(r, "action")) {
			es_buf_adds(&c.note, ", ");
			state_quoted(&c.note, r, "action");
		}
		state_push(&s,
			   es_doc_get_bool(r, "degraded") ? ES_SEVERITY_CRITICAL
							  : ES_SEVERITY_NONE,
			   &c);
	}
	state_finish(&s, &c, 0);
}

/* Only devices that lost something. */
static void add_network(const struct state_view *v)
{
	static const struct {
		const char *key;
		const char *words;
	} counts[] = {
		{ "rx_errors", "received with errors" },
		{ "rx_dropped", "dropped on receipt" },
		{ "tx_errors", "sent with errors" },
		{ "tx_dropped", "dropped when sent" },
	};
	const struct es_doc *list = es_doc_get(v->doc, "network"), *n;
	struct state_cells c = state_cells();
	struct state_section s = { 0 };

	for (size_t i = 0; list && (n = es_doc_at(list, i)) != NULL; i++) {
		for (size_t k = 0; k < sizeof(counts) / sizeof(*counts); k++) {
			if (state_number(n, counts[k].key) == 0)
				continue;
			es_buf_addf(&c.note, "%s%" PRId64 " %s",
				    c.note.len ? ", " : "",
				    state_number(n, counts[k].key),
				    counts[k].words);
		}
		if (c.note.len == 0)
			continue;
		if (!s.obj)
			s = state_section(v, "Packets lost", ROWS_MAX);
		state_quoted(&c.text, n, "name");
		if (!es_doc_get_bool(n, "since_report"))
			es_buf_adds(&c.note, ", since the start");
		state_push(&s, ES_SEVERITY_NONE, &c);
	}
	if (s.obj)
		state_finish(&s, &c, 0);
}

static void add_top(struct state_section *s, struct state_cells *c,
		    const struct es_doc *list, bool memory)
{
	const struct es_doc *p;

	for (size_t i = 0; list && (p = es_doc_at(list, i)) != NULL; i++) {
		state_quoted(&c->text, p, "name");
		es_buf_addf(&c->text, " (%" PRId64 ")", state_number(p, "pid"));
		if (memory) {
			state_bytes(&c->note, state_number(p, "memory"));
			es_buf_adds(&c->note, " of memory, ");
		} else {
			state_duration(&c->note, state_number(p, "cpu"));
			es_buf_adds(&c->note, " of a processor, ");
		}
		state_quoted(&c->note, p, "user");
		state_push(s, ES_SEVERITY_NONE, c);
	}
}

static void add_processes(const struct state_view *v)
{
	const struct es_doc *p = es_doc_get(v->doc, "processes");
	struct state_cells c = state_cells();
	struct state_section s;

	if (!p)
		return;
	s = state_section(v, "Busiest processes", ROWS_MAX);
	add_top(&s, &c, es_doc_get(p, "cpu"), false);
	add_top(&s, &c, es_doc_get(p, "memory"), true);
	state_finish(&s, &c, 0);
}

/* --- all ------------------------------------------------------------------ */

static void add_notes(const struct state_view *v)
{
	const struct es_doc *list = es_doc_get(v->doc, "notes");
	struct state_cells c = state_cells();
	struct state_section s;
	const char *text;

	if (state_length(list) == 0)
		return;
	s = state_section(v, "Notes", ROWS_MAX);
	for (size_t i = 0; (text = es_doc_at_str(list, i)) != NULL; i++) {
		es_quote_term(&c.text, text, strlen(text));
		state_push(&s, ES_SEVERITY_NONE, &c);
	}
	state_finish(&s, &c, 0);
}

void state_sections(const struct state_view *v)
{
	add_alerts(v);
	add_machine(v);
	add_disks(v);
	add_raid(v);
	add_network(v);
	add_security(v);
	state_sections_people(v);
	add_processes(v);
	state_sections_channels(v);
	add_notes(v);
}
