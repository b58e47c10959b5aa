/* SPDX-License-Identifier: MIT */
/* parts.c - run commands, facts and checks beside the walk */
#include "config.h"

#include "cycle/parts_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/facts.h"
#include "etcsnap/listing.h"
#include "etcsnap/quote.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * The state has a row of this name for when commands ran: a listing with an
 * entry for each, whose mtime that is, and whose inode number stands for what
 * the configuration said of it. Directories' paths are empty or begin with a
 * slash.
 */
static const char ran_row[] = "commands";

static const struct {
	const char *word;
	enum es_part part;
} words[] = {
	{ "files", ES_PART_FILES },
	{ "commands", ES_PART_COMMANDS },
	{ "system", ES_PART_SYSTEM },
	{ "findings", ES_PART_FINDINGS },
};

static int part_of(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].word) == len &&
		    memcmp(words[i].word, word, len) == 0)
			return (int)words[i].part;
	return 0;
}

int es_parts_of(const struct es_conf *conf, struct es_error *err)
{
	size_t n;
	const struct es_conf_value *v =
		es_conf_values(conf, ES_CONF_COLLECT_PARTS, NULL, &n);
	const char *at = n ? v->text : "";
	int on = 0;

	for (at += strspn(at, " \t"); *at; at += strspn(at, " \t")) {
		size_t len = strcspn(at, " \t");
		int part = part_of(at, len);

		if (!part)
			return es_fail_config(err,
					      "%s:%u: parts has '%.*s'; it may "
					      "have files, commands, system "
					      "and findings",
					      ES_Q(v->file), v->line, (int)len,
					      at);
		on |= part;
		at += len;
	}
	return on;
}

/* -------------------------------------------------------------- commands */

static void read_ran(struct es_parts *p)
{
	struct es_error err = ES_ERROR_INIT;

	p->ran = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	if (!p->trusted || es_state_get(p->state, 0, ran_row, strlen(ran_row),
					&p->ran, &err) <= 0)
		es_buf_reset(&p->ran);
}

/* What the configuration says of a command, as a number. */
static uint64_t saying(const struct es_conf *conf, const char *name)
{
	uint64_t sum = 0;

	for (enum es_conf_id id = ES_CONF_COMMAND_RUN;
	     id <= ES_CONF_COMMAND_OPTIONAL; id++) {
		size_t n;
		const struct es_conf_value *v =
			es_conf_values(conf, id, name, &n);

		for (size_t i = 0; i < n; i++)
			sum = es_hash64(v[i].text, strlen(v[i].text) + 1,
					sum ^ (uint64_t)id);
	}
	return sum;
}

/* A command that the tip has nothing of did not run, whatever the row says. */
static bool is_recorded(const struct es_parts *p, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	struct es_oid oid;

	es_buf_addf(&path, "commands/%s", name);
	return !path.failed &&
	       es_tree_lookup(&oid, NULL, p->session->store, &p->tip_tree,
			      es_buf_str(&path), path.len, &err) > 0;
}

static int64_t last(void *payload, const char *name)
{
	const struct es_parts *p = payload;
	struct es_listing_reader r;
	struct es_entry e;

	if (es_listing_open(&r, es_buf_str(&p->ran), p->ran.len) < 0)
		return 0;
	while (es_listing_next(&r, &e) > 0) {
		if (e.name_len != strlen(name) ||
		    memcmp(e.name, name, e.name_len) != 0)
			continue;
		return e.ino == saying(p->session->conf, name) &&
				       is_recorded(p, name)
			       ? e.mtime_sec
			       : 0;
	}
	return 0;
}

