/* SPDX-License-Identifier: MIT */
/* restore_attr.c - owner, mode, xattrs, times and flags of an object */
#include "config.h"

#include "restore/restore_attr_priv.h"

#include "etcsnap/manifest.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Most bytes of a list of names and of a value; the kernel's own limits. */
#define XATTR_ROOM 65536

/* File flags that are set once, when the file system or the file is made. */
#define FLAGS_NEVER (FS_VERITY_FL | FS_CASEFOLD_FL)

/* ----------------------------------------------------------------- objects */

static bool may_be_opened(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode);
}

int restore_object_open(struct restore_object *o, int dir, const char *name)
{
	const int flags =
		O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC;
	ES_CLEANUP(es_closep) int fd = -1;
	struct stat st;

	o->dir = dir;
	o->name = name;
	o->real = false;
	o->fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (o->fd < 0)
		return -errno;
	if (fstat(o->fd, &o->st) < 0)
		return -errno;
	if (!may_be_opened(o->st.st_mode))
		return 0;
	fd = openat(dir, name, flags);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_ino != o->st.st_ino ||
	    st.st_dev != o->st.st_dev)
		return 0;
	es_closep(&o->fd);
	o->fd = es_steal_fd(&fd);
	o->real = true;
	return 0;
}

void restore_object_close(struct restore_object *o)
{
	es_closep(&o->fd);
	o->fd = -1;
}

/* Name of an object for calls that take a path, through its descriptor. */
struct by_path {
	char text[sizeof("/proc/self/fd//") + 3 * sizeof(int) + 256];
	bool link;
};

static struct by_path path_of(const struct restore_object *o)
{
	struct by_path p = { .link = S_ISLNK(o->st.st_mode) };

	if (p.link)
		snprintf(p.text, sizeof(p.text), "/proc/self/fd/%d/%s", o->dir,
			 o->name);
	else
		snprintf(p.text, sizeof(p.text), "/proc/self/fd/%d", o->fd);
	return p;
}

static unsigned int fail(struct es_buf *said, const char *what, int code,
			 unsigned int bit)
{
	es_buf_addf(said, "%s%s: %s", said->len ? "; " : "", what,
		    strerror(code));
	return bit;
}

/* --------------------------------------------------------- owner and mode */

static bool records(const struct restore_wish *wish, unsigned int bit)
{
	return (wish->then->has & ES_HAS_STAT) &&
	       es_entry_records(wish->then, (enum es_record)bit);
}

static uint32_t pick(const struct restore_wish *wish, unsigned int bit,
		     uint32_t then, uint32_t old, uint32_t now)
{
	if (records(wish, bit))
		return then;
	return wish->old ? old : now;
}

static unsigned int set_owner(const struct restore_object *o,
			      const struct restore_wish *wish,
			      struct es_buf *said)
{
	const struct stat *old = wish->old ? &wish->old->st : &o->st;
	uid_t uid = pick(wish, ES_RECORD_OWNER, wish->then->uid, old->st_uid,
			 o->st.st_uid);
	gid_t gid = pick(wish, ES_RECORD_GROUP, wish->then->gid, old->st_gid,
			 o->st.st_gid);
	unsigned int failed = 0;

	if (uid == o->st.st_uid && gid == o->st.st_gid)
		return 0;
	if (fchownat(o->fd, "", uid, gid, AT_EMPTY_PATH) == 0)
		return 0;
	int code = errno;
	/* an ordinary user may set some groups, and no owner */
	if (uid != o->st.st_uid)
		failed |= fail(said, "owner", code, ES_RECORD_OWNER);
	if (gid != o->st.st_gid &&
	    fchownat(o->fd, "", (uid_t)-1, gid, AT_EMPTY_PATH) < 0)
		failed |= fail(said, "group", errno, ES_RECORD_GROUP);
	return failed;
}

static int change_mode(const struct restore_object *o, mode_t mode)
{
	struct by_path p;

	if (o->real)
		return fchmod(o->fd, mode);
	p = path_of(o);
	return chmod(p.text, mode);
}

/* An owner that is another one must not get another's rights. */
static unsigned int set_mode(const struct restore_object *o,
			     const struct restore_wish *wish,
			     unsigned int failed, struct es_buf *said)
{
	mode_t now = o->st.st_mode & 07777;
	mode_t old = wish->old ? wish->old->st.st_mode & 07777 : now;
	mode_t mode = pick(wish, ES_RECORD_MODE, wish->then->mode, old, now);
	struct stat st;

	if (S_ISLNK(o->st.st_mode))
		return 0;
	mode &= ~wish->less;
	if (failed & ES_RECORD_OWNER)
		mode &= ~(mode_t)S_ISUID;
	if (failed & ES_RECORD_GROUP)
		mode &= ~(mode_t)S_ISGID;
	if (change_mode(o, mode) < 0)
		return fail(said, "mode", errno, ES_RECORD_MODE);
	/* the kernel takes bits off without a word */
	if (fstat(o->fd, &st) == 0 && (st.st_mode & 07777) != mode)
		return fail(said, "mode", EPERM, ES_RECORD_MODE);
	return 0;
}

