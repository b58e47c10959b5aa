/* SPDX-License-Identifier: MIT */
/* commit_parse.c - the bytes of a commit as its fields and trailers */
#include "config.h"

#include "store/commit_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- header */

/* The header line being looked at; @next is where the one after it begins. */
struct line {
	char *text;
	size_t len;
	char *next;
};

/* A commit without a newline where one belongs is broken: returns false. */
static bool next_line(struct line *l, char *pos, const char *end)
{
	char *const nl = memchr(pos, '\n', (size_t)(end - pos));

	if (!nl)
		return false;
	l->text = pos;
	l->len = (size_t)(nl - pos);
	l->next = nl + 1;
	return true;
}

static bool has_key(const struct line *l, const char *key)
{
	const size_t n = strlen(key);

	return l->len > n && memcmp(l->text, key, n) == 0 && l->text[n] == ' ';
}

static int parse_oid(struct es_oid *out, const struct line *l, const char *key)
{
	const size_t skip = strlen(key) + 1;

	if (!has_key(l, key) || l->len != skip + ES_OID_HEX ||
	    es_unhex(out->id, l->text + skip, ES_OID_LEN) < 0)
		return -EILSEQ;
	return 0;
}

/*
 * Returns where "NAME <EMAIL>" of a signature begins, NUL-terminated, or NULL.
 * Old repositories have strange names; only the brackets must be there.
 */
static char *parse_person(const struct line *l, const char *key, int64_t *when)
{
	char *const name = l->text + strlen(key) + 1;
	char *const close = memrchr(name, '>', l->len - strlen(key) - 1);
	char *stop;

	if (!close || !memchr(name, '<', (size_t)(close - name)))
		return NULL;
	/* The line ends in a newline, so that this ends too. */
	errno = 0;
	*when = strtoll(close + 1, &stop, 10);
	if (errno || stop == close + 1 || stop > l->text + l->len)
		return NULL;
	close[1] = '\0';
	return name;
}

/* From the tree line on; *pos is then behind the committer line. */
static int parse_fixed(struct es_commit *c, char **pos, const char *end)
{
	struct es_oid merged;
	struct line l;
	int64_t written;
	bool first = true;

	if (!next_line(&l, *pos, end) || parse_oid(&c->tree, &l, "tree") < 0)
		return -EILSEQ;
	while (next_line(&l, l.next, end) && has_key(&l, "parent")) {
		if (parse_oid(first ? &c->parent : &merged, &l, "parent") < 0)
			return -EILSEQ;
		first = false;
	}
	if (!has_key(&l, "author"))
		return -EILSEQ;
	c->author = parse_person(&l, "author", &written);
	if (!c->author || !next_line(&l, l.next, end) ||
	    !has_key(&l, "committer") ||
	    !parse_person(&l, "committer", &c->when))
		return -EILSEQ;
	*pos = l.next;
	return 0;
}

/* Behind the signature and whatever else there is, to the message. */
static int skip_rest(char **pos, const char *end)
{
	struct line l;

	while (*pos < end) {
		if (!next_line(&l, *pos, end))
			return -EILSEQ;
		*pos = l.next;
		if (!l.len)
			break;
	}
	return 0;
}

/* -------------------------------------------------------------- trailers */

static const char *skip_newlines(const char *s)
{
	while (*s == '\n')
		s++;
	return s;
}

/*
 * The last paragraph of a message, unless it is the first, which is the
 * subject. Returns its length, *at its begin.
 */
static size_t last_paragraph(const char *message, const char **at)
{
	const char *const begin = skip_newlines(message);
	size_t len = strlen(begin);

	while (len && isspace((unsigned char)begin[len - 1]))
		len--;
	for (size_t i = len; i > 1; i--)
		if (begin[i - 1] == '\n' && begin[i - 2] == '\n') {
			*at = begin + i;
			return len - i;
		}
	return 0;
}

/* Bytes of "Key" when a line is "Key: value", else 0. */
static size_t key_len(const char *line)
{
	size_t n = 0;

	while (isalnum((unsigned char)line[n]) || line[n] == '-')
		n++;
	return n && line[n] == ':' ? n : 0;
}

static int add_trailer(struct es_commit *c, char *line, size_t key)
{
	struct es_trailer *const grown =
		reallocarray(c->trailers, c->n_trailers + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	c->trailers = grown;
	line[key] = '\0';
	c->trailers[c->n_trailers++] = (struct es_trailer){
		.key = line,
		.value = line + key + 1 + strspn(line + key + 1, " \t"),
	};
	return 0;
}

/* Whether the line that begins at @s goes on with the one before it. */
static bool is_folded(const char *s)
{
	return *s == ' ' || *s == '\t';
}

static int cut_trailers(struct es_commit *c, char *line)
{
	while (*line) {
		char *end = strchrnul(line, '\n');
		const size_t key = key_len(line);

		/* Joined in place: the newline and one blank become blanks. */
		while (*end && is_folded(end + 1)) {
			*end = ' ';
			end = strchrnul(end, '\n');
		}
		char *const next = *end ? end + 1 : end;
		*end = '\0';
		if (key && add_trailer(c, line, key) < 0)
			return -ENOMEM;
		line = next;
	}
	return 0;
}

static int parse_trailers(struct es_commit *c)
{
	const char *at;
	const size_t len = last_paragraph(c->message, &at);

	if (!len)
		return 0;
	c->trailer_text = strndup(at, len);
	return c->trailer_text ? cut_trailers(c, c->trailer_text) : -ENOMEM;
}

int es_commit_parse(struct es_commit *c)
{
	char *pos = c->raw.data;

	if (!c->raw.len)
		return -EILSEQ;
	const char *const end = pos + c->raw.len;
	int rc = parse_fixed(c, &pos, end);
	if (rc == 0)
		rc = skip_rest(&pos, end);
	if (rc < 0)
		return rc;
	c->message = pos;
	const char *const subject = skip_newlines(pos);
	c->subject = strndup(subject, strcspn(subject, "\n"));
	return c->subject ? parse_trailers(c) : -ENOMEM;
}
