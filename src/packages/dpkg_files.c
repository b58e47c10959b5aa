/* SPDX-License-Identifier: MIT */
/* dpkg_files.c - lists, checksums, conffiles and diversions of dpkg */
#include "config.h"

#include "packages/dpkg_priv.h"

#include "etcsnap/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Digits of an MD5 value. */
#define MD5_DIGITS (2 * (size_t)ES_MD5_LEN)

/*
 * Read info/NAME.KIND or info/NAME:ARCH.KIND, whichever is there: a package
 * that can be there for several architectures has the second.
 */
static int read_info(struct es_packages *p, struct es_buf *b,
		     const struct package *k, const char *kind,
		     struct es_error *err)
{
	const struct es_package *pub = &k->pub;
	char plain[512], with[512];
	int n = snprintf(plain, sizeof(plain), "%s.%s", pub->name, kind);
	int m = snprintf(with, sizeof(with), "%s:%s.%s", pub->name, pub->arch,
			 kind);

	es_buf_reset(b);
	if (p->infos < 0)
		p->infos = pkg_open(p, DPKG_DIR "/info", O_DIRECTORY);
	if (p->infos < 0 || n < 0 || (size_t)n >= sizeof(plain))
		return 0;
	if (m < 0 || (size_t)m >= sizeof(with) || strchr(pub->arch, '/'))
		return pkg_read_at(b, p->infos, plain, err);
	int rc = pkg_read_at(b, p->infos, k->same ? with : plain, err);
	if (rc == 0)
		rc = pkg_read_at(b, p->infos, k->same ? plain : with, err);
	return rc;
}

