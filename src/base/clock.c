/* SPDX-License-Identifier: MIT */
/* clock.c - time: now, as text, from text */
#include "config.h"

#include "etcsnap/clock.h"

#include "etcsnap/quote.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
#define WEEK (7 * DAY)
#define MONTH (30 * DAY)
#define YEAR (365 * DAY)

/* A number this long times a year stays far below INT64_MAX. */
#define NUMBER_DIGITS 9

/*
 * A run of digits, between @min and @max of them. Returns what follows, NULL
 * when there are fewer or more.
 */
static const char *read_digits(int64_t *out, const char *s, int min, int max)
{
	int64_t value = 0;
	int n = 0;

	while (isdigit((unsigned char)s[n])) {
		if (n == max)
			return NULL;
		value = value * 10 + (s[n++] - '0');
	}
	if (n < min)
		return NULL;
	*out = value;
	return s + n;
}

int64_t es_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct timespec es_clock_now(void)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	struct timespec now = { 0, 0 };
	int64_t sec;

	if (fixed) {
		const char *end = read_digits(&sec, fixed, 1, 12);

		if (end && !*end) {
			now.tv_sec = (time_t)sec;
			return now;
		}
	}
	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

struct timespec es_clock_coarse(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now;
}

static bool local_time(struct tm *out, int64_t sec)
{
	time_t t = (time_t)sec;

	return t == sec && localtime_r(&t, out);
}

char *es_clock_iso(char out[ES_TIME_LEN], int64_t sec)
{
	struct tm tm;

	if (!local_time(&tm, sec) ||
	    strftime(out, ES_TIME_LEN, "%Y-%m-%d %H:%M:%S %z", &tm) == 0)
		snprintf(out, ES_TIME_LEN, "@%lld", (long long)sec);
	return out;
}

char *es_clock_rfc3339(char out[ES_TIME_LEN], int64_t sec)
{
	char text[ES_TIME_LEN];

	es_clock_iso(text, sec);
	/* "DATE TIME +hhmm" becomes DATE T TIME +hh:mm */
	char *time = strchr(text, ' ');
	char *zone = time ? strchr(time + 1, ' ') : NULL;
	if (!zone || strlen(zone) != 6) {
		snprintf(out, ES_TIME_LEN, "%s", text);
		return out;
	}
	*time++ = '\0';
	*zone++ = '\0';
	snprintf(out, ES_TIME_LEN, "%.16sT%.8s%.3s:%.2s", text, time, zone,
		 zone + 3);
	return out;
}

int es_clock_offset(int64_t sec)
{
	struct tm tm;

	return local_time(&tm, sec) ? (int)(tm.tm_gmtoff / MINUTE) : 0;
}

int64_t es_clock_midnight(int64_t sec, int days)
{
	struct tm tm;

	if (!local_time(&tm, sec))
		return sec;
	tm.tm_mday += days;
	tm.tm_hour = 0;
	tm.tm_min = 0;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return mktime(&tm);
}

/* "now", "today", "yesterday", "mon", "monday": the last one before today. */
static bool parse_word(int64_t *out, const char *s, int64_t now)
{
	static const char *const days[] = { "sunday",	 "monday",   "tuesday",
					    "wednesday", "thursday", "friday",
					    "saturday" };
	struct tm tm;

	if (strcasecmp(s, "now") == 0) {
		*out = now;
		return true;
	}
	if (strcasecmp(s, "today") == 0) {
		*out = es_clock_midnight(now, 0);
		return true;
	}
	if (strcasecmp(s, "yesterday") == 0) {
		*out = es_clock_midnight(now, -1);
		return true;
	}
	for (int i = 0; i < 7; i++) {
		if (strcasecmp(s, days[i]) != 0 &&
		    (strlen(s) != 3 || strncasecmp(s, days[i], 3) != 0))
			continue;
		if (!local_time(&tm, now))
			return false;
		int back = (tm.tm_wday - i + 7) % 7;
		*out = es_clock_midnight(now, back ? -back : -7);
		return true;
	}
	return false;
}

/**
 * struct unit - a unit of time as people write it
 * @name:    long form, of which an "s" may follow
 * @brief:   other form, NULL where there is none
 * @letter:  short form, directly after the number; 0 = none
 * @seconds: its length
 */
