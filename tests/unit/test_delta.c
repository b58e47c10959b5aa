/* SPDX-License-Identifier: MIT */
/* test_delta.c - what differs between two runs */
#include "config.h"

#include "etcsnap/delta.h"

#include "runs.h"

#include <errno.h>

/* One line a change: "KIND PATH[ <- FROM] ATTRIBUTES". */
static void tell(struct es_buf *out, const struct es_delta *d)
{
	for (size_t i = 0; i < es_delta_count(d); i++) {
		const struct es_change *c = es_delta_at(d, i);

		ck_assert_uint_eq(strlen(c->path), c->len);
		es_buf_addf(out, "%s %s", es_change_kind_name(c->kind),
			    c->path);
		if (c->from)
			es_buf_addf(out, " <- %s", c->from);
		for (unsigned int a = 0; a < ES_ATTR_COUNT; a++)
			if (c->attrs & 1u << a)
				es_buf_addf(out, " %s", es_attr_name(a));
		es_buf_addc(out, '\n');
	}
}

static void expect(const struct es_oid *old, const struct es_oid *new,
		   const char *want)
{
	ES_CLEANUP(es_delta_freep)
	struct es_delta *d = es_unit_compare(old, new);
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(1 << 20);
	size_t sum = 0;

	tell(&got, d);
	ck_assert_str_eq(es_buf_str(&got), want);
	for (unsigned int k = 0; k < ES_CHANGE_KINDS; k++)
		sum += es_delta_kinds(d, (enum es_change_kind)k);
	ck_assert_uint_eq(sum, es_delta_count(d));
}

START_TEST(delta_of_equal_trees_is_empty)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/etc/a", "1\n" },
						    { "system/os", "x\n" }));

	expect(&a, &a, "");
}
END_TEST

START_TEST(delta_ignores_what_is_about_the_run)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/etc/a", "1\n" },
						    { "run/summary", "x\n" }));
	struct es_oid b = es_unit_tree(&repo, ITEMS({ "/etc/a", "1\n" },
						    { "run/summary", "y\n" }));

	ck_assert(!es_oid_equal(&a, &b));
	expect(&a, &b, "");
}
END_TEST

/* One row: two runs of one path each, and what is to be said. */
static const struct {
	struct es_unit_item was;
	struct es_unit_item is;
	const char *want;
} pairs[] = {
	{ { "/a", "1\n" }, { "/a", "2\n" }, "changed /a content\n" },
	{ { "/a", "1\n" }, { "/a", "22\n" }, "changed /a size content\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .mode = 0600 } },
	  "changed /a mode\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .uid = 33, .gid = 33 } },
	  "changed /a owner group\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .mtime_sec = 1700000001 } },
	  "touched /a mtime\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .mtime_nsec = 1 } },
	  "touched /a mtime\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .nlink = 2 } },
	  "changed /a links\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .unread = EACCES } },
	  "changed /a unread\n" },
	{ { "/a", "x", LINK }, { "/a", "y", LINK }, "changed /a target\n" },
	{ { "/a", NULL, DIR },
	  { "/a", NULL, { .type = ES_TYPE_DIR, .mode = 0700 } },
	  "changed /a mode\n" },
	{ { "/a", NULL, { .type = ES_TYPE_CHAR, .rdev_minor = 3 } },
	  { "/a", NULL, { .type = ES_TYPE_CHAR, .rdev_minor = 4 } },
	  "changed /a device\n" },
	{ { "/a", "1\n", { .class = ES_CLASS_SECRET } },
	  { "/a", "2\n", { .class = ES_CLASS_SECRET } },
	  "changed /a content\n" },
	{ { "/a", "1\n", { .class = ES_CLASS_SECRET } },
	  { "/a", "1\n", { .class = ES_CLASS_SECRET } },
	  "" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .class = ES_CLASS_SECRET } },
	  "changed /a class\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .class = ES_CLASS_DIGEST } },
	  "changed /a class\n" },
	{ { "/a", "1\n", { .has = ES_HAS_MASKED } },
	  { "/a", "2\n", { .has = ES_HAS_MASKED } },
	  "changed /a content\n" },
	{ { "/a", "p=x\n" },
	  { "/a", "p=<masked:01234567>\n", { .has = ES_HAS_MASKED } },
	  "changed /a size content class\n" },
	{ { "/a", "1\n" },
	  { "/a", "1\n", { .xattr = "user.x=\"1\"\n", .xattr_len = 11 } },
	  "changed /a xattr\n" },
	{ { "/a", "1\n" }, { "/a", NULL, DIR }, "retyped /a type mode\n" },
	{ { "/a", "1\n" }, { "/a", "b", LINK }, "retyped /a type mode\n" },
	{ { "/a", "1\n" }, { "/b", "2\n" }, "removed /a\nadded /b\n" },
	{ { "/a", "1\n" }, { "/b", "1\n" }, "renamed /b <- /a\n" },
	{ { "/b", "1\n" },
	  { "/a", "1\n", { .mode = 0600 } },
	  "renamed /a <- /b mode\n" },
	{ { "/a", "" }, { "/b", "" }, "removed /a\nadded /b\n" },
	{ { "/a", "x", LINK }, { "/b", "x", LINK }, "renamed /b <- /a\n" },
	{ { "/a", "x" }, { "/b", "x", LINK }, "removed /a\nadded /b\n" },
	{ { "/a", "1", { .class = ES_CLASS_SECRET } },
	  { "/b", "1", { .class = ES_CLASS_SECRET } },
	  "renamed /b <- /a\n" },
	{ { "/a", "1", { .class = ES_CLASS_DIGEST } },
	  { "/b", "1" },
	  "removed /a\nadded /b\n" },
	{ { "/a", NULL, DIR }, { "/b", NULL, DIR }, "removed /a\nadded /b\n" },
	{ { "system/os", "x\n" },
	  { "system/os", "y\n" },
	  "changed system/os content\n" },
	{ { "system/os", "x\n" },
	  { "system/kernel", "x\n" },
	  "added system/kernel\nremoved system/os\n" },
	{ { "findings/suid", "x\n" },
	  { "commands/suid", "y\n" },
	  "added commands/suid\nremoved findings/suid\n" },
	{ { "/.git", "1\n" }, { "/.git", "2\n" }, "changed /.git content\n" },
	{ { "/%a\n\xff", "1\n" },
	  { "/%a\n\xff", "2\n" },
	  "changed /%a\n\xff content\n" },
};

