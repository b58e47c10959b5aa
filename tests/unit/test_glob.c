/* SPDX-License-Identifier: MIT */
/* test_glob.c - unit tests of path patterns */
#include "config.h"

#include "etcsnap/glob.h"

#include "config/glob_priv.h"

#include "etcsnap/buf.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static struct es_globset *make(const char *const *patterns, size_t n,
			       const char *homes, size_t homes_len)
{
	struct es_globset *set = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_globset_new(&set, patterns, n, homes, homes_len, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return set;
}

static bool matches(const char *pattern, const char *path)
{
	ES_CLEANUP(es_globset_freep)
	struct es_globset *set = make(&pattern, 1, "/root\0/home/me\0", 15);
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	const uint16_t *hits;

	return es_globset_match(set, s, path, strlen(path), &hits) == 1;
}

static const struct {
	const char *pattern;
	const char *yes[6];
	const char *no[6];
} cases[] = {
	{ "/etc/passwd",
	  { "/etc/passwd" },
	  { "/etc/passwd-", "/etc", "/etc/passwd/x", "/x/etc/passwd", "" } },
	{ "/etc/*", { "/etc/a", "/etc/.a" }, { "/etc", "/etc/a/b" } },
	{ "/etc/*.d", { "/etc/x.d", "/etc/.d" }, { "/etc/d", "/etc/x/.d" } },
	{ "/etc/a*b", { "/etc/ab", "/etc/axxb" }, { "/etc/a", "/etc/a/b" } },
	{ "/etc/aa*aa", { "/etc/aaaa" }, { "/etc/aaa" } },
	{ "/e*/x", { "/etc/x", "/e/x" }, { "/ef/g/x" } },
	{ "/a?c",
	  { "/abc", "/a.c",
	    "/a\xff"
	    "c" },
	  { "/ac", "/a/c" } },
	{ "/[ab]c", { "/ac", "/bc" }, { "/cc", "/c" } },
	{ "/[!ab]c", { "/cc", "/.c" }, { "/ac", "//c" } },
	{ "/[^ab]c", { "/cc" }, { "/bc" } },
	{ "/[]a]x", { "/]x", "/ax" }, { "/bx" } },
	{ "/[!]a]x", { "/bx" }, { "/]x", "/ax" } },
	{ "/[a-c]", { "/b" }, { "/d", "/-" } },
	{ "/[a-]", { "/-" }, { "/b" } },
	{ "/[[:digit:]_]x", { "/7x", "/_x" }, { "/ax" } },
	{ "/[{,}]", { "/{", "/,", "/}" }, { "/" } },
	{ "/[\\]]", { "/]" }, { "/\\" } },
	{ "/**", { "/a", "/a/b", "/.x" }, { "" } },
	{ "/", { "", "/" }, { "/a" } },
	{ "/etc/**", { "/etc/a", "/etc/a/b" }, { "/etc", "/etcx/y" } },
	{ "**", { "/a", "/a/b/c" }, { "" } },
	{ "**/x", { "/x", "/a/x", "/a/b/x" }, { "/ax", "/x/a" } },
	{ "**/*.py[co]", { "/x.pyc", "/a/.pyo" }, { "/a/x.py" } },
	{ "/a/**/b",
	  { "/a/b", "/a/x/b", "/a/x/y/b", "/a/b/b" },
	  { "/ab", "/a/xb", "/b", "/a/b/c" } },
	{ "/a/**/b/**/c", { "/a/b/c", "/a/x/b/y/z/c" }, { "/a/c", "/b/c" } },
	{ "**.bak", { "/x.bak", "/a/.bak" }, { "/x.bak/y", "/bak" } },
	{ "/etc/a**b",
	  { "/etc/ab", "/etc/axb", "/etc/ax/b", "/etc/a/y/xb" },
	  { "/etc/b", "/etc/x/ab" } },
	{ "/etc/a**", { "/etc/a", "/etc/ab", "/etc/ab/c" }, { "/etc/b" } },
	{ "/a***b", { "/ab", "/a/b" }, { "/b" } },
	{ "/x/**/", { "/x/a", "/x/a/b" }, { "/x" } },
	{ "//etc///a/", { "/etc/a" }, { "/etc" } },
	{ "/{a,b}/c", { "/a/c", "/b/c" }, { "/c/c", "/{a,b}/c" } },
	{ "/a{,b,c{d,e}}", { "/a", "/ab", "/acd", "/ace" }, { "/ac" } },
	{ "/{a}", { "/a" }, { "/{a}" } },
	{ "/a{}b", { "/ab" }, { "/a{}b" } },
	{ "{/a,/b/c}/d", { "/a/d", "/b/c/d" }, { "/d" } },
	{ "/\\{a,b\\}", { "/{a,b}" }, { "/a", "/b" } },
	{ "/{a\\,b,c}", { "/a,b", "/c" }, { "/a" } },
	{ "/a\\*b", { "/a*b" }, { "/axb" } },
	{ "/a\\*b*", { "/a*b", "/a*bc" }, { "/axb" } },
	{ "/a\\?b?", { "/a?bc" }, { "/axbc" } },
	{ "/a\\[b", { "/a[b" }, { "/ab" } },
	{ "/a\\\\b", { "/a\\b" }, { "/ab" } },
	{ "/a\\/b", { "/a/b" }, { "/ab" } },
	{ "/a,b", { "/a,b" }, { "/a" } },
	{ "/a b#;=c", { "/a b#;=c" }, { "/a" } },
	{ "/(a|b)+.^$", { "/(a|b)+.^$" }, { "/a" } },
	{ "/(a|b)?.", { "/(a|b)x." }, { "/ax." } },
	{ "/*a*b*", { "/ab", "/xaxbx" }, { "/ba" } },
	{ "/\xc3\xa9*?", { "/\xc3\xa9x" }, { "/\xc3\xa9" } },
	{ "~/.ssh/*",
	  { "/root/.ssh/x", "/home/me/.ssh/.x" },
	  { "/home/you/.ssh/x", "/.ssh/x", "/root/.ssh", "/root/a/.ssh/x" } },
	{ "~/", { "/root", "/home/me" }, { "/home", "", "/root/x" } },
	{ "~/**/x", { "/root/x", "/home/me/a/b/x" }, { "/home/x", "/x" } },
	{ "{/etc,~/}/x", { "/etc/x", "/root/x" }, { "/x" } },
	{ "/a/~/b", { "/a/~/b" }, { "/root/b" } },
};

START_TEST(matching)
{
	for (size_t i = 0; i < 6 && cases[_i].yes[i]; i++)
		ck_assert_msg(matches(cases[_i].pattern, cases[_i].yes[i]),
			      "%s should match '%s'", cases[_i].pattern,
			      cases[_i].yes[i]);
	for (size_t i = 0; i < 6 && cases[_i].no[i]; i++)
		ck_assert_msg(!matches(cases[_i].pattern, cases[_i].no[i]),
			      "%s should not match '%s'", cases[_i].pattern,
			      cases[_i].no[i]);
}
END_TEST

static const struct {
	const char *pattern;
	const char *says;
} refused[] = {
	{ "", "begins neither" },
	{ "etc", "begins neither" },
	{ "*/x", "begins neither" },
	{ "~", "begins neither" },
	{ "~user/x", "begins neither" },
	{ "{/a,b}/c", "begins neither" },
	{ "/a[b", "'[' is not closed at character 3" },
	{ "/a[]", "'[' is not closed at character 3" },
	{ "/a[b\\]", "'[' is not closed" },
	{ "/a{b,[c}]", "'{' is not closed at character 3" },
	{ "/a{b,{c}", "'{' is not closed at character 3" },
	{ "/a}b", "'}' without '{'" },
	{ "/a\\", "nothing follows" },
	{ "/[a/b]", "'/' in a class" },
	{ "/[z-a]", "malformed" },
	{ "/[[:foo:]]", "unknown class at character 3" },
	{ "/[[.a.]]", "unknown class" },
	{ "/[[=a=]]", "unknown class" },
	{ "/a/../b", "never matches" },
	{ "/a/.", "never matches" },
	{ "/{1,2,3,4,5,6,7,8,9,0}{1,2,3,4,5,6,7,8,9,0}"
	  "{1,2,3,4,5,6,7,8,9,0}{1,2}",
	  "stands for more than 1000" },
	{ "/a**b**c**d**e**f**g**h**i**j**k**l", "more than 1000" },
};

START_TEST(malformed)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_glob_check(refused[_i].pattern, &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_msg(strstr(err.msg, refused[_i].says) != NULL, "%s", err.msg);
}
END_TEST

/* Checks @head, then @n times @piece. Return: as es_glob_check(). */
static int check_repeated(const char *head, const char *piece, size_t n)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(100000);
	struct es_error err = ES_ERROR_INIT;

	es_buf_adds(&b, head);
	while (n--)
		es_buf_adds(&b, piece);
	return es_glob_check(es_buf_str(&b), &err);
}

