/* SPDX-License-Identifier: MIT */
/* state_records.c - what the repository knows: runs, and open findings */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/checks.h"
#include "etcsnap/clock.h"
#include "etcsnap/commit.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <string.h>

/* Findings of one check that are told one by one. */
#define LINES_MAX 100

static void set_age(struct es_doc *obj, const char *key, const char *age,
		    const struct state_job *job, int64_t when)
{
	char text[ES_TIME_LEN];

	es_doc_str(obj, key, when ? es_clock_rfc3339(text, when) : NULL);
	if (when)
		es_doc_number(obj, age, job->in->now - when);
}

static void set_runs(const struct state_job *job, const struct es_commit *tip)
{
	struct es_doc *obj = es_doc_object(job->doc, "runs");
	char hex[ES_OID_HEX + 1];

	set_age(obj, "last", "last_age", job, es_store_last_run(job->in->st));
	set_age(obj, "full", "full_age", job, es_store_last_full(job->in->st));
	es_doc_str(obj, "commit",
		   tip ? es_oid_text(hex, es_commit_id(tip)) : NULL);
	set_age(obj, "changed", "changed_age", job,
		tip ? es_commit_time(tip) : 0);
}

/* --- findings ------------------------------------------------------------- */

static int64_t set_lines(struct es_doc *obj, const struct es_buf *text)
{
	struct es_doc *list = es_doc_array(obj, "lines");
	int64_t n = 0;

	for (const char *at = es_buf_str(text); *at;) {
		size_t len = strcspn(at, "\n");

		if (len > 0 && n++ < LINES_MAX)
			es_doc_push_text(list, at, len);
		at += len + (at[len] == '\n');
	}
	return n;
}

/* One check's findings, as they may be shown today. */
static int take_check(const struct state_job *job, struct es_doc *list,
		      int64_t *open, const struct es_tree_entry *t,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	struct es_entry e = {
		.watch = ES_WATCH_YES,
		.type = ES_TYPE_FILE,
		.class = ES_CLASS_MIRROR,
		.has = ES_HAS_BLOB,
	};
	enum es_severity severity;
	struct es_doc *obj;
	int64_t n;

	memcpy(e.oid, t->oid.id, sizeof(e.oid));
	es_buf_adds(&path, "findings/");
	es_buf_add(&path, t->name, t->len);
	if (es_buf_check(&path, err) < 0 ||
	    es_delta_content(&text, job->in->st, path.data, &e, &job->in->patch,
			     err) < 0)
		return err->code;
	severity =
		es_checks_severity(job->in->conf, strchr(path.data, '/') + 1);
	obj = es_doc_push(list);
	es_doc_text(obj, "check", t->name, t->len);
	es_doc_str(obj, "severity",
		   es_severity_name(severity ? severity : ES_SEVERITY_NOTICE));
	n = set_lines(obj, &text);
	es_doc_number(obj, "count", n);
	*open += n;
	return 0;
}

static int set_findings(const struct state_job *job,
			const struct es_commit *tip, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf tree = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *obj = es_doc_object(job->doc, "findings");
	struct es_doc *list = es_doc_array(obj, "checks");
	struct es_tree_reader r;
	struct es_tree_entry e;
	struct es_oid oid;
	int64_t open = 0;
	int rc = es_tree_lookup(&oid, NULL, job->in->st, es_commit_tree(tip),
				"findings", 8, err);

	if (rc > 0)
		rc = es_store_get(job->in->st, &oid, ES_KIND_TREE, &tree, err);
	if (rc < 0)
		return rc;
	es_tree_open(&r, &tree);
	while (es_tree_next(&r, &e) > 0)
		if (e.mode != ES_MODE_TREE &&
		    take_check(job, list, &open, &e, err) < 0)
			return err->code;
	es_doc_number(obj, "open", open);
	return 0;
}

int state_records(struct state_job *job, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	struct es_oid oid;
	int rc;

	if (!job->in->st)
		return 0;
	rc = es_store_tip(&oid, job->in->st, "main", err);
	if (rc > 0)
		rc = es_commit_read(&tip, job->in->st, &oid, err);
	if (rc < 0)
		return rc;
	set_runs(job, tip);
	return tip ? set_findings(job, tip, err) : 0;
}
