/* SPDX-License-Identifier: MIT */
/* test_logins_wtmp.c - unit tests of sessions from wtmp, against last(1) */
#include "config.h"

#include "logins_unit.h"

#include <inttypes.h>

static char dir[64];

static void enter(void)
{
	es_unit_enter_dir(dir);
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
}

static void leave(void)
{
	es_unit_leave_dir(dir);
}

/* --- against last(1) ------------------------------------------------------ */

/* The excerpt as the running system would have it, whatever its window. */
static struct es_logins *read_live(int64_t from, int64_t to)
{
	struct lg_logs logs = {
		.root = open(".", O_RDONLY | O_DIRECTORY),
		.live = true,
		.boot = lg_boot_time(),
		.from = from,
		.to = to,
		.out = lg_new(from, to),
	};

	ck_assert_int_ge(logs.root, 0);
	ck_assert_ptr_nonnull(logs.out);
	ck_assert_int_eq(lg_wtmp_read(&logs), 1);
	close(logs.root);
	lg_cut(logs.out, SIZE_MAX, SIZE_MAX, SIZE_MAX);
	return logs.out;
}

static void add_ctime(struct es_buf *b, int64_t when)
{
	const time_t t = (time_t)when;
	char text[64];
	struct tm tm;

	gmtime_r(&t, &tm);
	ck_assert_uint_gt(strftime(text, sizeof(text), "%a %b %e %T %Y", &tm),
			  0);
	es_buf_adds(b, text);
}

static void add_length(struct es_buf *b, int64_t begin, int64_t end)
{
	const int64_t secs = end - begin;
	const int minutes = (int)(secs / 60 % 60);
	const int hours = (int)(secs / 3600 % 24);
	const int days = (int)(secs / 86400);

	if (days)
		es_buf_addf(b, "(%d+%02d:%02d)", days, abs(hours),
			    abs(minutes));
	else if (hours)
		es_buf_addf(b, "(%02d:%02d)", hours, abs(minutes));
	else if (secs >= 0)
		es_buf_addf(b, "(%02d:%02d)", hours, minutes);
	else
		es_buf_addf(b, "(-00:%02d)", abs(minutes));
}

/* A session as last -F -w prints it, with single blanks. */
static void say(struct es_buf *b, const struct es_login *s)
{
	es_buf_reset(b);
	es_buf_addf(b, "%s %s %s%s", s->user, s->line, s->host,
		    *s->host ? " " : "");
	add_ctime(b, s->begin);
	if (s->how == ES_LOGIN_CRASH && strcmp(s->line, "system boot") == 0)
		return;
	const bool boot = strcmp(s->line, "system boot") == 0;

	if (s->how == ES_LOGIN_OPEN) {
		es_buf_adds(b, boot ? " still running" : " still logged in");
		return;
	}
	if (s->how == ES_LOGIN_GONE) {
		es_buf_adds(b, " gone - no logout");
		return;
	}
	es_buf_adds(b, " - ");
	if (s->how == ES_LOGIN_CRASH)
		es_buf_adds(b, "crash");
	else if (s->how == ES_LOGIN_DOWN && !boot)
		es_buf_adds(b, "down");
	else
		add_ctime(b, s->end);
	es_buf_addc(b, ' ');
	add_length(b, s->begin, s->end);
}

/* Without runs of blanks, which only align. */
static void squeeze(char *line)
{
	char *to = line;

	for (const char *at = line; *at; at++)
		if (*at != ' ' || (to > line && to[-1] != ' '))
			*to++ = *at;
	while (to > line && to[-1] == ' ')
		to--;
	*to = '\0';
}

static size_t split_last(char *text, char **lines, size_t most)
{
	size_t n = 0;
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "wtmp begins", 11) == 0)
			continue;
		squeeze(line);
		ck_assert_uint_lt(n, most);
		lines[n++] = line;
	}
	return n;
}

/*
 * last(1) does not see that a boot ended with a crash, and prints the end of a
 * later one; so of these only the begin is compared.
 */
