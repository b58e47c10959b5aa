/* SPDX-License-Identifier: MIT */
/* mask_words.c - words without which a mask cannot match, found fast */
#include "config.h"

#include "config/mask_words_priv.h"

#include <stdlib.h>
#include <string.h>

/* The first three bytes of every word set one bit of so many. */
#define FILTER_BITS 13
#define HEAD ES_MASK_WORD_MIN

/* A word, and the masks that ask for it. */
struct word {
	const char *text;
	size_t len;
	uint64_t masks;
	int next; /* another word with the same hash, -1 = none */
};

struct es_mask_words {
	char *pool; /* the words' bytes */
	struct word *words;
	size_t n;
	int first[1 << FILTER_BITS]; /* word of a hash, -1 = none */
	uint64_t filter[(1 << FILTER_BITS) / 64];
	uint8_t fold[256];
};

static uint32_t hash_of(uint32_t head)
{
	return (head & 0xffffff) * 0x9e3779b1u >> (32 - FILTER_BITS);
}

static uint32_t head_of(const char *text)
{
	uint32_t head = 0;

	for (int i = 0; i < HEAD; i++)
		head = head << 8 | (uint8_t)text[i];
	return head;
}

static void add_word(struct es_mask_words *w, const char *text, size_t len,
		     uint64_t mask)
{
	uint32_t h = hash_of(head_of(text));

	for (int i = w->first[h]; i >= 0; i = w->words[i].next) {
		struct word *same = &w->words[i];

		if (same->len == len && !memcmp(same->text, text, len)) {
			same->masks |= mask;
			return;
		}
	}
	w->words[w->n] = (struct word){ text, len, mask, w->first[h] };
	w->first[h] = (int)w->n++;
	w->filter[h / 64] |= (uint64_t)1 << h % 64;
}

static void add_words(struct es_mask_words *w, const char *text, uint64_t mask)
{
	while (*text) {
		size_t len = strcspn(text, " ");

		if (len >= HEAD)
			add_word(w, text, len, mask);
		text += len + (text[len] == ' ');
	}
}

/* Room for all words: bytes of their text, and how many there can be. */
static size_t measure(const char *const *words, size_t n, size_t *count)
{
	size_t bytes = 1;

	*count = 1;
	for (size_t i = 0; i < n; i++) {
		size_t len = words[i] ? strlen(words[i]) + 1 : 0;

		bytes += len;
		*count += (len + 1) / (HEAD + 1) + 1;
	}
	return bytes;
}

int es_mask_words_new(struct es_mask_words **out, const char *const *words,
		      size_t n, struct es_error *err)
{
	ES_CLEANUP(es_mask_words_freep)
	struct es_mask_words *w = calloc(1, sizeof(*w));
	size_t count;
	size_t bytes = measure(words, n, &count);
	size_t used = 0;

	if (!w)
		return es_fail_oom(err);
	w->pool = malloc(bytes);
	w->words = calloc(count, sizeof(*w->words));
	if (!w->pool || !w->words)
		return es_fail_oom(err);
	memset(w->first, -1, sizeof(w->first));
	for (int i = 0; i < 256; i++)
		w->fold[i] = (uint8_t)(i >= 'A' && i <= 'Z' ? i | 0x20 : i);
	for (size_t i = 0; i < n && i < ES_MASK_WORDS_MAX; i++) {
		size_t len;

		if (!words[i])
			continue;
		len = strlen(words[i]) + 1;
		memcpy(w->pool + used, words[i], len);
		add_words(w, w->pool + used, (uint64_t)1 << i);
		used += len;
	}
	*out = es_steal_ptr(&w);
	return 0;
}

void es_mask_words_free(struct es_mask_words *w)
{
	if (!w)
		return;
	free(w->pool);
	free(w->words);
	free(w);
}

static int is_here(const struct es_mask_words *w, const struct word *word,
		   const char *text, size_t room)
{
	if (word->len > room)
		return 0;
	for (size_t i = 0; i < word->len; i++)
		if (w->fold[(uint8_t)text[i]] != (uint8_t)word->text[i])
			return 0;
	return 1;
}

uint64_t es_mask_words_next(const struct es_mask_words *w, const char *text,
			    size_t len, size_t *at)
{
	uint32_t head = 0;

	for (size_t i = *at; i < len; i++) {
		size_t start = i + 1 - HEAD;
		uint64_t masks = 0;
		uint32_t h;

		head = head << 8 | w->fold[(uint8_t)text[i]];
		h = hash_of(head);
		if (!(w->filter[h / 64] >> h % 64 & 1) || i < *at + HEAD - 1)
			continue;
		for (int k = w->first[h]; k >= 0; k = w->words[k].next)
			if (is_here(w, &w->words[k], text + start, len - start))
				masks |= w->words[k].masks;
		if (masks) {
			*at = start;
			return masks;
		}
	}
	*at = len;
	return 0;
}
