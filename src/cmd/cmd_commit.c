/* SPDX-License-Identifier: MIT */
/* cmd_commit.c - etcsnap commit: one collection run */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/aside.h"
#include "etcsnap/clock.h"
#include "etcsnap/deliver.h"
#include "etcsnap/hooks.h"
#include "etcsnap/quote.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Unreadable paths that are named before the rest is only counted. */
#define TOLD_MAX 5

static const struct es_opt commit_opts[] = {
	{ 'm', "message", "TEXT", "say why; goes into the commit" },
	{ 't', "trigger", "TRIGGER", "what starts the run (cron, apt, …)" },
	{ 'f', "full", NULL, "read every file again" },
	{ 'w', "wait", "SECONDS", "wait so long for another run" },
	{ 'n', "dry-run", NULL, "only say what would be recorded" },
	{ 'b', "before", NULL, "a transaction of a package manager follows" },
	{ 0, "no-notify", NULL, "do not deliver reports now" },
};

static const char *default_trigger(void)
{
	if (isatty(STDIN_FILENO))
		return "manual";
	return es_aside_by_cron() ? "cron" : "unattended";
}

static int read_options(struct es_cycle_options *o, struct es_call *call,
			struct es_error *err)
{
	const char *wait = es_opt_get(&call->args, "wait");
	struct es_conf *conf = call->session->conf;

	o->message = es_opt_get(&call->args, "message");
	o->trigger = es_opt_get(&call->args, "trigger");
	if (!o->trigger)
		o->trigger = default_trigger();
	o->full = es_opt_has(&call->args, "full");
	o->dry = es_opt_has(&call->args, "dry-run");
	if (wait &&
	    es_conf_set(conf, ES_CONF_COLLECT_WAIT, wait, "--wait", err) < 0)
		return err->code;
	o->wait = (unsigned int)es_conf_number(conf, ES_CONF_COLLECT_WAIT);
	return 0;
}

/* Said only when the set differs from the last run's, else cron would nag. */
static void tell_errors(const struct es_cycle_result *r)
{
	const char *line = es_buf_str(&r->errors);
	uint64_t told = 0;

	if (!r->errors_changed)
		return;
	if (!*line) {
		fputs("etcsnap: every path can be read again\n", stderr);
		return;
	}
	fprintf(stderr,
		"etcsnap: %llu path%s cannot be read; what is known of %s "
		"stays:\n",
		(unsigned long long)r->totals.unread,
		r->totals.unread == 1 ? "" : "s",
		r->totals.unread == 1 ? "it" : "them");
	while (*line && told++ < TOLD_MAX) {
		int len = (int)strcspn(line, "\n");

		fprintf(stderr, "  %.*s\n", len, line);
		line += len + (line[len] == '\n');
	}
	if (*line)
		fputs("  … ('etcsnap show HEAD:run/errors' lists all)\n",
		      stderr);
}

static void add_kind(struct es_buf *b, const struct es_delta *d,
		     enum es_change_kind kind, const char *word, bool always)
{
	size_t n = d ? es_delta_kinds(d, kind) : 0;

	if (n > 0 || always)
		es_buf_addf(b, "%s%zu %s", b->len ? ", " : "", n, word);
}

/* "4f2a91c 3 changed, 1 added, 0 removed" or "no changes" */
static void tell_result(const struct es_cycle_result *r, bool dry)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	char id[ES_OID_HEX + 1];

	if (!r->changed) {
		puts("no changes");
		return;
	}
	if (r->first) {
		es_buf_addf(&b, "first run, %llu entries",
			    (unsigned long long)r->totals.entries);
	} else {
		add_kind(&b, r->delta, ES_CHANGE_CHANGED, "changed", true);
		add_kind(&b, r->delta, ES_CHANGE_ADDED, "added", true);
		add_kind(&b, r->delta, ES_CHANGE_REMOVED, "removed", true);
		add_kind(&b, r->delta, ES_CHANGE_RENAMED, "renamed", false);
		add_kind(&b, r->delta, ES_CHANGE_RETYPED, "retyped", false);
		add_kind(&b, r->delta, ES_CHANGE_TOUCHED, "touched", false);
		add_kind(&b, r->delta, ES_CHANGE_WATCHED, "now watched", false);
		add_kind(&b, r->delta, ES_CHANGE_UNWATCHED, "no longer watched",
			 false);
	}
	if (r->rekeyed)
		es_buf_adds(&b, ", with another secret key");
	es_oid_text(id, &r->commit);
	printf("%.7s %s\n", dry ? "dry run" : id, es_buf_str(&b));
}

static int finish(struct es_call *call, const struct es_cycle_options *o,
		  const struct es_cycle_result *r, struct es_error *err)
{
	struct es_compare c = { .live = r->tree,
				.paths = o->paths,
				.n_paths = o->n_paths };
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	int rc = 0;

	if (r->notice.len > 0)
		fprintf(stderr, "etcsnap: %s\n", es_buf_str(&r->notice));
	tell_errors(r);
	if (call->verbosity > 0 ||
	    (call->verbosity == 0 && (o->dry || isatty(STDOUT_FILENO))))
		tell_result(r, o->dry);
	if (o->dry && r->changed && !r->first && call->verbosity >= 0) {
		rc = es_rev_tip(&tip, call, err);
		c.old = tip;
		c.no_header = true;
		c.level = ES_REPORT_FULL;
		if (rc == 0)
			rc = es_compare_print(call, &c, err);
	}
	if (rc < 0)
		return rc;
	return r->totals.unread > 0 ? ES_EXIT_PARTIAL : ES_EXIT_DONE;
}

