/* SPDX-License-Identifier: MIT */
/* transmit.c - tests: bring one message to one place, tell what became of it */
/*
 *	transmit smtp|http|stream|sendmail|exec KEY=VALUE…
 *	transmit mail KEY=VALUE…	print the bytes of a mail
 *
 * Keys that stand for lists may be given more than once; "message", "body",
 * "text", "html" and "attach" name files. The exit status is 0 whenever there
 * is an outcome; that stands on standard output.
 */
#include "config.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"
#include "etcsnap/mail.h"
#include "etcsnap/transport.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST 2048

/* The arguments, and lists made of them */
struct args {
	char **at;
	int n;
	const char *lists[6][LIST];
	int used;
};

/* The last one counts. */
static const char *get(const struct args *a, const char *key)
{
	size_t len = strlen(key);

	for (int i = a->n; i-- > 0;) {
		if (strncmp(a->at[i], key, len) == 0 && a->at[i][len] == '=')
			return a->at[i] + len + 1;
	}
	return NULL;
}

static unsigned int number(const struct args *a, const char *key)
{
	const char *text = get(a, key);

	return text ? (unsigned int)strtoul(text, NULL, 10) : 0;
}

/* Return: how many; NULL follows the last. */
static size_t list(struct args *a, const char *key, const char *const **out)
{
	const char **to = a->lists[a->used++];
	size_t len = strlen(key);
	size_t n = 0;

	for (int i = 0; i < a->n && n < LIST - 1; i++) {
		if (strncmp(a->at[i], key, len) == 0 && a->at[i][len] == '=')
			to[n++] = a->at[i] + len + 1;
	}
	*out = to;
	return n;
}

static void load(struct es_buf *b, const char *file)
{
	struct es_error err = ES_ERROR_INIT;

	if (file && es_read_file(b, AT_FDCWD, file, &err) < 0) {
		fprintf(stderr, "transmit: %s\n", err.msg);
		exit(2);
	}
}

static struct es_transport_limits limits(const struct args *a)
{
	return (struct es_transport_limits){
		.connect = number(a, "connect"),
		.total = number(a, "total"),
		.stall = number(a, "stall"),
	};
}

static int choice(const struct args *a, const char *key,
		  const char *const *words)
{
	const char *word = get(a, key);

	for (int i = 0; word && words[i]; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return 0;
}

static int run(struct es_transport_request *rq)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_transport_result r;

	rq->program = "/proc/self/exe";
	if (es_transport_run(&r, rq, &err) < 0) {
		printf("error=%d %s\n", err.code, err.msg);
		return 2;
	}
	printf("outcome=%s\ncode=%d\nretry_after=%lld\ntext=%s\nsandbox=%s\n"
	       "milliseconds=%lld\n",
	       es_transport_outcome_name(r.outcome), r.code,
	       (long long)r.retry_after, r.text, r.sandbox,
	       (long long)r.milliseconds);
	for (size_t i = 0; i < r.n_recipients; i++)
		printf("recipient%zu=%s %d %s\n", i,
		       es_transport_outcome_name(r.recipients[i].outcome),
		       r.recipients[i].code,
		       r.recipients[i].text ? r.recipients[i].text : "");
	printf("body_len=%zu\nbody=%.300s\n", r.body.len, es_buf_str(&r.body));
	es_transport_dispose(&r);
	return 0;
}

static int smtp(struct args *a)
{
	static const char *const tls[] = { "starttls", "tls", "none", NULL };
	static const char *const auth[] = { "none", "plain", "login", "xoauth2",
					    NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_smtp_request s = { .url = get(a, "url"),
				     .from = get(a, "from"),
				     .user = get(a, "user"),
				     .secret = getenv("SECRET"),
				     .ca_file = get(a, "ca"),
				     .pin = get(a, "pin"),
				     .helo = get(a, "helo"),
				     .limits = limits(a) };
	struct es_transport_request rq = { .kind = ES_TRANSPORT_SMTP,
					   .smtp = &s };

	load(&b, get(a, "message"));
	s.message = es_buf_str(&b);
	s.len = b.len;
	s.tls = (enum es_smtp_tls)choice(a, "tls", tls);
	s.auth = (enum es_smtp_auth)choice(a, "auth", auth);
	s.n_recipients = list(a, "to", &s.recipients);
	return run(&rq);
}

static int sendmail(struct args *a)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_sendmail_request s = { .program = get(a, "program"),
					 .from = get(a, "from"),
					 .limits = limits(a) };
	struct es_transport_request rq = { .kind = ES_TRANSPORT_SENDMAIL,
					   .sendmail = &s };

	load(&b, get(a, "message"));
	s.message = es_buf_str(&b);
	s.len = b.len;
	s.n_recipients = list(a, "to", &s.recipients);
	return run(&rq);
}

