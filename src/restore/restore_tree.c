/* SPDX-License-Identifier: MIT */
/* restore_tree.c - directories below a root, never through symlinks */
#include "config.h"

#include "restore/restore_tree_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of opening a directory while others rename some. */
#define TRIES 100

#define DIRECTORY (O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int restore_tree_open(struct restore_tree *t, const char *root,
		      struct es_error *err)
{
	t->ready = es_strmap_new();
	if (!t->ready)
		return es_fail_oom(err);
	t->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->root < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(root));
	return 0;
}

void restore_tree_close(struct restore_tree *t)
{
	struct restore_lock *l = t->locks;

	while (l) {
		struct restore_lock *next = l->next;

		free(l);
		l = next;
	}
	es_closep(&t->fd);
	es_closep(&t->root);
	free(t->path);
	es_strmap_free(t->ready);
	*t = (struct restore_tree)RESTORE_TREE_INIT;
}

/* ------------------------------------------------------------------ opening */

static int open_beneath(const struct restore_tree *t, const char *path,
			int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | DIRECTORY),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	/* EAGAIN: something was renamed meanwhile, as an attacker may, again
	 * and again */
	for (int i = 0; fd < 0 && i < TRIES; i++) {
		fd = syscall(SYS_openat2, t->root, path, &how, sizeof(how));
		if (fd < 0 && errno != EINTR && errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

/* The same on older kernels, and for paths that are too long for one call. */
static int open_plain(const struct restore_tree *t, const char *path, int flags)
{
	ES_CLEANUP(es_freep) char *copy = strdup(path);
	ES_CLEANUP(es_closep) int fd = fcntl(t->root, F_DUPFD_CLOEXEC, 0);
	char *rest = NULL;

	if (!copy || fd < 0)
		return -ENOMEM;
	for (const char *name = strtok_r(copy, "/", &rest); name;
	     name = strtok_r(NULL, "/", &rest)) {
		int how = *rest ? O_PATH : flags;
		int next = openat(fd, name, how | DIRECTORY);

		if (next < 0)
			return -errno;
		es_closep(&fd);
		fd = next;
	}
	return es_steal_fd(&fd);
}

/* ENOTDIR is said of a symbolic link, too, where it is the last component. */
static int open_way(struct restore_tree *t, const char *path, int flags)
{
	int fd = t->plain ? -ENOSYS : open_beneath(t, path, flags);

	if (fd == -ENOSYS || fd == -E2BIG || fd == -EPERM)
		t->plain = true;
	if (t->plain || fd == -ENAMETOOLONG || fd == -EAGAIN)
		fd = open_plain(t, path, flags);
	return fd;
}

/* Without the right to list it a directory can still be worked in. */
static int open_dir(struct restore_tree *t, const char *path)
{
	int fd = open_way(t, path, O_RDONLY);

	return fd == -EACCES ? open_way(t, path, O_PATH) : fd;
}

static bool is_used(const struct restore_tree *t, const char *path, size_t len)
{
	return t->fd >= 0 && t->len == len && memcmp(t->path, path, len) == 0;
}

/* Paths come from the repository, which somebody may have made up. */
static bool has_dots(const char *path, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t dots = 0;

		if (path[i] != '/')
			continue;
		while (i + 1 + dots < len && path[i + 1 + dots] == '.')
			dots++;
		if ((dots == 1 || dots == 2) &&
		    (i + 1 + dots == len || path[i + 1 + dots] == '/'))
			return true;
	}
	return false;
}

int restore_tree_dir(struct restore_tree *t, const char *path, size_t len)
{
	ES_CLEANUP(es_freep) char *copy = NULL;
	int fd;

	if (t->root < 0)
		return -ENOENT;
	if (has_dots(path, len))
		return -EINVAL;
	if (is_used(t, path, len))
		return t->fd;
	copy = strndup(path, len);
	if (!copy)
		return -ENOMEM;
	restore_tree_forget(t);
	fd = len > 1 ? open_dir(t, copy + 1)
		     : fcntl(t->root, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return len > 1 ? fd : -errno;
	free(t->path);
	t->path = es_steal_ptr(&copy);
	t->len = len;
	t->fd = fd;
	return fd;
}

int restore_tree_parent(struct restore_tree *t, const char *path, size_t len,
			const char **name)
{
	const char *slash = memrchr(path, '/', len);

	if (has_dots(path, len))
		return -EINVAL;
	*name = slash && slash[1] ? slash + 1 : ".";
	return restore_tree_dir(t, path, slash ? (size_t)(slash - path) : 0);
}

int restore_tree_forget(struct restore_tree *t)
{
	int rc = 0;

	if (t->fd >= 0 && t->dirty && fsync(t->fd) < 0 && errno != EBADF &&
	    errno != EINVAL)
		rc = -errno;
	es_closep(&t->fd);
	t->fd = -1;
	t->dirty = false;
	return rc;
}

/* ------------------------------------------------------------- for writing */

static bool is_leftover(const char *name)
{
	static const char begin[] = RESTORE_TEMP;
	size_t head = sizeof(begin) - 1;

	return strncmp(name, begin, head) == 0 &&
	       strlen(name + head) == RESTORE_TEMP_HEX &&
	       strspn(name + head, "0123456789abcdef") == RESTORE_TEMP_HEX;
}

static void sweep(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | DIRECTORY);
	ES_CLEANUP(es_closedirp) DIR *d = copy < 0 ? NULL : fdopendir(copy);

	if (!d) {
		es_closep(&copy);
		return;
	}
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		if (is_leftover(e->d_name) && unlinkat(fd, e->d_name, 0) < 0)
			unlinkat(fd, e->d_name, AT_REMOVEDIR);
}

static struct restore_lock *new_lock(struct restore_tree *t, mode_t mode)
{
	struct restore_lock *l = malloc(sizeof(*l) + t->len + 1);

	if (!l)
		return NULL;
	*l = (struct restore_lock){ .mode = mode & 07777, .len = t->len };
	memcpy(l->path, t->path, t->len);
	l->path[t->len] = '\0';
	return l;
}

static int lock_cmp(const struct restore_lock *l, const char *path, size_t len)
{
	size_t common = l->len < len ? l->len : len;
	int order = memcmp(l->path, path, common);

	return order ? order : (l->len > len) - (l->len < len);
}

static void add_lock(struct restore_tree *t, struct restore_lock *l)
{
	struct restore_lock **at = &t->locks;

	while (*at && lock_cmp(*at, l->path, l->len) > 0)
		at = &(*at)->next;
	l->next = *at;
	*at = l;
}

static uint32_t get_flags(int fd)
{
	int flags = 0;

	return ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ? 0 : (uint32_t)flags;
}

static int set_flags(int fd, uint32_t flags)
{
	int value = (int)flags;

	return ioctl(fd, FS_IOC_SETFLAGS, &value) < 0 ? -errno : 0;
}

static int set_mode(int fd, mode_t mode)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];

	if (fchmod(fd, mode) == 0)
		return 0;
	/* a descriptor that only names it */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, mode) < 0 ? -errno : 0;
}

