/* SPDX-License-Identifier: MIT */
/* channel_message.c - what a channel is told: report, subject, text and id */
#include "config.h"

#include "deliver/channel_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- ids ------------------------------------------------------------------ */

/* Digits of a Message-ID: half a SHA-256. */
#define ID_DIGITS 32

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-';
}

/* The host part of an id; a strange name gives a strange but valid one. */
static void add_host(char *out, size_t room, const char *host)
{
	size_t n = 0;

	for (; *host && n + 1 < room && n < 40; host++)
		if (is_host_byte(*host) ||
		    (*host == '.' && n && out[n - 1] != '.' && host[1]))
			out[n++] = *host;
	while (n && out[n - 1] == '.')
		n--;
	if (n == 0)
		out[n++] = 'x';
	out[n] = '\0';
}

void es_message_id(char out[80], const struct es_session *s,
		   const struct es_buf *of)
{
	uint8_t digest[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1], host[44];

	es_sha256(digest, es_buf_str(of), of->len);
	es_hex(hex, digest, sizeof(digest));
	add_host(host, sizeof(host), s->host);
	snprintf(out, 80, "%.*s@%s", ID_DIGITS, hex, host);
}

/* From host, channel, kind, old and new: the same message, the same id. */
static void set_ids(struct message *m, const struct es_session *s)
{
	const struct span *sp = m->span;
	ES_CLEANUP(es_buf_dispose) struct es_buf of = ES_BUF_INIT(4096);
	char old[ES_OID_HEX + 1], new[ES_OID_HEX + 1];

	es_oid_text(old, &sp->told);
	es_oid_text(new, &sp->new);
	es_buf_addf(&of, "%s\n", s->host);
	es_message_id(m->thread, s, &of);
	es_buf_addf(&of, "%s\n%s\n%s\n%s\n", sp->channel->name,
		    es_ledger_kind_name(sp->kind), old, new);
	if (sp->slot || sp->test)
		es_buf_addf(&of, "%" PRId64 " %d\n", sp->slot, sp->test);
	es_message_id(m->id, s, &of);
	if (es_oid_is_none(&sp->old))
		snprintf(m->commits, sizeof(m->commits), "%s", new);
	else
		snprintf(m->commits, sizeof(m->commits), "%s..%s", old, new);
}

/* --- report --------------------------------------------------------------- */

static int read_side(struct es_commit **out, struct es_session *s,
		     const struct es_oid *oid, struct es_error *err)
{
	return es_oid_is_none(oid) ? 0
				   : es_commit_read(out, s->store, oid, err);
}

static int make_report(struct message *m, struct maker *mk,
		       struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *old = NULL;
	ES_CLEANUP(es_commit_freep) struct es_commit *new = NULL;
	const struct channel *c = m->span->channel;
	struct es_tell t = {
		.packages = mk->packages,
		.filter = c->filter,
		.level = c->level,
	};

	if (m->span->kind == LEDGER_URGENT && c->urgent > t.filter.min)
		t.filter.min = c->urgent;
	if (read_side(&old, mk->session, &m->span->old, err) < 0 ||
	    read_side(&new, mk->session, &m->span->new, err) < 0)
		return err->code;
	t.old = old;
	t.new = new;
	m->date = es_commit_time(new);
	if (m->span->slot > m->date)
		m->date = m->span->slot;
	if (es_tell_report(&m->report, mk->session, &t, err) < 0)
		return err->code;
	if (!old) {
		/* not news: from now on it is told what changes */
		es_doc_bool(m->report, "first", false);
		es_doc_bool(m->report, "cut", false);
		es_doc_bool(m->report, "hello", true);
	}
	if (m->span->skipped)
		es_doc_bool(m->report, "skipped", true);
	es_report_limit(m->report, m->span->counts ? ES_REPORT_CONTENT_COUNTS
						   : c->content);
	return es_doc_check(m->report, err);
}

