/* SPDX-License-Identifier: MIT */
/* loose_read.c - read loose objects without trusting them */
#include "config.h"

#include "store/loose_priv.h"

#include "etcsnap/fileio.h"
#include "store/store_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h> /* libgit2 1.8 moved git_error_set_str there */
#endif
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Longest header of a loose object, "commit 18446744073709551615". */
#define HEAD_MAX 32
/* No zlib stream holds more than this many times its bytes. */
#define RATIO 1032

/* ----------------------------------------------------------------- content */

/* Inflates the first bytes; the number of them, 0 when the stream is broken. */
static size_t peek(char head[HEAD_MAX], const struct es_buf *file)
{
	z_stream z = { 0 };
	size_t n = 0;

	if (inflateInit(&z) != Z_OK)
		return 0;
	/* zlib without ZLIB_CONST takes what it only reads as writable. */
	z.next_in = (Bytef *)(uintptr_t)file->data;
	z.avail_in = (uInt)file->len;
	z.next_out = (Bytef *)head;
	z.avail_out = HEAD_MAX;
	const int rc = inflate(&z, Z_SYNC_FLUSH);
	if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR)
		n = HEAD_MAX - z.avail_out;
	inflateEnd(&z);
	return n;
}

/* "blob 123\0"; bytes of it, 0 when it is broken. */
static size_t parse_head(const char *head, size_t len, uint8_t *kind,
			 size_t *size)
{
	const char *end = memchr(head, '\0', len);
	const char *p;

	if (!end)
		return 0;
	*kind = 0;
	for (int k = ES_KIND_COMMIT; k <= ES_KIND_TAG; k++) {
		const char *name = es_kind_name((enum es_kind)k);
		const size_t n = strlen(name);

		if (strncmp(head, name, n) == 0 && head[n] == ' ')
			*kind = (uint8_t)k;
	}
	p = strchr(head, ' ');
	if (!*kind || !p || !isdigit((unsigned char)p[1]))
		return 0;
	*size = 0;
	for (p++; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(*size, 10, size) ||
		    __builtin_add_overflow(*size, (size_t)(*p - '0'), size))
			return 0;
	return p == end ? (size_t)(end - head) + 1 : 0;
}

char *es_loose_inflate(const struct es_buf *file, uint8_t *kind,
		       size_t *head_len, size_t *size, int *rc)
{
	char head[HEAD_MAX + 1] = "";
	char *all;

	*rc = -EIO;
	*head_len = parse_head(head, peek(head, file), kind, size);
	if (*head_len == 0 || *size / RATIO > file->len)
		return NULL;
	all = malloc(*head_len + *size + 1);
	*rc = all ? es_inflate(all, *head_len + *size, file->data, file->len)
		  : -ENOMEM;
	if (*rc < 0)
		free(es_steal_ptr(&all));
	return all;
}

/* ------------------------------------------------------------- for libgit2 */

/* Ours before the one of libgit2 that reads loose objects, beside packs. */
#define PRIORITY 2

struct backend {
	git_odb_backend base;
	char *objects; /* directory, owned */
};

static int read_path(git_odb_backend *b, const char *hex, struct es_buf *file)
{
	const struct backend *own = (const struct backend *)b;
	ES_CLEANUP(es_freep) char *path = NULL;
	struct es_error ignored = ES_ERROR_INIT;

	if (asprintf(&path, "%s/%.2s/%s", own->objects, hex, hex + 2) < 0) {
		path = NULL;
		return GIT_ERROR;
	}
	switch (es_read_file(file, AT_FDCWD, path, &ignored)) {
	case 0:
		return 0;
	case -ENOENT:
	case -ENOTDIR:
		return GIT_ENOTFOUND;
	default:
		return GIT_ERROR;
	}
}

