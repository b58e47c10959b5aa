/* SPDX-License-Identifier: MIT */
/* polite.c - give way to what else goes on on the machine */
#include "config.h"

#include "cycle/polite_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's header for these is younger than some that this is built with.
 * A priority is a class, and within it a level, of which 7 is the last.
 */
#define IO_WHO_PROCESS 1
#define IO_CLASS(prio) ((prio) >> 13)
#define IO_PRIO(class, level) ((class) << 13 | (level))
#define IO_BEST_EFFORT 2
#define IO_IDLE 3

/* In both calls 0 is the calling thread, from which others inherit. */
static int be_nice(int nice)
{
	int now;

	if (nice == 0)
		return 0;
	errno = 0;
	now = getpriority(PRIO_PROCESS, 0);
	if (now >= nice || (now == -1 && errno != 0))
		return -errno;
	return setpriority(PRIO_PROCESS, 0, nice) < 0 ? -errno : 0;
}

static int be_slow(enum es_conf_io io)
{
	long want = io == ES_CONF_IO_IDLE ? IO_PRIO(IO_IDLE, 0)
					  : IO_PRIO(IO_BEST_EFFORT, 7);
	long now;

	if (io == ES_CONF_IO_NORMAL)
		return 0;
	now = syscall(SYS_ioprio_get, IO_WHO_PROCESS, 0);
	if (now < 0)
		return -errno;
	if (IO_CLASS(now) == IO_IDLE)
		return 0;
	return syscall(SYS_ioprio_set, IO_WHO_PROCESS, 0, want) < 0 ? -errno
								    : 0;
}

static void tell(struct es_buf *notice, const char *key, int rc)
{
	if (rc < 0)
		es_buf_addf(notice, "%s[collect] %s cannot be had: %s",
			    notice->len ? "; " : "", key, strerror(-rc));
}

void es_polite_begin(const struct es_conf *conf, struct es_buf *notice)
{
	int64_t io = es_conf_number(conf, ES_CONF_COLLECT_IO);

	tell(notice, "nice",
	     be_nice((int)es_conf_number(conf, ES_CONF_COLLECT_NICE)));
	tell(notice, "io", be_slow((enum es_conf_io)io));
}
