/* SPDX-License-Identifier: MIT */
/* test_payloads.c - every service's payload of every kind of report */
#include "config.h"

#include "unit.h"

#include "run.h"

#include "etcsnap/severity.h"

#include "deliver/payload_priv.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define HOST "web1.example"

/* What is shipped, and what a user has to fill in. */
static const struct {
	const char *service;
	const char *keys;
	bool large; /* tells of every change, or has a narrow limit */
} services[] = {
	{ "slack", "url = https://localhost/x\n", false },
	{ "teams", "url = https://localhost/x\n", true },
	{ "teams-connector", "url = https://localhost/x\n", false },
	{ "jira", "set = site=localhost\nset = project=OPS\n", false },
	{ "servicenow", "set = site=localhost\n", false },
	{ "insightconnect", "url = https://localhost/x\n", true },
	{ "mattermost", "url = https://localhost/x\n", false },
	{ "discord", "url = https://localhost/x\n", false },
	{ "pagerduty", "", false },
	{ "opsgenie", "", false },
	{ "matrix", "set = site=localhost\nset = room=%21a%3Ab\n", false },
	{ "ntfy", "url = https://localhost/x\n", false },
	{ "github", "set = repository=acme/etc\n", false },
	{ "gitlab", "set = project=7\n", false },
	{ "generic", "url = https://localhost/x\n", true },
	{ "cloudevents", "url = https://localhost/x\n", false },
	{ "opensearch", "set = site=localhost\n", false },
	{ "elasticsearch", "set = site=localhost\n", false },
	{ "loki", "set = site=localhost\n", true },
	{ "splunk", "set = site=localhost\n", false },
};

/* A text that tries what markups know, in a name or in content. */
static const char evil[] =
	"/etc/@everyone <!here> <@U1> ```x``` `y` **b** [l](http://e) &amp; "
	"<at>a</at> <script>alert(1)</script> </pre> \"q\" \\ \xe2\x80\xae#1 "
	":smile:\n/close {{token}}";

static struct es_templates *set;
static struct es_error err;
static struct es_buf cases;

static void setup(void)
{
	setenv("TZ", "UTC", 1);
	cases = (struct es_buf)ES_BUF_INIT(256 << 20);
	ck_assert_int_eq(es_templates_new(&set, NULL, &err), 0);
}

static void teardown(void)
{
	es_templates_free(set);
	es_buf_dispose(&cases);
}

/* --- documents ----------------------------------------------------------- */

static struct es_doc *parse(const char *text, size_t len)
{
	struct es_doc *doc = NULL;

	ck_assert_msg(es_doc_read(&doc, "test", text, len, &err) == 0, "%s",
		      err.msg);
	return doc;
}

static struct es_doc *sample(void)
{
	const char *dir = getenv("srcdir");
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	char name[4096], part[4096];
	size_t n;
	FILE *f;

	snprintf(name, sizeof(name), "%s/tests/golden/report-sample.json",
		 dir ? dir : ".");
	f = fopen(name, "re");
	ck_assert_ptr_nonnull(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		es_buf_add(&text, part, n);
	fclose(f);
	return parse(es_buf_str(&text), text.len);
}

/* A report of many changes of such a name, with hostile contents. */
static struct es_doc *many(size_t n, const char *name)
{
	struct es_doc *doc = sample();
	struct es_doc *changes = es_doc_array(doc, "changes");
	struct es_doc *counts = es_doc_edit(doc, "counts");

