/* SPDX-License-Identifier: MIT */
/* main.c - entry point: global options, dispatch, exit status */
/*
 * Where things are, in the order in which data passes them; a folder uses
 * only those before it:
 *
 *	base/     errors, buffers, quoting, digests, clock, users, programs
 *	model/    entry (one object), listing (one directory), manifests
 *	config/   configuration files, patterns, rules, masks, sniffing
 *	sign/     signatures of commits
 *	output/   JSON documents; listings as text, JSON, CSV
 *	packages/ owners of files, package operations
 *	template/ mustache templates
 *	logins/   sessions, failed logins, sudo and su
 *	commands/ monitored commands
 *	collect/  the walk: what is there, read what may have changed
 *	state/    the cache beside the repository: what the last run saw
 *	store/    the repository: objects, packs, trees, commits, history
 *	facts/    system/: what the machine says of itself
 *	checks/   findings/: security checks
 *	retention/ days and months as branches, how far back each reaches
 *	delta/    two runs -> list of changes
 *	report/   changes -> document -> views for templates
 *	history/  blame, search
 *	state_report/ how the machine is now
 *	export/   one run in other tools' forms
 *	cycle/    one run: lock, walk, trees, commit, state
 *	deliver/  messages to people and services; etcsnap-send sends them
 *	restore/  files put back as a run has them: plan, then apply
 *	verify/   whether all of it is sound
 *	setup/    on this machine: timers, hooks, first run, and off again
 *	cmd/      one file a command
 */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/quote.h"
#include "etcsnap/typo.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct es_cmd *const cmds[] = {
	&es_cmd_init,	 &es_cmd_commit, &es_cmd_status,     &es_cmd_log,
	&es_cmd_diff,	 &es_cmd_show,	 &es_cmd_cat,	     &es_cmd_report,
	&es_cmd_blame,	 &es_cmd_search, &es_cmd_notify,     &es_cmd_export,
	&es_cmd_restore, &es_cmd_prune,	 &es_cmd_verify,     &es_cmd_config,
	&es_cmd_setup,	 &es_cmd_git,	 &es_cmd_completion,
};

#define CMDS (sizeof(cmds) / sizeof(*cmds))

static const struct es_opt global_opts[] = {
	{ 'c', "config", "FILE", "read this configuration and no other" },
	{ 0, "root", "DIR", "look at a tree elsewhere as if it were /" },
	{ 0, "repo", "DIR", "repository to use" },
	{ 'q', "quiet", NULL, "say nothing but errors" },
	{ 'v', "verbose", NULL, "say more" },
	{ 0, "color", "WHEN", "auto, always or never" },
	{ 'h', "help", NULL, "print this help" },
	{ 'V', "version", NULL, "print the version" },
};

#define GLOBALS (sizeof(global_opts) / sizeof(*global_opts))
#define OPTS_MAX 32

static const struct es_cmd *find_command(const char *name, struct es_error *err)
{
	const char *names[CMDS];
	const char *near;

	for (size_t i = 0; i < CMDS; i++) {
		names[i] = cmds[i]->name;
		if (strcmp(names[i], name) == 0)
			return cmds[i];
	}
	near = es_typo_nearest(name, names, CMDS);
	if (near)
		es_fail_config(err, "unknown command '%s'; did you mean '%s'?",
			       ES_Q(name), near);
	else
		es_fail_config(err, "unknown command '%s'; see 'etcsnap -h'",
			       ES_Q(name));
	return NULL;
}

static int print_help(const struct es_cmd *cmd)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	if (cmd) {
		es_buf_addf(&b, "usage: etcsnap %s %s\n%s\n\n", cmd->name,
			    cmd->args, cmd->summary);
		es_opt_help(&b, cmd->opts, cmd->n_opts);
		es_buf_adds(&b, cmd->n_opts ? "\n" : "");
		es_buf_adds(&b, "Options of every command:\n");
	} else {
		es_buf_adds(&b, "usage: etcsnap [OPTION …] COMMAND …\n"
				"git-backed snapshots of this machine's "
				"configuration\n\n");
		for (size_t i = 0; i < CMDS; i++)
			es_buf_addf(&b, "  %-10s %s\n", cmds[i]->name,
				    cmds[i]->summary);
		es_buf_adds(&b, "\n'etcsnap COMMAND -h' tells more; see also "
				"etcsnap(8).\n\n");
	}
	es_opt_help(&b, global_opts, GLOBALS);
	fputs(es_buf_str(&b), stdout);
	return ES_EXIT_DONE;
}

/* As git decides it, and https://no-color.org. */
static bool wants_color(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term &&
	       strcmp(term, "dumb") != 0;
}

/* Globals are taken before the command and after it. */
static int take_globals(struct es_call *call, const struct es_args *a,
			struct es_error *err)
{
	for (size_t i = 0; i < a->n_values; i++) {
		const char *name = a->values[i].opt->name;
		const char *value = a->values[i].value;

		if (strcmp(name, "config") == 0)
			call->where.conf_file = value;
		else if (strcmp(name, "root") == 0)
			call->where.root = value;
		else if (strcmp(name, "repo") == 0)
			call->where.repo = value;
		else if (strcmp(name, "quiet") == 0)
			call->verbosity = -1;
		else if (strcmp(name, "verbose") == 0)
			call->verbosity = 1;
		else if (strcmp(name, "color") == 0)
			call->color_when = value;
	}
	const char *when = call->color_when ? call->color_when : "auto";

