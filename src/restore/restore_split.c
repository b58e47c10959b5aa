/* SPDX-License-Identifier: MIT */
/* restore_split.c - names that are one file now and were not then */
#include "config.h"

#include "restore/restore_plan_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * What is changed in its place changes under all of its names. So of the names
 * that a file has now only those may keep it that are to be one file; the
 * others get a copy of it. Where the plan does not know all of its names, and
 * does know all that it had, none of them keeps it.
 */

/**
 * struct inode - a file that is there, and its names in the plan
 * @next:  the one before
 * @head:  who keeps it: the item that its names are to be names of
 * @names: its names in the plan, but for those that are kept beside it
 */
struct inode {
	struct inode *next;
	const char *head;
	size_t names;
};

/** struct inodes - all of them, and by their numbers */
struct inodes {
	struct es_strmap *map;
	struct inode *all;
};

static void inodes_dispose(struct inodes *s)
{
	while (s->all) {
		struct inode *next = s->all->next;

		free(s->all);
		s->all = next;
	}
	es_strmap_free(s->map);
}

static bool is_there(const struct item *it)
{
	return it->there && S_ISREG(it->seen.st_mode) &&
	       it->seen.st_nlink > 1 && it->pub.action != ES_RESTORE_KEEP;
}

/* Stays where and what it is, but for attributes. */
static bool is_steady(const struct item *it)
{
	return it->pub.then && it->pub.then->type == ES_TYPE_FILE &&
	       (it->pub.action == ES_RESTORE_NOTHING ||
		it->pub.action == ES_RESTORE_ATTRIBUTES);
}

/* The path whose file it is to be in the end. Links never go in circles. */
static const char *head_of(const struct es_restore_plan *p,
			   const struct item *it)
{
	while (it->pub.link) {
		const char *path = it->pub.link;

		it = restore_item_of(p, path, strlen(path));
		if (!it)
			return path;
	}
	return it->pub.path;
}

static struct inode *inode_of(struct inodes *s, const struct stat *st)
{
	uint64_t key[2] = { (uint64_t)st->st_dev, (uint64_t)st->st_ino };
	struct inode *n = es_strmap_get(s->map, (char *)key, sizeof(key));

	if (n)
		return n;
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->next = s->all;
	s->all = n;
	return es_strmap_put(s->map, (char *)key, sizeof(key), n) < 0 ? NULL
								      : n;
}

/* Those with names outside of the plan have it first: they do not move. */
static int find_heads(struct es_restore_plan *p, struct inodes *s, bool outside)
{
	for (size_t i = 0; i < p->n; i++) {
		struct item *it = &p->items[i];
		const char *head;
		struct inode *n;

		if (!is_there(it))
			continue;
		n = inode_of(s, &it->seen);
		if (!n)
			return -ENOMEM;
		n->names += outside;
		if (n->head || !is_steady(it))
			continue;
		head = head_of(p, it);
		if (!outside || !restore_item_of(p, head, strlen(head)))
			n->head = head;
	}
	return 0;
}

static bool must_leave(const struct es_restore_plan *p, struct inodes *s,
		       const struct item *it)
{
	const struct inode *n = inode_of(s, &it->seen);
	const struct es_entry *then = it->pub.then;
	bool alone = then->nlink == 1 &&
		     es_entry_records(then, ES_RECORD_LINKS) &&
		     (then->has & ES_HAS_STAT);

	if (!n || !n->head)
		return false;
	if (strcmp(n->head, head_of(p, it)) != 0)
		return true;
	if ((it->pub.attrs & 1u << ES_ATTR_HARDLINK) && !it->pub.link)
		return true;
	return (alone || it->whole) && it->seen.st_nlink > n->names;
}

static void leave(struct item *it)
{
	if (!restore_is_read(it->pub.then) || it->pub.why)
		return;
	if (it->pub.link) {
		it->pub.action = ES_RESTORE_LINK;
		return;
	}
	it->pub.action = ES_RESTORE_REPLACE;
	it->source = RESTORE_LIVE;
}

/* A name of a file that is another one now must be linked to that. */
static bool follow(struct es_restore_plan *p)
{
	bool any = false;

	for (size_t i = 0; i < p->n; i++) {
		struct item *it = &p->items[i];
		const struct item *leader;

		if (!it->pub.link || !is_steady(it))
			continue;
		leader = restore_item_of(p, it->pub.link, strlen(it->pub.link));
		if (!leader || is_steady(leader) ||
		    leader->pub.action == ES_RESTORE_CANNOT)
			continue;
		it->pub.action = ES_RESTORE_LINK;
		any = true;
	}
	return any;
}

/* Another name of a file that cannot be restored. */
static void tell_partner(struct item *it)
{
	const struct es_extra *x = it->pub.then ? it->pub.then->extra : NULL;

	if (!x || !x->link_len || it->pub.link ||
	    it->pub.action != ES_RESTORE_ATTRIBUTES)
		return;
	it->pub.why = ES_RESTORE_PARTNER;
	if (it->pub.attrs == 1u << ES_ATTR_HARDLINK)
		it->pub.action = ES_RESTORE_CANNOT;
}

int restore_split(struct es_restore_plan *p, struct es_error *err)
{
	ES_CLEANUP(inodes_dispose)
	struct inodes s = { .map = es_strmap_new() };

	if (!s.map || find_heads(p, &s, true) < 0 ||
	    find_heads(p, &s, false) < 0)
		return es_fail_oom(err);
	for (size_t i = 0; i < p->n; i++)
		tell_partner(&p->items[i]);
	for (size_t i = 0; i < p->n; i++) {
		struct item *it = &p->items[i];

		if (is_there(it) && is_steady(it) && must_leave(p, &s, it))
			leave(it);
	}
	while (follow(p))
		;
	return 0;
}
