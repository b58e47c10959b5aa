/* SPDX-License-Identifier: MIT */
/* deliver_status.c - how channels stand; telling others of the refused ones */
#include "config.h"

#include "etcsnap/deliver.h"

#include "deliver/deliver_priv.h"
#include "deliver/send_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"

#include <string.h>

/* Runs of a backlog that are counted one by one. */
#define BACKLOG_MAX 10000

/* --- refusals ------------------------------------------------------------- */

/*
 * What the other side said may have words of a report in it: only a channel
 * that may have all of it is told.
 */
static void notice_text(struct es_buf *out, const struct channel *to,
			const struct channel *refused,
			const struct ledger_row *row)
{
	es_buf_addf(out, "the channel '%s' is refused by the other side",
		    refused->name);
	if (to->content == ES_REPORT_CONTENT_FULL && row->last_error)
		es_buf_addf(out, ": %s", row->last_error);
}

static void set_ids(struct message *msg, struct delivery *d,
		    const struct span *sp, const struct channel *refused)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf of = ES_BUF_INIT(4096);

	es_oid_text(msg->commits, &sp->new);
	es_buf_addf(&of, "%s\n", d->session->host);
	es_message_id(msg->thread, d->session, &of);
	es_buf_addf(&of, "%s\nnotice\n%s\n%lld\n", sp->channel->name,
		    refused->name, (long long)(d->now / DELIVER_DAY));
	es_message_id(msg->id, d->session, &of);
}

static int make_notice(struct message *msg, struct delivery *d,
		       const struct span *sp, const char *text,
		       struct es_error *err)
{
	const char *prefix =
		es_channel_text(sp->channel, ES_CONF_CHANNEL_PREFIX);
	ES_CLEANUP(es_buf_dispose) struct es_buf host = ES_BUF_INIT(4096);
	struct es_doc *doc = es_doc_new();

	*msg = (struct message){
		.span = sp,
		.report = doc,
		.subject = ES_BUF_INIT(4096),
		.text = ES_BUF_INIT(1 << 16),
		.html = ES_BUF_INIT(1),
		.date = d->now,
		.severity = "warning",
	};
	if (!doc)
		return es_fail_oom(err);
	es_quote_term(&host, d->session->host, strlen(d->session->host));
	es_doc_number(doc, "schema", ES_REPORT_SCHEMA);
	es_doc_str(doc, "host", d->session->host);
	es_doc_str(doc, "severity", "warning");
	es_doc_str(doc, "notice", text);
	es_buf_addf(&msg->subject, "%s%s%s: WARNING: %s", prefix,
		    *prefix ? " " : "", es_buf_str(&host), text);
	es_buf_addf(&msg->text,
		    "%s: %s\n\nWhat it should be told is kept; "
		    "'etcsnap status' shows how channels "
		    "stand.\n",
		    es_buf_str(&host), text);
	return es_doc_check(doc, err);
}

static bool tell_one(struct delivery *d, const struct channel *c,
		     const struct channel *refused,
		     const struct ledger_row *row)
{
	const struct span sp = { .channel = c, .new = d->tip };
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(8192);
	struct es_transport_result r = { 0 };
	struct es_error why = ES_ERROR_INIT;
	struct message msg;
	unsigned int done = 0;
	bool told = false;

	notice_text(&text, c, refused, row);
	if (make_notice(&msg, d, &sp, es_buf_str(&text), &why) == 0) {
		set_ids(&msg, d, &sp, refused);
		if (es_send_message(&r, &d->maker, &msg, &done, &why) == 0)
			told = r.outcome == ES_SENT;
	}
	es_transport_dispose(&r);
	es_message_dispose(&msg);
	return told;
}

/* Whether somebody took the word, or nobody is there to take it. */
static bool tell(struct delivery *d, const struct channel *refused,
		 const struct ledger_row *row)
{
	bool told = false, anybody = false;

	for (size_t i = 0; i < d->channels.n; i++) {
		const struct channel *c = &d->channels.list[i];
		const struct ledger_row *other =
			es_ledger_find(&d->ledger, c->name, LEDGER_MAIN);

		if (c == refused || (other && other->attempts) ||
		    !es_channel_is_here(c, d->session->host))
			continue;
		anybody = true;
		if (!es_deliver_is_quiet(d, c) && !es_deliver_leaves(d, c) &&
		    !es_channel_lacks(c))
			told |= tell_one(d, c, refused, row);
	}
	return told || !anybody;
}

static bool is_to_be_told(const struct delivery *d,
			  const struct ledger_row *row)
{
	return row && row->refused &&
	       (row->told > d->now || d->now - row->told >= DELIVER_DAY);
}

