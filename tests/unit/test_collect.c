/* SPDX-License-Identifier: MIT */
/* test_collect.c - unit tests of the walk: what is recorded, and when again */
#include "config.h"

#include "walk_unit.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static struct es_entry get(const char *dir, const char *name)
{
	return es_unit_get(&w, dir, name);
}

static void make_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

START_TEST(all_types)
{
	uint8_t sum[ES_SHA256_LEN];
	struct es_entry e;
	bool devices;

	mkdir("d", 0750);
	es_unit_text("d/text", "hello\n");
	chmod("d/text", 04751);
	es_unit_text("d/empty", "");
	ck_assert_int_eq(link("d/text", "d/twin"), 0);
	ck_assert_int_eq(symlink("/nowhere/at all", "d/link"), 0);
	ck_assert_int_eq(mkfifo("d/fifo", 0600), 0);
	make_socket("d/socket");
	devices = mknod("d/char", S_IFCHR | 0600, makedev(7, 300)) == 0 &&
		  mknod("d/block", S_IFBLK | 0600, makedev(8, 1)) == 0;
	mkdir("d/sub", 0700);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.changes[ES_COLLECT_CHANGED], 3);
	ck_assert_uint_eq(w.totals.entries, devices ? 10 : 8);
	ck_assert_uint_eq(w.totals.directories, 2);
	ck_assert_uint_eq(w.totals.read_files, 3);
	ck_assert_uint_eq(w.totals.read_bytes, 12);

	e = get("/d", "text");
	ck_assert_int_eq(e.type, ES_TYPE_FILE);
	ck_assert_int_eq(e.watch, ES_WATCH_YES);
	ck_assert_int_eq(e.class, ES_CLASS_MIRROR);
	ck_assert_uint_eq(e.has, ES_HAS_STAT | ES_HAS_SHA256 | ES_HAS_BLOB);
	ck_assert_uint_eq(e.mode, 04751);
	ck_assert_uint_eq(e.size, 6);
	ck_assert_uint_eq(e.nlink, 2);
	ck_assert_uint_eq(e.uid, getuid());
	es_sha256(sum, "hello\n", 6);
	ck_assert_mem_eq(e.digest, sum, sizeof(sum));
	ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, "hello\n");
	e = get("/d", "empty");
	ck_assert_uint_eq(e.has, ES_HAS_STAT | ES_HAS_SHA256 | ES_HAS_BLOB);
	ck_assert_uint_eq(es_unit_blob_of(&w, &e)->len, 0);
	e = get("/d", "link");
	ck_assert_int_eq(e.type, ES_TYPE_LINK);
	ck_assert_uint_eq(e.target_len, 15);
	ck_assert_mem_eq(e.target, "/nowhere/at all", 15);
	ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, "/nowhere/at all");
	ck_assert_int_eq(get("/d", "fifo").type, ES_TYPE_FIFO);
	ck_assert_int_eq(get("/d", "socket").type, ES_TYPE_SOCKET);
	if (devices) {
		e = get("/d", "char");
		ck_assert_int_eq(e.type, ES_TYPE_CHAR);
		ck_assert_uint_eq(e.rdev_major, 7);
		ck_assert_uint_eq(e.rdev_minor, 300);
		ck_assert_int_eq(get("/d", "block").type, ES_TYPE_BLOCK);
	}
	e = get("/d", "sub");
	ck_assert_int_eq(e.type, ES_TYPE_DIR);
	ck_assert_uint_eq(e.has, 0);
	e = get("/d", ".");
	ck_assert_int_eq(e.type, ES_TYPE_DIR);
	ck_assert_uint_eq(e.mode, 0750);
	ck_assert_uint_eq(e.has, ES_HAS_STAT);
	ck_assert_uint_eq(get("/d/sub", ".").mode, 0700);
	es_unit_walk_quiet(&w);
	ck_assert_uint_eq(w.totals.entries, devices ? 10 : 8);
}
END_TEST

