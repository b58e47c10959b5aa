/* SPDX-License-Identifier: MIT */
/* test_commands_wild.c - unit tests of commands that hang, flood, fork away */
#include "config.h"

#include "commands/runner_priv.h"
#include "commands_unit.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char dir[64];

static void enter(void)
{
	es_unit_enter_dir(dir);
}

static void leave(void)
{
	es_unit_leave_dir(dir);
}

/* A configuration with %s for the working directory. */
static const char *in_dir(char out[static 2048], const char *conf)
{
	char *to = out;

	for (; *conf; conf++) {
		if (conf[0] == '@')
			to += snprintf(to, 65, "%s", dir);
		else
			*to++ = *conf;
	}
	*to = '\0';
	return out;
}

START_TEST(hanging_one_is_ended)
{
	struct es_unit_commands u = { 0 };
	double begin = es_unit_seconds();
	char conf[2048];

	es_unit_commands_run(
		&u,
		in_dir(conf,
		       "[command deaf]\n"
		       "run = trap '' TERM INT HUP; echo out; echo $$ >@/a; "
		       "while :; do sleep 50; done\n"
		       "shell = yes\n"
		       "timeout = 1\n"
		       "[command polite]\n"
		       "run = sleep 50\n"
		       "timeout = 1\n"
		       "[command stopped]\n"
		       "run = kill -STOP $$\n"
		       "shell = yes\n"
		       "timeout = 1\n"
		       "[command tree]\n"
		       "run = sh -c 'echo $$ >@/b; exec sleep 50' & wait\n"
		       "shell = yes\n"
		       "timeout = 1\n"
		       "[command other]\n"
		       "run = echo fine\n"));
	ck_assert(es_unit_seconds() - begin < 25);
	es_unit_says(&u, "deaf/status", "timeout 1 s\n");
	es_unit_keeps(&u, "deaf/stdout", ETIMEDOUT);
	es_unit_keeps(&u, "deaf/stderr", 0);
	es_unit_says(&u, "polite/status", "timeout 1 s\n");
	es_unit_says(&u, "stopped/status", "timeout 1 s\n");
	es_unit_says(&u, "tree/status", "timeout 1 s\n");
	es_unit_says(&u, "other/stdout", "fine\n");
	ck_assert(es_unit_is_gone(es_unit_pid("a")));
	ck_assert(es_unit_is_gone(es_unit_pid("b")));
	es_unit_commands_dispose(&u);
}
END_TEST

/* Ten gigabytes on either output. */
START_TEST(flooding_one_is_killed)
{
	struct es_unit_commands u = { 0 };
	double begin = es_unit_seconds();
	struct es_text t;

	es_unit_commands_run(&u, "[command yes]\n"
				 "run = yes\n"
				 "max_output = 100\n"
				 "[command zero]\n"
				 "run = head -c 10G /dev/zero >&2\n"
				 "shell = yes\n"
				 "[command deaf]\n"
				 "run = trap '' TERM PIPE; yes 12345678\n"
				 "shell = yes\n"
				 "max_output = 1K\n"
				 "[command other]\n"
				 "run = echo fine\n");
	ck_assert(es_unit_seconds() - begin < 25);
	es_unit_says(&u, "yes/status",
		     "killed: more than 6400 bytes of output\n"
		     "truncated stdout\n");
	es_unit_says(
		&u, "yes/stdout",
		"y\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\n"
		"y\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\n"
		"y\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\ny\n[cut at 100 bytes]\n");
	es_unit_says(&u, "zero/status",
		     "killed: more than 67108864 bytes of output\n"
		     "truncated stderr\n");
	es_unit_says(&u, "zero/stdout", "");
	ck_assert(es_unit_text(&u, "zero/stderr", &t));
	ck_assert_uint_eq(t.len, (1 << 20) + strlen("\n[cut at 1048576 "
						    "bytes]\n"));
	es_unit_says(&u, "deaf/status",
		     "killed: more than 65536 bytes of output\n"
		     "truncated stdout\n");
	ck_assert(es_unit_text(&u, "deaf/stdout", &t));
	/* whole lines, and the one that says so */
	ck_assert_uint_eq(t.len,
			  1024 / 9 * 9 + strlen("[cut at 1024 bytes]\n"));
	es_unit_says(&u, "other/stdout", "fine\n");
	es_unit_commands_dispose(&u);
}
END_TEST

