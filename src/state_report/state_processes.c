/* SPDX-License-Identifier: MIT */
/* state_processes.c - which processes took most time, and have most memory */
#include "config.h"

#include "state_report/state_report_priv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Processes that are told, by each measure. */
#define TOP 5
/* Room for a process's name; the kernel has 15 bytes of it. */
#define NAME_LEN 64

struct process {
	int64_t pid;
	int64_t cpu;	/* seconds since it was started */
	int64_t memory; /* bytes */
	uint32_t uid;
	char name[NAME_LEN];
};

enum measure {
	BY_CPU,
	BY_MEMORY,
	MEASURES,
};

static int64_t value_of(const struct process *p, enum measure by)
{
	return by == BY_CPU ? p->cpu : p->memory;
}

/* The few with the most, greatest first. */
struct top {
	struct process items[TOP];
	size_t n;
};

static void offer(struct top *t, const struct process *p, enum measure by)
{
	size_t i = t->n < TOP ? t->n++ : TOP;

	for (; i > 0 && value_of(&t->items[i - 1], by) < value_of(p, by); i--)
		if (i < TOP)
			t->items[i] = t->items[i - 1];
	if (i < TOP)
		t->items[i] = *p;
}

/*
 * "17 (name) S …": the name may hold anything, so the last bracket ends it.
 * Source: proc(5), /proc/pid/stat; utime is field 14, rss 24; field 3 is the
 * first behind the name.
 */
static bool parse(struct process *p, const struct es_buf *stat, int64_t ticks,
		  int64_t page)
{
	const char *open = strchr(es_buf_str(stat), '(');
	const char *close = strrchr(es_buf_str(stat), ')');
	uint64_t utime, stime, rss;

	if (!open || !close || close < open ||
	    !state_column(close + 1, 14 - 3, &utime) ||
	    !state_column(close + 1, 15 - 3, &stime) ||
	    !state_column(close + 1, 24 - 3, &rss))
		return false;
	p->cpu = (int64_t)(utime + stime) / ticks;
	p->memory = (int64_t)rss * page;
	snprintf(p->name, sizeof(p->name), "%.*s", (int)(close - open - 1),
		 open + 1);
	return true;
}

static bool read_process(struct process *p, const struct state_job *job,
			 const char *pid)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "proc/%.20s/stat", pid);
	if (!state_read(&b, job, path) ||
	    !parse(p, &b, sysconf(_SC_CLK_TCK), sysconf(_SC_PAGESIZE)))
		return false;
	p->pid = strtoll(pid, NULL, 10);
	snprintf(path, sizeof(path), "proc/%.20s", pid);
	if (fstatat(job->root, path, &st, 0) < 0)
		return false;
	p->uid = st.st_uid;
	return true;
}

static void set_top(struct es_doc *obj, const char *key,
		    const struct state_job *job, const struct top *t)
{
	struct es_doc *list = es_doc_array(obj, key);

	for (size_t i = 0; i < t->n; i++) {
		const struct process *p = &t->items[i];
		struct es_doc *item = es_doc_push(list);
		const char *user = NULL;
		char uid[16];

		if (job->in->ids)
			user = es_ids_user(job->in->ids, p->uid);
		snprintf(uid, sizeof(uid), "%" PRIu32, p->uid);
		es_doc_number(item, "pid", p->pid);
		es_doc_str(item, "name", p->name);
		es_doc_str(item, "user", user ? user : uid);
		es_doc_number(item, "cpu", p->cpu);
		es_doc_number(item, "memory", p->memory);
	}
}

int state_processes(struct state_job *job)
{
	ES_CLEANUP(es_closedirp) DIR *dir = NULL;
	struct top top[MEASURES] = { 0 };
	struct es_doc *obj;
	struct dirent *d;
	int64_t n = 0;
	int fd = openat(job->root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((d = readdir(dir)) != NULL) {
		struct process p;

		if (!isdigit((unsigned char)*d->d_name) ||
		    !read_process(&p, job, d->d_name))
			continue;
		n++;
		for (int by = 0; by < MEASURES; by++)
			offer(&top[by], &p, (enum measure)by);
	}
	if (n == 0)
		return 0;
	obj = es_doc_object(job->doc, "processes");
	es_doc_number(obj, "count", n);
	set_top(obj, "cpu", job, &top[BY_CPU]);
	set_top(obj, "memory", job, &top[BY_MEMORY]);
	return 0;
}
