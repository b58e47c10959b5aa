/* SPDX-License-Identifier: MIT */
/* test_doc.c - documents: what goes in comes out, as JSON and by key */
#include "config.h"

#include "unit.h"

#include "etcsnap/doc.h"
#include "etcsnap/value.h"

#include <errno.h>
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

START_TEST(doc_takes_numbers_and_arrays_in_arrays)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	struct es_doc *list = es_doc_array(doc, "l");
	struct es_doc *inner;

	es_doc_push_number(list, -7);
	inner = es_doc_push_array(list);
	es_doc_push_number(inner, 1);
	es_doc_number(es_doc_push(inner), "k", 2);
	es_doc_push_text(list, "x", 1);
	expect(doc, "{\"l\":[-7,[1,{\"k\":2}],\"x\"]}\n");
	ck_assert_ptr_eq(es_doc_at(list, 1), inner);
	ck_assert_ptr_null(es_doc_at(list, 0));
	ck_assert_str_eq(es_doc_at_str(list, 2), "x");
	/* Of no effect on what is no array. */
	es_doc_push_number(doc, 1);
	ck_assert_uint_eq(es_doc_len(doc), 0);
}
END_TEST

/* What is shared is one value, seen from both, in whatever order they go. */
START_TEST(doc_shares_nodes)
{
	for (int first = 0; first < 2; first++) {
		struct es_doc *model = es_doc_new();
		struct es_doc *view = es_doc_new();
		struct es_doc *changes = es_doc_array(model, "changes");
		struct es_doc *change = es_doc_push(changes);
		struct es_doc *rows = es_doc_array(view, "rows");
		struct es_error err = ES_ERROR_INIT;

		es_doc_str(change, "path", "a");
		es_doc_str(view, "report", "before");
		es_doc_set(view, "report", model);
		es_doc_set(view, "same", model);
		es_doc_push_node(rows, change);
		es_doc_push_node(rows, changes);
		es_doc_number(change, "late", 1);
		expect(view,
		       "{\"rows\":[{\"path\":\"a\",\"late\":1},[{\"path\":"
		       "\"a\",\"late\":1}]],\"report\":{\"changes\":[{\"path\":"
		       "\"a\",\"late\":1}]},\"same\":{\"changes\":[{\"path\":"
		       "\"a\",\"late\":1}]}}\n");
		ck_assert_ptr_eq(es_doc_get(view, "report"), model);
		ck_assert_ptr_eq(es_doc_at(rows, 0), change);
		es_doc_str(view, "report", "after");
		ck_assert_ptr_eq(es_doc_get(view, "same"), model);
		ck_assert_ptr_null(es_doc_get(view, "report"));
		es_doc_free(first ? view : model);
		if (!first)
			expect(view,
			       "{\"rows\":[{\"path\":\"a\",\"late\":1},"
			       "[{\"path\":\"a\",\"late\":1}]],"
			       "\"report\":\"after\",\"same\":{\"changes\":"
			       "[{\"path\":\"a\",\"late\":1}]}}\n");
		ck_assert_int_eq(es_doc_check(first ? model : view, &err), 0);
		es_doc_free(first ? model : view);
	}
}
END_TEST

START_TEST(doc_refuses_a_part_of_itself)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	struct es_doc *in = es_doc_object(doc, "in");
	struct es_error err = ES_ERROR_INIT;

	es_doc_set(in, "ring", doc);
	ck_assert_int_eq(es_doc_check(doc, &err), -EINVAL);
	ck_assert_ptr_null(es_doc_get(in, "ring"));
}
END_TEST

/* A text, and how it is written again. */
static const char *const read_texts[] = {
	"{\"a\":{\"b\":[1,{\"c\":null},[[]],\"x\"]},\"d\":-0.5}\n",
	"[]\n",
	"[{\"a\":1},2,[3]]\n",
	"\"text \\u00FC \\u001B\"\n",
	"9223372036854775807\n",
	"true\n",
	"null\n",
};

