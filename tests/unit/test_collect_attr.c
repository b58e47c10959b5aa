/* SPDX-License-Identifier: MIT */
/* test_collect_attr.c - unit tests of what rules let count as a change */
#include "config.h"

#include "unit.h"

#include "walk_unit.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

static char home[64];
static struct es_unit_walk w;

static void begin(const char *rules)
{
	es_unit_enter_dir(home);
	es_unit_walk_begin(&w, rules);
}

static void end(void)
{
	es_unit_walk_end(&w);
	es_unit_leave_dir(home);
}

#define WATCH_ALL \
	"[files]\ndefaults = no\ninclude = /**\n[rule r]\nmatch = /**\n"

static void set_mtime(const char *path, time_t when)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
					   { .tv_sec = when } };

	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW),
			 0);
}

/* An entry that outlives its row. */
static struct es_entry get_copy(struct es_buf *room, const char *name)
{
	struct es_entry e = es_unit_get(&w, "", name);

	if (e.extra)
		e.extra = es_extra_make(room, e.extra, es_extra_link(e.extra),
					e.extra->link_len);
	ck_assert_ptr_null(e.xattr);
	return e;
}

/* A run that finds what the rules do not count, and one that reads nothing. */
static void expect_same(const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	struct es_entry was = get_copy(&room, name), is;

	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.changes[ES_COLLECT_CHANGED], 0);
	is = es_unit_get(&w, "", name);
	ck_assert_uint_eq(es_entry_compare(&was, &is), 0);
	if (es_entry_records(&is, ES_RECORD_SIZE))
		ck_assert_uint_eq(was.size, is.size);
	ck_assert_int_eq(memcmp(was.digest, is.digest, sizeof(was.digest)), 0);
	ck_assert_int_eq(memcmp(was.oid, is.oid, sizeof(was.oid)), 0);
	es_unit_walk_quiet(&w);
}

static void expect_changed(void)
{
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.changes[ES_COLLECT_CHANGED], 1);
	es_unit_walk_quiet(&w);
}

static const char *kept_text(const char *name)
{
	struct es_entry e = es_unit_get(&w, "", name);

	return es_unit_blob_of(&w, &e)->data;
}

/* ---------------------------------------------------------------- lines */

#define LINES WATCH_ALL "ignore_lines = ^stamp\nignore_lines = \\d{4}-\\d\\d\n"

START_TEST(ignored_lines)
{
	begin(LINES);
	es_unit_text("f", "a\nstamp 1\nb\n");
	es_unit_walk_run(&w);
	es_unit_text("f", "stamp 20\na\nb\n");
	expect_same("f");
	es_unit_text("f", "a\nb\nat 2026-01\nstamp\n");
	expect_same("f");
	ck_assert_str_eq(kept_text("f"), "a\nstamp 1\nb\n");
	/* a touch says less than an ignored line */
	set_mtime("f", 1000);
	expect_same("f");
	es_unit_text("f", "a\nB\nstamp 3\n");
	expect_changed();
	ck_assert_str_eq(kept_text("f"), "a\nB\nstamp 3\n");
	end();
}
END_TEST

/* All else is a change, and carries the lines. */
START_TEST(ignored_lines_and_more)
{
	begin(LINES);
	es_unit_text("f", "stamp 1\na\n");
	es_unit_walk_run(&w);
	es_unit_text("f", "stamp 2\na\n");
	expect_same("f");
	ck_assert_int_eq(chmod("f", 0600), 0);
	expect_changed();
	ck_assert_str_eq(kept_text("f"), "stamp 2\na\n");
	end();
}
END_TEST

START_TEST(ignored_lines_of_utf16)
{
	static const char was[] = "\xff\xfe"
				  "s\0t\0a\0m\0p\0\n\0a\0\n";
	static const char is[] = "\xff\xfe"
				 "s\0t\0a\0m\0p\0"
				 "2\0\n\0a\0\n";
	static const char other[] = "\xff\xfe"
				    "s\0t\0a\0m\0p\0\n\0b\0\n";

	begin(LINES);
	es_unit_file("f", was, sizeof(was));
	es_unit_walk_run(&w);
	es_unit_file("f", is, sizeof(is));
	expect_same("f");
	es_unit_file("f", other, sizeof(other));
	expect_changed();
	end();
}
END_TEST

/* Where no content is kept there is nothing to compare lines with. */
START_TEST(ignored_lines_of_digests)
{
	begin(LINES "class = digest\n");
	es_unit_text("f", "stamp 1\n");
	es_unit_walk_run(&w);
	es_unit_text("f", "stamp 2\n");
	expect_changed();
	end();
}
END_TEST

