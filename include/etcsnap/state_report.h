/* SPDX-License-Identifier: MIT */
/* state_report.h - how the machine is doing, as one report */
#ifndef ETCSNAP_STATE_REPORT_H
#define ETCSNAP_STATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/conf.h"
#include "etcsnap/delta.h"
#include "etcsnap/doc.h"
#include "etcsnap/ids.h"
#include "etcsnap/template.h"

/*
 * What an administrator wants to see once a day although nothing of it is
 * recorded: load, memory, disks and when they will be full, RAID, errors of
 * networks, the busiest processes, commands of the configuration with
 * "volatile = yes", who logged in, open findings, pending updates, and how old
 * the last run is. One JSON document (etcsnap-report(5), "STATE REPORT"), which
 * templates make text and HTML of.
 *
 * What is out of order by the limits of the [state] section is said first, as
 * "alerts"; without any the report is worth no mail.
 *
 * Sizes of disks and counters of networks are kept from report to report in a
 * small text file beside the repository. It may be deleted at any time.
 */

/**
 * ES_STATE_SCHEMA - version of the document's schema
 */
#define ES_STATE_SCHEMA 1

/**
 * struct es_state_input - what a report is made of
 * @conf:     configuration
 * @st:       repository; NULL: nothing is said of runs and findings
 * @ids:      user database, names of processes' owners; or NULL
 * @host:     name of the machine
 * @root:     directory that stands for "/": with another one all that is
 *            looked at is below it, proc too
 * @trend:    file that is kept from report to report, or NULL
 * @patch:    how content may be shown (findings, outputs of commands)
 * @channels: document of es_deliver_status(), or NULL
 * @now:      seconds since 1970-01-01 UTC
 * @since:    what came after this is told of logins; 0: since the last report,
 *            and where there was none of the last day
 * @commands: run the volatile commands
 */
struct es_state_input {
	const struct es_conf *conf;
	struct es_store *st;
	struct es_ids *ids;
	const char *host;
	const char *root;
	const char *trend;
	struct es_patch_options patch;
	const struct es_doc *channels;
	int64_t now;
	int64_t since;
	bool commands;
};

/**
 * es_state_report_new - look at the machine
 * @out: owned; es_doc_free()
 * @in:  what to look at
 * @err: filled on failure
 *
 * What cannot be read is left out, and said in "notes" where its absence could
 * be taken for good news.
 *
 * Return: 0 or a negative errno.
 * Blocking: until the last volatile command has ended; half a second or so for
 * lists of packages.
 */
int es_state_report_new(struct es_doc **out, const struct es_state_input *in,
			struct es_error *err);

/**
 * es_state_report_is_fine - whether nothing is out of order
 * @doc: document of es_state_report_new()
 *
 * Return: true when there is no alert.
 */
bool es_state_report_is_fine(const struct es_doc *doc);

/**
 * es_state_report_remember - keep what the next report is compared with
 * @in:  what the report was made of
 * @doc: document of es_state_report_new()
 * @err: filled on failure
 *
 * Replaces @in->trend atomically: one line for each disk and day, 400 days at
 * most, counters of networks, and when this was.
 *
 * Return: 0 or a negative errno.
 */
int es_state_report_remember(const struct es_state_input *in,
			     const struct es_doc *doc, struct es_error *err);

/**
 * es_state_report_render - render a report by a template
 * @out:   appended to
 * @set:   templates
 * @name:  "state.txt", "state.html" or the user's own
 * @doc:   document of es_state_report_new()
 * @color: ANSI colours; only for text on terminals
 * @err:   filled on failure
 *
 * Return: 0 or a negative errno of es_templates_render().
 */
int es_state_report_render(struct es_buf *out, struct es_templates *set,
			   const char *name, const struct es_doc *doc,
			   bool color, struct es_error *err);

#endif
