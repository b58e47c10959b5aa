/* SPDX-License-Identifier: MIT */
/* test_dir.c - unit tests of the trees of a directory */
#include "config.h"

#include "etcsnap/tree.h"

#include "store_unit.h"

#include <errno.h>

static char dir[64];
static const struct es_oid none;
static const struct es_dir_trees no_trees;
static struct es_store *st;
static struct es_lane *lane;
static struct es_ids *ids;

static void setup(void)
{
	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 0, &err));
	ok(es_lane_new(&lane, st, &err));
	ok(es_ids_new(&ids, dir, &err));
}

static void teardown(void)
{
	es_ids_free(ids);
	es_lane_free(lane);
	es_store_free(st);
	es_unit_leave_dir(dir);
}

/* -------------------------------------------------------------- entries */

static struct es_entry make_entry(const char *name, enum es_type type,
				  enum es_watch watch)
{
	struct es_entry e = {
		.name = name,
		.name_len = strlen(name),
		.watch = watch,
		.type = type,
		.has = watch == ES_WATCH_YES ? ES_HAS_STAT : 0u,
		.mode = 0644,
		.nlink = 1,
		.mtime_sec = 1777629600,
	};

	return e;
}

static struct es_entry make_blob(const char *name, enum es_type type,
				 const char *text)
{
	struct es_entry e = make_entry(name, type, ES_WATCH_YES);
	const struct es_oid oid = put_text(lane, text);

	memcpy(e.oid, oid.id, sizeof(e.oid));
	e.has |= ES_HAS_BLOB;
	if (type == ES_TYPE_LINK) {
		e.target = text;
		e.target_len = strlen(text);
		return e;
	}
	e.class = ES_CLASS_MIRROR;
	e.has |= ES_HAS_SHA256;
	e.size = strlen(text);
	es_sha256(e.digest, text, strlen(text));
	return e;
}

static struct es_listing_writer pack(const struct es_entry *self,
				     const struct es_entry *entries, size_t n)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;

	es_listing_begin(&w, self);
	for (size_t i = 0; i < n; i++)
		es_listing_add(&w, &entries[i]);
	ok(es_listing_end(&w, &err));
	return w;
}

static struct es_dir_trees write_dir(const struct es_entry *self,
				     const struct es_entry *entries, size_t n,
				     const struct es_dir_trees *old,
				     const struct es_dir_child *children,
				     size_t n_children)
{
	struct es_listing_writer w = pack(self, entries, n);
	struct es_dir_trees out;

	ok(es_dir_write(&out, lane, w.buf.data, w.buf.len,
			old ? old : &no_trees, children, n_children, ids,
			&err));
	es_listing_dispose(&w);
	return out;
}

/* A commit of both trees, and git's list of it. */
static struct es_oid commit_trees(const struct es_dir_trees *trees,
				  struct es_buf *out)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_oid root;

	if (!es_oid_is_none(&trees->files))
		es_tree_builder_add(b, "files", 5, ES_MODE_TREE, &trees->files);
	if (!es_oid_is_none(&trees->meta))
		es_tree_builder_add(b, "meta", 4, ES_MODE_TREE, &trees->meta);
	ok(es_tree_builder_write(&root, b, lane, &err));
	const struct es_oid id = put_commit(lane, &root, NULL, "m", 1);
	struct es_oid tip;
	ok(es_store_install(st, &err));
	ok(es_store_tip(&tip, st, "main", &err));
	ok(es_store_move(st, "main", &id, &tip, &err));
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict", "--full"), 0);
	ck_assert_int_eq(git(NULL, out, "ls-tree", "-r",
			     "--format=%(objectmode) %(path)", "main"),
			 0);
	return root;
}

/* ---------------------------------------------------------------- write */

