/* SPDX-License-Identifier: MIT */
/* ops_apt.c - what apt's history says of who asked for operations of dpkg */
#include "config.h"

#include "packages/ops_priv.h"

#include <errno.h>
#include <string.h>

/*
 * Paragraphs of lines "Start-Date: 2026-05-01  12:00:00", "Commandline: …",
 * "Requested-By: anna (1000)", "Install: bash:amd64 (5.2), …" and so on, and
 * "End-Date: …", which is missing where apt was stopped.
 */

/* How long a run without an end may have gone on, seconds. */
#define ENDLESS 86400

/**
 * struct run - one run of apt
 * @start:   of it
 * @end:     of it
 * @command: what was typed
 * @user:    by whom, "" for root
 * @list:    packages, as the log has them
 */
struct run {
	int64_t start;
	int64_t end;
	const char *command;
	const char *user;
	const char *list;
};

struct ops_apt {
	struct run *runs;
	size_t n;
	size_t cap;
	struct ops_clock clock;
};

void ops_apt_free(struct ops_apt *a)
{
	if (!a)
		return;
	free(a->runs);
	free(a);
}

static int add_run(struct ops_apt *a, const struct ops_reader *r,
		   const struct run *run)
{
	if (run->end < r->from || run->start > r->to ||
	    (!*run->command && !*run->user))
		return 0;
	if (a->n == a->cap) {
		size_t cap = a->cap ? 2 * a->cap : 16;
		struct run *more = reallocarray(a->runs, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		a->runs = more;
		a->cap = cap;
	}
	a->runs[a->n++] = *run;
	return 0;
}

static void trim(struct pkg_line *text)
{
	while (text->len > 0 && *text->at == ' ') {
		text->at++;
		text->len--;
	}
}

/* "2026-05-01  12:00:00", with one blank between. */
static bool read_date(int64_t *out, struct ops_apt *a,
		      const struct ops_reader *r, struct pkg_line *text)
{
	char plain[20] = "";
	struct pkg_line time = { plain, 19 };

	trim(text);
	if (text->len < 20)
		return false;
	memcpy(plain, text->at, 10);
	plain[10] = ' ';
	text->at += 10;
	text->len -= 10;
	trim(text);
	if (text->len < 8)
		return false;
	memcpy(plain + 11, text->at, 8);
	return ops_clock_local(out, &a->clock, r, &time) > 0;
}

static const char *keep(struct ops_reader *r, struct pkg_line text, size_t most)
{
	trim(&text);
	if (text.len > most)
		text.len = most;
	return ops_line(r->ops, &text);
}

/* "anna (1000)" */
static const char *keep_user(struct ops_reader *r, struct pkg_line text)
{
	char *paren = memrchr(text.at, '(', text.len);

	if (paren)
		text.len = (size_t)(paren - text.at);
	while (text.len > 0 && text.at[text.len - 1] == ' ')
		text.len--;
	return keep(r, text, OPS_WORD_MAX);
}

/* Lists of all kinds, one behind the other. */
static const char *keep_list(struct ops_reader *r, const char *list,
			     const struct pkg_line *more)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_adds(&b, list);
	es_buf_addc(&b, ' ');
	if (es_buf_add(&b, more->at, more->len) < 0)
		return NULL;
	struct pkg_line all = pkg_whole(&b);
	return ops_line(r->ops, &all);
}

static bool is_list(struct pkg_line *line)
{
	static const char *const heads[] = {
		"Install:", "Upgrade:",	  "Downgrade:",
		"Remove:",  "Reinstall:", "Purge:",
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (ops_begins(line, heads[i]))
			return true;
	return false;
}

static int take_line(struct ops_apt *a, struct ops_reader *r, struct run *run,
		     struct pkg_line *line)
{
	const char **to = NULL;

	if (ops_begins(line, "End-Date:")) {
		int64_t end;

		if (read_date(&end, a, r, line))
			run->end = end;
		return 0;
	}
	if (ops_begins(line, "Commandline:")) {
		to = &run->command;
		*to = keep(r, *line, OPS_COMMAND_MAX);
	} else if (ops_begins(line, "Requested-By:")) {
		to = &run->user;
		*to = keep_user(r, *line);
	} else if (is_list(line)) {
		to = &run->list;
		*to = keep_list(r, *to, line);
	}
	return to && !*to ? -ENOMEM : 0;
}

static int take_log(struct ops_reader *r, struct es_buf *text, void *payload)
{
	static const struct run none = { 0, INT64_MIN, "", "", "" };
	struct pkg_line rest = pkg_whole(text);
	struct ops_apt *a = payload;
	struct pkg_line line, date;
	struct run run = none;
	bool inside = false;
	int rc = 0;

	while (rc == 0 && pkg_line(&line, &rest)) {
		date = line;
		if (ops_begins(&date, "Start-Date:")) {
			if (inside)
				rc = add_run(a, r, &run);
			run = none;
			trim(&date);
			inside = !ops_clock_skips(&a->clock, &date) &&
				 read_date(&run.start, a, r, &date);
			run.end = run.start + ENDLESS;
		} else if (inside) {
			rc = take_line(a, r, &run, &line);
		}
	}
	if (rc == 0 && inside)
		rc = add_run(a, r, &run);
	return rc;
}

int ops_apt_read(struct ops_reader *r)
{
	struct ops_apt *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	r->apt = a;
	ops_clock_init(&a->clock, r);
	int rc = ops_log_each(r, "var/log/apt", "history.log", take_log, a);
	return rc < 0 ? rc : 0;
}

/* " bash:amd64 (5.1, 5.2), …" */
static bool lists(const char *list, const struct es_package_op *op)
{
	size_t len = strlen(op->name);

	while ((list = strstr(list, op->name))) {
		if (list[-1] == ' ' && (list[len] == ':' || list[len] == ' '))
			return true;
		list += len;
	}
	return false;
}

void ops_apt_tell(const struct ops_apt *a, struct es_package_op *op)
{
	const struct run *best = NULL;

	/* The last that lists it, else the last of that time. */
	for (size_t i = a ? a->n : 0; i > 0; i--) {
		const struct run *run = &a->runs[i - 1];

		if (op->when < run->start || op->when > run->end)
			continue;
		if (!best)
			best = run;
		if (*run->list && lists(run->list, op)) {
			best = run;
			break;
		}
	}
	if (!best)
		return;
	op->command = best->command;
	op->user = best->user;
}
