/* SPDX-License-Identifier: MIT */
/* file_index.c - paths of packages, found by a hash table */
#include "config.h"

#include "packages/packages_priv.h"

#include "etcsnap/digest.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>

/* Files behind the last one that are looked at before the table is. */
#define NEAR 4

void pkg_index_init(struct file_index *x, int root)
{
	*x = (struct file_index){
		.names = ES_BUF_INIT(ES_BUF_MAX),
		.digests = ES_BUF_INIT(ES_BUF_MAX),
		.last = PKG_NONE,
		.root = root,
	};
	/*
	 * An image's database may be made to be slow, hence the seed. Without
	 * randomness (early boot) it is only guessable.
	 */
	if (getrandom(&x->seed, sizeof(x->seed), GRND_NONBLOCK) < 0)
		x->seed = (uint64_t)(uintptr_t)x;
}

void pkg_index_dispose(struct file_index *x)
{
	es_buf_dispose(&x->names);
	es_buf_dispose(&x->digests);
	free(x->dirs);
	free(x->dir_table.slots);
	free(x->files);
	free(x->file_table.slots);
	free(x->diverts);
	pkg_index_init(x, x->root);
}

/**
 * struct split - a path cut in two
 * @dir_len:  bytes of the directory, from the start of the path
 * @name:     last part; empty for the root itself
 * @name_len: its bytes
 */
struct split {
	size_t dir_len;
	const char *name;
	size_t name_len;
};

/* false: no path that a file system could have. */
static bool split_path(struct split *out, const char *path, size_t len)
{
	if (len == 0 || path[0] != '/')
		return false;
	while (len > 1 && path[len - 1] == '/')
		len--;
	const char *slash = memrchr(path, '/', len);
	out->dir_len = (size_t)(slash - path);
	out->name = slash + 1;
	out->name_len = len - out->dir_len - 1;
	/* dpkg's lists begin with "/.". */
	if (out->dir_len == 0 && out->name_len == 1 && out->name[0] == '.')
		out->name_len = 0;
	if (out->name_len == 0)
		return out->dir_len == 0;
	if (out->name[0] == '.' &&
	    (out->name_len == 1 || (out->name_len == 2 && out->name[1] == '.')))
		return false;
	return len < PATH_MAX && !memchr(out->name, '\0', out->name_len);
}

static uint32_t hash_of(const struct file_index *x, uint32_t dir,
			const struct split *s)
{
	uint64_t seed = x->seed + (dir + UINT64_C(1)) * 0x9e3779b97f4a7c15;

	return (uint32_t)(es_hash64(s->name, s->name_len, seed) >> 32);
}

static bool is_file(const struct file_index *x, uint32_t file, uint32_t dir,
		    const struct split *s)
{
	const struct file *f = &x->files[file];
	const char *name = x->names.data + f->name;

	/* The NUL behind each name ends the comparison in time. */
	return f->dir == dir && strncmp(name, s->name, s->name_len) == 0 &&
	       name[s->name_len] == '\0';
}

static struct slot *slot_of(const struct file_index *x, uint32_t dir,
			    const struct split *s, uint32_t hash)
{
	size_t mask = x->file_table.n - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct slot *slot = &x->file_table.slots[i];

		if (slot->at == 0 ||
		    (slot->hash == hash && is_file(x, slot->at - 1, dir, s)))
			return slot;
	}
}

uint32_t pkg_find(struct file_index *x, const char *path, size_t len)
{
	struct split s;

	if (x->file_table.n == 0 || !split_path(&s, path, len))
		return PKG_NONE;
	uint32_t dir = pkg_dir_find(x, path, s.dir_len);
	if (dir == PKG_NONE)
		return PKG_NONE;
	/*
	 * Checksums come in the order of the files, with only directories
	 * and links left out: a look at the next few spares the table.
	 */
	for (uint32_t i = x->near; i < x->near + NEAR && i < x->n_files; i++) {
		if (is_file(x, i, dir, &s)) {
			x->near = i + 1;
			return i;
		}
	}
	const struct slot *slot = slot_of(x, dir, &s, hash_of(x, dir, &s));
	if (slot->at == 0)
		return PKG_NONE;
	x->near = slot->at;
	return slot->at - 1;
}

