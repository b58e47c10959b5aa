/* SPDX-License-Identifier: MIT */
/* collect.h - walk the watched tree and tell what is there */
#ifndef ETCSNAP_COLLECT_H
#define ETCSNAP_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "etcsnap/listing.h"
#include "etcsnap/rules.h"

/*
 * One run over the tree by a few threads ("lanes"). Each directory is opened
 * relative to its parent's descriptor, never through a symlink; its entries
 * are compared with the row an earlier run left; files that may have changed
 * are read, classified, digested and, where mirrored, handed on as blobs.
 *
 * Collect knows neither the state nor the store: struct es_collect_io is all
 * it sees of them. Every callback may be called from any lane at any time,
 * but never twice at once with the same lane number.
 *
 * Paths are absolute within the root, without trailing slash; the root
 * directory itself is the empty path.
 *
 * What the rules do not count as a change (ignored lines, a log that grew)
 * leaves the whole entry as it was; the row remembers size and time that the
 * file has now, so that it is not read again and again.
 *
 * What cannot be read is a fact, not an error: the entry keeps its old
 * values with @unread set, a directory its old listing, and the trouble is
 * told by es_collect_io.trouble. Only an io callback's failure, or lack of
 * memory or descriptors, ends the run.
 */

/**
 * enum es_collect_change - how a directory's listing compares with its row
 * @ES_COLLECT_SAME:    byte for byte the row
 * @ES_COLLECT_REFRESH: only what the state alone keeps differs (ctime, inode
 *                      after a re-read, a racy entry that settled)
 * @ES_COLLECT_CHANGED: something recorded differs, a directory that was led
 *                      through is gone (and all below it), or there was no row
 */
enum es_collect_change {
	ES_COLLECT_SAME,
	ES_COLLECT_REFRESH,
	ES_COLLECT_CHANGED,
};

/**
 * struct es_collect_dir - one directory, all its subdirectories done
 * @path:    path, bytes, NUL-terminated
 * @len:     bytes of @path without the NUL
 * @listing: packed listing as it is now
 * @listing_len: its bytes
 * @old:     row of the earlier run, NULL when there was none
 * @old_len: its bytes
 * @change:  how they compare
 */
struct es_collect_dir {
	const char *path;
	size_t len;
	const char *listing;
	size_t listing_len;
	const char *old;
	size_t old_len;
	enum es_collect_change change;
};

/**
 * struct es_collect_io - what the caller provides
 * @payload: handed to every callback
 * @prior:   row of a directory as the state has it: 1 and @out filled (reset
 *           first) with a listing that es_listing_open() has found whole, 0
 *           when there is none, or a negative errno. NULL: no rows
 * @stored:  listing of a directory as the tip has it, for what cannot be read
 *           and has no row: 1, 0 or negative, as @prior. NULL: none
 * @blob:    keep content; sets @oid to its git id: 0 or a negative errno
 * @old_blob: content of a blob that the tip has, for what the rules do not
 *           count as a change: 1 and @out filled (reset first), 0 when it
 *           cannot be had, or negative. NULL: never
 * @leave:   a directory is done, after all below it: 0 or a negative errno
 * @trouble: a path could not be read for reason @unread (errno or
 *           ES_UNREAD_*); @path is NUL-terminated
 * @progress: called now and then with running totals; may be NULL
 */
struct es_collect_io {
	void *payload;
	int (*prior)(void *payload, unsigned int lane, const char *path,
		     size_t len, struct es_buf *out, struct es_error *err);
	int (*stored)(void *payload, unsigned int lane, const char *path,
		      size_t len, struct es_buf *out, struct es_error *err);
	int (*blob)(void *payload, unsigned int lane, const char *data,
		    size_t len, uint8_t oid[ES_SHA1_LEN], struct es_error *err);
	int (*old_blob)(void *payload, unsigned int lane,
			const uint8_t oid[ES_SHA1_LEN], struct es_buf *out,
			struct es_error *err);
	int (*leave)(void *payload, unsigned int lane,
		     const struct es_collect_dir *dir, struct es_error *err);
	void (*trouble)(void *payload, unsigned int lane, const char *path,
			unsigned int unread);
	void (*progress)(void *payload, uint64_t entries, uint64_t bytes);
};

