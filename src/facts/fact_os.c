/* SPDX-License-Identifier: MIT */
/* fact_os.c - distribution, host name and time zone, from files */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>

/* Files whose first line says which distribution this is. */
static const struct {
	const char *path;
	const char *key;
} first_lines[] = {
	{ "etc/hostname", "hostname" },
	{ "etc/debian_version", "debian_version" },
	{ "etc/alpine-release", "alpine-release" },
	{ "etc/redhat-release", "redhat-release" },
	{ "etc/SuSE-release", "SuSE-release" },
};

/* One assignment of os-release(5); its shell quotes are taken off. */
static void put_assignment(struct es_buf *out, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);

	if (!equals || *line == '#')
		return;
	const char *value = equals + 1;
	size_t n = len - (size_t)(value - line);
	if (n == 0)
		return;
	if (n >= 2 && (*value == '"' || *value == '\'') &&
	    value[n - 1] == *value) {
		value++;
		n -= 2;
	}
	es_buf_adds(out, "os-release ");
	es_fact_word(out, line, (size_t)(equals - line));
	es_buf_addc(out, ' ');
	es_quote_term(out, value, n);
	es_buf_addc(out, '\n');
}

static int put_release(struct es_buf *out, int root)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int rc = es_fact_read(&b, root, "etc/os-release");
	const char *line;
	size_t len;

	if (rc == -ENOENT)
		rc = es_fact_read(&b, root, "usr/lib/os-release");
	if (rc < 0)
		return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while ((line = es_fact_next(&p, end, &len)))
		put_assignment(out, line, len);
	return 0;
}

/* The zone by the name that /etc/localtime links to. */
static void put_zone(struct es_buf *out, int root)
{
	ES_CLEANUP(es_closep)
	int etc = es_open_in_root(root, "etc", O_RDONLY | O_DIRECTORY);
	char target[512];

	if (etc < 0 ||
	    es_fact_link(target, sizeof(target), etc, "localtime") < 0)
		return;
	const char *zone = strstr(target, "/zoneinfo/");
	if (!zone)
		return;
	zone += strlen("/zoneinfo/");
	es_fact_put(out, "timezone", zone, strlen(zone));
}

int es_fact_os(const struct es_fact_source *src, struct es_buf *out)
{
	char line[512];

	for (size_t i = 0; i < sizeof(first_lines) / sizeof(first_lines[0]);
	     i++) {
		int n = es_fact_line(line, sizeof(line), src->root,
				     first_lines[i].path);

		if (n < 0 && n != -ENOENT && n != -ENOTDIR)
			return n;
		if (n > 0)
			es_fact_put(out, first_lines[i].key, line, (size_t)n);
	}
	put_zone(out, src->root);
	int rc = put_release(out, src->root);
	return rc < 0 ? rc : out->failed;
}
