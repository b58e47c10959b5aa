/* SPDX-License-Identifier: MIT */
/* cmd_setup.c - etcsnap setup: switch on what runs by itself, and off again */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/quote.h"
#include "etcsnap/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct es_opt setup_opts[] = {
	{ 'y', "yes", NULL, "ask nothing" },
	{ 0, "mail", "ADDRESS", "where reports go; - is no channel of ours" },
	{ 0, "smtp", "URL", "by this mail server (smtp://HOST:PORT)" },
	{ 0, "timer", "WORD", "what starts runs: systemd, cron or none" },
	{ 0, "hooks", "WORD", "yes or no: package managers start runs" },
	{ 0, "no-test", NULL, "send no test mail" },
	{ 0, "force", NULL, "overwrite files that are not ours" },
	{ 0, "remove", NULL, "undo what setup did" },
	{ 0, "repository", NULL, "with --remove: also all that was recorded" },
	{ 'n', "dry-run", NULL, "only say what would be done" },
};

/* --- options -------------------------------------------------------------- */

static int read_words(struct es_setup_options *o, const struct es_args *a,
		      struct es_error *err)
{
	const char *timer = es_opt_get(a, "timer");
	const char *hooks = es_opt_get(a, "hooks");

	if (timer && es_setup_timer_parse(&o->timer, timer) < 0)
		return es_fail_config(err,
				      "--timer takes systemd, cron or none, "
				      "not '%s'",
				      ES_Q(timer));
	if (hooks && strcmp(hooks, "yes") == 0)
		o->hooks = ES_SETUP_HOOKS_YES;
	else if (hooks && strcmp(hooks, "no") == 0)
		o->hooks = ES_SETUP_HOOKS_NO;
	else if (hooks)
		return es_fail_config(err, "--hooks takes yes or no, not '%s'",
				      ES_Q(hooks));
	return 0;
}

static int read_options(struct es_setup_options *o, const struct es_call *call,
			struct es_error *err)
{
	const struct es_args *a = &call->args;

	*o = (struct es_setup_options){
		.root = "",
		.mail = es_opt_get(a, "mail"),
		.smtp = es_opt_get(a, "smtp"),
		.force = es_opt_has(a, "force"),
		.remove = es_opt_has(a, "remove"),
		.dry = es_opt_has(a, "dry-run"),
	};
	if (o->mail && strcmp(o->mail, "-") == 0)
		o->mail = "";
	if (a->n_operands)
		return es_fail_config(err, "setup takes no operands");
	if (call->where.conf_file || call->where.repo || call->where.root)
		return es_fail_config(
			err, "setup is for the whole machine, with its own "
			     "configuration: no -c, --repo or --root; for "
			     "another root run it there by chroot(8)");
	if (!o->remove && es_opt_has(a, "repository"))
		return es_fail_config(err, "--repository goes with --remove");
	if (geteuid() != 0)
		return es_fail(err, -EPERM,
			       "setup changes what runs on this machine, and "
			       "needs root; a repository of your own needs "
			       "only 'etcsnap init'");
	if (!es_opt_has(a, "yes") && !es_opt_has(a, "dry-run") &&
	    !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return es_fail_config(err, "setup asks, and there is no "
					   "terminal; --yes takes the "
					   "defaults");
	return read_words(o, a, err);
}

/* --- what is done --------------------------------------------------------- */

/* "write /etc/x (hook of apt)": as what is to be done, or was. */
static void print_step(const struct es_setup_step *step, bool done)
{
	static const char *const verbs[3][2][2] = {
		[ES_SETUP_DIR] = { { "make", "made" },
				   { "remove", "removed" } },
		[ES_SETUP_FILE] = { { "write", "wrote" },
				    { "remove", "removed" } },
		[ES_SETUP_UNIT] = { { "switch on", "switched on" },
				    { "switch off", "switched off" } },
	};
	const bool undo = step->act == ES_SETUP_UNDO;

	printf("%s %s", verbs[step->kind][undo][done], ES_Q(step->name));
	if (step->kind == ES_SETUP_FILE)
		printf(" (%s)", ES_Q(step->what));
	putchar('\n');
}

static void print_undo(const struct es_setup_step *step)
{
	static const char *const how[] = {
		[ES_SETUP_DIR] = "rmdir",
		[ES_SETUP_FILE] = "rm",
		[ES_SETUP_UNIT] = "systemctl disable --now",
	};

	printf("    undo: %s %s\n", how[step->kind], ES_Q(step->name));
}

static void tell_step(void *payload, const struct es_setup_step *step,
		      const char *why)
{
	const struct es_call *call = payload;

	if (why)
		fprintf(stderr, "etcsnap: %s: %s\n", ES_Q(step->name), why);
	else if (step->act == ES_SETUP_REFUSE || step->act == ES_SETUP_KEEP)
		fprintf(stderr, "etcsnap: %s: %s\n", ES_Q(step->name),
			step->why);
	else if (call->verbosity < 0)
		return;
	else if (step->act == ES_SETUP_FORGET)
		printf("left %s: %s\n", ES_Q(step->name), step->why);
	else
		print_step(step, true);
	if (!why && step->act == ES_SETUP_MAKE && call->verbosity >= 0)
		print_undo(step);
}

static void print_purge(const struct es_setup_purge *p)
{
	for (size_t i = 0; i < p->n; i++)
		printf(p->v[i].ours ? "remove %s\n"
				    : "leave %s: it may be somebody else's\n",
		       ES_Q(p->v[i].path));
}

static void print_plan(const struct es_setup *s, const struct es_setup_purge *p,
		       bool remove)
{
	const struct es_setup_step *step;

	for (size_t i = 0; (step = es_setup_step(s, i)); i++)
		if (step->act == ES_SETUP_MAKE || step->act == ES_SETUP_UNDO)
			print_step(step, false);
		else if (*step->why)
			printf("leave %s: %s\n", ES_Q(step->name), step->why);
	print_purge(p);
	if (remove && !es_setup_changes(s) && !p->n)
		puts("there is nothing to undo");
	if (!remove && es_setup_in_place(s))
		puts("all files and timers are in place");
}

/* --- questions ------------------------------------------------------------ */

/* An answer, owned, the default when it is empty; NULL at the end of input. */
static char *ask(const char *question, const char *otherwise)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	printf("%s [%s] ", question, ES_Q(otherwise));
	fflush(stdout);
	len = getline(&line, &size, stdin);
	while (len > 0 && strchr("\n\r\t ", line[len - 1]))
		line[--len] = '\0';
	if (len == 0) {
		free(line);
		return strdup(otherwise);
	}
	if (len < 0) {
		free(line);
		return NULL;
	}
	return line;
}

