/* SPDX-License-Identifier: MIT */
/* cmd_blame.c - etcsnap blame: the run of each line, and who was there */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/blame.h"
#include "etcsnap/clock.h"
#include "etcsnap/doc.h"
#include "etcsnap/quote.h"
#include "etcsnap/width.h"

#include <stdlib.h>
#include <string.h>

/* Columns that who was there and what it came with may take in text. */
#define CELL_MAX 32

static const struct es_opt blame_opts[] = {
	{ 0, "at", "REV", "the lines as they were then" },
	{ 0, "format", "FORM", "text, json or csv" },
	{ 0, "json", NULL, "the same as --format json" },
};

/* --- words ---------------------------------------------------------------- */

/* "anna pts/0 198.51.100.7" */
static void add_session(struct es_buf *out, const struct es_login *l)
{
	const char *const parts[] = { l->user, l->line, l->host };
	const char *blank = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!*parts[i])
			continue;
		es_buf_adds(out, blank);
		es_buf_adds(out, parts[i]);
		blank = " ";
	}
}

static void add_sessions(struct es_buf *out, const struct es_blame_run *r)
{
	for (size_t i = 0; i < r->n_sessions; i++) {
		es_buf_adds(out, i ? ", " : "");
		add_session(out, r->sessions[i]);
	}
}

/* "openssh-server 1:9.2p1-3", or with the word for a removal and the like. */
static void add_package(struct es_buf *out, const struct es_blame_run *r)
{
	if (!r->package)
		return;
	es_buf_adds(out, r->package->name);
	if (*r->package->new)
		es_buf_addf(out, " %s", r->package->new);
}

/* --- text ----------------------------------------------------------------- */

enum cell {
	CELL_RUN,
	CELL_TIME,
	CELL_AUTHOR,
	CELL_SESSIONS,
	CELL_PACKAGE,
	CELL_LINE,
	CELLS,
};

static const char *const titles[CELLS] = {
	[CELL_RUN] = "RUN",	      [CELL_TIME] = "TIME",
	[CELL_AUTHOR] = "AUTHOR",     [CELL_SESSIONS] = "LOGGED IN",
	[CELL_PACKAGE] = "CAME WITH", [CELL_LINE] = "LINE",
};

/* A cell of a run, quoted. */
static void make_cell(struct es_buf *out, const struct es_blame_run *r,
		      enum cell cell)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];

	es_buf_reset(out);
	if (cell == CELL_RUN)
		es_buf_addf(&raw, "%s%.7s", r->boundary ? "^" : "",
			    es_oid_text(hex, &r->commit));
	else if (cell == CELL_TIME)
		es_buf_addf(&raw, "%.16s", es_clock_iso(when, r->when));
	else if (cell == CELL_AUTHOR)
		es_buf_adds(&raw, r->author);
	else if (cell == CELL_SESSIONS)
		add_sessions(&raw, r);
	else if (cell == CELL_PACKAGE)
		add_package(&raw, r);
	es_quote_term(out, es_buf_str(&raw), raw.len);
	if (raw.failed)
		out->failed = raw.failed;
}

/* How wide each column is; 0 for one that is empty throughout. */
static void measure(size_t widths[CELLS], const struct es_blame *b)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf cell = ES_BUF_INIT(ES_BUF_MAX);
	size_t n = es_blame_lines(b);

	memset(widths, 0, CELLS * sizeof(*widths));
	for (size_t i = 0; i < es_blame_runs(b); i++) {
		for (int c = 0; c < CELL_LINE; c++) {
			make_cell(&cell, es_blame_run(b, i), (enum cell)c);
			size_t width = es_width(es_buf_str(&cell), cell.len);

			if (width > CELL_MAX)
				width = CELL_MAX;

			if (width > widths[c])
				widths[c] = width;
		}
	}
	for (widths[CELL_LINE] = 1; n >= 10; n /= 10)
		widths[CELL_LINE]++;
	for (int c = 0; c < CELLS; c++)
		if (widths[c] && widths[c] < strlen(titles[c]))
			widths[c] = strlen(titles[c]);
}

static void add_titles(struct es_buf *out, const size_t widths[CELLS])
{
	for (int c = 0; c < CELL_LINE; c++)
		if (widths[c])
			es_buf_addf(out, "%-*s  ", (int)widths[c], titles[c]);
	es_buf_addf(out, "%*s  TEXT\n", (int)widths[CELL_LINE],
		    titles[CELL_LINE]);
}

