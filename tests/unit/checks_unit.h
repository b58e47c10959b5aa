/* SPDX-License-Identifier: MIT */
/* checks_unit.h - unit tests walk a root and look at what the checks find */
#ifndef ETCSNAP_TESTS_CHECKS_UNIT_H
#define ETCSNAP_TESTS_CHECKS_UNIT_H

#include "etcsnap/checks.h"
#include "etcsnap/fileio.h"
#include "etcsnap/ids.h"
#include "etcsnap/packages.h"
#include "etcsnap/texts.h"

#include "walk_unit.h"

/** struct es_unit_checks - a root and its runs; texts stay for the next one */
struct es_unit_checks {
	struct es_unit_walk walk;
	struct es_strmap *texts; /* name -> struct es_unit_bytes */
	struct es_checks *now;
	const char *root;
	char conf[512];
	bool live;
	bool full;
	uint64_t stamp;
	unsigned int fed;
};

static inline int es_unit_checks_old(void *payload, const char *name,
				     struct es_buf *out, struct es_error *err)
{
	struct es_unit_checks *u = payload;
	struct es_unit_bytes *b = es_strmap_get(u->texts, name, strlen(name));

	(void)err;
	es_buf_reset(out);
	if (b)
		es_buf_add(out, b->data, b->len);
	return b != NULL;
}

static inline int es_unit_checks_leave(void *payload, unsigned int lane,
				       const struct es_collect_dir *dir,
				       struct es_error *err)
{
	/* The walk is its first member. */
	struct es_unit_checks *u = payload;

	if (es_checks_fresh(u->now) || dir->change == ES_COLLECT_CHANGED) {
		pthread_mutex_lock(&u->walk.lock);
		u->fed++;
		pthread_mutex_unlock(&u->walk.lock);
		if (es_checks_dir(u->now, dir->path, dir->len, dir->listing,
				  dir->listing_len, dir->old, dir->old_len,
				  err) < 0)
			return err->code;
	}
	return es_unit_leave(payload, lane, dir, err);
}

/* Directories that have a row and were not left are gone. */
static inline void es_unit_checks_gone(struct es_unit_checks *u)
{
	struct es_error err = ES_ERROR_INIT;
	size_t pos = 0, len, n = 0;
	char *gone[64];
	const char *key;
	void *value;

	while (es_strmap_each(u->walk.rows, &pos, &key, &len, &value))
		if (!es_strmap_get(u->walk.left, key, len) &&
		    n < es_lengthof(gone))
			gone[n++] = strndup(key, len);
	while (n > 0) {
		n--;
		ck_assert_int_eq(es_checks_gone(u->now, gone[n],
						strlen(gone[n]), &err),
				 0);
		free(es_strmap_take(u->walk.rows, gone[n], strlen(gone[n])));
		free(gone[n]);
	}
}

static inline void es_unit_checks_walk(struct es_unit_checks *u)
{
	const struct es_collect_io io = {
		.payload = &u->walk,
		.prior = es_unit_prior,
		.blob = es_unit_blob,
		.leave = es_unit_checks_leave,
		.trouble = es_unit_trouble,
	};
	struct es_error err = ES_ERROR_INIT;

	es_unit_settle();
	es_strmap_free(u->walk.left);
	u->walk.left = es_strmap_new();
	u->walk.options.began = es_clock_coarse();
	ck_assert_msg(es_collect_run(&u->walk.totals, &u->walk.options, &io,
				     &err) == 0,
		      "%s", err.msg);
	es_unit_checks_gone(u);
}

/* What was found replaces what the run before found. */
static inline void es_unit_checks_take(struct es_unit_checks *u,
				       struct es_texts *texts)
{
	es_unit_free_values(u->texts);
	u->texts = es_strmap_new();
	for (size_t i = 0; i < es_texts_count(texts); i++) {
		struct es_text text;

		es_texts_at(texts, i, &text);
		ck_assert_uint_eq(text.unread, 0);
		es_unit_keep(u->texts, text.name, strlen(text.name), text.data,
			     text.len);
	}
}

