/* SPDX-License-Identifier: MIT */
/* history_unit.h - unit tests of the history make chains of runs */
#ifndef ETCSNAP_TESTS_HISTORY_UNIT_H
#define ETCSNAP_TESTS_HISTORY_UNIT_H

#include "runs.h"

#include <stdio.h>

#define CHAIN_MAX 16

#define HOUR ((int64_t)3600)

/** The moment of the first run of a chain: 2023-11-20 12:00 UTC */
#define START ((int64_t)1700481600)

/** A chain of runs, oldest first, an hour apart */
struct chain {
	struct es_commit *runs[CHAIN_MAX];
	size_t n;
};

static inline void chain_dispose(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		es_commit_free(c->runs[i]);
}

/** chain_add - the next run of a chain */
static inline void chain_add(struct chain *c, const struct es_unit_item *items,
			     size_t n)
{
	struct es_oid tree = es_unit_tree(&repo, items, n);
	const struct es_oid *parent =
		c->n ? es_commit_id(c->runs[c->n - 1]) : NULL;

	ck_assert_uint_lt(c->n, CHAIN_MAX);
	c->runs[c->n] = es_unit_commit(&repo, &tree, parent,
				       START + (int64_t)c->n * HOUR);
	c->n++;
}

/** chain_tip - id of the newest run */
static inline const struct es_oid *chain_tip(const struct chain *c)
{
	return es_commit_id(c->runs[c->n - 1]);
}

/** chain_index - number of the run with an id, in the order of the chain */
static inline size_t chain_index(const struct chain *c, const struct es_oid *id)
{
	for (size_t i = 0; i < c->n; i++)
		if (es_oid_equal(es_commit_id(c->runs[i]), id))
			return i;
	ck_abort_msg("no run of the chain");
	return 0;
}

#endif
