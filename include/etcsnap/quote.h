/* SPDX-License-Identifier: MIT */
/* quote.h - the only ways by which hostile bytes leave the program */
#ifndef ETCSNAP_QUOTE_H
#define ETCSNAP_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "etcsnap/buf.h"

/*
 * File names, contents, link targets and the like are bytes that an attacker
 * chose. They are kept raw inside and pass through one of these functions on
 * the way out, one function a target. JSON and CSV are quoted in src/output.
 */

/**
 * ES_Q_MAX - room in bytes of one ES_Q() rendering, NUL included
 */
#define ES_Q_MAX 512

/**
 * ES_Q - a path or name, quoted for a terminal, as a printf argument
 * @s: NUL-terminated bytes; NULL reads as "(none)"
 *
 * Longer names are cut with "...".
 *
 * Return: text, valid until the end of the enclosing block.
 */
#define ES_Q(s) es_quote_tmp((char[ES_Q_MAX]){ 0 }, ES_Q_MAX, (s))

/**
 * es_quote_tmp - quote a string into a caller's array; use ES_Q()
 * @out:  array to fill
 * @room: its size in bytes, NUL included
 * @raw:  NUL-terminated bytes; NULL reads as "(none)"
 *
 * Return: @out.
 */
const char *es_quote_tmp(char *out, size_t room, const char *raw);

/**
 * es_quote_term - quote for a terminal or a text mail, on one line
 * @b:   appended to
 * @raw: any bytes
 * @len: their number
 *
 * Printable UTF-8 passes as it is; control bytes, invalid UTF-8, C1 controls,
 * bidirectional and zero-width characters and the backslash become \n, \t,
 * \\ or \xHH. No surrounding quotes.
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_quote_term(struct es_buf *b, const char *raw, size_t len);

/**
 * es_quote_text - quote a line of file content for text reports
 * @b:   appended to
 * @raw: any bytes
 * @len: their number
 *
 * As es_quote_term(), but a tab stays a tab and the backslash itself.
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_quote_text(struct es_buf *b, const char *raw, size_t len);

/**
 * es_quote_mtree - quote a name as mtree(5) does
 * @b:   appended to
 * @raw: any bytes but NUL
 * @len: their number
 *
 * Everything outside printable ASCII, and the blank, '#', '=', '\\', becomes
 * \ooo (three octal digits). Glob characters too, as \052 for '*'.
 *
 * Return: 0 or the buffer's sticky failure.
 * Source: mtree(5); vis(3) VIS_OCTAL as mtree-netbsd reads it.
 */
int es_quote_mtree(struct es_buf *b, const char *raw, size_t len);

/**
 * es_unquote_mtree - undo es_quote_mtree() and what other mtrees write
 * @b:   appended to
 * @enc: encoded bytes
 * @len: their number
 *
 * Return: 0, -EINVAL on a broken escape (nothing appended), or the buffer's
 * sticky failure.
 */
int es_unquote_mtree(struct es_buf *b, const char *enc, size_t len);

/**
 * es_utf8_valid - whether bytes are well-formed UTF-8 (RFC 3629)
 * @raw: bytes
 * @len: their number
 *
 * Return: true when all of them are.
 */
bool es_utf8_valid(const char *raw, size_t len);

#endif
