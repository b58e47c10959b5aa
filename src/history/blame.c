/* SPDX-License-Identifier: MIT */
/* blame.c - which run each line of a text came with */
#include "config.h"

#include "etcsnap/blame.h"

#include "history/history_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A line of the version at hand that is no line of the text asked for. */
#define NO_LINE SIZE_MAX
/* A line of the text whose run is not found yet. */
#define NO_RUN SIZE_MAX

struct es_blame {
	struct es_buf text; /* what the lines point into */
	struct es_blame_line *lines;
	size_t n_lines;
	struct es_blame_run *runs;
	struct blame_kept *kept;
	size_t n_runs;
	size_t cap_runs;
};

/* The walk; it stands at a version of the text, and goes to older ones. */
struct walk {
	struct es_blame *b;
	struct es_store *st;
	const struct es_patch_options *options;
	struct es_history *history;
	struct es_commit *commit; /* of this version, owned */
	struct trail trail;
	char *path;	       /* what it is called in it, owned */
	struct es_buf content; /* as it may be shown, not decoded */
	size_t *map;	       /* its lines as lines of the text */
	size_t n_map;
	size_t left; /* lines of the text without a run */
};

static void walk_dispose(struct walk *w)
{
	es_history_free(w->history);
	es_commit_free(w->commit);
	trail_dispose(&w->trail);
	free(w->path);
	es_buf_dispose(&w->content);
	free(w->map);
}

/* --- content -------------------------------------------------------------- */

/* A blob as an entry, for what may be shown of it. */
static int load(struct es_buf *out, const struct walk *w, const char *path,
		const struct es_oid *blob, struct es_error *err)
{
	struct es_entry e = {
		.watch = ES_WATCH_YES,
		.type = ES_TYPE_FILE,
		.class = ES_CLASS_MIRROR,
		.has = ES_HAS_BLOB,
	};

	memcpy(e.oid, blob->id, sizeof(e.oid));
	return es_delta_content(out, w->st, path, &e, w->options, err);
}

static bool is_binary(const struct es_buf *content)
{
	return !es_charset_is_wide(
		       es_charset_detect(content->data, content->len)) &&
	       memchr(es_buf_str(content), '\0', content->len);
}

static int decode(struct es_buf *out, enum es_charset cs,
		  const struct es_buf *content, struct es_error *err)
{
	es_charset_decode(out, cs, content->data, content->len);
	return es_buf_check(out, err);
}

/* Lines that the version at hand shares with an older one. */
static long compare(struct lines_same **out, const struct walk *w,
		    const struct es_buf *older, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);
	enum es_charset old, new;

	es_charset_detect_both(&old, older, &new, &w->content);
	if (decode(&was, old, older, err) < 0 ||
	    decode(&is, new, &w->content, err) < 0)
		return err->code;
	return lines_compare(out, &was, &is, err);
}

/* --- runs ----------------------------------------------------------------- */

