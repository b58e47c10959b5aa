/* SPDX-License-Identifier: MIT */
/* test_ids.c - unit tests of user names, group names and homes */
#include "config.h"

#include "etcsnap/ids.h"

#include "unit.h"

#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The directory that each test works in, used as the root. */
static char work[64];

static void enter(void)
{
	es_unit_enter_dir(work);
	ck_assert_int_eq(mkdir("etc", 0755), 0);
}

static void leave(void)
{
	es_unit_leave_dir(work);
}

static void put(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

#define PUT(path, text) put(path, text, sizeof(text) - 1)

static struct es_ids *open_root(const char *root)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_ids *ids = NULL;

	ck_assert_int_eq(es_ids_new(&ids, root, &err), 0);
	return ids;
}

START_TEST(reads_the_files_of_a_root)
{
	PUT("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			  "anna:x:1000:1000:Anna,,,:/home/anna:/bin/sh\n"
			  "other:x:1000:1000::/home/other:/bin/sh\n"
			  "top:x:4294967295:0::/:/bin/sh\n"
			  "last:x:7:7::/home/last:/bin/sh");
	PUT("etc/group", "wheel:x:0:root,anna\nusers:x:100:\n");
	struct es_ids *ids = open_root(work);
	const char *anna = es_ids_user(ids, 1000);

	ck_assert_pstr_eq(es_ids_user(ids, 0), "root");
	/* The first line of a number counts, as for getpwuid(3). */
	ck_assert_pstr_eq(anna, "anna");
	ck_assert_pstr_eq(es_ids_user(ids, UINT32_MAX), "top");
	ck_assert_pstr_eq(es_ids_user(ids, 7), "last");
	ck_assert_ptr_null(es_ids_user(ids, 5));
	ck_assert_pstr_eq(es_ids_group(ids, 0), "wheel");
	ck_assert_pstr_eq(es_ids_group(ids, 100), "users");
	ck_assert_ptr_null(es_ids_group(ids, 1000));
	ck_assert_ptr_eq(es_ids_user(ids, 1000), anna);
	es_ids_free(ids);
	es_ids_free(NULL);
}
END_TEST

START_TEST(skips_hostile_lines)
{
	PUT("etc/passwd",
	    "\n:::\nshort:x\n:x:1:1::/h:/s\n+::::::\n-no:x:2:2::\n"
	    "# c:x:3:3::/c:\nneg:x:-4:0::/n:\nhex:x:0x5:0::/x:\n"
	    "big:x:4294967296:0::/b:\nhuge:x:99999999999:0::/u:\n"
	    "none:x::0::/e:\nsp:x: 6:0::/sp:\n"
	    "nul\0l:x:8:0::/n\0ul:\n"
	    "many:x:9:0:::::::::::\ncolons only:x:10\n");
	struct es_ids *ids = open_root(work);

	for (uint32_t uid = 0; uid < 8; uid++)
		ck_assert_ptr_null(es_ids_user(ids, uid));
	/* Cut at the NUL, since a name is a C string; never read beyond. */
	ck_assert_pstr_eq(es_ids_user(ids, 8), "nul");
	ck_assert_pstr_eq(es_ids_user(ids, 9), "many");
	ck_assert_pstr_eq(es_ids_user(ids, 10), "colons only");
	es_ids_free(ids);
}
END_TEST

/* @_i: 0 nothing there, 1 empty files, 2 a FIFO, 3 a directory, 4 no root */
START_TEST(missing_is_empty)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_buf homes = ES_BUF_INIT(1000);

	if (_i == 1) {
		PUT("etc/passwd", "");
		PUT("etc/group", "");
	} else if (_i == 2) {
		ck_assert_int_eq(mkfifo("etc/passwd", 0600), 0);
	} else if (_i == 3) {
		ck_assert_int_eq(mkdir("etc/passwd", 0700), 0);
	}
	struct es_ids *ids = open_root(_i == 4 ? "/nonexistent/root" : work);
	ck_assert_ptr_null(es_ids_user(ids, 0));
	ck_assert_ptr_null(es_ids_group(ids, 0));
	ck_assert_int_eq(es_ids_homes(ids, &homes, &err), 0);
	ck_assert_uint_eq(homes.len, 0);
	es_ids_hash(ids);
	es_ids_free(ids);
	es_buf_dispose(&homes);
}
END_TEST

/* Links are resolved inside the root; the machine's own file is outside. */
START_TEST(links_stay_inside)
{
	PUT("real", "inside:x:0:0::/home/in:\n");
	ck_assert_int_eq(symlink(_i ? "../../../../../../real" : "/real",
				 "etc/passwd"),
			 0);
	ck_assert_int_eq(symlink("/etc/group.none", "etc/group"), 0);
	struct es_ids *ids = open_root(work);
	ck_assert_pstr_eq(es_ids_user(ids, 0), "inside");
	ck_assert_ptr_null(es_ids_group(ids, 0));
	es_ids_free(ids);
}
END_TEST

START_TEST(hash_follows_the_files)
{
	PUT("etc/passwd", "a:x:1:1::/a:\n");
	PUT("etc/group", "a:x:1:\n");
	struct es_ids *ids = open_root(work);
	uint64_t first = es_ids_hash(ids);

	ck_assert(es_ids_hash(ids) == first);
	PUT("etc/group", "b:x:1:\n");
	uint64_t second = es_ids_hash(ids);
	ck_assert(second != first);
	PUT("etc/group", "a:x:1:\n");
	ck_assert(es_ids_hash(ids) == first);
	PUT("etc/passwd", "a:x:1:1::/b:\n");
	ck_assert(es_ids_hash(ids) != first);
	/* What one file loses the other does not make up for. */
	PUT("etc/passwd", "");
	PUT("etc/group", "a:x:1:1::/a:\na:x:1:\n");
	ck_assert(es_ids_hash(ids) != first);
	es_ids_free(ids);
}
END_TEST