START_TEST(a_directory_with_everything)
{
	const struct es_entry self = make_entry(".", ES_TYPE_DIR, ES_WATCH_YES);
	struct es_entry e[] = {
		make_blob(".git", ES_TYPE_FILE, "gitdir: x\n"),
		make_blob(".mtree", ES_TYPE_FILE, "not ours\n"),
		make_entry("digest", ES_TYPE_FILE, ES_WATCH_YES),
		make_entry("fifo", ES_TYPE_FIFO, ES_WATCH_YES),
		make_blob("link", ES_TYPE_LINK, "../target"),
		make_blob("script", ES_TYPE_FILE, "#!/bin/sh\n"),
		make_blob("unwatched", ES_TYPE_FILE, "never\n"),
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	e[2].class = ES_CLASS_DIGEST;
	e[2].has |= ES_HAS_SHA256;
	e[2].xattr = "user.a=\"b\"\n";
	e[2].xattr_len = strlen(e[2].xattr);
	e[5].mode = 0750;
	e[6].watch = ES_WATCH_NO;
	const struct es_dir_trees trees =
		write_dir(&self, e, es_lengthof(e), NULL, NULL, 0);
	commit_trees(&trees, &out);
	ck_assert_str_eq(es_buf_str(&out), "100644 files/%2Egit\n"
					   "100644 files/%2Emtree\n"
					   "120000 files/link\n"
					   "100755 files/script\n"
					   "100644 meta/.mtree\n"
					   "100644 meta/.xattr\n");
	ck_assert_int_eq(git(NULL, &out, "cat-file", "-p", "main:meta/.mtree"),
			 0);
	ck_assert_ptr_nonnull(strstr(out.data, "./digest"));
	ck_assert_ptr_null(strstr(out.data, "unwatched"));
}
END_TEST

START_TEST(nothing_recorded_is_no_tree)
{
	const struct es_entry self =
		make_entry(".", ES_TYPE_DIR, ES_WATCH_PASS);
	const struct es_entry e[] = {
		make_entry("file", ES_TYPE_FILE, ES_WATCH_NO),
		make_entry("sub", ES_TYPE_DIR, ES_WATCH_PASS),
	};
	const struct es_dir_trees trees =
		write_dir(&self, e, es_lengthof(e), NULL, NULL, 0);

	ck_assert(es_oid_is_none(&trees.files));
	ck_assert(es_oid_is_none(&trees.meta));
}
END_TEST

/* Subdirectories: new ones, old ones, gone ones, some with one tree only. */
START_TEST(subdirectories_old_and_new)
{
	const struct es_entry self = make_entry(".", ES_TYPE_DIR, ES_WATCH_YES);
	const struct es_entry pass =
		make_entry(".", ES_TYPE_DIR, ES_WATCH_PASS);
	const struct es_entry one[] = {
		make_blob("f1", ES_TYPE_FILE, "1\n"),
	};
	const struct es_entry two[] = {
		make_blob("f2", ES_TYPE_FILE, "2\n"),
	};
	const struct es_dir_trees leaf1 =
		write_dir(&self, one, 1, NULL, NULL, 0);
	const struct es_dir_trees leaf2 =
		write_dir(&pass, two, 1, NULL, NULL, 0);
	const struct es_dir_trees bare =
		write_dir(&self, NULL, 0, NULL, NULL, 0);
	struct es_entry e[] = {
		make_entry(".git", ES_TYPE_DIR, ES_WATCH_YES),
		make_entry("a", ES_TYPE_DIR, ES_WATCH_YES),
		make_entry("a.b", ES_TYPE_DIR, ES_WATCH_PASS),
		make_entry("gone", ES_TYPE_DIR, ES_WATCH_YES),
		make_entry("none", ES_TYPE_DIR, ES_WATCH_PASS),
	};
	/* In any order, since threads finish so. */
	struct es_dir_child children[] = {
		{ "a.b", 3, leaf2 },	 { ".git", 4, leaf1 },
		{ "none", 4, no_trees }, { "gone", 4, leaf1 },
		{ "a", 1, bare },
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	const struct es_dir_trees first =
		write_dir(&self, e, 5, NULL, children, 5);
	commit_trees(&first, &out);
	ck_assert_str_eq(es_buf_str(&out), "100644 files/%2Egit/f1\n"
					   "100644 files/a.b/f2\n"
					   "100644 files/gone/f1\n"
					   "100644 meta/%2Egit/.mtree\n"
					   "100644 meta/.mtree\n"
					   "100644 meta/a.b/.mtree\n"
					   "100644 meta/a/.mtree\n"
					   "100644 meta/gone/.mtree\n");
	/* "a" is new, ".git" and "a.b" are as they were, "gone" is gone. */
	e[3].watch = ES_WATCH_NO;
	children[0] = (struct es_dir_child){ "a", 1, leaf1 };
	const struct es_dir_trees second =
		write_dir(&self, e, 5, &first, children, 1);
	commit_trees(&second, &out);
	ck_assert_str_eq(es_buf_str(&out), "100644 files/%2Egit/f1\n"
					   "100644 files/a.b/f2\n"
					   "100644 files/a/f1\n"
					   "100644 meta/%2Egit/.mtree\n"
					   "100644 meta/.mtree\n"
					   "100644 meta/a.b/.mtree\n"
					   "100644 meta/a/.mtree\n");
	/* The same input gives the same trees, and writes nothing. */
	const struct es_dir_trees third =
		write_dir(&self, e, 5, &first, children, 1);
	ck_assert_int_eq(memcmp(&second, &third, sizeof(third)), 0);
}
END_TEST

/* A thousand of each, so that a quadratic way would show. */
START_TEST(many_subdirectories)
{
	enum {
		N = 6000
	};
	const struct es_entry self = make_entry(".", ES_TYPE_DIR, ES_WATCH_YES);
	const struct es_dir_trees leaf =
		write_dir(&self, NULL, 0, NULL, NULL, 0);
	char(*names)[16] = calloc(N, sizeof(*names));
	struct es_entry *e = calloc(N, sizeof(*e));
	struct es_dir_child *children = calloc(N, sizeof(*children));

	for (int i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "%cdir%05d",
			 i < N / 2 ? '%' : 'x', i);
		e[i] = make_entry(names[i], ES_TYPE_DIR, ES_WATCH_YES);
		children[N - 1 - i] =
			(struct es_dir_child){ names[i], strlen(names[i]),
					       leaf };
	}
	const struct es_dir_trees first =
		write_dir(&self, e, N, NULL, children, N);
	const struct es_dir_trees second =
		write_dir(&self, e, N, &first, NULL, 0);
	ck_assert_int_eq(memcmp(&first, &second, sizeof(first)), 0);
	const struct es_dir_trees third =
		write_dir(&self, e, N, &first, children, N / 2);
	ck_assert_int_eq(memcmp(&first, &third, sizeof(first)), 0);
	free(names);
	free(e);
	free(children);
}
END_TEST

START_TEST(broken_listing)
{
	struct es_dir_trees out;

	fails(-EILSEQ, "broken",
	      es_dir_write(&out, lane, "nonsense nonsense nonsense", 26,
			   &no_trees, NULL, 0, ids, &err));
	/* The lane is as good as new. */
	const struct es_entry self =
		make_entry(".", ES_TYPE_DIR, ES_WATCH_PASS);
	out = write_dir(&self, NULL, 0, NULL, NULL, 0);
	ck_assert(es_oid_is_none(&out.meta));
}
END_TEST

/* ----------------------------------------------------------------- read */

/* Both say the same of what manifests record. */
static void check_same(const struct es_listing_writer *a,
		       const struct es_listing_writer *b)
{
	struct es_listing_reader ra, rb;
	struct es_entry ea, eb;
	int rc;

	ck_assert_int_eq(es_listing_open(&ra, a->buf.data, a->buf.len), 0);
	ck_assert_int_eq(es_listing_open(&rb, b->buf.data, b->buf.len), 0);
	do {
		rc = es_listing_next(&ra, &ea);
		/* What is not watched is not recorded. */
		while (rc == 1 && ea.watch == ES_WATCH_NO)
			rc = es_listing_next(&ra, &ea);
		ck_assert_int_eq(es_listing_next(&rb, &eb), rc);
		if (rc != 1)
			continue;
		ck_assert_uint_eq(ea.name_len, eb.name_len);
		ck_assert_int_eq(memcmp(ea.name, eb.name, ea.name_len), 0);
		ck_assert_int_eq(ea.watch, eb.watch);
		ck_assert_int_eq(ea.class, eb.class);
		ck_assert_uint_eq(ea.has, eb.has);
		ck_assert_uint_eq(es_entry_compare(&ea, &eb), 0);
		ck_assert_int_eq(memcmp(ea.oid, eb.oid, sizeof(ea.oid)), 0);
	} while (rc == 1);
	ck_assert_int_eq(rc, 0);
}

START_TEST(reading_gives_what_was_written)
{
	const struct es_entry self = make_entry(".", ES_TYPE_DIR, ES_WATCH_YES);
	const struct es_entry pass =
		make_entry(".", ES_TYPE_DIR, ES_WATCH_PASS);
	const struct es_entry below[] = {
		make_blob("x", ES_TYPE_FILE, "x"),
	};
	const struct es_dir_trees only_files =
		write_dir(&pass, below, 1, NULL, NULL, 0);
	struct es_entry e[] = {
		make_entry("%odd", ES_TYPE_DIR, ES_WATCH_PASS),
		make_blob(".git", ES_TYPE_FILE, "g"),
		make_blob(".mtree", ES_TYPE_FILE, "m"),
		make_entry("aa", ES_TYPE_DIR, ES_WATCH_PASS),
		make_blob("ab", ES_TYPE_LINK, "target\nnewline"),
		make_blob("ac\n", ES_TYPE_FILE, "newline"),
		make_entry("b", ES_TYPE_DIR, ES_WATCH_YES),
		make_entry("c", ES_TYPE_FILE, ES_WATCH_NO),
		make_entry("d", ES_TYPE_FILE, ES_WATCH_YES),
		make_entry("dev", ES_TYPE_CHAR, ES_WATCH_YES),
		make_blob("m", ES_TYPE_FILE, "masked"),
		make_entry("s", ES_TYPE_FILE, ES_WATCH_YES),
		make_entry("\xff", ES_TYPE_DIR, ES_WATCH_PASS),
	};
	const struct es_dir_child children[] = {
		{ "%odd", 4, only_files },
		{ "aa", 2, only_files },
		{ "b", 1, only_files },
		{ "\xff", 1, only_files },
	};

	e[5].mode = 0111;
	e[8].class = ES_CLASS_DIGEST;
	e[8].has |= ES_HAS_SHA256;
	e[8].xattr = "user.a=\"b\"\n";
	e[8].xattr_len = strlen(e[8].xattr);
	e[9].rdev_major = 1;
	e[9].rdev_minor = 3;
	e[10].has = ES_HAS_STAT | ES_HAS_BLOB | ES_HAS_MASKED | ES_HAS_HMAC;
	e[11].class = ES_CLASS_SECRET;
	e[11].has |= ES_HAS_HMAC;
	e[11].unread = EACCES;
	struct es_listing_writer was = pack(&self, e, es_lengthof(e));
	struct es_listing_writer is = ES_LISTING_WRITER_INIT;
	struct es_dir_trees trees;

	ok(es_dir_write(&trees, lane, was.buf.data, was.buf.len, &no_trees,
			children, es_lengthof(children), ids, &err));
	ok(es_dir_read(&is, st, &trees, &err));
	check_same(&was, &is);
	/* And once more from what was read. */
	struct es_dir_trees again;
	ok(es_dir_write(&again, lane, is.buf.data, is.buf.len, &trees, NULL, 0,
			ids, &err));
	ck_assert_int_eq(memcmp(&trees, &again, sizeof(again)), 0);
	es_listing_dispose(&was);
	es_listing_dispose(&is);
}
END_TEST

START_TEST(reading_nothing_gives_an_empty_directory)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_listing_reader r;
	struct es_entry e;

	ok(es_dir_read(&w, st, &no_trees, &err));
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	ck_assert_int_eq(e.watch, ES_WATCH_PASS);
	ck_assert_int_eq(e.type, ES_TYPE_DIR);
	ck_assert_int_eq(es_listing_next(&r, &e), 0);
	es_listing_dispose(&w);
}
END_TEST

