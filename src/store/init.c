/* SPDX-License-Identifier: MIT */
/* init.c - create a repository */
#include "config.h"

#include "store/store_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/commit.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Made in place, not in a temporary directory beside it: the directory may be
 * a mount point, or its parent closed to us. The format number is written
 * last, so that what a power cut leaves is not taken for a repository.
 */

static const char description[] =
	"What etcsnap recorded of this machine; see etcsnap-format(5)\n";

/* Which directories were missing, so that a failure takes them away again. */
struct made {
	char *path; /* absolute, cut back while undoing */
	size_t had; /* bytes of the part that was there before */
};

/* Returns 1 empty, 0 not empty, or a negative errno. */
static int is_empty(const char *path)
{
	ES_CLEANUP(es_closedirp) DIR *d = opendir(path);

	if (!d)
		return -errno;
	errno = 0;
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			return 0;
	return errno ? -errno : 1;
}

static bool has_file(const char *dir, const char *name)
{
	ES_CLEANUP(es_freep) char *file = NULL;
	struct stat sb;

	if (asprintf(&file, "%s/%s", dir, name) < 0) {
		file = NULL;
		return false;
	}
	return lstat(file, &sb) == 0 && S_ISREG(sb.st_mode);
}

/* Or what is left of one: that, too, may be in the way. */
static bool is_repository(const char *path)
{
	return has_file(path, ES_LOCK_NAME) || has_file(path, "HEAD");
}

static int check_free(const char *path, struct es_error *err)
{
	const int rc = is_empty(path);

	if (rc == 1 || rc == -ENOENT)
		return 0;
	if (rc == 0 && is_repository(path))
		return es_fail(err, -EEXIST,
			       "repository '%s' exists; 'etcsnap init --reset' "
			       "renames it and starts over",
			       ES_Q(path));
	if (rc == 0 || rc == -ENOTDIR)
		return es_fail(err, -EEXIST,
			       "'%s' exists and is not an empty directory; "
			       "move it away or name another",
			       ES_Q(path));
	errno = -rc;
	return es_fail_errno(err, "cannot look into '%s'", ES_Q(path));
}

/* Length of the longest leading part of an absolute path that exists. */
static size_t existing_part(char *path)
{
	size_t len = strlen(path);
	struct stat sb;

	while (len > 1) {
		const char at = path[len];

		path[len] = '\0';
		const int rc = lstat(path, &sb);
		path[len] = at;
		if (rc == 0)
			return len;
		while (len > 1 && path[len - 1] != '/')
			len--;
		while (len > 1 && path[len - 1] == '/')
			len--;
	}
	return len;
}

enum walk {
	WALK_SYNC,
	WALK_REMOVE,
};

