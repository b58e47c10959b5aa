/* SPDX-License-Identifier: MIT */
/* completion.h - what a word of a command line may become */
#ifndef ETCSNAP_COMPLETION_H
#define ETCSNAP_COMPLETION_H

#include "cmd/cmd.h"
#include "etcsnap/buf.h"

/*
 * A shell hands over the words of a command line; the last one is being
 * typed. What stands before it is read by the tables of options, as
 * es_opt_parse() reads it, and says what the word is: an option, the value of
 * one, a command or an operand. Which values there are is told by the name of
 * the argument: REV, PATH, FORM and so on. Names of arguments come from the
 * option tables and from the usage of the command (struct es_cmd.args), so
 * that there is no other list to keep.
 *
 * Nothing here fails: where something cannot be read there is no offer.
 */

/** enum es_shell - whose words; the offers are written for it */
enum es_shell {
	ES_SHELL_BASH,
	ES_SHELL_ZSH,
	ES_SHELL_FISH,
	ES_SHELLS,
};

/** enum es_offer_kind - what the shell has to know of the offers */
enum es_offer_kind {
	ES_OFFER_WORDS,
	ES_OFFER_PATHS,	      /* some are paths of a run */
	ES_OFFER_FILES,	      /* none; files of the machine, by the shell */
	ES_OFFER_DIRECTORIES, /* likewise */
};

/** struct es_completion - one word and what was found out about it */
struct es_completion {
	const struct es_call *call; /* has the tables */
	enum es_shell shell;
	struct es_session_options where; /* as the words say */
	const struct es_cmd *cmd;	 /* NULL: none yet */
	const struct es_opt *value_of;	 /* option before it, or NULL */
	bool dashes;			 /* "--" stands before it */
	char *const *operands;		 /* owned array of borrowed words */
	size_t n_operands;
	const char *word; /* being typed */
	size_t lead;	  /* bytes of @word before what is completed: "--at=" */
	size_t skip;	  /* bytes of @word that the shell has apart */
	bool quoted;	  /* in quotes, where bash could not quote "$" */
	enum es_offer_kind kind;
	struct es_session *session; /* owned, NULL until it is needed */
	struct es_buf *out;
};

/* completion_line.c: the words of a command line in bash, up to its cursor. */
struct es_line {
	char *text;   /* owned: all words, each with a NUL */
	char **words; /* owned array */
	size_t n;
	size_t skip; /* bytes of the last word before its last break */
	bool quoted; /* the last word ends in open quotes */
};
int es_line_parse(struct es_line *out, const char *line, const char *breaks,
		  struct es_error *err);
void es_line_dispose(struct es_line *l);

/* completion_word.c: read the words before the last one, make the offers. */
int es_completion_offer(struct es_completion *c, char *const *words, size_t n,
			struct es_error *err);

/* completion_names.c: the values of an argument by its name in a usage. */
void es_complete_argument(struct es_completion *c, const char *name,
			  const char *help);

/* One offer, unless it does not begin like what was typed. */
void es_offer(struct es_completion *c, const char *text, size_t len,
	      const char *about);

#endif
