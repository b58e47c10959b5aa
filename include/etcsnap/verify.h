/* SPDX-License-Identifier: MIT */
/* verify.h - is the repository whole, and is the machine as it says */
#ifndef ETCSNAP_VERIFY_H
#define ETCSNAP_VERIFY_H

#include <stdint.h>

#include "etcsnap/session.h"

/**
 * enum es_verify_what - what is checked, as bits
 * @ES_VERIFY_OBJECTS:  every object, every manifest, references, state
 * @ES_VERIFY_HISTORY:  chain, signatures, what channels were told, anchors
 * @ES_VERIFY_LIVE:     the machine against the tip, everything read again
 * @ES_VERIFY_PACKAGES: installed files against their packages' checksums
 */
enum es_verify_what {
	ES_VERIFY_OBJECTS = 1 << 0,
	ES_VERIFY_HISTORY = 1 << 1,
	ES_VERIFY_LIVE = 1 << 2,
	ES_VERIFY_PACKAGES = 1 << 3,
};

/**
 * enum es_verify_level - how much a finding counts
 * @ES_VERIFY_NOTE:    worth knowing, nothing is wrong
 * @ES_VERIFY_WARNING: may be all right; somebody should look
 * @ES_VERIFY_BAD:     damaged, missing, or not what it was
 * @ES_VERIFY_LEVELS:  number of levels
 */
enum es_verify_level {
	ES_VERIFY_NOTE,
	ES_VERIFY_WARNING,
	ES_VERIFY_BAD,
	ES_VERIFY_LEVELS,
};

/**
 * es_verify_level_name - word for a level
 * @level: level
 *
 * Return: static "note", "warning" or "bad"; "" for what is no level.
 */
const char *es_verify_level_name(enum es_verify_level level);

/**
 * struct es_verify_finding - something that was found
 * @level:   how much it counts
 * @kind:    "object", "pack", "index", "file", "reference", "boundary",
 *           "commit", "tree", "manifest", "signature", "state", "live",
 *           "package", "anchor" or "key"; static
 * @name:    what it is about: an id, a path, a reference; bytes, not quoted
 * @len:     bytes of @name
 * @problem: what is wrong; NUL-terminated, quoted for a terminal
 * @advice:  what to do, likewise; NULL: nothing
 */
struct es_verify_finding {
	enum es_verify_level level;
	const char *kind;
	const char *name;
	size_t len;
	const char *problem;
	const char *advice;
};

/**
 * struct es_verify_totals - how much was looked at, and found
 * @levels:     findings of each level, also those that were not told one by one
 * @objects:    stored objects that were read
 * @bytes:      bytes of their content
 * @stored:     bytes on the disk
 * @packs:      packs
 * @loose:      loose objects
 * @garbage:    objects that nothing refers to
 * @commits:    commits that references lead to
 * @chain:      commits of the branch main, to its boundary
 * @manifests:  directories whose manifest was compared with its trees
 * @signed_good: commits and tags with a good signature
 * @rows:       rows of the state that were compared
 * @anchors:    commit ids that were looked up
 * @cut:        of them, those older than the boundary
 * @live:       entries that were read again
 * @packaged:   files that were compared with their packages
 * @state_skipped: the state is of another commit or program, and not compared
 */
struct es_verify_totals {
	uint64_t levels[ES_VERIFY_LEVELS];
	uint64_t objects;
	uint64_t bytes;
	uint64_t stored;
	uint64_t packs;
	uint64_t loose;
	uint64_t garbage;
	uint64_t commits;
	uint64_t chain;
	uint64_t manifests;
	uint64_t signed_good;
	uint64_t rows;
	uint64_t anchors;
	uint64_t cut;
	uint64_t live;
	uint64_t packaged;
	bool state_skipped;
};

/**
 * struct es_verify_options - what to check, and who is told
 * @what:      bits of enum es_verify_what
 * @threads:   how many read, 0 = by the processors
 * @all:       tell every finding; else of one kind the first hundred, and how
 *             many more there are
 * @since:     signatures of older commits are not checked; INT64_MIN = all are
 * @anchors:   files with commit ids to look up
 * @n_anchors: their number
 * @found:     called for each finding, one after the other; its strings are
 *             valid during the call
 * @progress:  called now and then with objects or entries, and bytes so far;
 *             or NULL
 * @payload:   handed to @found and @progress
 */
struct es_verify_options {
	unsigned int what;
	unsigned int threads;
	bool all;
	int64_t since;
	const char *const *anchors;
	size_t n_anchors;
	void (*found)(void *payload, const struct es_verify_finding *f);
	void (*progress)(void *payload, uint64_t n, uint64_t bytes);
	void *payload;
};

/**
 * es_verify_run - check
 * @out: filled, also where much is wrong
 * @s:   session with an open repository; with rules and the secret key where
 *       @options ask for ES_VERIFY_LIVE
 * @options: what
 * @err: filled when it could not be checked
 *
 * Writes nothing and takes no lock. When a run or a prune changed the
 * repository meanwhile, and something was found, it looks again.
 *
 * Return: 0 (what was found is in @out->levels), or a negative errno.
 */
int es_verify_run(struct es_verify_totals *out, struct es_session *s,
		  const struct es_verify_options *options,
		  struct es_error *err);

#endif
