/* SPDX-License-Identifier: MIT */
/* restore_write.c - one object: written anew, linked, or only changed */
#include "config.h"

#include "restore/restore_apply_priv.h"
#include "restore/restore_attr_priv.h"
#include "restore/restore_place_priv.h"

#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

/* Without these an object must not take the place of another. */
#define NEEDED \
	(ES_RECORD_OWNER | ES_RECORD_GROUP | ES_RECORD_MODE | ES_RECORD_ACL)

/**
 * struct work - an object while it is being restored
 * @p:     plan
 * @it:    item
 * @dir:   directory it is in, ready for writing
 * @name:  its name there
 * @old:   what is there; @old.fd is -1 when nothing is
 * @flags: flags of @old before some were taken off
 * @new:   what is made
 * @said:  attributes that could not be set
 */
struct work {
	struct es_restore_plan *p;
	struct item *it;
	int dir;
	const char *name;
	struct restore_object old;
	uint32_t flags;
	struct restore_place new;
	struct es_buf said;
};

#define WORK_INIT(plan, item)                                         \
	{                                                             \
		.p = (plan), .it = (item), .dir = -1, .name = NULL,   \
		.old = RESTORE_OBJECT_INIT, .flags = 0,               \
		.new = RESTORE_PLACE_INIT, .said = ES_BUF_INIT(65536) \
	}

static void work_dispose(struct work *w)
{
	restore_place_drop(&w->new);
	restore_object_close(&w->old);
	es_buf_dispose(&w->said);
}

/* What stands there must be what was planned for. */
static int open_old(struct work *w)
{
	int rc = restore_object_open(&w->old, w->dir, w->name);

	if (rc == -ENOENT && !w->it->there)
		return 0;
	if (rc == 0 &&
	    (!w->it->there || !restore_is_unchanged(&w->it->seen, &w->old.st)))
		rc = -ESTALE;
	if (rc < 0)
		return restore_fail(w->it, rc, NULL);
	w->flags = restore_flags_get(&w->old);
	return 0;
}

static int begin(struct work *w)
{
	int dir = restore_tree_parent(w->p->target, w->it->pub.path,
				      w->it->pub.len, &w->name);

	if (dir >= 0)
		dir = restore_tree_writable(w->p->target);
	if (dir < 0)
		return restore_fail(w->it, dir, "cannot enter its directory");
	w->dir = dir;
	return open_old(w);
}

/* An immutable file can be neither changed nor replaced. */
static int take_flags_off(struct work *w)
{
	int rc;

	if (!(w->flags & RESTORE_FIXED))
		return 0;
	rc = restore_flags_set(&w->old, w->flags & ~(uint32_t)RESTORE_FIXED);
	if (rc < 0)
		return restore_fail(w->it, rc, "cannot take its flags off");
	return 0;
}

static void put_flags_back(const struct work *w)
{
	if (w->flags & RESTORE_FIXED)
		restore_flags_set(&w->old, w->flags);
}

static struct restore_wish wish_of(const struct work *w)
{
	return (struct restore_wish){
		.then = w->it->pub.then,
		.old = w->old.fd >= 0 ? &w->old : NULL,
		.times = restore_is_whole(&w->it->pub),
		.loose = w->p->o.to != NULL,
		.less = w->it->pub.less,
	};
}

/* ----------------------------------------------------------------- content */

static int write_blob(struct work *w)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const struct es_entry *e = w->it->pub.then;
	struct es_error err = ES_ERROR_INIT;
	uint8_t is[ES_SHA256_LEN];
	struct es_oid oid;

	memcpy(oid.id, e->oid, sizeof(oid.id));
	if (es_store_get(w->p->st, &oid, ES_KIND_BLOB, &b, &err) < 0)
		return err.code;
	es_sha256(is, es_buf_str(&b), b.len);
	if ((e->has & ES_HAS_SHA256) && memcmp(is, e->digest, sizeof(is)) != 0)
		return -EBADMSG;
	return es_write_all(w->new.fd, es_buf_str(&b), b.len);
}

static bool same_values(const struct es_restore_values *a,
			const struct es_restore_values *b)
{
	return a->same == b->same && a->kept == b->kept &&
	       a->marked == b->marked;
}

static int write_merged(struct work *w)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_restore_values values = { 0 };
	struct es_error err = ES_ERROR_INIT;
	int rc = restore_merge_live(w->p, w->it, &b, &values, &err);

	if (rc < 0)
		return rc;
	if (rc != 1 || !same_values(&values, &w->it->pub.values))
		return -ESTALE;
	rc = es_write_all(w->new.fd, es_buf_str(&b), b.len);
	if (b.data)
		explicit_bzero(b.data, b.len);
	return rc;
}

