/* SPDX-License-Identifier: MIT */
/* store.c - open and close a repository; ids */
#include "config.h"

#include "store/loose_priv.h"
#include "store/store_priv.h"

#include "etcsnap/commit.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* libgit2 keeps read commits and trees up to this many bytes. */
#define CACHE_MAX ((ssize_t)8 << 20)
/* And maps packs in pieces of so many bytes, and so many of all at once. */
#define WINDOW ((size_t)8 << 20)
#define MAPPED_MAX ((size_t)64 << 20)

bool es_oid_is_none(const struct es_oid *oid)
{
	static const struct es_oid none;

	return memcmp(oid, &none, sizeof(none)) == 0;
}

bool es_oid_equal(const struct es_oid *a, const struct es_oid *b)
{
	return memcmp(a->id, b->id, ES_OID_LEN) == 0;
}

char *es_oid_text(char *out, const struct es_oid *oid)
{
	return es_hex(out, oid->id, ES_OID_LEN);
}

/*
 * The options are libgit2's own globals and last until its last shutdown, so
 * every store sets the same ones: the caller's configuration, home and
 * templates are not looked at, references are fsynced like our packs.
 */
int es_git_begin(void)
{
	int rc = git_libgit2_init();

	for (int level = GIT_CONFIG_LEVEL_PROGRAMDATA;
	     rc >= 0 && level <= GIT_CONFIG_LEVEL_GLOBAL; level++)
		rc = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, CACHE_MAX);
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, WINDOW);
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT,
				      MAPPED_MAX);
	return rc < 0 ? rc : 0;
}

void es_git_end(void)
{
	git_libgit2_shutdown();
}

/*
 * Whoever owns the directory decides by its configuration what git does
 * there. Stricter than git: root does not enter a user's repository either,
 * since it would leave files there that the user cannot read.
 */
static int check_dir(const char *path, struct es_error *err)
{
	struct stat sb;

	if (stat(path, &sb) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return es_fail(err, -ENOENT,
			       "there is no repository '%s'; "
			       "run 'etcsnap init' to make it",
			       ES_Q(path));
	if (stat(path, &sb) < 0)
		return es_fail_errno(err, "cannot open repository '%s'",
				     ES_Q(path));
	if (!S_ISDIR(sb.st_mode))
		return es_fail(err, -EINVAL,
			       "repository '%s' is not a directory",
			       ES_Q(path));
	if (sb.st_uid != geteuid())
		return es_fail(err, -EPERM,
			       "repository '%s' belongs to user %u and you are "
			       "user %u; run as its owner, or chown it",
			       ES_Q(path), (unsigned int)sb.st_uid,
			       (unsigned int)geteuid());
	return 0;
}

static int fail_not_ours(struct es_error *err, const char *path)
{
	return es_fail(err, -EINVAL,
		       "'%s' was not made by etcsnap; name another directory",
		       ES_Q(path));
}

/* Read before the repository is opened: a newer format may not open at all. */
static int read_config(struct es_store *st, git_config *config,
		       struct es_error *err)
{
	int64_t format;
	git_buf root = GIT_BUF_INIT;
	int rc = git_config_get_int64(&format, config, "etcsnap.format");

	if (rc < 0 || format < 1)
		return fail_not_ours(err, st->path);
	if (format > ES_FORMAT)
		return es_fail(err, -ENOTSUP,
			       "repository '%s' has format %lld and this "
			       "etcsnap knows up to %d; "
			       "upgrade etcsnap to use it",
			       ES_Q(st->path), (long long)format, ES_FORMAT);
	rc = git_config_get_string_buf(&root, config, "etcsnap.root");
	if (rc == 0 && root.ptr[0] == '/')
		st->root = strdup(root.ptr);
	git_buf_dispose(&root);
	if (rc < 0)
		return fail_not_ours(err, st->path);
	if (!st->root)
		return es_fail(err, -EINVAL,
			       "repository '%s' has no absolute etcsnap.root; "
			       "set it in its file 'config'",
			       ES_Q(st->path));
	return 0;
}

static int open_config(struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *file = NULL;
	git_config *config = NULL;

	if (asprintf(&file, "%s/config", st->path) < 0) {
		file = NULL;
		return es_fail_oom(err);
	}
	if (access(file, F_OK) < 0 && errno == ENOENT)
		return fail_not_ours(err, st->path);
	int rc = git_config_open_ondisk(&config, file);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read '%s'", ES_Q(file));
	rc = read_config(st, config, err);
	git_config_free(config);
	return rc;
}

/*
 * Some git may have made an index of all packs, which libgit2 believes word
 * for word: where it is damaged that ends in a crash.
 */
static int check_midx(const struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *sha = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_freep) char *path = NULL;
	struct es_error why = ES_ERROR_INIT;
	struct es_oid sum;

	if (asprintf(&path, "%s/objects/pack/multi-pack-index", st->path) < 0) {
		path = NULL;
		return es_fail_oom(err);
	}
	if (access(path, F_OK) < 0)
		return 0;
	if (es_digest_new(&sha, ES_DIGEST_SHA1, NULL, err) < 0)
		return err->code;
	if (es_read_file(&file, AT_FDCWD, path, &why) == 0 &&
	    file.len > ES_OID_LEN) {
		es_digest_begin(sha);
		es_digest_update(sha, file.data, file.len - ES_OID_LEN);
		es_digest_end(sha, sum.id);
		if (memcmp(sum.id, file.data + file.len - ES_OID_LEN,
			   ES_OID_LEN) == 0)
			return 0;
	}
	return es_fail(err, -EIO,
		       "'%s' is damaged; remove it, nothing depends on it",
		       ES_Q(path));
}