	es_doc_array(doc, "groups");
	es_doc_number(counts, "total", (int64_t)n);
	es_doc_number(counts, "changed", (int64_t)n);
	es_doc_number(counts, "alone", (int64_t)n);
	es_doc_number(counts, "folded", 0);
	for (size_t i = 0; i < n; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf path = ES_BUF_INIT(1 << 16);
		struct es_doc *c = es_doc_push(changes), *content, *hunk, *line;

		es_buf_addf(&path, "%s-%zu", name, i);
		es_doc_number(c, "id", (int64_t)i);
		es_doc_str(c, "part", "files");
		es_doc_text(c, "path", path.data, path.len);
		es_doc_str(c, "kind", "changed");
		es_doc_str(c, "type", "file");
		es_doc_str(c, "severity", i ? "notice" : "critical");
		es_doc_array(c, "tags");
		es_doc_array(c, "attributes");
		content = es_doc_object(c, "content");
		es_doc_str(content, "state", "text");
		hunk = es_doc_push(es_doc_array(content, "hunks"));
		es_doc_str(hunk, "header", "@@ -0,0 +1,1 @@");
		line = es_doc_push(es_doc_array(hunk, "lines"));
		es_doc_str(line, "op", "+");
		es_doc_text(line, "text", evil, strlen(evil));
	}
	ck_assert_int_eq(es_doc_check(doc, &err), 0);
	return doc;
}

static struct es_doc *without_changes(const char *flag)
{
	struct es_doc *doc = sample();
	struct es_doc *counts = es_doc_edit(doc, "counts");
	struct es_doc *findings = es_doc_edit(doc, "findings");
	static const char *const keys[] = { "total",   "added",	  "removed",
					    "changed", "touched", "renamed",
					    "watched", "opened",  "closed" };

	es_doc_array(doc, "changes");
	es_doc_array(doc, "groups");
	es_doc_array(findings, "opened");
	es_doc_array(findings, "closed");
	es_doc_str(doc, "severity", "none");
	for (size_t i = 0; i < es_lengthof(keys); i++)
		es_doc_number(counts, keys[i], 0);
	if (flag)
		es_doc_bool(doc, flag, true);
	return doc;
}

static struct es_doc *notice(void)
{
	struct es_doc *doc = es_doc_new();

	es_doc_number(doc, "schema", 2);
	es_doc_str(doc, "host", "web1");
	es_doc_str(doc, "severity", "warning");
	es_doc_text(doc, "notice", evil, strlen(evil));
	return doc;
}

/* --- channels and messages ----------------------------------------------- */

struct world {
	struct es_session session;
	struct channels channels;
	struct span span;
	struct message msg;
	struct maker maker;
};

static void open_world(struct world *w, const char *service, const char *keys,
		       const char *more)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 16);

	es_buf_addf(&text, "[channel ops]\ntype = webhook\nservice = %s\n%s%s",
		    service, keys, more);
	*w = (struct world){ .session = { .host = (char *)(uintptr_t)HOST,
					  .repo_path =
						  (char *)(uintptr_t) "/x" } };
	ck_assert_msg(es_conf_parse(&w->session.conf, text.data, text.len,
				    "test", &err) == 0,
		      "%s", err.msg);
	ck_assert_msg(es_channels_load(&w->channels, &w->session, &err) == 0,
		      "%s", err.msg);
	ck_assert_uint_eq(w->channels.n, 1);
	w->maker = (struct maker){ .session = &w->session, .templates = set };
}

static void close_world(struct world *w)
{
	es_message_dispose(&w->msg);
	es_channels_dispose(&w->channels);
	es_conf_free(w->session.conf);
}

/* As es_message_make(), but of a document. @doc is taken. */
static void make_message(struct world *w, struct es_doc *doc,
			 enum es_report_content level, bool test)
{
	const struct es_report_view_options o = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *view = NULL;
	struct message *m = &w->msg;

	w->span =
		(struct span){ .channel = &w->channels.list[0], .test = test };
	*m = (struct message){ .span = &w->span,
			       .report = doc,
			       .subject = ES_BUF_INIT(4096),
			       .text = ES_BUF_INIT(ES_BUF_MAX),
			       .html = ES_BUF_INIT(16),
			       .date = 1795176000 };
	es_report_limit(doc, level);
	snprintf(m->id, sizeof(m->id), "%032x@" HOST, 7u);
	snprintf(m->commits, sizeof(m->commits), "%040x..%040x", 1u, 2u);
	m->severity = es_doc_get_str(doc, "severity");
	es_buf_adds(&m->subject, test ? "[test] [etcsnap] " : "[etcsnap] ");
	ck_assert_int_eq(
		es_report_view(&view, doc, ES_TEMPLATE_HEADER, &o, &err), 0);
	ck_assert_int_eq(es_templates_render(&m->subject, set, "subject.txt",
					     view, &err),
			 0);
	ck_assert_int_eq(es_report_render(&m->text, set, "report.txt", doc, &o,
					  &err),
			 0);
}

