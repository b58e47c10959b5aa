/* SPDX-License-Identifier: MIT */
/* deflate_priv.h - zlib streams of whole objects, by libdeflate or zlib */
#ifndef ETCSNAP_STORE_DEFLATE_PRIV_H
#define ETCSNAP_STORE_DEFLATE_PRIV_H

#include "etcsnap/cleanup.h"

#include <stddef.h>
#include <stdint.h>

/** struct es_deflater - one thread's compressor */
struct es_deflater;

/** es_deflater_new - Return: owned, NULL when memory ran out */
struct es_deflater *es_deflater_new(void);

/** es_deflater_free - free a compressor; NULL is allowed */
void es_deflater_free(struct es_deflater *d);
ES_DEFINE_CLEANUP(struct es_deflater, es_deflater_free)

/** es_deflate_bound - Return: most bytes that @len bytes can become */
size_t es_deflate_bound(struct es_deflater *d, size_t len);

/**
 * es_deflate - compress one object, fast
 * @d:    compressor
 * @out:  es_deflate_bound() bytes
 * @room: their number
 * @data: content
 * @len:  its bytes
 *
 * Return: bytes written, 0 on failure (never, with enough room).
 */
size_t es_deflate(struct es_deflater *d, char *out, size_t room,
		  const void *data, size_t len);

/**
 * es_inflate - decompress one object
 * @out:  exactly @size bytes
 * @size: bytes that the object has
 * @data: zlib stream
 * @len:  its bytes
 *
 * Return: 0, -ENOMEM, or -EIO when the stream is damaged or of another size.
 */
int es_inflate(char *out, size_t size, const void *data, size_t len);

/** es_crc32 - Return: CRC-32 as pack indexes have it */
uint32_t es_crc32(const void *data, size_t len);

#endif
