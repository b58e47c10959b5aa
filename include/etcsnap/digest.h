/* SPDX-License-Identifier: MIT */
/* digest.h - SHA-256, git's SHA-1, HMAC-SHA256 and MD5, by OpenSSL EVP */
#ifndef ETCSNAP_DIGEST_H
#define ETCSNAP_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"

/**
 * ES_SHA256_LEN - bytes of a SHA-256 or HMAC-SHA256 value
 */
#define ES_SHA256_LEN 32

/**
 * ES_SHA1_LEN - bytes of a SHA-1 value, git's object id
 */
#define ES_SHA1_LEN 20

/**
 * ES_MD5_LEN - bytes of an MD5 value, as package managers have them
 */
#define ES_MD5_LEN 16

/**
 * ES_KEY_LEN - bytes of the secret key that HMAC values are made with
 */
#define ES_KEY_LEN 32

/**
 * enum es_digest_kind - what an es_digest computes
 * @ES_DIGEST_SHA1:   20 bytes
 * @ES_DIGEST_SHA256: 32 bytes
 * @ES_DIGEST_HMAC:   HMAC-SHA256 under a key, 32 bytes
 * @ES_DIGEST_MD5:    16 bytes; only to compare with what others wrote down
 */
enum es_digest_kind {
	ES_DIGEST_SHA1,
	ES_DIGEST_SHA256,
	ES_DIGEST_HMAC,
	ES_DIGEST_MD5,
};

/** struct es_digest - reusable computation, one thread at a time */
struct es_digest;

/**
 * es_digest_new - make a computation
 * @out:  owned by the caller; es_digest_free()
 * @kind: which
 * @key:  ES_KEY_LEN bytes for ES_DIGEST_HMAC, else NULL; copied
 * @err:  filled on failure
 *
 * Return: 0, -ENOMEM or -ENOTSUP (libcrypto refused).
 * Locking: none; not for use by two threads at once.
 */
int es_digest_new(struct es_digest **out, enum es_digest_kind kind,
		  const uint8_t *key, struct es_error *err);

/**
 * es_digest_free - free a computation, wiping its key
 * @d: taken; NULL is allowed
 */
void es_digest_free(struct es_digest *d);
ES_DEFINE_CLEANUP(struct es_digest, es_digest_free)

/**
 * es_digest_begin - start, or start over
 * @d: computation; what was fed before is forgotten
 *
 * Needed before the first es_digest_update() of each value.
 *
 * Locking: none; not for use by two threads at once.
 */
void es_digest_begin(struct es_digest *d);

/**
 * es_digest_update - feed bytes
 * @d:    computation that was begun
 * @data: bytes, borrowed for the call
 * @len:  their number
 *
 * Locking: none; not for use by two threads at once.
 */
void es_digest_update(struct es_digest *d, const void *data, size_t len);

/**
 * es_digest_end - give the value of what was fed
 * @d:   computation that was begun; es_digest_begin() makes it usable again
 * @out: ES_SHA1_LEN bytes for ES_DIGEST_SHA1, ES_MD5_LEN for ES_DIGEST_MD5,
 *       else ES_SHA256_LEN; raw
 *
 * Locking: none; not for use by two threads at once.
 */
void es_digest_end(struct es_digest *d, uint8_t *out);

/**
 * es_sha256 - SHA-256 of one piece of memory
 * @out:  32 bytes
 * @data: bytes
 * @len:  their number
 */
void es_sha256(uint8_t out[ES_SHA256_LEN], const void *data, size_t len);

/**
 * es_hex - lower-case hexadecimal
 * @out: 2 * @len + 1 bytes, NUL-terminated
 * @raw: bytes
 * @len: their number
 *
 * Return: @out.
 */
char *es_hex(char *out, const uint8_t *raw, size_t len);

/**
 * es_unhex - read hexadecimal
 * @out: @len bytes
 * @hex: at least 2 * @len digits, either case
 * @len: bytes wanted
 *
 * Return: 0, or -EINVAL when a digit is not one.
 */
int es_unhex(uint8_t *out, const char *hex, size_t len);

/**
 * es_hash64 - fast non-cryptographic checksum, for our own cache only
 * @data: bytes
 * @len:  their number
 * @seed: any number
 *
 * Detects torn and flipped bytes; not meant against an attacker.
 */
uint64_t es_hash64(const void *data, size_t len, uint64_t seed);

#endif
