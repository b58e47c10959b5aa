/* SPDX-License-Identifier: MIT */
/* setup_wanted.c - what is to be in place, by options, record and machine */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/conf.h"
#include "etcsnap/fileio.h"
#include "etcsnap/mail.h"
#include "etcsnap/quote.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ETCSNAP_DATADIR
#define ETCSNAP_DATADIR "/usr/share/etcsnap"
#endif
#ifndef ETCSNAP_SYSCONFDIR
#define ETCSNAP_SYSCONFDIR "/etc"
#endif

#define HOOKS ETCSNAP_DATADIR "/hooks"
#define PLACES HOOKS "/places"
#define CRON_SOURCE ETCSNAP_DATADIR "/cron/etcsnap"
#define CRON_DIR "/etc/cron.d"
#define CRON_FILE CRON_DIR "/etcsnap"
#define DROP_IN ETCSNAP_SYSCONFDIR "/etcsnap/conf.d/50-setup.conf"

/* Most bytes of the table of hooks. */
#define PLACES_MAX ((size_t)1 << 20)

static const char *const units[] = {
	"etcsnap-full.timer",
	"etcsnap-notify.timer",
	"etcsnap.timer",
};

/* --- choices -------------------------------------------------------------- */

static bool is_there(const struct es_setup *s, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf real = ES_BUF_INIT(8192);
	struct es_error why = ES_ERROR_INIT;

	return es_setup_path(&real, s, path, &why) == 0 &&
	       access(real.data, F_OK) == 0;
}

/* Packages of other things bring the directory, too. */
static bool has_cron(const struct es_setup *s)
{
	return is_there(s, CRON_DIR) && (is_there(s, "/usr/sbin/cron") ||
					 is_there(s, "/usr/sbin/crond"));
}

static enum es_setup_timer choose_timer(struct es_setup *s)
{
	const char *word = es_doc_get_str(s->done, "timer");

	s->choice = s->options->timer;
	if (s->choice == ES_SETUP_TIMER_AUTO && word)
		es_setup_timer_parse(&s->choice, word);
	if (s->choice != ES_SETUP_TIMER_AUTO)
		return s->choice;
	if (es_setup_unit_runs(s) && es_setup_unit_known(s))
		return ES_SETUP_TIMER_SYSTEMD;
	if (has_cron(s))
		return ES_SETUP_TIMER_CRON;
	return es_setup_unit_known(s) ? ES_SETUP_TIMER_SYSTEMD
				      : ES_SETUP_TIMER_NONE;
}

static int choose_text(char **out, const char *option, const char *recorded,
		       struct es_error *err)
{
	const char *text = option ? option : recorded ? recorded : "";

	*out = strdup(text);
	return *out ? 0 : es_fail_oom(err);
}

/* Both go into a configuration file, where a newline would begin a key. */
static int check_mail(const struct es_setup *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf bare = ES_BUF_INIT(4096);

	if (*s->mail && es_mail_address(&bare, s->mail, err) < 0)
		return es_wrap(err, "--mail");
	if (*s->smtp && !*s->mail)
		return es_fail_config(err, "--smtp needs --mail: to whom");
	for (const char *p = s->smtp; *p; p++)
		if (!isgraph((unsigned char)*p))
			return es_fail_config(err,
					      "--smtp takes a URL, not "
					      "'%s'",
					      ES_Q(s->smtp));
	if (*s->smtp && strncmp(s->smtp, "smtp://", 7) != 0 &&
	    strncmp(s->smtp, "smtps://", 8) != 0)
		return es_fail_config(err,
				      "--smtp takes smtp://HOST or "
				      "smtps://HOST, not '%s'",
				      ES_Q(s->smtp));
	return 0;
}

