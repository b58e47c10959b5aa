/* SPDX-License-Identifier: MIT */
/* lookup.c - the recorded entry of one path */
#include "config.h"

#include "delta/delta_priv.h"

#include <errno.h>
#include <string.h>

/* The last component of a path; the root has an empty one. */
static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Read the directory at a path. Returns 1, 0 when there is none, negative. */
static int read_dir(struct es_listing_writer *w, struct es_store *st,
		    const struct es_oid *root, const char *path, size_t len,
		    struct es_error *err)
{
	struct es_dir_trees trees;

	if (es_dir_lookup(&trees, st, root, path, len, err) < 0)
		return err->code;
	if (es_oid_is_none(&trees.meta))
		return 0;
	return es_dir_read(w, st, &trees, err) < 0 ? err->code : 1;
}

/* Find a name in a listing; "." is the directory itself. */
static int find(const struct es_listing_writer *w, const char *name,
		struct es_entry *out, struct es_error *err)
{
	struct es_listing_reader r;
	size_t len = strlen(name);
	struct es_entry e;
	int rc = es_listing_open(&r, w->buf.data, w->buf.len);

	if (rc == 0)
		rc = 1;
	while (rc > 0) {
		rc = es_listing_next(&r, &e);
		if (rc <= 0 ||
		    es_entry_name_cmp(e.name, e.name_len, name, len) != 0)
			continue;
		if (e.watch != ES_WATCH_YES)
			return 0;
		*out = e;
		return 1;
	}
	return rc < 0 ? es_fail(err, -EINVAL, "damaged manifest") : 0;
}

int es_delta_entry(struct es_listing_writer *w, struct es_entry *out,
		   struct es_store *st, const struct es_oid *root,
		   const char *path, struct es_error *err)
{
	size_t len = strlen(path);

	if (path[0] != '/')
		return delta_other_entry(out, st, root, path, err);
	while (len > 0 && path[len - 1] == '/')
		len--;
	int rc = read_dir(w, st, root, path, len, err);
	if (rc > 0)
		rc = find(w, ".", out, err);
	if (rc != 0 || len == 0)
		return rc;
	/* No directory: it stands in its parent's listing. */
	size_t parent = (size_t)(base_of(path) - path) - 1;
	if (path[len])
		return 0;
	rc = read_dir(w, st, root, path, parent, err);
	return rc > 0 ? find(w, base_of(path), out, err) : rc;
}
