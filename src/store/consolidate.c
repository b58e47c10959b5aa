/* SPDX-License-Identifier: MIT */
/* consolidate.c - join many small packs to one, as differences */
#include "config.h"

#include "store/git_delta_priv.h"
#include "store/lineage_priv.h"
#include "store/store_priv.h"

#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many packs a reader may have to look through. */
#define PACKS_MAX 20
/* And so many stay when there were more. */
#define PACKS_LEFT 8
/* A difference to what is larger takes more memory than it is worth. */
#define DELTA_SIZE_MAX ((uint64_t)64 << 20)

/* An installed pack. */
struct pack {
	char *stem; /* "pack-…" */
	uint64_t size;
	struct timespec mtime;
	bool kept; /* a .keep or .promisor file says: hands off */
	struct es_pack_file *file;
};

struct packs {
	struct pack *items;
	size_t n;
	size_t cap;
};

/* What one consolidation works with. */
struct job {
	struct es_store *st;
	int dir; /* objects/pack */
	struct packs packs;
	size_t merged; /* the first so many of them are joined */
	struct es_lineage lineage;
	struct es_pack out;
	struct es_deflater *deflater;
	struct es_buf delta;
	struct es_buf room;
};

static void job_dispose(struct job *j)
{
	for (size_t i = 0; i < j->packs.n; i++) {
		es_pack_file_free(j->packs.items[i].file);
		free(j->packs.items[i].stem);
	}
	free(j->packs.items);
	es_lineage_dispose(&j->lineage);
	es_pack_dispose(&j->out);
	es_deflater_free(j->deflater);
	es_buf_dispose(&j->delta);
	es_buf_dispose(&j->room);
	es_closep(&j->dir);
}

/* ------------------------------------------------------------- which packs */

static bool has_file(int dir, const char *stem, const char *ending,
		     struct stat *sb)
{
	char name[NAME_MAX + 1];
	int n = snprintf(name, sizeof(name), "%s%s", stem, ending);

	return n > 0 && (size_t)n < sizeof(name) &&
	       fstatat(dir, name, sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(sb->st_mode);
}

static int add_pack(struct job *j, const char *name, size_t len,
		    struct es_error *err)
{
	struct packs *packs = &j->packs;
	struct stat sb;
	struct pack p = { .stem = strndup(name, len) };

	if (!p.stem)
		return es_fail_oom(err);
	if (packs->n == packs->cap) {
		size_t cap = packs->cap ? 2 * packs->cap : 32;
		struct pack *more =
			reallocarray(packs->items, cap, sizeof(*more));

		if (!more) {
			free(p.stem);
			return es_fail_oom(err);
		}
		packs->items = more;
		packs->cap = cap;
	}
	p.kept = has_file(j->dir, p.stem, ".keep", &sb) ||
		 has_file(j->dir, p.stem, ".promisor", &sb);
	if (!has_file(j->dir, p.stem, ".pack", &sb)) {
		free(p.stem);
		return 0;
	}
	p.size = (uint64_t)sb.st_size;
	p.mtime = sb.st_mtim;
	packs->items[packs->n++] = p;
	return 0;
}

static int list_packs(struct job *j, struct es_error *err)
{
	int fd = fcntl(j->dir, F_DUPFD_CLOEXEC, 0);
	ES_CLEANUP(es_closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		es_closep(&fd);
		return es_fail_errno(err, "cannot list '%s/objects/pack'",
				     ES_Q(j->st->path));
	}
	rewinddir(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		size_t len = strlen(e->d_name);

		if (len > 9 && strncmp(e->d_name, "pack-", 5) == 0 &&
		    strcmp(e->d_name + len - 4, ".idx") == 0 &&
		    add_pack(j, e->d_name, len - 4, err) < 0)
			return err->code;
	}
	return 0;
}

/* Kept packs last, the others by size. */
static int cmp_size(const void *a, const void *b)
{
	const struct pack *x = a;
	const struct pack *y = b;

	if (x->kept != y->kept)
		return x->kept ? 1 : -1;
	return (x->size > y->size) - (x->size < y->size);
}

static int cmp_age(const void *a, const void *b)
{
	const struct pack *x = a;
	const struct pack *y = b;

	if (x->mtime.tv_sec != y->mtime.tv_sec)
		return x->mtime.tv_sec < y->mtime.tv_sec ? -1 : 1;
	if (x->mtime.tv_nsec != y->mtime.tv_nsec)
		return x->mtime.tv_nsec < y->mtime.tv_nsec ? -1 : 1;
	return strcmp(x->stem, y->stem);
}

/*
 * The smallest ones, and every next one until it is at least twice as large
 * as all before it: so each object is written again only when what it lies
 * in has grown to the double, which is seldom.
 */
static void choose(struct job *j)
{
	struct packs *packs = &j->packs;
	uint64_t sum = 0;
	size_t n = 0;
	size_t k = 0;

	qsort(packs->items, packs->n, sizeof(*packs->items), cmp_size);
	while (n < packs->n && !packs->items[n].kept)
		n++;
	while (k < n && (k + PACKS_LEFT <= packs->n || k < 2 ||
			 packs->items[k].size < 2 * sum))
		sum += packs->items[k++].size;
	j->merged = k < 2 ? 0 : k;
	/* what is older was there first: later content is made from it */
	qsort(packs->items, j->merged, sizeof(*packs->items), cmp_age);
}

/* ------------------------------------------------------------- the objects */

/* An entry that is a difference to @base. */
static int add_delta(struct job *j, const struct es_oid *id, uint64_t size,
		     const struct es_oid *base, const char *data, size_t len,
		     struct es_error *err)
{
	char head[ES_PACK_HEAD_MAX];
	size_t n = es_pack_head_write(head, ES_PACK_REF_DELTA, size);