static int grow_runs(struct es_blame *b)
{
	size_t cap = b->cap_runs ? 2 * b->cap_runs : 16;
	struct es_blame_run *runs = reallocarray(b->runs, cap, sizeof(*runs));
	struct blame_kept *kept;

	if (!runs)
		return -ENOMEM;
	b->runs = runs;
	kept = reallocarray(b->kept, cap, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	b->kept = kept;
	b->cap_runs = cap;
	return 0;
}

/* "root <root@web1>" without the address. */
static char *author_of(const struct es_commit *c)
{
	const char *author = es_commit_author(c);
	const char *mail = strstr(author, " <");

	return mail ? strndup(author, (size_t)(mail - author)) : strdup(author);
}

/* The run of the version at hand takes lines; its commit goes to the run. */
static int add_run(struct walk *w, int64_t before, bool boundary)
{
	struct es_blame *b = w->b;
	struct es_blame_run *run;
	struct blame_kept *kept;

	if (b->n_runs == b->cap_runs && grow_runs(b) < 0)
		return -ENOMEM;
	run = &b->runs[b->n_runs];
	kept = &b->kept[b->n_runs];
	*kept = (struct blame_kept){
		.author = author_of(w->commit),
		.path = strdup(w->path),
		.before = before,
	};
	if (!kept->author || !kept->path) {
		blame_kept_dispose(kept);
		return -ENOMEM;
	}
	kept->commit = es_steal_ptr(&w->commit);
	*run = (struct es_blame_run){
		.commit = *es_commit_id(kept->commit),
		.when = es_commit_time(kept->commit),
		.boundary = boundary,
		.author = kept->author,
		.trigger = es_commit_trailer(kept->commit, "Trigger", 0),
		.subject = es_commit_subject(kept->commit),
		.path = kept->path,
	};
	b->n_runs++;
	return 0;
}

/* Lines that no older version shares came with the version at hand. */
static int settle(struct walk *w, const bool *shared, int64_t before,
		  bool boundary)
{
	const size_t run = w->b->n_runs;
	size_t n = 0;

	for (size_t i = 0; i < w->n_map; i++) {
		struct es_blame_line *line;

		if (w->map[i] == NO_LINE || (shared && shared[i]))
			continue;
		line = &w->b->lines[w->map[i]];
		line->run = run;
		line->was = i + 1;
		n++;
	}
	if (n == 0)
		return 0;
	w->left -= n;
	if (add_run(w, before, boundary) < 0)
		return -ENOMEM;
	w->b->runs[run].lines = n;
	return 0;
}

/* --- steps ---------------------------------------------------------------- */

/* What is shared belongs to the older version from now on. */
static int take_shared(struct walk *w, const struct lines_same *same, long n,
		       const struct es_buf *older, int64_t before)
{
	const size_t lines = lines_count(older);
	ES_CLEANUP(es_freep) size_t *map = calloc(lines + 1, sizeof(*map));
	ES_CLEANUP(es_freep)
	bool *shared = calloc(w->n_map + 1, sizeof(*shared));

	if (!map || !shared)
		return -ENOMEM;
	for (size_t i = 0; i < lines; i++)
		map[i] = NO_LINE;
	for (long p = 0; same && p < n; p++) {
		for (size_t i = 0; i < same[p].n; i++) {
			const size_t new = same[p].new + i;
			const size_t old = same[p].old + i;

			if (new >= w->n_map || old >= lines)
				break;
			map[old] = w->map[new];
			shared[new] = true;
		}
	}
	if (settle(w, shared, before, false) < 0)
		return -ENOMEM;
	free(w->map);
	w->map = es_steal_ptr(&map);
	w->n_map = lines;
	return 0;
}

/* All that is left came with the version at hand. */
static int end_here(struct walk *w, int64_t before, bool boundary,
		    struct es_error *err)
{
	return settle(w, NULL, before, boundary) < 0 ? es_fail_oom(err) : 0;
}

/* The content of an older run differs, or it has another path there. */
static int step_content(struct walk *w, const struct es_commit *older,
			const char *path, const struct es_oid *blob,
			struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf content = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_freep) struct lines_same *same = NULL;
	const int64_t before = es_commit_time(older);
	int rc = load(&content, w, path, blob, err);
	long n;

	if (rc < 0)
		return rc;
	/* nobody may see whether it had these lines */
	if (rc != ES_PATCH_TEXT)
		return end_here(w, before, true, err);
	n = compare(&same, w, &content, err);
	if (n == -ENOTSUP)
		return end_here(w, before, false, err);
	if (n < 0)
		return (int)n;
	if (take_shared(w, same, n, &content, before) < 0)
		return es_fail_oom(err);
	es_buf_dispose(&w->content);
	w->content = content;
	content = (struct es_buf)ES_BUF_INIT(0);
	return 0;
}

/*
 * An older run does not have the content under this path: it had it under
 * another one, or not at all, or its content was not kept.
 */
