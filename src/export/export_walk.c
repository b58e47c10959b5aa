/* SPDX-License-Identifier: MIT */
/* export_walk.c - every object of a run, directories before what is in them */
#include "config.h"

#include "etcsnap/digest.h"
#include "etcsnap/manifest.h"
#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"
#include "etcsnap/tree.h"

#include "export/export_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct place - a directory that is still to be told of
 * @path:  absolute path, owned; the root is ""
 * @trees: what the run has for it
 */
struct place {
	char *path;
	struct es_dir_trees trees;
};

/*
 * A stack of our own, since how deep directories nest is up to whoever may
 * make some.
 */
struct stack {
	struct place *items;
	size_t n;
	size_t cap;
};

static void stack_dispose(struct stack *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i].path);
	free(s->items);
}

/* Takes @p->path, also on failure. */
static int push(struct stack *s, const struct place *p)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		struct place *grown =
			reallocarray(s->items, cap, sizeof(*grown));

		if (!grown) {
			free(p->path);
			return -ENOMEM;
		}
		s->items = grown;
		s->cap = cap;
	}
	s->items[s->n++] = *p;
	return 0;
}

/* What was pushed first is to be popped first. */
static void reverse(struct stack *s, size_t from)
{
	for (size_t a = from, b = s->n; a + 1 < b; a++) {
		struct place swap = s->items[a];

		s->items[a] = s->items[--b];
		s->items[b] = swap;
	}
}

/**
 * struct names - owner names of a manifest, which listings do not have
 * @text: "USER\0GROUP\0" for each entry, in its order; empty for none
 * @at:   of the next entry
 */
struct names {
	struct es_buf text;
	size_t at;
};

static int learn(void *payload, struct es_entry *e, const char *uname,
		 const char *gname)
{
	struct names *n = payload;

	(void)e;
	es_buf_adds(&n->text, uname ? uname : "");
	es_buf_addc(&n->text, '\0');
	es_buf_adds(&n->text, gname ? gname : "");
	return es_buf_addc(&n->text, '\0');
}

static int read_names(struct names *n, struct es_store *st,
		      const struct es_oid *meta, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, st, meta, ".mtree", 6, err);

	if (rc <= 0)
		return rc;
	if (es_store_get(st, &oid, ES_KIND_BLOB, &text, err) < 0)
		return err->code;
	rc = es_manifest_parse(es_buf_str(&text), text.len, NULL, 0, learn, n,
			       err);
	if (rc < 0 && !err->code)
		return es_fail_oom(err);
	return rc;
}

/* The next name, NULL where it is empty or there are no more. */
static const char *next_name(struct names *n)
{
	if (n->at >= n->text.len)
		return NULL;
	const char *name = n->text.data + n->at;
	n->at += strlen(name) + 1;
	return *name ? name : NULL;
}

/* The content, and what of the entry must not be told because of it. */
static int judge(struct export_job *job, struct export_item *item,
		 struct es_buf *data, struct es_error *err)
{
	struct es_entry *e = &item->e;
	uint8_t digest[ES_SHA256_LEN];
	int rc = es_delta_content(data, job->st, item->path, e, &job->patch,
				  err);

	if (rc < 0)
		return rc;
	item->state = (enum es_patch_result)rc;
	item->data = data;
	if (rc == ES_PATCH_SECRET)
		e->class = ES_CLASS_SECRET;
	else if (rc == ES_PATCH_DIGEST)
		e->class = ES_CLASS_DIGEST;
	if (rc == ES_PATCH_TEXT && (e->has & ES_HAS_SHA256)) {
		/* other content than was recorded: masked by today's rules */
		es_sha256(digest, es_buf_str(data), data->len);
		if (memcmp(digest, e->digest, sizeof(digest)) != 0)
			e->has |= ES_HAS_MASKED;
	}
	if (e->class == ES_CLASS_SECRET || (e->has & ES_HAS_MASKED))
		e->has &= ~(unsigned int)ES_HAS_SHA256;
	return 0;
}

/**
 * struct visit - the directory being told of
 * @path: of the directory; during an entry, of that
 * @data: content of an entry
 */
struct visit {
	struct export_job *job;
	const struct place *place;
	struct names names;
	struct es_buf path;
	struct es_buf data;
};

static void visit_dispose(struct visit *v)
{
	es_buf_dispose(&v->names.text);
	es_buf_dispose(&v->path);
	es_buf_dispose(&v->data);
}

static int hand_out(struct visit *v, const struct es_entry *e,
		    struct es_error *err)
{
	struct export_item item = {
		.path = es_buf_str(&v->path),
		.len = v->path.len,
		.e = *e,
		.state = ES_PATCH_NONE,
	};

	item.uname = next_name(&v->names);
	item.gname = next_name(&v->names);
	if (es_buf_check(&v->path, err) < 0)
		return err->code;
	if (e->type == ES_TYPE_FILE && judge(v->job, &item, &v->data, err) < 0)
		return es_wrap(err, "%s", ES_Q(item.path));
	return v->job->ops->item(v->job, &item, err);
}

