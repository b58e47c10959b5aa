/* SPDX-License-Identifier: MIT */
/* closure.c - from all references down to every blob: is it there and sound */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Deepest directory. */
#define DEPTH_MAX 2100

struct closure {
	struct es_verify *v;
	struct es_error *err;
	struct es_oid *todo; /* commits and tags to look at */
	size_t n;
	size_t cap;
	struct es_buf path; /* of the tree that is looked at */
};

static void closure_dispose(struct closure *c)
{
	free(c->todo);
	es_buf_dispose(&c->path);
}

static int push(struct closure *c, const struct es_oid *id)
{
	if (c->n == c->cap) {
		const size_t cap = c->cap ? 2 * c->cap : 64;
		struct es_oid *more = reallocarray(c->todo, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->todo = more;
		c->cap = cap;
	}
	c->todo[c->n++] = *id;
	return 0;
}

static int push_parent(void *payload, const struct es_oid *id)
{
	return push(payload, id);
}

/* ------------------------------------------------------------------- trees */

/*
 * An object that something refers to. NULL when there is nothing more to look
 * at: it is missing or of another kind, which is told, or damaged, which the
 * audit has told, or was looked at before.
 */
static struct es_audit_object *reach(struct closure *c, const struct es_oid *id,
				     enum es_kind kind, const char *whose)
{
	struct es_audit_object *o = es_audit_find(c->v->audit, id);

	if (!o) {
		es_verify_tell_id(c->v, ES_VERIFY_BAD, "object", id,
				  "is missing (%s)", whose);
		return NULL;
	}
	if (o->reached)
		return NULL;
	o->reached = true;
	if (!o->good)
		return NULL;
	if (o->kind != kind) {
		es_verify_tell_id(c->v, ES_VERIFY_BAD, "object", id,
				  "is of another kind (%s)", whose);
		return NULL;
	}
	return o;
}

static const char *whose_path(const struct closure *c, char *room, size_t size)
{
	return es_quote_tmp(room, size, es_buf_str(&c->path));
}

static int walk_tree(struct closure *c, const struct es_oid *id,
		     unsigned int depth);

static int walk_entry(struct closure *c, const struct es_tree_entry *e,
		      unsigned int depth)
{
	const size_t len = c->path.len;
	char room[ES_Q_MAX];
	int rc = 0;

	es_buf_addf(&c->path, "%s%.*s", len ? "/" : "", (int)e->len, e->name);
	if (c->path.failed)
		return c->path.failed;
	if (e->mode == ES_MODE_TREE)
		rc = walk_tree(c, &e->oid, depth + 1);
	else
		reach(c, &e->oid, ES_KIND_BLOB,
		      whose_path(c, room, sizeof(room)));
	es_buf_truncate(&c->path, len);
	return rc;
}

static int walk_tree(struct closure *c, const struct es_oid *id,
		     unsigned int depth)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf tree = ES_BUF_INIT(ES_VERIFY_MAX);
	struct es_tree_reader r;
	struct es_tree_entry e;
	char room[ES_Q_MAX];
	int rc;

	if (!reach(c, id, ES_KIND_TREE, whose_path(c, room, sizeof(room))))
		return 0;
	if (depth > DEPTH_MAX) {
		es_verify_tell_id(c->v, ES_VERIFY_BAD, "tree", id,
				  "lies deeper than any directory can");
		return 0;
	}
	rc = es_verify_read(c->v, id, ES_KIND_TREE, &tree, c->err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	es_tree_open(&r, &tree);
	while (es_tree_next(&r, &e) > 0) {
		rc = walk_entry(c, &e, depth);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* -------------------------------------------------------- commits and tags */

static int walk_commit(struct closure *c, const struct es_oid *id,
		       const struct es_buf *raw)
{
	ES_CLEANUP(es_verify_commit_dispose)
	struct es_verify_commit commit = ES_VERIFY_COMMIT_INIT;
	const bool last = es_verify_is_boundary(c->v, id);
	char hex[ES_OID_HEX + 1];
	int rc = es_verify_commit_parse(&commit, raw, last ? NULL : push_parent,
					c);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		es_verify_tell_id(c->v, ES_VERIFY_BAD, "commit", id,
				  "is no commit that git would write");
		return 0;
	}
	c->v->totals->commits++;
	es_buf_reset(&c->path);
	es_buf_addf(&c->path, "%.12s:", es_oid_text(hex, id));
	rc = walk_tree(c, &commit.tree, 0);
	if (rc < 0)
		return rc;
	return es_verify_manifests(c->v, &commit.tree, id, c->err);
}

static int walk_tag(struct closure *c, const struct es_oid *id,
		    const struct es_buf *raw)
{
	ES_CLEANUP(es_verify_commit_dispose)
	struct es_verify_commit tag = ES_VERIFY_COMMIT_INIT;
	const int rc = es_verify_tag_parse(&tag, raw);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		es_verify_tell_id(c->v, ES_VERIFY_BAD, "object", id,
				  "is no tag that git would write");
		return 0;
	}
	return push(c, &tag.tree);
}

/* Whatever a reference, a tag or a commit names. */
static int walk_object(struct closure *c, const struct es_oid *id)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf raw = ES_BUF_INIT(ES_VERIFY_MAX);
	const struct es_audit_object *o = es_audit_find(c->v->audit, id);
	const enum es_kind kind = o ? (enum es_kind)o->kind : ES_KIND_COMMIT;
	int rc;

	if (o && o->good && kind == ES_KIND_TREE) {
		es_buf_reset(&c->path);
		return walk_tree(c, id, 0);
	}
	if (!reach(c, id, kind, "a parent, or what a reference names") ||
	    kind == ES_KIND_BLOB)
		return 0;
	rc = es_verify_read(c->v, id, kind, &raw, c->err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return kind == ES_KIND_TAG ? walk_tag(c, id, &raw)
				   : walk_commit(c, id, &raw);
}

static void tell_tag(struct es_verify *v, const struct es_verify_ref *ref,
		     enum es_verify_level level, const char *problem)
{
	const struct es_verify_about about = {
		"reference", ref->name, strlen(ref->name),
		"'etcsnap git tag' and 'etcsnap git pack-refs --all' write "
		"it anew"
	};

	es_verify_tell(v, level, &about, "%s", problem);
}

/* A tag says itself what it is called, and packed-refs what it is of. */
static void check_tag(struct closure *c, const struct es_verify_ref *ref)
{
	static const char dir[] = "refs/tags/";
	ES_CLEANUP(es_buf_dispose)
	struct es_buf raw = ES_BUF_INIT(ES_VERIFY_MAX);
	ES_CLEANUP(es_verify_commit_dispose)
	struct es_verify_commit tag = ES_VERIFY_COMMIT_INIT;
	const struct es_audit_object *o = es_audit_find(c->v->audit, &ref->oid);
	const char *name = ref->name + strlen(dir);

	if (!o || !o->good || o->kind != ES_KIND_TAG ||
	    es_verify_read(c->v, &ref->oid, ES_KIND_TAG, &raw, c->err) != 0 ||
	    es_verify_tag_parse(&tag, &raw) < 0)
		return;
	if (!es_oid_is_none(&ref->peeled) && tag.kind != ES_KIND_TAG &&
	    !es_oid_equal(&tag.tree, &ref->peeled))
		tell_tag(c->v, ref, ES_VERIFY_BAD,
			 "packed-refs says that it is a tag of another object");
	if (strncmp(ref->name, dir, strlen(dir)) != 0 ||
	    strlen(name) != tag.name_len ||
	    memcmp(name, tag.name, tag.name_len) != 0)
		tell_tag(c->v, ref, ES_VERIFY_WARNING,
			 "points to a tag of another name");
}

static void check_boundary(struct es_verify *v)
{
	for (size_t i = 0; i < v->n_boundary; i++) {
		const struct es_audit_object *o =
			es_audit_find(v->audit, &v->boundary[i]);

		if (!o || (o->good && o->kind != ES_KIND_COMMIT))
			es_verify_tell_id(v, ES_VERIFY_BAD, "boundary",
					  &v->boundary[i],
					  "stands in the file 'shallow' and is "
					  "no commit that is there");
	}
}

int es_verify_closure(struct es_verify *v, struct es_error *err)
{
	ES_CLEANUP(closure_dispose)
	struct closure c = { .v = v,
			     .err = err,
			     .path = ES_BUF_INIT(ES_VERIFY_MAX) };
	const struct es_audit_totals *t = es_audit_totals(v->audit);
	int rc = 0;

	v->totals->objects = t->objects;
	v->totals->bytes = t->bytes;
	v->totals->stored = t->stored;
	v->totals->packs = t->packs;
	v->totals->loose = t->loose;
	for (size_t i = 0; i < v->n_refs && rc == 0; i++)
		rc = push(&c, &v->refs[i].oid);
	while (c.n > 0 && rc == 0) {
		const struct es_oid id = c.todo[--c.n];

		rc = walk_object(&c, &id);
	}
	if (rc < 0)
		return rc == -ENOMEM ? es_fail_oom(err) : rc;
	for (size_t i = 0; i < v->n_refs; i++)
		check_tag(&c, &v->refs[i]);
	check_boundary(v);
	for (size_t i = 0; i < es_audit_count(v->audit); i++)
		v->totals->garbage += !es_audit_at(v->audit, i)->reached;
	return 0;
}
