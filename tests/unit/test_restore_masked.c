/* SPDX-License-Identifier: MIT */
/* test_restore_masked.c - marks give way to values that are theirs alone */
#include "config.h"

#include "restore/restore_masked_priv.h"

#include <string.h>

#include "unit.h"

static const uint8_t key[ES_KEY_LEN] = "not a secret";

static const char *const regexes[] = {
	"(?m)password2?\\s*[=:]\\s*(\\S+)",
	"(?m)^\\S+:\\S+:(\\S+)$",
	"<secret>([^<]*)</secret>",
};

/*
 * @was is what the text was when it was masked, @live what it is now, @want
 * what comes of it, NULL for nothing. "MARK" in @want stands for the mark of
 * "geheim".
 */
static const struct {
	const char *name;
	const char *was;
	const char *live;
	const char *want;
	struct es_restore_values values;
	bool marks;
	bool other_key;
} rows[] = {
	{ "the same value",
	  "a\npassword = geheim\n",
	  "b\npassword = geheim\n",
	  "a\npassword = geheim\n",
	  { 1, 0, 0 },
	  false,
	  false },
	{ "elsewhere in the file",
	  "password = geheim\nx\n",
	  "x\nthe_password=geheim\n",
	  "password = geheim\nx\n",
	  { 1, 0, 0 },
	  false,
	  false },
	{ "without a newline at the end",
	  "password = geheim",
	  "# password = geheim",
	  "password = geheim",
	  { 1, 0, 0 },
	  false,
	  false },
	{ "another value",
	  "a\npassword = geheim\n",
	  "b\npassword = other\n",
	  "a\npassword = other\n",
	  { 0, 1, 0 },
	  false,
	  false },
	{ "behind it another text",
	  "password = geheim # old\n",
	  "password = other # new\n",
	  "password = other # old\n",
	  { 0, 1, 0 },
	  false,
	  false },
	{ "two sections",
	  "[a]\npassword = 1x\n[b]\npassword = 2x\nz\n",
	  "[b]\npassword = 2y\n[a]\npassword = 1y\n",
	  "[a]\npassword = 1y\n[b]\npassword = 2y\nz\n",
	  { 0, 2, 0 },
	  false,
	  false },
	{ "which of two is not known",
	  "password = 1x\npassword = 2x\n",
	  "password = 1y\npassword = 2y\n",
	  NULL,
	  { 0, 0, 0 },
	  false,
	  false },
	{ "one of two is known, so is the other",
	  "password = 1x\npassword = 2x\n",
	  "password = 1x\npassword = 2y\n",
	  "password = 1x\npassword = 2y\n",
	  { 1, 1, 0 },
	  false,
	  false },
	{ "a section more than there is now",
	  "[a]\npassword = 1x\n[b]\npassword = 2x\n",
	  "[b]\npassword = 2x\n",
	  NULL,
	  { 0, 0, 0 },
	  false,
	  false },
	{ "indented",
	  "web:\n  db:\n    password: 1x\n  mq:\n    password: 2x\n",
	  "web:\n  mq:\n    password: 2y\n  db:\n    password: 1y\n",
	  "web:\n  db:\n    password: 1y\n  mq:\n    password: 2y\n",
	  { 0, 2, 0 },
	  false,
	  false },
	{ "indented elsewhere",
	  "a:\n  password: 1x\n",
	  "b:\n  password: 1y\n",
	  NULL,
	  { 0, 0, 0 },
	  false,
	  false },
	{ "two in one line",
	  "<secret>1</secret><secret>2</secret>\n",
	  "<secret>3</secret><secret>2</secret>\n# comment\n",
	  "<secret>3</secret><secret>2</secret>\n",
	  { 1, 1, 0 },
	  false,
	  false },
	{ "more than one line",
	  "<secret>1\n2\n3</secret>\nx\n",
	  "<secret>4\n5</secret>\ny\n",
	  "<secret>4\n5</secret>\nx\n",
	  { 0, 1, 0 },
	  false,
	  false },
	{ "in a table",
	  "h:u:geheim\nh:v:2\n",
	  "h:v:3\nh:u:geheim\n",
	  "h:u:geheim\nh:v:3\n",
	  { 1, 1, 0 },
	  false,
	  false },
	{ "no live file",
	  "password = geheim\n",
	  NULL,
	  NULL,
	  { 0, 0, 0 },
	  false,
	  false },
	{ "no live file, marks are left",
	  "password = geheim\n",
	  NULL,
	  "password = MARK\n",
	  { 0, 0, 1 },
	  true,
	  false },
	{ "another value, marks are left",
	  "a = 1\npassword = geheim\npassword2 = same\n",
	  "a = 2\npassword = other\npassword2 = same\n",
	  "a = 1\npassword = MARK\npassword2 = same\n",
	  { 1, 0, 1 },
	  true,
	  false },
	{ "made with another key, marks are left",
	  "password = geheim\n",
	  "password = geheim\n",
	  "password = MARK\n",
	  { 0, 0, 1 },
	  true,
	  true },
	{ "no such line",
	  "password = geheim\n",
	  "nothing\n",
	  NULL,
	  { 0, 0, 0 },
	  false,
	  false },
	{ "made with another key",
	  "a\npassword = geheim\n",
	  "b\npassword = geheim\n",
	  "a\npassword = geheim\n",
	  { 0, 1, 0 },
	  false,
	  true },
	{ "that looked like a mark",
	  "password = <masked:01234567>\n",
	  "# x\npassword = <masked:01234567>\n",
	  "password = <masked:01234567>\n",
	  { 1, 0, 0 },
	  false,
	  false },
	{ "after the mark of UTF-8",
	  "\xef\xbb\xbfpassword = geheim\n",
	  "password = geheim\n",
	  "\xef\xbb\xbfpassword = geheim\n",
	  { 1, 0, 0 },
	  false,
	  false },
	{ "bytes of a code page",
	  "name = \xe4\npassword = geheim\n",
	  "name = \xf6\npassword = geheim\n",
	  "name = \xe4\npassword = geheim\n",
	  { 1, 0, 0 },
	  false,
	  false },
	{ "of an empty file",
	  "password = geheim\n",
	  "",
	  NULL,
	  { 0, 0, 0 },
	  false,
	  false },
};

