/* SPDX-License-Identifier: MIT */
/* test_report_doc.c - what a program reads, and that bytes do no harm */
#include "config.h"

#include "unit.h"

#include "etcsnap/quote.h"

#include "report_unit.h"

/* Errors are news only when their set is another one. */
START_TEST(report_tells_errors_once)
{
	struct es_oid a = es_unit_tree(
		&repo, ITEMS({ "/a", "1" }, { "run/errors", "EIO /x\n" }));
	struct es_oid b = es_unit_tree(
		&repo, ITEMS({ "/a", "2" }, { "run/errors", "EIO /x\n" }));
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);

	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "errors")), 0);
}
END_TEST

START_TEST(report_errors_have_exact_paths)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/a", "1" }));
	struct es_oid b = es_unit_tree(
		&repo, ITEMS({ "/a", "1" },
			     { "run/errors", "EIO /a b\\\\n\\x1b\\xff\\t\n"
					     "broken\nEIO /\\x\\q\\\n" }));
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(1 << 20);
	const struct es_doc *list = es_doc_get(doc, "errors");

	ck_assert_uint_eq(es_doc_len(list), 2);
	ck_assert(es_doc_get_bytes(es_doc_at(list, 0), "path", &got));
	ck_assert_str_eq(got.data, "/a b\\n\x1b\xff\t");
	ck_assert_str_eq(es_doc_get_str(es_doc_at(list, 1), "path"),
			 "/\\x\\q\\");
	es_unit_check_json(doc);
}
END_TEST

/* Whatever a name or a line holds: safe on a terminal, exact in JSON. */
static const char *const hostile[] = {
	"\x1b[2J\x1b]0;owned\x07",
	"\xc2\x9b"
	"31m",
	"\xe2\x80\xae"
	"drowssap",
	"\xe2\x81\xa6isolate",
	"\xff\xfe\x80",
	"a\rb\bc\x7f",
	"\xe2\x80\x8bzero",
	"tab\there \\ backslash \\x41",
};

static void assert_safe(const struct es_buf *out)
{
	ck_assert(es_utf8_valid(out->data, out->len));
	for (size_t i = 0; i < out->len; i++) {
		unsigned char c = (unsigned char)out->data[i];

		ck_assert_msg(c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f),
			      "byte %02x", c);
		/* C1 controls; bidirectional and zero-width characters */
		ck_assert(
			!(c == 0xc2 && (unsigned char)out->data[i + 1] < 0xa0));
		ck_assert(!(c == 0xe2 &&
			    ((unsigned char)out->data[i + 1] == 0x80 ||
			     (unsigned char)out->data[i + 1] == 0x81)));
	}
}

START_TEST(report_quotes_hostile_bytes)
{
	const char *bad = hostile[_i];
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_unit_item was[3] = { { "/keep", "1" }, { "/l", "x", LINK } };
	struct es_unit_item is[3] = { { "/keep", "1" } };

	es_buf_addf(&path, "/z%s", bad);
	es_buf_addf(&text, "before\n%s\n", bad);
	was[2] = (struct es_unit_item){ path.data, "before\n" };
	is[1] = (struct es_unit_item){ "/l", bad, LINK };
	is[2] = (struct es_unit_item){ path.data, text.data };
	struct es_oid a = es_unit_tree(&repo, was, 3);
	struct es_oid b = es_unit_tree(&repo, is, 3);
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	const struct es_doc *changes = es_doc_get(doc, "changes");

	ck_assert_uint_eq(es_doc_len(changes), 2);
	es_unit_render(&out, doc, AS(.whole = true));
	assert_safe(&out);
	es_buf_reset(&out);
	ck_assert(es_doc_get_bytes(es_doc_at(changes, 1), "path", &out));
	ck_assert_str_eq(out.data, path.data);
	es_unit_check_json(doc);
}
END_TEST

/* No digest of a secret, a masked or an unshown content anywhere. */
START_TEST(report_json_gives_no_secret_away)
{
	struct es_oid a = es_unit_tree(
		&repo, ITEMS({ "/key", "-----BEGIN PRIVATE KEY-----\nMII\n" },
			     { "/masked",
			       "p=<masked:01234567>\n",
			       { .has = ES_HAS_MASKED } },
			     { "/s", "hunter2", SECRET }));
	struct es_oid b =
		es_unit_tree(&repo, ITEMS({ "/key", "x\n" },
					  { "/masked",
					    "p=<masked:89abcdef>\n",
					    { .has = ES_HAS_MASKED } },
					  { "/s", "hunter3", SECRET }));
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	ck_assert_int_eq(es_doc_write(doc, &out, true), 0);
	ck_assert_ptr_null(strstr(out.data, "hunter"));
	ck_assert_ptr_null(strstr(out.data, "MII"));
	ck_assert_ptr_null(strstr(out.data, "sha256"));
	ck_assert_ptr_null(strstr(out.data, "hmac"));
	ck_assert_ptr_null(strstr(out.data, "digest"));
	ck_assert_ptr_nonnull(strstr(out.data, "<masked:89abcdef>"));
	es_unit_check_json(doc);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report_doc");
	TCase *tc = tcase_create("report_doc");

	tcase_add_checked_fixture(tc, es_unit_report_setup,
				  es_unit_runs_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, report_tells_errors_once);
	tcase_add_test(tc, report_errors_have_exact_paths);
	tcase_add_loop_test(tc, report_quotes_hostile_bytes, 0,
			    es_lengthof(hostile));
	tcase_add_test(tc, report_json_gives_no_secret_away);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
