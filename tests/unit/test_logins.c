/* SPDX-License-Identifier: MIT */
/* test_logins.c - unit tests of excerpts: text, back again, joined */
#include "config.h"

#include "logins_unit.h"

#include <errno.h>

static char dir[64];

static void enter(void)
{
	es_unit_enter_dir(dir);
}

static void leave(void)
{
	es_unit_leave_dir(dir);
}

#define SESSION(begin, rest) "session 2026-05-01T" begin "Z " rest "\n"

static const char whole[] = "window 2026-05-01T00:00:00Z 2026-05-02T00:00:00Z\n" SESSION(
	"00:00:01",
	"2026-05-01T01:00:00Z logout bob pts/0 192.0.2.1 "
	"sshd") SESSION("00:00:02",
			"- open eve tty1 - -") SESSION("00:00:03",
						       "2026-05-01T02:00:00Z crash reboot "
						       "system\\x20boot 6.1.0-1 -")
	SESSION("02:00:00", "2026-05-01T03:00:00Z down root tty1 - login") SESSION(
		"04:00:00",
		"- gone bob pts/1 host -") "failed 5 2026-05-01T00:00:00Z 2026-05-01T01:00:00Z 192.0.2.66 -\n"
					   "failed 1 2026-05-01T00:00:00Z 2026-05-01T00:00:00Z tty1 root\n"
					   "switch 2026-05-01T00:00:05Z done sudo bob root pts/0 /bin/ls -l /\n"
					   "switch 2026-05-01T00:00:06Z refused su bob root - -\n"
					   "dropped 12\n";

static struct es_logins *parse(const char *text)
{
	struct es_logins *l = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_msg(es_logins_parse(&l, text, strlen(text), &err) == 0, "%s",
		      err.msg);
	return l;
}

static void check_text(const struct es_logins *l, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	ck_assert_int_eq(es_logins_text(l, &b), 0);
	ck_assert_str_eq(es_buf_str(&b), want);
}

START_TEST(there_and_back)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *l = parse(whole);

	ck_assert_int_eq(l->from, DAY_0);
	ck_assert_int_eq(l->to, DAY_0 + 86400);
	ck_assert(!l->missing);
	ck_assert_uint_eq(l->dropped, 12);
	ck_assert_uint_eq(l->n_sessions, 5);
	ck_assert_int_eq(l->sessions[0].begin, DAY_0 + 1);
	ck_assert_int_eq(l->sessions[0].end, DAY_0 + 3600);
	ck_assert_int_eq(l->sessions[0].how, ES_LOGIN_LOGOUT);
	ck_assert_str_eq(l->sessions[0].user, "bob");
	ck_assert_str_eq(l->sessions[0].line, "pts/0");
	ck_assert_str_eq(l->sessions[0].host, "192.0.2.1");
	ck_assert_str_eq(l->sessions[0].service, "sshd");
	ck_assert_str_eq(l->sessions[1].host, "");
	ck_assert_int_eq(l->sessions[1].end, 0);
	ck_assert_str_eq(l->sessions[2].line, "system boot");
	ck_assert_uint_eq(l->n_failures, 2);
	ck_assert_uint_eq(l->failures[0].count, 5);
	ck_assert_str_eq(l->failures[1].user, "root");
	ck_assert_uint_eq(l->n_switches, 2);
	ck_assert_str_eq(l->switches[0].command, "/bin/ls -l /");
	ck_assert(!l->switches[0].failed);
	ck_assert(l->switches[1].failed);
	ck_assert_str_eq(l->switches[1].command, "");
	check_text(l, whole);
}
END_TEST

/* No byte of a field breaks the line, or another field. */
static const char *const fields[] = {
	"",
	"-",
	"--",
	"a b",
	" ",
	"  ",
	" a",
	"a ",
	"a  b",
	"a\nb\nsession x",
	"\t",
	"\\",
	"\\x20",
	"\\n",
	"\x1b[2J",
	"\xff\xfe",
	"\xe2\x80\xae|",
	"\xc3\xa4",
	"=\"'#%*?",
};

