/* SPDX-License-Identifier: MIT */
/* logins_merge.c - one excerpt out of several */
#include "config.h"

#include "logins/logins_priv.h"

#include <errno.h>
#include <string.h>

/* Sorts a copy of rows, which leaves their strings where they are. */
static void *sorted(const void *rows, size_t n, size_t size,
		    int (*compare)(const void *, const void *))
{
	void *const copy = malloc(n ? n * size : 1);

	if (copy && n) {
		memcpy(copy, rows, n * size);
		qsort(copy, n, size, compare);
	}
	return copy;
}

/* Order of two sessions, 0 when they are one. */
static int compare_loosely(const struct es_login *a, const struct es_login *b,
			   int64_t slack)
{
	int order = strcmp(a->user, b->user);

	if (order == 0)
		order = strcmp(a->line, b->line);
	if (order)
		return order;
	if (a->begin > b->begin + slack || b->begin > a->begin + slack)
		return a->begin < b->begin ? -1 : 1;
	/* Of two sources one may not know the host, or know it better. */
	return slack ? 0 : strcmp(a->host, b->host);
}

static int set_service(struct es_login *s, const char *service)
{
	struct es_login row = *s;

	if (s->service[0] || !service[0])
		return 0;
	row.service = service;
	if (!lg_keep_session(&row))
		return -ENOMEM;
	free((void *)(uintptr_t)s->user);
	*s = row;
	return 0;
}

static int join(struct es_login *into, const struct es_login *from, bool later)
{
	const bool told = into->end != 0 || from->end == 0;

	if (later || !told) {
		into->end = from->end;
		into->how = from->how;
	}
	return set_service(into, from->service);
}

int lg_merge_sessions(struct es_logins *into, const struct es_logins *from,
		      int64_t slack)
{
	const size_t n = into->n_sessions;
	ES_CLEANUP(es_freep)
	struct es_login *rows = sorted(from->sessions, from->n_sessions,
				       sizeof(*rows), lg_compare_text);
	/* The same run's: what the first source says of an end is as good. */
	const bool later = slack == 0 && from->to >= into->to;
	size_t at = 0;
	int rc = 0;

	if (!rows)
		return -ENOMEM;
	if (n)
		qsort(into->sessions, n, sizeof(*into->sessions),
		      lg_compare_text);
	for (size_t i = 0; rc == 0 && i < from->n_sessions; i++) {
		int order = 1;

		while (at < n && (order = compare_loosely(&into->sessions[at],
							  &rows[i], slack)) < 0)
			at++;
		if (at < n && order == 0)
			rc = join(&into->sessions[at++], &rows[i], later);
		else
			rc = lg_append_session(into, &rows[i]);
	}
	return rc;
}

static int compare_sources(const void *a, const void *b)
{
	const struct es_login_failure *const x = a, *const y = b;

	return strcmp(x->source, y->source);
}

static int add_failures(struct es_login_failure *into,
			const struct es_login_failure *from)
{
	into->count += from->count;
	if (from->first < into->first)
		into->first = from->first;
	if (from->last > into->last)
		into->last = from->last;
	/* Of another user, too: the empty string is at its end. */
	if (strcmp(into->user, from->user) != 0)
		into->user += strlen(into->user);
	return 0;
}

static int merge_failures(struct es_logins *into, const struct es_logins *from)
{
	const size_t n = into->n_failures;
	ES_CLEANUP(es_freep)
	struct es_login_failure *rows = sorted(from->failures, from->n_failures,
					       sizeof(*rows), compare_sources);
	size_t at = 0;
	int rc = 0;

	if (!rows)
		return -ENOMEM;
	if (n)
		qsort(into->failures, n, sizeof(*into->failures),
		      compare_sources);
	for (size_t i = 0; rc == 0 && i < from->n_failures; i++) {
		int order = 1;

		while (at < n && (order = strcmp(into->failures[at].source,
						 rows[i].source)) < 0)
			at++;
		rc = at < n && order == 0
			     ? add_failures(&into->failures[at], &rows[i])
			     : lg_add_failure(into, &rows[i]);
	}
	return rc;
}

static int merge_switches(struct es_logins *into, const struct es_logins *from)
{
	const size_t n = into->n_switches;
	ES_CLEANUP(es_freep)
	struct es_login_switch *rows =
		sorted(from->switches, from->n_switches, sizeof(*rows),
		       lg_compare_switches);
	size_t at = 0;
	int rc = 0;

	if (!rows)
		return -ENOMEM;
	if (n)
		qsort(into->switches, n, sizeof(*into->switches),
		      lg_compare_switches);
	for (size_t i = 0; rc == 0 && i < from->n_switches; i++) {
		int order = 1;

		while (at < n && (order = lg_compare_switches(
					  &into->switches[at], &rows[i])) < 0)
			at++;
		if (at < n && order == 0)
			at++;
		else
			rc = lg_append_switch(into, &rows[i]);
	}
	return rc;
}

int es_logins_merge(struct es_logins *into, const struct es_logins *from,
		    struct es_error *err)
{
	int rc = lg_merge_sessions(into, from, 0);

	if (rc == 0)
		rc = merge_failures(into, from);
	if (rc == 0)
		rc = merge_switches(into, from);
	if (rc < 0)
		return es_fail_oom(err);
	/* One that was read from an empty text knows of no window. */
	if (from->to != 0) {
		if (into->to == 0 || from->from < into->from)
			into->from = from->from;
		if (from->to > into->to)
			into->to = from->to;
	}
	into->dropped += from->dropped;
	into->missing = into->missing && from->missing;
	lg_cut(into, LG_MERGED_MAX, LG_MERGED_MAX, LG_MERGED_MAX);
	return 0;
}
