/* SPDX-License-Identifier: MIT */
/* test_retention.c - unit tests of rules, days, months, their branches */
#include "config.h"

#include "etcsnap/retention.h"

#include "etcsnap/tree.h"
#include "retention/days_priv.h"
#include "store_unit.h"

#include <errno.h>
#include <time.h>

#define DAY INT64_C(86400)

static void set_zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

/* ------------------------------------------------------------------- rules */

static const struct {
	const char *text;
	bool forever;
	int64_t seconds;
	uint64_t count;
} rules[] = {
	{ "forever", true, 0, 0 },
	{ " forever ", true, 0, 0 },
	{ "90d", false, 90 * DAY, 0 },
	{ "2y", false, 730 * DAY, 0 },
	{ "12h", false, DAY / 2, 0 },
	{ "500", false, 0, 500 },
	{ "1", false, 0, 1 },
	{ "90d 500", false, 90 * DAY, 500 },
	{ "500 90d", false, 90 * DAY, 500 },
	{ "90d, 500", false, 90 * DAY, 500 },
	{ "\t8w\t7 ", false, 56 * DAY, 7 },
};

START_TEST(rule_is_read)
{
	struct es_keep k = { 0 };

	ok(es_keep_parse(&k, rules[_i].text, &err));
	ck_assert_int_eq(k.forever, rules[_i].forever);
	ck_assert_int_eq(k.seconds, rules[_i].seconds);
	ck_assert_uint_eq(k.count, rules[_i].count);
}
END_TEST

static const char *const bad_rules[] = {
	"",
	" ",
	"0",
	"0d",
	"-1",
	"d",
	"90 d",
	"forever 5",
	"5 forever",
	"5 6",
	"5d 6d",
	"5d 6 7",
	"ever",
	"1.5d",
	"12345678901",
	"5d;rm",
	"forever,,5",
	"1000000000",
	"90days",
	"90D",
	"forever forever",
	"99999999999999999999999999d",
};

START_TEST(bad_rule_is_refused)
{
	struct es_keep k = { .count = 77 };

	fails(-EINVAL, "forever", es_keep_parse(&k, bad_rules[_i], &err));
	ck_assert_uint_eq(k.count, 77);
}
END_TEST

#define NOW INT64_C(1780000000)

/* Ages in days, the newest first, to -1000. */
static const struct {
	const char *rule;
	int64_t ages[8];
	size_t want;
} counts[] = {
	{ "90d", { -1000 }, 0 },
	{ "forever", { 0, 500, 5000, -1000 }, 3 },
	{ "90d", { 0, 10, 89, 91, 200, -1000 }, 3 },
	{ "90d", { 0, 10, 90, 91, -1000 }, 3 },
	/* the newest always stays */
	{ "90d", { 400, 500, -1000 }, 1 },
	{ "1", { 0, 0, 0, -1000 }, 1 },
	{ "2", { 0, 10, 20, -1000 }, 2 },
	{ "9", { 0, 10, 20, -1000 }, 3 },
	/* whichever keeps more */
	{ "15d 3", { 0, 10, 20, 30, -1000 }, 3 },
	{ "25d 1", { 0, 10, 20, 30, -1000 }, 3 },
	{ "25d 9", { 0, 10, 20, 30, -1000 }, 4 },
	/* one made by a clock that stood in 1970 */
	{ "90d", { 0, 10, 20000, 30, 100, -1000 }, 4 },
	/* one made by a clock that ran ahead, which may be the newest */
	{ "90d", { 0, 10, 100, -400, 120, -1000 }, 2 },
	{ "90d", { 0, 10, -400, 20, 120, -1000 }, 4 },
	{ "90d 4", { 0, 10, 100, -400, 120, -1000 }, 4 },
	{ "90d", { -400, 10, 100, 120, -1000 }, 2 },
	/* now is the time of a clock that was put back */
	{ "90d", { -300, -301, -200, -1000 }, 3 },
	{ "90d", { 0, -301, -200, 1, -1000 }, 4 },
};

