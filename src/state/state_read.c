/* SPDX-License-Identifier: MIT */
/* state_read.c - judge the file, read rows from it */
#include "config.h"

#include "state/state_priv.h"

#include "etcsnap/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A single damaged byte must not turn our file into a foreign one, which is
 * never replaced. So it is ours by its application_id or by its tables.
 */
#define COUNT_OURS                                                \
	"SELECT count(*) FROM sqlite_master WHERE type = 'table'" \
	" AND name IN ('dir', 'meta')"
#define COUNT_ALL "SELECT count(*) FROM sqlite_master"

/* Any numbers, so that equal bytes have other sums elsewhere. */
#define META_SEED 0x6d657461u
#define ROW_SEED 0x726f77u

/* Pages that a lane keeps, KiB, as PRAGMA cache_size takes it. */
#define LANE_CACHE "-1024"

uint64_t es_state_meta_sum(const struct es_state_meta *m)
{
	return es_hash64(m, offsetof(struct es_state_meta, sum), META_SEED);
}

uint64_t es_state_row_sum(const char *path, size_t len)
{
	return es_hash64(path, len, ROW_SEED);
}

int es_state_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* The first column of the first row of a query that always has one. */
static int query_int(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*out = sqlite3_column_int64(stmt, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_CORRUPT : rc;
}

static bool take_meta(const void *blob, int len, struct es_state_basis *basis,
		      uint64_t *generation)
{
	struct es_state_meta m;

	if (!blob || len != (int)sizeof(m))
		return false;
	memcpy(&m, blob, sizeof(m));
	if (m.sum != es_state_meta_sum(&m))
		return false;
	memcpy(basis->commit, m.commit, sizeof(basis->commit));
	basis->rules = m.rules;
	basis->key = m.key;
	basis->ids = m.ids;
	basis->program = m.program;
	basis->checks = m.checks;
	*generation = m.generation;
	return true;
}

int es_state_read_meta(sqlite3 *db, struct es_state_basis *basis,
		       uint64_t *generation)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT basis FROM meta WHERE id = 1",
				    -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE)
		rc = SQLITE_CORRUPT;
	if (rc == SQLITE_ROW) {
		const void *const blob = sqlite3_column_blob(stmt, 0);
		const int len = sqlite3_column_bytes(stmt, 0);

		rc = take_meta(blob, len, basis, generation) ? SQLITE_OK
							     : SQLITE_CORRUPT;
	}
	sqlite3_finalize(stmt);
	return rc;
}

/* ----------------------------------------------------------------- probe */

/* Whose database it is; sets the problem unless it is ours and current. */
static int judge(struct es_state *st, sqlite3 *db)
{
	int64_t id, version, ours, all;
	int rc = query_int(db, "PRAGMA application_id", &id);

	if (rc == SQLITE_OK)
		rc = query_int(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK)
		rc = query_int(db, COUNT_ALL, &all);
	if (rc == SQLITE_OK)
		rc = query_int(db, COUNT_OURS, &ours);
	if (rc != SQLITE_OK)
		return rc;
	if (id != ES_STATE_ID && ours != 2) {
		if (id != 0 || all != 0)
			es_state_set_problem(st, ES_STATE_FILE_FOREIGN,
					     "it was made by another program");
		return SQLITE_OK;
	}
	if (id != ES_STATE_ID)
		return SQLITE_CORRUPT;
	if (version != ES_STATE_VERSION) {
		es_state_set_problem(
			st, ES_STATE_FILE_BAD,
			version > ES_STATE_VERSION
				? "it was made by a newer etcsnap"
				: "it was made by an older etcsnap");
		return SQLITE_OK;
	}
	rc = es_state_read_meta(db, &st->basis, &st->generation);
	if (rc == SQLITE_OK) {
		st->has_basis = true;
		st->file = ES_STATE_FILE_GOOD;
	}
	return rc;
}

static void note(struct es_state *st, int rc)
{
	char text[160];

	switch (rc & 0xff) {
	case SQLITE_NOTADB:
		es_state_set_problem(st, ES_STATE_FILE_NO_DB,
				     "it is not a database");
		break;
	case SQLITE_CORRUPT:
	case SQLITE_ERROR:
	case SQLITE_FORMAT:
		es_state_set_problem(st, ES_STATE_FILE_BAD, "it is damaged");
		break;
	default:
		snprintf(text, sizeof(text), "it cannot be read (%s)",
			 sqlite3_errstr(rc));
		es_state_set_problem(st, ES_STATE_FILE_BAD, text);
	}
}

