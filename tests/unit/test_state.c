/* SPDX-License-Identifier: MIT */
/* test_state.c - unit tests of the cache beside the repository */
#include "config.h"

#include "etcsnap/listing.h"
#include "etcsnap/state.h"

#include "unit.h"

#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define DB "state.db"

#define ok(call)                                                           \
	do {                                                               \
		struct es_error err = ES_ERROR_INIT;                       \
		const int rc_ = (call);                                    \
		ck_assert_msg(rc_ >= 0, "%s: %d %s", #call, rc_, err.msg); \
	} while (0)

static char dir[64];

static void setup(void)
{
	es_unit_enter_dir(dir);
}

static void teardown(void)
{
	es_unit_leave_dir(dir);
}

static struct es_state_basis make_basis(unsigned int n)
{
	struct es_state_basis b = {
		.rules = n, .key = 2, .ids = 3, .program = 4
	};

	memset(b.commit, (int)n, sizeof(b.commit));
	return b;
}

/* A listing that tells for which path and which turn it was made. */
static struct es_listing_writer make_row(const char *path, unsigned int turn,
					 size_t entries)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry e = { .name = ".",
			      .name_len = 1,
			      .type = ES_TYPE_DIR,
			      .watch = ES_WATCH_YES,
			      .has = ES_HAS_STAT };
	char name[300];

	e.uid = turn;
	e.xattr = path;
	e.xattr_len = strlen(path);
	es_listing_begin(&w, &e);
	e = (struct es_entry){ .name = name,
			       .type = ES_TYPE_FILE,
			       .watch = ES_WATCH_YES,
			       .class = ES_CLASS_MIRROR,
			       .has = ES_HAS_STAT | ES_HAS_SHA256 };
	for (size_t i = 0; i < entries; i++) {
		e.name_len =
			(size_t)snprintf(name, sizeof(name), "file%06zu", i);
		e.size = i;
		es_listing_add(&w, &e);
	}
	struct es_error err = ES_ERROR_INIT;
	if (es_listing_end(&w, &err) < 0)
		abort();
	return w;
}

/* Without check's macros, for threads and for processes that get killed. */
static void put_plain(struct es_state *st, const char *path, unsigned int turn,
		      size_t entries)
{
	struct es_listing_writer w = make_row(path, turn, entries);
	struct es_error err = ES_ERROR_INIT;

	if (es_state_put(st, path, strlen(path), w.buf.data, w.buf.len, &err) <
	    0)
		abort();
	es_listing_dispose(&w);
}

static void put(struct es_state *st, const char *path, unsigned int turn,
		size_t entries)
{
	struct es_listing_writer w = make_row(path, turn, entries);

	ok(es_state_put(st, path, strlen(path), w.buf.data, w.buf.len, &err));
	es_listing_dispose(&w);
}

/*
 * Turn of the row of a path; -1: there is none, -2: it is wrong. Without
 * check's macros, since threads call it.
 */
static int get(struct es_state *st, unsigned int lane, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error err = ES_ERROR_INIT;
	struct es_listing_reader r;
	struct es_entry e;
	const int rc = es_state_get(st, lane, path, strlen(path), &out, &err);

	if (rc == 0)
		return -1;
	if (rc < 0 || es_listing_open(&r, out.data, out.len) < 0 ||
	    es_listing_next(&r, &e) != 1 || e.xattr_len != strlen(path) ||
	    (e.xattr_len && memcmp(e.xattr, path, e.xattr_len) != 0))
		return -2;
	return (int)e.uid;
}

static struct es_state *open_state(unsigned int lanes)
{
	struct es_state *st;

	ok(es_state_open(&st, DB, lanes, &err));
	return st;
}

/* A file with these rows, of the turn 1 and the basis 1. */
static void make_state(const char *const paths[], size_t n, size_t entries)
{
	struct es_state *st = open_state(1);
	const struct es_state_basis basis = make_basis(1);

	for (size_t i = 0; i < n; i++)
		put(st, paths[i], 1, entries);
	ok(es_state_save(st, &basis, &err));
	es_state_free(st);
}

