/* SPDX-License-Identifier: MIT */
/* report.h - what a set of changes says to a person */
#ifndef ETCSNAP_REPORT_H
#define ETCSNAP_REPORT_H

#include "etcsnap/commit.h"
#include "etcsnap/delta.h"
#include "etcsnap/doc.h"
#include "etcsnap/packages.h"

/*
 * A report is one JSON document, the model (schema: etcsnap-report(5)), from
 * which every other form is made. es_report_new() makes it, es_report_limit()
 * takes out what must not leave the machine, report_view.h renders it.
 */

/**
 * ES_REPORT_SCHEMA - version of the document's schema
 */
#define ES_REPORT_SCHEMA 2

/**
 * enum es_report_level - how much a reader wants to see
 * @ES_REPORT_NORMAL: what happened, with what differs in content
 * @ES_REPORT_BRIEF:  without content
 * @ES_REPORT_FULL:   with ten times as much content before it is cut
 */
enum es_report_level {
	ES_REPORT_NORMAL,
	ES_REPORT_BRIEF,
	ES_REPORT_FULL,
};

/**
 * es_report_level_parse - level of a word
 * @out:  set
 * @word: "brief", "normal" or "full"
 * @err:  filled on failure, names the words
 *
 * Return: 0 or -EINVAL (fault CONFIG).
 */
int es_report_level_parse(enum es_report_level *out, const char *word,
			  struct es_error *err);

/**
 * struct es_report_filter - which changes are told; all zero: every one
 * @min:     least severity
 * @tags:    words; a change needs one of them
 * @n_tags:  their number, 0 = any change
 * @paths:   absolute paths; a change needs to be one of them or below
 * @n_paths: their number, 0 = any path
 *
 * Of a rename either path will do. What does not pass is counted alone.
 * Findings pass by their severity.
 */
struct es_report_filter {
	enum es_severity min;
	const char *const *tags;
	size_t n_tags;
	const char *const *paths;
	size_t n_paths;
};

/**
 * struct es_report_limits - how large a model may get; 0: the default
 * @changes: most changes, 20,000; the least severe are dropped
 * @lines:   most lines of content of a change, 2,000
 * @total:   most lines of content of all changes, 10,000; the most severe
 *           changes get theirs first
 * @bytes:   most bytes of content of all changes, 4 MiB
 */
struct es_report_limits {
	size_t changes;
	size_t lines;
	size_t total;
	size_t bytes;
};

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
 * @patch: how content may be shown; its rules also tell severities and tags
 * @conf:  today's configuration for severities of checks, or NULL
 * @packages: who owns a path of which no run recorded it; or NULL. Asked for
 *         listed changes alone, the first question loads all file lists
 * @filter: which changes are told
 * @level: how much a reader wants to see
 * @limits: how large the model may get
 * @url:   pattern of a page about a commit, %h is the host, %H the commit;
 *         NULL or "": there is none
 * @flap_times: a path that changed more often is flapping; 0: 4 times
 * @flap_days: within so many days; 0: 14
 */
struct es_report_input {
	struct es_store *st;
	const char *host;
	struct es_report_side old;
	struct es_report_side new;
	const struct es_delta *delta;
	struct es_patch_options patch;
	const struct es_conf *conf;
	struct es_packages *packages;
	struct es_report_filter filter;
	enum es_report_level level;
	struct es_report_limits limits;
	const char *url;
	unsigned int flap_times;
	unsigned int flap_days;
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
 * The history is walked back from the newer run: to the older one, whatever
 * the times of the runs between them, and through up to 1,000 runs before it
 * for what flaps, for the state that a path had before and for the number of
 * changes on each of the last 30 days. Where the older run is of another line
 * of history, the range ends at what is older than it.
 *
 * Return: 0 or a negative errno.
 */
int es_report_new(struct es_doc **out, const struct es_report_input *in,
		  struct es_error *err);

/**
 * enum es_report_content - what of a model may leave the machine
 * @ES_REPORT_CONTENT_FULL:   all of it; what is secret is not in it anyway
 * @ES_REPORT_CONTENT_NAMES:  who, what and when, but no content: neither
 *                            lines nor digests, values of few attributes
 *                            alone, no findings' texts, no command lines, no
 *                            person's note
 * @ES_REPORT_CONTENT_COUNTS: numbers, times, the host and the commits
 */
enum es_report_content {
	ES_REPORT_CONTENT_FULL,
	ES_REPORT_CONTENT_NAMES,
	ES_REPORT_CONTENT_COUNTS,
};

/**
 * es_report_limit - take out of a model what must not leave the machine
 * @doc:   model, changed; still valid by its schema
 * @level: what may
 *
 * Before anything is rendered from it, since a subject or a header tells, too.
 */
void es_report_limit(struct es_doc *doc, enum es_report_content level);

/**
 * es_report_csv - a document as CSV
 * @out: appended to
 * @doc: document from es_report_new()
 * @err: filled on failure
 *
 * Columns path, kind, attribute, old, new, severity, package, explanation; a
 * row for each attribute that differs, for content ("content", with the
 * digests where they may be told), for the encoding of text ("encoding") and
 * for a rename ("path").
 *
 * Return: 0, or a negative errno.
 */
int es_report_csv(struct es_buf *out, const struct es_doc *doc,
		  struct es_error *err);

#endif
