/* SPDX-License-Identifier: MIT */
/* test_transport.c - requests, answers, replies of mail servers, sandbox */
#include "config.h"

#include "etcsnap/transport.h"

#include "deliver/sandbox_priv.h"
#include "deliver/smtp_talk_priv.h"
#include "deliver/transport_priv.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* --- requests ------------------------------------------------------------- */

static void round_trip(struct es_net_job *out, struct es_buf *b,
		       const struct es_net_job *in)
{
	es_net_job_put(b, in);
	ck_assert_int_eq(b->failed, 0);
	ck_assert_int_eq(es_net_job_take(out, b->data, b->len), 0);
	ck_assert_int_eq((int)out->kind, (int)in->kind);
}

START_TEST(smtp_request_goes_and_comes)
{
	static const char *const to[] = { "a@b", "", "c@d" };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(65536);
	struct es_net_job in = { .kind = ES_TRANSPORT_SMTP };
	struct es_net_job out;

	in.smtp = (struct es_smtp_request){
		.url = "smtp://x",
		.tls = ES_SMTP_PLAIN,
		.from = "",
		.recipients = to,
		.n_recipients = 3,
		.message = "by\0tes",
		.len = 6,
		.auth = ES_SMTP_AUTH_LOGIN,
		.user = "u",
		.secret = "s",
		.ca_file = "/not/sent",
		.limits = { 1, 2, 3 },
	};
	in.ca = "PEM";
	in.ca_len = 3;
	round_trip(&out, &b, &in);
	ck_assert_str_eq(out.smtp.url, "smtp://x");
	ck_assert_int_eq((int)out.smtp.tls, ES_SMTP_PLAIN);
	ck_assert_str_eq(out.smtp.from, "");
	ck_assert_uint_eq(out.smtp.n_recipients, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(out.smtp.recipients[i], to[i]);
	ck_assert_uint_eq(out.smtp.len, 6);
	ck_assert_mem_eq(out.smtp.message, "by\0tes", 6);
	ck_assert_int_eq((int)out.smtp.auth, ES_SMTP_AUTH_LOGIN);
	ck_assert_str_eq(out.smtp.user, "u");
	ck_assert_str_eq(out.smtp.secret, "s");
	ck_assert_ptr_null(out.smtp.ca_file);
	ck_assert_ptr_null(out.smtp.pin);
	ck_assert_ptr_null(out.smtp.helo);
	ck_assert_uint_eq(out.smtp.limits.stall, 3);
	ck_assert_uint_eq(out.ca_len, 3);
	ck_assert_mem_eq(out.ca, "PEM", 3);
	free((void *)(uintptr_t)out.smtp.recipients);
}
END_TEST

START_TEST(http_request_goes_and_comes)
{
	static const struct es_http_statuses expected[] = { { 200, 204 },
							    { 409, 409 } };
	static const char *const headers[] = { "A: b", "C: d" };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(65536);
	struct es_net_job in = { .kind = ES_TRANSPORT_HTTP };
	struct es_net_job out;

	in.http = (struct es_http_request){
		.url = "https://x",
		.plain = true,
		.headers = headers,
		.n_headers = 2,
		.body = "",
		.expected = expected,
		.n_expected = 2,
		.hmac_key = "never",
		.hmac_len = 5,
		.proxy = "",
		.max_redirects = 3,
	};
	in.signature = "X: y";
	round_trip(&out, &b, &in);
	ck_assert_ptr_null(out.http.method);
	ck_assert(out.http.plain);
	ck_assert_uint_eq(out.http.n_headers, 2);
	ck_assert_str_eq(out.http.headers[1], "C: d");
	ck_assert_ptr_nonnull(out.http.body);
	ck_assert_uint_eq(out.http.body_len, 0);
	ck_assert_uint_eq(out.http.n_expected, 2);
	ck_assert_int_eq(out.http.expected[1].first, 409);
	ck_assert_ptr_null(out.http.hmac_key);
	ck_assert_ptr_null(memmem(b.data, b.len, "never", 5));
	ck_assert_str_eq(out.http.proxy, "");
	ck_assert_uint_eq(out.http.max_redirects, 3);
	ck_assert_str_eq(out.signature, "X: y");
	free((void *)(uintptr_t)out.http.headers);
	free((void *)(uintptr_t)out.http.expected);
}
END_TEST

START_TEST(stream_request_goes_and_comes)
{
	struct es_stream_record records[100];
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(65536);
	struct es_net_job in = { .kind = ES_TRANSPORT_STREAM };
	struct es_net_job out;

	for (size_t i = 0; i < 100; i++)
		records[i] = (struct es_stream_record){ "\n\0x", i % 4 };
	in.stream = (struct es_stream_request){ .url = "udp://x",
						.records = records,
						.n_records = 100 };
	round_trip(&out, &b, &in);
	ck_assert_uint_eq(out.stream.n_records, 100);
	for (size_t i = 0; i < 100; i++) {
		ck_assert_uint_eq(out.stream.records[i].len, i % 4);
		ck_assert_mem_eq(out.stream.records[i].data, "\n\0x", i % 4);
	}
	free((void *)(uintptr_t)out.stream.records);
}
END_TEST

/* --- answers -------------------------------------------------------------- */

static void put_number(struct es_buf *b, uint32_t tag, int64_t n)
{
	es_wire_put(b, tag, &n, sizeof(n));
}

static void make_result(struct es_transport_result *r, size_t n)
{
	*r = (struct es_transport_result){
		.body = ES_BUF_INIT(ES_TRANSPORT_BODY_MAX),
		.recipients = calloc(n + 1, sizeof(*r->recipients)),
		.n_recipients = n,
	};
	ck_assert_ptr_nonnull(r->recipients);
}

/* What the child writes is what the parent reads. */
START_TEST(answer_goes_and_comes)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_ANSWER_MAX);
	struct es_transport_result in, out;
	bool whole = false;

	make_result(&in, 2);
	make_result(&out, 2);
	in.outcome = ES_REFUSED;
	in.code = 550;
	in.retry_after = 99999999;
	es_result_sayf(&in, "no\r\nway %d", 7);
	es_buf_adds(&in.body, "body");
	in.recipients[1].outcome = ES_RETRY;
	in.recipients[1].code = 450;
	in.recipients[1].text = strdup("later");
	es_answer_put(&b, &in);
	ck_assert_int_eq(es_answer_take(&out, &whole, b.data, b.len), 0);
	ck_assert(!whole);
	ck_assert_int_eq((int)out.outcome, ES_REFUSED);
	ck_assert_int_eq(out.code, 550);
	ck_assert_int_eq(out.retry_after, 604800);
	ck_assert_str_eq(out.text, "no  way 7");
	ck_assert_str_eq(out.body.data, "body");
	ck_assert_int_eq((int)out.recipients[1].outcome, ES_RETRY);
	ck_assert_int_eq(out.recipients[1].code, 450);
	ck_assert_str_eq(out.recipients[1].text, "later");
	ck_assert_ptr_null(out.recipients[0].text);
	es_transport_dispose(&in);
	es_transport_dispose(&out);
}
END_TEST