static unsigned int set_times(const struct restore_object *o,
			      const struct restore_wish *wish,
			      struct es_buf *said)
{
	const struct timespec ts[2] = {
		{ 0, UTIME_OMIT },
		{ wish->then->mtime_sec, (long)wish->then->mtime_nsec },
	};
	struct by_path p;
	int rc;

	if (!wish->times || wish->then->type == ES_TYPE_DIR ||
	    !records(wish, ES_RECORD_MTIME))
		return 0;
	p = path_of(o);
	if (o->real)
		rc = futimens(o->fd, ts);
	else if (p.link)
		rc = utimensat(o->dir, o->name, ts, AT_SYMLINK_NOFOLLOW);
	else
		rc = utimensat(AT_FDCWD, p.text, ts, 0);
	return rc < 0 ? fail(said, "time", errno, ES_RECORD_MTIME) : 0;
}

/* ------------------------------------------------------ extended attributes */

static ssize_t list_names(const struct restore_object *o, char *room)
{
	struct by_path p;

	if (o->real)
		return flistxattr(o->fd, room, XATTR_ROOM);
	p = path_of(o);
	return p.link ? llistxattr(p.text, room, XATTR_ROOM)
		      : listxattr(p.text, room, XATTR_ROOM);
}

static ssize_t get_value(const struct restore_object *o, const char *name,
			 char *room)
{
	struct by_path p;

	if (o->real)
		return fgetxattr(o->fd, name, room, XATTR_ROOM);
	p = path_of(o);
	return p.link ? lgetxattr(p.text, name, room, XATTR_ROOM)
		      : getxattr(p.text, name, room, XATTR_ROOM);
}

/* Set a value, or take it off where that is NULL. */
static int put_value(const struct restore_object *o, const char *name,
		     const char *value, size_t len)
{
	struct by_path p;

	if (o->real)
		return value ? fsetxattr(o->fd, name, value, len, 0)
			     : fremovexattr(o->fd, name);
	p = path_of(o);
	if (!value)
		return p.link ? lremovexattr(p.text, name)
			      : removexattr(p.text, name);
	return p.link ? lsetxattr(p.text, name, value, len, 0)
		      : setxattr(p.text, name, value, len, 0);
}

/* Whether an owner who may not write was lent that; @mode is to be put back. */
static bool lend_write(const struct restore_object *o, mode_t *mode)
{
	struct stat st;

	if (fstatat(o->fd, "", &st, AT_EMPTY_PATH) < 0 || S_ISLNK(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & S_IWUSR))
		return false;
	*mode = st.st_mode & 07777;
	return change_mode(o, *mode | S_IWUSR) == 0;
}

/* Values of "user." are for those who may write, its owner being none. */
static int set_value(const struct restore_object *o, const char *name,
		     const char *value, size_t len)
{
	int rc = put_value(o, name, value, len);
	mode_t mode;
	int code;

	if (rc == 0 || errno != EACCES)
		return rc;
	if (!lend_write(o, &mode)) {
		errno = EACCES;
		return -1;
	}
	rc = put_value(o, name, value, len);
	code = errno;
	if (change_mode(o, mode) < 0 && rc == 0) {
		code = errno;
		rc = -1;
	}
	errno = code;
	return rc;
}

static int remove_name(const struct restore_object *o, const char *name)
{
	return set_value(o, name, NULL, 0);
}

static unsigned int fail_xattr(struct es_buf *said, const char *name, int code)
{
	return fail(said, ES_Q(name), code, es_record_of_xattr(name));
}

/* Is the value there already? Without memory to look, it is not. */
static bool has_value(const struct restore_object *o, const char *name,
		      const char *value, size_t len)
{
	ES_CLEANUP(es_freep) char *room = malloc(XATTR_ROOM);
	ssize_t n;

	if (!room)
		return false;
	n = get_value(o, name, room);
	/* the NUL at the end of a label is not recorded */
	if (n == (ssize_t)len + 1 && room[len] == '\0')
		n--;
	return n == (ssize_t)len && (len == 0 || memcmp(room, value, len) == 0);
}

/* Set a value unless it is there. */
static unsigned int ensure_value(const struct restore_object *o,
				 const char *name, const char *value,
				 size_t len, struct es_buf *said)
{
	if (has_value(o, name, value, len))
		return 0;
	if (set_value(o, name, value, len) < 0)
		return fail_xattr(said, name, errno);
	return 0;
}

static bool is_recorded(const struct restore_wish *wish, const char *name)
{
	unsigned int bit = es_record_of_xattr(name);

	return (es_record_of(wish->then->type) & bit) && records(wish, bit);
}

