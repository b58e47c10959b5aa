/* SPDX-License-Identifier: MIT */
/* charset.c - in which encoding text is kept, and the same text as UTF-8 */
#include "config.h"

#include "etcsnap/charset.h"

#include "base/charset_priv.h"

#include "etcsnap/quote.h"

#include <string.h>

static const char *const names[] = {
	[ES_CHARSET_NONE] = "",
	[ES_CHARSET_UNKNOWN] = "unknown-8bit",
	[ES_CHARSET_ASCII] = "US-ASCII",
	[ES_CHARSET_UTF8] = "UTF-8",
	[ES_CHARSET_UTF8_BOM] = "UTF-8-BOM",
	[ES_CHARSET_UTF16LE] = "UTF-16LE",
	[ES_CHARSET_UTF16BE] = "UTF-16BE",
	[ES_CHARSET_LATIN1] = "ISO-8859-1",
	[ES_CHARSET_WINDOWS_1252] = "windows-1252",
	[ES_CHARSET_LATIN2] = "ISO-8859-2",
	[ES_CHARSET_WINDOWS_1250] = "windows-1250",
};

const char *es_charset_name(enum es_charset cs)
{
	return names[cs];
}

bool es_charset_is_plain(enum es_charset cs)
{
	return cs <= ES_CHARSET_UTF8;
}

bool es_charset_is_wide(enum es_charset cs)
{
	return cs == ES_CHARSET_UTF16LE || cs == ES_CHARSET_UTF16BE;
}

static bool is_page(enum es_charset cs)
{
	return cs >= ES_CHARSET_LATIN1;
}

/* Encodings of which ASCII text without a mark is text, too. */
static bool extends_ascii(enum es_charset cs)
{
	return cs == ES_CHARSET_UNKNOWN || cs == ES_CHARSET_UTF8 || is_page(cs);
}

bool es_charset_differs(enum es_charset old, enum es_charset new)
{
	if (old == new || old == ES_CHARSET_NONE || new == ES_CHARSET_NONE)
		return false;
	return !(old == ES_CHARSET_ASCII && extends_ascii(new)) &&
	       !(new == ES_CHARSET_ASCII &&extends_ascii(old));
}

/* ----------------------------------------------------------- detecting */

size_t es_charset_mark(const char *data, size_t len)
{
	return len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static bool is_ascii(const char *data, size_t len)
{
	unsigned char any = 0;
	uint64_t many = 0, word;
	size_t i = 0;

	/* every text that is read comes through here: eight at a time */
	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		many |= word;
	}
	for (; i < len; i++)
		any |= (unsigned char)data[i];
	return any < 0x80 && !(many & 0x8080808080808080u);
}

/* ES_CHARSET_NONE where only a guess could tell. */
static enum es_charset certain(const char *data, size_t len)
{
	if (len >= 2 && memcmp(data, "\xff\xfe", 2) == 0)
		return ES_CHARSET_UTF16LE;
	if (len >= 2 && memcmp(data, "\xfe\xff", 2) == 0)
		return ES_CHARSET_UTF16BE;
	if (es_charset_mark(data, len))
		return ES_CHARSET_UTF8_BOM;
	if (is_ascii(data, len))
		return ES_CHARSET_ASCII;
	if (es_utf8_valid(data, len))
		return ES_CHARSET_UTF8;
	return ES_CHARSET_NONE;
}

enum es_charset es_charset_detect(const char *data, size_t len)
{
	enum es_charset cs = certain(data, len);
	struct charset_counts counts = { 0 };

	if (cs != ES_CHARSET_NONE)
		return cs;
	charset_count(&counts, data, len);
	return charset_guess(&counts);
}

void es_charset_detect_both(enum es_charset *old, const struct es_buf *was,
			    enum es_charset *new, const struct es_buf *is)
{
	struct charset_counts counts = { 0 };
	enum es_charset both = ES_CHARSET_UNKNOWN;

	*old = es_charset_detect(was->data, was->len);
	*new = es_charset_detect(is->data, is->len);
	if (!is_page(*old) && !is_page(*new))
		return;
	/* Text of the one must not be compared with mere bytes of the other. */
	if (*old != ES_CHARSET_UNKNOWN && *new != ES_CHARSET_UNKNOWN) {
		if (!is_page(*old) || !is_page(*new))
			return;
		charset_count(&counts, was->data, was->len);
		charset_count(&counts, is->data, is->len);
		both = charset_guess(&counts);
	}
	if (is_page(*old))
		*old = both;
	if (is_page(*new))
		*new = both;
}

/* ------------------------------------------------------------ decoding */

static void add_utf8(struct es_buf *out, uint32_t c)
{
	char raw[4];
	size_t n = 0;

	if (c < 0x80) {
		raw[n++] = (char)c;
	} else if (c < 0x800) {
		raw[n++] = (char)(0xc0 | c >> 6);
		raw[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		raw[n++] = (char)(0xe0 | c >> 12);
		raw[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		raw[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		raw[n++] = (char)(0xf0 | c >> 18);
		raw[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		raw[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		raw[n++] = (char)(0x80 | (c & 0x3f));
	}
	es_buf_add(out, raw, n);
}

static uint32_t unit_at(const unsigned char *p, bool little)
{
	return little ? (uint32_t)(p[0] | p[1] << 8)
		      : (uint32_t)(p[1] | p[0] << 8);
}

static void decode_wide(struct es_buf *out, const unsigned char *p, size_t len,
			bool little)
{
	for (size_t i = 2; i + 1 < len; i += 2) {
		uint32_t c = unit_at(p + i, little);

		if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
			uint32_t low = unit_at(p + i + 2, little);

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
				i += 2;
			}
		}
		add_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	}
}

static void decode_page(struct es_buf *out, const unsigned char *p, size_t len,
			enum es_charset cs)
{
	size_t run = 0;

	for (size_t i = 0; i < len; i++) {
		if (p[i] < 0x80)
			continue;
		uint32_t point = charset_point(cs, p[i]);

		es_buf_add(out, p + run, i - run);
		add_utf8(out, point ? point : p[i]);
		run = i + 1;
	}
	es_buf_add(out, p + run, len - run);
}

int es_charset_decode(struct es_buf *out, enum es_charset cs, const char *data,
		      size_t len)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t mark =
		cs == ES_CHARSET_UTF8_BOM ? es_charset_mark(data, len) : 0;

	if (len == mark)
		return out->failed;
	if (es_charset_is_wide(cs))
		decode_wide(out, p, len, cs == ES_CHARSET_UTF16LE);
	else if (is_page(cs))
		decode_page(out, p, len, cs);
	else
		es_buf_add(out, data + mark, len - mark);
	return out->failed;
}
