/* SPDX-License-Identifier: MIT */
/* sources.c - what the runs of a range recorded of packages and logins */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Sessions, failures and switches that a model holds, each. */
#define LOGINS_MAX 500

/* Sessions that are told of one change. */
#define SESSIONS_MAX 20

/*
 * Text of a file of a run's own part; empty where there is none. What it said
 * last is in @last, so that a text of many runs is read once.
 */
static int load(struct es_buf *out, struct report_job *job,
		const struct es_oid *tree, const char *path,
		struct es_oid *last, struct es_error *err)
{
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, job->in->st, tree, path,
				strlen(path), err);

	if (rc <= 0 || es_oid_equal(&oid, last))
		return rc < 0 ? rc : 0;
	*last = oid;
	if (es_store_get(job->in->st, &oid, ES_KIND_BLOB, out, err) < 0)
		return err->code;
	return 1;
}

/*
 * A text that makes no sense (of a damaged or a newer run) tells nothing, and
 * costs nobody the report.
 */
static int read_ops(struct report_job *job, const struct es_oid *tree,
		    struct es_oid *last, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_package_ops_freep) struct es_package_ops *ops = NULL;
	struct es_error why = ES_ERROR_INIT;
	int rc = load(&text, job, tree, "run/packages", last, err);

	if (rc <= 0)
		return rc;
	rc = es_package_ops_parse(&ops, es_buf_str(&text), text.len, &why);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return 0;
	if (!job->ops) {
		job->ops = es_steal_ptr(&ops);
		return 0;
	}
	return es_package_ops_merge(job->ops, ops, err);
}

static int read_logins(struct report_job *job, const struct es_oid *tree,
		       struct es_oid *last, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_logins_freep) struct es_logins *logins = NULL;
	struct es_error why = ES_ERROR_INIT;
	int rc = load(&text, job, tree, "run/logins", last, err);

	if (rc <= 0)
		return rc;
	rc = es_logins_parse(&logins, es_buf_str(&text), text.len, &why);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return 0;
	if (!job->logins) {
		job->logins = es_steal_ptr(&logins);
		return 0;
	}
	return es_logins_merge(job->logins, logins, err);
}

/* What was typed, by today's masks: it was kept by those of then. */
static int hide_typed(struct report_job *job, struct es_error *err)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	const struct es_mask_set *masks;

	if (es_patch_masks(&masks, &hmac, &job->in->patch, err) < 0)
		return err->code;
	if (job->ops && es_package_ops_hide(job->ops, masks, hmac, err) < 0)
		return err->code;
	return job->logins ? es_logins_hide(job->logins, masks, hmac, err) : 0;
}

/* From the oldest run on: what came later has the last word. */
int report_sources(struct report_job *job, struct es_error *err)
{
	const struct es_report_input *in = job->in;
	struct es_oid last[2] = { 0 };

	for (size_t i = job->runs.n_range; i-- > 0;) {
		const struct es_oid *tree = &job->runs.range[i].tree;

		if (report_is_alone(in))
			break;
		if (read_ops(job, tree, &last[0], err) < 0 ||
		    read_logins(job, tree, &last[1], err) < 0)
			return err->code;
	}
	/* the live system's tree is a run's that was not kept */
	if (!in->new.commit && !report_is_alone(in) &&
	    /* unless nothing changed: then it is the older run's */
	    !es_oid_equal(&in->old.tree, &in->new.tree) &&
	    (read_ops(job, &in->new.tree, &last[0], err) < 0 ||
	     read_logins(job, &in->new.tree, &last[1], err) < 0))
		return err->code;
	if (hide_typed(job, err) < 0)
		return err->code;
	if (job->logins && job->logins->n_sessions > 0) {
		job->opened =
			calloc(job->logins->n_sessions, sizeof(*job->opened));
		if (!job->opened)
			return es_fail_oom(err);
	}
	return 0;
}

static void set_time(struct es_doc *obj, const char *key, int64_t when)
{
	char text[REPORT_TIME_LEN];

	es_doc_str(obj, key, report_time(text, when, -1));
}

void report_packages_set(struct report_job *job)
{
	struct es_doc *list = es_doc_array(job->doc, "packages");
	size_t n = job->ops ? job->ops->n_ops : 0;

	for (size_t i = 0; i < n; i++)
		es_package_op_doc(es_doc_push(list), &job->ops->ops[i]);
	es_doc_number(job->counts, "packages", (int64_t)n);
}

/* The machine's own being up is nobody's presence. */
static bool is_boot(const struct es_login *l)
{
	return strcmp(l->user, "reboot") == 0 &&
	       strcmp(l->line, "system boot") == 0;
}

static bool was_open(const struct es_login *l, int64_t when)
{
	if (l->begin > when || is_boot(l))
		return false;
	return l->how == ES_LOGIN_OPEN || (l->end > 0 && l->end >= when);
}

void report_sessions_at(struct es_doc *who, struct report_job *job,
			int64_t when)
{
	const struct es_logins *l = job->logins;
	struct es_doc *list = es_doc_array(who, "sessions");
	size_t told = 0;

	for (size_t i = 0; l && i < l->n_sessions; i++) {
		if (!was_open(&l->sessions[i], when))
			continue;
		job->opened[i]++;
		if (i < LOGINS_MAX && told++ < SESSIONS_MAX)
			es_doc_push_number(list, (int64_t)i);
	}
}

static size_t capped(size_t n, uint64_t *dropped)
{
	if (n <= LOGINS_MAX)
		return n;
	*dropped += n - LOGINS_MAX;
	return LOGINS_MAX;
}

void report_logins_set(struct report_job *job)
{
	static const struct es_logins none = { .missing = true };
	const struct es_logins *l = job->logins ? job->logins : &none;
	struct es_doc *obj = es_doc_object(job->doc, "logins");
	uint64_t dropped = l->dropped, tries = 0;
	struct es_doc *list;

	es_doc_str(obj, "from", NULL);
	es_doc_str(obj, "to", NULL);
	if (job->logins) {
		set_time(obj, "from", l->from);
		set_time(obj, "to", l->to);
	}
	es_doc_bool(obj, "missing", l->missing);
	list = es_doc_array(obj, "sessions");
	size_t sessions = capped(l->n_sessions, &dropped);
	for (size_t i = 0; i < sessions; i++) {
		struct es_doc *session = es_doc_push(list);

		es_login_doc(session, &l->sessions[i]);
		es_doc_number(session, "changes", (int64_t)job->opened[i]);
	}
	list = es_doc_array(obj, "failures");
	size_t failures = capped(l->n_failures, &dropped);
	for (size_t i = 0; i < failures; i++)
		es_login_failure_doc(es_doc_push(list), &l->failures[i]);
	for (size_t i = 0; i < l->n_failures; i++)
		tries += l->failures[i].count;
	list = es_doc_array(obj, "switches");
	size_t switches = capped(l->n_switches, &dropped);
	for (size_t i = 0; i < switches; i++)
		es_login_switch_doc(es_doc_push(list), &l->switches[i]);
	es_doc_number(obj, "dropped", (int64_t)dropped);
	es_doc_number(job->counts, "sessions", (int64_t)l->n_sessions);
	es_doc_number(job->counts, "failures", (int64_t)tries);
}
