/* SPDX-License-Identifier: MIT */
/* reach.c - where a path stands to a choice of paths */
#include "config.h"

#include "etcsnap/reach.h"

#include <stdbool.h>
#include <string.h>

/* Without trailing slashes: the root becomes "". */
static size_t trimmed(const char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	return len;
}

/* Whether @path is @top or lies below it. */
static bool is_below(const char *path, size_t len, const char *top,
		     size_t top_len)
{
	return len >= top_len && memcmp(path, top, top_len) == 0 &&
	       (len == top_len || path[top_len] == '/');
}

enum es_reach es_reach_of(const char *const *chosen, size_t n, const char *path,
			  size_t len)
{
	enum es_reach reach = n ? ES_REACH_NONE : ES_REACH_ALL;

	for (size_t i = 0; i < n; i++) {
		size_t top_len = trimmed(chosen[i]);

		if (is_below(path, len, chosen[i], top_len))
			return ES_REACH_ALL;
		if (is_below(chosen[i], top_len, path, len))
			reach = ES_REACH_WAY;
	}
	return reach;
}