START_TEST(count_is_right)
{
	struct es_keep k;
	int64_t times[8];
	size_t n = 0;

	ok(es_keep_parse(&k, counts[_i].rule, &err));
	for (; counts[_i].ages[n] != -1000; n++)
		times[n] = NOW - counts[_i].ages[n] * DAY;
	ck_assert_uint_eq(es_retention_count(&k, times, n, NOW),
			  counts[_i].want);
}
END_TEST

/* --------------------------------------------------------- days and months */

/* From Python's zoneinfo, looking at each second. */
static const struct {
	const char *zone;
	enum es_period period;
	int64_t label;
	int64_t end;
} ends[] = {
	{ "UTC", ES_PERIOD_DAY, 20261121, 1795305599 },
	{ "UTC", ES_PERIOD_DAY, 20240228, 1709164799 },
	{ "UTC", ES_PERIOD_MONTH, 202402, 1709251199 },
	{ "UTC", ES_PERIOD_MONTH, 202612, 1798761599 },
	/* a day of 23 hours, and one of 25 */
	{ "Europe/Berlin", ES_PERIOD_DAY, 20260329, 1774821599 },
	{ "Europe/Berlin", ES_PERIOD_DAY, 20261025, 1792969199 },
	{ "Europe/Berlin", ES_PERIOD_MONTH, 202610, 1793487599 },
	/* the next midnight does not exist; 23 o'clock comes twice */
	{ "America/Sao_Paulo", ES_PERIOD_DAY, 20181103, 1541300399 },
	{ "America/Sao_Paulo", ES_PERIOD_DAY, 20180217, 1518922799 },
	{ "Asia/Beirut", ES_PERIOD_DAY, 20260328, 1774735199 },
	{ "Africa/Cairo", ES_PERIOD_DAY, 20261029, 1793311199 },
	/* the day after is left out */
	{ "Pacific/Apia", ES_PERIOD_DAY, 20111229, 1325239199 },
	{ "Pacific/Apia", ES_PERIOD_DAY, 20111231, 1325325599 },
	{ "Pacific/Apia", ES_PERIOD_MONTH, 201112, 1325325599 },
	{ "Pacific/Kwajalein", ES_PERIOD_DAY, 19930820, 745934399 },
	/* the first minute of the next day comes twice */
	{ "America/St_Johns", ES_PERIOD_DAY, 20101106, 1289100599 },
	{ "America/St_Johns", ES_PERIOD_DAY, 20101107, 1289186999 },
	{ "America/St_Johns", ES_PERIOD_DAY, 20110312, 1299986999 },
	/* odd offsets */
	{ "Asia/Kathmandu", ES_PERIOD_DAY, 20260101, 1767291299 },
	{ "Australia/Lord_Howe", ES_PERIOD_DAY, 20260404, 1775307599 },
	{ "Antarctica/Troll", ES_PERIOD_DAY, 20260329, 1774821599 },
};

static bool has_zones(void)
{
	return access("/usr/share/zoneinfo/Pacific/Apia", R_OK) == 0;
}

START_TEST(end_is_right)
{
	const enum es_period p = ends[_i].period;
	const int64_t end = ends[_i].end;

	if (!has_zones() && strcmp(ends[_i].zone, "UTC") != 0)
		return;
	set_zone(ends[_i].zone);
	ck_assert_int_eq(es_period_end(p, ends[_i].label), end);
	ck_assert_int_eq(es_period_label(p, end), ends[_i].label);
	ck_assert_int_gt(es_period_label(p, end + 1), ends[_i].label);
	set_zone("UTC");
}
END_TEST

