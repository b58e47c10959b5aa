/* SPDX-License-Identifier: MIT */
/* fact_mounts.c - what is mounted where, with which options */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/*
 * Left out, since they come and go by themselves:
 * - what belongs to login sessions, running containers and services;
 * - namespaces that are held by a mount;
 * - what an automounter mounted, as it does on access and undoes later; its
 *   own mount, the place where that happens, stays.
 */
static const char *const transient[] = {
	"/run/containerd",
	"/run/credentials",
	"/run/docker",
	"/run/netns",
	"/run/podman",
	"/run/runc",
	"/run/systemd/unit-root",
	"/run/user",
	"/var/lib/containerd",
	"/var/lib/containers/storage",
	"/var/lib/docker",
	"/var/lib/kubelet/pods",
	"/var/lib/lxc",
	"/var/lib/lxd",
	"/var/lib/rancher",
	"/var/run/netns",
};

/*
 * Options that are numbers of this boot: an automounter's pipe and process,
 * and limits that the kernel takes from the memory that it has left.
 */
static const struct {
	const char *type;
	const char *option;
} volatile_options[] = {
	{ "autofs", "fd=" },	      { "autofs", "pgrp=" },
	{ "autofs", "pipe_ino=" },    { "devtmpfs", "size=" },
	{ "devtmpfs", "nr_inodes=" },
};

/* One line of mountinfo; strings are decoded, and point into the text. */
struct mount {
	uint64_t id;
	uint64_t parent;
	struct es_field root;
	struct es_field point;
	struct es_field options;
	struct es_field type;
	struct es_field source;
	struct es_field super;
	bool on_demand; /* an automounter's, or below such a one */
};

struct mounts {
	struct mount *items;
	size_t n;
};

/* Undo \040 and the like in place. Source: proc(5), mounts; seq_path(). */
static void decode(char *text, struct es_field *f)
{
	char *to = text + (f->at - text);
	const char *p = f->at, *end = p + f->len;

	while (p < end) {
		if (*p == '\\' && end - p >= 4 && p[1] >= '0' && p[1] <= '3') {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 |
				       (p[3] - '0'));
			p += 4;
		} else {
			*to++ = *p++;
		}
	}
	f->len = (size_t)(to - f->at);
}

/*
 * "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": id,
 * parent, device, root, mount point, options, optional fields, "-", type,
 * source, options of the file system.
 */
static bool parse_mount(struct mount *out, char *text, const char *line,
			size_t len)
{
	struct es_field f[64];
	size_t n = es_fact_fields(f, 64, line, len, ' ');
	size_t dash = 6;

	while (dash < n && dash < 64 && !es_field_is(&f[dash], "-"))
		dash++;
	if (n > 64 || dash + 2 >= n)
		return false;
	*out = (struct mount){
		.id = es_fact_number(f[0].at),
		.parent = es_fact_number(f[1].at),
		.root = f[3],
		.point = f[4],
		.options = f[5],
		.type = f[dash + 1],
		.source = f[dash + 2],
		.super =
			dash + 3 < n ? f[dash + 3] : (struct es_field){ "", 0 },
	};
	decode(text, &out->root);
	decode(text, &out->point);
	decode(text, &out->source);
	return true;
}

static bool is_below(const struct es_field *path, const char *dir)
{
	size_t n = strlen(dir);

	return path->len >= n && memcmp(path->at, dir, n) == 0 &&
	       (path->len == n || path->at[n] == '/');
}

static bool contains(const struct es_field *f, const char *s)
{
	return memmem(f->at, f->len, s, strlen(s)) != NULL;
}

static bool is_transient(const struct mount *m)
{
	if (m->on_demand || es_field_is(&m->type, "nsfs"))
		return true;
	for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++)
		if (is_below(&m->point, transient[i]))
			return true;
	/* Containers of an ordinary user live in a home. */
	return contains(&m->point, "/containers/storage/overlay");
}

/*
 * Mark what an automounter mounted. A parent stands before its children, as
 * it was mounted before them.
 */
static void find_on_demand(struct mounts *all, uint64_t *ids)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct mount *m = &all->items[i];
		bool automounter = es_field_is(&m->type, "autofs");

		for (size_t k = 0; k < n && !automounter && !m->on_demand; k++)
			m->on_demand = ids[k] == m->parent;
		if (automounter || m->on_demand)
			ids[n++] = m->id;
	}
}

