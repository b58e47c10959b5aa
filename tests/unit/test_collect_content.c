/* SPDX-License-Identifier: MIT */
/* test_collect_content.c - unit tests of the walk: how content is kept */
#include "config.h"

#include "walk_unit.h"

/* Small limits, so that small files are large. */
#define LIMITS                                      \
	"[files]\ninclude = /**\nmax_size = 1000\n" \
	"mirror_binary_max = 100\n"
#define RULES                                                 \
	LIMITS "[rule d]\nmatch = /digest*\nclass = digest\n" \
	       "[rule s]\nmatch = /secret*\nclass = secret\n" \
	       "[rule m]\nmatch = /masked*\nmask = password=(\\S+)\n"

#define PEM "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"
#define SHA (ES_HAS_STAT | ES_HAS_SHA256)
#define MAC (ES_HAS_STAT | ES_HAS_HMAC)

static void setup(void)
{
	es_unit_walk_setup();
	es_unit_walk_rules(&w, RULES);
}

/* A file is @head, then @fill bytes of 'x'. */
static const struct {
	const char *name, *head;
	size_t head_len, fill;
	enum es_class class;
	unsigned int has;
} files[] = {
	{ "text", "a\n", 2, 0, ES_CLASS_MIRROR, SHA | ES_HAS_BLOB },
	{ "text-full", "a\n", 2, 998, ES_CLASS_MIRROR, SHA | ES_HAS_BLOB },
	{ "text-over", "a\n", 2, 999, ES_CLASS_DIGEST, SHA },
	{ "text-huge", "a\n", 2, 900000, ES_CLASS_DIGEST, SHA },
	{ "binary", "a\0b", 3, 0, ES_CLASS_MIRROR, SHA | ES_HAS_BLOB },
	{ "binary-full", "a\0b", 3, 97, ES_CLASS_MIRROR, SHA | ES_HAS_BLOB },
	{ "binary-over", "a\0b", 3, 98, ES_CLASS_DIGEST, SHA },
	{ "utf16",
	  "\xff\xfe"
	  "a\0b\0",
	  6, 0, ES_CLASS_MIRROR, SHA | ES_HAS_BLOB },
	{ "pem", PEM, sizeof(PEM) - 1, 0, ES_CLASS_SECRET, MAC },
	{ "pem-inside", "# key\n" PEM, sizeof(PEM) + 5, 500, ES_CLASS_SECRET,
	  MAC },
	{ "pem-over", PEM, sizeof(PEM) - 1, 2000, ES_CLASS_DIGEST, SHA },
	{ "digest", "a\n", 2, 0, ES_CLASS_DIGEST, SHA },
	{ "digest-huge", "a\n", 2, 600000, ES_CLASS_DIGEST, SHA },
	{ "digest-pem", PEM, sizeof(PEM) - 1, 0, ES_CLASS_SECRET, MAC },
	{ "secret", "a\n", 2, 0, ES_CLASS_SECRET, MAC },
	{ "secret-empty", "", 0, 0, ES_CLASS_SECRET, MAC },
	{ "secret-huge", "a\n", 2, 600000, ES_CLASS_SECRET, MAC },
	{ "masked-none", "user=me\n", 8, 0, ES_CLASS_MIRROR,
	  SHA | ES_HAS_BLOB },
	{ "masked", "password=me\n", 12, 3, ES_CLASS_MIRROR,
	  MAC | ES_HAS_BLOB | ES_HAS_MASKED },
	{ "masked-over", "password=me\n", 12, 2000, ES_CLASS_SECRET, MAC },
	{ "masked-binary", "password=me\n\0", 13, 0, ES_CLASS_SECRET, MAC },
	{ "masked-binary-none", "user=me\n\0", 9, 0, ES_CLASS_MIRROR,
	  SHA | ES_HAS_BLOB },
	{ "masked-binary-over", "user=me\n\0", 9, 200, ES_CLASS_DIGEST, SHA },
	{ "masked-utf16",
	  "\xff\xfe"
	  "p\0a\0s\0s\0w\0o\0r\0d\0=\0a\0b\0",
	  24, 0, ES_CLASS_SECRET, MAC },
	{ "masked-utf16-none",
	  "\xff\xfe"
	  "u\0=\0a\0b\0",
	  10, 0, ES_CLASS_MIRROR, SHA | ES_HAS_BLOB },
};

