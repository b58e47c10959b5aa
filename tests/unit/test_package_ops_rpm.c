/* SPDX-License-Identifier: MIT */
/* test_package_ops_rpm.c - unit tests of what dnf and rpm keep of operations */
#include "config.h"

#include "etcsnap/package_ops.h"

#include "package_ops_unit.h"

#include <sqlite3.h>

#define DNF_LOG "var/log/dnf.rpm.log"
#define DNF_4 "var/lib/dnf/history.sqlite"
#define DNF_5 "usr/lib/sysimage/libdnf5/transaction_history.sqlite"

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

/* --- dnf --- */

#define DNF(text) "2026-05-01T14:00:01+0200 " text "\n"
#define DNF_START DNF("INFO --- logging initialized ---")

static const struct {
	const char *log;
	const char *ops;
} dnf_logs[] = {
	{ DNF_START DNF("SUBDEBUG Upgrade: bash-5.2-1.fc40.x86_64")
		  DNF("SUBDEBUG Installed: c-1:2-3.noarch") DNF(
			  "SUBDEBUG Upgraded: bash-5.1-1.fc40.x86_64")
			  DNF("SUBDEBUG Erase: gone-with-dashes-0:1-1.noarch"),
	  "upgrade bash x86_64 5.1-1.fc40 5.2-1.fc40\n"
	  "install c noarch - 1:2-3\nremove gone-with-dashes noarch 1-1 -\n" },
	{ DNF_START DNF("SUBDEBUG Downgrade: a-1-1.noarch")
		  DNF("SUBDEBUG Downgraded: a-2-1.noarch")
			  DNF("SUBDEBUG Reinstall: b-1-1.noarch")
				  DNF("SUBDEBUG Reinstalled: b-1-1.noarch"),
	  "downgrade a noarch 2-1 1-1\nreinstall b noarch 1-1 1-1\n" },
	/* A kernel comes and the oldest goes. */
	{ DNF_START DNF("SUBDEBUG Installed: kernel-6.2-1.x86_64")
		  DNF("SUBDEBUG Erase: kernel-6.0-1.x86_64"),
	  "upgrade kernel x86_64 6.0-1 6.2-1\n" },
	/* Put in place before the window. */
	{ "2026-04-30T23:59:59Z SUBDEBUG Upgrade: a-2-1.noarch\n"
	  "2026-05-01T00:00:01Z SUBDEBUG Upgraded: a-1-1.noarch\n",
	  "" },
	{ DNF("SUBDEBUG Installed: a") DNF("SUBDEBUG Installed: a-1")
		  DNF("SUBDEBUG Installed: a-1-1") DNF("SUBDEBUG Installed: ")
			  DNF("SUBDEBUG Installed: -1-1.noarch") DNF("DEBUG")
				  DNF("INFO x") "2026-05-01T1",
	  "" },
};

START_TEST(dnf_log)
{
	put(DNF_LOG, dnf_logs[_i].log);
	check_ops(read_day(), dnf_logs[_i].ops);
}
END_TEST

static void ask(sqlite3 *db, const char *sql)
{
	char *why = NULL;

	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK,
		      "%s", why ? why : "");
}

