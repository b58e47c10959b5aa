/* SPDX-License-Identifier: MIT */
/* events.c - one event a change, for syslog and the journal */
#include "config.h"

#include "deliver/events_priv.h"
#include "deliver/send_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <stdlib.h>
#include <string.h>

#define LOG_SOCKET "/dev/log"
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
/*
 * RFC 5424 asks every receiver to take 2048 bytes, and a datagram of that size
 * passes where longer ones are dropped unseen; rsyslog takes 8 KiB of a record
 * unless it is told to take more.
 */
#define DATAGRAM_MAX 2048
#define RECORD_MAX 8192

/* What events are made into. */
struct making {
	enum event_form form;
	int facility;
	size_t max;
	struct es_buf all;
	size_t *ends; /* of records in @all; owned */
	size_t n;
	size_t room;
	/* for local sockets: each goes at once */
	struct local *local;
	struct es_buf *show;
};

static void prepare(struct making *k, const struct channel *c)
{
	const char *format = es_channel_text(c, ES_CONF_CHANNEL_FORMAT);

	*k = (struct making){
		.form = strcmp(format, "cef") == 0   ? FORM_CEF
			: strcmp(format, "ecs") == 0 ? FORM_ECS
						     : FORM_RFC5424,
		.facility = es_event_facility(
			es_channel_text(c, ES_CONF_CHANNEL_FACILITY)),
		.max = RECORD_MAX,
		.all = ES_BUF_INIT(ES_TRANSPORT_MESSAGE_MAX),
	};
}

/* The socket of a channel: unix:PATH, or what is usual; NULL: elsewhere. */
static const char *local_path(const struct es_buf *url, const char *usual)
{
	const char *text = es_buf_str(url);

	if (!*text)
		return usual;
	return strncmp(text, "unix:", 5) == 0 ? text + 5 : NULL;
}

/* --- over the network ----------------------------------------------------- */

static int add_end(struct making *k, struct es_error *err)
{
	if (k->n == k->room) {
		size_t room = k->room ? 2 * k->room : 64;
		size_t *more = reallocarray(k->ends, room, sizeof(*more));

		if (!more)
			return es_fail_oom(err);
		k->ends = more;
		k->room = room;
	}
	k->ends[k->n++] = k->all.len;
	return 0;
}

static int collect(void *payload, struct event *e, struct es_error *err)
{
	struct making *k = payload;

	es_event_record(&k->all, e, k->form, k->facility, k->max);
	if (es_buf_check(&k->all, err) < 0)
		return err->code;
	return add_end(k, err);
}

static int send_records(struct es_transport_result *out, const struct making *k,
			const struct channel *c, const char *url,
			struct es_error *err)
{
	const char *ca = es_channel_text(c, ES_CONF_CHANNEL_CA_FILE);
	const char *pin = es_channel_text(c, ES_CONF_CHANNEL_PIN);
	struct es_stream_record *records = calloc(k->n, sizeof(*records));
	size_t from = 0;
	int rc;

	if (!records)
		return es_fail_oom(err);
	for (size_t i = 0; i < k->n; i++) {
		records[i].data = k->all.data + from;
		records[i].len = k->ends[i] - from;
		from = k->ends[i];
	}

	const struct es_stream_request stream = {
		.url = url,
		.records = records,
		.n_records = k->n,
		.framing = ES_STREAM_OCTETS,
		.ca_file = *ca ? ca : NULL,
		.pin = *pin ? pin : NULL,
		.limits = es_send_limits(c),
	};
	const struct es_transport_request rq = {
		.kind = ES_TRANSPORT_STREAM,
		.stream = &stream,
	};

	rc = es_transport_run(out, &rq, err);
	free(records);
	return rc;
}

static int to_network(struct es_transport_result *out, struct making *k,
		      struct maker *m, const struct message *msg,
		      const char *url, struct es_error *err)
{
	int rc;

	if (strncmp(url, "udp:", 4) == 0)
		k->max = DATAGRAM_MAX;
	rc = es_events_each(m, msg, collect, k, err);
	if (rc == 0)
		rc = send_records(out, k, msg->span->channel, url, err);
	free(k->ends);
	es_buf_dispose(&k->all);
	return rc;
}

/* --- on this machine ------------------------------------------------------ */

