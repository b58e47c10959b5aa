/* SPDX-License-Identifier: MIT */
/* cycle.c - one collection run, from the walk to the moved branch */
#include "config.h"

#include "etcsnap/cycle.h"

#include "cycle/cycle_priv.h"
#include "cycle/key_priv.h"
#include "cycle/polite_priv.h"
#include "cycle/rekey_priv.h"
#include "cycle/signing_priv.h"
#include "etcsnap/clock.h"
#include "etcsnap/commit.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Seconds that clocks differ by without anybody having set one. */
#define CLOCK_SLACK 60

static int find_tip(struct cycle *c, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	int rc = es_store_tip(&c->tip, c->session->store, "main", err);

	if (rc < 0)
		return rc;
	c->result->first = rc == 0;
	if (rc == 0)
		return 0;
	if (es_commit_read(&tip, c->session->store, &c->tip, err) < 0)
		return err->code;
	c->tip_time = es_commit_time(tip);
	if (!c->options->dry)
		es_cycle_resolve(c, tip);
	c->result->old_tree = *es_commit_tree(tip);
	c->result->tree = c->result->old_tree;
	c->snap.tip_tree = c->result->old_tree;
	return 0;
}

/*
 * Rows are believed only if they describe the tip and were made by this very
 * program under this key. Other rules only ask for new decisions, other owner
 * names only for new manifests.
 */
static int open_state(struct cycle *c, struct es_error *err)
{
	struct es_session *s = c->session;
	const struct es_state_basis *was;
	int parts = es_parts_of(s->conf, err);

	if (parts < 0)
		return parts;
	/* rows of files end where files are switched off */
	c->basis.rules = es_rules_hash(s->rules) ^
			 !((unsigned int)parts & ES_PART_FILES);
	c->basis.ids = es_ids_hash(s->ids);
	c->basis.program = es_hash64(VERSION, strlen(VERSION), ES_FORMAT);
	c->basis.key = c->rekey.ours;
	if (es_state_open(&c->state, s->state_path, c->snap.lanes, err) < 0)
		return err->code;
	if (es_state_problem(c->state))
		es_buf_addf(&c->result->notice,
			    "%sstate cache: %s; everything "
			    "is read again",
			    c->result->notice.len ? "; " : "",
			    es_state_problem(c->state));
	was = es_state_basis(c->state);
	c->snap.state = c->state;
	c->snap.trusted = was && !c->options->blind && !c->result->first &&
			  memcmp(was->commit, c->tip.id, ES_OID_LEN) == 0 &&
			  was->program == c->basis.program &&
			  was->key == c->basis.key && !c->rekey.other;
	if (!c->snap.trusted) {
		es_state_reset(c->state);
		return 0;
	}
	c->decided = was->rules == c->basis.rules;
	c->basis.checks = was->checks;
	c->snap.rewrite = was->ids != c->basis.ids;
	return 0;
}

/* Those beside the repository, itself, and a key of somebody's choice. */
#define OWN_FILES (ES_SESSION_BESIDE_MAX + 3)

/* How the folder of a repository is called that is there for it alone. */
#define OWN_DIR "/etcsnap"

static void skip_file(struct es_collect_skip *skip, size_t *n, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		skip[(*n)++] = (struct es_collect_skip){ st.st_dev, st.st_ino };
}

/* Repository, state and key are never watched, whatever the patterns say. */
static size_t own_files(const struct es_session *s,
			struct es_collect_skip skip[OWN_FILES])
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	size_t names, len, n = 0;
	const char *const *beside = es_session_beside(&names);

	skip_file(skip, &n, s->repo_path);
	skip_file(skip, &n, es_conf_text(s->conf, ES_CONF_REPOSITORY_SIGN_KEY));
	es_path_dirname(&path, s->repo_path);
	len = path.len;
	/* a folder of our own as a whole: files in it are replaced */
	if (len > strlen(OWN_DIR) &&
	    strcmp(path.data + len - strlen(OWN_DIR), OWN_DIR) == 0)
		skip_file(skip, &n, path.data);
	for (size_t i = 0; i < names; i++) {
		es_buf_truncate(&path, len);
		es_buf_addf(&path, "/%s", beside[i]);
		skip_file(skip, &n, es_buf_str(&path));
	}
	return n;
}

