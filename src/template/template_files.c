/* SPDX-License-Identifier: MIT */
/* template_files.c - the user's templates, from a folder */
#include "config.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include "template/template_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* What a template says ends up in mails that people believe, so nobody but
 * root and whom etcsnap runs as may have written it. */
static int check_writers(const struct stat *st, const char *what,
			 struct es_error *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return es_fail(err, -EPERM,
			       "%s belongs to another user; chown it to root",
			       what);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return es_fail(err, -EPERM,
			       "%s can be written by others; chmod go-w it",
			       what);
	return 0;
}

/* Opens a folder. Return: 1, 0 when there is none, or a negative errno. */
static int open_folder(int *out, int at, const char *path, int flags,
		       struct es_error *err)
{
	ES_CLEANUP(es_closep)
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return es_fail_errno(err, "cannot open the folder");
	if (check_writers(&st, "the folder", err) < 0)
		return err->code;
	*out = es_steal_fd(&fd);
	return 1;
}

/* Opens the folder that a template is in, which may be one below. */
static int open_parent(int *out, const char *dir, const char *name,
		       struct es_error *err)
{
	const char *slash = strchr(name, '/');
	ES_CLEANUP(es_closep) int top = -1;
	int rc = open_folder(&top, AT_FDCWD, dir, 0, err);

	if (rc <= 0)
		return rc;
	if (!slash) {
		*out = es_steal_fd(&top);
		return 1;
	}

	ES_CLEANUP(es_freep) char *sub = strndup(name, (size_t)(slash - name));

	if (!sub)
		return es_fail_oom(err);
	return open_folder(out, top, sub, O_NOFOLLOW, err);
}

/* Reads the file of that base name. */
static int read_in(struct es_buf *out, int dirfd, const char *base,
		   struct es_error *err)
{
	/* Not to wait for the writer of a FIFO. */
	ES_CLEANUP(es_closep)
	int fd = openat(dirfd, base,
			O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
				O_NOFOLLOW);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return es_fail(err, -ELOOP,
			       "a symbolic link; put the file itself there");
	if (fd < 0 || fstat(fd, &st) < 0)
		return es_fail_errno(err, "cannot open the file");
	if (!S_ISREG(st.st_mode))
		return es_fail(err, -EINVAL, "no regular file");
	if (check_writers(&st, "the file", err) < 0)
		return err->code;

	int rc = es_read_fd(out, fd);

	if (rc == -EFBIG)
		return es_fail(err, rc, "more than %zu bytes", out->max);
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot read the file");
	}
	return 1;
}

int es_template_read(struct es_buf *out, const char *dir, const char *name,
		     struct es_error *err)
{
	const char *slash = strchr(name, '/');
	ES_CLEANUP(es_closep) int fd = -1;
	int rc = open_parent(&fd, dir, name, err);

	if (rc > 0)
		rc = read_in(out, fd, slash ? slash + 1 : name, err);
	if (rc < 0)
		es_wrap(err, "%s/%s", ES_Q(dir), ES_Q(name));
	return rc;
}
