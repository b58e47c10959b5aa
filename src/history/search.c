/* SPDX-License-Identifier: MIT */
/* search.c - an expression in all that runs recorded */
#include "config.h"

#include "etcsnap/search.h"

#include "history/history_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Hits that are kept where nobody says how many. */
#define HITS_MAX 1000000

/* What stands in the place of a content that was looked through before. */
static char missed;

/* One search. The runs at hand are @run, newest first, and the one after. */
struct job {
	struct es_search out; /* must be first: it is what the caller has */
	struct es_store *st;
	const struct es_search_options *o;
	struct pattern *pattern;
	struct hits hits;
	struct es_globset *globs;
	struct es_glob_scratch *scratch;
	struct es_strmap *misses; /* contents in which nothing matches */
	struct es_search_run *runs;
	size_t n_runs;
	size_t cap_runs;
	size_t run;
	const char *dir; /* whose names are compared */
	size_t dir_len;
	struct es_buf path;
	struct es_buf key;
	struct es_buf content;
	struct es_buf plain;
	struct es_buf manifest[2];
	struct cache cache;
	struct es_error *err;
};

static const char *const names[] = {
	[ES_SEARCH_NAME] = "name",
	[ES_SEARCH_LINE] = "line",
	[ES_SEARCH_TARGET] = "target",
	[ES_SEARCH_BINARY] = "binary",
};

const char *es_search_what_name(enum es_search_what what)
{
	return names[what];
}

static void job_free(struct job *j)
{
	pattern_free(j->pattern);
	hits_dispose(&j->hits);
	es_globset_free(j->globs);
	es_glob_scratch_free(j->scratch);
	es_strmap_free(j->misses);
	free(j->runs);
	es_buf_dispose(&j->path);
	es_buf_dispose(&j->key);
	es_buf_dispose(&j->content);
	es_buf_dispose(&j->plain);
	es_buf_dispose(&j->manifest[0]);
	es_buf_dispose(&j->manifest[1]);
	cache_dispose(&j->cache);
	free(j);
}
ES_DEFINE_CLEANUP(struct job, job_free)

/* --- paths ---------------------------------------------------------------- */

/* A path as patterns see it: texts of runs have no '/' in front. */
static const char *as_absolute(struct job *j, const char *path, size_t *len)
{
	if (*len == 0 || path[0] == '/')
		return path;
	es_buf_reset(&j->key);
	es_buf_addc(&j->key, '/');
	es_buf_add(&j->key, path, *len);
	*len = j->key.len;
	return es_buf_str(&j->key);
}

static bool matches(struct job *j, const char *path, size_t len)
{
	const uint16_t *hits;

	return es_globset_match(j->globs, j->scratch, path, len, &hits) > 0;
}

/* What matches holds for everything below it. */
static bool is_selected(struct job *j, const char *path, size_t len)
{
	if (!j->globs)
		return true;
	path = as_absolute(j, path, &len);
	for (size_t i = 1; i < len; i++)
		if (path[i] == '/' && matches(j, path, i))
			return true;
	return matches(j, path, len);
}

static bool leads(void *payload, enum part part, const char *path, size_t len)
{
	struct job *j = payload;

	(void)part;
	if (!j->globs || is_selected(j, path, len))
		return true;
	path = as_absolute(j, path, &len);
	return es_globset_leads(j->globs, j->scratch, path, len);
}

/* --- matching ------------------------------------------------------------- */

/* Return: 1 when it matches, 0 when not. */
static int try(struct job *j, const char *text, size_t len)
{
	int rc = pattern_match(j->pattern, text, len);

	j->out.skipped += rc < 0;
	return rc > 0;
}

/* Something of a path matches in the run of a number. */
static int found(struct job *j, const char *path, size_t path_len,
		 const struct es_search_hit *hit, size_t run)
{
	struct place *p = hits_place(&j->hits, path, path_len, true);

	return p ? hits_open(&j->hits, p, hit, run) : -ENOMEM;
}

