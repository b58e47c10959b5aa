/* SPDX-License-Identifier: MIT */
/* test_pack.c - unit tests of writing objects, judged by git */
#include "config.h"

#include "etcsnap/fileio.h"
#include "etcsnap/store.h"
#include "etcsnap/tree.h"

#include "store/pack_priv.h"
#include "store_unit.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define PACKS REPO "/objects/pack"

static char dir[64];
static const struct es_oid none;

static void setup(void)
{
	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
}

static void teardown(void)
{
	es_unit_leave_dir(dir);
}

static struct es_store *open_locked(void)
{
	struct es_store *st;

	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 10, &err));
	return st;
}

/* Number of files in objects/pack whose names end so. */
static int count_files(const char *end)
{
	DIR *d = opendir(PACKS);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		const size_t len = strlen(e->d_name);

		n += e->d_name[0] != '.' && len >= strlen(end) &&
		     strcmp(e->d_name + len - strlen(end), end) == 0;
	}
	closedir(d);
	return n;
}

/* Bytes that compress in parts, different for each seed. */
static size_t make_content(char *out, size_t max, uint64_t seed)
{
	uint64_t state = seed * 2654435761u + 1;
	const size_t len = (size_t)(es_unit_random(&state) % (max + 1));
	size_t i = 0;

	while (i < len) {
		const uint64_t r = es_unit_random(&state);
		const size_t run_len = r % 30;

		for (size_t k = 0; k < run_len && i < len; k++)
			out[i++] = (char)(r >> 8 & (r & 64 ? 0xff : 0));
		if (i < len)
			out[i++] = (char)(r >> 24);
	}
	return len;
}

/* ----------------------------------------------------------- one object */

static const size_t sizes[] = {
	0,	1,     15,	16,	 2047,	  2048,	   262143,
	262144, 70000, 1000000, 1048576, 1048590, 5000000, 40000000,
};

/* Sizes around every step of the header, the buffer and zlib's window. */
START_TEST(objects_of_every_size)
{
	struct es_store *st = open_locked();
	struct es_lane *lane;
	char *data = malloc(sizes[_i] + 1);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];
	struct es_oid oid;
	struct es_error why = ES_ERROR_INIT;
	uint64_t state = 7;

	for (size_t i = 0; i < sizes[_i]; i++)
		data[i] = (char)(_i & 1 ? es_unit_random(&state) : i / 100);
	ok(es_lane_new(&lane, st, &err));
	put_text(lane, "before");
	ck_assert_int_eq(es_lane_put(&oid, lane, ES_KIND_BLOB, data, sizes[_i],
				     &why),
			 1);
	put_text(lane, "after");
	ck_assert_int_eq(es_lane_put(&oid, lane, ES_KIND_BLOB, data, sizes[_i],
				     &why),
			 0);
	for (int installed = 0; installed < 2; installed++) {
		ok(es_store_get(st, &oid, ES_KIND_BLOB, &out, &err));
		ck_assert_uint_eq(out.len, sizes[_i]);
		ck_assert_int_eq(memcmp(es_buf_str(&out), data, out.len), 0);
		ok(es_store_install(st, &err));
	}
	ck_assert_int_eq(es_lane_put(&oid, lane, ES_KIND_BLOB, data, sizes[_i],
				     &why),
			 0);
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict", "--full"), 0);
	/* And the id is git's. */
	FILE *f = fopen("data", "w");
	ck_assert_uint_eq(fwrite(data, 1, sizes[_i], f), sizes[_i]);
	fclose(f);
	ck_assert_int_eq(git(NULL, &out, "hash-object", "data"), 0);
	es_buf_truncate(&out, ES_OID_HEX);
	ck_assert_str_eq(es_buf_str(&out), es_oid_text(hex, &oid));
	free(data);
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

/* ---------------------------------------------------------- many threads */

#define N_OBJECTS 6000
#define N_THREADS 4

struct worker {
	pthread_t thread;
	struct es_store *st;
	struct es_oid *ids;
	unsigned int number;
	size_t new;
};

