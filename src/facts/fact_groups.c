/* SPDX-License-Identifier: MIT */
/* fact_groups.c - groups and their members */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>

static int compare_fields(const void *a, const void *b)
{
	const struct es_field *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->at, y->at, n);

	if (order != 0)
		return order;
	return (x->len > y->len) - (x->len < y->len);
}

/* The order of members means nothing, and a directory may change it. */
static void put_group(struct es_buf *out, const struct es_field *name,
		      const struct es_field *gid, struct es_field *members,
		      size_t n)
{
	es_fact_word(out, name->at, name->len);
	es_buf_adds(out, " gid=");
	es_fact_word(out, gid->at, gid->len);
	if (n > 0)
		qsort(members, n, sizeof(*members), compare_fields);
	for (size_t i = 0, shown = 0; i < n; i++) {
		if (members[i].len == 0)
			continue;
		es_buf_adds(out, shown++ ? "," : " members=");
		es_fact_word(out, members[i].at, members[i].len);
	}
	es_buf_addc(out, '\n');
}

static int put_line(struct es_buf *out, const struct es_field f[4])
{
	size_t n = es_fact_fields(NULL, 0, f[3].at, f[3].len, ',');
	ES_CLEANUP(es_freep)
	struct es_field *members = calloc(n + 1, sizeof(*members));

	if (!members)
		return -ENOMEM;
	es_fact_fields(members, n, f[3].at, f[3].len, ',');
	put_group(out, &f[0], &f[2], members, n);
	return 0;
}

/* Lines of group(5), markers of NIS and broken ones left out. */
static int put_file(struct es_buf *out, int root)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_FACT_MAX);
	int rc = es_fact_read(&b, root, "etc/group");
	struct es_field f[4];
	const char *line;
	size_t len;

	if (rc < 0)
		return rc;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while (rc == 0 && (line = es_fact_next(&p, end, &len))) {
		if (es_fact_fields(f, 4, line, len, ':') == 4 && f[0].len > 0 &&
		    !strchr("+-#", *line))
			rc = put_line(out, f);
	}
	return rc;
}

static int put_entry(struct es_buf *out, const struct group *gr)
{
	const struct es_field name = { gr->gr_name, strlen(gr->gr_name) };
	size_t n = 0;
	char number[16];

	while (gr->gr_mem[n])
		n++;
	ES_CLEANUP(es_freep)
	struct es_field *members = calloc(n + 1, sizeof(*members));
	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		members[i] = (struct es_field){ gr->gr_mem[i],
						strlen(gr->gr_mem[i]) };
	snprintf(number, sizeof(number), "%" PRIu32, (uint32_t)gr->gr_gid);
	const struct es_field gid = { number, strlen(number) };
	put_group(out, &name, &gid, members, n);
	return 0;
}

/* What services of the C library add to the file. */
static int put_services(struct es_buf *out)
{
	const struct group *gr;
	int rc = 0;

	setgrent();
	for (errno = 0; rc == 0 && (gr = getgrent()); errno = 0) {
		if (gr->gr_gid < ES_DYNAMIC_FIRST ||
		    gr->gr_gid > ES_DYNAMIC_LAST)
			rc = put_entry(out, gr);
	}
	if (rc == 0 && (errno == ENOMEM || errno == EMFILE || errno == ENFILE))
		rc = -errno;
	endgrent();
	return rc;
}

int es_fact_groups(const struct es_fact_source *src, struct es_buf *out)
{
	int rc = put_file(out, src->root);

	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		return rc;
	if (src->options->live) {
		rc = put_services(out);
		if (rc < 0)
			return rc;
	}
	return out->failed;
}
