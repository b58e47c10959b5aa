/* SPDX-License-Identifier: MIT */
/* tree.c - read, build and look into git trees */
#include "config.h"

#include "etcsnap/tree.h"

#include "store/store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Digits of the longest mode, 100644. */
#define MODE_DIGITS 6
/* Most bytes of a tree; git itself gets slow long before. */
#define TREE_MAX ((size_t)256 << 20)

/* --------------------------------------------------------------- reading */

void es_tree_open(struct es_tree_reader *r, const struct es_buf *tree)
{
	r->pos = tree->data;
	r->end = tree->data ? tree->data + tree->len : NULL;
}

/* Returns the bytes of the mode and the blank after it, 0 when broken. */
static size_t parse_mode(unsigned int *mode, const char *p, size_t left)
{
	size_t n = 0;

	*mode = 0;
	while (n < left && n < MODE_DIGITS && p[n] >= '0' && p[n] <= '7')
		*mode = *mode << 3 | (unsigned int)(p[n++] - '0');
	return n && *p != '0' && n < left && p[n] == ' ' ? n + 1 : 0;
}

int es_tree_next(struct es_tree_reader *r, struct es_tree_entry *e)
{
	if (r->pos == r->end)
		return 0;
	const size_t left = (size_t)(r->end - r->pos);
	const size_t skip = parse_mode(&e->mode, r->pos, left);
	if (!skip)
		return -EILSEQ;
	const char *const name = r->pos + skip;
	const char *const nul = memchr(name, '\0', left - skip);
	if (!nul || nul == name || r->end - nul - 1 < ES_OID_LEN)
		return -EILSEQ;
	e->name = name;
	e->len = (size_t)(nul - name);
	if (memchr(name, '/', e->len))
		return -EILSEQ;
	memcpy(e->oid.id, nul + 1, ES_OID_LEN);
	r->pos = nul + 1 + ES_OID_LEN;
	return 1;
}

int es_tree_find(const struct es_buf *tree, const char *name, size_t len,
		 struct es_tree_entry *e)
{
	struct es_tree_reader r;
	struct es_tree_entry at;
	int rc;

	es_tree_open(&r, tree);
	while ((rc = es_tree_next(&r, &at)) > 0)
		if (at.len == len && memcmp(at.name, name, len) == 0) {
			*e = at;
			return 1;
		}
	return rc;
}

static int fail_tree(struct es_error *err, const struct es_oid *oid)
{
	char hex[ES_OID_HEX + 1];

	return es_fail(err, -EIO, "tree %s is broken; run 'etcsnap git fsck'",
		       es_oid_text(hex, oid));
}

/* One step down: 1 and *oid, *mode replaced, 0 not there, or a failure. */
static int step(struct es_oid *oid, unsigned int *mode, struct es_store *st,
		const char *name, size_t len, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf tree = ES_BUF_INIT(TREE_MAX);
	struct es_tree_entry e;

	if (*mode != ES_MODE_TREE)
		return 0;
	if (es_store_get(st, oid, ES_KIND_TREE, &tree, err) < 0)
		return err->code;
	const int rc = es_tree_find(&tree, name, len, &e);
	if (rc < 0)
		return fail_tree(err, oid);
	if (rc > 0) {
		*oid = e.oid;
		*mode = e.mode;
	}
	return rc;
}

int es_tree_lookup(struct es_oid *out, unsigned int *mode, struct es_store *st,
		   const struct es_oid *tree, const char *path, size_t len,
		   struct es_error *err)
{
	struct es_oid at = *tree;
	unsigned int is = ES_MODE_TREE;

	if (es_oid_is_none(tree))
		return 0;
	while (len) {
		const char *const slash = memchr(path, '/', len);
		const size_t n = slash ? (size_t)(slash - path) : len;
		const int rc = step(&at, &is, st, path, n, err);

		if (rc <= 0)
			return rc;
		path += slash ? n + 1 : n;
		len -= slash ? n + 1 : n;
	}
	*out = at;
	if (mode)
		*mode = is;
	return 1;
}

/* -------------------------------------------------------------- building */

/* An entry; its name lies in the builder's names, which may move. */
struct item {
	size_t name;
	size_t len;
	unsigned int mode;
	struct es_oid oid;
};

struct es_tree_builder {
	struct item *items;
	size_t n;
	size_t cap;
	bool sorted; /* so far, they came in order */
	struct es_buf names;
};

