/* SPDX-License-Identifier: MIT */
/* dir_write.c - write the trees of one directory; find them in a run */
#include "config.h"

#include "etcsnap/tree.h"

#include "etcsnap/listing.h"
#include "etcsnap/manifest.h"
#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"
#include "store/dir_priv.h"
#include "store/store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What es_dir_write() works with. */
struct job {
	struct es_lane *lane;
	const struct es_dir_trees *old;
	const struct es_dir_child **children; /* sorted by name */
	size_t n;
	bool old_loaded;
	struct es_dir_index files; /* subdirectories of the old trees */
	struct es_dir_index meta;
};

static void job_dispose(struct job *job)
{
	free(job->children);
	es_dir_index_dispose(&job->files);
	es_dir_index_dispose(&job->meta);
}

static int cmp_child(const void *va, const void *vb)
{
	const struct es_dir_child *a = *(const struct es_dir_child *const *)va;
	const struct es_dir_child *b = *(const struct es_dir_child *const *)vb;

	return es_entry_name_cmp(a->name, a->len, b->name, b->len);
}

/* They come from many threads, in any order. */
static int sort_children(struct job *job, const struct es_dir_child *children,
			 size_t n)
{
	if (!n)
		return 0;
	job->children = calloc(n, sizeof(*job->children));
	if (!job->children)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		job->children[i] = &children[i];
	job->n = n;
	qsort(job->children, n, sizeof(*job->children), cmp_child);
	return 0;
}

static const struct es_dir_child *find_child(const struct job *job,
					     const struct es_entry *e)
{
	const struct es_dir_child key = { .name = e->name, .len = e->name_len };
	const struct es_dir_child *const pkey = &key;
	const struct es_dir_child **found = NULL;

	if (job->n)
		found = bsearch(&pkey, job->children, job->n,
				sizeof(*job->children), cmp_child);
	return found ? *found : NULL;
}

/* Only where a subdirectory is as it was are the old trees looked at. */
static int load_old(struct job *job, struct es_error *err)
{
	struct es_store *const st = job->lane->st;

	if (job->old_loaded)
		return 0;
	if (es_dir_index_add(&job->files, st, &job->old->files, true, err) <
		    0 ||
	    es_dir_index_add(&job->meta, st, &job->old->meta, true, err) < 0)
		return err->code;
	es_dir_index_sort(&job->files);
	es_dir_index_sort(&job->meta);
	job->old_loaded = true;
	return 0;
}

static int subdir_trees(struct job *job, const struct es_entry *e,
			struct es_dir_trees *out, struct es_error *err)
{
	const struct es_dir_child *const child = find_child(job, e);
	const struct es_dir_item *at;

	memset(out, 0, sizeof(*out));
	if (child) {
		*out = child->trees;
		return 0;
	}
	if (load_old(job, err) < 0)
		return err->code;
	at = es_dir_index_find(&job->files, e->name, e->name_len);
	if (at)
		out->files = at->oid;
	at = es_dir_index_find(&job->meta, e->name, e->name_len);
	if (at)
		out->meta = at->oid;
	return 0;
}

static int add(struct job *job, struct es_tree_builder *b,
	       const struct es_entry *e, unsigned int mode,
	       const struct es_oid *oid, struct es_error *err)
{
	struct es_buf *const name = &job->lane->dir.name;

	if (es_oid_is_none(oid))
		return 0;
	es_buf_reset(name);
	es_stored_name_encode(name, e->name, e->name_len);
	if (es_buf_check(name, err) < 0)
		return err->code;
	if (es_tree_builder_add(b, name->data, name->len, mode, oid) < 0)
		return es_fail_oom(err);
	return 0;
}

static int add_subdir(struct job *job, const struct es_entry *e,
		      struct es_error *err)
{
	struct es_dir_trees trees;

	if (e->watch == ES_WATCH_NO)
		return 0;
	if (subdir_trees(job, e, &trees, err) < 0 ||
	    add(job, job->lane->dir.files, e, ES_MODE_TREE, &trees.files, err) <
		    0)
		return err->code;
	return add(job, job->lane->dir.meta, e, ES_MODE_TREE, &trees.meta, err);
}

static int add_content(struct job *job, const struct es_entry *e,
		       struct es_error *err)
{
	unsigned int mode = e->mode & 0111 ? ES_MODE_EXEC : ES_MODE_FILE;
	struct es_oid oid;

	if (e->watch != ES_WATCH_YES || !(e->has & ES_HAS_BLOB))
		return 0;
	if (e->type == ES_TYPE_LINK)
		mode = ES_MODE_LINK;
	else if (e->type != ES_TYPE_FILE)
		return 0;
	memcpy(oid.id, e->oid, sizeof(oid.id));
	return add(job, job->lane->dir.files, e, mode, &oid, err);
}

