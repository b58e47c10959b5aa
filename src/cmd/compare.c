/* SPDX-License-Identifier: MIT */
/* compare.c - two sides as a report on standard output or in a file */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/replace.h"

#include <errno.h>
#include <string.h>

static void side(struct es_report_side *out, const struct es_commit *c,
		 const struct es_oid *live)
{
	out->commit = c;
	out->when = es_clock_now().tv_sec;
	if (c)
		out->tree = *es_commit_tree(c);
	else if (live)
		out->tree = *live;
}

static int print_to(FILE *f, struct es_call *call, const struct es_compare *c,
		    const struct es_doc *doc, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	enum es_format format;
	unsigned int flags = c->flags;

	if (es_opt_format(&format, &call->args, err) < 0)
		return err->code;
	if (format == ES_FORMAT_CSV)
		return es_report_csv(f, doc, err);
	if (call->color && !c->file)
		flags |= ES_REPORT_COLOR;
	if (format == ES_FORMAT_JSON)
		es_doc_write(doc, &text, true);
	else
		es_report_text(&text, doc, flags);
	if (es_buf_check(&text, err) < 0)
		return err->code;
	if (fwrite(es_buf_str(&text), 1, text.len, f) != text.len)
		return es_fail_errno(err, "cannot write the report");
	return 0;
}

/* A report for a file is written whole or not at all, and never in the place
 * of a device. */
static int print_file(struct es_call *call, const struct es_compare *c,
		      const struct es_doc *doc, struct es_error *err)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };

	if (es_replace_begin(&r, c->file, 0600, err) < 0 ||
	    print_to(r.file, call, c, doc, err) < 0)
		return err->code;
	return es_replace_commit(&r, err);
}

int es_compare_print(struct es_call *call, const struct es_compare *c,
		     struct es_error *err)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *delta = NULL;
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	struct es_session *s = call->session;
	struct es_report_input in = {
		.st = s->store,
		.host = s->host,
		.patch = {
			.rules = s->rules,
			.key = s->has_key ? s->key : NULL,
			.context = 3,
			.max = (size_t)1 << 20,
		},
	};
	int rc;

	side(&in.old, c->old, NULL);
	side(&in.new, c->new, &c->live);
	if (es_delta_new(&delta, s->store, &in.old.tree, &in.new.tree, c->paths,
			 c->n_paths, err) < 0)
		return err->code;
	in.delta = delta;
	if (es_report_new(&doc, &in, err) < 0)
		return err->code;
	if (!c->file)
		es_pager_start(call);
	rc = c->file ? print_file(call, c, doc, err)
		     : print_to(stdout, call, c, doc, err);
	return rc < 0 ? rc : es_delta_count(delta) > 0;
}
