/* SPDX-License-Identifier: MIT */
/* test_view_html.c - reports as HTML, from documents */
#include "config.h"

#include "unit.h"

#include "etcsnap/report_view.h"

#include "template_unit.h"

#include "run.h"

#include <errno.h>
#include <unistd.h>

static struct es_templates *set;
static struct es_error err;
static struct es_buf out = ES_BUF_INIT(1 << 26);
static char dir[] = "/tmp/etcsnap-unit-html-XXXXXX";

static void setup(void)
{
	/* again for every test, where they are not forked */
	memset(dir + strlen(dir) - strlen("XXXXXX"), 'X', strlen("XXXXXX"));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(es_templates_new(&set, dir, &err), 0);
}

static void teardown(void)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/report.html", dir);
	unlink(name);
	rmdir(dir);
	es_templates_free(set);
	es_buf_dispose(&out);
}

/* The sample beside the tests; they are run where srcdir is told. */
static struct es_doc *sample(void)
{
	const char *srcdir = getenv("srcdir");
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_doc *doc = NULL;
	char name[4096], part[4096];
	size_t n;
	FILE *f;

	snprintf(name, sizeof(name), "%s/tests/golden/report-sample.json",
		 srcdir ? srcdir : ".");
	f = fopen(name, "re");
	ck_assert_ptr_nonnull(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		es_buf_add(&text, part, n);
	fclose(f);
	ck_assert_int_eq(
		es_doc_read(&doc, name, es_buf_str(&text), text.len, &err), 0);
	return doc;
}

static struct es_doc *parse(const char *text)
{
	struct es_doc *doc = NULL;

	ck_assert_msg(es_doc_read(&doc, "test", text, strlen(text), &err) == 0,
		      "%s", err.msg);
	return doc;
}

#define WITH(...) (&(const struct es_report_view_options){ __VA_ARGS__ })

static const char *html(const struct es_doc *doc,
			const struct es_report_view_options *o)
{
	es_buf_reset(&out);
	ck_assert_msg(es_report_render(&out, set, "report.html", doc, o,
				       &err) == 0,
		      "%s", err.msg);
	return es_buf_str(&out);
}

static void check_has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part), "'%s' is missing", part);
}

