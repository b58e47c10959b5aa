/* SPDX-License-Identifier: MIT */
/* test_sniff.c - unit tests of telling text, binary and private keys apart */
#include "config.h"

#include "etcsnap/sniff.h"

#include "unit.h"

#include <string.h>

#define LITERAL(s) (s), sizeof(s) - 1

static const struct {
	const char *data;
	size_t len;
	bool binary, utf16;
} kinds[] = {
	{ LITERAL(""), false, false },
	{ LITERAL("text\n"), false, false },
	{ LITERAL("\0"), true, false },
	{ LITERAL("text\0"), true, false },
	{ LITERAL("\xff\xfe"), false, true },
	{ LITERAL("\xfe\xff\0a"), false, true },
	{ LITERAL("\xff\xfe"
		  "a\0"),
	  false, true },
	{ LITERAL("\xff"), false, false },
	{ LITERAL("\xff\0"), true, false },
	{ LITERAL("\xef\xbb\xbf"
		  "utf-8\n"),
	  false, false },
	{ LITERAL("\x7f"
		  "ELF\x02\x01\x01\0"),
	  true, false },
};

START_TEST(kinds_of_content)
{
	ck_assert_int_eq(es_sniff_binary(kinds[_i].data, kinds[_i].len),
			 kinds[_i].binary);
	ck_assert_int_eq(es_sniff_utf16(kinds[_i].data, kinds[_i].len),
			 kinds[_i].utf16);
}
END_TEST

START_TEST(only_the_beginning_counts)
{
	char data[ES_SNIFF_LEN + 1];

	memset(data, 'a', sizeof(data));
	data[ES_SNIFF_LEN] = '\0';
	ck_assert(!es_sniff_binary(data, sizeof(data)));
	data[ES_SNIFF_LEN - 1] = '\0';
	ck_assert(es_sniff_binary(data, sizeof(data)));
	ck_assert(!es_sniff_binary(data, ES_SNIFF_LEN - 1));
}
END_TEST

static const struct {
	const char *text;
	bool key;
} keys[] = {
	{ "-----BEGIN PRIVATE KEY-----\n", true },
	{ "-----BEGIN RSA PRIVATE KEY-----", true },
	{ "-----BEGIN EC PRIVATE KEY-----\nMHc", true },
	{ "-----BEGIN DSA PRIVATE KEY-----\n", true },
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", true },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----\n", true },
	{ "-----BEGIN PGP PRIVATE KEY BLOCK-----\n", true },
	{ "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", true },
	{ "some text\n-----BEGIN PRIVATE KEY-----\n", true },
	{ "dos\r\n-----BEGIN PRIVATE KEY-----\r\n", true },
	{ "key: |\n    -----BEGIN PRIVATE KEY-----\n", true },
	{ "\t-----BEGIN PRIVATE KEY-----\n", true },
	{ "{\"k\": \"-----BEGIN PRIVATE KEY-----\\nMIIE\"}", true },
	{ "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
	  "-----BEGIN PRIVATE KEY-----\n",
	  true },
	{ "BEGIN BEGIN \n-----BEGIN PRIVATE KEY-----\n", true },
	{ "", false },
	{ "-----BEGIN ", false },
	{ "BEGIN PRIVATE KEY", false },
	{ "  BEGIN PRIVATE KEY-----\n", false },
	{ "-----BEGIN PRIVATE KEY", false },
	{ "-----BEGIN PRIVATE KEY---", false },
	{ "-----BEGIN PUBLIC KEY-----\n", false },
	{ "-----BEGIN CERTIFICATE-----\nPRIVATE KEY-----\n", false },
	{ "-----END PRIVATE KEY-----\n", false },
	{ "grep '-----BEGIN PRIVATE KEY-----' f\n", false },
	{ "# a -----BEGIN PRIVATE KEY----- line\n", false },
	{ "-----BEGIN A LABEL THAT IS SO LONG THAT NOBODY EVER WROTE ONE LIKE "
	  "IT PRIVATE KEY-----\n",
	  false },
};

START_TEST(private_keys)
{
	/* an exact copy, so that reading beyond the end is seen */
	size_t len = strlen(keys[_i].text);
	char *copy = malloc(len ? len : 1);

	memcpy(copy, keys[_i].text, len);
	ck_assert_msg(es_sniff_key(copy, len) == keys[_i].key, "%s",
		      keys[_i].text);
	/* wherever it stands */
	size_t far = 100000;
	char *more = malloc(far + len);
	memset(more, 'x', far);
	more[far - 1] = '\n';
	memcpy(more + far, copy, len);
	ck_assert_int_eq(es_sniff_key(more, far + len), keys[_i].key);
	free(more);
	free(copy);
}
END_TEST

START_TEST(private_key_behind_a_mark)
{
	ck_assert(es_sniff_key(
		LITERAL("\xef\xbb\xbf-----BEGIN PRIVATE KEY-----\n")));
	ck_assert(!es_sniff_key(
		LITERAL("x\xef\xbb\xbf-----BEGIN PRIVATE KEY-----\n")));
	ck_assert(!es_sniff_key(LITERAL("\xef\xbb\xbf")));
}
END_TEST

static const struct {
	const char *raw;
	size_t len;
	const char *text;
} decoded[] = {
	{ LITERAL("\xff\xfe"), "" },
	{ LITERAL("\xff\xfe"
		  "a\0"),
	  "a" },
	{ LITERAL("\xfe\xff\0a\0b"), "ab" },
	{ LITERAL("\xff\xfe"
		  "a\0b"),
	  "a" },
	{ LITERAL("\xff\xfe\xe9\0\xac\x20"), "\xc3\xa9\xe2\x82\xac" },
	{ LITERAL("\xff\xfe\x3d\xd8\x00\xde"), "\xf0\x9f\x98\x80" },
	{ LITERAL("\xfe\xff\xd8\x3d\xde\x00"), "\xf0\x9f\x98\x80" },
	{ LITERAL("\xff\xfe\x3d\xd8"
		  "a\0"),
	  "\xef\xbf\xbd"
	  "a" },
	{ LITERAL("\xff\xfe\x3d\xd8"), "\xef\xbf\xbd" },
	{ LITERAL("\xff\xfe\x00\xde"
		  "a\0"),
	  "\xef\xbf\xbd"
	  "a" },
	{ LITERAL("\xff\xfe\xff\xff"), "\xef\xbf\xbf" },
	{ LITERAL("\xff\xfe\x7f\0\x80\0\xff\x07\x00\x08"),
	  "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80" },
};

START_TEST(utf16_becomes_utf8)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	ck_assert_int_eq(es_sniff_decode(&b, decoded[_i].raw, decoded[_i].len),
			 0);
	ck_assert_str_eq(es_buf_str(&b), decoded[_i].text);
	ck_assert_uint_eq(b.len, strlen(decoded[_i].text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sniff");
	TCase *t = tcase_create("sniff");

	tcase_add_loop_test(t, kinds_of_content, 0, es_lengthof(kinds));
	tcase_add_test(t, only_the_beginning_counts);
	tcase_add_loop_test(t, private_keys, 0, es_lengthof(keys));
	tcase_add_test(t, private_key_behind_a_mark);
	tcase_add_loop_test(t, utf16_becomes_utf8, 0, es_lengthof(decoded));
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
