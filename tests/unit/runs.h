/* SPDX-License-Identifier: MIT */
/* runs.h - unit tests of comparisons make runs without a collector */
#ifndef ETCSNAP_TESTS_RUNS_H
#define ETCSNAP_TESTS_RUNS_H

#include <string.h>
#include <sys/stat.h>

#include "etcsnap/commit.h"
#include "etcsnap/delta.h"
#include "etcsnap/tree.h"

#include "unit.h"

/* Items say only what matters; the rest is 0 and filled in. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/**
 * struct es_unit_item - one object of a run
 * @path:    absolute path; without '/' in front a file of another part
 * @content: content of a file (as it is stored), target of a link
 * @entry:   what differs from a regular, mirrored file 0644 of 0:0; digests
 *           and sizes are computed
 * @raw:     bytes of @content where a NUL is among them
 */
struct es_unit_item {
	const char *path;
	const char *content;
	struct es_entry entry;
	size_t raw;
};

/** ITEMS - an array of items and their number, as two arguments */
#define ITEMS(...)                                    \
	(const struct es_unit_item[]){ __VA_ARGS__ }, \
		es_lengthof(((const struct es_unit_item[]){ __VA_ARGS__ }))

/** DIR - entry of an item that is a directory */
#define DIR                                       \
	{                                         \
		.type = ES_TYPE_DIR, .mode = 0755 \
	}
/** LINK - entry of an item that is a symbolic link */
#define LINK                                       \
	{                                          \
		.type = ES_TYPE_LINK, .mode = 0777 \
	}

/**
 * struct es_unit_repo - a repository in the working directory
 * @st:   it
 * @lane: writes to it
 * @ids:  names: 0 is root, 33 is www
 */
struct es_unit_repo {
	struct es_store *st;
	struct es_lane *lane;
	struct es_ids *ids;
};

/** es_unit_key - the secret key of these runs */
static const uint8_t es_unit_key[ES_KEY_LEN] = "not a secret";

static inline void es_unit_repo_open(struct es_unit_repo *r)
{
	struct es_error err = ES_ERROR_INIT;
	static const char passwd[] = "root:x:0:0::/root:/bin/sh\n"
				     "www:x:33:33::/srv:/bin/sh\n";
	static const char group[] = "root:x:0:\nwww:x:33:\n";
	FILE *f;

	ck_assert_int_eq(mkdir("etc", 0755), 0);
	f = fopen("etc/passwd", "w");
	ck_assert_ptr_nonnull(f);
	fputs(passwd, f);
	fclose(f);
	f = fopen("etc/group", "w");
	ck_assert_ptr_nonnull(f);
	fputs(group, f);
	fclose(f);
	ck_assert_msg(es_ids_new(&r->ids, ".", &err) == 0, "%s", err.msg);
	ck_assert_msg(es_store_init("repo", "/", &err) == 0, "%s", err.msg);
	ck_assert_msg(es_store_open(&r->st, "repo", &err) == 0, "%s", err.msg);
	ck_assert_msg(es_lane_new(&r->lane, r->st, &err) == 0, "%s", err.msg);
}

static inline void es_unit_repo_close(struct es_unit_repo *r)
{
	es_lane_free(r->lane);
	es_store_free(r->st);
	es_ids_free(r->ids);
}

static inline void es_unit_hmac(uint8_t out[ES_SHA256_LEN], const char *data,
				size_t len)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_digest_new(&d, ES_DIGEST_HMAC, es_unit_key, &err),
			 0);
	es_digest_begin(d);
	es_digest_update(d, data, len);
	es_digest_end(d, out);
}

static inline struct es_oid es_unit_blob(struct es_unit_repo *r,
					 const char *data, size_t len)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_oid oid;

	ck_assert_msg(es_lane_put(&oid, r->lane, ES_KIND_BLOB, data, len,
				  &err) >= 0,
		      "%s", err.msg);
	return oid;
}

