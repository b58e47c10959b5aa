/* SPDX-License-Identifier: MIT */
/* restore_content.c - contents: compared, copied, and put together */
#include "config.h"

#include "restore/restore_masked_priv.h"
#include "restore/restore_plan_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Bytes of one read of a file that is not held whole. */
#define CHUNK ((size_t)128 << 10)

/* Feed a file to @d, and to @copy where that is a descriptor. */
static int feed(struct es_digest *d, int fd, int copy)
{
	ES_CLEANUP(es_freep) char *room = malloc(CHUNK);
	int rc = room ? 0 : -ENOMEM;
	off_t at = 0;

	while (rc == 0) {
		ssize_t n = pread(fd, room, CHUNK, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		es_digest_update(d, room, (size_t)n);
		if (copy >= 0)
			rc = es_write_all(copy, room, (size_t)n);
		at += n;
	}
	return rc;
}

int restore_is_content(struct es_restore_plan *p, int fd,
		       const struct es_entry *e, int copy)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *sha = NULL;
	struct es_error err = ES_ERROR_INIT;
	struct es_digest *d = p->hmac;
	uint8_t is[ES_SHA256_LEN];
	int rc;

	if (!(e->has & ES_HAS_HMAC)) {
		rc = es_digest_new(&sha, ES_DIGEST_SHA256, NULL, &err);
		if (rc < 0)
			return rc;
		d = sha;
	}
	es_digest_begin(d);
	rc = feed(d, fd, copy);
	es_digest_end(d, is);
	return rc < 0 ? rc : memcmp(is, e->digest, sizeof(is)) == 0;
}

bool restore_is_unchanged(const struct stat *seen, const struct stat *now)
{
	if (seen->st_dev != now->st_dev || seen->st_ino != now->st_ino ||
	    (seen->st_mode & S_IFMT) != (now->st_mode & S_IFMT) ||
	    seen->st_uid != now->st_uid || seen->st_gid != now->st_gid)
		return false;
	/* of directories only what is in them changes, which is for others */
	if (S_ISDIR(now->st_mode))
		return true;
	return seen->st_mode == now->st_mode && seen->st_size == now->st_size &&
	       seen->st_mtim.tv_sec == now->st_mtim.tv_sec &&
	       seen->st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

int restore_open_live(struct es_restore_plan *p, const char *path, size_t len)
{
	const char *name;
	int dir = restore_tree_parent(&p->live, path, len, &name);
	struct stat st;
	int fd;

	if (dir < 0)
		return dir;
	fd = openat(dir, name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -ESTALE;
}

/* The live file, whole. Return: 1, 0 there is none, or negative. */
static int read_live(struct es_restore_plan *p, const struct item *it,
		     struct es_buf *out)
{
	ES_CLEANUP(es_closep)
	int fd = restore_open_live(p, it->pub.path, it->pub.len);

	if (fd < 0)
		return 0;
	if (es_read_fd(out, fd) < 0)
		return out->failed == -ENOMEM ? -ENOMEM : 0;
	return 1;
}

/* Masks by which the run made the text; those of today where nobody knows. */
static const struct es_mask_set *masks_of(struct es_restore_plan *p,
					  const struct item *it)
{
	struct es_decision d;

	es_rules_decide(p->rules ? p->rules : p->o.session->rules, p->scratch,
			it->pub.path, it->pub.len, ES_TYPE_FILE, &d);
	return d.masks;
}

int restore_merge_live(struct es_restore_plan *p, const struct item *it,
		       struct es_buf *out, struct es_restore_values *values,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf then = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf live = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_entry *e = it->pub.then;
	struct restore_merge in = {
		.then = &then,
		.masks = masks_of(p, it),
		.hmac = p->hmac,
		.whole = p->rekeyed ? NULL : e->digest,
		.marks = p->o.to != NULL,
	};
	struct es_oid oid;
	int rc;

	memcpy(oid.id, e->oid, sizeof(oid.id));
	if (es_store_get(p->st, &oid, ES_KIND_BLOB, &then, err) < 0)
		return err->code;
	rc = read_live(p, it, &live);
	if (rc < 0)
		return es_fail_oom(err);
	if (rc > 0)
		in.live = &live;
	rc = restore_merge(out, values, &in, err);
	if (rc == 1 && in.live && !p->o.to && out->len == live.len &&
	    memcmp(es_buf_str(out), es_buf_str(&live), out->len) == 0)
		return 2;
	return rc;
}
