/* SPDX-License-Identifier: MIT */
/* test_view_text.c - reports as plain text, from documents */
#include "config.h"

#include "unit.h"

#include "etcsnap/report_view.h"
#include "etcsnap/width.h"

#include "report/view_priv.h"

#include <stdio.h>
#include <string.h>

static struct es_templates *set;
static struct es_error err;

static void setup(void)
{
	ck_assert_int_eq(es_templates_new(&set, NULL, &err), 0);
}

static void teardown(void)
{
	es_templates_free(set);
}

/* The sample beside the tests; they are run where srcdir is told. */
static struct es_doc *sample(void)
{
	const char *dir = getenv("srcdir");
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_doc *doc = NULL;
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

static void render(struct es_buf *out, const char *name,
		   const struct es_doc *doc,
		   const struct es_report_view_options *o)
{
	es_buf_reset(out);
	ck_assert_msg(es_report_render(out, set, name, doc, o, &err) == 0, "%s",
		      err.msg);
}

#define WITH(...) (&(const struct es_report_view_options){ __VA_ARGS__ })

/* Lines of our own keep to the width; paths, links and what files hold may be
 * longer. */
static void check_width(const char *text, size_t columns)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (*line != '/' && strncmp(line, "https:", 6) != 0 &&
		    (len < 5 || !strchr("+- @", line[4]) ||
		     strncmp(line, "    ", 4) != 0))
			ck_assert_msg(es_width(line, len) <= columns,
				      "%zu columns: %.*s", es_width(line, len),
				      (int)len, line);
		line += len + (line[len] == '\n');
	}
}

START_TEST(a_mail_tells_the_worst_first)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "report.txt", doc, WITH(0));
	const char *text = es_buf_str(&out);
	ck_assert_int_eq(
		strncmp(text,
			"web1: CRITICAL: /usr/sbin/sshd is not as "
			"openssh-server has it; 9 more\nSomebody should look "
			"now. ",
			strlen("web1: CRITICAL: /usr/sbin/sshd is not as "
			       "openssh-server has it; 9 more\nSomebody "
			       "should look now. ")),
		0);
	const char *order[] = {
		"Look at first\n  CRITICAL  /usr/sbin/sshd",
		"WARNING   /etc/group",
		"notice    /etc/motd",
		"Packages (3)\n",
		"cups-daemon 2.4.2-3+deb12u7 -> 2.4.2-3+deb12u8: 41 files",
		"In short\n",
		"changed 9 times in 14 days\n",
		"Findings (4 open)\n",
		"Below: CRITICAL (1), WARNING (4), Notice (3)",
		"\nCRITICAL (1)\n/usr/sbin/sshd  changed  #binary",
		"the package's",
		"md5:900150983cd24fb0d6963f7d28e17f72",
		"\nLogins\n  anna pts/0 from 198.51.100.7",
		"anna became root by sudo: /usr/bin/vi",
		"failed logins: 500 from 203.0.113.9",
		"Permission denied",
		"All of it: etcsnap diff 4f2a91c 9be01d4",
	};
	for (size_t i = 0; i < es_lengthof(order); i++) {
		const char *at = strstr(text, order[i]);

		ck_assert_msg(at, "'%s' is missing or too early", order[i]);
		text = at;
	}
	/* folded, so not told at length */
	ck_assert_ptr_null(strstr(es_buf_str(&out), "Written on"));
}
END_TEST

START_TEST(lines_keep_to_the_width)
{
	static const unsigned int columns[] = { 0, 80, 60, 132, 10 };
	static const unsigned int used[] = { 100, 80, 60, 132, 60 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "report.txt", doc, WITH(.columns = columns[_i]));
	/* the headline is one line, as in a subject */
	check_width(strchr(es_buf_str(&out), '\n') + 1, used[_i]);
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "Look at first"));
}
END_TEST

START_TEST(no_byte_of_a_file_acts_on_a_terminal)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "report.txt", doc, WITH(.whole = _i & 1));
	for (size_t i = 0; i < out.len; i++) {
		unsigned char c = (unsigned char)out.data[i];

		ck_assert_msg(c == '\n' || c == '\t' || (c >= ' ' && c != 127),
			      "byte %#x at %zu", c, i);
	}
	ck_assert_ptr_nonnull(strstr(out.data, "\\x1b[31m\\n.conf"));
}
END_TEST