/* Days follow each other without a gap, whatever the zone. */
static const char *const zones[] = {
	"UTC",		 "Europe/Berlin",    "America/Sao_Paulo",
	"Pacific/Apia",	 "Asia/Kathmandu",   "Australia/Lord_Howe",
	"Africa/Cairo",	 "Asia/Tehran",	     "America/St_Johns",
	"Europe/Lisbon", "Antarctica/Troll", "Africa/Casablanca",
};

START_TEST(days_follow_each_other)
{
	/* 2011 has the missing day */
	int64_t at = 1293883200;

	if (!has_zones())
		return;
	set_zone(zones[_i]);
	for (int i = 0; i < 400; i++) {
		const int64_t label = es_period_label(ES_PERIOD_DAY, at);
		const int64_t end = es_period_end(ES_PERIOD_DAY, label);

		ck_assert_int_ge(end, at);
		ck_assert_int_le(end - at, 26 * 3600);
		ck_assert_int_eq(es_period_label(ES_PERIOD_DAY, end), label);
		at = end + 1;
		ck_assert_int_gt(es_period_label(ES_PERIOD_DAY, at), label);
	}
	set_zone("UTC");
}
END_TEST

START_TEST(labels_as_text)
{
	char text[ES_PERIOD_LEN];

	ck_assert_str_eq(es_period_text(text, ES_PERIOD_DAY, 20260105),
			 "2026-01-05");
	ck_assert_str_eq(es_period_text(text, ES_PERIOD_MONTH, 202601),
			 "2026-01");
	ck_assert_int_eq(es_period_parse(ES_PERIOD_DAY, "2026-01-05 12:00"),
			 20260105);
	ck_assert_int_eq(es_period_parse(ES_PERIOD_MONTH, "2026-01-05"),
			 202601);
	ck_assert_int_eq(es_period_parse(ES_PERIOD_DAY, "2026-01"), 0);
	ck_assert_int_eq(es_period_parse(ES_PERIOD_DAY, "2026-1-5"), 0);
	ck_assert_int_eq(es_period_parse(ES_PERIOD_DAY, ""), 0);
	ck_assert_int_eq(es_period_parse(ES_PERIOD_MONTH, "20x6-01"), 0);
}
END_TEST

/* ---------------------------------------------------------------- branches */

static char dir[64];
static struct es_store *st;
static struct es_lane *lane;
static struct es_oid tip;

static void setup(void)
{
	set_zone("UTC");
	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 10, &err));
	ok(es_lane_new(&lane, st, &err));
	tip = (struct es_oid){ 0 };
}

static void teardown(void)
{
	es_lane_free(lane);
	es_store_free(st);
	es_unit_leave_dir(dir);
}

/* What "etcsnap commit" does at a time: first the past, then its own commit. */
static int update(int64_t now)
{
	const struct es_resolutions_options o = { .host = "web1", .now = now };
	struct es_commit *c = NULL;
	struct es_error why = ES_ERROR_INIT;
	int rc;

	if (es_oid_is_none(&tip))
		return 0;
	ok(es_commit_read(&c, st, &tip, &err));
	rc = es_resolutions_update(st, c, &o, &why);
	ck_assert_msg(rc >= 0, "%s", why.msg);
	es_commit_free(c);
	return rc;
}

static struct es_oid put_tree(const char *content, const char *summary)
{
	struct es_tree_builder *t = es_tree_builder_new();
	struct es_oid files, run;
	struct es_oid oid = put_text(lane, content);

	es_tree_builder_add(t, "a", 1, ES_MODE_FILE, &oid);
	ok(es_tree_builder_write(&files, t, lane, &err));
	oid = put_text(lane, summary);
	es_tree_builder_add(t, "summary", 7, ES_MODE_FILE, &oid);
	ok(es_tree_builder_write(&run, t, lane, &err));
	es_tree_builder_add(t, "files", 5, ES_MODE_TREE, &files);
	es_tree_builder_add(t, "run", 3, ES_MODE_TREE, &run);
	ok(es_tree_builder_write(&oid, t, lane, &err));
	es_tree_builder_free(t);
	return oid;
}