static void check_lacks(const char *text, const char *part)
{
	ck_assert_msg(!strstr(text, part), "'%s' is there", part);
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

/* --- what it says --------------------------------------------------------- */

START_TEST(the_worst_comes_first)
{
	static const char *const order[] = {
		"<title>web1: CRITICAL: sshd is not as openssh-server has it",
		"<h1",
		"web1: CRITICAL: /usr/sbin/sshd is not as openssh-server has "
		"it; 9 more</h1>",
		"Somebody should look now.",
		"11 of them explained in 7 lines",
		"<code>4f2a91c</code>",
		"2026-11-20 00:00:00 +0000",
		"timer by root",
		"<a href=\"https://git.example/hosts/web1/commit/"
		"9be01d44c2a6f8e7d6c5b4a39281706f5e4d3c2b\"><code>9be01d4",
		">1</b><br><small>critical",
		">4</b><br><small>findings<br>1 new",
		">512</b><br><small>failed logins",
		"<svg",
		"Changes a day since 2026-10-22: 5.3 on average, 24 on "
		"2026-11-20",
		"Look at first",
		">CRITICAL</b>",
		"<a href=\"#c15\">/usr/sbin/sshd</a>",
		"Packages (3)",
		"cups-daemon 2.4.2-3+deb12u7 -&gt; 2.4.2-3+deb12u8: 41 files",
		"by anna (1000): apt-get upgrade",
		"In short",
		"changed 9 times in 14 days",
		"Findings (4 open)",
		"Below:",
		"<a href=\"#s1\">Critical (1)</a>",
		"id=\"s1\"",
		"id=\"c15\"",
		"changed #binary in 2 runs",
		"<td>0755</td><td>4755</td>",
		"md5:900150983cd24fb0d6963f7d28e17f72",
		"1 line added, 1 removed",
		"<span class=\"range\">@@ -60,3 +60,3 @@ nogroup:x:65534:",
		"<span><i>  60   60 </i> ssl-cert",
		"<i>  61      </i>-sudo:x:27:anna",
		"<i>       61 </i>+sudo:x:27:anna<b>,mallory</b>",
		"content changed, not shown (secret)",
		"file 0600 mallory:crontab, 43 bytes",
		"xattr added: user.note",
		"\\ no newline at end of file",
		">returned to the state of 2026-03-02</a>",
		"/etc/vmware/notes</span> &rarr;",
		"Commands and system (2)",
		"anna became root by sudo",
		"500 from 203.0.113.9, 12 from 198.51.100.7 as anna",
		"Permission denied",
		"Runs (2)",
		"The secret key is another one",
		"etcsnap restore --at 4f2a91c PATH",
	};
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	const char *text = html(doc, WITH(0));

	for (size_t i = 0; i < es_lengthof(order); i++) {
		const char *at = strstr(text, order[i]);

		ck_assert_msg(at, "'%s' is missing or too early", order[i]);
		text = at;
	}
	/* folded, so not told at length */
	check_lacks(out.data, "Written on");
	/* a small report is a small mail */
	ck_assert_uint_lt(out.len, 48 << 10);
}
END_TEST

START_TEST(options_are_heeded)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();

	html(doc, WITH(.no_patch = true));
	check_lacks(out.data, "<pre");
	check_has(out.data, "<td>812</td><td>829</td>");
	html(doc, WITH(.no_header = true));
	check_lacks(out.data, "Somebody should look");
	check_lacks(out.data, "<svg");
	html(doc, WITH(.whole = true));
	check_has(out.data, "Written on");
	check_has(out.data, "/srv/app/b.conf");
	check_lacks(out.data, "Look at first");
	es_doc_str(doc, "level", "brief");
	html(doc, WITH(0));
	check_has(out.data, "Look at first");
	check_lacks(out.data, "class=\"change\"");
	check_lacks(out.data, "href=\"#c");
}
END_TEST

static const struct {
	const char *json;
	const char *has;
	const char *lacks;
} odd[] = {
	{ "{}", "no changes", "class=\"cards\"" },
	{ "{\"host\":\"h\",\"first\":true,\"counts\":{\"entries\":4123}}",
	  "h: first run: 4,123 entries watched", "class=\"change\"" },
	{ "{\"host\":\"h\",\"severity\":\"notice\",\"counts\":{\"total\":1,"
	  "\"changed\":1},\"changes\":[{}]}",
	  "id=\"c0\"", "<pre" },
	/* counts alone: neither paths nor names */
	{ "{\"host\":\"h\",\"severity\":\"warning\",\"counts\":{\"total\":2,"
	  "\"removed\":2},\"changes\":[]}",
	  "Look at it today.", "class=\"change\"" },
	/* only pages are linked to */
	{ "{\"url\":\"javascript:alert(1)\"}", "", "<a " },
	{ "{\"url\":\"data:text/html,x\"}", "", "<a " },
	{ "{\"url\":\"https://a/\\\" onclick=\\\"x\"}", "", "<a " },
	{ "{\"url\":\"https://a/ b\"}", "", "<a " },
	{ "{\"url\":\"https://a/\\u00e9\"}", "", "<a " },
	{ "{\"url\":\"HTTPS://a/\"}", "", "<a " },
	{ "{\"url\":\"https://a/?x=1&y=2\"}",
	  "<a href=\"https://a/?x=1&amp;y=2\">", "&y" },
	/* days without a change, and too few, are no picture */
	{ "{\"days\":[{\"day\":\"2026-01-01\",\"changes\":0},"
	  "{\"day\":\"2026-01-02\",\"changes\":0}]}",
	  "", "<svg" },
	{ "{\"days\":[{\"day\":\"2026-01-01\",\"changes\":3}]}", "", "<svg" },
	{ "{\"days\":[{\"day\":\"2026-01-01\",\"changes\":1000000},"
	  "{\"day\":\"2026-01-02\",\"changes\":1},"
	  "{\"day\":\"2026-01-03\",\"changes\":0}]}",
	  "y=\"38\" width=\"6\" height=\"2\"", "height=\"0\"" },
	{ "{\"days\":[{\"day\":\"2026-01-01\",\"changes\":1000000},"
	  "{\"day\":\"2026-01-02\",\"changes\":1},"
	  "{\"day\":\"2026-01-03\",\"changes\":0}]}",
	  /* U+2588, U+2582, U+2581 */
	  "\xe2\x96\x88\xe2\x96\x82\xe2\x96\x81<br>", "x=\"16\"" },
	/* a message keeps its lines and does nothing */
	{ "{\"note\":\"one <b>\\ntwo {{host}} {{{host}}}\"}",
	  "one &lt;b&gt;\ntwo {{host}} {{{host}}}</pre>", "<b>\n" },
	/* a key that is missing is not taken from further out */
	{ "{\"host\":\"h\",\"counts\":{\"total\":1,\"changed\":1},\"url\":"
	  "\"https://a/\",\"changes\":[{\"path\":\"/a\",\"explanation\":"
	  "{\"text\":\"why\"}}]}",
	  "margin:4px 0 0\">why</p>", "<a href=\"https://a/\">why" },
};

