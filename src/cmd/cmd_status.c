/* SPDX-License-Identifier: MIT */
/* cmd_status.c - etcsnap status: what differs now, and how old the news are */
#include "config.h"

#include "cmd/status.h"
#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/replace.h"

#include <string.h>

/* Paths that the text names before the rest is only counted. */
#define NAMED_MAX 20
/* As wide as the words that lines begin with. */
#define INDENT "             "

static const struct es_opt status_opts[] = {
	{ 0, "max-age", "DURATION", "exit 1 when the last run is older" },
	{ 'f', "full", NULL, "read every file again" },
	{ 0, "format", "FORM", "text, json or prometheus" },
	{ 0, "json", NULL, "the same as --format json" },
	{ 'o', "output", "FILE", "write there instead, whole or not at all" },
};

/* What status found out. */
struct status {
	const struct es_session *session;
	const struct es_cycle_result *result;
	const struct es_commit *tip;
	int64_t now;
	const struct es_doc *facts; /* channels, findings */
	int64_t last_run;	    /* 0: none known */
	bool stale;
};

/* To where -o says, seen by others only when it is whole. */
static int emit(const struct es_call *call, const struct es_buf *b,
		struct es_error *err)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };
	const char *file = es_opt_get(&call->args, "output");

	if (es_buf_check(b, err) < 0)
		return err->code;
	if (!file) {
		fputs(es_buf_str(b), stdout);
		return 0;
	}
	if (es_replace_begin(&r, file, 0644, err) < 0)
		return err->code;
	fputs(es_buf_str(b), r.file);
	return es_replace_commit(&r, err);
}

static void make_doc(struct es_doc *doc, const struct status *s)
{
	const struct es_delta *d = s->result->delta;
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];
	struct es_doc *list;

	es_doc_str(doc, "host", s->session->host);
	es_doc_text(doc, "repository", s->session->repo_path,
		    strlen(s->session->repo_path));
	es_doc_str(doc, "commit", es_oid_text(hex, es_commit_id(s->tip)));
	es_doc_str(doc, "commit_time",
		   es_clock_rfc3339(when, es_commit_time(s->tip)));
	es_doc_str(doc, "last_run",
		   s->last_run ? es_clock_rfc3339(when, s->last_run) : NULL);
	es_doc_number(doc, "age", s->last_run ? s->now - s->last_run : -1);
	es_doc_bool(doc, "stale", s->stale);
	es_doc_number(doc, "unread", (int64_t)s->result->totals.unread);
	list = es_doc_array(doc, "changes");
	for (size_t i = 0; d && i < es_delta_count(d); i++) {
		const struct es_change *c = es_delta_at(d, i);
		struct es_doc *o = es_doc_push(list);

		es_doc_text(o, "path", c->path, c->len);
		if (c->from)
			es_doc_str(o, "from", c->from);
		es_doc_str(o, "kind", es_change_kind_name(c->kind));
	}
}

static int make_json(struct es_buf *out, const struct status *s,
		     struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();

	if (!doc)
		return es_fail_oom(err);
	make_doc(doc, s);
	es_doc_set(doc, "channels", es_doc_get(s->facts, "channels"));
	es_doc_set(doc, "findings", es_doc_get(s->facts, "findings"));
	if (es_doc_check(doc, err) < 0)
		return err->code;
	return es_doc_write(doc, out, true);
}

/* When it is tried again, for people. */
static void add_next(struct es_buf *b, const struct status *s, const char *time)
{
	struct es_error ignored = ES_ERROR_INIT;
	char when[ES_TIME_LEN];
	int64_t sec;

	if (es_clock_parse(&sec, time, s->now, &ignored) == 0)
		es_buf_addf(b, ", next at %s", es_clock_iso(when, sec));
}

/* "refused, 2 runs not yet told, 1 try in vain, next at 2026-05-01 12:00:00" */
static void add_channel(struct es_buf *b, const struct status *s,
			const struct es_doc *c)
{
	const int64_t backlog = es_doc_get_number(c, "backlog", 0);
	const int64_t tries = es_doc_get_number(c, "attempts", 0);
	const bool refused = es_doc_get_bool(c, "refused");
	const char *error = es_doc_get_str(c, "last_error");
	const char *lacks = es_doc_get_str(c, "lacks");
	const char *next = es_doc_get_str(c, tries ? "next_try" : "next_time");

	es_buf_addf(b, "channel      %s: %s", ES_Q(es_doc_get_str(c, "name")),
		    refused ? "refused, " : "");
	es_buf_addf(b, "%lld run%s not yet told%s", (long long)backlog,
		    backlog == 1 ? "" : "s",
		    es_doc_get_bool(c, "skipped") ? ", others were pruned"
						  : "");
	if (tries)
		es_buf_addf(b, ", %lld tr%s in vain", (long long)tries,
			    tries == 1 ? "y" : "ies");
	if (next)
		add_next(b, s, next);
	if (lacks)
		es_buf_addf(b, ", not from here: no %s", lacks);
	es_buf_addc(b, '\n');
	if (error) {
		es_buf_adds(b, INDENT);
		es_quote_text(b, error, strlen(error));
		es_buf_addc(b, '\n');
	}
}

