/* SPDX-License-Identifier: MIT */
/* state_save.c - write what changed, in one transaction or a new file */
#include "config.h"

#include "state/state_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * What a crash may leave: SQLite's journal takes an unfinished transaction
 * back, so that the file has the rows of one basis, the old or the new one. A
 * basis that is not the present is never believed, so the old one costs time
 * and nothing else. That is why NORMAL synchronisation is enough.
 *
 * Rows have a few KiB: pages of 32 KiB hold several of them without overflow
 * chains and little waste. Reading by mmap was no faster, and a bad sector
 * would be a SIGBUS then.
 */

/* No SQLite code: the file cannot be mended, only made anew. */
#define REBUILD (-2)

#define PUT_SQL                                     \
	"INSERT INTO dir(path, row) VALUES(?1, ?2)" \
	" ON CONFLICT(path) DO UPDATE SET row = excluded.row"
/* A directory and all below it: '0' is the byte that follows '/'. */
#define DROP_SQL "DELETE FROM dir WHERE path = ?1 OR (path > ?2 AND path < ?3)"

#define STR_(x) #x
#define STR(x) STR_(x)

static const char create_sql[] =
	"PRAGMA page_size = 32768;"
	"PRAGMA journal_mode = OFF;"
	"PRAGMA synchronous = OFF;"
	"PRAGMA locking_mode = EXCLUSIVE;"
	"PRAGMA application_id = " STR(
		ES_STATE_ID) ";"
			     "PRAGMA user_version = " STR(
				     ES_STATE_VERSION) ";"
						       "BEGIN;"
						       "CREATE TABLE dir(path BLOB NOT NULL UNIQUE, row BLOB NOT NULL);"
						       "CREATE TABLE meta(id INTEGER PRIMARY KEY, basis BLOB NOT NULL)";

/* One save under way. */
struct save {
	struct es_state *st;
	sqlite3 *db;
	sqlite3_stmt *put;
	sqlite3_stmt *drop;
	struct es_state_basis basis;
	uint64_t generation;
	struct es_buf row; /* with its sum before it */
};

/* ---------------------------------------------------------------- errors */

/* -EIO and the like: what the operating system said, if it was asked. */
static int code_of(sqlite3 *db, int rc)
{
	const int os = db ? sqlite3_system_errno(db) : 0;

	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return os == EROFS ? -EROFS : -EACCES;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return os ? -os : -EIO;
	default:
		return -EIO;
	}
}

static int fail_sqlite(struct es_error *err, sqlite3 *db, int rc,
		       const char *path)
{
	const int code = code_of(db, rc);

	if (code == -EIO || code == -EBUSY)
		return es_fail(err, code, "cannot write '%s': %s", ES_Q(path),
			       sqlite3_errstr(rc));
	errno = -code;
	return es_fail_errno(err, "cannot write '%s'", ES_Q(path));
}

/* ----------------------------------------------------------------- write */

