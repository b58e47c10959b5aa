/* SPDX-License-Identifier: MIT */
/* cmd_log.c - etcsnap log: runs, newest first */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct es_opt log_opts[] = {
	{ 's', "since", "TIME", "only runs after TIME" },
	{ 'u', "until", "TIME", "only runs up to TIME" },
	{ 'n', "max-count", "N", "at most N runs" },
	{ 0, "format", "FORM", "text, json or csv" },
	{ 0, "json", NULL, "the same as --format json" },
};

enum column {
	COL_COMMIT,
	COL_TIME,
	COL_TRIGGER,
	COL_AUTHOR,
	COL_RUN,
	COL_WHAT,
	COL_SUBJECT,
	COLUMNS,
};

static const struct es_column columns[COLUMNS] = {
	[COL_COMMIT] = { "commit", "COMMIT", false, false },
	[COL_TIME] = { "time", "TIME", false, false },
	[COL_TRIGGER] = { "trigger", "TRIGGER", false, false },
	[COL_AUTHOR] = { "author", NULL, false, false },
	[COL_RUN] = { "run", NULL, false, false },
	[COL_WHAT] = { "what", "WHAT", false, true },
	[COL_SUBJECT] = { "subject", NULL, false, false },
};

struct range {
	int64_t since;
	int64_t until;
	size_t max;
	char **paths;
	size_t n_paths;
	enum es_format format;
};

/*
 * "daily", "monthly" or another revision to begin at: the first operand, where
 * it is neither a path nor the name of something that is there. As git does,
 * what names no revision is a path.
 */
static bool takes_revision(struct es_oid *out, struct es_call *call)
{
	const struct es_args *a = &call->args;
	struct es_error unseen = ES_ERROR_INIT;
	const char *first = a->n_operands ? a->operands[0] : NULL;
	struct stat st;

	return first && a->dashes > 0 && *first != '/' && *first != '.' &&
	       !es_rev_names_text(first) && lstat(first, &st) < 0 &&
	       es_store_revision(out, call->session->store, first, &unseen) ==
		       0;
}

static int read_options(struct range *r, const struct es_args *a, size_t skip,
			struct es_error *err)
{
	const char *max = es_opt_get(a, "max-count");

	*r = (struct range){ .max = SIZE_MAX };
	if (es_opt_span(&r->since, &r->until, a, err) < 0 ||
	    (max && es_opt_count(&r->max, max, "-n", err) < 0) ||
	    es_opt_format(&r->format, a, err) < 0)
		return err->code;
	return es_rev_paths(&r->paths, &r->n_paths, a->operands + skip,
			    a->n_operands - skip, err);
}

/* "changed: mode, content" of one path. */
static void add_change(struct es_buf *out, const struct es_change *c)
{
	const char *before = ": ";

	es_buf_adds(out, es_change_kind_name(c->kind));
	if (c->from)
		es_buf_addf(out, " from %s", c->from);
	for (unsigned int i = 0; i < ES_ATTR_COUNT; i++) {
		if (!(c->attrs & (1u << i)))
			continue;
		es_buf_addf(out, "%s%s", before, es_attr_name((enum es_attr)i));
		before = ", ";
	}
}

/*
 * Of a rename only one half lies in the wanted paths, and looks like something
 * new or something gone; all of the run tells. Returns 1 when it was one.
 */
static int add_rename(struct es_buf *out, struct es_store *st,
		      const struct es_oid *old, const struct es_oid *new,
		      const struct es_change *half, struct es_error *err)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *d = NULL;

	if ((half->kind != ES_CHANGE_ADDED &&
	     half->kind != ES_CHANGE_REMOVED) ||
	    half->path[0] != '/' || es_oid_is_none(old))
		return 0;
	if (es_delta_new(&d, st, old, new, NULL, 0, err) < 0)
		return err->code;
	for (size_t i = 0; i < es_delta_count(d); i++) {
		const struct es_change *c = es_delta_at(d, i);

		if (c->kind != ES_CHANGE_RENAMED)
			continue;
		if (half->new &&strcmp(c->path, half->path) == 0) {
			add_change(out, c);
			return 1;
		}
		if (half->old && strcmp(c->from, half->path) == 0) {
			es_buf_addf(out, "renamed to %s", c->path);
			return 1;
		}
	}
	return 0;
}

/* What happened to one path, "3 paths" of several. */
static int describe(struct es_buf *out, struct es_store *st,
		    const struct es_delta *d, const struct es_oid *old,
		    const struct es_oid *new, struct es_error *err)
{
	const struct es_change *c = es_delta_at(d, 0);
	int rc;

	if (es_delta_count(d) != 1) {
		es_buf_addf(out, "%zu paths", es_delta_count(d));
		return 0;
	}
	rc = add_rename(out, st, old, new, c, err);
	if (rc == 0)
		add_change(out, c);
	return rc < 0 ? rc : 0;
}

