/* SPDX-License-Identifier: MIT */
/* cmd_search.c - etcsnap search: an expression in all of the history */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/doc.h"
#include "etcsnap/quote.h"
#include "etcsnap/search.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a line that text shows; the other forms have more of it. */
#define LINE_MAX_BYTES 400

static const struct es_opt search_opts[] = {
	{ 's', "since", "TIME", "what was there at TIME or later" },
	{ 'u', "until", "TIME", "what was there at TIME or earlier" },
	{ 'i', "ignore-case", NULL, "letters match in either case" },
	{ 'F', "fixed-strings", NULL, "REGEX is a plain text" },
	{ 'p', "path", "PATTERN", "only there and below; may be repeated" },
	{ 'n', "max-count", "N", "at most N results" },
	{ 0, "format", "FORM", "text, json or csv" },
	{ 0, "json", NULL, "the same as --format json" },
};

/* --- words ---------------------------------------------------------------- */

/* Whether it may have been there before the oldest run. */
static bool is_older(const struct es_search *s, const struct es_search_hit *h)
{
	return h->first + 1 == s->n_runs;
}

/* "^1bb02fa 2026-11-01 00:00", the mark for what may be older. */
static void add_run(struct es_buf *out, const struct es_search_run *run,
		    bool older)
{
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];

	es_buf_addf(out, "%s%.7s %.16s", older ? "^" : " ",
		    es_oid_text(hex, &run->commit),
		    es_clock_iso(when, run->when));
}

/* --- text ----------------------------------------------------------------- */

static void add_hit(struct es_buf *out, const struct es_search *s,
		    const struct es_search_hit *h)
{
	size_t len = h->len < LINE_MAX_BYTES ? h->len : LINE_MAX_BYTES;

	add_run(out, &s->runs[h->first], is_older(s, h));
	es_buf_adds(out, "  ");
	if (h->last || !s->to_tip)
		add_run(out, &s->runs[h->last], false);
	else
		es_buf_addf(out, " %-24s", "still there");
	es_buf_adds(out, "  ");
	es_quote_term(out, h->path, strlen(h->path));
	if (h->what == ES_SEARCH_TARGET)
		es_buf_adds(out, " -> ");
	else if (h->what == ES_SEARCH_LINE)
		es_buf_addf(out, ":%zu: ", h->line);
	else if (h->what == ES_SEARCH_BINARY)
		es_buf_adds(out, ": binary matches");
	if (h->text)
		es_quote_text(out, h->text, len);
	if (h->cut || len < h->len)
		es_buf_adds(out, "\xe2\x80\xa6");
	es_buf_addc(out, '\n');
}

static void make_text(struct es_buf *out, const struct es_search *s, size_t n)
{
	if (n)
		es_buf_addf(out, " %-24s   %-24s  WHAT\n", "FIRST", "LAST");
	for (size_t i = 0; i < n; i++)
		add_hit(out, s, s->hits[i]);
	if (n < s->n_hits)
		es_buf_addf(out, "… and %zu more\n", s->n_hits - n);
}

/* --- json ----------------------------------------------------------------- */

static void set_run(struct es_doc *hit, const char *key,
		    const struct es_search_run *run)
{
	struct es_doc *obj = es_doc_object(hit, key);
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];

	es_doc_str(obj, "commit", es_oid_text(hex, &run->commit));
	es_doc_str(obj, "time", es_clock_rfc3339(when, run->when));
	es_doc_number(obj, "epoch", run->when);
}

static void set_hit(struct es_doc *list, const struct es_search *s,
		    const struct es_search_hit *h)
{
	struct es_doc *obj = es_doc_push(list);

	es_doc_str(obj, "path", h->path);
	es_doc_str(obj, "what", es_search_what_name(h->what));
	if (h->line)
		es_doc_number(obj, "line", (int64_t)h->line);
	if (h->text)
		es_doc_text(obj, "text", h->text, h->len);
	if (h->cut)
		es_doc_bool(obj, "cut", true);
	if (s->to_tip)
		es_doc_bool(obj, "gone", h->last > 0);
	else
		es_doc_str(obj, "gone", NULL);
	es_doc_bool(obj, "older", is_older(s, h));
	set_run(obj, "first", &s->runs[h->first]);
	set_run(obj, "last", &s->runs[h->last]);
}

