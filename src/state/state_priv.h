/* SPDX-License-Identifier: MIT */
/* state_priv.h - what the files of the state cache know of each other */
#ifndef ETCSNAP_STATE_PRIV_H
#define ETCSNAP_STATE_PRIV_H

#include "etcsnap/state.h"
#include "state/spool_priv.h"

#include <sqlite3.h>

#include <pthread.h>

/** ES_STATE_ID - application_id of our SQLite files: "etcs" */
#define ES_STATE_ID 0x65746373
/** ES_STATE_VERSION - user_version; changes with the tables or rows */
#define ES_STATE_VERSION 2
/** ES_STATE_WAIT - how long to wait for another connection, milliseconds */
#define ES_STATE_WAIT 10000

/**
 * enum es_state_file - what the file was found to be
 * @ES_STATE_FILE_NONE:    missing or empty
 * @ES_STATE_FILE_GOOD:    ours and whole
 * @ES_STATE_FILE_BAD:     ours, but damaged, older or newer: replaced
 * @ES_STATE_FILE_NO_DB:   no database at all: moved away, then replaced
 * @ES_STATE_FILE_FOREIGN: somebody else's: never touched
 */
enum es_state_file {
	ES_STATE_FILE_NONE,
	ES_STATE_FILE_GOOD,
	ES_STATE_FILE_BAD,
	ES_STATE_FILE_NO_DB,
	ES_STATE_FILE_FOREIGN,
};

/**
 * struct es_state_lane - one thread's view of the file
 * @db:   connection with an open read transaction, or NULL
 * @get:  prepared look-up of a row
 * @dead: nothing can be read from it any more
 */
struct es_state_lane {
	sqlite3 *db;
	sqlite3_stmt *get;
	bool dead;
} __attribute__((aligned(64)));

/**
 * struct es_state - open cache
 * @path:       file, owned
 * @file:       what it was found to be
 * @problem:    why it is not used; empty: no reason
 * @basis:      what its rows depend on
 * @generation: changes with every save, so that all lanes see the same one
 * @has_basis:  whether @basis and @generation are set
 * @reset:      no row of the file counts any more
 * @n_lanes:    number of lanes
 * @lanes:      owned
 * @lock:       guards @puts, @drops, @problem and @file during a run
 * @puts:       rows to set: path and row
 * @drops:      directories to remove: path
 */
struct es_state {
	char *path;
	enum es_state_file file;
	char problem[256];
	struct es_state_basis basis;
	uint64_t generation;
	bool has_basis;
	bool reset;
	unsigned int n_lanes;
	struct es_state_lane *lanes;
	pthread_mutex_t lock;
	struct es_spool puts;
	struct es_spool drops;
};

/**
 * struct es_state_meta - the value in the table "meta"
 * @commit:     es_state_basis.commit
 * @zero:       fills up
 * @rules:      as in es_state_basis
 * @key:        likewise
 * @ids:        likewise
 * @program:    likewise
 * @checks:     likewise
 * @generation: es_state.generation
 * @sum:        es_hash64() of all before it
 */
struct es_state_meta {
	uint8_t commit[ES_SHA1_LEN];
	uint8_t zero[4];
	uint64_t rules;
	uint64_t key;
	uint64_t ids;
	uint64_t program;
	uint64_t checks;
	uint64_t generation;
	uint64_t sum;
};

/** es_state_meta_sum - Return: what @m->sum must be */
uint64_t es_state_meta_sum(const struct es_state_meta *m);

/**
 * es_state_row_sum - first 8 bytes of a stored row
 *
 * Ties it to its path, so that a damaged index does not pass one directory's
 * row off as another's. The rest of the row has its own checksum.
 */
uint64_t es_state_row_sum(const char *path, size_t len);

/** es_state_probe - find out what the file is; sets @file, @problem, @basis */
void es_state_probe(struct es_state *st);

/** es_state_read_meta - read @basis and @generation; Return: SQLite code */
int es_state_read_meta(sqlite3 *db, struct es_state_basis *basis,
		       uint64_t *generation);

/** es_state_close_lanes - close every lane's connection */
void es_state_close_lanes(struct es_state *st);

/** es_state_set_problem - note why the file is not used; the first one stays */
void es_state_set_problem(struct es_state *st, enum es_state_file file,
			  const char *text);

/** es_state_exec - run statements without results; Return: SQLite code */
int es_state_exec(sqlite3 *db, const char *sql);

#endif
