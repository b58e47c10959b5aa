/* SPDX-License-Identifier: MIT */
/* snapshot.c - from directories that were walked to the trees of a run */
#include "config.h"

#include "cycle/snapshot_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void children_free(struct snapshot_children *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		/* the name was copied by add_child(), so it is ours */
		char *name;

		memcpy(&name, &c->items[i].name, sizeof(name));
		free(name);
	}
	free(c->items);
	free(c);
}
ES_DEFINE_CLEANUP(struct snapshot_children, children_free)

int es_snapshot_init(struct es_snapshot *snap, struct es_session *s,
		     unsigned int lanes, struct es_error *err)
{
	memset(snap, 0, sizeof(*snap));
	pthread_mutex_init(&snap->mutex, NULL);
	snap->session = s;
	snap->lanes = lanes;
	snap->below = es_strmap_new();
	if (!snap->below)
		return es_fail_oom(err);
	for (unsigned int i = 0; i < lanes; i++)
		if (es_lane_new(&snap->lane[i], s->store, err) < 0)
			return err->code;
	return 0;
}

void es_snapshot_dispose(struct es_snapshot *snap)
{
	const char *key;
	size_t len;
	size_t pos = 0;
	void *value;

	while (snap->below &&
	       es_strmap_each(snap->below, &pos, &key, &len, &value))
		children_free(value);
	es_strmap_free(snap->below);
	for (unsigned int i = 0; i < snap->lanes; i++)
		es_lane_free(snap->lane[i]);
	for (size_t i = 0; i < snap->n_errors; i++)
		free(snap->errors[i]);
	free(snap->errors);
	pthread_mutex_destroy(&snap->mutex);
}

static int prior(void *payload, unsigned int lane, const char *path, size_t len,
		 struct es_buf *out, struct es_error *err)
{
	struct es_snapshot *snap = payload;

	if (!snap->trusted)
		return 0;
	return es_state_get(snap->state, lane, path, len, out, err);
}

/* What the tip recorded: asked only for paths that cannot be read. */
static int stored(void *payload, unsigned int lane, const char *path,
		  size_t len, struct es_buf *out, struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_snapshot *snap = payload;
	struct es_dir_trees trees;

	(void)lane;
	if (es_dir_lookup(&trees, snap->session->store, &snap->tip_tree, path,
			  len, err) < 0)
		return err->code;
	if (es_oid_is_none(&trees.meta))
		return 0;
	if (es_dir_read(&w, snap->session->store, &trees, err) < 0)
		return err->code;
	es_buf_reset(out);
	es_buf_add(out, w.buf.data, w.buf.len);
	return es_buf_check(out, err) < 0 ? err->code : 1;
}

static int blob(void *payload, unsigned int lane, const char *data, size_t len,
		uint8_t oid[ES_SHA1_LEN], struct es_error *err)
{
	struct es_snapshot *snap = payload;
	struct es_oid id;

	if (es_lane_put(&id, snap->lane[lane], ES_KIND_BLOB, data, len, err) <
	    0)
		return err->code;
	memcpy(oid, id.id, ES_SHA1_LEN);
	return 0;
}

/* What a rule lets differ is compared with what the tip has. */
static int old_blob(void *payload, unsigned int lane,
		    const uint8_t oid[ES_SHA1_LEN], struct es_buf *out,
		    struct es_error *err)
{
	const struct es_snapshot *snap = payload;
	struct es_oid id;

	(void)lane;
	memcpy(id.id, oid, ES_SHA1_LEN);
	es_buf_reset(out);
	if (es_store_get(snap->session->store, &id, ES_KIND_BLOB, out, err) < 0)
		return err->code;
	return 1;
}

/* Where the last component of a directory's path begins. */
static size_t name_start(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len;
}