/* Without check's macros, since threads call it. */
static bool is_content(struct es_store *st, const struct es_oid *oid,
		       uint64_t seed)
{
	char want[9000];
	const size_t len = make_content(want, sizeof(want), seed);
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(9000);
	struct es_error err = ES_ERROR_INIT;

	return es_store_get(st, oid, ES_KIND_BLOB, &got, &err) == 0 &&
	       got.len == len && memcmp(es_buf_str(&got), want, len) == 0;
}

/*
 * Every object is put by two threads, at about the same time, and read back
 * by whoever put it, while others go on writing.
 */
static void *put_many(void *payload)
{
	struct worker *const w = payload;
	struct es_error err = ES_ERROR_INIT;
	struct es_lane *lane;
	char data[9000];

	if (es_lane_new(&lane, w->st, &err) < 0)
		abort();
	for (unsigned int i = 0; i < N_OBJECTS; i++) {
		if (i % N_THREADS != w->number &&
		    (i + 1) % N_THREADS != w->number)
			continue;
		const size_t len = make_content(data, sizeof(data), i);
		struct es_oid oid;
		const int rc =
			es_lane_put(&oid, lane, ES_KIND_BLOB, data, len, &err);

		if (rc < 0)
			abort();
		w->new += rc == 1;
		if (i % N_THREADS == w->number)
			w->ids[i] = oid;
		if (i % 16 == 0 && !is_content(w->st, &oid, i))
			abort();
	}
	es_lane_free(lane);
	return NULL;
}

START_TEST(many_threads_one_pack)
{
	struct es_store *st = open_locked();
	struct es_oid *ids = calloc(N_OBJECTS, sizeof(*ids));
	struct worker workers[N_THREADS];
	size_t new = 0;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);

	for (unsigned int i = 0; i < N_THREADS; i++) {
		workers[i] =
			(struct worker){ .st = st, .ids = ids, .number = i };
		pthread_create(&workers[i].thread, NULL, put_many, &workers[i]);
	}
	for (unsigned int i = 0; i < N_THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		new += workers[i].new;
	}
	for (unsigned int i = 0; i < N_OBJECTS; i++)
		ck_assert(is_content(st, &ids[i], i));
	ck_assert_int_eq(count_files(".pack"), 0);
	ok(es_store_install(st, &err));
	ck_assert_int_eq(count_files(".pack"), 1);
	ck_assert_int_eq(count_files(".idx"), 1);
	ck_assert_int_eq(count_files(""), 2);
	for (unsigned int i = 0; i < N_OBJECTS; i++)
		ck_assert(is_content(st, &ids[i], i));
	/* Every object once, and git agrees on their number. */
	ck_assert_int_eq(git(NULL, &out, "cat-file", "--batch-all-objects",
			     "--batch-check"),
			 0);
	size_t lines = 0;
	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	ck_assert_uint_eq(lines, new);
	free(ids);
	es_store_free(st);
}
END_TEST

/* The first file in objects/pack whose name ends so, as a path. */
static void find_file(char path[300], const char *end)
{
	DIR *d = opendir(PACKS);

	path[0] = '\0';
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		const size_t len = strlen(e->d_name);

		if (len > strlen(end) &&
		    strcmp(e->d_name + len - strlen(end), end) == 0)
			snprintf(path, 300, PACKS "/%s", e->d_name);
	}
	closedir(d);
	ck_assert_int_ne(path[0], '\0');
}