static const char *const manifests[] = {
	"nonsense",
	"#mtree\n./a type=dir\n",
	"#mtree\n. type=dir\n./b type=dir\n./a type=dir\n",
	"#mtree\n. type=dir\n./a type=dir\n./a type=dir\n",
	"#mtree\n. type=dir\n. type=dir\n",
};

START_TEST(broken_manifests)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	const struct es_oid blob = put_text(lane, manifests[_i]);
	struct es_dir_trees trees = { none, none };

	es_tree_builder_add(b, ".mtree", 6, ES_MODE_FILE, &blob);
	ok(es_tree_builder_write(&trees.meta, b, lane, &err));
	fails(-EINVAL, "manifest in tree", es_dir_read(&w, st, &trees, &err));
	es_listing_dispose(&w);
}
END_TEST

/* -------------------------------------------------------------- look-up */

START_TEST(look_up_by_real_paths)
{
	const struct es_entry self = make_entry(".", ES_TYPE_DIR, ES_WATCH_YES);
	const struct es_entry file[] = {
		make_blob("f", ES_TYPE_FILE, "f"),
	};
	const struct es_entry sub[] = {
		make_entry(".git", ES_TYPE_DIR, ES_WATCH_YES),
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	const struct es_dir_trees leaf =
		write_dir(&self, file, 1, NULL, NULL, 0);
	const struct es_dir_child child = { ".git", 4, leaf };
	const struct es_dir_trees top =
		write_dir(&self, sub, 1, NULL, &child, 1);
	const struct es_oid root = commit_trees(&top, &out);
	struct es_dir_trees got;

	ok(es_dir_lookup(&got, st, &root, "", 0, &err));
	ck_assert_int_eq(memcmp(&got, &top, sizeof(got)), 0);
	ok(es_dir_lookup(&got, st, &root, "/.git", 5, &err));
	ck_assert_int_eq(memcmp(&got, &leaf, sizeof(got)), 0);
	/* A file is no directory. */
	ok(es_dir_lookup(&got, st, &root, "/.git/f", 7, &err));
	ck_assert_int_eq(memcmp(&got, &no_trees, sizeof(got)), 0);
	ok(es_dir_lookup(&got, st, &root, "/nothing", 8, &err));
	ck_assert_int_eq(memcmp(&got, &no_trees, sizeof(got)), 0);
	ok(es_dir_lookup(&got, st, &none, "/.git", 5, &err));
	ck_assert_int_eq(memcmp(&got, &no_trees, sizeof(got)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dir");
	TCase *t = tcase_create("dir");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_directory_with_everything);
	tcase_add_test(t, nothing_recorded_is_no_tree);
	tcase_add_test(t, subdirectories_old_and_new);
	tcase_add_test(t, many_subdirectories);
	tcase_add_test(t, broken_listing);
	tcase_add_test(t, reading_gives_what_was_written);
	tcase_add_test(t, reading_nothing_gives_an_empty_directory);
	tcase_add_loop_test(t, broken_manifests, 0, es_lengthof(manifests));
	tcase_add_test(t, look_up_by_real_paths);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