static int copy_live(struct work *w)
{
	const struct es_entry *e = w->it->pub.then;
	struct stat now;
	int rc;

	if (!w->old.real)
		return -EACCES;
	rc = restore_is_content(w->p, w->old.fd, e, w->new.fd);
	if (rc == 0 && w->p->rekeyed && (e->has & ES_HAS_HMAC))
		rc = 1;
	if (rc <= 0)
		return rc < 0 ? rc : -ESTALE;
	if (fstat(w->old.fd, &now) < 0 ||
	    !restore_is_unchanged(&w->old.st, &now))
		return -ESTALE;
	return 0;
}

static int write_content(struct work *w)
{
	switch (w->it->source) {
	case RESTORE_BLOB:
		return write_blob(w);
	case RESTORE_MERGE:
		return write_merged(w);
	case RESTORE_LIVE:
		return copy_live(w);
	case RESTORE_NONE:
	case RESTORE_EMPTY:
	default:
		return 0;
	}
}

/* ------------------------------------------------------------------ writing */

static struct restore_object object_of(const struct work *w)
{
	struct restore_object o = {
		.fd = w->new.fd,
		.real = w->new.type == ES_TYPE_FILE ||
			w->new.type == ES_TYPE_DIR,
		.dir = w->dir,
		.name = w->new.name,
	};

	if (fstat(o.fd, &o.st) < 0)
		memset(&o.st, 0, sizeof(o.st));
	return o;
}

/* Everything but flags, which would forbid to give it its name. */
static int finish_new(struct work *w)
{
	struct restore_object o = object_of(w);
	struct restore_wish wish = wish_of(w);
	unsigned int failed = restore_attr_set(&o, &wish, &w->said);

	if ((failed & NEEDED) && !wish.loose)
		return restore_fail(w->it, 0, es_buf_str(&w->said));
	if (w->new.type == ES_TYPE_FILE && fsync(w->new.fd) < 0)
		return restore_fail(w->it, -errno, "cannot write it");
	return 0;
}

