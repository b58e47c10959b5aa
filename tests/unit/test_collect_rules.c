/* SPDX-License-Identifier: MIT */
/* test_collect_rules.c - unit tests of the walk: what is watched */
#include "config.h"

#include "collect/collect_priv.h"

#include "walk_unit.h"

#include <linux/magic.h>

static enum es_watch watch_of(const char *dir, const char *name)
{
	return es_unit_get(&w, dir, name).watch;
}

START_TEST(unwatched_names_are_heads)
{
	es_unit_walk_rules(&w, "[files]\ninclude = /etc/**\n"
			       "exclude = /etc/*.tmp\nexclude = /etc/run\n");
	mkdir("etc", 0755);
	mkdir("etc/run", 0755);
	mkdir("etc/d", 0755);
	mkdir("var", 0755);
	es_unit_text("etc/a", "a");
	es_unit_text("etc/b.tmp", "b");
	es_unit_text("etc/run/pid", "1");
	es_unit_text("var/x", "x");
	es_unit_text("top", "x");
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("", "."), ES_WATCH_PASS);
	ck_assert_int_eq(watch_of("", "etc"), ES_WATCH_PASS);
	ck_assert_int_eq(watch_of("", "var"), ES_WATCH_NO);
	ck_assert_int_eq(watch_of("", "top"), ES_WATCH_NO);
	ck_assert_int_eq(watch_of("/etc", "a"), ES_WATCH_YES);
	ck_assert_int_eq(watch_of("/etc", "d"), ES_WATCH_YES);
	ck_assert_int_eq(watch_of("/etc", "b.tmp"), ES_WATCH_NO);
	ck_assert_int_eq(watch_of("/etc", "run"), ES_WATCH_NO);
	ck_assert_int_eq(es_unit_get(&w, "/etc", "b.tmp").type, ES_TYPE_FILE);
	ck_assert_int_eq(es_unit_get(&w, "/etc", "run").type, ES_TYPE_DIR);
	ck_assert_uint_eq(es_unit_get(&w, "/etc", "b.tmp").has, 0);
	ck_assert_ptr_null(es_strmap_get(w.rows, "/etc/run", 8));
	ck_assert_ptr_null(es_strmap_get(w.rows, "/var", 4));
	ck_assert_uint_eq(w.totals.entries, 2);
	ck_assert_uint_eq(w.totals.directories, 1);
	w.options.decided = true;
	es_unit_walk_quiet(&w);
	ck_assert_uint_eq(w.totals.entries, 2);

	/* what is not watched may come, change and go: the state alone cares */
	es_unit_text("etc/b.tmp", "other");
	es_unit_text("etc/c.tmp", "new");
	es_unit_text("new", "new");
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, "/etc"), ES_COLLECT_REFRESH);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_REFRESH);
	unlink("etc/c.tmp");
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, "/etc"), ES_COLLECT_REFRESH);
	/* a verdict is the type's: a directory of that name is led through */
	unlink("etc/b.tmp");
	es_unit_text("etc/new", "watched");
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("/etc", "new"), ES_WATCH_YES);
	ck_assert_int_eq(es_unit_walk_change(&w, "/etc"), ES_COLLECT_CHANGED);
}
END_TEST

/* With it goes what is below, and nobody else would tell. */
START_TEST(a_way_that_is_gone_is_a_change)
{
	es_unit_walk_rules(&w, "[files]\ninclude = /a/b/**\n");
	w.options.decided = true;
	mkdir("a", 0755);
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("", "a"), ES_WATCH_PASS);
	mkdir("a/b", 0755);
	es_unit_text("a/b/f", "x");
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, "/a/b"), ES_COLLECT_CHANGED);
	ck_assert_int_eq(rename("a", "gone"), 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
	ck_assert(!es_unit_holds(&w, "", "a"));
	/* a file in place of the way likewise */
	ck_assert_int_eq(rename("gone", "a"), 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(rename("a", "gone"), 0);
	es_unit_text("a", "a file now");
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("", "a"), ES_WATCH_NO);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
}
END_TEST

