/* SPDX-License-Identifier: MIT */
/* log_line.c - lines of text logs: when, who says it, what */
#include "config.h"

#include "logins/logins_priv.h"

#include <string.h>
#include <time.h>

/*
 *	Nov 22 09:06:06 host sudo[123]: message
 *	2026-11-22T09:06:06.123456+01:00 host sudo: message
 *	Nov 22 09:06:06 host authpriv.notice sudo: message	of busybox
 *
 * The first has neither a year nor a zone: the zone is the local one, and the
 * year follows from the lines around it.
 */

/* A day in the numbers of struct lg_years, where every month has 31. */
#define DAY(month, day) ((month)*31 + (day))

/* By how many days lines may be out of order. */
#define DISORDER 2

/* Digits only; -1 for what is none. */
static int number(const char *s, size_t digits)
{
	int n = 0;

	for (size_t i = 0; i < digits; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		n = 10 * n + s[i] - '0';
	}
	return n;
}

/* "09:06:06" */
static bool read_clock(struct tm *tm, const char *s)
{
	if (strnlen(s, 8) < 8 || s[2] != ':' || s[5] != ':')
		return false;
	tm->tm_hour = number(s, 2);
	tm->tm_min = number(s + 3, 2);
	tm->tm_sec = number(s + 6, 2);
	return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 &&
	       tm->tm_min < 60 && tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/* "Nov  2 09:06:06 "; no year. Returns what is behind it. */
static const char *read_classic(struct tm *tm, const char *s)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (strnlen(s, 16) < 16 || s[3] != ' ' || s[6] != ' ' || s[15] != ' ')
		return NULL;
	tm->tm_mon = -1;
	for (int i = 0; i < 12; i++)
		if (memcmp(names + 3 * i, s, 3) == 0)
			tm->tm_mon = i;
	tm->tm_mday = s[4] == ' ' ? number(s + 5, 1) : number(s + 4, 2);
	if (tm->tm_mon < 0 || tm->tm_mday < 1 || tm->tm_mday > 31 ||
	    !read_clock(tm, s + 7))
		return NULL;
	return s + 16;
}

/* "Z", "+01:00" or "+0100"; seconds east. Returns what is behind it. */
static const char *read_zone(int *east, const char *s)
{
	*east = 0;
	if (*s == 'Z')
		return s + 1;
	if ((*s != '+' && *s != '-') || strnlen(s, 5) < 5)
		return NULL;
	const int hours = number(s + 1, 2);
	const size_t colon = s[3] == ':';
	if (strnlen(s, 5 + colon) < 5 + colon)
		return NULL;
	const int minutes = number(s + 3 + colon, 2);
	if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
		return NULL;
	*east = (hours * 60 + minutes) * (*s == '-' ? -60 : 60);
	return s + 5 + colon;
}

bool lg_read_date(struct tm *tm, const char *s)
{
	static const char form[] = "0000-00-00T00:00:00";

	*tm = (struct tm){ 0 };
	for (size_t i = 0; form[i]; i++) {
		const bool digit = s[i] >= '0' && s[i] <= '9';

		if (form[i] == '0' ? !digit : s[i] != form[i])
			return false;
	}
	tm->tm_year = number(s, 4) - 1900;
	tm->tm_mon = number(s + 5, 2) - 1;
	tm->tm_mday = number(s + 8, 2);
	return tm->tm_mon >= 0 && tm->tm_mon <= 11 && tm->tm_mday >= 1 &&
	       tm->tm_mday <= 31 && read_clock(tm, s + 11);
}

/* "2026-11-22T09:06:06.123456+01:00 ". Returns what is behind it. */
static const char *read_rfc3339(int64_t *when, const char *s)
{
	struct tm tm;
	int east;

	if (!lg_read_date(&tm, s))
		return NULL;
	s += 19;
	if (*s == '.' || *s == ',')
		s += 1 + strspn(s + 1, "0123456789");
	s = read_zone(&east, s);
	if (!s || *s != ' ')
		return NULL;
	*when = timegm(&tm) - east;
	return s + 1;
}

/* "<86>" */
static const char *skip_priority(const char *s)
{
	const size_t digits = *s == '<' ? strspn(s + 1, "0123456789") : 0;

	return digits && s[1 + digits] == '>' ? s + 2 + digits : s;
}

static int64_t local_time(const struct tm *tm, int year)
{
	struct tm copy = *tm;

	copy.tm_year = year - 1900;
	copy.tm_isdst = -1;
	return mktime(&copy);
}

int64_t lg_line_stamp(const char *line, int64_t latest)
{
	const time_t bound = (time_t)latest;
	struct tm tm = { 0 };
	struct tm now;
	int64_t when;

	line = skip_priority(line);
	if (read_rfc3339(&when, line))
		return when;
	if (!read_classic(&tm, line) || !localtime_r(&bound, &now))
		return -1;
	/* Eight years have a 29th of February. */
	for (int i = 0; i < 8; i++) {
		struct tm copy = tm;

		copy.tm_year = now.tm_year - i;
		copy.tm_isdst = -1;
		when = mktime(&copy);
		if (when <= latest && copy.tm_mday == tm.tm_mday)
			return when;
	}
	return -1;
}

static int64_t dated(const struct tm *tm, struct lg_years *years)
{
	const int day = DAY(tm->tm_mon, tm->tm_mday);

	/* A straggler of the old year. */
	if (years->day >= 0 && years->day <= DAY(0, DISORDER) &&
	    day > DAY(11, 31 - DISORDER))
		return local_time(tm, years->year - 1);
	if (day < years->day - DISORDER)
		years->year++;
	else if (day < years->day)
		return local_time(tm, years->year);
	years->day = day;
	return local_time(tm, years->year);
}

/* "sudo[123]: "; @s is set behind it. */
static const char *read_tag(char **s)
{
	const size_t len = strcspn(*s, "[: ");
	const char *const tool = lg_tool(*s, len);
	char *at = *s + len;

	if (!tool)
		return NULL;
	if (*at == '[') {
		at += strcspn(at, "]");
		at += *at == ']';
	}
	if (*at != ':')
		return NULL;
	*s = at + 1 + (at[1] == ' ');
	return tool;
}

/* The word behind the next blank, NULL when there is none. */
static char *next_word(char *s)
{
	s += strcspn(s, " ");
	return *s == ' ' && s[1] ? s + 1 : NULL;
}

char *lg_line_split(int64_t *when, const char **tool, char *line,
		    struct lg_years *years)
{
	struct tm tm = { 0 };
	char *at = line + (skip_priority(line) - line);
	const char *host = read_rfc3339(when, at);

	if (!host) {
		host = read_classic(&tm, at);
		if (!host)
			return NULL;
		*when = dated(&tm, years);
	}
	at = next_word(at + (host - at));
	if (!at)
		return NULL;
	const size_t word = strcspn(at, " ");
	/* Facility and priority; no tool has a name with a full stop. */
	if (at[word] == ' ' && memchr(at, '.', word))
		at += word + 1;
	*tool = read_tag(&at);
	return *tool ? at : NULL;
}