/* Lines that match; Return: how many, or -ENOMEM. */
static int try_lines(struct job *j, const struct es_buf *path,
		     const struct es_buf *text)
{
	const char *at = es_buf_str(text), *end = at + text->len;
	struct es_search_hit hit = { .what = ES_SEARCH_LINE };
	int any = 0;

	if (!pattern_may_match(j->pattern, at, text->len))
		return 0;
	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		hit.len = (size_t)((nl ? nl : end) - at);
		hit.line++;
		if (try(j, at, hit.len)) {
			hit.text = at;
			if (found(j, path->data, path->len, &hit, j->run) < 0)
				return -ENOMEM;
			any = 1;
		}
		at = nl ? nl + 1 : end;
	}
	return any;
}

static int try_binary(struct job *j, const struct es_buf *path,
		      const struct es_buf *text)
{
	const struct es_search_hit hit = { .what = ES_SEARCH_BINARY };

	if (!try(j, es_buf_str(text), text->len))
		return 0;
	return found(j, path->data, path->len, &hit, j->run) < 0 ? -ENOMEM : 1;
}

static int try_content(struct job *j, const struct es_buf *path)
{
	const struct es_buf *text = &j->content;
	enum es_charset cs = es_charset_detect(text->data, text->len);

	if (!es_charset_is_plain(cs)) {
		es_buf_reset(&j->plain);
		es_charset_decode(&j->plain, cs, text->data, text->len);
		if (j->plain.failed)
			return -ENOMEM;
		text = &j->plain;
	}
	if (!es_charset_is_wide(cs) && text->len &&
	    memchr(text->data, '\0', text->len))
		return try_binary(j, path, text);
	return try_lines(j, path, text);
}

/*
 * What of a content may be seen depends on the rules for its path, so that the
 * same content is looked through once for each set of masks.
 */
static int set_key(struct job *j, const struct es_buf *path,
		   const struct es_oid *blob)
{
	const struct es_rules *rules = j->o->patch.rules;
	struct es_decision d = { .class = ES_CLASS_NONE };

	if (rules && path->data[0] == '/')
		es_rules_decide(rules, j->scratch, path->data, path->len,
				ES_TYPE_FILE, &d);
	else if (rules)
		d.masks = es_rules_masks(rules);
	es_buf_reset(&j->key);
	es_buf_add(&j->key, blob->id, sizeof(blob->id));
	es_buf_add(&j->key, &d.class, sizeof(d.class));
	es_buf_add(&j->key, &d.masks, sizeof(d.masks));
	return j->key.failed;
}

static int read_content(struct job *j, const struct es_buf *path,
			const struct es_oid *blob)
{
	struct es_entry e = {
		.watch = ES_WATCH_YES,
		.type = ES_TYPE_FILE,
		.class = ES_CLASS_MIRROR,
		.has = ES_HAS_BLOB,
	};

	memcpy(e.oid, blob->id, sizeof(e.oid));
	return es_delta_content(&j->content, j->st, path->data, &e,
				&j->o->patch, j->err);
}

/* A content that the run at hand has. */
static int open_content(struct job *j, const struct es_buf *path,
			const struct es_oid *blob)
{
	int rc;

	if (set_key(j, path, blob) < 0)
		return -ENOMEM;
	if (es_strmap_get(j->misses, j->key.data, j->key.len))
		return 0;
	rc = read_content(j, path, blob);
	if (rc < 0)
		return rc;
	j->out.blobs++;
	j->out.hidden += rc != ES_PATCH_TEXT;
	rc = rc == ES_PATCH_TEXT ? try_content(j, path) : 0;
	if (rc != 0)
		return rc;
	return es_strmap_put(j->misses, j->key.data, j->key.len, &missed);
}