START_TEST(any_field)
{
	const char *const f = fields[_i];
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_login session = { f, f, f, f, DAY_0, 0, ES_LOGIN_OPEN };
	struct es_login_failure failure = { f, f, 1, DAY_0, DAY_0 };
	struct es_login_switch change = { DAY_0, f, f, f, f, f, false };
	const struct es_logins l = {
		.from = DAY_0,
		.to = DAY_0,
		.sessions = &session,
		.n_sessions = 1,
		.failures = &failure,
		.n_failures = 1,
		.switches = &change,
		.n_switches = 1,
	};
	int newlines = 0;

	ck_assert_int_eq(es_logins_text(&l, &b), 0);
	for (size_t i = 0; i < b.len; i++) {
		newlines += b.data[i] == '\n';
		ck_assert(b.data[i] == '\n' || (unsigned char)b.data[i] >= ' ');
	}
	ck_assert_int_eq(newlines, 4);
	ck_assert_ptr_null(strstr(b.data, " \n"));
	ES_CLEANUP(es_logins_freep) struct es_logins *again = parse(b.data);
	ck_assert_uint_eq(again->n_sessions, 1);
	ck_assert_str_eq(again->sessions[0].user, f);
	ck_assert_str_eq(again->sessions[0].line, f);
	ck_assert_str_eq(again->sessions[0].host, f);
	ck_assert_str_eq(again->sessions[0].service, f);
	ck_assert_uint_eq(again->n_failures, 1);
	ck_assert_str_eq(again->failures[0].source, f);
	ck_assert_str_eq(again->failures[0].user, f);
	ck_assert_uint_eq(again->n_switches, 1);
	ck_assert_str_eq(again->switches[0].tool, f);
	ck_assert_str_eq(again->switches[0].line, f);
	ck_assert_str_eq(again->switches[0].command, f);
	check_text(again, b.data);
}
END_TEST

static const int64_t times[] = { 0,
				 1,
				 -1,
				 DAY_0,
				 INT64_C(253402300799),
				 INT64_C(253402300800),
				 INT64_MAX,
				 INT64_MIN };

