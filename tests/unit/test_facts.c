/* SPDX-License-Identifier: MIT */
/* test_facts.c - unit tests of facts that the files of a root tell */
#include "config.h"

#include "facts_unit.h"

#include <sched.h>
#include <time.h>

/* --- lines -------------------------------------------------------------- */

static const struct {
	const char *raw, *word;
} words[] = {
	{ "", "-" },
	{ "plain", "plain" },
	{ "two words", "two\\x20words" },
	{ " ", "\\x20" },
	{ "a\nb\tc", "a\\nb\\tc" },
	{ "gr\xc3\xbc\xc3\x9f"
	  "e",
	  "gr\xc3\xbc\xc3\x9f"
	  "e" },
	{ "\xff", "\\xff" },
	{ "back\\slash", "back\\\\slash" },
	{ "\x1b[31m", "\\x1b[31m" },
};

START_TEST(words_are_quoted)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1024);

	ck_assert_int_eq(es_fact_word(&b, words[_i].raw, strlen(words[_i].raw)),
			 0);
	ck_assert_str_eq(es_buf_str(&b), words[_i].word);
}
END_TEST

static const struct {
	const char *text, *sorted;
} texts[] = {
	{ "", "" },
	{ "b\na\n", "a\nb\n" },
	{ "b\na\nb\nb\n", "a\nb\n" },
	{ "ab\na\nabc\n", "a\nab\nabc\n" },
	{ "no newline", "no newline\n" },
	{ "\xc3\xa4\nz\nA\n", "A\nz\n\xc3\xa4\n" },
	{ "\n\na\n", "\na\n" },
};

START_TEST(lines_are_sorted_once_each)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1024);

	es_buf_adds(&b, texts[_i].text);
	ck_assert_int_eq(es_fact_sort(&b), 0);
	ck_assert_str_eq(es_buf_str(&b), texts[_i].sorted);
}
END_TEST

START_TEST(a_full_text_is_told)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4);

	es_buf_adds(&b, "too long");
	ck_assert_int_eq(es_fact_sort(&b), -EFBIG);
}
END_TEST

static const struct {
	const char *line;
	char separator;
	size_t n;
	const char *last;
} lines[] = {
	{ "a:b:c", ':', 3, "c" },   { "a::c", ':', 3, "c" },
	{ "a:b:", ':', 3, "" },	    { "", ':', 1, "" },
	{ "  a  b ", ' ', 2, "b" }, { "", ' ', 0, NULL },
	{ "   ", ' ', 0, NULL },    { "one", ' ', 1, "one" },
};

START_TEST(fields_are_cut)
{
	struct es_field f[8];

	ck_assert_uint_eq(es_fact_fields(f, 8, lines[_i].line,
					 strlen(lines[_i].line),
					 lines[_i].separator),
			  lines[_i].n);
	if (lines[_i].last)
		ck_assert(es_field_is(&f[lines[_i].n - 1], lines[_i].last));
}
END_TEST

START_TEST(more_fields_than_room_are_counted)
{
	struct es_field f[2];

	ck_assert_uint_eq(es_fact_fields(f, 2, "a b c d", 7, ' '), 4);
	ck_assert(es_field_is(&f[1], "b"));
}
END_TEST

static const struct {
	const char *text;
	uint64_t value;
} numbers[] = {
	{ "", 0 },
	{ "x", 0 },
	{ "12x", 12 },
	{ "18446744073709551615", UINT64_MAX },
	{ "99999999999999999999999", UINT64_MAX },
};

START_TEST(numbers_do_not_overflow)
{
	ck_assert_uint_eq(es_fact_number(numbers[_i].text), numbers[_i].value);
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} sizes[] = {
	{ 0, "0B" },
	{ 1000, "1000B" },
	{ 1024, "1KiB" },
	{ 1536, "1536B" },
	{ UINT64_C(24) << 30, "24GiB" },
	{ UINT64_C(500107862016), "488386584KiB" },
	{ UINT64_C(1) << 60, "1024PiB" },
};