static int open_handles(struct es_store *st, struct es_error *err)
{
	int rc;

	if (check_midx(st, err) < 0)
		return err->code;
	rc = git_repository_open_ext(&st->repo, st->path,
				     GIT_REPOSITORY_OPEN_NO_SEARCH |
					     GIT_REPOSITORY_OPEN_BARE |
					     GIT_REPOSITORY_OPEN_NO_DOTGIT,
				     NULL);

	if (rc == 0)
		rc = git_repository_odb(&st->odb, st->repo);
	if (rc == 0)
		rc = es_loose_guard(st->odb, st->path);
	if (rc < 0) {
		ES_CLEANUP(es_shallow_dispose)
		struct es_shallow boundary = ES_SHALLOW_INIT;

		/* From 1.7 on libgit2 opens none with a broken boundary. */
		if (es_shallow_load(&boundary, st, err) == -EINVAL)
			return err->code;
		es_fail_git(err, rc, "cannot open repository '%s'",
			    ES_Q(st->path));
		/* What is missing is inside; -ENOENT means "run init". */
		if (err->code == -ENOENT)
			err->code = -EINVAL;
		return err->code;
	}
	return 0;
}

int es_store_reopen(struct es_store *st, struct es_error *err)
{
	git_odb_free(st->odb);
	git_repository_free(st->repo);
	st->odb = NULL;
	st->repo = NULL;
	return open_handles(st, err);
}

static int open_git(struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *packs = NULL;
	int rc = open_handles(st, err);

	if (rc < 0)
		return rc;
	if (asprintf(&packs, "%s/objects/pack", st->path) < 0) {
		packs = NULL;
		return es_fail_oom(err);
	}
	rc = es_pack_init(&st->pack, packs);
	return rc < 0 ? es_fail_oom(err) : 0;
}

static int set_path(struct es_store *st, const char *path, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (es_path_absolute(&b, path, err) < 0)
		return err->code;
	st->path = strdup(es_buf_str(&b));
	return st->path ? 0 : es_fail_oom(err);
}

int es_store_open(struct es_store **out, const char *path, struct es_error *err)
{
	struct es_store *st = calloc(1, sizeof(*st));

	if (!st)
		return es_fail_oom(err);
	st->lock_fd = -1;
	pthread_mutex_init(&st->mutex, NULL);
	const int rc = es_git_begin();
	if (rc < 0)
		es_fail_git(err, rc, "cannot set up libgit2");
	else if (set_path(st, path, err) == 0 &&
		 check_dir(st->path, err) == 0 && open_config(st, err) == 0 &&
		 open_git(st, err) == 0) {
		*out = st;
		return 0;
	}
	es_store_free(st);
	return err->code;
}

void es_store_free(struct es_store *st)
{
	if (!st)
		return;
	es_pack_dispose(&st->pack);
	git_odb_free(st->odb);
	git_repository_free(st->repo);
	es_git_end();
	pthread_mutex_destroy(&st->mutex);
	es_closep(&st->lock_fd);
	free(st->path);
	free(st->root);
	free(st);
}

const char *es_store_path(const struct es_store *st)
{
	return st->path;
}

const char *es_store_root(const struct es_store *st)
{
	return st->root;
}
