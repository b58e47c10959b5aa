/* SPDX-License-Identifier: MIT */
/* deliver_priv.h - one delivery, while it lasts */
#ifndef ETCSNAP_DELIVER_DELIVER_PRIV_H
#define ETCSNAP_DELIVER_DELIVER_PRIV_H

#include "deliver/channel_priv.h"

/* Room for the name of a mark. */
#define MARK_LEN 128

/* Seconds of a day, as far as tries and words once a day go. */
#define DELIVER_DAY 86400

struct delivery {
	struct es_session *session;
	const struct es_deliver_options *options;
	struct es_deliver_result *out;
	struct channels channels;
	struct ledger ledger;
	struct maker maker;
	struct es_oid tip;
	int64_t now;
};

/* A mark of a channel and kind: @what is delivered, sending or owed. */
int es_deliver_read(struct es_oid *out, struct delivery *d, const char *what,
		    enum ledger_kind kind, const struct channel *c,
		    struct es_error *err);
/* Let it name @to, whatever it named before. */
int es_deliver_set(struct delivery *d, const char *what, enum ledger_kind kind,
		   const struct channel *c, const struct es_oid *to,
		   struct es_error *err);
int es_deliver_drop(struct delivery *d, const char *what, enum ledger_kind kind,
		    const struct channel *c, struct es_error *err);

/* A line for people: "channel 'ops': WHAT: WHY"; @why may be NULL. */
void es_deliver_note(struct delivery *d, const struct channel *c,
		     const char *what, const char *why);

/* Make the message of a span and tell it, or show it. */
int es_deliver_span(struct delivery *d, const struct span *sp,
		    struct es_error *err);

/*
 * Recipients of a channel that were busy while others were told are told
 * alone, as soon as they can be: mark "delivered/late" is where they stand,
 * row LATE says who they are. Meanwhile the others go on without them, and
 * what is told to all is told to them in one message with what they missed.
 */
/* Who is to be left out of what is told to all, as in struct span. */
int es_deliver_late(unsigned int *out, struct delivery *d,
		    const struct channel *c, struct es_error *err);
/* Some of a message's recipients were busy: before the mark moves. */
int es_deliver_add_late(struct delivery *d, const struct span *sp,
			unsigned int busy, struct es_error *err);
/* Tell them. */
int es_deliver_serve_late(struct delivery *d, const struct channel *c,
			  struct es_error *err);
/* What came of that. */
int es_deliver_settle_late(struct delivery *d, const struct span *sp,
			   const struct es_transport_result *r,
			   unsigned int busy, struct es_error *err);

/* Whether the channel is for somebody who may run programs. */
bool es_deliver_leaves(const struct delivery *d, const struct channel *c);
/* Whether a failure is too fresh to try again. */
bool es_deliver_backs_off(const struct delivery *d,
			  const struct ledger_row *row);
/* A failure in a row, and when it is tried again. */
void es_deliver_fail(struct delivery *d, struct ledger_row *row,
		     const struct es_transport_result *r);
/* Nothing is left of what failed, as far as the row goes. */
void es_deliver_forget(struct delivery *d, struct ledger_row *row);

/* Whether nothing but what is urgent goes to the channel now. */
bool es_deliver_is_quiet(const struct delivery *d, const struct channel *c);

/*
 * Once a day, tell those who can be told of channels that are refused. That
 * this fails, too, is no failure.
 */
void es_deliver_tell_refusals(struct delivery *d);

#endif
