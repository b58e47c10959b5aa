/* SPDX-License-Identifier: MIT */
/* fuzz_glob.c - any patterns against any paths */
#include "config.h"

#include "etcsnap/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * Input: lines. Those up to the first empty one are patterns, the rest are
 * paths. The only home is /root.
 */

#define LINES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds)
{
	if (!holds)
		abort();
}

/* Whether the single pattern matches, in a set and a scratch of its own. */
static int matches(const char *pattern, const char *homes, size_t homes_len,
		   const char *path)
{
	ES_CLEANUP(es_globset_freep) struct es_globset *set = NULL;
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	struct es_error err = ES_ERROR_INIT;
	const uint16_t *hits;

	demand(es_globset_new(&set, &pattern, 1, homes, homes_len, &err) == 0);

	size_t n = es_globset_match(set, s, path, strlen(path), &hits);

	demand(n <= 1);
	return n == 1;
}

/* A match has every one of its parents lead to it. */
static void check_parents(const struct es_globset *set,
			  struct es_glob_scratch *s, const char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	for (size_t i = 0; i < len; i++) {
		if (path[i] == '/')
			demand(es_globset_leads(set, s, path, i));
	}
}

static void check_path(const struct es_globset *set, struct es_glob_scratch *s,
		       char *const *patterns, size_t n, const char *path)
{
	const uint16_t *hits;
	uint16_t kept[LINES_MAX];
	size_t found = es_globset_match(set, s, path, strlen(path), &hits);

	demand(found <= n);
	memcpy(kept, hits, found * sizeof(*kept));
	for (size_t i = 0; i < found; i++) {
		demand(kept[i] < n);
		demand(!i || kept[i - 1] < kept[i]);
	}
	if (found)
		check_parents(set, s, path);
	for (size_t i = 0, k = 0; i < n; i++) {
		int hit = k < found && kept[k] == i;

		k += (size_t)hit;
		demand(hit == matches(patterns[i], "/root", 6, path));
	}
}

/* Splits a text into lines. Return: their number. */
static size_t split(char *text, char **lines)
{
	size_t n = 0;

	while (n < LINES_MAX && *text) {
		char *end = strchr(text, '\n');

		lines[n++] = text;
		if (!end)
			break;
		*end = '\0';
		text = end + 1;
	}
	return n;
}

static void run(char *text)
{
	ES_CLEANUP(es_globset_freep) struct es_globset *set = NULL;
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	char *lines[LINES_MAX], *good[LINES_MAX];
	size_t n = split(text, lines), n_good = 0, i = 0;
	struct es_error err = ES_ERROR_INIT;

	for (; i < n && lines[i][0]; i++) {
		if (es_glob_check(lines[i], &err) == 0)
			good[n_good++] = lines[i];
		else
			demand(err.fault == ES_FAULT_CONFIG);
	}
	demand(es_globset_new(&set, (const char *const *)good, n_good, "/root",
			      6, &err) == 0);
	for (; i < n; i++)
		check_path(set, s, good, n_good, lines[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	run(text);
	free(text);
	return 0;
}
