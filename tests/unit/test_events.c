/* SPDX-License-Identifier: MIT */
/* test_events.c - events of a report: escapes, grammar of RFC 5424, cuts */
#include "config.h"

#include "deliver/events_priv.h"
#include "etcsnap/quote.h"
#include "unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/etc/a\"b]c\\d|e=f\ng\033[31m\377"

/* --- a strict parser of RFC 5424, section 6 ------------------------------- */

/* What was found in a record. */
struct parsed {
	int priority;
	char msgid[33];
	size_t params;
	struct es_buf path; /* of PARAM "path", unescaped */
	const char *msg;
	bool bom;
};

static const char *word(const char *at, size_t most, char *out)
{
	size_t n = 0;

	while (at[n] > ' ' && at[n] < 0x7f)
		n++;
	ck_assert_msg(n >= 1 && n <= most, "a word of %zu bytes", n);
	ck_assert_msg(at[n] == ' ', "no blank after '%.*s'", (int)n, at);
	if (out) {
		memcpy(out, at, n);
		out[n] = '\0';
	}
	return at + n + 1;
}

static void check_time(const char *at)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ ";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd')
			ck_assert(isdigit((unsigned char)at[i]));
		else
			ck_assert_int_eq(at[i], form[i]);
}

static const char *parse_param(struct parsed *p, const char *at)
{
	size_t n = strcspn(at, "= ]\"");
	const bool is_path = n == 4 && memcmp(at, "path", 4) == 0;

	ck_assert(n >= 1 && n <= 32 && at[n] == '=' && at[n + 1] == '"');
	for (at += n + 2; *at != '"'; at++) {
		ck_assert_int_ne(*at, '\0');
		ck_assert_int_ne(*at, ']');
		if (*at == '\\' && at[1] && strchr("\"\\]", at[1]))
			at++;
		else
			ck_assert_int_ne(*at, '\\');
		ck_assert((unsigned char)*at >= ' ' && *at != 0x7f);
		if (is_path)
			es_buf_addc(&p->path, *at);
	}
	p->params++;
	return at + 1;
}

static void parse(struct parsed *p, const char *at)
{
	char *end;

	*p = (struct parsed){ .path = ES_BUF_INIT(1 << 16) };
	ck_assert_int_eq(*at, '<');
	p->priority = (int)strtol(at + 1, &end, 10);
	ck_assert(p->priority >= 0 && p->priority <= 191);
	ck_assert_int_eq(strncmp(end, ">1 ", 3), 0);
	at = end + 3;
	check_time(at);
	at = word(at, 32, NULL);
	at = word(at, 255, NULL);
	at = word(at, 48, NULL);
	at = word(at, 128, NULL);
	at = word(at, 32, p->msgid);
	if (*at == '-') {
		at++;
	} else {
		ck_assert_int_eq(strncmp(at, "[etcsnap@32473 ", 15), 0);
		at += 14;
		while (*at == ' ')
			at = parse_param(p, at + 1);
		ck_assert_int_eq(*at++, ']');
	}
	ck_assert_int_eq(*at++, ' ');
	p->bom = strncmp(at, "\xef\xbb\xbf", 3) == 0;
	p->msg = at + (p->bom ? 3 : 0);
	for (at = p->msg; *at; at++)
		ck_assert((unsigned char)*at >= ' ' && *at != 0x7f);
}

/* --- reports -------------------------------------------------------------- */

struct world {
	struct es_session session;
	struct channel channel;
	struct span span;
	struct message msg;
	struct maker maker;
	struct es_doc *change;
	/* what came of it */
	struct es_buf out;
	enum event_form form;
	size_t max;
	size_t n;
	size_t cut;
	bool journal;
};

static void attribute(struct es_doc *change, const char *name, const char *old,
		      const char *new)
{
	struct es_doc *list = es_doc_edit(change, "attributes");
	struct es_doc *a = es_doc_push(list);

	es_doc_str(a, "name", name);
	es_doc_str(a, "old", old);
	es_doc_str(a, "new", new);
}