int es_setup_choose(struct es_setup *s, struct es_error *err)
{
	const struct es_setup_options *o = s->options;

	if (choose_text(&s->mail, o->mail, es_doc_get_str(s->done, "mail"),
			err) < 0 ||
	    choose_text(&s->smtp, o->smtp,
			*s->mail ? es_doc_get_str(s->done, "smtp") : NULL,
			err) < 0)
		return err->code;
	s->timer = choose_timer(s);
	s->hooks = o->hooks == ES_SETUP_HOOKS_AUTO
			   ? es_doc_is_null(s->done, "hooks") ||
				     es_doc_get_bool(s->done, "hooks")
			   : o->hooks == ES_SETUP_HOOKS_YES;
	return o->remove ? 0 : check_mail(s, err);
}

/* --- the channel ---------------------------------------------------------- */

/* Where a value of the configuration comes from another file than ours. */
static bool is_others(const struct es_conf *conf, const char *name,
		      const char *ours)
{
	size_t n;
	const struct es_conf_value *v =
		es_conf_values(conf, ES_CONF_CHANNEL_TYPE, name, &n);

	return n == 0 || strcmp(v[n - 1].file, ours) != 0;
}

/*
 * A channel puts an end to those that there are without any, of which the one
 * that keeps reports as files is kept.
 */
static int write_channel(struct es_buf *out, const struct es_setup *s,
			 const char *path, struct es_error *err)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	const char *const *names;
	bool alone = true;
	size_t n;

	if (es_conf_load(&conf, NULL, err) < 0)
		return err->code;
	names = es_conf_names(conf, "channel", &n);
	for (size_t i = 0; i < n; i++) {
		if (!is_others(conf, names[i], path))
			continue;
		alone = false;
		if (strcmp(names[i], "mail") == 0)
			return es_fail_config(
				err, "the configuration has a channel 'mail' "
				     "already; change it there, and leave out "
				     "--mail");
	}
	es_buf_adds(out,
		    "# Written by \"etcsnap setup\", which writes it anew "
		    "or removes it unless it was\n# changed; see "
		    "etcsnap-channels(5).\n\n[channel mail]\ntype = mail\n");
	es_buf_addf(out, "to = %s\n", s->mail);
	if (*s->smtp)
		es_buf_addf(out, "url = %s\n", s->smtp);
	if (alone)
		es_buf_adds(out, "\n[channel file]\ntype = file\n");
	return es_buf_check(out, err);
}

static int want_mail(struct es_setup *s, struct es_error *err)
{
	struct setup_item *it;

	if (!*s->mail)
		return 0;
	it = es_setup_add(s, ES_SETUP_FILE, "mail", DROP_IN, err);
	if (!it)
		return err->code;
	it->wanted = true;
	it->mode = 0644;
	return write_channel(&it->content, s, DROP_IN, err);
}

int es_setup_settle(struct es_setup *s, struct es_error *err)
{
	const struct setup_item *it = es_setup_find(s, ES_SETUP_FILE, DROP_IN);

	if (!it || it->step.act != ES_SETUP_REFUSE)
		return 0;
	free(s->mail);
	free(s->smtp);
	s->smtp = NULL;
	if (choose_text(&s->mail, NULL, es_doc_get_str(s->done, "mail"), err) <
	    0)
		return err->code;
	return choose_text(&s->smtp, NULL, es_doc_get_str(s->done, "smtp"),
			   err);
}

/* --- what starts runs ----------------------------------------------------- */

static int want_file(struct es_setup *s, const char *what, const char *source,
		     const char *target, mode_t mode, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf real = ES_BUF_INIT(8192);
	struct setup_item *it;

	if (es_setup_path(&real, s, source, err) < 0)
		return err->code;
	it = es_setup_add(s, ES_SETUP_FILE, what, target, err);
	if (!it)
		return err->code;
	it->wanted = true;
	it->mode = mode;
	return es_read_file(&it->content, AT_FDCWD, real.data, err) < 0
		       ? es_wrap(err, "etcsnap is not installed as a whole; "
				      "'make install' or its package does that")
		       : 0;
}

