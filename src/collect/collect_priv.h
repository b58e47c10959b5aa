/* SPDX-License-Identifier: MIT */
/* collect_priv.h - what the files of collect share: run, lane, directory */
#ifndef ETCSNAP_COLLECT_PRIV_H
#define ETCSNAP_COLLECT_PRIV_H

#include "collect/queue_priv.h"

#include "etcsnap/collect.h"
#include "etcsnap/digest.h"
#include "etcsnap/fstype.h"
#include "etcsnap/reach.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/*
 * A walk is shared by its walkers, one a lane. The unit of work is a node, a
 * directory: the walker that takes it from the queue opens it relative to its
 * parent's descriptor, lists it, merges it with its row and queues the
 * subdirectories. A node lives until all below it have been left, so parents
 * outlive their children and are left after them; its descriptor is closed
 * as soon as the last subdirectory has been opened.
 *
 * Functions return 0 or a positive number, or a negative errno with the
 * walker's @err filled; that ends the run. What merely cannot be read is a
 * positive errno in @unread of an entry.
 */

/* A change of a listing that is found only when a child is opened. */
struct es_fix {
	struct es_fix *next;
	struct es_listing_writer entry; /* one entry after ".", or empty */
	size_t name_len;
	char name[];
};

/* One directory on its way. */
struct es_node {
	struct es_node *parent;
	atomic_size_t below;	/* itself, and children not left yet */
	atomic_size_t unopened; /* children that still need fd */
	bool holds_parent;	/* counted in the parent's unopened */
	bool gone;		/* is no directory of ours: never left */
	bool spins;		/* lies on a disk that turns */
	bool has_decision;
	bool has_old;
	enum es_watch watch;
	enum es_reach reach; /* WAY: only what leads on is looked at */
	unsigned int fs;     /* bits of enum es_fs */
	int fd;		     /* -1: not open (any more) */
	uint64_t dev;
	uint64_t ino;
	struct es_decision decision;
	enum es_collect_change change;
	struct es_buf old;     /* its row; the listing too if ES_COLLECT_SAME */
	struct es_buf listing; /* as it is now */
	_Atomic(struct es_fix *) fixes;
	size_t name_len;
	char name[];
};

/* A name found in a directory. */
struct es_name {
	uint64_t key; /* first eight bytes, for quick comparison */
	uint32_t at;  /* in es_walker.dents */
	uint16_t len;
	uint8_t type; /* DT_* */
	bool fresh;   /* its content was asked for, none was in memory */
};

/* A file that is being read, and what of it others had in the cache. */
struct es_cached {
	struct es_buf *pages; /* of two windows */
	int fd;
	bool small; /* only what es_ahead_ask() asked for is dropped */
	uint64_t size;
	uint64_t asked;	 /* bytes that it asked for; they were not there */
	uint64_t window; /* that is being read */
};

/* Bytes that all lanes together may read a second. */
struct es_pace {
	uint64_t rate; /* 0: as many as they can */
	atomic_uint_least64_t paid;
};

/* What a lane has used up. */
struct es_lane_use {
	uint64_t switches; /* times it went to sleep */
	uint64_t blocks;   /* that it read from a disk */
	uint64_t ns;	   /* on the clock */
};

/* One lane: its buffers live as long as the run. */
struct es_walker {
	struct es_walk *walk;
	unsigned int lane;
	bool has_thread;
	pthread_t thread;
	struct es_error err;

	struct es_glob_scratch *scratch;
	struct es_digest *sha256;
	struct es_digest *hmac;
	struct es_buf path;    /* of the directory at hand */
	struct es_buf dents;   /* its raw names */
	struct es_buf prior;   /* its row */
	struct es_buf stored;  /* its listing in the tip */
	struct es_buf content; /* bytes of a file */
	struct es_buf text;    /* masked or decoded text */
	struct es_buf target;  /* of a symbolic link */
	struct es_buf xattr;   /* attributes as text */
	struct es_buf scrap;   /* raw attribute names and values */
	struct es_buf extra;   /* what few objects have */
	struct es_listing_writer out;

	struct es_name *names;
	size_t n_names;
	size_t cap_names;
	struct es_node **kids;
	size_t n_kids;
	size_t cap_kids;