static void begin(struct world *w, const char *path, size_t len)
{
	struct es_doc *list;

	*w = (struct world){ .out = ES_BUF_INIT(1 << 22), .max = 8192 };
	w->session.host = strdup("web1.example");
	w->channel.name = "siem";
	w->span.channel = &w->channel;
	w->maker.session = &w->session;
	w->msg = (struct message){
		.span = &w->span,
		.report = es_doc_new(),
		.subject = ES_BUF_INIT(4096),
		.severity = "warning",
		.date = 1795176000,
	};
	snprintf(w->msg.id, sizeof(w->msg.id),
		 "0123456789abcdef0123456789abcdef@web1.example");
	es_buf_adds(&w->msg.subject, "web1: 1 changed\nX: y");
	list = es_doc_array(w->msg.report, "changes");
	if (!path)
		return;
	w->change = es_doc_push(list);
	es_doc_text(w->change, "path", path, len);
	es_doc_str(w->change, "kind", "changed");
	es_doc_str(w->change, "part", "files");
	es_doc_str(w->change, "severity", "critical");
	es_doc_array(w->change, "attributes");
	attribute(w->change, "mode", "0755", "4755");
	attribute(w->change, "owner", "root (0)", "m=l|l\\ory (1003)");
	es_doc_str(w->change, "new_digest",
		   "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		   "aaaaaaaaaaaa");
}

static void end(struct world *w)
{
	free(w->session.host);
	es_doc_free(w->msg.report);
	es_buf_dispose(&w->msg.subject);
	es_buf_dispose(&w->out);
}

static int render(void *payload, struct event *e, struct es_error *err)
{
	struct world *w = payload;

	es_buf_reset(&w->out);
	if (w->journal)
		es_event_journal(&w->out, e, 10);
	else
		es_event_record(&w->out, e, w->form, 10, w->max);
	w->n++;
	w->cut += e->values[FIELD_CUT].len > 0;
	return es_buf_check(&w->out, err);
}

static void run(struct world *w)
{
	struct es_error err = ES_ERROR_INIT;

	w->n = 0;
	ck_assert_int_eq(es_events_each(&w->maker, &w->msg, render, w, &err),
			 0);
}

START_TEST(a_change_is_a_strict_record)
{
	struct parsed p;
	struct world w;

	begin(&w, PATH, strlen(PATH));
	run(&w);
	ck_assert_uint_eq(w.n, 1);
	parse(&p, w.out.data);
	ck_assert_int_eq(p.priority, 10 * 8 + 2);
	ck_assert_str_eq(p.msgid, "change");
	ck_assert_uint_ge(p.params, 10);
	/* once unescaped it is what every other output has */
	ck_assert_str_eq(es_buf_str(&p.path),
			 "/etc/a\"b]c\\\\d|e=f\\ng\\x1b[31m\\xff");
	ck_assert(!p.bom);
	ck_assert_ptr_nonnull(strstr(p.msg, "(mode 0755 -> 4755, owner"));
	es_buf_dispose(&p.path);
	end(&w);
}
END_TEST

START_TEST(text_beyond_ascii_has_a_mark)
{
	struct parsed p;
	struct world w;

	begin(&w, "/etc/caf\xc3\xa9", 10);
	run(&w);
	parse(&p, w.out.data);
	ck_assert(p.bom);
	ck_assert_str_eq(es_buf_str(&p.path), "/etc/caf\xc3\xa9");
	es_buf_dispose(&p.path);
	w.form = FORM_CEF;
	run(&w);
	ck_assert_ptr_null(strstr(w.out.data, "\xef\xbb\xbf"));
	end(&w);
}
END_TEST

/* All forms, hostile long names: never longer, always well formed. */
static const struct {
	const char *unit;
	enum event_form form;
	size_t max;
} cuts[] = {
	{ "\001", FORM_RFC5424, 1024 },	    { "\001", FORM_RFC5424, 2048 },
	{ "\xc3\xa9", FORM_RFC5424, 1024 }, { "]", FORM_RFC5424, 2048 },
	{ "\\", FORM_CEF, 1024 },	    { "=", FORM_CEF, 2048 },
	{ "\001", FORM_ECS, 1024 },	    { "\xc3\xa9", FORM_ECS, 2048 },
	{ "\xff", FORM_ECS, 1024 },	    { "a", FORM_RFC5424, 8192 },
};

START_TEST(what_is_too_long_is_cut)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	struct es_error err = ES_ERROR_INIT;
	struct es_doc *doc = NULL;
	struct parsed p;
	struct world w;

	es_buf_adds(&path, "/etc/");
	while (path.len < 12000)
		es_buf_adds(&path, cuts[_i].unit);
	begin(&w, path.data, path.len);
	es_doc_text(w.change, "from", path.data, path.len);
	w.form = cuts[_i].form;
	w.max = cuts[_i].max;
	run(&w);
	ck_assert_uint_le(w.out.len, cuts[_i].max);
	ck_assert_uint_eq(w.cut, 1);
	parse(&p, w.out.data);
	ck_assert(es_utf8_valid(w.out.data, w.out.len));
	if (cuts[_i].form == FORM_RFC5424) {
		ck_assert_uint_gt(p.path.len, 10);
		ck_assert_str_eq(p.path.data + p.path.len - 3, "...");
	} else if (cuts[_i].form == FORM_ECS) {
		ck_assert_int_eq(es_doc_read(&doc, "ecs", p.msg, strlen(p.msg),
					     &err),
				 0);
		es_doc_free(doc);
	}
	es_buf_dispose(&p.path);
	end(&w);
}
END_TEST

