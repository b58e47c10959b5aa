/* SPDX-License-Identifier: MIT */
/* deliver_late.c - recipients that were busy while others were told */
#include "config.h"

#include "deliver/deliver_priv.h"

#include <string.h>

int es_deliver_late(unsigned int *out, struct delivery *d,
		    const struct channel *c, struct es_error *err)
{
	const struct ledger_row *row =
		es_ledger_find(&d->ledger, c->name, LEDGER_LATE);
	struct es_oid at;

	*out = 0;
	if (!row || !row->done)
		return 0;
	/* without the mark nobody would ever tell them */
	if (es_deliver_read(&at, d, "delivered", LEDGER_LATE, c, err) < 0)
		return err->code;
	if (!es_oid_is_none(&at))
		*out = row->done;
	return 0;
}

int es_deliver_add_late(struct delivery *d, const struct span *sp,
			unsigned int busy, struct es_error *err)
{
	const struct channel *c = sp->channel;
	struct es_error unsaved = ES_ERROR_INIT;
	struct ledger_row *row =
		es_ledger_find(&d->ledger, c->name, LEDGER_LATE);
	struct es_oid at;

	/* the urgent is told again in its context; a first word is no news */
	if (!row || sp->kind != LEDGER_MAIN || es_oid_is_none(&sp->old))
		return 0;
	if (es_deliver_read(&at, d, "delivered", LEDGER_LATE, c, err) < 0)
		return err->code;
	if (es_oid_is_none(&at))
		*row = (struct ledger_row){
			.channel = row->channel,
			.kind = LEDGER_LATE,
			.last_error = row->last_error,
		};
	/* other recipients than before: then all are told */
	row->done = es_oid_is_none(&at)	       ? busy
		    : (row->done ^ busy) >> 24 ? 0
					       : row->done | busy;
	if (!row->next_try)
		row->next_try = d->now + es_backoff(1, 0);
	d->ledger.dirty = true;
	/* who they are before that they are, which nothing can be without */
	if (es_ledger_save(&d->ledger, &unsaved) < 0)
		row->done = 0;
	return es_oid_is_none(&at) ? es_deliver_set(d, "delivered", LEDGER_LATE,
						    c, &sp->old, err)
				   : 0;
}

static int all_are_told(struct delivery *d, const struct span *sp,
			struct ledger_row *row, struct es_error *err)
{
	struct es_oid main;

	es_deliver_forget(d, row);
	if (es_deliver_read(&main, d, "delivered", LEDGER_MAIN, sp->channel,
			    err) < 0)
		return err->code;
	/* it was repeated, and there is more since */
	if (!es_oid_equal(&main, &sp->new)) {
		if (es_deliver_set(d, "delivered", LEDGER_LATE, sp->channel,
				   &sp->new, err) < 0)
			return err->code;
		return es_deliver_drop(d, "sending", LEDGER_LATE, sp->channel,
				       err);
	}
	row->done = 0;
	if (es_deliver_drop(d, "delivered", LEDGER_LATE, sp->channel, err) < 0)
		return err->code;
	return es_deliver_drop(d, "sending", LEDGER_LATE, sp->channel, err);
}

int es_deliver_settle_late(struct delivery *d, const struct span *sp,
			   const struct es_transport_result *r,
			   unsigned int busy, struct es_error *err)
{
	const struct channel *c = sp->channel;
	struct ledger_row *row =
		es_ledger_find(&d->ledger, c->name, LEDGER_LATE);

	if (r->outcome == ES_SENT && !busy) {
		d->out->sent++;
		return all_are_told(d, sp, row, err);
	}
	es_deliver_note(d, c, "a recipient was not told", r->text);
	if (r->outcome == ES_REFUSED) {
		/* for good: they were told of nothing else, either */
		d->out->refused++;
		return all_are_told(d, sp, row, err);
	}
	es_deliver_fail(d, row, r);
	row->done = busy;
	d->out->failed++;
	return es_deliver_drop(d, "sending", LEDGER_LATE, c, err);
}

int es_deliver_serve_late(struct delivery *d, const struct channel *c,
			  struct es_error *err)
{
	/* made here, since a row that is made moves all others */
	const struct ledger_row *row =
		es_ledger_row(&d->ledger, c->name, LEDGER_LATE);
	struct span sp = { .channel = c, .kind = LEDGER_LATE };
	struct es_oid sending;

	if (!row)
		return es_fail_oom(err);
	if (es_deliver_read(&sp.old, d, "delivered", LEDGER_LATE, c, err) < 0 ||
	    es_deliver_read(&sp.new, d, "delivered", LEDGER_MAIN, c, err) < 0 ||
	    es_deliver_read(&sending, d, "sending", LEDGER_LATE, c, err) < 0)
		return err->code;
	if (es_oid_is_none(&sp.old) || es_oid_equal(&sp.old, &sp.new))
		return 0;
	if (!es_oid_is_none(&sending))
		sp.new = sending;
	if (!d->options->force && !d->options->dry &&
	    (es_deliver_backs_off(d, row) || es_deliver_is_quiet(d, c)))
		return 0;
	sp.told = sp.old;
	sp.late = row->done;
	return es_deliver_span(d, &sp, err);
}
