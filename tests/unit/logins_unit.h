/* SPDX-License-Identifier: MIT */
/* logins_unit.h - what the tests of logins share */
#ifndef ETCSNAP_TESTS_LOGINS_UNIT_H
#define ETCSNAP_TESTS_LOGINS_UNIT_H

#include "etcsnap/logins.h"
#include "logins/logins_priv.h"

#include "etcsnap/buf.h"
#include "etcsnap/fileio.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "unit.h"

#include "run.h"

/* 2026-05-01 00:00:00 UTC, a Friday */
#define DAY_0 INT64_C(1777593600)
#define HOUR INT64_C(3600)
#define ALWAYS INT64_C(4102444800)

/* Types of utmp(5). */
enum {
	T_RUNLVL = 1,
	T_BOOT,
	T_NEW,
	T_OLD,
	T_INIT,
	T_LOGIN,
	T_USER,
	T_DEAD
};

/** struct rec - a record to be written; what is NULL is empty */
struct rec {
	int type;
	const char *user;
	const char *line;
	const char *host;
	int64_t when;
	uint32_t pid;
};

/** put_field - as strncpy(3): not terminated where it fills the field */
static inline void put_field(char *to, const char *text, size_t room)
{
	const size_t len = text ? strlen(text) : 0;

	memcpy(to, text ? text : "", len < room ? len : room);
}

/** add_rec - append a record of 384 bytes, or of 400 */
static inline void add_rec(struct es_buf *b, const struct rec *r, bool wide)
{
	const int16_t type = (int16_t)r->type;
	const int32_t narrow_time = (int32_t)(uint32_t)r->when;
	char raw[400] = { 0 };

	memcpy(raw, &type, sizeof(type));
	memcpy(raw + 4, &r->pid, sizeof(r->pid));
	put_field(raw + 8, r->line, 32);
	put_field(raw + 44, r->user, 32);
	put_field(raw + 76, r->host, 256);
	if (wide)
		memcpy(raw + 344, &r->when, sizeof(r->when));
	else
		memcpy(raw + 340, &narrow_time, sizeof(narrow_time));
	ck_assert_int_eq(es_buf_add(b, raw, wide ? 400 : 384), 0);
}

/** put_bytes - write a file below the working directory, parents included */
static inline void put_bytes(const char *path, const void *data, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_path_dirname(&dir, path), 0);
	ck_assert_int_eq(es_mkdirs(es_buf_str(&dir), 0755, &err), 0);
	es_unit_spill(path, data, len);
}

/** put - the same with a text */
static inline void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

/** put_recs - write records */
static inline void put_recs(const char *path, const struct rec *list, size_t n,
			    bool wide)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < n; i++)
		add_rec(&b, &list[i], wide);
	put_bytes(path, es_buf_str(&b), b.len);
}

/** set_mtime - when a file was changed */
static inline void set_mtime(const char *path, int64_t when)
{
	const struct timespec times[2] = { { (time_t)when, 0 },
					   { (time_t)when, 0 } };

	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/** read_here - the excerpt of the working directory */
static inline struct es_logins *read_here(int64_t from, int64_t to)
{
	struct es_logins *l = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_logins_read(&l, ".", from, to, &err), 0);
	return l;
}

/** text_of - as es_logins_text() has it, without its first line */
static inline const char *text_of(struct es_buf *b, const struct es_logins *l)
{
	es_buf_reset(b);
	ck_assert_int_eq(es_logins_text(l, b), 0);
	const char *const text = es_buf_str(b);
	if (!*text)
		return text;
	ck_assert_int_eq(strncmp(text, "window ", 7), 0);
	return strchr(text, '\n') + 1;
}

/** check_here - whether the working directory has this excerpt */
static inline void check_here(int64_t from, int64_t to, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_logins_freep) struct es_logins *l = read_here(from, to);

	ck_assert_str_eq(text_of(&b, l), want);
}

/** lacks - whether a test cannot be made; says why */
static inline bool lacks(const char *program)
{
	if (es_unit_has(program))
		return false;
	printf("# skipped: %s is not installed\n", program);
	fflush(stdout);
	return true;
}

/** lacks_last - likewise util-linux's last(1), not that of wtmpdb */
static inline bool lacks_last(void)
{
	const char *const argv[] = { "last", "--version", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(4096);

	if (lacks("last"))
		return true;
	if (es_unit_run(&said, argv, NULL) == 0 &&
	    strstr(es_buf_str(&said), "util-linux"))
		return false;
	printf("# skipped: this last is not util-linux's\n");
	fflush(stdout);
	return true;
}

#endif
