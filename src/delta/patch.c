/* SPDX-License-Identifier: MIT */
/* patch.c - show content, as far as old and new rules allow it */
#include "config.h"

#include "etcsnap/charset.h"
#include "etcsnap/hide.h"
#include "etcsnap/sniff.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <string.h>

/**
 * struct verdict - what today's rules say of a path
 * @class:  class of its content; NONE where they say nothing
 * @masks:  masks for its text, or NULL
 * @ignore: leaves the lines that count, or NULL
 */
struct verdict {
	enum es_class class;
	const struct es_mask_set *masks;
	const struct es_linefilter *ignore;
};

/* For what is no file (outputs of commands, facts) there are masks alone. */
static int judge(struct verdict *out, const struct es_rules *rules,
		 const char *path)
{
	struct es_decision d;

	*out = (struct verdict){ .class = ES_CLASS_NONE };
	if (!rules || !path)
		return 0;
	if (path[0] != '/') {
		out->masks = es_rules_masks(rules);
		return 0;
	}
	struct es_glob_scratch *s = es_glob_scratch_new();
	if (!s)
		return -ENOMEM;
	es_rules_decide(rules, s, path, strlen(path), ES_TYPE_FILE, &d);
	es_glob_scratch_free(s);
	out->class = d.class;
	out->masks = d.masks;
	out->ignore = d.ignore;
	return 0;
}

static bool is_file(const struct es_entry *e)
{
	return e && e->type == ES_TYPE_FILE;
}

static enum es_class stricter(enum es_class class, const struct es_entry *e)
{
	return is_file(e) && e->class > class ? e->class : class;
}

/* The strictest of the rules for both paths and of what both sides were. */
static int judge_change(struct verdict *out, const struct es_rules *rules,
			const struct es_change *c)
{
	struct verdict from;

	if (judge(out, rules, c->path) < 0 || judge(&from, rules, c->from) < 0)
		return -ENOMEM;
	if (from.class > out->class)
		out->class = from.class;
	out->class = stricter(stricter(out->class, c->old), c->new);
	return 0;
}

/* Values made alike tell; where there are none, only a look would. */
static bool may_differ(const struct es_entry *a, const struct es_entry *b)
{
	const unsigned int digests = ES_HAS_SHA256 | ES_HAS_HMAC;

	if (a->has & b->has & digests)
		return memcmp(a->digest, b->digest, sizeof(a->digest)) != 0;
	if (a->has & b->has & ES_HAS_BLOB)
		return memcmp(a->oid, b->oid, sizeof(a->oid)) != 0;
	return true;
}

static void swap(struct es_buf *a, struct es_buf *b)
{
	struct es_buf kept = *a;

	*a = *b;
	*b = kept;
}

int es_patch_masks(const struct es_mask_set **masks, struct es_digest **hmac,
		   const struct es_patch_options *options, struct es_error *err)
{
	static const uint8_t no_key[ES_KEY_LEN];

	*masks = options->rules ? es_rules_masks(options->rules) : NULL;
	return es_digest_new(hmac, ES_DIGEST_HMAC,
			     options->key ? options->key : no_key, err);
}

/*
 * Replace @text by its masked form; @hit is set when it has one. Without the
 * key the tokens cannot be made, so that a text with anything to mask cannot
 * be shown.
 */
static int mask(struct es_buf *text, const struct es_mask_set *masks,
		const uint8_t *key, bool *hit, struct es_error *err)
{
	static const uint8_t no_key[ES_KEY_LEN];
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose)
	struct es_buf masked = ES_BUF_INIT(ES_BUF_MAX);

	if (!masks)
		return ES_PATCH_TEXT;
	if (es_digest_new(&hmac, ES_DIGEST_HMAC, key ? key : no_key, err) < 0)
		return err->code;
	int rc = es_mask_apply(masks, &masked, es_buf_str(text), text->len,
			       hmac);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0 || (rc > 0 && !key))
		return ES_PATCH_SECRET;
	if (rc > 0)
		swap(text, &masked);
	*hit = rc > 0;
	return ES_PATCH_TEXT;
}

