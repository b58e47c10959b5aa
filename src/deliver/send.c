/* SPDX-License-Identifier: MIT */
/* send.c - a message by the way of its channel; files, programs, patches */
#include "config.h"

#include "deliver/events_priv.h"
#include "deliver/send_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"
#include "etcsnap/keep.h"
#include "etcsnap/quote.h"
#include "etcsnap/words.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int es_send_url(struct es_buf *out, const struct channel *c,
		struct es_error *err)
{
	const char *url = es_channel_url(c);

	if (!*url)
		return es_channel_secret(out, c, ES_CONF_CHANNEL_URL_FILE,
					 "url", err);
	es_buf_adds(out, url);
	return es_buf_check(out, err) < 0 ? err->code : *url != '\0';
}

struct es_transport_limits es_send_limits(const struct channel *c)
{
	unsigned int total =
		(unsigned int)es_channel_number(c, ES_CONF_CHANNEL_TIMEOUT);

	return (struct es_transport_limits){
		.connect = total < 30 ? total : 30,
		.total = total,
		.stall = total,
	};
}

int es_send_result(struct es_transport_result *out,
		   enum es_transport_outcome outcome, const char *text,
		   struct es_error *err)
{
	es_transport_dispose(out);
	*out = (struct es_transport_result){
		.outcome = outcome,
		.text = strdup(text),
		.body = ES_BUF_INIT(ES_TRANSPORT_BODY_MAX),
		.sandbox = strdup("none"),
	};
	return out->text && out->sandbox ? 0 : es_fail_oom(err);
}

/* --- patches -------------------------------------------------------------- */

static void add_patch_line(struct es_buf *out, const struct es_doc *line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	const char *op = es_doc_get_str(line, "op");

	es_buf_adds(out, op ? op : " ");
	es_doc_get_bytes(line, "text", &raw);
	es_buf_add(out, es_buf_str(&raw), raw.len);
	es_buf_addc(out, '\n');
	if (es_doc_get_bool(line, "no_newline"))
		es_buf_adds(out, "\\ No newline at end of file\n");
}

static void add_patch(struct es_buf *out, const struct es_doc *change)
{
	const struct es_doc *content = es_doc_get(change, "content");
	const struct es_doc *hunks =
		content ? es_doc_get(content, "hunks") : NULL;
	const char *path = es_doc_get_str(change, "path");
	const char *from = es_doc_get_str(change, "from");
	const char *kind = es_doc_get_str(change, "kind");
	const struct es_doc *h, *l;

	if (!hunks || !path || !kind)
		return;
	if (strcmp(kind, "added") == 0)
		es_buf_adds(out, "--- /dev/null\n");
	else
		es_buf_addf(out, "--- a%s\n", from ? from : path);
	if (strcmp(kind, "removed") == 0)
		es_buf_adds(out, "+++ /dev/null\n");
	else
		es_buf_addf(out, "+++ b%s\n", path);
	for (size_t i = 0; (h = es_doc_at(hunks, i)) != NULL; i++) {
		const struct es_doc *lines = es_doc_get(h, "lines");
		const char *header = es_doc_get_str(h, "header");

		es_buf_addf(out, "%s\n", header ? header : "");
		for (size_t k = 0; lines && (l = es_doc_at(lines, k)); k++)
			add_patch_line(out, l);
	}
}

void es_send_patch(struct es_buf *out, const struct es_doc *report)
{
	const struct es_doc *changes = es_doc_get(report, "changes");
	const struct es_doc *c;

	for (size_t i = 0; changes && (c = es_doc_at(changes, i)) != NULL; i++)
		add_patch(out, c);
}

/* --- files ---------------------------------------------------------------- */

int es_send_folder(struct es_buf *out, const struct es_session *s,
		   const struct channel *c, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf own = ES_BUF_INIT(1 << 16);
	const char *dir = es_channel_text(c, ES_CONF_CHANNEL_DIR);

	if (!*dir) {
		es_path_dirname(&own, s->state_path);
		es_buf_adds(&own, "/reports");
		if (es_buf_check(&own, err) < 0)
			return err->code;
		dir = own.data;
	}
	return es_path_absolute(out, dir, err);
}

/* A name without what tells it from that of a report of a run. */
#define SHAPE "00000000T000000Z-fffffff"

/* The newest first, and of one time and run the report itself. */
static int compare_names(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int c = strncmp(y, x, strlen(SHAPE));

	return c ? c : strcmp(x, y);
}

/* Names as es_send_file() gives, and no other: old reports are removed. */
static bool is_report(const char *name)
{
	static const char shape[] = SHAPE;
	static const char *const endings[] = {
		".json",       "-urgent.json", "-test.json",
		"-again.json", "-notice.json",
	};

	if (strlen(name) < strlen(shape))
		return false;
	for (size_t i = 0; shape[i]; i++, name++)
		if (shape[i] == '0'   ? !strchr("0123456789", *name)
		    : shape[i] == 'f' ? !strchr("0123456789abcdef", *name)
				      : *name != shape[i])
			return false;
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (strcmp(name, endings[i]) == 0)
			return true;
	return false;
}

