/* SPDX-License-Identifier: MIT */
/* dpkg.c - packages that dpkg knows */
#include "config.h"

#include "packages/dpkg_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

/**
 * struct stanza - what matters of a paragraph of the status file
 * @name:    Package
 * @version: Version
 * @arch:    Architecture
 * @status:  Status, three words
 * @conf:    lines below Conffiles, with their line ends
 * @same:    Multi-Arch: same
 */
struct stanza {
	struct pkg_line name;
	struct pkg_line version;
	struct pkg_line arch;
	struct pkg_line status;
	struct pkg_line conf;
	bool same;
};

static bool is_word(const struct pkg_line *text, const char *word)
{
	return text->len == strlen(word) &&
	       strncasecmp(text->at, word, text->len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct pkg_line *text)
{
	while (text->len > 0 && is_blank(text->at[text->len - 1]))
		text->len--;
	while (text->len > 0 && is_blank(text->at[0])) {
		text->at++;
		text->len--;
	}
}

/* The last word, and @text without it. */
static struct pkg_line last_word(struct pkg_line *text)
{
	const char *space;

	trim(text);
	space = memrchr(text->at, ' ', text->len);
	size_t head = space ? (size_t)(space + 1 - text->at) : 0;
	struct pkg_line word = { text->at + head, text->len - head };
	text->len = head;
	trim(text);
	return word;
}

static const char *keep(struct es_packages *p, const struct pkg_line *text)
{
	/* A NUL would end the text for whoever reads it. */
	return pkg_keep(p, text->at,
			text->len > 0 ? strnlen(text->at, text->len) : 0);
}

/* Returns the string, NULL without memory. */
static const char *keep_status(struct es_packages *p, struct pkg_line *status,
			       bool *removed)
{
	if (status->len == 0) {
		*removed = true;
		return "not-installed";
	}
	struct pkg_line word = last_word(status);
	if (is_word(&word, "installed"))
		return "installed";
	*removed = is_word(&word, "not-installed");
	return keep(p, &word);
}

/* @place: name in status.d, where there are only installed packages. */
static int add_stanza(struct es_packages *p, struct stanza *s,
		      const char *place)
{
	struct package made = {
		.manager = &pkg_dpkg,
		.place = place,
		.same = s->same,
	};
	struct es_package *pub = &made.pub;

	if (!pkg_is_name(&s->name))
		return 0;
	pub->manager = pkg_dpkg.name;
	pub->name = keep(p, &s->name);
	pub->version = s->version.len > 0 ? keep(p, &s->version) : "";
	pub->arch = s->arch.len > 0 ? keep(p, &s->arch) : "";
	pub->status =
		place ? "installed" : keep_status(p, &s->status, &made.removed);
	if (!pub->name || !pub->version || !pub->arch || !pub->status)
		return -ENOMEM;
	if (s->conf.len > 0) {
		made.extra = keep(p, &s->conf);
		if (!made.extra)
			return -ENOMEM;
	}
	return pkg_add(p, &made);
}

static void take_field(struct stanza *s, const struct pkg_line *field,
		       struct pkg_line *value)
{
	trim(value);
	if (is_word(field, "package"))
		s->name = *value;
	else if (is_word(field, "version"))
		s->version = *value;
	else if (is_word(field, "architecture"))
		s->arch = *value;
	else if (is_word(field, "status"))
		s->status = *value;
	else if (is_word(field, "multi-arch"))
		s->same = is_word(value, "same");
}

/* Most lines are of fields that say nothing here. */
static bool may_matter(char c)
{
	return memchr("PVASMCpvasmc", c, 12) != NULL;
}

static int parse_stanzas(struct es_packages *p, struct es_buf *b,
			 const char *place)
{
	struct pkg_line rest = pkg_whole(b);
	struct pkg_line line;
	struct stanza s = { 0 };
	bool in_conf = false;

	while (pkg_line(&line, &rest)) {
		if (line.len > 0 && is_blank(line.at[0]) &&
		    line.at[0] != '\r') {
			if (!in_conf)
				continue;
			if (s.conf.len == 0)
				s.conf.at = line.at;
			s.conf.len = (size_t)(line.at - s.conf.at) + line.len;
			continue;
		}
		in_conf = false;
		if (line.len == 0 || line.at[0] == '\r') {
			int rc = add_stanza(p, &s, place);

			if (rc < 0)
				return rc;
			s = (struct stanza){ 0 };
			continue;
		}
		if (!may_matter(line.at[0]))
			continue;
		char *colon = memchr(line.at, ':', line.len);
		if (!colon)
			continue;
		struct pkg_line field = { line.at, (size_t)(colon - line.at) };
		struct pkg_line value = { colon + 1, line.len - field.len - 1 };
		in_conf = is_word(&field, "conffiles");
		if (in_conf)
			s.conf = (struct pkg_line){ 0 };
		take_field(&s, &field, &value);
	}
	return add_stanza(p, &s, place);
}

static int read_stanzas(struct es_packages *p, struct es_buf *b,
			const char *path, const char *place,
			struct es_error *err)
{
	int rc = pkg_read(p, b, path, err);

	if (rc <= 0)
		return rc;
	rc = parse_stanzas(p, b, place);
	return rc < 0 ? es_fail_oom(err) : 1;
}

/* updates/0001 and so on: what dpkg has not yet put into the status file. */
static bool is_update(const char *name)
{
	return name[strspn(name, "0123456789")] == '\0';
}

static bool is_status(const char *name)
{
	static const char sums[] = ".md5sums";
	size_t len = strlen(name);

	return len < sizeof(sums) ||
	       strcmp(name + len - sizeof(sums) + 1, sums) != 0;
}

/* Status files of a directory; @placed: each is the place of its package. */
static int read_dir(struct es_packages *p, const char *dir,
		    bool (*wanted)(const char *name), bool placed,
		    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf names = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_closep) int fd = pkg_open(p, dir, O_DIRECTORY);
	const char *place = NULL;
	char path[512];

	if (fd < 0)
		return 0;
	pkg_stamp(p, dir);
	if (pkg_names(&names, fd, err) < 0)
		return err->code;
	const char *const end = es_buf_str(&names) + names.len;
	for (const char *name = es_buf_str(&names); name < end;
	     name += strlen(name) + 1) {
		int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

		if (n < 0 || (size_t)n >= sizeof(path) || !wanted(name))
			continue;
		if (placed) {
			place = pkg_keep(p, name, strlen(name));
			if (!place)
				return es_fail_oom(err);
		}
		if (read_stanzas(p, &b, path, place, err) < 0)
			return err->code;
	}
	return 0;
}

static int dpkg_open(struct es_packages *p, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(PKG_FILE_MAX);
	int rc = read_stanzas(p, &b, DPKG_DIR "/status", NULL, err);

	if (rc < 0)
		return rc;
	if (rc > 0) {
		pkg_stamp(p, DPKG_DIR "/diversions");
		pkg_stamp(p, DPKG_DIR "/info");
		rc = read_dir(p, DPKG_DIR "/updates", is_update, false, err);
		if (rc < 0)
			return rc;
	}
	/* Images without dpkg itself have one status file a package. */
	return read_dir(p, DPKG_DIR "/status.d", is_status, true, err);
}

const struct manager pkg_dpkg = {
	.name = "dpkg",
	.unique = true,
	.open = dpkg_open,
	.files = dpkg_files,
	.sums = dpkg_sums,
	.sum = dpkg_sum,
};
