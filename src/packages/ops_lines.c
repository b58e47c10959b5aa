/* SPDX-License-Identifier: MIT */
/* ops_lines.c - what the logs of pacman and apk tell */
#include "config.h"

#include "packages/ops_priv.h"

#include <errno.h>
#include <string.h>

/**
 * struct word - a word of a log and what it says
 * @word: with the blank behind it
 * @kind: what was done
 */
struct word {
	const char *word;
	enum es_package_op_kind kind;
};

/**
 * struct reading - a pass over the logs
 * @clock:   of pacman's older lines
 * @manager: whose they are
 * @is_apk:  that is apk
 * @command: the last one that was run
 * @when:    apk: when that was
 * @first:   apk: the first step of it
 */
struct reading {
	struct ops_clock clock;
	const char *manager;
	bool is_apk;
	const char *command;
	int64_t when;
	size_t first;
};

static bool is_version(const struct pkg_line *text)
{
	return text->len > 0 && text->len <= OPS_WORD_MAX &&
	       !memchr(text->at, ' ', text->len) &&
	       !memchr(text->at, '\0', text->len);
}

/* "NAME (VERSION)" or "NAME (OLD -> NEW)" */
static bool split(struct pkg_line *name, struct pkg_line *old,
		  struct pkg_line *new, struct pkg_line text)
{
	if (text.len < 4 || text.at[text.len - 1] != ')')
		return false;
	char *paren = memmem(text.at, text.len, " (", 2);
	if (!paren)
		return false;
	*name = (struct pkg_line){ text.at, (size_t)(paren - text.at) };
	*new = (struct pkg_line){ paren + 2, text.len - name->len - 3 };
	char *arrow = memmem(new->at, new->len, " -> ", 4);
	*old = *new;
	if (arrow) {
		old->len = (size_t)(arrow - new->at);
		new->at = arrow + 4;
		new->len -= old->len + 4;
	}
	return is_version(name) && is_version(old) && is_version(new);
}

/* "NAME@REPOSITORY" */
static void cut_tag(struct pkg_line *name)
{
	const char *tag = memchr(name->at, '@', name->len);

	if (tag)
		name->len = (size_t)(tag - name->at);
}

static int take_op(struct ops_reader *r, const struct reading *g,
		   enum es_package_op_kind kind, const struct pkg_line *text)
{
	struct pkg_line name, old, new;
	struct es_package_op op = {
		.kind = kind,
		.arch = "",
		.old = "",
		.new = "",
		.manager = g->manager,
		.when = g->when,
		.command = g->command,
		.user = "",
	};

	if (!ops_within(r, g->when) || !split(&name, &old, &new, *text))
		return 0;
	if (g->is_apk)
		cut_tag(&name);
	op.name = ops_line(r->ops, &name);
	if (kind != ES_PACKAGE_OP_INSTALL)
		op.old = ops_line(r->ops, &old);
	if (kind != ES_PACKAGE_OP_REMOVE && kind != ES_PACKAGE_OP_PURGE)
		op.new = ops_line(r->ops, &new);
	if (!op.name || !op.old || !op.new)
		return -ENOMEM;
	return ops_step(&r->steps, &op);
}

static int take_words(struct ops_reader *r, const struct reading *g,
		      const struct word *words, size_t n, struct pkg_line *text)
{
	for (size_t i = 0; i < n; i++)
		if (ops_begins(text, words[i].word))
			return take_op(r, g, words[i].kind, text);
	return 0;
}

static const char *keep_command(struct ops_reader *r, struct pkg_line text)
{
	if (text.len > OPS_COMMAND_MAX)
		text.len = OPS_COMMAND_MAX;
	return ops_line(r->ops, &text);
}

/* --- pacman --- */

/*
 * "[2026-05-01T12:00:00+0200] [ALPM] upgraded bash (5.1-1 -> 5.2-1)"; before
 * 2019 "[2019-05-01 12:00]" in local time.
 */
static bool take_time(struct ops_reader *r, struct reading *g,
		      struct pkg_line *line)
{
	size_t len;

	if (!ops_begins(line, "[") || ops_clock_skips(&g->clock, line))
		return false;
	if (line->len > 10 && line->at[10] == ' ')
		len = ops_clock_local(&g->when, &g->clock, r, line);
	else
		len = ops_clock_zoned(&g->when, line);
	line->at += len;
	line->len -= len;
	return len > 0 && ops_begins(line, "] ");
}

static int take_pacman_line(struct ops_reader *r, struct reading *g,
			    struct pkg_line *line)
{
	static const struct word words[] = {
		{ "installed ", ES_PACKAGE_OP_INSTALL },
		{ "upgraded ", ES_PACKAGE_OP_UPGRADE },
		{ "downgraded ", ES_PACKAGE_OP_DOWNGRADE },
		{ "reinstalled ", ES_PACKAGE_OP_REINSTALL },
		{ "removed ", ES_PACKAGE_OP_REMOVE },
	};