/** es_unit_fill - the entry of an item; content goes into the repository */
static inline struct es_entry es_unit_fill(struct es_unit_repo *r,
					   const struct es_unit_item *item)
{
	struct es_entry e = item->entry;
	const char *content = item->content ? item->content : "";
	size_t len = item->raw ? item->raw : strlen(content);
	struct es_oid oid;

	e.watch = ES_WATCH_YES;
	e.has |= ES_HAS_STAT;
	e.type = e.type ? e.type : ES_TYPE_FILE;
	e.mode = e.mode ? e.mode : 0644;
	e.nlink = e.nlink ? e.nlink : 1;
	e.mtime_sec = e.mtime_sec ? e.mtime_sec : 1700000000;
	if (e.type == ES_TYPE_LINK) {
		e.target = content;
		e.target_len = len;
	}
	if (e.type != ES_TYPE_FILE && e.type != ES_TYPE_LINK)
		return e;
	if (e.type == ES_TYPE_FILE) {
		e.class = e.class ? e.class : ES_CLASS_MIRROR;
		e.size = len;
	}
	if (e.class == ES_CLASS_SECRET || (e.has & ES_HAS_MASKED)) {
		e.has |= ES_HAS_HMAC;
		es_unit_hmac(e.digest, content, len);
	} else if (e.type == ES_TYPE_FILE) {
		e.has |= ES_HAS_SHA256;
		es_sha256(e.digest, content, len);
	}
	if (e.class > ES_CLASS_MIRROR)
		return e;
	oid = es_unit_blob(r, content, len);
	memcpy(e.oid, oid.id, sizeof(e.oid));
	e.has |= ES_HAS_BLOB;
	return e;
}

/* Name of the component of @path after @dir; NULL when it is not below. */
static inline const char *es_unit_below(const char *path, const char *dir,
					size_t *len)
{
	size_t n = strlen(dir);

	if (strncmp(path, dir, n) != 0 || path[n] != '/' || !path[n + 1])
		return NULL;
	*len = strcspn(path + n + 1, "/");
	return path + n + 1;
}

/** es_unit_dir - write a directory and all below; items in order of a walk */
static inline struct es_dir_trees es_unit_dir(struct es_unit_repo *r,
					      const char *dir,
					      const struct es_unit_item *items,
					      size_t n)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry self = { .name = ".",
				 .name_len = 1,
				 .watch = ES_WATCH_PASS,
				 .type = ES_TYPE_DIR };
	struct es_dir_child children[64];
	struct es_dir_trees none = { 0 }, out;
	struct es_error err = ES_ERROR_INIT;
	const char *last = "";
	size_t last_len = 0, count = 0, len;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(items[i].path, *dir ? dir : "/") != 0)
			continue;
		self = es_unit_fill(r, &items[i]);
		self.name = ".";
		self.name_len = 1;
	}
	es_listing_begin(&w, &self);
	for (size_t i = 0; i < n; i++) {
		const char *name = es_unit_below(items[i].path, dir, &len);
		struct es_entry e;

		if (!name || (len == last_len && !memcmp(name, last, len)))
			continue;
		last = name;
		last_len = len;
		e = es_unit_fill(r, &items[i]);
		e.name = name;
		e.name_len = len;
		if (name[len] == '/' || e.type == ES_TYPE_DIR) {
			ES_CLEANUP(es_freep)
			char *path =
				strndup(items[i].path,
					(size_t)(name - items[i].path) + len);

			e = (struct es_entry){ .name = name,
					       .name_len = len,
					       .watch = ES_WATCH_PASS,
					       .type = ES_TYPE_DIR };
			if (strlen(items[i].path) == strlen(path))
				e.watch = ES_WATCH_YES;
			ck_assert_uint_lt(count, es_lengthof(children));
			children[count++] = (struct es_dir_child){
				name, len, es_unit_dir(r, path, items, n)
			};
		}
		es_listing_add(&w, &e);
	}
	ck_assert_int_eq(es_listing_end(&w, &err), 0);
	ck_assert_msg(es_dir_write(&out, r->lane, w.buf.data, w.buf.len, &none,
				   children, count, r->ids, &err) == 0,
		      "%s", err.msg);
	return out;
}

