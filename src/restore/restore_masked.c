/* SPDX-License-Identifier: MIT */
/* restore_masked.c - put the live file's values in the place of marks */
#include "config.h"

#include "restore/restore_masked_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Stands for a value in a text of which only the rest counts. */
#define HOLE '\1'

/* Ways to say where a value stands: by its whole line, or by what is before
 * it in the line. */
enum {
	KEY_LINE,
	KEY_HEAD,
	KEYS,
};

/**
 * struct value - a value, or the mark of one
 * @at:    its bytes
 * @len:   their number
 * @hex:   digits of its mark
 * @place: where its hole is in the text without values
 * @key:   where it stands, by each of the ways; owned
 * @with:  of a mark: what comes in its place, or NULL
 */
struct value {
	const char *at;
	size_t len;
	char hex[ES_MASK_HEX + 1];
	size_t place;
	char *key[KEYS];
	const struct value *with;
};

/**
 * struct side - a text taken apart
 * @rest: the text with holes for values
 * @v:    the values, in order
 * @n:    their number
 */
struct side {
	struct es_buf rest;
	struct value *v;
	size_t n;
};

static void side_dispose(struct side *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (int k = 0; k < KEYS; k++)
			free(s->v[i].key[k]);
	free(s->v);
	es_buf_dispose(&s->rest);
}

/* ------------------------------------------------------------ taking apart */

static struct value *add_value(struct side *s, const char *at, size_t len)
{
	struct value *v;

	if (s->n % 16 == 0) {
		v = reallocarray(s->v, s->n + 16, sizeof(*v));
		if (!v)
			return NULL;
		s->v = v;
	}
	v = &s->v[s->n++];
	*v = (struct value){ .at = at, .len = len, .place = s->rest.len };
	es_buf_addc(&s->rest, HOLE);
	return v;
}

static int add_mark(struct side *s, const char *at)
{
	struct value *v = add_value(s, at, ES_MASK_MARK_LEN);

	if (!v)
		return -ENOMEM;
	memcpy(v->hex, at + ES_MASK_MARK_LEN - ES_MASK_HEX - 1, ES_MASK_HEX);
	return 0;
}

/* Bytes that no mask hides, with the marks that are among them. */
static int add_plain(struct side *s, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t mark = es_mask_mark(text, len, at);

		es_buf_add(&s->rest, text + at, mark - at);
		if (mark == len)
			break;
		if (add_mark(s, text + mark) < 0)
			return -ENOMEM;
		at = mark + ES_MASK_MARK_LEN;
	}
	return s->rest.failed;
}

/* Take a text apart by masks, or by its marks alone where @masks is NULL. */
static int take_apart(struct side *s, const char *text, size_t len,
		      const struct es_mask_set *masks, struct es_digest *hmac)
{
	ES_CLEANUP(es_freep) struct es_mask_span *spans = NULL;
	int n = masks ? es_mask_find(masks, &spans, text, len) : 0;
	size_t at = 0;

	for (int i = 0; i < n; i++) {
		size_t size = spans[i].to - spans[i].from;
		struct value *v;

		if (add_plain(s, text + at, spans[i].from - at) < 0)
			return -ENOMEM;
		v = add_value(s, text + spans[i].from, size);
		if (!v)
			return -ENOMEM;
		es_mask_hex(v->hex, v->at, size, hmac);
		at = spans[i].to;
	}
	if (n < 0)
		return n;
	return add_plain(s, text + at, len - at);
}

/* ------------------------------------------------------------------ places */

/* A line of a text. */
struct line {
	const char *at;
	size_t len;
	size_t indent;
};

static struct line line_at(const struct es_buf *text, size_t at)
{
	const char *begin = memrchr(text->data, '\n', at);
	const char *end = memchr(text->data + at, '\n', text->len - at);
	struct line l;

