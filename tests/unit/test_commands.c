/* SPDX-License-Identifier: MIT */
/* test_commands.c - unit tests of what monitored commands see and leave */
#include "config.h"

#include "commands_unit.h"

#include <fcntl.h>
#include <sys/stat.h>

static char dir[64];

static void enter(void)
{
	es_unit_enter_dir(dir);
	/* For programs that run as somebody else */
	ck_assert_int_eq(chmod(dir, 0755), 0);
}

static void leave(void)
{
	es_unit_leave_dir(dir);
}

/* One command whose section has these lines, and what it must leave. */
static const struct {
	const char *lines;
	const char *output;
	const char *errors;
	const char *status;
} cases[] = {
	{ "run = true", "", "", "exit 0\n" },
	{ "run = printf '%s|' a 'b  c' d\\ e", "a|b  c|d e|", "", "exit 0\n" },
	{ "run = echo one; echo two >&2; exit 3\nshell = yes", "one\n", "two\n",
	  "exit 3\n" },
	{ "run = echo $0\nshell = on", "sh\n", "", "exit 0\n" },
	{ "run = /bin/echo /x", "/x\n", "", "exit 0\n" },
	{ "run = kill -SEGV $$\nshell = yes", "", "", "signal SEGV\n" },
	{ "run = echo x; kill -KILL $$\nshell = yes", "x\n", "",
	  "signal KILL\n" },
	{ "run = pwd", "/\n", "", "exit 0\n" },
	{ "run = pwd\ncwd = /usr/bin", "/usr/bin\n", "", "exit 0\n" },
	{ "run = ./true\ncwd = /usr/bin", "", "", "exit 0\n" },
	{ "run = cat", "", "", "exit 0\n" },
	{ "run = wc -c", "0\n", "", "exit 0\n" },
	{ "run = umask\nshell = yes", "0077\n", "", "exit 0\n" },
	/* 3 is the directory that ls reads */
	{ "run = ls /proc/self/fd", "0\n1\n2\n3\n", "", "exit 0\n" },
	{ "run = grep -E '^Sig(Blk|Ign)' /proc/self/status",
	  "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", "",
	  "exit 0\n" },
	{ "run = cat /proc/self/oom_score_adj", "500\n", "", "exit 0\n" },
	{ "run = ulimit -c\nshell = yes", "0\n", "", "exit 0\n" },
	{ "run = printf 'b1\\nc2\\na3\\nx\\n'\nsort = yes\ndrop = ^x\n"
	  "replace = [0-9] => N\nreplace = ^c => z",
	  "aN\nbN\nzN\n", "", "exit 0\n" },
	{ "run = echo 1 >&2\nshell = yes\nreplace = 1 => 2", "", "2\n",
	  "exit 0\n" },
	{ "run = printf 'a\\nb'", "a\nb", "", "exit 0\n" },
	{ "run = exec >&- ; sleep 0.1; echo late >&2\nshell = yes", "",
	  "late\n", "exit 0\n" },
	{ "run = exec >&- 2>&- ; sleep 0.1; exit 5\nshell = yes", "", "",
	  "exit 5\n" },
	{ "run = exec 2>&1; ls /nonexistent/x | wc -c; exit 2\nshell = yes\n"
	  "drop = cannot",
	  "0\n", "", "exit 2\n" },
	/* an early reader that goes away is not our pipe */
	{ "run = yes | head -n 2\nshell = yes", "y\ny\n", "", "exit 0\n" },
};

