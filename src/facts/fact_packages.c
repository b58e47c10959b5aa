/* SPDX-License-Identifier: MIT */
/* fact_packages.c - installed packages with their versions */
#include "config.h"

#include "facts/facts_priv.h"

#include <errno.h>

static void put_package(struct es_buf *out, const struct es_package *p)
{
	const char *const words[] = { p->name, p->arch, p->version,
				      p->manager };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (i > 0)
			es_buf_addc(out, ' ');
		es_fact_word(out, words[i], strlen(words[i]));
	}
	/* Being installed needs no word. */
	if (strcmp(p->status, "installed") != 0) {
		es_buf_addc(out, ' ');
		es_fact_word(out, p->status, strlen(p->status));
	}
	es_buf_addc(out, '\n');
}

int es_fact_packages(const struct es_fact_source *src, struct es_buf *out)
{
	const struct es_packages *packages = src->options->packages;
	const int error = src->options->packages_error;

	/* They are there and could not be opened. */
	if (!packages)
		return error < 0 ? error : -ENODATA;
	size_t n = es_packages_count(packages);
	for (size_t i = 0; i < n; i++)
		put_package(out, es_packages_at(packages, i));
	return n > 0 ? out->failed : ES_FACT_NONE;
}
