/* SPDX-License-Identifier: MIT */
/* test_strmap.c - unit tests of the map from byte strings to pointers */
#include "config.h"

#include "etcsnap/strmap.h"

#include "unit.h"

#include <stdbool.h>
#include <string.h>

#define N_KEYS 20000

/* Values only need addresses. */
static char values[N_KEYS];

static size_t make_key(char out[32], size_t i)
{
	return (size_t)snprintf(out, 32, "etc/dir%zu/file%zu", i % 97, i);
}

START_TEST(empty_map)
{
	struct es_strmap *m = es_strmap_new();
	const char *key;
	size_t pos = 0, len;
	void *value;

	ck_assert_ptr_null(es_strmap_get(m, "x", 1));
	ck_assert_ptr_null(es_strmap_take(m, "x", 1));
	ck_assert_uint_eq(es_strmap_count(m), 0);
	ck_assert_int_eq(es_strmap_each(m, &pos, &key, &len, &value), 0);
	es_strmap_free(m);
	es_strmap_free(NULL);
}
END_TEST

START_TEST(keys_are_bytes)
{
	static const struct {
		const char *key;
		size_t len;
	} keys[] = { { "", 0 },	    { "\0", 1 },       { "\0\0", 2 },
		     { "a", 1 },    { "a\0", 2 },      { "a\0b", 3 },
		     { "a\0c", 3 }, { "12345678", 8 }, { "12345678\0", 9 },
		     { "\xff", 1 } };
	struct es_strmap *m = es_strmap_new();

	for (size_t i = 0; i < es_lengthof(keys); i++)
		ck_assert_int_eq(es_strmap_put(m, keys[i].key, keys[i].len,
					       &values[i]),
				 0);
	ck_assert_uint_eq(es_strmap_count(m), es_lengthof(keys));
	for (size_t i = 0; i < es_lengthof(keys); i++)
		ck_assert_ptr_eq(es_strmap_get(m, keys[i].key, keys[i].len),
				 &values[i]);
	es_strmap_free(m);
}
END_TEST

START_TEST(put_copies_the_key_and_replaces_the_value)
{
	struct es_strmap *m = es_strmap_new();
	char key[4] = "abc";

	es_strmap_put(m, key, 3, &values[0]);
	memset(key, 'z', 3);
	ck_assert_ptr_eq(es_strmap_get(m, "abc", 3), &values[0]);
	es_strmap_put(m, "abc", 3, &values[1]);
	ck_assert_uint_eq(es_strmap_count(m), 1);
	ck_assert_ptr_eq(es_strmap_take(m, "abc", 3), &values[1]);
	ck_assert_ptr_null(es_strmap_take(m, "abc", 3));
	ck_assert_uint_eq(es_strmap_count(m), 0);
	es_strmap_free(m);
}
END_TEST

START_TEST(each_meets_every_key_once)
{
	struct es_strmap *m = es_strmap_new();
	static bool seen[N_KEYS];
	const char *key;
	size_t pos = 0, len, n = 0;
	char want[32];
	void *value;

	for (size_t i = 0; i < N_KEYS; i++) {
		len = make_key(want, i);
		ck_assert_int_eq(es_strmap_put(m, want, len, &values[i]), 0);
	}
	while (es_strmap_each(m, &pos, &key, &len, &value)) {
		size_t i = (size_t)((char *)value - values);

		ck_assert_uint_eq(make_key(want, i), len);
		ck_assert_mem_eq(want, key, len);
		ck_assert(!seen[i]);
		seen[i] = true;
		n++;
	}
	ck_assert_uint_eq(n, N_KEYS);
	es_strmap_free(m);
}
END_TEST

/* Random puts and takes against a plain array; gaps must close rightly. */
START_TEST(behaves_like_a_model)
{
	struct es_strmap *m = es_strmap_new();
	static void *model[500];
	uint64_t state = 4711 + (uint64_t)_i;
	size_t count = 0;
	char key[32];

	memset(model, 0, sizeof(model));
	for (int round = 0; round < 50000; round++) {
		uint64_t dice = es_unit_random(&state);
		size_t i = dice % es_lengthof(model);
		size_t len = make_key(key, i);

		if (dice >> 32 & 1) {
			count += !model[i];
			model[i] = &values[dice >> 33 & 1023];
			ck_assert_int_eq(es_strmap_put(m, key, len, model[i]),
					 0);
		} else {
			count -= model[i] != NULL;
			ck_assert_ptr_eq(es_strmap_take(m, key, len), model[i]);
			model[i] = NULL;
		}
		ck_assert_uint_eq(es_strmap_count(m), count);
		i = (dice >> 8) % es_lengthof(model);
		len = make_key(key, i);
		ck_assert_ptr_eq(es_strmap_get(m, key, len), model[i]);
	}
	es_strmap_free(m);
}
END_TEST

static Suite *strmap_suite(void)
{
	Suite *s = suite_create("strmap");
	TCase *tc = tcase_create("strmap");

	tcase_add_test(tc, empty_map);
	tcase_add_test(tc, keys_are_bytes);
	tcase_add_test(tc, put_copies_the_key_and_replaces_the_value);
	tcase_add_test(tc, each_meets_every_key_once);
	tcase_add_loop_test(tc, behaves_like_a_model, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(strmap_suite());
}
