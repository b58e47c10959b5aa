/* SPDX-License-Identifier: MIT */
/* sandbox.c - user, capabilities and limits of the process that sends */
#include "config.h"

#include "deliver/sandbox_priv.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Used where the user database knows neither of the two names. */
#define NOBODY 65534

/* Room for a message, its copies inside of libcurl, and threads' stacks */
#define MEMORY ((rlim_t)1 << 30)

#define FILES 64

/* The sanitizers map terabytes and read /proc on their way out. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* The type of the first argument differs from one C library to the next. */
#define LIMIT(what, most) \
	(setrlimit((what), &(struct rlimit){ (most), (most) }) == 0)

static bool set_limits(unsigned int seconds)
{
	bool done = LIMIT(RLIMIT_CORE, 0);

	done &= LIMIT(RLIMIT_NOFILE, FILES);
	done &= LIMIT(RLIMIT_FSIZE, 0);
	done &= LIMIT(RLIMIT_CPU, seconds);
	if (!SANITIZED)
		done &= LIMIT(RLIMIT_AS, MEMORY);
	return done;
}

/* Becomes a user who owns nothing. Return: whether that was done. */
static bool drop_user(void)
{
	const struct passwd *pw;
	uid_t uid = NOBODY;
	gid_t gid = NOBODY;

	if (geteuid() != 0)
		return false;
	pw = getpwnam("etcsnap");
	if (!pw)
		pw = getpwnam("nobody");
	if (pw && pw->pw_uid != 0) {
		uid = pw->pw_uid;
		gid = pw->pw_gid;
	}
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return false;
	return setuid(0) < 0 && geteuid() == uid && getgid() == gid;
}

/* A collector that is no root may have been given some of its powers. */
static bool drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &head, none) == 0;
}

void es_sandbox_enter(struct es_buf *says, unsigned int seconds)
{
	bool confined;
	int version;

	umask(077);
	if (chdir("/") < 0)
		es_buf_adds(says, " nochdir");
	if (drop_user())
		es_buf_adds(says, " uid");
	/* Nobody else of that user may look into this process. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* A change of user has cleared this, so it comes late. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (drop_capabilities())
		es_buf_adds(says, " caps");
	confined = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	version = confined ? es_sandbox_files() : 0;
	if (version)
		es_buf_addf(says, " landlock:%d", version);
	if (set_limits(seconds))
		es_buf_adds(says, " limits");
	if (confined && es_sandbox_calls() == 0)
		es_buf_adds(says, " seccomp");
}
