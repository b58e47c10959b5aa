/* SPDX-License-Identifier: MIT */
/* verify_packages.c - installed files against checksums of their packages */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/packages.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS_MAX 8
/* Files between two words about how far it is. */
#define STEP 1024

struct task {
	char *path; /* owned */
	size_t len;
	struct es_package_file file;
};

struct job {
	struct es_verify *v;
	struct es_excluded *excluded;
	int root;
	struct task *tasks;
	size_t n;
	size_t cap;
	pthread_mutex_t lock; /* guards next */
	size_t next;
};

static void job_dispose(struct job *j)
{
	for (size_t i = 0; i < j->n; i++)
		free(j->tasks[i].path);
	free(j->tasks);
	es_excluded_free(j->excluded);
	es_closep(&j->root);
	pthread_mutex_destroy(&j->lock);
}

/* Configuration files are their administrator's; what has no checksum cannot
 * be compared. */
static int add_task(void *payload, const char *path, size_t len,
		    const struct es_package_file *file)
{
	struct job *j = payload;

	if (file->conffile || file->kind == ES_PACKAGE_NONE)
		return 0;
	if (j->n == j->cap) {
		const size_t cap = j->cap ? 2 * j->cap : 4096;
		struct task *more = reallocarray(j->tasks, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		j->tasks = more;
		j->cap = cap;
	}
	j->tasks[j->n] = (struct task){ strndup(path, len), len, *file };
	return j->tasks[j->n].path ? (j->n++, 0) : -ENOMEM;
}

static void tell(struct job *j, const struct task *t, const char *problem)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf advice = ES_BUF_INIT(4096);
	const struct es_package *p = t->file.package;
	const char *how = strcmp(p->manager, "dpkg") == 0
				  ? "apt-get install --reinstall"
			  : strcmp(p->manager, "rpm") == 0 ? "dnf reinstall"
			  : strcmp(p->manager, "apk") == 0 ? "apk fix"
							   : "pacman -S";

	es_buf_addf(&advice, "'%s %s' puts it back", how, p->name);

	const struct es_verify_about about = { "package", t->path, t->len,
					       es_buf_str(&advice) };

	es_verify_tell(j->v, ES_VERIFY_BAD, &about, "%s %s %s", problem,
		       p->name, p->version);
}

static void tell_unread(struct job *j, const struct task *t, int rc)
{
	const struct es_verify_about about = { "package", t->path, t->len,
					       NULL };

	es_verify_tell(j->v, ES_VERIFY_WARNING, &about, "cannot be read: %s",
		       strerror(-rc));
}

/* What is wrong with a file, NULL nothing. 0, or negative: it is unreadable. */
static int judge(struct job *j, const struct task *t, const char **problem)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(j->root, t->path, O_RDONLY);
	struct stat sb;
	int rc = fd < 0 ? -errno : 0;

	*problem = NULL;
	if (rc == -ENOENT || rc == -ENOTDIR || rc == -ELOOP) {
		if (!es_excluded_has(j->excluded, t->path))
			*problem = "is missing, it belongs to";
		return 0;
	}
	if (rc >= 0 && fstat(fd, &sb) < 0)
		rc = -errno;
	/* a socket, or a device that is not there */
	if (rc == -ENXIO || (rc >= 0 && !S_ISREG(sb.st_mode))) {
		*problem = "is no regular file as in";
		return 0;
	}
	if (rc >= 0)
		rc = es_packages_check(&t->file, fd);
	if (rc == 0)
		*problem = "differs from";
	return rc < 0 && rc != -ENOTSUP ? rc : 0;
}

/* Whether it is a link, and the one that the package has. */
static bool is_link_of(const struct job *j, const struct task *t)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(j->root, t->path, O_PATH | O_NOFOLLOW);

	return fd >= 0 && es_packages_check_link(&t->file, fd) == 1;
}

static void check(struct job *j, const struct task *t)
{
	const char *problem;
	const int rc = judge(j, t, &problem);

	if ((rc < 0 || problem) && is_link_of(j, t))
		return;
	if (rc < 0)
		tell_unread(j, t, rc);
	else if (problem)
		tell(j, t, problem);
}

static void *work(void *payload)
{
	struct job *j = payload;

	for (;;) {
		pthread_mutex_lock(&j->lock);

		const size_t i = j->next++;

		if (i % STEP == STEP - 1 && j->v->o->progress)
			j->v->o->progress(j->v->o->payload, i, 0);
		pthread_mutex_unlock(&j->lock);
		if (i >= j->n)
			return NULL;
		check(j, &j->tasks[i]);
	}
}

static void work_all(struct job *j)
{
	pthread_t threads[THREADS_MAX];
	long n = j->v->o->threads ? (long)j->v->o->threads
				  : sysconf(_SC_NPROCESSORS_ONLN);
	int started = 0;

	if (n > THREADS_MAX)
		n = THREADS_MAX;
	while (j->n > 64 && started + 1 < n &&
	       pthread_create(&threads[started], NULL, work, j) == 0)
		started++;
	work(j);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

static int cmp_task(const void *va, const void *vb)
{
	const struct task *a = va;
	const struct task *b = vb;

	return strcmp(a->path, b->path);
}

int es_verify_packages(struct es_verify *v, struct es_error *err)
{
	ES_CLEANUP(es_packages_freep) struct es_packages *packages = NULL;
	ES_CLEANUP(job_dispose)
	struct job j = {
		.v = v,
		.root = -1,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	int rc;

	j.root = open(v->s->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (j.root < 0)
		return es_fail_errno(err, "cannot open %s", ES_Q(v->s->root));
	if (es_packages_open(&packages, v->s->root, err) < 0 ||
	    es_excluded_new(&j.excluded, v->s->root, err) < 0)
		return err->code;
	if (es_packages_count(packages) == 0) {
		const struct es_verify_about about = { "package", v->s->root,
						       strlen(v->s->root),
						       NULL };

		es_verify_tell(v, ES_VERIFY_WARNING, &about,
			       "no package database is known there");
		return 0;
	}
	rc = es_packages_each_file(packages, add_task, &j, err);
	if (rc < 0)
		return err->code ? rc : es_fail_oom(err);
	if (j.n)
		qsort(j.tasks, j.n, sizeof(*j.tasks), cmp_task);
	v->totals->packaged = j.n;
	work_all(&j);
	return 0;
}
