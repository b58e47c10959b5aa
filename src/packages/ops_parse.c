/* SPDX-License-Identifier: MIT */
/* ops_parse.c - operations and verdicts read back from run/packages */
#include "config.h"

#include "packages/ops_text_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** struct command - a command line and who gave it */
struct command {
	const char *user;
	const char *command;
};

/**
 * struct parser - what is being read
 * @o:          gets it
 * @steps:      operations
 * @commands:   by their numbers less 1
 * @n_commands: their number
 * @cap:        room
 * @word:       the last one, without its quoting
 */
struct parser {
	struct ops *o;
	struct ops_steps steps;
	struct command *commands;
	size_t n_commands;
	size_t cap;
	struct es_buf word;
};

/*
 * Functions below return 0, -ENOMEM, or -EINVAL for what makes no sense, and
 * 1 for what another version of the program may have written.
 */

/* The next word, not yet unquoted. */
static int next(struct pkg_line *out, struct pkg_line *line)
{
	return ops_word(out, line) ? 0 : -EINVAL;
}

static int take_word(const char **out, struct parser *p, struct pkg_line *line)
{
	struct pkg_line word;
	int rc = next(&word, line);

	if (rc < 0)
		return rc;
	*out = "";
	if (ops_is(&word, "-"))
		return 0;
	es_buf_reset(&p->word);
	rc = es_unquote_mtree(&p->word, word.at, word.len);
	if (rc < 0)
		return rc == -EINVAL ? rc : -ENOMEM;
	/* A NUL would cut it. */
	if (memchr(p->word.data, '\0', p->word.len))
		return -EINVAL;
	*out = ops_text(p->o, p->word.data, p->word.len);
	return *out ? 0 : -ENOMEM;
}

static int take_words(const char **const *words, size_t n, struct parser *p,
		      struct pkg_line *line)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = take_word(words[i], p, line);
	return rc;
}

/* A number that fills the word. */
static int to_number(int64_t *out, const struct pkg_line *word)
{
	char digits[24];
	char *end;

	if (word->len == 0 || word->len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, word->at, word->len);
	digits[word->len] = '\0';
	errno = 0;
	*out = strtoll(digits, &end, 10);
	return *end == '\0' && errno == 0 ? 0 : -EINVAL;
}

static int take_time(int64_t *out, struct pkg_line *line)
{
	struct pkg_line word;
	int rc = next(&word, line);

	if (rc < 0)
		return rc;
	if (ops_begins(&word, "@"))
		return to_number(out, &word);
	return ops_clock_zoned(out, &word) == word.len ? 0 : -EINVAL;
}

/* Which of @n names the next word is; 1 when it is none. */
static int take_name(unsigned int *out, const char *(*name)(unsigned int n),
		     unsigned int n, struct pkg_line *line)
{
	struct pkg_line word;
	int rc = next(&word, line);

	if (rc < 0)
		return rc;
	for (*out = 0; *out < n; ++*out)
		if (ops_is(&word, name(*out)))
			return 0;
	return 1;
}

static const char *op_name(unsigned int n)
{
	return es_package_op_name((enum es_package_op_kind)n);
}

static const char *verdict_name(unsigned int n)
{
	return es_package_verdict_name((enum es_package_verdict)n);
}

