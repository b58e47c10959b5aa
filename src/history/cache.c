/* SPDX-License-Identifier: MIT */
/* cache.c - objects that were read last */
#include "config.h"

#include "history/history_priv.h"

#include <string.h>

/* Bytes that are kept, and of one object. */
#define BYTES_MAX ((size_t)64 << 20)
#define OBJECT_MAX ((size_t)1 << 20)

void cache_init(struct cache *c, struct es_store *st)
{
	static const struct es_buf empty = ES_BUF_INIT(OBJECT_MAX);

	c->st = st;
	c->bytes = 0;
	memset(c->ids, 0, sizeof(c->ids));
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		c->texts[i] = empty;
}

void cache_dispose(struct cache *c)
{
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		es_buf_dispose(&c->texts[i]);
}

/* Ids are as good as random, so any bytes of them will do. */
static size_t slot_of(const struct es_oid *oid)
{
	return ((size_t)oid->id[0] << 8 | oid->id[1]) % CACHE_SLOTS;
}

/* Takes the place of what was there. That there is no room is no failure. */
static void keep(struct cache *c, const struct es_oid *oid,
		 const struct es_buf *text)
{
	const size_t i = slot_of(oid);
	struct es_buf *mine = &c->texts[i];

	c->bytes -= mine->len;
	es_buf_reset(mine);
	memset(&c->ids[i], 0, sizeof(c->ids[i]));
	if (text->len > OBJECT_MAX || c->bytes + text->len > BYTES_MAX)
		return;
	if (es_buf_add(mine, text->data, text->len) < 0) {
		es_buf_reset(mine);
		return;
	}
	c->bytes += mine->len;
	c->ids[i] = *oid;
}

int cache_get(struct cache *c, const struct es_oid *oid, enum es_kind kind,
	      struct es_buf *out, struct es_error *err)
{
	const size_t i = slot_of(oid);

	es_buf_reset(out);
	if (es_oid_is_none(oid))
		return 0;
	if (es_oid_equal(&c->ids[i], oid)) {
		es_buf_add(out, c->texts[i].data, c->texts[i].len);
		return es_buf_check(out, err);
	}
	if (es_store_get(c->st, oid, kind, out, err) < 0)
		return err->code;
	keep(c, oid, out);
	return 0;
}