static const char *const some_paths[] = { "", "/etc", "/etc/ssh", "/usr" };
#define N_SOME es_lengthof(some_paths)

/* ----------------------------------------------------------- round trip */

static const char *const strange_paths[] = {
	"",
	"/",
	"/etc",
	"/etc/a b",
	"/etc/new\nline",
	"/etc/%41",
	"/etc/_",
	"/etc/\xff\xfe",
	"/etc/\x80",
	"/etc/'; DROP TABLE dir; --",
	"/etc/\"",
};

START_TEST(rows_come_back)
{
	struct stat sb;
	struct es_state *st = open_state(2);
	struct es_state_basis basis = make_basis(7);

	ck_assert_ptr_null(es_state_problem(st));
	ck_assert_ptr_null(es_state_basis(st));
	ck_assert(!es_state_is_dirty(st));
	for (size_t i = 0; i < es_lengthof(strange_paths); i++)
		put(st, strange_paths[i], (unsigned int)i, i * 40);
	ck_assert(es_state_is_dirty(st));
	/* As it was when it was opened. */
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	umask(0);
	ok(es_state_save(st, &basis, &err));
	ck_assert(!es_state_is_dirty(st));
	ck_assert_int_eq(stat(DB, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 07777, 0600);
	ck_assert_int_eq(access(DB "-journal", F_OK), -1);
	ck_assert_int_eq(access(DB ".new", F_OK), -1);
	es_state_free(st);
	st = open_state(2);
	ck_assert_ptr_null(es_state_problem(st));
	ck_assert_ptr_nonnull(es_state_basis(st));
	ck_assert_int_eq(memcmp(es_state_basis(st), &basis, sizeof(basis)), 0);
	for (size_t i = 0; i < es_lengthof(strange_paths); i++)
		for (unsigned int lane = 0; lane < 2; lane++)
			ck_assert_int_eq(get(st, lane, strange_paths[i]),
					 (int)i);
	ck_assert_int_eq(get(st, 0, "/et"), -1);
	ck_assert_int_eq(get(st, 0, "/etc/"), -1);
	es_state_free(st);
	es_state_free(NULL);
}
END_TEST

START_TEST(nothing_changed_nothing_written)
{
	struct stat before, after;
	const struct es_state_basis basis = make_basis(1);
	const struct es_state_basis other = make_basis(2);

	make_state(some_paths, N_SOME, 10);
	ck_assert_int_eq(stat(DB, &before), 0);
	struct es_state *st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), 1);
	ok(es_state_save(st, &basis, &err));
	es_state_free(st);
	ck_assert_int_eq(stat(DB, &after), 0);
	ck_assert_int_eq(memcmp(&before.st_mtim, &after.st_mtim,
				sizeof(after.st_mtim)),
			 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	/* Only the basis. */
	st = open_state(1);
	ok(es_state_save(st, &other, &err));
	es_state_free(st);
	st = open_state(1);
	ck_assert_uint_eq(es_state_basis(st)->rules, 2);
	ck_assert_int_eq(get(st, 0, "/etc"), 1);
	es_state_free(st);
}
END_TEST

START_TEST(a_save_changes_what_was_put)
{
	const struct es_state_basis basis = make_basis(2);

	make_state(some_paths, N_SOME, 100);
	struct es_state *st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/usr"), 1);
	put(st, "/etc", 2, 200);
	put(st, "/new", 2, 0);
	put(st, "/new", 3, 5);
	ck_assert_int_eq(get(st, 0, "/etc"), 1);
	ok(es_state_save(st, &basis, &err));
	/* After the save its rows are the new ones. */
	ck_assert_int_eq(get(st, 0, "/etc"), 2);
	es_state_free(st);
	st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), 2);
	ck_assert_int_eq(get(st, 0, "/new"), 3);
	ck_assert_int_eq(get(st, 0, "/usr"), 1);
	ck_assert_int_eq(get(st, 0, ""), 1);
	es_state_free(st);
}
END_TEST