START_TEST(sizes_are_exact)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(64);

	es_fact_size(&b, sizes[_i].bytes);
	ck_assert_str_eq(es_buf_str(&b), sizes[_i].text);
}
END_TEST

/* --- os ------------------------------------------------------------------- */

START_TEST(os_of_a_root)
{
	unit_put("root/usr/lib/os-release",
		 "# comment\nID=debian\nNAME=\"Debian GNU/Linux\"\n"
		 "VERSION_ID='12'\nEMPTY=\nNO\nODD=\"a\\\"b\"\nONE=\"\n"
		 "EVIL=\"\x1b[2J\"\n");
	unit_link("/usr/lib/os-release", "root/etc/os-release");
	unit_put("root/etc/hostname", "  web1 \n");
	unit_put("root/etc/debian_version", "12.5\n");
	unit_link("/usr/share/zoneinfo/Europe/Vienna", "root/etc/localtime");
	unit_fact(es_fact_os, 0,
		  "debian_version 12.5\n"
		  "hostname web1\n"
		  "os-release EVIL \\x1b[2J\n"
		  "os-release ID debian\n"
		  "os-release NAME Debian GNU/Linux\n"
		  "os-release ODD a\\\\\"b\n"
		  "os-release ONE \"\n"
		  "os-release VERSION_ID 12\n"
		  "timezone Europe/Vienna\n");
}
END_TEST

START_TEST(os_without_files_is_empty)
{
	unit_fact(es_fact_os, 0, "");
	unit_put("root/etc", "a file where a directory should be");
	unit_fact(es_fact_os, 0, "");
}
END_TEST

START_TEST(os_does_not_leave_the_root)
{
	unit_put("outside", "secret\n");
	unit_link("../../outside", "root/etc/hostname");
	unit_link("../../../../../etc/passwd", "root/etc/debian_version");
	unit_fact(es_fact_os, 0, "");
	ck_assert_int_eq(mkfifo("root/etc/alpine-release", 0644), 0);
	unit_fact(es_fact_os, 0, "");
}
END_TEST

/* --- users and groups ----------------------------------------------------- */

START_TEST(users_of_a_root)
{
	unit_put("root/etc/passwd",
		 "root:$6$salt$hash:0:0:root:/root:/bin/sh\n"
		 "# comment:x:1:1::/:/bin/sh\n+::::::\n-nis:x:1:1:::\n"
		 "short:x:5\n"
		 "anna:x:1000:1000:Anna B,,,:/home/anna b:/bin/sh\n"
		 ":x:7:7::/:/bin/sh\n"
		 "evil:x:66:66:a\x1b[31mb:/:\n");
	unit_fact(es_fact_users, 0,
		  "anna uid=1000 gid=1000 home=/home/anna\\x20b shell=/bin/sh"
		  " gecos=Anna B,,,\n"
		  "evil uid=66 gid=66 home=/ shell=- gecos=a\\x1b[31mb\n"
		  "root uid=0 gid=0 home=/root shell=/bin/sh gecos=root\n");
}
END_TEST

START_TEST(groups_of_a_root)
{
	unit_put("root/etc/group", "root:hash:0:\n"
				   "wheel:x:10:zoe,anna,,bob\n"
				   "+:::\nshort:x:5\n#no:x:1:\n"
				   "odd:x:11:a b");
	unit_fact(es_fact_groups, 0,
		  "odd gid=11 members=a\\x20b\n"
		  "root gid=0\n"
		  "wheel gid=10 members=anna,bob,zoe\n");
}
END_TEST

START_TEST(no_database_is_no_text)
{
	unit_fact(es_fact_users, 0, "");
	unit_fact(es_fact_groups, 0, "");
}
END_TEST

/* --- services and timers -------------------------------------------------- */

#define SYSTEM "root/etc/systemd/system/"

