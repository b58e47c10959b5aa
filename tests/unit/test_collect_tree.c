/* SPDX-License-Identifier: MIT */
/* test_collect_tree.c - unit tests of the walk: deep, wide and random trees */
#include "config.h"

#include "walk_unit.h"

#include "run.h"

#include <dirent.h>
#include <sys/resource.h>

/* Paths get longer than nftw(3) takes. */
static void teardown(void)
{
	const char *const argv[] = { "rm", "-rf", top, NULL };
	struct es_buf out = ES_BUF_INIT(1 << 16);

	es_unit_walk_end(&w);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(es_unit_run(&out, argv, NULL), 0);
	es_buf_dispose(&out);
}

/* Make a directory below another and go there. */
static int descend(int fd, const char *name)
{
	int below;

	ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
	below = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(below, 0);
	close(fd);
	return below;
}

static int make_file(int fd, const char *name)
{
	int file = openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, name, strlen(name)),
			 (ssize_t)strlen(name));
	return close(file);
}

static size_t open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* The most descriptors that were open when a directory was left. */
static size_t most_fds;

static void count_fds(struct es_unit_walk *walk)
{
	size_t n = open_fds();

	pthread_mutex_lock(&walk->lock);
	if (n > most_fds)
		most_fds = n;
	pthread_mutex_unlock(&walk->lock);
}

static const struct {
	size_t levels, len;
} depths[] = { { 30, 255 }, { 1500, 3 }, { 150, 200 } };

START_TEST(deep_paths)
{
	const size_t levels = depths[_i].levels, len = depths[_i].len;
	char *path = malloc(levels * (len + 1) + 1);
	char name[256];
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	size_t at = 0, before;

	memset(name, 'd', len);
	name[len] = '\0';
	for (size_t i = 0; i < levels; i++) {
		fd = descend(fd, name);
		path[at++] = '/';
		memcpy(path + at, name, len + 1);
		at += len;
	}
	make_file(fd, "bottom");
	close(fd);
	before = open_fds();
	most_fds = 0;
	w.on_leave = count_fds;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.directories, levels);
	ck_assert_uint_eq(w.totals.unread, 0);
	struct es_entry e = es_unit_get(&w, path, "bottom");
	ck_assert_uint_eq(e.size, 6);
	es_unit_walk_quiet(&w);
	/* a chain needs two, and each lane a few */
	ck_assert_uint_le(most_fds, before + 10);
	free(path);
}
END_TEST

/*
 * On every level a directory and, waiting for its turn, another one: more
 * parents wait than may keep a descriptor.
 */
START_TEST(more_parents_than_descriptors)
{
	const size_t levels = 650;
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	struct rlimit was, low;
	struct es_entry e;
	char *path = calloc(levels, 2);

	for (size_t i = 0; i < levels; i++) {
		close(descend(fcntl(fd, F_DUPFD_CLOEXEC, 0), "b"));
		int wait = openat(fd, "b", O_RDONLY | O_DIRECTORY);
		make_file(wait, "f");
		close(wait);
		fd = descend(fd, "a");
	}
	close(fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	low = was;
	low.rlim_cur = 256;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	w.options.lanes = _i ? 4 : 1;
	most_fds = 0;
	w.on_leave = count_fds;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.directories, 2 * levels);
	ck_assert_uint_eq(w.totals.read_files, levels);
	ck_assert_uint_eq(w.totals.unread, 0);
	for (size_t i = 0; i + 1 < levels; i++)
		memcpy(path + 2 * i, "/a", 2);
	ck_assert(es_unit_entry(&w, path, "b", &e));
	es_unit_walk_quiet(&w);
	ck_assert_uint_lt(most_fds, 700);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	free(path);
}
END_TEST

START_TEST(wide_directories)
{
	const size_t files = 20000, dirs = 2000;
	char name[32];
	int fd;

	mkdir("d", 0755);
	fd = open("d", O_RDONLY | O_DIRECTORY);
	make_file(fd, "f0");
	for (size_t i = 1; i < files; i++) {
		snprintf(name, sizeof(name), "f%zu", i * 7919 % files);
		ck_assert_int_eq(linkat(fd, "f0", fd, name, 0), 0);
	}
	for (size_t i = 0; i < dirs; i++) {
		snprintf(name, sizeof(name), "d%zu", i);
		ck_assert_int_eq(mkdirat(fd, name, 0755), 0);
	}
	close(fd);
	most_fds = 0;
	w.on_leave = count_fds;
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.directories, dirs + 1);
	ck_assert_uint_eq(w.totals.read_files, files);
	ck_assert_uint_lt(most_fds, 40);
	ck_assert_uint_eq(es_unit_get(&w, "/d", "f19999").nlink, files);
	w.on_leave = NULL;
	es_unit_walk_quiet(&w);
	ck_assert_int_eq(unlink("d/f10000"), 0);
	es_unit_walk_run(&w);
	ck_assert_uint_eq(w.totals.read_files, files - 1);
	ck_assert_int_eq(es_unit_walk_change(&w, "/d"), ES_COLLECT_CHANGED);
	ck_assert_uint_eq(w.totals.entries, dirs + files);
}
END_TEST

/* ------------------------------------------------------------ random trees */

