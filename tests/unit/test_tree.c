/* SPDX-License-Identifier: MIT */
/* test_tree.c - unit tests of trees, compared with git's own */
#include "config.h"

#include "etcsnap/tree.h"

#include "store_unit.h"

#include <errno.h>

static char dir[64];
static const struct es_oid none;
static struct es_store *st;
static struct es_lane *lane;

static void setup(void)
{
	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 0, &err));
	ok(es_lane_new(&lane, st, &err));
}

static void teardown(void)
{
	es_lane_free(lane);
	es_store_free(st);
	es_unit_leave_dir(dir);
}

/* ---------------------------------------------------------------- order */

struct name {
	const char *name;
	unsigned int mode;
};

/* The places where git's order is not that of bytes. */
static const struct name tricky[][8] = {
	{ { "a", ES_MODE_FILE }, { "a.b", ES_MODE_FILE }, { "a0", 0100755 } },
	{ { "a", ES_MODE_TREE }, { "a.b", ES_MODE_FILE }, { "a0", 0100755 } },
	{ { "a", ES_MODE_TREE },
	  { "a-", ES_MODE_TREE },
	  { "a.", ES_MODE_FILE },
	  { "a.d", ES_MODE_TREE },
	  { "a0", ES_MODE_LINK },
	  { "aa", ES_MODE_TREE },
	  { "b", ES_MODE_EXEC } },
	{ { "\xff", ES_MODE_FILE },
	  { "\x7f", ES_MODE_TREE },
	  { "\x01", ES_MODE_FILE } },
	{ { "x", ES_MODE_TREE },
	  { "x\x01", ES_MODE_FILE },
	  { "x\n", ES_MODE_FILE },
	  { "x ", ES_MODE_TREE },
	  { "x\xff", ES_MODE_FILE } },
	{ { "\"quoted\"", ES_MODE_FILE },
	  { "-dash", ES_MODE_FILE },
	  { "back\\slash", ES_MODE_TREE } },
	{ { "%2Egit", ES_MODE_TREE }, { ".mtree", ES_MODE_FILE } },
	{ { "only", ES_MODE_TREE } },
};

/* What git mktree makes of the same entries, in @out as text. */
static void git_mktree(const struct name *names, size_t n,
		       const struct es_oid *blob, const struct es_oid *tree,
		       struct es_buf *out)
{
	FILE *f = fopen("entries", "w");
	char hex[ES_OID_HEX + 1];

	for (size_t i = 0; i < n; i++) {
		const bool is_tree = names[i].mode == ES_MODE_TREE;

		fprintf(f, "%06o %s %s\t%s%c", names[i].mode,
			is_tree ? "tree" : "blob",
			es_oid_text(hex, is_tree ? tree : blob), names[i].name,
			'\0');
	}
	fclose(f);
	ck_assert_int_eq(git("entries", out, "mktree", "-z"), 0);
	es_buf_truncate(out, ES_OID_HEX);
}

/* Both orders of adding give git's id. */
static void check_order(const struct name *names, size_t n)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf want = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];
	struct es_oid tree, got;
	const struct es_oid blob = put_text(lane, "x");

	ok(es_lane_put(&tree, lane, ES_KIND_TREE, "", 0, &err));
	ok(es_store_install(st, &err));
	git_mktree(names, n, &blob, &tree, &want);
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < n; i++) {
			const struct name *at = &names[turn ? n - 1 - i : i];

			ck_assert_int_eq(
				es_tree_builder_add(
					b, at->name, strlen(at->name), at->mode,
					at->mode == ES_MODE_TREE ? &tree
								 : &blob),
				0);
		}
		ok(es_tree_builder_write(&got, b, lane, &err));
		ck_assert_str_eq(es_oid_text(hex, &got), es_buf_str(&want));
	}
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict"), 0);
}

START_TEST(order_is_gits)
{
	size_t n = 0;

	while (n < 8 && tricky[_i][n].name)
		n++;
	check_order(tricky[_i], n);
}
END_TEST

