/* SPDX-License-Identifier: MIT */
/* base64.h - bytes as base64 text and back */
#ifndef ETCSNAP_BASE64_H
#define ETCSNAP_BASE64_H

#include <stddef.h>

#include "etcsnap/buf.h"

/**
 * es_base64_encode - append bytes as base64, padded, on one line
 * @out: appended to
 * @raw: bytes; NULL is allowed when @len is 0
 * @len: their number
 *
 * Return: 0 or the buffer's sticky failure.
 * Source: RFC 4648 section 4.
 */
int es_base64_encode(struct es_buf *out, const char *raw, size_t len);

/**
 * es_base64_decode - append the bytes that a base64 text stands for
 * @out:  appended to
 * @text: base64, padded or not; need not be NUL-terminated
 * @len:  its bytes
 *
 * Return: 0, -EINVAL when another byte is among the digits (what came before
 * it is appended), or the buffer's sticky failure.
 * Source: RFC 4648 section 4.
 */
int es_base64_decode(struct es_buf *out, const char *text, size_t len);

#endif
