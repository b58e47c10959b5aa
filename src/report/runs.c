/* SPDX-License-Identifier: MIT */
/* runs.c - what the history tells of a range and of the paths in it */
#include "config.h"

#include "report/model_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/strmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The message of each run lists what it changed, so that a commit object alone
 * tells it: no tree is compared. A message lists no more than 1,000 paths; of
 * what stands behind that, steps and the like are those of the other runs.
 */

/* Runs before the range that are looked at. */
#define BACK_MAX 1000

/* Runs of the range that are named. */
#define NAMED_MAX 50

#define DAY ((int64_t)86400)
#define DAYS 30

/* One walk from the newer run back. */
struct walk {
	struct report_job *job;
	struct es_strmap *paths; /* quoted path -> note */
	bool inside;		 /* still in the range */
	bool ancestor;		 /* the older run is one of the newer one */
	size_t seen;		 /* runs before the range */
	int64_t end;		 /* of the range */
	int64_t flapping;	 /* changes since then count */
	int64_t first_day;	 /* begin of the oldest day */
};

unsigned int report_flap_times(const struct es_report_input *in)
{
	return in->flap_times ? in->flap_times : 4;
}

unsigned int report_flap_days(const struct es_report_input *in)
{
	return in->flap_days ? in->flap_days : 14;
}

static int add_path(struct walk *w, struct report_note *n, const char *path,
		    size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(ES_BUF_MAX);

	if (es_quote_term(&key, path, len) < 0)
		return -ENOMEM;
	return es_strmap_put(w->paths, es_buf_str(&key), key.len, n);
}

static int add_paths(struct walk *w)
{
	struct report_job *job = w->job;
	int rc = 0;

	for (size_t i = 0; i < job->n && rc == 0; i++) {
		struct report_note *n = &job->notes[i];

		rc = add_path(w, n, n->change->path, n->change->len);
	}
	return rc;
}

/* Calendar day of a moment in the local zone. */
static void day_of(char out[16], int64_t when)
{
	char text[ES_TIME_LEN];

	snprintf(out, 16, "%.*s", 10, es_clock_rfc3339(text, when));
}

/* One row for each of the days that end with the range. */
static void make_days(struct walk *w)
{
	struct report_runs *r = &w->job->runs;
	time_t t = w->end;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return;
	for (int i = DAYS - 1; i >= 0; i--) {
		struct tm day = tm;

		day.tm_mday -= i;
		day.tm_hour = 12;
		day.tm_min = day.tm_sec = 0;
		day.tm_isdst = -1;
		day_of(r->days[r->n_days++].day, mktime(&day));
	}
	w->first_day = w->end - DAYS * DAY;
}

static void count_day(struct walk *w, int64_t when, size_t changes)
{
	struct report_runs *r = &w->job->runs;
	char day[16];

	if (when < w->first_day - DAY)
		return;
	day_of(day, when);
	for (size_t i = r->n_days; i-- > 0;) {
		if (strcmp(r->days[i].day, day) != 0)
			continue;
		r->days[i].runs++;
		r->days[i].changes += changes;
		return;
	}
}

static void set_author(struct report_note *n, const struct es_commit *c)
{
	const char *author = es_commit_author(c);
	const char *mail = strstr(author, " <");
	size_t len = mail ? (size_t)(mail - author) : strlen(author);

	if (!n->author && len > 0)
		n->author = strndup(author, len);
}

/* A run changed a path. */
static void note_path(struct walk *w, const struct es_commit *c, char letter,
		      const char *path, size_t len)
{
	struct report_note *n = es_strmap_get(w->paths, path, len);

	if (!n)
		return;
	if (w->inside) {
		n->steps++;
		set_author(n, c);
	} else if (n->n_touches < REPORT_TOUCHES &&
		   w->seen < REPORT_BACK_RUNS) {
		n->touches[n->n_touches++] = (uint8_t)w->seen;
	}
	if (strchr("AMDTR", letter) && es_commit_time(c) > w->flapping)
		n->times++;
}

/* "OLD -> NEW", where both may hold an arrow. */
static void note_rename(struct walk *w, const struct es_commit *c,
			const char *text, size_t len)
{
	static const char arrow[] = " -> ";
	const size_t wide = sizeof(arrow) - 1;
	const char *end = text + len;
	const char *at = text;

	while ((at = memmem(at, (size_t)(end - at), arrow, wide))) {
		note_path(w, c, 'R', text, (size_t)(at - text));
		at += wide;
		note_path(w, c, 'R', at, (size_t)(end - at));
	}
}

