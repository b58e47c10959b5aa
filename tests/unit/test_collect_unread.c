/* SPDX-License-Identifier: MIT */
/* test_collect_unread.c - unit tests of the walk: what resists being read */
#include "config.h"

#include "walk_unit.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mount.h>

#define NOBODY 65534

/* Root reads everything, so it must not be root for the run. */
static void run_as_nobody(void)
{
	bool root = geteuid() == 0;

	if (root)
		ck_assert_int_eq(seteuid(NOBODY), 0);
	es_unit_walk_run(&w);
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
}

static void make_tree(void)
{
	ck_assert_int_eq(chmod(".", 0755), 0);
	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	es_unit_text("d/f", "content");
	es_unit_text("d/g", "open");
	es_unit_text("d/sub/h", "below");
}

static void check_trouble(const char *path, unsigned int reason)
{
	ck_assert_uint_eq(w.n_trouble, 1);
	ck_assert_str_eq(w.trouble[0], path);
	ck_assert_uint_eq(w.reasons[0], reason);
	ck_assert_uint_eq(w.totals.unread, 1);
}

/* The row, or without it the tip, says what was in it. */
START_TEST(unreadable_file_keeps_its_content)
{
	uint8_t sum[ES_SHA256_LEN];
	struct es_entry e;

	make_tree();
	es_unit_walk_run(&w);
	chmod("d/f", 0);
	w.no_rows = w.has_stored = _i == 1;
	run_as_nobody();
	check_trouble("/d/f", EACCES);
	e = es_unit_get(&w, "/d", "f");
	es_sha256(sum, "content", 7);
	ck_assert_uint_eq(e.unread, EACCES);
	ck_assert_uint_eq(e.mode, 0);
	ck_assert_uint_eq(e.has, ES_HAS_STAT | ES_HAS_SHA256 | ES_HAS_BLOB);
	ck_assert_mem_eq(e.digest, sum, sizeof(sum));
	ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, "content");
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	ck_assert_uint_eq(es_unit_get(&w, "/d", "g").unread, 0);
	w.no_rows = w.has_stored = false;
	/* told each time, but no news */
	run_as_nobody();
	check_trouble("/d/f", EACCES);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_SAME);
	chmod("d/f", 0644);
	run_as_nobody();
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert_uint_eq(es_unit_get(&w, "/d", "f").unread, 0);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
}
END_TEST

START_TEST(unreadable_file_that_nobody_knows)
{
	struct es_entry e;

	make_tree();
	chmod("d/f", 0);
	w.has_stored = _i == 1;
	run_as_nobody();
	check_trouble("/d/f", EACCES);
	e = es_unit_get(&w, "/d", "f");
	ck_assert_uint_eq(e.unread, EACCES);
	ck_assert_uint_eq(e.has, ES_HAS_STAT);
	ck_assert_uint_eq(e.size, 7);
}
END_TEST

START_TEST(unreadable_directory_stays_as_it_was)
{
	make_tree();
	es_unit_walk_run(&w);
	chmod("d", 0);
	w.no_rows = w.has_stored = _i == 1;
	run_as_nobody();
	check_trouble("/d", EACCES);
	ck_assert_uint_eq(es_unit_get(&w, "/d", ".").unread, EACCES);
	ck_assert_uint_eq(es_unit_get(&w, "/d", ".").mode, 0755);
	ck_assert_uint_eq(es_unit_get(&w, "/d", "f").size, 7);
	ck_assert(es_unit_holds(&w, "/d", "sub"));
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	/* what is below is neither walked nor gone */
	ck_assert_int_eq(es_unit_walk_change(&w, "/d/sub"), -1);
	w.no_rows = w.has_stored = false;
	run_as_nobody();
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_SAME);
	chmod("d", 0755);
	run_as_nobody();
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert_uint_eq(es_unit_get(&w, "/d", ".").unread, 0);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d/sub"), ES_COLLECT_SAME);
}
END_TEST

START_TEST(unreadable_directory_that_nobody_knows)
{
	struct es_entry e;

	make_tree();
	chmod("d", 0311);
	run_as_nobody();
	check_trouble("/d", EACCES);
	e = es_unit_get(&w, "/d", ".");
	ck_assert_uint_eq(e.unread, EACCES);
	ck_assert_uint_eq(e.mode, 0311);
	ck_assert(!es_unit_holds(&w, "/d", "f"));
}
END_TEST

/* Names can be listed and nothing behind them seen. */
START_TEST(names_without_stat)
{
	struct es_entry e;

	make_tree();
	if (_i == 1)
		es_unit_walk_run(&w);
	chmod("d", 0444);
	run_as_nobody();
	ck_assert_uint_eq(w.n_trouble, 3);
	e = es_unit_get(&w, "/d", "f");
	ck_assert_uint_eq(e.unread, EACCES);
	ck_assert_int_eq(e.type, ES_TYPE_FILE);
	ck_assert_uint_eq(e.size, _i == 1 ? 7 : 0);
	ck_assert_uint_eq(es_unit_get(&w, "/d/sub", ".").unread, EACCES);
	ck_assert(es_unit_holds(&w, "/d", "sub"));
	chmod("d", 0755);
	run_as_nobody();
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert_uint_eq(es_unit_get(&w, "/d", "f").size, 7);
}
END_TEST

