/* SPDX-License-Identifier: MIT */
/* transport.h - bring one finished message to one place, at arm's length */
#ifndef ETCSNAP_TRANSPORT_H
#define ETCSNAP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/error.h"

/*
 * Whatever talks to the network runs in a child process: a fresh image of the
 * program (nothing of this one's memory), a user without rights where we are
 * root, nothing writable and little readable (Landlock), few system calls
 * (seccomp), no descriptors but its own. It gets the whole request, secrets
 * too, in a file in memory and answers by a pipe; the parent keeps the deadline
 * and believes nothing that is not well formed. sendmail(1) and programs run
 * outside of it, since no_new_privs would break setuid mailers.
 *
 * What counts as what:
 *
 *	SMTP	250 after the final dot			SENT
 *		4xx to it, or to anything before	RETRY
 *		5xx to MAIL, to the dot, to all RCPT	REFUSED
 *		5xx to AUTH or before MAIL, no AUTH	DENIED
 *		no TLS offered, bad certificate, pin	DENIED
 *		no name, no connection, slow, closed	RETRY
 *		... but after the whole message went	UNSURE
 *	HTTP	2xx, or what is expected, complete	SENT
 *		... cut off before its end		UNSURE
 *		408 425 429 5xx				RETRY
 *		401 403 407, redirect elsewhere		DENIED
 *		bad certificate, pin, TLS < 1.2, URL	DENIED
 *		any other status			REFUSED
 *		no name, no connection, slow, closed	RETRY
 *		... but after the whole request went	UNSURE
 *	stream	all bytes acknowledged by the kernel	SENT
 *		(the other side; UDP: all handed over)
 *		no connection, or not all was sent	RETRY
 *		... but all was sent, then reset	UNSURE
 *	sendmail, exec
 *		exit status 0				SENT
 *		sysexits 65 67 68			REFUSED
 *		64 77 78 126 127, cannot execute	DENIED
 *		any other status			RETRY
 *		killed (deadline) with input not read	RETRY
 *		... with all of the input read		UNSURE
 *
 * A child that is killed or crashes is RETRY before the whole message went
 * and UNSURE after.
 *
 * Calling sequence: fill one request; es_transport_run(); look at the result;
 * es_transport_dispose(). The main() of a program that names itself as
 * @program calls es_transport_child() first of all.
 */

/**
 * ES_TRANSPORT_BODY_MAX - bytes of an HTTP answer that are kept
 */
#define ES_TRANSPORT_BODY_MAX 65536

/**
 * ES_TRANSPORT_TEXT_MAX - bytes of the other side's words that are kept
 */
#define ES_TRANSPORT_TEXT_MAX 1024

/**
 * ES_TRANSPORT_MESSAGE_MAX - most bytes of a message, 64 MiB
 */
#define ES_TRANSPORT_MESSAGE_MAX ((size_t)64 << 20)

/**
 * enum es_transport_kind - which request a struct es_transport_request has
 * @ES_TRANSPORT_SMTP:     mail by SMTP
 * @ES_TRANSPORT_HTTP:     one HTTP request
 * @ES_TRANSPORT_STREAM:   records by UDP, TCP or TLS
 * @ES_TRANSPORT_SENDMAIL: mail by sendmail(1)
 * @ES_TRANSPORT_EXEC:     a program
 */
enum es_transport_kind {
	ES_TRANSPORT_SMTP,
	ES_TRANSPORT_HTTP,
	ES_TRANSPORT_STREAM,
	ES_TRANSPORT_SENDMAIL,
	ES_TRANSPORT_EXEC,
};

/**
 * enum es_transport_outcome - what became of a message
 * @ES_SENT:    a clear yes
 * @ES_UNSURE:  all was sent and no answer came: it may have arrived
 * @ES_RETRY:   a clear no that may be a yes later
 * @ES_REFUSED: a clear no for this content or this recipient
 * @ES_DENIED:  a clear no that a person must do something about: a password,
 *              a certificate, an address, a program that is not there
 */
