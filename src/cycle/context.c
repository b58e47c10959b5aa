/* SPDX-License-Identifier: MIT */
/* context.c - what went on on the machine while a run's changes came */
#include "config.h"

#include "cycle/context_priv.h"

#include "etcsnap/commit.h"
#include "etcsnap/delta.h"
#include "etcsnap/hide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Files below these come with packages; elsewhere only an operation asks. */
static const char local[] = "/usr/local/"; /* but for those */
static const char *const places[] = {
	"/usr/", "/bin/", "/sbin/", "/lib", "/boot/", "/opt/",
};

/* Runs of one second whose operations are looked at. */
#define TOLD_MAX 8

/* What package managers leave beside a configuration file they did not take. */
static const char *const twins[] = {
	".dpkg-dist", ".dpkg-new", ".dpkg-old", ".ucf-dist",
	".ucf-old",   ".rpmnew",   ".rpmsave",	".rpmorig",
	".pacnew",    ".pacsave",  ".apk-new",
};

/* Paths to be judged; those that no change holds are owned. */
struct asked {
	struct es_package_asked *items;
	size_t n;
	char **owned;
	size_t n_owned;
};

static void asked_dispose(struct asked *a)
{
	for (size_t i = 0; i < a->n_owned; i++)
		free(a->owned[i]);
	free(a->owned);
	free(a->items);
}

int es_context_hide(struct es_buf *out, const struct es_session *s,
		    const char *text, size_t len, struct es_error *err)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose)
	struct es_buf masked = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	if (len == 0)
		return 0;
	if (es_digest_new(&hmac, ES_DIGEST_HMAC, s->key, err) < 0)
		return err->code;
	rc = es_hide_text(es_rules_masks(s->rules), &masked, text, len, hmac);
	if (rc < 0)
		return es_fail_oom(err);
	if (rc > 0)
		es_buf_add(out, es_buf_str(&masked), masked.len);
	else
		es_buf_add(out, text, len);
	return es_buf_check(out, err);
}

/* Of a directory that is there before and after, nobody says anything. */
static bool is_asked(const struct es_change *c)
{
	const struct es_entry *e = c->new ? c->new : c->old;

	return e->type == ES_TYPE_FILE || e->type == ES_TYPE_LINK ||
	       (e->type == ES_TYPE_DIR &&
		(c->kind == ES_CHANGE_ADDED || c->kind == ES_CHANGE_REMOVED));
}