START_TEST(answer_cut_anywhere_is_none)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_ANSWER_MAX);
	struct es_transport_result in;

	make_result(&in, 1);
	es_wire_put(&b, ES_ANSWER_SANDBOX, "uid", 3);
	es_wire_put(&b, ES_ANSWER_WHOLE, NULL, 0);
	es_answer_put(&b, &in);
	for (size_t len = 0; len < b.len; len++) {
		struct es_transport_result out;
		bool whole = false;

		make_result(&out, 1);
		ck_assert_int_eq(es_answer_take(&out, &whole, b.data, len),
				 -EBADMSG);
		/* but what it said before counts */
		ck_assert_int_eq(whole, len >= 19);
		if (len >= 11)
			ck_assert_str_eq(out.sandbox, "uid");
		es_transport_dispose(&out);
	}
	es_transport_dispose(&in);
}
END_TEST

enum lie {
	LIE_OUTCOME,
	LIE_NEGATIVE,
	LIE_CODE,
	LIE_SHORT,
	LIE_RECIPIENT,
	LIE_RECIPIENT_OUTCOME,
	LIE_RECIPIENT_SHORT,
	LIE_SANDBOX,
	LIE_BODY,
	LIE_TAG,
	LIE_NOTHING,
	LIE_AFTER_END,
	LIES,
};

