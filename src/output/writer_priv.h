/* SPDX-License-Identifier: MIT */
/* writer_priv.h - between the writer and its formats */
#ifndef ETCSNAP_OUTPUT_WRITER_PRIV_H
#define ETCSNAP_OUTPUT_WRITER_PRIV_H

#include "etcsnap/writer.h"

/**
 * enum cell_kind - what a value of a row is
 * @CELL_EMPTY:  not set
 * @CELL_TEXT:   bytes
 * @CELL_NUMBER: number
 */
enum cell_kind {
	CELL_EMPTY,
	CELL_TEXT,
	CELL_NUMBER,
};

/**
 * struct cell - one value of the row being filled
 * @kind:   which of the two counts
 * @text:   raw bytes; its memory is used again for the next row
 * @number: number
 */
struct cell {
	enum cell_kind kind;
	struct es_buf text;
	int64_t number;
};

/**
 * struct writer_ops - a format
 * @begin:  before the first row; may be NULL
 * @row:    a filled row, w->cells
 * @finish: after the last row; may be NULL
 * @free:   what @begin made; may be NULL
 *
 * All but @free return 0 or a negative errno. The stream's own failure is
 * seen to by es_writer_finish().
 */
struct writer_ops {
	int (*begin)(struct es_writer *w);
	int (*row)(struct es_writer *w);
	int (*finish)(struct es_writer *w);
	void (*free)(struct es_writer *w);
};

struct es_writer {
	const struct writer_ops *ops;
	FILE *f;
	const struct es_column *columns;
	size_t n;
	struct cell *cells; /* n of them */
	void *state;	    /* the format's own */
	uint64_t rows;	    /* that were handed to the format */
	int open;	    /* a row is being filled */
	int failed;	    /* first failure, negative errno */
};

/** writer_text_ops - tables for people, by libsmartcols */
extern const struct writer_ops writer_text_ops;
/** writer_json_ops - an array of objects, one a line */
extern const struct writer_ops writer_json_ops;
/** writer_csv_ops - RFC 4180 */
extern const struct writer_ops writer_csv_ops;

#endif
