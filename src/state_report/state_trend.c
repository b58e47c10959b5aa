/* SPDX-License-Identifier: MIT */
/* state_trend.c - what is kept from report to report, and what it foretells */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEAD "etcsnap-trend 1\n"
/* More than any honest file of it has. */
#define FILE_MAX ((size_t)8 << 20)
#define WORDS 6

void trend_dispose(struct trend *t)
{
	for (size_t i = 0; i < t->n_disks; i++)
		free(t->disks[i].mount);
	for (size_t i = 0; i < t->n_nets; i++)
		free(t->nets[i].name);
	free(t->disks);
	free(t->nets);
	*t = (struct trend){ 0 };
}

/* --- changing ------------------------------------------------------------- */

void trend_day(char out[TREND_DAY_LEN], int64_t when)
{
	time_t t = when;
	struct tm tm = { 0 };

	if (!localtime_r(&t, &tm) ||
	    strftime(out, TREND_DAY_LEN, "%Y-%m-%d", &tm) == 0)
		snprintf(out, TREND_DAY_LEN, "1970-01-01");
}

/* Room for one more. */
static int grow(void **items, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : 32;
	void *grown;

	if (n < *cap)
		return 0;
	grown = reallocarray(*items, more, size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*cap = more;
	return 0;
}

static int add_disk(struct trend *t, const char *mount, const char *day,
		    int64_t size, int64_t used)
{
	struct trend_disk *d;
	void *items = t->disks;

	if (grow(&items, t->n_disks, &t->cap_disks, sizeof(*d)) < 0)
		return -ENOMEM;
	t->disks = items;
	d = &t->disks[t->n_disks];
	d->mount = strdup(mount);
	if (!d->mount)
		return -ENOMEM;
	snprintf(d->day, sizeof(d->day), "%s", day);
	d->size = size;
	d->used = used;
	t->n_disks++;
	return 0;
}

int trend_put_disk(struct trend *t, const char *mount, const char *day,
		   int64_t size, int64_t used)
{
	for (size_t i = 0; i < t->n_disks; i++) {
		struct trend_disk *d = &t->disks[i];

		if (strcmp(d->mount, mount) != 0 || strcmp(d->day, day) != 0)
			continue;
		d->size = size;
		d->used = used;
		return 0;
	}
	return add_disk(t, mount, day, size, used);
}

int trend_put_net(struct trend *t, const char *name,
		  const uint64_t counts[TREND_COUNTS])
{
	struct trend_net *n;
	void *items = t->nets;

	if (grow(&items, t->n_nets, &t->cap_nets, sizeof(*n)) < 0)
		return -ENOMEM;
	t->nets = items;
	n = &t->nets[t->n_nets];
	n->name = strdup(name);
	if (!n->name)
		return -ENOMEM;
	memcpy(n->counts, counts, sizeof(n->counts));
	t->n_nets++;
	return 0;
}

/* --- reading -------------------------------------------------------------- */

/* The words of a line; Return: their number. */
static size_t split(char *line, char *words[WORDS])
{
	char *rest = NULL;
	size_t n = 0;

	for (char *w = strtok_r(line, " ", &rest); w && n < WORDS;
	     w = strtok_r(NULL, " ", &rest))
		words[n++] = w;
	return n;
}

static bool number(const char *word, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(word, &end, 10);
	return !errno && end != word && !*end && *out >= 0;
}

static bool is_day(const char *word)
{
	static const char form[] = "0000-00-00";

	if (strlen(word) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? word[i] < '0' || word[i] > '9'
				   : word[i] != form[i])
			return false;
	return true;
}

/* Names are octal-escaped, so that none has a blank. */
static int read_disk(struct trend *t, char *words[WORDS])
{
	ES_CLEANUP(es_buf_dispose) struct es_buf mount = ES_BUF_INIT(1 << 16);
	int64_t size, used;

	if (!is_day(words[1]) || !number(words[3], &size) ||
	    !number(words[4], &used) ||
	    es_unquote_mtree(&mount, words[2], strlen(words[2])) < 0)
		return 0;
	return add_disk(t, es_buf_str(&mount), words[1], size, used);
}

static int read_net(struct trend *t, char *words[WORDS])
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	uint64_t counts[TREND_COUNTS];

	for (int i = 0; i < TREND_COUNTS; i++) {
		int64_t n;

		if (!number(words[2 + i], &n))
			return 0;
		counts[i] = (uint64_t)n;
	}
	if (es_unquote_mtree(&name, words[1], strlen(words[1])) < 0)
		return 0;
	return trend_put_net(t, es_buf_str(&name), counts);
}

static int read_line(struct trend *t, char *line)
{
	char *words[WORDS];
	size_t n = split(line, words);

	if (n == 2 && strcmp(words[0], "report") == 0 &&
	    !number(words[1], &t->report))
		t->report = 0;
	if (n == 2 && strcmp(words[0], "boot") == 0)
		snprintf(t->boot, sizeof(t->boot), "%s", words[1]);
	if (n == 5 && strcmp(words[0], "disk") == 0)
		return read_disk(t, words);
	if (n == 6 && strcmp(words[0], "net") == 0)
		return read_net(t, words);
	return 0;
}

