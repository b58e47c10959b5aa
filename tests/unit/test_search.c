/* SPDX-License-Identifier: MIT */
/* test_search.c - what was ever there, and from when to when */
#include "config.h"

#include "unit.h"

#include "etcsnap/quote.h"
#include "etcsnap/search.h"
#include "history_unit.h"

#include <errno.h>

static struct es_rules *rules;
static struct chain chain;

static void setup(void)
{
	es_unit_runs_setup();
	rules = es_unit_rules(WATCH("/etc"));
	chain = (struct chain){ .n = 0 };
}

static void teardown(void)
{
	chain_dispose(&chain);
	es_rules_free(rules);
	es_unit_runs_teardown();
}

static struct es_search *search(const char *regex,
				const struct es_search_options *how)
{
	struct es_search_options o = *how;
	struct es_error err = ES_ERROR_INIT;
	struct es_search *s = NULL;

	o.regex = regex;
	o.tip = *chain_tip(&chain);
	o.since = how->since ? how->since : INT64_MIN;
	o.until = how->until ? how->until : INT64_MAX;
	o.patch =
		(struct es_patch_options){ .rules = rules, .key = es_unit_key };
	ck_assert_msg(es_search_new(&s, repo.st, &o, &err) == 0, "%s", err.msg);
	return s;
}

/* "PATH:LINE=TEXT@FIRST-LAST" a line, numbers of runs as in the chain. */
static void tell(struct es_buf *out, const struct es_search *s)
{
	for (size_t i = 0; i < s->n_hits; i++) {
		const struct es_search_hit *h = s->hits[i];

		es_buf_addf(out, "%s", h->path);
		if (h->what == ES_SEARCH_LINE)
			es_buf_addf(out, ":%zu=", h->line);
		else if (h->what == ES_SEARCH_TARGET)
			es_buf_adds(out, "->");
		else if (h->what == ES_SEARCH_BINARY)
			es_buf_adds(out, " binary");
		if (h->text)
			es_quote_term(out, h->text, h->len);
		es_buf_addf(out, "@%zu-%zu%s\n",
			    chain_index(&chain, &s->runs[h->first].commit),
			    chain_index(&chain, &s->runs[h->last].commit),
			    h->last == 0 ? "" : " gone");
	}
}

static void expect(const char *regex, const struct es_search_options *how,
		   const char *want)
{
	ES_CLEANUP(es_search_freep) struct es_search *s = search(regex, how);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	tell(&out, s);
	ck_assert_str_eq(es_buf_str(&out), want);
}

/* A chain in which things come, change, move and go. */
static void make_chain(void)
{
	chain_add(&chain,
		  ITEMS({ "/etc/a", "port 22\nroot no\n" },
			{ "/etc/d", NULL, DIR }, { "/etc/d/x", "alpha\n" },
			{ "/etc/l", "/old/target", LINK },
			{ "commands/df", "disk one\n" }));
	chain_add(&chain,
		  ITEMS({ "/etc/a", "port 22\nroot yes\n" },
			{ "/etc/d", NULL, DIR }, { "/etc/d/x", "alpha\n" },
			{ "/etc/l", "/new/target", LINK },
			{ "commands/df", "disk two\n" }));
	chain_add(&chain, ITEMS({ "/etc/a", "# new\nport 22\nroot no\n" },
				{ "/etc/b", "alpha\n" },
				{ "/etc/l", "/new/target", LINK },
				{ "commands/df", "disk two\n" },
				{ "findings/setuid", "alpha found\n" }));
	chain_add(&chain, ITEMS({ "/etc/a", "# new\nport 22\nroot no\n" },
				{ "/etc/b", "beta\n" },
				{ "/etc/l", "/new/target", LINK },
				{ "commands/df", "disk two\n" }));
}