struct es_tree_builder *es_tree_builder_new(void)
{
	struct es_tree_builder *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->names = (struct es_buf)ES_BUF_INIT(TREE_MAX);
	b->sorted = true;
	return b;
}

void es_tree_builder_free(struct es_tree_builder *b)
{
	if (!b)
		return;
	es_buf_dispose(&b->names);
	free(b->items);
	free(b);
}

void es_tree_builder_empty(struct es_tree_builder *b)
{
	b->n = 0;
	b->sorted = true;
	es_buf_reset(&b->names);
}

/* What stands behind a name in git's order, whose first @n bytes are equal. */
static int byte_after(const struct es_tree_entry *e, size_t n)
{
	if (e->len > n)
		return (unsigned char)e->name[n];
	return e->mode == ES_MODE_TREE ? '/' : 0;
}

int es_tree_entry_cmp(const struct es_tree_entry *a,
		      const struct es_tree_entry *b)
{
	const size_t n = a->len < b->len ? a->len : b->len;
	const int rc = memcmp(a->name, b->name, n);

	return rc ? rc : byte_after(a, n) - byte_after(b, n);
}

static int cmp_item(const void *va, const void *vb, void *names)
{
	const struct item *const item[2] = { va, vb };
	struct es_tree_entry e[2];

	for (int i = 0; i < 2; i++) {
		e[i].name = (const char *)names + item[i]->name;
		e[i].len = item[i]->len;
		e[i].mode = item[i]->mode;
	}
	return es_tree_entry_cmp(&e[0], &e[1]);
}

static int grow(struct es_tree_builder *b)
{
	const size_t cap = b->cap ? 2 * b->cap : 32;
	struct item *items = reallocarray(b->items, cap, sizeof(*items));

	if (!items)
		return -ENOMEM;
	b->items = items;
	b->cap = cap;
	return 0;
}

int es_tree_builder_add(struct es_tree_builder *b, const char *name, size_t len,
			unsigned int mode, const struct es_oid *oid)
{
	if (b->n == b->cap && grow(b) < 0)
		return -ENOMEM;
	struct item *const it = &b->items[b->n];
	*it = (struct item){ b->names.len, len, mode, *oid };
	if (es_buf_add(&b->names, name, len) < 0)
		return -ENOMEM;
	if (b->sorted && b->n && cmp_item(it - 1, it, b->names.data) >= 0)
		b->sorted = false;
	b->n++;
	return 0;
}

static size_t mode_text(char out[MODE_DIGITS + 1], unsigned int mode)
{
	char digits[MODE_DIGITS];
	size_t n = 0;
	size_t len = 0;

	do {
		digits[n++] = (char)('0' + (mode & 7));
		mode >>= 3;
	} while (mode && n < sizeof(digits));
	while (n)
		out[len++] = digits[--n];
	out[len++] = ' ';
	return len;
}

static void write_items(struct es_buf *out, const struct es_tree_builder *b)
{
	char mode[MODE_DIGITS + 1];

	es_buf_reset(out);
	for (size_t i = 0; i < b->n; i++) {
		const struct item *const it = &b->items[i];

		es_buf_add(out, mode, mode_text(mode, it->mode));
		es_buf_add(out, b->names.data + it->name, it->len);
		es_buf_addc(out, '\0');
		es_buf_add(out, it->oid.id, ES_OID_LEN);
	}
}

static int write_tree(struct es_oid *out, struct es_tree_builder *b,
		      struct es_lane *lane, struct es_error *err)
{
	if (!b->sorted)
		qsort_r(b->items, b->n, sizeof(*b->items), cmp_item,
			b->names.data);
	for (size_t i = 1; i < b->n; i++)
		if (cmp_item(&b->items[i - 1], &b->items[i], b->names.data) ==
		    0)
			return es_fail(err, -EEXIST,
				       "a tree cannot hold a name twice");
	write_items(&lane->text, b);
	if (es_buf_check(&lane->text, err) < 0)
		return err->code;
	const int rc = es_lane_put(out, lane, ES_KIND_TREE, lane->text.data,
				   lane->text.len, err);
	return rc < 0 ? rc : 0;
}

int es_tree_builder_write(struct es_oid *out, struct es_tree_builder *b,
			  struct es_lane *lane, struct es_error *err)
{
	int rc = 0;

	if (b->n)
		rc = write_tree(out, b, lane, err);
	else
		memset(out, 0, sizeof(*out));
	es_tree_builder_empty(b);
	return rc;
}