static bool matches(const char *line, const char *said,
		    const struct es_login *s)
{
	const bool crashed =
		s->how == ES_LOGIN_CRASH && strcmp(s->line, "system boot") == 0;

	return crashed ? strncmp(line, said, strlen(said)) == 0
		       : strcmp(line, said) == 0;
}

#define LINES_MAX 4000

/* Whether var/log/wtmp holds for us what it holds for last(1). */
static void compare_with_last(const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_live(INT64_MIN / 2, ALWAYS);
	const char *const argv[] = { "last", "-F", "-w", "-f", path, NULL };
	static char *lines[LINES_MAX];

	ck_assert_int_eq(es_unit_run(&out, argv, NULL), 0);
	const size_t n = split_last(out.data, lines, LINES_MAX);
	for (size_t i = 0; i < l->n_sessions; i++) {
		size_t k = 0;

		say(&said, &l->sessions[i]);
		squeeze(said.data);
		while (k < n && !(lines[k] && matches(lines[k], said.data,
						      &l->sessions[i])))
			k++;
		ck_assert_msg(k < n, "last does not say: %s", said.data);
		lines[k] = NULL;
	}
	for (size_t k = 0; k < n; k++)
		ck_assert_msg(!lines[k], "only last says: %s", lines[k]);
}

static const struct rec all_ends[] = {
	{ T_BOOT, "reboot", "~", "6.1.0-1", DAY_0, 0 },
	{ T_RUNLVL, "runlevel", "~", "6.1.0-1", DAY_0 + 5, '5' },
	{ T_INIT, "", "tty1", "", DAY_0 + 6, 100 },
	{ T_LOGIN, "LOGIN", "tty1", "", DAY_0 + 7, 100 },
	{ T_USER, "root", "tty1", "", DAY_0 + 60, 100 },
	/* An ordinary logout; another login on the line. */
	{ T_USER, "bob", "pts/0", "192.0.2.1", DAY_0 + 100, 101 },
	{ T_DEAD, "", "pts/0", "", DAY_0 + 200, 101 },
	{ T_USER, "bob", "pts/0", "2001:db8::1", DAY_0 + 300, 102 },
	{ T_USER, "eve", "pts/0", "example.org", DAY_0 + 400, 103 },
	{ T_DEAD, "", "pts/0", "", DAY_0 + 2 * 86400 + 500, 103 },
	/* Ended by a crash, then by a shutdown, by runlevel and record. */
	{ T_USER, "cay", "pts/1", "host", DAY_0 + 3 * 86400, 104 },
	{ T_BOOT, "reboot", "~", "6.1.0-2", DAY_0 + 4 * 86400, 0 },
	{ T_USER, "dan", "pts/1", "host", DAY_0 + 5 * 86400, 105 },
	{ T_RUNLVL, "runlevel", "~", "6.1.0-2", DAY_0 + 6 * 86400, '0' },
	{ T_RUNLVL, "shutdown", "~", "6.1.0-2", DAY_0 + 6 * 86400 + 5, 0 },
	{ T_BOOT, "reboot", "~", "6.1.0-3", DAY_0 + 7 * 86400, 0 },
	/* A clock that was set back, and ends before begins. */
	{ T_USER, "fay", "pts/2", "", DAY_0 + 8 * 86400, 106 },
	{ T_OLD, "date", "|", "", DAY_0 + 8 * 86400 + 10, 0 },
	{ T_NEW, "date", "{", "", DAY_0 + 7 * 86400 + 10, 0 },
	{ T_DEAD, "", "pts/2", "", DAY_0 + 7 * 86400 + 3600, 106 },
	/* Without a line; with a type that does not fit; all zero. */
	{ T_USER, "gus", "", "nowhere", DAY_0 + 7 * 86400 + 3700, 107 },
	{ 0, "hal", "pts/3", "type zero", DAY_0 + 7 * 86400 + 3800, 108 },
	{ T_USER, "", "pts/3", "", DAY_0 + 7 * 86400 + 3900, 108 },
	{ 0, NULL, NULL, NULL, 0, 0 },
	/* No process, no user, no terminal: gone. */
	{ T_USER, "ida", "pts/4", "gone", DAY_0 + 7 * 86400 + 4000, 109 },
};

