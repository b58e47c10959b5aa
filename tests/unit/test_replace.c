/* SPDX-License-Identifier: MIT */
/* test_replace.c - a file is replaced whole or not at all */
#include "config.h"

#include "etcsnap/buf.h"
#include "etcsnap/fileio.h"
#include "etcsnap/replace.h"

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char where[64];

static void setup(void)
{
	es_unit_enter_dir(where);
}

static void teardown(void)
{
	es_unit_leave_dir(where);
}

static void is_file(const char *path, const char *want, mode_t mode)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct stat st;

	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, path, &err), 0);
	ck_assert_str_eq(es_buf_str(&b), want);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | mode);
}

static int entries(void)
{
	DIR *d = opendir(".");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

START_TEST(replace_puts_it_in_place)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };
	struct es_error err = ES_ERROR_INIT;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(es_replace_begin(&r, "f", 0640, &err), 0);
		fprintf(r.file, "new %d", i);
		ck_assert_int_eq(es_replace_commit(&r, &err), 0);
		ck_assert_ptr_null(r.file);
		es_replace_dispose(&r);
		is_file("f", i ? "new 1" : "new 0", 0640);
	}
	ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(replace_without_a_commit_leaves_nothing)
{
	struct es_replace r = { 0 };
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_write_file("f", "old", 3, 0600, &err), 0);
	ck_assert_int_eq(es_replace_begin(&r, "f", 0600, &err), 0);
	fputs("new", r.file);
	fflush(r.file);
	ck_assert_int_eq(entries(), 2);
	is_file("f", "old", 0600);
	es_replace_dispose(&r);
	es_replace_dispose(&r);
	is_file("f", "old", 0600);
	ck_assert_int_eq(entries(), 1);
}
END_TEST

/* Also when the write that failed was not looked at. */
START_TEST(replace_that_fails_leaves_the_old)
{
	const struct rlimit small = { 4096, RLIM_INFINITY };
	struct es_replace r = { 0 };
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_write_file("f", "old", 3, 0600, &err), 0);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert_int_eq(es_replace_begin(&r, "f", 0600, &err), 0);
	for (int i = 0; i < 5000 * (_i ? 100 : 1); i++)
		putc('x', r.file);
	ck_assert_int_lt(es_replace_commit(&r, &err), 0);
	/* which of the two depends on when the stream's buffer was full */
	ck_assert(err.code == -EFBIG || err.code == -EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "'f'"));
	es_replace_dispose(&r);
	is_file("f", "old", 0600);
	ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(replace_refuses_what_is_no_file)
{
	struct es_replace r = { 0 };
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ck_assert_int_eq(symlink("/dev/null", "link"), 0);
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(es_replace_begin(&r, "fifo", 0600, &err), -EINVAL);
	ck_assert_ptr_null(r.file);
	err = (struct es_error)ES_ERROR_INIT;
	ck_assert_int_eq(es_replace_begin(&r, "link", 0600, &err), -EINVAL);
	err = (struct es_error)ES_ERROR_INIT;
	ck_assert_int_eq(es_replace_begin(&r, "no/f", 0600, &err), -ENOENT);
	err = (struct es_error)ES_ERROR_INIT;
	ck_assert_int_eq(es_replace_begin(&r, "d", 0600, &err), 0);
	ck_assert_int_eq(es_replace_commit(&r, &err), -EISDIR);
	es_replace_dispose(&r);
	ck_assert_int_eq(entries(), 3);
}
END_TEST

START_TEST(replace_replaces_a_link_and_not_its_target)
{
	struct es_replace r = { 0 };
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_write_file("target", "old", 3, 0600, &err), 0);
	ck_assert_int_eq(symlink("target", "f"), 0);
	ck_assert_int_eq(es_replace_begin(&r, "f", 0600, &err), 0);
	fputs("new", r.file);
	ck_assert_int_eq(es_replace_commit(&r, &err), 0);
	es_replace_dispose(&r);
	is_file("f", "new", 0600);
	is_file("target", "old", 0600);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("replace");
	TCase *t = tcase_create("replace");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, replace_puts_it_in_place);
	tcase_add_test(t, replace_without_a_commit_leaves_nothing);
	tcase_add_loop_test(t, replace_that_fails_leaves_the_old, 0, 2);
	tcase_add_test(t, replace_refuses_what_is_no_file);
	tcase_add_test(t, replace_replaces_a_link_and_not_its_target);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
