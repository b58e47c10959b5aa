/* SPDX-License-Identifier: MIT */
/* test_patch.c - what of changed content may be shown, and of any content */
#include "config.h"

#include "etcsnap/delta.h"

#include "runs.h"

#define PEM "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"
#define LE16       \
	"\xff\xfe" \
	"a\0=\0"   \
	"1\0\n\0"
#define LE16B      \
	"\xff\xfe" \
	"a\0=\0"   \
	"2\0\n\0"

/* "word=hunter2" in UTF-16. */
#define MASKED16                                      \
	"\xfe\xff\0w\0o\0r\0d\0=\0h\0u\0n\0t\0e\0r\0" \
	"2\0\n"

/* Rules of today that the patches are made under. */
#define TODAY                                                 \
	WATCH("/**")                                          \
	"[rule s]\nmatch = /now-secret\nclass = secret\n"     \
	"[rule d]\nmatch = /now-digest\nclass = digest\n"     \
	"[rule m]\nmatch = /now-masked\nmask = ^word=(.+)$\n" \
	"[rule u]\nmatch = /now-umlaut\nmask = ^m\xc3\xbcll=(.+)$\n"

static const struct {
	struct es_unit_item was;
	struct es_unit_item is;
	int state;
	const char *want;   /* text that must be in the patch */
	const char *hidden; /* text that must not */
} patches[] = {
	{ { "/a", "1\n" }, { "/a", "2\n" }, ES_PATCH_TEXT, "\n-1\n+2\n", NULL },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .mode = 0600 } },
	  ES_PATCH_NONE,
	  NULL,
	  NULL },
	{ { "/a", "1" }, { "/a", "2" }, ES_PATCH_TEXT, "\n\\ No", NULL },
	{ { "/a", NULL, DIR },
	  { "/a", NULL, { .type = ES_TYPE_DIR, .mode = 0700 } },
	  ES_PATCH_NONE,
	  NULL,
	  NULL },
	{ { "/a", "x", LINK }, { "/a", "y", LINK }, ES_PATCH_NONE, NULL, NULL },
	{ { "/a", "1\n" }, { "/a", "y", LINK }, ES_PATCH_TEXT, "-1\n", "y" },
	{ { "/a", "1\n", { .class = ES_CLASS_SECRET } },
	  { "/a", "2\n", { .class = ES_CLASS_SECRET } },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "/a", "old word\n" },
	  { "/a", "2\n", { .class = ES_CLASS_SECRET } },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "/a", "1\n", { .class = ES_CLASS_SECRET } },
	  { "/a", "2\n" },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "/now-secret", "1\n" },
	  { "/now-secret", "2\n" },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "/now-secret", "1\n" },
	  { "/now-secret", "x", LINK },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "/now-digest", "1\n" },
	  { "/now-digest", "2\n" },
	  ES_PATCH_DIGEST,
	  NULL,
	  NULL },
	{ { "/a", "1\n", { .class = ES_CLASS_DIGEST } },
	  { "/a", "2\n" },
	  ES_PATCH_DIGEST,
	  NULL,
	  NULL },
	{ { "/a", "1\n", { .class = ES_CLASS_DIGEST } },
	  { "/a", "1\n" },
	  ES_PATCH_NONE,
	  NULL,
	  NULL },
	{ { "/now-masked", "word=hunter2\na\n" },
	  { "/now-masked", "word=hunter3\nb\n" },
	  ES_PATCH_TEXT,
	  "word=<masked:",
	  "hunter" },
	{ { "/now-masked", "word=hunter2\na\n" },
	  { "/now-masked", "word=hunter2\nb\n" },
	  ES_PATCH_TEXT,
	  " word=<masked:",
	  "hunter" },
	{ { "/now-masked", "word=<masked:01234567>\na\n" },
	  { "/now-masked", "word=<masked:89abcdef>\na\n" },
	  ES_PATCH_TEXT,
	  "-word=<masked:01234567>\n+word=<masked:89abcdef>\n",
	  NULL },
	{ { "/a", PEM "x\n" },
	  { "/a", "gone\n" },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "/a", "a\n" }, { "/a", "a\n" PEM }, ES_PATCH_SECRET, NULL, NULL },
	{ { "/a", "a\0", { 0 }, 2 },
	  { "/a", "b\n" },
	  ES_PATCH_BINARY,
	  NULL,
	  NULL },
	{ { "/a", LE16, { 0 }, 10 },
	  { "/a", LE16B, { 0 }, 10 },
	  ES_PATCH_TEXT,
	  "-a=1\n+a=2\n",
	  NULL },
	/* encodings: compared as UTF-8 */
	{ { "/a", "gr\xfc\xdf\n" },
	  { "/a", "gr\xfc\xdf\n\xe9t\xe9\n" },
	  ES_PATCH_TEXT,
	  " gr\xc3\xbc\xc3\x9f\n+\xc3\xa9t\xc3\xa9\n",
	  "\xfc" },
	{ { "/a", "gr\xfcn\n" },
	  { "/a", "gr\xc3\xbcn\nb\n" },
	  ES_PATCH_TEXT,
	  " gr\xc3\xbcn\n+b\n",
	  "\xfc" },
	{ { "/a", "gr\xfcn\n" },
	  { "/a", "gr\xc3\xbcn\n" },
	  ES_PATCH_NONE,
	  NULL,
	  NULL },
	{ { "/a", "a=1\n" },
	  { "/a", LE16, { 0 }, 10 },
	  ES_PATCH_NONE,
	  NULL,
	  NULL },
	{ { "/a", "\xef\xbb\xbf"
		  "1\n" },
	  { "/a", "\xef\xbb\xbf"
		  "2\n" },
	  ES_PATCH_TEXT,
	  "\n-1\n+2\n",
	  "\xef" },
	{ { "/a", "\xff\xfe", { 0 }, 2 },
	  { "/a", "\xfe\xff", { 0 }, 2 },
	  ES_PATCH_NONE,
	  NULL,
	  NULL },
	/* bytes of no known encoding stay what they are */
	{ { "/a", "\xfc\1\n" },
	  { "/a", "\xfc\1\nb\n" },
	  ES_PATCH_TEXT,
	  " \xfc\1\n+b\n",
	  "\xc3" },
	/* two ways of being broken, which read the same */
	{ { "/a", "\xff\xfe\x00\xd8", { 0 }, 4 },
	  { "/a", "\xff\xfe\x01\xd8", { 0 }, 4 },
	  ES_PATCH_BINARY,
	  NULL,
	  NULL },
	{ { "/a", LE16, { 0 }, 10 },
	  { "/a", LE16 "x", { 0 }, 11 },
	  ES_PATCH_BINARY,
	  NULL,
	  NULL },
	{ { "/a", LE16 "\0\0", { 0 }, 12 },
	  { "/a", LE16B, { 0 }, 10 },
	  ES_PATCH_BINARY,
	  NULL,
	  NULL },
	/* masks and keys in any of them */
	{ { "/now-masked", "\xef\xbb\xbfword=hunter2\n" },
	  { "/now-masked", "\xef\xbb\xbfword=hunter3\n" },
	  ES_PATCH_TEXT,
	  "\n+word=<masked:",
	  "hunter" },
	{ { "/now-masked", "word=hunter2\xfc\n\xe9\n" },
	  { "/now-masked", "word=hunter2\xfc\n\xe9\xe9\n" },
	  ES_PATCH_TEXT,
	  " word=<masked:",
	  "hunter" },
	{ { "/now-umlaut", "m\xfcll=hunter2\n" },
	  { "/now-umlaut", "m\xfcll=hunter3\n" },
	  ES_PATCH_TEXT,
	  "\n-m\xc3\xbcll=<masked:",
	  "hunter" },
	{ { "/now-masked", MASKED16, { 0 }, sizeof(MASKED16) - 1 },
	  { "/now-masked", "word=hunter3\n" },
	  ES_PATCH_TEXT,
	  "\n-word=<masked:",
	  "hunter" },
	{ { "/now-masked", "word=hunter2\n" },
	  { "/now-masked", MASKED16, { 0 }, sizeof(MASKED16) - 1 },
	  ES_PATCH_NONE,
	  NULL,
	  NULL },
	{ { "/a", "\xef\xbb\xbf" PEM },
	  { "/a", "gone\n" },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "/a", "\xfc\n" PEM },
	  { "/a", "\xfc\n" },
	  ES_PATCH_SECRET,
	  NULL,
	  NULL },
	{ { "system/os", "1\n" },
	  { "system/os", "2\n" },
	  ES_PATCH_TEXT,
	  "-1\n+2\n",
	  NULL },
};

