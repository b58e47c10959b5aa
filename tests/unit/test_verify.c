/* SPDX-License-Identifier: MIT */
/* test_verify.c - unit tests of what verify reads: commits, mails, options */
#include "config.h"

#include "verify/verify_priv.h"

#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* ----------------------------------------------------------------- commits */

#define ID "1234567890123456789012345678901234567890"
#define ID2 "abcdefabcdefabcdefabcdefabcdefabcdefabcd"
#define WHO "A <a@x> 1780000000 +0200\n"
#define SIG                                                    \
	"gpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n AAAA\n" \
	" -----END SSH SIGNATURE-----\n"

static const struct {
	const char *raw;
	int rc;
	size_t parents;
	const char *signature; /* NULL: none */
	const char *payload;   /* NULL: all of it */
} commits[] = {
	{ "tree " ID "\nauthor " WHO "committer " WHO "\nm\n", 0, 0, NULL,
	  NULL },
	{ "tree " ID "\nparent " ID2 "\nauthor " WHO "committer " WHO "\nm\n",
	  0, 1, NULL, NULL },
	{ "tree " ID "\nparent " ID2 "\nparent " ID "\nauthor " WHO
	  "committer " WHO "\n",
	  0, 2, NULL, NULL },
	{ "tree " ID "\nauthor " WHO "committer " WHO SIG "\nm\n", 0, 0,
	  "-----BEGIN SSH SIGNATURE-----\nU1NI\nAAAA\n"
	  "-----END SSH SIGNATURE-----\n",
	  "tree " ID "\nauthor " WHO "committer " WHO "\nm\n" },
	{ "tree " ID "\nauthor " WHO "committer " WHO "encoding x\n" SIG
	  "mergetag y\n z\n\nm\n\ngpgsig no header\n",
	  0, 0,
	  "-----BEGIN SSH SIGNATURE-----\nU1NI\nAAAA\n"
	  "-----END SSH SIGNATURE-----\n",
	  "tree " ID "\nauthor " WHO "committer " WHO
	  "encoding x\nmergetag y\n z\n\nm\n\ngpgsig no header\n" },
	{ "", -EILSEQ, 0, NULL, NULL },
	{ "\n", -EILSEQ, 0, NULL, NULL },
	{ "tree " ID, -EILSEQ, 0, NULL, NULL },
	{ "tree " ID "\n", -EILSEQ, 0, NULL, NULL },
	{ "tree 123\nauthor " WHO "committer " WHO "\n", -EILSEQ, 0, NULL,
	  NULL },
	{ "tree " ID "\nauthor " WHO "\n", -EILSEQ, 0, NULL, NULL },
	{ "tree " ID "\nauthor " WHO "comitter " WHO "\n", -EILSEQ, 0, NULL,
	  NULL },
	{ "tree " ID "\nauthor A <a@x> x\ncommitter " WHO "\n", -EILSEQ, 0,
	  NULL, NULL },
	{ "tree " ID "\nauthor A a@x 1 +0000\ncommitter " WHO "\n", -EILSEQ, 0,
	  NULL, NULL },
	{ "parent " ID "\ntree " ID "\nauthor " WHO "committer " WHO "\n",
	  -EILSEQ, 0, NULL, NULL },
};

static int count(void *payload, const struct es_oid *id)
{
	size_t *n = payload;

	ck_assert(!es_oid_is_none(id));
	(*n)++;
	return 0;
}

static void fill(struct es_buf *b, const char *text)
{
	es_buf_reset(b);
	es_buf_adds(b, text);
}

START_TEST(commit_is_taken_apart)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(65536);
	ES_CLEANUP(es_verify_commit_dispose)
	struct es_verify_commit c = ES_VERIFY_COMMIT_INIT;
	size_t n = 0;

	fill(&raw, commits[_i].raw);
	ck_assert_int_eq(es_verify_commit_parse(&c, &raw, count, &n),
			 commits[_i].rc);
	if (commits[_i].rc < 0)
		return;
	ck_assert_uint_eq(c.parents, commits[_i].parents);
	ck_assert_uint_eq(n, commits[_i].parents);
	ck_assert_int_eq(c.when, 1780000000);
	ck_assert_str_eq(es_buf_str(&c.signature),
			 commits[_i].signature ? commits[_i].signature : "");
	ck_assert_str_eq(es_buf_str(&c.payload), commits[_i].payload
							 ? commits[_i].payload
							 : commits[_i].raw);
}
END_TEST

START_TEST(cut_commits_do_no_harm)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(65536);
	const char *whole = commits[4].raw;

	for (size_t len = 0; len < strlen(whole); len++) {
		ES_CLEANUP(es_verify_commit_dispose)
		struct es_verify_commit c = ES_VERIFY_COMMIT_INIT;

		es_buf_reset(&raw);
		es_buf_add(&raw, whole, len);
		/* up to the end of the committer it is no commit */
		if (es_verify_commit_parse(&c, &raw, NULL, NULL) == 0)
			ck_assert_uint_gt(len, 100);
	}
}
END_TEST

