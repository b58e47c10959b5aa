/* SPDX-License-Identifier: MIT */
/* check_package_files.c - files that are not as their package has them */
#include "config.h"

#include "checks/check_table_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/*
 * During the walk it is noted which files are to be compared: all in full
 * runs, else those whose content changed and those that have a line already.
 * They are compared after the walk, by several threads.
 */

#define THREADS_MAX 8

/* What a line says; the second one is known again by its text. */
#define DIFFERS "differs from package "
#define MISSING "is missing, package "
#define NO_FILE "is no regular file as in package "

/* A file to be compared. */
struct task {
	char *path;
	size_t len;
	struct es_package_file file;
	bool is_link;
	int result; /* of es_packages_check(), or of opening */
};

struct tasks {
	struct es_findings *f;
	struct task *all;
	size_t n;
	size_t cap;
	size_t next; /* under lock */
	pthread_mutex_t lock;
};

static int begin(struct es_findings *f, struct es_error *err)
{
	struct tasks *t = calloc(1, sizeof(*t));

	if (!t)
		return es_fail_oom(err);
	t->f = f;
	pthread_mutex_init(&t->lock, NULL);
	f->payload = t;
	return 0;
}

static void end(struct es_findings *f)
{
	struct tasks *t = f->payload;

	for (size_t i = 0; i < t->n; i++)
		free(t->all[i].path);
	free(t->all);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static int add_task(struct tasks *t, const struct es_seen *seen,
		    const struct es_package_file *file)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 256;
		struct task *more = reallocarray(t->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->all = more;
		t->cap = cap;
	}

	struct task *task = &t->all[t->n];

	*task = (struct task){ .len = seen->len, .file = *file };
	task->is_link = seen->now->type == ES_TYPE_LINK;
	task->path = strndup(seen->path, seen->len);
	if (!task->path)
		return -ENOMEM;
	t->n++;
	return 0;
}

/* Where administrators and users put files, which cost no look-up unless all
 * is compared: looking up loads the lists of all packages. */
static bool is_own_ground(const char *path)
{
	static const char *const dirs[] = {
		"/etc/", "/home/", "/root/", "/usr/local/", "/srv/", "/var/",
	};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (!strncmp(path, dirs[i], strlen(dirs[i])))
			return true;
	return false;
}

static bool changed(const struct es_seen *seen)
{
	const struct es_entry *a = seen->was, *b = seen->now;
	unsigned int kind = ES_HAS_SHA256 | ES_HAS_HMAC;

	if (!a || a->type != b->type)
		return true;
	if (b->type == ES_TYPE_DIR)
		return false;
	if (a->size != b->size)
		return true;
	if ((a->has & kind) && (a->has & kind) == (b->has & kind))
		return memcmp(a->digest, b->digest, sizeof(a->digest)) != 0;
	return a->mtime_sec != b->mtime_sec || a->mtime_nsec != b->mtime_nsec;
}

/* Whether a file is to be looked at again; a line of one that is not stays. */
static bool is_due(struct es_findings *f, const struct es_seen *seen)
{
	const struct es_checks *c = f->checks;
	size_t len;

	if (c->options.full)
		return true;
	if (es_findings_known(f, seen->path, seen->len, &len))
		return c->fresh || changed(seen);
	/* Nothing was known before the first run: all would be new. */
	return c->options.stamp != 0 && changed(seen) &&
	       !is_own_ground(seen->path);
}