/* dnf 4: times, action and state of each package. 1777636800 is 12:00. */
static const char dnf4_sql[] =
	"CREATE TABLE trans (id INTEGER PRIMARY KEY, dt_begin INTEGER,"
	" dt_end INTEGER, user_id INTEGER, cmdline TEXT, state INTEGER);"
	"CREATE TABLE trans_item (id INTEGER PRIMARY KEY, trans_id INTEGER,"
	" item_id INTEGER, action INTEGER, state INTEGER);"
	"CREATE TABLE rpm (item_id INTEGER, name TEXT, epoch INTEGER,"
	" version TEXT, release TEXT, arch TEXT);"
	"INSERT INTO trans VALUES (1, 1777636700, 1777636800, 1000,"
	" 'upgrade -y', 1), (2, 1777636900, NULL, 4294967295, NULL, 2),"
	" (3, 1767225600, 1767225600, 0, 'install old', 1);"
	"INSERT INTO rpm VALUES (1, 'bash', 0, '5.2', '1', 'x86_64'),"
	" (2, 'bash', 0, '5.1', '1', 'x86_64'),"
	" (3, 'new', 2, '1', '1', 'noarch'),"
	" (4, 'gone', 0, '1', '1', 'noarch'),"
	" (5, 'failed', 0, '1', '1', 'noarch'),"
	" (6, 'again', 0, '1', '1', 'noarch'),"
	" (7, 'kernel', 0, '6.2', '1', 'x86_64'),"
	" (8, 'kernel', 0, '6.0', '1', 'x86_64'),"
	" (9, 'marked', 0, '1', '1', 'noarch');"
	"INSERT INTO trans_item VALUES (1, 1, 2, 7, 1), (2, 1, 1, 6, 1),"
	" (3, 1, 3, 1, 1), (4, 1, 4, 8, 1), (5, 1, 5, 1, 2),"
	" (6, 1, 6, 9, 1), (7, 1, 6, 10, 1), (8, 1, 7, 1, 1),"
	" (9, 1, 8, 8, 1), (10, 1, 9, 11, 1), (11, 3, 5, 1, 1),"
	" (12, 2, 9, 6, 1);";

static const char dnf4_ops[] =
	"reinstall again noarch 1-1 1-1\nupgrade bash x86_64 5.1-1 5.2-1\n"
	"remove gone noarch 1-1 -\nupgrade kernel x86_64 6.0-1 6.2-1\n"
	"install marked noarch - 1-1\ninstall new noarch - 2:1-1\n";

