/* SPDX-License-Identifier: MIT */
/* test_commit.c - unit tests of commits and history, compared with git's */
#include "config.h"

#include "etcsnap/commit.h"
#include "etcsnap/tree.h"

#include "store_unit.h"

#include <errno.h>

static char dir[64];
static const struct es_oid none;
static struct es_store *st;
static struct es_lane *lane;
static struct es_oid tree;

static void setup(void)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();

	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 0, &err));
	ok(es_lane_new(&lane, st, &err));
	const struct es_oid blob = put_text(lane, "content");
	es_tree_builder_add(b, "file", 4, ES_MODE_FILE, &blob);
	ok(es_tree_builder_write(&tree, b, lane, &err));
}

static void teardown(void)
{
	es_lane_free(lane);
	es_store_free(st);
	es_unit_leave_dir(dir);
}

static void set_main(const struct es_oid *id)
{
	struct es_oid tip;

	ok(es_store_install(st, &err));
	ok(es_store_tip(&tip, st, "main", &err));
	ok(es_store_move(st, "main", id, &tip, &err));
}

/* -------------------------------------------------------------- writing */

static const struct {
	struct es_signature who;
	const char *log; /* of git log --format=%an|%ae|%ai */
	const char *author;
} people[] = {
	{ { "Some One", "one@example.org", 0, 0 },
	  "Some One|one@example.org|1970-01-01 00:00:00 +0000",
	  "Some One <one@example.org>" },
	{ { "Some One", "one@example.org", 1777629600, 120 },
	  "Some One|one@example.org|2026-05-01 12:00:00 +0200",
	  "Some One <one@example.org>" },
	{ { "X", "", 1777629600, -570 },
	  "X||2026-05-01 00:30:00 -0930",
	  "X <>" },
	{ { "", "e", 100, 0 },
	  "unknown|e|1970-01-01 00:01:40 +0000",
	  "unknown <e>" },
	{ { " <a>\nb\r\tc\x7f ", "x<y>\nz ", 100, 0 },
	  "abc|xyz|1970-01-01 00:01:40 +0000",
	  "abc <xyz>" },
	{ { "<>\n", "<<<", 100, 0 },
	  "unknown||1970-01-01 00:01:40 +0000",
	  "unknown <>" },
	{ { "J\xc3\xbcrgen", "j@x", 5000000000, 0 },
	  "J\xc3\xbcrgen|j@x|2128-06-11 08:53:20 +0000",
	  "J\xc3\xbcrgen <j@x>" },
	{ { "Past", "p", -5, 0 },
	  "Past|p|1970-01-01 00:00:00 +0000",
	  "Past <p>" },
};

START_TEST(git_reads_what_we_write)
{
	struct es_commit_draft draft = { .tree = tree,
					 .author = people[_i].who,
					 .committer = people[_i].who,
					 .message = "subject\n\nbody\n" };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_commit *c;
	struct es_oid id;

	ok(es_commit_write(&id, lane, &draft, &err));
	set_main(&id);
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict", "--full"), 0);
	ck_assert_int_eq(git(NULL, &out, "log", "--format=%an|%ae|%ai"), 0);
	es_buf_truncate(&out, out.len - 1);
	ck_assert_str_eq(es_buf_str(&out), people[_i].log);
	ck_assert_int_eq(git(NULL, &out, "log", "--format=%cn|%ce|%ci"), 0);
	es_buf_truncate(&out, out.len - 1);
	ck_assert_str_eq(es_buf_str(&out), people[_i].log);
	ok(es_commit_read(&c, st, &id, &err));
	ck_assert_str_eq(es_commit_author(c), people[_i].author);
	ck_assert_int_eq(es_commit_time(c),
			 people[_i].who.when < 0 ? 0 : people[_i].who.when);
	ck_assert(es_oid_equal(es_commit_id(c), &id));
	ck_assert(es_oid_equal(es_commit_tree(c), &tree));
	ck_assert(es_oid_is_none(es_commit_parent(c)));
	es_commit_free(c);
	es_commit_free(NULL);
}
END_TEST

