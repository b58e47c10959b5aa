/* SPDX-License-Identifier: MIT */
/* stored_name.c - escape the path components that git keeps for itself */
#include "config.h"

#include "etcsnap/stored_name.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "etcsnap/quote.h"

/*
 * Git refuses trees with names that some file system would turn into .git,
 * and reads some other dot files as instructions of its own. Which names
 * those are is decided here by the same three rules as in git: the plain name
 * without regard to case, the name as NTFS shortens or trims it (also behind
 * a backslash, which Windows takes for a slash), and the name as HFS+ sees it
 * without invisible characters.
 */

/*
 * struct kept - a name that may not stand in a tree as it is
 * @name:  without the leading dot, lower case
 * @hash:  what NTFS makes of it when ~1 to ~4 are taken: the first six bytes
 *         of the 8.3 name; NULL where git does not care
 */
struct kept {
	const char *name;
	const char *hash;
};

/* Source: git's path.c, is_ntfs_dotgitmodules() and its siblings. */
static const struct kept kept_names[] = {
	{ "git", NULL },
	{ "gitmodules", "gi7eba" },
	{ "gitattributes", "gi7d29" },
	{ "gitignore", "gi250a" },
	{ "mailmap", "maba30" },
	{ "mtree", NULL },
	{ "xattr", NULL },
};

#define KEPT_COUNT (sizeof(kept_names) / sizeof(kept_names[0]))

/* Bytes of a base name that survive in an 8.3 name before the tilde. */
#define SHORT_BASE 6