START_TEST(doc_reads_what_it_writes)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	struct es_error err = ES_ERROR_INIT;
	const char *text = read_texts[_i];

	ck_assert_int_eq(es_doc_read(&doc, "f", text, strlen(text), &err), 0);
	expect(doc, text);
}
END_TEST

START_TEST(doc_that_was_read_has_nodes)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	struct es_error err = ES_ERROR_INIT;
	static const char text[] = "{\"a\":{\"b\":[1,{\"c\":7},\"x\"]},"
				   "\"a2\":[{\"k\":1},{\"k\":2}],\"a2\":[]}";

	ck_assert_int_eq(es_doc_read(&doc, "f", text, sizeof(text) - 1, &err),
			 0);
	const struct es_doc *b = es_doc_get(es_doc_get(doc, "a"), "b");
	ck_assert_uint_eq(es_doc_len(b), 3);
	ck_assert_ptr_null(es_doc_at(b, 0));
	ck_assert_int_eq(es_doc_get_number(es_doc_at(b, 1), "c", 0), 7);
	ck_assert_str_eq(es_doc_at_str(b, 2), "x");
	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "a2")), 0);
	es_doc_number(doc, "more", 1);
	expect(doc, "{\"a\":{\"b\":[1,{\"c\":7},\"x\"]},\"a2\":[],"
		    "\"more\":1}\n");
}
END_TEST

/* What is no JSON, and the beginning of what is said of it. */
static const struct {
	const char *text, *want;
} refused[] = {
	{ "", "f:1:0: no JSON: " },
	{ "{", "f:1:1: no JSON: " },
	{ "{\n \"a\": 1,\n \"b\" 2\n}", "f:3:" },
	{ "{} {}", "f:1:4: no JSON: " },
	{ "{\"a\":\"\xff\"}", "f:1:" },
	{ "\"\\u0000\"", "f:1:" },
	{ "\"\x1b[1m\"", "f:1:1: no JSON: control character 0x1b near '\"'" },
	{ "92233720368547758080", "f:1:20: no JSON: too big integer" },
	{ "nul", "f:1:3: no JSON: " },
};

START_TEST(doc_tells_what_is_no_json)
{
	struct es_doc *doc = NULL;
	struct es_error err = ES_ERROR_INIT;
	const char *text = refused[_i].text;

	ck_assert_int_eq(es_doc_read(&doc, "f", text, strlen(text), &err),
			 -EINVAL);
	ck_assert_ptr_null(doc);
	ck_assert_msg(strncmp(err.msg, refused[_i].want,
			      strlen(refused[_i].want)) == 0,
		      "%s", err.msg);
	ck_assert_ptr_null(strchr(err.msg, '\x1b'));
}
END_TEST

/* Brackets in each other; those in strings are text. */
START_TEST(doc_nests_so_deep)
{
	static const struct {
		int depth, rc;
	} rows[] = { { ES_DOC_DEPTH_MAX, 0 },
		     { ES_DOC_DEPTH_MAX + 1, -EINVAL },
		     { 100000, -EINVAL } };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	es_buf_addc(&text, '\n');
	for (int i = 1; i < rows[_i].depth; i++)
		es_buf_addc(&text, '[');
	es_buf_adds(&text, "{\"[[[\\\"[[[\":\"[{\\\\\"}");
	for (int i = 1; i < rows[_i].depth; i++)
		es_buf_addc(&text, ']');
	ck_assert_int_eq(es_doc_read(&doc, "f", text.data, text.len, &err),
			 rows[_i].rc);
	if (rows[_i].rc < 0)
		ck_assert_str_eq(err.msg,
				 "f:2:129: brackets more than 128 deep");
}
END_TEST

