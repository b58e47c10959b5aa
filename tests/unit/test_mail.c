/* SPDX-License-Identifier: MIT */
/* test_mail.c - addresses, header fields and bodies of mails */
#include "config.h"

#include "etcsnap/mail.h"

#include "deliver/mail_priv.h"
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

/* --- addresses ------------------------------------------------------------ */

#define L64 "1234567890123456789012345678901234567890123456789012345678901234"

static const struct {
	const char *text;
	int result;
	const char *address;
} addresses[] = {
	{ "root", 0, "root" },
	{ "root@example.org", 0, "root@example.org" },
	{ "<root@example.org>", 0, "root@example.org" },
	{ "Name <root@example.org>", 0, "root@example.org" },
	{ "\"a <b>\" <root@example.org>", 0, "root@example.org" },
	{ "\"a \\\" <x@y>\" <root@example.org>", 0, "root@example.org" },
	{ "a+b.c-d_e=f@sub-1.example.org", 0, "a+b.c-d_e=f@sub-1.example.org" },
	{ "\"a b\"@example.org", 0, "\"a b\"@example.org" },
	{ "\"a@b\"@example.org", 0, "\"a@b\"@example.org" },
	{ "\"a\\\"b\"@example.org", 0, "\"a\\\"b\"@example.org" },
	{ "a@[192.0.2.1]", 0, "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:db8::1]", 0, "a@[IPv6:2001:db8::1]" },
	{ "g\xc3\xa9@example.org", 1, "g\xc3\xa9@example.org" },
	{ L64 "@example.org", 0, L64 "@example.org" },
	{ "", -EINVAL, NULL },
	{ "@", -EINVAL, NULL },
	{ "@example.org", -EINVAL, NULL },
	{ "root@", -EINVAL, NULL },
	{ "<>", -EINVAL, NULL },
	{ "a b@example.org", -EINVAL, NULL },
	{ "a@b@c", -EINVAL, NULL },
	{ "a..b@c", -EINVAL, NULL },
	{ ".a@c", -EINVAL, NULL },
	{ "a.@c", -EINVAL, NULL },
	{ "a@b..c", -EINVAL, NULL },
	{ "a@.c", -EINVAL, NULL },
	{ "a@b.", -EINVAL, NULL },
	{ "a@b c", -EINVAL, NULL },
	{ "a@b,c@d", -EINVAL, NULL },
	{ "a@b>", -EINVAL, NULL },
	{ "<a@b", -EINVAL, NULL },
	{ "<a@b> c", -EINVAL, NULL },
	{ "<a@b><c@d>", -EINVAL, NULL },
	{ "a@b\r\nBcc: c@d", -EINVAL, NULL },
	{ "x\ny <a@b>", -EINVAL, NULL },
	{ "a\x01@b", -EINVAL, NULL },
	{ "a@b\x7f", -EINVAL, NULL },
	{ "\"a\rb\"@c", -EINVAL, NULL },
	{ "\"a\"b\"@c", -EINVAL, NULL },
	{ "\"a\\\"@c", -EINVAL, NULL },
	{ "lat\xe9in@example.org", -EINVAL, NULL },
	{ "a@[x]", -EINVAL, NULL },
	{ "a@[]", -EINVAL, NULL },
	{ "(comment)a@b", -EINVAL, NULL },
	{ L64 "5@example.org", -EINVAL, NULL },
};

START_TEST(address_is_bare_or_refused)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1024);
	struct es_error err = ES_ERROR_INIT;
	int r = es_mail_address(&out, addresses[_i].text, &err);

	ck_assert_int_eq(r, addresses[_i].result);
	if (addresses[_i].address) {
		ck_assert_str_eq(es_buf_str(&out), addresses[_i].address);
		/* which is its own address */
		es_buf_reset(&out);
		ck_assert_int_eq(
			es_mail_address(&out, addresses[_i].address, &err), r);
		ck_assert_str_eq(es_buf_str(&out), addresses[_i].address);
	} else {
		ck_assert_uint_eq(out.len, 0);
		ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	}
}
END_TEST

