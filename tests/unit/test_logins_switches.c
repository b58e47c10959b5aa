/* SPDX-License-Identifier: MIT */
/* test_logins_switches.c - unit tests of uses of sudo and the like */
#include "config.h"

#include "logins_unit.h"

#include <inttypes.h>

static char dir[64];

static void enter(void)
{
	es_unit_enter_dir(dir);
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"
			  "bob:x:1000:1000::/home/bob:/bin/bash\n");
	put("var/log/wtmp", "");
}

static void leave(void)
{
	es_unit_leave_dir(dir);
}

/* --- what they say -------------------------------------------------------- */

static const struct {
	const char *tool;
	const char *message;
	const char *want; /* behind the time; NULL where it is no use */
} messages[] = {
	{ "sudo",
	  "     bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; "
	  "COMMAND=/usr/bin/apt update",
	  "done sudo bob root pts/0 /usr/bin/apt update" },
	{ "sudo", "bob : PWD=/ ; USER=www-data ; COMMAND=/bin/sh",
	  "done sudo bob www-data - /bin/sh" },
	{ "sudo",
	  "bob : TTY=unknown ; PWD=/ ; USER=root ; GROUP=adm ; TSID=00001Q ; "
	  "ENV=A=b ; COMMAND=/bin/sh -c a ; b",
	  "done sudo bob root - /bin/sh -c a ; b" },
	{ "sudo",
	  "bob : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/ ; "
	  "USER=root ; COMMAND=/bin/ls",
	  "refused sudo bob root pts/1 /bin/ls" },
	{ "sudo",
	  "bob : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; "
	  "COMMAND=/bin/ls",
	  "refused sudo bob root pts/1 /bin/ls" },
	{ "sudo",
	  "bob : command not allowed ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
	  "refused sudo bob root - /bin/ls" },
	{ "sudo",
	  "bob : unable to resolve host web1 ; TTY=pts/1 ; PWD=/ ; "
	  "USER=root ; COMMAND=/bin/ls",
	  NULL },
	{ "sudo", "bob : TTY=pts/1 ; PWD=/ ; USER=root", NULL },
	{ "sudo", "bob : TTY=pts/1", NULL },
	{ "sudo",
	  "pam_unix(sudo:session): session opened for user root(uid=0) by "
	  "bob(uid=1000)",
	  NULL },
	{ "sudo", "a b : TTY=pts/0 ; USER=root ; COMMAND=/bin/sh", NULL },
	{ "sudo", "", NULL },
	{ "sudo", " : ", NULL },
	{ "sudo", "bob : COMMAND=", "done sudo bob - - -" },
	{ "sudo", "bob : USER=root ; COMMAND= -x\n\x1b[2J ",
	  "done sudo bob root - \\x20-x\\n\\x1b[2J\\x20" },
	{ "su", "(to root) bob on pts/0", "done su bob root pts/0 -" },
	{ "su", "(to root) bob on none", "done su bob root - -" },
	{ "su", "(to root) b on b on /dev/tty1",
	  "done su b\\x20on\\x20b root tty1 -" },
	{ "su", "FAILED SU (to root) bob on pts/0",
	  "refused su bob root pts/0 -" },
	{ "su", "FAILED SU (to hunter2) bob on pts/0",
	  "refused su bob - pts/0 -" },
	{ "su", "Successful su for root by bob", "done su bob root - -" },
	{ "su", "FAILED su for root by bob", "refused su bob root - -" },
	{ "su", "FAILED su for hunter2 by bob", "refused su bob - - -" },
	{ "su", "(to root", NULL },
	{ "su", "(to root) bob", NULL },
	{ "su", "pam_unix(su:auth): authentication failure; user=root", NULL },
	{ "su", "+ /dev/pts/0 bob:root", NULL },
	{ "doas", "bob ran command apk add x as root from /home/bob",
	  "done doas bob root - apk add x" },
	{ "doas", "bob ran command echo as x from y as root from / from ",
	  "done doas bob root\\x20from\\x20/ - echo as x from y" },
	{ "doas", "command not permitted for bob: apk add x",
	  "refused doas bob - - apk add x" },
	{ "doas", "failed auth for bob", "refused doas bob - - -" },
	{ "doas", "bob ran command x", NULL },
	{ "doas", "bob ran command x from y", NULL },
	{ "pkexec",
	  "bob: Executing command [USER=root] [TTY=/dev/pts/0] "
	  "[CWD=/home/bob] [COMMAND=/usr/bin/id -u]",
	  "done pkexec bob root pts/0 /usr/bin/id -u" },
	{ "pkexec",
	  "bob: Error executing command as another user: Not authorized "
	  "[USER=root] [TTY=unknown] [CWD=/] [COMMAND=/usr/bin/id]",
	  "refused pkexec bob root - /usr/bin/id" },
	{ "pkexec", "bob: Executing command [USER=root]", NULL },
	{ "pkexec", "pam_unix(polkit-1:session): session opened for user root",
	  NULL },
	/* A message of one is no message of another. */
	{ "doas", "(to root) bob on pts/0", NULL },
	{ "su", "bob : TTY=pts/0 ; USER=root ; COMMAND=/bin/sh", NULL },
};

