/* SPDX-License-Identifier: MIT */
/* setup.h - switch etcsnap on on this machine, and off again */
#ifndef ETCSNAP_SETUP_H
#define ETCSNAP_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "etcsnap/buf.h"
#include "etcsnap/session.h"

/*
 * What is to be in place (hook files, timers or a crontab, a drop-in of the
 * configuration) is compared with what is there and with the record of what an
 * earlier call put there; from that comes a list of steps. The record is
 * written before the first step, so that a setup that was killed is completed
 * or undone by the next one. Nothing is overwritten or removed that somebody
 * else made or changed, unless that is asked for.
 *
 *	struct es_setup *s = NULL;
 *	es_setup_new(&s, &options, err);
 *	while ((step = es_setup_step(s, i++))) …
 *	es_setup_apply(s, tell, payload, err);
 *	es_setup_free(s);
 */

/**
 * enum es_setup_timer - what starts runs
 * @ES_SETUP_TIMER_AUTO:    as the record says, else what is at home here
 * @ES_SETUP_TIMER_SYSTEMD: timers of systemd
 * @ES_SETUP_TIMER_CRON:    a file in /etc/cron.d
 * @ES_SETUP_TIMER_NONE:    nothing, or what somebody else sees to
 */
enum es_setup_timer {
	ES_SETUP_TIMER_AUTO,
	ES_SETUP_TIMER_SYSTEMD,
	ES_SETUP_TIMER_CRON,
	ES_SETUP_TIMER_NONE,
};

/**
 * es_setup_timer_parse - read the name of what starts runs
 * @out:  set on success
 * @word: "auto", "systemd", "cron" or "none"
 *
 * Return: 0 or -EINVAL.
 */
int es_setup_timer_parse(enum es_setup_timer *out, const char *word);

/**
 * es_setup_timer_name - name of what starts runs
 * @timer: any
 *
 * Return: constant text that es_setup_timer_parse() reads.
 */
const char *es_setup_timer_name(enum es_setup_timer timer);

/**
 * enum es_setup_hooks - whether package managers start runs
 * @ES_SETUP_HOOKS_AUTO: as the record says, else yes
 * @ES_SETUP_HOOKS_YES:  those of every manager that is at home here
 * @ES_SETUP_HOOKS_NO:   none
 */
enum es_setup_hooks {
	ES_SETUP_HOOKS_AUTO,
	ES_SETUP_HOOKS_YES,
	ES_SETUP_HOOKS_NO,
};

/**
 * struct es_setup_options - what is asked for
 * @root:   put before every path, "" for this machine
 * @timer:  what starts runs
 * @hooks:  whether package managers do
 * @mail:   address of reports; "" is none of ours; NULL as the record says
 * @smtp:   smtp:// or smtps:// URL for it; "" is sendmail(1); NULL as the
 *          record says
 * @force:  overwrite and remove also what somebody else made or changed
 * @remove: put nothing in place, and undo what the record has
 * @dry:    only the steps are wanted: nothing is made or locked
 */
struct es_setup_options {
	const char *root;
	enum es_setup_timer timer;
	enum es_setup_hooks hooks;
	const char *mail;
	const char *smtp;
	bool force;
	bool remove;
	bool dry;
};

/**
 * enum es_setup_kind - what a step is about
 * @ES_SETUP_DIR:  a directory
 * @ES_SETUP_FILE: a file
 * @ES_SETUP_UNIT: a unit of systemd that is on
 */
enum es_setup_kind {
	ES_SETUP_DIR,
	ES_SETUP_FILE,
	ES_SETUP_UNIT,
};

/**
 * enum es_setup_act - what a step does
 * @ES_SETUP_KEEP:   nothing: it is in place, or somebody changed it since
 * @ES_SETUP_MAKE:   put it in place
 * @ES_SETUP_UNDO:   take it away
 * @ES_SETUP_FORGET: nothing: it was to be taken away, and somebody changed it
 * @ES_SETUP_REFUSE: nothing: something of somebody else's is in its place, or
 *                   what somebody changed is to become other than it was
 */
enum es_setup_act {
	ES_SETUP_KEEP,
	ES_SETUP_MAKE,
	ES_SETUP_UNDO,
	ES_SETUP_FORGET,
	ES_SETUP_REFUSE,
};

/**
 * struct es_setup_step - one step
 * @kind: what it is about
 * @act:  what it does
 * @ours: the record has it, or will: "--remove" undoes it
 * @what: words for people: "hook of apt"
 * @name: path, without the root, or name of a unit
 * @why:  what is in the way, or ""; static
 */
struct es_setup_step {
	enum es_setup_kind kind;
	enum es_setup_act act;
	bool ours;
	char *what;
	char *name;
	const char *why;
};

/** struct es_setup - steps, and the record */
struct es_setup;

/**
 * es_setup_new - find out what there is to do
 * @out:     owned; es_setup_free()
 * @options: what is asked for; its strings are borrowed until then
 * @err:     filled on failure
 *
 * Changes nothing but that the directory of the record is made, with @dry not
 * even that.
 *
 * Return: 0, -EINVAL (fault CONFIG: an option or the table of hooks is wrong),
 * or another negative errno; fault LOCKED while another setup is at work.
 * Locking: holds the setup's lock until es_setup_free(), but with @dry.
 */
