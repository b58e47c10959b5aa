/* SPDX-License-Identifier: MIT */
/* login_db_priv.h - databases of logins that others write */
#ifndef ETCSNAP_LOGINS_LOGIN_DB_PRIV_H
#define ETCSNAP_LOGINS_LOGIN_DB_PRIV_H

#include <sqlite3.h>

#include <stdint.h>

/**
 * lg_db_open - open a database to read it; nothing beside it is written
 * @root: directory that stands for "/"
 * @path: below it
 *
 * Return: owned, lg_db_close(); NULL when it is not there, or no database.
 */
sqlite3 *lg_db_open(int root, const char *path);

/** lg_db_close - for ES_CLEANUP */
void lg_db_close(sqlite3 **db);

/**
 * lg_db_prepare - begin a query
 * @db:    database
 * @sql:   query, in which ?1 and ?2 may occur
 * @first: ?1
 * @last:  ?2
 *
 * Return: owned, lg_db_finish(); NULL when there is no such table.
 */
sqlite3_stmt *lg_db_prepare(sqlite3 *db, const char *sql, int64_t first,
			    int64_t last);

/** lg_db_finish - for ES_CLEANUP */
void lg_db_finish(sqlite3_stmt **stmt);

/** lg_db_text - Return: a column until the next step, "" for NULL */
const char *lg_db_text(sqlite3_stmt *stmt, int column);

#endif
