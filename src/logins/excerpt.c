/* SPDX-License-Identifier: MIT */
/* excerpt.c - the rows of an excerpt: copied, bounded, sorted */
#include "config.h"

#include "logins/logins_priv.h"

#include "etcsnap/hide.h"

#include <errno.h>
#include <string.h>

/* Strings that one row has at most. */
#define FIELDS_MAX 5

struct es_logins *lg_new(int64_t from, int64_t to)
{
	struct es_logins *const l = calloc(1, sizeof(*l));

	if (l) {
		l->from = from;
		l->to = to;
	}
	return l;
}

/* Replaces strings by copies in one block, which is the first one's. */
static bool keep(const char **const *fields, size_t n)
{
	size_t lens[FIELDS_MAX];
	size_t all = 0;

	for (size_t i = 0; i < n; i++) {
		if (!*fields[i])
			*fields[i] = "";
		lens[i] = strnlen(*fields[i], LG_FIELD_MAX);
		all += lens[i] + 1;
	}
	char *at = malloc(all);
	if (!at)
		return false;
	for (size_t i = 0; i < n; i++) {
		memcpy(at, *fields[i], lens[i]);
		at[lens[i]] = '\0';
		*fields[i] = at;
		at += lens[i] + 1;
	}
	return true;
}

bool lg_keep_session(struct es_login *row)
{
	const char **const fields[] = { &row->user, &row->line, &row->host,
					&row->service };

	return keep(fields, 4);
}

static bool keep_failure(struct es_login_failure *row)
{
	const char **const fields[] = { &row->source, &row->user };

	return keep(fields, 2);
}

static bool keep_switch(struct es_login_switch *row)
{
	const char **const fields[] = { &row->tool, &row->user, &row->as,
					&row->line, &row->command };

	return keep(fields, 5);
}

/* The first string of a row is the block that holds all of them. */
static void drop(const char *first)
{
	free((void *)(uintptr_t)first);
}

