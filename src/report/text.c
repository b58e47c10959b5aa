/* SPDX-License-Identifier: MIT */
/* text.c - a report for people: readable at 80 columns and half asleep */
#include "config.h"

#include "etcsnap/quote.h"
#include "etcsnap/report.h"

#include "report/report_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Columns that lines of our own making keep to. */
#define WIDTH 80
/* Names in a list of those that were only touched, before it is cut. */
#define NAMES_MAX 20
/* Digits of a commit id, as git shortens it. */
#define SHORT_ID 7

/* Words of the counts, and the order in which they are told. */
static const struct {
	const char *key;
	const char *word;
} counts[] = {
	{ "removed", "removed" },	  { "added", "added" },
	{ "retyped", "of another type" }, { "changed", "changed" },
	{ "renamed", "renamed" },	  { "touched", "touched" },
	{ "watched", "now watched" },	  { "unwatched", "no longer watched" },
};

/* Sections in which each change is told at length. */
static const struct {
	const char *kind;
	const char *title;
} sections[] = {
	{ "removed", "Removed" },
	{ "added", "Added" },
	{ "retyped", "Of another type now" },
	{ "changed", "Changed" },
	{ "renamed", "Renamed" },
};

/* Changes of the rules, not of the machine: one line each. */
static const struct {
	const char *kind;
	const char *title;
} folded[] = {
	{ "watched", "Now watched, since the rules changed" },
	{ "unwatched", "No longer watched, since the rules changed" },
};

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

void report_paint(struct es_buf *out, unsigned int flags,
		  enum report_paint what)
{
	static const char *const codes[] = {
		[PAINT_NONE] = "\033[m",     [PAINT_TITLE] = "\033[1m",
		[PAINT_PATH] = "\033[1m",    [PAINT_OLD] = "\033[31m",
		[PAINT_NEW] = "\033[32m",    [PAINT_HUNK] = "\033[36m",
		[PAINT_WARN] = "\033[1;33m",
	};

	if (flags & ES_REPORT_COLOR)
		es_buf_adds(out, codes[what]);
}

void report_quoted(struct es_buf *out, const struct es_doc *obj,
		   const char *key)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (es_doc_get_bytes(obj, key, &raw))
		es_quote_term(out, es_buf_str(&raw), raw.len);
	if (raw.failed && !out->failed)
		out->failed = raw.failed;
}

static void add_title(struct es_buf *out, unsigned int flags, const char *title,
		      int64_t count)
{
	es_buf_addc(out, '\n');
	report_paint(out, flags, PAINT_TITLE);
	es_buf_addf(out, "%s (%" PRId64 ")", title, count);
	report_paint(out, flags, PAINT_NONE);
	es_buf_addc(out, '\n');
}

static int64_t count_of(const struct es_doc *doc, const char *key)
{
	const struct es_doc *all = es_doc_get(doc, "counts");

	return all ? es_doc_get_number(all, key, 0) : 0;
}

/* On as many lines as it takes; @start is where the first one began. */
static void add_counts(struct es_buf *out, const struct es_doc *doc,
		       size_t start)
{
	bool any = false;
	char text[64];

	for (size_t i = 0; i < LENGTH(counts); i++) {
		int64_t n = count_of(doc, counts[i].key);

		if (n == 0)
			continue;
		snprintf(text, sizeof(text), "%" PRId64 " %s", n,
			 counts[i].word);
		if (any)
			es_buf_addc(out, ',');
		if (any && out->len - start + strlen(text) + 2 > WIDTH) {
			start = out->len + 1;
			es_buf_adds(out, "\n ");
		}
		es_buf_addf(out, "%s%s", any ? " " : "", text);
		any = true;
	}
	if (!any)
		es_buf_adds(out, "no changes");
}

/* "2026-05-01T12:00:00+02:00" as git and log write it, for people. */
static void add_time(struct es_buf *out, const char *iso)
{
	const char *t = iso ? strchr(iso, 'T') : NULL;

	if (t && strlen(t) == strlen("Thh:mm:ss+hh:mm"))
		es_buf_addf(out, "%.*s %.8s %.3s%s", (int)(t - iso), iso, t + 1,
			    t + 9, t + 13);
	else if (iso)
		es_quote_term(out, iso, strlen(iso));
}

