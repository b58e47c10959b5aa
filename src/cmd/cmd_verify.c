/* SPDX-License-Identifier: MIT */
/* cmd_verify.c - etcsnap verify: the repository whole, the machine as told */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct es_opt verify_opts[] = {
	{ 0, "live", NULL, "the machine against the tip, all read again" },
	{ 0, "packages", NULL, "installed files against their packages" },
	{ 0, "history", NULL, "only chain, signatures and references" },
	{ 'a', "all", NULL, "everything, and tell every finding" },
	{ 0, "anchors", "FILE", "commit ids in mails or lists: on the chain?" },
	{ 's', "since", "TIME", "no signatures of commits before TIME" },
	{ 0, "format", "FORM", "text, json or csv" },
	{ 0, "json", NULL, "the same as --format json" },
};

enum column {
	COL_LEVEL,
	COL_KIND,
	COL_NAME,
	COL_PROBLEM,
	COL_ADVICE,
	COLUMNS,
};

static const struct es_column columns[COLUMNS] = {
	[COL_LEVEL] = { "level", "LEVEL", false, false },
	[COL_KIND] = { "kind", "KIND", false, false },
	[COL_NAME] = { "name", "NAME", false, false },
	[COL_PROBLEM] = { "problem", "PROBLEM", false, true },
	[COL_ADVICE] = { "advice", NULL, false, false },
};

struct job {
	struct es_call *call;
	struct es_verify_options o;
	struct es_verify_totals totals;
	enum es_format format;
	struct es_writer *rows; /* JSON and CSV */
	struct es_progress progress;
	const char **anchors; /* owned */
};

static void job_dispose(struct job *j)
{
	es_writer_free(j->rows);
	free(j->anchors);
}

/* ----------------------------------------------------------------- findings */

static void print_text(const struct es_verify_finding *f)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	es_buf_addf(&b, "%s: ", es_verify_level_name(f->level));
	if (f->len > 0) {
		es_buf_addf(&b, "%s ", f->kind);
		es_quote_term(&b, f->name, f->len);
		es_buf_adds(&b, ": ");
	}
	es_buf_adds(&b, f->problem);
	if (f->advice)
		es_buf_addf(&b, "; %s", f->advice);
	puts(es_buf_str(&b));
}

static void found(void *payload, const struct es_verify_finding *f)
{
	struct job *j = payload;

	/* notes are for who asks for more */
	if (f->level == ES_VERIFY_NOTE && j->format == ES_FORMAT_TEXT &&
	    j->call->verbosity < 1 && !j->o.all)
		return;
	if (!j->rows) {
		print_text(f);
		return;
	}
	es_writer_row(j->rows);
	es_writer_str(j->rows, COL_LEVEL, es_verify_level_name(f->level));
	es_writer_str(j->rows, COL_KIND, f->kind);
	es_writer_text(j->rows, COL_NAME, f->name, f->len);
	es_writer_str(j->rows, COL_PROBLEM, f->problem);
	es_writer_str(j->rows, COL_ADVICE, f->advice);
}

static void progress(void *payload, uint64_t n, uint64_t bytes)
{
	struct job *j = payload;

	es_progress_step(&j->progress, n, bytes);
}

/* ------------------------------------------------------------------ summary */

static void add_number(struct es_buf *b, uint64_t n, const char *one,
		       const char *many)
{
	es_buf_addf(b, "%s%llu %s", b->len ? ", " : "", (unsigned long long)n,
		    n == 1 ? one : many);
}

static void add_repository(struct es_buf *b, const struct es_verify_totals *t,
			   unsigned int what)
{
	if (what & ES_VERIFY_OBJECTS) {
		add_number(b, t->objects, "object", "objects");
		es_buf_addf(b, " (%llu KiB)",
			    (unsigned long long)(t->stored + 1023) / 1024);
		add_number(b, t->packs, "pack", "packs");
		add_number(b, t->manifests, "manifest", "manifests");
	}
	if (what & (ES_VERIFY_OBJECTS | ES_VERIFY_HISTORY)) {
		add_number(b, t->chain, "run on main", "runs on main");
		add_number(b, t->signed_good, "good signature",
			   "good signatures");
	}
	if (what & ES_VERIFY_OBJECTS) {
		add_number(b, t->rows, "row of the state", "rows of the state");
		if (t->garbage)
			add_number(b, t->garbage,
				   "object that nothing refers to",
				   "objects that nothing refers to");
	}
}