START_TEST(reset_forgets_every_row)
{
	const struct es_state_basis basis = make_basis(2);

	make_state(some_paths, N_SOME, 10);
	struct es_state *st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), 1);
	es_state_reset(st);
	ck_assert_ptr_null(es_state_basis(st));
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	ck_assert(es_state_is_dirty(st));
	put(st, "/usr", 2, 1);
	es_state_free(st);
	/* The file itself changes with the save. */
	st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), 1);
	es_state_reset(st);
	put(st, "/usr", 2, 1);
	ok(es_state_save(st, &basis, &err));
	es_state_free(st);
	st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	ck_assert_int_eq(get(st, 0, "/usr"), 2);
	es_state_free(st);
}
END_TEST

/* ---------------------------------------------------------------- drops */

static const struct {
	const char *drop;
	const char *path;
	bool gone;
} drops[] = {
	{ "/etc/ssh", "/etc/ssh", true },
	{ "/etc/ssh", "/etc/ssh/a", true },
	{ "/etc/ssh", "/etc/ssh/a/b/c", true },
	{ "/etc/ssh", "/etc/ssh/\xff\xff\xff", true },
	{ "/etc/ssh", "/etc/ssh/\x01", true },
	{ "/etc/ssh", "/etc/ssh/%", true },
	{ "/etc/ssh", "/etc/ssh0", false },
	{ "/etc/ssh", "/etc/ssh.d/x", false },
	{ "/etc/ssh", "/etc/ss", false },
	{ "/etc/ssh", "/etc", false },
	{ "/etc/ssh", "", false },
	{ "/etc/%", "/etc/%", true },
	{ "/etc/%", "/etc/%/x", true },
	{ "/etc/%", "/etc/a", false },
	{ "/etc/%", "/etc/a/x", false },
	{ "/etc/_", "/etc/a/x", false },
	{ "/etc/\xff", "/etc/\xff/a", true },
	{ "/etc/\xff", "/etc/\xff\xff", false },
	{ "/etc/\xff", "/etc/\xfe/x", false },
	{ "/etc/A", "/etc/a/x", false },
	{ "/a'b", "/a'b/c", true },
};

START_TEST(drop_takes_a_directory_and_all_below)
{
	const char *const paths[] = { drops[_i].path };
	const struct es_state_basis basis = make_basis(2);
	const size_t len = strlen(drops[_i].drop);

	make_state(paths, 1, 3);
	struct es_state *st = open_state(1);
	ok(es_state_drop(st, drops[_i].drop, len, &err));
	ck_assert(es_state_is_dirty(st));
	ok(es_state_save(st, &basis, &err));
	es_state_free(st);
	st = open_state(1);
	ck_assert_int_eq(get(st, 0, drops[_i].path), drops[_i].gone ? -1 : 1);
	es_state_free(st);
}
END_TEST

START_TEST(puts_stay_whatever_the_order)
{
	const struct es_state_basis basis = make_basis(2);

	make_state(some_paths, N_SOME, 3);
	struct es_state *st = open_state(1);
	put(st, "/etc/ssh", 5, 1);
	ok(es_state_drop(st, "/etc", 4, &err));
	put(st, "/etc/new", 5, 1);
	ok(es_state_save(st, &basis, &err));
	es_state_free(st);
	st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	ck_assert_int_eq(get(st, 0, "/etc/ssh"), 5);
	ck_assert_int_eq(get(st, 0, "/etc/new"), 5);
	ck_assert_int_eq(get(st, 0, "/usr"), 1);
	es_state_free(st);
}
END_TEST

/* ----------------------------------------------------------------- size */

/* More than is kept in memory, from several threads. */
#define N_MANY 6000

static void *put_many(void *payload)
{
	struct es_state *const st = payload;
	char path[32];

	for (unsigned int i = 0; i < N_MANY; i++) {
		snprintf(path, sizeof(path), "/d%u/%x", i % 7, i);
		put_plain(st, path, i, 20);
	}
	return NULL;
}

struct reader {
	pthread_t thread;
	struct es_state *st;
	unsigned int lane;
	unsigned int wrong;
};