static int find_change(const struct es_change **out, struct es_delta **delta,
		       const struct walk *w, const struct es_commit *older,
		       struct es_error *err)
{
	const struct es_commit *c = w->commit;

	if (es_delta_new(delta, w->st, es_commit_tree(older), es_commit_tree(c),
			 NULL, 0, err) < 0)
		return err->code;
	*out = NULL;
	for (size_t i = 0; i < es_delta_count(*delta) && !*out; i++) {
		const struct es_change *at = es_delta_at(*delta, i);

		if (strcmp(at->path, w->path) == 0)
			*out = at;
	}
	return 0;
}

/* Go on under the name that it had in the older run. */
static int step_renamed(struct walk *w, const struct es_commit *older,
			const char *from, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *path = strdup(from);
	struct es_oid blob;
	int rc;

	trail_dispose(&w->trail);
	if (!path || trail_init(&w->trail, path) < 0)
		return es_fail_oom(err);
	if (trail_move(&w->trail, w->st, es_commit_tree(older), err) < 0)
		return err->code;
	if (!trail_blob(&w->trail, &blob))
		return end_here(w, es_commit_time(older), true, err);
	rc = step_content(w, older, path, &blob, err);
	free(w->path);
	w->path = es_steal_ptr(&path);
	return rc;
}

static int step_gone(struct walk *w, const struct es_commit *older,
		     struct es_error *err)
{
	ES_CLEANUP(es_delta_freep) struct es_delta *delta = NULL;
	const struct es_change *c = NULL;

	if (find_change(&c, &delta, w, older, err) < 0)
		return err->code;
	if (c && c->kind == ES_CHANGE_RENAMED)
		return step_renamed(w, older, c->from, err);
	/* newly watched, or its content newly kept: it may be older */
	return end_here(w, es_commit_time(older),
			!c || c->kind == ES_CHANGE_WATCHED ||
				(c->old && c->old->type == ES_TYPE_FILE),
			err);
}

/* Return: 1 to go on, 0 when all lines have their run, negative. */
static int step(struct walk *w, struct es_commit *older, struct es_error *err)
{
	int rc = trail_move(&w->trail, w->st, es_commit_tree(older), err);
	struct es_oid blob;

	if (rc > 0)
		rc = trail_blob(&w->trail, &blob)
			     ? step_content(w, older, w->path, &blob, err)
			     : step_gone(w, older, err);
	es_commit_free(w->commit);
	w->commit = older;
	return rc < 0 ? rc : w->left > 0;
}

static int walk(struct walk *w, struct es_error *err)
{
	int rc = 1;

	while (rc > 0 && w->left > 0) {
		struct es_commit *older = NULL;

		rc = es_history_next(w->history, &older, err);
		if (rc > 0)
			rc = step(w, older, err);
	}
	if (rc < 0 || w->left == 0)
		return rc;
	/* what is left was there before anybody looked */
	return end_here(w, 0, true, err);
}

/* --- start ---------------------------------------------------------------- */

static int fail_content(struct es_error *err, const char *path, int result)
{
	if (result == ES_PATCH_SECRET)
		return es_fail(err, -EACCES,
			       "%s is secret: its content is not in the "
			       "repository, or must not be shown",
			       ES_Q(path));
	if (result == ES_PATCH_DIGEST)
		return es_fail(err, -ENODATA,
			       "of %s only the digest is kept; 'etcsnap log "
			       "%s' tells when it changed",
			       ES_Q(path), ES_Q(path));
	return es_fail(err, -ENODATA,
		       "%s has no lines; 'etcsnap log %s' tells when it "
		       "changed",
		       ES_Q(path), ES_Q(path));
}

