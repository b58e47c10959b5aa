/* SPDX-License-Identifier: MIT */
/* check_sudoers.c - who becomes root without a password */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/*
 * sudoers(5) read twice: first which Cmnd_Alias stands for all commands, then
 * the rules. Host lists and what a user is run as play no part: a rule for
 * this network's hosts alone is worth a line, too.
 */

#define MAIN "/etc/sudoers"

/* Files that include each other, as deep as sudo itself goes. */
#define DEPTH_MAX 128

/* A logical line and where it stands. */
struct line {
	size_t path; /* offset in text, NUL-terminated */
	size_t text; /* likewise */
};

/* All lines of all files. */
struct sudoers {
	struct es_buf text;
	struct line *lines;
	size_t n;
	size_t cap;
	unsigned int depth;
	struct es_strmap *all; /* aliases that stand for all commands */
};

static int read_file(struct es_findings *f, const char *path,
		     struct es_error *err);

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static int include_name(struct es_findings *f, const char *path,
			struct es_error *err)
{
	const char *name = strrchr(path, '/') + 1;

	/* sudo leaves out backups and what package managers put beside. */
	if (strchr(name, '.') || name[strlen(name) - 1] == '~')
		return 0;
	return read_file(f, path, err);
}

static int tell_writers(struct es_findings *f, const char *path,
			const struct stat *st)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(1024);

	if (es_others_write(f, &why, st, NULL))
		es_finding(f, path, strlen(path), "%s", es_buf_str(&why));
	return 0;
}

static int include(struct es_findings *f, const char *from, const char *arg,
		   bool is_dir, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	size_t len = strlen(arg);
	struct stat st;

	while (len && isspace((unsigned char)arg[len - 1]))
		len--;
	if (len > 1 && arg[0] == '"' && arg[len - 1] == '"') {
		arg++;
		len -= 2;
	}
	if (!len || arg[0] != '/') {
		es_path_dirname(&path, from);
		es_buf_addc(&path, '/');
	}
	es_buf_add(&path, arg, len);
	if (es_buf_check(&path, err) < 0)
		return err->code;
	if (!is_dir)
		return read_file(f, path.data, err);
	if (es_inside_stat(f->checks, path.data, &st) == 0)
		tell_writers(f, path.data, &st);
	return es_inside_each(f, path.data, include_name, err);
}

/* Whether a line begins with one of "@word" and "#word", and its argument. The
 * latter is a comment where blanks stand before it. */
static const char *directive(const char *text, const char *word)
{
	size_t len = strlen(word);

	if (text[0] != '#') {
		text = skip_blanks(text);
		if (text[0] != '@')
			return NULL;
	}
	if (strncmp(text + 1, word, len) != 0 ||
	    (text[1 + len] != ' ' && text[1 + len] != '\t'))
		return NULL;
	return skip_blanks(text + 1 + len);
}

static int add_line(struct sudoers *s, const char *path, const char *text)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		struct line *more = reallocarray(s->lines, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->lines = more;
		s->cap = cap;
	}
	s->lines[s->n].path = s->text.len;
	es_buf_add(&s->text, path, strlen(path) + 1);
	s->lines[s->n++].text = s->text.len;
	es_buf_add(&s->text, text, strlen(text) + 1);
	return s->text.failed;
}

static int take_line(struct es_findings *f, const char *path, char *text,
		     struct es_error *err)
{
	const char *arg = directive(text, "includedir");
	char *p;

	if (arg)
		return include(f, path, arg, true, err);
	arg = directive(text, "include");
	if (arg)
		return include(f, path, arg, false, err);
	/* "#1000" is a user; other numbers signs begin a comment. */
	for (p = text; (p = strchr(p, '#')); p++)
		if ((p == text || p[-1] != '\\') &&
		    !isdigit((unsigned char)p[1]) && p[1] != '-')
			break;
	if (p)
		*p = '\0';
	text += strspn(text, " \t");
	return *text && add_line(f->payload, path, text) < 0 ? es_fail_oom(err)
							     : 0;
}

static int read_file(struct es_findings *f, const char *path,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_SMALL_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf text = ES_BUF_INIT(ES_SMALL_MAX);
	struct sudoers *s = f->payload;
	struct stat st;
	int rc = es_inside_read(f->checks, path, &b, &st);

	if (rc < 0 && !es_is_absent(rc) &&
	    es_findings_unread(f, path, strlen(path)) < 0)
		return es_fail_oom(err);
	if (rc < 0 || s->depth == DEPTH_MAX)
		return 0;
	s->depth++;
	tell_writers(f, path, &st);

	const char *pos = es_buf_str(&b), *end = pos + b.len;

	rc = 0;
	while (rc >= 0 && es_lines_next_whole(&pos, end, &text))
		if (text.len)
			rc = take_line(f, path, text.data, err);
	s->depth--;
	return rc < 0 ? rc : 0;
}

/* Bytes of a list up to one of @stops that is not escaped or quoted. */
static size_t span(const char *p, const char *stops)
{
	bool quoted = false;
	size_t i, depth = 0;

	for (i = 0; p[i]; i++) {
		if (p[i] == '\\' && p[i + 1])
			i++;
		else if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted && !depth && strchr(stops, p[i]))
			break;
		else if (p[i] == '(')
			depth++;
		else if (p[i] == ')' && depth)
			depth--;
	}
	return i;
}

static size_t trimmed(const char *p, size_t len)
{
	while (len && isspace((unsigned char)p[len - 1]))
		len--;
	return len;
}