START_TEST(address_is_not_endless)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	char text[300];

	memset(text, 'a', sizeof(text));
	memcpy(text, "x@", 2);
	text[254] = '\0';
	ck_assert_int_eq(es_mail_address(&out, text, &err), 0);
	text[254] = 'a';
	text[255] = '\0';
	ck_assert_int_eq(es_mail_address(&out, text, &err), -EINVAL);
	ck_assert_int_eq(es_mail_address(&out, NULL, &err), -EINVAL);
}
END_TEST

START_TEST(address_host_in_any_script)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1024);
	struct es_error err = ES_ERROR_INIT;
	int r = es_mail_address(&out,
				"a@b\xc3\xbc"
				"cher.example",
				&err);

	/* An older libcurl leaves it as it is, for a server with SMTPUTF8. */
	if (r == 0)
		ck_assert_str_eq(es_buf_str(&out), "a@xn--bcher-kva.example");
	else
		ck_assert_int_eq(r, 1);
}
END_TEST

/* --- fields --------------------------------------------------------------- */

static const struct {
	const char *value;
	const char *line;
} texts[] = {
	{ "hello", "S: hello\r\n" },
	{ "", "S: \r\n" },
	{ "two words", "S: two words\r\n" },
	{ "a\r\nBcc: b", "S: a\\x0d\\nBcc: b\r\n" },
	{ "\xc3\xa4", "S: =?UTF-8?Q?=C3=A4?=\r\n" },
	{ "=?x?=", "S: =?UTF-8?Q?=3D=3Fx=3F=3D?=\r\n" },
	{ " x", "S: =?UTF-8?Q?_x?=\r\n" },
	{ "x ", "S: =?UTF-8?Q?x_?=\r\n" },
	{ "a  b", "S: =?UTF-8?Q?a__b?=\r\n" },
	{ "1234567890 1234567890 1234567890 1234567890 1234567890 1234567890 "
	  "1234567890",
	  "S: 1234567890 1234567890 1234567890 1234567890 1234567890 "
	  "1234567890\r\n 1234567890\r\n" },
};

START_TEST(field_of_text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1024);

	es_header_text(&out, "S", texts[_i].value);
	ck_assert_str_eq(es_buf_str(&out), texts[_i].line);
}
END_TEST

/* Lines of at most 78, none of them empty, and no line ends but folds. */
static bool is_folded(const char *s)
{
	for (const char *start = s; *s;) {
		size_t line = strcspn(s, "\r\n");

		if (line > 78 || line < 2 || (s != start && *s != ' ') ||
		    strncmp(s + line, "\r\n", 2) != 0)
			return false;
		for (size_t i = 0; i < line; i++) {
			if (s[i] < ' ' || s[i] >= 0x7f)
				return false;
		}
		s += line + 2;
	}
	return true;
}

START_TEST(field_of_any_bytes)
{
	uint64_t seed = 88172645463325252u + (uint64_t)_i;
	char value[400];

	for (int round = 0; round < 200; round++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf out = ES_BUF_INIT(65536);
		size_t len = es_unit_random(&seed) % sizeof(value);

		for (size_t i = 0; i < len; i++)
			value[i] = (char)(1 + es_unit_random(&seed) % 255);
		value[len ? len - 1 : 0] = '\0';
		es_header_text(&out, "X-Etcsnap-Path", value);
		ck_assert_int_eq(out.failed, 0);
		ck_assert_msg(is_folded(es_buf_str(&out)), "%s", out.data);
	}
}
END_TEST

static const struct {
	int64_t when;
	const char *zone;
	const char *line;
} dates[] = {
	{ 0, "UTC", "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n" },
	{ 951782400, "UTC", "Date: Tue, 29 Feb 2000 00:00:00 +0000\r\n" },
	{ 1763800000, "EST5", "Date: Sat, 22 Nov 2025 03:26:40 -0500\r\n" },
	{ 1763800000, "AAA-05:30",
	  "Date: Sat, 22 Nov 2025 13:56:40 +0530\r\n" },
	{ 1763800000, "AAA3:30", "Date: Sat, 22 Nov 2025 04:56:40 -0330\r\n" },
	{ 4102444800, "UTC", "Date: Fri, 1 Jan 2100 00:00:00 +0000\r\n" },
};

