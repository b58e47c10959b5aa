/* SPDX-License-Identifier: MIT */
/* export_tar.c - a pax archive of what is mirrored, by libarchive */
#include "config.h"

#include "etcsnap/manifest.h"
#include "etcsnap/quote.h"
#include "etcsnap/strmap.h"

#include "export/export_priv.h"

#include <archive.h>
#include <archive_entry.h>

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * struct tar - an archive being written
 * @a:      archive
 * @e:      the entry, used again and again
 * @out:    where it goes
 * @failed: 0, or the errno of a write; what comes then goes nowhere
 * @linked: paths of files in it that have more than one name
 */
struct tar {
	struct archive *a;
	struct archive_entry *e;
	FILE *out;
	int failed;
	struct es_strmap *linked;
};

/* Whether a call of libarchive went well; a warning is no failure. */
static int check(const struct tar *t, la_ssize_t rc, const char *path,
		 struct es_error *err)
{
	const char *why = archive_error_string(t->a);

	if (t->failed) {
		errno = t->failed;
		return es_fail_errno(err, "cannot write the export");
	}
	if (rc >= ARCHIVE_WARN)
		return 0;
	return es_fail(err, -EIO, "cannot put %s into the archive: %s",
		       ES_Q(path), why ? why : "unknown error");
}

/*
 * A failure is kept and not told: libarchive 3.6 leaks what it buffers when
 * it is told of one.
 */
static la_ssize_t write_out(struct archive *a, void *payload, const void *data,
			    size_t len)
{
	struct tar *t = payload;

	(void)a;
	if (!t->failed && fwrite(data, 1, len, t->out) != len)
		t->failed = errno ? errno : EIO;
	return (la_ssize_t)len;
}

static int begin(struct export_job *job, struct es_error *err)
{
	struct tar *t = calloc(1, sizeof(*t));

	if (!t)
		return es_fail_oom(err);
	job->state = t;
	t->out = job->out;
	t->a = archive_write_new();
	t->e = archive_entry_new();
	t->linked = es_strmap_new();
	if (!t->a || !t->e || !t->linked)
		return es_fail_oom(err);
	if (check(t, archive_write_set_format_pax(t->a), "anything", err) < 0)
		return err->code;
	return check(t, archive_write_open(t->a, t, NULL, write_out, NULL),
		     "anything", err);
}

/* ------------------------------------------------------------------ ACLs */

/* What the value of system.posix_acl_* is made of: linux/posix_acl_xattr.h */
#define ACL_VERSION 2
#define ACL_HEAD 4
#define ACL_ENTRY 8

static const struct {
	unsigned int kernel;
	int tag;
} acl_tags[] = {
	{ 0x01, ARCHIVE_ENTRY_ACL_USER_OBJ },
	{ 0x02, ARCHIVE_ENTRY_ACL_USER },
	{ 0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ },
	{ 0x08, ARCHIVE_ENTRY_ACL_GROUP },
	{ 0x10, ARCHIVE_ENTRY_ACL_MASK },
	{ 0x20, ARCHIVE_ENTRY_ACL_OTHER },
};

static int acl_tag(unsigned int kernel)
{
	for (size_t i = 0; i < sizeof(acl_tags) / sizeof(acl_tags[0]); i++) {
		if (acl_tags[i].kernel == kernel)
			return acl_tags[i].tag;
	}
	return 0;
}

