/* SPDX-License-Identifier: MIT */
/* test_buf.c - unit tests of the growable buffer */
#include "config.h"

#include "etcsnap/buf.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

START_TEST(empty_reads_as_empty_string)
{
	struct es_buf b = ES_BUF_INIT(10);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_str_eq(es_buf_str(&b), "");
	ck_assert_int_eq(es_buf_check(&b, &err), 0);
	ck_assert_int_eq(es_buf_add(&b, NULL, 0), 0);
	es_buf_truncate(&b, 0);
	es_buf_reset(&b);
	es_buf_dispose(&b);
}
END_TEST

START_TEST(appends_keep_order_and_nul)
{
	struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_adds(&b, "a");
	es_buf_addc(&b, '\0');
	es_buf_add(&b, "cd", 2);
	es_buf_addf(&b, "%d-%s", 42, "z");
	ck_assert_int_eq(b.failed, 0);
	ck_assert_uint_eq(b.len, 8);
	ck_assert_mem_eq(b.data, "a\0cd42-z\0", 9);
	es_buf_truncate(&b, 3);
	ck_assert_mem_eq(b.data, "a\0c\0", 4);
	es_buf_reset(&b);
	ck_assert_str_eq(es_buf_str(&b), "");
	es_buf_dispose(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.max, ES_BUF_MAX);
}
END_TEST

START_TEST(grows_by_single_bytes)
{
	struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	for (int i = 0; i < 100000; i++)
		es_buf_addc(&b, (char)('a' + i % 26));
	ck_assert_uint_eq(b.len, 100000);
	ck_assert_uint_eq(strlen(b.data), 100000);
	for (size_t i = 0; i < b.len; i++)
		ck_assert_int_eq(b.data[i], 'a' + (char)(i % 26));
	es_buf_dispose(&b);
}
END_TEST

/* @_i: 0 add, 1 adds, 2 addf, 3 reserve */
static const struct {
	uint64_t n;
	unsigned int base, width;
	const char *text;
} numbers[] = {
	{ 0, 10, 1, "0" },
	{ 0, 10, 0, "" },
	{ 7, 10, 1, "7" },
	{ 10, 10, 1, "10" },
	{ 1234567890, 10, 3, "1234567890" },
	{ 42, 10, 9, "000000042" },
	{ 0, 10, 9, "000000000" },
	{ 0755, 8, 4, "0755" },
	{ 07777, 8, 4, "7777" },
	{ 0, 8, 4, "0000" },
	{ 5, 2, 1, "101" },
	{ UINT64_MAX, 10, 1, "18446744073709551615" },
	{ UINT64_MAX, 2, 1,
	  "1111111111111111111111111111111111111111111111111111111111111111" },
};

START_TEST(numbers_as_printf_writes_them)
{
	struct es_buf b = ES_BUF_INIT(100);

	es_buf_adds(&b, "x");
	ck_assert_int_eq(es_buf_addn(&b, numbers[_i].n, numbers[_i].base,
				     numbers[_i].width),
			 0);
	ck_assert_str_eq(es_buf_str(&b) + 1, numbers[_i].text);
	es_buf_dispose(&b);
}
END_TEST

/* Formatted in the room that is there, or in more, or not at all. */
START_TEST(formats_of_every_length)
{
	char want[300];

	memset(want, 'f', sizeof(want));
	for (int len = 0; len < 300; len++) {
		struct es_buf b = ES_BUF_INIT(200);

		es_buf_adds(&b, "before ");
		int rc = es_buf_addf(&b, "%.*s", len, want);
		if (len <= 193) {
			ck_assert_int_eq(rc, 0);
			ck_assert_uint_eq(b.len, 7 + (size_t)len);
			ck_assert_mem_eq(b.data + 7, want, (size_t)len);
			ck_assert_int_eq(b.data[b.len], '\0');
		} else {
			ck_assert_int_eq(rc, -EFBIG);
			ck_assert_str_eq(es_buf_str(&b), "before ");
		}
		es_buf_dispose(&b);
	}
}
END_TEST

