/* SPDX-License-Identifier: MIT */
/* restore.h - put files back as a run recorded them: plan, then apply */
#ifndef ETCSNAP_RESTORE_H
#define ETCSNAP_RESTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "etcsnap/commit.h"
#include "etcsnap/doc.h"
#include "etcsnap/entry.h"
#include "etcsnap/session.h"

/*
 * A plan compares what is there now (a tree that es_cycle_run() made) with
 * what a run recorded, and says for each path that differs what would be
 * done. Applying it writes each file beside the one it replaces, fsyncs it,
 * gives it all its attributes and then renames it, so that a kill at any
 * instant leaves the old file or the new one. No directory is ever entered
 * through a symbolic link. What is found otherwise than it was planned stays
 * as it is, since no snapshot has it.
 *
 *	es_cycle_run(&r, session, &options, err);	a snapshot
 *	es_restore_plan_new(&plan, &o, err);		o.live = r.tree
 *	es_restore_apply(plan, err);
 *	es_restore_doc(&doc, plan, err);
 */

/**
 * enum es_restore_action - what is to be done to a path
 * @ES_RESTORE_NOTHING:    nothing; never in a finished plan
 * @ES_RESTORE_CREATE:     it is not there
 * @ES_RESTORE_REPLACE:    its content, or its kind of object, is another
 * @ES_RESTORE_ATTRIBUTES: owner, mode, times and the like differ
 * @ES_RESTORE_LINK:       it becomes another name of a file
 * @ES_RESTORE_DELETE:     it was not there then
 * @ES_RESTORE_KEEP:       it was not there then, and nobody asked to delete it
 * @ES_RESTORE_CANNOT:     nothing of it can be restored
 * @ES_RESTORE_ACTIONS:    their number
 */
enum es_restore_action {
	ES_RESTORE_NOTHING,
	ES_RESTORE_CREATE,
	ES_RESTORE_REPLACE,
	ES_RESTORE_ATTRIBUTES,
	ES_RESTORE_LINK,
	ES_RESTORE_DELETE,
	ES_RESTORE_KEEP,
	ES_RESTORE_CANNOT,
	ES_RESTORE_ACTIONS,
};

/**
 * es_restore_action_name - word for an action
 * @action: action
 *
 * Return: static "create", "replace", "attributes", "link", "delete", "keep",
 * "cannot"; "" for what is none.
 */
const char *es_restore_action_name(enum es_restore_action action);

/**
 * enum es_restore_why - what stands in the way of a path, or of its content
 * @ES_RESTORE_WELL:      nothing
 * @ES_RESTORE_SECRET:    of the content there is a keyed digest alone
 * @ES_RESTORE_DIGEST:    of the content there is a digest alone
 * @ES_RESTORE_UNKNOWN:   the content was not recorded at all
 * @ES_RESTORE_MASKED:    a masked value has no counterpart in the live file
 * @ES_RESTORE_VALUES:    only masked values differ, which are kept
 * @ES_RESTORE_KEY:       masked values were made with another secret key
 * @ES_RESTORE_SOCKET:    only the program that listens can make it
 * @ES_RESTORE_UNWATCHED: something is there that no snapshot has, since the
 *                        rules of today do not watch it
 * @ES_RESTORE_UNREAD:    what is there could not be read for a snapshot
 * @ES_RESTORE_CHANGED:   what is there is not what was looked at
 * @ES_RESTORE_EXISTS:    something is there already, in the tree to write to
 * @ES_RESTORE_SYMLINK:   its directory is behind a symbolic link, or none
 * @ES_RESTORE_FULL:      a directory is in its place that is not empty
 * @ES_RESTORE_PARTNER:   the file that it was another name of is not restored
 * @ES_RESTORE_UNTOLD:    whether it was there then nobody can tell
 * @ES_RESTORE_STALE:     the run could not read it and has older content
 * @ES_RESTORE_WHYS:      their number
 */
enum es_restore_why {
	ES_RESTORE_WELL,
	ES_RESTORE_SECRET,
	ES_RESTORE_DIGEST,
	ES_RESTORE_UNKNOWN,
	ES_RESTORE_MASKED,
	ES_RESTORE_VALUES,
	ES_RESTORE_KEY,
	ES_RESTORE_SOCKET,
	ES_RESTORE_UNWATCHED,
	ES_RESTORE_UNREAD,
	ES_RESTORE_CHANGED,
	ES_RESTORE_EXISTS,
	ES_RESTORE_SYMLINK,
	ES_RESTORE_FULL,
	ES_RESTORE_PARTNER,
	ES_RESTORE_UNTOLD,
	ES_RESTORE_STALE,
	ES_RESTORE_WHYS,
};

/**
 * es_restore_why_name - word for what stands in the way
 * @why: reason
 *
 * Return: static "secret", "digest", …; "" for WELL and for what is none.
 */
const char *es_restore_why_name(enum es_restore_why why);

/**
 * enum es_restore_state - how far a path has come
 * @ES_RESTORE_PLANNED: nothing was done yet
 * @ES_RESTORE_DONE:    it is as it was planned
 * @ES_RESTORE_PARTLY:  but for attributes that could not be set
 * @ES_RESTORE_FAILED:  it is as it was before
 */
enum es_restore_state {
	ES_RESTORE_PLANNED,
	ES_RESTORE_DONE,
	ES_RESTORE_PARTLY,
	ES_RESTORE_FAILED,
};