/* A little too much is cut, and the program may come to its end. */
START_TEST(long_output_is_cut)
{
	struct es_unit_commands u = { 0 };
	struct es_text t;

	es_unit_commands_run(&u,
			     "[command line]\n"
			     "run = head -c 3000000 /dev/zero | tr '\\0' x; "
			     "echo done >&2; exit 4\n"
			     "shell = yes\n"
			     "[command exact]\n"
			     "run = printf 12345678\n"
			     "max_output = 8\n"
			     "[command more]\n"
			     "run = printf 123456789\n"
			     "max_output = 8\n"
			     "[command sorted]\n"
			     "run = printf 'c\\nb\\na\\nlost'\n"
			     "sort = yes\n"
			     "max_output = 8\n");
	es_unit_says(&u, "line/status", "exit 4\ntruncated stdout\n");
	es_unit_says(&u, "line/stderr", "done\n");
	ck_assert(es_unit_text(&u, "line/stdout", &t));
	ck_assert_uint_eq(t.len,
			  (1 << 20) + strlen("\n[cut at 1048576 bytes]\n"));
	ck_assert_str_eq(t.data + (1 << 20) - 2,
			 "xx\n[cut at 1048576 bytes]\n");
	es_unit_says(&u, "exact/stdout", "12345678");
	es_unit_says(&u, "exact/status", "exit 0\n");
	es_unit_says(&u, "more/stdout", "12345678\n[cut at 8 bytes]\n");
	es_unit_says(&u, "sorted/stdout", "a\nb\nc\n[cut at 8 bytes]\n");
	es_unit_commands_dispose(&u);
}
END_TEST

/* Daemons: one holds the outputs open, one has closed them. */
START_TEST(daemons_do_not_stay)
{
	struct es_unit_commands u = { 0 };
	double begin = es_unit_seconds();
	char conf[2048];

	es_unit_commands_run(
		&u, in_dir(conf,
			   "[command holds]\n"
			   "run = setsid sh -c 'trap \"\" TERM; echo $$ >@/a; "
			   "sleep 50; sleep 50' & echo hi\n"
			   "shell = yes\n"
			   "timeout = 1\n"
			   "[command closed]\n"
			   "run = setsid sh -c 'echo $$ >@/b; exec sleep 50' "
			   ">/dev/null 2>&1 & echo hi\n"
			   "shell = yes\n"
			   "[command group]\n"
			   "run = sh -c 'echo $$ >@/c; exec sleep 50' & "
			   "echo hi\n"
			   "shell = yes\n"
			   "timeout = 1\n"));
	ck_assert(es_unit_seconds() - begin < 25);
	es_unit_says(&u, "holds/stdout", "hi\n");
	es_unit_says(&u, "holds/status",
		     "exit 0\noutput held open by another process for 1 s\n");
	es_unit_says(&u, "closed/stdout", "hi\n");
	es_unit_says(&u, "closed/status", "exit 0\n");
	es_unit_says(&u, "group/status",
		     "exit 0\noutput held open by another process for 1 s\n");
	ck_assert(es_unit_is_gone(es_unit_pid("a")));
	ck_assert(es_unit_is_gone(es_unit_pid("c")));
	es_unit_commands_dispose(&u);
}
END_TEST

