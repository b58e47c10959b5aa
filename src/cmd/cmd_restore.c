/* SPDX-License-Identifier: MIT */
/* cmd_restore.c - etcsnap restore: put files back as a run recorded them */
#include "config.h"

#include "cmd/cmd.h"

#include "etcsnap/quote.h"
#include "etcsnap/restore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Paths that a message names before the rest is only counted. */
#define NAMED_MAX 3

static const struct es_opt restore_opts[] = {
	{ 0, "at", "REV", "as at this run or time (default: the last run)" },
	{ 0, "to", "DIR", "write a tree below DIR instead" },
	{ 0, "delete", NULL, "remove what was watched and not there then" },
	{ 0, "apply", NULL, "do it; without, only say what would be done" },
	{ 'f', "full", NULL, "read every file of the live system again" },
	{ 'w', "wait", "SECONDS", "wait so long for another run" },
	{ 0, "format", "FORM", "text or json" },
	{ 0, "json", NULL, "the same as --format json" },
};

/* One invocation. */
struct restore {
	struct es_call *call;
	struct es_commit *commit;
	char id[ES_OID_HEX + 1];
	struct es_restore_options o;
	struct es_cycle_options run;
	struct es_progress progress;
	struct es_cycle_result now; /* what was there before */
	struct es_oid after;
	char **paths;
	size_t n_paths;
	bool apply;
	enum es_format format;
};

static void dispose(struct restore *r)
{
	es_cycle_dispose(&r->now);
	es_commit_free(r->commit);
	es_rev_paths_free(r->paths, r->n_paths);
}

/* A time need not have the '@' here. */
static int find_run(struct restore *r, struct es_error *err)
{
	const char *at = es_opt_get(&r->call->args, "at");
	struct es_store *st = r->call->session->store;
	ES_CLEANUP(es_freep) char *time = NULL;
	struct es_error why = ES_ERROR_INIT;
	struct es_oid oid;

	if (!at)
		return es_rev_tip(&r->commit, r->call, err);
	if (!*at)
		return es_fail_config(err,
				      "--at is empty; name a run or a time");
	if (asprintf(&time, "@%s", at) < 0) {
		time = NULL;
		return es_fail_oom(err);
	}
	if (es_store_revision(&oid, st, at, err) < 0 &&
	    (*at == '@' || es_store_revision(&oid, st, time, &why) < 0))
		return err->code;
	*err = (struct es_error)ES_ERROR_INIT;
	return es_commit_read(&r->commit, st, &oid, err);
}

static int read_options(struct restore *r, struct es_error *err)
{
	const struct es_args *a = &r->call->args;
	struct es_conf *conf = r->call->session->conf;
	const char *wait = es_opt_get(a, "wait");

	r->apply = es_opt_has(a, "apply");
	r->o.to = es_opt_get(a, "to");
	r->o.remove = es_opt_has(a, "delete");
	if (es_opt_format(&r->format, a, err) < 0)
		return err->code;
	if (r->format == ES_FORMAT_CSV)
		return es_fail_config(err, "restore prints text or json");
	if (r->o.to && r->o.remove)
		return es_fail_config(err,
				      "--delete removes nothing below --to");
	if (a->n_operands == 0)
		return es_fail_config(err, "which paths? '/' is all of them");
	if (wait &&
	    es_conf_set(conf, ES_CONF_COLLECT_WAIT, wait, "--wait", err) < 0)
		return err->code;
	r->run.wait = (unsigned int)es_conf_number(conf, ES_CONF_COLLECT_WAIT);
	r->run.full = es_opt_has(a, "full");
	if (es_rev_paths(&r->paths, &r->n_paths, a->operands, a->n_operands,
			 err) < 0)
		return err->code;
	r->o.paths = (const char *const *)r->paths;
	r->o.n_paths = r->n_paths;
	return 0;
}

/* "before restore of /etc/hosts, /etc/ssh to 4f2a91c" */
static char *message(const struct restore *r, const char *what)
{
	struct es_buf b = ES_BUF_INIT(1 << 20);

	es_buf_addf(&b, "%s of ", what);
	for (size_t i = 0; i < r->n_paths && i < NAMED_MAX; i++) {
		es_buf_adds(&b, i ? ", " : "");
		es_quote_term(&b, r->paths[i], strlen(r->paths[i]));
	}
	if (r->n_paths > NAMED_MAX)
		es_buf_addf(&b, " and %zu more", r->n_paths - NAMED_MAX);
	es_buf_addf(&b, " to %.7s", r->id);
	if (b.failed)
		es_buf_dispose(&b);
	return b.data;
}

