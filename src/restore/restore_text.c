/* SPDX-License-Identifier: MIT */
/* restore_text.c - a plan, or what became of it, for people */
#include "config.h"

#include "restore/restore_words_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

/* Lines below a path begin here. */
#define INDENT "            "

/* Most bytes of what differs in one content. */
#define PATCH_MAX ((size_t)1 << 20)

static const struct {
	const char *plan;
	const char *done;
	const char *count;
	const char *did;
} words[ES_RESTORE_ACTIONS] = {
	[ES_RESTORE_CREATE] = { "create", "created", "to create", "created" },
	[ES_RESTORE_REPLACE] = { "replace", "replaced", "to replace",
				 "replaced" },
	[ES_RESTORE_ATTRIBUTES] = { "attributes", "attributes",
				    "with other attributes",
				    "given its attributes" },
	[ES_RESTORE_LINK] = { "link", "linked", "to link", "linked" },
	[ES_RESTORE_DELETE] = { "delete", "deleted", "to delete", "deleted" },
	[ES_RESTORE_KEEP] = { "keep", "kept", "that were not there then",
			      "that were not there then" },
	[ES_RESTORE_CANNOT] = { "cannot", "cannot", "that cannot be restored",
				"that cannot be restored" },
};

static bool has_failed(const struct es_restore_item *it)
{
	return it->state == ES_RESTORE_FAILED &&
	       it->action != ES_RESTORE_CANNOT;
}

static const char *word_of(const struct es_restore_item *it)
{
	if (has_failed(it))
		return "FAILED";
	return it->state == ES_RESTORE_PLANNED ? words[it->action].plan
					       : words[it->action].done;
}

static void add_line(struct es_buf *out, const char *text)
{
	if (*text)
		es_buf_addf(out, INDENT "%s\n", text);
}

/* "mode 0600 -> 0644", "mode 0644" */
static int add_attributes(struct es_buf *out, const struct es_restore_item *it,
			  struct es_ids *ids)
{
	ES_CLEANUP(restore_value_dispose)
	struct restore_value v = RESTORE_VALUE_INIT;
	unsigned int pos = 0;
	int rc;

	while ((rc = restore_value_next(&v, &pos, it, ids)) > 0) {
		es_buf_addf(out, INDENT "%s ", v.name);
		if (it->was) {
			es_quote_term(out, es_buf_str(&v.old), v.old.len);
			es_buf_adds(out, v.old.len ? " -> " : "none -> ");
		}
		es_quote_term(out, es_buf_str(&v.new), v.new.len);
		es_buf_adds(out, v.new.len ? "\n" : "none\n");
	}
	return rc;
}

static void add_count(struct es_buf *out, unsigned int n, const char *one,
		      const char *many)
{
	if (n > 0)
		es_buf_addf(out, INDENT "%u %s\n", n, n == 1 ? one : many);
}

static void add_values(struct es_buf *out, const struct es_restore_values *v)
{
	add_count(out, v->same,
		  "masked value is in the live file as it was then",
		  "masked values are in the live file as they were then");
	add_count(out, v->kept,
		  "masked value differed, or cannot be compared: "
		  "the live one is kept",
		  "masked values differed, or cannot be compared: "
		  "the live ones are kept");
	add_count(out, v->marked, "masked value is left as a mark",
		  "masked values are left as marks");
}

static void add_package(struct es_buf *out, const struct es_restore_item *it)
{
	if (!it->package)
		return;
	es_buf_adds(out, it->beside ? INDENT "is beside files of "
				    : INDENT "belongs to ");
	es_quote_term(out, it->package, strlen(it->package));
	if (it->services) {
		es_buf_adds(out, " (");
		es_quote_term(out, it->services, strlen(it->services));
		es_buf_addc(out, ')');
	}
	es_buf_addc(out, '\n');
}

static bool wants_command(const struct es_restore_item *it)
{
	return it->why == ES_RESTORE_SECRET || it->why == ES_RESTORE_DIGEST ||
	       it->why == ES_RESTORE_UNKNOWN || it->why == ES_RESTORE_MASKED ||
	       it->why == ES_RESTORE_KEY;
}

static void add_command(struct es_buf *out, const struct es_restore_item *it)
{
	if (!wants_command(it))
		return;
	if (!it->package) {
		es_buf_adds(out, INDENT "no package is known to have it\n");
		return;
	}
	es_buf_adds(out, it->beside ? INDENT "may be made anew by: "
				    : INDENT
				 "the package's own comes back by: ");
	restore_command(out, it);
	es_buf_addc(out, '\n');
}

static void add_notes(struct es_buf *out, const struct es_restore_item *it)
{
	add_values(out, &it->values);
	if (it->link) {
		es_buf_adds(out, INDENT "another name of ");
		es_quote_term(out, it->link, strlen(it->link));
		es_buf_addc(out, '\n');
	}
	if (it->then && it->then->mode & it->less)
		add_line(out, "has values of the live file, and no more "
			      "readers than that");
	if (it->names)
		add_line(out, "its other names keep the content they have");
	if (it->lost)
		add_line(out, restore_lost_text(it));
	if (it->then && it->uname) {
		es_buf_addf(out, INDENT "owner %u was ", it->then->uid);
		es_quote_term(out, it->uname, strlen(it->uname));
		es_buf_adds(out, " then, and is another today\n");
	}
	if (it->action == ES_RESTORE_KEEP && !it->why)
		add_line(out, "was not there then; --delete removes it");
	add_line(out, restore_why_text(it));
	if (it->error)
		add_line(out, it->error);
}