/* What cannot be masked in its place must not be shown. */
static int judge_binary(const struct es_buf *text,
			const struct es_mask_set *masks, struct es_error *err)
{
	static const uint8_t no_key[ES_KEY_LEN];
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose)
	struct es_buf masked = ES_BUF_INIT(ES_BUF_MAX);
	int rc = es_hide_has_key(text->data, text->len);

	if (rc == 0 && masks) {
		if (es_digest_new(&hmac, ES_DIGEST_HMAC, no_key, err) < 0)
			return err->code;
		rc = es_hide_values(masks, &masked, text->data, text->len,
				    hmac);
	}
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	return rc ? ES_PATCH_SECRET : ES_PATCH_TEXT;
}

static int fetch(struct es_buf *out, struct es_store *st,
		 const struct es_entry *e, struct es_error *err)
{
	struct es_oid oid;

	memcpy(oid.id, e->oid, sizeof(oid.id));
	return es_store_get(st, &oid, ES_KIND_BLOB, out, err);
}

/*
 * Make text to be shown of what is kept: decoded and masked. The masks see
 * the bytes first, so that a value has the same token as one that collecting
 * masked, and then what the bytes mean, which is what their authors wrote.
 * When @raw is asked for, only text that has something to mask after decoding
 * is decoded.
 */
static int reveal(struct es_buf *text, enum es_charset cs,
		  const struct verdict *v,
		  const struct es_patch_options *options, bool raw,
		  struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf plain = ES_BUF_INIT(ES_BUF_MAX);
	bool wide = es_charset_is_wide(cs);
	bool hit = false;
	int rc = ES_PATCH_TEXT;

	if (es_sniff_binary(text->data, text->len))
		return judge_binary(text, v->masks, err);
	if (!wide && es_sniff_key(es_buf_str(text), text->len))
		return ES_PATCH_SECRET;
	if (!wide)
		rc = mask(text, v->masks, options->key, &hit, err);
	if (rc != ES_PATCH_TEXT || es_charset_is_plain(cs))
		return rc;
	es_charset_decode(&plain, cs, text->data, text->len);
	if (es_buf_check(&plain, err) < 0)
		return err->code;
	if (wide && es_sniff_key(es_buf_str(&plain), plain.len))
		return ES_PATCH_SECRET;
	rc = mask(&plain, v->masks, options->key, &hit, err);
	if (rc == ES_PATCH_TEXT && (hit || !raw))
		swap(text, &plain);
	return rc;
}

/* What can be said without looking at the content itself. */
static int verdict_of(const struct es_change *c, enum es_class class)
{
	const struct es_entry *sides[] = { c->old, c->new };

	if (!is_file(c->old) && !is_file(c->new))
		return ES_PATCH_NONE;
	if (is_file(c->old) && is_file(c->new) && !may_differ(c->old, c->new))
		return ES_PATCH_NONE;
	if (class == ES_CLASS_SECRET)
		return ES_PATCH_SECRET;
	if (class == ES_CLASS_DIGEST)
		return ES_PATCH_DIGEST;
	for (size_t i = 0; i < 2; i++) {
		/* Never read at all: nothing was kept, not even a digest. */
		if (is_file(sides[i]) && !(sides[i]->has & ES_HAS_BLOB))
			return sides[i]->class == ES_CLASS_NONE
				       ? ES_PATCH_NONE
				       : ES_PATCH_DIGEST;
	}
	return ES_PATCH_TEXT;
}

/* Both sides of a diff: what is kept of them, then what may be shown. */
struct sides {
	struct es_buf was;
	struct es_buf is;
	enum es_charset old;
	enum es_charset new;
};

static void dispose_sides(struct sides *s)
{
	es_buf_dispose(&s->was);
	es_buf_dispose(&s->is);
}

static int load_sides(struct sides *s, struct es_store *st,
		      const struct es_change *c, const struct verdict *v,
		      const struct es_patch_options *options,
		      struct es_error *err)
{
	int rc = ES_PATCH_TEXT;

	if (is_file(c->old) && fetch(&s->was, st, c->old, err) < 0)
		return err->code;
	if (is_file(c->new) && fetch(&s->is, st, c->new, err) < 0)
		return err->code;
	es_charset_detect_both(&s->old, &s->was, &s->new, &s->is);
	if (is_file(c->old))
		rc = reveal(&s->was, s->old, v, options, false, err);
	else
		s->old = ES_CHARSET_NONE;
	if (rc != ES_PATCH_TEXT)
		return rc;
	if (is_file(c->new))
		rc = reveal(&s->is, s->new, v, options, false, err);
	else
		s->new = ES_CHARSET_NONE;
	return rc;
}

