/* SPDX-License-Identifier: MIT */
/* pack.c - the temporary pack that a run's new objects go into */
#include "config.h"

#include "store/pack_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "store/deflate_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

/* Bytes that are gathered before one write. */
#define BUF_SIZE ((size_t)1 << 20)
/* The first slots; doubled whenever half of them are taken. */
#define SLOTS_MIN ((size_t)1 << 12)
/* Bytes of "PACK", version and count. */
#define HEADER_LEN 12

int es_pack_init(struct es_pack *p, const char *dir)
{
	memset(p, 0, sizeof(*p));
	p->fd = -1;
	p->dir = strdup(dir);
	if (!p->dir)
		return -ENOMEM;
	int rc = pthread_mutex_init(&p->lock, NULL);
	if (rc) {
		free(es_steal_ptr(&p->dir));
		return -rc;
	}
	return 0;
}

void es_pack_keep(struct es_pack *p)
{
	pthread_mutex_lock(&p->lock);
	p->keeps = true;
	pthread_mutex_unlock(&p->lock);
}

void es_pack_reset(struct es_pack *p)
{
	if (p->tmp)
		unlink(p->tmp);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	free(es_steal_ptr(&p->tmp));
	free(es_steal_ptr(&p->objects));
	free(es_steal_ptr(&p->slots));
	free(es_steal_ptr(&p->buf));
	p->n = p->cap = p->n_slots = p->buf_len = 0;
	p->written = 0;
	p->failure = (struct es_error)ES_ERROR_INIT;
}

void es_pack_discard(struct es_pack *p)
{
	pthread_mutex_lock(&p->lock);
	es_pack_reset(p);
	pthread_mutex_unlock(&p->lock);
}

void es_pack_dispose(struct es_pack *p)
{
	if (!p->dir)
		return;
	es_pack_reset(p);
	pthread_mutex_destroy(&p->lock);
	free(es_steal_ptr(&p->dir));
}

/* ------------------------------------------------------------- the table */

/* An id is a hash already. */
static size_t slot_of(const struct es_pack *p, const struct es_oid *id)
{
	uint32_t h;

	memcpy(&h, id->id, sizeof(h));
	return h & (p->n_slots - 1);
}

/* Index + 1 of an object, or 0; *at is its slot or the free one. */
static uint32_t find(const struct es_pack *p, const struct es_oid *id,
		     size_t *at)
{
	if (!p->n_slots)
		return 0;
	for (size_t i = slot_of(p, id);; i = (i + 1) & (p->n_slots - 1)) {
		const uint32_t index = p->slots[i];

		*at = i;
		if (!index || es_oid_equal(&p->objects[index - 1].id, id))
			return index;
	}
}

static int grow_slots(struct es_pack *p)
{
	const size_t n = p->n_slots ? 2 * p->n_slots : SLOTS_MIN;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(p->slots);
	p->slots = slots;
	p->n_slots = n;
	for (size_t k = 0; k < p->n; k++) {
		size_t i = slot_of(p, &p->objects[k].id);

		while (slots[i])
			i = (i + 1) & (n - 1);
		slots[i] = (uint32_t)(k + 1);
	}
	return 0;
}

