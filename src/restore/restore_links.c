/* SPDX-License-Identifier: MIT */
/* restore_links.c - which names are to be one file again */
#include "config.h"

#include "restore/restore_plan_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BIT(attr) (1u << (attr))

/*
 * A run says of names in one directory which are the same file, and of names
 * elsewhere only how many there are. Where as many names as that are alike in
 * all that was recorded, to the nanosecond, and stand in the plan, they are
 * taken for the same file.
 */

static const char *partner(const struct es_entry *e, size_t *len)
{
	*len = e->extra ? e->extra->link_len : 0;
	return *len ? es_extra_link(e->extra) : NULL;
}

static bool is_file(const struct item *it)
{
	return it->pub.then && it->pub.then->type == ES_TYPE_FILE &&
	       (it->pub.then->has & ES_HAS_STAT);
}

/* Can its name be given to others? */
static bool is_good(const struct item *it)
{
	return !it || it->pub.action == ES_RESTORE_NOTHING ||
	       (it->pub.action != ES_RESTORE_CANNOT && !it->pub.why);
}

/* Whether both names are one file already, so that nothing is to be done. */
static bool is_one(struct es_restore_plan *p, const struct item *it,
		   const char *path)
{
	struct stat st;

	return it->there &&
	       restore_look(p->target, path, strlen(path), &st) > 0 &&
	       st.st_ino == it->seen.st_ino && st.st_dev == it->seen.st_dev;
}

/*
 * The other name gives it content that nobody has; what else stands in the way
 * still does.
 */
static bool may_become(const struct item *it)
{
	return it->pub.action != ES_RESTORE_CANNOT ||
	       it->pub.why == ES_RESTORE_SECRET ||
	       it->pub.why == ES_RESTORE_DIGEST ||
	       it->pub.why == ES_RESTORE_UNKNOWN ||
	       it->pub.why == ES_RESTORE_MASKED ||
	       it->pub.why == ES_RESTORE_VALUES ||
	       it->pub.why == ES_RESTORE_KEY;
}

static void set_link(struct es_restore_plan *p, struct item *it,
		     const char *path, const struct item *leader)
{
	/* what both are now both will be, once the first of them is done */
	const bool same = is_one(p, it, path);
	const bool one =
		same && (!leader || leader->pub.action == ES_RESTORE_NOTHING ||
			 leader->pub.action == ES_RESTORE_ATTRIBUTES);
	const bool other = it->pub.why || it->pub.action == ES_RESTORE_REPLACE;

	if (!may_become(it))
		return;
	it->pub.link = path;
	if (one && (it->pub.action == ES_RESTORE_NOTHING ||
		    it->pub.action == ES_RESTORE_ATTRIBUTES))
		return;
	it->source = RESTORE_NONE;
	it->pub.lost = other && !same && restore_is_lost(it);
	it->pub.action = ES_RESTORE_LINK;
	it->pub.why = ES_RESTORE_WELL;
	it->pub.values = (struct es_restore_values){ 0 };
}

/* Whether a live file is the one of an entry, which has to say enough. */
static int is_content(struct es_restore_plan *p, const char *path,
		      const struct es_entry *e)
{
	ES_CLEANUP(es_closep) int fd = -1;
	int rc;

	if (!(e->has & (ES_HAS_SHA256 | ES_HAS_HMAC)))
		return 0;
	fd = restore_open_live(p, path, strlen(path));
	rc = fd < 0 ? fd : restore_is_content(p, fd, e, -1);
	return rc < 0 && rc != -ENOMEM ? 0 : rc;
}

/*
 * Whether a file outside of the plan is as the run recorded it. The snapshot
 * may not have looked there, so that it is looked at here.
 */
static int is_as_then(struct es_restore_plan *p, const char *path,
		      struct stat *st, struct es_error *err)
{
	const unsigned int names = BIT(ES_ATTR_NLINK) | BIT(ES_ATTR_HARDLINK);
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer old = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer new = ES_LISTING_WRITER_INIT;
	struct es_entry was, then;
	int rc;

	if (p->o.to)
		return 0;
	rc = es_delta_entry(&old, &was, p->st, &p->o.live, path, err);
	if (rc > 0)
		rc = es_delta_entry(&new, &then, p->st, &p->root, path, err);
	if (rc <= 0)
		return rc;
	if ((es_entry_compare(&was, &then) & ~names) != 0 ||
	    restore_look(&p->live, path, strlen(path), st) <= 0 ||
	    !restore_is_as_recorded(&then, st))
		return 0;
	rc = is_content(p, path, &then);
	return rc < 0 ? es_fail_oom(err) : rc;
}

/* The partner that the run names. */
static int follow_partner(struct es_restore_plan *p, struct item *it,
			  struct es_error *err)
{
	size_t len, dir = restore_dir_len(it->pub.path, it->pub.len);
	const char *name = partner(it->pub.then, &len);
	const struct item *leader;
	int rc = 1;

	if (!name)
		return 0;
	it->linked = malloc(dir + len + 2);
	if (!it->linked)
		return es_fail_oom(err);
	memcpy(it->linked, it->pub.path, dir + 1);
	memcpy(it->linked + dir + 1, name, len);
	it->linked[dir + 1 + len] = '\0';
	leader = restore_item_of(p, it->linked, dir + 1 + len);
	if (!leader)
		rc = is_as_then(p, it->linked, &it->other, err);
	if (rc > 0 && is_good(leader))
		set_link(p, it, it->linked, leader);
	return rc < 0 ? rc : 0;
}

/* --------------------------------------------- names in other directories */

