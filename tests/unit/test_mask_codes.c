/* SPDX-License-Identifier: MIT */
/* test_mask_codes.c - unit tests of expressions that are compiled late */
#include "config.h"

#include "etcsnap/mask.h"

#include "config/mask_codes_priv.h"
#include "config/rules_priv.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>

static struct es_mask_codes *make(const char *const *regexes, size_t n)
{
	struct es_mask_codes *codes = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_mask_codes_new(&codes, regexes, n, &err), 0);
	ck_assert_uint_eq(es_mask_codes_count(codes), n);
	ck_assert_uint_eq(es_mask_codes_compiled(codes), 0);
	return codes;
}

START_TEST(compiled_when_needed)
{
	static const char *const regex[] = { "(a)", "(b)", "(c)" };
	ES_CLEANUP(es_mask_codes_freep)
	struct es_mask_codes *codes = make(regex, 3);
	const struct pcre2_real_code_8 *first = NULL;
	const struct pcre2_real_code_8 *again = NULL;

	ck_assert_int_eq(es_mask_codes_get(codes, 2, &first), 0);
	ck_assert_ptr_nonnull(first);
	ck_assert_uint_eq(es_mask_codes_compiled(codes), 1);
	ck_assert_int_eq(es_mask_codes_get(codes, 2, &again), 0);
	ck_assert_ptr_eq(first, again);
	ck_assert_uint_eq(es_mask_codes_compiled(codes), 1);
	ck_assert_int_eq(es_mask_codes_get(codes, 0, &again), 0);
	ck_assert_ptr_ne(first, again);
	ck_assert_uint_eq(es_mask_codes_compiled(codes), 2);
}
END_TEST

/* The lock is given back, and the others are not drawn in. */
START_TEST(broken)
{
	static const char *const regex[] = { "(a", "no group", "(b)" };
	ES_CLEANUP(es_mask_codes_freep)
	struct es_mask_codes *codes = make(regex, 3);
	const struct pcre2_real_code_8 *code = NULL;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(es_mask_codes_get(codes, 2, &code), 0);
		ck_assert_int_eq(es_mask_codes_get(codes, 0, &code), -EINVAL);
		ck_assert_ptr_null(code);
		ck_assert_int_eq(es_mask_codes_get(codes, 1, &code), -EINVAL);
		ck_assert_ptr_null(code);
	}
	ck_assert_uint_eq(es_mask_codes_compiled(codes), 1);
}
END_TEST

/* They are copied: a configuration may be gone by the time one is needed. */
START_TEST(copied)
{
	char text[] = "(a)";
	const char *const regex[] = { text };
	ES_CLEANUP(es_mask_codes_freep)
	struct es_mask_codes *codes = make(regex, 1);
	const struct pcre2_real_code_8 *code = NULL;

	text[0] = '*';
	ck_assert_int_eq(es_mask_codes_get(codes, 0, &code), 0);
}
END_TEST

START_TEST(none)
{
	es_mask_codes_free(make(NULL, 0));
	es_mask_codes_free(NULL);
}
END_TEST

static size_t count_shipped(void)
{
	size_t n = 0;

	while (es_shipped_mask[n])
		n++;
	return n;
}

/* Nothing but this looks at whether they compile before they are needed. */
START_TEST(shipped_are_sound)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_uint_gt(count_shipped(), 0);
	for (size_t i = 0; es_shipped_mask[i]; i++)
		ck_assert_msg(es_mask_check(es_shipped_mask[i], &err) == 0,
			      "%zu: %s", i, err.msg);
}
END_TEST

#define SEEN_MAX 64

struct thread {
	pthread_t id;
	struct es_mask_codes *codes;
	pthread_barrier_t *start;
	const struct pcre2_real_code_8 *seen[SEEN_MAX];
};

static void *get_all(void *arg)
{
	struct thread *t = arg;
	size_t n = es_mask_codes_count(t->codes);

	pthread_barrier_wait(t->start);
	for (size_t i = 0; i < n; i++)
		es_mask_codes_get(t->codes, i, &t->seen[i]);
	return NULL;
}

/* Several threads come upon what none of them has compiled. */
START_TEST(in_threads)
{
	const size_t n = count_shipped();
	ES_CLEANUP(es_mask_codes_freep)
	struct es_mask_codes *codes = make(es_shipped_mask, n);
	struct thread threads[4];
	pthread_barrier_t start;

	ck_assert_uint_le(n, SEEN_MAX);
	ck_assert_int_eq(
		pthread_barrier_init(&start, NULL, es_lengthof(threads)), 0);
	for (size_t i = 0; i < es_lengthof(threads); i++) {
		threads[i] = (struct thread){ .codes = codes, .start = &start };
		ck_assert_int_eq(pthread_create(&threads[i].id, NULL, get_all,
						&threads[i]),
				 0);
	}
	for (size_t i = 0; i < es_lengthof(threads); i++)
		pthread_join(threads[i].id, NULL);
	pthread_barrier_destroy(&start);
	ck_assert_uint_eq(es_mask_codes_compiled(codes), n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_nonnull(threads[0].seen[i]);
		for (size_t k = 1; k < es_lengthof(threads); k++)
			ck_assert_ptr_eq(threads[k].seen[i],
					 threads[0].seen[i]);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mask_codes");
	TCase *t = tcase_create("mask_codes");

	tcase_add_test(t, compiled_when_needed);
	tcase_add_test(t, broken);
	tcase_add_test(t, copied);
	tcase_add_test(t, none);
	tcase_add_test(t, shipped_are_sound);
	tcase_add_test(t, in_threads);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
