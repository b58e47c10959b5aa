/* SPDX-License-Identifier: MIT */
/* mark.c - references of our own that remember what was told to whom */
#include "config.h"

#include "etcsnap/marks.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "store/store_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Longest name with "refs/etcsnap/", NUL included. */
#define NAME_MAX_BYTES 256

static int full_name(char out[NAME_MAX_BYTES], const char *name,
		     struct es_error *err)
{
	const int n = snprintf(out, NAME_MAX_BYTES, "refs/etcsnap/%s", name);

	if (n < 0 || n >= NAME_MAX_BYTES)
		return es_fail(err, -ENAMETOOLONG,
			       "the mark '%s' has too long a name", ES_Q(name));
	return 0;
}

int es_marks_lock(int *fd, struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);

	es_buf_addf(&path, "%s/etcsnap-marks.flock", st->path);
	if (es_buf_check(&path, err) < 0)
		return err->code;
	const int rc = es_lock_file(fd, path.data, 0, err);

	if (rc == -EBUSY || err->fault == ES_FAULT_LOCKED) {
		*err = (struct es_error)ES_ERROR_INIT;
		return 0;
	}
	if (rc < 0)
		return rc;
	es_store_clean_marks(st);
	return 1;
}

int es_mark_read(struct es_oid *out, struct es_store *st, const char *name,
		 struct es_error *err)
{
	char ref[NAME_MAX_BYTES];
	git_oid oid;

	memset(out, 0, sizeof(*out));
	if (full_name(ref, name, err) < 0)
		return err->code;
	pthread_mutex_lock(&st->mutex);
	const int rc = git_reference_name_to_id(&oid, st->repo, ref);
	pthread_mutex_unlock(&st->mutex);
	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read the mark '%s'",
				   ES_Q(name));
	oid_from_git(out, &oid);
	return 1;
}

int es_mark_move(struct es_store *st, const char *name, const struct es_oid *to,
		 const struct es_oid *from, struct es_error *err)
{
	const git_oid new = git_from_oid(to);
	const git_oid old = git_from_oid(from);
	git_reference *ref = NULL;
	char full[NAME_MAX_BYTES];

	if (full_name(full, name, err) < 0)
		return err->code;
	pthread_mutex_lock(&st->mutex);
	const int rc = git_reference_create_matching(&ref, st->repo, full, &new,
						     1, &old, "etcsnap");
	pthread_mutex_unlock(&st->mutex);
	git_reference_free(ref);
	if (rc == GIT_EMODIFIED || rc == GIT_EEXISTS || rc == GIT_ENOTFOUND)
		return es_fail(err, -EAGAIN,
			       "the mark '%s' was moved by somebody else; run "
			       "again",
			       ES_Q(name));
	if (rc < 0)
		return es_fail_git(err, rc, "cannot move the mark '%s'",
				   ES_Q(name));
	return 0;
}

int es_mark_drop(struct es_store *st, const char *name, struct es_error *err)
{
	char full[NAME_MAX_BYTES];
	struct es_oid is;
	/* libgit2 does not tell whether there was one */
	const int there = es_mark_read(&is, st, name, err);

	if (there <= 0)
		return there;
	if (full_name(full, name, err) < 0)
		return err->code;
	pthread_mutex_lock(&st->mutex);
	const int rc = git_reference_remove(st->repo, full);
	pthread_mutex_unlock(&st->mutex);
	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc < 0)
		return es_fail_git(err, rc, "cannot remove the mark '%s'",
				   ES_Q(name));
	return 1;
}