/* One component, not NUL-terminated. */
struct span {
	const char *at;
	size_t len;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether @s begins with @word, whatever the case of ASCII letters. */
static bool begins(struct span s, const char *word, size_t word_len)
{
	if (s.len < word_len)
		return false;
	for (size_t i = 0; i < word_len; i++)
		if (lower(s.at[i]) != word[i])
			return false;
	return true;
}

/*
 * Whether NTFS ignores @s from @from on: trailing dots and blanks, or the
 * name of a stream. A backslash ends the component there.
 */
static bool is_trimmed(struct span s, size_t from)
{
	for (size_t i = from; i < s.len; i++) {
		if (s.at[i] == ':' || s.at[i] == '\\')
			return true;
		if (s.at[i] != ' ' && s.at[i] != '.')
			return false;
	}
	return true;
}

/*
 * "gi7eba~1", "gi7eb~12" and so on to "~1234567": eight bytes, of the hash as
 * many as the number leaves room for.
 */
static bool is_hashed_short(struct span s, const char *hash)
{
	size_t i = 0;

	if (!hash || s.len < 8)
		return false;
	while (i < SHORT_BASE && lower(s.at[i]) == hash[i])
		i++;
	if (s.at[i] != '~' || s.at[i + 1] < '1' || s.at[i + 1] > '9')
		return false;
	for (i += 2; i < 8; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return is_trimmed(s, 8);
}

static bool is_ntfs(struct span s, const struct kept *k)
{
	size_t len = strlen(k->name);
	size_t base = len < SHORT_BASE ? len : SHORT_BASE;
	char last = k->hash ? '4' : '1';

	if (s.len > len && s.at[0] == '.' &&
	    begins((struct span){ s.at + 1, s.len - 1 }, k->name, len) &&
	    is_trimmed(s, len + 1))
		return true;
	if (s.len >= base + 2 && begins(s, k->name, base) &&
	    s.at[base] == '~' && s.at[base + 1] >= '1' &&
	    s.at[base + 1] <= last && is_trimmed(s, base + 2))
		return true;
	return is_hashed_short(s, k->hash);
}

/* Bytes of the well-formed UTF-8 character at @s, 0 when it is not one. */
static size_t utf8_len(struct span s)
{
	unsigned char c = (unsigned char)s.at[0];
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (len > s.len || !es_utf8_valid(s.at, len))
		return 0;
	/* U+FFFE and U+FFFF are not characters to git. */
	if (len == 3 && memcmp(s.at, "\xef\xbf", 2) == 0 &&
	    ((unsigned char)s.at[2] & 0xfe) == 0xbe)
		return 0;
	return len;
}

/*
 * Bytes of the character at @s if HFS+ ignores it: U+200C-200F, U+202A-202E,
 * U+206A-206F, U+FEFF; else 0.
 * Source: git's utf8.c, next_hfs_char().
 */
static size_t ignored_len(struct span s)
{
	unsigned char c;

	if (s.len < 3)
		return 0;
	if (memcmp(s.at, "\xef\xbb\xbf", 3) == 0)
		return 3;
	c = (unsigned char)s.at[2];
	if (memcmp(s.at, "\xe2\x80", 2) == 0 &&
	    ((c >= 0x8c && c <= 0x8f) || (c >= 0xaa && c <= 0xae)))
		return 3;
	if (memcmp(s.at, "\xe2\x81", 2) == 0 && c >= 0xaa && c <= 0xaf)
		return 3;
	return 0;
}

static struct span skip_ignored(struct span s)
{
	size_t n;

	while ((n = ignored_len(s)) > 0) {
		s.at += n;
		s.len -= n;
	}
	return s;
}

/* A name also ends where it stops to be UTF-8: git reads it so. */
static bool is_hfs(struct span s, const char *name)
{
	s = skip_ignored(s);
	if (s.len == 0 || s.at[0] != '.')
		return false;
	for (;;) {
		s = skip_ignored((struct span){ s.at + 1, s.len - 1 });
		if (!*name)
			return s.len == 0 || utf8_len(s) == 0;
		if (s.len == 0 || lower(s.at[0]) != *name)
			return false;
		name++;
	}
}

/* Whether @s, a component or what follows a backslash, is a kept name. */
static bool is_kept(struct span s)
{
	for (size_t i = 0; i < KEPT_COUNT; i++)
		if (is_ntfs(s, &kept_names[i]) || is_hfs(s, kept_names[i].name))
			return true;
	return false;
}

/* Rules out nearly every name of a machine by its first byte. */
static bool may_be_kept(const char *name, size_t len)
{
	return len > 0 && strchr(".gGmMxX~\xe2\xef", name[0]) != NULL;
}

static bool must_escape(const char *name, size_t len)
{
	const char *end = name + len;
	const char *at = name;

	if (len > 0 && name[0] == '%')
		return true;
	while (at) {
		struct span s = { at, (size_t)(end - at) };

		if (may_be_kept(s.at, s.len) && is_kept(s))
			return true;
		at = s.len ? memchr(at, '\\', s.len) : NULL;
		if (at)
			at++;
	}
	return false;
}

static int add_escaped(struct es_buf *out, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char u = (unsigned char)c;
	const char text[3] = { '%', digits[u >> 4], digits[u & 15] };

	return es_buf_add(out, text, sizeof(text));
}

int es_stored_name_encode(struct es_buf *out, const char *name, size_t len)
{
	size_t before = out->len;
	int rc = 0;

	if (!must_escape(name, len))
		return es_buf_add(out, name, len);
	for (size_t i = 0; i < len && rc >= 0; i++) {
		if (i == 0 || name[i] == '\\' || name[i] == '%')
			rc = add_escaped(out, name[i]);
		else
			rc = es_buf_addc(out, name[i]);
	}
	if (rc < 0)
		es_buf_truncate(out, before);
	return rc;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int unescape(struct es_buf *out, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high, low, rc;

		if (name[i] != '%') {
			rc = es_buf_addc(out, name[i]);
		} else {
			if (len - i < 3)
				return -EINVAL;
			high = hex_digit(name[i + 1]);
			low = hex_digit(name[i + 2]);
			if (high < 0 || low < 0)
				return -EINVAL;
			rc = es_buf_addc(out, (char)(high << 4 | low));
			i += 2;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * Whether the escaped form is the one that encoding makes of @name. This
 * also keeps "%2E%2E", "%00" and the like from becoming what a component
 * must never be.
 */
static int is_canonical(const char *name, size_t name_len, const char *stored,
			size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf again = ES_BUF_INIT(3 * len);
	int rc = es_stored_name_encode(&again, name, name_len);

	if (rc < 0)
		return rc;
	return again.len == len && memcmp(again.data, stored, len) == 0;
}

/* Names that no directory holds. */
static bool is_component(const char *name, size_t len)
{
	if (len == 0 || memchr(name, '/', len) || memchr(name, '\0', len))
		return false;
	return !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

int es_stored_name_decode(struct es_buf *out, const char *name, size_t len)
{
	size_t before = out->len;
	int rc;

	if (!is_component(name, len))
		return -EINVAL;
	if (name[0] != '%')
		return must_escape(name, len) ? -EINVAL
					      : es_buf_add(out, name, len);
	rc = unescape(out, name, len);
	if (rc == 0) {
		rc = is_canonical(out->data + before, out->len - before, name,
				  len);
		rc = rc == 0 ? -EINVAL : rc;
	}
	if (rc < 0) {
		es_buf_truncate(out, before);
		return rc;
	}
	return 0;
}

int es_stored_path_encode(struct es_buf *out, const char *path, size_t len)
{
	const char *end = path + len;
	const char *at = path;
	bool first = true;
	int rc = 0;

	while (at < end && rc >= 0) {
		const char *stop = memchr(at, '/', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop : end) - at);

		if (n > 0) {
			if (!first)
				es_buf_addc(out, '/');
			rc = es_stored_name_encode(out, at, n);
			first = false;
		}
		at += n + 1;
	}
	return rc < 0 ? rc : out->failed;
}

int es_stored_path_decode(struct es_buf *out, const char *path, size_t len)
{
	size_t before = out->len;
	const char *end = path + len;
	const char *at = path;
	int rc;

	if (len == 0)
		return es_buf_addc(out, '/');
	for (;;) {
		const char *stop = memchr(at, '/', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop : end) - at);

		rc = es_buf_addc(out, '/');
		if (rc == 0)
			rc = es_stored_name_decode(out, at, n);
		if (rc < 0) {
			es_buf_truncate(out, before);
			return rc;
		}
		if (!stop)
			return 0;
		at = stop + 1;
	}
}