/* Channels that a person should know of: those with something to tell. */
static void add_channels(struct es_buf *b, const struct status *s)
{
	const struct es_doc *list = es_doc_get(s->facts, "channels");
	const struct es_doc *c;

	for (size_t i = 0; list && (c = es_doc_at(list, i)) != NULL; i++)
		if (es_doc_get_number(c, "backlog", 0) ||
		    es_doc_get_number(c, "attempts", 0) ||
		    es_doc_get_bool(c, "refused") ||
		    !es_doc_is_null(c, "lacks"))
			add_channel(b, s, c);
}

static void make_text(struct es_buf *b, const struct status *s)
{
	const struct es_delta *d = s->result->delta;
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];
	size_t n = d ? es_delta_count(d) : 0;

	es_buf_addf(b, "last change  %.7s  %s\n",
		    es_oid_text(hex, es_commit_id(s->tip)),
		    es_clock_iso(when, es_commit_time(s->tip)));
	if (s->last_run)
		es_buf_addf(b, "last run     %s%s\n",
			    es_clock_ago(when, s->last_run, s->now),
			    s->stale ? ", too long ago" : "");
	else
		es_buf_adds(b, "last run     never ended well\n");
	if (s->result->totals.unread)
		es_buf_addf(b, "unreadable   %llu paths\n",
			    (unsigned long long)s->result->totals.unread);
	add_channels(b, s);
	if (n == 0)
		es_buf_adds(b, "nothing differs from the last change\n");
	for (size_t i = 0; i < n && i < NAMED_MAX; i++) {
		const struct es_change *c = es_delta_at(d, i);

		es_buf_addf(b, "  %-10s ", es_change_kind_name(c->kind));
		if (c->from) {
			es_quote_term(b, c->from, strlen(c->from));
			es_buf_adds(b, " -> ");
		}
		es_quote_term(b, c->path, c->len);
		es_buf_addc(b, '\n');
	}
	if (n > NAMED_MAX)
		es_buf_addf(b, "  … %zu more ('etcsnap diff' shows all)\n",
			    n - NAMED_MAX);
}

static int look(struct es_cycle_result *r, struct es_call *call,
		struct es_error *err)
{
	struct es_progress progress;
	struct es_cycle_options o = {
		.dry = true,
		.full = es_opt_has(&call->args, "full"),
		.trigger = "status",
		.progress = es_progress_step,
		.payload = &progress,
	};
	int rc;

	es_progress_begin(&progress, call);
	rc = es_cycle_run(r, call->session, &o, err);
	es_progress_end(&progress);
	return rc;
}

/* Of what is recorded alone: asked for every minute, it costs nothing. */
static int metrics(struct es_call *call, const struct es_commit *tip,
		   struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (es_opt_has(&call->args, "full") ||
	    es_opt_has(&call->args, "max-age"))
		return es_fail_config(err, "metrics tell of the last run; "
					   "--full and --max-age go with the "
					   "formats text and json");
	if (es_status_prometheus(&b, call->session, tip, err) < 0 ||
	    emit(call, &b, err) < 0)
		return err->code;
	return ES_EXIT_DONE;
}

static int report(struct es_call *call, const struct es_commit *tip,
		  enum es_format format, int64_t limit, struct es_error *err)
{
	ES_CLEANUP(es_cycle_dispose) struct es_cycle_result r = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *facts = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	int refused;

	if (!facts)
		return es_fail_oom(err);
	if (look(&r, call, err) < 0)
		return err->code;
	refused = es_status_facts(facts, call->session, tip, err);
	if (refused < 0)
		return refused;

	struct status s = {
		.session = call->session,
		.result = &r,
		.tip = tip,
		.facts = facts,
		.now = es_clock_now().tv_sec,
		.last_run = es_store_last_run(call->session->store),
	};

	s.stale = limit >= 0 && (!s.last_run || s.now - s.last_run > limit);
	if (format != ES_FORMAT_JSON)
		make_text(&b, &s);
	else if (make_json(&b, &s, err) < 0)
		return err->code;
	if (emit(call, &b, err) < 0)
		return err->code;
	return r.changed || s.stale || refused ? ES_EXIT_DIFFERENT
					       : ES_EXIT_DONE;
}

static int status_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	const char *max = es_opt_get(&call->args, "max-age");
	const char *form = es_opt_get(&call->args, "format");
	enum es_format format = ES_FORMAT_TEXT;
	const bool is_metrics = form && strcmp(form, "prometheus") == 0;
	int64_t limit = -1;

	if (call->args.n_operands > 0)
		return es_fail_config(err, "status takes no operands; 'etcsnap "
					   "diff PATH' looks at one path");
	if (!is_metrics && es_opt_format(&format, &call->args, err) < 0)
		return err->code;
	if (format == ES_FORMAT_CSV)
		return es_fail_config(err, "status takes the formats text, "
					   "json and prometheus, not csv");
	if ((max && es_clock_duration(&limit, max, err) < 0) ||
	    es_rev_tip(&tip, call, err) < 0)
		return err->code;
	return is_metrics ? metrics(call, tip, err)
			  : report(call, tip, format, limit, err);
}

const struct es_cmd es_cmd_status = {
	.name = "status",
	.args = "[-f] [--max-age DURATION] [--format FORM] [-o FILE]",
	.summary = "what differs from the last commit now (exit 1 if any)",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	ES_OPTS(status_opts),
	.run = status_run,
};
