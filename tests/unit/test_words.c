/* SPDX-License-Identifier: MIT */
/* test_words.c - unit tests of command lines */
#include "config.h"

#include "etcsnap/words.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *line;
	const char *want; /* words, each with a | after it */
} good[] = {
	{ "ls", "ls|" },
	{ "  ls \t -l  ", "ls|-l|" },
	{ "a 'b c' d", "a|b c|d|" },
	{ "a \"b c\" d", "a|b c|d|" },
	{ "a b\\ c", "a|b c|" },
	{ "a ''", "a||" },
	{ "a \"\" b", "a||b|" },
	{ "a 'b'\"c\"d\\e", "a|bcde|" },
	{ "a '\\'", "a|\\|" },
	{ "a \"\\\"\\\\\\$\\`\\n\"", "a|\"\\$`\\n|" },
	{ "a \"'\" '\"'", "a|'|\"|" },
	{ "a '$HOME' '|' \\; \"(x)\"", "a|$HOME|||;|(x)|" },
	{ "find / -name *.conf ~ [a] # {}", "find|/|-name|*.conf|~|[a]|#|{}|" },
	{ "a=b --x=y", "a=b|--x=y|" },
	{ "caf\xc3\xa9 \xff", "caf\xc3\xa9|\xff|" },
};

START_TEST(splits)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	size_t n = 0, ends = 0;
	int rc;

	es_buf_add(&b, "before", 7);
	rc = es_words_split(&b, &n, good[_i].line, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	for (size_t i = 7; i < b.len; i++) {
		ends += b.data[i] == '\0';
		if (!b.data[i])
			b.data[i] = '|';
	}
	ck_assert_str_eq(b.data + 7, good[_i].want);
	ck_assert_uint_eq(n, ends);
}
END_TEST

static const struct {
	const char *line;
	const char *why;
} bad[] = {
	{ "", "names no program" },
	{ " \t ", "names no program" },
	{ "'' a", "names no program" },
	{ "a 'b", "a ' is not closed" },
	{ "a \"b\\\"", "a \" is not closed" },
	{ "a b\\", "backslash at the end" },
	{ "a | b", "'|' is for a shell; say shell = yes" },
	{ "a; b", "';' is for a shell" },
	{ "a && b", "'&' is for a shell" },
	{ "a >b", "'>' is for a shell" },
	{ "a <b", "'<' is for a shell" },
	{ "a $HOME", "'$' is for a shell" },
	{ "a `b`", "'`' is for a shell" },
	{ "(a)", "'(' is for a shell" },
};

START_TEST(refuses)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	size_t n = 77;

	ck_assert_int_eq(es_words_split(&b, &n, bad[_i].line, &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_msg(strstr(err.msg, bad[_i].why) != NULL, "%s", err.msg);
	ck_assert_uint_eq(n, 77);
}
END_TEST

START_TEST(has_a_ceiling)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(8);
	struct es_error err = ES_ERROR_INIT;
	size_t n;

	ck_assert_int_eq(es_words_split(&b, &n, "1234567", &err), 0);
	es_buf_reset(&b);
	ck_assert_int_eq(es_words_split(&b, &n, "12345678", &err), -EFBIG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("words");
	TCase *t = tcase_create("words");

	tcase_add_loop_test(t, splits, 0, es_lengthof(good));
	tcase_add_loop_test(t, refuses, 0, es_lengthof(bad));
	tcase_add_test(t, has_a_ceiling);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
