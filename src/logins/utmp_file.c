/* SPDX-License-Identifier: MIT */
/* utmp_file.c - files of records, read from either end */
#include "config.h"

#include "logins/logins_priv.h"

#include <errno.h>
#include <string.h>

/* Records that the layout is guessed from, and that are read at once. */
#define SAMPLE 64
#define AT_ONCE 2048

void lg_layout_of(struct lg_layout *out, int fd, uint64_t size)
{
	unsigned char sample[SAMPLE * LG_RECORD_MAX];
	const uint64_t at = size > sizeof(sample) ? size - sizeof(sample) : 0;
	const ssize_t n = pread(fd, sample, sizeof(sample), (off_t)at);

	lg_layout_guess(out, sample, n > 0 ? (size_t)n : 0, at, size);
}

int lg_scan_back(int fd, const struct lg_layout *layout, uint64_t size,
		 lg_visit visit, void *payload)
{
	ES_CLEANUP(es_freep)
	unsigned char *block = malloc(AT_ONCE * layout->size);
	int rc = 0;

	if (!block)
		return -ENOMEM;
	uint64_t left = size > layout->first
				? (size - layout->first) / layout->size
				: 0;
	while (rc == 0 && left > 0) {
		size_t n = left < AT_ONCE ? (size_t)left : AT_ONCE;
		const uint64_t at = layout->first + (left - n) * layout->size;
		const ssize_t got =
			pread(fd, block, n * layout->size, (off_t)at);

		/* It became shorter meanwhile, or cannot be read. */
		if (got < (ssize_t)(n * layout->size))
			break;
		left -= n;
		while (rc == 0 && n-- > 0)
			rc = visit(payload, block + n * layout->size,
				   at + n * layout->size);
	}
	return rc;
}

/**
 * struct scan - a file on its way to those who want records
 * @layout:  its layout; size 0 while it is not known
 * @take:    is given each record
 * @payload: for @take
 * @held:    bytes of @room
 * @room:    begin of a file, or of a record
 */
struct scan {
	struct lg_layout layout;
	lg_take_record take;
	void *payload;
	size_t held;
	unsigned char room[SAMPLE * LG_RECORD_MAX];
};

static int take_whole(struct scan *s, const unsigned char *raw)
{
	struct lg_record r;

	return lg_record_read(&r, raw, &s->layout) ? s->take(s->payload, &r)
						   : 0;
}

/* Whole records out of the room; what is left moves to its begin. */
static int take_held(struct scan *s)
{
	size_t at = 0;
	int rc = 0;

	if (s->layout.size == 0)
		lg_layout_guess(&s->layout, s->room, s->held, 0, 0);
	for (; rc == 0 && at + s->layout.size <= s->held; at += s->layout.size)
		rc = take_whole(s, s->room + at);
	s->held -= at;
	memmove(s->room, s->room + at, s->held);
	return rc;
}

static int take_bytes(void *payload, const char *data, size_t len)
{
	struct scan *const s = payload;
	int rc = 0;

	while (rc == 0 && len > 0) {
		const size_t free_room = sizeof(s->room) - s->held;
		const size_t n = len < free_room ? len : free_room;

		memcpy(s->room + s->held, data, n);
		s->held += n;
		data += n;
		len -= n;
		if (s->held == sizeof(s->room))
			rc = take_held(s);
	}
	return rc;
}

int lg_scan(int fd, const struct lg_file *file, uint64_t at,
	    lg_take_record take, void *payload)
{
	ES_CLEANUP(es_freep) struct scan *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->take = take;
	s->payload = payload;
	if (!file->packed) {
		lg_layout_of(&s->layout, fd, file->size);
		if (at < s->layout.first)
			at = s->layout.first;
	}
	int rc = lg_stream(fd, file->packed, at, take_bytes, s);
	return rc ? rc : take_held(s);
}