int es_setup_new(struct es_setup **out, const struct es_setup_options *options,
		 struct es_error *err);

/**
 * es_setup_free - free, and give the lock back
 * @s: taken; NULL is allowed
 */
void es_setup_free(struct es_setup *s);
ES_DEFINE_CLEANUP(struct es_setup, es_setup_free)

/**
 * es_setup_step - what there is to do
 * @s: setup, borrowed
 * @i: number of the step from 0, in the order in which they are done
 *
 * Return: borrowed; NULL past the last.
 */
const struct es_setup_step *es_setup_step(const struct es_setup *s, size_t i);

/**
 * es_setup_timer - what starts runs when all is done
 * @s: setup, borrowed
 *
 * Return: never ES_SETUP_TIMER_AUTO.
 */
enum es_setup_timer es_setup_timer(const struct es_setup *s);

/**
 * es_setup_hooks - whether package managers do
 * @s: setup, borrowed
 *
 * Return: true or false.
 */
bool es_setup_hooks(const struct es_setup *s);

/**
 * es_setup_mail - where reports go by a channel of ours
 * @s: setup, borrowed
 *
 * Return: address, "" for none; borrowed.
 */
const char *es_setup_mail(const struct es_setup *s);

/**
 * es_setup_changes - whether any step does something
 * @s: setup, borrowed
 *
 * Return: true or false.
 */
bool es_setup_changes(const struct es_setup *s);

/**
 * es_setup_in_place - whether all that is wanted is there as it is wanted
 * @s: setup, borrowed
 *
 * Return: true or false.
 */
bool es_setup_in_place(const struct es_setup *s);

/**
 * es_setup_apply - do it
 * @s:       setup, not a dry one
 * @tell:    called with each step that was done or is not as it should be, or
 *           whose failure @why says
 * @payload: handed to @tell
 * @err:     filled on failure: the record cannot be written
 *
 * A step that fails does not keep the others from being done.
 *
 * Return: number of steps that failed or were refused, or a negative errno.
 */
int es_setup_apply(struct es_setup *s,
		   void (*tell)(void *payload, const struct es_setup_step *step,
				const char *why),
		   void *payload, struct es_error *err);

/**
 * struct es_setup_first - what es_setup_first() does and did; contents owned
 * @always: make a run also when there was one before
 * @test:   send test mails to channels that had none yet
 * @made:   the repository was made
 * @repo:   where it is
 * @run:    its new commit as 40 digits, "" when nothing had changed
 * @first:  it is the first
 * @unread: paths that could not be read
 * @mails:  channels of type mail
 * @tested: a line for each of them that was tested: sent, or why not
 * @failed: test mails that could not be sent
 */
struct es_setup_first {
	bool always;
	bool test;
	bool made;
	char *repo;
	char run[41];
	bool first;
	size_t unread;
	size_t mails;
	struct es_buf tested;
	unsigned int failed;
};

/**
 * es_setup_first - repository, first snapshot, and a test mail
 * @f:   @always and @test set; the rest filled; es_setup_first_dispose() in
 *       any case
 * @s:   setup whose steps were done
 * @err: filled on failure
 *
 * Channels begin at the first snapshot: nobody is told of all that is there.
 *
 * Return: 0 or a negative errno; fault LOCKED when another run holds the lock.
 */
int es_setup_first(struct es_setup_first *f, struct es_setup *s,
		   struct es_error *err);

/**
 * es_setup_first_dispose - free the contents
 * @f: filled or all zero; then all zero
 */
void es_setup_first_dispose(struct es_setup_first *f);

/**
 * struct es_setup_purge - a repository and what lies beside it; contents owned
 * @v: path, and whether it is etcsnap's and goes; in another directory than
 *     the default one some names may be somebody else's
 * @n: how many there are
 */
struct es_setup_purge {
	struct {
		char *path;
		bool ours;
	} v[ES_SESSION_BESIDE_MAX + 1];
	size_t n;
};

/**
 * es_setup_purge_find - what there is to remove
 * @out:  all zero; filled, es_setup_purge_dispose() in any case
 * @s:    setup; its record knows of a repository that is half made
 * @repo: absolute path of the repository, which may be missing
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno, also where something else is in its place.
 */
int es_setup_purge_find(struct es_setup_purge *out, const struct es_setup *s,
			const char *repo, struct es_error *err);

/**
 * es_setup_purge_dispose - free the contents
 * @p: filled or all zero; then all zero
 */
void es_setup_purge_dispose(struct es_setup_purge *p);

/**
 * es_setup_purge - remove repository, key and all of ours beside them
 * @p:    what es_setup_purge_find() found
 * @repo: path of the repository
 * @err:  filled on failure
 *
 * What etcsnap did not make stays, and with it the directory.
 *
 * Return: 0 or a negative errno.
 */
int es_setup_purge(const struct es_setup_purge *p, const char *repo,
		   struct es_error *err);

#endif