static int make_json(struct es_buf *out, const struct es_search *s, size_t n,
		     struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	struct es_doc *list;

	if (!doc)
		return es_fail_oom(err);
	es_doc_number(doc, "runs", (int64_t)s->n_runs);
	es_doc_number(doc, "contents", (int64_t)s->blobs);
	es_doc_number(doc, "hidden", (int64_t)s->hidden);
	es_doc_number(doc, "found", (int64_t)s->n_hits);
	es_doc_bool(doc, "complete", s->dropped == 0 && s->skipped == 0);
	list = es_doc_array(doc, "results");
	for (size_t i = 0; i < n; i++)
		set_hit(list, s, s->hits[i]);
	if (es_doc_check(doc, err) < 0)
		return err->code;
	es_doc_write(doc, out, true);
	return 0;
}

/* --- csv ------------------------------------------------------------------ */

enum column {
	COL_PATH,
	COL_WHAT,
	COL_LINE,
	COL_TEXT,
	COL_GONE,
	COL_OLDER,
	COL_FIRST,
	COL_FIRST_TIME,
	COL_LAST,
	COL_LAST_TIME,
	COLUMNS,
};

static const struct es_column columns[COLUMNS] = {
	[COL_PATH] = { "path", NULL, false, false },
	[COL_WHAT] = { "what", NULL, false, false },
	[COL_LINE] = { "line", NULL, true, false },
	[COL_TEXT] = { "text", NULL, false, false },
	[COL_GONE] = { "gone", NULL, false, false },
	[COL_OLDER] = { "older", NULL, false, false },
	[COL_FIRST] = { "first_commit", NULL, false, false },
	[COL_FIRST_TIME] = { "first_time", NULL, false, false },
	[COL_LAST] = { "last_commit", NULL, false, false },
	[COL_LAST_TIME] = { "last_time", NULL, false, false },
};

static void set_row(struct es_writer *w, const struct es_search *s,
		    const struct es_search_hit *h)
{
	const struct es_search_run *first = &s->runs[h->first];
	const struct es_search_run *last = &s->runs[h->last];
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];

	es_writer_row(w);
	es_writer_str(w, COL_PATH, h->path);
	es_writer_str(w, COL_WHAT, es_search_what_name(h->what));
	if (h->line)
		es_writer_number(w, COL_LINE, (int64_t)h->line);
	es_writer_text(w, COL_TEXT, h->text, h->len);
	if (s->to_tip)
		es_writer_str(w, COL_GONE, h->last ? "yes" : "no");
	es_writer_str(w, COL_OLDER, is_older(s, h) ? "yes" : "no");
	es_writer_str(w, COL_FIRST, es_oid_text(hex, &first->commit));
	es_writer_str(w, COL_FIRST_TIME, es_clock_rfc3339(when, first->when));
	es_writer_str(w, COL_LAST, es_oid_text(hex, &last->commit));
	es_writer_str(w, COL_LAST_TIME, es_clock_rfc3339(when, last->when));
}

