/* SPDX-License-Identifier: MIT */
/* typo.c - the known name that a mistyped one is closest to */
#include "config.h"

#include "etcsnap/typo.h"

#include <string.h>

/* Names this long are nobody's typing error; bounds the work, too. */
#define NAME_MAX_LEN 64

static size_t min2(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: insertions, deletions, changes and swaps of
 * neighbours cost one each. Three rows suffice, as a swap looks two back.
 */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NAME_MAX_LEN + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			row[j] = min2(above[j - 1] + cost,
				      min2(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = min2(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *es_typo_nearest(const char *typed, const char *const *names,
			    size_t n)
{
	size_t typed_len = strnlen(typed, NAME_MAX_LEN + 1);
	const char *best = NULL;
	size_t best_far = 0;

	if (typed_len > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t len = strnlen(names[i], NAME_MAX_LEN + 1);

		if (len > NAME_MAX_LEN)
			continue;
		size_t far = distance(typed, typed_len, names[i], len);
		if (far > (len / 3 > 1 ? len / 3 : 1))
			continue;
		if (!best || far < best_far) {
			best = names[i];
			best_far = far;
		}
	}
	return best;
}