	/* Reading position in stored, for names in ascending order. */
	int stored_state; /* 0 not asked, 1 at stored_entry, -1 at the end */
	struct es_listing_reader stored_at;
	struct es_entry stored_entry;

	/* Totals, written by this lane alone, read by lane 0 for progress. */
	atomic_uint_least64_t entries;
	atomic_uint_least64_t directories;
	atomic_uint_least64_t read_files;
	atomic_uint_least64_t read_bytes;
	atomic_uint_least64_t unread;
	atomic_uint_least64_t kept;
	struct timespec told; /* last progress */

	/* How it fares with the storage: lanes.c. */
	unsigned int looked;	 /* since it was judged last */
	struct es_lane_use then; /* up to then */
	bool waits;		 /* it was found waiting */

	struct es_buf pages; /* for struct es_cached */
	bool fresh;	     /* of the name at hand */
} __attribute__((aligned(128)));

/* One run. */
struct es_walk {
	const struct es_collect_options *options;
	const struct es_collect_io *io;
	struct es_queue queue;
	struct es_walker *walkers;
	unsigned int most;	/* walkers there is room for */
	atomic_uint lanes;	/* those that run: the first so many */
	atomic_bool enough;	/* no more of them are to be started */
	pthread_mutex_t adding; /* held while one is */
	int root_fd;
	uint64_t root_dev;
	struct es_pace pace;
	size_t max_dirs;	 /* descriptors that waiting nodes may hold */
	atomic_size_t open_dirs; /* that they do hold */
	atomic_bool failed;
	pthread_mutex_t lock; /* guards err */
	struct es_error err;
};

/* Add to one of a lane's totals: no other lane writes it. */
static inline void es_walker_count(atomic_uint_least64_t *total, uint64_t n)
{
	uint_least64_t now = atomic_load_explicit(total, memory_order_relaxed);

	atomic_store_explicit(total, now + n, memory_order_relaxed);
}

static inline bool es_walk_stopped(const struct es_walk *walk)
{
	return atomic_load_explicit(&walk->failed, memory_order_relaxed);
}

/* collect.c: tell running totals when it is time to; lane 0 does. */
void es_walker_progress(struct es_walker *w);
/* End the run for the error in w->err, unless another lane was first. */
void es_walk_fail(struct es_walker *w);

/* collect.c: one lane's buffers, and its life. */
int es_walker_init(struct es_walker *w, struct es_walk *walk, unsigned int lane,
		   struct es_error *err);
void *es_walker_run(void *arg);

/* How much of a lane's time a directory takes, in units of a file read. */
#define ES_LANE_DIRECTORY 4
#define ES_LANE_FILE 1

/* lanes.c: how many lanes there are. */
void es_lanes_run(struct es_walk *walk);
void es_lane_begin(struct es_walker *w);
void es_lane_count(struct es_walker *w, unsigned int units, bool spins);
bool es_lanes_spins(const char *sys, uint64_t dev);

/* Where block devices are known by their numbers. */
#define ES_LANES_SYS "/sys/dev/block"

/* node.c */
struct es_node *es_node_new(struct es_node *parent, const char *name,
			    size_t len);
int es_node_path(struct es_walker *w, const struct es_node *n);
int es_node_open(struct es_walker *w, struct es_node *n, int *parent_fd);
void es_node_close(struct es_node *n);
void es_node_release_parent(struct es_walk *walk, struct es_node *n);
int es_node_fix(struct es_walker *w, struct es_node *n,
		const struct es_entry *e);
void es_node_finish(struct es_walker *w, struct es_node *n);

/* walk.c: list, merge and queue what is below; the node is then finished. */
int es_walk_directory(struct es_walker *w, struct es_node *n);

/* names.c: read a directory's names, sorted; >0 is the errno of a failure. */
int es_names_read(struct es_walker *w, int fd);
uint64_t es_name_ino(const struct es_walker *w, const struct es_name *name);

/* ahead.c: names of a directory whose content is asked for at once. */
#define ES_AHEAD 128
/* Bytes of each: the rest is read ahead of by the kernel. */
#define ES_AHEAD_BYTES ((size_t)256 << 10)
size_t es_ahead_ask(struct es_walker *w, const struct es_node *n, size_t from);

