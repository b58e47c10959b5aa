/* SPDX-License-Identifier: MIT */
/* findings.c - what checks found anew, and what is mended */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/checks.h"
#include "etcsnap/strmap.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <string.h>

/* What stands before the name of a check, and its length. */
#define FOLDER "findings/"
#define FOLDER_LEN (sizeof(FOLDER) - 1)

/* Findings that are told one by one, each way. */
#define FINDINGS_MAX 1000

/* Lines of a text, those of the other side taken out. */
static int collect(struct es_strmap *lines, const struct es_buf *text)
{
	static char here;

	for (const char *at = es_buf_str(text); *at;) {
		size_t len = strcspn(at, "\n");

		if (len > 0 && es_strmap_put(lines, at, len, &here) < 0)
			return -ENOMEM;
		at += len + (at[len] == '\n');
	}
	return 0;
}

/* A finding, as it may be shown today. */
static int load(struct es_buf *out, const struct report_job *job,
		const struct es_change *c, const struct es_entry *e,
		struct es_error *err)
{
	struct es_patch_options options = job->in->patch;
	int rc;

	options.charsets = NULL;
	if (!e)
		return 0;
	rc = es_delta_content(out, job->in->st, c->path, e, &options, err);
	if (rc >= 0 && rc != ES_PATCH_TEXT)
		es_buf_reset(out);
	return rc < 0 ? rc : 0;
}

static enum es_severity severity_of(const struct report_job *job,
				    const struct es_change *c)
{
	enum es_severity s = ES_SEVERITY_NONE;

	if (job->in->conf)
		s = es_checks_severity(job->in->conf, c->path + FOLDER_LEN);
	return s ? s : ES_SEVERITY_NOTICE;
}

/* The lines of @text that @other lacks. */
static size_t put_lines(struct es_doc *list, const struct es_change *c,
			enum es_severity severity, const struct es_buf *text,
			const struct es_strmap *other)
{
	size_t n = 0;

	for (const char *at = es_buf_str(text); *at;) {
		size_t len = strcspn(at, "\n");

		if (len > 0 && !es_strmap_get(other, at, len) &&
		    n++ < FINDINGS_MAX) {
			struct es_doc *obj = es_doc_push(list);

			es_doc_text(obj, "check", c->path + FOLDER_LEN,
				    c->len - FOLDER_LEN);
			es_doc_str(obj, "severity", es_severity_name(severity));
			es_doc_text(obj, "text", at, len);
		}
		at += len + (at[len] == '\n');
	}
	return n;
}

/* What was counted of both ways. */
struct tally {
	struct es_doc *opened;
	struct es_doc *closed;
	size_t n_opened;
	size_t n_closed;
};

static int compare(struct report_job *job, const struct es_change *c,
		   struct tally *t, struct es_error *err)
{
	ES_CLEANUP(es_strmap_freep) struct es_strmap *old = es_strmap_new();
	ES_CLEANUP(es_strmap_freep) struct es_strmap *new = es_strmap_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);
	enum es_severity s = severity_of(job, c);
	size_t opened;

	if (load(&was, job, c, c->old, err) < 0 ||
	    load(&is, job, c, c->new, err) < 0)
		return err->code;
	if (!old || !new || collect(old, &was) < 0 || collect(new, &is) < 0)
		return es_fail_oom(err);
	opened = put_lines(t->opened, c, s, &is, old);
	t->n_opened += opened;
	t->n_closed += put_lines(t->closed, c, s, &was, new);
	if (opened > 0 && s > job->highest)
		job->highest = s;
	return 0;
}

/* All findings that are open, by the newer run. */
static int count_open(size_t *out, struct report_job *job, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf tree = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_store *st = job->in->st;
	struct es_tree_reader r;
	struct es_tree_entry e;
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, st, &job->in->new.tree, "findings",
				FOLDER_LEN - 1, err);

	*out = 0;
	if (rc <= 0)
		return rc;
	if (es_store_get(st, &oid, ES_KIND_TREE, &tree, err) < 0)
		return err->code;
	es_tree_open(&r, &tree);
	while (es_tree_next(&r, &e) > 0) {
		if (e.mode == ES_MODE_TREE)
			continue;
		if (es_store_get(st, &e.oid, ES_KIND_BLOB, &text, err) < 0)
			return err->code;
		for (size_t i = 0; i < text.len; i++)
			*out += text.data[i] == '\n';
	}
	return 0;
}

int report_findings(struct report_job *job, struct es_error *err)
{
	struct es_doc *obj = es_doc_object(job->doc, "findings");
	struct tally t = { es_doc_array(obj, "opened"),
			   es_doc_array(obj, "closed"), 0, 0 };
	size_t open;

	for (size_t i = 0; i < job->n; i++) {
		const struct report_note *n = &job->notes[i];

		if (n->part == PART_FINDINGS && n->why != WHY_RULES &&
		    compare(job, n->change, &t, err) < 0)
			return err->code;
	}
	if (count_open(&open, job, err) < 0)
		return err->code;
	es_doc_number(obj, "open", (int64_t)open);
	es_doc_number(job->counts, "opened", (int64_t)t.n_opened);
	es_doc_number(job->counts, "closed", (int64_t)t.n_closed);
	return 0;
}