static const struct es_patch_options *options_with(struct es_patch_options *o,
						   const struct es_rules *rules,
						   const uint8_t *key)
{
	*o = (struct es_patch_options){ .rules = rules,
					.key = key,
					.context = 3 };
	return o;
}

START_TEST(delta_patch_shows_what_may_be_shown)
{
	struct es_oid a = es_unit_tree(&repo, &patches[_i].was, 1);
	struct es_oid b = es_unit_tree(&repo, &patches[_i].is, 1);
	ES_CLEANUP(es_delta_freep) struct es_delta *d = es_unit_compare(&a, &b);
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(TODAY);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct es_patch_options o;

	ck_assert_uint_eq(es_delta_count(d), 1);
	ck_assert_int_eq(es_delta_patch(&out, repo.st, es_delta_at(d, 0),
					options_with(&o, rules, es_unit_key),
					&err),
			 patches[_i].state);
	ck_assert_int_eq(err.code, 0);
	if (patches[_i].state == ES_PATCH_TEXT)
		ck_assert_int_eq(strncmp(out.data, "@@ ", 3), 0);
	else
		ck_assert_uint_eq(out.len, 0);
	if (patches[_i].want)
		ck_assert_ptr_nonnull(strstr(out.data, patches[_i].want));
	if (patches[_i].hidden)
		ck_assert_ptr_null(strstr(out.data, patches[_i].hidden));
}
END_TEST

