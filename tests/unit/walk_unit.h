/* SPDX-License-Identifier: MIT */
/* walk_unit.h - unit tests walk a small tree and keep rows in memory */
#ifndef ETCSNAP_TESTS_WALK_UNIT_H
#define ETCSNAP_TESTS_WALK_UNIT_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "etcsnap/clock.h"
#include "etcsnap/collect.h"
#include "etcsnap/strmap.h"

#include "unit.h"

/** struct es_unit_bytes - a row or a blob */
struct es_unit_bytes {
	size_t len;
	char data[];
};

/** struct es_unit_walk - a tree's rows, and what the last run did */
struct es_unit_walk {
	struct es_rules *rules;
	struct es_collect_options options;
	struct es_collect_totals totals;
	struct es_error err;
	bool no_rows;	 /* the next run has none, as if the state were lost */
	bool has_stored; /* it may ask what the rows were */
	bool no_blobs;	 /* it gets no content of them */
	struct es_strmap *rows;
	struct es_strmap *blobs;
	/* of the last run */
	pthread_mutex_t lock;
	struct es_strmap *left; /* path -> place in marks, by change */
	char marks[3];
	size_t changes[3];
	size_t n_blobs;
	size_t n_trouble;
	char trouble[8][300];
	unsigned int reasons[8];
	bool order_broken;
	/* called on any lane for each blob, before it is kept */
	void (*on_blob)(struct es_unit_walk *w, const char *data, size_t len);
	void (*on_leave)(struct es_unit_walk *w);
	int fail_blob;
	int fail_leave;
	int fail_prior;
};

static inline void es_unit_keep(struct es_strmap *map, const void *key,
				size_t key_len, const char *data, size_t len)
{
	struct es_unit_bytes *b = malloc(sizeof(*b) + len + 1);

	ck_assert_ptr_nonnull(b);
	b->len = len;
	if (len)
		memcpy(b->data, data, len);
	b->data[len] = '\0';
	free(es_strmap_take(map, key, key_len));
	ck_assert_int_eq(es_strmap_put(map, key, key_len, b), 0);
}

static inline int es_unit_lookup(struct es_unit_walk *w, const char *path,
				 size_t len, struct es_buf *out)
{
	struct es_unit_bytes *b;

	pthread_mutex_lock(&w->lock);
	b = es_strmap_get(w->rows, path, len);
	pthread_mutex_unlock(&w->lock);
	if (!b)
		return 0;
	es_buf_reset(out);
	es_buf_add(out, b->data, b->len);
	return 1;
}

static inline int es_unit_prior(void *payload, unsigned int lane,
				const char *path, size_t len,
				struct es_buf *out, struct es_error *err)
{
	struct es_unit_walk *w = payload;

	(void)lane;
	if (w->fail_prior)
		return es_fail(err, w->fail_prior, "prior");
	return w->no_rows ? 0 : es_unit_lookup(w, path, len, out);
}

static inline int es_unit_stored(void *payload, unsigned int lane,
				 const char *path, size_t len,
				 struct es_buf *out, struct es_error *err)
{
	struct es_unit_walk *w = payload;

	(void)lane;
	(void)err;
	return w->has_stored ? es_unit_lookup(w, path, len, out) : 0;
}