START_TEST(git_takes_pack_and_index)
{
	struct es_store *st = open_locked();
	struct es_lane *lane;
	char data[3000], pack[300], idx[300];
	struct es_oid oid, tree;
	ES_CLEANUP(es_tree_builder_freep)
	struct es_tree_builder *b = es_tree_builder_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf ours = ES_BUF_INIT(1 << 24);
	ES_CLEANUP(es_buf_dispose) struct es_buf gits = ES_BUF_INIT(1 << 24);
	struct stat sb;

	ok(es_lane_new(&lane, st, &err));
	for (unsigned int i = 0; i < 2000; i++) {
		char name[16];
		const size_t len = make_content(data, sizeof(data), i);
		const int n = snprintf(name, sizeof(name), "f%u", i);

		ok(es_lane_put(&oid, lane, ES_KIND_BLOB, data, len, &err));
		ck_assert_int_eq(es_tree_builder_add(b, name, (size_t)n,
						     ES_MODE_FILE, &oid),
				 0);
	}
	ok(es_tree_builder_write(&tree, b, lane, &err));
	const struct es_oid id = put_commit(lane, &tree, NULL, "all", 1);
	ok(es_store_install(st, &err));
	ok(es_store_move(st, "main", &id, &none, &err));
	find_file(pack, ".pack");
	find_file(idx, ".idx");
	ck_assert_int_eq(stat(pack, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 07777, 0400);
	ck_assert_int_eq(stat(idx, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 07777, 0400);
	ck_assert_int_eq(git(NULL, NULL, "verify-pack", idx), 0);
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict", "--full"), 0);
	ck_assert_int_eq(git(NULL, NULL, "index-pack", "--strict", "-o",
			     "git.idx", pack),
			 0);
	/* Byte for byte what git makes of it. */
	struct es_error why = ES_ERROR_INIT;
	ck_assert_int_eq(es_read_file(&ours, AT_FDCWD, idx, &why), 0);
	ck_assert_int_eq(es_read_file(&gits, AT_FDCWD, "git.idx", &why), 0);
	ck_assert_uint_eq(ours.len, gits.len);
	ck_assert_int_eq(memcmp(ours.data, gits.data, ours.len), 0);
	ck_assert_int_eq(run((const char *const[]){ "git", "clone", "-q", REPO,
						    "clone", NULL },
			     NULL, NULL),
			 0);
	ck_assert_int_eq(access("clone/f1999", F_OK), 0);
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

/* Ids that fall into one bucket of the sort, and offsets over 2 GiB. */
START_TEST(index_of_a_strange_pack)
{
	struct es_packed objects[300];
	struct es_pack p = { .objects = objects, .n = es_lengthof(objects) };
	const uint8_t trailer[ES_SHA1_LEN] = { 1, 2, 3 };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 24);
	struct es_error why = ES_ERROR_INIT;
	uint64_t state = 3;

	memset(objects, 0, sizeof(objects));
	for (size_t i = 0; i < p.n; i++) {
		const uint64_t r = es_unit_random(&state);

		memcpy(objects[i].id.id + 2, &r, sizeof(r));
		objects[i].off = 12 + i * 20000000;
		objects[i].crc = (uint32_t)i;
	}
	const int fd = open("x.idx", O_CREAT | O_RDWR, 0600);
	ok(es_pack_index_write(&p, fd, trailer, &err));
	close(fd);
	/* git show-index prints OFFSET ID (CRC), and checks nothing else. */
	ck_assert_int_eq(git("x.idx", &out, "show-index"), 0);
	char last[ES_OID_HEX + 1] = "";
	const char *line = es_buf_str(&out);
	size_t lines = 0;
	for (; *line; line = strchr(line, '\n') + 1, lines++) {
		unsigned long long off, crc;
		char id[ES_OID_HEX + 1];

		ck_assert_int_eq(
			sscanf(line, "%llu %40s (%llx)", &off, id, &crc), 3);
		ck_assert_uint_eq(off, 12 + crc * 20000000);
		ck_assert_int_lt(strcmp(last, id), 0);
		memcpy(last, id, sizeof(last));
	}
	ck_assert_uint_eq(lines, p.n);
	ck_assert_int_eq(why.code, 0);
}
END_TEST

/* -------------------------------------------------- discard and failures */

START_TEST(discard_leaves_nothing)
{
	struct es_store *st = open_locked();
	struct es_lane *lane;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	ok(es_lane_new(&lane, st, &err));
	ok(es_store_install(st, &err));
	ck_assert_int_eq(count_files(""), 0);
	for (int i = 0; i < 2; i++) {
		const struct es_oid oid = put_text(lane, "pending");
		ck_assert_int_eq(count_files(""), 1);
		ok(es_store_get(st, &oid, ES_KIND_BLOB, &out, &err));
		es_store_discard(st);
		ck_assert_int_eq(count_files(""), 0);
		fails(-ENOENT, "there is no blob",
		      es_store_get(st, &oid, ES_KIND_BLOB, &out, &err));
	}
	/* The close discards as well. */
	put_text(lane, "pending");
	es_lane_free(lane);
	es_store_free(st);
	ck_assert_int_eq(count_files(""), 0);
}
END_TEST

START_TEST(a_second_pack_of_one_store)
{
	struct es_store *st = open_locked();
	struct es_lane *lane;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	ok(es_lane_new(&lane, st, &err));
	const struct es_oid a = put_text(lane, "a");
	ok(es_store_install(st, &err));
	put_text(lane, "a");
	ok(es_store_install(st, &err));
	ck_assert_int_eq(count_files(".pack"), 1);
	const struct es_oid b = put_text(lane, "b");
	ok(es_store_install(st, &err));
	ck_assert_int_eq(count_files(".pack"), 2);
	ok(es_store_get(st, &a, ES_KIND_BLOB, &out, &err));
	ok(es_store_get(st, &b, ES_KIND_BLOB, &out, &err));
	ck_assert_str_eq(es_buf_str(&out), "b");
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

/* Writes after this many bytes fail as on a full disk. */
static void limit_file_size(rlim_t bytes)
{
	const struct rlimit limit = { bytes, bytes };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(full_disk_while_putting)
{
	struct es_store *st = open_locked();
	struct es_error why = ES_ERROR_INIT;
	struct es_lane *lane;
	struct es_oid oid;
	uint64_t state = 9;
	char data[100000];
	int rc = 0;

	ok(es_lane_new(&lane, st, &err));
	limit_file_size(3000000);
	for (int i = 0; i < 100 && rc >= 0; i++) {
		for (size_t k = 0; k < sizeof(data); k++)
			data[k] = (char)es_unit_random(&state);
		rc = es_lane_put(&oid, lane, ES_KIND_BLOB, data, sizeof(data),
				 &why);
	}
	ck_assert_int_eq(rc, -EFBIG);
	ck_assert_ptr_nonnull(strstr(why.msg, "cannot write a pack"));
	/* It stays failed: what was lost may be referred to. */
	fails(-EFBIG, "cannot write a pack",
	      es_lane_put(&oid, lane, ES_KIND_BLOB, "new", 3, &err));
	fails(-EFBIG, "cannot write a pack", es_store_install(st, &err));
	es_store_discard(st);
	ck_assert_int_eq(count_files(""), 0);
	oid = put_text(lane, "small again");
	ok(es_store_install(st, &err));
	es_lane_free(lane);
	es_store_free(st);
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict", "--full"), 0);
}
END_TEST

/* The index does not fit where the pack just did, and the other way. */
START_TEST(full_disk_while_installing)
{
	struct es_store *st = open_locked();
	struct es_lane *lane;
	char text[32];

	ok(es_lane_new(&lane, st, &err));
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%d", i);
		put_text(lane, text);
	}
	limit_file_size(_i ? 3000 : 100);
	fails(-EFBIG, "cannot write", es_store_install(st, &err));
	ck_assert_int_eq(count_files(".pack"), 0);
	ck_assert_int_eq(count_files(".idx"), 0);
	fails(-EFBIG, "cannot write",
	      es_lane_put(&(struct es_oid){ 0 }, lane, ES_KIND_BLOB, "x", 1,
			  &err));
	es_lane_free(lane);
	es_store_free(st);
	ck_assert_int_eq(count_files(""), 0);
}
END_TEST

START_TEST(a_pack_that_cannot_be_made)
{
	struct es_store *st = open_locked();
	struct es_lane *lane;
	struct es_oid oid;

	ok(es_lane_new(&lane, st, &err));
	ck_assert_int_eq(rename(PACKS, "away"), 0);
	fails(-ENOENT, "objects/pack",
	      es_lane_put(&oid, lane, ES_KIND_BLOB, "x", 1, &err));
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

START_TEST(damage_is_found)
{
	struct es_store *st = open_locked();
	struct es_lane *lane;
	char pack[300];
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	ok(es_lane_new(&lane, st, &err));
	const struct es_oid oid = put_text(lane, "some text, some text");
	ok(es_store_install(st, &err));
	es_lane_free(lane);
	es_store_free(st);
	find_file(pack, ".pack");
	chmod(pack, 0600);
	const int fd = open(pack, O_RDWR);
	unsigned char byte;
	ck_assert_int_eq(pread(fd, &byte, 1, 20), 1);
	byte ^= 0x10;
	ck_assert_int_eq(pwrite(fd, &byte, 1, 20), 1);
	close(fd);
	ok(es_store_open(&st, REPO, &err));
	fails(-EIO, "cannot read blob",
	      es_store_get(st, &oid, ES_KIND_BLOB, &out, &err));
	es_store_free(st);
}
END_TEST

/* ----------------------------------------------------------------- kills */

/* Runs as fast as it can, each with a few objects, until it is killed. */
static void write_runs(uint64_t seed)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_store *st;
	struct es_lane *lane;
	struct es_oid tip, tree;
	char text[5000];

	if (es_store_open(&st, REPO, &err) < 0 ||
	    es_store_lock(st, 10, &err) < 0 || es_lane_new(&lane, st, &err) < 0)
		_exit(1);
	for (;;) {
		struct es_tree_builder *b = es_tree_builder_new();

		if (es_store_tip(&tip, st, "main", &err) < 0)
			_exit(2);
		for (int i = 0; i < 5; i++) {
			struct es_oid oid;
			const size_t len =
				make_content(text, sizeof(text), ++seed);

			if (es_lane_put(&oid, lane, ES_KIND_BLOB, text, len,
					&err) < 0)
				_exit(3);
			es_tree_builder_add(b, &"abcde"[i], 1, ES_MODE_FILE,
					    &oid);
		}
		const struct es_signature who = { "x", "y", 1, 0 };
		struct es_commit_draft draft = { .parent = tip,
						 .author = who,
						 .committer = who,
						 .message = "m" };
		if (es_tree_builder_write(&tree, b, lane, &err) < 0)
			_exit(4);
		draft.tree = tree;
		struct es_oid id;
		if (es_commit_write(&id, lane, &draft, &err) < 0 ||
		    es_store_install(st, &err) < 0 ||
		    es_store_move(st, "main", &id, &tip, &err) < 0)
			_exit(5);
		es_tree_builder_free(b);
	}
}

START_TEST(killed_at_any_instant)
{
	uint64_t state = 4711;
	int status;

	for (int i = 0; i < 40; i++) {
		const pid_t pid = fork();

		if (pid == 0)
			write_runs(1000000u * (unsigned int)(i + 1));
		const uint64_t r = es_unit_random(&state) % 30000000;
		nanosleep(&(struct timespec){ 0, (long)r }, NULL);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFSIGNALED(status), "exit status %d",
			      WEXITSTATUS(status));
		struct es_store *st = open_locked();
		const int names = count_files("");
		const int packs = count_files(".pack");
		/* At most packs that died before they got their index. */
		ck_assert_int_eq(names, packs + count_files(".idx"));
		es_store_free(st);
		if (i % 10 == 9)
			ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict",
					     "--full"),
					 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pack");
	TCase *t = tcase_create("pack");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, objects_of_every_size, 0, es_lengthof(sizes));
	tcase_add_test(t, many_threads_one_pack);
	tcase_add_test(t, git_takes_pack_and_index);
	tcase_add_test(t, index_of_a_strange_pack);
	tcase_add_test(t, discard_leaves_nothing);
	tcase_add_test(t, a_second_pack_of_one_store);
	tcase_add_test(t, full_disk_while_putting);
	tcase_add_loop_test(t, full_disk_while_installing, 0, 2);
	tcase_add_test(t, a_pack_that_cannot_be_made);
	tcase_add_test(t, damage_is_found);
	tcase_add_test(t, killed_at_any_instant);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
