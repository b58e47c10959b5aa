/* SPDX-License-Identifier: MIT */
/* sandbox_calls.c - seccomp: the system calls that sending may make */
#include "config.h"

#include "deliver/sandbox_priv.h"

#ifdef HAVE_SECCOMP

#include <seccomp.h>

#include <errno.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Which argument of clone(2) has the flags. */
#ifdef __s390__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* By name, as the library may be older than a call. None starts a program,
 * a process, or looks into another one; all others fail with ENOSYS, which is
 * what the C library expects of a kernel that lacks them. */
static const char *const calls[] = {
	/* memory and threads */
	"arch_prctl",
	"brk",
	"exit",
	"exit_group",
	"futex",
	"futex_time64",
	"gettid",
	"madvise",
	"membarrier",
	"mmap",
	"mmap2",
	"mprotect",
	"mremap",
	"munmap",
	"restart_syscall",
	"riscv_flush_icache",
	"riscv_hwprobe",
	"rseq",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sched_getaffinity",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	"sigaltstack",
	"sigreturn",
	"tgkill",
	/* who, when, and chance */
	"clock_getres",
	"clock_gettime",
	"clock_gettime64",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	"getegid",
	"geteuid",
	"getgid",
	"getpid",
	"getppid",
	"getrandom",
	"getrlimit",
	"gettimeofday",
	"getuid",
	"nanosleep",
	"prlimit64",
	"sysinfo",
	"time",
	"times",
	"ugetrlimit",
	"uname",
	/* files: which, Landlock says */
	"access",
	"close",
	"dup",
	"faccessat",
	"faccessat2",
	"fcntl",
	"fcntl64",
	"fstat",
	"fstat64",
	"fstatat64",
	"fstatfs",
	"fstatfs64",
	"getcwd",
	"getdents",
	"getdents64",
	"lseek",
	"_llseek",
	"lstat",
	"lstat64",
	"newfstatat",
	"open",
	"openat",
	"openat2",
	"pread64",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"stat",
	"stat64",
	"statfs",
	"statfs64",
	"statx",
	"write",
	"writev",
	/* waiting */
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"_newselect",
	"pipe",
	"pipe2",
	"poll",
	"ppoll",
	"ppoll_time64",
	"pselect6",
	"pselect6_time64",
	"select",
	/* the network: which families, see below */
	"bind",
	"connect",
	"getpeername",
	"getsockname",
	"getsockopt",
	"recv",
	"recvfrom",
	"recvmmsg",
	"recvmmsg_time64",
	"recvmsg",
	"send",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setsockopt",
	"shutdown",
	"socketcall",
	"socketpair",
};

static bool add(scmp_filter_ctx ctx, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	/* one of another architecture */
	if (nr == __NR_SCMP_ERROR || nr < 0)
		return true;
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0) == 0;
}

static bool add_if(scmp_filter_ctx ctx, int nr, struct scmp_arg_cmp which)
{
	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, 1, &which) == 0;
}

static bool add_filtered(scmp_filter_ctx ctx)
{
	static const uint64_t families[] = { AF_UNIX, AF_INET, AF_INET6 };
	static const uint64_t ioctls[] = { FIONBIO, FIONREAD, SIOCOUTQ };
	/* the list of interfaces, that getaddrinfo(3) asks for */
	const struct scmp_arg_cmp routes[] = {
		SCMP_A0(SCMP_CMP_EQ, AF_NETLINK, 0),
		SCMP_A2(SCMP_CMP_EQ, 0, 0),
	};
	bool done = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
					   SCMP_SYS(socket), 2, routes) == 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		done &= add_if(ctx, SCMP_SYS(socket),
			       SCMP_A0(SCMP_CMP_EQ, families[i], 0));
	for (size_t i = 0; i < sizeof(ioctls) / sizeof(*ioctls); i++)
		done &= add_if(ctx, SCMP_SYS(ioctl),
			       SCMP_A1(SCMP_CMP_EQ, ioctls[i], 0));
	/* libcurl resolves names in a thread. */
	done &= add_if(ctx, SCMP_SYS(clone),
		       SCMP_CMP(CLONE_FLAGS, SCMP_CMP_MASKED_EQ, CLONE_THREAD,
				CLONE_THREAD));
	done &= add_if(ctx, SCMP_SYS(prctl),
		       SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	return done;
}

int es_sandbox_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	bool done = ctx != NULL;

	if (!ctx)
		return -1;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		done &= add(ctx, calls[i]);
	done = done && add_filtered(ctx) && seccomp_load(ctx) == 0;
	seccomp_release(ctx);
	return done ? 0 : -1;
}

#else

int es_sandbox_calls(void)
{
	return -1;
}

#endif