/* A pattern made to be slow or big is refused or quick. */
START_TEST(bounded)
{
	static const struct {
		const char *head, *piece;
		size_t n;
		int want;
	} made[] = {
		{ "/", "{", 20000, -EINVAL },  { "/", "{", 4000, -EINVAL },
		{ "/", "{}", 64, 0 },	       { "/", "{}", 65, -EINVAL },
		{ "/", "{,}", 12, -EINVAL },   { "/", "/**a", 1000, 0 },
		{ "/", "a**", 1000, -EINVAL }, { "/", "*a", 2000, 0 },
		{ "/", "[a]", 1300, 0 },       { "/", "a", 4095, 0 },
		{ "/", "a", 4096, -EINVAL },   { "/", "\\", 2000, 0 },
		{ "/", "?/", 2000, 0 },	       { "**", "**", 2000, 0 },
	};

	for (size_t i = 0; i < es_lengthof(made); i++)
		ck_assert_msg(check_repeated(made[i].head, made[i].piece,
					     made[i].n) == made[i].want,
			      "%s %zu", made[i].piece, made[i].n);
}
END_TEST

START_TEST(several_at_once)
{
	static const char *const patterns[] = {
		"/etc",		"**/x",	    "/etc/*",  "/etc/**/x",
		"/{etc,usr}/x", "/etc/x",   "/usr/**", "~/x",
		"/etc/?",	"/nothing", "/etc/**", "**/[w-z]",
		"/etc/{x,x}",
	};
	static const uint16_t want[] = { 1, 2, 3, 4, 5, 8, 10, 11, 12 };
	ES_CLEANUP(es_globset_freep)
	struct es_globset *set = make(patterns, es_lengthof(patterns), "", 0);
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	const uint16_t *hits;

	/* Twice: the second time from the kept directory. */
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(es_globset_match(set, s, "/etc/x", 6, &hits),
				  es_lengthof(want));
		ck_assert_mem_eq(hits, want, sizeof(want));
	}
	ck_assert_uint_eq(es_globset_match(set, s, "/etc", 4, &hits), 1);
	ck_assert_uint_eq(hits[0], 0);
	ck_assert_uint_eq(es_globset_match(set, s, "/usr/y", 6, &hits), 2);
	ck_assert_uint_eq(es_globset_match(set, s, "/", 1, &hits), 0);
}
END_TEST

