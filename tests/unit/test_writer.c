/* SPDX-License-Identifier: MIT */
/* test_writer.c - the same rows as text, JSON and CSV */
#include "config.h"

#include "unit.h"

#include "etcsnap/writer.h"

#include <errno.h>
#include <string.h>

enum {
	COL_PATH,
	COL_SIZE,
	COL_HIDDEN,
	COL_COUNT,
};

static const struct es_column columns[COL_COUNT] = {
	[COL_PATH] = { "path", "PATH", false, true },
	[COL_SIZE] = { "size", "SIZE", true, false },
	[COL_HIDDEN] = { "hidden", NULL, false, false },
};

static char *output;
static size_t output_len;

/* Three rows: all set, nothing set, only a path. */
static void list(enum es_format format, const char *path, size_t len)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;
	struct es_error err = ES_ERROR_INIT;
	FILE *f = open_memstream(&output, &output_len);

	ck_assert_int_eq(es_writer_new(&w, format, f, columns, COL_COUNT, &err),
			 0);
	es_writer_row(w);
	es_writer_text(w, COL_PATH, path, len);
	es_writer_number(w, COL_SIZE, -5);
	es_writer_str(w, COL_HIDDEN, "h");
	es_writer_row(w);
	es_writer_row(w);
	es_writer_str(w, COL_PATH, "overwritten");
	es_writer_str(w, COL_PATH, "last");
	es_writer_str(w, COL_HIDDEN, NULL);
	ck_assert_int_eq(es_writer_finish(w, &err), 0);
	fclose(f);
}

static void teardown(void)
{
	free(output);
	output = NULL;
}

static const struct {
	enum es_format format;
	const char *want;
} plain[] = {
	{ ES_FORMAT_TEXT, "PATH   SIZE\n"
			  "/etc/a   -5\n"
			  "       \n"
			  "last   \n" },
	{ ES_FORMAT_JSON,
	  "[\n{\"path\":\"/etc/a\",\"size\":-5,\"hidden\":\"h\"},\n"
	  "{\"path\":null,\"size\":null,\"hidden\":null},\n"
	  "{\"path\":\"last\",\"size\":null,\"hidden\":null}\n]\n" },
	{ ES_FORMAT_CSV,
	  "path,size,hidden\r\n/etc/a,-5,h\r\n,,\r\nlast,,\r\n" },
};

START_TEST(writer_writes_rows)
{
	list(plain[_i].format, "/etc/a", 6);
	ck_assert_str_eq(output, plain[_i].want);
}
END_TEST

static const struct {
	enum es_format format;
	const char *want;
} none[] = {
	{ ES_FORMAT_TEXT, "" },
	{ ES_FORMAT_JSON, "[]\n" },
	{ ES_FORMAT_CSV, "path,size,hidden\r\n" },
};

START_TEST(writer_writes_no_rows)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;
	struct es_error err = ES_ERROR_INIT;
	FILE *f = open_memstream(&output, &output_len);

	ck_assert_int_eq(es_writer_new(&w, none[_i].format, f, columns,
				       COL_COUNT, &err),
			 0);
	ck_assert_int_eq(es_writer_finish(w, &err), 0);
	fclose(f);
	ck_assert_str_eq(output, none[_i].want);
}
END_TEST

/* A hostile name, and how it stands in each form. */
#define HOSTILE "a\nb\x1b[31m\xff\xe2\x80\xae\\x41,\"\0z"
#define TERM "a\\nb\\x1b[31m\\xff\\xe2\\x80\\xae\\\\x41"

START_TEST(writer_quotes_hostile_text)
{
	list(ES_FORMAT_TEXT, HOSTILE, sizeof(HOSTILE) - 1);
	ck_assert_ptr_nonnull(strstr(output, "\n" TERM ",\"\\x00z   -5\n"));
	teardown();
	list(ES_FORMAT_CSV, HOSTILE, sizeof(HOSTILE) - 1);
	ck_assert_ptr_nonnull(
		strstr(output, "\r\n\"" TERM ",\"\"\\x00z\",-5,h\r\n"));
	teardown();
	list(ES_FORMAT_JSON, HOSTILE, sizeof(HOSTILE) - 1);
	ck_assert_ptr_nonnull(strstr(output, "\"path_b64\":\"YQpiG1szMW3/"));
	for (size_t i = 0; i < output_len; i++)
		ck_assert(output[i] == '\n' ||
			  (output[i] >= ' ' && output[i] <= '~'));
}
END_TEST