static const struct {
	const char *message;
	const char *stored;
	const char *subject;
} messages[] = {
	{ "one line", "one line\n", "one line" },
	{ "one line\n", "one line\n", "one line" },
	{ "a\n\nb\n", "a\n\nb\n", "a" },
	{ "two\nlines\n", "two\nlines\n", "two" },
	{ "", "\n", "" },
	{ "\n\nlate\n", "\n\nlate\n", "late" },
	{ "bytes \xff\x1b[31m\n", "bytes \xff\x1b[31m\n",
	  "bytes \xff\x1b[31m" },
	{ "tree abc\nparent def\n", "tree abc\nparent def\n", "tree abc" },
};

START_TEST(messages_come_back)
{
	const struct es_oid id =
		put_commit(lane, &tree, NULL, messages[_i].message, 1000);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_commit *c;

	ok(es_commit_read(&c, st, &id, &err));
	ck_assert_str_eq(es_commit_message(c), messages[_i].stored);
	ck_assert_str_eq(es_commit_subject(c), messages[_i].subject);
	es_commit_free(c);
	set_main(&id);
	ck_assert_int_eq(
		git(NULL, &out, "log", "--format=raw", "--no-walk", "main"), 0);
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict"), 0);
}
END_TEST

static const struct {
	const char *message;
	const char *key;
	unsigned int nth;
	const char *value;
} trailers[] = {
	{ "s\n\nHost: web1\nRun: 7\n", "Host", 0, "web1" },
	{ "s\n\nHost: web1\nRun: 7\n", "Run", 0, "7" },
	{ "s\n\nHost: web1\nRun: 7", "Run", 0, "7" },
	{ "s\n\nHost: web1\nRun: 7\n\n\n", "run", 0, "7" },
	{ "s\n\nHost: web1\nRun: 7\n", "Run", 1, NULL },
	{ "s\n\nbody\nHost: no\n\nRun: 7\n", "Host", 0, NULL },
	{ "s\n\nLogin: a pts/0\nLogin: b tty1\n", "Login", 1, "b tty1" },
	{ "s\n\nLogin: a\n  pts/0\n\t1.2.3.4\nRun: 1\n", "Login", 0,
	  "a   pts/0 \t1.2.3.4" },
	{ "s\n\nLogin: a\n  pts/0\nRun: 1\n", "Run", 0, "1" },
	{ "Host: subject\n", "Host", 0, NULL },
	{ "Host: subject\nRun: 7\n", "Run", 0, NULL },
	{ "\n\nHost: subject\nRun: 7\n", "Run", 0, NULL },
	{ "s\n\nEmpty:\nRun: 7\n", "Empty", 0, "" },
	{ "s\n\nKey:no-blank\n", "Key", 0, "no-blank" },
	{ "s\n\nEtcsnap-Format: 1\n", "Etcsnap-Format", 0, "1" },
	{ "s\n\nno trailer here\nRun: 7\n", "Run", 0, "7" },
	{ "s\n\nPackage: a 1:2 -> 1:3\n", "Package", 0, "a 1:2 -> 1:3" },
	{ "s\n\nTwo words: x\n", "Two words", 0, NULL },
	{ "s\n\n: x\n", "", 0, NULL },
	{ "", "Run", 0, NULL },
	{ "s\n\nRun: \xff\n", "Run", 0, "\xff" },
};

START_TEST(trailers_of_a_message)
{
	const struct es_oid id =
		put_commit(lane, &tree, NULL, trailers[_i].message, 1000);
	struct es_commit *c;

	ok(es_commit_read(&c, st, &id, &err));
	const char *value =
		es_commit_trailer(c, trailers[_i].key, trailers[_i].nth);
	if (trailers[_i].value)
		ck_assert_str_eq(value, trailers[_i].value);
	else
		ck_assert_ptr_null(value);
	es_commit_free(c);
}
END_TEST

START_TEST(git_knows_our_trailers)
{
	const struct es_oid id = put_commit(
		lane, &tree, NULL,
		"s\n\nA  etc/a\nM  etc/b\n\nHost: web1\nLogin: a\nLogin: b\n",
		1000);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	set_main(&id);
	ck_assert_int_eq(git(NULL, &out, "log",
			     "--format=%(trailers:key=Login,valueonly)"),
			 0);
	ck_assert_str_eq(es_buf_str(&out), "a\nb\n\n");
}
END_TEST

