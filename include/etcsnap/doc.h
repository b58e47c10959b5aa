/* SPDX-License-Identifier: MIT */
/* doc.h - JSON documents: build, look into, write out */
#ifndef ETCSNAP_DOC_H
#define ETCSNAP_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"

/*
 * A thin face over the JSON library, so that one folder alone knows it. Text
 * goes in as bytes; bytes that are not valid UTF-8, or hold a NUL, are written
 * in the escaped form of es_quote_term() and once more, exactly, base64-encoded
 * under KEY_b64. Key order is the order of setting. The JSON text is pure
 * ASCII, so it is safe on a terminal.
 *
 * Building never fails half-way: the first failure sticks to the document
 * that es_doc_new() made and es_doc_check() tells it.
 */

/** struct es_doc - a node: an object or an array */
struct es_doc;

/** es_doc_new - Return: an empty object, owned (es_doc_free()), or NULL */
struct es_doc *es_doc_new(void);

/** es_doc_free - free a whole document; only what es_doc_new() made */
void es_doc_free(struct es_doc *doc);
ES_DEFINE_CLEANUP(struct es_doc, es_doc_free)

/** es_doc_text - set a key of an object to bytes; NULL sets null */
void es_doc_text(struct es_doc *obj, const char *key, const char *raw,
		 size_t len);

/** es_doc_str - set a key of an object to a C string; NULL sets null */
void es_doc_str(struct es_doc *obj, const char *key, const char *s);

/** es_doc_number - set a key of an object to a number */
void es_doc_number(struct es_doc *obj, const char *key, int64_t v);

/** es_doc_bool - set a key of an object to true or false */
void es_doc_bool(struct es_doc *obj, const char *key, bool v);

/** es_doc_object - Return: a new object under a key, borrowed, never NULL */
struct es_doc *es_doc_object(struct es_doc *obj, const char *key);

/** es_doc_array - Return: a new array under a key, borrowed, never NULL */
struct es_doc *es_doc_array(struct es_doc *obj, const char *key);

/** es_doc_push - Return: a new object at an array's end, borrowed */
struct es_doc *es_doc_push(struct es_doc *array);

/** es_doc_push_text - put bytes at an array's end */
void es_doc_push_text(struct es_doc *array, const char *raw, size_t len);

/** es_doc_check - Return: 0, or -ENOMEM with @err when building failed */
int es_doc_check(const struct es_doc *doc, struct es_error *err);

/**
 * es_doc_write - the document as JSON text
 * @doc:    document or node
 * @out:    appended to, one newline at the end
 * @indent: true for people, false for one line
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_doc_write(const struct es_doc *doc, struct es_buf *out, bool indent);

/** es_doc_is_null - whether a key is missing or null */
bool es_doc_is_null(const struct es_doc *obj, const char *key);

/** es_doc_is_number - whether there is a number under a key */
bool es_doc_is_number(const struct es_doc *obj, const char *key);

/**
 * es_doc_get - Return: object or array under a key, borrowed, NULL when it is
 * missing or a plain value
 */
const struct es_doc *es_doc_get(const struct es_doc *obj, const char *key);

/** es_doc_len - Return: number of elements of an array */
size_t es_doc_len(const struct es_doc *array);

/**
 * es_doc_at - Return: object in an array, borrowed, NULL past the end and for
 * a text
 */
const struct es_doc *es_doc_at(const struct es_doc *array, size_t i);

/** es_doc_at_str - Return: text in an array, borrowed, or NULL */
const char *es_doc_at_str(const struct es_doc *array, size_t i);

/** es_doc_get_str - Return: text under a key, borrowed, or NULL */
const char *es_doc_get_str(const struct es_doc *obj, const char *key);

/**
 * es_doc_get_bytes - the exact bytes that es_doc_text() was given
 * @obj: object
 * @key: key
 * @out: appended to
 *
 * Return: false when there is no text under the key.
 */
bool es_doc_get_bytes(const struct es_doc *obj, const char *key,
		      struct es_buf *out);

/** es_doc_get_number - Return: number under a key, @fallback when missing */
int64_t es_doc_get_number(const struct es_doc *obj, const char *key,
			  int64_t fallback);

/** es_doc_get_bool - Return: value under a key, false when missing */
bool es_doc_get_bool(const struct es_doc *obj, const char *key);

#endif