static void put_lie(struct es_buf *b, enum lie lie)
{
	static char body[ES_TRANSPORT_BODY_MAX + 1];
	uint32_t far[3] = { 1, ES_SENT, 250 };
	uint32_t odd[3] = { 0, 99, 250 };

	switch (lie) {
	case LIE_OUTCOME:
		put_number(b, ES_ANSWER_OUTCOME, ES_DENIED + 1);
		break;
	case LIE_NEGATIVE:
		put_number(b, ES_ANSWER_OUTCOME, -1);
		break;
	case LIE_CODE:
		put_number(b, ES_ANSWER_CODE, 1000);
		break;
	case LIE_SHORT:
		es_wire_put(b, ES_ANSWER_CODE, "x", 1);
		break;
	case LIE_RECIPIENT:
		es_wire_put(b, ES_ANSWER_RECIPIENT, far, sizeof(far));
		break;
	case LIE_RECIPIENT_OUTCOME:
		es_wire_put(b, ES_ANSWER_RECIPIENT, odd, sizeof(odd));
		break;
	case LIE_RECIPIENT_SHORT:
		es_wire_put(b, ES_ANSWER_RECIPIENT, odd, 11);
		break;
	case LIE_SANDBOX:
		es_wire_put(b, ES_ANSWER_SANDBOX, "uid\x1b[31m", 8);
		break;
	case LIE_BODY:
		es_wire_put(b, ES_ANSWER_BODY, body, sizeof(body));
		break;
	case LIE_TAG:
		es_wire_put(b, 77, NULL, 0);
		break;
	case LIE_NOTHING:
	case LIE_AFTER_END:
	case LIES:
		break;
	}
}

START_TEST(answer_of_a_liar_is_none)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_ANSWER_MAX);
	struct es_transport_result out;
	bool whole = false;

	make_result(&out, 1);
	if (_i != LIE_NOTHING)
		put_number(&b, ES_ANSWER_OUTCOME, ES_SENT);
	put_lie(&b, (enum lie)_i);
	es_wire_put(&b, ES_ANSWER_END, NULL, 0);
	if (_i == LIE_AFTER_END)
		es_wire_put(&b, ES_ANSWER_END, NULL, 0);
	ck_assert_int_eq(es_answer_take(&out, &whole, b.data, b.len), -EBADMSG);
	es_transport_dispose(&out);
}
END_TEST

START_TEST(answer_texts_are_cut)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_ANSWER_MAX);
	struct es_transport_result out;
	char text[5000];
	bool whole = false;

	make_result(&out, 0);
	memset(text, 'x', sizeof(text));
	memcpy(text, "a\0b\x1b\n", 5);
	put_number(&b, ES_ANSWER_OUTCOME, ES_SENT);
	es_wire_put(&b, ES_ANSWER_TEXT, text, sizeof(text));
	es_wire_put(&b, ES_ANSWER_END, NULL, 0);
	ck_assert_int_eq(es_answer_take(&out, &whole, b.data, b.len), 0);
	ck_assert_uint_eq(strlen(out.text), ES_TRANSPORT_TEXT_MAX);
	ck_assert_mem_eq(out.text, "a b  xxx", 8);
	es_transport_dispose(&out);
}
END_TEST

/* --- SMTP's replies ------------------------------------------------------- */