/* What every case needs. */
struct fixture {
	struct es_mask_set *masks;
	struct es_digest *hmac;
	struct es_buf then;
	struct es_buf live;
	struct es_buf out;
	uint8_t whole[ES_SHA256_LEN];
	struct restore_merge in;
};

static void set_up(struct fixture *f, const char *was, const char *live)
{
	struct es_error err = ES_ERROR_INIT;

	*f = (struct fixture){ .then = ES_BUF_INIT(ES_BUF_MAX),
			       .live = ES_BUF_INIT(ES_BUF_MAX),
			       .out = ES_BUF_INIT(ES_BUF_MAX) };
	ck_assert_int_eq(es_mask_set_new(&f->masks, regexes,
					 es_lengthof(regexes), &err),
			 0);
	ck_assert_int_eq(es_digest_new(&f->hmac, ES_DIGEST_HMAC, key, &err), 0);
	if (es_mask_apply(f->masks, &f->then, was, strlen(was), f->hmac) == 0)
		es_buf_adds(&f->then, was);
	es_digest_begin(f->hmac);
	es_digest_update(f->hmac, was, strlen(was));
	es_digest_end(f->hmac, f->whole);
	es_buf_adds(&f->live, live ? live : "");
	f->in = (struct restore_merge){
		.then = &f->then,
		.live = live ? &f->live : NULL,
		.masks = f->masks,
		.hmac = f->hmac,
		.whole = f->whole,
	};
}

static void tear_down(struct fixture *f)
{
	es_mask_set_free(f->masks);
	es_digest_free(f->hmac);
	es_buf_dispose(&f->then);
	es_buf_dispose(&f->live);
	es_buf_dispose(&f->out);
}

/* "MARK" becomes the mark of "geheim". */
static void expand(struct es_buf *out, const char *want, struct es_digest *hmac)
{
	const char *at = strstr(want, "MARK");
	char hex[ES_MASK_HEX + 1];

	es_mask_hex(hex, "geheim", 6, hmac);
	if (at)
		es_buf_addf(out, "%.*s<masked:%s>%s", (int)(at - want), want,
			    hex, at + 4);
	else
		es_buf_adds(out, want);
}

START_TEST(merges)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf want = ES_BUF_INIT(4096);
	struct es_restore_values v = { 0, 0, 0 };
	struct es_error err = ES_ERROR_INIT;
	struct fixture f;
	int rc;

	set_up(&f, rows[_i].was, rows[_i].live);
	f.in.marks = rows[_i].marks;
	if (rows[_i].other_key)
		f.in.whole = NULL;
	rc = restore_merge(&f.out, &v, &f.in, &err);
	ck_assert_msg(rc == (rows[_i].want != NULL), "%s: %d", rows[_i].name,
		      rc);
	if (rc == 1) {
		expand(&want, rows[_i].want, f.hmac);
		ck_assert_msg(strcmp(f.out.data, want.data) == 0, "%s: '%s'",
			      rows[_i].name, f.out.data);
		ck_assert_uint_eq(v.same, rows[_i].values.same);
		ck_assert_uint_eq(v.kept, rows[_i].values.kept);
		ck_assert_uint_eq(v.marked, rows[_i].values.marked);
	}
	tear_down(&f);
}
END_TEST

