/* SPDX-License-Identifier: MIT */
/* wtmpdb.c - sessions from wtmpdb's database */
#include "config.h"

#include "logins/login_db_priv.h"
#include "logins/logins_priv.h"

#include <errno.h>
#include <string.h>

/*
 * One row a session or boot: Login and Logout in microseconds, Logout NULL
 * while it lasts. After a crash it stays NULL; the next boot tells.
 * Source: wtmpdb, lib/sqlite.c and src/wtmpdb.c.
 */
#define DATABASE "var/lib/wtmpdb/wtmp.db"
#define BOOTS_SQL                                                    \
	"SELECT Login, Logout, RemoteHost FROM wtmp WHERE Type = 1 " \
	"ORDER BY Login DESC LIMIT 1000"
#define SESSIONS_SQL                                                      \
	"SELECT Login, Logout, User, TTY, RemoteHost, Service FROM wtmp " \
	"WHERE Type = 3 AND Login <= ?2 AND "                             \
	"(Logout IS NULL OR Logout >= ?1) ORDER BY Login DESC LIMIT 20000"

#define MICROS INT64_C(1000000)

/* A boot, seconds; @down 0 where no shutdown is known. */
struct boot {
	int64_t up;
	int64_t down;
};

/**
 * struct boots - those that are known
 * @list: newest first
 * @n:    their number
 */
struct boots {
	struct boot *list;
	size_t n;
};

static void free_boots(struct boots *b)
{
	free(b->list);
}

static int64_t seconds(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt, column) / MICROS;
}

/* Each is told, and kept for the sessions that it tells about. */
static int read_boots(struct lg_logs *logs, struct boots *b, sqlite3 *db)
{
	ES_CLEANUP(lg_db_finish)
	sqlite3_stmt *stmt = lg_db_prepare(db, BOOTS_SQL, 0, 0);
	int rc = 0;

	while (rc == 0 && stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		const struct boot boot = { seconds(stmt, 0), seconds(stmt, 1) };
		struct es_login s = {
			"reboot", "system boot", lg_db_text(stmt, 2), "",
			boot.up,  boot.down,	 ES_LOGIN_OPEN
		};
		struct boot *const list =
			lg_room(b->list, b->n, sizeof(*b->list));

		if (!list)
			return -ENOMEM;
		b->list = list;
		if (s.end != 0) {
			s.how = ES_LOGIN_DOWN;
		} else if (b->n > 0) {
			s.end = b->list[b->n - 1].up;
			s.how = ES_LOGIN_CRASH;
		}
		b->list[b->n++] = boot;
		rc = lg_add_session(logs->out, &s);
	}
	return rc;
}

/* What happened to a session that has no end of its own. */
static void find_end(const struct lg_logs *logs, const struct boots *b,
		     struct es_login *s)
{
	const struct boot *next = NULL;
	const struct boot *own = NULL;

	for (size_t i = 0; i < b->n && !own; i++)
		if (b->list[i].up > s->begin)
			next = &b->list[i];
		else
			own = &b->list[i];
	if (own && own->down >= s->begin) {
		s->end = own->down;
		s->how = ES_LOGIN_DOWN;
	} else if (next) {
		s->end = next->up;
		s->how = ES_LOGIN_CRASH;
	} else if (logs->live &&
		   (s->begin < logs->boot ||
		    ((strncmp(s->line, "pts/", 4) == 0 ||
		      strncmp(s->line, "tty", 3) == 0) &&
		     lg_is_gone(logs, s->user, s->line, 0, s->begin)))) {
		/* What is no terminal, such as "ssh", cannot be asked. */
		s->how = ES_LOGIN_GONE;
	}
}

static int read_sessions(struct lg_logs *logs, const struct boots *b,
			 sqlite3 *db)
{
	ES_CLEANUP(lg_db_finish)
	sqlite3_stmt *stmt =
		lg_db_prepare(db, SESSIONS_SQL, logs->from * MICROS,
			      logs->to * MICROS + MICROS - 1);
	int rc = 0;

	while (rc == 0 && stmt && sqlite3_step(stmt) == SQLITE_ROW) {
		struct es_login s = {
			.user = lg_db_text(stmt, 2),
			.line = lg_db_text(stmt, 3),
			.host = lg_db_text(stmt, 4),
			.service = lg_db_text(stmt, 5),
			.begin = seconds(stmt, 0),
			.end = seconds(stmt, 1),
			.how = ES_LOGIN_LOGOUT,
		};

		if (sqlite3_column_type(stmt, 1) == SQLITE_NULL) {
			s.how = ES_LOGIN_OPEN;
			find_end(logs, b, &s);
		}
		rc = lg_add_session(logs->out, &s);
	}
	return rc;
}

int lg_wtmpdb_read(struct lg_logs *logs)
{
	ES_CLEANUP(free_boots) struct boots boots = { NULL, 0 };
	ES_CLEANUP(lg_db_close) sqlite3 *db = lg_db_open(logs->root, DATABASE);

	if (!db)
		return 0;
	int rc = read_boots(logs, &boots, db);
	if (rc == 0)
		rc = read_sessions(logs, &boots, db);
	return rc < 0 ? rc : 1;
}