START_TEST(last_all_ends)
{
	if (lacks_last())
		return;
	/* Every begin of the file, so that what is open differs, too. */
	for (size_t n = 1; n <= es_lengthof(all_ends); n++) {
		put_recs("var/log/wtmp", all_ends, n, false);
		compare_with_last("var/log/wtmp");
	}
}
END_TEST

/* What is there now: a terminal that is the user's, or a process. */
START_TEST(last_still_there)
{
	const int64_t now = (int64_t)time(NULL);
	const struct rec list[] = {
		{ T_BOOT, "reboot", "~", "6.1.0-1", now - 1, 0 },
		{ T_USER, "root", "null", "there", now, 4000000000U },
		{ T_USER, "nobody", "zero", "of root", now, 4000000000U },
		{ T_USER, "no-such-user", "full", "", now, 4000000000U },
		{ T_USER, "root", "no-such-line", "", now, 4000000000U },
		{ T_USER, "root", "random", "", lg_boot_time() - 10,
		  4000000000U },
		{ T_USER, "root", "console", "process", now,
		  (uint32_t)getpid() },
	};

	if (lacks_last())
		return;
	put_recs("var/log/wtmp", list, es_lengthof(list), false);
	compare_with_last("var/log/wtmp");
	ES_CLEANUP(es_logins_freep) struct es_logins *l = read_live(0, ALWAYS);
	bool there = false;
	for (size_t i = 0; i < l->n_sessions; i++)
		if (strcmp(l->sessions[i].line, "null") == 0)
			there = l->sessions[i].how == ES_LOGIN_OPEN;
	ck_assert(there);
}
END_TEST

/* Records without sense, but each whole. */
static void add_random(struct es_buf *b, uint64_t *state, int64_t *when)
{
	static const char *const users[] = { "bob",    "eve",	   "root",
					     "date",   "LOGIN",	   "",
					     "reboot", "shutdown", "runlevel" };
	static const char *const lines[] = { "pts/0", "pts/1", "tty1", "~",
					     ":0",    "",      "|",    "{" };
	static const char *const hosts[] = { "", "192.0.2.7", "example.net" };
	const uint64_t dice = es_unit_random(state);
	struct rec r = {
		.type = (int)(dice % 10),
		.user = users[dice / 16 % es_lengthof(users)],
		.line = lines[dice / 256 % es_lengthof(lines)],
		.host = hosts[dice / 4096 % es_lengthof(hosts)],
		.pid = '0' + (uint32_t)(dice >> 20) % 8,
	};

	/* Mostly logins and logouts; system records mostly on their line. */
	if (dice >> 32 & 3)
		r.type = dice >> 34 & 1 ? T_USER : T_DEAD;
	if (strcmp(r.line, "~") == 0 && dice >> 36 & 3)
		r.line = "pts/2";
	/* We call every boot a reboot. */
	if (r.type == T_BOOT)
		r = (struct rec){ T_BOOT, "reboot", "~", r.host, 0, 0 };
	*when += (int64_t)(es_unit_random(state) % 5000);
	if (dice >> 40 % 32 == 0)
		*when -= 86400;
	r.when = *when;
	add_rec(b, &r, false);
}

/* @_i: seed; some end with a torn record */
START_TEST(last_random)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t state = 88172645463325252U + (uint64_t)_i;
	int64_t when = DAY_0;

	if (lacks_last())
		return;
	for (int i = 0; i < 300; i++)
		add_random(&b, &state, &when);
	put_bytes("whole/wtmp", b.data, b.len);
	if (_i % 2)
		es_buf_add(&b, b.data, (size_t)(_i * 7) % 384);
	put_bytes("var/log/wtmp", b.data, b.len);
	compare_with_last("whole/wtmp");
}
END_TEST

