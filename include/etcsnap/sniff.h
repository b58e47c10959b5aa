/* SPDX-License-Identifier: MIT */
/* sniff.h - what kind of content a file holds */
#ifndef ETCSNAP_SNIFF_H
#define ETCSNAP_SNIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "etcsnap/buf.h"

/*
 * Used where content is read from the live system and again where old content
 * is about to be shown, so that both come to the same verdict.
 */

/**
 * ES_SNIFF_LEN - bytes from the beginning that tell text from binary
 */
#define ES_SNIFF_LEN 8000

/**
 * es_sniff_utf16 - whether content begins with a UTF-16 byte order mark
 * @data: content, at least its beginning
 * @len:  bytes of @data; fewer than two are no mark
 *
 * Return: true for a mark of either byte order.
 */
bool es_sniff_utf16(const char *data, size_t len);

/**
 * es_sniff_binary - whether content is binary
 * @data: content, at least its first ES_SNIFF_LEN bytes; NULL when @len is 0
 * @len:  bytes of @data
 *
 * Return: true when one of the first ES_SNIFF_LEN bytes is NUL and there is no
 * UTF-16 byte order mark; false for no content.
 */
bool es_sniff_binary(const char *data, size_t len);

/**
 * es_sniff_key - whether text holds a private key in PEM or a kin of it
 * @data: text, decoded
 * @len:  its bytes
 *
 * Its "BEGIN" line stands at the start of a line (blanks before it allowed,
 * as in YAML), or inside a string that goes on with an escaped newline (as in
 * JSON).
 *
 * Return: true when such a line is there.
 */
bool es_sniff_key(const char *data, size_t len);

/**
 * es_sniff_decode - append UTF-16 text, with its byte order mark, as UTF-8
 * @out:  appended to
 * @data: text
 * @len:  its bytes
 *
 * Lone surrogates become U+FFFD, an odd last byte is dropped.
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_sniff_decode(struct es_buf *out, const char *data, size_t len);

#endif
