/* SPDX-License-Identifier: MIT */
/* days_priv.h - days and months of the local time zone */
#ifndef ETCSNAP_RETENTION_DAYS_PRIV_H
#define ETCSNAP_RETENTION_DAYS_PRIV_H

#include <stdint.h>

/** enum es_period - what one commit of a branch stands for */
enum es_period {
	ES_PERIOD_DAY,
	ES_PERIOD_MONTH,
};

/** ES_PERIOD_LEN - room for "2026-11-21", NUL included */
#define ES_PERIOD_LEN 48

/**
 * es_period_label - the day or month of a time, as a number
 * @period: which
 * @when:   seconds since 1970-01-01 UTC
 *
 * Labels of two times compare as they do on a calendar on the wall.
 *
 * Return: 20261121 or 202611; 0 for a time beyond the calendar.
 */
int64_t es_period_label(enum es_period period, int64_t when);

/**
 * es_period_end - the last second of a day or month
 * @period: which
 * @label:  es_period_label() of some time in it
 *
 * Return: seconds since 1970-01-01 UTC.
 */
int64_t es_period_end(enum es_period period, int64_t label);

/** es_period_text - Return: @out, "2026-11-21" or "2026-11" */
const char *es_period_text(char out[ES_PERIOD_LEN], enum es_period period,
			   int64_t label);

/**
 * es_period_parse - Return: label of a text that begins with a day or month,
 * 0 when it does not
 */
int64_t es_period_parse(enum es_period period, const char *text);

#endif
