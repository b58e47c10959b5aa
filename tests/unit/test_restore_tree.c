/* SPDX-License-Identifier: MIT */
/* test_restore_tree.c - directories without symlinks, objects put at once */
#include "config.h"

#include "restore/restore_attr_priv.h"
#include "restore/restore_place_priv.h"
#include "restore/restore_tree_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#include "unit.h"

static char dir[64];

static void enter(void)
{
	es_unit_enter_dir(dir);
}

static void leave(void)
{
	es_unit_leave_dir(dir);
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void expect_text(const char *path, const char *want)
{
	char text[256] = "";
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s is not there", path);
	ck_assert_uint_eq(fread(text, 1, sizeof(text) - 1, f), strlen(want));
	fclose(f);
	ck_assert_str_eq(text, want);
}

/* Names in the working directory, "." and ".." aside. */
static int names(void)
{
	DIR *d = opendir(".");
	int n = -2;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void open_tree(struct restore_tree *t)
{
	struct es_error err = ES_ERROR_INIT;

	*t = (struct restore_tree)RESTORE_TREE_INIT;
	ck_assert_msg(restore_tree_open(t, ".", &err) == 0, "%s", err.msg);
}

/* ------------------------------------------------------------- directories */

static const struct {
	const char *path;
	int code;
} ways[] = {
	{ "", 0 },
	{ "/a", 0 },
	{ "/a/b", 0 },
	{ "/a/none", -ENOENT },
	{ "/a/b/none", -ENOENT },
	{ "/file", -ENOTDIR },
	{ "/file/x", -ENOTDIR },
	{ "/link", -ELOOP },
	{ "/link/b", -ELOOP },
	{ "/a/up/a", -ELOOP },
	{ "/a/self/b", -ELOOP },
	{ "/outside", -ELOOP },
	{ "/outside/etc", -ELOOP },
	{ "/..", -EINVAL },
	{ "/a/../a", -EINVAL },
	{ "/a/./b", -EINVAL },
	{ "/a/...", -ENOENT },
	{ "/.a", -ENOENT },
};

/* With openat2(2) and without it. */
START_TEST(opens_directories)
{
	struct restore_tree t;
	int fd;

	mkdir("a", 0755);
	mkdir("a/b", 0755);
	write_text("file", "x");
	ck_assert_int_eq(symlink("a", "link"), 0);
	ck_assert_int_eq(symlink("..", "a/up"), 0);
	ck_assert_int_eq(symlink(".", "a/self"), 0);
	ck_assert_int_eq(symlink("/", "outside"), 0);
	for (int plain = 0; plain < 2; plain++) {
		open_tree(&t);
		t.plain = plain;
		fd = restore_tree_dir(&t, ways[_i].path, strlen(ways[_i].path));
		/* a symbolic link is no directory, say some kernels */
		if (ways[_i].code == -ELOOP && fd == -ENOTDIR)
			fd = -ELOOP;
		ck_assert_msg(ways[_i].code ? fd == ways[_i].code : fd >= 0,
			      "%s: %d", ways[_i].path, fd);
		restore_tree_close(&t);
	}
}
END_TEST

START_TEST(finds_parents)
{
	struct restore_tree t;
	const char *name;
	struct stat st, root;

	mkdir("a", 0755);
	open_tree(&t);
	ck_assert_int_ge(restore_tree_parent(&t, "/a/x", 4, &name), 0);
	ck_assert_str_eq(name, "x");
	ck_assert_int_ge(restore_tree_parent(&t, "/", 1, &name), 0);
	ck_assert_str_eq(name, ".");
	ck_assert_int_eq(fstat(t.fd, &st), 0);
	ck_assert_int_eq(stat(".", &root), 0);
	ck_assert_uint_eq(st.st_ino, root.st_ino);
	ck_assert_int_eq(restore_tree_parent(&t, "/a/..", 5, &name), -EINVAL);
	ck_assert_int_eq(restore_tree_parent(&t, "/x/y", 4, &name), -ENOENT);
	restore_tree_close(&t);
}
END_TEST

/* A path that no call takes. */
START_TEST(opens_deep)
{
	char part[201];
	char path[40 * 201 + 1] = "";
	struct restore_tree t;

	memset(part, 'd', 200);
	part[200] = '\0';
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(mkdir(part, 0755), 0);
		ck_assert_int_eq(chdir(part), 0);
		snprintf(path + strlen(path), sizeof(path) - strlen(path),
			 "/%s", part);
	}
	ck_assert_int_eq(chdir(dir), 0);
	open_tree(&t);
	ck_assert_int_ge(restore_tree_dir(&t, path, strlen(path)), 0);
	restore_tree_close(&t);
}
END_TEST

START_TEST(sweeps)
{
	struct restore_tree t;

	write_text(RESTORE_TEMP "0123456789abcdef", "x");
	mkdir(RESTORE_TEMP "fedcba9876543210", 0700);
	ck_assert_int_eq(symlink("/", RESTORE_TEMP "1111111111111111"), 0);
	write_text(RESTORE_TEMP "0123456789abcde", "x");
	write_text(RESTORE_TEMP "0123456789abcdeF", "x");
	write_text("x" RESTORE_TEMP "0123456789abcdef", "x");
	mkdir(RESTORE_TEMP "2222222222222222", 0700);
	write_text(RESTORE_TEMP "2222222222222222/full", "x");
	open_tree(&t);
	ck_assert_int_ge(restore_tree_dir(&t, "", 0), 0);
	ck_assert_int_eq(names(), 7);
	ck_assert_int_ge(restore_tree_writable(&t), 0);
	ck_assert_int_eq(names(), 4);
	/* once is enough */
	write_text(RESTORE_TEMP "0123456789abcdef", "x");
	ck_assert_int_ge(restore_tree_writable(&t), 0);
	ck_assert_int_eq(names(), 5);
	restore_tree_close(&t);
}
END_TEST

static int change_flags(const char *path, int flags)
{
	int fd = open(path, O_RDONLY);
	int now = 0;
	int rc = ioctl(fd, FS_IOC_GETFLAGS, &now);

	now = (now & ~(FS_IMMUTABLE_FL | FS_APPEND_FL)) | flags;
	if (rc == 0)
		rc = ioctl(fd, FS_IOC_SETFLAGS, &now);
	close(fd);
	return rc;
}

static int get_flags(const char *path)
{
	int fd = open(path, O_RDONLY);
	int now = 0;

	ioctl(fd, FS_IOC_GETFLAGS, &now);
	close(fd);
	return now & (FS_IMMUTABLE_FL | FS_APPEND_FL);
}

/* What was taken off directories comes back, but where it is settled. */
START_TEST(locks)
{
	static const char *const paths[] = { "/a", "/a/b", "/c" };
	struct restore_tree t;

	mkdir("a", 0755);
	mkdir("a/b", 0755);
	mkdir("c", 0755);
	if (change_flags("c", FS_IMMUTABLE_FL) < 0)
		return;
	change_flags("a/b", FS_APPEND_FL);
	change_flags("a", FS_IMMUTABLE_FL);
	open_tree(&t);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_ge(
			restore_tree_dir(&t, paths[i], strlen(paths[i])), 0);
		ck_assert_int_ge(restore_tree_writable(&t), 0);
	}
	ck_assert_int_eq(get_flags("a") | get_flags("a/b") | get_flags("c"), 0);
	ck_assert_uint_eq(restore_tree_relock(&t, "/a", 2), 0);
	ck_assert_int_eq(get_flags("a"), 0);
	ck_assert_int_eq(get_flags("a/b"), FS_APPEND_FL);
	ck_assert_int_eq(get_flags("c"), FS_IMMUTABLE_FL);
	restore_tree_settle(&t, "/a", 2);
	ck_assert_uint_eq(restore_tree_relock(&t, "", 0), 0);
	ck_assert_int_eq(get_flags("a"), 0);
	change_flags("a/b", 0);
	change_flags("c", 0);
	restore_tree_close(&t);
}
END_TEST

