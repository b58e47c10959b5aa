/* SPDX-License-Identifier: MIT */
/* test_template.c - templates: each module of mustache, escapes, limits */
#include "config.h"

#include "template_unit.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

/*
 * Cases by module. A partial is looked for in the folder that setup() fills
 * from partials[].
 */
static const struct {
	const char *name, *text;
} partials[] = {
	{ "plain", "from a partial" },
	{ "value", "<{{v}}>" },
	{ "lines", "a\nb\n" },
	{ "gaps", "a\n\n\r\nb" },
	{ "outer", "o\n  {{> lines}}\ne\n" },
	{ "inline", "<{{> lines}}>\n" },
	{ "tags", "{{v}}\n{{#t}}x{{/t}}\n{{! c }}{{v}}\n{{v}}" },
	{ "node", "{{v}}({{#list}}{{> node}}{{/list}})" },
	{ "bars", "|{{v}}|{{=| |=}}|v|" },
	{ "loop", "x{{> loop}}" },
	{ "wide", "{{> wide2}}{{> wide2}}" },
	{ "wrong", "one\n{{#a}}" },
	{ "sub/deep.txt", "{{v}}\n" },
	{ "high", "\n{{> indent2}}\n" },
};

static const struct {
	const char *text, *data, *want;
} cases[] = {
	/* Comments. */
	{ "a{{! b }}c", "{}", "ac" },
	{ "a\n{{! b }}\nc", "{}", "a\nc" },
	{ "a\n  {{! b\n }}  \nc", "{}", "a\nc" },
	{ "a {{! b }}\nc", "{}", "a \nc" },
	{ "{{! {{x }}y}}", "{}", "y}}" },
	{ "{{!}}", "{}", "" },
	{ "{{! a }}\r\n{{! b }}\r\nc", "{}", "c" },

	/* Delimiters. */
	{ "{{=<% %>=}}(<% v %>)", "{\"v\":1}", "(1)" },
	{ "{{=| |=}}|v||{ v }||& v||=[ ]=|[v]", "{\"v\":\"<\"}", "&lt;<<&lt;" },
	{ "{{=<% %>=}}\n<%#s%>\n<%v%>{{v}}\n<%/s%>\n", "{\"s\":{\"v\":1}}",
	  "1{{v}}\n" },
	{ "{{= a b =}}a v b", "{\"v\":7}", "7" },
	{ "{{> bars}} {{v}}", "{\"v\":7}", "|7|7 7" },
	{ "{{=|\n|=}}\nx|v|", "{\"v\":7}", "x7" },

	/* Interpolation. */
	{ "", "{}", "" },
	{ "{{a}}{{b}}", "{\"a\":1,\"b\":-2}", "1-2" },
	{ "{{ a }} {{\na\n}}", "{\"a\":\"x\"}", "x x" },
	{ "{{a}}", "{\"a\":\"&<>\\\"'\"}", "&amp;&lt;&gt;&quot;&#39;" },
	{ "{{{a}}}{{&a}}{{{ a }}}{{& a }}", "{\"a\":\"<\"}", "<<<<" },
	{ "{{a}}", "{}", "" },
	{ "{{a}}", "{\"a\":null}", "" },
	{ "{{a}} {{b}}", "{\"a\":true,\"b\":false}", "true false" },
	{ "{{a}}", "{\"a\":0}", "0" },
	{ "{{a}} {{b}} {{c}}", "{\"a\":1.210,\"b\":0.1,\"c\":1e300}",
	  "1.21 0.1 1e300" },
	{ "{{a}}", "{\"a\":9223372036854775807}", "9223372036854775807" },
	{ "{{a.b.c}}", "{\"a\":{\"b\":{\"c\":\"x\"}}}", "x" },
	{ "{{a.b.c}}", "{\"a\":{\"b\":null}}", "" },
	{ "{{a.b}}", "{\"a\":7,\"a.b\":8}", "" },
	{ "{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"x\"}}", "" },
	{ "{{.}}", "\"<\"", "&lt;" },
	{ "{{.}}", "85", "85" },
	{ "{{a}}", "{\"a\":[1,\"<\"]}", "[1,&quot;&lt;&quot;]" },
	{ "{{{a}}}", "{\"a\":{\"b\":[]}}", "{\"b\":[]}" },
	{ "  {{a}}\n", "{\"a\":1}", "  1\n" },
	{ "{ {a} } }} {{a}}", "{\"a\":1}", "{ {a} } }} 1" },
	{ "\xef\xbb\xbf{{! mark }}\nx", "{}", "x" },

	/* Inverted sections. */
	{ "{{^a}}x{{/a}}", "{}", "x" },
	{ "{{^a}}x{{/a}}", "{\"a\":false}", "x" },
	{ "{{^a}}x{{/a}}", "{\"a\":null}", "x" },
	{ "{{^a}}x{{/a}}", "{\"a\":[]}", "x" },
	{ "{{^a}}x{{/a}}", "{\"a\":\"\"}", "x" },
	{ "{{^a}}x{{/a}}", "{\"a\":0}", "x" },
	{ "{{^a}}x{{/a}}", "{\"a\":0.0}", "x" },
	{ "{{^a}}x{{/a}}", "{\"a\":{}}", "" },
	{ "{{^a}}x{{/a}}", "{\"a\":[0]}", "" },
	{ "{{^a.b}}x{{/a.b}}", "{\"a\":{\"b\":1}}", "" },
	{ "{{^a}}{{^b}}x{{/b}}y{{/a}}z", "{\"b\":1}", "yz" },
	{ "1\n{{^a}}\n2\n{{/a}}\n3", "{}", "1\n2\n3" },

	/* Sections. */
	{ "{{#a}}x{{/a}}", "{\"a\":true}", "x" },
	{ "{{#a}}x{{/a}}", "{\"a\":0.5}", "x" },
	{ "{{#a}}{{.}}{{/a}}", "{\"a\":\"t\"}", "t" },
	{ "{{#a}}{{b}}{{c}}{{/a}}", "{\"a\":{\"b\":1},\"c\":2}", "12" },
	{ "{{#a}}({{.}}){{/a}}", "{\"a\":[0,\"\",null,false,[]]}",
	  "(0)()()(false)([])" },
	{ "{{#a}}{{#.}}{{.}}{{/.}};{{/a}}", "{\"a\":[[1,2],[],[3]]}",
	  "12;;3;" },
	{ "{{#.}}{{v}}{{/.}}", "[{\"v\":1},{\"v\":2}]", "12" },
	{ "{{#a}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}",
	  "{\"x\":1,\"a\":{\"x\":2,\"y\":3,\"b\":[{},{\"x\":4}]}}", "2343" },
	{ "{{#a}}\r\n{{v}}\r\n{{/a}}\r\nz", "{\"a\":[{\"v\":1},{\"v\":2}]}",
	  "1\r\n2\r\nz" },
	{ "  {{#a}}\n x\n\t{{/a}}", "{\"a\":1}", " x\n" },
	{ "{{#a}} {{/a}} {{#a}}\n{{/a}}", "{\"a\":1}", "  \n" },
	{ "{{#a.b}}{{c}}{{/a.b}}", "{\"a\":{\"b\":[{\"c\":1},{\"c\":2}]}}",
	  "12" },
	{ "{{#a}}{{/a}}{{#a}}b{{/a}}", "{\"a\":true}", "b" },
	{ "{{#l}}{{^-first}}, {{/-first}}{{.}}{{#-last}}.{{/-last}}{{/l}}",
	  "{\"l\":[1,2,3]}", "1, 2, 3." },
	{ "{{#l}}{{#o}}{{-first}}{{/o}}{{/l}}{{-first}}{{-other}}",
	  "{\"o\":true,\"l\":[1,2]}", "truefalse" },
	{ "{{#l}}{{-first}}{{/l}}", "{\"l\":[{\"-first\":\"x\"},{}]}",
	  "xfalse" },

	/* Partials. */
	{ "{{> plain}}", "{}", "from a partial" },
	{ "[{{> nowhere}}]", "{}", "[]" },
	{ "{{> value}}{{#a}}{{>value}}{{/a}}", "{\"v\":1,\"a\":{\"v\":2}}",
	  "<1><2>" },
	{ "  {{> lines}}\nc", "{}", "  a\n  b\nc" },
	{ "  x{{> lines}}\nc", "{}", "  xa\nb\n\nc" },
	{ "\t{{> gaps}}\r\nc", "{}", "\ta\n\n\r\n\tbc" },
	{ " {{> outer}}", "{}", " o\n   a\n   b\n e\n" },
	{ " {{> inline}}", "{}", " <a\nb\n>\n" },
	{ " {{> tags}}\n", "{\"v\":\"1\\n2\",\"t\":1}",
	  " 1\n2\n x\n 1\n2\n 1\n2" },
	{ "{{> node}}",
	  "{\"v\":1,\"list\":[{\"v\":2,\"list\":[]},"
	  "{\"v\":3,\"list\":[]}]}",
	  "1(2()3())" },
	{ "  {{> sub/deep.txt}}", "{\"v\":1}", "  1\n" },
};

