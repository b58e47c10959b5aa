/* SPDX-License-Identifier: MIT */
/* store_unit.h - a repository to test on, and git to judge it */
#ifndef ETCSNAP_TESTS_STORE_UNIT_H
#define ETCSNAP_TESTS_STORE_UNIT_H

#include "unit.h"

#include "run.h"

#include "etcsnap/commit.h"
#include "etcsnap/store.h"

#include <string.h>

/** REPO - the repository, in the test's own directory */
#define REPO "repo.git"

/**
 * run - run a program
 * @argv: with NULL at the end
 * @in:   its standard input, a file, or NULL
 * @out:  reset and filled with what it says, or NULL
 *
 * Return: exit status, -1 when it was killed.
 */
static inline int run(const char *const argv[], const char *in,
		      struct es_buf *out)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf unseen = ES_BUF_INIT(ES_BUF_MAX);

	return es_unit_run(out ? out : &unseen, argv, in);
}

/** git - run git on the repository; Return: as run() */
#define git(in, out, ...)                                                 \
	run((const char *const[]){ "git", "--git-dir", REPO, __VA_ARGS__, \
				   NULL },                                \
	    (in), (out))

/** ok - fail the test with the error's message unless @call succeeds */
#define ok(call)                                                           \
	do {                                                               \
		struct es_error err = ES_ERROR_INIT;                       \
		const int rc_ = (call);                                    \
		ck_assert_msg(rc_ >= 0, "%s: %d %s", #call, rc_, err.msg); \
		ck_assert_int_eq(err.code, 0);                             \
	} while (0)

/** fails - fail the test unless @call answers @want and says @text */
#define fails(want, text, call)                                    \
	do {                                                       \
		struct es_error err = ES_ERROR_INIT;               \
		const int rc_ = (call);                            \
		ck_assert_msg(rc_ == (want) && err.code == (want), \
			      "%s: %d (%s)", #call, rc_, err.msg); \
		ck_assert_msg(strstr(err.msg, (text)),             \
			      "\"%s\" is not in "                  \
			      "\"%s\"",                            \
			      (text), err.msg);                    \
	} while (0)

/** put_text - put a blob; Return: its id */
static inline struct es_oid put_text(struct es_lane *lane, const char *text)
{
	struct es_oid oid;

	ok(es_lane_put(&oid, lane, ES_KIND_BLOB, text, strlen(text), &err));
	return oid;
}

/** put_commit - write a commit of a tree with one file; Return: its id */
static inline struct es_oid put_commit(struct es_lane *lane,
				       const struct es_oid *tree,
				       const struct es_oid *parent,
				       const char *message, int64_t when)
{
	const struct es_signature who = { "Some One", "one@example.org", when,
					  120 };
	struct es_commit_draft draft = { .author = who,
					 .committer = who,
					 .message = message,
					 .tree = *tree };
	struct es_oid oid;

	if (parent)
		draft.parent = *parent;
	ok(es_commit_write(&oid, lane, &draft, &err));
	return oid;
}

#endif
