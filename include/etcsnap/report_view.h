/* SPDX-License-Identifier: MIT */
/* report_view.h - a report as templates see it, and as they render it */
#ifndef ETCSNAP_REPORT_VIEW_H
#define ETCSNAP_REPORT_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "etcsnap/buf.h"
#include "etcsnap/doc.h"
#include "etcsnap/template.h"

/*
 * Templates know no logic, so all of it is here: the view says in which order
 * things stand, what is folded, cut or padded, and in which words. The
 * context of a template is
 *
 *	report   the document itself, see etcsnap-report(5)
 *	view     what every form of it says: headline, counts, what to look at
 *	         first, in what order changes stand
 *	text     lines for terminals and plain mails; only for TEXT templates
 *	html     pieces for HTML; only for HTML templates
 *
 * all described in etcsnap-report(5), "TEMPLATES".
 */

/**
 * struct es_report_view_options - how a report is to look; all zero: as mail
 * @columns:   width of plain text, 0 = 100; at least 60
 * @color:     ANSI colours; only for terminals
 * @no_patch:  without the content of files
 * @no_header: only the changes
 * @whole:     nothing is folded or cut
 * @max:       most bytes of an HTML report, 0 = 5 MiB, at least 64 KiB: of
 *             files' content the longest is left out until the rest fits, then
 *             the changes that matter least
 */
struct es_report_view_options {
	unsigned int columns;
	bool color;
	bool no_patch;
	bool no_header;
	bool whole;
	size_t max;
};

/**
 * es_report_view - the context of templates for a report
 * @out:     owned; es_doc_free(); shares the report's values, which must live
 *           as long
 * @report:  document of es_report_new(), perhaps cut by es_report_limit(): a
 *           key that is missing is left out
 * @target:  what the template makes: "text" is there for TEXT, "html" for HTML
 * @options: how it is to look
 * @err:     filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_report_view(struct es_doc **out, const struct es_doc *report,
		   enum es_template_target target,
		   const struct es_report_view_options *options,
		   struct es_error *err);

/**
 * es_report_render - render a report by a template
 * @out:     appended to
 * @set:     templates
 * @name:    "report.txt", "report.html", "subject.txt" or the user's own
 * @report:  as es_report_view()
 * @options: likewise
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno of es_templates_render(), es_report_view().
 */
int es_report_render(struct es_buf *out, struct es_templates *set,
		     const char *name, const struct es_doc *report,
		     const struct es_report_view_options *options,
		     struct es_error *err);

#endif
