/* SPDX-License-Identifier: MIT */
/* commit.h - runs as commits: write, read, walk the history */
#ifndef ETCSNAP_COMMIT_H
#define ETCSNAP_COMMIT_H

#include "etcsnap/sign.h"
#include "etcsnap/store.h"

/**
 * ES_FORMAT - version of the repository format that this program writes
 */
#define ES_FORMAT 1

/**
 * struct es_signature - who, when
 * @name:   NUL-terminated; '<', '>', newlines are dropped when written
 * @email:  likewise
 * @when:   seconds since 1970-01-01 UTC
 * @offset: minutes east of UTC
 */
struct es_signature {
	const char *name;
	const char *email;
	int64_t when;
	int offset;
};

/**
 * struct es_commit_draft - a commit to write
 * @tree:      root tree
 * @parent:    all zero for the first
 * @author:    the person behind the run
 * @committer: etcsnap itself
 * @message:   whole message, trailers included, NUL-terminated
 * @signer:    who signs it; NULL: nobody
 */
struct es_commit_draft {
	struct es_oid tree;
	struct es_oid parent;
	struct es_signature author;
	struct es_signature committer;
	const char *message;
	struct es_signer *signer;
};

/**
 * es_commit_write - write a commit object (the branch is moved elsewhere)
 * @out:   its id
 * @lane:  this thread's lane
 * @draft: content
 * @err:   filled on failure
 *
 * A commit that could not be signed, where that is allowed, is written with the
 * trailer "Unsigned" and the reason at the end of its message;
 * es_signer_problem() tells of it.
 *
 * Return: 0 or a negative errno.
 */
int es_commit_write(struct es_oid *out, struct es_lane *lane,
		    const struct es_commit_draft *draft, struct es_error *err);

/** struct es_commit - a commit that was read */
struct es_commit;

/**
 * es_commit_read - read a commit
 * @out: owned; es_commit_free()
 * @st:  repository
 * @oid: its id
 * @err: filled on failure
 *
 * Return: 0, -ENOENT, -EINVAL (not a commit), -EIO.
 */
int es_commit_read(struct es_commit **out, struct es_store *st,
		   const struct es_oid *oid, struct es_error *err);

/**
 * es_commit_free - free a commit and all that was borrowed from it
 * @c: taken; NULL is allowed
 */
void es_commit_free(struct es_commit *c);
ES_DEFINE_CLEANUP(struct es_commit, es_commit_free)

/**
 * es_commit_id - id of a commit
 * @c: commit, borrowed
 *
 * Return: its id, borrowed from @c.
 */
const struct es_oid *es_commit_id(const struct es_commit *c);

/**
 * es_commit_tree - root tree of a commit
 * @c: commit, borrowed
 *
 * Return: id of the tree, borrowed from @c.
 */
const struct es_oid *es_commit_tree(const struct es_commit *c);

/**
 * es_commit_parent - first parent of a commit
 * @c: commit, borrowed
 *
 * Return: id, borrowed from @c; all zero when it has none or lies at the
 * shallow boundary (what is behind was pruned).
 */
const struct es_oid *es_commit_parent(const struct es_commit *c);

/**
 * es_commit_is_cut - whether a commit lies at the shallow boundary
 * @c: commit, borrowed
 *
 * Return: true when it had a parent, and that was pruned.
 */
bool es_commit_is_cut(const struct es_commit *c);

/**
 * es_commit_time - when a commit was made
 * @c: commit, borrowed
 *
 * Return: committer time, seconds since 1970-01-01 UTC.
 */
int64_t es_commit_time(const struct es_commit *c);

/**
 * es_commit_author - the person behind a commit
 * @c: commit, borrowed
 *
 * Return: "NAME <EMAIL>", NUL-terminated raw bytes, borrowed from @c.
 */
const char *es_commit_author(const struct es_commit *c);

/**
 * es_commit_subject - first line of a commit's message
 * @c: commit, borrowed
 *
 * Return: NUL-terminated raw bytes without newline, borrowed from @c.
 */
const char *es_commit_subject(const struct es_commit *c);

/**
 * es_commit_message - whole message of a commit
 * @c: commit, borrowed
 *
 * Return: NUL-terminated raw bytes, trailers included, borrowed from @c.
 */
const char *es_commit_message(const struct es_commit *c);

/**
 * es_commit_trailer - value of a trailer
 * @c:     commit
 * @key:   "Host", "Run", …
 * @nth:   0 for the first of that key, 1 for the second, …
 *
 * Return: borrowed NUL-terminated value, or NULL.
 */
const char *es_commit_trailer(const struct es_commit *c, const char *key,
			      unsigned int nth);

/** struct es_history - a walk from a commit back along first parents */
struct es_history;

/**
 * es_history_new - begin a walk
 * @out:  owned; es_history_free()
 * @st:   repository
 * @from: newest commit; all zero gives an empty walk
 * @err:  filled on failure
 *
 * Ends at a root commit or at the shallow boundary ($GIT_DIR/shallow), which
 * libgit2 before 1.7 does not read.
 *
 * Return: 0 or a negative errno.
 */
int es_history_new(struct es_history **out, struct es_store *st,
		   const struct es_oid *from, struct es_error *err);

/**
 * es_history_free - end a walk
 * @h: taken; NULL is allowed; commits that it gave out stay the caller's
 */
void es_history_free(struct es_history *h);
ES_DEFINE_CLEANUP(struct es_history, es_history_free)

/**
 * es_history_next - the next older commit
 * @h:   walk
 * @out: owned by the caller; es_commit_free()
 * @err: filled on failure
 *
 * Return: 1, 0 at the end, negative errno.
 */
int es_history_next(struct es_history *h, struct es_commit **out,
		    struct es_error *err);

#endif
