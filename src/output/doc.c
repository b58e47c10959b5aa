/* SPDX-License-Identifier: MIT */
/* doc.c - JSON documents on jansson */
#include "config.h"

#include "etcsnap/doc.h"

#include "etcsnap/base64.h"
#include "etcsnap/quote.h"

#include "output/doc_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct root - a whole document
 * @doc:    its outermost object; first, so that a root is found from it
 * @spare:  stands for nodes that could not be made
 * @failed: 0, -ENOMEM, or -EINVAL for what es_doc_set() refused
 */
struct root {
	struct es_doc doc;
	struct es_doc spare;
	int failed;
};

static struct root *root_of(const struct es_doc *d)
{
	return (struct root *)d->root;
}

static void fail(const struct es_doc *d)
{
	root_of(d)->failed = -ENOMEM;
}

struct es_doc *es_doc_new_of(json_t *json)
{
	struct root *r = json ? calloc(1, sizeof(*r)) : NULL;

	if (!r) {
		json_decref(json);
		return NULL;
	}
	r->doc.json = json;
	r->doc.root = &r->doc;
	r->spare.root = &r->doc;
	return &r->doc;
}

struct es_doc *es_doc_new(void)
{
	return es_doc_new_of(json_object());
}

/* Nodes nest as deep as the program builds them, or ES_DOC_DEPTH_MAX where
 * they were read, so recursion is bounded. */
static void free_nodes(struct es_doc *d)
{
	for (size_t i = 0; i < d->n; i++) {
		if (!d->nodes[i])
			continue;
		free_nodes(d->nodes[i]);
		free(d->nodes[i]);
	}
	free(d->nodes);
}

void es_doc_free(struct es_doc *doc)
{
	if (!doc)
		return;
	struct root *r = root_of(doc);
	free_nodes(&r->doc);
	json_decref(r->doc.json);
	free(r);
}

static bool is_container(const json_t *json)
{
	return json_is_object(json) || json_is_array(json);
}

/* Where the node of a value stands among those of its parent, or d->n. */
static size_t find_node(const struct es_doc *d, const json_t *json)
{
	size_t i = 0;

	while (i < d->n && (!d->nodes[i] || d->nodes[i]->json != json))
		i++;
	return i;
}

/* Append a node (NULL: a plain value of an array). Takes nothing on failure. */
static int add_node(struct es_doc *d, struct es_doc *node)
{
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 4;
		struct es_doc **grown =
			realloc(d->nodes, cap * sizeof(*d->nodes));

		if (!grown)
			return -ENOMEM;
		d->nodes = grown;
		d->cap = cap;
	}
	d->nodes[d->n++] = node;
	return 0;
}

/* Forget the node of a value that is about to be replaced. */
static void drop_node(struct es_doc *obj, const char *key)
{
	json_t *old = json_object_get(obj->json, key);

	if (!old || !is_container(old))
		return;
	size_t i = find_node(obj, old);
	if (i == obj->n)
		return;
	free_nodes(obj->nodes[i]);
	free(obj->nodes[i]);
	obj->nodes[i] = obj->nodes[--obj->n];
}

/* Takes @value, which may be NULL: then making it failed. */
static void set(struct es_doc *obj, const char *key, json_t *value)
{
	if (!json_is_object(obj->json)) {
		json_decref(value);
		return;
	}
	drop_node(obj, key);
	if (json_object_set_new(obj->json, key, value) < 0)
		fail(obj);
}

/* A NUL is UTF-8, but many readers of JSON lose what comes after it. */
static bool is_text(const char *raw, size_t len)
{
	return es_utf8_valid(raw, len) && (len == 0 || !memchr(raw, 0, len));
}

/* A text that jansson takes; NULL when memory ran out. */
static json_t *text_value(const char *raw, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf safe = ES_BUF_INIT(ES_BUF_MAX);

	if (is_text(raw, len))
		return json_stringn(raw, len);
	if (es_quote_term(&safe, raw, len) < 0)
		return NULL;
	return json_stringn(safe.data, safe.len);
}

static void set_base64(struct es_doc *obj, const char *key, const char *raw,
		       size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(256);
	ES_CLEANUP(es_buf_dispose) struct es_buf code = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_addf(&name, "%s_b64", key);
	es_base64_encode(&code, raw, len);
	if (name.failed || code.failed)
		fail(obj);
	else
		set(obj, name.data, json_stringn(es_buf_str(&code), code.len));
}

