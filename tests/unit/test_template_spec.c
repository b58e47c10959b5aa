/* SPDX-License-Identifier: MIT */
/* test_template_spec.c - the vectors of the mustache specification */
#include "config.h"

#include "template_unit.h"
#include "unit.h"

#include "etcsnap/fileio.h"
#include "etcsnap/value.h"

#include <fcntl.h>
#include <string.h>

/*
 * They are not part of this project: MUSTACHE_SPEC names the folder that has
 * the specification's JSON files. The core modules have to pass whole.
 */
static const char *const modules[] = {
	"comments", "delimiters", "interpolation",
	"inverted", "partials",	  "sections",
};

static struct es_doc *read_module(const char *folder, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(4096);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct es_doc *doc = NULL;

	es_buf_addf(&path, "%s/%s.json", folder, name);
	ck_assert_msg(es_read_file(&text, AT_FDCWD, path.data, &err) == 0 &&
			      es_doc_read(&doc, path.data, text.data, text.len,
					  &err) == 0,
		      "%s", err.msg);
	return doc;
}

static void put_partials(const struct es_doc *test)
{
	static const char *const names[] = { "text",  "partial", "node",
					     "outer", "inner",	 "include" };
	struct es_value all = es_value_get(es_value_of(test), "partials");
	size_t found = 0;

	for (size_t i = 0; i < es_lengthof(names); i++) {
		struct es_value v = es_value_get(all, names[i]);

		if (!es_value_text(v))
			continue;
		put_file(names[i], es_value_text(v), es_value_len(v));
		found++;
	}
	ck_assert_uint_eq(found, es_value_len(all));
}

static void run_test(const struct es_doc *test)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf data = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	const char *template = es_doc_get_str(test, "template");
	const char *want = es_doc_get_str(test, "expected");
	char dir[64];

	ck_assert_ptr_nonnull(template);
	ck_assert_ptr_nonnull(want);
	es_unit_enter_dir(dir);
	put_partials(test);
	es_value_json(&data, es_value_get(es_value_of(test), "data"));
	/* All vectors expect what HTML has to have. */
	int rc = render(&out, template, data.data, dir, ES_TEMPLATE_HTML, &err);
	ck_assert_msg(rc == 0 && strcmp(es_buf_str(&out), want) == 0,
		      "%s: '%s' for '%s', %s", es_doc_get_str(test, "name"),
		      es_buf_str(&out), want, err.msg);
	es_unit_leave_dir(dir);
}

START_TEST(core_module)
{
	const char *folder = getenv("MUSTACHE_SPEC");
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = read_module(folder, modules[_i]);
	const struct es_doc *tests = es_doc_get(doc, "tests");

	ck_assert_ptr_nonnull(tests);
	ck_assert_uint_gt(es_doc_len(tests), 10);
	for (size_t i = 0; i < es_doc_len(tests); i++)
		run_test(es_doc_at(tests, i));
}
END_TEST

int main(void)
{
	const char *folder = getenv("MUSTACHE_SPEC");

	if (!folder || !folder[0]) {
		puts("1..0 # SKIP MUSTACHE_SPEC names no folder with the "
		     "vectors of the specification");
		return 0;
	}

	Suite *s = suite_create("template_spec");
	TCase *tc = tcase_create("template_spec");

	tcase_add_loop_test(tc, core_module, 0, es_lengthof(modules));
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
