/* SPDX-License-Identifier: MIT */
/* schedule.c - when a channel tells, in the local zone */
#include "config.h"

#include "deliver/channel_priv.h"

#include "etcsnap/quote.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* How far a time of a schedule is looked for. */
#define DAYS_MAX 366
#define MINUTE 60

static const char *const week_days[] = { "sun", "mon", "tue", "wed",
					 "thu", "fri", "sat" };

#define FORMS                                                          \
	"give each-run, hourly, 'daily HH:MM', 'weekly mon HH:MM' or " \
	"'cron M H DAY MONTH WEEKDAY'"

/* --- reading -------------------------------------------------------------- */

static bool read_number(unsigned int *out, const char **at, unsigned int max)
{
	unsigned int n = 0;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++) {
		n = n * 10 + (unsigned int)(**at - '0');
		if (n > max)
			return false;
	}
	*out = n;
	return true;
}

/* "07:00", up to a comma or the end. Minutes after midnight. */
static bool read_clock(unsigned int *out, const char **at)
{
	unsigned int hour, minute;

	if (!read_number(&hour, at, 24) || **at != ':')
		return false;
	(*at)++;
	if (!read_number(&minute, at, 59) || (hour == 24 && minute))
		return false;
	*out = hour * 60 + minute;
	return true;
}

static int add_times(struct schedule *s, const struct cron *c)
{
	struct cron *times = reallocarray(s->times, s->n + 1, sizeof(*times));

	if (!times)
		return -ENOMEM;
	times[s->n++] = *c;
	s->times = times;
	return 0;
}

static const struct cron every = {
	.minutes = (UINT64_C(1) << 60) - 1,
	.hours = (UINT32_C(1) << 24) - 1,
	.days = UINT32_MAX - 1,
	.months = 0x1ffe,
	.week_days = 0x7f,
	.any_day = true,
	.any_week_day = true,
};

/* "07:00,19:30": a line of cron for each. */
static int add_clocks(struct schedule *s, const char *at, uint8_t days)
{
	for (;;) {
		struct cron c = every;
		unsigned int minute;

		while (*at == ' ')
			at++;
		if (!read_clock(&minute, &at) || minute >= 1440)
			return -EINVAL;
		c.minutes = UINT64_C(1) << (minute % 60);
		c.hours = UINT32_C(1) << (minute / 60);
		if (days) {
			c.week_days = days;
			c.any_week_day = false;
		}
		if (add_times(s, &c) < 0)
			return -ENOMEM;
		while (*at == ' ')
			at++;
		if (!*at)
			return 0;
		if (*at++ != ',')
			return -EINVAL;
	}
}

static int add_weekly(struct schedule *s, const char *at)
{
	for (unsigned int i = 0; i < 7; i++)
		if (strncasecmp(at, week_days[i], 3) == 0) {
			at += 3;
			while (isalpha((unsigned char)*at))
				at++;
			return add_clocks(s, at, (uint8_t)(1u << i));
		}
	return -EINVAL;
}

/* A name of a weekday, or a number. */
static bool read_value(unsigned int *out, const char **at, unsigned int max)
{
	for (unsigned int i = 0; max == 7 && i < 7; i++)
		if (strncasecmp(*at, week_days[i], 3) == 0) {
			*at += 3;
			*out = i;
			return true;
		}
	return read_number(out, at, max);
}

/* N or N-M */
static bool read_span(unsigned int *from, unsigned int *to, const char **at,
		      unsigned int max)
{
	if (!read_value(from, at, max))
		return false;
	*to = *from;
	if (**at != '-')
		return true;
	(*at)++;
	return read_value(to, at, max);
}

/* *, N or N-M, perhaps with /STEP. */
static bool read_item(uint64_t *bits, bool *any, const char **at,
		      unsigned int min, unsigned int max)
{
	unsigned int from = min, to = max, step = 1;

	if (**at == '*') {
		(*at)++;
		*any = true;
	} else if (!read_span(&from, &to, at, max)) {
		return false;
	}
	if (**at == '/') {
		(*at)++;
		if (!read_number(&step, at, max) || step == 0)
			return false;
		if (to == from)
			to = max;
	}
	if (from < min || to < from)
		return false;
	for (unsigned int n = from; n <= to; n += step)
		*bits |= UINT64_C(1) << n;
	return true;
}

/* One field: a list of items. */
static bool read_field(uint64_t *bits, bool *any, const char **at,
		       unsigned int min, unsigned int max)
{
	*bits = 0;
	*any = false;
	for (;;) {
		if (!read_item(bits, any, at, min, max))
			return false;
		if (**at != ',')
			break;
		(*at)++;
	}
	if (**at && **at != ' ' && **at != '\t')
		return false;
	while (**at == ' ' || **at == '\t')
		(*at)++;
	return true;
}

static int add_cron(struct schedule *s, const char *at)
{
	static const struct {
		unsigned int min;
		unsigned int max;
	} ranges[5] = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } };
	struct cron c;
	uint64_t bits[5];
	bool any[5];

	for (int i = 0; i < 5; i++)
		if (!read_field(&bits[i], &any[i], &at, ranges[i].min,
				ranges[i].max))
			return -EINVAL;
	if (*at)
		return -EINVAL;
	/* Sunday is 0 and 7 */
	bits[4] |= bits[4] >> 7 & 1;
	c = (struct cron){
		.minutes = bits[0],
		.hours = (uint32_t)bits[1],
		.days = (uint32_t)bits[2],
		.months = (uint16_t)bits[3],
		.week_days = (uint8_t)(bits[4] & 0x7f),
		.any_day = any[2],
		.any_week_day = any[4],
	};
	return add_times(s, &c);
}

