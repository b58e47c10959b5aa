/* SPDX-License-Identifier: MIT */
/* audit_refs.c - references and boundary, read as strictly as they are made */
#include "config.h"

#include "store/audit_priv.h"

#include "etcsnap/fileio.h"
#include "store/store_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Deepest directory of references, and most bytes of one. */
#define DEPTH_MAX 32
#define REF_MAX ((size_t)65536)
/* Most bytes of packed-refs and of the boundary. */
#define LIST_MAX ((size_t)256 << 20)

struct refs {
	struct es_store *st;
	const struct es_audit_io *io;
	int (*each)(void *payload, const struct es_audit_ref *ref);
	void *payload;
	struct es_error *err;
	bool sorted;	  /* packed-refs says that it is */
	const char *last; /* name in its line before */
};

static void tell(const struct es_audit_io *io, const char *kind,
		 const char *name, const char *problem, const char *advice)
{
	const struct es_audit_finding f = {
		.kind = kind,
		.name = name,
		.problem = problem,
		.advice = advice,
	};

	io->found(io->payload, &f);
}

static void tell_ref(const struct refs *r, const char *name,
		     const char *problem)
{
	tell(r->io, "reference", name, problem,
	     "write the commit that it must point to into it; 'etcsnap "
	     "verify' names commits that nothing points to");
}

static void tell_leftover(const struct refs *r, const char *name)
{
	const struct es_audit_finding f = {
		.kind = "file",
		.name = name,
		.problem = "is left of a program that was killed",
		.advice = "remove it when no git is running",
		.harmless = true,
	};

	r->io->found(r->io->payload, &f);
}

/* PATH_MAX bytes of @out; false when they are too few. */
static bool join(char *out, const char *dir, const char *name)
{
	const int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

	return n > 0 && n < PATH_MAX;
}

static bool is_valid(const char *name)
{
	int valid = 0;

	return git_reference_name_is_valid(&valid, name) == 0 && valid;
}

/* Forty digits, and then the end of a line. */
static bool parse_id(struct es_oid *out, const char *text, size_t len)
{
	return len == ES_OID_HEX && es_unhex(out->id, text, ES_OID_LEN) == 0;
}

static int read_text(struct es_buf *out, const struct es_store *st,
		     const char *name, struct es_error *err)
{
	char path[PATH_MAX];

	if (!join(path, st->path, name))
		return es_fail(err, -ENAMETOOLONG, "has a name too long");
	return es_read_file(out, AT_FDCWD, path, err);
}

/* ------------------------------------------------------------------- loose */

static bool is_symbolic(const struct es_buf *text)
{
	return text->len > 5 && memcmp(text->data, "ref: ", 5) == 0;
}

/* It may lead to a reference that is still to come, as for git. */
static int take_symbolic(struct refs *r, struct es_audit_ref *ref,
			 struct es_buf *text)
{
	git_oid oid;

	if (text->data[text->len - 1] == '\n')
		es_buf_truncate(text, text->len - 1);
	if (!is_valid(es_buf_str(text) + strlen("ref: "))) {
		tell_ref(r, ref->name, "leads to what is no reference");
		return 0;
	}
	pthread_mutex_lock(&r->st->mutex);
	const int rc = git_reference_name_to_id(&oid, r->st->repo, ref->name);
	pthread_mutex_unlock(&r->st->mutex);
	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc < 0) {
		tell_ref(r, ref->name, "does not lead to an object");
		return 0;
	}
	oid_from_git(&ref->oid, &oid);
	return r->each(r->payload, ref);
}

static int take_loose(struct refs *r, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(REF_MAX);
	struct es_audit_ref ref = { .name = name };
	struct es_error why = ES_ERROR_INIT;
	const int rc = read_text(&text, r->st, name, &why);

	if (rc == -ENOENT) /* deleted or packed since */
		return 0;
	if (rc == -ENOMEM)
		return es_fail_oom(r->err);
	if (rc < 0) {
		tell_ref(r, name, why.msg);
		return 0;
	}
	if (is_symbolic(&text))
		return take_symbolic(r, &ref, &text);
	if (text.len == ES_OID_HEX + 1 && text.data[ES_OID_HEX] == '\n' &&
	    parse_id(&ref.oid, text.data, ES_OID_HEX))
		return r->each(r->payload, &ref);
	tell_ref(r, name, text.len ? "is no object id" : "is empty");
	return 0;
}