static char *content_of(size_t i, size_t *len)
{
	char *data = malloc(files[i].head_len + files[i].fill + 1);

	ck_assert_ptr_nonnull(data);
	memcpy(data, files[i].head, files[i].head_len);
	memset(data + files[i].head_len, 'x', files[i].fill);
	*len = files[i].head_len + files[i].fill;
	return data;
}

static void hmac_of(uint8_t out[ES_SHA256_LEN], const char *data, size_t len)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_digest_new(&d, ES_DIGEST_HMAC, w.options.key, &err),
			 0);
	es_digest_begin(d);
	es_digest_update(d, data, len);
	es_digest_end(d, out);
}

START_TEST(classes)
{
	for (size_t i = 0; i < es_lengthof(files); i++) {
		size_t len;
		char *data = content_of(i, &len);

		es_unit_file(files[i].name, data, len);
		free(data);
	}
	w.options.full = _i == 1;
	es_unit_walk_run(&w);
	for (size_t i = 0; i < es_lengthof(files); i++) {
		struct es_entry e = es_unit_get(&w, "", files[i].name);
		const struct es_unit_bytes *blob = es_unit_blob_of(&w, &e);
		uint8_t sum[ES_SHA256_LEN];
		size_t len;
		char *data = content_of(i, &len);

		ck_assert_msg(e.class == files[i].class, "%s is %s",
			      files[i].name, es_class_name(e.class));
		ck_assert_msg(e.has == files[i].has, "%s has %x", files[i].name,
			      e.has);
		if (e.has & ES_HAS_HMAC)
			hmac_of(sum, data, len);
		else
			es_sha256(sum, data, len);
		ck_assert_mem_eq(e.digest, sum, sizeof(sum));
		ck_assert_uint_eq(e.size, len);
		if (blob && !(e.has & ES_HAS_MASKED)) {
			ck_assert_uint_eq(blob->len, len);
			ck_assert_mem_eq(blob->data, data, len);
		}
		free(data);
	}
	w.options.full = false;
	es_unit_walk_quiet(&w);
}
END_TEST

/* Read again and found equal: neither searched nor handed on again. */
START_TEST(a_full_run_makes_nothing_twice)
{
	struct es_entry before[es_lengthof(files)];
	struct stat st;

	for (size_t i = 0; i < es_lengthof(files); i++) {
		size_t len;
		char *data = content_of(i, &len);

		es_unit_file(files[i].name, data, len);
		free(data);
	}
	es_unit_walk_run(&w);
	for (size_t i = 0; i < es_lengthof(files); i++)
		before[i] = es_unit_get(&w, "", files[i].name);
	w.options.full = true;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.n_blobs, 0);
	ck_assert_uint_eq(w.totals.read_files, es_lengthof(files));
	for (size_t i = 0; i < es_lengthof(files); i++) {
		struct es_entry e = es_unit_get(&w, "", files[i].name);

		ck_assert_int_eq(e.class, before[i].class);
		ck_assert_uint_eq(e.has, before[i].has);
		ck_assert_mem_eq(e.digest, before[i].digest, ES_SHA256_LEN);
		ck_assert_mem_eq(e.oid, before[i].oid, ES_SHA1_LEN);
	}
	/* as many other bytes, and the times put back */
	ck_assert_int_eq(stat("text", &st), 0);
	es_unit_file("text", "b\n", 2);
	ck_assert_int_eq(
		utimensat(AT_FDCWD, "text",
			  (struct timespec[]){ st.st_atim, st.st_mtim }, 0),
		0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
	w.options.full = false;
}
END_TEST