static int open_target(struct job *j, const struct es_buf *path,
		       const struct es_oid *blob)
{
	struct es_search_hit hit = { .what = ES_SEARCH_TARGET };

	if (es_store_get(j->st, blob, ES_KIND_BLOB, &j->content, j->err) < 0)
		return j->err->code;
	if (!try(j, es_buf_str(&j->content), j->content.len))
		return 0;
	hit.text = j->content.data;
	hit.len = j->content.len;
	return found(j, path->data, path->len, &hit, j->run) < 0 ? -ENOMEM : 0;
}

/* --- comparing runs ------------------------------------------------------- */

/* The run before the one at hand has something, the one at hand has not. */
static int leaf_content(struct job *j, const struct es_buf *path,
			const struct es_tree_entry *new,
			const struct es_tree_entry *old)
{
	struct place *p = hits_place(&j->hits, path->data, path->len, false);
	int rc = 0;

	if (new &&p)
		hits_close(p, j->run - 1);
	if (old && (old->mode == ES_MODE_FILE || old->mode == ES_MODE_EXEC))
		rc = open_content(j, path, &old->oid);
	else if (old && old->mode == ES_MODE_LINK)
		rc = open_target(j, path, &old->oid);
	return rc < 0 ? rc : 0;
}

static int each_name(void *payload, const struct es_buf *name, bool newer)
{
	const struct es_search_hit hit = { .what = ES_SEARCH_NAME };
	struct job *j = payload;

	es_buf_reset(&j->path);
	es_buf_add(&j->path, j->dir, j->dir_len);
	es_buf_addc(&j->path, '/');
	es_buf_add(&j->path, name->data, name->len);
	if (j->path.failed)
		return -ENOMEM;
	if (newer) {
		struct place *p =
			hits_place(&j->hits, j->path.data, j->path.len, false);

		if (p)
			hits_close_name(p, j->run - 1);
		return 0;
	}
	if (!try(j, j->path.data, j->path.len) ||
	    !is_selected(j, j->path.data, j->path.len))
		return 0;
	return found(j, j->path.data, j->path.len, &hit, j->run) < 0 ? -ENOMEM
								     : 0;
}

static int get_manifest(struct job *j, int side, const struct es_tree_entry *e)
{
	static const struct es_oid nothing;

	return cache_get(&j->cache, e ? &e->oid : &nothing, ES_KIND_BLOB,
			 &j->manifest[side], j->err);
}

static int leaf_names(struct job *j, const struct es_buf *path,
		      const struct es_tree_entry *new,
		      const struct es_tree_entry *old)
{
	static const char manifest[] = "/.mtree";
	const size_t len = sizeof(manifest) - 1;

	if (path->len < len || strcmp(path->data + path->len - len, manifest))
		return 0;
	if (get_manifest(j, 0, new) < 0 || get_manifest(j, 1, old) < 0)
		return j->err->code;
	j->dir = path->data;
	j->dir_len = path->len - len;
	return names_compare(&j->manifest[0], &j->manifest[1], each_name, j);
}

/* Of a text of a run the name is what its tree says. */
static int leaf_text(struct job *j, const struct es_buf *path,
		     const struct es_tree_entry *new,
		     const struct es_tree_entry *old)
{
	const struct es_search_hit hit = { .what = ES_SEARCH_NAME };
	struct place *p = hits_place(&j->hits, path->data, path->len, false);

	if (new && !old && p)
		hits_close_name(p, j->run - 1);
	if (old && !new &&try(j, path->data, path->len) &&
	    found(j, path->data, path->len, &hit, j->run) < 0)
		return -ENOMEM;
	return leaf_content(j, path, new, old);
}

static int leaf(void *payload, enum part part, const struct es_buf *path,
		const struct es_tree_entry *new,
		const struct es_tree_entry *old)
{
	struct job *j = payload;

	if (part == PART_META)
		return leaf_names(j, path, new, old);
	if (!is_selected(j, path->data, path->len))
		return 0;
	return part == PART_FILES ? leaf_content(j, path, new, old)
				  : leaf_text(j, path, new, old);
}

/* --- the walk ------------------------------------------------------------- */

