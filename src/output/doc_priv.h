/* SPDX-License-Identifier: MIT */
/* doc_priv.h - what a node of a document is, for the files of this folder */
#ifndef ETCSNAP_DOC_PRIV_H
#define ETCSNAP_DOC_PRIV_H

#include "etcsnap/buf.h"
#include "etcsnap/doc.h"

#include <jansson.h>

/*
 * jansson owns the values; a node here is what a caller holds of an object or
 * an array. Nodes know their root, where the first failure sticks. A node
 * that could not be made is the root's spare one: it has no value, and
 * everything that is done to it does nothing.
 */
struct es_doc {
	json_t *json;
	struct es_doc *root;
	struct es_doc **nodes; /* of objects and arrays directly in this one */
	size_t n;
	size_t cap;
	const struct es_doc *other; /* in another document, which has the
				       nodes; else NULL */
};

/* A new document around a value, which is taken also on failure. */
struct es_doc *es_doc_new_of(json_t *json);

/* Make the nodes of all that is in a node; -ENOMEM when that fails. */
int es_doc_make_nodes(struct es_doc *doc);

/* Append JSON text, ASCII alone, by jansson's flags beside those. */
int es_doc_dump(struct es_buf *out, const json_t *json, size_t flags);

#endif
