/* SPDX-License-Identifier: MIT */
/* told.c - put down whose package a path is and why it changed */
#include "config.h"

#include "report/model_priv.h"

#include <errno.h>
#include <string.h>

/* Seconds of a day. */
#define DAY 86400

static void set_want(struct es_doc *obj, enum es_package_digest kind,
		     const uint8_t *digest)
{
	static const struct {
		const char *name;
		size_t len;
	} kinds[] = {
		[ES_PACKAGE_NONE] = { "", 0 },
		[ES_PACKAGE_MD5] = { "md5:", 16 },
		[ES_PACKAGE_SHA1] = { "sha1:", 20 },
		[ES_PACKAGE_SHA256] = { "sha256:", 32 },
	};
	char text[8 + 2 * 32 + 1];
	size_t used;

	if (kind == ES_PACKAGE_NONE || kind > ES_PACKAGE_SHA256)
		return;
	used = strlen(kinds[kind].name);
	memcpy(text, kinds[kind].name, used);
	es_hex(text + used, digest, kinds[kind].len);
	es_doc_str(obj, "want", text);
}

static void set_seen(struct es_doc *change, const struct es_package_seen *seen)
{
	struct es_doc *obj = es_doc_object(change, "package");
	enum es_package_verdict v = seen->verdict;

	es_doc_str(obj, "name", seen->package);
	es_doc_str(obj, "version", seen->version);
	es_doc_bool(obj, "conffile",
		    v >= ES_PACKAGE_CONF_NEW && v <= ES_PACKAGE_CONF_SAVED);
	es_doc_str(obj, "verdict", es_package_verdict_name(v));
	set_want(obj, seen->kind, seen->want);
}

/* Where no run recorded whose a path is, today's databases may know. */
static int set_owner(struct es_doc *change, const struct report_job *job,
		     const struct report_note *n, struct es_error *err)
{
	const struct es_change *c = n->change;
	struct es_package_file file;
	const char *verdict = "unknown";
	struct es_doc *obj;
	int rc;

	if (!job->in->packages || n->part != PART_FILES)
		return 0;
	rc = es_packages_owner(job->in->packages, c->path, c->len, &file, err);
	if (rc <= 0)
		return rc;
	if (c->new && (c->new->has &ES_HAS_SHA256) &&
	    file.kind == ES_PACKAGE_SHA256 && !file.conffile)
		verdict =
			memcmp(c->new->digest, file.digest, ES_SHA256_LEN) == 0
				? "match"
				: "differs";
	obj = es_doc_object(change, "package");
	es_doc_str(obj, "name", file.package->name);
	es_doc_str(obj, "version", file.package->version);
	es_doc_bool(obj, "conffile", file.conffile);
	es_doc_str(obj, "verdict", verdict);
	set_want(obj, file.kind, file.digest);
	return 0;
}

static void set_versions(struct es_doc *obj, const struct report_note *n)
{
	es_doc_str(obj, "package", n->op ? n->op->name : n->seen->package);
	es_doc_str(obj, "old", n->op ? n->op->old : n->seen->version);
	es_doc_str(obj, "new", n->op ? n->op->new : n->seen->version);
}

/* The sentence goes through the buffer since names may hold any bytes. */
static void set_text(struct es_doc *obj, const char *kind,
		     const struct es_buf *text)
{
	es_doc_str(obj, "kind", kind);
	es_doc_text(obj, "text", es_buf_str(text), text->len);
}

static void tell_package(struct es_doc *obj, const struct report_note *n,
			 struct es_buf *text)
{
	const struct es_package_op *op = n->op;

	if (!op)
		es_buf_adds(text, "as the package managers' logs tell");
	else if (n->beside)
		es_buf_addf(text, "left beside the configuration file by %s %s",
			    op->name, op->new);
	else if (!n->change->new)
		es_buf_addf(text, "went with %s %s", op->name, op->old);
	else if (n->seen && n->seen->verdict == ES_PACKAGE_UNKNOWN)
		es_buf_addf(text, "belongs to %s %s", op->name, op->new);
	else
		es_buf_addf(text, "as %s %s has it", op->name, op->new);
	set_text(obj, "package", text);
	if (op) {
		set_versions(obj, n);
	} else {
		es_doc_str(obj, "package", "");
		es_doc_str(obj, "old", "");
		es_doc_str(obj, "new", "");
	}
}

static void tell_differs(struct es_doc *obj, const struct report_note *n,
			 struct es_buf *text)
{
	es_buf_addf(text, "is not as %s %s has it", n->seen->package,
		    n->seen->version);
	set_text(obj, "package-differs", text);
	set_versions(obj, n);
}

