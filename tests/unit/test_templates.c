/* SPDX-License-Identifier: MIT */
/* test_templates.c - templates by name: user's, shipped, and warnings */
#include "config.h"

#include "template_unit.h"
#include "unit.h"

#include "template/template_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Its shipped form takes what is in {"report":{"host":…},"title":…}. */
#define NAME "subject.txt"

static char dir[64];
static struct es_templates *set;
static struct es_doc *doc;
static struct es_buf out = ES_BUF_INIT(1 << 20);
static struct es_buf shipped = ES_BUF_INIT(1 << 20);

static void setup(void)
{
	static const char data[] =
		"{\"report\":{\"host\":\"web1\"},\"title\":\"3 changes\","
		"\"list\":[1,2,3],\"v\":\"<x>\"}";
	ES_CLEANUP(es_templates_freep) struct es_templates *plain = NULL;
	struct es_error err = ES_ERROR_INIT;

	es_unit_enter_dir(dir);
	ck_assert_int_eq(es_doc_read(&doc, "d", data, sizeof(data) - 1, &err),
			 0);
	ck_assert_int_eq(es_templates_new(&plain, NULL, &err), 0);
	ck_assert_int_eq(es_templates_render(&shipped, plain, NAME, doc, &err),
			 0);
	ck_assert_str_eq(es_templates_warning(plain), "");
	ck_assert_int_eq(es_templates_new(&set, "t", &err), 0);
	ck_assert_int_eq(mkdir("t", 0755), 0);
}

static void teardown(void)
{
	es_templates_free(set);
	es_doc_free(doc);
	es_buf_dispose(&out);
	es_buf_dispose(&shipped);
	es_unit_leave_dir(dir);
}

/* Render NAME; the warning of it, if any, has to have @warning in it. */
static void expect(const char *want, const char *warning)
{
	struct es_error err = ES_ERROR_INIT;

	es_buf_reset(&out);
	es_buf_adds(&out, "before ");
	ck_assert_msg(es_templates_render(&out, set, NAME, doc, &err) == 0,
		      "%s", err.msg);
	ck_assert_str_eq(es_buf_str(&out) + 7, want);
	if (warning)
		ck_assert_msg(strstr(es_templates_warning(set), warning) !=
				      NULL,
			      "'%s'", es_templates_warning(set));
	else
		ck_assert_str_eq(es_templates_warning(set), "");
}

