/* SPDX-License-Identifier: MIT */
/* request.c - whether what the configuration asks for can be asked for */
#include "config.h"

#include "deliver/transport_priv.h"
#include "deliver/urls_priv.h"
#include "etcsnap/mail.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define RECIPIENTS_MAX 1000

/* The usual times in seconds */
#define CONNECT_TIME 30
#define TOTAL_TIME 300
#define STALL_TIME 60

struct es_transport_limits
es_limits_fill(const struct es_transport_limits *limits)
{
	struct es_transport_limits l = *limits;

	l.connect = l.connect ? l.connect : CONNECT_TIME;
	l.total = l.total ? l.total : TOTAL_TIME;
	l.stall = l.stall ? l.stall : STALL_TIME;
	return l;
}

struct es_transport_limits es_request_limits(const struct es_net_job *job)
{
	switch (job->kind) {
	case ES_TRANSPORT_SMTP:
		return es_limits_fill(&job->smtp.limits);
	case ES_TRANSPORT_HTTP:
		return es_limits_fill(&job->http.limits);
	default:
		return es_limits_fill(&job->stream.limits);
	}
}

/* --- URLs ----------------------------------------------------------------- */

/* A part of a URL; freed by its owner with the library's free(). */
static char *part(const struct urls *c, CURLU *u, CURLUPart what)
{
	char *text = NULL;

	c->get(u, what, &text, 0);
	return text;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (strcasecmp(word, *words) == 0)
			return true;
	}
	return false;
}

static bool is_this_machine(const char *host)
{
	return strcasecmp(host, "localhost") == 0 ||
	       strcmp(host, "[::1]") == 0 ||
	       (strncmp(host, "127.", 4) == 0 &&
		strspn(host, "0123456789.") == strlen(host));
}

/* What is asked of the parts of a URL */
struct url_rules {
	const char *const *schemes;
	const char *known; /* them, for people */
	bool local;	   /* set: the host is this machine */
	bool plain;	   /* set: the first scheme is used */
};

static int check_parts(const struct urls *c, CURLU *u, struct url_rules *rules,
		       const char *shown, struct es_error *err)
{
	char *scheme = part(c, u, CURLUPART_SCHEME);
	char *host = part(c, u, CURLUPART_HOST);
	char *user = part(c, u, CURLUPART_USER);
	int r = 0;

	if (!scheme || !is_one_of(scheme, rules->schemes))
		r = es_fail_config(err,
				   "the URL of '%s' does not begin with "
				   "%s",
				   ES_Q(shown), rules->known);
	else if (!host || !*host)
		r = es_fail_config(err, "there is no host in a URL");
	else if (user)
		r = es_fail_config(err,
				   "the URL of '%s' has a user in it; "
				   "there is a setting for that",
				   ES_Q(shown));
	if (r == 0 && scheme && host) {
		rules->local = is_this_machine(host);
		rules->plain = strcasecmp(scheme, rules->schemes[0]) == 0;
	}
	c->free(scheme);
	c->free(host);
	c->free(user);
	return r;
}

/* Only the host is told of a URL: the rest of it may be a secret. */
static int check_url(const char *url, struct url_rules *rules,
		     struct es_error *err)
{
	struct urls c;
	CURLU *u;
	char *host;
	int r;

	if (!url)
		return es_fail_config(err, "there is no URL");
	if (!es_urls_load(&c))
		return es_fail(err, -ELIBACC,
			       "cannot load libcurl, which sends messages; "
			       "install it again");
	u = c.make();
	if (!u)
		return es_fail_oom(err);
	if (c.set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME)) {
		c.cleanup(u);
		return es_fail_config(err,
				      "the URL is none; it is to begin "
				      "with %s",
				      rules->known);
	}
	host = part(&c, u, CURLUPART_HOST);
	r = check_parts(&c, u, rules, host ? host : "", err);
	c.free(host);
	c.cleanup(u);
	return r;
}

/* --- words ---------------------------------------------------------------- */

static bool has_control(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	}
	return false;
}

static int check_word(const char *s, const char *what, struct es_error *err)
{
	if (s && has_control(s))
		return es_fail_config(err,
				      "there is a control character in "
				      "the %s",
				      what);
	return 0;
}

static int check_pin(const char *pin, struct es_error *err)
{
	if (pin && strncmp(pin, "sha256//", 8) != 0)
		return es_fail_config(err,
				      "the pinned key '%s' does not "
				      "begin with sha256//",
				      ES_Q(pin));
	return check_word(pin, "pinned key", err);
}

static int check_size(size_t len, struct es_error *err)
{
	if (len > ES_TRANSPORT_MESSAGE_MAX)
		return es_fail(err, -EFBIG,
			       "a message of %zu bytes is too "
			       "large to be sent",
			       len);
	return 0;
}

/* --- SMTP ----------------------------------------------------------------- */

static int check_address(const char *text, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf bare = ES_BUF_INIT(1024);
	int r = es_mail_address(&bare, text, err);
	const char *end;

	if (r < 0)
		return r;
	if (strcmp(es_buf_str(&bare), text) != 0)
		return es_fail_config(err, "'%s' is no bare address",
				      ES_Q(text));
	/* Only what stands before the @ has no other form. */
	end = strrchr(text, '@');
	for (const char *at = text; r && end && at < end; at++) {
		if ((unsigned char)*at >= 0x80)
			return 1;
	}
	return 0;
}

int es_envelope_check(const char *from, const char *const *recipients, size_t n,
		      struct es_error *err)
{
	int utf8 = 0;
	int r;

