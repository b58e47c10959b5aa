/* SPDX-License-Identifier: MIT */
/* writer_csv.c - a listing as RFC 4180, safe for spreadsheets */
#include "config.h"

#include "etcsnap/quote.h"

#include "output/writer_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Spreadsheets run a field that begins so as a formula. */
static bool is_formula(const char *raw, size_t len)
{
	return len > 0 && raw[0] && strchr("=+-@", raw[0]);
}

int es_csv_field(struct es_buf *out, const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf safe = ES_BUF_INIT(ES_BUF_MAX);

	if (is_formula(raw, len))
		es_buf_addc(&safe, '\'');
	if (es_quote_term(&safe, raw, len) < 0) {
		out->failed = safe.failed;
		return out->failed;
	}
	const char *s = es_buf_str(&safe);
	if (!strpbrk(s, ",\""))
		return es_buf_add(out, s, safe.len);
	es_buf_addc(out, '"');
	for (; *s; s++) {
		if (*s == '"')
			es_buf_addc(out, '"');
		es_buf_addc(out, *s);
	}
	return es_buf_addc(out, '"');
}

static int put_line(struct es_writer *w, struct es_buf *line)
{
	es_buf_adds(line, "\r\n");
	if (line->failed)
		return -ENOMEM;
	fwrite(line->data, 1, line->len, w->f);
	return 0;
}

static int csv_begin(struct es_writer *w)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < w->n; i++) {
		const char *key = w->columns[i].key;

		if (i > 0)
			es_buf_addc(&line, ',');
		es_csv_field(&line, key, strlen(key));
	}
	return put_line(w, &line);
}

static int csv_row(struct es_writer *w)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < w->n; i++) {
		const struct cell *c = &w->cells[i];

		if (i > 0)
			es_buf_addc(&line, ',');
		if (c->kind == CELL_TEXT)
			es_csv_field(&line, es_buf_str(&c->text), c->text.len);
		else if (c->kind == CELL_NUMBER)
			es_buf_addf(&line, "%" PRId64, c->number);
	}
	return put_line(w, &line);
}

const struct writer_ops writer_csv_ops = {
	.begin = csv_begin,
	.row = csv_row,
};