static int start_commands(struct es_parts *p, struct es_error *err)
{
	struct es_commands_options o = {
		.conf = p->session->conf,
		.now = p->now,
		.payload = p,
		.last = last,
	};

	read_ran(p);
	return es_commands_start(&p->commands, &o, err);
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of all commands, sorted; owned, they themselves borrowed. */
static const char **command_names(const struct es_conf *conf, size_t *n)
{
	const char *const *names = es_conf_names(conf, "command", n);
	const char **sorted = reallocarray(NULL, *n + 1, sizeof(*sorted));

	if (sorted && *n > 0) {
		memcpy(sorted, names, *n * sizeof(*sorted));
		qsort(sorted, *n, sizeof(*sorted), name_cmp);
	}
	return sorted;
}

int es_parts_note(struct es_parts *p, struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	const struct es_conf *conf = p->session->conf;
	const struct es_entry self = {
		.name = ".",
		.name_len = 1,
		.watch = ES_WATCH_PASS,
		.type = ES_TYPE_DIR,
	};
	/* a state that is made anew has lost its row */
	bool changed = p->ran.len > 0 && es_state_is_dirty(p->state);
	size_t n;
	ES_CLEANUP(es_freep) const char **names = command_names(conf, &n);

	if (!p->commands)
		return 0;
	if (!names)
		return es_fail_oom(err);
	es_listing_begin(&w, &self);
	for (size_t i = 0; i < n; i++) {
		struct es_entry e = {
			.name = names[i],
			.name_len = strlen(names[i]),
			.watch = ES_WATCH_YES,
			.type = ES_TYPE_FILE,
			.has = ES_HAS_STAT,
			.mtime_sec = last(p, names[i]),
			.ino = saying(conf, names[i]),
		};

		if (!es_conf_number_of(conf, ES_CONF_COMMAND_EVERY, names[i]))
			continue;
		if (es_commands_ran(p->commands, names[i])) {
			e.mtime_sec = p->now;
			changed = true;
		}
		es_listing_add(&w, &e);
	}
	if (!changed)
		return 0;
	if (es_listing_end(&w, err) < 0)
		return err->code;
	return es_state_put(p->state, ran_row, strlen(ran_row), w.buf.data,
			    w.buf.len, err);
}

/* ----------------------------------------------------------------- facts */

static bool is_live(const struct es_parts *p)
{
	return strcmp(p->session->root, "/") == 0;
}

static void *run_facts(void *arg)
{
	struct es_parts *p = arg;
	const struct es_facts_options o = {
		.root = p->session->root,
		.live = is_live(p),
		.ids = p->session->ids,
		.packages = p->packages,
		.packages_error = p->packages_err.code,
	};

	es_facts_collect(p->texts, &o, &p->facts_err);
	return NULL;
}

/* A process without a second thread makes them right away. */
static void start_facts(struct es_parts *p)
{
	p->has_thread = pthread_create(&p->thread, NULL, run_facts, p) == 0;
	if (!p->has_thread)
		run_facts(p);
}

/* ---------------------------------------------------------------- checks */

/* The tip's text of a name. */
static int old_text(void *payload, const char *name, struct es_buf *out,
		    struct es_error *err)
{
	const struct es_parts *p = payload;
	struct es_store *st = p->session->store;
	struct es_oid oid;
	int rc = es_tree_lookup(&oid, NULL, st, &p->tip_tree, name,
				strlen(name), err);

	if (rc <= 0)
		return rc;
	es_buf_reset(out);
	return es_store_get(st, &oid, ES_KIND_BLOB, out, err) < 0 ? err->code
								  : 1;
}

static int start_checks(struct es_parts *p, uint64_t stamp,
			struct es_error *err)
{
	p->check_options = (struct es_checks_options){
		.root = p->session->root,
		.live = is_live(p),
		.full = p->options->full,
		.conf = p->session->conf,
		.ids = p->session->ids,
		.packages = p->packages,
		.stamp = p->trusted ? stamp : 0,
		.payload = p,
		.old = old_text,
	};
	if (es_checks_new(&p->checks, &p->check_options, err) < 0)
		return err->code;
	p->fresh = es_checks_fresh(p->checks);
	return 0;
}

int es_parts_dir(struct es_parts *p, const struct es_collect_dir *dir,
		 struct es_error *err)
{
	if (!p->checks || (dir->change == ES_COLLECT_SAME && !p->fresh))
		return 0;
	return es_checks_dir(p->checks, dir->path, dir->len, dir->listing,
			     dir->listing_len, dir->old, dir->old_len, err);
}

int es_parts_gone(struct es_parts *p, const char *path, size_t len,
		  struct es_error *err)
{
	return p->checks ? es_checks_gone(p->checks, path, len, err) : 0;
}

static bool is_check_on(const struct es_parts *p, const char *name)
{
	return es_conf_number_of(p->session->conf, ES_CONF_CHECK_ENABLED, name);
}

/*
 * Without the packages nothing can be said of what belongs to one. This is
 * one trouble and not one a check; es_parts_trees() tells it.
 */
static int keep_findings(struct es_parts *p, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(4096);

	for (size_t i = 0; i < es_checks_count(); i++) {
		if (!is_check_on(p, es_checks_name(i)))
			continue;
		es_buf_reset(&name);
		es_buf_addf(&name, "findings/%s", es_checks_name(i));
		if (es_texts_keep(p->texts, es_buf_str(&name), 0) < 0)
			return es_fail_oom(err);
	}
	return 0;
}

/* ------------------------------------------------------------ all of them */

static int put_commands(struct es_buf *out, const struct es_conf *conf,
			struct es_error *err)
{
	size_t n;
	ES_CLEANUP(es_freep) const char **names = command_names(conf, &n);

	if (!names)
		return es_fail_oom(err);
	for (size_t i = 0; i < n; i++)
		if (!es_conf_number_of(conf, ES_CONF_COMMAND_VOLATILE,
				       names[i]))
			es_buf_addf(out, "commands/%s\n", names[i]);
	return 0;
}

int es_parts_text(struct es_buf *out, const struct es_parts *p,
		  struct es_error *err)
{
	if (p->on & ES_PART_COMMANDS &&
	    put_commands(out, p->session->conf, err) < 0)
		return err->code;
	if (p->on & ES_PART_FILES)
		es_buf_adds(out, "files\n");
	for (size_t i = 0; i < es_checks_count(); i++)
		if (p->on & ES_PART_FINDINGS &&
		    is_check_on(p, es_checks_name(i)))
			es_buf_addf(out, "findings/%s\n", es_checks_name(i));
	if (p->on & ES_PART_SYSTEM)
		es_buf_adds(out, "system\n");
	return es_buf_check(out, err);
}

/* Only a whole run can say what there is no more. */
static int choose(struct es_parts *p, struct es_error *err)
{
	const int on = es_parts_of(p->session->conf, err);

	if (on < 0)
		return on;
	p->on = (unsigned int)on;
	if (!is_live(p))
		p->on &= ~(unsigned int)ES_PART_COMMANDS;
	if (p->options->n_paths == 0)
		return 0;
	if (!(p->on & ES_PART_FILES))
		return es_fail_config(err, "files are not among the parts that "
					   "are recorded; see [collect] parts");
	p->on = ES_PART_FILES;
	return 0;
}

int es_parts_begin(struct es_parts *p, uint64_t stamp, struct es_error *err)
{
	if (choose(p, err) < 0)
		return err->code;
	p->now = time(NULL);
	p->texts = es_texts_new();
	if (!p->texts)
		return es_fail_oom(err);
	/* before there are threads, and much memory to be forked */
	if (p->on & ES_PART_COMMANDS && start_commands(p, err) < 0)
		return err->code;
	if (!(p->on & (ES_PART_SYSTEM | ES_PART_FINDINGS)))
		return 0;
	if (es_packages_open(&p->packages, p->session->root, &p->packages_err) <
	    0)
		p->packages = NULL;
	if (p->on & ES_PART_FINDINGS && p->packages &&
	    start_checks(p, stamp, err) < 0)
		return err->code;
	if (p->on & ES_PART_SYSTEM)
		start_facts(p);
	return 0;
}

int es_parts_finish(struct es_parts *p, struct es_error *err)
{
	/* both may ask the user database, which only one thread can walk */
	if (p->has_thread)
		pthread_join(p->thread, NULL);
	p->has_thread = false;
	if (p->facts_err.code < 0) {
		*err = p->facts_err;
		return err->code;
	}
	if (p->checks && es_checks_run(p->checks, p->texts, err) < 0)
		return err->code;
	if (p->on & ES_PART_FINDINGS && !p->checks && keep_findings(p, err) < 0)
		return err->code;
	return p->commands ? es_commands_finish(p->commands, p->texts, err) : 0;
}

void es_parts_dispose(struct es_parts *p)
{
	if (p->has_thread)
		pthread_join(p->thread, NULL);
	es_commands_free(p->commands);
	es_checks_free(p->checks);
	es_packages_free(p->packages);
	es_texts_free(p->texts);
	es_buf_dispose(&p->ran);
}
