/* SPDX-License-Identifier: MIT */
/* model.c - the document of a report, step by step */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Default caps, see struct es_report_limits. */
#define CHANGES_MAX 20000
#define LINES_MAX 2000
#define TOTAL_MAX 10000
#define BYTES_MAX ((size_t)4 << 20)

/* Cells of comparing words in a whole model (some 100 ms), and pairs of lines
 * that are marked by word. */
#define WORDS_MAX ((size_t)20 << 20)
#define PAIRS_MAX 2000

static const char *const part_words[] = {
	[PART_FILES] = "files",
	[PART_COMMANDS] = "commands",
	[PART_SYSTEM] = "system",
	[PART_FINDINGS] = "findings",
};

/* Changes to list: what a first run has is counted alone. */
static size_t listed(const struct es_report_input *in)
{
	return report_is_alone(in) || !in->delta ? 0
						 : es_delta_count(in->delta);
}

static enum report_part part_of(const struct es_change *c)
{
	if (c->path[0] == '/')
		return PART_FILES;
	if (strncmp(c->path, "commands/", 9) == 0)
		return PART_COMMANDS;
	if (strncmp(c->path, "findings/", 9) == 0)
		return PART_FINDINGS;
	return PART_SYSTEM;
}

static int make_notes(struct report_job *job, struct es_error *err)
{
	job->n = listed(job->in);
	job->notes = calloc(job->n ? job->n : 1, sizeof(*job->notes));
	if (!job->notes)
		return es_fail_oom(err);
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];

		n->change = es_delta_at(job->in->delta, i);
		n->part = part_of(n->change);
		n->group = -1;
		n->when = REPORT_NEVER;
	}
	return 0;
}

/*
 * When a change was made: the inode's change time where a rule has it
 * recorded; else the modification time, which may be set to any value and
 * counts if it is within the range.
 */
static int64_t when_of(const struct report_job *job, const struct es_change *c)
{
	const struct es_report_input *in = job->in;
	const struct es_entry *e = c->new;
	int64_t from =
		in->old.commit ? es_commit_time(in->old.commit) : in->old.when;
	int64_t to =
		in->new.commit ? es_commit_time(in->new.commit) : in->new.when;

	if (!e || !(e->has & ES_HAS_STAT) || c->kind == ES_CHANGE_WATCHED)
		return REPORT_NEVER;
	if (e->extra && (e->extra->has & ES_EXTRA_CTIME))
		return e->extra->ctime_sec;
	if (e->type == ES_TYPE_DIR || !es_entry_records(e, ES_RECORD_MTIME))
		return REPORT_NEVER;
	return e->mtime_sec > from && e->mtime_sec <= to ? e->mtime_sec
							 : REPORT_NEVER;
}

/* Whether one of words with blanks between them is @word. */
static bool has_word(const char *words, const char *word, size_t len)
{
	while (words && *words) {
		size_t n = strcspn(words, " ");

		if (n == len && memcmp(words, word, len) == 0)
			return true;
		words += n;
		words += strspn(words, " ");
	}
	return false;
}

static bool has_tag(const struct es_report_filter *f, const char *tags)
{
	for (size_t i = 0; i < f->n_tags; i++)
		if (has_word(tags, f->tags[i], strlen(f->tags[i])))
			return true;
	return false;
}

static bool has_path(const struct es_report_filter *f, const char *path,
		     size_t len)
{
	return es_reach_of(f->paths, f->n_paths, path, len) == ES_REACH_ALL;
}

/* A rename concerns whoever asks for either path. */
static bool passes(const struct es_report_filter *f,
		   const struct report_note *n)
{
	const struct es_change *c = n->change;

	if (n->severity < f->min)
		return false;
	if (f->n_tags > 0 && !has_tag(f, n->tags) && !has_tag(f, n->gone_tags))
		return false;
	return f->n_paths == 0 || has_path(f, c->path, c->len) ||
	       (c->from && has_path(f, c->from, strlen(c->from)));
}

static void drop_note(struct report_note *n)
{
	free(n->author);
	n->author = NULL;
}

/*
 * A run keeps the old entry where only lines differ that do not count. Of two
 * runs further apart, or under other rules, that is still to be found out.
 * Return: 1 when nothing that counts differs, 0, or a negative errno.
 */
