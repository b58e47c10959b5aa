/* SPDX-License-Identifier: MIT */
/* retention.h - branches as resolutions, and how far back each reaches */
#ifndef ETCSNAP_RETENTION_H
#define ETCSNAP_RETENTION_H

#include "etcsnap/commit.h"
#include "etcsnap/conf.h"
#include "etcsnap/keep.h"
#include "etcsnap/repack.h"

/*
 * Branch main has a commit for each run that found a change. The branches daily
 * and monthly have one for each day or month in which something changed, with
 * the tree as it was at the end of it and without run/. They are made by the
 * first run after the end of that day or month in the local time zone, whether
 * or not it finds a change, and depend on nothing but the commits of main, so
 * that a run that was killed is made good by the next.
 *
 * Each branch reaches back as far as [retention] says. What is older is cut by
 * git's shallow boundary (repack.h), so that no commit ever changes its id.
 */

/**
 * struct es_resolutions_options - how commits of resolutions are made
 * @host:   name of the machine
 * @signer: who signs them; NULL: nobody
 * @now:    seconds since 1970-01-01 UTC; what is over is what ended before it
 * @all:    look for days that are owing though no run would have left any: to
 *          be set before history is cut
 */
struct es_resolutions_options {
	const char *host;
	struct es_signer *signer;
	int64_t now;
	bool all;
};

/**
 * es_resolutions_update - make the commits of the days and months that are over
 * @st:      locked repository with nothing put that is not installed
 * @tip:     the newest commit of main, borrowed
 * @options: how, borrowed
 * @err:     filled on failure; the branches are as they were then, or as far
 *           as they got
 *
 * To be called before a run makes its own commit. When the newest commit is of
 * today it costs nothing; when it is older and told of already, a look at two
 * references and two commits.
 *
 * A day at whose end everything was as at the end of the day before has no
 * commit. Where the clock was put back, no day is told twice unless it was
 * told before it was over.
 *
 * Return: commits that were made, or a negative errno.
 */
int es_resolutions_update(struct es_store *st, const struct es_commit *tip,
			  const struct es_resolutions_options *options,
			  struct es_error *err);

/**
 * es_retention_count - how many commits of a branch a rule keeps
 * @keep:  rule
 * @times: when they were made, the newest first
 * @n:     their number
 * @now:   seconds since 1970-01-01 UTC
 *
 * A commit is kept with all that are newer. One later than now keeps nothing by
 * its time, unless half of them are: then @now is not believed.
 *
 * Return: from 1 to @n, or 0 where there is none.
 */
size_t es_retention_count(const struct es_keep *keep, const int64_t *times,
			  size_t n, int64_t now);

/**
 * struct es_prune_row - what becomes of one branch, or of some references
 * @name:   "main", "daily", "monthly", "tags", or the name of a reference;
 *          raw bytes, owned
 * @rule:   as configured, or why all of it is kept; owned
 * @note:   what else decided, or ""; owned
 * @keep:   commits that stay
 * @drop:   commits that go
 * @oldest: when the oldest that stays was made, 0: not known
 * @freed:  bytes that no longer have to be kept; only told on demand
 */
struct es_prune_row {
	char *name;
	char *rule;
	char *note;
	uint64_t keep;
	uint64_t drop;
	int64_t oldest;
	uint64_t freed;
};

/**
 * struct es_prune_options - how to prune
 * @now:       seconds since 1970-01-01 UTC
 * @dry:       only say what would be done
 * @detail:    find out what each branch frees, which takes longer
 * @automatic: only when it is due and worth its cost
 */
struct es_prune_options {
	int64_t now;
	bool dry;
	bool detail;
	bool automatic;
};

/**
 * struct es_prune_result - what was done, or would be; es_prune_dispose()
 * @done:   it was (or would be) done; false: it is not due
 * @rows:   by branch, owned
 * @n_rows: their number
 * @totals: of all
 * @limit:  max_repo_size, 0: none
 * @over:   what is left is more than that
 */
struct es_prune_result {
	bool done;
	struct es_prune_row *rows;
	size_t n_rows;
	struct es_repack_totals totals;
	uint64_t limit;
	bool over;
};

/**
 * es_retention_prune - cut each branch as configured, free what that frees
 * @out:     set; es_prune_dispose() also after a failure
 * @st:      locked repository with nothing put that is not installed
 * @conf:    [retention]
 * @options: how
 * @err:     filled on failure; the repository is sound then
 *
 * Tags and what channels were told last keep their commits with all content;
 * other branches keep all their history.
 *
 * Return: 0 or a negative errno.
 */
int es_retention_prune(struct es_prune_result *out, struct es_store *st,
		       const struct es_conf *conf,
		       const struct es_prune_options *options,
		       struct es_error *err);

/**
 * es_prune_dispose - free the contents of a result
 * @r: result, not NULL
 */
void es_prune_dispose(struct es_prune_result *r);

/**
 * es_prune_tell_size - say that a repository is larger than it should be
 * @out: appended to: "the repository has … and max_repo_size is …"
 * @r:   result with @over set
 */
void es_prune_tell_size(struct es_buf *out, const struct es_prune_result *r);

/**
 * es_retention_auto - prune after a commit, if it is time for it
 * @st:     locked repository with nothing put that is not installed
 * @conf:   [retention]
 * @now:    seconds since 1970-01-01 UTC
 * @notice: appended to: what went wrong, or that the repository is too large
 *
 * Costs the reading of a small file when this day's is done.
 */
void es_retention_auto(struct es_store *st, const struct es_conf *conf,
		       int64_t now, struct es_buf *notice);

#endif
