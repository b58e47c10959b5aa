/* SPDX-License-Identifier: MIT */
/* charset.h - in which encoding text is kept, and the same text as UTF-8 */
#ifndef ETCSNAP_CHARSET_H
#define ETCSNAP_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "etcsnap/buf.h"

/*
 * Content is stored byte for byte; only what people and programs read of it
 * is made UTF-8. A mark at the beginning tells UTF-16 and one kind of UTF-8.
 * Bytes above 127 that are not UTF-8 are one of four code pages or nothing
 * known:
 *
 * - Nothing known is what has control characters; what has a UTF-8 sequence
 *   for every two bytes that are in none, as it is rather UTF-8 with broken
 *   places; and where there are 32 such bytes or more, text in which most of
 *   them have their like on both sides, as it is in another alphabet.
 * - ISO-8859 has no characters in 0x80-0x9f, and each Windows code page has
 *   gaps there: what a text does not fit is out.
 * - Of the pages left the one is taken that has a language whose letters
 *   explain most of the bytes. Signs count for a page where they do not stand
 *   inside a word, nor most of them before one. Where pages are equal the
 *   Western one is taken.
 */

/**
 * enum es_charset - encodings that are told apart
 * @ES_CHARSET_NONE:         there is no text
 * @ES_CHARSET_UNKNOWN:      none of these; decoding leaves the bytes alone
 * @ES_CHARSET_ASCII:        no byte above 127; the beginning of all but UTF-16
 * @ES_CHARSET_UTF8:         well-formed UTF-8 without a mark
 * @ES_CHARSET_UTF8_BOM:     UTF-8 behind a mark, broken places included
 * @ES_CHARSET_UTF16LE:      UTF-16 with its mark, low bytes first
 * @ES_CHARSET_UTF16BE:      UTF-16 with its mark, high bytes first
 * @ES_CHARSET_LATIN1:       ISO-8859-1
 * @ES_CHARSET_WINDOWS_1252: Latin-1 with characters in 0x80-0x9f
 * @ES_CHARSET_LATIN2:       ISO-8859-2
 * @ES_CHARSET_WINDOWS_1250: the code page of Central Europe
 */
enum es_charset {
	ES_CHARSET_NONE,
	ES_CHARSET_UNKNOWN,
	ES_CHARSET_ASCII,
	ES_CHARSET_UTF8,
	ES_CHARSET_UTF8_BOM,
	ES_CHARSET_UTF16LE,
	ES_CHARSET_UTF16BE,
	ES_CHARSET_LATIN1,
	ES_CHARSET_WINDOWS_1252,
	ES_CHARSET_LATIN2,
	ES_CHARSET_WINDOWS_1250,
};

/**
 * es_charset_mark - length of the mark with which UTF-8 may begin
 * @data: text; NULL when @len is 0
 * @len:  its bytes
 *
 * Return: 3 or 0.
 */
size_t es_charset_mark(const char *data, size_t len);

/**
 * es_charset_detect - the encoding of a text
 * @data: all of it; NULL when @len is 0
 * @len:  its bytes
 *
 * Return: never ES_CHARSET_NONE; ES_CHARSET_ASCII for no bytes.
 */
enum es_charset es_charset_detect(const char *data, size_t len);

/**
 * es_charset_detect_both - the encodings of two states of a text
 * @old:  set
 * @was:  bytes of the older state
 * @new:  set
 * @is:   bytes of the newer state
 *
 * Code pages are guessed from both together, so that a line that did not
 * change never reads differently: of two texts in code pages both have the
 * same one, and where one of them is ES_CHARSET_UNKNOWN so is the other.
 */
void es_charset_detect_both(enum es_charset *old, const struct es_buf *was,
			    enum es_charset *new, const struct es_buf *is);

/**
 * es_charset_name - name of an encoding
 * @cs: encoding
 *
 * Return: names as IANA has them, "UTF-8-BOM" for UTF-8 with a mark; "" for
 * ES_CHARSET_NONE. Borrowed, constant.
 */
const char *es_charset_name(enum es_charset cs);

/**
 * es_charset_is_plain - whether text is shown as it is stored
 * @cs: encoding
 *
 * Return: true for UTF-8 without a mark, for its part ASCII, and for what is
 * not known.
 */
bool es_charset_is_plain(enum es_charset cs);

/**
 * es_charset_is_wide - whether each character takes two bytes or four
 * @cs: encoding
 *
 * Return: true for both kinds of UTF-16.
 */
bool es_charset_is_wide(enum es_charset cs);

/**
 * es_charset_differs - whether a text was put into another encoding
 * @old: encoding that it had
 * @new: encoding that it has
 *
 * Return: false when they are the same, when one is ES_CHARSET_NONE, and when
 * one is ASCII, which is text in the other one too.
 */
bool es_charset_differs(enum es_charset old, enum es_charset new);

/**
 * es_charset_decode - append text as UTF-8, without its mark
 * @out:  appended to
 * @cs:   encoding; with one that is plain the bytes are copied
 * @data: text; NULL when @len is 0
 * @len:  its bytes
 *
 * Lone surrogates become U+FFFD, an odd last byte of UTF-16 is dropped, gaps
 * of code pages are the control characters of that number. NUL and control
 * characters stay: what is decoded is as hostile as before.
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_charset_decode(struct es_buf *out, enum es_charset cs, const char *data,
		      size_t len);

#endif
