/* SPDX-License-Identifier: MIT */
/* mask.c - secret values inside text become short keyed digests */
#include "config.h"

#include "etcsnap/mask.h"

#include "config/mask_codes_priv.h"
#include "config/mask_words_priv.h"
#include "config/pool_priv.h"

#include "etcsnap/charset.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Steps of one attempt at a match, and KiB of memory for backtracking. What
 * is over them is not looked at more closely but kept out altogether. */
#define MATCH_LIMIT 500000
#define HEAP_LIMIT 65536

#define MARK_BEGIN "<masked:"

/* How an expression begins that names the words it cannot match without. */
#define WITH_BEGIN "(?#with "

/*
 * @with has a bit for each expression that names its words: such a one sees
 * only lines that hold one of them, each line by itself.
 */
struct es_mask_set {
	struct es_mask_codes *codes;
	size_t n;
	uint64_t with;
	struct es_mask_words *words;
	pcre2_match_context *context;
};

struct spans {
	struct es_mask_span *v;
	size_t n;
	size_t cap;
};

static void dispose_spans(struct spans *s)
{
	free(s->v);
}

/* Makes words lower case. Return: whether each can be looked for: a line
 * without a word that cannot be found must not pass for one without it. */
static bool fold_words(char *words)
{
	size_t len = 0, shortest = SIZE_MAX;

	for (char *p = words;; p++) {
		if (*p && *p != ' ') {
			if (*p >= 'A' && *p <= 'Z')
				*p |= 0x20;
			len++;
			continue;
		}
		if (len && len < shortest)
			shortest = len;
		len = 0;
		if (!*p)
			return shortest >= ES_MASK_WORD_MIN &&
			       shortest != SIZE_MAX;
	}
}

/* Words of an expression, owned; NULL in @out when it names none that help. */
static int words_of(char **out, const char *regex, struct es_error *err)
{
	size_t skip = sizeof(WITH_BEGIN) - 1;

	*out = NULL;
	if (strncmp(regex, WITH_BEGIN, skip) != 0)
		return 0;
	*out = strndup(regex + skip, strcspn(regex + skip, ")"));
	if (!*out)
		return es_fail_oom(err);
	if (!fold_words(*out)) {
		free(*out);
		*out = NULL;
	}
	return 0;
}

static int take_words(struct es_mask_set *set, const char *const *regexes,
		      size_t n, struct es_error *err)
{
	char *owned[ES_MASK_WORDS_MAX] = { NULL };
	const char *words[ES_MASK_WORDS_MAX] = { NULL };
	size_t count = n < ES_MASK_WORDS_MAX ? n : ES_MASK_WORDS_MAX;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = words_of(&owned[i], regexes[i], err);
		words[i] = owned[i];
		if (words[i])
			set->with |= (uint64_t)1 << i;
	}
	if (rc == 0)
		rc = es_mask_words_new(&set->words, words, count, err);
	for (size_t i = 0; i < count; i++)
		free(owned[i]);
	return rc;
}

int es_mask_set_new(struct es_mask_set **out, const char *const *regexes,
		    size_t n, struct es_error *err)
{
	ES_CLEANUP(es_mask_set_freep)
	struct es_mask_set *set = calloc(1, sizeof(*set));

	if (!set)
		return es_fail_oom(err);
	set->n = n;
	set->context = pcre2_match_context_create(NULL);
	if (!set->context)
		return es_fail_oom(err);
	pcre2_set_match_limit(set->context, MATCH_LIMIT);
	pcre2_set_heap_limit(set->context, HEAP_LIMIT);
	if (es_mask_codes_new(&set->codes, regexes, n, err) < 0 ||
	    take_words(set, regexes, n, err) < 0)
		return err->code;
	*out = es_steal_ptr(&set);
	return 0;
}

void es_mask_set_free(struct es_mask_set *set)
{
	if (!set)
		return;
	es_mask_codes_free(set->codes);
	es_mask_words_free(set->words);
	pcre2_match_context_free(set->context);
	free(set);
}

