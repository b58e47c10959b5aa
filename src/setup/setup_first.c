/* SPDX-License-Identifier: MIT */
/* setup_first.c - repository, first snapshot, test mail */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/cycle.h"
#include "etcsnap/deliver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIGGER "setup"

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
	    es_deliver_check(s, NULL, err) < 0 || make_run(f, s, err) < 0)
		return err->code;
	return tell_channels(f, setup, s, err);
}

void es_setup_first_dispose(struct es_setup_first *f)
{
	free(f->repo);
	es_buf_dispose(&f->tested);
	*f = (struct es_setup_first){ 0 };
}