START_TEST(field_of_date)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1024);

	setenv("TZ", dates[_i].zone, 1);
	tzset();
	es_header_date(&out, dates[_i].when);
	ck_assert_str_eq(es_buf_str(&out), dates[_i].line);
}
END_TEST

static const struct {
	const char *value;
	const char *text;
} names[] = {
	{ "a.json", ";\r\n f=\"a.json\"" },
	{ "a b.json", ";\r\n f=\"a b.json\"" },
	{ "a\"b", ";\r\n f*0*=UTF-8''a%22b" },
	{ "a\r\nb", ";\r\n f*0*=UTF-8''a%5Cx0d%5Cnb" },
	{ "\xc3\xa4", ";\r\n f*0*=UTF-8''%C3%A4" },
	{ "1234567890123456789012345678901234567890123456789012345678901",
	  ";\r\n f*0*=UTF-8''12345678901234567890123456789012345678901234567890"
	  ";\r\n f*1*=12345678901" },
};

START_TEST(field_parameter)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1024);

	es_header_parameter(&out, "f", names[_i].value);
	ck_assert_str_eq(es_buf_str(&out), names[_i].text);
}
END_TEST

/* --- bodies --------------------------------------------------------------- */

#define PLAIN                                  \
	"Content-Type: t/p; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: 7bit\r\n\r\n"
#define QUOTED                                 \
	"Content-Type: t/p; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"

static const struct {
	const char *text;
	const char *part;
} bodies[] = {
	{ "", PLAIN },
	{ "a\nb\n", PLAIN "a\r\nb\r\n" },
	{ "a\r\nb", PLAIN "a\r\nb\r\n" },
	{ "\n\n", PLAIN "\r\n\r\n" },
	{ ".\n", QUOTED "=2E\r\n" },
	{ "From x\nFromage\n", QUOTED "=46rom x\r\nFromage\r\n" },
	{ "a \nb\t\n", QUOTED "a=20\r\nb=09\r\n" },
	{ "a=_b", QUOTED "a=3D_b\r\n" },
	{ "a=b", PLAIN "a=b\r\n" },
	{ "\xc3\xa4\xe9", QUOTED "=C3=A4=EF=BF=BD\r\n" },
	{ "a\x1b\rb", QUOTED "a=EF=BF=BD=EF=BF=BDb\r\n" },
};

START_TEST(body_of_text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1024);

	es_body_text(&out, "t/p", bodies[_i].text, strlen(bodies[_i].text));
	ck_assert_str_eq(es_buf_str(&out), bodies[_i].part);
}
END_TEST

static bool has_short_lines(char byte)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	char text[1000];

	memset(text, byte, sizeof(text));
	es_body_text(&out, "text/plain", text, sizeof(text));
	for (const char *s = es_buf_str(&out); *s; s += strcspn(s, "\n") + 1) {
		size_t line = strcspn(s, "\r\n");

		if (line > 76 || *s == '.' || strncmp(s, "From ", 5) == 0)
			return false;
		/* a blank at the end would be lost on the way */
		if (line && (s[line - 1] == ' ' || s[line - 1] == '\t'))
			return false;
	}
	return out.failed == 0;
}

START_TEST(body_lines_are_short)
{
	for (int byte = 0; byte < 256; byte++)
		ck_assert_msg(has_short_lines((char)byte), "%d", byte);
}
END_TEST

/* --- whole mails ---------------------------------------------------------- */

static const char *const to[] = { "root@example.org" };

static struct es_mail simple(void)
{
	return (struct es_mail){ .from = "a@b",
				 .to = to,
				 .n_to = 1,
				 .subject = "x",
				 .message_id = "1@b",
				 .text = "text",
				 .text_len = 4 };
}

static void refuse(const struct es_mail *m)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_mail_build(&out, m, &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_str_ne(err.msg, "");
}

