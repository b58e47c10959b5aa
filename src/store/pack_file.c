/* SPDX-License-Identifier: MIT */
/* pack_file.c - an installed pack, its objects as they are stored */
#include "config.h"

#include "store/pack_file_priv.h"

#include "etcsnap/quote.h"
#include "store/deflate_priv.h"
#include "store/pack_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of an index before its ids, and of a checksum at the end of a file. */
#define IDX_HEAD ((size_t)8)
#define FANOUT ((size_t)256 * 4)
#define SUM ((size_t)ES_OID_LEN)
#define PACK_HEAD ((size_t)12)
/* Entries that are looked at before memory is given back. */
#define REST ((size_t)1 << 16)
/* Marks an offset that stands in the table of 64-bit ones. */
#define OFF_LARGE 0x80000000u

struct map {
	const unsigned char *data;
	size_t len;
};

/* One object: where it is in the file, and which of the index. */
struct place {
	uint64_t off;
	uint32_t nth;
};

struct es_pack_file {
	char *name; /* for messages */
	struct map idx;
	struct map pack;
	size_t n;
	const unsigned char *ids;
	const unsigned char *crcs;
	struct place *places; /* sorted by offset */
};

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int damaged(const struct es_pack_file *f, struct es_error *err)
{
	return es_fail(err, -EIO,
		       "pack '%s' is damaged; run 'etcsnap git fsck'",
		       ES_Q(f->name));
}

static int map_file(struct map *m, const char *path, struct es_error *err)
{
	ES_CLEANUP(es_closep)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat sb;
	void *data;

	if (fd < 0 || fstat(fd, &sb) < 0)
		return es_fail_errno(err, "cannot read '%s'", ES_Q(path));
	if (sb.st_size <= 0)
		return es_fail(err, -EIO, "'%s' is empty", ES_Q(path));
	data = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return es_fail_errno(err, "cannot map '%s'", ES_Q(path));
	*m = (struct map){ data, (size_t)sb.st_size };
	return 0;
}

static void unmap(struct map *m)
{
	/* it was mapped for reading; munmap() only wants the address */
	if (m->data)
		munmap((void *)(uintptr_t)m->data, m->len);
}

