/* SPDX-License-Identifier: MIT */
/* events_priv.h - one event a change, for syslog and the journal */
#ifndef ETCSNAP_DELIVER_EVENTS_PRIV_H
#define ETCSNAP_DELIVER_EVENTS_PRIV_H

#include "deliver/channel_priv.h"

/*
 * Tell every change of a message's report as one event each, or one event that
 * says that there is none to tell. As es_send_message(): @out is filled, 0 or
 * negative where there is no memory or no process.
 */
int es_events_syslog(struct es_transport_result *out, struct maker *m,
		     const struct message *msg, struct es_error *err);
int es_events_journal(struct es_transport_result *out, struct maker *m,
		      const struct message *msg, struct es_error *err);

/* The events as text, a line each, for people. */
int es_events_show(struct es_buf *out, struct maker *m,
		   const struct message *msg, struct es_error *err);

/* --- an event: events_list.c ---------------------------------------------- */

/* What an event is about. */
enum event_kind {
	EVENT_CHANGE,
	EVENT_OPENED, /* a finding that is new */
	EVENT_CLOSED, /* one that is no more */
	EVENT_REPORT, /* a whole report, in a line */
	EVENT_NOTICE, /* a word about etcsnap itself */
	EVENT_KINDS,
};

/*
 * What is said about it. The first ones stay when an event has to be short;
 * es_event_fields[] has their names.
 */
enum event_field {
	FIELD_KIND,
	FIELD_SEVERITY,
	FIELD_ID,
	FIELD_EVENT,
	FIELD_EVENTS,
	FIELD_CUT,
	FIELD_TEST,
	FIELD_COMMIT,
	FIELD_CHANNEL,
	FIELD_PATH,
	FIELD_CHECK,
	FIELDS_NEEDED,
	FIELD_FROM = FIELDS_NEEDED,
	FIELD_OLD_COMMIT,
	FIELD_PART,
	FIELD_TYPE,
	FIELD_CLASS,
	FIELD_MODE,
	FIELD_OLD_MODE,
	FIELD_OWNER,
	FIELD_OLD_OWNER,
	FIELD_GROUP,
	FIELD_OLD_GROUP,
	FIELD_SIZE,
	FIELD_OLD_SIZE,
	FIELD_SHA256,
	FIELD_OLD_SHA256,
	FIELD_ATTRIBUTES,
	FIELD_RULE,
	FIELD_TAGS,
	FIELD_PACKAGE,
	FIELD_VERSION,
	FIELD_VERDICT,
	FIELD_EXPLANATION,
	FIELD_AUTHOR,
	FIELD_CHANGES,
	FIELDS,
};

struct event_name {
	const char *name; /* in structured data, JSON; upper case: journal */
	const char *cef;  /* key of CEF's dictionary, NULL: none */
	bool whole;	  /* of no use when it is cut */
};

extern const struct event_name es_event_fields[FIELDS];

struct event {
	enum event_kind kind;
	const char *host;     /* this machine's name */
	const char *severity; /* static */
	int64_t time;	      /* when it happened, as far as is known */
	struct es_buf text;   /* one line for people, quoted */
	/* any bytes, unquoted; empty: nothing is known */
	struct es_buf values[FIELDS];
};

/*
 * Call @each with every event of a message, in the order of the report;
 * @each may shorten the event. Not 0 ends the loop and is returned.
 */
int es_events_each(const struct maker *m, const struct message *msg,
		   int (*each)(void *payload, struct event *e,
			       struct es_error *err),
		   void *payload, struct es_error *err);
/* Cut values that are longer than @most bytes, and say so in FIELD_CUT. */
void es_event_cut(struct event *e, size_t most);
/* Leave only what is needed to find the rest. */
void es_event_strip(struct event *e);
/* Priority of syslog, 0 to 7. */
int es_event_priority(const struct event *e);
/* Severity from 0 to 10, as CEF has it. */
int es_event_level(const struct event *e);

/* --- forms: events_form.c, events_ecs.c ----------------------------------- */

enum event_form {
	FORM_RFC5424,
	FORM_CEF,
	FORM_ECS,
};

/* A facility's number, or -1. */
int es_event_facility(const char *name);
/*
 * A whole record in a form, of @max bytes at most as long as @max is 1024 or
 * more; what is too long of it is cut, @e too.
 */
int es_event_record(struct es_buf *out, struct event *e, enum event_form form,
		    int facility, size_t max);
/* The bare CEF line and the bare JSON object, without header. */
void es_event_cef(struct es_buf *out, const struct event *e);
void es_event_ecs(struct es_buf *out, const struct event *e);

/* --- local sockets: events_local.c, events_journal.c ---------------------- */

/* A socket of this machine, while it is written to. */
struct local {
	int fd;
	int64_t until; /* es_clock_now() */
	bool stream;
	size_t sent; /* records that were taken */
	int failure; /* errno of the first that was not */
};

/* 0, or -1 and failure is set. */
int es_local_open(struct local *l, const char *path, unsigned int seconds);
/* One record; as a sealed file where it is too long for a datagram. */
int es_local_send(struct local *l, const char *data, size_t len, bool file);
void es_local_close(struct local *l);
/* What became of it all. */
int es_local_judge(struct es_transport_result *out, const struct local *l,
		   const char *path, struct es_error *err);

/* An event in the journal's own protocol. */
void es_event_journal(struct es_buf *out, const struct event *e, int facility);

#endif
