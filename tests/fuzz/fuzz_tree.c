/* SPDX-License-Identifier: MIT */
/* fuzz_tree.c - hostile trees and commits */
#include "config.h"

#include "etcsnap/tree.h"
#include "store/commit_priv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first byte of the input says which: 't' for a tree, all else for a
 * commit; the rest is the object's bytes.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

/*
 * Whatever is read is written again byte by byte: modes without leading zeros
 * are the only ones that are taken, so that there is one spelling.
 */
static void read_tree(const struct es_buf *tree)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf again = ES_BUF_INIT(ES_BUF_MAX);
	struct es_tree_reader r;
	struct es_tree_entry e;
	struct es_tree_entry found;
	int rc;

	es_tree_open(&r, tree);
	while ((rc = es_tree_next(&r, &e)) > 0) {
		demand(e.len > 0 && !memchr(e.name, '\0', e.len) &&
		       !memchr(e.name, '/', e.len));
		es_buf_addf(&again, "%o ", e.mode);
		es_buf_add(&again, e.name, e.len);
		es_buf_addc(&again, '\0');
		es_buf_add(&again, e.oid.id, sizeof(e.oid.id));
		demand(es_tree_find(tree, e.name, e.len, &found) == 1);
		demand(found.len == e.len);
	}
	demand(!again.failed && again.len <= tree->len);
	demand(again.len == 0 ||
	       memcmp(again.data, tree->data, again.len) == 0);
	demand((rc == 0) == (again.len == tree->len));
}

static void read_commit(const struct es_buf *bytes)
{
	struct es_commit *const c = calloc(1, sizeof(*c));

	if (!c)
		return;
	c->raw = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	es_buf_add(&c->raw, bytes->data, bytes->len);
	if (es_commit_parse(c) == 0) {
		demand(strlen(es_commit_author(c)) < bytes->len);
		demand(strlen(es_commit_message(c)) < bytes->len);
		demand(!strchr(es_commit_subject(c), '\n'));
		for (size_t i = 0; i < c->n_trailers; i++) {
			const char *const key = c->trailers[i].key;

			demand(*key && !strchr(key, ':'));
			demand(!strchr(c->trailers[i].value, '\n'));
			demand(es_commit_trailer(c, key, 0) != NULL);
		}
	}
	es_commit_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (size < 2)
		return 0;
	/* Exactly as long as it is, so that a step beyond is seen. */
	b.data = malloc(size - 1);
	if (!b.data)
		return 0;
	memcpy(b.data, data + 1, size - 1);
	b.len = size - 1;
	if (data[0] == 't')
		read_tree(&b);
	else
		read_commit(&b);
	free(b.data);
	return 0;
}