START_TEST(delta_says_what_kind_of_change)
{
	struct es_oid a = es_unit_tree(&repo, &pairs[_i].was, 1);
	struct es_oid b = es_unit_tree(&repo, &pairs[_i].is, 1);

	expect(&a, &b, pairs[_i].want);
}
END_TEST

START_TEST(delta_of_a_first_run_adds_everything)
{
	struct es_oid none = { 0 };
	struct es_oid a = es_unit_tree(
		&repo,
		ITEMS({ "/etc", NULL, DIR }, { "/etc/a", "1\n" },
		      { "/etc/d", NULL, DIR }, { "/etc/d/b", "1\n" },
		      { "run/rules", "nonsense" }, { "system/os", "x\n" }));

	expect(&none, &a,
	       "added /etc\nadded /etc/a\nadded /etc/d\nadded /etc/d/b\n"
	       "added system/os\n");
	expect(&a, &none,
	       "removed /etc\nremoved /etc/a\nremoved /etc/d\n"
	       "removed /etc/d/b\nremoved system/os\n");
}
END_TEST

/* The order of git's trees, of listings and of paths differ: "a.b", "a/b". */
START_TEST(delta_is_sorted_and_complete)
{
	struct es_oid a = es_unit_tree(
		&repo,
		ITEMS({ "/", NULL, DIR }, { "/a", NULL, DIR }, { "/a/x", "2" },
		      { "/a-", NULL, DIR }, { "/a-/x", "1" }, { "/a.b", "1" },
		      { "/a0", NULL, DIR }, { "/a0/x", "3" },
		      { "/b/deep/er/x", "4" }));
	struct es_oid b = es_unit_tree(
		&repo,
		ITEMS({ "/", NULL, { .type = ES_TYPE_DIR, .mode = 0555 } },
		      { "/a", NULL, DIR }, { "/a/x", "2!" },
		      { "/a-", NULL, DIR }, { "/a-/x", "1!" }, { "/a.b", "1!" },
		      { "/a0", NULL, DIR }, { "/a0/x", "3!" },
		      { "/b/deep/er/x", "4!" }));

	expect(&a, &b,
	       "changed / mode\nchanged /a-/x size content\n"
	       "changed /a.b size content\nchanged /a/x size content\n"
	       "changed /a0/x size content\n"
	       "changed /b/deep/er/x size content\n");
}
END_TEST

