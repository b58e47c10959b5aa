/* SPDX-License-Identifier: MIT */
/* refs_all.c - every reference that keeps objects */
#include "config.h"

#include "etcsnap/repack.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest file that names one commit. */
#define HEAD_MAX 4096

/* One walk. */
struct walk {
	struct es_store *st;
	es_repack_each each;
	void *payload;
};

/* A branch that HEAD is on is told by its own name. */
static int tell_detached(const struct walk *w, const char *name,
			 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(HEAD_MAX);
	ES_CLEANUP(es_freep) char *path = NULL;
	struct es_error why = ES_ERROR_INIT;
	struct es_oid oid;
	int rc;

	if (asprintf(&path, "%s/%s", w->st->path, name) < 0) {
		path = NULL;
		return es_fail_oom(err);
	}
	rc = es_read_file(&text, AT_FDCWD, path, &why);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return 0;
	if (rc < 0) {
		*err = why;
		return rc;
	}
	if (text.len < ES_OID_HEX ||
	    es_unhex(oid.id, text.data, ES_OID_LEN) < 0)
		return 0;
	return w->each(w->payload, name, &oid, err);
}

/* What somebody has checked out by "git worktree". */
static int tell_worktrees(const struct walk *w, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *path = NULL;
	int rc = 0;

	if (asprintf(&path, "%s/worktrees", w->st->path) < 0) {
		path = NULL;
		return es_fail_oom(err);
	}
	ES_CLEANUP(es_closedirp) DIR *d = opendir(path);

	for (const struct dirent *e = d ? readdir(d) : NULL; e && rc == 0;
	     e = readdir(d)) {
		char name[NAME_MAX + 32];

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "worktrees/%s/HEAD", e->d_name);
		rc = tell_detached(w, name, err);
	}
	return rc;
}

static int tell_refs(const struct walk *w, git_reference_iterator *it,
		     struct es_error *err)
{
	git_reference *ref = NULL;
	int rc;

	while ((rc = git_reference_next(&ref, it)) == 0) {
		const git_oid *target = git_reference_target(ref);
		struct es_oid oid;
		int told = 0;

		if (target) {
			oid_from_git(&oid, target);
			told = w->each(w->payload, git_reference_name(ref),
				       &oid, err);
		}
		git_reference_free(ref);
		if (told < 0)
			return told;
	}
	/* one that cannot be read may be all that keeps something */
	if (rc != GIT_ITEROVER)
		return es_fail_git(err, rc,
				   "cannot read the references of '%s'",
				   ES_Q(w->st->path));
	return 0;
}

int es_repack_refs(struct es_store *st, es_repack_each each, void *payload,
		   struct es_error *err)
{
	const struct walk w = { st, each, payload };
	git_reference_iterator *it = NULL;
	int rc = git_reference_iterator_new(&it, st->repo);

	if (rc < 0)
		return es_fail_git(err, rc,
				   "cannot read the references of '%s'",
				   ES_Q(st->path));
	rc = tell_refs(&w, it, err);
	git_reference_iterator_free(it);
	if (rc == 0)
		rc = tell_detached(&w, "HEAD", err);
	if (rc == 0)
		rc = tell_worktrees(&w, err);
	return rc;
}
