/* SPDX-License-Identifier: MIT */
/* logins_text.c - an excerpt as run/logins has it */
#include "config.h"

#include "logins/logins_priv.h"

#include "etcsnap/quote.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/*
 * Words parted by one blank. A blank in a word is \x20, and whatever could
 * mislead is escaped as for a terminal; an empty word is a hyphen. Times are
 * in UTC, so that the text is the same wherever it is made.
 */

/* Where @blanks may stay those at either end, which nobody sees, do not. */
static void add_text(struct es_buf *b, const char *raw, bool blanks)
{
	const char *const begin = raw;

	es_buf_addc(b, ' ');
	if (raw[0] == '\0')
		es_buf_addc(b, '-');
	if (strcmp(raw, "-") == 0) {
		es_buf_adds(b, "\\x2d");
		return;
	}
	while (*raw) {
		const size_t n = strcspn(raw, " ");

		es_quote_term(b, raw, n);
		raw += n;
		if (*raw == '\0')
			break;
		const bool inside = raw > begin && raw[1];
		es_buf_adds(b, blanks && inside ? " " : "\\x20");
		raw++;
	}
}

static void add_word(struct es_buf *b, const char *raw)
{
	add_text(b, raw, false);
}

static void add_time(struct es_buf *b, int64_t when, bool known)
{
	const time_t t = (time_t)when;
	struct tm tm;

	es_buf_addc(b, ' ');
	if (!known)
		es_buf_addc(b, '-');
	else if (when < 0 || when > INT64_C(253402300799) || !gmtime_r(&t, &tm))
		/* No calendar of four digits has it. */
		es_buf_addf(b, "@%" PRId64, when);
	else
		es_buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ",
			    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void add_session(struct es_buf *b, const struct es_login *s)
{
	es_buf_adds(b, "session");
	add_time(b, s->begin, true);
	add_time(b, s->end, s->end != 0);
	add_word(b, es_login_end_name(s->how));
	add_word(b, s->user);
	add_word(b, s->line);
	add_word(b, s->host);
	add_word(b, s->service);
	es_buf_addc(b, '\n');
}

static void add_failure(struct es_buf *b, const struct es_login_failure *f)
{
	es_buf_addf(b, "failed %" PRIu64, f->count);
	add_time(b, f->first, true);
	add_time(b, f->last, true);
	add_word(b, f->source);
	add_word(b, f->user);
	es_buf_addc(b, '\n');
}

static void add_switch(struct es_buf *b, const struct es_login_switch *s)
{
	es_buf_adds(b, "switch");
	add_time(b, s->when, true);
	add_word(b, s->failed ? "refused" : "done");
	add_word(b, s->tool);
	add_word(b, s->user);
	add_word(b, s->as);
	add_word(b, s->line);
	/* To the end of the line. */
	add_text(b, s->command, true);
	es_buf_addc(b, '\n');
}

int es_logins_text(const struct es_logins *l, struct es_buf *out)
{
	const size_t rows = l->n_sessions + l->n_failures + l->n_switches;

	if (l->missing && rows == 0 && l->dropped == 0)
		return out->failed;
	es_buf_adds(out, "window");
	add_time(out, l->from, true);
	add_time(out, l->to, true);
	es_buf_addc(out, '\n');
	if (l->missing)
		es_buf_adds(out, "missing sessions\n");
	for (size_t i = 0; i < l->n_sessions; i++)
		add_session(out, &l->sessions[i]);
	for (size_t i = 0; i < l->n_failures; i++)
		add_failure(out, &l->failures[i]);
	for (size_t i = 0; i < l->n_switches; i++)
		add_switch(out, &l->switches[i]);
	if (l->dropped)
		es_buf_addf(out, "dropped %" PRIu64 "\n", l->dropped);
	return out->failed;
}
