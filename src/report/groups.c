/* SPDX-License-Identifier: MIT */
/* groups.c - fold what needs no line of its own */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/strmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Fewer paths below one directory are told one by one. */
#define DIRECTORY_MIN 10
/* So many that are gone at once are a loss until somebody says otherwise. */
#define LOSS_MIN 100

/* Returns the number of a new group, or -1 without memory. */
static int add_group(struct report_job *job, const char *kind)
{
	if (job->n_groups == job->cap_groups) {
		size_t cap = job->cap_groups ? job->cap_groups * 2 : 16;
		struct report_group *grown =
			reallocarray(job->groups, cap, sizeof(*grown));

		if (!grown)
			return -1;
		job->groups = grown;
		job->cap_groups = cap;
	}
	job->groups[job->n_groups] = (struct report_group){ .kind = kind };
	return (int)job->n_groups++;
}

static void join(struct report_job *job, size_t note, int group)
{
	struct report_note *n = &job->notes[note];
	struct report_group *g = &job->groups[group];

	n->group = group;
	g->count++;
	if (n->severity > g->severity)
		g->severity = n->severity;
	if (g->named < REPORT_GROUP_PATHS)
		g->members[g->named++] = (uint32_t)note;
}

/* Puts a note into the one group of a kind, which is made by the first. */
static int join_kind(struct report_job *job, size_t note, const char *kind,
		     int *group)
{
	if (*group < 0)
		*group = add_group(job, kind);
	if (*group < 0)
		return -ENOMEM;
	join(job, note, *group);
	return 0;
}

/* What must be seen is not folded, whatever else is said of it. */
static bool stands_out(const struct report_note *n)
{
	return n->privileged || n->why == WHY_DIFFERS;
}

static int package_group(struct report_job *job, const struct es_package_op *op)
{
	int group;

	for (size_t i = job->n_groups; i-- > 0;)
		if (job->groups[i].op == op)
			return (int)i;
	group = add_group(job, "package");
	if (group >= 0)
		job->groups[group].op = op;
	return group;
}

static bool is_directory(const struct es_change *c)
{
	const struct es_entry *e = c->new ? c->new : c->old;

	return e->type == ES_TYPE_DIR;
}

static void count_package(struct report_group *g, const struct report_note *n)
{
	enum es_package_verdict v =
		n->seen ? n->seen->verdict : ES_PACKAGE_UNKNOWN;

	g->conffiles += v == ES_PACKAGE_CONF_NEW || n->beside;
	/* what has no checksum and was only touched is as it was */
	g->match += n->change->kind == ES_CHANGE_TOUCHED ||
		    is_directory(n->change) || v == ES_PACKAGE_MATCH ||
		    v == ES_PACKAGE_GONE || v == ES_PACKAGE_CONF_NEW;
}

/* Changes that a package operation explains, by package. */
static int fold_packages(struct report_job *job)
{
	int all = -1;

	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];
		int group;

		if (n->why == WHY_PACKAGE && !n->op &&
		    join_kind(job, i, "packages", &all) < 0)
			return -ENOMEM;
		if (n->why != WHY_PACKAGE || !n->op || stands_out(n))
			continue;
		group = package_group(job, n->op);
		if (group < 0)
			return -ENOMEM;
		join(job, i, group);
		count_package(&job->groups[group], n);
	}
	return 0;
}

/* Files of the folded packages that are told alone all the same. */
static void count_differing(struct report_job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];

		for (size_t k = 0; n->op && n->group < 0 && k < job->n_groups;
		     k++) {
			struct report_group *g = &job->groups[k];

			if (g->op != n->op)
				continue;
			g->differs += n->why == WHY_DIFFERS;
			g->conffiles += n->why == WHY_CONFFILE;
		}
	}
}

/* One line for each file that changes again and again and matters little. */
static int fold_flapping(struct report_job *job)
{
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];
		int group;

		if (n->why != WHY_FLAPPING || stands_out(n) ||
		    n->severity > ES_SEVERITY_NOTICE)
			continue;
		group = add_group(job, "flapping");
		if (group < 0)
			return -ENOMEM;
		join(job, i, group);
		job->groups[group].times = n->times;
	}
	return 0;
}

static bool is_whole_kind(enum es_change_kind kind)
{
	return kind == ES_CHANGE_ADDED || kind == ES_CHANGE_REMOVED ||
	       kind == ES_CHANGE_RENAMED;
}

/* Whether a change may be told by its directory alone. */
static bool is_minor(const struct report_note *n)
{
	return n->group < 0 && n->part == PART_FILES && !stands_out(n) &&
	       n->severity <= ES_SEVERITY_NOTICE &&
	       (n->why == WHY_NOTHING || n->why == WHY_RENAME ||
		n->why == WHY_OUTDATED) &&
	       is_whole_kind(n->change->kind);
}

/* Key of a directory of one kind of change: the kind, then the path. */
static void *get(const struct es_strmap *m, const struct es_change *c,
		 size_t len, struct es_buf *key)
{
	es_buf_reset(key);
	es_buf_addc(key, (char)('a' + (int)c->kind));
	es_buf_add(key, c->path, len);
	return es_strmap_get(m, es_buf_str(key), key->len);
}

/*
 * The directory that stands for a change: the outermost one that came or went
 * with it, else the one that it is in.
 */
