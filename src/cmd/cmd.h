/* SPDX-License-Identifier: MIT */
/* cmd.h - what commands are made of */
#ifndef ETCSNAP_CMD_H
#define ETCSNAP_CMD_H

#include "etcsnap/cycle.h"
#include "etcsnap/replace.h"
#include "etcsnap/report.h"
#include "etcsnap/session.h"
#include "etcsnap/template.h"
#include "etcsnap/writer.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * One command, one file, one const descriptor. main.c parses the options by
 * the descriptor's table, makes a session with what the command needs and
 * calls @run; the table also makes "-h", and a lint compares it with
 * etcsnap(8). No command reads argv itself and none has static state.
 */

/** enum es_exit - exit statuses, etcsnap(8) "EXIT STATUS" */
enum es_exit {
	ES_EXIT_DONE = 0,
	ES_EXIT_DIFFERENT = 1,
	ES_EXIT_USAGE = 2,
	ES_EXIT_FAILED = 3,
	ES_EXIT_PARTIAL = 4,
	ES_EXIT_LOCKED = 75,
};

/**
 * struct es_opt - one option: '-m MSG', '--message MSG'
 *
 * The name of an argument says which words it takes, see completion_names.c;
 * of FORM, LEVEL and WHEN the help lists them: "text, json or csv (show)".
 */
struct es_opt {
	char letter;	  /* 0: long form only */
	const char *name; /* long form, without dashes */
	const char *arg;  /* name of its argument, NULL: takes none */
	const char *help; /* one line */
};

/** struct es_opt_value - an option as it was given */
struct es_opt_value {
	const struct es_opt *opt;
	const char *value; /* NULL when it takes none */
};

/** struct es_args - a parsed command line */
struct es_args {
	struct es_opt_value *values; /* owned */
	size_t n_values;
	char **operands; /* into argv */
	size_t n_operands;
	size_t dashes; /* operands before "--", n_operands without one */
};

/** struct es_call - one invocation of a command */
struct es_call {
	const struct es_cmd *cmd;
	struct es_args args;
	struct es_session_options where;
	struct es_session *session;
	int verbosity; /* -1 quiet, 0, 1 verbose */
	bool color;    /* colours on standard output */
	const char *color_when;
	const struct es_cmd *const *cmds; /* all there are */
	size_t n_cmds;
	const struct es_opt *globals; /* options of every command */
	size_t n_globals;
};

/** struct es_cmd - descriptor of a command */
struct es_cmd {
	const char *name;
	const char *args; /* usage after the name, see completion_word.c */
	const char *summary;
	unsigned int needs; /* bits of enum es_session_need */
	bool writes;	    /* changes the repository */
	bool bare;	    /* main.c opens no session for it */
	bool raw;	    /* arguments are another program's */
	bool table;	    /* prints rows, which a pager must not fold */
	const struct es_opt *opts;
	size_t n_opts;
	/* Returns an enum es_exit, or negative with @err filled. */
	int (*run)(struct es_call *call, struct es_error *err);
};

/** ES_OPTS - fill .opts and .n_opts from an array */
#define ES_OPTS(a) .opts = (a), .n_opts = sizeof(a) / sizeof(*(a))

extern const struct es_cmd es_cmd_blame;
extern const struct es_cmd es_cmd_cat;
extern const struct es_cmd es_cmd_commit;
extern const struct es_cmd es_cmd_completion;
extern const struct es_cmd es_cmd_config;
extern const struct es_cmd es_cmd_diff;
extern const struct es_cmd es_cmd_export;
extern const struct es_cmd es_cmd_git;
extern const struct es_cmd es_cmd_init;
extern const struct es_cmd es_cmd_log;
extern const struct es_cmd es_cmd_notify;
extern const struct es_cmd es_cmd_prune;
extern const struct es_cmd es_cmd_report;
extern const struct es_cmd es_cmd_restore;
extern const struct es_cmd es_cmd_search;
extern const struct es_cmd es_cmd_setup;
extern const struct es_cmd es_cmd_show;
extern const struct es_cmd es_cmd_status;
extern const struct es_cmd es_cmd_verify;

/* opt.c: parse argv[1…] by a table; 0, or negative with @err filled. */
int es_opt_parse(struct es_args *out, const struct es_opt *opts, size_t n,
		 bool stop_at_operand, int argc, char **argv,
		 struct es_error *err);
