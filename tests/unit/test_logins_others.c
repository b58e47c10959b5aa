/* SPDX-License-Identifier: MIT */
/* test_logins_others.c - unit tests of btmp, wtmpdb, lastlog and lastlog2 */
#include "config.h"

#include "logins_unit.h"

#include <arpa/inet.h>
#include <sqlite3.h>

static char dir[64];

static void enter(void)
{
	es_unit_enter_dir(dir);
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
			  "bob:x:1000:1000::/home/bob:/bin/bash\n"
			  "eve:x:1001:1001::/home/eve:/bin/bash\n"
			  "broken\n"
			  "no:number:here:\n");
	put("var/log/wtmp", "");
}

static void leave(void)
{
	es_unit_leave_dir(dir);
}

/* --- btmp ----------------------------------------------------------------- */

/* A password that somebody typed as the name. */
#define PASSWORD "hunter2-is-secret"

static const struct rec tries[] = {
	{ T_LOGIN, "bob", "ssh:notty", "192.0.2.1", DAY_0 + 10, 1 },
	{ T_LOGIN, "bob", "ssh:notty", "192.0.2.1", DAY_0 + 20, 1 },
	{ T_LOGIN, "bob", "ssh:notty", "192.0.2.1", DAY_0 + 30, 1 },
	{ T_LOGIN, "bob", "ssh:notty", "192.0.2.2", DAY_0 + 40, 1 },
	{ T_LOGIN, "eve", "ssh:notty", "192.0.2.2", DAY_0 + 50, 1 },
	{ T_LOGIN, PASSWORD, "tty1", "", DAY_0 + 60, 1 },
	{ T_LOGIN, "root", "tty1", "", DAY_0 + 70, 1 },
	{ T_LOGIN, "eve", "tty2", "", DAY_0 + 80, 1 },
	{ T_LOGIN, PASSWORD, "tty2", "", DAY_0 + 90, 1 },
	{ T_LOGIN, "eve", "tty2", "", DAY_0 + 100, 1 },
	{ T_LOGIN, "", "tty3", "", DAY_0 + 110, 1 },
	{ T_LOGIN, "UNKNOWN", "tty4", "", DAY_0 + 120, 1 },
	{ 0, NULL, NULL, NULL, 0, 0 },
};

#define FAILED                                                               \
	"failed 3 2026-05-01T00:00:10Z 2026-05-01T00:00:30Z 192.0.2.1 bob\n" \
	"failed 3 2026-05-01T00:01:20Z 2026-05-01T00:01:40Z tty2 -\n"        \
	"failed 2 2026-05-01T00:00:40Z 2026-05-01T00:00:50Z 192.0.2.2 -\n"   \
	"failed 2 2026-05-01T00:01:00Z 2026-05-01T00:01:10Z tty1 -\n"        \
	"failed 1 2026-05-01T00:01:50Z 2026-05-01T00:01:50Z tty3 -\n"        \
	"failed 1 2026-05-01T00:02:00Z 2026-05-01T00:02:00Z tty4 -\n"

/* @_i: 1 with the wide layout */
START_TEST(failures_are_counted)
{
	put_recs("var/log/btmp", tries, es_lengthof(tries), _i);
	check_here(0, ALWAYS, FAILED);
	/* A part of them; and nothing at all. */
	check_here(DAY_0 + 15, DAY_0 + 25,
		   "failed 1 2026-05-01T00:00:20Z 2026-05-01T00:00:20Z "
		   "192.0.2.1 bob\n");
	check_here(DAY_0 + 200, ALWAYS, "");
}
END_TEST

