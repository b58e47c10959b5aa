/* SPDX-License-Identifier: MIT */
/* quote.c - the only ways by which hostile bytes leave the program */
#include "config.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Longest rendering of one step: a character of four bytes, or "\xHH". */
#define PIECE_MAX 4

/**
 * struct span - first and last code point of a range
 */
struct span {
	uint32_t first;
	uint32_t last;
};

/*
 * Characters that show nothing, or that reorder or hide what stands beside
 * them, so that two different names could look the same. Sorted.
 * Source: Unicode 15 DerivedCoreProperties, Default_Ignorable_Code_Point;
 * general categories Cc, Zl, Zp; noncharacters; UTR 36.
 */
static const struct span hidden[] = {
	{ 0x0080, 0x009f },   { 0x00ad, 0x00ad },   { 0x034f, 0x034f },
	{ 0x061c, 0x061c },   { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e },
	{ 0x2060, 0x206f },   { 0x3164, 0x3164 },   { 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },   { 0xfffe, 0xffff },   { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool is_hidden(uint32_t c)
{
	size_t low = 0, high = sizeof(hidden) / sizeof(hidden[0]);

	if ((c & 0xfffe) == 0xfffe)
		return true;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c > hidden[mid].last)
			low = mid + 1;
		else if (c < hidden[mid].first)
			high = mid;
		else
			return true;
	}
	return false;
}

