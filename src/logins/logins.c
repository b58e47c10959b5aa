/* SPDX-License-Identifier: MIT */
/* logins.c - who was logged in: which logs are asked, and in which order */
#include "config.h"

#include "logins/logins_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The last second of the year 9999: a window may be said to have no end. */
#define LAST INT64_C(253402300799)

static const char *const ends[] = {
	[ES_LOGIN_OPEN] = "open", [ES_LOGIN_LOGOUT] = "logout",
	[ES_LOGIN_DOWN] = "down", [ES_LOGIN_CRASH] = "crash",
	[ES_LOGIN_GONE] = "gone",
};

const char *es_login_end_name(enum es_login_end end)
{
	return ends[end];
}

/* The same logs, with an excerpt of their own. */
static int begin_other(struct lg_logs *other, const struct lg_logs *logs)
{
	*other = *logs;
	other->out = lg_new(logs->from, logs->to);
	return other->out ? 0 : -ENOMEM;
}

/*
 * A machine may have wtmp and wtmpdb, which know of the same sessions but for
 * a second or two.
 */
static int read_sessions(struct lg_logs *logs)
{
	struct lg_logs other;
	const int wtmp = lg_wtmp_read(logs);

	if (wtmp < 0 || begin_other(&other, logs) < 0)
		return -ENOMEM;
	int rc = lg_wtmpdb_read(&other);
	if (rc >= 0)
		logs->out->missing = wtmp == 0 && rc == 0;
	if (rc > 0)
		rc = lg_merge_sessions(logs->out, other.out, 5);
	if (rc >= 0)
		rc = lg_lastlog_read(logs);
	logs->out->dropped += other.out->dropped;
	es_logins_free(other.out);
	return rc;
}

static void take_switches(struct es_logins *into, struct es_logins *from)
{
	into->switches = from->switches;
	into->n_switches = from->n_switches;
	into->dropped += from->dropped;
	from->switches = NULL;
	from->n_switches = 0;
}

/*
 * The journal and text logs say the same, so one of them has to do: the
 * journal where it is old enough, as it may be one that no boot survives.
 */
static int read_switches(struct lg_logs *logs)
{
	struct lg_logs journal, text;
	int rc;

	if (begin_other(&journal, logs) < 0)
		return -ENOMEM;
	if (begin_other(&text, logs) < 0) {
		es_logins_free(journal.out);
		return -ENOMEM;
	}
	rc = lg_journal_read(&journal);
	if (rc == 0)
		rc = lg_auth_read(&text) * 2;
	if (rc >= 0)
		take_switches(logs->out, rc == 2 ? text.out : journal.out);
	es_logins_free(journal.out);
	es_logins_free(text.out);
	return rc;
}

static int read_all(struct lg_logs *logs)
{
	int rc = lg_users_read(logs);

	if (rc >= 0)
		rc = read_sessions(logs);
	if (rc >= 0)
		rc = lg_btmp_read(logs);
	if (rc >= 0)
		rc = read_switches(logs);
	return rc < 0 ? rc : 0;
}

int es_logins_read(struct es_logins **out, const char *root, int64_t from,
		   int64_t to, struct es_error *err)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *l = lg_new(from, to);
	struct lg_logs logs = {
		.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.live = strcmp(root, "/") == 0,
		.boot = lg_boot_time(),
		.from = from > 0 ? from : 0,
		.to = to < LAST ? to : LAST,
		.out = l,
	};
	int rc = l ? 0 : -ENOMEM;

	if (l)
		l->missing = true;
	if (l && logs.root >= 0)
		rc = read_all(&logs);
	es_strmap_free(logs.users);
	if (logs.root >= 0)
		close(logs.root);
	if (rc < 0)
		return es_fail_oom(err);
	lg_cut(l, LG_SESSIONS_MAX, LG_FAILURES_MAX, LG_SWITCHES_MAX);
	*out = es_steal_ptr(&l);
	return 0;
}
