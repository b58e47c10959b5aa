/* SPDX-License-Identifier: MIT */
/* test_digest.c - unit tests of the digests and checksums */
#include "config.h"

#include "etcsnap/digest.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define A_MILLION 1000000

/*
 * FIPS 180-4 examples (NIST CSRC) and the test suite of RFC 1321; NULL text:
 * a million times 'a'.
 */
static const struct {
	enum es_digest_kind kind;
	const char *text;
	const char *hex;
} vectors[] = {
	{ ES_DIGEST_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ ES_DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ ES_DIGEST_SHA1,
	  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
	{ ES_DIGEST_SHA1, NULL, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },
	{ ES_DIGEST_SHA256, "",
	  "e3b0c44298fc1c149afbf4c8996fb924"
	  "27ae41e4649b934ca495991b7852b855" },
	{ ES_DIGEST_SHA256, "abc",
	  "ba7816bf8f01cfea414140de5dae2223"
	  "b00361a396177a9cb410ff61f20015ad" },
	{ ES_DIGEST_SHA256,
	  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039"
	  "a33ce45964ff2167f6ecedd419db06c1" },
	{ ES_DIGEST_SHA256, NULL,
	  "cdc76e5c9914fb9281a1c7e284d73e67"
	  "f1809a48a497200e046d39ccc7112cd0" },
	{ ES_DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ ES_DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ ES_DIGEST_MD5,
	  "1234567890123456789012345678901234567890"
	  "1234567890123456789012345678901234567890",
	  "57edf4a22be3c955ac49da2e2107b67a" },
	{ ES_DIGEST_MD5, NULL, "7707d6ae4e027c70eea2a935c2296f21" },
};

static size_t digest_len(enum es_digest_kind kind)
{
	if (kind == ES_DIGEST_MD5)
		return ES_MD5_LEN;
	return kind == ES_DIGEST_SHA1 ? ES_SHA1_LEN : ES_SHA256_LEN;
}

static void feed(struct es_digest *d, const char *text, size_t step)
{
	if (!text) {
		static char block[1000];

		memset(block, 'a', sizeof(block));
		for (size_t i = 0; i < A_MILLION / sizeof(block); i++)
			es_digest_update(d, block, sizeof(block));
		return;
	}
	for (size_t len = strlen(text); len > 0;) {
		size_t n = step < len ? step : len;

		es_digest_update(d, text, n);
		text += n;
		len -= n;
	}
}

/* Each vector whole and in pieces, always by the same computation. */
START_TEST(nist_vectors)
{
	static const size_t steps[] = { 1000, 1, 7, 55, 64 };
	struct es_digest *d = NULL;
	struct es_error err = ES_ERROR_INIT;
	size_t len = digest_len(vectors[_i].kind);
	uint8_t out[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];

	ck_assert_int_eq(es_digest_new(&d, vectors[_i].kind, NULL, &err), 0);
	/* Begun and given up: the next begin starts over. */
	es_digest_begin(d);
	es_digest_update(d, "junk", 4);
	for (size_t i = 0; i < es_lengthof(steps); i++) {
		es_digest_begin(d);
		feed(d, vectors[_i].text, steps[i]);
		es_digest_end(d, out);
		ck_assert_str_eq(es_hex(hex, out, len), vectors[_i].hex);
	}
	es_digest_free(d);
}
END_TEST

START_TEST(sha256_of_memory)
{
	uint8_t out[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];

	for (size_t i = 0; i < es_lengthof(vectors); i++) {
		if (vectors[i].kind != ES_DIGEST_SHA256 || !vectors[i].text)
			continue;
		es_sha256(out, vectors[i].text, strlen(vectors[i].text));
		ck_assert_str_eq(es_hex(hex, out, sizeof(out)), vectors[i].hex);
	}
}
END_TEST

/*
 * RFC 4231 cases 1 to 3: their keys are shorter than ours, and HMAC pads a
 * short key with zero bytes, so that the values are the same. The last one
 * is a full key of 32 bytes, by openssl dgst -mac HMAC.
 */
static const struct {
	const char *key;
	const char *data;
	const char *hex;
} hmacs[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000",
	  "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b"
	  "881dc200c9833da726e9376c2e32cff7" },
	{ "4a65666500000000000000000000000000000000000000000000000000000000",
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c7"
	  "5a003f089d2739839dec58b964ec3843" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000000000000",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	  "773ea91e36800e46854db8ebd09181a7"
	  "2959098b3ef8c122d9635514ced565fe" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "616263",
	  "f0133729c4163dede81e21cd47839256da58171238c8a0d874397c73b14e1e47" },
};

