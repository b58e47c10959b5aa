/* SPDX-License-Identifier: MIT */
/* test_fileio.c - unit tests of reading, replacing and locking files */
#include "config.h"

#include "base/in_root_priv.h"
#include "etcsnap/fileio.h"

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

/* The directory that each test works in. */
static char work[64];

static void enter(void)
{
	es_unit_enter_dir(work);
}

static void leave(void)
{
	es_unit_leave_dir(work);
}

static void put(const char *path, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	for (size_t i = 0; i < len; i++)
		putc('a' + (int)(i % 26), f);
	ck_assert_int_eq(fclose(f), 0);
}

static int count_entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static const struct {
	size_t size;
	size_t max;
	int want;
} reads[] = {
	{ 0, 100, 0 },		{ 0, 0, 0 },
	{ 1, 0, -EFBIG },	{ 100, 100, 0 },
	{ 101, 100, -EFBIG },	{ 99, 100, 0 },
	{ 16384, 1 << 20, 0 },	{ 16385, 16384, -EFBIG },
	{ 300000, 1 << 20, 0 }, { 300000, 299999, -EFBIG },
};

static void put_text(const char *path, const char *text)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_write_file(path, text, strlen(text), 0644, &err),
			 0);
}

/* Of a path below "image": what is read there, or why it cannot be. */
static const struct {
	const char *path;
	const char *text;
	int flags;
} inside[] = {
	{ "etc/file", "in\n", O_RDONLY },
	{ "etc//./file", "in\n", O_RDONLY },
	{ "/etc/file", "in\n", O_RDONLY },
	{ "etc/up", "in\n", O_RDONLY },
	{ "etc/absolute", "in\n", O_RDONLY },
	{ "etc/absolute", "-ELOOP", O_RDONLY | O_NOFOLLOW },
	{ "up/etc/file", "in\n", O_RDONLY },
	{ "up/etc/file", "in\n", O_RDONLY | O_NOFOLLOW },
	{ "../etc/file", "in\n", O_RDONLY },
	{ "etc/../../etc/file", "in\n", O_RDONLY },
	{ "chain/file", "in\n", O_RDONLY },
	{ "etc/none", "-ENOENT", O_RDONLY },
	{ "etc/file/x", "-ENOTDIR", O_RDONLY },
	{ "etc/file", "-ENOTDIR", O_RDONLY | O_DIRECTORY },
	{ "loop", "-ELOOP", O_RDONLY },
	{ "up", "dir", O_RDONLY | O_DIRECTORY },
	{ "out", "-ENOENT", O_RDONLY },
	{ ".", "dir", O_RDONLY },
};

START_TEST(no_link_leads_out)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(64);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_mkdirs("image/etc", 0755, &err), 0);
	ck_assert_int_eq(es_mkdirs("etc", 0755, &err), 0);
	put_text("etc/file", "out\n");
	put_text("image/etc/file", "in\n");
	ck_assert_int_eq(symlink("../../etc/file", "image/etc/up"), 0);
	ck_assert_int_eq(symlink("/etc/file", "image/etc/absolute"), 0);
	ck_assert_int_eq(symlink("..", "image/up"), 0);
	ck_assert_int_eq(symlink("/up/./chain2/", "image/chain"), 0);
	ck_assert_int_eq(symlink("../../etc", "image/chain2"), 0);
	ck_assert_int_eq(symlink("loop", "image/loop"), 0);
	ck_assert_int_eq(symlink(work, "image/out"), 0);
	ES_CLEANUP(es_closep) int root = open("image", O_PATH | O_DIRECTORY);
	for (int parts = 0; parts < 2; parts++) {
		const char *path = inside[_i].path;
		ES_CLEANUP(es_closep)
		int fd = parts ? in_root_by_parts(root, path, inside[_i].flags)
			       : es_open_in_root(root, path, inside[_i].flags);

		es_buf_reset(&b);
		if (fd < 0)
			es_buf_addf(&b, "-%s", strerrorname_np(errno));
		else if (es_read_fd(&b, fd) < 0)
			es_buf_adds(&b, "dir");
		ck_assert_str_eq(es_buf_str(&b), inside[_i].text);
	}
}
END_TEST