static int put_new(struct work *w)
{
	struct restore_wish wish = wish_of(w);
	struct stat now;
	int rc;

	/* once more, as late as can be */
	if (w->old.fd >= 0 &&
	    (fstatat(w->dir, w->name, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
	     !restore_is_unchanged(&w->it->seen, &now)))
		return restore_fail(w->it, -ESTALE, NULL);
	rc = restore_place_put(&w->new, w->name,
			       w->old.fd >= 0 ? &w->old.st : NULL);
	if (rc < 0)
		return restore_fail(w->it, rc, NULL);
	if (w->new.type == ES_TYPE_FILE)
		restore_attr_flags(w->new.fd, &wish, w->flags, &w->said);
	restore_parts(w->it, &w->said);
	return 0;
}

static int write_new(struct work *w)
{
	int rc = restore_place_make(&w->new, w->dir, w->it->pub.then);

	if (rc < 0)
		return restore_fail(w->it, rc, "cannot make it");
	if (w->new.type == ES_TYPE_FILE) {
		rc = write_content(w);
		if (rc < 0)
			return restore_fail(w->it, rc, "cannot write it");
	}
	/* those of directories come when all is in them */
	if (w->new.type != ES_TYPE_DIR && finish_new(w) < 0)
		return -1;
	if (take_flags_off(w) < 0)
		return -1;
	if (put_new(w) == 0)
		return 0;
	put_flags_back(w);
	return -1;
}

static int make_dir(struct work *w)
{
	if (mkdirat(w->dir, w->name, 0700) < 0)
		return restore_fail(w->it, -errno, "cannot make it");
	return 0;
}

int restore_write(struct es_restore_plan *p, struct item *it)
{
	ES_CLEANUP(work_dispose) struct work w = WORK_INIT(p, it);
	int rc = begin(&w);

	if (rc < 0)
		return rc;
	/* the other name went meanwhile: it is alone already */
	if (it->source == RESTORE_LIVE && w.old.st.st_nlink < 2)
		return restore_change(p, it);
	if (it->pub.then->type == ES_TYPE_DIR && w.old.fd < 0)
		return make_dir(&w);
	rc = write_new(&w);
	/* it may have been the directory used last */
	if (it->there && S_ISDIR(it->seen.st_mode))
		restore_tree_forget(p->target);
	return rc;
}

/* -------------------------------------------------------------------- links */

/* The file whose name it is to be must be as it was then itself. */
static bool is_restored(const struct es_restore_plan *p, const char *path)
{
	const struct item *it = restore_item_of(p, path, strlen(path));

	return !it || it->pub.state == ES_RESTORE_DONE ||
	       it->pub.state == ES_RESTORE_PARTLY ||
	       (it->pub.state == ES_RESTORE_PLANNED &&
		it->pub.action == ES_RESTORE_ATTRIBUTES);
}

static int put_link(struct work *w, int from, const char *name)
{
	int rc = restore_place_link(&w->new, w->dir, from, name);

	if (rc < 0)
		return restore_fail(w->it, rc, "cannot link it");
	if (take_flags_off(w) < 0)
		return -1;
	rc = restore_place_put(&w->new, w->name,
			       w->old.fd >= 0 ? &w->old.st : NULL);
	if (rc == 0)
		return 0;
	put_flags_back(w);
	return restore_fail(w->it, rc, "cannot link it");
}

static int link_to(struct work *w, int from, const char *name)
{
	const struct stat *other = &w->it->other;
	struct restore_object leader = RESTORE_OBJECT_INIT;
	struct stat now;
	uint32_t flags;
	int rc = restore_object_open(&leader, from, name);

	if (rc == 0 &&
	    (!S_ISREG(leader.st.st_mode) ||
	     (other->st_nlink && !restore_is_unchanged(other, &leader.st))))
		rc = -ESTALE;
	if (rc < 0)
		rc = restore_fail(w->it, rc, "its other name");
	if (rc == 0 &&
	    fstatat(w->dir, w->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now.st_ino == leader.st.st_ino && now.st_dev == leader.st.st_dev) {
		restore_object_close(&leader);
		return 0;
	}
	if (rc == 0)
		rc = open_old(w);
	/* an immutable file gets no other names */
	flags = rc == 0 ? restore_flags_get(&leader) & RESTORE_FIXED : 0;
	if (flags)
		restore_flags_set(&leader, restore_flags_get(&leader) & ~flags);
	if (rc == 0)
		rc = put_link(w, from, name);
	if (flags)
		restore_flags_set(&leader, restore_flags_get(&leader) | flags);
	restore_object_close(&leader);
	return rc;
}

int restore_relink(struct es_restore_plan *p, struct item *it)
{
	ES_CLEANUP(work_dispose) struct work w = WORK_INIT(p, it);
	ES_CLEANUP(es_closep) int from = -1;
	const char *path = it->pub.link;
	const char *name;
	int dir;

	if (!is_restored(p, path))
		return restore_fail(it, 0, "its other name was not restored");
	dir = restore_tree_parent(p->target, path, strlen(path), &name);
	if (dir >= 0)
		from = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (from < 0)
		return restore_fail(it, dir < 0 ? dir : -errno,
				    "cannot enter its directory");
	dir = restore_tree_parent(p->target, it->pub.path, it->pub.len,
				  &w.name);
	if (dir >= 0)
		dir = restore_tree_writable(p->target);
	if (dir < 0)
		return restore_fail(it, dir, "cannot enter its directory");
	w.dir = dir;
	return link_to(&w, from, name);
}

/* --------------------------------------------------------------- attributes */

/* Whether it is another name of what has them by now. */
static bool is_done(struct work *w)
{
	const char *path = w->it->pub.link;
	struct stat st, now;

	return path && is_restored(w->p, path) &&
	       restore_look(w->p->target, path, strlen(path), &st) > 0 &&
	       restore_look(w->p->target, w->it->pub.path, w->it->pub.len,
			    &now) > 0 &&
	       st.st_ino == now.st_ino && st.st_dev == now.st_dev;
}

static int change(struct work *w)
{
	struct restore_wish wish = wish_of(w);
	unsigned int failed;

	if (w->it->pub.then->type != ES_TYPE_DIR && take_flags_off(w) < 0)
		return -1;
	if (w->it->pub.then->type == ES_TYPE_DIR && w->old.real)
		restore_flags_set(&w->old, w->flags & ~(uint32_t)RESTORE_FIXED);
	failed = restore_attr_set(&w->old, &wish, &w->said);
	if (w->old.real)
		failed |= restore_attr_flags(w->old.fd, &wish, w->flags,
					     &w->said);
	if (failed & NEEDED && !wish.loose) {
		put_flags_back(w);
		return restore_fail(w->it, 0, es_buf_str(&w->said));
	}
	restore_parts(w->it, &w->said);
	return 0;
}

int restore_change(struct es_restore_plan *p, struct item *it)
{
	ES_CLEANUP(work_dispose) struct work w = WORK_INIT(p, it);
	const bool made = it->pub.then->type == ES_TYPE_DIR &&
			  it->pub.action != ES_RESTORE_ATTRIBUTES;
	int rc;

	if (is_done(&w))
		return 0;
	rc = restore_tree_parent(p->target, it->pub.path, it->pub.len, &w.name);
	if (rc < 0)
		return restore_fail(it, rc, "cannot enter its directory");
	w.dir = rc;
	if (!made)
		rc = open_old(&w);
	else
		rc = restore_object_open(&w.old, w.dir, w.name);
	if (rc < -1)
		return restore_fail(it, rc, NULL);
	if (rc < 0)
		return rc;
	if (made && !S_ISDIR(w.old.st.st_mode))
		return restore_fail(it, -ESTALE, NULL);
	return change(&w);
}