START_TEST(any_time)
{
	struct es_login session = {
		"u", "l", "", "", times[_i], times[_i], ES_LOGIN_LOGOUT
	};
	const struct es_logins l = {
		.from = times[_i],
		.to = times[_i],
		.sessions = &session,
		.n_sessions = 1,
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	ck_assert_int_eq(es_logins_text(&l, &b), 0);
	ES_CLEANUP(es_logins_freep) struct es_logins *again = parse(b.data);
	ck_assert_int_eq(again->from, times[_i]);
	ck_assert_int_eq(again->sessions[0].begin, times[_i]);
	ck_assert_int_eq(again->sessions[0].end, times[_i]);
	check_text(again, b.data);
}
END_TEST

#define T "2026-05-01T00:00:00Z"

static const struct {
	const char *text;
	int want;
} parsed[] = {
	{ "", 0 },
	{ "\n\n", 0 },
	{ "a line of a later version\n", 0 },
	{ "sessions " T "\n", 0 },
	{ "window " T " " T, 0 },
	{ "window " T " " T " more\n", 0 },
	{ "window " T "\n", -EINVAL },
	{ "window " T " yesterday\n", -EINVAL },
	{ "session " T " - open u l h s\n", 0 },
	{ "session " T " - open u l h s of a later version\n", 0 },
	{ "session " T " - open u l h\n", -EINVAL },
	{ "session " T " - open  l h s\n", 0 },
	{ "session - - open u l h s\n", -EINVAL },
	{ "session " T " - shut u l h s\n", -EINVAL },
	{ "session " T " - open u\\x l h s\n", -EINVAL },
	{ "session " T " - open u\\x0 l h s\n", -EINVAL },
	{ "session " T " - open u\\x00 l h s\n", -EINVAL },
	{ "session " T " - open u\\xAB l h s\n", -EINVAL },
	{ "session " T " - open u\\ l h s\n", -EINVAL },
	{ "session " T " - open u\\q l h s\n", -EINVAL },
	{ "session " T " - open u l h s\\\n", -EINVAL },
	{ "session 2026-13-01T00:00:00Z - open u l h s\n", -EINVAL },
	{ "session 2026-05-01 00:00:00Z - open u l h s\n", -EINVAL },
	{ "session 2026-05-01T24:00:00Z - open u l h s\n", -EINVAL },
	{ "session @ - open u l h s\n", -EINVAL },
	{ "session @1x - open u l h s\n", -EINVAL },
	{ "session @99999999999999999999 - open u l h s\n", -EINVAL },
	{ "failed 1 " T " " T " s u\n", 0 },
	{ "failed 18446744073709551615 " T " " T " s u\n", 0 },
	{ "failed 18446744073709551616 " T " " T " s u\n", -EINVAL },
	{ "failed -1 " T " " T " s u\n", -EINVAL },
	{ "failed x " T " " T " s u\n", -EINVAL },
	{ "failed 1 " T " " T " s\n", -EINVAL },
	{ "switch " T " done sudo u a l c and more\n", 0 },
	{ "switch " T " perhaps sudo u a l c\n", -EINVAL },
	{ "switch " T " done sudo u a l\n", -EINVAL },
	{ "dropped 1\n", 0 },
	{ "dropped\n", 0 },
	{ "dropped x\n", -EINVAL },
	{ "missing sessions\n", 0 },
};

START_TEST(parse_odd)
{
	struct es_logins *l = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_logins_parse(&l, parsed[_i].text,
					 strlen(parsed[_i].text), &err),
			 parsed[_i].want);
	if (parsed[_i].want < 0) {
		ck_assert_ptr_null(l);
		ck_assert_ptr_nonnull(strstr(err.msg, "line 1 "));
	} else {
		ck_assert_ptr_nonnull(l);
	}
	es_logins_free(l);
}
END_TEST

START_TEST(parse_nul)
{
	static const char text[] = "dropped 1\0\nwindow";
	struct es_logins *l = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_logins_parse(&l, text, sizeof(text) - 1, &err),
			 -EINVAL);
}
END_TEST

/* That nothing is known is no text; that nobody was there is one. */
START_TEST(nothing)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *none = parse("");
	ES_CLEANUP(es_logins_freep)
	struct es_logins *quiet = parse("window " T " " T "\n");
	struct es_error err = ES_ERROR_INIT;

	ck_assert(none->missing);
	check_text(none, "");
	ck_assert(!quiet->missing);
	check_text(quiet, "window " T " " T "\n");
	/* One of both is known. */
	ck_assert_int_eq(es_logins_merge(none, quiet, &err), 0);
	check_text(none, "window " T " " T "\n");
	ES_CLEANUP(es_logins_freep) struct es_logins *other = parse("");
	ck_assert_int_eq(es_logins_merge(quiet, other, &err), 0);
	check_text(quiet, "window " T " " T "\n");
	es_logins_free(NULL);
}
END_TEST

START_TEST(missing_but_switches)
{
	static const char text[] =
		"window " T " " T "\nmissing sessions\nswitch " T
		" done su bob root - -\n";
	ES_CLEANUP(es_logins_freep) struct es_logins *l = parse(text);

	ck_assert(l->missing);
	check_text(l, text);
}
END_TEST

#define W(from, to) "window 2026-05-01T" from "Z 2026-05-01T" to "Z\n"