START_TEST(what_is_missing_is_left_out)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = parse(odd[_i].json);

	html(doc, WITH(0));
	check_has(out.data, odd[_i].has);
	check_lacks(out.data, odd[_i].lacks);
}
END_TEST

/* --- hostile bytes -------------------------------------------------------- */

/* Wherever a text of the document can stand. */
static void evil_report(struct es_buf *json, const char *evil)
{
	es_buf_adds(json, "{\"host\":\"H\",\"severity\":\"notice\",\"note\":"
			  "\"E\",\"generator\":{\"name\":\"E\",\"version\":"
			  "\"E\"},\"old\":{\"commit\":\"E\",\"time\":\"E\","
			  "\"trigger\":\"E\",\"author\":\"E\"},\"new\":{"
			  "\"commit\":\"E\",\"time\":\"E\"},\"counts\":{"
			  "\"total\":1,\"changed\":1},\"changes\":[{\"id\":0,"
			  "\"path\":\"E\",\"from\":\"E\",\"kind\":\"E\",");
	es_buf_adds(json, "\"severity\":\"E\",\"tags\":[\"E\"],\"steps\":2,"
			  "\"when\":\"E\",\"who\":{\"author\":\"E\","
			  "\"sessions\":[0]},\"explanation\":{\"text\":\"E\","
			  "\"kind\":\"E\",\"url\":\"E\"},\"attributes\":[{"
			  "\"name\":\"E\",\"old\":\"E\",\"new\":\"E\"},{"
			  "\"name\":\"xattr\",\"added\":[\"E\"]}],"
			  "\"old_digest\":\"E\",\"new_digest\":\"E:E\",");
	es_buf_adds(json, "\"package\":{\"verdict\":\"differs\",\"want\":"
			  "\"E\"},\"content\":{\"state\":\"text\","
			  "\"encoding\":\"E\",\"old_encoding\":\"E\","
			  "\"hunks\":[{\"header\":\"E\",\"lines\":[{\"op\":"
			  "\"E\",\"text\":\"E\"},{\"op\":\"+\",\"text\":\"E\","
			  "\"words\":[{\"text\":\"E\",\"changed\":true},{"
			  "\"text\":\"E\"}]}]}]}},{\"id\":1,\"path\":\"E\",");
	es_buf_adds(json, "\"kind\":\"changed\",\"content\":{\"state\":"
			  "\"digest\"},\"old_digest\":\"E:E\",\"new_digest\":"
			  "\"E:E\"}],\"groups\":[{\"id\":0,\"kind\":\"E\","
			  "\"title\":\"E\",\"paths\":[\"E\"]}],\"packages\":[{"
			  "\"op\":\"E\",\"name\":\"E\",\"old\":\"E\",\"new\":"
			  "\"E\",\"command\":\"E\",\"user\":\"E\"}],");
	es_buf_adds(json, "\"findings\":{\"opened\":[{\"check\":\"E\","
			  "\"text\":\"E\"}],\"open\":1},\"logins\":{"
			  "\"sessions\":[{\"user\":\"E\",\"line\":\"E\","
			  "\"host\":\"E\",\"begin\":\"E\",\"end\":\"E\","
			  "\"how\":\"E\"}],\"failures\":[{\"source\":\"E\","
			  "\"user\":\"E\",\"count\":1}],\"switches\":[{"
			  "\"time\":\"E\",\"tool\":\"E\",\"user\":\"E\","
			  "\"as\":\"E\",\"command\":\"E\"}]},");
	es_buf_adds(json, "\"errors\":[{\"path\":\"E\",\"reason\":\"E\"}],"
			  "\"url\":\"E\",\"runs\":[{\"commit\":\"E\",\"time\":"
			  "\"E\",\"trigger\":\"E\",\"subject\":\"E\",\"url\":"
			  "\"E\"},{\"commit\":\"E\"}],\"days\":[{\"day\":\"E\","
			  "\"changes\":1},{\"day\":\"E\",\"changes\":2}]}");
	for (size_t i = 0; i < json->len; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf rest = ES_BUF_INIT(1 << 20);

		if (strncmp(json->data + i, "\"E", 2) != 0 &&
		    strncmp(json->data + i, ":E\"", 3) != 0)
			continue;
		es_buf_adds(&rest, json->data + i + 2);
		es_buf_truncate(json, i + 1);
		es_buf_adds(json, evil);
		i = json->len - 1;
		es_buf_add(json, es_buf_str(&rest), rest.len);
	}
}