	es_buf_reset(&j->room);
	es_buf_add(&j->room, head, n);
	es_buf_add(&j->room, (const char *)base->id, ES_OID_LEN);
	es_buf_add(&j->room, data, len);
	if (es_buf_check(&j->room, err) < 0 ||
	    es_pack_add(&j->out, id, j->room.data, j->room.len, err) < 0)
		return err->code;
	return 0;
}

static int read_both(struct job *j, git_odb_object *object[2],
		     const struct es_oid *base, const struct es_oid *id,
		     struct es_error *err)
{
	const struct es_oid *const ids[2] = { base, id };
	char hex[ES_OID_HEX + 1];

	for (int i = 0; i < 2; i++) {
		const git_oid oid = git_from_oid(ids[i]);
		int rc = git_odb_read(&object[i], j->st->odb, &oid);

		if (rc < 0)
			return es_fail_git(err, rc, "cannot read object %s",
					   es_oid_text(hex, ids[i]));
	}
	return 0;
}

/*
 * Return: 1 the object was added as a difference, 0 that would not be worth
 * it, or a negative errno.
 */
static int try_delta(struct job *j, const struct es_lineage_item *item,
		     const struct es_pack_entry *e, struct es_error *err)
{
	const struct es_oid *base = &j->lineage.items[item->base - 1].id;
	git_odb_object *object[2] = { NULL, NULL };
	size_t limit = e->raw_len - e->raw_len / 4;
	size_t room;
	size_t len = 0;
	int rc = 0;

	if (e->size > DELTA_SIZE_MAX || limit < 2 * ES_OID_LEN)
		return 0;
	if (read_both(j, object, base, &item->id, err) == 0 &&
	    git_odb_object_type(object[0]) == git_odb_object_type(object[1]))
		rc = es_git_delta(&j->delta, git_odb_object_data(object[0]),
				  git_odb_object_size(object[0]),
				  git_odb_object_data(object[1]),
				  git_odb_object_size(object[1]));
	else
		rc = -ENOTSUP;
	git_odb_object_free(object[0]);
	git_odb_object_free(object[1]);
	if (err->code)
		return err->code;
	if (rc < 0)
		return rc == -ENOMEM ? es_fail_oom(err) : 0;
	room = es_deflate_bound(j->deflater, j->delta.len);
	ES_CLEANUP(es_freep) char *data = malloc(room);
	if (!data)
		return es_fail_oom(err);
	len = es_deflate(j->deflater, data, room, j->delta.data, j->delta.len);
	if (len == 0 || len + ES_OID_LEN >= limit)
		return 0;
	rc = add_delta(j, &item->id, j->delta.len, base, data, len, err);
	return rc < 0 ? rc : 1;
}

static int add_item(struct job *j, const struct es_lineage_item *item,
		    struct es_error *err)
{
	struct es_pack_entry e;
	int rc = 0;

