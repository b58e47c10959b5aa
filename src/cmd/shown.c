/* SPDX-License-Identifier: MIT */
/* shown.c - what a run holds under a path, as far as it may be shown */
#include "config.h"

#include "cmd/shown.h"

#include "etcsnap/charset.h"
#include "etcsnap/clock.h"
#include "etcsnap/hide.h"
#include "etcsnap/package_ops.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

/* Today's rules, and the key where it is there. */
static struct es_patch_options options_of(const struct es_call *call)
{
	const struct es_session *s = call->session;

	return (struct es_patch_options){
		.rules = s->rules,
		.key = s->has_key ? s->key : NULL,
	};
}

static int load(struct es_buf *out, struct es_call *call, const char *path,
		const struct es_entry *e, struct es_error *err)
{
	const struct es_patch_options o = options_of(call);

	return es_delta_content(out, call->session->store, path, e, &o, err);
}

static int fail_secret(struct es_error *err, const char *path)
{
	return es_fail(err, -EACCES,
		       "%s is secret: its content is not in the "
		       "repository, or must not be shown; 'etcsnap log "
		       "%s' tells when it changed",
		       ES_Q(path), ES_Q(path));
}

/* Commands as they were typed: run/packages quotes what masks look for. */
static int hide_typed(struct es_buf *text, const struct es_mask_set *masks,
		      struct es_digest *hmac, struct es_error *err)
{
	ES_CLEANUP(es_package_ops_freep) struct es_package_ops *ops = NULL;
	struct es_error why = ES_ERROR_INIT;
	int rc = es_package_ops_parse(&ops, es_buf_str(text), text->len, &why);

	if (rc < 0)
		return rc == -ENOMEM ? es_fail_oom(err) : 0;
	if (es_package_ops_hide(ops, masks, hmac, err) < 0)
		return err->code;
	es_buf_reset(text);
	es_package_ops_text(ops, text);
	return es_buf_check(text, err);
}

/* A text that no rule is for, by today's masks. */
static int hide(struct es_buf *text, struct es_call *call, const char *path,
		struct es_error *err)
{
	const struct es_patch_options o = options_of(call);
	const struct es_mask_set *masks;
	ES_CLEANUP(es_buf_dispose) struct es_buf kept = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	int n;

	if (es_patch_masks(&masks, &hmac, &o, err) < 0)
		return err->code;
	if (strcmp(path, "run/packages") == 0 &&
	    hide_typed(text, masks, hmac, err) < 0)
		return err->code;
	n = es_hide_text(masks, &kept, es_buf_str(text), text->len, hmac);
	if (n < 0)
		return es_fail_oom(err);
	if (n > 0) {
		es_buf_reset(text);
		es_buf_add(text, es_buf_str(&kept), kept.len);
	}
	return es_buf_check(text, err);
}

static int read_part(struct es_buf *out, struct es_call *call,
		     const struct es_commit *c, const char *path,
		     struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_store *st = call->session->store;
	struct es_entry e;
	struct es_oid oid;
	unsigned int mode = 0;
	int rc;

	if (strncmp(path, "files/", 6) == 0 || strncmp(path, "meta/", 5) == 0)
		return es_fail_config(err,
				      "name the path itself, with a "
				      "leading '/': not '%s'",
				      ES_Q(path));
	rc = es_delta_entry(&w, &e, st, es_commit_tree(c), path, err);
	if (rc > 0) {
		rc = load(out, call, path, &e, err);
		return rc == ES_PATCH_SECRET ? fail_secret(err, path) : rc;
	}
	if (rc < 0)
		return rc;
	rc = es_tree_lookup(&oid, &mode, st, es_commit_tree(c), path,
			    strlen(path), err);
	if (rc < 0)
		return rc;
	if (rc == 0 || mode == ES_MODE_TREE)
		return es_fail(err, -ENOENT, "that run has no file '%s'",
			       ES_Q(path));
	if (es_store_get(st, &oid, ES_KIND_BLOB, out, err) < 0)
		return err->code;
	return hide(out, call, path, err);
}

static int find(struct es_listing_writer *w, struct es_entry *e,
		struct es_call *call, const struct es_commit *c,
		const char *path, struct es_error *err)
{
	int rc = es_delta_entry(w, e, call->session->store, es_commit_tree(c),
				path, err);

	if (rc == 0)
		return es_fail(err, -ENOENT,
			       "%s is not recorded in that run; 'etcsnap "
			       "config explain %s' says why",
			       ES_Q(path), ES_Q(path));
	return rc;
}