/* Two recipients; lines that the server says, and what has become of them */
static const struct {
	const char *lines;
	bool starttls;
	const char *mechanism;
	bool utf8;
	bool decided;
	enum es_transport_outcome outcome;
	int code;
	enum es_transport_outcome first;
	enum es_transport_outcome second;
} talks[] = {
	{ "220 x|250-x|250 SIZE|250 ok|250 ok|250 ok|354 go|250 taken|221 bye",
	  false, NULL, false, true, ES_SENT, 250, ES_SENT, ES_SENT },
	{ "220-x|220 y|250 x|250-a|250 b|250 ok|250 ok|354 go|250 taken", false,
	  NULL, false, true, ES_SENT, 250, ES_SENT, ES_SENT },
	{ "220 x|250-x|250 STARTTLS|220 go|250-x|250 AUTH PLAIN|235 in|250 ok|"
	  "250 ok|550 no|354 go|250 taken",
	  true, "PLAIN", false, true, ES_SENT, 250, ES_SENT, ES_REFUSED },
	{ "220 x|250 AUTH LOGIN PLAIN|334 a|334 b|235 in|250 ok|450 no|250 ok|"
	  "354 go|250 taken",
	  false, "LOGIN", false, true, ES_SENT, 250, ES_RETRY, ES_SENT },
	{ "220 x|250 ok|250 ok|250 ok|250 ok|354 go|451 later", false, NULL,
	  false, true, ES_RETRY, 451, ES_RETRY, ES_RETRY },
	{ "220 x|250 ok|250 ok|250 ok|550 no|354 go|552 big", false, NULL,
	  false, true, ES_REFUSED, 552, ES_REFUSED, ES_REFUSED },
	{ "220 x|250 ok|250 ok|450 no|550 no", false, NULL, false, true,
	  ES_RETRY, 550, ES_RETRY, ES_REFUSED },
	{ "220 x|250 ok|250 ok|550 no|551 no", false, NULL, false, true,
	  ES_REFUSED, 551, ES_REFUSED, ES_REFUSED },
	{ "220 x|250 ok|550 no|221 bye|250 what", false, NULL, false, true,
	  ES_REFUSED, 550, ES_REFUSED, ES_REFUSED },
	{ "220 x|250 ok|530 who", false, NULL, false, true, ES_DENIED, 530,
	  ES_DENIED, ES_DENIED },
	{ "554 no", false, NULL, false, true, ES_DENIED, 554, ES_DENIED,
	  ES_DENIED },
	{ "421 busy", false, NULL, false, true, ES_RETRY, 421, ES_RETRY,
	  ES_RETRY },
	{ "220 x|502 what|250 hello|250 ok|250 ok|250 ok|354 go|250 taken",
	  false, NULL, false, true, ES_SENT, 250, ES_SENT, ES_SENT },
	{ "220 x|502 what", true, NULL, false, true, ES_DENIED, 502, ES_DENIED,
	  ES_DENIED },
	{ "220 x|250-AUTH PLAIN|250 STARTTLS|220 go|250 x", true, "PLAIN",
	  false, true, ES_DENIED, 0, ES_DENIED, ES_DENIED },
	{ "220 x|250 AUTH PLAINER XPLAIN", false, "PLAIN", false, true,
	  ES_DENIED, 0, ES_DENIED, ES_DENIED },
	{ "220 x|250 AUTH=plain|535 no", false, "PLAIN", false, true, ES_DENIED,
	  535, ES_DENIED, ES_DENIED },
	{ "220 x|250 x", false, NULL, true, true, ES_REFUSED, 0, ES_REFUSED,
	  ES_REFUSED },
	{ "220 x|250-x|250 SMTPUTF8|250 ok|250 ok|250 ok|354 go|250 taken",
	  false, NULL, true, true, ES_SENT, 250, ES_SENT, ES_SENT },
	/* the connection alone knows */
	{ "", false, NULL, false, false, 0, 0, 0, 0 },
	{ "garbage|2|25|250x|99 bottles", false, NULL, false, false, 0, 0, 0,
	  0 },
	{ "220 x|250 ok|250 ok|250 ok|250 ok|354 go", false, NULL, false, false,
	  0, 0, 0, 0 },
	{ "220 x|250 ok|250 ok|250 ok|550 no|354 go|250-not yet", false, NULL,
	  false, false, 0, 0, 0, 0 },
};

START_TEST(talk_is_followed)
{
	struct es_transport_result r;
	struct es_talk t = { .starttls = talks[_i].starttls,
			     .mechanism = talks[_i].mechanism,
			     .utf8 = talks[_i].utf8 };
	const char *s = talks[_i].lines;
	int more = 0;

	make_result(&r, 2);
	t.r = &r;
	while (*s && more == 0) {
		char line[256];
		size_t len = strcspn(s, "|");

		snprintf(line, sizeof(line), "%.*s\r\n", (int)len, s);
		more = es_talk_line(&t, line, strlen(line));
		s += len + (s[len] == '|');
	}
	ck_assert_int_eq(es_talk_judge(&t), talks[_i].decided);
	if (talks[_i].decided) {
		ck_assert_int_eq((int)r.outcome, (int)talks[_i].outcome);
		ck_assert_int_eq(r.code, talks[_i].code);
		ck_assert_int_eq((int)r.recipients[0].outcome,
				 (int)talks[_i].first);
		ck_assert_int_eq((int)r.recipients[1].outcome,
				 (int)talks[_i].second);
		ck_assert_str_ne(r.text, "");
	}
	ck_assert_int_eq(more < 0, t.lacking != NULL);
	es_transport_dispose(&r);
}
END_TEST

START_TEST(talk_of_long_lines)
{
	struct es_transport_result r;
	struct es_talk t = { 0 };
	char line[5000];

	make_result(&r, 1);
	t.r = &r;
	memset(line, 'x', sizeof(line));
	memcpy(line, "554 ", 4);
	ck_assert_int_eq(es_talk_line(&t, line, sizeof(line)), 0);
	ck_assert(es_talk_judge(&t));
	ck_assert_int_eq((int)r.outcome, ES_DENIED);
	ck_assert_uint_lt(strlen(r.text), 400);
	es_transport_dispose(&r);
}
END_TEST

/* --- children that fail --------------------------------------------------- */

static const struct {
	const char *program;
	enum es_transport_outcome outcome;
	const char *text;
} programs[] = {
	{ "/bin/true", ES_RETRY,
	  "the process that sends ended with 0 and no answer" },
	{ "/bin/false", ES_RETRY,
	  "the process that sends ended with 1 and no answer" },
	/* prints the request: what is no answer, however much of it */
	{ "/bin/cat", ES_RETRY,
	  "the process that sends ended with 0 and no answer" },
	{ "/usr/bin/yes", ES_RETRY,
	  "the process that sends was ended by signal 9" },
};