/* Kinds, sizes, truth and text of values. */
static const struct {
	const char *json;
	enum es_value_kind kind;
	size_t len;
	bool is_true;
	const char *text;
} values[] = {
	{ "null", ES_VALUE_NULL, 0, false, "" },
	{ "true", ES_VALUE_BOOL, 0, true, "true" },
	{ "false", ES_VALUE_BOOL, 0, false, "false" },
	{ "0", ES_VALUE_NUMBER, 0, false, "0" },
	{ "-1", ES_VALUE_NUMBER, 0, true, "-1" },
	{ "0.0", ES_VALUE_REAL, 0, false, "0.0" },
	{ "-0.25", ES_VALUE_REAL, 0, true, "-0.25" },
	{ "0.1", ES_VALUE_REAL, 0, true, "0.1" },
	{ "0.30000000000000004", ES_VALUE_REAL, 0, true,
	  "0.30000000000000004" },
	{ "\"\"", ES_VALUE_TEXT, 0, false, "" },
	{ "\"\\u00fc\\n\"", ES_VALUE_TEXT, 3, true, "\xc3\xbc\n" },
	{ "[]", ES_VALUE_ARRAY, 0, false, "[]" },
	{ "[ 1 , \"\\u00fc\" ]", ES_VALUE_ARRAY, 2, true, "[1,\"\\u00FC\"]" },
	{ "{}", ES_VALUE_OBJECT, 0, true, "{}" },
	{ "{\"a\":1}", ES_VALUE_OBJECT, 1, true, "{\"a\":1}" },
};

START_TEST(value_tells_what_it_is)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	const char *json = values[_i].json;

	ck_assert_int_eq(es_doc_read(&doc, "f", json, strlen(json), &err), 0);
	struct es_value v = es_value_of(doc);
	ck_assert_int_eq(es_value_kind(v), values[_i].kind);
	ck_assert_uint_eq(es_value_len(v), values[_i].len);
	ck_assert_int_eq(es_value_is_true(v), values[_i].is_true);
	ck_assert_int_eq(es_value_add(&out, v), 0);
	ck_assert_str_eq(es_buf_str(&out), values[_i].text);
	ck_assert((es_value_text(v) != NULL) ==
		  (values[_i].kind == ES_VALUE_TEXT));
}
END_TEST

START_TEST(value_is_found)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	struct es_value v = es_value_of(doc);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	es_doc_push_number(es_doc_array(doc, "l"), 5);
	es_doc_str(doc, "n", NULL);
	ck_assert_int_eq(
		es_value_number(es_value_at(es_value_get(v, "l"), 0), -1), 5);
	ck_assert_int_eq(es_value_number(v, -1), -1);
	ck_assert_int_eq(es_value_kind(es_value_get(v, "n")), ES_VALUE_NULL);
	struct es_value none[] = { es_value_get(v, "x"),
				   es_value_at(es_value_get(v, "l"), 1),
				   es_value_at(v, 0),
				   es_value_get(es_value_get(v, "l"), "x") };
	for (size_t i = 0; i < es_lengthof(none); i++) {
		ck_assert_int_eq(es_value_kind(none[i]), ES_VALUE_NONE);
		ck_assert_uint_eq(es_value_len(none[i]), 0);
		ck_assert(!es_value_is_true(none[i]));
		ck_assert_int_eq(es_value_add(&out, none[i]), 0);
	}
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(es_value_json(&out, none[0]), 0);
	ck_assert_str_eq(out.data, "null");
	ck_assert(es_value_is_true(es_value_of_bool(true)));
	ck_assert(!es_value_is_true(es_value_of_bool(false)));
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
	tcase_add_test(tc, doc_takes_numbers_and_arrays_in_arrays);
	tcase_add_test(tc, doc_shares_nodes);
	tcase_add_test(tc, doc_refuses_a_part_of_itself);
	tcase_add_loop_test(tc, doc_reads_what_it_writes, 0,
			    es_lengthof(read_texts));
	tcase_add_test(tc, doc_that_was_read_has_nodes);
	tcase_add_loop_test(tc, doc_tells_what_is_no_json, 0,
			    es_lengthof(refused));
	tcase_add_loop_test(tc, doc_nests_so_deep, 0, 3);
	tcase_add_loop_test(tc, value_tells_what_it_is, 0, es_lengthof(values));
	tcase_add_test(tc, value_is_found);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
