/* SPDX-License-Identifier: MIT */
/* fuzz_listing.c - hostile packed listings */
#include "config.h"

#include "etcsnap/listing.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first byte of the input says whether the rest is a listing as it
 * stands, or records that get a right header, so that the checksum does not
 * keep the fuzzer out.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds)
{
	if (!holds)
		abort();
}

/* Reads every byte of a string, for the sanitizer to see. */
static void touch(const char *data, size_t len)
{
	volatile char last;

	for (size_t i = 0; i < len; i++)
		last = data[i];
	(void)last;
}

static void read_all(const char *data, size_t len)
{
	struct es_listing_reader r;
	const char *from = data + 16;
	struct es_entry e;

	if (es_listing_open(&r, data, len) < 0)
		return;
	while (es_listing_next(&r, &e) > 0) {
		demand(r.rec == from);
		from += r.rec_len;
		demand(r.pos == from && from <= data + len);
		demand(e.name_len > 0 && e.watch <= ES_WATCH_YES);
		demand(e.class <= ES_CLASS_SECRET && e.type <= ES_TYPE_SOCKET);
		touch(e.name, e.name_len);
		touch(e.target, e.target_len);
		touch(e.xattr, e.xattr_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	const struct es_entry self = { .type = ES_TYPE_DIR };
	struct es_error err = ES_ERROR_INIT;
	char *copy;

	if (size == 0)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	read_all(copy, size - 1);
	free(copy);
	if (data[0] & 1)
		return 0;
	es_listing_begin(&w, &self);
	es_listing_add_raw(&w, (const char *)data + 1, size - 1);
	demand(es_listing_end(&w, &err) == 0);
	/* Exactly as long as it is, so that a step beyond is seen. */
	copy = malloc(w.buf.len);
	if (copy) {
		memcpy(copy, w.buf.data, w.buf.len);
		read_all(copy, w.buf.len);
	}
	free(copy);
	es_listing_dispose(&w);
	return 0;
}
