/* SPDX-License-Identifier: MIT */
/* writer_text.c - a listing as a table for people, by libsmartcols */
#include "config.h"

#include "etcsnap/quote.h"

#include "output/writer_priv.h"

#include <libsmartcols.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>

/*
 * The library would escape what es_quote_term() wrote a second time, so its own
 * escaping is off: cells are quoted before it sees them. In a locale without
 * them, where the machine has no C.UTF-8, it would look for ever at characters
 * beyond ASCII (2.38, mbs_safe_nwidth()): these are bytes there.
 */
static int put_text(struct es_buf *out, const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);

	if (MB_CUR_MAX > 1)
		return es_quote_term(out, raw, len);
	es_quote_term(&text, raw, len);
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.data[i];

		if (c < 0x80)
			es_buf_addc(out, (char)c);
		else
			es_buf_addf(out, "\\x%02x", c);
	}
	return text.failed ? text.failed : out->failed;
}

/* Cut to the width of the terminal, if the stream is one. */
static void set_width(struct libscols_table *tb, FILE *f)
{
	struct winsize ws;
	int fd = fileno(f);

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &ws) < 0 ||
	    ws.ws_col == 0) {
		scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
		return;
	}
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(tb, ws.ws_col);
}

/* Columns that text shows come in order; the others are left out. */
static int add_columns(struct libscols_table *tb, const struct es_writer *w)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct es_column *c = &w->columns[i];
		int flags = 0;

		if (!c->title)
			continue;
		if (c->right)
			flags |= SCOLS_FL_RIGHT;
		if (c->cut)
			flags |= SCOLS_FL_TRUNC;
		if (!scols_table_new_column(tb, c->title, c->cut ? 0.1 : 1,
					    flags))
			return -ENOMEM;
	}
	return 0;
}

static int text_begin(struct es_writer *w)
{
	struct libscols_table *tb = scols_new_table();

	if (!tb)
		return -ENOMEM;
	w->state = tb;
	scols_table_set_stream(tb, w->f);
	scols_table_enable_noencoding(tb, 1);
	set_width(tb, w->f);
	return add_columns(tb, w);
}

static int set_cell(struct libscols_line *line, size_t at, const struct cell *c)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	if (c->kind == CELL_EMPTY)
		return 0;
	if (c->kind == CELL_NUMBER)
		rc = es_buf_addf(&text, "%" PRId64, c->number);
	else
		rc = put_text(&text, es_buf_str(&c->text), c->text.len);
	if (rc < 0)
		return -ENOMEM;
	return scols_line_set_data(line, at, es_buf_str(&text)) < 0 ? -ENOMEM
								    : 0;
}

static int text_row(struct es_writer *w)
{
	struct libscols_line *line = scols_table_new_line(w->state, NULL);
	size_t at = 0;

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < w->n; i++) {
		if (!w->columns[i].title)
			continue;
		if (set_cell(line, at++, &w->cells[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int text_finish(struct es_writer *w)
{
	/* Headings without a row would only puzzle. */
	if (w->rows == 0)
		return 0;
	return scols_print_table(w->state) < 0 ? -ENOMEM : 0;
}

static void text_free(struct es_writer *w)
{
	scols_unref_table(w->state);
}

const struct writer_ops writer_text_ops = {
	.begin = text_begin,
	.row = text_row,
	.finish = text_finish,
	.free = text_free,
};
