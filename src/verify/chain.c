/* SPDX-License-Identifier: MIT */
/* chain.c - first parents, trailers, and what channels were told */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of run/summary that are looked at. */
#define SUMMARY_MAX ((size_t)1 << 20)

/* A branch being walked, newest commit first. */
struct walk {
	struct es_verify *v;
	struct es_error *err;
	const char *branch;
	bool main;
	int64_t newer; /* time of the commit before, which is newer */
	char *host;    /* of the commit before, owned */
};

/* ----------------------------------------------------------------- commits */

static bool is_format(const char *value)
{
	char *end;
	long n;

	if (!value || *value < '1' || *value > '9')
		return false;
	n = strtol(value, &end, 10);
	return *end == '\0' && n <= ES_FORMAT;
}

static void check_times(struct walk *w, const struct es_commit *c)
{
	char older[ES_TIME_LEN], newer[ES_TIME_LEN];

	if (es_commit_time(c) > w->newer)
		es_verify_tell_id(w->v, ES_VERIFY_WARNING, "commit",
				  es_commit_id(c),
				  "was made at %s, later than the one after it "
				  "(%s): the clock was set back",
				  es_clock_iso(older, es_commit_time(c)),
				  es_clock_iso(newer, w->newer));
	w->newer = es_commit_time(c);
}

static int check_host(struct walk *w, const struct es_commit *c)
{
	const char *host = es_commit_trailer(c, "Host", 0);

	if (!host || (w->host && strcmp(host, w->host) == 0))
		return 0;
	if (w->host)
		es_verify_tell_id(w->v, ES_VERIFY_WARNING, "commit",
				  es_commit_id(c),
				  "was made on %s, the one after it on %s",
				  ES_Q(host), ES_Q(w->host));
	free(w->host);
	w->host = strdup(host);
	return w->host ? 0 : es_fail_oom(w->err);
}

/* The line "run = UUID" of run/summary is the trailer Run. */
static bool tells_run(const struct es_buf *summary, const char *run)
{
	static const char key[] = "run = ";
	const size_t n = sizeof(key) - 1;
	const char *line = es_buf_str(summary);

	while (*line) {
		const size_t len = strcspn(line, "\n");

		if (len == strlen(run) + n && memcmp(line, key, n) == 0 &&
		    memcmp(line + n, run, len - n) == 0)
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}

static int check_run(struct walk *w, const struct es_commit *c)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(SUMMARY_MAX);
	struct es_store *st = w->v->s->store;
	const char *run = es_commit_trailer(c, "Run", 0);
	struct es_error why = ES_ERROR_INIT;
	struct es_oid id;

	if (!run ||
	    es_tree_lookup(&id, NULL, st, es_commit_tree(c), "run/summary", 11,
			   &why) <= 0 ||
	    es_store_get(st, &id, ES_KIND_BLOB, &text, &why) < 0)
		return why.code == -ENOMEM ? es_fail_oom(w->err) : 0;
	if (!tells_run(&text, run))
		es_verify_tell_id(w->v, ES_VERIFY_BAD, "commit",
				  es_commit_id(c),
				  "is not of the run that its run/summary "
				  "tells");
	return 0;
}

static int add_link(struct es_verify *v, const struct es_commit *c,
		    struct es_error *err)
{
	const size_t cap = v->n_chain & (v->n_chain - 1) ? 0
			   : v->n_chain			 ? 2 * v->n_chain
							 : 1;
	struct es_verify_link *more;

	if (cap) {
		more = reallocarray(v->chain, cap, sizeof(*more));
		if (!more)
			return es_fail_oom(err);
		v->chain = more;
	}
	v->chain[v->n_chain++] =
		(struct es_verify_link){ *es_commit_id(c), es_commit_time(c) };
	return 0;
}

