/* SPDX-License-Identifier: MIT */
/* lane.c - hash, compress and hand over new objects, one lane a thread */
#include "config.h"

#include "store/store_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Memory for a compressed object that is kept for the next one, bytes. */
#define ROOM_KEEP ((size_t)4 << 20)

int es_lane_new(struct es_lane **out, struct es_store *st, struct es_error *err)
{
	ES_CLEANUP(es_lane_freep)
	struct es_lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return es_fail_oom(err);
	lane->st = st;
	lane->text = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	lane->dir.name = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	lane->dir.text = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	lane->dir.files = es_tree_builder_new();
	lane->dir.meta = es_tree_builder_new();
	lane->deflater = es_deflater_new();
	if (!lane->dir.files || !lane->dir.meta || !lane->deflater)
		return es_fail_oom(err);
	if (es_digest_new(&lane->sha, ES_DIGEST_SHA1, NULL, err) < 0)
		return err->code;
	*out = es_steal_ptr(&lane);
	return 0;
}

void es_lane_free(struct es_lane *lane)
{
	if (!lane)
		return;
	es_tree_builder_free(lane->dir.files);
	es_tree_builder_free(lane->dir.meta);
	es_buf_dispose(&lane->dir.name);
	es_buf_dispose(&lane->dir.text);
	es_buf_dispose(&lane->text);
	es_deflater_free(lane->deflater);
	es_digest_free(lane->sha);
	free(lane->room);
	free(lane);
}

static void hash(struct es_oid *out, struct es_lane *lane, enum es_kind kind,
		 const void *data, size_t len)
{
	char header[32];
	const int n = snprintf(header, sizeof(header), "%s %zu",
			       es_kind_name(kind), len);

	es_digest_begin(lane->sha);
	/* With its NUL. */
	es_digest_update(lane->sha, header, (size_t)n + 1);
	es_digest_update(lane->sha, data, len);
	es_digest_end(lane->sha, out->id);
}

/*
 * Without a look for packs that came since: a writer holds the lock, so that
 * there are none, and a reader does not mind an object it has twice.
 */
static bool has(struct es_lane *lane, const struct es_oid *oid)
{
	const git_oid id = git_from_oid(oid);

	return es_pack_has(&lane->st->pack, oid) ||
	       (!lane->st->empty &&
		git_odb_exists_ext(lane->st->odb, &id,
				   GIT_ODB_LOOKUP_NO_REFRESH) == 1);
}

static int reserve(struct es_lane *lane, size_t len)
{
	if (len <= lane->room_len)
		return 0;
	free(lane->room);
	lane->room_len = 0;
	lane->room = malloc(len);
	if (!lane->room)
		return -ENOMEM;
	lane->room_len = len;
	return 0;
}

static int add(struct es_lane *lane, const struct es_oid *oid,
	       enum es_kind kind, const void *data, size_t len,
	       struct es_error *err)
{
	const size_t bound = es_deflate_bound(lane->deflater, len);

	if (reserve(lane, ES_PACK_HEAD_MAX + bound) < 0)
		return es_fail_oom(err);
	const size_t head = es_pack_head_write(lane->room, kind, len);
	const size_t body =
		es_deflate(lane->deflater, lane->room + head, bound, data, len);
	if (!body)
		return es_fail(err, -EIO, "compressing an object failed");
	const int rc =
		es_pack_add(&lane->st->pack, oid, lane->room, head + body, err);
	if (lane->room_len > ROOM_KEEP) {
		free(es_steal_ptr(&lane->room));
		lane->room_len = 0;
	}
	return rc;
}

int es_lane_put(struct es_oid *out, struct es_lane *lane, enum es_kind kind,
		const void *data, size_t len, struct es_error *err)
{
	struct es_oid oid;

	hash(&oid, lane, kind, data, len);
	const int rc =
		has(lane, &oid) ? 0 : add(lane, &oid, kind, data, len, err);
	if (rc >= 0)
		*out = oid;
	return rc;
}
