/* SPDX-License-Identifier: MIT */
/* ops_log.c - logs of package managers: rotated, compressed, in lines */
#include "config.h"

#include "packages/ops_priv.h"

#include "etcsnap/fileio.h"

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Ceiling in bytes of a log; of a longer one the end is read. */
#define LOG_MAX ((size_t)64 << 20)

/* What is read at once of a compressed log, bytes. */
#define LOG_STEP ((size_t)64 << 10)

/**
 * struct log - a log or what it was rotated into
 * @name:   in its directory
 * @mtime:  of the file, seconds
 * @number: of the rotation, 0 for the newest
 * @packed: compressed
 */
struct log {
	const char *name;
	int64_t mtime;
	unsigned long number;
	bool packed;
};

bool ops_within(const struct ops_reader *r, int64_t when)
{
	return when > r->from && when <= r->to;
}

bool ops_changed(const struct ops_reader *r, const char *path)
{
	ES_CLEANUP(es_closep) int fd = es_open_in_root(r->root, path, O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_mtim.tv_sec >= r->from;
}

static bool is_packing(const char *end)
{
	static const char *const ends[] = { ".gz", ".xz", ".bz2", ".zst" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(end, ends[i]) == 0)
			return true;
	return false;
}

/* NAME, NAME.1, NAME.2.gz, NAME-20260501.xz */
static bool is_log(struct log *out, const char *name, const char *base)
{
	size_t len = strlen(base);
	char *end;

	if (strncmp(name, base, len) != 0)
		return false;
	out->name = name;
	out->number = 0;
	out->packed = false;
	if (name[len] == '\0')
		return true;
	if ((name[len] != '.' && name[len] != '-') || name[len + 1] < '0' ||
	    name[len + 1] > '9')
		return false;
	out->number = strtoul(name + len + 1, &end, 10);
	out->packed = is_packing(end);
	return *end == '\0' || out->packed;
}

/* The oldest first; NAME.2 is older than NAME.1. */
static int by_age(const void *a, const void *b)
{
	const struct log *x = a, *y = b;

	if (x->mtime != y->mtime)
		return x->mtime < y->mtime ? -1 : 1;
	if (x->number != y->number)
		return x->number > y->number ? -1 : 1;
	return strcmp(x->name, y->name);
}

/*
 * Logs of @names, NUL behind each, that were changed after the window's
 * start. Returns their number; @any is set when there is one at all.
 */
static size_t find_logs(struct log *out, size_t max, const struct ops_reader *r,
			int dir, const struct es_buf *names, const char *base,
			bool *any)
{
	const char *const end = es_buf_str(names) + names->len;
	struct stat st;
	size_t n = 0;

	for (const char *name = es_buf_str(names); name < end && n < max;
	     name += strlen(name) + 1) {
		if (!is_log(&out[n], name, base) ||
		    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		*any = true;
		out[n].mtime = st.st_mtim.tv_sec;
		n += out[n].mtime >= r->from;
	}
	qsort(out, n, sizeof(*out), by_age);
	return n;
}

/* What cannot be read any further ends there. */
static void read_packed(struct es_buf *out, int fd)
{
	struct archive_entry *entry;
	struct archive *a = archive_read_new();
	ssize_t n;

	if (!a)
		return;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_fd(a, fd, LOG_STEP) == ARCHIVE_OK &&
	    archive_read_next_header(a, &entry) == ARCHIVE_OK) {
		while (out->len + LOG_STEP <= out->max) {
			char *room = es_buf_reserve(out, LOG_STEP);

			if (!room)
				break;
			n = archive_read_data(a, room, LOG_STEP);
			if (n <= 0)
				break;
			out->len += (size_t)n;
			out->data[out->len] = '\0';
		}
	}
	archive_read_free(a);
}

static void read_log(struct es_buf *out, int dir, const struct log *log)
{
	ES_CLEANUP(es_closep)
	int fd = openat(dir, log->name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	es_buf_reset(out);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (log->packed) {
		read_packed(out, fd);
		return;
	}
	/* The start of a line may be cut off: then it is no line. */
	if (st.st_size > (off_t)(LOG_MAX / 2) &&
	    lseek(fd, st.st_size - (off_t)(LOG_MAX / 2), SEEK_SET) < 0)
		return;
	es_read_fd(out, fd);
}

int ops_log_each(struct ops_reader *r, const char *dir, const char *name,
		 int (*take)(struct ops_reader *r, struct es_buf *text,
			     void *payload),
		 void *payload)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf names = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(LOG_MAX);
	struct es_error ignored = ES_ERROR_INIT;
	struct log logs[256];
	bool any = false;

	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(r->root, dir, O_DIRECTORY);
	if (fd < 0 || pkg_names(&names, fd, &ignored) < 0)
		return 0;
	size_t n = find_logs(logs, sizeof(logs) / sizeof(logs[0]), r, fd,
			     &names, name, &any);
	for (size_t i = 0; i < n; i++) {
		read_log(&text, fd, &logs[i]);
		if (text.len == 0)
			continue;
		int rc = take(r, &text, payload);
		if (rc < 0)
			return rc;
	}
	return any;
}

bool ops_word(struct pkg_line *out, struct pkg_line *line)
{
	while (line->len > 0 && *line->at == ' ') {
		line->at++;
		line->len--;
	}
	if (line->len == 0)
		return false;
	char *end = memchr(line->at, ' ', line->len);
	*out = (struct pkg_line){ line->at,
				  end ? (size_t)(end - line->at) : line->len };
	line->at += out->len;
	line->len -= out->len;
	return true;
}

bool ops_is(const struct pkg_line *word, const char *expected)
{
	return word->len == strlen(expected) &&
	       memcmp(word->at, expected, word->len) == 0;
}

bool ops_begins(struct pkg_line *line, const char *head)
{
	size_t len = strlen(head);

	if (line->len < len || memcmp(line->at, head, len) != 0)
		return false;
	line->at += len;
	line->len -= len;
	return true;
}
