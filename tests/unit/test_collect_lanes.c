/* SPDX-License-Identifier: MIT */
/* test_collect_lanes.c - unit tests of the walk: how many threads, how fast */
#include "config.h"

#include "collect/collect_priv.h"

#include "walk_unit.h"

#include <sys/resource.h>
#include <sys/sysmacros.h>

#define SECOND UINT64_C(1000000000)
#define MS UINT64_C(1000000)

/* ------------------------------------------------------------------- pace */

START_TEST(a_rate_is_kept)
{
	static const uint64_t rates[] = { 1, 999, 4096, 1 << 20, 1ULL << 40 };
	struct es_pace p = { .rate = rates[_i] };
	const uint64_t start = 5 * SECOND;
	uint64_t now = start;
	uint64_t taken = 0;

	/* whatever the pieces, who sleeps as told ends in time */
	for (uint64_t i = 1; i <= 1000; i++) {
		uint64_t bytes = rates[_i] / 7 * (i % 5) + i % 3;

		taken += bytes;
		now += es_pace_take(&p, bytes, now);
	}
	uint64_t due = taken / rates[_i] * SECOND +
		       (uint64_t)((double)(taken % rates[_i]) * SECOND /
				  (double)rates[_i]);

	ck_assert_uint_le(now - start, due);
	ck_assert_uint_ge(now - start + 101 * MS, due);
}
END_TEST

START_TEST(a_pause_gives_no_credit)
{
	struct es_pace p = { .rate = 1000 };
	uint64_t now = 100 * SECOND;

	/* a tenth of a second's worth at once, not the hundred seconds' */
	ck_assert_uint_eq(es_pace_take(&p, 100, now), 0);
	ck_assert_uint_eq(es_pace_take(&p, 1000, now), SECOND);
	now += 50 * SECOND;
	ck_assert_uint_eq(es_pace_take(&p, 1100, now), SECOND);
	/* who does not wait owes ever more */
	ck_assert_uint_eq(es_pace_take(&p, 1000, now), 2 * SECOND);
}
END_TEST

START_TEST(no_rate_is_no_limit)
{
	struct es_pace p = { .rate = 0 };

	ck_assert_uint_eq(es_pace_take(&p, UINT64_MAX, SECOND), 0);
	ck_assert_uint_eq(es_pace_take(&p, UINT64_MAX, SECOND), 0);
}
END_TEST

START_TEST(a_run_takes_its_time)
{
	struct timespec a, b;
	char text[4096];

	/* 40 KiB at 200 KiB a second, of which a tenth of a second is free */
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		es_unit_file(name, text, sizeof(text));
	}
	w.options.rate = 200 << 10;
	clock_gettime(CLOCK_MONOTONIC, &a);
	es_unit_walk_run(&w);
	clock_gettime(CLOCK_MONOTONIC, &b);
	ck_assert_uint_eq(w.totals.read_bytes, 10 * sizeof(text));
	ck_assert_double_ge((double)(b.tv_sec - a.tv_sec) +
				    (double)(b.tv_nsec - a.tv_nsec) / 1e9,
			    0.09);
}
END_TEST

/* ---------------------------------------------------------------- storage */

/* A disk with a partition. */
static void disk(const char *name, const char *says)
{
	char path[64];

	ck_assert_int_eq(mkdir(name, 0755), 0);
	snprintf(path, sizeof(path), "%s/part", name);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/queue", name);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "%s/queue/rotational", name);
	es_unit_text(path, says);
}

START_TEST(disks_that_turn)
{
	ck_assert_int_eq(mkdir("sys", 0755), 0);
	disk("disk", "1\n");
	disk("flash", "0\n");
	disk("odd", "");
	ck_assert_int_eq(symlink("../disk", "sys/8:0"), 0);
	ck_assert_int_eq(symlink("../disk/part", "sys/8:1"), 0);
	ck_assert_int_eq(symlink("../flash", "sys/8:16"), 0);
	ck_assert_int_eq(symlink("../flash/part", "sys/8:17"), 0);
	ck_assert_int_eq(symlink("../odd", "sys/8:32"), 0);
	ck_assert(es_lanes_spins("sys", makedev(8, 0)));
	ck_assert(es_lanes_spins("sys", makedev(8, 1)));
	ck_assert(!es_lanes_spins("sys", makedev(8, 16)));
	ck_assert(!es_lanes_spins("sys", makedev(8, 17)));
	ck_assert(!es_lanes_spins("sys", makedev(8, 32)));
	ck_assert(!es_lanes_spins("sys", makedev(0, 40)));
	ck_assert(!es_lanes_spins("none", makedev(8, 0)));
}
END_TEST

