/* SPDX-License-Identifier: MIT */
/* test_git_delta.c - unit tests of differences, undone as git does it */
#include "config.h"

#include "store/git_delta_priv.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t take_size(const unsigned char **p)
{
	size_t n = 0;
	unsigned int shift = 0;

	for (;; shift += 7) {
		n |= (size_t)(**p & 0x7f) << shift;
		if (!(*(*p)++ & 0x80))
			return n;
	}
}

/* gitformat-pack(5), "Deltified representation", read the other way round. */
static void apply(struct es_buf *out, const struct es_buf *delta,
		  const char *from, size_t from_len)
{
	const unsigned char *p = (const unsigned char *)es_buf_str(delta);
	const unsigned char *end = p + delta->len;

	es_buf_reset(out);
	ck_assert_uint_eq(take_size(&p), from_len);
	size_t to_len = take_size(&p);

	while (p < end) {
		unsigned int op = *p++;
		size_t off = 0;
		size_t len = 0;

		if (!(op & 0x80)) {
			ck_assert_uint_ne(op, 0);
			es_buf_add(out, (const char *)p, op);
			p += op;
			continue;
		}
		for (unsigned int i = 0; i < 4; i++)
			if (op & 1u << i)
				off |= (size_t)*p++ << 8 * i;
		for (unsigned int i = 0; i < 3; i++)
			if (op & 0x10u << i)
				len |= (size_t)*p++ << 8 * i;
		if (len == 0)
			len = 0x10000;
		ck_assert_uint_le(off + len, from_len);
		es_buf_add(out, from + off, len);
	}
	ck_assert_ptr_eq(p, end);
	ck_assert_uint_eq(out->len, to_len);
}

/* Make a difference, undo it. Return: its bytes. */
static size_t there_and_back(const char *from, size_t from_len, const char *to,
			     size_t to_len)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf delta = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf back = ES_BUF_INIT(ES_BUF_MAX);

	ck_assert_int_eq(es_git_delta(&delta, from, from_len, to, to_len), 0);
	apply(&back, &delta, from, from_len);
	ck_assert_uint_eq(back.len, to_len);
	ck_assert_int_eq(memcmp(es_buf_str(&back), to, to_len), 0);
	return delta.len;
}

#define LINE "this line stands in both of them\n"

static const struct {
	const char *from;
	const char *to;
	size_t most;
} texts[] = {
	{ "", "", 2 },
	{ "", "new", 6 },
	{ "old", "", 2 },
	{ "same", "same", 4 },
	{ LINE LINE, LINE LINE "one more\n", 16 },
	{ LINE LINE, "one more\n" LINE LINE, 16 },
	{ LINE "a\n" LINE, LINE "b\n" LINE, 14 },
	{ LINE "begin\n" LINE "end\n", "end\n" LINE "begin\n" LINE, 30 },
	{ LINE LINE LINE LINE, LINE, 8 },
	{ LINE, LINE LINE LINE LINE, 20 },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 14 },
	{ "nothing of it", "0123456789abcdef0123456789abcdef", 36 },
};

START_TEST(small_texts)
{
	size_t n = there_and_back(texts[_i].from, strlen(texts[_i].from),
				  texts[_i].to, strlen(texts[_i].to));

	ck_assert_msg(n <= texts[_i].most, "%zu bytes", n);
}
END_TEST

/* Around the longest insert, the sizes of a copy, and every offset byte. */
static const size_t sizes[] = {
	1,     15,    16,    17,      127,	128,	   255,	      256,
	65535, 65536, 65537, 1000000, 0xffffff, 0x1000000, 0x1000001,
};

START_TEST(lengths_around_the_limits)
{
	size_t len = sizes[_i];
	char *from = calloc(len + 64, 1);
	char *to = calloc(len + 64, 1);
	uint64_t state = 3;

	ck_assert(from && to);
	for (size_t i = 0; i < len + 64; i++)
		from[i] = (char)es_unit_random(&state);
	/* all of it, only new bytes, and the base from its middle */
	ck_assert_uint_le(there_and_back(from, len, from, len), 24);
	for (size_t i = 0; i < len + 64; i++)
		to[i] = (char)es_unit_random(&state);
	there_and_back(from, len, to, len);
	memcpy(to, "x", 1);
	memcpy(to + 1, from + len / 2, len - len / 2);
	there_and_back(from, len, to, 1 + len - len / 2);
	free(from);
	free(to);
}
END_TEST

/* What a person does to a file, at random. */
START_TEST(edits_at_random)
{
	static char from[20000];
	static char to[40000];
	uint64_t state = (uint64_t)_i + 1;
	size_t len = (size_t)(es_unit_random(&state) % sizeof(from));
	size_t n = 0;
	size_t at = 0;

	for (size_t i = 0; i < len; i++)
		from[i] = "abcd \n"[es_unit_random(&state) % 6];
	while (at < len && n < sizeof(to) - 600) {
		uint64_t what = es_unit_random(&state) % 4;
		size_t run = (size_t)(es_unit_random(&state) % 500);

		if (what == 0) {
			at += run;
		} else if (what == 1) {
			for (size_t i = 0; i < run; i++)
				to[n++] = (char)es_unit_random(&state);
		} else {
			run = run < len - at ? run : len - at;
			memcpy(to + n, from + at, run);
			n += run;
			/* sometimes the same lines once more */
			at = what == 2 ? at + run : (at + run) / 2 + run;
		}
	}
	there_and_back(from, len, to, n);
}
END_TEST

START_TEST(not_worth_it)
{
	struct es_buf delta = ES_BUF_INIT(8);

	ck_assert_int_lt(es_git_delta(&delta, "a", 1, "0123456789", 10), 0);
	es_buf_dispose(&delta);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("git_delta");
	TCase *tc = tcase_create("core");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, small_texts, 0, (int)es_lengthof(texts));
	tcase_add_loop_test(tc, lengths_around_the_limits, 0,
			    (int)es_lengthof(sizes));
	tcase_add_loop_test(tc, edits_at_random, 0, 200);
	tcase_add_test(tc, not_worth_it);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
