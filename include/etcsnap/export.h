/* SPDX-License-Identifier: MIT */
/* export.h - the whole state of a run in other tools' formats */
#ifndef ETCSNAP_EXPORT_H
#define ETCSNAP_EXPORT_H

#include <stdio.h>

#include "etcsnap/rules.h"
#include "etcsnap/store.h"

/**
 * enum es_export_format - what to write
 * @ES_EXPORT_CSV:   a header, then one line an object, command, fact, finding
 * @ES_EXPORT_JSON:  one object a line
 * @ES_EXPORT_MTREE: one mtree(5) file of the whole tree
 * @ES_EXPORT_TAR:   a pax archive of what is mirrored
 */
enum es_export_format {
	ES_EXPORT_CSV,
	ES_EXPORT_JSON,
	ES_EXPORT_MTREE,
	ES_EXPORT_TAR,
};

/**
 * struct es_export_options - what of which run
 * @format: in which form
 * @commit: the run
 * @rules:  today's rules: what they hold for secret or mask is not given out
 *          in clear though an older run kept it; borrowed
 * @key:    ES_KEY_LEN bytes for masked values
 */
struct es_export_options {
	enum es_export_format format;
	struct es_oid commit;
	const struct es_rules *rules;
	const uint8_t *key;
};

/**
 * es_export - write a run
 * @out:     stream; not flushed or closed
 * @st:      repository
 * @options: what of which run
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno (damaged repository, full disk).
 */
int es_export(FILE *out, struct es_store *st,
	      const struct es_export_options *options, struct es_error *err);

#endif