static int print_csv(const struct es_search *s, size_t n, struct es_error *err)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;

	if (es_writer_new(&w, ES_FORMAT_CSV, stdout, columns, COLUMNS, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		set_row(w, s, s->hits[i]);
	return es_writer_finish(w, err);
}

/* --- command -------------------------------------------------------------- */

static int print(struct es_call *call, const struct es_search *s, size_t max,
		 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	size_t n = s->n_hits < max ? s->n_hits : max;
	enum es_format format;

	if (es_opt_format(&format, &call->args, err) < 0)
		return err->code;
	es_pager_start(call);
	if (format == ES_FORMAT_CSV)
		return print_csv(s, n, err);
	if (format == ES_FORMAT_TEXT)
		make_text(&out, s, n);
	else if (make_json(&out, s, n, err) < 0)
		return err->code;
	if (es_buf_check(&out, err) < 0)
		return err->code;
	if (out.len && fwrite(out.data, 1, out.len, stdout) != out.len)
		return es_fail_errno(err, "cannot write");
	return 0;
}

/* What was not looked at cannot be said not to be there. */
static void tell_rest(const struct es_call *call, const struct es_search *s)
{
	if (s->dropped)
		fputs("etcsnap: too many results, some are left out; narrow "
		      "it down with --path or --since\n",
		      stderr);
	if (s->skipped)
		fprintf(stderr,
			"etcsnap: %" PRIu64 " lines took too long to match "
			"and were skipped\n",
			s->skipped);
	if (s->hidden && call->verbosity > 0)
		fprintf(stderr,
			"etcsnap: %" PRIu64 " contents must not be shown by "
			"today's rules and were not looked at\n",
			s->hidden);
}

/*
 * Patterns begin with '/', but for those of texts of runs, which have their
 * part's name there.
 */
static int add_glob(struct es_buf *out, const char *text, struct es_error *err)
{
	if (*text != '/' && strncmp(text, "**", 2) != 0) {
		size_t len = strcspn(text, "/*?[{\\");
		static const char *const parts[] = { "commands", "findings",
						     "system" };
		bool known = false;

		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			known |= strlen(parts[i]) == len &&
				 strncmp(parts[i], text, len) == 0;
		if (!known)
			return es_fail_config(
				err,
				"--path takes a pattern that begins with "
				"'/', '**', commands/, findings/ or system/, "
				"not '%s'",
				ES_Q(text));
		es_buf_addc(out, '/');
	}
	es_buf_adds(out, text);
	es_buf_addc(out, '\0');
	return es_buf_check(out, err);
}

/* The patterns of all --path; @room holds them. */
static int read_globs(const char ***out, size_t *n, struct es_buf *room,
		      const struct es_args *a, struct es_error *err)
{
	const char *at;

	*n = 0;
	for (size_t i = 0; i < a->n_values; i++) {
		if (strcmp(a->values[i].opt->name, "path") != 0)
			continue;
		if (add_glob(room, a->values[i].value, err) < 0)
			return err->code;
		++*n;
	}
	*out = calloc(*n + 1, sizeof(**out));
	if (!*out)
		return es_fail_oom(err);
	at = es_buf_str(room);
	for (size_t i = 0; i < *n; i++) {
		(*out)[i] = at;
		at += strlen(at) + 1;
	}
	return 0;
}

static int read_options(struct es_search_options *o, size_t *max,
			struct es_call *call, struct es_error *err)
{
	const struct es_args *a = &call->args;
	const struct es_session *s = call->session;
	const char *count = es_opt_get(a, "max-count");

	*max = SIZE_MAX;
	*o = (struct es_search_options){
		.regex = a->operands[0],
		.patch = { .rules = s->rules,
			   .key = s->has_key ? s->key : NULL },
	};
	if (es_opt_has(a, "ignore-case"))
		o->flags |= ES_SEARCH_IGNORE_CASE;
	if (es_opt_has(a, "fixed-strings"))
		o->flags |= ES_SEARCH_LITERAL;
	if (es_opt_span(&o->since, &o->until, a, err) < 0 ||
	    (count && es_opt_count(max, count, "-n", err) < 0))
		return err->code;
	return 0;
}

static int search(struct es_call *call, struct es_search_options *o, size_t max,
		  struct es_error *err)
{
	ES_CLEANUP(es_search_freep) struct es_search *s = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;

	if (es_rev_tip(&tip, call, err) < 0)
		return err->code;
	o->tip = *es_commit_id(tip);
	if (es_search_new(&s, call->session->store, o, err) < 0 ||
	    print(call, s, max, err) < 0)
		return err->code;
	tell_rest(call, s);
	return s->n_hits ? ES_EXIT_DONE : ES_EXIT_DIFFERENT;
}

static int search_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_freep) const char **globs = NULL;
	struct es_search_options o;
	size_t max, n;

	if (call->args.n_operands != 1)
		return es_fail_config(err, "search takes one expression; "
					   "paths go to --path");
	if (read_options(&o, &max, call, err) < 0 ||
	    read_globs(&globs, &n, &room, &call->args, err) < 0)
		return err->code;
	o.globs = globs;
	o.n_globs = n;
	return search(call, &o, max, err);
}

const struct es_cmd es_cmd_search = {
	.name = "search",
	.args = "[-Fi] [-n N] [-p PATTERN] [-s TIME] [-u TIME] … REGEX",
	.summary = "find text in all that was ever recorded (exit 1: nothing)",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	.table = true,
	ES_OPTS(search_opts),
	.run = search_run,
};
