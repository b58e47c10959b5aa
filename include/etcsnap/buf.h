/* SPDX-License-Identifier: MIT */
/* buf.h - growable byte buffer with a ceiling and a sticky failure */
#ifndef ETCSNAP_BUF_H
#define ETCSNAP_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"

/*
 * Calling sequence:
 *
 *	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
 *	es_buf_addf(&b, "tree %s\n", hex);
 *	es_buf_add(&b, data, len);
 *	if (es_buf_check(&b, err) < 0)
 *		return err->code;
 *
 * A failed append (no memory, ceiling reached) leaves the content as it was
 * and marks the buffer; later appends do nothing. So a run of appends needs
 * one check at its end. @data is NUL-terminated whenever anything was added
 * (the NUL is not counted in @len); before that it may be NULL.
 */

/**
 * struct es_buf - bytes and their length
 * @data:   the bytes, owned; NUL-terminated; NULL while nothing was allocated
 * @len:    bytes in use, without the NUL
 * @cap:    bytes allocated
 * @max:    ceiling of @len in bytes
 * @failed: 0, or the negative errno of the first failed append
 */
struct es_buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;
	int failed;
};

/**
 * ES_BUF_INIT - empty buffer that never grows beyond @ceiling bytes
 * @ceiling: most bytes of content, the NUL not counted
 *
 * An initializer: nothing is allocated before the first append.
 */
#define ES_BUF_INIT(ceiling)             \
	{                                \
		NULL, 0, 0, (ceiling), 0 \
	}

/**
 * ES_BUF_MAX - ceiling where only memory is the limit (1 GiB)
 */
#define ES_BUF_MAX ((size_t)1 << 30)

/**
 * es_buf_reserve - make room for more bytes
 * @b:    buffer
 * @more: bytes that will be added at data + len, without the NUL
 *
 * Return: pointer to the free room (write there, then add to len and put a
 * NUL), or NULL when the buffer failed.
 * Locking: none.
 */
char *es_buf_reserve(struct es_buf *b, size_t more);

/**
 * es_buf_add - append bytes
 * @b:    buffer
 * @data: bytes, copied; not from @b itself; NULL is allowed when @len is 0
 * @len:  their number
 *
 * Return: 0, or the sticky negative errno: -ENOMEM, -EFBIG.
 * Locking: none; one buffer is not for use by two threads at once.
 */
int es_buf_add(struct es_buf *b, const void *data, size_t len);

/**
 * es_buf_adds - append a C string
 * @b: buffer
 * @s: NUL-terminated, copied without its NUL; not from @b itself, not NULL
 *
 * Return: as es_buf_add().
 * Locking: none; one buffer is not for use by two threads at once.
 */
int es_buf_adds(struct es_buf *b, const char *s);

/**
 * es_buf_addc - append one byte
 * @b: buffer
 * @c: the byte; a NUL counts as content
 *
 * Return: as es_buf_add().
 * Locking: none; one buffer is not for use by two threads at once.
 */
int es_buf_addc(struct es_buf *b, char c);

/**
 * es_buf_addf - append printf-style
 * @b:   buffer
 * @fmt: printf(3) format; its arguments must not point into @b
 *
 * Return: as es_buf_add().
 * Locking: none; one buffer is not for use by two threads at once.
 */
int es_buf_addf(struct es_buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * es_buf_addn - append a number, many times faster than es_buf_addf()
 * @b:     buffer
 * @n:     number
 * @base:  2 to 10
 * @width: least number of digits, zeros in front; 0 of @n 0 is nothing
 *
 * Return: as es_buf_add().
 * Locking: none; one buffer is not for use by two threads at once.
 */
int es_buf_addn(struct es_buf *b, uint64_t n, unsigned int base,
		unsigned int width);

/**
 * es_buf_reset - forget content and failure, keep the memory
 * @b: buffer; its ceiling stays
 *
 * Locking: none; one buffer is not for use by two threads at once.
 */
void es_buf_reset(struct es_buf *b);

/**
 * es_buf_truncate - cut the content
 * @b:   buffer; a failure of it stays
 * @len: bytes to keep; more than there are changes nothing
 *
 * Locking: none; one buffer is not for use by two threads at once.
 */
void es_buf_truncate(struct es_buf *b, size_t len);

/**
 * es_buf_dispose - free the content
 * @b: buffer, not NULL; then empty, without failure, and usable again with
 *     the same ceiling
 *
 * Locking: none; no other thread may still use it.
 */
void es_buf_dispose(struct es_buf *b);

/**
 * es_buf_str - content as a C string
 * @b: buffer
 *
 * Return: borrowed, NUL-terminated; "" when nothing was added.
 */
const char *es_buf_str(const struct es_buf *b);

/**
 * es_buf_check - turn a sticky failure into an error
 * @b:   buffer
 * @err: filled when the buffer failed
 *
 * Return: 0, -ENOMEM, or -EFBIG when the ceiling was reached.
 */
int es_buf_check(const struct es_buf *b, struct es_error *err);

#endif