static int add_entries(struct job *job, const char *listing, size_t len,
		       struct es_error *err)
{
	struct es_listing_reader r;
	struct es_entry e;
	int rc = es_listing_open(&r, listing, len);

	/* The first is the directory itself. */
	if (rc == 0)
		rc = es_listing_next(&r, &e);
	while (rc > 0 && (rc = es_listing_next(&r, &e)) > 0) {
		rc = e.type == ES_TYPE_DIR ? add_subdir(job, &e, err)
					   : add_content(job, &e, err);
		if (rc < 0)
			return rc;
		rc = 1;
	}
	if (rc < 0)
		return es_fail(err, rc, "a listing in memory is broken");
	return 0;
}

/* Put the text that is in the lane's scratch, unless there is none. */
static int add_text(struct es_lane *lane, const char *name,
		    struct es_error *err)
{
	struct es_buf *const text = &lane->dir.text;
	struct es_oid oid;

	if (es_buf_check(text, err) < 0)
		return err->code;
	if (!text->len)
		return 0;
	if (es_lane_put(&oid, lane, ES_KIND_BLOB, text->data, text->len, err) <
	    0)
		return err->code;
	if (es_tree_builder_add(lane->dir.meta, name, strlen(name),
				ES_MODE_FILE, &oid) < 0)
		return es_fail_oom(err);
	return 0;
}

static int add_manifests(struct es_lane *lane, const char *listing, size_t len,
			 struct es_ids *ids, struct es_error *err)
{
	struct es_buf *const text = &lane->dir.text;

	es_buf_reset(text);
	if (es_manifest_write(text, listing, len, ids, err) < 0 ||
	    add_text(lane, ".mtree", err) < 0)
		return err->code;
	es_buf_reset(text);
	if (es_manifest_write_xattr(text, listing, len, err) < 0)
		return err->code;
	return add_text(lane, ".xattr", err);
}

int es_dir_write(struct es_dir_trees *out, struct es_lane *lane,
		 const char *listing, size_t listing_len,
		 const struct es_dir_trees *old,
		 const struct es_dir_child *children, size_t n,
		 struct es_ids *ids, struct es_error *err)
{
	ES_CLEANUP(job_dispose)
	struct job job = {
		.lane = lane,
		.old = old,
		.files = ES_DIR_INDEX_INIT,
		.meta = ES_DIR_INDEX_INIT,
	};
	struct es_dir_trees made;

	if (sort_children(&job, children, n) < 0)
		return es_fail_oom(err);
	int rc = add_entries(&job, listing, listing_len, err);
	if (rc == 0)
		rc = add_manifests(lane, listing, listing_len, ids, err);
	if (rc < 0) {
		es_tree_builder_empty(lane->dir.files);
		es_tree_builder_empty(lane->dir.meta);
		return rc;
	}
	if (es_tree_builder_write(&made.files, lane->dir.files, lane, err) <
		    0 ||
	    es_tree_builder_write(&made.meta, lane->dir.meta, lane, err) < 0)
		return err->code;
	*out = made;
	return 0;
}

static int lookup_part(struct es_oid *out, struct es_store *st,
		       const struct es_oid *root, const struct es_buf *path,
		       struct es_error *err)
{
	unsigned int mode = 0;
	const int rc = es_tree_lookup(out, &mode, st, root, path->data,
				      path->len, err);

	if (rc == 0 || (rc > 0 && mode != ES_MODE_TREE))
		memset(out, 0, sizeof(*out));
	return rc < 0 ? rc : 0;
}

int es_dir_lookup(struct es_dir_trees *out, struct es_store *st,
		  const struct es_oid *root, const char *path, size_t len,
		  struct es_error *err)
{
	static const char *const parts[] = { "files", "meta" };
	ES_CLEANUP(es_buf_dispose) struct es_buf full = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid found[2];

	for (size_t i = 0; i < 2; i++) {
		es_buf_reset(&full);
		es_buf_adds(&full, parts[i]);
		es_buf_addc(&full, '/');
		const size_t empty = full.len;
		es_stored_path_encode(&full, path, len);
		if (es_buf_check(&full, err) < 0)
			return err->code;
		if (full.len == empty)
			es_buf_truncate(&full, empty - 1);
		if (lookup_part(&found[i], st, root, &full, err) < 0)
			return err->code;
	}
	out->files = found[0];
	out->meta = found[1];
	return 0;
}