/* ------------------------------------------------- changes under the hands */

/* The first file of d was read; its names were listed before that. */
static void change_beside(struct es_unit_walk *walk, const char *data,
			  size_t len)
{
	(void)walk;
	if (len != 7 || memcmp(data, "content", 7) != 0)
		return;
	unlink("d/gone");
	unlink("d/link");
	ck_assert_int_eq(symlink("elsewhere", "d/link"), 0);
	unlink("d/mkdir");
	mkdir("d/mkdir", 0755);
	es_unit_text("d/mkdir/new", "new");
	rmdir("d/sub1");
	rmdir("d/sub2");
	ck_assert_int_eq(symlink("/etc", "d/sub2"), 0);
	rmdir("d/sub3");
	es_unit_text("d/sub3", "a file now");
	rmdir("d/sub4");
	es_unit_text("d/sub4", "not watched as a file");
}

START_TEST(replaced_while_it_is_walked)
{
	struct es_entry e;
	char path[32];

	es_unit_walk_rules(&w, ALL "exclude = /d/sub4\ninclude = /d/sub4/**\n");
	w.options.decided = _i == 1;
	w.options.lanes = _i == 2 ? 4 : 1;
	mkdir("d", 0755);
	es_unit_text("d/gone", "gone");
	es_unit_text("d/link", "link");
	es_unit_text("d/mkdir", "mkdir");
	es_unit_text("d/zz", "last");
	for (int i = 1; i <= 4; i++) {
		snprintf(path, sizeof(path), "d/sub%d", i);
		mkdir(path, 0755);
	}
	if (_i == 1)
		es_unit_walk_run(&w);
	es_unit_text("d/a", "content");
	w.on_blob = change_beside;
	es_unit_walk_run(&w);
	w.on_blob = NULL;
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert(!es_unit_holds(&w, "/d", "gone"));
	e = es_unit_get(&w, "/d", "link");
	ck_assert_int_eq(e.type, ES_TYPE_LINK);
	ck_assert_uint_eq(e.target_len, 9);
	ck_assert_int_eq(es_unit_get(&w, "/d", "mkdir").type, ES_TYPE_DIR);
	ck_assert(es_unit_holds(&w, "/d/mkdir", "new"));
	ck_assert(!es_unit_holds(&w, "/d", "sub1"));
	e = es_unit_get(&w, "/d", "sub2");
	ck_assert_int_eq(e.type, ES_TYPE_LINK);
	ck_assert_uint_eq(e.target_len, 4);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d/sub2"), -1);
	e = es_unit_get(&w, "/d", "sub3");
	ck_assert_int_eq(e.type, ES_TYPE_FILE);
	ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, "a file now");
	e = es_unit_get(&w, "/d", "sub4");
	ck_assert_int_eq(e.watch, ES_WATCH_NO);
	ck_assert(es_unit_holds(&w, "/d", "zz"));
	ck_assert_uint_eq(w.totals.unread, 0);
	es_unit_walk_run(&w);
	/* every count is of what came out in the end */
	ck_assert_uint_eq(w.totals.directories, 2);
	es_unit_walk_quiet(&w);
}
END_TEST

static atomic_bool stop;

/* Never at rest: each look finds another size. */
static void *write_on(void *path)
{
	int fd = open(path, O_WRONLY);
	const off_t base = 48 << 20;

	for (off_t i = 0; !atomic_load(&stop); i = (i + 1) % 100000)
		if (ftruncate(fd, base + i) < 0)
			break;
	close(fd);
	return NULL;
}

START_TEST(torn_reads_are_told)
{
	char path[] = "d/log";
	struct es_entry e;
	pthread_t thread;

	es_unit_walk_rules(&w, ALL "[rule d]\nmatch = **\nclass = digest\n");
	w.options.lanes = 1;
	mkdir("d", 0755);
	es_unit_text("d/log", "before");
	es_unit_walk_run(&w);
	e = es_unit_get(&w, "/d", "log");
	uint8_t was[ES_SHA256_LEN];
	memcpy(was, e.digest, sizeof(was));
	atomic_store(&stop, false);
	ck_assert_int_eq(truncate(path, 48 << 20), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_on, path), 0);
	es_unit_walk_run(&w);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	check_trouble("/d/log", ES_UNREAD_TORN);
	e = es_unit_get(&w, "/d", "log");
	ck_assert_uint_eq(e.unread, ES_UNREAD_TORN);
	ck_assert_mem_eq(e.digest, was, sizeof(was));
	es_unit_text("d/log", "after");
	es_unit_walk_run(&w);
	e = es_unit_get(&w, "/d", "log");
	ck_assert_uint_eq(e.unread, 0);
	ck_assert_uint_eq(e.size, 5);
}
END_TEST

