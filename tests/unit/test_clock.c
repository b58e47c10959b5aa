/* SPDX-License-Identifier: MIT */
/* test_clock.c - unit tests of the times that people read and write */
#include "config.h"

#include "etcsnap/clock.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

/* Central European rules without a zone database on the machine. */
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

/* 2026-05-01 12:00:00 UTC, a Friday: 14:00 in Berlin. */
#define NOW INT64_C(1777636800)

/* 2026-05-01 00:00 in Berlin. */
#define TODAY INT64_C(1777586400)

#define DAY INT64_C(86400)

static void set_zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static void use_berlin(void)
{
	set_zone(BERLIN);
	unsetenv("SOURCE_DATE_EPOCH");
}

START_TEST(now_is_now)
{
	struct timespec now = es_clock_now();

	ck_assert_int_le(llabs((long long)now.tv_sec - time(NULL)), 2);
	ck_assert_int_le(
		llabs((long long)es_clock_coarse().tv_sec - time(NULL)), 2);
}
END_TEST

static const struct {
	const char *value;
	int64_t want; /* -1: not taken */
} epochs[] = {
	{ "0", 0 },    { "1700000000", 1700000000 },
	{ "", -1 },    { "-5", -1 },
	{ "12x", -1 }, { " 12", -1 },
	{ "1e3", -1 }, { "99999999999999999999", -1 },
};

START_TEST(source_date_epoch)
{
	setenv("SOURCE_DATE_EPOCH", epochs[_i].value, 1);
	struct timespec now = es_clock_now();
	if (epochs[_i].want < 0) {
		ck_assert_int_le(llabs((long long)now.tv_sec - time(NULL)), 2);
	} else {
		ck_assert_int_eq(now.tv_sec, epochs[_i].want);
		ck_assert_int_eq(now.tv_nsec, 0);
	}
	/* File times go on. */
	ck_assert_int_le(
		llabs((long long)es_clock_coarse().tv_sec - time(NULL)), 2);
}
END_TEST

static const struct {
	const char *tz;
	int64_t sec;
	const char *iso;
	int offset;
} isos[] = {
	{ "UTC0", 0, "1970-01-01 00:00:00 +0000", 0 },
	{ BERLIN, NOW, "2026-05-01 14:00:00 +0200", 120 },
	{ BERLIN, 1767268800, "2026-01-01 13:00:00 +0100", 60 },
	/* both sides of the change to summer time */
	{ BERLIN, 1774745999, "2026-03-29 01:59:59 +0100", 60 },
	{ BERLIN, 1774746000, "2026-03-29 03:00:00 +0200", 120 },
	{ "NST3:30", 0, "1969-12-31 20:30:00 -0330", -210 },
	{ "NPT-5:45", 0, "1970-01-01 05:45:00 +0545", 345 },
	{ "UTC0", INT64_C(253402300799), "9999-12-31 23:59:59 +0000", 0 },
	{ "UTC0", INT64_MAX, "@9223372036854775807", 0 },
	{ "UTC0", INT64_MIN, "@-9223372036854775808", 0 },
};

START_TEST(iso_and_offset)
{
	char out[ES_TIME_LEN];

	set_zone(isos[_i].tz);
	ck_assert_str_eq(es_clock_iso(out, isos[_i].sec), isos[_i].iso);
	ck_assert_int_eq(es_clock_offset(isos[_i].sec), isos[_i].offset);
	/* The same for programs: other separators, nothing else. */
	char other[ES_TIME_LEN], want[ES_TIME_LEN];
	if (*out == '@')
		snprintf(want, sizeof(want), "%s", out);
	else
		snprintf(want, sizeof(want), "%.10sT%.8s%.3s:%s", out, out + 11,
			 out + 20, out + 23);
	ck_assert_str_eq(es_clock_rfc3339(other, isos[_i].sec), want);
}
END_TEST

