/* SPDX-License-Identifier: MIT */
/* item.c - record one file, link, device, pipe or socket */
#include "config.h"

#include "collect/collect_priv.h"
#include "collect/xattr_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Times an object that changes under the hands is looked at again. */
#define TRIES 3

/* Longest link target the kernel gives out is a page. */
#define TARGET_FIRST 256
#define TARGET_MAX (1 << 17)

/* What content an entry has, besides the bits of its metadata. */
#define HAS_CONTENT (ES_HAS_SHA256 | ES_HAS_HMAC | ES_HAS_BLOB | ES_HAS_MASKED)

/* What only an open file tells. */
#define NEEDS_OPEN (ES_RECORD_CONTENT | ES_RECORD_FLAGS)

void es_walker_trouble(struct es_walker *w, const char *name,
		       unsigned int reason)
{
	const struct es_collect_io *io = w->walk->io;
	size_t len = w->path.len;

	es_walker_count(&w->unread, 1);
	if (!io->trouble)
		return;
	if (name) {
		es_buf_addc(&w->path, '/');
		es_buf_adds(&w->path, name);
	}
	io->trouble(io->payload, w->lane, es_buf_str(&w->path), reason);
	es_buf_truncate(&w->path, len);
}

bool es_walker_skips(const struct es_walker *w, const struct stat *st)
{
	const struct es_collect_options *options = w->walk->options;

	for (size_t i = 0; i < options->n_skip; i++)
		if (options->skip[i].ino == (uint64_t)st->st_ino &&
		    options->skip[i].dev == (uint64_t)st->st_dev)
			return true;
	return false;
}

/* An entry for what cannot even be looked at: all that was known before. */
int es_object_lost(struct es_walker *w, const struct es_entry *old,
		   unsigned int reason, struct es_entry *e)
{
	struct es_entry now = *e;

	if (es_content_is_fatal((int)reason))
		return es_walker_fatal(w, (int)reason, now.name);
	if (old) {
		*e = *old;
		e->name = now.name;
		e->name_len = now.name_len;
	}
	e->watch = ES_WATCH_YES;
	e->unread = reason;
	return 0;
}

static int read_target(struct es_walker *w, struct es_object *o)
{
	for (size_t room = TARGET_FIRST; room <= TARGET_MAX; room *= 2) {
		char *buf;
		ssize_t n;

		es_buf_reset(&w->target);
		buf = es_buf_reserve(&w->target, room);
		if (!buf)
			return es_fail_oom(&w->err);
		n = readlinkat(o->dirfd, o->name, buf, room);
		if (n < 0)
			return errno == ENOENT || errno == EINVAL
				       ? ES_CONTENT_TORN
				       : errno;
		if ((size_t)n == room)
			continue;
		buf[n] = '\0';
		w->target.len = (size_t)n;
		return 0;
	}
	return ENAMETOOLONG;
}

static int read_link(struct es_walker *w, struct es_object *o,
		     struct es_entry *e)
{
	const struct es_collect_io *io = w->walk->io;
	int rc = read_target(w, o);

	if (rc != 0)
		return rc;
	rc = io->blob(io->payload, w->lane, w->target.data, w->target.len,
		      e->oid, &w->err);
	if (rc < 0)
		return rc;
	e->has |= ES_HAS_BLOB;
	e->target = w->target.data;
	e->target_len = w->target.len;
	return 0;
}

static void begin_entry(const struct es_object *o, struct es_entry *e)
{
	*e = (struct es_entry){
		.name = o->name,
		.name_len = o->len,
		.watch = ES_WATCH_YES,
		.decision = o->decision->fingerprint,
	};
}

/* Content and all else of what is, or should be, a regular file. */
static int read_file(struct es_walker *w, struct es_object *o,
		     struct es_entry *e)
{
	es_buf_reset(&w->xattr);
	e->class = o->decision->record & ES_RECORD_CONTENT ? o->decision->class
							   : ES_CLASS_NONE;
	return es_content_read(w, o, e);
}

