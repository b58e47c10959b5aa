/* SPDX-License-Identifier: MIT */
/* hooks.h - programs of the administrator around a run and a report */
#ifndef ETCSNAP_HOOKS_H
#define ETCSNAP_HOOKS_H

#include <stddef.h>

#include "etcsnap/session.h"

/*
 * Executables in the folders of [hooks] dir, one folder an event, run one after
 * another in the order of bytes; etcsnap-hooks(5) has their names, arguments
 * and environment. They are the administrator's: one that others could write
 * is not run. What they do wrong is told, and hurts no run.
 */

/**
 * enum es_hook_event - when they run
 * @ES_HOOK_PRE_COMMIT:  before a run looks at anything
 * @ES_HOOK_POST_COMMIT: after a run made a commit
 * @ES_HOOK_POST_REPORT: after a channel was told
 */
enum es_hook_event {
	ES_HOOK_PRE_COMMIT,
	ES_HOOK_POST_COMMIT,
	ES_HOOK_POST_REPORT,
};

/**
 * struct es_hook_var - a variable of their environment
 * @name:  its name, "ETCSNAP_…"
 * @value: its value
 */
struct es_hook_var {
	const char *name;
	const char *value;
};

/**
 * es_hooks_run - run what there is for an event
 * @notice: appended to: a line for each that failed, or was not run
 * @s:      session with its configuration
 * @event:  which folder
 * @vars:   what they are told beside event, host, repository and root
 * @n:      their number, at most 8
 *
 * Nothing runs where the session is about another root than "/", nor from
 * within a hook.
 *
 * Return: 1 when one that stands before the run asks to put it off (exit
 * status 75; those after it do not run), else 0.
 * Locking: none is held.
 * Blocking: up to [hooks] timeout for each.
 */
int es_hooks_run(struct es_buf *notice, const struct es_session *s,
		 enum es_hook_event event, const struct es_hook_var *vars,
		 size_t n);

#endif