START_TEST(rules_that_change_are_followed)
{
	mkdir("d", 0755);
	mkdir("e", 0755);
	es_unit_text("d/a", "a");
	es_unit_text("d/b", "b");
	es_unit_text("e/c", "c");
	es_unit_walk_run(&w);
	/* the same rules, but the rows may be of others: nothing is read */
	es_unit_walk_quiet(&w);
	es_unit_walk_rules(&w, ALL "[rule x]\nmatch = /d/b\nclass = digest\n");
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	ck_assert_int_eq(es_unit_get(&w, "/d", "b").class, ES_CLASS_DIGEST);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	es_unit_walk_quiet(&w);
	es_unit_walk_rules(&w, ALL "exclude = /d/a\nexclude = /e\n"
				   "[rule x]\nmatch = /d/b\nclass = digest\n");
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("/d", "a"), ES_WATCH_NO);
	ck_assert_int_eq(watch_of("", "e"), ES_WATCH_NO);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
	ck_assert_int_eq(es_unit_walk_change(&w, "/e"), -1);
	es_unit_walk_rules(&w, ALL "exclude = /e\n"
				   "[rule x]\nmatch = /d/b\nclass = digest\n");
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	ck_assert_int_eq(watch_of("/d", "a"), ES_WATCH_YES);
}
END_TEST

/* A directory's own decision is made only when a new name asks for it. */
START_TEST(new_names_below_known_directories)
{
	es_unit_walk_rules(&w, "[files]\ninclude = /a/**\nexclude = **/*.o\n"
			       "[rule s]\nmatch = /a/b/**\nclass = secret\n");
	w.options.decided = true;
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("a/b/c", 0755);
	es_unit_walk_run(&w);
	es_unit_text("a/b/c/new", "x");
	es_unit_text("a/b/c/new.o", "x");
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_get(&w, "/a/b/c", "new").class,
			 ES_CLASS_SECRET);
	ck_assert_int_eq(watch_of("/a/b/c", "new.o"), ES_WATCH_NO);
	es_unit_walk_quiet(&w);
}
END_TEST

static struct es_collect_skip skip_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return (struct es_collect_skip){ .dev = st.st_dev, .ino = st.st_ino };
}

START_TEST(our_own_files_are_skipped)
{
	struct es_collect_skip skip[3];

	w.options.decided = true;
	w.options.lanes = _i ? 4 : 1;
	mkdir("d", 0755);
	mkdir("d/repo", 0755);
	mkdir("d/sub", 0755);
	es_unit_text("d/repo/HEAD", "x");
	es_unit_text("d/key", "secret");
	es_unit_text("d/zz", "kept");
	skip[0] = skip_of("d/repo");
	skip[1] = skip_of("d/key");
	skip[2] = skip_of("d/zz");
	skip[2].dev++;
	w.options.skip = skip;
	w.options.n_skip = 3;
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("/d", "repo"), ES_WATCH_NO);
	ck_assert_int_eq(watch_of("/d", "key"), ES_WATCH_NO);
	ck_assert_int_eq(watch_of("/d", "sub"), ES_WATCH_YES);
	ck_assert_int_eq(watch_of("/d", "zz"), ES_WATCH_YES);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d/repo"), -1);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d/sub"), ES_COLLECT_CHANGED);
	ck_assert_uint_eq(w.totals.entries, 3);
	ck_assert_uint_eq(w.totals.read_files, 1);
	es_unit_walk_quiet(&w);
	/* once it is ours no longer it is as any other */
	w.options.n_skip = 0;
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("/d", "repo"), ES_WATCH_YES);
	ck_assert_int_eq(watch_of("/d", "key"), ES_WATCH_YES);
	ck_assert(es_unit_holds(&w, "/d/repo", "HEAD"));
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	es_unit_walk_quiet(&w);
	/* and the other way round */
	w.options.n_skip = 3;
	es_unit_walk_run(&w);
	ck_assert_int_eq(watch_of("/d", "repo"), ES_WATCH_NO);
	ck_assert_int_eq(watch_of("/d", "key"), ES_WATCH_NO);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	es_unit_walk_quiet(&w);
}
END_TEST