START_TEST(delta_patch_without_a_key_shows_nothing_that_a_mask_matches)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/now-masked", "1\n" }));
	struct es_oid b =
		es_unit_tree(&repo, ITEMS({ "/now-masked", "word=hunter2\n" }));
	struct es_oid c = es_unit_tree(&repo, ITEMS({ "/now-masked", "2\n" }));
	ES_CLEANUP(es_delta_freep)
	struct es_delta *ab = es_unit_compare(&a, &b);
	ES_CLEANUP(es_delta_freep)
	struct es_delta *ac = es_unit_compare(&a, &c);
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(TODAY);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct es_patch_options o;

	options_with(&o, rules, NULL);
	ck_assert_int_eq(es_delta_patch(&out, repo.st, es_delta_at(ab, 0), &o,
					&err),
			 ES_PATCH_SECRET);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(es_delta_patch(&out, repo.st, es_delta_at(ac, 0), &o,
					&err),
			 ES_PATCH_TEXT);
}
END_TEST

START_TEST(delta_patch_says_that_a_diff_is_too_long)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/a", "1\n2\n" }));
	struct es_oid b = es_unit_tree(&repo, ITEMS({ "/a", "3\n4\n" }));
	ES_CLEANUP(es_delta_freep) struct es_delta *d = es_unit_compare(&a, &b);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct es_patch_options o = { .context = 3, .max = 20 };
	const struct es_change *c = es_delta_at(d, 0);

	es_buf_adds(&out, "before");
	ck_assert_int_eq(es_delta_patch(&out, repo.st, c, &o, &err),
			 ES_PATCH_LARGE);
	ck_assert_str_eq(out.data, "before");
	o.max = 1000;
	ck_assert_int_eq(es_delta_patch(&out, repo.st, c, &o, &err),
			 ES_PATCH_TEXT);
	ck_assert_str_eq(out.data, "before@@ -1,2 +1,2 @@\n-1\n-2\n+3\n+4\n");
}
END_TEST

START_TEST(delta_patch_shows_all_of_a_file_that_came_or_went)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/a", "1\n2\n" }));
	struct es_oid b = es_unit_tree(&repo, ITEMS({ "/b", "3\n4\n" }));
	ES_CLEANUP(es_delta_freep) struct es_delta *d = es_unit_compare(&a, &b);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct es_patch_options o = { .context = 3 };

	ck_assert_uint_eq(es_delta_count(d), 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(es_delta_patch(&out, repo.st,
						es_delta_at(d, i), &o, &err),
				 ES_PATCH_TEXT);
	ck_assert_str_eq(out.data, "@@ -1,2 +0,0 @@\n-1\n-2\n"
				   "@@ -0,0 +1,2 @@\n+3\n+4\n");
}
END_TEST