struct unit {
	const char *name;
	const char *brief;
	char letter;
	int64_t seconds;
};

static const struct unit units[] = {
	{ "second", "sec", 's', 1 }, { "minute", "min", 'm', MINUTE },
	{ "hour", NULL, 'h', HOUR }, { "day", NULL, 'd', DAY },
	{ "week", NULL, 'w', WEEK }, { "month", NULL, 0, MONTH },
	{ "year", NULL, 'y', YEAR },
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

static const struct unit *unit_by_letter(char c)
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (c && units[i].letter == c)
			return &units[i];
	return NULL;
}

static bool is_unit_word(const char *s, size_t len, const char *name)
{
	if (!name)
		return false;
	size_t n = strlen(name);
	if (len == n + 1 && (s[n] == 's' || s[n] == 'S'))
		len = n;
	return len == n && strncasecmp(s, name, n) == 0;
}

static const struct unit *unit_by_word(const char *s, size_t len)
{
	if (len == 1)
		return unit_by_letter(*s);
	for (size_t i = 0; i < N_UNITS; i++)
		if (is_unit_word(s, len, units[i].name) ||
		    is_unit_word(s, len, units[i].brief))
			return &units[i];
	return NULL;
}

/* "90m", "3 days ago". */
static bool parse_ago(int64_t *out, const char *s, int64_t now)
{
	int64_t number;

	s = read_digits(&number, s, 1, NUMBER_DIGITS);
	if (!s)
		return false;
	s += strspn(s, " ");
	size_t len = strcspn(s, " ");
	const struct unit *u = unit_by_word(s, len);
	if (!u)
		return false;
	s += len;
	s += strspn(s, " ");
	if (*s && strcasecmp(s, "ago") != 0)
		return false;
	int64_t then = now - number * u->seconds;
	/* "100y" means the beginning of everything. */
	*out = then < 0 ? 0 : then;
	return true;
}

static int days_in_month(int64_t year, int64_t month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* "2026-05-01" into @tm. Returns what follows, NULL when it is no date. */
static const char *read_date(struct tm *tm, const char *s)
{
	int64_t year, month, day;

	s = read_digits(&year, s, 4, 4);
	if (!s || *s != '-')
		return NULL;
	s = read_digits(&month, s + 1, 2, 2);
	if (!s || *s != '-')
		return NULL;
	s = read_digits(&day, s + 1, 2, 2);
	if (!s || year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month))
		return NULL;
	tm->tm_year = (int)year - 1900;
	tm->tm_mon = (int)month - 1;
	tm->tm_mday = (int)day;
	return s;
}

/* "12:00" or "12:00:30" into @tm. Returns what follows, NULL if it is none. */
static const char *read_time(struct tm *tm, const char *s)
{
	int64_t hour, minute, second = 0;

	s = read_digits(&hour, s, 2, 2);
	if (!s || *s != ':')
		return NULL;
	s = read_digits(&minute, s + 1, 2, 2);
	if (s && *s == ':')
		s = read_digits(&second, s + 1, 2, 2);
	if (!s || hour > 23 || minute > 59 || second > 59)
		return NULL;
	tm->tm_hour = (int)hour;
	tm->tm_min = (int)minute;
	tm->tm_sec = (int)second;
	return s;
}

/* "+02:00" or "+0200" to the end of the text, in seconds east of UTC. */
static bool read_offset(int64_t *out, const char *s)
{
	int64_t hour, minute, sign = *s == '-' ? -1 : 1;

	if (*s != '+' && *s != '-')
		return false;
	/* Both numbers at once, where no colon stands between them. */
	const char *end = read_digits(&hour, s + 1, 2, 4);
	if (end == s + 5) {
		minute = hour % 100;
		hour /= 100;
	} else if (end == s + 3 && *end == ':') {
		end = read_digits(&minute, end + 1, 2, 2);
	} else {
		return false;
	}
	if (!end || *end || hour > 23 || minute > 59)
		return false;
	*out = sign * (hour * HOUR + minute * MINUTE);
	return true;
}

/* "Z" or an offset. */
static bool read_zone(int64_t *out, const char *s)
{
	if ((*s == 'Z' || *s == 'z') && !s[1]) {
		*out = 0;
		return true;
	}
	return read_offset(out, s);
}