static const struct {
	const char *text;
	int64_t want;
} times[] = {
	{ "now", NOW },
	{ "NOW", NOW },
	{ "today", TODAY },
	{ "yesterday", TODAY - DAY },
	/* the last one; on a Friday "friday" is a week ago */
	{ "monday", TODAY - 4 * DAY },
	{ "Thursday", TODAY - DAY },
	{ "thu", TODAY - DAY },
	{ "friday", TODAY - 7 * DAY },
	{ "saturday", TODAY - 6 * DAY },
	{ "12:00", TODAY + 12 * 3600 },
	{ "00:00", TODAY },
	{ "23:59:59", TODAY + DAY - 1 },
	{ "2026-05-01", TODAY },
	{ "2026-05-01T12:00", TODAY + 12 * 3600 },
	{ "2026-05-01 12:00", TODAY + 12 * 3600 },
	{ "2026-05-01T12:00:30", TODAY + 12 * 3600 + 30 },
	{ "2026-05-01T12:00Z", NOW },
	{ "2026-05-01t12:00:00z", NOW },
	{ "2026-05-01T14:00+02:00", NOW },
	{ "2026-05-01T14:00:00+0200", NOW },
	{ "2026-05-01 14:00:00 +0200", NOW },
	{ "2026-05-01T08:30:00-03:30", NOW },
	{ "1970-01-01T00:00Z", 0 },
	{ "2024-02-29T00:00Z", 1709164800 },
	{ "2000-02-29T00:00Z", 951782400 },
	/* winter, and both halves of the day that has 23 hours */
	{ "2026-01-01", 1767222000 },
	{ "2026-03-29 01:59:59", 1774745999 },
	{ "2026-03-29 03:00:00", 1774746000 },
	{ "2026-03-30", 1774821600 },
	{ "3 days ago", NOW - 3 * DAY },
	{ "1 day ago", NOW - DAY },
	{ "2 Weeks Ago", NOW - 14 * DAY },
	{ "5 minutes ago", NOW - 300 },
	{ "5 min ago", NOW - 300 },
	{ "30 seconds ago", NOW - 30 },
	{ "6 months ago", NOW - 180 * DAY },
	{ "1 year ago", NOW - 365 * DAY },
	{ "7d ago", NOW - 7 * DAY },
	{ "45s", NOW - 45 },
	{ "90m", NOW - 5400 },
	{ "2h", NOW - 7200 },
	{ "7d", NOW - 7 * DAY },
	{ "2w", NOW - 14 * DAY },
	{ "1y", NOW - 365 * DAY },
	{ "0d", NOW },
	{ "999y", 0 },
	{ "999999999y", 0 },
	{ "1700000000", 1700000000 },
};

START_TEST(parses)
{
	struct es_error err = ES_ERROR_INIT;
	int64_t sec = -7;

	ck_assert_msg(es_clock_parse(&sec, times[_i].text, NOW, &err) == 0,
		      "%s: %s", times[_i].text, err.msg);
	ck_assert_msg(sec == times[_i].want, "%s: %lld", times[_i].text,
		      (long long)sec);
}
END_TEST

static const char *const bad_times[] = {
	"",
	" ",
	"tomorrow",
	"mond",
	"nowadays",
	"2026",
	"2026-5-1",
	"2026-13-01",
	"2026-00-01",
	"2026-02-29",
	"2100-02-29",
	"2026-04-31",
	"2026-05-00",
	"1969-12-31",
	"20260-05-01",
	"2026-05-01T",
	"2026-05-01T24:00",
	"2026-05-01T12:60",
	"2026-05-01T12:00:60",
	"2026-05-01T1:00",
	"2026-05-01T12:00:30.5",
	"2026-05-01T12:00+2",
	"2026-05-01T12:00+02:0",
	"2026-05-01T12:00+24:00",
	"2026-05-01T12:00+02:60",
	"2026-05-01T12:00+02:00x",
	"2026-05-01T12:00+aa:bb",
	"2026-05-01T12:00Zulu",
	"2026-05-01T12:00 ",
	"2026-05-01Z",
	"2026-05-01/x",
	"12:0",
	"12:00x",
	"24:00",
	"170000000",
	"17000000000",
	"1700000000x",
	"-3 days ago",
	"3 daze ago",
	"3 days hence",
	"3 days agoo",
	"days ago",
	"3",
	"3 ",
	"1.5h",
	"9999999999d",
	"7D2h",
	"\xff\x1b[2J",
};

START_TEST(refuses)
{
	struct es_error err = ES_ERROR_INIT;
	int64_t sec = -7;

	ck_assert_msg(es_clock_parse(&sec, bad_times[_i], NOW, &err) == -EINVAL,
		      "%s gave %lld", bad_times[_i], (long long)sec);
	ck_assert_int_eq(sec, -7);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "3 days ago"));
	ck_assert_ptr_null(strchr(err.msg, '\x1b'));
}
END_TEST

/* What es_clock_iso() writes is read back, in every zone, all year round. */
START_TEST(iso_round_trip)
{
	static const char *const zones[] = { "UTC0", BERLIN, "NST3:30",
					     "NPT-5:45",
					     "EST5EDT,M3.2.0,M11.1.0" };
	struct es_error err = ES_ERROR_INIT;
	char text[ES_TIME_LEN];
	int64_t back;

	set_zone(zones[_i]);
	for (int64_t sec = NOW; sec < NOW + 400 * DAY; sec += 1801) {
		es_clock_iso(text, sec);
		ck_assert_int_eq(es_clock_parse(&back, text, 0, &err), 0);
		ck_assert_int_eq(back, sec);
	}
}
END_TEST

