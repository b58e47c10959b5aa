/* SPDX-License-Identifier: MIT */
/* restore_judge.c - what can be done to one path, and what cannot */
#include "config.h"

#include "restore/restore_plan_priv.h"

#include "etcsnap/rules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BIT(attr) (1u << (attr))

/* What can be put back without writing the object anew. */
#define ATTRIBUTES                                                      \
	(BIT(ES_ATTR_MODE) | BIT(ES_ATTR_UID) | BIT(ES_ATTR_GID) |      \
	 BIT(ES_ATTR_MTIME) | BIT(ES_ATTR_XATTR) | BIT(ES_ATTR_FLAGS) | \
	 BIT(ES_ATTR_HARDLINK))

static int cannot(struct item *it, enum es_restore_why why)
{
	it->pub.action = ES_RESTORE_CANNOT;
	it->pub.why = why;
	return 0;
}

static int decide(struct item *it, enum es_restore_action action)
{
	it->pub.action = action;
	return 0;
}

bool restore_is_read(const struct es_entry *e)
{
	return (e->has & (ES_HAS_SHA256 | ES_HAS_HMAC | ES_HAS_BLOB)) != 0;
}

bool restore_is_whole(const struct es_restore_item *it)
{
	return !it->why && !it->values.kept && !it->values.marked &&
	       !(it->then && it->then->unread);
}

/* ----------------------------------------------------------- what would go */

/* There is nothing to know of the content of an empty file. */
static bool is_empty(const struct es_entry *e)
{
	return restore_is_read(e) && (e->has & ES_HAS_STAT) &&
	       es_entry_records(e, ES_RECORD_SIZE) && e->size == 0;
}

static bool is_same_file(const struct es_entry *e, const struct stat *st)
{
	if (es_entry_records(e, ES_RECORD_SIZE) &&
	    e->size != (uint64_t)st->st_size)
		return false;
	return !es_entry_records(e, ES_RECORD_MTIME) ||
	       (e->mtime_sec == st->st_mtim.tv_sec &&
		e->mtime_nsec == (uint32_t)st->st_mtim.tv_nsec);
}

bool restore_is_lost(const struct item *it)
{
	const struct es_entry *was = it->pub.was;

	if (!was || was->type != ES_TYPE_FILE)
		return false;
	/* a log grew, or the rules do not count what came */
	if ((was->has & ES_HAS_STAT) && !is_same_file(was, &it->seen))
		return true;
	if (!(was->has & ES_HAS_BLOB))
		return !is_empty(was);
	/* what is merged has the live values */
	return (was->has & ES_HAS_MASKED) && it->source != RESTORE_MERGE;
}

/* ---------------------------------------------------------- what was not so */

/* Not there then: deleted when asked for, if the run can tell. */
static int judge_extra(struct es_restore_plan *p, struct item *it,
		       struct es_error *err)
{
	int rc = restore_could_tell(p, it->pub.path, it->pub.len,
				    it->pub.was->type, err);

	if (rc == 0)
		return decide(it, ES_RESTORE_NOTHING);
	if (rc == -ENODATA)
		it->pub.why = ES_RESTORE_UNTOLD;
	else if (rc < 0)
		return rc;
	if (rc < 0 || !p->o.remove)
		return decide(it, ES_RESTORE_KEEP);
	if (it->pub.was->unread) {
		it->pub.why = ES_RESTORE_UNREAD;
		return decide(it, ES_RESTORE_KEEP);
	}
	it->pub.lost = restore_is_lost(it);
	return decide(it, ES_RESTORE_DELETE);
}

/* ------------------------------------------------------------------ content */

static enum es_restore_why why_no_content(const struct es_entry *e)
{
	if (!restore_is_read(e))
		return ES_RESTORE_UNKNOWN;
	return e->class == ES_CLASS_SECRET ? ES_RESTORE_SECRET
					   : ES_RESTORE_DIGEST;
}

/* Values of today get no more readers than they have, in another tree. */
static void limit_mode(struct es_restore_plan *p, struct item *it)
{
	struct stat st;

	if (p->o.to && it->pub.values.same &&
	    restore_look(&p->live, it->pub.path, it->pub.len, &st) > 0)
		it->pub.less = ~st.st_mode & 07777;
}

/*
 * Where the content of a file comes from that is to be written. Without a
 * source @why is set.
 */
static int find_source(struct es_restore_plan *p, struct item *it,
		       struct es_error *err)
{
	const struct es_entry *e = it->pub.then;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(ES_BUF_MAX);
	int rc;