/* Return: 1 yes, 0 no, -1 at the end of input. */
static int ask_yes(const char *question, bool otherwise)
{
	for (;;) {
		ES_CLEANUP(es_freep)
		char *answer = ask(question, otherwise ? "yes" : "no");

		if (!answer)
			return -1;
		if (strcmp(answer, "yes") == 0 || strcmp(answer, "y") == 0)
			return 1;
		if (strcmp(answer, "no") == 0 || strcmp(answer, "n") == 0)
			return 0;
	}
}

static int ask_timer(struct es_setup_options *o, const struct es_setup *s)
{
	for (;;) {
		ES_CLEANUP(es_freep)
		char *answer = ask("What starts a snapshot each hour: systemd, "
				   "cron or none?",
				   es_setup_timer_name(es_setup_timer(s)));

		if (!answer)
			return -1;
		if (es_setup_timer_parse(&o->timer, answer) == 0)
			return 0;
	}
}

/*
 * What was not said by options. @mail: what is typed, owned by the caller.
 * Return: 0, or -ECANCELED.
 */
static int ask_all(struct es_setup_options *o, char **mail,
		   const struct es_setup *s, struct es_error *err)
{
	int yes = 1;

	if (o->timer == ES_SETUP_TIMER_AUTO && ask_timer(o, s) < 0)
		yes = -1;
	if (yes > 0 && o->hooks == ES_SETUP_HOOKS_AUTO) {
		yes = ask_yes("A snapshot before and after each change of "
			      "packages?",
			      es_setup_hooks(s));
		o->hooks = yes ? ES_SETUP_HOOKS_YES : ES_SETUP_HOOKS_NO;
	}
	if (yes >= 0 && !o->mail) {
		const char *now = es_setup_mail(s);

		*mail = ask("Address for reports (- is root, where there is a "
			    "mailer)?",
			    *now ? now : "-");
		yes = *mail ? 1 : -1;
		o->mail = *mail && strcmp(*mail, "-") == 0 ? "" : *mail;
	}
	return yes < 0 ? es_fail(err, -ECANCELED, "nothing was done") : 0;
}

/* --- the command ---------------------------------------------------------- */