static bool is_mark(const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t head = sizeof(MARK_BEGIN) - 1;

	return len == ES_MASK_MARK_LEN && !memcmp(text, MARK_BEGIN, head) &&
	       text[len - 1] == '>' && strspn(text + head, hex) == ES_MASK_HEX;
}

size_t es_mask_mark(const char *text, size_t len, size_t from)
{
	const char *at = text ? text + from : NULL;

	while (at && (size_t)(text + len - at) >= ES_MASK_MARK_LEN) {
		at = memmem(at, (size_t)(text + len - at), MARK_BEGIN,
			    sizeof(MARK_BEGIN) - 1);
		if (!at || (size_t)(text + len - at) < ES_MASK_MARK_LEN)
			break;
		if (is_mark(at, ES_MASK_MARK_LEN))
			return (size_t)(at - text);
		at++;
	}
	return len;
}

/*
 * The secret of one match: the first group that took part, so that
 * "a=(.*)|b=(.*)" does what it seems to; the whole match where none did.
 */
static struct es_mask_span secret_of(pcre2_match_data *md, int groups,
				     size_t base)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(md);
	struct es_mask_span whole = { base + at[0], base + at[1] };

	for (int i = 1; i < groups; i++) {
		struct es_mask_span s = { at[2 * i], at[2 * i + 1] };

		if (s.from != PCRE2_UNSET && s.from <= s.to)
			return (struct es_mask_span){ base + s.from,
						      base + s.to };
	}
	return whole;
}

static int add_span(struct spans *spans, const char *text,
		    struct es_mask_span s)
{
	/* What is masked already stays as it is: old content is masked again
	 * on its way out. */
	if (s.from >= s.to || is_mark(text + s.from, s.to - s.from))
		return 0;
	if (es_array_room(&spans->v, spans->n, &spans->cap, sizeof(*spans->v)) <
	    0)
		return -ENOMEM;
	spans->v[spans->n++] = s;
	return 0;
}

static int match_at(const struct es_mask_set *set, const pcre2_code *re,
		    pcre2_match_data *md, const char *text, size_t len,
		    size_t at)
{
	int rc =
		pcre2_match(re, (PCRE2_SPTR)text, len, at, 0, md, set->context);

	/* The JIT has a small stack of its own; the interpreter has not. */
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(re, (PCRE2_SPTR)text, len, at, PCRE2_NO_JIT,
				 md, set->context);
	return rc;
}

/* Finds the secrets that one expression shows in a part of the text. */
static int find_spans(const struct es_mask_set *set, size_t index,
		      struct spans *spans, const char *all,
		      struct es_mask_span part)
{
	const char *text = all + part.from;
	const size_t len = part.to - part.from;
	const pcre2_code *re;
	pcre2_match_data *md;
	size_t at = 0;
	int rc = es_mask_codes_get(set->codes, index, &re);

	if (rc < 0)
		return rc;
	md = pcre2_match_data_create_from_pattern(re, NULL);
	if (!md)
		return -ENOMEM;
	while (rc == 0 && at <= len) {
		int groups = match_at(set, re, md, text, len, at);

		if (groups == PCRE2_ERROR_NOMATCH)
			break;
		if (groups < 0) {
			rc = -E2BIG;
			break;
		}

		size_t end = pcre2_get_ovector_pointer(md)[1];

		rc = add_span(spans, all, secret_of(md, groups, part.from));
		/* On from the end, and over an empty match. */
		at = end > at ? end : at + 1;
	}
	pcre2_match_data_free(md);
	return rc;
}

static int by_place(const void *a, const void *b)
{
	const struct es_mask_span *left = a;
	const struct es_mask_span *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	return (left->to > right->to) - (left->to < right->to);
}

/* Sorts spans and joins those that overlap. */
static void join_spans(struct spans *spans)
{
	size_t n = 0;

	qsort(spans->v, spans->n, sizeof(*spans->v), by_place);
	for (size_t i = 0; i < spans->n; i++) {
		struct es_mask_span *last = n ? &spans->v[n - 1] : NULL;

		if (!last || spans->v[i].from >= last->to)
			spans->v[n++] = spans->v[i];
		else if (spans->v[i].to > last->to)
			last->to = spans->v[i].to;
	}
	spans->n = n;
}