/* What was written to the log of the database alone counts, too. */
START_TEST(dnf4_history)
{
	struct es_package_ops *ops;
	struct stat before, after;
	sqlite3 *db;

	put("etc/passwd", "anna:x:1000:1000::/home/anna:/bin/sh\n");
	put(DNF_4, "");
	ck_assert_int_eq(sqlite3_open(DNF_4, &db), SQLITE_OK);
	if (_i)
		ask(db, "PRAGMA journal_mode = WAL;"
			"PRAGMA wal_autocheckpoint = 0");
	ask(db, dnf4_sql);
	if (_i > 1) {
		ask(db, "PRAGMA wal_checkpoint(TRUNCATE)");
		ask(db, "UPDATE trans SET cmdline = 'upgrade -y '"
			" WHERE id = 1; BEGIN; DELETE FROM trans");
	}
	ck_assert_int_eq(stat("var/lib/dnf", &before), 0);
	/* The log of dnf is for those without a database. */
	put(DNF_LOG, dnf_logs[0].log);
	ops = read_day();
	for (size_t i = 0; i < ops->n_ops; i++) {
		const struct es_package_op *op = &ops->ops[i];

		ck_assert_str_eq(op->manager, "rpm");
		if (strcmp(op->name, "marked") == 0) {
			ck_assert_str_eq(op->user, "");
			continue;
		}
		ck_assert_str_eq(op->user, "anna");
		ck_assert_str_eq(op->command,
				 _i > 1 ? "upgrade -y " : "upgrade -y");
		ck_assert_int_eq(op->when, 1777636800);
	}
	check_ops(ops, dnf4_ops);
	ck_assert_int_eq(stat("var/lib/dnf", &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	sqlite3_close(db);
}
END_TEST

/* Tables of dnf 5: the newer and the first. */
static const char *const dnf5_sql[] = {
	"CREATE TABLE trans (id INTEGER, dt_begin INTEGER, dt_end INTEGER,"
	" user_id INTEGER, description TEXT, state_id INTEGER);"
	"CREATE TABLE pkg_names (id INTEGER, name TEXT);"
	"CREATE TABLE archs (id INTEGER, name TEXT);"
	"CREATE TABLE rpm (item_id INTEGER, name_id INTEGER, epoch INTEGER,"
	" version TEXT, release TEXT, arch_id INTEGER);"
	"INSERT INTO pkg_names VALUES (1, 'bash'), (2, 'gone');"
	"INSERT INTO archs VALUES (1, 'x86_64');"
	"INSERT INTO rpm VALUES (1, 1, 0, '5.2', '1', 1),"
	" (2, 1, 0, '5.1', '1', 1), (3, 2, 0, '1', '1', 1);",
	"CREATE TABLE trans (id INTEGER, dt_begin INTEGER, dt_end INTEGER,"
	" user_id INTEGER, cmdline TEXT, state_id INTEGER);"
	"CREATE TABLE rpm (item_id INTEGER, name TEXT, epoch INTEGER,"
	" version TEXT, release TEXT, arch TEXT);"
	"INSERT INTO rpm VALUES (1, 'bash', 0, '5.2', '1', 'x86_64'),"
	" (2, 'bash', 0, '5.1', '1', 'x86_64'),"
	" (3, 'gone', 0, '1', '1', 'x86_64');",
};

START_TEST(dnf5_history)
{
	sqlite3 *db;

	put(DNF_5, "");
	ck_assert_int_eq(sqlite3_open(DNF_5, &db), SQLITE_OK);
	ask(db, dnf5_sql[_i]);
	ask(db, "CREATE TABLE trans_item (id INTEGER, trans_id INTEGER,"
		" item_id INTEGER, action_id INTEGER, state_id INTEGER);"
		"INSERT INTO trans VALUES"
		" (1, 1777636700, 1777636800, 0, 'dnf5 upgrade', 2);"
		"INSERT INTO trans_item VALUES (1, 1, 1, 2, 2),"
		" (2, 1, 2, 6, 2), (3, 1, 3, 5, 2), (4, 1, 3, 1, 3)");
	sqlite3_close(db);
	check_ops(read_day(), "upgrade bash x86_64 5.1-1 5.2-1\n"
			      "remove gone x86_64 1-1 -\n");
}
END_TEST

/* What is no such database tells nothing, and the log is asked. */
START_TEST(dnf_broken_history)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 24);
	struct es_error err = ES_ERROR_INIT;
	uint64_t state = 7;
	sqlite3 *db;

	put(DNF_LOG, dnf_logs[1].log);
	put(DNF_4, "");
	check_ops(read_day(), dnf_logs[1].ops);
	put(DNF_4, "SQLite format 3");
	check_ops(read_day(), dnf_logs[1].ops);
	put(DNF_4, "");
	ck_assert_int_eq(sqlite3_open(DNF_4, &db), SQLITE_OK);
	ask(db, "CREATE TABLE x (y)");
	sqlite3_close(db);
	check_ops(read_day(), dnf_logs[1].ops);
	ck_assert_int_eq(unlink(DNF_4), 0);
	put(DNF_4, "");
	ck_assert_int_eq(sqlite3_open(DNF_4, &db), SQLITE_OK);
	ask(db, "PRAGMA journal_mode = WAL");
	ask(db, dnf4_sql);
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, DNF_4 "-wal", &err), 0);
	sqlite3_close(db);
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, DNF_4, &err), 0);
	/* Whatever is in it: no crash. */
	for (int i = 0; i < 200; i++) {
		uint64_t bits = es_unit_random(&state);
		size_t at = bits % b.len;
		char was = b.data[at];

		b.data[at] = (char)(bits >> 32);
		put_bytes(DNF_4, b.data, b.len);
		put_bytes(DNF_4 "-wal", b.data, b.len / 2);
		es_package_ops_free(read_day());
		b.data[at] = was;
	}
}
END_TEST

/* --- libzypp --- */

#define ZYPP(text) "2026-05-01 12:00:00|" text "\n"
#define ZYPP_COMMAND ZYPP("command|root@host|'zypper' 'up' 'a b'|")