START_TEST(colours_are_whole)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf plain = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf color = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf bare = ES_BUF_INIT(1 << 20);

	render(&plain, "report.txt", doc, WITH(0));
	render(&color, "report.txt", doc, WITH(.color = true));
	ck_assert_ptr_nonnull(strstr(color.data, "\033[1;31mweb1: CRITICAL"));
	ck_assert_ptr_nonnull(strstr(color.data, "\033[1;7m,mallory\033[m"));
	for (size_t i = 0; i < color.len; i++) {
		if (color.data[i] == '\033')
			i += strcspn(color.data + i, "m");
		else
			es_buf_addc(&bare, color.data[i]);
	}
	ck_assert_str_eq(es_buf_str(&bare), es_buf_str(&plain));
}
END_TEST

START_TEST(whole_folds_and_cuts_nothing)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "report.txt", doc, WITH(.whole = true));
	ck_assert_ptr_nonnull(strstr(out.data, "Written on"));
	ck_assert_ptr_nonnull(strstr(out.data, "\n/srv/app/b.conf  removed"));
	ck_assert_ptr_nonnull(strstr(out.data, "\n    /etc/cron.d/backup\n"));
	ck_assert_ptr_null(strstr(out.data, "Look at first"));
	ck_assert_ptr_nonnull(strstr(out.data, "size       812"));
}
END_TEST

START_TEST(content_can_be_left_out)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "report.txt", doc, WITH(.no_patch = true));
	ck_assert_ptr_null(strstr(out.data, "@@ -"));
	ck_assert_ptr_nonnull(strstr(out.data, "size       812"));
	render(&out, "report.txt", doc, WITH(.no_header = true));
	ck_assert_ptr_null(strstr(out.data, "Somebody should look"));
}
END_TEST

static const struct {
	const char *json;
	const char *text;
} odd[] = {
	{ "{}", ": no changes\n" },
	{ "{\"host\":\"h\",\"first\":true,\"counts\":{\"entries\":4123}}",
	  "h: first run: 4,123 entries watched\n" },
	{ "{\"host\":\"h\",\"cut\":true,\"new\":{\"commit\":\"0123456789\"},"
	  "\"counts\":{\"entries\":1}}",
	  "git log -1 0123456" },
	{ "{\"host\":\"h\",\"severity\":\"notice\",\"counts\":{\"total\":1,"
	  "\"changed\":1},\"changes\":[{}]}",
	  "h: notice: 1 changed\nNothing urgent. 1 changed\n" },
	{ "{\"host\":\"h\",\"severity\":\"info\",\"counts\":{\"total\":3,"
	  "\"changed\":3},\"groups\":[{\"id\":0,\"kind\":\"package\","
	  "\"title\":\"a 1 -> 2: 3 files, all match the package\","
	  "\"severity\":\"info\"}]}",
	  "h: info: a 1 -> 2: 3 files, all match the package\nNothing to do. " },
	/* counts alone: neither paths nor names */
	{ "{\"host\":\"h\",\"severity\":\"warning\",\"counts\":{\"total\":2,"
	  "\"removed\":2},\"changes\":[]}",
	  "h: WARNING: 2 removed\nLook at it today. 2 removed\n" },
	{ "{\"host\":\"h\",\"severity\":\"notice\",\"counts\":{\"total\":1,"
	  "\"changed\":1},\"changes\":[{\"path\":\"/a\",\"kind\":\"changed\","
	  "\"severity\":\"notice\",\"who\":{\"sessions\":[7]},\"attributes\":"
	  "[{\"name\":\"mode\",\"old\":\"0644\",\"new\":\"0600\"}]}],"
	  "\"logins\":{}}",
	  "h: notice: /a: mode 0644 -> 0600\n" },
};

/* Which command tells the rest, and which of them git could do. */
#define RANGE(new, runs, more)                                      \
	"{\"host\":\"h\",\"severity\":\"notice\","                  \
	"\"old\":{\"commit\":\"0123456789\"},\"new\":{"             \
	"\"commit\":" new "},\"range\":{\"runs\":" runs "},"        \
			  "\"counts\":{\"total\":2,\"changed\":2}," \
			  "\"changes\":[]" more "}"
