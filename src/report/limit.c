/* SPDX-License-Identifier: MIT */
/* limit.c - take out of a report what must not leave the machine */
#include "config.h"

#include "etcsnap/report.h"

#include <string.h>

/* Calls @each for every object in an array under a key. */
static void each_object(struct es_doc *obj, const char *key,
			void (*each)(struct es_doc *item))
{
	struct es_doc *list = es_doc_edit(obj, key);
	struct es_doc *item;

	for (size_t i = 0; list && (item = es_doc_edit_at(list, i)); i++)
		each(item);
}

/* Values of these attributes are no content. */
static void limit_attribute(struct es_doc *attr)
{
	static const char *const open[] = { "type",  "mode",  "owner",
					    "group", "size",  "links",
					    "mtime", "ctime", "class" };
	const char *name = es_doc_get_str(attr, "name");

	for (size_t i = 0; name && i < sizeof(open) / sizeof(*open); i++)
		if (strcmp(name, open[i]) == 0)
			return;
	if (name && strcmp(name, "xattr") == 0)
		return;
	es_doc_remove(attr, "old");
	es_doc_remove(attr, "new");
}

static void limit_change(struct es_doc *change)
{
	struct es_doc *content = es_doc_edit(change, "content");
	struct es_doc *package = es_doc_edit(change, "package");

	if (content)
		es_doc_remove(content, "hunks");
	if (package)
		es_doc_remove(package, "want");
	es_doc_remove(change, "old_digest");
	es_doc_remove(change, "new_digest");
	each_object(change, "attributes", limit_attribute);
}

/* What a check found tells what is in a file. */
static void limit_finding(struct es_doc *finding)
{
	es_doc_remove(finding, "text");
}

static void limit_command(struct es_doc *obj)
{
	es_doc_remove(obj, "command");
}

static void limit_names(struct es_doc *doc)
{
	struct es_doc *findings = es_doc_edit(doc, "findings");
	struct es_doc *logins = es_doc_edit(doc, "logins");

	es_doc_remove(doc, "note");
	es_doc_str(doc, "note", NULL);
	each_object(doc, "changes", limit_change);
	each_object(doc, "packages", limit_command);
	if (findings) {
		each_object(findings, "opened", limit_finding);
		each_object(findings, "closed", limit_finding);
	}
	if (logins)
		each_object(logins, "switches", limit_command);
}

/* Of a run, what names it and when it was. */
static void count_run(struct es_doc *run)
{
	es_doc_remove(run, "trigger");
	es_doc_str(run, "trigger", NULL);
	es_doc_remove(run, "subject");
}

static void count_side(struct es_doc *doc, const char *key)
{
	static const char *const words[] = { "trigger", "author", "subject" };
	struct es_doc *side = es_doc_edit(doc, key);

	for (size_t i = 0; side && i < sizeof(words) / sizeof(*words); i++) {
		es_doc_remove(side, words[i]);
		es_doc_str(side, words[i], NULL);
	}
}

static void limit_counts(struct es_doc *doc)
{
	static const char *const lists[] = {
		"changes", "groups",	"packages",
		"errors",  "anomalies", "approvals"
	};
	struct es_doc *findings = es_doc_edit(doc, "findings");
	struct es_doc *logins = es_doc_edit(doc, "logins");

	es_doc_remove(doc, "note");
	es_doc_str(doc, "note", NULL);
	count_side(doc, "old");
	count_side(doc, "new");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		es_doc_array(doc, lists[i]);
	each_object(doc, "runs", count_run);
	if (findings) {
		es_doc_array(findings, "opened");
		es_doc_array(findings, "closed");
	}
	if (logins) {
		es_doc_array(logins, "sessions");
		es_doc_array(logins, "failures");
		es_doc_array(logins, "switches");
	}
}

void es_report_limit(struct es_doc *doc, enum es_report_content level)
{
	if (level == ES_REPORT_CONTENT_FULL)
		return;
	if (level == ES_REPORT_CONTENT_NAMES) {
		limit_names(doc);
		es_doc_str(doc, "content_level", "names");
	} else {
		limit_counts(doc);
		es_doc_str(doc, "content_level", "counts");
	}
}