	l.at = begin ? begin + 1 : text->data;
	l.len = (size_t)((end ? end : text->data + text->len) - l.at);
	for (l.indent = 0; l.indent < l.len; l.indent++)
		if (l.at[l.indent] != ' ' && l.at[l.indent] != '\t')
			break;
	return l;
}

static bool is_section(const struct line *l)
{
	return l->indent < l->len && l->at[l->indent] == '[';
}

static bool says_nothing(const struct line *l)
{
	return l->indent == l->len || l->at[l->indent] == '#' ||
	       l->at[l->indent] == ';' || l->at[l->indent] == '}' ||
	       l->at[l->indent] == ')';
}

/*
 * The lines that a line belongs to: each one before it that is indented less,
 * and the last one in brackets.
 */
static void add_sections(struct es_buf *out, const struct es_buf *text,
			 const struct line *line)
{
	size_t indent = line->indent;
	const char *at = line->at;

	while (at > text->data) {
		struct line l = line_at(text, (size_t)(at - 1 - text->data));

		at = l.at;
		if (says_nothing(&l))
			continue;
		if (l.indent < indent || is_section(&l)) {
			es_buf_add(out, l.at, l.len);
			es_buf_addc(out, '\n');
			indent = l.indent;
		}
		if (is_section(&l) && l.indent == 0)
			break;
	}
}

/* Holes of a line before a place: which value of the line it is. */
static unsigned int nth_in_line(const struct es_buf *text,
				const struct line *line, size_t place)
{
	unsigned int n = 0;

	for (const char *p = line->at; p < text->data + place; p++)
		n += *p == HOLE;
	return n;
}

static int set_keys(struct side *s, struct value *v)
{
	const struct line l = line_at(&s->rest, v->place);
	const char *hole = memchr(l.at, HOLE, l.len);

	for (int k = 0; k < KEYS; k++) {
		struct es_buf key = ES_BUF_INIT(ES_BUF_MAX);
		size_t len = k == KEY_LINE ? l.len : (size_t)(hole - l.at);

		es_buf_addf(&key, "%u\n", nth_in_line(&s->rest, &l, v->place));
		es_buf_add(&key, l.at + l.indent,
			   len > l.indent ? len - l.indent : 0);
		es_buf_addc(&key, '\n');
		add_sections(&key, &s->rest, &l);
		if (key.failed) {
			es_buf_dispose(&key);
			return -ENOMEM;
		}
		v->key[k] = key.data;
	}
	return 0;
}

/* ----------------------------------------------------------------- matching */

static bool is_same_value(const struct value *a, const struct value *b)
{
	return memcmp(a->hex, b->hex, ES_MASK_HEX) == 0;
}

/* Each mark whose very value is somewhere in the live file. */
static void match_same(struct side *then, const struct side *live)
{
	for (size_t i = 0; i < then->n; i++)
		for (size_t j = 0; !then->v[i].with && j < live->n; j++)
			if (is_same_value(&then->v[i], &live->v[j]))
				then->v[i].with = &live->v[j];
}

/* A live value whose own mark stands in such a place is no other mark's. */
static bool is_taken(const struct side *then, const struct value *v, int way)
{
	for (size_t i = 0; i < then->n; i++)
		if (then->v[i].with && is_same_value(&then->v[i], v) &&
		    strcmp(then->v[i].key[way], v->key[way]) == 0)
			return true;
	return false;
}

/* The one live value that could be meant; NULL when there are none or more. */
static const struct value *only_one(const struct side *then,
				    const struct side *live,
				    const struct value *mark, int way)
{
	const struct value *found = NULL;

	for (size_t i = 0; i < then->n; i++)
		if (&then->v[i] != mark && !then->v[i].with &&
		    strcmp(then->v[i].key[way], mark->key[way]) == 0)
			return NULL;
	for (size_t j = 0; j < live->n; j++) {
		const struct value *v = &live->v[j];

		if (strcmp(v->key[way], mark->key[way]) != 0 ||
		    is_taken(then, v, way))
			continue;
		if (found)
			return NULL;
		found = v;
	}
	return found;
}