START_TEST(cef_escapes_header_and_extension)
{
	struct world w;
	const char *at;

	begin(&w, PATH, strlen(PATH));
	es_doc_str(w.change, "kind", "a|b\\c=d");
	w.form = FORM_CEF;
	run(&w);
	at = strstr(w.out.data, "CEF:0|etcsnap|etcsnap|");
	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_nonnull(strstr(at, "|a\\|b\\\\\\\\c=d|"));
	ck_assert_ptr_nonnull(strstr(at, "|10|rt=1795176000000 "));
	ck_assert_ptr_nonnull(strstr(at, " act=a|b\\\\\\\\c\\=d "));
	ck_assert_ptr_nonnull(
		strstr(at, " filePath=/etc/a\"b]c\\\\\\\\d|e\\=f\\\\ng"));
	ck_assert_ptr_nonnull(
		strstr(at, " externalId=0123456789abcdef0123456789abcdef.1 "));
	end(&w);
}
END_TEST

START_TEST(ecs_has_the_fields_of_the_schema)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_doc *doc;
	struct world w;

	begin(&w, "/etc/pam.d/su.conf", 18);
	w.form = FORM_ECS;
	run(&w);
	const char *at = strchr(w.out.data, '{');

	ck_assert_int_eq(es_doc_read(&doc, "ecs", at, strlen(at), &err), 0);

	const struct es_doc *event = es_doc_get(doc, "event");
	const struct es_doc *file = es_doc_get(doc, "file");

	ck_assert_str_eq(es_doc_get_str(doc, "@timestamp"),
			 "2026-11-20T12:00:00.000Z");
	ck_assert_str_eq(es_doc_get_str(es_doc_get(doc, "ecs"), "version"),
			 "8.11.0");
	ck_assert_str_eq(es_doc_at_str(es_doc_get(event, "category"), 0),
			 "iam");
	ck_assert_str_eq(es_doc_at_str(es_doc_get(event, "type"), 0), "change");
	ck_assert_str_eq(es_doc_get_str(file, "directory"), "/etc/pam.d");
	ck_assert_str_eq(es_doc_get_str(file, "name"), "su.conf");
	ck_assert_str_eq(es_doc_get_str(file, "extension"), "conf");
	ck_assert_str_eq(es_doc_get_str(file, "mode"), "4755");
	ck_assert_str_eq(es_doc_get_str(file, "owner"), "m=l|l\\ory");
	ck_assert_str_eq(es_doc_get_str(file, "uid"), "1003");
	ck_assert_uint_eq(
		strlen(es_doc_get_str(es_doc_get(file, "hash"), "sha256")), 64);
	es_doc_free(doc);
	end(&w);
}
END_TEST