START_TEST(many_run_at_once)
{
	struct es_unit_commands u = { 0 };
	char conf[8192] = "", one[256], with_dir[2048];
	size_t len = 0;

	/* Each waits for its neighbour, alone it would be ended. */
	for (int i = 0; i < 20; i++) {
		snprintf(one, sizeof(one),
			 "[command c%d]\nshell = yes\n"
			 "run = : >@/c%d; until [ -e @/c%d ]; do sleep 0.02; "
			 "done; echo %d\n",
			 i, i, i ^ 1, i);
		len += (size_t)snprintf(conf + len, sizeof(conf) - len, "%s",
					in_dir(with_dir, one));
	}
	es_unit_commands_run(&u, conf);
	for (int i = 0; i < 20; i++) {
		char name[32], want[32];

		snprintf(name, sizeof(name), "c%d/stdout", i);
		snprintf(want, sizeof(want), "%d\n", i);
		es_unit_says(&u, name, want);
	}
	ck_assert_uint_eq(es_texts_count(u.texts), 60);
	es_unit_commands_dispose(&u);
}
END_TEST

static const char lasting[] =
	"[command a]\n"
	"run = echo $$ >@/a; trap '' TERM HUP; sleep 50; sleep 50\n"
	"shell = yes\n"
	"timeout = 50\n"
	"[command b]\n"
	"run = setsid sh -c 'sleep 50 & echo $$ >@/b; wait' & wait\n"
	"shell = yes\n"
	"timeout = 50\n"
	"[command c]\n"
	"run = sh -c 'echo $$ >@/c; exec sleep 50' & exit\n"
	"shell = yes\n"
	"timeout = 50\n";

START_TEST(free_ends_all)
{
	struct es_unit_commands u = { 0 };
	char conf[2048];
	pid_t pids[3];

	es_unit_commands_start(&u, in_dir(conf, lasting));
	pids[0] = es_unit_pid("a");
	pids[1] = es_unit_pid("b");
	pids[2] = es_unit_pid("c");
	es_unit_commands_dispose(&u);
	for (size_t i = 0; i < es_lengthof(pids); i++)
		ck_assert(es_unit_is_gone(pids[i]));
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* Nothing outlives the program, however it ends. */
START_TEST(killed_one_leaves_nothing)
{
	char conf[2048];
	pid_t pids[3];
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct es_unit_commands u = { 0 };

		es_unit_commands_start(&u, in_dir(conf, lasting));
		es_unit_commands_finish(&u);
		_exit(1);
	}
	pids[0] = es_unit_pid("a");
	pids[1] = es_unit_pid("b");
	pids[2] = es_unit_pid("c");
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	for (size_t i = 0; i < es_lengthof(pids); i++)
		ck_assert(es_unit_is_gone(pids[i]));
}
END_TEST

/* Our children, by number. */
static pid_t first_child(void)
{
	FILE *f = fopen("/proc/thread-self/children", "r");
	char text[64] = "";

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	fclose(f);
	return (pid_t)strtol(text, NULL, 10);
}

/* What was lost with the keeper is unread; what was done is there. */
START_TEST(killed_keeper_is_survived)
{
	struct es_unit_commands u = { 0 };
	char conf[2048];
	pid_t pid;

	es_unit_commands_start(&u, in_dir(conf,
					  "[command quick]\n"
					  "run = echo quick\n"
					  "[command slow]\n"
					  "run = echo $$ >@/a; exec sleep 50\n"
					  "shell = yes\n"));
	pid = es_unit_pid("a");
	nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	kill(first_child(), SIGKILL);
	es_unit_commands_finish(&u);
	es_unit_keeps(&u, "slow/stdout", EIO);
	es_unit_keeps(&u, "slow/stderr", 0);
	es_unit_keeps(&u, "slow/status", 0);
	ck_assert(!es_commands_ran(u.commands, "slow"));
	ck_assert(es_unit_is_gone(pid));
	es_unit_commands_dispose(&u);
}
END_TEST

/* A caller that ignores its children, has no standard descriptors, and whose
 * lock is not to be held by anybody else. */
