/* SPDX-License-Identifier: MIT */
/* retention_priv.h - all references, and what the rules make of them */
#ifndef ETCSNAP_RETENTION_PRIV_H
#define ETCSNAP_RETENTION_PRIV_H

#include "etcsnap/retention.h"

/** ES_CHAINS - branches that have a rule: main, daily, monthly */
#define ES_CHAINS 3

/**
 * struct es_chain_commit - a commit of a branch
 * @id:   its id
 * @when: committer time
 */
struct es_chain_commit {
	struct es_oid id;
	int64_t when;
};

/**
 * struct es_chain - a branch that has a rule
 * @name:    of the branch
 * @rule:    as configured, borrowed from the configuration
 * @keep:    the same, read
 * @commits: the newest first, owned
 * @n:       their number, 0: there is no such branch
 * @cap:     room for commits
 * @kept:    so many stay
 * @held:    so many of the oldest stay with somebody's branch
 * @holder:  its name, borrowed from the plan, or NULL
 * @note:    what else decided, or empty
 * @at:      the next to be looked at, while chains are merged
 * @freed:   bytes that only commits that go need
 */
struct es_chain {
	const char *name;
	const char *rule;
	struct es_keep keep;
	struct es_chain_commit *commits;
	size_t n;
	size_t cap;
	size_t kept;
	size_t held;
	const char *holder;
	struct es_buf note;
	size_t at;
	uint64_t freed;
};

/**
 * enum es_root_kind - what else keeps commits
 * @ES_ROOT_WHOLE:   somebody's branch: all its history stays
 * @ES_ROOT_SINGLE:  what a channel was told, a checkout: that commit stays
 * @ES_ROOT_TAG:     a tag: likewise
 * @ES_ROOT_REMOTE:  what another repository had when git last talked with it:
 *                   likewise
 * @ES_ROOT_KINDS:   their number
 */
enum es_root_kind {
	ES_ROOT_WHOLE,
	ES_ROOT_SINGLE,
	ES_ROOT_TAG,
	ES_ROOT_REMOTE,
	ES_ROOT_KINDS,
};

/**
 * struct es_root - a reference that has no rule
 * @name: owned
 * @id:   what it points to
 * @kind: how much of that stays
 */
struct es_root {
	char *name;
	struct es_oid id;
	enum es_root_kind kind;
};

/**
 * struct es_plan - all references and what becomes of them
 * @chains:  those with a rule
 * @roots:   the others, owned
 * @n_roots: their number
 * @cap_roots: room for roots
 */
struct es_plan {
	struct es_chain chains[ES_CHAINS];
	struct es_root *roots;
	size_t n_roots;
	size_t cap_roots;
};

/**
 * es_plan_make - read all references, and what the rules make of them
 * @p:    all zero; es_plan_dispose() also after a failure
 * @st:   repository
 * @conf: [retention]
 * @now:  seconds since 1970-01-01 UTC
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_plan_make(struct es_plan *p, struct es_store *st,
		 const struct es_conf *conf, int64_t now, struct es_error *err);

/** es_plan_dispose - free the content */
void es_plan_dispose(struct es_plan *p);

/** es_chain_drops - how many commits of a chain go */
size_t es_chain_drops(const struct es_chain *c);

/** es_plan_is_worth - whether enough of some branch goes to write all anew */
bool es_plan_is_worth(const struct es_plan *p);

#endif