static struct es_doc *context(struct world *w, const struct es_doc *part)
{
	const struct payload_room all = PAYLOAD_ALL;
	struct es_doc *ctx = NULL;

	ck_assert_int_eq(es_message_context(&ctx, &w->maker, &w->msg, &err), 0);
	es_channel_set(ctx, w->msg.span->channel);
	if (part)
		es_doc_set(ctx, "part", part);
	es_doc_str(ctx, "token", "0123456789abcdef0123456789abcdef");
	es_doc_str(ctx, "ticket", "OPS-7");
	ck_assert_msg(es_payload_context(ctx, &w->msg, &all, &err) == 0, "%s",
		      err.msg);
	return ctx;
}

/* The payload; one of size @max at most, and not the generic one instead. */
static void make_body(struct es_buf *out, struct world *w, struct es_doc *ctx,
		      const char *template)
{
	const struct channel *c = w->msg.span->channel;
	size_t max = (size_t)es_channel_number(c, ES_CONF_CHANNEL_MAX_SIZE);

	es_buf_reset(out);
	ck_assert_msg(es_payload_body(out, ctx, &w->msg, set, template, max,
				      &err) == 0,
		      "%s", err.msg);
	ck_assert_msg(out->len <= max, "%s: %zu bytes", template, out->len);
	if (strcmp(template, "generic.json") != 0)
		ck_assert_msg(!strstr(es_buf_str(out), "\"schema\": 1,") ||
				      strcmp(template, "cloudevents.json") == 0,
			      "%s was no JSON", template);
}

/* For the schemas, all at once. */
static void keep(const char *what, const char *schema,
		 const struct es_buf *body)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(64 << 20);

	/* what is larger is more of the same, and takes Python long */
	if (body->len > 400000)
		return;
	es_doc_str(doc, "schema", schema);
	es_doc_str(doc, "case", what);
	es_doc_text(doc, "body", es_buf_str(body), body->len);
	ck_assert_int_eq(es_doc_write(doc, &line, false), 0);
	es_buf_add(&cases, line.data, line.len);
	if (line.data[line.len - 1] != '\n')
		es_buf_addc(&cases, '\n');
}

static void check_cases(void)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	const char *srcdir = getenv("srcdir");
	char from[PATH_MAX], program[PATH_MAX], dir[64];
	const char *argv[] = { "python3", program, NULL, NULL };
	struct stat st;

	ck_assert_ptr_nonnull(getcwd(from, sizeof(from)));
	ck_assert_int_eq(chdir(srcdir ? srcdir : "."), 0);
	ck_assert_ptr_nonnull(realpath("tests/channels/check.py", program));
	ck_assert_int_eq(chdir(from), 0);
	ES_CLEANUP(es_freep)
	char *schemas = strndup(program, strlen(program) - strlen("/check.py"));
	argv[2] = schemas;
	ck_assert_msg(stat(program, &st) == 0, "%s is not there", program);
	es_unit_enter_dir(dir);
	es_unit_spill("cases", cases.data, cases.len);
	if (es_unit_has("python3"))
		ck_assert_msg(es_unit_run(&out, argv, "cases") == 0, "%s",
			      es_buf_str(&out));
	ck_assert_int_eq(chdir(from), 0);
	es_unit_leave_dir(dir);
	ck_assert_int_eq(chdir(from), 0);
}