	if (!take_time(r, g, line))
		return 0;
	if (ops_begins(line, "[ALPM] "))
		return take_words(r, g, words, sizeof(words) / sizeof(*words),
				  line);
	if (ops_begins(line, "[PACMAN] Running '") && line->len > 0) {
		line->len -= line->at[line->len - 1] == '\'';
		g->command = keep_command(r, *line);
		return g->command ? 0 : -ENOMEM;
	}
	return 0;
}

static int take_pacman(struct ops_reader *r, struct es_buf *text, void *payload)
{
	struct pkg_line rest = pkg_whole(text);
	struct pkg_line line;
	int rc = 0;

	while (rc == 0 && pkg_line(&line, &rest))
		rc = take_pacman_line(r, payload, &line);
	return rc;
}

/* --- apk --- */

/* "Running `apk add bash` at 2026-05-01 12:00:00", in UTC */
static int take_run(struct ops_reader *r, struct reading *g,
		    struct pkg_line line)
{
	char *at = memmem(line.at, line.len, "` at ", 5);
	struct pkg_line next;

	/* The command may have such words in it: the last ones count. */
	while (at) {
		size_t len = (size_t)(at + 5 - line.at);

		next = (struct pkg_line){ at + 5, line.len - len };
		if (ops_clock_zoned(&g->when, &next) == next.len)
			break;
		at = memmem(next.at, next.len, "` at ", 5);
	}
	g->first = r->steps.n;
	if (!at) {
		g->when = INT64_MIN;
		return 0;
	}
	line.len = (size_t)(at - line.at);
	g->command = keep_command(r, line);
	return g->command ? 0 : -ENOMEM;
}

/* "(12/30) " */
static bool cut_count(struct pkg_line *line)
{
	char *end = memchr(line->at, ')', line->len);
	size_t len = end ? (size_t)(end + 1 - line->at) : 0;

	if (!end || *line->at != '(')
		return false;
	line->at += len;
	line->len -= len;
	return ops_begins(line, " ");
}

/* "NAME-VERSION: what went wrong": the step was not made. */
static void take_error(struct ops_reader *r, const struct reading *g,
		       const struct pkg_line *line)
{
	for (size_t i = r->steps.n; i > g->first; i--) {
		const struct es_package_op *op = &r->steps.all[i - 1].op;
		const char *version = *op->new ? op->new : op->old;
		struct pkg_line rest = *line;

		if (strcmp(op->manager, g->manager) != 0 ||
		    !ops_begins(&rest, op->name) || !ops_begins(&rest, "-") ||
		    !ops_begins(&rest, version) || !ops_begins(&rest, ": "))
			continue;
		for (; i < r->steps.n; i++)
			r->steps.all[i - 1] = r->steps.all[i];
		r->steps.n--;
		return;
	}
}

static int take_apk(struct ops_reader *r, struct es_buf *text, void *payload)
{
	static const struct word words[] = {
		{ "Installing ", ES_PACKAGE_OP_INSTALL },
		{ "Upgrading ", ES_PACKAGE_OP_UPGRADE },
		{ "Downgrading ", ES_PACKAGE_OP_DOWNGRADE },
		{ "Replacing ", ES_PACKAGE_OP_REINSTALL },
		{ "Reinstalling ", ES_PACKAGE_OP_REINSTALL },
		{ "Purging ", ES_PACKAGE_OP_PURGE },
	};
	struct pkg_line rest = pkg_whole(text);
	struct reading *g = payload;
	struct pkg_line line;
	int rc = 0;

	while (rc == 0 && pkg_line(&line, &rest)) {
		if (ops_begins(&line, "Running `"))
			rc = take_run(r, g, line);
		else if (ops_begins(&line, "ERROR: "))
			take_error(r, g, &line);
		else if (line.len > 0 && cut_count(&line))
			rc = take_words(r, g, words,
					sizeof(words) / sizeof(*words), &line);
	}
	return rc;
}

/* --- both --- */

static int read_logs(struct ops_reader *r, const char *manager,
		     const char *name, const char *database,
		     int (*take)(struct ops_reader *r, struct es_buf *text,
				 void *payload))
{
	struct reading g = { .manager = manager,
			     .is_apk = take == take_apk,
			     .command = "",
			     .when = INT64_MIN };

	ops_clock_init(&g.clock, r);
	int rc = ops_log_each(r, "var/log", name, take, &g);
	if (rc == 0 && ops_changed(r, database))
		return ops_missing(r->ops, manager);
	return rc < 0 ? rc : 0;
}

int ops_pacman(struct ops_reader *r)
{
	return read_logs(r, "pacman", "pacman.log", "var/lib/pacman/local",
			 take_pacman);
}

int ops_apk(struct ops_reader *r)
{
	const char *database = ops_changed(r, "lib/apk/db/installed")
				       ? "lib/apk/db/installed"
				       : "usr/lib/apk/db/installed";

	return read_logs(r, "apk", "apk.log", database, take_apk);
}
