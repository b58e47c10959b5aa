/* SPDX-License-Identifier: MIT */
/* restore_place.c - objects made aside, then put in their place at once */
#include "config.h"

#include "restore/restore_place_priv.h"

#include "etcsnap/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Tries to find a name that nobody has. */
#define TRIES 100

#define NEW_FILE (O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

static int set_name(struct restore_place *p)
{
	uint8_t raw[RESTORE_TEMP_HEX / 2];
	char hex[RESTORE_TEMP_HEX + 1];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return -EIO;
	snprintf(p->name, sizeof(p->name), RESTORE_TEMP "%s",
		 es_hex(hex, raw, sizeof(raw)));
	return 0;
}

/* ------------------------------------------------------------------ making */

static int make_file(struct restore_place *p)
{
	p->fd = openat(p->dir, p->name, NEW_FILE, 0600);
	return p->fd < 0 ? -errno : 0;
}

static int make_special(struct restore_place *p, const struct es_entry *e)
{
	dev_t dev = makedev(e->rdev_major, e->rdev_minor);

	switch (e->type) {
	case ES_TYPE_FIFO:
		return mknodat(p->dir, p->name, S_IFIFO | 0600, 0);
	case ES_TYPE_CHAR:
		return mknodat(p->dir, p->name, S_IFCHR | 0600, dev);
	case ES_TYPE_BLOCK:
		return mknodat(p->dir, p->name, S_IFBLK | 0600, dev);
	case ES_TYPE_DIR:
		return mkdirat(p->dir, p->name, 0700);
	case ES_TYPE_LINK: {
		ES_CLEANUP(es_freep)
		char *target = strndup(e->target, e->target_len);

		return target ? symlinkat(target, p->dir, p->name) : -1;
	}
	case ES_TYPE_SOCKET:
	case ES_TYPE_FILE:
	case ES_TYPE_NONE:
	default:
		errno = ENOTSUP;
		return -1;
	}
}

static int make_named(struct restore_place *p, const struct es_entry *e)
{
	int rc = -EEXIST;

	for (int i = 0; rc == -EEXIST && i < TRIES; i++) {
		rc = set_name(p);
		if (rc < 0)
			break;
		if (e->type == ES_TYPE_FILE)
			rc = make_file(p);
		else
			rc = make_special(p, e) < 0 ? -errno : 0;
	}
	if (rc < 0)
		p->name[0] = '\0';
	return rc;
}

/* Only by its descriptor's name in /proc can it be given a name later on. */
static bool has_proc(void)
{
	return access("/proc/self/fd", X_OK) == 0;
}

static int open_made(struct restore_place *p)
{
	const int how =
		p->type == ES_TYPE_DIR ? O_RDONLY | O_DIRECTORY : O_PATH;

	p->fd = openat(p->dir, p->name, how | O_NOFOLLOW | O_CLOEXEC);
	return p->fd < 0 ? -errno : 0;
}

int restore_place_make(struct restore_place *p, int dir,
		       const struct es_entry *e)
{
	int rc;

	p->dir = dir;
	p->type = e->type;
	if (e->type == ES_TYPE_FILE && has_proc()) {
		p->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (p->fd >= 0)
			return 0;
		if (errno == ENOSPC || errno == EROFS || errno == EDQUOT)
			return -errno;
	}
	rc = make_named(p, e);
	return rc == 0 && p->fd < 0 ? open_made(p) : rc;
}

int restore_place_link(struct restore_place *p, int dir, int from,
		       const char *name)
{
	int rc = -EEXIST;

	p->dir = dir;
	p->type = ES_TYPE_FILE;
	for (int i = 0; rc == -EEXIST && i < TRIES; i++) {
		rc = set_name(p);
		if (rc == 0 && linkat(from, name, dir, p->name, 0) < 0)
			rc = -errno;
	}
	if (rc < 0)
		p->name[0] = '\0';
	return rc;
}

/* ----------------------------------------------------------------- placing */

/* A file without a name gets its temporary one, or at once its last. */
static int give_name(const struct restore_place *p, const char *name)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(p->fd)];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", p->fd);
	return linkat(AT_FDCWD, path, p->dir, name, AT_SYMLINK_FOLLOW) < 0
		       ? -errno
		       : 0;
}

static int ensure_name(struct restore_place *p)
{
	int rc = -EEXIST;

	if (p->name[0])
		return 0;
	for (int i = 0; rc == -EEXIST && i < TRIES; i++) {
		rc = set_name(p);
		if (rc == 0)
			rc = give_name(p, p->name);
	}
	if (rc < 0)
		p->name[0] = '\0';
	return rc;
}

static int put_new(struct restore_place *p, const char *name)
{
	struct stat st;

	if (!p->name[0])
		return give_name(p, name);
	if (renameat2(p->dir, p->name, p->dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* the file system cannot do that */
	if (fstatat(p->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(p->dir, p->name, p->dir, name) < 0 ? -errno : 0;
}

/* A directory in the place of another object, or the other way round. */
static int put_other(struct restore_place *p, const char *name, int how)
{
	int rc;

	if (renameat2(p->dir, p->name, p->dir, name, RENAME_EXCHANGE) == 0) {
		if (unlinkat(p->dir, p->name, how) == 0)
			return 0;
		rc = -errno;
		if (renameat2(p->dir, p->name, p->dir, name, RENAME_EXCHANGE) <
		    0)
			p->name[0] = '\0';
		return rc;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (unlinkat(p->dir, name, how) < 0 ||
	    renameat(p->dir, p->name, p->dir, name) < 0)
		return -errno;
	return 0;
}

int restore_place_put(struct restore_place *p, const char *name,
		      const struct stat *old)
{
	int rc;

	if (old) {
		rc = ensure_name(p);
		if (rc < 0)
			return rc;
		if (S_ISDIR(old->st_mode) || p->type == ES_TYPE_DIR)
			rc = put_other(p, name,
				       S_ISDIR(old->st_mode) ? AT_REMOVEDIR
							     : 0);
		else if (renameat(p->dir, p->name, p->dir, name) < 0)
			rc = -errno;
		else
			/* of two names of one file both are left */
			unlinkat(p->dir, p->name, 0);
	} else {
		rc = put_new(p, name);
	}
	if (rc == 0)
		p->name[0] = '\0';
	return rc;
}

void restore_place_drop(struct restore_place *p)
{
	if (p->name[0] && unlinkat(p->dir, p->name, 0) < 0)
		unlinkat(p->dir, p->name, AT_REMOVEDIR);
	es_closep(&p->fd);
	*p = (struct restore_place)RESTORE_PLACE_INIT;
}
