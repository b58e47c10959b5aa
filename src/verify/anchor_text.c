/* SPDX-License-Identifier: MIT */
/* anchor_text.c - commit ids that a mail or a list names */
#include "config.h"

#include "verify/verify_priv.h"

#include "etcsnap/clock.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * In a mail, our header field X-Etcsnap-Commit names a run. What the body of
 * such a mail says is for people: it tells of files, which may name any commit,
 * in any encoding. In the body of another mail an id counts on a line with the
 * word "commit", or when it has all its digits; not on lines of a difference or
 * a quotation, which are what somebody else wrote. In a plain list every full
 * id counts, and a date on its line says when it was written down.
 */

#define FIELD "X-Etcsnap-Commit:"
/* Fewest digits that are taken for an id. */
#define DIGITS_MIN 7
/* Longest name of a month or zone. */
#define WORD_MAX 31

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ------------------------------------------------------------------- dates */

/*
 * Parts of a date, each after blanks. They return what follows the part, or
 * NULL when it is missing, and take such a NULL for the begin.
 */

/* The first digits, @max at most. */
static const char *part_number(const char *at, int max, int *out)
{
	int n = 0;

	while (at && isspace((unsigned char)*at))
		at++;
	if (!at || !isdigit((unsigned char)*at))
		return NULL;
	for (*out = 0; n < max && isdigit((unsigned char)at[n]); n++)
		*out = 10 * *out + at[n] - '0';
	return at + n;
}

/* The first bytes of a word, @max at most; @out has room for a NUL more. */
static const char *part_word(const char *at, size_t max, char *out)
{
	size_t n = 0;

	while (at && isspace((unsigned char)*at))
		at++;
	if (!at || !*at)
		return NULL;
	while (n < max && at[n] && !isspace((unsigned char)at[n]))
		n++;
	memcpy(out, at, n);
	out[n] = '\0';
	return at + n;
}

/* A colon and the first two digits behind it. */
static const char *part_sixtieth(const char *at, int *out)
{
	return at && *at == ':' ? part_number(at + 1, 2, out) : NULL;
}

static int month_of(const char *name)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (strncasecmp(names + (ptrdiff_t)3 * i, name, 3) == 0)
			return i;
	return -1;
}

/* "+0200" or "GMT" and the like: minutes east. */
static int zone_of(const char *text)
{
	int hours = 0, minutes = 0;

	if ((*text == '+' || *text == '-') &&
	    part_number(part_number(text + 1, 2, &hours), 2, &minutes))
		return (*text == '-' ? -1 : 1) * (hours * 60 + minutes);
	return 0;
}

bool es_anchor_date(int64_t *out, const char *text, size_t len)
{
	char room[128], month[4] = "", zone[WORD_MAX + 1] = "";
	struct tm tm = { 0 };
	const char *p;
	time_t t;

	if (len >= sizeof(room))
		len = sizeof(room) - 1;
	memcpy(room, text, len);
	room[len] = '\0';
	p = strchr(room, ',') ? strchr(room, ',') + 1 : room;
	p = part_number(p, 2, &tm.tm_mday);
	p = part_word(p, 3, month);
	p = part_number(p, 4, &tm.tm_year);
	p = part_number(p, 2, &tm.tm_hour);
	p = part_sixtieth(p, &tm.tm_min);
	if (!p)
		return false;
	p = part_sixtieth(p, &tm.tm_sec);
	part_word(p, WORD_MAX, zone);
	tm.tm_mon = month_of(month);
	tm.tm_year -= 1900;
	if (tm.tm_mon < 0 || tm.tm_year < 70)
		return false;
	t = timegm(&tm);
	if (t < 0)
		return false;
	*out = (int64_t)t - 60 * (int64_t)zone_of(zone);
	return true;
}

/* "May  5 12:00:00 2026" */
static bool mbox_parts(struct tm *tm, const char *p)
{
	char month[4] = "";

	p = part_word(p, 3, month);
	p = part_number(p, 2, &tm->tm_mday);
	p = part_number(p, 2, &tm->tm_hour);
	p = part_sixtieth(p, &tm->tm_min);
	p = part_sixtieth(p, &tm->tm_sec);
	if (!part_number(p, 4, &tm->tm_year))
		return false;
	tm->tm_mon = month_of(month);
	tm->tm_year -= 1900;
	return true;
}

/* "From user@host Tue May  5 12:00:00 2026", which stands between mails. */
static bool mbox_date(int64_t *out, const char *text, size_t len)
{
	static const char days[] = "Mon Tue Wed Thu Fri Sat Sun ";
	char room[256];
	struct tm tm = { 0 };

	if (len >= sizeof(room))
		len = sizeof(room) - 1;
	memcpy(room, text, len);
	room[len] = '\0';
	for (const char *p = room; (p = strchr(p, ' ')); p++) {
		char day[5] = "";

		memcpy(day, p + 1, strnlen(p + 1, 4));
		if (strlen(day) != 4 || !strstr(days, day) ||
		    !mbox_parts(&tm, p + 4))
			continue;
		*out = (int64_t)timegm(&tm);
		return tm.tm_mon >= 0 && *out > 0;
	}
	return false;
}