static int file_append(struct file_index *x, uint32_t dir,
		       const struct split *s)
{
	if (x->n_files == x->files_cap) {
		size_t cap = x->files_cap ? 2 * x->files_cap : 4096;
		struct file *more = reallocarray(x->files, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		x->files = more;
		x->files_cap = cap;
	}
	x->files[x->n_files] = (struct file){
		.name = (uint32_t)x->names.len,
		.dir = dir,
		.package = PKG_NONE,
	};
	es_buf_add(&x->names, s->name, s->name_len);
	if (es_buf_addc(&x->names, '\0') < 0)
		return x->names.failed;
	x->n_files++;
	return 0;
}

int pkg_file(uint32_t *out, struct file_index *x, const char *path, size_t len)
{
	struct split s;
	uint32_t dir;

	*out = PKG_NONE;
	if (!split_path(&s, path, len))
		return 0;
	int rc = pkg_dir_add(&dir, x, path, s.dir_len);
	if (rc < 0 || dir == PKG_NONE)
		return rc;
	if (pkg_table_room(&x->file_table) < 0)
		return -ENOMEM;
	uint32_t hash = hash_of(x, dir, &s);
	struct slot *slot = slot_of(x, dir, &s, hash);
	if (slot->at == 0) {
		rc = file_append(x, dir, &s);
		if (rc < 0)
			return rc;
		*slot = (struct slot){ hash, (uint32_t)x->n_files };
		x->file_table.used++;
	}
	*out = slot->at - 1;
	return 0;
}

/* Where a package's file is after diversions. */
static uint32_t diverted(const struct es_packages *p, uint32_t file,
			 uint32_t package)
{
	const struct file_index *x = &p->index;

	if (x->files[file].divert == 0)
		return file;
	const struct diversion *d = &x->diverts[x->files[file].divert - 1];
	if (strcmp(d->by, p->list[package].pub.name) == 0)
		return file;
	return d->to;
}

int pkg_own(uint32_t *out, struct es_packages *p, uint32_t package,
	    const char *path, size_t len)
{
	uint32_t file;
	int rc = pkg_file(&file, &p->index, path, len);

	*out = PKG_NONE;
	if (rc < 0 || file == PKG_NONE)
		return rc;
	file = diverted(p, file, package);
	struct file *f = &p->index.files[file];
	if (f->package == PKG_NONE)
		f->package = package;
	if (f->package == package)
		*out = file;
	else
		f->shared = true;
	return 0;
}

uint32_t pkg_owned(struct es_packages *p, uint32_t package, const char *path,
		   size_t len)
{
	uint32_t file = pkg_find(&p->index, path, len);

	if (file == PKG_NONE)
		return PKG_NONE;
	file = diverted(p, file, package);
	return p->index.files[file].package == package ? file : PKG_NONE;
}

int pkg_divert(struct es_packages *p, const struct pkg_line *from,
	       const struct pkg_line *to, const struct pkg_line *by)
{
	struct file_index *x = &p->index;
	uint32_t here, there;
	int rc = pkg_file(&here, x, from->at, from->len);

	if (rc == 0)
		rc = pkg_file(&there, x, to->at, to->len);
	if (rc < 0)
		return rc;
	if (here == PKG_NONE || there == PKG_NONE || here == there ||
	    x->files[here].divert != 0 || x->n_diverts >= UINT16_MAX)
		return 0;
	struct diversion *more =
		reallocarray(x->diverts, x->n_diverts + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	x->diverts = more;
	const char *name = pkg_keep(p, by->at, by->len);
	if (!name)
		return -ENOMEM;
	more[x->n_diverts++] = (struct diversion){ there, name };
	x->files[here].divert = (uint16_t)x->n_diverts;
	return 0;
}

size_t pkg_digest_len(enum es_package_digest kind)
{
	switch (kind) {
	case ES_PACKAGE_MD5:
		return ES_MD5_LEN;
	case ES_PACKAGE_SHA1:
		return ES_SHA1_LEN;
	case ES_PACKAGE_SHA256:
		return ES_SHA256_LEN;
	case ES_PACKAGE_NONE:
		break;
	}
	return 0;
}

int pkg_digest(struct file_index *x, uint32_t file, enum es_package_digest kind,
	       const uint8_t *raw)
{
	struct file *f = &x->files[file];
	uint32_t at = (uint32_t)x->digests.len;

	if (es_buf_add(&x->digests, raw, pkg_digest_len(kind)) < 0)
		return x->digests.failed;
	f->digest = at;
	f->kind = (uint8_t)kind;
	return 0;
}

int pkg_hex(struct file_index *x, uint32_t file, enum es_package_digest kind,
	    const struct pkg_line *hex)
{
	uint8_t raw[ES_SHA256_LEN];
	size_t len = pkg_digest_len(kind);

	if (hex->len != 2 * len || es_unhex(raw, hex->at, len) < 0)
		return 0;
	return pkg_digest(x, file, kind, raw);
}
