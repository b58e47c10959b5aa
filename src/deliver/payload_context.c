/* SPDX-License-Identifier: MIT */
/* payload_context.c - what payload templates know beside the report's view */
#include "config.h"

#include "deliver/payload_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/digest.h"
#include "etcsnap/quote.h"
#include "etcsnap/severity.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Units of a line and of a headline; blocks of code are made of such lines. */
#define LINE_UNITS 500
/*
 * Units of a block. Together with a headline in which all is escaped it is less
 * than the 4,096 of Discord, and with its fences less than the 3,000 of Slack.
 */
#define BLOCK_UNITS 2500
/* Characters of a key: GitHub's labels have 50. */
#define KEY_MAX 50
#define KEY_HASH 12

/* --- severity and time --------------------------------------------------- */

static void set_severity(struct es_doc *ctx, const char *word)
{
	struct es_doc *s = es_doc_object(ctx, "severity");
	enum es_severity n = es_severity_parse(word);
	char upper[16];
	size_t i = 0;

	for (; word[i] && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)word[i]);
	upper[i] = '\0';
	es_doc_str(s, "word", word);
	es_doc_str(s, "upper", upper);
	es_doc_number(s, "number", n);
	es_doc_bool(s, "none", n == ES_SEVERITY_NONE);
	es_doc_bool(s, "info", n == ES_SEVERITY_INFO);
	es_doc_bool(s, "notice", n == ES_SEVERITY_NOTICE);
	es_doc_bool(s, "warning", n == ES_SEVERITY_WARNING);
	es_doc_bool(s, "critical", n == ES_SEVERITY_CRITICAL);
	es_doc_bool(s, "alarming", n >= ES_SEVERITY_WARNING);
}

static void set_time(struct es_doc *ctx, int64_t when)
{
	struct es_doc *t = es_doc_object(ctx, "time");
	char text[32], iso[ES_TIME_LEN];

	es_doc_str(t, "iso", es_clock_rfc3339(iso, when));
	es_doc_number(t, "epoch", when);
	es_doc_number(t, "ms", when * 1000);
	snprintf(text, sizeof(text), "%" PRId64 "000000000", when);
	es_doc_str(t, "ns", text);
}

/* --- names that fit into addresses and labels ---------------------------- */

static bool is_safe(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._", c));
}

/* RFC 3986: all but the unreserved ones as %XX */
static void set_url_form(struct es_doc *ctx, const char *as, const char *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	for (; *text; text++)
		if (is_safe(*text))
			es_buf_addc(&b, *text);
		else
			es_buf_addf(&b, "%%%02X", (unsigned char)*text);
	es_doc_text(ctx, as, es_buf_str(&b), b.len);
}

/*
 * The key by which the open ticket is found: of letters, digits, '-', '.', '_'
 * alone. What another name would become too has a part of a digest in it.
 */
static void set_key(struct es_doc *ctx, const struct es_doc *part)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	const char *group = es_doc_get_str(ctx, "group_key");
	char key[KEY_MAX + 1], hex[2 * ES_SHA256_LEN + 1];
	uint8_t digest[ES_SHA256_LEN];
	bool same = !part;
	size_t n = 0;

	es_buf_adds(&raw, group ? group : "etcsnap");
	for (const char *at = es_buf_str(&raw); *at && n < KEY_MAX; at++) {
		key[n++] = is_safe(*at) ? *at : '-';
		same &= is_safe(*at);
	}
	same &= raw.len <= KEY_MAX;
	if (part) {
		es_buf_addc(&raw, '\0');
		if (!es_doc_get_bytes(part, "path", &raw) &&
		    !es_doc_get_bytes(part, "package", &raw))
			es_doc_get_bytes(part, "kind", &raw);
	}
	if (!same) {
		es_sha256(digest, es_buf_str(&raw), raw.len);
		es_hex(hex, digest, sizeof(digest));
		if (n > KEY_MAX - KEY_HASH - 1)
			n = KEY_MAX - KEY_HASH - 1;
		key[n++] = '-';
		memcpy(key + n, hex, KEY_HASH);
		n += KEY_HASH;
	}
	key[n] = '\0';
	es_doc_str(ctx, "key", key);
}