static bool is_link_to_file(const struct es_checks *c, const char *path)
{
	struct stat st;

	return es_inside_stat(c, path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_link_of(const struct es_checks *c, const char *path,
		       const struct es_package_file *file)
{
	ES_CLEANUP(es_closep)
	int fd = es_inside_open(c, path, O_PATH | O_NOFOLLOW);

	return fd >= 0 && es_packages_check_link(file, fd) == 1;
}

/* Whether all is said of what is no file. A link is good where it leads to the
 * same content: that is compared. */
static bool settle_other(struct es_findings *f, const struct es_seen *seen,
			 const struct es_package_file *file)
{
	if (seen->now->type == ES_TYPE_LINK) {
		if (is_link_of(f->checks, seen->path, file))
			return true;
		if (is_link_to_file(f->checks, seen->path))
			return false;
	}
	es_finding(f, seen->path, seen->len, NO_FILE "%s", file->package->name);
	return true;
}

static int note(struct es_findings *f, const struct es_seen *seen,
		struct es_error *err)
{
	struct es_package_file file = { 0 };
	const struct es_entry *e = seen->now;
	/* The '/' after a directory is no part of its name. */
	size_t len = seen->len - (e && e->type == ES_TYPE_DIR);
	int rc = es_packages_owner(f->checks->options.packages, seen->path, len,
				   &file, err);

	if (rc <= 0 || file.conffile || file.kind == ES_PACKAGE_NONE)
		return rc < 0 ? rc : 0;
	if (!e) {
		es_finding(f, seen->path, seen->len, MISSING "%s has it",
			   file.package->name);
		return 0;
	}
	if (e->type != ES_TYPE_FILE && settle_other(f, seen, &file))
		return 0;
	if (file.kind == ES_PACKAGE_SHA256 && (e->has & ES_HAS_SHA256)) {
		if (memcmp(file.digest, e->digest, sizeof(e->digest)) != 0)
			es_finding(f, seen->path, seen->len, DIFFERS "%s",
				   file.package->name);
		return 0;
	}
	if (add_task(f->payload, seen, &file) < 0)
		return es_fail_oom(err);
	return 0;
}

static int entry(struct es_findings *f, const struct es_seen *seen,
		 struct es_error *err)
{
	const struct es_entry *e = seen->now;

	/* Nobody else may have removed it: then its package would be gone. */
	if (!e)
		return f->checks->same_stamp && !f->checks->options.full &&
				       seen->was->type == ES_TYPE_FILE &&
				       !is_own_ground(seen->path)
			       ? note(f, seen, err)
			       : 0;
	if (is_due(f, seen))
		return note(f, seen, err);
	es_findings_repeat(f, seen->path, seen->len);
	return 0;
}

/* Lines of a directory about what was missing already. */
static int dir(struct es_findings *f, const char *path, size_t len,
	       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf at = ES_BUF_INIT(1 << 20);
	const char *pos = es_buf_str(&f->old), *stop = pos + f->old.len;
	const char *detail;
	size_t detail_len;

	while (!f->checks->options.full &&
	       es_findings_line(&pos, stop, &at, &detail, &detail_len) > 0) {
		struct es_seen seen = { .path = at.data, .len = at.len };
		struct stat st;

		if (at.len <= len || memcmp(at.data, path, len) != 0 ||
		    at.data[len] != '/' ||
		    memchr(at.data + len + 1, '/', at.len - len - 1) ||
		    detail_len < sizeof(MISSING) ||
		    memcmp(detail, MISSING, sizeof(MISSING) - 1) != 0)
			continue;
		if (es_is_absent(es_inside_stat(f->checks, at.data, &st)) &&
		    note(f, &seen, err) < 0)
			return err->code;
	}
	return 0;
}

/* Whether the nearest directory that was walked is watched. */
static bool is_watched(const struct es_checks *c, const char *path, size_t len)
{
	void *fed = NULL;

	while (!fed && len > 0) {
		do
			len--;
		while (len > 0 && path[len] != '/');
		fed = es_strmap_get(c->fed, path, len);
	}
	return fed == c;
}

/* In full runs: a package's file that is not there, nor its directory. */
static int find_missing(void *payload, const char *path, size_t len,
			const struct es_package_file *file)
{
	struct es_findings *f = payload;
	struct stat st;

	if (file->conffile || file->kind == ES_PACKAGE_NONE ||
	    !is_watched(f->checks, path, len))
		return 0;
	if (fstatat(f->checks->root_fd, path + 1, &st, AT_SYMLINK_NOFOLLOW) <
		    0 &&
	    errno == ENOENT)
		es_finding(f, path, len, MISSING "%s has it",
			   file->package->name);
	return 0;
}

static void compare(const struct es_checks *c, struct task *task)
{
	const int follow = task->is_link ? 0 : O_NOFOLLOW;
	ES_CLEANUP(es_closep)
	int fd = es_inside_open(c, task->path,
				O_RDONLY | O_NONBLOCK | O_NOCTTY | follow);

	task->result = fd < 0 ? fd : es_packages_check(&task->file, fd);
}

static void *work(void *payload)
{
	struct tasks *t = payload;

	for (;;) {
		pthread_mutex_lock(&t->lock);

		size_t i = t->next++;

		pthread_mutex_unlock(&t->lock);
		if (i >= t->n)
			return NULL;
		compare(t->f->checks, &t->all[i]);
	}
}

static size_t thread_count(const struct es_findings *f, size_t tasks)
{
	int64_t n = es_conf_number(f->checks->options.conf,
				   ES_CONF_COLLECT_THREADS);

	if (n <= 0)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < 1 || tasks < 16)
		return 1;
	return n > THREADS_MAX ? THREADS_MAX : (size_t)n;
}

static void compare_all(struct tasks *t)
{
	size_t n = thread_count(t->f, t->n), started = 0;
	pthread_t threads[THREADS_MAX];

	while (started + 1 < n &&
	       pthread_create(&threads[started], NULL, work, t) == 0)
		started++;
	work(t);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

static int run(struct es_findings *f, struct es_error *err)
{
	struct es_packages *packages = f->checks->options.packages;
	struct tasks *t = f->payload;

	compare_all(t);
	for (size_t i = 0; i < t->n; i++) {
		const struct task *task = &t->all[i];

		if (task->result == 0)
			es_finding(f, task->path, task->len, DIFFERS "%s",
				   task->file.package->name);
		else if (task->result < 0 && task->result != -ENOTSUP &&
			 !es_is_absent(task->result) &&
			 es_findings_unread(f, task->path, task->len) < 0)
			return es_fail_oom(err);
	}
	if (!f->checks->options.full || es_packages_count(packages) == 0)
		return 0;
	return es_packages_each_file(packages, find_missing, f, err);
}

const struct es_check es_check_package_files = {
	.name = "package-files",
	.severity = ES_SEVERITY_CRITICAL,
	.packages = true,
	.remembers = true,
	.begin = begin,
	.entry = entry,
	.dir = dir,
	.run = run,
	.end = end,
};