static bool is_shipped(const struct es_change *c)
{
	const struct es_entry *e = c->new ? c->new : c->old;

	if (e->type != ES_TYPE_FILE ||
	    strncmp(c->path, local, strlen(local)) == 0)
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (strncmp(c->path, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}

static bool any_shipped(const struct es_delta *d)
{
	for (size_t i = 0; i < es_delta_count(d); i++)
		if (is_shipped(es_delta_at(d, i)))
			return true;
	return false;
}

static void ask(struct asked *a, const char *path, size_t len,
		const struct es_entry *e)
{
	struct es_package_asked *item = &a->items[a->n++];

	*item = (struct es_package_asked){
		.path = path,
		.len = len,
		.removed = !e,
		.plain = e && (e->has & ES_HAS_SHA256),
	};
	if (e && (e->has & (ES_HAS_SHA256 | ES_HAS_HMAC)))
		memcpy(item->recorded, e->digest, sizeof(item->recorded));
}

/* Bytes of the name that stands before a twin's suffix; 0: it is no twin. */
static size_t twin_of(const struct es_change *c)
{
	for (size_t i = 0; i < sizeof(twins) / sizeof(*twins); i++) {
		size_t len = strlen(twins[i]);

		if (c->new && c->len > len &&
		    memcmp(c->path + c->len - len, twins[i], len) == 0)
			return c->len - len;
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct es_package_asked *x = a, *y = b;

	return es_entry_name_cmp(x->path, x->len, y->path, y->len);
}

/*
 * A configuration file that stayed as it was has no change, but what is to be
 * said of the new one beside it.
 */
static int ask_twin(struct asked *a, const struct es_context_source *src,
		    const struct es_change *c, size_t changes,
		    struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_package_asked key = { .path = c->path, .len = twin_of(c) };
	struct es_entry e;
	char *path;
	int rc;

	if (key.len == 0 ||
	    bsearch(&key, a->items, changes, sizeof(key), by_path))
		return 0;
	path = strndup(c->path, key.len);
	if (!path)
		return es_fail_oom(err);
	a->owned[a->n_owned++] = path;
	rc = es_delta_entry(&w, &e, src->session->store, &src->old_tree, path,
			    err);
	if (rc > 0 && e.type == ES_TYPE_FILE)
		ask(a, path, key.len, &e);
	return rc < 0 ? rc : 0;
}

static int collect(struct asked *a, const struct es_context_source *src,
		   const struct es_delta *d, struct es_error *err)
{
	size_t n = es_delta_count(d);
	size_t changes;

	a->items = calloc(3 * n + 1, sizeof(*a->items));
	a->owned = calloc(n + 1, sizeof(*a->owned));
	if (!a->items || !a->owned)
		return es_fail_oom(err);
	for (size_t i = 0; i < n; i++) {
		const struct es_change *c = es_delta_at(d, i);

		if (is_asked(c))
			ask(a, c->path, c->len, c->new);
	}
	changes = a->n;
	for (size_t i = 0; i < n; i++) {
		const struct es_change *c = es_delta_at(d, i);

		if (ask_twin(a, src, c, changes, err) < 0)
			return err->code;
		if (c->from)
			ask(a, c->from, strlen(c->from), NULL);
	}
	qsort(a->items, a->n, sizeof(*a->items), by_path);
	return 0;
}

/* Databases that cannot be read give no verdicts, and cost no run. */
static int judge(struct es_package_ops *ops,
		 const struct es_context_source *src, const struct es_delta *d,
		 struct es_error *err)
{
	ES_CLEANUP(asked_dispose) struct asked a = { 0 };
	ES_CLEANUP(es_packages_freep) struct es_packages *own = NULL;
	struct es_error why = ES_ERROR_INIT;
	struct es_packages *p = src->packages;
	const char *root = src->session->root;

	if (collect(&a, src, d, err) < 0)
		return err->code;
	if (!p && es_packages_open(&own, root, &why) < 0)
		return 0;
	if (es_package_ops_judge(ops, p ? p : own, root, a.items, a.n, &why) <
		    0 &&
	    why.code == -ENOMEM)
		return es_fail_oom(err);
	return 0;
}

/* A text of a run; nothing where it has none. */
static int read_text(struct es_buf *out, struct es_store *st,
		     const struct es_oid *tree, const char *path,
		     struct es_error *err)
{
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, st, tree, path, strlen(path), err);

	return rc > 0 ? es_store_get(st, &oid, ES_KIND_BLOB, out, err) : rc;
}

/* What a run recorded; nothing where it makes no sense. */
static int read_told(struct es_package_ops **out, struct es_store *st,
		     const struct es_oid *tree, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error why = ES_ERROR_INIT;
	int rc = read_text(&text, st, tree, "run/packages", err);

	if (rc < 0)
		return rc;
	rc = es_package_ops_parse(out, es_buf_str(&text), text.len, &why);
	if (rc == -EINVAL)
		rc = es_package_ops_parse(out, "", 0, &why);
	return rc < 0 ? es_fail_oom(err) : 0;
}

/*
 * What the tip and the runs of the same second before it recorded. Return: 1,
 * 0 when the first run is among them, which records no operations at all, or a
 * negative errno.
 */
static int read_all_told(struct es_package_ops *told[TOLD_MAX + 1],
			 const struct es_context_source *src,
			 struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_store *st = src->session->store;
	int rc = es_history_new(&h, st, &src->tip, err);

	for (size_t n = 0; rc >= 0 && n < TOLD_MAX; n++) {
		ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;

		rc = es_history_next(h, &c, err);
		if (rc <= 0 || es_commit_time(c) < src->from)
			return rc;
		rc = read_told(&told[n], st, es_commit_tree(c), err);
	}
	return rc < 0 ? rc : 1;
}

static int read_operations(struct es_context *c,
			   const struct es_context_source *src,
			   struct es_error *err)
{
	struct es_package_ops *told[TOLD_MAX + 1] = { NULL };
	int rc = read_all_told(told, src, err);

	if (rc >= 0)
		rc = es_package_ops_read(&c->ops, src->session->root, src->from,
					 src->to, rc ? told : NULL, err);
	for (size_t i = 0; told[i]; i++)
		es_package_ops_free(told[i]);
	return rc;
}

/* The tip's list of packages and today's, where both are recorded. */
static int compare_lists(struct es_context *c,
			 const struct es_context_source *src,
			 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);

	if (!src->packages)
		return 0;
	if (read_text(&text, src->session->store, &src->old_tree,
		      "system/packages", err) < 0)
		return err->code;
	return text.len == 0
		       ? 0
		       : es_package_ops_compare(c->ops, &text, src->packages,
						src->to, err);
}

static int read_packages(struct es_context *c,
			 const struct es_context_source *src,
			 struct es_error *err)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *d = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	const struct es_session *s = src->session;

	if (read_operations(c, src, err) < 0 || compare_lists(c, src, err) < 0)
		return err->code;
	if (es_delta_files(&d, s->store, &src->old_tree, &src->trees, err) < 0)
		return err->code;
	if ((c->ops->n_ops > 0 || any_shipped(d)) && es_delta_count(d) > 0 &&
	    judge(c->ops, src, d, err) < 0)
		return err->code;
	if (es_digest_new(&hmac, ES_DIGEST_HMAC, s->key, err) < 0 ||
	    es_package_ops_hide(c->ops, es_rules_masks(s->rules), hmac, err) <
		    0)
		return err->code;
	es_package_ops_text(c->ops, &text);
	if (es_buf_check(&text, err) < 0)
		return err->code;
	return es_context_hide(&c->packages_text, s, es_buf_str(&text),
			       text.len, err);
}

static int read_logins(struct es_context *c,
		       const struct es_context_source *src,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_session *s = src->session;

	if (es_logins_read(&c->logins, s->root, src->from, src->to, err) < 0)
		return err->code;
	es_logins_text(c->logins, &text);
	if (es_buf_check(&text, err) < 0)
		return err->code;
	return es_context_hide(&c->logins_text, s, es_buf_str(&text), text.len,
			       err);
}

int es_context_read(struct es_context *out,
		    const struct es_context_source *source,
		    struct es_error *err)
{
	*out = (struct es_context){ .logins_text = ES_BUF_INIT(ES_BUF_MAX),
				    .packages_text = ES_BUF_INIT(ES_BUF_MAX) };
	if (read_logins(out, source, err) < 0)
		return err->code;
	/* what a first run finds did not come just now */
	if (es_oid_is_none(&source->old_tree))
		return 0;
	return read_packages(out, source, err);
}

void es_context_dispose(struct es_context *c)
{
	es_logins_free(c->logins);
	es_package_ops_free(c->ops);
	es_buf_dispose(&c->logins_text);
	es_buf_dispose(&c->packages_text);
	*c = (struct es_context){ 0 };
}
