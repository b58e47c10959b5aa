/* SPDX-License-Identifier: MIT */
/* state_view.c - a state report as templates see it, and as they render it */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/width.h"

#include <inttypes.h>
#include <string.h>

/* Columns of a line, and of the first of two cells of it. */
#define COLUMNS 100
#define CELL_MAX 46
#define SEVERITY_COLUMNS 8
/* Columns of a subject: mail programs cut longer ones. */
#define SUBJECT 78

/* --- colours -------------------------------------------------------------- */

/*
 * A template quotes control bytes, whoever they come from. So colours are
 * marked by characters of a private plane, which become escape codes at last;
 * what brings such characters along can colour a line and no more.
 */
static const char plane[] = "\xf4\x8f\xb1"; /* U+10FC40 to U+10FC7F */

static const struct {
	const char *name;
	const char *code;
} colors[] = {
	{ "none", "\033[m" },
	{ "title", "\033[1m" },
	{ "warn", "\033[1;33m" },
	{ "alarm", "\033[1;31m" },
};

#define COLORS (sizeof(colors) / sizeof(*colors))
#define FIRST 0x80

static void set_colors(const struct state_view *v)
{
	struct es_doc *obj = es_doc_object(v->root, "color");

	for (size_t i = 0; i < COLORS; i++) {
		char mark[sizeof(plane) + 1] = "";

		if (v->color) {
			memcpy(mark, plane, 3);
			mark[3] = (char)(FIRST + (int)i);
		}
		es_doc_str(obj, colors[i].name, mark);
	}
}

static void paint(struct es_buf *out, size_t start)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf plain = ES_BUF_INIT(out->max);
	const char *at, *end, *mark;

	es_buf_add(&plain, es_buf_str(out) + start, out->len - start);
	es_buf_truncate(out, start);
	at = es_buf_str(&plain);
	end = at + plain.len;
	while ((mark = memmem(at, (size_t)(end - at), plane, 3)) != NULL &&
	       end - mark > 3) {
		size_t n = (unsigned char)mark[3] - (size_t)FIRST;

		es_buf_add(out, at, (size_t)(mark - at));
		if (n < COLORS)
			es_buf_adds(out, colors[n].code);
		at = mark + 4;
	}
	es_buf_add(out, at, (size_t)(end - at));
	if (plain.failed)
		out->failed = plain.failed;
}

/* --- sections ------------------------------------------------------------- */

static const char *word_of(enum es_severity severity)
{
	static const char *const words[] = {
		[ES_SEVERITY_NONE] = "",
		[ES_SEVERITY_INFO] = "info",
		[ES_SEVERITY_NOTICE] = "notice",
		[ES_SEVERITY_WARNING] = "WARNING",
		[ES_SEVERITY_CRITICAL] = "CRITICAL",
	};

	return words[severity];
}

struct state_section state_section(const struct state_view *v,
				   const char *title, size_t max)
{
	struct state_section s = { .obj = es_doc_push(v->sections),
				   .max = max };

	es_doc_str(s.obj, "title", title);
	es_doc_str(s.obj, "count", NULL);
	es_doc_str(s.obj, "unit", NULL);
	es_doc_str(s.obj, "anchor", NULL);
	es_doc_str(s.obj, "more", NULL);
	es_doc_str(s.obj, "pre", NULL);
	s.rows = es_doc_array(s.obj, "rows");
	return s;
}

static void set_text(struct es_doc *obj, const char *key,
		     const struct es_buf *text)
{
	bool any = text && text->len;

	es_doc_text(obj, key, any ? text->data : NULL, any ? text->len : 0);
}

static void set_severity(struct es_doc *obj, enum es_severity severity)
{
	struct es_doc *sev = es_doc_object(obj, "sev");

	es_doc_str(sev, "name", es_severity_name(severity));
	es_doc_str(sev, "word", word_of(severity));
	es_doc_bool(sev, es_severity_name(severity), true);
}