/* All that must be equal. */
static int add_likeness(struct es_buf *key, const struct es_entry *e)
{
	es_buf_add(key, e->digest, sizeof(e->digest));
	es_buf_addf(key, " %o %u %u %u %llu %lld %u ", e->mode, e->uid, e->gid,
		    e->nlink, (unsigned long long)e->size,
		    (long long)e->mtime_sec, e->mtime_nsec);
	return es_buf_add(key, e->xattr, e->xattr_len);
}

/**
 * struct group - names that are alike
 * @next:    the one before
 * @leader:  one of them in the plan whose name the others can be; NULL: none
 * @outside: one of them that is as it was then, and not in the plan; owned
 * @names:   how many there are
 * @nlink:   how many there were
 */
struct group {
	struct group *next;
	struct item *leader;
	char *outside;
	uint32_t names;
	uint32_t nlink;
};

/** struct groups - all of them, and by what they have in common */
struct groups {
	struct es_strmap *map;
	struct group *all;
};

static void groups_dispose(struct groups *g)
{
	while (g->all) {
		struct group *next = g->all->next;

		free(g->all->outside);
		free(g->all);
		g->all = next;
	}
	es_strmap_free(g->map);
}

static bool counts_names(const struct es_entry *e)
{
	return e->nlink > 1 && es_entry_records(e, ES_RECORD_LINKS) &&
	       es_entry_records(e, ES_RECORD_MTIME) && restore_is_read(e);
}

static struct group *group_of(const struct groups *gs, const struct es_entry *e,
			      struct es_buf *key)
{
	es_buf_reset(key);
	if (add_likeness(key, e) < 0)
		return NULL;
	return es_strmap_get(gs->map, key->data, key->len);
}

/* Whether a file stays where and what it is. */
static bool is_steady(const struct item *it)
{
	return !it->pub.why && (it->pub.action == ES_RESTORE_NOTHING ||
				it->pub.action == ES_RESTORE_ATTRIBUTES);
}

static int add_to_group(struct groups *gs, struct item *it)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(ES_BUF_MAX);
	struct group *g = group_of(gs, it->pub.then, &key);
	size_t len;

	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g || key.failed) {
			free(g);
			return -ENOMEM;
		}
		*g = (struct group){ .next = gs->all,
				     .nlink = it->pub.then->nlink };
		gs->all = g;
		if (es_strmap_put(gs->map, key.data, key.len, g) < 0)
			return -ENOMEM;
	}
	g->names++;
	/* those that name a partner follow it, whatever becomes of that */
	if (!partner(it->pub.then, &len) &&
	    (!g->leader || (!is_steady(g->leader) && is_steady(it))))
		g->leader = it;
	return 0;
}

/* A file of the run that is not in the plan, since it is as it was. */
static int add_outside(void *payload, const char *path, size_t len,
		       const struct es_entry *e)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(ES_BUF_MAX);
	struct groups *gs = payload;
	struct group *g;

	if (e->type != ES_TYPE_FILE || !(e->has & ES_HAS_STAT) ||
	    !counts_names(e))
		return 0;
	g = group_of(gs, e, &key);
	if (key.failed)
		return -ENOMEM;
	if (!g)
		return 0;
	g->names++;
	if (!g->outside)
		g->outside = strndup(path, len);
	return g->outside ? 0 : -ENOMEM;
}

static int link_group(struct es_restore_plan *p, const struct groups *gs,
		      struct item *it)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(ES_BUF_MAX);
	const struct group *g = group_of(gs, it->pub.then, &key);
	size_t len;

	if (key.failed)
		return -ENOMEM;
	if (!g || g->names != g->nlink) {
		it->pub.names = it->pub.action == ES_RESTORE_REPLACE;
		return 0;
	}
	it->whole = !g->outside;
	if (partner(it->pub.then, &len))
		return 0;
	if (g->outside) {
		free(it->linked);
		it->linked = strdup(g->outside);
		if (!it->linked)
			return -ENOMEM;
		set_link(p, it, it->linked, NULL);
	} else if (it != g->leader && is_good(g->leader)) {
		set_link(p, it, g->leader->pub.path, g->leader);
	}
	return 0;
}

static bool is_whole(const struct groups *gs)
{
	for (const struct group *g = gs->all; g; g = g->next)
		if (g->names != g->nlink)
			return false;
	return true;
}

static int link_elsewhere(struct es_restore_plan *p, struct es_error *err)
{
	ES_CLEANUP(groups_dispose)
	struct groups gs = { .map = es_strmap_new() };
	int rc = gs.map ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < p->n; i++)
		if (is_file(&p->items[i]) && counts_names(p->items[i].pub.then))
			rc = add_to_group(&gs, &p->items[i]);
	if (rc < 0)
		return es_fail_oom(err);
	if (!p->o.to && !is_whole(&gs) &&
	    restore_each_other(p, add_outside, &gs, err) < 0)
		return err->code;
	for (size_t i = 0; rc == 0 && i < p->n; i++)
		if (is_file(&p->items[i]) && counts_names(p->items[i].pub.then))
			rc = link_group(p, &gs, &p->items[i]);
	return rc < 0 ? es_fail_oom(err) : 0;
}

int restore_links(struct es_restore_plan *p, struct es_error *err)
{
	int rc = link_elsewhere(p, err);

	for (size_t i = 0; rc == 0 && i < p->n; i++)
		if (is_file(&p->items[i]))
			rc = follow_partner(p, &p->items[i], err);
	return rc < 0 ? rc : restore_split(p, err);
}
