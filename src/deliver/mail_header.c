/* SPDX-License-Identifier: MIT */
/* mail_header.c - header fields: quoted, encoded, folded */
#include "config.h"

#include "deliver/mail_priv.h"
#include "etcsnap/clock.h"
#include "etcsnap/quote.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE 78

/* An encoded word with all its signs, RFC 2047 section 2 */
#define WORD 75
#define WORD_BEGIN "=?UTF-8?Q?"
#define WORD_END "?="

/* Longer words of plain text are encoded, so that a line can be broken. */
#define PLAIN_WORD 60

/* Bytes of a value; what is longer was made to annoy. */
#define VALUE_MAX 8192

/* Where a field stands that is being written */
struct field {
	struct es_buf *out;
	size_t column;
};

static void put(struct field *f, const char *s, size_t len)
{
	es_buf_add(f->out, s, len);
	f->column += len;
}

static void begin(struct field *f, struct es_buf *out, const char *name)
{
	*f = (struct field){ out, 0 };
	put(f, name, strlen(name));
	put(f, ":", 1);
}

static void fold(struct field *f)
{
	es_buf_adds(f->out, "\r\n");
	f->column = 0;
}

static void end(struct field *f)
{
	fold(f);
}

/* A blank, or a new line that begins with one, before what is so long */
static void space(struct field *f, size_t len)
{
	if (f->column + 1 + len > LINE)
		fold(f);
	put(f, " ", 1);
}

/* Printable UTF-8 on one line, whatever it was; cut where it is endless. */
static void make_printable(struct es_buf *out, const char *value)
{
	size_t len = strnlen(value, VALUE_MAX / 4);

	/* not in the middle of a character */
	while (value[len] && len && ((unsigned char)value[len] & 0xc0) == 0x80)
		len--;
	es_quote_text(out, value, len);
	for (size_t i = 0; i < out->len; i++) {
		if (out->data[i] == '\t')
			out->data[i] = ' ';
	}
	if (value[len])
		es_buf_adds(out, "...");
}

/* Whether text passes as it is: ASCII in words that a line has room for,
 * single blanks between them, and nothing that looks encoded. */
static bool is_plain(const char *s)
{
	size_t word = 0;

	if (*s == ' ' || strstr(s, "=?") || strstr(s, "  "))
		return false;
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			return false;
		word = *s == ' ' ? 0 : word + 1;
		if (word > PLAIN_WORD || (*s == ' ' && !s[1]))
			return false;
	}
	return true;
}

static void put_words(struct field *f, const char *s)
{
	do {
		size_t len = strcspn(s, " ");

		space(f, len);
		put(f, s, len);
		s += len;
		s += *s == ' ';
	} while (*s);
}

/* One character of UTF-8 as "Q" has it, safe in a phrase as well. Return: the
 * bytes that it takes of @s. */
static size_t encode_char(char out[13], const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 1;
	size_t at = 0;

	while (n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == ' ') {
			out[at++] = '_';
		} else if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			   (c >= 'a' && c <= 'z') ||
			   (c && strchr("!*+-/", c))) {
			out[at++] = (char)c;
		} else {
			out[at++] = '=';
			out[at++] = hex[c >> 4];
			out[at++] = hex[c & 15];
		}
	}
	out[at] = '\0';
	return n;
}

/* As many encoded words as it takes; between two, blanks do not count. */
static void put_encoded(struct field *f, const char *s)
{
	size_t ends = strlen(WORD_BEGIN) + strlen(WORD_END);

	while (*s) {
		size_t room;
		size_t used = ends;

		/* a word shorter than that is not worth it */
		space(f, ends + 24);
		room = LINE - f->column < WORD ? LINE - f->column : WORD;
		put(f, WORD_BEGIN, strlen(WORD_BEGIN));
		while (*s) {
			char c[13];
			size_t n = encode_char(c, s);

			if (used + strlen(c) > room)
				break;
			put(f, c, strlen(c));
			used += strlen(c);
			s += n;
		}
		put(f, WORD_END, strlen(WORD_END));
	}
}

