/* SPDX-License-Identifier: MIT */
/* xattr.c - read extended attributes and write them as getfattr(1) does */
#include "config.h"

#include "collect/xattr_priv.h"

#include "etcsnap/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

/* Tries when an attribute grows between asking its size and reading it. */
#define TRIES 5

/* ----------------------------------------------------------- encoding */

/* At most one byte in eight may be unprintable in a value shown as text. */
static bool is_text(const char *value, size_t len)
{
	size_t odd = 0;

	for (size_t i = 0; i < len; i++)
		odd += value[i] < 0x20 || value[i] > 0x7e;
	return odd * 8 <= len;
}

static void add_octal(struct es_buf *out, char c)
{
	es_buf_addf(out, "\\%03o", (unsigned int)(unsigned char)c);
}

static void add_text(struct es_buf *out, const char *value, size_t len)
{
	es_buf_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '\0' || value[i] == '\n' || value[i] == '\r') {
			add_octal(out, value[i]);
			continue;
		}
		if (value[i] == '"' || value[i] == '\\')
			es_buf_addc(out, '\\');
		es_buf_addc(out, value[i]);
	}
	es_buf_addc(out, '"');
}

static void add_name(struct es_buf *out, const char *name)
{
	for (; *name; name++) {
		if (*name == '=' || *name == '\\' || *name == '\n' ||
		    *name == '\r')
			add_octal(out, *name);
		else
			es_buf_addc(out, *name);
	}
}

int es_xattr_encode(struct es_buf *out, const char *name, const char *value,
		    size_t len)
{
	size_t text_len = len > 0 && value[len - 1] == '\0' ? len - 1 : len;

	add_name(out, name);
	es_buf_addc(out, '=');
	if (is_text(value, text_len)) {
		add_text(out, value, text_len);
	} else {
		es_buf_adds(out, "0s");
		es_base64_encode(out, value, len);
	}
	return out->failed;
}

/* ------------------------------------------------------------ reading */

/* An object by its descriptor, or by a path that leads through one. */
struct handle {
	int fd;
	const char *path;
};

static ssize_t list_once(const struct handle *h, char *buf, size_t room)
{
	if (h->path)
		return llistxattr(h->path, buf, room);
	return flistxattr(h->fd, buf, room);
}

static ssize_t get_once(const struct handle *h, const char *name, char *buf,
			size_t room)
{
	if (h->path)
		return lgetxattr(h->path, name, buf, room);
	return fgetxattr(h->fd, name, buf, room);
}

/*
 * Append the list of names (@name NULL) or a value to @b, however long.
 * Return: its bytes, a negative errno.
 */
static ssize_t read_whole(struct es_buf *b, const struct handle *h,
			  const char *name)
{
	size_t want = 256;

	for (int i = 0; i < TRIES; i++) {
		char *room = es_buf_reserve(b, want);
		ssize_t n;

		if (!room)
			return -ENOMEM;
		n = name ? get_once(h, name, room, want)
			 : list_once(h, room, want);
		if (n >= 0) {
			room[n] = '\0';
			b->len += (size_t)n;
			return n;
		}
		if (errno != ERANGE)
			return -errno;
		n = name ? get_once(h, name, NULL, 0) : list_once(h, NULL, 0);
		if (n < 0)
			return -errno;
		want = (size_t)n + 64;
	}
	return -EBUSY;
}

static int name_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pointers to the names in @list, sorted, NULL-terminated. */
static const char **sort_names(const char *list, size_t len)
{
	const char **names;
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += list[i] == '\0';
	names = calloc(n + 1, sizeof(*names));
	if (!names)
		return NULL;
	n = 0;
	for (size_t i = 0; i < len; i += strlen(list + i) + 1)
		if (list[i])
			names[n++] = list + i;
	qsort(names, n, sizeof(*names), name_cmp);
	return names;
}

/* Return: as es_xattr_read(). */
static int read_values(struct es_buf *out, const struct handle *h,
		       const char *list, size_t len, uint32_t record)
{
	ES_CLEANUP(es_freep) const char **names = sort_names(list, len);
	ES_CLEANUP(es_buf_dispose) struct es_buf value = ES_BUF_INIT(1 << 24);

	if (!names)
		return -ENOMEM;
	for (const char **name = names; *name; name++) {
		ssize_t n;

		if (!(record & es_record_of_xattr(*name)))
			continue;
		es_buf_reset(&value);
		n = read_whole(&value, h, *name);
		/* taken away since it was listed */
		if (n == -ENODATA)
			continue;
		if (n == -ENOMEM)
			return -ENOMEM;
		if (n < 0)
			return (int)-n;
		es_xattr_encode(out, *name, es_buf_str(&value), (size_t)n);
		es_buf_addc(out, '\n');
	}
	return out->failed ? -ENOMEM : 0;
}

int es_xattr_read(struct es_buf *out, struct es_buf *scrap, int fd,
		  const char *name, uint32_t record)
{
	char path[sizeof("/proc/self/fd//") + 3 * sizeof(fd) + 255 + 1];
	struct handle h = { .fd = fd };
	ssize_t n;

	es_buf_reset(out);
	es_buf_reset(scrap);
	if (!(record & ES_XATTR_RECORD))
		return 0;
	if (name) {
		int len = snprintf(path, sizeof(path), "/proc/self/fd/%d/%s",
				   fd, name);

		if (len < 0 || (size_t)len >= sizeof(path))
			return ENAMETOOLONG;
		h.path = path;
	}
	n = read_whole(scrap, &h, NULL);
	if (n == 0 || n == -EOPNOTSUPP || n == -ENOSYS)
		return 0;
	/* without a mounted /proc there is no way to them: none are known */
	if (n == -ENOENT && h.path)
		return 0;
	if (n == -ENOMEM)
		return -ENOMEM;
	if (n < 0)
		return (int)-n;
	return read_values(out, &h, scrap->data, scrap->len, record);
}
