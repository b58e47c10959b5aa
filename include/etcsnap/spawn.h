/* SPDX-License-Identifier: MIT */
/* spawn.h - run one program to its end: input, output, deadline */
#ifndef ETCSNAP_SPAWN_H
#define ETCSNAP_SPAWN_H

#include <stdbool.h>
#include <stddef.h>

#include "etcsnap/buf.h"

/*
 * For programs that do one thing for us (ssh-keygen, git, hooks), not for
 * commands of the configuration, which src/commands runs beside the walk. No
 * shell; an environment of PATH and LC_ALL=C, and of what is passed or given.
 * Input lies in memory, never in a file. The program has no terminal,
 * unless it may ask, and is killed when its time is over, with what it started
 * in its process group. Nothing ends it when we are killed.
 */

/**
 * struct es_spawn - a program and what it gets
 * @argv:     name and arguments, NULL at the end; a name without '/' is looked
 *            for in the standard directories, then in ours of $PATH
 * @pass:     names of our environment variables that it gets too, NULL at the
 *            end; or NULL for none
 * @env:      "NAME=VALUE" of more variables, NULL at the end; or NULL
 * @input:    its standard input, or NULL for nothing
 * @input_len: bytes of @input
 * @file:     bytes that it may read as /dev/fd/3, or NULL
 * @file_len: bytes of @file
 * @out:      appended with its standard output; its ceiling is the limit
 * @complaint: likewise its standard error; NULL: thrown away
 * @seconds:  until it is killed
 * @ask:      it may use our terminal
 */
struct es_spawn {
	const char *const *argv;
	const char *const *pass;
	const char *const *env;
	const void *input;
	size_t input_len;
	const void *file;
	size_t file_len;
	struct es_buf *out;
	struct es_buf *complaint;
	unsigned int seconds;
	bool ask;
};

/**
 * es_spawn_run - run a program and wait for it
 * @s:   what to run
 * @err: filled when it could not be run to its end
 *
 * Return: its exit status, 0 to 255; -ENOENT it is not installed, -ETIMEDOUT
 * it was killed at its deadline, -EINTR another signal ended it, -EFBIG it said
 * more than @s->out holds, or another negative errno.
 * Locking: from any thread.
 * Blocking: up to @s->seconds.
 */
int es_spawn_run(const struct es_spawn *s, struct es_error *err);

/**
 * es_spawn_reason - what a program said, on one line, for a message
 * @out:  appended to: its lines with commas between them, quoted for a
 *        terminal, the first 300 bytes; nothing when there are none
 * @text: what it said
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_spawn_reason(struct es_buf *out, const struct es_buf *text);

#endif
