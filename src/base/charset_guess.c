/* SPDX-License-Identifier: MIT */
/* charset_guess.c - which code page a text is in, by the letters it has */
#include "config.h"

#include "base/charset_priv.h"

#include "etcsnap/quote.h"

#include <string.h>

/* What looks like a sequence of UTF-8 is chance only where there are more than
 * this many other bytes to one. */
#define STRAY_MIN 2

/* Below so many bytes words of another alphabet are not told from these. */
#define ALPHABET_MIN 32

/*
 * Letters beyond ASCII that are common in a language, in lower case. What a
 * language has is what counts, not how often: a text is rarely long.
 */
static const uint16_t *const western[] = {
	u"äöüß",	     /* German */
	u"àâæçèéêëîïôùûüÿœ", /* French */
	u"áéíñóúü",	     /* Spanish */
	u"àáâãçéêíóôúü",     /* Portuguese; its õ never is without ã and ç */
	u"àèéìíîòóùú",	     /* Italian */
	u"àçèéíïòóúü",	     /* Catalan */
	u"äåæéöøü",	     /* Scandinavian languages, Finnish */
	u"áæéíðóöúýþ",	     /* Icelandic */
	u"áäèéêëíïóöúûü",    /* Dutch */
	u"äõöüšž",	     /* Estonian */
	NULL,
};

static const uint16_t *const central[] = {
	u"ąćęłńóśźż",	      /* Polish */
	u"áčďéěíňóřšťúůýž",   /* Czech */
	u"áäčďéíĺľňóôŕšťúýž", /* Slovak */
	u"áéíóöőúüű",	      /* Hungarian */
	u"ćčđšž",	      /* Croatian, Slovene */
	u"âăîşţ",	      /* Romanian */
	NULL,
};

static bool is_ascii_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* In all four pages nearly everything from 0xc0 on is a letter. */
static bool is_high_letter(unsigned char c)
{
	return c >= 0xc0;
}

/* A letter in one of the pages at least. */
static bool is_beside_letter(unsigned char neighbour)
{
	return is_ascii_letter(neighbour) || neighbour > 0xa0;
}

/* Bytes of the well-formed UTF-8 sequence that begins at @p, 0 for none. */
static size_t sequence_len(const unsigned char *p, size_t left)
{
	size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 0;

	return n && n <= left && es_utf8_valid((const char *)p, n) ? n : 0;
}

void charset_count(struct charset_counts *c, const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t sequence_end = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char before = i ? p[i - 1] : '\n';
		unsigned char after = i + 1 < len ? p[i + 1] : '\n';

		c->all[p[i]]++;
		if (p[i] < 0x80)
			continue;
		c->high++;
		if (is_high_letter(before) && is_high_letter(p[i]) &&
		    is_high_letter(after))
			c->runs++;
		if (is_beside_letter(after))
			c->leading[p[i]]++;
		if (is_beside_letter(after) && is_beside_letter(before))
			c->inner[p[i]]++;
		if (i < sequence_end)
			continue;
		size_t n = sequence_len(p + i, len - i);
		sequence_end = i + n;
		if (n)
			c->sequences++;
		else
			c->stray++;
	}
}

/* What no text has, tabs, line ends and terminal sequences aside. */
static bool has_controls(const struct charset_counts *c)
{
	for (unsigned int b = 0; b < ' '; b++)
		if ((b < '\a' || b > '\r') && b != '\033' && c->all[b])
			return true;
	return c->all[0x7f] > 0;
}

static bool is_text(const struct charset_counts *c)
{
	if (has_controls(c) || c->stray <= STRAY_MIN * c->sequences)
		return false;
	return c->high < ALPHABET_MIN || c->runs * 2 <= c->high;
}

/* Whether each byte is a character of the page, control characters aside. */
static bool fits(const struct charset_counts *c, enum es_charset cs)
{
	for (unsigned int b = 0x80; b < 0xa0; b++) {
		uint32_t point = charset_point(cs, (unsigned char)b);

		if (c->all[b] && (point == 0 || point == b))
			return false;
	}
	return true;
}

static bool is_letter(uint32_t point)
{
	return point >= 0xc0 && point < 0x180 && point != 0xd7 && point != 0xf7;
}

/* The lower case of a letter below U+0180. */
static uint32_t fold(uint32_t point)
{
	bool odd_is_upper = (point > 0x138 && point < 0x149) || point > 0x178;

	if (point < 0xdf)
		return point >= 0xc0 ? point + 0x20 : point;
	if (point == 0x178)
		return 0xff;
	if (point < 0x100 || point == 0x138 || point == 0x149)
		return point;
	return point % 2 == odd_is_upper ? point + 1 : point;
}

static bool has_letter(const uint16_t *letters, uint32_t point)
{
	while (*letters && *letters != point)
		letters++;
	return *letters != 0;
}

/* Signs with which a word may begin: quotes, dashes, ¡ § © « µ ¶ » ¿ €. */
static bool is_opening(uint32_t point)
{
	static const uint16_t signs[] = u"¡§©«µ¶»¿€";

	return (point >= 0x2010 && point < 0x2040) || has_letter(signs, point);
}

/* How many bytes make sense as text of one language in one code page. */
static size_t score(const struct charset_counts *c, enum es_charset cs,
		    const uint16_t *letters)
{
	size_t sum = 0;

	for (unsigned int b = 0x80; b < 0x100; b++) {
		uint32_t point = charset_point(cs, (unsigned char)b);

		if (has_letter(letters, fold(point)))
			sum += c->all[b];
		else if (!is_letter(point))
			sum += c->all[b] - (is_opening(point) ? c->inner[b]
							      : c->leading[b]);
	}
	return sum;
}

enum es_charset charset_guess(const struct charset_counts *c)
{
	/* In order of preference; a name with Windows only where it is. */
	static const struct {
		enum es_charset cs;
		const uint16_t *const *languages;
	} pages[] = {
		{ ES_CHARSET_LATIN1, western },
		{ ES_CHARSET_WINDOWS_1252, western },
		{ ES_CHARSET_LATIN2, central },
		{ ES_CHARSET_WINDOWS_1250, central },
	};
	enum es_charset best = ES_CHARSET_UNKNOWN;
	size_t most = 0;

	if (!is_text(c))
		return best;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		const uint16_t *const *l = pages[i].languages;

		for (; fits(c, pages[i].cs) && *l; l++) {
			size_t n = score(c, pages[i].cs, *l);

			if (n > most || best == ES_CHARSET_UNKNOWN) {
				most = n;
				best = pages[i].cs;
			}
		}
	}
	return best;
}
