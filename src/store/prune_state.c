/* SPDX-License-Identifier: MIT */
/* prune_state.c - when was pruned last, and what waits to be removed */
#include "config.h"

#include "store/prune_state_priv.h"

#include "etcsnap/fileio.h"
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of the file; a line has about 60. */
#define FILE_MAX ((size_t)256 << 20)

void es_prune_state_dispose(struct es_prune_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->items[i].name);
	free(s->items);
	*s = (struct es_prune_state){ 0 };
}

static char *file_of(const struct es_store *st)
{
	char *path;

	return asprintf(&path, "%s/" ES_PRUNE_STATE_NAME, st->path) < 0 ? NULL
									: path;
}

int es_prune_state_add(struct es_prune_state *s, const char *name,
		       int64_t since)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct es_doomed *more =
			reallocarray(s->items, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->items = more;
		s->cap = cap;
	}
	s->items[s->n].name = strdup(name);
	s->items[s->n].since = since;
	if (!s->items[s->n].name)
		return -ENOMEM;
	s->n++;
	return 0;
}

/* Names go into paths: nothing but what we write there. */
static bool is_name(const char *name)
{
	const size_t skip = strncmp(name, "pack-", 5) == 0 ? 5 : 0;
	const size_t len = strlen(name + skip);

	return len == strspn(name + skip, "0123456789abcdef") &&
	       (skip ? len > 0 && len < 100 : len == ES_OID_HEX);
}

/* Return: false when the line is none of ours. */
static int read_line(struct es_prune_state *s, char *line)
{
	const bool pruned = strncmp(line, "pruned ", 7) == 0;
	char *end;
	long long when;

	if (!pruned && strncmp(line, "doomed ", 7) != 0)
		return -EINVAL;
	errno = 0;
	when = strtoll(line + 7, &end, 10);
	if (errno || end == line + 7 || when < 0)
		return -EINVAL;
	if (pruned) {
		s->pruned = when;
		return *end ? -EINVAL : 0;
	}
	if (*end != ' ' || !is_name(end + 1))
		return -EINVAL;
	return es_prune_state_add(s, end + 1, when);
}

static int read_lines(struct es_prune_state *s, char *text)
{
	while (*text) {
		char *end = strchr(text, '\n');
		int rc;

		if (!end)
			return -EINVAL;
		*end = '\0';
		rc = read_line(s, text);
		if (rc < 0)
			return rc;
		text = end + 1;
	}
	return 0;
}

static int cmp_name(const void *a, const void *b)
{
	const struct es_doomed *x = a;
	const struct es_doomed *y = b;

	return strcmp(x->name, y->name);
}

int es_prune_state_load(struct es_prune_state *s, const struct es_store *st,
			struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(FILE_MAX);
	ES_CLEANUP(es_freep) char *path = file_of(st);
	struct es_error why = ES_ERROR_INIT;
	int rc;

	if (!path)
		return es_fail_oom(err);
	rc = es_read_file(&text, AT_FDCWD, path, &why);
	if (rc < 0 && rc != -ENOENT) {
		*err = why;
		return rc;
	}
	if (rc < 0 || !text.len)
		return 0;
	rc = read_lines(s, text.data);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		es_prune_state_dispose(s);
	if (s->n)
		qsort(s->items, s->n, sizeof(*s->items), cmp_name);
	return 0;
}

const struct es_doomed *es_prune_state_find(const struct es_prune_state *s,
					    const char *name)
{
	size_t from = 0;
	size_t to = s->n;

	while (from < to) {
		const size_t at = from + (to - from) / 2;
		const int cmp = strcmp(s->items[at].name, name);

		if (cmp == 0)
			return &s->items[at];
		if (cmp < 0)
			from = at + 1;
		else
			to = at;
	}
	return NULL;
}

int es_prune_state_save(const struct es_prune_state *s,
			const struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(FILE_MAX);
	ES_CLEANUP(es_freep) char *path = file_of(st);

	if (!path)
		return es_fail_oom(err);
	es_buf_addf(&text, "pruned %lld\n", (long long)s->pruned);
	for (size_t i = 0; i < s->n; i++)
		es_buf_addf(&text, "doomed %lld %s\n",
			    (long long)s->items[i].since, s->items[i].name);
	if (es_buf_check(&text, err) < 0)
		return err->code;
	return es_write_file(path, text.data, text.len, 0600, err);
}