/*
 * The run is recorded, and nobody need wait for a mail server: the lock is
 * given back first. That a channel cannot be told is no failure of the run;
 * "etcsnap status" tells it, and the next run tries again.
 */
static void deliver(struct es_call *call)
{
	const struct es_deliver_options o = { 0 };
	struct es_deliver_result result;
	struct es_error err = ES_ERROR_INIT;

	es_store_unlock(call->session->store);
	if (es_deliver_due(&result, call->session, &o, &err) < 0)
		fprintf(stderr, "etcsnap: not everything is delivered: %s\n",
			err.msg);
	else if (call->verbosity > 0 ||
		 (call->verbosity == 0 && isatty(STDOUT_FILENO)))
		es_notify_tell(&result.notice);
	es_deliver_dispose(&result);
}

/* Hooks have their say; what they did wrong is told and hurts nothing. */
static int run_hooks(struct es_call *call, enum es_hook_event event,
		     const struct es_hook_var *vars, size_t n)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf notice = ES_BUF_INIT(1 << 16);
	int later = es_hooks_run(&notice, call->session, event, vars, n);

	if (notice.len > 0)
		fprintf(stderr, "etcsnap: %s\n", es_buf_str(&notice));
	return later;
}

/* Whether the run is left to another time; @status is how to end then. */
static bool is_put_off(int *status, struct es_call *call,
		       const struct es_cycle_options *o)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(4096);
	const struct es_session *s = call->session;
	const struct es_hook_var vars[] = {
		{ "ETCSNAP_TRIGGER", o->trigger },
	};

	if (es_aside_wanted(&why, s->root, o->trigger,
			    es_store_last_run(s->store))) {
		if (call->verbosity > 0)
			printf("nothing recorded now: %s\n", es_buf_str(&why));
		*status = ES_EXIT_DONE;
		return true;
	}
	*status = ES_EXIT_LOCKED;
	return !o->dry && run_hooks(call, ES_HOOK_PRE_COMMIT, vars, 1);
}

/* A commit stands, and the lock is given back. */
static void tell_hooks(struct es_call *call, const struct es_cycle_options *o,
		       const struct es_oid *commit)
{
	char id[ES_OID_HEX + 1];
	const struct es_hook_var vars[] = {
		{ "ETCSNAP_TRIGGER", o->trigger },
		{ "ETCSNAP_COMMIT", id },
	};

	es_oid_text(id, commit);
	es_store_unlock(call->session->store);
	run_hooks(call, ES_HOOK_POST_COMMIT, vars, 2);
}

static int check_paths(char *const *paths, size_t n, struct es_error *err)
{
	for (size_t i = 0; i < n; i++)
		if (es_rev_is_text(paths[i]))
			return es_fail_config(err,
					      "%s is recorded by whole runs "
					      "alone; commit without a path",
					      ES_Q(paths[i]));
	return 0;
}

/*
 * Logs of package managers know no fractions of a second, and a run takes what
 * they say of the time since the commit before it. So nothing may be done to
 * packages within the second of that.
 */
static int let_second_pass(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	struct timespec now = es_clock_now();
	struct timespec rest = { .tv_nsec = 1000000000 - now.tv_nsec };

	if (es_rev_tip(&tip, call, err) < 0)
		return err->code;
	if (es_commit_time(tip) == now.tv_sec && rest.tv_nsec < 1000000000)
		nanosleep(&rest, NULL);
	return 0;
}

static int record(struct es_call *call, const struct es_cycle_options *asked,
		  struct es_error *err)
{
	struct es_progress progress;
	struct es_cycle_result r = { 0 };
	struct es_cycle_options o = *asked;
	int rc;

	o.progress = es_progress_step;
	o.payload = &progress;
	es_progress_begin(&progress, call);
	rc = es_cycle_run(&r, call->session, &o, err);
	es_progress_end(&progress);
	if (rc == 0)
		rc = finish(call, &o, &r, err);
	if (rc >= 0 && !es_oid_is_none(&r.commit))
		tell_hooks(call, &o, &r.commit);
	es_cycle_dispose(&r);
	if (rc >= 0 && !o.dry && !es_opt_has(&call->args, "no-notify"))
		deliver(call);
	if (rc >= 0 && !o.dry && es_opt_has(&call->args, "before") &&
	    let_second_pass(call, err) < 0)
		return err->code;
	return rc;
}

static int commit_run(struct es_call *call, struct es_error *err)
{
	struct es_cycle_options o = { 0 };
	char **paths = NULL;
	size_t n = 0;
	int rc, status;

	if (read_options(&o, call, err) < 0 ||
	    es_rev_paths(&paths, &n, call->args.operands, call->args.n_operands,
			 err) < 0)
		return err->code;
	o.paths = (const char *const *)paths;
	o.n_paths = n;
	rc = check_paths(paths, n, err);
	if (rc == 0)
		rc = is_put_off(&status, call, &o) ? status
						   : record(call, &o, err);
	es_rev_paths_free(paths, n);
	return rc;
}

const struct es_cmd es_cmd_commit = {
	.name = "commit",
	.args = "[-bfn] [-m TEXT] [-t TRIGGER] [-w SECONDS] [FILE …]",
	.summary = "record what there is now; a commit only if it changed",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	.writes = true,
	ES_OPTS(commit_opts),
	.run = commit_run,
};