static int fail_no_content(struct es_error *err, const char *path,
			   const struct es_entry *e)
{
	if (e->type == ES_TYPE_LINK)
		return es_fail(err, -ENODATA,
			       "%s is a link; 'etcsnap show' prints its target",
			       ES_Q(path));
	if (e->type == ES_TYPE_DIR)
		return es_fail(err, -ENODATA,
			       "%s is a directory; 'etcsnap show' lists it",
			       ES_Q(path));
	return es_fail(err, -ENODATA, "%s has no content: it is a %s",
		       ES_Q(path), es_type_text(e->type));
}

int es_shown_read(struct es_buf *out, struct es_call *call,
		  const struct es_commit *c, const char *path,
		  struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry e;
	int rc;

	if (path[0] != '/')
		return read_part(out, call, c, path, err);
	if (find(&w, &e, call, c, path, err) < 0)
		return err->code;
	rc = load(out, call, path, &e, err);
	switch (rc) {
	case ES_PATCH_TEXT:
		return 0;
	case ES_PATCH_SECRET:
		return fail_secret(err, path);
	case ES_PATCH_DIGEST:
		return es_fail(err, -ENODATA,
			       "of %s only the digest is kept; 'etcsnap show' "
			       "prints it",
			       ES_Q(path));
	case ES_PATCH_NONE:
		return fail_no_content(err, path, &e);
	default:
		return rc;
	}
}

/* "root (0)" by today's names, or the number alone. */
static void add_id(struct es_buf *out, const char *what, const char *name,
		   uint32_t id)
{
	es_buf_adds(out, what);
	if (!name) {
		es_buf_addf(out, "%u\n", id);
		return;
	}
	es_quote_term(out, name, strlen(name));
	es_buf_addf(out, " (%u)\n", id);
}

/* What lstat(2) told, as far as the rules had it recorded. */
static void add_stat(struct es_buf *out, const struct es_entry *e,
		     struct es_ids *ids)
{
	const bool file = e->type == ES_TYPE_FILE;
	char when[ES_TIME_LEN];

	if (es_entry_records(e, ES_RECORD_MODE))
		es_buf_addf(out, "mode    %04o\n", e->mode);
	if (es_entry_records(e, ES_RECORD_OWNER))
		add_id(out, "owner   ", es_ids_user(ids, e->uid), e->uid);
	if (es_entry_records(e, ES_RECORD_GROUP))
		add_id(out, "group   ", es_ids_group(ids, e->gid), e->gid);
	if (file && es_entry_records(e, ES_RECORD_SIZE))
		es_buf_addf(out, "size    %llu\n", (unsigned long long)e->size);
	if (file && es_entry_records(e, ES_RECORD_LINKS))
		es_buf_addf(out, "links   %u\n", e->nlink);
	if (e->type != ES_TYPE_DIR && es_entry_records(e, ES_RECORD_MTIME))
		es_buf_addf(out, "mtime   %s\n",
			    es_clock_iso(when, e->mtime_sec));
}

static void add_extra(struct es_buf *out, const struct es_extra *x)
{
	char when[ES_TIME_LEN];

	if (x->has & ES_EXTRA_CTIME)
		es_buf_addf(out, "ctime   %s\n",
			    es_clock_iso(when, x->ctime_sec));
	if (x->has & ES_EXTRA_INODE)
		es_buf_addf(out, "inode   %llu\n", (unsigned long long)x->ino);
	if (x->flags) {
		es_buf_adds(out, "flags   ");
		es_flags_text(out, x->flags);
		es_buf_addc(out, '\n');
	}
	if (x->has & ES_EXTRA_SPARSE)
		es_buf_adds(out, "sparse  yes\n");
	if (x->link_len) {
		es_buf_adds(out, "hardlink ");
		es_quote_term(out, es_extra_link(x), x->link_len);
		es_buf_addc(out, '\n');
	}
}

/* Of what must not be shown today, a digest of older days tells too much. */
static bool tells_digest(const struct es_entry *e, const struct es_buf *data,
			 int state)
{
	uint8_t digest[ES_SHA256_LEN];

	if (!(e->has & ES_HAS_SHA256) || state == ES_PATCH_SECRET)
		return false;
	if (state != ES_PATCH_TEXT)
		return true;
	es_sha256(digest, es_buf_str(data), data->len);
	return memcmp(digest, e->digest, sizeof(digest)) == 0;
}

static void add_attributes(struct es_buf *out, const struct es_entry *e,
			   struct es_ids *ids, bool digest)
{
	char hex[2 * ES_SHA256_LEN + 1];