/* The text that utmpdump(1) makes of such files is how others write them. */
START_TEST(last_utmpdump)
{
	static const char text[] =
		"[2] [00000] [~~  ] [reboot  ] [~           ] "
		"[6.1.0-18-amd64     ] [0.0.0.0        ] "
		"[2026-05-01T00:00:00,000000+00:00]\n"
		"[7] [00900] [ts/0] [bob     ] [pts/0       ] "
		"[192.0.2.33         ] [192.0.2.33     ] "
		"[2026-05-01T08:00:00,123456+00:00]\n"
		"[8] [00900] [ts/0] [        ] [pts/0       ] "
		"[                    ] [0.0.0.0        ] "
		"[2026-05-01T09:30:00,000000+00:00]\n"
		"[7] [00901] [1   ] [root    ] [tty1        ] "
		"[                    ] [0.0.0.0        ] "
		"[2026-05-01T10:00:00,000000+00:00]\n"
		"[1] [00000] [~~  ] [shutdown] [~           ] "
		"[6.1.0-18-amd64     ] [0.0.0.0        ] "
		"[2026-05-01T11:00:00,000000+00:00]\n";
	const char *const argv[] = { "sh", "-c",
				     "exec utmpdump -r >var/log/wtmp", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);

	if (lacks("utmpdump") || lacks_last())
		return;
	put("text", text);
	put("var/log/wtmp", "");
	ck_assert_int_eq(es_unit_run(&out, argv, "text"), 0);
	compare_with_last("var/log/wtmp");
	check_here(0, ALWAYS,
		   "session 2026-05-01T00:00:00Z 2026-05-01T11:00:00Z down "
		   "reboot system\\x20boot 6.1.0-18-amd64 -\n"
		   "session 2026-05-01T08:00:00Z 2026-05-01T09:30:00Z logout "
		   "bob pts/0 192.0.2.33 -\n"
		   "session 2026-05-01T10:00:00Z 2026-05-01T11:00:00Z down "
		   "root tty1 - -\n");
}
END_TEST

/* --- layouts -------------------------------------------------------------- */

#define BOB                                                                   \
	"session 2026-05-01T00:01:40Z 2026-05-01T00:03:20Z logout bob pts/0 " \
	"192.0.2.1 -\n"

static const struct rec two[] = {
	{ T_USER, "bob", "pts/0", "192.0.2.1", DAY_0 + 100, 101 },
	{ T_DEAD, "", "pts/0", "", DAY_0 + 200, 101 },
};

/* @_i: 1 the wide layout, 2 torn at the end, 4 cut at the begin */
START_TEST(layouts)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const bool wide = _i & 1;

	if (_i & 4)
		es_buf_add(&b, "half a record, and so on", 24);
	for (size_t i = 0; i < 2; i++)
		add_rec(&b, &two[i], wide);
	if (_i & 2) {
		add_rec(&b, &two[0], wide);
		es_buf_truncate(&b, b.len - 100);
	}
	put_bytes("var/log/wtmp", b.data, b.len);
	/* Torn at both ends there is nothing to hold on to. */
	if ((_i & 6) != 6)
		check_here(0, ALWAYS, BOB);
	else
		es_logins_free(read_here(0, ALWAYS));
}
END_TEST

/* The 25 times 400 bytes of a wide file are divisible by 16, not by 384. */
START_TEST(layouts_of_many)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const bool wide = _i & 1;
	const int n = _i & 2 ? 24 * 25 : 7;

	for (int i = 0; i < n; i++)
		add_rec(&b, &two[i % 2 ? 1 : 0], wide);
	put_bytes("var/log/wtmp", b.data, b.len);
	ES_CLEANUP(es_logins_freep) struct es_logins *l = read_here(0, ALWAYS);
	ck_assert_uint_eq(l->n_sessions, (size_t)(n + 1) / 2);
	for (size_t i = 0; i < l->n_sessions; i++)
		ck_assert_str_eq(l->sessions[i].host, "192.0.2.1");
}
END_TEST

/* Times behind 2038 need the sign bit, and those behind 2106 more bits. */
START_TEST(after_2038)
{
	const int64_t late =
		INT64_C(2147483648) + (_i ? INT64_C(4294967296) : 0);
	struct rec list[] = { two[0], two[1] };

	list[0].when = late;
	list[1].when = late + 60;
	put_recs("var/log/wtmp", list, 2, _i == 1);
	check_here(late - 10, late + 10,
		   _i ? "session 2174-02-25T09:42:24Z 2174-02-25T09:43:24Z "
			"logout bob pts/0 192.0.2.1 -\n"
		      : "session 2038-01-19T03:14:08Z 2038-01-19T03:15:08Z "
			"logout bob pts/0 192.0.2.1 -\n");
}
END_TEST

