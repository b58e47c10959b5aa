/* SPDX-License-Identifier: MIT */
/* test_reach.c - unit tests of where a path stands to a choice of paths */
#include "config.h"

#include "etcsnap/reach.h"

#include "unit.h"

#include <string.h>

static const char *const chosen[] = { "/etc/ssh", "/etc/nginx/conf.d/",
				      "/opt//" };
static const char *const root[] = { "/" };

static const struct {
	const char *path;
	enum es_reach want;
} cases[] = {
	{ "", ES_REACH_WAY },
	{ "/etc", ES_REACH_WAY },
	{ "/etc/nginx", ES_REACH_WAY },
	{ "/etc/ssh", ES_REACH_ALL },
	{ "/etc/ssh/sshd_config", ES_REACH_ALL },
	{ "/etc/ssh/a/b", ES_REACH_ALL },
	{ "/etc/nginx/conf.d", ES_REACH_ALL },
	{ "/etc/nginx/conf.d/web", ES_REACH_ALL },
	{ "/opt", ES_REACH_ALL },
	{ "/opt/a", ES_REACH_ALL },
	{ "/etc/ss", ES_REACH_NONE },
	{ "/etc/sshd", ES_REACH_NONE },
	{ "/etc/nginx/conf", ES_REACH_NONE },
	{ "/etc/nginx/conf.d2", ES_REACH_NONE },
	{ "/et", ES_REACH_NONE },
	{ "/etc2", ES_REACH_NONE },
	{ "/var", ES_REACH_NONE },
};

START_TEST(some_paths)
{
	const char *path = cases[_i].path;

	ck_assert_int_eq(es_reach_of(chosen, es_lengthof(chosen), path,
				     strlen(path)),
			 cases[_i].want);
}
END_TEST

/* What is chosen twice, once as a way, is chosen; the order plays no part. */
START_TEST(nested)
{
	static const char *const down[] = { "/a", "/a/b" };
	static const char *const up[] = { "/a/b", "/a" };

	ck_assert_int_eq(es_reach_of(down, 2, "/a", 2), ES_REACH_ALL);
	ck_assert_int_eq(es_reach_of(up, 2, "/a", 2), ES_REACH_ALL);
	ck_assert_int_eq(es_reach_of(up, 1, "/a", 2), ES_REACH_WAY);
	ck_assert_int_eq(es_reach_of(down, 2, "/a/c", 4), ES_REACH_ALL);
	ck_assert_int_eq(es_reach_of(up, 1, "/a/c", 4), ES_REACH_NONE);
}
END_TEST

/* @_i: the root is chosen, or nothing is, which means everything */
START_TEST(everything)
{
	size_t n = _i ? 1 : 0;

	ck_assert_int_eq(es_reach_of(root, n, "", 0), ES_REACH_ALL);
	ck_assert_int_eq(es_reach_of(root, n, "/a", 2), ES_REACH_ALL);
	ck_assert_int_eq(es_reach_of(n ? root : NULL, n, "/a/b", 4),
			 ES_REACH_ALL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reach");
	TCase *c = tcase_create("reach");

	tcase_add_loop_test(c, some_paths, 0, es_lengthof(cases));
	tcase_add_test(c, nested);
	tcase_add_loop_test(c, everything, 0, 2);
	suite_add_tcase(s, c);
	return es_unit_main(s);
}
