/* SPDX-License-Identifier: MIT */
/* deliver.c - every change to every channel that wants it, at least once */
#include "config.h"

#include "etcsnap/deliver.h"

#include "deliver/deliver_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/marks.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Seconds after which no further channel is begun, so that a run ends. */
#define BUDGET 120
/* How often what was recorded meanwhile is looked for. */
#define ROUNDS 5

/* --- what is new ---------------------------------------------------------- */

/* A new channel stands at the tip; it owes a first word. */
static int start_channel(struct delivery *d, const struct channel *c,
			 enum ledger_kind kind, struct es_error *err)
{
	struct ledger_row *row = es_ledger_row(&d->ledger, c->name, kind);

	if (!row)
		return es_fail_oom(err);
	row->last_success = d->now;
	d->ledger.dirty = true;
	/* the debt first: a kill in between must not lose it */
	if (kind == LEDGER_MAIN &&
	    es_deliver_set(d, "owed", kind, c, &d->tip, err) < 0)
		return err->code;
	return es_deliver_set(d, "delivered", kind, c, &d->tip, err);
}

/*
 * Whether a commit is on the way from the tip to the oldest run that is kept.
 * If not, runs that were not told were pruned, which @skipped says; what they
 * changed together is seen still, since marks keep their commits. Only where
 * that is gone, too, @old becomes the oldest one.
 */
static int check_chain(struct delivery *d, struct es_oid *old, bool *skipped,
		       struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *kept = NULL;
	struct es_error gone = ES_ERROR_INIT;
	struct es_oid oldest = d->tip;
	struct es_commit *c = NULL;
	int rc;

	if (es_history_new(&h, d->session->store, &d->tip, err) < 0)
		return err->code;
	while ((rc = es_history_next(h, &c, err)) > 0) {
		oldest = *es_commit_id(c);
		es_commit_free(c);
		if (es_oid_equal(&oldest, old))
			return 0;
	}
	if (rc < 0)
		return rc;
	*skipped = true;
	if (es_commit_read(&kept, d->session->store, old, &gone) < 0)
		*old = oldest;
	return 0;
}

/* --- which and when ------------------------------------------------------- */

bool es_deliver_is_quiet(const struct delivery *d, const struct channel *c)
{
	for (size_t i = 0; i < c->n_quiet; i++)
		if (es_quiet_holds(&c->quiet[i], d->now))
			return true;
	return false;
}

bool es_deliver_leaves(const struct delivery *d, const struct channel *c)
{
	return d->options->no_program && es_channel_is_program(c);
}

bool es_deliver_backs_off(const struct delivery *d,
			  const struct ledger_row *row)
{
	return d->now < row->next_try &&
	       row->next_try - d->now < 8 * DELIVER_DAY;
}

/* Whether it is time; @slot is set to the time of the schedule. */
static bool is_due(const struct delivery *d, const struct channel *c,
		   enum ledger_kind kind, const struct ledger_row *row,
		   int64_t *slot)
{
	*slot = 0;
	if (d->options->force || d->options->dry)
		return true;
	if (es_deliver_backs_off(d, row))
		return false;
	if (kind == LEDGER_URGENT)
		return true;
	if (es_deliver_is_quiet(d, c))
		return false;
	if (c->hold_off && row->last_success <= d->now &&
	    d->now - row->last_success < c->hold_off)
		return false;
	if (c->when.each_run)
		return true;
	*slot = es_schedule_last(&c->when, d->now);
	return *slot > row->last_success ||
	       (row->last_success > d->now && row->attempts == 0);
}

/*
 * What is being told already, since nobody knows whether it arrived. What
 * was, as the other mark says, was only not tidied away: by a kill.
 */
static int read_sending(struct es_oid *out, struct delivery *d,
			const struct span *sp, struct es_error *err)
{
	const struct channel *c = sp->channel;

	if (es_deliver_read(out, d, "sending", sp->kind, c, err) < 0)
		return err->code;
	if (es_oid_is_none(out) || !es_oid_equal(out, &sp->old))
		return 0;
	*out = (struct es_oid){ 0 };
	return d->options->dry
		       ? 0
		       : es_deliver_drop(d, "sending", sp->kind, c, err);
}

