/* SPDX-License-Identifier: MIT */
/* git_delta.c - one object as its difference to another */
#include "config.h"

#include "store/git_delta_priv.h"

#include "etcsnap/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that are looked up at once; shorter matches are not worth a copy. */
#define BLOCK ((size_t)16)
/* Most bytes of one copy and of one insert instruction. */
#define COPY_MAX ((size_t)0xffffff)
#define INSERT_MAX ((size_t)0x7f)
/* Offsets and sizes in an instruction have 32 and 24 bits. */
#define LEN_MAX ((size_t)UINT32_MAX)

/* Where each block of the base is, by its hash. */
struct index {
	uint32_t *at; /* position + 1, 0 = free */
	unsigned int bits;
};

/* The two contents and how far the second is told. */
struct job {
	struct es_buf *out;
	const char *from;
	size_t from_len;
	const char *to;
	size_t to_len;
	size_t told; /* bytes of @to that instructions make already */
};

static uint32_t hash_of(const char *block, unsigned int bits)
{
	uint64_t a;
	uint64_t b;

	memcpy(&a, block, sizeof(a));
	memcpy(&b, block + sizeof(a), sizeof(b));
	a = (a ^ (b << 29 | b >> 35)) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(a >> (64 - bits));
}

/* ---------------------------------------------------------- instructions */

static void put_size(struct es_buf *out, size_t n)
{
	for (; n >= 0x80; n >>= 7)
		es_buf_addc(out, (char)(0x80 | (n & 0x7f)));
	es_buf_addc(out, (char)n);
}

static void put_copy(struct es_buf *out, size_t off, size_t len)
{
	char op[8];
	size_t n = 1;
	unsigned int head = 0x80;

	for (unsigned int i = 0; i < 4; i++)
		if (off >> 8 * i & 0xff) {
			op[n++] = (char)(off >> 8 * i & 0xff);
			head |= 1u << i;
		}
	for (unsigned int i = 0; i < 3; i++)
		if (len >> 8 * i & 0xff) {
			op[n++] = (char)(len >> 8 * i & 0xff);
			head |= 0x10u << i;
		}
	op[0] = (char)head;
	es_buf_add(out, op, n);
}

static void copy(struct es_buf *out, size_t off, size_t len)
{
	while (len > 0) {
		size_t n = len > COPY_MAX ? COPY_MAX : len;

		put_copy(out, off, n);
		off += n;
		len -= n;
	}
}

static void insert(struct es_buf *out, const char *data, size_t len)
{
	while (len > 0) {
		size_t n = len > INSERT_MAX ? INSERT_MAX : len;

		es_buf_addc(out, (char)n);
		es_buf_add(out, data, n);
		data += n;
		len -= n;
	}
}

/* --------------------------------------------------------------- matching */

static size_t common_prefix(const char *a, const char *b, size_t max)
{
	size_t n = 0;

	while (n < max && a[n] == b[n])
		n++;
	return n;
}

/* Of what ends at @a and @b. */
static size_t common_suffix(const char *a, const char *b, size_t max)
{
	size_t n = 0;

	while (n < max && a[-1 - (ptrdiff_t)n] == b[-1 - (ptrdiff_t)n])
		n++;
	return n;
}

static int index_base(struct index *x, const char *from, size_t len)
{
	x->bits = 6;
	while (((size_t)1 << x->bits) < 2 * (len / BLOCK) && x->bits < 26)
		x->bits++;
	x->at = calloc((size_t)1 << x->bits, sizeof(*x->at));
	if (!x->at)
		return -ENOMEM;
	/* the first of equal blocks stays: a copy from there goes on longest */
	for (size_t i = 0; i + BLOCK <= len; i += BLOCK) {
		uint32_t h = hash_of(from + i, x->bits);

		if (!x->at[h])
			x->at[h] = (uint32_t)i + 1;
	}
	return 0;
}

static void index_dispose(struct index *x)
{
	free(x->at);
}

/* The block of the base that is also at @pos: its place + 1, 0 = none. */
static size_t look_up(const struct job *j, const struct index *x, size_t pos)
{
	size_t at = x->at[hash_of(j->to + pos, x->bits)];

	return at && memcmp(j->from + at - 1, j->to + pos, BLOCK) == 0 ? at : 0;
}

/* Tell the bytes up to @end, of which the base has some. */
static void tell_middle(struct job *j, const struct index *x, size_t end)
{
	size_t pos = j->told;

	while (pos + BLOCK <= end) {
		size_t at = look_up(j, x, pos);
		size_t back;
		size_t len;

		if (!at) {
			pos++;
			continue;
		}
		at--;
		back = pos - j->told < at ? pos - j->told : at;
		back = common_suffix(j->from + at, j->to + pos, back);
		at -= back;
		pos -= back;
		len = j->from_len - at < end - pos ? j->from_len - at
						   : end - pos;
		len = common_prefix(j->from + at, j->to + pos, len);
		insert(j->out, j->to + j->told, pos - j->told);
		copy(j->out, at, len);
		pos += len;
		j->told = pos;
	}
	insert(j->out, j->to + j->told, end - j->told);
	j->told = end;
}

int es_git_delta(struct es_buf *out, const char *from, size_t from_len,
		 const char *to, size_t to_len)
{
	struct job j = { out, from, from_len, to, to_len, 0 };
	ES_CLEANUP(index_dispose) struct index x = { 0 };
	size_t least = from_len < to_len ? from_len : to_len;
	size_t tail;

	if (from_len > LEN_MAX || to_len > LEN_MAX)
		return -EFBIG;
	es_buf_reset(out);
	put_size(out, from_len);
	put_size(out, to_len);
	j.told = common_prefix(from, to, least);
	copy(out, 0, j.told);
	tail = common_suffix(from + from_len, to + to_len, least - j.told);
	if (to_len - tail > j.told) {
		if (index_base(&x, from, from_len) < 0)
			return -ENOMEM;
		tell_middle(&j, &x, to_len - tail);
	}
	copy(out, from_len - tail, tail);
	return out->failed;
}
