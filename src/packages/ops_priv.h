/* SPDX-License-Identifier: MIT */
/* ops_priv.h - between the readers of package managers' logs */
#ifndef ETCSNAP_PACKAGES_OPS_PRIV_H
#define ETCSNAP_PACKAGES_OPS_PRIV_H

#include "etcsnap/package_ops.h"

#include "packages/packages_priv.h"

/*
 * Each reader turns what its log says into steps, in the order in which they
 * were made; what they come to for each package is computed when all readers
 * are through.
 *
 * Functions that can only run out of memory return 0 or -ENOMEM without an
 * es_error: the one who called all of them tells it.
 */

/** Longest name, version or architecture that is believed, bytes. */
#define OPS_WORD_MAX 1024

/** Longest command line that is kept, bytes. */
#define OPS_COMMAND_MAX 4096

/**
 * struct ops - what es_package_ops is inside
 * @pub:   must stand first; all its strings live in @texts
 * @texts: strings
 * @cap:   room of pub.seen
 */
struct ops {
	struct es_package_ops pub;
	struct pkg_text *texts;
	size_t cap;
};

/**
 * struct ops_step - one step that a log tells of
 * @op:    what was done; old and new as the log has them
 * @order: of steps of the same package
 */
struct ops_step {
	struct es_package_op op;
	size_t order;
};

/**
 * struct ops_steps - steps of all packages
 * @all: in the order of reading
 * @n:   their number
 * @cap: room
 */
struct ops_steps {
	struct ops_step *all;
	size_t n;
	size_t cap;
};

/**
 * struct ops_reader - what readers of logs are given
 * @ops:   owner of strings
 * @steps: gets what was done
 * @root:  directory that stands for "/"
 * @slash: its name
 * @from:  start of the window, not included
 * @to:    its end, included
 * @apt:   what apt says it was asked for, or NULL
 */
struct ops_reader {
	struct ops *ops;
	struct ops_steps steps;
	int root;
	const char *slash;
	int64_t from;
	int64_t to;
	struct ops_apt *apt;
};

/* --- ops.c: operations and their strings --- */

/** ops_new - Return: without anything, or NULL */
struct ops *ops_new(void);

/** ops_of - Return: what an es_package_ops is inside */
struct ops *ops_of(struct es_package_ops *pub);

/** ops_text - Return: a copy that lives as long as @o, "" for none, or NULL */
const char *ops_text(struct ops *o, const char *data, size_t len);

/** ops_line - the same for a part of a line, which ends at a NUL */
const char *ops_line(struct ops *o, const struct pkg_line *text);

/**
 * ops_step - note a step
 * @steps: gets it at its end
 * @op:    copied; strings must live as long as those of the struct ops
 *
 * Return: 0 or -ENOMEM.
 */
int ops_step(struct ops_steps *steps, const struct es_package_op *op);

/** ops_steps_dispose - free the steps */
void ops_steps_dispose(struct ops_steps *steps);

/**
 * ops_net - what steps come to, one operation a package
 * @o:     gets them in place of those that it has, sorted
 * @steps: sorted by this
 *
 * Return: 0 or -ENOMEM.
 */
int ops_net(struct ops *o, struct ops_steps *steps);

/**
 * ops_seen - add a verdict at the end
 * @o:    gets it
 * @seen: copied; its strings must live as long as @o
 *
 * Return: 0 or -ENOMEM.
 */
int ops_seen(struct ops *o, const struct es_package_seen *seen);

/**
 * ops_join_seen - put verdicts on paths in place of older ones
 * @o:    gets them
 * @seen: sorted by path; strings as those of ops_seen()
 * @n:    their number
 *
 * Return: 0 or -ENOMEM.
 */
int ops_join_seen(struct ops *o, const struct es_package_seen *seen, size_t n);

/** ops_by_path - for qsort(3): verdicts by the bytes of their paths */
int ops_by_path(const void *a, const void *b);

/**
 * ops_missing - add a manager whose operations cannot be known
 * @o:       gets its name, once
 * @manager: as in struct es_package
 *
 * Return: 0 or -ENOMEM.
 */
int ops_missing(struct ops *o, const char *manager);

/** ops_has_word - whether words with blanks between have that of @len bytes */
bool ops_has_word(const char *text, const char *word, size_t len);

/* --- ops_version.c --- */

/**
 * ops_version_compare - which of two versions is the newer
 * @manager: whose notation they are in
 * @a:       a version
 * @b:       another
 *
 * Return: below 0 when @a is older, 0 the same, above 0 newer.
 */
int ops_version_compare(const char *manager, const char *a, const char *b);

/* --- ops_log.c: finding and reading logs, their times --- */