	if (!n || n > RECIPIENTS_MAX)
		return es_fail_config(err, "a mail needs 1 to %d recipients",
				      RECIPIENTS_MAX);
	if (from && *from) {
		r = check_address(from, err);
		if (r < 0)
			return r;
		utf8 |= r;
	}
	for (size_t i = 0; i < n; i++) {
		r = check_address(recipients[i], err);
		if (r < 0)
			return r;
		utf8 |= r;
	}
	return utf8;
}

static int check_login(const struct es_smtp_request *rq, bool local,
		       struct es_error *err)
{
	if (rq->auth == ES_SMTP_AUTH_NONE)
		return 0;
	if (!rq->user || !*rq->user || !rq->secret || !*rq->secret)
		return es_fail_config(err, "to log in, a user and a password "
					   "or token are needed");
	if (rq->tls == ES_SMTP_PLAIN && !local)
		return es_fail_config(err, "a password is not sent without "
					   "TLS");
	if (check_word(rq->user, "user", err) < 0)
		return err->code;
	return check_word(rq->secret, "password", err);
}

static int check_smtp(const struct es_smtp_request *rq, struct es_error *err)
{
	static const char *const schemes[] = { "smtp", "smtps", NULL };
	struct url_rules rules = { schemes, "smtp:// or smtps://", 0, 0 };

	if (check_url(rq->url, &rules, err) < 0 ||
	    check_login(rq, rules.local, err) < 0 ||
	    check_pin(rq->pin, err) < 0 || check_size(rq->len, err) < 0)
		return err->code;
	if (rq->helo &&
	    (!*rq->helo || strlen(rq->helo) > 255 ||
	     strspn(rq->helo, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRST"
			      "UVWXYZ0123456789.-_:[]") != strlen(rq->helo)))
		return es_fail_config(err, "'%s' is no host name",
				      ES_Q(rq->helo));
	return es_envelope_check(rq->from, rq->recipients, rq->n_recipients,
				 err) < 0
		       ? err->code
		       : 0;
}

/* --- HTTP ----------------------------------------------------------------- */

/* What RFC 9110 calls a token */
static size_t token_len(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789!#$%&'*+-.^_`|~");
}

static int check_header(const char *line, struct es_error *err)
{
	/* which would let one request be taken for two */
	static const char *const ours[] = {
		"Host",	  "Content-Length", "Transfer-Encoding",   "Connection",
		"Expect", "Upgrade",	    "Proxy-Authorization", NULL,
	};
	char name[64];
	size_t len = token_len(line);

	if (!len || line[len] != ':' || len >= sizeof(name))
		return es_fail_config(err, "a header is not of the form "
					   "'Name: value'");
	memcpy(name, line, len);
	name[len] = '\0';
	if (is_one_of(name, ours))
		return es_fail_config(err, "the header '%s' cannot be set",
				      name);
	return check_word(line, name, err);
}

static int check_http_words(const struct es_http_request *rq,
			    struct es_error *err)
{
	const char *header = rq->hmac_header;

	if (rq->method && (!*rq->method || strlen(rq->method) > 32 ||
			   token_len(rq->method) != strlen(rq->method)))
		return es_fail_config(err, "'%s' is no HTTP method",
				      ES_Q(rq->method));
	if (header && (!*header || token_len(header) != strlen(header)))
		return es_fail_config(err, "'%s' is no name of a header",
				      ES_Q(header));
	for (size_t i = 0; i < rq->n_headers; i++) {
		if (check_header(rq->headers[i], err) < 0)
			return err->code;
	}
	if (check_word(rq->user, "user", err) < 0 ||
	    check_word(rq->password, "password", err) < 0 ||
	    check_word(rq->bearer, "token", err) < 0 ||
	    check_word(rq->proxy, "proxy's URL", err) < 0 ||
	    check_word(rq->unix_socket, "path of the socket", err) < 0)
		return err->code;
	return check_pin(rq->pin, err);
}

static int check_http(const struct es_http_request *rq, struct es_error *err)
{
	static const char *const schemes[] = { "http", "https", NULL };
	struct url_rules rules = { schemes, "https://", 0, 0 };

	if (check_url(rq->url, &rules, err) < 0 ||
	    check_http_words(rq, err) < 0)
		return err->code;
	if (rules.plain && !rq->plain)
		return es_fail_config(err, "http:// is not protected; use "
					   "https://, or say tls = none for "
					   "this very machine");
	if (rules.plain && !rules.local && !rq->unix_socket)
		return es_fail_config(err, "http:// is for this very machine "
					   "alone; use https://");
	return check_size(rq->body_len, err);
}

/* --- streams -------------------------------------------------------------- */

static int check_stream(const struct es_stream_request *rq,
			struct es_error *err)
{
	static const char *const schemes[] = { "udp", "tcp", "tls", NULL };
	struct url_rules rules = { schemes, "udp://, tcp:// or tls://", 0, 0 };
	size_t total = 0;

	if (check_url(rq->url, &rules, err) < 0 || check_pin(rq->pin, err) < 0)
		return err->code;
	for (size_t i = 0; i < rq->n_records; i++) {
		if (check_size(rq->records[i].len, err) < 0)
			return err->code;
		total += rq->records[i].len;
		if (check_size(total, err) < 0)
			return err->code;
	}
	return 0;
}

int es_request_check(const struct es_net_job *job, struct es_error *err)
{
	switch (job->kind) {
	case ES_TRANSPORT_SMTP:
		return check_smtp(&job->smtp, err);
	case ES_TRANSPORT_HTTP:
		return check_http(&job->http, err);
	default:
		return check_stream(&job->stream, err);
	}
}