static int take_dir(struct refs *r, const char *name, unsigned int depth);

static int take_entry(struct refs *r, const char *name, unsigned int depth)
{
	char path[PATH_MAX];
	struct stat sb;
	const size_t len = strlen(name);

	if (!join(path, r->st->path, name) || lstat(path, &sb) < 0)
		return 0;
	if (S_ISDIR(sb.st_mode))
		return take_dir(r, name, depth + 1);
	if (len > 5 && strcmp(name + len - 5, ".lock") == 0) {
		tell_leftover(r, name);
		return 0;
	}
	if (!S_ISREG(sb.st_mode))
		tell_ref(r, name, "is no regular file");
	else if (!is_valid(name))
		tell_ref(r, name, "is no name of a reference");
	else
		return take_loose(r, name);
	return 0;
}

static int take_dir(struct refs *r, const char *name, unsigned int depth)
{
	char path[PATH_MAX];
	int rc = 0;

	ES_CLEANUP(es_closedirp) DIR *d = NULL;
	if (depth <= DEPTH_MAX && join(path, r->st->path, name))
		d = opendir(path);
	if (!d) {
		tell_ref(r, name, "cannot be looked into");
		return 0;
	}
	for (const struct dirent *e = readdir(d); e && rc == 0;
	     e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (join(path, name, e->d_name))
			rc = take_entry(r, path, depth);
	}
	return rc;
}

/* ------------------------------------------------------------------ packed */

static bool is_loose(const struct refs *r, const char *name)
{
	char path[PATH_MAX];
	struct stat sb;

	return join(path, r->st->path, name) && lstat(path, &sb) == 0 &&
	       S_ISREG(sb.st_mode);
}

/* What the line before said, now that no peeled id can follow. */
static int end_packed(struct refs *r, struct es_audit_ref *ref)
{
	int rc = 0;

	/* a loose one of the same name is what counts */
	if (ref->name && !is_loose(r, ref->name))
		rc = r->each(r->payload, ref);
	*ref = (struct es_audit_ref){ 0 };
	return rc;
}

/* What the first line promises of the others, or false. */
static bool parse_promise(const char *line, bool *sorted)
{
	static const char begin[] = "# pack-refs with:";
	static const char *const words[] = { " sorted", " fully-peeled",
					     " peeled" };

	if (strncmp(line, begin, strlen(begin)) != 0)
		return false;
	for (line += strlen(begin); *line && strcmp(line, " ") != 0;) {
		size_t n = 0;

		for (size_t i = 0; i < 3 && n == 0; i++)
			if (strncmp(line, words[i], strlen(words[i])) == 0) {
				n = strlen(words[i]);
				*sorted |= i == 0;
			}
		if (n == 0 || (line[n] && line[n] != ' '))
			return false;
		line += n;
	}
	return true;
}

static int take_packed(struct refs *r, char *line, struct es_audit_ref *ref)
{
	struct es_audit_ref next = { 0 };
	const size_t len = strlen(line);
	int rc;

	if (line[0] == '#') {
		if (!parse_promise(line, &r->sorted))
			tell_ref(r, "packed-refs", "has a broken line");
		return 0;
	}
	if (line[0] == '^') {
		if (!ref->name || !parse_id(&ref->peeled, line + 1, len - 1))
			tell_ref(r, "packed-refs", "has a broken line");
		return end_packed(r, ref);
	}
	rc = end_packed(r, ref);
	if (rc < 0)
		return rc;
	if (len <= ES_OID_HEX + 1 || line[ES_OID_HEX] != ' ' ||
	    !parse_id(&next.oid, line, ES_OID_HEX) ||
	    strncmp(line + ES_OID_HEX + 1, "refs/", 5) != 0 ||
	    !is_valid(line + ES_OID_HEX + 1)) {
		tell_ref(r, "packed-refs", "has a broken line");
		return 0;
	}
	next.name = line + ES_OID_HEX + 1;
	if (r->sorted && r->last && strcmp(r->last, next.name) >= 0)
		tell_ref(r, "packed-refs", "is out of order");
	r->last = next.name;
	*ref = next;
	return 0;
}