/* Read the list in a run's message; Return: how many changes it tells. */
static size_t read_list(struct walk *w, const struct es_commit *c)
{
	static const char more[] = "… ";
	const char *line = es_commit_message(c);
	size_t changes = 0;

	for (; *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		if (len > 2 && line[1] == ' ' && strchr("AMDTRU+-", *line)) {
			changes++;
			if (*line == 'R')
				note_rename(w, c, line + 2, len - 2);
			else
				note_path(w, c, *line, line + 2, len - 2);
		} else if (changes > 0 &&
			   strncmp(line, more, sizeof(more) - 1) == 0) {
			changes += strtoul(line + sizeof(more) - 1, NULL, 10);
		} else if (changes > 0 && len == 0) {
			break;
		}
		line += len;
	}
	return changes;
}

static struct report_run *new_run(struct report_runs *r, bool inside)
{
	if (!inside)
		return &r->back[r->n_back++];
	if (r->n_range == r->cap_range) {
		size_t cap = r->cap_range ? r->cap_range * 2 : 64;
		struct report_run *grown =
			reallocarray(r->range, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		r->range = grown;
		r->cap_range = cap;
	}
	return &r->range[r->n_range++];
}

/* Copies what is told of a run, for the first few. */
static int name_run(struct report_run *run, const struct es_commit *c)
{
	const char *trigger = es_commit_trailer(c, "Trigger", 0);

	run->subject = strdup(es_commit_subject(c));
	run->trigger = trigger ? strdup(trigger) : NULL;
	return run->subject && (run->trigger || !trigger) ? 0 : -ENOMEM;
}

static int add_run(struct walk *w, const struct es_commit *c)
{
	struct report_runs *r = &w->job->runs;
	struct report_run *run = NULL;
	size_t changes;

	if (w->inside || r->n_back < REPORT_BACK_RUNS) {
		run = new_run(r, w->inside);
		if (!run)
			return -ENOMEM;
		*run = (struct report_run){ .id = *es_commit_id(c),
					    .tree = *es_commit_tree(c),
					    .when = es_commit_time(c) };
	}
	changes = read_list(w, c);
	count_day(w, es_commit_time(c), changes);
	if (run)
		run->changes = changes;
	if (run && w->inside && r->n_range <= NAMED_MAX)
		return name_run(run, c);
	return 0;
}

/*
 * Whether the range ends before a run: at the older one, or, where that is of
 * another line of history, at what is older than it. Else times say nothing:
 * a clock that was set back leaves runs behind later ones.
 */
static bool leaves_range(const struct walk *w, const struct es_commit *c)
{
	const struct es_report_input *in = w->job->in;

	if (!w->inside)
		return false;
	if (!in->old.commit)
		return w->job->runs.n_range > 0;
	if (w->ancestor)
		return es_oid_equal(es_commit_id(c),
				    es_commit_id(in->old.commit));
	return es_commit_time(c) < es_commit_time(in->old.commit);
}

/* Nothing further back could tell anything. */
static bool is_done(const struct walk *w, int64_t when)
{
	if (w->inside)
		return false;
	if (w->seen >= BACK_MAX)
		return true;
	return when < w->flapping && when < w->first_day - DAY &&
	       (w->job->n == 0 || w->seen >= REPORT_BACK_RUNS ||
		when < w->end - REPORT_BACK_TIME);
}

static int step(struct walk *w, const struct es_commit *c)
{
	if (leaves_range(w, c))
		w->inside = false;
	if (is_done(w, es_commit_time(c)))
		return 0;
	if (add_run(w, c) < 0)
		return -ENOMEM;
	w->seen += !w->inside;
	return 1;
}

static int walk_from(struct walk *w, const struct es_oid *start,
		     struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_commit *c = NULL;
	int rc;

	if (es_history_new(&h, w->job->in->st, start, err) < 0)
		return err->code;
	while ((rc = es_history_next(h, &c, err)) > 0) {
		rc = step(w, c);
		es_commit_free(c);
		if (rc < 0)
			return es_fail_oom(err);
		if (rc == 0)
			return 0;
	}
	return rc;
}

/* Whether the older run is of the newer one's line of history. */
static int find_old(struct walk *w, struct es_error *err)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	const struct es_report_input *in = w->job->in;
	struct es_commit *c = NULL;
	int rc = 0;

