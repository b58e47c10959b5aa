/* SPDX-License-Identifier: MIT */
/* status_facts.c - what status knows without a look at the live system */
#include "config.h"

#include "cmd/status.h"
#include "etcsnap/checks.h"
#include "etcsnap/deliver.h"
#include "etcsnap/tree.h"

#include <string.h>

/* One finding is one line. */
static int add_check(struct es_doc *list, struct es_session *s,
		     const struct es_tree_entry *e, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	enum es_severity severity;
	struct es_doc *obj;
	int64_t n = 0;

	es_buf_add(&name, e->name, e->len);
	if (es_buf_check(&name, err) < 0 ||
	    es_store_get(s->store, &e->oid, ES_KIND_BLOB, &text, err) < 0)
		return err->code;
	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == '\n';
	severity = es_checks_severity(s->conf, es_buf_str(&name));
	if (severity == ES_SEVERITY_NONE)
		severity = ES_SEVERITY_NOTICE;
	obj = es_doc_push(list);
	es_doc_text(obj, "check", e->name, e->len);
	es_doc_str(obj, "severity", es_severity_name(severity));
	es_doc_number(obj, "open", n);
	return 0;
}

static int add_findings(struct es_doc *out, struct es_session *s,
			const struct es_commit *tip, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf tree = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *list = es_doc_array(out, "findings");
	struct es_tree_reader r;
	struct es_tree_entry e;
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, s->store, es_commit_tree(tip),
				"findings", strlen("findings"), err);

	if (rc <= 0)
		return rc;
	if (es_store_get(s->store, &oid, ES_KIND_TREE, &tree, err) < 0)
		return err->code;
	es_tree_open(&r, &tree);
	while (es_tree_next(&r, &e) > 0)
		if (e.mode != ES_MODE_TREE && add_check(list, s, &e, err) < 0)
			return err->code;
	return 0;
}

int es_status_facts(struct es_doc *out, struct es_session *s,
		    const struct es_commit *tip, struct es_error *err)
{
	const struct es_doc *channels, *c;
	int refused = 0;

	if (es_deliver_status(out, s, err) < 0 ||
	    add_findings(out, s, tip, err) < 0 || es_doc_check(out, err) < 0)
		return err->code;
	channels = es_doc_get(out, "channels");
	for (size_t i = 0; channels && (c = es_doc_at(channels, i)); i++)
		refused += es_doc_get_bool(c, "refused");
	return refused;
}
