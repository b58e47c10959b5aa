/* SPDX-License-Identifier: MIT */
/* view_html_fit.c - an HTML report within its limit, the biggest part first */
#include "config.h"

#include "report/view_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the shipped template adds, in bytes: to the whole report; to a change,
 * to why and by whom it was made, to its table and each row of it; to what it
 * says instead of its content, to a content, to a line of it, to one that is
 * the same in both, to a word that is marked. Too much is safe; if it is too
 * little, the report is made once more. */
#define COST_REPORT HTML_BARE
#define COST_CHANGE ((size_t)350)
#define COST_STORY ((size_t)50)
#define COST_WHO ((size_t)160)
#define COST_TABLE ((size_t)200)
#define COST_TOLD ((size_t)150)
#define COST_ROW ((size_t)80)
#define COST_CONTENT ((size_t)330)
#define COST_LINE ((size_t)76)
#define COST_SAME ((size_t)40)
#define COST_WORD ((size_t)8)
/* Below this, an HTML report makes no sense. */
#define MAX_LEAST ((size_t)64 << 10)
#define MAX_DEFAULT ((size_t)5 << 20)
/* How often a report is made before only its head is left of it. */
#define TRIES 4
/* What is taken off then, beside what was too much. */
#define LESS 0.95

/* A content, to be left out perhaps. */
struct part {
	size_t bytes;
	size_t change; /* of what stays without it */
	size_t at;
};

/* Bytes of a text as HTML has it. */
static size_t escaped(const char *text)
{
	static const unsigned char more[256] = {
		['&'] = 4, ['<'] = 3, ['>'] = 3, ['"'] = 5, ['\''] = 4,
	};
	size_t n = 0;

	for (; text && *text; text++)
		n += 1 + more[(unsigned char)*text];
	return n;
}

static size_t cost_of_text(const struct es_doc *obj, const char *key)
{
	return obj ? escaped(es_doc_get_str(obj, key)) : 0;
}

static size_t cost_of_line(const struct es_doc *line)
{
	const struct es_doc *words = es_doc_get(line, "words");

	return (view_is(line, "op", " ") ? COST_SAME : COST_LINE) +
	       cost_of_text(line, "text") +
	       (words ? es_doc_len(words) * COST_WORD : 0);
}

static size_t cost_of_content(const struct view *v, const struct es_doc *c)
{
	const struct es_doc *content = es_doc_get(c, "content");
	const struct es_doc *all =
		content ? es_doc_get(content, "hunks") : NULL;
	size_t room = html_room(v, c), bytes = 0;
	const struct es_doc *hunk, *line, *lines;

	if (v->o->no_patch)
		return 0;
	for (size_t i = 0; all && room && (hunk = es_doc_at(all, i)); i++) {
		lines = es_doc_get(hunk, "lines");
		bytes += COST_LINE + cost_of_text(hunk, "header");
		for (size_t k = 0; lines && room; k++, room--) {
			line = es_doc_at(lines, k);
			if (!line)
				break;
			bytes += cost_of_line(line);
		}
	}
	return bytes ? bytes + COST_CONTENT : 0;
}

static size_t cost_of_change(const struct es_doc *c)
{
	const struct es_doc *list = es_doc_get(c, "attributes");
	const struct es_doc *why = es_doc_get(c, "explanation");
	size_t n = COST_CHANGE, rows = list ? es_doc_len(list) : 0;

	n += cost_of_text(c, "path") + cost_of_text(c, "from");
	if (why)
		n += COST_STORY + cost_of_text(why, "text") +
		     cost_of_text(why, "url");
	if (!es_doc_is_null(c, "who") || !es_doc_is_null(c, "when"))
		n += COST_WHO;
	return n + (rows ? COST_TABLE + rows * COST_ROW : 0);
}

static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	/* of the same size the one that matters less */
	return x->at > y->at ? -1 : 1;
}

/* What is told instead of a content that is left out. */
static void leave_out(struct part *part, enum html_patch *patch, size_t *sum)
{
	*sum -= part->bytes;
	*sum += COST_TOLD;
	patch[part->at] = HTML_LEFT_OUT;
}

static int compare_places(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Leave out contents, then changes, until @sum bytes are @max. */
static void shrink(enum html_patch *patch, struct part *parts, size_t *n,
		   size_t sum, const struct view *v)
{
	size_t all = *n;

	qsort(parts, all, sizeof(*parts), compare_parts);
	for (size_t i = 0; i < all && sum > v->max; i++)
		if (parts[i].bytes > COST_TOLD)
			leave_out(&parts[i], patch, &sum);
	if (sum <= v->max)
		return;
	/* all that could be left out is: back in the order of changes */
	qsort(parts, all, sizeof(*parts), compare_places);
	while (*n > 0 && sum > v->max) {
		const struct part *part = &parts[--*n];

		sum -= part->change + (patch[part->at] == HTML_LEFT_OUT
					       ? COST_TOLD
					       : part->bytes);
	}
}

enum html_patch *html_fit(const struct view *v, size_t *n)
{
	enum html_patch *patch = calloc(*n + 1, sizeof(*patch));
	struct part *parts = calloc(*n + 1, sizeof(*parts));
	size_t sum = COST_REPORT;

	for (size_t i = 0; patch && parts && i < *n; i++) {
		parts[i].at = i;
		parts[i].bytes = cost_of_content(v, v->changes[i]);
		parts[i].change = cost_of_change(v->changes[i]);
		sum += parts[i].bytes + parts[i].change;
		patch[i] = v->o->no_patch ? HTML_NO_PATCH : HTML_PATCH;
	}
	if (patch && parts && sum > v->max)
		shrink(patch, parts, n, sum, v);
	if (!parts) {
		free(patch);
		patch = NULL;
	}
	free(parts);
	return patch;
}

size_t html_max(const struct es_report_view_options *o)
{
	return o->max ? o->max : MAX_DEFAULT;
}

/*
 * What a change takes in the end depends on the template, which may be the
 * user's: where it was too much, less is put in. The last try has nothing but
 * the head, and where a user's template does not even manage that, the
 * templates' own rule lets the shipped one do it.
 */
int html_render(struct es_buf *out, struct es_templates *set, const char *name,
		const struct es_doc *report,
		const struct es_report_view_options *options,
		struct es_error *err)
{
	struct es_report_view_options o = *options;
	size_t max =
		html_max(options) < MAX_LEAST ? MAX_LEAST : html_max(options);

	o.max = max;
	for (int try = 1; try <= TRIES; try++) {
		ES_CLEANUP(es_doc_freep) struct es_doc *view = NULL;
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(try < TRIES ? out->max : max);

		if (es_report_view(&view, report, ES_TEMPLATE_HTML, &o, err) <
			    0 ||
		    es_templates_render(&b, set, name, view, err) < 0)
			return err->code;
		if (b.len <= max) {
			es_buf_add(out, es_buf_str(&b), b.len);
			break;
		}
		if (try == TRIES - 1)
			o.max = 1;
		else
			o.max = (size_t)((double)o.max * (double)max /
					 (double)b.len * LESS);
		/* lists that are not cut can be most of it */
		o.whole = o.whole && try == 1;
	}
	return es_buf_check(out, err);
}