/* Local time by the zone's rules; mktime() sets tm_wday unless it failed. */
static bool from_local(int64_t *out, struct tm *tm)
{
	tm->tm_isdst = -1;
	tm->tm_wday = -1;
	time_t t = mktime(tm);
	if (t == -1 && tm->tm_wday == -1)
		return false;
	*out = t;
	return true;
}

/* "2026-05-01", with or without a time and a zone. */
static bool parse_date(int64_t *out, const char *s)
{
	struct tm tm = { 0 };
	int64_t east;

	s = read_date(&tm, s);
	if (!s)
		return false;
	if (!*s)
		return from_local(out, &tm);
	if (*s != 'T' && *s != 't' && *s != ' ')
		return false;
	s = read_time(&tm, s + 1);
	if (!s)
		return false;
	/* The form that es_clock_iso() writes has a blank here. */
	if (*s == ' ')
		s++;
	else if (!*s)
		return from_local(out, &tm);
	if (!read_zone(&east, s))
		return false;
	*out = timegm(&tm) - east;
	return true;
}

/* "12:00": that of today. */
static bool parse_time_of_day(int64_t *out, const char *s, int64_t now)
{
	struct tm tm;

	if (!local_time(&tm, now))
		return false;
	tm.tm_sec = 0;
	s = read_time(&tm, s);
	return s && !*s && from_local(out, &tm);
}

static bool parse_seconds(int64_t *out, const char *s)
{
	int64_t sec;
	const char *end = read_digits(&sec, s, 10, 10);

	if (!end || *end)
		return false;
	*out = sec;
	return true;
}

int es_clock_parse(int64_t *out, const char *text, int64_t now,
		   struct es_error *err)
{
	int64_t sec;

	if (!parse_word(&sec, text, now) && !parse_seconds(&sec, text) &&
	    !parse_date(&sec, text) && !parse_time_of_day(&sec, text, now) &&
	    !parse_ago(&sec, text, now))
		return es_fail_config(
			err,
			"cannot read the time '%s'; write 2026-05-01, "
			"2026-05-01T12:00[:30][Z|+02:00], now, today, "
			"yesterday, monday, 12:00, '3 days ago', 90m, 2h, "
			"7d, 2w or ten digits of seconds since 1970",
			ES_Q(text));
	*out = sec;
	return 0;
}

int es_clock_duration(int64_t *out, const char *text, struct es_error *err)
{
	int64_t number;
	const char *end = read_digits(&number, text, 1, NUMBER_DIGITS);
	const struct unit *u = end ? unit_by_letter(*end) : NULL;

	if (!u || end[1])
		return es_fail_config(err,
				      "cannot read the duration '%s'; write "
				      "30s, 15m, 12h, 90d, 8w or 2y",
				      ES_Q(text));
	*out = number * u->seconds;
	return 0;
}

/* Changes to the next unit late, as git does: "90 minutes", not "1 hour". */
static const struct {
	int64_t below; /* seconds up to which the unit serves */
	int64_t seconds;
	const char *name;
} ago_steps[] = {
	{ 90, 1, "second" },	     { 90 * MINUTE, MINUTE, "minute" },
	{ 36 * HOUR, HOUR, "hour" }, { 14 * DAY, DAY, "day" },
	{ 10 * WEEK, WEEK, "week" }, { YEAR, MONTH, "month" },
	{ INT64_MAX, YEAR, "year" },
};

char *es_clock_ago(char out[ES_TIME_LEN], int64_t sec, int64_t now)
{
	bool future = sec > now;
	/* Unsigned: the distance of any two int64_t fits. */
	uint64_t far = future ? (uint64_t)sec - (uint64_t)now
			      : (uint64_t)now - (uint64_t)sec;
	size_t i = 0;

	if (far == 0) {
		snprintf(out, ES_TIME_LEN, "just now");
		return out;
	}
	while (far >= (uint64_t)ago_steps[i].below &&
	       ago_steps[i].below != INT64_MAX)
		i++;
	uint64_t unit = (uint64_t)ago_steps[i].seconds;
	uint64_t n = far / unit + (far % unit >= (unit + 1) / 2);
	snprintf(out, ES_TIME_LEN, "%s%llu %s%s%s", future ? "in " : "",
		 (unsigned long long)n, ago_steps[i].name, n == 1 ? "" : "s",
		 future ? "" : " ago");
	return out;
}