START_TEST(services_of_systemd)
{
	unit_link("/lib/systemd/system/cron.service",
		  SYSTEM "multi-user.target.wants/cron.service");
	unit_link("/lib/systemd/system/a@.service",
		  SYSTEM "a.target.requires/a@1.service");
	unit_link("x", SYSTEM "b.service.upholds/c.service");
	unit_link("/lib/systemd/system/ssh.service", SYSTEM "sshd.service");
	unit_link("/dev/null", SYSTEM "gone.service");
	unit_put(SYSTEM "empty.service", "");
	unit_put(SYSTEM "own.service", "[Service]\n");
	unit_link("/opt/x/far.service", SYSTEM "far.service");
	unit_link("/dev/null", SYSTEM "evil\nname.service");
	unit_link("x", SYSTEM "timers.target.wants/a.timer");
	unit_put(SYSTEM "file.wants", "no directory");
	ck_assert_int_eq(mkdir(SYSTEM "own.service.d", 0755), 0);
	unit_link("x", "root/etc/systemd/user/default.target.wants/u.service");
	unit_link("x", "root/run/systemd/system/t.target.wants/run.service");
	unit_fact(es_fact_services, 0,
		  "systemd a@1.service required-by a.target\n"
		  "systemd c.service upheld-by b.service\n"
		  "systemd cron.service wanted-by multi-user.target\n"
		  "systemd empty.service masked\n"
		  "systemd evil\\nname.service masked\n"
		  "systemd far.service linked /opt/x/far.service\n"
		  "systemd gone.service masked\n"
		  "systemd ssh.service alias sshd.service\n"
		  "systemd-user u.service wanted-by default.target\n");
}
END_TEST

START_TEST(services_of_others)
{
	unit_link("../init.d/cron", "root/etc/rc2.d/S01cron");
	unit_link("../init.d/cron", "root/etc/rc3.d/S12cron");
	unit_link("../init.d/cron", "root/etc/rc6.d/K01cron");
	unit_link("../init.d/x", "root/etc/rcS.d/S02two words");
	unit_put("root/etc/rc2.d/README", "");
	unit_put("root/etc/rc2.d/S0", "");
	unit_link("/etc/init.d/sshd", "root/etc/runlevels/default/sshd");
	unit_fact(es_fact_services, 0,
		  "openrc sshd runlevel default\n"
		  "sysv cron runlevel 2\n"
		  "sysv cron runlevel 3\n"
		  "sysv two\\x20words runlevel S\n");
}
END_TEST

START_TEST(timers_with_their_times)
{
	const char *wants = SYSTEM "timers.target.wants/daily.timer";

	unit_link("/usr/lib/systemd/system/daily.timer", wants);
	unit_put("root/usr/lib/systemd/system/daily.timer",
		 "[Unit]\nOnFailure=x\n[Timer]\nOnCalendar = daily \r\n"
		 "OnCalendar=weekly\nPersistent=true\n[Install]\nOnce=1\n");
	unit_link("x", SYSTEM "timers.target.wants/b@1.timer");
	unit_put("root/usr/lib/systemd/system/b@.timer",
		 "[Timer]\nOnBootSec=1min\n");
	unit_link("/dev/null", SYSTEM "masked.timer");
	unit_put("root/usr/lib/systemd/system/masked.timer",
		 "[Timer]\nOnBootSec=2min\n");
	unit_link("x", SYSTEM "timers.target.wants/nofile.timer");
	unit_fact(es_fact_timers, 0,
		  "systemd b@1.timer OnBootSec=1min\n"
		  "systemd b@1.timer wanted-by timers.target\n"
		  "systemd daily.timer OnCalendar=daily\n"
		  "systemd daily.timer OnCalendar=weekly\n"
		  "systemd daily.timer wanted-by timers.target\n"
		  "systemd masked.timer masked\n"
		  "systemd nofile.timer wanted-by timers.target\n");
}
END_TEST

