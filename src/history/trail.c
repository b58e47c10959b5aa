/* SPDX-License-Identifier: MIT */
/* trail.c - the objects that lead to one path, from run to run */
#include "config.h"

#include "history/history_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "files/etc/hosts" of "/etc/hosts"; a text of a run is stored as it is. */
static int add_stored(struct es_buf *out, const char *path)
{
	if (path[0] == '/')
		es_buf_adds(out, "files/");
	es_stored_path_encode(out, path, strlen(path));
	return out->failed;
}

int trail_init(struct trail *t, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(1 << 20);
	const char *at;
	size_t n = 1;

	*t = (struct trail){ 0 };
	if (add_stored(&all, path) < 0)
		return -ENOMEM;
	for (at = es_buf_str(&all); *at; at++)
		n += *at == '/';
	t->steps = calloc(n, sizeof(*t->steps));
	if (!t->steps)
		return -ENOMEM;
	for (at = es_buf_str(&all); *at;) {
		size_t len = strcspn(at, "/");

		t->steps[t->n].name = strndup(at, len);
		if (!t->steps[t->n++].name)
			return -ENOMEM;
		at += len + (at[len] == '/');
	}
	return 0;
}

void trail_dispose(struct trail *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->steps[i].name);
	free(t->steps);
	*t = (struct trail){ 0 };
}

/* Find a component in a tree; a step that is not there has no id. */
static int find(struct trail_step *s, struct es_store *st,
		const struct es_oid *tree, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf bytes = ES_BUF_INIT(ES_BUF_MAX);
	struct es_tree_entry e = { 0 };
	char hex[ES_OID_HEX + 1];
	int rc;

	if (es_store_get(st, tree, ES_KIND_TREE, &bytes, err) < 0)
		return err->code;
	rc = es_tree_find(&bytes, s->name, strlen(s->name), &e);
	if (rc < 0)
		return es_fail(err, -EIO,
			       "tree %s is broken; run 'etcsnap git fsck'",
			       es_oid_text(hex, tree));
	s->oid = rc ? e.oid : (struct es_oid){ 0 };
	s->mode = rc ? e.mode : 0;
	return 0;
}

int trail_move(struct trail *t, struct es_store *st, const struct es_oid *root,
	       struct es_error *err)
{
	const struct es_oid *tree = root;
	const struct trail_step *last = &t->steps[t->n - 1];
	const struct trail_step before = *last;

	if (es_oid_equal(&t->root, root))
		return 0;
	t->root = *root;
	for (size_t i = 0; i < t->n; i++) {
		struct trail_step *s = &t->steps[i];
		const struct es_oid was = s->oid;
		const unsigned int mode = s->mode;

		if (!es_oid_is_none(tree) &&
		    (i == 0 || t->steps[i - 1].mode == ES_MODE_TREE)) {
			if (find(s, st, tree, err) < 0)
				return err->code;
		} else {
			s->oid = (struct es_oid){ 0 };
			s->mode = 0;
		}
		/* what is below an unchanged tree is what it was */
		if (es_oid_equal(&was, &s->oid) && mode == s->mode)
			return 0;
		tree = &s->oid;
	}
	return !es_oid_equal(&before.oid, &last->oid) ||
	       before.mode != last->mode;
}

bool trail_blob(const struct trail *t, struct es_oid *out)
{
	const struct trail_step *last = &t->steps[t->n - 1];

	if (last->mode != ES_MODE_FILE && last->mode != ES_MODE_EXEC)
		return false;
	*out = last->oid;
	return true;
}
