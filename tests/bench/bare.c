/* SPDX-License-Identifier: MIT */
/* bare.c - the least work that answers: walk a tree, or walk and digest it */
#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

/*
 * bare walk|read THREADS DIRECTORY...
 *
 * What no program that looks at the tree can be faster than by much: "walk"
 * lists each directory and asks for the attributes of each entry; "read"
 * lists, and reads and digests (SHA-256) each regular file. It keeps nothing,
 * compares nothing and sorts nothing.
 *
 * Directories, and in "read" files too, are jobs. Each thread has a stack of
 * its own, takes the newest from it and, when it is empty, the oldest of
 * another thread's: that is most often a whole subtree.
 */
enum {
	LIST_BYTES = 64 * 1024,
	READ_BYTES = 256 * 1024,
	THREADS_MAX = 64
};

/* One directory to list or file to read; the name is freed with it. */
struct job {
	char *path;
	bool is_file;
};

/* Jobs from oldest to newest in [first, last). */
struct stack {
	pthread_mutex_t lock;
	struct job *jobs;
	size_t first;
	size_t last;
	size_t room;
};

/* What all threads share. */
struct crew {
	struct stack stacks[THREADS_MAX];
	unsigned int threads;
	bool reads;
	/* Jobs that are stacked or being done; 0 = all is done. */
	atomic_size_t open_jobs;
};

/* One thread and what it works with. */
struct worker {
	pthread_t thread;
	struct crew *crew;
	unsigned int number;
	char *list;
	unsigned char *data;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	unsigned long entries;
	unsigned long bytes;
	unsigned long failed;
};

static void die(const char *what)
{
	fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
	_exit(3);
}

static void push(struct crew *crew, unsigned int number, struct job job)
{
	struct stack *stack = &crew->stacks[number];

	atomic_fetch_add(&crew->open_jobs, 1);
	pthread_mutex_lock(&stack->lock);
	if (stack->first == stack->last)
		stack->first = stack->last = 0;
	if (stack->last == stack->room) {
		stack->room = stack->room ? 2 * stack->room : 256;
		stack->jobs =
			reallocarray(stack->jobs, stack->room, sizeof(job));
		if (!stack->jobs)
			die("jobs");
	}
	stack->jobs[stack->last++] = job;
	pthread_mutex_unlock(&stack->lock);
}

/* The newest of one's own, or the oldest of somebody else's. */
static bool take(struct worker *me, struct job *out)
{
	struct crew *crew = me->crew;

	for (unsigned int i = 0; i < crew->threads; i++) {
		unsigned int whose = (me->number + i) % crew->threads;
		struct stack *stack = &crew->stacks[whose];
		bool found;

		pthread_mutex_lock(&stack->lock);
		found = stack->first < stack->last;
		if (found)
			*out = i == 0 ? stack->jobs[--stack->last]
				      : stack->jobs[stack->first++];
		pthread_mutex_unlock(&stack->lock);
		if (found)
			return true;
	}
	return false;
}

/* Only the owner and root may leave the access time alone. */
static int open_at(const char *path, int flags)
{
	flags |= O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = open(path, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

static void read_file(struct worker *me, const char *path)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	int fd = open_at(path, 0);
	ssize_t got = -1;

	if (fd >= 0 && EVP_DigestInit_ex(me->digest, me->sha256, NULL)) {
		while ((got = read(fd, me->data, READ_BYTES)) > 0) {
			EVP_DigestUpdate(me->digest, me->data, (size_t)got);
			me->bytes += (unsigned long)got;
		}
		EVP_DigestFinal_ex(me->digest, sum, NULL);
	}
	me->failed += got < 0;
	if (fd >= 0)
		close(fd);
}

static void see_entry(struct worker *me, int fd, const char *path,
		      const struct dirent64 *entry)
{
	unsigned char type = entry->d_type;
	struct job job = { .path = NULL };
	struct stat st;

	me->entries++;
	if (!me->crew->reads || type == DT_UNKNOWN) {
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			me->failed++;
			return;
		}
		type = (unsigned char)IFTODT(st.st_mode);
	}
	job.is_file = me->crew->reads && type == DT_REG;
	if (type != DT_DIR && !job.is_file)
		return;
	if (asprintf(&job.path, "%s/%s", path, entry->d_name) < 0)
		die("names");
	push(me->crew, me->number, job);
}

static void list_directory(struct worker *me, const char *path)
{
	int fd = open_at(path, O_DIRECTORY);
	ssize_t got = -1;

	while (fd >= 0 && (got = getdents64(fd, me->list, LIST_BYTES)) > 0) {
		for (char *at = me->list; at < me->list + got;) {
			const struct dirent64 *entry = (const void *)at;
			const char *name = entry->d_name;

			if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
				see_entry(me, fd, path, entry);
			at += entry->d_reclen;
		}
	}
	me->failed += got < 0;
	if (fd >= 0)
		close(fd);
}

static void *work(void *data)
{
	struct worker *me = data;
	struct crew *crew = me->crew;
	struct job job;

	while (atomic_load(&crew->open_jobs) > 0) {
		if (!take(me, &job)) {
			sched_yield();
			continue;
		}
		if (job.is_file)
			read_file(me, job.path);
		else
			list_directory(me, job.path);
		free(job.path);
		atomic_fetch_sub(&crew->open_jobs, 1);
	}
	return NULL;
}

static void start(struct worker *me, struct crew *crew, unsigned int number)
{
	me->crew = crew;
	me->number = number;
	me->list = malloc(LIST_BYTES);
	me->data = malloc(READ_BYTES);
	me->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	me->digest = EVP_MD_CTX_new();
	if (!me->list || !me->data || !me->sha256 || !me->digest)
		die("buffers");
	errno = pthread_create(&me->thread, NULL, work, me);
	if (errno)
		die("threads");
}

int main(int argc, char **argv)
{
	static struct crew crew;
	static struct worker workers[THREADS_MAX];
	unsigned long entries = 0, bytes = 0, failed = 0;

	crew.threads = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;
	crew.reads = argc > 1 && strcmp(argv[1], "read") == 0;
	if (argc < 4 || crew.threads < 1 || crew.threads > THREADS_MAX ||
	    (!crew.reads && strcmp(argv[1], "walk") != 0)) {
		fprintf(stderr, "usage: bare walk|read THREADS DIRECTORY...\n");
		return 2;
	}
	for (unsigned int i = 0; i < crew.threads; i++)
		pthread_mutex_init(&crew.stacks[i].lock, NULL);
	for (int i = 3; i < argc; i++) {
		struct job job = { .path = strdup(argv[i]) };

		if (!job.path)
			die("names");
		push(&crew, (unsigned int)(i - 3) % crew.threads, job);
	}
	for (unsigned int i = 0; i < crew.threads; i++)
		start(&workers[i], &crew, i);
	for (unsigned int i = 0; i < crew.threads; i++) {
		pthread_join(workers[i].thread, NULL);
		entries += workers[i].entries;
		bytes += workers[i].bytes;
		failed += workers[i].failed;
	}
	printf("%lu entries, %lu bytes, %lu unreadable\n", entries, bytes,
	       failed);
	return 0;
}
