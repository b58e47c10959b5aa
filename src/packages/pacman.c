/* SPDX-License-Identifier: MIT */
/* pacman.c - packages that pacman knows, and their files */
#include "config.h"

#include "packages/packages_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <zlib.h>

/*
 * var/lib/pacman/local/NAME-VERSION/ holds "desc" and "files", both sections
 * of a line %TITLE%, values a line each, and an empty line; and "mtree", an
 * mtree(5) file that is compressed.
 */
#define LOCAL "var/lib/pacman/local"

/* Longest title that means something, bytes. */
#define TITLE_MAX 32

/* What inflate() is given to fill, bytes. */
#define INFLATE_STEP ((size_t)64 << 10)

/**
 * struct section - a value and the section it stands in
 * @title: without the percent signs
 * @value: one line
 * @rest:  what follows
 */
struct section {
	char title[TITLE_MAX];
	struct pkg_line value;
	struct pkg_line rest;
};

static void set_title(struct section *s, const struct pkg_line *line)
{
	size_t len = line->len - 2;

	s->title[0] = '\0';
	if (len >= TITLE_MAX)
		return;
	memcpy(s->title, line->at + 1, len);
	s->title[len] = '\0';
}

static bool next_value(struct section *s)
{
	while (pkg_line(&s->value, &s->rest)) {
		const struct pkg_line *v = &s->value;

		if (v->len == 0)
			s->title[0] = '\0';
		else if (v->len > 2 && v->at[0] == '%' &&
			 v->at[v->len - 1] == '%')
			set_title(s, v);
		else if (s->title[0] != '\0')
			return true;
	}
	return false;
}

static int add_desc(struct es_packages *p, struct es_buf *b, const char *dir)
{
	struct section s = { .rest = pkg_whole(b) };
	struct package made = { .manager = &pkg_pacman };
	struct es_package *pub = &made.pub;

	*pub = (struct es_package){ NULL, "", "", pkg_pacman.name,
				    "installed" };
	while (next_value(&s)) {
		const char **to = strcmp(s.title, "NAME") == 0 ? &pub->name
				  : strcmp(s.title, "VERSION") == 0
					  ? &pub->version
				  : strcmp(s.title, "ARCH") == 0 ? &pub->arch
								 : NULL;

		if (!to)
			continue;
		*to = pkg_keep(p, s.value.at, strnlen(s.value.at, s.value.len));
		if (!*to)
			return -ENOMEM;
	}
	if (!pub->name || pub->name[0] == '\0')
		return 0;
	made.extra = pkg_keep(p, dir, strlen(dir));
	return made.extra ? pkg_add(p, &made) : -ENOMEM;
}

static int pacman_open(struct es_packages *p, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf names = ES_BUF_INIT(ES_BUF_MAX);
	char path[512];

	ES_CLEANUP(es_closep) int dir = pkg_open(p, LOCAL, O_DIRECTORY);
	if (dir < 0)
		return 0;
	pkg_stamp(p, LOCAL);
	if (pkg_names(&names, dir, err) < 0)
		return err->code;
	const char *const end = es_buf_str(&names) + names.len;
	for (const char *name = es_buf_str(&names); name < end;
	     name += strlen(name) + 1) {
		int n = snprintf(path, sizeof(path), LOCAL "/%s/desc", name);

		if (n < 0 || (size_t)n >= sizeof(path))
			continue;
		int rc = pkg_read(p, &b, path, err);
		if (rc < 0)
			return rc;
		if (rc > 0 && add_desc(p, &b, name) < 0)
			return es_fail_oom(err);
	}
	return 0;
}

static int read_part(struct es_packages *p, struct es_buf *b,
		     const struct package *k, const char *part,
		     struct es_error *err)
{
	char path[512];
	int n = snprintf(path, sizeof(path), LOCAL "/%s/%s", k->extra, part);

	if (n < 0 || (size_t)n >= sizeof(path))
		return 0;
	return pkg_read(p, b, path, err);
}

/* The package's own path begins without a slash. */
static int own_path(uint32_t *out, struct es_packages *p, uint32_t package,
		    const struct pkg_line *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_addc(&b, '/');
	if (es_buf_add(&b, path->at, path->len) < 0)
		return b.failed;
	return pkg_own(out, p, package, b.data, b.len);
}

static int take_backup(struct es_packages *p, uint32_t package,
		       const struct pkg_line *line)
{
	char *tab = memchr(line->at, '\t', line->len);
	struct pkg_line path = { line->at, line->len };
	struct pkg_line hex = { NULL, 0 };
	uint32_t file;

	if (tab) {
		path.len = (size_t)(tab - line->at);
		hex = (struct pkg_line){ tab + 1, line->len - path.len - 1 };
	}
	int rc = own_path(&file, p, package, &path);
	if (rc < 0 || file == PKG_NONE)
		return rc;
	p->index.files[file].conffile = true;
	return hex.at ? pkg_hex(&p->index, file, ES_PACKAGE_MD5, &hex) : 0;
}

