/* SPDX-License-Identifier: MIT */
/* test_ledger.c - unit tests of what is remembered of each channel's tries */
#include "config.h"

#include "deliver/channel_priv.h"

#include "unit.h"

#include "etcsnap/fileio.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* No section has a longer name. */
#define NAME_LEN 40

static struct es_error err;
static struct es_session session;
static struct ledger ledger;
static char dir[64];
static char state[128];

static void setup(void)
{
	err = (struct es_error)ES_ERROR_INIT;
	es_unit_enter_dir(dir);
	snprintf(state, sizeof(state), "%s/state.db", dir);
	session = (struct es_session){ .state_path = state };
	ck_assert_int_eq(es_ledger_load(&ledger, &session, &err), 0);
}

static void teardown(void)
{
	es_ledger_dispose(&ledger);
	es_unit_leave_dir(dir);
}

static void load_again(void)
{
	es_ledger_dispose(&ledger);
	ck_assert_int_eq(es_ledger_load(&ledger, &session, &err), 0);
	ck_assert(!ledger.dirty);
}

static void write_text(const char *text, size_t len)
{
	ck_assert_int_eq(es_write_file("delivery", text, len, 0600, &err), 0);
}

START_TEST(nothing_is_empty)
{
	ck_assert_uint_eq(ledger.n, 0);
	ck_assert_int_eq(es_ledger_save(&ledger, &err), 0);
	ck_assert_int_ne(access("delivery", F_OK), 0);
	ck_assert_ptr_null(es_ledger_find(&ledger, "ops", LEDGER_MAIN));
}
END_TEST

