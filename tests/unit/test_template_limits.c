/* SPDX-License-Identifier: MIT */
/* test_template_limits.c - templates that are big, or that never end */
#include "config.h"

#include "template_unit.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static char dir[64];

static void setup(void)
{
	es_unit_enter_dir(dir);
}

static void teardown(void)
{
	es_unit_leave_dir(dir);
}

/* A text before, the same again and again, and what comes of it. */
static const struct {
	const char *text;
	size_t times;
	const char *want; /* part of the message; NULL: it is taken */
} sizes[] = {
	{ "{{#a}}", 64, "section 'a' has no end" },
	{ "{{#a}}", 65, "more than 64 sections in each other" },
	{ "{{a}}", 262143, NULL },
	{ "{{a}}", 262144, "more than 262144 tags" },
	{ "0123456789abcdef", 262144, NULL },
	{ "0123456789abcdef ", 262144, "more than 4194304 bytes" },
	{ "{{=", 1000000, "no end" },
	{ "{{! ", 1000000, "no end" },
	{ " {{!}} ", 100000, NULL },
	{ "                ", 262144, NULL },
	{ "a.", 1000000, NULL },
};

START_TEST(size_limits)
{
	ES_CLEANUP(es_freep)
	char *text = repeat(sizes[_i].text, sizes[_i].times);
	ES_CLEANUP(es_template_freep) struct es_template *t = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_template_parse(&t, "t", text, strlen(text),
				   ES_TEMPLATE_TEXT, &err);

	if (sizes[_i].want) {
		ck_assert_int_eq(rc, -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.msg, sizes[_i].want));
	} else {
		ck_assert_msg(rc == 0, "%s", err.msg);
	}
}
END_TEST

/* 2^31 partials of no text. */
START_TEST(partials_that_multiply)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	char name[16], text[64];

	for (int i = 0; i < 31; i++) {
		snprintf(name, sizeof(name), "wide%d", i);
		snprintf(text, sizeof(text), "{{> wide%d}}{{> wide%d}}", i + 1,
			 i + 1);
		put_file(name, text, strlen(text));
	}
	ck_assert_int_eq(render(&out, "{{> wide0}}", "{}", dir,
				ES_TEMPLATE_TEXT, &err),
			 -ELOOP);
	ck_assert_ptr_nonnull(strstr(err.msg, "rendering takes too long"));
}
END_TEST

/* 1,000^4 rounds of no text. */
START_TEST(sections_that_multiply)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_freep) char *ones = repeat("1,", 1000);
	ES_CLEANUP(es_buf_dispose) struct es_buf data = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	es_buf_addf(&data, "{\"a\":[%s1]}", ones);
	ck_assert_int_eq(render(&out,
				"\n{{#a}}{{#a}}{{#a}}{{#a}}{{/a}}{{/a}}{{/a}}"
				"{{/a}}",
				data.data, NULL, ES_TEMPLATE_TEXT, &err),
			 -ELOOP);
	ck_assert_ptr_nonnull(strstr(err.msg, "t:2: rendering takes too long"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("template_limits");
	TCase *tc = tcase_create("template_limits");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, size_limits, 0, es_lengthof(sizes));
	tcase_add_test(tc, partials_that_multiply);
	tcase_add_test(tc, sections_that_multiply);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