/* Returns whether @value was an ACL, and is one of the entry now. */
static bool set_acl(struct archive_entry *e, const char *name,
		    const struct es_buf *value)
{
	int type = strcmp(name, "system.posix_acl_access") == 0
			   ? ARCHIVE_ENTRY_ACL_TYPE_ACCESS
		   : strcmp(name, "system.posix_acl_default") == 0
			   ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT
			   : 0;
	uint32_t version, id;
	uint16_t tag, perm;

	if (!type || value->len < ACL_HEAD)
		return false;
	memcpy(&version, value->data, sizeof(version));
	if (le32toh(version) != ACL_VERSION)
		return false;
	for (size_t i = ACL_HEAD; i + ACL_ENTRY <= value->len; i += ACL_ENTRY) {
		memcpy(&tag, value->data + i, sizeof(tag));
		memcpy(&perm, value->data + i + 2, sizeof(perm));
		memcpy(&id, value->data + i + 4, sizeof(id));
		int kind = acl_tag(le16toh(tag));
		bool named = kind == ARCHIVE_ENTRY_ACL_USER ||
			     kind == ARCHIVE_ENTRY_ACL_GROUP;

		/* the three low bits of both are read, write, execute */
		archive_entry_acl_add_entry(e, type, le16toh(perm) & 7, kind,
					    named ? (int)le32toh(id) : -1,
					    NULL);
	}
	return true;
}

static int set_xattr(struct archive_entry *e, const struct export_item *i,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf value = ES_BUF_INIT(ES_BUF_MAX);
	const char *text = i->e.xattr;
	size_t len = i->e.xattr_len;
	int rc;

	while ((rc = es_xattr_next(&text, &len, &name, &value)) > 0) {
		if (!set_acl(e, es_buf_str(&name), &value))
			archive_entry_xattr_add_entry(e, es_buf_str(&name),
						      es_buf_str(&value),
						      value.len);
	}
	if (rc < 0)
		return es_fail(err, rc, "damaged extended attributes of %s",
			       ES_Q(i->path));
	return 0;
}

/* --------------------------------------------------------------- entries */

static unsigned int file_type(enum es_type type)
{
	switch (type) {
	case ES_TYPE_FILE:
		return AE_IFREG;
	case ES_TYPE_DIR:
		return AE_IFDIR;
	case ES_TYPE_LINK:
		return AE_IFLNK;
	case ES_TYPE_CHAR:
		return AE_IFCHR;
	case ES_TYPE_BLOCK:
		return AE_IFBLK;
	case ES_TYPE_FIFO:
		return AE_IFIFO;
	default:
		return 0;
	}
}

/* Why a file's content is not given out. */
static enum es_export_left why_not(const struct export_item *i)
{
	switch (i->state) {
	case ES_PATCH_SECRET:
		return ES_LEFT_SECRET;
	case ES_PATCH_DIGEST:
		return ES_LEFT_DIGEST;
	case ES_PATCH_TEXT:
		return ES_LEFT_MASKED;
	default:
		return ES_LEFT_UNREAD;
	}
}

/* Returns whether an object is left out, and why. */
static bool is_left_out(enum es_export_left *why, const struct export_item *i)
{
	*why = ES_LEFT_SOCKET;
	if (i->e.type == ES_TYPE_SOCKET)
		return true;
	*why = ES_LEFT_UNREAD;
	if (!(i->e.has & ES_HAS_STAT) || !file_type(i->e.type))
		return true;
	*why = why_not(i);
	return i->e.type == ES_TYPE_FILE &&
	       (i->state != ES_PATCH_TEXT || (i->e.has & ES_HAS_MASKED));
}

static void set_owner(struct archive_entry *e, const struct export_item *i)
{
	/* with the mode unknown it is nobody else's to read */
	__LA_MODE_T perm = i->e.type == ES_TYPE_DIR ? 0700 : 0600;

	if (es_entry_records(&i->e, ES_RECORD_MODE))
		perm = (__LA_MODE_T)i->e.mode & 07777;
	archive_entry_set_perm(e, perm);
	archive_entry_set_uid(e, i->e.uid);
	archive_entry_set_gid(e, i->e.gid);
	archive_entry_copy_uname(e, i->uname);
	archive_entry_copy_gname(e, i->gname);
}