static char dir[64];

static void setup(void)
{
	es_unit_enter_dir(dir);
	ck_assert_int_eq(mkdir("sub", 0755), 0);
	for (size_t i = 0; i < es_lengthof(partials); i++)
		put_file(partials[i].name, partials[i].text,
			 strlen(partials[i].text));
}

static void teardown(void)
{
	es_unit_leave_dir(dir);
}

START_TEST(modules)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_msg(render(&out, cases[_i].text, cases[_i].data, dir,
			     ES_TEMPLATE_HTML, &err) == 0,
		      "%s", err.msg);
	ck_assert_str_eq(es_buf_str(&out), cases[_i].want);
}
END_TEST

static const struct {
	enum es_template_target target;
	const char *text, *data, *want;
} escapes[] = {
	{ ES_TEMPLATE_TEXT, "{{v}}{{{v}}}", "{\"v\":\"<&\\\\\"}", "<&\\<&\\" },
	{ ES_TEMPLATE_TEXT, "{{v}}|{{&v}}", "{\"v\":\"\\u001b[1m\"}",
	  "\\x1b[1m|\\x1b[1m" },
	{ ES_TEMPLATE_TEXT, "{{v}}", "{\"v\":\"a\\n\\tb\\r\"}", "a\n\tb\\x0d" },
	{ ES_TEMPLATE_TEXT, "{{v}}", "{\"v\":\"\\u202e\\u00fc\\u009b\"}",
	  "\\xe2\\x80\\xae\xc3\xbc\\xc2\\x9b" },
	{ ES_TEMPLATE_TEXT, "{{v}}", "{\"v\":[\"\\u001b\"]}", "[\"\\u001B\"]" },
	{ ES_TEMPLATE_HTML, "{{v}}",
	  "{\"v\":\"<a href='x'>\\u0007\\n\\u202e\"}",
	  "&lt;a href=&#39;x&#39;&gt;\\x07\n\\xe2\\x80\\xae" },
	{ ES_TEMPLATE_HTML, "{{{v}}}", "{\"v\":\"<b>\\u00fc\"}",
	  "<b>\xc3\xbc" },
	{ ES_TEMPLATE_JSON, "\"{{v}}\"",
	  "{\"v\":\"\\\"\\\\\\n\\u001b\\u00fc</script>\"}",
	  "\"\\\"\\\\\\n\\u001B\\u00FC</script>\"" },
	{ ES_TEMPLATE_JSON, "{{{v}}}", "{\"v\":\"a\\\"\"}", "\"a\\\"\"" },
	{ ES_TEMPLATE_JSON, "{{{v}}}", "{\"v\":{\"a\":[1,null,true,1.5]}}",
	  "{\"a\":[1,null,true,1.5]}" },
	{ ES_TEMPLATE_JSON, "\"{{v}}\"", "{\"v\":{\"a\":\"\\\"\"}}",
	  "\"{\\\"a\\\":\\\"\\\\\\\"\\\"}\"" },
	{ ES_TEMPLATE_JSON, "[{{{v}}},{{{w}}},{{n}},\"{{w}}{{x}}\"]",
	  "{\"n\":5,\"x\":\"\"}", "[null,null,5,\"\"]" },
	{ ES_TEMPLATE_HEADER, "{{v}}{{{v}}}",
	  "{\"v\":\"a\\r\\nBcc: x\\u001b\\tb\"}",
	  "a Bcc: x\\x1b ba Bcc: x\\x1b b" },
	{ ES_TEMPLATE_HEADER, "\n  a\n b {{v}}  c \n", "{\"v\":\" \\n\"}",
	  "a b     c" },
	{ ES_TEMPLATE_HEADER, "a  b", "{}", "a  b" },
	{ ES_TEMPLATE_HEADER, " \n ", "{}", "" },
};