/* Nothing of it is looked at before it is known to be a file of ours. */
static bool is_usable(struct es_state *st)
{
	struct stat sb;

	if (lstat(st->path, &sb) < 0) {
		if (errno != ENOENT)
			es_state_set_problem(st, ES_STATE_FILE_BAD,
					     strerror(errno));
		return false;
	}
	if (!S_ISREG(sb.st_mode)) {
		es_state_set_problem(st, ES_STATE_FILE_FOREIGN,
				     "it is not a regular file");
		return false;
	}
	if (sb.st_uid != geteuid()) {
		es_state_set_problem(st, ES_STATE_FILE_FOREIGN,
				     "it belongs to another user");
		return false;
	}
	return sb.st_size > 0;
}

/*
 * For writing, although nothing is written: only such a connection can take
 * back what a killed run left halfway. On a read-only disk SQLite reads.
 */
static int open_db(sqlite3 **db, const char *path)
{
	int rc = sqlite3_open_v2(path, db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
					 SQLITE_OPEN_PRIVATECACHE,
				 NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(*db, ES_STATE_WAIT);
	return rc;
}

void es_state_probe(struct es_state *st)
{
	sqlite3 *db = NULL;

	if (!is_usable(st))
		return;
	int rc = open_db(&db, st->path);
	/* One transaction, lest another run save in between. */
	if (rc == SQLITE_OK)
		rc = es_state_exec(db, "BEGIN");
	if (rc == SQLITE_OK)
		rc = judge(st, db);
	if (rc != SQLITE_OK)
		note(st, rc);
	sqlite3_close(db);
}

/* ----------------------------------------------------------------- lanes */

static void close_lane(struct es_state_lane *lane)
{
	sqlite3_finalize(lane->get);
	sqlite3_close(lane->db);
	lane->get = NULL;
	lane->db = NULL;
}

void es_state_close_lanes(struct es_state *st)
{
	for (unsigned int i = 0; i < st->n_lanes; i++)
		close_lane(&st->lanes[i]);
}

static int begin_lane(struct es_state *st, struct es_state_lane *lane)
{
	struct es_state_basis basis;
	uint64_t generation = 0;
	int rc = open_db(&lane->db, st->path);

	if (rc == SQLITE_OK)
		rc = es_state_exec(lane->db,
				   "PRAGMA cache_size = " LANE_CACHE ";"
				   "PRAGMA query_only = 1; BEGIN");
	if (rc == SQLITE_OK)
		rc = es_state_read_meta(lane->db, &basis, &generation);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(lane->db,
					"SELECT row FROM dir WHERE path = ?1",
					-1, SQLITE_PREPARE_PERSISTENT,
					&lane->get, NULL);
	/* Saved by another run meanwhile: those rows have another basis. */
	if (rc == SQLITE_OK && generation != st->generation)
		lane->dead = true;
	return rc;
}

/* From the row that the look-up stands on: whether it was whole. */
static bool take_row(struct es_state_lane *lane, const char *path, size_t len,
		     struct es_buf *out)
{
	const char *const blob = sqlite3_column_blob(lane->get, 0);
	const size_t n = (size_t)sqlite3_column_bytes(lane->get, 0);
	struct es_listing_reader r;
	uint64_t sum;

	if (!blob || n < sizeof(sum))
		return false;
	memcpy(&sum, blob, sizeof(sum));
	if (sum != es_state_row_sum(path, len))
		return false;
	es_buf_add(out, blob + sizeof(sum), n - sizeof(sum));
	return out->failed ||
	       es_listing_open(&r, es_buf_str(out), out->len) == 0;
}

static int look_up(struct es_state_lane *lane, const char *path, size_t len,
		   struct es_buf *out)
{
	/* The root's path is empty, and a NULL pointer would bind NULL. */
	int rc = sqlite3_bind_blob64(lane->get, 1, len ? path : "", len,
				     SQLITE_STATIC);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(lane->get);
	if (rc == SQLITE_ROW && !take_row(lane, path, len, out)) {
		es_buf_reset(out);
		rc = SQLITE_DONE;
	}
	sqlite3_reset(lane->get);
	return rc;
}

int es_state_get(struct es_state *st, unsigned int lane_number,
		 const char *path, size_t len, struct es_buf *out,
		 struct es_error *err)
{
	struct es_state_lane *const lane = &st->lanes[lane_number];
	int rc = SQLITE_OK;

	es_buf_reset(out);
	if (!st->has_basis || st->reset || lane->dead)
		return 0;
	if (!lane->db)
		rc = begin_lane(st, lane);
	if (rc == SQLITE_OK && !lane->dead)
		rc = look_up(lane, path, len, out);
	if (rc == SQLITE_ROW)
		return es_buf_check(out, err) < 0 ? err->code : 1;
	if (rc == SQLITE_NOMEM)
		return es_fail_oom(err);
	if (rc != SQLITE_OK && rc != SQLITE_DONE) {
		note(st, rc);
		lane->dead = true;
	}
	if (lane->dead)
		close_lane(lane);
	return 0;
}