static int parse_command(struct parser *p, struct pkg_line *line)
{
	struct command made = { "", "" };
	const char **const words[] = { &made.user, &made.command };
	struct pkg_line word;
	int64_t number;
	int rc = next(&word, line);

	if (rc == 0)
		rc = to_number(&number, &word);
	if (rc == 0)
		rc = take_words(words, 2, p, line);
	if (rc < 0)
		return rc;
	if (number < 1 || (uint64_t)number != p->n_commands + 1)
		return -EINVAL;
	if (p->n_commands == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 16;
		struct command *more =
			reallocarray(p->commands, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->commands = more;
		p->cap = cap;
	}
	p->commands[p->n_commands++] = made;
	return 0;
}

static int take_command(struct es_package_op *op, const struct parser *p,
			struct pkg_line *line)
{
	struct pkg_line word;
	int64_t number;
	int rc = next(&word, line);

	op->user = "";
	op->command = "";
	if (rc < 0 || ops_is(&word, "-"))
		return rc;
	if (to_number(&number, &word) < 0 || number < 1 ||
	    (uint64_t)number > p->n_commands)
		return -EINVAL;
	op->user = p->commands[number - 1].user;
	op->command = p->commands[number - 1].command;
	return 0;
}

static int parse_op(struct parser *p, struct pkg_line *line)
{
	struct es_package_op op = { 0 };
	const char **const words[] = { &op.manager, &op.name, &op.arch, &op.old,
				       &op.new };
	unsigned int kind;
	int rc = take_name(&kind, op_name, ES_PACKAGE_OPS, line);

	if (rc == 0)
		rc = take_words(words, 5, p, line);
	if (rc == 0)
		rc = take_time(&op.when, line);
	if (rc == 0)
		rc = take_command(&op, p, line);
	if (rc != 0)
		return rc;
	if (!*op.name || !*op.manager)
		return -EINVAL;
	op.kind = (enum es_package_op_kind)kind;
	return ops_step(&p->steps, &op);
}

static int take_digest(struct es_package_seen *seen, struct pkg_line *line)
{
	struct pkg_line word;
	int rc = next(&word, line);

	if (rc < 0 || ops_is(&word, "-"))
		return rc;
	for (unsigned int i = 1; i < OPS_DIGESTS; i++) {
		size_t len = ops_digests[i].len;

		if (!ops_begins(&word, ops_digests[i].name))
			continue;
		seen->kind = (enum es_package_digest)i;
		return word.len == 2 * len ? es_unhex(seen->want, word.at, len)
					   : -EINVAL;
	}
	return 1;
}

static int take_recorded(struct es_package_seen *seen, struct pkg_line *line)
{
	struct pkg_line word;
	int rc = next(&word, line);

	if (rc < 0 || ops_is(&word, "-"))
		return rc;
	return word.len == 2 * sizeof(seen->recorded)
		       ? es_unhex(seen->recorded, word.at,
				  sizeof(seen->recorded))
		       : -EINVAL;
}

static int parse_seen(struct parser *p, struct pkg_line *line)
{
	struct es_package_seen seen = { .kind = ES_PACKAGE_NONE };
	const char **const before[] = { &seen.package, &seen.version };
	unsigned int verdict;
	int rc = take_name(&verdict, verdict_name, ES_PACKAGE_VERDICTS, line);

	if (rc == 0)
		rc = take_words(before, 2, p, line);
	if (rc == 0)
		rc = take_digest(&seen, line);
	if (rc == 0)
		rc = take_recorded(&seen, line);
	if (rc == 0)
		rc = take_word(&seen.path, p, line);
	if (rc != 0)
		return rc;
	if (*seen.path != '/')
		return -EINVAL;
	seen.verdict = (enum es_package_verdict)verdict;
	seen.len = strlen(seen.path);
	return ops_seen(p->o, &seen);
}

static int parse_missing(struct parser *p, struct pkg_line *line)
{
	static const char *const managers[] = { "apk", "dpkg", "pacman",
						"rpm" };
	struct pkg_line word;
	int rc = 0;

	while (rc == 0 && ops_word(&word, line))
		for (size_t i = 0; rc == 0 && i < 4; i++)
			if (ops_is(&word, managers[i]))
				rc = ops_missing(p->o, managers[i]);
	return rc;
}

static int parse_line(struct parser *p, struct pkg_line *line)
{
	struct pkg_line kind;

	if (!ops_word(&kind, line))
		return 0;
	if (ops_is(&kind, OPS_COMMAND))
		return parse_command(p, line);
	if (ops_is(&kind, OPS_OP))
		return parse_op(p, line);
	if (ops_is(&kind, OPS_SEEN))
		return parse_seen(p, line);
	if (ops_is(&kind, OPS_MISSING))
		return parse_missing(p, line);
	return 0;
}

/* What was read, in order. The text may have been made by anybody. */
static int settle(struct parser *p)
{
	struct es_package_ops *pub = &p->o->pub;
	size_t n = 0;

	if (pub->n_seen > 1)
		qsort(pub->seen, pub->n_seen, sizeof(*pub->seen), ops_by_path);
	for (size_t i = 0; i < pub->n_seen; i++)
		if (i == 0 || ops_by_path(&pub->seen[n - 1], &pub->seen[i]))
			pub->seen[n++] = pub->seen[i];
	pub->n_seen = n;
	return ops_net(p->o, &p->steps);
}

int es_package_ops_parse(struct es_package_ops **out, const char *text,
			 size_t len, struct es_error *err)
{
	/* Lines are only read; their type is that of a line to write to. */
	ES_CLEANUP(es_freep) char *copy = malloc(len + 1);
	struct parser p = { .o = ops_new(), .word = ES_BUF_INIT(ES_BUF_MAX) };
	struct pkg_line rest = { copy, len }, line;
	size_t number = 0;
	int rc = copy && p.o ? 0 : -ENOMEM;

	if (rc == 0 && len > 0)
		memcpy(copy, text, len);
	while (rc >= 0 && pkg_line(&line, &rest)) {
		number++;
		rc = parse_line(&p, &line);
	}
	if (rc >= 0)
		rc = settle(&p);
	es_buf_dispose(&p.word);
	ops_steps_dispose(&p.steps);
	free(p.commands);
	if (rc >= 0) {
		*out = &p.o->pub;
		return 0;
	}
	es_package_ops_free(p.o ? &p.o->pub : NULL);
	if (rc == -ENOMEM)
		return es_fail_oom(err);
	return es_fail(err, rc, "run/packages: line %zu makes no sense",
		       number);
}