/* Windows that follow each other count each of them once. */
START_TEST(failures_count_once)
{
	static const int64_t ends[] = { 0, 10, 10, 20, 30, 115, 120, 121 };
	struct es_error err = ES_ERROR_INIT;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	put_recs("var/log/btmp", tries, es_lengthof(tries), _i);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *all = read_here(DAY_0, DAY_0);
	for (size_t i = 1; i < es_lengthof(ends); i++) {
		ES_CLEANUP(es_logins_freep)
		struct es_logins *l =
			read_here(DAY_0 + ends[i - 1], DAY_0 + ends[i]);
		ck_assert_int_eq(es_logins_merge(all, l, &err), 0);
	}
	ck_assert_int_eq(es_logins_text(all, &b), 0);
	ck_assert_ptr_nonnull(strstr(es_buf_str(&b), FAILED));
}
END_TEST

/* What may be a password is in no byte of the excerpt, wherever it lies. */
START_TEST(mistyped_password)
{
	static const char *const names[] = { "btmp", "btmp.1",
					     "btmp-20260501" };

	for (size_t i = 0; i < es_lengthof(names); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
		char path[64];

		snprintf(path, sizeof(path), "var/log/%s", names[i]);
		put_recs(path, tries, es_lengthof(tries), false);
		ES_CLEANUP(es_logins_freep)
		struct es_logins *l = read_here(0, ALWAYS);
		ck_assert_int_eq(es_logins_text(l, &b), 0);
		ck_assert_ptr_nonnull(strstr(b.data, "failed"));
		ck_assert_ptr_null(strstr(b.data, "hunter2"));
		ck_assert_ptr_null(strstr(b.data, "UNKNOWN"));
		for (size_t k = 0; k < l->n_failures; k++)
			ck_assert_ptr_null(
				strstr(l->failures[k].user, "hunter2"));
		ck_assert_int_eq(unlink(path), 0);
	}
	/* Nobody is known: no name at all is kept. */
	put_recs("var/log/btmp", tries, es_lengthof(tries), false);
	ck_assert_int_eq(unlink("etc/passwd"), 0);
	ES_CLEANUP(es_logins_freep) struct es_logins *l = read_here(0, ALWAYS);
	ck_assert_uint_eq(l->n_failures, 6);
	for (size_t k = 0; k < l->n_failures; k++)
		ck_assert_str_eq(l->failures[k].user, "");
}
END_TEST

/* Without a host the address tells, and without both the line. */
START_TEST(sources)
{
	static const struct rec one = { T_LOGIN, "bob", "ssh:notty",
					"",	 DAY_0, 1 };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	for (int i = 0; i < 3; i++)
		add_rec(&b, &one, false);
	ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.9", b.data + 348), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::9", b.data + 384 + 348),
			 1);
	put_bytes("var/log/btmp", b.data, b.len);
	check_here(0, ALWAYS,
		   "failed 1 2026-05-01T00:00:00Z 2026-05-01T00:00:00Z "
		   "192.0.2.9 bob\n"
		   "failed 1 2026-05-01T00:00:00Z 2026-05-01T00:00:00Z "
		   "2001:db8::9 bob\n"
		   "failed 1 2026-05-01T00:00:00Z 2026-05-01T00:00:00Z "
		   "ssh:notty bob\n");
}
END_TEST

START_TEST(failures_rotated)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	const char *const argv[] = { "gzip", "-qn", "var/log/btmp.1", NULL };

	if (lacks("gzip"))
		return;
	put_recs("var/log/btmp", tries + 2, es_lengthof(tries) - 2, false);
	put_recs("var/log/btmp.1", tries, 2, false);
	ck_assert_int_eq(es_unit_run(&out, argv, NULL), 0);
	check_here(0, ALWAYS, FAILED);
	/* Last changed before the window: not even opened. */
	set_mtime("var/log/btmp.1.gz", DAY_0 - 1);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(DAY_0, ALWAYS);
	ck_assert_uint_eq(l->failures[0].count, 3);
	ck_assert_str_eq(l->failures[0].source, "tty2");
}
END_TEST

