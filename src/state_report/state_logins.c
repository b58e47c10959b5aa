/* SPDX-License-Identifier: MIT */
/* state_logins.c - who logged in since the last report, and who failed to */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/logins.h"

/* Of each kind. */
#define ROWS_MAX 200

static size_t shown(size_t n)
{
	return n < ROWS_MAX ? n : ROWS_MAX;
}

int state_logins(struct state_job *job, struct es_error *err)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *l = NULL;
	struct es_doc *obj = es_doc_object(job->doc, "logins");
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	const struct es_mask_set *masks;
	struct es_doc *list;
	uint64_t failed = 0;

	if (es_logins_read(&l, job->in->root, job->since, job->in->now, err) <
		    0 ||
	    es_patch_masks(&masks, &hmac, &job->in->patch, err) < 0 ||
	    es_logins_hide(l, masks, hmac, err) < 0)
		return err->code;
	es_doc_bool(obj, "missing", l->missing);
	list = es_doc_array(obj, "sessions");
	for (size_t i = 0; i < shown(l->n_sessions); i++)
		es_login_doc(es_doc_push(list), &l->sessions[i]);
	list = es_doc_array(obj, "failures");
	for (size_t i = 0; i < shown(l->n_failures); i++)
		es_login_failure_doc(es_doc_push(list), &l->failures[i]);
	list = es_doc_array(obj, "switches");
	for (size_t i = 0; i < shown(l->n_switches); i++)
		es_login_switch_doc(es_doc_push(list), &l->switches[i]);
	for (size_t i = 0; i < l->n_failures; i++)
		failed += l->failures[i].count;
	es_doc_number(obj, "failed", (int64_t)failed);
	es_doc_number(obj, "dropped",
		      (int64_t)(l->dropped + l->n_sessions -
				shown(l->n_sessions) + l->n_failures -
				shown(l->n_failures) + l->n_switches -
				shown(l->n_switches)));
	return 0;
}