/* What stands before the lines of each run is made once. */
static int make_fronts(struct es_buf *fronts, const struct es_blame *b,
		       const size_t widths[CELLS])
{
	ES_CLEANUP(es_buf_dispose) struct es_buf cell = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < es_blame_runs(b); i++) {
		fronts[i] = (struct es_buf)ES_BUF_INIT(1 << 16);
		for (int c = 0; c < CELL_LINE; c++) {
			make_cell(&cell, es_blame_run(b, i), (enum cell)c);
			if (widths[c] == 0)
				continue;
			es_width_pad(&fronts[i], es_buf_str(&cell), cell.len,
				     widths[c]);
			es_buf_adds(&fronts[i], "  ");
		}
		if (cell.failed || fronts[i].failed)
			return -1;
	}
	return 0;
}

static void add_lines(struct es_buf *out, const struct es_blame *b,
		      const struct es_buf *fronts, const size_t widths[CELLS])
{
	add_titles(out, widths);
	for (size_t i = 0; i < es_blame_lines(b); i++) {
		const struct es_blame_line *line = es_blame_line(b, i);
		const struct es_buf *front = &fronts[line->run];

		es_buf_add(out, front->data, front->len);
		es_buf_addf(out, "%*zu  ", (int)widths[CELL_LINE], i + 1);
		es_quote_text(out, line->text, line->len);
		es_buf_addc(out, '\n');
	}
}

static int make_text(struct es_buf *out, const struct es_blame *b,
		     struct es_error *err)
{
	const size_t n = es_blame_runs(b);
	ES_CLEANUP(es_freep) struct es_buf *fronts = NULL;
	size_t widths[CELLS];
	int rc;

	if (es_blame_lines(b) == 0)
		return 0;
	fronts = calloc(n, sizeof(*fronts));
	if (!fronts)
		return es_fail_oom(err);
	measure(widths, b);
	rc = make_fronts(fronts, b, widths);
	if (rc == 0)
		add_lines(out, b, fronts, widths);
	for (size_t i = 0; i < n; i++)
		es_buf_dispose(&fronts[i]);
	return rc < 0 ? es_fail_oom(err) : es_buf_check(out, err);
}

/* --- json ----------------------------------------------------------------- */

static void set_known(struct es_doc *obj, const char *key, const char *text)
{
	if (text && *text)
		es_doc_str(obj, key, text);
}

static void set_run(struct es_doc *list, const struct es_blame_run *r)
{
	struct es_doc *obj = es_doc_push(list);
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];
	struct es_doc *sessions;

	es_doc_str(obj, "commit", es_oid_text(hex, &r->commit));
	es_doc_str(obj, "time", es_clock_rfc3339(when, r->when));
	es_doc_number(obj, "epoch", r->when);
	es_doc_bool(obj, "boundary", r->boundary);
	es_doc_str(obj, "author", r->author);
	set_known(obj, "trigger", r->trigger);
	es_doc_str(obj, "subject", r->subject);
	es_doc_str(obj, "path", r->path);
	if (r->changed)
		es_doc_str(obj, "changed", es_clock_rfc3339(when, r->changed));
	sessions = es_doc_array(obj, "sessions");
	for (size_t i = 0; i < r->n_sessions; i++)
		es_login_doc(es_doc_push(sessions), r->sessions[i]);
	if (r->package)
		es_package_op_doc(es_doc_object(obj, "package"), r->package);
	set_known(obj, "process", r->process);
	es_doc_number(obj, "lines", (int64_t)r->lines);
}

static int make_json(struct es_buf *out, const struct es_blame *b,
		     const char *path, const struct es_oid *commit,
		     struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	char hex[ES_OID_HEX + 1];
	struct es_doc *list;

	if (!doc)
		return es_fail_oom(err);
	es_doc_str(doc, "path", path);
	es_doc_str(doc, "commit", es_oid_text(hex, commit));
	list = es_doc_array(doc, "runs");
	for (size_t i = 0; i < es_blame_runs(b); i++)
		set_run(list, es_blame_run(b, i));
	list = es_doc_array(doc, "lines");
	for (size_t i = 0; i < es_blame_lines(b); i++) {
		const struct es_blame_line *line = es_blame_line(b, i);
		struct es_doc *obj = es_doc_push(list);

		es_doc_number(obj, "line", (int64_t)i + 1);
		es_doc_number(obj, "run", (int64_t)line->run);
		es_doc_number(obj, "was", (int64_t)line->was);
		es_doc_text(obj, "text", line->text, line->len);
	}
	if (es_doc_check(doc, err) < 0)
		return err->code;
	es_doc_write(doc, out, true);
	return es_buf_check(out, err);
}

/* --- csv ------------------------------------------------------------------ */

enum column {
	COL_LINE,
	COL_COMMIT,
	COL_BOUNDARY,
	COL_TIME,
	COL_AUTHOR,
	COL_TRIGGER,
	COL_SESSIONS,
	COL_PACKAGE,
	COL_PROCESS,
	COL_PATH,
	COL_WAS,
	COL_TEXT,
	COLUMNS,
};

