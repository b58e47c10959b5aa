/* SPDX-License-Identifier: MIT */
/* test_spawn.c - unit tests of running one program to its end */
#include "config.h"

#include "etcsnap/spawn.h"

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* A line of shell; what it prints is added to @out. */
static int shell(const char *line, struct es_buf *out, struct es_error *err)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	const struct es_spawn job = { .argv = argv, .out = out, .seconds = 20 };

	return es_spawn_run(&job, err);
}

static const struct {
	const char *line;
	int rc;
	const char *out;
} lines[] = {
	{ "echo hello", 0, "hello\n" },
	{ "exit 7", 7, "" },
	{ "exit 255", 255, "" },
	{ "echo to err >&2", 0, "" },
	{ "cat", 0, "" },
	{ "kill -9 $$", -EINTR, "" },
	{ "kill -15 $$", -EINTR, "" },
	{ "exec >&- 2>&-; sleep 0.1; exit 3", 3, "" },
	/* what it leaves behind does not keep us */
	{ "sleep 30 & echo x", 0, "x\n" },
};

START_TEST(lines_end_as_they_say)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(shell(lines[_i].line, &out, &err), lines[_i].rc);
	ck_assert_str_eq(es_buf_str(&out), lines[_i].out);
	ck_assert_int_eq(err.code, lines[_i].rc < 0 ? lines[_i].rc : 0);
}
END_TEST

START_TEST(program_is_looked_for)
{
	const char *const missing[] = { "no-such-program-at-all", NULL };
	const char *const absolute[] = { "/bin/sh", "-c", "exit 4", NULL };
	const char *const directory[] = { "/", NULL };
	struct es_spawn job = { .argv = missing, .seconds = 5 };
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_spawn_run(&job, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "no-such-program-at-all is not installed");
	job.argv = absolute;
	ck_assert_int_eq(es_spawn_run(&job, &err), 4);
	job.argv = directory;
	ck_assert_int_lt(es_spawn_run(&job, &err), 0);
}
END_TEST

START_TEST(input_and_file_are_read_whole)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf big = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	const char *const argv[] = { "sh", "-c", "cat - /dev/fd/3 /dev/fd/3",
				     NULL };
	struct es_error err = ES_ERROR_INIT;

	for (int i = 0; i < 200000; i++)
		es_buf_addc(&big, (char)(i * 7));

	const struct es_spawn job = { .argv = argv,
				      .input = big.data,
				      .input_len = big.len,
				      .file = big.data,
				      .file_len = 1000,
				      .out = &out,
				      .seconds = 20 };

	ck_assert_int_eq(es_spawn_run(&job, &err), 0);
	ck_assert_uint_eq(out.len, big.len + 2000);
	ck_assert_mem_eq(out.data, big.data, big.len);
	ck_assert_mem_eq(out.data + big.len, big.data, 1000);
	ck_assert_mem_eq(out.data + big.len + 1000, big.data, 1000);
}
END_TEST

START_TEST(environment_is_clean)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	static const char *const pass[] = { "ES_PASSED", "ES_NOT_SET", NULL };
	const char *const argv[] = { "env", NULL };
	const struct es_spawn job = {
		.argv = argv, .pass = pass, .out = &out, .seconds = 20
	};
	struct es_error err = ES_ERROR_INIT;

	setenv("ES_PASSED", "a b", 1);
	setenv("ES_HELD_BACK", "secret", 1);
	unsetenv("ES_NOT_SET");
	ck_assert_int_eq(es_spawn_run(&job, &err), 0);
	ck_assert_ptr_nonnull(strstr(out.data, "ES_PASSED=a b\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "LC_ALL=C\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "PATH=/usr/local/sbin:"));
	ck_assert_ptr_null(strstr(out.data, "secret"));
	ck_assert_ptr_null(strstr(out.data, "ES_NOT_SET"));
	ck_assert_ptr_null(strstr(out.data, "HOME="));
}
END_TEST

START_TEST(nothing_else_is_inherited)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	struct es_error err = ES_ERROR_INIT;
	const int fd = dup(0);

	/* ls has its own on the directory that it lists */
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(shell("ls /proc/self/fd", &out, &err), 0);
	ck_assert_str_eq(es_buf_str(&out), "0\n1\n2\n3\n");
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(shell("kill -PIPE $$", &out, &err), -EINTR);
	close(fd);
}
END_TEST

