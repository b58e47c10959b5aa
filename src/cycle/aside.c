/* SPDX-License-Identifier: MIT */
/* aside.c - whether a run that nobody waits for is to step aside */
#include "config.h"

#include "etcsnap/aside.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Processes above this one that are looked at: cron may use a shell or two. */
#define ABOVE 4

/* A lock that is a file stays when its owner is killed; older ones, in
 * seconds, are taken for such. */
#define STALE 7200

/* Seconds for which runs are put off at most. */
#define LONGEST 86400

/* How a package manager holds its lock. */
enum lock_kind {
	LOCK_RECORD, /* fcntl(2), of a process or of an open file */
	LOCK_WHOLE,  /* flock(2) */
	LOCK_THERE,  /* the file is there */
};

static const struct {
	const char *manager;
	const char *path;
	enum lock_kind kind;
} locks[] = {
	{ "apt", "var/lib/dpkg/lock-frontend", LOCK_RECORD },
	{ "dpkg", "var/lib/dpkg/lock", LOCK_RECORD },
	{ "rpm", "var/lib/rpm/.rpm.lock", LOCK_RECORD },
	{ "rpm", "usr/lib/sysimage/rpm/.rpm.lock", LOCK_RECORD },
	{ "pacman", "var/lib/pacman/db.lck", LOCK_THERE },
	{ "apk", "lib/apk/db/lock", LOCK_WHOLE },
	{ "apk", "usr/lib/apk/db/lock", LOCK_WHOLE },
};

/* Where systemctl enable puts the link, and a distribution its own. */
static const char *const wanted[] = {
	"etc/systemd/system/timers.target.wants/etcsnap.timer",
	"run/systemd/system/timers.target.wants/etcsnap.timer",
	"usr/lib/systemd/system/timers.target.wants/etcsnap.timer",
	"lib/systemd/system/timers.target.wants/etcsnap.timer",
};

/* --- who started this ----------------------------------------------------- */

/* Reads "PID (NAME) STATE PPID …"; NAME may hold anything. */
static bool read_process(pid_t pid, char name[64], pid_t *parent)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	char path[64];
	char *begin, *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (es_read_file(&b, AT_FDCWD, path, &err) < 0 || b.len == 0)
		return false;
	begin = strchr(b.data, '(');
	end = strrchr(b.data, ')');
	if (!begin || !end || strlen(end) < 4)
		return false;
	snprintf(name, 64, "%.*s", (int)(end - begin - 1), begin + 1);
	*parent = (pid_t)strtol(end + 4, NULL, 10);
	return true;
}

static bool is_cron(const char *name)
{
	static const char *const names[] = { "cron",  "crond", "CRON",
					     "fcron", "dcron", "anacron" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

bool es_aside_by_cron(void)
{
	pid_t pid = getppid();
	char name[64];

	for (int i = 0; i < ABOVE && pid > 1; i++) {
		if (!read_process(pid, name, &pid))
			return false;
		if (is_cron(name))
			return true;
	}
	return false;
}

/* --- who is at work ------------------------------------------------------- */

/* Asked for reading: whoever reads, too, is no hindrance. */
static bool is_record_locked(int fd)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool is_whole_locked(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(fd, LOCK_UN);
	return false;
}

static bool is_fresh(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       es_clock_now().tv_sec - st.st_mtim.tv_sec < STALE;
}

static bool is_locked(int root, const char *path, enum lock_kind kind)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(root, path,
				 kind == LOCK_THERE ? O_PATH : O_RDONLY);

	if (fd < 0)
		return false;
	switch (kind) {
	case LOCK_RECORD:
		return is_record_locked(fd);
	case LOCK_WHOLE:
		return is_whole_locked(fd);
	default:
		return is_fresh(fd);
	}
}

static bool is_there(int root, const char *path, int flags)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(root, path, O_PATH | flags);

	return fd >= 0;
}

/* As sd_booted(3) tells whether systemd runs the machine. */
static bool has_timer(int root)
{
	if (!is_there(root, "run/systemd/system", O_DIRECTORY))
		return false;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (is_there(root, wanted[i], O_NOFOLLOW))
			return true;
	return false;
}

bool es_aside_wanted(struct es_buf *why, const char *root, const char *trigger,
		     int64_t last)
{
	ES_CLEANUP(es_closep) int fd = -1;
	bool cron = strcmp(trigger, "cron") == 0;

	if ((!cron && strcmp(trigger, "timer") != 0) ||
	    es_clock_now().tv_sec - last > LONGEST)
		return false;
	fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (cron && has_timer(fd)) {
		es_buf_adds(why, "etcsnap.timer is enabled");
		return true;
	}
	for (size_t i = 0; i < sizeof(locks) / sizeof(*locks); i++)
		if (is_locked(fd, locks[i].path, locks[i].kind)) {
			es_buf_addf(why, "%s is at work", locks[i].manager);
			return true;
		}
	return false;
}