static const struct {
	const char *log;
	const char *ops;
} zypp_logs[] = {
	{ ZYPP_COMMAND ZYPP("install|bash|5.2-1|x86_64|root@host|repo|sum|")
		  ZYPP("install|c|1:2-3|noarch||repo||")
			  ZYPP("remove |less|0:643-2|x86_64|root@host|")
				  ZYPP("radd   |repo|http://example.org/|"),
	  "install bash x86_64 - 5.2-1\ninstall c noarch - 1:2-3\n"
	  "remove less x86_64 643-2 -\n" },
	/* What came and went again; one that has two versions. */
	{ ZYPP_COMMAND ZYPP("install|a|1-1|noarch||r||")
		  ZYPP("remove |a|1-1|noarch||")
			  ZYPP("install|kernel|6.1-1|x86_64||r||")
				  ZYPP("remove |kernel|6.0-1|x86_64||"),
	  "upgrade kernel x86_64 6.0-1 6.1-1\n" },
	{ "# 2026-05-01 12:00:00 a-1.rpm installed ok\n"
	  "2026-04-30 12:00:00|install|a|1-1|noarch||r||\n"
	  "2026-05-02 12:00:00|install|a|1-1|noarch||r||\n",
	  "" },
	{ ZYPP("command") ZYPP("command|") ZYPP("command||") ZYPP("install") ZYPP(
		  "install|a") ZYPP("install|a|1-1") ZYPP("install||||")
		  ZYPP("install|a||noarch|") ZYPP("remove||1-1|x|") ZYPP(
			  "installed|a|1-1|noarch|") "|||||\n"
						     "2026-05-01 12|install|a|1-1|n|\n"
						     " 2026-05-01 12:00:00|install|a|1|n|\n"
						     "2026-05-01 12:00:00|install|a|1-1|n",
	  "" },
};

START_TEST(zypp_history)
{
	struct es_package_ops *ops;

	put("var/log/zypp/history", zypp_logs[_i].log);
	ops = read_day();
	for (size_t i = 0; i < ops->n_ops; i++) {
		ck_assert_str_eq(ops->ops[i].manager, "rpm");
		ck_assert_str_eq(ops->ops[i].user, "root");
		ck_assert_str_eq(ops->ops[i].command, "zypper up a b");
		ck_assert_int_eq(ops->ops[i].when, DAY_START + 12 * 3600);
	}
	check_ops(ops, zypp_logs[_i].ops);
}
END_TEST

/* --- rpm --- */

#ifdef HAVE_RPM

static const char rpm_script[] =
	"HOME=$PWD; export HOME\n"
	"printf 'Name: tiny\\nVersion: 1.2\\nRelease: 3\\nSummary: x\\n"
	"License: MIT\\nBuildArch: noarch\\n%%description\\nx\\n%%files\\n' "
	">tiny.spec\n"
	"rpmbuild -bb --quiet --define \"_topdir $PWD/top\" tiny.spec &&\n"
	"rpm --root \"$PWD\" --dbpath /var/lib/rpm --initdb &&\n"
	"rpm --root \"$PWD\" --dbpath /var/lib/rpm -i --nodeps --ignoreos "
	"--ignorearch top/RPMS/noarch/tiny-*.rpm\n";

/* Nobody but the database knows of it. */
START_TEST(rpm_times)
{
	static const char *const argv[] = { "sh", "make.sh", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int64_t before = time(NULL) - 1;

	if (lacks("rpmbuild") || lacks("rpm"))
		return;
	if (geteuid() != 0) {
		printf("# skipped: rpm --root needs root\n");
		fflush(stdout);
		return;
	}
	put("make.sh", rpm_script);
	int rc = es_unit_run(&b, argv, NULL);
	ck_assert_msg(rc == 0, "%s", es_buf_str(&b));
	check_ops(read_window(before, time(NULL)),
		  "install tiny noarch - 1.2-3\n");
	check_ops(read_window(before - 100, before), "");
	check_ops(read_window(time(NULL) + 10, time(NULL) + 20), "");
}
END_TEST

#endif

static Suite *package_ops_rpm_suite(void)
{
	Suite *s = suite_create("package_ops_rpm");
	TCase *t = tcase_create("rpm");

	tcase_add_checked_fixture(t, dir_setup, dir_teardown);
	tcase_add_loop_test(t, dnf_log, 0, es_lengthof(dnf_logs));
	tcase_add_loop_test(t, dnf4_history, 0, 3);
	tcase_add_loop_test(t, dnf5_history, 0, es_lengthof(dnf5_sql));
	tcase_add_test(t, dnf_broken_history);
	tcase_add_loop_test(t, zypp_history, 0, es_lengthof(zypp_logs));
#ifdef HAVE_RPM
	tcase_add_test(t, rpm_times);
#endif
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return es_unit_main(package_ops_rpm_suite());
}
