/* SPDX-License-Identifier: MIT */
/* commands.h - run the monitored commands and keep what they print */
#ifndef ETCSNAP_COMMANDS_H
#define ETCSNAP_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "etcsnap/conf.h"
#include "etcsnap/texts.h"

/*
 * Every [command NAME] becomes three texts: commands/NAME/stdout, stderr and
 * status. They run beside the walk, a few at a time, each in a session of its
 * own with a clean environment, no input, no inherited descriptors and a
 * deadline. Whatever one of them does (fail, hang, crash, flood) is recorded
 * and hurts nothing else. A process of their own, forked by
 * es_commands_start(), starts and ends them; what they leave running is killed
 * with it, and so is everything when this process is killed. So
 * es_commands_start() is best called before there are threads and much memory.
 *
 * The status is made of statements, one a line: "exit N", "signal NAME",
 * "timeout N s", "killed: more than N bytes of output", "not found", "no such
 * user", "cannot execute: …" and the like, "truncated stdout". Of a command
 * that could not be run, or ran into its deadline, stdout and stderr are kept.
 *
 * Calling sequence: es_commands_start(), the walk, es_commands_finish(),
 * es_commands_free().
 */

/** struct es_commands - commands of one run */
struct es_commands;

/**
 * struct es_commands_options - what to run
 * @conf:    configuration, borrowed until es_commands_free()
 * @volatiles: run those with "volatile = yes" instead of the others
 * @now:     seconds since 1970-01-01 UTC, for "every"
 * @payload: handed to @last
 * @last:    when a command last ran: seconds since 1970-01-01 UTC, 0 = never
 *           or unknown; NULL: never
 */
struct es_commands_options {
	const struct es_conf *conf;
	bool volatiles;
	int64_t now;
	void *payload;
	int64_t (*last)(void *payload, const char *name);
};

/**
 * es_commands_check - what only this machine can tell of the configuration
 * @conf: configuration
 * @err:  filled on failure, with FILE:LINE
 *
 * For "config check"; a run goes on and says it in the command's status,
 * since a directory service may be away for a while.
 *
 * Return: 0, -EINVAL (a user is not known here) or -ENOMEM.
 * Blocking: until the user database has answered.
 */
int es_commands_check(const struct es_conf *conf, struct es_error *err);

/**
 * es_commands_start - begin to run the commands that are due
 * @out:     owned; es_commands_free()
 * @options: copied, but for what it points to
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno (no process, no memory); what a single
 * command does is no failure.
 * Blocking: until the user database has answered.
 */
int es_commands_start(struct es_commands **out,
		      const struct es_commands_options *options,
		      struct es_error *err);

/**
 * es_commands_finish - wait for all and put their texts
 * @c:   commands
 * @out: gets texts named "commands/NAME/…"; of those that are not due, kept
 *       ones
 * @err: filled on failure
 *
 * Return: 0 or -ENOMEM.
 * Blocking: until the last deadline at most.
 */
int es_commands_finish(struct es_commands *c, struct es_texts *out,
		       struct es_error *err);

/**
 * es_commands_ran - whether a command ran in this run
 * @c:    commands, finished
 * @name: its name
 *
 * Return: true when it was due and was started.
 */
bool es_commands_ran(const struct es_commands *c, const char *name);

/**
 * es_commands_free - end and free
 * @c: taken; what still runs is killed; NULL is allowed
 */
void es_commands_free(struct es_commands *c);
ES_DEFINE_CLEANUP(struct es_commands, es_commands_free)

#endif