START_TEST(ignored_lines_and_masks)
{
	begin(LINES "mask = key=(.*)\n");
	es_unit_text("f", "stamp key=1\nkey=2\n");
	es_unit_walk_run(&w);
	es_unit_text("f", "stamp key=3\nkey=2\n");
	expect_same("f");
	es_unit_text("f", "stamp key=3\nkey=4\n");
	expect_changed();
	ck_assert_ptr_null(strstr(kept_text("f"), "key=4"));
	/* a mask that came since is not kept from an ignored line */
	es_unit_text("f", "stamp word=5\nkey=4\n");
	expect_same("f");
	es_unit_walk_rules(&w, LINES "mask = (?:key|stamp key)=(.*)\n"
				     "mask = (<masked)\n");
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.changes[ES_COLLECT_CHANGED], 1);
	end();
}
END_TEST

/* Without rows the tip is what is compared with. */
START_TEST(ignored_lines_without_rows)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	struct es_entry was, is;

	begin(LINES);
	es_unit_text("f", "stamp 1\na\n");
	es_unit_walk_run(&w);
	was = get_copy(&room, "f");
	es_unit_text("f", "stamp 2\na\n");
	w.no_rows = true;
	w.has_stored = true;
	es_unit_walk_run(&w);
	is = es_unit_get(&w, "", "f");
	ck_assert_uint_eq(es_entry_compare(&was, &is), 0);
	w.no_rows = false;
	es_unit_walk_quiet(&w);
	w.no_blobs = true;
	es_unit_text("f", "stamp 3\na\n");
	expect_changed();
	end();
}
END_TEST

/* The rule is gone: what it held back is told. */
START_TEST(ignored_no_more)
{
	begin(LINES);
	es_unit_text("f", "stamp 1\na\n");
	es_unit_walk_run(&w);
	es_unit_text("f", "stamp 2\na\n");
	expect_same("f");
	es_unit_walk_rules(&w, WATCH_ALL);
	expect_changed();
	ck_assert_str_eq(kept_text("f"), "stamp 2\na\n");
	end();
}
END_TEST

/* ---------------------------------------------------------------- a log */

static const char *const classes[] = { "mirror", "digest", "secret" };

START_TEST(growing)
{
	char rules[256];

	snprintf(rules, sizeof(rules), WATCH_ALL "growing = yes\nclass = %s\n",
		 classes[_i]);
	begin(rules);
	es_unit_text("f", "one\n");
	es_unit_walk_run(&w);
	es_unit_text("f", "one\ntwo\n");
	expect_same("f");
	es_unit_text("f", "one\ntwo\nthree\n");
	expect_same("f");
	ck_assert_uint_eq(es_unit_get(&w, "", "f").size, 4);
	/* shorter than it was seen, but not than it was recorded */
	es_unit_text("f", "one\nt");
	expect_same("f");
	es_unit_text("f", "One\nt");
	expect_changed();
	es_unit_text("f", "One\nt, u");
	expect_same("f");
	es_unit_text("f", "One\n");
	expect_changed();
	es_unit_text("g", "One\n and more");
	ck_assert_int_eq(rename("g", "f"), 0);
	expect_changed();
	es_unit_text("f", "One\n and more, and more");
	ck_assert_int_eq(chmod("f", 0640), 0);
	expect_changed();
	end();
}
END_TEST

START_TEST(growing_without_inode)
{
	begin(WATCH_ALL "growing = yes\nnoinode = yes\n");
	es_unit_text("f", "one\n");
	es_unit_walk_run(&w);
	es_unit_text("g", "one\ntwo\n");
	ck_assert_int_eq(rename("g", "f"), 0);
	expect_same("f");
	ck_assert_uint_eq(es_unit_get(&w, "", "f").ino, 0);
	end();
}
END_TEST

/* A stricter rule is obeyed, however the log began. */
START_TEST(growing_tightened)
{
	begin(WATCH_ALL "growing = yes\n");
	es_unit_text("f", "key=1\n");
	es_unit_walk_run(&w);
	es_unit_walk_rules(&w, WATCH_ALL "growing = yes\nmask = key=(.*)\n");
	es_unit_text("f", "key=1\nmore\n");
	w.no_rows = true;
	w.has_stored = true;
	es_unit_walk_run(&w);
	w.no_rows = false;
	ck_assert_uint_eq(es_unit_get(&w, "", "f").has & ES_HAS_MASKED,
			  ES_HAS_MASKED);
	es_unit_walk_rules(&w, WATCH_ALL "growing = yes\nclass = secret\n");
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_get(&w, "", "f").class, ES_CLASS_SECRET);
	end();
}
END_TEST

/* ------------------------------------------------------ what is recorded */

