/* SPDX-License-Identifier: MIT */
/* completion_word.c - what a word is, by the words before it */
#include "config.h"

#include "cmd/completion.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Longest usage of a command that has operands. */
#define SLOTS_MAX 8

/* --- options -------------------------------------------------------------- */

/* By its long name, or by its letter where @name is NULL. */
static const struct es_opt *find_opt(const struct es_opt *opts, size_t n,
				     const char *name, size_t len, char letter)
{
	for (size_t i = 0; i < n; i++)
		if (name ? strlen(opts[i].name) == len &&
				    strncmp(opts[i].name, name, len) == 0
			 : opts[i].letter == letter)
			return &opts[i];
	return NULL;
}

static const struct es_opt *known_opt(const struct es_completion *c,
				      const char *name, size_t len, char letter)
{
	const struct es_opt *o = NULL;

	if (c->cmd)
		o = find_opt(c->cmd->opts, c->cmd->n_opts, name, len, letter);
	return o ? o
		 : find_opt(c->call->globals, c->call->n_globals, name, len,
			    letter);
}

/*
 * The option of a word that takes a value. @value: where it is glued to it,
 * else NULL; the next word has it then.
 */
static const struct es_opt *takes_value(const struct es_completion *c,
					const char *word, const char **value)
{
	const struct es_opt *o;
	size_t len;

	*value = NULL;
	if (word[0] != '-' || !word[1])
		return NULL;
	if (word[1] == '-') {
		len = strcspn(word + 2, "=");
		o = known_opt(c, word + 2, len, 0);
		if (word[2 + len])
			*value = word + 2 + len + 1;
		return o && o->arg ? o : NULL;
	}
	for (const char *p = word + 1; *p; p++) {
		o = known_opt(c, NULL, 0, *p);
		if (o && o->arg) {
			*value = p[1] ? p + 1 : NULL;
			return o;
		}
	}
	return NULL;
}

/* The words say where the repository is, as they will when they run. */
static void note_where(struct es_completion *c, const struct es_opt *o,
		       const char *value)
{
	if (strcmp(o->name, "config") == 0)
		c->where.conf_file = value;
	else if (strcmp(o->name, "root") == 0)
		c->where.root = value;
	else if (strcmp(o->name, "repo") == 0)
		c->where.repo = value;
}

static void offer_options(struct es_completion *c, const struct es_opt *opts,
			  size_t n)
{
	char text[64] = "--";

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(opts[i].name);

		if (len + 2 >= sizeof(text))
			continue;
		memcpy(text + 2, opts[i].name, len);
		es_offer(c, text, len + 2, opts[i].help);
	}
}

/* --- operands by the usage ------------------------------------------------ */

/* "[PATH" … - one operand of a usage, or a word that stands there as it is. */
struct slot {
	const char *name;
	size_t len;
	bool optional;
	bool again; /* "…" follows */
};

/* One of the ways to write a command, between bars. */
struct way {
	struct slot slots[SLOTS_MAX];
	size_t n;
};

static bool is_literal(const struct slot *s)
{
	return islower((unsigned char)*s->name);
}

/* "[REV [REV]]": the same is not offered twice. */
static bool is_same(const struct slot *a, const struct slot *b)
{
	return a->len == b->len && strncmp(a->name, b->name, a->len) == 0;
}

static bool fits(const struct slot *s, const char *word)
{
	return !is_literal(s) || (word && strlen(word) == s->len &&
				  memcmp(word, s->name, s->len) == 0);
}

/* Whether the operands up to number @at are the words of this way. */
static bool goes_so(const struct es_completion *c, const struct way *w,
		    size_t at)
{
	for (size_t i = 0; i < at && i < w->n; i++)
		if (!fits(&w->slots[i], c->operands[i]))
			return false;
	return true;
}

static void offer_slot(struct es_completion *c, const struct slot *s)
{
	char name[32];

	if (is_literal(s)) {
		es_offer(c, s->name, s->len, NULL);
	} else if (s->len < sizeof(name)) {
		memcpy(name, s->name, s->len);
		name[s->len] = '\0';
		es_complete_argument(c, name, NULL);
	}
}

/* Offers for operand number @at, and behind what may be left out. */
static void offer_way(struct es_completion *c, const struct way *w, size_t at)
{
	if (!goes_so(c, w, at))
		return;
	if (w->n && at >= w->n && w->slots[w->n - 1].again)
		at = w->n - 1;
	for (; at < w->n; at++) {
		const struct slot *s = &w->slots[at];

		if (!s->optional || at + 1 == w->n || !is_same(s, s + 1))
			offer_slot(c, s);
		if (!s->optional)
			break;
	}
}

