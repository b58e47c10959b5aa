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
	char text[ES_TIME_LEN], fraction[16] = "";

	es_clock_iso(text, sec);
	/* "DATE TIME +hhmm" becomes DATE T TIME .nnnnnnnnn +hh:mm */
	char *time = strchr(text, ' ');
	char *zone = time ? strchr(time + 1, ' ') : NULL;
	if (!zone || strlen(zone) != 6) {
		snprintf(out, REPORT_TIME_LEN, "%s", text);
		return out;
	}
	*time++ = '\0';
	*zone++ = '\0';
	if (nsec >= 0)
		snprintf(fraction, sizeof(fraction), ".%09u",
			 (unsigned int)nsec % 1000000000u);
	snprintf(out, REPORT_TIME_LEN, "%sT%s%s%.3s:%.2s", text, time, fraction,
		 zone, zone + 3);
	return out;
}

static void set_commit(struct es_doc *obj, const char *key,
		       const struct es_oid *oid)
{
	char hex[ES_OID_HEX + 1];

	es_doc_str(obj, key, oid ? es_oid_text(hex, oid) : NULL);
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
	es_doc_str(obj, "subject", c ? es_commit_subject(c) : NULL);
	es_doc_bool(obj, "live", !c);
}

static bool is_first(const struct es_report_input *in)
{
	return es_oid_is_none(&in->old.tree);
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
	es_doc_bool(doc, "first", is_first(in));
	if (is_first(in))
		es_doc_str(doc, "old", NULL);
	else
		set_side(doc, "old", &in->old);
	set_side(doc, "new", &in->new);
	commits = es_doc_object(doc, "commits");
	set_commit(commits, "old", old ? es_commit_id(old) : NULL);
	set_commit(commits, "new", new ? es_commit_id(new) : NULL);
}

/* Changes to list: a first run's are counted alone. */
static size_t listed(const struct es_report_input *in)
{
	return is_first(in) || !in->delta ? 0 : es_delta_count(in->delta);
}

/* How many objects the newer run watches, -1 where nothing says so. */
static int64_t entries(const struct es_report_input *in)
{
	const char *items = NULL;

	if (in->new.commit)
		items = es_commit_trailer(in->new.commit, "Items", 0);
	if (items && *items >= '0' && *items <= '9')
		return strtoll(items, NULL, 10);
	if (is_first(in) && in->delta)
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
