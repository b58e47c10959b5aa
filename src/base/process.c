/* SPDX-License-Identifier: MIT */
/* process.c - what a process does between fork(2) and execve(2) */
#include "config.h"

#include "etcsnap/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where close_range(2) is not there, this many descriptors are looked at. */
#define FDS_MAX 65536

/* The kernel's first real-time signal; the C library has those to SIGRTMIN. */
#define KERNEL_RTMIN 32

int es_process_lift(int *fd, int above)
{
	int high;

	if (*fd < 0)
		return -errno;
	if (*fd > above)
		return 0;
	high = fcntl(*fd, F_DUPFD_CLOEXEC, above + 1);
	if (high < 0)
		return -errno;
	close(*fd);
	*fd = high;
	return 0;
}

static void close_between(unsigned int first, unsigned int last)
{
	struct rlimit most;

	if (first > last)
		return;
#ifdef SYS_close_range
	if (syscall(SYS_close_range, first, last, 0) == 0)
		return;
#endif
	if (getrlimit(RLIMIT_NOFILE, &most) < 0 || most.rlim_cur > FDS_MAX)
		most.rlim_cur = FDS_MAX;
	for (; first <= last && first < most.rlim_cur; first++)
		close((int)first);
}

void es_process_shed(const int *keep, size_t n)
{
	unsigned int first = 3;

	for (size_t i = 0; i < n; i++) {
		unsigned int fd = (unsigned int)keep[i];

		if (fd > first)
			close_between(first, fd - 1);
		first = fd + 1;
	}
	close_between(first, ~0U);
}

void es_process_signals(void)
{
	/* all of a kernel's struct sigaction that is zero is the default */
	static const unsigned long kernel_default[8];
	struct sigaction fallback = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &fallback, NULL);
	/* what the C library keeps to itself may be ignored, too */
	for (long sig = KERNEL_RTMIN; sig < SIGRTMIN; sig++)
		syscall(SYS_rt_sigaction, sig, &kernel_default, NULL,
			(size_t)_NSIG / 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