static int cmp_place(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

/* Where the object is that the index has at @nth; 0 is no such place. */
static uint64_t offset_of(const struct es_pack_file *f, size_t nth)
{
	const unsigned char *small = f->crcs + 4 * f->n;
	const unsigned char *large = small + 4 * f->n;
	const unsigned char *end = f->idx.data + f->idx.len - 2 * SUM;
	uint32_t off = be32(small + 4 * nth);

	if (!(off & OFF_LARGE))
		return off;
	large += (size_t)8 * (off & ~OFF_LARGE);
	if (large + 8 > end)
		return 0;
	return (uint64_t)be32(large) << 32 | be32(large + 4);
}

static int read_index(struct es_pack_file *f, struct es_error *err)
{
	const unsigned char *d = f->idx.data;

	if (f->idx.len < IDX_HEAD + FANOUT + 2 * SUM ||
	    f->pack.len < PACK_HEAD + SUM || memcmp(f->pack.data, "PACK", 4))
		return damaged(f, err);
	if (memcmp(d, "\377tOc\0\0\0\2", IDX_HEAD) != 0)
		return es_fail(err, -ENOTSUP,
			       "the index of pack '%s' has another version",
			       ES_Q(f->name));
	f->n = be32(d + IDX_HEAD + FANOUT - 4);
	if (f->n != be32(f->pack.data + 8) ||
	    f->idx.len < IDX_HEAD + FANOUT + f->n * (SUM + 8) + 2 * SUM)
		return damaged(f, err);
	f->ids = d + IDX_HEAD + FANOUT;
	f->crcs = f->ids + f->n * SUM;
	f->places = reallocarray(NULL, f->n + 1, sizeof(*f->places));
	if (!f->places)
		return es_fail_oom(err);
	for (size_t i = 0; i < f->n; i++) {
		f->places[i] = (struct place){ offset_of(f, i), (uint32_t)i };
		if (f->places[i].off < PACK_HEAD ||
		    f->places[i].off >= f->pack.len - SUM)
			return damaged(f, err);
	}
	qsort(f->places, f->n, sizeof(*f->places), cmp_place);
	f->places[f->n].off = f->pack.len - SUM;
	return 0;
}

int es_pack_file_open(struct es_pack_file **out, const char *dir,
		      const char *stem, struct es_error *err)
{
	ES_CLEANUP(es_pack_file_freep)
	struct es_pack_file *f = calloc(1, sizeof(*f));
	ES_CLEANUP(es_freep) char *idx = NULL;

	if (!f)
		return es_fail_oom(err);
	if (asprintf(&f->name, "%s/%s.pack", dir, stem) < 0)
		f->name = NULL;
	if (asprintf(&idx, "%s/%s.idx", dir, stem) < 0)
		idx = NULL;
	if (!f->name || !idx)
		return es_fail_oom(err);
	if (map_file(&f->idx, idx, err) < 0 ||
	    map_file(&f->pack, f->name, err) < 0 || read_index(f, err) < 0)
		return err->code;
	*out = es_steal_ptr(&f);
	return 0;
}

void es_pack_file_free(struct es_pack_file *f)
{
	if (!f)
		return;
	unmap(&f->idx);
	unmap(&f->pack);
	free(f->places);
	free(f->name);
	free(f);
}

size_t es_pack_file_count(const struct es_pack_file *f)
{
	return f->n;
}

static bool sum_is(const unsigned char *data, size_t len, const void *sum,
		   struct es_digest *sha)
{
	uint8_t is[SUM];

	es_digest_begin(sha);
	es_digest_update(sha, data, len);
	es_digest_end(sha, is);
	return memcmp(is, sum, SUM) == 0;
}

static bool is_sorted(const struct es_pack_file *f)
{
	for (size_t i = 1; i < f->n; i++)
		if (memcmp(f->ids + SUM * (i - 1), f->ids + SUM * i, SUM) >= 0)
			return false;
	return true;
}

/* The first table says how many ids begin with at most each byte. */
static bool is_fanned_out(const struct es_pack_file *f)
{
	const unsigned char *table = f->idx.data + IDX_HEAD;
	size_t n = 0;

	for (unsigned int byte = 0; byte < 256; byte++) {
		while (n < f->n && f->ids[SUM * n] == byte)
			n++;
		if (be32(table + 4 * (size_t)byte) != n)
			return false;
	}
	return n == f->n;
}

unsigned int es_pack_file_sums(const struct es_pack_file *f,
			       struct es_digest *sha)
{
	const struct map *x = &f->idx;
	const struct map *p = &f->pack;
	const unsigned char *of_pack = p->data + p->len - SUM;
	unsigned int wrong = 0;

	if (!sum_is(p->data, p->len - SUM, of_pack, sha))
		wrong |= ES_PACK_SUM_PACK;
	if (!sum_is(x->data, x->len - SUM, x->data + x->len - SUM, sha) ||
	    !is_sorted(f) || !is_fanned_out(f))
		wrong |= ES_PACK_SUM_INDEX;
	if (memcmp(x->data + x->len - 2 * SUM, of_pack, SUM) != 0)
		wrong |= ES_PACK_SUM_OTHER;
	return wrong;
}

uint64_t es_pack_file_size(const struct es_pack_file *f)
{
	return f->pack.len + f->idx.len;
}

/* --------------------------------------------------------------- entries */

static void set_id(const struct es_pack_file *f, struct es_oid *out,
		   const struct place *p)
{
	memcpy(out->id, f->ids + SUM * p->nth, SUM);
}

/* Bytes of the distance to a delta's base; 0 when there is no such base. */
static size_t read_distance(const struct es_pack_file *f, uint64_t off,
			    const unsigned char *p, size_t len,
			    struct es_oid *base)
{
	uint64_t distance = p[0] & 0x7f;
	struct place key = { 0 };
	const struct place *at;
	size_t i = 0;

	while (p[i] & 0x80) {
		if (++i >= len || distance >> 56)
			return 0;
		distance = (distance + 1) << 7 | (p[i] & 0x7f);
	}
	if (distance == 0 || distance >= off)
		return 0;
	key.off = off - distance;
	at = bsearch(&key, f->places, f->n, sizeof(*f->places), cmp_place);
	if (!at)
		return 0;
	set_id(f, base, at);
	return i + 1;
}

static size_t read_base(const struct es_pack_file *f, uint64_t off,
			const unsigned char *p, size_t len,
			struct es_pack_entry *e)
{
	if (len == 0)
		return 0;
	if (e->type == ES_PACK_OFS_DELTA)
		return read_distance(f, off, p, len, &e->base);
	if (len < SUM)
		return 0;
	memcpy(e->base.id, p, SUM);
	return SUM;
}

/* Type, size and base. */
static int read_head(const struct es_pack_file *f, const struct place *p,
		     struct es_pack_entry *out, struct es_error *err)
{
	const unsigned char *raw = f->pack.data + p->off;
	size_t len = (size_t)(p[1].off - p->off);
	size_t head;
	size_t base = 0;

	*out = (struct es_pack_entry){ .raw = (const char *)raw,
				       .raw_len = len };
	set_id(f, &out->id, p);
	head = es_pack_head_read(out->raw, len, &out->type, &out->size);
	if (head == 0 || out->type == 0 || out->type == 5)
		return damaged(f, err);
	if (out->type >= ES_PACK_OFS_DELTA) {
		base = read_base(f, p->off, raw + head, len - head, out);
		if (base == 0)
			return damaged(f, err);
	}
	out->data = out->raw + head + base;
	out->data_len = len - head - base;
	return 0;
}

int es_pack_file_entry(const struct es_pack_file *f, size_t i,
		       struct es_pack_entry *out, struct es_error *err)
{
	const struct place *p = &f->places[i];
	size_t len = (size_t)(p[1].off - p->off);

	if (len == 0 || es_crc32(f->pack.data + p->off, len) !=
				be32(f->crcs + 4 * (size_t)p->nth))
		return damaged(f, err);
	return read_head(f, p, out, err);
}

uint64_t es_pack_file_id(const struct es_pack_file *f, size_t i,
			 struct es_oid *out)
{
	set_id(f, out, &f->places[i]);
	return f->places[i + 1].off - f->places[i].off;
}

/* The object of an id, in the order of the file, + 1; 0: it is not there. */
static uint32_t find_id(const struct es_pack_file *f, const struct es_oid *id)
{
	const unsigned char *fanout = f->idx.data + IDX_HEAD;
	size_t from = id->id[0] ? be32(fanout + 4 * (id->id[0] - 1u)) : 0;
	size_t to = be32(fanout + 4 * (size_t)id->id[0]);
	const struct place *at;

	while (from < to && to <= f->n) {
		const size_t mid = from + (to - from) / 2;
		const int cmp = memcmp(f->ids + SUM * mid, id->id, SUM);
		const struct place key = { offset_of(f, mid), 0 };

		if (cmp == 0) {
			at = bsearch(&key, f->places, f->n, sizeof(*f->places),
				     cmp_place);
			return at ? (uint32_t)(at - f->places) + 1 : 0;
		}
		if (cmp < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return 0;
}

bool es_pack_file_has(const struct es_pack_file *f, const struct es_oid *id)
{
	return find_id(f, id) != 0;
}

int es_pack_file_bases(const struct es_pack_file *f, uint32_t *out,
		       struct es_error *err)
{
	struct es_pack_entry e;

	for (size_t i = 0; i < f->n; i++) {
		if (read_head(f, &f->places[i], &e, err) < 0)
			return err->code;
		if (i % REST == REST - 1)
			es_pack_file_rest(f);
		out[i] = 0;
		if (e.type < ES_PACK_OFS_DELTA)
			continue;
		out[i] = find_id(f, &e.base);
		if (!out[i])
			return damaged(f, err);
	}
	return 0;
}

void es_pack_file_rest(const struct es_pack_file *f)
{
	/* it was mapped for reading; madvise() only wants the address */
	madvise((void *)(uintptr_t)f->pack.data, f->pack.len, MADV_DONTNEED);
	madvise((void *)(uintptr_t)f->idx.data, f->idx.len, MADV_DONTNEED);
}