/* --- texts --------------------------------------------------------------- */

/* One line that says it all; others than reports have their own. */
static void set_headline(struct es_doc *ctx, const struct message *msg,
			 const struct es_doc *part)
{
	const struct es_doc *view = es_doc_get(ctx, "view");
	const char *host = es_doc_get_str(msg->report, "host");
	const char *headline = view ? es_doc_get_str(view, "headline") : NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (msg->span->test)
		es_buf_adds(&b, "[test] ");
	if (part || !es_doc_is_null(msg->report, "notice") || !headline) {
		if (host)
			es_quote_term(&b, host, strlen(host));
		es_buf_adds(&b, ": ");
		if (part)
			es_payload_phrase(&b, part);
		else if (es_doc_get_bytes(msg->report, "notice", &raw))
			es_quote_term(&b, es_buf_str(&raw), raw.len);
	} else {
		es_buf_adds(&b, headline);
	}
	es_doc_text(ctx, "headline", es_buf_str(&b), b.len);
}

/* The report's text without its headline, or all that is known of a part. */
static void add_lines(struct es_doc *lines, const struct es_doc *ctx,
		      const struct message *msg, const struct es_doc *part)
{
	const char *headline = es_doc_get_str(ctx, "headline");
	const char *at = es_buf_str(&msg->text);
	size_t len = strcspn(at, "\n");

	if (part) {
		es_payload_details(lines, part);
	} else {
		if (len == strlen(headline) && memcmp(at, headline, len) == 0)
			at += len + (at[len] == '\n');
		for (; *at; at += len + (at[len] == '\n')) {
			len = strcspn(at, "\n");
			es_doc_push_text(lines, at, len);
		}
	}
	/* some services refuse what has no text at all */
	if (es_doc_len(lines) == 0)
		es_doc_push_text(lines, headline, strlen(headline));
}

/* Lines as one text of limited length, several where it is too long. */
struct blocks {
	struct es_doc *list;
	struct es_buf text;
	size_t units;
};

static void end_block(struct blocks *b, size_t left)
{
	struct es_doc *block;

	if (b->text.len == 0)
		return;
	block = es_doc_push(b->list);
	es_doc_text(block, "text", es_buf_str(&b->text), b->text.len - 1);
	es_doc_number(block, "left", (int64_t)left);
	es_buf_reset(&b->text);
	b->units = 0;
}

static void add_line(struct blocks *b, const struct es_buf *line, size_t left)
{
	size_t units = es_markup_units(es_buf_str(line), line->len) + 1;

	if (b->units + units > BLOCK_UNITS)
		end_block(b, left);
	es_buf_add(&b->text, es_buf_str(line), line->len);
	es_buf_addc(&b->text, '\n');
	b->units += units;
}

static void set_text(struct es_doc *form, const char *key,
		     enum payload_markup m, const char *text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf cut = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	if (!text)
		text = "";
	es_markup_cut(&cut, text, strlen(text), LINE_UNITS);
	es_markup_add(&out, m, es_buf_str(&cut), cut.len);
	es_doc_text(form, key, es_buf_str(&out), out.len);
}

/* A form of all texts, for services that show one markup. */
static void set_form(struct es_doc *ctx, enum payload_markup m,
		     const struct es_doc *lines, size_t max)
{
	const struct es_doc *view = es_doc_get(ctx, "view");
	const struct es_doc *report = es_doc_get(ctx, "report");
	struct es_doc *form = es_doc_object(ctx, es_markup_name(m));
	struct es_doc *out = es_doc_array(form, "lines");
	struct blocks b = {
		.list = es_doc_array(form, "blocks"),
		.text = ES_BUF_INIT(1 << 16),
	};
	size_t n = es_doc_len(lines), left = n > max ? n - max : 0;

	set_text(form, "headline", m, es_doc_get_str(ctx, "headline"));
	set_text(form, "host", m,
		 report ? es_doc_get_str(report, "host") : NULL);
	set_text(form, "counts", m,
		 view ? es_doc_get_str(view, "counts") : NULL);
	set_text(form, "advice", m,
		 view ? es_doc_get_str(view, "advice") : NULL);
	set_text(form, "period", m,
		 view ? es_doc_get_str(view, "period") : NULL);
	set_text(form, "rest", m, es_doc_get_str(ctx, "rest"));
	for (size_t i = 0; i < n - left; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf cut = ES_BUF_INIT(1 << 16);
		ES_CLEANUP(es_buf_dispose)
		struct es_buf line = ES_BUF_INIT(1 << 16);
		const char *text = es_doc_at_str(lines, i);

		es_markup_cut(&cut, text, strlen(text), LINE_UNITS);
		es_markup_code(&line, m, es_buf_str(&cut), cut.len);
		es_doc_push_text(out, es_buf_str(&line), line.len);
		add_line(&b, &line, n - i);
	}
	end_block(&b, left);
	es_doc_number(form, "left", (int64_t)left);
	es_buf_dispose(&b.text);
}

