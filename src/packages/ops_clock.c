/* SPDX-License-Identifier: MIT */
/* ops_clock.c - times as package managers write them into logs */
#include "config.h"

#include "packages/ops_priv.h"

#include <string.h>
#include <time.h>

#define DAY 86400

/* "YYYY-MM-DD HH:MM" */
#define MINUTE_LEN 16

/* The local day of a moment, "" where no calendar has it. */
static void local_day(char out[11], int64_t when, const char *beyond)
{
	time_t t = (time_t)when;
	struct tm tm;

	memcpy(out, beyond, strlen(beyond) + 1);
	if (!localtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		return;
	strftime(out, 11, "%Y-%m-%d", &tm);
}

/* Far from the ends of time, where a day more would be too much. */
static int64_t clamped(int64_t when)
{
	const int64_t most = INT64_C(253402300799); /* the end of 9999 */

	return when < -most ? -most : when > most ? most : when;
}

void ops_clock_init(struct ops_clock *c, const struct ops_reader *r)
{
	*c = (struct ops_clock){ .last = INT64_MIN };
	local_day(c->from, clamped(r->from) - DAY, "");
	local_day(c->to, clamped(r->to) + DAY, "9999-99-99");
}

bool ops_clock_skips(const struct ops_clock *c, const struct pkg_line *line)
{
	return line->len < 10 ||
	       memcmp(line->at, c->from, strlen(c->from)) < 0 ||
	       memcmp(line->at, c->to, strlen(c->to)) > 0;
}

/* @digits of a number at @at; false when one is none. */
static bool read_number(int *out, const char *at, int digits)
{
	*out = 0;
	for (int i = 0; i < digits; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		*out = 10 * *out + (at[i] - '0');
	}
	return true;
}

/* "YYYY-MM-DD HH:MM" */
static bool read_minute(struct tm *tm, const char *at)
{
	*tm = (struct tm){ 0 };
	if (at[4] != '-' || at[7] != '-' || at[13] != ':' ||
	    !read_number(&tm->tm_year, at, 4) ||
	    !read_number(&tm->tm_mon, at + 5, 2) ||
	    !read_number(&tm->tm_mday, at + 8, 2) ||
	    !read_number(&tm->tm_hour, at + 11, 2) ||
	    !read_number(&tm->tm_min, at + 14, 2) || tm->tm_mon < 1 ||
	    tm->tm_mon > 12 || tm->tm_mday < 1 || tm->tm_mday > 31 ||
	    tm->tm_hour > 23 || tm->tm_min > 59)
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	return true;
}

/* ":SS", which may be missing. Returns the bytes of it. */
static size_t read_seconds(int *out, const struct pkg_line *text, size_t at)
{
	*out = 0;
	if (text->len < at + 3 || text->at[at] != ':' ||
	    !read_number(out, text->at + at + 1, 2) || *out > 60)
		return 0;
	return 3;
}

/* The moment, if the clocks went by @dst then. */
static bool moment(int64_t *out, const struct tm *wanted, int dst)
{
	struct tm tm = *wanted, is;

	tm.tm_isdst = dst;
	time_t t = mktime(&tm);
	if (!localtime_r(&t, &is) || is.tm_isdst != dst ||
	    is.tm_min != wanted->tm_min || is.tm_hour != wanted->tm_hour ||
	    is.tm_mday != wanted->tm_mday)
		return false;
	*out = t;
	return true;
}

static void set_minute(struct ops_clock *c, const struct tm *tm,
		       const char *minute)
{
	struct tm any = *tm;

	c->n_at = 0;
	for (int dst = 1; dst >= 0; dst--)
		c->n_at += moment(&c->at[c->n_at], tm, dst);
	/* An hour that was left out when clocks were put on. */
	if (c->n_at == 0) {
		any.tm_isdst = -1;
		c->at[c->n_at++] = mktime(&any);
	}
	if (c->n_at == 2 && c->at[0] > c->at[1]) {
		int64_t later = c->at[0];

		c->at[0] = c->at[1];
		c->at[1] = later;
	}
	memcpy(c->minute, minute, MINUTE_LEN);
}

size_t ops_clock_local(int64_t *out, struct ops_clock *c,
		       const struct ops_reader *r, const struct pkg_line *text)
{
	int64_t when;
	struct tm tm;
	int seconds;

	if (text->len < MINUTE_LEN)
		return 0;
	if (c->n_at == 0 || memcmp(c->minute, text->at, MINUTE_LEN) != 0) {
		if (!read_minute(&tm, text->at))
			return 0;
		set_minute(c, &tm, text->at);
	}
	size_t len = MINUTE_LEN + read_seconds(&seconds, text, MINUTE_LEN);
	when = c->at[0] + seconds;
	if (c->n_at == 2) {
		int64_t later = c->at[1] + seconds;

		if ((when < c->last && later >= c->last) ||
		    (when >= c->last && !ops_within(r, when) &&
		     ops_within(r, later)))
			when = later;
	}
	c->last = when;
	*out = when;
	return len;
}

/* "Z", "+HH", "+HHMM", "+HH:MM" at @at, in seconds east of UTC. */
static size_t read_offset(int64_t *out, const struct pkg_line *text, size_t at)
{
	const char *s = text->at + at;
	size_t len = text->len - at;
	int hours, minutes = 0;

	*out = 0;
	if (len > 0 && *s == 'Z')
		return 1;
	if (len < 3 || (*s != '+' && *s != '-') ||
	    !read_number(&hours, s + 1, 2))
		return 0;
	size_t n = 3;
	size_t colon = len > 3 && s[3] == ':';
	if (len >= n + colon + 2 && read_number(&minutes, s + n + colon, 2))
		n += colon + 2;
	else
		minutes = 0;
	*out = 60 * (60 * (int64_t)hours + minutes);
	if (*s == '-')
		*out = -*out;
	return n;
}

size_t ops_clock_zoned(int64_t *out, const struct pkg_line *text)
{
	struct tm tm;
	int seconds;
	int64_t east;

	if (text->len < MINUTE_LEN || !read_minute(&tm, text->at))
		return 0;
	size_t len = MINUTE_LEN + read_seconds(&seconds, text, MINUTE_LEN);
	len += read_offset(&east, text, len);
	*out = timegm(&tm) + seconds - east;
	return len;
}