static int look(struct restore *r, struct es_cycle_result *out,
		const char *what, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *words = message(r, what);
	struct es_cycle_options o = r->run;
	int rc;

	if (!words)
		return es_fail_oom(err);
	o.message = words;
	o.trigger = "restore";
	o.dry = !r->apply;
	o.progress = es_progress_step;
	o.payload = &r->progress;
	es_progress_begin(&r->progress, r->call);
	rc = es_cycle_run(out, r->call->session, &o, err);
	es_progress_end(&r->progress);
	if (rc == 0 && out->notice.len > 0)
		fprintf(stderr, "etcsnap: %s\n", es_buf_str(&out->notice));
	return rc;
}

/* Of the whole tree its parts are looked at by files alone, too. */
static int look_before(struct restore *r, struct es_error *err)
{
	r->run.paths = r->o.paths;
	r->run.n_paths = r->o.n_paths;
	if (r->o.to)
		return 0;
	if (look(r, &r->now, "before restore", err) < 0)
		return err->code;
	r->o.live = r->now.tree;
	return 0;
}

/*
 * Directories that had to be made above the paths are recorded with them.
 * Return: paths, owned, each borrowed from the plan; NULL without memory.
 */
static const char **touched(const struct restore *r,
			    const struct es_restore_plan *p, size_t *n)
{
	size_t count = es_restore_plan_count(p);
	const char **paths = calloc(r->n_paths + count + 1, sizeof(*paths));

	*n = 0;
	if (!paths)
		return NULL;
	for (size_t i = 0; i < r->n_paths; i++)
		paths[(*n)++] = r->paths[i];
	for (size_t i = 0; i < count; i++) {
		const struct es_restore_item *it = es_restore_plan_at(p, i);

		if (it->action != ES_RESTORE_CREATE ||
		    it->then->type != ES_TYPE_DIR)
			continue;
		for (size_t k = 0; k < r->n_paths; k++) {
			if (strncmp(r->paths[k], it->path, it->len) != 0 ||
			    r->paths[k][it->len] != '/')
				continue;
			paths[(*n)++] = it->path;
			break;
		}
	}
	return paths;
}

/*
 * The snapshot after it. Restored files may be the user database and our own
 * configuration, so both are read again; where that fails the old ones serve.
 */
static int look_after(struct restore *r, const struct es_restore_plan *p,
		      struct es_error *err)
{
	struct es_call *call = r->call;
	struct es_session *old = call->session;
	ES_CLEANUP(es_session_freep) struct es_session *new = NULL;
	ES_CLEANUP(es_freep) const char **paths = NULL;
	struct es_cycle_result after = { 0 };
	struct es_error why = ES_ERROR_INIT;
	size_t n = 0;
	int rc;

	paths = touched(r, p, &n);
	if (!paths)
		return es_fail_oom(err);
	r->run.paths = paths;
	r->run.n_paths = n;
	r->run.restored = r->id;
	/* the new one wants the lock */
	es_store_unlock(old->store);
	if (es_session_new(&new, &call->where, call->cmd->needs, &why) == 0)
		call->session = new;
	rc = look(r, &after, "restore", err);
	if (rc == 0)
		r->after = after.commit;
	es_cycle_dispose(&after);
	/* the plan still needs it */
	call->session = old;
	return rc;
}

static void set_commit(struct es_doc *doc, const char *key,
		       const struct es_oid *oid)
{
	char id[ES_OID_HEX + 1];

	es_doc_str(doc, key, es_oid_is_none(oid) ? NULL : es_oid_text(id, oid));
}

static int print_json(const struct restore *r, const struct es_restore_plan *p,
		      struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);

	if (es_restore_doc(&doc, p, err) < 0)
		return err->code;
	es_doc_bool(doc, "applied", r->apply);
	set_commit(doc, "before", &r->now.commit);
	set_commit(doc, "after", &r->after);
	if (es_doc_check(doc, err) < 0)
		return err->code;
	es_doc_write(doc, &text, true);
	if (es_buf_check(&text, err) < 0)
		return err->code;
	fputs(es_buf_str(&text), stdout);
	return 0;
}

