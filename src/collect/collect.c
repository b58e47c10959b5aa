/* SPDX-License-Identifier: MIT */
/* collect.c - one run: threads, totals, progress, the first error */
#include "config.h"

#include "collect/collect_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Milliseconds between two calls of es_collect_io.progress. */
#define PROGRESS 100

/* Descriptors: those of waiting directories, those of a lane, all others. */
#define DIRS_MAX 512
#define FDS_PER_LANE 8
#define FDS_OTHER 128

/* --------------------------------------------------------- while it runs */

void es_walk_fail(struct es_walker *w)
{
	struct es_walk *walk = w->walk;

	pthread_mutex_lock(&walk->lock);
	if (!atomic_load(&walk->failed)) {
		walk->err = w->err;
		atomic_store(&walk->failed, true);
	}
	pthread_mutex_unlock(&walk->lock);
}

static uint64_t sum(const struct es_walk *walk, size_t offset)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < walk->most; i++) {
		const char *w = (const char *)&walk->walkers[i];

		all += atomic_load_explicit(
			(const atomic_uint_least64_t *)(const void *)(w +
								      offset),
			memory_order_relaxed);
	}
	return all;
}

#define SUM(walk, member) sum(walk, offsetof(struct es_walker, member))

void es_walker_progress(struct es_walker *w)
{
	const struct es_collect_io *io = w->walk->io;
	struct timespec now;
	int64_t ms;

	if (w->lane != 0 || !io->progress)
		return;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	ms = (int64_t)(now.tv_sec - w->told.tv_sec) * 1000 +
	     (now.tv_nsec - w->told.tv_nsec) / 1000000;
	if (ms < PROGRESS)
		return;
	w->told = now;
	io->progress(io->payload, SUM(w->walk, entries),
		     SUM(w->walk, read_bytes));
}

void *es_walker_run(void *arg)
{
	struct es_walker *w = arg;
	struct es_walk *walk = w->walk;
	unsigned int wait = w->lane == 0 && walk->io->progress ? PROGRESS : 0;
	struct es_node *n;
	int rc;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &w->told);
	es_lane_begin(w);
	while ((rc = es_queue_take(&walk->queue, w->lane, wait, &n)) != 0) {
		es_walker_progress(w);
		if (es_queue_slept(&walk->queue, w->lane))
			es_lane_begin(w);
		if (rc < 0)
			continue;
		/* after a failure the rest is only taken down */
		if (!es_walk_stopped(walk) && es_walk_directory(w, n) < 0)
			es_walk_fail(w);
		es_lane_count(w, ES_LANE_DIRECTORY, n->spins);
		es_node_finish(w, n);
	}
	return NULL;
}

/* ------------------------------------------------------- before and after */

int es_walker_init(struct es_walker *w, struct es_walk *walk, unsigned int lane,
		   struct es_error *err)
{
	struct es_buf *bufs[] = { &w->path,   &w->dents,   &w->prior,
				  &w->stored, &w->content, &w->text,
				  &w->target, &w->xattr,   &w->scrap,
				  &w->extra,  &w->pages,   &w->out.buf };

	w->walk = walk;
	w->lane = lane;
	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
		*bufs[i] = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	w->scratch = es_glob_scratch_new();
	if (!w->scratch)
		return es_fail_oom(err);
	if (es_digest_new(&w->sha256, ES_DIGEST_SHA256, NULL, err) < 0 ||
	    es_digest_new(&w->hmac, ES_DIGEST_HMAC, walk->options->key, err) <
		    0)
		return err->code;
	return 0;
}

static void dispose_walker(struct es_walker *w)
{
	es_glob_scratch_free(w->scratch);
	es_digest_free(w->sha256);
	es_digest_free(w->hmac);
	es_buf_dispose(&w->path);
	es_buf_dispose(&w->dents);
	es_buf_dispose(&w->prior);
	es_buf_dispose(&w->stored);
	es_buf_dispose(&w->content);
	es_buf_dispose(&w->text);
	es_buf_dispose(&w->target);
	es_buf_dispose(&w->xattr);
	es_buf_dispose(&w->scrap);
	es_buf_dispose(&w->extra);
	es_buf_dispose(&w->pages);
	es_listing_dispose(&w->out);
	free(w->names);
	free(w->kids);
}

static void dispose_walk(struct es_walk *walk)
{
	for (unsigned int i = 0; walk->walkers && i < walk->most; i++)
		dispose_walker(&walk->walkers[i]);
	free(walk->walkers);
	es_queue_dispose(&walk->queue);
	es_closep(&walk->root_fd);
	pthread_mutex_destroy(&walk->adding);
	pthread_mutex_destroy(&walk->lock);
}