static bool is_wished(const struct restore_wish *wish, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf v = ES_BUF_INIT(ES_BUF_MAX);
	const char *text = wish->then->xattr;
	size_t len = wish->then->xattr_len;

	while (text && es_xattr_next(&text, &len, &is, &v) > 0)
		if (strcmp(es_buf_str(&is), name) == 0)
			return true;
	return false;
}

/*
 * Take off what was not there then, and what the directory gave to a new
 * object. A security label cannot be taken off where there are labels at all.
 */
static unsigned int remove_others(const struct restore_object *o,
				  const struct restore_wish *wish,
				  struct es_buf *said)
{
	ES_CLEANUP(es_freep) char *room = malloc(XATTR_ROOM);
	ssize_t n = room ? list_names(o, room) : 0;
	unsigned int failed = 0;

	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(room + at) + 1) {
		const char *name = room + at;
		bool keep = wish->old == o && !is_recorded(wish, name);

		if (keep || is_wished(wish, name))
			continue;
		if (remove_name(o, name) < 0 && errno != ENODATA &&
		    es_record_of_xattr(name) != ES_RECORD_SELINUX)
			failed |= fail_xattr(said, name, errno);
	}
	return failed;
}

/* What nobody recorded comes from the object in whose place this one is. */
static unsigned int copy_unrecorded(const struct restore_object *o,
				    const struct restore_wish *wish,
				    struct es_buf *said)
{
	const struct restore_object *old = wish->old;
	ES_CLEANUP(es_freep) char *names = malloc(XATTR_ROOM);
	ES_CLEANUP(es_freep) char *value = malloc(XATTR_ROOM);
	unsigned int failed = 0;
	ssize_t n;

	if (!old || old == o || !names || !value ||
	    (old->st.st_mode & S_IFMT) != (o->st.st_mode & S_IFMT))
		return 0;
	n = list_names(old, names);
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t len;

		if (is_recorded(wish, names + at))
			continue;
		len = get_value(old, names + at, value);
		if (len >= 0)
			failed |= ensure_value(o, names + at, value,
					       (size_t)len, said);
	}
	return failed;
}

static unsigned int set_xattrs(const struct restore_object *o,
			       const struct restore_wish *wish,
			       unsigned int lost, struct es_buf *said)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf v = ES_BUF_INIT(ES_BUF_MAX);
	const char *text = wish->then->xattr;
	size_t len = wish->then->xattr_len;
	unsigned int failed = remove_others(o, wish, said);

	failed |= copy_unrecorded(o, wish, said);
	while (text && es_xattr_next(&text, &len, &name, &v) > 0) {
		const char *is = es_buf_str(&name);

		if (lost && es_record_of_xattr(is) == ES_RECORD_CAPS)
			failed |= fail_xattr(said, is, EPERM);
		else
			failed |= ensure_value(o, is, es_buf_str(&v), v.len,
					       said);
	}
	return failed;
}

unsigned int restore_attr_set(const struct restore_object *o,
			      const struct restore_wish *wish,
			      struct es_buf *said)
{
	unsigned int lost = set_owner(o, wish, said);
	unsigned int failed = lost;

	if (lost && !wish->loose)
		return failed;
	/* a new owner takes capabilities off, an ACL changes the mode */
	failed |= set_xattrs(o, wish, lost, said);
	failed |= set_mode(o, wish, lost, said);
	return failed | set_times(o, wish, said);
}

/* ------------------------------------------------------------------- flags */

static int get_flags(int fd, uint32_t *flags)
{
	int value = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &value) < 0)
		return -errno;
	*flags = (uint32_t)value;
	return 0;
}

static int set_flags(int fd, uint32_t flags)
{
	int value = (int)flags;

	return ioctl(fd, FS_IOC_SETFLAGS, &value) < 0 ? -errno : 0;
}

uint32_t restore_flags_get(const struct restore_object *o)
{
	uint32_t flags = 0;

	return o->real && get_flags(o->fd, &flags) == 0 ? flags : 0;
}

int restore_flags_set(const struct restore_object *o, uint32_t flags)
{
	return o->real ? set_flags(o->fd, flags) : -EBADF;
}

unsigned int restore_attr_flags(int fd, const struct restore_wish *wish,
				uint32_t old, struct es_buf *said)
{
	const uint32_t ours = es_flags_known() & ~(uint32_t)FLAGS_NEVER;
	const struct es_extra *x = wish->then->extra;
	uint32_t want = records(wish, ES_RECORD_FLAGS) ? x ? x->flags : 0 : old;
	uint32_t now = 0;
	int rc = get_flags(fd, &now);

	if (rc < 0 && !want)
		return 0;
	if (rc == 0 && (now & ours) == (want & ours))
		return 0;
	if (rc == 0)
		rc = set_flags(fd, (now & ~ours) | (want & ours));
	return rc < 0 ? fail(said, "flags", -rc, ES_RECORD_FLAGS) : 0;
}