	if (strcmp(when, "always") == 0)
		call->color = true;
	else if (strcmp(when, "never") == 0)
		call->color = false;
	else if (strcmp(when, "auto") == 0)
		call->color = wants_color();
	else
		return es_fail_config(err,
				      "--color takes auto, always or "
				      "never, not '%s'",
				      ES_Q(when));
	return 0;
}

/* Arguments for another program: not ours to read. */
static int take_raw(struct es_args *out, int argc, char **argv,
		    struct es_error *err)
{
	out->operands = calloc((size_t)argc, sizeof(*out->operands));
	if (!out->operands)
		return es_fail_oom(err);
	for (int i = 1; i < argc; i++)
		out->operands[out->n_operands++] = argv[i];
	return 0;
}

static bool is_help(const char *arg)
{
	return strcmp(arg, "-h") == 0 || strcmp(arg, "--help") == 0;
}

static int run_command(struct es_call *call, int argc, char **argv,
		       struct es_error *err)
{
	const struct es_cmd *cmd = call->cmd;
	struct es_opt opts[OPTS_MAX];
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < cmd->n_opts && n < OPTS_MAX; i++)
		opts[n++] = cmd->opts[i];
	for (size_t i = 0; i < GLOBALS && n < OPTS_MAX; i++)
		opts[n++] = global_opts[i];
	/* "etcsnap git log -h" is a question to git, "etcsnap git -h" to us */
	rc = cmd->raw && !(argc == 2 && is_help(argv[1]))
		     ? take_raw(&call->args, argc, argv, err)
		     : es_opt_parse(&call->args, opts, n, false, argc, argv,
				    err);
	if (rc < 0)
		return rc;
	if (es_opt_has(&call->args, "help"))
		return print_help(cmd);
	if (take_globals(call, &call->args, err) < 0 ||
	    (!cmd->bare &&
	     es_session_new(&call->session, &call->where, cmd->needs, err) < 0))
		return err->code;
	/* what only prints may end when nobody reads on; a run goes on */
	if (!cmd->writes)
		signal(SIGPIPE, SIG_DFL);
	return cmd->run(call, err);
}

static int exit_status(int rc, const struct es_error *err)
{
	if (rc >= 0)
		return rc;
	switch (err->fault) {
	case ES_FAULT_CONFIG:
		return ES_EXIT_USAGE;
	case ES_FAULT_LOCKED:
		return ES_EXIT_LOCKED;
	default:
		return ES_EXIT_FAILED;
	}
}

static int dispatch(struct es_call *call, int argc, char **argv,
		    struct es_error *err)
{
	ES_CLEANUP(es_args_dispose) struct es_args a = { 0 };

	if (es_opt_parse(&a, global_opts, GLOBALS, true, argc, argv, err) < 0 ||
	    take_globals(call, &a, err) < 0)
		return err->code;
	if (es_opt_has(&a, "version")) {
		puts("etcsnap " VERSION);
		return ES_EXIT_DONE;
	}
	if (es_opt_has(&a, "help"))
		return print_help(NULL);
	if (a.n_operands == 0) {
		print_help(NULL);
		return ES_EXIT_USAGE;
	}
	call->cmd = find_command(a.operands[0], err);
	if (!call->cmd)
		return err->code;
	return run_command(call, (int)a.n_operands, a.operands, err);
}

/* What to do about what the system refused, beside what it was. */
static const char *advice(const struct es_error *err)
{
	const char *reason = strerror(-err->code);
	size_t len = strlen(reason);
	size_t n = strlen(err->msg);

	/* of other messages the code may be like it, the end is not */
	if (err->fault != ES_FAULT_FAILED || n < len ||
	    strcmp(err->msg + n - len, reason) != 0)
		return "";
	switch (-err->code) {
	case EACCES:
	case EPERM:
		return geteuid() == 0 ? "" : "; run it as root";
	case EDQUOT:
	case ENOSPC:
		return "; make room and run it again";
	case EROFS:
		return "; mount it for writing";
	default:
		return "";
	}
}

/*
 * Where a standard descriptor is closed the next file opened would become it,
 * and messages would go into the repository. What is opened here instead
 * makes writes fail, as they did.
 */
static void fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_PATH | O_CLOEXEC);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/*
 * What is written is the same for everybody, cron among them: English in UTF-8,
 * with a point in fractions. Columns are counted in UTF-8, and libraries take
 * names for what they are.
 */
static void take_locale(void)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
}

int main(int argc, char **argv)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_call call = {
		.cmds = cmds,
		.n_cmds = CMDS,
		.globals = global_opts,
		.n_globals = GLOBALS,
	};
	int status;

	/* In the process that sends, this does not return. */
	fill_standard_fds();
	take_locale();
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	status = exit_status(dispatch(&call, argc, argv, &err), &err);
	es_pager_end();
	es_session_free(call.session);
	es_args_dispose(&call.args);
	if (err.code)
		fprintf(stderr, "etcsnap: %s%s\n", err.msg, advice(&err));
	/* a full disk behind a redirection must not look like success */
	if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) {
		fprintf(stderr, "etcsnap: cannot write: %s\n", strerror(errno));
		return ES_EXIT_FAILED;
	}
	return status;
}
