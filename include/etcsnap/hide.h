/* SPDX-License-Identifier: MIT */
/* hide.h - what of a content may be kept or shown, whatever its encoding */
#ifndef ETCSNAP_HIDE_H
#define ETCSNAP_HIDE_H

#include <stddef.h>

#include "etcsnap/mask.h"

/*
 * Masks and the search for private keys are made for text in one byte a
 * character. A secret in another form is as secret: UTF-16 with its mark or
 * without, text between NULs (as in /proc/PID/environ), code pages in which a
 * mask's own letters have other bytes. Everything that becomes a blob or a
 * message, and all old content on its way out, comes through here.
 */

/**
 * es_hide_has_key - whether a content holds a private key in any form
 * @data: content
 * @len:  its bytes
 *
 * Return: 1, 0 or -ENOMEM.
 */
int es_hide_has_key(const char *data, size_t len);

/**
 * es_hide_values - mask a content in any form
 * @masks: masks, NULL = there are none
 * @out:   reset and set to the masked content when anything was masked
 * @data:  content
 * @len:   its bytes
 * @hmac:  digest of kind ES_DIGEST_HMAC, this thread's
 *
 * What is masked keeps its encoding. Where it could not (UTF-16, binaries,
 * a mask that matches only once a code page is decoded) a match makes the
 * whole content secret.
 *
 * Return: number of masked values, 0 when @out is to be ignored; -EACCES when
 * nothing of the content may be kept, -ENOMEM.
 */
int es_hide_values(const struct es_mask_set *masks, struct es_buf *out,
		   const char *data, size_t len, struct es_digest *hmac);

/**
 * es_hide_all - put one mark in the place of a whole content
 * @out:  reset and set to the mark of the whole, with a newline
 * @data: content
 * @len:  its bytes
 * @hmac: digest of kind ES_DIGEST_HMAC, this thread's
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_hide_all(struct es_buf *out, const char *data, size_t len,
		struct es_digest *hmac);

/**
 * es_hide_text - what may be kept of a text that must not be missing
 * @masks: masks, NULL = there are none
 * @out:   reset and set to the text that may be kept, when it is another
 * @data:  text
 * @len:   its bytes
 * @hmac:  digest of kind ES_DIGEST_HMAC, this thread's
 *
 * As es_hide_values(); of what is secret, by a private key too, the mark of
 * the whole is left.
 *
 * Return: number of marks, 0 when @out is to be ignored, or -ENOMEM.
 */
int es_hide_text(const struct es_mask_set *masks, struct es_buf *out,
		 const char *data, size_t len, struct es_digest *hmac);

/**
 * es_hide_line - what may be kept of a line or a part of one
 * @masks: masks, NULL = there are none
 * @out:   as in es_hide_text(), without a newline behind the mark of the whole
 * @text:  without a newline, NUL-terminated
 * @hmac:  digest of kind ES_DIGEST_HMAC, this thread's
 *
 * Return: number of marks, 0 when @out is to be ignored, or -ENOMEM.
 */
int es_hide_line(const struct es_mask_set *masks, struct es_buf *out,
		 const char *text, struct es_digest *hmac);

#endif
