/* SPDX-License-Identifier: MIT */
/* test_marks.c - unit tests of the references that say what was told */
#include "config.h"

#include "etcsnap/marks.h"

#include "etcsnap/tree.h"

#include "store_unit.h"

#include <errno.h>
#include <stdio.h>

#define MARK "delivered/main/ops"

static char dir[64];
static struct es_store *st;
static struct es_oid a, b;
static const struct es_oid none;
static int lock = -1;

static struct es_oid put_tree_of(struct es_lane *lane, const char *text)
{
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *build = es_tree_builder_new();
	const struct es_oid file = put_text(lane, text);
	struct es_oid oid;

	ck_assert_ptr_nonnull(build);
	ck_assert_int_eq(
		es_tree_builder_add(build, "f", 1, ES_MODE_FILE, &file), 0);
	ok(es_tree_builder_write(&oid, build, lane, &err));
	return oid;
}

static void setup(void)
{
	struct es_lane *lane = NULL;
	struct es_oid tree;

	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 0, &err));
	ok(es_lane_new(&lane, st, &err));
	tree = put_tree_of(lane, "text");
	a = put_commit(lane, &tree, NULL, "a\n", 1000);
	b = put_commit(lane, &tree, &a, "b\n", 2000);
	ok(es_store_install(st, &err));
	es_lane_free(lane);
	es_store_unlock(st);
	ck_assert_int_eq(es_marks_lock(&lock, st, &(struct es_error){ 0 }), 1);
}

static void teardown(void)
{
	if (lock >= 0)
		close(lock);
	lock = -1;
	es_store_free(st);
	es_unit_leave_dir(dir);
}

/* What a mark names, as our own functions and as git see it. */
static void must_be(const char *name, const struct es_oid *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(4096);
	char ref[256], hex[ES_OID_HEX + 1];
	struct es_oid is;

	snprintf(ref, sizeof(ref), "refs/etcsnap/%s", name);
	ok(es_mark_read(&is, st, name, &err));
	ck_assert(es_oid_equal(&is, want));
	if (es_oid_is_none(want)) {
		ck_assert_int_ne(git(NULL, &said, "rev-parse", "-q", "--verify",
				     ref),
				 0);
		return;
	}
	ck_assert_int_eq(git(NULL, &said, "rev-parse", "-q", "--verify", ref),
			 0);
	ck_assert_int_eq(strncmp(es_buf_str(&said), es_oid_text(hex, want),
				 ES_OID_HEX),
			 0);
}

START_TEST(moves_by_swapping)
{
	must_be(MARK, &none);
	ok(es_mark_move(st, MARK, &a, &none, &err));
	must_be(MARK, &a);
	fails(-EAGAIN, "was moved", es_mark_move(st, MARK, &b, &none, &err));
	fails(-EAGAIN, "was moved", es_mark_move(st, MARK, &b, &b, &err));
	must_be(MARK, &a);
	ok(es_mark_move(st, MARK, &b, &a, &err));
	must_be(MARK, &b);
	ok(es_mark_move(st, MARK, &a, &b, &err));
	must_be(MARK, &a);
	ok(es_mark_move(st, MARK, &a, &a, &err));
	must_be(MARK, &a);
}
END_TEST

START_TEST(goes_away)
{
	struct es_error why = ES_ERROR_INIT;

	ck_assert_int_eq(es_mark_drop(st, MARK, &why), 0);
	ok(es_mark_move(st, MARK, &a, &none, &err));
	ck_assert_int_eq(es_mark_drop(st, MARK, &why), 1);
	must_be(MARK, &none);
	ck_assert_int_eq(es_mark_drop(st, MARK, &why), 0);
	fails(-EAGAIN, "was moved", es_mark_move(st, MARK, &b, &a, &err));
	ok(es_mark_move(st, MARK, &b, &none, &err));
	must_be(MARK, &b);
}
END_TEST

START_TEST(names_do_not_mix)
{
	ok(es_mark_move(st, "sending/main/ops", &a, &none, &err));
	ok(es_mark_move(st, "sending/urgent/ops", &b, &none, &err));
	ok(es_mark_move(st, "sending/main/ops-2", &b, &none, &err));
	must_be("sending/main/ops", &a);
	must_be("sending/urgent/ops", &b);
	must_be("sending/main/op", &none);
	must_be("delivered/main/ops", &none);
}
END_TEST