static void print_first(const struct es_call *call, const struct es_setup *s,
			const struct es_setup_first *f)
{
	const bool quiet = call->verbosity < 0;

	if (!quiet && f->made)
		printf("made the repository %s\n"
		       "    undo: etcsnap setup --remove --repository\n",
		       ES_Q(f->repo));
	if (!quiet && *f->run)
		printf("took %s snapshot %.7s\n", f->first ? "the first" : "a",
		       f->run);
	if (!quiet && es_setup_in_place(s))
		puts("all files and timers are in place");
	fflush(stdout);
	if (f->failed || !quiet)
		fputs(es_buf_str(&f->tested), f->failed ? stderr : stdout);
	if (quiet)
		return;
	if (f->mails == 0)
		puts("no mail is sent: there is no mailer; --mail ADDRESS "
		     "--smtp URL names a server");
	if (es_setup_timer(s) == ES_SETUP_TIMER_NONE)
		puts("nothing starts snapshots by itself; --timer does");
	puts("all that setup did is undone by: etcsnap setup --remove");
}

static int put_in_place(struct es_call *call, struct es_setup *s,
			struct es_error *err)
{
	struct es_setup_first f = {
		.always = es_setup_changes(s),
		.test = !es_opt_has(&call->args, "no-test"),
	};
	int failed = es_setup_apply(s, tell_step, call, err);
	int rc = failed < 0 ? failed : es_setup_first(&f, s, err);

	if (rc == 0) {
		print_first(call, s, &f);
		rc = failed || f.failed ? ES_EXIT_PARTIAL : ES_EXIT_DONE;
	}
	es_setup_first_dispose(&f);
	return rc;
}

static int take_away(struct es_call *call, struct es_setup *s,
		     const struct es_setup_purge *p, struct es_error *err)
{
	const char *repo = call->session ? call->session->repo_path : "";
	int failed = es_setup_apply(s, tell_step, call, err);

	if (failed < 0)
		return failed;
	if (es_opt_has(&call->args, "repository")) {
		if (es_setup_purge(p, repo, err) < 0)
			return err->code;
		for (size_t i = 0; call->verbosity >= 0 && i < p->n; i++)
			printf(p->v[i].ours ? "removed %s\n"
					    : "left %s: it may be somebody "
					      "else's\n",
			       ES_Q(p->v[i].path));
	} else if (call->verbosity >= 0) {
		printf("the repository %s%sstays, as does the configuration\n",
		       ES_Q(repo), *repo ? " " : "");
	}
	return failed ? ES_EXIT_PARTIAL : ES_EXIT_DONE;
}

/* The record alone says what --remove undoes: where a package is removed, a
 * mistake in the configuration must not keep hooks and timers of it. */
static int open_session(struct es_call *call, struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;

	if (es_session_new(&call->session, &call->where, 0, &why) == 0)
		return 0;
	if (!es_opt_has(&call->args, "remove") ||
	    es_opt_has(&call->args, "repository")) {
		*err = why;
		return err->code;
	}
	fprintf(stderr, "etcsnap: %s\n", why.msg);
	return 0;
}

/* @s and @p are filled with what there is to do, @o is borrowed by @s. */
static int prepare(struct es_setup **s, struct es_setup_purge *p,
		   struct es_setup_options *o, struct es_call *call,
		   struct es_error *err)
{
	if (read_options(o, call, err) < 0 || open_session(call, err) < 0 ||
	    es_setup_new(s, o, err) < 0)
		return err->code;
	if (!es_opt_has(&call->args, "repository"))
		return 0;
	return es_setup_purge_find(p, *s, call->session->repo_path, err);
}

static int setup_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_setup_freep) struct es_setup *s = NULL;
	ES_CLEANUP(es_setup_purge_dispose) struct es_setup_purge p = { 0 };
	ES_CLEANUP(es_freep) char *mail = NULL;
	const struct es_args *a = &call->args;
	struct es_setup_options o;
	bool asks;

	if (prepare(&s, &p, &o, call, err) < 0)
		return err->code;
	asks = !es_opt_has(a, "yes") && !o.dry;
	if (asks && !o.remove) {
		if (ask_all(&o, &mail, s, err) < 0)
			return err->code;
		es_setup_free(es_steal_ptr(&s));
		if (es_setup_new(&s, &o, err) < 0)
			return err->code;
	}
	if (asks || o.dry)
		print_plan(s, &p, o.remove);
	/* what was recorded cannot be had again */
	if (asks && ask_yes("Go on?", !es_opt_has(a, "repository")) <= 0)
		return es_fail(err, -ECANCELED, "nothing was done");
	if (o.dry)
		return ES_EXIT_DONE;
	return o.remove ? take_away(call, s, &p, err)
			: put_in_place(call, s, err);
}

const struct es_cmd es_cmd_setup = {
	.name = "setup",
	.args = "[-ny] [--mail ADDRESS] [--timer WORD] … | --remove",
	.summary = "switch on timer, hooks and mail of this machine, or off",
	.writes = true,
	.bare = true, /* it opens one by itself */
	ES_OPTS(setup_opts),
	.run = setup_run,
};