static const struct {
	uint64_t magic;
	unsigned int kind;
} kinds[] = {
	{ EXT4_SUPER_MAGIC, 0 },
	{ TMPFS_MAGIC, 0 },
	{ BTRFS_SUPER_MAGIC, 0 },
	{ OVERLAYFS_SUPER_MAGIC, 0 },
	{ 0, 0 },
	{ PROC_SUPER_MAGIC, ES_FS_PSEUDO },
	{ SYSFS_MAGIC, ES_FS_PSEUDO },
	{ CGROUP_SUPER_MAGIC, ES_FS_PSEUDO },
	{ CGROUP2_SUPER_MAGIC, ES_FS_PSEUDO },
	{ DEVPTS_SUPER_MAGIC, ES_FS_PSEUDO },
	{ DEBUGFS_MAGIC, ES_FS_PSEUDO },
	{ TRACEFS_MAGIC, ES_FS_PSEUDO },
	{ BPF_FS_MAGIC, ES_FS_PSEUDO },
	{ SECURITYFS_MAGIC, ES_FS_PSEUDO },
	{ SELINUX_MAGIC, ES_FS_PSEUDO },
	{ PSTOREFS_MAGIC, ES_FS_PSEUDO },
	{ AUTOFS_SUPER_MAGIC, ES_FS_PSEUDO },
	{ HUGETLBFS_MAGIC, ES_FS_PSEUDO },
	{ BINFMTFS_MAGIC, ES_FS_PSEUDO },
	{ EFIVARFS_MAGIC, ES_FS_PSEUDO },
	{ NFS_SUPER_MAGIC, ES_FS_NETWORK | ES_FS_NO_INO },
	{ CIFS_SUPER_MAGIC, ES_FS_NETWORK | ES_FS_NO_INO },
	{ SMB2_SUPER_MAGIC, ES_FS_NETWORK | ES_FS_NO_INO },
	{ CEPH_SUPER_MAGIC, ES_FS_NETWORK | ES_FS_NO_INO },
	{ AFS_FS_MAGIC, ES_FS_NETWORK | ES_FS_NO_INO },
	{ V9FS_MAGIC, ES_FS_NETWORK | ES_FS_NO_INO },
	{ FUSE_SUPER_MAGIC, ES_FS_NETWORK | ES_FS_NO_INO },
	{ OCFS2_SUPER_MAGIC, ES_FS_NETWORK },
	{ MSDOS_SUPER_MAGIC, ES_FS_NO_INO | ES_FS_COARSE },
	{ EXFAT_SUPER_MAGIC, ES_FS_NO_INO | ES_FS_COARSE },
};

START_TEST(kinds_of_file_systems)
{
	for (size_t i = 0; i < es_lengthof(kinds); i++)
		ck_assert_msg(es_fs_kind(kinds[i].magic) == kinds[i].kind,
			      "0x%llx is %u",
			      (unsigned long long)kinds[i].magic,
			      es_fs_kind(kinds[i].magic));
}
END_TEST

/* Coarse times and numbers that change tell less. */
START_TEST(what_a_file_system_cannot_tell)
{
	const struct timespec began = { .tv_sec = 1000, .tv_nsec = 5 };
	struct stat st = {
		.st_mode = S_IFREG | 0644,
		.st_ino = 7,
		.st_ctim = { .tv_sec = 998, .tv_nsec = 0 },
		.st_mtim = { .tv_sec = 500, .tv_nsec = 1 },
	};
	struct es_entry e = { .watch = ES_WATCH_YES };

	es_change_stat(&e, &st, 0, &began);
	ck_assert(es_change_none(&e, &st, 0));
	st.st_ino = 8;
	ck_assert(!es_change_none(&e, &st, 0));
	ck_assert(es_change_none(&e, &st, ES_FS_NO_INO));
	es_change_stat(&e, &st, ES_FS_NO_INO, &began);
	ck_assert_uint_eq(e.ino, 0);
	/* two seconds before the start may still be after it */
	es_change_stat(&e, &st, ES_FS_COARSE, &began);
	ck_assert(!es_change_none(&e, &st, ES_FS_COARSE));
	st.st_ctim.tv_sec--;
	es_change_stat(&e, &st, ES_FS_COARSE, &began);
	ck_assert(es_change_none(&e, &st, ES_FS_COARSE));
	/* a racy entry is not taken for one of the year 1970 */
	st.st_ctim.tv_sec = 1000;
	st.st_ctim.tv_nsec = 5;
	es_change_stat(&e, &st, 0, &began);
	st.st_ctim = (struct timespec){ 0 };
	ck_assert(!es_change_none(&e, &st, 0));
	es_change_stat(&e, &st, 0, &began);
	ck_assert(es_change_none(&e, &st, 0));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect_rules");
	TCase *t = tcase_create("collect_rules");

	tcase_add_checked_fixture(t, es_unit_walk_setup, es_unit_walk_teardown);
	tcase_add_test(t, unwatched_names_are_heads);
	tcase_add_test(t, a_way_that_is_gone_is_a_change);
	tcase_add_test(t, rules_that_change_are_followed);
	tcase_add_test(t, new_names_below_known_directories);
	tcase_add_test(t, kinds_of_file_systems);
	tcase_add_test(t, what_a_file_system_cannot_tell);
	tcase_add_loop_test(t, our_own_files_are_skipped, 0, 2);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