/**
 * struct es_restore_values - masked values of a file
 * @same:   they are in the live file as they were then, and put back
 * @kept:   another value is in the live file in their place, and kept
 * @marked: the mark is written, since they are not in the live file as they
 *          were then (es_restore_options.to)
 */
struct es_restore_values {
	unsigned int same;
	unsigned int kept;
	unsigned int marked;
};

/**
 * struct es_restore_item - one path of a plan
 * @path:   absolute path within the root, raw bytes, NUL-terminated
 * @len:    its bytes
 * @action: what is to be done
 * @why:    what stands in the way; with another action than CANNOT and KEEP of
 *          the content alone
 * @was:    what is there, NULL for nothing
 * @then:   what the run recorded, NULL for nothing
 * @attrs:  bits (1u << enum es_attr) that differ and will be set
 * @values: masked values of a file that is written
 * @less:   bits that its mode does not get: below es_restore_options.to a file
 *          with values of the live one has no more readers
 * @link:   path of the file that it becomes another name of, or NULL
 * @lost:   the live content, or a part of it, is in no snapshot and goes
 * @names:  the file has other names that are not restored with it
 * @package: the package it belongs to, or that may have made it; or NULL
 * @manager: "dpkg", "rpm", "pacman" or "apk", or NULL
 * @beside: it belongs to no package; @package has files in its directory
 * @conffile: its package says that administrators may change it
 * @services: services of that package, with ", " between them, or NULL
 * @uname:  an owner's name then, where the number is somebody else's today
 * @state:  how far it has come
 * @error:  what went wrong, fit for a terminal, or NULL
 */
struct es_restore_item {
	const char *path;
	size_t len;
	enum es_restore_action action;
	enum es_restore_why why;
	const struct es_entry *was;
	const struct es_entry *then;
	unsigned int attrs;
	struct es_restore_values values;
	unsigned int less;
	const char *link;
	bool lost;
	bool names;
	const char *package;
	const char *manager;
	bool beside;
	bool conffile;
	const char *services;
	const char *uname;
	enum es_restore_state state;
	const char *error;
};

/**
 * struct es_restore_options - what to restore, and where
 * @session: rules, key and repository; outlives the plan
 * @commit:  the run; outlives the plan
 * @live:    root tree of what is there now; not looked at with @to
 * @paths:   absolute paths: they and what is below them; outlive the plan
 * @n_paths: their number, 1 or more
 * @to:      write a tree below this directory, where nothing is replaced; NULL:
 *           restore in place
 * @remove:  remove what the run watched and did not have; not with @to
 */
struct es_restore_options {
	struct es_session *session;
	const struct es_commit *commit;
	struct es_oid live;
	const char *const *paths;
	size_t n_paths;
	const char *to;
	bool remove;
};

/** struct es_restore_plan - what would be done, path by path */
struct es_restore_plan;

/**
 * es_restore_plan_new - find out what would change
 * @out: owned; es_restore_plan_free()
 * @o:   what to restore
 * @err: filled on failure; fault CONFIG for a path that neither the run nor
 *       the system has
 *
 * Reads live files where only their content tells what can be done; writes
 * nothing.
 *
 * Return: 0 or a negative errno.
 */
int es_restore_plan_new(struct es_restore_plan **out,
			const struct es_restore_options *o,
			struct es_error *err);

/**
 * es_restore_plan_free - free a plan and its items
 * @p: taken; NULL is allowed
 */
void es_restore_plan_free(struct es_restore_plan *p);
ES_DEFINE_CLEANUP(struct es_restore_plan, es_restore_plan_free)

/**
 * es_restore_plan_count - number of paths in a plan
 * @p: plan, borrowed
 *
 * Return: their number, 0 when all is as it was.
 */
size_t es_restore_plan_count(const struct es_restore_plan *p);

/**
 * es_restore_plan_at - one path of a plan
 * @p: plan, borrowed
 * @i: its number from 0, less than es_restore_plan_count(); not checked
 *
 * Return: item, borrowed from @p.
 */
const struct es_restore_item *
es_restore_plan_at(const struct es_restore_plan *p, size_t i);

/**
 * es_restore_apply - do what a plan says
 * @p:   plan; the states and errors of its items are set
 * @err: filled when nothing could be begun
 *
 * First what is to go, then what is to come, then the attributes of
 * directories. What goes wrong with a path is told by its item; the others go
 * on.
 *
 * Return: number of paths that are not wholly as they were then, or a negative
 * errno.
 * Locking: the caller holds the repository's lock, unless the plan is for
 * another tree.
 * Blocking: disk; each file is fsynced, each directory too.
 */
int es_restore_apply(struct es_restore_plan *p, struct es_error *err);

/**
 * ES_RESTORE_SCHEMA - version of the document's schema
 */
#define ES_RESTORE_SCHEMA 1

/**
 * es_restore_doc - a plan, or what became of it, as a document
 * @out: owned; es_doc_free()
 * @p:   plan
 * @err: filled on failure
 *
 * Schema: etcsnap(8), "RESTORING".
 *
 * Return: 0 or a negative errno.
 */
int es_restore_doc(struct es_doc **out, const struct es_restore_plan *p,
		   struct es_error *err);

/**
 * es_restore_text - a plan, or what became of it, for people
 * @out:   appended to; every byte from outside is quoted for a terminal
 * @p:     plan
 * @patch: also what differs in content
 * @err:   filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_restore_text(struct es_buf *out, const struct es_restore_plan *p,
		    bool patch, struct es_error *err);

#endif
