/* SPDX-License-Identifier: MIT */
/* test_aside.c - unit tests of runs that step aside */
#include "config.h"

#include "etcsnap/aside.h"
#include "etcsnap/clock.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

/* The directory that each test works in, used as the root. */
static char work[64];

static void enter(void)
{
	es_unit_enter_dir(work);
}

static void leave(void)
{
	es_unit_leave_dir(work);
}

/* Makes a file and the folders that it is in. */
static void put(const char *path)
{
	char dir[256];
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *slash = strchr(dir, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ck_assert(mkdir(dir, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static bool wanted(const char *trigger, const char *why)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	bool is = es_aside_wanted(&b, work, trigger, es_clock_now().tv_sec);

	ck_assert_str_eq(es_buf_str(&b), is ? why : "");
	return is;
}

enum how {
	RECORD,
	OPEN_FILE,
	READER,
	WHOLE
};

static int take(int fd, enum how how)
{
	struct flock lock = { .l_type = how == READER ? F_RDLCK : F_WRLCK,
			      .l_whence = SEEK_SET };

	if (how == WHOLE)
		return flock(fd, LOCK_EX | LOCK_NB);
	return fcntl(fd, how == OPEN_FILE ? F_OFD_SETLK : F_SETLK, &lock);
}

/* A process that holds a lock until it is ended. */
static pid_t hold(const char *path, enum how how)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fd < 0 || take(fd, how) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void let_go(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static const struct {
	const char *path;
	enum how how;
	bool counts;
	const char *why;
} held[] = {
	{ "var/lib/dpkg/lock-frontend", RECORD, true, "apt is at work" },
	{ "var/lib/dpkg/lock-frontend", OPEN_FILE, true, "apt is at work" },
	{ "var/lib/dpkg/lock", RECORD, true, "dpkg is at work" },
	{ "var/lib/rpm/.rpm.lock", RECORD, true, "rpm is at work" },
	{ "var/lib/rpm/.rpm.lock", READER, false, NULL },
	{ "usr/lib/sysimage/rpm/.rpm.lock", RECORD, true, "rpm is at work" },
	{ "lib/apk/db/lock", WHOLE, true, "apk is at work" },
	{ "usr/lib/apk/db/lock", WHOLE, true, "apk is at work" },
	{ "var/lib/dpkg/other", RECORD, false, NULL },
};

START_TEST(steps_aside_while_a_lock_is_held)
{
	pid_t pid;

	put(held[_i].path);
	ck_assert(!wanted("timer", ""));
	pid = hold(held[_i].path, held[_i].how);
	ck_assert(wanted("timer", held[_i].why) == held[_i].counts);
	ck_assert(wanted("cron", held[_i].why) == held[_i].counts);
	/* neither a person, nor a manager's own hook, nor anybody else */
	ck_assert(!wanted("manual", ""));
	ck_assert(!wanted("apt", ""));
	ck_assert(!wanted("unattended", ""));
	let_go(pid);
	ck_assert(!wanted("timer", ""));
}
END_TEST

START_TEST(takes_no_lock_away)
{
	int fd;

	put("lib/apk/db/lock");
	ck_assert(!wanted("timer", ""));
	fd = open("lib/apk/db/lock", O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(take(fd, WHOLE), 0);
	close(fd);
}
END_TEST

START_TEST(a_file_is_a_lock_for_two_hours)
{
	struct utimbuf old = { .modtime = es_clock_now().tv_sec - 7300 };

	put("var/lib/pacman/db.lck");
	ck_assert(wanted("timer", "pacman is at work"));
	ck_assert_int_eq(utime("var/lib/pacman/db.lck", &old), 0);
	ck_assert(!wanted("timer", ""));
}
END_TEST

START_TEST(a_lock_that_is_no_file_hangs_nobody)
{
	ck_assert_int_eq(mkdir("var", 0755), 0);
	ck_assert_int_eq(mkdir("var/lib", 0755), 0);
	ck_assert_int_eq(mkdir("var/lib/dpkg", 0755), 0);
	ck_assert_int_eq(mkfifo("var/lib/dpkg/lock", 0644), 0);
	ck_assert_int_eq(symlink("/dev/tty", "var/lib/dpkg/lock-frontend"), 0);
	ck_assert(!wanted("timer", ""));
}
END_TEST

START_TEST(cron_leaves_it_to_the_timer)
{
	static const char timer[] =
		"etc/systemd/system/timers.target.wants/etcsnap.timer";

	put("etc/systemd/system/timers.target.wants/x");
	ck_assert_int_eq(
		symlink("/usr/lib/systemd/system/etcsnap.timer", timer), 0);
	/* enabled, but systemd does not run the machine */
	ck_assert(!wanted("cron", ""));
	put("run/systemd/system/x");
	ck_assert(wanted("cron", "etcsnap.timer is enabled"));
	ck_assert(!wanted("timer", ""));
	ck_assert_int_eq(unlink(timer), 0);
	ck_assert(!wanted("cron", ""));
}
END_TEST

START_TEST(nothing_is_put_off_for_longer_than_a_day)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	int64_t now = es_clock_now().tv_sec;
	pid_t pid;

	put("var/lib/dpkg/lock");
	pid = hold("var/lib/dpkg/lock", RECORD);
	ck_assert(es_aside_wanted(&b, work, "timer", now - 86000));
	ck_assert(!es_aside_wanted(&b, work, "timer", now - 86500));
	ck_assert(!es_aside_wanted(&b, work, "timer", 0));
	let_go(pid);
}
END_TEST

/* What es_aside_by_cron() says below a process of that name and a shell. */
static int below(const char *name)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NAME, name);
		pid = fork();
		if (pid == 0) {
			prctl(PR_SET_NAME, "sh) S 1 (");
			pid = fork();
			if (pid == 0)
				_exit(es_aside_by_cron());
		}
		waitpid(pid, &status, 0);
		_exit(WEXITSTATUS(status));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

START_TEST(knows_cron_by_its_name)
{
	ck_assert_int_eq(below("cron"), 1);
	ck_assert_int_eq(below("crond"), 1);
	ck_assert_int_eq(below("anacron"), 1);
	ck_assert_int_eq(below("cronies"), 0);
	ck_assert_int_eq(below("bash"), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("aside");
	TCase *t = tcase_create("aside");

	tcase_add_checked_fixture(t, enter, leave);
	tcase_add_loop_test(t, steps_aside_while_a_lock_is_held, 0,
			    es_lengthof(held));
	tcase_add_test(t, takes_no_lock_away);
	tcase_add_test(t, a_file_is_a_lock_for_two_hours);
	tcase_add_test(t, a_lock_that_is_no_file_hangs_nobody);
	tcase_add_test(t, cron_leaves_it_to_the_timer);
	tcase_add_test(t, nothing_is_put_off_for_longer_than_a_day);
	tcase_add_test(t, knows_cron_by_its_name);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
