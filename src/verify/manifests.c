/* SPDX-License-Identifier: MIT */
/* manifests.c - a run's manifests against its trees */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/listing.h"
#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A directory is the pair of its trees in files/ and meta/. Most runs share
 * most of them, so each pair is compared once. Content is compared by the
 * fingerprints that the audit made of every blob: nothing is read again.
 */

#define DEPTH_MAX 2100

struct dir {
	struct es_verify *v;
	struct es_error *err;
	const struct es_oid *commit;
	struct es_buf path; /* of the directory, "" for the root */
};

/* Names of a directory and what the manifest says of them. */
struct names {
	struct es_entry *items; /* in the order of bytes */
	size_t n;
	size_t cap;
};

static void dir_dispose(struct dir *d)
{
	es_buf_dispose(&d->path);
}

static void names_dispose(struct names *n)
{
	free(n->items);
}

/* Something about the directory, or about a name in it. */
static void tell(struct dir *d, const char *name, size_t len,
		 const char *problem)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf path = ES_BUF_INIT(ES_VERIFY_MAX);
	char hex[ES_OID_HEX + 1];

	es_buf_add(&path, es_buf_str(&d->path), d->path.len);
	es_buf_addc(&path, '/');
	es_buf_add(&path, name, len);

	const struct es_verify_about about = { "manifest", es_buf_str(&path),
					       path.len, NULL };

	es_verify_tell(d->v, ES_VERIFY_BAD, &about, "%s (commit %.12s)",
		       problem, es_oid_text(hex, d->commit));
}

/* ----------------------------------------------------------------- entries */

static uint64_t fingerprint(const char *data, size_t len)
{
	uint8_t sum[ES_SHA256_LEN];
	uint64_t out;

	es_sha256(sum, data, len);
	memcpy(&out, sum, sizeof(out));
	return out;
}

/* The blob's fingerprint is that of the digest in the manifest. */
static void check_content(struct dir *d, const struct es_entry *e)
{
	const struct es_audit_object *blob;
	struct es_oid id;
	uint64_t want;

	memcpy(id.id, e->oid, sizeof(id.id));
	blob = es_audit_find(d->v->audit, &id);
	if (!blob || !blob->good)
		return;
	if (e->type == ES_TYPE_LINK)
		want = fingerprint(e->target, e->target_len);
	else
		memcpy(&want, e->digest, sizeof(want));
	if (want != blob->sha256)
		tell(d, e->name, e->name_len,
		     e->type == ES_TYPE_LINK
			     ? "has another target in files/ than in meta/"
			     : "has another content in files/ than meta/ says");
}

static void check_file(struct dir *d, const struct es_entry *e)
{
	const unsigned int has = e->has;

	if ((has & ES_HAS_MASKED) && (has & ES_HAS_SHA256))
		tell(d, e->name, e->name_len,
		     "has masked values, and a digest that gives them away");
	if ((has & ES_HAS_MASKED) && !(has & ES_HAS_BLOB) && !e->unread)
		tell(d, e->name, e->name_len, "has no content in files/");
	if (!(has & ES_HAS_BLOB))
		return;
	if ((has & ES_HAS_HMAC) && !(has & ES_HAS_MASKED))
		tell(d, e->name, e->name_len,
		     "is secret, and its content is in files/");
	if (has & ES_HAS_SHA256)
		check_content(d, e);
}

static void check_link(struct dir *d, const struct es_entry *e)
{
	if (e->has & ES_HAS_BLOB) {
		if (e->target)
			check_content(d, e);
		else if (es_entry_records(e, ES_RECORD_CONTENT))
			tell(d, e->name, e->name_len, "has no target in meta/");
	} else if (e->target) {
		tell(d, e->name, e->name_len, "has no target in files/");
	}
}