static int add_run(struct job *j, const struct es_commit *c)
{
	if (j->n_runs == j->cap_runs) {
		size_t cap = j->cap_runs ? 2 * j->cap_runs : 256;
		struct es_search_run *runs =
			reallocarray(j->runs, cap, sizeof(*runs));

		if (!runs)
			return -ENOMEM;
		j->runs = runs;
		j->cap_runs = cap;
	}
	j->run = j->n_runs++;
	j->runs[j->run] = (struct es_search_run){
		.commit = *es_commit_id(c),
		.when = es_commit_time(c),
	};
	return 0;
}

/* Compare with the run after it; the newest one is compared with nothing. */
static int step(struct job *j, const struct es_commit *c,
		const struct es_oid *newer)
{
	static const struct walk_ops ops = { .leads = leads, .leaf = leaf };
	int rc;

	if (add_run(j, c) < 0)
		return es_fail_oom(j->err);
	rc = walk_trees(&j->cache, newer, es_commit_tree(c), &ops, j, j->err);
	if (rc == -ENOMEM && !j->err->code)
		return es_fail_oom(j->err);
	return rc;
}

static int walk(struct job *j, struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_oid newer = { { 0 } };
	struct es_commit *c = NULL;
	bool more = true;
	int rc;

	if (es_history_new(&h, j->st, &j->o->tip, err) < 0)
		return err->code;
	while (more && (rc = es_history_next(h, &c, err)) != 0) {
		ES_CLEANUP(es_commit_freep) struct es_commit *own = c;

		c = NULL;
		if (rc < 0)
			return rc;
		if (es_commit_time(own) > j->o->until)
			continue;
		if (step(j, own, &newer) < 0)
			return err->code;
		newer = *es_commit_tree(own);
		/* the last run up to a time is what was there at it */
		more = es_commit_time(own) > j->o->since;
	}
	if (j->n_runs)
		hits_close_all(&j->hits, j->n_runs - 1);
	return 0;
}

static int set_globs(struct job *j, struct es_error *err)
{
	const struct es_search_options *o = j->o;

	for (size_t i = 0; i < o->n_globs; i++)
		if (es_glob_check(o->globs[i], err) < 0)
			return err->code;
	if (o->n_globs == 0)
		return 0;
	return es_globset_new(&j->globs, o->globs, o->n_globs, "", 0, err);
}

static int start(struct job *j, const struct es_search_options *o,
		 struct es_error *err)
{
	if (hits_init(&j->hits, o->max ? o->max : HITS_MAX) < 0)
		return es_fail_oom(err);
	j->scratch = es_glob_scratch_new();
	j->misses = es_strmap_new();
	if (!j->scratch || !j->misses)
		return es_fail_oom(err);
	if (pattern_new(&j->pattern, o->regex, o->flags, err) < 0)
		return err->code;
	return set_globs(j, err);
}

int es_search_new(struct es_search **out, struct es_store *st,
		  const struct es_search_options *options, struct es_error *err)
{
	static const struct es_buf empty = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(job_freep) struct job *j = calloc(1, sizeof(*j));

	if (!j)
		return es_fail_oom(err);
	j->st = st;
	j->o = options;
	j->err = err;
	j->path = j->key = j->content = j->plain = empty;
	j->manifest[0] = j->manifest[1] = empty;
	cache_init(&j->cache, st);
	if (start(j, options, err) < 0 || walk(j, err) < 0)
		return err->code;
	hits_sort(&j->hits);
	j->out.hits = (const struct es_search_hit *const *)j->hits.items;
	j->out.n_hits = j->hits.n;
	j->out.dropped = j->hits.dropped;
	j->out.runs = j->runs;
	j->out.n_runs = j->n_runs;
	j->out.to_tip = j->n_runs > 0 &&
			es_oid_equal(&j->runs[0].commit, &options->tip);
	*out = &j->out;
	j = NULL;
	return 0;
}

void es_search_free(struct es_search *s)
{
	/* the first member of what es_search_new() made */
	if (s)
		job_free((struct job *)(void *)s);
}
