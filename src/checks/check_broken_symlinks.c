/* SPDX-License-Identifier: MIT */
/* check_broken_symlinks.c - symbolic links in /etc that lead nowhere */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/*
 * A target can vanish without any change in /etc, so all links are tried in
 * every run: one open a directory, one stat a link.
 */

/* Deeper than any real tree below /etc. */
#define DEPTH_MAX 40

/* Steps of a chain of links that are followed by their texts. */
#define CHAIN_MAX 8

/* What comes and goes while a system runs, and is not there below a root. */
static bool is_volatile(const char *path)
{
	static const char *const dirs[] = { "/run/", "/var/run/", "/dev/",
					    "/proc/", "/sys/" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (!strncmp(path, dirs[i], strlen(dirs[i])))
			return true;
	return false;
}

/* The target of a link as an absolute path; 0, or negative for none. */
static int read_target(const struct es_checks *c, const char *link,
		       struct es_buf *out)
{
	ES_CLEANUP(es_closep)
	int fd = es_inside_open(c, link, O_PATH | O_NOFOLLOW);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	struct es_error err = ES_ERROR_INIT;
	char target[PATH_MAX];

	if (fd < 0)
		return fd;
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (target[0] != '/') {
		es_path_dirname(&path, link);
		es_buf_addc(&path, '/');
	}
	es_buf_adds(&path, target);
	es_buf_reset(out);
	return es_path_absolute(out, es_buf_str(&path), &err);
}

static bool leads_to_volatile(const struct es_checks *c, const char *link)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf at = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf to = ES_BUF_INIT(1 << 16);

	es_buf_adds(&at, link);
	for (int i = 0; i < CHAIN_MAX; i++) {
		if (read_target(c, es_buf_str(&at), &to) < 0)
			return false;
		if (is_volatile(es_buf_str(&to)))
			return true;
		es_buf_reset(&at);
		es_buf_add(&at, to.data, to.len);
	}
	return false;
}

static void tell_link(struct es_findings *f, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf to = ES_BUF_INIT(1 << 16);

	if (leads_to_volatile(f->checks, path))
		return;
	if (read_target(f->checks, path, &to) == 0)
		es_finding(f, path, strlen(path),
			   "leads to %s, which is not "
			   "there",
			   ES_Q(es_buf_str(&to)));
}

/* A directory that is being walked, and those it will be walked into. */
struct level {
	struct es_findings *f;
	struct es_buf path;
	DIR *dir;
	unsigned int depth;
};

static int walk(struct es_findings *f, const char *path, unsigned int depth,
		struct es_error *err);

static unsigned char kind_of(const struct level *level, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	if (fstatat(dirfd(level->dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return DT_UNKNOWN;
	return S_ISLNK(st.st_mode)   ? DT_LNK
	       : S_ISDIR(st.st_mode) ? DT_DIR
				     : DT_REG;
}

static int visit(struct level *level, const struct dirent *e,
		 struct es_error *err)
{
	size_t len = level->path.len;
	unsigned char kind = kind_of(level, e);
	struct stat st;
	int rc = 0;

	if (kind != DT_LNK && kind != DT_DIR)
		return 0;
	es_buf_addf(&level->path, "/%s", e->d_name);
	if (es_buf_check(&level->path, err) < 0)
		return err->code;
	if (kind == DT_DIR)
		rc = walk(level->f, level->path.data, level->depth + 1, err);
	else if (es_is_absent(es_inside_stat(level->f->checks, level->path.data,
					     &st)))
		tell_link(level->f, level->path.data);
	es_buf_truncate(&level->path, len);
	return rc;
}

static int walk(struct es_findings *f, const char *path, unsigned int depth,
		struct es_error *err)
{
	struct level level = { .f = f, .depth = depth };
	int fd = es_inside_open(f->checks, path,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	ES_CLEANUP(es_closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	if (!dir && fd >= 0) {
		close(fd);
		return es_fail_oom(err);
	}
	if (!dir) {
		if (!es_is_absent(fd) &&
		    es_findings_unread(f, path, strlen(path)) < 0)
			return es_fail_oom(err);
		return 0;
	}
	level.dir = dir;
	level.path = (struct es_buf)ES_BUF_INIT(1 << 16);
	es_buf_adds(&level.path, path);
	while (rc == 0 && depth < DEPTH_MAX && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = visit(&level, e, err);
	es_buf_dispose(&level.path);
	return rc;
}

static int run(struct es_findings *f, struct es_error *err)
{
	return walk(f, "/etc", 0, err);
}

const struct es_check es_check_broken_symlinks = {
	.name = "broken-symlinks",
	.severity = ES_SEVERITY_INFO,
	.run = run,
};
