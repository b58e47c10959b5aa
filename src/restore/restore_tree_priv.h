/* SPDX-License-Identifier: MIT */
/* restore_tree_priv.h - directories below a root, never through symlinks */
#ifndef ETCSNAP_RESTORE_RESTORE_TREE_PRIV_H
#define ETCSNAP_RESTORE_RESTORE_TREE_PRIV_H

#include "etcsnap/error.h"
#include "etcsnap/strmap.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/** RESTORE_TEMP - how names of temporary objects begin */
#define RESTORE_TEMP ".etcsnap-restore-"
/** RESTORE_TEMP_HEX - digits behind it */
#define RESTORE_TEMP_HEX 16

/**
 * struct restore_lock - a directory that had to be opened for writing
 * @next:  the next one, whose path comes before it by its bytes
 * @flags: its file flags until then
 * @mode:  its permission bits until then
 * @len:   bytes of @path
 * @path:  it
 */
struct restore_lock {
	struct restore_lock *next;
	uint32_t flags;
	mode_t mode;
	size_t len;
	char path[];
};

/**
 * struct restore_tree - a root, and the directory below it that was used last
 * @root:  descriptor of the root; -1: there is none yet
 * @plain: openat2(2) is not there: component by component
 * @fd:    the directory used last, -1 for none
 * @path:  its path, owned
 * @len:   bytes of @path
 * @dirty: something in it was changed since it was last synced
 * @ready: directories that were made ready for writing, as keys
 * @locks: those among them that are to be closed again
 */
struct restore_tree {
	int root;
	bool plain;
	int fd;
	char *path;
	size_t len;
	bool dirty;
	struct es_strmap *ready;
	struct restore_lock *locks;
};

/** RESTORE_TREE_INIT - a tree without a root */
#define RESTORE_TREE_INIT                                                     \
	{                                                                     \
		.root = -1, .plain = false, .fd = -1, .path = NULL, .len = 0, \
		.dirty = false, .ready = NULL, .locks = NULL                  \
	}

/**
 * restore_tree_open - open the root
 * @t:    RESTORE_TREE_INIT
 * @root: directory
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int restore_tree_open(struct restore_tree *t, const char *root,
		      struct es_error *err);

/** restore_tree_close - close it; directories stay as they are */
void restore_tree_close(struct restore_tree *t);

/**
 * restore_tree_dir - a directory
 * @t:    tree
 * @path: absolute path of the directory, the root is ""
 * @len:  its bytes
 *
 * Return: descriptor, borrowed until the next call; -ELOOP (a symbolic link is
 * on the way), or another negative errno.
 */
int restore_tree_dir(struct restore_tree *t, const char *path, size_t len);

/**
 * restore_tree_parent - the directory of a path, and its name there
 * @t:    tree
 * @path: absolute path
 * @len:  its bytes
 * @name: set: the last component, "." for the root
 *
 * Return: as restore_tree_dir().
 */
int restore_tree_parent(struct restore_tree *t, const char *path, size_t len,
			const char **name);

/**
 * restore_tree_writable - make the directory used last ready for writing
 * @t: tree
 *
 * Removes what a killed restore left there, and takes immutable and append
 * flags off it; permissions are added where only its owner asks for them.
 *
 * Return: its descriptor, or a negative errno.
 */
int restore_tree_writable(struct restore_tree *t);

/**
 * restore_tree_forget - a directory may be another one now
 * @t: tree; what was used last is synced and closed
 *
 * Return: 0 or a negative errno of fsync(2).
 */
int restore_tree_forget(struct restore_tree *t);

/**
 * restore_tree_relock - give directories back what was taken off them
 * @t:     tree
 * @after: those whose paths come behind this one by their bytes
 * @len:   its bytes; 0: all
 *
 * Return: number of those that could not be found or changed.
 */
unsigned int restore_tree_relock(struct restore_tree *t, const char *after,
				 size_t len);

/** restore_tree_settle - a directory needs nothing back */
void restore_tree_settle(struct restore_tree *t, const char *path, size_t len);

#endif
