/* SPDX-License-Identifier: MIT */
/* sight.h - what a run of this process would not see, and what lets it */
#ifndef ETCSNAP_SIGHT_H
#define ETCSNAP_SIGHT_H

#include "etcsnap/buf.h"
#include "etcsnap/session.h"

/**
 * es_sight_tell - what this process cannot see of the machine
 * @out: appended to: a line for each thing, with what to do about it; quoted
 *       for a terminal
 * @s:   session with rules
 * @err: filled on failure
 *
 * Goes by the capabilities that the process has, and by trying: without
 * CAP_DAC_READ_SEARCH the watched paths are walked. Nothing is read.
 *
 * Return: number of lines, 0 when all is seen, or a negative errno.
 * Blocking: disk.
 */
int es_sight_tell(struct es_buf *out, const struct es_session *s,
		  struct es_error *err);

#endif
