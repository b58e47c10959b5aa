/* SPDX-License-Identifier: MIT */
/* audit_loose.c - files below objects/: loose objects, and all else */
#include "config.h"

#include "store/audit_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "store/loose_priv.h"
#include "store/store_priv.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Most bytes of a loose object, a commit-graph or the like. */
#define FILE_MAX ((size_t)1 << 31)

/* The directory that is being looked at. */
struct place {
	struct es_audit *a;
	struct es_auditor w;
	struct es_error *err;
	const char *dir;  /* absolute */
	const char *name; /* within the repository */
};

static void tell_file(struct es_audit *a, const char *name, const char *problem,
		      const char *advice, bool harmless)
{
	const struct es_audit_finding f = {
		.kind = "file",
		.name = name,
		.problem = problem,
		.advice = advice,
		.harmless = harmless,
	};

	es_audit_tell(a, &f);
}

/* ----------------------------------------------------------- loose objects */

int es_audit_loose(struct es_auditor *w, const char *path,
		   const struct es_oid *id, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(FILE_MAX);
	ES_CLEANUP(es_freep) char *all = NULL;
	struct es_audit_object o = { .id = *id };
	struct es_error why = ES_ERROR_INIT;
	size_t head = 0, size = 0;
	int rc = es_read_file(&file, AT_FDCWD, path, &why);

	if (rc == -ENOENT) /* packed since */
		return 0;
	if (rc == 0)
		all = es_loose_inflate(&file, &o.kind, &head, &size, &rc);
	if (rc == -ENOMEM || es_audit_reserve(w->a, 1) < 0)
		return es_fail_oom(err);
	w->a->totals.loose++;
	w->a->totals.stored += file.len;
	if (all)
		es_auditor_check(w, &o, all + head, size);
	else
		es_audit_tell_object(w->a, id, "cannot be unpacked");
	w->a->items[w->a->n++] = o;
	return 0;
}

/* ------------------------------------------------- what is made from packs */

void es_audit_derived(struct es_auditor *w, const char *path, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(FILE_MAX);
	struct es_error why = ES_ERROR_INIT;
	uint8_t sum[ES_SHA1_LEN];
	int rc = es_read_file(&file, AT_FDCWD, path, &why);

	if (rc == -ENOENT)
		return;
	if (rc == 0 && file.len > ES_SHA1_LEN) {
		es_digest_begin(w->sha1);
		es_digest_update(w->sha1, file.data, file.len - ES_SHA1_LEN);
		es_digest_end(w->sha1, sum);
		if (memcmp(sum, file.data + file.len - ES_SHA1_LEN,
			   ES_SHA1_LEN) == 0)
			return;
	}
	tell_file(w->a, name, "is not what its checksum says",
		  "remove it; git makes it anew where it is wanted", false);
}

/* --------------------------------------------------------- which file what */

static bool ends_in(const char *name, const char *ending)
{
	const size_t n = strlen(name);
	const size_t k = strlen(ending);

	return n > k && strcmp(name + n - k, ending) == 0;
}

static bool begins_with(const char *name, const char *begin)
{
	return strncmp(name, begin, strlen(begin)) == 0;
}

static bool is_derived(const char *name)
{
	return ends_in(name, ".rev") || ends_in(name, ".bitmap") ||
	       ends_in(name, ".mtimes") || ends_in(name, ".graph") ||
	       begins_with(name, "multi-pack-index") ||
	       strcmp(name, "commit-graph") == 0;
}

static bool is_leftover(const char *name)
{
	return begins_with(name, "tmp_") || begins_with(name, ".tmp") ||
	       begins_with(name, "pack_git2_") || ends_in(name, ".lock") ||
	       begins_with(name, ".commit-graph");
}

static bool has_other(const struct place *p, const char *name, size_t stem,
		      const char *ending)
{
	char path[PATH_MAX];
	struct stat sb;

	snprintf(path, sizeof(path), "%s/%.*s%s", p->dir, (int)stem, name,
		 ending);
	return lstat(path, &sb) == 0;
}