static const struct es_column columns[COLUMNS] = {
	[COL_LINE] = { "line", NULL, true, false },
	[COL_COMMIT] = { "commit", NULL, false, false },
	[COL_BOUNDARY] = { "boundary", NULL, false, false },
	[COL_TIME] = { "time", NULL, false, false },
	[COL_AUTHOR] = { "author", NULL, false, false },
	[COL_TRIGGER] = { "trigger", NULL, false, false },
	[COL_SESSIONS] = { "sessions", NULL, false, false },
	[COL_PACKAGE] = { "package", NULL, false, false },
	[COL_PROCESS] = { "process", NULL, false, false },
	[COL_PATH] = { "path", NULL, false, false },
	[COL_WAS] = { "was", NULL, true, false },
	[COL_TEXT] = { "text", NULL, false, false },
};

static void set_row(struct es_writer *w, const struct es_blame *b, size_t i)
{
	const struct es_blame_line *line = es_blame_line(b, i);
	const struct es_blame_run *r = es_blame_run(b, line->run);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];

	es_writer_row(w);
	es_writer_number(w, COL_LINE, (int64_t)i + 1);
	es_writer_str(w, COL_COMMIT, es_oid_text(hex, &r->commit));
	es_writer_str(w, COL_BOUNDARY, r->boundary ? "yes" : "no");
	es_writer_str(w, COL_TIME, es_clock_rfc3339(when, r->when));
	es_writer_str(w, COL_AUTHOR, r->author);
	es_writer_str(w, COL_TRIGGER, r->trigger);
	add_sessions(&text, r);
	es_writer_text(w, COL_SESSIONS, es_buf_str(&text), text.len);
	es_buf_reset(&text);
	add_package(&text, r);
	es_writer_text(w, COL_PACKAGE, es_buf_str(&text), text.len);
	es_writer_str(w, COL_PROCESS, r->process);
	es_writer_str(w, COL_PATH, r->path);
	es_writer_number(w, COL_WAS, (int64_t)line->was);
	es_writer_text(w, COL_TEXT, line->text, line->len);
}

static int print_csv(const struct es_blame *b, struct es_error *err)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;

	if (es_writer_new(&w, ES_FORMAT_CSV, stdout, columns, COLUMNS, err) < 0)
		return err->code;
	for (size_t i = 0; i < es_blame_lines(b); i++)
		set_row(w, b, i);
	return es_writer_finish(w, err);
}

/* --- command -------------------------------------------------------------- */

static int print(struct es_call *call, const struct es_blame *b,
		 const char *path, const struct es_oid *commit,
		 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	enum es_format format;
	int rc;

	if (es_opt_format(&format, &call->args, err) < 0)
		return err->code;
	es_pager_start(call);
	if (format == ES_FORMAT_CSV)
		return print_csv(b, err);
	rc = format == ES_FORMAT_JSON ? make_json(&out, b, path, commit, err)
				      : make_text(&out, b, err);
	if (rc < 0)
		return rc;
	if (out.len && fwrite(out.data, 1, out.len, stdout) != out.len)
		return es_fail_errno(err, "cannot write");
	return ES_EXIT_DONE;
}

static int blame_path(struct es_call *call, const char *path,
		      const struct es_commit *c, struct es_error *err)
{
	ES_CLEANUP(es_blame_freep) struct es_blame *b = NULL;
	const struct es_session *s = call->session;
	const struct es_patch_options o = {
		.rules = s->rules,
		.key = s->has_key ? s->key : NULL,
	};

	if (es_blame_new(&b, s->store, es_commit_id(c), path, &o, err) < 0)
		return err->code;
	return print(call, b, path, es_commit_id(c), err);
}

static int blame_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *run = NULL;
	const struct es_args *a = &call->args;
	const char *at = es_opt_get(a, "at");
	char **paths = NULL;
	size_t n = 0;
	int rc;

	if (a->n_operands != 1)
		return es_fail_config(err, "blame takes one path");
	rc = at ? es_rev_run(&run, call, at,
			     "--at takes a revision; the path is an operand of "
			     "its own",
			     err)
		: es_rev_tip(&run, call, err);
	if (rc == 0)
		rc = es_rev_paths(&paths, &n, a->operands, 1, err);
	if (rc == 0)
		rc = blame_path(call, paths[0], run, err);
	es_rev_paths_free(paths, n);
	return rc;
}

const struct es_cmd es_cmd_blame = {
	.name = "blame",
	.args = "[--at REV] [--format FORM] PATH",
	.summary = "which run each line came with, and who was there",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	.table = true,
	ES_OPTS(blame_opts),
	.run = blame_run,
};
