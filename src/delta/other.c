/* SPDX-License-Identifier: MIT */
/* other.c - compare the parts of a run that are plain files */
#include "config.h"

#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <string.h>

/* run/ is about the run itself and never a change. */
static const char *const parts[] = { "commands", "system", "findings" };

/* Deeper than any part nests; a damaged repository must not bury us. */
#define DEPTH_MAX 16

static int make_entry(struct es_entry *out, struct es_store *st,
		      const struct es_tree_entry *t, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf blob = ES_BUF_INIT(ES_BUF_MAX);

	if (es_store_get(st, &t->oid, ES_KIND_BLOB, &blob, err) < 0)
		return err->code;
	memset(out, 0, sizeof(*out));
	out->name = t->name;
	out->name_len = t->len;
	out->watch = ES_WATCH_YES;
	out->type = ES_TYPE_FILE;
	out->class = ES_CLASS_MIRROR;
	out->has = ES_HAS_BLOB;
	out->size = blob.len;
	memcpy(out->oid, t->oid.id, sizeof(out->oid));
	return 0;
}

/* One name of a tree, as each side has it. */
struct pair {
	struct es_tree_entry e[SIDES];
	bool there[SIDES];
};

static bool is_tree(const struct pair *p, int side)
{
	return p->there[side] && p->e[side].mode == ES_MODE_TREE;
}

static int add_files(struct delta_job *job, const struct es_buf *path,
		     const struct pair *p, struct es_error *err)
{
	struct es_entry e[SIDES];
	bool there[SIDES];

	for (int side = OLD; side < SIDES; side++) {
		there[side] = p->there[side] && !is_tree(p, side);
		if (there[side] &&
		    make_entry(&e[side], job->st, &p->e[side], err) < 0)
			return err->code;
	}
	if (delta_add(job, path->data, path->len, there[OLD] ? &e[OLD] : NULL,
		      there[NEW] ? &e[NEW] : NULL) < 0)
		return es_fail_oom(err);
	return 0;
}

static int compare_trees(struct delta_job *job, struct es_buf *path,
			 const struct es_oid root[SIDES], int depth,
			 struct es_error *err);

/* @path is lengthened during the call. */
static int compare_pair(struct delta_job *job, struct es_buf *path,
			const struct pair *p, int depth, struct es_error *err)
{
	struct es_oid below[SIDES] = { 0 };
	const struct es_tree_entry *name = &p->e[p->there[NEW] ? NEW : OLD];
	size_t len = path->len;

	if (p->there[OLD] && p->there[NEW] &&
	    es_oid_equal(&p->e[OLD].oid, &p->e[NEW].oid))
		return 0;
	es_buf_addc(path, '/');
	if (es_stored_name_decode(path, name->name, name->len) < 0)
		return es_fail(err, -EINVAL, "damaged name below %s",
			       ES_Q(path->data));
	int rc = add_files(job, path, p, err);
	for (int side = OLD; side < SIDES; side++) {
		if (is_tree(p, side))
			below[side] = p->e[side].oid;
	}
	if (rc == 0)
		rc = compare_trees(job, path, below, depth + 1, err);
	es_buf_truncate(path, len);
	return rc;
}

/*
 * The new tree's names with what the old one has for them, then the names
 * that only the old one has. These trees are small.
 */
static int compare_side(struct delta_job *job, struct es_buf *path,
			const struct es_buf tree[SIDES], int side, int depth,
			struct es_error *err)
{
	struct es_tree_reader r;
	struct pair p = { 0 };
	int other = side == NEW ? OLD : NEW;
	int rc;

	es_tree_open(&r, &tree[side]);
	while ((rc = es_tree_next(&r, &p.e[side])) > 0) {
		int found = es_tree_find(&tree[other], p.e[side].name,
					 p.e[side].len, &p.e[other]);

		if (found < 0 || (found > 0 && side == OLD))
			continue;
		p.there[side] = true;
		p.there[other] = found > 0;
		if (compare_pair(job, path, &p, depth, err) < 0)
			return err->code;
	}
	if (rc < 0)
		return es_fail(err, -EINVAL,
			       "damaged tree for %s; run etcsnap git fsck",
			       ES_Q(es_buf_str(path)));
	return 0;
}

static int compare_trees(struct delta_job *job, struct es_buf *path,
			 const struct es_oid root[SIDES], int depth,
			 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);

	if (depth > DEPTH_MAX)
		return es_fail(err, -EINVAL, "%s nests too deep",
			       ES_Q(es_buf_str(path)));
	if (!es_oid_is_none(&root[OLD]) &&
	    es_store_get(job->st, &root[OLD], ES_KIND_TREE, &was, err) < 0)
		return err->code;
	if (!es_oid_is_none(&root[NEW]) &&
	    es_store_get(job->st, &root[NEW], ES_KIND_TREE, &is, err) < 0)
		return err->code;
	/* Borrowed views, so that a side can be picked by its number. */
	const struct es_buf tree[SIDES] = { was, is };
	if (compare_side(job, path, tree, NEW, depth, err) < 0)
		return err->code;
	return compare_side(job, path, tree, OLD, depth, err);
}

int delta_other(struct delta_job *job, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct es_oid below[SIDES] = { 0 };
		size_t len = strlen(parts[i]);

		for (int side = OLD; side < SIDES; side++) {
			if (es_tree_lookup(&below[side], NULL, job->st,
					   &job->root[side], parts[i], len,
					   err) < 0)
				return err->code;
		}
		if (es_oid_equal(&below[OLD], &below[NEW]))
			continue;
		es_buf_reset(&path);
		es_buf_add(&path, parts[i], len);
		if (compare_trees(job, &path, below, 0, err) < 0)
			return err->code;
	}
	return 0;
}

static bool is_other(const char *path)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t len = strlen(parts[i]);

		if (strncmp(path, parts[i], len) == 0 && path[len] == '/')
			return true;
	}
	return false;
}

int delta_other_entry(struct es_entry *out, struct es_store *st,
		      const struct es_oid *root, const char *path,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf stored = ES_BUF_INIT(1 << 16);
	struct es_tree_entry t = { .name = path, .len = strlen(path) };
	int rc;

	if (!is_other(path))
		return 0;
	if (es_stored_path_encode(&stored, path, t.len) < 0)
		return es_buf_check(&stored, err);
	rc = es_tree_lookup(&t.oid, &t.mode, st, root, es_buf_str(&stored),
			    stored.len, err);
	if (rc <= 0 || t.mode == ES_MODE_TREE)
		return rc < 0 ? rc : 0;
	rc = make_entry(out, st, &t, err);
	return rc < 0 ? rc : 1;
}
