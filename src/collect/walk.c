/* SPDX-License-Identifier: MIT */
/* walk.c - one directory: open it, see what it is, list it, go below */
#include "config.h"

#include "collect/collect_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* Times a directory that is replaced under the hands is looked at again. */
#define TRIES 3
/* Of statx(2), since Linux 5.8; musl does not name it. */
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x2000
#endif

/* What is known of the directory at hand. */
struct here {
	struct stat st;
	bool has_stat;
	bool mounted;
	bool was_mounted; /* its row says so, and that something was in it */
};

/* ---------------------------------------------------------------- opening */

/*
 * The name is no directory any more: record what it is now in the parent's
 * listing. Return: 0, 1 when it is a directory again, a negative errno.
 */
static int replaced(struct es_walker *w, struct es_node *n, int parent_fd)
{
	const struct es_rules *rules = w->walk->options->rules;
	struct es_decision decision;
	struct es_object o = {
		.dir = n->parent,
		.dirfd = parent_fd,
		.name = n->name,
		.len = n->name_len,
		.decision = &decision,
	};
	struct es_entry e = { .name = n->name, .name_len = n->name_len };
	int rc;

	if (fstatat(parent_fd, n->name, &o.st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return errno == ENOENT ? es_node_fix(w, n, NULL) : 1;
	if (S_ISDIR(o.st.st_mode))
		return 1;
	e.type = es_type_from_mode(o.st.st_mode);
	es_rules_decide(rules, w->scratch, w->path.data, w->path.len, e.type,
			&decision);
	if (decision.watch == ES_WATCH_NO)
		return es_node_fix(w, n, &e);
	e.type = ES_TYPE_NONE;
	if (es_walker_skips(w, &o.st))
		return es_node_fix(w, n, &e);
	if (es_node_path(w, n->parent) < 0)
		return w->err.code;
	rc = es_object_read(w, &o, &e);
	if (rc == ES_OBJECT_DIR)
		return es_node_path(w, n) < 0 ? w->err.code : 1;
	if (rc < 0)
		return rc;
	if (rc == ES_OBJECT_GONE)
		return es_node_fix(w, n, NULL);
	es_walker_count(&w->entries, 1);
	return es_node_fix(w, n, &e);
}

/*
 * Open the node's directory; n->gone is set when there is none.
 * Return: 0, a positive errno, or a negative one.
 */
static int open_node(struct es_walker *w, struct es_node *n, struct here *h)
{
	ES_CLEANUP(es_closep) int tmp = -1;
	int code = ENOTDIR;
	int parent_fd;

	for (int i = 0; i < TRIES && code == ENOTDIR; i++) {
		int rc;

		code = es_node_open(w, n, &tmp);
		if (code == 0)
			return 0;
		if (code == ENOENT)
			return es_node_fix(w, n, NULL);
		if (es_content_is_fatal(code))
			return es_walker_fatal(w, code, es_buf_str(&w->path));
		if (code != ENOTDIR && code != ELOOP)
			break;
		code = ENOTDIR;
		rc = replaced(w, n, tmp >= 0 ? tmp : n->parent->fd);
		if (rc <= 0)
			return rc;
	}
	parent_fd = tmp >= 0 ? tmp : n->parent->fd;
	if (parent_fd >= 0 &&
	    fstatat(parent_fd, n->name, &h->st,
		    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0)
		h->has_stat = S_ISDIR(h->st.st_mode);
	return code;
}

/* ------------------------------------------------------- what it stands on */

static struct timespec from_statx(const struct statx_timestamp *t)
{
	return (struct timespec){ .tv_sec = t->tv_sec,
				  .tv_nsec = (long)t->tv_nsec };
}

static bool is_loop(const struct es_node *n)
{
	for (const struct es_node *p = n->parent; p; p = p->parent)
		if (p->ino == n->ino && p->dev == n->dev)
			return true;
	return false;
}

/* Return: 0, a positive errno (ELOOP: it is one of its own parents). */
static int look_at(struct es_node *n, struct here *h)
{
	const struct es_node *p = n->parent;
	struct statx sx;
	bool tells;

	if (statx(n->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx) < 0)
		return errno;
	h->st.st_mode = sx.stx_mode;
	h->st.st_uid = sx.stx_uid;
	h->st.st_gid = sx.stx_gid;
	h->st.st_nlink = sx.stx_nlink;
	h->st.st_size = (off_t)sx.stx_size;
	h->st.st_ino = sx.stx_ino;
	h->st.st_dev = makedev(sx.stx_dev_major, sx.stx_dev_minor);
	h->st.st_mtim = from_statx(&sx.stx_mtime);
	h->st.st_ctim = from_statx(&sx.stx_ctime);
	h->has_stat = true;
	n->dev = h->st.st_dev;
	n->ino = h->st.st_ino;
	/* before Linux 5.8 only another device gives a mount away */
	tells = sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT;
	h->mounted = p && (tells ? sx.stx_attributes & STATX_ATTR_MOUNT_ROOT
				 : p->dev != n->dev);
	if (p && (h->mounted || !tells) && is_loop(n))
		return ELOOP;
	if (p && p->dev == n->dev) {
		n->fs = p->fs;
		return 0;
	}
	n->spins = es_lanes_spins(ES_LANES_SYS, n->dev);
	return es_fs_of(n->fd, &n->fs);
}

static bool is_entered(const struct es_walk *walk, const struct es_node *n)
{
	if (n->fs & ES_FS_PSEUDO)
		return false;
	/* what the root itself lives on is what was asked for */
	return !(n->fs & ES_FS_NETWORK) || walk->options->network ||
	       n->dev == walk->root_dev;
}

/* ------------------------------------------------------------------- rows */

static int load_prior(struct es_walker *w, struct es_node *n)
{
	const struct es_collect_io *io = w->walk->io;
	int rc;

	n->has_old = false;
	if (!io->prior)
		return 0;
	es_buf_reset(&w->prior);
	rc = io->prior(io->payload, w->lane, es_buf_str(&w->path), w->path.len,
		       &w->prior, &w->err);
	n->has_old = rc > 0;
	return rc < 0 ? rc : 0;
}

/* ---------------------------------------------------------------- below it */

static void forget_kids(struct es_walker *w)
{
	for (size_t i = 0; i < w->n_kids; i++)
		free(w->kids[i]);
	w->n_kids = 0;
}

/* Queue the subdirectories, the first to be taken first. */
static int queue_kids(struct es_walker *w, struct es_node *n)
{
	struct es_walk *walk = w->walk;
	size_t count = w->n_kids;

	if (atomic_fetch_add(&walk->open_dirs, 1) >= walk->max_dirs) {
		atomic_fetch_sub(&walk->open_dirs, 1);
		es_node_close(n);
	}
	for (size_t i = 0; i < count / 2; i++) {
		struct es_node *kid = w->kids[i];

		w->kids[i] = w->kids[count - 1 - i];
		w->kids[count - 1 - i] = kid;
	}
	atomic_store(&n->unopened, count);
	atomic_fetch_add(&n->below, count);
	if (es_queue_put(&walk->queue, w->lane, w->kids, count) < 0) {
		atomic_fetch_sub(&n->below, count);
		if (n->fd >= 0)
			atomic_fetch_sub(&walk->open_dirs, 1);
		es_node_close(n);
		forget_kids(w);
		return es_fail_oom(&w->err);
	}
	w->n_kids = 0;
	return 0;
}

/* -------------------------------------------------------------- all of it */

/* Return: 0, a positive errno when it cannot be listed, a negative one. */
static int list_node(struct es_walker *w, struct es_node *n,
		     const struct here *h)
{
	int rc;

	w->n_names = 0;
	if (is_entered(w->walk, n)) {
		rc = es_names_read(w, n->fd);
		/* removed while it was open */
		if (rc == ENOENT && n->parent)
			return es_node_fix(w, n, NULL);
		if (rc != 0)
			return rc;
	}
	if (n->parent && !h->mounted && w->n_names == 0) {
		rc = es_keep_was_mounted(w, n);
		if (rc != 0)
			return rc < 0 ? rc : ES_UNREAD_UNMOUNTED;
	}
	return es_merge_run(w, n, &h->st, h->mounted);
}

static int walk_node(struct es_walker *w, struct es_node *n)
{
	struct here h = { .has_stat = false };
	const struct es_entry skipped = { .name = n->name,
					  .name_len = n->name_len };
	int rc = open_node(w, n, &h);

	if (rc == 0 && !n->gone)
		rc = look_at(n, &h);
	if (rc < 0 || n->gone)
		return rc;
	es_node_release_parent(w->walk, n);
	if (n->parent && h.has_stat && es_walker_skips(w, &h.st))
		return es_node_fix(w, n, &skipped);
	w->stored_state = 0;
	if (load_prior(w, n) < 0)
		return w->err.code;
	if (rc == 0)
		rc = list_node(w, n, &h);
	if (rc > 0 && es_content_is_fatal(rc))
		return es_walker_fatal(w, rc, es_buf_str(&w->path));
	if (rc > 0) {
		forget_kids(w);
		return es_keep_listing(w, n, h.has_stat ? &h.st : NULL,
				       (unsigned int)rc);
	}
	return rc;
}

int es_walk_directory(struct es_walker *w, struct es_node *n)
{
	int rc;

	w->n_kids = 0;
	rc = es_node_path(w, n);
	if (rc == 0)
		rc = walk_node(w, n);
	/* once queued, the descriptor is the children's to close */
	if (rc == 0 && !n->gone && w->n_kids > 0)
		return queue_kids(w, n);
	forget_kids(w);
	es_node_close(n);
	return rc;
}
