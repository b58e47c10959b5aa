/* SPDX-License-Identifier: MIT */
/* rekeyed.c - hidden values that differ only since the key is another one */
#include "config.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <string.h>

/* "<masked:" and eight hexadecimal digits, as masks leave it */
#define MARK "<masked:"
#define MARK_HEX 8

/* The line of run/summary that numbers the key; empty where there is none. */
static int read_key(struct es_buf *out, const struct delta_job *job,
		    enum side side, struct es_error *err)
{
	static const char name[] = "run/summary";
	static const char key[] = "\nkey = ";
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid oid;
	const char *at;
	int rc;

	if (es_oid_is_none(&job->root[side]))
		return 0;
	rc = es_tree_lookup(&oid, NULL, job->st, &job->root[side], name,
			    sizeof(name) - 1, err);
	if (rc <= 0)
		return rc;
	if (es_store_get(job->st, &oid, ES_KIND_BLOB, &text, err) < 0)
		return err->code;
	at = strstr(es_buf_str(&text), key);
	if (at)
		es_buf_add(out, at + 1, strcspn(at + 1, "\n"));
	return es_buf_check(out, err);
}

/* A text without the digits of its marks. */
static void blank_marks(struct es_buf *text)
{
	char *at = text->data;
	char *end = at ? at + text->len : NULL;

	while (at &&
	       (at = memmem(at, (size_t)(end - at), MARK, sizeof(MARK) - 1))) {
		at += sizeof(MARK) - 1;
		if (end - at > MARK_HEX &&
		    strspn(at, "0123456789abcdef") >= MARK_HEX &&
		    at[MARK_HEX] == '>')
			memset(at, '-', MARK_HEX);
	}
}

static int fetch(struct es_buf *out, const struct delta_job *job,
		 const struct es_entry *e, struct es_error *err)
{
	struct es_oid oid;

	memcpy(oid.id, e->oid, sizeof(oid.id));
	if (es_store_get(job->st, &oid, ES_KIND_BLOB, out, err) < 0)
		return err->code;
	blank_marks(out);
	return es_buf_check(out, err);
}

/* Return: 1 when both are the same but for marks, 0, or a negative errno. */
static int is_same_text(const struct delta_job *job, const struct es_change *c,
			struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);

	if (fetch(&was, job, c->old, err) < 0 ||
	    fetch(&is, job, c->new, err) < 0)
		return err->code;
	return was.len == is.len &&
	       (was.len == 0 || memcmp(was.data, is.data, was.len) == 0);
}

/* Whether content is the same as far as anybody can tell. */
static int is_same(const struct delta_job *job, const struct es_change *c,
		   struct es_error *err)
{
	const unsigned int times = 1u << ES_ATTR_SIZE | 1u << ES_ATTR_MTIME;
	unsigned int both;

	if (!c->old || !c->new || c->old->type != ES_TYPE_FILE ||
	    c->new->type != ES_TYPE_FILE || !(c->attrs & 1u << ES_ATTR_CONTENT))
		return 0;
	both = c->old->has & c->new->has;
	if (c->path[0] != '/')
		return is_same_text(job, c, err);
	if (!(both & ES_HAS_HMAC))
		return 0;
	/* what is hidden nobody can compare: it was not written since */
	if (c->attrs & times)
		return 0;
	if (both & ES_HAS_BLOB)
		return is_same_text(job, c, err);
	return c->old->class == c->new->class;
}

/* What is left of a change when its content does not count: the entry gets
 * the old values, so that nobody finds a difference. */
static int keep_rest(struct es_delta *d, struct es_change *c)
{
	struct es_entry *e = arena_get(&d->arena, sizeof(*e));

	if (!e)
		return -ENOMEM;
	*e = *c->new;
	memcpy(e->digest, c->old->digest, sizeof(e->digest));
	memcpy(e->oid, c->old->oid, sizeof(e->oid));
	c->new = e;
	c->attrs &= ~(1u << ES_ATTR_CONTENT);
	if (!(c->attrs & ~(1u << ES_ATTR_MTIME | 1u << ES_ATTR_CTIME)))
		c->kind = ES_CHANGE_TOUCHED;
	return 0;
}

static int drop_all(struct delta_job *job, struct es_error *err)
{
	struct es_delta *d = job->delta;
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct es_change *c = &d->changes[i];
		int same = is_same(job, c, err);

		if (same < 0)
			return same;
		d->rekeyed += same > 0;
		if (same > 0 && keep_rest(d, c) < 0)
			return es_fail_oom(err);
		if (same == 0 || c->attrs)
			d->changes[kept++] = *c;
	}
	d->n = kept;
	return 0;
}

int delta_rekeyed(struct delta_job *job, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);

	if (read_key(&was, job, OLD, err) < 0 ||
	    read_key(&is, job, NEW, err) < 0)
		return err->code;
	/* runs that do not say it are taken to have the same */
	if (!was.len || !is.len || strcmp(was.data, is.data) == 0)
		return 0;
	job->delta->key_changed = true;
	return drop_all(job, err);
}
