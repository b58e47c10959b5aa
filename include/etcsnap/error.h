/* SPDX-License-Identifier: MIT */
/* error.h - one error object, filled where it happens, shown once */
#ifndef ETCSNAP_ERROR_H
#define ETCSNAP_ERROR_H

/*
 * Every fallible function returns 0 or a positive number on success and a
 * negative errno-style number on failure, with its last parameter, a struct
 * es_error, filled exactly once. Callers add context with es_wrap(); the
 * message grows to the left, outermost context first. Only src/cmd and
 * main.c print it. On success the error is untouched; on failure the other
 * out parameters are.
 *
 * Messages: lower case, no full stop, subject quoted with ES_Q() (quote.h),
 * what to do next at the end after a semicolon where there is something.
 */

/**
 * enum es_fault - whose fault it was, which decides the exit status
 * @ES_FAULT_NONE:   no error
 * @ES_FAULT_FAILED: the run failed, repository unchanged (exit 3)
 * @ES_FAULT_CONFIG: usage or configuration (exit 2)
 * @ES_FAULT_LOCKED: another run holds the lock (exit 75)
 */
enum es_fault {
	ES_FAULT_NONE,
	ES_FAULT_FAILED,
	ES_FAULT_CONFIG,
	ES_FAULT_LOCKED,
};

/**
 * struct es_error - what went wrong; plain data, no memory to free
 * @code:  negative errno-style number, 0 when there is no error
 * @fault: decides the exit status
 * @msg:   NUL-terminated text, already quoted for a terminal
 */
struct es_error {
	int code;
	enum es_fault fault;
	char msg[1024];
};

/**
 * ES_ERROR_INIT - an es_error that holds no error
 */
#define ES_ERROR_INIT                \
	{                            \
		0, ES_FAULT_NONE, "" \
	}

/**
 * es_fail - fill an error
 * @err:  to fill, not NULL
 * @code: negative errno-style number
 * @fmt:  printf format of the message
 *
 * Return: @code, so that a function can end in "return es_fail(…)".
 * Locking: none.
 */
int es_fail(struct es_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * es_fail_config - fill an error whose fault is the configuration or usage
 * @err: to fill, not NULL
 * @fmt: printf format of the message
 *
 * Return: -EINVAL.
 * Locking: none.
 */
int es_fail_config(struct es_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * es_fail_locked - fill an error that says somebody else holds a lock
 * @err: to fill, not NULL
 * @fmt: printf format of the message
 *
 * Return: -EBUSY.
 * Locking: none.
 */
int es_fail_locked(struct es_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * es_fail_errno - fill an error from errno, appending its text
 * @err: to fill, not NULL
 * @fmt: printf format of what failed, without the reason
 *
 * Return: -errno as it was at the call.
 * Locking: none.
 */
int es_fail_errno(struct es_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * es_fail_oom - fill an error that says memory ran out
 * @err: to fill, not NULL
 *
 * Return: -ENOMEM.
 * Locking: none.
 */
int es_fail_oom(struct es_error *err);

/**
 * es_wrap - put context before the message of an error
 * @err: filled error
 * @fmt: printf format of the context; ": " is put between
 *
 * Return: the error's code.
 * Locking: none.
 */
int es_wrap(struct es_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
