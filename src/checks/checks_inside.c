/* SPDX-License-Identifier: MIT */
/* checks_inside.c - files below a root whose links must not lead out of it */
#include "config.h"

#include "checks/checks_priv.h"

#include "etcsnap/fileio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

/* Flags for what others may have planted: a named pipe or a terminal. */
#define READ_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY)

bool es_is_absent(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP;
}

static int open_beneath(int dirfd, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : (int)fd;
}

/* Before Linux 5.6 no link is followed: component by component. */
static int open_steps(int dirfd, const char *path, int flags)
{
	ES_CLEANUP(es_closep) int at = -1;
	char name[NAME_MAX + 1];

	for (;;) {
		size_t len = strcspn(path, "/");
		bool last = path[len + strspn(path + len, "/")] == '\0';

		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		if (len == 2 && !memcmp(path, "..", 2))
			return -EXDEV;
		memcpy(name, path, len);
		name[len] = '\0';

		int fd = openat(at < 0 ? dirfd : at, name,
				O_CLOEXEC | O_NOFOLLOW |
					(last ? flags : O_PATH | O_DIRECTORY));

		if (fd < 0)
			return -errno;
		es_closep(&at);
		at = fd;
		if (last)
			return es_steal_fd(&at);
		path += len + strspn(path + len, "/");
	}
}

int es_inside_open(const struct es_checks *c, const char *path, int flags)
{
	int fd = es_open_in_root(c->root_fd, path, flags);

	return fd < 0 ? -errno : fd;
}

int es_beneath_open(int dirfd, const char *path, int flags)
{
	int fd = open_beneath(dirfd, path, flags);

	if (fd == -ENOSYS || fd == -EPERM)
		fd = open_steps(dirfd, path, flags);
	return fd;
}

int es_inside_stat(const struct es_checks *c, const char *path, struct stat *st)
{
	if (c->root_is_slash) {
		path += strspn(path, "/");
		if (fstatat(c->root_fd, *path ? path : ".", st,
			    AT_NO_AUTOMOUNT) < 0)
			return -errno;
		return 0;
	}
	ES_CLEANUP(es_closep) int fd = es_inside_open(c, path, O_PATH);
	if (fd < 0)
		return fd;
	return fstat(fd, st) < 0 ? -errno : 0;
}

/* Reads a regular file. What is none, or too long, is as if absent. */
static int read_regular(int fd, struct es_buf *out, struct stat *st)
{
	if (fd < 0)
		return fd;
	if (fstat(fd, st) < 0)
		return -errno;
	if (!S_ISREG(st->st_mode))
		return -ENOENT;

	int rc = es_read_fd(out, fd);

	return rc == -EFBIG ? -ENOENT : rc;
}

int es_inside_read(const struct es_checks *c, const char *path,
		   struct es_buf *out, struct stat *st)
{
	struct stat local;
	ES_CLEANUP(es_closep)
	int fd = es_inside_open(c, path, READ_FLAGS);

	es_buf_reset(out);
	return read_regular(fd, out, st ? st : &local);
}

int es_beneath_read(int dirfd, const char *path, struct es_buf *out,
		    struct stat *st)
{
	ES_CLEANUP(es_closep) int fd = es_beneath_open(dirfd, path, READ_FLAGS);

	es_buf_reset(out);
	return read_regular(fd, out, st);
}

static int each_name(struct es_findings *f, const char *dir, const char *name,
		     int (*each)(struct es_findings *f, const char *path,
				 struct es_error *err),
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);

	es_buf_addf(&path, "%s/%s", dir, name);
	if (es_buf_check(&path, err) < 0)
		return err->code;
	return each(f, path.data, err);
}

int es_inside_each(struct es_findings *f, const char *dir,
		   int (*each)(struct es_findings *f, const char *path,
			       struct es_error *err),
		   struct es_error *err)
{
	int fd = es_inside_open(f->checks, dir, O_RDONLY | O_DIRECTORY);
	ES_CLEANUP(es_closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d && fd >= 0) {
		close(fd);
		return es_fail_oom(err);
	}
	if (!d && !es_is_absent(fd) &&
	    es_findings_unread(f, dir, strlen(dir)) < 0)
		return es_fail_oom(err);
	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (each_name(f, dir, e->d_name, each, err) < 0)
			return err->code;
	}
	return 0;
}