static int take_all_packed(struct refs *r)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(LIST_MAX);
	struct es_audit_ref ref = { 0 };
	struct es_error why = ES_ERROR_INIT;
	int rc = read_text(&text, r->st, "packed-refs", &why);
	char *line = text.data;

	if (rc == -ENOENT)
		return 0;
	if (rc < 0) {
		tell_ref(r, "packed-refs", why.msg);
		return 0;
	}
	if (text.len && strlen(text.data) != text.len)
		tell_ref(r, "packed-refs", "has a broken line");
	for (rc = 0; rc == 0 && line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		else
			tell_ref(r, "packed-refs", "ends within a line");
		rc = take_packed(r, line, &ref);
		line = end ? end + 1 : NULL;
	}
	return rc < 0 ? rc : end_packed(r, &ref);
}

static void check_head(const struct refs *r)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(REF_MAX);
	struct es_error why = ES_ERROR_INIT;
	struct es_oid id;

	if (read_text(&text, r->st, "HEAD", &why) < 0) {
		tell_ref(r, "HEAD", why.msg);
		return;
	}
	if (text.len && text.data[text.len - 1] == '\n')
		es_buf_truncate(&text, text.len - 1);
	if (is_symbolic(&text) &&
	    strncmp(text.data + 5, "refs/heads/", 11) == 0 &&
	    is_valid(text.data + 5)) {
		if (strcmp(text.data + 5, "refs/heads/main") != 0 &&
		    !is_loose(r, text.data + 5))
			tell_ref(r, "HEAD", "names a branch that is not there");
		return;
	}
	if (!parse_id(&id, es_buf_str(&text), text.len))
		tell_ref(r, "HEAD", "is neither a branch nor an object id");
}

int es_audit_refs(struct es_store *st, const struct es_audit_io *io,
		  int (*each)(void *payload, const struct es_audit_ref *ref),
		  void *payload, struct es_error *err)
{
	struct refs r = { st, io, each, payload, err, false, NULL };
	int rc;

	check_head(&r);
	rc = take_dir(&r, "refs", 0);
	return rc < 0 ? rc : take_all_packed(&r);
}

/* ---------------------------------------------------------------- boundary */

int es_audit_boundary(struct es_oid **out, size_t *n, struct es_store *st,
		      const struct es_audit_io *io, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(LIST_MAX);
	struct es_error why = ES_ERROR_INIT;
	const int rc = read_text(&text, st, "shallow", &why);
	const char *line = es_buf_str(&text);
	const char *end = line + text.len;
	struct es_oid *ids;

	*out = NULL;
	*n = 0;
	if (rc == -ENOENT || (rc == 0 && text.len == 0))
		return 0;
	if (rc < 0) {
		*err = why;
		return rc;
	}
	ids = calloc(text.len / ES_OID_HEX + 1, sizeof(*ids));
	if (!ids)
		return es_fail_oom(err);
	while (line < end) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		const size_t len = (size_t)((nl ? nl : end) - line);

		if (parse_id(&ids[*n], line, len))
			(*n)++;
		else
			tell(io, "boundary", "shallow", "has a broken line",
			     "the oldest commits whose parents are missing "
			     "belong into it, one id a line");
		line += len + 1;
	}
	*out = ids;
	return 0;
}

/* ------------------------------------------------------------------- stamp */

static uint64_t mix(uint64_t stamp, const char *path, const struct stat *sb)
{
	const int64_t values[] = { (int64_t)sb->st_ino, (int64_t)sb->st_size,
				   (int64_t)sb->st_mtim.tv_sec,
				   (int64_t)sb->st_mtim.tv_nsec };

	/* added, not chained: directories have no order */
	return stamp + es_hash64(values, sizeof(values),
				 es_hash64(path, strlen(path), 1));
}

static uint64_t stamp_of(const char *path, unsigned int depth)
{
	ES_CLEANUP(es_closedirp) DIR *d = NULL;
	uint64_t stamp = 0;
	char full[PATH_MAX];
	struct stat sb;

	if (lstat(path, &sb) < 0)
		return 0;
	if (!S_ISDIR(sb.st_mode))
		return mix(0, path, &sb);
	d = depth > DEPTH_MAX ? NULL : opendir(path);
	for (const struct dirent *e = d ? readdir(d) : NULL; e;
	     e = readdir(d)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (join(full, path, e->d_name))
			stamp += stamp_of(full, depth + 1);
	}
	return stamp;
}

uint64_t es_audit_stamp(const struct es_store *st)
{
	static const char *const places[] = { "refs", "packed-refs", "HEAD",
					      "shallow", "objects/pack" };
	char path[PATH_MAX];
	uint64_t stamp = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (join(path, st->path, places[i]))
			stamp += stamp_of(path, 0);
	}
	return stamp;
}
