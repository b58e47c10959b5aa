/* SPDX-License-Identifier: MIT */
/* form.c - how a report is printed, and where it goes */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/quote.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A report is not easier to read in longer lines. */
#define COLUMNS_MAX 100

void es_form_dispose(struct es_form *f)
{
	es_templates_free(f->templates);
}

/* Before the pager stands between. */
static unsigned int terminal_columns(void)
{
	struct winsize size = { 0 };

	if (!isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 0;
	return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

int es_form_pick(struct es_form *f, const struct es_call *call,
		 const struct es_form_names *names, struct es_error *err)
{
	const char *word = es_opt_get(&call->args, "format");
	const struct es_template *t;
	struct es_error why = ES_ERROR_INIT;

	if (es_templates_new(&f->templates,
			     es_conf_text(call->session->conf,
					  ES_CONF_REPORT_TEMPLATES),
			     err) < 0)
		return err->code;
	f->file = es_opt_get(&call->args, "output");
	f->columns = f->file ? 0 : terminal_columns();
	f->template = names->text;
	f->json = es_opt_has(&call->args, "json");
	if (!word || strcmp(word, "text") == 0)
		return 0;
	f->json |= strcmp(word, "json") == 0;
	f->csv = names->csv && strcmp(word, "csv") == 0;
	if (f->json || f->csv)
		return 0;
	f->template = strcmp(word, "html") == 0 ? names->html : word;
	if (es_templates_get(&t, f->templates, f->template, &why) == 0)
		return 0;
	return es_fail_config(err,
			      "unknown format '%s'; known are text, html, "
			      "json%s and the names of templates, see "
			      "etcsnap-templates(5)",
			      ES_Q(word), names->csv ? ", csv" : "");
}

int es_form_print(struct es_call *call, const struct es_form *f,
		  const struct es_buf *text, struct es_error *err)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };
	const char *warning = es_templates_warning(f->templates);
	FILE *out = stdout;

	if (*warning)
		fprintf(stderr, "etcsnap: %s", warning);
	if (es_buf_check(text, err) < 0)
		return err->code;
	if (!f->file)
		es_pager_start(call);
	else if (es_replace_begin(&r, f->file, 0600, err) < 0)
		return err->code;
	else
		out = r.file;
	if (fwrite(es_buf_str(text), 1, text->len, out) != text->len)
		return es_fail_errno(err, "cannot write the report");
	return f->file ? es_replace_commit(&r, err) : 0;
}