static int take_files(struct es_packages *p, uint32_t package, struct es_buf *b)
{
	struct section s = { .rest = pkg_whole(b) };
	uint32_t file;
	int rc = 0;

	while (rc == 0 && next_value(&s)) {
		if (strcmp(s.title, "FILES") == 0)
			rc = own_path(&file, p, package, &s.value);
		else if (strcmp(s.title, "BACKUP") == 0)
			rc = take_backup(p, package, &s.value);
	}
	return rc;
}

static int pacman_files(struct es_packages *p, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);

	for (uint32_t i = 0; i < p->n; i++) {
		if (p->list[i].manager != &pkg_pacman)
			continue;
		int rc = read_part(p, &b, &p->list[i], "files", err);
		if (rc < 0)
			return rc;
		if (rc > 0)
			rc = take_files(p, i, &b);
		if (rc < 0)
			return es_fail(err, rc, "too many files of packages");
	}
	return 0;
}

/* Uncompresses gzip or zlib; what is broken ends where it breaks. */
static int gunzip(struct es_buf *out, struct es_buf *in)
{
	z_stream z = { 0 };
	int rc = Z_OK;

	if (in->len > UINT_MAX)
		return -EFBIG;
	/* 32: tell gzip from zlib by the first bytes. */
	if (inflateInit2(&z, 15 + 32) != Z_OK)
		return -ENOMEM;
	z.next_in = (Bytef *)in->data;
	z.avail_in = (uInt)in->len;
	while (rc == Z_OK) {
		char *room = es_buf_reserve(out, INFLATE_STEP);

		if (!room)
			break;
		z.next_out = (Bytef *)room;
		z.avail_out = (uInt)INFLATE_STEP;
		rc = inflate(&z, Z_NO_FLUSH);
		out->len += INFLATE_STEP - z.avail_out;
		out->data[out->len] = '\0';
	}
	inflateEnd(&z);
	return out->failed;
}

static bool is_octal(const char *at)
{
	return at[0] >= '0' && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' &&
	       at[2] >= '0' && at[2] <= '7';
}

/* mtree(5) writes bytes as \040; the result is never longer. */
static void decode(struct pkg_line *text)
{
	size_t to = 0;

	for (size_t i = 0; i < text->len; i++) {
		const char *at = text->at + i;
		char c = *at;

		if (c == '\\' && text->len - i > 3 && is_octal(at + 1)) {
			c = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 |
				   (at[3] - '0'));
			i += 3;
		}
		text->at[to++] = c;
	}
	text->len = to;
}

static bool next_word(struct pkg_line *out, struct pkg_line *line)
{
	while (line->len > 0 && line->at[0] == ' ') {
		line->at++;
		line->len--;
	}
	if (line->len == 0)
		return false;
	char *end = memchr(line->at, ' ', line->len);
	*out = (struct pkg_line){ line->at,
				  end ? (size_t)(end - line->at) : line->len };
	line->at += out->len;
	line->len -= out->len;
	return true;
}

static bool has_key(const struct pkg_line *word, const char *key,
		    struct pkg_line *value)
{
	size_t len = strlen(key);

	if (word->len < len || memcmp(word->at, key, len) != 0)
		return false;
	*value = (struct pkg_line){ word->at + len, word->len - len };
	return true;
}

static int take_entry(struct es_packages *p, uint32_t package,
		      struct pkg_line *line)
{
	enum es_package_digest kind = ES_PACKAGE_NONE;
	struct pkg_line path, word, hex = { NULL, 0 }, md5 = { NULL, 0 };

	if (!next_word(&path, line) || path.len < 3 || path.at[0] != '.')
		return 0;
	while (next_word(&word, line)) {
		if (has_key(&word, "sha256digest=", &hex))
			kind = ES_PACKAGE_SHA256;
		else if (has_key(&word, "md5digest=", &md5) &&
			 kind == ES_PACKAGE_NONE)
			kind = ES_PACKAGE_MD5;
	}
	if (kind == ES_PACKAGE_NONE)
		return 0;
	/* "./usr/x": without its dot. */
	path.at++;
	path.len--;
	decode(&path);
	uint32_t file = pkg_owned(p, package, path.at, path.len);
	if (file == PKG_NONE)
		return 0;
	return pkg_hex(&p->index, file, kind,
		       kind == ES_PACKAGE_SHA256 ? &hex : &md5);
}

static int pacman_sums(struct es_packages *p, uint32_t package,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf in = ES_BUF_INIT(PKG_FILE_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	int rc = read_part(p, &in, &p->list[package], "mtree", err);
	struct pkg_line rest, line;

	if (rc <= 0)
		return rc;
	rc = gunzip(&b, &in);
	/* Nobody's list of checksums is so long: it is none. */
	if (rc == -EFBIG)
		return 0;
	rest = pkg_whole(&b);
	while (rc == 0 && pkg_line(&line, &rest))
		rc = take_entry(p, package, &line);
	if (rc < 0)
		return es_fail(err, rc, "cannot read the checksums of '%s'",
			       p->list[package].pub.name);
	return 0;
}

const struct manager pkg_pacman = {
	.name = "pacman",
	.open = pacman_open,
	.files = pacman_files,
	.sums = pacman_sums,
};