START_TEST(escapes_by_target)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	/* What was there before is not touched. */
	es_buf_adds(&out, " \n");
	ck_assert_int_eq(render(&out, escapes[_i].text, escapes[_i].data, NULL,
				escapes[_i].target, &err),
			 0);
	ck_assert_str_eq(es_buf_str(&out) + 2, escapes[_i].want);
}
END_TEST

#define A16 "aaaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16

static const struct {
	const char *text, *want;
	size_t len;
} faults[] = {
	{ "a\n{{b", "t:2: a tag has no end; '}}' is missing", 0 },
	{ "{{{b}}", "t:1: a tag has no end; '}}}' is missing", 0 },
	{ "{{=<% %>}}", "t:1: a tag has no end; '=}}' is missing", 0 },
	{ "\n\n{{=<% %>=}}<%b", "t:3: a tag has no end; '%>' is missing", 0 },
	{ "{{}}", "t:1: a tag has no name", 0 },
	{ "\n{{# }}", "t:2: a tag has no name", 0 },
	{ "{{a\n\nb}}", "t:1: the name 'a\\n\\nb' has a blank in it", 0 },
	{ "{{.a}}",
	  "t:1: the name '.a' has an empty part; names are joined "
	  "by single dots",
	  0 },
	{ "{{a..b}}",
	  "t:1: the name 'a..b' has an empty part; names are "
	  "joined by single dots",
	  0 },
	{ "{{a.}}",
	  "t:1: the name 'a.' has an empty part; names are joined "
	  "by single dots",
	  0 },
	{ "{{!\n\n}}\n\n{{#a.b}}\n", "t:5: the section 'a.b' has no end", 0 },
	{ "{{a\n}}\n{{/a.b}}", "t:3: the section 'a.b' ends that was not begun",
	  0 },
	{ "{{#a.b}}\n{{^c}}\n{{/a.b}}{{/c}}",
	  "t:3: 'a.b' ends here, but the section 'c' of line 2 comes first",
	  0 },
	{ "{{#.}}{{/a}}",
	  "t:1: 'a' ends here, but the section '.' of line 1 comes first", 0 },
	{ "{{=a=}}",
	  "t:1: delimiters are two words of at most 16 bytes "
	  "without '=', as in {{=<% %>=}}",
	  0 },
	{ "{{=a b c=}}",
	  "t:1: delimiters are two words of at most 16 bytes "
	  "without '=', as in {{=<% %>=}}",
	  0 },
	{ "{{=a== b=}}",
	  "t:1: delimiters are two words of at most 16 bytes "
	  "without '=', as in {{=<% %>=}}",
	  0 },
	{ "{{=12345678901234567 b=}}",
	  "t:1: delimiters are two words of at most 16 bytes without '=', as "
	  "in {{=<% %>=}}",
	  0 },
	{ "{{> ../a}}",
	  "t:1: '../a' is no name of a template; letters, "
	  "digits, '.', '_', '-', and one '/' are",
	  0 },
	{ "{{> *a}}",
	  "t:1: '*a' is no name of a template; letters, digits, "
	  "'.', '_', '-', and one '/' are",
	  0 },
	{ "{{$a}}{{/a}}",
	  "t:1: blocks and parents are no part of these "
	  "templates; use a partial, {{> name}}",
	  0 },
	{ "\n{{<a}}{{/a}}",
	  "t:2: blocks and parents are no part of these "
	  "templates; use a partial, {{> name}}",
	  0 },
	{ "a\nb\n\0c", "t:3: a NUL byte; a template is text", 6 },
	{ "a\n\xff\nc\n", "t:2: the text is not UTF-8; save it as that", 0 },
	{ "{{" A64 A64 A64 A64 "}}",
	  "t:1: the name '" A64 "aaaaaaaaaaaaaaa...' has more than 255 bytes",
	  0 },
	{ "{{#\x1b[1m}}", "t:1: the section '\\x1b[1m' has no end", 0 },
};