static int want_timer(struct es_setup *s, struct es_error *err)
{
	const size_t n = sizeof(units) / sizeof(*units);

	if (s->timer == ES_SETUP_TIMER_CRON)
		return want_file(s, "crontab", CRON_SOURCE, CRON_FILE, 0644,
				 err);
	for (size_t i = 0; s->timer == ES_SETUP_TIMER_SYSTEMD && i < n; i++) {
		struct setup_item *it =
			es_setup_add(s, ES_SETUP_UNIT, "timer", units[i], err);

		if (!it)
			return err->code;
		it->wanted = true;
	}
	return 0;
}

/* --- hooks of package managers -------------------------------------------- */

/* A line of the table: MANAGER SOURCE TARGET MODE NEEDS. */
enum place {
	PLACE_MANAGER,
	PLACE_SOURCE,
	PLACE_TARGET,
	PLACE_MODE,
	PLACE_NEEDS,
	PLACE_WORDS,
};

/* Return: whether there is anything on the line. */
static bool split_place(char *word[PLACE_WORDS + 1], char *line)
{
	char *rest = line;
	int n = 0;

	memset(word, 0, (PLACE_WORDS + 1) * sizeof(*word));
	while (n <= PLACE_WORDS && (rest += strspn(rest, " \t"), *rest) &&
	       *rest != '#') {
		word[n++] = rest;
		rest += strcspn(rest, " \t");
		if (*rest)
			*rest++ = '\0';
	}
	return n > 0;
}

static bool is_place(char *const word[PLACE_WORDS + 1])
{
	return word[PLACE_NEEDS] && !word[PLACE_WORDS] &&
	       *word[PLACE_TARGET] == '/' && *word[PLACE_NEEDS] == '/' &&
	       strspn(word[PLACE_MODE], "01234567") ==
		       strlen(word[PLACE_MODE]) &&
	       strlen(word[PLACE_MODE]) <= 4;
}

static int want_hook(struct es_setup *s, char *const word[PLACE_WORDS + 1],
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf source = ES_BUF_INIT(8192);
	ES_CLEANUP(es_buf_dispose) struct es_buf what = ES_BUF_INIT(8192);

	if (!is_there(s, word[PLACE_NEEDS]))
		return 0;
	es_buf_addf(&source, "%s/%s", HOOKS, word[PLACE_SOURCE]);
	es_buf_addf(&what, "hook of %s", word[PLACE_MANAGER]);
	if (es_buf_check(&source, err) < 0 || es_buf_check(&what, err) < 0)
		return err->code;
	return want_file(s, what.data, source.data, word[PLACE_TARGET],
			 (mode_t)strtoul(word[PLACE_MODE], NULL, 8), err);
}

static int want_hooks(struct es_setup *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf table = ES_BUF_INIT(PLACES_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf real = ES_BUF_INIT(8192);
	char *word[PLACE_WORDS + 1];
	char *line, *rest;
	unsigned int number = 0;

	if (!s->hooks)
		return 0;
	if (es_setup_path(&real, s, PLACES, err) < 0)
		return err->code;
	if (access(real.data, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (es_read_file(&table, AT_FDCWD, real.data, err) < 0)
		return es_wrap(err, "cannot tell where hooks of package "
				    "managers go; '--hooks no' does without");
	rest = table.data;
	while ((line = strsep(&rest, "\n"))) {
		number++;
		if (!split_place(word, line))
			continue;
		if (!is_place(word))
			return es_fail_config(err,
					      "%s:%u: a line has a manager, "
					      "source, target, mode and what "
					      "it needs",
					      ES_Q(real.data), number);
		if (want_hook(s, word, err) < 0)
			return err->code;
	}
	return 0;
}

int es_setup_want(struct es_setup *s, struct es_error *err)
{
	if (want_mail(s, err) < 0 || want_hooks(s, err) < 0 ||
	    want_timer(s, err) < 0)
		return err->code;
	return 0;
}