enum es_transport_outcome {
	ES_SENT,
	ES_UNSURE,
	ES_RETRY,
	ES_REFUSED,
	ES_DENIED,
};

/**
 * es_transport_outcome_name - an outcome in a word
 * @outcome: which
 *
 * Return: "sent", "unsure", "retry", "refused", "denied".
 */
const char *es_transport_outcome_name(enum es_transport_outcome outcome);

/**
 * struct es_transport_limits - seconds; 0 stands for the usual
 * @connect: until the connection and its TLS stand (30)
 * @total:   until all is over (300); a program is killed then
 * @stall:   with hardly any byte going either way, and for each single answer
 *           of an SMTP server (60)
 */
struct es_transport_limits {
	unsigned int connect;
	unsigned int total;
	unsigned int stall;
};

/**
 * enum es_smtp_tls - how a mail server's connection is protected
 * @ES_SMTP_STARTTLS: STARTTLS or nothing goes; the default
 * @ES_SMTP_TLS:      TLS from the first byte; smtps:// says so too
 * @ES_SMTP_PLAIN:    not at all; credentials then only go to this machine
 */
enum es_smtp_tls {
	ES_SMTP_STARTTLS,
	ES_SMTP_TLS,
	ES_SMTP_PLAIN,
};

/**
 * enum es_smtp_auth - how a mail server is shown who we are
 * @ES_SMTP_AUTH_NONE:    not
 * @ES_SMTP_AUTH_PLAIN:   user and password, RFC 4616
 * @ES_SMTP_AUTH_LOGIN:   the same, the old way
 * @ES_SMTP_AUTH_XOAUTH2: user and a token
 */
enum es_smtp_auth {
	ES_SMTP_AUTH_NONE,
	ES_SMTP_AUTH_PLAIN,
	ES_SMTP_AUTH_LOGIN,
	ES_SMTP_AUTH_XOAUTH2,
};

/**
 * struct es_smtp_request - one mail for an SMTP server; all borrowed
 * @url:          smtp://HOST[:PORT] or smtps://HOST[:PORT]; without a port 25,
 *                587 with credentials, 465 for TLS from the first byte
 * @tls:          protection
 * @from:         envelope sender, an address as es_mail_address() gives it;
 *                "" is the null sender
 * @recipients:   envelope recipients, bcc too, likewise
 * @n_recipients: their number, 1 to 1000
 * @message:      bytes of es_mail_build()
 * @len:          their number
 * @auth:         how to log in
 * @user:         login name, NULL without
 * @secret:       password or token, NULL without
 * @ca_file:      PEM file of the authorities to trust; NULL: the system's
 * @pin:          "sha256//BASE64[;…]" of the server's public key; NULL: any
 * @helo:         name that we give ourselves; NULL: this machine's
 * @limits:       times
 */
struct es_smtp_request {
	const char *url;
	enum es_smtp_tls tls;
	const char *from;
	const char *const *recipients;
	size_t n_recipients;
	const char *message;
	size_t len;
	enum es_smtp_auth auth;
	const char *user;
	const char *secret;
	const char *ca_file;
	const char *pin;
	const char *helo;
	struct es_transport_limits limits;
};

/**
 * struct es_http_statuses - a range of HTTP statuses
 * @first: lowest, 100 to 599
 * @last:  highest
 */
struct es_http_statuses {
	int first;
	int last;
};