/* The subject as titles of as many characters as services allow. */
static void set_titles(struct es_doc *ctx)
{
	static const struct {
		const char *key;
		size_t units;
	} titles[] = { { "title_130", 130 },
		       { "title_160", 160 },
		       { "title_250", 250 },
		       { "title_1000", 1000 } };
	const char *subject = es_doc_get_str(ctx, "subject");

	if (!subject || !*subject)
		subject = es_doc_get_str(ctx, "headline");
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(1 << 16);

		es_markup_cut(&b, subject, strlen(subject), titles[i].units);
		es_doc_text(ctx, titles[i].key, es_buf_str(&b), b.len);
	}
}

/* --- all of it ----------------------------------------------------------- */

/* Whether there is something to open a ticket for. */
static bool has_news(const struct message *msg)
{
	const struct es_doc *counts = es_doc_get(msg->report, "counts");

	if (msg->span->test || !es_doc_is_null(msg->report, "notice"))
		return true;
	if (es_doc_get_bool(msg->report, "hello") || !counts)
		return false;
	return es_doc_get_number(counts, "total", 0) > 0 ||
	       es_doc_get_number(counts, "opened", 0) > 0 ||
	       es_doc_get_number(counts, "closed", 0) > 0;
}

/* What a title says is about the part alone. */
static void set_part_subject(struct es_doc *ctx)
{
	const char *headline = es_doc_get_str(ctx, "headline");
	const struct es_doc *channel = es_doc_get(ctx, "channel");
	const char *prefix = channel ? es_doc_get_str(channel, "prefix") : NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (prefix && *prefix)
		es_buf_addf(&b, "%s ", prefix);
	es_buf_adds(&b, headline ? headline : "");
	es_doc_text(ctx, "subject", es_buf_str(&b), b.len);
}

int es_payload_context(struct es_doc *ctx, const struct message *msg,
		       const struct payload_room *room, struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *own = es_doc_new();
	const struct es_doc *part = es_doc_get(ctx, "part");
	const struct es_doc *view = es_doc_get(ctx, "view");
	const char *host = es_doc_get_str(msg->report, "host");
	const char *severity = part ? es_doc_get_str(part, "severity") : NULL;
	struct es_doc *lines;

	if (!own)
		return es_fail_oom(err);
	lines = es_doc_array(own, "lines");
	set_severity(ctx, severity ? severity : msg->severity);
	set_time(ctx, part ? es_doc_get_number(part, "when_epoch", msg->date)
			   : msg->date);
	set_url_form(ctx, "host_url", host ? host : "");
	set_url_form(ctx, "id_url", es_doc_get_str(ctx, "id"));
	set_key(ctx, part);
	es_doc_str(ctx, "rest", view ? es_doc_get_str(view, "rest") : "");
	es_doc_bool(ctx, "news", has_news(msg));
	es_doc_bool(ctx, "tight", room->tight);
	set_headline(ctx, msg, part);
	if (part)
		set_part_subject(ctx);
	set_titles(ctx);
	add_lines(lines, ctx, msg, part);
	es_payload_events(ctx, msg, part, room->events);
	for (int m = 0; m < MARKUPS; m++)
		set_form(ctx, (enum payload_markup)m, lines, room->lines);
	return es_doc_check(own, err) < 0 ? err->code : es_doc_check(ctx, err);
}
