/* SPDX-License-Identifier: MIT */
/* base64.c - bytes as base64 text and back */
#include "config.h"

#include "etcsnap/base64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int es_base64_encode(struct es_buf *out, const char *raw, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = 0;
		char quad[4];

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < n ? (unsigned char)raw[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			quad[k] = k > n ? '=' : digits[v >> (18 - 6 * k) & 63];
		es_buf_add(out, quad, sizeof(quad));
	}
	return out->failed;
}

int es_base64_decode(struct es_buf *out, const char *text, size_t len)
{
	uint32_t v = 0;
	unsigned int bits = 0;

	while (len > 0 && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		const char *at = memchr(digits, text[i], 64);

		if (!at)
			return -EINVAL;
		v = v << 6 | (uint32_t)(at - digits);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		es_buf_addc(out, (char)(v >> bits & 0xff));
	}
	return out->failed;
}
