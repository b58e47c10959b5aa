/* SPDX-License-Identifier: MIT */
/* glob_word.c - one component of a pattern against one name */
#include "config.h"

#include "config/glob_word_priv.h"

#include "config/glob_priv.h"

#include "etcsnap/quote.h"

#include <stdlib.h>
#include <string.h>

/* Copies the characters from @p to @end without their backslashes. */
static char *unescape(const char *p, const char *end, size_t *len)
{
	char *out = malloc((size_t)(end - p) + 1);
	size_t n = 0;

	if (!out)
		return NULL;
	for (; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		out[n++] = *p;
	}
	out[n] = '\0';
	*len = n;
	return out;
}

static bool is_wild(const char *p)
{
	return *p == '*' || *p == '?' || *p == '[';
}

static int compile(struct es_glob_word *w, const char *text, size_t len,
		   struct es_error *err)
{
	PCRE2_UCHAR *regex = NULL, why[128];
	PCRE2_SIZE n = 0, at = 0;
	int code = pcre2_pattern_convert((PCRE2_SPTR)text, len,
					 PCRE2_CONVERT_GLOB, &regex, &n, NULL);

	if (code == 0)
		w->regex = pcre2_compile(regex, n, PCRE2_NEVER_UTF, &code, &at,
					 NULL);
	pcre2_converted_pattern_free(regex);
	if (w->regex)
		return 0;
	if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
		why[0] = '\0';
	return es_fail_config(err, "pattern: '%s' is malformed: %s", ES_Q(text),
			      (char *)why);
}

int es_glob_word_init(struct es_glob_word *w, const char *text,
		      struct es_error *err)
{
	const char *first = NULL, *last = NULL, *p = text;
	size_t wilds = 0;

	*w = (struct es_glob_word){ 0 };
	for (size_t n; (n = es_glob_token(p)) != 0; p += n) {
		if (!is_wild(p))
			continue;
		if (!first)
			first = p;
		last = p + n;
		wilds++;
	}
	w->prefix = unescape(text, first ? first : p, &w->prefix_len);
	w->suffix = unescape(last ? last : p, p, &w->suffix_len);
	w->literal = !wilds;
	if (!w->prefix || !w->suffix) {
		es_glob_word_dispose(w);
		return es_fail_oom(err);
	}
	/* A single * is all prefix and suffix; the rest needs more. */
	if (wilds && (wilds > 1 || *first != '*') &&
	    compile(w, text, (size_t)(p - text), err) < 0) {
		es_glob_word_dispose(w);
		return err->code;
	}
	return 0;
}

void es_glob_word_dispose(struct es_glob_word *w)
{
	free(w->prefix);
	free(w->suffix);
	pcre2_code_free(w->regex);
	*w = (struct es_glob_word){ 0 };
}

bool es_glob_word_match(const struct es_glob_word *w, const char *name,
			size_t len, pcre2_match_data *md)
{
	if (len < w->prefix_len + w->suffix_len)
		return false;
	if (memcmp(name, w->prefix, w->prefix_len) ||
	    memcmp(name + len - w->suffix_len, w->suffix, w->suffix_len))
		return false;
	/* A limit that is hit (-47) is no match of a name by any pattern a
	 * person writes; names have at most 255 bytes. */
	return !w->regex || pcre2_match(w->regex, (PCRE2_SPTR)name, len, 0, 0,
					md, NULL) >= 0;
}
