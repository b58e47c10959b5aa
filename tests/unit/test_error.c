/* SPDX-License-Identifier: MIT */
/* test_error.c - unit tests of the error object */
#include "config.h"

#include "etcsnap/error.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

START_TEST(fills_code_fault_and_text)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(err.fault, ES_FAULT_NONE);
	ck_assert_int_eq(es_fail(&err, -ENOENT, "no '%s' %d", "x", 7), -ENOENT);
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_int_eq(err.fault, ES_FAULT_FAILED);
	ck_assert_str_eq(err.msg, "no 'x' 7");

	ck_assert_int_eq(es_fail_config(&err, "line %d", 3), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_str_eq(err.msg, "line 3");

	ck_assert_int_eq(es_fail_locked(&err, "held"), -EBUSY);
	ck_assert_int_eq(err.fault, ES_FAULT_LOCKED);

	ck_assert_int_eq(es_fail_oom(&err), -ENOMEM);
	ck_assert_int_eq(err.fault, ES_FAULT_FAILED);
	ck_assert_str_eq(err.msg, "out of memory");
}
END_TEST

START_TEST(errno_gives_code_and_reason)
{
	struct es_error err = ES_ERROR_INIT;

	errno = EACCES;
	ck_assert_int_eq(es_fail_errno(&err, "cannot open '%s'", "f"), -EACCES);
	ck_assert_int_eq(err.code, -EACCES);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_str_eq(err.msg, "cannot open 'f': Permission denied");

	/* A failure must not come out as 0. */
	errno = 0;
	ck_assert_int_eq(es_fail_errno(&err, "odd"), -EIO);
}
END_TEST

START_TEST(errno_reason_survives_a_long_text)
{
	struct es_error err = ES_ERROR_INIT;
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	errno = ENOSPC;
	es_fail_errno(&err, "%s", text);
	ck_assert_ptr_nonnull(strstr(err.msg, "...: No space left on device"));
}
END_TEST

START_TEST(wrap_puts_the_outermost_first)
{
	struct es_error err = ES_ERROR_INIT;

	es_fail_locked(&err, "reason");
	ck_assert_int_eq(es_wrap(&err, "file '%s'", "a"), -EBUSY);
	ck_assert_int_eq(es_wrap(&err, "store"), -EBUSY);
	ck_assert_str_eq(err.msg, "store: file 'a': reason");
	ck_assert_int_eq(err.fault, ES_FAULT_LOCKED);
}
END_TEST

START_TEST(wrap_keeps_the_cause_readable)
{
	struct es_error err = ES_ERROR_INIT;
	char text[3000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	es_fail(&err, -EIO, "the cause");
	es_wrap(&err, "%s", text);
	ck_assert_ptr_nonnull(strstr(err.msg, "...: the cause"));
	for (int i = 0; i < 5; i++)
		es_wrap(&err, "%s", text);
	ck_assert_uint_lt(strlen(err.msg), sizeof(err.msg));
	ck_assert_int_eq(err.code, -EIO);
}
END_TEST

/* @_i: bytes before the two-byte characters, so that every cut is met. */
START_TEST(cut_respects_utf8)
{
	struct es_error err = ES_ERROR_INIT;
	char text[3000] = "aaa";
	size_t at = (size_t)_i;

	for (; at + 3 < sizeof(text); at += 3)
		memcpy(text + at, "€", 3);
	es_fail(&err, -EIO, "%s", text);
	size_t len = strlen(err.msg);
	ck_assert_uint_le(len, sizeof(err.msg) - 1);
	ck_assert_uint_ge(len, sizeof(err.msg) - 4);
	ck_assert_str_eq(err.msg + len - 3, "...");
	ck_assert_uint_eq((len - 3 - (size_t)_i) % 3, 0);
}
END_TEST

static Suite *error_suite(void)
{
	Suite *s = suite_create("error");
	TCase *tc = tcase_create("error");

	tcase_add_test(tc, fills_code_fault_and_text);
	tcase_add_test(tc, errno_gives_code_and_reason);
	tcase_add_test(tc, errno_reason_survives_a_long_text);
	tcase_add_test(tc, wrap_puts_the_outermost_first);
	tcase_add_test(tc, wrap_keeps_the_cause_readable);
	tcase_add_loop_test(tc, cut_respects_utf8, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(error_suite());
}