static int run(sqlite3_stmt *stmt)
{
	const int rc = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Static: the bytes outlive the step. An empty path is no NULL. */
static int bind(sqlite3_stmt *stmt, int n, const char *data, size_t len)
{
	return sqlite3_bind_blob64(stmt, n, len ? data : "", len,
				   SQLITE_STATIC);
}

static int put_one(void *payload, const struct es_spool_record *r)
{
	struct save *const s = payload;
	const uint64_t sum = es_state_row_sum(r->key, r->key_len);

	es_buf_reset(&s->row);
	es_buf_add(&s->row, &sum, sizeof(sum));
	es_buf_add(&s->row, r->value, r->value_len);
	if (s->row.failed)
		return SQLITE_NOMEM;
	int rc = bind(s->put, 1, r->key, r->key_len);
	if (rc == SQLITE_OK)
		rc = bind(s->put, 2, s->row.data, s->row.len);
	return rc == SQLITE_OK ? run(s->put) : rc;
}

static int drop_one(void *payload, const struct es_spool_record *r)
{
	struct save *const s = payload;
	struct es_buf *const b = &s->row;

	/* "PATH/PATH0": both bounds in one buffer. */
	es_buf_reset(b);
	es_buf_add(b, r->key, r->key_len);
	es_buf_addc(b, '/');
	es_buf_add(b, r->key, r->key_len);
	es_buf_addc(b, '0');
	if (b->failed)
		return SQLITE_NOMEM;
	int rc = bind(s->drop, 1, r->key, r->key_len);
	if (rc == SQLITE_OK)
		rc = bind(s->drop, 2, b->data, r->key_len + 1);
	if (rc == SQLITE_OK)
		rc = bind(s->drop, 3, b->data + r->key_len + 1, r->key_len + 1);
	return rc == SQLITE_OK ? run(s->drop) : rc;
}

static int put_meta(struct save *s)
{
	struct es_state_meta m;
	sqlite3_stmt *stmt = NULL;

	memset(&m, 0, sizeof(m));
	memcpy(m.commit, s->basis.commit, sizeof(m.commit));
	m.rules = s->basis.rules;
	m.key = s->basis.key;
	m.ids = s->basis.ids;
	m.program = s->basis.program;
	m.checks = s->basis.checks;
	m.generation = s->generation;
	m.sum = es_state_meta_sum(&m);
	int rc = sqlite3_prepare_v2(s->db,
				    "INSERT OR REPLACE INTO meta VALUES(1, ?1)",
				    -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = bind(stmt, 1, (const char *)&m, sizeof(m));
	if (rc == SQLITE_OK)
		rc = run(stmt);
	sqlite3_finalize(stmt);
	return rc;
}

/* All of the transaction but its begin. */
static int write_all(struct save *s)
{
	int rc = sqlite3_prepare_v2(s->db, PUT_SQL, -1, &s->put, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(s->db, DROP_SQL, -1, &s->drop, NULL);
	if (rc == SQLITE_OK)
		rc = es_spool_each(&s->st->drops, drop_one, s);
	if (rc == SQLITE_OK)
		rc = es_spool_each(&s->st->puts, put_one, s);
	if (rc == SQLITE_OK)
		rc = put_meta(s);
	if (rc == SQLITE_OK)
		rc = es_state_exec(s->db, "COMMIT");
	/* The spool's file could not be mapped. */
	return rc == -1 ? SQLITE_IOERR : rc;
}

static void end(struct save *s)
{
	sqlite3_finalize(s->put);
	sqlite3_finalize(s->drop);
	sqlite3_close(s->db);
	s->put = s->drop = NULL;
	s->db = NULL;
}

static int open_db(struct save *s, const char *path)
{
	const int rc =
		sqlite3_open_v2(path, &s->db,
				SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				NULL);

	return rc == SQLITE_OK ? sqlite3_busy_timeout(s->db, ES_STATE_WAIT)
			       : rc;
}

/* ---------------------------------------------------------------- update */

static int begin_update(struct save *s)
{
	struct es_state_basis basis;
	uint64_t generation = 0;
	int rc = open_db(s, s->st->path);

	if (rc == SQLITE_OK)
		rc = es_state_exec(s->db, "PRAGMA synchronous = NORMAL;"
					  "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK)
		rc = es_state_read_meta(s->db, &basis, &generation);
	/* Not the rows that this run compared with: none of them counts. */
	if (rc == SQLITE_OK && generation != s->st->generation)
		rc = SQLITE_CORRUPT;
	return rc;
}

/* Returns 0, a failure, or REBUILD. */
static int update(struct save *s, struct es_error *err)
{
	int rc = begin_update(s);

	if (rc == SQLITE_OK)
		rc = write_all(s);
	/* A damaged format number; the file itself could be written. */
	if ((rc & 0xff) == SQLITE_READONLY && access(s->st->path, W_OK) == 0)
		rc = SQLITE_CORRUPT;
	switch (rc & 0xff) {
	case SQLITE_OK:
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_FORMAT:
		end(s);
		return REBUILD;
	default:
		rc = fail_sqlite(err, s->db, rc, s->st->path);
	}
	/* An open transaction is rolled back by the close. */
	end(s);
	return rc;
}

/* --------------------------------------------------------------- rebuild */

static int create(struct save *s, const char *tmp, struct es_error *err)
{
	unlink(tmp);
	/* Made here for its mode: SQLite would take the umask's. */
	int fd = open(tmp, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return es_fail_errno(err, "cannot make '%s'", ES_Q(tmp));
	close(fd);
	int rc = open_db(s, tmp);
	if (rc == SQLITE_OK)
		rc = es_state_exec(s->db, create_sql);
	if (rc == SQLITE_OK)
		rc = write_all(s);
	if (rc != SQLITE_OK)
		fail_sqlite(err, s->db, rc, tmp);
	end(s);
	return rc == SQLITE_OK ? 0 : err->code;
}

static int sync_path(const char *path, int flags)
{
	ES_CLEANUP(es_closep) int fd = open(path, flags | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/*
 * A journal belongs to a file name. One that was left by a dead run would be
 * played back into the new file; so the old one goes first, for good, then
 * its journal, and only then the new file gets the name.
 */
static int remove_old(const struct es_state *st, const char *dir)
{
	static const char *const suffixes[] = { "-journal", "-wal", "-shm" };
	bool gone = false;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		ES_CLEANUP(es_freep) char *name = NULL;

		if (asprintf(&name, "%s%s", st->path, suffixes[i]) < 0) {
			name = NULL;
			return -ENOMEM;
		}
		if (access(name, F_OK) < 0)
			continue;
		if (!gone && unlink(st->path) < 0 && errno != ENOENT)
			return -errno;
		if (!gone)
			(void)sync_path(dir, O_RDONLY | O_DIRECTORY);
		gone = true;
		if (unlink(name) < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/* What is no database at all may be somebody's file after all. */
static int keep_stranger(const struct es_state *st)
{
	ES_CLEANUP(es_freep) char *bad = NULL;

	if (st->file != ES_STATE_FILE_NO_DB)
		return 0;
	if (asprintf(&bad, "%s.bad", st->path) < 0) {
		bad = NULL;
		return -ENOMEM;
	}
	return rename(st->path, bad) < 0 && errno != ENOENT ? -errno : 0;
}

static int swap(const struct es_state *st, const char *tmp)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(ES_BUF_MAX);
	int rc = es_path_dirname(&dir, st->path);

	if (rc == 0)
		rc = sync_path(tmp, O_RDONLY);
	if (rc == 0)
		rc = keep_stranger(st);
	if (rc == 0)
		rc = remove_old(st, es_buf_str(&dir));
	if (rc == 0 && rename(tmp, st->path) < 0)
		rc = -errno;
	return rc;
}

static int rebuild(struct save *s, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *tmp = NULL;

	if (asprintf(&tmp, "%s.new", s->st->path) < 0) {
		tmp = NULL;
		return es_fail_oom(err);
	}
	int rc = create(s, tmp, err);
	if (rc == 0) {
		rc = swap(s->st, tmp);
		errno = -rc;
		if (rc < 0)
			es_fail_errno(err, "cannot write '%s'",
				      ES_Q(s->st->path));
	}
	if (rc < 0)
		unlink(tmp);
	return rc;
}

/* ------------------------------------------------------------------ save */

static bool is_same(const struct es_state_basis *a,
		    const struct es_state_basis *b)
{
	return memcmp(a->commit, b->commit, sizeof(a->commit)) == 0 &&
	       a->rules == b->rules && a->key == b->key && a->ids == b->ids &&
	       a->program == b->program && a->checks == b->checks;
}

/* Only has to differ from the last one. */
static uint64_t new_generation(const struct es_state *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return es_hash64(&now, sizeof(now),
			 st->generation ^ (uint64_t)getpid() << 32);
}

static void saved(struct es_state *st, const struct save *s)
{
	es_spool_reset(&st->puts);
	es_spool_reset(&st->drops);
	for (unsigned int i = 0; i < st->n_lanes; i++)
		st->lanes[i].dead = false;
	st->basis = s->basis;
	st->generation = s->generation;
	st->has_basis = true;
	st->reset = false;
	st->file = ES_STATE_FILE_GOOD;
	st->problem[0] = '\0';
}

int es_state_save(struct es_state *st, const struct es_state_basis *basis,
		  struct es_error *err)
{
	struct save s = {
		.st = st,
		.basis = *basis,
		.row = ES_BUF_INIT(ES_BUF_MAX),
	};
	int rc = REBUILD;

	if (!es_state_is_dirty(st) && st->has_basis &&
	    is_same(&st->basis, basis))
		return 0;
	if (st->file == ES_STATE_FILE_FOREIGN)
		return es_fail(err, -EEXIST,
			       "cannot write '%s': %s; move it away",
			       ES_Q(st->path), st->problem);
	s.generation = new_generation(st);
	/* Their read transactions would make ours wait for ourselves. */
	es_state_close_lanes(st);
	if (st->file == ES_STATE_FILE_GOOD && st->has_basis && !st->reset)
		rc = update(&s, err);
	if (rc == REBUILD)
		rc = rebuild(&s, err);
	es_buf_dispose(&s.row);
	if (rc == 0)
		saved(st, &s);
	return rc;
}
