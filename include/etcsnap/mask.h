/* SPDX-License-Identifier: MIT */
/* mask.h - replace secret values inside text that is otherwise kept */
#ifndef ETCSNAP_MASK_H
#define ETCSNAP_MASK_H

#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/digest.h"

/*
 * A mask is a PCRE2 regular expression (multi-line, bytes, no UTF) whose
 * first group (the first that took part in the match) is the secret. Every
 * match's group becomes "<masked:XXXXXXXX>", the first 8 hex digits of its
 * HMAC, so that a changed password shows as a change and nothing else. A mask
 * that errors or hits its match limit makes the whole text secret: the caller
 * must not keep it.
 *
 * An expression that begins with the comment "(?#with WORD WORD …)" sees only
 * lines that hold one of the words (in either case), each line by itself.
 * That is what makes masks cheap. With a word of less than three bytes the
 * comment is a comment and nothing more.
 */

/** struct es_mask_set - masks; used by many threads at once */
struct es_mask_set;

/**
 * es_mask_check - whether a mask's expression is usable
 * @regex: NUL-terminated
 * @err:   filled on failure: the message of PCRE2 and its position
 *
 * Return: 0 or -EINVAL (does not compile, or has no group).
 */
int es_mask_check(const char *regex, struct es_error *err);

/**
 * es_mask_set_new - take in masks
 * @out:     owned; es_mask_set_free()
 * @regexes: NUL-terminated expressions, copied; es_mask_check() has passed
 *           each of them
 * @n:       their number
 * @err:     filled on failure
 *
 * None is compiled before a text needs it: most runs have none to look at.
 *
 * Return: 0 or -ENOMEM.
 */
int es_mask_set_new(struct es_mask_set **out, const char *const *regexes,
		    size_t n, struct es_error *err);

/**
 * es_mask_set_free - free masks
 * @set: taken; NULL is allowed
 *
 * Locking: none; no thread may be using the masks.
 */
void es_mask_set_free(struct es_mask_set *set);
ES_DEFINE_CLEANUP(struct es_mask_set, es_mask_set_free)

/**
 * es_mask_apply - mask a text
 * @set:  masks
 * @out:  set to the masked text when anything was masked (reset first)
 * @text: bytes
 * @len:  their number
 * @hmac: digest of kind ES_DIGEST_HMAC, this thread's
 *
 * All masks look at the original text; where their groups overlap they are
 * one value. A group that is such a mark already stays as it is.
 *
 * Return: number of masked values, 0 when @out is to be ignored; negative
 * (-EFBIG or -E2BIG when a limit was hit, -ENOMEM, -EINVAL when a mask does
 * not compile) when the text must be treated as secret.
 */
int es_mask_apply(const struct es_mask_set *set, struct es_buf *out,
		  const char *text, size_t len, struct es_digest *hmac);

/**
 * struct es_mask_span - where a value stands in a text
 * @from: its first byte, counted from the beginning of the text
 * @to:   the first byte behind it
 */
struct es_mask_span {
	size_t from;
	size_t to;
};

/**
 * es_mask_find - the values that es_mask_apply() would mask
 * @set:  masks
 * @out:  set, owned, free(); in order, none overlaps another; NULL for none
 * @text: bytes
 * @len:  their number
 *
 * Return: number of values; negative as es_mask_apply(), @out is then not set.
 */
int es_mask_find(const struct es_mask_set *set, struct es_mask_span **out,
		 const char *text, size_t len);

/**
 * ES_MASK_HEX - hexadecimal digits in a mark
 */
#define ES_MASK_HEX 8
/**
 * ES_MASK_MARK_LEN - bytes of a mark
 */
#define ES_MASK_MARK_LEN (sizeof("<masked:>") - 1 + ES_MASK_HEX)

/**
 * es_mask_mark - the next mark in a text
 * @text: bytes
 * @len:  their number
 * @from: where to begin, at most @len
 *
 * Return: where it stands, ES_MASK_MARK_LEN bytes; @len when there is none.
 */
size_t es_mask_mark(const char *text, size_t len, size_t from);

/**
 * es_mask_hex - the digits of a value's mark
 * @out:   ES_MASK_HEX + 1 bytes, NUL-terminated
 * @value: bytes
 * @len:   their number
 * @hmac:  digest of kind ES_DIGEST_HMAC, this thread's
 */
void es_mask_hex(char *out, const char *value, size_t len,
		 struct es_digest *hmac);

#endif