void *lg_room(void *rows, size_t n, size_t size)
{
	/* Grown at 0 and at the powers of two from 8 on. */
	if (n && (n < 8 || (n & (n - 1))))
		return rows;
	return reallocarray(rows, n < 8 ? 8 : 2 * n, size);
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* What is still there, or ended nobody knows when, ends after all others. */
static int64_t last_moment(const struct es_login *s)
{
	if (s->end == 0 && (s->how == ES_LOGIN_OPEN || s->how == ES_LOGIN_GONE))
		return INT64_MAX;
	/* The clock may have been put back meanwhile. */
	return s->end > s->begin ? s->end : s->begin;
}

static bool is_boot(const struct es_login *s)
{
	return strcmp(s->user, "reboot") == 0 &&
	       strcmp(s->line, "system boot") == 0;
}

static bool overlaps(const struct es_logins *l, const struct es_login *s)
{
	int64_t first = s->begin;

	if (is_boot(s))
		return (s->begin >= l->from && s->begin <= l->to) ||
		       (s->end != 0 && s->end >= l->from && s->end <= l->to);
	if (last_moment(s) != INT64_MAX && s->end < first)
		first = s->end;
	return first <= l->to && last_moment(s) >= l->from;
}

/* Those that are kept first stand first. */
static int compare_ends(const void *a, const void *b)
{
	const struct es_login *const x = a, *const y = b;
	const int order = compare_numbers(last_moment(y), last_moment(x));

	return order ? order : compare_numbers(y->begin, x->begin);
}

static void cut_sessions(struct es_logins *l, size_t most)
{
	if (l->n_sessions <= most)
		return;
	qsort(l->sessions, l->n_sessions, sizeof(*l->sessions), compare_ends);
	for (size_t i = most; i < l->n_sessions; i++)
		drop(l->sessions[i].user);
	l->dropped += l->n_sessions - most;
	l->n_sessions = most;
}

int lg_add_session(struct es_logins *l, const struct es_login *s)
{
	if (!overlaps(l, s))
		return 0;
	if (l->n_sessions >= 4 * LG_SESSIONS_MAX)
		cut_sessions(l, LG_SESSIONS_MAX);
	return lg_append_session(l, s);
}

int lg_append_session(struct es_logins *l, const struct es_login *s)
{
	struct es_login row = *s;
	void *const rows = lg_room(l->sessions, l->n_sessions, sizeof(row));
	if (!rows)
		return -ENOMEM;
	l->sessions = rows;
	if (!lg_keep_session(&row))
		return -ENOMEM;
	l->sessions[l->n_sessions++] = row;
	return 0;
}

int lg_add_failure(struct es_logins *l, const struct es_login_failure *f)
{
	struct es_login_failure row = *f;

	void *const rows = lg_room(l->failures, l->n_failures, sizeof(row));
	if (!rows)
		return -ENOMEM;
	l->failures = rows;
	if (!keep_failure(&row))
		return -ENOMEM;
	l->failures[l->n_failures++] = row;
	return 0;
}

int lg_compare_switches(const void *a, const void *b)
{
	const struct es_login_switch *const x = a, *const y = b;
	int order = compare_numbers(x->when, y->when);

	if (order == 0)
		order = strcmp(x->tool, y->tool);
	if (order == 0)
		order = strcmp(x->user, y->user);
	if (order == 0)
		order = strcmp(x->as, y->as);
	if (order == 0)
		order = strcmp(x->line, y->line);
	if (order == 0)
		order = strcmp(x->command, y->command);
	return order ? order : x->failed - y->failed;
}

static void cut_switches(struct es_logins *l, size_t most)
{
	if (l->n_switches == 0)
		return;
	qsort(l->switches, l->n_switches, sizeof(*l->switches),
	      lg_compare_switches);
	if (l->n_switches <= most)
		return;
	const size_t over = l->n_switches - most;
	for (size_t i = 0; i < over; i++)
		drop(l->switches[i].tool);
	memmove(l->switches, l->switches + over, most * sizeof(*l->switches));
	l->dropped += over;
	l->n_switches = most;
}

int lg_add_switch(struct es_logins *l, const struct es_login_switch *s)
{
	if (s->when < l->from || s->when > l->to)
		return 0;
	if (l->n_switches >= 4 * LG_SWITCHES_MAX)
		cut_switches(l, LG_SWITCHES_MAX);
	return lg_append_switch(l, s);
}

int lg_append_switch(struct es_logins *l, const struct es_login_switch *s)
{
	struct es_login_switch row = *s;
	void *const rows = lg_room(l->switches, l->n_switches, sizeof(row));
	if (!rows)
		return -ENOMEM;
	l->switches = rows;
	if (!keep_switch(&row))
		return -ENOMEM;
	l->switches[l->n_switches++] = row;
	return 0;
}

int es_logins_hide(struct es_logins *l, const struct es_mask_set *masks,
		   struct es_digest *hmac, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf kept = ES_BUF_INIT(ES_BUF_MAX);

	for (size_t i = 0; i < l->n_switches; i++) {
		struct es_login_switch row = l->switches[i];
		int n = es_hide_line(masks, &kept, row.command, hmac);

		if (n == 0)
			continue;
		row.command = es_buf_str(&kept);
		if (n < 0 || !keep_switch(&row))
			return es_fail_oom(err);
		drop(l->switches[i].tool);
		l->switches[i] = row;
	}
	return 0;
}

int lg_continue_switch(struct es_logins *l, const char *user, const char *more)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf whole = ES_BUF_INIT(2 * LG_FIELD_MAX + 1);

	if (l->n_switches == 0)
		return 0;
	struct es_login_switch *const last = &l->switches[l->n_switches - 1];
	if (strcmp(last->user, user) != 0 ||
	    strlen(last->command) >= LG_FIELD_MAX)
		return 0;
	es_buf_adds(&whole, last->command);
	es_buf_addc(&whole, ' ');
	es_buf_add(&whole, more, strnlen(more, LG_FIELD_MAX));
	struct es_login_switch row = *last;
	row.command = es_buf_str(&whole);
	if (whole.failed || !keep_switch(&row))
		return -ENOMEM;
	drop(last->tool);
	*last = row;
	return 0;
}

static int compare_sessions(const void *a, const void *b)
{
	const struct es_login *const x = a, *const y = b;
	int order = compare_numbers(x->begin, y->begin);

	if (order == 0)
		order = lg_compare_text(a, b);
	if (order == 0)
		order = compare_numbers(last_moment(x), last_moment(y));
	if (order == 0)
		order = (int)x->how - (int)y->how;
	return order ? order : strcmp(x->service, y->service);
}

int lg_compare_text(const void *a, const void *b)
{
	const struct es_login *const x = a, *const y = b;
	int order = strcmp(x->user, y->user);

	if (order == 0)
		order = strcmp(x->line, y->line);
	if (order == 0)
		order = compare_numbers(x->begin, y->begin);
	return order ? order : strcmp(x->host, y->host);
}

static int compare_failures(const void *a, const void *b)
{
	const struct es_login_failure *const x = a, *const y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->source, y->source);
}

void lg_cut(struct es_logins *l, size_t sessions, size_t failures,
	    size_t switches)
{
	cut_sessions(l, sessions);
	if (l->n_sessions)
		qsort(l->sessions, l->n_sessions, sizeof(*l->sessions),
		      compare_sessions);
	cut_switches(l, switches);
	if (l->n_failures)
		qsort(l->failures, l->n_failures, sizeof(*l->failures),
		      compare_failures);
	while (l->n_failures > failures) {
		drop(l->failures[--l->n_failures].source);
		l->dropped++;
	}
}

void es_logins_free(struct es_logins *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n_sessions; i++)
		drop(l->sessions[i].user);
	for (size_t i = 0; i < l->n_failures; i++)
		drop(l->failures[i].source);
	for (size_t i = 0; i < l->n_switches; i++)
		drop(l->switches[i].tool);
	free(l->sessions);
	free(l->failures);
	free(l->switches);
	free(l);
}