static int look_at_pack(struct place *p, const char *name)
{
	const size_t len = strlen(name);
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", p->name, name);
	if (ends_in(name, ".idx")) {
		ES_CLEANUP(es_freep) char *stem = strndup(name, len - 4);

		if (!stem)
			return es_fail_oom(p->err);
		if (has_other(p, name, len - 4, ".pack"))
			return es_audit_pack(p->a, p->dir, stem, p->err);
		tell_file(p->a, full, "is the index of no pack",
			  "remove it when no git is running", true);
	} else if (!has_other(p, name, len - 5, ".idx")) {
		tell_file(p->a, full, "has no index, so nobody reads it",
			  "'etcsnap git index-pack' on it, or remove it", true);
	}
	return 0;
}

static int look_at_other(struct place *p, const char *name)
{
	char path[PATH_MAX];
	char full[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	snprintf(full, sizeof(full), "%s/%s", p->name, name);
	if (is_leftover(name))
		tell_file(p->a, full, "is left of a program that was killed",
			  "the next run removes it when it is a day old", true);
	else if (is_derived(name))
		es_audit_derived(&p->w, path, full);
	else if (begins_with(name, "alternates"))
		tell_file(p->a, full, "takes objects from elsewhere",
			  "'etcsnap git repack -a -d', then remove it", false);
	else if (!ends_in(name, ".keep") && !ends_in(name, ".promisor") &&
		 strcmp(name, "packs") != 0 &&
		 strcmp(name, "commit-graph-chain") != 0)
		tell_file(p->a, full, "does not belong there",
			  "look at it and remove it", true);
	return 0;
}

static int look_at_loose(struct place *p, const char *name)
{
	const size_t n = strlen(p->name);
	char path[PATH_MAX];
	char hex[ES_OID_HEX + 1];
	struct es_oid id = { { 0 } };

	snprintf(hex, sizeof(hex), "%s%s", p->name + n - 2, name);
	if (strlen(name) != ES_OID_HEX - 2 ||
	    es_unhex(id.id, hex, ES_OID_LEN) < 0)
		return look_at_other(p, name);
	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	return es_audit_loose(&p->w, path, &id, p->err);
}

static bool is_fan(const char *name)
{
	return strlen(name) == 2 && isxdigit((unsigned char)name[0]) &&
	       isxdigit((unsigned char)name[1]);
}

static int look_in(struct es_audit *a, const char *name, unsigned int depth,
		   struct es_error *err);

static int look_at(struct place *p, const char *name, unsigned int depth)
{
	const char *last = strrchr(p->name, '/');
	char path[PATH_MAX];
	char full[PATH_MAX];
	struct stat sb;

	last = last ? last + 1 : p->name;
	if (snprintf(path, sizeof(path), "%s/%s", p->dir, name) >=
		    (int)sizeof(path) ||
	    snprintf(full, sizeof(full), "%s/%s", p->name, name) >=
		    (int)sizeof(full) ||
	    lstat(path, &sb) < 0)
		return 0;
	if (S_ISDIR(sb.st_mode))
		return look_in(p->a, full, depth + 1, p->err);
	if (!S_ISREG(sb.st_mode)) {
		tell_file(p->a, full, "is no regular file",
			  "look at it and remove it", false);
		return 0;
	}
	if (strcmp(last, "pack") == 0 && begins_with(name, "pack-") &&
	    (ends_in(name, ".idx") || ends_in(name, ".pack")))
		return look_at_pack(p, name);
	if (is_fan(last))
		return look_at_loose(p, name);
	return look_at_other(p, name);
}

static int look_in(struct es_audit *a, const char *name, unsigned int depth,
		   struct es_error *err)
{
	char dir[PATH_MAX];
	struct place p = { .a = a, .err = err, .dir = dir, .name = name };
	int rc = 0;

	snprintf(dir, sizeof(dir), "%s/%s", es_store_path(a->st), name);
	ES_CLEANUP(es_closedirp) DIR *d = depth > 4 ? NULL : opendir(dir);
	if (!d && depth == 0)
		return es_fail_errno(err, "cannot list '%s'", ES_Q(dir));
	if (!d) {
		tell_file(a, name, "cannot be looked into", NULL, false);
		return 0;
	}
	if (es_auditor_init(&p.w, a, err) < 0)
		return err->code;
	for (const struct dirent *e = readdir(d); e && rc == 0; e = readdir(d))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = look_at(&p, e->d_name, depth);
	es_auditor_dispose(&p.w);
	return rc;
}

int es_audit_files(struct es_audit *a, struct es_error *err)
{
	return look_in(a, "objects", 0, err);
}
