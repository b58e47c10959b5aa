/* SPDX-License-Identifier: MIT */
/* test_manifest_tools.c - what mtree, bsdtar and setfattr make of manifests */
#include "config.h"

#include "etcsnap/manifest.h"

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "entries.h"
#include "run.h"

#define SHA_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

static char dir[64];

static void dir_setup(void)
{
	es_unit_enter_dir(dir);
}

static void dir_teardown(void)
{
	es_unit_leave_dir(dir);
}

/* Sorted; mtree(8) takes '*', '?' and '[' in a name for a pattern. */
static const char *const odd_names[] = {
	"\001\033", " ",	   "!",	   "#h",  "$x",	   "%x",
	"'\"",	    "-dash",	   ".hid", "...", "\\101", "\\",
	"a\tb",	    "a\nb",	   "a\rb", "a b", "a]b",   "a{b}",
	"b\\s",	    "caf\xc3\xa9", "e=q",  "~",	  "\x7f",  "\xff\xfe",
};

static int by_name(const void *a, const void *b)
{
	const struct es_entry *x = a, *y = b;

	return es_entry_name_cmp(x->name, x->name_len, y->name, y->name_len);
}

static void make_tree(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX,
				   .sun_path = "d/sock" };
	struct timespec old[] = { { 5, 0 }, { -2, 500000000 } };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char path[80];

	ck_assert_int_eq(mkdir("d", 0750), 0);
	for (size_t i = 0; i < es_lengthof(odd_names); i++) {
		snprintf(path, sizeof(path), "d/%s", odd_names[i]);
		es_unit_spill(path, "x", 1);
	}
	ck_assert_int_eq(utimensat(AT_FDCWD, "d/~", old, 0), 0);
	ck_assert_int_eq(chmod("d/e=q", 06751), 0);
	ck_assert_int_eq(link("d/e=q", "other"), 0);
	ck_assert_int_eq(symlink("tar get\n\xff#=\\*", "d/link"), 0);
	ck_assert_int_eq(mkfifo("d/fifo", 0600), 0);
	ck_assert_int_eq(mkdir("d/sub", 0700), 0);
	es_unit_spill("d/sub/extra", "", 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	/* An ordinary user goes without. */
	if (mknod("d/char", S_IFCHR | 0600, makedev(1, 3)) == 0)
		ck_assert_int_eq(mknod("d/block", S_IFBLK | 0600,
				       makedev(259, 100000)),
				 0);
}

static struct es_entry stat_entry(int fd, const char *name, char target[64])
{
	struct es_entry e = es_unit_make_child(name, ES_TYPE_NONE);
	struct stat st;
	ssize_t n;

	ck_assert_int_eq(fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	e.type = es_type_from_mode(st.st_mode);
	e.mode = st.st_mode & 07777;
	e.uid = st.st_uid;
	e.gid = st.st_gid;
	e.nlink = (uint32_t)st.st_nlink;
	e.size = (uint64_t)st.st_size;
	e.mtime_sec = st.st_mtim.tv_sec;
	e.mtime_nsec = (uint32_t)st.st_mtim.tv_nsec;
	e.rdev_major = major(st.st_rdev);
	e.rdev_minor = minor(st.st_rdev);
	if (e.type == ES_TYPE_FILE) {
		e.class = ES_CLASS_DIGEST;
		e.has |= ES_HAS_SHA256;
		es_unhex(e.digest, SHA_X, sizeof(e.digest));
	}
	if (e.type == ES_TYPE_LINK) {
		n = readlinkat(fd, name, target, 64);
		ck_assert_int_gt(n, 0);
		e.target = target;
		e.target_len = (size_t)n;
	}
	return e;
}

/* Writes the manifest of ./d to ./m. */
static void record_tree(struct es_buf *out)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(es_ids_freep) struct es_ids *ids = NULL;
	ES_CLEANUP(es_closedirp) DIR *d = opendir("d");
	struct es_error err = ES_ERROR_INIT;
	struct es_entry e[64];
	char target[64];
	size_t n = 1;

	ck_assert_ptr_nonnull(d);
	e[0] = stat_entry(dirfd(d), ".", target);
	for (struct dirent *de; (de = readdir(d));)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			e[n++] = stat_entry(dirfd(d), de->d_name, target);
	qsort(e + 1, n - 1, sizeof(e[0]), by_name);
	es_unit_pack(&w, e, n);
	ck_assert_int_eq(es_ids_new(&ids, "/", &err), 0);
	ck_assert_int_eq(
		es_manifest_write(out, w.buf.data, w.buf.len, ids, &err), 0);
	es_unit_spill("m", out->data, out->len);
}

static const char *const mtree_argv[] = { "mtree", "-f", "m", "-e",
					  "-p",	   "d",	 NULL };