/* At a time of the schedule there was nothing to say: wait for the next. */
static void pass_slot(struct delivery *d, const struct channel *c,
		      struct ledger_row *row)
{
	if (d->options->dry || c->when.each_run)
		return;
	row->last_success = d->now;
	d->ledger.dirty = true;
}

static int serve_span(struct delivery *d, struct span *sp,
		      struct ledger_row *row, struct es_error *err)
{
	const struct channel *c = sp->channel;
	const bool news = !es_oid_equal(&sp->old, &sp->new);
	const unsigned int failures = d->out->failed + d->out->refused;

	if (!is_due(d, c, sp->kind, row, &sp->slot)) {
		d->out->waiting += news;
		return 0;
	}
	const bool timed = sp->slot != 0;
	sp->even_empty = timed && !c->skip_empty && !d->options->skip_empty;
	if (!news && !sp->even_empty) {
		if (timed)
			pass_slot(d, c, row);
		return 0;
	}
	/* a slot makes the id of what is empty another one each day */
	if (news)
		sp->slot = 0;
	sp->told = sp->old;
	if (news && check_chain(d, &sp->old, &sp->skipped, err) < 0)
		return err->code;
	if (es_deliver_span(d, sp, err) < 0)
		return err->code;
	if (timed && d->out->failed + d->out->refused == failures)
		pass_slot(d, c, row);
	return 0;
}

/* The rest of what a kind of a channel has to be told. */
static int serve_news(struct delivery *d, const struct channel *c,
		      enum ledger_kind kind, struct ledger_row *row,
		      struct es_error *err)
{
	struct span sp = { .channel = c, .kind = kind, .new = d->tip };
	struct es_oid sending;
	const unsigned int sent = d->out->sent;

	if (es_deliver_read(&sp.old, d, "delivered", kind, c, err) < 0 ||
	    read_sending(&sending, d, &sp, err) < 0)
		return err->code;
	if (es_oid_is_none(&sp.old))
		return 0;
	if (es_oid_is_none(&sending))
		return serve_span(d, &sp, row, err);
	sp.new = sending;
	if (serve_span(d, &sp, row, err) < 0)
		return err->code;
	/* what was repeated stood in the way of the rest */
	if (d->out->sent == sent || es_oid_equal(&sending, &d->tip))
		return 0;
	sp = (struct span){ .channel = c, .kind = kind, .new = d->tip };
	if (es_deliver_read(&sp.old, d, "delivered", kind, c, err) < 0)
		return err->code;
	return serve_span(d, &sp, row, err);
}

/* Whether the first word of a channel may go. */
static bool is_hello_due(const struct delivery *d, const struct channel *c,
			 const struct ledger_row *row)
{
	return d->options->force || d->options->dry ||
	       (!es_deliver_backs_off(d, row) && !es_deliver_is_quiet(d, c));
}

static int serve(struct delivery *d, const struct channel *c,
		 enum ledger_kind kind, struct es_error *err)
{
	struct ledger_row *row = es_ledger_row(&d->ledger, c->name, kind);
	struct span hello = { .channel = c, .kind = kind };
	const unsigned int failures = d->out->failed + d->out->refused;
	struct es_oid at;

	if (!row)
		return es_fail_oom(err);
	if (es_deliver_read(&at, d, "delivered", kind, c, err) < 0 ||
	    es_deliver_read(&hello.new, d, "owed", kind, c, err) < 0)
		return err->code;
	if (es_oid_is_none(&at)) {
		if (!d->options->dry && start_channel(d, c, kind, err) < 0)
			return err->code;
		if (kind == LEDGER_MAIN)
			hello.new = d->tip;
	}
	if (!es_oid_is_none(&hello.new) && is_hello_due(d, c, row)) {
		if (es_deliver_span(d, &hello, err) < 0)
			return err->code;
		if (d->out->failed + d->out->refused > failures &&
		    row->attempts)
			return 0;
	}
	return serve_news(d, c, kind, row, err);
}