	it->source = RESTORE_NONE;
	if (is_empty(e)) {
		it->source = RESTORE_EMPTY;
	} else if (!(e->has & ES_HAS_BLOB)) {
		it->pub.why = why_no_content(e);
	} else if (!(e->has & ES_HAS_MASKED)) {
		it->source = RESTORE_BLOB;
	} else {
		rc = restore_merge_live(p, it, &text, &it->pub.values, err);
		if (rc < 0)
			return rc;
		limit_mode(p, it);
		if (rc == 1)
			it->source = RESTORE_MERGE;
		else
			it->pub.why = rc == 2	   ? ES_RESTORE_VALUES
				      : p->rekeyed ? ES_RESTORE_KEY
						   : ES_RESTORE_MASKED;
	}
	if (e->unread && it->source != RESTORE_EMPTY && !it->pub.why)
		it->pub.why = ES_RESTORE_STALE;
	/* what is not as it was must not have its time */
	if (!restore_is_whole(&it->pub))
		it->pub.attrs &= ~BIT(ES_ATTR_MTIME);
	return 0;
}

static int judge_create(struct es_restore_plan *p, struct item *it,
			struct es_error *err)
{
	enum es_type type = it->pub.then->type;

	if (type == ES_TYPE_SOCKET)
		return cannot(it, ES_RESTORE_SOCKET);
	if (type == ES_TYPE_NONE)
		return cannot(it, ES_RESTORE_UNKNOWN);
	it->pub.action = ES_RESTORE_CREATE;
	if (type != ES_TYPE_FILE)
		return 0;
	if (find_source(p, it, err) < 0)
		return err->code;
	if (it->source == RESTORE_NONE)
		it->pub.action = ES_RESTORE_CANNOT;
	return 0;
}

/* ------------------------------------------------------- what is otherwise */

/* Whether the live content is another. Return: 1, 0, or a negative errno. */
static int content_differs(struct es_restore_plan *p, const struct item *it)
{
	const unsigned int digests = ES_HAS_SHA256 | ES_HAS_HMAC;
	const struct es_entry *was = it->pub.was, *then = it->pub.then;
	ES_CLEANUP(es_closep) int fd = -1;
	int rc;

	if (!restore_is_read(then))
		return 0;
	if (was->has & then->has & digests)
		return memcmp(was->digest, then->digest, ES_SHA256_LEN) != 0;
	if (was->has & then->has & ES_HAS_BLOB &&
	    memcmp(was->oid, then->oid, sizeof(was->oid)) == 0)
		return 0;
	if (!(then->has & digests))
		return 1;
	/* digests of two kinds say nothing; only the content does */
	fd = restore_open_live(p, it->pub.path, it->pub.len);
	if (fd < 0)
		return fd == -ENOMEM ? fd : 1;
	rc = restore_is_content(p, fd, then, -1);
	return rc == -ENOMEM ? rc : rc != 1;
}

static int judge_attributes(struct item *it, bool content)
{
	it->pub.attrs &= ATTRIBUTES;
	/* an old time with new content would say that nothing changed */
	if (content || it->pub.then->unread)
		it->pub.attrs &= ~BIT(ES_ATTR_MTIME);
	/* the number of names is looked at by restore_links() */
	if (it->pub.attrs)
		return decide(it, ES_RESTORE_ATTRIBUTES);
	return decide(it, content ? ES_RESTORE_CANNOT : ES_RESTORE_NOTHING);
}

static int judge_file(struct es_restore_plan *p, struct item *it,
		      struct es_error *err)
{
	int rc = content_differs(p, it);

	if (rc < 0)
		return es_fail_oom(err);
	if (rc == 0)
		return judge_attributes(it, false);
	if (find_source(p, it, err) < 0)
		return err->code;
	if (it->source == RESTORE_NONE)
		return judge_attributes(it, true);
	it->pub.lost = restore_is_lost(it);
	return decide(it, ES_RESTORE_REPLACE);
}

/* Return: 1 a directory with something in it, 0, or a negative errno. */
static int is_full(struct es_restore_plan *p, const struct item *it)
{
	int fd = restore_tree_dir(p->target, it->pub.path, it->pub.len);
	int copy = fd < 0 ? -1
			  : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ES_CLEANUP(es_closedirp) DIR *d = copy < 0 ? NULL : fdopendir(copy);
	int n = 0;

	if (!d) {
		es_closep(&copy);
		return 1;
	}
	while (readdir(d))
		n++;
	return n > 2;
}

/* Another kind of object. */
static int judge_retyped(struct es_restore_plan *p, struct item *it,
			 struct es_error *err)
{
	if (it->pub.was->type == ES_TYPE_DIR && !p->o.remove &&
	    is_full(p, it) != 0)
		return cannot(it, ES_RESTORE_FULL);
	if (judge_create(p, it, err) < 0)
		return err->code;
	if (it->pub.action != ES_RESTORE_CREATE)
		return 0;
	it->pub.lost = restore_is_lost(it);
	return decide(it, ES_RESTORE_REPLACE);
}