/**
 * ops_log_each - read a log and those that it was rotated into, oldest first
 * @r:    reader; only logs that were changed after the window's start
 * @dir:  directory below the root
 * @name: of the newest
 * @take: called with the text of each, uncompressed as far as it is sound
 *
 * Return: 1, 0 when there is no such log at all, or what @take returned below
 * 0.
 */
int ops_log_each(struct ops_reader *r, const char *dir, const char *name,
		 int (*take)(struct ops_reader *r, struct es_buf *text,
			     void *payload),
		 void *payload);

/** ops_changed - whether a path was changed after the window's start */
bool ops_changed(const struct ops_reader *r, const char *path);

/** ops_within - whether a time is in the window */
bool ops_within(const struct ops_reader *r, int64_t when);

/**
 * struct ops_clock - turns local times of a log into moments
 * @from:   local day before which nothing matters, YYYY-MM-DD
 * @to:     local day after which nothing does
 * @minute: last one that was asked for, YYYY-MM-DD HH:MM
 * @at:     moments that it can be, ascending
 * @n_at:   their number, 1 or 2
 * @last:   the last answer
 */
struct ops_clock {
	char from[11];
	char to[11];
	char minute[17];
	int64_t at[2];
	int n_at;
	int64_t last;
};

/** ops_clock_init - a clock for the window of a reader */
void ops_clock_init(struct ops_clock *c, const struct ops_reader *r);

/**
 * ops_clock_skips - whether a line is of a day that cannot matter
 * @c:    clock
 * @line: begins with YYYY-MM-DD
 */
bool ops_clock_skips(const struct ops_clock *c, const struct pkg_line *line);

/**
 * ops_clock_local - the moment of a local time
 * @out:  seconds since 1970-01-01 UTC
 * @c:    clock; lines must come in the order of the log
 * @r:    reader
 * @text: "YYYY-MM-DD HH:MM[:SS]", any byte for the blank
 *
 * Where a clock was put back an hour comes twice: the order of lines tells
 * which it is, else the hour that is in the window is taken.
 *
 * Return: bytes of @text that were read, 0 when it is no time.
 */
size_t ops_clock_local(int64_t *out, struct ops_clock *c,
		       const struct ops_reader *r, const struct pkg_line *text);

/**
 * ops_clock_zoned - the moment of a time with an offset
 * @out:  seconds since 1970-01-01 UTC
 * @text: "YYYY-MM-DDTHH:MM:SS" and "Z", "+HH", "+HHMM" or "+HH:MM"; without
 *        that UTC
 *
 * Return: bytes of @text that were read, 0 when it is no time.
 */
size_t ops_clock_zoned(int64_t *out, const struct pkg_line *text);

/** ops_word - the next word of a line, cut off it; false at its end */
bool ops_word(struct pkg_line *out, struct pkg_line *line);

/** ops_is - whether a word is what is expected */
bool ops_is(const struct pkg_line *word, const char *expected);

/** ops_begins - cut @head off a line, when it begins with that */
bool ops_begins(struct pkg_line *line, const char *head);

/* --- readers: 0 or -ENOMEM --- */

/**
 * ops_dpkg - dpkg.log, with apt's history of what was asked for
 * @r: reader
 */
int ops_dpkg(struct ops_reader *r);

/** struct ops_apt - what apt was asked for; ops_apt_free() */
struct ops_apt;

/** ops_apt_read - read apt's history of the window into r->apt */
int ops_apt_read(struct ops_reader *r);

/** ops_apt_tell - give an operation of dpkg the command that asked for it */
void ops_apt_tell(const struct ops_apt *a, struct es_package_op *op);

/** ops_apt_free - NULL is allowed */
void ops_apt_free(struct ops_apt *a);

/** ops_pacman - pacman.log */
int ops_pacman(struct ops_reader *r);

/** ops_apk - apk.log, where there is one */
int ops_apk(struct ops_reader *r);

/** ops_rpm - histories of dnf and libzypp, then times of installation */
int ops_rpm(struct ops_reader *r);

/** ops_zypp - libzypp's history */
int ops_zypp(struct ops_reader *r);

/** ops_dnf_history - Return: 1 when dnf's database told all, 0, -ENOMEM */
int ops_dnf_history(struct ops_reader *r);

/**
 * ops_was - a version was taken away in a transaction
 * @r:     reader
 * @first: first step of the transaction
 * @op:    its name, architecture, manager, time and old version
 *
 * A step of the transaction that put another version in its place learns what
 * was before; else it is a removal.
 *
 * Return: 0 or -ENOMEM.
 */
int ops_was(struct ops_reader *r, size_t first, const struct es_package_op *op);

/**
 * ops_rpm_times - every package of rpm's database and when it was installed
 * @r:    reader
 * @each: called with name, version, architecture and time
 *
 * Return: 0, also without librpm, or what @each returned.
 */
int ops_rpm_times(struct ops_reader *r,
		  int (*each)(struct ops_reader *r,
			      const struct es_package_op *op));

#endif