/** es_unit_checks_try - a run; Return: what es_checks_new() or _run() did */
static inline int es_unit_checks_try(struct es_unit_checks *u,
				     struct es_error *err)
{
	struct es_texts *texts = es_texts_new();
	struct es_checks_options options = {
		.root = u->root,
		.live = u->live,
		.full = u->full,
		.stamp = u->stamp,
		.payload = u,
		.old = es_unit_checks_old,
	};
	struct es_packages *packages = NULL;
	struct es_conf *conf = NULL;
	int rc;

	u->fed = 0;
	ck_assert_msg(es_conf_parse(&conf, u->conf, strlen(u->conf), "test",
				    err) == 0,
		      "%s", err->msg);
	options.conf = conf;
	ck_assert_int_eq(es_ids_new(&options.ids, u->root, err), 0);
	ck_assert_int_eq(es_packages_open(&packages, u->root, err), 0);
	options.packages = packages;
	rc = es_checks_new(&u->now, &options, err);
	if (rc == 0) {
		u->walk.options.root = u->root;
		es_unit_checks_walk(u);
		rc = es_checks_run(u->now, texts, err);
		u->stamp = es_checks_stamp(u->now);
		ck_assert_uint_ne(u->stamp, 0);
		es_checks_free(u->now);
		u->now = NULL;
	}
	if (rc == 0)
		es_unit_checks_take(u, texts);
	es_texts_free(texts);
	es_packages_free(packages);
	es_ids_free(options.ids);
	es_conf_free(conf);
	return rc;
}

/** es_unit_checks_run - a run that must do */
static inline void es_unit_checks_run(struct es_unit_checks *u)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_msg(es_unit_checks_try(u, &err) == 0, "%s", err.msg);
}

/** es_unit_checks_text - what a check found; Return: "" for nothing */
static inline const char *es_unit_checks_text(struct es_unit_checks *u,
					      const char *name)
{
	struct es_unit_bytes *b;
	char key[64];

	snprintf(key, sizeof(key), "findings/%s", name);
	b = es_strmap_get(u->texts, key, strlen(key));
	return b ? b->data : "";
}

/** es_unit_checks_begin - the working directory is the root, all is watched */
static inline void es_unit_checks_begin(struct es_unit_checks *u)
{
	memset(u, 0, sizeof(*u));
	es_unit_walk_begin(&u->walk, "[files]\ninclude = /**\n");
	u->texts = es_strmap_new();
	u->root = ".";
}

/** es_unit_checks_end - free all */
static inline void es_unit_checks_end(struct es_unit_checks *u)
{
	es_unit_walk_end(&u->walk);
	es_unit_free_values(u->texts);
}

/** es_unit_put - write a file with the directories that lead to it */
static inline void es_unit_put(const char *path, const char *text, mode_t mode)
{
	struct es_buf dir = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;

	es_path_dirname(&dir, path);
	ck_assert_int_eq(es_mkdirs(dir.data, 0755, &err), 0);
	es_buf_dispose(&dir);
	ck_assert_int_eq(es_write_file(path, text, strlen(text), 0600, &err),
			 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/** es_unit_put_users - a user database with root, anna and bob */
static inline void es_unit_put_users(void)
{
	es_unit_put("etc/passwd",
		    "root:x:0:0:root:/root:/bin/sh\n"
		    "daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
		    "anna:x:1000:1000:Anna:/home/anna:/bin/sh\n"
		    "bob:x:1001:1001:Bob:/home/bob/:/bin/sh\n",
		    0644);
	es_unit_put("etc/group",
		    "root:x:0:\ndaemon:x:1:\nanna:x:1000:\nbob:x:1001:\n"
		    "staff:x:50:bob\nempty:x:51:\n",
		    0644);
	es_unit_put("etc/shadow",
		    "root:*:19000::::::\ndaemon:*:19000::::::\n"
		    "anna:$6$salt$hashhashhash:19000::::::\n"
		    "bob:!:19000::::::\n",
		    0640);
}

#endif
