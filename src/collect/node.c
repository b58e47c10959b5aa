/* SPDX-License-Identifier: MIT */
/* node.c - life of a directory between its parent's listing and its leave */
#include "config.h"

#include "collect/collect_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct es_node *es_node_new(struct es_node *parent, const char *name,
			    size_t len)
{
	struct es_node *n = calloc(1, sizeof(*n) + len + 1);

	if (!n)
		return NULL;
	n->parent = parent;
	atomic_init(&n->below, 1);
	atomic_init(&n->unopened, 0);
	atomic_init(&n->fixes, NULL);
	n->holds_parent = parent != NULL;
	n->fs = parent ? parent->fs : 0;
	n->spins = parent && parent->spins;
	n->fd = -1;
	n->old.max = ES_BUF_MAX;
	n->listing.max = ES_BUF_MAX;
	n->name_len = len;
	memcpy(n->name, name, len);
	return n;
}

/* Set the walker's path to the node's. */
int es_node_path(struct es_walker *w, const struct es_node *n)
{
	size_t len = 0;
	char *at;

	for (const struct es_node *p = n; p->parent; p = p->parent)
		len += 1 + p->name_len;
	es_buf_reset(&w->path);
	at = es_buf_reserve(&w->path, len);
	if (!at)
		return es_buf_check(&w->path, &w->err);
	at += len;
	*at = '\0';
	w->path.len = len;
	for (const struct es_node *p = n; p->parent; p = p->parent) {
		at -= p->name_len;
		memcpy(at, p->name, p->name_len);
		*--at = '/';
	}
	return 0;
}

/* ---------------------------------------------------------- descriptors */

/*
 * A parent whose descriptor was given back, as too many were open: go down
 * again from the root, without following links, and see that it is the same.
 */
