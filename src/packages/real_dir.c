/* SPDX-License-Identifier: MIT */
/* real_dir.c - directories of packages as the file system has them today */
#include "config.h"

#include "packages/packages_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/*
 * Symlinks are looked for among the first and second parts of a path, as
 * /lib64 and /var/run are: one system call for each such directory, while
 * one for each directory of all packages would cost more than their lists.
 */
#define PARTS 2

/* Symlinks that lead to symlinks, before it is a loop. */
#define HOPS 8

#define FIRST_SLOTS 1024

int pkg_table_room(struct table *t)
{
	/* At most two thirds are in use, so that a search stays short. */
	if (t->used + 1 <= t->n - t->n / 3)
		return 0;
	size_t n = t->n ? 2 * t->n : FIRST_SLOTS;
	if (n >= UINT32_MAX)
		return -ENOMEM;
	struct slot *slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < t->n; i++) {
		if (t->slots[i].at == 0)
			continue;
		size_t at = t->slots[i].hash & (n - 1);
		while (slots[at].at != 0)
			at = (at + 1) & (n - 1);
		slots[at] = t->slots[i];
	}
	free(t->slots);
	t->slots = slots;
	t->n = n;
	return 0;
}

static bool is_dir(const struct file_index *x, uint32_t dir, const char *name,
		   size_t len)
{
	const struct dir *d = &x->dirs[dir];

	return d->len == len && memcmp(x->names.data + d->name, name, len) == 0;
}

/* The slot of a name, or the free one where it would go. */
static struct slot *slot_of(const struct file_index *x, const char *name,
			    size_t len, uint32_t hash)
{
	size_t mask = x->dir_table.n - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct slot *s = &x->dir_table.slots[i];

		if (s->at == 0 ||
		    (s->hash == hash && is_dir(x, s->at - 1, name, len)))
			return s;
	}
}

static uint32_t hash_of(const struct file_index *x, const char *name,
			size_t len)
{
	return (uint32_t)(es_hash64(name, len, x->seed) >> 32);
}

