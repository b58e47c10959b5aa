/* SPDX-License-Identifier: MIT */
/* test_collect_cached.c - unit tests of the walk: the page cache stays */
#include "config.h"

#include "collect/collect_priv.h"

#include "walk_unit.h"

#include <sys/mman.h>

#define MIB ((size_t)1 << 20)

static size_t page(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* The pages of a file, one byte each. */
static unsigned char *pages_of(const char *name, size_t *n)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	unsigned char *pages;
	struct stat st;
	void *map;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	*n = ((size_t)st.st_size + page() - 1) / page();
	pages = malloc(*n);
	ck_assert_ptr_nonnull(pages);
	map = mmap(NULL, (size_t)st.st_size, PROT_NONE, MAP_SHARED, fd, 0);
	ck_assert(map != MAP_FAILED);
	ck_assert_int_eq(mincore(map, (size_t)st.st_size, pages), 0);
	munmap(map, (size_t)st.st_size);
	close(fd);
	for (size_t i = 0; i < *n; i++)
		pages[i] &= 1;
	return pages;
}

static size_t count_pages(const char *name)
{
	size_t n, there = 0;
	unsigned char *pages = pages_of(name, &n);

	for (size_t i = 0; i < n; i++)
		there += pages[i];
	free(pages);
	return there;
}

/* Nothing of a file is in memory. Return: whether that can be had here. */
static bool evict(const char *name)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fsync(fd), 0);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return count_pages(name) == 0;
}

/* Have a part of a file in memory, and no more than that. */
static void bring_in(const char *name, size_t at, size_t len)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char buf[4096];

	ck_assert_int_ge(fd, 0);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	for (size_t i = 0; i < len; i += sizeof(buf))
		ck_assert_int_gt(pread(fd, buf, sizeof(buf), (off_t)(at + i)),
				 0);
	close(fd);
}

/* What is in memory of a file beforehand: [from, from + len) twice. */
static const struct {
	size_t size;
	size_t from[2];
	size_t len[2];
	bool all; /* all of it */
} files[] = {
	{ 3 * MIB, { 0, 0 }, { 0, 0 }, false },
	{ 3 * MIB + 77, { 0, 0 }, { 0, 0 }, true },
	{ 3 * MIB + 5000, { MIB, 3 * MIB }, { MIB / 2, 4096 }, false },
	{ 70 * MIB, { 0, 0 }, { 0, 0 }, false },
	{ 70 * MIB, { 31 * MIB, 65 * MIB }, { 2 * MIB, 3 * MIB }, false },
	{ 32 * MIB, { 0, 0 }, { 0, 0 }, true },
	{ 64 * MIB + 1, { 32 * MIB, 64 * MIB - 4096 }, { 4096, 4096 }, false },
};

/*
 * A full walk over file @which, some of it in memory beforehand. @lost: pages
 * that were there and are not, @more: those that are there now.
 *
 * Return: false when the file's pages cannot be sent away beforehand.
 */
static bool walk_large(int which, size_t *lost, size_t *more)
{
	size_t n, n_now;
	unsigned char *was, *is;

	if (!evict("large"))
		return false;
	for (size_t i = 0; i < 2; i++)
		bring_in("large", files[which].from[i], files[which].len[i]);
	if (files[which].all)
		bring_in("large", 0, files[which].size);
	was = pages_of("large", &n);
	w.options.full = true;
	es_unit_walk_run(&w);
	ck_assert_uint_ge(w.totals.read_bytes, files[which].size);
	is = pages_of("large", &n_now);
	ck_assert_uint_eq(n, n_now);
	*lost = *more = 0;
	for (size_t i = 0; i < n; i++) {
		*lost += was[i] && !is[i];
		*more += is[i] && !was[i];
	}
	free(was);
	free(is);
	return true;
}

/* Kernels take a page back now and then, but not again and again. */
#define TRIES 6

START_TEST(large_files)
{
	size_t lost = 1, more = 0;

	/* of holes, too, the pages are in memory once they are read */
	es_unit_text("large", "#");
	ck_assert_int_eq(truncate("large", (off_t)files[_i].size), 0);
	for (int i = 0; i < TRIES && lost > 0; i++) {
		if (!walk_large(_i, &lost, &more)) {
			printf("# skipped: what is under /tmp stays in memory\n");
			return;
		}
	}
	/* what was there is there */
	ck_assert_uint_eq(lost, 0);
	/* a page next to one that was there may share its block of memory */
	ck_assert_uint_le(more, 2 * MIB / page());
	if (!files[_i].len[0])
		ck_assert_uint_eq(more, 0);
}
END_TEST

#define DIRS 40
#define FILES 40

/* Whether the kernel has cachestat(2): without, small files are let be. */
static bool can_tell(void)
{
	int fd = open("d0/f0", O_RDONLY | O_CLOEXEC);
	bool none;

	ck_assert_int_ge(fd, 0);
	none = es_cached_none(fd);
	close(fd);
	return none;
}

static void small_name(char name[static 32], int dir, int file)
{
	snprintf(name, 32, "d%d/f%d", dir, file);
}

/* Return: whether nothing of them is in memory. */
static bool make_small(void)
{
	char text[10000];
	bool gone = true;

	for (int d = 0; d < DIRS; d++) {
		char name[32];

		snprintf(name, sizeof(name), "d%d", d);
		ck_assert_int_eq(mkdir(name, 0755), 0);
		for (int f = 0; f < FILES; f++) {
			small_name(name, d, f);
			memset(text, 'a' + (d + f) % 26, sizeof(text));
			es_unit_file(name, text, sizeof(text));
			gone &= evict(name);
		}
	}
	return gone;
}

START_TEST(small_files)
{
	size_t there = 0;
	bool gone = make_small();
	bool tells = can_tell();
	char name[32];

	w.options.full = true;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, DIRS * FILES);
	for (int d = 0; d < DIRS; d++)
		for (int f = 0; f < FILES; f++) {
			struct es_entry e;
			const struct es_unit_bytes *blob;

			char dir[16], file[16];

			snprintf(dir, sizeof(dir), "/d%d", d);
			snprintf(file, sizeof(file), "f%d", f);
			e = es_unit_get(&w, dir, file);
			blob = es_unit_blob_of(&w, &e);
			ck_assert_uint_eq(blob->len, 10000);
			ck_assert_int_eq(blob->data[0], 'a' + (d + f) % 26);
			small_name(name, d, f);
			there += count_pages(name) > 0;
		}
	if (!gone || !tells) {
		printf("# skipped: %s\n",
		       gone ? "no cachestat(2)" : "/tmp stays in memory");
		return;
	}
	/* those that were read before it was clear that the disk is slow */
	ck_assert_uint_lt(there, DIRS * FILES / 2);
	/* what was in memory stays */
	for (int f = 0; f < FILES; f++) {
		small_name(name, 7, f);
		bring_in(name, 0, 10000);
	}
	es_unit_walk_run(&w);
	for (int f = 0; f < FILES; f++) {
		small_name(name, 7, f);
		ck_assert_uint_eq(count_pages(name),
				  (10000 + page() - 1) / page());
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect_cached");
	TCase *t = tcase_create("collect_cached");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, es_unit_walk_setup, es_unit_walk_teardown);
	tcase_add_loop_test(t, large_files, 0, es_lengthof(files));
	tcase_add_test(t, small_files);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
