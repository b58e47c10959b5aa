/* SPDX-License-Identifier: MIT */
/* state_raid.c - whether all disks of arrays and pools are there */
#include "config.h"

#include "state_report/state_report_priv.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static const char *line_end(const char *line)
{
	return line + strcspn(line, "\n");
}

/* Find a text in a line; NULL when it is not in it. */
static const char *in_line(const char *line, const char *text)
{
	return memmem(line, (size_t)(line_end(line) - line), text,
		      strlen(text));
}

static size_t count(const char *line, const char *text)
{
	size_t n = 0;

	while ((line = in_line(line, text)) != NULL) {
		line += strlen(text);
		n++;
	}
	return n;
}

/* "md0 : active raid1 sdb1[1](F) sda1[0]" */
static struct es_doc *begin_array(struct es_doc *list, const char *line)
{
	struct es_doc *obj = es_doc_push(list);
	const char *state = in_line(line, " : ") + 3;
	size_t len = strcspn(state, " \n");
	const char *level = state + len;

	level += strspn(level, " ");
	/* "(auto-read-only)" may stand before it */
	if (*level == '(') {
		level += strcspn(level, " \n");
		level += strspn(level, " ");
	}
	es_doc_str(obj, "kind", "md");
	es_doc_text(obj, "name", line, strcspn(line, " "));
	es_doc_text(obj, "state", state, len);
	if (strncmp(state, "active", len) == 0)
		es_doc_text(obj, "level", level, strcspn(level, " \n"));
	es_doc_number(obj, "failed", (int64_t)count(line, "(F)"));
	es_doc_bool(obj, "degraded",
		    strncmp(state, "active", 6) != 0 || count(line, "(F)"));
	return obj;
}

/* "  1046528 blocks super 1.2 [2/1] [U_]" */
static void take_disks(struct es_doc *obj, const char *line)
{
	const char *at = in_line(line, "[");
	char *end;

	while (at && at < line_end(line) && !(at[1] >= '0' && at[1] <= '9'))
		at = in_line(at + 1, "[");
	if (!at)
		return;
	long all = strtol(at + 1, &end, 10);
	if (*end != '/')
		return;
	long there = strtol(end + 1, &end, 10);
	es_doc_number(obj, "disks", all);
	es_doc_number(obj, "active", there);
	if (there < all)
		es_doc_bool(obj, "degraded", true);
}

/* "  [=>...]  recovery = 12.6% (1/8) finish=127.5min speed=33440K/sec" */
static void take_action(struct es_doc *obj, const char *line)
{
	static const char *const actions[] = { "recovery", "resync", "reshape",
					       "check", "repair" };

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		const char *at = in_line(line, actions[i]);

		if (at) {
			es_doc_text(obj, "action", at,
				    (size_t)(line_end(line) - at));
			return;
		}
	}
}

static void read_md(struct es_doc *list, const struct es_buf *text)
{
	struct es_doc *obj = NULL;

	for (const char *line = es_buf_str(text); *line;) {
		if (strncmp(line, "md", 2) == 0 && in_line(line, " : "))
			obj = begin_array(list, line);
		else if (*line != ' ')
			obj = NULL;
		else if (obj && in_line(line, "blocks"))
			take_disks(obj, line);
		else if (obj)
			take_action(obj, line);
		line = line_end(line);
		line += *line == '\n';
	}
}

/* A pool's state, as the module tells it without any program. */
static void read_pool(struct es_doc *list, const struct state_job *job,
		      const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(4096);
	ES_CLEANUP(es_buf_dispose) struct es_buf state = ES_BUF_INIT(4096);
	struct es_doc *obj;

	es_buf_addf(&path, "proc/spl/kstat/zfs/%s/state", name);
	if (path.failed || !state_read(&state, job, es_buf_str(&path)))
		return;
	obj = es_doc_push(list);
	es_doc_str(obj, "kind", "zfs");
	es_doc_str(obj, "name", name);
	es_doc_text(obj, "state", es_buf_str(&state),
		    strcspn(es_buf_str(&state), "\n"));
	es_doc_bool(obj, "degraded",
		    strncmp(es_buf_str(&state), "ONLINE", 6) != 0);
}

static void read_zfs(struct es_doc *list, const struct state_job *job)
{
	ES_CLEANUP(es_closedirp) DIR *dir = NULL;
	struct dirent *d;
	int fd = openat(job->root, "proc/spl/kstat/zfs",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL)
		if (*d->d_name != '.')
			read_pool(list, job, d->d_name);
}

void state_raid(struct state_job *job)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_doc *list = es_doc_array(job->doc, "raid");

	if (state_read(&b, job, "proc/mdstat"))
		read_md(list, &b);
	read_zfs(list, job);
}