static int begin_parts(struct cycle *c, struct es_error *err)
{
	c->parts.session = c->session;
	c->parts.options = c->options;
	c->parts.state = c->state;
	c->parts.tip_tree = c->result->old_tree;
	c->parts.trusted = c->snap.trusted;
	c->snap.parts = &c->parts;
	return es_parts_begin(&c->parts, c->basis.checks, err);
}

static int walk(struct cycle *c, struct es_error *err)
{
	const struct es_session *s = c->session;
	struct es_collect_skip skip[OWN_FILES];
	struct es_collect_io io;
	struct es_collect_options o = {
		.rules = s->rules,
		.root = s->root,
		.lanes = c->lanes,
		.lanes_max = c->lanes_max,
		.rate = (uint64_t)es_conf_number(s->conf, ES_CONF_COLLECT_RATE),
		.key = s->key,
		.full = c->options->full,
		.decided = c->decided,
		.network = es_conf_number(s->conf, ES_CONF_COLLECT_NETWORK),
		.began = c->began,
		.skip = skip,
		.n_skip = own_files(s, skip),
		.only = c->options->paths,
		.n_only = c->options->n_paths,
	};

	if (!(c->parts.on & ES_PART_FILES)) {
		if (!c->decided)
			es_state_reset(c->state);
		return 0;
	}
	es_snapshot_io(&c->snap, &io);
	return es_collect_run(&c->result->totals, &o, &io, err);
}

/*
 * Masks run over a person's words too: a password slips in anywhere. Line
 * breaks at the end are nobody's words.
 */
static int hide_words(struct cycle *c, struct es_buf *out, const char *words,
		      struct es_error *err)
{
	if (!words || !*words)
		return 0;
	if (es_context_hide(out, c->session, words, strlen(words), err) < 0)
		return err->code;
	while (out->len && out->data[out->len - 1] == '\n')
		es_buf_truncate(out, out->len - 1);
	return es_buf_check(out, err);
}

static int write_commit(struct cycle *c, const struct es_run *run,
			struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(4096);
	ES_CLEANUP(es_buf_dispose) struct es_buf mail = ES_BUF_INIT(4096);
	ES_CLEANUP(es_buf_dispose) struct es_buf self = ES_BUF_INIT(4096);
	struct es_store *st = c->session->store;

	if (es_run_message(&text, run, err) < 0 ||
	    es_run_author(&name, &mail, c->session, err) < 0)
		return err->code;
	es_buf_addf(&self, "etcsnap@%s", c->session->host);

	struct es_commit_draft d = {
		.tree = c->result->tree,
		.parent = c->tip,
		.author = { es_buf_str(&name), es_buf_str(&mail), run->started,
			    es_clock_offset(run->started) },
		.committer = { "etcsnap", es_buf_str(&self), run->ended,
			       es_clock_offset(run->ended) },
		.message = es_buf_str(&text),
		.signer = c->session->signer,
	};
	struct es_oid id;

	if (es_commit_write(&id, c->snap.lane[0], &d, err) < 0 ||
	    es_store_install(st, err) < 0 ||
	    es_store_move(st, "main", &id, &c->tip, err) < 0)
		return err->code;
	c->result->commit = id;
	c->tip = id;
	return 0;
}

static void text_trouble(void *payload, unsigned int unread, const char *name)
{
	struct cycle *c = payload;

	c->result->totals.unread++;
	es_snapshot_trouble(&c->snap, unread, name);
}

static int compare_texts(struct cycle *c, struct es_error *err)
{
	struct es_oid old;

	if (es_parts_finish(&c->parts, err) < 0 ||
	    es_parts_trees(c->texts, &c->parts, c->snap.lane[0], text_trouble,
			   c, err) < 0)
		return err->code;
	for (int i = 0; i < ES_PARTS_COUNT; i++) {
		const char *name = es_parts_names[i];

		memset(&old, 0, sizeof(old));
		if (es_tree_lookup(&old, NULL, c->session->store,
				   &c->result->old_tree, name, strlen(name),
				   err) < 0)
			return err->code;
		c->result->changed |= !es_oid_equal(&old, &c->texts[i]);
	}
	return 0;
}

/* Are the parts that decide about a commit the same as the tip's? */
static int compare(struct cycle *c, struct es_dir_trees *trees,
		   struct es_error *err)
{
	struct es_dir_trees old;