/* A socket that fails ends the loop, and is no failure of ours. */
static int to_socket(void *payload, struct event *e, struct es_error *err)
{
	struct making *k = payload;

	es_buf_reset(&k->all);
	es_event_record(&k->all, e, k->form, k->facility, k->max);
	if (es_buf_check(&k->all, err) < 0)
		return err->code;
	return es_local_send(k->local, k->all.data, k->all.len, false) < 0;
}

static int to_journal(void *payload, struct event *e, struct es_error *err)
{
	struct making *k = payload;

	es_buf_reset(&k->all);
	es_event_journal(&k->all, e, k->facility);
	if (es_buf_check(&k->all, err) < 0)
		return err->code;
	return es_local_send(k->local, k->all.data, k->all.len, true) < 0;
}

static int to_local(struct es_transport_result *out, struct making *k,
		    struct maker *m, const struct message *msg,
		    const char *path, struct es_error *err)
{
	struct local l;
	int rc = 0;

	k->local = &l;
	if (es_local_open(&l, path, es_send_limits(msg->span->channel).total) ==
	    0)
		rc = es_events_each(m, msg,
				    msg->span->channel->type == CHANNEL_JOURNAL
					    ? to_journal
					    : to_socket,
				    k, err);
	es_local_close(&l);
	k->local = NULL;
	es_buf_dispose(&k->all);
	return rc < 0 ? rc : es_local_judge(out, &l, path, err);
}

int es_events_syslog(struct es_transport_result *out, struct maker *m,
		     const struct message *msg, struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(1 << 16);
	const char *path;
	struct making k;

	if (es_send_url(&url, c, err) < 0)
		return err->code;
	prepare(&k, c);
	path = local_path(&url, LOG_SOCKET);
	if (path)
		return to_local(out, &k, m, msg, path, err);
	return to_network(out, &k, m, msg, es_buf_str(&url), err);
}

int es_events_journal(struct es_transport_result *out, struct maker *m,
		      const struct message *msg, struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(1 << 16);
	const char *path;
	struct making k;

	if (es_send_url(&url, c, err) < 0)
		return err->code;
	prepare(&k, c);
	path = local_path(&url, JOURNAL_SOCKET);
	if (!path)
		return es_fail_config(err,
				      "channel '%s': the journal's url is "
				      "unix:PATH, or none",
				      c->name);
	return to_local(out, &k, m, msg, path, err);
}

/* --- for people ----------------------------------------------------------- */

static int show_record(void *payload, struct event *e, struct es_error *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct making *k = payload;
	const char *mark;

	es_buf_reset(&k->all);
	es_event_record(&k->all, e, k->form, k->facility, k->max);
	mark = k->all.len ? strstr(k->all.data, bom) : NULL;
	if (mark) {
		es_buf_add(k->show, k->all.data, (size_t)(mark - k->all.data));
		es_buf_adds(k->show, mark + strlen(bom));
	} else {
		es_buf_adds(k->show, es_buf_str(&k->all));
	}
	es_buf_addc(k->show, '\n');
	return es_buf_check(&k->all, err);
}

/* Fields on one line, as the protocol has them. */
static int show_fields(void *payload, struct event *e, struct es_error *err)
{
	struct making *k = payload;

	es_buf_addf(k->show, "PRIORITY=%d MESSAGE=", es_event_priority(e));
	es_buf_adds(k->show, es_buf_str(&e->text));
	for (int i = 0; i < FIELDS; i++) {
		const char *name = es_event_fields[i].name;

		if (!e->values[i].len)
			continue;
		es_buf_adds(k->show, " ETCSNAP_");
		for (; *name; name++)
			es_buf_addc(k->show, (*name >= 'a' && *name <= 'z')
						     ? (char)(*name - 'a' + 'A')
						     : *name);
		es_buf_addc(k->show, '=');
		es_quote_term(k->show, es_buf_str(&e->values[i]),
			      e->values[i].len);
	}
	es_buf_addc(k->show, '\n');
	return es_buf_check(k->show, err);
}

int es_events_show(struct es_buf *out, struct maker *m,
		   const struct message *msg, struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	struct making k;
	int rc;

	prepare(&k, c);
	k.show = out;
	rc = es_events_each(
		m, msg, c->type == CHANNEL_JOURNAL ? show_fields : show_record,
		&k, err);
	es_buf_dispose(&k.all);
	return rc < 0 ? rc : es_buf_check(out, err);
}
