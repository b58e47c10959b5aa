/* SPDX-License-Identifier: MIT */
/* deflate.c - zlib streams of whole objects, by libdeflate or zlib */
#include "config.h"

#include "store/deflate_priv.h"

#include <errno.h>
#include <stdlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <limits.h>
#include <stdbool.h>
#include <zlib.h>
#endif

/* The first run is bound by this: level 1 costs a tenth more room than 6. */
#define LEVEL 1

#ifdef HAVE_LIBDEFLATE

struct es_deflater {
	struct libdeflate_compressor *c;
};

struct es_deflater *es_deflater_new(void)
{
	ES_CLEANUP(es_deflater_freep)
	struct es_deflater *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->c = libdeflate_alloc_compressor(LEVEL);
	return d->c ? es_steal_ptr(&d) : NULL;
}

void es_deflater_free(struct es_deflater *d)
{
	if (!d)
		return;
	libdeflate_free_compressor(d->c);
	free(d);
}

size_t es_deflate_bound(struct es_deflater *d, size_t len)
{
	return libdeflate_zlib_compress_bound(d->c, len);
}

size_t es_deflate(struct es_deflater *d, char *out, size_t room,
		  const void *data, size_t len)
{
	return libdeflate_zlib_compress(d->c, data, len, out, room);
}

int es_inflate(char *out, size_t size, const void *data, size_t len)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();

	if (!d)
		return -ENOMEM;
	/* No place for the size: less or more than @size is an error. */
	enum libdeflate_result rc =
		libdeflate_zlib_decompress(d, data, len, out, size, NULL);
	libdeflate_free_decompressor(d);
	return rc == LIBDEFLATE_SUCCESS ? 0 : -EIO;
}

uint32_t es_crc32(const void *data, size_t len)
{
	return libdeflate_crc32(0, data, len);
}

#else

struct es_deflater {
	z_stream z;
};

struct es_deflater *es_deflater_new(void)
{
	struct es_deflater *d = calloc(1, sizeof(*d));

	if (d && deflateInit(&d->z, LEVEL) != Z_OK) {
		free(d);
		return NULL;
	}
	return d;
}

void es_deflater_free(struct es_deflater *d)
{
	if (!d)
		return;
	deflateEnd(&d->z);
	free(d);
}

size_t es_deflate_bound(struct es_deflater *d, size_t len)
{
	return deflateBound(&d->z, len);
}

/* Bytes to hand to zlib at once, which counts them in an unsigned int. */
static uInt piece(size_t left)
{
	return left > UINT_MAX ? UINT_MAX : (uInt)left;
}

size_t es_deflate(struct es_deflater *d, char *out, size_t room,
		  const void *data, size_t len)
{
	z_stream *z = &d->z;
	size_t done = 0;
	int rc = Z_OK;

	if (deflateReset(z) != Z_OK)
		return 0;
	z->next_out = (Bytef *)out;
	/* zlib without ZLIB_CONST takes what it only reads as writable. */
	z->next_in = (Bytef *)(uintptr_t)data;
	while (rc == Z_OK) {
		z->avail_in = piece(len - (size_t)z->total_in);
		z->avail_out = piece(room - done);
		const bool last = z->avail_in == len - (size_t)z->total_in;
		rc = deflate(z, last ? Z_FINISH : Z_NO_FLUSH);
		done = (size_t)z->total_out;
		if (rc == Z_OK && done == room)
			return 0;
	}
	return rc == Z_STREAM_END ? done : 0;
}

int es_inflate(char *out, size_t size, const void *data, size_t len)
{
	uLongf got = size;
	uLong used = len;

	switch (uncompress2((Bytef *)out, &got, data, &used)) {
	case Z_OK:
		return got == size ? 0 : -EIO;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

uint32_t es_crc32(const void *data, size_t len)
{
	return (uint32_t)crc32_z(0, data, len);
}

#endif