/* The entry must be a file whose content is kept and may be shown. */
static int check(struct walk *w, struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer lw = ES_LISTING_WRITER_INIT;
	struct es_entry e;
	int rc = es_delta_entry(&lw, &e, w->st, es_commit_tree(w->commit),
				w->path, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return es_fail(err, -ENOENT,
			       "%s is not recorded in that run; 'etcsnap log "
			       "%s' tells in which it was",
			       ES_Q(w->path), ES_Q(w->path));
	rc = es_delta_content(&w->content, w->st, w->path, &e, w->options, err);
	if (rc < 0)
		return rc;
	if (rc != ES_PATCH_TEXT || is_binary(&w->content))
		return fail_content(err, w->path,
				    rc == ES_PATCH_TEXT ? ES_PATCH_BINARY : rc);
	return 0;
}

static void split(struct es_blame *b)
{
	const char *at = es_buf_str(&b->text);
	const char *end = at + b->text.len;

	for (size_t i = 0; i < b->n_lines; i++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		b->lines[i].text = at;
		b->lines[i].len = (size_t)((nl ? nl : end) - at);
		b->lines[i].run = NO_RUN;
		at = nl ? nl + 1 : end;
	}
}

static int start(struct walk *w, const struct es_oid *commit, const char *path,
		 struct es_error *err)
{
	struct es_blame *b = w->b;
	enum es_charset cs;
	int rc;

	w->path = strdup(path);
	if (!w->path || trail_init(&w->trail, path) < 0)
		return es_fail_oom(err);
	if (es_history_new(&w->history, w->st, commit, err) < 0)
		return err->code;
	rc = es_history_next(w->history, &w->commit, err);
	if (rc <= 0)
		return rc < 0 ? rc : es_fail(err, -ENOENT, "there is no run");
	if (check(w, err) < 0 ||
	    trail_move(&w->trail, w->st, es_commit_tree(w->commit), err) < 0)
		return err->code;
	cs = es_charset_detect(w->content.data, w->content.len);
	if (decode(&b->text, cs, &w->content, err) < 0)
		return err->code;
	b->n_lines = lines_count(&b->text);
	b->lines = calloc(b->n_lines + 1, sizeof(*b->lines));
	w->map = calloc(b->n_lines + 1, sizeof(*w->map));
	if (!b->lines || !w->map)
		return es_fail_oom(err);
	split(b);
	w->n_map = w->left = b->n_lines;
	for (size_t i = 0; i < b->n_lines; i++)
		w->map[i] = i;
	return 0;
}

int es_blame_new(struct es_blame **out, struct es_store *st,
		 const struct es_oid *commit, const char *path,
		 const struct es_patch_options *options, struct es_error *err)
{
	ES_CLEANUP(es_blame_freep)
	struct es_blame *b = calloc(1, sizeof(*b));
	ES_CLEANUP(walk_dispose)
	struct walk w = {
		.b = b,
		.st = st,
		.options = options,
		.content = ES_BUF_INIT(ES_BUF_MAX),
	};

	if (!b)
		return es_fail_oom(err);
	b->text = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	if (start(&w, commit, path, err) < 0 || walk(&w, err) < 0)
		return err->code;
	for (size_t i = 0; i < b->n_runs; i++)
		if (blame_context(&b->runs[i], &b->kept[i], st, options, err) <
		    0)
			return err->code;
	*out = es_steal_ptr(&b);
	return 0;
}

void es_blame_free(struct es_blame *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n_runs; i++)
		blame_kept_dispose(&b->kept[i]);
	free(b->kept);
	free(b->runs);
	free(b->lines);
	es_buf_dispose(&b->text);
	free(b);
}

size_t es_blame_lines(const struct es_blame *b)
{
	return b->n_lines;
}

const struct es_blame_line *es_blame_line(const struct es_blame *b, size_t i)
{
	return &b->lines[i];
}

size_t es_blame_runs(const struct es_blame *b)
{
	return b->n_runs;
}

const struct es_blame_run *es_blame_run(const struct es_blame *b, size_t i)
{
	return &b->runs[i];
}
