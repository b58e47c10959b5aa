/* SPDX-License-Identifier: MIT */
/* in_root.c - open what is below a directory that no link leads out of */
#include "config.h"

#include "base/in_root_priv.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Links on the way to one file, as many as the kernel follows. */
#define LINKS_MAX 40
/* Directories on the way. */
#define DEPTH_MAX 256
/* How often openat2(2) is asked again while somebody renames directories. */
#define TRIES 32

/* Where a look-up stands, and what is still to go. */
struct way {
	int fds[DEPTH_MAX]; /* from the root, which is the caller's, to here */
	int depth;
	int links;
	const char *left;
	char links_left[PATH_MAX]; /* where @left is, behind a link */
};

static void go_up(struct way *w, int depth)
{
	while (w->depth > depth)
		close(w->fds[w->depth--]);
}

static bool fail(int *out, int code)
{
	*out = -1;
	errno = code;
	return false;
}

/* Puts what a link says into the place of its name. */
static bool follow(struct way *w, int link, const char *rest, int *out)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target));
	size_t len = strlen(rest);

	if (n < 0)
		return fail(out, errno);
	if (++w->links > LINKS_MAX)
		return fail(out, ELOOP);
	if ((size_t)n + len + 2 > sizeof(target))
		return fail(out, ENAMETOOLONG);
	target[n] = '/';
	memcpy(target + n + 1, rest, len + 1);
	if (*target == '/')
		go_up(w, 0);
	memcpy(w->links_left, target, (size_t)n + len + 2);
	w->left = w->links_left;
	return true;
}

/* Whether there is more to go; else @out is the result. */
static bool enter(struct way *w, const char *name, const char *rest, int flags,
		  int *out)
{
	int here = w->fds[w->depth];
	int fd = openat(here, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool last = !*rest, more;
	struct stat st;

	if (fd < 0)
		return fail(out, errno);
	if (fstat(fd, &st) < 0) {
		close(fd);
		return fail(out, EIO);
	}
	if (S_ISLNK(st.st_mode) && (!last || !(flags & O_NOFOLLOW))) {
		more = follow(w, fd, rest, out);
		close(fd);
		return more;
	}
	if (last || w->depth + 1 == DEPTH_MAX) {
		close(fd);
		if (!last)
			return fail(out, ENAMETOOLONG);
		*out = openat(here, name, flags | O_NOFOLLOW);
		return false;
	}
	w->fds[++w->depth] = fd;
	w->left = rest;
	return true;
}

static bool step(struct way *w, int flags, int *out)
{
	const char *at = w->left + strspn(w->left, "/");
	size_t len = strcspn(at, "/");
	const char *rest = at + len + strspn(at + len, "/");
	char name[NAME_MAX + 1];

	if (len > NAME_MAX)
		return fail(out, ENAMETOOLONG);
	snprintf(name, sizeof(name), "%.*s", (int)len, at);
	if (len == 0) {
		*out = openat(w->fds[w->depth], ".", flags);
		return false;
	}
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return enter(w, name, rest, flags, out);
	if (len == 2 && w->depth > 0)
		go_up(w, w->depth - 1);
	w->left = rest;
	return true;
}

int in_root_by_parts(int root, const char *path, int flags)
{
	struct way w = { .fds = { root }, .left = path };
	int fd = -1, code;

	while (step(&w, flags, &fd))
		;
	code = errno;
	go_up(&w, 0);
	errno = code;
	return fd;
}

int es_open_in_root(int root, const char *path, int flags)
{
	struct open_how how = {
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	/* The kernel takes an empty path for none. */
	path += strspn(path, "/");
	if (!*path)
		path = ".";
	/* openat2(2) refuses flags that O_PATH leaves without a meaning. */
	flags |= flags & O_PATH ? O_CLOEXEC : O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	how.flags = (unsigned int)flags;
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	/* Before Linux 5.6, or forbidden by a sandbox that is older. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = in_root_by_parts(root, path, flags);
	return (int)fd;
}
