/* SPDX-License-Identifier: MIT */
/* texts.h - the named texts that a run records beside files */
#ifndef ETCSNAP_TEXTS_H
#define ETCSNAP_TEXTS_H

#include <stddef.h>

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"

/*
 * Command outputs, system facts and findings are plain texts under names such
 * as "system/os" or "commands/ip-route/stdout". Whoever makes them puts them
 * here; the cycle masks them and turns the set into trees. What could not be
 * read this time is kept: the run's tree takes the tip's text of that name,
 * and run/errors tells why. A name that is neither put nor kept is gone.
 */

/** struct es_texts - a set of texts by name; usable by several threads */
struct es_texts;

/**
 * es_texts_new - make an empty set
 *
 * Return: owned, es_texts_free(); NULL when memory ran out.
 */
struct es_texts *es_texts_new(void);

/**
 * es_texts_free - free a set with its texts
 * @t: taken; NULL is allowed
 *
 * Locking: none; no other thread may be using it.
 */
void es_texts_free(struct es_texts *t);
ES_DEFINE_CLEANUP(struct es_texts, es_texts_free)

/**
 * es_texts_put - add or replace a text
 * @t:    set
 * @name: stored path, components joined by '/', of [A-Za-z0-9._-]; copied
 * @data: bytes, copied; an empty text is one, too
 * @len:  their number
 *
 * Return: 0 or -ENOMEM.
 * Locking: takes the set's mutex.
 */
int es_texts_put(struct es_texts *t, const char *name, const char *data,
		 size_t len);

/**
 * es_texts_keep - say that a text could not be made this time
 * @t:      set
 * @name:   as es_texts_put()
 * @unread: errno or ES_UNREAD_* for run/errors; 0 keeps silently (a command
 *          that is not due yet)
 *
 * Return: 0 or -ENOMEM.
 * Locking: takes the set's mutex.
 */
int es_texts_keep(struct es_texts *t, const char *name, unsigned int unread);

/**
 * struct es_text - one text of a set
 * @name:   NUL-terminated, borrowed from the set
 * @data:   bytes, borrowed; NULL when the tip's text is kept
 * @len:    their number
 * @unread: why it is kept, 0 = for no trouble
 */
struct es_text {
	const char *name;
	const char *data;
	size_t len;
	unsigned int unread;
};

/**
 * es_texts_count - how many texts a set has
 * @t: set
 *
 * Return: their number, kept ones included.
 * Locking: takes the set's mutex.
 */
size_t es_texts_count(struct es_texts *t);

/**
 * es_texts_at - the texts in the byte order of their names
 * @t:     set; nobody may be adding to it any more
 * @index: 0 to es_texts_count() - 1
 * @out:   set
 *
 * Locking: takes the set's mutex.
 */
void es_texts_at(struct es_texts *t, size_t index, struct es_text *out);

#endif