/* Payload and comment of a service; the schema is called like the template. */
static void try_service(struct world *w, const char *what)
{
	static const enum es_conf_id ids[] = {
		ES_CONF_CHANNEL_TEMPLATE, ES_CONF_CHANNEL_COMMENT_TEMPLATE
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf body = ES_BUF_INIT(64 << 20);
	ES_CLEANUP(es_doc_freep) struct es_doc *ctx = context(w, NULL);
	const struct channel *c = w->msg.span->channel;

	for (size_t k = 0; k < es_lengthof(ids); k++) {
		const char *template = es_channel_text(c, ids[k]);
		char schema[64], name[128];

		if (!*template)
			continue;
		make_body(&body, w, ctx, template);
		if (es_payload_is_blank(&body))
			continue;
		snprintf(schema, sizeof(schema), "%.*s",
			 (int)strcspn(template, "."), template);
		if (strcmp(schema, "bulk") == 0)
			snprintf(schema, sizeof(schema), "%s", c->service);
		snprintf(name, sizeof(name), "%s, %s", schema, what);
		keep(name, schema, &body);
	}
}

/* All services tell the same message. @doc is taken. */
static void try_all(const char *what, struct es_doc *doc,
		    enum es_report_content level, bool large)
{
	struct message msg = { 0 };

	for (size_t i = 0; i < es_lengthof(services); i++) {
		struct world w;

		open_world(&w, services[i].service, services[i].keys, "");
		if (i == 0)
			make_message(&w, doc, level, false);
		else
			w.msg = msg;
		w.span.channel = &w.channels.list[0];
		w.msg.span = &w.span;
		if (!large || services[i].large)
			try_service(&w, what);
		msg = w.msg;
		if (i + 1 < es_lengthof(services))
			w.msg = (struct message){ 0 };
		close_world(&w);
	}
}

/* --- tests --------------------------------------------------------------- */

/* What is escaped by most letters must fit all the same. */
START_TEST(every_service_and_report)
{
	char marks[1200];

	marks[0] = '/';
	for (size_t i = 1; i < sizeof(marks) - 1; i++)
		marks[i] = "#&@\""[i / 300];
	marks[sizeof(marks) - 1] = '\0';
	try_all("full", sample(), ES_REPORT_CONTENT_FULL, false);
	try_all("names", sample(), ES_REPORT_CONTENT_NAMES, false);
	try_all("counts", sample(), ES_REPORT_CONTENT_COUNTS, false);
	try_all("nothing new", without_changes(NULL), ES_REPORT_CONTENT_NAMES,
		false);
	try_all("first", without_changes("first"), ES_REPORT_CONTENT_FULL,
		false);
	try_all("hello", without_changes("hello"), ES_REPORT_CONTENT_NAMES,
		false);
	try_all("notice", notice(), ES_REPORT_CONTENT_NAMES, false);
	try_all("one", many(1, evil), ES_REPORT_CONTENT_FULL, false);
	try_all("marks", many(3, marks), ES_REPORT_CONTENT_FULL, false);
	try_all("many", many(120, evil), ES_REPORT_CONTENT_FULL, false);
	try_all("5,000", many(5000, evil), ES_REPORT_CONTENT_FULL, true);
	check_cases();
}
END_TEST

/* Of what may leave as counts alone, no name does. */
START_TEST(counts_name_nothing)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf body = ES_BUF_INIT(64 << 20);
	ES_CLEANUP(es_doc_freep) struct es_doc *ctx = NULL;
	struct es_doc *doc = sample();
	struct world w;

	open_world(&w, services[_i].service, services[_i].keys, "");
	make_message(&w, doc, ES_REPORT_CONTENT_COUNTS, false);
	ctx = context(&w, NULL);
	make_body(&body, &w, ctx,
		  es_channel_text(w.msg.span->channel,
				  ES_CONF_CHANNEL_TEMPLATE));
	for (const char *const *word =
		     (const char *const[]){ "/etc/", "sshd", "<script", "anna",
					    "198.51.100", "openssh", NULL };
	     *word; word++)
		ck_assert_msg(!strstr(es_buf_str(&body), *word), "%s: %s",
			      *word, es_buf_str(&body));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&body), "web1"));
	close_world(&w);
}
END_TEST

