/* SPDX-License-Identifier: MIT */
/* compare.c - two sides as a report on standard output or in a file */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/quote.h"
#include "etcsnap/report_view.h"
#include "etcsnap/severity.h"
#include "etcsnap/tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make(struct es_buf *out, const struct es_form *f,
		const struct es_doc *doc,
		const struct es_report_view_options *view, struct es_error *err)
{
	if (f->csv)
		return es_report_csv(out, doc, err);
	if (f->json) {
		es_doc_write(doc, out, true);
		return 0;
	}
	return es_report_render(out, f->templates, f->template, doc, view, err);
}

/* What only lines changed in that do not count is no difference. */
static bool differs(const struct es_doc *doc)
{
	const struct es_doc *counts = es_doc_get(doc, "counts");

	return es_doc_get_number(counts, "total", 0) > 0 ||
	       es_doc_get_number(doc, "filtered", 0) > 0;
}

/* --level, --min-severity and --tag, where a command has them. */
static int read_filter(struct es_tell *t, const char ***tags,
		       const struct es_call *call, struct es_error *err)
{
	const char *level = es_opt_get(&call->args, "level");
	const char *min = es_opt_get(&call->args, "min-severity");

	if (level && es_report_level_parse(&t->level, level, err) < 0)
		return err->code;
	if (min) {
		t->filter.min = es_severity_parse(min);
		if (t->filter.min == ES_SEVERITY_NONE)
			return es_fail_config(err,
					      "unknown severity '%s'; known "
					      "are info, notice, warning and "
					      "critical",
					      ES_Q(min));
	}
	if (es_opt_all(tags, &t->filter.n_tags, &call->args, "tag") < 0)
		return es_fail_oom(err);
	t->filter.tags = *tags;
	return 0;
}

static int print(struct es_call *call, const struct es_compare *c,
		 const struct es_form *f, const struct es_tell *t,
		 struct es_error *err)
{
	const struct es_report_view_options view = {
		.whole = t->level == ES_REPORT_FULL,
		.color = call->color && !f->file,
		.no_patch = es_opt_has(&call->args, "no-patch"),
		.no_header = c->no_header,
		.columns = f->columns,
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;

	if (es_tell_report(&doc, call->session, t, err) < 0 ||
	    make(&text, f, doc, &view, err) < 0 ||
	    es_form_print(call, f, &text, err) < 0)
		return err->code;
	return differs(doc);
}

int es_compare_print(struct es_call *call, const struct es_compare *c,
		     struct es_error *err)
{
	static const struct es_form_names names = { "report.txt", "report.html",
						    true };
	ES_CLEANUP(es_form_dispose) struct es_form f = { 0 };
	const char **tags = NULL;
	struct es_tell t = {
		.old = c->old,
		.new = c->new,
		.live = c->live,
		.filter = { .paths = c->paths, .n_paths = c->n_paths },
		.level = c->level,
	};
	int rc = es_form_pick(&f, call, &names, err);

	if (rc == 0)
		rc = read_filter(&t, &tags, call, err);
	if (rc == 0)
		rc = print(call, c, &f, &t, err);
	free(tags);
	return rc;
}
