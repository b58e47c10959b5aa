/* SPDX-License-Identifier: MIT */
/* content.c - read a file once: sniff, classify, digest and keep it */
#include "config.h"

#include "collect/collect_priv.h"
#include "collect/xattr_priv.h"

#include "etcsnap/hide.h"
#include "etcsnap/quote.h"
#include "etcsnap/sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Bytes of one read of a file that is not held whole. */
#define CHUNK ((size_t)256 << 10)

/* A buffer grown beyond this is given back after the file. */
#define KEEP_MAX ((size_t)2 << 20)

bool es_content_is_fatal(int code)
{
	return code == ENOMEM || code == EMFILE || code == ENFILE;
}

/* Fill the error for what es_content_is_fatal(). Return: negative errno. */
int es_walker_fatal(struct es_walker *w, int code, const char *name)
{
	if (code == ENOMEM)
		return es_fail_oom(&w->err);
	return es_fail(&w->err, -code,
		       "cannot open '%s': too many open files; raise the limit "
		       "on open files (ulimit -n, LimitNOFILE=)",
		       ES_Q(name));
}

/*
 * Open below a directory without leaving a trace in the access time, which
 * only the owner of a file and root may ask for.
 * Return: descriptor, or a negative errno.
 */
int es_content_open(int dirfd, const char *name, int flags)
{
	int fd;

	flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
	do {
		fd = openat(dirfd, name, flags | O_NOATIME);
		if (fd < 0 && errno == EPERM)
			fd = openat(dirfd, name, flags);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static ssize_t read_some(int fd, char *buf, size_t room)
{
	ssize_t n;

	do {
		n = read(fd, buf, room);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static bool is_same_state(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Whether the file stayed as it was while @total bytes of it were read. */
static int check_after(int fd, const struct stat *before, uint64_t total)
{
	struct stat after;

	if (fstat(fd, &after) < 0)
		return errno;
	if (total != (uint64_t)before->st_size ||
	    !is_same_state(before, &after))
		return ES_CONTENT_TORN;
	return 0;
}

/* ------------------------------------------------------------- classes */

static void set_digest(struct es_walker *w, struct es_entry *e,
		       enum es_class class, const char *data, size_t len)
{
	bool hmac = class == ES_CLASS_SECRET || (e->has & ES_HAS_MASKED);
	struct es_digest *d = hmac ? w->hmac : w->sha256;

	es_digest_begin(d);
	es_digest_update(d, data, len);
	es_digest_end(d, e->digest);
	e->class = class;
	e->has |= hmac ? ES_HAS_HMAC : ES_HAS_SHA256;
}

static int set_blob(struct es_walker *w, struct es_entry *e, const char *data,
		    size_t len)
{
	const struct es_collect_io *io = w->walk->io;
	int rc = io->blob(io->payload, w->lane, len ? data : "", len, e->oid,
			  &w->err);

	if (rc < 0)
		return rc;
	e->has |= ES_HAS_BLOB;
	return 0;
}

/*
 * The class of what is too large to be mirrored. Text that cannot be searched
 * for what masks would hide is secret.
 */
static enum es_class stream_class(const struct es_decision *decision,
				  const char *data, size_t len)
{
	if (decision->class != ES_CLASS_MIRROR)
		return decision->class;
	if (decision->masks && !es_sniff_binary(data, len))
		return ES_CLASS_SECRET;
	return ES_CLASS_DIGEST;
}

/* Bytes up to which binaries are mirrored; a rule's limit is one for all. */
static uint64_t binary_max(const struct es_walker *w,
			   const struct es_decision *decision)
{
	uint64_t max = es_rules_binary_max(w->walk->options->rules);

	if (decision->rule[ES_RULE_MAX_SIZE] && decision->max_size < max)
		return decision->max_size;
	return max;
}

/*
 * The class of content that is held whole. *@masked is set when it is to be
 * mirrored as w->text. Return: 0 or a negative errno.
 */
static int classify(struct es_walker *w, const struct es_decision *decision,
		    const char *data, size_t len, enum es_class *class,
		    bool *masked)
{
	uint64_t max = es_sniff_binary(data, len) ? binary_max(w, decision)
						  : decision->max_size;
	int rc;

	*class = decision->class;
	if (*class == ES_CLASS_SECRET)
		return 0;
	/* of a binary that is not kept only what is plain to see counts */
	if (es_sniff_binary(data, len) &&
	    (*class != ES_CLASS_MIRROR || len > max))
		rc = es_sniff_key(data, len);
	else
		rc = es_hide_has_key(data, len);
	if (rc < 0)
		return es_fail_oom(&w->err);
	if (rc > 0)
		*class = ES_CLASS_SECRET;
	if (*class != ES_CLASS_MIRROR)
		return 0;
	if (len > max) {
		*class = stream_class(decision, data, len);
		return 0;
	}
	rc = es_hide_values(decision->masks, &w->text, data, len, w->hmac);
	if (rc == -ENOMEM)
		return es_fail_oom(&w->err);
	if (rc < 0)
		*class = ES_CLASS_SECRET;
	*masked = rc > 0;
	return 0;
}

/*
 * What an earlier run made of this very content under this very decision
 * holds: it is neither searched nor given a git id again.
 */
static bool take_old(struct es_walker *w, const struct es_object *o,
		     const char *data, size_t len, struct es_entry *e)
{
	const unsigned int digests = ES_HAS_SHA256 | ES_HAS_HMAC;
	const struct es_entry *old = o->old;
	struct es_digest *d;

	if (!old || old->type != ES_TYPE_FILE || old->unread ||
	    !(old->has & digests) || old->size != e->size ||
	    old->decision != o->decision->fingerprint)
		return false;
	d = old->has & ES_HAS_HMAC ? w->hmac : w->sha256;
	es_digest_begin(d);
	es_digest_update(d, data, len);
	es_digest_end(d, e->digest);
	if (memcmp(e->digest, old->digest, sizeof(e->digest)) != 0)
		return false;
	e->class = old->class;
	e->has |= old->has & (digests | ES_HAS_BLOB | ES_HAS_MASKED);
	memcpy(e->oid, old->oid, sizeof(e->oid));
	return true;
}

static int record_whole(struct es_walker *w, const struct es_object *o,
			const char *data, size_t len, struct es_entry *e)
{
	enum es_class class;
	bool masked = false;
	int rc;

	if (take_old(w, o, data, len, e))
		return 0;
	rc = classify(w, o->decision, data, len, &class, &masked);
	if (rc < 0)
		return rc;
	if (masked)
		e->has |= ES_HAS_MASKED;
	set_digest(w, e, class, data, len);
	if (class != ES_CLASS_MIRROR)
		return 0;
	if (masked) {
		data = es_buf_str(&w->text);
		len = w->text.len;
	}
	rc = es_same_lines(w, o, data, len, e);
	return rc == 0 ? set_blob(w, e, data, len) : rc < 0 ? rc : 0;
}

/* ------------------------------------------------------------- reading */

/* Bytes up to which a file is held whole, so that all of it is sniffed. */
static uint64_t whole_max(const struct es_walker *w,
			  const struct es_decision *decision)
{
	uint64_t text = decision->max_size;
	uint64_t binary = binary_max(w, decision);
	enum es_class class = decision->class;
	uint64_t max =
		class == ES_CLASS_MIRROR && binary > text ? binary : text;

	if (class == ES_CLASS_SECRET)
		return 0;
	return max < ES_BUF_MAX / 2 ? max : ES_BUF_MAX / 2;
}

static int read_whole(struct es_walker *w, struct es_object *o, int fd,
		      struct es_entry *e)
{
	size_t size = (size_t)o->st.st_size;
	size_t total = 0;
	char *buf;
	int rc;

	es_buf_reset(&w->content);
	/* one byte more shows the end, or that there is more than was told */
	buf = es_buf_reserve(&w->content, size + 1);
	if (!buf)
		return es_fail_oom(&w->err);
	while (total <= size) {
		ssize_t n = read_some(fd, buf + total, size + 1 - total);

		if (n < 0)
			return (int)-n;
		total += (size_t)n;
		if (n == 0 || total == size)
			break;
	}
	rc = check_after(fd, &o->st, total);
	if (rc != 0)
		return rc;
	es_walker_count(&w->read_bytes, total);
	es_walker_pace(w, total);
	return record_whole(w, o, buf, total, e);
}

static int read_stream(struct es_walker *w, struct es_object *o,
		       struct es_cached *c, struct es_entry *e)
{
	enum es_class class = ES_CLASS_NONE;
	struct es_digest *d = NULL;
	uint64_t total = 0;
	char *buf;

	es_buf_reset(&w->content);
	buf = es_buf_reserve(&w->content, CHUNK);
	if (!buf)
		return es_fail_oom(&w->err);
	for (;;) {
		ssize_t n = read_some(c->fd, buf, CHUNK);

		if (n < 0)
			return (int)-n;
		if (!d) {
			class = stream_class(o->decision, buf, (size_t)n);
			d = class == ES_CLASS_SECRET ? w->hmac : w->sha256;
			es_digest_begin(d);
		}
		es_digest_update(d, buf, (size_t)n);
		total += (uint64_t)n;
		es_walker_count(&w->read_bytes, (uint64_t)n);
		es_cached_read(c, total);
		es_walker_pace(w, (uint64_t)n);
		/* a file that grows faster than it is read has no end */
		if (n == 0 || total >= (uint64_t)o->st.st_size)
			break;
		es_walker_progress(w);
		if (es_walk_stopped(w->walk))
			return es_fail(&w->err, -ECANCELED, "stopped");
	}
	es_digest_end(d, e->digest);
	e->class = class;
	e->has |= class == ES_CLASS_SECRET ? ES_HAS_HMAC : ES_HAS_SHA256;
	return check_after(c->fd, &o->st, total);
}

/* What the rules ask for of a file's content. */
static int read_content(struct es_walker *w, struct es_object *o,
			struct es_cached *c, struct es_entry *e)
{
	int rc = es_same_growing(w, o, c, e);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (c->size <= whole_max(w, o->decision))
		return read_whole(w, o, c->fd, e);
	es_cached_rewind(c);
	return read_stream(w, o, c, e);
}

static int read_open(struct es_walker *w, struct es_object *o, int fd,
		     struct es_entry *e)
{
	struct es_cached cached;
	int rc;

	if (fstat(fd, &o->st) < 0)
		return errno;
	if (!S_ISREG(o->st.st_mode) || es_walker_skips(w, &o->st))
		return ES_CONTENT_TORN;
	es_more_stat(w, o, e);
	/* first all else, as whether content counts depends on it */
	rc = es_xattr_read(&w->xattr, &w->scrap, fd, NULL, o->decision->record);
	if (rc != 0)
		return rc < 0 ? es_fail_oom(&w->err) : rc;
	e->xattr = w->xattr.len ? w->xattr.data : NULL;
	e->xattr_len = w->xattr.len;
	if (es_more_read(w, o, fd, e) < 0)
		return w->err.code;
	if (!(o->decision->record & ES_RECORD_CONTENT))
		return 0;
	es_cached_begin(&cached, w, fd, (uint64_t)o->st.st_size);
	rc = read_content(w, o, &cached, e);
	es_cached_end(&cached);
	if (w->content.cap > KEEP_MAX)
		es_buf_dispose(&w->content);
	if (w->text.cap > KEEP_MAX)
		es_buf_dispose(&w->text);
	if (rc == 0)
		es_walker_count(&w->read_files, 1);
	es_lane_count(w, ES_LANE_FILE, o->dir->spins);
	return rc;
}

int es_content_read(struct es_walker *w, struct es_object *o,
		    struct es_entry *e)
{
	ES_CLEANUP(es_closep)
	int fd = es_content_open(o->dirfd, o->name, O_NONBLOCK | O_NOCTTY);

	/* a symlink now, or away: the caller looks again */
	if (fd == -ELOOP || fd == -ENOENT)
		return ES_CONTENT_TORN;
	if (fd < 0)
		return es_content_is_fatal(-fd)
			       ? es_walker_fatal(w, -fd, o->name)
			       : -fd;
	return read_open(w, o, fd, e);
}
