/* SPDX-License-Identifier: MIT */
/* git_delta_apply.c - an object out of its base and a difference */
#include "config.h"

#include "store/git_delta_priv.h"

#include "etcsnap/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What a copy without size stands for. */
#define COPY_DEFAULT ((size_t)0x10000)

struct reader {
	const unsigned char *pos;
	const unsigned char *end;
};

static bool read_size(struct reader *r, size_t *out)
{
	unsigned int shift = 0;
	unsigned char byte;

	*out = 0;
	do {
		if (r->pos == r->end || shift > 56)
			return false;
		byte = *r->pos++;
		*out |= (size_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return true;
}

/* Those of the bytes of a number that the bits from @first on announce. */
static bool read_bytes(struct reader *r, unsigned int op, unsigned int first,
		       unsigned int n, size_t *out)
{
	*out = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (!(op & (first << i)))
			continue;
		if (r->pos == r->end)
			return false;
		*out |= (size_t)*r->pos++ << 8 * i;
	}
	return true;
}

/* One instruction; the bytes it made, 0 when it is none. */
static size_t step(struct reader *r, char *to, size_t room, const char *from,
		   size_t from_len)
{
	const unsigned int op = *r->pos++;
	size_t off = 0;
	size_t len = op;

	if (op & 0x80) {
		if (!read_bytes(r, op, 1, 4, &off) ||
		    !read_bytes(r, op, 0x10, 3, &len))
			return 0;
		if (len == 0)
			len = COPY_DEFAULT;
		if (off > from_len || len > from_len - off || len > room)
			return 0;
		memcpy(to, from + off, len);
		return len;
	}
	if (len == 0 || len > room || len > (size_t)(r->end - r->pos))
		return 0;
	memcpy(to, r->pos, len);
	r->pos += len;
	return len;
}

/*
 * An instruction has at least one byte and makes at most the whole base, or
 * what it holds; a size that cannot be reached so is not allocated.
 */
static bool is_possible(size_t size, size_t from, size_t delta)
{
	return size / (delta + 1) <= from + delta;
}

int es_git_delta_apply(char **out, size_t *out_len, const char *from,
		       size_t from_len, const char *delta, size_t len)
{
	struct reader r = { (const unsigned char *)delta,
			    (const unsigned char *)delta + len };
	ES_CLEANUP(es_freep) char *made = NULL;
	size_t base;
	size_t size;
	size_t done = 0;

	if (!read_size(&r, &base) || !read_size(&r, &size) ||
	    base != from_len || !is_possible(size, from_len, len))
		return -EIO;
	made = malloc(size + 1);
	if (!made)
		return -ENOMEM;
	while (r.pos < r.end) {
		const size_t n =
			step(&r, made + done, size - done, from, from_len);

		if (n == 0)
			return -EIO;
		done += n;
	}
	if (done != size)
		return -EIO;
	made[size] = '\0';
	*out = es_steal_ptr(&made);
	*out_len = size;
	return 0;
}
