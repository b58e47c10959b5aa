/* SPDX-License-Identifier: MIT */
/* group_text.c - put down groups, each with the line that tells it */
#include "config.h"

#include "report/model_priv.h"

#include <string.h>

/* "3,000": numbers of this size are read, not counted. */
static void add_number(struct es_buf *out, size_t n)
{
	if (n >= 1000) {
		add_number(out, n / 1000);
		es_buf_addf(out, ",%03zu", n % 1000);
	} else {
		es_buf_addf(out, "%zu", n);
	}
}

static void add_files(struct es_buf *out, size_t n)
{
	add_number(out, n);
	es_buf_adds(out, n == 1 ? " file" : " files");
}

static void add_version(struct es_buf *out, const struct es_package_op *op)
{
	es_buf_adds(out, op->name);
	if (*op->old && *op->new &&strcmp(op->old, op->new) != 0)
		es_buf_addf(out, " %s -> %s", op->old, op->new);
	else if (*op->new)
		es_buf_addf(out, " %s %s", op->new,
			    *op->old ? "installed again" : "installed");
	else
		es_buf_addf(out, " %s %s", op->old,
			    op->kind == ES_PACKAGE_OP_PURGE ? "purged"
							    : "removed");
}

/* How many are as the package has them, and what is not. */
static void package_title(struct es_buf *out, const struct report_group *g)
{
	size_t rest = g->count - g->match;

	add_version(out, g->op);
	es_buf_adds(out, ": ");
	add_files(out, g->count);
	if (!*g->op->new)
		es_buf_adds(out, " removed with it");
	else if (rest == 0)
		es_buf_addf(out, ", %s the package",
			    g->count == 1 ? "matches" : "all match");
	else if (g->match > 0) {
		es_buf_adds(out, ", ");
		add_number(out, g->match);
		es_buf_addf(out, " %s the package, ",
			    g->match == 1 ? "matches" : "match");
		add_number(out, rest);
		es_buf_adds(out, " without checksum");
	} else {
		es_buf_adds(out, " without checksum");
	}
	if (g->differs == 0)
		return;
	es_buf_adds(out, "; ");
	add_number(out, g->differs);
	es_buf_adds(out, g->differs == 1 ? " more differs" : " more differ");
}

static void directory_title(struct es_buf *out, const struct report_group *g)
{
	es_buf_add(out, g->directory, g->directory_len);
	es_buf_adds(out, ": ");
	add_number(out, g->count);
	es_buf_addf(out, " %s", es_change_kind_name(g->change));
}

static void flapping_title(struct es_buf *out, const struct report_job *job,
			   const struct report_group *g)
{
	const struct es_change *c = job->notes[g->members[0]].change;

	es_buf_add(out, c->path, c->len);
	es_buf_addf(out, ": changed %u times in %u days", g->times,
		    report_flap_days(job->in));
}

static void title(struct es_buf *out, const struct report_job *job,
		  const struct report_group *g)
{
	const char *paths = g->count == 1 ? " path" : " paths";

	if (strcmp(g->kind, "package") == 0) {
		package_title(out, g);
	} else if (strcmp(g->kind, "packages") == 0) {
		es_buf_adds(out, "list of packages: as the package managers' "
				 "logs tell");
	} else if (strcmp(g->kind, "flapping") == 0) {
		flapping_title(out, job, g);
	} else if (strcmp(g->kind, "directory") == 0) {
		directory_title(out, g);
	} else {
		add_number(out, g->count);
		if (strcmp(g->kind, "watched") == 0)
			es_buf_addf(out,
				    "%s now watched, since the rules changed",
				    paths);
		else if (strcmp(g->kind, "unwatched") == 0)
			es_buf_addf(
				out,
				"%s no longer watched, since the rules changed",
				paths);
		else if (strcmp(g->kind, "outdated") == 0)
			es_buf_addf(out,
				    "%s removed that no package has any "
				    "more",
				    paths);
		else if (strcmp(g->kind, "touched") == 0)
			es_buf_addf(out, "%s touched: only times differ",
				    paths);
		else
			es_buf_addf(out, " hidden %s by the key alone",
				    g->count == 1 ? "value differs"
						  : "values differ");
	}
}

static void set_details(struct es_doc *obj, const struct report_group *g)
{
	if (g->op) {
		es_doc_str(obj, "package", g->op->name);
		es_doc_str(obj, "op", es_package_op_name(g->op->kind));
		es_doc_str(obj, "old", g->op->old);
		es_doc_str(obj, "new", g->op->new);
		es_doc_number(obj, "match", (int64_t)g->match);
		es_doc_number(obj, "differs", (int64_t)g->differs);
		es_doc_number(obj, "conffiles", (int64_t)g->conffiles);
	}
	if (g->directory) {
		es_doc_text(obj, "directory", g->directory, g->directory_len);
		es_doc_str(obj, "change", es_change_kind_name(g->change));
	}
}

static void set_group(struct es_doc *list, const struct report_job *job,
		      size_t id)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(1 << 20);
	const struct report_group *g = &job->groups[id];
	struct es_doc *obj = es_doc_push(list);
	struct es_doc *paths;

	es_doc_number(obj, "id", (int64_t)id);
	es_doc_str(obj, "kind", g->kind);
	title(&line, job, g);
	es_doc_text(obj, "title", es_buf_str(&line), line.len);
	es_doc_str(obj, "severity", es_severity_name(g->severity));
	es_doc_number(obj, "count", (int64_t)g->count);
	paths = es_doc_array(obj, "paths");
	for (size_t i = 0; i < g->named; i++) {
		const struct es_change *c = job->notes[g->members[i]].change;

		es_doc_push_text(paths, c->path, c->len);
	}
	es_doc_number(obj, "more", (int64_t)(g->count - g->named));
	set_details(obj, g);
}

void report_groups_set(struct report_job *job)
{
	struct es_doc *list = es_doc_array(job->doc, "groups");

	for (size_t i = 0; i < job->n_groups; i++) {
		set_group(list, job, i);
		if (job->groups[i].severity > job->highest)
			job->highest = job->groups[i].severity;
	}
	es_doc_number(job->counts, "groups", (int64_t)job->n_groups);
}