/* What a filter leaves nothing of is no news for this channel. */
static bool is_empty(const struct message *m)
{
	const struct es_doc *counts = es_doc_get(m->report, "counts");

	if (es_oid_is_none(&m->span->old) || m->span->test ||
	    m->span->even_empty)
		return false;
	return !counts || (es_doc_get_number(counts, "total", 0) == 0 &&
			   es_doc_get_number(counts, "opened", 0) == 0 &&
			   es_doc_get_number(counts, "closed", 0) == 0);
}

/* --- forms ---------------------------------------------------------------- */

static const struct es_report_view_options mail_view = { 0 };

/*
 * The subject of the channel's own; negative where it is wrong or too long,
 * which must not keep a report back.
 */
static int add_own_subject(struct message *m, struct maker *mk, const char *own,
			   const struct es_doc *view)
{
	ES_CLEANUP(es_template_freep) struct es_template *t = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(2048);
	struct es_error why = ES_ERROR_INIT;

	if (es_template_parse(&t, "subject", own, strlen(own),
			      ES_TEMPLATE_HEADER, &why) < 0 ||
	    es_template_render(&all, t, mk->templates, view, &why) < 0)
		return why.code;
	es_buf_add(&m->subject, es_buf_str(&all), all.len);
	return 0;
}

static int make_subject(struct message *m, struct maker *mk,
			struct es_error *err)
{
	const char *own =
		es_channel_text(m->span->channel, ES_CONF_CHANNEL_SUBJECT);
	ES_CLEANUP(es_doc_freep) struct es_doc *view = NULL;

	if (es_report_view(&view, m->report, ES_TEMPLATE_HEADER, &mail_view,
			   err) < 0)
		return err->code;
	if (m->span->test)
		es_buf_adds(&m->subject, "[test] ");
	if (*es_channel_text(m->span->channel, ES_CONF_CHANNEL_PREFIX))
		es_buf_addf(&m->subject, "%s ",
			    es_channel_text(m->span->channel,
					    ES_CONF_CHANNEL_PREFIX));
	if (*own && add_own_subject(m, mk, own, view) == 0)
		return es_buf_check(&m->subject, err);
	return es_templates_render(&m->subject, mk->templates, "subject.txt",
				   view, err);
}

/* A text that is too long is cut at a line, which says so. */
static void cut_text(struct es_buf *text, int64_t lines, int64_t size,
		     const char *rest)
{
	size_t at = 0, kept = 0;
	int64_t n = 0, more = 0;

	for (; at < text->len; n++) {
		const char *end = memchr(text->data + at, '\n', text->len - at);

		at = end ? (size_t)(end - text->data) + 1 : text->len;
		if (n < lines && at <= (size_t)size)
			kept = at;
		else
			more++;
	}
	if (more == 0)
		return;
	es_buf_truncate(text, kept);
	es_buf_addf(text, "\xe2\x80\xa6 and %" PRId64 " more line%s: %s\n",
		    more, more == 1 ? "" : "s", rest);
}

static void rest_of(struct es_buf *out, const struct message *m)
{
	char hex[ES_OID_HEX + 1];

	if (es_oid_is_none(&m->span->old)) {
		es_buf_addf(out, "etcsnap show %.7s",
			    es_oid_text(hex, &m->span->new));
		return;
	}
	es_buf_addf(out, "etcsnap diff %.7s", es_oid_text(hex, &m->span->old));
	es_buf_addf(out, " %.7s", es_oid_text(hex, &m->span->new));
}

static const char *text_template(const struct channel *c)
{
	const char *name = es_channel_text(c, ES_CONF_CHANNEL_TEMPLATE);

	return *name && c->type != CHANNEL_WEBHOOK ? name : "report.txt";
}