static const char *const bad_ids[] = {
	NULL,	 "",	 "1",	  "@b",		 "a@",	       "a@b@c",
	"a b@c", "a@b>", "<a@b>", "a@b\r\nX: y", "\xc3\xa4@b",
};

START_TEST(mail_needs_an_id)
{
	const char *reference[] = { "ok@b", bad_ids[_i] ? bad_ids[_i] : "x" };
	struct es_mail m = simple();

	m.message_id = bad_ids[_i];
	refuse(&m);
	m.message_id = "ok@b";
	m.references = reference;
	m.n_references = 2;
	refuse(&m);
}
END_TEST

static const char *const bad_fields[] = {
	"",    "X A",  "X:",   "X\r\n",	       "Subject",   "to",
	"bCC", "\xc3", "Date", "Content-Type", "Resent-To", "Message-Id",
};

START_TEST(mail_fields_are_ours)
{
	struct es_mail_field field = { bad_fields[_i], "value" };
	struct es_mail m = simple();

	m.fields = &field;
	m.n_fields = 1;
	refuse(&m);
}
END_TEST

START_TEST(mail_hides_whom_it_is_for)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	struct es_error err = ES_ERROR_INIT;
	struct es_mail m = simple();

	m.n_to = 0;
	ck_assert_int_eq(es_mail_build(&out, &m, &err), 0);
	ck_assert_ptr_nonnull(
		strstr(out.data, "\r\nTo: undisclosed-recipients:;\r\n"));
}
END_TEST

START_TEST(mail_stops_at_the_ceiling)
{
	struct es_mail m = simple();
	struct es_error err = ES_ERROR_INIT;
	size_t whole;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);

	ck_assert_int_eq(es_mail_build(&out, &m, &err), 0);
	whole = out.len;
	for (size_t most = 0; most < whole; most += 7) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(most);

		ck_assert_int_eq(es_mail_build(&b, &m, &err), -EFBIG);
	}
}
END_TEST

START_TEST(mail_keeps_the_ends_of_a_thread)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	struct es_error err = ES_ERROR_INIT;
	struct es_mail m = simple();
	const char *references[500];
	char ids[500][16];
	size_t n = 0;

	for (int i = 0; i < 500; i++) {
		snprintf(ids[i], sizeof(ids[i]), "i%d@b", i);
		references[i] = ids[i];
	}
	m.references = references;
	m.n_references = 500;
	ck_assert_int_eq(es_mail_build(&out, &m, &err), 0);
	for (const char *s = out.data; (s = strstr(s, "<i")); s++)
		n++;
	/* the first, twenty of the last, and In-Reply-To */
	ck_assert_uint_eq(n, 22);
	ck_assert_ptr_nonnull(strstr(out.data, "In-Reply-To: <i499@b>\r\n"));
	ck_assert_ptr_nonnull(strstr(out.data, "References: <i0@b>\r\n <i480"));
}
END_TEST

static Suite *mail_suite(void)
{
	Suite *s = suite_create("mail");
	TCase *t = tcase_create("mail");

	tcase_add_loop_test(t, address_is_bare_or_refused, 0,
			    es_lengthof(addresses));
	tcase_add_test(t, address_is_not_endless);
	tcase_add_test(t, address_host_in_any_script);
	tcase_add_loop_test(t, field_of_text, 0, es_lengthof(texts));
	tcase_add_loop_test(t, field_of_any_bytes, 0, 5);
	tcase_add_loop_test(t, field_of_date, 0, es_lengthof(dates));
	tcase_add_loop_test(t, field_parameter, 0, es_lengthof(names));
	tcase_add_loop_test(t, body_of_text, 0, es_lengthof(bodies));
	tcase_add_test(t, body_lines_are_short);
	tcase_add_loop_test(t, mail_needs_an_id, 0, es_lengthof(bad_ids));
	tcase_add_loop_test(t, mail_fields_are_ours, 0,
			    es_lengthof(bad_fields));
	tcase_add_test(t, mail_hides_whom_it_is_for);
	tcase_add_test(t, mail_stops_at_the_ceiling);
	tcase_add_test(t, mail_keeps_the_ends_of_a_thread);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return es_unit_main(mail_suite());
}