#define DROPPED ",\"limits\":{\"changes_dropped\":2}"

static const struct {
	const char *json;
	const char *text;
} rests[] = {
	{ RANGE("\"9876543210\"", "1", ""), "All of it: etcsnap show 9876543" },
	{ RANGE("\"9876543210\"", "2", ""),
	  "All of it: etcsnap diff 0123456 9876543" },
	/* from the newer to the older run */
	{ RANGE("\"9876543210\"", "0", ""),
	  "All of it: etcsnap diff 0123456 9876543" },
	{ RANGE("null", "1", ""), "All of it: etcsnap diff 0123456" },
	{ RANGE("\"9876543210\"", "1", DROPPED),
	  "2 changes that matter least are counted, not told; 'etcsnap git "
	  "diff --stat 0123456 9876543' lists them." },
	{ RANGE("null", "1", DROPPED),
	  "2 changes that matter least are counted, not told.\n" },
};

START_TEST(the_rest_is_a_command_away)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = parse(rests[_i].json);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "report.txt", doc, WITH(.columns = 200));
	ck_assert_msg(strstr(es_buf_str(&out), rests[_i].text), "%s",
		      es_buf_str(&out));
}
END_TEST

START_TEST(what_is_missing_is_left_out)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = parse(odd[_i].json);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "report.txt", doc, WITH(0));
	ck_assert_msg(strstr(es_buf_str(&out), odd[_i].text), "%s",
		      es_buf_str(&out));
	render(&out, "subject.txt", doc, WITH(0));
}
END_TEST

static void long_list(struct es_buf *json, int n)
{
	es_buf_addf(json,
		    "{\"host\":\"h\",\"severity\":\"notice\",\"new\":{"
		    "\"commit\":\"0123456789\"},\"counts\":{\"total\":%d,"
		    "\"changed\":%d},\"changes\":[",
		    n, n);
	for (int i = 0; i < n; i++)
		es_buf_addf(json,
			    "%s{\"path\":\"/etc/%06d\",\"kind\":\"changed\","
			    "\"severity\":\"notice\",\"attributes\":[{"
			    "\"name\":\"size\",\"old\":1,\"new\":2}]}",
			    i ? "," : "", i);
	es_buf_adds(json, "]}");
}

START_TEST(long_lists_are_cut)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf json = ES_BUF_INIT(1 << 24);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 24);

	long_list(&json, 3000);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = parse(json.data);
	render(&out, "report.txt", doc, WITH(0));
	ck_assert_ptr_nonnull(
		strstr(out.data, "and 2,985 more: etcsnap show 0123456\n"));
	ck_assert_ptr_nonnull(strstr(
		out.data, "and 2,900 more changes: etcsnap show 0123456\n"));
	render(&out, "report.txt", doc, WITH(.whole = true));
	ck_assert_ptr_nonnull(strstr(out.data, "\n/etc/002999  changed\n"));
}
END_TEST

START_TEST(subjects_are_short)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = sample();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	render(&out, "subject.txt", doc, WITH(0));
	ck_assert_str_eq(out.data, "web1: CRITICAL: sshd is not as "
				   "openssh-server has it; 22 changes");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view_text");
	TCase *c = tcase_create("text");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_mail_tells_the_worst_first);
	tcase_add_loop_test(c, lines_keep_to_the_width, 0, 5);
	tcase_add_loop_test(c, no_byte_of_a_file_acts_on_a_terminal, 0, 2);
	tcase_add_test(c, colours_are_whole);
	tcase_add_test(c, whole_folds_and_cuts_nothing);
	tcase_add_test(c, content_can_be_left_out);
	tcase_add_loop_test(c, the_rest_is_a_command_away, 0,
			    es_lengthof(rests));
	tcase_add_loop_test(c, what_is_missing_is_left_out, 0,
			    es_lengthof(odd));
	tcase_add_test(c, long_lists_are_cut);
	tcase_add_test(c, subjects_are_short);
	suite_add_tcase(s, c);
	return es_unit_main(s);
}
