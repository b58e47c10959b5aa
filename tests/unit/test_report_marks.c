/* SPDX-License-Identifier: MIT */
/* test_report_marks.c - hunks by line, and the words that differ in them */
#include "config.h"

#include "unit.h"

#include "model_unit.h"

#include <stdlib.h>

/* The model of one file with two contents. */
static struct es_doc *compare(const char *was, const char *is,
			      struct es_report_input *how)
{
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc/a", was }));
	struct es_oid new = es_unit_tree(&repo, ITEMS({ "/etc/a", is }));

	return es_unit_two(&old, &new, how);
}

static const struct es_doc *hunk_of(const struct es_doc *doc, size_t i)
{
	const struct es_doc *c = es_unit_change_of(doc, "/etc/a");

	return es_doc_at(es_doc_get(es_doc_get(c, "content"), "hunks"), i);
}

/* Words of a line, what differs in brackets; "-" for none. */
static void add_words(struct es_buf *out, const struct es_doc *line)
{
	const struct es_doc *words = es_doc_get(line, "words"), *w;

	if (!words) {
		es_buf_addc(out, '-');
		return;
	}
	for (size_t i = 0; (w = es_doc_at(words, i)); i++) {
		bool changed = es_doc_get_bool(w, "changed");

		es_buf_addf(out, "%s%s%s", changed ? "[" : "",
			    es_doc_get_str(w, "text"), changed ? "]" : "");
	}
}

/* Lines that differ, each with its marks. */
static void add_lines(struct es_buf *out, const struct es_doc *hunk)
{
	const struct es_doc *lines = es_doc_get(hunk, "lines"), *line;

	for (size_t i = 0; (line = es_doc_at(lines, i)); i++) {
		const char *op = es_doc_get_str(line, "op");

		if (*op == ' ')
			continue;
		es_buf_addf(out, "%s", op);
		add_words(out, line);
		es_buf_addc(out, '\n');
	}
}

static const struct {
	const char *was;
	const char *is;
	const char *marks;
} marks[] = {
	{ "Port 22\n", "Port 2222\n", "-Port [22]\n+Port [2222]\n" },
	{ "#PermitRootLogin prohibit-password\n", "PermitRootLogin yes\n",
	  "-[#]PermitRootLogin [prohibit-password]\n"
	  "+PermitRootLogin [yes]\n" },
	{ "sudo:x:27:anna\n", "sudo:x:27:anna,mallory\n",
	  "-sudo:x:27:anna\n+sudo:x:27:anna[,mallory]\n" },
	/* nothing to gain from marks where all differs */
	{ "entirely one thing\n", "quite other words\n", "--\n+-\n" },
	{ "a b c d\n", "a b c e\n", "-a b c [d]\n+a b c [e]\n" },
	{ "x = 1\n", "x  =  1\n", "-x[ ]=[ ]1\n+x[  ]=[  ]1\n" },
	/* letters beyond ASCII are not cut apart */
	{ "name = Größe 5\n", "name = Größte 5\n",
	  "-name = [Größe] 5\n+name = [Größte] 5\n" },
	{ "\n", "x\n", "--\n+-\n" },
	/* a line more than there was: each with the next that is alike */
	{ "listen 80\nroot /srv/a\n", "comment now\nlisten 8080\nroot /srv/b\n",
	  "-listen [80]\n-root /srv/[a]\n+-\n+listen [8080]\n"
	  "+root /srv/[b]\n" },
	{ "a1 b1 c1 d1\na2 b2 c2 d2\n", "a1 b1 c1 x1\na2 b2 c2 x2\n",
	  "-a1 b1 c1 [d1]\n-a2 b2 c2 [d2]\n+a1 b1 c1 [x1]\n"
	  "+a2 b2 c2 [x2]\n" },
	{ "one two three\n", "two one three\n",
	  "-[one ]two three\n+two[ one] three\n" },
};

START_TEST(marks_words)
{
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = compare(marks[_i].was, marks[_i].is, &how);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	add_lines(&out, hunk_of(doc, 0));
	ck_assert_str_eq(es_buf_str(&out), marks[_i].marks);
}
END_TEST

/* Of both lines' words together the line can be made again. */
START_TEST(marks_are_whole)
{
	static const char was[] = "a=(1,2); b='x y'; /* c */ d\te  f\n";
	static const char is[] = "a=(1,3); b='x z'; /* cc */ d\te f g\n";
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = compare(was, is, &how);
	const struct es_doc *lines = es_doc_get(hunk_of(doc, 0), "lines");

	es_unit_check_json(doc);
	for (size_t i = 0; i < 2; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf text = ES_BUF_INIT(1 << 16);
		const struct es_doc *line = es_doc_at(lines, i), *w;

		for (size_t k = 0;
		     (w = es_doc_at(es_doc_get(line, "words"), k)); k++)
			es_buf_adds(&text, es_doc_get_str(w, "text"));
		ck_assert_str_eq(es_buf_str(&text),
				 es_doc_get_str(line, "text"));
	}
}
END_TEST

START_TEST(marks_long_lines)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_report_input how = { 0 };

	/* of 2,000 bytes, one more, and of too many words */
	for (int n = 0; n < 3; n++) {
		for (int i = 0; i < (n == 2 ? 400 : 1994 + n); i++) {
			es_buf_adds(&was, n == 2 ? "x " : "x");
			es_buf_adds(&is, n == 2 ? "x " : "x");
		}
		es_buf_adds(&was, " word1\nkept\nkept\nkept\n");
		es_buf_adds(&is, " word2\nkept\nkept\nkept\n");
	}
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = compare(es_buf_str(&was), es_buf_str(&is), &how);
	add_lines(&out, hunk_of(doc, 0));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "[word2]"));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&out), "--\n"));
	ck_assert_ptr_null(
		strstr(strstr(es_buf_str(&out), "[word2]") + 1, "[word2]"));
}
END_TEST

