/* SPDX-License-Identifier: MIT */
/* glob_word_priv.h - one component of a pattern */
#ifndef ETCSNAP_CONFIG_GLOB_WORD_PRIV_H
#define ETCSNAP_CONFIG_GLOB_WORD_PRIV_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdbool.h>
#include <stddef.h>

#include "etcsnap/error.h"

/**
 * struct es_glob_word - a component; most need no regular expression
 * @prefix:     literal beginning, owned
 * @prefix_len: its bytes
 * @suffix:     literal end, owned
 * @suffix_len: its bytes
 * @regex:      the whole component, unless prefix and suffix say it all
 * @literal:    no wildcard at all: @prefix is the name
 */
struct es_glob_word {
	char *prefix;
	size_t prefix_len;
	char *suffix;
	size_t suffix_len;
	pcre2_code *regex;
	bool literal;
};

/**
 * es_glob_word_init - compile a component
 * @w:    set; es_glob_word_dispose()
 * @text: component of a plain pattern, NUL-terminated
 * @err:  filled on failure
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int es_glob_word_init(struct es_glob_word *w, const char *text,
		      struct es_error *err);

/** es_glob_word_dispose - free what it owns */
void es_glob_word_dispose(struct es_glob_word *w);

/**
 * es_glob_word_match - whether a name matches
 * @w:    compiled component that is not literal
 * @name: bytes without '/'
 * @len:  their number
 * @md:   this thread's match data
 */
bool es_glob_word_match(const struct es_glob_word *w, const char *name,
			size_t len, pcre2_match_data *md);

#endif
