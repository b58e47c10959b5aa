/* SPDX-License-Identifier: MIT */
/* run_tree.c - the tree of a run: its root, and what it says of itself */
#include "config.h"

#include "cycle/cycle_priv.h"

#include "etcsnap/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int put_text(struct es_tree_builder *b, struct es_lane *lane,
		    const char *name, const struct es_buf *text,
		    struct es_error *err)
{
	struct es_oid oid;

	if (text->len == 0)
		return 0;
	if (es_buf_check(text, err) < 0 ||
	    es_lane_put(&oid, lane, ES_KIND_BLOB, text->data, text->len, err) <
		    0)
		return err->code;
	if (es_tree_builder_add(b, name, strlen(name), ES_MODE_FILE, &oid) < 0)
		return es_fail_oom(err);
	return 0;
}

/*
 * By what the tree was made: of a run of a few paths what the tip has, so that
 * the next whole run can tell what it no longer looks at. Return: 1 when
 * there was such a text, 0 when @name is still to be made.
 */
static int keep_text(struct es_tree_builder *b, struct cycle *c,
		     const char *name, struct es_error *err)
{
	char path[32];
	struct es_oid oid;
	int rc;

	if (!c->options->n_paths || c->result->first)
		return 0;
	snprintf(path, sizeof(path), "run/%s", name);
	rc = es_tree_lookup(&oid, NULL, c->session->store, &c->result->old_tree,
			    path, strlen(path), err);
	if (rc > 0 &&
	    es_tree_builder_add(b, name, strlen(name), ES_MODE_FILE, &oid) < 0)
		return es_fail_oom(err);
	return rc;
}

static int put_basis(struct es_tree_builder *b, struct cycle *c,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	int rc = keep_text(b, c, "rules", err);

	if (rc == 0) {
		es_rules_text(c->session->rules, &text);
		rc = put_text(b, c->snap.lane[0], "rules", &text, err);
	}
	if (rc < 0)
		return rc;
	rc = keep_text(b, c, "parts", err);
	if (rc == 0) {
		es_buf_reset(&text);
		rc = es_parts_text(&text, &c->parts, err);
		if (rc == 0)
			rc = put_text(b, c->snap.lane[0], "parts", &text, err);
	}
	return rc < 0 ? rc : 0;
}

int es_cycle_write_run(struct es_oid *out, struct cycle *c,
		       const struct es_run *run, struct es_error *err)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_lane *lane = c->snap.lane[0];

	if (!b)
		return es_fail_oom(err);
	es_run_summary(&text, run);
	if (put_text(b, lane, "summary", &text, err) < 0 ||
	    put_basis(b, c, err) < 0 ||
	    put_text(b, lane, "errors", &c->result->errors, err) < 0 ||
	    put_text(b, lane, "logins", &run->context->logins_text, err) < 0 ||
	    put_text(b, lane, "packages", &run->context->packages_text, err) <
		    0)
		return err->code;
	return es_tree_builder_write(out, b, lane, err);
}

int es_cycle_write_root(struct cycle *c, const struct es_dir_trees *trees,
			const struct es_oid *run, struct es_error *err)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf old = ES_BUF_INIT(ES_BUF_MAX);
	struct {
		const char *name;
		const struct es_oid *oid;
	} parts[ES_PARTS_COUNT + 3] = {
		{ "files", &trees->files },
		{ "meta", &trees->meta },
		{ "run", run },
	};
	const size_t n = sizeof(parts) / sizeof(parts[0]);
	struct es_tree_reader r;
	struct es_tree_entry e;
	int rc = 0;

	if (!b)
		return es_fail_oom(err);
	for (size_t i = 0; i < ES_PARTS_COUNT; i++) {
		parts[i + 3].name = es_parts_names[i];
		parts[i + 3].oid = &c->texts[i];
	}
	if (!c->result->first &&
	    es_store_get(c->session->store, &c->result->old_tree, ES_KIND_TREE,
			 &old, err) < 0)
		return err->code;
	es_tree_open(&r, &old);
	while (rc == 0 && es_tree_next(&r, &e) > 0) {
		bool ours = false;

		for (size_t i = 0; i < n; i++)
			ours |= strlen(parts[i].name) == e.len &&
				memcmp(parts[i].name, e.name, e.len) == 0;
		if (!ours)
			rc = es_tree_builder_add(b, e.name, e.len, e.mode,
						 &e.oid);
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (!es_oid_is_none(parts[i].oid))
			rc = es_tree_builder_add(b, parts[i].name,
						 strlen(parts[i].name),
						 ES_MODE_TREE, parts[i].oid);
	if (rc < 0)
		return es_fail_oom(err);
	return es_tree_builder_write(&c->result->tree, b, c->snap.lane[0], err);
}