static const struct {
	struct es_unit_item was;
	struct es_unit_item is;
	enum es_charset old;
	enum es_charset new;
} charsets[] = {
	{ { "/a", "1\n" },
	  { "/a", "2\n" },
	  ES_CHARSET_ASCII,
	  ES_CHARSET_ASCII },
	{ { "/a", "gr\xfcn\n" },
	  { "/a", "gr\xc3\xbcn\n" },
	  ES_CHARSET_LATIN1,
	  ES_CHARSET_UTF8 },
	{ { "/a", "1\n" },
	  { "/a", LE16, { 0 }, 10 },
	  ES_CHARSET_ASCII,
	  ES_CHARSET_UTF16LE },
	/* one side alone */
	{ { "/a", LE16, { 0 }, 10 },
	  { "/b", "\xfc\n" },
	  ES_CHARSET_UTF16LE,
	  ES_CHARSET_NONE },
	{ { "/a", "x", LINK },
	  { "/a", "\xfc\n" },
	  ES_CHARSET_NONE,
	  ES_CHARSET_LATIN1 },
	/* nothing of what is not compared */
	{ { "/a", "a\0", { 0 }, 2 },
	  { "/a", "b\n" },
	  ES_CHARSET_NONE,
	  ES_CHARSET_NONE },
	{ { "/now-secret", "\xfc\n" },
	  { "/now-secret", "2\n" },
	  ES_CHARSET_NONE,
	  ES_CHARSET_NONE },
	{ { "/a", "\xfc\n" }, { "/a", PEM }, ES_CHARSET_NONE, ES_CHARSET_NONE },
};

START_TEST(delta_patch_tells_encodings_of_what_it_shows)
{
	struct es_oid a = es_unit_tree(&repo, &charsets[_i].was, 1);
	struct es_oid b = es_unit_tree(&repo, &charsets[_i].is, 1);
	ES_CLEANUP(es_delta_freep) struct es_delta *d = es_unit_compare(&a, &b);
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(TODAY);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_patch_charsets told = { ES_CHARSET_LATIN2,
					  ES_CHARSET_LATIN2 };
	struct es_error err = ES_ERROR_INIT;
	struct es_patch_options o;

	options_with(&o, rules, es_unit_key);
	o.charsets = &told;
	ck_assert_int_ge(
		es_delta_patch(&out, repo.st, es_delta_at(d, 0), &o, &err), 0);
	ck_assert_str_eq(es_charset_name(told.old),
			 es_charset_name(charsets[_i].old));
	ck_assert_str_eq(es_charset_name(told.new),
			 es_charset_name(charsets[_i].new));
}
END_TEST