START_TEST(no_image_holds_us_up)
{
	ES_CLEANUP(es_closep) int root = open(".", O_PATH | O_DIRECTORY);

	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	ES_CLEANUP(es_closep) int fd = es_open_in_root(root, "fifo", O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ES_CLEANUP(es_closep) int top = es_open_in_root(root, "/", O_PATH);
	ck_assert_int_ge(top, 0);
	ck_assert_int_eq(fcntl(top, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}
END_TEST

START_TEST(read_keeps_the_ceiling)
{
	struct es_buf b = ES_BUF_INIT(reads[_i].max + 3);
	struct es_error err = ES_ERROR_INIT;

	put("f", reads[_i].size);
	es_buf_adds(&b, "old");
	int rc = es_read_file(&b, AT_FDCWD, "f", &err);
	ck_assert_int_eq(rc, reads[_i].want);
	ck_assert_int_eq(err.code, reads[_i].want);
	ck_assert_mem_eq(b.data, "old", 3);
	ck_assert_uint_eq(b.len, 3 + (rc ? 0 : reads[_i].size));
	ck_assert_int_eq(b.data[b.len], '\0');
	ck_assert_int_eq(b.failed, 0);
	for (size_t i = 3; i < b.len; i++)
		ck_assert_int_eq(b.data[i], 'a' + (int)((i - 3) % 26));
	es_buf_dispose(&b);
}
END_TEST

START_TEST(read_reports_what_it_met)
{
	struct es_buf b = ES_BUF_INIT(100);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "no\ne", &err), -ENOENT);
	ck_assert_str_eq(err.msg,
			 "cannot open 'no\\ne': No such file or directory");
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, ".", &err), -EISDIR);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "loop", &err), -ELOOP);
	ck_assert_int_eq(es_read_fd(&b, -1), -EBADF);
	ck_assert_uint_eq(b.len, 0);
	es_buf_dispose(&b);
}
END_TEST

START_TEST(read_is_relative_to_the_directory)
{
	struct es_buf b = ES_BUF_INIT(100);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(mkdir("d", 0700), 0);
	put("d/f", 3);
	int fd = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(es_read_file(&b, fd, "f", &err), 0);
	ck_assert_str_eq(es_buf_str(&b), "abc");
	close(fd);
	es_buf_dispose(&b);
}
END_TEST

/* Sizes of /proc files are 0; a FIFO without a writer must not hang us. */
START_TEST(read_without_a_size)
{
	struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "/proc/self/status", &err),
			 0);
	ck_assert_uint_gt(b.len, 100);
	es_buf_reset(&b);
	ck_assert_int_eq(mkfifo("p", 0600), 0);
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "p", &err), 0);
	ck_assert_uint_eq(b.len, 0);
	es_buf_dispose(&b);
}
END_TEST

/* A FIFO that has a writer, which takes its time, as <(…) does. */
START_TEST(read_waits_for_the_writer)
{
	struct es_buf b = ES_BUF_INIT(100);
	struct es_error err = ES_ERROR_INIT;
	const struct timespec pause = { 0, 100000000 };
	int ends[2];
	char path[64];

	ck_assert_int_eq(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		nanosleep(&pause, NULL);
		_exit(es_write_all(ends[1], "late", 4) < 0);
	}
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, path, &err), 0);
	ck_assert_str_eq(es_buf_str(&b), "late");
	waitpid(pid, NULL, 0);
	es_buf_dispose(&b);
}
END_TEST

START_TEST(write_sets_content_and_mode)
{
	static const mode_t modes[] = { 0600, 0644, 0400, 0755 };
	struct es_buf b = ES_BUF_INIT(100);
	struct es_error err = ES_ERROR_INIT;
	struct stat st;

	umask(077);
	put("f", 50);
	ck_assert_int_eq(es_write_file("f", "new", 3, modes[_i], &err), 0);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, modes[_i]);
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "f", &err), 0);
	ck_assert_str_eq(es_buf_str(&b), "new");
	ck_assert_int_eq(es_write_file("f", NULL, 0, 0600, &err), 0);
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_int_eq(count_entries("."), 1);
	es_buf_dispose(&b);
}
END_TEST