/**
 * struct es_http_request - one HTTP request; all borrowed
 * @method:        "POST" and the like; NULL: POST
 * @url:           https://…; http:// only with @plain
 * @plain:         allow http://, to this very machine alone (127.0.0.0/8, ::1,
 *                 localhost, a @unix_socket)
 * @headers:       "Name: value" each, an idempotency key among them; no
 *                 Host, Content-Length, Transfer-Encoding
 * @n_headers:     their number
 * @body:          bytes; NULL: none
 * @body_len:      their number
 * @expected:      statuses that are a yes; NULL: 200 to 299
 * @n_expected:    their number
 * @user:          for Basic authentication, NULL without
 * @password:      for Basic authentication, NULL without
 * @bearer:        token for "Authorization: Bearer", NULL without
 * @hmac_key:      key of a signature; NULL: none. It stays in the parent
 * @hmac_len:      its bytes
 * @hmac_header:   header that gets "sha256=" and the HMAC-SHA256 of @body in
 *                 hexadecimal; NULL: X-Hub-Signature-256
 * @ca_file:       PEM file of the authorities to trust; NULL: the system's
 * @pin:           "sha256//BASE64[;…]" of the server's public key; NULL: any
 * @proxy:         URL of the proxy; "": none; NULL: as the environment says
 *                 (https_proxy, http_proxy, all_proxy, no_proxy)
 * @secret:        one more secret, a part of @body; it stays in the parent, and
 *                 nothing that is told of the answer has it; NULL: none
 * @unix_socket:   path of a local socket to use instead of @url's host
 * @max_redirects: to the same scheme, host and port, asked again with the same
 *                 method and body; 0: none
 * @limits:        times
 */
struct es_http_request {
	const char *method;
	const char *url;
	bool plain;
	const char *const *headers;
	size_t n_headers;
	const char *body;
	size_t body_len;
	const struct es_http_statuses *expected;
	size_t n_expected;
	const char *user;
	const char *password;
	const char *bearer;
	const char *hmac_key;
	size_t hmac_len;
	const char *hmac_header;
	const char *ca_file;
	const char *pin;
	const char *proxy;
	const char *secret;
	const char *unix_socket;
	unsigned int max_redirects;
	struct es_transport_limits limits;
};

/**
 * enum es_stream_framing - how records are told apart on a byte stream
 * @ES_STREAM_OCTETS: "LENGTH RECORD", RFC 6587 section 3.4.1
 * @ES_STREAM_LINES:  a line feed after each
 */
enum es_stream_framing {
	ES_STREAM_OCTETS,
	ES_STREAM_LINES,
};

/**
 * struct es_stream_record - bytes that go together; a datagram with UDP
 * @data: bytes
 * @len:  their number
 */
struct es_stream_record {
	const char *data;
	size_t len;
};

/**
 * struct es_stream_request - records for a log collector; all borrowed
 * @url:       udp://HOST[:514], tcp://HOST[:601], tls://HOST[:6514]; local
 *             sockets need no transport: who may write to them does
 * @records:   in their order
 * @n_records: their number
 * @framing:   for TCP and TLS
 * @ca_file:   PEM file of the authorities to trust; NULL: the system's
 * @pin:       "sha256//BASE64[;…]" of the server's public key; NULL: any
 * @limits:    times
 */
struct es_stream_request {
	const char *url;
	const struct es_stream_record *records;
	size_t n_records;
	enum es_stream_framing framing;
	const char *ca_file;
	const char *pin;
	struct es_transport_limits limits;
};

/**
 * struct es_sendmail_request - one mail for sendmail(1); all borrowed
 * @program:      absolute path; NULL: /usr/sbin/sendmail
 * @from:         envelope sender, "" leaves it to the mailer
 * @recipients:   envelope recipients
 * @n_recipients: their number, 1 to 1000
 * @message:      bytes of es_mail_build(); handed over with bare line feeds
 * @len:          their number
 * @limits:       only @total counts
 */
struct es_sendmail_request {
	const char *program;
	const char *from;
	const char *const *recipients;
	size_t n_recipients;
	const char *message;
	size_t len;
	struct es_transport_limits limits;
};

