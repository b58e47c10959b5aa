/* SPDX-License-Identifier: MIT */
/* writer.c - collect the values of a row and hand it to the format */
#include "config.h"

#include "etcsnap/writer.h"

#include "output/writer_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *word;
	const struct writer_ops *ops;
} formats[] = {
	[ES_FORMAT_TEXT] = { "text", &writer_text_ops },
	[ES_FORMAT_JSON] = { "json", &writer_json_ops },
	[ES_FORMAT_CSV] = { "csv", &writer_csv_ops },
};

int es_format_parse(enum es_format *out, const char *word)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].word, word) == 0) {
			*out = (enum es_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

int es_writer_new(struct es_writer **out, enum es_format format, FILE *f,
		  const struct es_column *columns, size_t n,
		  struct es_error *err)
{
	ES_CLEANUP(es_writer_freep)
	struct es_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return es_fail_oom(err);
	w->cells = calloc(n ? n : 1, sizeof(*w->cells));
	if (!w->cells)
		return es_fail_oom(err);
	w->ops = formats[format].ops;
	w->f = f;
	w->columns = columns;
	w->n = n;
	for (size_t i = 0; i < n; i++)
		w->cells[i].text = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	if (w->ops->begin && w->ops->begin(w) < 0)
		return es_fail_oom(err);
	*out = es_steal_ptr(&w);
	return 0;
}

void es_writer_free(struct es_writer *w)
{
	if (!w)
		return;
	if (w->state && w->ops->free)
		w->ops->free(w);
	for (size_t i = 0; i < w->n; i++)
		es_buf_dispose(&w->cells[i].text);
	free(w->cells);
	free(w);
}

/* Hand the row that is being filled to the format. */
static void end_row(struct es_writer *w)
{
	if (!w->open)
		return;
	w->open = 0;
	for (size_t i = 0; i < w->n && !w->failed; i++)
		w->failed = w->cells[i].text.failed;
	if (!w->failed)
		w->failed = w->ops->row(w);
	w->rows++;
}

void es_writer_row(struct es_writer *w)
{
	end_row(w);
	for (size_t i = 0; i < w->n; i++) {
		w->cells[i].kind = CELL_EMPTY;
		es_buf_reset(&w->cells[i].text);
	}
	w->open = 1;
}

void es_writer_text(struct es_writer *w, size_t column, const char *raw,
		    size_t len)
{
	struct cell *c = &w->cells[column];

	if (!raw)
		return;
	c->kind = CELL_TEXT;
	es_buf_reset(&c->text);
	es_buf_add(&c->text, raw, len);
}

void es_writer_str(struct es_writer *w, size_t column, const char *s)
{
	es_writer_text(w, column, s, s ? strlen(s) : 0);
}

void es_writer_number(struct es_writer *w, size_t column, int64_t v)
{
	w->cells[column].kind = CELL_NUMBER;
	w->cells[column].number = v;
}

int es_writer_finish(struct es_writer *w, struct es_error *err)
{
	end_row(w);
	if (!w->failed && w->ops->finish)
		w->failed = w->ops->finish(w);
	if (w->failed == -ENOMEM)
		return es_fail_oom(err);
	if (w->failed || fflush(w->f) == EOF || ferror(w->f))
		return es_fail(err, -EIO, "cannot write the listing");
	return 0;
}