START_TEST(the_journal_takes_bytes_as_they_are)
{
	struct world w;
	char wanted[64] = "ETCSNAP_PATH\n";
	size_t n = strlen(wanted);

	begin(&w, PATH, strlen(PATH));
	w.journal = true;
	run(&w);
	memset(wanted + n, 0, 8);
	wanted[n] = (char)strlen(PATH);
	memcpy(wanted + n + 8, PATH "\n", strlen(PATH) + 1);
	n += 8 + strlen(PATH) + 1;
	ck_assert_ptr_nonnull(memmem(w.out.data, w.out.len, wanted, n));
	ck_assert_ptr_nonnull(
		memmem(w.out.data, w.out.len, "\nPRIORITY=2\n", 12));
	ck_assert_ptr_nonnull(
		memmem(w.out.data, w.out.len,
		       "\nMESSAGE_ID=ebb651e4870a401d9f59535bf7c06956\n", 45));
	ck_assert_ptr_nonnull(
		memmem(w.out.data, w.out.len, "\nETCSNAP_OLD_MODE=0755\n", 23));
	end(&w);
}
END_TEST

START_TEST(findings_take_the_place_of_their_list)
{
	struct es_doc *findings, *f;
	struct world w;

	begin(&w, "findings/setuid", 15);
	es_doc_str(w.change, "part", "findings");
	run(&w);
	ck_assert_uint_eq(w.n, 1);
	findings = es_doc_object(w.msg.report, "findings");
	f = es_doc_push(es_doc_array(findings, "opened"));
	es_doc_str(f, "check", "setuid");
	es_doc_str(f, "severity", "warning");
	es_doc_str(f, "text", "/usr/bin/x: setuid root");
	f = es_doc_push(es_doc_array(findings, "closed"));
	es_doc_str(f, "check", "setuid");
	run(&w);
	ck_assert_uint_eq(w.n, 2);
	ck_assert_ptr_nonnull(strstr(w.out.data, " finding-closed ["));
	end(&w);
}
END_TEST

START_TEST(no_change_is_one_event)
{
	struct parsed p;
	struct world w;

	begin(&w, NULL, 0);
	run(&w);
	ck_assert_uint_eq(w.n, 1);
	parse(&p, w.out.data);
	ck_assert_str_eq(p.msgid, "report");
	ck_assert_str_eq(p.msg, "web1: 1 changed\\nX: y");
	es_buf_dispose(&p.path);
	es_doc_str(w.msg.report, "notice", "the channel 'x' is refused");
	es_doc_str(w.msg.report, "severity", "warning");
	w.span.test = true;
	run(&w);
	parse(&p, w.out.data);
	ck_assert_str_eq(p.msgid, "notice");
	ck_assert_int_eq(p.priority, 10 * 8 + 4);
	ck_assert_str_eq(p.msg, "[test] the channel 'x' is refused");
	es_buf_dispose(&p.path);
	end(&w);
}
END_TEST

START_TEST(what_was_dropped_is_told)
{
	struct world w;

	begin(&w, "/etc/x", 6);
	es_doc_number(es_doc_object(w.msg.report, "limits"), "changes_dropped",
		      312);
	run(&w);
	ck_assert_uint_eq(w.n, 2);
	ck_assert_ptr_nonnull(strstr(w.out.data, "312 more changes"));
	ck_assert_ptr_nonnull(strstr(w.out.data, " events=\"2\""));
	end(&w);
}
END_TEST

static const struct {
	const char *name;
	int number;
} facilities[] = {
	{ "kern", 0 },	  { "daemon", 3 },  { "authpriv", 10 },
	{ "local0", 16 }, { "local7", 23 }, { "local8", -1 },
	{ "", -1 },	  { "AUTH", -1 },
};

START_TEST(facilities_have_numbers)
{
	ck_assert_int_eq(es_event_facility(facilities[_i].name),
			 facilities[_i].number);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("events");
	TCase *t = tcase_create("events");

	tcase_add_test(t, a_change_is_a_strict_record);
	tcase_add_test(t, text_beyond_ascii_has_a_mark);
	tcase_add_loop_test(t, what_is_too_long_is_cut, 0,
			    sizeof(cuts) / sizeof(*cuts));
	tcase_add_test(t, cef_escapes_header_and_extension);
	tcase_add_test(t, ecs_has_the_fields_of_the_schema);
	tcase_add_test(t, the_journal_takes_bytes_as_they_are);
	tcase_add_test(t, findings_take_the_place_of_their_list);
	tcase_add_test(t, no_change_is_one_event);
	tcase_add_test(t, what_was_dropped_is_told);
	tcase_add_loop_test(t, facilities_have_numbers, 0,
			    sizeof(facilities) / sizeof(*facilities));
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
