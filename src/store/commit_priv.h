/* SPDX-License-Identifier: MIT */
/* commit_priv.h - reading commits without looking for their boundary */
#ifndef ETCSNAP_STORE_COMMIT_PRIV_H
#define ETCSNAP_STORE_COMMIT_PRIV_H

#include "etcsnap/buf.h"
#include "etcsnap/commit.h"

/**
 * struct es_trailer - one "Key: value" of a message; strings in es_commit.text
 * @key:   NUL-terminated
 * @value: NUL-terminated, folded lines joined by a blank
 */
struct es_trailer {
	const char *key;
	const char *value;
};

/**
 * struct es_commit - a commit that was read
 * @id:       its id
 * @tree:     root tree
 * @parent:   first parent; all zero: none, or pruned
 * @cut:      it had a parent, which was pruned
 * @when:     committer time
 * @raw:      the object's bytes; NULs were put where strings end
 * @author:   in @raw
 * @message:  in @raw
 * @subject:  owned copy of the message's first line
 * @trailer_text: owned copy of the message's last paragraph, cut up
 * @trailers: owned
 * @n_trailers: their number
 */
struct es_commit {
	struct es_oid id;
	struct es_oid tree;
	struct es_oid parent;
	bool cut;
	int64_t when;
	struct es_buf raw;
	const char *author;
	const char *message;
	char *subject;
	char *trailer_text;
	struct es_trailer *trailers;
	size_t n_trailers;
};

/**
 * es_commit_parse - fill a commit from its @raw
 * @c: commit; only @raw is filled so far
 *
 * Return: 0, -EILSEQ on a broken commit, -ENOMEM.
 */
int es_commit_parse(struct es_commit *c);

/**
 * es_commit_load - read a commit; its parent stays as it is written
 * @out: owned; es_commit_free()
 * @st:  repository
 * @oid: its id
 * @err: filled on failure
 *
 * Return: as es_commit_read().
 */
int es_commit_load(struct es_commit **out, struct es_store *st,
		   const struct es_oid *oid, struct es_error *err);

/** es_commit_cut - forget the parent of a commit at the shallow boundary */
void es_commit_cut(struct es_commit *c);

#endif