static const struct {
	const char *regex;
	unsigned int flags;
	const char *want;
} cases[] = {
	/* the number of the line is that in the newest run */
	{ "port", 0, "/etc/a:2=port 22@0-3\n" },
	{ "^root", 0, "/etc/a:2=root yes@1-1 gone\n/etc/a:3=root no@0-3\n" },
	{ "^ROOT", 0, "" },
	{ "^ROOT YES$", ES_SEARCH_IGNORE_CASE, "/etc/a:2=root yes@1-1 gone\n" },
	{ "alpha", 0,
	  "/etc/b:1=alpha@2-2 gone\n/etc/d/x:1=alpha@0-1 gone\n"
	  "findings/setuid:1=alpha found@2-2 gone\n" },
	{ "^beta$", 0, "/etc/b:1=beta@3-3\n" },
	{ "target$", 0,
	  "/etc/l->/new/target@1-3\n/etc/l->/old/target@0-0 gone\n" },
	{ "disk (one|two)", 0,
	  "commands/df:1=disk two@1-3\ncommands/df:1=disk one@0-0 gone\n" },
	/* names of what is gone, of directories too */
	{ "/d(/|$)", 0, "/etc/d@0-1 gone\n/etc/d/x@0-1 gone\n" },
	{ "etc/b$", 0, "/etc/b@2-3\n" },
	{ "setuid", 0, "findings/setuid@2-2 gone\n" },
	{ "t 22\nroot", 0, "" },
	/* text, not an expression */
	{ "a.p", ES_SEARCH_LITERAL, "" },
	{ "# new", ES_SEARCH_LITERAL, "/etc/a:1=# new@2-3\n" },
	{ "nothing", 0, "" },
	/* a look around, which holds for a line alone */
	{ "\\Aport", 0, "/etc/a:2=port 22@0-3\n" },
	{ "(?<!\\n)^root yes", 0, "/etc/a:2=root yes@1-1 gone\n" },
	{ "[^x]++(?<=yes)$", 0, "/etc/a:2=root yes@1-1 gone\n" },
};

START_TEST(search_cases)
{
	const struct es_search_options how = { .flags = cases[_i].flags };

	make_chain();
	expect(cases[_i].regex, &how, cases[_i].want);
}
END_TEST

static const struct {
	const char *glob;
	const char *want;
} globs[] = {
	{ "/etc/d", "/etc/d/x:1=alpha@0-1 gone\n" },
	{ "/etc/*", "/etc/b:1=alpha@2-2 gone\n/etc/d/x:1=alpha@0-1 gone\n" },
	{ "/etc/?", "/etc/b:1=alpha@2-2 gone\n/etc/d/x:1=alpha@0-1 gone\n" },
	{ "**/x", "/etc/d/x:1=alpha@0-1 gone\n" },
	{ "/findings", "findings/setuid:1=alpha found@2-2 gone\n" },
	{ "/findings/setuid", "findings/setuid:1=alpha found@2-2 gone\n" },
	{ "/srv", "" },
};

START_TEST(search_globs)
{
	const struct es_search_options how = { .globs = &globs[_i].glob,
					       .n_globs = 1 };

	make_chain();
	expect("alpha", &how, globs[_i].want);
}
END_TEST

/* What was there at a time counts as there since then, and until then. */
static const struct {
	int64_t since;
	int64_t until;
	const char *want;
} windows[] = {
	{ START + HOUR, 0,
	  "/etc/a:2=root yes@1-1 gone\n/etc/a:3=root no@2-3\n" },
	{ START + HOUR + 5, 0,
	  "/etc/a:2=root yes@1-1 gone\n/etc/a:3=root no@2-3\n" },
	{ START + 3 * HOUR, 0, "/etc/a:3=root no@3-3\n" },
	{ START + 99 * HOUR, 0, "/etc/a:3=root no@3-3\n" },
	{ 0, START + HOUR,
	  "/etc/a:2=root yes@1-1\n/etc/a:2=root no@0-0 gone\n" },
	{ START + HOUR, START + HOUR + 5, "/etc/a:2=root yes@1-1\n" },
	{ 0, START - 1, "" },
};