static size_t count(const char *text, size_t len, char what)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == what;
	return n;
}

/* Brackets around what may be left out; those inside "REV[:PATH]" stay. */
static void add_slot(struct way *w, const char *token, size_t len,
		     bool optional)
{
	struct slot *s = &w->slots[w->n++];

	for (; len && *token == '['; len--)
		token++;
	while (len && token[len - 1] == ']' &&
	       count(token, len, ']') > count(token, len, '['))
		len--;
	*s = (struct slot){ token, len, optional, false };
}

/*
 * A usage is a row of tokens: "[-n N] [--at REV] PATH …", "show | explain
 * FILE". Options are in their own tables; all that is left is an operand.
 */
static void offer_operands(struct es_completion *c)
{
	struct way w = { .n = 0 };
	bool value = false;
	size_t depth = 0;
	size_t len;

	for (const char *p = c->cmd->args; *p; p += len + (p[len] == ' ')) {
		len = strcspn(p, " ");
		const size_t opened = count(p, len, '[');
		const size_t closed = count(p, len, ']');
		const size_t dash = *p == '[' ? 1 : 0;

		depth += opened;
		if (value) {
			value = false;
		} else if (p[dash] == '-') {
			value = closed == 0;
		} else if (*p == '|') {
			offer_way(c, &w, c->n_operands);
			w.n = 0;
		} else if (strncmp(p, "…", strlen("…")) == 0) {
			if (w.n)
				w.slots[w.n - 1].again = true;
		} else if (w.n < SLOTS_MAX) {
			add_slot(&w, p, len, depth > 0);
		}
		depth -= closed < depth ? closed : depth;
	}
	offer_way(c, &w, c->n_operands);
}

/* --- words ---------------------------------------------------------------- */

static const struct es_cmd *find_cmd(const struct es_completion *c,
				     const char *name)
{
	for (size_t i = 0; i < c->call->n_cmds; i++)
		if (strcmp(c->call->cmds[i]->name, name) == 0)
			return c->call->cmds[i];
	return NULL;
}

/* A word that is no option; returns whether there is such a command. */
static bool take_word(struct es_completion *c, char *word, char **operands)
{
	if (c->cmd)
		operands[c->n_operands++] = word;
	else
		c->cmd = find_cmd(c, word);
	return c->cmd;
}

/* Returns whether there can be an offer after it. */
static bool read_words(struct es_completion *c, char *const *words, size_t n,
		       char **operands)
{
	for (size_t i = 1; i + 1 < n; i++) {
		const bool dash = !c->dashes && words[i][0] == '-';
		const char *value = NULL;
		const struct es_opt *o;

		o = dash ? takes_value(c, words[i], &value) : NULL;
		if (o && !value && i + 2 == n)
			c->value_of = o;
		else if (o)
			note_where(c, o, value ? value : words[++i]);
		else if (dash && strcmp(words[i], "--") == 0)
			c->dashes = true;
		else if ((!dash || !words[i][1]) &&
			 !take_word(c, words[i], operands))
			return false;
	}
	return !(c->cmd && c->cmd->raw);
}

static void offer_word(struct es_completion *c)
{
	const char *value;
	const struct es_opt *o = c->value_of;

	if (!o && !c->dashes) {
		o = takes_value(c, c->word, &value);
		if (o && value)
			c->lead = (size_t)(value - c->word);
		else
			o = NULL;
	}
	if (o) {
		es_complete_argument(c, o->arg, o->help);
	} else if (!c->dashes && c->word[0] == '-') {
		if (c->cmd)
			offer_options(c, c->cmd->opts, c->cmd->n_opts);
		offer_options(c, c->call->globals, c->call->n_globals);
	} else if (c->cmd) {
		offer_operands(c);
	} else {
		for (size_t i = 0; i < c->call->n_cmds; i++)
			es_offer(c, c->call->cmds[i]->name,
				 strlen(c->call->cmds[i]->name),
				 c->call->cmds[i]->summary);
	}
}

int es_completion_offer(struct es_completion *c, char *const *words, size_t n,
			struct es_error *err)
{
	ES_CLEANUP(es_freep)
	char **operands = calloc(n, sizeof(*operands));

	if (!operands)
		return es_fail_oom(err);
	c->operands = operands;
	c->word = words[n - 1];
	if (read_words(c, words, n, operands))
		offer_word(c);
	c->operands = NULL;
	es_session_free(c->session);
	c->session = NULL;
	return es_buf_check(c->out, err);
}