static void commit_from(const char *content, int64_t started, int64_t ended)
{
	const struct es_oid from = tip;
	char message[200], when[ES_PERIOD_LEN];
	struct es_oid tree;

	tree = put_tree(content, "run");
	snprintf(message, sizeof(message),
		 "1 changed on web1: %s\n\nHost: web1\nStarted: %s 00:00:00\n",
		 content,
		 es_period_text(when, ES_PERIOD_DAY,
				es_period_label(ES_PERIOD_DAY, started)));
	tip = put_commit(lane, &tree, es_oid_is_none(&from) ? NULL : &from,
			 message, ended);
	ok(es_store_install(st, &err));
	ok(es_store_move(st, "main", &tip, &from, &err));
}

/* Return: what es_resolutions_update() did before. */
static int run_at(const char *content, int64_t now)
{
	const int rc = update(now);

	commit_from(content, now, now);
	return rc;
}

/* "DAY=CONTENT " for each commit of a branch, the oldest first. */
static void check_branch(const char *branch, const char *want)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(1 << 20);
	struct es_oid from;

	ok(es_store_tip(&from, st, branch, &err));
	ok(es_history_new(&h, st, &from, &err));
	for (;;) {
		struct es_error why = ES_ERROR_INIT;
		struct es_buf text = ES_BUF_INIT(1 << 20);
		struct es_buf was = ES_BUF_INIT(1 << 20);
		struct es_commit *c = NULL;
		struct es_oid oid;

		if (es_history_next(h, &c, &why) <= 0) {
			ck_assert_msg(why.code == 0, "%s", why.msg);
			break;
		}
		ck_assert_int_eq(es_tree_lookup(&oid, NULL, st,
						es_commit_tree(c), "run", 3,
						&why),
				 0);
		ck_assert_int_eq(es_tree_lookup(&oid, NULL, st,
						es_commit_tree(c), "files/a", 7,
						&why),
				 1);
		ok(es_store_get(st, &oid, ES_KIND_BLOB, &text, &err));
		es_buf_add(&was, all.data, all.len);
		es_buf_reset(&all);
		es_buf_addf(&all, "%s=%s ",
			    strchr(es_commit_trailer(c, "Resolution", 0), ' ') +
				    1,
			    es_buf_str(&text));
		es_buf_add(&all, was.data, was.len);
		es_buf_dispose(&was);
		es_buf_dispose(&text);
		es_commit_free(c);
	}
	ck_assert_str_eq(es_buf_str(&all), want);
}

/* 2026-03-01 00:00 UTC, a Sunday. */
#define MARCH INT64_C(1772323200)
#define AT(day, hour) (MARCH + ((day)-1) * DAY + (hour)*3600)

START_TEST(a_day_is_told_once)
{
	ck_assert_int_eq(run_at("one", AT(1, 10)), 0);
	ck_assert_int_eq(run_at("two", AT(1, 12)), 0);
	ck_assert_int_eq(update(AT(1, 23)), 0);
	/* by a run that finds nothing */
	ck_assert_int_eq(update(AT(2, 1)), 1);
	ck_assert_int_eq(update(AT(2, 2)), 0);
	ck_assert_int_eq(run_at("three", AT(2, 10)), 0);
	ck_assert_int_eq(update(AT(3, 0)), 1);
	ck_assert_int_eq(update(AT(30, 0)), 0);
	check_branch("daily", "2026-03-01=two 2026-03-02=three ");
	check_branch("monthly", "");
	ck_assert_int_eq(update(AT(32, 0)), 1);
	check_branch("monthly", "2026-03=three ");
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict"), 0);
}
END_TEST