/* The names of all reports of a folder, the newest first; owned. */
static size_t list_reports(char ***out, const char *dir)
{
	ES_CLEANUP(es_closedirp) DIR *d = opendir(dir);
	size_t n = 0;

	*out = NULL;
	for (const struct dirent *e = d ? readdir(d) : NULL; e;
	     e = readdir(d)) {
		char **more;

		if (!is_report(e->d_name))
			continue;
		more = reallocarray(*out, n + 1, sizeof(*more));
		if (!more)
			break;
		*out = more;
		more[n] = strndup(e->d_name, strlen(e->d_name) - 5);
		if (!more[n])
			break;
		n++;
	}
	if (n)
		qsort(*out, n, sizeof(**out), compare_names);
	return n;
}

static void remove_report(const char *dir, const char *name)
{
	static const char *const endings[] = { ".txt", ".html", ".json" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf path = ES_BUF_INIT(1 << 16);

		es_buf_addf(&path, "%s/%s%s", dir, name, endings[i]);
		if (!path.failed)
			unlink(path.data);
	}
}

/* A sample and the like take no report's place. */
static bool is_news(const char *name)
{
	return !name[strlen(SHAPE)] ||
	       strcmp(name + strlen(SHAPE), "-urgent") == 0;
}

/* Old ones go; the newest always stays. */
static void clean_reports(const char *dir, const struct channel *c, int64_t now)
{
	struct es_error unseen = ES_ERROR_INIT;
	struct es_keep keep;
	char **names;
	size_t n, newer = 0;

	if (es_keep_parse(&keep, es_channel_text(c, ES_CONF_CHANNEL_KEEP),
			  &unseen) < 0 ||
	    keep.forever)
		return;
	n = list_reports(&names, dir);
	for (size_t i = 0; i < n; i++) {
		struct tm tm = { 0 };
		bool old = strptime(names[i], "%Y%m%dT%H%M%SZ", &tm) &&
			   now - timegm(&tm) > keep.seconds;

		if (newer > 0 && old && newer >= keep.count)
			remove_report(dir, names[i]);
		newer += is_news(names[i]);
		free(names[i]);
	}
	free(names);
}

static int write_form(const char *dir, const char *name, const char *ending,
		      const struct es_buf *data, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);

	if (data->len == 0)
		return 0;
	es_buf_addf(&path, "%s/%s%s", dir, name, ending);
	if (es_buf_check(&path, err) < 0)
		return err->code;
	return es_write_file(path.data, data->data, data->len, 0600, err);
}