/* All that is urgent was told with the rest, whatever became of it before. */
static int skip_urgent(struct delivery *d, const struct channel *c,
		       struct es_error *err)
{
	struct ledger_row *row =
		es_ledger_find(&d->ledger, c->name, LEDGER_URGENT);
	struct es_oid urgent;

	if (row && (row->attempts || row->refused))
		es_deliver_forget(d, row);
	if (es_deliver_read(&urgent, d, "delivered", LEDGER_URGENT, c, err) < 0)
		return err->code;
	if (es_oid_equal(&urgent, &d->tip))
		return 0;
	if (es_deliver_set(d, "delivered", LEDGER_URGENT, c, &d->tip, err) < 0)
		return err->code;
	return es_deliver_drop(d, "sending", LEDGER_URGENT, c, err);
}

/*
 * What is urgent is told at once, but not twice: where all that is new was
 * told just so, it was among that.
 */
static int serve_both(struct delivery *d, const struct channel *c,
		      struct es_error *err)
{
	struct es_oid at;

	if (c->type == CHANNEL_MAIL && es_deliver_serve_late(d, c, err) < 0)
		return err->code;
	if (c->urgent == ES_SEVERITY_NONE)
		return serve(d, c, LEDGER_MAIN, err);
	if (!c->when.each_run)
		return serve(d, c, LEDGER_URGENT, err) < 0
			       ? err->code
			       : serve(d, c, LEDGER_MAIN, err);
	if (serve(d, c, LEDGER_MAIN, err) < 0)
		return err->code;
	if (es_deliver_read(&at, d, "delivered", LEDGER_MAIN, c, err) < 0)
		return err->code;
	if (d->options->dry || !es_oid_equal(&at, &d->tip))
		return d->options->dry ? 0 : serve(d, c, LEDGER_URGENT, err);
	return skip_urgent(d, c, err);
}

/* A sample, or a run that is told again. */
static int serve_once(struct delivery *d, const struct channel *c,
		      struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *commit = NULL;
	struct span sp = {
		.channel = c,
		.new = d->tip,
		.test = d->options->test,
		.again = d->options->resend != NULL,
	};

	if (d->options->resend &&
	    es_store_revision(&sp.new, d->session->store, d->options->resend,
			      err) < 0)
		return err->code;
	if (es_commit_read(&commit, d->session->store, &sp.new, err) < 0)
		return err->code;
	sp.old = sp.told = *es_commit_parent(commit);
	return es_deliver_span(d, &sp, err);
}

/* Without its secret a channel is left to who has that. */
static bool has_secrets(struct delivery *d, const struct channel *c)
{
	const char *word = d->options->dry ? NULL : es_channel_lacks(c);
	char why[200];

	if (!word)
		return true;
	if (!d->options->channel) {
		d->out->waiting++;
		return false;
	}
	d->out->failed++;
	snprintf(why, sizeof(why),
		 "there is no %s here; set %s_file, or leave it to a unit that "
		 "has the credential %s.%s",
		 word, word, c->name, word);
	es_deliver_note(d, c, "not told", why);
	return false;
}

/* Who asks for a channel by its name hears why nothing is sent. */
static bool is_told_here(struct delivery *d, const struct channel *c)
{
	if (es_channel_is_here(c, d->session->host))
		return !es_deliver_leaves(d, c) && has_secrets(d, c);
	if (d->options->channel)
		es_deliver_note(d, c,
				"nothing is sent, since 'hosts' does not name "
				"this machine",
				d->session->host);
	return false;
}

/*
 * All channels, one after the other. What fails here is of our own machine,
 * such as a full disk: the next channel is tried all the same.
 */
