/* SPDX-License-Identifier: MIT */
/* ops_sqlite_priv.h - SQLite databases of others, read without touching them */
#ifndef ETCSNAP_PACKAGES_OPS_SQLITE_PRIV_H
#define ETCSNAP_PACKAGES_OPS_SQLITE_PRIV_H

#include "packages/ops_priv.h"

/** struct ops_row - a row of a query's answer */
struct ops_row;

/** ops_row_text - Return: a column, "" for NULL; until the next row */
const char *ops_row_text(const struct ops_row *row, int column);

/** ops_row_number - Return: a column, 0 for what is no number */
int64_t ops_row_number(const struct ops_row *row, int column);

/** ops_sqlite_changed - whether a database was changed in the window */
bool ops_sqlite_changed(const struct ops_reader *r, const char *path);

/**
 * ops_sqlite_each - rows of a database
 * @r:       reader; its window is ?1 (not included) and ?2 of the query
 * @path:    database below the root
 * @queries: the first that fits the database's tables is asked
 * @n:       their number
 * @each:    called with each row
 * @payload: handed to @each
 *
 * The database is read into memory, together with its write-ahead log: SQLite
 * itself would make files beside it.
 *
 * Return: 1, 0 when it cannot be read, or what @each returned below 0.
 */
int ops_sqlite_each(struct ops_reader *r, const char *path,
		    const char *const *queries, size_t n,
		    int (*each)(struct ops_reader *r, const struct ops_row *row,
				void *payload),
		    void *payload);

#endif
