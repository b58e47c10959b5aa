/* SPDX-License-Identifier: MIT */
/* entries.h - unit tests of manifests make entries and listings */
#ifndef ETCSNAP_TESTS_ENTRIES_H
#define ETCSNAP_TESTS_ENTRIES_H

#include <string.h>

#include "etcsnap/manifest.h"

/** ES_UNIT_HEX - the digest of es_unit_make_file() */
#define ES_UNIT_HEX                        \
	"abababababababababababababababab" \
	"abababababababababababababababab"

/** es_unit_make_self - a directory; its owner has no name */
static inline struct es_entry es_unit_make_self(enum es_watch watch)
{
	return (struct es_entry){
		.name = ".",
		.name_len = 1,
		.watch = watch,
		.type = ES_TYPE_DIR,
		.has = ES_HAS_STAT,
		.mode = 01755,
		.uid = 4294967294,
		.gid = 0,
		.mtime_sec = 5,
	};
}

/** es_unit_make_child - an entry with every number set */
static inline struct es_entry es_unit_make_child(const char *name,
						 enum es_type type)
{
	return (struct es_entry){
		.name = name,
		.name_len = strlen(name),
		.watch = ES_WATCH_YES,
		.type = type,
		.has = ES_HAS_STAT,
		.mode = 0644,
		.uid = 1,
		.gid = 2,
		.nlink = 1,
		.size = 3,
		.mtime_sec = 1700000000,
		.mtime_nsec = 5,
	};
}

/** es_unit_make_file - a file of a class, with bits of enum es_has */
static inline struct es_entry
es_unit_make_file(const char *name, enum es_class class, unsigned int has)
{
	struct es_entry e = es_unit_make_child(name, ES_TYPE_FILE);

	e.class = class;
	e.has |= has;
	memset(e.digest, 0xab, sizeof(e.digest));
	return e;
}

/** es_unit_pack - a listing of entries, the directory first */
static inline void es_unit_pack(struct es_listing_writer *w,
				const struct es_entry *entries, size_t n)
{
	struct es_error err = ES_ERROR_INIT;

	es_listing_begin(w, &entries[0]);
	for (size_t i = 1; i < n; i++)
		es_listing_add(w, &entries[i]);
	ck_assert_int_eq(es_listing_end(w, &err), 0);
}

/** es_unit_write_text - the .mtree of entries, the directory first */
static inline void es_unit_write_text(struct es_buf *out,
				      const struct es_entry *entries, size_t n)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_error err = ES_ERROR_INIT;

	es_unit_pack(&w, entries, n);
	ck_assert_int_eq(
		es_manifest_write(out, w.buf.data, w.buf.len, NULL, &err), 0);
}

#endif
