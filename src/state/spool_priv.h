/* SPDX-License-Identifier: MIT */
/* spool_priv.h - records that wait in memory, or in a file when many */
#ifndef ETCSNAP_STATE_SPOOL_PRIV_H
#define ETCSNAP_STATE_SPOOL_PRIV_H

#include "etcsnap/buf.h"

#include <stddef.h>
#include <stdint.h>

/**
 * struct es_spool - records in the order in which they came
 * @mem:     those that are not in the file
 * @fd:      unnamed file, or -1
 * @written: bytes of the file
 * @stuck:   no file can be made: all stays in memory
 */
struct es_spool {
	struct es_buf mem;
	int fd;
	uint64_t written;
	bool stuck;
};

/**
 * struct es_spool_record - one record; both parts are bytes
 * @key:       borrowed
 * @key_len:   bytes of @key
 * @value:     borrowed
 * @value_len: bytes of @value
 */
struct es_spool_record {
	const char *key;
	size_t key_len;
	const char *value;
	size_t value_len;
};

/** es_spool_init - an empty spool */
void es_spool_init(struct es_spool *s);

/** es_spool_reset - forget every record */
void es_spool_reset(struct es_spool *s);

/** es_spool_is_empty - whether there are no records */
bool es_spool_is_empty(const struct es_spool *s);

/**
 * es_spool_add - append a record
 * @s:   spool
 * @r:   record, copied
 * @dir: where the file may be made
 *
 * Return: 0 or -ENOMEM.
 */
int es_spool_add(struct es_spool *s, const struct es_spool_record *r,
		 const char *dir);

/**
 * es_spool_each - hand out every record
 * @s:       spool
 * @each:    called with each; another answer than 0 ends it
 * @payload: handed to @each
 *
 * Return: 0, what @each answered, or -1 when the file cannot be read.
 */
int es_spool_each(const struct es_spool *s,
		  int (*each)(void *payload, const struct es_spool_record *r),
		  void *payload);

#endif
