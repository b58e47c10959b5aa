/* SPDX-License-Identifier: MIT */
/* width.h - columns that a text takes on a terminal */
#ifndef ETCSNAP_WIDTH_H
#define ETCSNAP_WIDTH_H

#include <stddef.h>

#include "etcsnap/buf.h"

/*
 * For text that was quoted already: what is no character of the locale, which
 * is a UTF-8 one, counts as one column a byte.
 */

/**
 * es_width - columns of a text
 * @text: bytes
 * @len:  their number
 *
 * Return: number of columns.
 */
size_t es_width(const char *text, size_t len);

/**
 * es_width_bytes - how much of a text fits
 * @text:    bytes
 * @len:     their number
 * @columns: most columns
 *
 * Return: number of bytes, whole characters.
 */
size_t es_width_bytes(const char *text, size_t len, size_t columns);

/**
 * es_width_fit - append as much of a text as fits
 * @out:     appended to; "…" at the end where something was cut
 * @text:    bytes
 * @len:     their number
 * @columns: most columns, "…" included; at least 1
 *
 * Return: columns that were used.
 */
size_t es_width_fit(struct es_buf *out, const char *text, size_t len,
		    size_t columns);

/**
 * es_width_fit_end - es_width_fit(), keeping the end of the text
 * @out:     appended to; "…" at the beginning where something was cut
 * @text:    bytes
 * @len:     their number
 * @columns: most columns, "…" included; at least 1
 */
void es_width_fit_end(struct es_buf *out, const char *text, size_t len,
		      size_t columns);

/**
 * es_width_fill - blanks until a line has so many columns
 * @out:     appended to
 * @start:   where in it the line begins
 * @columns: of the line
 */
void es_width_fill(struct es_buf *out, size_t start, size_t columns);

/**
 * es_width_pad - es_width_fit(), and blanks up to a column
 * @out:     appended to
 * @text:    bytes
 * @len:     their number
 * @columns: columns that are used in any case
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_width_pad(struct es_buf *out, const char *text, size_t len,
		 size_t columns);

#endif
