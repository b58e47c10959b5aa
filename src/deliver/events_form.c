/* SPDX-License-Identifier: MIT */
/* events_form.c - an event as a record of syslog, RFC 5424, or as CEF */
#include "config.h"

#include "deliver/events_priv.h"

#include "etcsnap/quote.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

/*
 * A name without "@" may only be one that IANA lists, and one with it has a
 * private enterprise number. This program has none of its own; 32473 is the
 * one that RFC 5612 sets aside for examples, so that it is no other's.
 */
#define SD_ID "etcsnap@32473"
/* RFC 5424: HOSTNAME has at most so many. */
#define HOSTNAME_MAX 255
#define BOM "\xef\xbb\xbf"

static const char *const facilities[] = {
	"kern",	  "user",   "mail",   "daemon", "auth",	    "syslog",
	"lpr",	  "news",   "uucp",   "cron",	"authpriv", "ftp",
	"ntp",	  "audit",  "alert",  "clock",	"local0",   "local1",
	"local2", "local3", "local4", "local5", "local6",   "local7",
};

int es_event_facility(const char *name)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(*facilities); i++)
		if (strcmp(name, facilities[i]) == 0)
			return (int)i;
	return -1;
}

/* Quoted, so that it is one line of UTF-8, then once more for the form. */
static void add_escaped(struct es_buf *out, const char *raw, size_t len,
			const char *special)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(ES_BUF_MAX);

	es_quote_term(&line, raw, len);
	if (line.failed)
		out->failed = line.failed;
	for (size_t i = 0; i < line.len; i++) {
		if (strchr(special, line.data[i]))
			es_buf_addc(out, '\\');
		es_buf_addc(out, line.data[i]);
	}
}

/* --- RFC 5424 ------------------------------------------------------------- */

static void add_hostname(struct es_buf *out, const char *host)
{
	size_t n = 0;

	for (; host && *host && n < HOSTNAME_MAX; host++)
		if (*host > ' ' && *host < 0x7f && ++n)
			es_buf_addc(out, *host);
	if (n == 0)
		es_buf_addc(out, '-');
}

static void add_header(struct es_buf *out, const struct event *e, int facility)
{
	static const char *const ids[EVENT_KINDS] = {
		[EVENT_CHANGE] = "change",
		[EVENT_OPENED] = "finding-opened",
		[EVENT_CLOSED] = "finding-closed",
		[EVENT_REPORT] = "report",
		[EVENT_NOTICE] = "notice",
	};
	const time_t when = e->time;
	char stamp[40];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	es_buf_addf(out, "<%d>1 %s ", facility * 8 + es_event_priority(e),
		    stamp);
	add_hostname(out, e->host);
	es_buf_addf(out, " etcsnap - %s ", ids[e->kind]);
}

/* RFC 5424, 6.3.3: '"', '\' and ']' have a backslash in front. */
static void add_structured(struct es_buf *out, const struct event *e)
{
	es_buf_adds(out, "[" SD_ID);
	for (int i = 0; i < FIELDS; i++) {
		const struct es_buf *v = &e->values[i];

		if (!v->len)
			continue;
		es_buf_addf(out, " %s=\"", es_event_fields[i].name);
		add_escaped(out, es_buf_str(v), v->len, "\"\\]");
		es_buf_addc(out, '"');
	}
	es_buf_adds(out, "] ");
}

/*
 * RFC 5424, 6.4: a text that is UTF-8 begins with a byte order mark. One that
 * is ASCII alone is the same without, and reads better where the mark is taken
 * for a part of the text; parsers of CEF and JSON would stumble over it.
 */
static void add_text(struct es_buf *out, const struct es_buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if ((unsigned char)text->data[i] > 0x7f) {
			es_buf_adds(out, BOM);
			break;
		}
	es_buf_adds(out, es_buf_str(text));
}

