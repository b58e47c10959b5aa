/* SPDX-License-Identifier: MIT */
/* sniff.c - tell text from binary, and find private keys */
#include "config.h"

#include "etcsnap/sniff.h"

#include "etcsnap/charset.h"

#include <string.h>

bool es_sniff_utf16(const char *data, size_t len)
{
	return len >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 ||
			    memcmp(data, "\xfe\xff", 2) == 0);
}

bool es_sniff_binary(const char *data, size_t len)
{
	if (len == 0 || es_sniff_utf16(data, len))
		return false;
	return memchr(data, '\0', len < ES_SNIFF_LEN ? len : ES_SNIFF_LEN);
}

/* What every key begins with, and its byte that is rarest elsewhere. */
#define BEGIN "BEGIN "
#define BEGIN_LEN 6
#define RARE 2

/* The words between BEGIN and the closing dashes: at most this many bytes. */
#define LABEL_MAX 64

/*
 * Whether the label that begins at @at ends as a private key's does:
 * "PRIVATE KEY-----", OpenPGP's "PRIVATE KEY BLOCK-----", or ssh.com's
 * "PRIVATE KEY ----". Return: the byte after the dashes, or NULL.
 */
static const char *key_label(const char *at, const char *end)
{
	static const char words[] = "PRIVATE KEY";
	size_t room = (size_t)(end - at);
	const char *p;

	if (room > LABEL_MAX)
		room = LABEL_MAX;
	p = memmem(at, room, words, sizeof(words) - 1);
	if (!p || memchr(at, '\n', (size_t)(p - at)))
		return NULL;
	p += sizeof(words) - 1;
	if (end - p >= 6 && memcmp(p, " BLOCK", 6) == 0)
		p += 6;
	if (p < end && *p == ' ')
		p++;
	return end - p >= 4 && memcmp(p, "----", 4) == 0 ? p + 4 : NULL;
}

/* Whether only blanks stand between the start of the line and @at. */
static bool is_at_line_start(const char *data, const char *at)
{
	while (at > data && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == data || at[-1] == '\n' || at[-1] == '\r';
}

/* Whether a string goes on with an escaped newline, more dashes first. */
static bool is_escaped_line(const char *at, const char *end)
{
	while (at < end && *at == '-')
		at++;
	return end - at >= 2 && at[0] == '\\' && (at[1] == 'n' || at[1] == 'r');
}

/*
 * The dashes before @at: five, or four and a blank, as ssh.com has them.
 * Return: where they begin, or NULL.
 */
static const char *dashes_before(const char *data, const char *at)
{
	const char *p = at;

	if (p > data && p[-1] == ' ')
		p--;
	while (p > data && p[-1] == '-')
		p--;
	return at - p >= 5 ? p : NULL;
}

/*
 * The next "BEGIN ". Every file is searched for it, so it is found by a byte
 * that is rare in texts and programs: several times as fast as memmem(3).
 */
static const char *find_begin(const char *at, const char *end)
{
	const char *g = at + RARE;

	if (end - at < BEGIN_LEN)
		return NULL;
	while ((g = memchr(g, BEGIN[RARE], (size_t)(end - g)))) {
		if (end - (g - RARE) < BEGIN_LEN)
			return NULL;
		if (memcmp(g - RARE, BEGIN, BEGIN_LEN) == 0)
			return g - RARE;
		g++;
	}
	return NULL;
}

bool es_sniff_key(const char *data, size_t len)
{
	const char *end = data + len;
	const char *at;

	/* What begins a text begins a line, also behind the mark of UTF-8. */
	data += es_charset_mark(data, len);
	at = data;
	while ((at = find_begin(at, end))) {
		const char *dashes = dashes_before(data, at);
		const char *after;

		at += BEGIN_LEN;
		after = dashes ? key_label(at, end) : NULL;
		if (after && (is_at_line_start(data, dashes) ||
			      is_escaped_line(after, end)))
			return true;
	}
	return false;
}

int es_sniff_decode(struct es_buf *out, const char *data, size_t len)
{
	return es_charset_decode(out, es_charset_detect(data, len), data, len);
}
