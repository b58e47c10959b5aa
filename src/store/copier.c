/* SPDX-License-Identifier: MIT */
/* copier.c - put objects of installed packs into a new one */
#include "config.h"

#include "store/copier_priv.h"

#include "store/git_delta_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* A difference to what is larger takes more memory than it is worth. */
#define DELTA_SIZE_MAX ((size_t)64 << 20)

int es_copier_init(struct es_copier *c, struct es_store *st,
		   struct es_error *err)
{
	ES_CLEANUP(es_freep) char *dir = NULL;

	c->st = st;
	c->delta = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	c->room = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	if (asprintf(&dir, "%s/objects/pack", st->path) < 0) {
		dir = NULL;
		return es_fail_oom(err);
	}
	c->deflater = es_deflater_new();
	if (!c->deflater || es_pack_init(&c->out, dir) < 0)
		return es_fail_oom(err);
	es_pack_keep(&c->out);
	return 0;
}

void es_copier_dispose(struct es_copier *c)
{
	es_pack_dispose(&c->out);
	es_deflater_free(c->deflater);
	c->deflater = NULL;
	es_buf_dispose(&c->delta);
	es_buf_dispose(&c->room);
}

/* Begin an entry; @base is of a difference alone. */
static void begin(struct es_copier *c, unsigned int type, uint64_t size,
		  const struct es_oid *base)
{
	char head[ES_PACK_HEAD_MAX];
	size_t n = es_pack_head_write(head, type, size);

	es_buf_reset(&c->room);
	es_buf_add(&c->room, head, n);
	if (base)
		es_buf_add(&c->room, (const char *)base->id, ES_OID_LEN);
}

static int finish(struct es_copier *c, const struct es_oid *id,
		  struct es_error *err)
{
	if (es_buf_check(&c->room, err) < 0)
		return err->code;
	return es_pack_add(&c->out, id, c->room.data, c->room.len, err);
}

int es_copier_copy(struct es_copier *c, const struct es_pack_entry *e,
		   struct es_error *err)
{
	/* the distance to what it is a difference to is another one now */
	if (e->type != ES_PACK_OFS_DELTA)
		return es_pack_add(&c->out, &e->id, e->raw, e->raw_len, err);
	begin(c, ES_PACK_REF_DELTA, e->size, &e->base);
	es_buf_add(&c->room, e->data, e->data_len);
	return finish(c, &e->id, err);
}

static int read_object(git_odb_object **out, struct es_copier *c,
		       const struct es_oid *id, struct es_error *err)
{
	const git_oid oid = git_from_oid(id);
	char hex[ES_OID_HEX + 1];
	int rc = git_odb_read(out, c->st->odb, &oid);

	if (rc < 0)
		return es_fail_git(err, rc, "cannot read object %s",
				   es_oid_text(hex, id));
	return 0;
}

/* Append compressed bytes to the entry. Return: their number, 0 on failure. */
static size_t add_deflated(struct es_copier *c, const void *data, size_t len)
{
	const size_t bound = es_deflate_bound(c->deflater, len);
	char *at = es_buf_reserve(&c->room, bound);
	size_t n = at ? es_deflate(c->deflater, at, bound, data, len) : 0;

	c->room.len += n;
	return n;
}

/* Both are read. */
static int make_delta(struct es_copier *c, git_odb_object *const object[2],
		      const struct es_oid *base, size_t limit,
		      struct es_error *err)
{
	const size_t size = git_odb_object_size(object[1]);
	int rc;

	if (git_odb_object_type(object[0]) != git_odb_object_type(object[1]) ||
	    size > DELTA_SIZE_MAX ||
	    git_odb_object_size(object[0]) > DELTA_SIZE_MAX)
		return 0;
	rc = es_git_delta(&c->delta, git_odb_object_data(object[0]),
			  git_odb_object_size(object[0]),
			  git_odb_object_data(object[1]), size);
	if (rc < 0)
		return rc == -ENOMEM ? es_fail_oom(err) : 0;
	if (!limit)
		limit = size / 2;
	begin(c, ES_PACK_REF_DELTA, c->delta.len, base);

	const size_t n = add_deflated(c, c->delta.data, c->delta.len);
	if (es_buf_check(&c->room, err) < 0)
		return err->code;
	return n > 0 && n + ES_OID_LEN < limit;
}

int es_copier_delta(struct es_copier *c, const struct es_oid *id,
		    const struct es_oid *base, size_t limit,
		    struct es_error *err)
{
	git_odb_object *object[2] = { NULL, NULL };
	int rc = read_object(&object[0], c, base, err);

	if (rc == 0)
		rc = read_object(&object[1], c, id, err);
	if (rc == 0)
		rc = make_delta(c, object, base, limit, err);
	git_odb_object_free(object[0]);
	git_odb_object_free(object[1]);
	if (rc > 0)
		rc = finish(c, id, err) < 0 ? err->code : 1;
	return rc;
}

int es_copier_whole(struct es_copier *c, const struct es_oid *id,
		    struct es_error *err)
{
	git_odb_object *object = NULL;
	const int rc = read_object(&object, c, id, err);
	size_t n;

	if (rc < 0)
		return rc;
	begin(c, (unsigned int)git_odb_object_type(object),
	      git_odb_object_size(object), NULL);
	n = add_deflated(c, git_odb_object_data(object),
			 git_odb_object_size(object));
	git_odb_object_free(object);
	if (n == 0 && !c->room.failed)
		return es_fail(err, -EIO, "cannot compress an object");
	return finish(c, id, err);
}