START_TEST(mtree_agrees)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	if (!es_unit_has("mtree"))
		return;
	make_tree();
	record_tree(&text);
	rc = es_unit_run(&out, mtree_argv, NULL);
	ck_assert_msg(rc == 0 && out.len == 0, "mtree: %s", es_buf_str(&out));
	/* It looks at all of it. */
	ck_assert_int_eq(chmod("d/fifo", 0601), 0);
	ck_assert_int_eq(unlink("d/link"), 0);
	ck_assert_int_eq(symlink("elsewhere", "d/link"), 0);
	es_unit_spill("d/~", "y", 1);
	rc = es_unit_run(&out, mtree_argv, NULL);
	ck_assert_int_eq(rc, 2);
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "permissions (0600"));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "link ref"));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "sha256"));
}
END_TEST

/* Comments, and entries of which little is known. */
START_TEST(mtree_takes_what_is_marked)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_entry e[] = {
		es_unit_make_self(ES_WATCH_PASS),
		es_unit_make_child("fifo", ES_TYPE_NONE),
		es_unit_make_child("sock", ES_TYPE_SOCKET),
		es_unit_make_child("sub", ES_TYPE_DIR),
	};
	int rc;

	if (!es_unit_has("mtree"))
		return;
	make_tree();
	e[0].has |= ES_HAS_MOUNT;
	e[0].unread = EIO;
	e[1].has = e[2].has = 0;
	e[1].unread = e[2].unread = EACCES;
	es_unit_write_text(&text, e, 4);
	es_unit_spill("m", text.data, text.len);
	rc = es_unit_run(&out, mtree_argv, NULL);
	ck_assert_msg(rc == 0 && out.len == 0, "mtree: %s", es_buf_str(&out));
}
END_TEST

START_TEST(bsdtar_reads_it)
{
	static const char *const argv[] = { "bsdtar", "-tvf", "m", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	if (!es_unit_has("bsdtar"))
		return;
	make_tree();
	/* libarchive knows no sockets, warns, and exits 1. */
	ck_assert_int_eq(unlink("d/sock"), 0);
	record_tree(&text);
	rc = es_unit_run(&out, argv, NULL);
	ck_assert_msg(rc == 0, "bsdtar: %s", es_buf_str(&out));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "./a\\nb\n"));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "./#h\n"));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "-rwsr-s--x  2 "));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "./link -> tar get\\n"));
	if (access("d/char", F_OK) == 0)
		ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "259,100000"));
}
END_TEST

/* One name for every byte that needs care on its way through setfattr(1). */
static const char *const xattr_names[] = { "# file: x", "\\101", "a\nb",
					   "a b ",	"b\r",	 "e=q",
					   "\xff\xfe" };
#define XATTR_LINES "user.bin=0sAAH/\nuser.empty=\"\"\nuser.text=\"a b\"\n"

static void xattr_manifest(struct es_buf *out)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry e[1 + es_lengthof(xattr_names)];
	struct es_error err = ES_ERROR_INIT;

	e[0] = es_unit_make_self(ES_WATCH_YES);
	for (size_t i = 0; i < es_lengthof(xattr_names); i++) {
		es_unit_spill(xattr_names[i], "", 0);
		e[i + 1] =
			es_unit_make_file(xattr_names[i], ES_CLASS_DIGEST, 0);
	}
	for (size_t i = 0; i < es_lengthof(e); i++) {
		e[i].xattr = XATTR_LINES;
		e[i].xattr_len = strlen(XATTR_LINES);
	}
	es_unit_pack(&w, e, es_lengthof(e));
	es_manifest_write_xattr(out, w.buf.data, w.buf.len, &err);
}

START_TEST(setfattr_restores_and_getfattr_agrees)
{
	static const char *const restore[] = { "setfattr", "-h",
					       "--restore=.xattr", NULL };
	const char *get[6 + es_lengthof(xattr_names) + 1] = {
		"getfattr", "-hd", "-m", "^user\\.", "--", "."
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	if (!es_unit_has("setfattr") ||
	    (setxattr(".", "user.try", "", 0, 0) < 0 && errno == ENOTSUP))
		return;
	removexattr(".", "user.try");
	for (size_t i = 0; i < es_lengthof(xattr_names); i++)
		get[6 + i] = xattr_names[i];
	xattr_manifest(&text);
	es_unit_spill(".xattr", text.data, text.len);
	rc = es_unit_run(&out, restore, NULL);
	ck_assert_msg(rc == 0, "setfattr: %s", es_buf_str(&out));
	rc = es_unit_run(&out, get, NULL);
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(es_buf_str(&out), es_buf_str(&text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("manifest_tools");
	TCase *t = tcase_create("manifest_tools");

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, dir_setup, dir_teardown);
	tcase_add_test(t, mtree_agrees);
	tcase_add_test(t, mtree_takes_what_is_marked);
	tcase_add_test(t, bsdtar_reads_it);
	tcase_add_test(t, setfattr_restores_and_getfattr_agrees);
	return es_unit_main(s);
}
