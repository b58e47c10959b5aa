/* SPDX-License-Identifier: MIT */
/* log_file.c - logs, those that rotation put away, and what compressed them */
#include "config.h"

#include "logins/logins_priv.h"

#include "etcsnap/fileio.h"

#include <archive.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Predecessors of one log that are looked at. */
#define FILES_MAX 1000

/* What is read at once. */
#define BLOCK ((size_t)64 << 10)

/* Most bytes that are taken out of one compressed log. */
#define UNPACKED_MAX ((uint64_t)512 << 20)

static const char *const endings[] = { ".gz", ".xz", ".zst", ".bz2" };

static int regular(int fd)
{
	struct stat st;

	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return -1;
}

int lg_open_file(int dir, const char *name)
{
	return regular(openat(dir, name,
			      O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
				      O_NOFOLLOW));
}

ssize_t lg_read_all(struct es_buf *b, int root, const char *path)
{
	ES_CLEANUP(es_closep)
	int fd = regular(es_open_in_root(root, path, O_RDONLY));

	if (fd < 0 || es_read_fd(b, fd) < 0)
		return -1;
	return (ssize_t)b->len;
}

/* Length of a name without what tells that it is compressed. */
static size_t plain_len(const char *name)
{
	const size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const size_t end = strlen(endings[i]);

		if (len > end && strcmp(name + len - end, endings[i]) == 0)
			return len - end;
	}
	return len;
}

static bool is_of(const char *name, const char *base)
{
	const size_t len = strlen(base);

	if (strncmp(name, base, len) != 0)
		return false;
	if (name[len] == '\0')
		return true;
	return (name[len] == '.' || name[len] == '-') && name[len + 1] >= '0' &&
	       name[len + 1] <= '9';
}

/* Newest first; the log itself is the newest, whatever its time is. */
static int compare_files(const void *a, const void *b)
{
	const struct lg_file *const x = a, *const y = b;

	if (x->current != y->current)
		return x->current ? -1 : 1;
	if (x->mtime != y->mtime)
		return x->mtime < y->mtime ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Whether the same is there without being compressed. */
static bool is_copy(const struct lg_files *f, const struct lg_file *file)
{
	const size_t len = plain_len(file->name);

	for (size_t i = 0; file->packed && i < f->n; i++)
		if (!f->list[i].packed && strlen(f->list[i].name) == len &&
		    strncmp(f->list[i].name, file->name, len) == 0)
			return true;
	return false;
}

static void drop_copies(struct lg_files *f)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++)
		if (is_copy(f, &f->list[i]))
			f->list[i].mtime = INT64_MIN;
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].mtime == INT64_MIN)
			free(f->list[i].name);
		else
			f->list[kept++] = f->list[i];
	f->n = kept;
}

static int add_file(struct lg_files *f, const char *name, const char *base)
{
	struct stat st;

	if (fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || st.st_size == 0)
		return 0;
	struct lg_file *const list = lg_room(f->list, f->n, sizeof(*f->list));
	if (!list)
		return -ENOMEM;
	f->list = list;
	f->list[f->n] = (struct lg_file){
		.name = strdup(name),
		.mtime = st.st_mtime,
		.size = (uint64_t)st.st_size,
		.packed = name[plain_len(name)] != '\0',
		.current = strcmp(name, base) == 0,
	};
	if (!f->list[f->n].name)
		return -ENOMEM;
	f->n++;
	return 0;
}

int lg_files_find(struct lg_files *out, int root, const char *dir,
		  const char *base)
{
	const struct dirent *d;
	int rc = 0;

	out->dir = es_open_in_root(root, dir, O_RDONLY | O_DIRECTORY);
	if (out->dir < 0)
		return 0;
	int fd = dup(out->dir);
	ES_CLEANUP(es_closedirp) DIR *list = fd < 0 ? NULL : fdopendir(fd);
	if (!list) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (rc == 0 && out->n < FILES_MAX && (d = readdir(list)))
		if (is_of(d->d_name, base))
			rc = add_file(out, d->d_name, base);
	drop_copies(out);
	if (out->n)
		qsort(out->list, out->n, sizeof(*out->list), compare_files);
	return rc;
}

void lg_files_dispose(struct lg_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->list[i].name);
	free(f->list);
	if (f->dir >= 0)
		close(f->dir);
	*f = (struct lg_files)LG_FILES_INIT;
}

static void close_archive(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

/*
 * Only what the library unpacks by itself: of a kind that it was built
 * without it would run a program.
 */
static bool wants(struct archive *a)
{
	int (*const filters[])(struct archive *) = {
		archive_read_support_filter_gzip,
		archive_read_support_filter_xz,
		archive_read_support_filter_zstd,
		archive_read_support_filter_bzip2,
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (filters[i](a) != ARCHIVE_OK)
			return false;
	/* Without the second an empty file would be an error. */
	return archive_read_support_format_raw(a) == ARCHIVE_OK &&
	       archive_read_support_format_empty(a) == ARCHIVE_OK;
}

static int stream_packed(int fd, lg_take take, void *payload)
{
	ES_CLEANUP(close_archive) struct archive *a = archive_read_new();
	ES_CLEANUP(es_freep) char *block = malloc(BLOCK);
	struct archive_entry *entry;
	uint64_t all = 0;
	int rc = 0;

	if (!a || !block)
		return -ENOMEM;
	if (!wants(a) || archive_read_open_fd(a, fd, BLOCK) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return 0;
	while (rc == 0 && all < UNPACKED_MAX) {
		const ssize_t n = archive_read_data(a, block, BLOCK);

		/* What came before a torn end is as good as any. */
		if (n <= 0)
			break;
		all += (uint64_t)n;
		rc = take(payload, block, (size_t)n);
	}
	return rc;
}

int lg_stream(int fd, bool packed, uint64_t at, lg_take take, void *payload)
{
	struct stat st;
	int rc = 0;

	if (packed)
		return stream_packed(fd, take, payload);
	if (fstat(fd, &st) < 0)
		return 0;
	ES_CLEANUP(es_freep) char *block = malloc(BLOCK);
	if (!block)
		return -ENOMEM;
	/* As it was at the begin: somebody may be writing to it. */
	const uint64_t end = (uint64_t)st.st_size;
	while (rc == 0 && at < end) {
		const size_t want = end - at < BLOCK ? end - at : BLOCK;
		const ssize_t n = pread(fd, block, want, (off_t)at);

		if (n <= 0)
			break;
		at += (uint64_t)n;
		rc = take(payload, block, (size_t)n);
	}
	return rc;
}
