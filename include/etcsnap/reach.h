/* SPDX-License-Identifier: MIT */
/* reach.h - where a path stands to a choice of paths */
#ifndef ETCSNAP_REACH_H
#define ETCSNAP_REACH_H

#include <stddef.h>

/**
 * enum es_reach - where a path stands to chosen ones
 * @ES_REACH_NONE: neither leads to one of them nor lies below one
 * @ES_REACH_WAY:  one of them lies below it
 * @ES_REACH_ALL:  is one of them or lies below one
 */
enum es_reach {
	ES_REACH_NONE,
	ES_REACH_WAY,
	ES_REACH_ALL,
};

/**
 * es_reach_of - where a path stands to chosen ones
 * @chosen: absolute paths, with or without trailing slashes
 * @n:      their number; 0 chooses everything
 * @path:   absolute path without trailing slash, the root is ""
 * @len:    bytes of @path
 *
 * Return: the greatest that holds for any of @chosen.
 */
enum es_reach es_reach_of(const char *const *chosen, size_t n, const char *path,
			  size_t len);

#endif