static const char *const evil[] = {
	"<script>alert(1)</script>",
	"\\\"><img src=x onerror=alert(1)>",
	"' onmouseover='alert(1)",
	"</pre></td></table></style><b>",
	"<!--",
	"&lt;script&gt;",
	"\\u001b[2J\\u009b\\u202e\\u200b\\r",
	"{{{report}}}{{> report.html}}",
};

START_TEST(no_text_is_markup)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf json = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf tame = ES_BUF_INIT(1 << 20);

	/* What it has to look like, but for the letters. */
	evil_report(&tame, "x");
	ES_CLEANUP(es_doc_freep) struct es_doc *harmless = parse(tame.data);
	const char *text = html(harmless, WITH(.whole = true));
	size_t opening = count(text, "<"), closing = count(text, ">");
	size_t quotes = count(text, "\"");

	ck_assert_uint_gt(count(text, "x"), 60);
	evil_report(&json, evil[_i]);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = parse(json.data);
	text = html(doc, WITH(.whole = true));
	ck_assert_uint_eq(count(text, "<"), opening);
	ck_assert_uint_eq(count(text, ">"), closing);
	ck_assert_uint_eq(count(text, "\""), quotes);
	ck_assert_uint_eq(count(text, "'"),
			  count("'none' 'unsafe-inline'", "'"));
	for (size_t i = 0; i < out.len; i++) {
		unsigned char c = (unsigned char)text[i];

		ck_assert_msg(c == '\n' || c == '\t' || (c >= ' ' && c != 127),
			      "byte %#x at %zu", c, i);
	}
	check_lacks(text, "\xe2\x80\xae");
}
END_TEST

/* --- limits --------------------------------------------------------------- */

