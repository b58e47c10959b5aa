/* SPDX-License-Identifier: MIT */
/* model.c - the document of a report: who, when, how many, what */
#include "config.h"

#include "etcsnap/report.h"

#include "report/report_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *report_time(char out[REPORT_TIME_LEN], int64_t sec, int32_t nsec)
{
	char text[ES_TIME_LEN];
	const char *t = strchr(es_clock_rfc3339(text, sec), 'T');
	/* the fraction stands between the seconds and the zone */
	int zone = t ? (int)(t - text) + (int)strlen("Thh:mm:ss") : 0;

	if (t && nsec >= 0)
		snprintf(out, REPORT_TIME_LEN, "%.*s.%09u%s", zone, text,
			 (unsigned int)nsec % 1000000000u, text + zone);
	else
		snprintf(out, REPORT_TIME_LEN, "%s", text);
	return out;
}

static void set_commit(struct es_doc *obj, const char *key,
		       const struct es_oid *oid)
{
	char hex[ES_OID_HEX + 1];

	es_doc_str(obj, key, oid ? es_oid_text(hex, oid) : NULL);
}

/* Nothing to compare with: the first run, or the runs before were cut away. */
static bool is_alone(const struct es_report_input *in)
{
	return es_oid_is_none(&in->old.tree);
}

static bool is_cut(const struct es_report_input *in)
{
	return is_alone(in) &&
	       in->new.commit &&es_commit_is_cut(in->new.commit);
}

static bool is_one_run(const struct es_report_input *in)
{
	const struct es_commit *old = in->old.commit;
	const struct es_commit *new = in->new.commit;

	if (!old || !new)
		return new &&is_alone(in);
	return es_oid_equal(es_commit_parent(new), es_commit_id(old));
}

/*
 * The person's words, which stand between subject and list, indented by four
 * blanks. Those of the last of many runs would mislead.
 */
static void set_note(struct es_doc *doc, const struct es_report_input *in)
{
	const struct es_commit *c = is_one_run(in) ? in->new.commit : NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf note = ES_BUF_INIT(ES_BUF_MAX);
	const char *line = c ? strchr(es_commit_message(c), '\n') : NULL;
	size_t gap = 0;

	while (line && *line == '\n') {
		const char *next = strchr(++line, '\n');

		if (next == line) {
			gap++;
		} else if (strncmp(line, "    ", 4) == 0) {
			for (; note.len && gap; gap--)
				es_buf_addc(&note, '\n');
			gap = 0;
			es_buf_add(&note, line + 4, strcspn(line, "\n") - 4);
			es_buf_addc(&note, '\n');
		} else {
			break;
		}
		line = next;
	}
	es_doc_text(doc, "note", note.len ? es_buf_str(&note) : NULL, note.len);
}

static void set_author(struct es_doc *obj, const struct es_commit *c)
{
	const char *author = c ? es_commit_author(c) : NULL;

	es_doc_text(obj, "author", author, author ? strlen(author) : 0);
}

static void set_side(struct es_doc *doc, const char *key,
		     const struct es_report_side *side)
{
	const struct es_commit *c = side->commit;
	struct es_doc *obj = es_doc_object(doc, key);
	int64_t when = c ? es_commit_time(c) : side->when;
	char time[REPORT_TIME_LEN];

	set_commit(obj, "commit", c ? es_commit_id(c) : NULL);
	es_doc_str(obj, "time", report_time(time, when, -1));
	es_doc_number(obj, "epoch", when);
	es_doc_str(obj, "trigger",
		   c ? es_commit_trailer(c, "Trigger", 0) : NULL);
	es_doc_str(obj, "run", c ? es_commit_trailer(c, "Run", 0) : NULL);
	set_author(obj, c);
	es_doc_str(obj, "subject", c ? es_commit_subject(c) : NULL);
	es_doc_bool(obj, "live", !c);
}

