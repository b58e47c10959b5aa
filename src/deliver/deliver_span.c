/* SPDX-License-Identifier: MIT */
/* deliver_span.c - tell one message; marks move when it was taken */
#include "config.h"

#include "deliver/deliver_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/hooks.h"
#include "etcsnap/marks.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Refusals of the content after which only numbers are sent. */
#define CONTENT_TRIES 3
/*
 * How often the very same message is repeated because no answer came. Then
 * all that is new by then goes instead, it too with what was in that one, so
 * that a server that never says yes keeps no news back.
 */
#define SAME_TRIES 5

/* --- marks ---------------------------------------------------------------- */

/* "delivered/main/ops" */
static void mark_name(char out[MARK_LEN], const char *what,
		      enum ledger_kind kind, const struct channel *c)
{
	snprintf(out, MARK_LEN, "%s/%s/%s", what, es_ledger_kind_name(kind),
		 c->name);
}

int es_deliver_read(struct es_oid *out, struct delivery *d, const char *what,
		    enum ledger_kind kind, const struct channel *c,
		    struct es_error *err)
{
	char name[MARK_LEN];

	mark_name(name, what, kind, c);
	return es_mark_read(out, d->session->store, name, err);
}

int es_deliver_set(struct delivery *d, const char *what, enum ledger_kind kind,
		   const struct channel *c, const struct es_oid *to,
		   struct es_error *err)
{
	struct es_oid is;
	char name[MARK_LEN];

	mark_name(name, what, kind, c);
	if (es_mark_read(&is, d->session->store, name, err) < 0)
		return err->code;
	return es_oid_equal(&is, to)
		       ? 0
		       : es_mark_move(d->session->store, name, to, &is, err);
}

int es_deliver_drop(struct delivery *d, const char *what, enum ledger_kind kind,
		    const struct channel *c, struct es_error *err)
{
	char name[MARK_LEN];

	mark_name(name, what, kind, c);
	return es_mark_drop(d->session->store, name, err) < 0 ? err->code : 0;
}

/* --- what came of it ------------------------------------------------------ */

void es_deliver_note(struct delivery *d, const struct channel *c,
		     const char *what, const char *why)
{
	es_buf_addf(&d->out->notice, "channel '%s': %s%s", c->name, what,
		    why ? ": " : "");
	if (why)
		es_quote_term(&d->out->notice, why, strlen(why));
	es_buf_addc(&d->out->notice, '\n');
}

/* @what came of it, why, and what a person can do; @once: nobody tries again */
static void note_failure(struct delivery *d, const struct channel *c,
			 const char *what, enum es_transport_outcome outcome,
			 const char *why, bool once)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf b = ES_BUF_INIT(ES_TRANSPORT_TEXT_MAX + 200);

	es_buf_adds(&b, why ? why : "");
	if (outcome == ES_DENIED || outcome == ES_REFUSED)
		es_buf_addf(&b,
			    "; look at its settings, then try 'etcsnap "
			    "notify --test %s'",
			    c->name);
	else
		es_buf_adds(&b, once ? "; try again later, or look at its "
				       "settings"
				     : "; the next runs try again");
	es_deliver_note(d, c, what, es_buf_str(&b));
}

static void set_error(struct delivery *d, struct ledger_row *row,
		      const char *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);

	es_quote_term(&b, text ? text : "", text ? strnlen(text, 500) : 0);
	free(row->last_error);
	row->last_error = strdup(es_buf_str(&b));
	row->last_error_time = d->now;
	d->ledger.dirty = true;
}

void es_deliver_fail(struct delivery *d, struct ledger_row *row,
		     const struct es_transport_result *r)
{
	uint32_t chance = 0;
	int64_t wait;

	set_error(d, row, r->text);
	row->attempts++;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)d->now;
	wait = es_backoff(row->attempts, chance);
	if (r->retry_after > wait)
		wait = r->retry_after;
	row->next_try = d->now + wait;
}

void es_deliver_forget(struct delivery *d, struct ledger_row *row)
{
	row->attempts = row->content_tries = 0;
	/* of those who are late it says who they are */
	if (row->kind != LEDGER_LATE)
		row->done = 0;
	row->refused = false;
	row->next_try = 0;
	d->ledger.dirty = true;
}

static void set_success(struct delivery *d, struct ledger_row *row,
			const struct span *sp)
{
	es_deliver_forget(d, row);
	row->last_success = sp->slot > d->now ? sp->slot : d->now;
}

/*
 * One recipient's refusal stops nobody else, but is told: to who looks on, in
 * the status, and where it is for good, by other channels.
 */