START_TEST(search_windows)
{
	const struct es_search_options how = { .since = windows[_i].since,
					       .until = windows[_i].until };

	make_chain();
	expect("^root", &how, windows[_i].want);
}
END_TEST

/* A state that goes and comes back is one, from the first to the last. */
START_TEST(search_flapping)
{
	const struct es_search_options how = { .flags = 0 };

	for (int i = 0; i < 7; i++)
		chain_add(&chain,
			  ITEMS({ "/etc/a", i % 2 ? "odd\n" : "even\n" }));
	expect("odd", &how, "/etc/a:1=odd@1-5 gone\n");
	expect("even", &how, "/etc/a:1=even@0-6\n");
	/* each content was read once */
	ES_CLEANUP(es_search_freep) struct es_search *s = search("none", &how);
	ck_assert_uint_eq(s->blobs, 2);
	ck_assert_uint_eq(s->n_runs, 7);
}
END_TEST

/* A line that stands there twice is one; lines of two files are two. */
START_TEST(search_twice)
{
	const struct es_search_options how = { .flags = 0 };

	chain_add(&chain, ITEMS({ "/etc/a", "x\ny\nx\n" }, { "/etc/b", "x" }));
	expect("^x", &how, "/etc/a:1=x@0-0\n/etc/b:1=x@0-0\n");
}
END_TEST

START_TEST(search_binary)
{
	static const char wide[] = "\xff\xfe"
				   "m\0\xfc\0l\0l\0\n\0";
	const struct es_search_options how = { .flags = ES_SEARCH_IGNORE_CASE };

	chain_add(&chain, ITEMS({ "/etc/a", "x\0needle\0y", { 0 }, 10 },
				{ "/etc/b", wide, { 0 }, sizeof(wide) - 1 },
				{ "/etc/c", "m\xfcll\n" },
				{ "/etc/d", "M\xc3\x9cLL\n" }));
	expect("needle", &how, "/etc/a binary@0-0\n");
	/* one word in three encodings */
	expect("^m\xc3\xbcll$", &how,
	       "/etc/b:1=m\xc3\xbcll@0-0\n/etc/c:1=m\xc3\xbcll@0-0\n"
	       "/etc/d:1=M\xc3\x9cLL@0-0\n");
}
END_TEST

/* What today's rules hide is neither found nor shown. */
START_TEST(search_hidden)
{
	const struct es_search_options how = { .flags = 0 };

	chain_add(&chain,
		  ITEMS({ "/etc/a", "token: hush1\nopen\n" },
			{ "/etc/s", "hush2\n" },
			{ "/etc/key", "-----BEGIN PRIVATE KEY-----\nhush3\n" },
			{ "/etc/z", "hush4", { .class = ES_CLASS_SECRET } }));
	chain_add(&chain, ITEMS({ "/etc/a", "gone\n" }));
	es_rules_free(rules);
	rules = es_unit_rules(
		WATCH("/etc") "[rule s]\nmatch = /etc/s\nclass = secret\n"
			      "[rule t]\nmatch = /etc/a\n"
			      "mask = ^token: (.*)$\n");
	expect("hush", &how, "");
	expect("open", &how, "/etc/a:2=open@0-0 gone\n");
	ES_CLEANUP(es_search_freep)
	struct es_search *s = search("token", &how);

	ck_assert_uint_eq(s->n_hits, 1);
	ck_assert_int_eq(memcmp(s->hits[0]->text, "token: <masked:", 15), 0);
	ck_assert_uint_eq(s->hidden, 2);
	/* of what is secret the name is none */
	expect("etc/z", &how, "/etc/z@0-0 gone\n");
}
END_TEST

