/* SPDX-License-Identifier: MIT */
/* ops_content.c - changed files read, and held against packages' checksums */
#include "config.h"

#include "packages/ops_judge_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

/* Threads, and how many files each is to have before there is another. */
#define THREADS_MAX 8
#define FILES_EACH 16

/* What is read at once, bytes. */
#define STEP ((size_t)128 << 10)

/**
 * struct work - what threads share
 * @j:    paths
 * @next: the next one; under @lock
 * @lock: guards @next
 */
struct work {
	struct judge *j;
	size_t next;
	pthread_mutex_t lock;
};

/**
 * struct reader - what a thread has of its own
 * @root:    directory that stands for "/"
 * @digests: computations by enum es_package_digest, made when needed
 * @room:    STEP bytes
 */
struct reader {
	int root;
	struct es_digest *digests[ES_PACKAGE_SHA256 + 1];
	char *room;
};

static struct es_digest *begin(struct reader *r, enum es_package_digest kind)
{
	static const enum es_digest_kind kinds[] = {
		[ES_PACKAGE_MD5] = ES_DIGEST_MD5,
		[ES_PACKAGE_SHA1] = ES_DIGEST_SHA1,
		[ES_PACKAGE_SHA256] = ES_DIGEST_SHA256,
	};
	struct es_error ignored = ES_ERROR_INIT;

	if (!r->digests[kind] &&
	    es_digest_new(&r->digests[kind], kinds[kind], NULL, &ignored) < 0)
		return NULL;
	es_digest_begin(r->digests[kind]);
	return r->digests[kind];
}

static bool is_same(const struct es_package_file *file, struct es_digest *d)
{
	uint8_t is[ES_SHA256_LEN];

	es_digest_end(d, is);
	return memcmp(is, file->digest, pkg_digest_len(file->kind)) == 0;
}

/* Feeds a file to one digest or two. */
static int feed(const struct reader *r, int fd, struct es_digest *a,
		struct es_digest *b)
{
	for (;;) {
		ssize_t n = read(fd, r->room, STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		es_digest_update(a, r->room, (size_t)n);
		if (b)
			es_digest_update(b, r->room, (size_t)n);
	}
}

static int compare_file(struct reader *r, const struct judged *t, int fd)
{
	struct es_digest *own = begin(r, t->file.kind);
	struct es_digest *sha = NULL;
	uint8_t is[ES_SHA256_LEN];

	/* What was recorded must be what is read: it may be newer by now. */
	if (t->asked->plain && t->file.kind != ES_PACKAGE_SHA256)
		sha = begin(r, ES_PACKAGE_SHA256);
	if (!own ||
	    (!sha && t->asked->plain && t->file.kind != ES_PACKAGE_SHA256))
		return -ENOMEM;
	int rc = feed(r, fd, own, sha);
	if (rc < 0)
		return rc;
	if (sha) {
		es_digest_end(sha, is);
		if (memcmp(is, t->asked->recorded, sizeof(is)) != 0)
			return -ESTALE;
	}
	return is_same(&t->file, own);
}

static int compare(struct reader *r, const struct judged *t)
{
	const char *path = t->asked->path;
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(r->root, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	/* What it is comes first: opening a device could do anything. */
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode)) {
		const int rc = es_packages_check_link(&t->file, fd);

		return rc == -ENOTSUP ? 0 : rc;
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	ES_CLEANUP(es_closep)
	int content = es_open_in_root(r->root, path, O_NOFOLLOW);
	if (content < 0 || fstat(content, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? compare_file(r, t, content) : -ESTALE;
}

static struct judged *next(struct work *w)
{
	struct judged *t = NULL;

	pthread_mutex_lock(&w->lock);
	while (w->next < w->j->n && !w->j->all[w->next].unread)
		w->next++;
	if (w->next < w->j->n)
		t = &w->j->all[w->next++];
	pthread_mutex_unlock(&w->lock);
	return t;
}

static void *run(void *payload)
{
	struct work *w = payload;
	struct reader r = { .root = w->j->root, .room = malloc(STEP) };
	struct judged *t;

	while ((t = next(w)))
		t->result = r.room ? compare(&r, t) : -ENOMEM;
	for (size_t i = 0; i <= ES_PACKAGE_SHA256; i++)
		es_digest_free(r.digests[i]);
	free(r.room);
	return NULL;
}

void judge_read(struct judge *j)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct work w = { .j = j, .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t threads[THREADS_MAX];
	size_t started = 0;

	if (j->n_unread == 0)
		return;
	/* This thread is one of them. */
	while (started + 1 < THREADS_MAX && (long)started + 1 < cpus &&
	       (started + 1) * FILES_EACH < j->n_unread &&
	       pthread_create(&threads[started], NULL, run, &w) == 0)
		started++;
	run(&w);
	while (started > 0)
		pthread_join(threads[--started], NULL);
	pthread_mutex_destroy(&w.lock);
}