static void note_recipients(struct delivery *d, const struct channel *c,
			    struct ledger_row *row,
			    const struct es_transport_result *r)
{
	for (size_t i = 0; i < r->n_recipients; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(ES_TRANSPORT_TEXT_MAX + 100);

		if (r->recipients[i].outcome == ES_SENT)
			continue;
		es_buf_addf(&b, "recipient %zu of %zu: %s", i + 1,
			    r->n_recipients,
			    r->recipients[i].text ? r->recipients[i].text : "");
		es_deliver_note(d, c,
				r->recipients[i].outcome == ES_REFUSED
					? "a recipient was refused"
					: "a recipient is told later",
				es_buf_str(&b));
		row->refused |= r->recipients[i].outcome == ES_REFUSED;
		set_error(d, row, es_buf_str(&b));
	}
}

/* The mark moves only now: the other side said yes. */
static int move_on(struct delivery *d, const struct span *sp,
		   struct es_error *err)
{
	const struct channel *c = sp->channel;

	if (es_oid_is_none(&sp->old))
		return es_deliver_drop(d, "owed", sp->kind, c, err);
	if (es_deliver_set(d, "delivered", sp->kind, c, &sp->new, err) < 0)
		return err->code;
	return es_deliver_drop(d, "sending", sp->kind, c, err);
}

/* Whether the row counts parts of a message, and not recipients. */
static bool has_parts(const struct span *sp)
{
	return sp->kind != LEDGER_LATE;
}

/* Nothing is left to tell, nor of a message that failed. */
static int pass_over(struct delivery *d, const struct span *sp,
		     struct ledger_row *row, struct es_error *err)
{
	/* without a failure it is a recipient that is refused, and stays so */
	if (row->attempts)
		es_deliver_forget(d, row);
	return move_on(d, sp, err);
}

