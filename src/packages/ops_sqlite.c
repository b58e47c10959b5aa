/* SPDX-License-Identifier: MIT */
/* ops_sqlite.c - SQLite databases of others, read without touching them */
#include "config.h"

#include "packages/ops_sqlite_priv.h"

#include "etcsnap/fileio.h"

#include <sqlite3.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Steps of SQLite's machine, in thousands, before a query is given up: an
 * image's database may have views in place of tables. */
#define PATIENCE 100000

/* Of the write-ahead log, bytes; https://www.sqlite.org/fileformat2.html */
#define WAL_HEADER 32
#define FRAME_HEADER 24

struct ops_row {
	sqlite3_stmt *stmt;
};

/**
 * struct sum - the running checksum of a write-ahead log
 * @a:   first half
 * @b:   second half
 * @big: words are big-endian
 */
struct sum {
	uint32_t a;
	uint32_t b;
	bool big;
};

/**
 * struct wal - a write-ahead log
 * @data:  all of it
 * @len:   its bytes
 * @page:  bytes of a page
 * @pages: of the database after the last commit, 0 for none
 * @end:   behind the last frame that was committed
 */
struct wal {
	const unsigned char *data;
	size_t len;
	size_t page;
	size_t pages;
	size_t end;
};

static uint32_t big_word(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static uint32_t little_word(const unsigned char *at)
{
	return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[1] << 8 | (uint32_t)at[0];
}

static void sum_add(struct sum *s, const unsigned char *at, size_t len)
{
	uint32_t (*word)(const unsigned char *at) =
		s->big ? big_word : little_word;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		s->a += word(at + i) + s->b;
		s->b += word(at + i + 4) + s->a;
	}
}

static bool sum_is(const struct sum *s, const unsigned char *at)
{
	return s->a == big_word(at) && s->b == big_word(at + 4);
}

/* Finds the last frame that was committed. */
static void scan_wal(struct wal *w)
{
	struct sum s = { 0 };

	if (w->len < WAL_HEADER ||
	    (big_word(w->data) & ~1u) != UINT32_C(0x377f0682) ||
	    big_word(w->data + 8) != w->page)
		return;
	s.big = big_word(w->data) & 1;
	sum_add(&s, w->data, 24);
	if (!sum_is(&s, w->data + 24))
		return;
	for (size_t at = WAL_HEADER; at + FRAME_HEADER + w->page <= w->len;
	     at += FRAME_HEADER + w->page) {
		const unsigned char *frame = w->data + at;

		/* The salt tells this log from one that it was written over. */
		if (memcmp(frame + 8, w->data + 16, 8) != 0)
			break;
		sum_add(&s, frame, 8);
		sum_add(&s, frame + FRAME_HEADER, w->page);
		if (!sum_is(&s, frame + 16))
			break;
		if (big_word(frame + 4) == 0)
			continue;
		w->pages = big_word(frame + 4);
		w->end = at + FRAME_HEADER + w->page;
	}
}

/* Puts the pages of the log over those of the database. */
static bool apply_wal(struct es_buf *db, const struct wal *w)
{
	size_t size = w->pages * w->page;

	if (size > db->max)
		return false;
	if (size > db->len) {
		char *room = es_buf_reserve(db, size - db->len);

		if (!room)
			return false;
		memset(room, 0, size - db->len);
		db->data[size] = '\0';
	}
	db->len = size;
	for (size_t at = WAL_HEADER; at < w->end;
	     at += FRAME_HEADER + w->page) {
		size_t page = big_word(w->data + at);

		if (page > 0 && page <= w->pages)
			memcpy(db->data + (page - 1) * w->page,
			       w->data + at + FRAME_HEADER, w->page);
	}
	return true;
}

static int read_file(struct es_buf *b, const struct ops_reader *r,
		     const char *path)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(r->root, path, O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -ENOENT;
	return es_read_fd(b, fd);
}

static bool wal_name(char *out, size_t room, const char *path)
{
	int n = snprintf(out, room, "%s-wal", path);

	return n > 0 && (size_t)n < room;
}

bool ops_sqlite_changed(const struct ops_reader *r, const char *path)
{
	char log[256];

	return ops_changed(r, path) ||
	       (wal_name(log, sizeof(log), path) && ops_changed(r, log));
}

/* The database as it is with its log, in no mode that needs other files. */
static bool read_database(struct es_buf *db, const struct ops_reader *r,
			  const char *path)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf log = ES_BUF_INIT(PKG_FILE_MAX);
	char name[256];
	struct wal w;

	/* First the log: what it has may go into the database meanwhile. */
	if (wal_name(name, sizeof(name), path))
		read_file(&log, r, name);
	if (read_file(db, r, path) < 0 || db->len < 100 ||
	    memcmp(db->data, "SQLite format 3", 16) != 0)
		return false;
	const unsigned char *head = (const unsigned char *)db->data;
	w = (struct wal){
		.data = (const unsigned char *)log.data,
		.len = log.len,
		.page = (size_t)head[16] << 8 | head[17],
	};
	if (w.page == 1)
		w.page = 65536;
	if (w.page < 512 || w.page % 512 != 0)
		return false;
	scan_wal(&w);
	if (w.pages > 0 && !apply_wal(db, &w))
		return false;
	db->data[18] = 1;
	db->data[19] = 1;
	return true;
}

static int on_progress(void *payload)
{
	int *left = payload;

	return --*left < 0;
}

static bool open_database(sqlite3 **out, struct es_buf *b, int *left)
{
#if SQLITE_VERSION_NUMBER >= 3036000
	if (sqlite3_open_v2(":memory:", out, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK)
		return false;
	sqlite3_db_config(*out, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*out, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_progress_handler(*out, 1000, on_progress, left);
	return sqlite3_deserialize(*out, "main", (unsigned char *)b->data,
				   (sqlite3_int64)b->len, (sqlite3_int64)b->len,
				   SQLITE_DESERIALIZE_READONLY) == SQLITE_OK;
#else
	(void)out;
	(void)b;
	(void)left;
	(void)on_progress;
	return false;
#endif
}

const char *ops_row_text(const struct ops_row *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row->stmt, column);

	return text ? (const char *)text : "";
}

int64_t ops_row_number(const struct ops_row *row, int column)
{
	return sqlite3_column_int64(row->stmt, column);
}

static int each_row(struct ops_reader *r, sqlite3_stmt *stmt,
		    int (*each)(struct ops_reader *r, const struct ops_row *row,
				void *payload),
		    void *payload)
{
	struct ops_row row = { stmt };
	int rc = 0;

	sqlite3_bind_int64(stmt, 1, r->from);
	sqlite3_bind_int64(stmt, 2, r->to);
	while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW)
		rc = each(r, &row, payload);
	return rc < 0 ? rc : 1;
}

int ops_sqlite_each(struct ops_reader *r, const char *path,
		    const char *const *queries, size_t n,
		    int (*each)(struct ops_reader *r, const struct ops_row *row,
				void *payload),
		    void *payload)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int left = PATIENCE;
	int rc = 0;

	if (read_database(&b, r, path) && open_database(&db, &b, &left))
		for (size_t i = 0; i < n && !stmt; i++)
			sqlite3_prepare_v2(db, queries[i], -1, &stmt, NULL);
	if (stmt)
		rc = each_row(r, stmt, each, payload);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return rc;
}
