/* SPDX-License-Identifier: MIT */
/* restore_others.c - what a run has below the paths and a plan does not */
#include "config.h"

#include "restore/restore_plan_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/reach.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <string.h>

/**
 * struct others - a walk over the run's manifests
 * @p:       plan
 * @each:    the caller's
 * @payload: the caller's
 * @todo:    directories that are still to be read: paths, NUL after each
 * @path:    of the entry at hand
 */
struct others {
	struct es_restore_plan *p;
	int (*each)(void *payload, const char *path, size_t len,
		    const struct es_entry *e);
	void *payload;
	struct es_buf todo;
	struct es_buf path;
};

static int visit(struct others *o, const char *dir, size_t len,
		 const struct es_entry *e)
{
	const struct es_restore_options *want = &o->p->o;
	enum es_reach reach;

	es_buf_reset(&o->path);
	es_buf_add(&o->path, dir, len);
	es_buf_addc(&o->path, '/');
	es_buf_add(&o->path, e->name, e->name_len);
	if (o->path.failed)
		return -ENOMEM;
	reach = es_reach_of(want->paths, want->n_paths, o->path.data,
			    o->path.len);
	if (e->type == ES_TYPE_DIR) {
		if (reach != ES_REACH_NONE)
			es_buf_add(&o->todo, o->path.data, o->path.len + 1);
		return o->todo.failed ? -ENOMEM : 0;
	}
	if (reach != ES_REACH_ALL || e->watch != ES_WATCH_YES ||
	    restore_item_of(o->p, o->path.data, o->path.len))
		return 0;
	return o->each(o->payload, o->path.data, o->path.len, e);
}

static int read_dir(struct others *o, const char *dir, size_t len,
		    struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_store *st = o->p->st;
	struct es_listing_reader r;
	struct es_dir_trees trees;
	struct es_entry e;
	int rc;

	if (es_dir_lookup(&trees, st, &o->p->root, dir, len, err) < 0)
		return err->code;
	if (es_oid_is_none(&trees.meta))
		return 0;
	if (es_dir_read(&w, st, &trees, err) < 0)
		return err->code;
	rc = es_listing_open(&r, w.buf.data, w.buf.len);
	if (rc == 0)
		rc = es_listing_next(&r, &e);
	while (rc >= 0 && (rc = es_listing_next(&r, &e)) > 0)
		rc = visit(o, dir, len, &e);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return es_fail(err, -EINVAL, "damaged manifest of '%s'",
			       ES_Q(dir));
	return 0;
}

/* Take the last path off the list, which ends in a NUL. */
static char *pop(struct es_buf *todo, size_t *len)
{
	const char *before = memrchr(todo->data, '\0', todo->len - 1);
	size_t at = before ? (size_t)(before - todo->data) + 1 : 0;
	char *path = strdup(todo->data + at);

	*len = todo->len - 1 - at;
	es_buf_truncate(todo, at);
	return path;
}

int restore_each_other(struct es_restore_plan *p,
		       int (*each)(void *payload, const char *path, size_t len,
				   const struct es_entry *e),
		       void *payload, struct es_error *err)
{
	struct others o = {
		.p = p,
		.each = each,
		.payload = payload,
		.todo = ES_BUF_INIT(ES_BUF_MAX),
		.path = ES_BUF_INIT(ES_BUF_MAX),
	};
	int rc = es_buf_addc(&o.todo, '\0') < 0 ? es_fail_oom(err) : 0;

	while (rc == 0 && o.todo.len > 0) {
		size_t len;
		ES_CLEANUP(es_freep) char *dir = pop(&o.todo, &len);

		rc = dir ? read_dir(&o, dir, len, err) : es_fail_oom(err);
	}
	es_buf_dispose(&o.todo);
	es_buf_dispose(&o.path);
	return rc;
}
