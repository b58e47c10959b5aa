/* SPDX-License-Identifier: MIT */
/* doc.h - JSON documents: build, read, look into, write out */
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

/**
 * es_doc_new - make an empty document
 *
 * Return: its outermost object, owned (es_doc_free()); NULL without memory.
 * Locking: none; a document is not for use by two threads at once.
 */
struct es_doc *es_doc_new(void);

/**
 * es_doc_free - free a whole document with all its nodes and texts
 * @doc: what es_doc_new() made, taken; NULL is allowed
 */
void es_doc_free(struct es_doc *doc);
ES_DEFINE_CLEANUP(struct es_doc, es_doc_free)

/**
 * es_doc_text - set a key of an object to bytes
 * @obj: object, borrowed
 * @key: NUL-terminated UTF-8, copied; a value that it had is replaced
 * @raw: bytes, copied; NULL sets null
 * @len: their number; of no meaning for NULL
 *
 * Bytes that are not text are set escaped, and as KEY_b64 in base64.
 *
 * Locking: none; a document is not for use by two threads at once.
 */
void es_doc_text(struct es_doc *obj, const char *key, const char *raw,
		 size_t len);

/**
 * es_doc_str - set a key of an object to a C string
 * @obj: object, borrowed
 * @key: NUL-terminated UTF-8, copied
 * @s:   NUL-terminated, copied, as es_doc_text(); NULL sets null
 *
 * Locking: none; a document is not for use by two threads at once.
 */
void es_doc_str(struct es_doc *obj, const char *key, const char *s);

/**
 * es_doc_number - set a key of an object to a number
 * @obj: object, borrowed
 * @key: NUL-terminated UTF-8, copied
 * @v:   value
 *
 * Locking: none; a document is not for use by two threads at once.
 */
void es_doc_number(struct es_doc *obj, const char *key, int64_t v);

/**
 * es_doc_bool - set a key of an object to true or false
 * @obj: object, borrowed
 * @key: NUL-terminated UTF-8, copied
 * @v:   value
 *
 * Locking: none; a document is not for use by two threads at once.
 */
void es_doc_bool(struct es_doc *obj, const char *key, bool v);

/**
 * es_doc_object - set a key of an object to a new, empty object
 * @obj: object, borrowed
 * @key: NUL-terminated UTF-8, copied
 *
 * Return: the object, borrowed until the key is set again or the document is
 * freed; never NULL: without memory a node that takes nothing.
 * Locking: none; a document is not for use by two threads at once.
 */
struct es_doc *es_doc_object(struct es_doc *obj, const char *key);

/**
 * es_doc_array - set a key of an object to a new, empty array
 * @obj: object, borrowed
 * @key: NUL-terminated UTF-8, copied
 *
 * Return: the array, borrowed until the key is set again or the document is
 * freed; never NULL: without memory a node that takes nothing.
 * Locking: none; a document is not for use by two threads at once.
 */
struct es_doc *es_doc_array(struct es_doc *obj, const char *key);

/**
 * es_doc_push - put a new, empty object at an array's end
 * @array: array, borrowed
 *
 * Return: the object, borrowed as long as @array lives; never NULL: without
 * memory a node that takes nothing.
 * Locking: none; a document is not for use by two threads at once.
 */
struct es_doc *es_doc_push(struct es_doc *array);

/**
 * es_doc_push_text - put bytes at an array's end
 * @array: array, borrowed
 * @raw:   bytes, copied, escaped where they are not text; not NULL
 * @len:   their number
 *
 * Locking: none; a document is not for use by two threads at once.
 */
void es_doc_push_text(struct es_doc *array, const char *raw, size_t len);

/**
 * es_doc_push_number - put a number at an array's end
 * @array: array, borrowed
 * @v:     value
 *
 * Locking: none; a document is not for use by two threads at once.
 */
void es_doc_push_number(struct es_doc *array, int64_t v);

/**
 * es_doc_push_array - put a new, empty array at an array's end
 * @array: array, borrowed
 *
 * Return: the new array, borrowed as long as @array lives; never NULL: without
 * memory a node that takes nothing.
 * Locking: none; a document is not for use by two threads at once.
 */
struct es_doc *es_doc_push_array(struct es_doc *array);

/**
 * es_doc_set - set a key of an object to a node of another document
 * @obj:  object, borrowed
 * @key:  NUL-terminated UTF-8, copied
 * @node: object or array of another document, shared, not copied: what is
 *        changed in it later is seen here too
 *
 * The values live as long as either document; what es_doc_get() gives for @key
 * is @node itself, which is gone when its document is freed. A node of the
 * same document is refused, which es_doc_check() tells; two documents must not
 * be put into each other.
 *
 * Locking: none; neither document is for use by two threads at once.
 */
void es_doc_set(struct es_doc *obj, const char *key, const struct es_doc *node);

/**
 * es_doc_push_node - put a node of another document at an array's end
 * @array: array, borrowed
 * @node:  object or array, shared as by es_doc_set()
 *
 * Locking: none; neither document is for use by two threads at once.
 */
