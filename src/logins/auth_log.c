/* SPDX-License-Identifier: MIT */
/* auth_log.c - text logs of the authentication facility */
#include "config.h"

#include "logins/logins_priv.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Of Debian, of Red Hat, and where everything goes into one. */
static const char *const names[] = { "auth.log", "secure", "messages" };

/* Bytes of a line that are looked at. */
#define LINE_MAX_LEN ((size_t)8 << 10)

/* A log is looked into at such steps from its end, and at so many of them. */
#define STEP ((uint64_t)1 << 20)
#define STEPS_MAX 256

/* Clocks are set, and lines come late. */
#define DAY_SECONDS ((int64_t)24 * 3600)
#define YEAR_SECONDS ((int64_t)31556952)

/**
 * struct auth - a log on its way into lines
 * @logs:  where switches go
 * @years: of lines that have no year
 * @known: @years are known
 * @dry:   a first pass, for the years alone
 * @first: year of the first line, in the first pass
 * @last:  time of the last line, in the first pass
 * @mtime: of the file
 * @len:   bytes of @line
 * @skip:  what comes before the first newline is passed over
 * @line:  begin of a line
 */
struct auth {
	struct lg_logs *logs;
	struct lg_years years;
	bool known;
	bool dry;
	int first;
	int64_t last;
	int64_t mtime;
	size_t len;
	bool skip;
	char line[LINE_MAX_LEN + 1];
};

static int year_of(int64_t when)
{
	const time_t t = (time_t)when;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_year + 1900 : 1970;
}

/* The first line that has a stamp is taken to be less than a year old. */
static void find_year(struct auth *a)
{
	const int64_t when = lg_line_stamp(a->line, a->mtime + DAY_SECONDS);

	if (when < 0)
		return;
	a->years = (struct lg_years){ year_of(when), -1 };
	a->known = true;
}

static int end_line(struct auth *a)
{
	const char *tool = NULL;
	int64_t when = INT64_MIN;

	a->line[a->len] = '\0';
	if (!a->known)
		find_year(a);
	if (!a->known)
		return 0;
	if (a->first == 0)
		a->first = a->years.year;
	char *const message = lg_line_split(&when, &tool, a->line, &a->years);
	if (!a->dry)
		return message ? lg_switch_message(a->logs, when, tool, message)
			       : 0;
	if (when != INT64_MIN)
		a->last = when;
	/* A stamp that has a year: nothing is to be found out. */
	return when != INT64_MIN && a->years.day < 0;
}

static int take_bytes(void *payload, const char *data, size_t len)
{
	struct auth *const a = payload;
	int rc = 0;

	while (rc == 0 && len > 0) {
		const char *const stop = memchr(data, '\n', len);
		const size_t all = stop ? (size_t)(stop - data) : len;
		const size_t room = LINE_MAX_LEN - a->len;
		const size_t n = all < room ? all : room;

		memcpy(a->line + a->len, data, n);
		a->len += n;
		data += all + (stop != NULL);
		len -= all + (stop != NULL);
		if (!stop)
			break;
		if (!a->skip)
			rc = end_line(a);
		a->skip = false;
		a->len = 0;
	}
	return rc;
}

/* The time of the first whole line behind an offset, -1 when there is none. */
static int64_t stamp_at(int fd, uint64_t at, int64_t latest)
{
	char text[LINE_MAX_LEN + 1];
	const ssize_t n = pread(fd, text, LINE_MAX_LEN, (off_t)at);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	const char *line = at ? memchr(text, '\n', (size_t)n) : text;
	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		const int64_t when = lg_line_stamp(line, latest);
		if (when >= 0)
			return when;
	}
	return -1;
}

/* Goes back until before the window; the way tells the year, too. */
static uint64_t find_begin(struct auth *a, int fd, uint64_t size)
{
	int64_t latest = a->mtime + DAY_SECONDS;
	uint64_t at = size;

	for (int i = 0; at > 0 && i < STEPS_MAX; i++) {
		at = at > STEP ? at - STEP : 0;
		const int64_t when = stamp_at(fd, at, latest);

		if (when < 0)
			continue;
		latest = when + DAY_SECONDS;
		a->years = (struct lg_years){ year_of(when), -1 };
		a->known = true;
		if (when < a->logs->from - DAY_SECONDS)
			break;
	}
	a->skip = at > 0;
	return at;
}

/*
 * A log that nobody rotates holds more than a year. If its years, counted from
 * the first line, lead beyond the time of the file, the first is older.
 */
static int correct_years(struct auth *a, int fd, bool packed, uint64_t at)
{
	const int64_t limit = a->mtime + DAY_SECONDS;
	const bool skip = a->skip;

	a->dry = true;
	a->last = INT64_MIN;
	const int rc = lg_stream(fd, packed, at, take_bytes, a);
	a->dry = false;
	if (rc < 0)
		return rc;
	int years = 0;
	for (; a->last - years * YEAR_SECONDS > limit + DAY_SECONDS; years++)
		;
	if (a->known)
		a->years = (struct lg_years){ a->first - years, -1 };
	a->skip = skip;
	a->len = 0;
	return lseek(fd, 0, SEEK_SET) < 0 ? 1 : 0;
}

static int read_file(struct lg_logs *logs, const struct lg_files *files,
		     const struct lg_file *file)
{
	ES_CLEANUP(es_closep) int fd = lg_open_file(files->dir, file->name);
	ES_CLEANUP(es_freep) struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	if (fd < 0)
		return 0;
	a->logs = logs;
	a->mtime = file->mtime;
	a->years.day = -1;
	const uint64_t at = file->packed ? 0 : find_begin(a, fd, file->size);
	const int rc = correct_years(a, fd, file->packed, at);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	/* A last line without its end is being written. */
	return lg_stream(fd, file->packed, at, take_bytes, a);
}

int lg_auth_read(struct lg_logs *logs)
{
	int found = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ES_CLEANUP(lg_files_dispose)
		struct lg_files files = LG_FILES_INIT;
		int rc = lg_files_find(&files, logs->root, "var/log", names[i]);

		for (size_t k = files.n; rc == 0 && k-- > 0;) {
			if (files.list[k].mtime < logs->from)
				continue;
			rc = read_file(logs, &files, &files.list[k]);
			found = 1;
		}
		if (rc < 0)
			return rc;
		/* The last one has everything else, too. */
		if (found)
			break;
	}
	return found;
}