static int is_ignored(const struct report_job *job, const struct report_note *n,
		      struct es_error *err)
{
	const unsigned int moved = 1u << ES_ATTR_CONTENT | 1u << ES_ATTR_SIZE |
				   1u << ES_ATTR_MTIME | 1u << ES_ATTR_CTIME |
				   1u << ES_ATTR_INODE | 1u << ES_ATTR_SPARSE;
	ES_CLEANUP(es_buf_dispose)
	struct es_buf patch = ES_BUF_INIT(ES_BUF_MAX);
	struct es_patch_charsets charsets = { 0 };
	struct es_patch_options options = job->in->patch;
	const struct es_change *c = n->change;
	int rc;

	if (!n->lines || c->kind != ES_CHANGE_CHANGED ||
	    !(c->attrs & 1u << ES_ATTR_CONTENT) || (c->attrs & ~moved))
		return 0;
	options.charsets = &charsets;
	rc = es_delta_patch(&patch, job->in->st, c, &options, err);
	if (rc < 0)
		return es_wrap(err, "content of a change");
	return rc == ES_PATCH_NONE &&
	       !es_charset_differs(charsets.old, charsets.new);
}

static int drop_ignored(struct report_job *job, struct es_error *err)
{
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < job->n; i++) {
		rc = rc < 0 ? rc : is_ignored(job, &job->notes[i], err);
		if (rc <= 0)
			job->notes[kept++] = job->notes[i];
		else
			drop_note(&job->notes[i]);
	}
	job->n = kept;
	return rc < 0 ? rc : 0;
}

static void filter(struct report_job *job)
{
	size_t kept = 0;

	for (size_t i = 0; i < job->n; i++) {
		if (passes(&job->in->filter, &job->notes[i]))
			job->notes[kept++] = job->notes[i];
		else
			drop_note(&job->notes[i]);
	}
	job->filtered = job->n - kept;
	job->n = kept;
}

/* How many objects the newer run watches, -1 where nothing says so. */
static int64_t entries(const struct es_report_input *in)
{
	const char *items = NULL;

	if (in->new.commit)
		items = es_commit_trailer(in->new.commit, "Items", 0);
	if (items && *items >= '0' && *items <= '9')
		return strtoll(items, NULL, 10);
	if (report_is_alone(in) && in->delta)
		return (int64_t)es_delta_count(in->delta);
	return -1;
}

static void set_counts(struct report_job *job)
{
	struct es_doc *counts = job->counts;
	size_t kinds[ES_CHANGE_KINDS] = { 0 };
	size_t severities[ES_SEVERITY_CRITICAL + 1] = { 0 };
	size_t folded = 0;
	int64_t watched = entries(job->in);
	struct es_doc *obj;

	for (size_t i = 0; i < job->n; i++) {
		const struct report_note *n = &job->notes[i];

		kinds[n->change->kind]++;
		severities[n->severity]++;
		folded += n->group >= 0;
		if (n->group < 0 && n->severity > job->highest)
			job->highest = n->severity;
	}
	for (unsigned int k = 0; k < ES_CHANGE_KINDS; k++)
		es_doc_number(counts,
			      es_change_kind_name((enum es_change_kind)k),
			      (int64_t)kinds[k]);
	es_doc_number(counts, "total", (int64_t)job->n);
	if (watched >= 0)
		es_doc_number(counts, "entries", watched);
	obj = es_doc_object(counts, "severity");
	for (int s = ES_SEVERITY_CRITICAL; s >= ES_SEVERITY_NONE; s--)
		es_doc_number(obj, es_severity_name((enum es_severity)s),
			      (int64_t)severities[s]);
	es_doc_number(counts, "folded", (int64_t)folded);
	es_doc_number(counts, "alone", (int64_t)(job->n - folded));
}

static enum es_class class_of(const struct es_change *c)
{
	enum es_class class = ES_CLASS_NONE;

	if (c->old)
		class = c->old->class;
	if (c->new && c->new->type == ES_TYPE_FILE)
		class = c->new->class;
	return class;
}

/* Those that @but has, too, are there already. */
static void push_tags(struct es_doc *list, const char *tags, const char *but)
{
	while (tags && *tags) {
		size_t len = strcspn(tags, " ");

		if (!has_word(but, tags, len))
			es_doc_push_text(list, tags, len);
		tags += len;
		tags += strspn(tags, " ");
	}
}