START_TEST(said)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_logins_freep) struct es_logins *l = lg_new(0, ALWAYS);
	ES_CLEANUP(es_freep) char *message = strdup(messages[_i].message);
	struct lg_logs logs = { .from = 0, .to = ALWAYS, .out = l };
	char want[512] = "";

	logs.root = open(".", O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(lg_users_read(&logs), 0);
	ck_assert_int_eq(lg_switch_message(&logs, DAY_0,
					   lg_tool(messages[_i].tool,
						   strlen(messages[_i].tool)),
					   message),
			 0);
	if (messages[_i].want)
		snprintf(want, sizeof(want), "switch 2026-05-01T00:00:00Z %s\n",
			 messages[_i].want);
	ck_assert_str_eq(text_of(&b, l), want);
	es_strmap_free(logs.users);
	close(logs.root);
}
END_TEST

START_TEST(tools)
{
	static const char *const others[] = { "",    "s",     "sud", "sudo2",
					      "suu", "pkexe", "SUDO" };

	ck_assert_str_eq(lg_tool("sudo", 4), "sudo");
	ck_assert_str_eq(lg_tool("sudo", 2), "su");
	for (size_t i = 0; i < es_lengthof(others); i++)
		ck_assert_ptr_null(lg_tool(others[i], strlen(others[i])));
}
END_TEST

/* --- lines ---------------------------------------------------------------- */

#define SUDO "sudo: bob : USER=root ; COMMAND=/bin/x"