int es_schedule_add(struct schedule *s, const char *text, struct es_error *err)
{
	struct cron hourly = every;
	int rc;

	hourly.minutes = 1;
	if (strcmp(text, "each-run") == 0 || strcmp(text, "immediate") == 0) {
		s->each_run = true;
		return 0;
	}
	if (strcmp(text, "hourly") == 0)
		rc = add_times(s, &hourly);
	else if (strcmp(text, "daily") == 0)
		rc = add_clocks(s, "00:00", 0);
	else if (strncmp(text, "daily ", 6) == 0)
		rc = add_clocks(s, text + 6, 0);
	else if (strncmp(text, "weekly ", 7) == 0)
		rc = add_weekly(s, text + 7);
	else if (strncmp(text, "cron ", 5) == 0)
		rc = add_cron(s, text + 5);
	else
		rc = -EINVAL;
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return es_fail_config(err, "'%s' is no time; " FORMS,
				      ES_Q(text));
	return 0;
}

void es_schedule_dispose(struct schedule *s)
{
	free(s->times);
	*s = (struct schedule){ 0 };
}

/* --- times ---------------------------------------------------------------- */

/*
 * cron's own rule: where both are given, one of them is enough; where one
 * begins with a star, perhaps with a step, both must hold.
 */
static bool is_day(const struct cron *c, const struct tm *tm)
{
	bool day = c->days >> tm->tm_mday & 1;
	bool week_day = c->week_days >> tm->tm_wday & 1;

	if (!(c->months >> (tm->tm_mon + 1) & 1))
		return false;
	if (c->any_day || c->any_week_day)
		return day && week_day;
	return day || week_day;
}

/* The moment of a day at a wall clock's time; one that a clock change skips
 * is the first moment after the gap. */
static int64_t at_clock(const struct tm *day, int hour, int minute)
{
	struct tm tm = *day;
	time_t t;

	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	t = mktime(&tm);
	if (tm.tm_hour == hour && tm.tm_min == minute)
		return t;
	/* mktime() took it for the time before the change or after it: walk
	 * to where the clock jumps */
	for (int i = 0; i < 24 * 60; i++) {
		time_t before = t - MINUTE;
		struct tm is, was;

		localtime_r(&t, &is);
		localtime_r(&before, &was);
		if (is.tm_gmtoff > was.tm_gmtoff)
			return t;
		t = is.tm_hour * 60 + is.tm_min > hour * 60 + minute
			    ? before
			    : t + MINUTE;
	}
	return t;
}

/*
 * The time of a day that is nearest to @now on the asked side: the last one
 * at or before it, or the first one after it. 0 when the day has none.
 */
static int64_t of_day(const struct schedule *s, const struct tm *day,
		      int64_t now, bool after)
{
	int64_t best = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct cron *c = &s->times[i];

		if (!is_day(c, day))
			continue;
		for (int m = 0; m < 24 * 60; m++) {
			int64_t t;

			if (!(c->hours >> (m / 60) & 1) ||
			    !(c->minutes >> (m % 60) & 1))
				continue;
			t = at_clock(day, m / 60, m % 60);
			if (after ? t > now && (!best || t < best)
				  : t <= now && t > best)
				best = t;
		}
	}
	return best;
}

static int64_t search(const struct schedule *s, int64_t now, bool after)
{
	time_t t = now;
	struct tm today;

	if (s->n == 0)
		return 0;
	localtime_r(&t, &today);
	for (int i = 0; i <= DAYS_MAX; i++) {
		struct tm day = today;
		int64_t found;

		/* at noon no clock is ever changed */
		day.tm_mday += after ? i : -i;
		day.tm_hour = 12;
		day.tm_min = day.tm_sec = 0;
		day.tm_isdst = -1;
		mktime(&day);
		found = of_day(s, &day, now, after);
		if (found)
			return found;
	}
	return 0;
}

int64_t es_schedule_last(const struct schedule *s, int64_t now)
{
	return search(s, now, false);
}

int64_t es_schedule_next(const struct schedule *s, int64_t now)
{
	return search(s, now, true);
}

int es_quiet_parse(struct quiet *q, const char *text, struct es_error *err)
{
	const char *at = text;

	if (read_clock(&q->from, &at) && *at == '-') {
		at++;
		if (read_clock(&q->to, &at) && !*at && q->from != q->to)
			return 0;
	}
	return es_fail_config(err,
			      "'%s' is no part of a day; give it as "
			      "22:00-07:00",
			      ES_Q(text));
}

bool es_quiet_holds(const struct quiet *q, int64_t now)
{
	time_t t = now;
	struct tm tm;
	unsigned int minute;

	localtime_r(&t, &tm);
	minute = (unsigned int)(tm.tm_hour * 60 + tm.tm_min);
	if (q->from < q->to)
		return minute >= q->from && minute < q->to;
	return minute >= q->from || minute < q->to;
}

int64_t es_backoff(unsigned int attempts, uint32_t chance)
{
	const int64_t max = (int64_t)6 * 3600;
	int64_t wait = MINUTE;

	for (unsigned int i = 1; i < attempts && wait < max; i++)
		wait *= 2;
	if (wait > max)
		wait = max;
	return wait + wait / 4 * (int64_t)(chance >> 16) / 65536;
}