START_TEST(records)
{
	struct es_unit_commands u = { 0 };
	char conf[1024];
	int fds[3];

	/* What must not reach the program: descriptors, ignored and blocked
	 * signals, the mask. */
	for (size_t i = 0; i < es_lengthof(fds); i++)
		fds[i] = open("/dev/null", O_RDWR);
	ck_assert_int_ge(dup2(fds[0], 200), 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);

	sigset_t some;

	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGUSR1);
	sigprocmask(SIG_BLOCK, &some, NULL);
	umask(0);
	snprintf(conf, sizeof(conf), "[command x]\n%s\n", cases[_i].lines);
	es_unit_commands_run(&u, conf);
	es_unit_says(&u, "x/stdout", cases[_i].output);
	es_unit_says(&u, "x/stderr", cases[_i].errors);
	es_unit_says(&u, "x/status", cases[_i].status);
	ck_assert_uint_eq(es_texts_count(u.texts), 3);
	ck_assert(es_commands_ran(u.commands, "x"));
	ck_assert(!es_commands_ran(u.commands, "y"));
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(environment_is_clean)
{
	struct es_unit_commands u = { 0 };

	setenv("GIT_DIR", "/x", 1);
	setenv("ETCSNAP_DEBUG", "all", 1);
	setenv("LC_ALL", "cs_CZ", 1);
	setenv("TZ", "Asia/Tokyo", 1);
	setenv("HOME", "/elsewhere", 1);
	setenv("LD_LIBRARY_PATH", "/x", 1);
	es_unit_commands_run(&u, "[command x]\n"
				 "run = env -u HOME -u USER -u LOGNAME\n"
				 "sort = yes\n"
				 "env = B=1\n"
				 "env = A=x y=z\n"
				 "env = B=2\n"
				 "env = TERM=vt100\n"
				 "[command home]\n"
				 "run = echo $HOME $USER\n"
				 "shell = yes\n"
				 "env = USER=me\n"
				 "env = HOME=/there\n"
				 "[command path]\n"
				 "run = echo it\n"
				 "env = PATH=/nonexistent\n"
				 "[command path2]\n"
				 "run = own\n"
				 "env = PATH=relative:/nonexistent:/usr/bin\n"
				 "optional = yes\n");
	es_unit_says(&u, "x/stdout",
		     "A=x y=z\nB=2\nLC_ALL=C.UTF-8\n"
		     "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		     "/sbin:/bin\n"
		     "SHELL=/bin/sh\nTERM=vt100\n");
	es_unit_says(&u, "home/stdout", "/there me\n");
	es_unit_says(&u, "path/status", "not found\n");
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(keeps_any_bytes)
{
	static const char want[] = "a\0b\xff\x1b[31m\n\xc3";
	struct es_unit_commands u = { 0 };
	struct es_text t;

	es_unit_commands_run(&u,
			     "[command x]\n"
			     "run = printf 'a\\000b\\377\\033[31m\\n\\303'\n");
	ck_assert(es_unit_text(&u, "x/stdout", &t));
	ck_assert_uint_eq(t.len, sizeof(want) - 1);
	ck_assert_mem_eq(t.data, want, t.len);
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(says_what_cannot_run)
{
	struct es_unit_commands u = { 0 };
	FILE *f = fopen("script", "w");
	char conf[1024];

	fputs("#!/nonexistent/interpreter\n", f);
	fclose(f);
	snprintf(conf, sizeof(conf),
		 "[command gone]\nrun = nothing-of-this-name\n"
		 "[command gone2]\nrun = /nonexistent/x\n"
		 "[command dir]\nrun = /usr/bin\n"
		 "[command plain]\nrun = ./script\ncwd = %s\n"
		 "[command user]\nrun = true\nuser = no-such-user\n"
		 "[command cwd]\nrun = true\ncwd = /nonexistent/dir\n"
		 "[command good]\nrun = echo good\n",
		 dir);
	es_unit_commands_run(&u, conf);
	es_unit_says(&u, "gone/status", "not found\n");
	es_unit_says(&u, "gone2/status", "not found\n");
	es_unit_says(&u, "dir/status", "not found\n");
	es_unit_says(&u, "plain/status", "cannot execute: Permission denied\n");
	es_unit_says(&u, "user/status", "no such user\n");
	es_unit_says(&u, "cwd/status",
		     "cannot enter its directory: No such "
		     "file or directory\n");
	es_unit_keeps(&u, "gone/stdout", 0);
	es_unit_keeps(&u, "gone/stderr", 0);
	es_unit_keeps(&u, "plain/stdout", 0);
	es_unit_keeps(&u, "user/stdout", 0);
	es_unit_keeps(&u, "cwd/stderr", 0);
	es_unit_says(&u, "good/stdout", "good\n");
	ck_assert(!es_commands_ran(u.commands, "gone"));
	es_unit_commands_dispose(&u);

	/* The same file, now with an interpreter that is not there */
	u = (struct es_unit_commands){ 0 };
	chmod("script", 0755);
	es_unit_commands_run(&u, conf);
	es_unit_says(&u, "plain/status",
		     "cannot execute: No such file or directory\n");
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(optional_ones_are_absent)
{
	struct es_unit_commands u = { 0 };
	struct es_text t;

	es_unit_commands_run(&u, "[command a]\n"
				 "run = nothing-of-this-name\n"
				 "optional = yes\n"
				 "[command b]\n"
				 "run = nothing-of-this-name\n"
				 "shell = yes\n"
				 "optional = yes\n"
				 "[command c]\n"
				 "run = true\n"
				 "user = no-such-user\n"
				 "optional = yes\n"
				 "[command d]\n"
				 "run = exit 126\n"
				 "shell = yes\n"
				 "optional = yes\n"
				 "[command e]\n"
				 "run = nothing-of-this-name\n"
				 "shell = yes\n");
	ck_assert(!es_unit_text(&u, "a/status", &t));
	ck_assert(!es_unit_text(&u, "a/stdout", &t));
	ck_assert(!es_unit_text(&u, "b/status", &t));
	es_unit_says(&u, "c/status", "no such user\n");
	es_unit_says(&u, "d/status", "exit 126\n");
	es_unit_says(&u, "e/status", "exit 127\n");
	es_unit_commands_dispose(&u);
}
END_TEST

static const struct {
	const char *every;
	int64_t last;
	bool runs;
} dues[] = {
	{ "1h", 0, true },
	{ "1h", 1700000000 - 3600, true },
	{ "1h", 1700000000 - 10, false },
	{ "1h", 1700000000, false },
	{ "1h", 1700000000 + 10, true },
	{ "0", 1700000000 - 10, true },
	/* a timer that comes a little early is in time */
	{ "1h", 1700000000 - 3430, true },
	{ "1h", 1700000000 - 3300, false },
	{ "1d", 1700000000 - 85900, true },
	{ "1d", 1700000000 - 85000, false },
};

static int64_t last_time(void *payload, const char *name)
{
	ck_assert_str_eq(name, "x");
	return *(const int64_t *)payload;
}

START_TEST(runs_when_due)
{
	int64_t last = dues[_i].last;
	struct es_unit_commands u = { .options = { .payload = &last,
						   .last = last_time } };
	char conf[128];

	snprintf(conf, sizeof(conf), "[command x]\nrun = echo a\nevery = %s\n",
		 dues[_i].every);
	es_unit_commands_run(&u, conf);
	ck_assert_int_eq(es_commands_ran(u.commands, "x"), dues[_i].runs);
	if (dues[_i].runs) {
		es_unit_says(&u, "x/stdout", "a\n");
	} else {
		es_unit_keeps(&u, "x/stdout", 0);
		es_unit_keeps(&u, "x/stderr", 0);
		es_unit_keeps(&u, "x/status", 0);
	}
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(volatile_ones_run_apart)
{
	struct es_unit_commands u = { .options = { .volatiles = _i } };
	const char *conf = "[command a]\nrun = echo a\n"
			   "[command b]\nrun = echo b\nvolatile = yes\n";

	es_unit_commands_run(&u, conf);
	ck_assert_uint_eq(es_texts_count(u.texts), 3);
	es_unit_says(&u, _i ? "b/stdout" : "a/stdout", _i ? "b\n" : "a\n");
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(none_is_fine)
{
	struct es_unit_commands u = { 0 };

	es_unit_commands_run(&u, "");
	ck_assert_uint_eq(es_texts_count(u.texts), 0);
	es_unit_commands_dispose(&u);
}
END_TEST

/* A filter that takes for ever on a line leaves it, and the status says so. */
START_TEST(hard_filters_are_told)
{
	struct es_unit_commands u = { 0 };

	es_unit_commands_run(
		&u, "[command x]\n"
		    "run = echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n"
		    "drop = ^(a|a)+$\n"
		    "replace = $ => !\n");
	es_unit_says(&u, "x/status",
		     "exit 0\na filter took too long on some lines\n");
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(drops_privileges)
{
	struct es_unit_commands u = { 0 };
	struct es_text t;

	if (geteuid() != 0)
		return;
	es_unit_commands_run(
		&u, "[command x]\n"
		    "run = id -u; id -g; id -G; echo $HOME $USER $LOGNAME; "
		    "grep CapEff /proc/self/status; cat /proc/1/environ\n"
		    "shell = yes\n"
		    "user = nobody\n"
		    "[command fd]\n"
		    "run = ls /proc/self/fd\n"
		    "user = nobody\n"
		    "[command root]\n"
		    "run = id -u\n"
		    "user = root\n"
		    "[command home]\n"
		    "run = touch made\n"
		    "cwd = /root\n"
		    "user = nobody\n");
	es_unit_says(&u, "x/stdout",
		     "65534\n65534\n65534\n/nonexistent nobody nobody\n"
		     "CapEff:\t0000000000000000\n");
	es_unit_says(&u, "x/status", "exit 1\n");
	ck_assert(es_unit_text(&u, "x/stderr", &t));
	ck_assert_ptr_nonnull(strstr(t.data, "Permission denied"));
	es_unit_says(&u, "fd/stdout", "0\n1\n2\n3\n");
	es_unit_says(&u, "root/stdout", "0\n");
	es_unit_commands_dispose(&u);
}
END_TEST

/* Somebody who may not become another says so and goes on. */
START_TEST(cannot_become_another)
{
	struct es_unit_commands u = { 0 };

	if (geteuid() == 0) {
		ck_assert_int_eq(setgid(65534), 0);
		ck_assert_int_eq(setuid(65534), 0);
	}
	es_unit_commands_run(&u, "[command x]\nrun = true\nuser = root\n"
				 "[command y]\nrun = echo y\n");
	es_unit_says(&u, "x/status",
		     "cannot become its user: Operation not permitted\n");
	es_unit_keeps(&u, "x/stdout", 0);
	es_unit_says(&u, "y/stdout", "y\n");
	es_unit_commands_dispose(&u);
}
END_TEST

static const struct {
	const char *text;
	const char *why; /* NULL: good */
} configs[] = {
	{ "[command x]\nrun = true\n", NULL },
	{ "[command X_9-]\nrun = true\n", NULL },
	{ "[command x]\n", "conf:1: [command x] runs nothing; add a line" },
	{ "[command x]\nrun = true\nrun =\n", "conf:1: [command x] runs" },
	{ "\n[command x]\nrun = ''\n", "conf:3: run: '''' names no program" },
	{ "[command x]\nrun = a 'b\n", "conf:2: run: a ' is not closed" },
	{ "[command x]\nrun = a | b\n", "conf:2: run: '|' is for a shell" },
	{ "[command x]\nrun = a | b\nshell = yes\n", NULL },
	{ "[command x]\nshell = yes\n", "conf:1: [command x] runs nothing" },
	{ "[command]\nrun = a\n", "conf:1: section [command] needs a name" },
	{ "[command a.b]\nrun = a\n", "conf:1: 'a.b' cannot be a name" },
	{ "[command a/b]\nrun = a\n", "cannot be a name" },
	{ "[command x]\nrun = a\ndrop = (\n", "conf:3: expression '('" },
	{ "[command x]\nrun = a\ndrop = ^x\ndrop = [\n", "conf:4: expression" },
	{ "[command x]\nrun = a\nreplace = x\n", "conf:3: replacement 'x' is" },
	{ "[command x]\nrun = a\nreplace = x => $1\n", "conf:3: replacement" },
	{ "[command x]\nrun = a\nenv = A\n", "conf:3: env = 'A' is no var" },
	{ "[command x]\nrun = a\nenv = 1A=b\n", "conf:3: env = '1A=b' is no" },
	{ "[command x]\nrun = a\nenv = A-B=b\n", "is no variable" },
	{ "[command x]\nrun = a\ncwd = b\n", "conf:3: cwd = 'b' is no absol" },
	{ "[command x]\nrun = a\ntimeout = 0\n", "conf:3: timeout = '0' is o" },
	{ "[command x]\nrun = a\nmax_output = 1G\n", "conf:3: max_output" },
	{ "[command x]\nrun = a\nevery = soon\n", "conf:3: every:" },
	{ "[command x]\nruns = a\n", "unknown key 'runs' in [command]; did "
				     "you mean run?" },
	{ "[commands x]\nrun = a\n", "did you mean [command]?" },
};

START_TEST(mistakes_are_told)
{
	struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;
	const char *text = configs[_i].text;
	int rc = es_conf_parse(&conf, text, strlen(text), "conf", &err);

	if (!configs[_i].why) {
		ck_assert_msg(rc == 0, "%s", err.msg);
		ck_assert_int_eq(es_commands_check(conf, &err), 0);
	} else {
		ck_assert_int_eq(rc, -EINVAL);
		ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
		ck_assert_msg(strstr(err.msg, configs[_i].why) != NULL, "%s",
			      err.msg);
	}
	es_conf_free(conf);
}
END_TEST

START_TEST(unknown_users_are_told)
{
	static const char text[] = "[command x]\nrun = a\nuser = root\n"
				   "[command y]\nrun = a\nuser = nO-oNe\n";
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_conf_parse(&conf, text, strlen(text), "f", &err),
			 0);
	ck_assert_int_eq(es_commands_check(conf, &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_str_eq(err.msg,
			 "f:6: there is no user 'nO-oNe' on this machine");
}
END_TEST

/* The shipped file; "make check" says where it is. */
static bool find_shipped(char path[static 4096])
{
	const char *top = getenv("srcdir");

	snprintf(path, 4096, "%s/conf/conf.d/commands.conf", top ? top : "");
	return top != NULL;
}

/* Where inih has its upstream limits a line has 200 bytes and " ;" begins a
 * comment, so the shipped file keeps to that. */
START_TEST(shipped_ones_are_portable)
{
	ES_CLEANUP(es_fclosep) FILE *f = NULL;
	char path[4096], line[1024];

	if (!find_shipped(path))
		return;
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		ck_assert_msg(strlen(line) < 198, "%s", line);
		ck_assert_msg(!strstr(line, " ;") && !strstr(line, "\t;"), "%s",
			      line);
	}
}
END_TEST

static int64_t just_now(void *payload, const char *name)
{
	(void)name;
	return *(const int64_t *)payload;
}

/* Runs the shipped commands that are due in every run. */
static void run_shipped(struct es_unit_commands *u, const struct es_conf *conf)
{
	static const int64_t now = 1700000000;
	int64_t payload = now;
	struct es_error err = ES_ERROR_INIT;

	u->options = (struct es_commands_options){
		.conf = conf, .now = now, .payload = &payload, .last = just_now
	};
	ck_assert_int_eq(es_commands_start(&u->commands, &u->options, &err), 0);
	es_unit_commands_finish(u);
}

/* Twice the same, but for the sockets, which other tests may listen on. */
START_TEST(shipped_ones_are_stable)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_unit_commands one = { 0 }, two = { 0 };
	struct es_error err = ES_ERROR_INIT;
	char path[4096];

	if (!find_shipped(path))
		return;

	int rc = es_conf_load(&conf, path, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_int_eq(es_commands_check(conf, &err), 0);
	run_shipped(&one, conf);
	run_shipped(&two, conf);
	ck_assert_uint_gt(es_texts_count(one.texts), 0);
	ck_assert_uint_eq(es_texts_count(one.texts), es_texts_count(two.texts));
	for (size_t i = 0; i < es_texts_count(one.texts); i++) {
		struct es_text a, b;

		es_texts_at(one.texts, i, &a);
		es_texts_at(two.texts, i, &b);
		ck_assert_str_eq(a.name, b.name);
		if (!a.data || strstr(a.name, "/ss-listening/"))
			continue;
		ck_assert_uint_eq(a.len, b.len);
		ck_assert_msg(!memcmp(a.data, b.data, a.len), "%s", a.name);
	}
	es_unit_commands_dispose(&one);
	es_unit_commands_dispose(&two);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("commands");
	TCase *t = tcase_create("commands");

	tcase_add_checked_fixture(t, enter, leave);
	tcase_add_loop_test(t, records, 0, es_lengthof(cases));
	tcase_add_test(t, environment_is_clean);
	tcase_add_test(t, keeps_any_bytes);
	tcase_add_test(t, says_what_cannot_run);
	tcase_add_test(t, optional_ones_are_absent);
	tcase_add_loop_test(t, runs_when_due, 0, es_lengthof(dues));
	tcase_add_loop_test(t, volatile_ones_run_apart, 0, 2);
	tcase_add_test(t, none_is_fine);
	tcase_add_test(t, hard_filters_are_told);
	tcase_add_test(t, drops_privileges);
	tcase_add_test(t, cannot_become_another);
	tcase_add_loop_test(t, mistakes_are_told, 0, es_lengthof(configs));
	tcase_add_test(t, unknown_users_are_told);
	tcase_add_test(t, shipped_ones_are_portable);
	tcase_add_test(t, shipped_ones_are_stable);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