/* "20260301T060000Z-4f2a91c": only a report itself may have that name. */
static void name_report(char out[64], const struct message *msg)
{
	const struct span *sp = msg->span;
	const bool notice = es_doc_get_str(msg->report, "notice");
	const char *range = strstr(msg->commits, "..");
	const time_t date = msg->date;
	char stamp[32];
	struct tm tm;

	gmtime_r(&date, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	/* what is no report of a run has no other id than its own */
	snprintf(out, 64, "%s-%.7s%s", stamp,
		 notice	 ? msg->id
		 : range ? range + 2
			 : msg->commits,
		 notice			     ? "-notice"
		 : sp->test		     ? "-test"
		 : sp->again		     ? "-again"
		 : sp->kind == LEDGER_URGENT ? "-urgent"
					     : "");
}

/* The JSON goes last: a report is there when it is whole. */
int es_send_file(struct es_transport_result *out, struct maker *m,
		 const struct message *msg, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf json = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error why = ES_ERROR_INIT;
	char name[64];

	name_report(name, msg);
	if (es_send_folder(&dir, m->session, msg->span->channel, err) < 0)
		return err->code;
	es_doc_write(msg->report, &json, true);
	if (es_buf_check(&json, &why) < 0 ||
	    es_mkdirs(dir.data, 0700, &why) < 0 ||
	    write_form(dir.data, name, ".txt", &msg->text, &why) < 0 ||
	    write_form(dir.data, name, ".html", &msg->html, &why) < 0 ||
	    write_form(dir.data, name, ".json", &json, &why) < 0)
		return es_send_result(out, ES_RETRY, why.msg, err);
	clean_reports(dir.data, msg->span->channel, es_clock_now().tv_sec);
	return es_send_result(out, ES_SENT, "written", err);
}

int es_deliver_reports(struct es_session *s, const char *channel,
		       int (*each)(void *payload, const char *id,
				   const char *path),
		       void *payload, struct es_error *err)
{
	struct channels all;
	int rc = 0;

	if (es_channels_load(&all, s, err) < 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf dir = ES_BUF_INIT(1 << 16);
		char **names = NULL;
		size_t n = 0;

		if (all.list[i].type != CHANNEL_FILE ||
		    (channel && strcmp(channel, all.list[i].name) != 0))
			continue;
		rc = es_send_folder(&dir, s, &all.list[i], err);
		if (rc == 0)
			n = list_reports(&names, dir.data);
		for (size_t k = 0; k < n; k++) {
			ES_CLEANUP(es_buf_dispose)
			struct es_buf path = ES_BUF_INIT(1 << 16);

			es_buf_addf(&path, "%s/%s", dir.data, names[k]);
			if (rc == 0)
				rc = each(payload, names[k], es_buf_str(&path));
			free(names[k]);
		}
		free(names);
	}
	es_channels_dispose(&all);
	return rc;
}

/* --- programs ------------------------------------------------------------- */

static int add_facts(struct es_buf *env, const struct maker *m,
		     const struct message *msg)
{
	const struct es_doc *counts = es_doc_get(msg->report, "counts");
	const struct {
		const char *name;
		const char *value;
	} facts[] = {
		{ "HOST", m->session->host },
		{ "CHANNEL", msg->span->channel->name },
		{ "SEVERITY", msg->severity },
		{ "COMMITS", msg->commits },
		{ "SUBJECT", es_buf_str(&msg->subject) },
		{ "MESSAGE_ID", msg->id },
		{ "KIND", es_ledger_kind_name(msg->span->kind) },
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		es_buf_addf(env, "ETCSNAP_%s=%s", facts[i].name,
			    facts[i].value);
		es_buf_addc(env, '\0');
	}
	es_buf_addf(env, "ETCSNAP_CHANGES=%" PRId64,
		    counts ? es_doc_get_number(counts, "total", 0) : 0);
	es_buf_addc(env, '\0');
	es_buf_addf(env, "ETCSNAP_TEST=%d", msg->span->test);
	es_buf_addc(env, '\0');
	return env->failed;
}

/* NUL-separated texts as an array that ends in NULL; owned. */
static const char **as_array(const struct es_buf *b)
{
	size_t n = 0, i = 0;
	const char **out;

	for (size_t k = 0; k < b->len; k++)
		n += b->data[k] == '\0';
	out = calloc(n + 1, sizeof(*out));
	for (const char *at = b->data; out && i < n; i++) {
		out[i] = at;
		at += strlen(at) + 1;
	}
	return out;
}

int es_send_exec(struct es_transport_result *out, struct maker *m,
		 const struct message *msg, struct es_error *err)
{
	const struct channel *c = msg->span->channel;
	const char *user = es_channel_text(c, ES_CONF_CHANNEL_USER);
	ES_CLEANUP(es_buf_dispose) struct es_buf words = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf facts = ES_BUF_INIT(1 << 20);
	const char **argv = NULL, **env = NULL;
	size_t n;
	int rc = -ENOMEM;

	if (es_words_split(&words, &n, es_channel_text(c, ES_CONF_CHANNEL_RUN),
			   err) < 0)
		return err->code;
	if (add_facts(&facts, m, msg) == 0) {
		argv = as_array(&words);
		env = as_array(&facts);
	}
	const struct es_exec_request program = {
		.argv = argv,
		.env = env,
		.user = *user ? user : NULL,
		.input = es_buf_str(&msg->text),
		.len = msg->text.len,
		.limits = es_send_limits(c),
	};
	const struct es_transport_request rq = {
		.kind = ES_TRANSPORT_EXEC,
		.exec = &program,
	};

	rc = argv && env ? es_transport_run(out, &rq, err) : es_fail_oom(err);
	free(argv);
	free(env);
	return rc;
}

/* --- all of them ---------------------------------------------------------- */

int es_send_message(struct es_transport_result *out, struct maker *m,
		    const struct message *msg, unsigned int *done,
		    struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;
	int rc = 0;

	*out = (struct es_transport_result){ 0 };
	switch (msg->span->channel->type) {
	case CHANNEL_MAIL:
		rc = es_send_mail(out, m, msg, done, &why);
		break;
	case CHANNEL_WEBHOOK:
		rc = es_send_webhook(out, m, msg, done, &why);
		break;
	case CHANNEL_SYSLOG:
		rc = es_events_syslog(out, m, msg, &why);
		break;
	case CHANNEL_JOURNAL:
		rc = es_events_journal(out, m, msg, &why);
		break;
	case CHANNEL_FILE:
		rc = es_send_file(out, m, msg, &why);
		break;
	case CHANNEL_EXEC:
		rc = es_send_exec(out, m, msg, &why);
		break;
	}
	if (rc >= 0)
		return 0;
	/* what is configured wrong waits for a person, not for memory */
	return es_send_result(
		out, why.fault == ES_FAULT_CONFIG ? ES_DENIED : ES_RETRY,
		why.msg, err);
}

int es_send_show(struct es_buf *out, struct maker *m, const struct message *msg,
		 struct es_error *err)
{
	switch (msg->span->channel->type) {
	case CHANNEL_MAIL:
		return es_send_show_mail(out, m, msg, err);
	case CHANNEL_WEBHOOK:
		return es_send_show_webhook(out, m, msg, err);
	case CHANNEL_SYSLOG:
	case CHANNEL_JOURNAL:
		return es_events_show(out, m, msg, err);
	case CHANNEL_FILE:
	case CHANNEL_EXEC:
	default:
		es_buf_addf(out, "%s\n\n%s", es_buf_str(&msg->subject),
			    es_buf_str(&msg->text));
		return es_buf_check(out, err);
	}
}
