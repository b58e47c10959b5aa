/* SPDX-License-Identifier: MIT */
/* switched.c - changes that come from what a run was told to look at */
#include "config.h"

#include "delta/delta_priv.h"

#include <string.h>

/*
 * run/parts has a line for all files, one for all facts, and one for each
 * command and each check: what has none was not looked at.
 */
static bool was_looked_at(const char *parts, const struct es_change *c)
{
	static const char files[] = "files";
	const bool file = c->path[0] == '/';

	while (*parts) {
		size_t len = strcspn(parts, "\n");

		if (file && len == sizeof(files) - 1 &&
		    memcmp(parts, files, len) == 0)
			return true;
		if (!file && c->len >= len &&
		    memcmp(parts, c->path, len) == 0 &&
		    (c->len == len || c->path[len] == '/'))
			return true;
		parts += len + (parts[len] == '\n');
	}
	return false;
}

static void judge(const struct es_buf parts[SIDES], struct es_change *c)
{
	if (c->kind == ES_CHANGE_ADDED &&
	    !was_looked_at(es_buf_str(&parts[OLD]), c))
		c->kind = ES_CHANGE_WATCHED;
	else if (c->kind == ES_CHANGE_REMOVED &&
		 !was_looked_at(es_buf_str(&parts[NEW]), c))
		c->kind = ES_CHANGE_UNWATCHED;
}

/* Runs before there was run/parts say nothing, and are not judged. */
static int judge_all(struct delta_job *job, struct es_buf parts[SIDES],
		     struct es_error *err)
{
	static const char name[] = "run/parts";
	struct es_oid blob[SIDES];

	for (int side = OLD; side < SIDES; side++) {
		int rc = es_tree_lookup(&blob[side], NULL, job->st,
					&job->root[side], name,
					sizeof(name) - 1, err);

		if (rc <= 0)
			return rc;
	}
	if (es_oid_equal(&blob[OLD], &blob[NEW]))
		return 0;
	for (int side = OLD; side < SIDES; side++)
		if (es_store_get(job->st, &blob[side], ES_KIND_BLOB,
				 &parts[side], err) < 0)
			return err->code;
	for (size_t i = 0; i < job->delta->n; i++)
		judge(parts, &job->delta->changes[i]);
	return 0;
}

int delta_switched(struct delta_job *job, struct es_error *err)
{
	struct es_buf parts[SIDES] = { ES_BUF_INIT(ES_BUF_MAX),
				       ES_BUF_INIT(ES_BUF_MAX) };
	int rc = judge_all(job, parts, err);

	for (int side = OLD; side < SIDES; side++)
		es_buf_dispose(&parts[side]);
	return rc;
}
