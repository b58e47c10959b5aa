/* SPDX-License-Identifier: MIT */
/* ops_zypp.c - what the history of libzypp (zypper, YaST) tells */
#include "config.h"

#include "packages/ops_priv.h"

#include <errno.h>
#include <string.h>

/*
 * Fields between bars, times in local time. An upgrade is an "install": what
 * was there before is not told.
 *
 *	2026-05-01 12:00:00|command|root@host|'zypper' 'up' 'bash'|
 *	2026-05-01 12:00:01|install|bash|5.2-1|x86_64|root@host|repo|…|
 *	2026-05-01 12:00:02|remove |less|643-2|x86_64|root@host|
 */

/**
 * struct reading - a pass over the logs
 * @clock:   of their lines
 * @command: the last one that was given
 * @user:    by whom
 * @first:   the first step of it
 */
struct reading {
	struct ops_clock clock;
	const char *command;
	const char *user;
	size_t first;
};

/* The next field, without the blanks that make words equally long. */
static bool field(struct pkg_line *out, struct pkg_line *line)
{
	char *end = memchr(line->at, '|', line->len);

	if (!end)
		return false;
	*out = (struct pkg_line){ line->at, (size_t)(end - line->at) };
	line->at = end + 1;
	line->len -= out->len + 1;
	while (out->len > 0 && out->at[out->len - 1] == ' ')
		out->len--;
	return true;
}

/* USER@HOST|'WORD' 'WORD'…| */
static int take_command(struct ops_reader *r, struct reading *g,
			struct pkg_line *line)
{
	struct pkg_line who;
	size_t n = 0;

	if (!field(&who, line))
		return 0;
	char *at = memchr(who.at, '@', who.len);
	if (at)
		who.len = (size_t)(at - who.at);
	if (who.len > OPS_WORD_MAX)
		who.len = OPS_WORD_MAX;
	line->len -= line->len > 0 && line->at[line->len - 1] == '|';
	if (line->len > OPS_COMMAND_MAX)
		line->len = OPS_COMMAND_MAX;
	/* As it was typed, mostly. */
	for (size_t i = 0; i < line->len; i++)
		if (line->at[i] != '\'')
			line->at[n++] = line->at[i];
	line->len = n;
	g->first = r->steps.n;
	g->user = ops_line(r->ops, &who);
	g->command = ops_line(r->ops, line);
	return g->user && g->command ? 0 : -ENOMEM;
}

/* NAME|VERSION|ARCHITECTURE|… */
static int take_package(struct ops_reader *r, const struct reading *g,
			enum es_package_op_kind kind, int64_t when,
			struct pkg_line *line)
{
	struct pkg_line name, version, arch;
	struct es_package_op op = {
		.kind = kind,
		.old = "",
		.new = "",
		.manager = "rpm",
		.when = when,
		.command = g->command,
		.user = g->user,
	};

	if (!field(&name, line) || !field(&version, line) ||
	    !field(&arch, line) || name.len == 0 || version.len == 0 ||
	    name.len > OPS_WORD_MAX || version.len > OPS_WORD_MAX ||
	    arch.len > OPS_WORD_MAX)
		return 0;
	ops_begins(&version, "0:");
	const char *kept = ops_line(r->ops, &version);
	op.name = ops_line(r->ops, &name);
	op.arch = ops_line(r->ops, &arch);
	if (!op.name || !op.arch || !kept)
		return -ENOMEM;
	if (kind == ES_PACKAGE_OP_REMOVE) {
		op.old = kept;
		return ops_was(r, g->first, &op);
	}
	op.new = kept;
	return ops_step(&r->steps, &op);
}

static int take_line(struct ops_reader *r, struct reading *g,
		     struct pkg_line *line)
{
	struct pkg_line time, word;
	int64_t when;

	if (ops_clock_skips(&g->clock, line) || !field(&time, line) ||
	    ops_clock_local(&when, &g->clock, r, &time) != time.len ||
	    time.len == 0 || !field(&word, line))
		return 0;
	/* It may have been given before the window begins. */
	if (ops_is(&word, "command"))
		return take_command(r, g, line);
	if (!ops_within(r, when))
		return 0;
	if (ops_is(&word, "install"))
		return take_package(r, g, ES_PACKAGE_OP_INSTALL, when, line);
	if (ops_is(&word, "remove"))
		return take_package(r, g, ES_PACKAGE_OP_REMOVE, when, line);
	return 0;
}

static int take_log(struct ops_reader *r, struct es_buf *text, void *payload)
{
	struct pkg_line rest = pkg_whole(text);
	struct pkg_line line;
	int rc = 0;

	while (rc == 0 && pkg_line(&line, &rest))
		rc = take_line(r, payload, &line);
	return rc;
}

int ops_zypp(struct ops_reader *r)
{
	struct reading g = {
		.command = "",
		.user = "",
		.first = r->steps.n,
	};

	ops_clock_init(&g.clock, r);
	int rc = ops_log_each(r, "var/log/zypp", "history", take_log, &g);
	return rc < 0 ? rc : 0;
}
