/* SPDX-License-Identifier: MIT */
/* report_state.c - etcsnap report --state: how the machine is doing */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/deliver.h"
#include "etcsnap/fileio.h"
#include "etcsnap/state_report.h"

#include <stdio.h>
#include <string.h>

static int print(struct es_call *call, const struct es_form *f,
		 const struct es_doc *doc, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);

	if (f->json)
		es_doc_write(doc, &text, true);
	else if (es_state_report_render(&text, f->templates, f->template, doc,
					call->color && !f->file, err) < 0)
		return err->code;
	return es_form_print(call, f, &text, err);
}

/* Beside the repository, as the state cache. */
static int trend_path(struct es_buf *out, const struct es_session *s,
		      struct es_error *err)
{
	es_path_dirname(out, s->state_path);
	es_buf_adds(out, "/trend");
	return es_buf_check(out, err);
}

/* What was looked at by hand for another time is no news for the next report;
 * one that cannot be remembered is told all the same. */
static void remember(const struct es_call *call,
		     const struct es_state_input *in, const struct es_doc *doc)
{
	struct es_error why = ES_ERROR_INIT;

	if (in->since || es_state_report_remember(in, doc, &why) == 0)
		return;
	if (call->verbosity >= 0)
		fprintf(stderr, "etcsnap: %s\n", why.msg);
}

static int read_options(struct es_state_input *in, struct es_call *call,
			struct es_error *err)
{
	const struct es_args *a = &call->args;
	const struct es_session *s = call->session;
	const char *since = es_opt_get(a, "since");

	if (a->n_operands || es_opt_has(a, "day") || es_opt_has(a, "until"))
		return es_fail_config(err, "--state is about now; it goes with "
					   "--since alone");
	*in = (struct es_state_input){
		.conf = s->conf,
		.st = s->store,
		.ids = s->ids,
		.host = s->host,
		.root = s->root,
		.patch = { .rules = s->rules,
			   .key = s->has_key ? s->key : NULL },
		.now = es_clock_now().tv_sec,
		.commands = strcmp(s->root, "/") == 0,
	};
	if (since && es_clock_parse(&in->since, since, in->now, err) < 0)
		return err->code;
	return 0;
}

int es_report_state(struct es_call *call, struct es_error *err)
{
	static const struct es_form_names names = { "state.txt", "state.html",
						    false };
	ES_CLEANUP(es_buf_dispose) struct es_buf trend = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_doc_freep) struct es_doc *channels = es_doc_new();
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	ES_CLEANUP(es_form_dispose) struct es_form f = { 0 };
	struct es_state_input in = { 0 };
	bool fine;

	if (!channels)
		return es_fail_oom(err);
	if (es_form_pick(&f, call, &names, err) < 0 ||
	    read_options(&in, call, err) < 0 ||
	    trend_path(&trend, call->session, err) < 0 ||
	    es_deliver_status(channels, call->session, err) < 0)
		return err->code;
	in.trend = es_buf_str(&trend);
	in.channels = channels;
	if (es_state_report_new(&doc, &in, err) < 0)
		return err->code;
	fine = es_state_report_is_fine(doc);
	if ((!fine || !es_opt_has(&call->args, "skip-empty")) &&
	    print(call, &f, doc, err) < 0)
		return err->code;
	remember(call, &in, doc);
	return fine ? ES_EXIT_DONE : ES_EXIT_DIFFERENT;
}
