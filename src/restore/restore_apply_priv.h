/* SPDX-License-Identifier: MIT */
/* restore_apply_priv.h - carrying out a plan, between its parts */
#ifndef ETCSNAP_RESTORE_RESTORE_APPLY_PRIV_H
#define ETCSNAP_RESTORE_RESTORE_APPLY_PRIV_H

#include "restore/restore_plan_priv.h"

/**
 * restore_fail - an item could not be done
 * @it:   item; its state and error are set
 * @code: negative errno
 * @what: what failed, NULL: the reason alone is told
 *
 * Return: -1.
 */
int restore_fail(struct item *it, int code, const char *what);

/** restore_parts - not all attributes could be set, as @said tells */
void restore_parts(struct item *it, const struct es_buf *said);

/**
 * restore_write - make a new object and put it in its place
 *
 * Return: 0; -1 when the item failed.
 */
int restore_write(struct es_restore_plan *p, struct item *it);

/**
 * restore_relink - make a path another name of a file
 *
 * Return: 0; -1 when the item failed.
 */
int restore_relink(struct es_restore_plan *p, struct item *it);

/**
 * restore_change - give what is there its attributes
 *
 * Return: 0; -1 when the item failed.
 */
int restore_change(struct es_restore_plan *p, struct item *it);

#endif
