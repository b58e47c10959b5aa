/* SPDX-License-Identifier: MIT */
/* hide.c - what of a content may be kept or shown, whatever its encoding */
#include "config.h"

#include "etcsnap/hide.h"

#include "etcsnap/charset.h"
#include "etcsnap/sniff.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/*
 * NULs hide a text in two ways: every second byte of UTF-16 is one, and where
 * they stand between texts they end lines.
 */
enum nul {
	NUL_OUT,
	NUL_LINE,
	NUL_WAYS,
};

static int without_nul(struct es_buf *out, enum nul way, const char *data,
		       size_t len)
{
	es_buf_reset(out);
	for (size_t i = 0; i < len;) {
		const char *nul = memchr(data + i, '\0', len - i);
		size_t n = nul ? (size_t)(nul - data) - i : len - i;

		es_buf_add(out, data + i, n);
		if (nul && way == NUL_LINE)
			es_buf_addc(out, '\n');
		i += n + (nul != NULL);
	}
	return out->failed ? -ENOMEM : 0;
}

int es_hide_has_key(const char *data, size_t len)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf plain = ES_BUF_INIT(ES_BUF_MAX);
	bool found;

	if (es_sniff_utf16(data, len)) {
		if (es_sniff_decode(&plain, data, len) < 0)
			return -ENOMEM;
		return es_sniff_key(es_buf_str(&plain), plain.len);
	}
	found = es_sniff_key(data, len);
	if (!es_sniff_binary(data, len))
		return found;
	for (int way = 0; !found && way < NUL_WAYS; way++) {
		if (without_nul(&plain, (enum nul)way, data, len) < 0)
			return -ENOMEM;
		found = es_sniff_key(es_buf_str(&plain), plain.len);
	}
	return found;
}

/* Where a match cannot be masked in its place. Return: as es_hide_values(). */
static int refuse(int n)
{
	if (n == 0 || n == -ENOMEM)
		return n;
	return -EACCES;
}

static int hide_binary(const struct es_mask_set *masks, struct es_buf *out,
		       const char *data, size_t len, struct es_digest *hmac)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf plain = ES_BUF_INIT(ES_BUF_MAX);
	int n = es_mask_apply(masks, out, data, len, hmac);

	for (int way = 0; n == 0 && way < NUL_WAYS; way++) {
		if (without_nul(&plain, (enum nul)way, data, len) < 0)
			return -ENOMEM;
		n = es_mask_apply(masks, out, es_buf_str(&plain), plain.len,
				  hmac);
	}
	return refuse(n);
}

/* Whether bytes are of a code page: neither ASCII nor UTF-8. */
static bool is_page(enum es_charset cs)
{
	return cs == ES_CHARSET_UNKNOWN || cs >= ES_CHARSET_LATIN1;
}

/* Masks see what the bytes mean, which is what their authors wrote. */
static int hide_decoded(const struct es_mask_set *masks, enum es_charset cs,
			const char *data, size_t len, struct es_digest *hmac)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf plain = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf masked = ES_BUF_INIT(ES_BUF_MAX);

	/* A guess that failed must not make it pass. */
	if (cs == ES_CHARSET_UNKNOWN)
		cs = ES_CHARSET_WINDOWS_1252;
	if (es_charset_decode(&plain, cs, data, len) < 0)
		return -ENOMEM;
	return refuse(es_mask_apply(masks, &masked, es_buf_str(&plain),
				    plain.len, hmac));
}

int es_hide_values(const struct es_mask_set *masks, struct es_buf *out,
		   const char *data, size_t len, struct es_digest *hmac)
{
	enum es_charset cs;
	int n, more;

	if (!masks || !len)
		return 0;
	if (es_sniff_binary(data, len))
		return hide_binary(masks, out, data, len, hmac);
	cs = es_charset_detect(data, len);
	if (es_charset_is_wide(cs))
		return hide_decoded(masks, cs, data, len, hmac);
	n = es_mask_apply(masks, out, data, len, hmac);
	if (n < 0)
		return refuse(n);
	if (!is_page(cs))
		return n;
	more = hide_decoded(masks, cs, n ? es_buf_str(out) : data,
			    n ? out->len : len, hmac);
	return more < 0 ? more : n;
}

int es_hide_all(struct es_buf *out, const char *data, size_t len,
		struct es_digest *hmac)
{
	uint8_t mac[ES_SHA256_LEN];
	char hex[9];

	es_digest_begin(hmac);
	es_digest_update(hmac, data, len);
	es_digest_end(hmac, mac);
	es_buf_reset(out);
	return es_buf_addf(out, "<masked:%s>\n", es_hex(hex, mac, 4));
}

int es_hide_text(const struct es_mask_set *masks, struct es_buf *out,
		 const char *data, size_t len, struct es_digest *hmac)
{
	int n = es_hide_values(masks, out, data, len, hmac);
	int key = n == -ENOMEM ? n : es_hide_has_key(data, len);

	if (key == -ENOMEM)
		return -ENOMEM;
	if (key == 0 && n >= 0)
		return n;
	return es_hide_all(out, data, len, hmac) < 0 ? -ENOMEM : 1;
}

int es_hide_line(const struct es_mask_set *masks, struct es_buf *out,
		 const char *text, struct es_digest *hmac)
{
	int n = es_hide_text(masks, out, text, strlen(text), hmac);

	if (n > 0 && out->len > 0 && out->data[out->len - 1] == '\n')
		es_buf_truncate(out, out->len - 1);
	return n;
}