static bool stands_for_all(const struct sudoers *s, const char *word,
			   size_t len)
{
	return (len == 3 && !memcmp(word, "ALL", 3)) ||
	       es_strmap_get(s->all, word, len) != NULL;
}

/* "NAME = a, b : NAME = c" of a Cmnd_Alias */
static int read_alias(struct sudoers *s, const char *p)
{
	while (*(p = skip_blanks(p))) {
		size_t name_len = trimmed(p, strcspn(p, "="));
		const char *name = p;

		p += strcspn(p, "=");
		while (*p == '=' || *p == ',') {
			p = skip_blanks(p + 1);

			size_t len = span(p, ",:");

			if (stands_for_all(s, p, trimmed(p, len)) &&
			    es_strmap_put(s->all, name, name_len, s) < 0)
				return -ENOMEM;
			p += len;
		}
		p += *p == ':';
	}
	return 0;
}

static void check_defaults(struct es_findings *f, const char *path,
			   const char *p)
{
	/* The scope, as in "Defaults:bob", belongs to the word. */
	const char *rest = p + strcspn(p, " \t");

	while (*rest) {
		rest = skip_blanks(rest + (*rest == ','));

		size_t len = span(rest, ",");
		size_t n = trimmed(rest, len);

		if (n == 13 && !memcmp(rest, "!authenticate", 13))
			es_finding(f, path, strlen(path),
				   "%.*s !authenticate: no password is asked",
				   (int)strcspn(p, " \t"), p);
		rest += len;
	}
}

/* One privilege of a rule: tags that hold on until they are taken back. */
struct privilege {
	bool no_password;
	bool all; /* a command of it is ALL */
	bool all_without;
};

/* An upper-case tag, "NOPASSWD:", or an option, "CWD=/tmp"; returns what
 * follows, or NULL. */
static const char *skip_tag(const char *p, struct privilege *out)
{
	size_t len = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
	const char *rest = skip_blanks(p + len);

	if (len > 0 && *rest == '=') {
		rest = skip_blanks(rest + 1);
		return rest + span(rest, " \t");
	}
	if (len < 4 || *rest != ':')
		return NULL;
	if (len == 8 && !memcmp(p, "NOPASSWD", 8))
		out->no_password = true;
	if (len == 6 && !memcmp(p, "PASSWD", 6))
		out->no_password = false;
	return rest + 1;
}

/* One command with what stands before it; returns its end. */
static const char *read_command(const struct sudoers *s, const char *p,
				struct privilege *out)
{
	const char *next;

	p = skip_blanks(p);
	if (*p == '(') {
		p += strcspn(p, ")");
		p += *p == ')';
	}
	while ((next = skip_tag(skip_blanks(p), out)))
		p = next;
	p = skip_blanks(p);

	size_t len = span(p, ",:");

	if (stands_for_all(s, p, trimmed(p, len))) {
		out->all = true;
		out->all_without |= out->no_password;
	}
	return p + len;
}

/* Bytes of the user list: names joined by commas, blanks only around those. */
static size_t users_len(const char *p)
{
	size_t len = 0;

	for (;;) {
		len += span(p + len, " \t,=");

		size_t blanks = strspn(p + len, " \t");

		if (p[len + blanks] != ',')
			return len;
		len += blanks + 1;
		len += strspn(p + len, " \t");
	}
}

static void check_rule(struct es_findings *f, const char *path, const char *p)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(1 << 16);
	struct privilege found = { 0 };
	size_t len = users_len(p);

	es_quote_term(&who, p, len);
	p += len;
	while (*p) {
		found.no_password = false;
		p += span(p, "=");
		while (*p == '=' || *p == ',')
			p = read_command(f->payload, p + 1, &found);
		p += *p == ':';
	}
	if (found.all_without)
		es_finding(f, path, strlen(path),
			   "%s may run everything without a password",
			   es_buf_str(&who));
	else if (found.all && !strcmp(es_buf_str(&who), "ALL"))
		es_finding(f, path, strlen(path),
			   "everyone may run everything");
}

static bool begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static int check_lines(struct es_findings *f)
{
	struct sudoers *s = f->payload;

	/* Twice, since an alias can stand for one that comes later. */
	for (size_t i = 0; i < 2 * s->n; i++) {
		const char *text = s->text.data + s->lines[i % s->n].text;

		if ((begins(text, "Cmnd_Alias") || begins(text, "Cmd_Alias")) &&
		    read_alias(s, text + strcspn(text, " \t")) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->n; i++) {
		const char *path = s->text.data + s->lines[i].path;
		const char *text = s->text.data + s->lines[i].text;

		if (begins(text, "Defaults"))
			check_defaults(f, path, text);
		else if (!strstr(text, "_Alias") ||
			 strcspn(text, " \t") <
				 (size_t)(strstr(text, "_Alias") - text))
			check_rule(f, path, text);
	}
	return 0;
}

static int run(struct es_findings *f, struct es_error *err)
{
	struct sudoers s = { .all = es_strmap_new() };
	int rc = s.all ? 0 : es_fail_oom(err);

	s.text = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	f->payload = &s;
	if (rc == 0)
		rc = es_homes_load(f->checks, err);
	if (rc == 0)
		rc = read_file(f, MAIN, err);
	if (rc == 0 && check_lines(f) < 0)
		rc = es_fail_oom(err);
	f->payload = NULL;
	es_strmap_free(s.all);
	es_buf_dispose(&s.text);
	free(s.lines);
	return rc;
}

const struct es_check es_check_sudoers = {
	.name = "sudoers",
	.severity = ES_SEVERITY_WARNING,
	.run = run,
};