START_TEST(timers_with_additions)
{
	unit_link("x", SYSTEM "timers.target.wants/a.timer");
	unit_put("root/usr/lib/systemd/system/a.timer",
		 "[Timer]\nOnCalendar=daily\n");
	unit_put(SYSTEM "a.timer.d/10-reset.conf",
		 "[Timer]\nOnCalendar=\nOnCalendar=Mon 03:00\n");
	unit_put(SYSTEM "a.timer.d/20-more.conf", "[Timer]\nOnBootSec=5\n");
	unit_put(SYSTEM "a.timer.d/notes", "[Timer]\nOnBootSec=6\n");
	unit_fact(es_fact_timers, 0,
		  "systemd a.timer OnBootSec=5\n"
		  "systemd a.timer OnCalendar=Mon 03:00\n"
		  "systemd a.timer wanted-by timers.target\n");
	/* The administrator's own file takes the place of the package's. */
	unit_put(SYSTEM "a.timer", "[Timer]\nOnBootSec=9\n");
	ck_assert_int_eq(unlink(SYSTEM "a.timer.d/10-reset.conf"), 0);
	unit_fact(es_fact_timers, 0,
		  "systemd a.timer OnBootSec=5\n"
		  "systemd a.timer OnBootSec=9\n"
		  "systemd a.timer wanted-by timers.target\n");
}
END_TEST

/* --- the whole ------------------------------------------------------------ */

/* Names and reasons of a set, one a line. */
static void ck_names(struct es_texts *t, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);

	for (size_t i = 0; i < es_texts_count(t); i++) {
		struct es_text text;

		es_texts_at(t, i, &text);
		es_buf_addf(&b, "%s %u\n", text.name, text.unread);
		ck_assert_int_eq(text.data == NULL, text.unread != 0);
	}
	ck_assert_str_eq(es_buf_str(&b), want);
}

static struct es_texts *collect(const struct es_facts_options *options)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_texts *t = es_texts_new();

	ck_assert_ptr_nonnull(t);
	ck_assert_int_eq(es_facts_collect(t, options, &err), 0);
	return t;
}

static struct es_packages *open_packages(const char *root)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_packages *p = NULL;

	ck_assert_msg(es_packages_open(&p, root, &err) == 0, "%s", err.msg);
	return p;
}

START_TEST(a_root_has_no_kernel)
{
	unit_put("root/etc/hostname", "web1\n");
	unit_put("root/etc/passwd", "root:x:0:0::/:/bin/sh\n");
	ES_CLEANUP(es_packages_freep)
	struct es_packages *packages = open_packages("root");
	unit.options.packages = packages;
	ES_CLEANUP(es_texts_freep) struct es_texts *t = collect(&unit.options);
	ck_names(t, "system/os 0\nsystem/users 0\n");
}
END_TEST

START_TEST(packages_of_a_root)
{
	unit_put("root/var/lib/dpkg/status",
		 "Package: b\nStatus: install ok installed\nVersion: 1:2-3\n"
		 "Architecture: all\n\n"
		 "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n"
		 "Architecture: amd64\n\n");
	ES_CLEANUP(es_packages_freep)
	struct es_packages *packages = open_packages("root");
	unit.options.packages = packages;
	unit_fact(es_fact_packages, 0,
		  "a amd64 1 dpkg config-files\nb all 1:2-3 dpkg\n");
	unit.options.packages = NULL;
	unit_fact(es_fact_packages, -ENODATA, "");
	unit.options.packages_error = -EACCES;
	unit_fact(es_fact_packages, -EACCES, "");
}
END_TEST

START_TEST(a_root_that_is_away_keeps_all)
{
	unit.options.root = "nosuch";
	ES_CLEANUP(es_texts_freep) struct es_texts *t = collect(&unit.options);
	ck_names(t, "system/groups 2\nsystem/os 2\nsystem/packages 2\n"
		    "system/services 2\nsystem/timers 2\nsystem/users 2\n");
}
END_TEST

