/* SPDX-License-Identifier: MIT */
/* cmd_status.c - etcsnap status: what differs now, and how old the news are */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/doc.h"
#include "etcsnap/quote.h"

#include <string.h>

/* Paths that the text names before the rest is only counted. */
#define NAMED_MAX 20

static const struct es_opt status_opts[] = {
	{ 0, "max-age", "DURATION", "exit 1 when the last run is older" },
	{ 'f', "full", NULL, "read every file again" },
	{ 0, "format", "FORM", "text or json" },
	{ 0, "json", NULL, "the same as --format json" },
};

/* What status found out. */
struct status {
	const struct es_session *session;
	const struct es_cycle_result *result;
	const struct es_commit *tip;
	int64_t now;
	int64_t last_run; /* 0: none known */
	bool stale;
};

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
			es_doc_text(o, "from", c->from, strlen(c->from));
		es_doc_str(o, "kind", es_change_kind_name(c->kind));
	}
}

static int print_json(const struct status *s, struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (!doc)
		return es_fail_oom(err);
	make_doc(doc, s);
	if (es_doc_check(doc, err) < 0)
		return err->code;
	es_doc_write(doc, &b, true);
	if (es_buf_check(&b, err) < 0)
		return err->code;
	fputs(es_buf_str(&b), stdout);
	return 0;
}

static int print_text(const struct status *s, struct es_error *err)
{
	const struct es_delta *d = s->result->delta;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];
	char when[ES_TIME_LEN];
	size_t n = d ? es_delta_count(d) : 0;

	es_buf_addf(&b, "last change  %.7s  %s\n",
		    es_oid_text(hex, es_commit_id(s->tip)),
		    es_clock_iso(when, es_commit_time(s->tip)));
	if (s->last_run)
		es_buf_addf(&b, "last run     %s%s\n",
			    es_clock_ago(when, s->last_run, s->now),
			    s->stale ? ", too long ago" : "");
	else
		es_buf_adds(&b, "last run     never ended well\n");
	if (s->result->totals.unread)
		es_buf_addf(&b, "unreadable   %llu paths\n",
			    (unsigned long long)s->result->totals.unread);
	if (n == 0)
		es_buf_adds(&b, "nothing differs from the last change\n");
	for (size_t i = 0; i < n && i < NAMED_MAX; i++) {
		const struct es_change *c = es_delta_at(d, i);

		es_buf_addf(&b, "  %-10s ", es_change_kind_name(c->kind));
		if (c->from) {
			es_quote_term(&b, c->from, strlen(c->from));
			es_buf_adds(&b, " -> ");
		}
		es_quote_term(&b, c->path, c->len);
		es_buf_addc(&b, '\n');
	}
	if (n > NAMED_MAX)
		es_buf_addf(&b, "  … %zu more ('etcsnap diff' shows all)\n",
			    n - NAMED_MAX);
	if (es_buf_check(&b, err) < 0)
		return err->code;
	fputs(es_buf_str(&b), stdout);
	return 0;
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

static int status_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	ES_CLEANUP(es_cycle_dispose) struct es_cycle_result r = { 0 };
	const char *max = es_opt_get(&call->args, "max-age");
	enum es_format format;
	int64_t limit = 0;
	int rc;

	if (call->args.n_operands > 0)
		return es_fail_config(err, "status takes no operands; 'etcsnap "
					   "diff PATH' looks at one path");
	if (es_opt_format(&format, &call->args, err) < 0)
		return err->code;
	if (format == ES_FORMAT_CSV)
		return es_fail_config(err, "status takes the formats text and "
					   "json, not csv");
	if ((max && es_clock_duration(&limit, max, err) < 0) ||
	    es_rev_tip(&tip, call, err) < 0 || look(&r, call, err) < 0)
		return err->code;

	struct status s = {
		.session = call->session,
		.result = &r,
		.tip = tip,
		.now = es_clock_now().tv_sec,
		.last_run = es_store_last_run(call->session->store),
	};

	s.stale = max && (!s.last_run || s.now - s.last_run > limit);
	rc = format == ES_FORMAT_JSON ? print_json(&s, err)
				      : print_text(&s, err);
	if (rc < 0)
		return rc;
	return r.changed || s.stale ? ES_EXIT_DIFFERENT : ES_EXIT_DONE;
}

const struct es_cmd es_cmd_status = {
	.name = "status",
	.args = "[-f] [--max-age DURATION] [--format FORM]",
	.summary = "what differs from the last commit now (exit 1 if any)",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	ES_OPTS(status_opts),
	.run = status_run,
};
