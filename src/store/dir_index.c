/* SPDX-License-Identifier: MIT */
/* dir_index.c - a tree's entries by their real names, for look-ups */
#include "config.h"

#include "store/dir_priv.h"

#include "etcsnap/entry.h"
#include "etcsnap/stored_name.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>

void es_dir_index_dispose(struct es_dir_index *x)
{
	free(es_steal_ptr(&x->items));
	es_buf_dispose(&x->names);
	x->n = x->cap = 0;
}

static int add_entry(struct es_dir_index *x, const struct es_tree_entry *e)
{
	const size_t at = x->names.len;

	if (x->n == x->cap) {
		const size_t cap = x->cap ? 2 * x->cap : 32;
		struct es_dir_item *items =
			reallocarray(x->items, cap, sizeof(*items));

		if (!items)
			return -ENOMEM;
		x->items = items;
		x->cap = cap;
	}
	const int rc = es_stored_name_decode(&x->names, e->name, e->len);
	if (rc < 0)
		return rc;
	x->items[x->n++] =
		(struct es_dir_item){ at, x->names.len - at, e->mode, e->oid };
	return 0;
}

int es_dir_index_add(struct es_dir_index *x, struct es_store *st,
		     const struct es_oid *tree, bool subdirs,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf bytes = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];
	struct es_tree_reader r;
	struct es_tree_entry e;
	int rc;

	if (es_oid_is_none(tree))
		return 0;
	if (es_store_get(st, tree, ES_KIND_TREE, &bytes, err) < 0)
		return err->code;
	es_tree_open(&r, &bytes);
	while ((rc = es_tree_next(&r, &e)) > 0) {
		if (subdirs && e.mode != ES_MODE_TREE)
			continue;
		rc = add_entry(x, &e);
		if (rc < 0)
			break;
	}
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return es_fail(err, -EIO,
			       "tree %s is broken; run 'etcsnap git fsck'",
			       es_oid_text(hex, tree));
	return 0;
}

static int cmp(const void *va, const void *vb, void *names)
{
	const struct es_dir_item *a = va;
	const struct es_dir_item *b = vb;
	const char *const base = names;
	const int rc = es_entry_name_cmp(base + a->name, a->len, base + b->name,
					 b->len);

	/* Names are decoded one after another: the earlier one lies before. */
	return rc ? rc : a->name < b->name ? -1 : 1;
}

void es_dir_index_sort(struct es_dir_index *x)
{
	size_t n = 0;

	if (!x->n)
		return;
	qsort_r(x->items, x->n, sizeof(*x->items), cmp, x->names.data);
	for (size_t i = 0; i < x->n; i++) {
		const char *const base = x->names.data;

		if (n && es_entry_name_cmp(base + x->items[n - 1].name,
					   x->items[n - 1].len,
					   base + x->items[i].name,
					   x->items[i].len) == 0)
			continue;
		x->items[n++] = x->items[i];
	}
	x->n = n;
}

const struct es_dir_item *es_dir_index_find(const struct es_dir_index *x,
					    const char *name, size_t len)
{
	size_t from = 0;
	size_t to = x->n;

	while (from < to) {
		const size_t mid = from + (to - from) / 2;
		const struct es_dir_item *const at = &x->items[mid];
		const int rc = es_entry_name_cmp(
			name, len, x->names.data + at->name, at->len);

		if (rc == 0)
			return at;
		if (rc < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}