START_TEST(paranoid)
{
	begin(WATCH_ALL "paranoid = yes\n");
	es_unit_text("f", "one\n");
	ck_assert_int_eq(symlink("f", "l"), 0);
	es_unit_walk_run(&w);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	ck_assert_uint_eq(w.changes[ES_COLLECT_SAME], 1);
	es_unit_walk_rules(&w, WATCH_ALL);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 1);
	es_unit_walk_quiet(&w);
	end();
}
END_TEST

START_TEST(notime)
{
	begin(WATCH_ALL "notime = yes\nrecord = +ctime\n");
	es_unit_text("f", "one\n");
	es_unit_walk_run(&w);
	set_mtime("f", 5);
	expect_same("f");
	es_unit_text("f", "two\n");
	expect_changed();
	end();
}
END_TEST

START_TEST(inode_and_ctime)
{
	struct es_entry e;
	struct stat st;

	begin(WATCH_ALL "record = +ctime +inode\n");
	es_unit_text("f", "one\n");
	ck_assert_int_eq(mkdir("d", 0755), 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(stat("f", &st), 0);
	e = es_unit_get(&w, "", "f");
	ck_assert_ptr_nonnull(e.extra);
	ck_assert_uint_eq(e.extra->has, ES_EXTRA_CTIME | ES_EXTRA_INODE);
	ck_assert_uint_eq(e.extra->ino, (uint64_t)st.st_ino);
	ck_assert_int_eq(e.extra->ctime_sec, st.st_ctim.tv_sec);
	ck_assert_uint_eq(e.extra->ctime_nsec, (uint32_t)st.st_ctim.tv_nsec);
	e = es_unit_get(&w, "/d", ".");
	ck_assert_ptr_nonnull(e.extra);
	ck_assert_uint_eq(e.extra->has, ES_EXTRA_INODE);
	ck_assert_int_eq(chmod("f", 0600), 0);
	ck_assert_int_eq(chmod("f", 0644), 0);
	expect_changed();
	end();
}
END_TEST

/* What is not recorded is not read. */
START_TEST(without_content)
{
	struct es_entry e;

	begin(WATCH_ALL "record = permissions -flags\n");
	es_unit_text("f", "one\n");
	ck_assert_int_eq(symlink("f", "l"), 0);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, 0);
	ck_assert_uint_eq(w.n_blobs, 0);
	e = es_unit_get(&w, "", "f");
	ck_assert_int_eq(e.class, ES_CLASS_NONE);
	ck_assert_uint_eq(e.has, ES_HAS_STAT);
	ck_assert_ptr_null(es_unit_get(&w, "", "l").target);
	es_unit_text("f", "another one\n");
	expect_same("f");
	ck_assert_int_eq(chmod("f", 0600), 0);
	expect_changed();
	end();
}
END_TEST

START_TEST(max_size_of_a_rule)
{
	begin("[files]\ndefaults = no\ninclude = /**\nmax_size = 4\n"
	      "[rule r]\nmatch = /r*\nmax_size = 8\n"
	      "[rule s]\nmatch = /s*\nmax_size = 2\n");
	es_unit_text("a", "1234567");
	es_unit_text("r", "1234567");
	es_unit_text("s", "123");
	es_unit_file("sb", "\0002", 3);
	es_unit_file("sc", "\0", 1);
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_get(&w, "", "a").class, ES_CLASS_DIGEST);
	ck_assert_int_eq(es_unit_get(&w, "", "r").class, ES_CLASS_MIRROR);
	ck_assert_int_eq(es_unit_get(&w, "", "s").class, ES_CLASS_DIGEST);
	ck_assert_int_eq(es_unit_get(&w, "", "sb").class, ES_CLASS_DIGEST);
	ck_assert_int_eq(es_unit_get(&w, "", "sc").class, ES_CLASS_MIRROR);
	end();
}
END_TEST

/* ------------------------------------------------------------ hard links */

static void expect_link(const char *name, const char *first)
{
	struct es_entry e = es_unit_get(&w, "", name);
	size_t len = first ? strlen(first) : 0;

	ck_assert_uint_eq(e.extra ? e.extra->link_len : 0, len);
	if (first)
		ck_assert_int_eq(memcmp(es_extra_link(e.extra), first, len), 0);
}

