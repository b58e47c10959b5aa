/* SPDX-License-Identifier: MIT */
/* keep.h - how much of a branch is kept: an age, a number, or both */
#ifndef ETCSNAP_KEEP_H
#define ETCSNAP_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "etcsnap/error.h"

/**
 * struct es_keep - a rule of [retention]
 * @forever: nothing is ever cut
 * @seconds: what is not older than this is kept; 0 = age keeps nothing
 * @count:   so many of the newest are kept; 0 = number keeps nothing
 *
 * What either keeps is kept, and the newest commit always.
 */
struct es_keep {
	bool forever;
	int64_t seconds;
	uint64_t count;
};

/**
 * es_keep_parse - read a rule
 * @out:  set on success
 * @text: "forever", "90d", "500", or an age and a number, "90d 500"
 * @err:  filled on failure; names the forms
 *
 * Return: 0 or -EINVAL.
 */
int es_keep_parse(struct es_keep *out, const char *text, struct es_error *err);

#endif
