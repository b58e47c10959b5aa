/* SPDX-License-Identifier: MIT */
/* fuzz_manifest.c - hostile .mtree and .xattr texts */
#include "config.h"

#include "etcsnap/manifest.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * The input is a .mtree; behind a first NUL byte a .xattr. What the parser
 * lets through must be worth the name of an entry, and what is written of it
 * must be read again as the same.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Entries as they are parsed, packed to be written. */
struct sink {
	struct es_listing_writer w;
	struct es_buf prev;
	size_t entries;
};

static void demand(int holds)
{
	if (!holds)
		abort();
}

static void check_values(const struct es_entry *e)
{
	const unsigned int digests = ES_HAS_SHA256 | ES_HAS_HMAC;

	demand(e->name_len > 0 && !memchr(e->name, '\0', e->name_len) &&
	       !memchr(e->name, '/', e->name_len));
	demand((e->has & digests) != digests);
	demand(!(e->has & digests) || e->type == ES_TYPE_FILE);
	demand(!(e->has & ES_HAS_MASKED) || !(e->has & ES_HAS_SHA256));
	demand(!e->target || (e->type == ES_TYPE_LINK && e->target_len > 0));
	demand(!e->xattr ||
	       (e->xattr_len > 0 && e->xattr[e->xattr_len - 1] == '\n'));
	demand(e->mode <= 07777 && e->mtime_nsec < 1000000000);
	demand((e->type == ES_TYPE_FILE) == (e->class != ES_CLASS_NONE));
}

static int collect(void *payload, struct es_entry *e, const char *uname,
		   const char *gname)
{
	struct sink *s = payload;

	check_values(e);
	demand(!uname || *uname);
	demand(!gname || *gname);
	if (s->entries++ == 0) {
		demand(e->type == ES_TYPE_DIR && e->name_len == 1 &&
		       e->name[0] == '.');
		es_listing_begin(&s->w, e);
		return 0;
	}
	demand(s->entries == 2 || es_entry_name_cmp(s->prev.data, s->prev.len,
						    e->name, e->name_len) < 0);
	es_buf_reset(&s->prev);
	es_buf_add(&s->prev, e->name, e->name_len);
	demand(e->watch == ES_WATCH_YES);
	/* Whatever it is said to be here, its own manifest says it. */
	if (e->type == ES_TYPE_DIR) {
		e->has = 0;
		e->unread = 0;
	}
	/* The numbers of a device go with its owner. */
	if (!(e->has & ES_HAS_STAT))
		e->rdev_major = e->rdev_minor = 0;
	es_listing_add(&s->w, e);
	return 0;
}

/* Parses and packs; Return: 0, or -EINVAL. */
static int parse(struct sink *s, const char *mtree, size_t mtree_len,
		 const char *xattr, size_t xattr_len)
{
	struct es_error err = ES_ERROR_INIT;
	int rc = es_manifest_parse(mtree, mtree_len, xattr, xattr_len, collect,
				   s, &err);

	demand((rc < 0) == (err.code < 0));
	if (rc < 0)
		return rc;
	demand(es_listing_end(&s->w, &err) == 0);
	return 0;
}

static void dispose(struct sink *s)
{
	es_listing_dispose(&s->w);
	es_buf_dispose(&s->prev);
}

/* Writing and reading once more must not change anything. */
static void write_again(const struct sink *s)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf m = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf x = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(dispose)
	struct sink t = { ES_LISTING_WRITER_INIT, ES_BUF_INIT(ES_BUF_MAX), 0 };
	struct es_error err = ES_ERROR_INIT;
	const struct es_buf *w = &s->w.buf;
	struct es_listing_reader a, b;
	struct es_entry x_a, x_b;
	int rc;

	demand(es_manifest_write(&m, w->data, w->len, NULL, &err) == 0);
	demand(es_manifest_write_xattr(&x, w->data, w->len, &err) == 0);
	if (!m.len)
		return;
	demand(parse(&t, m.data, m.len, x.data, x.len) == 0);
	demand(t.entries == s->entries);
	es_listing_open(&a, w->data, w->len);
	es_listing_open(&b, t.w.buf.data, t.w.buf.len);
	while ((rc = es_listing_next(&a, &x_a)) > 0) {
		demand(es_listing_next(&b, &x_b) > 0);
		demand(es_entry_compare(&x_a, &x_b) == 0);
	}
	demand(rc == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *mtree = (const char *)data;
	const char *cut = size ? memchr(mtree, '\0', size) : NULL;
	size_t mtree_len = cut ? (size_t)(cut - mtree) : size;
	ES_CLEANUP(dispose)
	struct sink s = { ES_LISTING_WRITER_INIT, ES_BUF_INIT(ES_BUF_MAX), 0 };

	if (parse(&s, mtree, mtree_len, cut ? cut + 1 : NULL,
		  cut ? size - mtree_len - 1 : 0) == 0)
		write_again(&s);
	return 0;
}
