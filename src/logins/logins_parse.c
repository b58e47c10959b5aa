/* SPDX-License-Identifier: MIT */
/* logins_parse.c - an excerpt out of the text of run/logins */
#include "config.h"

#include "logins/logins_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Words of a line; the last one holds what is behind it, too. */
#define WORDS_MAX 8

/**
 * struct words - a line, taken apart
 * @at: its words, decoded where take() did so; NULL behind the last one
 * @n:  their number
 */
struct words {
	char *at[WORDS_MAX];
	size_t n;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The byte that an escape stands for, 0 for none; @s is set behind it. */
static char escape(const char **s)
{
	const char c = (*s)[1];

	if (c != 'x') {
		*s += c ? 2 : 1;
		return c == 'n' ? '\n' : c == 't' ? '\t' : c == '\\' ? c : 0;
	}
	const int high = hex_digit((*s)[2]);
	const int low = high < 0 ? -1 : hex_digit((*s)[3]);
	if (low < 0)
		return 0;
	*s += 4;
	return (char)(high << 4 | low);
}

/* In place. Returns the word, NULL for one with a broken escape. */
static const char *decode(char *word)
{
	const char *from = word;
	char *to = word;

	if (strcmp(word, "-") == 0)
		return "";
	while (*from) {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		const char c = escape(&from);
		if (!c)
			return NULL;
		*to++ = c;
	}
	*to = '\0';
	return word;
}

static void split(struct words *w, char *line, size_t most)
{
	w->n = 0;
	while (line && w->n < most) {
		w->at[w->n++] = line;
		char *const end = w->n < most ? strchr(line, ' ') : NULL;
		if (end)
			*end = '\0';
		line = end ? end + 1 : NULL;
	}
}

/* Decodes all the words of a line that are text. */
static bool decode_from(struct words *w, const char **out, size_t first)
{
	for (size_t i = first; i < w->n; i++) {
		*out = decode(w->at[i]);
		if (!*out++)
			return false;
	}
	return true;
}

static bool parse_number(uint64_t *out, const char *s)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*out = strtoull(s, &end, 10);
	return !errno && *end == '\0';
}

/* "2026-05-01T12:00:00Z" or "@1777636800" */
static bool parse_time(int64_t *out, const char *s)
{
	struct tm tm;
	char *end;

	if (*s == '@') {
		errno = 0;
		*out = strtoll(s + 1, &end, 10);
		return !errno && end > s + 1 && *end == '\0';
	}
	if (!lg_read_date(&tm, s) || strcmp(s + 19, "Z") != 0)
		return false;
	*out = timegm(&tm);
	return true;
}

static int parse_window(struct es_logins *l, char *line)
{
	struct words w;

	split(&w, line, 4);
	return w.n >= 3 && parse_time(&l->from, w.at[1]) &&
			       parse_time(&l->to, w.at[2])
		       ? 0
		       : -EINVAL;
}

static int parse_session(struct es_logins *l, char *line)
{
	const char *text[WORDS_MAX];
	struct es_login s = { 0 };
	struct words w;
	int how = ES_LOGIN_OPEN;

	split(&w, line, 8);
	/* A later version may say more behind the last word. */
	if (w.n == 8)
		w.at[7][strcspn(w.at[7], " ")] = '\0';
	if (w.n < 8 || !parse_time(&s.begin, w.at[1]) ||
	    (strcmp(w.at[2], "-") != 0 && !parse_time(&s.end, w.at[2])) ||
	    !decode_from(&w, text, 4))
		return -EINVAL;
	while (how <= ES_LOGIN_GONE &&
	       strcmp(w.at[3], es_login_end_name((enum es_login_end)how)) != 0)
		how++;
	if (how > ES_LOGIN_GONE)
		return -EINVAL;
	s.how = (enum es_login_end)how;
	s.user = text[0];
	s.line = text[1];
	s.host = text[2];
	s.service = text[3];
	return lg_append_session(l, &s);
}

static int parse_failure(struct es_logins *l, char *line)
{
	const char *text[WORDS_MAX];
	struct es_login_failure f = { 0 };
	struct words w;

	split(&w, line, 6);
	if (w.n == 6)
		w.at[5][strcspn(w.at[5], " ")] = '\0';
	if (w.n < 6 || !parse_number(&f.count, w.at[1]) ||
	    !parse_time(&f.first, w.at[2]) || !parse_time(&f.last, w.at[3]) ||
	    !decode_from(&w, text, 4))
		return -EINVAL;
	f.source = text[0];
	f.user = text[1];
	return lg_add_failure(l, &f);
}

static int parse_switch(struct es_logins *l, char *line)
{
	const char *text[WORDS_MAX];
	struct es_login_switch s = { 0 };
	struct words w;

	split(&w, line, 8);
	if (w.n < 8 || !parse_time(&s.when, w.at[1]) ||
	    (strcmp(w.at[2], "done") != 0 && strcmp(w.at[2], "refused") != 0) ||
	    !decode_from(&w, text, 3))
		return -EINVAL;
	s.failed = w.at[2][0] == 'r';
	s.tool = text[0];
	s.user = text[1];
	s.as = text[2];
	s.line = text[3];
	s.command = text[4];
	return lg_append_switch(l, &s);
}

static int parse_dropped(struct es_logins *l, char *line)
{
	struct words w;

	split(&w, line, 3);
	return w.n >= 2 && parse_number(&l->dropped, w.at[1]) ? 0 : -EINVAL;
}

static int parse_missing(struct es_logins *l, char *line)
{
	(void)line;
	l->missing = true;
	return 0;
}

static const struct {
	const char *word;
	int (*parse)(struct es_logins *l, char *line);
} kinds[] = {
	{ "dropped ", parse_dropped }, { "failed ", parse_failure },
	{ "missing ", parse_missing }, { "session ", parse_session },
	{ "switch ", parse_switch },   { "window ", parse_window },
};

static int parse_line(struct es_logins *l, char *line)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(line, kinds[i].word, strlen(kinds[i].word)) == 0)
			return kinds[i].parse(l, line);
	return 0;
}

int es_logins_parse(struct es_logins **out, const char *text, size_t len,
		    struct es_error *err)
{
	ES_CLEANUP(es_logins_freep) struct es_logins *l = lg_new(0, 0);
	size_t at = 0;
	unsigned long number = 0;

	if (!l)
		return es_fail_oom(err);
	/* Without a text nothing was known. */
	l->missing = len == 0;
	while (at < len) {
		const char *const stop = memchr(text + at, '\n', len - at);
		const size_t n = stop ? (size_t)(stop - text) - at : len - at;
		ES_CLEANUP(es_freep) char *line = strndup(text + at, n);

		number++;
		if (!line)
			return es_fail_oom(err);
		const int rc = strlen(line) < n ? -EINVAL : parse_line(l, line);
		if (rc == -EINVAL)
			return es_fail(err, rc,
				       "line %lu of the logins makes no sense",
				       number);
		if (rc < 0)
			return es_fail_oom(err);
		at += n + (stop != NULL);
	}
	lg_cut(l, SIZE_MAX, SIZE_MAX, SIZE_MAX);
	*out = es_steal_ptr(&l);
	return 0;
}
