/* SPDX-License-Identifier: MIT */
/* parts_tree.c - mask texts and make trees of them */
#include "config.h"

#include "cycle/parts_priv.h"

#include "etcsnap/hide.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <string.h>

const char *const es_parts_names[ES_PARTS_COUNT] = {
	[ES_PARTS_COMMANDS] = "commands",
	[ES_PARTS_FINDINGS] = "findings",
	[ES_PARTS_SYSTEM] = "system",
};

static const enum es_part parts[ES_PARTS_COUNT] = {
	[ES_PARTS_COMMANDS] = ES_PART_COMMANDS,
	[ES_PARTS_FINDINGS] = ES_PART_FINDINGS,
	[ES_PARTS_SYSTEM] = ES_PART_SYSTEM,
};

/* Texts on their way to trees. */
struct work {
	struct es_parts *p;
	struct es_lane *lane;
	const struct es_mask_set *masks;
	struct es_digest *hmac;
	struct es_buf masked;
	void (*trouble)(void *payload, unsigned int unread, const char *name);
	void *payload;
	size_t next; /* text that is looked at */
	size_t n;
};

static int put_blob(struct es_oid *out, struct work *w, const struct es_text *t,
		    struct es_error *err)
{
	const char *data = t->data;
	size_t len = t->len;
	int n = es_hide_text(w->masks, &w->masked, data, len, w->hmac);

	if (n < 0)
		return es_fail_oom(err);
	if (n > 0) {
		data = es_buf_str(&w->masked);
		len = w->masked.len;
	}
	return es_lane_put(out, w->lane, ES_KIND_BLOB, data, len, err);
}

/* Return: 1 and the blob, 0 nothing is to be kept, or a negative errno. */
static int blob_of(struct es_oid *out, struct work *w, const struct es_text *t,
		   struct es_error *err)
{
	if (t->data)
		return put_blob(out, w, t, err) < 0 ? err->code : 1;
	if (t->unread)
		w->trouble(w->payload, t->unread, t->name);
	return es_tree_lookup(out, NULL, w->p->session->store, &w->p->tip_tree,
			      t->name, strlen(t->name), err);
}

/* The tree of all texts whose names begin with the first @len bytes. */
static int write_tree(struct es_oid *out, struct work *w, const char *prefix,
		      size_t len, struct es_error *err)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	struct es_text t;

	if (!b)
		return es_fail_oom(err);
	while (w->next < w->n) {
		struct es_oid oid = { 0 };
		unsigned int mode = ES_MODE_FILE;
		const char *name;
		size_t n;
		int rc;

		es_texts_at(w->p->texts, w->next, &t);
		if (strncmp(t.name, prefix, len) != 0)
			break;
		name = t.name + len;
		n = strcspn(name, "/");
		if (name[n] == '/') {
			mode = ES_MODE_TREE;
			rc = write_tree(&oid, w, t.name, len + n + 1, err);
		} else {
			w->next++;
			rc = blob_of(&oid, w, &t, err);
		}
		if (rc < 0)
			return err->code;
		if (!es_oid_is_none(&oid) &&
		    es_tree_builder_add(b, name, n, mode, &oid) < 0)
			return es_fail_oom(err);
	}
	return es_tree_builder_write(out, b, w->lane, err);
}

/* What this run does not look at stays as the tip has it. */
static int keep_tree(struct es_oid *out, struct es_parts *p, const char *name,
		     struct es_error *err)
{
	int rc = es_tree_lookup(out, NULL, p->session->store, &p->tip_tree,
				name, strlen(name), err);

	if (rc == 0)
		*out = (struct es_oid){ 0 };
	return rc < 0 ? rc : 0;
}

static int write_part(struct es_oid *out, struct work *w, int part,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf prefix = ES_BUF_INIT(64);
	struct es_text t;

	*out = (struct es_oid){ 0 };
	if (w->p->options->n_paths > 0)
		return keep_tree(out, w->p, es_parts_names[part], err);
	if (!(w->p->on & parts[part]))
		return 0;
	es_buf_addf(&prefix, "%s/", es_parts_names[part]);
	for (w->next = 0; w->next < w->n; w->next++) {
		es_texts_at(w->p->texts, w->next, &t);
		if (strncmp(t.name, es_buf_str(&prefix), prefix.len) == 0)
			break;
	}
	return write_tree(out, w, es_buf_str(&prefix), prefix.len, err);
}

int es_parts_trees(struct es_oid out[ES_PARTS_COUNT], struct es_parts *p,
		   struct es_lane *lane,
		   void (*trouble)(void *payload, unsigned int unread,
				   const char *name),
		   void *payload, struct es_error *err)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	struct work w = {
		.p = p,
		.lane = lane,
		.masks = es_rules_masks(p->session->rules),
		.masked = ES_BUF_INIT(ES_BUF_MAX),
		.trouble = trouble,
		.payload = payload,
		.n = es_texts_count(p->texts),
	};
	int rc = es_digest_new(&hmac, ES_DIGEST_HMAC, p->session->key, err);

	w.hmac = hmac;
	if (p->on & ES_PART_FINDINGS && !p->checks)
		trouble(payload, (unsigned int)-p->packages_err.code,
			es_parts_names[ES_PARTS_FINDINGS]);
	for (int i = 0; rc == 0 && i < ES_PARTS_COUNT; i++)
		rc = write_part(&out[i], &w, i, err);
	es_buf_dispose(&w.masked);
	return rc;
}