/* Of the oldest commit: which one lies behind the boundary. */
static void note_behind(struct es_verify *v, const struct es_commit *c)
{
	ES_CLEANUP(es_verify_commit_dispose)
	struct es_verify_commit raw = ES_VERIFY_COMMIT_INIT;
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(ES_VERIFY_MAX);
	struct es_error ignored = ES_ERROR_INIT;

	v->cut = true;
	if (es_store_get(v->s->store, es_commit_id(c), ES_KIND_COMMIT, &text,
			 &ignored) == 0 &&
	    es_verify_commit_parse(&raw, &text, NULL, NULL) == 0)
		v->behind = raw.parent;
}

static int check_commit(struct walk *w, const struct es_commit *c)
{
	if (!is_format(es_commit_trailer(c, "Etcsnap-Format", 0)))
		es_verify_tell_id(w->v, ES_VERIFY_BAD, "commit",
				  es_commit_id(c),
				  "on %s is none of etcsnap: it has no trailer "
				  "Etcsnap-Format",
				  w->branch);
	check_times(w, c);
	if (check_host(w, c) < 0)
		return w->err->code;
	if (!w->main)
		return 0;
	if (es_commit_is_cut(c))
		note_behind(w->v, c);
	if (add_link(w->v, c, w->err) < 0)
		return w->err->code;
	return (w->v->o->what & ES_VERIFY_OBJECTS) ? check_run(w, c) : 0;
}

static int walk_branch(struct es_verify *v, const char *branch,
		       struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_error why = ES_ERROR_INIT;
	char name[64];
	struct walk w = { .v = v,
			  .err = err,
			  .branch = branch,
			  .main = strcmp(branch, "main") == 0,
			  .newer = INT64_MAX };
	struct es_verify_about about = { "reference", name, 0, NULL };
	const struct es_verify_ref *ref;
	int rc;

	about.len =
		(size_t)snprintf(name, sizeof(name), "refs/heads/%s", branch);
	ref = es_verify_ref(v, name);
	if (!ref)
		return 0;
	rc = es_history_new(&h, v->s->store, &ref->oid, &why);
	while (rc >= 0) {
		ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;

		rc = es_history_next(h, &c, &why);
		if (rc <= 0)
			break;
		rc = check_commit(&w, c);
		if (rc < 0) {
			free(w.host);
			return rc;
		}
	}
	free(w.host);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		es_verify_tell(v, ES_VERIFY_BAD, &about,
			       "its chain is broken: %s", why.msg);
	return 0;
}

/* -------------------------------------------------------------- references */

size_t es_verify_place(const struct es_verify *v, const struct es_oid *id)
{
	for (size_t i = 0; i < v->n_chain; i++)
		if (es_oid_equal(&v->chain[i].id, id))
			return i;
	return SIZE_MAX;
}

static bool is_below(const char *name, const char *dir)
{
	return strncmp(name, dir, strlen(dir)) == 0;
}

/* Whether a commit, as far as it can be read, may be older than another. */
static bool may_be_older(struct es_verify *v, const struct es_oid *id,
			 int64_t than)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;
	struct es_error ignored = ES_ERROR_INIT;

	return es_commit_read(&c, v->s->store, id, &ignored) < 0 ||
	       es_commit_time(c) <= than;
}

/* Whether a commit is one of a branch's; else whether its history is cut, and
 * the commit so old that it may have gone with the rest. */
static bool is_on(struct es_verify *v, const struct es_verify_ref *ref,
		  const char *branch, bool *cut)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_error ignored = ES_ERROR_INIT;
	struct es_oid tip;

	*cut = false;
	if (strcmp(branch, "main") == 0) {
		*cut = v->cut && may_be_older(v, &ref->oid,
					      v->chain[v->n_chain - 1].when);
		return es_verify_place(v, &ref->oid) != SIZE_MAX;
	}
	if (es_store_tip(&tip, v->s->store, branch, &ignored) <= 0 ||
	    es_history_new(&h, v->s->store, &tip, &ignored) < 0)
		return false;
	for (;;) {
		ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;

		if (es_history_next(h, &c, &ignored) <= 0)
			return false;
		*cut = es_commit_is_cut(c) &&
		       may_be_older(v, &ref->oid, es_commit_time(c));
		if (es_oid_equal(es_commit_id(c), &ref->oid))
			return true;
	}
}