static int add_child(struct es_snapshot *snap, const struct es_collect_dir *dir,
		     const struct es_dir_trees *trees, struct es_error *err)
{
	size_t start = name_start(dir->path, dir->len);
	size_t parent_len = start > 0 ? start - 1 : 0;
	char *name = strndup(dir->path + start, dir->len - start);
	struct snapshot_children *c;

	if (!name)
		return es_fail_oom(err);
	c = es_strmap_get(snap->below, dir->path, parent_len);
	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c ||
		    es_strmap_put(snap->below, dir->path, parent_len, c) < 0) {
			free(c);
			free(name);
			return es_fail_oom(err);
		}
	}
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 4;
		struct es_dir_child *items =
			reallocarray(c->items, cap, sizeof(*items));

		if (!items) {
			free(name);
			return es_fail_oom(err);
		}
		c->items = items;
		c->cap = cap;
	}
	c->items[c->n++] = (struct es_dir_child){
		.name = name,
		.len = dir->len - start,
		.trees = *trees,
	};
	return 0;
}

/* Rows of subdirectories that the new listing no longer has are dropped. */
static int drop_gone(struct es_snapshot *snap, const struct es_collect_dir *dir,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);
	struct es_listing_reader was;
	struct es_listing_reader is;
	struct es_entry a;
	struct es_entry b = { 0 };
	int more = 1;

	if (es_listing_open(&was, dir->old, dir->old_len) < 0 ||
	    es_listing_open(&is, dir->listing, dir->listing_len) < 0)
		return 0;
	es_listing_next(&was, &a);
	es_listing_next(&is, &b);
	more = es_listing_next(&is, &b);
	while (es_listing_next(&was, &a) > 0) {
		if (a.type != ES_TYPE_DIR || a.watch == ES_WATCH_NO)
			continue;
		while (more > 0 && es_entry_name_cmp(b.name, b.name_len, a.name,
						     a.name_len) < 0)
			more = es_listing_next(&is, &b);
		if (more > 0 && b.type == ES_TYPE_DIR &&
		    b.watch != ES_WATCH_NO &&
		    es_entry_name_cmp(b.name, b.name_len, a.name, a.name_len) ==
			    0)
			continue;
		es_buf_reset(&path);
		es_buf_add(&path, dir->path, dir->len);
		es_buf_addc(&path, '/');
		es_buf_add(&path, a.name, a.name_len);
		if (es_buf_check(&path, err) < 0 ||
		    es_parts_gone(snap->parts, path.data, path.len, err) < 0 ||
		    es_state_drop(snap->state, path.data, path.len, err) < 0)
			return err->code;
	}
	return 0;
}

static int keep_row(struct es_snapshot *snap, const struct es_collect_dir *dir,
		    struct es_error *err)
{
	if (!snap->state || dir->change == ES_COLLECT_SAME)
		return 0;
	if (dir->old && drop_gone(snap, dir, err) < 0)
		return err->code;
	return es_state_put(snap->state, dir->path, dir->len, dir->listing,
			    dir->listing_len, err);
}

static int leave(void *payload, unsigned int lane,
		 const struct es_collect_dir *dir, struct es_error *err)
{
	struct es_snapshot *snap = payload;
	ES_CLEANUP(children_freep) struct snapshot_children *c = NULL;
	struct es_dir_trees old;
	struct es_dir_trees now;
	int rc;

	if (keep_row(snap, dir, err) < 0 ||
	    es_parts_dir(snap->parts, dir, err) < 0)
		return err->code;
	pthread_mutex_lock(&snap->mutex);
	c = es_strmap_take(snap->below, dir->path, dir->len);
	pthread_mutex_unlock(&snap->mutex);
	if (dir->change != ES_COLLECT_CHANGED && !c && !snap->rewrite)
		return 0;
	if (es_dir_lookup(&old, snap->session->store, &snap->tip_tree,
			  dir->path, dir->len, err) < 0 ||
	    es_dir_write(&now, snap->lane[lane], dir->listing, dir->listing_len,
			 &old, c ? c->items : NULL, c ? c->n : 0,
			 snap->session->ids, err) < 0)
		return err->code;
	if (es_oid_equal(&old.files, &now.files) &&
	    es_oid_equal(&old.meta, &now.meta))
		return 0;
	/*
	 * The root has no parent: its trees wait under its own path, which
	 * es_snapshot_trees() takes when the walk is over.
	 */
	pthread_mutex_lock(&snap->mutex);
	rc = add_child(snap, dir, &now, err);
	pthread_mutex_unlock(&snap->mutex);
	return rc;
}