/* @n changes; change i has i % 10 * @lines lines of content. */
static struct es_doc *long_report(size_t n, size_t lines)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf json = ES_BUF_INIT(1 << 26);

	es_buf_addf(&json,
		    "{\"host\":\"h\",\"severity\":\"notice\",\"new\":{"
		    "\"commit\":\"0123456789\"},\"counts\":{\"total\":%zu,"
		    "\"changed\":%zu},\"changes\":[",
		    n, n);
	for (size_t i = 0; i < n; i++) {
		es_buf_addf(&json,
			    "%s{\"id\":%zu,\"path\":\"/etc/%06zu\",\"kind\":"
			    "\"changed\",\"severity\":\"%s\",\"content\":{"
			    "\"state\":\"text\",\"hunks\":[{\"header\":\"@@\","
			    "\"lines\":[",
			    i ? "," : "", i, i, i % 100 ? "info" : "warning");
		for (size_t k = 0; k < i % 10 * lines; k++)
			es_buf_addf(&json,
				    "%s{\"op\":\"%c\",\"text\":\"x = <%zu>\","
				    "\"old\":%zu,\"new\":%zu}",
				    k ? "," : "", "+- "[k % 3], k, k, k);
		es_buf_adds(&json, "]}]}}");
	}
	es_buf_adds(&json, "]}");
	return parse(es_buf_str(&json));
}

START_TEST(long_lists_are_cut)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = long_report(3000, 0);
	const char *text = html(doc, WITH(0));

	check_has(text, "and 2,985 more: etcsnap show 0123456<");
	check_has(text, "and 2,000 more changes: etcsnap show 0123456<");
	ck_assert_uint_eq(count(text, "class=\"change\""), 1000);
	text = html(doc, WITH(.whole = true));
	ck_assert_uint_eq(count(text, "class=\"change\""), 3000);
	check_lacks(text, "more changes");
}
END_TEST

START_TEST(long_contents_are_folded_then_cut)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = long_report(101, 40);
	const char *text = html(doc, WITH(0));
	const char *at = strstr(text, "id=\"c9\"");

	ck_assert_ptr_nonnull(at);
	/* of 360 lines */
	check_has(at, "<details style");
	check_has(at, "and 60 more lines: etcsnap show 0123456<");
	check_has(at, "and 20 more lines: etcsnap show 0123456<");
	ck_assert_uint_eq(count(text, "more lines: "), 20);
	/* what matters is not folded: it comes first */
	ck_assert_ptr_null(strstr(text, "id=\"c0\"") < at ? NULL : at);
	text = html(doc, WITH(.whole = true));
	check_lacks(text, "more lines");
	check_lacks(text, "<details style");
}
END_TEST

#define CHANGES 400

static const size_t limits[] = { 1,	 64 << 10, 80 << 10, 102400,
				 256000, 1 << 20,  1500000,  5 << 20 };

START_TEST(the_limit_holds)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = long_report(CHANGES, 40);
	size_t max = limits[_i], least = max < 64 << 10 ? 64 << 10 : max;
	const char *text = html(doc, WITH(.max = max));
	size_t changes = count(text, "class=\"change\"");
	size_t left_out = count(text, " lines left out to keep");

	ck_assert_uint_le(out.len, least);
	check_has(text, "</html>\n");
	if (max >= 80 << 10)
		/* no room is wasted, but for the most of a head */
		ck_assert_uint_gt(out.len + (40 << 10), least * 3 / 4);
	if (changes < CHANGES)
		check_has(text, " more changes: etcsnap show 0123456<");
	/* the biggest went first: every change has 40 lines for each
	 * 1 to 9 of its last digit */
	if (left_out && changes == CHANGES) {
		ck_assert_ptr_nonnull(strstr(text, "300 lines") ?: text);
		check_has(text, "360 lines left out");
		ck_assert(!strstr(text, ">40 lines left out") ||
			  !strstr(text, "and 60 more lines"));
	}
	text = html(doc, WITH(.max = max, .whole = true));
	ck_assert_uint_le(out.len, least);
	check_has(text, "</html>\n");
}
END_TEST

static void own_template(const char *text, size_t times)
{
	char name[64], *all = repeat(text, times);

	snprintf(name, sizeof(name), "%s/report.html", dir);
	put_file(name, all, strlen(all));
	free(all);
}