/* Length of the sequence that a lead byte opens, 0 for what opens none. */
static size_t sequence_len(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if ((lead & 0xf0) == 0xe0)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/*
 * One character by RFC 3629: no overlong form, no surrogate, nothing beyond
 * U+10FFFF. Returns its length in bytes, 0 when there is none.
 */
static size_t utf8_next(const char *raw, size_t len, uint32_t *out)
{
	const unsigned char *s = (const unsigned char *)raw;
	size_t n = sequence_len(s[0]);

	if (n == 0 || n > len)
		return 0;
	uint32_t c = s[0];
	if (n > 1)
		c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (n == 3 && (c < 0x800 || (c >= 0xd800 && c <= 0xdfff)))
		return 0;
	if (n == 4 && (c < 0x10000 || c > 0x10ffff))
		return 0;
	*out = c;
	return n;
}

bool es_utf8_valid(const char *raw, size_t len)
{
	uint32_t c;

	for (size_t i = 0; i < len;) {
		uint64_t eight;

		/* Most content is ASCII: eight bytes at once. */
		if (len - i >= sizeof(eight)) {
			memcpy(&eight, raw + i, sizeof(eight));
			if (!(eight & UINT64_C(0x8080808080808080))) {
				i += sizeof(eight);
				continue;
			}
		}
		size_t n = utf8_next(raw + i, len - i, &c);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

static size_t hex_escape(char out[PIECE_MAX], char raw)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char c = (unsigned char)raw;

	out[0] = '\\';
	out[1] = 'x';
	out[2] = digits[c >> 4];
	out[3] = digits[c & 15];
	return 4;
}

static size_t short_escape(char out[PIECE_MAX], char letter)
{
	out[0] = '\\';
	out[1] = letter;
	return 2;
}

/**
 * struct style - what differs between the two forms of quoting
 * @text: lines of file content: tab and backslash pass
 */
struct style {
	bool text;
};

static bool is_plain(char c, const struct style *st)
{
	if (c >= ' ' && c <= '~')
		return c != '\\' || st->text;
	return c == '\t' && st->text;
}

/*
 * Render the next character of @raw into @out. An escape always stands for
 * one byte: the rest of a hidden character then is stray continuation bytes,
 * which are escaped in their turn. Returns the bytes written, sets @used.
 */
static size_t next_piece(char out[PIECE_MAX], const char *raw, size_t len,
			 const struct style *st, size_t *used)
{
	uint32_t c;

	*used = 1;
	if (is_plain(*raw, st)) {
		out[0] = *raw;
		return 1;
	}
	if (*raw == '\n')
		return short_escape(out, 'n');
	if (*raw == '\t')
		return short_escape(out, 't');
	if (*raw == '\\')
		return short_escape(out, '\\');
	size_t n = utf8_next(raw, len, &c);
	if (n < 2 || is_hidden(c))
		return hex_escape(out, *raw);
	memcpy(out, raw, n);
	*used = n;
	return n;
}

static int quote(struct es_buf *b, const char *raw, size_t len,
		 const struct style *st)
{
	for (size_t i = 0; i < len;) {
		size_t run = i, used;
		char out[PIECE_MAX];

		while (run < len && is_plain(raw[run], st))
			run++;
		es_buf_add(b, raw + i, run - i);
		i = run;
		if (i == len)
			break;
		size_t n = next_piece(out, raw + i, len - i, st, &used);
		es_buf_add(b, out, n);
		i += used;
	}
	return b->failed;
}

int es_quote_term(struct es_buf *b, const char *raw, size_t len)
{
	return quote(b, raw, len, &(struct style){ .text = false });
}

int es_quote_text(struct es_buf *b, const char *raw, size_t len)
{
	return quote(b, raw, len, &(struct style){ .text = true });
}

const char *es_quote_tmp(char *out, size_t room, const char *raw)
{
	static const char dots[] = "...";
	const struct style st = { .text = false };
	size_t at = 0, cut = 0, used;

	if (room < sizeof(dots)) {
		if (room > 0)
			out[0] = '\0';
		return out;
	}
	if (!raw)
		raw = "(none)";
	/* No byte renders shorter than itself: what is beyond cannot fit. */
	size_t len = strnlen(raw, room + PIECE_MAX);
	for (size_t i = 0; i < len; i += used) {
		char piece[PIECE_MAX];
		size_t n = next_piece(piece, raw + i, len - i, &st, &used);

		if (at + n >= room) {
			memcpy(out + cut, dots, sizeof(dots));
			return out;
		}
		memcpy(out + at, piece, n);
		at += n;
		if (at + sizeof(dots) <= room)
			cut = at;
	}
	out[at] = '\0';
	return out;
}

/* What mtree(5) files carry as it is; the rest becomes \ooo. */
static bool is_mtree_plain(char c)
{
	return c > ' ' && c <= '~' && !strchr("#=\\*?[", c);
}

int es_quote_mtree(struct es_buf *b, const char *raw, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t run = i;

		while (run < len && is_mtree_plain(raw[run]))
			run++;
		es_buf_add(b, raw + i, run - i);
		i = run;
		if (i == len)
			break;
		unsigned char c = (unsigned char)raw[i++];
		char out[4] = { '\\', (char)('0' + (c >> 6)),
				(char)('0' + (c >> 3 & 7)),
				(char)('0' + (c & 7)) };
		es_buf_add(b, out, sizeof(out));
	}
	return b->failed;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* One to three digits, as unvis(3) reads them. Returns them, 0 if too big. */
static size_t octal_escape(const char *s, size_t len, unsigned int *out)
{
	unsigned int value = 0;
	size_t n = 0;

	while (n < 3 && n < len && is_octal(s[n]))
		value = value * 8 + (unsigned int)(s[n++] - '0');
	*out = value;
	return value <= 0xff ? n : 0;
}

/* \^C, \M-C and \M^C of vis(3). Returns the bytes used, 0 if broken. */
static size_t caret_escape(const char *s, size_t len, unsigned int *out)
{
	unsigned int meta = 0;
	size_t n = 0;

	if (s[0] == 'M') {
		meta = 0x80;
		n++;
	}
	if (len < n + 2 || (s[n] != '^' && (!meta || s[n] != '-')))
		return 0;
	unsigned int c = (unsigned char)s[n + 1];
	if (c < ' ' || c > '~')
		return 0;
	if (s[n] == '^')
		c = c == '?' ? 0x7f : c & 0x1f;
	*out = meta | c;
	return n + 2;
}

/* The letters of VIS_CSTYLE; 0 for what is none of them. */
static unsigned int letter_escape(char c)
{
	static const char letters[] = "abfnrtvsE";
	static const char values[] = "\a\b\f\n\r\t\v \033";
	const char *at = c ? strchr(letters, c) : NULL;

	if (at)
		return (unsigned char)values[at - letters];
	/* Punctuation stands for itself: "\#" of libarchive and the like. */
	if (c > ' ' && strchr("\\#=*?[]\"'!&;<>(){}|~`", c))
		return (unsigned char)c;
	return 0;
}

/* Decode what follows a backslash. Returns the bytes used, 0 if broken. */
static size_t unescape(const char *s, size_t len, unsigned int *out)
{
	size_t n = 1;

	if (len == 0)
		return 0;
	if (is_octal(s[0]))
		n = octal_escape(s, len, out);
	else if (s[0] == 'M' || s[0] == '^')
		n = caret_escape(s, len, out);
	else
		*out = letter_escape(s[0]);
	/* No file name holds a NUL; one here would cut the name short. */
	return n > 0 && *out != 0 ? n : 0;
}

int es_unquote_mtree(struct es_buf *b, const char *enc, size_t len)
{
	size_t start = b->len;

	for (size_t i = 0; i < len;) {
		const char *stop = memchr(enc + i, '\\', len - i);
		size_t run = stop ? (size_t)(stop - enc) : len;
		unsigned int c = 0;

		es_buf_add(b, enc + i, run - i);
		i = run;
		if (i == len)
			break;
		i++;
		size_t n = unescape(enc + i, len - i, &c);
		if (n == 0) {
			es_buf_truncate(b, start);
			return -EINVAL;
		}
		es_buf_addc(b, (char)c);
		i += n;
	}
	if (b->failed)
		es_buf_truncate(b, start);
	return b->failed;
}