static bool has_failed(const struct es_restore_plan *p)
{
	size_t n = es_restore_plan_count(p);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct es_restore_item *it = es_restore_plan_at(p, i);

		any |= it->state == ES_RESTORE_FAILED &&
		       it->action != ES_RESTORE_CANNOT;
	}
	return any;
}

static void print_snapshots(const struct restore *r,
			    const struct es_restore_plan *p)
{
	char id[ES_OID_HEX + 1];

	if (!es_oid_is_none(&r->now.commit))
		printf("what was there before is run %.7s\n",
		       es_oid_text(id, &r->now.commit));
	if (!es_oid_is_none(&r->after))
		printf("what is there now is run %.7s\n",
		       es_oid_text(id, &r->after));
	/* the last run is another by now */
	if (!r->o.to && has_failed(p))
		printf("to try again: etcsnap restore --at %.7s --apply …\n",
		       r->id);
}

/* The last run is not the one that was wanted when a restore made it. */
static bool is_own(const struct restore *r)
{
	const char *trigger = es_commit_trailer(r->commit, "Trigger", 0);

	return !r->o.to && !es_opt_has(&r->call->args, "at") && trigger &&
	       strcmp(trigger, "restore") == 0;
}

static int print_text(const struct restore *r, const struct es_restore_plan *p,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	const bool patch = r->call->verbosity > 0;

	if (r->apply && r->call->verbosity < 0)
		return 0;
	if (es_restore_plan_count(p) == 0 && is_own(r))
		es_buf_adds(&text, "all is as in the last run, which was made "
				   "for a restore; --at names another\n");
	else if (es_restore_text(&text, p, patch, err) < 0)
		return err->code;
	if (!r->apply)
		es_pager_start(r->call);
	fputs(es_buf_str(&text), stdout);
	if (r->apply)
		print_snapshots(r, p);
	else if (es_restore_plan_count(p) > 0)
		puts("nothing is done yet; --apply does it");
	return 0;
}

/* What went wrong is told to those who do not read the list, too. */
static void tell_failures(const struct es_restore_plan *p)
{
	size_t n = es_restore_plan_count(p);

	for (size_t i = 0; i < n; i++) {
		const struct es_restore_item *it = es_restore_plan_at(p, i);

		if (it->error)
			fprintf(stderr, "etcsnap: %s: %s\n", ES_Q(it->path),
				it->error);
	}
}

static int apply(struct restore *r, struct es_restore_plan *p,
		 struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;
	int failed = es_restore_apply(p, err);

	if (failed < 0)
		return failed;
	tell_failures(p);
	if (r->o.to || look_after(r, p, &why) == 0)
		return failed;
	fprintf(stderr, "etcsnap: the snapshot after it: %s\n", why.msg);
	return failed + 1;
}

static int work(struct restore *r, struct es_error *err)
{
	ES_CLEANUP(es_restore_plan_freep) struct es_restore_plan *p = NULL;
	int failed = 0;
	int rc;

	r->o.session = r->call->session;
	r->o.commit = r->commit;
	if (es_restore_plan_new(&p, &r->o, err) < 0)
		return err->code;
	if (r->apply && es_restore_plan_count(p) > 0)
		failed = apply(r, p, err);
	if (failed < 0)
		return failed;
	rc = r->format == ES_FORMAT_JSON ? print_json(r, p, err)
					 : print_text(r, p, err);
	if (rc < 0)
		return rc;
	return failed > 0 ? ES_EXIT_PARTIAL : ES_EXIT_DONE;
}

static int restore_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(dispose) struct restore r = { .call = call };

	/* the run is found first: a snapshot would move the last one */
	if (read_options(&r, err) < 0 || find_run(&r, err) < 0)
		return err->code;
	es_oid_text(r.id, es_commit_id(r.commit));
	if (look_before(&r, err) < 0)
		return err->code;
	return work(&r, err);
}

const struct es_cmd es_cmd_restore = {
	.name = "restore",
	.args = "[-f] [--at REV] [--to DIR] [--delete] [--apply] … PATH …",
	.summary = "put files back as they were recorded",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	.writes = true,
	ES_OPTS(restore_opts),
	.run = restore_run,
};
