/* SPDX-License-Identifier: MIT */
/* restore_plan_priv.h - a plan, between those who make it and who carry it out
 */
#ifndef ETCSNAP_RESTORE_RESTORE_PLAN_PRIV_H
#define ETCSNAP_RESTORE_RESTORE_PLAN_PRIV_H

#include "etcsnap/delta.h"
#include "etcsnap/restore.h"
#include "etcsnap/strmap.h"
#include "restore/restore_tree_priv.h"

#include <sys/stat.h>

/**
 * enum restore_source - where the content of a file comes from
 * @RESTORE_NONE:  it has none, or keeps what it has
 * @RESTORE_BLOB:  the repository
 * @RESTORE_MERGE: the repository, and values of the live file
 * @RESTORE_LIVE:  the live file itself, of which a copy is made
 * @RESTORE_EMPTY: nowhere: it is empty
 */
enum restore_source {
	RESTORE_NONE,
	RESTORE_BLOB,
	RESTORE_MERGE,
	RESTORE_LIVE,
	RESTORE_EMPTY,
};

/**
 * struct item - a path of a plan, as it is worked on
 * @pub:    what others see of it
 * @own:    @pub.path is ours to free
 * @there:  something is at the path in the tree to write to
 * @seen:   what it is, where @there
 * @source: where the content comes from
 * @linked: @pub.link, where it is ours to free
 * @other:  what is at @pub.link, where that is not in the plan; st_nlink is 0
 *          else
 * @whole:  all names that the file had then are in the plan
 * @text:   error text, owned
 * @side:   services text, owned
 */
struct item {
	struct es_restore_item pub;
	bool own;
	bool there;
	struct stat seen;
	enum restore_source source;
	char *linked;
	struct stat other;
	bool whole;
	char *text;
	char *side;
};

/** struct parent - recorded entry of a directory that leads to a path */
struct parent {
	struct parent *next;
	struct es_listing_writer w;
	struct es_entry e;
};

/**
 * struct es_restore_plan - all that a plan needs until it is carried out
 * @o:       what was asked for
 * @st:      the session's repository
 * @root:    root tree of the run
 * @delta:   owner of most entries
 * @rules:   the run's rules, NULL when they cannot be read
 * @today:   a scratch and the session's rules decide for today
 * @scratch: for both
 * @tells:   the run, or one before it, looked at everything
 * @rekeyed: hidden values were made with another key
 * @hmac:    digest under today's key
 * @live:    the system
 * @target:  the tree to write to: &@live, or &@other
 * @other:   that of es_restore_options.to
 * @items:   in the order of their paths
 * @n:       their number
 * @cap:     room for them
 * @by_path: number of an item + 1 (as a pointer) by its path
 * @parents: entries that are not in the delta
 * @packages: owner of package names, or NULL
 */
struct es_restore_plan {
	struct es_restore_options o;
	struct es_store *st;
	struct es_oid root;
	struct es_delta *delta;
	struct es_rules *rules;
	struct es_glob_scratch *scratch;
	bool tells;
	bool rekeyed;
	struct es_digest *hmac;
	struct restore_tree live;
	struct restore_tree *target;
	struct restore_tree other;
	struct item *items;
	size_t n;
	size_t cap;
	struct es_strmap *by_path;
	struct parent *parents;
	struct es_packages *packages;
};

/** restore_item_of - Return: item of a path, NULL when there is none */
struct item *restore_item_of(const struct es_restore_plan *p, const char *path,
			     size_t len);

/**
 * restore_dir_len - Return: bytes of the path of a path's directory, 0 for the
 * root
 */
size_t restore_dir_len(const char *path, size_t len);

/**
 * restore_look - what is at a path of a tree
 * @t:    tree
 * @path: path
 * @len:  its bytes
 * @st:   set
 *
 * Return: 1, 0 nothing, -ELOOP or -ENOTDIR when the way leads through what is
 * no directory, or another negative errno.
 */