static int serve_all(struct delivery *d, struct es_error *err)
{
	const bool once = d->options->test || d->options->resend;
	bool found = !d->options->channel;

	for (size_t i = 0; i < d->channels.n; i++) {
		const struct channel *c = &d->channels.list[i];
		struct es_error why = ES_ERROR_INIT;

		if (d->options->channel &&
		    strcmp(d->options->channel, c->name) != 0)
			continue;
		found = true;
		if (!is_told_here(d, c))
			continue;
		if (!d->options->force && !d->options->dry &&
		    es_clock_now().tv_sec - d->now > BUDGET)
			break;
		if ((once ? serve_once(d, c, &why) : serve_both(d, c, &why)) ==
		    0)
			continue;
		es_deliver_note(d, c, "failed", why.msg);
		if (err->code == 0)
			*err = why;
	}
	if (!found)
		return es_fail_config(err,
				      "there is no channel '%s'; 'etcsnap "
				      "status' lists them",
				      ES_Q(d->options->channel));
	return err->code;
}

/*
 * With the lock held: to the tip that is there now, since another process may
 * have told of more than what was there before.
 */
static int deliver_locked(struct delivery *d, struct es_error *err)
{
	struct es_error unsaved = ES_ERROR_INIT;
	int rc = es_store_tip(&d->tip, d->session->store, "main", err);

	if (rc <= 0)
		return rc;
	d->now = es_clock_now().tv_sec;
	rc = es_ledger_load(&d->ledger, d->session, err);
	if (rc == 0)
		rc = es_templates_new(&d->maker.templates,
				      es_conf_text(d->session->conf,
						   ES_CONF_REPORT_TEMPLATES),
				      err);
	if (rc == 0)
		rc = serve_all(d, err);
	if (d->maker.templates) {
		if (!d->options->dry)
			es_deliver_tell_refusals(d);
		es_buf_adds(&d->out->notice,
			    es_templates_warning(d->maker.templates));
	}
	/* without it channels are tried sooner, and nothing else */
	if (!d->options->dry && es_ledger_save(&d->ledger, &unsaved) < 0)
		es_buf_addf(&d->out->notice, "%s\n", unsaved.msg);
	es_templates_free(d->maker.templates);
	d->maker.templates = NULL;
	es_ledger_dispose(&d->ledger);
	return rc;
}

/*
 * Who finds the lock held leaves; so whoever held it looks once more, when it
 * is free again, whether there was something recorded meanwhile.
 */
static int deliver_rounds(struct delivery *d, struct es_error *err)
{
	const struct es_deliver_options *o = d->options;
	struct es_store *st = d->session->store;

	for (int i = 0; i < ROUNDS; i++) {
		ES_CLEANUP(es_closep) int lock = -1;
		struct es_oid now;
		int rc = es_marks_lock(&lock, st, err);

		if (rc == 0 && o->force && i == 0)
			es_buf_adds(&d->out->notice,
				    "another process delivers now; nothing "
				    "was done\n");
		if (rc <= 0)
			return rc;
		rc = deliver_locked(d, err);
		if (rc < 0 || o->test || o->resend)
			return rc;
		es_closep(&lock);
		lock = -1;
		if (es_store_tip(&now, st, "main", err) < 0)
			return err->code;
		if (es_oid_equal(&now, &d->tip))
			return 0;
	}
	return 0;
}

int es_deliver_due(struct es_deliver_result *out, struct es_session *s,
		   const struct es_deliver_options *options,
		   struct es_error *err)
{
	struct delivery d = {
		.session = s,
		.options = options,
		.out = out,
		.now = es_clock_now().tv_sec,
		.maker = { .session = s },
	};
	int rc;

	*out = (struct es_deliver_result){ .notice = ES_BUF_INIT(1 << 20) };
	if (es_channels_load(&d.channels, s, err) < 0)
		return err->code;
	rc = es_store_tip(&d.tip, s->store, "main", err);
	if (rc == 0 && options->channel)
		rc = es_fail_config(err, "nothing was recorded yet; run "
					 "'etcsnap commit'");
	if (rc > 0 && (d.channels.n || options->channel))
		rc = options->dry ? deliver_locked(&d, err)
				  : deliver_rounds(&d, err);
	es_channels_dispose(&d.channels);
	return rc < 0 ? rc : 0;
}

void es_deliver_dispose(struct es_deliver_result *r)
{
	es_buf_dispose(&r->notice);
}
