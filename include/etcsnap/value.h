/* SPDX-License-Identifier: MIT */
/* value.h - look at any value of a document, whatever it is */
#ifndef ETCSNAP_VALUE_H
#define ETCSNAP_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/doc.h"

/*
 * What templates walk: where doc.h knows objects and arrays and asks for a
 * text or a number by key, this takes what is there and tells its kind. A
 * value is a handle, passed by value, and costs nothing to take; it is good
 * until the document that it is of is changed or freed.
 */

/**
 * enum es_value_kind - what a value is
 * @ES_VALUE_NONE:   nothing: a key or an element that is not there
 * @ES_VALUE_NULL:   null
 * @ES_VALUE_BOOL:   true or false
 * @ES_VALUE_NUMBER: integer
 * @ES_VALUE_REAL:   number with a fraction or an exponent; only read, never
 *                   built
 * @ES_VALUE_TEXT:   string
 * @ES_VALUE_ARRAY:  array
 * @ES_VALUE_OBJECT: object
 */
enum es_value_kind {
	ES_VALUE_NONE,
	ES_VALUE_NULL,
	ES_VALUE_BOOL,
	ES_VALUE_NUMBER,
	ES_VALUE_REAL,
	ES_VALUE_TEXT,
	ES_VALUE_ARRAY,
	ES_VALUE_OBJECT,
};

/**
 * struct es_value - handle of a value
 * @json: the library's, NULL for none; borrowed
 */
struct es_value {
	const void *json;
};

/**
 * es_value_of - the value that a node stands for
 * @node: document or any node of it, borrowed
 *
 * Return: handle.
 */
struct es_value es_value_of(const struct es_doc *node);

/**
 * es_value_of_bool - true or false as a value of no document
 * @v: which
 *
 * Return: handle, good for ever.
 */
struct es_value es_value_of_bool(bool v);

/**
 * es_value_kind - what a value is
 * @v: value
 *
 * Return: its kind.
 */
enum es_value_kind es_value_kind(struct es_value v);

/**
 * es_value_get - value under a key
 * @v:   value
 * @key: NUL-terminated
 *
 * Return: the value; none when @v is no object or has no such key.
 */
struct es_value es_value_get(struct es_value v, const char *key);

/**
 * es_value_at - value in an array
 * @v: value
 * @i: its number from 0
 *
 * Return: the value; none when @v is no array or ends before.
 */
struct es_value es_value_at(struct es_value v, size_t i);

/**
 * es_value_len - size of a value
 * @v: value
 *
 * Return: elements of an array, keys of an object, bytes of a text, else 0.
 */
size_t es_value_len(struct es_value v);

/**
 * es_value_text - a text's bytes
 * @v: value
 *
 * Return: NUL-terminated UTF-8 of es_value_len() bytes, borrowed from the
 * document; NULL when @v is no text.
 */
const char *es_value_text(struct es_value v);

/**
 * es_value_number - an integer
 * @v:        value
 * @fallback: what to give for anything else
 *
 * Return: the number or @fallback.
 */
int64_t es_value_number(struct es_value v, int64_t fallback);

/**
 * es_value_is_true - whether a value counts as true in a template
 * @v: value
 *
 * Return: false for none, null, false, 0, "" and an empty array; true for all
 * else, also for an empty object.
 */
bool es_value_is_true(struct es_value v);

/**
 * es_value_add - append a value as text
 * @out: appended to
 * @v:   text as it is; numbers in digits; true, false; nothing for null and
 *       none; arrays and objects as JSON on one line
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_value_add(struct es_buf *out, struct es_value v);

/**
 * es_value_json - append a value as JSON on one line, pure ASCII
 * @out: appended to, without a newline at the end
 * @v:   value; none is written as null
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_value_json(struct es_buf *out, struct es_value v);

#endif