/* No empty part, no "." or "..", not longer than the kernel takes. */
static bool is_normal(const char *dir, size_t len)
{
	if (len >= PATH_MAX || memchr(dir, '\0', len))
		return false;
	for (size_t i = 0; i < len;) {
		const char *part = dir + i + 1;
		const char *end = memchr(part, '/', len - i - 1);
		size_t n = end ? (size_t)(end - part) : len - i - 1;

		if (dir[i] != '/' || n == 0 || (n == 1 && part[0] == '.') ||
		    (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		i += n + 1;
	}
	return true;
}

/* Length of the first @parts parts. */
static size_t prefix_len(const char *dir, size_t len, int parts)
{
	size_t i = 0;

	for (; parts > 0 && i < len; parts--) {
		const char *end = memchr(dir + i + 1, '/', len - i - 1);

		i = end ? (size_t)(end - dir) : len;
	}
	return i;
}

/*
 * Where the symlink @dir leads to, "" for the root. Returns 1, or 0 when it
 * is none. ".." is taken away as text: what stands before it is real.
 */
static int read_link(struct es_buf *out, const struct file_index *x,
		     const char *dir)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(2 * PATH_MAX);
	struct es_error err = ES_ERROR_INIT;
	char target[PATH_MAX];
	ssize_t n = readlinkat(x->root, dir + 1, target, sizeof(target));

	if (n <= 0 || (size_t)n == sizeof(target))
		return 0;
	target[n] = '\0';
	if (target[0] != '/') {
		es_path_dirname(&b, dir);
		es_buf_addc(&b, '/');
	}
	es_buf_adds(&b, target);
	if (b.failed || es_path_absolute(out, b.data, &err) < 0)
		return b.failed ? b.failed : err.code;
	if (out->len == 1)
		es_buf_truncate(out, 0);
	return 1;
}

static int dir_make(uint32_t *out, struct file_index *x, const char *dir,
		    size_t len, int hops);

/*
 * The name of a directory after one more step towards the real one. Returns
 * 1, or 0 when it is the real one.
 */
static int real_step(struct es_buf *out, struct file_index *x, const char *dir,
		     size_t len, int hops)
{
	int parts = PARTS;
	size_t head = prefix_len(dir, len, parts);
	uint32_t real;

	if (head == len)
		head = prefix_len(dir, len, --parts);
	if (head < len) {
		int rc = dir_make(&real, x, dir, head, hops);

		if (rc < 0)
			return rc;
		if (real == PKG_NONE)
			return 0;
		const struct dir *d = &x->dirs[real];
		if (!is_dir(x, real, dir, head)) {
			es_buf_add(out, x->names.data + d->name, d->len);
			es_buf_add(out, dir + head, len - head);
			return out->failed ? out->failed : 1;
		}
		if (parts == PARTS)
			return 0;
	}
	return len == 0 ? 0 : read_link(out, x, dir);
}

static int dir_append(struct file_index *x, const char *name, size_t len,
		      uint32_t hash)
{
	if (x->n_dirs == x->dirs_cap) {
		size_t cap = x->dirs_cap ? 2 * x->dirs_cap : 1024;
		struct dir *more = reallocarray(x->dirs, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		x->dirs = more;
		x->dirs_cap = cap;
	}
	if (pkg_table_room(&x->dir_table) < 0)
		return -ENOMEM;
	uint32_t self = (uint32_t)x->n_dirs;
	struct slot *s = slot_of(x, name, len, hash);
	x->dirs[self] = (struct dir){ .name = (uint32_t)x->names.len,
				      .len = (uint32_t)len,
				      .hash = hash,
				      .real = self };
	if (es_buf_add(&x->names, name, len) < 0 ||
	    es_buf_addc(&x->names, '\0') < 0)
		return x->names.failed;
	*s = (struct slot){ hash, self + 1 };
	x->dir_table.used++;
	x->n_dirs++;
	return 0;
}

/* @dir is NUL-terminated or @len is less than the whole of it. */
static int dir_make(uint32_t *out, struct file_index *x, const char *dir,
		    size_t len, int hops)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(PATH_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf next = ES_BUF_INIT(PATH_MAX);
	uint32_t hash = hash_of(x, dir, len);
	uint32_t self;

	if (x->dir_table.n > 0) {
		const struct slot *s = slot_of(x, dir, len, hash);

		if (s->at != 0) {
			*out = x->dirs[s->at - 1].real;
			return 0;
		}
	}
	*out = PKG_NONE;
	if (!is_normal(dir, len))
		return 0;
	if (es_buf_add(&name, dir, len) < 0)
		return name.failed;
	self = (uint32_t)x->n_dirs;
	int rc = dir_append(x, es_buf_str(&name), len, hash);
	if (rc < 0)
		return rc;
	*out = self;
	if (hops == 0)
		return 0;
	rc = real_step(&next, x, es_buf_str(&name), len, hops - 1);
	/* What became too long leads nowhere. */
	if (rc == -EFBIG)
		return 0;
	if (rc <= 0)
		return rc;
	rc = dir_make(out, x, es_buf_str(&next), next.len, hops - 1);
	if (rc == 0 && *out != PKG_NONE)
		x->dirs[self].real = *out;
	else
		*out = self;
	return rc;
}

int pkg_dir_add(uint32_t *out, struct file_index *x, const char *dir,
		size_t len)
{
	/* Lists are sorted: mostly it is the directory of the line before. */
	if (x->last != PKG_NONE && is_dir(x, x->last, dir, len)) {
		*out = x->dirs[x->last].real;
		return 0;
	}
	int rc = dir_make(out, x, dir, len, HOPS);
	if (rc == 0 && *out != PKG_NONE)
		x->last = slot_of(x, dir, len, hash_of(x, dir, len))->at - 1;
	return rc;
}

/* As pkg_dir_find(), for the very name. */
static uint32_t find_exact(struct file_index *x, const char *dir, size_t len)
{
	if (x->dir_table.n == 0)
		return PKG_NONE;
	const struct slot *s = slot_of(x, dir, len, hash_of(x, dir, len));
	if (s->at == 0)
		return PKG_NONE;
	x->last = s->at - 1;
	return x->dirs[x->last].real;
}

uint32_t pkg_dir_find(struct file_index *x, const char *dir, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(2 * PATH_MAX);
	uint32_t found;

	if (x->last != PKG_NONE && is_dir(x, x->last, dir, len))
		return x->dirs[x->last].real;
	found = find_exact(x, dir, len);
	if (found != PKG_NONE)
		return found;
	/* No package says /bin/sub, but one may say /usr/bin/sub. */
	for (int parts = PARTS; parts > 0; parts--) {
		size_t head = prefix_len(dir, len, parts);
		uint32_t real = find_exact(x, dir, head);

		if (real == PKG_NONE || is_dir(x, real, dir, head))
			continue;
		es_buf_add(&b, x->names.data + x->dirs[real].name,
			   x->dirs[real].len);
		es_buf_add(&b, dir + head, len - head);
		return b.failed ? PKG_NONE
				: find_exact(x, es_buf_str(&b), b.len);
	}
	return PKG_NONE;
}