void es_deliver_tell_refusals(struct delivery *d)
{
	if (d->options->test || d->options->resend || d->options->channel)
		return;
	for (size_t i = 0; i < d->channels.n; i++) {
		const struct channel *c = &d->channels.list[i];
		struct ledger_row *main =
			es_ledger_find(&d->ledger, c->name, LEDGER_MAIN);
		struct ledger_row *urgent =
			es_ledger_find(&d->ledger, c->name, LEDGER_URGENT);
		struct ledger_row *row = is_to_be_told(d, main)	    ? main
					 : is_to_be_told(d, urgent) ? urgent
								    : NULL;

		if (!row || !es_channel_is_here(c, d->session->host) ||
		    !tell(d, c, row))
			continue;
		/* one word for both */
		if (main)
			main->told = d->now;
		if (urgent)
			urgent->told = d->now;
		d->ledger.dirty = true;
	}
}

/* --- status --------------------------------------------------------------- */

/*
 * Runs that a channel was not told, whether more of them were pruned, and the
 * time of the oldest of those that are kept.
 */
static int backlog(struct es_doc *obj, struct delivery *d,
		   const struct es_oid *delivered, struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_commit *c = NULL;
	char time[ES_TIME_LEN];
	int64_t n = 0, oldest = 0;
	bool end = false;

	if (es_history_new(&h, d->session->store, &d->tip, err) < 0)
		return err->code;
	while (!end && n < BACKLOG_MAX && es_history_next(h, &c, err) > 0) {
		end = es_oid_equal(es_commit_id(c), delivered);
		if (!end) {
			n++;
			oldest = es_commit_time(c);
		}
		es_commit_free(c);
	}
	if (err->code < 0)
		return err->code;
	es_doc_number(obj, "backlog", n);
	es_doc_bool(obj, "skipped", !end && n < BACKLOG_MAX);
	es_doc_str(obj, "oldest", n ? es_clock_rfc3339(time, oldest) : NULL);
	return 0;
}

static void add_time(struct es_doc *obj, const char *key, int64_t when)
{
	char time[ES_TIME_LEN];

	es_doc_str(obj, key, when ? es_clock_rfc3339(time, when) : NULL);
}

/* The commit that a channel was told last, and what it was not told. */
static int add_delivered(struct es_doc *obj, struct delivery *d,
			 const struct channel *c, struct es_error *err)
{
	struct es_oid delivered;
	char hex[ES_OID_HEX + 1];

	if (es_deliver_read(&delivered, d, "delivered", LEDGER_MAIN, c, err) <
	    0)
		return err->code;
	if (es_oid_is_none(&delivered)) {
		es_doc_str(obj, "delivered", NULL);
		es_doc_number(obj, "backlog", 0);
		es_doc_bool(obj, "skipped", false);
		es_doc_str(obj, "oldest", NULL);
		return 0;
	}
	es_doc_str(obj, "delivered", es_oid_text(hex, &delivered));
	return backlog(obj, d, &delivered, err);
}

/* Waiting longer than it should: tried in vain, or refused. */
static int add_channel(struct es_doc *list, struct delivery *d,
		       const struct channel *c, struct es_error *err)
{
	struct es_doc *obj = es_doc_push(list);
	const struct ledger_row none = { 0 };
	const struct ledger_row *row, *main, *urgent, *later;
	bool late, refused;

	es_doc_str(obj, "name", c->name);
	es_doc_str(obj, "type", es_channel_type_name(c->type));
	if (add_delivered(obj, d, c, err) < 0)
		return err->code;
	main = es_ledger_find(&d->ledger, c->name, LEDGER_MAIN);
	urgent = es_ledger_find(&d->ledger, c->name, LEDGER_URGENT);
	row = main ? main : &none;
	later = es_ledger_find(&d->ledger, c->name, LEDGER_LATE);
	if (urgent && urgent->attempts > row->attempts)
		row = urgent;
	if (later && later->attempts > row->attempts)
		row = later;
	es_doc_number(obj, "attempts", row->attempts);
	add_time(obj, "last_success", row->last_success);
	add_time(obj, "last_error_time", row->last_error_time);
	es_doc_str(obj, "last_error",
		   row->attempts || row->refused ? row->last_error : NULL);
	add_time(obj, "next_try", row->attempts ? row->next_try : 0);
	if (!c->when.each_run)
		add_time(obj, "next_time", es_schedule_next(&c->when, d->now));
	refused = (main && main->refused) || (urgent && urgent->refused);
	late = row->attempts > 0;
	es_doc_bool(obj, "refused", refused);
	es_doc_str(obj, "lacks", es_channel_lacks(c));
	return late || refused;
}

