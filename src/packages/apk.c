/* SPDX-License-Identifier: MIT */
/* apk.c - packages that apk knows, and their files */
#include "config.h"

#include "packages/packages_priv.h"

#include "etcsnap/base64.h"
#include "etcsnap/digest.h"

#include <errno.h>
#include <string.h>

/*
 * One file of sections, an empty line between; each line is a letter, a
 * colon and a value. P V A: name, version, architecture; f: what is broken.
 * F: directory; R: file in it; Z: its digest.
 */
static const char *const databases[] = {
	"lib/apk/db/installed",
	"usr/lib/apk/db/installed",
};

/* Returns 1, 0 when there is none, or a negative errno. */
static int read_database(struct es_packages *p, struct es_buf *b,
			 struct es_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 2; i++)
		rc = pkg_read(p, b, databases[i], err);
	return rc;
}

/* Cuts off letter and colon. Returns the letter, 0 for what has none. */
static char cut_letter(struct pkg_line *line)
{
	if (line->len < 2 || line->at[1] != ':')
		return '\0';
	line->at += 2;
	line->len -= 2;
	return line->at[-2];
}

static int add(struct es_packages *p, const struct package *made)
{
	return made->pub.name && made->pub.name[0] ? pkg_add(p, made) : 0;
}

static struct package nothing(const struct es_buf *b, const char *at)
{
	return (struct package){
		.pub = { NULL, "", "", pkg_apk.name, "installed" },
		.manager = &pkg_apk,
		.at = (uint64_t)(at - b->data),
	};
}

static int parse(struct es_packages *p, struct es_buf *b)
{
	struct pkg_line rest = pkg_whole(b);
	struct pkg_line line;
	struct package made = nothing(b, b->data);

	while (pkg_line(&line, &rest)) {
		const char **to = NULL;
		int rc;

		if (line.len == 0) {
			rc = add(p, &made);
			if (rc < 0)
				return rc;
			made = nothing(b, rest.at);
			continue;
		}
		switch (cut_letter(&line)) {
		case 'P':
			to = &made.pub.name;
			break;
		case 'V':
			to = &made.pub.version;
			break;
		case 'A':
			to = &made.pub.arch;
			break;
		case 'f':
			made.pub.status = "broken";
			break;
		default:
			break;
		}
		if (!to)
			continue;
		*to = pkg_keep(p, line.at, strnlen(line.at, line.len));
		if (!*to)
			return -ENOMEM;
	}
	return add(p, &made);
}

static int apk_open(struct es_packages *p, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	int rc = read_database(p, &b, err);

	if (rc <= 0)
		return rc;
	return parse(p, &b) < 0 ? es_fail_oom(err) : 0;
}

/* apk keeps what was changed below etc, but for its own files there. */
static bool is_conffile(const struct pkg_line *dir)
{
	static const char *const own[] = { "etc/apk", "etc/init.d" };

	if (dir->len < 3 || memcmp(dir->at, "etc", 3) != 0 ||
	    (dir->len > 3 && dir->at[3] != '/'))
		return false;
	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(own[i]);

		if (dir->len >= len && memcmp(dir->at, own[i], len) == 0 &&
		    (dir->len == len || dir->at[len] == '/'))
			return false;
	}
	return true;
}

/* "Q1" and base64 of SHA-1, "Q2" and base64 of SHA-256. */
static int take_digest(struct es_packages *p, uint32_t file,
		       const struct pkg_line *text)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf raw = ES_BUF_INIT(ES_SHA256_LEN);
	enum es_package_digest kind;

	if (file == PKG_NONE || text->len < 2 || text->at[0] != 'Q')
		return 0;
	if (text->at[1] == '1')
		kind = ES_PACKAGE_SHA1;
	else if (text->at[1] == '2')
		kind = ES_PACKAGE_SHA256;
	else
		return 0;
	int rc = es_base64_decode(&raw, text->at + 2, text->len - 2);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0 || raw.len != pkg_digest_len(kind))
		return 0;
	return pkg_digest(&p->index, file, kind, (const uint8_t *)raw.data);
}

/* The path of a directory, or of a file in it. */
static int own(uint32_t *out, struct es_packages *p, uint32_t package,
	       const struct pkg_line *dir, const struct pkg_line *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_addc(&b, '/');
	es_buf_add(&b, dir->at, dir->len);
	if (name) {
		if (dir->len > 0)
			es_buf_addc(&b, '/');
		es_buf_add(&b, name->at, name->len);
	}
	if (b.failed)
		return b.failed;
	return pkg_own(out, p, package, b.data, b.len);
}

static int take_section(struct es_packages *p, uint32_t package,
			struct pkg_line *rest)
{
	struct pkg_line line, dir = { rest->at, 0 };
	uint32_t file = PKG_NONE;
	int rc = 0;

	while (rc == 0 && pkg_line(&line, rest) && line.len > 0) {
		switch (cut_letter(&line)) {
		case 'P':
			/* Another database than the one that was opened. */
			if (strlen(p->list[package].pub.name) != line.len ||
			    memcmp(p->list[package].pub.name, line.at,
				   line.len) != 0)
				return 0;
			break;
		case 'F':
			dir = line;
			rc = own(&file, p, package, &dir, NULL);
			file = PKG_NONE;
			break;
		case 'R':
			rc = own(&file, p, package, &dir, &line);
			if (file != PKG_NONE)
				p->index.files[file].conffile =
					is_conffile(&dir);
			break;
		case 'Z':
			rc = take_digest(p, file, &line);
			break;
		default:
			break;
		}
	}
	return rc;
}

static int apk_files(struct es_packages *p, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	int rc = 0;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct package *k = &p->list[i];
		struct pkg_line rest;

		if (k->manager != &pkg_apk)
			continue;
		if (!b.data) {
			rc = read_database(p, &b, err);
			if (rc <= 0)
				return rc;
		}
		if (k->at >= b.len)
			continue;
		rest = (struct pkg_line){ b.data + k->at, b.len - k->at };
		rc = take_section(p, i, &rest);
		if (rc < 0)
			return es_fail(err, rc, "too many files of packages");
	}
	return 0;
}

const struct manager pkg_apk = {
	.name = "apk",
	.open = apk_open,
	.files = apk_files,
};