int trend_read(struct trend *t, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(FILE_MAX);
	struct es_error unseen = ES_ERROR_INIT;
	char *rest = NULL, *line;

	*t = (struct trend){ 0 };
	if (!path || es_read_file(&text, AT_FDCWD, path, &unseen) < 0 ||
	    strncmp(es_buf_str(&text), HEAD, sizeof(HEAD) - 1) != 0)
		return 0;
	for (line = strtok_r(text.data, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (read_line(t, line) < 0)
			return -ENOMEM;
	return 0;
}

const struct trend_net *trend_net(const struct trend *t, const char *name)
{
	for (size_t i = 0; i < t->n_nets; i++)
		if (strcmp(t->nets[i].name, name) == 0)
			return &t->nets[i];
	return NULL;
}

/* Days since the epoch. */
static int64_t day_number(const char *day)
{
	struct tm tm = { 0 };

	if (!is_day(day))
		return 0;
	tm.tm_year = (int)strtol(day, NULL, 10) - 1900;
	tm.tm_mon = (int)strtol(day + 5, NULL, 10) - 1;
	tm.tm_mday = (int)strtol(day + 8, NULL, 10);
	return timegm(&tm) / 86400;
}

/* By day, newest first, so that the end can be cut. */
static int by_day(const void *va, const void *vb)
{
	const struct trend_disk *a = va, *b = vb;
	int order = strcmp(b->day, a->day);

	return order ? order : strcmp(a->mount, b->mount);
}

void trend_trim(struct trend *t, const char *today)
{
	const int64_t oldest = day_number(today) - TREND_DAYS;
	size_t kept = 0, same = 0;

	if (t->n_disks)
		qsort(t->disks, t->n_disks, sizeof(*t->disks), by_day);
	for (size_t i = 0; i < t->n_disks; i++) {
		struct trend_disk *d = &t->disks[i];

		same = kept && strcmp(t->disks[kept - 1].day, d->day) == 0
			       ? same + 1
			       : 0;
		if (day_number(d->day) <= oldest || same >= TREND_DISKS)
			free(d->mount);
		else
			t->disks[kept++] = *d;
	}
	t->n_disks = kept;
}

int trend_write(const struct trend *t, const char *path, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(FILE_MAX);

	es_buf_addf(&b, HEAD "report %" PRId64 "\n", t->report);
	if (*t->boot)
		es_buf_addf(&b, "boot %s\n", t->boot);
	for (size_t i = 0; i < t->n_nets; i++) {
		es_buf_adds(&b, "net ");
		es_quote_mtree(&b, t->nets[i].name, strlen(t->nets[i].name));
		for (int k = 0; k < TREND_COUNTS; k++)
			es_buf_addf(&b, " %" PRIu64, t->nets[i].counts[k]);
		es_buf_addc(&b, '\n');
	}
	for (size_t i = 0; i < t->n_disks; i++) {
		const struct trend_disk *d = &t->disks[i];

		es_buf_addf(&b, "disk %s ", d->day);
		es_quote_mtree(&b, d->mount, strlen(d->mount));
		es_buf_addf(&b, " %" PRId64 " %" PRId64 "\n", d->size, d->used);
	}
	if (es_buf_check(&b, err) < 0)
		return err->code;
	return es_write_file(path, b.data, b.len, 0600, err);
}

/* --- foretelling ---------------------------------------------------------- */

/* Sums for a straight line through the points. */
struct line {
	size_t n;
	double x;
	double y;
	double xx;
	double xy;
};

static void add_point(struct line *l, int64_t x, int64_t y)
{
	l->n++;
	l->x += (double)x;
	l->y += (double)y;
	l->xx += (double)x * (double)x;
	l->xy += (double)x * (double)y;
}

struct trend_forecast trend_forecast(const struct trend *t, const char *mount,
				     const char *today, int64_t size,
				     int64_t used, int64_t free)
{
	struct trend_forecast f = { .left = -1 };
	const int64_t now = day_number(today);
	struct line l = { 0 };
	double n, slope;

	add_point(&l, 0, used);
	for (size_t i = 0; i < t->n_disks; i++) {
		const struct trend_disk *d = &t->disks[i];
		int64_t ago = now - day_number(d->day);

		/* what was on a disk of another size says little of this one */
		if (strcmp(d->mount, mount) == 0 && d->size == size &&
		    ago > 0 && ago <= TREND_WINDOW)
			add_point(&l, -ago, d->used);
	}
	f.days = l.n;
	if (l.n < 2)
		return f;
	n = (double)l.n;
	slope = (n * l.xy - l.x * l.y) / (n * l.xx - l.x * l.x);
	f.per_day = (int64_t)slope;
	if (f.per_day > 0)
		f.left = free / f.per_day;
	return f;
}

void trend_history(struct es_doc *list, const struct trend *t,
		   const char *mount)
{
	int64_t percents[TREND_WINDOW];
	size_t n = 0;

	/* newest first, as they were trimmed */
	for (size_t i = 0; i < t->n_disks && n < TREND_WINDOW; i++) {
		const struct trend_disk *d = &t->disks[i];

		if (strcmp(d->mount, mount) == 0 && d->size > 0)
			percents[n++] = (int64_t)(100.0 * (double)d->used /
						  (double)d->size);
	}
	while (n > 0)
		es_doc_push_number(list, percents[--n]);
}