START_TEST(fields_without_end)
{
	char user[33], line[33], host[257], want[1024];

	memset(user, 'u', 32);
	memset(line, 'l', 32);
	memset(host, 'h', 256);
	user[32] = line[32] = host[256] = '\0';
	const struct rec list[] = {
		{ T_USER, user, line, host, DAY_0, 0 },
		{ T_DEAD, "", line, "", DAY_0 + 60, 0 },
	};
	put_recs("var/log/wtmp", list, 2, false);
	snprintf(want, sizeof(want),
		 "session 2026-05-01T00:00:00Z 2026-05-01T00:01:00Z logout "
		 "%s %s %s -\n",
		 user, line, host);
	check_here(0, ALWAYS, want);
}
END_TEST

START_TEST(no_log)
{
	ES_CLEANUP(es_logins_freep)
	struct es_logins *none = read_here(0, ALWAYS);

	ck_assert(none->missing);
	ck_assert_uint_eq(none->n_sessions, 0);
	put("var/log/wtmp", "");
	ES_CLEANUP(es_logins_freep)
	struct es_logins *empty = read_here(0, ALWAYS);
	ck_assert(!empty->missing);
	put("var/log/wtmp", "This is no log of logins.\n");
	check_here(0, ALWAYS, "");
	ck_assert_int_eq(unlink("var/log/wtmp"), 0);
	ck_assert_int_eq(mkfifo("var/log/wtmp", 0600), 0);
	es_logins_free(read_here(0, ALWAYS));
}
END_TEST

/* --- windows and rotated files -------------------------------------------- */

static const struct {
	int64_t from, to;
	const char *want;
} windows[] = {
	{ DAY_0, DAY_0 + 99, "" },	   { DAY_0, DAY_0 + 100, BOB },
	{ DAY_0 + 100, DAY_0 + 100, BOB }, { DAY_0 + 150, DAY_0 + 160, BOB },
	{ DAY_0 + 200, DAY_0 + 300, BOB }, { DAY_0 + 201, DAY_0 + 300, "" },
};

START_TEST(window)
{
	put_recs("var/log/wtmp", two, 2, false);
	check_here(windows[_i].from, windows[_i].to, windows[_i].want);
}
END_TEST

/* A boot is no session: it counts when it happens, and when it ends. */
START_TEST(window_of_boots)
{
	static const struct rec list[] = {
		{ T_BOOT, "reboot", "~", "6.1", DAY_0, 0 },
		{ T_RUNLVL, "shutdown", "~", "6.1", DAY_0 + 1000, 0 },
		{ T_BOOT, "reboot", "~", "6.1", DAY_0 + 2000, 0 },
	};
	static const char *const first =
		"session 2026-05-01T00:00:00Z 2026-05-01T00:16:40Z down "
		"reboot system\\x20boot 6.1 -\n";

	put_recs("var/log/wtmp", list, 3, false);
	check_here(DAY_0 - 10, DAY_0 + 10, first);
	check_here(DAY_0 + 10, DAY_0 + 20, "");
	check_here(DAY_0 + 900, DAY_0 + 1000, first);
	check_here(DAY_0 + 1001, DAY_0 + 1999, "");
	check_here(DAY_0 + 2001, ALWAYS, "");
	check_here(DAY_0 + 1999, ALWAYS,
		   "session 2026-05-01T00:33:20Z - open reboot "
		   "system\\x20boot 6.1 -\n");
}
END_TEST

static const char *const packers[] = { "gzip", "xz", "zstd", "bzip2" };
static const char *const endings[] = { "gz", "xz", "zst", "bz2" };