/* Names without content: no line of a file, nor its values. */
START_TEST(names_tell_no_content)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf body = ES_BUF_INIT(64 << 20);
	ES_CLEANUP(es_doc_freep) struct es_doc *ctx = NULL;
	struct world w;

	open_world(&w, services[_i].service, services[_i].keys, "");
	make_message(&w, sample(), ES_REPORT_CONTENT_NAMES, false);
	ctx = context(&w, NULL);
	make_body(&body, &w, ctx,
		  es_channel_text(w.msg.span->channel,
				  ES_CONF_CHANNEL_TEMPLATE));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&body), "sshd"));
	ck_assert_ptr_null(strstr(es_buf_str(&body), "NextSubscriptionId"));
	ck_assert_ptr_null(strstr(es_buf_str(&body), "onerror"));
	close_world(&w);
}
END_TEST

/* What calls somebody or opens a ticket is silent when there is no news. */
START_TEST(no_news_is_no_ticket)
{
	static const char *const silent[] = { "jira",	   "servicenow",
					      "pagerduty", "opsgenie",
					      "github",	   "gitlab" };
	static const char *const flags[] = { NULL, "hello" };
	bool is_silent = false;

	for (size_t k = 0; k < es_lengthof(silent); k++)
		is_silent |= strcmp(silent[k], services[_i].service) == 0;
	for (size_t k = 0; k < es_lengthof(flags); k++)
		for (int test = 0; test < 2; test++) {
			ES_CLEANUP(es_buf_dispose)
			struct es_buf body = ES_BUF_INIT(64 << 20);
			ES_CLEANUP(es_doc_freep) struct es_doc *ctx = NULL;
			struct world w;

			open_world(&w, services[_i].service, services[_i].keys,
				   "");
			make_message(&w, without_changes(flags[k]),
				     ES_REPORT_CONTENT_NAMES, test);
			ctx = context(&w, NULL);
			make_body(&body, &w, ctx,
				  es_channel_text(w.msg.span->channel,
						  ES_CONF_CHANNEL_TEMPLATE));
			ck_assert_int_eq(es_payload_is_blank(&body),
					 is_silent && !test);
			if (test)
				ck_assert_ptr_nonnull(
					strstr(es_buf_str(&body), "test"));
			close_world(&w);
		}
}
END_TEST

/* One call for each change or group tells of nothing else. */
START_TEST(parts_are_alone)
{
	static const char *const lists[] = { "changes", "groups" };

	for (size_t k = 0; k < 2 * es_lengthof(services); k++) {
		const size_t i = k / 2;
		ES_CLEANUP(es_buf_dispose)
		struct es_buf body = ES_BUF_INIT(64 << 20);
		struct world w;

		open_world(&w, services[i].service, services[i].keys,
			   "one_per = change\n");
		make_message(&w, sample(), ES_REPORT_CONTENT_NAMES, false);
		for (size_t n = 0; n < 4; n++) {
			const struct es_doc *list =
				es_doc_get(w.msg.report, lists[k % 2]);
			ES_CLEANUP(es_doc_freep)
			struct es_doc *ctx = context(&w, es_doc_at(list, n));

			make_body(&body, &w, ctx,
				  es_channel_text(w.msg.span->channel,
						  ES_CONF_CHANNEL_TEMPLATE));
			ck_assert_ptr_null(
				strstr(es_buf_str(&body), "sudoers"));
			keep(lists[k % 2], services[i].service, &body);
		}
		close_world(&w);
	}
	check_cases();
}
END_TEST

/* --- details ------------------------------------------------------------- */

static const struct {
	enum es_severity severity;
	const char *text;
	bool critical, alarming;
} severities[] = {
	{ ES_SEVERITY_NONE, "none", false, false },
	{ ES_SEVERITY_INFO, "info", false, false },
	{ ES_SEVERITY_NOTICE, "notice", false, false },
	{ ES_SEVERITY_WARNING, "warning", false, true },
	{ ES_SEVERITY_CRITICAL, "critical", true, true },
};

