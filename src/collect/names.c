/* SPDX-License-Identifier: MIT */
/* names.c - read the names of a directory and put them in byte order */
#include "config.h"

#include "collect/collect_priv.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes asked for at once; the kernel fills it in one go for most. */
#define DENTS ((size_t)64 << 10)

/* Up to this many names an insertion sort is quicker than qsort(3). */
#define FEW 12

/* A record of getdents64(2). */
struct dent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* The first bytes as a number that orders as they do. */
static uint64_t key_of(const char *name, size_t len)
{
	uint64_t key = 0;

	memcpy(&key, name, len < sizeof(key) ? len : sizeof(key));
	return be64toh(key);
}

/* Take the names out of what was read to dents from @at on. */
static int add_names(struct es_walker *w, size_t at)
{
	while (at < w->dents.len) {
		const char *rec = w->dents.data + at;
		const char *name = rec + offsetof(struct dent, name);
		uint16_t reclen;
		size_t len;

		memcpy(&reclen, rec + offsetof(struct dent, reclen),
		       sizeof(reclen));
		len = strlen(name);
		if (len == 0 || is_dots(name)) {
			at += reclen;
			continue;
		}
		if (w->n_names == w->cap_names) {
			size_t cap = w->cap_names ? 2 * w->cap_names : 128;
			struct es_name *names =
				reallocarray(w->names, cap, sizeof(*names));

			if (!names)
				return es_fail_oom(&w->err);
			w->names = names;
			w->cap_names = cap;
		}
		w->names[w->n_names++] = (struct es_name){
			.key = key_of(name, len),
			.at = (uint32_t)(at + offsetof(struct dent, name)),
			.len = (uint16_t)len,
			.type = (uint8_t)rec[offsetof(struct dent, type)],
		};
		at += reclen;
	}
	return 0;
}

/* The inode number that the directory has for a name. */
uint64_t es_name_ino(const struct es_walker *w, const struct es_name *name)
{
	const char *rec =
		w->dents.data + name->at - offsetof(struct dent, name);
	uint64_t ino;

	memcpy(&ino, rec + offsetof(struct dent, ino), sizeof(ino));
	return ino;
}

static int name_cmp(const struct es_name *a, const struct es_name *b,
		    const char *base)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return strcmp(base + a->at, base + b->at);
}

static int name_cmp_r(const void *a, const void *b, void *base)
{
	return name_cmp(a, b, base);
}

static void sort_names(struct es_walker *w)
{
	const char *base = w->dents.data;

	if (w->n_names > FEW) {
		qsort_r(w->names, w->n_names, sizeof(*w->names), name_cmp_r,
			w->dents.data);
		return;
	}
	for (size_t i = 1; i < w->n_names; i++) {
		struct es_name now = w->names[i];
		size_t k = i;

		for (; k > 0 && name_cmp(&now, &w->names[k - 1], base) < 0; k--)
			w->names[k] = w->names[k - 1];
		w->names[k] = now;
	}
}

/* Return: 0, a positive errno when the directory cannot be read. */
int es_names_read(struct es_walker *w, int fd)
{
	es_buf_reset(&w->dents);
	w->n_names = 0;
	for (;;) {
		size_t at = w->dents.len;
		char *room = es_buf_reserve(&w->dents, DENTS);
		long n;

		if (!room)
			return es_fail_oom(&w->err);
		n = syscall(SYS_getdents64, fd, room, DENTS);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			break;
		w->dents.len += (size_t)n;
		if (add_names(w, at) < 0)
			return w->err.code;
	}
	sort_names(w);
	return 0;
}
