/* SPDX-License-Identifier: MIT */
/* check_deleted_binaries.c - programs that run on though their file is gone */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/quote.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/*
 * A line is about a program and a user, not about a process, so that it stays
 * the same while workers come and go. Processes of other process id
 * namespaces are containers, whose programs have their own life.
 */

#define DELETED " (deleted)"

/* Libraries that a line names; more are counted. */
#define NAMED_MAX 4

/* What is known of one program and user. */
struct program {
	bool deleted;
	struct es_strmap *libraries; /* base names */
};

struct scan {
	struct es_findings *f;
	struct es_strmap *programs; /* path, NUL, uid -> struct program */
	struct es_buf maps;
	struct stat space; /* our process id namespace */
};

/* Cuts " (deleted)"; false when it is not there or the text only ends so. */
static bool cut_deleted(char *path, size_t len)
{
	size_t n = sizeof(DELETED) - 1;

	if (len <= n || strcmp(path + len - n, DELETED) != 0)
		return false;
	path[len - n] = '\0';
	return true;
}

/* Memory that only looks like a file, and scratch files of code generators. */
static bool is_no_library(const char *path)
{
	static const char *const dirs[] = {
		"/memfd:", "/dev/", "/SYSV", "/[",   "/anon_hugepage",
		"/tmp/",   "/run/", "/i915", "/drm", "/var/tmp/",
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (!strncmp(path, dirs[i], strlen(dirs[i])))
			return true;
	return path[0] != '/';
}

static struct program *find_program(struct scan *s, const char *path,
				    uint32_t uid)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf key = ES_BUF_INIT(PATH_MAX * 2);

	es_buf_add(&key, path, strlen(path) + 1);
	es_buf_add(&key, &uid, sizeof(uid));
	if (key.failed)
		return NULL;

	struct program *p = es_strmap_get(s->programs, key.data, key.len);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (p)
		p->libraries = es_strmap_new();
	if (p && p->libraries &&
	    es_strmap_put(s->programs, key.data, key.len, p) == 0)
		return p;
	if (p)
		es_strmap_free(p->libraries);
	free(p);
	return NULL;
}

/* The path of a line of maps that is executable and deleted. */
static const char *deleted_library(char *line)
{
	char *mode = strchr(line, ' '), *path = strchr(line, '/');
	size_t len = strlen(line);

	if (!mode || !path || len < 5 || mode[1] == '\0' || mode[3] != 'x')
		return NULL;
	if (!cut_deleted(path, len - (size_t)(path - line)) ||
	    is_no_library(path))
		return NULL;
	return strrchr(path, '/') + 1;
}

