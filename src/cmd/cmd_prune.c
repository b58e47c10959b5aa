/* SPDX-License-Identifier: MIT */
/* cmd_prune.c - etcsnap prune: let go what retention no longer keeps */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/retention.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct es_opt prune_opts[] = {
	{ 'n', "dry-run", NULL, "only say what would go" },
	{ 'w', "wait", "SECONDS", "wait so long for a run to end" },
	{ 0, "format", "FORM", "text, json or csv" },
	{ 0, "json", NULL, "the same as --format json" },
};

enum column {
	COL_NAME,
	COL_RULE,
	COL_KEEP,
	COL_DROP,
	COL_OLDEST,
	COL_BYTES,
	COL_NOTE,
	COLUMNS,
};

static const struct es_column columns[COLUMNS] = {
	[COL_NAME] = { "name", "WHAT", false, false },
	[COL_RULE] = { "rule", "RULE", false, false },
	[COL_KEEP] = { "keep", "KEEP", true, false },
	[COL_DROP] = { "drop", "DROP", true, false },
	[COL_OLDEST] = { "oldest", "OLDEST", false, false },
	[COL_BYTES] = { "bytes", "BYTES", true, false },
	[COL_NOTE] = { "note", "NOTE", false, true },
};

static void print_time(struct es_writer *w, int64_t when, enum es_format format)
{
	char text[ES_TIME_LEN];

	if (!when)
		return;
	if (format != ES_FORMAT_TEXT) {
		es_writer_str(w, COL_OLDEST, es_clock_rfc3339(text, when));
		return;
	}
	/* the day is enough for people */
	es_clock_iso(text, when);
	es_writer_text(w, COL_OLDEST, text,
		       *text == '@' ? strlen(text) : strcspn(text, " "));
}

static void print_row(struct es_writer *w, const struct es_prune_row *row,
		      enum es_format format)
{
	es_writer_row(w);
	es_writer_str(w, COL_NAME, row->name);
	es_writer_str(w, COL_RULE, row->rule);
	if (row->keep)
		es_writer_number(w, COL_KEEP, (int64_t)row->keep);
	es_writer_number(w, COL_DROP, (int64_t)row->drop);
	print_time(w, row->oldest, format);
	es_writer_number(w, COL_BYTES, (int64_t)row->freed);
	es_writer_str(w, COL_NOTE, row->note);
}

static void print_sum(struct es_writer *w, const char *name, uint64_t bytes,
		      const char *note)
{
	es_writer_row(w);
	es_writer_str(w, COL_NAME, name);
	es_writer_number(w, COL_BYTES, (int64_t)bytes);
	es_writer_str(w, COL_NOTE, note);
}

static void print_sums(struct es_writer *w, const struct es_prune_result *r)
{
	const struct es_repack_totals *t = &r->totals;

	es_writer_row(w);
	es_writer_str(w, COL_NAME, "objects");
	es_writer_number(w, COL_KEEP, (int64_t)t->objects);
	es_writer_number(w, COL_DROP, (int64_t)t->dropped);
	es_writer_number(w, COL_BYTES, (int64_t)t->freed);
	print_sum(w, "before", t->before, "all objects as they were stored");
	print_sum(w, "after", t->after,
		  r->over ? "more than max_repo_size" : "");
	if (t->waiting)
		print_sum(w, "waiting", t->waiting,
			  "replaced, removed by a prune a day later");
	if (t->removed)
		print_sum(w, "removed", t->removed, "had waited");
}

static int print(const struct es_prune_result *r, enum es_format format,
		 struct es_error *err)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;

	if (es_writer_new(&w, format, stdout, columns, COLUMNS, err) < 0)
		return err->code;
	for (size_t i = 0; i < r->n_rows; i++)
		print_row(w, &r->rows[i], format);
	if (r->done)
		print_sums(w, r);
	return es_writer_finish(w, err);
}

/* What is over must be told of before it is cut. */
static int resolve(struct es_call *call, int64_t now, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	const struct es_session *s = call->session;
	const struct es_resolutions_options options = {
		.host = s->host,
		.signer = s->signer,
		.now = now,
		.all = true,
	};

	if (es_rev_tip(&tip, call, err) < 0)
		return err->code;
	return es_resolutions_update(s->store, tip, &options, err);
}

static int lock(struct es_call *call, struct es_error *err)
{
	const char *wait = es_opt_get(&call->args, "wait");
	struct es_conf *conf = call->session->conf;

	if (wait &&
	    es_conf_set(conf, ES_CONF_COLLECT_WAIT, wait, "--wait", err) < 0)
		return err->code;
	return es_store_lock(
		call->session->store,
		(unsigned int)es_conf_number(conf, ES_CONF_COLLECT_WAIT), err);
}

static int prune_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_prune_dispose) struct es_prune_result r = { 0 };
	struct es_prune_options o = {
		.now = es_clock_now().tv_sec,
		.dry = es_opt_has(&call->args, "dry-run"),
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf size = ES_BUF_INIT(4096);
	const bool asked = es_opt_has(&call->args, "json") ||
			   es_opt_has(&call->args, "format");
	enum es_format format;

	if (call->args.n_operands > 0)
		return es_fail_config(err, "prune takes no operands");
	if (es_opt_format(&format, &call->args, err) < 0 || lock(call, err) < 0)
		return err->code;
	/* cron is to mail nothing */
	o.detail = o.dry || asked || call->verbosity > 0 ||
		   (call->verbosity == 0 && isatty(STDOUT_FILENO));
	if ((!o.dry && resolve(call, o.now, err) < 0) ||
	    es_retention_prune(&r, call->session->store, call->session->conf,
			       &o, err) < 0)
		return err->code;
	if (r.over) {
		es_prune_tell_size(&size, &r);
		fprintf(stderr, "etcsnap: %s\n", es_buf_str(&size));
	}
	return o.detail ? print(&r, format, err) : ES_EXIT_DONE;
}

const struct es_cmd es_cmd_prune = {
	.name = "prune",
	.args = "[-n] [-w SECONDS] [--format FORM]",
	.summary = "let go what is older than retention keeps",
	.needs = ES_NEED_STORE,
	.writes = true,
	ES_OPTS(prune_opts),
	.run = prune_run,
};