/* Trees of what lies outside of meta/, one file a path, two levels. */
static inline void es_unit_others(struct es_unit_repo *r,
				  struct es_tree_builder *root,
				  const struct es_unit_item *items, size_t n)
{
	static const char *const parts[] = { "commands", "findings", "run",
					     "system" };
	struct es_error err = ES_ERROR_INIT;

	for (size_t p = 0; p < es_lengthof(parts); p++) {
		ES_CLEANUP(es_tree_builder_freep)
		struct es_tree_builder *b = es_tree_builder_new();
		size_t len = strlen(parts[p]);
		struct es_oid oid;

		for (size_t i = 0; i < n; i++) {
			const char *name = items[i].path + len + 1;

			if (strncmp(items[i].path, parts[p], len) != 0)
				continue;
			oid = es_unit_blob(r, items[i].content,
					   strlen(items[i].content));
			ck_assert_int_eq(
				es_tree_builder_add(b, name, strlen(name),
						    ES_MODE_FILE, &oid),
				0);
		}
		ck_assert_int_eq(es_tree_builder_write(&oid, b, r->lane, &err),
				 0);
		if (!es_oid_is_none(&oid))
			es_tree_builder_add(root, parts[p], len, ES_MODE_TREE,
					    &oid);
	}
}

/** es_unit_tree - the root tree of a run; items in the order of a walk */
static inline struct es_oid
es_unit_tree(struct es_unit_repo *r, const struct es_unit_item *items, size_t n)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_dir_trees trees = es_unit_dir(r, "", items, n);
	struct es_error err = ES_ERROR_INIT;
	struct es_oid oid;

	if (!es_oid_is_none(&trees.files))
		es_tree_builder_add(b, "files", 5, ES_MODE_TREE, &trees.files);
	if (!es_oid_is_none(&trees.meta))
		es_tree_builder_add(b, "meta", 4, ES_MODE_TREE, &trees.meta);
	es_unit_others(r, b, items, n);
	ck_assert_int_eq(es_tree_builder_write(&oid, b, r->lane, &err), 0);
	return oid;
}

/** es_unit_commit - a commit of a tree, as a cron run would write it */
static inline struct es_commit *es_unit_commit(struct es_unit_repo *r,
					       const struct es_oid *tree,
					       const struct es_oid *parent,
					       int64_t when)
{
	struct es_signature who = { "etcsnap", "root@web1", when, 0 };
	struct es_commit_draft draft = {
		.tree = *tree,
		.author = who,
		.committer = who,
		.message = "a run on web1\n\nEtcsnap-Format: 1\nHost: web1\n"
			   "Run: 6ba7b810-9dad-41d1-80b4-00c04fd430c8\n"
			   "Trigger: cron\nItems: 1234\n",
	};
	struct es_error err = ES_ERROR_INIT;
	struct es_commit *c = NULL;
	struct es_oid oid;

	if (parent)
		draft.parent = *parent;
	ck_assert_msg(es_commit_write(&oid, r->lane, &draft, &err) == 0, "%s",
		      err.msg);
	ck_assert_msg(es_commit_read(&c, r->st, &oid, &err) == 0, "%s",
		      err.msg);
	return c;
}

/** WATCH - configuration without the shipped patterns; more may follow */
#define WATCH(pattern) "[files]\ndefaults = no\ninclude = " pattern "\n"

/** es_unit_rules - rules of a configuration; owned */
static inline struct es_rules *es_unit_rules(const char *conf_text)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;
	struct es_rules *rules = NULL;

	ck_assert_msg(es_conf_parse(&conf, conf_text, strlen(conf_text), "test",
				    &err) == 0,
		      "%s", err.msg);
	ck_assert_msg(es_rules_new(&rules, conf, "", 0, &err) == 0, "%s",
		      err.msg);
	return rules;
}

/** es_unit_rules_text - what a run under these rules records of them; owned */
static inline char *es_unit_rules_text(const char *conf_text)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(conf_text);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 24);

	ck_assert_int_eq(es_rules_text(rules, &out), 0);
	return strdup(es_buf_str(&out));
}

/* What a test has of it: a repository, and the directory that it is in. */
static char where[64];
static struct es_unit_repo repo;

/** es_unit_runs_setup - be in a directory with an empty repository */
static inline void es_unit_runs_setup(void)
{
	es_unit_enter_dir(where);
	es_unit_repo_open(&repo);
}

/** es_unit_runs_teardown - remove it */
static inline void es_unit_runs_teardown(void)
{
	es_unit_repo_close(&repo);
	es_unit_leave_dir(where);
}

/** es_unit_compare - what differs between two root trees; owned */
static inline struct es_delta *es_unit_compare(const struct es_oid *old,
					       const struct es_oid *new)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_delta *d = NULL;

	ck_assert_msg(es_delta_new(&d, repo.st, old, new, NULL, 0, &err) == 0,
		      "%s", err.msg);
	return d;
}

#endif
