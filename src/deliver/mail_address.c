/* SPDX-License-Identifier: MIT */
/* mail_address.c - mailboxes, as people write them and as servers want them */
#include "config.h"

#include "etcsnap/mail.h"

#include "deliver/mail_priv.h"
#include "deliver/urls_priv.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define ADDRESS_MAX 254
#define LOCAL_MAX 64

/* RFC 5322's atext, and UTF-8 as RFC 6532 adds it */
static bool is_atext(char c)
{
	return (unsigned char)c >= 0x80 ||
	       (c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
			    "XYZ0123456789!#$%&'*+-/=?^_`{|}~",
			    c));
}

/* Words of some bytes with single dots between them */
static bool is_dotted(const char *s, size_t len, bool (*good)(char c))
{
	bool dot = true;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '.' ? dot : !good(s[i]))
			return false;
		dot = s[i] == '.';
	}
	return len && !dot;
}

static bool is_quoted(const char *s, size_t len)
{
	if (len < 2 || s[0] != '"' || s[len - 1] != '"')
		return false;
	for (size_t i = 1; i < len - 1; i++) {
		if (i < len - 2 && s[i] == '\\')
			i++;
		else if (s[i] == '"' || s[i] == '\\')
			return false;
	}
	return true;
}

static bool is_host_byte(char c)
{
	return (unsigned char)c >= 0x80 || c == '-' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_literal(const char *s, size_t len)
{
	if (len < 3 || s[0] != '[' || s[len - 1] != ']')
		return false;
	return strspn(s + 1, "0123456789abcdefABCDEFIPv.:") == len - 2;
}

/* No control bytes (which would begin another header or command), and UTF-8
 * or nothing. */
static bool is_clean(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	}
	return es_utf8_valid(s, len);
}

static bool is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] >= 0x80)
			return false;
	}
	return true;
}

/* Appends a host name in the form that every server knows, where libcurl can
 * make it. Return: whether it did. */
static bool add_ascii_host(struct es_buf *out, const char *host)
{
	bool done = false;
#ifdef CURLU_PUNYCODE
	struct urls c;
	CURLU *u = es_urls_load(&c) ? c.make() : NULL;
	char *ascii = NULL;

	if (u && !c.set(u, CURLUPART_URL, "smtp://x/", 0) &&
	    !c.set(u, CURLUPART_HOST, host, 0) &&
	    !c.get(u, CURLUPART_HOST, &ascii, CURLU_PUNYCODE) &&
	    is_dotted(ascii, strlen(ascii), is_host_byte) &&
	    is_ascii(ascii, strlen(ascii)))
		done = es_buf_adds(out, ascii) == 0;
	if (u) {
		c.free(ascii);
		c.cleanup(u);
	}
#endif
	(void)host;
	(void)out;
	return done;
}

/* Whether this is an address: @local bytes, and a host behind an @, or none. */
static bool is_address(const char *text, size_t len, size_t local)
{
	const char *host = text + local + 1;
	size_t n = len - local - (local < len);

	if (len > ADDRESS_MAX || local > LOCAL_MAX || !is_clean(text, len))
		return false;
	if (local == len)
		return is_dotted(text, local, is_atext);
	return (is_dotted(text, local, is_atext) || is_quoted(text, local)) &&
	       (is_dotted(host, n, is_host_byte) || is_literal(host, n));
}

/* Return: 0, 1 for one that needs SMTPUTF8, -1 for none. */
static int add_address(struct es_buf *out, const char *text, size_t len)
{
	const char *at = memrchr(text, '@', len);
	size_t local = at ? (size_t)(at - text) : len;
	char host[ADDRESS_MAX + 1] = "";

	if (!is_address(text, len, local))
		return -1;
	es_buf_add(out, text, at ? local + 1 : local);
	if (at)
		memcpy(host, at + 1, len - local - 1);
	if (is_ascii(host, strlen(host)))
		es_buf_adds(out, host);
	else if (!add_ascii_host(out, host)) {
		es_buf_adds(out, host);
		return 1;
	}
	return is_ascii(text, local) ? 0 : 1;
}

/* The place of the "<" that begins an address, NULL when there is none. */
static const char *find_angle(const char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '\\' && quoted && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (*text == '<' && !quoted)
			return text;
	}
	return NULL;
}

/* What stands before the address, without quotes round it. */
static void add_name(struct es_buf *out, const char *text, size_t len)
{
	while (len && *text == ' ') {
		text++;
		len--;
	}
	while (len && text[len - 1] == ' ')
		len--;
	if (!is_quoted(text, len)) {
		es_buf_add(out, text, len);
		return;
	}
	for (size_t i = 1; i < len - 1; i++) {
		i += text[i] == '\\';
		es_buf_addc(out, text[i]);
	}
}

int es_address_split(struct es_buf *name, struct es_buf *address,
		     const char *text, struct es_error *err)
{
	const char *start = text ? find_angle(text) : NULL;
	size_t len = text ? strlen(text) : 0;
	int r = -1;

	if (start && len && text[len - 1] == '>' &&
	    is_clean(text, (size_t)(start - text))) {
		add_name(name, text, (size_t)(start - text));
		r = add_address(address, start + 1,
				len - (size_t)(start - text) - 2);
	} else if (text && !start) {
		r = add_address(address, text, len);
	}
	if (r < 0)
		return es_fail_config(err, "'%s' is no mail address",
				      ES_Q(text));
	if (es_buf_check(name, err) < 0 || es_buf_check(address, err) < 0)
		return err->code;
	return r;
}

int es_mail_address(struct es_buf *out, const char *text, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(8192);

	return es_address_split(&name, out, text, err);
}