START_TEST(severity_maps)
{
	static const struct {
		const char *service, *in[5];
	} maps[] = {
		{ "pagerduty",
		  { "\"severity\": \"info\"", "\"severity\": \"info\"",
		    "\"severity\": \"info\"", "\"severity\": \"warning\"",
		    "\"severity\": \"critical\"" } },
		{ "opsgenie",
		  { "\"P5\"", "\"P5\"", "\"P3\"", "\"P2\"", "\"P1\"" } },
		{ "servicenow",
		  { "\"urgency\": \"3\"", "\"urgency\": \"3\"",
		    "\"urgency\": \"3\"", "\"urgency\": \"2\"",
		    "\"urgency\": \"1\"" } },
		{ "teams",
		  { "\"emphasis\"", "\"emphasis\"", "\"emphasis\"",
		    "\"warning\"", "\"attention\"" } },
	};

	for (size_t k = 0; k < es_lengthof(maps); k++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf body = ES_BUF_INIT(64 << 20);
		ES_CLEANUP(es_doc_freep) struct es_doc *ctx = NULL;
		struct es_doc *doc = sample();
		struct world w;

		for (size_t i = 0; i < es_lengthof(services); i++)
			if (strcmp(services[i].service, maps[k].service) == 0)
				open_world(&w, services[i].service,
					   services[i].keys, "");
		es_doc_str(doc, "severity", severities[_i].text);
		make_message(&w, doc, ES_REPORT_CONTENT_NAMES, false);
		ctx = context(&w, NULL);
		const struct es_doc *s = es_doc_get(ctx, "severity");
		ck_assert_int_eq(es_doc_get_bool(s, "critical"),
				 severities[_i].critical);
		ck_assert_int_eq(es_doc_get_bool(s, "alarming"),
				 severities[_i].alarming);
		ck_assert_int_eq(es_doc_get_number(s, "number", -1),
				 severities[_i].severity);
		make_body(&body, &w, ctx,
			  es_channel_text(w.msg.span->channel,
					  ES_CONF_CHANNEL_TEMPLATE));
		ck_assert_ptr_nonnull(
			strstr(es_buf_str(&body),
			       maps[k].in[severities[_i].severity]));
		close_world(&w);
	}
}
END_TEST

/* A key has no other characters than labels and addresses can bear. */
static const struct {
	const char *host, *key;
} keys[] = {
	{ "web1", "etcsnap-web1-ops" },
	{ "web1.example.org", "etcsnap-web1.example.org-ops" },
	{ "w b", "etcsnap-w-b-ops-" },
	{ "w-b ", "etcsnap-w-b--ops-" },
	{ "a-very-long-name-of-a-host-of-a-cluster.of.an.example.org",
	  "etcsnap-a-very-long-name-of-a-host-of-" },
	{ "x\" OR \"1", "etcsnap-x--OR--1-ops-" },
};

START_TEST(keys_are_safe)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *ctx = NULL;
	ES_CLEANUP(es_doc_freep) struct es_doc *part_ctx = NULL;
	struct world w;
	const char *key, *other;

	open_world(&w, "slack", services[0].keys, "");
	w.session.host = (char *)(uintptr_t)keys[_i].host;
	make_message(&w, sample(), ES_REPORT_CONTENT_NAMES, false);
	ctx = context(&w, NULL);
	key = es_doc_get_str(ctx, "key");
	ck_assert_msg(strncmp(key, keys[_i].key, strlen(keys[_i].key)) == 0,
		      "%s", key);
	ck_assert_uint_le(strlen(key), 50);
	if (keys[_i].key[strlen(keys[_i].key) - 1] != '-')
		ck_assert_str_eq(key, keys[_i].key);
	else
		ck_assert_uint_gt(strlen(key), strlen(keys[_i].key));
	part_ctx =
		context(&w, es_doc_at(es_doc_get(w.msg.report, "changes"), 1));
	other = es_doc_get_str(part_ctx, "key");
	ck_assert_str_ne(key, other);
	ck_assert_uint_le(strlen(other), 50);
	close_world(&w);
}
END_TEST