/* ------------------------------------------------------------------ lanes */

#define DIRS 600

static void make_dirs(void)
{
	for (int i = 0; i < DIRS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "d%d", i);
		ck_assert_int_eq(mkdir(name, 0755), 0);
	}
}

/* Read a block from the disk itself. */
static void read_disk(struct es_unit_walk *walk)
{
	_Alignas(4096) char block[4096];
	int fd = open("block", O_RDONLY | O_DIRECT | O_CLOEXEC);

	(void)walk;
	if (fd < 0)
		return;
	if (read(fd, block, sizeof(block)) < 0)
		ck_abort_msg("read");
	close(fd);
}

/* Whether the kernel tells of reading from the disk as such. */
static bool disk_can_be_waited_for(void)
{
	struct rusage a, b;
	char block[4096];
	int fd;

	memset(block, 'x', sizeof(block));
	es_unit_file("block", block, sizeof(block));
	fd = open("block", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	fsync(fd);
	close(fd);
	getrusage(RUSAGE_THREAD, &a);
	for (int i = 0; i < 32; i++)
		read_disk(NULL);
	getrusage(RUSAGE_THREAD, &b);
	return b.ru_nvcsw - a.ru_nvcsw >= 30 &&
	       b.ru_inblock - a.ru_inblock >= 30L * 8;
}

START_TEST(who_does_not_wait_stays_alone)
{
	make_dirs();
	w.options.lanes = 1;
	w.options.lanes_max = 8;
	/* rows and names are in memory: it was just written */
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.lanes, 1);
	ck_assert_uint_eq(w.totals.directories, DIRS);
	w.options.lanes = 3;
	es_unit_walk_run(&w);
	/* a disk that says that it turns is begun with less */
	ck_assert_uint_ge(w.totals.lanes, 2);
	ck_assert_uint_le(w.totals.lanes, 3);
	w.options.lanes_max = 0;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.lanes, 3);
}
END_TEST

START_TEST(who_waits_gets_help)
{
	static const struct {
		unsigned int lanes, max, min_got, max_got;
	} cases[] = {
		{ 1, 8, 2, 8 }, { 2, 8, 3, 8 },	    { 2, 3, 3, 3 },
		{ 2, 0, 2, 2 }, { 1, 0, 1, 1 },	    { 5, 2, 2, 5 },
		{ 1, 1, 1, 1 }, { 1, 1000, 2, 64 }, { 0, 0, 1, 1 },
	};

	make_dirs();
	if (!disk_can_be_waited_for()) {
		printf("# skipped: the disk under /tmp is none to wait for\n");
		return;
	}
	w.on_leave = read_disk;
	w.options.lanes = cases[_i].lanes;
	w.options.lanes_max = cases[_i].max;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.directories, DIRS);
	ck_assert_uint_ge(w.totals.lanes, cases[_i].min_got);
	ck_assert_uint_le(w.totals.lanes, cases[_i].max_got);
}
END_TEST

START_TEST(lanes_end_with_a_failure)
{
	make_dirs();
	disk_can_be_waited_for();
	w.on_leave = read_disk;
	w.options.lanes = 2;
	w.options.lanes_max = 8;
	w.options.began = es_clock_coarse();
	w.fail_blob = -ENOSPC;
	ck_assert_int_eq(es_unit_walk_now(&w), -ENOSPC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect_lanes");
	TCase *t = tcase_create("collect_lanes");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, es_unit_walk_setup, es_unit_walk_teardown);
	tcase_add_loop_test(t, a_rate_is_kept, 0, 5);
	tcase_add_test(t, a_pause_gives_no_credit);
	tcase_add_test(t, no_rate_is_no_limit);
	tcase_add_test(t, a_run_takes_its_time);
	tcase_add_test(t, disks_that_turn);
	tcase_add_test(t, who_does_not_wait_stays_alone);
	tcase_add_loop_test(t, who_waits_gets_help, 0, 9);
	tcase_add_test(t, lanes_end_with_a_failure);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
