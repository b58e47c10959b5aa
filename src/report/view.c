/* SPDX-License-Identifier: MIT */
/* view.c - what every form of a report says, and how one is rendered */
#include "config.h"

#include "etcsnap/report_view.h"

#include "report/view_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/width.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Columns of a plain text, and the least that a table fits into. */
#define COLUMNS 100
#define COLUMNS_MIN 60
/* Columns of a subject: mail programs cut longer ones. */
#define SUBJECT 78

static bool is_alone(const struct view *v, const struct es_doc *c)
{
	/* findings are told as what opened and what closed */
	if (view_is(c, "part", "findings"))
		return false;
	if (es_doc_is_null(c, "group"))
		return true;
	/* of these nothing is left to tell but their names */
	return v->o->whole && !view_is(c, "kind", "touched") &&
	       !view_is(c, "kind", "watched") &&
	       !view_is(c, "kind", "unwatched");
}

static bool is_file(const struct es_doc *c)
{
	return es_doc_is_null(c, "part") || view_is(c, "part", "files");
}

/* Files or texts of one severity, behind the @at that there are. */
static size_t add_changes(struct view *v, size_t at, bool files, int severity)
{
	const struct es_doc *all = es_doc_get(v->report, "changes");
	const struct es_doc *c;

	for (size_t i = 0; all && (c = es_doc_at(all, i)) != NULL; i++)
		if ((int)view_severity(c) == severity && is_file(c) == files &&
		    is_alone(v, c))
			v->changes[at++] = c;
	return at;
}

/* Changes that stand alone: by severity, then in the order of the paths. */
static int set_order(struct view *v)
{
	const struct es_doc *all = es_doc_get(v->report, "changes");
	size_t at = 0;

	v->changes = calloc(all ? es_doc_len(all) + 1 : 1, sizeof(*v->changes));
	if (!v->changes)
		return -ENOMEM;
	for (int s = ES_SEVERITY_CRITICAL; s >= ES_SEVERITY_NONE; s--)
		at = add_changes(v, at, true, s);
	v->n_files = at;
	for (int s = ES_SEVERITY_CRITICAL; s >= ES_SEVERITY_NONE; s--)
		at = add_changes(v, at, false, s);
	v->n_texts = at - v->n_files;
	return 0;
}

/* A change that says itself that a file is not what its package has. */
static bool is_replaced(const struct es_doc *c)
{
	return view_is(es_doc_get(c, "explanation"), "kind", "package-differs");
}

/* What to tell first: nothing else is on the display of a phone. */
static const struct es_doc *worst_change(const struct view *v)
{
	const struct es_doc *worst = NULL;

	for (size_t i = 0; i < v->n_files + v->n_texts; i++) {
		const struct es_doc *c = v->changes[i];

		if (!worst || view_severity(c) > view_severity(worst) ||
		    (view_severity(c) == view_severity(worst) &&
		     is_replaced(c) && !is_replaced(worst)))
			worst = c;
	}
	return worst;
}

static const struct es_doc *worst_finding(const struct view *v)
{
	const struct es_doc *all = es_doc_get(v->report, "findings");
	const struct es_doc *opened = all ? es_doc_get(all, "opened") : NULL;
	const struct es_doc *worst = NULL, *f;

	for (size_t i = 0; opened && (f = es_doc_at(opened, i)) != NULL; i++)
		if (!worst || view_severity(f) > view_severity(worst))
			worst = f;
	return worst;
}

static const struct es_doc *first_group(const struct view *v)
{
	const struct es_doc *all = es_doc_get(v->report, "groups");
	const struct es_doc *worst = NULL, *g;

	for (size_t i = 0; all && (g = es_doc_at(all, i)) != NULL; i++)
		if (!worst || view_severity(g) > view_severity(worst))
			worst = g;
	return worst;
}

static void add_finding(struct es_buf *out, const struct es_doc *f)
{
	view_quoted(out, f, "check");
	if (es_doc_is_null(f, "text"))
		return;
	es_buf_adds(out, ": ");
	view_quoted(out, f, "text");
}

