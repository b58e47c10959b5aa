/* SPDX-License-Identifier: MIT */
/* test_width.c - unit tests of columns on a terminal */
#include "config.h"

#include "etcsnap/width.h"

#include "unit.h"

#include <string.h>

static const struct {
	const char *text;
	size_t columns;
	const char *start;
	const char *end;
} fits[] = {
	{ "abc", 3, "abc", "abc" },
	{ "abcd", 3, "ab\xe2\x80\xa6",
	  "\xe2\x80\xa6"
	  "cd" },
	{ "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 3, "\xc3\xa4\xc3\xb6\xe2\x80\xa6",
	  "\xe2\x80\xa6\xc3\xbc\xc3\x9f" },
	/* two columns each */
	{ "\xe6\xbc\xa2\xe5\xad\x97", 4, "\xe6\xbc\xa2\xe5\xad\x97",
	  "\xe6\xbc\xa2\xe5\xad\x97" },
	{ "\xe6\xbc\xa2\xe5\xad\x97", 3, "\xe6\xbc\xa2\xe2\x80\xa6",
	  "\xe2\x80\xa6\xe5\xad\x97" },
	{ "", 3, "", "" },
};

START_TEST(texts_are_cut_by_columns)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);

	ck_assert_uint_eq(es_width_fit(&b, fits[_i].text, strlen(fits[_i].text),
				       fits[_i].columns),
			  es_width(fits[_i].start, strlen(fits[_i].start)));
	ck_assert_str_eq(es_buf_str(&b), fits[_i].start);
	es_buf_reset(&b);
	es_width_fit_end(&b, fits[_i].text, strlen(fits[_i].text),
			 fits[_i].columns);
	ck_assert_str_eq(es_buf_str(&b), fits[_i].end);
}
END_TEST

/* What is no character counts a column a byte. */
START_TEST(columns_of_bytes)
{
	ck_assert_uint_eq(es_width("a\xff\xc3", 3), 3);
	ck_assert_uint_eq(es_width("\xe6\xbc\xa2", 3), 2);
	ck_assert_uint_eq(es_width("e\xcc\x81", 3), 1);
	ck_assert_uint_eq(es_width("", 0), 0);
	ck_assert_uint_eq(es_width_bytes("\xc3\xa4\xc3\xb6", 4, 1), 2);
	ck_assert_uint_eq(es_width_bytes("\xe6\xbc\xa2\xe5\xad\x97", 6, 3), 3);
	ck_assert_uint_eq(es_width_bytes("ab", 2, 3), 2);
}
END_TEST

START_TEST(lines_are_filled)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(256);

	es_buf_adds(&b, "before\n\xc3\xa4");
	es_width_fill(&b, strlen("before\n"), 3);
	es_buf_addc(&b, '|');
	es_width_fill(&b, strlen("before\n"), 2);
	ck_assert_str_eq(es_buf_str(&b), "before\n\xc3\xa4  |");
	es_buf_reset(&b);
	ck_assert_int_eq(es_width_pad(&b, "ab", 2, 4), 0);
	es_width_pad(&b, "abcdef", 6, 4);
	ck_assert_str_eq(es_buf_str(&b), "ab  abc\xe2\x80\xa6");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("width");
	TCase *t = tcase_create("width");

	tcase_add_loop_test(t, texts_are_cut_by_columns, 0, es_lengthof(fits));
	tcase_add_test(t, columns_of_bytes);
	tcase_add_test(t, lines_are_filled);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