	if (es_pack_file_entry(item->pack, item->nth, &e, err) < 0)
		return err->code;
	/* a ring of differences would be lost for ever */
	if (item->base && j->lineage.items[item->base - 1].depth >= item->depth)
		return es_fail(err, -EIO, "the pack's differences are a ring");
	if (e.type == ES_PACK_OFS_DELTA)
		return add_delta(j, &item->id, e.size, &e.base, e.data,
				 e.data_len, err);
	if (item->base && e.type != ES_PACK_REF_DELTA)
		rc = try_delta(j, item, &e, err);
	if (rc == 0)
		rc = es_pack_add(&j->out, &item->id, e.raw, e.raw_len, err);
	return rc < 0 ? rc : 0;
}

/* --------------------------------------------------------------- all of it */

static int begin(struct job *j, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *dir = NULL;

	if (asprintf(&dir, "%s/objects/pack", j->st->path) < 0) {
		dir = NULL;
		return es_fail_oom(err);
	}
	j->deflater = es_deflater_new();
	if (!j->deflater || es_pack_init(&j->out, dir) < 0)
		return es_fail_oom(err);
	es_pack_keep(&j->out);
	for (size_t i = 0; i < j->merged; i++) {
		struct pack *p = &j->packs.items[i];

		if (es_pack_file_open(&p->file, dir, p->stem, err) < 0 ||
		    es_lineage_add(&j->lineage, p->file, err) < 0)
			return err->code;
	}
	return es_lineage_trace(&j->lineage, j->st, err);
}

static int join(struct job *j, struct es_error *err)
{
	for (size_t i = 0; i < j->lineage.n; i++)
		if (add_item(j, &j->lineage.items[i], err) < 0)
			return err->code;
	return es_pack_install(&j->out, err) < 0 ? err->code : 0;
}

/*
 * The new pack has every object of the old ones. Whoever reads finds it when
 * an old one is not there any more: git and libgit2 look again.
 */
static void remove_old(const struct job *j)
{
	static const char *const endings[] = { ".idx", ".rev", ".bitmap",
					       ".mtimes", ".pack" };
	char name[NAME_MAX + 1];

	/* it may name packs that go */
	unlinkat(j->dir, "multi-pack-index", 0);
	for (size_t i = 0; i < j->merged; i++) {
		const char *stem = j->packs.items[i].stem;

		if (strcmp(stem, j->out.stem) == 0)
			continue;
		for (size_t k = 0; k < sizeof(endings) / sizeof(*endings);
		     k++) {
			snprintf(name, sizeof(name), "%s%s", stem, endings[k]);
			unlinkat(j->dir, name, 0);
		}
	}
}

static int open_dir(struct job *j, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *dir = NULL;

	if (asprintf(&dir, "%s/objects/pack", j->st->path) < 0) {
		dir = NULL;
		return es_fail_oom(err);
	}
	j->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(dir));
	return 0;
}

int es_store_consolidate(struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(job_dispose)
	struct job j = {
		.st = st,
		.dir = -1,
		.delta = ES_BUF_INIT(ES_BUF_MAX),
		.room = ES_BUF_INIT(ES_BUF_MAX),
	};

	if (es_store_need_lock(st, err) < 0 || open_dir(&j, err) < 0 ||
	    list_packs(&j, err) < 0)
		return err->code;
	if (j.packs.n <= PACKS_MAX)
		return 0;
	choose(&j);
	if (j.merged == 0)
		return 0;
	if (begin(&j, err) < 0 || join(&j, err) < 0)
		return es_wrap(err, "cannot join packs");
	remove_old(&j);
	const int rc = git_odb_refresh(st->odb);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read repository '%s'",
				   ES_Q(st->path));
	return 1;
}