static const struct {
	enum payload_markup markup;
	const char *raw, *text, *code;
} markups[] = {
	{ MARKUP_PLAIN, "a <b> `c` @d", "a <b> `c` @d", "a <b> `c` @d" },
	{ MARKUP_MRKDWN, "<!here> & `x`",
	  "&lt;!here&gt; &amp; \xcb\x8bx\xcb\x8b",
	  "&lt;!here&gt; &amp; \xcb\x8bx\xcb\x8b" },
	{ MARKUP_MARKDOWN, "@all *x* `y` #1 <@1>",
	  "@\xe2\x80\x8b"
	  "all \\*x\\* \\`y\\` \\#\xe2\x80\x8b"
	  "1 "
	  "\\<@\xe2\x80\x8b"
	  "1\\>",
	  "@all *x* \xcb\x8by\xcb\x8b #1 <@1>" },
	{ MARKUP_HTML, "<a href=\"x\">'&",
	  "&lt;a href=&quot;x&quot;&gt;&#39;&amp;",
	  "&lt;a href=&quot;x&quot;&gt;&#39;&amp;" },
};

START_TEST(markup_is_escaped)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	es_markup_add(&out, markups[_i].markup, markups[_i].raw,
		      strlen(markups[_i].raw));
	ck_assert_str_eq(es_buf_str(&out), markups[_i].text);
	es_buf_reset(&out);
	es_markup_code(&out, markups[_i].markup, markups[_i].raw,
		       strlen(markups[_i].raw));
	ck_assert_str_eq(es_buf_str(&out), markups[_i].code);
}
END_TEST

static const struct {
	const char *raw;
	size_t units;
	const char *cut;
} cuts[] = {
	{ "", 5, "" },
	{ "abcde", 5, "abcde" },
	{ "abcdef", 5, "abcd\xe2\x80\xa6" },
	{ "\xc3\xa4\xc3\xb6\xc3\xbc", 2, "\xc3\xa4\xe2\x80\xa6" },
	/* outside of the first plane a character counts twice */
	{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 4,
	  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80" },
	{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 3,
	  "\xf0\x9f\x98\x80\xe2\x80\xa6" },
	{ "a\xf0\x9f\x98\x80", 2, "a\xe2\x80\xa6" },
};

START_TEST(texts_are_cut)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	es_markup_cut(&out, cuts[_i].raw, strlen(cuts[_i].raw), cuts[_i].units);
	ck_assert_str_eq(es_buf_str(&out), cuts[_i].cut);
	ck_assert_uint_le(es_markup_units(es_buf_str(&out), out.len),
			  cuts[_i].units);
}
END_TEST

/* A template of the user's that is no JSON must not be refused for ever. */
START_TEST(broken_templates_fall_back)
{
	ES_CLEANUP(es_templates_freep) struct es_templates *own = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf body = ES_BUF_INIT(64 << 20);
	ES_CLEANUP(es_doc_freep) struct es_doc *ctx = NULL;
	static const struct {
		const char *name, *text;
		bool falls;
	} templates[] = {
		{ "mine.json", "{\"a\": \"{{host}}\",}", true },
		{ "mine.json", "{\"a\": \"{{report.host}}\"}", false },
		{ "mine.json", "  {{! nothing }}\n", false },
		{ "mine.ndjson", "{\"a\":1}\n{\"b\":2}", true },
		{ "mine.ndjson", "{\"a\":1}\n{\"b\":2}\n", false },
		{ "mine.txt", "no JSON", false },
	};
	char dir[64];
	struct world w;

	open_world(&w, "slack", services[0].keys, "");
	make_message(&w, sample(), ES_REPORT_CONTENT_NAMES, false);
	ctx = context(&w, NULL);
	for (size_t i = 0; i < es_lengthof(templates); i++) {
		es_unit_enter_dir(dir);
		es_unit_spill(templates[i].name, templates[i].text,
			      strlen(templates[i].text));
		ck_assert_int_eq(chmod(templates[i].name, 0644), 0);
		es_templates_free(own);
		own = NULL;
		ck_assert_int_eq(es_templates_new(&own, dir, &err), 0);
		es_buf_reset(&body);
		ck_assert_msg(es_payload_body(&body, ctx, &w.msg, own,
					      templates[i].name, 1 << 20,
					      &err) == 0,
			      "%s", err.msg);
		ck_assert_int_eq(strstr(es_buf_str(&body), "\"schema\": 1,") !=
					 NULL,
				 templates[i].falls);
		es_unit_leave_dir(dir);
	}
	close_world(&w);
}
END_TEST

