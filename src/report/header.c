/* SPDX-License-Identifier: MIT */
/* header.c - who made a report, of which runs, for whom */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/hide.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <string.h>

static const char *const level_words[] = {
	[ES_REPORT_NORMAL] = "normal",
	[ES_REPORT_BRIEF] = "brief",
	[ES_REPORT_FULL] = "full",
};

int es_report_level_parse(enum es_report_level *out, const char *word,
			  struct es_error *err)
{
	for (size_t i = 0; i < sizeof(level_words) / sizeof(*level_words); i++)
		if (strcmp(word, level_words[i]) == 0) {
			*out = (enum es_report_level)i;
			return 0;
		}
	return es_fail_config(err,
			      "'%s' is no level of a report; levels are brief, "
			      "normal and full",
			      ES_Q(word));
}

char *report_time(char out[REPORT_TIME_LEN], int64_t sec, int32_t nsec)
{
	char text[ES_TIME_LEN];
	const char *t = strchr(es_clock_rfc3339(text, sec), 'T');
	/* the fraction stands between the seconds and the zone */
	int zone = t ? (int)(t - text) + (int)strlen("Thh:mm:ss") : 0;

	if (t && nsec >= 0)
		snprintf(out, REPORT_TIME_LEN, "%.*s.%09u%s", zone, text,
			 (unsigned int)nsec % 1000000000u, text + zone);
	else
		snprintf(out, REPORT_TIME_LEN, "%s", text);
	return out;
}

static void set_commit(struct es_doc *obj, const char *key,
		       const struct es_oid *oid)
{
	char hex[ES_OID_HEX + 1];

	es_doc_str(obj, key, oid ? es_oid_text(hex, oid) : NULL);
}

/* Nothing to compare with: the first run, or the runs before were cut away. */
bool report_is_alone(const struct es_report_input *in)
{
	return es_oid_is_none(&in->old.tree);
}

static bool is_cut(const struct es_report_input *in)
{
	return report_is_alone(in) &&
	       in->new.commit &&es_commit_is_cut(in->new.commit);
}

static bool is_one_run(const struct es_report_input *in)
{
	const struct es_commit *old = in->old.commit;
	const struct es_commit *new = in->new.commit;

	if (!old || !new)
		return new &&report_is_alone(in);
	return es_oid_equal(es_commit_parent(new), es_commit_id(old));
}

/* Today's masks run over it as well. */
static int put_note(struct es_doc *doc, const struct es_report_input *in,
		    const struct es_buf *note, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf kept = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	const struct es_mask_set *masks;
	int n = 0;

	if (note->len == 0) {
		es_doc_text(doc, "note", NULL, 0);
		return 0;
	}
	if (es_patch_masks(&masks, &hmac, &in->patch, err) < 0)
		return err->code;
	n = es_hide_text(masks, &kept, note->data, note->len, hmac);
	if (n < 0)
		return es_fail_oom(err);
	if (n > 0)
		note = &kept;
	es_doc_text(doc, "note", note->data, note->len);
	return 0;
}

/*
 * The person's words, which stand between subject and list, indented by four
 * blanks. Those of the last of many runs would mislead.
 */
static int set_note(struct es_doc *doc, const struct es_report_input *in,
		    struct es_error *err)
{
	const struct es_commit *c = is_one_run(in) ? in->new.commit : NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf note = ES_BUF_INIT(ES_BUF_MAX);
	const char *line = c ? strchr(es_commit_message(c), '\n') : NULL;
	size_t gap = 0;

	while (line && *line == '\n') {
		const char *next = strchr(++line, '\n');

		if (next == line) {
			gap++;
		} else if (strncmp(line, "    ", 4) == 0) {
			for (; note.len && gap; gap--)
				es_buf_addc(&note, '\n');
			gap = 0;
			es_buf_add(&note, line + 4, strcspn(line, "\n") - 4);
			es_buf_addc(&note, '\n');
		} else {
			break;
		}
		line = next;
	}
	return put_note(doc, in, &note, err);
}

static void set_author(struct es_doc *obj, const struct es_commit *c)
{
	const char *author = c ? es_commit_author(c) : NULL;

	es_doc_str(obj, "author", author);
}

static void set_side(struct es_doc *doc, const char *key,
		     const struct es_report_side *side)
{
	const struct es_commit *c = side->commit;
	struct es_doc *obj = es_doc_object(doc, key);
	int64_t when = c ? es_commit_time(c) : side->when;
	char time[REPORT_TIME_LEN];

	set_commit(obj, "commit", c ? es_commit_id(c) : NULL);
	es_doc_str(obj, "time", report_time(time, when, -1));
	es_doc_number(obj, "epoch", when);
	es_doc_str(obj, "trigger",
		   c ? es_commit_trailer(c, "Trigger", 0) : NULL);
	es_doc_str(obj, "run", c ? es_commit_trailer(c, "Run", 0) : NULL);
	set_author(obj, c);
	es_doc_str(obj, "subject", c ? es_commit_subject(c) : NULL);
	es_doc_bool(obj, "live", !c);
}

/* Bytes of a name that may stand in an address as they are. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static void add_encoded(struct es_buf *out, const char *s)
{
	for (; *s; s++) {
		if (is_plain(*s))
			es_buf_addc(out, *s);
		else
			es_buf_addf(out, "%%%02X", (unsigned char)*s);
	}
}

void report_url(struct es_doc *obj, const struct es_report_input *in,
		const struct es_oid *commit)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(1 << 16);
	char hex[ES_OID_HEX + 1];

	if (!in->url || !*in->url || es_oid_is_none(commit))
		return;
	for (const char *p = in->url; *p; p++) {
		if (p[0] == '%' && p[1] == 'h')
			add_encoded(&url, in->host);
		else if (p[0] == '%' && p[1] == 'H')
			es_buf_adds(&url, es_oid_text(hex, commit));
		else if (p[0] == '%' && p[1] == '%')
			es_buf_addc(&url, '%');
		else {
			es_buf_addc(&url, *p);
			continue;
		}
		p++;
	}
	es_doc_text(obj, "url", es_buf_str(&url), url.len);
}

int report_header(struct es_doc *doc, const struct es_report_input *in,
		  struct es_error *err)
{
	const struct es_commit *old = in->old.commit;
	const struct es_commit *new = in->new.commit;
	struct es_doc *generator, *commits;

	es_doc_number(doc, "schema", ES_REPORT_SCHEMA);
	generator = es_doc_object(doc, "generator");
	es_doc_str(generator, "name", PACKAGE_NAME);
	es_doc_str(generator, "version", PACKAGE_VERSION);
	es_doc_str(doc, "host", in->host);
	es_doc_bool(doc, "first", report_is_alone(in) && !is_cut(in));
	es_doc_bool(doc, "cut", is_cut(in));
	if (report_is_alone(in))
		es_doc_str(doc, "old", NULL);
	else
		set_side(doc, "old", &in->old);
	set_side(doc, "new", &in->new);
	commits = es_doc_object(doc, "commits");
	set_commit(commits, "old", old ? es_commit_id(old) : NULL);
	set_commit(commits, "new", new ? es_commit_id(new) : NULL);
	if (set_note(doc, in, err) < 0)
		return err->code;
	if (new)
		report_url(doc, in, es_commit_id(new));
	es_doc_str(doc, "level", level_words[in->level]);
	es_doc_str(doc, "content_level", "full");
	return 0;
}
