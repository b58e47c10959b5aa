/* SPDX-License-Identifier: MIT */
/* restore_apply.c - carry out a plan: what goes, what comes, directories */
#include "config.h"

#include "restore/restore_apply_priv.h"
#include "restore/restore_attr_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reasons that have words of their own here. */
static const char *reason(int code)
{
	switch (code) {
	case -ESTALE:
		return "it is not what it was when this was planned; nothing "
		       "was done";
	case -EEXIST:
		return "something has come in its place meanwhile";
	case -ENOTEMPTY:
		return "the directory is not empty: what is in it was not "
		       "watched, or could not be removed";
	case -ELOOP:
	case -ENOTDIR:
		return "the way leads through a symbolic link, or what is no "
		       "directory";
	case -EBADMSG:
		return "the repository has another content than it says; run "
		       "'etcsnap git fsck'";
	default:
		return strerror(-code);
	}
}

int restore_fail(struct item *it, int code, const char *what)
{
	struct es_buf text = ES_BUF_INIT(65536);

	it->pub.state = ES_RESTORE_FAILED;
	if (what && *what)
		es_buf_addf(&text, "%s%s", what, code ? ": " : "");
	if (code)
		es_buf_adds(&text, reason(code));
	free(it->text);
	it->text = text.data;
	it->pub.error = text.data;
	return -1;
}

void restore_parts(struct item *it, const struct es_buf *said)
{
	if (said->len == 0)
		return;
	it->pub.state = ES_RESTORE_PARTLY;
	free(it->text);
	it->text = strdup(said->data);
	it->pub.error = it->text;
}

static void done(struct item *it, int rc)
{
	if (rc == 0 && it->pub.state == ES_RESTORE_PLANNED)
		it->pub.state = ES_RESTORE_DONE;
}

/* -------------------------------------------------------------------- going */

static int remove_one(struct es_restore_plan *p, struct item *it)
{
	const bool dir = it->pub.was->type == ES_TYPE_DIR;
	struct restore_object o = RESTORE_OBJECT_INIT;
	const char *name;
	int fd = restore_tree_parent(p->target, it->pub.path, it->pub.len,
				     &name);
	int rc;

	if (fd >= 0)
		fd = restore_tree_writable(p->target);
	if (fd < 0)
		return restore_fail(it, fd, "cannot enter its directory");
	rc = restore_object_open(&o, fd, name);
	if (rc == 0 && !restore_is_unchanged(&it->seen, &o.st))
		rc = -ESTALE;
	if (rc == 0) {
		uint32_t flags = restore_flags_get(&o);

		if (flags & RESTORE_FIXED)
			restore_flags_set(&o, flags & ~(uint32_t)RESTORE_FIXED);
		if (unlinkat(fd, name, dir ? AT_REMOVEDIR : 0) < 0) {
			rc = -errno;
			if (flags & RESTORE_FIXED)
				restore_flags_set(&o, flags);
		}
	}
	restore_object_close(&o);
	return rc < 0 ? restore_fail(it, rc, "cannot remove it") : 0;
}

static void remove_all(struct es_restore_plan *p)
{
	for (size_t i = p->n; i-- > 0;) {
		struct item *it = &p->items[i];

		if (it->pub.action != ES_RESTORE_DELETE)
			continue;
		/* it may be the directory used last */
		if (it->pub.was->type == ES_TYPE_DIR)
			restore_tree_forget(p->target);
		done(it, remove_one(p, it));
	}
}

/* ------------------------------------------------------------------- coming */

static bool is_dir(const struct item *it)
{
	return it->pub.then && it->pub.then->type == ES_TYPE_DIR;
}

static bool is_made(const struct item *it)
{
	return it->pub.action == ES_RESTORE_CREATE ||
	       it->pub.action == ES_RESTORE_REPLACE;
}

/* What is to be done to what is no directory, in this order. */
enum step {
	STEP_WRITE,
	STEP_LINK,
	STEP_CHANGE,
	STEP_FOLLOW, /* another name of what was changed */
	STEPS,
};

static bool is_due(const struct item *it, enum step step)
{
	const bool change =
		it->pub.action == ES_RESTORE_ATTRIBUTES && !is_dir(it);

	switch (step) {
	case STEP_WRITE:
		return is_made(it);
	case STEP_LINK:
		return it->pub.action == ES_RESTORE_LINK;
	case STEP_CHANGE:
		return change && !it->pub.link;
	case STEP_FOLLOW:
		return change && it->pub.link;
	case STEPS:
	default:
		return false;
	}
}

/*
 * Files before those that become other names of them, and both before anything
 * is changed in its place: names of one file that are not to be one any more
 * must be found as they were.
 */
static void write_all(struct es_restore_plan *p)
{
	for (int step = 0; step < STEPS; step++) {
		for (size_t i = 0; i < p->n; i++) {
			struct item *it = &p->items[i];
			int rc;

			if (!is_due(it, (enum step)step))
				continue;
			rc = step == STEP_WRITE	 ? restore_write(p, it)
			     : step == STEP_LINK ? restore_relink(p, it)
						 : restore_change(p, it);
			/* directories are not done yet */
			if (!is_dir(it))
				done(it, rc);
		}
	}
}

/* Its lock need not be put back: all that it had is set anew. */
static bool is_settled(const struct item *it)
{
	return it->pub.state != ES_RESTORE_FAILED &&
	       (it->pub.then->has & ES_HAS_STAT) &&
	       es_entry_records(it->pub.then, ES_RECORD_MODE) &&
	       es_entry_records(it->pub.then, ES_RECORD_FLAGS);
}

/*
 * The deepest first: one that is closed may not be entered any more. In step
 * with directories that were only opened for writing.
 */
static void finish_dirs(struct es_restore_plan *p)
{
	for (size_t i = p->n; i-- > 0;) {
		struct item *it = &p->items[i];

		if (!is_dir(it) || it->pub.state == ES_RESTORE_FAILED ||
		    (!is_made(it) && it->pub.action != ES_RESTORE_ATTRIBUTES))
			continue;
		restore_tree_relock(p->target, it->pub.path, it->pub.len);
		done(it, restore_change(p, it));
		if (is_settled(it))
			restore_tree_settle(p->target, it->pub.path,
					    it->pub.len);
	}
	restore_tree_relock(p->target, "", 0);
}

/* -------------------------------------------------------------------- whole */

static int open_target(struct es_restore_plan *p, struct es_error *err)
{
	if (!p->o.to || p->other.root >= 0)
		return 0;
	restore_tree_close(&p->other);
	if (es_mkdirs(p->o.to, 0700, err) < 0)
		return err->code;
	return restore_tree_open(&p->other, p->o.to, err);
}

int es_restore_apply(struct es_restore_plan *p, struct es_error *err)
{
	int failed = 0;

	if (open_target(p, err) < 0)
		return err->code;
	remove_all(p);
	write_all(p);
	finish_dirs(p);
	if (restore_tree_forget(p->target) < 0)
		return es_fail_errno(err, "cannot sync a directory");
	for (size_t i = 0; i < p->n; i++) {
		const struct es_restore_item *it = &p->items[i].pub;

		if (it->action == ES_RESTORE_KEEP)
			failed += p->o.remove;
		else if (it->state != ES_RESTORE_DONE || it->why)
			failed++;
	}
	return failed;
}
