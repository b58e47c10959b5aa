/* SPDX-License-Identifier: MIT */
/* test_consolidate.c - unit tests of joining packs, judged by git */
#include "config.h"

#include "etcsnap/fileio.h"
#include "etcsnap/tree.h"

#include "store/pack_file_priv.h"
#include "store_unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define PACKS REPO "/objects/pack"
#define LINES 300

static char dir[64];
static struct es_store *st;
static struct es_lane *lane;
static struct es_oid tip;

static void reopen(void)
{
	es_lane_free(lane);
	es_store_free(st);
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 10, &err));
	ok(es_lane_new(&lane, st, &err));
}

static void setup(void)
{
	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
	st = NULL;
	lane = NULL;
	tip = (struct es_oid){ 0 };
	reopen();
}

static void teardown(void)
{
	es_lane_free(lane);
	es_store_free(st);
	es_unit_leave_dir(dir);
}

static int count(const char *end)
{
	DIR *d = opendir(PACKS);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		const size_t len = strlen(e->d_name);

		n += len > strlen(end) &&
		     strcmp(e->d_name + len - strlen(end), end) == 0;
	}
	closedir(d);
	return n;
}

/* A text of many lines; @version changes one of them. */
static struct es_oid put_version(int file, int version)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t state = (uint64_t)file + 1;
	struct es_oid oid;

	for (int i = 0; i < LINES; i++)
		es_buf_addf(&b, "%d: %llx\n", i,
			    (unsigned long long)es_unit_random(&state));
	if (version >= 0)
		es_buf_addf(&b, "version %d\n", version);
	ok(es_lane_put(&oid, lane, ES_KIND_BLOB, b.data, b.len, &err));
	return oid;
}

/* A commit of one directory with two files, in a pack of its own. */
static void put_run(int a, int b)
{
	struct es_tree_builder *t = es_tree_builder_new();
	struct es_oid oid = put_version(1, a);
	struct es_oid sub;
	struct es_oid from = tip;

	es_tree_builder_add(t, "a", 1, ES_MODE_FILE, &oid);
	oid = put_version(2, b);
	es_tree_builder_add(t, "b", 1, ES_MODE_FILE, &oid);
	ok(es_tree_builder_write(&sub, t, lane, &err));
	es_tree_builder_add(t, "files", 5, ES_MODE_TREE, &sub);
	ok(es_tree_builder_write(&sub, t, lane, &err));
	es_tree_builder_free(t);
	tip = put_commit(lane, &sub, es_oid_is_none(&from) ? NULL : &from,
			 "run", 1700000000);
	ok(es_store_install(st, &err));
	ok(es_store_move(st, "main", &tip, &from, &err));
}

static int consolidate(void)
{
	struct es_error err = ES_ERROR_INIT;
	int rc = es_store_consolidate(st, &err);

	ck_assert_msg(rc >= 0, "%s", err.msg);
	return rc;
}

static void check_sound(void)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	ck_assert_int_eq(git(NULL, &b, "fsck", "--strict", "--full"), 0);
	ck_assert_msg(b.len == 0, "%s", es_buf_str(&b));
	ck_assert_int_eq(git(NULL, NULL, "rev-list", "--objects", "main"), 0);
}

static uint64_t bytes(void)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const char *at;

	ck_assert_int_eq(git(NULL, &b, "count-objects", "-v"), 0);
	at = strstr(es_buf_str(&b), "size-pack: ");
	ck_assert_ptr_nonnull(at);
	return strtoull(at + 11, NULL, 10);
}

START_TEST(few_packs_stay)
{
	for (int i = 0; i < 20; i++)
		put_run(i, -1);
	ck_assert_int_eq(consolidate(), 0);
	ck_assert_int_eq(count(".pack"), 20);
}
END_TEST

START_TEST(many_become_few_and_small)
{
	uint64_t before;

	for (int i = 0; i < 21; i++)
		put_run(i, -1);
	before = bytes();
	ck_assert_int_eq(consolidate(), 1);
	ck_assert_int_le(count(".pack"), 8);
	ck_assert_int_eq(count(".idx"), count(".pack"));
	ck_assert_int_eq(count(""), 2 + 2 * count(".pack"));
	ck_assert_msg(bytes() * 2 < before, "%llu of %llu KiB",
		      (unsigned long long)bytes(), (unsigned long long)before);
	check_sound();
	ck_assert_int_eq(consolidate(), 0);
}
END_TEST

/* Content that comes back must not become the base of its own base. */
START_TEST(content_that_comes_back)
{
	for (int i = 0; i < 30; i++)
		put_run(i % 3, i % 2);
	ck_assert_int_eq(consolidate(), 1);
	check_sound();
}
END_TEST

/* Longer than differences may be deep, joined again and again. */
START_TEST(a_long_history)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_oid oid;
	int joined = 0;

	for (int i = 0; i < 150; i++) {
		put_run(i, i / 10);
		joined += consolidate();
		ck_assert_int_le(count(".pack"), 20);
	}
	ck_assert_int_ge(joined, 6);
	check_sound();
	reopen();
	for (int i = 0; i < 150; i++) {
		oid = put_version(1, i);
		ok(es_store_get(st, &oid, ES_KIND_BLOB, &b, &err));
	}
}
END_TEST

/* A git gc by hand makes differences by offset, and a multi-pack-index. */
START_TEST(packs_of_git)
{
	for (int i = 0; i < 15; i++)
		put_run(i, i);
	ck_assert_int_eq(git(NULL, NULL, "gc", "-q"), 0);
	ck_assert_int_eq(count(".pack"), 1);
	reopen();
	for (int i = 15; i < 40; i++)
		put_run(i, i);
	ck_assert_int_eq(git(NULL, NULL, "multi-pack-index", "write"), 0);
	check_sound();
	ck_assert_int_eq(consolidate(), 1);
	check_sound();
	ck_assert_int_eq(git(NULL, NULL, "gc", "-q"), 0);
	check_sound();
}
END_TEST