/* The maps of a process as a string; empty when it cannot be had. */
static char *read_maps(struct scan *s, int dir)
{
	ES_CLEANUP(es_closep)
	int fd = openat(dir, "maps", O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;
	char *room;

	es_buf_reset(&s->maps);
	while (fd >= 0 && (room = es_buf_reserve(&s->maps, 1 << 16)) &&
	       (n = read(fd, room, 1 << 16)) > 0)
		s->maps.len += (size_t)n;
	es_buf_addc(&s->maps, '\0');
	return s->maps.failed ? NULL : s->maps.data;
}

static int scan_maps(struct scan *s, int dir, const char *exe, uint32_t uid)
{
	struct program *p = NULL;
	char *maps = read_maps(s, dir);

	if (!maps)
		return -ENOMEM;
	if (!strstr(maps, DELETED))
		return 0;
	for (char *line = maps, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';

		const char *name = deleted_library(line);

		if (!name || !strcmp(name, strrchr(exe, '/') + 1))
			continue;
		if (!p)
			p = find_program(s, exe, uid);
		if (!p ||
		    es_strmap_put(p->libraries, name, strlen(name), p) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int scan_process(struct scan *s, int proc, const char *pid)
{
	ES_CLEANUP(es_closep)
	int dir = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char exe[PATH_MAX + sizeof(DELETED)];
	struct stat st, space, file;

	/* Ended meanwhile, a kernel thread, or not for us to see. */
	if (dir < 0 || fstat(dir, &st) < 0 ||
	    fstatat(dir, "ns/pid", &space, 0) < 0 ||
	    space.st_ino != s->space.st_ino)
		return 0;
	ssize_t n = readlinkat(dir, "exe", exe, sizeof(exe) - 1);
	if (n <= 0 || exe[0] != '/')
		return 0;
	exe[n] = '\0';
	if (!strncmp(exe, "/memfd:", 7))
		return 0;
	/* A file can be called that; a deleted one has no links. */
	if (fstatat(dir, "exe", &file, 0) == 0 && file.st_nlink == 0 &&
	    cut_deleted(exe, (size_t)n)) {
		struct program *p = find_program(s, exe, st.st_uid);

		if (!p)
			return -ENOMEM;
		p->deleted = true;
	}
	return scan_maps(s, dir, exe, st.st_uid);
}

static int scan_all(struct scan *s)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ES_CLEANUP(es_closedirp) DIR *d = proc < 0 ? NULL : fdopendir(proc);
	const struct dirent *e;

	if (!d) {
		es_closep(&proc);
		return 0;
	}
	if (fstatat(proc, "self/ns/pid", &s->space, 0) < 0)
		return 0;
	while ((e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]) &&
		    scan_process(s, proc, e->d_name) < 0)
			return -ENOMEM;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "libc.so.6, libm.so.6 and 7 more" */
static int name_libraries(const struct es_strmap *set, struct es_buf *out)
{
	size_t n = es_strmap_count(set), pos = 0, i = 0, len;
	ES_CLEANUP(es_freep) const char **names = calloc(n + 1, sizeof(*names));
	void *value;

	if (!names)
		return -ENOMEM;
	while (i < n && es_strmap_each(set, &pos, &names[i], &len, &value))
		i++;
	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n && i < NAMED_MAX; i++) {
		es_buf_adds(out, i ? ", " : "");
		es_quote_term(out, names[i], strlen(names[i]));
	}
	if (n > i)
		es_buf_addf(out, " and %zu more", n - i);
	return out->failed;
}

static int tell(struct es_findings *f, const char *path, uint32_t uid,
		const struct program *p)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(512);
	ES_CLEANUP(es_buf_dispose) struct es_buf libs = ES_BUF_INIT(4096);

	es_user_text(f, &who, uid);
	if (p->deleted)
		es_finding(f, path, strlen(path),
			   "runs as %s, its file was deleted or replaced",
			   es_buf_str(&who));
	if (name_libraries(p->libraries, &libs) < 0)
		return -ENOMEM;
	if (libs.len)
		es_finding(f, path, strlen(path),
			   "runs as %s with libraries that were deleted or "
			   "replaced: %s",
			   es_buf_str(&who), es_buf_str(&libs));
	return 0;
}

static int run(struct es_findings *f, struct es_error *err)
{
	struct scan s = { .f = f, .programs = es_strmap_new() };
	size_t pos = 0, len;
	const char *key;
	void *value;
	int rc;

	if (!f->checks->options.live) {
		es_strmap_free(s.programs);
		return 0;
	}
	s.maps = (struct es_buf)ES_BUF_INIT((size_t)64 << 20);
	rc = s.programs ? scan_all(&s) : -ENOMEM;
	while (s.programs &&
	       es_strmap_each(s.programs, &pos, &key, &len, &value)) {
		struct program *p = value;
		uint32_t uid;

		memcpy(&uid, key + len - sizeof(uid), sizeof(uid));
		if (rc == 0)
			rc = tell(f, key, uid, p);
		es_strmap_free(p->libraries);
		free(p);
	}
	es_strmap_free(s.programs);
	es_buf_dispose(&s.maps);
	return rc < 0 ? es_fail_oom(err) : 0;
}

const struct es_check es_check_deleted_binaries = {
	.name = "deleted-binaries",
	.severity = ES_SEVERITY_NOTICE,
	.run = run,
};
