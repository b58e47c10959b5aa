/* SPDX-License-Identifier: MIT */
/* digest.c - SHA-256, git's SHA-1, HMAC-SHA256 and MD5, by OpenSSL EVP */
#include "config.h"

#include "etcsnap/digest.h"

#include <openssl/evp.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

/* Block size of SHA-256 in bytes, to which HMAC pads its key (RFC 2104). */
#define BLOCK_LEN 64

/*
 * A fetch walks libcrypto's providers under a lock and costs as much as
 * hashing a small file, so each algorithm is fetched once in the life of the
 * process. That is why these are static; they are never written again.
 */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *md_sha1;
static EVP_MD *md_sha256;
static EVP_MD *md_md5;

struct es_digest {
	EVP_MD_CTX *ctx;
	enum es_digest_kind kind;
	/* For HMAC: the key xored with the inner and outer pad. Secret. */
	uint8_t inner[BLOCK_LEN];
	uint8_t outer[BLOCK_LEN];
};

static void fetch_all(void)
{
	md_sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	/* Not to be had in FIPS mode, where nobody asks for it either. */
	md_md5 = EVP_MD_fetch(NULL, "MD5", NULL);
}

static EVP_MD *algorithm(enum es_digest_kind kind)
{
	pthread_once(&fetched, fetch_all);
	switch (kind) {
	case ES_DIGEST_SHA1:
		return md_sha1;
	case ES_DIGEST_MD5:
		return md_md5;
	case ES_DIGEST_SHA256:
	case ES_DIGEST_HMAC:
		break;
	}
	return md_sha256;
}

static const char *name_of(enum es_digest_kind kind)
{
	if (kind == ES_DIGEST_MD5)
		return "MD5";
	return kind == ES_DIGEST_SHA1 ? "SHA-1" : "SHA-256";
}

/*
 * Once a context has been made for an algorithm, its steps fail only when
 * libcrypto itself is broken (a FIPS self-test). A made-up digest would then
 * be recorded as the truth about a file, so the process ends instead.
 */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

int es_digest_new(struct es_digest **out, enum es_digest_kind kind,
		  const uint8_t *key, struct es_error *err)
{
	EVP_MD *md = algorithm(kind);

	if (!md)
		return es_fail(err, -ENOTSUP, "libcrypto offers no %s",
			       name_of(kind));
	ES_CLEANUP(es_digest_freep) struct es_digest *d = calloc(1, sizeof(*d));
	if (!d)
		return es_fail_oom(err);
	d->kind = kind;
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx)
		return es_fail_oom(err);
	if (EVP_DigestInit_ex2(d->ctx, md, NULL) != 1)
		return es_fail(err, -ENOTSUP, "libcrypto refuses %s",
			       name_of(kind));
	if (kind == ES_DIGEST_HMAC) {
		memset(d->inner, 0x36, BLOCK_LEN);
		memset(d->outer, 0x5c, BLOCK_LEN);
		for (size_t i = 0; i < ES_KEY_LEN; i++) {
			d->inner[i] ^= key[i];
			d->outer[i] ^= key[i];
		}
	}
	*out = es_steal_ptr(&d);
	return 0;
}

void es_digest_free(struct es_digest *d)
{
	if (!d)
		return;
	/* Wipes its own state, of which the key could be part. */
	EVP_MD_CTX_free(d->ctx);
	explicit_bzero(d, sizeof(*d));
	free(d);
}

/*
 * HMAC starts by hashing a block made of the key. Doing so each time costs
 * less than copying a context that has it done, since a copy allocates.
 */
void es_digest_begin(struct es_digest *d)
{
	must(EVP_DigestInit_ex2(d->ctx, NULL, NULL));
	if (d->kind == ES_DIGEST_HMAC)
		must(EVP_DigestUpdate(d->ctx, d->inner, BLOCK_LEN));
}

void es_digest_update(struct es_digest *d, const void *data, size_t len)
{
	must(EVP_DigestUpdate(d->ctx, data, len));
}

void es_digest_end(struct es_digest *d, uint8_t *out)
{
	must(EVP_DigestFinal_ex(d->ctx, out, NULL));
	if (d->kind != ES_DIGEST_HMAC)
		return;
	must(EVP_DigestInit_ex2(d->ctx, NULL, NULL));
	must(EVP_DigestUpdate(d->ctx, d->outer, BLOCK_LEN));
	must(EVP_DigestUpdate(d->ctx, out, ES_SHA256_LEN));
	must(EVP_DigestFinal_ex(d->ctx, out, NULL));
}

void es_sha256(uint8_t out[ES_SHA256_LEN], const void *data, size_t len)
{
	EVP_MD *md = algorithm(ES_DIGEST_SHA256);

	must(md && EVP_Digest(data, len, out, NULL, md, NULL));
}

char *es_hex(char *out, const uint8_t *raw, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[2 * len] = '\0';
	return out;
}

/* One more than the value of a digit; 0 for what is none. */
static const uint8_t digit_values[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static unsigned int digit_value(char c)
{
	return digit_values[(unsigned char)c] - 1U;
}

int es_unhex(uint8_t *out, const char *hex, size_t len)
{
	/* Checked first: a failure leaves @out as it was. */
	for (size_t i = 0; i < 2 * len; i++)
		if (digit_values[(unsigned char)hex[i]] == 0)
			return -EINVAL;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(digit_value(hex[2 * i]) << 4 |
				   digit_value(hex[2 * i + 1]));
	return 0;
}

/* Odd, bits well mixed: the golden ratio and two primes of xxHash. */
#define MUL_A UINT64_C(0x9e3779b97f4a7c15)
#define MUL_B UINT64_C(0xc2b2ae3d27d4eb4f)
#define MUL_C UINT64_C(0x165667b19e3779f9)

static uint64_t load64(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* Reversible for either argument: a changed word always changes the sum. */
static uint64_t absorb(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * MUL_A;
	return sum ^ sum >> 29;
}

static uint64_t finish(uint64_t sum)
{
	sum = (sum ^ sum >> 33) * MUL_B;
	sum = (sum ^ sum >> 29) * MUL_C;
	return sum ^ sum >> 32;
}

/*
 * Four sums side by side, since one would spend its time waiting for its own
 * multiplication. The value depends on the byte order of the machine.
 */
uint64_t es_hash64(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t sum = absorb(seed + MUL_C, len);
	size_t left = len;

	if (left >= 32) {
		uint64_t lane[4] = { sum, sum ^ MUL_A, sum ^ MUL_B,
				     sum ^ MUL_C };

		for (; left >= 32; p += 32, left -= 32)
			for (size_t i = 0; i < 4; i++)
				lane[i] = absorb(lane[i], load64(p + 8 * i));
		for (size_t i = 0; i < 4; i++)
			sum = absorb(sum, lane[i]);
	}
	for (; left >= 8; p += 8, left -= 8)
		sum = absorb(sum, load64(p));
	if (left > 0) {
		uint64_t word = 0;

		memcpy(&word, p, left);
		sum = absorb(sum, word);
	}
	return finish(sum);
}