void es_doc_text(struct es_doc *obj, const char *key, const char *raw,
		 size_t len)
{
	if (!raw) {
		set(obj, key, json_null());
		return;
	}
	set(obj, key, text_value(raw, len));
	if (!is_text(raw, len))
		set_base64(obj, key, raw, len);
}

void es_doc_str(struct es_doc *obj, const char *key, const char *s)
{
	es_doc_text(obj, key, s, s ? strlen(s) : 0);
}

void es_doc_number(struct es_doc *obj, const char *key, int64_t v)
{
	set(obj, key, json_integer(v));
}

void es_doc_bool(struct es_doc *obj, const char *key, bool v)
{
	set(obj, key, json_boolean(v));
}

/* A node for @json, which its parent took; the spare one on failure. */
static struct es_doc *make_node(struct es_doc *parent, json_t *json)
{
	struct es_doc *node = json ? calloc(1, sizeof(*node)) : NULL;

	if (!node || add_node(parent, node) < 0) {
		free(node);
		fail(parent);
		return &root_of(parent)->spare;
	}
	node->json = json;
	node->root = parent->root;
	return node;
}

static struct es_doc *set_container(struct es_doc *obj, const char *key,
				    json_t *json)
{
	set(obj, key, json);
	return make_node(obj, json_object_get(obj->json, key));
}

struct es_doc *es_doc_object(struct es_doc *obj, const char *key)
{
	return set_container(obj, key, json_object());
}

struct es_doc *es_doc_array(struct es_doc *obj, const char *key)
{
	return set_container(obj, key, json_array());
}

struct es_doc *es_doc_push(struct es_doc *array)
{
	json_t *json = NULL;

	if (json_is_array(array->json)) {
		json = json_object();
		if (json_array_append_new(array->json, json) < 0)
			json = NULL;
	}
	return make_node(array, json);
}

void es_doc_push_text(struct es_doc *array, const char *raw, size_t len)
{
	if (!json_is_array(array->json))
		return;
	/* The place among the nodes keeps their indexes those of the array. */
	if (json_array_append_new(array->json, text_value(raw, len)) < 0 ||
	    add_node(array, NULL) < 0)
		fail(array);
}

void es_doc_push_number(struct es_doc *array, int64_t v)
{
	if (!json_is_array(array->json))
		return;
	if (json_array_append_new(array->json, json_integer(v)) < 0 ||
	    add_node(array, NULL) < 0)
		fail(array);
}

struct es_doc *es_doc_push_array(struct es_doc *array)
{
	json_t *json = NULL;

	if (json_is_array(array->json)) {
		json = json_array();
		if (json_array_append_new(array->json, json) < 0)
			json = NULL;
	}
	return make_node(array, json);
}

/* A part of the document itself could make a ring, which is never freed. */
static bool may_share(const struct es_doc *into, const struct es_doc *node)
{
	if (!node->json)
		fail(into);
	else if (node->root == into->root)
		root_of(into)->failed = -EINVAL;
	else
		return true;
	return false;
}

void es_doc_set(struct es_doc *obj, const char *key, const struct es_doc *node)
{
	if (!json_is_object(obj->json) || !may_share(obj, node))
		return;
	set(obj, key, json_incref(node->json));
	make_node(obj, json_object_get(obj->json, key))->other = node;
}

void es_doc_push_node(struct es_doc *array, const struct es_doc *node)
{
	if (!json_is_array(array->json) || !may_share(array, node))
		return;
	json_t *json = json_incref(node->json);
	if (json_array_append_new(array->json, json) < 0)
		json = NULL;
	make_node(array, json)->other = node;
}

/* Text nests at most ES_DOC_DEPTH_MAX deep, so recursion is bounded. */
int es_doc_make_nodes(struct es_doc *doc)
{
	const char *key;
	json_t *value;
	size_t i;

	json_object_foreach(doc->json, key, value)
	{
		if (is_container(value))
			es_doc_make_nodes(make_node(doc, value));
	}
	json_array_foreach(doc->json, i, value)
	{
		if (is_container(value))
			es_doc_make_nodes(make_node(doc, value));
		else if (add_node(doc, NULL) < 0)
			fail(doc);
	}
	return root_of(doc)->failed;
}