	*trees = (struct es_dir_trees){ 0 };
	if ((c->parts.on & ES_PART_FILES &&
	     es_snapshot_trees(&c->snap, trees, err) < 0) ||
	    es_dir_lookup(&old, c->session->store, &c->result->old_tree, "", 0,
			  err) < 0 ||
	    compare_texts(c, err) < 0)
		return err->code;
	c->result->changed |= c->result->first ||
			      !es_oid_equal(&old.files, &trees->files) ||
			      !es_oid_equal(&old.meta, &trees->meta);
	return 0;
}

static int compare_errors(struct cycle *c, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf old = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid oid;
	int rc;

	rc = es_tree_lookup(&oid, NULL, c->session->store, &c->result->old_tree,
			    "run/errors", 10, err);
	if (rc > 0)
		rc = es_store_get(c->session->store, &oid, ES_KIND_BLOB, &old,
				  err);
	if (rc < 0 ||
	    es_snapshot_errors(&c->snap, &old, &c->result->errors, err) < 0)
		return err->code;
	c->result->errors_changed =
		strcmp(es_buf_str(&old), es_buf_str(&c->result->errors)) != 0;
	return 0;
}

static int record_with(struct cycle *c, const struct es_dir_trees *trees,
		       const struct es_context *context, int64_t ended,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf note = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf trigger = ES_BUF_INIT(1 << 20);
	struct es_run run = {
		.session = c->session,
		.options = c->options,
		.result = c->result,
		.rekey = &c->rekey,
		.note = &note,
		.trigger = &trigger,
		.started = c->started,
		.context = context,
		.ended = ended,
	};
	struct es_oid oid;

	if (es_run_id(run.id, err) < 0 ||
	    hide_words(c, &note, c->options->message, err) < 0 ||
	    hide_words(c, &trigger, c->options->trigger, err) < 0 ||
	    es_cycle_write_run(&oid, c, &run, err) < 0 ||
	    es_cycle_write_root(c, trees, &oid, err) < 0)
		return err->code;
	if (!c->result->first &&
	    es_delta_new(&c->result->delta, c->session->store,
			 &c->result->old_tree, &c->result->tree, NULL, 0,
			 err) < 0)
		return err->code;
	return c->options->dry ? 0 : write_commit(c, &run, err);
}

/*
 * Before a commit follows one of a later time, or of another machine, a person
 * should know: the clock was set back, or this is a copy or has a new name.
 */
static int note_odd(struct cycle *c, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *tip = NULL;
	struct es_buf *notice = &c->result->notice;
	const struct es_session *s = c->session;
	char when[ES_TIME_LEN];
	const char *host;

	if (c->result->first)
		return 0;
	if (es_commit_read(&tip, s->store, &c->tip, err) < 0)
		return err->code;
	if (c->tip_time > c->started + CLOCK_SLACK)
		es_buf_addf(notice,
			    "%sthe last run was at %s, later than now: is the "
			    "clock right?",
			    notice->len ? "; " : "",
			    es_clock_iso(when, c->tip_time));
	host = es_commit_trailer(tip, "Host", 0);
	if (host && strcmp(host, s->host) != 0)
		es_buf_addf(notice,
			    "%sthe last run was on '%s', this is '%s': if it "
			    "is another machine, 'etcsnap init --reset' gives "
			    "it a repository of its own",
			    notice->len ? "; " : "", ES_Q(host), ES_Q(s->host));
	return 0;
}

/* Who was there and what package managers did is told from the tip on. */
static int record(struct cycle *c, const struct es_dir_trees *trees,
		  struct es_error *err)
{
	struct es_context context = { 0 };
	int64_t now = es_clock_now().tv_sec;
	const struct es_context_source source = {
		.session = c->session,
		.packages = c->parts.packages,
		.tip = c->tip,
		.old_tree = c->result->old_tree,
		.trees = *trees,
		.from = c->result->first ? now : c->tip_time,
		.to = now,
	};
	int rc = note_odd(c, err);

	if (rc == 0)
		rc = es_context_read(&context, &source, err);
	if (rc == 0)
		rc = record_with(c, trees, &context, now, err);
	es_context_dispose(&context);
	return rc;
}

/*
 * Where a run did not get everywhere, rows and manifests are left that rules
 * or owner names of then have made. The next run must not take them for
 * today's.
 */
