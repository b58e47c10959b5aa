/* SPDX-License-Identifier: MIT */
/* watched.c - changes that come from other rules, not from the machine */
#include "config.h"

#include "etcsnap/rules.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <string.h>

/**
 * struct judges - the rules of both runs, the old ones with new homes, too
 * @rules:   by side
 * @scratch: for matching
 */
struct judges {
	struct es_rules *rules[SIDES];
	struct es_glob_scratch *scratch;
};

/*
 * Rules of a run, from run/rules. Those of another version may not be read
 * any more: @out then stays NULL, for that must not hide what changed.
 */
static int load_rules(struct es_rules **out, struct es_store *st,
		      const struct es_oid *blob, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);

	if (es_store_get(st, blob, ES_KIND_BLOB, &text, err) < 0)
		return err->code;
	struct es_error why = ES_ERROR_INIT;
	int rc = es_rules_parse(out, es_buf_str(&text), text.len, &why);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	return 0;
}

static void decide(const struct judges *j, int side, const char *path,
		   enum es_type type, struct es_decision *out)
{
	size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

	es_rules_decide(j->rules[side], j->scratch, path, len, type, out);
}

/* Stricter rules, and the entry shows that they took hold. */
static bool is_tightened(const struct judges *j, const struct es_change *c)
{
	struct es_decision was, is;

	if (!c->old || !c->new || c->new->type != ES_TYPE_FILE ||
	    c->old->type != ES_TYPE_FILE)
		return false;
	decide(j, OLD, c->path, ES_TYPE_FILE, &was);
	decide(j, NEW, c->path, ES_TYPE_FILE, &is);
	if (is.class > was.class && c->new->class > c->old->class)
		return true;
	if (was.fingerprint == is.fingerprint)
		return false;
	/* other masks: what they hide now, or cannot hide but as a whole */
	return (c->new->class == ES_CLASS_SECRET &&
		c->old->class != ES_CLASS_SECRET) ||
	       ((c->new->has &ES_HAS_MASKED) && !(c->old->has & ES_HAS_MASKED));
}

static void judge(const struct judges *j, struct es_delta *d,
		  struct es_change *c)
{
	struct es_decision other;

	if (c->path[0] != '/')
		return;
	if (c->kind == ES_CHANGE_ADDED) {
		decide(j, OLD, c->path, c->new->type, &other);
		if (other.watch != ES_WATCH_YES)
			c->kind = ES_CHANGE_WATCHED;
	} else if (c->kind == ES_CHANGE_REMOVED) {
		decide(j, NEW, c->path, c->old->type, &other);
		if (other.watch != ES_WATCH_YES)
			c->kind = ES_CHANGE_UNWATCHED;
	} else if (is_tightened(j, c)) {
		d->tightened++;
	}
}

static int judge_all(struct delta_job *job, const struct es_oid blob[SIDES],
		     struct judges *j, struct es_error *err)
{
	struct es_delta *d = job->delta;

	for (int side = OLD; side < SIDES; side++) {
		if (load_rules(&j->rules[side], job->st, &blob[side], err) < 0)
			return err->code;
		if (!j->rules[side])
			return 0;
	}
	/*
	 * An account that came with its home is news of the machine, not of
	 * the rules. Of one that went nobody knows whether its home did, too:
	 * what was there is no longer watched.
	 */
	if (es_rules_add_homes(j->rules[OLD], j->rules[NEW], err) < 0)
		return err->code;
	j->scratch = es_glob_scratch_new();
	if (!j->scratch)
		return es_fail_oom(err);
	for (size_t i = 0; i < d->n; i++)
		judge(j, d, &d->changes[i]);
	return 0;
}

int delta_watched(struct delta_job *job, struct es_error *err)
{
	static const char name[] = "run/rules";
	struct es_oid blob[SIDES];
	struct judges j = { { NULL, NULL }, NULL };

	for (int side = OLD; side < SIDES; side++) {
		int rc = es_tree_lookup(&blob[side], NULL, job->st,
					&job->root[side], name,
					sizeof(name) - 1, err);

		if (rc <= 0)
			return rc;
	}
	if (es_oid_equal(&blob[OLD], &blob[NEW]) || job->delta->n == 0)
		return 0;
	int rc = judge_all(job, blob, &j, err);
	for (int side = OLD; side < SIDES; side++)
		es_rules_free(j.rules[side]);
	es_glob_scratch_free(j.scratch);
	return rc;
}