static const struct {
	struct es_unit_item item;
	const char *path;
	int found;
	int state;
	const char *content;
} lookups[] = {
	{ { "/etc/a", "1\n" }, "/etc/a", 1, ES_PATCH_TEXT, "1\n" },
	{ { "/etc/a", "1\n" }, "/etc/a/", 0, 0, NULL },
	{ { "/etc/a", "1\n" }, "/etc/b", 0, 0, NULL },
	{ { "/etc/a", "1\n" }, "/etc/a/b", 0, 0, NULL },
	/* Only led through, not watched. */
	{ { "/etc/a", "1\n" }, "/etc", 0, 0, NULL },
	{ { "/etc/d", NULL, DIR }, "/etc/d", 1, ES_PATCH_NONE, NULL },
	{ { "/etc/d", NULL, DIR }, "/etc/d//", 1, ES_PATCH_NONE, NULL },
	{ { "/", NULL, DIR }, "/", 1, ES_PATCH_NONE, NULL },
	{ { "/a", "x", LINK }, "/a", 1, ES_PATCH_NONE, NULL },
	{ { "/.gitmodules", "1\n" }, "/.gitmodules", 1, ES_PATCH_TEXT, "1\n" },
	{ { "/a", "s", { .class = ES_CLASS_SECRET } },
	  "/a",
	  1,
	  ES_PATCH_SECRET,
	  NULL },
	{ { "/a", "s", { .class = ES_CLASS_DIGEST } },
	  "/a",
	  1,
	  ES_PATCH_DIGEST,
	  NULL },
	{ { "/a", PEM }, "/a", 1, ES_PATCH_SECRET, NULL },
	{ { "/now-secret", "s" }, "/now-secret", 1, ES_PATCH_SECRET, NULL },
	{ { "/now-digest", "s" }, "/now-digest", 1, ES_PATCH_DIGEST, NULL },
	{ { "/now-masked", "word=<masked:01234567>\n" },
	  "/now-masked",
	  1,
	  ES_PATCH_TEXT,
	  "word=<masked:01234567>\n" },
	{ { "/a", "a\0b", { 0 }, 3 }, "/a", 1, ES_PATCH_TEXT, NULL },
	{ { "/a", LE16, { 0 }, 10 }, "/a", 1, ES_PATCH_TEXT, NULL },
	/* byte for byte, unless something is to be masked in what it says */
	{ { "/a", "\xef\xbb\xbfgr\xfc" },
	  "/a",
	  1,
	  ES_PATCH_TEXT,
	  "\xef\xbb\xbfgr\xfc" },
	{ { "/now-masked", "gr\xfc\n" },
	  "/now-masked",
	  1,
	  ES_PATCH_TEXT,
	  "gr\xfc\n" },
	{ { "/now-masked", "gr\xfc\nword=<masked:01234567>\n" },
	  "/now-masked",
	  1,
	  ES_PATCH_TEXT,
	  "gr\xfc\nword=<masked:01234567>\n" },
	{ { "/now-umlaut", "m\xfcll=<masked:01234567>\n" },
	  "/now-umlaut",
	  1,
	  ES_PATCH_TEXT,
	  "m\xfcll=<masked:01234567>\n" },
	{ { "commands/ip", "1\n" }, "commands/ip", 1, ES_PATCH_TEXT, "1\n" },
	{ { "commands/ip", "1\n" }, "commands", 0, 0, NULL },
	{ { "commands/ip", "1\n" }, "meta/.mtree", 0, 0, NULL },
};

START_TEST(delta_entry_and_content_of_one_path)
{
	struct es_oid tree = es_unit_tree(&repo, &lookups[_i].item, 1);
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(TODAY);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct es_patch_options o;
	struct es_entry e;

	ck_assert_int_eq(es_delta_entry(&w, &e, repo.st, &tree,
					lookups[_i].path, &err),
			 lookups[_i].found);
	if (!lookups[_i].found)
		return;
	ck_assert_int_eq(es_delta_content(&out, repo.st, lookups[_i].path, &e,
					  options_with(&o, rules, es_unit_key),
					  &err),
			 lookups[_i].state);
	if (lookups[_i].state != ES_PATCH_TEXT) {
		ck_assert_uint_eq(out.len, 0);
	} else if (lookups[_i].content) {
		ck_assert_str_eq(out.data, lookups[_i].content);
	} else {
		ck_assert_uint_eq(out.len, lookups[_i].item.raw);
		ck_assert_mem_eq(out.data, lookups[_i].item.content, out.len);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("patch");
	TCase *tc = tcase_create("patch");

	tcase_add_checked_fixture(tc, es_unit_runs_setup,
				  es_unit_runs_teardown);
	tcase_add_loop_test(tc, delta_patch_shows_what_may_be_shown, 0,
			    es_lengthof(patches));
	tcase_add_test(
		tc,
		delta_patch_without_a_key_shows_nothing_that_a_mask_matches);
	tcase_add_test(tc, delta_patch_says_that_a_diff_is_too_long);
	tcase_add_test(tc, delta_patch_shows_all_of_a_file_that_came_or_went);
	tcase_add_loop_test(tc, delta_patch_tells_encodings_of_what_it_shows, 0,
			    es_lengthof(charsets));
	tcase_add_loop_test(tc, delta_entry_and_content_of_one_path, 0,
			    es_lengthof(lookups));
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
