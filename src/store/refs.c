/* SPDX-License-Identifier: MIT */
/* refs.c - branches and the revisions that people name */
#include "config.h"

#include "store/store_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/commit.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Longest name of a branch with "refs/heads/", NUL included. */
#define REF_MAX 256
/* What a person can write where a run is meant. */
#define FORMS                                                          \
	"give an id (a1b2c3d), a name (main, daily), either with ~N, " \
	"or a time (@yesterday, @2026-05-01T12:00)"

static int ref_name(char out[REF_MAX], const char *branch, struct es_error *err)
{
	const int n = snprintf(out, REF_MAX, "refs/heads/%s", branch);

	if (n < 0 || n >= REF_MAX)
		return es_fail(err, -ENAMETOOLONG,
			       "the name of branch '%s' is too long",
			       ES_Q(branch));
	return 0;
}

int es_store_tip(struct es_oid *out, struct es_store *st, const char *branch,
		 struct es_error *err)
{
	char ref[REF_MAX];
	git_oid oid;

	if (ref_name(ref, branch, err) < 0)
		return err->code;
	pthread_mutex_lock(&st->mutex);
	const int rc = git_reference_name_to_id(&oid, st->repo, ref);
	pthread_mutex_unlock(&st->mutex);
	if (rc == GIT_ENOTFOUND) {
		memset(out, 0, sizeof(*out));
		return 0;
	}
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read branch '%s' of '%s'",
				   ES_Q(branch), ES_Q(st->path));
	oid_from_git(out, &oid);
	return 1;
}

static int fail_move(struct es_error *err, int rc, const char *branch)
{
	switch (rc) {
	case GIT_EMODIFIED:
	case GIT_EEXISTS:
	case GIT_ENOTFOUND:
		return es_fail(err, -EAGAIN,
			       "branch '%s' was moved by somebody else; "
			       "run again",
			       ES_Q(branch));
	case GIT_ELOCKED:
		return es_fail_locked(err,
				      "branch '%s' is locked by another git; "
				      "run again when it is done",
				      ES_Q(branch));
	default:
		return es_fail_git(err, rc, "cannot move branch '%s'",
				   ES_Q(branch));
	}
}

int es_store_move(struct es_store *st, const char *branch,
		  const struct es_oid *to, const struct es_oid *from,
		  struct es_error *err)
{
	const git_oid new = git_from_oid(to);
	const git_oid old = git_from_oid(from);
	git_reference *ref = NULL;
	char name[REF_MAX];

	if (es_store_need_lock(st, err) < 0 || ref_name(name, branch, err) < 0)
		return err->code;
	/* libgit2 takes an absent commit for a wrong argument. */
	if (!git_odb_exists(st->odb, &new))
		return es_fail(err, -ENOENT,
			       "the commit for branch '%s' is not installed",
			       ES_Q(branch));
	pthread_mutex_lock(&st->mutex);
	const int rc = git_reference_create_matching(&ref, st->repo, name, &new,
						     1, &old, "etcsnap");
	pthread_mutex_unlock(&st->mutex);
	git_reference_free(ref);
	return rc < 0 ? fail_move(err, rc, branch) : 0;
}

/* Mark an error as the user's: a revision that is not there is no failure. */
static int blame_user(struct es_error *err)
{
	err->fault = ES_FAULT_CONFIG;
	return err->code;
}

static int find_at_time(struct es_oid *out, struct es_store *st,
			const char *text, struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	int64_t until;
	int64_t oldest = 0;
	char when[ES_TIME_LEN];
	struct es_oid tip;
	int rc;

	if (es_clock_parse(&until, text, es_clock_now().tv_sec, err) < 0)
		return blame_user(err);
	if (es_store_tip(&tip, st, "main", err) < 0 ||
	    es_history_new(&h, st, &tip, err) < 0)
		return err->code;
	for (;;) {
		ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;

		rc = es_history_next(h, &c, err);
		if (rc <= 0)
			break;
		oldest = es_commit_time(c);
		if (oldest <= until) {
			*out = *es_commit_id(c);
			return 0;
		}
	}
	if (rc < 0)
		return rc;
	if (es_oid_is_none(&tip))
		es_fail(err, -ENOENT,
			"nothing was recorded yet; run 'etcsnap commit'");
	else
		es_fail(err, -ENOENT,
			"there is no run at or before '@%s'; the oldest is "
			"of %s",
			ES_Q(text), es_clock_iso(when, oldest));
	return blame_user(err);
}

static int fail_revision(struct es_error *err, int rc, struct es_store *st,
			 const char *text)
{
	const char *const q = ES_Q(text);

	switch (rc) {
	case GIT_ENOTFOUND:
	case GIT_EUNBORNBRANCH:
		if (git_repository_head_unborn(st->repo) == 1)
			es_fail(err, -ENOENT,
				"nothing was recorded yet, so there is no "
				"'%s'; run 'etcsnap commit'",
				q);
		else
			es_fail(err, -ENOENT, "there is no run '%s'; " FORMS,
				q);
		break;
	case GIT_EAMBIGUOUS:
		es_fail(err, -EINVAL,
			"'%s' could be more than one run; write more digits",
			q);
		break;
	case GIT_EPEEL:
	case GIT_EINVALIDSPEC:
		es_fail(err, -EINVAL, "'%s' does not name a run; " FORMS, q);
		break;
	default:
		return es_fail_git(err, rc, "cannot find '%s'", q);
	}
	return blame_user(err);
}

/* "@" alone, "@~2", "@^" and "@{…}" are git's own. */
static bool is_time(const char *text)
{
	return text[0] == '@' && text[1] && !strchr("~^{:@", text[1]);
}

/* libgit2 knows "@" alone, but not "@~2", which git takes for HEAD~2. */
static char *spell_out(const char *text)
{
	char *out;

	if (text[0] != '@' || !text[1] || text[1] == '{')
		return strdup(text);
	return asprintf(&out, "HEAD%s", text + 1) < 0 ? NULL : out;
}

int es_store_revision(struct es_oid *out, struct es_store *st, const char *text,
		      struct es_error *err)
{
	git_object *found = NULL;
	git_object *commit = NULL;

	if (is_time(text))
		return find_at_time(out, st, text + 1, err);
	ES_CLEANUP(es_freep) char *spec = spell_out(text);
	if (!spec)
		return es_fail_oom(err);
	pthread_mutex_lock(&st->mutex);
	int rc = git_revparse_single(&found, st->repo, spec);
	if (rc == 0)
		rc = git_object_peel(&commit, found, GIT_OBJECT_COMMIT);
	if (rc == 0)
		oid_from_git(out, git_object_id(commit));
	else
		rc = fail_revision(err, rc, st, text);
	git_object_free(commit);
	git_object_free(found);
	pthread_mutex_unlock(&st->mutex);
	return rc;
}
