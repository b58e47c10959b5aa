/* SPDX-License-Identifier: MIT */
/* test_quote.c - unit tests of the quoting of hostile bytes */
#include "config.h"

#include "etcsnap/quote.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

/* A byte string that may hold NUL, and its length. */
#define B(s) s, sizeof(s) - 1

static const struct {
	const char *raw;
	size_t len;
	const char *term;
	const char *text;
} forms[] = {
	{ B(""), "", "" },
	{ B("plain name ~!"), "plain name ~!", "plain name ~!" },
	{ B("a\nb"), "a\\nb", "a\\nb" },
	{ B("a\tb"), "a\\tb", "a\tb" },
	{ B("a\\b"), "a\\\\b", "a\\b" },
	{ B("a\0b"), "a\\x00b", "a\\x00b" },
	{ B("\r\x1b[2J\x7f"), "\\x0d\\x1b[2J\\x7f", "\\x0d\\x1b[2J\\x7f" },
	{ B("äöü €𝄞"), "äöü €𝄞", "äöü €𝄞" },
	/* C1 controls, as a bare byte and as UTF-8: CSI of some terminals */
	{ B("\x9b"
	    "2J"),
	  "\\x9b2J", "\\x9b2J" },
	{ B("\xc2\x9b"
	    "2J"),
	  "\\xc2\\x9b2J", "\\xc2\\x9b2J" },
	/* bidirectional override, isolate, mark */
	{ B("a\u202egpj"), "a\\xe2\\x80\\xaegpj", "a\\xe2\\x80\\xaegpj" },
	{ B("\u2066x"), "\\xe2\\x81\\xa6x", "\\xe2\\x81\\xa6x" },
	{ B("\u061cx"), "\\xd8\\x9cx", "\\xd8\\x9cx" },
	/* zero width, soft hyphen, byte order mark, line separator, tag */
	{ B("a\u200bb"), "a\\xe2\\x80\\x8bb", "a\\xe2\\x80\\x8bb" },
	{ B("a\u00adb"), "a\\xc2\\xadb", "a\\xc2\\xadb" },
	{ B("\ufeffa"), "\\xef\\xbb\\xbfa", "\\xef\\xbb\\xbfa" },
	{ B("\u2028"), "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8" },
	{ B("\U000e0041"), "\\xf3\\xa0\\x81\\x81", "\\xf3\\xa0\\x81\\x81" },
	/* invalid: stray, truncated, overlong, surrogate, beyond the end */
	{ B("\x80"), "\\x80", "\\x80" },
	{ B("\xc3"), "\\xc3", "\\xc3" },
	{ B("\xc3("), "\\xc3(", "\\xc3(" },
	{ B("\xe2\x82"), "\\xe2\\x82", "\\xe2\\x82" },
	{ B("\xc0\xaf"), "\\xc0\\xaf", "\\xc0\\xaf" },
	{ B("\xe0\x80\xaf"), "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf" },
	{ B("\xed\xa0\x80"), "\\xed\\xa0\\x80", "\\xed\\xa0\\x80" },
	{ B("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf",
	  "\\xf0\\x80\\x80\\xaf" },
	{ B("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80",
	  "\\xf4\\x90\\x80\\x80" },
	{ B("\xf5\xff\xfe"), "\\xf5\\xff\\xfe", "\\xf5\\xff\\xfe" },
	{ B("\xff\xc3\xa4"), "\\xffä", "\\xffä" },
};

START_TEST(term_and_text)
{
	struct es_buf b = ES_BUF_INIT(1000);

	ck_assert_int_eq(es_quote_term(&b, forms[_i].raw, forms[_i].len), 0);
	ck_assert_str_eq(es_buf_str(&b), forms[_i].term);
	es_buf_reset(&b);
	ck_assert_int_eq(es_quote_text(&b, forms[_i].raw, forms[_i].len), 0);
	ck_assert_str_eq(es_buf_str(&b), forms[_i].text);
	es_buf_dispose(&b);
}
END_TEST

/* Whatever goes in: no control byte, one line, well-formed UTF-8. */
START_TEST(term_is_safe_for_random_bytes)
{
	struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t state = 0x1234567 + (uint64_t)_i;
	char raw[64];

	for (int round = 0; round < 2000; round++) {
		size_t len = es_unit_random(&state) % sizeof(raw);

		for (size_t i = 0; i < len; i++)
			raw[i] = (char)es_unit_random(&state);
		es_buf_reset(&b);
		ck_assert_int_eq(es_quote_term(&b, raw, len), 0);
		ck_assert(es_utf8_valid(es_buf_str(&b), b.len));
		for (size_t i = 0; i < b.len; i++) {
			ck_assert_int_ne(b.data[i], 0x7f);
			ck_assert(((unsigned char)b.data[i]) >= ' ');
		}
	}
	es_buf_dispose(&b);
}
END_TEST

START_TEST(quoting_keeps_a_failed_buffer_failed)
{
	struct es_buf b = ES_BUF_INIT(3);

	ck_assert_int_eq(es_quote_term(&b, "\xff", 1), -EFBIG);
	ck_assert_int_eq(es_quote_mtree(&b, "a", 1), -EFBIG);
	ck_assert_int_eq(es_unquote_mtree(&b, "a", 1), -EFBIG);
	ck_assert_str_eq(es_buf_str(&b), "");
	es_buf_dispose(&b);
}
END_TEST

static const struct {
	size_t room;
	const char *raw;
	const char *want;
} tmps[] = {
	{ 12, NULL, "(none)" },
	{ 12, "", "" },
	{ 12, "12345678901", "12345678901" },
	{ 12, "123456789012", "12345678..." },
	{ 12, "1234567\n9", "1234567\\n9" },
	{ 12, "12345678\n\n\n", "12345678..." },
	{ 12, "1234567\n\n\n", "1234567..." },
	/* an escape or a character is cut as a whole */
	{ 12, "12345\xff\xff", "12345..." },
	{ 12, "1234\xff\xff", "1234\\xff..." },
	{ 12, "1234567€€", "1234567..." },
	{ 12, "12345€€", "12345€€" },
	{ 4, "12345", "..." },
	{ 4, "123", "123" },
	{ 3, "1", "" },
	{ 1, "1", "" },
};

START_TEST(tmp_cuts_with_dots)
{
	char out[32];

	memset(out, 'Z', sizeof(out));
	es_quote_tmp(out, tmps[_i].room, tmps[_i].raw);
	ck_assert_str_eq(out, tmps[_i].want);
	for (size_t i = tmps[_i].room; i < sizeof(out); i++)
		ck_assert_int_eq(out[i], 'Z');
}
END_TEST

START_TEST(tmp_works_twice_in_one_call)
{
	char both[64];

	snprintf(both, sizeof(both), "%s %s", ES_Q("a\n"), ES_Q("b\x1b"));
	ck_assert_str_eq(both, "a\\n b\\x1b");
}
END_TEST

static const struct {
	const char *raw;
	size_t len;
	bool valid;
} utf8s[] = {
	{ B(""), true },
	{ B("ascii only, more than eight"), true },
	{ B("\0"), true },
	{ B("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"), true },
	{ B("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true },
	{ B("\xed\x9f\xbf\xee\x80\x80"), true },
	{ B("12345678\xc3\xa4"), true },
	{ B("12345678\xc3"), false },
	{ B("\xc1\xbf"), false },
	{ B("\xe0\x9f\xbf"), false },
	{ B("\xed\xbf\xbf"), false },
	{ B("\xf0\x8f\xbf\xbf"), false },
	{ B("\xf4\x90\x80\x80"), false },
	{ B("\xf8\x88\x80\x80\x80"), false },
	{ B("\xe2\x28\xa1"), false },
	{ B("\xe2\x82\x28"), false },
	{ B("\xfe"), false },
};

START_TEST(utf8_well_formed)
{
	ck_assert(es_utf8_valid(utf8s[_i].raw, utf8s[_i].len) ==
		  utf8s[_i].valid);
}
END_TEST

static const struct {
	const char *raw;
	const char *want;
} mtrees[] = {
	{ "etc/passwd", "etc/passwd" },
	{ "a b", "a\\040b" },
	{ "#=\\", "\\043\\075\\134" },
	{ "*?[x]", "\\052\\077\\133x]" },
	{ "a\nb\t\x7f", "a\\012b\\011\\177" },
	{ "ä", "\\303\\244" },
	{ "\xff", "\\377" },
};

START_TEST(mtree_quotes)
{
	struct es_buf b = ES_BUF_INIT(100);

	ck_assert_int_eq(
		es_quote_mtree(&b, mtrees[_i].raw, strlen(mtrees[_i].raw)), 0);
	ck_assert_str_eq(es_buf_str(&b), mtrees[_i].want);
	es_buf_dispose(&b);
}
END_TEST

static const struct {
	const char *enc;
	const char *want; /* NULL: broken */
} unquotes[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "a\\040b", "a b" },
	{ "\\303\\244", "ä" },
	{ "\\1012", "A2" },
	{ "\\7x", "\ax" },
	{ "\\s\\n\\t\\r\\a\\b\\v\\f\\E", " \n\t\r\a\b\v\f\033" },
	{ "\\\\\\#\\=", "\\#=" },
	{ "\\^A\\^?\\^[", "\x01\x7f\x1b" },
	{ "\\M-a\\M^A\\M^?", "\xe1\x81\xff" },
	{ "\\", NULL },
	{ "ab\\", NULL },
	{ "ok\\q", NULL },
	{ "\\9", NULL },
	{ "\\400", NULL },
	{ "\\777", NULL },
	{ "\\0", NULL },
	{ "\\000", NULL },
	{ "\\M", NULL },
	{ "\\M-", NULL },
	{ "\\M^", NULL },
	{ "\\Mx", NULL },
	{ "\\M-\x01", NULL },
	{ "\\^", NULL },
	{ "\\^@", NULL },
	{ "\\-a", NULL },
	{ "\\$", NULL },
	{ "\\\n", NULL },
	{ "\\\xff", NULL },
};

START_TEST(mtree_unquotes)
{
	struct es_buf b = ES_BUF_INIT(100);
	const char *want = unquotes[_i].want;
	char enc[32];
	size_t len = strlen(unquotes[_i].enc);

	/* No NUL behind it: reading too far would read "Q". */
	memset(enc, 'Q', sizeof(enc));
	memcpy(enc, unquotes[_i].enc, len);
	es_buf_adds(&b, ">");
	int rc = es_unquote_mtree(&b, enc, len);
	ck_assert_int_eq(rc, want ? 0 : -EINVAL);
	ck_assert_str_eq(es_buf_str(&b) + 1, want ? want : "");
	es_buf_dispose(&b);
}
END_TEST

START_TEST(mtree_round_trip)
{
	struct es_buf enc = ES_BUF_INIT(ES_BUF_MAX);
	struct es_buf dec = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t state = 0xabcdef + (uint64_t)_i;
	char raw[255];

	for (int round = 0; round < 1000; round++) {
		size_t len = es_unit_random(&state) % sizeof(raw);

		for (size_t i = 0; i < len; i++)
			raw[i] = (char)(es_unit_random(&state) % 255 + 1);
		es_buf_reset(&enc);
		es_buf_reset(&dec);
		ck_assert_int_eq(es_quote_mtree(&enc, raw, len), 0);
		for (size_t i = 0; i < enc.len; i++)
			ck_assert(enc.data[i] > ' ' && enc.data[i] <= '~');
		ck_assert_int_eq(
			es_unquote_mtree(&dec, es_buf_str(&enc), enc.len), 0);
		ck_assert_uint_eq(dec.len, len);
		ck_assert_mem_eq(es_buf_str(&dec), raw, len);
	}
	es_buf_dispose(&enc);
	es_buf_dispose(&dec);
}
END_TEST

/* Random bytes, many of them backslashes: no crash, all or nothing. */
START_TEST(mtree_unquotes_random_bytes)
{
	struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	static const char some[] = "\\\\\\M^-0123789nsx";
	uint64_t state = 77;
	char raw[16];

	for (int round = 0; round < 20000; round++) {
		size_t len = es_unit_random(&state) % sizeof(raw);

		for (size_t i = 0; i < len; i++)
			raw[i] = some[es_unit_random(&state) % sizeof(some)];
		es_buf_reset(&b);
		if (es_unquote_mtree(&b, raw, len) < 0)
			ck_assert_uint_eq(b.len, 0);
		else
			ck_assert_uint_le(b.len, len);
	}
	es_buf_dispose(&b);
}
END_TEST

static Suite *quote_suite(void)
{
	Suite *s = suite_create("quote");
	TCase *tc = tcase_create("quote");

	tcase_add_loop_test(tc, term_and_text, 0, es_lengthof(forms));
	tcase_add_loop_test(tc, term_is_safe_for_random_bytes, 0, 5);
	tcase_add_test(tc, quoting_keeps_a_failed_buffer_failed);
	tcase_add_loop_test(tc, tmp_cuts_with_dots, 0, es_lengthof(tmps));
	tcase_add_test(tc, tmp_works_twice_in_one_call);
	tcase_add_loop_test(tc, utf8_well_formed, 0, es_lengthof(utf8s));
	tcase_add_loop_test(tc, mtree_quotes, 0, es_lengthof(mtrees));
	tcase_add_loop_test(tc, mtree_unquotes, 0, es_lengthof(unquotes));
	tcase_add_loop_test(tc, mtree_round_trip, 0, 5);
	tcase_add_test(tc, mtree_unquotes_random_bytes);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(quote_suite());
}
