/* SPDX-License-Identifier: MIT */
/* ops_text_priv.h - between the writer and the reader of run/packages */
#ifndef ETCSNAP_PACKAGES_OPS_TEXT_PRIV_H
#define ETCSNAP_PACKAGES_OPS_TEXT_PRIV_H

#include "packages/ops_priv.h"

#include "etcsnap/digest.h"

/*
 * Lines of words with one blank between; a word is quoted as in mtree(5), so
 * that it is of printable ASCII without blanks, and "-" stands for an empty
 * one. Words at the end that are not known are left alone, so that later
 * versions can add some.
 *
 * A command line often asked for hundreds of operations: it is written once,
 * with a number by which they refer to it.
 */

#define OPS_COMMAND "command"
#define OPS_OP "op"
#define OPS_SEEN "seen"
#define OPS_MISSING "missing"

/**
 * struct ops_digest - how a kind of digest is written
 * @name: before the hexadecimal digits
 * @len:  bytes
 */
struct ops_digest {
	const char *name;
	size_t len;
};

/** OPS_DIGESTS - kinds of digests */
#define OPS_DIGESTS (ES_PACKAGE_SHA256 + 1)

/** ops_digests - by enum es_package_digest */
extern const struct ops_digest ops_digests[OPS_DIGESTS];

#endif