/* ----------------------------------------------------------------- mounts */

/* Whether this process may mount, in a namespace of its own. */
static bool may_mount(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", "none", MS_REC | MS_PRIVATE, "") == 0;
}

START_TEST(bind_mount_of_a_parent)
{
	if (!may_mount())
		return;
	make_tree();
	mkdir("d/sub/loop", 0755);
	ck_assert_int_eq(mount("d", "d/sub/loop", "none", MS_BIND, ""), 0);
	es_unit_walk_run(&w);
	check_trouble("/d/sub/loop", ELOOP);
	ck_assert_uint_eq(es_unit_get(&w, "/d/sub/loop", ".").unread, ELOOP);
	ck_assert(!es_unit_holds(&w, "/d/sub/loop", "f"));
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d/sub/loop"),
			 ES_COLLECT_SAME);
	ck_assert_int_eq(umount("d/sub/loop"), 0);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert_uint_eq(es_unit_get(&w, "/d/sub/loop", ".").unread, 0);
	/* elsewhere a second way to the same is no loop */
	mkdir("e", 0755);
	ck_assert_int_eq(mount("d", "e", "none", MS_BIND, ""), 0);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert(es_unit_holds(&w, "/e", "f"));
	ck_assert_uint_eq(es_unit_get(&w, "/e", ".").has & ES_HAS_MOUNT,
			  ES_HAS_MOUNT);
	ck_assert_uint_eq(es_unit_get(&w, "/d", ".").has & ES_HAS_MOUNT, 0);
	ck_assert_int_eq(umount("e"), 0);
}
END_TEST

START_TEST(unmounted_is_not_removed)
{
	if (!may_mount())
		return;
	mkdir("m", 0755);
	es_unit_walk_run(&w);
	ck_assert_int_eq(mount("none", "m", "tmpfs", 0, "mode=0700"), 0);
	es_unit_text("m/f", "mounted");
	mkdir("m/sub", 0755);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(es_unit_get(&w, "/m", ".").has,
			  ES_HAS_STAT | ES_HAS_MOUNT);
	ck_assert(es_unit_holds(&w, "/m", "f"));
	es_unit_walk_quiet(&w);
	ck_assert_int_eq(umount("m"), 0);
	w.no_rows = w.has_stored = _i == 1;
	es_unit_walk_run(&w);
	check_trouble("/m", ES_UNREAD_UNMOUNTED);
	ck_assert_uint_eq(es_unit_get(&w, "/m", ".").unread,
			  ES_UNREAD_UNMOUNTED);
	ck_assert(es_unit_holds(&w, "/m", "f"));
	ck_assert_int_eq(es_unit_walk_change(&w, "/m/sub"), -1);
	w.no_rows = w.has_stored = false;
	/* something else in its place is what there is now */
	es_unit_text("m/beneath", "x");
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert(!es_unit_holds(&w, "/m", "f"));
	ck_assert(es_unit_holds(&w, "/m", "beneath"));
	ck_assert_uint_eq(es_unit_get(&w, "/m", ".").has, ES_HAS_STAT);
}
END_TEST

START_TEST(pseudo_file_systems_are_not_entered)
{
	if (!may_mount())
		return;
	mkdir("p", 0755);
	if (mount("none", "p", "proc", 0, "") < 0)
		return;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert_uint_eq(es_unit_get(&w, "/p", ".").has,
			  ES_HAS_STAT | ES_HAS_MOUNT);
	ck_assert(!es_unit_holds(&w, "/p", "self"));
	ck_assert_uint_eq(w.totals.entries, 1);
	ck_assert_int_eq(umount("p"), 0);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.n_trouble, 0);
	ck_assert_uint_eq(es_unit_get(&w, "/p", ".").has, ES_HAS_STAT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect_unread");
	TCase *t = tcase_create("collect_unread");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, es_unit_walk_setup, es_unit_walk_teardown);
	tcase_add_loop_test(t, unreadable_file_keeps_its_content, 0, 2);
	tcase_add_loop_test(t, unreadable_file_that_nobody_knows, 0, 2);
	tcase_add_loop_test(t, unreadable_directory_stays_as_it_was, 0, 2);
	tcase_add_test(t, unreadable_directory_that_nobody_knows);
	tcase_add_loop_test(t, names_without_stat, 0, 2);
	tcase_add_loop_test(t, replaced_while_it_is_walked, 0, 3);
	tcase_add_test(t, torn_reads_are_told);
	tcase_add_test(t, bind_mount_of_a_parent);
	tcase_add_loop_test(t, unmounted_is_not_removed, 0, 2);
	tcase_add_test(t, pseudo_file_systems_are_not_entered);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
