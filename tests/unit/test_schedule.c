/* SPDX-License-Identifier: MIT */
/* test_schedule.c - unit tests of times of channels, also when clocks change */
#include "config.h"

#include "deliver/channel_priv.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static struct es_error err;
static struct schedule plan;

static void setup(void)
{
	err = (struct es_error)ES_ERROR_INIT;
	plan = (struct schedule){ 0 };
}

static void teardown(void)
{
	es_schedule_dispose(&plan);
}

static void set_zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

/* "2026-03-29 02:30:00" in UTC */
static int64_t utc(const char *text)
{
	struct tm tm = { 0 };

	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return timegm(&tm);
}

/* --- what is a time ------------------------------------------------------- */

static const char *const good[] = {
	"each-run",
	"immediate",
	"hourly",
	"daily",
	"daily 7:00",
	"daily 07:00,19:30",
	"daily 07:00, 19:30 ,23:59",
	"weekly mon 07:00",
	"weekly Sunday 00:00",
	"weekly fri 7:00,8:00",
	"cron 0 7 * * *",
	"cron */5 * * * *",
	"cron 0-30/10,45 7-19 1,15 1-6 mon-fri",
	"cron 0 0 * * 7",
	"cron 5/20 0 * * 0",
	"cron 59 23 31 12 *",
};

START_TEST(is_a_time)
{
	ck_assert_msg(es_schedule_add(&plan, good[_i], &err) == 0, "%s: %s",
		      good[_i], err.msg);
	ck_assert(plan.each_run || plan.n > 0);
}
END_TEST

static const char *const bad[] = {
	"",
	" ",
	"never",
	"Daily",
	"daily ",
	"daily 24:00",
	"daily 7",
	"daily 07:60",
	"daily 07:00,",
	"daily ,07:00",
	"daily 07:00 08:00",
	"daily -1:00",
	"daily 07:00x",
	"daily 99999999999999999999:00",
	"weekly",
	"weekly mon",
	"weekly 07:00",
	"weekly xyz 07:00",
	"cron",
	"cron ",
	"cron * * * *",
	"cron * * * * * *",
	"cron 60 * * * *",
	"cron * 24 * * *",
	"cron * * 0 * *",
	"cron * * 32 * *",
	"cron * * * 0 *",
	"cron * * * 13 *",
	"cron * * * * 8",
	"cron 5-1 * * * *",
	"cron */0 * * * *",
	"cron */61 * * * *",
	"cron 1, * * * *",
	"cron ,1 * * * *",
	"cron 1- * * * *",
	"cron a * * * *",
	"cron 1x * * * *",
	"cron * * * jan *",
	"cron 4294967297 * * * *",
	"hourly 5",
};

START_TEST(is_no_time)
{
	ck_assert_int_eq(es_schedule_add(&plan, bad[_i], &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "is no time"));
}
END_TEST

/* --- the last and the next ------------------------------------------------ */

/* Berlin is an hour before UTC, two in summer: 2026-03-29 02:00 is 03:00, and
 * 2026-10-25 03:00 is 02:00. Beirut and Sao Paulo did so at midnight. */