static int reopen(struct es_walk *walk, const struct es_node *n)
{
	ES_CLEANUP(es_freep) const struct es_node **chain = NULL;
	ES_CLEANUP(es_closep) int fd = -1;
	size_t depth = 0;
	struct stat st;

	for (const struct es_node *p = n; p->parent; p = p->parent)
		depth++;
	chain = reallocarray(NULL, depth + 1, sizeof(*chain));
	if (!chain)
		return -ENOMEM;
	chain[0] = n;
	for (size_t i = 1; i < depth; i++)
		chain[i] = chain[i - 1]->parent;
	for (size_t i = depth; i-- > 0;) {
		int next = es_content_open(fd < 0 ? walk->root_fd : fd,
					   chain[i]->name, O_DIRECTORY);

		if (next < 0)
			return next;
		es_closep(&fd);
		fd = next;
	}
	if (depth == 0)
		fd = fcntl(walk->root_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((uint64_t)st.st_dev != n->dev || (uint64_t)st.st_ino != n->ino)
		return -ENOENT;
	return es_steal_fd(&fd);
}

/*
 * Open a node's directory. @parent_fd is set to its parent's descriptor if
 * that had to be opened for it; the caller closes it.
 * Return: 0, or a positive errno.
 */
int es_node_open(struct es_walker *w, struct es_node *n, int *parent_fd)
{
	int fd;

	if (n->fd >= 0)
		return 0;
	if (n->parent->fd < 0 && *parent_fd < 0) {
		fd = reopen(w->walk, n->parent);
		if (fd < 0)
			return -fd;
		*parent_fd = fd;
	}
	fd = es_content_open(*parent_fd >= 0 ? *parent_fd : n->parent->fd,
			     n->name, O_DIRECTORY);
	if (fd < 0)
		return -fd;
	n->fd = fd;
	return 0;
}

void es_node_close(struct es_node *n)
{
	es_closep(&n->fd);
	n->fd = -1;
}

/* The node needs its parent's descriptor no more. */
void es_node_release_parent(struct es_walk *walk, struct es_node *n)
{
	struct es_node *p = n->parent;

	if (!n->holds_parent)
		return;
	n->holds_parent = false;
	if (atomic_fetch_sub(&p->unopened, 1) == 1 && p->fd >= 0) {
		es_node_close(p);
		atomic_fetch_sub(&walk->open_dirs, 1);
	}
}

/* ---------------------------------------------------------------- fixes */

/*
 * What is said of this node in its parent's listing is not so (any more): it
 * is to be @e, or not there at all if that is NULL. The node is done with.
 */
int es_node_fix(struct es_walker *w, struct es_node *n,
		const struct es_entry *e)
{
	const struct es_entry self = { .type = ES_TYPE_DIR };
	struct es_fix *fix = calloc(1, sizeof(*fix) + n->name_len + 1);

	n->gone = true;
	if (!fix)
		return es_fail_oom(&w->err);
	fix->entry.buf.max = ES_BUF_MAX;
	fix->name_len = n->name_len;
	memcpy(fix->name, n->name, n->name_len);
	if (e) {
		es_listing_begin(&fix->entry, &self);
		es_listing_add(&fix->entry, e);
		if (es_listing_end(&fix->entry, &w->err) < 0) {
			es_listing_dispose(&fix->entry);
			free(fix);
			return w->err.code;
		}
	}
	fix->next = atomic_load(&n->parent->fixes);
	while (!atomic_compare_exchange_weak(&n->parent->fixes, &fix->next,
					     fix))
		;
	return 0;
}

static void free_fixes(struct es_fix *fix)
{
	while (fix) {
		struct es_fix *next = fix->next;

		es_listing_dispose(&fix->entry);
		free(fix);
		fix = next;
	}
}

static int fix_cmp(const void *a, const void *b)
{
	const struct es_fix *fa = *(const struct es_fix *const *)a;
	const struct es_fix *fb = *(const struct es_fix *const *)b;

	return es_entry_name_cmp(fa->name, fa->name_len, fb->name,
				 fb->name_len);
}

/* The fixes of a node in the order of their names; NULL: no memory. */
static const struct es_fix **sort_fixes(const struct es_fix *first, size_t *n)
{
	const struct es_fix **all;
	size_t i = 0;

	*n = 0;
	for (const struct es_fix *f = first; f; f = f->next)
		(*n)++;
	all = calloc(*n + 1, sizeof(*all));
	if (!all)
		return NULL;
	for (const struct es_fix *f = first; f; f = f->next)
		all[i++] = f;
	qsort(all, *n, sizeof(*all), fix_cmp);
	return all;
}

static void add_fixed(struct es_listing_writer *out, const struct es_fix *fix)
{
	struct es_listing_reader r;
	struct es_entry e;

	if (!fix->entry.count ||
	    es_listing_open(&r, fix->entry.buf.data, fix->entry.buf.len) < 0)
		return;
	if (es_listing_next(&r, &e) > 0 && es_listing_next(&r, &e) > 0)
		es_listing_add_raw(out, r.rec, r.rec_len);
}

static void copy_fixed(struct es_listing_writer *out,
		       struct es_listing_reader *r,
		       const struct es_fix *const *all, size_t n)
{
	struct es_entry e;
	size_t i = 0;

	if (es_listing_next(r, &e) > 0)
		es_listing_begin(out, &e);
	while (es_listing_next(r, &e) > 0) {
		int order = 1;

		while (i < n && (order = es_entry_name_cmp(
					 e.name, e.name_len, all[i]->name,
					 all[i]->name_len)) > 0)
			i++;
		if (i < n && order == 0)
			add_fixed(out, all[i++]);
		else
			es_listing_add_raw(out, r->rec, r->rec_len);
	}
}

/* Write the listing again with what the children found out. */
static int apply_fixes(struct es_walker *w, struct es_node *n,
		       const struct es_fix *first)
{
	ES_CLEANUP(es_freep) const struct es_fix **all = NULL;
	const struct es_buf *now =
		n->change == ES_COLLECT_SAME ? &n->old : &n->listing;
	struct es_listing_reader r;
	struct es_buf fixed;
	size_t count;

	all = sort_fixes(first, &count);
	if (!all)
		return es_fail_oom(&w->err);
	if (es_listing_open(&r, now->data, now->len) < 0)
		return es_fail(&w->err, -EILSEQ, "broken listing in memory");
	copy_fixed(&w->out, &r, all, count);
	if (es_listing_end(&w->out, &w->err) < 0)
		return w->err.code;
	fixed = w->out.buf;
	w->out.buf = n->listing;
	n->listing = fixed;
	n->change = n->has_old ? es_change_between(n->old.data, n->old.len,
						   fixed.data, fixed.len)
			       : ES_COLLECT_CHANGED;
	return 0;
}

/* ---------------------------------------------------------------- leave */

static int leave(struct es_walker *w, struct es_node *n)
{
	const struct es_collect_io *io = w->walk->io;
	struct es_fix *fixes = atomic_load(&n->fixes);
	struct es_collect_dir dir;

	if (n->gone)
		return 0;
	if (fixes && apply_fixes(w, n, fixes) < 0)
		return w->err.code;
	if (es_node_path(w, n) < 0)
		return w->err.code;
	dir = (struct es_collect_dir){
		.path = w->path.data,
		.len = w->path.len,
		.listing = n->listing.data,
		.listing_len = n->listing.len,
		.change = n->change,
	};
	if (n->has_old) {
		dir.old = n->old.data;
		dir.old_len = n->old.len;
	}
	if (n->change == ES_COLLECT_SAME) {
		dir.listing = dir.old;
		dir.listing_len = dir.old_len;
	}
	if (n->watch == ES_WATCH_YES) {
		es_walker_count(&w->entries, 1);
		es_walker_count(&w->directories, 1);
	}
	return io->leave(io->payload, w->lane, &dir, &w->err);
}

/* Memory of a directory serves the next one. */
static void recycle(struct es_buf *to, struct es_buf *from)
{
	if (!to->data)
		*to = *from;
	else
		es_buf_dispose(from);
}

static void free_node(struct es_walker *w, struct es_node *n)
{
	es_node_close(n);
	free_fixes(atomic_load(&n->fixes));
	recycle(&w->prior, &n->old);
	recycle(&w->out.buf, &n->listing);
	free(n);
}

/*
 * The walker is done with a node: leave it, and every parent for which it
 * was the last, unless something below is still on its way.
 */
void es_node_finish(struct es_walker *w, struct es_node *n)
{
	struct es_walk *walk = w->walk;

	es_node_release_parent(walk, n);
	while (atomic_fetch_sub(&n->below, 1) == 1) {
		struct es_node *parent = n->parent;

		if (!es_walk_stopped(walk) && leave(w, n) < 0)
			es_walk_fail(w);
		free_node(w, n);
		if (!parent) {
			es_queue_end(&walk->queue);
			return;
		}
		n = parent;
	}
}
