/* SPDX-License-Identifier: MIT */
/* pack_list.c - the installed packs of a repository */
#include "config.h"

#include "store/pack_list_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A reader finds a pack by its index, so the index goes first; what a kill
 * leaves of the rest is removed by whoever locks the repository next.
 */
static const char *const endings[] = { ".idx", ".rev", ".bitmap", ".mtimes",
				       ".pack" };

void es_pack_list_dispose(struct es_pack_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		es_pack_file_free(l->items[i].file);
		free(l->items[i].stem);
	}
	free(l->items);
	*l = (struct es_pack_list){ 0 };
}

static int has_file(int dir, const char *stem, const char *ending,
		    struct stat *sb)
{
	char name[NAME_MAX + 1];
	int n = snprintf(name, sizeof(name), "%s%s", stem, ending);

	return n > 0 && (size_t)n < sizeof(name) &&
	       fstatat(dir, name, sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(sb->st_mode);
}

static struct es_pack_item *new_item(struct es_pack_list *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		struct es_pack_item *more =
			reallocarray(l->items, cap, sizeof(*more));

		if (!more)
			return NULL;
		l->items = more;
		l->cap = cap;
	}
	return &l->items[l->n];
}

static int add_pack(struct es_pack_list *l, int dir, const char *name,
		    size_t len, struct es_error *err)
{
	struct es_pack_item *p = new_item(l);
	ES_CLEANUP(es_freep) char *stem = strndup(name, len);
	struct stat sb;

	if (!p || !stem)
		return es_fail_oom(err);
	if (!has_file(dir, stem, ".pack", &sb))
		return 0;
	*p = (struct es_pack_item){ .size = (uint64_t)sb.st_size,
				    .mtime = sb.st_mtim };
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (has_file(dir, stem, endings[i], &sb))
			p->disk += (uint64_t)sb.st_size;
	p->kept = has_file(dir, stem, ".keep", &sb) ||
		  has_file(dir, stem, ".promisor", &sb);
	p->stem = es_steal_ptr(&stem);
	l->n++;
	return 0;
}

int es_pack_list_load(struct es_pack_list *l, int dir, struct es_error *err)
{
	int fd = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	ES_CLEANUP(es_closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		es_closep(&fd);
		return es_fail_errno(err, "cannot list the packs");
	}
	rewinddir(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		size_t len = strlen(e->d_name);

		if (len > 9 && strncmp(e->d_name, "pack-", 5) == 0 &&
		    strcmp(e->d_name + len - 4, ".idx") == 0 &&
		    add_pack(l, dir, e->d_name, len - 4, err) < 0)
			return err->code;
	}
	return 0;
}

int es_pack_list_cmp_age(const void *a, const void *b)
{
	const struct es_pack_item *x = a;
	const struct es_pack_item *y = b;

	if (x->mtime.tv_sec != y->mtime.tv_sec)
		return x->mtime.tv_sec < y->mtime.tv_sec ? -1 : 1;
	if (x->mtime.tv_nsec != y->mtime.tv_nsec)
		return x->mtime.tv_nsec < y->mtime.tv_nsec ? -1 : 1;
	return strcmp(x->stem, y->stem);
}

void es_pack_list_remove(int dir, const char *stem)
{
	char name[NAME_MAX + 1];

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		int n = snprintf(name, sizeof(name), "%s%s", stem, endings[i]);

		if (n > 0 && (size_t)n < sizeof(name))
			unlinkat(dir, name, 0);
	}
}
