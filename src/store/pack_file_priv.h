/* SPDX-License-Identifier: MIT */
/* pack_file_priv.h - an installed pack, its objects as they are stored */
#ifndef ETCSNAP_STORE_PACK_FILE_PRIV_H
#define ETCSNAP_STORE_PACK_FILE_PRIV_H

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"
#include "etcsnap/store.h"

#include <stdbool.h>

/**
 * enum es_pack_type - types of pack entries beside those of enum es_kind
 * @ES_PACK_OFS_DELTA: difference to the object so many bytes before
 * @ES_PACK_REF_DELTA: difference to the object of an id
 */
enum es_pack_type {
	ES_PACK_OFS_DELTA = 6,
	ES_PACK_REF_DELTA = 7,
};

/**
 * struct es_pack_entry - one stored object
 * @id:    its id
 * @type:  an es_kind or es_pack_type
 * @size:  bytes that @data inflates to: the object, or a delta
 * @base:  what a delta is made from
 * @raw:   all bytes of the entry, header included, in the mapped file
 * @raw_len: their number
 * @data:  the zlib stream in @raw
 * @data_len: its bytes
 */
struct es_pack_entry {
	struct es_oid id;
	unsigned int type;
	uint64_t size;
	struct es_oid base;
	const char *raw;
	size_t raw_len;
	const char *data;
	size_t data_len;
};

/** struct es_pack_file - an installed pack, mapped */
struct es_pack_file;

/**
 * es_pack_file_open - map a pack and its index
 * @out:  owned; es_pack_file_free()
 * @dir:  objects/pack
 * @stem: "pack-…" without ending
 * @err:  filled on failure
 *
 * Source: gitformat-pack(5), pack version 2 and index version 2.
 *
 * Return: 0, -EIO when they are damaged, -ENOTSUP for another version, or
 * another negative errno.
 */
int es_pack_file_open(struct es_pack_file **out, const char *dir,
		      const char *stem, struct es_error *err);

/** es_pack_file_free - unmap; entries' bytes are gone; NULL is allowed */
void es_pack_file_free(struct es_pack_file *f);
ES_DEFINE_CLEANUP(struct es_pack_file, es_pack_file_free)

/**
 * enum es_pack_sum - what is wrong with the checksums of a pack, as bits
 * @ES_PACK_SUM_PACK:  the pack is not what its checksum says
 * @ES_PACK_SUM_INDEX: nor is the index, or its order is wrong
 * @ES_PACK_SUM_OTHER: the index is of another pack
 */
enum es_pack_sum {
	ES_PACK_SUM_PACK = 1 << 0,
	ES_PACK_SUM_INDEX = 1 << 1,
	ES_PACK_SUM_OTHER = 1 << 2,
};

/** es_pack_file_sums - Return: bits of enum es_pack_sum; @sha is SHA-1 */
unsigned int es_pack_file_sums(const struct es_pack_file *f,
			       struct es_digest *sha);

/** es_pack_file_size - Return: bytes of the pack and its index */
uint64_t es_pack_file_size(const struct es_pack_file *f);

/** es_pack_file_count - Return: objects in the pack */
size_t es_pack_file_count(const struct es_pack_file *f);

/**
 * es_pack_file_entry - an object of the pack
 * @f:   pack
 * @i:   0 to es_pack_file_count() - 1, in the order of the file
 * @out: set; borrowed from @f
 * @err: filled on failure
 *
 * The CRC that the index has of its bytes is checked.
 *
 * Return: 0 or -EIO when it is damaged; then only the id is set.
 */
int es_pack_file_entry(const struct es_pack_file *f, size_t i,
		       struct es_pack_entry *out, struct es_error *err);

/**
 * es_pack_file_id - id of an object, which costs no look at the pack itself
 * @f:   pack
 * @i:   0 to es_pack_file_count() - 1, in the order of the file
 * @out: set
 *
 * Return: bytes that the object has in the pack.
 */
uint64_t es_pack_file_id(const struct es_pack_file *f, size_t i,
			 struct es_oid *out);

/** es_pack_file_has - Return: whether an object is in the pack */
bool es_pack_file_has(const struct es_pack_file *f, const struct es_oid *id);

/**
 * es_pack_file_bases - what each object is a difference to
 * @f:   pack
 * @out: es_pack_file_count() numbers: that of the base in the order of the file
 *       + 1, 0 where an object is stored whole
 * @err: filled on failure
 *
 * Return: 0, or -EIO where a base is not in the pack.
 */
int es_pack_file_bases(const struct es_pack_file *f, uint32_t *out,
		       struct es_error *err);

/**
 * es_pack_file_rest - give back the memory that what was read takes up
 * @f: pack; it can be read on
 */
void es_pack_file_rest(const struct es_pack_file *f);

#endif