static void set_header(struct es_doc *doc, const struct es_report_input *in)
{
	const struct es_commit *old = in->old.commit;
	const struct es_commit *new = in->new.commit;
	struct es_doc *generator, *commits;

	es_doc_number(doc, "schema", ES_REPORT_SCHEMA);
	generator = es_doc_object(doc, "generator");
	es_doc_str(generator, "name", PACKAGE_NAME);
	es_doc_str(generator, "version", PACKAGE_VERSION);
	es_doc_str(doc, "host", in->host);
	es_doc_bool(doc, "first", is_alone(in) && !is_cut(in));
	es_doc_bool(doc, "cut", is_cut(in));
	if (is_alone(in))
		es_doc_str(doc, "old", NULL);
	else
		set_side(doc, "old", &in->old);
	set_side(doc, "new", &in->new);
	commits = es_doc_object(doc, "commits");
	set_commit(commits, "old", old ? es_commit_id(old) : NULL);
	set_commit(commits, "new", new ? es_commit_id(new) : NULL);
	set_note(doc, in);
}

/* Changes to list: what a first run has is counted alone. */
static size_t listed(const struct es_report_input *in)
{
	return is_alone(in) || !in->delta ? 0 : es_delta_count(in->delta);
}

/* How many objects the newer run watches, -1 where nothing says so. */
static int64_t entries(const struct es_report_input *in)
{
	const char *items = NULL;

	if (in->new.commit)
		items = es_commit_trailer(in->new.commit, "Items", 0);
	if (items && *items >= '0' && *items <= '9')
		return strtoll(items, NULL, 10);
	if (is_alone(in) && in->delta)
		return (int64_t)es_delta_count(in->delta);
	return -1;
}

static void set_counts(struct es_doc *doc, const struct es_report_input *in)
{
	struct es_doc *counts = es_doc_object(doc, "counts");
	int64_t watched = entries(in);

	for (unsigned int k = 0; k < ES_CHANGE_KINDS; k++) {
		enum es_change_kind kind = (enum es_change_kind)k;
		size_t n = listed(in) ? es_delta_kinds(in->delta, kind) : 0;

		es_doc_number(counts, es_change_kind_name(kind), (int64_t)n);
	}
	es_doc_number(counts, "total", (int64_t)listed(in));
	if (watched >= 0)
		es_doc_number(counts, "entries", watched);
}

static enum es_class class_of(const struct es_change *c)
{
	enum es_class class = ES_CLASS_NONE;

	if (c->old)
		class = c->old->class;
	if (c->new && c->new->type == ES_TYPE_FILE)
		class = c->new->class;
	return class;
}

static int add_change(struct es_doc *changes, const struct es_report_input *in,
		      const struct es_change *c, struct es_error *err)
{
	struct es_doc *obj = es_doc_push(changes);
	enum es_class class = class_of(c);

	es_doc_text(obj, "path", c->path, c->len);
	if (c->from)
		es_doc_str(obj, "from", c->from);
	es_doc_str(obj, "kind", es_change_kind_name(c->kind));
	es_doc_str(obj, "type",
		   es_type_name(c->new ? c->new->type : c->old->type));
	if (class != ES_CLASS_NONE)
		es_doc_str(obj, "class", es_class_name(class));
	report_attributes(obj, c);
	return report_content(obj, in, c, err);
}

int es_report_new(struct es_doc **out, const struct es_report_input *in,
		  struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();

	if (!doc)
		return es_fail_oom(err);
	set_header(doc, in);
	set_counts(doc, in);
	es_doc_bool(doc, "key_changed", es_delta_key_changed(in->delta));
	es_doc_number(doc, "rekeyed", (int64_t)es_delta_rekeyed(in->delta));
	es_doc_number(doc, "tightened", (int64_t)es_delta_tightened(in->delta));
	struct es_doc *changes = es_doc_array(doc, "changes");
	for (size_t i = 0; i < listed(in); i++) {
		const struct es_change *c = es_delta_at(in->delta, i);

		if (add_change(changes, in, c, err) < 0)
			return err->code;
	}
	if (report_errors(doc, in, err) < 0 || es_doc_check(doc, err) < 0)
		return err->code;
	*out = es_steal_ptr(&doc);
	return 0;
}