/* cached.c: size up to which little is made of a file. */
#define ES_CACHED_SMALL (1 << 20)
void es_cached_begin(struct es_cached *c, struct es_walker *w, int fd,
		     uint64_t size);
void es_cached_read(struct es_cached *c, uint64_t at);
void es_cached_rewind(struct es_cached *c);
void es_cached_end(struct es_cached *c);
bool es_cached_none(int fd);

/* pace.c */
uint64_t es_pace_take(struct es_pace *p, uint64_t bytes, uint64_t now);
void es_walker_pace(struct es_walker *w, uint64_t bytes);

/* merge.c: make the listing from names, row and what is found. */
int es_merge_run(struct es_walker *w, struct es_node *n, const struct stat *st,
		 bool mounted);
int es_merge_end(struct es_walker *w, struct es_node *n, bool built,
		 bool linked);

/* keep.c: what is known of the directory at hand by an earlier run. */
int es_keep_stored(struct es_walker *w);
int es_keep_find(struct es_walker *w, const char *name, size_t len,
		 const struct es_entry **out);
int es_keep_was_mounted(struct es_walker *w, const struct es_node *n);
int es_keep_listing(struct es_walker *w, struct es_node *n,
		    const struct stat *st, unsigned int reason);

/* change.c */
bool es_change_none(const struct es_entry *row, const struct stat *st,
		    unsigned int fs);
void es_change_stat(struct es_entry *e, const struct stat *st, unsigned int fs,
		    const struct timespec *began);
void es_change_distrust(struct es_entry *e);
enum es_collect_change es_change_between(const char *a, size_t a_len,
					 const char *b, size_t b_len);

/* Where an object is and what is known of it. */
struct es_object {
	const struct es_node *dir;
	int dirfd;
	const char *name;
	size_t len;
	struct stat st;			    /* in: of the name; kept current */
	const struct es_decision *decision; /* watch is YES */
	const struct es_entry *old;	    /* of an earlier run, or NULL */
};

/* What es_object_read() and es_object_open() found. */
enum es_object_result {
	ES_OBJECT_DONE,
	ES_OBJECT_GONE,
	ES_OBJECT_DIR,	 /* is a directory now */
	ES_OBJECT_AGAIN, /* not by es_object_open(): look at it first */
};

/*
 * item.c: fill an entry from the file system; strings are the walker's.
 * es_object_open() needs no o->st: it is for what the directory calls a file
 * and what must be read in any case.
 */
int es_object_open(struct es_walker *w, struct es_object *o,
		   struct es_entry *e);
int es_object_read(struct es_walker *w, struct es_object *o,
		   struct es_entry *e);
int es_object_lost(struct es_walker *w, const struct es_entry *old,
		   unsigned int reason, struct es_entry *e);
void es_walker_trouble(struct es_walker *w, const char *name,
		       unsigned int reason);
bool es_walker_skips(const struct es_walker *w, const struct stat *st);

/* Returned by es_content_read() when what was read does not hold together. */
#define ES_CONTENT_TORN (-EAGAIN)

/* more.c: what few objects have, and only rules and chattr(1) bring about */
void es_more_stat(struct es_walker *w, const struct es_object *o,
		  struct es_entry *e);
int es_more_read(struct es_walker *w, const struct es_object *o, int fd,
		 struct es_entry *e);

/* same.c: 1 what differs does not count and @e is as it was, 0, negative. */
int es_same_growing(struct es_walker *w, const struct es_object *o,
		    struct es_cached *c, struct es_entry *e);
int es_same_lines(struct es_walker *w, const struct es_object *o,
		  const char *data, size_t len, struct es_entry *e);

/* hardlink.c: name the partners of hard links in the listing in w->out. */
int es_hardlink_name(struct es_walker *w);

/* content.c: 0, a positive errno, ES_CONTENT_TORN, or another negative one. */
int es_content_read(struct es_walker *w, struct es_object *o,
		    struct es_entry *e);
int es_content_open(int dirfd, const char *name, int flags);
int es_walker_fatal(struct es_walker *w, int code, const char *name);
bool es_content_is_fatal(int code);

#endif
