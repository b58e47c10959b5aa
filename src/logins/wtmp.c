/* SPDX-License-Identifier: MIT */
/* wtmp.c - sessions from wtmp and what rotation made of it */
#include "config.h"

#include "logins/logins_priv.h"

#include "etcsnap/fileio.h"

#include <fcntl.h>

/*
 * Sessions of the window may have begun long before it. So the way goes back
 * from the end to the last boot or shutdown before the window, since nothing
 * that was open before that one was open after it; and from there forward.
 * A machine that runs for years has none. There it ends after the first
 * AT_LEAST records that are older than the horizon, and after AT_MOST in any
 * case. As a clock may have been wrong for a while, one record says nothing
 * about those before it: AGREEING ones in a row do.
 */
#define AT_LEAST 100000
#define AT_MOST 1000000
#define AGREEING 1000

/**
 * struct search - the way back
 * @layout: of the file that is looked at
 * @from:   start of the window
 * @seen:   records so far
 * @old:    how many in a row are older than the horizon
 * @calm:   how many in a row since the boot are older than the window
 * @now:    index of the file that is looked at
 * @found:  there is a boot or shutdown before the window
 * @file:   index of the file to begin with
 * @at:     offset in it
 */
struct search {
	struct lg_layout layout;
	int64_t from;
	uint64_t seen;
	uint64_t old;
	uint64_t calm;
	size_t now;
	bool found;
	size_t file;
	uint64_t at;
};

static bool is_end_of_all(const struct search *s, const unsigned char *raw)
{
	struct lg_record r;

	/* Most records are on a line, and need no closer look. */
	if (lg_record_line(raw) != '~' || !lg_record_read(&r, raw, &s->layout))
		return false;
	const enum lg_event event = lg_record_event(&r);
	return event == LG_BOOT || event == LG_DOWN;
}

static int look(void *payload, const unsigned char *raw, uint64_t at)
{
	struct search *const s = payload;
	const int64_t when = lg_record_time(raw, &s->layout);

	s->seen++;
	s->old = when < s->from - LG_HORIZON ? s->old + 1 : 0;
	s->calm++;
	if (when >= s->from)
		s->found = false;
	if (!s->found) {
		s->file = s->now;
		s->at = at;
	}
	if (!s->found && when < s->from && is_end_of_all(s, raw)) {
		s->found = true;
		s->calm = 0;
	}
	return (s->found && s->calm >= AGREEING) || s->seen >= AT_MOST ||
	       (s->seen >= AT_LEAST && s->old >= AGREEING);
}

/* Whether a file that is next on the way back can matter. */
static bool matters(const struct search *s, const struct lg_file *file)
{
	if (file->current)
		return true;
	return file->mtime >= (s->found ? s->from : s->from - LG_HORIZON);
}

static int look_into(struct search *s, const struct lg_files *files, size_t i)
{
	const struct lg_file *const file = &files->list[i];

	/* From its begin, where it cannot be read from its end. */
	s->now = i;
	if (!s->found) {
		s->file = i;
		s->at = 0;
	}
	if (file->packed)
		return 0;
	ES_CLEANUP(es_closep) int fd = lg_open_file(files->dir, file->name);
	if (fd < 0)
		return 0;
	lg_layout_of(&s->layout, fd, file->size);
	return lg_scan_back(fd, &s->layout, file->size, look, s);
}

static int push_file(struct lg_pairing *p, const struct lg_files *files,
		     size_t i, uint64_t at)
{
	ES_CLEANUP(es_closep)
	int fd = lg_open_file(files->dir, files->list[i].name);

	if (fd < 0)
		return 0;
	return lg_scan(fd, &files->list[i], at, lg_pairing_push, p);
}

int lg_wtmp_read(struct lg_logs *logs)
{
	ES_CLEANUP(lg_files_dispose) struct lg_files files = LG_FILES_INIT;
	ES_CLEANUP(lg_pairing_dispose) struct lg_pairing p = { 0 };
	struct search s = { .from = logs->from };
	/* An empty one says that nobody logged in. */
	ES_CLEANUP(es_closep)
	int there = es_open_in_root(logs->root, "var/log/wtmp", O_RDONLY);
	int rc = lg_files_find(&files, logs->root, "var/log", "wtmp");

	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		if (!matters(&s, &files.list[i]))
			break;
		rc = look_into(&s, &files, i);
	}
	if (rc >= 0)
		rc = lg_pairing_init(&p, logs);
	for (size_t i = s.file + 1; rc == 0 && files.n && i-- > 0;)
		rc = push_file(&p, &files, i, i == s.file ? s.at : 0);
	if (rc == 0)
		rc = lg_pairing_end(&p);
	return rc < 0 ? rc : there >= 0 || files.n > 0;
}