START_TEST(write_takes_any_name)
{
	struct es_error err = ES_ERROR_INIT;
	char path[NAME_MAX + 1];

	/* The longest name there may be leaves no room for a suffix. */
	memset(path, 'n', NAME_MAX);
	path[NAME_MAX] = '\0';
	ck_assert_int_eq(es_write_file(path, "x", 1, 0600, &err), 0);
	ck_assert_int_eq(es_write_file("a\nb XXXXXX", "x", 1, 0600, &err), 0);
	ck_assert_int_eq(access("a\nb XXXXXX", F_OK), 0);
}
END_TEST

/* The link is replaced, not followed: its target may be anybody's. */
START_TEST(write_replaces_a_symlink)
{
	struct es_error err = ES_ERROR_INIT;
	struct stat st;

	put("target", 5);
	ck_assert_int_eq(symlink("target", "f"), 0);
	ck_assert_int_eq(es_write_file("f", "x", 1, 0600, &err), 0);
	ck_assert_int_eq(lstat("f", &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_int_eq(stat("target", &st), 0);
	ck_assert_int_eq(st.st_size, 5);
}
END_TEST

START_TEST(write_that_fails_leaves_the_old)
{
	struct es_buf b = ES_BUF_INIT(100);
	struct es_error err = ES_ERROR_INIT;
	struct rlimit limit;
	static char big[5000];

	put("f", 3);
	/*
	 * The first write is short, the second fails. Every assertion writes
	 * to libcheck's own file, so the limit holds for the call alone.
	 */
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	const rlim_t before = limit.rlim_cur;
	limit.rlim_cur = 1000;
	const int limited = setrlimit(RLIMIT_FSIZE, &limit);
	const int rc = es_write_file("f", big, sizeof(big), 0600, &err);
	limit.rlim_cur = before;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit) | limited, 0);
	ck_assert_int_eq(rc, -EFBIG);
	ck_assert_int_eq(err.code, -EFBIG);
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "f", &err), 0);
	ck_assert_str_eq(es_buf_str(&b), "abc");
	ck_assert_int_eq(count_entries("."), 1);

	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(es_write_file("d", "x", 1, 0600, &err), -EISDIR);
	ck_assert_int_eq(es_write_file("no/f", "x", 1, 0600, &err), -ENOENT);
	ck_assert_int_eq(count_entries("."), 2);
	es_buf_dispose(&b);
}
END_TEST

/* A reader beside a writer sees one content or the other, whole. */
START_TEST(write_is_atomic)
{
	struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	static char content[40000];
	int status;

	memset(content, 'A', sizeof(content));
	ck_assert_int_eq(es_write_file("f", content, 20000, 0600, &err), 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 200; i++) {
			memset(content, 'A' + i % 2, sizeof(content));
			if (es_write_file("f", content,
					  (size_t)(i % 2 + 1) * 20000, 0600,
					  &err) < 0)
				_exit(1);
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		es_buf_reset(&b);
		ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "f", &err), 0);
		char c = b.data[0];
		ck_assert_uint_eq(b.len, c == 'A' ? 20000 : 40000);
		for (size_t i = 0; i < b.len; i++)
			ck_assert(b.data[i] == c);
	}
	ck_assert_int_eq(status, 0);
	es_buf_dispose(&b);
}
END_TEST

static void on_alarm(int sig)
{
	(void)sig;
}

/* Signals cut writes to a slow pipe short; nothing may get lost. */
START_TEST(write_all_survives_short_writes)
{
	static char content[1 << 20], back[1 << 20];
	const struct sigaction act = { .sa_handler = on_alarm };
	const struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
	const struct timespec pause = { 0, 200000 };
	uint64_t state = 5;
	int ends[2];

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (char)es_unit_random(&state);
	ck_assert_int_eq(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		sigaction(SIGALRM, &act, NULL);
		setitimer(ITIMER_REAL, &every, NULL);
		_exit(es_write_all(ends[1], content, sizeof(content)) < 0);
	}
	close(ends[1]);
	size_t got = 0;
	for (;;) {
		size_t want = sizeof(back) - got;
		ssize_t n =
			read(ends[0], back + got, want < 3001 ? want : 3001);

		ck_assert_int_ge(n, 0);
		if (n == 0)
			break;
		got += (size_t)n;
		nanosleep(&pause, NULL);
	}
	int status;
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(got, sizeof(content));
	ck_assert_mem_eq(content, back, sizeof(content));
}
END_TEST