static void add_row(struct state_section *s, enum es_severity severity,
		    const struct es_buf *text, const struct es_buf *note)
{
	struct es_doc *row;

	if (s->n >= s->max) {
		s->left++;
		return;
	}
	s->n++;
	row = es_doc_push(s->rows);
	es_doc_str(row, "mark", NULL);
	es_doc_str(row, "href", NULL);
	set_text(row, "text", text);
	set_text(row, "note", note);
	if (severity)
		set_severity(row, severity);
	else
		es_doc_str(row, "sev", NULL);
}

struct state_cells state_cells(void)
{
	return (struct state_cells){ ES_BUF_INIT(ES_BUF_MAX),
				     ES_BUF_INIT(ES_BUF_MAX) };
}

void state_push(struct state_section *s, enum es_severity severity,
		struct state_cells *c)
{
	add_row(s, severity, &c->text, &c->note);
	es_buf_reset(&c->text);
	es_buf_reset(&c->note);
}

void state_finish(struct state_section *s, struct state_cells *c, int64_t more)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(64);

	more += (int64_t)s->left;
	if (more > 0) {
		es_buf_addf(&b, "\xe2\x80\xa6 and %" PRId64 " more", more);
		es_doc_str(s->obj, "more", es_buf_str(&b));
	}
	es_buf_dispose(&c->text);
	es_buf_dispose(&c->note);
}

/* --- lines ---------------------------------------------------------------- */

/* Columns of the widest first cell that has a second one behind it. */
static size_t measure(const struct es_doc *rows)
{
	const struct es_doc *row;
	size_t width = 0;

	for (size_t i = 0; (row = es_doc_at(rows, i)) != NULL; i++) {
		const char *text = es_doc_get_str(row, "text");
		size_t columns = text ? es_width(text, strlen(text)) : 0;

		if (!es_doc_is_null(row, "note") && columns > width)
			width = columns;
	}
	return width < CELL_MAX ? width : CELL_MAX;
}

static void add_line(struct es_doc *lines, const struct es_doc *row,
		     size_t width)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_doc *sev = es_doc_get(row, "sev");
	const char *text = es_doc_get_str(row, "text");
	const char *note = es_doc_get_str(row, "note");
	size_t left = COLUMNS - 2;

	es_buf_adds(&b, "  ");
	if (sev) {
		es_buf_addf(&b, "%-*s  ", SEVERITY_COLUMNS,
			    es_doc_get_str(sev, "word"));
		left -= SEVERITY_COLUMNS + 2;
	}
	text = text ? text : "";
	if (!note) {
		es_width_fit(&b, text, strlen(text), left);
	} else {
		es_width_pad(&b, text, strlen(text), width);
		es_buf_adds(&b, "  ");
		es_width_fit(&b, note, strlen(note), left - width - 2);
	}
	es_doc_push_text(lines, es_buf_str(&b), b.len);
}

/* Output of a command: as it is, line by line. */
static void add_pre(struct es_doc *lines, const char *pre)
{
	while (*pre) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
		size_t len = strcspn(pre, "\n");

		es_buf_adds(&b, len ? "  " : "");
		es_buf_add(&b, pre, len);
		es_doc_push_text(lines, es_buf_str(&b), b.len);
		pre += len + (pre[len] == '\n');
	}
}

static void lay_out(struct es_doc *section)
{
	struct es_doc *lines = es_doc_array(section, "lines");
	const struct es_doc *rows = es_doc_get(section, "rows"), *row;
	const char *pre = es_doc_get_str(section, "pre");
	const char *more = es_doc_get_str(section, "more");
	size_t width = measure(rows);

	for (size_t i = 0; (row = es_doc_at(rows, i)) != NULL; i++)
		add_line(lines, row, width);
	if (pre)
		add_pre(lines, pre);
	if (more) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(1 << 16);

		es_buf_addf(&b, "  %s", more);
		es_doc_push_text(lines, es_buf_str(&b), b.len);
	}
}

/* --- head ----------------------------------------------------------------- */

static enum es_severity severity_of(const struct es_doc *obj)
{
	const char *word = es_doc_get_str(obj, "severity");

	return es_severity_parse(word ? word : "");
}

