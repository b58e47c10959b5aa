/* SPDX-License-Identifier: MIT */
/* cycle.h - one collection run, from the walk to the moved branch */
#ifndef ETCSNAP_CYCLE_H
#define ETCSNAP_CYCLE_H

#include "etcsnap/collect.h"
#include "etcsnap/delta.h"
#include "etcsnap/session.h"

/**
 * struct es_cycle_options - how to run
 * @full:     read every file again
 * @blind:    take nothing from the state cache, of a dry run
 * @dry:      write nothing: no lock, no commit, no state; the new tree can
 *            be compared until es_store_discard()
 * @rotate:   make a new secret key, under which every hidden value is recorded
 *            anew; there is a commit, and the key stays only if it stands
 * @message:  the person's words for the commit, or NULL
 * @trigger:  what started the run: "manual", "cron", "timer", "apt", …
 * @restored: id of the run that files were just restored to, or NULL
 * @wait:     seconds to wait for another run
 * @paths:    record only these absolute paths and what is below them
 * @n_paths:  their number, 0 = everything
 * @progress: as es_collect_io.progress, or NULL
 * @payload:  handed to @progress
 */
struct es_cycle_options {
	bool full;
	bool blind;
	bool dry;
	bool rotate;
	const char *message;
	const char *trigger;
	const char *restored;
	unsigned int wait;
	const char *const *paths;
	size_t n_paths;
	void (*progress)(void *payload, uint64_t entries, uint64_t bytes);
	void *payload;
};

/**
 * struct es_cycle_result - what a run did; es_cycle_dispose()
 * @changed:   something recorded differs from the tip
 * @first:     the branch had no commit before
 * @rekeyed:   hidden values were made with another key than the tip's
 * @commit:    new commit, all zero when none was made
 * @old_tree:  root tree of the tip before the run, all zero when @first
 * @tree:      root tree of what is there now (equal to @old_tree when not
 *             @changed)
 * @delta:     the changes, NULL when there are none or @first
 * @totals:    what the walk saw
 * @errors:    text of run/errors
 * @errors_changed: @errors differs from what the tip has
 * @notice:    a line worth telling (damaged state cache), or empty
 */
struct es_cycle_result {
	bool changed;
	bool first;
	bool rekeyed;
	struct es_oid commit;
	struct es_oid old_tree;
	struct es_oid tree;
	struct es_delta *delta;
	struct es_collect_totals totals;
	struct es_buf errors;
	bool errors_changed;
	struct es_buf notice;
};

/**
 * es_cycle_run - collect, and commit what changed
 * @out:     result; es_cycle_dispose() also after a failure
 * @s:       session with rules, store and key
 * @options: how
 * @err:     filled on failure; the repository is then unchanged
 *
 * Return: 0 or a negative errno; fault LOCKED when another run holds the
 * lock.
 * Locking: takes the repository's lock unless @options->dry.
 */
int es_cycle_run(struct es_cycle_result *out, struct es_session *s,
		 const struct es_cycle_options *options, struct es_error *err);

/**
 * es_cycle_dispose - free the contents of a result
 * @r: result that es_cycle_run() filled, even when it failed; not NULL; the
 *     struct itself stays the caller's
 */
void es_cycle_dispose(struct es_cycle_result *r);

#endif