START_TEST(closed_descriptors_do_not_matter)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	const char *const argv[] = { "cat", "-", "/dev/fd/3", NULL };
	const struct es_spawn job = { .argv = argv,
				      .input = "in",
				      .input_len = 2,
				      .file = "file",
				      .file_len = 4,
				      .out = &out,
				      .seconds = 20 };
	struct es_error err = ES_ERROR_INIT;
	const int saved = dup(1);
	int rc;

	close(0);
	close(1);
	rc = es_spawn_run(&job, &err);
	dup2(saved, 1);
	close(saved);
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(es_buf_str(&out), "infile");
}
END_TEST

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

START_TEST(deadline_ends_it)
{
	/* deaf to all that can be ignored, with a child in its session */
	const char *const argv[] = {
		"sh", "-c", "trap '' TERM HUP INT; sleep 100; sleep 100", NULL
	};
	const struct es_spawn job = { .argv = argv, .seconds = 1 };
	struct es_error err = ES_ERROR_INIT;
	const double begin = now();

	ck_assert_int_eq(es_spawn_run(&job, &err), -ETIMEDOUT);
	ck_assert_str_eq(err.msg, "sh did not end within 1 seconds");
	ck_assert_double_lt(now() - begin, 10);
}
END_TEST

START_TEST(flood_is_cut)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1000);
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(1000);
	const char *const argv[] = { "sh", "-c",
				     "head -c 100000 /dev/zero; "
				     "head -c 100000 /dev/zero >&2",
				     NULL };
	struct es_spawn job = { .argv = argv,
				.complaint = &said,
				.seconds = 20 };
	struct es_error err = ES_ERROR_INIT;

	/* complaints that nobody can read are no failure */
	ck_assert_int_eq(es_spawn_run(&job, &err), 0);
	job.out = &out;
	ck_assert_int_eq(es_spawn_run(&job, &err), -EFBIG);
}
END_TEST

START_TEST(no_descriptors_left_is_told)
{
	struct rlimit few, before;
	const char *const argv[] = { "true", NULL };
	const struct es_spawn job = { .argv = argv, .seconds = 5 };
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 4;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(es_spawn_run(&job, &err), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

static const struct {
	const char *said;
	const char *reason;
} reasons[] = {
	{ "", "" },
	{ "\n\n", "" },
	{ "No such file.\n", "No such file" },
	{ "one\r\n  two.\n\nthree", "one, two, three" },
	{ "@@@@@@@@\n@ WARNING @\n@@@@\nToo open.\n", "Too open" },
	{ "a\033[31mb\n", "a\\x1b[31mb" },
};

START_TEST(reason_is_one_line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(4096);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	es_buf_adds(&said, reasons[_i].said);
	ck_assert_int_eq(es_spawn_reason(&out, &said), 0);
	ck_assert_str_eq(es_buf_str(&out), reasons[_i].reason);
}
END_TEST

START_TEST(reason_is_short)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);

	for (int i = 0; i < 100; i++)
		es_buf_adds(&said, "ten bytes \n");
	ck_assert_int_eq(es_spawn_reason(&out, &said), 0);
	ck_assert_uint_ge(out.len, 300);
	ck_assert_uint_lt(out.len, 400);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spawn");
	TCase *t = tcase_create("spawn");

	tcase_add_loop_test(t, lines_end_as_they_say, 0, es_lengthof(lines));
	tcase_add_test(t, program_is_looked_for);
	tcase_add_test(t, input_and_file_are_read_whole);
	tcase_add_test(t, environment_is_clean);
	tcase_add_test(t, nothing_else_is_inherited);
	tcase_add_test(t, closed_descriptors_do_not_matter);
	tcase_add_test(t, deadline_ends_it);
	tcase_add_test(t, flood_is_cut);
	tcase_add_test(t, no_descriptors_left_is_told);
	tcase_add_loop_test(t, reason_is_one_line, 0, es_lengthof(reasons));
	tcase_add_test(t, reason_is_short);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
