/* SPDX-License-Identifier: MIT */
/* store_priv.h - what the files of the store know of each other */
#ifndef ETCSNAP_STORE_PRIV_H
#define ETCSNAP_STORE_PRIV_H

#include "etcsnap/store.h"
#include "etcsnap/tree.h"
#include "store/deflate_priv.h"
#include "store/git_priv.h"
#include "store/pack_priv.h"

#include <pthread.h>

/**
 * struct es_store - open repository
 * @path:    absolute directory, owned
 * @root:    root that it describes, owned
 * @repo:    libgit2's handle, owned
 * @odb:     its object database, owned; may be used by many threads
 * @lock_fd: holds the writer's lock, or -1
 * @empty:   there was no object at all when the lock was taken
 * @mutex:   guards @repo (references, revisions); @odb has its own
 * @pack:    the run's new objects
 */
struct es_store {
	char *path;
	char *root;
	git_repository *repo;
	git_odb *odb;
	int lock_fd;
	bool empty;
	pthread_mutex_t mutex;
	struct es_pack pack;
};

/**
 * struct es_dir_scratch - memory that es_dir_write() uses again
 * @files: builder of the tree in files/
 * @meta:  builder of the tree in meta/
 * @name:  a stored name
 * @text:  a manifest
 */
struct es_dir_scratch {
	struct es_tree_builder *files;
	struct es_tree_builder *meta;
	struct es_buf name;
	struct es_buf text;
};

/**
 * struct es_lane - one thread's means of writing objects
 * @st:       repository
 * @sha:      computes ids
 * @deflater: compressor
 * @room:     a compressed object with its header, owned
 * @room_len: bytes of @room
 * @text:     a tree or commit being written
 * @dir:      for es_dir_write()
 */
struct es_lane {
	struct es_store *st;
	struct es_digest *sha;
	struct es_deflater *deflater;
	char *room;
	size_t room_len;
	struct es_buf text;
	struct es_dir_scratch dir;
};

/**
 * struct es_shallow - commits whose parents were pruned
 * @ids: sorted, owned
 * @n:   their number
 */
struct es_shallow {
	struct es_oid *ids;
	size_t n;
};

/** ES_SHALLOW_INIT - no boundary */
#define ES_SHALLOW_INIT \
	{               \
		NULL, 0 \
	}

/**
 * es_shallow_load - read $GIT_DIR/shallow
 * @out: replaced on success
 * @st:  repository
 * @err: filled on failure
 *
 * Return: 0 (also when there is none) or a negative errno.
 */
int es_shallow_load(struct es_shallow *out, const struct es_store *st,
		    struct es_error *err);

/** es_shallow_has - whether history ends at a commit */
bool es_shallow_has(const struct es_shallow *s, const struct es_oid *oid);

/** es_shallow_dispose - free the ids */
void es_shallow_dispose(struct es_shallow *s);

/**
 * es_tree_entry_cmp - git's order: by bytes, a subtree as if its name ended
 * in '/'
 *
 * Return: <0, 0, >0 as memcmp(3).
 */
int es_tree_entry_cmp(const struct es_tree_entry *a,
		      const struct es_tree_entry *b);

/** es_tree_builder_empty - forget all entries */
void es_tree_builder_empty(struct es_tree_builder *b);

/** es_git_begin - set up libgit2 for us; Return: 0 or a libgit2 code */
int es_git_begin(void);

/** es_git_end - give back what es_git_begin() took */
void es_git_end(void);

/**
 * es_store_reopen - let libgit2 open the repository anew
 * @st:  repository; no other thread is using it
 * @err: filled on failure; the store is then only to be freed
 *
 * What it had open of files that were removed takes room on the disk until
 * then.
 *
 * Return: 0 or a negative errno.
 */
int es_store_reopen(struct es_store *st, struct es_error *err);

/**
 * es_store_clean - remove what a killed run left; the lock is held
 *
 * Not finding or not being allowed to remove something is no failure: it is
 * tried again by the next run.
 */
void es_store_clean(const struct es_store *st);

/** es_store_clean_marks - likewise below refs/etcsnap; the marks are locked */
void es_store_clean_marks(const struct es_store *st);

/** ES_LOCK_NAME - file in the repository that its only writer holds */
#define ES_LOCK_NAME "etcsnap.lock"

/** es_store_make_lock - make the lock file of a new repository; 0 or errno */
int es_store_make_lock(const char *path, struct es_error *err);

/**
 * es_store_need_lock - refuse to write without the lock
 *
 * Return: 0 or -ENOLCK with @err filled.
 */
int es_store_need_lock(const struct es_store *st, struct es_error *err);

#endif