/* "NAME <EMAIL>" as the name alone */
static void add_author(struct es_buf *out, const struct es_doc *side)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);

	if (!es_doc_get_bytes(side, "author", &raw))
		return;
	const char *end = memmem(es_buf_str(&raw), raw.len, " <", 2);
	es_buf_adds(out, " by ");
	es_quote_term(out, es_buf_str(&raw),
		      end ? (size_t)(end - raw.data) : raw.len);
}

static void add_side(struct es_buf *out, const char *word,
		     const struct es_doc *side)
{
	const char *id = side ? es_doc_get_str(side, "commit") : NULL;

	if (!side)
		return;
	es_buf_addf(out, "  %-4s  %-*.*s  ", word, SHORT_ID, SHORT_ID,
		    id ? id : "live");
	add_time(out, es_doc_get_str(side, "time"));
	if (!es_doc_is_null(side, "trigger")) {
		es_buf_adds(out, "  ");
		report_quoted(out, side, "trigger");
	}
	add_author(out, side);
	es_buf_addc(out, '\n');
}

static void add_note(struct es_buf *out, const struct es_doc *doc)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf raw = ES_BUF_INIT(ES_BUF_MAX);
	const char *line;

	if (!es_doc_get_bytes(doc, "note", &raw))
		return;
	es_buf_addc(out, '\n');
	for (line = es_buf_str(&raw); *line;) {
		size_t len = strcspn(line, "\n");

		es_buf_adds(out, len ? "    " : "");
		es_quote_text(out, line, len);
		es_buf_addc(out, '\n');
		line += len + (line[len] == '\n');
	}
}

static void add_header(struct es_buf *out, const struct es_doc *doc,
		       unsigned int flags)
{
	report_paint(out, flags, PAINT_TITLE);
	size_t start = out->len;
	report_quoted(out, doc, "host");
	es_buf_adds(out, ": ");
	if (es_doc_get_bool(doc, "first"))
		es_buf_addf(out, "first run: %" PRId64 " entries watched",
			    count_of(doc, "entries"));
	else if (es_doc_get_bool(doc, "cut"))
		es_buf_addf(out,
			    "oldest run that is kept: %" PRId64
			    " entries watched",
			    count_of(doc, "entries"));
	else
		add_counts(out, doc, start);
	report_paint(out, flags, PAINT_NONE);
	es_buf_addc(out, '\n');
	add_side(out, "from", es_doc_get(doc, "old"));
	add_side(out, es_doc_get(doc, "old") ? "to" : "run",
		 es_doc_get(doc, "new"));
	add_note(out, doc);
}

static void add_cut(struct es_buf *out, const struct es_doc *doc)
{
	const struct es_doc *new = es_doc_get(doc, "new");
	const char *id = new ? es_doc_get_str(new, "commit") : NULL;

	if (!es_doc_get_bool(doc, "cut") || !id)
		return;
	es_buf_addf(out,
		    "\nWhat it changed cannot be shown, since the runs before "
		    "it were cut away. Its\nmessage still names the paths: "
		    "etcsnap git log -1 %.*s\n",
		    SHORT_ID, id);
}

static bool is_kind(const struct es_doc *change, const char *kind)
{
	const char *is = es_doc_get_str(change, "kind");

	return is && strcmp(is, kind) == 0;
}

static void add_section(struct es_buf *out, const struct es_doc *doc,
			const char *kind, const char *title, unsigned int flags)
{
	const struct es_doc *changes = es_doc_get(doc, "changes");
	int64_t n = count_of(doc, kind);
	bool apart = false;
	const struct es_doc *c;

	if (n == 0 || !changes)
		return;
	add_title(out, flags, title, n);
	for (size_t i = 0; (c = es_doc_at(changes, i)) != NULL; i++) {
		if (!is_kind(c, kind))
			continue;
		/* Content needs a gap, or the next path drowns in it. */
		if (apart)
			es_buf_addc(out, '\n');
		apart = report_change(out, c, flags);
	}
}