static void *get_many(void *payload)
{
	struct reader *const r = payload;
	char path[32];

	for (unsigned int i = 0; i < N_MANY; i++) {
		snprintf(path, sizeof(path), "/d%u/%x", i % 7, i);
		r->wrong += get(r->st, r->lane, path) != (int)i;
	}
	return NULL;
}

START_TEST(many_rows_many_threads)
{
	const struct es_state_basis basis = make_basis(1);
	struct es_state *st = open_state(3);
	struct reader readers[3];

	if (_i)
		make_state(some_paths, N_SOME, 3);
	for (unsigned int i = 0; i < 3; i++)
		pthread_create(&readers[i].thread, NULL, put_many, st);
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(readers[i].thread, NULL);
	ok(es_state_save(st, &basis, &err));
	es_state_free(st);
	st = open_state(3);
	for (unsigned int i = 0; i < 3; i++) {
		readers[i].st = st;
		readers[i].lane = i;
		readers[i].wrong = 0;
		pthread_create(&readers[i].thread, NULL, get_many, &readers[i]);
	}
	for (unsigned int i = 0; i < 3; i++) {
		pthread_join(readers[i].thread, NULL);
		ck_assert_uint_eq(readers[i].wrong, 0);
	}
	es_state_free(st);
}
END_TEST

START_TEST(a_row_of_any_size)
{
	static const size_t counts[] = { 0, 1, 40, 41, 200, 1000, 30000 };
	const char *const paths[] = { "/big" };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error err = ES_ERROR_INIT;

	make_state(paths, 1, counts[_i]);
	struct es_listing_writer w = make_row("/big", 1, counts[_i]);
	struct es_state *st = open_state(1);
	ck_assert_int_eq(es_state_get(st, 0, "/big", 4, &out, &err), 1);
	ck_assert_uint_eq(out.len, w.buf.len);
	ck_assert_int_eq(memcmp(out.data, w.buf.data, out.len), 0);
	/* The caller's ceiling holds. */
	ES_CLEANUP(es_buf_dispose) struct es_buf small = ES_BUF_INIT(8);
	ck_assert_int_eq(es_state_get(st, 0, "/big", 4, &small, &err), -EFBIG);
	es_listing_dispose(&w);
	es_state_free(st);
}
END_TEST

/* --------------------------------------------------------------- damage */

static size_t file_size(const char *path)
{
	struct stat sb;

	ck_assert_int_eq(stat(path, &sb), 0);
	return (size_t)sb.st_size;
}