START_TEST(comes_back)
{
	struct ledger_row *r = es_ledger_row(&ledger, "ops", LEDGER_URGENT);
	struct stat st;

	r->attempts = 7;
	r->content_tries = 2;
	r->done = 5;
	r->refused = true;
	r->next_try = 1800000001;
	r->last_success = 1800000002;
	r->last_error_time = 1800000003;
	r->told = 1800000004;
	r->last_error = strdup("550 5.1.1 no such user  \\n%s ");
	ck_assert_ptr_nonnull(es_ledger_row(&ledger, "ops", LEDGER_MAIN));
	ck_assert_ptr_nonnull(es_ledger_row(&ledger, "x-_1", LEDGER_MAIN));
	ledger.dirty = true;
	ck_assert_int_eq(es_ledger_save(&ledger, &err), 0);
	ck_assert(!ledger.dirty);
	ck_assert_int_eq(stat("delivery", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	load_again();
	ck_assert_uint_eq(ledger.n, 3);
	r = es_ledger_find(&ledger, "ops", LEDGER_URGENT);
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->attempts, 7);
	ck_assert_uint_eq(r->content_tries, 2);
	ck_assert_uint_eq(r->done, 5);
	ck_assert(r->refused);
	ck_assert_int_eq(r->next_try, 1800000001);
	ck_assert_int_eq(r->last_success, 1800000002);
	ck_assert_int_eq(r->last_error_time, 1800000003);
	ck_assert_int_eq(r->told, 1800000004);
	ck_assert_str_eq(r->last_error, "550 5.1.1 no such user  \\n%s ");
	r = es_ledger_find(&ledger, "ops", LEDGER_MAIN);
	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(r->attempts, 0);
	ck_assert(!r->refused);
	ck_assert_ptr_eq(r, es_ledger_row(&ledger, "ops", LEDGER_MAIN));
	ck_assert_ptr_nonnull(es_ledger_find(&ledger, "x-_1", LEDGER_MAIN));
	ck_assert_ptr_null(es_ledger_find(&ledger, "x-_1", LEDGER_URGENT));
}
END_TEST

START_TEST(longest_name_comes_back)
{
	char name[NAME_LEN + 1];

	memset(name, 'n', NAME_LEN);
	name[NAME_LEN] = '\0';
	es_ledger_row(&ledger, name, LEDGER_MAIN)->attempts = 3;
	ledger.dirty = true;
	ck_assert_int_eq(es_ledger_save(&ledger, &err), 0);
	load_again();
	ck_assert_uint_eq(ledger.n, 1);
	ck_assert_str_eq(ledger.rows[0].channel, name);
}
END_TEST

#define H "etcsnap delivery 1\n"

/* What is understood of a damaged file: rows up to the damage. */
static const struct {
	const char *text;
	size_t rows;
} damaged[] = {
	{ "", 0 },
	{ "\n", 0 },
	{ "etcsnap delivery 1", 0 },
	{ "etcsnap delivery 2\nops main 1 0 0 0 5 6 7 8 x\n", 0 },
	{ "etcsnap delivery 10\nops main 1 0 0 0 5 6 7 8 x\n", 0 },
	{ "ops main 1 0 0 0 5 6 7 8 x\n", 0 },
	{ H, 0 },
	{ H "ops main 1 0 0 0 5 6 7 8 x\n", 1 },
	{ H "ops main 1 0 0 0 5 6 7 8 x", 1 },
	{ H "ops main 1 0 0 0 5 6 7 8 \n", 1 },
	{ H "ops main 1 0 0 0 5 6 7 8", 1 },
	{ H "ops main 1 0 0 0 5 6 7\n", 0 },
	{ H "ops main\n", 0 },
	{ H "\n", 0 },
	{ H "ops main 1 0 0 0 5 6 7 8 x\njunk\nb main 1 0 0 0 5 6 7 8\n", 1 },
	{ H "ops main 1 0 0 0 -5 6 7 8 x\n", 0 },
	{ H "ops main 1 0 0 0 5 -6 7 8 x\n", 0 },
	{ H "ops main 1 0 0 0 5 6 7 -8 x\n", 0 },
	{ H "ops main 1 0 0 0 9223372036854775807 6 7 8 x\n", 0 },
	{ H "ops main 1 0 0 0 5 99999999999999999999999 7 8 x\n", 0 },
	{ H "ops main x 0 0 0 5 6 7 8 x\n", 0 },
};

START_TEST(damage_is_as_nothing)
{
	write_text(damaged[_i].text, strlen(damaged[_i].text));
	load_again();
	ck_assert_uint_eq(ledger.n, damaged[_i].rows);
	/* and it is mended */
	ck_assert_ptr_nonnull(es_ledger_row(&ledger, "new", LEDGER_MAIN));
	ledger.dirty = true;
	ck_assert_int_eq(es_ledger_save(&ledger, &err), 0);
	load_again();
	ck_assert_uint_eq(ledger.n, damaged[_i].rows + 1);
}
END_TEST

START_TEST(bytes_are_as_nothing)
{
	static const char nul[] = H "ops main 1 0 0 0 5 6 7 8 a\0b\n";
	uint64_t seed = 88172645463325252;
	char noise[4096];

	write_text(nul, sizeof(nul) - 1);
	load_again();
	ck_assert_uint_eq(ledger.n, 0);
	memcpy(noise, H, strlen(H));
	for (int round = 0; round < 50; round++) {
		for (size_t i = strlen(H); i < sizeof(noise); i++)
			noise[i] = (char)(1 + es_unit_random(&seed) % 255);
		write_text(noise, sizeof(noise));
		load_again();
	}
}
END_TEST

START_TEST(no_file_at_all)
{
	ck_assert_int_eq(mkdir("delivery", 0700), 0);
	load_again();
	ck_assert_uint_eq(ledger.n, 0);
	ck_assert_ptr_nonnull(es_ledger_row(&ledger, "new", LEDGER_MAIN));
	ledger.dirty = true;
	ck_assert_int_lt(es_ledger_save(&ledger, &err), 0);
	ck_assert(ledger.dirty);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("ledger");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_is_empty);
	tcase_add_test(t, comes_back);
	tcase_add_test(t, longest_name_comes_back);
	tcase_add_loop_test(t, damage_is_as_nothing, 0, es_lengthof(damaged));
	tcase_add_test(t, bytes_are_as_nothing);
	tcase_add_test(t, no_file_at_all);
	return es_unit_main(s);
}
