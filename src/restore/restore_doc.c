/* SPDX-License-Identifier: MIT */
/* restore_doc.c - a plan, or what became of it, as a document */
#include "config.h"

#include "restore/restore_words_priv.h"

#include "etcsnap/clock.h"

#include <string.h>

static const char *const states[] = {
	[ES_RESTORE_PLANNED] = "planned",
	[ES_RESTORE_DONE] = "done",
	[ES_RESTORE_PARTLY] = "partly",
	[ES_RESTORE_FAILED] = "failed",
};

static int set_attributes(struct es_doc *obj, const struct es_restore_item *it,
			  struct es_ids *ids)
{
	ES_CLEANUP(restore_value_dispose)
	struct restore_value v = RESTORE_VALUE_INIT;
	struct es_doc *list = es_doc_array(obj, "attributes");
	unsigned int pos = 0;
	int rc;

	while ((rc = restore_value_next(&v, &pos, it, ids)) > 0) {
		struct es_doc *a = es_doc_push(list);

		es_doc_str(a, "name", v.name);
		es_doc_text(a, "old", v.old.len ? v.old.data : NULL, v.old.len);
		es_doc_text(a, "new", v.new.len ? v.new.data : NULL, v.new.len);
	}
	return rc;
}

static void set_package(struct es_doc *obj, const struct es_restore_item *it)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf command = ES_BUF_INIT(65536);
	struct es_doc *k;

	if (!it->package)
		return;
	k = es_doc_object(obj, "package");
	es_doc_str(k, "name", it->package);
	es_doc_str(k, "manager", it->manager);
	es_doc_bool(k, "beside", it->beside);
	es_doc_bool(k, "conffile", it->conffile);
	es_doc_str(k, "services", it->services);
	restore_command(&command, it);
	es_doc_str(k, "command", command.len ? command.data : NULL);
}

static void set_values(struct es_doc *obj, const struct es_restore_values *v)
{
	struct es_doc *masked;

	if (!v->same && !v->kept && !v->marked)
		return;
	masked = es_doc_object(obj, "masked");
	es_doc_number(masked, "same", v->same);
	es_doc_number(masked, "kept", v->kept);
	es_doc_number(masked, "marked", v->marked);
}

static int set_item(struct es_doc *obj, const struct es_restore_plan *p,
		    const struct es_restore_item *it)
{
	const struct es_entry *e = it->then ? it->then : it->was;
	const char *why = restore_why_text(it);

	es_doc_text(obj, "path", it->path, it->len);
	es_doc_str(obj, "action", es_restore_action_name(it->action));
	es_doc_str(obj, "type", es_type_name(e->type));
	es_doc_str(obj, "state", states[it->state]);
	es_doc_str(obj, "why", it->why ? es_restore_why_name(it->why) : NULL);
	es_doc_str(obj, "why_text", *why ? why : NULL);
	es_doc_str(obj, "error", it->error);
	es_doc_str(obj, "link", it->link);
	es_doc_bool(obj, "lost", it->lost);
	set_values(obj, &it->values);
	set_package(obj, it);
	return set_attributes(obj, it, p->o.session->ids);
}

int es_restore_doc(struct es_doc **out, const struct es_restore_plan *p,
		   struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	const struct es_commit *c = p->o.commit;
	char id[ES_OID_HEX + 1], when[ES_TIME_LEN];
	struct es_doc *items;

	if (!doc)
		return es_fail_oom(err);
	es_doc_number(doc, "schema", ES_RESTORE_SCHEMA);
	es_doc_str(doc, "host", p->o.session->host);
	es_doc_str(doc, "commit", es_oid_text(id, es_commit_id(c)));
	es_doc_str(doc, "time", es_clock_rfc3339(when, es_commit_time(c)));
	es_doc_str(doc, "subject", es_commit_subject(c));
	es_doc_str(doc, "to", p->o.to);
	es_doc_bool(doc, "delete", p->o.remove);
	items = es_doc_array(doc, "items");
	for (size_t i = 0; i < p->n; i++)
		if (set_item(es_doc_push(items), p, &p->items[i].pub) < 0)
			return es_fail_oom(err);
	if (es_doc_check(doc, err) < 0)
		return err->code;
	*out = es_steal_ptr(&doc);
	return 0;
}