/* What only a new object can have. */
static bool is_fixed(const struct es_entry *was, const struct es_entry *then)
{
	if (then->type == ES_TYPE_LINK)
		return was->target_len != then->target_len ||
		       memcmp(was->target, then->target, then->target_len) != 0;
	return (then->type == ES_TYPE_CHAR || then->type == ES_TYPE_BLOCK) &&
	       (was->rdev_major != then->rdev_major ||
		was->rdev_minor != then->rdev_minor);
}

static int judge_both(struct es_restore_plan *p, struct item *it,
		      struct es_error *err)
{
	const struct es_entry *was = it->pub.was, *then = it->pub.then;

	if (was->type != then->type)
		return judge_retyped(p, it, err);
	if (then->type == ES_TYPE_FILE)
		return judge_file(p, it, err);
	if (is_fixed(was, then))
		return decide(it, ES_RESTORE_REPLACE);
	return judge_attributes(it, false);
}

/* --------------------------------------------------------- what is in place */

/* What the rules do not count as a change leaves an older entry standing. */
static bool may_differ(struct es_restore_plan *p, const struct item *it)
{
	struct es_decision d;

	es_rules_decide(p->o.session->rules, p->scratch, it->pub.path,
			it->pub.len, it->pub.was->type, &d);
	return d.ignore || d.growing || d.notime;
}

bool restore_is_as_recorded(const struct es_entry *e, const struct stat *st)
{
	if (e->type != es_type_from_mode(st->st_mode))
		return false;
	if (!(e->has & ES_HAS_STAT))
		return true;
	if (e->type == ES_TYPE_FILE && !is_same_file(e, st))
		return false;
	return (!es_entry_records(e, ES_RECORD_OWNER) ||
		e->uid == st->st_uid) &&
	       (!es_entry_records(e, ES_RECORD_GROUP) ||
		e->gid == st->st_gid) &&
	       (!es_entry_records(e, ES_RECORD_MODE) ||
		e->mode == (st->st_mode & 07777));
}

/* A directory that rules of today only lead through, as it was then. */
static bool is_same_dir(const struct es_entry *then, const struct stat *st)
{
	return then->type == ES_TYPE_DIR && S_ISDIR(st->st_mode) &&
	       then->uid == st->st_uid && then->gid == st->st_gid &&
	       then->mode == (st->st_mode & 07777);
}

static int judge_there(struct es_restore_plan *p, struct item *it,
		       struct es_error *err)
{
	const struct es_entry *was = it->pub.was;

	if (p->o.to) {
		if (it->pub.then->type == ES_TYPE_DIR &&
		    S_ISDIR(it->seen.st_mode))
			return decide(it, ES_RESTORE_NOTHING);
		return cannot(it, ES_RESTORE_EXISTS);
	}
	if (!was) {
		if (is_same_dir(it->pub.then, &it->seen))
			return decide(it, ES_RESTORE_NOTHING);
		return cannot(it, ES_RESTORE_UNWATCHED);
	}
	if (was->unread)
		return cannot(it, ES_RESTORE_UNREAD);
	if (!may_differ(p, it) && !restore_is_as_recorded(was, &it->seen))
		return cannot(it, ES_RESTORE_CHANGED);
	return judge_both(p, it, err);
}

/* Whether the directory of a path is one of those to be made. */
static bool is_below_new(const struct es_restore_plan *p, const struct item *it)
{
	size_t len = it->pub.len;

	while (len > 0) {
		const struct item *dir;

		len = restore_dir_len(it->pub.path, len);
		dir = restore_item_of(p, it->pub.path, len);
		if (dir)
			return dir->pub.then &&
			       dir->pub.then->type == ES_TYPE_DIR &&
			       (dir->pub.action == ES_RESTORE_REPLACE ||
				dir->pub.action == ES_RESTORE_CREATE);
	}
	return false;
}

int restore_judge(struct es_restore_plan *p, struct item *it,
		  struct es_error *err)
{
	int rc = restore_look(p->target, it->pub.path, it->pub.len, &it->seen);

	if (rc < 0 && is_below_new(p, it))
		rc = 0;
	it->there = rc > 0;
	if (!it->pub.then)
		return rc > 0 ? judge_extra(p, it, err)
			      : decide(it, ES_RESTORE_NOTHING);
	if (rc == -ELOOP || rc == -ENOTDIR)
		return cannot(it, ES_RESTORE_SYMLINK);
	if (rc < 0)
		return cannot(it, ES_RESTORE_UNREAD);
	if (rc > 0)
		return judge_there(p, it, err);
	return judge_create(p, it, err);
}