START_TEST(child_that_is_none)
{
	struct es_http_request h = { .url = "https://localhost:1/" };
	struct es_transport_request rq = { .kind = ES_TRANSPORT_HTTP,
					   .program = programs[_i].program,
					   .http = &h };
	struct es_error err = ES_ERROR_INIT;
	struct es_transport_result r;

	if (access(programs[_i].program, X_OK) < 0)
		return;
	ck_assert_int_eq(es_transport_run(&r, &rq, &err), 0);
	ck_assert_int_eq((int)r.outcome, (int)programs[_i].outcome);
	ck_assert_str_eq(r.text, programs[_i].text);
	ck_assert_str_eq(r.sandbox, "none");
	es_transport_dispose(&r);
}
END_TEST

static const struct {
	struct es_http_request rq;
} refused[] = {
	{ { .url = NULL } },
	{ { .url = "https://x/", .pin = "md5//x" } },
	{ { .url = "https://x/", .method = "" } },
	{ { .url = "https://x/", .hmac_header = "a b" } },
	{ { .url = "https://x/", .bearer = "a\nb" } },
	{ { .url = "https://x/", .user = "a\rb" } },
	{ { .url = "https://x/", .proxy = "http://a\nb" } },
	{ { .url = "https://x/", .ca_file = "/no/such/file" } },
	{ { .url = "http://127.0.0.1.example/", .plain = true } },
	{ { .url = "http://128.0.0.1/", .plain = true } },
};

START_TEST(request_that_cannot_be)
{
	struct es_transport_request rq = { .kind = ES_TRANSPORT_HTTP,
					   .program = "/bin/false",
					   .http = &refused[_i].rq };
	struct es_error err = ES_ERROR_INIT;
	struct es_transport_result r;

	ck_assert_int_lt(es_transport_run(&r, &rq, &err), 0);
	ck_assert_str_ne(err.msg, "");
}
END_TEST

/* --- sandbox -------------------------------------------------------------- */

/* What a process in the sandbox tries; true when it could. */
static bool try_write(void)
{
	return open("/tmp/etcsnap-unit-sandbox", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool try_read(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool try_list(void)
{
	return open("/var", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool try_execute(void)
{
	char *argv[] = { NULL };

	/* The test takes 77 for a yes. */
	execve("/bin/true", argv, argv);
	return false;
}

static bool try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool try_trace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool try_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static bool try_packets(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

static bool try_root(void)
{
	return geteuid() != 0 && setuid(0) == 0;
}

static const struct {
	bool (*attempt)(void);
	const char *needs; /* protection that stops it */
} attempts[] = {
	{ try_write, "landlock" }, { try_read, "landlock" },
	{ try_list, "landlock" },  { try_execute, "seccomp" },
	{ try_fork, "seccomp" },   { try_trace, "seccomp" },
	{ try_kill, "seccomp" },   { try_packets, "seccomp" },
	{ try_root, "caps" },
};

START_TEST(sandbox_holds)
{
	int status = 0;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct es_buf says = ES_BUF_INIT(512);

		es_sandbox_enter(&says, 10);
		if (!strstr(es_buf_str(&says), attempts[_i].needs))
			_exit(42);
		_exit(attempts[_i].attempt() ? 77 : 42);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 42);
}
END_TEST

static Suite *transport_suite(void)
{
	Suite *s = suite_create("transport");
	TCase *t = tcase_create("transport");

	tcase_add_test(t, smtp_request_goes_and_comes);
	tcase_add_test(t, http_request_goes_and_comes);
	tcase_add_test(t, stream_request_goes_and_comes);
	tcase_add_test(t, answer_goes_and_comes);
	tcase_add_test(t, answer_cut_anywhere_is_none);
	tcase_add_loop_test(t, answer_of_a_liar_is_none, 0, LIES);
	tcase_add_test(t, answer_texts_are_cut);
	tcase_add_loop_test(t, talk_is_followed, 0, es_lengthof(talks));
	tcase_add_test(t, talk_of_long_lines);
	tcase_add_loop_test(t, child_that_is_none, 0, es_lengthof(programs));
	tcase_add_loop_test(t, request_that_cannot_be, 0, es_lengthof(refused));
	tcase_add_loop_test(t, sandbox_holds, 0, es_lengthof(attempts));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return es_unit_main(transport_suite());
}