/* A session that began in a file that was rotated and compressed. */
START_TEST(rotated)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	char name[64];
	const char *const argv[] = { packers[_i], "-q", "var/log/wtmp-20260501",
				     NULL };

	if (lacks(packers[_i]))
		return;
	put_recs("var/log/wtmp", two + 1, 1, false);
	put_recs("var/log/wtmp-20260501", two, 1, false);
	set_mtime("var/log/wtmp-20260501", DAY_0 + 100);
	ck_assert_int_eq(es_unit_run(&out, argv, NULL), 0);
	snprintf(name, sizeof(name), "var/log/wtmp-20260501.%s", endings[_i]);
	set_mtime(name, DAY_0 + 100);
	unlink("var/log/wtmp-20260501");
	check_here(DAY_0 + 150, ALWAYS, BOB);
	/* Too old to be looked at; the logout alone tells nothing. */
	set_mtime(name, DAY_0 - LG_HORIZON);
	check_here(DAY_0 + 150, ALWAYS, "");
	/* Beside what it was made of it is passed over. */
	put_recs("var/log/wtmp-20260501", two, 1, false);
	set_mtime("var/log/wtmp-20260501", DAY_0 + 100);
	set_mtime(name, DAY_0 + 100);
	check_here(DAY_0 + 150, ALWAYS, BOB);
}
END_TEST

START_TEST(rotated_torn)
{
	static const char bad[] = "\x1f\x8b\x08 and then no gzip at all";

	put_recs("var/log/wtmp", two, 2, false);
	put_bytes("var/log/wtmp.2.gz", bad, sizeof(bad));
	put_bytes("var/log/wtmp.3.gz", "plain", 5);
	put_bytes("var/log/wtmp.4.xz",
		  "\xfd"
		  "7zXZ\0\0\4",
		  8);
	put("var/log/wtmp.bak", "not ours");
	check_here(DAY_0, DAY_0 + 300, BOB);
}
END_TEST

static int compare_found(const struct es_login *a, const struct es_login *b)
{
	return a->begin == b->begin && a->end == b->end && a->how == b->how &&
	       strcmp(a->user, b->user) == 0 && strcmp(a->line, b->line) == 0;
}

static bool in_window(const struct es_login *s, int64_t from, int64_t to)
{
	const int64_t end = s->end ? s->end : ALWAYS;

	if (strcmp(s->line, "system boot") == 0)
		return (s->begin >= from && s->begin <= to) ||
		       (end >= from && end <= to);
	return s->begin <= to && end >= from;
}

/*
 * A window reads back as far as it has to, over files if need be, and then
 * has what the whole log has of it.
 */
START_TEST(window_of_many)
{
	static const char *const files[] = { "var/log/wtmp.2", "var/log/wtmp.1",
					     "var/log/wtmp" };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t state = 42 + (uint64_t)_i;
	int64_t when = DAY_0;

	for (int i = 0; i < 9000; i++) {
		const uint64_t dice = es_unit_random(&state);
		char line[16];

		when += (int64_t)(dice % 60);
		snprintf(line, sizeof(line), "pts/%d", (int)(dice >> 8 & 31));
		struct rec r = { dice >> 20 & 1 ? T_USER : T_DEAD,
				 dice >> 20 & 1 ? "bob" : "",
				 line,
				 "h",
				 when,
				 1 };
		if (dice >> 24 & 1 && i % 1300 == 7)
			r =
				(struct rec){ T_BOOT, "reboot", "~",
					      "6.1",  when,	0 };
		add_rec(&b, &r, false);
		if (i % 3000 == 2999) {
			put_bytes(files[i / 3000], b.data, b.len);
			set_mtime(files[i / 3000], when);
			es_buf_reset(&b);
		}
	}
	ES_CLEANUP(es_logins_freep)
	struct es_logins *all = read_live(INT64_MIN / 2, ALWAYS);
	for (int i = 0; i < 20; i++) {
		const int64_t from =
			DAY_0 + (int64_t)(es_unit_random(&state) %
					  (uint64_t)(when - DAY_0));
		const int64_t to = from + 3000;
		ES_CLEANUP(es_logins_freep)
		struct es_logins *part = read_live(from, to);
		size_t k = 0;

		for (size_t at = 0; at < all->n_sessions; at++) {
			if (!in_window(&all->sessions[at], from, to))
				continue;
			ck_assert_uint_lt(k, part->n_sessions);
			ck_assert(compare_found(&all->sessions[at],
						&part->sessions[k]));
			k++;
		}
		ck_assert_uint_eq(k, part->n_sessions);
	}
}
END_TEST