START_TEST(many_sources)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const size_t n = LG_FAILURES_MAX + 50;

	for (size_t i = 0; i < n; i++) {
		char host[32];

		snprintf(host, sizeof(host), "host%03zu", i);
		for (size_t k = 0; k < 1 + (i == 7); k++)
			add_rec(&b,
				&(struct rec){ T_LOGIN, "bob", "ssh:notty",
					       host, DAY_0, 1 },
				false);
	}
	put_bytes("var/log/btmp", b.data, b.len);
	ES_CLEANUP(es_logins_freep) struct es_logins *l = read_here(0, ALWAYS);
	ck_assert_uint_eq(l->n_failures, LG_FAILURES_MAX);
	ck_assert_uint_eq(l->dropped, 50);
	ck_assert_str_eq(l->failures[0].source, "host007");
}
END_TEST

/* --- databases ------------------------------------------------------------ */

#define WTMPDB "var/lib/wtmpdb/wtmp.db"
#define WTMPDB_TABLE                                                         \
	"CREATE TABLE wtmp(ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT " \
	"NOT NULL, Login INTEGER, Logout INTEGER, TTY TEXT, RemoteHost "     \
	"TEXT, Service TEXT) STRICT;"

/* Runs statements on a database, made if need be. Left open on demand. */
static sqlite3 *make_db(const char *path, const char *sql, bool leave_open)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	sqlite3 *db;

	ck_assert_int_eq(es_path_dirname(&b, path), 0);
	ck_assert_int_eq(es_mkdirs(es_buf_str(&b), 0755, &err), 0);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	if (leave_open)
		return db;
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	return NULL;
}

/* 1777593600 is DAY_0; times are in microseconds. */
#define WTMPDB_ROWS                                                          \
	"INSERT INTO wtmp(Type,User,Login,Logout,TTY,RemoteHost,Service) "   \
	"VALUES"                                                             \
	"(1,'reboot',1777593600000000,NULL,'~','6.1.0-1',NULL),"             \
	"(3,'bob',1777593700000000,1777593800999999,'pts/0','192.0.2.1',"    \
	"'sshd'),"                                                           \
	"(3,'cay',1777593710000000,NULL,'pts/1','192.0.2.2','sshd'),"        \
	"(1,'reboot',1777597200000000,1777600800000000,'~','6.1.0-2',NULL)," \
	"(3,'dan',1777597300000000,NULL,'tty1',NULL,'login'),"               \
	"(1,'reboot',1777604400000000,NULL,'~','6.1.0-3',NULL),"             \
	"(3,'eve',1777604500000000,NULL,'pts/0','','sshd');"

#define WTMPDB_TEXT                                                           \
	"session 2026-05-01T00:00:00Z 2026-05-01T01:00:00Z crash reboot "     \
	"system\\x20boot 6.1.0-1 -\n"                                         \
	"session 2026-05-01T00:01:40Z 2026-05-01T00:03:20Z logout bob pts/0 " \
	"192.0.2.1 sshd\n"                                                    \
	"session 2026-05-01T00:01:50Z 2026-05-01T01:00:00Z crash cay pts/1 "  \
	"192.0.2.2 sshd\n"                                                    \
	"session 2026-05-01T01:00:00Z 2026-05-01T02:00:00Z down reboot "      \
	"system\\x20boot 6.1.0-2 -\n"                                         \
	"session 2026-05-01T01:01:40Z 2026-05-01T02:00:00Z down dan tty1 - "  \
	"login\n"                                                             \
	"session 2026-05-01T03:00:00Z - open reboot system\\x20boot "         \
	"6.1.0-3 -\n"                                                         \
	"session 2026-05-01T03:01:40Z - open eve pts/0 - sshd\n"