static const struct {
	const char *into, *from, *want;
} merged[] = {
	/* The same, open in the first run, then closed; and the other way. */
	{ W("00:00:00", "01:00:00") SESSION("00:10:00", "- open bob p h -"),
	  W("01:00:00", "02:00:00") SESSION("00:10:00", "2026-05-01T01:30:00Z "
							"logout bob p h sshd"),
	  W("00:00:00", "02:00:00") SESSION("00:10:00", "2026-05-01T01:30:00Z "
							"logout bob p h "
							"sshd") },
	{ W("01:00:00", "02:00:00") SESSION("00:10:00", "2026-05-01T01:30:00Z "
							"logout bob p h -"),
	  W("00:00:00", "01:00:00") SESSION("00:10:00", "- open bob p h -"),
	  W("00:00:00", "02:00:00") SESSION("00:10:00", "2026-05-01T01:30:00Z "
							"logout bob p h -") },
	/* Another host, line, user or begin is another one. */
	{ W("00:00:00", "01:00:00") SESSION("00:10:00", "- open bob p h -"),
	  W("01:00:00", "02:00:00") SESSION("00:10:00", "- open bob p i -")
		  SESSION("00:10:00", "- open bob q h -")
			  SESSION("00:10:00", "- open eve p h -")
				  SESSION("00:10:01", "- open bob p h -"),
	  W("00:00:00", "02:00:00") SESSION("00:10:00", "- open bob p h -")
		  SESSION("00:10:00", "- open bob p i -")
			  SESSION("00:10:00", "- open bob q h -") SESSION(
				  "00:10:00", "- open eve p h -")
				  SESSION("00:10:01", "- open bob p h -") },
	/* Two of one second stay two. */
	{ W("00:00:00", "01:00:00") SESSION(
		  "00:10:00", "2026-05-01T00:10:00Z logout bob p h -")
		  SESSION("00:10:00", "2026-05-01T00:10:01Z logout bob p h -"),
	  W("00:00:00", "01:00:00")
		  SESSION("00:10:00", "2026-05-01T00:10:00Z logout bob p h -"),
	  W("00:00:00", "01:00:00")
		  SESSION("00:10:00", "2026-05-01T00:10:00Z logout bob p h -")
			  SESSION("00:10:00",
				  "2026-05-01T00:10:01Z logout bob p h -") },
	/* Failures are added up, and a user is one only while he is alone. */
	{ W("00:00:00", "01:00:00") "failed 2 2026-05-01T00:00:01Z "
				    "2026-05-01T00:00:02Z a bob\n"
				    "failed 1 2026-05-01T00:00:01Z "
				    "2026-05-01T00:00:01Z b bob\n"
				    "failed 1 2026-05-01T00:00:01Z "
				    "2026-05-01T00:00:01Z c bob\n",
	  W("01:00:00", "02:00:00") "failed 3 2026-05-01T01:00:01Z "
				    "2026-05-01T01:00:02Z a bob\n"
				    "failed 1 2026-05-01T01:00:01Z "
				    "2026-05-01T01:00:01Z b eve\n"
				    "failed 1 2026-05-01T01:00:01Z "
				    "2026-05-01T01:00:01Z d -\n",
	  W("00:00:00", "02:00:00") "failed 5 2026-05-01T00:00:01Z "
				    "2026-05-01T01:00:02Z a bob\n"
				    "failed 2 2026-05-01T00:00:01Z "
				    "2026-05-01T01:00:01Z b -\n"
				    "failed 1 2026-05-01T00:00:01Z "
				    "2026-05-01T00:00:01Z c bob\n"
				    "failed 1 2026-05-01T01:00:01Z "
				    "2026-05-01T01:00:01Z d -\n" },
	/* The very same switch is one; two of a second are two. */
	{ W("00:00:00", "01:00:00") "switch " T " done su a b - -\n"
				    "switch " T " done su a b - -\n",
	  W("00:30:00", "01:00:00") "switch " T " done su a b - -\n"
				    "switch " T " refused su a b - -\n"
				    "dropped 3\n",
	  W("00:00:00", "01:00:00") "switch " T " done su a b - -\n"
				    "switch " T " done su a b - -\n"
				    "switch " T " refused su a b - -\n"
				    "dropped 3\n" },
};