	if (!in->old.commit)
		return 0;
	if (es_history_new(&h, in->st, es_commit_id(in->new.commit), err) < 0)
		return err->code;
	while (!w->ancestor && (rc = es_history_next(h, &c, err)) > 0) {
		w->ancestor = es_oid_equal(es_commit_id(c),
					   es_commit_id(in->old.commit));
		es_commit_free(c);
	}
	return rc < 0 ? rc : 0;
}

int report_runs_walk(struct report_job *job, struct es_error *err)
{
	ES_CLEANUP(es_strmap_freep) struct es_strmap *paths = es_strmap_new();
	const struct es_report_input *in = job->in;
	const struct es_report_side *newest = &in->new;
	struct walk w = {
		.job = job,
		.paths = paths,
		.inside = in->new.commit != NULL,
	};

	w.end = newest->commit ? es_commit_time(newest->commit) : newest->when;
	w.flapping = w.end - (int64_t)report_flap_days(in) * DAY;
	make_days(&w);
	if (!paths || add_paths(&w) < 0)
		return es_fail_oom(err);
	if (newest->commit && find_old(&w, err) < 0)
		return err->code;
	if (!newest->commit)
		newest = &in->old;
	if (!newest->commit)
		return 0;
	return walk_from(&w, es_commit_id(newest->commit), err);
}

static void set_range(struct report_job *job)
{
	const struct es_report_input *in = job->in;
	struct es_doc *range = es_doc_object(job->doc, "range");
	const struct es_commit *new = in->new.commit;
	int64_t to = new ? es_commit_time(new) : in->new.when;
	int64_t from =
		in->old.commit ? es_commit_time(in->old.commit) : in->old.when;
	char text[REPORT_TIME_LEN];

	es_doc_number(range, "runs",
		      new ? (int64_t)job->runs.n_range : (int64_t)1);
	if (report_is_alone(in))
		es_doc_str(range, "from", NULL);
	else
		es_doc_str(range, "from", report_time(text, from, -1));
	es_doc_str(range, "to", report_time(text, to, -1));
	if (report_is_alone(in))
		es_doc_str(range, "from_epoch", NULL);
	else
		es_doc_number(range, "from_epoch", from);
	es_doc_number(range, "to_epoch", to);
}

static void set_run(struct es_doc *list, const struct report_job *job,
		    const struct report_run *run)
{
	struct es_doc *obj = es_doc_push(list);
	char hex[ES_OID_HEX + 1];
	char text[REPORT_TIME_LEN];

	es_doc_str(obj, "commit", es_oid_text(hex, &run->id));
	es_doc_str(obj, "time", report_time(text, run->when, -1));
	es_doc_number(obj, "epoch", run->when);
	es_doc_str(obj, "trigger", run->trigger);
	es_doc_str(obj, "subject", run->subject);
	es_doc_number(obj, "changes", (int64_t)run->changes);
	report_url(obj, job->in, &run->id);
}

void report_runs_set(struct report_job *job)
{
	const struct report_runs *r = &job->runs;
	size_t named = r->n_range < NAMED_MAX ? r->n_range : NAMED_MAX;
	struct es_doc *list;

	set_range(job);
	list = es_doc_array(job->doc, "runs");
	for (size_t i = 0; i < named; i++)
		set_run(list, job, &r->range[i]);
	es_doc_number(job->doc, "runs_more", (int64_t)(r->n_range - named));
	list = es_doc_array(job->doc, "days");
	for (size_t i = 0; i < r->n_days; i++) {
		struct es_doc *day = es_doc_push(list);

		es_doc_str(day, "day", r->days[i].day);
		es_doc_number(day, "runs", (int64_t)r->days[i].runs);
		es_doc_number(day, "changes", (int64_t)r->days[i].changes);
	}
}

void report_runs_dispose(struct report_runs *r)
{
	for (size_t i = 0; i < r->n_range; i++) {
		free(r->range[i].trigger);
		free(r->range[i].subject);
	}
	free(r->range);
}