START_TEST(ceiling_is_sticky)
{
	struct es_buf b = ES_BUF_INIT(5);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_buf_adds(&b, "12345"), 0);
	if (_i == 0)
		ck_assert_int_eq(es_buf_add(&b, "6", 1), -EFBIG);
	else if (_i == 1)
		ck_assert_int_eq(es_buf_adds(&b, "67"), -EFBIG);
	else if (_i == 2)
		ck_assert_int_eq(es_buf_addf(&b, "%d", 6), -EFBIG);
	else
		ck_assert_ptr_null(es_buf_reserve(&b, 1));
	ck_assert_str_eq(b.data, "12345");

	/* Even what would fit again is refused, until the reset. */
	es_buf_truncate(&b, 0);
	ck_assert_int_eq(es_buf_addc(&b, 'x'), -EFBIG);
	ck_assert_int_eq(es_buf_addf(&b, "x"), -EFBIG);
	ck_assert_ptr_null(es_buf_reserve(&b, 0));
	ck_assert_int_eq(es_buf_check(&b, &err), -EFBIG);
	ck_assert_str_eq(err.msg, "more than 5 bytes");
	es_buf_reset(&b);
	ck_assert_int_eq(es_buf_adds(&b, "ok"), 0);
	ck_assert_str_eq(b.data, "ok");
	es_buf_dispose(&b);
}
END_TEST

START_TEST(ceiling_of_zero_takes_nothing)
{
	struct es_buf b = ES_BUF_INIT(0);

	ck_assert_int_eq(es_buf_add(&b, "", 0), 0);
	ck_assert_int_eq(es_buf_addf(&b, "%s", ""), 0);
	ck_assert_int_eq(es_buf_addc(&b, 'x'), -EFBIG);
	es_buf_dispose(&b);
}
END_TEST

START_TEST(huge_sizes_do_not_wrap)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 2,
					SIZE_MAX / 2 + 1 };
	struct es_buf b = ES_BUF_INIT(SIZE_MAX);

	es_buf_adds(&b, "abc");
	ck_assert_ptr_null(es_buf_reserve(&b, sizes[_i]));
	ck_assert(b.failed == -EFBIG || b.failed == -ENOMEM);
	ck_assert_str_eq(b.data, "abc");
	es_buf_dispose(&b);
}
END_TEST

START_TEST(out_of_memory_is_an_error)
{
	struct es_buf b = ES_BUF_INIT(SIZE_MAX);
	struct es_error err = ES_ERROR_INIT;

	b.failed = -ENOMEM;
	ck_assert_int_eq(es_buf_check(&b, &err), -ENOMEM);
	ck_assert_str_eq(err.msg, "out of memory");
}
END_TEST

START_TEST(reserve_gives_room_to_write)
{
	struct es_buf b = ES_BUF_INIT(4096);

	char *room = es_buf_reserve(&b, 4096);
	ck_assert_ptr_nonnull(room);
	memset(room, 'r', 4096);
	b.len += 4096;
	b.data[b.len] = '\0';
	ck_assert_uint_eq(strlen(es_buf_str(&b)), 4096);
	ck_assert_ptr_nonnull(es_buf_reserve(&b, 0));
	es_buf_dispose(&b);
}
END_TEST

static Suite *buf_suite(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, empty_reads_as_empty_string);
	tcase_add_test(tc, appends_keep_order_and_nul);
	tcase_add_test(tc, grows_by_single_bytes);
	tcase_add_loop_test(tc, numbers_as_printf_writes_them, 0,
			    (int)es_lengthof(numbers));
	tcase_add_test(tc, formats_of_every_length);
	tcase_add_loop_test(tc, ceiling_is_sticky, 0, 4);
	tcase_add_test(tc, ceiling_of_zero_takes_nothing);
	tcase_add_loop_test(tc, huge_sizes_do_not_wrap, 0, 4);
	tcase_add_test(tc, out_of_memory_is_an_error);
	tcase_add_test(tc, reserve_gives_room_to_write);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(buf_suite());
}