	es_buf_addf(out, "type    %s\n", es_type_text(e->type));
	if (e->has & ES_HAS_STAT)
		add_stat(out, e, ids);
	if (e->extra)
		add_extra(out, e->extra);
	if (e->target) {
		es_buf_adds(out, "target  ");
		es_quote_term(out, e->target, e->target_len);
		es_buf_addc(out, '\n');
	}
	if (e->class != ES_CLASS_NONE)
		es_buf_addf(out, "class   %s%s\n", es_class_name(e->class),
			    e->has & ES_HAS_MASKED ? ", masked" : "");
	if (digest)
		es_buf_addf(out, "sha256  %s\n",
			    es_hex(hex, e->digest, ES_SHA256_LEN));
	if (e->unread)
		es_buf_addf(out, "unread  %s: the values are older\n",
			    es_unread_name(e->unread));
	for (size_t i = 0; i < e->xattr_len;) {
		size_t len = strcspn(e->xattr + i, "\n");

		es_buf_adds(out, "xattr   ");
		es_quote_term(out, e->xattr + i, len);
		es_buf_addc(out, '\n');
		i += len + 1;
	}
}

/* Names in a directory, as ls -F marks directories and links. */
static int add_names(struct es_buf *out, struct es_call *call,
		     const struct es_commit *c, const char *path,
		     struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_store *st = call->session->store;
	struct es_dir_trees trees;
	struct es_listing_reader r;
	struct es_entry e;
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (es_dir_lookup(&trees, st, es_commit_tree(c), path, len, err) < 0 ||
	    es_dir_read(&w, st, &trees, err) < 0)
		return err->code;
	if (es_listing_open(&r, w.buf.data, w.buf.len) < 0 ||
	    es_listing_next(&r, &e) < 0)
		return es_fail(err, -EINVAL,
			       "what is recorded of %s is broken; run "
			       "'etcsnap git fsck'",
			       ES_Q(path));
	es_buf_addc(out, '\n');
	while (es_listing_next(&r, &e) > 0) {
		es_quote_term(out, e.name, e.name_len);
		if (e.type == ES_TYPE_DIR)
			es_buf_addc(out, '/');
		else if (e.type == ES_TYPE_LINK)
			es_buf_addc(out, '@');
		es_buf_addc(out, '\n');
	}
	return 0;
}

static void add_lines(struct es_buf *out, const struct es_buf *data)
{
	for (size_t i = 0; i < data->len;) {
		const char *nl = memchr(data->data + i, '\n', data->len - i);
		size_t end = nl ? (size_t)(nl - data->data) : data->len;

		es_quote_text(out, data->data + i, end - i);
		es_buf_addc(out, '\n');
		i = end + 1;
	}
}

/* Text as UTF-8, whatever it is kept as. */
static void add_text(struct es_buf *out, const struct es_buf *data,
		     enum es_charset cs)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf plain = ES_BUF_INIT(ES_BUF_MAX);

	if (es_charset_decode(&plain, cs, data->data, data->len) < 0)
		out->failed = plain.failed;
	else
		add_lines(out, &plain);
}

int es_shown_print(struct es_buf *out, struct es_call *call,
		   const struct es_commit *c, const char *path,
		   struct es_error *err)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(es_buf_dispose) struct es_buf data = ES_BUF_INIT(ES_BUF_MAX);
	enum es_charset cs;
	struct es_entry e;
	int rc;

	if (path[0] != '/') {
		if (read_part(&data, call, c, path, err) < 0)
			return err->code;
		cs = es_charset_detect(data.data, data.len);
		add_text(out, &data, cs);
		return es_buf_check(out, err);
	}
	if (find(&w, &e, call, c, path, err) < 0)
		return err->code;
	rc = load(&data, call, path, &e, err);
	if (rc < 0)
		return rc;
	add_attributes(out, &e, call->session->ids,
		       tells_digest(&e, &data, rc));
	if (e.type == ES_TYPE_DIR && add_names(out, call, c, path, err) < 0)
		return err->code;
	if (rc == ES_PATCH_SECRET) {
		es_buf_adds(out, "\n(secret: the content is not shown)\n");
	} else if (rc == ES_PATCH_DIGEST) {
		es_buf_adds(out,
			    "\n(only the digest of the content is kept)\n");
	} else if (rc == ES_PATCH_TEXT && e.type == ES_TYPE_FILE) {
		cs = es_charset_detect(data.data, data.len);
		if (!es_charset_is_plain(cs))
			es_buf_addf(out, "encoding %s\n", es_charset_name(cs));
		es_buf_addc(out, '\n');
		if (!es_charset_is_wide(cs) &&
		    memchr(es_buf_str(&data), 0, data.len))
			es_buf_adds(out, "(binary; 'etcsnap cat' prints it)\n");
		else
			add_text(out, &data, cs);
	}
	return es_buf_check(out, err);
}