/* "web1: CRITICAL: md0 is degraded: 1 of 2 disks; 3 more" */
static void add_headline(struct es_buf *out, const struct es_doc *doc)
{
	const struct es_doc *alerts = es_doc_get(doc, "alerts");
	const struct es_doc *worst = NULL, *a;
	size_t n = alerts ? es_doc_len(alerts) : 0;

	for (size_t i = 0; i < n; i++) {
		a = es_doc_at(alerts, i);
		if (!worst || severity_of(a) > severity_of(worst))
			worst = a;
	}
	state_quoted(out, doc, "host");
	es_buf_adds(out, ": ");
	if (!worst) {
		es_buf_adds(out, "nothing is out of order");
		return;
	}
	es_buf_addf(out, "%s: ", word_of(severity_of(worst)));
	state_quoted(out, worst, "text");
	if (n > 1)
		es_buf_addf(out, "; %zu more", n - 1);
}

static const char *advice(enum es_severity severity)
{
	if (severity == ES_SEVERITY_CRITICAL)
		return "Somebody should look now.";
	if (severity == ES_SEVERITY_WARNING)
		return "Look at it today.";
	return severity ? "Nothing urgent." : "Nothing to do.";
}

/* "Debian GNU/Linux 12, Linux 6.1.0-28-amd64, up 12 days" */
static void add_system(struct es_buf *out, const struct es_doc *doc)
{
	const struct es_doc *s = es_doc_get(doc, "system");

	if (!es_doc_is_null(s, "os")) {
		state_quoted(out, s, "os");
		es_buf_adds(out, ", ");
	}
	if (!es_doc_is_null(s, "kernel")) {
		es_buf_adds(out, "Linux ");
		state_quoted(out, s, "kernel");
		es_buf_adds(out, ", ");
	}
	if (es_doc_is_number(s, "uptime")) {
		es_buf_adds(out, "up ");
		state_duration(out, es_doc_get_number(s, "uptime", 0));
	}
}

static void set_view(const struct state_view *v)
{
	struct es_doc *view = es_doc_object(v->root, "view");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf cut = ES_BUF_INIT(ES_BUF_MAX);
	enum es_severity severity = severity_of(v->doc);

	add_headline(&b, v->doc);
	es_width_fit(&cut, es_buf_str(&b), b.len, 3 * COLUMNS);
	set_text(view, "headline", &cut);
	es_buf_reset(&cut);
	es_width_fit(&cut, es_buf_str(&b), b.len, SUBJECT);
	set_text(view, "subject", &cut);
	es_doc_str(view, "advice", advice(severity));
	es_doc_str(view, "severity", es_severity_name(severity));
	set_severity(view, severity);
	es_doc_bool(view, "alarm", severity == ES_SEVERITY_CRITICAL);
	es_doc_bool(view, "warn", severity == ES_SEVERITY_WARNING);
	es_doc_bool(view, "fine", severity == ES_SEVERITY_NONE);
	es_buf_reset(&b);
	add_system(&b, v->doc);
	set_text(view, "system", &b);
	es_buf_reset(&b);
	state_time(&b, es_doc_get_str(v->doc, "since"));
	es_buf_adds(&b, " to ");
	state_time(&b, es_doc_get_str(v->doc, "time"));
	set_text(view, "period", &b);
	es_buf_reset(&b);
	es_buf_addf(&b, "etcsnap %s", VERSION);
	set_text(view, "by", &b);
}

int es_state_report_render(struct es_buf *out, struct es_templates *set,
			   const char *name, const struct es_doc *doc,
			   bool color, struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *root = es_doc_new();
	enum es_template_target target = es_template_target_of(name);
	struct state_view v = {
		.doc = doc,
		.root = root,
		.color = color && target == ES_TEMPLATE_TEXT,
	};
	size_t start = out->len;
	struct es_doc *s;

	if (!root)
		return es_fail_oom(err);
	es_doc_set(root, "state", doc);
	set_colors(&v);
	set_view(&v);
	v.sections = es_doc_array(root, "sections");
	state_sections(&v);
	for (size_t i = 0; (s = es_doc_edit_at(v.sections, i)) != NULL; i++)
		lay_out(s);
	if (es_doc_check(root, err) < 0 ||
	    es_templates_render(out, set, name, root, err) < 0)
		return err->code;
	if (v.color)
		paint(out, start);
	return es_buf_check(out, err);
}