START_TEST(delta_lists_all_below_a_file_that_became_a_directory)
{
	struct es_oid a =
		es_unit_tree(&repo, ITEMS({ "/d", "1\n" }, { "/e", NULL, DIR },
					  { "/e/f", "2\n" }));
	struct es_oid b =
		es_unit_tree(&repo, ITEMS({ "/d", NULL, DIR },
					  { "/d/f", "3\n" }, { "/e", "4\n" }));

	expect(&a, &b,
	       "retyped /d type mode\nadded /d/f\nretyped /e type mode\n"
	       "removed /e/f\n");
}
END_TEST

/* Two of the same content: nobody knows which went where. */
START_TEST(delta_guesses_no_renames)
{
	struct es_oid a = es_unit_tree(
		&repo, ITEMS({ "/a", "1\n" }, { "/b", "1\n" }, { "/k", "k" }));
	struct es_oid b = es_unit_tree(
		&repo, ITEMS({ "/c", "1\n" }, { "/k", "k" }, { "/l", "k" }));

	expect(&a, &b, "removed /a\nremoved /b\nadded /c\nadded /l\n");
}
END_TEST

static const struct {
	const char *paths[3];
	const char *want;
} selections[] = {
	{ { "/" }, "changed /etc/a/b\nchanged /etc/ab\nchanged /opt/x\n" },
	{ { "/etc" }, "changed /etc/a/b\nchanged /etc/ab\n" },
	{ { "/etc/" }, "changed /etc/a/b\nchanged /etc/ab\n" },
	{ { "/etc/a" }, "changed /etc/a/b\n" },
	{ { "/etc/a/b" }, "changed /etc/a/b\n" },
	{ { "/etc/a/b/c" }, "" },
	{ { "/et" }, "" },
	{ { "/opt", "/etc/a" }, "changed /etc/a/b\nchanged /opt/x\n" },
	{ { "system/os" }, "changed system/os\n" },
	{ { "system" }, "changed system/os\n" },
};

START_TEST(delta_takes_only_selected_paths)
{
	struct es_oid a = es_unit_tree(
		&repo, ITEMS({ "/etc/a/b", "1" }, { "/etc/ab", "1" },
			     { "/opt/x", "1" }, { "system/os", "1" }));
	struct es_oid b = es_unit_tree(
		&repo, ITEMS({ "/etc/a/b", "2" }, { "/etc/ab", "2" },
			     { "/opt/x", "2" }, { "system/os", "2" }));
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_delta_freep) struct es_delta *d = NULL;
	struct es_error err = ES_ERROR_INIT;
	size_t n = 0;

	while (selections[_i].paths[n])
		n++;
	ck_assert_int_eq(es_delta_new(&d, repo.st, &a, &b, selections[_i].paths,
				      n, &err),
			 0);
	for (size_t i = 0; i < es_delta_count(d); i++)
		es_buf_addf(&got, "%s %s\n",
			    es_change_kind_name(es_delta_at(d, i)->kind),
			    es_delta_at(d, i)->path);
	ck_assert_str_eq(es_buf_str(&got), selections[_i].want);
}
END_TEST

START_TEST(delta_knows_the_names_of_owners)
{
	struct es_oid a = es_unit_tree(
		&repo, ITEMS({ "/etc/a", "1", { .uid = 33, .gid = 77 } }));
	struct es_oid b = es_unit_tree(&repo, ITEMS({ "/etc/a", "2" }));
	ES_CLEANUP(es_delta_freep) struct es_delta *d = es_unit_compare(&a, &b);
	const struct es_change *c = es_delta_at(d, 0);

	ck_assert_uint_eq(es_delta_count(d), 1);
	ck_assert_pstr_eq(c->old_uname, "www");
	ck_assert_pstr_eq(c->old_gname, NULL);
	ck_assert_pstr_eq(c->new_uname, "root");
	ck_assert_pstr_eq(c->new_gname, "root");
	ck_assert_uint_eq(c->old->gid, 77);
}
END_TEST

START_TEST(delta_tells_other_rules_from_other_files)
{
	ES_CLEANUP(es_freep)
	char *narrow = es_unit_rules_text(WATCH("/etc"));
	ES_CLEANUP(es_freep)
	char *wide = es_unit_rules_text(WATCH("/opt") "include = /etc/keep\n");
	struct es_oid a = es_unit_tree(
		&repo, ITEMS({ "/etc/keep", "0" }, { "/etc/keep2", "1" },
			     { "/etc/x", "2" }, { "run/rules", narrow }));
	struct es_oid b =
		es_unit_tree(&repo, ITEMS({ "/etc/y", "3" }, { "/opt/x", "2" },
					  { "run/rules", wide }));

	/* A move out of what is watched is no rename. */
	expect(&a, &b,
	       "removed /etc/keep\nunwatched /etc/keep2\nunwatched /etc/x\n"
	       "added /etc/y\nwatched /opt/x\n");
}
END_TEST