/* Takes over the line; lost without memory, as one line more or less is. */
static void add_error(struct es_snapshot *snap, char *line)
{
	if (line && snap->n_errors == snap->cap_errors) {
		size_t cap = snap->cap_errors ? 2 * snap->cap_errors : 16;
		char **more = reallocarray(snap->errors, cap, sizeof(*more));

		if (more) {
			snap->errors = more;
			snap->cap_errors = cap;
		}
	}
	if (line && snap->n_errors < snap->cap_errors)
		snap->errors[snap->n_errors++] = line;
	else
		free(line);
}

void es_snapshot_trouble(struct es_snapshot *snap, unsigned int unread,
			 const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(1 << 20);

	es_buf_addf(&line, "%s ", es_unread_name(unread));
	es_quote_term(&line, *path ? path : "/", *path ? strlen(path) : 1);
	pthread_mutex_lock(&snap->mutex);
	add_error(snap, strdup(es_buf_str(&line)));
	pthread_mutex_unlock(&snap->mutex);
}

static void trouble(void *payload, unsigned int lane, const char *path,
		    unsigned int unread)
{
	(void)lane;
	es_snapshot_trouble(payload, unread, path);
}

static void progress(void *payload, uint64_t entries, uint64_t bytes)
{
	const struct es_snapshot *snap = payload;

	snap->options->progress(snap->options->payload, entries, bytes);
}

void es_snapshot_io(struct es_snapshot *snap, struct es_collect_io *io)
{
	*io = (struct es_collect_io){
		.payload = snap,
		.prior = snap->state ? prior : NULL,
		.stored = es_oid_is_none(&snap->tip_tree) ? NULL : stored,
		.blob = blob,
		.old_blob = old_blob,
		.leave = leave,
		.trouble = trouble,
		.progress = snap->options->progress ? progress : NULL,
	};
}

int es_snapshot_trees(struct es_snapshot *snap, struct es_dir_trees *out,
		      struct es_error *err)
{
	ES_CLEANUP(children_freep)
	struct snapshot_children *c = es_strmap_take(snap->below, "", 0);

	if (c && c->n > 0) {
		*out = c->items[0].trees;
		return 0;
	}
	return es_dir_lookup(out, snap->session->store, &snap->tip_tree, "", 0,
			     err);
}

static int line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The chosen paths as run/errors writes them; one string each. */
static int quote_paths(const struct es_cycle_options *o, struct es_buf *text,
		       const char ***out, struct es_error *err)
{
	const char *at;

	*out = calloc(o->n_paths, sizeof(**out));
	if (!*out)
		return es_fail_oom(err);
	for (size_t i = 0; i < o->n_paths; i++) {
		es_quote_term(text, o->paths[i], strlen(o->paths[i]));
		es_buf_addc(text, '\0');
	}
	if (es_buf_check(text, err) < 0)
		return err->code;
	at = text->data;
	for (size_t i = 0; i < o->n_paths; i++, at += strlen(at) + 1)
		(*out)[i] = at;
	return 0;
}

/* What was unreadable elsewhere still is, as far as this run can tell. */
static int keep_errors(struct es_snapshot *snap, const struct es_buf *old,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_freep) const char **chosen = NULL;
	size_t n = snap->options->n_paths;
	const char *line = es_buf_str(old);

	if (n == 0)
		return 0;
	if (quote_paths(snap->options, &text, &chosen, err) < 0)
		return err->code;
	while (*line) {
		size_t len = strcspn(line, "\n");
		size_t path = strcspn(line, " \n");

		path += line[path] == ' ';
		if (es_reach_of(chosen, n, line + path, len - path) !=
		    ES_REACH_ALL)
			add_error(snap, strndup(line, len));
		line += len + (line[len] == '\n');
	}
	return 0;
}

int es_snapshot_errors(struct es_snapshot *snap, const struct es_buf *old,
		       struct es_buf *out, struct es_error *err)
{
	if (keep_errors(snap, old, err) < 0)
		return err->code;
	if (snap->n_errors > 0)
		qsort(snap->errors, snap->n_errors, sizeof(*snap->errors),
		      line_cmp);
	for (size_t i = 0; i < snap->n_errors; i++)
		if (i == 0 || strcmp(snap->errors[i], snap->errors[i - 1]) != 0)
			es_buf_addf(out, "%s\n", snap->errors[i]);
	return es_buf_check(out, err);
}