/* libgit2 compares the id itself. */
static int take_over(git_odb_backend *b, const struct es_buf *file, void **data,
		     size_t *len, git_object_t *type)
{
	ES_CLEANUP(es_freep) char *all = NULL;
	uint8_t kind;
	size_t head;
	int rc;

	all = es_loose_inflate(file, &kind, &head, len, &rc);
	if (!all) {
		git_error_set_str(GIT_ERROR_ODB, "a loose object is damaged");
		return GIT_ERROR;
	}
	*data = git_odb_backend_data_alloc(b, *len ? *len : 1);
	if (!*data)
		return GIT_ERROR;
	memcpy(*data, all + head, *len);
	*type = (git_object_t)kind;
	return 0;
}

static int backend_read(void **data, size_t *len, git_object_t *type,
			git_odb_backend *b, const git_oid *id)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(LOOSE_MAX);
	char hex[ES_OID_HEX + 1];
	const int rc = read_path(b, es_hex(hex, id->id, ES_OID_LEN), &file);

	return rc < 0 ? rc : take_over(b, &file, data, len, type);
}

static int backend_read_header(size_t *len, git_object_t *type,
			       git_odb_backend *b, const git_oid *id)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(LOOSE_MAX);
	char hex[ES_OID_HEX + 1];
	char head[HEAD_MAX + 1] = "";
	uint8_t kind;
	int rc = read_path(b, es_hex(hex, id->id, ES_OID_LEN), &file);

	if (rc < 0)
		return rc;
	if (parse_head(head, peek(head, &file), &kind, len) == 0)
		return GIT_ERROR;
	*type = (git_object_t)kind;
	return 0;
}

/* The one file of objects/4f that begins so; how many there are. */
static int find_prefix(const struct backend *own, const char *hex, size_t n,
		       char found[ES_OID_HEX + 1])
{
	ES_CLEANUP(es_freep) char *dir = NULL;
	ES_CLEANUP(es_closedirp) DIR *d = NULL;
	int many = 0;

	if (n < 2 || asprintf(&dir, "%s/%.2s", own->objects, hex) < 0) {
		dir = NULL;
		return 0;
	}
	d = opendir(dir);
	for (const struct dirent *e = d ? readdir(d) : NULL; e;
	     e = readdir(d)) {
		if (strlen(e->d_name) != ES_OID_HEX - 2 ||
		    strncmp(e->d_name, hex + 2, n - 2) != 0)
			continue;
		snprintf(found, ES_OID_HEX + 1, "%.2s%.38s", hex, e->d_name);
		many++;
	}
	return many;
}

static int backend_read_prefix(git_oid *id, void **data, size_t *len,
			       git_object_t *type, git_odb_backend *b,
			       const git_oid *shorter, size_t n)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(LOOSE_MAX);
	char hex[ES_OID_HEX + 1], found[ES_OID_HEX + 1];
	int rc;

	es_hex(hex, shorter->id, ES_OID_LEN);
	rc = find_prefix((const struct backend *)b, hex, n, found);
	if (rc != 1)
		return rc == 0 ? GIT_ENOTFOUND : GIT_EAMBIGUOUS;
	rc = read_path(b, found, &file);
	if (rc == 0)
		rc = take_over(b, &file, data, len, type);
	if (rc == 0 && es_unhex(id->id, found, ES_OID_LEN) < 0)
		rc = GIT_ERROR;
	return rc;
}

static void backend_free(git_odb_backend *b)
{
	free(((struct backend *)b)->objects);
	free(b);
}

int es_loose_guard(git_odb *odb, const char *path)
{
	struct backend *own = calloc(1, sizeof(*own));
	int rc = -1;

	if (!own)
		return -1;
	if (git_odb_init_backend(&own->base, GIT_ODB_BACKEND_VERSION) == 0 &&
	    asprintf(&own->objects, "%s/objects", path) >= 0) {
		own->base.read = backend_read;
		own->base.read_header = backend_read_header;
		own->base.read_prefix = backend_read_prefix;
		own->base.free = backend_free;
		rc = git_odb_add_backend(odb, &own->base, PRIORITY);
		if (rc < 0)
			free(own->objects);
	}
	if (rc < 0)
		free(own);
	return rc;
}