/* -------------------------------------------------------------- reading */

#define T "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
#define P "parent 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
#define A "author a <b> 1 +0000\n"
#define C "committer a <b> 2 +0000\n"

static const struct {
	const char *bytes;
	bool good;
	int64_t when;
} raw[] = {
	{ T A C "\nm\n", true, 2 },
	{ T A C "\n", true, 2 },
	{ T A C, true, 2 },
	{ T P A C "\nm\n", true, 2 },
	{ T P P P A C "\nm\n", true, 2 },
	{ T A C "gpgsig -----BEGIN\n x\n \n y\n\nm\n", true, 2 },
	{ T A C "encoding latin1\n\nm\n", true, 2 },
	{ T "author a <b> 1 +0000\ncommitter  <> 77 -0500\n\nm\n", true, 77 },
	{ T "author a <b>c> 1 +0000\n" C "\nm\n", true, 2 },
	{ T A "committer a <b> -9 +0000\n\nm\n", true, -9 },
	{ "", false, 0 },
	{ "\n", false, 0 },
	{ "tree x\n", false, 0 },
	{ T, false, 0 },
	{ T P, false, 0 },
	{ T A, false, 0 },
	{ T C A "\nm\n", false, 0 },
	{ A T C "\nm\n", false, 0 },
	{ T A "\nm\n", false, 0 },
	{ T "parent 123\n" A C "\nm\n", false, 0 },
	{ T "author a b 1 +0000\n" C "\nm\n", false, 0 },
	{ T "author a <b> x\n" C "\nm\n", false, 0 },
	{ T "author a <b>\n1\n" C "\nm\n", false, 0 },
	{ T A "committer a <b> 99999999999999999999 +0000\n\nm\n", false, 0 },
	{ T A C "gpgsig", false, 0 },
	{ T A "committer a <b> 2 +0000", false, 0 },
	{ "tree  4b825dc642cb6eb9a060e54bf8d69288fbee490\n" A C "\n", false,
	  0 },
};

START_TEST(raw_commits)
{
	struct es_commit *c = NULL;
	struct es_oid id;

	ok(es_lane_put(&id, lane, ES_KIND_COMMIT, raw[_i].bytes,
		       strlen(raw[_i].bytes), &err));
	if (!raw[_i].good) {
		fails(-EIO, "is broken", es_commit_read(&c, st, &id, &err));
		return;
	}
	ok(es_commit_read(&c, st, &id, &err));
	ck_assert_int_eq(es_commit_time(c), raw[_i].when);
	ck_assert_int_eq(es_oid_is_none(es_commit_parent(c)),
			 !strstr(raw[_i].bytes, "parent"));
	es_commit_free(c);
}
END_TEST

START_TEST(only_commits_are_commits)
{
	struct es_commit *c = NULL;

	fails(-EINVAL, "is a tree", es_commit_read(&c, st, &tree, &err));
	fails(-ENOENT, "there is no commit",
	      es_commit_read(&c, st, &none, &err));
}
END_TEST

/* -------------------------------------------------------------- history */

#define N_COMMITS 20

static void make_chain(struct es_oid ids[N_COMMITS])
{
	char message[32];

	for (int i = 0; i < N_COMMITS; i++) {
		snprintf(message, sizeof(message), "run %d\n\nRun: %d\n", i, i);
		ids[i] = put_commit(lane, &tree, i ? &ids[i - 1] : NULL,
				    message, 1000 + i);
	}
	set_main(&ids[N_COMMITS - 1]);
}

/* Walks from the tip: the ids must be @ids, from the last to @first. */
static void check_walk(const struct es_oid *ids, int first)
{
	struct es_history *h;
	struct es_commit *c;
	struct es_error why = ES_ERROR_INIT;

	ok(es_history_new(&h, st, &ids[N_COMMITS - 1], &err));
	for (int i = N_COMMITS - 1; i >= first; i--) {
		ck_assert_msg(es_history_next(h, &c, &why) == 1, "%d: %s", i,
			      why.msg);
		ck_assert(es_oid_equal(es_commit_id(c), &ids[i]));
		ck_assert_int_eq(es_oid_is_none(es_commit_parent(c)),
				 i == first);
		es_commit_free(c);
	}
	ck_assert_int_eq(es_history_next(h, &c, &why), 0);
	ck_assert_int_eq(es_history_next(h, &c, &why), 0);
	es_history_free(h);
}

