/* SPDX-License-Identifier: MIT */
/* mask_words_priv.h - words without which a mask cannot match, found fast */
#ifndef ETCSNAP_CONFIG_MASK_WORDS_PRIV_H
#define ETCSNAP_CONFIG_MASK_WORDS_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"

/*
 * Two dozen expressions over every byte of every file would cost ten times as
 * much as reading, hashing and compressing it. Nearly no line of ordinary
 * text holds any of the words that the expressions ask for, and one pass over
 * the text finds those that do.
 */

/** ES_MASK_WORDS_MAX - most masks that can have words: one bit each */
#define ES_MASK_WORDS_MAX 64

/** ES_MASK_WORD_MIN - least bytes of a word */
#define ES_MASK_WORD_MIN 3

/** struct es_mask_words - words of a set of masks; read-only once made */
struct es_mask_words;

/**
 * es_mask_words_new - take in the words
 * @out:   owned; es_mask_words_free()
 * @words: per mask its words, lower case, at least three bytes each, joined by
 *         blanks; NULL: that mask is not looked for
 * @n:     number of masks, at most ES_MASK_WORDS_MAX
 * @err:   filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_mask_words_new(struct es_mask_words **out, const char *const *words,
		      size_t n, struct es_error *err);

/** es_mask_words_free - free words; NULL is allowed */
void es_mask_words_free(struct es_mask_words *w);
ES_DEFINE_CLEANUP(struct es_mask_words, es_mask_words_free)

/**
 * es_mask_words_next - the next word in a text
 * @w:    words
 * @text: bytes
 * @len:  their number
 * @at:   where to begin; set to the first byte of the word that was found
 *
 * Letters match in either case (ASCII).
 *
 * Return: bits of the masks that ask for the word, 0 when there is no more.
 */
uint64_t es_mask_words_next(const struct es_mask_words *w, const char *text,
			    size_t len, size_t *at);

#endif