static void set_str(struct es_doc *obj, const char *key, const char *s)
{
	es_doc_str(obj, key, s ? s : "");
}

static void set_rule(struct es_doc *change, const struct report_job *job,
		     const struct report_note *n)
{
	struct es_rule_origin o;
	struct es_doc *obj;

	if (n->rule == 0)
		return;
	es_rules_origin(job->in->patch.rules, ES_RULE_RULE, n->rule, &o);
	obj = es_doc_object(change, "rule");
	set_str(obj, "name", o.rule);
	set_str(obj, "pattern", o.pattern);
	set_str(obj, "file", o.file);
	es_doc_number(obj, "line", o.line);
}

/* Who may have done it: behind the run, or on the machine at the time. */
static void set_who(struct es_doc *change, struct report_job *job,
		    const struct report_note *n)
{
	char text[REPORT_TIME_LEN];
	struct es_doc *who;

	if (n->when != REPORT_NEVER) {
		es_doc_str(change, "when", report_time(text, n->when, -1));
		es_doc_number(change, "when_epoch", n->when);
	}
	if (!n->author && (n->when == REPORT_NEVER || !job->logins))
		return;
	who = es_doc_object(change, "who");
	if (n->author)
		set_str(who, "author", n->author);
	if (n->when != REPORT_NEVER && job->logins)
		report_sessions_at(who, job, n->when);
}

static int put_change(struct es_doc *changes, struct report_job *job,
		      struct report_note *n, size_t id, struct es_error *err)
{
	const struct es_change *c = n->change;
	enum es_class class = class_of(c);
	struct es_doc *obj = es_doc_push(changes), *tags;

	n->doc = obj;
	es_doc_number(obj, "id", (int64_t)id);
	es_doc_str(obj, "part", part_words[n->part]);
	es_doc_text(obj, "path", c->path, c->len);
	if (c->from)
		set_str(obj, "from", c->from);
	es_doc_str(obj, "kind", es_change_kind_name(c->kind));
	es_doc_str(obj, "type",
		   es_type_name(c->new ? c->new->type : c->old->type));
	if (class != ES_CLASS_NONE)
		es_doc_str(obj, "class", es_class_name(class));
	es_doc_str(obj, "severity", es_severity_name(n->severity));
	tags = es_doc_array(obj, "tags");
	push_tags(tags, n->tags, NULL);
	push_tags(tags, n->gone_tags, n->tags);
	set_rule(obj, job, n);
	if (report_explanation(obj, job, n, err) < 0)
		return err->code;
	if (n->group >= 0)
		es_doc_number(obj, "group", n->group);
	es_doc_number(obj, "steps", n->steps > 0 ? n->steps : 1);
	set_who(obj, job, n);
	report_attributes(obj, c);
	return 0;
}

/* Severity from which on changes are kept, and how many of that one. */
static size_t cut(const struct report_job *job, size_t max, int *least)
{
	size_t room = max;

	for (int s = ES_SEVERITY_CRITICAL; s >= ES_SEVERITY_NONE; s--) {
		size_t n = 0;

		for (size_t i = 0; i < job->n; i++)
			n += (int)job->notes[i].severity == s;
		*least = s;
		if (n > room)
			return room;
		room -= n;
	}
	return SIZE_MAX;
}

static int put_changes(struct report_job *job, struct es_error *err)
{
	struct es_doc *changes = es_doc_array(job->doc, "changes");
	size_t max = job->in->limits.changes;
	size_t id = 0;
	int least;
	size_t room = cut(job, max ? max : CHANGES_MAX, &least);

	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];
		int s = (int)n->severity;

		if (s < least || (s == least && room == 0)) {
			job->dropped++;
			continue;
		}
		room -= s == least;
		if (put_change(changes, job, n, id++, err) < 0)
			return err->code;
	}
	return 0;
}

static size_t cap(size_t asked, size_t usual, enum es_report_level level)
{
	if (asked)
		return asked;
	return level == ES_REPORT_FULL ? usual * 10 : usual;
}

/* Content of the changes of one severity, alone ones or folded ones. */
static int put_some(struct report_job *job, int severity, bool folded,
		    struct report_room *room, struct es_error *err)
{
	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];

		if (n->doc && (int)n->severity == severity &&
		    (n->group >= 0) == folded &&
		    report_content(n->doc, job->in, n->change, room, err) < 0)
			return err->code;
	}
	return 0;
}

