/* SPDX-License-Identifier: MIT */
/* dir_read.c - the listing of a directory as a run recorded it */
#include "config.h"

#include "etcsnap/tree.h"

#include "etcsnap/manifest.h"
#include "etcsnap/quote.h"
#include "store/dir_priv.h"
#include "store/store_priv.h"

#include <errno.h>
#include <string.h>

/*
 * The manifest names what is recorded in the directory; directories that only
 * lead to watched ones are not in it and come from the trees. Both are in the
 * order of bytes, so that one pass merges them.
 */
struct merge {
	struct es_listing_writer *w;
	struct es_dir_index content; /* of the tree in files/ */
	struct es_dir_index subdirs; /* of both trees */
	size_t next;		     /* subdirectory that was not written yet */
	bool begun;
	struct es_buf last; /* name of the entry before */
	struct es_error *err;
};

static void merge_dispose(struct merge *m)
{
	es_dir_index_dispose(&m->content);
	es_dir_index_dispose(&m->subdirs);
	es_buf_dispose(&m->last);
}

static void add_passed(struct merge *m, const struct es_dir_item *at)
{
	const struct es_entry e = {
		.name = m->subdirs.names.data + at->name,
		.name_len = at->len,
		.watch = ES_WATCH_PASS,
		.type = ES_TYPE_DIR,
	};

	es_listing_add(m->w, &e);
}

/* The subdirectories that come before @name (NULL: all); not @name itself. */
static void add_passed_until(struct merge *m, const char *name, size_t len)
{
	for (; m->next < m->subdirs.n; m->next++) {
		const struct es_dir_item *const at = &m->subdirs.items[m->next];
		const int rc = name ? es_entry_name_cmp(m->subdirs.names.data +
								at->name,
							at->len, name, len)
				    : -1;

		if (rc > 0)
			return;
		if (rc < 0)
			add_passed(m, at);
	}
}

static void take_content(const struct merge *m, struct es_entry *e)
{
	const struct es_dir_item *at;

	if (e->type != ES_TYPE_FILE && e->type != ES_TYPE_LINK)
		return;
	at = es_dir_index_find(&m->content, e->name, e->name_len);
	if (!at || at->mode == ES_MODE_TREE)
		return;
	e->has |= ES_HAS_BLOB;
	memcpy(e->oid, at->oid.id, sizeof(e->oid));
	if (e->type == ES_TYPE_FILE)
		e->class = ES_CLASS_MIRROR;
}

static bool is_self(const struct es_entry *e)
{
	return e->name_len == 1 && e->name[0] == '.';
}

/* A name out of order would be found by no look-up in the listing. */
static int check_order(struct merge *m, const struct es_entry *e)
{
	if (is_self(e) ||
	    (m->last.len && es_entry_name_cmp(m->last.data, m->last.len,
					      e->name, e->name_len) >= 0))
		return es_fail(m->err, -EINVAL, "its entries are not in order");
	es_buf_reset(&m->last);
	es_buf_add(&m->last, e->name, e->name_len);
	return es_buf_check(&m->last, m->err);
}

static int each(void *payload, struct es_entry *e, const char *uname,
		const char *gname)
{
	struct merge *const m = payload;

	(void)uname;
	(void)gname;
	if (!m->begun) {
		if (!is_self(e))
			return es_fail(m->err, -EINVAL,
				       "it does not begin with '.'");
		es_listing_begin(m->w, e);
		m->begun = true;
		return 0;
	}
	if (check_order(m, e) < 0)
		return m->err->code;
	add_passed_until(m, e->name, e->name_len);
	take_content(m, e);
	es_listing_add(m->w, e);
	return 0;
}

/* Content of a file in the tree in meta/; empty when it has none. */
static int get_text(struct es_buf *out, struct es_store *st,
		    const struct es_buf *meta, const char *name,
		    struct es_error *err)
{
	struct es_tree_entry e;
	const int rc = es_tree_find(meta, name, strlen(name), &e);

	if (rc < 0)
		return es_fail(err, -EIO,
			       "a tree is broken; run 'etcsnap git fsck'");
	if (rc == 0 || e.mode == ES_MODE_TREE)
		return 0;
	return es_store_get(st, &e.oid, ES_KIND_BLOB, out, err);
}

static int parse(struct merge *m, struct es_store *st,
		 const struct es_oid *tree, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf meta = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf mtree = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf xattr = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];

	if (es_oid_is_none(tree))
		return 0;
	if (es_store_get(st, tree, ES_KIND_TREE, &meta, err) < 0 ||
	    get_text(&mtree, st, &meta, ".mtree", err) < 0 ||
	    get_text(&xattr, st, &meta, ".xattr", err) < 0)
		return err->code;
	if (!mtree.len)
		return 0;
	if (es_manifest_parse(mtree.data, mtree.len, xattr.data, xattr.len,
			      each, m, err) < 0)
		return es_wrap(err, "manifest in tree %s",
			       es_oid_text(hex, tree));
	return 0;
}

int es_dir_read(struct es_listing_writer *w, struct es_store *st,
		const struct es_dir_trees *trees, struct es_error *err)
{
	static const struct es_entry passed = {
		.name = ".",
		.name_len = 1,
		.watch = ES_WATCH_PASS,
		.type = ES_TYPE_DIR,
	};
	ES_CLEANUP(merge_dispose)
	struct merge m = {
		.w = w,
		.content = ES_DIR_INDEX_INIT,
		.subdirs = ES_DIR_INDEX_INIT,
		.last = ES_BUF_INIT(ES_BUF_MAX),
		.err = err,
	};

	if (es_dir_index_add(&m.content, st, &trees->files, false, err) < 0 ||
	    es_dir_index_add(&m.subdirs, st, &trees->files, true, err) < 0 ||
	    es_dir_index_add(&m.subdirs, st, &trees->meta, true, err) < 0)
		return err->code;
	es_dir_index_sort(&m.content);
	es_dir_index_sort(&m.subdirs);
	if (parse(&m, st, &trees->meta, err) < 0)
		return err->code;
	if (!m.begun)
		es_listing_begin(w, &passed);
	add_passed_until(&m, NULL, 0);
	return es_listing_end(w, err);
}