START_TEST(hard_links)
{
	begin(WATCH_ALL);
	ck_assert_int_eq(mkdir("d", 0755), 0);
	es_unit_text("b", "one\n");
	ck_assert_int_eq(link("b", "c"), 0);
	ck_assert_int_eq(link("b", "d/x"), 0);
	es_unit_text("y", "two\n");
	ck_assert_int_eq(link("y", "z"), 0);
	es_unit_walk_run(&w);
	expect_link("b", NULL);
	expect_link("c", "b");
	expect_link("y", NULL);
	expect_link("z", "y");
	ck_assert_ptr_null(es_unit_get(&w, "/d", "x").extra);
	es_unit_walk_quiet(&w);
	ck_assert_int_eq(link("b", "a"), 0);
	es_unit_walk_run(&w);
	expect_link("a", NULL);
	expect_link("b", "a");
	expect_link("c", "a");
	expect_link("z", "y");
	es_unit_walk_quiet(&w);
	ck_assert_int_eq(unlink("a"), 0);
	es_unit_walk_run(&w);
	expect_link("b", NULL);
	expect_link("c", "b");
	es_unit_walk_quiet(&w);
	/* what is not watched is no partner */
	es_unit_walk_rules(&w, "[files]\ndefaults = no\ninclude = /**\n"
			       "exclude = /b\n");
	es_unit_walk_run(&w);
	expect_link("c", NULL);
	ck_assert_int_eq(unlink("c"), 0);
	es_unit_walk_run(&w);
	es_unit_walk_quiet(&w);
	end();
}
END_TEST

START_TEST(many_hard_links)
{
	char name[32];

	begin(WATCH_ALL);
	es_unit_text("000", "one\n");
	for (int i = 1; i < 300; i++) {
		snprintf(name, sizeof(name), "%03d", i);
		ck_assert_int_eq(link("000", name), 0);
	}
	es_unit_walk_run(&w);
	expect_link("000", NULL);
	expect_link("001", "000");
	expect_link("299", "000");
	w.options.full = true;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.changes[ES_COLLECT_SAME], 1);
	end();
}
END_TEST

/* ------------------------------------------------------- holes and flags */

START_TEST(sparse)
{
	struct es_entry e;
	struct stat st;
	int fd;

	begin(WATCH_ALL);
	es_unit_text("f", "a hole follows");
	ck_assert_int_eq(truncate("f", 1 << 20), 0);
	es_unit_text("g", "none here");
	fd = open("f", O_RDONLY);
	ck_assert_int_eq(fstat(fd, &st), 0);
	if ((st.st_blocks * 512 < st.st_size) &&
	    lseek(fd, 0, SEEK_HOLE) < st.st_size) {
		es_unit_walk_run(&w);
		e = es_unit_get(&w, "", "f");
		ck_assert_ptr_nonnull(e.extra);
		ck_assert_uint_eq(e.extra->has, ES_EXTRA_SPARSE);
		ck_assert_ptr_null(es_unit_get(&w, "", "g").extra);
		es_unit_walk_quiet(&w);
	}
	close(fd);
	end();
}
END_TEST

/* Anybody may set "no dump"; not every file system has it. */
static bool set_flags(const char *path, int flags)
{
	int fd = open(path, O_RDONLY), was = 0;
	bool done = ioctl(fd, FS_IOC_GETFLAGS, &was) == 0;

	was = (was & ~FS_NODUMP_FL) | flags;
	done = done && ioctl(fd, FS_IOC_SETFLAGS, &was) == 0;
	close(fd);
	return done;
}

START_TEST(flags)
{
	begin(WATCH_ALL);
	es_unit_text("f", "one\n");
	ck_assert_int_eq(mkdir("d", 0755), 0);
	if (set_flags("f", FS_NODUMP_FL) && set_flags("d", FS_NODUMP_FL)) {
		es_unit_walk_run(&w);
		ck_assert_uint_eq(es_unit_get(&w, "", "f").extra->flags,
				  FS_NODUMP_FL);
		ck_assert_uint_eq(es_unit_get(&w, "/d", ".").extra->flags,
				  FS_NODUMP_FL);
		ck_assert_ptr_null(es_unit_get(&w, "", ".").extra);
		es_unit_walk_quiet(&w);
		ck_assert(set_flags("f", 0));
		expect_changed();
		ck_assert_ptr_null(es_unit_get(&w, "", "f").extra);
	}
	end();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect_attr");
	TCase *t = tcase_create("core");

	tcase_add_test(t, ignored_lines);
	tcase_add_test(t, ignored_lines_and_more);
	tcase_add_test(t, ignored_lines_of_utf16);
	tcase_add_test(t, ignored_lines_of_digests);
	tcase_add_test(t, ignored_lines_and_masks);
	tcase_add_test(t, ignored_lines_without_rows);
	tcase_add_test(t, ignored_no_more);
	tcase_add_loop_test(t, growing, 0, es_lengthof(classes));
	tcase_add_test(t, growing_without_inode);
	tcase_add_test(t, growing_tightened);
	tcase_add_test(t, paranoid);
	tcase_add_test(t, notime);
	tcase_add_test(t, inode_and_ctime);
	tcase_add_test(t, without_content);
	tcase_add_test(t, max_size_of_a_rule);
	tcase_add_test(t, hard_links);
	tcase_add_test(t, many_hard_links);
	tcase_add_test(t, sparse);
	tcase_add_test(t, flags);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