static void put(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

/* A partial that is nowhere would be no error, only missing. */
static void check_partials(struct es_templates *plain,
			   const struct es_template *t)
{
	const struct es_template *part;
	struct es_error err = ES_ERROR_INIT;

	for (size_t i = 0; i < t->n; i++) {
		if (t->ops[i].kind != OP_PARTIAL)
			continue;
		ck_assert_msg(es_templates_get(&part, plain, t->ops[i].text,
					       &err) == 0,
			      "%s:%u: %s", t->name, t->ops[i].line, err.msg);
	}
}

START_TEST(every_shipped_one_is_right)
{
	ES_CLEANUP(es_templates_freep) struct es_templates *plain = NULL;
	struct es_error err = ES_ERROR_INIT;
	size_t n = 0;
	const char *name;

	ck_assert_int_eq(es_templates_new(&plain, NULL, &err), 0);
	for (; (name = es_templates_shipped(n)) != NULL; n++) {
		const struct es_template *t = NULL;

		ck_assert_msg(es_templates_get(&t, plain, name, &err) == 0,
			      "%s", err.msg);
		check_partials(plain, t);
		ck_assert(n == 0 ||
			  strcmp(es_templates_shipped(n - 1), name) < 0);
		/* Nothing to show is no reason to fail. */
		es_buf_reset(&out);
		ck_assert_msg(es_template_render(&out, t, plain, doc, &err) ==
				      0,
			      "%s", err.msg);
	}
	ck_assert_uint_gt(n, 0);
}
END_TEST

START_TEST(no_folder_is_no_fault)
{
	ck_assert_int_eq(rmdir("t"), 0);
	expect(es_buf_str(&shipped), NULL);
}
END_TEST

START_TEST(the_users_comes_first)
{
	put("t/" NAME, "mine: {{title}} {{> other}}\n");
	put("t/other", "{{v}}\n");
	expect("mine: 3 changes <x>", NULL);
	/* Compiled once: the same to the end. */
	put("t/" NAME, "later");
	expect("mine: 3 changes <x>", NULL);
}
END_TEST

/* What the outermost template makes decides for its partials. */
START_TEST(partials_escape_as_their_user)
{
	struct es_error err = ES_ERROR_INIT;

	put("t/a.html", "{{> b.txt}}");
	put("t/b.txt", "{{v}}");
	ck_assert_int_eq(es_templates_render(&out, set, "a.html", doc, &err),
			 0);
	ck_assert_str_eq(out.data, "&lt;x&gt;");
}
END_TEST

static const struct {
	const char *text, *warning;
} wrong[] = {
	{ "a\n\n{{#b}}",
	  "t/" NAME
	  ":3: the section 'b' has no end; the shipped template '" NAME
	  "' is used\n" },
	{ "\n{{> bad}}", "t/" NAME ":2: t/bad:3: the section 'c' has no end" },
	{ "x{{> loop}}", "t/loop:1: more than 32 partials in each other" },
	{ "{{> big}}", "t/once:1: the output has more than 1048576 bytes" },
	{ "{{> ..}}", "t/" NAME ":1: '..' is no name of a template" },
	{ "\xff", "t/" NAME ":1: the text is not UTF-8" },
};

START_TEST(a_wrong_one_falls_back)
{
	ES_CLEANUP(es_freep) char *big = malloc(600000);

	ck_assert_ptr_nonnull(big);
	memset(big, 'x', 600000);
	put_file("t/once", big, 600000);
	put("t/big", "{{> once}}{{> once}}");
	put("t/bad", "1\n2\n{{#c}}");
	put("t/loop", "{{> loop}}");
	put("t/" NAME, wrong[_i].text);
	for (int i = 0; i < 3; i++)
		expect(es_buf_str(&shipped), wrong[_i].warning);

	/* Told once. */
	const char *first = strchr(es_templates_warning(set), '\n');
	ck_assert_ptr_nonnull(first);
	ck_assert_str_eq(first, "\n");
}
END_TEST

/* Of a name that is not shipped there is nothing to fall back to. */
START_TEST(a_wrong_one_of_the_users_own)
{
	struct es_error err = ES_ERROR_INIT;

	put("t/own.txt", "\n{{#a}}");
	put("t/loop.txt", "{{> loop.txt}}");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(es_templates_render(&out, set, "own.txt", doc,
						     &err),
				 -EINVAL);
		ck_assert_str_eq(err.msg,
				 "t/own.txt:2: the section 'a' has no end");
		ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	}
	ck_assert_int_eq(es_templates_render(&out, set, "loop.txt", doc, &err),
			 -ELOOP);
	ck_assert_ptr_nonnull(strstr(err.msg, "more than 32 partials"));
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

static void make_fifo(void)
{
	ck_assert_int_eq(mkfifo("t/" NAME, 0600), 0);
}

static void make_link_loop(void)
{
	ck_assert_int_eq(symlink(NAME, "t/" NAME), 0);
}

static void make_link(void)
{
	put("real", "linked");
	ck_assert_int_eq(symlink("../real", "t/" NAME), 0);
}

static void make_dir(void)
{
	ck_assert_int_eq(mkdir("t/" NAME, 0755), 0);
}

static void make_device(void)
{
	/* A link, since only root may make devices; O_NOFOLLOW stops at it. */
	ck_assert_int_eq(symlink("/dev/zero", "t/" NAME), 0);
}

static void make_huge(void)
{
	put("t/" NAME, "x");
	ck_assert_int_eq(truncate("t/" NAME, (off_t)1 << 40), 0);
}

static void make_writable(void)
{
	put("t/" NAME, "x");
	ck_assert_int_eq(chmod("t/" NAME, 0664), 0);
}

static void make_world_writable(void)
{
	put("t/" NAME, "x");
	ck_assert_int_eq(chmod("t/" NAME, 0646), 0);
}

static void make_folder_writable(void)
{
	put("t/" NAME, "x");
	ck_assert_int_eq(chmod("t", 0777), 0);
}

static void make_folder_a_file(void)
{
	ck_assert_int_eq(rmdir("t"), 0);
	put("t", "x");
}

static void make_foreign(void)
{
	put("t/" NAME, "x");
	ck_assert_int_eq(chown("t/" NAME, 12345, 12345), 0);
}

static void make_nul(void)
{
	put_file("t/" NAME, "a\n\0", 3);
}

static const struct {
	void (*make)(void);
	const char *warning;
	bool as_root;
} odd[] = {
	{ make_fifo, "t/" NAME ": no regular file", false },
	{ make_link_loop, "t/" NAME ": a symbolic link", false },
	{ make_link, "t/" NAME ": a symbolic link", false },
	{ make_device, "t/" NAME ": a symbolic link", false },
	{ make_dir, "t/" NAME ": no regular file", false },
	{ make_huge, "t/" NAME ": more than 4194304 bytes", false },
	{ make_writable, "t/" NAME ": the file can be written by others",
	  false },
	{ make_world_writable, "t/" NAME ": the file can be written by others",
	  false },
	{ make_folder_writable,
	  "t/" NAME ": the folder can be written by others", false },
	{ make_folder_a_file, "t/" NAME ": cannot open the folder", false },
	{ make_foreign, "t/" NAME ": the file belongs to another user", true },
	{ make_nul, "t/" NAME ":2: a NUL byte", false },
};

START_TEST(odd_files_fall_back)
{
	if (odd[_i].as_root && geteuid() != 0) {
		printf("# skipped: only root can give files away\n");
		return;
	}
	odd[_i].make();
	expect(es_buf_str(&shipped), odd[_i].warning);
}
END_TEST

START_TEST(unreadable_falls_back)
{
	if (geteuid() == 0) {
		printf("# skipped: root can read everything\n");
		return;
	}
	put("t/" NAME, "x");
	ck_assert_int_eq(chmod("t/" NAME, 0), 0);
	expect(es_buf_str(&shipped), "t/" NAME ": cannot open the file");
}
END_TEST

/* One folder below, and what leads out of it. */
START_TEST(folders)
{
	const struct es_template *t = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(mkdir("t/sub", 0755), 0);
	put("t/sub/a.txt", "deep");
	put("t/up", "up");
	ck_assert_int_eq(es_templates_render(&out, set, "sub/a.txt", doc, &err),
			 0);
	ck_assert_str_eq(out.data, "deep");
	ck_assert_int_eq(symlink("sub", "t/link"), 0);
	ck_assert_int_eq(es_templates_get(&t, set, "link/a.txt", &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "cannot open the folder"));
	ck_assert_int_eq(chmod("t/sub", 0777), 0);
	ck_assert_int_eq(es_templates_get(&t, set, "sub/b.txt", &err), -EINVAL);
	ck_assert_ptr_null(t);
}
END_TEST

static const char *const bad_names[] = {
	"",	 ".",	    "..",	"../x", "/etc/passwd", "a/../b",
	"a/b/c", ".hidden", "a/.b",	"a/",	"a b",	       "a\nb",
	"a//b",	 "/",	    "\xc3\xbc", "a/b/",
};

START_TEST(bad_names_are_nowhere)
{
	const struct es_template *t = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_templates_get(&t, set, bad_names[_i], &err),
			 -ENOENT);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
}
END_TEST