int restore_look(struct restore_tree *t, const char *path, size_t len,
		 struct stat *st);

/**
 * restore_judge - find out what is to be done to an item
 *
 * Return: 0 or a negative errno.
 */
int restore_judge(struct es_restore_plan *p, struct item *it,
		  struct es_error *err);

/**
 * restore_links - find names that are to be the same file
 *
 * Return: 0 or -ENOMEM.
 */
int restore_links(struct es_restore_plan *p, struct es_error *err);

/**
 * restore_split - take names apart that are one file and were not
 *
 * Return: 0 or -ENOMEM.
 */
int restore_split(struct es_restore_plan *p, struct es_error *err);

/**
 * restore_each_other - every recorded object that is not in the plan
 * @p:       plan
 * @each:    called with each below the paths of the plan that is no directory;
 *           -ENOMEM ends the walk
 * @payload: handed to @each
 * @err:     filled on failure
 *
 * Reads all manifests there; for what only the whole tells.
 *
 * Return: 0 or a negative errno.
 */
int restore_each_other(struct es_restore_plan *p,
		       int (*each)(void *payload, const char *path, size_t len,
				   const struct es_entry *e),
		       void *payload, struct es_error *err);

/**
 * restore_belongs - find packages and services
 *
 * Return: 0 or a negative errno.
 */
int restore_belongs(struct es_restore_plan *p, struct es_error *err);

/**
 * restore_could_tell - whether the run would have what was at a path
 * @p:    plan
 * @path: path that it does not have
 * @len:  its bytes
 * @type: kind of object
 * @err:  filled on failure
 *
 * Return: 1, 0 when it did not watch it, -ENODATA when it watched it and does
 * not say, or another negative errno.
 */
int restore_could_tell(struct es_restore_plan *p, const char *path, size_t len,
		       enum es_type type, struct es_error *err);

/**
 * restore_can_tell_all - set p->tells
 *
 * Return: 0 or a negative errno.
 */
int restore_can_tell_all(struct es_restore_plan *p, struct es_error *err);

/**
 * restore_is_lost - Return: whether content that is there would be gone for
 * good, in part or all of it, since it is not in the repository
 */
bool restore_is_lost(const struct item *it);

/**
 * restore_is_whole - Return: whether a file gets the content that it had, and
 * so may have the time of that
 */
bool restore_is_whole(const struct es_restore_item *it);

/** restore_is_read - Return: whether content was recorded of an entry */
bool restore_is_read(const struct es_entry *e);

/**
 * restore_merge_live - the text of a masked file, with the live file's values
 * @p:      plan
 * @it:     item of the file
 * @out:    reset and filled
 * @values: set
 * @err:    filled on failure
 *
 * Return: 1, 0 when it cannot be made whole, 2 when it is the live text, or a
 * negative errno.
 */
int restore_merge_live(struct es_restore_plan *p, const struct item *it,
		       struct es_buf *out, struct es_restore_values *values,
		       struct es_error *err);

/**
 * restore_is_content - whether an open file has the content that was recorded
 * @p:  plan
 * @fd: file, read from its start
 * @e:  what was recorded; with a digest
 * @copy: descriptor that gets a copy of it, -1: none
 *
 * Return: 1, 0, or a negative errno.
 */
int restore_is_content(struct es_restore_plan *p, int fd,
		       const struct es_entry *e, int copy);

/**
 * restore_open_live - open a file of the live system
 *
 * Return: descriptor, -ESTALE when it is no file, or another negative errno.
 */
int restore_open_live(struct es_restore_plan *p, const char *path, size_t len);

/** restore_is_as_recorded - Return: whether an object looks like an entry */
bool restore_is_as_recorded(const struct es_entry *e, const struct stat *st);

/** restore_is_unchanged - Return: whether an object is what was looked at */
bool restore_is_unchanged(const struct stat *seen, const struct stat *now);

#endif