/**
 * struct es_exec_request - a program to run; all borrowed
 * @argv:    its path, absolute, and arguments; NULL at the end. No shell
 * @env:     "NAME=value" each, besides PATH, HOME, USER, LOGNAME, SHELL and
 *           LC_ALL; NULL at the end, or NULL
 * @user:    name of the user to become, with that one's groups; NULL: stay
 * @input:   what it reads on its standard input
 * @len:     bytes of it
 * @limits:  only @total counts
 */
struct es_exec_request {
	const char *const *argv;
	const char *const *env;
	const char *user;
	const char *input;
	size_t len;
	struct es_transport_limits limits;
};

/**
 * struct es_transport_request - one message and its place
 * @kind:     which of the following is set
 * @program:  image that the child process executes; NULL: etcsnap-send, beside
 *            this program or where it is installed. It calls
 *            es_transport_child() first of all
 * @smtp:     for ES_TRANSPORT_SMTP, else NULL; likewise the others
 * @http:     for ES_TRANSPORT_HTTP
 * @stream:   for ES_TRANSPORT_STREAM
 * @sendmail: for ES_TRANSPORT_SENDMAIL
 * @exec:     for ES_TRANSPORT_EXEC
 */
struct es_transport_request {
	enum es_transport_kind kind;
	const char *program;
	const struct es_smtp_request *smtp;
	const struct es_http_request *http;
	const struct es_stream_request *stream;
	const struct es_sendmail_request *sendmail;
	const struct es_exec_request *exec;
};

/**
 * struct es_transport_recipient - what became of one recipient
 * @outcome: ES_RETRY or ES_REFUSED when the server did not want it; else as
 *           the whole mail
 * @code:    SMTP status, 0 when it was not come to
 * @text:    the server's words, owned; NULL when it was taken
 */
struct es_transport_recipient {
	enum es_transport_outcome outcome;
	int code;
	char *text;
};

/**
 * struct es_transport_result - what became of a message; plain data until
 * es_transport_run(), then es_transport_dispose()
 * @outcome:      of the whole; a mail that at least one recipient's server
 *                took is ES_SENT
 * @code:         SMTP or HTTP status, exit status of a program, 0 = none
 * @retry_after:  seconds that the other side wants to be left alone, 0 = it
 *                said nothing; at most a week
 * @text:         what happened and the other side's words, one line of raw
 *                bytes (quote them), never a secret of the request; owned,
 *                never NULL after es_transport_run() returned 0
 * @body:         what an HTTP server answered, or a program printed; without
 *                passwords and tokens of the request, but it may repeat
 *                anything else of it
 * @recipients:   one for each of the request, in its order; SMTP only
 * @n_recipients: their number, 0 for other kinds
 * @sandbox:      protections that were in force, as "exec uid landlock:7
 *                seccomp limits"; "none" for programs; owned
 * @milliseconds: that it took
 */
struct es_transport_result {
	enum es_transport_outcome outcome;
	int code;
	int64_t retry_after;
	char *text;
	struct es_buf body;
	struct es_transport_recipient *recipients;
	size_t n_recipients;
	char *sandbox;
	int64_t milliseconds;
};

/**
 * es_transport_run - bring a message to its place, or learn why not
 * @out: result; es_transport_dispose()
 * @rq:  request, borrowed for the call
 * @err: filled on failure
 *
 * Return: 0 when @out says what happened; -EINVAL (fault CONFIG: the request
 * itself cannot be, as a URL without a host or a control byte in an address),
 * or another negative errno where there is no memory or no process. After a
 * negative return nothing was sent.
 * Blocking: until @rq's total limit and five seconds.
 */
int es_transport_run(struct es_transport_result *out,
		     const struct es_transport_request *rq,
		     struct es_error *err);

/**
 * es_transport_dispose - free the contents of a result
 * @r: result; all zero is allowed
 */
void es_transport_dispose(struct es_transport_result *r);

/**
 * es_transport_child - be the child process, when this image was started to
 * @argc: of main()
 * @argv: of main()
 *
 * Return: -1 in any other process; in that one it does not return.
 */
int es_transport_child(int argc, char *const *argv);

#endif
