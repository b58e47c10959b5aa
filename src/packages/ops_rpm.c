/* SPDX-License-Identifier: MIT */
/* ops_rpm.c - what dnf's log and rpm's times of installation tell */
#include "config.h"

#include "packages/ops_priv.h"

#include <errno.h>
#include <string.h>

/*
 * rpm itself keeps no history: its database has only when today's version was
 * installed. dnf has a database of its own, and a log, where each package that
 * was replaced follows those that were put in its place:
 *
 *	2026-05-01T12:00:00+0000 INFO --- logging initialized ---
 *	2026-05-01T12:00:01+0000 SUBDEBUG Upgrade: bash-5.2-1.fc40.x86_64
 *	2026-05-01T12:00:02+0000 SUBDEBUG Upgraded: bash-5.1-1.fc40.x86_64
 */

/** struct word - a word of the log and what it says */
struct word {
	const char *word;
	enum es_package_op_kind kind;
	bool was; /* the package of the line is the one that was there */
};

static const struct word words[] = {
	{ "Installed: ", ES_PACKAGE_OP_INSTALL, false },
	{ "Upgrade: ", ES_PACKAGE_OP_UPGRADE, false },
	{ "Downgrade: ", ES_PACKAGE_OP_DOWNGRADE, false },
	{ "Reinstall: ", ES_PACKAGE_OP_REINSTALL, false },
	{ "Obsolete: ", ES_PACKAGE_OP_INSTALL, false },
	{ "Upgraded: ", ES_PACKAGE_OP_UPGRADE, true },
	{ "Downgraded: ", ES_PACKAGE_OP_DOWNGRADE, true },
	{ "Reinstalled: ", ES_PACKAGE_OP_REINSTALL, true },
	{ "Obsoleted: ", ES_PACKAGE_OP_REMOVE, true },
	{ "Erase: ", ES_PACKAGE_OP_REMOVE, true },
	{ "Erased: ", ES_PACKAGE_OP_REMOVE, true },
	{ "Removed: ", ES_PACKAGE_OP_REMOVE, true },
};

int ops_was(struct ops_reader *r, size_t first, const struct es_package_op *op)
{
	for (size_t i = r->steps.n; i > first; i--) {
		struct es_package_op *step = &r->steps.all[i - 1].op;

		if (strcmp(step->manager, op->manager) != 0 ||
		    strcmp(step->name, op->name) != 0 ||
		    strcmp(step->arch, op->arch) != 0 || !*step->new ||
		    *step->old)
			continue;
		step->old = op->old;
		if (op->when > step->when)
			step->when = op->when;
		return 0;
	}
	/* What took its place was told before the window began. */
	if (op->kind != ES_PACKAGE_OP_REMOVE)
		return 0;
	return ops_step(&r->steps, op);
}

/* Cuts off what stands behind the last @c; false when there is none. */
static bool cut_last(struct pkg_line *out, struct pkg_line *text, char c)
{
	char *at = memrchr(text->at, c, text->len);

	if (!at)
		return false;
	*out = (struct pkg_line){ at + 1,
				  text->len - (size_t)(at + 1 - text->at) };
	text->len = (size_t)(at - text->at);
	return out->len > 0;
}

/* NAME-[EPOCH:]VERSION-RELEASE[.ARCH] */
static bool split(struct pkg_line *name, struct pkg_line *version,
		  struct pkg_line *arch, struct pkg_line text)
{
	struct pkg_line release, number;

	if (!cut_last(arch, &text, '.') || !cut_last(&release, &text, '-') ||
	    !cut_last(&number, &text, '-'))
		return false;
	*version = (struct pkg_line){
		number.at, (size_t)(release.at + release.len - number.at)
	};
	ops_begins(version, "0:");
	*name = text;
	return name->len > 0 && name->len <= OPS_WORD_MAX &&
	       version->len <= OPS_WORD_MAX && arch->len <= OPS_WORD_MAX;
}

static int take_package(struct ops_reader *r, size_t first,
			const struct word *word, int64_t when,
			const struct pkg_line *text)
{
	struct pkg_line name, version, arch;
	struct es_package_op op = {
		.kind = word->kind,
		.old = "",
		.new = "",
		.manager = "rpm",
		.when = when,
		.command = "",
		.user = "",
	};

	if (!split(&name, &version, &arch, *text))
		return 0;
	const char *kept = ops_line(r->ops, &version);
	op.name = ops_line(r->ops, &name);
	op.arch = ops_line(r->ops, &arch);
	if (!op.name || !op.arch || !kept)
		return -ENOMEM;
	*(word->was ? &op.old : &op.new) = kept;
	return word->was ? ops_was(r, first, &op) : ops_step(&r->steps, &op);
}

static int take_line(struct ops_reader *r, struct pkg_line *line, size_t *first)
{
	struct pkg_line level;
	int64_t when;
	size_t len = ops_clock_zoned(&when, line);

	line->at += len;
	line->len -= len;
	if (len == 0 || !ops_word(&level, line) || !ops_begins(line, " "))
		return 0;
	if (ops_begins(line, "--- logging initialized"))
		*first = r->steps.n;
	if (!ops_within(r, when))
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (ops_begins(line, words[i].word))
			return take_package(r, *first, &words[i], when, line);
	return 0;
}

static int take_log(struct ops_reader *r, struct es_buf *text, void *payload)
{
	struct pkg_line rest = pkg_whole(text);
	size_t *first = payload;
	struct pkg_line line;
	int rc = 0;

	while (rc == 0 && pkg_line(&line, &rest))
		rc = take_line(r, &line, first);
	return rc;
}

/* Installed in the window by something that told nobody of it. */
static int take_installed(struct ops_reader *r, const struct es_package_op *op)
{
	if (!ops_within(r, op->when))
		return 0;
	for (size_t i = 0; i < r->steps.n; i++) {
		const struct es_package_op *step = &r->steps.all[i].op;

		if (strcmp(step->manager, op->manager) == 0 &&
		    strcmp(step->name, op->name) == 0 &&
		    strcmp(step->arch, op->arch) == 0 &&
		    strcmp(step->new, op->new) == 0)
			return 0;
	}

	struct es_package_op kept = *op;

	kept.name = ops_text(r->ops, op->name, strlen(op->name));
	kept.arch = ops_text(r->ops, op->arch, strlen(op->arch));
	kept.new = ops_text(r->ops, op->new, strlen(op->new));
	return kept.name && kept.arch && kept.new ? ops_step(&r->steps, &kept)
						  : -ENOMEM;
}

int ops_rpm(struct ops_reader *r)
{
	size_t first = r->steps.n;
	int rc = ops_dnf_history(r);

	if (rc == 0)
		rc = ops_log_each(r, "var/log", "dnf.rpm.log", take_log,
				  &first);
	if (rc >= 0)
		rc = ops_zypp(r);
	return rc < 0 ? rc : ops_rpm_times(r, take_installed);
}
