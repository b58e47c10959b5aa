/* SPDX-License-Identifier: MIT */
/* listing.h - the entries of one directory, packed into one piece of memory */
#ifndef ETCSNAP_LISTING_H
#define ETCSNAP_LISTING_H

#include "etcsnap/entry.h"

/*
 * A listing is what collect makes of a directory, what the state keeps of it
 * and what two runs are compared by: the directory itself (name "."), then
 * its entries sorted by the bytes of their names. It is packed so that the
 * unchanged run reads one row per directory and allocates nothing per entry.
 *
 * Layout (native byte order; the state never leaves its machine): an 16-byte
 * header (magic, count, es_hash64 of the rest), then records: an 8-byte head
 * (watch, type, class, has, name length, unread), for recorded objects the
 * fixed numbers, digest and oid where @has says so, then length-prefixed
 * target and xattr, a struct es_extra, then the name. Entries that are not
 * watched, and directories in their parent's listing, are head and name alone:
 * a directory's own values stand in its own listing.
 *
 * Writing:  es_listing_begin(), es_listing_add() in order, es_listing_end().
 * Reading:  es_listing_open(), then es_listing_next() until it returns 0;
 *           the first entry is the directory itself.
 */

/**
 * struct es_listing_writer - a listing being packed
 * @buf:   bytes so far; after es_listing_end() the finished listing
 * @count: entries so far, the directory itself included
 */
struct es_listing_writer {
	struct es_buf buf;
	uint32_t count;
};

/**
 * ES_LISTING_WRITER_INIT - a writer that holds nothing
 */
#define ES_LISTING_WRITER_INIT             \
	{                                  \
		ES_BUF_INIT(ES_BUF_MAX), 0 \
	}

/**
 * es_listing_begin - start (over) with the directory's own entry
 * @w:    writer; what it held is dropped
 * @self: the directory, copied; its name reads as "." whatever it is
 *
 * A failure (memory, a name or string too long) is kept in @w and told by
 * es_listing_end().
 *
 * Locking: none; not for use by two threads at once.
 */
void es_listing_begin(struct es_listing_writer *w, const struct es_entry *self);

/**
 * es_listing_add - append an entry
 * @w: writer, begun
 * @e: entry, copied; names must come in byte order
 *
 * Only of watched entries that are no directories more than head and name is
 * packed. A failure is kept in @w and told by es_listing_end().
 *
 * Locking: none; not for use by two threads at once.
 */
void es_listing_add(struct es_listing_writer *w, const struct es_entry *e);

/**
 * es_listing_add_raw - append an entry's packed record as it stands
 * @w:   writer
 * @rec: record from es_listing_reader.rec
 * @len: its bytes
 */
void es_listing_add_raw(struct es_listing_writer *w, const char *rec,
			size_t len);

/**
 * es_listing_end - fill in header and checksum
 * @w:   writer; w->buf then holds the listing
 * @err: filled when memory ran out
 *
 * Return: 0 or -ENOMEM.
 */
int es_listing_end(struct es_listing_writer *w, struct es_error *err);

/**
 * es_listing_dispose - free a writer's memory
 * @w: writer; the struct itself stays the caller's and is reusable
 *
 * Locking: none; not for use by two threads at once.
 */
void es_listing_dispose(struct es_listing_writer *w);

/**
 * struct es_listing_reader - position in a packed listing
 * @pos:     next record
 * @end:     end of the listing
 * @rec:     record of the entry returned last
 * @rec_len: its bytes
 */
struct es_listing_reader {
	const char *pos;
	const char *end;
	const char *rec;
	size_t rec_len;
};

/**
 * es_listing_open - start reading
 * @r:    position, set
 * @data: packed listing, borrowed while reading
 * @len:  its bytes
 *
 * Return: 0, or -EILSEQ when magic or checksum are wrong.
 */
int es_listing_open(struct es_listing_reader *r, const char *data, size_t len);

/**
 * es_listing_again - start reading what es_listing_open() has found whole
 * @r:    position, set
 * @data: packed listing, borrowed while reading
 * @len:  its bytes
 *
 * Does not look at the checksum, which costs more than all the rest.
 */
void es_listing_again(struct es_listing_reader *r, const char *data,
		      size_t len);

/**
 * es_listing_next - the next entry
 * @r: position
 * @e: set; strings point into the listing
 *
 * Return: 1, 0 at the end, -EILSEQ on a broken record.
 */
int es_listing_next(struct es_listing_reader *r, struct es_entry *e);

#endif
