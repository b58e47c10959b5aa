/* SPDX-License-Identifier: MIT */
/* cached.c - read a file and leave the page cache as it was */
#include "config.h"

#include "collect/collect_priv.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Whoever reads a whole disk pushes out of the cache what others need, unless
 * the pages that only this reading brought in are dropped again. Which those
 * are must be known before: the file is mapped, never touched, and mincore(2)
 * tells of each page. It tells so only those who own the file or may write
 * it; for others all pages count as cached, and stay.
 *
 * A file is gone through in windows, larger than the kernel ever reads ahead:
 * of the one that is being read and the one that follows it is known what was
 * there. Behind each window the pages are dropped.
 */
#define WINDOW ((uint64_t)32 << 20)

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A window's pages, one byte each; NULL when there is no memory. */
static unsigned char *pages_of(struct es_cached *c, uint64_t window)
{
	size_t n = WINDOW / page_size();

	if (!c->pages->data && !es_buf_reserve(c->pages, 2 * n))
		return NULL;
	return (unsigned char *)c->pages->data + (window & 1) * n;
}

/* Learn what of a window is there; what cannot be learned counts as it. */
static void learn(struct es_cached *c, uint64_t window)
{
	unsigned char *pages = pages_of(c, window);
	uint64_t at = window * WINDOW;
	size_t len;
	void *map;

	if (!pages || at >= c->size)
		return;
	memset(pages, 1, WINDOW / page_size());
	len = c->size - at < WINDOW ? (size_t)(c->size - at) : WINDOW;
	map = mmap(NULL, len, PROT_NONE, MAP_SHARED, c->fd, (off_t)at);
	if (map == MAP_FAILED)
		return;
	if (mincore(map, len, pages) < 0)
		memset(pages, 1, WINDOW / page_size());
	munmap(map, len);
	if (window == 0)
		memset(pages, 0, (size_t)c->asked / page_size());
}

/* Drop the pages of a window that were not there. */
static void drop(struct es_cached *c, uint64_t window)
{
	const unsigned char *pages = pages_of(c, window);
	const size_t page = page_size();
	uint64_t at = window * WINDOW;
	size_t n = WINDOW / page;

	if (!pages || at >= c->size)
		return;
	if (c->size - at < WINDOW)
		n = (size_t)((c->size - at + page - 1) / page);
	for (size_t i = 0, end; i < n; i = end) {
		end = i + 1;
		if (pages[i] & 1)
			continue;
		while (end < n && !(pages[end] & 1))
			end++;
		posix_fadvise(c->fd, (off_t)(at + i * page),
			      (off_t)((end - i) * page), POSIX_FADV_DONTNEED);
	}
}

/*
 * Before the first byte of a file is read. @fresh: es_ahead_ask() has asked
 * for it, and nothing of it was there. Of small files no more is asked: that
 * would cost more than there is to gain.
 */
void es_cached_begin(struct es_cached *c, struct es_walker *w, int fd,
		     uint64_t size)
{
	*c = (struct es_cached){
		.pages = &w->pages,
		.fd = fd,
		.size = size,
		.asked = w->fresh ? ES_AHEAD_BYTES : 0,
		.small = size <= ES_CACHED_SMALL,
	};
	if (c->small)
		return;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	learn(c, 0);
	learn(c, 1);
}

/* All before @at has been read. */
void es_cached_read(struct es_cached *c, uint64_t at)
{
	if (c->small)
		return;
	while (at / WINDOW > c->window) {
		drop(c, c->window);
		learn(c, c->window + 2);
		c->window++;
	}
}

/* It will be read once more, from its start. */
void es_cached_rewind(struct es_cached *c)
{
	if (c->small || c->window == 0)
		return;
	drop(c, c->window);
	drop(c, c->window + 1);
	c->window = 0;
	c->asked = 0;
	learn(c, 0);
	learn(c, 1);
}

/* No more of the file will be read. */
void es_cached_end(struct es_cached *c)
{
	if (c->small && c->asked)
		posix_fadvise(c->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (c->small)
		return;
	drop(c, c->window);
	drop(c, c->window + 1);
}

/* cachestat(2), which the C library may not know yet. */
#if !defined(SYS_cachestat) && !defined(__alpha__)
#define SYS_cachestat 451
#endif

/*
 * Whether nothing of the first bytes of a file is there. For many small files
 * mapping them is too dear, all lanes share one address space: where the
 * kernel cannot tell without (Linux 6.5 can), they stay.
 */
bool es_cached_none(int fd)
{
#ifdef SYS_cachestat
	const uint64_t range[2] = { 0, ES_AHEAD_BYTES };
	struct {
		uint64_t cached;
		uint64_t others[7]; /* four of them as of now */
	} stat = { .cached = 1 };

	return syscall(SYS_cachestat, fd, range, &stat, 0u) == 0 &&
	       stat.cached == 0;
#else
	(void)fd;
	return false;
#endif
}