static const struct {
	const char *zone;
	const char *line;
	int64_t want; /* seconds after DAY_0, -1 for a line of no interest */
} lines[] = {
	{ "UTC", "May  1 00:00:10 web1 " SUDO, 10 },
	{ "UTC", "May 01 00:00:10 web1 " SUDO, 10 },
	{ "UTC", "<86>May  1 00:00:10 web1 " SUDO, 10 },
	{ "UTC", "May  1 00:00:10 web1 authpriv.notice " SUDO, 10 },
	{ "CET-1CEST", "May  1 02:00:10 web1 " SUDO, 10 },
	{ "EST5EDT", "Apr 30 20:00:10 web1 " SUDO, 10 },
	{ "UTC", "2026-05-01T00:00:10Z web1 " SUDO, 10 },
	{ "EST5EDT", "2026-05-01T02:00:10.123456+02:00 web1 " SUDO, 10 },
	{ "UTC", "2026-04-30T19:30:10.1-04:30 web1 " SUDO, 10 },
	{ "UTC", "2026-04-30T19:30:10-0430 web1 " SUDO, 10 },
	{ "UTC", "2026-05-01 00:00:10,5Z web1 " SUDO, -1 },
	{ "UTC", "2026-05-01T00:00:10,5Z web1 " SUDO, 10 },
	{ "UTC", "May  1 00:00:60 web1 " SUDO, 60 },
	{ "UTC", "May  1 00:00:10 web1 sudo[42]: bob : COMMAND=x", 10 },
	{ "UTC", "May  1 00:00:10 web1 sudo[42: bob : COMMAND=x", -1 },
	{ "UTC", "May  1 00:00:10 web1 sudo bob : COMMAND=x", -1 },
	{ "UTC", "May  1 00:00:10 web1 sshd[42]: bob : COMMAND=x", -1 },
	{ "UTC", "May  1 00:00:10 web1 sshd[42]: sudo: bob : COMMAND=x", -1 },
	{ "UTC", "May  1 00:00:10 sudo: bob : COMMAND=x", -1 },
	{ "UTC", "May  1 24:00:10 web1 " SUDO, -1 },
	{ "UTC", "May  0 00:00:10 web1 " SUDO, -1 },
	{ "UTC", "May 1 00:00:10 web1 " SUDO, -1 },
	{ "UTC", "Mai  1 00:00:10 web1 " SUDO, -1 },
	{ "UTC", "2026-13-01T00:00:10Z web1 " SUDO, -1 },
	{ "UTC", "2026-05-01T00:00:10 web1 " SUDO, -1 },
	{ "UTC", "2026-05-01T00:00:10+1 web1 " SUDO, -1 },
	{ "UTC", "2026-05-01T00:00:10+25:00 web1 " SUDO, -1 },
	{ "UTC", "May  1 00:00:10", -1 },
	{ "UTC", "May  1 00:00:10 ", -1 },
	{ "UTC", "May  1 00:00:10 web1", -1 },
	{ "UTC", "May  1 00:00:10 web1 ", -1 },
	{ "UTC", "May  1 00:00:10 web1 sudo:", 10 },
	{ "UTC", "2026-05-01T00:00:10", -1 },
	{ "UTC", "<", -1 },
	{ "UTC", "<86>", -1 },
	{ "UTC", "", -1 },
};

START_TEST(line)
{
	ES_CLEANUP(es_freep) char *copy = strdup(lines[_i].line);
	struct lg_years years = { 2026, -1 };
	const char *tool = NULL;
	int64_t when = 0;

	ck_assert_int_eq(setenv("TZ", lines[_i].zone, 1), 0);
	tzset();
	const char *const message = lg_line_split(&when, &tool, copy, &years);
	if (lines[_i].want < 0) {
		ck_assert_ptr_null(message);
		return;
	}
	ck_assert_ptr_nonnull(message);
	ck_assert_str_eq(tool, "sudo");
	ck_assert_int_eq(when, DAY_0 + lines[_i].want);
}
END_TEST

/* --- years ---------------------------------------------------------------- */

/* 2027-01-01 00:00:00 UTC */
#define NEW_YEAR INT64_C(1798761600)

#define SAID " web1 sudo: bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND="
#define LINE(stamp, command) stamp SAID command "\n"

static const struct {
	const char *text;
	int64_t mtime;
	int64_t from;
	const char *want;
} years[] = {
	/* Across the new year; one line is late. */
	{ LINE("Dec 31 23:59:58", "a") LINE("Jan  1 00:00:01", "b")
		  LINE("Dec 31 23:59:59", "c") LINE("Jan  1 00:00:02", "d"),
	  NEW_YEAR + 2, NEW_YEAR - 3600,
	  "2026-12-31T23:59:58Z a 2026-12-31T23:59:59Z c "
	  "2027-01-01T00:00:01Z b 2027-01-01T00:00:02Z d " },
	/* Last year's lines of the same day are not of this year. */
	{ LINE("May  1 00:00:01", "old") LINE("Dec  1 00:00:01", "old")
		  LINE("May  1 00:00:02", "new"),
	  DAY_0 + 60, DAY_0, "2026-05-01T00:00:02Z new " },
	/* A clock that is a little ahead of the file's time. */
	{ LINE("May  1 00:10:00", "a"), DAY_0, DAY_0,
	  "2026-05-01T00:10:00Z a " },
	/* A leap day, seen from a year that has none. */
	{ LINE("Feb 29 12:00:00", "a") LINE("Mar  1 12:00:00", "b"),
	  INT64_C(1735689600), INT64_C(1704067200),
	  "2024-02-29T12:00:00Z a 2024-03-01T12:00:00Z b " },
	/* Both kinds of stamps, and lines that have none. */
	{ "no stamp\n" LINE("2026-05-01T00:00:05Z",
			    "a") "\n" LINE("May  1 00:00:06", "b"),
	  DAY_0 + 60, DAY_0, "2026-05-01T00:00:05Z a 2026-05-01T00:00:06Z b " },
	/* The last line is being written. */
	{ LINE("May  1 00:00:05",
	       "a") "May  1 00:00:06 web1 sudo: bob : COMMAND=/bin/l",
	  DAY_0 + 60, DAY_0, "2026-05-01T00:00:05Z a " },
};