/* What a service cannot be without is told when the channel is read. */
static const struct {
	const char *keys, *message;
} wrongs[] = {
	{ "service = jira\nset = site=x\n",
	  "the service 'jira' needs 'set = project=...'" },
	{ "service = nosuch\nurl = https://x/\n",
	  "there is no service 'nosuch'; etcsnap-channels(5) lists them" },
	{ "service = matrix\nset = site=x\nset = room=\n",
	  "the service 'matrix' needs 'set = room=...'" },
};

START_TEST(needs_are_told)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 16);
	struct es_session s = { .repo_path = (char *)(uintptr_t) "/x" };
	struct channels channels;

	es_buf_addf(&text, "[channel ops]\ntype = webhook\n%s",
		    wrongs[_i].keys);
	ck_assert_int_eq(
		es_conf_parse(&s.conf, text.data, text.len, "test", &err), 0);
	ck_assert_int_eq(es_channels_load(&channels, &s, &err), -EINVAL);
	ck_assert_msg(strstr(err.msg, wrongs[_i].message), "%s", err.msg);
	es_conf_free(s.conf);
}
END_TEST

/* A channel's own values come before its service's, name by name. */
START_TEST(own_values_win)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	const struct es_doc *all;
	struct world w;

	open_world(&w, "jira", services[3].keys, "set = type=Bug\n");
	es_channel_set(doc, &w.channels.list[0]);
	all = es_doc_get(doc, "set");
	ck_assert_str_eq(es_doc_get_str(all, "site"), "localhost");
	ck_assert_str_eq(es_doc_get_str(all, "type"), "Bug");
	ck_assert_str_eq(es_channel_url(&w.channels.list[0]),
			 "https://{{set.site}}/rest/api/3/issue");
	close_world(&w);
	open_world(&w, "pagerduty", "url_file = /nowhere\n", "");
	ck_assert_str_eq(es_channel_url(&w.channels.list[0]), "");
	close_world(&w);
	open_world(&w, "pagerduty", "url = https://eu/\n", "");
	ck_assert_str_eq(es_channel_url(&w.channels.list[0]), "https://eu/");
	close_world(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("payloads");
	TCase *c = tcase_create("services");
	const int n = es_lengthof(services);

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, every_service_and_report);
	tcase_add_loop_test(c, counts_name_nothing, 0, n);
	tcase_add_loop_test(c, names_tell_no_content, 0, n);
	tcase_add_loop_test(c, no_news_is_no_ticket, 0, n);
	tcase_add_test(c, parts_are_alone);
	suite_add_tcase(s, c);
	c = tcase_create("details");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, severity_maps, 0, es_lengthof(severities));
	tcase_add_loop_test(c, keys_are_safe, 0, es_lengthof(keys));
	tcase_add_loop_test(c, markup_is_escaped, 0, es_lengthof(markups));
	tcase_add_loop_test(c, texts_are_cut, 0, es_lengthof(cuts));
	tcase_add_test(c, broken_templates_fall_back);
	tcase_add_loop_test(c, needs_are_told, 0, es_lengthof(wrongs));
	tcase_add_test(c, own_values_win);
	suite_add_tcase(s, c);
	return es_unit_main(s);
}
