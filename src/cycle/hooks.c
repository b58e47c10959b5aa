/* SPDX-License-Identifier: MIT */
/* hooks.c - programs of the administrator around a run and a report */
#include "config.h"

#include "etcsnap/hooks.h"

#include "etcsnap/quote.h"
#include "etcsnap/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The exit status by which one puts a run off, EX_TEMPFAIL of sysexits.h. */
#define LATER 75

/* Most variables beside those that all have, and bytes of what one prints. */
#define VARS_MAX 8
#define OUTPUT_MAX ((size_t)64 << 10)

static const char *const events[] = {
	[ES_HOOK_PRE_COMMIT] = "pre-commit",
	[ES_HOOK_POST_COMMIT] = "post-commit",
	[ES_HOOK_POST_REPORT] = "post-report",
};

/* Of one event */
struct hooks {
	struct es_buf *notice;
	const char *event;
	const char *dir;
	const char *env[VARS_MAX + 5]; /* "NAME=VALUE", NULL at the end */
	unsigned int seconds;
};

/* A line of the notice: "hooks.d/pre-commit/10-dump: not run: …". */
static void tell(struct hooks *h, const char *path, const char *why)
{
	es_buf_addf(h->notice, "%s%s: %s", h->notice->len ? "\n" : "",
		    ES_Q(path), why);
}

/* How one failed, which the message says where it could not be run at all,
 * and what it said. */
static void tell_failure(struct hooks *h, const char *path, int status,
			 const struct es_error *err, const struct es_buf *said)
{
	es_buf_adds(h->notice, h->notice->len ? "\n" : "");
	if (status < 0)
		es_buf_adds(h->notice, err->msg);
	else
		es_buf_addf(h->notice, "%s: exit status %d", ES_Q(path),
			    status);
	if (said->len > 0)
		es_buf_adds(h->notice, ": ");
	es_spawn_reason(h->notice, said);
}

/* As run-parts(8) takes them: no backup of an editor or package manager. */
static int is_name(const struct dirent *entry)
{
	const char *name = entry->d_name;

	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_-")];
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whose it is, and who may write it: nobody but root and ourselves. */
static bool is_ours(const char *path, struct stat *st)
{
	return stat(path, st) == 0 &&
	       (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Return: its exit status, or a negative errno. */
static int run(struct hooks *h, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(OUTPUT_MAX);
	const char *const argv[] = { path, h->event, NULL };
	const struct es_spawn program = { .argv = argv,
					  .env = h->env,
					  .complaint = &said,
					  .seconds = h->seconds };
	struct es_error err = ES_ERROR_INIT;
	int status = es_spawn_run(&program, &err);

	if (status != 0)
		tell_failure(h, path, status, &err, &said);
	return status;
}

static bool is_later(const struct hooks *h, int status)
{
	return status == LATER && h->event == events[ES_HOOK_PRE_COMMIT];
}

static int run_folder(struct hooks *h)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	struct dirent **names = NULL;
	struct stat st;
	int n, later = 0;

	es_buf_addf(&path, "%s/%s", h->dir, h->event);

	const size_t len = path.len;

	n = scandir(es_buf_str(&path), &names, is_name, by_bytes);
	if (n > 0 && (!is_ours(h->dir, &st) || !is_ours(path.data, &st))) {
		tell(h, path.data,
		     "nothing in it is run: others could write there; let "
		     "root own it and the folder above, with mode 0755");
		later = -1;
	}
	for (int i = 0; i < n; i++) {
		es_buf_truncate(&path, len);
		es_buf_addf(&path, "/%s", names[i]->d_name);
		free(names[i]);
		if (later || stat(path.data, &st) < 0 || !S_ISREG(st.st_mode) ||
		    !(st.st_mode & 0111))
			continue;
		if (!is_ours(path.data, &st))
			tell(h, path.data,
			     "not run: others could write it; let root own "
			     "it, with mode 0755");
		else
			later = is_later(h, run(h, path.data));
	}
	free(names);
	return later > 0;
}

/* An empty value takes the folder away: then nothing is run. */
static bool is_off(const struct es_conf *conf)
{
	return !es_conf_is_set(conf, ES_CONF_HOOKS_DIR) &&
	       es_conf_is_set_in(conf, ES_CONF_HOOKS_DIR, NULL);
}

int es_hooks_run(struct es_buf *notice, const struct es_session *s,
		 enum es_hook_event event, const struct es_hook_var *vars,
		 size_t n)
{
	const struct es_hook_var all[] = {
		{ "ETCSNAP_EVENT", events[event] },
		{ "ETCSNAP_HOST", s->host },
		{ "ETCSNAP_REPO", s->repo_path },
	};
	const size_t n_all = sizeof(all) / sizeof(*all);
	struct hooks h = {
		.notice = notice,
		.event = events[event],
		.dir = es_conf_text(s->conf, ES_CONF_HOOKS_DIR),
		.seconds = (unsigned int)es_conf_number(s->conf,
							ES_CONF_HOOKS_TIMEOUT),
	};
	char *env[VARS_MAX + 4] = { NULL };
	int later = 0;

	/* a hook that takes a snapshot itself would go on for ever */
	if (is_off(s->conf) || strcmp(s->root, "/") != 0 ||
	    getenv("ETCSNAP_EVENT") || n > VARS_MAX)
		return 0;
	for (size_t i = 0; i < n_all + n; i++) {
		const struct es_hook_var *v =
			i < n_all ? &all[i] : &vars[i - n_all];

		if (asprintf(&env[i], "%s=%s", v->name, v->value) < 0)
			env[i] = NULL;
		h.env[i] = env[i];
	}
	if (h.env[n_all + n - 1])
		later = run_folder(&h);
	for (size_t i = 0; i < n_all + n; i++)
		free(env[i]);
	return later;
}