static void add_patch_lines(struct es_buf *out, const struct es_buf *patch)
{
	const char *line = es_buf_str(patch);
	const char *end = line + patch->len;

	while (line < end) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		const char *stop = nl ? nl : end;

		es_buf_adds(out, INDENT);
		es_quote_text(out, line, (size_t)(stop - line));
		es_buf_addc(out, '\n');
		line = stop + 1;
	}
}

static int add_patch(struct es_buf *out, const struct es_restore_plan *p,
		     const struct es_restore_item *it, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf patch = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_change c = {
		.path = it->path,
		.len = it->len,
		.kind = ES_CHANGE_CHANGED,
		.attrs = it->attrs,
		.old = it->was,
		.new = it->then,
	};
	const struct es_patch_options o = {
		.rules = p->o.session->rules,
		.key = p->o.session->key,
		.context = 3,
		.max = PATCH_MAX,
	};
	int rc;

	if (it->action != ES_RESTORE_REPLACE &&
	    it->action != ES_RESTORE_CREATE && it->action != ES_RESTORE_DELETE)
		return 0;
	rc = es_delta_patch(&patch, p->st, &c, &o, err);
	if (rc == ES_PATCH_TEXT)
		add_patch_lines(out, &patch);
	return rc < 0 ? rc : 0;
}

static int add_item(struct es_buf *out, const struct es_restore_plan *p,
		    const struct es_restore_item *it, bool patch,
		    struct es_error *err)
{
	es_buf_addf(out, "%-11s ", word_of(it));
	es_quote_term(out, it->path, it->len);
	es_buf_addc(out, '\n');
	if (add_attributes(out, it, p->o.session->ids) < 0)
		return es_fail_oom(err);
	add_notes(out, it);
	if (it->action != ES_RESTORE_KEEP)
		add_package(out, it);
	add_command(out, it);
	return patch ? add_patch(out, p, it, err) : 0;
}

static void add_header(struct es_buf *out, const struct es_restore_plan *p)
{
	const struct es_commit *c = p->o.commit;
	const char *subject = es_commit_subject(c);
	char id[ES_OID_HEX + 1], when[ES_TIME_LEN];

	es_oid_text(id, es_commit_id(c));
	es_buf_addf(out, "run %.7s of %s: ", id,
		    es_clock_iso(when, es_commit_time(c)));
	es_quote_term(out, subject, strlen(subject));
	es_buf_adds(out, "\n\n");
}

/* "1 to create, 2 to replace", "1 created, 1 replaced, 1 FAILED" */
static void add_counts(struct es_buf *out, const struct es_restore_plan *p)
{
	size_t counts[ES_RESTORE_ACTIONS] = { 0 };
	size_t failed = 0;
	bool done = false;
	const char *before = "";

	for (size_t i = 0; i < p->n; i++) {
		const struct es_restore_item *it = &p->items[i].pub;

		done |= it->state != ES_RESTORE_PLANNED;
		failed += has_failed(it);
		counts[it->action] += !has_failed(it);
	}
	es_buf_addc(out, '\n');
	for (int a = 0; a < ES_RESTORE_ACTIONS; a++) {
		if (!counts[a])
			continue;
		es_buf_addf(out, "%s%zu %s", before, counts[a],
			    done ? words[a].did : words[a].count);
		before = ", ";
	}
	if (failed)
		es_buf_addf(out, "%s%zu FAILED", before, failed);
	es_buf_addc(out, '\n');
}

/* What may have to be started again, all in one line, each once. */
static int add_services(struct es_buf *out, const struct es_restore_plan *p)
{
	ES_CLEANUP(es_strmap_freep) struct es_strmap *told = es_strmap_new();
	const char *before = "services that may use them: ";

	if (!told)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++) {
		const struct es_restore_item *it = &p->items[i].pub;
		size_t len = it->services ? strlen(it->services) : 0;

		if (!len || it->action == ES_RESTORE_CANNOT ||
		    es_strmap_get(told, it->services, len))
			continue;
		if (es_strmap_put(told, it->services, len, told) < 0)
			return -ENOMEM;
		es_buf_adds(out, before);
		es_quote_term(out, it->services, len);
		before = ", ";
	}
	if (*before == ',')
		es_buf_addc(out, '\n');
	return 0;
}

int es_restore_text(struct es_buf *out, const struct es_restore_plan *p,
		    bool patch, struct es_error *err)
{
	if (p->n == 0) {
		es_buf_adds(out, "all is as it was then\n");
		return es_buf_check(out, err);
	}
	add_header(out, p);
	for (size_t i = 0; i < p->n; i++)
		if (add_item(out, p, &p->items[i].pub, patch, err) < 0)
			return err->code;
	add_counts(out, p);
	if (add_services(out, p) < 0)
		return es_fail_oom(err);
	return es_buf_check(out, err);
}
