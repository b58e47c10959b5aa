/* SPDX-License-Identifier: MIT */
/* test_typo.c - unit tests of the nearest name */
#include "config.h"

#include "etcsnap/typo.h"

#include "unit.h"

#include <string.h>

static const char *const names[] = { "snapshot", "diff",  "log",    "prune",
				     "verify",	 "watch", "status", "show",
				     "init",	 "ls",	  "config" };

static const struct {
	const char *typed;
	const char *want;
} cases[] = {
	{ "snapshot", "snapshot" },
	{ "snapshto", "snapshot" }, /* a swap counts once */
	{ "snpashto", "snapshot" }, /* two swaps */
	{ "snaphot", "snapshot" },
	{ "snappshot", "snapshot" },
	{ "sanphsto", NULL }, /* three, of eight letters */
	{ "dfif", "diff" },
	{ "dif", "diff" },
	{ "dof", NULL }, /* two, of four letters */
	{ "l", "ls" },
	{ "sl", "ls" },
	{ "logg", "log" },
	{ "stats", "status" },
	{ "Status", "status" },
	{ "verfiy", "verify" },
	{ "", NULL },
	{ "zzzzzz", NULL },
	{ "\xff\xfe", NULL },
};

START_TEST(nearest)
{
	const char *got =
		es_typo_nearest(cases[_i].typed, names, es_lengthof(names));

	if (cases[_i].want)
		ck_assert_pstr_eq(got, cases[_i].want);
	else
		ck_assert_ptr_null(got);
}
END_TEST

START_TEST(first_of_equals_and_none)
{
	static const char *const two[] = { "bat", "cat" };

	ck_assert_str_eq(es_typo_nearest("rat", two, 2), "bat");
	ck_assert_ptr_null(es_typo_nearest("rat", two, 0));
}
END_TEST

/* @_i: length of the name; 64 bytes is the last that is looked at */
START_TEST(long_names)
{
	char name[200];
	const char *const one[] = { name };

	memset(name, 'n', sizeof(name));
	name[_i] = '\0';
	ck_assert_ptr_eq(es_typo_nearest(name, one, 1), _i <= 64 ? name : NULL);
	ck_assert_ptr_null(es_typo_nearest("x", one, 1));
}
END_TEST

static Suite *typo_suite(void)
{
	Suite *s = suite_create("typo");
	TCase *tc = tcase_create("typo");

	tcase_add_loop_test(tc, nearest, 0, es_lengthof(cases));
	tcase_add_test(tc, first_of_equals_and_none);
	tcase_add_loop_test(tc, long_names, 62, 67);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(typo_suite());
}