START_TEST(only_what_changed_is_read)
{
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("c", 0755);
	es_unit_text("a/1", "1");
	es_unit_text("a/b/2", "2");
	es_unit_text("c/3", "3");
	es_unit_walk_run(&w);
	es_unit_text("a/b/2", "other");
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	ck_assert_int_eq(es_unit_walk_change(&w, "/a/b"), ES_COLLECT_CHANGED);
	ck_assert_int_eq(es_unit_walk_change(&w, "/a"), ES_COLLECT_SAME);
	ck_assert_int_eq(es_unit_walk_change(&w, "/c"), ES_COLLECT_SAME);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_SAME);
	unlink("c/3");
	es_unit_text("a/0", "new");
	es_unit_text("a/9", "new");
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 2);
	ck_assert_int_eq(es_unit_walk_change(&w, "/a"), ES_COLLECT_CHANGED);
	ck_assert_int_eq(es_unit_walk_change(&w, "/a/b"), ES_COLLECT_SAME);
	ck_assert_int_eq(es_unit_walk_change(&w, "/c"), ES_COLLECT_CHANGED);
	ck_assert(!es_unit_holds(&w, "/c", "3"));
	ck_assert(es_unit_holds(&w, "/a", "0") &&
		  es_unit_holds(&w, "/a", "1") && es_unit_holds(&w, "/a", "9"));
	es_unit_walk_quiet(&w);
}
END_TEST

/* A change in the very tick of the reading could have the same ctime. */
START_TEST(racy_entries_are_read_again)
{
	mkdir("d", 0755);
	es_unit_text("d/old", "old");
	es_unit_settle();
	w.options.began = es_clock_coarse();
	es_unit_settle();
	es_unit_text("d/new", "new");
	ck_assert_int_eq(es_unit_walk_now(&w), 0);
	ck_assert_uint_ge(get("/d", "new").ctime_nsec, 1000000000);
	ck_assert_uint_lt(get("/d", "old").ctime_nsec, 1000000000);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_REFRESH);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_SAME);
	es_unit_walk_quiet(&w);
	/* the very same time as the start counts as racy too */
	es_unit_text("d/new", "newer");
	struct stat st;
	ck_assert_int_eq(stat("d/new", &st), 0);
	w.options.began = st.st_ctim;
	ck_assert_int_eq(es_unit_walk_now(&w), 0);
	ck_assert_uint_ge(get("/d", "new").ctime_nsec, 1000000000);
	/* and one nanosecond later it does not */
	w.options.began.tv_nsec++;
	ck_assert_int_eq(es_unit_walk_now(&w), 0);
	ck_assert_uint_lt(get("/d", "new").ctime_nsec, 1000000000);
}
END_TEST

START_TEST(there_and_back_is_a_refresh)
{
	mkdir("d", 0755);
	es_unit_text("d/f", "text");
	es_unit_walk_run(&w);
	chmod("d/f", 0600);
	chmod("d/f", 0644);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_REFRESH);
	es_unit_walk_quiet(&w);
	chmod("d", 0700);
	chmod("d", 0755);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 0);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_REFRESH);
	chmod("d", 0700);
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	/* a directory's time changes with its entries and is not recorded */
	es_unit_text("d/tmp", "");
	unlink("d/tmp");
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_REFRESH);
}
END_TEST

