/* SPDX-License-Identifier: MIT */
/* test_base64.c - bytes as base64 and back */
#include "config.h"

#include "etcsnap/base64.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

/* RFC 4648 section 10, and the two digits that are no letters */
static const struct {
	const char *raw;
	const char *text;
} pairs[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff", "+/8=" },
};

START_TEST(base64_both_ways)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(64);
	const char *raw = pairs[_i].raw, *text = pairs[_i].text;

	ck_assert_int_eq(es_base64_encode(&out, raw, strlen(raw)), 0);
	ck_assert_str_eq(es_buf_str(&out), text);
	es_buf_reset(&out);
	ck_assert_int_eq(es_base64_decode(&out, text, strlen(text)), 0);
	ck_assert_uint_eq(out.len, strlen(raw));
	ck_assert_str_eq(es_buf_str(&out), raw);
	/* without padding, too */
	es_buf_reset(&out);
	ck_assert_int_eq(es_base64_decode(&out, text, strcspn(text, "=")), 0);
	ck_assert_str_eq(es_buf_str(&out), raw);
}
END_TEST

START_TEST(base64_of_every_byte)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(512);
	ES_CLEANUP(es_buf_dispose) struct es_buf back = ES_BUF_INIT(512);
	char raw[256];

	for (int i = 0; i < 256; i++)
		raw[i] = (char)i;
	ck_assert_int_eq(es_base64_encode(&out, raw, sizeof(raw)), 0);
	ck_assert_int_eq(es_base64_decode(&back, out.data, out.len), 0);
	ck_assert_uint_eq(back.len, sizeof(raw));
	ck_assert_mem_eq(back.data, raw, sizeof(raw));
}
END_TEST

START_TEST(base64_refuses_other_bytes)
{
	static const char *const bad[] = { "Zm9v!", "Zm 9v", "Zm9v\n", "Z=g=" };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(64);

	ck_assert_int_eq(es_base64_decode(&out, bad[_i], strlen(bad[_i])),
			 -EINVAL);
}
END_TEST

START_TEST(base64_stops_at_the_ceiling)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(3);

	ck_assert_int_eq(es_base64_encode(&out, "foo", 3), -EFBIG);
	es_buf_reset(&out);
	ck_assert_int_eq(es_base64_decode(&out, "Zm9vYg==", 8), -EFBIG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base64");
	TCase *t = tcase_create("base64");

	tcase_add_loop_test(t, base64_both_ways, 0, es_lengthof(pairs));
	tcase_add_test(t, base64_of_every_byte);
	tcase_add_loop_test(t, base64_refuses_other_bytes, 0, 4);
	tcase_add_test(t, base64_stops_at_the_ceiling);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
