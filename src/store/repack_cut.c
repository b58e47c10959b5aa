/* SPDX-License-Identifier: MIT */
/* repack_cut.c - where history ends, and what else names what went */
#include "config.h"

#include "store/repack_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Most bytes of a reflog that is read. */
#define REFLOG_MAX ((size_t)256 << 20)

/* --------------------------------------------------------------- boundary */

static int cmp_oid(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct es_oid));
}

/* Kept commits with a parent that is not kept, sorted, each once. */
static int find_ends(struct es_shallow *out, const struct es_repack *r,
		     int last, struct es_error *err)
{
	size_t n = 0;

	out->ids = calloc(r->n_edges + 1, sizeof(*out->ids));
	if (!out->ids)
		return es_fail_oom(err);
	for (size_t i = 0; i < r->n_edges; i++) {
		const struct es_repack_edge *e = &r->edges[i];

		if (e->rank <= (uint32_t)last &&
		    !es_repack_is_kept(r, &e->parent, last))
			out->ids[n++] = e->child;
	}
	qsort(out->ids, n, sizeof(*out->ids), cmp_oid);
	for (size_t i = 0; i < n; i++)
		if (!out->n ||
		    !es_oid_equal(&out->ids[out->n - 1], &out->ids[i]))
			out->ids[out->n++] = out->ids[i];
	return 0;
}

static int sync_dir(const char *path)
{
	ES_CLEANUP(es_closep)
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Source: gitformat-pack(5) has none; one id a line, as git writes it. */
static int write_ends(const struct es_repack *r, const struct es_shallow *ends,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_freep) char *path = NULL;
	char hex[ES_OID_HEX + 1];

	if (asprintf(&path, "%s/shallow", r->st->path) < 0) {
		path = NULL;
		return es_fail_oom(err);
	}
	if (ends->n == 0) {
		if (unlink(path) < 0 && errno != ENOENT)
			return es_fail_errno(err, "cannot remove '%s'",
					     ES_Q(path));
		(void)sync_dir(r->st->path);
		return 0;
	}
	for (size_t i = 0; i < ends->n; i++)
		es_buf_addf(&text, "%s\n", es_oid_text(hex, &ends->ids[i]));
	if (es_buf_check(&text, err) < 0)
		return err->code;
	return es_write_file(path, text.data, text.len, 0600, err);
}

int es_repack_cut(const struct es_repack *r, int last, bool dry,
		  struct es_error *err)
{
	ES_CLEANUP(es_shallow_dispose) struct es_shallow ends = ES_SHALLOW_INIT;

	if (find_ends(&ends, r, last, err) < 0)
		return err->code;
	if (ends.n == r->shallow.n &&
	    (ends.n == 0 ||
	     memcmp(ends.ids, r->shallow.ids, ends.n * sizeof(*ends.ids)) == 0))
		return 0;
	if (!dry && write_ends(r, &ends, err) < 0)
		return err->code;
	return 1;
}

/* ---------------------------------------------------------------- reflogs */

/* "OLD NEW WHO…": git fsck wants both to be there. */
static bool is_line_kept(const struct es_repack *r, const char *line,
			 size_t len, int last)
{
	struct es_oid ids[2];

	if (len < 2 * (ES_OID_HEX + 1) ||
	    es_unhex(ids[0].id, line, ES_OID_LEN) < 0 ||
	    es_unhex(ids[1].id, line + ES_OID_HEX + 1, ES_OID_LEN) < 0)
		return false;
	for (size_t i = 0; i < 2; i++)
		if (!es_oid_is_none(&ids[i]) &&
		    !es_repack_is_kept(r, &ids[i], last))
			return false;
	return true;
}

static int filter_reflog(const struct es_repack *r, const char *path, int last,
			 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf old = ES_BUF_INIT(REFLOG_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf new = ES_BUF_INIT(REFLOG_MAX);
	const char *line;

	if (es_read_file(&old, AT_FDCWD, path, err) < 0)
		return err->code;
	line = es_buf_str(&old);
	while (*line) {
		const size_t len = strcspn(line, "\n");

		if (is_line_kept(r, line, len, last)) {
			es_buf_add(&new, line, len);
			es_buf_addc(&new, '\n');
		}
		line += len + (line[len] == '\n');
	}
	if (es_buf_check(&new, err) < 0 || new.len == old.len)
		return err->code;
	return es_write_file(path, es_buf_str(&new), new.len, 0600, err);
}

static int filter_reflogs(const struct es_repack *r, int last,
			  struct es_error *err)
{
	ES_CLEANUP(es_freep) char *path = NULL;
	char *roots[] = { NULL, NULL };
	FTS *fts;

	if (asprintf(&path, "%s/logs", r->st->path) < 0) {
		path = NULL;
		return es_fail_oom(err);
	}
	if (access(path, F_OK) < 0)
		return 0;
	roots[0] = path;
	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!fts)
		return es_fail_errno(err, "cannot look into '%s'", ES_Q(path));
	for (const FTSENT *e = fts_read(fts); e && err->code == 0;
	     e = fts_read(fts))
		if (e->fts_info == FTS_F)
			(void)filter_reflog(r, e->fts_accpath, last, err);
	fts_close(fts);
	return err->code;
}

/* ------------------------------------------------------- lists of objects */

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool ends_in(const char *name, const char *with)
{
	const size_t n = strlen(name);
	const size_t w = strlen(with);

	return n > w && strcmp(name + n - w, with) == 0;
}

/* A bitmap tells what commits need, and so what was cut away. */
static void remove_lists(int parent, const char *dir)
{
	int fd = openat(parent, dir,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ES_CLEANUP(es_closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		es_closep(&fd);
		return;
	}
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		if (begins(e->d_name, "multi-pack-index") ||
		    begins(e->d_name, "commit-graph-chain") ||
		    ends_in(e->d_name, ".bitmap") ||
		    ends_in(e->d_name, ".graph"))
			unlinkat(fd, e->d_name, 0);
}

int es_repack_forget(const struct es_repack *r, int last, struct es_error *err)
{
	remove_lists(r->objects, "pack");
	/* the chain's list goes first, whichever order readdir has */
	unlinkat(r->objects, "info/commit-graphs/commit-graph-chain", 0);
	remove_lists(r->objects, "info/commit-graphs");
	unlinkat(r->objects, "info/commit-graphs", AT_REMOVEDIR);
	unlinkat(r->objects, "info/commit-graph", 0);
	unlinkat(r->objects, "info/packs", 0);
	return filter_reflogs(r, last, err);
}
