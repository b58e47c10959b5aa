/* SPDX-License-Identifier: MIT */
/* blame_context.c - who was there in a run, and what came with it */
#include "config.h"

#include "history/history_priv.h"

#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void blame_kept_dispose(struct blame_kept *k)
{
	es_commit_free(k->commit);
	es_logins_free(k->logins);
	es_package_ops_free(k->ops);
	free(k->sessions);
	free(k->author);
	free(k->path);
}

/* A text of the run's own part. Return: 1, 0 when it has none, negative. */
static int load(struct es_buf *out, struct es_store *st,
		const struct es_commit *c, const char *path,
		struct es_error *err)
{
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, st, es_commit_tree(c), path,
				strlen(path), err);

	if (rc <= 0)
		return rc;
	rc = es_store_get(st, &oid, ES_KIND_BLOB, out, err);
	return rc < 0 ? rc : 1;
}

/*
 * When the file was changed, where its times lie between the two runs; and the
 * digest that verdicts on it bear.
 */
static int find_entry(struct es_blame_run *run, struct blame_kept *kept,
		      struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry e;
	int64_t when;
	int rc;

	if (run->path[0] != '/')
		return 0;
	rc = es_delta_entry(&w, &e, st, es_commit_tree(kept->commit), run->path,
			    err);
	if (rc <= 0 || !(e.has & ES_HAS_STAT))
		return rc < 0 ? rc : 0;
	if (e.has & (ES_HAS_SHA256 | ES_HAS_HMAC))
		memcpy(kept->digest, e.digest, sizeof(kept->digest));
	when = e.mtime_sec;
	if (e.extra && (e.extra->has & ES_EXTRA_CTIME))
		when = e.extra->ctime_sec;
	if (when > kept->before && when <= run->when)
		run->changed = when;
	return 0;
}

/* The machine's own being up is nobody's presence. */
static bool is_boot(const struct es_login *l)
{
	return strcmp(l->user, "reboot") == 0 &&
	       strcmp(l->line, "system boot") == 0;
}

/* Whether a session was open within a time, whose ends may be the same. */
static bool was_open(const struct es_login *l, int64_t from, int64_t to)
{
	if (is_boot(l) || l->begin > to)
		return false;
	return l->how == ES_LOGIN_OPEN || (l->end > 0 && l->end >= from);
}

static int find_sessions(struct es_blame_run *run, struct blame_kept *kept,
			 struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	const int64_t from = run->changed ? run->changed : kept->before;
	const int64_t to = run->changed ? run->changed : run->when;
	struct es_error why = ES_ERROR_INIT;
	int rc = load(&text, st, kept->commit, "run/logins", err);

	if (rc <= 0)
		return rc;
	rc = es_logins_parse(&kept->logins, es_buf_str(&text), text.len, &why);
	/* what makes no sense tells nothing */
	if (rc < 0)
		return rc == -ENOMEM ? es_fail_oom(err) : 0;
	kept->sessions =
		calloc(kept->logins->n_sessions + 1, sizeof(*kept->sessions));
	if (!kept->sessions)
		return es_fail_oom(err);
	for (size_t i = 0; i < kept->logins->n_sessions; i++) {
		const struct es_login *l = &kept->logins->sessions[i];

		if (was_open(l, from, to))
			kept->sessions[run->n_sessions++] = l;
	}
	run->sessions = kept->sessions;
	return 0;
}

/* Whether the file is what the package has, so that it came with it. */
static bool is_from(const struct es_package_seen *seen, const char *path,
		    const uint8_t *digest)
{
	return strcmp(seen->path, path) == 0 &&
	       memcmp(seen->recorded, digest, sizeof(seen->recorded)) == 0 &&
	       (seen->verdict == ES_PACKAGE_MATCH ||
		seen->verdict == ES_PACKAGE_CONF_NEW ||
		seen->verdict == ES_PACKAGE_CONF_SAVED);
}

static int find_package(struct es_blame_run *run, struct blame_kept *kept,
			struct es_store *st,
			const struct es_patch_options *options,
			struct es_error *err)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	const struct es_mask_set *masks;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error why = ES_ERROR_INIT;
	const struct es_package_ops *ops;
	const char *name = NULL;
	int rc = load(&text, st, kept->commit, "run/packages", err);

	if (rc <= 0)
		return rc;
	rc = es_package_ops_parse(&kept->ops, es_buf_str(&text), text.len,
				  &why);
	if (rc < 0)
		return rc == -ENOMEM ? es_fail_oom(err) : 0;
	if (es_patch_masks(&masks, &hmac, options, err) < 0 ||
	    es_package_ops_hide(kept->ops, masks, hmac, err) < 0)
		return err->code;
	ops = kept->ops;
	for (size_t i = 0; i < ops->n_seen && !name; i++)
		if (is_from(&ops->seen[i], run->path, kept->digest))
			name = ops->seen[i].package;
	for (size_t i = 0; name && i < ops->n_ops && !run->package; i++)
		if (strcmp(ops->ops[i].name, name) == 0)
			run->package = &ops->ops[i];
	return 0;
}

int blame_context(struct es_blame_run *run, struct blame_kept *kept,
		  struct es_store *st, const struct es_patch_options *options,
		  struct es_error *err)
{
	/* of lines that are older it would tell of the wrong people */
	if (run->boundary)
		return 0;
	if (find_entry(run, kept, st, err) < 0 ||
	    find_sessions(run, kept, st, err) < 0)
		return err->code;
	return find_package(run, kept, st, options, err);
}