START_TEST(missed_days_leave_no_hole_and_no_lie)
{
	run_at("one", AT(1, 10));
	run_at("two", AT(3, 10));
	/* off for a week */
	ck_assert_int_eq(run_at("three", AT(10, 10)), 1);
	ck_assert_int_eq(update(AT(20, 10)), 1);
	check_branch("daily", "2026-03-01=one 2026-03-03=two "
			      "2026-03-10=three ");
	/* over two months */
	ck_assert_int_eq(run_at("four", AT(80, 10)), 1);
	check_branch("monthly", "2026-03=three ");
}
END_TEST

/* A repository from before there were days. */
START_TEST(the_past_is_made_good)
{
	for (int day = 1; day <= 40; day++) {
		char text[16];

		if (day % 10 == 0)
			continue;
		snprintf(text, sizeof(text), "%d", day);
		commit_from(text, AT(day, 10), AT(day, 10));
	}
	ck_assert_int_eq(update(AT(40, 12)), 36 + 1);
	ck_assert_int_eq(update(AT(40, 13)), 0);
	check_branch("monthly", "2026-03=31 ");
}
END_TEST

START_TEST(what_is_as_it_was_is_no_change)
{
	run_at("one", AT(1, 10));
	run_at("two", AT(2, 10));
	run_at("one", AT(2, 12));
	ck_assert_int_eq(update(AT(3, 10)), 0);
	ck_assert_int_eq(update(AT(4, 10)), 0);
	check_branch("daily", "2026-03-01=one ");
	ck_assert_int_eq(run_at("three", AT(5, 10)), 0);
	ck_assert_int_eq(update(AT(6, 10)), 1);
	check_branch("daily", "2026-03-01=one 2026-03-05=three ");
}
END_TEST

/* It began before midnight and ended after. */
START_TEST(run_across_midnight)
{
	run_at("one", AT(1, 10));
	ck_assert_int_eq(update(AT(2, 0) - 2), 0);
	commit_from("two", AT(2, 0) - 2, AT(2, 0) + 3);
	ck_assert_int_eq(update(AT(2, 1)), 1);
	ck_assert_int_eq(update(AT(2, 2)), 0);
	check_branch("daily", "2026-03-01=one ");
	ck_assert_int_eq(update(AT(3, 1)), 1);
	check_branch("daily", "2026-03-01=one 2026-03-02=two ");
}
END_TEST

START_TEST(clock_that_ran_ahead)
{
	run_at("one", AT(1, 10));
	/* a day of 2099, put right before it was over */
	ck_assert_int_eq(run_at("two", AT(25000, 10)), 2);
	ck_assert_int_eq(update(AT(1, 12)), 0);
	ck_assert_int_eq(run_at("three", AT(2, 10)), 0);
	ck_assert_int_eq(run_at("four", AT(3, 10)), 1);
	ck_assert_int_eq(update(AT(4, 10)), 1);
	check_branch("daily", "2026-03-01=one 2026-03-02=three "
			      "2026-03-03=four ");
}
END_TEST

START_TEST(clock_that_ran_ahead_for_days)
{
	run_at("one", AT(1, 10));
	run_at("two", AT(100, 10));
	run_at("three", AT(101, 10));
	run_at("four", AT(2, 10));
	ck_assert_int_eq(run_at("five", AT(3, 10)), 1);
	ck_assert_int_eq(update(AT(4, 10)), 1);
	check_branch("daily", "2026-03-01=one 2026-06-08=two "
			      "2026-03-02=four 2026-03-03=five ");
}
END_TEST

START_TEST(clock_that_stood_in_1970)
{
	run_at("one", AT(1, 10));
	run_at("two", AT(2, 10));
	ck_assert_int_eq(run_at("three", 100), 0);
	ck_assert_int_eq(run_at("four", AT(2, 12)), 0);
	ck_assert_int_eq(update(AT(3, 10)), 1);
	check_branch("daily", "2026-03-01=one 2026-03-02=four ");
}
END_TEST

