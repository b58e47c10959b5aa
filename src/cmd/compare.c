/* SPDX-License-Identifier: MIT */
/* compare.c - two sides as a report on standard output or in a file */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/replace.h"
#include "etcsnap/report_view.h"
#include "etcsnap/severity.h"
#include "etcsnap/tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How a report is printed: as a document, as CSV, or by a template. */
struct form {
	bool json;
	bool csv;
	const char *template;
	struct es_report_view_options view;
	struct es_templates *templates; /* owned */
};

static int pick_form(struct form *f, struct es_call *call, struct es_error *err)
{
	const char *word = es_opt_get(&call->args, "format");
	const struct es_template *t;
	struct es_error why = ES_ERROR_INIT;

	if (es_templates_new(&f->templates,
			     es_conf_text(call->session->conf,
					  ES_CONF_REPORT_TEMPLATES),
			     err) < 0)
		return err->code;
	f->template = "report.txt";
	f->json = es_opt_has(&call->args, "json");
	if (!word || strcmp(word, "text") == 0)
		return 0;
	f->json |= strcmp(word, "json") == 0;
	f->csv = strcmp(word, "csv") == 0;
	if (f->json || f->csv)
		return 0;
	f->template = strcmp(word, "html") == 0 ? "report.html" : word;
	if (es_templates_get(&t, f->templates, f->template, &why) == 0)
		return 0;
	return es_fail_config(err,
			      "unknown format '%s'; known are text, html, "
			      "json, csv and the names of templates, see "
			      "etcsnap-templates(5)",
			      ES_Q(word));
}

static void warn_of_templates(const struct form *f)
{
	const char *warning = es_templates_warning(f->templates);

	if (*warning)
		fprintf(stderr, "etcsnap: %s", warning);
}

static int print_to(FILE *out, const struct form *f, const struct es_doc *doc,
		    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);

	if (f->csv)
		return es_report_csv(out, doc, err);
	if (f->json)
		es_doc_write(doc, &text, true);
	else if (es_report_render(&text, f->templates, f->template, doc,
				  &f->view, err) < 0)
		return err->code;
	if (es_buf_check(&text, err) < 0)
		return err->code;
	if (fwrite(es_buf_str(&text), 1, text.len, out) != text.len)
		return es_fail_errno(err, "cannot write the report");
	return 0;
}

/* A report for a file is written whole or not at all, and never in the place
 * of a device. */
static int print_file(const char *name, const struct form *f,
		      const struct es_doc *doc, struct es_error *err)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };

	if (es_replace_begin(&r, name, 0600, err) < 0 ||
	    print_to(r.file, f, doc, err) < 0)
		return err->code;
	return es_replace_commit(&r, err);
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
		 struct form *f, const struct es_tell *t, struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	int rc;

	f->view.whole = t->level == ES_REPORT_FULL;
	f->view.color = call->color && !c->file;
	f->view.no_patch = es_opt_has(&call->args, "no-patch");
	f->view.no_header = c->no_header;
	if (es_tell_report(&doc, call->session, t, err) < 0)
		return err->code;
	if (!c->file)
		es_pager_start(call);
	rc = c->file ? print_file(c->file, f, doc, err)
		     : print_to(stdout, f, doc, err);
	warn_of_templates(f);
	return rc < 0 ? rc : differs(doc);
}

int es_compare_print(struct es_call *call, const struct es_compare *c,
		     struct es_error *err)
{
	struct form f = { 0 };
	const char **tags = NULL;
	struct es_tell t = {
		.old = c->old,
		.new = c->new,
		.live = c->live,
		.filter = { .paths = c->paths, .n_paths = c->n_paths },
		.level = c->level,
	};
	int rc = pick_form(&f, call, err);

	if (rc == 0)
		rc = read_filter(&t, &tags, call, err);
	if (rc == 0)
		rc = print(call, c, &f, &t, err);
	es_templates_free(f.templates);
	free(tags);
	return rc;
}