static void add_touched(struct es_buf *out, const struct es_doc *doc,
			unsigned int flags)
{
	const struct es_doc *changes = es_doc_get(doc, "changes");
	int64_t n = count_of(doc, "touched"), told = 0;
	const struct es_doc *c;

	if (n == 0 || !changes)
		return;
	add_title(out, flags, "Touched: only times differ", n);
	for (size_t i = 0; (c = es_doc_at(changes, i)) != NULL; i++) {
		if (!is_kind(c, "touched"))
			continue;
		if (told++ == NAMES_MAX) {
			es_buf_addf(out, "  ... %" PRId64 " more\n",
				    n - NAMES_MAX);
			return;
		}
		es_buf_adds(out, "  ");
		report_quoted(out, c, "path");
		es_buf_addc(out, '\n');
	}
}

/* As many names as a line holds, one at least. */
static void add_folded(struct es_buf *out, const struct es_doc *doc,
		       const char *kind, const char *title, unsigned int flags)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 20);
	const struct es_doc *changes = es_doc_get(doc, "changes");
	int64_t n = count_of(doc, kind), told = 0;
	size_t start, room = WIDTH - sizeof(", ...") + 1;
	const struct es_doc *c;

	if (n == 0 || !changes)
		return;
	add_title(out, flags, title, n);
	start = out->len;
	es_buf_adds(out, "  ");
	for (size_t i = 0; (c = es_doc_at(changes, i)) != NULL; i++) {
		if (!is_kind(c, kind))
			continue;
		es_buf_reset(&name);
		report_quoted(&name, c, "path");
		if (told && out->len - start + name.len + 2 > room)
			break;
		es_buf_addf(out, "%s%s", told ? ", " : "", es_buf_str(&name));
		told++;
	}
	es_buf_adds(out, told < n ? ", ...\n" : "\n");
}

static void add_errors(struct es_buf *out, const struct es_doc *doc,
		       unsigned int flags)
{
	const struct es_doc *list = es_doc_get(doc, "errors");
	size_t n = list ? es_doc_len(list) : 0;
	const struct es_doc *e;

	if (n == 0)
		return;
	add_title(out, flags, "Could not be read; what was known is kept",
		  (int64_t)n);
	for (size_t i = 0; (e = es_doc_at(list, i)) != NULL; i++) {
		const char *word = es_doc_get_str(e, "reason");

		if (i == NAMES_MAX) {
			es_buf_addf(out, "  ... %zu more\n", n - NAMES_MAX);
			return;
		}
		es_buf_adds(out, "  ");
		report_quoted(out, e, "path");
		es_buf_adds(out, ": ");
		es_buf_adds(out, report_reason(word));
		es_buf_addc(out, '\n');
	}
}

static void add_tightened(struct es_buf *out, const struct es_doc *doc,
			  unsigned int flags)
{
	int64_t n = es_doc_get_number(doc, "tightened", 0);

	if (n == 0)
		return;
	es_buf_addc(out, '\n');
	report_paint(out, flags, PAINT_WARN);
	es_buf_addf(out,
		    "Rules are stricter now for %" PRId64 " of these paths. "
		    "What was recorded of them\nbefore stays in old commits: "
		    "only \"etcsnap init --reset\" and a new remote\n"
		    "leave it behind.",
		    n);
	report_paint(out, flags, PAINT_NONE);
	es_buf_addc(out, '\n');
}

/* Not one by one: all of them look changed, and nothing says of what. */
static void add_rekeyed(struct es_buf *out, const struct es_doc *doc)
{
	int64_t n = es_doc_get_number(doc, "rekeyed", 0);

	if (!es_doc_get_bool(doc, "key_changed"))
		return;
	es_buf_addf(
		out,
		"\nThe secret key is another one since then, so every hidden "
		"value looks changed:\n%" PRId64 " file%s and texts in which "
		"nothing else differs are not listed.\n",
		n, n == 1 ? "" : "s");
}

int es_report_text(struct es_buf *out, const struct es_doc *doc,
		   unsigned int flags)
{
	if (!(flags & ES_REPORT_NO_HEADER))
		add_header(out, doc, flags);
	else if (count_of(doc, "total") == 0)
		es_buf_adds(out, "no changes\n");
	add_cut(out, doc);
	add_rekeyed(out, doc);
	for (size_t i = 0; i < LENGTH(sections); i++)
		add_section(out, doc, sections[i].kind, sections[i].title,
			    flags);
	add_touched(out, doc, flags);
	for (size_t i = 0; i < LENGTH(folded); i++)
		add_folded(out, doc, folded[i].kind, folded[i].title, flags);
	add_errors(out, doc, flags);
	add_tightened(out, doc, flags);
	return out->failed;
}
