/* SPDX-License-Identifier: MIT */
/* test_package_ops_list.c - unit tests of what lists of packages tell */
#include "config.h"

#include "etcsnap/package_ops.h"

#include "package_ops_unit.h"

#define APK_DB "lib/apk/db/installed"
#define ZYPP_LOG "var/log/zypp/history"

static char dir[64];

static void dir_setup(void)
{
	es_unit_enter_dir(dir);
	set_zone("UTC");
}

static void dir_teardown(void)
{
	es_unit_leave_dir(dir);
}

/* What the logs of the day and the list of before it tell. */
static struct es_package_ops *compared(const char *before)
{
	ES_CLEANUP(es_packages_freep) struct es_packages *now = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct es_package_ops *ops;

	es_buf_adds(&text, before);
	ck_assert_int_eq(es_packages_open(&now, ".", &err), 0);
	ops = read_day();
	int rc = es_package_ops_compare(ops, &text, now, DAY_END, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	return ops;
}

/* --- a manager without a log --- */

static const char apk_now[] = "P:same\nV:1-r0\nA:x86_64\n\n"
			      "P:newer\nV:2-r0\nA:x86_64\n\n"
			      "P:older\nV:1-r0\nA:x86_64\n\n"
			      "P:come\nV:1-r0\nA:x86_64\n\n";
static const char apk_before[] = "gone x86_64 1-r0 apk\n"
				 "newer x86_64 1-r0 apk\n"
				 "older x86_64 1-r1 apk\n"
				 "same x86_64 1-r0 apk\n"
				 /* none of those that are asked */
				 "other amd64 1 dpkg\n";

START_TEST(apk_without_a_log)
{
	put(APK_DB, apk_now);
	struct es_package_ops *ops = compared(apk_before);
	ck_assert_str_eq(ops->missing, "apk");
	for (size_t i = 0; i < ops->n_ops; i++) {
		ck_assert_str_eq(ops->ops[i].manager, "apk");
		ck_assert_str_eq(ops->ops[i].command, "");
		ck_assert_int_eq(ops->ops[i].when, DAY_END);
	}
	check_ops(ops, "install come x86_64 - 1-r0\n"
		       "remove gone x86_64 1-r0 -\n"
		       "upgrade newer x86_64 1-r0 2-r0\n"
		       "downgrade older x86_64 1-r1 1-r0\n");
}
END_TEST

/* There is one, and it knows of nothing. */
START_TEST(a_log_is_believed)
{
	put(APK_DB, apk_now);
	put("var/log/apk.log", "");
	check_ops(compared(apk_before), "");
}
END_TEST

START_TEST(nothing_changed)
{
	put(APK_DB, apk_now);
	check_ops(compared("same x86_64 1-r0 apk\nnewer x86_64 2-r0 apk\n"
			   "come x86_64 1-r0 apk\nolder x86_64 1-r0 apk\n"),
		  "");
}
END_TEST

/* These keep a log: where it is gone, nothing shall look like an upgrade. */
START_TEST(dpkg_without_its_log)
{
	put("var/lib/dpkg/status",
	    "Package: a\nStatus: install ok installed\nVersion: 2\n"
	    "Architecture: all\n\n");
	struct es_package_ops *ops = compared("a all 1 dpkg\nb all 1 dpkg\n");
	ck_assert_str_eq(ops->missing, "dpkg");
	check_ops(ops, "");
}
END_TEST

/* What nobody wrote so: names with escapes, too few words, no end of line. */
START_TEST(torn_list)
{
	put(APK_DB, "P:a\nV:1-r0\nA:x86_64\n\n");
	check_ops(compared("\n \n  \nb\nb x\nb x 1\nb\\x20 x 1 apk\n- - - -\n"
			   "- - - apk\na x86_64 0-r0 apk"),
		  "upgrade a x86_64 0-r0 1-r0\n");
}
END_TEST

/* --- a history that names no version that was replaced --- */

#define DONE(text) "2026-05-01 12:00:00|" text "|noarch||repo||\n"

static const struct {
	const char *log;
	const char *before;
	const char *ops;
} histories[] = {
	{ DONE("install|a|2-1") DONE("install|b|1-1") DONE("install|c|1-1"),
	  "a noarch 1-1 rpm\nb noarch 2-1 rpm\n",
	  "upgrade a noarch 1-1 2-1\ndowngrade b noarch 2-1 1-1\n"
	  "install c noarch - 1-1\n" },
	{ DONE("install|a|1-1"), "a noarch 1-1 rpm\n",
	  "reinstall a noarch 1-1 1-1\n" },
	/* The same name for another machine, or of another manager. */
	{ DONE("install|a|2-1"), "a all 1-1 dpkg\n",
	  "install a noarch - 2-1\n" },
	/* Upgraded and then removed: what the history has comes to nothing. */
	{ DONE("install|a|2-1") "2026-05-01 12:00:00|remove |a|2-1|noarch||\n",
	  "a noarch 1-1 rpm\n", "remove a noarch 1-1 -\n" },
	/* rpm -e, of which there is no history at all. */
	{ "", "a noarch 1-1 rpm\na noarch 1-2 rpm\nb x86_64 1-1 rpm\n",
	  "remove a noarch 1-1 -\nremove b x86_64 1-1 -\n" },
};

START_TEST(history_without_old_versions)
{
	put(ZYPP_LOG, histories[_i].log);
	check_ops(compared(histories[_i].before), histories[_i].ops);
}
END_TEST

static Suite *package_ops_list_suite(void)
{
	Suite *s = suite_create("package_ops_list");
	TCase *t = tcase_create("list");

	tcase_add_checked_fixture(t, dir_setup, dir_teardown);
	tcase_add_test(t, apk_without_a_log);
	tcase_add_test(t, a_log_is_believed);
	tcase_add_test(t, nothing_changed);
	tcase_add_test(t, dpkg_without_its_log);
	tcase_add_test(t, torn_list);
	tcase_add_loop_test(t, history_without_old_versions, 0,
			    es_lengthof(histories));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return es_unit_main(package_ops_list_suite());
}
