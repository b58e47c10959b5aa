/* SPDX-License-Identifier: MIT */
/* mail_body.c - contents of a mail's parts in lines that any server passes */
#include "config.h"

#include "deliver/mail_priv.h"
#include "etcsnap/base64.h"
#include "etcsnap/quote.h"

#include <stdbool.h>
#include <string.h>

/* Bytes of a line of quoted-printable or base64 */
#define LINE 76

/* Bytes of a line that goes as it is; the standard allows 998. */
#define PLAIN_LINE 200

#define REPLACEMENT "\xef\xbf\xbd"

/* Length of the UTF-8 character at @s, 0 when it is none. */
static size_t char_len(const char *s, size_t left)
{
	for (size_t n = 1; n <= 4 && n <= left; n++) {
		if (es_utf8_valid(s, n))
			return n;
	}
	return 0;
}

static bool is_text_byte(char c)
{
	return (unsigned char)c >= 0x20 ? c != 0x7f : c == '\t' || c == '\n';
}

/* Valid UTF-8, bare line feeds, no other control bytes than tabs. */
static void make_clean(struct es_buf *out, const char *text, size_t len)
{
	while (len) {
		size_t n =
			(unsigned char)*text < 0x80 ? 1 : char_len(text, len);

		if (n == 1 && *text == '\r' && len > 1 && text[1] == '\n')
			; /* the line feed follows */
		else if (n == 0 || (n == 1 && !is_text_byte(*text)))
			es_buf_adds(out, REPLACEMENT);
		else
			es_buf_add(out, text, n);
		n = n ? n : 1;
		text += n;
		len -= n;
	}
	if (out->len && out->data[out->len - 1] != '\n')
		es_buf_addc(out, '\n');
}

static bool is_plain_line(const char *s, size_t len)
{
	if (len > PLAIN_LINE ||
	    (len && (s[0] == '.' || s[len - 1] == ' ' || s[len - 1] == '\t')))
		return false;
	if ((len >= 5 && memcmp(s, "From ", 5) == 0) || memmem(s, len, "=_", 2))
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] >= 0x80)
			return false;
	}
	return true;
}

static bool is_plain(const struct es_buf *text)
{
	const char *s = es_buf_str(text);

	while (*s) {
		size_t len = strcspn(s, "\n");

		if (!is_plain_line(s, len))
			return false;
		s += len + (s[len] == '\n');
	}
	return true;
}

static void put_plain(struct es_buf *out, const char *s)
{
	while (*s) {
		size_t len = strcspn(s, "\n");

		es_buf_add(out, s, len);
		es_buf_adds(out, "\r\n");
		s += len + (s[len] == '\n');
	}
}

/* Whether a byte of a line must not stand for itself. */
static bool must_quote(const char *line, size_t len, size_t i)
{
	unsigned char c = (unsigned char)line[i];

	if (c == ' ' || c == '\t')
		return i + 1 == len;
	/* what some servers would take for more than text */
	if (i == 0 && (c == '.' || (len >= 5 && memcmp(line, "From ", 5) == 0)))
		return true;
	return c < 0x20 || c > 0x7e || c == '=';
}

static void put_quoted_line(struct es_buf *out, const char *s, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		bool quote = must_quote(s, len, i);
		size_t n = quote ? 3 : 1;

		/* room for a "=" after it, unless it is the last */
		if (column + n > LINE - (i + 1 < len)) {
			es_buf_adds(out, "=\r\n");
			column = 0;
			/* nor may a broken line begin with a dot */
			quote |= s[i] == '.';
			n = quote ? 3 : 1;
		}
		if (quote)
			es_buf_addf(out, "=%02X", (unsigned char)s[i]);
		else
			es_buf_addc(out, s[i]);
		column += n;
	}
	es_buf_adds(out, "\r\n");
}

static void put_quoted(struct es_buf *out, const char *s)
{
	while (*s) {
		size_t len = strcspn(s, "\n");

		put_quoted_line(out, s, len);
		s += len + (s[len] == '\n');
	}
}

void es_body_text(struct es_buf *out, const char *type, const char *text,
		  size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf clean = ES_BUF_INIT(out->max);
	bool plain;

	make_clean(&clean, text, len);
	if (clean.failed) {
		out->failed = clean.failed;
		return;
	}
	plain = is_plain(&clean);
	es_buf_addf(out,
		    "Content-Type: %s; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: %s\r\n\r\n",
		    type, plain ? "7bit" : "quoted-printable");
	if (plain)
		put_plain(out, es_buf_str(&clean));
	else
		put_quoted(out, es_buf_str(&clean));
}

void es_body_base64(struct es_buf *out, const char *raw, size_t len)
{
	/* of three bytes, four letters */
	const size_t line = LINE / 4 * 3;

	while (len) {
		size_t n = len < line ? len : line;

		if (es_base64_encode(out, raw, n) < 0)
			return;
		es_buf_adds(out, "\r\n");
		raw += n;
		len -= n;
	}
}

void es_body_file(struct es_buf *out, const struct es_mail_attachment *a)
{
	const char *slash = strrchr(a->name, '/');
	const char *name = slash ? slash + 1 : a->name;

	es_buf_addf(out, "Content-Type: %s", a->type);
	if (strncmp(a->type, "text/", 5) == 0)
		es_buf_adds(out, "; charset=utf-8");
	es_buf_adds(out, "\r\nContent-Transfer-Encoding: base64\r\n"
			 "Content-Disposition: attachment");
	es_header_parameter(out, "filename", *name ? name : "attachment");
	es_buf_adds(out, "\r\n\r\n");
	es_body_base64(out, a->data, a->len);
}