START_TEST(kept_packs_stay)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	put_run(0, 0);
	DIR *d = opendir(PACKS);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		size_t len = strlen(e->d_name);

		if (len > 5 && strcmp(e->d_name + len - 5, ".pack") == 0)
			es_buf_addf(&b, PACKS "/%.*s", (int)len - 5, e->d_name);
	}
	closedir(d);
	size_t stem = b.len;
	es_buf_adds(&b, ".keep");
	ok(es_write_file(es_buf_str(&b), "", 0, 0600, &err));
	for (int i = 1; i < 25; i++)
		put_run(i, i);
	ck_assert_int_eq(consolidate(), 1);
	es_buf_truncate(&b, stem);
	es_buf_adds(&b, ".idx");
	ck_assert_int_eq(access(es_buf_str(&b), F_OK), 0);
	check_sound();
}
END_TEST

/* Killed after the new pack was there: the old ones go next time. */
START_TEST(killed_before_the_old_ones_went)
{
	for (int i = 0; i < 21; i++)
		put_run(i, -1);
	ck_assert_int_eq(
		run((const char *const[]){ "cp", "-a", PACKS, "packs", NULL },
		    NULL, NULL),
		0);
	ck_assert_int_eq(consolidate(), 1);
	ck_assert_int_eq(run((const char *const[]){ "cp", "-an", "packs/.",
						    PACKS, NULL },
			     NULL, NULL),
			 0);
	reopen();
	ck_assert_int_gt(count(".pack"), 20);
	ck_assert_int_eq(consolidate(), 1);
	ck_assert_int_le(count(".pack"), 8);
	check_sound();
}
END_TEST

/* Nothing is joined, and nothing removed, where a byte is wrong. */
START_TEST(a_damaged_pack)
{
	DIR *d;
	int fd = -1;

	for (int i = 0; i < 25; i++)
		put_run(i, i);
	d = opendir(PACKS);
	for (const struct dirent *e = readdir(d); e && fd < 0; e = readdir(d)) {
		size_t len = strlen(e->d_name);

		if (len > 5 && strcmp(e->d_name + len - 5, ".pack") == 0) {
			ck_assert_int_eq(fchmodat(dirfd(d), e->d_name, 0600, 0),
					 0);
			fd = openat(dirfd(d), e->d_name, O_RDWR);
		}
	}
	closedir(d);
	ck_assert_int_eq(pwrite(fd, "\xff\xff\xff", 3, 40), 3);
	close(fd);
	reopen();
	fails(-EIO, "is damaged", es_store_consolidate(st, &err));
	ck_assert_int_eq(count(".pack"), 25);
	ck_assert_int_eq(count(".idx"), 25);
	ck_assert_int_eq(count(""), 2 + 50);
}
END_TEST

START_TEST(a_full_disk)
{
	const struct rlimit little = { 2000, RLIM_INFINITY };
	struct rlimit was;
	struct es_error why = ES_ERROR_INIT;

	for (int i = 0; i < 25; i++)
		put_run(i, i);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	setrlimit(RLIMIT_FSIZE, &little);
	int rc = es_store_consolidate(st, &why);
	setrlimit(RLIMIT_FSIZE, &was);
	ck_assert_int_lt(rc, 0);
	ck_assert_msg(strstr(why.msg, "cannot join packs: ") == why.msg, "%s",
		      why.msg);
	ck_assert_int_eq(count(".pack"), 25);
	ck_assert_int_eq(count(""), 2 + 50);
	ck_assert_int_eq(consolidate(), 1);
	check_sound();
}
END_TEST

/* The history of then is pruned: what differs from it is stored whole. */
START_TEST(a_parent_that_is_gone)
{
	char boundary[ES_OID_HEX + 2];

	put_run(0, 0);
	ck_assert_int_eq(run((const char *const[]){ "rm", "-rf", PACKS, NULL },
			     NULL, NULL),
			 0);
	ck_assert_int_eq(mkdir(PACKS, 0700), 0);
	reopen();
	put_run(1, 1);
	snprintf(boundary, sizeof(boundary), "%s\n",
		 es_oid_text((char[ES_OID_HEX + 1]){ 0 }, &tip));
	ok(es_write_file(REPO "/shallow", boundary, ES_OID_HEX + 1, 0600,
			 &err));
	for (int i = 2; i < 25; i++)
		put_run(i, i);
	ck_assert_int_eq(consolidate(), 1);
	check_sound();
}
END_TEST

START_TEST(without_the_lock)
{
	es_lane_free(lane);
	lane = NULL;
	es_store_free(st);
	ok(es_store_open(&st, REPO, &err));
	fails(-ENOLCK, "reading only", es_store_consolidate(st, &err));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("consolidate");
	TCase *tc = tcase_create("core");

	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, few_packs_stay);
	tcase_add_test(tc, many_become_few_and_small);
	tcase_add_test(tc, content_that_comes_back);
	tcase_add_test(tc, a_long_history);
	tcase_add_test(tc, packs_of_git);
	tcase_add_test(tc, kept_packs_stay);
	tcase_add_test(tc, killed_before_the_old_ones_went);
	tcase_add_test(tc, a_damaged_pack);
	tcase_add_test(tc, a_full_disk);
	tcase_add_test(tc, a_parent_that_is_gone);
	tcase_add_test(tc, without_the_lock);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
