/* SPDX-License-Identifier: MIT */
/* object.c - read objects; install and discard the run's new ones */
#include "config.h"

#include "store/store_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>

const char *es_kind_name(enum es_kind kind)
{
	switch (kind) {
	case ES_KIND_COMMIT:
		return "commit";
	case ES_KIND_TREE:
		return "tree";
	case ES_KIND_BLOB:
		return "blob";
	case ES_KIND_TAG:
		return "tag";
	}
	return "strange object";
}

static int fail_object(struct es_error *err, int rc, const struct es_oid *oid,
		       enum es_kind kind)
{
	char hex[ES_OID_HEX + 1];

	es_oid_text(hex, oid);
	if (rc == GIT_ENOTFOUND)
		return es_fail(err, -ENOENT,
			       "there is no %s %s in the repository; see "
			       "'etcsnap verify'",
			       es_kind_name(kind), hex);
	es_fail_git(err, rc, "cannot read %s %s", es_kind_name(kind), hex);
	return es_wrap(err, "the repository is damaged, see 'etcsnap verify'");
}

/* Not to decompress a gigabyte only to say that it is too big. */
static int check_size(struct es_store *st, const git_oid *id,
		      const struct es_oid *oid, const struct es_buf *out,
		      struct es_error *err)
{
	char hex[ES_OID_HEX + 1];
	git_object_t type;
	size_t len;
	const int rc = git_odb_read_header(&len, &type, st->odb, id);

	if (rc < 0)
		return fail_object(err, rc, oid, ES_KIND_BLOB);
	if (len > out->max)
		return es_fail(err, -EFBIG, "blob %s is bigger than %zu bytes",
			       es_oid_text(hex, oid), out->max);
	return 0;
}

static int take(git_odb_object *object, const struct es_oid *oid,
		enum es_kind kind, struct es_buf *out, struct es_error *err)
{
	const int is = (int)git_odb_object_type(object);
	char hex[ES_OID_HEX + 1];

	if (is != (int)kind)
		return es_fail(err, -EINVAL, "%s is a %s, not a %s",
			       es_oid_text(hex, oid),
			       es_kind_name((enum es_kind)is),
			       es_kind_name(kind));
	es_buf_reset(out);
	es_buf_add(out, git_odb_object_data(object),
		   git_odb_object_size(object));
	return es_buf_check(out, err);
}

int es_store_get(struct es_store *st, const struct es_oid *oid,
		 enum es_kind kind, struct es_buf *out, struct es_error *err)
{
	const git_oid id = git_from_oid(oid);
	git_odb_object *object = NULL;
	int rc = es_pack_read(&st->pack, oid, kind, out, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (kind == ES_KIND_BLOB && check_size(st, &id, oid, out, err) < 0)
		return err->code;
	/* What it does not find it looks for once more in packs made since. */
	rc = git_odb_read(&object, st->odb, &id);
	if (rc < 0)
		return fail_object(err, rc, oid, kind);
	rc = take(object, oid, kind, out, err);
	git_odb_object_free(object);
	return rc;
}

int es_store_install(struct es_store *st, struct es_error *err)
{
	if (es_store_need_lock(st, err) < 0)
		return err->code;
	int rc = es_pack_install(&st->pack, err);
	if (rc <= 0)
		return rc;
	st->empty = false;
	rc = git_odb_refresh(st->odb);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read repository '%s'",
				   ES_Q(st->path));
	return 0;
}

void es_store_discard(struct es_store *st)
{
	es_pack_discard(&st->pack);
}
