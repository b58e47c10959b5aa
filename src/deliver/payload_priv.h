/* SPDX-License-Identifier: MIT */
/* payload_priv.h - what payload templates know beside the report's view */
#ifndef ETCSNAP_DELIVER_PAYLOAD_PRIV_H
#define ETCSNAP_DELIVER_PAYLOAD_PRIV_H

#include "deliver/channel_priv.h"

/* How much a payload may tell; all of it until it is found too large. */
struct payload_room {
	size_t lines;  /* of the text */
	size_t events; /* beside the one of the report itself */
	bool tight;    /* not all of it fits: no whole report either */
};

#define PAYLOAD_ALL                                   \
	{                                             \
		.lines = SIZE_MAX, .events = SIZE_MAX \
	}

/*
 * Add what logic-less templates cannot work out to a context that
 * es_message_context() made: severities as sections and numbers, times in
 * other units, texts in the markup of services and cut to their limits, one
 * event a change. etcsnap-channels(5), "TEMPLATES", lists the keys. Called
 * again with less room, it sets them anew. 0 or negative.
 */
int es_payload_context(struct es_doc *ctx, const struct message *msg,
		       const struct payload_room *room, struct es_error *err);

/*
 * Append the payload that a template makes: lines and events are left out
 * until it has at most @max bytes. One that should be JSON and is none would
 * be refused for ever: then the generic one goes, so that the reader sees at
 * least that.
 */
int es_payload_body(struct es_buf *out, struct es_doc *ctx,
		    const struct message *msg, struct es_templates *set,
		    const char *name, size_t max, struct es_error *err);

/* Whether a payload says nothing: its service is not called then. */
bool es_payload_is_blank(const struct es_buf *body);

/* --- events: payload_events.c -------------------------------------------- */

/*
 * Set "events": first the report itself, then each change, each finding; at
 * most @max of these, "events_left" says how many are left out. Where the
 * message is about one change or group alone, that is @part.
 */
void es_payload_events(struct es_doc *ctx, const struct message *msg,
		       const struct es_doc *part, size_t max);
/* "changed /etc/motd: explanation" */
void es_payload_phrase(struct es_buf *out, const struct es_doc *change);
/* What differs of a change, a line each, at the end of an array. */
void es_payload_details(struct es_doc *lines, const struct es_doc *change);

/* --- markup: payload_markup.c -------------------------------------------- */

/* Languages that services show texts in. */
enum payload_markup {
	MARKUP_PLAIN,
	MARKUP_MRKDWN, /* Slack's own */
	MARKUP_MARKDOWN,
	MARKUP_HTML,
	MARKUPS,
};

const char *es_markup_name(enum payload_markup m);
/* Append a text so that nothing in it is markup, a mention or a link. */
void es_markup_add(struct es_buf *out, enum payload_markup m, const char *text,
		   size_t len);
/* The same for what stands inside of a block of code. */
void es_markup_code(struct es_buf *out, enum payload_markup m, const char *text,
		    size_t len);
/* Length of a text as services count it: in units of UTF-16. */
size_t es_markup_units(const char *text, size_t len);
/* Append at most so many units of it, the last of them a "…" if it is cut. */
void es_markup_cut(struct es_buf *out, const char *text, size_t len,
		   size_t units);

#endif
