/* SPDX-License-Identifier: MIT */
/* report_priv.h - between the parts that make and render a report */
#ifndef ETCSNAP_REPORT_REPORT_PRIV_H
#define ETCSNAP_REPORT_REPORT_PRIV_H

#include "etcsnap/clock.h"
#include "etcsnap/report.h"

/** REPORT_TIME_LEN - room for a time with nanoseconds, NUL included */
#define REPORT_TIME_LEN (ES_TIME_LEN + 32)

/**
 * report_time - a time by ISO 8601, in the local zone
 * @out:  REPORT_TIME_LEN bytes
 * @sec:  seconds since 1970-01-01 UTC
 * @nsec: nanoseconds, negative: none are written
 *
 * Return: @out.
 */
char *report_time(char out[REPORT_TIME_LEN], int64_t sec, int32_t nsec);

/** report_attributes - set "attributes" of a change to what differs */
void report_attributes(struct es_doc *change, const struct es_change *c);

/**
 * report_content - set "content" and the digests of a change
 *
 * Return: 0 or a negative errno.
 */
int report_content(struct es_doc *change, const struct es_report_input *in,
		   const struct es_change *c, struct es_error *err);

/**
 * report_errors - set "errors" from run/errors of both sides
 *
 * Return: 0 or a negative errno.
 */
int report_errors(struct es_doc *doc, const struct es_report_input *in,
		  struct es_error *err);

/** enum report_paint - what a piece of text is, which decides its colour */
enum report_paint {
	PAINT_NONE,
	PAINT_TITLE,
	PAINT_PATH,
	PAINT_OLD,
	PAINT_NEW,
	PAINT_HUNK,
	PAINT_WARN,
};

/** report_paint - begin a colour, or end it with PAINT_NONE */
void report_paint(struct es_buf *out, unsigned int flags,
		  enum report_paint what);

/** report_quoted - append a text of the document, quoted for a terminal */
void report_quoted(struct es_buf *out, const struct es_doc *obj,
		   const char *key);

/** report_reason - Return: what an unread reason's word means, for people */
const char *report_reason(const char *word);

/**
 * report_change - append one change with all that is to be said of it
 *
 * Return: whether lines of content were shown.
 */
bool report_change(struct es_buf *out, const struct es_doc *change,
		   unsigned int flags);

#endif