/* Return: as es_content_read(). */
static int read_once(struct es_walker *w, struct es_object *o,
		     struct es_entry *e)
{
	const uint32_t record = o->decision->record;
	int rc = 0;

	begin_entry(o, e);
	es_more_stat(w, o, e);
	if (e->type == ES_TYPE_FILE && (record & NEEDS_OPEN))
		return read_file(w, o, e);
	es_buf_reset(&w->xattr);
	if (es_more_read(w, o, -1, e) < 0)
		return w->err.code;
	if (e->type == ES_TYPE_LINK && (record & ES_RECORD_CONTENT))
		rc = read_link(w, o, e);
	if (rc != 0)
		return rc;
	rc = es_xattr_read(&w->xattr, &w->scrap, o->dirfd, o->name, record);
	if (rc != 0)
		return rc < 0 ? es_fail_oom(&w->err) : rc;
	e->xattr = w->xattr.len ? w->xattr.data : NULL;
	e->xattr_len = w->xattr.len;
	return 0;
}

/*
 * What was stated holds; content, target and attributes are taken from an
 * earlier run, as far as it knew them.
 */
static int keep_old_content(struct es_walker *w, const struct es_object *o,
			    struct es_entry *e)
{
	const struct es_entry *old = o->old;
	const uint32_t record = o->decision->record;

	e->has &= ~(unsigned int)HAS_CONTENT;
	e->target = NULL;
	e->target_len = 0;
	e->class = e->type == ES_TYPE_FILE && (record & ES_RECORD_CONTENT)
			   ? o->decision->class
			   : ES_CLASS_NONE;
	if (old && old->type == e->type) {
		e->has |= old->has & HAS_CONTENT;
		e->class = old->class;
		memcpy(e->digest, old->digest, sizeof(e->digest));
		memcpy(e->oid, old->oid, sizeof(e->oid));
		e->target = old->target;
		e->target_len = old->target_len;
	}
	/* of an unreadable file the attributes often still are readable */
	if (es_xattr_read(&w->xattr, &w->scrap, o->dirfd, o->name, record) ==
	    0) {
		e->xattr = w->xattr.len ? w->xattr.data : NULL;
		e->xattr_len = w->xattr.len;
	} else {
		e->xattr = old ? old->xattr : NULL;
		e->xattr_len = old ? old->xattr_len : 0;
	}
	return es_more_read(w, o, -1, e);
}

int es_object_open(struct es_walker *w, struct es_object *o, struct es_entry *e)
{
	int rc;

	if (!(o->decision->record & NEEDS_OPEN))
		return ES_OBJECT_AGAIN;
	begin_entry(o, e);
	rc = read_file(w, o, e);
	if (rc == 0)
		return ES_OBJECT_DONE;
	return rc < 0 && rc != ES_CONTENT_TORN ? rc : ES_OBJECT_AGAIN;
}

int es_object_read(struct es_walker *w, struct es_object *o, struct es_entry *e)
{
	int rc = 0;

	for (int i = 0; i < TRIES; i++) {
		rc = read_once(w, o, e);
		if (rc != ES_CONTENT_TORN)
			break;
		if (fstatat(o->dirfd, o->name, &o->st,
			    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0) {
			if (S_ISDIR(o->st.st_mode))
				return ES_OBJECT_DIR;
			continue;
		}
		if (errno == ENOENT)
			return ES_OBJECT_GONE;
		rc = errno;
		break;
	}
	if (rc < 0 && rc != ES_CONTENT_TORN)
		return rc;
	if (rc == 0)
		return ES_OBJECT_DONE;
	if (es_content_is_fatal(rc))
		return es_walker_fatal(w, rc, o->name);
	if (keep_old_content(w, o, e) < 0)
		return w->err.code;
	e->unread = rc == ES_CONTENT_TORN ? ES_UNREAD_TORN : (unsigned int)rc;
	es_walker_trouble(w, o->name, e->unread);
	return ES_OBJECT_DONE;
}
