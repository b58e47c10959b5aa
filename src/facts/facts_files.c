/* SPDX-License-Identifier: MIT */
/* facts_files.c - reading files below the root, /proc and /sys for facts */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Names that one directory may have; more are no configuration. */
#define NAMES_MAX ((size_t)16 << 20)

int es_fact_read(struct es_buf *b, int dir, const char *path)
{
	ES_CLEANUP(es_closep) int fd = es_open_in_root(dir, path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	return es_read_fd(b, fd);
}

int es_fact_line(char *out, size_t room, int dir, const char *path)
{
	ES_CLEANUP(es_closep) int fd = es_open_in_root(dir, path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	ssize_t n = read(fd, out, room - 1);
	if (n < 0)
		return -errno;
	const char *stop = memchr(out, '\n', (size_t)n);
	size_t len = stop ? (size_t)(stop - out) : (size_t)n;
	/* Strings of firmware and device trees end in a NUL. */
	len = strnlen(out, len);
	while (len > 0 && isspace((unsigned char)out[len - 1]))
		len--;
	size_t skip = 0;
	while (skip < len && isspace((unsigned char)out[skip]))
		skip++;
	memmove(out, out + skip, len - skip);
	out[len - skip] = '\0';
	return (int)(len - skip);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Bring names that each end in a NUL into the order of their bytes. */
static int sort_names(struct es_buf *names, size_t n)
{
	ES_CLEANUP(es_freep) const char **at = calloc(n + 1, sizeof(*at));
	ES_CLEANUP(es_buf_dispose)
	struct es_buf sorted = ES_BUF_INIT(NAMES_MAX);
	const char *p = names->data;

	if (!at)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++, p += strlen(p) + 1)
		at[i] = p;
	qsort(at, n, sizeof(*at), compare_names);
	for (size_t i = 0; i < n; i++)
		es_buf_add(&sorted, at[i], strlen(at[i]) + 1);
	if (sorted.failed)
		return sorted.failed;
	es_buf_reset(names);
	return es_buf_add(names, sorted.data, sorted.len);
}

int es_fact_list(struct es_buf *names, int dir, const char *path)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(dir, path, O_RDONLY | O_DIRECTORY);
	size_t n = 0;

	if (fd < 0)
		return -errno;
	ES_CLEANUP(es_closedirp) DIR *d = fdopendir(fd);
	if (!d)
		return -errno;
	(void)es_steal_fd(&fd);
	es_buf_reset(names);
	for (;;) {
		errno = 0;
		const struct dirent *e = readdir(d);

		if (!e)
			break;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		es_buf_add(names, e->d_name, strlen(e->d_name) + 1);
		n++;
	}
	if (errno)
		return -errno;
	if (names->failed)
		return names->failed;
	return n > 1 ? sort_names(names, n) : 0;
}

int es_fact_link(char *out, size_t room, int dir, const char *name)
{
	ssize_t n = readlinkat(dir, name, out, room - 1);

	if (n < 0)
		return -errno;
	out[n] = '\0';
	return (int)n;
}