int es_deliver_status(struct es_doc *out, struct es_session *s,
		      struct es_error *err)
{
	struct delivery d = { .session = s, .now = es_clock_now().tv_sec };
	struct es_doc *list = es_doc_array(out, "channels");
	int rc, late = 0;

	if (es_channels_load(&d.channels, s, err) < 0)
		return err->code;
	rc = es_store_tip(&d.tip, s->store, "main", err);
	if (rc > 0)
		rc = es_ledger_load(&d.ledger, s, err);
	for (size_t i = 0; rc >= 0 && i < d.channels.n; i++) {
		if (!es_channel_is_here(&d.channels.list[i], s->host))
			continue;
		rc = add_channel(list, &d, &d.channels.list[i], err);
		late += rc > 0;
	}
	es_ledger_dispose(&d.ledger);
	es_channels_dispose(&d.channels);
	return rc < 0 ? rc : late;
}

static int check_secrets(const struct channel *c, struct es_error *err)
{
	static const enum es_conf_id files[] = {
		ES_CONF_CHANNEL_URL_FILE,   ES_CONF_CHANNEL_PASSWORD_FILE,
		ES_CONF_CHANNEL_TOKEN_FILE, ES_CONF_CHANNEL_HEADER_FILE,
		ES_CONF_CHANNEL_HMAC_FILE,
	};
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < sizeof(files) / sizeof(*files); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf secret = ES_BUF_INIT(1 << 16);

		if (!*es_channel_text(c, files[i]))
			continue;
		rc = es_channel_secret(&secret, c, files[i], "", err);
		if (secret.data)
			explicit_bzero(secret.data, secret.len);
	}
	if (rc < 0)
		err->fault = ES_FAULT_CONFIG;
	return rc < 0 ? rc : 0;
}

static int check_templates(const struct channel *c, struct es_templates *set,
			   struct es_error *err)
{
	static const enum es_conf_id names[] = {
		ES_CONF_CHANNEL_TEMPLATE,
		ES_CONF_CHANNEL_HTML,
		ES_CONF_CHANNEL_COMMENT_TEMPLATE,
	};
	const struct es_template *t;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *name = es_channel_text(c, names[i]);

		if (*name && strcmp(name, "none") != 0 &&
		    es_templates_get(&t, set, name, err) < 0)
			return es_channel_wrong(err, c, names[i]);
	}
	return 0;
}

/* What is found wrong with the first message otherwise. */
static int check_way(const struct channel *c, struct es_error *err)
{
	return c->type == CHANNEL_MAIL	    ? es_send_check_mail(c, err)
	       : c->type == CHANNEL_WEBHOOK ? es_send_check_webhook(c, err)
					    : 0;
}

/* What would be replaced by the program's own is wrong all the same. */
static int check_replaced(struct es_templates *set, struct es_error *err)
{
	static const char *const all[] = {
		"report.txt",
		"report.html",
		"subject.txt",
	};
	const struct es_template *t;
	const char *warning;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (es_templates_get(&t, set, all[i], err) < 0)
			return err->code;
	warning = es_templates_warning(set);
	return *warning ? es_fail_config(err, "%.*s",
					 (int)strcspn(warning, "\n"), warning)
			: 0;
}

static int check_channel(const struct channel *c, struct es_templates *set,
			 struct es_buf *notice, struct es_error *err)
{
	const char *word = es_channel_lacks(c);

	if (check_secrets(c, err) < 0 || check_templates(c, set, err) < 0 ||
	    check_way(c, err) < 0)
		return err->code;
	if (word && notice)
		es_buf_addf(notice,
			    "channel '%s': there is no %s here; set %s_file, "
			    "unless the units have a credential %s.%s\n",
			    c->name, word, word, c->name, word);
	return 0;
}

int es_deliver_check(struct es_session *s, struct es_buf *notice,
		     struct es_error *err)
{
	ES_CLEANUP(es_templates_freep) struct es_templates *set = NULL;
	struct channels all;
	int rc;

	if (es_templates_new(&set,
			     es_conf_text(s->conf, ES_CONF_REPORT_TEMPLATES),
			     err) < 0 ||
	    es_channels_load(&all, s, err) < 0)
		return err->code;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < all.n; i++)
		rc = check_channel(&all.list[i], set, notice, err);
	if (rc == 0)
		rc = check_replaced(set, err);
	es_channels_dispose(&all);
	return rc;
}
