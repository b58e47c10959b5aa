/* SPDX-License-Identifier: MIT */
/* aside.h - whether a run that nobody waits for is to step aside */
#ifndef ETCSNAP_ASIDE_H
#define ETCSNAP_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "etcsnap/buf.h"

/*
 * In the middle of a transaction of a package manager a machine is neither as
 * it was nor as it will be, and the manager's own hooks take the snapshots
 * before and after it. So runs of a timer and of cron leave that time out.
 * And where both are there, the timer and a line for cron, only one is to run.
 */

/**
 * es_aside_by_cron - whether a cron daemon started this process
 *
 * Cron says nothing of it, so that the names of the processes above this one
 * must tell.
 *
 * Return: true when one of the nearest is a cron daemon.
 * Source: proc(5).
 */
bool es_aside_by_cron(void);

/**
 * es_aside_wanted - whether a run is to step aside now
 * @why:     appended to: the reason, for people; nothing when there is none
 * @root:    directory that stands for "/"
 * @trigger: what started the run; only "timer" and "cron" ever step aside
 * @last:    when a run last ended well, seconds since 1970-01-01 UTC, 0 = never
 *
 * They do while dpkg, rpm, pacman or apk holds its lock below @root, as far as
 * locks can be seen from here; a run of cron also while etcsnap.timer is
 * enabled on a machine that systemd runs. A lock that cannot be looked at
 * counts as free. Whoever is in the way for longer than a day, such as a
 * manager that waits for an answer over night, puts nothing off any more.
 *
 * Return: true when it is to.
 * Locking: takes apk's lock for an instant, shared, to see whether it is free.
 * Source: dpkg(1), apt-get(8), rpm's lib/rpmlock, libalpm, apk-tools.
 */
bool es_aside_wanted(struct es_buf *why, const char *root, const char *trigger,
		     int64_t last);

#endif
