/* SPDX-License-Identifier: MIT */
/* process.h - what a process does between fork(2) and execve(2) */
#ifndef ETCSNAP_PROCESS_H
#define ETCSNAP_PROCESS_H

#include <stddef.h>

/**
 * es_process_lift - move a descriptor out of the way of a child's first ones
 * @fd:    descriptor, replaced by its copy, which is closed on execve(2); one
 *         that is higher already stays
 * @above: highest number that the child needs for itself
 *
 * For descriptors that were just opened: a caller that was started without
 * standard input has that number free, and it would be taken.
 *
 * Return: 0 or a negative errno; -errno where @fd is negative, so that the call
 * that opened it needs no look of its own.
 */
int es_process_lift(int *fd, int above);

/**
 * es_process_shed - close every descriptor but some
 * @keep: those to keep besides 0, 1 and 2, ascending; all above 2
 * @n:    their number
 *
 * In the child: makes system calls alone.
 */
void es_process_shed(const int *keep, size_t n);

/**
 * es_process_signals - no signal is caught, ignored or blocked
 *
 * In the child: execve(2) passes on what is ignored and blocked.
 */
void es_process_signals(void);

#endif
