/* SPDX-License-Identifier: MIT */
/* excluded.c - which files dpkg was told not to unpack */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/fileio.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most bytes of one of dpkg's configuration files. */
#define CONF_MAX ((size_t)1 << 20)

/* "path-exclude=GLOB" or "path-include=GLOB"; the last that matches counts. */
struct pattern {
	bool excludes;
	char *glob; /* owned */
};

struct es_excluded {
	struct pattern *items;
	size_t n;
};

void es_excluded_free(struct es_excluded *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n; i++)
		free(x->items[i].glob);
	free(x->items);
	free(x);
}

static int add(struct es_excluded *x, const char *glob, size_t len,
	       bool excludes)
{
	struct pattern *more = reallocarray(x->items, x->n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	x->items = more;
	more[x->n] = (struct pattern){ excludes, strndup(glob, len) };
	return more[x->n].glob ? (x->n++, 0) : -ENOMEM;
}

/* Options as on the command line, with or without their dashes. */
static int take_line(struct es_excluded *x, const char *line, size_t len)
{
	static const char *const options[] = { "path-include", "path-exclude" };

	while (len && strchr(" \t\r", line[len - 1]))
		len--;
	while (len && strchr(" \t-", *line)) {
		line++;
		len--;
	}
	for (size_t i = 0; i < 2; i++) {
		const size_t n = strlen(options[i]);
		size_t at = n;

		if (len <= n || memcmp(line, options[i], n) != 0 ||
		    !strchr("= \t", line[n]))
			continue;
		while (at < len && strchr("= \t\"", line[at]))
			at++;
		while (len > at && line[len - 1] == '"')
			len--;
		return add(x, line + at, len - at, i == 1);
	}
	return 0;
}

static int take_file(struct es_excluded *x, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(CONF_MAX);
	struct es_error ignored = ES_ERROR_INIT;
	const char *line;
	int rc = 0;

	if (es_read_file(&text, AT_FDCWD, path, &ignored) < 0)
		return ignored.code == -ENOMEM ? -ENOMEM : 0;
	for (line = es_buf_str(&text); *line && rc == 0;) {
		const size_t len = strcspn(line, "\n");

		rc = take_line(x, line, len);
		line += len + (line[len] == '\n');
	}
	return rc;
}

/* Names that dpkg takes: others are left-overs of editors. */
static int is_taken(const struct dirent *e)
{
	const char *p = e->d_name;

	while (isalnum((unsigned char)*p) || *p == '_' || *p == '-')
		p++;
	return *p == '\0';
}

static int take_dir(struct es_excluded *x, const char *dir)
{
	struct dirent **names = NULL;
	const int n = scandir(dir, &names, is_taken, alphasort);
	int rc = 0;

	for (int i = 0; i < n; i++) {
		ES_CLEANUP(es_freep) char *path = NULL;

		if (rc == 0 &&
		    asprintf(&path, "%s/%s", dir, names[i]->d_name) < 0) {
			path = NULL;
			rc = -ENOMEM;
		}
		if (rc == 0)
			rc = take_file(x, path);
		free(names[i]);
	}
	free(names);
	return rc;
}

int es_excluded_new(struct es_excluded **out, const char *root,
		    struct es_error *err)
{
	ES_CLEANUP(es_excluded_freep)
	struct es_excluded *x = calloc(1, sizeof(*x));
	ES_CLEANUP(es_freep) char *dir = NULL;
	ES_CLEANUP(es_freep) char *file = NULL;

	if (asprintf(&dir, "%s/etc/dpkg/dpkg.cfg.d", root) < 0)
		dir = NULL;
	if (asprintf(&file, "%s/etc/dpkg/dpkg.cfg", root) < 0)
		file = NULL;
	if (!x || !dir || !file || take_dir(x, dir) < 0 ||
	    take_file(x, file) < 0)
		return es_fail_oom(err);
	*out = es_steal_ptr(&x);
	return 0;
}

bool es_excluded_has(const struct es_excluded *x, const char *path)
{
	bool excluded = false;

	for (size_t i = 0; i < x->n; i++)
		if (fnmatch(x->items[i].glob, path, 0) == 0)
			excluded = x->items[i].excludes;
	return excluded;
}
