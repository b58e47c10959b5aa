/* SPDX-License-Identifier: MIT */
/* test_linefilter.c - unit tests of dropped, rewritten and sorted lines */
#include "config.h"

#include "etcsnap/linefilter.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

struct es_case {
	const char *drop[3];
	const char *replace[4];
	int sort;
	const char *text;
	const char *want;
};

static struct es_linefilter *make(const struct es_case *c)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_linefilter *f = NULL;

	ck_assert_int_eq(es_linefilter_new(&f, &err), 0);
	for (size_t i = 0; c->drop[i]; i++) {
		ck_assert_int_eq(es_linefilter_check(c->drop[i], &err), 0);
		ck_assert_int_eq(es_linefilter_drop(f, c->drop[i], &err), 0);
	}
	for (size_t i = 0; c->replace[i]; i++) {
		int rc = es_linefilter_check_replace(c->replace[i], &err);

		ck_assert_msg(rc == 0, "%s", err.msg);
		ck_assert_int_eq(es_linefilter_replace(f, c->replace[i], &err),
				 0);
	}
	if (c->sort)
		es_linefilter_sort(f);
	return f;
}

static const struct es_case cases[] = {
	{ { 0 }, { 0 }, 0, "", "" },
	{ { 0 }, { 0 }, 0, "a\nb", "a\nb" },
	{ { 0 }, { 0 }, 0, "\n\n", "\n\n" },
	{ { 0 }, { 0 }, 1, "", "" },
	{ { 0 }, { 0 }, 1, "b\na", "a\nb\n" },
	{ { 0 }, { 0 }, 1, "b\n\na\nb\nab\n", "\na\nab\nb\nb\n" },
	{ { 0 }, { 0 }, 1, "b\n\xff\nB\n", "B\nb\n\xff\n" },
	{ { "^a" }, { 0 }, 0, "a\nba\nab\nc", "ba\nc" },
	{ { "a$" }, { 0 }, 0, "a\nb", "b" },
	{ { "a$" }, { 0 }, 0, "b\na", "b\n" },
	{ { "^$" }, { 0 }, 0, "\na\n\n", "a\n" },
	{ { "a", "b" }, { 0 }, 0, "a\nb\nc\n", "c\n" },
	{ { "." }, { 0 }, 0, "a\nb\n", "" },
	{ { "(?i)ABC" }, { 0 }, 0, "xabcx\nabd\n", "abd\n" },
	/* lines of DOS end before their \r, which stays */
	{ { "^a \\d+$" }, { 0 }, 0, "a 1\r\na\r\na 2\na 3\r\n", "a\r\n" },
	{ { "^$" }, { "$ => !" }, 0, "\r\na\r\n\r\nb", "a!\r\nb!" },
	{ { 0 }, { "\r => x" }, 1, "b\r\r\na\r", "ax\nbx\r\n" },
	/* a line at a time, whatever the expression says */
	{ { "(?s)a.b" }, { 0 }, 0, "a\nb\n", "a\nb\n" },
	{ { 0 }, { "[0-9]+ => N" }, 0, "a12b3\n4\nx\n", "aNbN\nN\nx\n" },
	{ { 0 }, { "[0-9] =>" }, 0, "a1b2\n", "ab\n" },
	{ { 0 }, { "[0-9] => " }, 0, "a1b2\n", "ab\n" },
	{ { 0 }, { "(a)(b)? => <$1-$2>" }, 0, "ab a\n", "<a-b> <a->\n" },
	{ { 0 }, { "(?<n>a) => ${n}${n}" }, 0, "ab\n", "aab\n" },
	{ { 0 }, { "^ => > " }, 0, "a\nb\n", "> a\n> b\n" },
	{ { 0 }, { "$ => \\x21" }, 0, "a\nb", "a!\nb!" },
	{ { 0 }, { "a => $$" }, 0, "a\n", "$\n" },
	{ { 0 }, { "x => y => z" }, 0, "x\n", "y => z\n" },
	{ { 0 }, { "a=>b => c" }, 0, "a=>b\n", "c\n" },
	/* in their order, each on what the one before left */
	{ { 0 }, { "a => b", "b => c", "c => d" }, 0, "abc\n", "ddd\n" },
	/* drop sees the original, sort the result */
	{ { "9" }, { "1 => 9", "a => z" }, 1, "a\nb1\n9\n", "b9\nz\n" },
};

START_TEST(filters)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	ES_CLEANUP(es_linefilter_freep)
	struct es_linefilter *f = make(&cases[_i]);

	es_buf_adds(&out, "old");
	ck_assert_int_eq(es_linefilter_apply(f, &out, cases[_i].text,
					     strlen(cases[_i].text)),
			 0);
	ck_assert_str_eq(es_buf_str(&out), cases[_i].want);
	ck_assert_uint_eq(out.len, strlen(cases[_i].want));
}
END_TEST

