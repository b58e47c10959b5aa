/* SPDX-License-Identifier: MIT */
/* commit.c - write and read commits */
#include "config.h"

#include "store/commit_priv.h"
#include "store/store_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of a commit that is read. */
#define COMMIT_MAX ((size_t)64 << 20)
/* Furthest time zone that git's four digits hold, minutes. */
#define OFFSET_MAX (99 * 60 + 59)

/* --------------------------------------------------------------- writing */

/*
 * A name as git fsck takes it: without '<', '>' and control bytes, and
 * without blanks at the ends. Returns whether anything was left.
 */
static bool add_clean(struct es_buf *b, const char *s)
{
	const size_t start = b->len;

	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || strchr("<>\x7f", *s))
			continue;
		if (*s != ' ' || b->len > start)
			es_buf_addc(b, *s);
	}
	while (b->len > start && b->data[b->len - 1] == ' ')
		es_buf_truncate(b, b->len - 1);
	return b->len > start;
}

static void add_signature(struct es_buf *b, const char *what,
			  const struct es_signature *s)
{
	const int64_t when = s->when < 0 ? 0 : s->when;
	int offset = s->offset;

	if (offset > OFFSET_MAX)
		offset = OFFSET_MAX;
	if (offset < -OFFSET_MAX)
		offset = -OFFSET_MAX;
	const int minutes = offset < 0 ? -offset : offset;
	es_buf_addf(b, "%s ", what);
	if (!add_clean(b, s->name))
		es_buf_adds(b, "unknown");
	es_buf_adds(b, " <");
	add_clean(b, s->email);
	es_buf_addf(b, "> %lld %c%02d%02d\n", (long long)when,
		    offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* Everything of a commit but its signature; the bytes before the message. */
static size_t add_text(struct es_buf *b, const struct es_commit_draft *draft)
{
	const size_t len = strlen(draft->message);
	char hex[ES_OID_HEX + 1];

	es_buf_reset(b);
	es_buf_addf(b, "tree %s\n", es_oid_text(hex, &draft->tree));
	if (!es_oid_is_none(&draft->parent))
		es_buf_addf(b, "parent %s\n", es_oid_text(hex, &draft->parent));
	add_signature(b, "author", &draft->author);
	add_signature(b, "committer", &draft->committer);
	const size_t head = b->len;
	es_buf_addc(b, '\n');
	es_buf_add(b, draft->message, len);
	if (!len || draft->message[len - 1] != '\n')
		es_buf_addc(b, '\n');
	return head;
}

/* As a header of several lines: each but the first begins with a blank. */
static void add_armored(struct es_buf *b, const char *line)
{
	const char *before = "gpgsig ";

	while (*line) {
		const size_t len = strcspn(line, "\n");

		es_buf_adds(b, before);
		es_buf_add(b, line, len);
		es_buf_addc(b, '\n');
		before = " ";
		line += len + (line[len] == '\n');
	}
}

/* What is signed is the commit without the header that holds the signature. */
static int sign(struct es_buf *b, size_t head,
		const struct es_commit_draft *draft, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf sig = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf rest = ES_BUF_INIT(COMMIT_MAX);
	const int rc =
		es_signer_sign(draft->signer, &sig, b->data, b->len, err);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		es_buf_addf(b, "Unsigned: %s\n",
			    es_signer_problem(draft->signer));
		return 0;
	}
	es_buf_add(&rest, b->data + head, b->len - head);
	es_buf_truncate(b, head);
	add_armored(b, es_buf_str(&sig));
	es_buf_add(b, rest.data, rest.len);
	return es_buf_check(&rest, err);
}

int es_commit_write(struct es_oid *out, struct es_lane *lane,
		    const struct es_commit_draft *draft, struct es_error *err)
{
	struct es_buf *const b = &lane->text;
	const size_t head = add_text(b, draft);
	int rc = es_buf_check(b, err);

	if (rc == 0 && draft->signer)
		rc = sign(b, head, draft, err);
	if (rc < 0 || es_buf_check(b, err) < 0)
		return err->code;
	rc = es_lane_put(out, lane, ES_KIND_COMMIT, b->data, b->len, err);
	return rc < 0 ? rc : 0;
}

/* --------------------------------------------------------------- reading */

static int fail_commit(struct es_error *err, const struct es_oid *oid)
{
	char hex[ES_OID_HEX + 1];

	return es_fail(err, -EIO, "commit %s is broken; run 'etcsnap git fsck'",
		       es_oid_text(hex, oid));
}

int es_commit_load(struct es_commit **out, struct es_store *st,
		   const struct es_oid *oid, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *c = calloc(1, sizeof(*c));

	if (!c)
		return es_fail_oom(err);
	c->raw = (struct es_buf)ES_BUF_INIT(COMMIT_MAX);
	c->id = *oid;
	int rc = es_store_get(st, oid, ES_KIND_COMMIT, &c->raw, err);
	if (rc < 0)
		return rc;
	rc = es_commit_parse(c);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return fail_commit(err, oid);
	*out = es_steal_ptr(&c);
	return 0;
}

void es_commit_cut(struct es_commit *c)
{
	c->cut = !es_oid_is_none(&c->parent);
	memset(&c->parent, 0, sizeof(c->parent));
}

int es_commit_read(struct es_commit **out, struct es_store *st,
		   const struct es_oid *oid, struct es_error *err)
{
	ES_CLEANUP(es_shallow_dispose)
	struct es_shallow shallow = ES_SHALLOW_INIT;
	struct es_commit *c = NULL;
	int rc = es_shallow_load(&shallow, st, err);

	if (rc == 0)
		rc = es_commit_load(&c, st, oid, err);
	if (!c)
		return rc;
	if (es_shallow_has(&shallow, oid))
		es_commit_cut(c);
	*out = c;
	return 0;
}

void es_commit_free(struct es_commit *c)
{
	if (!c)
		return;
	es_buf_dispose(&c->raw);
	free(c->subject);
	free(c->trailer_text);
	free(c->trailers);
	free(c);
}

const struct es_oid *es_commit_id(const struct es_commit *c)
{
	return &c->id;
}

const struct es_oid *es_commit_tree(const struct es_commit *c)
{
	return &c->tree;
}

const struct es_oid *es_commit_parent(const struct es_commit *c)
{
	return &c->parent;
}

bool es_commit_is_cut(const struct es_commit *c)
{
	return c->cut;
}

int64_t es_commit_time(const struct es_commit *c)
{
	return c->when;
}

const char *es_commit_author(const struct es_commit *c)
{
	return c->author;
}

const char *es_commit_subject(const struct es_commit *c)
{
	return c->subject;
}

const char *es_commit_message(const struct es_commit *c)
{
	return c->message;
}

const char *es_commit_trailer(const struct es_commit *c, const char *key,
			      unsigned int nth)
{
	for (size_t i = 0; i < c->n_trailers; i++)
		if (strcasecmp(c->trailers[i].key, key) == 0 && nth-- == 0)
			return c->trailers[i].value;
	return NULL;
}