/* The first word of a line that is a date; 0 when there is none. */
static int64_t date_on(const char *line, size_t len)
{
	struct es_error ignored = ES_ERROR_INIT;
	char word[WORD_MAX + 1];
	int64_t when;
	size_t n;

	for (size_t i = 0; i + 10 <= len; i++) {
		if ((i && is_word(line[i - 1])) ||
		    !isdigit((unsigned char)line[i]) || line[i + 4] != '-' ||
		    line[i + 7] != '-')
			continue;
		for (n = 0; n < WORD_MAX && i + n < len &&
			    (isalnum((unsigned char)line[i + n]) ||
			     strchr("-+:", line[i + n]));
		     n++)
			word[n] = line[i + n];
		word[n] = '\0';
		if (es_clock_parse(&when, word, 0, &ignored) == 0)
			return when;
	}
	return 0;
}

/* --------------------------------------------------------------------- ids */

static bool says_commit(const char *line, size_t len)
{
	for (size_t i = 0; i + 6 <= len; i++)
		if (strncasecmp(line + i, "commit", 6) == 0 &&
		    (i == 0 || !is_word(line[i - 1])))
			return true;
	return false;
}

static int take(struct es_anchor_reader *r, const char *hex, size_t digits,
		const char *after, size_t left, int64_t when)
{
	struct es_anchor a = { .digits = digits,
			       .when = when,
			       .line = r->line };

	memcpy(a.hex, hex, digits);
	a.old = left > 2 && after[0] == '.' && after[1] == '.';
	return r->each(r->payload, &a);
}

/* Digits at the begin of a line's rest. */
static size_t span_hex(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && is_hex(line[n]))
		n++;
	return n;
}

/* Bytes up to where the next word begins. */
static size_t span_word(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && is_word(line[n]))
		n++;
	while (n < len && !is_word(line[n]))
		n++;
	return n;
}

/* An id is a word of its own, and no number of the decimal kind. */
static bool is_id(const char *word, size_t n, size_t len, size_t least)
{
	size_t digits = 0;

	while (digits < n && isdigit((unsigned char)word[digits]))
		digits++;
	return n >= least && n <= ES_OID_HEX && digits < n &&
	       (n == len || !is_word(word[n]));
}

static int take_ids(struct es_anchor_reader *r, const char *line, size_t len,
		    size_t least)
{
	const int64_t dated = r->mail ? 0 : date_on(line, len);
	int rc = 0;

	while (len > 0 && rc == 0) {
		const size_t n = span_hex(line, len);
		size_t step;

		if (is_id(line, n, len, least))
			rc = take(r, line, n, line + n, len - n,
				  dated ? dated : r->when);
		step = n + span_word(line + n, len - n);
		line += step;
		len -= step;
	}
	return rc;
}

/* ------------------------------------------------------------------- lines */

static bool begins(const char *line, size_t len, const char *with)
{
	const size_t n = strlen(with);

	return len >= n && strncasecmp(line, with, n) == 0;
}

static int head_line(struct es_anchor_reader *r, const char *line, size_t len)
{
	const bool folded = len && (line[0] == ' ' || line[0] == '\t');

	if (len == 0) {
		r->head = r->own = r->dated = false;
		return 0;
	}
	if (!folded) {
		r->own = begins(line, len, FIELD);
		r->ours |= r->own;
		r->dated = begins(line, len, "Date:");
	}
	if (r->dated && !folded)
		es_anchor_date(&r->when, line + 5, len - 5);
	return r->own ? take_ids(r, line, len, DIGITS_MIN) : 0;
}

static int body_line(struct es_anchor_reader *r, const char *line, size_t len)
{
	/* not what a difference or a quotation says */
	if (r->ours || (len && (strchr("+-@> \t|", line[0]) ||
				begins(line, len, "Content-"))))
		return 0;
	return take_ids(r, line, len,
			says_commit(line, len) ? DIGITS_MIN : ES_OID_HEX);
}

/* Does the file begin as a mail does, by a field of a header? */
static bool is_field(const char *line, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)line[n]) || line[n] == '-'))
		n++;
	return n > 0 && n < len && line[n] == ':' &&
	       isupper((unsigned char)line[0]);
}

int es_anchor_line(struct es_anchor_reader *r, const char *line, size_t len)
{
	const bool between = begins(line, len, "From ") && line[0] == 'F';

	if (len && line[len - 1] == '\r')
		len--;
	if (++r->line == 1 && (between || is_field(line, len)))
		r->mail = r->head = true;
	if (between && (r->line == 1 || r->mail)) {
		r->head = true;
		r->own = r->ours = r->dated = false;
		r->when = 0;
		mbox_date(&r->when, line, len);
		return 0;
	}
	if (r->head)
		return head_line(r, line, len);
	return r->mail ? body_line(r, line, len)
		       : take_ids(r, line, len,
				  says_commit(line, len) ? DIGITS_MIN
							 : ES_OID_HEX);
}
