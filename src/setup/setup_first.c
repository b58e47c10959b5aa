/* SPDX-License-Identifier: MIT */
/* setup_first.c - repository, first snapshot, test mail; removing it all */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/cycle.h"
#include "etcsnap/deliver.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "etcsnap/spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIGGER "setup"

/* Seconds for which rm(1) is waited for. */
#define DEADLINE 3600

/* --- the repository ------------------------------------------------------- */

static int make_repository(struct es_setup_first *f, struct es_setup *setup,
			   struct es_error *err)
{
	const struct es_session_options where = { 0 };
	ES_CLEANUP(es_session_freep) struct es_session *s = NULL;
	ES_CLEANUP(es_store_freep) struct es_store *st = NULL;
	ES_CLEANUP(es_freep) char *old = NULL;
	struct es_error why = ES_ERROR_INIT;

	if (es_session_new(&s, &where, 0, err) < 0)
		return err->code;
	f->repo = strdup(s->repo_path);
	if (!f->repo)
		return es_fail_oom(err);
	if (es_store_open(&st, s->repo_path, &why) == 0)
		return 0;
	if (why.code != -ENOENT) {
		*err = why;
		return err->code;
	}
	f->made = true;
	if (es_setup_record_making(setup, s->repo_path, err) < 0 ||
	    es_session_init(s, false, &old, err) < 0)
		return err->code;
	return es_setup_record_making(setup, NULL, err);
}

static int make_run(struct es_setup_first *f, struct es_session *s,
		    struct es_error *err)
{
	const struct es_cycle_options o = {
		.trigger = TRIGGER,
		.wait = (unsigned int)es_conf_number(s->conf,
						     ES_CONF_COLLECT_WAIT),
	};
	struct es_cycle_result r = { 0 };
	struct es_oid tip;
	int rc = es_store_tip(&tip, s->store, "main", err);

	if (rc < 0 || (rc > 0 && !f->always))
		return rc < 0 ? rc : 0;
	rc = es_cycle_run(&r, s, &o, err);
	if (rc == 0 && r.changed) {
		es_oid_text(f->run, &r.commit);
		f->first = r.first;
		f->unread = (size_t)r.totals.unread;
	}
	es_cycle_dispose(&r);
	es_store_unlock(s->store);
	return rc;
}

/* --- mail ----------------------------------------------------------------- */

static int test_channel(struct es_setup_first *f, struct es_setup *setup,
			struct es_session *s, const char *name,
			struct es_error *err)
{
	const struct es_deliver_options o = {
		.channel = name,
		.force = true,
		.test = true,
	};
	struct es_deliver_result r;
	int rc = es_deliver_due(&r, s, &o, err);

	if (rc == 0 && r.sent) {
		es_buf_addf(&f->tested, "test mail sent by channel '%s'\n",
			    name);
		rc = es_setup_record_test(setup, name, err);
	} else if (rc == 0) {
		f->failed++;
		es_buf_addf(&f->tested, "test mail by channel '%s' failed: %s",
			    name,
			    r.notice.len ? es_buf_str(&r.notice)
					 : "nothing was sent\n");
	}
	es_deliver_dispose(&r);
	return rc;
}

/* What is due goes first: that begins every channel at the tip. */
static int tell_channels(struct es_setup_first *f, struct es_setup *setup,
			 struct es_session *s, struct es_error *err)
{
	const struct es_deliver_options due = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *status = es_doc_new();
	const struct es_doc *list;
	struct es_deliver_result r;
	int rc = es_deliver_due(&r, s, &due, err);