/* An account that comes with what is in its home is no other rule. */
START_TEST(delta_tells_homes_from_rules)
{
	ES_CLEANUP(es_freep)
	char *ann = es_unit_rules_text(WATCH("~/.ssh") "home = /home/ann\n");
	ES_CLEANUP(es_freep)
	char *bob = es_unit_rules_text(
		WATCH("~/.ssh") "include = ~/.netrc\nhome = /home/bob\n");
	struct es_oid a =
		es_unit_tree(&repo, ITEMS({ "/home/ann/.ssh/keys", "1" },
					  { "run/rules", ann }));
	struct es_oid b =
		es_unit_tree(&repo, ITEMS({ "/home/bob/.netrc", "2" },
					  { "/home/bob/.ssh/keys", "3" },
					  { "run/rules", bob }));

	expect(&a, &b,
	       "unwatched /home/ann/.ssh/keys\nwatched /home/bob/.netrc\n"
	       "added /home/bob/.ssh/keys\n");
	expect(&b, &a,
	       "added /home/ann/.ssh/keys\nunwatched /home/bob/.netrc\n"
	       "unwatched /home/bob/.ssh/keys\n");
}
END_TEST

/* A check that is off does not look as if all were well. */
START_TEST(delta_tells_what_was_switched)
{
	struct es_oid a = es_unit_tree(
		&repo,
		ITEMS({ "findings/cron", "1" }, { "findings/homes", "2" },
		      { "system/os", "3" }, { "system/users", "4" },
		      { "run/parts", "commands/one\nfindings/cron\n"
				     "findings/homes\nsystem\n" }));
	struct es_oid b = es_unit_tree(
		&repo, ITEMS({ "/a", "5" }, { "commands/one-more", "6" },
			     { "commands/one", "7" }, { "system/os", "8" },
			     { "run/parts", "commands/one\ncommands/one-more\n"
					    "files\nfindings/homes\n"
					    "system\n" }));

	expect(&a, &b,
	       "watched /a\nadded commands/one\nwatched commands/one-more\n"
	       "unwatched findings/cron\nremoved findings/homes\n"
	       "changed system/os content\nremoved system/users\n");
	/* What was not written down cannot be told. */
	struct es_oid c = es_unit_tree(&repo, ITEMS({ "findings/homes", "2" },
						    { "system/os", "3" }));
	expect(&c, &b,
	       "added /a\nadded commands/one\nadded commands/one-more\n"
	       "removed findings/homes\nchanged system/os content\n");
}
END_TEST

START_TEST(delta_survives_rules_that_it_cannot_read)
{
	struct es_oid a = es_unit_tree(
		&repo, ITEMS({ "/a", "0" }, { "run/rules", "[nonsense\n" }));
	struct es_oid b = es_unit_tree(
		&repo, ITEMS({ "/b", "1" }, { "run/rules", "x = y\n" }));

	expect(&a, &b, "removed /a\nadded /b\n");
}
END_TEST

START_TEST(delta_notices_stricter_rules)
{
	ES_CLEANUP(es_freep)
	char *lax = es_unit_rules_text(WATCH("/etc"));
	ES_CLEANUP(es_freep)
	char *strict = es_unit_rules_text(
		WATCH("/etc") "[rule x]\nmatch = /etc/x\nclass = secret\n");
	struct es_unit_item was[] = { { "/etc/x", "1" },
				      { "/etc/y", "1" },
				      { "run/rules", lax } };
	struct es_unit_item is[] = {
		{ "/etc/x", "1", { .class = ES_CLASS_SECRET } },
		{ "/etc/y", "1", { .class = ES_CLASS_DIGEST } },
		{ "run/rules", strict },
	};
	struct es_oid a = es_unit_tree(&repo, was, 3);
	struct es_oid b = es_unit_tree(&repo, is, 3);
	ES_CLEANUP(es_delta_freep) struct es_delta *d = es_unit_compare(&a, &b);

	/* y is stricter by its content, not by a rule */
	ck_assert_uint_eq(es_delta_count(d), 2);
	ck_assert_uint_eq(es_delta_tightened(d), 1);
	ES_CLEANUP(es_delta_freep)
	struct es_delta *back = es_unit_compare(&b, &a);
	ck_assert_uint_eq(es_delta_tightened(back), 0);
}
END_TEST

