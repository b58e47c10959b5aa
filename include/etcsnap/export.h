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
 * enum es_export_left - why an object is not in an archive
 * @ES_LEFT_SECRET: its content is secret, then or by today's rules
 * @ES_LEFT_MASKED: values in it are masked, then or by today's rules
 * @ES_LEFT_DIGEST: only a digest of its content is kept
 * @ES_LEFT_UNREAD: it could never be read
 * @ES_LEFT_SOCKET: archives have no sockets
 * @ES_LEFT_KINDS:  number of these
 */
enum es_export_left {
	ES_LEFT_SECRET,
	ES_LEFT_MASKED,
	ES_LEFT_DIGEST,
	ES_LEFT_UNREAD,
	ES_LEFT_SOCKET,
	ES_LEFT_KINDS,
};

/**
 * es_export_left_name - word for a reason
 * @why: reason
 *
 * Return: "secret", "masked", "digest only", "unread", "socket"; "" for what
 * is no reason. Borrowed, constant.
 */
const char *es_export_left_name(enum es_export_left why);

/**
 * struct es_export_options - what of which run
 * @format:   in which form
 * @commit:   the run
 * @rules:    today's rules: what they hold for secret or mask is not given
 *            out in clear though an older run kept it; borrowed
 * @key:      ES_KEY_LEN bytes for masked values
 * @payload:  handed to @left_out
 * @left_out: called for each object that is not in an archive, with its
 *            absolute path, raw bytes, NUL-terminated; may be NULL
 */
struct es_export_options {
	enum es_export_format format;
	struct es_oid commit;
	const struct es_rules *rules;
	const uint8_t *key;
	void *payload;
	void (*left_out)(void *payload, const char *path,
			 enum es_export_left why);
};

/**
 * es_export_parse - read the word of --format
 * @out:  set on success
 * @word: NUL-terminated, "csv", "json", "mtree" or "tar"
 *
 * Return: 0, or -EINVAL for another word.
 */
int es_export_parse(enum es_export_format *out, const char *word);

/**
 * es_export - write a run
 * @out:     stream; flushed, not closed
 * @st:      repository
 * @options: what of which run
 * @err:     filled on failure; what was written by then is of no use
 *
 * Listings (CSV, JSON) tell of every recorded object, then of commands, facts
 * and findings. A digest of what is secret or has masked values by today's
 * rules is left out too, as it gives a short secret away.
 *
 * Return: 0 or a negative errno (damaged repository, full disk).
 * Blocking: reads every mirrored content of the run.
 */
int es_export(FILE *out, struct es_store *st,
	      const struct es_export_options *options, struct es_error *err);

#endif