START_TEST(faults_name_their_line)
{
	ES_CLEANUP(es_template_freep) struct es_template *t = NULL;
	struct es_error err = ES_ERROR_INIT;
	const char *text = faults[_i].text;
	size_t len = faults[_i].len ? faults[_i].len : strlen(text);

	ck_assert_int_eq(es_template_parse(&t, "t", text, len, ES_TEMPLATE_TEXT,
					   &err),
			 -EINVAL);
	ck_assert_ptr_null(t);
	ck_assert_str_eq(err.msg, faults[_i].want);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
}
END_TEST

/* Every beginning of a text is compiled or refused, and nothing else. */
START_TEST(cut_texts)
{
	const char *text = cases[_i].text;

	for (size_t n = 0; n < strlen(text); n++) {
		ES_CLEANUP(es_template_freep) struct es_template *t = NULL;
		ES_CLEANUP(es_freep) char *part = malloc(n ? n : 1);
		struct es_error err = ES_ERROR_INIT;

		ck_assert_ptr_nonnull(part);
		memcpy(part, text, n);
		int rc = es_template_parse(&t, "t", part, n, ES_TEMPLATE_TEXT,
					   &err);
		ck_assert_int_eq(rc, rc == 0 ? 0 : -EINVAL);
		ck_assert((rc == 0) == (t != NULL));
	}
}
END_TEST

