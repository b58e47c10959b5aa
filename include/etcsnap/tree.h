/* SPDX-License-Identifier: MIT */
/* tree.h - git trees: read, build, and the trees of a directory of a run */
#ifndef ETCSNAP_TREE_H
#define ETCSNAP_TREE_H

#include "etcsnap/ids.h"
#include "etcsnap/listing.h"
#include "etcsnap/store.h"

/**
 * ES_MODE_TREE - git mode of a subdirectory
 */
#define ES_MODE_TREE 040000
/**
 * ES_MODE_FILE - git mode of a file
 */
#define ES_MODE_FILE 0100644
/**
 * ES_MODE_EXEC - git mode of an executable file
 */
#define ES_MODE_EXEC 0100755
/**
 * ES_MODE_LINK - git mode of a symbolic link
 */
#define ES_MODE_LINK 0120000

/**
 * struct es_tree_entry - one entry of a git tree
 * @name: stored (escaped) name, bytes, borrowed
 * @len:  their number
 * @mode: git mode
 * @oid:  object
 */
struct es_tree_entry {
	const char *name;
	size_t len;
	unsigned int mode;
	struct es_oid oid;
};

/**
 * struct es_tree_reader - position in a tree's bytes
 * @pos: next entry
 * @end: end of the tree
 */
struct es_tree_reader {
	const char *pos;
	const char *end;
};

/**
 * es_tree_open - start reading a tree
 * @r:    position, set; nothing to free
 * @tree: bytes of the tree, borrowed and unchanged while reading
 *
 * Locking: none; not for use by two threads at once.
 */
void es_tree_open(struct es_tree_reader *r, const struct es_buf *tree);

/**
 * es_tree_next - the next entry, in git's order
 * @r: position
 * @e: set
 *
 * Return: 1, 0 at the end, -EILSEQ on a broken entry.
 */
int es_tree_next(struct es_tree_reader *r, struct es_tree_entry *e);

/**
 * es_tree_find - entry of a name in a tree's bytes
 * @tree: bytes of the tree
 * @name: stored name
 * @len:  its bytes
 * @e:    set when found
 *
 * Return: 1 found, 0 not there, -EILSEQ on a broken tree.
 */
int es_tree_find(const struct es_buf *tree, const char *name, size_t len,
		 struct es_tree_entry *e);

/** struct es_tree_builder - entries of a tree being built, in any order */
struct es_tree_builder;

/**
 * es_tree_builder_new - make a builder without entries
 *
 * Return: owned, es_tree_builder_free(); NULL when memory ran out.
 */
struct es_tree_builder *es_tree_builder_new(void);

/**
 * es_tree_builder_free - free a builder
 * @b: taken; what was added and not written is dropped; NULL is allowed
 *
 * Locking: none; not for use by two threads at once.
 */
void es_tree_builder_free(struct es_tree_builder *b);
ES_DEFINE_CLEANUP(struct es_tree_builder, es_tree_builder_free)

/**
 * es_tree_builder_add - add an entry; the name must be new to the builder
 * @b:    builder
 * @name: stored (escaped) name, copied
 * @len:  its bytes
 * @mode: git mode
 * @oid:  object
 *
 * Return: 0 or -ENOMEM.
 */
int es_tree_builder_add(struct es_tree_builder *b, const char *name, size_t len,
			unsigned int mode, const struct es_oid *oid);

/**
 * es_tree_builder_write - sort, write the tree, empty the builder
 * @out:  its id; all zero when there are no entries (nothing is written)
 * @b:    builder; reusable afterwards
 * @lane: this thread's lane
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_tree_builder_write(struct es_oid *out, struct es_tree_builder *b,
			  struct es_lane *lane, struct es_error *err);

/**
 * es_tree_lookup - object at a path below a tree
 * @out:  set; of the tree itself when @path is empty
 * @mode: set to its git mode; may be NULL
 * @st:   repository
 * @tree: where to start; all zero: nothing is found
 * @path: stored path, components joined by '/', no leading '/'
 * @len:  its bytes
 * @err:  filled on failure
 *
 * Return: 1 found, 0 not there, negative errno on a damaged repository.
 */
int es_tree_lookup(struct es_oid *out, unsigned int *mode, struct es_store *st,
		   const struct es_oid *tree, const char *path, size_t len,
		   struct es_error *err);

/**
 * struct es_dir_trees - a directory's trees in files/ and meta/
 * @files: its tree of mirrored content; all zero = none
 * @meta:  its tree of manifests; all zero = none
 */
struct es_dir_trees {
	struct es_oid files;
	struct es_oid meta;
};

/**
 * struct es_dir_child - a subdirectory whose trees are new
 * @name:  bytes of its name
 * @len:   their number
 * @trees: what it has now
 */
struct es_dir_child {
	const char *name;
	size_t len;
	struct es_dir_trees trees;
};

/**
 * es_dir_write - write the trees of one directory
 * @out:      what it has now
 * @lane:     this thread's lane
 * @listing:  packed listing as it is now
 * @listing_len: its bytes
 * @old:      what the tip has for it (es_dir_lookup()); subdirectories that
 *            are in the listing but not in @children are taken from there
 * @children: subdirectories whose trees changed
 * @n:        their number
 * @ids:      names of owners for the manifest
 * @err:      filled on failure
 *
 * Return: 0 or a negative errno.
 * Locking: as es_lane_put().
 */
int es_dir_write(struct es_dir_trees *out, struct es_lane *lane,
		 const char *listing, size_t listing_len,
		 const struct es_dir_trees *old,
		 const struct es_dir_child *children, size_t n,
		 struct es_ids *ids, struct es_error *err);

/**
 * es_dir_lookup - trees of a directory in a run
 * @out:  set; all zero where it has none
 * @st:   repository
 * @root: root tree of the run (of its commit); all zero: none
 * @path: absolute path of the directory, raw bytes; the root is ""
 * @len:  their number
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_dir_lookup(struct es_dir_trees *out, struct es_store *st,
		  const struct es_oid *root, const char *path, size_t len,
		  struct es_error *err);

/**
 * es_dir_read - listing of a directory as a run recorded it
 * @w:     writer, begun and ended here
 * @st:    repository
 * @trees: es_dir_lookup()
 * @err:   filled on failure
 *
 * Entries have what the manifest has, and oid and class from the tree of
 * mirrored content. A missing manifest gives a PASS directory without
 * entries but its subdirectories.
 *
 * Return: 0, -EINVAL (broken manifest), or another negative errno.
 */
int es_dir_read(struct es_listing_writer *w, struct es_store *st,
		const struct es_dir_trees *trees, struct es_error *err);

#endif