/* Where the machine has no locale for them, letters are bytes. */
START_TEST(writer_ends_without_letters)
{
	setlocale(LC_CTYPE, "C");
	list(ES_FORMAT_TEXT, "x\xc3\xa4\\", 4);
	setlocale(LC_CTYPE, "C.UTF-8");
	ck_assert_ptr_nonnull(strstr(output, "\nx\\xc3\\xa4\\\\   -5\n"));
}
END_TEST

/* Columns line up whatever the width of characters. */
START_TEST(writer_aligns_text)
{
	list(ES_FORMAT_TEXT, "abcdefghij", 10);
	ck_assert_str_eq(output, "PATH       SIZE\n"
				 "abcdefghij   -5\n"
				 "           \n"
				 "last       \n");
}
END_TEST

/* No terminal: nothing is cut, however long. */
START_TEST(writer_cuts_nothing_in_a_pipe)
{
	char name[2001];

	memset(name, 'x', 2000);
	name[2000] = '\0';
	list(ES_FORMAT_TEXT, name, 2000);
	ck_assert_ptr_nonnull(strstr(output, name));
}
END_TEST

static const struct {
	const char *raw;
	const char *want;
} fields[] = {
	{ "", "" },
	{ "a b", "a b" },
	{ "a,b", "\"a,b\"" },
	{ "a\"b", "\"a\"\"b\"" },
	{ "\"", "\"\"\"\"" },
	{ "=1+1", "'=1+1" },
	{ "+1", "'+1" },
	{ "-1", "'-1" },
	{ "@x", "'@x" },
	{ "a=1", "a=1" },
	{ "\t=1", "\\t=1" },
	{ "=a,b", "\"'=a,b\"" },
	{ "a\r\nb", "a\\x0d\\nb" },
};

START_TEST(csv_field_is_safe)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	ck_assert_int_eq(
		es_csv_field(&out, fields[_i].raw, strlen(fields[_i].raw)), 0);
	ck_assert_str_eq(es_buf_str(&out), fields[_i].want);
}
END_TEST

START_TEST(writer_tells_a_full_disk)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;
	struct es_error err = ES_ERROR_INIT;
	FILE *f = fopen("/dev/full", "w");

	if (!f)
		return;
	ck_assert_int_eq(es_writer_new(&w, (enum es_format)_i, f, columns,
				       COL_COUNT, &err),
			 0);
	es_writer_row(w);
	es_writer_str(w, COL_PATH, "x");
	ck_assert_int_eq(es_writer_finish(w, &err), -EIO);
	ck_assert_int_ne(err.msg[0], '\0');
	fclose(f);
}
END_TEST

START_TEST(format_words)
{
	enum es_format format = ES_FORMAT_TEXT;

	ck_assert_int_eq(es_format_parse(&format, "csv"), 0);
	ck_assert_int_eq(format, ES_FORMAT_CSV);
	ck_assert_int_eq(es_format_parse(&format, "json"), 0);
	ck_assert_int_eq(format, ES_FORMAT_JSON);
	ck_assert_int_eq(es_format_parse(&format, "text"), 0);
	ck_assert_int_eq(format, ES_FORMAT_TEXT);
	ck_assert_int_eq(es_format_parse(&format, "xml"), -EINVAL);
	ck_assert_int_eq(es_format_parse(&format, ""), -EINVAL);
	ck_assert_int_eq(format, ES_FORMAT_TEXT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("writer");
	TCase *tc = tcase_create("writer");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, writer_writes_rows, 0, es_lengthof(plain));
	tcase_add_loop_test(tc, writer_writes_no_rows, 0, es_lengthof(none));
	tcase_add_test(tc, writer_quotes_hostile_text);
	tcase_add_test(tc, writer_ends_without_letters);
	tcase_add_test(tc, writer_aligns_text);
	tcase_add_test(tc, writer_cuts_nothing_in_a_pipe);
	tcase_add_loop_test(tc, csv_field_is_safe, 0, es_lengthof(fields));
	tcase_add_loop_test(tc, writer_tells_a_full_disk, ES_FORMAT_TEXT,
			    ES_FORMAT_CSV + 1);
	tcase_add_test(tc, format_words);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