START_TEST(passes_any_bytes)
{
	static const char text[] = "b\0c\n\0\n\xff\xfe\n\x1b[0m\na\0b";
	static const char want[] = "\0\n\x1b[0m\na\0b\nb\0X\n\xff\xfe\n";
	static const struct es_case c = {
		{ "^never" }, { "c => X" }, 1, NULL, NULL
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	ES_CLEANUP(es_linefilter_freep) struct es_linefilter *f = make(&c);

	ck_assert_int_eq(es_linefilter_apply(f, &out, text, sizeof(text) - 1),
			 0);
	ck_assert_uint_eq(out.len, sizeof(want) - 1);
	ck_assert_mem_eq(out.data, want, out.len);
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "a", "not of the form REGEX => TEXT" },
	{ "", "not of the form" },
	{ " => b", "not of the form" },
	{ "a=>b", "not of the form" },
	{ "a =>b", "not of the form" },
	{ "( => b", "missing closing parenthesis" },
	{ "a => $1", "unknown substring" },
	{ "a => $", "replacement string" },
	{ "a => ${1", "closing curly bracket" },
	{ "(a) => $2", "unknown substring" },
};

START_TEST(refuses_replacements)
{
	struct es_error err = ES_ERROR_INIT;
	ES_CLEANUP(es_linefilter_freep) struct es_linefilter *f = NULL;

	ck_assert_int_eq(es_linefilter_check_replace(bad[_i].text, &err),
			 -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_msg(strstr(err.msg, bad[_i].why) != NULL, "%s", err.msg);
	ck_assert_int_eq(es_linefilter_new(&f, &err), 0);
	ck_assert_int_eq(es_linefilter_replace(f, bad[_i].text, &err), -EINVAL);
}
END_TEST

START_TEST(refuses_expressions)
{
	static const char *const regexes[] = { "(",	 "[a",	    "*",
					       "a{2,1}", "(*UTF)a", "\\C" };
	struct es_error err = ES_ERROR_INIT;
	ES_CLEANUP(es_linefilter_freep) struct es_linefilter *f = NULL;

	ck_assert_int_eq(es_linefilter_new(&f, &err), 0);
	for (size_t i = 0; i < es_lengthof(regexes); i++) {
		ck_assert_int_eq(es_linefilter_check(regexes[i], &err),
				 -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.msg, "at character"));
		ck_assert_int_eq(es_linefilter_drop(f, regexes[i], &err),
				 -EINVAL);
	}
}
END_TEST

/* What takes for ever is left as it is and counted, the rest is done. */
START_TEST(gives_up_on_a_line)
{
	static const struct es_case drop = {
		{ "^(a|a)+$" }, { "x => y" }, 0, NULL, NULL
	};
	static const struct es_case replace = {
		{ 0 }, { "^(a|a)+$ => N", "x => y" }, 0, NULL, NULL
	};
	static const char text[] =
		"x1\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac x\nx2\n";
	static const char want[] =
		"y1\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac x\ny2\n";
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	ES_CLEANUP(es_linefilter_freep)
	struct es_linefilter *f = make(_i ? &replace : &drop);

	ck_assert_int_eq(es_linefilter_apply(f, &out, text, sizeof(text) - 1),
			 1);
	ck_assert_str_eq(out.data, want);
}
END_TEST

/* A replacement may not blow a line up without end. */
START_TEST(bounds_growth)
{
	static const struct es_case once = {
		{ 0 }, { "a => bbbbbbbb" }, 0, NULL, NULL
	};
	static const struct es_case often = {
		{ 0 }, { "b => cccccccccc", "c => dddddddddd" }, 0, NULL, NULL
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_linefilter_freep) struct es_linefilter *f = make(&once);
	ES_CLEANUP(es_linefilter_freep) struct es_linefilter *g = make(&often);
	size_t len = (size_t)2 << 20;
	ES_CLEANUP(es_freep) char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, 'a', len);
	ck_assert_int_eq(es_linefilter_apply(f, &out, text, len), 0);
	ck_assert_uint_eq(out.len, 8 * len);
	ck_assert_int_eq(out.data[out.len - 1], 'b');
	memset(text, 'b', len);
	ck_assert_int_eq(es_linefilter_apply(g, &out, text, len), 1);
	ck_assert_uint_eq(out.len, len);
	out.max = 1000;
	ck_assert_int_eq(es_linefilter_apply(g, &out, text, len), -EFBIG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("linefilter");
	TCase *t = tcase_create("linefilter");

	tcase_add_loop_test(t, filters, 0, es_lengthof(cases));
	tcase_add_test(t, passes_any_bytes);
	tcase_add_loop_test(t, refuses_replacements, 0, es_lengthof(bad));
	tcase_add_test(t, refuses_expressions);
	tcase_add_loop_test(t, gives_up_on_a_line, 0, 2);
	tcase_add_test(t, bounds_growth);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