static void tell_conffile(struct es_doc *obj, const struct report_note *n,
			  struct es_buf *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf twin = ES_BUF_INIT(1 << 20);
	const struct es_change *c = n->change;
	const char *state = "changed";

	es_buf_addf(text, "configuration file of %s", n->seen->package);
	es_buf_add(&twin, c->path, c->len);
	es_buf_adds(&twin, n->beside ? n->beside : "");
	switch (n->seen->verdict) {
	case ES_PACKAGE_CONF_NEW:
		state = "new";
		es_buf_adds(text, ", as the package has it");
		break;
	case ES_PACKAGE_CONF_KEPT:
		state = "kept";
		es_buf_adds(text, ", kept as changed here");
		if (n->beside)
			es_buf_addf(text, "; the package's is %s",
				    es_buf_str(&twin));
		break;
	case ES_PACKAGE_CONF_SAVED:
		state = "saved";
		es_buf_adds(text, ", replaced by the package's");
		if (n->beside)
			es_buf_addf(text, "; what it was is %s",
				    es_buf_str(&twin));
		break;
	case ES_PACKAGE_CONF_CHANGED:
	case ES_PACKAGE_UNKNOWN:
	case ES_PACKAGE_MATCH:
	case ES_PACKAGE_DIFFERS:
	case ES_PACKAGE_GONE:
	case ES_PACKAGE_VERDICTS:
	default:
		es_buf_adds(text, ", changed here");
		break;
	}
	set_text(obj, "conffile", text);
	es_doc_str(obj, "package", n->seen->package);
	es_doc_str(obj, "state", state);
	if (n->beside)
		es_doc_text(obj, "beside", es_buf_str(&twin), twin.len);
}

static void tell_returned(struct es_doc *obj, const struct report_job *job,
			  const struct report_note *n, struct es_buf *text)
{
	char hex[ES_OID_HEX + 1];
	char time[REPORT_TIME_LEN];
	const struct es_doc *range = es_doc_get(job->doc, "range");

	report_time(time, n->time, -1);
	es_buf_addf(text, "returned to the state of %.10s", time);
	/* of today the day says nothing */
	if (range &&
	    es_doc_get_number(range, "to_epoch", INT64_MAX) - n->time <= DAY)
		es_buf_addf(text, " %.5s", time + strlen("YYYY-MM-DDT"));
	set_text(obj, "returned", text);
	es_doc_str(obj, "commit", es_oid_text(hex, &n->commit));
	es_doc_str(obj, "time", time);
	report_url(obj, job->in, &n->commit);
}

static void tell_flapping(struct es_doc *obj, const struct report_job *job,
			  const struct report_note *n, struct es_buf *text)
{
	unsigned int days = report_flap_days(job->in);

	es_buf_addf(text, "changed %u times in %u days", n->times, days);
	set_text(obj, "flapping", text);
	es_doc_number(obj, "times", n->times);
	es_doc_number(obj, "days", days);
}

static void tell_rename(struct es_doc *obj, const struct report_note *n,
			struct es_buf *text)
{
	es_buf_addf(text, "was %s", n->change->from);
	set_text(obj, "rename", text);
	es_doc_str(obj, "from", n->change->from);
}

static void tell_rules(struct es_doc *obj, const struct report_note *n,
		       struct es_buf *text)
{
	bool watched = n->change->kind == ES_CHANGE_WATCHED;

	es_buf_adds(text, watched ? "now watched" : "no longer watched");
	set_text(obj, "rules", text);
	es_doc_bool(obj, "watched", watched);
}

static void tell_outdated(struct es_doc *obj, struct es_buf *text)
{
	es_buf_adds(text, "no package has it any more");
	set_text(obj, "outdated", text);
}

/* These two are told of what a package manager says of the file. */
static bool is_of_seen(enum report_why why)
{
	return why == WHY_DIFFERS || why == WHY_CONFFILE;
}

int report_explanation(struct es_doc *change, struct report_job *job,
		       const struct report_note *n, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_doc *obj;

	if (n->seen)
		set_seen(change, n->seen);
	else if (set_owner(change, job, n, err) < 0)
		return err->code;
	if (n->why == WHY_NOTHING || (is_of_seen(n->why) && !n->seen))
		return 0;
	obj = es_doc_object(change, "explanation");
	switch (n->why) {
	case WHY_PACKAGE:
		tell_package(obj, n, &text);
		break;
	case WHY_DIFFERS:
		tell_differs(obj, n, &text);
		break;
	case WHY_CONFFILE:
		tell_conffile(obj, n, &text);
		break;
	case WHY_RETURNED:
		tell_returned(obj, job, n, &text);
		break;
	case WHY_FLAPPING:
		tell_flapping(obj, job, n, &text);
		break;
	case WHY_RENAME:
		tell_rename(obj, n, &text);
		break;
	case WHY_RULES:
		tell_rules(obj, n, &text);
		break;
	case WHY_OUTDATED:
		tell_outdated(obj, &text);
		break;
	case WHY_NOTHING:
	default:
		break;
	}
	return es_buf_check(&text, err);
}