/* What is said to be as it was is so to the last byte. */
START_TEST(refuses_another_text)
{
	struct es_restore_values v;
	struct es_error err = ES_ERROR_INIT;
	struct fixture f;

	set_up(&f, "password = geheim\n", "password = geheim\n");
	f.whole[0] ^= 1;
	ck_assert_int_eq(restore_merge(&f.out, &v, &f.in, &err), 0);
	tear_down(&f);
}
END_TEST

/* A value that the masks would not see in its new place. */
START_TEST(refuses_what_would_show)
{
	static const char *const odd[] = { "password=([a-z]+);",
					   "token=(\\S+)" };
	struct es_restore_values v;
	struct es_error err = ES_ERROR_INIT;
	struct fixture f;

	set_up(&f, "a", "b");
	es_mask_set_free(f.masks);
	ck_assert_int_eq(es_mask_set_new(&f.masks, odd, 2, &err), 0);
	f.in.masks = f.masks;
	es_buf_reset(&f.then);
	/* as if rules of that time had hidden what is numbers */
	es_buf_adds(&f.then, "password=<masked:00000000>!\n");
	es_buf_reset(&f.live);
	es_buf_adds(&f.live, "password=abc;\n");
	ck_assert_int_eq(restore_merge(&f.out, &v, &f.in, &err), 0);
	tear_down(&f);
}
END_TEST

START_TEST(many_values)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf was = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf live = ES_BUF_INIT(1 << 20);
	struct es_restore_values v;
	struct es_error err = ES_ERROR_INIT;
	struct fixture f;

	for (int i = 0; i < 500; i++) {
		es_buf_addf(&was, "[s%d]\nname = %d\npassword = x%d\n", i, i,
			    i);
		es_buf_addf(&live, "[s%d]\npassword = %c%d\n", 499 - i,
			    i % 2 ? 'x' : 'y', 499 - i);
	}
	set_up(&f, was.data, live.data);
	ck_assert_int_eq(restore_merge(&f.out, &v, &f.in, &err), 1);
	ck_assert_uint_eq(v.same, 250);
	ck_assert_uint_eq(v.kept, 250);
	ck_assert_ptr_nonnull(
		strstr(f.out.data, "[s7]\nname = 7\npassword = y7\n"));
	ck_assert_ptr_nonnull(
		strstr(f.out.data, "[s8]\nname = 8\npassword = x8\n"));
	tear_down(&f);
}
END_TEST

/* -------------------------------------------- places, by the masks alone */

START_TEST(finds_values)
{
	static const char text[] = "\xef\xbb\xbfpassword = a\n"
				   "password = <masked:01234567>\n"
				   "password=bc\n";
	struct es_error err = ES_ERROR_INIT;
	struct es_mask_span *spans = NULL;
	struct es_mask_set *set;

	ck_assert_int_eq(es_mask_set_new(&set, regexes, 1, &err), 0);
	ck_assert_int_eq(es_mask_find(set, &spans, text, strlen(text)), 2);
	ck_assert_uint_eq(spans[0].to - spans[0].from, 1);
	ck_assert_int_eq(text[spans[0].from], 'a');
	ck_assert_int_eq(strncmp(text + spans[1].from, "bc\n", 3), 0);
	free(spans);
	spans = NULL;
	ck_assert_int_eq(es_mask_find(set, &spans, "nothing", 7), 0);
	ck_assert_ptr_null(spans);
	es_mask_set_free(set);
}
END_TEST

static const struct {
	const char *text;
	size_t from;
	size_t want;
} marks[] = {
	{ "", 0, 0 },
	{ "<masked:01234567>", 0, 0 },
	{ "<masked:01234567>", 1, 17 },
	{ "<masked:0123456>", 0, 16 },
	{ "<masked:0123456G>", 0, 17 },
	{ "<masked:<masked:89abcdef>", 0, 8 },
	{ "x<masked:01234567><masked:89abcdef>", 2, 18 },
	{ "x<masked:01234567", 0, 17 },
};

START_TEST(finds_marks)
{
	ck_assert_uint_eq(es_mask_mark(marks[_i].text, strlen(marks[_i].text),
				       marks[_i].from),
			  marks[_i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("restore_masked");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, merges, 0, (int)es_lengthof(rows));
	tcase_add_test(t, refuses_another_text);
	tcase_add_test(t, refuses_what_would_show);
	tcase_add_test(t, many_values);
	tcase_add_test(t, finds_values);
	tcase_add_loop_test(t, finds_marks, 0, (int)es_lengthof(marks));
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