/* What stands alone and matters most has the first call on the room. */
static int put_contents(struct report_job *job, struct report_room *room,
			struct es_error *err)
{
	for (int s = ES_SEVERITY_CRITICAL; s >= ES_SEVERITY_NONE; s--)
		if (put_some(job, s, false, room, err) < 0)
			return err->code;
	for (int s = ES_SEVERITY_CRITICAL; s >= ES_SEVERITY_NONE; s--)
		if (put_some(job, s, true, room, err) < 0)
			return err->code;
	return 0;
}

static int set_content(struct report_job *job, struct es_error *err)
{
	const struct es_report_limits *l = &job->in->limits;
	enum es_report_level level = job->in->level;
	struct report_room room = {
		.lines = cap(l->total, TOTAL_MAX, level),
		.bytes = cap(l->bytes, BYTES_MAX, level),
		.each = cap(l->lines, LINES_MAX, level),
		.words = WORDS_MAX,
		.pairs = PAIRS_MAX,
	};
	struct es_doc *limits;

	if (level == ES_REPORT_BRIEF)
		room.lines = 0;
	if (put_contents(job, &room, err) < 0)
		return err->code;
	limits = es_doc_object(job->doc, "limits");
	es_doc_number(limits, "changes_dropped", (int64_t)job->dropped);
	es_doc_number(limits, "lines_dropped", (int64_t)room.lines_dropped);
	es_doc_number(limits, "bytes_dropped", (int64_t)room.bytes_dropped);
	return 0;
}

static int look(struct report_job *job, struct es_error *err)
{
	if (make_notes(job, err) < 0 || report_runs_walk(job, err) < 0 ||
	    report_sources(job, err) < 0)
		return err->code;
	report_explain(job);
	for (size_t i = 0; i < job->n; i++)
		job->notes[i].when = when_of(job, job->notes[i].change);
	if (report_weigh(job, err) < 0 || drop_ignored(job, err) < 0)
		return err->code;
	filter(job);
	if (report_returned(job, err) < 0 || report_fold(job, err) < 0)
		return err->code;
	return 0;
}

static int tell(struct report_job *job, struct es_error *err)
{
	const struct es_report_input *in = job->in;
	struct es_doc *doc = job->doc;

	if (report_header(doc, in, err) < 0)
		return err->code;
	/* its value is known at the end, its place is here */
	es_doc_str(doc, "severity", "none");
	report_runs_set(job);
	job->counts = es_doc_object(doc, "counts");
	set_counts(job);
	es_doc_number(doc, "filtered", (int64_t)job->filtered);
	es_doc_bool(doc, "key_changed", es_delta_key_changed(in->delta));
	es_doc_number(doc, "rekeyed", (int64_t)es_delta_rekeyed(in->delta));
	es_doc_number(doc, "tightened", (int64_t)es_delta_tightened(in->delta));
	if (put_changes(job, err) < 0 || set_content(job, err) < 0)
		return err->code;
	report_groups_set(job);
	report_packages_set(job);
	report_logins_set(job);
	es_doc_array(doc, "anomalies");
	es_doc_array(doc, "approvals");
	if (report_findings(job, err) < 0 || report_errors(doc, in, err) < 0)
		return err->code;
	es_doc_number(job->counts, "errors",
		      (int64_t)es_doc_len(es_doc_get(doc, "errors")));
	es_doc_str(doc, "severity", es_severity_name(job->highest));
	return es_doc_check(doc, err);
}

static void dispose(struct report_job *job)
{
	for (size_t i = 0; i < job->n; i++)
		drop_note(&job->notes[i]);
	free(job->notes);
	free(job->groups);
	free(job->opened);
	report_runs_dispose(&job->runs);
	es_package_ops_free(job->ops);
	es_logins_free(job->logins);
}

int es_report_new(struct es_doc **out, const struct es_report_input *in,
		  struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	struct report_job job = { .in = in, .doc = doc };
	int rc = 0;

	if (!doc)
		return es_fail_oom(err);
	rc = look(&job, err);
	if (rc == 0)
		rc = tell(&job, err);
	dispose(&job);
	if (rc < 0)
		return rc;
	*out = es_steal_ptr(&doc);
	return 0;
}
