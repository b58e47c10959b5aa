/* SPDX-License-Identifier: MIT */
/* cmd_completion.c - etcsnap completion: what shells need to complete words */
#include "config.h"

#include "cmd/completion.h"
#include "etcsnap/quote.h"
#include "etcsnap/template.h"

#include <stdio.h>
#include <string.h>

static const char *const shells[ES_SHELLS] = {
	[ES_SHELL_BASH] = "bash",
	[ES_SHELL_ZSH] = "zsh",
	[ES_SHELL_FISH] = "fish",
};

static int print(const struct es_buf *b, struct es_error *err)
{
	if (b->len && fwrite(b->data, 1, b->len, stdout) != b->len)
		return es_fail_errno(err, "cannot write");
	return ES_EXIT_DONE;
}

static int print_script(const char *shell, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	char name[64];

	snprintf(name, sizeof(name), "completion/etcsnap.%s", shell);
	if (es_templates_source(&b, name, err) < 0)
		return err->code;
	return print(&b, err);
}

/* bash gives one line and its word breaks, the others the words. */
static int print_offers(struct es_completion *c, char *const *words, size_t n,
			struct es_error *err)
{
	static const char *const kinds[] = {
		[ES_OFFER_WORDS] = "words",
		[ES_OFFER_PATHS] = "paths",
		[ES_OFFER_FILES] = "files",
		[ES_OFFER_DIRECTORIES] = "directories",
	};
	ES_CLEANUP(es_line_dispose) struct es_line line = { 0 };

	if (c->shell == ES_SHELL_BASH) {
		if (es_line_parse(&line, words[0], n > 1 ? words[1] : "", err) <
		    0)
			return err->code;
		c->skip = line.skip;
		c->quoted = line.quoted;
		words = line.words;
		n = line.n;
	}
	if (es_completion_offer(c, words, n, err) < 0)
		return err->code;
	es_buf_adds(c->out, kinds[c->kind]);
	es_buf_addc(c->out, '\0');
	return print(c->out, err);
}

static int completion_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_completion c = { .call = call, .out = &out };
	const struct es_args *a = &call->args;
	int shell = 0;

	while (a->n_operands && shell < ES_SHELLS &&
	       strcmp(a->operands[0], shells[shell]) != 0)
		shell++;
	if (a->n_operands == 0 || shell == ES_SHELLS)
		return es_fail_config(
			err, "completion takes bash, zsh or fish%s%s%s",
			a->n_operands ? ", not '" : "",
			a->n_operands ? ES_Q(a->operands[0]) : "",
			a->n_operands ? "'" : "");
	if (a->n_operands == 1)
		return print_script(shells[shell], err);
	c.shell = (enum es_shell)shell;
	return print_offers(&c, a->operands + 1, a->n_operands - 1, err);
}

const struct es_cmd es_cmd_completion = {
	.name = "completion",
	.args = "bash | zsh | fish",
	.summary = "print what makes a shell complete our words",
	.bare = true,
	.run = completion_run,
};
