/* SPDX-License-Identifier: MIT */
/* test_texts.c - unit tests of the texts that a run records beside files */
#include "config.h"

#include "etcsnap/texts.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define N_THREADS 4
#define N_EACH 200

START_TEST(empty_set)
{
	struct es_texts *t = es_texts_new();

	ck_assert_uint_eq(es_texts_count(t), 0);
	es_texts_free(t);
	es_texts_free(NULL);
}
END_TEST

START_TEST(texts_come_sorted)
{
	static const char *const names[] = { "system/os", "commands/b/stdout",
					     "system/kernel", "findings/x" };
	static const char *const sorted[] = { "commands/b/stdout", "findings/x",
					      "system/kernel", "system/os" };
	struct es_texts *t = es_texts_new();
	struct es_text text;

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(es_texts_put(t, names[i], names[i],
					      strlen(names[i])),
				 0);
	ck_assert_uint_eq(es_texts_count(t), 4);
	for (size_t i = 0; i < 4; i++) {
		es_texts_at(t, i, &text);
		ck_assert_str_eq(text.name, sorted[i]);
		ck_assert_mem_eq(text.data, sorted[i], strlen(sorted[i]));
		ck_assert_uint_eq(text.len, strlen(sorted[i]));
		ck_assert_uint_eq(text.unread, 0);
	}
	es_texts_free(t);
}
END_TEST

START_TEST(the_last_word_counts)
{
	struct es_texts *t = es_texts_new();
	struct es_text text;

	es_texts_put(t, "system/os", "old", 3);
	es_texts_keep(t, "system/os", EIO);
	es_texts_at(t, 0, &text);
	ck_assert_ptr_null(text.data);
	ck_assert_uint_eq(text.unread, EIO);
	es_texts_put(t, "system/os", "a\0b", 3);
	es_texts_at(t, 0, &text);
	ck_assert_uint_eq(es_texts_count(t), 1);
	ck_assert_uint_eq(text.len, 3);
	ck_assert_mem_eq(text.data, "a\0b", 3);
	ck_assert_uint_eq(text.unread, 0);
	es_texts_free(t);
}
END_TEST

START_TEST(an_empty_text_is_one)
{
	struct es_texts *t = es_texts_new();
	struct es_text text;

	es_texts_put(t, "commands/true/stdout", NULL, 0);
	es_texts_at(t, 0, &text);
	ck_assert_ptr_nonnull(text.data);
	ck_assert_uint_eq(text.len, 0);
	es_texts_free(t);
}
END_TEST

struct job {
	struct es_texts *t;
	int number;
};

static void *put_many(void *arg)
{
	const struct job *job = arg;
	char name[64];

	for (int i = 0; i < N_EACH; i++) {
		snprintf(name, sizeof(name), "commands/c%d-%d/stdout",
			 job->number, i);
		if (es_texts_put(job->t, name, name, strlen(name)) < 0)
			return NULL;
	}
	return arg;
}

START_TEST(many_threads_put)
{
	struct job jobs[N_THREADS];
	pthread_t threads[N_THREADS];
	struct es_texts *t = es_texts_new();
	struct es_text last = { .name = "" };
	struct es_text text;
	void *done;

	for (int i = 0; i < N_THREADS; i++) {
		jobs[i] = (struct job){ t, i };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, put_many,
						&jobs[i]),
				 0);
	}
	for (int i = 0; i < N_THREADS; i++) {
		pthread_join(threads[i], &done);
		ck_assert_ptr_nonnull(done);
	}
	ck_assert_uint_eq(es_texts_count(t), (size_t)N_THREADS * N_EACH);
	for (size_t i = 0; i < es_texts_count(t); i++) {
		es_texts_at(t, i, &text);
		ck_assert_int_lt(strcmp(last.name, text.name), 0);
		ck_assert_mem_eq(text.data, text.name, text.len);
		last = text;
	}
	es_texts_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("texts");
	TCase *tc = tcase_create("core");

	tcase_add_test(tc, empty_set);
	tcase_add_test(tc, texts_come_sorted);
	tcase_add_test(tc, the_last_word_counts);
	tcase_add_test(tc, an_empty_text_is_one);
	tcase_add_test(tc, many_threads_put);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