/* One scratch with more sets than it has room for, one of them anew. */
START_TEST(scratch_is_shared)
{
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	const uint16_t *hits;
	char path[16], pattern[16];
	const char *p = pattern;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 9; i++) {
			ES_CLEANUP(es_globset_freep)
			struct es_globset *set = NULL;

			snprintf(pattern, sizeof(pattern), "/d/%d", i);
			set = make(&p, 1, "", 0);
			for (int k = 0; k < 9; k++) {
				snprintf(path, sizeof(path), "/d/%d", k);
				ck_assert_uint_eq(es_globset_match(set, s, path,
								   strlen(path),
								   &hits),
						  i == k);
			}
		}
	}
}
END_TEST

static const struct {
	const char *pattern;
	const char *dir;
	bool leads;
} leads[] = {
	{ "/etc/a/b", "", true },
	{ "/etc/a/b", "/etc", true },
	{ "/etc/a/b", "/etc/a", true },
	{ "/etc/a/b", "/etc/a/b", false },
	{ "/etc/a/b", "/etc/x", false },
	{ "/etc/a/b", "/etcetera", false },
	{ "/etc/*/b", "/etc/x", true },
	{ "/etc/*.d/b", "/etc/x", false },
	{ "/etc/**/b", "/etc/x/y", true },
	{ "/etc/**/b", "/usr", false },
	{ "/etc/a**b", "/etc/ab/c", true },
	{ "/etc/a**b", "/etc/c", false },
	{ "**/x", "/usr/share", true },
	{ "/", "", false },
	{ "~/x", "", true },
	{ "~/x", "/home", true },
	{ "~/x", "/home/me", true },
	{ "~/x", "/home/you", false },
	{ "~/x/y", "/home/me/x", true },
	{ "~/", "/home", true },
	{ "~/", "/home/me", false },
	{ "/etc/x", "/home", false }, /* homes lead only to ~/ patterns */
};

