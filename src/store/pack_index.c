/* SPDX-License-Identifier: MIT */
/* pack_index.c - write a pack's .idx, version 2 */
#include "config.h"

#include "store/pack_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Source: gitformat-pack(5), "Version 2 pack-*.idx files". */

/* Objects are first spread over this many buckets by two bytes of their id. */
#define BUCKETS 65536u
/* A bucket with more than this was made on purpose: no insertion sort. */
#define BUCKET_SMALL 32u
/* Offsets from here on stand in the table of 64-bit ones. */
#define OFF_LARGE ((uint64_t)1 << 31)

/* Bytes on their way to the file and into its checksum. */
struct sink {
	int fd;
	int rc;
	struct es_digest *sha;
	size_t len;
	char buf[65536];
};

static void sink_flush(struct sink *s)
{
	es_digest_update(s->sha, s->buf, s->len);
	if (s->rc == 0)
		s->rc = es_write_all(s->fd, s->buf, s->len);
	s->len = 0;
}

static void put(struct sink *s, const void *data, size_t len)
{
	if (len > sizeof(s->buf) - s->len)
		sink_flush(s);
	memcpy(s->buf + s->len, data, len);
	s->len += len;
}

static void put32(struct sink *s, uint32_t v)
{
	const uint8_t be[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
				(uint8_t)(v >> 8), (uint8_t)v };

	put(s, be, sizeof(be));
}

static unsigned int bucket_of(const struct es_packed *o)
{
	return (unsigned int)o->id.id[0] << 8 | o->id.id[1];
}

static int cmp_id(const void *a, const void *b, void *objects)
{
	const struct es_packed *o = objects;
	const uint32_t *i = a;
	const uint32_t *k = b;

	return memcmp(o[*i].id.id, o[*k].id.id, ES_OID_LEN);
}

static void sort_bucket(struct es_packed *o, uint32_t *order, uint32_t n)
{
	if (n > BUCKET_SMALL) {
		qsort_r(order, n, sizeof(*order), cmp_id, o);
		return;
	}
	for (uint32_t i = 1; i < n; i++) {
		const uint32_t x = order[i];
		uint32_t k = i;

		for (; k && cmp_id(&order[k - 1], &x, o) > 0; k--)
			order[k] = order[k - 1];
		order[k] = x;
	}
}

/* Indexes of all objects in the order of their ids; @first: BUCKETS + 1. */
static void sort_objects(const struct es_pack *p, uint32_t *order,
			 uint32_t *first)
{
	for (size_t i = 0; i < p->n; i++)
		first[bucket_of(&p->objects[i]) + 1]++;
	for (uint32_t b = 0; b < BUCKETS; b++)
		first[b + 1] += first[b];
	/* Moves each begin to its end, which is the next one's begin. */
	for (size_t i = 0; i < p->n; i++)
		order[first[bucket_of(&p->objects[i])]++] = (uint32_t)i;
	for (uint32_t b = BUCKETS; b > 0; b--)
		first[b] = first[b - 1];
	first[0] = 0;
	for (uint32_t b = 0; b < BUCKETS; b++)
		sort_bucket(p->objects, order + first[b],
			    first[b + 1] - first[b]);
}

static void put_offsets(struct sink *s, const struct es_pack *p,
			const uint32_t *order)
{
	uint32_t large = 0;

	for (size_t i = 0; i < p->n; i++) {
		const uint64_t off = p->objects[order[i]].off;

		put32(s, off < OFF_LARGE ? (uint32_t)off
					 : (uint32_t)OFF_LARGE | large++);
	}
	for (size_t i = 0; large && i < p->n; i++) {
		const uint64_t off = p->objects[order[i]].off;

		if (off < OFF_LARGE)
			continue;
		put32(s, (uint32_t)(off >> 32));
		put32(s, (uint32_t)off);
	}
}

static void put_tables(struct sink *s, const struct es_pack *p,
		       const uint32_t *order, const uint32_t *first)
{
	put(s, "\377tOc\0\0\0\2", 8);
	for (uint32_t byte = 1; byte <= 256; byte++)
		put32(s, first[byte << 8]);
	for (size_t i = 0; i < p->n; i++)
		put(s, p->objects[order[i]].id.id, ES_OID_LEN);
	for (size_t i = 0; i < p->n; i++)
		put32(s, p->objects[order[i]].crc);
	put_offsets(s, p, order);
}

static int finish(struct sink *s, const uint8_t *trailer)
{
	uint8_t sum[ES_SHA1_LEN];

	put(s, trailer, ES_SHA1_LEN);
	sink_flush(s);
	es_digest_end(s->sha, sum);
	return s->rc < 0 ? s->rc : es_write_all(s->fd, sum, sizeof(sum));
}

int es_pack_index_write(const struct es_pack *p, int fd,
			const uint8_t trailer[ES_SHA1_LEN],
			struct es_error *err)
{
	ES_CLEANUP(es_freep) struct sink *s = malloc(sizeof(*s));
	ES_CLEANUP(es_digest_freep) struct es_digest *sha = NULL;
	ES_CLEANUP(es_freep)
	uint32_t *order = malloc((p->n + 1) * sizeof(*order));
	ES_CLEANUP(es_freep)
	uint32_t *first = calloc(BUCKETS + 1, sizeof(*first));

	if (!s || !order || !first)
		return es_fail_oom(err);
	if (es_digest_new(&sha, ES_DIGEST_SHA1, NULL, err) < 0)
		return err->code;
	*s = (struct sink){ .fd = fd, .sha = sha };
	es_digest_begin(sha);
	sort_objects(p, order, first);
	put_tables(s, p, order, first);
	const int rc = finish(s, trailer);
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "write failed");
	}
	return 0;
}