/* A path, or only its name where there is little room. */
static void add_path(struct es_buf *out, const struct es_doc *c, bool brief)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	const char *text, *slash;

	es_doc_get_bytes(c, "path", &raw);
	text = es_buf_str(&raw);
	slash = brief && *text == '/' ? strrchr(text, '/') + 1 : text;
	es_quote_term(out, slash, raw.len - (size_t)(slash - text));
}

/* The one thing that matters most, without host and severity. */
static void add_main(struct es_buf *out, const struct view *v, bool brief)
{
	const struct es_doc *c = worst_change(v), *f = worst_finding(v);
	const struct es_doc *g = first_group(v);

	if (f && (!c || view_severity(f) > view_severity(c))) {
		add_finding(out, f);
	} else if (c && !es_doc_is_null(c, "path") &&
		   (!g || view_severity(g) <= view_severity(c))) {
		add_path(out, c, brief);
		es_buf_adds(out, is_replaced(c) ? " " : ": ");
		view_phrase(out, c);
	} else if (g) {
		view_quoted(out, g, "title");
	} else {
		view_counts(out, v->report);
	}
}

/* How much more there is of what one headline cannot hold. */
static void add_more(struct es_buf *out, const struct view *v)
{
	const struct es_doc *all = es_doc_get(v->report, "groups");
	size_t alone = v->n_files + v->n_texts;
	size_t groups = all ? es_doc_len(all) : 0;

	if (alone > 1)
		es_buf_addf(out, "; %zu more", alone - 1);
	else if (alone == 0 && groups > 1)
		es_buf_addf(out, "; %zu more", groups - 1);
}

static const char *advice(enum es_severity severity)
{
	switch (severity) {
	case ES_SEVERITY_CRITICAL:
		return "Somebody should look now.";
	case ES_SEVERITY_WARNING:
		return "Look at it today.";
	case ES_SEVERITY_NOTICE:
		return "Nothing urgent.";
	case ES_SEVERITY_INFO:
	case ES_SEVERITY_NONE:
	default:
		return "Nothing to do.";
	}
}

static void set_headline(struct view *v, struct es_doc *view)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	enum es_severity severity = view_severity(v->report);
	int64_t total = view_counted(v->report, "total");
	bool first = es_doc_get_bool(v->report, "first");
	bool cut = es_doc_get_bool(v->report, "cut");

	view_quoted(&b, v->report, "host");
	es_buf_adds(&b, ": ");
	if (es_doc_get_bool(v->report, "hello")) {
		es_buf_adds(&b, "watching ");
		view_number(&b, view_counted(v->report, "entries"));
		es_buf_adds(&b, " entries from now on");
	} else if (first || cut) {
		es_buf_adds(&b, first ? "first run: "
				      : "oldest run that is kept: ");
		view_number(&b, view_counted(v->report, "entries"));
		es_buf_adds(&b, " entries watched");
	} else if (total == 0) {
		view_counts(&b, v->report);
	} else {
		es_buf_addf(&b, "%s: ", view_severity_word(severity));
		add_main(&b, v, false);
		add_more(&b, v);
	}
	es_doc_text(view, "headline", es_buf_str(&b), b.len);
	es_doc_str(view, "advice",
		   first || cut || total == 0 ? "" : advice(severity));
}

/* "web1: CRITICAL: sshd is not as ...; 12 changed, 3 added", cut to fit. */
static void set_subject(struct view *v, struct es_doc *view)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf counts = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf main = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	enum es_severity severity = view_severity(v->report);
	size_t used;

	view_quoted(&out, v->report, "host");
	if (!*es_doc_get_str(view, "advice")) {
		es_buf_reset(&out);
		es_buf_adds(&out, es_doc_get_str(view, "headline"));
		es_doc_text(view, "subject", es_buf_str(&out), out.len);
		return;
	}
	if (severity >= ES_SEVERITY_WARNING)
		es_buf_addf(&out, ": %s", view_severity_word(severity));
	es_buf_adds(&out, ": ");
	view_counts(&counts, v->report);
	used = es_width(es_buf_str(&out), out.len);
	add_main(&main, v, true);
	if (main.len != counts.len ||
	    strcmp(es_buf_str(&main), es_buf_str(&counts)) != 0) {
		es_width_fit(&all, es_buf_str(&main), main.len,
			     SUBJECT > used + 24 ? SUBJECT - used : 24);
		es_buf_adds(&out, es_buf_str(&all));
		used = es_width(es_buf_str(&out), out.len);
		es_buf_reset(&all);
		view_count(&all, view_counted(v->report, "total"), "change");
		if (used + counts.len + 2 <= SUBJECT)
			es_buf_addf(&out, "; %s", es_buf_str(&counts));
		else if (used + all.len + 2 <= SUBJECT)
			es_buf_addf(&out, "; %s", es_buf_str(&all));
	} else {
		es_buf_adds(&out, es_buf_str(&counts));
	}
	es_doc_text(view, "subject", es_buf_str(&out), out.len);
}

