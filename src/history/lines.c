/* SPDX-License-Identifier: MIT */
/* lines.c - which lines two texts share */
#include "config.h"

#include "history/history_priv.h"

#include "etcsnap/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t lines_count(const struct es_buf *text)
{
	const char *at = es_buf_str(text);
	const char *end = at + text->len;
	size_t n = 0;

	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		n++;
		at = nl ? nl + 1 : end;
	}
	return n;
}

/* One side of "@@ -12,3 +14 @@": where it begins, from 0, and how long it is. */
static const char *take_side(const char *at, size_t *first, size_t *n)
{
	char *end;

	*first = strtoul(at, &end, 10);
	*n = 1;
	if (*end == ',')
		*n = strtoul(end + 1, &end, 10);
	/* of nothing the line before it is named */
	if (*n > 0 && *first > 0)
		(*first)--;
	return end;
}

static bool take_hunk(const char *line, struct lines_same *at, size_t *gone,
		      size_t *come)
{
	if (strncmp(line, "@@ -", 4) != 0)
		return false;
	line = take_side(line + 4, &at->old, gone);
	if (strncmp(line, " +", 2) != 0)
		return false;
	take_side(line + 2, &at->new, come);
	return true;
}

/* The line behind this one. */
static const char *after(const char *line, const char *end)
{
	const char *nl = memchr(line, '\n', (size_t)(end - line));

	return nl ? nl + 1 : end;
}

/* Pieces between the hunks of a diff without context. */
static size_t take_pieces(struct lines_same *out, const struct es_buf *diff,
			  size_t lines)
{
	struct lines_same at = { 0 }, hunk = { 0 };
	const char *line = es_buf_str(diff);
	const char *end = line + diff->len;
	size_t n = 0, gone, come;

	for (; line < end; line = after(line, end)) {
		if (!take_hunk(line, &hunk, &gone, &come))
			continue;
		at.n = hunk.new - at.new;
		if (at.n)
			out[n++] = at;
		at.old = hunk.old + gone;
		at.new = hunk.new + come;
	}
	at.n = lines - at.new;
	if (at.n)
		out[n++] = at;
	return n;
}

static size_t count_hunks(const struct es_buf *diff)
{
	const char *line = es_buf_str(diff);
	const char *end = line + diff->len;
	size_t n = 0;

	for (; line < end; line = after(line, end))
		n += *line == '@';
	return n;
}

long lines_compare(struct lines_same **out, const struct es_buf *old,
		   const struct es_buf *new, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf diff = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error why = ES_ERROR_INIT;
	struct lines_same *all;
	int rc = es_store_diff(&diff, es_buf_str(old), old->len,
			       es_buf_str(new), new->len, 0, &why);

	if (rc < 0) {
		*err = why;
		return rc;
	}
	all = calloc(count_hunks(&diff) + 1, sizeof(*all));
	if (!all)
		return es_fail_oom(err);
	*out = all;
	return (long)take_pieces(all, &diff, lines_count(new));
}