/* Names over few letters, so that prefixes abound. */
START_TEST(order_of_random_names)
{
	static const char letters[] = { 'a', '/' - 1, '/' + 1, 'b', '\x80' };
	char text[200][8];
	struct name names[200];
	size_t n = 0;
	uint64_t state = (uint64_t)_i + 1;

	for (int i = 0; i < 200; i++) {
		const size_t len = 1 + es_unit_random(&state) % 6;
		bool seen = false;

		for (size_t k = 0; k < len; k++)
			text[n][k] = letters[es_unit_random(&state) %
					     sizeof(letters)];
		text[n][len] = '\0';
		for (size_t k = 0; k < n; k++)
			seen = seen || strcmp(text[k], text[n]) == 0;
		/* "." and ".." are no names. */
		if (seen || text[n][0] == '.')
			continue;
		names[n].name = text[n];
		names[n].mode = es_unit_random(&state) & 1 ? ES_MODE_TREE
							   : ES_MODE_FILE;
		n++;
	}
	check_order(names, n);
}
END_TEST

START_TEST(empty_tree_is_none)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_oid oid;

	memset(&oid, 1, sizeof(oid));
	ok(es_tree_builder_write(&oid, b, lane, &err));
	ck_assert(es_oid_is_none(&oid));
	es_tree_builder_free(NULL);
}
END_TEST

START_TEST(a_name_twice_is_refused)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	const struct es_oid blob = put_text(lane, "x");
	struct es_oid oid;

	es_tree_builder_add(b, "a", 1, ES_MODE_FILE, &blob);
	es_tree_builder_add(b, "b", 1, ES_MODE_FILE, &blob);
	es_tree_builder_add(b, "a", 1, ES_MODE_FILE, &blob);
	fails(-EEXIST, "twice", es_tree_builder_write(&oid, b, lane, &err));
	/* And it is empty again. */
	es_tree_builder_add(b, "a", 1, ES_MODE_FILE, &blob);
	ok(es_tree_builder_write(&oid, b, lane, &err));
}
END_TEST

/* --------------------------------------------------------------- reading */

START_TEST(reading_gives_what_was_built)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf bytes = ES_BUF_INIT(1 << 20);
	const struct es_oid blob = put_text(lane, "x");
	struct es_tree_reader r;
	struct es_tree_entry e;
	struct es_oid oid;
	char name[32];

	for (int i = 0; i < 1000; i++) {
		const int n = snprintf(name, sizeof(name), "%04d", 999 - i);

		es_tree_builder_add(b, name, (size_t)n, ES_MODE_EXEC, &blob);
	}
	ok(es_tree_builder_write(&oid, b, lane, &err));
	ok(es_store_get(st, &oid, ES_KIND_TREE, &bytes, &err));
	es_tree_open(&r, &bytes);
	for (int i = 0; i < 1000; i++) {
		const int n = snprintf(name, sizeof(name), "%04d", i);

		ck_assert_int_eq(es_tree_next(&r, &e), 1);
		ck_assert_uint_eq(e.len, (size_t)n);
		ck_assert_int_eq(memcmp(e.name, name, e.len), 0);
		ck_assert_uint_eq(e.mode, ES_MODE_EXEC);
		ck_assert(es_oid_equal(&e.oid, &blob));
	}
	ck_assert_int_eq(es_tree_next(&r, &e), 0);
	ck_assert_int_eq(es_tree_find(&bytes, "0500", 4, &e), 1);
	ck_assert_int_eq(memcmp(e.name, "0500", 4), 0);
	ck_assert_int_eq(es_tree_find(&bytes, "050", 3, &e), 0);
	ck_assert_int_eq(es_tree_find(&bytes, "", 0, &e), 0);
}
END_TEST

#define ID "iiiiiiiiiiiiiiiiiiii"

static const struct {
	const char *bytes;
	size_t len;
} broken[] = {
	{ "1", 1 },
	{ "100644", 6 },
	{ "100644 ", 7 },
	{ "100644 a", 8 },
	{ "100644 a\0", 9 },
	{ "100644 a\0" ID, 28 },
	{ "100644 \0" ID, 28 },
	{ "0100644 a\0" ID, 30 },
	{ "040000 a\0" ID, 29 },
	{ "100648 a\0" ID, 29 },
	{ " a\0" ID, 23 },
	{ "1006440 a\0" ID, 30 },
	{ "100644  \0", 9 },
	{ "100644 a/b\0" ID, 31 },
	{ "-1 a\0" ID, 25 },
	{ "100644 a\0" ID "1", 30 },
};