static const struct {
	const char *raw;
	int rc;
	enum es_kind kind;
	const char *name;
	const char *payload;
} tags[] = {
	{ "object " ID "\ntype commit\ntag boot/1\ntagger " WHO "\nm\n", 0,
	  ES_KIND_COMMIT, "boot/1", "" },
	{ "object " ID "\ntype tree\ntag x\n\nm\n", 0, ES_KIND_TREE, "x", "" },
	{ "object " ID "\ntype commit\ntag x\ntagger " WHO
	  "\nm\n-----BEGIN SSH SIGNATURE-----\nAA\n",
	  0, ES_KIND_COMMIT, "x",
	  "object " ID "\ntype commit\ntag x\ntagger " WHO "\nm\n" },
	{ "object " ID "\ntype commi\ntag x\n\n", -EILSEQ, ES_KIND_TAG, "",
	  "" },
	{ "object " ID "\ntag x\ntype commit\n\n", -EILSEQ, ES_KIND_TAG, "",
	  "" },
	{ "object 12\ntype commit\ntag x\n\n", -EILSEQ, ES_KIND_TAG, "", "" },
	{ "", -EILSEQ, ES_KIND_TAG, "", "" },
};

START_TEST(tag_is_taken_apart)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(65536);
	ES_CLEANUP(es_verify_commit_dispose)
	struct es_verify_commit c = ES_VERIFY_COMMIT_INIT;

	fill(&raw, tags[_i].raw);
	ck_assert_int_eq(es_verify_tag_parse(&c, &raw), tags[_i].rc);
	if (tags[_i].rc < 0)
		return;
	ck_assert_int_eq((int)c.kind, (int)tags[_i].kind);
	ck_assert_uint_eq(c.name_len, strlen(tags[_i].name));
	ck_assert_mem_eq(c.name, tags[_i].name, c.name_len);
	ck_assert_str_eq(es_buf_str(&c.payload), tags[_i].payload);
}
END_TEST

/* ----------------------------------------------------------------- anchors */

static int note(void *payload, const struct es_anchor *a)
{
	es_buf_addf(payload, "%zu%s:%.4s%zu@%lld ", a->line, a->old ? "<" : "",
		    a->hex, a->digits, (long long)a->when);
	return 0;
}

#define MAIL "From x@y Tue May  5 12:00:00 2026\n"

static const struct {
	const char *text;
	const char *want; /* LINE:FIRST FOUR DIGITS, NUMBER OF THEM@TIME */
} texts[] = {
	{ "", "" },
	{ ID "\n" ID2 "\n", "2:abcd40@0 " },
	{ ID2 "\n" ID2 "0\nx" ID2 "\n" ID2 "x\n", "1:abcd40@0 " },
	{ ID2 " 2026-05-05\n", "1:abcd40@1777939200 " },
	{ "2026-05-05T12:00:00Z " ID2 "\n", "1:abcd40@1777982400 " },
	{ "abcdef12 commit\n", "1:abcd8@0 " },
	{ "abcdef12 comit\nabcdef commit\n", "" },
	{ "commit " ID2 "\nAuthor: x\n", "1:abcd40@0 " },
	{ MAIL "X-Etcsnap-Commit: abcdefa.." ID2 "\n\n",
	  "2<:abcd7@1777982400 2:abcd40@1777982400 " },
	{ MAIL "x-etcsnap-commit:\n abcdefa..bcdefab\n\tcdefabc\nSubject: x\n"
	       " abcdefabc\n\n",
	  "3<:abcd7@1777982400 3:bcde7@1777982400 4:cdef7@1777982400 " },
	{ MAIL "Date: Wed, 6 May 2026 12:00:00 +0200\n"
	       "Message-ID: <" ID2 "@x>\nX-Etcsnap-Commit: " ID2 "\n\n",
	  "4:abcd40@1778061600 " },
	{ MAIL "A: b\n\n" ID2 "\n+" ID2 "\n-" ID2 "\n> " ID2 "\n " ID2
	       "\n\t" ID2 "\nContent-ID: <" ID2 "@x>\n",
	  "4:abcd40@1777982400 " },
	{ MAIL "A: b\n\nrun abcdefab\nrun commit abcdefab\n",
	  "5:abcd8@1777982400 " },
	{ "Subject: x\nX-Etcsnap-Commit: abcdefa..bcdefab\n\nbody\n",
	  "2<:abcd7@0 2:bcde7@0 " },
	{ MAIL "X-Etcsnap-Commit: abcdefa\n\n\n" MAIL
	       "X-Etcsnap-Commit: bcdefab\n\n",
	  "2:abcd7@1777982400 6:bcde7@1777982400 " },
	{ MAIL "X-Etcsnap-Commit: abcdefa\n\n<li>" ID2 "\n"
	       "commit bcdefab\n" MAIL "A: b\n\ncommit cdefabc\n",
	  "2:abcd7@1777982400 9:cdef7@1777982400 " },
	{ "From here to there\n" ID2 "\n", "" },
	{ "commit 12345678 1234567a\r\n", "1:12348@0 " },
};