/* What would take for ever, or all memory, ends with a reason. */
START_TEST(a_partial_in_itself)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	es_buf_adds(&out, "before");
	ck_assert_int_eq(render(&out, "{{> loop}}", "{}", dir, ES_TEMPLATE_TEXT,
				&err),
			 -ELOOP);
	ck_assert_ptr_nonnull(strstr(err.msg, "/loop:1: more than 32 partials "
					      "in each other, the last is "
					      "'loop'"));
	ck_assert_str_eq(es_buf_str(&out), "before");
}
END_TEST

START_TEST(output_ceiling)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(100);
	struct es_error err = ES_ERROR_INIT;

	es_buf_adds(&out, "before");
	ck_assert_int_eq(render(&out, "\n{{#a}}0123456789{{/a}}",
				"{\"a\":[1,2,3,4,5,6,7,8,9,10]}", NULL,
				ES_TEMPLATE_TEXT, &err),
			 -EFBIG);
	ck_assert_str_eq(err.msg, "t:2: the output has more than 100 bytes");
	ck_assert_str_eq(es_buf_str(&out), "before");
}
END_TEST

/* A partial that is wrong and that nothing stands in for. */
START_TEST(a_wrong_partial)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(render(&out, "\n\n{{> wrong}}", "{}", dir,
				ES_TEMPLATE_TEXT, &err),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "t:3: "));
	ck_assert_ptr_nonnull(strstr(err.msg, "/wrong:2: the section 'a' has "
					      "no end"));
}
END_TEST

/* Sections of partials count together. */
START_TEST(frames_of_partials)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_freep) char *begin = repeat("{{#a}}", 20);
	ES_CLEANUP(es_freep) char *end = repeat("{{/a}}", 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	es_buf_addf(&text, "%s{{> deep}}%s", begin, end);
	put_file("deep", text.data, text.len);
	ck_assert_int_eq(render(&out, "{{> deep}}", "{\"a\":true}", dir,
				ES_TEMPLATE_TEXT, &err),
			 -ELOOP);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "more than 256 sections in each other"));
}
END_TEST

START_TEST(deep_indentation)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_freep) char *blanks = repeat(" ", 5000);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	es_buf_addf(&text, "%s{{> lines}}", blanks);
	ck_assert_int_eq(render(&out, text.data, "{}", dir, ES_TEMPLATE_TEXT,
				&err),
			 -EFBIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "blanks before partials"));
}
END_TEST

/* Lists of three sizes, each element with lookups through four frames. */
START_TEST(long_lists)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(64 << 20);
	ES_CLEANUP(es_template_freep) struct es_template *t = NULL;
	struct es_error err = ES_ERROR_INIT;
	static const char text[] =
		"{{#a}}{{#changes}}<tr><td>{{path}}</td><td>{{host}}</td>"
		"{{#content}}{{#lines}}<td>{{.}} {{host}} {{path}}</td>"
		"{{/lines}}{{/content}}</tr>\n{{/changes}}{{/a}}";

	es_doc_str(doc, "host", "web1.example.org");
	struct es_doc *list = es_doc_array(es_doc_object(doc, "a"), "changes");
	for (int i = 0; i < 10000; i++) {
		struct es_doc *change = es_doc_push(list);
		struct es_doc *lines =
			es_doc_array(es_doc_object(change, "content"), "lines");

		es_doc_str(change, "path", "etc/ssh/sshd_config & more");
		for (int k = 0; k < 4; k++)
			es_doc_push_text(lines, "PermitRootLogin <yes>", 21);
	}
	ck_assert_int_eq(es_doc_check(doc, &err), 0);
	ck_assert_int_eq(es_template_parse(&t, "t", text, sizeof(text) - 1,
					   ES_TEMPLATE_HTML, &err),
			 0);
	ck_assert_int_eq(es_template_render(&out, t, NULL, doc, &err), 0);
	ck_assert_uint_eq(out.len,
			  10000 * (strlen("<tr><td></td><td></td>"
					  "</tr>\n") +
				   30 + 16 + 4 * (9 + 27 + 1 + 16 + 1 + 30)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("template");
	TCase *tc = tcase_create("template");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, modules, 0, es_lengthof(cases));
	tcase_add_loop_test(tc, escapes_by_target, 0, es_lengthof(escapes));
	tcase_add_loop_test(tc, faults_name_their_line, 0, es_lengthof(faults));
	tcase_add_loop_test(tc, cut_texts, 0, es_lengthof(cases));
	tcase_add_test(tc, a_partial_in_itself);
	tcase_add_test(tc, output_ceiling);
	tcase_add_test(tc, a_wrong_partial);
	tcase_add_test(tc, frames_of_partials);
	tcase_add_test(tc, deep_indentation);
	tcase_add_test(tc, long_lists);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