static void print_summary(const struct job *j)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	const struct es_verify_totals *t = &j->totals;

	add_repository(&b, t, j->o.what);
	if (j->o.n_anchors > 0) {
		add_number(&b, t->anchors, "anchor", "anchors");
		if (t->cut)
			es_buf_addf(&b,
				    " (%llu older than the history that is "
				    "kept)",
				    (unsigned long long)t->cut);
	}
	if (j->o.what & ES_VERIFY_LIVE)
		add_number(&b, t->live, "entry read again",
			   "entries read again");
	if (j->o.what & ES_VERIFY_PACKAGES)
		add_number(&b, t->packaged, "file of packages",
			   "files of packages");
	es_buf_addf(&b, ": %s",
		    t->levels[ES_VERIFY_BAD]	   ? "NOT as it must be"
		    : t->levels[ES_VERIFY_WARNING] ? "sound, with warnings"
						   : "all good");
	puts(es_buf_str(&b));
}

/* ------------------------------------------------------------------ options */

static int read_anchors(struct job *j, struct es_error *err)
{
	const struct es_args *a = &j->call->args;

	j->anchors = calloc(a->n_values + 1, sizeof(*j->anchors));
	if (!j->anchors)
		return es_fail_oom(err);
	for (size_t i = 0; i < a->n_values; i++)
		if (strcmp(a->values[i].opt->name, "anchors") == 0)
			j->anchors[j->o.n_anchors++] = a->values[i].value;
	j->o.anchors = j->anchors;
	return 0;
}

/* Each option asks for a part; none of them for the repository. */
static unsigned int what_of(const struct job *j)
{
	const struct es_args *a = &j->call->args;
	const unsigned int repository = ES_VERIFY_OBJECTS | ES_VERIFY_HISTORY;
	unsigned int what = 0;

	if (es_opt_has(a, "live"))
		what |= ES_VERIFY_LIVE;
	if (es_opt_has(a, "packages"))
		what |= ES_VERIFY_PACKAGES;
	if (es_opt_has(a, "history") || j->o.n_anchors > 0)
		what |= ES_VERIFY_HISTORY;
	if (es_opt_has(a, "all"))
		what = repository | ES_VERIFY_LIVE | ES_VERIFY_PACKAGES;
	return what ? what : repository;
}

static int read_options(struct job *j, struct es_error *err)
{
	const struct es_args *a = &j->call->args;
	const char *since = es_opt_get(a, "since");

	if (a->n_operands > 0)
		return es_fail_config(err, "verify takes no operands; "
					   "'etcsnap diff PATH' looks at one "
					   "path");
	if (es_opt_format(&j->format, a, err) < 0 || read_anchors(j, err) < 0)
		return err->code;
	j->o.since = INT64_MIN;
	if (since &&
	    es_clock_parse(&j->o.since, since, es_clock_now().tv_sec, err) < 0)
		return err->code;
	j->o.all = es_opt_has(a, "all");
	j->o.what = what_of(j);
	j->o.found = found;
	j->o.progress = progress;
	j->o.payload = j;
	return 0;
}

/* Rules and the secret key are for --live alone: a repository must be looked
 * at also where the configuration or the key are gone. */
static int need_rules(struct job *j, struct es_error *err)
{
	struct es_session *s = NULL;

	if (!(j->o.what & ES_VERIFY_LIVE))
		return 0;
	if (es_session_new(&s, &j->call->where,
			   ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
			   err) < 0)
		return err->code;
	es_session_free(j->call->session);
	j->call->session = s;
	return 0;
}

static int verify_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(job_dispose) struct job j = { .call = call };
	int rc;

	if (read_options(&j, err) < 0 || need_rules(&j, err) < 0)
		return err->code;
	if (j.format != ES_FORMAT_TEXT &&
	    es_writer_new(&j.rows, j.format, stdout, columns, COLUMNS, err) < 0)
		return err->code;
	es_progress_begin(&j.progress, call);
	rc = es_verify_run(&j.totals, call->session, &j.o, err);
	es_progress_end(&j.progress);
	if (rc < 0 || (j.rows && es_writer_finish(j.rows, err) < 0))
		return err->code;
	if (!j.rows && call->verbosity >= 0)
		print_summary(&j);
	return j.totals.levels[ES_VERIFY_BAD] ? ES_EXIT_DIFFERENT
					      : ES_EXIT_DONE;
}

const struct es_cmd es_cmd_verify = {
	.name = "verify",
	.args = "[-a] [--live] [--packages] [--history] [--anchors FILE] …",
	.summary = "is the repository whole, and the machine as it says",
	.needs = ES_NEED_STORE,
	ES_OPTS(verify_opts),
	.run = verify_run,
};
