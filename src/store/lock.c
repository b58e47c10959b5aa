/* SPDX-License-Identifier: MIT */
/* lock.c - become the only writer, clear what a killed one left */
#include "config.h"

#include "store/store_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A file that a git of the administrator could still be writing, seconds. */
#define GIT_AGE ((time_t)24 * 60 * 60)
/* Deepest directory of references that is looked into. */
#define REFS_DEPTH 16

/*
 * What the names below a directory mean. Only the holder of our lock moves
 * branches, our own references and our tags, so a lock file there is a dead
 * run's; everywhere else a git that somebody runs by hand may be at work.
 */
enum area {
	AREA_REFS,	/* refs: leads to ours and to others' */
	AREA_REFS_OURS, /* refs/heads, refs/tags */
	AREA_MARKS,	/* refs/etcsnap: whoever has the marks' lock */
	AREA_REFS_GIT,	/* refs/remotes, refs/notes, … */
	AREA_TOP,	/* packed-refs.lock and the like */
	AREA_OBJECTS,	/* libgit2's temporary loose objects */
	AREA_PACK,	/* temporary packs */
};

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool ends(const char *name, const char *with)
{
	const size_t n = strlen(name);
	const size_t w = strlen(with);

	return n > w && strcmp(name + n - w, with) == 0;
}

