/* SPDX-License-Identifier: MIT */
/* database.c - files of package databases: open, read, split into lines */
#include "config.h"

#include "packages/packages_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Room for strings that live as long as the packages. */
#define TEXT_CHUNK ((size_t)64 << 10)

/* Ceiling of the names of a directory, bytes. */
#define NAMES_MAX ((size_t)64 << 20)

struct pkg_text {
	struct pkg_text *next;
	size_t used;
	size_t room;
	char data[];
};

int pkg_open(const struct es_packages *p, const char *path, int flags)
{
	return es_open_in_root(p->root, path, flags);
}

static void stamp_add(struct es_packages *p, const struct stat *st)
{
	const uint64_t words[] = {
		(uint64_t)st->st_dev,	       (uint64_t)st->st_ino,
		(uint64_t)st->st_size,	       (uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec,
	};

	/* The stamp is that of opening. */
	if (p->opened)
		return;
	p->stamp = es_hash64(words, sizeof(words), p->stamp);
	/* 0 stands for no database. */
	if (p->stamp == 0)
		p->stamp = 1;
}

void pkg_stamp(struct es_packages *p, const char *path)
{
	ES_CLEANUP(es_closep) int fd = pkg_open(p, path, O_PATH);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0)
		stamp_add(p, &st);
}

/* Nothing there, or nothing that could be a database. */
static bool is_absent(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ELOOP ||
	       code == -ENAMETOOLONG;
}

static int read_regular(struct es_buf *b, int fd, struct stat *st)
{
	if (fd < 0)
		return -errno;
	if (fstat(fd, st) < 0)
		return -errno;
	/* A FIFO would be waited for, a device could do anything. */
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	return es_read_fd(b, fd);
}

static int told(int rc, const char *path, struct es_error *err)
{
	if (rc == 0)
		return 1;
	if (is_absent(rc))
		return 0;
	if (rc == -EINVAL)
		return es_fail(err, rc,
			       "package database '%s' is no regular file",
			       ES_Q(path));
	errno = -rc;
	return es_fail_errno(err, "cannot read the package database '%s'",
			     ES_Q(path));
}

int pkg_read(struct es_packages *p, struct es_buf *b, const char *path,
	     struct es_error *err)
{
	ES_CLEANUP(es_closep) int fd = pkg_open(p, path, 0);
	struct stat st;

	es_buf_reset(b);
	int rc = read_regular(b, fd, &st);
	if (rc == 0)
		stamp_add(p, &st);
	return told(rc, path, err);
}

int pkg_read_at(struct es_buf *b, int dir, const char *name,
		struct es_error *err)
{
	ES_CLEANUP(es_closep)
	int fd = openat(dir, name, OPEN_FLAGS | O_NOFOLLOW);
	struct stat st;

	es_buf_reset(b);
	return told(read_regular(b, fd, &st), name, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the names in @b, each with a NUL behind it. */
static int sort_names(struct es_buf *out, const struct es_buf *b, size_t n)
{
	ES_CLEANUP(es_freep) char **names = calloc(n + 1, sizeof(*names));
	char *at = b->data;

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		names[i] = at;
		at += strlen(at) + 1;
	}
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++)
		es_buf_add(out, names[i], strlen(names[i]) + 1);
	return out->failed;
}

int pkg_names(struct es_buf *out, int dir, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(NAMES_MAX);
	ES_CLEANUP(es_closep) int fd = openat(dir, ".", OPEN_FLAGS);
	size_t n = 0;

	if (fd < 0)
		return es_fail_errno(err, "cannot open a package database");
	ES_CLEANUP(es_closedirp) DIR *d = fdopendir(fd);
	if (!d)
		return es_fail_oom(err);
	es_steal_fd(&fd);
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(d);

		if (!e && errno != 0)
			return es_fail_errno(err,
					     "cannot read a package database");
		if (!e)
			break;
		if (e->d_name[0] == '.')
			continue;
		es_buf_add(&b, e->d_name, strlen(e->d_name) + 1);
		n++;
	}
	if (es_buf_check(&b, err) < 0)
		return err->code;
	if (sort_names(out, &b, n) < 0)
		return es_fail_oom(err);
	return 0;
}

struct pkg_line pkg_whole(struct es_buf *b)
{
	return (struct pkg_line){ b->data, b->len };
}

bool pkg_line(struct pkg_line *out, struct pkg_line *rest)
{
	if (rest->len == 0)
		return false;
	char *end = memchr(rest->at, '\n', rest->len);
	out->at = rest->at;
	out->len = end ? (size_t)(end - rest->at) : rest->len;
	size_t step = out->len + (end ? 1 : 0);
	rest->at += step;
	rest->len -= step;
	return true;
}

bool pkg_is_name(const struct pkg_line *name)
{
	return name->len > 0 && name->len <= NAME_MAX && name->at[0] != '.' &&
	       !memchr(name->at, '/', name->len) &&
	       !memchr(name->at, '\0', name->len);
}

const char *pkg_text_keep(struct pkg_text **texts, const char *data, size_t len)
{
	struct pkg_text *t = *texts;

	if (!t || t->room - t->used < len + 1) {
		size_t room = len + 1 > TEXT_CHUNK ? len + 1 : TEXT_CHUNK;

		t = malloc(sizeof(*t) + room);
		if (!t)
			return NULL;
		*t = (struct pkg_text){ .next = *texts, .room = room };
		*texts = t;
	}
	char *copy = t->data + t->used;
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	t->used += len + 1;
	return copy;
}

const char *pkg_keep(struct es_packages *p, const char *data, size_t len)
{
	return pkg_text_keep(&p->texts, data, len);
}

void pkg_texts_free(struct pkg_text **texts)
{
	while (*texts) {
		struct pkg_text *next = (*texts)->next;

		free(*texts);
		*texts = next;
	}
}

int pkg_add(struct es_packages *p, const struct package *made)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 256;
		struct package *more =
			reallocarray(p->list, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->list = more;
		p->cap = cap;
	}
	p->list[p->n] = *made;
	p->list[p->n].order = p->n;
	p->n++;
	return 0;
}