static void set_path(struct visit *v, const struct es_entry *e)
{
	es_buf_reset(&v->path);
	es_buf_adds(&v->path, v->place->path);
	es_buf_addc(&v->path, '/');
	if (e)
		es_buf_add(&v->path, e->name, e->name_len);
	else if (v->path.len > 1)
		es_buf_truncate(&v->path, v->path.len - 1);
}

/**
 * struct below - the subdirectories of a directory
 * @files: bytes of its tree of contents
 * @meta:  bytes of its tree of manifests
 */
struct below {
	struct es_buf files;
	struct es_buf meta;
};

static void below_dispose(struct below *b)
{
	es_buf_dispose(&b->files);
	es_buf_dispose(&b->meta);
}

static int find_tree(struct es_oid *out, const struct es_buf *tree,
		     const struct es_buf *name)
{
	struct es_tree_entry t;
	int rc = es_tree_find(tree, es_buf_str(name), name->len, &t);

	if (rc > 0 && t.mode == ES_MODE_TREE)
		*out = t.oid;
	return rc;
}

static int push_child(struct stack *s, struct visit *v, const struct below *b,
		      const struct es_entry *e, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(ES_BUF_MAX);
	struct place child = { 0 };

	es_stored_name_encode(&name, e->name, e->name_len);
	set_path(v, e);
	if (es_buf_check(&name, err) < 0 || es_buf_check(&v->path, err) < 0)
		return err->code;
	if (find_tree(&child.trees.files, &b->files, &name) < 0 ||
	    find_tree(&child.trees.meta, &b->meta, &name) < 0)
		return es_fail(err, -EINVAL,
			       "damaged tree for %s; run 'etcsnap git fsck'",
			       ES_Q(v->path.data));
	child.path = strdup(v->path.data);
	if (!child.path || push(s, &child) < 0)
		return es_fail_oom(err);
	return 0;
}

static int each_entry(struct stack *s, struct visit *v, const struct below *b,
		      struct es_listing_reader *r, struct es_error *err)
{
	struct es_entry e;
	int rc;

	while ((rc = es_listing_next(r, &e)) > 0) {
		if (e.type == ES_TYPE_DIR) {
			if (push_child(s, v, b, &e, err) < 0)
				return err->code;
			/* its own manifest says more */
			if (e.watch == ES_WATCH_YES) {
				next_name(&v->names);
				next_name(&v->names);
			}
			continue;
		}
		set_path(v, &e);
		if (hand_out(v, &e, err) < 0)
			return err->code;
	}
	return rc;
}

static int tell_listing(struct stack *s, struct visit *v,
			const struct es_listing_writer *w, struct es_error *err)
{
	ES_CLEANUP(below_dispose)
	struct below b = { ES_BUF_INIT(ES_BUF_MAX), ES_BUF_INIT(ES_BUF_MAX) };
	const struct es_dir_trees *t = &v->place->trees;
	struct es_store *st = v->job->st;
	struct es_listing_reader r;
	struct es_entry self;
	int rc;

	if ((!es_oid_is_none(&t->files) &&
	     es_store_get(st, &t->files, ES_KIND_TREE, &b.files, err) < 0) ||
	    (!es_oid_is_none(&t->meta) &&
	     es_store_get(st, &t->meta, ES_KIND_TREE, &b.meta, err) < 0))
		return err->code;
	rc = es_listing_open(&r, w->buf.data, w->buf.len);
	if (rc == 0)
		rc = es_listing_next(&r, &self);
	if (rc > 0) {
		self.type = ES_TYPE_DIR;
		set_path(v, NULL);
		rc = hand_out(v, &self, err);
	}
	if (rc == 0)
		rc = each_entry(s, v, &b, &r, err);
	if (rc < 0 && !err->code)
		return es_fail(err, -EINVAL, "damaged manifest");
	return rc;
}

static int visit(struct stack *s, struct export_job *job, const struct place *p,
		 struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(visit_dispose)
	struct visit v = {
		.job = job,
		.place = p,
		.names = { ES_BUF_INIT(ES_BUF_MAX), 0 },
		.path = ES_BUF_INIT(ES_BUF_MAX),
		.data = ES_BUF_INIT(ES_BUF_MAX),
	};
	size_t before = s->n;

	if (es_dir_read(&w, job->st, &p->trees, err) < 0 ||
	    read_names(&v.names, job->st, &p->trees.meta, err) < 0 ||
	    tell_listing(s, &v, &w, err) < 0)
		return err->code;
	reverse(s, before);
	return 0;
}

int export_walk(struct export_job *job, struct es_error *err)
{
	ES_CLEANUP(stack_dispose) struct stack s = { NULL, 0, 0 };
	struct place p = { .path = strdup("") };
	int rc;

	if (!p.path)
		return es_fail_oom(err);
	rc = es_dir_lookup(&p.trees, job->st, es_commit_tree(job->commit), "",
			   0, err);
	if (rc < 0) {
		free(p.path);
		return rc;
	}
	if (push(&s, &p) < 0)
		return es_fail_oom(err);
	while (rc == 0 && s.n > 0) {
		p = s.items[--s.n];
		rc = visit(&s, job, &p, err);
		free(p.path);
	}
	return rc;
}