START_TEST(accounts_in_their_order)
{
	PUT("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"
			  "+nis::::::\nshort:x:5\nbad:x:x:5::/bad:/bin/sh\n"
			  "anna:x:1000:100:Anna,,,:/home/../home/anna:/bin/sh\n"
			  "anna:x:1000:100::/again:/bin/sh\n"
			  "none:x:7:8:::");
	static const struct es_account want[] = {
		{ "root", "/root", 0, 0 },
		{ "anna", "/home/../home/anna", 1000, 100 },
		{ "anna", "/again", 1000, 100 },
		{ "none", "", 7, 8 },
	};
	struct es_ids *ids = open_root(work);
	struct es_error err = ES_ERROR_INIT;
	const struct es_account *got = NULL, *again = NULL;
	size_t n = 0;

	ck_assert_int_eq(es_ids_accounts(ids, &got, &n, &err), 0);
	ck_assert_uint_eq(n, es_lengthof(want));
	for (size_t i = 0; i < n; i++) {
		ck_assert_str_eq(got[i].name, want[i].name);
		ck_assert_str_eq(got[i].home, want[i].home);
		ck_assert_uint_eq(got[i].uid, want[i].uid);
		ck_assert_uint_eq(got[i].gid, want[i].gid);
	}
	/* What was given out stays as it is. */
	PUT("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
	ck_assert_int_eq(es_ids_accounts(ids, &again, &n, &err), 0);
	ck_assert_ptr_eq(again, got);
	ck_assert_uint_eq(n, es_lengthof(want));
	es_ids_free(ids);
}
END_TEST

START_TEST(homes_are_sorted_and_unique)
{
	/* By bytes: 0xff sorts last of /home. */
	static const char want[] = "kept/home/a\0/home/\xff\0/root\0/srv";
	struct es_error err = ES_ERROR_INIT;
	struct es_buf homes = ES_BUF_INIT(1000);

	PUT("etc/passwd", "r:x:0:0::/root:\nr2:x:0:0::/root/:\ns:x:1:1::/srv:\n"
			  "a:x:2:2::/home/a:\na2:x:3:3::/home//./a:\n"
			  "f:x:4:4::/home/\xff:\ntop:x:5:5::/:\nt:x:6:6:://:\n"
			  "rel:x:7:7::home/rel:\nempty:x:8:8:::\n"
			  "dots:x:9:9::/x/..:\nshort:x:10:10\n");
	struct es_ids *ids = open_root(work);
	es_buf_adds(&homes, "kept");
	ck_assert_int_eq(es_ids_homes(ids, &homes, &err), 0);
	ck_assert_uint_eq(homes.len, sizeof(want));
	ck_assert_mem_eq(homes.data, want, sizeof(want));

	struct es_buf small = ES_BUF_INIT(10);
	es_buf_adds(&small, "x");
	ck_assert_int_lt(es_ids_homes(ids, &small, &err), 0);
	ck_assert_str_eq(es_buf_str(&small), "x");
	es_buf_dispose(&small);
	es_buf_dispose(&homes);
	es_ids_free(ids);
}
END_TEST

/* @_i: spelling of the system's root */
START_TEST(system_database)
{
	static const char *const roots[] = { "/", "//" };
	struct es_error err = ES_ERROR_INIT;
	struct es_buf homes = ES_BUF_INIT(ES_BUF_MAX);
	struct es_ids *ids = open_root(roots[_i]);
	const struct passwd *pw = getpwuid(0);

	if (pw)
		ck_assert_pstr_eq(es_ids_user(ids, 0), pw->pw_name);
	const char *name = es_ids_group(ids, 0);
	ck_assert_ptr_eq(es_ids_group(ids, 0), name);
	/* Asked for and remembered as absent. */
	ck_assert_ptr_null(es_ids_user(ids, 3999999999U));
	ck_assert_ptr_null(es_ids_user(ids, 3999999999U));
	ck_assert_int_eq(es_ids_homes(ids, &homes, &err), 0);
	for (size_t i = 0; i < homes.len; i += strlen(homes.data + i) + 1)
		ck_assert_int_eq(homes.data[i], '/');
	es_buf_dispose(&homes);
	es_ids_free(ids);
}
END_TEST

static void *ask_many(void *arg)
{
	struct es_ids *ids = arg;

	for (uint32_t i = 0; i < 2000; i++) {
		es_ids_user(ids, i % 200);
		es_ids_group(ids, i % 300);
	}
	return NULL;
}

START_TEST(threads_share_the_cache)
{
	struct es_ids *ids = open_root("/");
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, ask_many, ids), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	es_ids_free(ids);
}
END_TEST

static Suite *ids_suite(void)
{
	Suite *s = suite_create("ids");
	TCase *tc = tcase_create("ids");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, reads_the_files_of_a_root);
	tcase_add_test(tc, skips_hostile_lines);
	tcase_add_loop_test(tc, missing_is_empty, 0, 5);
	tcase_add_loop_test(tc, links_stay_inside, 0, 2);
	tcase_add_test(tc, hash_follows_the_files);
	tcase_add_test(tc, accounts_in_their_order);
	tcase_add_test(tc, homes_are_sorted_and_unique);
	tcase_add_loop_test(tc, system_database, 0, 2);
	tcase_add_test(tc, threads_share_the_cache);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(ids_suite());
}