static int take_names(struct dir *d, struct names *out,
		      const struct es_listing_writer *w)
{
	struct es_listing_reader r;
	struct es_entry e;
	int rc = es_listing_open(&r, w->buf.data, w->buf.len);

	while (rc >= 0 && (rc = es_listing_next(&r, &e)) > 0) {
		if (out->n == out->cap) {
			const size_t cap = out->cap ? 2 * out->cap : 64;
			struct es_entry *more =
				reallocarray(out->items, cap, sizeof(*more));

			if (!more)
				return es_fail_oom(d->err);
			out->items = more;
			out->cap = cap;
		}
		out->items[out->n++] = e;
		if (e.type == ES_TYPE_FILE)
			check_file(d, &e);
		else if (e.type == ES_TYPE_LINK)
			check_link(d, &e);
	}
	return rc < 0 ? es_fail(d->err, rc, "a listing in memory is broken")
		      : 0;
}

/* The first one is the directory itself. */
static const struct es_entry *find_name(const struct names *names,
					const struct es_buf *name)
{
	size_t from = 1;
	size_t to = names->n;

	while (from < to) {
		const size_t mid = from + (to - from) / 2;
		const struct es_entry *e = &names->items[mid];
		const int rc = es_entry_name_cmp(es_buf_str(name), name->len,
						 e->name, e->name_len);

		if (rc == 0)
			return e;
		if (rc < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

/* ------------------------------------------------------------------- trees */

static unsigned int mode_of(const struct es_entry *e)
{
	if (e->type == ES_TYPE_LINK)
		return ES_MODE_LINK;
	return e->mode & 0111 ? ES_MODE_EXEC : ES_MODE_FILE;
}

static void check_in_files(struct dir *d, const struct names *names,
			   const struct es_buf *name,
			   const struct es_tree_entry *t)
{
	const struct es_entry *e = find_name(names, name);

	if (!e || e->watch == ES_WATCH_NO ||
	    (e->type != ES_TYPE_FILE && e->type != ES_TYPE_LINK))
		tell(d, es_buf_str(name), name->len,
		     "is in files/ and not in meta/");
	else if (mode_of(e) != t->mode &&
		 (e->type == ES_TYPE_LINK || t->mode == ES_MODE_LINK ||
		  es_entry_records(e, ES_RECORD_MODE)))
		tell(d, es_buf_str(name), name->len,
		     "has another type or mode in files/ than in meta/");
}

static void check_in_meta(struct dir *d, const struct es_tree_entry *t)
{
	if (t->len == 6 && (memcmp(t->name, ".mtree", 6) == 0 ||
			    memcmp(t->name, ".xattr", 6) == 0))
		return;
	tell(d, t->name, t->len, "is in meta/ and is no manifest");
}

static int compare(struct dir *d, const struct es_dir_trees *trees,
		   unsigned int depth);

/* A subdirectory that one tree has or both have; below it is compared. */
static int enter(struct dir *d, const struct es_buf *name,
		 const struct es_dir_trees *trees, unsigned int depth)
{
	const size_t len = d->path.len;
	int rc;

	if (es_oid_is_none(&trees->meta)) {
		tell(d, es_buf_str(name), name->len,
		     "is in files/ and not in meta/");
		return 0;
	}
	es_buf_addc(&d->path, '/');
	es_buf_add(&d->path, es_buf_str(name), name->len);
	rc = d->path.failed ? es_buf_check(&d->path, d->err)
			    : compare(d, trees, depth + 1);
	es_buf_truncate(&d->path, len);
	return rc;
}

static bool decode(struct dir *d, struct es_buf *name,
		   const struct es_tree_entry *t)
{
	es_buf_reset(name);
	if (es_stored_name_decode(name, t->name, t->len) == 0 && name->len)
		return true;
	tell(d, t->name, t->len, "has a name that stands for none");
	return false;
}

static int compare_files(struct dir *d, const struct names *names,
			 const struct es_buf *files, const struct es_buf *meta,
			 unsigned int depth)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	struct es_tree_reader r;
	struct es_tree_entry t, other;

	es_tree_open(&r, files);
	while (es_tree_next(&r, &t) > 0) {
		struct es_dir_trees below = { .files = t.oid };

		if (!decode(d, &name, &t))
			continue;
		if (t.mode != ES_MODE_TREE) {
			check_in_files(d, names, &name, &t);
			continue;
		}
		if (es_tree_find(meta, t.name, t.len, &other) > 0 &&
		    other.mode == ES_MODE_TREE)
			below.meta = other.oid;
		if (enter(d, &name, &below, depth) < 0)
			return d->err->code;
	}
	return 0;
}

static int compare_meta(struct dir *d, const struct es_buf *files,
			const struct es_buf *meta, unsigned int depth)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	struct es_tree_reader r;
	struct es_tree_entry t, other;

	es_tree_open(&r, meta);
	while (es_tree_next(&r, &t) > 0) {
		const struct es_dir_trees below = { .meta = t.oid };

		if (t.mode != ES_MODE_TREE) {
			check_in_meta(d, &t);
			continue;
		}
		if (es_tree_find(files, t.name, t.len, &other) > 0 &&
		    other.mode == ES_MODE_TREE)
			continue; /* entered with its files */
		if (decode(d, &name, &t) && enter(d, &name, &below, depth) < 0)
			return d->err->code;
	}
	return 0;
}

/* Whether a pair of trees is new; it is noted. 1, 0 or -ENOMEM. */
static int is_new(const struct es_verify *v, const struct es_dir_trees *trees)
{
	static char seen;
	char key[2 * ES_OID_LEN];

	memcpy(key, trees->files.id, ES_OID_LEN);
	memcpy(key + ES_OID_LEN, trees->meta.id, ES_OID_LEN);
	if (es_strmap_get(v->pairs, key, sizeof(key)))
		return 0;
	return es_strmap_put(v->pairs, key, sizeof(key), &seen) < 0 ? -ENOMEM
								    : 1;
}

static int get_tree(struct dir *d, const struct es_oid *id, struct es_buf *out)
{
	if (es_oid_is_none(id))
		return 0;
	return es_verify_read(d->v, id, ES_KIND_TREE, out, d->err);
}

/* The manifest itself. 0, 1 it is broken or its parts are missing, or -1. */
static int read_dir(struct dir *d, const struct es_dir_trees *trees,
		    struct es_listing_writer *w)
{
	struct es_error why = ES_ERROR_INIT;
	const int rc = es_dir_read(w, d->v->s->store, trees, &why);

	if (rc == 0)
		return 0;
	if (rc == -ENOMEM)
		return es_fail_oom(d->err);
	/* what is missing or damaged was told already */
	if (rc == -EINVAL)
		tell(d, "", 0, why.msg);
	return 1;
}

static int compare(struct dir *d, const struct es_dir_trees *trees,
		   unsigned int depth)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf files = ES_BUF_INIT(ES_VERIFY_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf meta = ES_BUF_INIT(ES_VERIFY_MAX);
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(names_dispose) struct names names = { 0 };
	int rc = is_new(d->v, trees);

	if (rc <= 0 || depth > DEPTH_MAX)
		return rc < 0 ? es_fail_oom(d->err) : 0;
	if ((rc = get_tree(d, &trees->files, &files)) != 0 ||
	    (rc = get_tree(d, &trees->meta, &meta)) != 0 ||
	    (rc = read_dir(d, trees, &w)) != 0)
		return rc < 0 ? rc : 0;
	d->v->totals->manifests++;
	if (take_names(d, &names, &w) < 0 ||
	    compare_files(d, &names, &files, &meta, depth) < 0)
		return d->err->code;
	return compare_meta(d, &files, &meta, depth);
}

int es_verify_manifests(struct es_verify *v, const struct es_oid *root,
			const struct es_oid *commit, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf tree = ES_BUF_INIT(ES_VERIFY_MAX);
	ES_CLEANUP(dir_dispose)
	struct dir d = { .v = v,
			 .err = err,
			 .commit = commit,
			 .path = ES_BUF_INIT(ES_VERIFY_MAX) };
	struct es_dir_trees trees = { 0 };
	struct es_tree_entry e;
	int rc = es_verify_read(v, root, ES_KIND_TREE, &tree, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (es_tree_find(&tree, "files", 5, &e) > 0 && e.mode == ES_MODE_TREE)
		trees.files = e.oid;
	if (es_tree_find(&tree, "meta", 4, &e) > 0 && e.mode == ES_MODE_TREE)
		trees.meta = e.oid;
	if (es_oid_is_none(&trees.meta)) {
		if (!es_oid_is_none(&trees.files))
			tell(&d, "", 0, "there is files/ and no meta/");
		return 0;
	}
	return compare(&d, &trees, 0);
}