/* The times and commands of an excerpt. */
static void tell_commands(struct es_buf *b, const struct es_logins *l)
{
	es_buf_reset(b);
	for (size_t i = 0; i < l->n_switches; i++) {
		const time_t t = (time_t)l->switches[i].when;
		char text[32];
		struct tm tm;

		strftime(text, sizeof(text), "%FT%TZ", gmtime_r(&t, &tm));
		es_buf_addf(b, "%s %s ", text, l->switches[i].command);
	}
}

START_TEST(year)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	put("var/log/auth.log", years[_i].text);
	set_mtime("var/log/auth.log", years[_i].mtime);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(years[_i].from, years[_i].mtime + 3600);
	tell_commands(&b, l);
	ck_assert_str_eq(es_buf_str(&b), years[_i].want);
}
END_TEST

/* --- files ---------------------------------------------------------------- */

START_TEST(rotated)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	const char *const argv[] = { "gzip", "-qn", "var/log/secure.2", NULL };

	if (lacks("gzip"))
		return;
	put("var/log/secure.2", LINE("May  1 00:00:01", "a"));
	put("var/log/secure-20260501", LINE("May  1 00:00:02", "b"));
	put("var/log/secure", LINE("May  1 00:00:03", "c"));
	/* The one of another system's kind has no say here. */
	put("var/log/messages", LINE("May  1 00:00:03", "c"));
	set_mtime("var/log/secure.2", DAY_0 + 1);
	set_mtime("var/log/secure-20260501", DAY_0 + 2);
	set_mtime("var/log/secure", DAY_0 + 3);
	ck_assert_int_eq(es_unit_run(&out, argv, NULL), 0);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(DAY_0, DAY_0 + 10);
	tell_commands(&out, l);
	ck_assert_str_eq(out.data, "2026-05-01T00:00:01Z a "
				   "2026-05-01T00:00:02Z b "
				   "2026-05-01T00:00:03Z c ");
}
END_TEST

START_TEST(stale_log)
{
	put("var/log/auth.log", LINE("May  1 00:00:01", "a"));
	set_mtime("var/log/auth.log", DAY_0 + 1);
	put("var/log/messages", LINE("May  2 00:00:01", "b"));
	set_mtime("var/log/messages", DAY_0 + 86401);
	check_here(DAY_0 + 100, DAY_0 + 90000,
		   "switch 2026-05-02T00:00:01Z done sudo bob root pts/0 b\n");
}
END_TEST

/* sudo logs a long command in pieces; other lines may come between. */
START_TEST(continued)
{
	put("var/log/auth.log",
	    LINE("May  1 00:00:01",
		 "/bin/x 1 2") "May  1 00:00:01 web1 sshd[1]: something\n"
			       "May  1 00:00:01 web1 sudo: bob : (command continued) 3 4\n"
			       "May  1 00:00:01 web1 sudo: bob : (command continued) 5\n"
			       "May  1 00:00:01 web1 sudo: eve : (command continued) 6\n");
	set_mtime("var/log/auth.log", DAY_0 + 1);
	check_here(DAY_0, DAY_0 + 10,
		   "switch 2026-05-01T00:00:01Z done sudo bob root pts/0 "
		   "/bin/x 1 2 3 4 5\n");
}
END_TEST

