/* SPDX-License-Identifier: MIT */
/* writer_json.c - a listing as a JSON array of objects, one a line */
#include "config.h"

#include "etcsnap/doc.h"

#include "output/writer_priv.h"

#include <errno.h>

static void fill(struct es_doc *doc, const struct es_column *column,
		 const struct cell *c)
{
	switch (c->kind) {
	case CELL_TEXT:
		es_doc_text(doc, column->key, es_buf_str(&c->text),
			    c->text.len);
		break;
	case CELL_NUMBER:
		es_doc_number(doc, column->key, c->number);
		break;
	case CELL_EMPTY:
	default:
		es_doc_str(doc, column->key, NULL);
		break;
	}
}

static int json_row(struct es_writer *w)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error err = ES_ERROR_INIT;

	if (!doc)
		return -ENOMEM;
	for (size_t i = 0; i < w->n; i++)
		fill(doc, &w->columns[i], &w->cells[i]);
	if (es_doc_check(doc, &err) < 0)
		return err.code;
	es_buf_adds(&line, w->rows ? ",\n" : "[\n");
	if (es_doc_write(doc, &line, false) < 0)
		return -ENOMEM;
	/* The comma comes before the newline. */
	fwrite(line.data, 1, line.len - 1, w->f);
	return 0;
}

static int json_finish(struct es_writer *w)
{
	fputs(w->rows ? "\n]\n" : "[]\n", w->f);
	return 0;
}

const struct writer_ops writer_json_ops = {
	.row = json_row,
	.finish = json_finish,
};
