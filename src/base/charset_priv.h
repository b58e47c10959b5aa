/* SPDX-License-Identifier: MIT */
/* charset_priv.h - code pages: their characters, and which one a text is in */
#ifndef ETCSNAP_BASE_CHARSET_PRIV_H
#define ETCSNAP_BASE_CHARSET_PRIV_H

#include <stdint.h>

#include "etcsnap/charset.h"

/**
 * struct charset_counts - what text in a code page is judged by
 * @all:       how often each byte occurs
 * @leading:   how often with a letter behind it
 * @inner:     how often with a letter on both sides
 * @high:      bytes above 127
 * @runs:      of those, letters between two letters above 127
 * @sequences: well-formed UTF-8 sequences above 127
 * @stray:     bytes above 127 that are in none
 */
struct charset_counts {
	size_t all[256];
	size_t leading[256];
	size_t inner[256];
	size_t high;
	size_t runs;
	size_t sequences;
	size_t stray;
};

/** charset_count - add a text to counts */
void charset_count(struct charset_counts *c, const char *data, size_t len);

/**
 * charset_guess - Return: the code page of counted text that is not UTF-8, or
 * ES_CHARSET_UNKNOWN
 */
enum es_charset charset_guess(const struct charset_counts *c);

/**
 * charset_point - character of a byte in a code page
 * @cs:   one of the four code pages
 * @byte: 0 to 255
 *
 * Return: its code point; 0 for a gap, and for the NUL.
 */
uint32_t charset_point(enum es_charset cs, unsigned char byte);

#endif