void es_mask_hex(char *out, const char *value, size_t len,
		 struct es_digest *hmac)
{
	uint8_t raw[ES_SHA256_LEN];

	es_digest_begin(hmac);
	es_digest_update(hmac, value, len);
	es_digest_end(hmac, raw);
	es_hex(out, raw, ES_MASK_HEX / 2);
}

static void add_mark(struct es_buf *out, const char *secret, size_t len,
		     struct es_digest *hmac)
{
	char hex[ES_MASK_HEX + 1];

	es_mask_hex(hex, secret, len, hmac);
	es_buf_addf(out, MARK_BEGIN "%s>", hex);
}

/* Every expression in @masks, on one line. */
static int find_in_line(const struct es_mask_set *set, uint64_t masks,
			struct spans *spans, const char *text,
			struct es_mask_span line)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < set->n && masks >> i; i++)
		if (masks >> i & 1)
			rc = find_spans(set, i, spans, text, line);
	return rc;
}

static struct es_mask_span line_around(const char *text, size_t len, size_t at)
{
	const char *begin = memrchr(text, '\n', at);
	const char *end = memchr(text + at, '\n', len - at);

	return (struct es_mask_span){ begin ? (size_t)(begin - text) + 1 : 0,
				      end ? (size_t)(end - text) : len };
}

/* The expressions that name their words, on the lines that hold some. */
static int find_by_words(const struct es_mask_set *set, struct spans *spans,
			 const char *text, size_t len)
{
	size_t at = 0;
	int rc = 0;
	uint64_t masks = es_mask_words_next(set->words, text, len, &at);

	while (rc == 0 && masks) {
		struct es_mask_span line = line_around(text, len, at);
		uint64_t more = masks;

		while (more && at < line.to) {
			masks |= more;
			at++;
			more = es_mask_words_next(set->words, text, len, &at);
		}
		rc = find_in_line(set, masks, spans, text, line);
		masks = more;
	}
	return rc;
}

/* All that is to be masked; places count from behind the mark of UTF-8. */
static int find_all(const struct es_mask_set *set, struct spans *spans,
		    const char *text, size_t len)
{
	int rc = find_by_words(set, spans, text, len);

	for (size_t i = 0; rc == 0 && i < set->n; i++)
		if (i >= ES_MASK_WORDS_MAX || !(set->with >> i & 1))
			rc = find_spans(set, i, spans, text,
					(struct es_mask_span){ 0, len });
	if (rc == 0 && spans->n)
		join_spans(spans);
	return rc;
}

int es_mask_find(const struct es_mask_set *set, struct es_mask_span **out,
		 const char *text, size_t len)
{
	ES_CLEANUP(dispose_spans) struct spans spans = { 0 };
	size_t mark = es_charset_mark(text, len);
	int rc = find_all(set, &spans, text + mark, len - mark);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < spans.n; i++) {
		spans.v[i].from += mark;
		spans.v[i].to += mark;
	}
	*out = es_steal_ptr(&spans.v);
	return (int)spans.n;
}

int es_mask_apply(const struct es_mask_set *set, struct es_buf *out,
		  const char *text, size_t len, struct es_digest *hmac)
{
	ES_CLEANUP(dispose_spans) struct spans spans = { 0 };
	/* "^" is the beginning of the text, not the mark of UTF-8 there. */
	size_t mark = es_charset_mark(text, len);
	size_t at = 0;
	int rc;

	text += mark;
	len -= mark;
	rc = find_all(set, &spans, text, len);
	if (rc < 0)
		return rc;
	if (!spans.n)
		return 0;
	es_buf_reset(out);
	es_buf_add(out, text - mark, mark);
	for (size_t i = 0; i < spans.n; i++) {
		const struct es_mask_span *s = &spans.v[i];

		es_buf_add(out, text + at, s->from - at);
		add_mark(out, text + s->from, s->to - s->from, hmac);
		at = s->to;
	}
	es_buf_add(out, text + at, len - at);
	return out->failed ? out->failed : (int)spans.n;
}