START_TEST(what_cannot_be_read_is_kept)
{
	ES_CLEANUP(es_packages_freep)
	struct es_packages *packages = open_packages("root");
	ES_CLEANUP(es_buf_dispose) struct es_buf want = ES_BUF_INIT(4096);

	if (geteuid() == 0)
		return;
	unit_put("root/etc/passwd", "root:x:0:0::/:/bin/sh\n");
	ck_assert_int_eq(chmod("root/etc/passwd", 0), 0);
	unit.options.packages = packages;
	ES_CLEANUP(es_texts_freep) struct es_texts *t = collect(&unit.options);
	es_buf_addf(&want, "system/users %d\n", EACCES);
	ck_names(t, es_buf_str(&want));
}
END_TEST

/* Whether two sets are the same; what differs ends the test. */
static void ck_same(struct es_texts *a, struct es_texts *b)
{
	ck_assert_uint_eq(es_texts_count(a), es_texts_count(b));
	for (size_t i = 0; i < es_texts_count(a); i++) {
		struct es_text x, y;

		es_texts_at(a, i, &x);
		es_texts_at(b, i, &y);
		ck_assert_str_eq(x.name, y.name);
		ck_assert_uint_eq(x.unread, y.unread);
		ck_assert_str_eq(x.data ? x.data : "", y.data ? y.data : "");
	}
}

START_TEST(fifty_reads_are_the_same)
{
	ES_CLEANUP(es_packages_freep)
	struct es_packages *packages = open_packages("/");
	const struct es_facts_options options = {
		.root = "/",
		.live = true,
		.packages = packages,
	};
	/* other tests beside this one open sockets of their own */
	bool alone = unshare(CLONE_NEWNET) == 0;
	ES_CLEANUP(es_texts_freep) struct es_texts *first = collect(&options);

	if (!alone)
		es_texts_put(first, "system/listening", "", 0);

	ck_assert_uint_ge(es_texts_count(first), 8);
	for (int i = 0; i < 50; i++) {
		ES_CLEANUP(es_texts_freep)
		struct es_texts *again = collect(&options);

		if (!alone)
			es_texts_put(again, "system/listening", "", 0);
		ck_same(first, again);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("facts");
	TCase *line = tcase_create("lines");
	TCase *root = tcase_create("root");

	tcase_add_loop_test(line, words_are_quoted, 0, es_lengthof(words));
	tcase_add_loop_test(line, lines_are_sorted_once_each, 0,
			    es_lengthof(texts));
	tcase_add_test(line, a_full_text_is_told);
	tcase_add_loop_test(line, fields_are_cut, 0, es_lengthof(lines));
	tcase_add_test(line, more_fields_than_room_are_counted);
	tcase_add_loop_test(line, numbers_do_not_overflow, 0,
			    es_lengthof(numbers));
	tcase_add_loop_test(line, sizes_are_exact, 0, es_lengthof(sizes));
	suite_add_tcase(s, line);
	tcase_add_checked_fixture(root, unit_enter, unit_leave);
	tcase_add_test(root, os_of_a_root);
	tcase_add_test(root, os_without_files_is_empty);
	tcase_add_test(root, os_does_not_leave_the_root);
	tcase_add_test(root, users_of_a_root);
	tcase_add_test(root, groups_of_a_root);
	tcase_add_test(root, no_database_is_no_text);
	tcase_add_test(root, services_of_systemd);
	tcase_add_test(root, services_of_others);
	tcase_add_test(root, timers_with_their_times);
	tcase_add_test(root, timers_with_additions);
	tcase_add_test(root, a_root_has_no_kernel);
	tcase_add_test(root, packages_of_a_root);
	tcase_add_test(root, a_root_that_is_away_keeps_all);
	tcase_add_test(root, what_cannot_be_read_is_kept);
	tcase_add_test(root, fifty_reads_are_the_same);
	tcase_set_timeout(root, 60);
	suite_add_tcase(s, root);
	return s;
}

int main(void)
{
	return es_unit_main(suite());
}