static inline int es_unit_blob(void *payload, unsigned int lane,
			       const char *data, size_t len,
			       uint8_t oid[ES_SHA1_LEN], struct es_error *err)
{
	struct es_unit_walk *w = payload;
	uint8_t sum[ES_SHA256_LEN];

	(void)lane;
	if (w->fail_blob)
		return es_fail(err, w->fail_blob, "blob");
	if (w->on_blob)
		w->on_blob(w, data, len);
	es_sha256(sum, data, len);
	memcpy(oid, sum, ES_SHA1_LEN);
	pthread_mutex_lock(&w->lock);
	w->n_blobs++;
	es_unit_keep(w->blobs, oid, ES_SHA1_LEN, data, len);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static inline int es_unit_old_blob(void *payload, unsigned int lane,
				   const uint8_t oid[ES_SHA1_LEN],
				   struct es_buf *out, struct es_error *err)
{
	struct es_unit_walk *w = payload;
	const struct es_unit_bytes *b;

	(void)lane;
	(void)err;
	pthread_mutex_lock(&w->lock);
	b = es_strmap_get(w->blobs, (const char *)oid, ES_SHA1_LEN);
	pthread_mutex_unlock(&w->lock);
	if (w->no_blobs || !b)
		return 0;
	es_buf_reset(out);
	es_buf_add(out, b->data, b->len);
	return 1;
}

/* No directory is told twice, and none after one that it is in. */
static inline bool es_unit_is_in_order(struct es_unit_walk *w, const char *path,
				       size_t len)
{
	if (es_strmap_get(w->left, path, len))
		return false;
	while (len > 0) {
		while (path[--len] != '/')
			;
		if (es_strmap_get(w->left, path, len))
			return false;
	}
	return true;
}

static inline int es_unit_leave(void *payload, unsigned int lane,
				const struct es_collect_dir *dir,
				struct es_error *err)
{
	struct es_unit_walk *w = payload;

	(void)lane;
	if (w->fail_leave)
		return es_fail(err, w->fail_leave, "leave");
	if (w->on_leave)
		w->on_leave(w);
	pthread_mutex_lock(&w->lock);
	if (!es_unit_is_in_order(w, dir->path, dir->len) ||
	    dir->path[dir->len] != '\0' || (dir->len == 0) != !*dir->path)
		w->order_broken = true;
	es_strmap_put(w->left, dir->path, dir->len, &w->marks[dir->change]);
	w->changes[dir->change]++;
	if (dir->change == ES_COLLECT_SAME &&
	    (dir->listing_len != dir->old_len ||
	     memcmp(dir->listing, dir->old, dir->old_len) != 0))
		w->order_broken = true;
	es_unit_keep(w->rows, dir->path, dir->len, dir->listing,
		     dir->listing_len);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static inline void es_unit_trouble(void *payload, unsigned int lane,
				   const char *path, unsigned int unread)
{
	struct es_unit_walk *w = payload;

	(void)lane;
	pthread_mutex_lock(&w->lock);
	if (w->n_trouble < es_lengthof(w->trouble)) {
		snprintf(w->trouble[w->n_trouble], sizeof(w->trouble[0]), "%s",
			 path);
		w->reasons[w->n_trouble] = unread;
	}
	w->n_trouble++;
	pthread_mutex_unlock(&w->lock);
}

/** es_unit_walk_rules - walk by other rules from now on; rows stay */
static inline void es_unit_walk_rules(struct es_unit_walk *w, const char *text)
{
	struct es_error err = ES_ERROR_INIT;

	es_rules_free(w->rules);
	w->rules = NULL;
	ck_assert_msg(es_rules_parse(&w->rules, text, strlen(text), &err) == 0,
		      "%s", err.msg);
	w->options.rules = w->rules;
}

/** es_unit_walk_begin - walk the working directory by the given rules */
static inline void es_unit_walk_begin(struct es_unit_walk *w, const char *text)
{
	static const uint8_t key[ES_KEY_LEN] =
		"a key of thirty-two bytes, so..";

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	w->rows = es_strmap_new();
	w->blobs = es_strmap_new();
	w->left = es_strmap_new();
	w->options.root = ".";
	w->options.lanes = 2;
	w->options.key = key;
	es_unit_walk_rules(w, text);
}

static inline void es_unit_free_values(struct es_strmap *map)
{
	const char *key;
	size_t len, pos = 0;
	void *value;

	while (es_strmap_each(map, &pos, &key, &len, &value))
		free(value);
	es_strmap_free(map);
}

/** es_unit_walk_end - free all */
static inline void es_unit_walk_end(struct es_unit_walk *w)
{
	es_unit_free_values(w->rows);
	es_unit_free_values(w->blobs);
	es_strmap_free(w->left);
	es_rules_free(w->rules);
	pthread_mutex_destroy(&w->lock);
}

/** es_unit_settle - wait until a change from now on has a later ctime */
static inline void es_unit_settle(void)
{
	const struct timespec tick = { .tv_nsec = 20 * 1000 * 1000 };

	nanosleep(&tick, NULL);
}

/** es_unit_walk_now - one run that began at options.began; Return: its rc */
static inline int es_unit_walk_now(struct es_unit_walk *w)
{
	const struct es_collect_io io = {
		.payload = w,
		.prior = es_unit_prior,
		.stored = es_unit_stored,
		.blob = es_unit_blob,
		.old_blob = es_unit_old_blob,
		.leave = es_unit_leave,
		.trouble = es_unit_trouble,
	};

	es_strmap_free(w->left);
	w->left = es_strmap_new();
	memset(w->changes, 0, sizeof(w->changes));
	w->n_blobs = 0;
	w->n_trouble = 0;
	w->order_broken = false;
	w->err = (struct es_error)ES_ERROR_INIT;
	return es_collect_run(&w->totals, &w->options, &io, &w->err);
}

/** es_unit_walk_run - one run that must do, of a tree that is at rest */
static inline void es_unit_walk_run(struct es_unit_walk *w)
{
	es_unit_settle();
	w->options.began = es_clock_coarse();
	ck_assert_msg(es_unit_walk_now(w) == 0, "%s", w->err.msg);
	ck_assert(!w->order_broken);
	ck_assert_uint_eq(w->totals.unread, w->n_trouble);
}

/** es_unit_walk_change - how a directory came out, -1 when it was not told */
static inline int es_unit_walk_change(struct es_unit_walk *w, const char *path)
{
	const char *was = es_strmap_get(w->left, path, strlen(path));

	return was ? (int)(was - w->marks) : -1;
}

/** es_unit_entry - entry of a row; Return: whether there is one */
static inline bool es_unit_entry(struct es_unit_walk *w, const char *dir,
				 const char *name, struct es_entry *e)
{
	struct es_unit_bytes *b = es_strmap_get(w->rows, dir, strlen(dir));
	struct es_listing_reader r;

	ck_assert_msg(b != NULL, "no row of '%s'", dir);
	ck_assert_int_eq(es_listing_open(&r, b->data, b->len), 0);
	while (es_listing_next(&r, e) > 0)
		if (e->name_len == strlen(name) &&
		    memcmp(e->name, name, e->name_len) == 0)
			return true;
	return false;
}

/** es_unit_get - entry of a row, which must be there */
static inline struct es_entry es_unit_get(struct es_unit_walk *w,
					  const char *dir, const char *name)
{
	struct es_entry e;

	ck_assert_msg(es_unit_entry(w, dir, name, &e), "no %s/%s", dir, name);
	return e;
}

/** es_unit_holds - whether a row has an entry */
static inline bool es_unit_holds(struct es_unit_walk *w, const char *dir,
				 const char *name)
{
	struct es_entry e;

	return es_unit_entry(w, dir, name, &e);
}

/** es_unit_walk_quiet - a run that finds all as it was and reads nothing */
static inline void es_unit_walk_quiet(struct es_unit_walk *w)
{
	es_unit_walk_run(w);
	ck_assert_uint_eq(w->changes[ES_COLLECT_CHANGED], 0);
	ck_assert_uint_eq(w->changes[ES_COLLECT_REFRESH], 0);
	ck_assert_uint_gt(w->changes[ES_COLLECT_SAME], 0);
	ck_assert_uint_eq(w->totals.read_files, 0);
	ck_assert_uint_eq(w->n_blobs, 0);
}

/** es_unit_blob_of - Return: content of an entry's blob, NULL for none */
static inline const struct es_unit_bytes *
es_unit_blob_of(struct es_unit_walk *w, const struct es_entry *e)
{
	if (!(e->has & ES_HAS_BLOB))
		return NULL;
	return es_strmap_get(w->blobs, (const char *)e->oid, ES_SHA1_LEN);
}

/** es_unit_file - make or replace the content of a file */
static inline void es_unit_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

/** es_unit_text - make a file with text in it */
static inline void es_unit_text(const char *path, const char *text)
{
	es_unit_file(path, text, strlen(text));
}

/* What a test has of it: the directory, what walks it, and for this all. */
static char top[64];
static struct es_unit_walk w;

/** ALL - configuration that watches everything */
#define ALL "[files]\ninclude = /**\n"

/** es_unit_walk_setup - be in an empty directory, of which all is watched */
static inline void es_unit_walk_setup(void)
{
	es_unit_enter_dir(top);
	umask(022);
	es_unit_walk_begin(&w, ALL);
}

/** es_unit_walk_teardown - remove it */
static inline void es_unit_walk_teardown(void)
{
	es_unit_walk_end(&w);
	es_unit_leave_dir(top);
}

#endif