static size_t directory_of(const struct es_strmap *whole,
			   const struct es_change *c, struct es_buf *key)
{
	const char *slash;

	for (size_t i = 1; i <= c->len; i++)
		if ((i == c->len || c->path[i] == '/') && get(whole, c, i, key))
			return i;
	slash = memrchr(c->path, '/', c->len);
	return slash && slash > c->path ? (size_t)(slash - c->path) : 1;
}

/* Directories that came or went as a whole. */
static int find_whole(struct report_job *job, struct es_strmap *whole,
		      struct es_buf *key)
{
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];

		if (!is_minor(n) || !is_directory(n->change))
			continue;
		get(whole, n->change, n->change->len, key);
		if (es_strmap_put(whole, es_buf_str(key), key->len, n) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* How many changes each directory stands for; counts are put as pointers. */
static int count_directories(struct report_job *job, struct es_strmap *whole,
			     struct es_strmap *counts, struct es_buf *key)
{
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];
		uintptr_t count;
		size_t len;

		if (!is_minor(n))
			continue;
		len = directory_of(whole, n->change, key);
		count = (uintptr_t)get(counts, n->change, len, key) + 1;
		if (key->failed || es_strmap_put(counts, es_buf_str(key),
						 key->len, (void *)count) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int join_directories(struct report_job *job, struct es_strmap *whole,
			    struct es_strmap *counts, struct es_strmap *groups,
			    struct es_buf *key)
{
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];
		uintptr_t found;
		size_t len;
		int group;

		if (!is_minor(n))
			continue;
		len = directory_of(whole, n->change, key);
		if ((uintptr_t)get(counts, n->change, len, key) < DIRECTORY_MIN)
			continue;
		found = (uintptr_t)es_strmap_get(groups, es_buf_str(key),
						 key->len);
		group = found ? (int)(found - 1) : add_group(job, "directory");
		if (group < 0 ||
		    (!found &&
		     es_strmap_put(groups, es_buf_str(key), key->len,
				   (void *)((uintptr_t)group + 1)) < 0))
			return -ENOMEM;
		job->groups[group].directory = n->change->path;
		job->groups[group].directory_len = len;
		job->groups[group].change = n->change->kind;
		join(job, i, group);
	}
	return 0;
}

static int fold_directories(struct report_job *job)
{
	ES_CLEANUP(es_strmap_freep) struct es_strmap *whole = es_strmap_new();
	ES_CLEANUP(es_strmap_freep) struct es_strmap *counts = es_strmap_new();
	ES_CLEANUP(es_strmap_freep) struct es_strmap *groups = es_strmap_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(1 << 20);

	if (!whole || !counts || !groups || find_whole(job, whole, &key) < 0 ||
	    count_directories(job, whole, counts, &key) < 0)
		return -ENOMEM;
	return join_directories(job, whole, counts, groups, &key);
}

/* Each may matter little: that all of them went does not. */
static void weigh_losses(struct report_job *job)
{
	for (size_t i = 0; i < job->n_groups; i++) {
		struct report_group *g = &job->groups[i];

		if (g->directory && g->change == ES_CHANGE_REMOVED &&
		    g->count >= LOSS_MIN && g->severity < ES_SEVERITY_WARNING)
			g->severity = ES_SEVERITY_WARNING;
	}
}

/* A program that went is told, though it hardly matters. */
static bool is_of_programs(const struct es_change *c)
{
	const char *name = memrchr(c->path, '/', c->len);
	size_t len = (size_t)(name - c->path);

	return (len >= 4 && memcmp(name - 4, "/bin", 4) == 0) ||
	       (len >= 5 && memcmp(name - 5, "/sbin", 5) == 0);
}

/* What older versions of packages had, where no directory tells of it. */
static int fold_outdated(struct report_job *job)
{
	int outdated = -1;
	int rc = 0;

	for (size_t i = 0; i < job->n && rc == 0; i++) {
		const struct report_note *n = &job->notes[i];

		if (n->why == WHY_OUTDATED && is_minor(n) &&
		    !is_of_programs(n->change))
			rc = join_kind(job, i, "outdated", &outdated);
	}
	return rc;
}

/* What the rules did, and what was only touched. */
static int fold_rest(struct report_job *job)
{
	int watched = -1, unwatched = -1, touched = -1;
	int rc = 0;

	for (size_t i = 0; i < job->n && rc == 0; i++) {
		struct report_note *n = &job->notes[i];

		if (n->group >= 0 || n->severity > ES_SEVERITY_INFO ||
		    stands_out(n))
			continue;
		if (n->change->kind == ES_CHANGE_WATCHED)
			rc = join_kind(job, i, "watched", &watched);
		else if (n->change->kind == ES_CHANGE_UNWATCHED)
			rc = join_kind(job, i, "unwatched", &unwatched);
		else if (n->change->kind == ES_CHANGE_TOUCHED)
			rc = join_kind(job, i, "touched", &touched);
	}
	return rc;
}

static int fold_rekeyed(struct report_job *job)
{
	size_t n = es_delta_rekeyed(job->in->delta);
	int group;

	if (n == 0)
		return 0;
	group = add_group(job, "rekeyed");
	if (group < 0)
		return -ENOMEM;
	job->groups[group].count = n;
	job->groups[group].severity = ES_SEVERITY_INFO;
	return 0;
}

int report_fold(struct report_job *job, struct es_error *err)
{
	if (fold_packages(job) < 0 || fold_flapping(job) < 0 ||
	    fold_directories(job) < 0 || fold_outdated(job) < 0 ||
	    fold_rest(job) < 0 || fold_rekeyed(job) < 0)
		return es_fail_oom(err);
	weigh_losses(job);
	count_differing(job);
	return 0;
}