START_TEST(merge)
{
	ES_CLEANUP(es_logins_freep)
	struct es_logins *into = parse(merged[_i].into);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *from = parse(merged[_i].from);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_logins_merge(into, from, &err), 0);
	check_text(into, merged[_i].want);
	/* What was borrowed is as it was. */
	check_text(from, merged[_i].from);
}
END_TEST

START_TEST(merge_itself)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *l = parse(whole);
	ES_CLEANUP(es_logins_freep) struct es_logins *same = parse(whole);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_logins_merge(l, same, &err), 0);
	ck_assert_uint_eq(l->n_sessions, 5);
	ck_assert_uint_eq(l->n_switches, 2);
	ck_assert_uint_eq(l->n_failures, 2);
	ck_assert_uint_eq(l->failures[0].count, 10);
}
END_TEST

START_TEST(ends)
{
	static const char *const names[] = { "open", "logout", "down", "crash",
					     "gone" };

	for (int i = ES_LOGIN_OPEN; i <= ES_LOGIN_GONE; i++)
		ck_assert_str_eq(es_login_end_name((enum es_login_end)i),
				 names[i]);
}
END_TEST

/* Without a root nothing is known, and nothing fails. */
START_TEST(no_root)
{
	struct es_logins *l = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_logins_read(&l, "no-such", 0, 1, &err), 0);
	ck_assert(l->missing);
	check_text(l, "");
	es_logins_free(l);
	l = NULL;
	put("file", "");
	ck_assert_int_eq(es_logins_read(&l, "file", 0, 1, &err), 0);
	check_text(l, "");
	es_logins_free(l);
}
END_TEST

/* The machine that this runs on, whatever it has. */
START_TEST(this_machine)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const int64_t now = (int64_t)time(NULL);
	struct es_logins *l = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_logins_read(&l, "/", now - 86400, now, &err), 0);
	ck_assert_int_eq(es_logins_text(l, &b), 0);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *again = parse(es_buf_str(&b));
	check_text(again, es_buf_str(&b));
	es_logins_free(l);
}
END_TEST

/* Links of an image do not lead out of it. */
START_TEST(links)
{
	static const struct rec one[] = {
		{ T_USER, "bob", "pts/0", "host", DAY_0, 1 },
	};
	static const char want[] =
		"session 2026-05-01T00:00:00Z - open bob pts/0 host -\n";

	put_recs("image/logs/wtmp", one, 1, false);
	put_recs("outside/wtmp", one, 1, false);
	put("image/var/nothing", "");
	ck_assert_int_eq(symlink("/logs", "image/var/log"), 0);
	ck_assert_int_eq(chdir("image"), 0);
	check_here(DAY_0, ALWAYS, want);
	ck_assert_int_eq(unlink("var/log"), 0);
	ck_assert_int_eq(symlink("../../../outside", "var/log"), 0);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(DAY_0, ALWAYS);
	ck_assert(l->missing);
	ck_assert_int_eq(chdir(".."), 0);
}
END_TEST

static Suite *logins_suite(void)
{
	Suite *s = suite_create("logins");
	TCase *tc = tcase_create("logins");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_add_test(tc, there_and_back);
	tcase_add_loop_test(tc, any_field, 0, es_lengthof(fields));
	tcase_add_loop_test(tc, any_time, 0, es_lengthof(times));
	tcase_add_loop_test(tc, parse_odd, 0, es_lengthof(parsed));
	tcase_add_test(tc, parse_nul);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, missing_but_switches);
	tcase_add_loop_test(tc, merge, 0, es_lengthof(merged));
	tcase_add_test(tc, merge_itself);
	tcase_add_test(tc, ends);
	tcase_add_test(tc, no_root);
	tcase_add_test(tc, this_machine);
	tcase_add_test(tc, links);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(logins_suite());
}
