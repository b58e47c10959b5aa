/* SPDX-License-Identifier: MIT */
/* model_unit.h - unit tests of the model make chains of runs */
#ifndef ETCSNAP_TESTS_MODEL_UNIT_H
#define ETCSNAP_TESTS_MODEL_UNIT_H

#include "etcsnap/logins.h"
#include "etcsnap/package_ops.h"

#include "report_unit.h"

#include <stdarg.h>
#include <stdio.h>

#define HOUR ((int64_t)3600)
#define DAY (24 * HOUR)

/** A moment on which chains of runs end: 2023-11-20 12:00 UTC */
#define NOW ((int64_t)1700481600)

/**
 * es_unit_run_at - a commit with a list of changes in its message; owned
 * @tree:   root tree
 * @parent: the run before, or NULL
 * @when:   time
 * @who:    author's name
 * @list:   "M /etc/hosts\nA /etc/x\n"
 */
static inline struct es_commit *es_unit_run_at(const struct es_oid *tree,
					       const struct es_commit *parent,
					       int64_t when, const char *who,
					       const char *list)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_signature author = { who, "x@web1", when, 0 };
	struct es_signature self = { "etcsnap", "etcsnap@web1", when, 0 };
	struct es_commit_draft draft = {
		.tree = *tree,
		.author = author,
		.committer = self,
	};
	struct es_error err = ES_ERROR_INIT;
	struct es_commit *c = NULL;
	struct es_oid oid;

	es_buf_addf(&text,
		    "a run on web1\n\n%s\nEtcsnap-Format: 1\nHost: web1\n"
		    "Trigger: cron\nItems: 12\n",
		    list);
	draft.message = es_buf_str(&text);
	if (parent)
		draft.parent = *es_commit_id(parent);
	ck_assert_msg(es_commit_write(&oid, repo.lane, &draft, &err) == 0, "%s",
		      err.msg);
	ck_assert_msg(es_commit_read(&c, repo.st, &oid, &err) == 0, "%s",
		      err.msg);
	return c;
}

/**
 * es_unit_model - the model of two runs; owned
 * @old: older run, or NULL
 * @new: newer run
 * @how: everything but sides and delta; filled
 */
static inline struct es_doc *es_unit_model(const struct es_commit *old,
					   const struct es_commit *new,
					   struct es_report_input *how)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *d = NULL;
	struct es_error err = ES_ERROR_INIT;
	struct es_doc *doc = NULL;

	how->st = repo.st;
	how->host = "web1";
	how->old = (struct es_report_side){ .commit = old };
	how->new = (struct es_report_side){ .commit = new };
	if (old)
		how->old.tree = *es_commit_tree(old);
	how->new.tree = *es_commit_tree(new);
	d = es_unit_compare(&how->old.tree, &how->new.tree);
	how->delta = d;
	how->patch.context = 3;
	how->patch.key = es_unit_key;
	ck_assert_msg(es_report_new(&doc, how, &err) == 0, "%s", err.msg);
	how->delta = NULL;
	return doc;
}

/** es_unit_two - the model of two root trees an hour apart; owned */
static inline struct es_doc *es_unit_two(const struct es_oid *old,
					 const struct es_oid *new,
					 struct es_report_input *how)
{
	ES_CLEANUP(es_commit_freep)
	struct es_commit *a = es_unit_run_at(old, NULL, NOW - HOUR, "root", "");
	ES_CLEANUP(es_commit_freep)
	struct es_commit *b = es_unit_run_at(new, a, NOW, "anna", "");

	return es_unit_model(a, b, how);
}

/** es_unit_change_of - the change of a path, NULL when there is none */
static inline const struct es_doc *es_unit_change_of(const struct es_doc *doc,
						     const char *path)
{
	const struct es_doc *list = es_doc_get(doc, "changes"), *c;

	for (size_t i = 0; (c = es_doc_at(list, i)); i++)
		if (strcmp(es_doc_get_str(c, "path"), path) == 0)
			return c;
	return NULL;
}

/** es_unit_word - a text of a change, "" when it is missing */
static inline const char *es_unit_word(const struct es_doc *doc,
				       const char *path, const char *key)
{
	const struct es_doc *c = es_unit_change_of(doc, path);
	const char *word = c ? es_doc_get_str(c, key) : NULL;

	ck_assert_msg(c != NULL, "no change of %s", path);
	return word ? word : "";
}

/** es_unit_why - a text of a change's explanation, "" without one */
static inline const char *es_unit_why(const struct es_doc *doc,
				      const char *path, const char *key)
{
	const struct es_doc *c = es_unit_change_of(doc, path);
	const struct es_doc *why = c ? es_doc_get(c, "explanation") : NULL;
	const char *word = why ? es_doc_get_str(why, key) : NULL;

	ck_assert_msg(c != NULL, "no change of %s", path);
	return word ? word : "";
}

/** es_unit_group - the first group of a kind, NULL when there is none */
static inline const struct es_doc *es_unit_group(const struct es_doc *doc,
						 const char *kind)
{
	const struct es_doc *list = es_doc_get(doc, "groups"), *g;

	for (size_t i = 0; (g = es_doc_at(list, i)); i++)
		if (strcmp(es_doc_get_str(g, "kind"), kind) == 0)
			return g;
	return NULL;
}

/** es_unit_title - title of the first group of a kind, "" without one */
static inline const char *es_unit_title(const struct es_doc *doc,
					const char *kind)
{
	const struct es_doc *g = es_unit_group(doc, kind);

	return g ? es_doc_get_str(g, "title") : "";
}

/** es_unit_folded - number of the group of a path, -1 for none */
static inline int64_t es_unit_folded(const struct es_doc *doc, const char *path)
{
	const struct es_doc *c = es_unit_change_of(doc, path);

	ck_assert_msg(c != NULL, "no change of %s", path);
	return es_doc_get_number(c, "group", -1);
}

/** es_unit_number - a number of an object below the document */
static inline int64_t es_unit_number(const struct es_doc *doc, const char *obj,
				     const char *key)
{
	return es_doc_get_number(es_doc_get(doc, obj), key, -1);
}

#endif