/* ----------------------------------------------------------------- objects */

static const struct es_entry file = { .type = ES_TYPE_FILE };
static const struct es_entry directory = { .type = ES_TYPE_DIR };
static const struct es_entry fifo = { .type = ES_TYPE_FIFO };
static const struct es_entry link_to_x = { .type = ES_TYPE_LINK,
					   .target = "xyz",
					   .target_len = 1 };

static int here(void)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static int put(int fd, const struct es_entry *e, const char *name, bool replace)
{
	struct restore_place p = RESTORE_PLACE_INIT;
	struct stat st;
	int rc = restore_place_make(&p, fd, e);

	if (rc == 0 && e->type == ES_TYPE_FILE)
		ck_assert_int_eq(write(p.fd, "new", 3), 3);
	if (rc == 0 && replace)
		ck_assert_int_eq(lstat(name, &st), 0);
	if (rc == 0)
		rc = restore_place_put(&p, name, replace ? &st : NULL);
	restore_place_drop(&p);
	return rc;
}

START_TEST(puts_new)
{
	char target[4] = "";
	struct stat st;
	int fd = here();

	ck_assert_int_eq(put(fd, &file, "f", false), 0);
	expect_text("f", "new");
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(put(fd, &directory, "d", false), 0);
	ck_assert_int_eq(put(fd, &fifo, "p", false), 0);
	ck_assert_int_eq(put(fd, &link_to_x, "l", false), 0);
	ck_assert_int_eq(readlink("l", target, sizeof(target)), 1);
	ck_assert_str_eq(target, "x");
	ck_assert_int_eq(names(), 4);
	close(fd);
}
END_TEST

