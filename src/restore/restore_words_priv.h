/* SPDX-License-Identifier: MIT */
/* restore_words_priv.h - what is said of a plan, in text and in JSON */
#ifndef ETCSNAP_RESTORE_RESTORE_WORDS_PRIV_H
#define ETCSNAP_RESTORE_RESTORE_WORDS_PRIV_H

#include "restore/restore_plan_priv.h"

/** restore_why_text - Return: what stands in the way, as a sentence, or "" */
const char *restore_why_text(const struct es_restore_item *it);

/** restore_lost_text - Return: what cannot come back, of what @it->lost says */
const char *restore_lost_text(const struct es_restore_item *it);

/**
 * restore_command - the command by which a package brings a file back
 *
 * Appends to @out, quoted for a terminal; nothing where no package is known.
 */
void restore_command(struct es_buf *out, const struct es_restore_item *it);

/** struct restore_value - an attribute, as it is and as it is to be */
struct restore_value {
	const char *name;
	struct es_buf old;
	struct es_buf new;
};

/** RESTORE_VALUE_INIT - room for one */
#define RESTORE_VALUE_INIT                                       \
	{                                                        \
		NULL, ES_BUF_INIT(1 << 20), ES_BUF_INIT(1 << 20) \
	}

/** restore_value_dispose - free what it holds */
void restore_value_dispose(struct restore_value *v);

/**
 * restore_value_next - the next attribute that differs
 * @v:   RESTORE_VALUE_INIT at first; filled with raw bytes
 * @pos: 0 at first; kept by the walk
 * @it:  item
 * @ids: names of today
 *
 * Return: 1, 0 at the end, or -ENOMEM.
 */
int restore_value_next(struct restore_value *v, unsigned int *pos,
		       const struct es_restore_item *it, struct es_ids *ids);

#endif