void es_args_dispose(struct es_args *a);
bool es_opt_has(const struct es_args *a, const char *name);
const char *es_opt_get(const struct es_args *a, const char *name);
/* All values of an option, array owned; 0 or -ENOMEM. */
int es_opt_all(const char ***out, size_t *n, const struct es_args *a,
	       const char *name);
/* Appends "  -m, --message MSG   help" lines. */
void es_opt_help(struct es_buf *out, const struct es_opt *opts, size_t n);
/* --format and --json together; TEXT when neither is given. */
int es_opt_format(enum es_format *out, const struct es_args *a,
		  struct es_error *err);
/* --since and --until; the widest where one is not given. */
int es_opt_span(int64_t *since, int64_t *until, const struct es_args *a,
		struct es_error *err);
/* A count, 1 or more. */
int es_opt_count(size_t *out, const char *text, const char *option,
		 struct es_error *err);

/* pager.c: send standard output through the pager when it is a terminal. */
void es_pager_start(const struct es_call *call);
void es_pager_end(void);

/* revpath.c: revisions and REV:PATH operands. */
struct es_rev {
	struct es_commit *commit; /* owned */
	const char *path;	  /* after the colon, NULL when there is none */
};
void es_rev_dispose(struct es_rev *r);
int es_rev_parse(struct es_rev *out, struct es_call *call, const char *text,
		 struct es_error *err);
/* A whole run: a path behind it is refused, and where it goes told (@how). */
int es_rev_run(struct es_commit **out, struct es_call *call, const char *text,
	       const char *how, struct es_error *err);
/* The commit of the branch main, or -ENOENT: "there is no run yet". */
int es_rev_tip(struct es_commit **out, struct es_call *call,
	       struct es_error *err);
/*
 * Operands as absolute paths; array and strings owned. One that begins with
 * "commands", "system" or "findings", and is not there as a file, names a text
 * of a run, and stays as it is; es_rev_is_text() tells of a path which it is.
 */
bool es_rev_names_text(const char *operand);
int es_rev_paths(char ***out, size_t *n, char *const *operands, size_t count,
		 struct es_error *err);
bool es_rev_is_text(const char *path);
void es_rev_paths_free(char **paths, size_t n);

/* form.c: how a report is printed (--format, --json), and where (--output). */
struct es_form {
	bool json;
	bool csv;
	const char *template;
	const char *file;     /* NULL: standard output */
	unsigned int columns; /* of the terminal that it goes to, 0: to none */
	struct es_templates *templates; /* owned */
};
struct es_form_names {
	const char *text; /* template for "text", the default */
	const char *html; /* and for "html" */
	bool csv;	  /* there is such a form */
};
void es_form_dispose(struct es_form *f);
int es_form_pick(struct es_form *f, const struct es_call *call,
		 const struct es_form_names *names, struct es_error *err);
/* A file is written whole or not at all, and never in the place of a device.
 * What is wrong with templates goes to standard error. */
int es_form_print(struct es_call *call, const struct es_form *f,
		  const struct es_buf *text, struct es_error *err);

/* compare.c: two sides as a report on standard output or in a file. */
struct es_compare {
	const struct es_commit *old; /* NULL: the first run's "nothing" */
	const struct es_commit *new; /* NULL: the live system */
	struct es_oid live;	     /* its tree, when @new is NULL */
	const char *const *paths;
	size_t n_paths;
	enum es_report_level level; /* unless --level says another one */
	bool no_header;
};
/* Returns 1 when there are changes, 0 when not. */
int es_compare_print(struct es_call *call, const struct es_compare *c,
		     struct es_error *err);

/* progress.c: a line on standard error while a run takes its time. */
struct es_progress {
	struct timespec start;
	bool terminal;
	bool shown;
};
void es_progress_begin(struct es_progress *p, const struct es_call *call);
void es_progress_step(void *progress, uint64_t entries, uint64_t bytes);
void es_progress_end(struct es_progress *p);

/* cmd_notify.c: what came of deliveries, a line each, on standard error. */
void es_notify_tell(const struct es_buf *notice);

/* report_list.c: reports that channels of type file keep. */
int es_report_list(struct es_call *call, struct es_error *err);

/* report_state.c: how the machine is doing. */
int es_report_state(struct es_call *call, struct es_error *err);

#endif
