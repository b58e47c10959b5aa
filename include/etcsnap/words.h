/* SPDX-License-Identifier: MIT */
/* words.h - a command line into words, without a shell */
#ifndef ETCSNAP_WORDS_H
#define ETCSNAP_WORDS_H

#include <stddef.h>

#include "etcsnap/buf.h"

/**
 * es_words_split - split a command line as a shell would, but expand nothing
 * @out:  appended: the words, each followed by a NUL byte
 * @n:    set to their number, at least 1
 * @line: NUL-terminated
 * @err:  filled on failure
 *
 * Blanks and tabs separate words. '…' keeps everything, "…" everything but a
 * backslash before one of $ ` " \, and elsewhere a backslash keeps the next
 * byte. What only a shell can do (an unquoted | & ; < > ( ) ` or $) is refused
 * instead of handed to the program.
 *
 * Return: 0, -EINVAL (fault CONFIG: nothing there, an open quote, a character
 * for a shell) or -ENOMEM; on failure the content of @out is undefined.
 * Source: POSIX.1-2017, Shell Command Language, 2.2 "Quoting".
 */
int es_words_split(struct es_buf *out, size_t *n, const char *line,
		   struct es_error *err);

#endif