static void add_record(struct es_buf *out, const struct event *e,
		       enum event_form form, int facility)
{
	add_header(out, e, facility);
	switch (form) {
	case FORM_CEF:
		es_buf_adds(out, "- ");
		es_event_cef(out, e);
		break;
	case FORM_ECS:
		es_buf_adds(out, "- ");
		es_event_ecs(out, e);
		break;
	case FORM_RFC5424:
	default:
		add_structured(out, e);
		add_text(out, &e->text);
		break;
	}
}

int es_event_record(struct es_buf *out, struct event *e, enum event_form form,
		    int facility, size_t max)
{
	static const size_t cuts[] = { 2048, 768, 256, 96, 48, 16 };
	const size_t start = out->len;

	add_record(out, e, form, facility);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		if (out->len - start <= max || out->failed)
			return out->failed;
		es_buf_truncate(out, start);
		/* the names of many attributes, hostile ones */
		if (cuts[i] < 256)
			es_event_strip(e);
		es_event_cut(e, cuts[i]);
		add_record(out, e, form, facility);
	}
	return out->failed;
}

/* --- CEF ------------------------------------------------------------------ */

/* Custom strings say themselves what they are. */
static const struct {
	enum event_field field;
	const char *label;
} labels[] = {
	{ FIELD_COMMIT, "commit" },   { FIELD_RULE, "rule" },
	{ FIELD_PACKAGE, "package" }, { FIELD_TAGS, "tags" },
	{ FIELD_CHECK, "check" },     { FIELD_EXPLANATION, "explanation" },
};

static const char *label_of(int field)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if ((int)labels[i].field == field)
			return labels[i].label;
	return NULL;
}

/* In the header '|' and '\' have a backslash in front, '=' has none. */
static void add_cef_header(struct es_buf *out, const struct event *e)
{
	static const char *const names[EVENT_KINDS] = {
		[EVENT_CHANGE] = "",
		[EVENT_OPENED] = "Finding opened",
		[EVENT_CLOSED] = "Finding closed",
		[EVENT_REPORT] = "Report",
		[EVENT_NOTICE] = "Notice of etcsnap",
	};
	const struct es_buf *kind = &e->values[FIELD_KIND];

	es_buf_adds(out, "CEF:0|etcsnap|etcsnap|" PACKAGE_VERSION "|");
	add_escaped(out, es_buf_str(kind), kind->len, "\\|");
	es_buf_addf(out, "|%s", names[e->kind]);
	if (e->kind == EVENT_CHANGE) {
		es_buf_adds(out, "Configuration ");
		add_escaped(out, es_buf_str(kind), kind->len, "\\|");
	}
	es_buf_addf(out, "|%d|", es_event_level(e));
}

void es_event_cef(struct es_buf *out, const struct event *e)
{
	const char *id = es_buf_str(&e->values[FIELD_ID]);

	add_cef_header(out, e);
	es_buf_addf(out, "rt=%" PRId64 "000 dvchost=", e->time);
	add_escaped(out, e->host, strlen(e->host), "\\=");
	/* the dictionary gives it 40 characters */
	es_buf_addf(out, " externalId=%.*s.%.7s",
		    (int)(strcspn(id, "@") < 32 ? strcspn(id, "@") : 32), id,
		    es_buf_str(&e->values[FIELD_EVENT]));
	for (int i = 0; i < FIELDS; i++) {
		const struct event_name *name = &es_event_fields[i];
		const struct es_buf *v = &e->values[i];

		if (!name->cef || !v->len)
			continue;
		if (label_of(i))
			es_buf_addf(out, " %sLabel=%s", name->cef, label_of(i));
		es_buf_addf(out, " %s=", name->cef);
		add_escaped(out, es_buf_str(v), v->len, "\\=");
	}
	es_buf_adds(out, " msg=");
	for (size_t i = 0; i < e->text.len; i++) {
		if (strchr("\\=", e->text.data[i]))
			es_buf_addc(out, '\\');
		es_buf_addc(out, e->text.data[i]);
	}
}