/* What a run did to the wanted paths; 0 when nothing. */
static int touches(struct es_buf *out, struct es_call *call,
		   const struct es_commit *c, const struct range *r,
		   struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *parent = NULL;
	ES_CLEANUP(es_delta_freep) struct es_delta *d = NULL;
	const struct es_oid *id = es_commit_parent(c);
	struct es_store *st = call->session->store;
	struct es_oid old = { { 0 } };

	if (!es_oid_is_none(id) && es_commit_read(&parent, st, id, err) < 0)
		return err->code;
	if (parent)
		old = *es_commit_tree(parent);
	if (es_delta_new(&d, st, &old, es_commit_tree(c),
			 (const char *const *)r->paths, r->n_paths, err) < 0)
		return err->code;
	if (es_delta_count(d) == 0)
		return 0;
	/* all is "added" where there is nothing to compare with */
	if (es_commit_is_cut(c))
		es_buf_adds(out, "oldest run that is kept");
	else if (describe(out, st, d, &old, es_commit_tree(c), err) < 0)
		return err->code;
	return 1;
}

/* The subject without the host, which is the same in every row. */
static void add_subject(struct es_buf *out, const struct es_commit *c)
{
	const char *subject = es_commit_subject(c);
	const char *host = es_commit_trailer(c, "Host", 0);
	const char *on = strstr(subject, " on ");

	while (on && (!host || strncmp(on + 4, host, strlen(host)) != 0))
		on = strstr(on + 1, " on ");
	if (on)
		es_buf_addf(out, "%.*s%s", (int)(on - subject), subject,
			    on + 4 + strlen(host));
	else
		es_buf_adds(out, subject);
}

/* People need the minute, programs all of it. */
static void set_time(struct es_writer *w, int64_t sec, enum es_format format)
{
	char when[ES_TIME_LEN];
	size_t rest = strlen(":00 +0000");

	if (format != ES_FORMAT_TEXT) {
		es_writer_str(w, COL_TIME, es_clock_rfc3339(when, sec));
		return;
	}
	es_clock_iso(when, sec);
	es_writer_text(w, COL_TIME, when,
		       strlen(when) - (*when == '@' ? 0 : rest));
}

/* What made a commit: of a day or month, its end. */
static const char *trigger_of(const struct es_commit *c)
{
	const char *trigger = es_commit_trailer(c, "Trigger", 0);

	return trigger ? trigger : es_commit_trailer(c, "Resolution", 0);
}

static void print_row(struct es_writer *w, const struct es_commit *c,
		      const struct es_buf *what, enum es_format format)
{
	char hex[ES_OID_HEX + 1];

	es_oid_text(hex, es_commit_id(c));
	es_writer_row(w);
	es_writer_text(w, COL_COMMIT, hex,
		       format == ES_FORMAT_TEXT ? 7 : ES_OID_HEX);
	set_time(w, es_commit_time(c), format);
	es_writer_str(w, COL_TRIGGER, trigger_of(c));
	es_writer_str(w, COL_AUTHOR, es_commit_author(c));
	es_writer_str(w, COL_RUN, es_commit_trailer(c, "Run", 0));
	es_writer_text(w, COL_WHAT, es_buf_str(what), what->len);
	es_writer_str(w, COL_SUBJECT, es_commit_subject(c));
}

static int print(struct es_call *call, struct es_history *h,
		 const struct range *r, struct es_error *err)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf what = ES_BUF_INIT(4096);
	size_t shown = 0;
	int rc;

	es_pager_start(call);
	if (es_writer_new(&w, r->format, stdout, columns, COLUMNS, err) < 0)
		return err->code;
	while (shown < r->max) {
		ES_CLEANUP(es_commit_freep) struct es_commit *own = NULL;
		int64_t when;

		rc = es_history_next(h, &own, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			break;
		when = es_commit_time(own);
		if (when <= r->since && r->since != INT64_MIN)
			break;
		es_buf_reset(&what);
		rc = 1;
		if (r->n_paths)
			rc = touches(&what, call, own, r, err);
		else
			add_subject(&what, own);
		if (rc < 0)
			return rc;
		if (rc == 0 || when > r->until)
			continue;
		print_row(w, own, &what, r->format);
		shown++;
	}
	return es_writer_finish(w, err);
}

static int log_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct range r = { 0 };
	struct es_oid tip;
	const bool named = takes_revision(&tip, call);
	int rc = read_options(&r, &call->args, named, err);

	if (rc == 0 && !named)
		rc = es_store_tip(&tip, call->session->store, "main", err);
	if (rc >= 0)
		rc = es_history_new(&h, call->session->store, &tip, err);
	if (rc >= 0)
		rc = print(call, h, &r, err);
	es_rev_paths_free(r.paths, r.n_paths);
	return rc;
}

const struct es_cmd es_cmd_log = {
	.name = "log",
	.args = "[-n N] [-s TIME] [-u TIME] [--format FORM] [REV] [PATH …]",
	.summary = "list the runs that changed something, newest first",
	.needs = ES_NEED_STORE,
	.table = true,
	ES_OPTS(log_opts),
	.run = log_run,
};
