/* SPDX-License-Identifier: MIT */
/* writer.h - listings (tables of rows) as text, JSON or CSV */
#ifndef ETCSNAP_WRITER_H
#define ETCSNAP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "etcsnap/buf.h"

/*
 * A listing is rows of the same columns. Formats know no domain and callers
 * know no format: declare columns, fill rows, finish. Values are raw bytes;
 * the writer quotes for its target.
 *
 *	es_writer_new(&w, ES_FORMAT_TEXT, stdout, columns, n, &err);
 *	es_writer_row(w);
 *	es_writer_text(w, COL_PATH, path, len);
 *	es_writer_number(w, COL_SIZE, size);
 *	es_writer_finish(w, &err);
 */

/**
 * enum es_format - form of an output
 * @ES_FORMAT_TEXT: for people
 * @ES_FORMAT_JSON: one document: {"COLUMN": …} objects in an array
 * @ES_FORMAT_CSV:  RFC 4180 with a header line
 */
enum es_format {
	ES_FORMAT_TEXT,
	ES_FORMAT_JSON,
	ES_FORMAT_CSV,
};

/**
 * es_format_parse - read the word of --format
 * @out:  set on success
 * @word: NUL-terminated, "text", "json" or "csv"
 *
 * Return: 0, or -EINVAL for another word.
 */
int es_format_parse(enum es_format *out, const char *word);

/**
 * struct es_column - one column
 * @key:   name in JSON and CSV
 * @title: heading in text, NULL: not shown in text
 * @right: numbers, aligned right in text
 * @cut:   may be cut in text to fit the terminal's width
 */
struct es_column {
	const char *key;
	const char *title;
	bool right;
	bool cut;
};

/** struct es_writer - a listing being written */
struct es_writer;

/**
 * es_writer_new - begin a listing
 * @out:     owned; es_writer_free()
 * @format:  form
 * @f:       stream, borrowed
 * @columns: columns, borrowed until the end
 * @n:       their number
 * @err:     filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_writer_new(struct es_writer **out, enum es_format format, FILE *f,
		  const struct es_column *columns, size_t n,
		  struct es_error *err);

/**
 * es_writer_free - free a listing
 * @w: taken; NULL is allowed
 *
 * The stream stays open; without es_writer_finish() the output is incomplete.
 *
 * Locking: none; not for use by two threads at once.
 */
void es_writer_free(struct es_writer *w);
ES_DEFINE_CLEANUP(struct es_writer, es_writer_free)

/**
 * es_writer_row - begin the next row
 * @w: listing; the row before is handed to the format
 *
 * Values that are not set are empty. A failure is kept in @w and told by
 * es_writer_finish().
 *
 * Locking: none; not for use by two threads at once.
 */
void es_writer_row(struct es_writer *w);

/**
 * es_writer_text - set a value of the row to bytes
 * @w:      listing
 * @column: index into the columns, below their number
 * @raw:    bytes, copied; NULL leaves the value as it is
 * @len:    their number
 *
 * Locking: none; not for use by two threads at once.
 */
void es_writer_text(struct es_writer *w, size_t column, const char *raw,
		    size_t len);

/**
 * es_writer_str - set a value of the row to a C string
 * @w:      listing
 * @column: index into the columns, below their number
 * @s:      NUL-terminated, copied; NULL leaves the value as it is
 *
 * Locking: none; not for use by two threads at once.
 */
void es_writer_str(struct es_writer *w, size_t column, const char *s);

/**
 * es_writer_number - set a value of the row to a number
 * @w:      listing
 * @column: index into the columns, below their number
 * @v:      number
 *
 * Locking: none; not for use by two threads at once.
 */
void es_writer_number(struct es_writer *w, size_t column, int64_t v);

/**
 * es_writer_finish - write out what remains
 * @w:   listing
 * @err: filled on failure
 *
 * Return: 0, -ENOMEM, or -EIO when the stream failed.
 */
int es_writer_finish(struct es_writer *w, struct es_error *err);

/**
 * es_csv_field - append one RFC 4180 field, quoted, safe for spreadsheets
 * @out: appended to; a field that begins with = + - @ gets a leading '
 * @raw: bytes; what es_quote_term() would escape is escaped
 * @len: their number
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_csv_field(struct es_buf *out, const char *raw, size_t len);

#endif
