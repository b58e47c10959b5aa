/* SPDX-License-Identifier: MIT */
/* channel_priv.h - between the parts that decide what goes where and when */
#ifndef ETCSNAP_DELIVER_CHANNEL_PRIV_H
#define ETCSNAP_DELIVER_CHANNEL_PRIV_H

#include "etcsnap/commit.h"
#include "etcsnap/deliver.h"
#include "etcsnap/report.h"
#include "etcsnap/report_view.h"
#include "etcsnap/template.h"
#include "etcsnap/transport.h"

/* --- when: schedule.c ----------------------------------------------------- */

/* Fields of cron as bits; a minute of a day must be in all of them. */
struct cron {
	uint64_t minutes;
	uint32_t hours;
	uint32_t days;	   /* of the month, 1 to 31 */
	uint16_t months;   /* 1 to 12 */
	uint8_t week_days; /* 0 to 6, Sunday is 0 */
	bool any_day;	   /* days has a '*' */
	bool any_week_day; /* week_days has a '*' */
};

/* When a channel tells: at once, or at the times of several cron lines. */
struct schedule {
	bool each_run;
	struct cron *times; /* owned */
	size_t n;
};

/* Parts of the day, minutes after midnight; to may be less than from. */
struct quiet {
	unsigned int from;
	unsigned int to;
};

/* Add one value of "when"; 0, -EINVAL with what is wrong, -ENOMEM. */
int es_schedule_add(struct schedule *s, const char *text, struct es_error *err);
void es_schedule_dispose(struct schedule *s);
/*
 * The last time at or before @now that a schedule asks for, in the local zone;
 * 0 when there was none within a year. A time that a clock change skips is the
 * first moment after it.
 */
int64_t es_schedule_last(const struct schedule *s, int64_t now);
/* The first such time after @now, 0 when there is none within a year. */
int64_t es_schedule_next(const struct schedule *s, int64_t now);
/* "22:00-07:00" */
int es_quiet_parse(struct quiet *q, const char *text, struct es_error *err);
bool es_quiet_holds(const struct quiet *q, int64_t now);
/*
 * Seconds until the next try after so many failures: a minute, doubled each
 * time up to six hours, and up to a quarter more by chance.
 */
int64_t es_backoff(unsigned int attempts, uint32_t chance);

/* --- what: channel.c ------------------------------------------------------ */

enum channel_type {
	CHANNEL_MAIL,
	CHANNEL_WEBHOOK,
	CHANNEL_SYSLOG,
	CHANNEL_JOURNAL,
	CHANNEL_FILE,
	CHANNEL_EXEC,
};

/* A channel, its keys checked. Strings belong to the configurations. */
struct channel {
	const char *name;
	enum channel_type type;
	const struct es_conf *conf;
	struct es_conf *preset; /* owned; NULL without a service */
	const char *service;	/* NULL without */
	bool built_in;		/* there is no section of it */
	struct schedule when;
	struct quiet *quiet; /* owned */
	size_t n_quiet;
	enum es_severity urgent;	/* NONE: nothing is */
	struct es_report_filter filter; /* arrays owned */
	enum es_report_content content;
	enum es_report_level level;
	bool skip_empty;
	int64_t hold_off;
};

/* All channels, in the order of the configuration. */
struct channels {
	struct channel *list; /* owned */
	size_t n;
};

/* 0, -EINVAL (fault CONFIG: FILE:LINE or the channel's name in front). */
int es_channels_load(struct channels *out, struct es_session *s,
		     struct es_error *err);
void es_channels_dispose(struct channels *c);
/* "FILE:LINE: " of a value before what is wrong with it. */
int es_channel_wrong(struct es_error *err, const struct channel *c,
		     enum es_conf_id id);
/* Whether the host is one of those that it is in use on. */
bool es_channel_is_here(const struct channel *c, const char *host);
/* Last value of a key: the section's, the service's, the default. */
const char *es_channel_text(const struct channel *c, enum es_conf_id id);
int64_t es_channel_number(const struct channel *c, enum es_conf_id id);
/* All values: the section's where it has one, else the service's. */
const struct es_conf_value *es_channel_values(const struct channel *c,
					      enum es_conf_id id, size_t *n);
/* Only those of the section, and only those of the service. */
const struct es_conf_value *
es_channel_own_values(const struct channel *c, enum es_conf_id id, size_t *n);
const struct es_conf_value *es_channel_preset_values(const struct channel *c,
						     enum es_conf_id id,
						     size_t *n);
/* Key "set" of a context: what the service and then the channel sets. */
void es_channel_set(struct es_doc *ctx, const struct channel *c);
/* Its address, "" where that is a secret; the service's is not taken then. */
const char *es_channel_url(const struct channel *c);
/* Whether a message of it goes by a program of this machine. */
bool es_channel_is_program(const struct channel *c);
const char *es_channel_type_name(enum channel_type type);

/*
 * A secret: the file that a key names, else the systemd credential
 * CHANNEL.WORD, else the environment's ETCSNAP_CHANNEL_WORD. Appended to @out
 * without the newline at its end. 1, 0 when there is none, or negative: a file
 * that others can read is refused.
 */
int es_channel_secret(struct es_buf *out, const struct channel *c,
		      enum es_conf_id file_key, const char *word,
		      struct es_error *err);