/* What came meanwhile stays. */
START_TEST(puts_nothing_over)
{
	int fd = here();

	write_text("f", "mine");
	ck_assert_int_eq(put(fd, &file, "f", false), -EEXIST);
	ck_assert_int_eq(put(fd, &fifo, "f", false), -EEXIST);
	ck_assert_int_eq(put(fd, &directory, "f", false), -EEXIST);
	expect_text("f", "mine");
	ck_assert_int_eq(names(), 1);
	close(fd);
}
END_TEST

START_TEST(replaces)
{
	struct stat st;
	int fd = here();

	write_text("f", "old");
	write_text("other", "kept");
	ck_assert_int_eq(put(fd, &file, "f", true), 0);
	expect_text("f", "new");
	/* a link is replaced, not followed */
	ck_assert_int_eq(symlink("other", "l"), 0);
	ck_assert_int_eq(put(fd, &file, "l", true), 0);
	ck_assert_int_eq(lstat("l", &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	expect_text("other", "kept");
	ck_assert_int_eq(put(fd, &directory, "f", true), 0);
	ck_assert_int_eq(lstat("f", &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(put(fd, &link_to_x, "f", true), 0);
	ck_assert_int_eq(lstat("f", &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(names(), 3);
	close(fd);
}
END_TEST

START_TEST(keeps_full_directories)
{
	int fd = here();

	mkdir("d", 0755);
	write_text("d/f", "kept");
	ck_assert_int_eq(put(fd, &file, "d", true), -ENOTEMPTY);
	expect_text("d/f", "kept");
	ck_assert_int_eq(names(), 1);
	close(fd);
}
END_TEST

START_TEST(refuses_sockets)
{
	static const struct es_entry socket = { .type = ES_TYPE_SOCKET };
	struct restore_place p = RESTORE_PLACE_INIT;
	int fd = here();

	ck_assert_int_eq(restore_place_make(&p, fd, &socket), -ENOTSUP);
	restore_place_drop(&p);
	ck_assert_int_eq(names(), 0);
	close(fd);
}
END_TEST

/* Dropped without having been put, nothing is left. */
START_TEST(drops)
{
	const struct es_entry *all[] = { &file, &directory, &fifo, &link_to_x };
	int fd = here();

	for (size_t i = 0; i < es_lengthof(all); i++) {
		struct restore_place p = RESTORE_PLACE_INIT;

		ck_assert_int_eq(restore_place_make(&p, fd, all[i]), 0);
		restore_place_drop(&p);
		ck_assert_int_eq(names(), 0);
	}
	close(fd);
}
END_TEST

START_TEST(links)
{
	struct restore_place p = RESTORE_PLACE_INIT;
	struct stat a, b;
	int fd = here();

	write_text("a", "text");
	write_text("b", "other");
	ck_assert_int_eq(stat("b", &b), 0);
	for (int i = 0; i < 2; i++) {
		/* the second time both are one file already */
		ck_assert_int_eq(restore_place_link(&p, fd, fd, "a"), 0);
		ck_assert_int_eq(restore_place_put(&p, "b", &b), 0);
		restore_place_drop(&p);
		ck_assert_int_eq(stat("a", &a), 0);
		ck_assert_int_eq(stat("b", &b), 0);
		ck_assert_uint_eq(a.st_ino, b.st_ino);
		ck_assert_uint_eq(a.st_nlink, 2);
		ck_assert_int_eq(names(), 2);
	}
	close(fd);
}
END_TEST

/* --------------------------------------------------------------- attributes */

static unsigned int set(const char *name, const struct restore_wish *wish,
			struct es_buf *said)
{
	struct restore_object o = RESTORE_OBJECT_INIT;
	int fd = here();
	unsigned int failed;

	ck_assert_int_eq(restore_object_open(&o, fd, name), 0);
	failed = restore_attr_set(&o, wish, said);
	restore_object_close(&o);
	close(fd);
	return failed;
}

START_TEST(sets_attributes)
{
	struct es_entry e = { .type = ES_TYPE_FILE,
			      .has = ES_HAS_STAT,
			      .mode = 0754,
			      .uid = getuid(),
			      .gid = getgid(),
			      .mtime_sec = -5,
			      .mtime_nsec = 7 };
	const struct restore_wish wish = { .then = &e, .times = true };
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(4096);
	struct stat st;

	write_text("f", "x");
	chmod("f", 0);
	ck_assert_msg(set("f", &wish, &said) == 0, "%s", es_buf_str(&said));
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0754);
	ck_assert_int_eq(st.st_mtim.tv_sec, -5);
	ck_assert_int_eq(st.st_mtim.tv_nsec, 7);
	/* a pipe is never opened, or this would wait for a writer */
	ck_assert_int_eq(mkfifo("p", 0600), 0);
	e.type = ES_TYPE_FIFO;
	ck_assert_msg(set("p", &wish, &said) == 0, "%s", es_buf_str(&said));
	ck_assert_int_eq(stat("p", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0754);
	ck_assert_int_eq(st.st_mtim.tv_sec, -5);
	/* of a link its own, and never those of what it leads to */
	ck_assert_int_eq(symlink("f", "l"), 0);
	chmod("f", 0640);
	e.type = ES_TYPE_LINK;
	e.mtime_sec = 99;
	ck_assert_msg(set("l", &wish, &said) == 0, "%s", es_buf_str(&said));
	ck_assert_int_eq(lstat("l", &st), 0);
	ck_assert_int_eq(st.st_mtim.tv_sec, 99);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(st.st_mtim.tv_sec, -5);
}
END_TEST

/* What a rule left out is that of the object before it. */
START_TEST(takes_from_old)
{
	static const struct es_extra without = { .without = ES_RECORD_MODE |
							    ES_RECORD_MTIME };
	const struct es_entry e = { .type = ES_TYPE_FILE,
				    .has = ES_HAS_STAT,
				    .uid = getuid(),
				    .gid = getgid(),
				    .extra = &without };
	struct restore_object old = RESTORE_OBJECT_INIT;
	struct restore_wish wish = { .then = &e, .old = &old, .times = true };
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(4096);
	struct stat st;
	int fd = here();

	write_text("old", "x");
	chmod("old", 0642);
	write_text("new", "y");
	ck_assert_int_eq(restore_object_open(&old, fd, "old"), 0);
	ck_assert_uint_eq(set("new", &wish, &said), 0);
	ck_assert_int_eq(stat("new", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0642);
	ck_assert_int_gt(st.st_mtim.tv_sec, 1000);
	restore_object_close(&old);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("restore_tree");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, enter, leave);
	tcase_add_loop_test(t, opens_directories, 0, (int)es_lengthof(ways));
	tcase_add_test(t, finds_parents);
	tcase_add_test(t, opens_deep);
	tcase_add_test(t, sweeps);
	tcase_add_test(t, locks);
	tcase_add_test(t, puts_new);
	tcase_add_test(t, puts_nothing_over);
	tcase_add_test(t, replaces);
	tcase_add_test(t, keeps_full_directories);
	tcase_add_test(t, refuses_sockets);
	tcase_add_test(t, drops);
	tcase_add_test(t, links);
	tcase_add_test(t, sets_attributes);
	tcase_add_test(t, takes_from_old);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