/**
 * ES_COLLECT_LANES_MAX - most threads of one run
 */
#define ES_COLLECT_LANES_MAX 64

/**
 * struct es_collect_skip - a file or directory that is never watched
 * @dev: st_dev
 * @ino: st_ino
 */
struct es_collect_skip {
	uint64_t dev;
	uint64_t ino;
};

/**
 * struct es_collect_options - how to walk
 * @rules:   what is watched and how
 * @root:    directory that stands for "/"
 * @lanes:   threads, 1 to ES_COLLECT_LANES_MAX
 * @lanes_max: 0: so many threads it is. Else there are @lanes as long as they
 *           have enough to do, and more, up to this, once they are found
 *           waiting for a storage that does not have to seek. Callbacks see
 *           lane numbers below the greater of the two
 * @rate:    bytes of file content that all of them together may read a second,
 *           0 = as many as they can
 * @key:     ES_KEY_LEN bytes for HMAC values
 * @full:    read every file again, whatever its row says
 * @decided: the rows were made under these very rules, so that entries they
 *           name need no new decision
 * @network: also enter network and FUSE file systems
 * @began:   es_clock_coarse() at the start of the run; an entry whose ctime
 *           is not older is racy and recorded without a usable ctime
 * @skip:    files and directories of our own that are never watched; their
 *           names are not watched and of type ES_TYPE_NONE in listings
 * @n_skip:  their number
 * @only:    look only at these absolute paths and what is below them. A
 *           directory that leads to one keeps what io.prior, else io.stored,
 *           has for it, but for the entry on the way; all others are not
 *           walked and not left
 * @n_only:  their number, 0 = everything
 */
struct es_collect_options {
	const struct es_rules *rules;
	const char *root;
	unsigned int lanes;
	unsigned int lanes_max;
	uint64_t rate;
	const uint8_t *key;
	bool full;
	bool decided;
	bool network;
	struct timespec began;
	const struct es_collect_skip *skip;
	size_t n_skip;
	const char *const *only;
	size_t n_only;
};

/**
 * struct es_collect_totals - what a run saw
 * @entries:     watched objects, directories included
 * @directories: watched directories
 * @read_files:  files whose content was read
 * @read_bytes:  bytes of them
 * @unread:      paths that could not be read
 * @kept:        directories among them of which an earlier run knew entries:
 *               these, and what is below, are as the rules of then have it
 * @lanes:       threads at the end
 */
struct es_collect_totals {
	uint64_t entries;
	uint64_t directories;
	uint64_t read_files;
	uint64_t read_bytes;
	uint64_t unread;
	uint64_t kept;
	unsigned int lanes;
};

/**
 * es_collect_run - walk once
 * @out:     totals, written on success
 * @options: how
 * @io:      where it goes
 * @err:     filled on failure
 *
 * Return: 0, or the negative errno of the callback or resource that failed;
 * -ENOENT when the root is no directory.
 * Locking: none of its own; starts threads, see @options->lanes.
 * Blocking: disk.
 */
int es_collect_run(struct es_collect_totals *out,
		   const struct es_collect_options *options,
		   const struct es_collect_io *io, struct es_error *err);

/**
 * ES_COLLECT_LANES_WAITING - es_collect_options.lanes_max where none is
 * configured: requests in flight that a disk is worth waiting for
 */
#define ES_COLLECT_LANES_WAITING 8

/**
 * es_collect_lanes - es_collect_options.lanes where none are configured
 *
 * Return: number of CPUs this process may run on, but at least 2 and at most
 * ES_COLLECT_LANES_WAITING; 2 when that is unknown.
 * Locking: none needed; from any thread.
 */
unsigned int es_collect_lanes(void);

#endif
