/* SPDX-License-Identifier: MIT */
/* keep_rule.c - how much of a branch is kept: an age, a number, or both */
#include "config.h"

#include "etcsnap/keep.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"

#include <stdio.h>
#include <string.h>

/* Digits of the largest number; no repository has more commits. */
#define COUNT_DIGITS 9
/* Longest word, "999999999d" and a NUL. */
#define WORD_MAX 16

static bool read_count(uint64_t *out, const char *word)
{
	uint64_t n = 0;
	size_t len = strlen(word);

	if (len == 0 || len > COUNT_DIGITS || strspn(word, "0123456789") != len)
		return false;
	for (; *word; word++)
		n = n * 10 + (uint64_t)(*word - '0');
	*out = n;
	return n > 0;
}

static bool read_age(int64_t *out, const char *word)
{
	struct es_error unseen = ES_ERROR_INIT;

	return es_clock_duration(out, word, &unseen) == 0 && *out > 0;
}

/* The next word into @word; what follows it, NULL when there is none. */
static const char *next_word(char word[WORD_MAX], const char *text)
{
	text += strspn(text, " \t,");

	const size_t len = strcspn(text, " \t,");
	if (len == 0 || len >= WORD_MAX)
		return NULL;
	snprintf(word, WORD_MAX, "%.*s", (int)len, text);
	return text + len;
}

static bool read_keep(struct es_keep *k, const char *text)
{
	char word[WORD_MAX];
	int words = 0;
	const char *at = text;

	for (; text[strspn(text, " \t,")]; words++) {
		at = next_word(word, text);
		if (!at)
			return false;
		text = at;
		if (strcmp(word, "forever") == 0 && words == 0 &&
		    !text[strspn(text, " \t,")])
			k->forever = true;
		else if (!(k->count == 0 && read_count(&k->count, word)) &&
			 !(k->seconds == 0 && read_age(&k->seconds, word)))
			return false;
	}
	return words > 0;
}

int es_keep_parse(struct es_keep *out, const char *text, struct es_error *err)
{
	struct es_keep k = { 0 };

	if (!read_keep(&k, text))
		return es_fail_config(err,
				      "cannot read '%s'; write an age (90d, "
				      "8w, 2y), a number of commits (500), "
				      "both (90d 500), or forever",
				      ES_Q(text));
	*out = k;
	return 0;
}