static int match_places(struct side *then, struct side *live)
{
	struct side *sides[] = { then, live };

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < sides[s]->n; i++)
			if (set_keys(sides[s], &sides[s]->v[i]) < 0)
				return -ENOMEM;
	for (int way = 0; way < KEYS; way++)
		for (size_t i = 0; i < then->n; i++)
			if (!then->v[i].with)
				then->v[i].with =
					only_one(then, live, &then->v[i], way);
	return 0;
}

/* ------------------------------------------------------------------ result */

static void put_together(struct es_buf *out, const struct side *then)
{
	size_t at = 0;

	es_buf_reset(out);
	for (size_t i = 0; i < then->n; i++) {
		const struct value *v = then->v[i].with;

		v = v ? v : &then->v[i];
		es_buf_add(out, then->rest.data + at, then->v[i].place - at);
		es_buf_add(out, v->at, v->len);
		at = then->v[i].place + 1;
	}
	if (then->rest.len > at)
		es_buf_add(out, then->rest.data + at, then->rest.len - at);
}

static bool has_digest(const struct es_buf *text, struct es_digest *hmac,
		       const uint8_t *want)
{
	uint8_t is[ES_SHA256_LEN];

	es_digest_begin(hmac);
	es_digest_update(hmac, es_buf_str(text), text->len);
	es_digest_end(hmac, is);
	return memcmp(is, want, sizeof(is)) == 0;
}

/* Do the masks see the same text in it, but for the values? */
static int looks_alike(const struct es_buf *out, const struct side *then,
		       const struct restore_merge *in)
{
	ES_CLEANUP(side_dispose)
	struct side now = { .rest = ES_BUF_INIT(ES_BUF_MAX) };
	int rc = take_apart(&now, es_buf_str(out), out->len, in->masks,
			    in->hmac);

	if (rc < 0)
		return rc == -ENOMEM ? rc : 0;
	return now.n == then->n && now.rest.len == then->rest.len &&
	       memcmp(es_buf_str(&now.rest), es_buf_str(&then->rest),
		      now.rest.len) == 0;
}

static void count(struct es_restore_values *out, const struct side *then,
		  const struct restore_merge *in)
{
	*out = (struct es_restore_values){ 0 };
	for (size_t i = 0; i < then->n; i++) {
		const struct value *v = &then->v[i];

		if (!v->with)
			out->marked++;
		else if (in->whole && is_same_value(v, v->with))
			out->same++;
		else
			out->kept++;
	}
}

static int merge(struct es_buf *out, struct es_restore_values *values,
		 const struct restore_merge *in, struct side *then,
		 struct side *live)
{
	int rc = take_apart(then, es_buf_str(in->then), in->then->len, NULL,
			    in->hmac);

	if (rc == 0 && in->live)
		rc = take_apart(live, es_buf_str(in->live), in->live->len,
				in->masks, in->hmac);
	if (rc < 0)
		return rc == -ENOMEM ? rc : 0;
	if (in->whole)
		match_same(then, live);
	if (!in->marks && match_places(then, live) < 0)
		return -ENOMEM;
	count(values, then, in);
	put_together(out, then);
	if (out->failed)
		return out->failed;
	if (values->marked)
		return in->marks;
	if (!values->kept)
		return !in->whole || has_digest(out, in->hmac, in->whole);
	return looks_alike(out, then, in);
}

int restore_merge(struct es_buf *out, struct es_restore_values *values,
		  const struct restore_merge *in, struct es_error *err)
{
	ES_CLEANUP(side_dispose)
	struct side then = { .rest = ES_BUF_INIT(ES_BUF_MAX) };
	ES_CLEANUP(side_dispose)
	struct side live = { .rest = ES_BUF_INIT(ES_BUF_MAX) };
	int rc = merge(out, values, in, &then, &live);

	return rc < 0 ? es_fail_oom(err) : rc;
}
