/* SPDX-License-Identifier: MIT */
/* opt.c - command lines by table: parse, look up, help */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/typo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OPTS_MAX 32

static int add_value(struct es_args *a, const struct es_opt *opt,
		     const char *value, struct es_error *err)
{
	struct es_opt_value *more =
		reallocarray(a->values, a->n_values + 1, sizeof(*more));

	if (!more)
		return es_fail_oom(err);
	a->values = more;
	a->values[a->n_values++] = (struct es_opt_value){ opt, value };
	return 0;
}

static int unknown_long(const char *word, const struct es_opt *opts, size_t n,
			struct es_error *err)
{
	const char *names[OPTS_MAX];
	const char *near;
	size_t count = n < OPTS_MAX ? n : OPTS_MAX;

	for (size_t i = 0; i < count; i++)
		names[i] = opts[i].name;
	near = es_typo_nearest(word, names, count);
	if (near)
		return es_fail_config(err,
				      "unknown option '--%s'; did you mean "
				      "'--%s'?",
				      ES_Q(word), near);
	return es_fail_config(err, "unknown option '--%s'; see -h", ES_Q(word));
}

/* --name, --name=value or --name value; returns how many words it took. */
static int parse_long(struct es_args *a, const struct es_opt *opts, size_t n,
		      const char *word, const char *next, struct es_error *err)
{
	size_t len = strcspn(word, "=");
	const char *value = word[len] ? word + len + 1 : NULL;

	for (size_t i = 0; i < n; i++) {
		const struct es_opt *o = &opts[i];

		if (strlen(o->name) != len || memcmp(o->name, word, len) != 0)
			continue;
		if (!o->arg && value)
			return es_fail_config(
				err, "option '--%s' takes no value", o->name);
		if (!o->arg || value)
			return add_value(a, o, value, err) < 0 ? err->code : 1;
		if (!next)
			return es_fail_config(err, "option '--%s' needs %s",
					      o->name, o->arg);
		return add_value(a, o, next, err) < 0 ? err->code : 2;
	}
	ES_CLEANUP(es_freep) char *name = strndup(word, len);

	return name ? unknown_long(name, opts, n, err) : es_fail_oom(err);
}

/* -q, -qv, -mMSG or -m MSG; returns how many words it took. */
static int parse_short(struct es_args *a, const struct es_opt *opts, size_t n,
		       const char *word, const char *next, struct es_error *err)
{
	for (const char *p = word; *p; p++) {
		const struct es_opt *o = NULL;

		for (size_t i = 0; i < n && !o; i++)
			if (opts[i].letter == *p)
				o = &opts[i];
		if (!o)
			return es_fail_config(
				err, "unknown option '-%s'; see -h", ES_Q(p));
		if (!o->arg) {
			if (add_value(a, o, NULL, err) < 0)
				return err->code;
			continue;
		}
		if (p[1])
			return add_value(a, o, p + 1, err) < 0 ? err->code : 1;
		if (!next)
			return es_fail_config(err, "option '-%c' needs %s", *p,
					      o->arg);
		return add_value(a, o, next, err) < 0 ? err->code : 2;
	}
	return 1;
}

int es_opt_parse(struct es_args *out, const struct es_opt *opts, size_t n,
		 bool stop_at_operand, int argc, char **argv,
		 struct es_error *err)
{
	ES_CLEANUP(es_args_dispose) struct es_args a = { 0 };
	int i = 1;

	a.operands = calloc((size_t)argc + 1, sizeof(*a.operands));
	if (!a.operands)
		return es_fail_oom(err);
	a.dashes = (size_t)argc;
	while (i < argc) {
		const char *word = argv[i];
		int took = 1;

		if (strcmp(word, "--") == 0) {
			a.dashes = a.n_operands;
			while (++i < argc)
				a.operands[a.n_operands++] = argv[i];
			break;
		}
		if (word[0] == '-' && word[1] == '-')
			took = parse_long(&a, opts, n, word + 2, argv[i + 1],
					  err);
		else if (word[0] == '-' && word[1])
			took = parse_short(&a, opts, n, word + 1, argv[i + 1],
					   err);
		else if (stop_at_operand)
			break;
		else
			a.operands[a.n_operands++] = argv[i];
		if (took < 0)
			return took;
		i += took;
	}
	while (i < argc && stop_at_operand)
		a.operands[a.n_operands++] = argv[i++];
	if (a.dashes > a.n_operands)
		a.dashes = a.n_operands;
	*out = a;
	a = (struct es_args){ 0 };
	return 0;
}

void es_args_dispose(struct es_args *a)
{
	free(a->values);
	free(a->operands);
	*a = (struct es_args){ 0 };
}

const char *es_opt_get(const struct es_args *a, const char *name)
{
	for (size_t i = a->n_values; i-- > 0;)
		if (strcmp(a->values[i].opt->name, name) == 0)
			return a->values[i].value ? a->values[i].value : "";
	return NULL;
}

bool es_opt_has(const struct es_args *a, const char *name)
{
	return es_opt_get(a, name) != NULL;
}

void es_opt_help(struct es_buf *out, const struct es_opt *opts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct es_opt *o = &opts[i];
		size_t start = out->len;

		if (o->letter)
			es_buf_addf(out, "  -%c, --%s", o->letter, o->name);
		else
			es_buf_addf(out, "      --%s", o->name);
		if (o->arg)
			es_buf_addf(out, " %s", o->arg);
		while (out->len < start + 26 && !out->failed)
			es_buf_addc(out, ' ');
		es_buf_addf(out, " %s\n", o->help);
	}
}

int es_opt_all(const char ***out, size_t *n, const struct es_args *a,
	       const char *name)
{
	*n = 0;
	*out = calloc(a->n_values + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_values; i++)
		if (strcmp(a->values[i].opt->name, name) == 0)
			(*out)[(*n)++] = a->values[i].value;
	return 0;
}

int es_opt_format(enum es_format *out, const struct es_args *a,
		  struct es_error *err)
{
	const char *word = es_opt_get(a, "format");

	*out = es_opt_has(a, "json") ? ES_FORMAT_JSON : ES_FORMAT_TEXT;
	if (word && es_format_parse(out, word) < 0)
		return es_fail_config(err,
				      "unknown format '%s'; known are text, "
				      "json and csv",
				      ES_Q(word));
	return 0;
}

int es_opt_span(int64_t *since, int64_t *until, const struct es_args *a,
		struct es_error *err)
{
	const char *from = es_opt_get(a, "since");
	const char *to = es_opt_get(a, "until");
	int64_t now = es_clock_now().tv_sec;

	*since = INT64_MIN;
	*until = INT64_MAX;
	if ((from && es_clock_parse(since, from, now, err) < 0) ||
	    (to && es_clock_parse(until, to, now, err) < 0))
		return err->code;
	if (*since > *until)
		return es_fail_config(err,
				      "--since %s is later than --until %s; "
				      "give the earlier one first",
				      ES_Q(from), ES_Q(to));
	return 0;
}

int es_opt_count(size_t *out, const char *text, const char *option,
		 struct es_error *err)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || v == 0)
		return es_fail_config(err,
				      "%s needs a number of 1 or more, "
				      "not '%s'",
				      option, ES_Q(text));
	*out = v;
	return 0;
}