static const struct {
	const char *zone;
	const char *when;
	const char *now;
	const char *last; /* empty: none */
	const char *next;
} times[] = {
	{ "UTC", "daily 07:00", "2026-03-10 06:59:59", "2026-03-09 07:00:00",
	  "2026-03-10 07:00:00" },
	{ "UTC", "daily 07:00", "2026-03-10 07:00:00", "2026-03-10 07:00:00",
	  "2026-03-11 07:00:00" },
	{ "UTC", "daily 07:00,19:30", "2026-03-10 08:00:00",
	  "2026-03-10 07:00:00", "2026-03-10 19:30:00" },
	{ "UTC", "daily", "2026-01-01 00:00:00", "2026-01-01 00:00:00",
	  "2026-01-02 00:00:00" },
	{ "UTC", "hourly", "2026-03-10 07:59:59", "2026-03-10 07:00:00",
	  "2026-03-10 08:00:00" },
	{ "UTC", "weekly mon 06:00", "2026-03-10 07:00:00",
	  "2026-03-09 06:00:00", "2026-03-16 06:00:00" },
	{ "UTC", "cron 0 0 29 2 *", "2026-03-01 00:00:00", "", "" },
	{ "UTC", "cron 0 0 29 2 *", "2028-02-01 00:00:00", "",
	  "2028-02-29 00:00:00" },
	{ "UTC", "cron 0 0 30 2 *", "2026-03-01 00:00:00", "", "" },
	{ "UTC", "cron 0 0 31 * *", "2026-03-01 00:00:00",
	  "2026-01-31 00:00:00", "2026-03-31 00:00:00" },
	{ "UTC", "cron 0 0 * * 7", "2026-03-10 00:00:00", "2026-03-08 00:00:00",
	  "2026-03-15 00:00:00" },
	/* either day will do: the 13th, or a Friday */
	{ "UTC", "cron 0 0 12 * fri", "2026-03-10 00:00:00",
	  "2026-03-06 00:00:00", "2026-03-12 00:00:00" },
	/* with a star in one of them both must hold */
	{ "UTC", "cron 0 0 */2 * fri", "2026-03-14 00:00:00",
	  "2026-03-13 00:00:00", "2026-03-27 00:00:00" },
	{ "UTC", "cron 10-40/15 * * * *", "2026-03-10 00:30:00",
	  "2026-03-10 00:25:00", "2026-03-10 00:40:00" },
	/* in local time */
	{ "Europe/Berlin", "daily 07:00", "2026-03-10 07:00:00",
	  "2026-03-10 06:00:00", "2026-03-11 06:00:00" },
	{ "Asia/Kolkata", "daily 00:00", "2026-03-10 18:29:59",
	  "2026-03-09 18:30:00", "2026-03-10 18:30:00" },
	/* a time that is skipped is the first moment after it */
	{ "Europe/Berlin", "daily 02:30", "2026-03-29 00:59:59",
	  "2026-03-28 01:30:00", "2026-03-29 01:00:00" },
	{ "Europe/Berlin", "daily 02:30", "2026-03-29 01:00:00",
	  "2026-03-29 01:00:00", "2026-03-30 00:30:00" },
	{ "Europe/Berlin", "daily 02:00", "2026-03-29 01:30:00",
	  "2026-03-29 01:00:00", "2026-03-30 00:00:00" },
	{ "Europe/Berlin", "daily 02:59", "2026-03-29 12:00:00",
	  "2026-03-29 01:00:00", "2026-03-30 00:59:00" },
	{ "Europe/Berlin", "daily 03:00", "2026-03-29 01:00:00",
	  "2026-03-29 01:00:00", "2026-03-30 01:00:00" },
	{ "Europe/Berlin", "daily 07:00", "2026-03-29 12:00:00",
	  "2026-03-29 05:00:00", "2026-03-30 05:00:00" },
	{ "America/New_York", "daily 02:30", "2026-03-08 12:00:00",
	  "2026-03-08 07:00:00", "2026-03-09 06:30:00" },
	/* midnight itself is skipped */
	{ "Asia/Beirut", "daily 00:00", "2026-03-29 12:00:00",
	  "2026-03-28 22:00:00", "2026-03-29 21:00:00" },
	/* half an hour */
	{ "Australia/Lord_Howe", "daily 02:15", "2026-10-03 20:00:00",
	  "2026-10-03 15:30:00", "2026-10-04 15:15:00" },
	/* a day that was left out: there was no 30th */
	{ "Pacific/Apia", "daily 12:00", "2011-12-30 23:30:00",
	  "2011-12-30 22:00:00", "2011-12-31 22:00:00" },
};

START_TEST(last_and_next)
{
	int64_t now = utc(times[_i].now);
	int64_t last = *times[_i].last ? utc(times[_i].last) : 0;
	int64_t next = *times[_i].next ? utc(times[_i].next) : 0;

	set_zone(times[_i].zone);
	ck_assert_int_eq(es_schedule_add(&plan, times[_i].when, &err), 0);
	ck_assert_int_eq(es_schedule_last(&plan, now), last);
	ck_assert_int_eq(es_schedule_next(&plan, now), next);
}
END_TEST

/* An hour that comes twice: one time of a day is one time. */
START_TEST(doubled_hour_is_one_time)
{
	int64_t at = utc("2026-10-24 12:00:00"), last = 0;
	int n = 0;

	set_zone("Europe/Berlin");
	ck_assert_int_eq(es_schedule_add(&plan, "daily 02:30", &err), 0);
	for (; at < utc("2026-10-25 12:00:00"); at += 60) {
		int64_t is = es_schedule_last(&plan, at);

		ck_assert_int_le(is, at);
		ck_assert_int_ge(is, last);
		n += is != last && last;
		last = is;
	}
	ck_assert_int_eq(n, 1);
}
END_TEST

/* What is next now is the last once it is there; over two clock changes. */
static const char *const zones[] = { "UTC", "Europe/Berlin", "America/St_Johns",
				     "Asia/Beirut", "Australia/Lord_Howe" };