/* Broken UTF-16 that is broken otherwise now is the same text. */
static bool is_broken(const struct es_change *c, const struct sides *s)
{
	return c->old && c->new &&
	       s->old == s->new &&es_charset_is_wide(s->new) &&
	       memcmp(c->old->oid, c->new->oid, sizeof(c->old->oid)) != 0;
}

static int diff(struct es_buf *out, const struct sides *s,
		const struct es_patch_options *options, struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;
	size_t start = out->len;
	int rc = es_store_diff(out, es_buf_str(&s->was), s->was.len,
			       es_buf_str(&s->is), s->is.len, options->context,
			       &why);

	if (rc == -ENOTSUP)
		return ES_PATCH_BINARY;
	if (rc < 0) {
		*err = why;
		return rc;
	}
	if (rc == 0)
		return ES_PATCH_NONE;
	if (options->max && out->len - start > options->max) {
		es_buf_truncate(out, start);
		return ES_PATCH_LARGE;
	}
	return ES_PATCH_TEXT;
}

/* What does not count as a change is not shown as one. */
static int drop_ignored(struct sides *s, const struct es_linefilter *ignore,
			struct es_error *err)
{
	struct es_buf *texts[] = { &s->was, &s->is };

	for (size_t i = 0; i < 2; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf left = ES_BUF_INIT(ES_BUF_MAX);

		if (es_linefilter_apply(ignore, &left, es_buf_str(texts[i]),
					texts[i]->len) < 0)
			return es_fail_oom(err);
		swap(texts[i], &left);
	}
	return ES_PATCH_TEXT;
}

int es_delta_patch(struct es_buf *out, struct es_store *st,
		   const struct es_change *c,
		   const struct es_patch_options *options, struct es_error *err)
{
	ES_CLEANUP(dispose_sides)
	struct sides s = { .was = ES_BUF_INIT(ES_BUF_MAX),
			   .is = ES_BUF_INIT(ES_BUF_MAX) };
	struct verdict v;
	int rc;

	if (options->charsets)
		*options->charsets = (struct es_patch_charsets){ 0 };
	if (judge_change(&v, options->rules, c) < 0)
		return es_fail_oom(err);
	rc = verdict_of(c, v.class);
	if (rc != ES_PATCH_TEXT)
		return rc;
	rc = load_sides(&s, st, c, &v, options, err);
	if (rc == ES_PATCH_TEXT && v.ignore && is_file(c->old) &&
	    is_file(c->new))
		rc = drop_ignored(&s, v.ignore, err);
	if (rc != ES_PATCH_TEXT)
		return rc;
	rc = diff(out, &s, options, err);
	if (rc == ES_PATCH_NONE && !v.ignore && is_broken(c, &s))
		return ES_PATCH_BINARY;
	if (rc >= 0 && rc != ES_PATCH_BINARY && options->charsets)
		*options->charsets = (struct es_patch_charsets){ s.old, s.new };
	return rc;
}

int es_delta_content(struct es_buf *out, struct es_store *st, const char *path,
		     const struct es_entry *e,
		     const struct es_patch_options *options,
		     struct es_error *err)
{
	struct verdict v;

	es_buf_reset(out);
	if (judge(&v, options->rules, path) < 0)
		return es_fail_oom(err);
	v.class = stricter(v.class, e);
	if (!is_file(e))
		return ES_PATCH_NONE;
	if (v.class == ES_CLASS_SECRET)
		return ES_PATCH_SECRET;
	if (v.class == ES_CLASS_DIGEST)
		return ES_PATCH_DIGEST;
	if (!(e->has & ES_HAS_BLOB))
		return ES_PATCH_NONE;
	if (fetch(out, st, e, err) < 0)
		return err->code;
	enum es_charset cs = es_charset_detect(out->data, out->len);
	int rc = reveal(out, cs, &v, options, true, err);
	if (rc != ES_PATCH_TEXT)
		es_buf_reset(out);
	return rc;
}
