/* SPDX-License-Identifier: MIT */
/* fileio.c - whole files: read, replace atomically, lock */
#include "config.h"

#include "etcsnap/fileio.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

/* Bytes asked for at once where the size is not known beforehand. */
#define READ_STEP ((size_t)16 * 1024)

/* Between two attempts to take a lock, nanoseconds. */
#define LOCK_STEP 50000000L

/* One read, tried again when a signal came between. */
static ssize_t read_some(int fd, void *out, size_t len)
{
	ssize_t n;

	do {
		n = read(fd, out, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* At the ceiling: the file may end right here, or be too big. */
static int read_end(int fd)
{
	char extra;
	ssize_t n = read_some(fd, &extra, 1);

	return n > 0 ? -EFBIG : (int)n;
}

/* One more than the size: the end is then seen by the same buffer. */
static size_t first_step(const struct stat *st, size_t max)
{
	if (S_ISREG(st->st_mode) && st->st_size > 0 &&
	    (uintmax_t)st->st_size < max)
		return (size_t)st->st_size + 1;
	return READ_STEP;
}

int es_read_fd(struct es_buf *b, int fd)
{
	size_t start = b->len;
	struct stat st;
	size_t step;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	step = first_step(&st, b->max);
	for (;;) {
		size_t left = b->max > b->len ? b->max - b->len : 0;

		if (left == 0) {
			int rc = read_end(fd);

			if (rc < 0)
				es_buf_truncate(b, start);
			return rc;
		}
		if (step > left)
			step = left;
		char *room = es_buf_reserve(b, step);
		ssize_t n = room ? read_some(fd, room, step) : b->failed;
		if (n < 0) {
			es_buf_truncate(b, start);
			return (int)n;
		}
		b->len += (size_t)n;
		b->data[b->len] = '\0';
		if (n == 0)
			return 0;
		step = READ_STEP;
	}
}

int es_read_file(struct es_buf *b, int dirfd, const char *path,
		 struct es_error *err)
{
	/* Not to wait for the writer of a FIFO that lies in the way. */
	ES_CLEANUP(es_closep)
	int fd = openat(dirfd, path,
			O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(path));
	/* A FIFO that has its writer, like <(…) of a shell, is waited for. */
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(path));
	int rc = es_read_fd(b, fd);
	if (rc == -EFBIG)
		return es_fail(err, rc, "'%s' is bigger than %zu bytes",
			       ES_Q(path), b->max);
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot read '%s'", ES_Q(path));
	}
	return 0;
}

int es_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int es_write_file(const char *path, const void *data, size_t len, mode_t mode,
		  struct es_error *err)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };

	if (es_replace_begin(&r, path, mode, err) < 0)
		return err->code;
	int rc = es_write_all(fileno(r.file), data, len);
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot write '%s'", ES_Q(path));
	}
	return es_replace_commit(&r, err);
}

/* Returns the errno of the first parent that could not be made, else 0. */
static int make_parents(char *path, mode_t mode)
{
	int first = 0;

	for (char *p = path; *p; p++) {
		if (p[0] != '/' || p == path || p[-1] == '/')
			continue;
		*p = '\0';
		if (mkdir(path, mode) < 0 && errno != EEXIST && !first)
			first = errno;
		*p = '/';
	}
	return first;
}

int es_mkdirs(const char *path, mode_t mode, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *copy = strdup(path);
	struct stat st;

	if (!copy)
		return es_fail_oom(err);
	int parent_errno = make_parents(copy, mode);
	if (mkdir(path, mode) == 0)
		return 0;
	/* A parent that could not be made says why; the last one would not. */
	if (errno == ENOENT && parent_errno)
		errno = parent_errno;
	if (errno != EEXIST)
		return es_fail_errno(err, "cannot make directory '%s'",
				     ES_Q(path));
	if (stat(path, &st) < 0)
		return es_fail_errno(err, "cannot look at '%s'", ES_Q(path));
	if (!S_ISDIR(st.st_mode))
		return es_fail(err, -ENOTDIR, "'%s' is not a directory",
			       ES_Q(path));
	return 0;
}

/* Whether the locked file is still the one that others would open. */
static int is_current(int fd, const char *path)
{
	struct stat ours, named;

	if (fstat(fd, &ours) < 0)
		return -errno;
	if (lstat(path, &named) < 0)
		return errno == ENOENT ? 0 : -errno;
	return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Returns 1 with the lock taken, 0 when somebody else has it. */
static int try_lock(int *out, const char *path)
{
	ES_CLEANUP(es_closep)
	int fd =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
		     0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno;
	int current = is_current(fd, path);
	if (current == 1)
		*out = es_steal_fd(&fd);
	return current;
}

int es_lock_file(int *out, const char *path, unsigned int wait,
		 struct es_error *err)
{
	const struct timespec step = { 0, LOCK_STEP };
	int64_t until = es_clock_ms() + (int64_t)wait * 1000;

	for (;;) {
		int rc = try_lock(out, path);

		if (rc == 1)
			return 0;
		if (rc < 0) {
			errno = -rc;
			return es_fail_errno(err, "cannot lock '%s'",
					     ES_Q(path));
		}
		if (es_clock_ms() >= until)
			return es_fail_locked(err,
					      "another run holds the lock "
					      "'%s'; try again later, or wait "
					      "for it with --wait SECONDS",
					      ES_Q(path));
		nanosleep(&step, NULL);
	}
}

int es_path_dirname(struct es_buf *b, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return es_buf_adds(b, ".");
	while (slash > path && slash[-1] == '/')
		slash--;
	if (slash == path)
		return es_buf_adds(b, "/");
	return es_buf_add(b, path, (size_t)(slash - path));
}

/* Append the parts of @path to the absolute path that begins at @start. */
static void add_parts(struct es_buf *b, size_t start, const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (b->len > start && b->data[b->len - 1] != '/')
				es_buf_truncate(b, b->len - 1);
			if (b->len > start)
				es_buf_truncate(b, b->len - 1);
		} else if (n > 1 || (n == 1 && path[0] != '.')) {
			es_buf_addc(b, '/');
			es_buf_add(b, path, n);
		}
		path += n;
		path += strspn(path, "/");
	}
}

int es_path_absolute(struct es_buf *b, const char *path, struct es_error *err)
{
	size_t start = b->len;

	if (path[0] != '/') {
		ES_CLEANUP(es_freep) char *cwd = getcwd(NULL, 0);

		if (!cwd)
			return es_fail_errno(
				err, "cannot find the working directory");
		add_parts(b, start, cwd);
	}
	add_parts(b, start, path);
	if (b->len == start)
		es_buf_addc(b, '/');
	if (es_buf_check(b, err) < 0) {
		es_buf_truncate(b, start);
		return err->code;
	}
	return 0;
}