/* A tree that is no tree of ours: an error, not a crash. */
START_TEST(delta_refuses_a_broken_manifest)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_oid good = es_unit_tree(&repo, ITEMS({ "/a", "1" }));
	struct es_oid oid = es_unit_blob(&repo, "./x type=nonsense\n", 18);
	struct es_error err = ES_ERROR_INIT;
	struct es_delta *d = NULL;

	es_tree_builder_add(b, ".mtree", 6, ES_MODE_FILE, &oid);
	ck_assert_int_eq(es_tree_builder_write(&oid, b, repo.lane, &err), 0);
	es_tree_builder_add(b, "meta", 4, ES_MODE_TREE, &oid);
	ck_assert_int_eq(es_tree_builder_write(&oid, b, repo.lane, &err), 0);
	ck_assert_int_lt(es_delta_new(&d, repo.st, &good, &oid, NULL, 0, &err),
			 0);
	ck_assert_ptr_null(d);
	ck_assert_int_ne(err.msg[0], '\0');
	memset(&oid, 0x55, sizeof(oid));
	err = (struct es_error)ES_ERROR_INIT;
	ck_assert_int_lt(es_delta_new(&d, repo.st, &good, &oid, NULL, 0, &err),
			 0);
	ck_assert_int_ne(err.msg[0], '\0');
}
END_TEST

/* Deeper than any stack would bear. */
START_TEST(delta_of_a_deep_tree)
{
	struct es_dir_child child = { "d", 1, { { { 0 } }, { { 0 } } } };
	struct es_dir_trees none = { 0 }, trees = none;
	struct es_error err = ES_ERROR_INIT;
	struct es_oid zero = { 0 }, root;

	for (int i = 0; i < 1500; i++) {
		struct es_listing_writer w = ES_LISTING_WRITER_INIT;
		struct es_entry e = { .name = ".",
				      .name_len = 1,
				      .watch = ES_WATCH_YES,
				      .type = ES_TYPE_DIR,
				      .has = ES_HAS_STAT,
				      .mode = 0755 };

		es_listing_begin(&w, &e);
		e.name = "d";
		if (i > 0)
			es_listing_add(&w, &e);
		es_listing_end(&w, &err);
		child.trees = trees;
		ck_assert_msg(es_dir_write(&trees, repo.lane, w.buf.data,
					   w.buf.len, &none, &child, i > 0,
					   repo.ids, &err) == 0,
			      "%s", err.msg);
		es_listing_dispose(&w);
	}
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	es_tree_builder_add(b, "meta", 4, ES_MODE_TREE, &trees.meta);
	ck_assert_int_eq(es_tree_builder_write(&root, b, repo.lane, &err), 0);
	ES_CLEANUP(es_delta_freep)
	struct es_delta *d = es_unit_compare(&zero, &root);
	ck_assert_uint_eq(es_delta_count(d), 1500);
	ck_assert_uint_eq(es_delta_at(d, 1499)->len, 2 * 1499);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("delta");
	TCase *tc = tcase_create("delta");

	tcase_add_checked_fixture(tc, es_unit_runs_setup,
				  es_unit_runs_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, delta_of_equal_trees_is_empty);
	tcase_add_test(tc, delta_ignores_what_is_about_the_run);
	tcase_add_loop_test(tc, delta_says_what_kind_of_change, 0,
			    es_lengthof(pairs));
	tcase_add_test(tc, delta_of_a_first_run_adds_everything);
	tcase_add_test(tc, delta_is_sorted_and_complete);
	tcase_add_test(tc,
		       delta_lists_all_below_a_file_that_became_a_directory);
	tcase_add_test(tc, delta_guesses_no_renames);
	tcase_add_loop_test(tc, delta_takes_only_selected_paths, 0,
			    es_lengthof(selections));
	tcase_add_test(tc, delta_knows_the_names_of_owners);
	tcase_add_test(tc, delta_tells_other_rules_from_other_files);
	tcase_add_test(tc, delta_tells_homes_from_rules);
	tcase_add_test(tc, delta_tells_what_was_switched);
	tcase_add_test(tc, delta_survives_rules_that_it_cannot_read);
	tcase_add_test(tc, delta_notices_stricter_rules);
	tcase_add_test(tc, delta_refuses_a_broken_manifest);
	tcase_add_test(tc, delta_of_a_deep_tree);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
