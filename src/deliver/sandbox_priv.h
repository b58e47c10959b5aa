/* SPDX-License-Identifier: MIT */
/* sandbox_priv.h - take this process's rights away before it meets a network */
#ifndef ETCSNAP_DELIVER_SANDBOX_PRIV_H
#define ETCSNAP_DELIVER_SANDBOX_PRIV_H

#include "etcsnap/buf.h"

/**
 * es_sandbox_enter - give up what talking to the network does not need
 * @says:    appended to: the protections now in force, a blank before each:
 *           "uid" (another user, where we were root), "caps", "landlock:ABI",
 *           "seccomp", "limits"
 * @seconds: CPU time that may be used
 *
 * Each protection that this kernel or this build lacks is left out; the rest
 * holds. Names are still resolved and certificates still read. There is no
 * way back.
 */
void es_sandbox_enter(struct es_buf *says, unsigned int seconds);

/**
 * es_sandbox_files - let nothing be written and few files be read
 *
 * Return: the version of Landlock that is in force, 0 without.
 */
int es_sandbox_files(void);

/**
 * es_sandbox_calls - let few system calls be made
 *
 * Return: 0, or -1 where that is not possible.
 */
int es_sandbox_calls(void);

#endif
