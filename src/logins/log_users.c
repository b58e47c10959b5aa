/* SPDX-License-Identifier: MIT */
/* log_users.c - who exists, and who is still there */
#include "config.h"

#include "logins/logins_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Largest database of users, bytes. */
#define PASSWD_MAX ((size_t)16 << 20)

int lg_users_read(struct lg_logs *logs)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PASSWD_MAX);

	logs->users = es_strmap_new();
	if (!logs->users)
		return -ENOMEM;
	/*
	 * The file, no directory service: what is asked for may be a password
	 * that somebody typed in the wrong place.
	 */
	if (lg_read_all(&b, logs->root, "etc/passwd") < 0)
		return 0;
	const char *at = es_buf_str(&b);
	while (*at) {
		const size_t len = strcspn(at, ":\n");

		if (len > 0 && at[len] == ':' &&
		    es_strmap_put(logs->users, at, len, logs) < 0)
			return -ENOMEM;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return 0;
}

bool lg_user_exists(const struct lg_logs *logs, const char *name)
{
	return logs->users && es_strmap_get(logs->users, name, strlen(name));
}

int64_t lg_boot_time(void)
{
	struct timespec now, up;

	/* The second one nobody sets. */
	if (clock_gettime(CLOCK_REALTIME, &now) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return INT64_MIN;
	return (int64_t)now.tv_sec - (int64_t)up.tv_sec;
}

/* Asks the system, as the name comes from somebody who did log in. */
static bool find_uid(const char *user, uid_t *uid)
{
	char room[4096];
	struct passwd pw;
	struct passwd *found = NULL;

	if (getpwnam_r(user, &pw, room, sizeof(room), &found) != 0 || !found)
		return false;
	*uid = pw.pw_uid;
	return true;
}

/* Who logged in so that a process was started. Returns 1, 0, or -1. */
static int login_uid(uint32_t pid, uid_t *uid)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/loginuid", pid);
	ES_CLEANUP(es_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	const ssize_t n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	char *end;
	*uid = (uid_t)strtoul(text, &end, 10);
	return end > text;
}

bool lg_is_gone(const struct lg_logs *logs, const char *user, const char *line,
		uint32_t pid, int64_t when)
{
	char path[64];
	struct stat st;
	uid_t is, uid;

	if (when < logs->boot)
		return true;
	const int known = pid ? login_uid(pid, &is) : -1;
	if (known == 0)
		return true;
	if (known < 0) {
		/* No climbing out of /dev by a hostile name. */
		if (strstr(line, ".."))
			return true;
		snprintf(path, sizeof(path), "/dev/%s", line);
		if (stat(path, &st) < 0)
			return true;
		is = st.st_uid;
	}
	return !find_uid(user, &uid) || uid != is;
}