/* What remembers what was told to whom: refs/etcsnap/delivered/KIND/CHANNEL. */
static bool is_mark(const char *name)
{
	static const char *const dirs[] = { "refs/etcsnap/delivered/",
					    "refs/etcsnap/owed/",
					    "refs/etcsnap/sending/" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (is_below(name, dirs[i]))
			return true;
	return false;
}

/* Those of logs are on logs, all others on main. */
static void check_told(struct es_verify *v, const struct es_verify_ref *ref)
{
	const char *kind = strchr(ref->name + strlen("refs/etcsnap/"), '/');
	const char *branch = kind && is_below(kind, "/logs/") ? "logs" : "main";
	const struct es_verify_about about = {
		"reference", ref->name, strlen(ref->name),
		"set it to a commit of the branch by 'etcsnap git update-ref'"
	};
	char hex[ES_OID_HEX + 1];
	bool cut;

	if (is_on(v, ref, branch, &cut))
		return;
	es_oid_text(hex, &ref->oid);
	if (cut)
		es_verify_tell(v, ES_VERIFY_WARNING, &about,
			       "points to %s, which is on %s no more; it may "
			       "be older than what is kept",
			       hex, branch);
	else
		es_verify_tell(v, ES_VERIFY_BAD, &about,
			       "points to %s, which is not on %s", hex, branch);
}

/* Of a channel that the configuration has, where it has any. */
static void check_channel(struct es_verify *v, const struct es_verify_ref *ref)
{
	const char *name = strrchr(ref->name, '/') + 1;
	const struct es_verify_about about = {
		"reference", ref->name, strlen(ref->name),
		"when it is not needed, remove it by 'etcsnap git update-ref "
		"-d'"
	};
	const char *const *names;
	size_t n;

	names = es_conf_names(v->s->conf, "channel", &n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return;
	if (n)
		es_verify_tell(v, ES_VERIFY_WARNING, &about,
			       "is of no channel that there is");
}

static void check_unknown(struct es_verify *v, const struct es_verify_ref *ref)
{
	const struct es_verify_about about = {
		"reference", ref->name, strlen(ref->name),
		"when nobody made it, remove it by 'etcsnap git update-ref -d'"
	};

	es_verify_tell(v, ES_VERIFY_WARNING, &about,
		       "is none of etcsnap's references");
}

/* Ours, and where git and people put theirs. */
static bool is_known(const char *name)
{
	static const char *const names[] = { "refs/heads/main",
					     "refs/heads/daily",
					     "refs/heads/monthly",
					     "refs/heads/logs", "refs/stash" };
	static const char *const dirs[] = { "refs/tags/", "refs/remotes/",
					    "refs/notes/", "refs/worktree/",
					    "refs/bisect/" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (is_below(name, dirs[i]))
			return true;
	return is_mark(name);
}

static void check_ref(struct es_verify *v, const struct es_verify_ref *ref)
{
	if (!is_known(ref->name))
		check_unknown(v, ref);
	if (is_mark(ref->name)) {
		check_told(v, ref);
		check_channel(v, ref);
	}
}

/* Whatever else there is came from main. */
static void check_main(struct es_verify *v)
{
	static const char name[] = "refs/heads/main";
	const struct es_verify_about about = {
		"reference", name, sizeof(name) - 1,
		"write the newest commit that nothing points to into it"
	};

	if (es_verify_ref(v, name))
		return;
	if (v->n_refs || v->n_boundary ||
	    (v->audit && es_audit_count(v->audit) > 0))
		es_verify_tell(v, ES_VERIFY_BAD, &about, "is missing");
}

int es_verify_chain(struct es_verify *v, struct es_error *err)
{
	static const char *const branches[] = { "main", "daily", "monthly" };

	check_main(v);
	for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++)
		if (walk_branch(v, branches[i], err) < 0)
			return err->code;
	v->totals->chain = v->n_chain;
	for (size_t i = 0; i < v->n_refs; i++)
		check_ref(v, &v->refs[i]);
	return 0;
}
