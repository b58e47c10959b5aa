/* SPDX-License-Identifier: MIT */
/* pack_priv.h - the temporary pack that a run's new objects go into */
#ifndef ETCSNAP_STORE_PACK_PRIV_H
#define ETCSNAP_STORE_PACK_PRIV_H

#include "etcsnap/buf.h"
#include "etcsnap/error.h"
#include "etcsnap/store.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A pack of version 2 that grows by appending. Complete, compressed objects
 * are copied into one shared buffer under a mutex; the file sees few large
 * writes. No object ever straddles the buffer's begin: it lies either wholly
 * in the file or wholly in the buffer.
 *
 * The table of objects is 32 bytes each in the order of the file (so that an
 * object ends where the next one begins), plus 8 bytes of hash slots.
 *
 * The temporary file has a name of our own and is locked by flock(2) as long
 * as it is open, so that whoever cleans up knows it from a dead run's. Who
 * only compares (status, diff) holds no lock of the repository and writes
 * nothing there, which also works on a full or read-only disk: that file is
 * in memory.
 */

/** ES_PACK_TMP - temporary packs and indexes begin so; git gc knows "tmp_" */
#define ES_PACK_TMP "tmp_pack_etcsnap_"
/** ES_PACK_TMP_IDX - temporary indexes */
#define ES_PACK_TMP_IDX "tmp_idx_etcsnap_"

/**
 * struct es_packed - one object of the pack
 * @id:  its id
 * @crc: CRC-32 of its bytes in the pack
 * @off: where it begins
 */
struct es_packed {
	struct es_oid id;
	uint32_t crc;
	uint64_t off;
};

/**
 * struct es_pack - the run's pack
 * @lock:    guards all else
 * @dir:     objects/pack, owned
 * @keeps:   the pack is to be installed; false: its file is in memory
 * @tmp:     name of the temporary file, owned; NULL: there is none
 * @fd:      the temporary file, or -1
 * @objects: table in the order of the file
 * @n:       objects in it
 * @cap:     room in it
 * @slots:   hash table: index + 1 into @objects, 0 = free
 * @n_slots: a power of two, or 0
 * @buf:     bytes that are not in the file yet
 * @buf_len: their number
 * @written: bytes of the file
 * @failure: the first failure to write; nothing can be added after it
 * @stem:    "pack-…", what was installed last is called
 */
struct es_pack {
	pthread_mutex_t lock;
	char *dir;
	bool keeps;
	char *tmp;
	int fd;
	struct es_packed *objects;
	size_t n;
	size_t cap;
	uint32_t *slots;
	size_t n_slots;
	char *buf;
	size_t buf_len;
	uint64_t written;
	struct es_error failure;
	char stem[sizeof("pack-") + ES_OID_HEX];
};

/** ES_PACK_HEAD_MAX - longest type and size: 4, then 7 bits of size a byte */
#define ES_PACK_HEAD_MAX 10

/**
 * es_pack_head_write - type and size in front of an object
 * @out:  room
 * @type: an es_kind or es_pack_type
 * @size: bytes that the stream behind it inflates to
 *
 * Source: gitformat-pack(5), "Object entry".
 *
 * Return: bytes written.
 */
size_t es_pack_head_write(char out[ES_PACK_HEAD_MAX], unsigned int type,
			  uint64_t size);

/**
 * es_pack_head_read - read what es_pack_head_write() writes
 * @data: bytes of the entry
 * @len:  their number
 * @type: set
 * @size: set
 *
 * Return: bytes read, 0 when they do not end.
 */
size_t es_pack_head_read(const char *data, size_t len, unsigned int *type,
			 uint64_t *size);

/**
 * es_pack_init - an empty pack
 * @p:   pack
 * @dir: objects/pack, copied
 *
 * Return: 0 or a negative errno.
 */
int es_pack_init(struct es_pack *p, const char *dir);

/** es_pack_keep - what is put from now on is to be installed; takes the lock */
void es_pack_keep(struct es_pack *p);

/** es_pack_dispose - discard and free; harmless on an all-zero pack */
void es_pack_dispose(struct es_pack *p);

/** es_pack_has - whether an object is in the pack; takes the lock */
bool es_pack_has(struct es_pack *p, const struct es_oid *id);

/**
 * es_pack_add - append an object unless it is there
 * @p:     pack
 * @id:    its id
 * @bytes: pack header and zlib stream
 * @len:   their number
 * @err:   filled on failure
 *
 * Return: 1 new, 0 already there, or a negative errno. Takes the lock.
 */
int es_pack_add(struct es_pack *p, const struct es_oid *id, const char *bytes,
		size_t len, struct es_error *err);

/**
 * es_pack_read - read an object that was put and not installed
 * @p:    pack
 * @id:   its id
 * @kind: kind it must have
 * @out:  reset and filled
 * @err:  filled on failure
 *
 * Return: 1 found, 0 not there, or a negative errno. Takes the lock.
 */
int es_pack_read(struct es_pack *p, const struct es_oid *id, enum es_kind kind,
		 struct es_buf *out, struct es_error *err);

/** es_pack_discard - forget every object; takes the lock */
void es_pack_discard(struct es_pack *p);

/**
 * es_pack_install - finish the pack and give it its name
 * @p:   pack; empty afterwards
 * @err: filled on failure
 *
 * Return: 1 installed, 0 there was nothing, or a negative errno; -ENOLCK when
 * something was put before es_pack_keep().
 */
int es_pack_install(struct es_pack *p, struct es_error *err);

/** es_pack_flush - write out the buffer; lock held; Return: 0 or -errno */
int es_pack_flush(struct es_pack *p);

/** es_pack_reset - empty the pack, close the file; lock held */
void es_pack_reset(struct es_pack *p);

/**
 * es_pack_index_write - write the index of a finished pack
 * @p:       pack; lock held
 * @fd:      index file, empty
 * @trailer: the pack's checksum
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_pack_index_write(const struct es_pack *p, int fd,
			const uint8_t trailer[ES_SHA1_LEN],
			struct es_error *err);

/**
 * es_kind_name - Return: "blob", "tree", … as object headers have it
 */
const char *es_kind_name(enum es_kind kind);

#endif
