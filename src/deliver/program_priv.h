/* SPDX-License-Identifier: MIT */
/* program_priv.h - run one program: what it reads, prints, and how it ended */
#ifndef ETCSNAP_DELIVER_PROGRAM_PRIV_H
#define ETCSNAP_DELIVER_PROGRAM_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "deliver/transport_priv.h"
#include "etcsnap/buf.h"
#include "etcsnap/error.h"

/*
 * The program's input is a file in memory, which it has whole however we end,
 * so that a mailer never takes half a message for one; and where it stands in
 * that file tells how much it has read.
 */

/**
 * struct es_program - a program to run; all borrowed
 * @argv:     absolute path and arguments; NULL at the end
 * @envp:     its whole environment; NULL at the end
 * @user:     user to become, with that one's groups; NULL: stay
 * @input:    what it reads
 * @len:      bytes of it
 * @seconds:  until it is ended
 * @detaches: it may leave processes behind, which are not killed when it has
 *            ended with 0
 */
struct es_program {
	const char *const *argv;
	const char *const *envp;
	const char *user;
	const char *input;
	size_t len;
	unsigned int seconds;
	bool detaches;
};

/**
 * struct es_program_end - how it ended; es_program_end_dispose()
 * @out:       what it printed, as far as there was room
 * @said:      what it printed on its standard error, likewise
 * @status:    as wait(2) gives it
 * @timed_out: it was ended at its deadline
 * @read_all:  it had read all of its input
 */
struct es_program_end {
	struct es_buf out;
	struct es_buf said;
	int status;
	bool timed_out;
	bool read_all;
};

/**
 * es_program_run - run a program and wait for its end
 * @out: filled, its ceilings say how much is kept
 * @p:   program
 * @err: filled on failure
 *
 * One that cannot be executed ends with 126 or 127 and says why in @said.
 *
 * Return: 0 or a negative errno; -EINVAL (fault CONFIG) for an unknown user.
 * Blocking: until its deadline and two seconds.
 */
int es_program_run(struct es_program_end *out, const struct es_program *p,
		   struct es_error *err);

/**
 * es_program_end_dispose - free what it printed
 * @s: filled or all zero
 */
void es_program_end_dispose(struct es_program_end *s);

/**
 * es_program_check - whether a path can be that of a program
 * @path: path
 * @err:  filled on failure
 *
 * Return: 0 or -EINVAL (fault CONFIG) when it is not absolute.
 */
int es_program_check(const char *path, struct es_error *err);

/**
 * es_program_judge - what the end of a program means
 * @r:       gets outcome, code and text
 * @program: its path
 * @end:     how it ended
 */
void es_program_judge(struct es_transport_result *r, const char *program,
		      const struct es_program_end *end);

#endif
