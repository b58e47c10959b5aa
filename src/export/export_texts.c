/* SPDX-License-Identifier: MIT */
/* export_texts.c - commands, facts and findings of a run */
#include "config.h"

#include "etcsnap/quote.h"
#include "etcsnap/stored_name.h"
#include "etcsnap/tree.h"

#include "export/export_priv.h"

#include <errno.h>
#include <string.h>

/* Deeper than any part nests; a damaged repository must not bury us. */
#define DEPTH_MAX 16

int export_text_read(struct es_buf *out, const struct export_job *job,
		     const char *path, struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry e;
	int rc = es_delta_entry(&w, &e, job->st, es_commit_tree(job->commit),
				path, err);

	if (rc <= 0)
		return rc;
	rc = es_delta_content(out, job->st, path, &e, &job->patch, err);
	if (rc < 0)
		return rc;
	return rc == ES_PATCH_TEXT ? 1 : -EACCES;
}

static void text_init(struct export_text *t, const char *kind, const char *path)
{
	*t = (struct export_text){ .kind = kind, .path = path };
	for (size_t i = 0; i < PARTS; i++)
		t->data[i] = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
}

static void text_dispose(struct export_text *t)
{
	for (size_t i = 0; i < PARTS; i++)
		es_buf_dispose(&t->data[i]);
}

static int take(struct export_job *job, struct export_text *t,
		enum export_part part, const char *path, struct es_error *err)
{
	int rc = export_text_read(&t->data[part], job, path, err);

	if (rc == -EACCES && !err->code) {
		t->secret = true;
		return 0;
	}
	t->there[part] = rc > 0;
	return rc < 0 ? rc : 0;
}

/* Its three texts are one item. */
static int tell_command(struct export_job *job, struct es_buf *path,
			struct es_error *err)
{
	static const char *const parts[] = {
		[PART_STDOUT] = "/stdout",
		[PART_STDERR] = "/stderr",
		[PART_STATUS] = "/status",
	};
	ES_CLEANUP(text_dispose) struct export_text t;
	size_t len = path->len;
	int rc = 0;

	text_init(&t, "command", NULL);
	for (int i = PART_STDOUT; i < PARTS && rc == 0; i++) {
		es_buf_adds(path, parts[i]);
		rc = es_buf_check(path, err);
		if (rc == 0)
			rc = take(job, &t, (enum export_part)i, path->data,
				  err);
		es_buf_truncate(path, len);
	}
	t.path = path->data;
	return rc < 0 ? rc : job->ops->text(job, &t, err);
}

static int tell_text(struct export_job *job, const char *kind, const char *path,
		     struct es_error *err)
{
	ES_CLEANUP(text_dispose) struct export_text t;

	text_init(&t, kind, path);
	if (take(job, &t, PART_CONTENT, path, err) < 0)
		return err->code;
	return job->ops->text(job, &t, err);
}

/**
 * struct part - a folder of texts
 * @dir:  its name
 * @kind: what its texts are
 */
struct part {
	const char *dir;
	const char *kind;
};

static int tell_tree(struct export_job *job, const struct part *part,
		     struct es_buf *path, int depth, struct es_error *err);

static int tell_entry(struct export_job *job, const struct part *part,
		      struct es_buf *path, const struct es_tree_entry *e,
		      int depth, struct es_error *err)
{
	size_t len = path->len;
	int rc;

	es_buf_addc(path, '/');
	if (es_stored_name_decode(path, e->name, e->len) < 0)
		return es_fail(err, -EINVAL, "damaged name below %s",
			       ES_Q(es_buf_str(path)));
	if (e->mode != ES_MODE_TREE)
		rc = tell_text(job, part->kind, path->data, err);
	else if (depth == 0 && strcmp(part->dir, "commands") == 0)
		rc = tell_command(job, path, err);
	else
		rc = tell_tree(job, part, path, depth + 1, err);
	es_buf_truncate(path, len);
	return rc;
}

static int tell_tree(struct export_job *job, const struct part *part,
		     struct es_buf *path, int depth, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf tree = ES_BUF_INIT(ES_BUF_MAX);
	struct es_tree_reader r;
	struct es_tree_entry e;
	struct es_oid oid;
	int rc;

	if (depth > DEPTH_MAX)
		return es_fail(err, -EINVAL, "%s nests too deep",
			       ES_Q(es_buf_str(path)));
	/* these parts have no names that are stored in another form */
	rc = es_tree_lookup(&oid, NULL, job->st, es_commit_tree(job->commit),
			    es_buf_str(path), path->len, err);
	if (rc <= 0)
		return rc;
	if (es_store_get(job->st, &oid, ES_KIND_TREE, &tree, err) < 0)
		return err->code;
	es_tree_open(&r, &tree);
	while ((rc = es_tree_next(&r, &e)) > 0) {
		if (tell_entry(job, part, path, &e, depth, err) < 0)
			return err->code;
	}
	if (rc < 0)
		return es_fail(err, -EINVAL,
			       "damaged tree for %s; run 'etcsnap git fsck'",
			       ES_Q(es_buf_str(path)));
	return 0;
}

int export_texts(struct export_job *job, struct es_error *err)
{
	static const struct part parts[] = {
		{ "commands", "command" },
		{ "system", "fact" },
		{ "findings", "finding" },
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		es_buf_reset(&path);
		es_buf_adds(&path, parts[i].dir);
		if (tell_tree(job, &parts[i], &path, 0, err) < 0)
			return err->code;
	}
	return 0;
}