static int own_list(struct es_packages *p, uint32_t package, struct es_buf *b)
{
	struct pkg_line rest = pkg_whole(b);
	struct pkg_line line;
	uint32_t file;

	while (pkg_line(&line, &rest)) {
		int rc = pkg_own(&file, p, package, line.at, line.len);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * A line of md5sums: digits, two blanks, the path without its slash. The
 * slash is written over the second blank.
 */
static bool cut_sum(const struct pkg_line *line, struct pkg_line *hex,
		    struct pkg_line *path)
{
	if (line->len < MD5_DIGITS + 3)
		return false;
	*hex = (struct pkg_line){ line->at, MD5_DIGITS };
	*path = (struct pkg_line){ line->at + MD5_DIGITS + 1,
				   line->len - MD5_DIGITS - 1 };
	path->at[0] = '/';
	/* Some packages write "./usr/…". */
	if (path->at[1] == '.' && path->len > 2 && path->at[2] == '/') {
		path->at += 2;
		path->len -= 2;
	}
	return true;
}

/* @own: the checksums are the list of files, too. */
static int take_sums(struct es_packages *p, uint32_t package, struct es_buf *b,
		     bool own)
{
	struct pkg_line rest = pkg_whole(b);
	struct pkg_line line, hex, path;
	uint32_t file;

	while (pkg_line(&line, &rest)) {
		int rc = 0;

		if (!cut_sum(&line, &hex, &path))
			continue;
		if (own)
			rc = pkg_own(&file, p, package, path.at, path.len);
		else
			file = pkg_owned(p, package, path.at, path.len);
		/* The status file knows more of conffiles. */
		if (rc == 0 && file != PKG_NONE &&
		    !p->index.files[file].conffile)
			rc = pkg_hex(&p->index, file, ES_PACKAGE_MD5, &hex);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool ends_in(struct pkg_line *line, const char *word)
{
	size_t len = strlen(word);

	if (line->len <= len ||
	    memcmp(line->at + line->len - len, word, len) != 0)
		return false;
	line->len -= len;
	return true;
}

/* Removed, but for its configuration. */
static bool is_left(const struct package *k)
{
	return strcmp(k->pub.status, "config-files") == 0;
}

/* " /etc/x 0123…", with flags behind. */
static int take_conffile(struct es_packages *p, uint32_t package,
			 struct pkg_line *line)
{
	bool removing = ends_in(line, " remove-on-upgrade");
	bool obsolete = ends_in(line, " obsolete");
	char *slash = memchr(line->at, '/', line->len);
	char *space = memrchr(line->at, ' ', line->len);
	uint32_t file;

	if (!slash || !space || space < slash || removing)
		return 0;
	struct pkg_line path = { slash, (size_t)(space - slash) };
	struct pkg_line hex = { space + 1,
				(size_t)(line->at + line->len - space - 1) };
	int rc = pkg_own(&file, p, package, path.at, path.len);
	if (rc < 0)
		return rc;
	/* A package that has it still goes before one that gave it up. */
	if (file == PKG_NONE && !obsolete && !is_left(&p->list[package])) {
		file = pkg_find(&p->index, path.at, path.len);
		if (file != PKG_NONE)
			p->index.files[file].package = package;
	}
	if (file == PKG_NONE)
		return 0;
	p->index.files[file].conffile = true;
	return pkg_hex(&p->index, file, ES_PACKAGE_MD5, &hex);
}

static int take_conffiles(struct es_packages *p, uint32_t package)
{
	const char *text = p->list[package].extra;

	while (text && *text) {
		size_t len = strcspn(text, "\n");
		/* Only read; the line's type is that of a line to write to. */
		ES_CLEANUP(es_freep) char *copy = strndup(text, len);
		struct pkg_line line = { copy, len };

		if (!copy)
			return -ENOMEM;
		int rc = take_conffile(p, package, &line);
		if (rc < 0)
			return rc;
		text += len + (text[len] == '\n');
	}
	return 0;
}

static int take_package(struct es_packages *p, uint32_t package,
			struct es_buf *b, struct es_error *err)
{
	struct package *k = &p->list[package];
	char path[512];
	int rc = 0;

	if (k->place) {
		int n = snprintf(path, sizeof(path),
				 DPKG_DIR "/status.d/%s.md5sums", k->place);

		if (n > 0 && (size_t)n < sizeof(path))
			rc = pkg_read(p, b, path, err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			rc = take_sums(p, package, b, true);
	} else {
		rc = read_info(p, b, k, "list", err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			rc = own_list(p, package, b);
	}
	if (rc == 0)
		rc = take_conffiles(p, package);
	return rc < 0 ? es_fail(err, rc, "too many files of packages") : 0;
}

/* Three lines each: path, path of the others' file, package or ":". */
static int take_diversions(struct es_packages *p, struct es_buf *b)
{
	struct pkg_line rest = pkg_whole(b);
	struct pkg_line from, to, by;

	while (pkg_line(&from, &rest) && pkg_line(&to, &rest) &&
	       pkg_line(&by, &rest)) {
		int rc = pkg_divert(p, &from, &to, &by);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int dpkg_files(struct es_packages *p, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	int rc = pkg_read(p, &b, DPKG_DIR "/diversions", err);

	if (rc < 0)
		return rc;
	if (rc > 0 && take_diversions(p, &b) < 0)
		return es_fail_oom(err);
	/* What a removed package left behind may be another's by now. */
	for (int left = 0; left < 2; left++) {
		for (uint32_t i = 0; i < p->n; i++) {
			const struct package *k = &p->list[i];

			if (k->manager != &pkg_dpkg || left != is_left(k))
				continue;
			if (take_package(p, i, &b, err) < 0)
				return err->code;
		}
	}
	return 0;
}

int dpkg_sums(struct es_packages *p, uint32_t package, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	const struct package *k = &p->list[package];

	if (k->place)
		return 0;
	int rc = read_info(p, &b, k, "md5sums", err);
	if (rc <= 0)
		return rc;
	rc = take_sums(p, package, &b, false);
	return rc < 0 ? es_fail(err, rc, "too many files of packages") : 0;
}

/* Digits, two blanks and the path: is this the line of the path at @at? */
static bool is_sum(const struct es_buf *b, size_t at, size_t len)
{
	const char *data = b->data;
	size_t head = MD5_DIGITS + 2;

	if (at < head || data[at - 1] != ' ' || data[at - 2] != ' ')
		return false;
	return (at == head || data[at - head - 1] == '\n') &&
	       (at + len == b->len || data[at + len] == '\n');
}

/* @path without its slash, as md5sums spells it. */
static bool find_sum(const struct es_buf *b, const struct pkg_line *path,
		     struct pkg_line *hex)
{
	const char *found = b->data;

	for (;;) {
		size_t at = (size_t)(found - b->data);

		found = memmem(found, b->len - at, path->at, path->len);
		if (!found)
			return false;
		at = (size_t)(found - b->data);
		if (is_sum(b, at, path->len)) {
			*hex = (struct pkg_line){ b->data + at - 2 - MD5_DIGITS,
						  MD5_DIGITS };
			return true;
		}
		found += path->len;
	}
}

/*
 * Spelt in another way, as directories are that have become links, or not
 * there: then the whole list is gone through.
 */
int dpkg_sum(struct es_packages *p, uint32_t file, const struct pkg_line *path,
	     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	const struct file *f = &p->index.files[file];
	const struct package *k = &p->list[f->package];
	struct pkg_line name = { path->at + 1, path->len - 1 };
	struct pkg_line hex;

	/* The status file has all that there is about a conffile. */
	if (f->conffile)
		return 1;
	if (k->place || path->len < 2)
		return 0;
	int rc = read_info(p, &b, k, "md5sums", err);
	if (rc <= 0)
		return rc < 0 ? rc : 1;
	if (!find_sum(&b, &name, &hex))
		return 0;
	rc = pkg_hex(&p->index, file, ES_PACKAGE_MD5, &hex);
	return rc < 0 ? es_fail(err, rc, "too many files of packages") : 1;
}