static void flip(const char *path, size_t at, unsigned char with)
{
	const int fd = open(path, O_RDWR);
	unsigned char byte;

	ck_assert_int_eq(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= with;
	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

/*
 * Whatever is damaged: no row is wrong, no call fails, and after a save all
 * that was put is there.
 */
static void use_damaged(void)
{
	const struct es_state_basis basis = make_basis(9);
	struct es_state *st = open_state(2);
	const struct es_state_basis *was = es_state_basis(st);

	if (was)
		ck_assert_uint_eq(was->commit[7], 1);
	else
		ck_assert(es_state_problem(st) || file_size(DB) == 0);
	for (size_t i = 0; i < N_SOME; i++) {
		const int turn = get(st, (unsigned int)i % 2, some_paths[i]);

		ck_assert(turn == 1 || turn == -1);
	}
	for (size_t i = 0; i < N_SOME; i++)
		put(st, some_paths[i], 3, 30);
	ok(es_state_drop(st, "/gone", 5, &err));
	ok(es_state_save(st, &basis, &err));
	ck_assert_ptr_null(es_state_problem(st));
	es_state_free(st);
	st = open_state(1);
	ck_assert_ptr_null(es_state_problem(st));
	ck_assert_uint_eq(es_state_basis(st)->commit[7], 9);
	for (size_t i = 0; i < N_SOME; i++)
		ck_assert_int_eq(get(st, 0, some_paths[i]), 3);
	es_state_free(st);
}

static void copy_file(const char *from, const char *to)
{
	char data[4096];
	const int in = open(from, O_RDONLY);
	const int out = open(to, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	ssize_t n;

	while ((n = read(in, data, sizeof(data))) > 0)
		ck_assert_int_eq(write(out, data, (size_t)n), n);
	close(in);
	close(out);
}

/* Dense in the header, less so in the schema, then a sample of all pages. */
START_TEST(damage_at_any_byte)
{
	make_state(some_paths, N_SOME, 30);
	copy_file(DB, "good");
	const size_t size = file_size("good");
	for (size_t at = (size_t)_i; at < size; at += at < 112	  ? 4
						      : at < 1024 ? 97
								  : 977) {
		copy_file("good", DB);
		flip(DB, at, _i % 2 ? 0xff : (unsigned char)(1 << at % 8));
		use_damaged();
	}
}
END_TEST

START_TEST(truncated_anywhere)
{
	make_state(some_paths, N_SOME, 300);
	copy_file(DB, "good");
	const size_t size = file_size("good");
	for (size_t at = 0; at < size; at += 1 + size / 30) {
		copy_file("good", DB);
		ck_assert_int_eq(truncate(DB, (off_t)at), 0);
		use_damaged();
	}
}
END_TEST

START_TEST(damaged_rows_are_none)
{
	struct es_listing_writer w = make_row("/etc", 1, 30);
	char data[65536];
	size_t n = 0;

	make_state(some_paths, N_SOME, 30);
	FILE *f = fopen(DB, "r");
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	/* Somewhere in the middle of that row. */
	const char *row = memmem(data, n, w.buf.data, w.buf.len);
	ck_assert_ptr_nonnull(row);
	flip(DB, (size_t)(row - data) + 1000, 1);
	es_listing_dispose(&w);
	struct es_state *st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	ck_assert_int_eq(get(st, 0, "/usr"), 1);
	ck_assert_ptr_null(es_state_problem(st));
	es_state_free(st);
}
END_TEST

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	ck_assert_int_eq(sqlite3_open(DB, &db), SQLITE_OK);
	const int rc = sqlite3_exec(db, sql, NULL, NULL, &why);
	ck_assert_msg(rc == SQLITE_OK, "%s", why ? why : "");
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* An index that leads to another directory's row, itself without fault. */
START_TEST(a_row_of_another_directory)
{
	make_state(some_paths, N_SOME, 30);
	run_sql("UPDATE dir SET row = (SELECT row FROM dir WHERE "
		"path = CAST('/usr' AS BLOB)) "
		"WHERE path = CAST('/etc' AS BLOB)");
	struct es_state *st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/usr"), 1);
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	es_state_free(st);
}
END_TEST

static const struct {
	const char *sql;
	const char *problem; /* NULL: none */
} versions[] = {
	{ "PRAGMA user_version = 3", "newer etcsnap" },
	{ "PRAGMA user_version = 1", "older etcsnap" },
	{ "PRAGMA application_id = 0", "damaged" },
	{ "PRAGMA application_id = 1", "damaged" },
	{ "DELETE FROM meta", "damaged" },
	{ "DROP TABLE meta", "damaged" },
	{ "UPDATE meta SET basis = x'00'", "damaged" },
	{ "UPDATE meta SET basis = zeroblob(80)", "damaged" },
	{ "DROP TABLE dir", NULL },
	{ "DELETE FROM dir", NULL },
	{ "UPDATE dir SET row = x''", NULL },
	{ "UPDATE dir SET row = 'text'", NULL },
	{ "UPDATE dir SET row = 5", NULL },
};

START_TEST(made_by_others_or_changed)
{
	make_state(some_paths, N_SOME, 30);
	run_sql(versions[_i].sql);
	struct es_state *st = open_state(1);
	if (versions[_i].problem) {
		ck_assert_ptr_nonnull(es_state_problem(st));
		ck_assert_ptr_nonnull(
			strstr(es_state_problem(st), versions[_i].problem));
		ck_assert_ptr_null(es_state_basis(st));
		ck_assert(es_state_is_dirty(st));
	} else {
		ck_assert_ptr_null(es_state_problem(st));
	}
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	es_state_free(st);
	use_damaged();
}
END_TEST

/* ------------------------------------------------------------- strangers */

START_TEST(a_foreign_database_is_left_alone)
{
	static const char *const sqls[] = {
		"PRAGMA application_id = 77; CREATE TABLE t(a)",
		"CREATE TABLE t(a); INSERT INTO t VALUES(1)",
		"PRAGMA application_id = 77",
		"CREATE TABLE dir(a); CREATE TABLE other(a)",
	};
	const struct es_state_basis basis = make_basis(1);
	struct es_error err = ES_ERROR_INIT;

	run_sql(sqls[_i]);
	copy_file(DB, "was");
	struct es_state *st = open_state(1);
	ck_assert_ptr_nonnull(strstr(es_state_problem(st), "another program"));
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	put(st, "/etc", 1, 1);
	ck_assert_int_eq(es_state_save(st, &basis, &err), -EEXIST);
	ck_assert_ptr_nonnull(strstr(err.msg, "state.db"));
	ck_assert_ptr_nonnull(strstr(err.msg, "move it away"));
	es_state_free(st);
	ck_assert_uint_eq(file_size(DB), file_size("was"));
}
END_TEST

START_TEST(what_is_no_database_is_kept)
{
	const struct es_state_basis basis = make_basis(1);
	FILE *f = fopen(DB, "w");

	fputs("Somebody's notes, long enough to be looked at by SQLite, which "
	      "takes a file of less than a hundred bytes for an empty one.\n",
	      f);
	fclose(f);
	const size_t size = file_size(DB);
	struct es_state *st = open_state(1);
	ck_assert_ptr_nonnull(strstr(es_state_problem(st), "not a database"));
	put(st, "/etc", 1, 1);
	ok(es_state_save(st, &basis, &err));
	ck_assert_int_eq(get(st, 0, "/etc"), 1);
	es_state_free(st);
	ck_assert_uint_eq(file_size(DB ".bad"), size);
}
END_TEST

START_TEST(no_regular_file)
{
	const struct es_state_basis basis = make_basis(1);
	struct es_error err = ES_ERROR_INIT;

	switch (_i) {
	case 0:
		ck_assert_int_eq(mkdir(DB, 0700), 0);
		break;
	case 1:
		ck_assert_int_eq(mkfifo(DB, 0600), 0);
		break;
	default:
		ck_assert_int_eq(symlink("elsewhere", DB), 0);
	}
	struct es_state *st = open_state(1);
	ck_assert_ptr_nonnull(strstr(es_state_problem(st), "regular file"));
	ck_assert_int_eq(es_state_save(st, &basis, &err), -EEXIST);
	es_state_free(st);
	ck_assert_int_eq(access("elsewhere", F_OK), -1);
}
END_TEST

START_TEST(a_file_of_another_user)
{
	if (geteuid() != 0)
		return;
	make_state(some_paths, N_SOME, 1);
	ck_assert_int_eq(chown(DB, 12345, 12345), 0);
	struct es_state *st = open_state(1);
	ck_assert_ptr_nonnull(strstr(es_state_problem(st), "another user"));
	ck_assert_int_eq(get(st, 0, "/etc"), -1);
	es_state_free(st);
}
END_TEST

/* ------------------------------------------------------ where it cannot */

static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(".", 65534, 65534), 0);
	if (access(DB, F_OK) == 0)
		ck_assert_int_eq(chown(DB, 65534, 65534), 0);
	ck_assert_int_eq(seteuid(65534), 0);
}

START_TEST(a_directory_without_write_permission)
{
	const struct es_state_basis basis = make_basis(2);
	struct es_error err = ES_ERROR_INIT;

	if (_i)
		make_state(some_paths, N_SOME, 1);
	become_nobody();
	ck_assert_int_eq(chmod(".", 0500), 0);
	struct es_state *st = open_state(1);
	ck_assert_ptr_null(es_state_problem(st));
	ck_assert_int_eq(get(st, 0, "/etc"), _i ? 1 : -1);
	put(st, "/etc", 2, 1);
	ck_assert_int_eq(es_state_save(st, &basis, &err), -EACCES);
	ck_assert_ptr_nonnull(strstr(err.msg, "state.db"));
	ck_assert_ptr_nonnull(strstr(err.msg, "Permission denied"));
	es_state_free(st);
	ck_assert_int_eq(chmod(".", 0700), 0);
	st = open_state(1);
	ck_assert_int_eq(get(st, 0, "/etc"), _i ? 1 : -1);
	es_state_free(st);
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(a_full_disk)
{
	const struct rlimit limit = { 100000, 100000 };
	const struct es_state_basis basis = make_basis(2);
	struct es_error err = ES_ERROR_INIT;

	make_state(some_paths, N_SOME, 10);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	struct es_state *st = open_state(1);
	if (_i)
		es_state_reset(st);
	put_many(st);
	const int rc = es_state_save(st, &basis, &err);
	ck_assert_msg(rc == -ENOSPC || rc == -EFBIG || rc == -EIO, "%d %s", rc,
		      err.msg);
	ck_assert_ptr_nonnull(strstr(err.msg, "state.db"));
	es_state_free(st);
	st = open_state(1);
	ck_assert_uint_eq(es_state_basis(st)->commit[0], 1);
	ck_assert_int_eq(get(st, 0, "/etc"), 1);
	es_state_free(st);
	ck_assert_int_eq(access(DB ".new", F_OK), -1);
}
END_TEST

/* ------------------------------------------------------- two at a time */

START_TEST(a_reader_keeps_its_rows)
{
	const struct es_state_basis basis = make_basis(2);

	make_state(some_paths, N_SOME, 30);
	struct es_state *reader = open_state(2);
	struct es_state *writer = open_state(1);
	ck_assert_int_eq(get(reader, 0, "/etc"), 1);
	/* As after a reset: then the file itself is replaced. */
	es_state_reset(writer);
	for (size_t i = 0; i < N_SOME; i++)
		put(writer, some_paths[i], 2, 30);
	ok(es_state_save(writer, &basis, &err));
	ck_assert_int_eq(get(reader, 0, "/usr"), 1);
	/* A lane that comes too late for the old rows has none. */
	ck_assert_int_eq(get(reader, 1, "/usr"), -1);
	ck_assert_int_eq(get(reader, 1, "/etc"), -1);
	ck_assert_ptr_null(es_state_problem(reader));
	es_state_free(reader);
	es_state_free(writer);
}
END_TEST

/* Rows of somebody who saved meanwhile are not mixed with ours. */
START_TEST(a_save_over_another_one)
{
	const struct es_state_basis basis = make_basis(2);
	const struct es_state_basis ours = make_basis(3);

	make_state(some_paths, N_SOME, 30);
	struct es_state *a = open_state(1);
	struct es_state *b = open_state(1);
	put(b, "/usr", 2, 1);
	ok(es_state_save(b, &basis, &err));
	es_state_free(b);
	put(a, "/etc", 3, 1);
	ok(es_state_save(a, &ours, &err));
	es_state_free(a);
	a = open_state(1);
	ck_assert_uint_eq(es_state_basis(a)->commit[0], 3);
	ck_assert_int_eq(get(a, 0, "/etc"), 3);
	ck_assert_int_eq(get(a, 0, "/usr"), -1);
	es_state_free(a);
}
END_TEST

/* Saves for ever; every row of one save has its turn. */
static void save_runs(void)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_state *st;

	for (unsigned int turn = 1;; turn = turn % 200 + 1) {
		const struct es_state_basis basis = make_basis(turn);

		if (es_state_open(&st, DB, 1, &err) < 0)
			_exit(1);
		if (turn % 10 == 0)
			es_state_reset(st);
		for (size_t i = 0; i < N_SOME; i++)
			put_plain(st, some_paths[i], turn, 100);
		if (es_state_save(st, &basis, &err) < 0)
			_exit(2);
		es_state_free(st);
	}
}

START_TEST(killed_at_any_instant)
{
	uint64_t state = 99;
	int status;

	make_state(some_paths, N_SOME, 100);
	for (int i = 0; i < 60; i++) {
		const pid_t pid = fork();

		if (pid == 0)
			save_runs();
		const uint64_t r = es_unit_random(&state) % 20000000;
		nanosleep(&(struct timespec){ 0, (long)r }, NULL);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		struct es_state *st = open_state(1);
		ck_assert_ptr_null(es_state_problem(st));
		ck_assert_ptr_nonnull(es_state_basis(st));
		for (size_t k = 0; k < N_SOME; k++)
			ck_assert_int_eq(get(st, 0, some_paths[k]),
					 es_state_basis(st)->commit[0]);
		es_state_free(st);
	}
}
END_TEST

/* The journal of a dead run must not be played back into a new file. */
START_TEST(a_journal_left_behind)
{
	const struct es_state_basis basis = make_basis(5);

	make_state(some_paths, N_SOME, 100);
	/* A transaction that is cut off after its pages went to the file. */
	const pid_t pid = fork();
	if (pid == 0) {
		sqlite3 *db;

		sqlite3_open(DB, &db);
		sqlite3_exec(db,
			     "PRAGMA cache_size = 1; BEGIN;"
			     "UPDATE dir SET row = zeroblob(90000)",
			     NULL, NULL, NULL);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(access(DB "-journal", F_OK), 0);
	copy_file(DB, "torn");
	copy_file(DB "-journal", "journal");
	/* Somebody deletes the file, and not what lies beside it. */
	ck_assert_int_eq(unlink(DB), 0);
	struct es_state *st = open_state(1);
	ck_assert_ptr_null(es_state_basis(st));
	for (size_t i = 0; i < N_SOME; i++)
		put(st, some_paths[i], 5, 100);
	ok(es_state_save(st, &basis, &err));
	es_state_free(st);
	ck_assert_int_eq(access(DB "-journal", F_OK), -1);
	st = open_state(1);
	for (size_t i = 0; i < N_SOME; i++)
		ck_assert_int_eq(get(st, 0, some_paths[i]), 5);
	es_state_free(st);
	/* And a file that is only torn is taken back to the last save. */
	copy_file("torn", DB);
	copy_file("journal", DB "-journal");
	st = open_state(1);
	ck_assert_ptr_null(es_state_problem(st));
	for (size_t i = 0; i < N_SOME; i++)
		ck_assert_int_eq(get(st, 0, some_paths[i]), 1);
	es_state_free(st);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state");
	TCase *t = tcase_create("state");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, rows_come_back);
	tcase_add_test(t, nothing_changed_nothing_written);
	tcase_add_test(t, a_save_changes_what_was_put);
	tcase_add_test(t, reset_forgets_every_row);
	tcase_add_loop_test(t, drop_takes_a_directory_and_all_below, 0,
			    es_lengthof(drops));
	tcase_add_test(t, puts_stay_whatever_the_order);
	tcase_add_loop_test(t, many_rows_many_threads, 0, 2);
	tcase_add_loop_test(t, a_row_of_any_size, 0, 7);
	tcase_add_loop_test(t, damage_at_any_byte, 0, 4);
	tcase_add_test(t, truncated_anywhere);
	tcase_add_test(t, damaged_rows_are_none);
	tcase_add_test(t, a_row_of_another_directory);
	tcase_add_loop_test(t, made_by_others_or_changed, 0,
			    es_lengthof(versions));
	tcase_add_loop_test(t, a_foreign_database_is_left_alone, 0, 4);
	tcase_add_test(t, what_is_no_database_is_kept);
	tcase_add_loop_test(t, no_regular_file, 0, 3);
	tcase_add_test(t, a_file_of_another_user);
	tcase_add_loop_test(t, a_directory_without_write_permission, 0, 2);
	tcase_add_loop_test(t, a_full_disk, 0, 2);
	tcase_add_test(t, a_reader_keeps_its_rows);
	tcase_add_test(t, a_save_over_another_one);
	tcase_add_test(t, killed_at_any_instant);
	tcase_add_test(t, a_journal_left_behind);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