void es_doc_push_node(struct es_doc *array, const struct es_doc *node);

/**
 * es_doc_check - whether all of the building went well
 * @doc: document or any node of it, borrowed
 * @err: filled when building failed
 *
 * Return: 0, -ENOMEM, or -EINVAL for what es_doc_set() refused.
 */
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

/**
 * ES_DOC_DEPTH_MAX - how deep brackets of a text that is read may nest
 */
#define ES_DOC_DEPTH_MAX 128

/**
 * ES_DOC_TEXT_MAX - most bytes of a text that is read (256 MiB)
 */
#define ES_DOC_TEXT_MAX ((size_t)256 << 20)

/**
 * es_doc_read - make a document from JSON text
 * @out:  owned, es_doc_free(); of any kind of value, also a plain one (then
 *        only value.h has a use for it)
 * @name: for messages: file name or the like
 * @text: JSON text (RFC 8259), UTF-8, borrowed
 * @len:  its bytes; "[[],[],…" takes 60 times as many in memory, so a caller
 *        sets a lower limit than ES_DOC_TEXT_MAX to what strangers send
 * @err:  filled on failure: "NAME:LINE:COLUMN: what"
 *
 * Of a key that stands twice the last value counts. A text with a NUL in it
 * ("\u0000") is refused, as is an integer beyond 64 bits.
 *
 * Return: 0, -EINVAL (no JSON, or nested deeper than ES_DOC_DEPTH_MAX),
 * -EFBIG, -ENOMEM.
 */
int es_doc_read(struct es_doc **out, const char *name, const char *text,
		size_t len, struct es_error *err);

/**
 * es_doc_is_null - whether a key is missing or null
 * @obj: object, borrowed
 * @key: NUL-terminated
 *
 * Return: true for both, and when @obj is no object.
 */
bool es_doc_is_null(const struct es_doc *obj, const char *key);

/**
 * es_doc_is_number - whether there is a number under a key
 * @obj: object, borrowed
 * @key: NUL-terminated
 *
 * Return: true for an integer, false for all else.
 */
bool es_doc_is_number(const struct es_doc *obj, const char *key);

/**
 * es_doc_get - object or array under a key
 * @obj: object, borrowed
 * @key: NUL-terminated
 *
 * Return: node, borrowed; NULL when it is missing or a plain value.
 */
const struct es_doc *es_doc_get(const struct es_doc *obj, const char *key);

/**
 * es_doc_len - number of elements of an array
 * @array: array, borrowed
 *
 * Return: their number, 0 when @array is none.
 */
size_t es_doc_len(const struct es_doc *array);

/**
 * es_doc_at - object in an array
 * @array: array, borrowed
 * @i:     its number from 0
 *
 * Return: node, borrowed; NULL past the end and for a text.
 */
const struct es_doc *es_doc_at(const struct es_doc *array, size_t i);

/**
 * es_doc_at_str - text in an array
 * @array: array, borrowed
 * @i:     its number from 0
 *
 * Return: NUL-terminated UTF-8, borrowed from the document; NULL past the end
 * and for an object.
 */
const char *es_doc_at_str(const struct es_doc *array, size_t i);

/**
 * es_doc_get_str - text under a key
 * @obj: object, borrowed
 * @key: NUL-terminated
 *
 * Return: NUL-terminated UTF-8, borrowed until the key is set again or the
 * document freed; escaped where the bytes were not text; NULL when there is
 * none.
 */
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

/**
 * es_doc_remove - take a key out of an object
 * @obj: object, borrowed
 * @key: NUL-terminated; with it goes KEY_b64
 *
 * A node that was under the key is gone with all below it. Nothing happens
 * where there is none.
 *
 * Locking: none; a document is not for use by two threads at once.
 */
void es_doc_remove(struct es_doc *obj, const char *key);

/**
 * es_doc_edit - object or array under a key, to be changed
 * @obj: object, borrowed
 * @key: NUL-terminated
 *
 * Return: node, borrowed as by es_doc_get(); NULL also for a node that is
 * another document's.
 */
struct es_doc *es_doc_edit(struct es_doc *obj, const char *key);

/**
 * es_doc_edit_at - object or array in an array, to be changed
 * @array: array, borrowed
 * @i:     its number from 0
 *
 * Return: node, borrowed as by es_doc_at(); NULL also for a node that is
 * another document's.
 */
struct es_doc *es_doc_edit_at(struct es_doc *array, size_t i);

/**
 * es_doc_get_number - number under a key
 * @obj:      object, borrowed
 * @key:      NUL-terminated
 * @fallback: what to give when there is no number
 *
 * Return: the number or @fallback.
 */
int64_t es_doc_get_number(const struct es_doc *obj, const char *key,
			  int64_t fallback);

/**
 * es_doc_get_bool - truth under a key
 * @obj: object, borrowed
 * @key: NUL-terminated
 *
 * Return: true only when the value is true; false also when it is missing.
 */
bool es_doc_get_bool(const struct es_doc *obj, const char *key);

#endif
