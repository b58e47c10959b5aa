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
 * report_errors - set "errors" from run/errors of both sides
 *
 * Return: 0 or a negative errno.
 */
int report_errors(struct es_doc *doc, const struct es_report_input *in,
		  struct es_error *err);

#endif