static void set_period(struct view *v, struct es_doc *view)
{
	const struct es_doc *range = es_doc_get(v->report, "range");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	if (!range)
		return;
	if (!es_doc_is_null(range, "from")) {
		view_time(&b, es_doc_get_str(range, "from"), false);
		es_buf_adds(&b, " to ");
	}
	view_time(&b, es_doc_get_str(range, "to"), true);
	int64_t runs = es_doc_get_number(range, "runs", 0);
	if (runs > 1) {
		es_buf_adds(&b, ", ");
		view_count(&b, runs, "run");
	}
	es_doc_text(view, "period", es_buf_str(&b), b.len);
}

/* The command that shows all of it. */
static void set_rest(struct view *v, struct es_doc *view)
{
	const struct es_doc *range = es_doc_get(v->report, "range");
	char new[VIEW_ID_LEN], old[VIEW_ID_LEN];
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);

	view_id(new, v->report, "new");
	view_id(old, v->report, "old");
	es_doc_str(view, "id", new);
	es_doc_str(view, "old_id", old);
	bool live = strcmp(new, "live") == 0;
	es_doc_bool(view, "live", live);
	if (live)
		es_buf_addf(&b, "etcsnap diff %s", old);
	else if (*old && range && es_doc_get_number(range, "runs", 1) != 1)
		es_buf_addf(&b, "etcsnap diff %s %s", old, new);
	else
		es_buf_addf(&b, "etcsnap show %s", new);
	es_doc_text(view, "rest", es_buf_str(&b), b.len);
}

void view_common(struct view *v)
{
	struct es_doc *view = es_doc_object(v->root, "view");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	set_headline(v, view);
	es_doc_str(view, "severity",
		   view_severity_word(view_severity(v->report)));
	view_counts(&b, v->report);
	es_doc_text(view, "counts", es_buf_str(&b), b.len);
	es_doc_bool(view, "first", es_doc_get_bool(v->report, "first"));
	es_doc_bool(view, "cut", es_doc_get_bool(v->report, "cut"));
	set_period(v, view);
	set_rest(v, view);
	set_subject(v, view);
}

int es_report_view(struct es_doc **out, const struct es_doc *report,
		   enum es_template_target target,
		   const struct es_report_view_options *options,
		   struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *root = es_doc_new();
	struct view v = {
		.report = report,
		.o = options,
		.root = root,
		.columns = options->columns ? options->columns : COLUMNS,
		.max = html_max(options),
	};

	if (v.columns < COLUMNS_MIN)
		v.columns = COLUMNS_MIN;
	if (!root || set_order(&v) < 0) {
		free(v.changes);
		return es_fail_oom(err);
	}
	es_doc_set(root, "report", report);
	view_common(&v);
	if (target == ES_TEMPLATE_TEXT)
		view_text(&v);
	else if (target == ES_TEMPLATE_HTML)
		view_html(&v);
	free(v.changes);
	if (es_doc_check(root, err) < 0)
		return err->code;
	*out = es_steal_ptr(&root);
	return 0;
}

int es_report_render(struct es_buf *out, struct es_templates *set,
		     const char *name, const struct es_doc *report,
		     const struct es_report_view_options *options,
		     struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *view = NULL;
	size_t start = out->len;

	if (es_template_target_of(name) == ES_TEMPLATE_HTML)
		return html_render(out, set, name, report, options, err);
	if (es_report_view(&view, report, es_template_target_of(name), options,
			   err) < 0 ||
	    es_templates_render(out, set, name, view, err) < 0)
		return err->code;
	if (options->color)
		view_paint(out, start);
	return es_buf_check(out, err);
}
