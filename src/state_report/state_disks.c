/* SPDX-License-Identifier: MIT */
/* state_disks.c - how full disks are, and when they will be */
#include "config.h"

#include "state_report/state_report_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* A file system, as one line of mountinfo tells it. */
struct mount {
	char device[32]; /* "8:1" */
	struct es_buf point;
	char type[32];
	struct es_buf source;
	bool read_only;
};

/* Undo \040 and the like. Source: proc(5), /proc/pid/mountinfo. */
static void add_decoded(struct es_buf *out, const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const char *p = word + i;

		if (*p == '\\' && len - i >= 4 && p[1] >= '0' && p[1] <= '3') {
			es_buf_addc(out,
				    (char)((p[1] - '0') << 6 |
					   (p[2] - '0') << 3 | (p[3] - '0')));
			i += 3;
		} else {
			es_buf_addc(out, *p);
		}
	}
}

/* The word at @at, which is moved behind it. */
static const char *word(const char **at, size_t *len)
{
	const char *w = *at + strspn(*at, " ");

	*len = strcspn(w, " \n");
	*at = w + *len;
	return w;
}

static void copy_word(char *out, size_t room, const char *w, size_t len)
{
	snprintf(out, room, "%.*s", (int)len, w);
}

/* "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw" */
static bool parse(struct mount *m, const char *line)
{
	const char *at = line, *w;
	const char *dash = strstr(line, " - ");
	size_t len;

	es_buf_reset(&m->point);
	es_buf_reset(&m->source);
	if (!dash || memchr(line, '\n', (size_t)(dash - line)))
		return false;
	word(&at, &len);
	word(&at, &len);
	w = word(&at, &len);
	copy_word(m->device, sizeof(m->device), w, len);
	word(&at, &len);
	w = word(&at, &len);
	add_decoded(&m->point, w, len);
	w = word(&at, &len);
	m->read_only = len >= 2 && w[0] == 'r' && w[1] == 'o';
	at = dash + 3;
	w = word(&at, &len);
	copy_word(m->type, sizeof(m->type), w, len);
	w = word(&at, &len);
	add_decoded(&m->source, w, len);
	return m->point.len > 0;
}

/*
 * What is on disks of this machine. A server of files that does not answer
 * would hold the report up; images that are full by nature are none of ours.
 */
static bool is_wanted(const struct mount *m)
{
	static const char *const images[] = { "iso9660", "squashfs", "udf",
					      "erofs", "cramfs" };
	static const char *const others[] = { "zfs", "bcachefs" };

	for (size_t i = 0; i < sizeof(images) / sizeof(*images); i++)
		if (strcmp(m->type, images[i]) == 0)
			return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcmp(m->type, others[i]) == 0)
			return true;
	if (strncmp(m->type, "fuse.", 5) == 0)
		return false;
	return strncmp(es_buf_str(&m->source), "/dev/", 5) == 0 ||
	       strcmp(es_buf_str(&m->point), "/") == 0;
}

/* A file system that is mounted in several places is told once. */
static bool is_known(const struct es_doc *list, const char *device)
{
	const struct es_doc *d;

	for (size_t i = 0; (d = es_doc_at(list, i)) != NULL; i++)
		if (strcmp(es_doc_get_str(d, "device_number"), device) == 0)
			return true;
	return false;
}

/* Of what is there for ordinary users, rounded up, as df(1) has it. */
static int64_t percent(uint64_t used, uint64_t free)
{
	uint64_t all = used + free;

	return all ? (int64_t)((100 * used + all - 1) / all) : 0;
}

static void set_sizes(struct es_doc *obj, const struct statvfs *v)
{
	const uint64_t used = v->f_blocks - v->f_bfree;

	es_doc_number(obj, "size", (int64_t)(v->f_blocks * v->f_frsize));
	es_doc_number(obj, "used", (int64_t)(used * v->f_frsize));
	es_doc_number(obj, "free", (int64_t)(v->f_bavail * v->f_frsize));
	es_doc_number(obj, "percent", percent(used, v->f_bavail));
	/* file systems that make inodes as they need them say 0 */
	if (v->f_files)
		es_doc_number(obj, "inodes_percent",
			      percent(v->f_files - v->f_ffree, v->f_favail));
}

/* What the days before say of the days to come; no history, no forecast. */
static int set_trend(struct es_doc *obj, struct state_job *job,
		     const struct mount *m)
{
	const char *point = es_buf_str(&m->point);
	int64_t size = es_doc_get_number(obj, "size", 0);
	int64_t used = es_doc_get_number(obj, "used", 0);
	struct trend_forecast f =
		trend_forecast(&job->trend, point, job->today, size, used,
			       es_doc_get_number(obj, "free", 0));

	es_doc_number(obj, "trend_days", (int64_t)f.days);
	if (f.days > 1)
		es_doc_number(obj, "per_day", f.per_day);
	if (f.left >= 0 && !m->read_only)
		es_doc_number(obj, "days_to_full", f.left);
	trend_history(es_doc_array(obj, "history"), &job->trend, point);
	return 0;
}

static int set_disk(struct state_job *job, struct es_doc *list,
		    const struct mount *m)
{
	const char *point = es_buf_str(&m->point);
	ES_CLEANUP(es_closep)
	int fd = openat(job->root, point[1] ? point + 1 : ".",
			O_PATH | O_CLOEXEC);
	struct es_doc *obj;
	struct statvfs v;

	if (fd < 0 || fstatvfs(fd, &v) < 0 || v.f_blocks == 0)
		return 0;
	obj = es_doc_push(list);
	es_doc_text(obj, "mount", point, m->point.len);
	es_doc_text(obj, "device", es_buf_str(&m->source), m->source.len);
	es_doc_str(obj, "device_number", m->device);
	es_doc_str(obj, "type", m->type);
	es_doc_bool(obj, "read_only", m->read_only);
	set_sizes(obj, &v);
	return set_trend(obj, job, m);
}

int state_disks(struct state_job *job)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 24);
	struct es_doc *list = es_doc_array(job->doc, "disks");
	struct mount m = { .point = ES_BUF_INIT(1 << 16),
			   .source = ES_BUF_INIT(1 << 16) };
	int rc = 0;

	/* that of process 1: ours may be one that hides something */
	if (!state_read(&b, job, "proc/1/mountinfo") &&
	    !state_read(&b, job, "proc/self/mountinfo"))
		state_note(job, "mounts are not known: proc cannot be read");
	for (const char *line = es_buf_str(&b); *line && rc == 0;) {
		if (parse(&m, line) && is_wanted(&m) &&
		    !is_known(list, m.device))
			rc = set_disk(job, list, &m);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	es_buf_dispose(&m.point);
	es_buf_dispose(&m.source);
	return rc;
}
