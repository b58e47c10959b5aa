/* SPDX-License-Identifier: MIT */
/* patch.c - show content, as far as old and new rules allow it */
#include "config.h"

#include "etcsnap/sniff.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <string.h>

/**
 * struct verdict - what today's rules say of a path
 * @class: class of its content; NONE where they say nothing
 * @masks: masks for its text, or NULL
 */
struct verdict {
	enum es_class class;
	const struct es_mask_set *masks;
};

/* Paths outside of the file system have no rules. */
static int judge(struct verdict *out, const struct es_rules *rules,
		 const char *path)
{
	struct es_decision d;

	*out = (struct verdict){ ES_CLASS_NONE, NULL };
	if (!rules || !path || path[0] != '/')
		return 0;
	struct es_glob_scratch *s = es_glob_scratch_new();
	if (!s)
		return -ENOMEM;
	es_rules_decide(rules, s, path, strlen(path), ES_TYPE_FILE, &d);
	es_glob_scratch_free(s);
	out->class = d.class;
	out->masks = d.masks;
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

/*
 * Replace @text by its masked form. Without the key the tokens cannot be
 * made, so that a text with anything to mask cannot be shown.
 */
static int mask(struct es_buf *text, const struct es_mask_set *masks,
		const uint8_t *key, struct es_error *err)
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
	if (rc > 0) {
		struct es_buf swap = *text;

		*text = masked;
		masked = swap;
	}
	return ES_PATCH_TEXT;
}

/*
 * Text of a mirrored file, decoded and masked; what begins with a UTF-16 mark
 * and has nothing to mask stays as it is when @raw is asked for.
 */
static int load(struct es_buf *out, struct es_store *st,
		const struct es_entry *e, const struct verdict *v,
		const struct es_patch_options *options, bool raw,
		struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid oid;

	memcpy(oid.id, e->oid, sizeof(oid.id));
	if (es_store_get(st, &oid, ES_KIND_BLOB, out, err) < 0)
		return err->code;
	bool wide = es_sniff_utf16(es_buf_str(out), out->len);
	if (wide)
		es_sniff_decode(&text, out->data, out->len);
	else
		es_buf_add(&text, es_buf_str(out), out->len);
	if (es_buf_check(&text, err) < 0)
		return err->code;
	if (es_sniff_key(es_buf_str(&text), text.len))
		return ES_PATCH_SECRET;
	const char *plain = text.data;
	int rc = mask(&text, v->masks, options->key, err);
	if (rc != ES_PATCH_TEXT)
		return rc;
	if (raw && wide && text.data == plain)
		return rc;
	struct es_buf swap = *out;
	*out = text;
	text = swap;
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

static int diff(struct es_buf *out, const struct es_buf *was,
		const struct es_buf *is, const struct es_patch_options *options,
		struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;
	size_t start = out->len;
	int rc = es_store_diff(out, es_buf_str(was), was->len, es_buf_str(is),
			       is->len, options->context, &why);

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

int es_delta_patch(struct es_buf *out, struct es_store *st,
		   const struct es_change *c,
		   const struct es_patch_options *options, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(ES_BUF_MAX);
	struct verdict v, from;
	int rc;

	if (judge(&v, options->rules, c->path) < 0 ||
	    judge(&from, options->rules, c->from) < 0)
		return es_fail_oom(err);
	if (from.class > v.class)
		v.class = from.class;
	v.class = stricter(stricter(v.class, c->old), c->new);
	rc = verdict_of(c, v.class);
	if (rc != ES_PATCH_TEXT)
		return rc;
	if (is_file(c->old))
		rc = load(&was, st, c->old, &v, options, false, err);
	if (rc == ES_PATCH_TEXT && is_file(c->new))
		rc = load(&is, st, c->new, &v, options, false, err);
	return rc == ES_PATCH_TEXT ? diff(out, &was, &is, options, err) : rc;
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
	int rc = load(out, st, e, &v, options, true, err);
	if (rc != ES_PATCH_TEXT)
		es_buf_reset(out);
	return rc;
}
