/* SPDX-License-Identifier: MIT */
/* value.c - look at any value of a document, whatever it is */
#include "config.h"

#include "etcsnap/value.h"

#include "output/doc_priv.h"

#include <jansson.h>

#include <errno.h>

/* Digits that give every double back, see float.h's DBL_DECIMAL_DIG. */
#define REAL_DIGITS_MAX 17

/* Digits that no decimal number of a double loses. */
#define REAL_DIGITS 15

static const json_t *json_of(struct es_value v)
{
	return v.json;
}

struct es_value es_value_of(const struct es_doc *node)
{
	return (struct es_value){ node->json };
}

struct es_value es_value_of_bool(bool v)
{
	return (struct es_value){ v ? json_true() : json_false() };
}

enum es_value_kind es_value_kind(struct es_value v)
{
	if (!v.json)
		return ES_VALUE_NONE;
	switch (json_typeof(json_of(v))) {
	case JSON_OBJECT:
		return ES_VALUE_OBJECT;
	case JSON_ARRAY:
		return ES_VALUE_ARRAY;
	case JSON_STRING:
		return ES_VALUE_TEXT;
	case JSON_INTEGER:
		return ES_VALUE_NUMBER;
	case JSON_REAL:
		return ES_VALUE_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return ES_VALUE_BOOL;
	case JSON_NULL:
	default:
		return ES_VALUE_NULL;
	}
}

struct es_value es_value_get(struct es_value v, const char *key)
{
	return (struct es_value){ json_object_get(json_of(v), key) };
}

struct es_value es_value_at(struct es_value v, size_t i)
{
	return (struct es_value){ json_array_get(json_of(v), i) };
}

size_t es_value_len(struct es_value v)
{
	const json_t *json = json_of(v);

	if (json_is_string(json))
		return json_string_length(json);
	return json_is_array(json) ? json_array_size(json)
				   : json_object_size(json);
}

const char *es_value_text(struct es_value v)
{
	return json_string_value(json_of(v));
}

int64_t es_value_number(struct es_value v, int64_t fallback)
{
	const json_t *json = json_of(v);

	return json_is_integer(json) ? json_integer_value(json) : fallback;
}

bool es_value_is_true(struct es_value v)
{
	switch (es_value_kind(v)) {
	case ES_VALUE_BOOL:
		return json_is_true(json_of(v));
	case ES_VALUE_NUMBER:
		return es_value_number(v, 0) != 0;
	case ES_VALUE_REAL:
		/* Written so since "== 0" on a double is a warning. */
		return json_real_value(json_of(v)) < 0 ||
		       json_real_value(json_of(v)) > 0;
	case ES_VALUE_TEXT:
	case ES_VALUE_ARRAY:
		return es_value_len(v) > 0;
	case ES_VALUE_OBJECT:
		return true;
	case ES_VALUE_NONE:
	case ES_VALUE_NULL:
	default:
		return false;
	}
}

/* The library writes 1.2 with a point whatever the locale says. */
static int add_real(struct es_buf *out, const json_t *json)
{
	double want = json_real_value(json);
	size_t start = out->len;

	for (size_t digits = REAL_DIGITS; digits <= REAL_DIGITS_MAX; digits++) {
		es_buf_truncate(out, start);
		es_doc_dump(out, json, JSON_REAL_PRECISION(digits));
		if (out->failed)
			break;

		json_t *back = json_loadb(out->data + start, out->len - start,
					  JSON_DECODE_ANY, NULL);
		double got = json_real_value(back);

		json_decref(back);
		if (!(got < want) && !(got > want))
			break;
	}
	return out->failed;
}

int es_value_add(struct es_buf *out, struct es_value v)
{
	switch (es_value_kind(v)) {
	case ES_VALUE_NONE:
	case ES_VALUE_NULL:
		return out->failed;
	case ES_VALUE_TEXT:
		return es_buf_add(out, es_value_text(v), es_value_len(v));
	case ES_VALUE_REAL:
		return add_real(out, json_of(v));
	case ES_VALUE_BOOL:
	case ES_VALUE_NUMBER:
	case ES_VALUE_ARRAY:
	case ES_VALUE_OBJECT:
	default:
		return es_value_json(out, v);
	}
}

int es_value_json(struct es_buf *out, struct es_value v)
{
	if (!v.json)
		return es_buf_adds(out, "null");
	if (json_is_real(json_of(v)))
		return add_real(out, json_of(v));
	return es_doc_dump(out, json_of(v), JSON_COMPACT);
}
