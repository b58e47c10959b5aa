/* SPDX-License-Identifier: MIT */
/* error.c - fill and extend the error object */
#include "config.h"

#include "etcsnap/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Kept free at the end of a message for the text that errno stands for. */
#define REASON_ROOM 96

/*
 * vsnprintf that says so when it had to cut: the text then ends in "...", and
 * not in the middle of a UTF-8 character.
 */
__attribute__((format(printf, 3, 0))) static void
format_cut(char *out, size_t room, const char *fmt, va_list ap)
{
	int n = vsnprintf(out, room, fmt, ap);

	if (n < 0) {
		out[0] = '\0';
		return;
	}
	if ((size_t)n < room)
		return;
	size_t at = room - 4;
	while (at > 0 && ((unsigned char)out[at] & 0xc0) == 0x80)
		at--;
	memcpy(out + at, "...", 4);
}

__attribute__((format(printf, 3, 4))) static void
format_cutf(char *out, size_t room, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format_cut(out, room, fmt, ap);
	va_end(ap);
}

int es_fail(struct es_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->fault = ES_FAULT_FAILED;
	va_start(ap, fmt);
	format_cut(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return code;
}

int es_fail_config(struct es_error *err, const char *fmt, ...)
{
	va_list ap;

	err->code = -EINVAL;
	err->fault = ES_FAULT_CONFIG;
	va_start(ap, fmt);
	format_cut(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int es_fail_locked(struct es_error *err, const char *fmt, ...)
{
	va_list ap;

	err->code = -EBUSY;
	err->fault = ES_FAULT_LOCKED;
	va_start(ap, fmt);
	format_cut(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -EBUSY;
}

int es_fail_errno(struct es_error *err, const char *fmt, ...)
{
	/* A failure without errno would read as success to the caller. */
	int saved = errno ? errno : EIO;
	va_list ap;

	va_start(ap, fmt);
	format_cut(err->msg, sizeof(err->msg) - REASON_ROOM, fmt, ap);
	va_end(ap);
	err->code = -saved;
	err->fault = ES_FAULT_FAILED;

	size_t used = strlen(err->msg);
	/* %m and not strerror(): the former is safe among threads. */
	errno = saved;
	format_cutf(err->msg + used, sizeof(err->msg) - used, ": %m");
	errno = saved;
	return -saved;
}

int es_fail_oom(struct es_error *err)
{
	return es_fail(err, -ENOMEM, "out of memory");
}

int es_wrap(struct es_error *err, const char *fmt, ...)
{
	/* Half the room: the cause behind the context must stay readable. */
	char context[sizeof(err->msg) / 2];
	char cause[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	format_cut(context, sizeof(context), fmt, ap);
	va_end(ap);
	memcpy(cause, err->msg, sizeof(cause));
	format_cutf(err->msg, sizeof(err->msg), "%s: %s", context, cause);
	return err->code;
}