START_TEST(anchors_are_found)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	struct es_anchor_reader r = { .payload = &out, .each = note };
	const char *line = texts[_i].text;

	setenv("TZ", "UTC", 1);
	tzset();
	while (*line) {
		const size_t len = strcspn(line, "\n");

		ck_assert_int_eq(es_anchor_line(&r, line, len), 0);
		line += len + (line[len] == '\n');
	}
	ck_assert_str_eq(es_buf_str(&out), texts[_i].want);
}
END_TEST

static const struct {
	const char *text;
	int64_t when; /* 0: no date */
} dates[] = {
	{ "Tue, 5 May 2026 12:00:00 +0000", 1777982400 },
	{ " Tue, 05 May 2026 12:00:00 +0200 (CEST)", 1777975200 },
	{ "5 May 2026 12:00:00 -0330", 1777995000 },
	{ "5 May 2026 12:00 GMT", 1777982400 },
	{ "5 may 2026 12:00:00 GMT", 1777982400 },
	{ "", 0 },
	{ "yesterday", 0 },
	{ "Tue, 5 Foo 2026 12:00:00 +0000", 0 },
	{ "Tue, 5 May 1926 12:00:00 +0000", 0 },
	{ "Tue, 5 May", 0 },
};

START_TEST(dates_of_mails_are_read)
{
	int64_t when = 0;

	ck_assert(
		es_anchor_date(&when, dates[_i].text, strlen(dates[_i].text)) ==
		(dates[_i].when != 0));
	ck_assert_int_eq(when, dates[_i].when);
}
END_TEST

START_TEST(noise_is_no_anchor_and_no_harm)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_anchor_reader r = { .payload = &out, .each = note };
	static const char alphabet[] =
		"abcdef0123456789 .:-+>\tcommitFrom\r\xff";
	uint64_t seed = 7;
	char line[300];

	for (int i = 0; i < 20000; i++) {
		const size_t len = es_unit_random(&seed) % sizeof(line);

		for (size_t k = 0; k < len; k++)
			line[k] = alphabet[es_unit_random(&seed) %
					   (sizeof(alphabet) - 1)];
		ck_assert_int_eq(es_anchor_line(&r, line, len), 0);
	}
}
END_TEST

/* -------------------------------------------------------------------- dpkg */

static char dir[64];

static void spill(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static const struct {
	const char *path;
	bool excluded;
} excluded[] = {
	{ "/usr/share/doc/x/changelog", true },
	{ "/usr/share/doc/x/copyright", false },
	{ "/usr/share/man/man1/x.1.gz", true },
	{ "/usr/share/man/man8/x.8.gz", false },
	{ "/usr/bin/x", false },
	{ "/usr/share/locale/de/x", true },
	{ "/backup/x", false },
};

START_TEST(dpkg_says_what_is_left_out)
{
	ES_CLEANUP(es_excluded_freep) struct es_excluded *x = NULL;
	struct es_error err = ES_ERROR_INIT;

	es_unit_enter_dir(dir);
	mkdir("etc", 0755);
	mkdir("etc/dpkg", 0755);
	mkdir("etc/dpkg/dpkg.cfg.d", 0755);
	spill("etc/dpkg/dpkg.cfg.d/10docs",
	      "# a comment\n\npath-exclude=/usr/share/doc/*\n"
	      "path-include /usr/share/doc/*/copyright\n"
	      "  --path-exclude = \"/usr/share/man/*\"\n");
	spill("etc/dpkg/dpkg.cfg.d/20more", "path-exclude=/usr/share/locale/*");
	spill("etc/dpkg/dpkg.cfg.d/10docs.dpkg-old",
	      "path-exclude=/backup/*\n");
	spill("etc/dpkg/dpkg.cfg", "force-unsafe-io\npath-excluded=/usr/bin/*\n"
				   "path-include=/usr/share/man/man8/*\n");
	ck_assert_int_eq(es_excluded_new(&x, ".", &err), 0);
	ck_assert(es_excluded_has(x, excluded[_i].path) ==
		  excluded[_i].excluded);
	es_unit_leave_dir(dir);
}
END_TEST

START_TEST(levels_have_names)
{
	ck_assert_str_eq(es_verify_level_name(ES_VERIFY_NOTE), "note");
	ck_assert_str_eq(es_verify_level_name(ES_VERIFY_WARNING), "warning");
	ck_assert_str_eq(es_verify_level_name(ES_VERIFY_BAD), "bad");
	ck_assert_str_eq(es_verify_level_name(ES_VERIFY_LEVELS), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verify");
	TCase *t = tcase_create("verify");

	tcase_add_loop_test(t, commit_is_taken_apart, 0, es_lengthof(commits));
	tcase_add_test(t, cut_commits_do_no_harm);
	tcase_add_loop_test(t, tag_is_taken_apart, 0, es_lengthof(tags));
	tcase_add_loop_test(t, anchors_are_found, 0, es_lengthof(texts));
	tcase_add_loop_test(t, dates_of_mails_are_read, 0, es_lengthof(dates));
	tcase_add_test(t, noise_is_no_anchor_and_no_harm);
	tcase_add_loop_test(t, dpkg_says_what_is_left_out, 0,
			    es_lengthof(excluded));
	tcase_add_test(t, levels_have_names);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