START_TEST(write_all_reports)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(es_write_all(fd, "x", 1), -ENOSPC);
	ck_assert_int_eq(es_write_all(fd, NULL, 0), 0);
	ck_assert_int_eq(es_write_all(-1, "x", 1), -EBADF);
	close(fd);
}
END_TEST

START_TEST(mkdirs_makes_parents)
{
	static const char *const paths[] = { "a", "a/b/c", "a//b///c/", "./x/",
					     "a/../y" };
	struct es_error err = ES_ERROR_INIT;
	struct stat st;

	umask(022);
	for (int twice = 0; twice < 2; twice++)
		ck_assert_int_eq(es_mkdirs(paths[_i], 0750, &err), 0);
	ck_assert_int_eq(stat(paths[_i], &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0750);
	ck_assert_int_eq(es_mkdirs("/", 0750, &err), 0);
}
END_TEST

START_TEST(mkdirs_refuses)
{
	struct es_error err = ES_ERROR_INIT;

	put("f", 1);
	ck_assert_int_eq(es_mkdirs("f", 0700, &err), -ENOTDIR);
	ck_assert_int_eq(es_mkdirs("f/d", 0700, &err), -ENOTDIR);
	ck_assert_int_eq(es_mkdirs("", 0700, &err), -ENOENT);
	ck_assert_int_eq(symlink("gone", "l"), 0);
	ck_assert_int_eq(es_mkdirs("l", 0700, &err), -ENOENT);
	/* The parent that cannot be made is the reason given. */
	ck_assert_int_lt(es_mkdirs("/proc/none/d", 0700, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "/proc/none/d"));
	/* A link to a directory is one. */
	ck_assert_int_eq(symlink(".", "here"), 0);
	ck_assert_int_eq(es_mkdirs("here", 0700, &err), 0);
}
END_TEST

/* A second process that holds the lock for a while. */
static pid_t hold_lock(const char *path, long milliseconds)
{
	struct es_error err = ES_ERROR_INIT;
	const struct timespec pause = { milliseconds / 1000,
					milliseconds % 1000 * 1000000 };
	int ready[2], fd;
	char c = 0;

	ck_assert_int_eq(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (es_lock_file(&fd, path, 0, &err) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		nanosleep(&pause, NULL);
		_exit(0);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

START_TEST(lock_is_exclusive)
{
	struct es_error err = ES_ERROR_INIT;
	struct stat st;
	int fd = -7;
	pid_t pid = hold_lock("lock", 600);

	ck_assert_int_eq(es_lock_file(&fd, "lock", 0, &err), -EBUSY);
	ck_assert_int_eq(err.fault, ES_FAULT_LOCKED);
	ck_assert_int_eq(fd, -7);
	/* The holder ends within the time that we wait. */
	ck_assert_int_eq(es_lock_file(&fd, "lock", 10, &err), 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	close(fd);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(es_lock_file(&fd, "lock", 0, &err), 0);
	close(fd);
}
END_TEST

START_TEST(lock_gives_up_in_time)
{
	struct es_error err = ES_ERROR_INIT;
	struct timespec from, to;
	int fd = -1;
	pid_t pid = hold_lock("lock", 30000);

	clock_gettime(CLOCK_MONOTONIC, &from);
	ck_assert_int_eq(es_lock_file(&fd, "lock", 1, &err), -EBUSY);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ck_assert_int_ge(to.tv_sec - from.tv_sec, 0);
	ck_assert_int_le(to.tv_sec - from.tv_sec, 3);
	ck_assert_int_eq(err.fault, ES_FAULT_LOCKED);
	/* A dead holder holds nothing. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(es_lock_file(&fd, "lock", 0, &err), 0);
	close(fd);
}
END_TEST

START_TEST(lock_follows_no_link)
{
	struct es_error err = ES_ERROR_INIT;
	int fd = -1;

	ck_assert_int_eq(symlink("victim", "lock"), 0);
	ck_assert_int_eq(es_lock_file(&fd, "lock", 0, &err), -ELOOP);
	ck_assert_int_eq(err.fault, ES_FAULT_FAILED);
	ck_assert_int_ne(access("victim", F_OK), 0);
	ck_assert_int_eq(es_lock_file(&fd, "no/lock", 0, &err), -ENOENT);
	ck_assert_int_eq(fd, -1);
}
END_TEST

static const struct {
	const char *path;
	const char *want;
} dirnames[] = {
	{ "/a/b", "/a" },     { "/a", "/" },  { "a", "." }, { "a/b", "a" },
	{ "a//b", "a" },      { "//a", "/" }, { "/", "/" }, { "./a", "." },
	{ "../a/b", "../a" }, { "", "." },
};

START_TEST(dirname_of)
{
	struct es_buf b = ES_BUF_INIT(100);

	ck_assert_int_eq(es_path_dirname(&b, dirnames[_i].path), 0);
	ck_assert_str_eq(es_buf_str(&b), dirnames[_i].want);
	es_buf_dispose(&b);
}
END_TEST

static const struct {
	const char *path;
	const char *want; /* "@" stands for the working directory */
} absolutes[] = {
	{ "/", "/" },
	{ "//", "/" },
	{ "/..", "/" },
	{ "/../../a", "/a" },
	{ "/a/b/../c", "/a/c" },
	{ "/a/./b/.", "/a/b" },
	{ "//a///b/", "/a/b" },
	{ "/a/..", "/" },
	{ "/a/...", "/a/..." },
	{ "/.a/..b/c..", "/.a/..b/c.." },
	{ "/a/b/../../../c", "/c" },
	{ ".", "@" },
	{ "", "@" },
	{ "x", "@/x" },
	{ "./x/../y", "@/y" },
	{ "../../../../../../..", "/" },
};

START_TEST(absolute_of)
{
	struct es_buf b = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	const char *want = absolutes[_i].want;
	char text[200];

	/* What was in the buffer is no part of the path. */
	es_buf_adds(&b, "old/");
	ck_assert_int_eq(es_path_absolute(&b, absolutes[_i].path, &err), 0);
	snprintf(text, sizeof(text), "old/%s%s", want[0] == '@' ? work : "",
		 want[0] == '@' ? want + 1 : want);
	ck_assert_str_eq(es_buf_str(&b), text);
	es_buf_dispose(&b);
}
END_TEST

START_TEST(absolute_fails_whole)
{
	struct es_buf b = ES_BUF_INIT(8);
	struct es_error err = ES_ERROR_INIT;

	es_buf_adds(&b, "old");
	ck_assert_int_eq(es_path_absolute(&b, "/ab/cdefg", &err), -EFBIG);
	ck_assert_str_eq(es_buf_str(&b), "old");
	es_buf_dispose(&b);

	struct es_buf gone = ES_BUF_INIT(100);
	ck_assert_int_eq(mkdir("d", 0700), 0);
	ck_assert_int_eq(chdir("d"), 0);
	ck_assert_int_eq(rmdir("../d"), 0);
	ck_assert_int_eq(es_path_absolute(&gone, "x", &err), -ENOENT);
	es_buf_dispose(&gone);
}
END_TEST

static Suite *fileio_suite(void)
{
	Suite *s = suite_create("fileio");
	TCase *tc = tcase_create("fileio");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, no_link_leads_out, 0, es_lengthof(inside));
	tcase_add_test(tc, no_image_holds_us_up);
	tcase_add_loop_test(tc, read_keeps_the_ceiling, 0, es_lengthof(reads));
	tcase_add_test(tc, read_reports_what_it_met);
	tcase_add_test(tc, read_is_relative_to_the_directory);
	tcase_add_test(tc, read_without_a_size);
	tcase_add_test(tc, read_waits_for_the_writer);
	tcase_add_loop_test(tc, write_sets_content_and_mode, 0, 4);
	tcase_add_test(tc, write_takes_any_name);
	tcase_add_test(tc, write_replaces_a_symlink);
	tcase_add_test(tc, write_that_fails_leaves_the_old);
	tcase_add_test(tc, write_is_atomic);
	tcase_add_test(tc, write_all_survives_short_writes);
	tcase_add_test(tc, write_all_reports);
	tcase_add_loop_test(tc, mkdirs_makes_parents, 0, 5);
	tcase_add_test(tc, mkdirs_refuses);
	tcase_add_test(tc, lock_is_exclusive);
	tcase_add_test(tc, lock_gives_up_in_time);
	tcase_add_test(tc, lock_follows_no_link);
	tcase_add_loop_test(tc, dirname_of, 0, es_lengthof(dirnames));
	tcase_add_loop_test(tc, absolute_of, 0, es_lengthof(absolutes));
	tcase_add_test(tc, absolute_fails_whole);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(fileio_suite());
}
