/* SPDX-License-Identifier: MIT */
/* spool.c - records that wait in memory, or in a file when many */
#include "config.h"

#include "state/spool_priv.h"

#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A first run over a million files has some hundred megabytes of rows. */
#define MEM_MAX ((size_t)8 << 20)

struct head {
	uint32_t key_len;
	uint32_t value_len;
};

void es_spool_init(struct es_spool *s)
{
	*s = (struct es_spool){
		.mem = ES_BUF_INIT(SIZE_MAX / 2),
		.fd = -1,
	};
}

void es_spool_reset(struct es_spool *s)
{
	es_buf_dispose(&s->mem);
	es_closep(&s->fd);
	es_spool_init(s);
}

bool es_spool_is_empty(const struct es_spool *s)
{
	return !s->mem.len && !s->written;
}

/* A file that is gone with the process, whatever ends it. */
static int open_unnamed(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char *name;

	if (fd >= 0 || asprintf(&name, "%s/.spool-XXXXXX", dir) < 0)
		return fd;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	free(name);
	return fd;
}

/* No room on the disk is no reason to fail: memory does as well. */
static void spill(struct es_spool *s, const char *dir)
{
	if (s->fd < 0)
		s->fd = open_unnamed(dir);
	if (s->fd < 0 || lseek(s->fd, (off_t)s->written, SEEK_SET) < 0 ||
	    es_write_all(s->fd, s->mem.data, s->mem.len) < 0) {
		s->stuck = true;
		return;
	}
	s->written += s->mem.len;
	es_buf_reset(&s->mem);
}

int es_spool_add(struct es_spool *s, const struct es_spool_record *r,
		 const char *dir)
{
	const struct head h = { (uint32_t)r->key_len, (uint32_t)r->value_len };
	const size_t len = sizeof(h) + r->key_len + r->value_len;

	if (r->key_len > UINT32_MAX || r->value_len > UINT32_MAX)
		return -ENOMEM;
	if (!s->stuck && s->mem.len && s->mem.len + len > MEM_MAX)
		spill(s, dir);
	char *const room = es_buf_reserve(&s->mem, len);
	if (!room) {
		/* What is there is whole; the next record may be smaller. */
		s->mem.failed = 0;
		return -ENOMEM;
	}
	memcpy(room, &h, sizeof(h));
	memcpy(room + sizeof(h), r->key, r->key_len);
	if (r->value_len)
		memcpy(room + sizeof(h) + r->key_len, r->value, r->value_len);
	s->mem.len += len;
	s->mem.data[s->mem.len] = '\0';
	return 0;
}

static int each_in(const char *pos, size_t len,
		   int (*each)(void *payload, const struct es_spool_record *r),
		   void *payload)
{
	const char *const end = pos + len;
	int rc = 0;

	while (rc == 0 && pos < end) {
		struct head h;

		memcpy(&h, pos, sizeof(h));
		pos += sizeof(h);
		const struct es_spool_record r = {
			pos,
			h.key_len,
			pos + h.key_len,
			h.value_len,
		};
		pos += (size_t)h.key_len + h.value_len;
		rc = each(payload, &r);
	}
	return rc;
}

int es_spool_each(const struct es_spool *s,
		  int (*each)(void *payload, const struct es_spool_record *r),
		  void *payload)
{
	int rc = 0;

	if (s->written) {
		void *map =
			mmap(NULL, s->written, PROT_READ, MAP_SHARED, s->fd, 0);

		if (map == MAP_FAILED)
			return -1;
		rc = each_in(map, s->written, each, payload);
		munmap(map, s->written);
	}
	if (rc == 0 && s->mem.len)
		rc = each_in(s->mem.data, s->mem.len, each, payload);
	return rc;
}
