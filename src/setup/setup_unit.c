/* SPDX-License-Identifier: MIT */
/* setup_unit.c - units of systemd, switched on and off */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/quote.h"
#include "etcsnap/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Seconds for which systemctl is waited for. */
#define DEADLINE 60

#define WORDS 8

/*
 * "systemctl [--root=DIR] VERB... UNIT", all that it says into @said. Return:
 * its exit status, or a negative errno; -ENOENT where there is none.
 */
static int systemctl(const struct es_setup *s, const char *const *verb,
		     const char *unit, struct es_buf *said,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf root = ES_BUF_INIT(8192);
	const char *argv[WORDS] = { "systemctl", "--no-pager" };
	const struct es_spawn spawn = {
		.argv = argv,
		.out = said,
		.complaint = said,
		.seconds = DEADLINE,
	};
	size_t n = 2;

	if (*s->options->root) {
		es_buf_addf(&root, "--root=%s", s->options->root);
		if (es_buf_check(&root, err) < 0)
			return err->code;
		argv[n++] = root.data;
	}
	while (*verb && n < WORDS - 2)
		argv[n++] = *verb++;
	argv[n++] = unit;
	return es_spawn_run(&spawn, err);
}

bool es_setup_unit_runs(const struct es_setup *s)
{
	return !*s->options->root && access("/run/systemd/system", F_OK) == 0;
}

/* Return: 1, 0, or a negative errno with @err filled. */
static int is_on(const struct es_setup *s, const char *unit,
		 struct es_error *err)
{
	static const char *const enabled[] = { "is-enabled", NULL };
	static const char *const active[] = { "is-active", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(1 << 16);
	int rc = systemctl(s, enabled, unit, &said, err);

	if (rc == 0 && es_setup_unit_runs(s))
		rc = systemctl(s, active, unit, &said, err);
	return rc < 0 ? rc : rc == 0;
}

bool es_setup_unit_known(const struct es_setup *s)
{
	static const char *const enabled[] = { "is-enabled", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(1 << 16);
	struct es_error why = ES_ERROR_INIT;
	int rc = systemctl(s, enabled, "etcsnap.timer", &said, &why);

	return rc == 0 || (rc > 0 && strncmp(es_buf_str(&said), "disabled",
					     strlen("disabled")) == 0);
}

int es_setup_unit_judge(struct es_setup *s, struct setup_item *it,
			struct es_error *err)
{
	struct es_error why = ES_ERROR_INIT;
	int on = is_on(s, it->step.name, &why);

	if (on < 0 && (it->wanted || why.code != -ENOENT)) {
		*err = why;
		return es_wrap(err, "cannot ask for %s", ES_Q(it->step.name));
	}
	if (it->wanted) {
		it->step.act = on ? ES_SETUP_KEEP : ES_SETUP_MAKE;
		it->step.ours |= !on;
	} else if (on < 0) {
		it->step.act = ES_SETUP_FORGET;
		it->step.why = "there is no systemctl any more";
	} else {
		it->step.act = ES_SETUP_UNDO;
	}
	return 0;
}

int es_setup_unit_do(struct es_setup *s, struct setup_item *it,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf said = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf reason = ES_BUF_INIT(4096);
	const char *verb[] = {
		it->step.act == ES_SETUP_MAKE ? "enable" : "disable",
		es_setup_unit_runs(s) ? "--now" : NULL,
		NULL,
	};
	int rc = systemctl(s, verb, it->step.name, &said, err);

	if (rc <= 0)
		return rc;
	es_spawn_reason(&reason, &said);
	return es_fail(err, -EIO, "systemctl %s %s: %s", verb[0],
		       ES_Q(it->step.name), es_buf_str(&reason));
}
