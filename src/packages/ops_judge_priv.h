/* SPDX-License-Identifier: MIT */
/* ops_judge_priv.h - between verdicts and the files that they are on */
#ifndef ETCSNAP_PACKAGES_OPS_JUDGE_PRIV_H
#define ETCSNAP_PACKAGES_OPS_JUDGE_PRIV_H

#include "packages/ops_priv.h"

/** NO_VERDICT - nothing is said of a path */
#define NO_VERDICT ES_PACKAGE_VERDICTS

/**
 * struct judged - a changed path that a package owns
 * @asked:   the path
 * @file:    what the package says of it
 * @verdict: when no content had to be read
 * @result:  of reading: 1 it is the package's, 0 not, or a negative errno
 * @unread:  content is to be read
 * @beside:  it is another version of the file that the package owns
 */
struct judged {
	const struct es_package_asked *asked;
	struct es_package_file file;
	enum es_package_verdict verdict;
	int result;
	bool unread;
	bool beside;
};

/**
 * struct judge - what is being judged
 * @ops:      gets the verdicts
 * @packages: of the root
 * @root:     directory that stands for "/"
 * @all:      owned paths
 * @n:        their number
 * @cap:      room
 * @n_unread: of those, to be read
 * @seen:     verdicts
 * @n_seen:   their number
 * @seen_cap: room
 */
struct judge {
	struct ops *ops;
	struct es_packages *packages;
	int root;
	struct judged *all;
	size_t n;
	size_t cap;
	size_t n_unread;
	struct es_package_seen *seen;
	size_t n_seen;
	size_t seen_cap;
};

/**
 * judge_tell - note a verdict
 * @j:     gets it
 * @seen:  strings are copied
 * @asked: what it is about
 *
 * Return: 0 or -ENOMEM.
 */
int judge_tell(struct judge *j, const struct es_package_seen *seen,
	       const struct es_package_asked *asked);

/** judge_read - fill the results of what is to be read, by several threads */
void judge_read(struct judge *j);

#endif
