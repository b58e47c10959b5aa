/* SPDX-License-Identifier: MIT */
/* commit_text.c - a commit or tag taken apart: links, signature, payload */
#include "config.h"

#include "verify/verify_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What begins the signature of a tag, which stands at its end. */
#define ARMOR "-----BEGIN SSH SIGNATURE-----"

/* A line of the header, without its newline. */
struct line {
	const char *text;
	size_t len;
	const char *next;
};

void es_verify_commit_dispose(struct es_verify_commit *c)
{
	es_buf_dispose(&c->payload);
	es_buf_dispose(&c->signature);
}

static bool next_line(struct line *l, const char *pos, const char *end)
{
	const char *nl = memchr(pos, '\n', (size_t)(end - pos));

	if (!nl)
		return false;
	*l = (struct line){ pos, (size_t)(nl - pos), nl + 1 };
	return true;
}

/* The value after "KEY ", or NULL. */
static const char *value(const struct line *l, const char *key, size_t *len)
{
	const size_t n = strlen(key);

	if (l->len <= n || memcmp(l->text, key, n) != 0 || l->text[n] != ' ')
		return NULL;
	*len = l->len - n - 1;
	return l->text + n + 1;
}

static bool take_id(struct es_oid *out, const struct line *l, const char *key)
{
	size_t len;
	const char *v = value(l, key, &len);

	return v && len == ES_OID_HEX && es_unhex(out->id, v, ES_OID_LEN) == 0;
}

/* "NAME <MAIL> SECONDS +ZONE" */
static bool take_time(int64_t *out, const struct line *l, const char *key)
{
	size_t len;
	const char *v = value(l, key, &len);
	const char *close = v ? memrchr(v, '>', len) : NULL;
	char *stop;

	if (!close)
		return false;
	errno = 0;
	*out = strtoll(close + 1, &stop, 10);
	return errno == 0 && stop > close + 1 && stop < l->text + l->len;
}

/* A header of several lines: each but the first begins with a blank. Return:
 * the line after it. */
static const char *take_signature(struct es_verify_commit *c,
				  const struct line *first, const char *end)
{
	const char *pos = first->next;
	struct line l;
	size_t len = 0;
	const char *v = value(first, "gpgsig", &len);

	es_buf_reset(&c->signature);
	es_buf_add(&c->signature, v, len);
	es_buf_addc(&c->signature, '\n');
	while (next_line(&l, pos, end) && l.len > 0 && l.text[0] == ' ') {
		es_buf_add(&c->signature, l.text + 1, l.len - 1);
		es_buf_addc(&c->signature, '\n');
		pos = l.next;
	}
	return pos;
}

static int parse_links(struct es_verify_commit *c, struct line *l,
		       const char *end,
		       int (*each)(void *payload, const struct es_oid *id),
		       void *payload)
{
	struct es_oid id;
	int rc;

	if (!take_id(&c->tree, l, "tree"))
		return -EILSEQ;
	c->kind = ES_KIND_TREE;
	while (next_line(l, l->next, end) && take_id(&id, l, "parent")) {
		if (c->parents++ == 0)
			c->parent = id;
		rc = each ? each(payload, &id) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int es_verify_commit_parse(struct es_verify_commit *c, const struct es_buf *raw,
			   int (*each)(void *payload, const struct es_oid *id),
			   void *payload)
{
	const char *pos = es_buf_str(raw);
	const char *const end = pos + raw->len;
	int64_t written;
	struct line l;
	size_t len;
	int rc;

	if (strlen(pos) != raw->len || !next_line(&l, pos, end))
		return -EILSEQ;
	rc = parse_links(c, &l, end, each, payload);
	if (rc < 0)
		return rc;
	if (!take_time(&written, &l, "author") || !next_line(&l, l.next, end) ||
	    !take_time(&c->when, &l, "committer"))
		return -EILSEQ;
	es_buf_reset(&c->payload);
	es_buf_add(&c->payload, pos, (size_t)(l.next - pos));
	for (pos = l.next; next_line(&l, pos, end) && l.len > 0;) {
		if (value(&l, "gpgsig", &len)) {
			pos = take_signature(c, &l, end);
			continue;
		}
		es_buf_add(&c->payload, pos, (size_t)(l.next - pos));
		pos = l.next;
	}
	es_buf_add(&c->payload, pos, (size_t)(end - pos));
	return c->payload.failed ? c->payload.failed : c->signature.failed;
}

static enum es_kind kind_of(const char *word, size_t len)
{
	static const char *const words[] = {
		[ES_KIND_COMMIT] = "commit",
		[ES_KIND_TREE] = "tree",
		[ES_KIND_BLOB] = "blob",
		[ES_KIND_TAG] = "tag",
	};

	for (size_t i = ES_KIND_COMMIT; i <= ES_KIND_TAG; i++)
		if (strlen(words[i]) == len && memcmp(words[i], word, len) == 0)
			return (enum es_kind)i;
	return (enum es_kind)0;
}

int es_verify_tag_parse(struct es_verify_commit *c, const struct es_buf *raw)
{
	const char *pos = es_buf_str(raw);
	const char *const end = pos + raw->len;
	const char *armor = NULL;
	const char *word;
	struct line l;
	size_t len;

	if (strlen(pos) != raw->len || !next_line(&l, pos, end) ||
	    !take_id(&c->tree, &l, "object") || !next_line(&l, l.next, end))
		return -EILSEQ;
	word = value(&l, "type", &len);
	c->kind = word ? kind_of(word, len) : (enum es_kind)0;
	if (!c->kind || !next_line(&l, l.next, end))
		return -EILSEQ;
	c->name = value(&l, "tag", &c->name_len);
	if (!c->name)
		return -EILSEQ;
	if (next_line(&l, l.next, end))
		take_time(&c->when, &l, "tagger");
	for (armor = pos; (armor = strstr(armor, "\n" ARMOR "\n"));) {
		es_buf_reset(&c->payload);
		es_buf_reset(&c->signature);
		armor++;
		es_buf_add(&c->payload, pos, (size_t)(armor - pos));
		es_buf_add(&c->signature, armor, (size_t)(end - armor));
	}
	return c->payload.failed ? c->payload.failed : c->signature.failed;
}