START_TEST(masked_text_shows_no_secret)
{
	es_unit_text("masked", "a=1\npassword=hunter2\nb=2\n");
	es_unit_walk_run(&w);
	struct es_entry e = es_unit_get(&w, "", "masked");
	const struct es_unit_bytes *blob = es_unit_blob_of(&w, &e);
	char first[64];

	ck_assert_ptr_null(strstr(blob->data, "hunter2"));
	ck_assert_int_eq(strncmp(blob->data, "a=1\npassword=<masked:", 21), 0);
	ck_assert_msg(strstr(blob->data, ">\nb=2\n") != NULL, "%s", blob->data);
	snprintf(first, sizeof(first), "%s", blob->data);
	/* another secret shows as a change of the blob, and of the file */
	es_unit_text("masked", "a=1\npassword=hunter3\nb=2\n");
	es_unit_walk_run(&w);
	e = es_unit_get(&w, "", "masked");
	ck_assert_str_ne(es_unit_blob_of(&w, &e)->data, first);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
}
END_TEST

/* A link's target is a name, whatever the rules say of content. */
START_TEST(link_targets_are_always_kept)
{
	char longest[4001];

	memset(longest, 'l', 4000);
	longest[4000] = '\0';
	ck_assert_int_eq(symlink("password=x", "masked-link"), 0);
	ck_assert_int_eq(symlink("t", "secret-link"), 0);
	ck_assert_int_eq(symlink("\xff\n", "odd"), 0);
	ck_assert_int_eq(symlink(longest, "longest"), 0);
	es_unit_walk_run(&w);
	struct es_entry e = es_unit_get(&w, "", "masked-link");
	ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, "password=x");
	ck_assert_int_eq(e.class, ES_CLASS_NONE);
	e = es_unit_get(&w, "", "secret-link");
	ck_assert_uint_eq(e.has, ES_HAS_STAT | ES_HAS_BLOB);
	e = es_unit_get(&w, "", "odd");
	ck_assert_mem_eq(e.target, "\xff\n", 2);
	e = es_unit_get(&w, "", "longest");
	ck_assert_uint_eq(e.target_len, 4000);
	ck_assert_str_eq(es_unit_blob_of(&w, &e)->data, longest);
	unlink("odd");
	ck_assert_int_eq(symlink("elsewhere", "odd"), 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
	ck_assert_uint_eq(w.n_blobs, 1);
}
END_TEST

/* A private key may come later, and go again. */
START_TEST(class_follows_content)
{
	es_unit_text("f", "text\n");
	es_unit_walk_run(&w);
	es_unit_text("f", "text\n" PEM);
	es_unit_walk_run(&w);
	struct es_entry e = es_unit_get(&w, "", "f");
	ck_assert_uint_eq(e.has, MAC);
	ck_assert_uint_eq(w.n_blobs, 0);
	ck_assert_int_eq(es_unit_walk_change(&w, ""), ES_COLLECT_CHANGED);
	es_unit_text("f", "text\n");
	es_unit_walk_run(&w);
	e = es_unit_get(&w, "", "f");
	ck_assert_uint_eq(e.has, SHA | ES_HAS_BLOB);
}
END_TEST

/* Reading leaves no trace in the access time. */
START_TEST(access_times_stay)
{
	const struct timespec old[2] = { { .tv_sec = 1000 },
					 { .tv_sec = 2000 } };
	struct stat st;

	mkdir("d", 0755);
	es_unit_text("d/f", "text");
	utimensat(AT_FDCWD, "d/f", old, 0);
	utimensat(AT_FDCWD, "d", old, 0);
	es_unit_walk_run(&w);
	ck_assert_int_eq(stat("d/f", &st), 0);
	ck_assert_int_eq(st.st_atim.tv_sec, 1000);
	ck_assert_int_eq(stat("d", &st), 0);
	ck_assert_int_eq(st.st_atim.tv_sec, 1000);
	ck_assert_int_eq(es_unit_get(&w, "/d", "f").mtime_sec, 2000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect_content");
	TCase *t = tcase_create("collect_content");

	tcase_add_checked_fixture(t, setup, es_unit_walk_teardown);
	tcase_add_loop_test(t, classes, 0, 2);
	tcase_add_test(t, a_full_run_makes_nothing_twice);
	tcase_add_test(t, masked_text_shows_no_secret);
	tcase_add_test(t, link_targets_are_always_kept);
	tcase_add_test(t, class_follows_content);
	tcase_add_test(t, access_times_stay);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