static int make_text(struct message *m, struct maker *mk, struct es_error *err)
{
	const struct channel *c = m->span->channel;
	ES_CLEANUP(es_buf_dispose) struct es_buf rest = ES_BUF_INIT(256);

	if (es_report_render(&m->text, mk->templates, text_template(c),
			     m->report, &mail_view, err) < 0)
		return err->code;
	if (m->span->test) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf all = ES_BUF_INIT(ES_BUF_MAX);

		es_buf_addf(&all,
			    "This is a test of the channel '%s'; nothing "
			    "happened.\n\n",
			    c->name);
		es_buf_add(&all, es_buf_str(&m->text), m->text.len);
		es_buf_reset(&m->text);
		es_buf_add(&m->text, es_buf_str(&all), all.len);
	}
	rest_of(&rest, m);
	cut_text(&m->text, es_channel_number(c, ES_CONF_CHANNEL_MAX_LINES),
		 es_channel_number(c, ES_CONF_CHANNEL_MAX_SIZE) / 2,
		 es_buf_str(&rest));
	return es_buf_check(&m->text, err);
}

static int make_html(struct message *m, struct maker *mk, struct es_error *err)
{
	const struct channel *c = m->span->channel;
	const char *name = es_channel_text(c, ES_CONF_CHANNEL_HTML);
	const size_t max =
		(size_t)es_channel_number(c, ES_CONF_CHANNEL_MAX_SIZE);
	struct es_report_view_options o = { .max = max / 3 };

	if (!*name || strcmp(name, "none") == 0 ||
	    (c->type != CHANNEL_MAIL && c->type != CHANNEL_FILE))
		return 0;
	if (es_report_render(&m->html, mk->templates, name, m->report, &o,
			     err) < 0)
		return err->code;
	/* the text says it all */
	if (m->html.len > max / 2)
		es_buf_reset(&m->html);
	return 0;
}

int es_message_make(struct message *out, struct maker *m,
		    const struct span *span, struct es_error *err)
{
	*out = (struct message){
		.span = span,
		.subject = ES_BUF_INIT(4096),
		.text = ES_BUF_INIT(ES_BUF_MAX),
		.html = ES_BUF_INIT(ES_BUF_MAX),
	};
	set_ids(out, m->session);
	if (make_report(out, m, err) < 0)
		return err->code;
	out->severity = es_doc_get_str(out->report, "severity");
	if (!out->severity)
		out->severity = "none";
	out->empty = is_empty(out);
	if (out->empty)
		return 0;
	if (make_subject(out, m, err) < 0 || make_text(out, m, err) < 0 ||
	    make_html(out, m, err) < 0)
		return err->code;
	return 0;
}

void es_message_dispose(struct message *m)
{
	es_doc_free(m->report);
	es_buf_dispose(&m->subject);
	es_buf_dispose(&m->text);
	es_buf_dispose(&m->html);
	*m = (struct message){ 0 };
}

int es_message_context(struct es_doc **out, struct maker *m,
		       const struct message *msg, struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *ctx = NULL;
	const struct channel *c = msg->span->channel;
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(4096);
	struct es_doc *channel;

	if (es_report_view(&ctx, msg->report, ES_TEMPLATE_JSON, &mail_view,
			   err) < 0)
		return err->code;
	channel = es_doc_object(ctx, "channel");
	es_doc_str(channel, "name", c->name);
	es_doc_str(channel, "service", c->service);
	es_doc_str(channel, "prefix",
		   es_channel_text(c, ES_CONF_CHANNEL_PREFIX));
	es_doc_str(channel, "user", es_channel_text(c, ES_CONF_CHANNEL_USER));
	es_doc_bool(channel, "urgent", msg->span->kind == LEDGER_URGENT);
	es_doc_text(ctx, "subject", es_buf_str(&msg->subject),
		    msg->subject.len);
	es_doc_text(ctx, "text", es_buf_str(&msg->text), msg->text.len);
	es_doc_str(ctx, "id", msg->id);
	es_doc_str(ctx, "commits", msg->commits);
	es_doc_bool(ctx, "test", msg->span->test);
	es_buf_addf(&key, "etcsnap-%s-%s", m->session->host, c->name);
	es_doc_text(ctx, "group_key", es_buf_str(&key), key.len);
	if (es_doc_check(ctx, err) < 0)
		return err->code;
	*out = es_steal_ptr(&ctx);
	return 0;
}