/* Room for one more, so that nothing can fail once bytes were appended. */
static int reserve_one(struct es_pack *p)
{
	if (p->n >= UINT32_MAX - 1)
		return -EFBIG;
	if (p->n == p->cap) {
		const size_t cap = p->cap ? 2 * p->cap : 256;
		struct es_packed *grown =
			reallocarray(p->objects, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->objects = grown;
		p->cap = cap;
	}
	return 2 * (p->n + 1) > p->n_slots ? grow_slots(p) : 0;
}

bool es_pack_has(struct es_pack *p, const struct es_oid *id)
{
	size_t at;

	pthread_mutex_lock(&p->lock);
	const bool has = find(p, id, &at) != 0;
	pthread_mutex_unlock(&p->lock);
	return has;
}

/* ------------------------------------------------------------- appending */

/* Keep the first failure: later objects may refer to what was lost. */
static int fail_write(struct es_pack *p, int code, const char *what)
{
	errno = -code;
	es_fail_errno(&p->failure, "cannot %s in '%s'", what, ES_Q(p->dir));
	return code;
}

int es_pack_flush(struct es_pack *p)
{
	int rc = es_write_all(p->fd, p->buf, p->buf_len);

	if (rc < 0)
		return fail_write(p, rc, "write a pack");
	/* the disk works while the processors do: less is left for the end */
	if (p->tmp)
		(void)sync_file_range(p->fd, (off_t)p->written,
				      (off_t)p->buf_len, SYNC_FILE_RANGE_WRITE);
	p->written += p->buf_len;
	p->buf_len = 0;
	return 0;
}

static int open_file(struct es_pack *p)
{
	ES_CLEANUP(es_freep) char *tmp = NULL;

	if (asprintf(&tmp, "%s/" ES_PACK_TMP "XXXXXX", p->dir) < 0) {
		tmp = NULL;
		return -ENOMEM;
	}
	p->fd = mkostemp(tmp, O_CLOEXEC);
	if (p->fd < 0)
		return -errno;
	/* Only marks it as alive; a file system without locks is no failure. */
	(void)flock(p->fd, LOCK_EX | LOCK_NB);
	p->tmp = es_steal_ptr(&tmp);
	return 0;
}

static int open_memory(struct es_pack *p)
{
	p->fd = memfd_create("etcsnap", MFD_CLOEXEC);
	return p->fd < 0 ? -errno : 0;
}

/* The count is not known yet: es_pack_install() writes the real header. */
static int open_tmp(struct es_pack *p)
{
	static const char header[HEADER_LEN] = "PACK";

	p->buf = malloc(BUF_SIZE);
	if (!p->buf)
		return -ENOMEM;
	int rc = p->keeps ? open_file(p) : open_memory(p);
	if (rc < 0) {
		free(es_steal_ptr(&p->buf));
		return rc == -ENOMEM ? rc : fail_write(p, rc, "make a file");
	}
	memcpy(p->buf, header, sizeof(header));
	p->buf_len = sizeof(header);
	return 0;
}

static int append_bytes(struct es_pack *p, const char *bytes, size_t len)
{
	int rc = 0;

	if (len > BUF_SIZE - p->buf_len)
		rc = es_pack_flush(p);
	if (rc < 0)
		return rc;
	if (len <= BUF_SIZE) {
		memcpy(p->buf + p->buf_len, bytes, len);
		p->buf_len += len;
		return 0;
	}
	rc = es_write_all(p->fd, bytes, len);
	if (rc < 0)
		return fail_write(p, rc, "write a pack");
	p->written += len;
	return 0;
}

static int add_locked(struct es_pack *p, const struct es_oid *id,
		      const char *bytes, size_t len)
{
	const uint32_t crc = es_crc32(bytes, len);
	size_t at = 0;

	if (find(p, id, &at))
		return 0;
	if (p->failure.code)
		return p->failure.code;
	int rc = p->fd < 0 ? open_tmp(p) : 0;
	if (rc == 0)
		rc = reserve_one(p);
	if (rc < 0)
		return rc;
	rc = append_bytes(p, bytes, len);
	if (rc < 0)
		return rc;
	p->objects[p->n++] = (struct es_packed){
		.id = *id,
		.crc = crc,
		.off = p->written + p->buf_len - len,
	};
	/* The slots may have grown since the first search. */
	(void)find(p, id, &at);
	p->slots[at] = (uint32_t)p->n;
	return 1;
}

int es_pack_add(struct es_pack *p, const struct es_oid *id, const char *bytes,
		size_t len, struct es_error *err)
{
	pthread_mutex_lock(&p->lock);
	int rc = add_locked(p, id, bytes, len);
	if (rc < 0 && p->failure.code)
		*err = p->failure;
	else if (rc < 0)
		es_fail_oom(err);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

/* --------------------------------------------------------------- reading */

/* What es_pack_read() takes out of the pack while it holds the lock. */
struct raw {
	char *bytes;
	size_t len;
	uint64_t off; /* where it lies in the file, if it must be read there */
	bool in_file;
};

static void raw_dispose(struct raw *r)
{
	free(r->bytes);
}

static int take_raw(struct es_pack *p, const struct es_oid *id, struct raw *r)
{
	size_t at;
	const uint32_t index = find(p, id, &at);

	if (!index)
		return 0;
	const uint64_t end =
		index < p->n ? p->objects[index].off : p->written + p->buf_len;
	r->off = p->objects[index - 1].off;
	r->len = (size_t)(end - r->off);
	r->bytes = malloc(r->len);
	if (!r->bytes)
		return -ENOMEM;
	r->in_file = r->off < p->written;
	if (!r->in_file)
		memcpy(r->bytes, p->buf + (r->off - p->written), r->len);
	return 1;
}

/* What was written is never changed again, so this needs no lock. */
static int read_raw(int fd, const struct raw *r)
{
	size_t done = 0;

	while (done < r->len) {
		const ssize_t n = pread(fd, r->bytes + done, r->len - done,
					(off_t)(r->off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int unpack(const struct raw *r, enum es_kind kind, struct es_buf *out,
		  struct es_error *err)
{
	unsigned int type = 0;
	uint64_t size;
	const size_t skip = es_pack_head_read(r->bytes, r->len, &type, &size);
	const enum es_kind is = (enum es_kind)type;

	if (!skip)
		return es_fail(err, -EIO, "the pending pack is damaged");
	if (is != kind)
		return es_fail(err, -EINVAL, "the object is a %s, not a %s",
			       es_kind_name(is), es_kind_name(kind));
	es_buf_reset(out);
	char *room = es_buf_reserve(out, (size_t)size);
	if (!room)
		return es_buf_check(out, err);
	int rc = es_inflate(room, (size_t)size, r->bytes + skip, r->len - skip);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	if (rc < 0)
		return es_fail(err, rc, "the pending pack is damaged");
	out->len = (size_t)size;
	out->data[out->len] = '\0';
	return 1;
}

int es_pack_read(struct es_pack *p, const struct es_oid *id, enum es_kind kind,
		 struct es_buf *out, struct es_error *err)
{
	ES_CLEANUP(raw_dispose) struct raw r = { NULL, 0, 0, false };

	pthread_mutex_lock(&p->lock);
	int rc = take_raw(p, id, &r);
	const int fd = p->fd;
	pthread_mutex_unlock(&p->lock);
	if (rc == 0)
		return 0;
	if (rc < 0)
		return es_fail_oom(err);
	rc = r.in_file ? read_raw(fd, &r) : 0;
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot read the pending pack");
	}
	return unpack(&r, kind, out, err);
}