	es_deliver_dispose(&r);
	if (!status)
		return es_fail_oom(err);
	if (rc < 0 || es_deliver_status(status, s, err) < 0)
		return rc < 0 ? rc : err->code;
	list = es_doc_get(status, "channels");
	for (size_t i = 0; rc == 0 && i < es_doc_len(list); i++) {
		const struct es_doc *c = es_doc_at(list, i);
		const char *name = es_doc_get_str(c, "name");
		const char *type = es_doc_get_str(c, "type");

		if (!name || !type || strcmp(type, "mail") != 0)
			continue;
		f->mails++;
		if (f->test && !es_setup_record_tested(setup, name))
			rc = test_channel(f, setup, s, name, err);
	}
	return rc;
}

int es_setup_first(struct es_setup_first *f, struct es_setup *setup,
		   struct es_error *err)
{
	const struct es_session_options where = { 0 };
	ES_CLEANUP(es_session_freep) struct es_session *s = NULL;

	f->tested = (struct es_buf)ES_BUF_INIT(1 << 20);
	if (make_repository(f, setup, err) < 0 ||
	    es_session_new(&s, &where,
			   ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
			   err) < 0 ||
	    es_deliver_check(s, err) < 0 || make_run(f, s, err) < 0)
		return err->code;
	return tell_channels(f, setup, s, err);
}

void es_setup_first_dispose(struct es_setup_first *f)
{
	free(f->repo);
	es_buf_dispose(&f->tested);
	*f = (struct es_setup_first){ 0 };
}

/* --- removing it ---------------------------------------------------------- */

/* @argv: "rm", options, "--" and paths. */
static int run_rm(const char *const *argv, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf reason = ES_BUF_INIT(4096);
	const struct es_spawn rm = {
		.argv = argv,
		.out = &said,
		.complaint = &said,
		.seconds = DEADLINE,
	};
	int rc = es_spawn_run(&rm, err);

	if (rc <= 0)
		return rc;
	es_spawn_reason(&reason, &said);
	return es_fail(err, -EIO, "cannot remove the repository: %s",
		       es_buf_str(&reason));
}

int es_setup_clean(struct es_setup *s, struct es_error *err)
{
	const char *making = es_doc_get_str(s->done, "making");
	const char *argv[] = { "rm", "-rf",  "--one-file-system",
			       "--", making, NULL };
	ES_CLEANUP(es_store_freep) struct es_store *st = NULL;
	struct es_error why = ES_ERROR_INIT;

	if (!making || *making != '/' ||
	    es_store_open(&st, making, &why) == 0 || why.code == -ENOENT)
		return 0;
	return run_rm(argv, err);
}

/* "DIR/NAME" of all that lies beside the repository, owned. */
static int name_beside(char *paths[ES_SESSION_BESIDE_MAX], const char *repo,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(8192);
	size_t n;
	const char *const *names = es_session_beside(&n);

	es_path_dirname(&dir, repo);
	if (es_buf_check(&dir, err) < 0)
		return err->code;
	for (size_t i = 0; i < n; i++)
		if (asprintf(&paths[i], "%s/%s", dir.data, names[i]) < 0) {
			paths[i] = NULL;
			return es_fail_oom(err);
		}
	return 0;
}

int es_setup_purge(const char *repo, struct es_error *err)
{
	enum {
		FIRST = 4
	};
	ES_CLEANUP(es_store_freep) struct es_store *st = NULL;
	char *paths[ES_SESSION_BESIDE_MAX + 1] = { NULL };
	const char *argv[FIRST + 1 + ES_SESSION_BESIDE_MAX + 1] = {
		"rm", "-rf", "--one-file-system", "--", repo,
	};
	struct es_error why = ES_ERROR_INIT;
	int rc;

	/* what is there and no repository of ours is nothing to remove */
	if (es_store_open(&st, repo, &why) < 0 && why.code != -ENOENT) {
		*err = why;
		return err->code;
	}
	rc = name_beside(paths, repo, err);
	for (size_t i = 0; paths[i]; i++)
		argv[FIRST + 1 + i] = paths[i];
	if (rc == 0)
		rc = run_rm(argv, err);
	for (size_t i = 0; paths[i]; i++)
		free(paths[i]);
	es_setup_sweep(repo);
	return rc;
}