START_TEST(next_becomes_last)
{
	int64_t at = utc("2026-01-01 00:30:00");

	set_zone(zones[_i]);
	ck_assert_int_eq(
		es_schedule_add(&plan, "daily 00:00,02:30,13:15", &err), 0);
	for (int i = 0; i < 365 * 3; i++) {
		int64_t next = es_schedule_next(&plan, at);

		ck_assert_int_gt(next, at);
		ck_assert_int_le(next - at, 14 * 3600);
		ck_assert_int_eq(es_schedule_last(&plan, next), next);
		ck_assert_int_eq(es_schedule_last(&plan, next - 1),
				 es_schedule_last(&plan, at));
		at = next;
	}
	ck_assert_int_ge(at, utc("2026-12-31 00:00:00"));
}
END_TEST

START_TEST(nothing_is_never)
{
	ck_assert_int_eq(es_schedule_last(&plan, 1000000000), 0);
	ck_assert_int_eq(es_schedule_next(&plan, 1000000000), 0);
}
END_TEST

/* --- quiet hours ---------------------------------------------------------- */

static const struct {
	const char *zone;
	const char *quiet;
	const char *now;
	bool holds;
} hours[] = {
	{ "UTC", "22:00-07:00", "2026-03-10 21:59:59", false },
	{ "UTC", "22:00-07:00", "2026-03-10 22:00:00", true },
	{ "UTC", "22:00-07:00", "2026-03-10 00:00:00", true },
	{ "UTC", "22:00-07:00", "2026-03-10 06:59:59", true },
	{ "UTC", "22:00-07:00", "2026-03-10 07:00:00", false },
	{ "UTC", "12:00-13:00", "2026-03-10 12:30:00", true },
	{ "UTC", "12:00-13:00", "2026-03-10 13:00:00", false },
	{ "UTC", "20:00-24:00", "2026-03-10 23:59:59", true },
	{ "UTC", "20:00-24:00", "2026-03-10 00:00:00", false },
	{ "UTC", "0:00-24:00", "2026-03-10 15:00:00", true },
	{ "Europe/Berlin", "22:00-07:00", "2026-03-10 21:00:00", true },
	{ "Europe/Berlin", "22:00-07:00", "2026-07-10 20:00:00", true },
	{ "Europe/Berlin", "02:00-03:00", "2026-10-25 00:30:00", true },
	{ "Europe/Berlin", "02:00-03:00", "2026-10-25 01:30:00", true },
	{ "Europe/Berlin", "02:00-03:00", "2026-03-29 01:00:00", false },
};

START_TEST(quiet_hours)
{
	struct quiet q;

	set_zone(hours[_i].zone);
	ck_assert_int_eq(es_quiet_parse(&q, hours[_i].quiet, &err), 0);
	ck_assert_int_eq(es_quiet_holds(&q, utc(hours[_i].now)),
			 hours[_i].holds);
}
END_TEST

static const char *const no_hours[] = {
	"",
	"22:00",
	"22:00-",
	"-07:00",
	"22-07",
	"07:00-07:00",
	"22:00-25:00",
	"22:00-24:01",
	"22:00 - 7:00",
	"a-b",
	"22:00-07:00x",
};

START_TEST(no_quiet_hours)
{
	struct quiet q;

	ck_assert_int_eq(es_quiet_parse(&q, no_hours[_i], &err), -EINVAL);
}
END_TEST

/* --- back-off ------------------------------------------------------------- */

START_TEST(back_off_grows)
{
	static const int64_t wanted[] = { 60,	 60,	120,  240,  480,
					  960,	 1920,	3840, 7680, 15360,
					  21600, 21600, 21600 };

	for (unsigned int i = 0; i < es_lengthof(wanted); i++) {
		ck_assert_int_eq(es_backoff(i, 0), wanted[i]);
		ck_assert_int_ge(es_backoff(i, UINT32_MAX),
				 wanted[i] * 5 / 4 - 1);
		ck_assert_int_le(es_backoff(i, UINT32_MAX), wanted[i] * 5 / 4);
	}
	ck_assert_int_eq(es_backoff(UINT32_MAX, 0), 21600);
	ck_assert_int_ne(es_backoff(5, 0x10000000), es_backoff(5, 0x80000000));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("schedule");
	TCase *t = tcase_create("schedule");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, is_a_time, 0, es_lengthof(good));
	tcase_add_loop_test(t, is_no_time, 0, es_lengthof(bad));
	tcase_add_loop_test(t, last_and_next, 0, es_lengthof(times));
	tcase_add_test(t, doubled_hour_is_one_time);
	tcase_add_loop_test(t, next_becomes_last, 0, es_lengthof(zones));
	tcase_add_test(t, nothing_is_never);
	tcase_add_loop_test(t, quiet_hours, 0, es_lengthof(hours));
	tcase_add_loop_test(t, no_quiet_hours, 0, es_lengthof(no_hours));
	tcase_add_test(t, back_off_grows);
	return es_unit_main(s);
}