/* What keeps root from writing, and what keeps an ordinary user. */
static int unlock(struct restore_tree *t)
{
	const uint32_t fixed = FS_IMMUTABLE_FL | FS_APPEND_FL;
	uint32_t flags = get_flags(t->fd);
	struct restore_lock *l;
	struct stat st;
	bool mine;
	int rc = 0;

	if (fstat(t->fd, &st) < 0)
		return -errno;
	mine = geteuid() != 0 && st.st_uid == geteuid() &&
	       (st.st_mode & 0700) != 0700;
	if (!(flags & fixed) && !mine)
		return 0;
	l = new_lock(t, st.st_mode);
	if (!l)
		return -ENOMEM;
	l->flags = flags & fixed;
	if (flags & fixed)
		rc = set_flags(t->fd, flags & ~fixed);
	if (rc == 0 && mine)
		rc = set_mode(t->fd, (st.st_mode & 07777) | 0700);
	add_lock(t, l);
	return rc;
}

/* A descriptor that only names the directory cannot be synced or listed. */
static void open_again(struct restore_tree *t)
{
	int fd;

	if (!(fcntl(t->fd, F_GETFL) & O_PATH))
		return;
	fd = openat(t->fd, ".", O_RDONLY | DIRECTORY);
	if (fd < 0)
		return;
	es_closep(&t->fd);
	t->fd = fd;
}

int restore_tree_writable(struct restore_tree *t)
{
	int rc;

	t->dirty = true;
	if (es_strmap_get(t->ready, t->path, t->len))
		return t->fd;
	rc = unlock(t);
	if (rc < 0)
		return rc;
	open_again(t);
	sweep(t->fd);
	if (es_strmap_put(t->ready, t->path, t->len, t) < 0)
		return -ENOMEM;
	return t->fd;
}

static int relock(struct restore_tree *t, const struct restore_lock *l)
{
	int fd = restore_tree_dir(t, l->path, l->len);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & 07777) != l->mode && set_mode(fd, l->mode) < 0)
		return -EPERM;
	return l->flags ? set_flags(fd, get_flags(fd) | l->flags) : 0;
}

unsigned int restore_tree_relock(struct restore_tree *t, const char *after,
				 size_t len)
{
	unsigned int failed = 0;

	while (t->locks && (len == 0 || lock_cmp(t->locks, after, len) > 0)) {
		struct restore_lock *l = t->locks;

		failed += relock(t, l) < 0;
		t->locks = l->next;
		free(l);
	}
	return failed;
}

void restore_tree_settle(struct restore_tree *t, const char *path, size_t len)
{
	struct restore_lock **at = &t->locks;

	while (*at && lock_cmp(*at, path, len) != 0)
		at = &(*at)->next;
	if (*at) {
		struct restore_lock *l = *at;

		*at = l->next;
		free(l);
	}
}