static void fill(struct archive_entry *e, const struct export_job *job,
		 const struct export_item *i)
{
	archive_entry_clear(e);
	/* relative, so that it goes where the reader of the archive is */
	archive_entry_copy_pathname(e, i->len > 1 ? i->path + 1 : ".");
	archive_entry_set_filetype(e, file_type(i->e.type));
	set_owner(e, i);
	archive_entry_set_nlink(e, 1);
	if (i->e.type == ES_TYPE_DIR || i->e.unread ||
	    !es_entry_records(&i->e, ES_RECORD_MTIME))
		/*
		 * not recorded, or of content that was not read; the beginning
		 * of time would be a lie, too
		 */
		archive_entry_set_mtime(e, es_commit_time(job->commit), 0);
	else
		archive_entry_set_mtime(e, i->e.mtime_sec,
					(long)i->e.mtime_nsec);
	archive_entry_set_size(e, 0);
	if (i->e.type == ES_TYPE_FILE)
		archive_entry_set_size(e, (la_int64_t)i->data->len);
	if (i->e.type == ES_TYPE_CHAR || i->e.type == ES_TYPE_BLOCK) {
		archive_entry_set_rdevmajor(e, i->e.rdev_major);
		archive_entry_set_rdevminor(e, i->e.rdev_minor);
	}
}

static int set_texts(struct archive_entry *e, const struct export_item *i,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_extra *x = i->e.extra;

	if (i->e.type == ES_TYPE_LINK) {
		es_buf_add(&text, i->e.target, i->e.target_len);
		archive_entry_copy_symlink(e, es_buf_str(&text));
	} else if (x && (x->flags & es_flags_known())) {
		es_flags_text(&text, x->flags);
		archive_entry_copy_fflags_text(e, es_buf_str(&text));
	}
	return es_buf_check(&text, err);
}

/*
 * The second name of a file, when the first is in the archive: the two may
 * have fallen under different rules. Returns whether it has no content then.
 */
static bool set_hardlink(struct tar *t, const struct export_item *i)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf link = ES_BUF_INIT(ES_BUF_MAX);

	if (i->e.type != ES_TYPE_FILE || !export_hardlink(&link, i) ||
	    !es_strmap_get(t->linked, link.data, link.len))
		return false;
	archive_entry_copy_hardlink(t->e, link.data + 1);
	archive_entry_unset_size(t->e);
	return true;
}

static int put_content(struct tar *t, const struct export_item *i,
		       struct es_error *err)
{
	size_t len = i->data->len;

	if (len) {
		la_ssize_t n = archive_write_data(t->a, i->data->data, len);

		/* less than all of it would be no archive */
		if (check(t, n == (la_ssize_t)len ? 0 : ARCHIVE_FATAL, i->path,
			  err) < 0)
			return err->code;
	}
	if (i->e.nlink > 1 && es_strmap_put(t->linked, i->path, i->len, t) < 0)
		return es_fail_oom(err);
	return 0;
}

static int item(struct export_job *job, const struct export_item *i,
		struct es_error *err)
{
	const struct es_export_options *o = job->options;
	struct tar *t = job->state;
	enum es_export_left why;

	/* of directories that only lead nothing is known */
	if (i->e.watch != ES_WATCH_YES)
		return 0;
	if (is_left_out(&why, i)) {
		if (o->left_out)
			o->left_out(o->payload, i->path, why);
		return 0;
	}
	fill(t->e, job, i);
	if (set_texts(t->e, i, err) < 0 || set_xattr(t->e, i, err) < 0)
		return err->code;
	const bool linked = set_hardlink(t, i);
	/* a warning is of a name that is no UTF-8, which is kept as it is */
	if (check(t, archive_write_header(t->a, t->e), i->path, err) < 0)
		return err->code;
	if (linked || i->e.type != ES_TYPE_FILE)
		return 0;
	return put_content(t, i, err);
}

static int end(struct export_job *job, struct es_error *err)
{
	struct tar *t = job->state;

	return check(t, archive_write_close(t->a), "its end", err);
}

static void dispose(struct export_job *job)
{
	struct tar *t = job->state;

	if (!t)
		return;
	/* after a failure what is left in it is not to be written */
	t->failed = EIO;
	archive_write_free(t->a);
	archive_entry_free(t->e);
	es_strmap_free(t->linked);
	free(t);
	job->state = NULL;
}

const struct export_ops export_tar_ops = {
	.begin = begin,
	.item = item,
	.end = end,
	.dispose = dispose,
};
