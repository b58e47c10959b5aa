/* SPDX-License-Identifier: MIT */
/* unit.h - what every unit test program shares */
#ifndef ETCSNAP_TESTS_UNIT_H
#define ETCSNAP_TESTS_UNIT_H

#include <check.h>
#include <ftw.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/** es_lengthof - number of elements of an array */
#define es_lengthof(array) (sizeof(array) / sizeof((array)[0]))

/**
 * es_unit_main - run a suite in the program's locale, and report in TAP on
 * standard output
 * @s: suite; freed
 *
 * Return: 0 always, since automake's TAP driver takes failures from the
 * report and an exit status other than 0 for a broken program.
 */
static inline int es_unit_main(Suite *s)
{
	SRunner *runner = srunner_create(s);

	setlocale(LC_CTYPE, "C.UTF-8");
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	srunner_free(runner);
	return 0;
}

static inline int es_unit_remove(const char *path, const struct stat *st,
				 int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/** es_unit_enter_dir - make an empty directory and work in it */
static inline void es_unit_enter_dir(char path[static 64])
{
	snprintf(path, 64, "/tmp/etcsnap-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(chdir(path), 0);
}

/** es_unit_leave_dir - remove what es_unit_enter_dir() made */
static inline void es_unit_leave_dir(const char *path)
{
	ck_assert_int_eq(chdir("/"), 0);
	nftw(path, es_unit_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/** es_unit_random - the next of a fixed sequence of numbers; @state not 0 */
static inline uint64_t es_unit_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