static void keep_basis(struct cycle *c)
{
	if (c->options->n_paths == 0 && c->result->totals.kept == 0)
		return;
	if (!c->decided)
		c->basis.rules = 0;
	if (!c->snap.trusted || c->snap.rewrite)
		c->basis.ids = 0;
}

/*
 * Directories whose rows are new, and that no check looked at, must be looked
 * at by the next run, though nothing changes until then.
 */
static void keep_checks(struct cycle *c)
{
	if (c->parts.checks)
		c->basis.checks = es_checks_stamp(c->parts.checks);
	else if (c->options->n_paths == 0 || es_state_is_dirty(c->state))
		c->basis.checks = 0;
}

/* The commit stands already: a cache that cannot be saved costs only time. */
static void save_state(struct cycle *c)
{
	struct es_error err = ES_ERROR_INIT;

	if (es_parts_note(&c->parts, &err) == 0 &&
	    es_state_save(c->state, &c->basis, &err) == 0)
		return;
	es_buf_reset(&c->result->notice);
	es_buf_addf(&c->result->notice,
		    "%s; the next run reads everything again", err.msg);
}

/* That a run ended, and whether it looked at everything. */
static int mark(struct cycle *c, struct es_error *err)
{
	/* of what was not looked at nobody can say that all is well */
	if (c->options->n_paths)
		return 0;
	if ((c->options->full || c->result->first) &&
	    es_store_mark_full(c->session->store, err) < 0)
		return err->code;
	return es_store_mark_run(c->session->store, err);
}

static int run_locked(struct cycle *c, struct es_error *err)
{
	struct es_dir_trees trees;

	if (find_tip(c, err) < 0 || open_state(c, err) < 0 ||
	    begin_parts(c, err) < 0 || walk(c, err) < 0 ||
	    compare(c, &trees, err) < 0 || compare_errors(c, err) < 0)
		return err->code;
	/* else every run would find that the key is another one */
	if (c->rekey.other && !c->options->n_paths && !c->result->first)
		c->result->changed = true;
	if (c->result->changed && record(c, &trees, err) < 0)
		return err->code;
	if (c->options->dry)
		return 0;
	memcpy(c->basis.commit, c->tip.id, ES_OID_LEN);
	keep_basis(c);
	keep_checks(c);
	save_state(c);
	if (c->result->changed)
		es_cycle_retain(c);
	es_signing_note(c->session, &c->result->notice);
	return mark(c, err);
}

static void set_lanes(struct cycle *c)
{
	c->lanes = (unsigned int)es_conf_number(c->session->conf,
						ES_CONF_COLLECT_THREADS);
	if (c->lanes > 0)
		return;
	c->lanes = es_collect_lanes();
	c->lanes_max = ES_COLLECT_LANES_WAITING;
}

int es_cycle_run(struct es_cycle_result *out, struct es_session *s,
		 const struct es_cycle_options *options, struct es_error *err)
{
	struct cycle c = {
		.session = s,
		.options = options,
		.result = out,
		.began = es_clock_coarse(),
		.started = es_clock_now().tv_sec,
	};
	int rc = 0, end;

	*out = (struct es_cycle_result){
		.errors = ES_BUF_INIT(ES_BUF_MAX),
		.notice = ES_BUF_INIT(4096),
	};
	if (!options->dry)
		rc = es_store_lock(s->store, options->wait, err);
	if (rc == 0)
		rc = es_rekey_begin(&c.rekey, s, options, &out->notice, err);
	if (rc < 0)
		return rc;
	out->rekeyed = c.rekey.other && !options->n_paths;
	es_polite_begin(s->conf, &out->notice);
	set_lanes(&c);
	rc = es_snapshot_init(&c.snap, s, c.lanes_max ? c.lanes_max : c.lanes,
			      err);
	c.snap.options = options;
	if (rc == 0)
		rc = run_locked(&c, err);
	es_parts_dispose(&c.parts);
	es_state_free(c.state);
	es_snapshot_dispose(&c.snap);
	if (rc < 0 || !options->dry)
		es_store_discard(s->store);
	end = es_rekey_end(s, options, !es_oid_is_none(&out->commit), err);
	return rc < 0 ? rc : end;
}

void es_cycle_dispose(struct es_cycle_result *r)
{
	es_delta_free(r->delta);
	r->delta = NULL;
	es_buf_dispose(&r->errors);
	es_buf_dispose(&r->notice);
}
