/* SPDX-License-Identifier: MIT */
/* state_audit.c - the whole cache read and checked */
#include "config.h"

#include "state/state_priv.h"

#include "etcsnap/listing.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

/* What SQLite tells of one damaged file, before it is enough. */
#define CHECK_SQL "PRAGMA integrity_check(10)"
#define ROWS_SQL "SELECT path, row FROM dir ORDER BY path"

static int fail_read(struct es_error *err, int rc, const struct es_state *st)
{
	if (rc == SQLITE_NOMEM)
		return es_fail_oom(err);
	return es_fail(err, -EIO, "cannot read %s: %s", ES_Q(st->path),
		       sqlite3_errstr(rc));
}

/* The lines that SQLite has to say; "ok" is none. */
static int check_structure(sqlite3 *db, struct es_buf *problem)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, CHECK_SQL, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
			const char *line =
				(const char *)sqlite3_column_text(stmt, 0);

			if (line && strcmp(line, "ok") != 0)
				es_buf_addf(problem, "%s%s",
					    problem->len ? ", " : "", line);
		}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool is_whole(const char *path, size_t len, const char *row, size_t n)
{
	struct es_listing_reader r;
	struct es_entry e;
	uint64_t sum;
	int rc;

	if (!row || n < sizeof(sum))
		return false;
	memcpy(&sum, row, sizeof(sum));
	if (sum != es_state_row_sum(path, len) ||
	    es_listing_open(&r, row + sizeof(sum), n - sizeof(sum)) < 0)
		return false;
	while ((rc = es_listing_next(&r, &e)) > 0)
		;
	return rc == 0;
}

static int take_row(sqlite3_stmt *stmt, es_state_each each, void *payload)
{
	const size_t len = (size_t)sqlite3_column_bytes(stmt, 0);
	const size_t n = (size_t)sqlite3_column_bytes(stmt, 1);
	const char *path = sqlite3_column_blob(stmt, 0);
	const char *row = sqlite3_column_blob(stmt, 1);

	if (!path)
		path = "";
	if (!is_whole(path, len, row, n))
		return each(payload, path, len, NULL, 0);
	return each(payload, path, len, row + sizeof(uint64_t),
		    n - sizeof(uint64_t));
}

static int each_row(sqlite3 *db, es_state_each each, void *payload, int *rows)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, ROWS_SQL, -1, &stmt, NULL);

	*rows = 0;
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(stmt);
		if (rc != SQLITE_ROW)
			break;
		*rows = take_row(stmt, each, payload);
		if (*rows < 0)
			break;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int es_state_audit(struct es_state *st, struct es_buf *problem,
		   es_state_each each, void *payload, struct es_error *err)
{
	sqlite3 *db = NULL;
	int said = 0;
	int rc;

	if (!st->has_basis)
		return 0;
	rc = sqlite3_open_v2(st->path, &db,
			     SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_PRIVATECACHE,
			     NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, ES_STATE_WAIT);
	if (rc == SQLITE_OK)
		rc = es_state_exec(db, "BEGIN");
	if (rc == SQLITE_OK)
		rc = check_structure(db, problem);
	if (rc == SQLITE_OK)
		rc = each_row(db, each, payload, &said);
	sqlite3_close(db);
	if (said < 0)
		return said;
	/* what is so damaged that no row can be had is told, too */
	if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB) {
		es_buf_addf(problem, "%s%s", problem->len ? ", " : "",
			    sqlite3_errstr(rc));
		return 0;
	}
	return rc == SQLITE_OK ? 1 : fail_read(err, rc, st);
}
