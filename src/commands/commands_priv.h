/* SPDX-License-Identifier: MIT */
/* commands_priv.h - what the files of the monitored commands share */
#ifndef ETCSNAP_COMMANDS_COMMANDS_PRIV_H
#define ETCSNAP_COMMANDS_COMMANDS_PRIV_H

#include "etcsnap/commands.h"
#include "etcsnap/linefilter.h"

#include "commands/runner_priv.h"

/**
 * enum es_command_fate - what is to become of a command in this run
 * @ES_COMMAND_ABSENT: nothing: not there and optional, or not for this run
 * @ES_COMMAND_REST:   it is not due; its texts stay
 * @ES_COMMAND_RUN:    it runs
 * @ES_COMMAND_CANNOT: it cannot be run; only its status says so
 */
enum es_command_fate {
	ES_COMMAND_ABSENT,
	ES_COMMAND_REST,
	ES_COMMAND_RUN,
	ES_COMMAND_CANNOT,
};

/**
 * struct es_command - one [command NAME]
 * @name:     borrowed from the configuration
 * @fate:     what becomes of it
 * @why:      for ES_COMMAND_CANNOT: the status text without its newline
 * @shell:    its line is for a shell
 * @optional: it may be missing
 * @path:     of the program
 * @words:    what @argv points into
 * @argv:     its arguments
 * @vars:     what @envp points into
 * @envp:     its environment
 * @cwd:      borrowed from the configuration
 * @switch_ids: it runs as somebody else
 * @uid:      its user
 * @gid:      the user's group
 * @groups:   all groups of the user
 * @n_groups: their number
 * @timeout:  seconds
 * @max_output: bytes
 * @filter:   of its lines
 * @job:      index of its job, for ES_COMMAND_RUN
 */
struct es_command {
	const char *name;
	enum es_command_fate fate;
	const char *why;
	bool shell;
	bool optional;
	struct es_buf path;
	struct es_buf words;
	char **argv;
	struct es_buf vars;
	char **envp;
	const char *cwd;
	bool switch_ids;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	int64_t timeout;
	uint64_t max_output;
	struct es_linefilter *filter;
	size_t job;
};

/* command.c */

/**
 * es_command_init - read a command from the configuration and look for it
 * @c:       all zero; set; es_command_dispose(), also on failure
 * @name:    of the section
 * @options: what to run
 * @err:     filled on failure
 *
 * Return: 0 or a negative errno.
 */
int es_command_init(struct es_command *c, const char *name,
		    const struct es_commands_options *options,
		    struct es_error *err);

/** es_command_dispose - free what a command owns */
void es_command_dispose(struct es_command *c);

/* status.c */

/**
 * es_command_status - what became of a job, one statement a line
 * @b:   appended
 * @job: what was run
 * @o:   its outcome, done, and not ES_JOB_STARTED
 *
 * The same events give the same text, whatever the exact times and sizes.
 */
void es_command_status(struct es_buf *b, const struct es_job *job,
		       const struct es_outcome *o);

#endif