START_TEST(leading)
{
	ES_CLEANUP(es_globset_freep)
	struct es_globset *set =
		make(&leads[_i].pattern, 1, "/root\0/home/me\0", 15);
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();

	ck_assert_int_eq(es_globset_leads(set, s, leads[_i].dir,
					  strlen(leads[_i].dir)),
			 leads[_i].leads);
}
END_TEST

START_TEST(odd_paths)
{
	static const char *const patterns[] = { "**/x", "/a/*", "~/b" };
	static const char homes[] = "/\0relative\0//c//d/";
	ES_CLEANUP(es_globset_freep)
	struct es_globset *set = make(patterns, 3, homes, sizeof(homes));
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	static char path[10000];
	const uint16_t *hits;

	ck_assert_uint_eq(es_globset_match(set, s, "/b", 2, &hits), 1);
	ck_assert_uint_eq(es_globset_match(set, s, "/c/d/b", 6, &hits), 1);
	ck_assert_uint_eq(es_globset_match(set, s, "/a//y//", 7, &hits), 1);
	/* Not NUL-terminated; a newline and a NUL are bytes like others. */
	ck_assert_uint_eq(es_globset_match(set, s, "/a/\n", 4, &hits), 1);
	ck_assert_uint_eq(es_globset_match(set, s, "/a/\0zz", 4, &hits), 1);
	memset(path, 'q', sizeof(path));
	memcpy(path, "/a/", 3);
	ck_assert_uint_eq(es_globset_match(set, s, path, sizeof(path), &hits),
			  1);
	for (size_t i = 0; i + 2 <= sizeof(path); i += 2)
		memcpy(path + i, "/x", 2);
	ck_assert_uint_eq(es_globset_match(set, s, path, sizeof(path), &hits),
			  1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("glob");
	TCase *t = tcase_create("glob");

	tcase_add_loop_test(t, matching, 0, (int)es_lengthof(cases));
	tcase_add_loop_test(t, malformed, 0, (int)es_lengthof(refused));
	tcase_add_test(t, bounded);
	tcase_add_test(t, several_at_once);
	tcase_add_test(t, scratch_is_shared);
	tcase_add_loop_test(t, leading, 0, (int)es_lengthof(leads));
	tcase_add_test(t, odd_paths);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