/* Only the end of a long log is read; a line may be longer than any buffer. */
START_TEST(long_log)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const int n = 60000;

	for (int i = 0; i < n; i++) {
		const time_t t = (time_t)(DAY_0 + i * 10);
		char stamp[32];
		struct tm tm;

		strftime(stamp, sizeof(stamp), "%b %e %T", gmtime_r(&t, &tm));
		es_buf_addf(&b, "%s web1 sshd[%d]: Failed password for root\n",
			    stamp, i);
		if (i == n - 100) {
			for (int k = 0; k < 20000; k++)
				es_buf_addc(&b, 'x');
			es_buf_addc(&b, '\n');
		}
		if (i % 1000 == 0)
			es_buf_addf(&b,
				    "%s web1 sudo: bob : USER=root ; "
				    "COMMAND=/bin/%d\n",
				    stamp, i);
	}
	put_bytes("var/log/auth.log", b.data, b.len);
	set_mtime("var/log/auth.log", DAY_0 + n * 10);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l =
		read_here(DAY_0 + (n - 1000) * 10, DAY_0 + n * 10);
	ck_assert_uint_eq(l->n_switches, 1);
	ck_assert_str_eq(l->switches[0].command, "/bin/59000");
	ES_CLEANUP(es_logins_freep)
	struct es_logins *all = read_here(DAY_0, DAY_0 + n * 10);
	ck_assert_uint_eq(all->n_switches, 60);
}
END_TEST

START_TEST(long_command)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_adds(&b, "May  1 00:00:01 web1 sudo: bob : COMMAND=");
	for (int k = 0; k < 100000; k++)
		es_buf_addc(&b, 'c');
	es_buf_adds(&b, "\n" LINE("May  1 00:00:02", "b"));
	put_bytes("var/log/auth.log", b.data, b.len);
	set_mtime("var/log/auth.log", DAY_0 + 1);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(DAY_0, DAY_0 + 10);
	ck_assert_uint_eq(l->n_switches, 2);
	ck_assert_uint_eq(strlen(l->switches[0].command), LG_FIELD_MAX);
	ck_assert_str_eq(l->switches[1].command, "b");
}
END_TEST

START_TEST(too_many)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const int n = 5 * (int)LG_SWITCHES_MAX;

	for (int i = 0; i < n; i++)
		es_buf_addf(&b,
			    "May  1 %02d:%02d:%02d web1 sudo: bob : "
			    "COMMAND=/bin/%d\n",
			    i / 3600, i / 60 % 60, i % 60, i);
	put_bytes("var/log/auth.log", b.data, b.len);
	set_mtime("var/log/auth.log", DAY_0 + n);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(DAY_0, ALWAYS);
	ck_assert_uint_eq(l->n_switches, LG_SWITCHES_MAX);
	ck_assert_uint_eq(l->dropped, (size_t)n - LG_SWITCHES_MAX);
	ck_assert_int_eq(l->switches[LG_SWITCHES_MAX - 1].when, DAY_0 + n - 1);
}
END_TEST

/* --- the journal ---------------------------------------------------------- */

#define REMOTE "/lib/systemd/systemd-journal-remote"
#define MACHINE "0123456789abcdef0123456789abcdef"

static void add_entry(struct es_buf *b, int64_t when, const char *machine,
		      const char *tag, const char *message)
{
	es_buf_addf(b,
		    "__REALTIME_TIMESTAMP=%" PRId64 "000000\n"
		    "__MONOTONIC_TIMESTAMP=%" PRId64 "\n"
		    "_BOOT_ID=00000000000000000000000000000001\n"
		    "_MACHINE_ID=%s\nSYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n\n",
		    when, when - DAY_0 + 100000, machine, tag, message);
}

/* Whether a journal could be made of the entries. */
static bool make_journal(const struct es_buf *b, const char *place)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	char path[256];
	const char *const argv[] = { REMOTE, "-o", path, "entries", NULL };

#ifndef HAVE_SYSTEMD
	printf("# skipped: built without libsystemd\n");
	fflush(stdout);
	return false;
