/* SPDX-License-Identifier: MIT */
/* repack_reach.c - what a commit needs: its tree, and all below it */
#include "config.h"

#include "store/repack_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Mode of an entry that names a commit of another repository. */
#define MODE_GITLINK 0160000
/* Most ranks: a bit of them has another use. */
#define RANK_MAX ((uint32_t)INT32_MAX)

static int missing(const struct es_oid *id, struct es_error *err)
{
	char hex[ES_OID_HEX + 1];

	return es_fail(err, -ENOENT,
		       "object %s is missing; run 'etcsnap git fsck'",
		       es_oid_text(hex, id));
}

static int push(struct es_oid **list, size_t *n, size_t *cap,
		const struct es_oid *id, struct es_error *err)
{
	if (*n == *cap) {
		const size_t more = *cap ? 2 * *cap : 256;
		struct es_oid *grown =
			reallocarray(*list, more, sizeof(*grown));

		if (!grown)
			return es_fail_oom(err);
		*list = grown;
		*cap = more;
	}
	(*list)[(*n)++] = *id;
	return 0;
}

/* Need an object. Return: 1, 0 it was needed already, or a negative errno. */
static int need(struct es_repack *r, const struct es_oid *id, uint64_t *bytes,
		struct es_error *err)
{
	struct es_repack_slot *s = es_repack_find(r, id);

	if (!s)
		return missing(id, err);
	if (s->rank & ~ES_REPACK_STAYS)
		return 0;
	s->rank |= r->rank;
	*bytes += s->size;
	return 1;
}

/* ------------------------------------------------------------------- trees */

static int reach_entries(struct es_repack *r, uint64_t *bytes,
			 struct es_error *err)
{
	struct es_tree_reader reader;
	struct es_tree_entry e;
	int rc;

	es_tree_open(&reader, &r->buf);
	while ((rc = es_tree_next(&reader, &e)) > 0) {
		if (e.mode == MODE_GITLINK)
			continue;
		rc = need(r, &e.oid, bytes, err);
		if (rc > 0 && e.mode == ES_MODE_TREE)
			rc = push(&r->todo, &r->n_todo, &r->cap_todo, &e.oid,
				  err);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? es_fail(err, -EIO, "a tree is broken") : 0;
}

static int reach_tree(struct es_repack *r, const struct es_oid *id,
		      uint64_t *bytes, struct es_error *err)
{
	int rc = need(r, id, bytes, err);

	if (rc <= 0)
		return rc;
	r->n_todo = 0;
	rc = push(&r->todo, &r->n_todo, &r->cap_todo, id, err);
	while (rc >= 0 && r->n_todo > 0) {
		const struct es_oid tree = r->todo[--r->n_todo];

		rc = es_store_get(r->st, &tree, ES_KIND_TREE, &r->buf, err);
		if (rc == 0)
			rc = reach_entries(r, bytes, err);
	}
	return rc < 0 ? rc : 0;
}

/* --------------------------------------------------------- commits and tags */

/* A header line "KEY ID"; *at goes behind it. */
static bool read_line(const struct es_buf *b, size_t *at, const char *key,
		      struct es_oid *out)
{
	const size_t len = strlen(key);

	if (b->len - *at < len + ES_OID_HEX + 2 ||
	    memcmp(b->data + *at, key, len) != 0 || b->data[*at + len] != ' ' ||
	    b->data[*at + len + 1 + ES_OID_HEX] != '\n' ||
	    es_unhex(out->id, b->data + *at + len + 1, ES_OID_LEN) < 0)
		return false;
	*at += len + ES_OID_HEX + 2;
	return true;
}

static int add_edge(struct es_repack *r, const struct es_oid *child,
		    const struct es_oid *parent, struct es_error *err)
{
	if (r->n_edges == r->cap_edges) {
		const size_t cap = r->cap_edges ? 2 * r->cap_edges : 256;
		struct es_repack_edge *more =
			reallocarray(r->edges, cap, sizeof(*more));

		if (!more)
			return es_fail_oom(err);
		r->edges = more;
		r->cap_edges = cap;
	}
	r->edges[r->n_edges++] =
		(struct es_repack_edge){ *child, *parent, r->rank };
	return 0;
}

static int reach_commit(struct es_repack *r, const struct es_oid *id,
			bool ancestors, uint64_t *bytes, struct es_error *err)
{
	const bool ends = es_shallow_has(&r->shallow, id);
	struct es_oid tree;
	struct es_oid parent;
	size_t at = 0;

	if (!read_line(&r->buf, &at, "tree", &tree))
		return es_fail(err, -EIO, "a commit is broken");
	while (read_line(&r->buf, &at, "parent", &parent)) {
		if (add_edge(r, id, &parent, err) < 0)
			return err->code;
		if (ancestors && !ends &&
		    push(&r->parents, &r->n_parents, &r->cap_parents, &parent,
			 err) < 0)
			return err->code;
	}
	return reach_tree(r, &tree, bytes, err);
}

/* Read any object into the buffer; its type goes to @type. */
static int read_any(struct es_repack *r, const struct es_oid *id,
		    git_object_t *type, struct es_error *err)
{
	const git_oid oid = git_from_oid(id);
	char hex[ES_OID_HEX + 1];
	size_t len;
	int rc = git_odb_read_header(&len, type, r->st->odb, &oid);

	if (rc < 0)
		return es_fail_git(err, rc, "cannot read object %s",
				   es_oid_text(hex, id));
	if (*type == GIT_OBJECT_BLOB)
		return 0;
	return es_store_get(r->st, id, (enum es_kind) * type, &r->buf, err);
}

static int reach_any(struct es_repack *r, const struct es_oid *id,
		     bool ancestors, uint64_t *bytes, struct es_error *err)
{
	git_object_t type;
	struct es_oid target;
	size_t at = 0;
	int rc;

	/* what a signed tag names may be a tag again */
	for (struct es_oid next = *id;; next = target) {
		if (!es_repack_find(r, &next))
			return missing(&next, err);
		if (read_any(r, &next, &type, err) < 0)
			return err->code;
		if (type == GIT_OBJECT_TREE)
			return reach_tree(r, &next, bytes, err);
		rc = need(r, &next, bytes, err);
		if (rc <= 0)
			return rc;
		if (type == GIT_OBJECT_COMMIT)
			return reach_commit(r, &next, ancestors, bytes, err);
		if (type != GIT_OBJECT_TAG)
			return 0;
		at = 0;
		if (!read_line(&r->buf, &at, "object", &target))
			return es_fail(err, -EIO, "a tag is broken");
	}
}

int es_repack_reach(struct es_repack *r, const struct es_oid *oid,
		    bool ancestors, uint64_t *bytes, struct es_error *err)
{
	uint64_t sum = 0;
	int rc;

	if (r->rank == RANK_MAX)
		return es_fail(err, -EFBIG, "too many commits");
	r->rank++;
	r->n_parents = 0;
	rc = reach_any(r, oid, ancestors, &sum, err);
	while (rc >= 0 && r->n_parents > 0) {
		const struct es_oid next = r->parents[--r->n_parents];

		rc = reach_any(r, &next, ancestors, &sum, err);
	}
	if (rc < 0)
		return rc;
	*bytes = sum;
	return (int)r->rank;
}
