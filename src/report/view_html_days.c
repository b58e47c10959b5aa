/* SPDX-License-Identifier: MIT */
/* view_html_days.c - changes of each day, as bars and as characters */
#include "config.h"

#include "report/view_priv.h"

/* Pixels of the drawing: of a day, of its bar, of the highest bar. */
#define STEP 8
#define WIDTH 6
#define HEIGHT 40
/* The least that is seen of a day with a change. */
#define LEAST 2
/* Characters by height: U+2581 and the six above it. */
#define LEVELS 7

static int64_t changes_of(const struct es_doc *day)
{
	int64_t n = es_doc_get_number(day, "changes", 0);

	/* no day has more than this; sums of it are no trouble */
	return n < 0 ? 0 : n > INT32_MAX ? INT32_MAX : n;
}

/* Of @n parts of @max as many as @value is, rounded up. */
static int64_t scale(int64_t value, int64_t max, int64_t n)
{
	double exact = (double)value / (double)max * (double)n;
	int64_t whole = (int64_t)exact;

	return whole + ((double)whole < exact);
}

static void add_bar(struct es_doc *bars, size_t i, int64_t changes, int64_t max)
{
	int64_t height = scale(changes, max, HEIGHT);
	struct es_doc *bar;

	if (changes == 0)
		return;
	if (height < LEAST)
		height = LEAST;
	bar = es_doc_push(bars);
	es_doc_number(bar, "x", (int64_t)i * STEP);
	es_doc_number(bar, "y", HEIGHT - height);
	es_doc_number(bar, "width", WIDTH);
	es_doc_number(bar, "height", height);
}

/* "Changes a day since 2026-10-22: 4 on average, 24 on 2026-11-20" */
static void set_label(struct es_doc *days, const struct es_doc *all, size_t n,
		      int64_t sum)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	const struct es_doc *last = es_doc_at(all, n - 1);
	int64_t tenths = (sum * 10 + (int64_t)n / 2) / (int64_t)n;

	es_buf_adds(&b, "Changes a day since ");
	view_quoted(&b, es_doc_at(all, 0), "day");
	es_buf_adds(&b, ": ");
	view_number(&b, tenths / 10);
	if (tenths % 10)
		es_buf_addf(&b, ".%d", (int)(tenths % 10));
	es_buf_adds(&b, " on average, ");
	view_number(&b, changes_of(last));
	es_buf_adds(&b, " on ");
	view_quoted(&b, last, "day");
	html_text(days, "label", &b);
}

void html_days(const struct view *v)
{
	const struct es_doc *all = es_doc_get(v->report, "days");
	size_t n = all ? es_doc_len(all) : 0;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	struct es_doc *days, *bars;
	int64_t max = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t changes = changes_of(es_doc_at(all, i));

		max = changes > max ? changes : max;
		sum += changes;
	}
	if (n < 2 || max == 0)
		return;
	days = es_doc_object(v->html, "days");
	bars = es_doc_array(days, "bars");
	for (size_t i = 0; i < n; i++) {
		int64_t changes = changes_of(es_doc_at(all, i));
		int64_t level = scale(changes, max, LEVELS);

		add_bar(bars, i, changes, max);
		es_buf_adds(&b, "\xe2\x96");
		es_buf_addc(&b, (char)(0x81 + level));
	}
	html_text(days, "text", &b);
	es_doc_number(days, "width", (int64_t)n * STEP);
	es_doc_number(days, "height", HEIGHT);
	set_label(days, all, n, sum);
}