#endif
	if (lacks(REMOTE))
		return false;
	snprintf(path, sizeof(path), "%s/" MACHINE "/system.journal", place);
	put(path, "");
	ck_assert_int_eq(unlink(path), 0);
	put_bytes("entries", b->data, b->len);
	ck_assert_msg(es_unit_run(&out, argv, NULL) == 0, "%s", out.data);
	return true;
}

/* @_i: place of the journal */
START_TEST(journal)
{
	static const char *const places[] = { "var/log/journal",
					      "run/log/journal" };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	add_entry(&b, DAY_0, MACHINE, "kernel", "Linux version 6.1");
	add_entry(&b, DAY_0 + 10, MACHINE, "sudo",
		  "     bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/a");
	add_entry(&b, DAY_0 + 15, MACHINE, "sshd", "bob : COMMAND=/bin/no");
	add_entry(&b, DAY_0 + 20, MACHINE, "su", "(to root) bob on pts/0");
	add_entry(&b, DAY_0 + 25, "fedcba9876543210fedcba9876543210", "sudo",
		  "ct : USER=root ; COMMAND=/bin/container");
	add_entry(&b, DAY_0 + 30, MACHINE, "pkexec",
		  "bob: Executing command [USER=root] [TTY=/dev/pts/0] "
		  "[CWD=/] [COMMAND=/bin/b]");
	add_entry(&b, DAY_0 + 900, MACHINE, "sudo",
		  "bob : USER=root ; COMMAND=/bin/late");
	if (!make_journal(&b, places[_i]))
		return;
	put("etc/machine-id", MACHINE "\n");
	/* Says the same, and is not asked. */
	put("var/log/auth.log", LINE("May  1 00:00:11", "/bin/a"));
	set_mtime("var/log/auth.log", DAY_0 + 11);
	check_here(DAY_0 + 5, DAY_0 + 100,
		   "switch 2026-05-01T00:00:10Z done sudo bob root pts/0 "
		   "/bin/a\n"
		   "switch 2026-05-01T00:00:20Z done su bob root pts/0 -\n"
		   "switch 2026-05-01T00:00:30Z done pkexec bob root pts/0 "
		   "/bin/b\n");
	/* It does not reach back so far, but the text does. */
	check_here(DAY_0 - 100, DAY_0 + 15,
		   "switch 2026-05-01T00:00:11Z done sudo bob root pts/0 "
		   "/bin/a\n");
	ck_assert_int_eq(unlink("var/log/auth.log"), 0);
	check_here(DAY_0 - 100, DAY_0 + 15,
		   "switch 2026-05-01T00:00:10Z done sudo bob root pts/0 "
		   "/bin/a\n");
}
END_TEST

START_TEST(journal_bad)
{
	put("var/log/journal/" MACHINE "/system.journal",
	    "LPKSHHRH and then no journal");
	put("run/log/journal", "no directory");
	put("var/log/auth.log", LINE("May  1 00:00:11", "/bin/a"));
	set_mtime("var/log/auth.log", DAY_0 + 11);
	check_here(DAY_0, DAY_0 + 15,
		   "switch 2026-05-01T00:00:11Z done sudo bob root pts/0 "
		   "/bin/a\n");
}
END_TEST

static Suite *switches_suite(void)
{
	Suite *s = suite_create("logins_switches");
	TCase *tc = tcase_create("logins_switches");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_add_loop_test(tc, said, 0, es_lengthof(messages));
	tcase_add_test(tc, tools);
	tcase_add_loop_test(tc, line, 0, es_lengthof(lines));
	tcase_add_loop_test(tc, year, 0, es_lengthof(years));
	tcase_add_test(tc, rotated);
	tcase_add_test(tc, stale_log);
	tcase_add_test(tc, continued);
	tcase_add_test(tc, long_log);
	tcase_add_test(tc, long_command);
	tcase_add_test(tc, too_many);
	tcase_add_loop_test(tc, journal, 0, 2);
	tcase_add_test(tc, journal_bad);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(switches_suite());
}