static int http(struct args *a)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_http_statuses expected = { (int)number(a, "first"),
					     (int)number(a, "last") };
	struct es_http_request h = { .method = get(a, "method"),
				     .url = get(a, "url"),
				     .plain = get(a, "plain") != NULL,
				     .user = get(a, "user"),
				     .password = getenv("SECRET"),
				     .bearer = getenv("BEARER"),
				     .hmac_key = get(a, "hmac"),
				     .hmac_header = get(a, "hmac_header"),
				     .ca_file = get(a, "ca"),
				     .pin = get(a, "pin"),
				     .proxy = get(a, "proxy"),
				     .unix_socket = get(a, "socket"),
				     .max_redirects = number(a, "redirects"),
				     .limits = limits(a) };
	struct es_transport_request rq = { .kind = ES_TRANSPORT_HTTP,
					   .http = &h };

	if (get(a, "body")) {
		load(&b, get(a, "body"));
		h.body = es_buf_str(&b);
		h.body_len = b.len;
	}
	h.hmac_len = h.hmac_key ? strlen(h.hmac_key) : 0;
	if (expected.first) {
		h.expected = &expected;
		h.n_expected = 1;
	}
	h.n_headers = list(a, "header", &h.headers);
	return run(&rq);
}

static int stream(struct args *a)
{
	static const char *const framing[] = { "octets", "lines", NULL };
	struct es_stream_record records[LIST];
	const char *const *texts;
	struct es_stream_request s = { .url = get(a, "url"),
				       .records = records,
				       .ca_file = get(a, "ca"),
				       .pin = get(a, "pin"),
				       .limits = limits(a) };
	struct es_transport_request rq = { .kind = ES_TRANSPORT_STREAM,
					   .stream = &s };

	s.framing = (enum es_stream_framing)choice(a, "framing", framing);
	s.n_records = list(a, "record", &texts);
	for (size_t i = 0; i < s.n_records; i++)
		records[i] =
			(struct es_stream_record){ texts[i], strlen(texts[i]) };
	return run(&rq);
}

static int exec(struct args *a)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_exec_request e = { .user = get(a, "user"),
				     .limits = limits(a) };
	struct es_transport_request rq = { .kind = ES_TRANSPORT_EXEC,
					   .exec = &e };

	load(&b, get(a, "input"));
	e.input = es_buf_str(&b);
	e.len = b.len;
	list(a, "arg", &e.argv);
	list(a, "env", &e.env);
	return run(&rq);
}

static size_t fields(struct args *a, struct es_mail_field *out,
		     char names[16][64])
{
	const char *const *lines;
	size_t n = list(a, "field", &lines);

	for (size_t i = 0; i < n && i < 16; i++) {
		const char *colon = strchr(lines[i], ':');

		if (!colon)
			exit(2);
		snprintf(names[i], sizeof(names[i]), "%.*s",
			 (int)(colon - lines[i]), lines[i]);
		out[i].name = names[i];
		out[i].value = colon + 1;
	}
	return n;
}

static int mail(struct args *a)
{
	static const char *const kinds[] = { "pgp", "smime", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf html = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_MAIL_MAX);
	struct es_error err = ES_ERROR_INIT;
	struct es_mail_field extra[16];
	char names[16][64];
	struct es_mail_attachment attachment = { get(a, "name"), get(a, "type"),
						 NULL, 0 };
	struct es_mail_sign sign = { .key = get(a, "key"),
				     .home = get(a, "home"),
				     .program = get(a, "program") };
	struct es_mail m = { .from = get(a, "from"),
			     .reply_to = get(a, "reply_to"),
			     .subject = get(a, "subject"),
			     .message_id = get(a, "id"),
			     .list_id = get(a, "list_id"),
			     .date = number(a, "date"),
			     .fields = extra };

	load(&text, get(a, "text"));
	load(&html, get(a, "html"));
	load(&file, get(a, "attach"));
	m.text = es_buf_str(&text);
	m.text_len = text.len;
	m.html = get(a, "html") ? es_buf_str(&html) : NULL;
	m.html_len = html.len;
	attachment.data = es_buf_str(&file);
	attachment.len = file.len;
	m.attachments = &attachment;
	m.n_attachments = get(a, "attach") ? 1 : 0;
	m.n_fields = fields(a, extra, names);
	m.n_to = list(a, "to", &m.to);
	m.n_cc = list(a, "cc", &m.cc);
	m.n_references = list(a, "reference", &m.references);
	sign.kind = (enum es_mail_sign_kind)choice(a, "sign", kinds);
	m.sign = get(a, "sign") ? &sign : NULL;
	if (es_mail_build(&out, &m, &err) < 0) {
		printf("error=%d %s\n", err.code, err.msg);
		return 2;
	}
	fwrite(out.data, 1, out.len, stdout);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct args *a);
} kinds[] = {
	{ "smtp", smtp }, { "http", http }, { "stream", stream },
	{ "exec", exec }, { "mail", mail }, { "sendmail", sendmail },
};

int main(int argc, char **argv)
{
	struct args *a;

	es_transport_child(argc, argv);
	a = calloc(1, sizeof(*a));
	if (!a || argc < 2)
		return 2;
	a->at = argv + 2;
	a->n = argc - 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]) == 0) {
			int r = kinds[i].run(a);

			free(a);
			return r;
		}
	}
	free(a);
	return 2;
}