static void take_out(struct es_doc *obj, const char *key)
{
	if (!json_is_object(obj->json))
		return;
	drop_node(obj, key);
	json_object_del(obj->json, key);
}

void es_doc_remove(struct es_doc *obj, const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(256);

	take_out(obj, key);
	if (es_buf_addf(&name, "%s_b64", key) < 0)
		fail(obj);
	else
		take_out(obj, name.data);
}

/* A node of another document is not ours to change. */
static struct es_doc *own(struct es_doc *node)
{
	return node && !node->other ? node : NULL;
}

struct es_doc *es_doc_edit(struct es_doc *obj, const char *key)
{
	const json_t *json = json_object_get(obj->json, key);
	size_t i = json ? find_node(obj, json) : obj->n;

	return i < obj->n ? own(obj->nodes[i]) : NULL;
}

struct es_doc *es_doc_edit_at(struct es_doc *array, size_t i)
{
	if (!json_is_array(array->json) || i >= array->n)
		return NULL;
	return own(array->nodes[i]);
}

int es_doc_check(const struct es_doc *doc, struct es_error *err)
{
	int rc = root_of(doc)->failed;

	if (rc == -EINVAL)
		return es_fail(err, rc,
			       "a part of a document was put into that "
			       "document itself");
	return rc < 0 ? es_fail_oom(err) : 0;
}

static int append(const char *data, size_t len, void *payload)
{
	struct es_buf *out = payload;

	return es_buf_add(out, data, len);
}

int es_doc_dump(struct es_buf *out, const json_t *json, size_t flags)
{
	/* ASCII alone is safe on a terminal too, whatever the text holds. */
	flags |= JSON_ENSURE_ASCII | JSON_ENCODE_ANY;
	if (json_dump_callback(json, append, out, flags) < 0 && !out->failed)
		out->failed = -ENOMEM;
	return out->failed;
}

int es_doc_write(const struct es_doc *doc, struct es_buf *out, bool indent)
{
	es_doc_dump(out, doc->json, indent ? JSON_INDENT(2) : JSON_COMPACT);
	es_buf_addc(out, '\n');
	return out->failed;
}

/* The node that callers see. */
static const struct es_doc *seen(const struct es_doc *node)
{
	return node && node->other ? node->other : node;
}

const struct es_doc *es_doc_get(const struct es_doc *obj, const char *key)
{
	const json_t *json = json_object_get(obj->json, key);
	size_t i = json ? find_node(obj, json) : obj->n;

	return i < obj->n ? seen(obj->nodes[i]) : NULL;
}

const struct es_doc *es_doc_at(const struct es_doc *array, size_t i)
{
	if (!json_is_array(array->json) || i >= array->n)
		return NULL;
	return seen(array->nodes[i]);
}

const char *es_doc_at_str(const struct es_doc *array, size_t i)
{
	return json_string_value(json_array_get(array->json, i));
}

size_t es_doc_len(const struct es_doc *array)
{
	return json_array_size(array->json);
}

const char *es_doc_get_str(const struct es_doc *obj, const char *key)
{
	return json_string_value(json_object_get(obj->json, key));
}

bool es_doc_get_bytes(const struct es_doc *obj, const char *key,
		      struct es_buf *out)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(256);
	const json_t *json = json_object_get(obj->json, key);

	if (!json_is_string(json))
		return false;
	es_buf_addf(&name, "%s_b64", key);
	const char *code = json_string_value(
		json_object_get(obj->json, es_buf_str(&name)));
	if (code)
		es_base64_decode(out, code, strlen(code));
	else
		es_buf_add(out, json_string_value(json),
			   json_string_length(json));
	return true;
}

bool es_doc_is_number(const struct es_doc *obj, const char *key)
{
	return json_is_integer(json_object_get(obj->json, key));
}

bool es_doc_is_null(const struct es_doc *obj, const char *key)
{
	const json_t *json = json_object_get(obj->json, key);

	return !json || json_is_null(json);
}

int64_t es_doc_get_number(const struct es_doc *obj, const char *key,
			  int64_t fallback)
{
	const json_t *json = json_object_get(obj->json, key);

	return json_is_integer(json) ? json_integer_value(json) : fallback;
}

bool es_doc_get_bool(const struct es_doc *obj, const char *key)
{
	return json_is_true(json_object_get(obj->json, key));
}