/* Packed by git, which a person may run, and read or changed by us. */
START_TEST(packed_marks_are_marks)
{
	ok(es_mark_move(st, MARK, &a, &none, &err));
	ck_assert_int_eq(git(NULL, NULL, "pack-refs", "--all"), 0);
	must_be(MARK, &a);
	fails(-EAGAIN, "was moved", es_mark_move(st, MARK, &b, &none, &err));
	ok(es_mark_move(st, MARK, &b, &a, &err));
	must_be(MARK, &b);
	ck_assert_int_eq(git(NULL, NULL, "pack-refs", "--all"), 0);
	ok(es_mark_drop(st, MARK, &err));
	must_be(MARK, &none);
}
END_TEST

START_TEST(keeps_its_commit)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(4096);
	char hex[ES_OID_HEX + 1];

	ok(es_mark_move(st, MARK, &b, &none, &err));
	ck_assert_int_eq(git(NULL, NULL, "prune", "--expire=now"), 0);
	ck_assert_int_eq(
		git(NULL, &said, "cat-file", "-e", es_oid_text(hex, &a)), 0);
}
END_TEST

START_TEST(a_damaged_one_is_an_error)
{
	struct es_oid is;
	FILE *f;

	ok(es_mark_move(st, MARK, &a, &none, &err));
	f = fopen(REPO "/refs/etcsnap/" MARK, "we");
	ck_assert_ptr_nonnull(f);
	fputs("no id\n", f);
	ck_assert_int_eq(fclose(f), 0);
	struct es_error why = ES_ERROR_INIT;
	ck_assert_int_lt(es_mark_read(&is, st, MARK, &why), 0);
	ck_assert_ptr_nonnull(strstr(why.msg, MARK));
	ck_assert(es_oid_is_none(&is));
}
END_TEST

static const char *const bad[] = { "",
				   "a..b",
				   "delivered/main/a.lock",
				   "delivered/main/",
				   "delivered/main/a b",
				   "delivered/main/a~",
				   "delivered/../../heads/main" };

START_TEST(bad_names_are_refused)
{
	struct es_error why = ES_ERROR_INIT;

	ck_assert_int_lt(es_mark_move(st, bad[_i], &a, &none, &why), 0);
	ck_assert_int_lt(why.code, 0);
}
END_TEST

START_TEST(long_names_are_refused)
{
	char name[400];
	struct es_oid is;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fails(-ENAMETOOLONG, "too long", es_mark_read(&is, st, name, &err));
	fails(-ENAMETOOLONG, "too long",
	      es_mark_move(st, name, &a, &none, &err));
	fails(-ENAMETOOLONG, "too long", es_mark_drop(st, name, &err));
}
END_TEST

START_TEST(one_at_a_time)
{
	struct es_error why = ES_ERROR_INIT;
	int second = -1;

	ck_assert_int_eq(es_marks_lock(&second, st, &why), 0);
	ck_assert_int_eq(second, -1);
	ck_assert_int_eq(why.code, 0);
	close(lock);
	lock = -1;
	ck_assert_int_eq(es_marks_lock(&lock, st, &why), 1);
	ck_assert_int_ge(lock, 0);
}
END_TEST

/* Whoever has the lock may clear away what a killed process left. */
START_TEST(locks_of_the_dead_go)
{
	static const char left[] = REPO "/refs/etcsnap/" MARK ".lock";
	struct es_error why = ES_ERROR_INIT;
	FILE *f;

	ok(es_mark_move(st, MARK, &a, &none, &err));
	f = fopen(left, "we");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert_int_lt(es_mark_move(st, MARK, &b, &a, &why), 0);
	must_be(MARK, &a);
	close(lock);
	lock = -1;
	why = (struct es_error)ES_ERROR_INIT;
	ck_assert_int_eq(es_marks_lock(&lock, st, &why), 1);
	ck_assert_int_ne(access(left, F_OK), 0);
	ok(es_mark_move(st, MARK, &b, &a, &err));
	must_be(MARK, &b);
}
END_TEST

/* Runs go on while somebody delivers. */
START_TEST(runs_do_not_wait)
{
	ok(es_store_lock(st, 0, &err));
	ok(es_mark_move(st, MARK, &a, &none, &err));
	es_store_unlock(st);
	must_be(MARK, &a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("marks");
	TCase *t = tcase_create("marks");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, moves_by_swapping);
	tcase_add_test(t, goes_away);
	tcase_add_test(t, names_do_not_mix);
	tcase_add_test(t, packed_marks_are_marks);
	tcase_add_test(t, keeps_its_commit);
	tcase_add_test(t, a_damaged_one_is_an_error);
	tcase_add_loop_test(t, bad_names_are_refused, 0, es_lengthof(bad));
	tcase_add_test(t, long_names_are_refused);
	tcase_add_test(t, one_at_a_time);
	tcase_add_test(t, locks_of_the_dead_go);
	tcase_add_test(t, runs_do_not_wait);
	return es_unit_main(s);
}
