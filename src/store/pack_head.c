/* SPDX-License-Identifier: MIT */
/* pack_head.c - type and size in front of each object of a pack */
#include "config.h"

#include "store/pack_priv.h"

size_t es_pack_head_write(char out[ES_PACK_HEAD_MAX], unsigned int type,
			  uint64_t size)
{
	unsigned int byte = type << 4 | (unsigned int)(size & 15);
	size_t n = 0;

	for (size >>= 4; size; size >>= 7) {
		out[n++] = (char)(byte | 0x80);
		byte = (unsigned int)(size & 0x7f);
	}
	out[n++] = (char)byte;
	return n;
}

size_t es_pack_head_read(const char *data, size_t len, unsigned int *type,
			 uint64_t *size)
{
	const unsigned char *p = (const unsigned char *)data;
	unsigned int shift = 4;
	size_t i = 0;

	if (len == 0)
		return 0;
	*type = p[0] >> 4 & 7;
	*size = p[0] & 15;
	while (p[i] & 0x80) {
		if (++i >= len || shift > 57)
			return 0;
		*size |= (uint64_t)(p[i] & 0x7f) << shift;
		shift += 7;
	}
	return i + 1;
}