static bool is_volatile(const struct mount *m, const struct es_field *option)
{
	size_t n = sizeof(volatile_options) / sizeof(volatile_options[0]);

	for (size_t i = 0; i < n; i++) {
		const char *word = volatile_options[i].option;

		if (es_field_is(&m->type, volatile_options[i].type) &&
		    option->len > strlen(word) &&
		    memcmp(option->at, word, strlen(word)) == 0)
			return true;
	}
	return false;
}

static bool has_option(const struct es_field *list, const struct es_field *want)
{
	for (size_t at = 0; at < list->len;) {
		const char *p = list->at + at;
		const char *comma = memchr(p, ',', list->len - at);
		size_t n = comma ? (size_t)(comma - p) : list->len - at;

		if (n == want->len && memcmp(p, want->at, n) == 0)
			return true;
		at += n + 1;
	}
	return false;
}

/* Append a list of options; of the file system's only what is news. */
static void put_options(struct es_buf *out, const struct mount *m,
			const struct es_field *list, size_t *shown)
{
	const struct es_field *said = list == &m->super ? &m->options : NULL;

	for (size_t at = 0; at < list->len;) {
		const char *p = list->at + at;
		const char *comma = memchr(p, ',', list->len - at);
		struct es_field f = { p, comma ? (size_t)(comma - p)
					       : list->len - at };

		at += f.len + 1;
		/* A read-only mount of a writable file system is "ro". */
		if (is_volatile(m, &f) ||
		    (said && (has_option(said, &f) || es_field_is(&f, "rw") ||
			      es_field_is(&f, "ro"))))
			continue;
		if ((*shown)++)
			es_buf_addc(out, ',');
		es_fact_word(out, f.at, f.len);
	}
}

/*
 * Loop devices get their numbers in the order of mounting: name the file
 * behind one instead.
 */
static void put_source(struct es_buf *out, const struct es_fact_source *src,
		       const struct es_field *source)
{
	char path[64], file[1024];
	int n = 0;

	if (source->len > 9 && source->len < 24 &&
	    memcmp(source->at, "/dev/loop", 9) == 0) {
		snprintf(path, sizeof(path), "block/%.*s/loop/backing_file",
			 (int)source->len - 5, source->at + 5);
		n = es_fact_line(file, sizeof(file), src->sys, path);
	}
	if (n > 0) {
		es_buf_adds(out, "loop:");
		es_fact_word(out, file, (size_t)n);
	} else {
		es_fact_word(out, source->at, source->len);
	}
}

static void put_mount(struct es_buf *out, const struct es_fact_source *src,
		      const struct mount *m)
{
	size_t shown = 0;

	es_fact_word(out, m->point.at, m->point.len);
	es_buf_addc(out, ' ');
	es_fact_word(out, m->type.at, m->type.len);
	es_buf_addc(out, ' ');
	put_source(out, src, &m->source);
	if (m->root.len > 1) {
		es_buf_addc(out, '[');
		es_fact_word(out, m->root.at, m->root.len);
		es_buf_addc(out, ']');
	}
	es_buf_addc(out, ' ');
	put_options(out, m, &m->options, &shown);
	put_options(out, m, &m->super, &shown);
	es_buf_addc(out, '\n');
}

int es_fact_mounts(const struct es_fact_source *src, struct es_buf *out)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_FACT_MAX);
	struct mounts all = { NULL, 0 };
	const char *line;
	size_t n = 0, len;

	/* Those of the system, not those that we are confined to. */
	int rc = es_fact_read(&b, src->proc, "1/mountinfo");
	if (rc < 0)
		rc = es_fact_read(&b, src->proc, "self/mountinfo");
	if (rc < 0)
		return rc;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	for (const char *q = p; es_fact_next(&q, end, &len);)
		n++;
	ES_CLEANUP(es_freep)
	struct mount *items = calloc(n + 1, sizeof(*items));
	ES_CLEANUP(es_freep) uint64_t *ids = calloc(n + 1, sizeof(*ids));
	if (!items || !ids)
		return -ENOMEM;
	all.items = items;
	while ((line = es_fact_next(&p, end, &len)) && all.n < n)
		all.n += parse_mount(&items[all.n], b.data, line, len);
	find_on_demand(&all, ids);
	for (size_t i = 0; i < all.n; i++)
		if (!is_transient(&all.items[i]))
			put_mount(out, src, &all.items[i]);
	return out->failed;
}
