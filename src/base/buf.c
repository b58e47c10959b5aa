/* SPDX-License-Identifier: MIT */
/* buf.c - growable byte buffer with a ceiling and a sticky failure */
#include "config.h"

#include "etcsnap/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define FIRST_CAP 64

/* The sticky failure: the first one is kept, as it explains the others. */
static int set_failed(struct es_buf *b, int code)
{
	if (!b->failed)
		b->failed = code;
	return b->failed;
}

/* Doubles, so that appending byte by byte stays linear. */
static int grow(struct es_buf *b, size_t need)
{
	size_t cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	char *data = realloc(b->data, cap);
	if (!data)
		return set_failed(b, -ENOMEM);
	if (!b->data)
		data[0] = '\0';
	b->data = data;
	b->cap = cap;
	return 0;
}

char *es_buf_reserve(struct es_buf *b, size_t more)
{
	if (b->failed)
		return NULL;
	/* No object is bigger than PTRDIFF_MAX; the sums below cannot wrap. */
	if (b->len > b->max || more > b->max - b->len ||
	    more >= PTRDIFF_MAX - b->len) {
		set_failed(b, -EFBIG);
		return NULL;
	}
	size_t need = b->len + more + 1;
	if (need > b->cap && grow(b, need) < 0)
		return NULL;
	return b->data + b->len;
}

int es_buf_add(struct es_buf *b, const void *data, size_t len)
{
	if (b->failed || len == 0)
		return b->failed;
	char *room = es_buf_reserve(b, len);
	if (!room)
		return b->failed;
	memcpy(room, data, len);
	room[len] = '\0';
	b->len += len;
	return 0;
}

int es_buf_adds(struct es_buf *b, const char *s)
{
	return es_buf_add(b, s, strlen(s));
}

int es_buf_addc(struct es_buf *b, char c)
{
	return es_buf_add(b, &c, 1);
}

int es_buf_addf(struct es_buf *b, const char *fmt, ...)
{
	va_list ap;

	if (b->failed)
		return b->failed;
	/* Mostly there is room already, and this is all. */
	size_t spare = b->cap - b->len;
	va_start(ap, fmt);
	int want = vsnprintf(b->data ? b->data + b->len : NULL, spare, fmt, ap);
	va_end(ap);
	if (want >= 0 && (size_t)want < spare && b->len <= b->max &&
	    (size_t)want <= b->max - b->len) {
		b->len += (size_t)want;
		return 0;
	}
	es_buf_truncate(b, b->len);
	/* Only a result beyond INT_MAX bytes fails here. */
	if (want < 0)
		return set_failed(b, -EFBIG);
	char *room = es_buf_reserve(b, (size_t)want);
	if (!room)
		return b->failed;
	va_start(ap, fmt);
	vsnprintf(room, (size_t)want + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)want;
	return 0;
}

int es_buf_addn(struct es_buf *b, uint64_t n, unsigned int base,
		unsigned int width)
{
	char digits[64];
	char *at = digits + sizeof(digits);

	for (; n > 0; n /= base)
		*--at = (char)('0' + n % base);
	while (at > digits && (size_t)(digits + sizeof(digits) - at) < width)
		*--at = '0';
	return es_buf_add(b, at, (size_t)(digits + sizeof(digits) - at));
}

void es_buf_reset(struct es_buf *b)
{
	b->failed = 0;
	es_buf_truncate(b, 0);
}

void es_buf_truncate(struct es_buf *b, size_t len)
{
	if (!b->data || len > b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

void es_buf_dispose(struct es_buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = 0;
	b->cap = 0;
	b->failed = 0;
}

const char *es_buf_str(const struct es_buf *b)
{
	return b->data ? b->data : "";
}

int es_buf_check(const struct es_buf *b, struct es_error *err)
{
	if (!b->failed)
		return 0;
	if (b->failed == -ENOMEM)
		return es_fail_oom(err);
	return es_fail(err, b->failed, "more than %zu bytes", b->max);
}