START_TEST(odd_callers)
{
	struct es_unit_commands u = { 0 };
	struct es_text t;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGCHLD, SIG_IGN);
		for (int fd = 0; fd <= 2; fd++)
			close(fd);
		es_unit_commands_run(&u, "[command x]\nrun = echo x; echo y "
					 ">&2\nshell = yes\n");
		_exit(!es_unit_text(&u, "x/stdout", &t) || !t.data ||
		      strcmp(t.data, "x\n") != 0 ||
		      !es_unit_text(&u, "x/stderr", &t) || !t.data ||
		      strcmp(t.data, "y\n") != 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(keeper_holds_nothing_open)
{
	struct es_unit_commands u = { 0 };
	int fds[2];
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	es_unit_commands_start(&u, "[command x]\nrun = sleep 1\n");
	close(fds[1]);
	/* The end comes before the command's. */
	ck_assert_int_eq(read(fds[0], &byte, 1), 0);
	ck_assert_int_ne(waitpid(-1, NULL, WNOHANG), -1);
	es_unit_commands_finish(&u);
	es_unit_says(&u, "x/status", "exit 0\n");
	close(fds[0]);
	es_unit_commands_dispose(&u);
}
END_TEST

/* The keeper's work in this very process, where tools that look at a program
 * from inside see it. */
START_TEST(keeper_in_our_hands)
{
	static char sh[] = "sh", c[] = "-c", path[] = "PATH=/usr/bin:/bin";
	static char lines[][96] = {
		"echo a; echo b >&2; exit 7",
		"trap '' TERM; sleep 50; sleep 50",
		"sleep 50 & echo held",
		"yes",
		"sleep 0.2; kill -SEGV $$",
		"setsid sleep 50 >/dev/null 2>&1 & exit 0",
	};
	char *envp[] = { path, NULL };
	char *argv[es_lengthof(lines)][4];
	struct es_job jobs[es_lengthof(lines) + 1];
	struct es_error err = ES_ERROR_INIT;
	ES_CLEANUP(es_runner_freep) struct es_runner *r = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < es_lengthof(lines); i++) {
		memcpy(argv[i], ((char *[]){ sh, c, lines[i], NULL }),
		       sizeof(argv[i]));
		jobs[i] = (struct es_job){ .path = "/bin/sh",
					   .argv = argv[i],
					   .envp = envp,
					   .cwd = "/",
					   .timeout = 1,
					   .max_output = 64 };
	}
	jobs[es_lengthof(lines)] = jobs[0];
	jobs[es_lengthof(lines)].path = "/nonexistent";
	ck_assert_int_eq(es_runner_new(&r, jobs, es_lengthof(jobs), &err), 0);
	es_runner_loop(r);
	for (size_t i = 0; i < es_lengthof(jobs); i++)
		ck_assert(r->outcomes[i].done);
	ck_assert(r->outcomes[0].exited);
	ck_assert_int_eq(WEXITSTATUS(r->outcomes[0].status), 7);
	ck_assert_int_eq(es_runner_output(r, 0, 0, &b), 0);
	ck_assert_int_eq(es_runner_output(r, 0, 1, &b), 0);
	ck_assert_str_eq(b.data, "a\nb\n");
	ck_assert(r->outcomes[1].timed_out);
	ck_assert(r->outcomes[2].held);
	ck_assert(r->outcomes[2].exited);
	ck_assert(r->outcomes[3].flooded);
	ck_assert_int_eq(WTERMSIG(r->outcomes[4].status), SIGSEGV);
	ck_assert_int_eq(r->outcomes[5].status, 0);
	ck_assert_int_eq(r->outcomes[6].stage, ES_JOB_EXECUTE);
	ck_assert_int_eq(r->outcomes[6].error, ENOENT);
	/* Nobody is left. */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("commands_wild");
	TCase *t = tcase_create("commands_wild");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, enter, leave);
	tcase_add_test(t, hanging_one_is_ended);
	tcase_add_test(t, flooding_one_is_killed);
	tcase_add_test(t, long_output_is_cut);
	tcase_add_test(t, daemons_do_not_stay);
	tcase_add_test(t, many_run_at_once);
	tcase_add_test(t, free_ends_all);
	tcase_add_test(t, killed_one_leaves_nothing);
	tcase_add_test(t, killed_keeper_is_survived);
	tcase_add_test(t, odd_callers);
	tcase_add_test(t, keeper_holds_nothing_open);
	tcase_add_test(t, keeper_in_our_hands);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