/* The zone decides what a day is. */
START_TEST(zone_of_the_machine)
{
	set_zone("EAST-14");
	run_at("one", AT(1, 9));
	ck_assert_int_eq(update(AT(1, 11)), 1);
	check_branch("daily", "2026-03-01=one ");
	set_zone("WEST12");
	run_at("two", AT(2, 10));
	ck_assert_int_eq(update(AT(2, 13)), 1);
	check_branch("daily", "2026-03-01=one 2026-03-01=two ");
	set_zone("UTC");
}
END_TEST

/* What is made depends on main alone. */
START_TEST(ids_are_always_the_same)
{
	struct es_oid by_day[2], at_once[2];

	for (int day = 1; day <= 40; day += 3)
		run_at(day % 2 ? "odd" : "even", AT(day, 10));
	ck_assert_int_eq(update(AT(41, 10)), 1);
	ok(es_store_tip(&by_day[0], st, "daily", &err));
	ok(es_store_tip(&by_day[1], st, "monthly", &err));
	ck_assert_int_eq(
		git(NULL, NULL, "update-ref", "-d", "refs/heads/daily"), 0);
	ck_assert_int_eq(
		git(NULL, NULL, "update-ref", "-d", "refs/heads/monthly"), 0);
	ck_assert_int_eq(update(AT(41, 10)), 14 + 1);
	ok(es_store_tip(&at_once[0], st, "daily", &err));
	ok(es_store_tip(&at_once[1], st, "monthly", &err));
	ck_assert(es_oid_equal(&by_day[0], &at_once[0]));
	ck_assert(es_oid_equal(&by_day[1], &at_once[1]));
}
END_TEST

START_TEST(message_tells_the_runs)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	run_at("one", AT(1, 10));
	run_at("two", AT(1, 12));
	run_at("three", AT(2, 9));
	update(AT(3, 0));
	ck_assert_int_eq(git(NULL, &b, "log", "--format=%an <%ae> %ai %ci%n%B",
			     "daily"),
			 0);
	ck_assert_ptr_nonnull(strstr(
		b.data, "etcsnap <etcsnap@web1> 2026-03-02 23:59:59 +0000 "
			"2026-03-02 23:59:59 +0000\n"
			"2026-03-02: 1 changed on web1: three\n\n"
			"09:00 1 changed on web1: three\n\n"
			"Etcsnap-Format: 1\nHost: web1\n"
			"Resolution: daily 2026-03-02\nSource: "));
	ck_assert_ptr_nonnull(
		strstr(b.data, "2026-03-01: 2 runs with changes on web1\n\n"
			       "10:00 1 changed on web1: one\n"
			       "12:00 1 changed on web1: two\n\n"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("retention");
	TCase *c = tcase_create("rules");

	tcase_add_loop_test(c, rule_is_read, 0, es_lengthof(rules));
	tcase_add_loop_test(c, bad_rule_is_refused, 0, es_lengthof(bad_rules));
	tcase_add_loop_test(c, count_is_right, 0, es_lengthof(counts));
	suite_add_tcase(s, c);
	c = tcase_create("periods");
	tcase_add_loop_test(c, end_is_right, 0, es_lengthof(ends));
	tcase_add_loop_test(c, days_follow_each_other, 0, es_lengthof(zones));
	tcase_add_test(c, labels_as_text);
	suite_add_tcase(s, c);
	c = tcase_create("branches");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_day_is_told_once);
	tcase_add_test(c, missed_days_leave_no_hole_and_no_lie);
	tcase_add_test(c, the_past_is_made_good);
	tcase_add_test(c, what_is_as_it_was_is_no_change);
	tcase_add_test(c, run_across_midnight);
	tcase_add_test(c, clock_that_ran_ahead);
	tcase_add_test(c, clock_that_ran_ahead_for_days);
	tcase_add_test(c, clock_that_stood_in_1970);
	tcase_add_test(c, zone_of_the_machine);
	tcase_add_test(c, ids_are_always_the_same);
	tcase_add_test(c, message_tells_the_runs);
	suite_add_tcase(s, c);
	return es_unit_main(s);
}