/* A random path below the top, of names of which there are only a few. */
static void random_path(uint64_t *seed, char out[64])
{
	size_t depth = 1 + es_unit_random(seed) % 4;
	size_t at = 0;

	for (size_t i = 0; i < depth; i++)
		at += (size_t)snprintf(out + at, 64 - at, "%s%c%c",
				       i ? "/" : "",
				       (int)('a' + es_unit_random(seed) % 4),
				       (int)('a' + es_unit_random(seed) % 3));
}

/* Something happens to a random path; often nothing can. */
static void mutate(uint64_t *seed)
{
	char path[64], other[64];
	char text[32];
	int fd;

	random_path(seed, path);
	switch (es_unit_random(seed) % 9) {
	case 0:
	case 1:
	case 2:
		mkdir(path, 0755);
		break;
	case 3:
	case 4:
	case 5:
		fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
		snprintf(text, sizeof(text), "%u",
			 (unsigned int)(es_unit_random(seed) % 50));
		if (fd >= 0) {
			ck_assert_int_gt(write(fd, text, strlen(text)), 0);
			close(fd);
		}
		break;
	case 6:
		if (symlink(path, path) < 0)
			remove(path);
		break;
	case 7:
		if (chmod(path, es_unit_random(seed) % 2 ? 0755 : 0700) < 0)
			remove(path);
		break;
	default:
		random_path(seed, other);
		if (rename(path, other) < 0)
			unlink(path);
		break;
	}
}

static void check_equal(struct es_unit_walk *a, struct es_unit_walk *b)
{
	const char *key;
	size_t len, pos = 0;
	void *value;

	ck_assert_uint_eq(es_strmap_count(a->left), es_strmap_count(b->left));
	while (es_strmap_each(b->rows, &pos, &key, &len, &value)) {
		struct es_unit_bytes *is = value;
		struct es_unit_bytes *was = es_strmap_get(a->rows, key, len);

		ck_assert_ptr_nonnull(was);
		ck_assert_msg(is->len == was->len &&
				      memcmp(is->data, was->data, is->len) == 0,
			      "'%.*s' differs", (int)len, key);
	}
	ck_assert_uint_eq(a->totals.entries, b->totals.entries);
	ck_assert_uint_eq(a->totals.directories, b->totals.directories);
}

/* Rows of directories that are no more go, as the state drops them. */
static void forget_gone(struct es_unit_walk *walk)
{
	struct es_strmap *rows = es_strmap_new();
	const char *key;
	size_t len, pos = 0;
	void *value;

	ck_assert_ptr_nonnull(rows);
	while (es_strmap_each(walk->rows, &pos, &key, &len, &value)) {
		if (es_strmap_get(walk->left, key, len))
			ck_assert_int_eq(es_strmap_put(rows, key, len, value),
					 0);
		else
			free(value);
	}
	es_strmap_free(walk->rows);
	walk->rows = rows;
}

static const char *const random_rules[] = {
	ALL,
	"[files]\ninclude = /a*/**\ninclude = /*/b*\nexclude = **/?c\n",
	ALL "exclude = /b*\n[rule x]\nmatch = **/a*\nclass = secret\n",
	"[files]\ninclude = /*/*/*/ab\nexclude = /*/ca\n",
};

/*
 * However a tree came to be, and whatever was known before: a run with rows
 * finds what a run without any finds, with any number of lanes.
 */
START_TEST(rows_make_no_difference)
{
	uint64_t seed = 77 + (uint64_t)_i;
	struct es_unit_walk fresh;

	for (int round = 0; round < 12; round++) {
		size_t rule = es_unit_random(&seed) % es_lengthof(random_rules);
		bool same = round > 0 && es_unit_random(&seed) % 2;

		for (int i = 0; i < 150; i++)
			mutate(&seed);
		if (!same)
			es_unit_walk_rules(&w, random_rules[rule]);
		w.options.decided = same;
		w.options.lanes = 1 + (unsigned int)_i % 8;
		es_unit_walk_run(&w);
		forget_gone(&w);
		if (!same && round > 0)
			continue;
		es_unit_walk_begin(&fresh, ALL);
		fresh.options = w.options;
		fresh.options.lanes = 1;
		ck_assert_int_eq(es_unit_walk_now(&fresh), 0);
		check_equal(&w, &fresh);
		es_unit_walk_end(&fresh);
	}
}
END_TEST

START_TEST(any_number_of_lanes)
{
	uint64_t seed = 4711;
	struct es_unit_walk one;

	for (int i = 0; i < 3000; i++)
		mutate(&seed);
	es_unit_walk_run(&w);
	for (unsigned int lanes = 1; lanes <= 8; lanes++) {
		es_unit_walk_begin(&one, ALL);
		one.options.lanes = lanes;
		one.options.began = w.options.began;
		ck_assert_int_eq(es_unit_walk_now(&one), 0);
		ck_assert(!one.order_broken);
		check_equal(&w, &one);
		es_unit_walk_end(&one);
	}
	ck_assert_uint_ge(es_collect_lanes(), 2);
	ck_assert_uint_le(es_collect_lanes(), 8);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("collect_tree");
	TCase *t = tcase_create("collect_tree");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, es_unit_walk_setup, teardown);
	tcase_add_loop_test(t, deep_paths, 0, es_lengthof(depths));
	tcase_add_loop_test(t, more_parents_than_descriptors, 0, 2);
	tcase_add_test(t, wide_directories);
	tcase_add_loop_test(t, rows_make_no_difference, 0, 16);
	tcase_add_test(t, any_number_of_lanes);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