/* How a mail logs in: plain, login, xoauth2 or none. */
const char *es_channel_auth(const struct channel *c);
/*
 * The WORD of a secret that a channel cannot tell without and that is nowhere:
 * as a credential only the units have it, so that what is new waits for them.
 * NULL where there is all.
 */
const char *es_channel_lacks(const struct channel *c);

/* --- how it went: ledger.c ------------------------------------------------ */

enum ledger_kind {
	LEDGER_MAIN,
	LEDGER_URGENT,
	LEDGER_LATE, /* main, for recipients that were busy */
};

const char *es_ledger_kind_name(enum ledger_kind kind);

/* What is remembered of a channel and kind, so that nobody is pestered. */
struct ledger_row {
	char *channel; /* owned */
	enum ledger_kind kind;
	unsigned int attempts;	    /* failures since the last success */
	unsigned int content_tries; /* of them for the content */
	unsigned int done;	    /* which parts went of what is being sent;
				     * late: recipients, see struct span */
	bool refused;		    /* a person must do something */
	int64_t next_try;
	int64_t last_success;
	int64_t last_error_time;
	int64_t told;	  /* when others were told of the refusal */
	char *last_error; /* owned, quoted; NULL without */
};

struct ledger {
	char *path;		 /* owned */
	struct ledger_row *rows; /* owned */
	size_t n;
	bool dirty;
};

/* A file that cannot be understood is as none: everything is tried at once. */
int es_ledger_load(struct ledger *out, const struct es_session *s,
		   struct es_error *err);
/* The row, NULL where there is none. */
struct ledger_row *es_ledger_find(struct ledger *l, const char *channel,
				  enum ledger_kind kind);
/*
 * The row, made where there is none; NULL without memory. A row that is made
 * moves all others.
 */
struct ledger_row *es_ledger_row(struct ledger *l, const char *channel,
				 enum ledger_kind kind);
int es_ledger_save(struct ledger *l, struct es_error *err);
void es_ledger_dispose(struct ledger *l);

/* --- the message: channel_message.c --------------------------------------- */

/* From where to where is told; made again the same from the same. */
struct span {
	const struct channel *channel;
	enum ledger_kind kind;
	struct es_oid old; /* all zero: the channel's first word */
	struct es_oid new;
	struct es_oid told; /* what the mark says; old, unless that is gone */
	int64_t slot;	    /* time of the schedule, for what is empty; or 0 */
	bool counts;	    /* the other side refuses more than that */
	bool test;	    /* a marked sample */
	bool again;	    /* a run that was told before */
	bool even_empty;    /* told with nothing in it: a sign of life */
	/*
	 * Recipients of a mail that are told later: a bit for each and eight
	 * bits of check that they are the same still; 0: none. For LATE those
	 * that are told now; everybody when the check does not hold.
	 */
	unsigned int late;
	bool skipped; /* runs were pruned before they were told */
};

/* es_message_dispose() */
struct message {
	const struct span *span;
	struct es_doc *report; /* owned; limited to what may leave */
	struct es_buf subject; /* one line */
	struct es_buf text;    /* plain, cut to max_lines */
	struct es_buf html;    /* empty without */
	char id[80];	       /* Message-ID without brackets */
	char thread[80];       /* what all messages of a host refer to */
	char commits[96];      /* "OLD..NEW" or "NEW" */
	int64_t date;
	const char *severity; /* static */
	bool empty;	      /* it has no news, so that it is not told */
};

/* What makes messages. */
struct maker {
	struct es_session *session;
	struct es_templates *templates;
	struct es_packages *packages; /* NULL: not known */
};

/* A Message-ID without brackets, of what tells one message from others. */
void es_message_id(char out[80], const struct es_session *s,
		   const struct es_buf *of);
int es_message_make(struct message *out, struct maker *m,
		    const struct span *span, struct es_error *err);
void es_message_dispose(struct message *m);
/* Context of payload templates; owned by the caller. */
int es_message_context(struct es_doc **out, struct maker *m,
		       const struct message *msg, struct es_error *err);

/* --- sending: send_*.c ---------------------------------------------------- */

/*
 * Tell a message. @done says how many parts of which message went before
 * (webhooks that are called for each change) and is kept up; of a mail that was
 * sent it becomes which recipients were busy, as in struct span. @out is filled
 * also where nothing could be tried: ES_DENIED with the reason in its text.
 * 0, or negative where there is no memory or no process.
 */
int es_send_mail(struct es_transport_result *out, struct maker *m,
		 const struct message *msg, unsigned int *done,
		 struct es_error *err);
int es_send_webhook(struct es_transport_result *out, struct maker *m,
		    const struct message *msg, unsigned int *done,
		    struct es_error *err);
int es_send_exec(struct es_transport_result *out, struct maker *m,
		 const struct message *msg, struct es_error *err);
int es_send_file(struct es_transport_result *out, struct maker *m,
		 const struct message *msg, struct es_error *err);
int es_send_message(struct es_transport_result *out, struct maker *m,
		    const struct message *msg, unsigned int *done,
		    struct es_error *err);
/* What would go, for people: envelope, headers, body; secrets as stars. */
int es_send_show(struct es_buf *out, struct maker *m, const struct message *msg,
		 struct es_error *err);
/* Set a result that came of no transport. */
int es_send_result(struct es_transport_result *out,
		   enum es_transport_outcome outcome, const char *text,
		   struct es_error *err);

#endif