START_TEST(broken_trees)
{
	struct es_buf b = ES_BUF_INIT(100);
	struct es_tree_reader r;
	struct es_tree_entry e;
	int rc;

	/* Allocated to the byte, for the address sanitizer. */
	b.data = malloc(broken[_i].len);
	memcpy(b.data, broken[_i].bytes, broken[_i].len);
	b.len = broken[_i].len;
	es_tree_open(&r, &b);
	while ((rc = es_tree_next(&r, &e)) == 1)
		;
	ck_assert_int_eq(rc, -EILSEQ);
	ck_assert_int_eq(es_tree_find(&b, "nothing", 7, &e), -EILSEQ);
	free(b.data);
}
END_TEST

/* --------------------------------------------------------------- look-up */

static struct es_oid build_one(const char *name, unsigned int mode,
			       const struct es_oid *oid)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_oid out;

	es_tree_builder_add(b, name, strlen(name), mode, oid);
	es_tree_builder_add(b, "other", 5, ES_MODE_FILE, oid);
	ok(es_tree_builder_write(&out, b, lane, &err));
	return out;
}

START_TEST(look_up_paths)
{
	const struct es_oid blob = put_text(lane, "x");
	const struct es_oid c = build_one("c", ES_MODE_EXEC, &blob);
	const struct es_oid b = build_one("b", ES_MODE_TREE, &c);
	const struct es_oid a = build_one("a", ES_MODE_TREE, &b);
	const struct {
		const char *path;
		const struct es_oid *want;
		unsigned int mode;
	} rows[] = {
		{ "", &a, ES_MODE_TREE },
		{ "a", &b, ES_MODE_TREE },
		{ "a/b", &c, ES_MODE_TREE },
		{ "a/b/c", &blob, ES_MODE_EXEC },
		{ "a/b/other", &blob, ES_MODE_FILE },
		{ "x", NULL, 0 },
		{ "a/x", NULL, 0 },
		{ "a/b/c/d", NULL, 0 },
		{ "other/d", NULL, 0 },
		{ "a//b", NULL, 0 },
		{ "/a", NULL, 0 },
	};

	for (size_t i = 0; i < es_lengthof(rows); i++) {
		struct es_error err = ES_ERROR_INIT;
		unsigned int mode = 0;
		struct es_oid got;
		const int rc = es_tree_lookup(&got, &mode, st, &a, rows[i].path,
					      strlen(rows[i].path), &err);

		ck_assert_msg(rc == (rows[i].want ? 1 : 0), "%s: %d %s",
			      rows[i].path, rc, err.msg);
		if (!rows[i].want)
			continue;
		ck_assert(es_oid_equal(&got, rows[i].want));
		ck_assert_uint_eq(mode, rows[i].mode);
	}
	struct es_oid got;
	struct es_error err = ES_ERROR_INIT;
	ck_assert_int_eq(es_tree_lookup(&got, NULL, st, &none, "", 0, &err), 0);
	ck_assert_int_eq(es_tree_lookup(&got, NULL, st, &a, "a", 1, &err), 1);
	ck_assert_int_eq(err.code, 0);
}
END_TEST

START_TEST(look_up_in_a_damaged_repository)
{
	struct es_oid broken_tree, missing, got;

	memset(&missing, 0x77, sizeof(missing));
	ok(es_lane_put(&broken_tree, lane, ES_KIND_TREE, "nonsense", 8, &err));
	const struct es_oid root = build_one("gone", ES_MODE_TREE, &missing);
	fails(-EIO, "run 'etcsnap git fsck'",
	      es_tree_lookup(&got, NULL, st, &broken_tree, "a", 1, &err));
	fails(-ENOENT, "there is no tree 7777",
	      es_tree_lookup(&got, NULL, st, &root, "gone/a", 6, &err));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tree");
	TCase *t = tcase_create("tree");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, order_is_gits, 0, es_lengthof(tricky));
	tcase_add_loop_test(t, order_of_random_names, 0, 6);
	tcase_add_test(t, empty_tree_is_none);
	tcase_add_test(t, a_name_twice_is_refused);
	tcase_add_test(t, reading_gives_what_was_built);
	tcase_add_loop_test(t, broken_trees, 0, es_lengthof(broken));
	tcase_add_test(t, look_up_paths);
	tcase_add_test(t, look_up_in_a_damaged_repository);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