/* What a change that hides itself cannot hide. */
START_TEST(hidden_changes_are_found)
{
	struct timespec times[2];
	struct stat st;

	es_unit_text("f", "aaaa");
	es_unit_text("g", "aaaa");
	mkdir("d", 0755);
	es_unit_walk_run(&w);
	ck_assert_int_eq(stat("f", &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	es_unit_text("f", "bbbb");
	ck_assert_int_eq(utimensat(AT_FDCWD, "f", times, 0), 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
	struct es_entry e = get("", "f");
	ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, "bbbb");
	ck_assert_uint_eq(w.totals.read_files, 1);
	/* another file in its place, with the same size and time */
	es_unit_text("other", "cccc");
	ck_assert_int_eq(utimensat(AT_FDCWD, "other", times, 0), 0);
	ck_assert_int_eq(rename("other", "f"), 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
	/* a new type under an old name */
	unlink("g");
	mkdir("g", 0755);
	rmdir("d");
	ck_assert_int_eq(symlink("g", "d"), 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(get("", "g").type, ES_TYPE_DIR);
	ck_assert_int_eq(get("", "d").type, ES_TYPE_LINK);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), -1);
	ck_assert_int_eq(es_unit_walk_change(&w, "/g"), ES_COLLECT_CHANGED);
}
END_TEST

START_TEST(full_reads_all_again)
{
	mkdir("d", 0755);
	es_unit_text("d/f", "text");
	ck_assert_int_eq(symlink("f", "d/l"), 0);
	es_unit_walk_run(&w);
	w.options.full = true;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	/* content that is equal is not handed on again, but the link is */
	ck_assert_uint_eq(w.n_blobs, 1);
	ck_assert_uint_eq(w.changes[ES_COLLECT_SAME], 2);
}
END_TEST

static const char *const odd_names[] = {
	"a",
	"a.b",
	"a-b",
	"ab",
	"a b",
	"#x",
	"+",
	"!",
	"line\nbreak",
	"\xff\xfe",
	"\xc3\xa9",
	"\\",
	"*",
	"...",
	"..a",
	"a\tb",
	"\x7f",
	"%41",
	".git",
	"1234567",
	"12345678",
	"123456789",
	"12345678\x01",
	"12345678\xff",
};

START_TEST(names_are_bytes)
{
	char longest[256];

	memset(longest, 'n', 255);
	longest[255] = '\0';
	mkdir("d", 0755);
	for (size_t i = 0; i < es_lengthof(odd_names); i++) {
		char path[300];

		snprintf(path, sizeof(path), "d/%s", odd_names[i]);
		es_unit_text(path, odd_names[i]);
	}
	ck_assert_int_eq(chdir("d"), 0);
	es_unit_text(longest, "longest");
	ck_assert_int_eq(chdir(".."), 0);
	es_unit_walk_run(&w);
	for (size_t i = 0; i < es_lengthof(odd_names); i++) {
		struct es_entry e = get("/d", odd_names[i]);

		ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, odd_names[i]);
	}
	ck_assert(es_unit_holds(&w, "/d", longest));

	/* in byte order, each once */
	struct es_unit_bytes *b = es_strmap_get(w.rows, "/d", 2);
	struct es_listing_reader r;
	struct es_entry a, next;
	size_t n = 0;

	ck_assert_int_eq(es_listing_open(&r, b->data, b->len), 0);
	ck_assert_int_eq(es_listing_next(&r, &a), 1);
	ck_assert_int_eq(es_listing_next(&r, &a), 1);
	while (++n && es_listing_next(&r, &next) > 0) {
		ck_assert_int_lt(es_entry_name_cmp(a.name, a.name_len,
						   next.name, next.name_len),
				 0);
		a = next;
	}
	ck_assert_uint_eq(n, es_lengthof(odd_names) + 1);
	es_unit_walk_quiet(&w);
}
END_TEST

START_TEST(root_must_be_a_directory)
{
	w.options.root = "missing";
	ck_assert_int_eq(es_unit_walk_now(&w), -ENOENT);
	ck_assert_msg(strstr(w.err.msg, "missing"), "%s", w.err.msg);
	es_unit_text("file", "");
	w.options.root = "file";
	ck_assert_int_eq(es_unit_walk_now(&w), -ENOENT);
	mkdir("real", 0755);
	es_unit_text("real/f", "");
	ck_assert_int_eq(symlink("real", "link"), 0);
	w.options.root = "link";
	es_unit_walk_run(&w);
	ck_assert(es_unit_holds(&w, "", "f"));
	/* an empty one is one */
	mkdir("empty", 0755);
	w.options.root = "empty";
	es_unit_walk_run(&w);
	ck_assert(!es_unit_holds(&w, "", "f"));
	ck_assert_uint_eq(w.totals.entries, 0);
}
END_TEST

START_TEST(callbacks_end_the_run)
{
	int *const fails[] = { &w.fail_blob, &w.fail_leave, &w.fail_prior };

	for (int i = 0; i < 50; i++) {
		char path[32];

		snprintf(path, sizeof(path), "d%d", i);
		mkdir(path, 0755);
		snprintf(path, sizeof(path), "d%d/f", i);
		es_unit_text(path, "text");
		snprintf(path, sizeof(path), "d%d/sub", i);
		mkdir(path, 0755);
	}
	w.options.lanes = 4;
	*fails[_i] = -ENOSPC;
	ck_assert_int_eq(es_unit_walk_now(&w), -ENOSPC);
	ck_assert_int_eq(w.err.code, -ENOSPC);
	*fails[_i] = 0;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.directories, 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect");
	TCase *t = tcase_create("collect");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, es_unit_walk_setup, es_unit_walk_teardown);
	tcase_add_test(t, all_types);
	tcase_add_test(t, only_what_changed_is_read);
	tcase_add_test(t, racy_entries_are_read_again);
	tcase_add_test(t, there_and_back_is_a_refresh);
	tcase_add_test(t, hidden_changes_are_found);
	tcase_add_test(t, full_reads_all_again);
	tcase_add_test(t, names_are_bytes);
	tcase_add_test(t, root_must_be_a_directory);
	tcase_add_loop_test(t, callbacks_end_the_run, 0, 3);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
