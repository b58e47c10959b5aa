/* SPDX-License-Identifier: MIT */
/* cmd_notify.c - etcsnap notify: deliver now */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/deliver.h"
#include "etcsnap/quote.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct es_opt notify_opts[] = {
	{ 0, "channel", "NAME", "only this channel" },
	{ 0, "due", NULL, "only what is due now, as a run does at its end" },
	{ 0, "skip-empty", NULL, "send nothing where nothing is new" },
	{ 0, "resend", "REV", "tell this run again" },
	{ 0, "test", "NAME", "send a marked sample to this channel" },
	{ 'n', "dry-run", NULL, "print what would go where, send nothing" },
};

static void print_message(void *payload, const char *channel, const char *text,
			  size_t len)
{
	(void)payload;
	printf("=== channel %s\n", channel);
	fwrite(text, 1, len, stdout);
	if (len == 0 || text[len - 1] != '\n')
		putchar('\n');
}

/*
 * In a service that may gain no privileges a mailer that is set-user-ID would
 * fail: the next run tells what needs one.
 */
static bool may_gain_nothing(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

void es_notify_tell(const struct es_buf *notice)
{
	const char *p = es_buf_str(notice);

	while (*p) {
		size_t len = strcspn(p, "\n");

		fprintf(stderr, "etcsnap: %.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
}

static int read_options(struct es_deliver_options *o, const struct es_args *a,
			struct es_error *err)
{
	const char *test = es_opt_get(a, "test");
	const bool due = es_opt_has(a, "due");

	*o = (struct es_deliver_options){
		.channel = test ? test : es_opt_get(a, "channel"),
		.force = !due,
		.no_program = due && may_gain_nothing(),
		.skip_empty = es_opt_has(a, "skip-empty"),
		.dry = es_opt_has(a, "dry-run"),
		.test = test != NULL,
		.resend = es_opt_get(a, "resend"),
		.show = print_message,
	};
	if (a->n_operands)
		return es_fail_config(err, "notify takes no operands; name a "
					   "channel with --channel");
	if (due && (o->resend || test))
		return es_fail_config(err, "--due goes with neither --test nor "
					   "--resend");
	if (test && (o->resend || es_opt_has(a, "channel")))
		return es_fail_config(err, "--test goes with no other "
					   "choice of what to send");
	return 0;
}

static int notify_run(struct es_call *call, struct es_error *err)
{
	struct es_deliver_result result;
	struct es_deliver_options o;
	int rc;

	if (read_options(&o, &call->args, err) < 0)
		return err->code;
	rc = es_deliver_due(&result, call->session, &o, err);
	if (rc == 0) {
		es_notify_tell(&result.notice);
		if (!o.dry && call->verbosity > -1 &&
		    (call->verbosity > 0 || isatty(STDOUT_FILENO)))
			printf("%u sent, %u to be tried again, %u refused\n",
			       result.sent, result.failed, result.refused);
		rc = result.failed || result.refused ? ES_EXIT_DIFFERENT
						     : ES_EXIT_DONE;
	}
	es_deliver_dispose(&result);
	return rc;
}

const struct es_cmd es_cmd_notify = {
	.name = "notify",
	.args = "[-n] [--channel NAME] [--resend REV | --test NAME] …",
	.summary = "let channels deliver now, whatever their times",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	ES_OPTS(notify_opts),
	.run = notify_run,
};