START_TEST(a_template_of_ones_own_keeps_to_it)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = long_report(900, 2);

	/* four times as long as the shipped one */
	own_template("{{#html.details}}{{#changes}}{{#diff}}{{#hunks}}"
		     "{{#lines}}<p>{{text}} of a line with a lot around it, "
		     "again and again and again and again and again</p>\n"
		     "{{/lines}}{{/hunks}}{{/diff}}{{/changes}}"
		     "{{/html.details}}",
		     4);
	html(doc, WITH(.max = 1 << 20));
	ck_assert_uint_le(out.len, 1 << 20);
	ck_assert_uint_gt(out.len, 32 << 10);
	check_has(out.data, "of a line with a lot around it");
	ck_assert_str_eq(es_templates_warning(set), "");
}
END_TEST

START_TEST(one_that_cannot_is_replaced)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();

	own_template("much too long, whatever the report says; ", 4000);
	html(doc, WITH(.max = 100 << 10));
	ck_assert_uint_le(out.len, 100 << 10);
	check_has(out.data, "web1: CRITICAL");
	ck_assert_str_ne(es_templates_warning(set), "");
}
END_TEST

START_TEST(long_names_and_lines_are_cut)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf json = ES_BUF_INIT(1 << 20);
	char *name = repeat("'", 4000), *line = repeat("\xc3\xa4", 900);

	es_buf_addf(&json,
		    "{\"host\":\"h\",\"severity\":\"notice\",\"counts\":{"
		    "\"total\":1,\"changed\":1},\"changes\":[{\"id\":0,"
		    "\"severity\":\"notice\",\"path\":\"/%s\",\"kind\":"
		    "\"changed\",\"content\":{\"state\":\"text\",\"hunks\":"
		    "[{\"header\":\"@@\",\"lines\":[{\"op\":\"+\",\"text\":"
		    "\"x%s\"}]}]}}]}",
		    name, line);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = parse(json.data);
	const char *text = html(doc, WITH(0));

	/* 999 bytes are shown: not half of a letter */
	check_has(text, "\xc3\xa4 &hellip; 802 more bytes");
	/* the path is whole in one place only */
	ck_assert_uint_le(count(text, "&#39;"), 4000 + 78 + 2 * 300);
	text = html(doc, WITH(.whole = true));
	check_lacks(text, "more bytes");
	free(name);
	free(line);
}
END_TEST

/* --- what others say of it ------------------------------------------------ */

static const struct es_report_view_options forms[] = {
	{ .columns = 0 },
	{ .whole = true },
	{ .no_header = true, .no_patch = true },
	{ .max = 1 },
};

START_TEST(others_agree_that_it_is_html)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	const char *srcdir = getenv("srcdir");
	char name[64];

	es_buf_addf(&path, "%s/tests/htmlcheck.py", srcdir ? srcdir : ".");
	snprintf(name, sizeof(name), "%s/report.html", dir);
	html(doc, &forms[_i]);
	es_unit_spill(name, out.data, out.len);
	const char *python[] = { "python3", path.data, name, NULL };
	const char *tidy[] = { "tidy", "-e", "-q", name, NULL };

	if (es_unit_has("python3"))
		ck_assert_msg(es_unit_run(&said, python, NULL) == 0, "%s",
			      es_buf_str(&said));
	if (!es_unit_has("tidy"))
		return;
	ck_assert_msg(es_unit_run(&said, tidy, NULL) == 0, "%s",
		      es_buf_str(&said));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view_html");
	TCase *c = tcase_create("html");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, the_worst_comes_first);
	tcase_add_test(c, options_are_heeded);
	tcase_add_loop_test(c, what_is_missing_is_left_out, 0,
			    es_lengthof(odd));
	tcase_add_loop_test(c, no_text_is_markup, 0, es_lengthof(evil));
	tcase_add_test(c, long_lists_are_cut);
	tcase_add_test(c, long_contents_are_folded_then_cut);
	tcase_add_loop_test(c, the_limit_holds, 0, es_lengthof(limits));
	tcase_add_test(c, a_template_of_ones_own_keeps_to_it);
	tcase_add_test(c, one_that_cannot_is_replaced);
	tcase_add_test(c, long_names_and_lines_are_cut);
	tcase_add_loop_test(c, others_agree_that_it_is_html, 0,
			    es_lengthof(forms));
	suite_add_tcase(s, c);
	return es_unit_main(s);
}