static bool is_old(int dir, const char *name)
{
	struct stat sb;

	if (fstatat(dir, name, &sb, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISREG(sb.st_mode) && sb.st_mtime < time(NULL) - GIT_AGE;
}

/* Whoever writes a temporary pack of ours holds its lock. */
static bool is_dead(int dir, const char *name)
{
	ES_CLEANUP(es_closep)
	int fd = openat(dir, name,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* A pack that was renamed by a run that died before it renamed the index. */
static bool is_orphan(int dir, const char *name)
{
	ES_CLEANUP(es_freep) char *idx = NULL;
	const int stem = (int)(strlen(name) - strlen(".pack"));

	if (asprintf(&idx, "%.*s.idx", stem, name) < 0) {
		idx = NULL;
		return false;
	}
	return faccessat(dir, idx, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	       errno == ENOENT && is_old(dir, name);
}

static bool is_garbage_pack(int dir, const char *name)
{
	if (begins(name, ES_PACK_TMP) || begins(name, ES_PACK_TMP_IDX))
		return is_dead(dir, name);
	if (begins(name, "tmp_") || begins(name, "pack_git2_"))
		return is_old(dir, name);
	return begins(name, "pack-") && ends(name, ".pack") &&
	       is_orphan(dir, name);
}

static bool is_garbage(enum area area, int dir, const char *name)
{
	switch (area) {
	case AREA_REFS_OURS:
	case AREA_MARKS:
		return ends(name, ".lock");
	case AREA_OBJECTS:
		return begins(name, "tmp_object_git2_") && is_old(dir, name);
	case AREA_PACK:
		return is_garbage_pack(dir, name);
	case AREA_TOP:
		/* a file that was to be replaced, which its writer locks */
		if (begins(name, ".etcsnap-"))
			return true;
		__attribute__((fallthrough));
	case AREA_REFS:
	case AREA_REFS_GIT:
		return ends(name, ".lock") && is_old(dir, name);
	}
	return false;
}

/* Where references go on below @name, or -1. */
static int area_below(enum area area, const char *name)
{
	if (area == AREA_REFS_OURS || area == AREA_REFS_GIT ||
	    area == AREA_MARKS)
		return (int)area;
	/* a process that delivers may hold locks there */
	if (area != AREA_REFS || strcmp(name, "etcsnap") == 0)
		return -1;
	return strcmp(name, "heads") == 0 || strcmp(name, "tags") == 0
		       ? (int)AREA_REFS_OURS
		       : (int)AREA_REFS_GIT;
}

static bool is_dir(int dir, const struct dirent *e)
{
	struct stat sb;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(dir, e->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(sb.st_mode);
}

static void clean(int parent, const char *name, enum area area, int depth)
{
	const int fd = openat(parent, name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ES_CLEANUP(es_closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (!is_dir(fd, e)) {
			if (strcmp(e->d_name, ES_LOCK_NAME) != 0 &&
			    is_garbage(area, fd, e->d_name))
				unlinkat(fd, e->d_name, 0);
			continue;
		}
		const int below = area_below(area, e->d_name);
		if (below >= 0 && depth < REFS_DEPTH)
			clean(fd, e->d_name, (enum area)below, depth + 1);
	}
}

void es_store_clean(const struct es_store *st)
{
	ES_CLEANUP(es_closep)
	int fd = open(st->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	clean(fd, ".", AREA_TOP, 0);
	clean(fd, "refs", AREA_REFS, 0);
	clean(fd, "objects", AREA_OBJECTS, 0);
	clean(fd, "objects/pack", AREA_PACK, 0);
}

void es_store_clean_marks(const struct es_store *st)
{
	ES_CLEANUP(es_closep)
	int fd = open(st->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		clean(fd, "refs/etcsnap", AREA_MARKS, 0);
}

/* Whether a directory below the repository has only names of @known. */
static bool has_only(const struct es_store *st, const char *name,
		     const char *const *known)
{
	ES_CLEANUP(es_freep) char *path = NULL;

	if (asprintf(&path, "%s/%s", st->path, name) < 0) {
		path = NULL;
		return false;
	}
	ES_CLEANUP(es_closedirp) DIR *d = opendir(path);

	for (const struct dirent *e = d ? readdir(d) : NULL; e;
	     e = readdir(d)) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], e->d_name) != 0)
			i++;
		if (!known[i])
			return false;
	}
	return d != NULL;
}

/* The first run need not ask whether each of its objects is there already. */
static bool is_empty(const struct es_store *st)
{
	static const char *const top[] = { ".", "..", "info", "pack", NULL };
	static const char *const none[] = { ".", "..", NULL };

	return has_only(st, "objects", top) &&
	       has_only(st, "objects/pack", none) &&
	       has_only(st, "objects/info", none);
}

int es_store_lock(struct es_store *st, unsigned int wait, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *file = NULL;

	if (st->lock_fd >= 0)
		return 0;
	if (asprintf(&file, "%s/" ES_LOCK_NAME, st->path) < 0) {
		file = NULL;
		return es_fail_oom(err);
	}
	if (es_lock_file(&st->lock_fd, file, wait, err) < 0)
		return es_wrap(err, "repository '%s'", ES_Q(st->path));
	es_pack_keep(&st->pack);
	es_store_clean(st);
	st->empty = is_empty(st);
	/* Another writer may have worked while we waited. */
	const int rc = git_odb_refresh(st->odb);
	if (rc < 0) {
		es_closep(&st->lock_fd);
		st->lock_fd = -1;
		return es_fail_git(err, rc, "cannot read repository '%s'",
				   ES_Q(st->path));
	}
	return 0;
}

void es_store_unlock(struct es_store *st)
{
	es_closep(&st->lock_fd);
	st->lock_fd = -1;
}

int es_store_need_lock(const struct es_store *st, struct es_error *err)
{
	if (st->lock_fd >= 0)
		return 0;
	return es_fail(err, -ENOLCK,
		       "repository '%s' was opened for reading only",
		       ES_Q(st->path));
}

/*
 * The lock file's time stamp tells when a run last ended well. It is never
 * written to otherwise; a file that init made is as old as the epoch.
 */
int es_store_mark_run(struct es_store *st, struct es_error *err)
{
	if (es_store_need_lock(st, err) < 0)
		return err->code;
	if (futimens(st->lock_fd, NULL) < 0)
		return es_fail_errno(err, "cannot touch '%s/" ES_LOCK_NAME "'",
				     ES_Q(st->path));
	return 0;
}

int64_t es_store_last_run(struct es_store *st)
{
	ES_CLEANUP(es_freep) char *file = NULL;
	struct stat sb;

	if (asprintf(&file, "%s/" ES_LOCK_NAME, st->path) < 0) {
		file = NULL;
		return 0;
	}
	return stat(file, &sb) == 0 ? sb.st_mtime : 0;
}

/* A file of its own, as the lock's time stamp is taken. */
#define FULL_NAME "etcsnap.full"

int es_store_mark_full(struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *file = NULL;
	ES_CLEANUP(es_closep) int fd = -1;

	if (es_store_need_lock(st, err) < 0)
		return err->code;
	if (asprintf(&file, "%s/" FULL_NAME, st->path) < 0) {
		file = NULL;
		return es_fail_oom(err);
	}
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || futimens(fd, NULL) < 0)
		return es_fail_errno(err, "cannot touch '%s'", ES_Q(file));
	return 0;
}

int64_t es_store_last_full(struct es_store *st)
{
	ES_CLEANUP(es_freep) char *file = NULL;
	struct stat sb;

	if (asprintf(&file, "%s/" FULL_NAME, st->path) < 0) {
		file = NULL;
		return 0;
	}
	return lstat(file, &sb) == 0 ? sb.st_mtime : 0;
}

int es_store_make_lock(const char *path, struct es_error *err)
{
	const struct timespec never[2] = { { 0, 0 }, { 0, 0 } };
	ES_CLEANUP(es_freep) char *file = NULL;
	ES_CLEANUP(es_closep) int fd = -1;

	if (asprintf(&file, "%s/" ES_LOCK_NAME, path) < 0) {
		file = NULL;
		return es_fail_oom(err);
	}
	fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || futimens(fd, never) < 0)
		return es_fail_errno(err, "cannot make '%s'", ES_Q(file));
	return 0;
}
