/* SPDX-License-Identifier: MIT */
/* cmd_export.c - etcsnap export: the whole state of a run, for other tools */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/export.h"
#include "etcsnap/quote.h"
#include "etcsnap/replace.h"

#include <unistd.h>

static const struct es_opt export_opts[] = {
	{ 0, "format", "FORM", "csv, json, mtree or tar" },
	{ 'o', "output", "FILE", "write there instead" },
};

/**
 * struct left - what an archive does not have
 * @call: tells whether each is to be named
 * @n:    how many, by reason
 */
struct left {
	const struct es_call *call;
	size_t n[ES_LEFT_KINDS];
};

static void left_out(void *payload, const char *path, enum es_export_left why)
{
	struct left *l = payload;

	l->n[why]++;
	if (l->call->verbosity > 0)
		fprintf(stderr, "etcsnap: not in the archive: %s (%s)\n",
			ES_Q(path), es_export_left_name(why));
}

static void tell_left(const struct left *l)
{
	const char *before = "etcsnap: not in the archive: ";

	if (l->call->verbosity < 0)
		return;
	for (int i = 0; i < ES_LEFT_KINDS; i++) {
		if (!l->n[i])
			continue;
		fprintf(stderr, "%s%zu %s", before, l->n[i],
			es_export_left_name((enum es_export_left)i));
		before = ", ";
	}
	if (before[0] == ',')
		fputs(l->call->verbosity > 0 ? "\n" : "; -v names them\n",
		      stderr);
}

static int take_format(enum es_export_format *out, const struct es_call *call,
		       struct es_error *err)
{
	const char *word = es_opt_get(&call->args, "format");

	if (!word)
		return es_fail_config(err, "say which form: --format csv, "
					   "json, mtree or tar");
	if (es_export_parse(out, word) < 0)
		return es_fail_config(err,
				      "--format takes csv, json, mtree or "
				      "tar, not '%s'",
				      ES_Q(word));
	if (*out == ES_EXPORT_TAR && !es_opt_has(&call->args, "output") &&
	    isatty(STDOUT_FILENO))
		return es_fail_config(err, "an archive is nothing for a "
					   "terminal; use -o FILE or a pipe");
	return 0;
}

static int write_file(const char *path, struct es_call *call,
		      const struct es_export_options *o, struct es_error *err)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };

	if (es_replace_begin(&r, path, 0600, err) < 0)
		return err->code;
	if (es_export(r.file, call->session->store, o, err) < 0)
		return es_wrap(err, "'%s'", ES_Q(path));
	return es_replace_commit(&r, err);
}

static int export_run(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *run = NULL;
	const struct es_args *a = &call->args;
	const char *file = es_opt_get(a, "output");
	struct left left = { .call = call };
	struct es_export_options o = {
		.rules = call->session->rules,
		.key = call->session->key,
		.payload = &left,
		.left_out = left_out,
	};
	int rc;

	if (a->n_operands > 1)
		return es_fail_config(err, "export takes one run");
	if (take_format(&o.format, call, err) < 0)
		return err->code;
	if (a->n_operands == 0)
		rc = es_rev_tip(&run, call, err);
	else
		rc = es_rev_run(&run, call, a->operands[0],
				"export takes a whole one; for a path use "
				"'etcsnap cat'",
				err);
	if (rc < 0)
		return rc;
	o.commit = *es_commit_id(run);
	rc = file ? write_file(file, call, &o, err)
		  : es_export(stdout, call->session->store, &o, err);
	if (rc < 0)
		return rc;
	tell_left(&left);
	return ES_EXIT_DONE;
}

const struct es_cmd es_cmd_export = {
	.name = "export",
	.args = "--format FORM [-o FILE] [REV]",
	.summary = "the whole state of a run, for other tools",
	.needs = ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
	ES_OPTS(export_opts),
	.run = export_run,
};