/* @_i: journal mode: rollback, a log that is folded in, one that is in use */
START_TEST(wtmpdb)
{
	static const char *const modes[] = {
		WTMPDB_TABLE WTMPDB_ROWS,
		"PRAGMA journal_mode=WAL;" WTMPDB_TABLE WTMPDB_ROWS,
		"PRAGMA journal_mode=WAL;" WTMPDB_TABLE WTMPDB_ROWS,
	};
	sqlite3 *const db = make_db(WTMPDB, modes[_i], _i == 2);

	ck_assert_int_eq(unlink("var/log/wtmp"), 0);
	if (_i == 2)
		ck_assert_int_eq(access(WTMPDB "-wal", F_OK), 0);
	check_here(0, ALWAYS, WTMPDB_TEXT);
	check_here(DAY_0 + 201, DAY_0 + 300,
		   "session 2026-05-01T00:01:50Z 2026-05-01T01:00:00Z crash "
		   "cay pts/1 192.0.2.2 sshd\n");
	ES_CLEANUP(es_logins_freep) struct es_logins *l = read_here(0, 1);
	ck_assert(!l->missing);
	/* Nothing was left beside it. */
	if (_i != 2) {
		ck_assert_int_lt(access(WTMPDB "-wal", F_OK), 0);
		ck_assert_int_lt(access(WTMPDB "-shm", F_OK), 0);
	}
	sqlite3_close(db);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, from, &err), 0);
	put_bytes(to, es_buf_str(&b), b.len);
}

