/* SPDX-License-Identifier: MIT */
/* report.h - what a set of changes says to a person */
#ifndef ETCSNAP_REPORT_H
#define ETCSNAP_REPORT_H

#include <stdio.h>

#include "etcsnap/commit.h"
#include "etcsnap/delta.h"
#include "etcsnap/doc.h"

/*
 * A report is one JSON document (schema: etcsnap-format(5), "JSON REPORT"),
 * from which every other form is made. es_report_new() makes the document,
 * es_report_text() renders it.
 */

/**
 * ES_REPORT_SCHEMA - version of the document's schema
 */
#define ES_REPORT_SCHEMA 1

/**
 * struct es_report_side - one of the two runs
 * @commit: its commit; NULL for the live system
 * @tree:   root tree
 * @when:   for the live system: seconds since 1970-01-01 UTC
 */
struct es_report_side {
	const struct es_commit *commit;
	struct es_oid tree;
	int64_t when;
};

/**
 * struct es_report_input - what a report is made of
 * @st:    repository
 * @host:  name of the machine
 * @old:   older run; its tree all zero: there is none (first run), or it was
 *         cut away
 * @new:   newer run
 * @delta: their changes
 * @patch: how content may be shown
 */
struct es_report_input {
	struct es_store *st;
	const char *host;
	struct es_report_side old;
	struct es_report_side new;
	const struct es_delta *delta;
	struct es_patch_options patch;
};

/**
 * es_report_new - make the document
 * @out: owned; es_doc_free()
 * @in:  what to tell
 * @err: filled on failure
 *
 * For a first run the changes are counted, not listed; likewise for the
 * oldest run that is kept, whose predecessors were cut away. Errors of the
 * newer run (run/errors) are listed when their set differs from the older
 * run's.
 *
 * Return: 0 or a negative errno.
 */
int es_report_new(struct es_doc **out, const struct es_report_input *in,
		  struct es_error *err);

/**
 * enum es_report_flags - what a text report leaves out or adds, as bits
 * @ES_REPORT_COLOR:     ANSI colours
 * @ES_REPORT_NO_HEADER: only the changes
 * @ES_REPORT_NO_PATCH:  no content diffs
 */
enum es_report_flags {
	ES_REPORT_COLOR = 1 << 0,
	ES_REPORT_NO_HEADER = 1 << 1,
	ES_REPORT_NO_PATCH = 1 << 2,
};

/**
 * es_report_text - render a document for people
 * @out:   appended to
 * @doc:   document from es_report_new()
 * @flags: bits of enum es_report_flags
 *
 * Every byte from the outside is quoted for a terminal.
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_report_text(struct es_buf *out, const struct es_doc *doc,
		   unsigned int flags);

/**
 * es_report_csv - write a document as CSV
 * @f:   stream
 * @doc: document from es_report_new()
 * @err: filled on failure
 *
 * Columns path, kind, attribute, old, new; a row for each attribute that
 * differs, for content ("content", with the digests where they may be told),
 * for the encoding of text ("encoding") and for a rename ("path").
 *
 * Return: 0, -ENOMEM, or -EIO when the stream failed.
 */
int es_report_csv(FILE *f, const struct es_doc *doc, struct es_error *err);

#endif