/* Programs of the administrator hear of it, too. */
static void tell_hooks(struct delivery *d, const struct span *sp)
{
	char from[ES_OID_HEX + 1] = "", to[ES_OID_HEX + 1];
	const struct es_hook_var vars[] = {
		{ "ETCSNAP_CHANNEL", sp->channel->name },
		{ "ETCSNAP_FROM", from },
		{ "ETCSNAP_COMMIT", to },
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf notice = ES_BUF_INIT(1 << 16);

	if (!es_oid_is_none(&sp->old))
		es_oid_text(from, &sp->old);
	es_oid_text(to, &sp->new);
	es_hooks_run(&notice, d->session, ES_HOOK_POST_REPORT, vars, 3);
	if (notice.len > 0)
		es_deliver_note(d, sp->channel, "told, but",
				es_buf_str(&notice));
}

/* What failed for good, or not, or is not known: counted in the row. */
static void count_failure(struct delivery *d, const struct span *sp,
			  struct ledger_row *row,
			  const struct es_transport_result *r)
{
	es_deliver_fail(d, row, r);
	if (r->outcome == ES_DENIED)
		row->refused = true;
	if (r->outcome == ES_REFUSED) {
		row->content_tries++;
		row->refused = sp->counts;
		/* parts that only count are other ones */
		if (row->content_tries >= CONTENT_TRIES && has_parts(sp))
			row->done = 0;
	}
	if (row->refused)
		d->out->refused++;
	else
		d->out->failed++;
	note_failure(d, sp->channel,
		     r->outcome == ES_UNSURE ? "no answer, it is sent again"
					     : "failed",
		     r->outcome, row->last_error, false);
}

/*
 * News must not wait for ever for a first word that nobody takes. Others are
 * told of it, since this may be all that there is for long.
 */
static int leave_unsaid(struct delivery *d, const struct span *sp,
			struct ledger_row *row, struct es_error *err)
{
	if (row->content_tries < CONTENT_TRIES)
		return 0;
	es_deliver_note(d, sp->channel, "its first word is left unsaid", NULL);
	es_deliver_forget(d, row);
	row->refused = true;
	return move_on(d, sp, err);
}

/* @busy are recipients of a mail that were so while others were told. */
static int settle(struct delivery *d, const struct span *sp,
		  struct ledger_row *row, const struct es_transport_result *r,
		  unsigned int busy, struct es_error *err)
{
	if (sp->kind == LEDGER_LATE &&
	    (r->outcome == ES_SENT || (r->outcome == ES_REFUSED && sp->counts)))
		return es_deliver_settle_late(d, sp, r, busy, err);
	if (r->outcome == ES_SENT) {
		if (busy && es_deliver_add_late(d, sp, busy, err) < 0)
			return err->code;
		d->out->sent++;
		set_success(d, row, sp);
		note_recipients(d, sp->channel, row, r);
		d->out->refused += row->refused;
		if (move_on(d, sp, err) < 0)
			return err->code;
		tell_hooks(d, sp);
		return 0;
	}
	count_failure(d, sp, row, r);
	if (es_oid_is_none(&sp->old))
		return leave_unsaid(d, sp, row, err);
	/* parts that went must not go again with others */
	if ((r->outcome == ES_UNSURE || (has_parts(sp) && row->done > 0)) &&
	    row->attempts % SAME_TRIES != 0)
		return 0;
	if (has_parts(sp))
		row->done = 0;
	return es_deliver_drop(d, "sending", sp->kind, sp->channel, err);
}

/* --- one message ---------------------------------------------------------- */

static int show(struct delivery *d, const struct message *msg,
		struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (!d->options->show)
		return 0;
	if (es_send_show(&b, &d->maker, msg, err) < 0)
		return err->code;
	d->options->show(d->options->payload, msg->span->channel->name,
			 es_buf_str(&b), b.len);
	return 0;
}

/* A sample, or a run that is told again: to all, and as it is. */
static bool is_once(const struct span *sp)
{
	return sp->test || sp->again;
}

/* Nobody tries again, and nothing is remembered. */
static void fail_once(struct delivery *d, const struct channel *c,
		      enum es_transport_outcome outcome, const char *why)
{
	d->out->failed++;
	note_failure(d, c, es_transport_outcome_name(outcome), outcome, why,
		     true);
}

static int tell_once(struct delivery *d, struct message *msg,
		     struct es_error *err)
{
	struct es_transport_result r = { 0 };
	unsigned int none = 0;
	int rc = es_send_message(&r, &d->maker, msg, &none, err);

	if (rc == 0 && r.outcome == ES_SENT)
		d->out->sent++;
	else if (rc == 0)
		fail_once(d, msg->span->channel, r.outcome, r.text);
	es_transport_dispose(&r);
	return rc;
}

/* What is about to be said stands in a mark before it is said. */
static int tell_now(struct delivery *d, struct message *msg,
		    struct ledger_row *row, struct es_error *err)
{
	const struct span *sp = msg->span;
	struct es_transport_result r = { 0 };
	struct es_error unsaved = ES_ERROR_INIT;
	const bool mail = sp->channel->type == CHANNEL_MAIL;
	unsigned int busy = 0;
	int rc = 0;

	if (!es_oid_is_none(&sp->old))
		rc = es_deliver_set(d, "sending", sp->kind, sp->channel,
				    &sp->new, err);
	if (rc == 0)
		rc = es_send_message(&r, &d->maker, msg,
				     mail ? &busy : &row->done, err);
	if (rc == 0)
		rc = settle(d, sp, row, &r, busy, err);
	es_transport_dispose(&r);
	/* who is killed now need not say it again at the next time of day */
	es_ledger_save(&d->ledger, &unsaved);
	return rc;
}

/* A message that cannot even be made is this channel's trouble alone. */
static int cannot_make(struct delivery *d, const struct span *sp,
		       struct ledger_row *row, struct es_error *err)
{
	const bool config =
		err->fault == ES_FAULT_CONFIG || err->code == -ENOENT;
	struct es_transport_result r = { 0 };
	struct es_error why = *err;

	if (err->code == -ENOMEM || d->options->dry)
		return err->code;
	*err = (struct es_error)ES_ERROR_INIT;
	if (is_once(sp)) {
		fail_once(d, sp->channel, config ? ES_DENIED : ES_RETRY,
			  why.msg);
		return 0;
	}
	if (es_send_result(&r, config ? ES_DENIED : ES_RETRY, why.msg, err) < 0)
		return err->code;
	count_failure(d, sp, row, &r);
	es_transport_dispose(&r);
	return 0;
}

int es_deliver_span(struct delivery *d, const struct span *sp,
		    struct es_error *err)
{
	struct ledger_row *row =
		es_ledger_row(&d->ledger, sp->channel->name, sp->kind);
	const bool once = is_once(sp);
	struct span full = *sp;
	struct message msg;
	int rc;

	if (!row)
		return es_fail_oom(err);
	full.counts = !once && row->content_tries >= CONTENT_TRIES;
	if (!once && sp->kind != LEDGER_LATE &&
	    sp->channel->type == CHANNEL_MAIL &&
	    es_deliver_late(&full.late, d, sp->channel, err) < 0)
		return err->code;
	rc = es_message_make(&msg, &d->maker, &full, err);
	if (rc < 0) {
		rc = cannot_make(d, &full, row, err);
	} else if (msg.empty) {
		/* nothing in it that this channel wants to know */
		if (once)
			es_deliver_note(d, sp->channel,
					"nothing in that run is for it", NULL);
		else if (!d->options->dry)
			rc = pass_over(d, &full, row, err);
	} else if (d->options->dry) {
		rc = show(d, &msg, err);
	} else if (once) {
		rc = tell_once(d, &msg, err);
	} else {
		rc = tell_now(d, &msg, row, err);
	}
	es_message_dispose(&msg);
	return rc;
}