START_TEST(the_nearest_name_is_told)
{
	const struct es_template *t = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_templates_get(&t, set, "subjcet.txt", &err),
			 -ENOENT);
	ck_assert_str_eq(err.msg, "there is no template 'subjcet.txt'; did you "
				  "mean subject.txt?");
}
END_TEST

static const struct {
	const char *name;
	enum es_template_target target;
} targets[] = {
	{ "report.html", ES_TEMPLATE_HTML },
	{ "report.txt", ES_TEMPLATE_TEXT },
	{ "slack.json", ES_TEMPLATE_JSON },
	{ "opensearch.ndjson", ES_TEMPLATE_JSON },
	{ "subject.txt", ES_TEMPLATE_HEADER },
	{ "subject", ES_TEMPLATE_HEADER },
	{ "mail/subject-short.txt", ES_TEMPLATE_HEADER },
	{ "subject.html", ES_TEMPLATE_HTML },
	{ "subject/report.txt", ES_TEMPLATE_TEXT },
	{ ".html", ES_TEMPLATE_TEXT },
	{ "html", ES_TEMPLATE_TEXT },
	{ "report.html.bak", ES_TEMPLATE_TEXT },
};

START_TEST(target_by_name)
{
	ck_assert_int_eq(es_template_target_of(targets[_i].name),
			 targets[_i].target);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("templates");
	TCase *tc = tcase_create("templates");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_shipped_one_is_right);
	tcase_add_test(tc, no_folder_is_no_fault);
	tcase_add_test(tc, the_users_comes_first);
	tcase_add_test(tc, partials_escape_as_their_user);
	tcase_add_loop_test(tc, a_wrong_one_falls_back, 0, es_lengthof(wrong));
	tcase_add_test(tc, a_wrong_one_of_the_users_own);
	tcase_add_loop_test(tc, odd_files_fall_back, 0, es_lengthof(odd));
	tcase_add_test(tc, unreadable_falls_back);
	tcase_add_test(tc, folders);
	tcase_add_loop_test(tc, bad_names_are_nowhere, 0,
			    es_lengthof(bad_names));
	tcase_add_test(tc, the_nearest_name_is_told);
	tcase_add_loop_test(tc, target_by_name, 0, es_lengthof(targets));
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