/* Days of 23 and 25 hours: midnight stays midnight. */
START_TEST(yesterday_over_the_time_change)
{
	struct es_error err = ES_ERROR_INIT;
	int64_t sec;

	/* 2026-03-30 12:00 and 2026-10-26 12:00 in Berlin */
	ck_assert_int_eq(es_clock_parse(&sec, "yesterday", 1774864800, &err),
			 0);
	ck_assert_int_eq(sec, 1774738800);
	ck_assert_int_eq(es_clock_parse(&sec, "yesterday", 1793012400, &err),
			 0);
	ck_assert_int_eq(sec, 1792879200);
	ck_assert_int_eq(es_clock_midnight(1774864800, -1), 1774738800);
	ck_assert_int_eq(es_clock_midnight(1774738800, 0), 1774738800);
	ck_assert_int_eq(es_clock_midnight(1774738800, 1),
			 1774738800 + 23 * 3600);
	ck_assert_int_eq(es_clock_midnight(1774738800 - 1, 1), 1774738800);
	/* the first of a month */
	ck_assert_int_eq(es_clock_parse(&sec, "yesterday", NOW, &err), 0);
	ck_assert_int_eq(sec, TODAY - DAY);
}
END_TEST

static const struct {
	const char *text;
	int64_t want; /* -1: refused */
} durations[] = {
	{ "30s", 30 },	    { "15m", 900 },
	{ "12h", 43200 },   { "90d", 90 * DAY },
	{ "8w", 56 * DAY }, { "2y", 730 * DAY },
	{ "0s", 0 },	    { "999999999y", 999999999 * (365 * DAY) },
	{ "", -1 },	    { "30", -1 },
	{ "s", -1 },	    { "-1s", -1 },
	{ "+1s", -1 },	    { " 1s", -1 },
	{ "1 s", -1 },	    { "1s ", -1 },
	{ "1S", -1 },	    { "1ms", -1 },
	{ "1h30m", -1 },    { "1.5h", -1 },
	{ "1x", -1 },	    { "9999999999s", -1 },
};

START_TEST(duration)
{
	struct es_error err = ES_ERROR_INIT;
	int64_t sec = -1;
	int rc = es_clock_duration(&sec, durations[_i].text, &err);

	ck_assert_int_eq(rc, durations[_i].want < 0 ? -EINVAL : 0);
	ck_assert_int_eq(sec, durations[_i].want);
}
END_TEST

static const struct {
	int64_t back;
	const char *want;
} agos[] = {
	{ 0, "just now" },
	{ 1, "1 second ago" },
	{ 89, "89 seconds ago" },
	{ 90, "2 minutes ago" },
	{ 180, "3 minutes ago" },
	{ 89 * 60, "89 minutes ago" },
	{ 90 * 60, "2 hours ago" },
	{ 35 * 3600, "35 hours ago" },
	{ 36 * 3600, "2 days ago" },
	{ 13 * DAY, "13 days ago" },
	{ 14 * DAY, "2 weeks ago" },
	{ 70 * DAY, "2 months ago" },
	{ 364 * DAY, "12 months ago" },
	{ 365 * DAY, "1 year ago" },
	{ 3650 * DAY, "10 years ago" },
	{ -1, "in 1 second" },
	{ -7200, "in 2 hours" },
};

START_TEST(ago)
{
	char out[ES_TIME_LEN];

	es_clock_ago(out, NOW - agos[_i].back, NOW);
	ck_assert_str_eq(out, agos[_i].want);
}
END_TEST

START_TEST(ago_of_the_extremes)
{
	char out[ES_TIME_LEN];

	es_clock_ago(out, INT64_MIN, INT64_MAX);
	ck_assert_str_eq(out, "584942417355 years ago");
	es_clock_ago(out, INT64_MAX, INT64_MIN);
	ck_assert_str_eq(out, "in 584942417355 years");
}
END_TEST

static Suite *clock_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *tc = tcase_create("clock");

	tcase_add_checked_fixture(tc, use_berlin, NULL);
	tcase_add_test(tc, now_is_now);
	tcase_add_loop_test(tc, source_date_epoch, 0, es_lengthof(epochs));
	tcase_add_loop_test(tc, iso_and_offset, 0, es_lengthof(isos));
	tcase_add_loop_test(tc, parses, 0, es_lengthof(times));
	tcase_add_loop_test(tc, refuses, 0, es_lengthof(bad_times));
	tcase_add_loop_test(tc, iso_round_trip, 0, 5);
	tcase_add_test(tc, yesterday_over_the_time_change);
	tcase_add_loop_test(tc, duration, 0, es_lengthof(durations));
	tcase_add_loop_test(tc, ago, 0, es_lengthof(agos));
	tcase_add_test(tc, ago_of_the_extremes);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(clock_suite());
}
