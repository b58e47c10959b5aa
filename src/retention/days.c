/* SPDX-License-Identifier: MIT */
/* days.c - days and months of the local time zone */
#include "config.h"

#include "retention/days_priv.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define HOUR 3600
#define DAY (24 * HOUR)
/* Clocks are put forward and back by multiples of this, seconds. */
#define STEP 900

static int64_t label_of(const struct tm *tm, enum es_period period)
{
	const int64_t month =
		(int64_t)(tm->tm_year + 1900) * 100 + tm->tm_mon + 1;

	return period == ES_PERIOD_MONTH ? month : month * 100 + tm->tm_mday;
}

int64_t es_period_label(enum es_period period, int64_t when)
{
	const time_t t = (time_t)when;
	struct tm tm;

	return localtime_r(&t, &tm) ? label_of(&tm, period) : 0;
}

/* Noon of the day, or of the 15th of the month: that is never left out. */
static int64_t middle_of(enum es_period period, int64_t label)
{
	const bool month = period == ES_PERIOD_MONTH;
	const int64_t months = month ? label : label / 100;
	struct tm tm = {
		.tm_year = (int)(months / 100) - 1900,
		.tm_mon = (int)(months % 100) - 1,
		.tm_mday = month ? 15 : (int)(label % 100),
		.tm_hour = 12,
		.tm_isdst = -1,
	};

	return mktime(&tm);
}

/*
 * Midnight may not exist, or exist twice, and in some zones the first minute of
 * a day came twice. So the last second is looked for from behind.
 */
int64_t es_period_end(enum es_period period, int64_t label)
{
	int64_t in = middle_of(period, label) +
		     (period == ES_PERIOD_MONTH ? 20 * DAY : 36 * HOUR);
	int64_t out;

	while (es_period_label(period, in) > label)
		in -= STEP;
	out = in + STEP;
	while (out - in > 1) {
		const int64_t mid = in + (out - in) / 2;

		if (es_period_label(period, mid) > label)
			out = mid;
		else
			in = mid;
	}
	return in;
}

const char *es_period_text(char out[ES_PERIOD_LEN], enum es_period period,
			   int64_t label)
{
	if (period == ES_PERIOD_MONTH)
		snprintf(out, ES_PERIOD_LEN, "%04d-%02d", (int)(label / 100),
			 (int)(label % 100));
	else
		snprintf(out, ES_PERIOD_LEN, "%04d-%02d-%02d",
			 (int)(label / 10000), (int)(label / 100 % 100),
			 (int)(label % 100));
	return out;
}

int64_t es_period_parse(enum es_period period, const char *text)
{
	const int parts = period == ES_PERIOD_MONTH ? 2 : 3;
	int64_t label = 0;

	for (int i = 0; i < parts; i++) {
		const int digits = i ? 2 : 4;

		if (i && *text++ != '-')
			return 0;
		for (int k = 0; k < digits; k++, text++) {
			if (*text < '0' || *text > '9')
				return 0;
			label = label * 10 + (*text - '0');
		}
	}
	return label;
}