/* Its writer died: the log stays as it is, and unread if need be. */
START_TEST(wtmpdb_of_the_dead)
{
	sqlite3 *const db =
		make_db("live/wtmp.db",
			"PRAGMA journal_mode=WAL;" WTMPDB_TABLE WTMPDB_ROWS,
			true);
	struct stat before, after;

	copy_file("live/wtmp.db", WTMPDB);
	copy_file("live/wtmp.db-wal", WTMPDB "-wal");
	sqlite3_close(db);
	ck_assert_int_eq(stat(WTMPDB "-wal", &before), 0);
	es_logins_free(read_here(0, ALWAYS));
	ck_assert_int_lt(access(WTMPDB "-shm", F_OK), 0);
	ck_assert_int_eq(stat(WTMPDB "-wal", &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
}
END_TEST

static const char *const bad_dbs[] = {
	NULL,
	"",
	"This is no database.",
	"SQLite format 3\0 and then nothing that it should have",
};

START_TEST(wtmpdb_bad)
{
	if (bad_dbs[_i])
		put_bytes(WTMPDB, bad_dbs[_i],
			  _i == 3 ? 50 : strlen(bad_dbs[_i]));
	check_here(0, ALWAYS, "");
}
END_TEST

START_TEST(wtmpdb_other_table)
{
	make_db(WTMPDB, "CREATE TABLE wtmp(User TEXT);", false);
	check_here(0, ALWAYS, "");
}
END_TEST

/* A machine with both: one session each, and the service is known. */
START_TEST(wtmp_and_wtmpdb)
{
	static const struct rec list[] = {
		{ T_BOOT, "reboot", "~", "6.1.0-1", DAY_0 + 1, 0 },
		{ T_USER, "bob", "pts/0", "192.0.2.1", DAY_0 + 101, 1 },
		{ T_DEAD, "", "pts/0", "", DAY_0 + 201, 1 },
		{ T_USER, "bob", "pts/0", "192.0.2.1", DAY_0 + 203, 1 },
		{ T_DEAD, "", "pts/0", "", DAY_0 + 204, 1 },
		{ T_USER, "cay", "tty1", "", DAY_0 + 300, 1 },
	};

	make_db(WTMPDB, WTMPDB_TABLE WTMPDB_ROWS, false);
	put_recs("var/log/wtmp", list, es_lengthof(list), false);
	check_here(DAY_0, DAY_0 + 400,
		   "session 2026-05-01T00:00:01Z 2026-05-01T01:00:00Z crash "
		   "reboot system\\x20boot 6.1.0-1 -\n"
		   "session 2026-05-01T00:01:41Z 2026-05-01T00:03:21Z logout "
		   "bob pts/0 192.0.2.1 sshd\n"
		   "session 2026-05-01T00:01:50Z 2026-05-01T01:00:00Z crash "
		   "cay pts/1 192.0.2.2 sshd\n"
		   "session 2026-05-01T00:03:23Z 2026-05-01T00:03:24Z logout "
		   "bob pts/0 192.0.2.1 -\n"
		   "session 2026-05-01T00:05:00Z - open cay tty1 - -\n");
}
END_TEST

/* --- lastlog and lastlog2 ------------------------------------------------- */

#define LASTLOG2_SQL                                                      \
	"CREATE TABLE Lastlog2(Name TEXT PRIMARY KEY, Time INTEGER, TTY " \
	"TEXT, RemoteHost TEXT, Service TEXT);"                           \
	"INSERT INTO Lastlog2 VALUES"                                     \
	"('bob',1777593700,'pts/0','192.0.2.1','sshd'),"                  \
	"('eve',1777593000,'pts/1',NULL,'sshd');"

START_TEST(lastlog2)
{
	static const struct rec list[] = {
		{ T_USER, "bob", "pts/7", "192.0.2.1", DAY_0 + 99, 1 },
		{ T_DEAD, "", "pts/7", "", DAY_0 + 120, 1 },
	};

	make_db("var/lib/lastlog/lastlog2.db", LASTLOG2_SQL, false);
	check_here(DAY_0, DAY_0 + 200,
		   "session 2026-05-01T00:01:40Z - gone bob pts/0 192.0.2.1 "
		   "sshd\n");
	check_here(DAY_0 + 150, DAY_0 + 200, "");
	/* wtmp knows better. */
	put_recs("var/log/wtmp", list, 2, false);
	check_here(DAY_0, DAY_0 + 200,
		   "session 2026-05-01T00:01:39Z 2026-05-01T00:02:00Z logout "
		   "bob pts/7 192.0.2.1 -\n");
}
END_TEST

/* @_i: 1 with times of 64 bits */
START_TEST(lastlog_sizes)
{
	const size_t time_len = _i ? 8 : 4;
	const size_t size = time_len + 32 + 256;
	ES_CLEANUP(es_freep) char *raw = calloc(1002, size);
	const int64_t when = DAY_0 + 60;
	char *const eve = raw + 1001 * size;

	memcpy(eve, &when, time_len);
	put_field(eve + time_len, "pts/3", 32);
	put_field(eve + time_len + 32, "192.0.2.3", 256);
	put_bytes("var/log/lastlog", raw, 1002 * size);
	check_here(DAY_0, DAY_0 + 200,
		   "session 2026-05-01T00:01:00Z - gone eve pts/3 192.0.2.3 "
		   "-\n");
	set_mtime("var/log/lastlog", DAY_0 - 1);
	check_here(DAY_0, DAY_0 + 200, "");
}
END_TEST

static Suite *others_suite(void)
{
	Suite *s = suite_create("logins_others");
	TCase *tc = tcase_create("logins_others");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_add_loop_test(tc, failures_are_counted, 0, 2);
	tcase_add_loop_test(tc, failures_count_once, 0, 2);
	tcase_add_test(tc, mistyped_password);
	tcase_add_test(tc, sources);
	tcase_add_test(tc, failures_rotated);
	tcase_add_test(tc, many_sources);
	tcase_add_loop_test(tc, wtmpdb, 0, 3);
	tcase_add_test(tc, wtmpdb_of_the_dead);
	tcase_add_loop_test(tc, wtmpdb_bad, 0, es_lengthof(bad_dbs));
	tcase_add_test(tc, wtmpdb_other_table);
	tcase_add_test(tc, wtmp_and_wtmpdb);
	tcase_add_test(tc, lastlog2);
	tcase_add_loop_test(tc, lastlog_sizes, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(others_suite());
}