/* Names as only attackers make them. */
START_TEST(search_names)
{
	const struct es_search_options how = { .flags = 0 };

	chain_add(&chain,
		  ITEMS({ "/etc/\033[31m\nx", "1" },
			{ "/etc/.git", "needle\n" },
			{ "/etc/.mtree", "needle\n" }, { "/etc/a b", "1" }));
	chain_add(&chain, ITEMS({ "/etc/a b", "1" }, { "/etc/a#b", "1" }));
	expect("needle", &how,
	       "/etc/.git:1=needle@0-0 gone\n"
	       "/etc/.mtree:1=needle@0-0 gone\n");
	expect("a.b$", &how, "/etc/a b@0-1\n/etc/a#b@1-1\n");
	ES_CLEANUP(es_search_freep) struct es_search *s = search("31m", &how);
	ck_assert_uint_eq(s->n_hits, 1);
	ck_assert_str_eq(s->hits[0]->path, "/etc/\033[31m\nx");
	expect("/\\.(git|mtree)$", &how,
	       "/etc/.git@0-0 gone\n/etc/.mtree@0-0 gone\n");
}
END_TEST

START_TEST(search_limits)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	const struct es_search_options two = { .max = 2 };

	es_buf_adds(&text, "a1\na2\na3\n");
	for (int i = 0; i < 5000; i++)
		es_buf_addc(&text, 'b');
	chain_add(&chain, ITEMS({ "/etc/x", es_buf_str(&text) }));
	ES_CLEANUP(es_search_freep) struct es_search *s = search("^a", &two);
	ES_CLEANUP(es_search_freep) struct es_search *l = search("^b", &two);

	ck_assert_uint_eq(s->n_hits, 2);
	ck_assert_uint_eq(s->dropped, 1);
	ck_assert_uint_eq(l->n_hits, 1);
	ck_assert(l->hits[0]->cut);
	ck_assert_uint_eq(l->hits[0]->len, ES_SEARCH_TEXT_MAX);
}
END_TEST

/* An expression that never ends on a line costs that line alone. */
START_TEST(search_slow)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	const struct es_search_options how = { .flags = 0 };

	es_buf_adds(&text, "ab\n");
	for (int i = 0; i < 60; i++)
		es_buf_addc(&text, 'a');
	es_buf_adds(&text, "\n");
	chain_add(&chain, ITEMS({ "/etc/x", es_buf_str(&text) }));
	ES_CLEANUP(es_search_freep)
	struct es_search *s = search("^(a|aa|aaa)+[bc]", &how);

	ck_assert_uint_eq(s->n_hits, 1);
	ck_assert_uint_eq(s->skipped, 1);
}
END_TEST

static const struct {
	const char *regex;
	const char *glob;
} wrong[] = {
	{ "(", "/etc" },   { "[z-a]", "/etc" }, { "a", "etc" },
	{ "a", "/etc/[" }, { "\\C", "/etc" },
};

START_TEST(search_wrong)
{
	struct es_search_options o = { .regex = wrong[_i].regex,
				       .since = INT64_MIN,
				       .until = INT64_MAX,
				       .globs = &wrong[_i].glob,
				       .n_globs = 1 };
	struct es_error err = ES_ERROR_INIT;
	struct es_search *s = NULL;

	chain_add(&chain, ITEMS({ "/etc/a", "x" }));
	o.tip = *chain_tip(&chain);
	ck_assert_int_eq(es_search_new(&s, repo.st, &o, &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_ptr_null(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("search");
	TCase *t = tcase_create("search");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, search_cases, 0, es_lengthof(cases));
	tcase_add_loop_test(t, search_globs, 0, es_lengthof(globs));
	tcase_add_loop_test(t, search_windows, 0, es_lengthof(windows));
	tcase_add_test(t, search_flapping);
	tcase_add_test(t, search_twice);
	tcase_add_test(t, search_binary);
	tcase_add_test(t, search_hidden);
	tcase_add_test(t, search_names);
	tcase_add_test(t, search_limits);
	tcase_add_test(t, search_slow);
	tcase_add_loop_test(t, search_wrong, 0, es_lengthof(wrong));
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