static int sync_one(const char *path)
{
	ES_CLEANUP(es_closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Fsync or remove all below a directory; the first failure, -errno, or 0. */
static int walk(char *path, enum walk what)
{
	char *const roots[] = { path, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int rc = 0;

	if (!fts)
		return -errno;
	for (const FTSENT *e = fts_read(fts); e; e = fts_read(fts)) {
		int one = 0;

		if (e->fts_info == FTS_D)
			continue;
		if (what == WALK_SYNC)
			one = sync_one(e->fts_accpath);
		else if (e->fts_level > FTS_ROOTLEVEL &&
			 remove(e->fts_accpath) < 0)
			one = -errno;
		rc = rc ? rc : one;
	}
	fts_close(fts);
	return rc;
}

static void undo(struct made *made)
{
	walk(made->path, WALK_REMOVE);
	for (size_t len = strlen(made->path); len > made->had;) {
		/* What is not empty, or was never made, stays. */
		rmdir(made->path);
		while (len > 1 && made->path[len - 1] != '/')
			len--;
		while (len > 1 && made->path[len - 1] == '/')
			len--;
		made->path[len] = '\0';
	}
}

static int set_config(git_config *config, const char *root)
{
	int rc = git_config_set_string(config, "core.sharedRepository", "0600");

	/* Our packs and branches are kept in order by etcsnap itself. */
	if (rc == 0)
		rc = git_config_set_int32(config, "gc.auto", 0);
	if (rc == 0)
		rc = git_config_set_string(config, "etcsnap.root", root);
	if (rc == 0)
		rc = git_config_set_int32(config, "etcsnap.format", ES_FORMAT);
	return rc;
}

static int make_git(const char *path, const char *root)
{
	git_repository_init_options options;
	git_repository *repo = NULL;
	git_config *config = NULL;

	int rc = git_repository_init_options_init(
		&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	if (rc < 0)
		return rc;
	options.flags =
		GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_DOTGIT_DIR;
	options.mode = GIT_REPOSITORY_INIT_SHARED_UMASK;
	options.description = description;
	options.initial_head = "main";
	rc = git_repository_init_ext(&repo, path, &options);
	if (rc == 0)
		rc = git_repository_config(&config, repo);
	if (rc == 0)
		rc = set_config(config, root);
	git_config_free(config);
	git_repository_free(repo);
	return rc;
}

static int fill(struct made *made, const char *root, struct es_error *err)
{
	if (es_mkdirs(made->path, 0700, err) < 0)
		return err->code;
	if (chmod(made->path, 0700) < 0)
		return es_fail_errno(err, "cannot make '%s' private",
				     ES_Q(made->path));
	int rc = make_git(made->path, root);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot make repository '%s'",
				   ES_Q(made->path));
	if (es_store_make_lock(made->path, err) < 0)
		return err->code;
	rc = walk(made->path, WALK_SYNC);
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot make repository '%s'",
				     ES_Q(made->path));
	}
	return 0;
}

int es_store_init(const char *path, const char *root, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf abs = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf abs_root = ES_BUF_INIT(ES_BUF_MAX);

	if (es_path_absolute(&abs, path, err) < 0 ||
	    es_path_absolute(&abs_root, root, err) < 0 ||
	    check_free(abs.data, err) < 0)
		return err->code;
	struct made made = { abs.data, existing_part(abs.data) };
	const mode_t mask = umask(077);
	int rc = es_git_begin();
	if (rc < 0)
		es_fail_git(err, rc, "cannot set up libgit2");
	else
		rc = fill(&made, abs_root.data, err);
	es_git_end();
	umask(mask);
	if (rc < 0)
		undo(&made);
	return rc < 0 ? err->code : 0;
}

/* Nothing but the time in it, so that it tells when the old one was left. */
static int find_name(struct es_buf *to, const char *path, struct es_error *err)
{
	const size_t start = to->len;
	const long long now = (long long)es_clock_now().tv_sec;

	es_buf_addf(to, "%s.%lld", path, now);
	for (int i = 1; access(es_buf_str(to) + start, F_OK) == 0; i++) {
		es_buf_truncate(to, start);
		es_buf_addf(to, "%s.%lld.%d", path, now, i);
	}
	return es_buf_check(to, err);
}

int es_store_set_aside(const char *path, struct es_buf *to,
		       struct es_error *err)
{
	ES_CLEANUP(es_freep) char *lock = NULL;
	ES_CLEANUP(es_closep) int fd = -1;
	const size_t start = to->len;
	const int empty = is_empty(path);

	if (empty == 1 || empty == -ENOENT)
		return 0;
	if (!is_repository(path))
		return es_fail(err, -EEXIST,
			       "'%s' is no repository; move it away or name "
			       "another",
			       ES_Q(path));
	if (asprintf(&lock, "%s/" ES_LOCK_NAME, path) < 0) {
		lock = NULL;
		return es_fail_oom(err);
	}
	if (es_lock_file(&fd, lock, 0, err) < 0 || find_name(to, path, err) < 0)
		return err->code;
	if (rename(path, to->data + start) < 0)
		return es_fail_errno(err, "cannot rename '%s'", ES_Q(path));
	return 1;
}