START_TEST(walk_to_the_root)
{
	struct es_oid ids[N_COMMITS];
	struct es_history *h;
	struct es_commit *c;
	struct es_error why = ES_ERROR_INIT;

	make_chain(ids);
	check_walk(ids, 0);
	ok(es_history_new(&h, st, &none, &err));
	ck_assert_int_eq(es_history_next(h, &c, &why), 0);
	es_history_free(h);
	es_history_free(NULL);
}
END_TEST

static void write_shallow(const struct es_oid *ids, size_t n, const char *end)
{
	FILE *f = fopen(REPO "/shallow", "w");
	char hex[ES_OID_HEX + 1];

	for (size_t i = 0; i < n; i++)
		fprintf(f, "%s%s", es_oid_text(hex, &ids[i]),
			i + 1 < n ? "\n" : end);
	fclose(f);
}

START_TEST(walk_to_the_shallow_boundary)
{
	struct es_oid ids[N_COMMITS];
	struct es_commit *c;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	make_chain(ids);
	for (int i = N_COMMITS - 1; i >= 0; i -= 5) {
		write_shallow(&ids[i], 1, i % 2 ? "\n" : "");
		check_walk(ids, i);
		ok(es_commit_read(&c, st, &ids[i], &err));
		ck_assert(es_oid_is_none(es_commit_parent(c)));
		es_commit_free(c);
		ck_assert_int_eq(git(NULL, &out, "rev-list", "main"), 0);
		ck_assert_uint_eq(out.len,
				  (size_t)(N_COMMITS - i) * (ES_OID_HEX + 1));
	}
	/* Several boundaries, in no order: the newest one holds. */
	const struct es_oid many[] = { ids[3], ids[11], ids[7] };
	write_shallow(many, 3, "\n");
	check_walk(ids, 11);
	write_shallow(NULL, 0, "");
	check_walk(ids, 0);
}
END_TEST

START_TEST(broken_shallow_file)
{
	struct es_oid ids[N_COMMITS];
	struct es_history *h;

	make_chain(ids);
	write_shallow(ids, 2, "x");
	fails(-EINVAL, "shallow' is broken",
	      es_history_new(&h, st, &ids[0], &err));
	write_shallow(ids, 2, "\n\n");
	fails(-EINVAL, "shallow' is broken",
	      es_history_new(&h, st, &ids[0], &err));
}
END_TEST

/* Pruned by another process while we walk. */
START_TEST(history_pruned_during_the_walk)
{
	const struct es_oid gone = { { 0x66 } };
	const struct es_oid old = put_commit(lane, &tree, &gone, "old", 1);
	const struct es_oid new = put_commit(lane, &tree, &old, "new", 2);
	struct es_error why = ES_ERROR_INIT;
	struct es_history *h;
	struct es_commit *c;

	ok(es_history_new(&h, st, &new, &err));
	ck_assert_int_eq(es_history_next(h, &c, &why), 1);
	es_commit_free(c);
	ck_assert_int_eq(es_history_next(h, &c, &why), 1);
	es_commit_free(c);
	fails(-ENOENT, "there is no commit 66", es_history_next(h, &c, &err));
	write_shallow(&old, 1, "\n");
	ck_assert_int_eq(es_history_next(h, &c, &why), 0);
	ck_assert_int_eq(why.code, 0);
	es_history_free(h);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("commit");
	TCase *t = tcase_create("commit");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, git_reads_what_we_write, 0, es_lengthof(people));
	tcase_add_loop_test(t, messages_come_back, 0, es_lengthof(messages));
	tcase_add_loop_test(t, trailers_of_a_message, 0, es_lengthof(trailers));
	tcase_add_test(t, git_knows_our_trailers);
	tcase_add_loop_test(t, raw_commits, 0, es_lengthof(raw));
	tcase_add_test(t, only_commits_are_commits);
	tcase_add_test(t, walk_to_the_root);
	tcase_add_test(t, walk_to_the_shallow_boundary);
	tcase_add_test(t, broken_shallow_file);
	tcase_add_test(t, history_pruned_during_the_walk);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