/* A clock that was wrong at the boot does not end the way back. */
START_TEST(wrong_clock)
{
	static const struct rec list[] = {
		{ T_BOOT, "reboot", "~", "6.1", DAY_0, 0 },
		{ T_USER, "bob", "pts/0", "192.0.2.1", DAY_0 + 100, 101 },
		{ T_BOOT, "reboot", "~", "6.1", 20, 0 },
		{ T_USER, "eve", "pts/1", "", DAY_0 + 300, 101 },
	};

	put_recs("var/log/wtmp", list, 4, false);
	check_here(DAY_0 + 50, DAY_0 + 400,
		   "session 2026-05-01T00:01:40Z 1970-01-01T00:00:20Z crash "
		   "bob pts/0 192.0.2.1 -\n"
		   "session 2026-05-01T00:05:00Z - open eve pts/1 - -\n");
}
END_TEST

/* More than the cap: those that ended first go, and are counted. */
START_TEST(caps)
{
	const size_t n = 2 * (LG_SESSIONS_MAX + 500);
	ES_CLEANUP(es_freep) struct rec *list = calloc(n + 1, sizeof(*list));

	list[0] = (struct rec){ T_USER, "old", "tty1", "", DAY_0, 1 };
	for (size_t i = 0; i < n; i++)
		list[i + 1] = (struct rec){ i % 2 ? T_DEAD : T_USER,
					    i % 2 ? "" : "bob",
					    "pts/0",
					    "",
					    DAY_0 + 1 + (int64_t)i,
					    1 };
	put_recs("var/log/wtmp", list, n + 1, false);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(DAY_0, ALWAYS);
	ck_assert_uint_eq(l->n_sessions, LG_SESSIONS_MAX);
	ck_assert_uint_eq(l->dropped, 501);
	ck_assert_str_eq(l->sessions[0].user, "old");
	ck_assert_int_eq(l->sessions[1].begin,
			 DAY_0 + 1 + (int64_t)n -
				 2 * ((int64_t)LG_SESSIONS_MAX - 1));
}
END_TEST

/* Lines that are never used again, and nobody who says that they are done. */
START_TEST(endless_lines)
{
	const size_t n = 40000;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < n; i++) {
		char line[32];

		snprintf(line, sizeof(line), "ftp%zu", i);
		add_rec(&b,
			&(struct rec){ T_USER, "bob", line, "",
				       DAY_0 + (int64_t)i, 1 },
			false);
	}
	put_bytes("var/log/wtmp", b.data, b.len);
	ES_CLEANUP(es_logins_freep)
	struct es_logins *l = read_here(DAY_0 + (int64_t)n - 10, ALWAYS);
	ck_assert_uint_eq(l->n_sessions, LG_SESSIONS_MAX);
	ck_assert_uint_eq(l->n_sessions + l->dropped, n);
	ck_assert_str_eq(l->sessions[l->n_sessions - 1].line, "ftp39999");
}
END_TEST

static Suite *wtmp_suite(void)
{
	Suite *s = suite_create("logins_wtmp");
	TCase *tc = tcase_create("logins_wtmp");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_add_test(tc, last_all_ends);
	tcase_add_test(tc, last_still_there);
	tcase_add_loop_test(tc, last_random, 0, 12);
	tcase_add_test(tc, last_utmpdump);
	tcase_add_loop_test(tc, layouts, 0, 8);
	tcase_add_loop_test(tc, layouts_of_many, 0, 4);
	tcase_add_loop_test(tc, after_2038, 0, 2);
	tcase_add_test(tc, fields_without_end);
	tcase_add_test(tc, no_log);
	tcase_add_loop_test(tc, window, 0, es_lengthof(windows));
	tcase_add_test(tc, window_of_boots);
	tcase_add_loop_test(tc, rotated, 0, es_lengthof(packers));
	tcase_add_test(tc, rotated_torn);
	tcase_add_loop_test(tc, window_of_many, 0, 4);
	tcase_add_test(tc, wrong_clock);
	tcase_add_test(tc, caps);
	tcase_add_test(tc, endless_lines);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(wtmp_suite());
}