/* Room for waiting directories' descriptors; raises the limit if it is low. */
static size_t make_room(unsigned int lanes)
{
	rlim_t others = FDS_OTHER + (rlim_t)lanes * FDS_PER_LANE;
	rlim_t want = others + DIRS_MAX;
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return DIRS_MAX / 4;
	if (lim.rlim_cur < want) {
		lim.rlim_cur = lim.rlim_max < want ? lim.rlim_max : want;
		setrlimit(RLIMIT_NOFILE, &lim);
		getrlimit(RLIMIT_NOFILE, &lim);
	}
	if (lim.rlim_cur >= want)
		return DIRS_MAX;
	return lim.rlim_cur > others ? (size_t)(lim.rlim_cur - others) : 1;
}

static int init_walk(struct es_walk *walk, struct es_error *err)
{
	const unsigned int most = walk->most;

	walk->max_dirs = make_room(most);
	if (es_queue_init(&walk->queue, most) < 0)
		return es_fail_oom(err);
	walk->walkers = aligned_alloc(_Alignof(struct es_walker),
				      most * sizeof(*walk->walkers));
	if (!walk->walkers)
		return es_fail_oom(err);
	memset(walk->walkers, 0, most * sizeof(*walk->walkers));
	return es_walker_init(&walk->walkers[0], walk, 0, err);
}

/* The root may be named by a symlink: it is the one path that is followed. */
static int open_root(struct es_walk *walk, struct es_error *err)
{
	const char *root = walk->options->root;
	struct stat st;

	walk->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (walk->root_fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return es_fail(err, -ENOENT, "'%s' is no directory",
			       ES_Q(root));
	if (walk->root_fd < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(root));
	if (fstat(walk->root_fd, &st) < 0)
		return es_fail_errno(err, "cannot stat '%s'", ES_Q(root));
	walk->root_dev = st.st_dev;
	return 0;
}

static int queue_root(struct es_walk *walk, struct es_error *err)
{
	struct es_walker *w = &walk->walkers[0];
	struct es_node *n = es_node_new(NULL, "", 0);

	if (!n)
		return es_fail_oom(err);
	es_rules_root(walk->options->rules, w->scratch, &n->decision);
	n->has_decision = true;
	n->watch = n->decision.watch;
	/* even where nothing below can match, the root is what it is */
	if (n->watch == ES_WATCH_NO)
		n->watch = ES_WATCH_PASS;
	n->reach =
		es_reach_of(walk->options->only, walk->options->n_only, "", 0);
	n->fd = es_content_open(walk->root_fd, ".", O_DIRECTORY);
	if (n->fd < 0) {
		int rc = n->fd;

		free(n);
		return es_fail(err, rc, "cannot open '%s': %s",
			       ES_Q(walk->options->root), strerror(-rc));
	}
	if (es_queue_put(&walk->queue, 0, &n, 1) < 0) {
		es_node_close(n);
		free(n);
		return es_fail_oom(err);
	}
	return 0;
}

static unsigned int most_lanes(const struct es_collect_options *options)
{
	unsigned int most = options->lanes > options->lanes_max
				    ? options->lanes
				    : options->lanes_max;

	if (most < 1)
		return 1;
	return most < ES_COLLECT_LANES_MAX ? most : ES_COLLECT_LANES_MAX;
}

int es_collect_run(struct es_collect_totals *out,
		   const struct es_collect_options *options,
		   const struct es_collect_io *io, struct es_error *err)
{
	struct es_walk walk = {
		.options = options,
		.io = io,
		.lanes = 1,
		.most = most_lanes(options),
		.root_fd = -1,
		.pace = { .rate = options->rate },
	};
	int rc;

	pthread_mutex_init(&walk.lock, NULL);
	pthread_mutex_init(&walk.adding, NULL);
	rc = open_root(&walk, err);
	if (rc == 0)
		rc = init_walk(&walk, err);
	if (rc == 0)
		rc = queue_root(&walk, err);
	if (rc == 0) {
		es_lanes_run(&walk);
		if (walk.failed) {
			*err = walk.err;
			rc = walk.err.code;
		}
	}
	if (rc == 0)
		*out = (struct es_collect_totals){
			.entries = SUM(&walk, entries),
			.directories = SUM(&walk, directories),
			.read_files = SUM(&walk, read_files),
			.read_bytes = SUM(&walk, read_bytes),
			.unread = SUM(&walk, unread),
			.kept = SUM(&walk, kept),
			.lanes = walk.lanes,
		};
	dispose_walk(&walk);
	return rc;
}