START_TEST(hmac_vectors)
{
	struct es_digest *d = NULL;
	struct es_error err = ES_ERROR_INIT;
	uint8_t key[ES_KEY_LEN], data[64], out[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];
	size_t len = strlen(hmacs[_i].data) / 2;

	ck_assert_int_eq(es_unhex(key, hmacs[_i].key, sizeof(key)), 0);
	ck_assert_int_eq(es_unhex(data, hmacs[_i].data, len), 0);
	ck_assert_int_eq(es_digest_new(&d, ES_DIGEST_HMAC, key, &err), 0);
	/* The key was copied: the caller may wipe its own. */
	memset(key, 0, sizeof(key));
	for (int round = 0; round < 3; round++) {
		es_digest_begin(d);
		es_digest_update(d, data, len / 2);
		es_digest_update(d, data + len / 2, len - len / 2);
		es_digest_end(d, out);
		ck_assert_str_eq(es_hex(hex, out, sizeof(out)), hmacs[_i].hex);
	}
	es_digest_free(d);
}
END_TEST

static void *hash_in_thread(void *arg)
{
	uint8_t *out = arg;

	for (int i = 0; i < 200; i++)
		es_sha256(out, "abc", 3);
	return NULL;
}

START_TEST(threads_share_the_algorithms)
{
	pthread_t threads[4];
	uint8_t out[4][ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						hash_in_thread, out[i]),
				 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_str_eq(es_hex(hex, out[i], ES_SHA256_LEN),
				 vectors[5].hex);
	}
}
END_TEST

START_TEST(free_takes_null)
{
	es_digest_free(NULL);
}
END_TEST

START_TEST(hex_and_back)
{
	uint8_t raw[256], back[256];
	char hex[513];

	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)i;
	es_hex(hex, raw, sizeof(raw));
	ck_assert_uint_eq(strlen(hex), 512);
	ck_assert_int_eq(es_unhex(back, hex, sizeof(back)), 0);
	ck_assert_mem_eq(raw, back, sizeof(raw));
	ck_assert_str_eq(es_hex(hex, raw, 0), "");
	ck_assert_int_eq(es_unhex(back, "aBCdeF", 3), 0);
	ck_assert_mem_eq(back, "\xab\xcd\xef", 3);
}
END_TEST

START_TEST(unhex_refuses)
{
	static const char *const bad[] = { "",	    "a",  "0g", "g0",	" 0",
					   "0\xff", "0x", "+1", "00:0", "000" };
	uint8_t out[2] = { 0x5a, 0x5a };

	ck_assert_int_eq(es_unhex(out, bad[_i], 2), -EINVAL);
	ck_assert_mem_eq(out, "\x5a\x5a", 2);
}
END_TEST

/* Every single flipped bit and every length must show. */
START_TEST(hash64_sees_flips_and_cuts)
{
	uint8_t data[80] = { 0 };
	uint64_t state = 99, lens[81];

	for (size_t i = 0; i < sizeof(data) && _i; i++)
		data[i] = (uint8_t)es_unit_random(&state);
	for (size_t len = 0; len <= sizeof(data); len++) {
		uint64_t sum = es_hash64(data, len, 5);

		lens[len] = sum;
		for (size_t i = 0; i < len; i++)
			ck_assert(lens[i] != sum);
		ck_assert(es_hash64(data, len, 6) != sum);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert(es_hash64(data, len, 5) != sum);
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}
END_TEST

/* The same bytes at any alignment give the same sum; swapped words do not. */
START_TEST(hash64_alignment_and_order)
{
	char data[200], shifted[208];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	uint64_t sum = es_hash64(data, sizeof(data), 0);
	for (size_t by = 0; by < 8; by++) {
		memcpy(shifted + by, data, sizeof(data));
		ck_assert(es_hash64(shifted + by, sizeof(data), 0) == sum);
	}
	for (size_t at = 8; at + 8 <= sizeof(data); at += 8) {
		memcpy(shifted, data, sizeof(data));
		memcpy(shifted, data + at, 8);
		memcpy(shifted + at, data, 8);
		ck_assert(es_hash64(shifted, sizeof(data), 0) != sum);
	}
	ck_assert(es_hash64(NULL, 0, 1) != es_hash64(NULL, 0, 2));
}
END_TEST

static Suite *digest_suite(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_loop_test(tc, nist_vectors, 0, es_lengthof(vectors));
	tcase_add_test(tc, sha256_of_memory);
	tcase_add_loop_test(tc, hmac_vectors, 0, es_lengthof(hmacs));
	tcase_add_test(tc, threads_share_the_algorithms);
	tcase_add_test(tc, free_takes_null);
	tcase_add_test(tc, hex_and_back);
	tcase_add_loop_test(tc, unhex_refuses, 0, 10);
	tcase_add_loop_test(tc, hash64_sees_flips_and_cuts, 0, 2);
	tcase_add_test(tc, hash64_alignment_and_order);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(digest_suite());
}
