/* SPDX-License-Identifier: MIT */
/* restore_told.c - whether a run that lacks a path would have had it */
#include "config.h"

#include "restore/restore_plan_priv.h"

#include "etcsnap/reach.h"
#include "etcsnap/rules.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <string.h>

/*
 * A first run of a few paths records directories with what it looked at in
 * them alone. So at least one run, up to this one, must have looked at all;
 * what was cut away from the history is taken for it.
 */
int restore_can_tell_all(struct es_restore_plan *p, struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_commit *c = NULL;
	int rc = es_history_new(&h, p->st, es_commit_id(p->o.commit), err);

	while (rc == 0 && !p->tells) {
		rc = es_history_next(h, &c, err);
		if (rc <= 0)
			return rc;
		p->tells = !es_commit_trailer(c, "Paths", 0) ||
			   es_commit_is_cut(c);
		es_commit_free(c);
		rc = 0;
	}
	return rc;
}

/* Files are one of the parts that a run may have been told to leave out. */
static int had_files(struct es_restore_plan *p, struct es_error *err)
{
	static const char name[] = "run/parts";
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, p->st, &p->root, name,
				sizeof(name) - 1, err);

	if (rc <= 0)
		return rc;
	if (es_store_get(p->st, &oid, ES_KIND_BLOB, &text, err) < 0)
		return err->code;
	return strncmp(es_buf_str(&text), "files\n", 6) == 0 ||
	       strstr(es_buf_str(&text), "\nfiles\n") != NULL;
}

/* The directory's own entry in the run. Return: 1, 0 none, or negative. */
static int read_self(struct es_restore_plan *p, const char *path, size_t len,
		     struct es_entry *out, struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_listing_reader r;
	struct es_dir_trees trees;

	if (es_dir_lookup(&trees, p->st, &p->root, path, len, err) < 0)
		return err->code;
	if (es_oid_is_none(&trees.meta))
		return 0;
	if (es_dir_read(&w, p->st, &trees, err) < 0)
		return err->code;
	if (es_listing_open(&r, w.buf.data, w.buf.len) < 0 ||
	    es_listing_next(&r, out) <= 0)
		return es_fail(err, -EINVAL, "damaged manifest");
	/* what it points to is gone with @w; only numbers are looked at */
	out->target = out->xattr = NULL;
	out->extra = NULL;
	return 1;
}

int restore_could_tell(struct es_restore_plan *p, const char *path, size_t len,
		       enum es_type type, struct es_error *err)
{
	struct es_decision d;
	struct es_entry self = { 0 };
	int rc;

	if (!p->rules)
		return -ENODATA;
	es_rules_decide(p->rules, p->scratch, path, len, type, &d);
	if (d.watch != ES_WATCH_YES)
		return 0;
	rc = had_files(p, err);
	if (rc < 0)
		return rc;
	if (!p->tells || rc == 0)
		return -ENODATA;
	/* the nearest directory that it has must have been read, whole */
	do {
		len = restore_dir_len(path, len);
		rc = read_self(p, path, len, &self, err);
	} while (rc == 0 && len > 0);
	if (rc < 0)
		return rc;
	if (rc == 0 || self.unread || self.watch != ES_WATCH_YES)
		return -ENODATA;
	return 1;
}
