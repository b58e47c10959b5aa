/* SPDX-License-Identifier: MIT */
/* test_doc.c - documents: what goes in comes out, as JSON and by key */
#include "config.h"

#include "unit.h"

#include "etcsnap/doc.h"

#include <string.h>

static void expect(const struct es_doc *doc, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_doc_check(doc, &err), 0);
	ck_assert_int_eq(es_doc_write(doc, &out, false), 0);
	ck_assert_str_eq(out.data, want);
}

START_TEST(doc_writes_keys_in_order)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	struct es_doc *list, *item;

	es_doc_str(doc, "z", "last");
	es_doc_number(doc, "a", INT64_MAX);
	es_doc_number(doc, "b", INT64_MIN);
	es_doc_bool(doc, "yes", true);
	es_doc_bool(doc, "no", false);
	es_doc_str(doc, "null", NULL);
	list = es_doc_array(doc, "list");
	item = es_doc_push(list);
	es_doc_str(item, "k", "v");
	es_doc_push_text(list, "text", 4);
	es_doc_object(es_doc_push(list), "empty");
	expect(doc, "{\"z\":\"last\",\"a\":9223372036854775807,"
		    "\"b\":-9223372036854775808,\"yes\":true,\"no\":false,"
		    "\"null\":null,\"list\":[{\"k\":\"v\"},\"text\","
		    "{\"empty\":{}}]}\n");
}
END_TEST

START_TEST(doc_indents_for_people)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	es_doc_number(es_doc_object(doc, "a"), "b", 1);
	ck_assert_int_eq(es_doc_write(doc, &out, true), 0);
	ck_assert_str_eq(out.data, "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n");
}
END_TEST

/* Bytes, the JSON value, and the base64 of what JSON cannot hold. */
static const struct {
	const char *raw;
	size_t len;
	const char *json;
} texts[] = {
	{ "", 0, "{\"t\":\"\"}\n" },
	{ "plain", 5, "{\"t\":\"plain\"}\n" },
	{ "a\"\\/\n\t\x1b", 7, "{\"t\":\"a\\\"\\\\/\\n\\t\\u001B\"}\n" },
	{ "\xc3\xbc", 2, "{\"t\":\"\\u00FC\"}\n" },
	{ "\xf0\x9f\x90\xa7", 4, "{\"t\":\"\\uD83D\\uDC27\"}\n" },
	{ "\xe2\x80\xae", 3, "{\"t\":\"\\u202E\"}\n" },
	{ "\xff", 1, "{\"t\":\"\\\\xff\",\"t_b64\":\"/w==\"}\n" },
	{ "a\xff", 2, "{\"t\":\"a\\\\xff\",\"t_b64\":\"Yf8=\"}\n" },
	{ "ab\xff", 3, "{\"t\":\"ab\\\\xff\",\"t_b64\":\"YWL/\"}\n" },
	{ "\xfb\xff\xfe\xfa", 4,
	  "{\"t\":\"\\\\xfb\\\\xff\\\\xfe\\\\xfa\",\"t_b64\":\"+//++g==\"}\n" },
	{ "a\0b", 3, "{\"t\":\"a\\\\x00b\",\"t_b64\":\"YQBi\"}\n" },
	{ "\xed\xa0\x80", 3,
	  "{\"t\":\"\\\\xed\\\\xa0\\\\x80\",\"t_b64\":\"7aCA\"}\n" },
	{ "\xc0\x80", 2, "{\"t\":\"\\\\xc0\\\\x80\",\"t_b64\":\"wIA=\"}\n" },
	{ "\xef\xbf\xbf", 3, "{\"t\":\"\\uFFFF\"}\n" },
};

START_TEST(doc_keeps_every_byte)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(1 << 20);

	es_doc_text(doc, "t", texts[_i].raw, texts[_i].len);
	expect(doc, texts[_i].json);
	ck_assert(es_doc_get_bytes(doc, "t", &got));
	ck_assert_uint_eq(got.len, texts[_i].len);
	ck_assert_mem_eq(es_buf_str(&got), texts[_i].raw, got.len);
}
END_TEST