void es_header_text(struct es_buf *out, const char *name, const char *value)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(VALUE_MAX);
	const char *text;
	struct field f;

	make_printable(&b, value);
	text = es_buf_str(&b);
	begin(&f, out, name);
	if (!*text)
		put(&f, " ", 1);
	else if (is_plain(text))
		put_words(&f, text);
	else
		put_encoded(&f, text);
	end(&f);
}

/* --- addresses ------------------------------------------------------------ */

static bool is_phrase(const char *s)
{
	for (; *s; s++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
			    "XYZ0123456789!#$%&'*+-/=?^_`{|}~ ",
			    *s))
			return false;
	}
	return true;
}

static void put_name(struct field *f, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(VALUE_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf quoted = ES_BUF_INIT(2 * VALUE_MAX);

	make_printable(&text, name);
	if (!text.len)
		return;
	if (!is_plain(text.data)) {
		put_encoded(f, text.data);
		return;
	}
	if (is_phrase(text.data)) {
		put_words(f, text.data);
		return;
	}
	es_buf_addc(&quoted, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '"' || text.data[i] == '\\')
			es_buf_addc(&quoted, '\\');
		es_buf_addc(&quoted, text.data[i]);
	}
	es_buf_addc(&quoted, '"');
	put_words(f, es_buf_str(&quoted));
}

static int put_mailbox(struct field *f, const char *text, bool more,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(VALUE_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf bare = ES_BUF_INIT(1024);
	bool angle;

	if (es_address_split(&name, &bare, text, err) < 0)
		return err->code;
	angle = name.len > 0;
	put_name(f, es_buf_str(&name));
	space(f, bare.len + 3);
	if (angle)
		put(f, "<", 1);
	put(f, es_buf_str(&bare), bare.len);
	if (angle)
		put(f, ">", 1);
	if (more)
		put(f, ",", 1);
	return 0;
}

int es_header_addresses(struct es_buf *out, const char *name,
			const char *const *list, size_t n, struct es_error *err)
{
	struct field f;

	begin(&f, out, name);
	for (size_t i = 0; i < n; i++) {
		if (put_mailbox(&f, list[i], i + 1 < n, err) < 0)
			return err->code;
	}
	end(&f);
	return 0;
}

/* --- others --------------------------------------------------------------- */

void es_header_date(struct es_buf *out, int64_t sec)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
					    "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	int offset = es_clock_offset(sec);
	time_t local = (time_t)(sec + (int64_t)offset * 60);
	struct tm tm;

	if (!gmtime_r(&local, &tm)) {
		offset = 0;
		gmtime_r(&(time_t){ 0 }, &tm);
	}
	es_buf_addf(out, "Date: %s, %d %s %d %02d:%02d:%02d %c%02d%02d\r\n",
		    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		    offset < 0 ? '-' : '+', abs(offset) / 60, abs(offset) % 60);
}

/* RFC 2231's attribute-char */
static bool is_attribute(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
			   "YZ0123456789!#$&+-.^_`{|}~",
			   c);
}

static void put_percent(struct es_buf *out, const char *name, const char *value)
{
	unsigned int section = 0;

	do {
		size_t used = 0;

		es_buf_addf(out, ";\r\n %s*%u*=%s", name, section,
			    section ? "" : "UTF-8''");
		while (*value && used < 50) {
			char c = *value++;

			if (is_attribute(c))
				es_buf_addc(out, c);
			else
				es_buf_addf(out, "%%%02X", (unsigned char)c);
			used += is_attribute(c) ? 1 : 3;
		}
		section++;
	} while (*value);
}

void es_header_parameter(struct es_buf *out, const char *name,
			 const char *value)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(VALUE_MAX);
	bool plain = true;

	make_printable(&text, value);
	for (size_t i = 0; i < text.len; i++)
		plain &= is_attribute(text.data[i]) || text.data[i] == ' ';
	if (plain && text.len <= PLAIN_WORD)
		es_buf_addf(out, ";\r\n %s=\"%s\"", name, es_buf_str(&text));
	else
		put_percent(out, name, es_buf_str(&text));
}
