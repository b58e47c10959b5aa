/* SPDX-License-Identifier: MIT */
/* login_db.c - databases of logins that others write */
#include "config.h"

#include "logins/login_db_priv.h"
#include "logins/logins_priv.h"

#include "etcsnap/fileio.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* How long somebody who writes is waited for, milliseconds. */
#define BUSY_MS 2000

/* Offset in the file of what tells that there is a write-ahead log. */
#define AT_MODE 18

/*
 * The path behind a descriptor, for SQLite looks for its log beside it.
 * Characters that a URI gives a meaning are refused: none is in a path of
 * ours, but a root may be called anything.
 */
static bool real_path(char out[PATH_MAX], int fd)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	const ssize_t n = readlink(self, out, PATH_MAX - 1);
	if (n <= 0)
		return false;
	out[n] = '\0';
	return out[0] == '/' && !strpbrk(out, "%?#");
}

/* Whether a log is kept that nobody has open: it was folded in, then. */
static bool is_at_rest(int fd, const char *path)
{
	char name[PATH_MAX + 8];
	unsigned char mode;
	struct stat st;

	if (pread(fd, &mode, 1, AT_MODE) != 1 || mode != 2)
		return false;
	snprintf(name, sizeof(name), "%s-wal", path);
	return stat(name, &st) < 0 || st.st_size == 0;
}

/*
 * A reader of a write-ahead log would make the log and its shared memory
 * where they are not there: it is told not to. Where there is no log, the
 * database itself is all there is.
 */
static sqlite3 *open_path(const char *path, bool at_rest)
{
	char uri[PATH_MAX + 32];
	sqlite3 *db = NULL;

	snprintf(uri, sizeof(uri), "file:%s?%s", path,
		 at_rest ? "immutable=1" : "readonly_shm=1");
	if (sqlite3_open_v2(uri, &db,
			    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
				    SQLITE_OPEN_NOMUTEX,
			    NULL) == SQLITE_OK &&
	    sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK &&
	    sqlite3_exec(db,
			 "PRAGMA query_only = 1; "
			 "SELECT 1 FROM sqlite_master LIMIT 1",
			 NULL, NULL, NULL) == SQLITE_OK)
		return db;
	lg_db_close(&db);
	return NULL;
}

sqlite3 *lg_db_open(int root, const char *path)
{
	char real[PATH_MAX];
	struct stat st;
	int fd = es_open_in_root(root, path, O_RDONLY);

	if (fd < 0)
		return NULL;
	const bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
			     st.st_size > 0 && real_path(real, fd);
	const bool at_rest = is_file && is_at_rest(fd, real);
	/* Before SQLite locks it: a later close would drop the lock. */
	close(fd);
	if (!is_file)
		return NULL;
	sqlite3 *const db = open_path(real, at_rest);
	return db || at_rest ? db : open_path(real, true);
}

void lg_db_close(sqlite3 **db)
{
	sqlite3_close(*db);
	*db = NULL;
}

sqlite3_stmt *lg_db_prepare(sqlite3 *db, const char *sql, int64_t first,
			    int64_t last)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return NULL;
	/* A query without these does not care. */
	sqlite3_bind_int64(stmt, 1, first);
	sqlite3_bind_int64(stmt, 2, last);
	return stmt;
}

void lg_db_finish(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}

const char *lg_db_text(sqlite3_stmt *stmt, int column)
{
	const unsigned char *const text = sqlite3_column_text(stmt, column);

	return text ? (const char *)text : "";
}