START_TEST(doc_is_read_by_key_and_index)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(1 << 20);
	struct es_doc *list = es_doc_array(doc, "list");
	const struct es_doc *in;

	for (int i = 0; i < 100; i++) {
		if (i % 3 == 0)
			es_doc_push_text(list, "t", 1);
		else
			es_doc_number(es_doc_push(list), "i", i);
	}
	es_doc_str(doc, "s", "x");
	es_doc_str(doc, "n", NULL);
	in = es_doc_get(doc, "list");
	ck_assert_ptr_nonnull(in);
	ck_assert_uint_eq(es_doc_len(in), 100);
	for (int i = 0; i < 100; i++) {
		const struct es_doc *e = es_doc_at(in, (size_t)i);

		if (i % 3 == 0) {
			ck_assert_ptr_null(e);
			ck_assert_str_eq(es_doc_at_str(in, (size_t)i), "t");
		} else {
			ck_assert_int_eq(es_doc_get_number(e, "i", -1), i);
			ck_assert_ptr_null(es_doc_at_str(in, (size_t)i));
		}
	}
	ck_assert_ptr_null(es_doc_at(in, 100));
	ck_assert_ptr_null(es_doc_at_str(in, 100));
	ck_assert_ptr_null(es_doc_get(doc, "missing"));
	ck_assert_ptr_null(es_doc_get(doc, "s"));
	ck_assert_ptr_null(es_doc_at(doc, 0));
	ck_assert_str_eq(es_doc_get_str(doc, "s"), "x");
	ck_assert_ptr_null(es_doc_get_str(doc, "n"));
	ck_assert_ptr_null(es_doc_get_str(doc, "list"));
	ck_assert_int_eq(es_doc_get_number(doc, "s", 7), 7);
	ck_assert(!es_doc_get_bool(doc, "s"));
	ck_assert(es_doc_is_null(doc, "n"));
	ck_assert(es_doc_is_null(doc, "missing"));
	ck_assert(!es_doc_is_null(doc, "s"));
	ck_assert(!es_doc_is_number(doc, "s"));
	ck_assert(!es_doc_get_bytes(doc, "n", &got));
}
END_TEST

/* A key that is set again has its last value, and nothing dangles. */
START_TEST(doc_replaces_a_key)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();

	es_doc_number(es_doc_object(doc, "k"), "old", 1);
	es_doc_array(doc, "l");
	es_doc_number(es_doc_object(doc, "k"), "new", 2);
	es_doc_str(doc, "l", "text");
	expect(doc, "{\"k\":{\"new\":2},\"l\":\"text\"}\n");
	ck_assert_int_eq(es_doc_get_number(es_doc_get(doc, "k"), "new", 0), 2);
	ck_assert_ptr_null(es_doc_get(doc, "l"));
}
END_TEST

START_TEST(doc_writes_a_part_alone)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	struct es_doc *part = es_doc_object(doc, "part");

	es_doc_number(part, "a", 1);
	expect(part, "{\"a\":1}\n");
}
END_TEST

/* What does not fit the buffer is a failure, not half a document. */
START_TEST(doc_tells_a_full_buffer)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(16);

	es_doc_str(doc, "key", "a value that is longer than the buffer");
	ck_assert_int_lt(es_doc_write(doc, &out, false), 0);
	ck_assert_int_lt(out.failed, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("doc");
	TCase *tc = tcase_create("doc");

	tcase_add_test(tc, doc_writes_keys_in_order);
	tcase_add_test(tc, doc_indents_for_people);
	tcase_add_loop_test(tc, doc_keeps_every_byte, 0, es_lengthof(texts));
	tcase_add_test(tc, doc_is_read_by_key_and_index);
	tcase_add_test(tc, doc_replaces_a_key);
	tcase_add_test(tc, doc_writes_a_part_alone);
	tcase_add_test(tc, doc_tells_a_full_buffer);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