START_TEST(hunks_numbers)
{
	static const char was[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\nsection\n11\n12\n"
				  "13\n14\n15\n16\n";
	static const char is[] = "1\nnew\n2\n3\n4\n5\n6\n7\n8\n9\nsection\n11\n"
				 "12\n13\n14\nfifteen\n16\n";
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = compare(was, is, &how);
	const struct es_doc *h = hunk_of(doc, 1);
	const struct es_doc *lines = es_doc_get(h, "lines");

	ck_assert_int_eq(es_doc_get_number(hunk_of(doc, 0), "new_start", -1),
			 1);
	ck_assert_int_eq(es_doc_get_number(h, "old_start", -1), 12);
	ck_assert_int_eq(es_doc_get_number(h, "old_count", -1), 5);
	ck_assert_int_eq(es_doc_get_number(h, "new_start", -1), 13);
	ck_assert_int_eq(es_doc_get_number(h, "new_count", -1), 5);
	ck_assert_str_eq(es_doc_get_str(h, "context"), "section");
	ck_assert_int_eq(es_doc_get_number(es_doc_at(lines, 0), "old", -1), 12);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(lines, 3), "old", -1), 15);
	ck_assert(es_doc_is_null(es_doc_at(lines, 3), "new"));
	ck_assert_int_eq(es_doc_get_number(es_doc_at(lines, 4), "new", -1), 16);
	ck_assert_int_eq(es_doc_get_number(es_doc_at(lines, 5), "new", -1), 17);
}
END_TEST

/* Lines that a cap leaves of 20 that differ, and what is said of the rest. */
static const struct {
	struct es_report_limits limits;
	enum es_report_level level;
	const char *state;
	int64_t dropped;
} caps[] = {
	{ { .lines = 20 }, ES_REPORT_NORMAL, "text", -1 },
	{ { .lines = 19 }, ES_REPORT_NORMAL, "text", 1 },
	{ { .total = 5 }, ES_REPORT_NORMAL, "text", 15 },
	{ { .bytes = 21 }, ES_REPORT_NORMAL, "text", 18 },
	{ { .bytes = 3 }, ES_REPORT_NORMAL, "large", 20 },
	{ { 0 }, ES_REPORT_BRIEF, "large", 20 },
	{ { 0 }, ES_REPORT_FULL, "text", -1 },
};

START_TEST(hunks_capped)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf is = ES_BUF_INIT(1 << 16);
	struct es_report_input how = { .limits = caps[_i].limits,
				       .level = caps[_i].level };

	for (int i = 0; i < 20; i++)
		es_buf_addf(&is, "line %05d\n", i);
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = compare("", es_buf_str(&is), &how);
	const struct es_doc *content =
		es_doc_get(es_unit_change_of(doc, "/etc/a"), "content");
	int64_t dropped = es_doc_get_number(content, "dropped", -1);

	es_unit_check_json(doc);
	ck_assert_str_eq(es_doc_get_str(content, "state"), caps[_i].state);
	ck_assert_int_eq(dropped, caps[_i].dropped);
	ck_assert_int_eq(es_unit_number(doc, "limits", "lines_dropped"),
			 dropped < 0 ? 0 : dropped);
}
END_TEST

/* What matters more has the first call on the room there is. */
START_TEST(hunks_by_severity)
{
	struct es_oid old = es_unit_tree(
		&repo, ITEMS({ "/etc/a", "1\n" }, { "/etc/passwd", "1\n" }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/etc/a", "2\n" }, { "/etc/passwd", "2\n" }));
	struct es_report_input how = { .limits = { .total = 2 } };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);
	const struct es_doc *a =
		es_doc_get(es_unit_change_of(doc, "/etc/a"), "content");
	const struct es_doc *b =
		es_doc_get(es_unit_change_of(doc, "/etc/passwd"), "content");

	ck_assert_str_eq(es_doc_get_str(a, "state"), "large");
	ck_assert_str_eq(es_doc_get_str(b, "state"), "text");
}
END_TEST

START_TEST(levels)
{
	static const struct {
		const char *word;
		int level;
	} words[] = { { "brief", ES_REPORT_BRIEF },
		      { "normal", ES_REPORT_NORMAL },
		      { "full", ES_REPORT_FULL },
		      { "Full", -1 },
		      { "", -1 } };
	enum es_report_level level;

	for (size_t i = 0; i < es_lengthof(words); i++) {
		struct es_error err = ES_ERROR_INIT;
		int rc = es_report_level_parse(&level, words[i].word, &err);

		ck_assert_int_eq(rc < 0, words[i].level < 0);
		if (rc == 0)
			ck_assert_int_eq((int)level, words[i].level);
		else
			ck_assert_int_eq((int)err.fault, ES_FAULT_CONFIG);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report_marks");
	TCase *tc = tcase_create("report_marks");

	tcase_add_checked_fixture(tc, es_unit_report_setup,
				  es_unit_runs_teardown);
	tcase_add_loop_test(tc, marks_words, 0, es_lengthof(marks));
	tcase_add_test(tc, marks_are_whole);
	tcase_add_test(tc, marks_long_lines);
	tcase_add_test(tc, hunks_numbers);
	tcase_add_loop_test(tc, hunks_capped, 0, es_lengthof(caps));
	tcase_add_test(tc, hunks_by_severity);
	tcase_add_test(tc, levels);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
